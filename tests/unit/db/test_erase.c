/* Erasing somebody: what goes, and what stays under a bare id. */
#include "fixture.h"

#include "db/query/calendar_feed.h"
#include "db/query/external_id.h"
#include "db/query/job.h"
#include "db/query/outbox.h"
#include "db/query/photo_import.h"
#include "db/query/pin.h"

#include <string.h>

/* Nothing of the erased person is left in the file's free pages. Servers keep old rows for a while:
 * that is theirs to clean up. */
static void assert_gone_from_file(struct fixture *fixture)
{
    static const char *const GONE[] = {"Xochitl Zyx",   "xochitl zyx", "xochitl@uni.mx",
                                       "secret-hash-9", "flu-note-7",  "ssssssss",
                                       "sis-77-zyx"};
    GError *error = NULL;
    g_autofree char *content = NULL;
    gsize size;
    g_autoptr(db_rows) rows =
        db_query(fixture->connection, &error, "PRAGMA wal_checkpoint(TRUNCATE)");

    assert_true(db_rows_next(rows, &error));
    assert_int_equal(db_rows_int(rows, 0), 0);
    assert_true(g_file_get_contents(fixture->path, &content, &size, NULL));
    for (gsize i = 0; i < G_N_ELEMENTS(GONE); i++)
        assert_null(memmem(content, size, GONE[i], strlen(GONE[i])));
}

/* Everything besides that is kept of somebody: mail to them, and mail that names their address. */
static void give_belongings(struct fixture *fixture, const struct base_uuid *user,
                            const char *external_id)
{
    static const char *const PARAMETERS[] = {"{}", "{\"email\":\"xochitl@uni.mx\"}",
                                             "{\"email\":\"xochitl@uni.org\"}"};
    struct db_connection *connection = fixture->connection;
    guint8 digest[32] = {1, 2, 3};
    GError *error = NULL;
    struct db_job job = {.kind = (char *)"report", .parameters = (char *)"{}", .created_at = NOON};

    for (guint i = 0; i < G_N_ELEMENTS(PARAMETERS); i++) {
        g_autofree char *key = g_strdup_printf("key %u", i);
        struct db_outbox_entry entry = {.kind = (char *)"password",
                                        .dedupe_key = key,
                                        .parameters = (char *)PARAMETERS[i],
                                        .due_at = NOON,
                                        .created_at = NOON};
        base_uuid_new(&entry.id);
        if (i == 0)
            entry.user_id = *user;
        assert_true(db_outbox_insert(connection, &entry, NULL, &error));
    }
    assert_true(
        db_external_id_set(connection, "oneroster.person", external_id, user, NOON, &error));
    assert_true(db_photo_import_set(connection, user, digest, "accepted", NOON, &error));
    assert_true(db_calendar_feed_set(connection, user, digest, NOON, &error));
    assert_true(db_pin_set(connection, user, "hash of a PIN", NOON, &error));
    base_uuid_new(&job.id);
    job.user_id = *user;
    assert_true(db_job_insert(connection, &job, &error));
}

static void assert_no_belongings(struct fixture *fixture)
{
    static const char *const COUNTS[] = {"SELECT COUNT(*) FROM external_ids",
                                         "SELECT COUNT(*) FROM photo_imports",
                                         "SELECT COUNT(*) FROM calendar_feeds",
                                         "SELECT COUNT(*) FROM jobs", "SELECT COUNT(*) FROM pins"};

    for (guint i = 0; i < G_N_ELEMENTS(COUNTS); i++)
        assert_int_equal(fixture_count(fixture->connection, COUNTS[i]), 0);
    /* That of another address stays. */
    assert_int_equal(fixture_count(fixture->connection, "SELECT COUNT(*) FROM outbox"), 1);
}

static void test_erasing_somebody(void **state)
{
    struct fixture *fixture = *state;
    struct db_connection *connection = fixture->connection;
    GError *error = NULL;
    struct base_uuid group = fixture_group(fixture, "1A");
    struct base_uuid user =
        fixture_user(fixture, "Xochitl Zyx", "xochitl@uni.mx", CORE_ROLE_STUDENT, &group);
    struct base_uuid mark = fixture_store_mark(fixture, &user, &group, DAY, NOON, CORE_STATUS_LATE);
    gint64 revision;

    fixture_template(fixture, &user);
    give_belongings(fixture, &user, "sis-77-zyx");
    assert_true(db_user_set_password(connection, &user, "secret-hash-9", NOON, &error));
    assert_true(db_attendance_correct(connection, &mark, CORE_STATUS_EXCUSED, NULL, "flu-note-7",
                                      &user, NOON, &error));
    assert_true(db_user_erase(connection, &user, DAY, NOON + 7, &error));
    assert_false(db_user_erase(connection, &user, DAY, NOON + 8, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
    assert_false(db_user_set_password(connection, &user, "x", NOON, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);

    g_autoptr(core_user) erased = db_user_find(connection, &user, &error);
    assert_string_equal(erased->name, "");
    assert_null(erased->email);
    assert_null(erased->password_hash);
    assert_false(erased->active);
    assert_true(erased->deleted_at == NOON + 7);
    assert_int_equal(erased->face_count, 0);
    assert_true(db_face_revision(connection, &revision, &error));
    assert_int_equal(erased->faces_revision, revision);

    g_autoptr(core_attendance) kept = db_attendance_find(connection, &mark, &error);
    assert_int_equal(kept->status, CORE_STATUS_EXCUSED);
    assert_true(base_uuid_equal(&kept->group_id, &group));
    assert_null(kept->note);
    assert_string_equal(kept->user_name, "");
    assert_no_belongings(fixture);

    g_autoptr(GPtrArray) visible = db_user_list(connection, NULL, NULL, NULL, &error);
    assert_int_equal(visible->len, 0);
    struct db_user_filter filter = DB_USER_FILTER_ALL;
    filter.with_deleted = true;
    g_autoptr(GPtrArray) all = db_user_list(connection, &filter, NULL, NULL, &error);
    assert_int_equal(all->len, 1);
    assert_string_equal(((struct core_user *)all->pdata[0])->name, "");
    /* The address is free again, for several erased people at once. */
    struct base_uuid second =
        fixture_user(fixture, "Otra", "xochitl@uni.mx", CORE_ROLE_STUDENT, NULL);
    assert_true(db_user_erase(connection, &second, DAY, NOON + 9, &error));

    if (fixture->path)
        assert_gone_from_file(fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_erasing_somebody, fixture_setup, fixture_teardown),
    };
    return cmocka_run_group_tests_name("db_erase", tests, NULL, NULL);
}
