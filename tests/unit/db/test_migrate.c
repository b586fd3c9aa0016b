/* A database of the version before the register's tables is brought up to date without losing a
 * row. */
#include "older.h"

#include "../database.h"
#include "db/driver.h"

#include <string.h>

static int set_up(void **state)
{
    struct fixture *fixture = g_new0(struct fixture, 1);

    fixture_folder(fixture);
    fixture_reopen(fixture, NULL);
    older_migrate(fixture->db, OLDER_STEP);
    older_fill(fixture->db);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    fixture_remove(fixture);
    g_free(fixture);
    return 0;
}

static gpointer migrate_in_thread(gpointer data)
{
    g_autoptr(GError) error = NULL;
    guint applied = 0;
    g_autoptr(db_handle) own = db_open(data, NULL, &error); /* as another process would */

    if (!own || !db_migrate(own, &applied, &error)) {
        print_message("%s\n", error->message);
        applied = 1000;
    }
    return GUINT_TO_POINTER(applied);
}

static void assert_count(struct fixture *fixture, const char *sql, gint64 n)
{
    gint64 count = fixture_count(fixture->connection, sql);

    if (count != n)
        fail_msg("%d rows instead of %d: %s", (int)count, (int)n, sql);
}

static void assert_everything_is_there(struct fixture *fixture)
{
    GError *error = NULL;
    g_autoptr(GPtrArray) findings = g_ptr_array_new_with_free_func(g_free);

    db_check(fixture->db, findings, &error);
    assert_no_error(error);
    if (findings->len > 0)
        fail_msg("%s", (char *)findings->pdata[0]);
    assert_count(fixture, "SELECT COUNT(*) FROM users", OLDER_PEOPLE);
    assert_count(fixture, "SELECT COUNT(*) FROM group_teachers", 1);
    assert_count(fixture, "SELECT COUNT(*) FROM face_templates", 1);
    assert_count(fixture, "SELECT COUNT(*) FROM settings", 1);
    assert_count(fixture, "SELECT COUNT(*) FROM revoked_tokens", 1);
    assert_count(fixture,
                 "SELECT COUNT(*) FROM attendance a JOIN users u ON u.id = a.user_id "
                 "WHERE a.status = 'late' AND a.session_id IS NULL AND a.captured_at IS NULL "
                 "AND a.status_code IS NULL",
                 OLDER_MARKS);
    assert_count(fixture,
                 "SELECT COUNT(*) FROM attendance a JOIN users u ON u.id = a.marked_by "
                 "WHERE a.method = 'manual' AND a.note = 'justificó ñ' AND u.role = 'teacher' "
                 "AND a.local_day = '2026-03-13' AND a.occasion = 'day:2026-03-13'",
                 1);
    assert_count(fixture,
                 "SELECT COUNT(*) FROM images i JOIN attendance a ON a.id = i.attendance_id "
                 "WHERE i.kind = 'mark' AND a.method = 'face'",
                 1);
    assert_count(fixture,
                 "SELECT COUNT(*) FROM images i JOIN face_templates f ON f.id = i.template_id", 1);
    assert_count(fixture, "SELECT COUNT(*) FROM audit_log WHERE position IS NULL AND hash IS NULL",
                 OLDER_ENTRIES);
    assert_count(fixture,
                 "SELECT COUNT(*) FROM enrolments e JOIN users u ON u.id = e.user_id "
                 "AND u.group_id = e.group_id WHERE u.role = 'student' AND e.last_day IS NULL "
                 "AND e.first_day = '" DAY "' AND e.created_at = u.created_at",
                 2);
    assert_count(fixture, "SELECT COUNT(*) FROM enrolments", 2);
}

static void test_several_migrate_a_used_database(void **state)
{
    struct fixture *fixture = *state;
    GThread *threads[3];
    guint applied = 0;

    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("migrate", migrate_in_thread, fixture->url);
    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
        applied += GPOINTER_TO_UINT(g_thread_join(threads[i]));
    assert_int_equal(applied, db_schema_latest(fixture->db) - OLDER_STEP);
    fixture_reopen(fixture, NULL);
    assert_everything_is_there(fixture);
}

/* What a mark may say afterwards, and what its rows still depend on. */
static void test_the_rules_of_a_migrated_register(void **state)
{
    struct fixture *fixture = *state;
    GError *error = NULL;

    assert_true(db_migrate(fixture->db, NULL, &error));
    assert_true(db_execute(fixture->connection, NULL, &error,
                           "UPDATE attendance SET method = 'automatic'"));
    assert_false(
        db_execute(fixture->connection, NULL, &error, "UPDATE attendance SET method = 'guessed'"));
    assert_base_error(error, BASE_ERROR_INVALID);
    assert_false(
        db_execute(fixture->connection, NULL, &error, "UPDATE attendance SET local_day = 'today'"));
    assert_base_error(error, BASE_ERROR_INVALID);
    assert_false(db_execute(fixture->connection, NULL, &error, "DELETE FROM users"));
    assert_base_error(error, BASE_ERROR_CONFLICT);
    assert_true(db_execute(fixture->connection, NULL, &error, "DELETE FROM attendance"));
    assert_count(fixture, "SELECT COUNT(*) FROM images", 1);
}

/* MariaDB alone keeps half a step. */
static void test_a_step_that_was_interrupted_over_data(void **state)
{
    struct fixture *fixture = *state;
    const struct db_driver *driver = db_driver_of(fixture->db);
    const char *sql = driver->migrations[OLDER_STEP].sql;
    GError *error = NULL;

    if (strcmp(unit_database_engine(), "mariadb") != 0) {
        unit_database_say_skipped("its steps are carried out whole or not at all");
        skip();
    }
    const char *end = strstr(sql, "ALTER TABLE users");
    assert_non_null(end);
    g_autofree char *beginning = g_strndup(sql, (gsize)(end - sql));
    assert_true(driver->script(fixture->connection, beginning, &error));
    assert_count(fixture, "SELECT COUNT(*) FROM enrolments", 2);
    assert_true(db_migrate(fixture->db, NULL, &error));
    assert_everything_is_there(fixture);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_several_migrate_a_used_database),
        TEST(test_the_rules_of_a_migrated_register),
        TEST(test_a_step_that_was_interrupted_over_data),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
