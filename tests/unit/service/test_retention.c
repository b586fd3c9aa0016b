/* How long things are kept: what may be set, what a look tells, and that exactly that goes. */
#include "store.h"

#include "db/query/image.h"
#include "db/query/setting.h"
#include "service/audit_chain.h"
#include "service/institution.h"
#include "service/retention.h"
#include "service/reviews.h"
#include "service/status.h"

#include <string.h>

#define DAY (24 * 3600 * BASE_TIME_SECOND)

static struct service_retention periods_of(struct store *s)
{
    GError *error = NULL;
    struct service_retention retention;

    assert_true(service_retention_read(s->service, &retention, &error));
    return retention;
}

static void set_months(struct store *s, gint64 audit, gint64 left)
{
    GError *error = NULL;
    const struct service_retention_input input = {.audit_months = &audit, .left_months = &left};

    assert_true(service_retention_change(s->service, &s->fixture->admin, &input, &error));
}

static void run(struct store *s, const char *sql)
{
    g_autoptr(db_connection) connection = db_acquire(s->fixture->db, NULL);
    GError *error = NULL;

    db_execute(connection, NULL, &error, sql);
    if (error)
        fail_msg("%s: %s", sql, error->message);
}

/* What a look tells and what then goes: the same. */
static struct service_retention_counts apply(struct store *s)
{
    GError *error = NULL;
    struct service_retention_counts planned, done, left;

    assert_true(service_retention_plan(s->service, &planned, &error));
    if (!service_retention_run(s->service, &done, &error))
        fail_msg("%s", error->message);
    assert_memory_equal(&planned, &done, sizeof done);
    assert_true(service_retention_plan(s->service, &left, &error));
    assert_int_equal(left.mark_pictures + left.reviews + left.people, 0);
    return done;
}

static void assert_log_sound(struct store *s)
{
    struct service_audit_report report;
    g_autoptr(GPtrArray) findings = g_ptr_array_new_with_free_func(g_free);
    GError *error = NULL;

    assert_true(service_audit_seal(s->service, NULL, &error));
    assert_true(
        service_audit_verify(s->service, &s->fixture->admin, NULL, &report, findings, &error));
    if (findings->len > 0)
        fail_msg("%s", (const char *)findings->pdata[0]);
}

/* ---- setting ---- */

static void test_periods_are_set_and_refused(void **state)
{
    struct store *s = *state;
    struct fixture *f = s->fixture;
    static const gint64 ZERO = 0, ELEVEN = 11, TWELVE = 12, FORTY = 40, MANY = 5000, LESS = -1;
    const struct service_retention_input refused[] = {
        {.mark_picture_days = &ZERO}, {.mark_picture_days = &MANY}, {.review_days = &ZERO},
        {.review_days = &MANY},       {.audit_months = &ELEVEN},    {.audit_months = &LESS},
        {.left_months = &MANY},       {.left_months = &LESS},
    };
    static const char *const FIELDS[] = {"mark_picture_days", "review_days", "audit_months",
                                         "left_months"};
    const struct base_uuid ana = store_student(s, "ana");
    const struct service_identity student = fixture_identity(f, &ana);
    GError *error = NULL;
    struct service_retention periods = periods_of(s);

    assert_int_equal(periods.mark_picture_days, 30);
    assert_int_equal(periods.review_days, SERVICE_REVIEW_DAYS);
    assert_int_equal(periods.audit_months, 0);
    assert_int_equal(periods.left_months, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
        assert_false(service_retention_change(s->service, &f->admin, &refused[i], &error));
        assert_string_equal(service_error_field(error), FIELDS[i / 2]);
        assert_base_error(error, BASE_ERROR_INVALID);
    }
    const struct service_retention_input input = {.review_days = &FORTY, .audit_months = &TWELVE};
    assert_false(service_retention_change(s->service, &student, &input, &error));
    assert_base_error(error, BASE_ERROR_FORBIDDEN);
    assert_true(service_retention_change(s->service, &f->admin, &input, &error));
    assert_true(service_retention_change(s->service, &f->admin, &input, &error));
    periods = periods_of(s);
    assert_int_equal(periods.mark_picture_days, 30);
    assert_int_equal(periods.review_days, 40);
    assert_int_equal(periods.audit_months, 12);
    assert_int_equal(
        fixture_count(f, "SELECT COUNT(*) FROM audit_log WHERE action = 'retention.update'"), 1);
    /* Damage by hand counts as not set. */
    run(s, "UPDATE settings SET value = '{\"review_days\": 9999, \"audit_months\": \"x\"}' "
           "WHERE name = 'retention'");
    periods = periods_of(s);
    assert_int_equal(periods.review_days, SERVICE_REVIEW_DAYS);
    assert_int_equal(periods.audit_months, 0);
}

/* Together with the rest of what is set for the institution: all of it or nothing. */
static void test_periods_change_with_the_institution(void **state)
{
    struct store *s = *state;
    GError *error = NULL;
    static const gint64 ZERO = 0, FIVE = 5;
    struct service_retention_input retention = {.review_days = &ZERO};
    struct service_institution_input input = {
        .short_name = "UC", .accent = "#0B6E4F", .retention = &retention};

    assert_null(service_institution_change(s->service, &s->fixture->admin, &input, &error));
    assert_base_error(error, BASE_ERROR_INVALID);
    retention.review_days = &FIVE;
    g_autoptr(service_institution_settings) changed =
        service_institution_change(s->service, &s->fixture->admin, &input, &error);
    assert_no_error(error);
    assert_string_equal(changed->short_name, "UC");
    assert_string_equal(changed->accent, "#0b6e4f");
    assert_int_equal(periods_of(s).review_days, 5);
    input = (struct service_institution_input){.accent = "#ffd400"};
    assert_null(service_institution_change(s->service, &s->fixture->admin, &input, &error));
    assert_string_equal(service_error_field(error), "accent");
    assert_non_null(strchr(error->message, '#'));
    assert_base_error(error, BASE_ERROR_INVALID);
    input = (struct service_institution_input){.accent = "", .short_name = ""};
    g_autoptr(service_institution_settings) plain =
        service_institution_change(s->service, &s->fixture->admin, &input, &error);
    assert_no_error(error);
    assert_null(plain->accent);
    assert_null(plain->short_name);
}

/* ---- applying ---- */

/* The picture behind a mark, put so many days ago. */
static void put_frame(struct store *s, const struct base_uuid *person, const char *day, int days)
{
    GError *error = NULL;
    char id[BASE_UUID_TEXT_SIZE];
    base_uuid_format(&s->fixture->admin.institution_id, id);
    g_autofree char *key = g_strdup_printf("%s/mark/%d", id, days);
    struct core_image frame = {
        .user_id = *person,
        .kind = CORE_IMAGE_MARK,
        .attendance_id = fixture_mark(s->fixture, person, day, CORE_STATUS_PRESENT),
        .blob_key = key,
        .media_type = (char *)"image/jpeg",
        .size = 6,
        .created_at = base_time_now() - days * DAY,
    };

    base_uuid_new(&frame.id);
    assert_true(blob_put(s->blobs, key, "a face", 6, &error));
    g_autoptr(db_connection) connection = db_acquire(s->fixture->db, &error);
    assert_true(db_image_insert(connection, &frame, &error));
}

static void test_pictures_and_reviews_go(void **state)
{
    struct store *s = *state;
    GError *error = NULL;
    static const gint64 FIVE = 5;
    const struct service_retention_input input = {.mark_picture_days = &FIVE, .review_days = &FIVE};
    const struct base_uuid ana = store_student(s, "ana"), bea = store_student(s, "bea");
    const struct recognise_candidate candidates[] = {{.person = ana, .score = 0.4F}};
    const struct service_review_input review = {
        .taken_at = base_time_now(), .candidates = candidates, .candidates_n = 1};

    assert_true(service_review_add(s->service, &review, NULL, &error));
    put_frame(s, &ana, "2026-03-12", 4);
    put_frame(s, &bea, "2026-03-12", 6);
    assert_int_equal(apply(s).mark_pictures, 0);
    assert_true(service_retention_change(s->service, &s->fixture->admin, &input, &error));
    assert_int_equal(apply(s).mark_pictures, 1);
    assert_int_equal(store_files_n(s), 1);
    base_time_pretend(base_time_now() + 6 * DAY);
    const struct service_retention_counts later = apply(s);
    base_time_pretend(0);
    assert_int_equal(later.mark_pictures, 1);
    assert_int_equal(later.reviews, 1);
    assert_int_equal(store_files_n(s), 0);
    assert_int_equal(fixture_count(s->fixture, "SELECT COUNT(*) FROM attendance"), 2);
    base_time ran = 0;
    assert_true(service_retention_last_run(s->service, &ran, &error));
    assert_true(ran > base_time_now());
}

static void test_closed_accounts_are_erased(void **state)
{
    struct store *s = *state;
    struct fixture *f = s->fixture;
    GError *error = NULL;
    const struct base_uuid ana = store_student(s, "ana"), bea = store_student(s, "bea");
    const struct service_user_input closed = {.fields = SERVICE_USER_ACTIVE, .active = false};

    core_user_free(service_user_update(s->service, &f->admin, &ana, &closed, &error));
    assert_no_error(error);
    fixture_mark(f, &bea, "2026-03-12", CORE_STATUS_PRESENT);
    base_time_pretend(base_time_now() + 100 * DAY);
    assert_int_equal(apply(s).people, 0);
    base_time_pretend(0);
    set_months(s, 0, 3);
    assert_int_equal(apply(s).people, 0);
    base_time_pretend(base_time_now() + 100 * DAY);
    const struct service_retention_counts later = apply(s);
    base_time_pretend(0);
    assert_int_equal(later.people, 1);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM users WHERE deleted_at IS NOT NULL"),
                     1);
    g_autoptr(core_user) open = service_user_find(s->service, &f->admin, &bea, &error);
    assert_no_error(error);
    assert_null(service_user_find(s->service, &f->admin, &ana, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
}

/* ---- the audit log ---- */

static gint64 entries(struct store *s)
{
    return fixture_count(s->fixture, "SELECT COUNT(*) FROM audit_log");
}

static void test_the_oldest_entries_go_and_the_chain_holds(void **state)
{
    struct store *s = *state;
    GError *error = NULL;
    const gint64 old = entries(s);

    set_months(s, 12, 0);
    assert_int_equal(apply(s).audit_entries, 0);
    assert_int_equal(entries(s), old + 1);
    base_time_pretend(base_time_now() + 400 * DAY);
    const struct base_uuid ana = store_student(s, "ana");
    assert_true(service_audit_seal(s->service, NULL, &error));
    const struct service_retention_counts done = apply(s);
    assert_int_equal(done.audit_entries, old + 1);
    /* The new person's, and the one that tells of the others. */
    assert_int_equal(entries(s), 2);
    assert_log_sound(s);
    assert_int_equal(apply(s).audit_entries, 0);
    fixture_mark(s->fixture, &ana, "2027-03-12", CORE_STATUS_PRESENT);
    assert_log_sound(s);
    base_time_pretend(base_time_now() + 400 * DAY);
    /* Its end stays, whatever its age: the chain goes on from there. */
    assert_int_equal(apply(s).audit_entries, 2);
    assert_log_sound(s);
    base_time_pretend(0);
}

static void assert_finds(struct store *s, const struct core_audit_head *known, const char *expected)
{
    struct service_audit_report report;
    g_autoptr(GPtrArray) findings = g_ptr_array_new_with_free_func(g_free);
    GError *error = NULL;

    assert_true(
        service_audit_verify(s->service, &s->fixture->admin, known, &report, findings, &error));
    assert_true(findings->len > 0);
    assert_non_null(strstr(findings->pdata[0], expected));
}

/* Who takes entries off the beginning by hand is found, also when the place is set by hand. */
static void test_entries_taken_away_by_hand_are_missed(void **state)
{
    struct store *s = *state;
    GError *error = NULL;

    set_months(s, 12, 0);
    base_time_pretend(base_time_now() + 400 * DAY);
    for (int i = 0; i < 4; i++) {
        g_autofree char *name = g_strdup_printf("group %d", i);
        fixture_group(s->fixture, name);
    }
    assert_true(service_audit_seal(s->service, NULL, &error));
    assert_true(apply(s).audit_entries > 0);
    base_time_pretend(0);
    assert_true(service_audit_seal(s->service, NULL, &error));
    /* A proof of the time when they were there is told apart from one that does not fit. */
    const struct core_audit_head old = {.position = 1};
    assert_finds(s, &old, "was deleted when its period was over");
    const gint64 first = fixture_count(s->fixture, "SELECT MIN(position) FROM audit_log");
    g_autofree char *sql = g_strdup_printf("DELETE FROM audit_log WHERE position = %d", (int)first);
    run(s, sql);
    assert_finds(s, NULL, "missing");
    run(s, "UPDATE settings SET value = '{\"through\": 1, \"hash\": \"00\"}' "
           "WHERE name = 'audit.start'");
    assert_finds(s, NULL, "missing");
    char hash[CORE_AUDIT_HASH_TEXT_SIZE];
    const guint8 zeros[CORE_AUDIT_HASH_SIZE] = {0};
    g_autofree char *forged =
        g_strdup_printf("UPDATE settings SET value = '{\"through\": %d, \"hash\": \"%s\"}' "
                        "WHERE name = 'audit.start'",
                        (int)first, core_audit_hash_format(zeros, hash));
    run(s, forged);
    assert_finds(s, NULL, "no entry says");
}

/* ---- the status ---- */

static void test_the_status_tells_it_all(void **state)
{
    struct store *s = *state;
    struct fixture *f = s->fixture;
    const struct base_uuid ana = store_student(s, "ana");
    const struct service_identity student = fixture_identity(f, &ana);
    struct service_status status;
    GError *error = NULL;

    assert_false(service_status_collect(s->service, &student, &status, &error));
    assert_base_error(error, BASE_ERROR_FORBIDDEN);
    service_status_clear(&status);
    put_frame(s, &ana, "2026-03-12", 31);
    assert_true(service_status_backed_up(f->db, &error));
    assert_true(service_status_collect(s->service, &f->admin, &status, &error));
    assert_string_equal(status.dialect, db_dialect_name(f->db));
    assert_int_equal(status.schema, db_schema_latest(f->db));
    assert_int_equal(status.database_free == SERVICE_STATUS_UNKNOWN,
                     strcmp(status.dialect, "sqlite") != 0);
    assert_true(status.images_reachable);
    assert_true(status.images_free > 0);
    assert_int_equal(status.counts.images, 1);
    assert_int_equal(status.counts.image_bytes, 6);
    assert_int_equal(status.counts.people, 2);
    assert_int_equal(status.counts.marks, 1);
    assert_true(ABS(status.at - status.backup_at) < 3600 * BASE_TIME_SECOND);
    assert_int_equal(status.next.mark_pictures, 1);
    assert_int_equal(status.retention_ran_at, 0);
    service_status_clear(&status);
    /* A store in which nothing was ever put answers as well. */
    g_autofree char *url = g_strdup_printf("file:%s/deep/below", s->root);
    g_autoptr(blob_store) fresh = blob_open(url, &error);
    guint64 room = 0;
    assert_true(blob_room(fresh, &room, &error));
    assert_true(room > 0);
    store_break(s);
    assert_true(service_status_collect(s->service, &f->admin, &status, &error));
    assert_true(status.images_kept);
    assert_false(status.images_reachable);
    assert_int_equal(status.images_free, SERVICE_STATUS_UNKNOWN);
    service_status_clear(&status);
    store_mend(s);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_periods_are_set_and_refused),
        TEST(test_periods_change_with_the_institution),
        TEST(test_pictures_and_reviews_go),
        TEST(test_closed_accounts_are_erased),
        TEST(test_the_oldest_entries_go_and_the_chain_holds),
        TEST(test_entries_taken_away_by_hand_are_missed),
        TEST(test_the_status_tells_it_all),
    };
    return cmocka_run_group_tests_name("retention", tests, NULL, NULL);
}
