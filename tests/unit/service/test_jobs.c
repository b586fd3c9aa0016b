/* Reports in the background, and what is set for the institution. */
#include "store.h"

#include "service/institution.h"
#include "service/jobs.h"

#include <string.h>
#include <unistd.h>

enum { DAYS_2 = 2 * 24 * 3600 };

static const gint GO_ON = 0;

/* Somebody with marks of their own. */
static struct service_identity make_student(struct store *s, const char *name)
{
    const struct base_uuid id = store_student(s, name);

    fixture_mark(s->fixture, &id, "2026-03-11", CORE_STATUS_LATE);
    fixture_mark(s->fixture, &id, "2026-03-12", CORE_STATUS_PRESENT);
    return fixture_identity(s->fixture, &id);
}

static struct db_job *ask(struct store *s, const struct service_identity *identity,
                          enum report_format format, GError **error)
{
    const struct service_report_request request = {.name = "marks", .language = "en"};
    const struct service_job_options options = {.format = format};

    return service_job_create(s->service, identity, &request, &options, error);
}

static bool run(struct store *s, const gint *stopping)
{
    GError *error = NULL;
    bool ran = false;

    if (!service_job_run(s->service, stopping, &ran, &error))
        fail_msg("%s", error->message);
    return ran;
}

static struct db_job *find(struct store *s, const struct service_identity *identity,
                           const struct base_uuid *id)
{
    GError *error = NULL;
    struct db_job *job = service_job_find(s->service, identity, id, &error);

    assert_no_error(error);
    return job;
}

static void test_job(void **state)
{
    struct store *s = *state;
    g_autoptr(GError) error = NULL;
    const struct service_identity student = make_student(s, "job");
    const struct service_identity other = make_student(s, "other");

    struct service_identity local;
    assert_true(service_identity_local(s->service, &local, &error));
    assert_null(ask(s, &local, REPORT_FORMAT_CSV, &error)); /* no account */
    assert_int_equal(error->code, BASE_ERROR_INVALID);
    g_clear_error(&error);
    g_autoptr(db_job) asked = ask(s, &student, REPORT_FORMAT_CSV, &error);
    assert_no_error(error);
    g_autoptr(db_job) waiting = find(s, &student, &asked->id);
    assert_int_equal(waiting->state, DB_JOB_WAITING);
    assert_null(service_job_find(s->service, &other, &asked->id, &error));
    assert_int_equal(error->code, BASE_ERROR_NOT_FOUND);
    g_clear_error(&error);
    g_autoptr(db_job) none = NULL;
    assert_int_equal(service_job_file(s->service, &student, &asked->id, &none, &error), -1);
    assert_int_equal(error->code, BASE_ERROR_CONFLICT);
    g_clear_error(&error);

    assert_true(run(s, &GO_ON));
    assert_false(run(s, &GO_ON));
    g_autoptr(db_job) done = find(s, &student, &asked->id);
    assert_int_equal(done->state, DB_JOB_DONE);
    assert_int_equal(done->done, 2);
    assert_string_equal(done->media_type, "text/csv; charset=utf-8");
    assert_true(g_str_has_suffix(done->file_name, ".csv"));

    g_autoptr(db_job) job = NULL;
    const int fd = service_job_file(s->service, &student, &asked->id, &job, &error);
    assert_true(fd >= 0);
    g_autofree char *text = g_malloc0((gsize)job->size + 1);
    assert_int_equal(pread(fd, text, (size_t)job->size + 1, 0), job->size);
    close(fd);
    assert_non_null(strstr(text, "2026-03-11"));
    assert_non_null(strstr(text, "job"));
    assert_null(strstr(text, "other"));

    /* The collection of pictures leaves it alone, and nobody reads it from the disk. */
    g_autoptr(GPtrArray) files = store_files(s);
    for (guint i = 0; i < files->len; i++) {
        g_autofree char *stored = NULL;
        gsize size;
        store_age(files->pdata[i], DAYS_2 / 4);
        assert_true(g_file_get_contents(files->pdata[i], &stored, &size, NULL));
        assert_null(memmem(stored, size, "2026-03-11", 10));
    }
    struct service_images_swept swept;
    assert_true(service_images_gc(s->service, false, &swept, &error));
    assert_int_equal(swept.blobs, 0);

    g_autoptr(GPtrArray) jobs = service_job_list(s->service, &student, NULL, NULL, &error);
    assert_int_equal(jobs->len, 1);
    assert_true(service_job_delete(s->service, &student, &asked->id, &error));
    assert_int_equal(store_files_n(s), files->len - 1);
    assert_false(service_job_delete(s->service, &student, &asked->id, &error));
    assert_int_equal(error->code, BASE_ERROR_NOT_FOUND);
}

static void test_cancel_and_limits(void **state)
{
    struct store *s = *state;
    g_autoptr(GError) error = NULL;
    const struct service_identity student = make_student(s, "many");
    struct base_uuid last = {0};

    for (int i = 0; i < SERVICE_JOB_OPEN_MAX; i++) {
        g_autoptr(db_job) job = ask(s, &student, REPORT_FORMAT_JSON, &error);
        assert_no_error(error);
        last = job->id;
    }
    assert_null(ask(s, &student, REPORT_FORMAT_JSON, &error));
    assert_int_equal(error->code, BASE_ERROR_RATE_LIMITED);
    g_clear_error(&error);
    assert_true(service_job_delete(s->service, &student, &last, &error));
    g_autoptr(db_job) cancelled = find(s, &student, &last);
    assert_int_equal(cancelled->state, DB_JOB_CANCELLED);
    for (int i = 1; i < SERVICE_JOB_OPEN_MAX; i++)
        assert_true(run(s, &GO_ON));
    assert_false(run(s, &GO_ON));

    /* A node that is about to end gives the job back. */
    const gint stopping = 1;
    g_autoptr(db_job) given = ask(s, &student, REPORT_FORMAT_XLSX, &error);
    const guint files = store_files_n(s);
    assert_true(run(s, &stopping));
    g_autoptr(db_job) back = find(s, &student, &given->id);
    assert_int_equal(back->state, DB_JOB_WAITING);
    assert_null(back->lease);
    assert_int_equal(store_files_n(s), files);
    assert_true(run(s, &GO_ON));
    g_autoptr(db_job) done = find(s, &student, &given->id);
    assert_int_equal(done->state, DB_JOB_DONE);
}

/* What another node would do. */
static void claim(struct store *s, const struct base_uuid *id, const char *lease, base_time until)
{
    GError *error = NULL;
    bool claimed = false;
    g_autoptr(db_connection) connection = db_acquire(s->fixture->db, &error);

    assert_true(db_job_claim(connection, id, lease, base_time_now(), until, &claimed, &error));
    assert_true(claimed);
}

static void test_nodes(void **state)
{
    struct store *s = *state;
    g_autoptr(GError) error = NULL;
    const struct service_identity student = make_student(s, "nodes");
    const base_time now = base_time_now();
    g_autoptr(db_job) asked = ask(s, &student, REPORT_FORMAT_CSV, &error);

    /* While another node is at it nobody else is. */
    claim(s, &asked->id, "1.other", now + 60 * BASE_TIME_SECOND);
    assert_false(run(s, &GO_ON));
    /* It loses the job when it is cancelled. */
    assert_true(service_job_delete(s->service, &student, &asked->id, &error));
    g_autoptr(db_connection) connection = db_acquire(s->fixture->db, &error);
    bool held = true;
    assert_true(db_job_progress(connection, &asked->id, "1.other", 1, 2, now, now, &held, &error));
    assert_false(held);
    g_clear_pointer(&connection, db_release);

    /* One that died is followed by another, a few times. */
    g_autoptr(db_job) second = ask(s, &student, REPORT_FORMAT_CSV, &error);
    claim(s, &second->id, "1.dead", now - BASE_TIME_SECOND);
    assert_true(run(s, &GO_ON));
    g_autoptr(db_job) done = find(s, &student, &second->id);
    assert_int_equal(done->state, DB_JOB_DONE);
    g_autoptr(db_job) deadly = ask(s, &student, REPORT_FORMAT_CSV, &error);
    claim(s, &deadly->id, "3.dead", now - BASE_TIME_SECOND);
    assert_true(run(s, &GO_ON));
    g_autoptr(db_job) failed = find(s, &student, &deadly->id);
    assert_int_equal(failed->state, DB_JOB_FAILED);
    assert_non_null(failed->error);
}

static void test_trouble(void **state)
{
    struct store *s = *state;
    g_autoptr(GError) error = NULL;
    const struct service_identity student = make_student(s, "trouble");

    g_autoptr(db_job) asked = ask(s, &student, REPORT_FORMAT_CSV, &error);
    store_break(s);
    assert_true(run(s, &GO_ON));
    store_mend(s);
    g_autoptr(db_job) failed = find(s, &student, &asked->id);
    assert_int_equal(failed->state, DB_JOB_FAILED);
    assert_non_null(failed->error);
    assert_null(failed->blob_key);

    /* A result that is gone from the store, or past its day. */
    g_autoptr(db_job) second = ask(s, &student, REPORT_FORMAT_CSV, &error);
    const guint before = store_files_n(s);
    assert_true(run(s, &GO_ON));
    assert_int_equal(store_files_n(s), before + 1);
    gint64 removed = 0;
    assert_true(service_jobs_collect(s->service, &removed, &error));
    assert_int_equal(removed, 0);
    g_autoptr(db_connection) connection = db_acquire(s->fixture->db, &error);
    assert_true(db_execute(connection, NULL, &error, "UPDATE jobs SET finished_at = ? WHERE id = ?",
                           db_time(base_time_now() - DAYS_2 * BASE_TIME_SECOND),
                           db_uuid(&second->id)));
    g_clear_pointer(&connection, db_release);
    assert_true(service_jobs_collect(s->service, &removed, &error));
    assert_int_equal(removed, 1);
    assert_int_equal(store_files_n(s), before);

    /* Pieces that a node left which died. */
    char id[BASE_UUID_TEXT_SIZE];
    base_uuid_format(&s->fixture->admin.institution_id, id);
    g_autofree char *key = g_strconcat("jobs/", id, "/x/0", NULL);
    assert_true(blob_put(s->blobs, key, "left", 4, &error));
    assert_true(service_jobs_collect(s->service, NULL, &error));
    assert_int_equal(store_files_n(s), before + 1);
    g_autoptr(GPtrArray) files = store_files(s);
    for (guint i = 0; i < files->len; i++)
        store_age(files->pdata[i], DAYS_2);
    assert_true(service_jobs_collect(s->service, NULL, &error));
    assert_int_equal(store_files_n(s), 0);
}

/* ---- the institution ---- */

static struct service_institution_settings *
change(struct store *s, const struct service_institution_input *input, GError **error)
{
    return service_institution_change(s->service, &s->fixture->admin, input, error);
}

static void test_institution(void **state)
{
    struct store *s = *state;
    g_autoptr(GError) error = NULL;
    const gint64 friday = 5;
    const char *const warnings[] = {"absence", "at_risk", NULL};
    const struct service_institution_input input = {
        .name = "  Universidad   Núñez ",
        .late_after = "8:15",
        .absent_after = "10:00:30",
        .language = "en",
        .paper = "letter",
        .student_report = {.frequency = "weekly",
                           .weekday = &friday,
                           .at = "18:30",
                           .format = "xlsx"},
        .warnings = warnings,
    };

    g_autoptr(service_institution_settings) first = service_institution_read(s->service, &error);
    assert_string_equal(first->language, "es");
    assert_int_equal(first->student_report.frequency, SERVICE_FREQUENCY_OFF);
    assert_int_equal(first->warnings, 0);
    assert_string_equal(first->mail_sender, first->name);
    g_autoptr(service_institution_settings) changed = change(s, &input, &error);
    assert_no_error(error);
    g_autoptr(service_institution_settings) now = service_institution_read(s->service, &error);
    assert_string_equal(now->name, "Universidad Núñez");
    assert_string_equal(now->mail_sender, now->name);
    assert_int_equal(now->policy.late_after, 8 * 3600 + 15 * 60);
    assert_int_equal(now->policy.absent_after, 10 * 3600 + 30);
    assert_string_equal(now->language, "en");
    assert_int_equal(now->paper, REPORT_PAPER_LETTER);
    assert_int_equal(now->student_report.frequency, SERVICE_FREQUENCY_WEEKLY);
    assert_int_equal(now->student_report.weekday, 5);
    assert_int_equal(now->student_report.at_second, 18 * 3600 + 30 * 60);
    assert_int_equal(now->student_report.format, REPORT_FORMAT_XLSX);
    assert_int_equal(now->teacher_report.frequency, SERVICE_FREQUENCY_OFF);
    assert_int_equal(now->warnings, SERVICE_WARNING_ABSENCE | SERVICE_WARNING_AT_RISK);
    assert_int_equal(
        fixture_count(s->fixture,
                      "SELECT COUNT(*) FROM audit_log WHERE action = 'institution.update'"),
        1);
    /* The same once more is no change. */
    g_autoptr(service_institution_settings) again = change(s, &input, &error);
    assert_no_error(error);
    assert_int_equal(
        fixture_count(s->fixture,
                      "SELECT COUNT(*) FROM audit_log WHERE action = 'institution.update'"),
        1);
}

static void test_institution_refusals(void **state)
{
    struct store *s = *state;
    const gint64 never = 8;
    const char *const unknown[] = {"rain", NULL};
    const struct {
        struct service_institution_input input;
        const char *field;
        int code;
    } cases[] = {
        {{.name = " "}, "name", BASE_ERROR_INVALID},
        {{.late_after = "25:00"}, "late_after", BASE_ERROR_INVALID},
        {{.late_after = "9"}, "late_after", BASE_ERROR_INVALID},
        {{.late_after = "12:00", .absent_after = "11:00"}, "absent_after", BASE_ERROR_INVALID},
        {{.language = "fr"}, "language", BASE_ERROR_INVALID},
        {{.paper = "a5"}, "paper", BASE_ERROR_INVALID},
        {{.mail_sender = "a\nb\x01"}, "mail_sender", BASE_ERROR_INVALID},
        {{.student_report = {.frequency = "hourly"}}, "student_report", BASE_ERROR_INVALID},
        {{.student_report = {.weekday = &never}}, "student_report", BASE_ERROR_INVALID},
        {{.teacher_report = {.at = "7h"}}, "teacher_report", BASE_ERROR_INVALID},
        {{.teacher_report = {.format = "json"}}, "teacher_report", BASE_ERROR_INVALID},
        {{.warnings = unknown}, "warnings", BASE_ERROR_INVALID},
        /* The configuration of the test names both. */
        {{.time_zone = "Europe/Madrid"}, "time_zone", BASE_ERROR_CONFLICT},
        {{.email_domain = "other.edu"}, "email_domain", BASE_ERROR_CONFLICT},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        assert_null(change(s, &cases[i].input, &error));
        assert_int_equal(error->code, cases[i].code);
        assert_string_equal(service_error_field(error), cases[i].field);
    }
    g_autoptr(GError) error = NULL;
    const struct service_identity student = make_student(s, "curious");
    const struct service_institution_input input = {.name = "Mine"};
    assert_null(service_institution_change(s->service, &student, &input, &error));
    assert_int_equal(error->code, BASE_ERROR_FORBIDDEN);
}

static void test_logo(void **state)
{
    struct store *s = *state;
    g_autoptr(GError) error = NULL;
    const struct recognise_picture wall = sample_wall();
    const guint before = store_files_n(s);

    assert_null(service_institution_logo(s->service, &error));
    assert_int_equal(error->code, BASE_ERROR_NOT_FOUND);
    g_clear_error(&error);
    for (int i = 0; i < 2; i++) {
        assert_true(service_institution_logo_set(s->service, &s->fixture->admin, wall.data,
                                                 wall.size, &error));
        assert_int_equal(store_files_n(s), before + 1);
    }
    g_autoptr(GBytes) logo = service_institution_logo(s->service, &error);
    assert_no_error(error);
    assert_memory_equal(g_bytes_get_data(logo, NULL), "\x89PNG", 4);
    /* Neither collection takes it. */
    g_autoptr(GPtrArray) files = store_files(s);
    for (guint i = 0; i < files->len; i++)
        store_age(files->pdata[i], DAYS_2);
    struct service_images_swept swept;
    assert_true(service_images_gc(s->service, false, &swept, &error));
    assert_true(service_jobs_collect(s->service, NULL, &error));
    assert_true(service_institution_logo_collect(s->service, &error));
    assert_int_equal(store_files_n(s), before + 1);
    assert_false(service_institution_logo_set(s->service, &s->fixture->admin, "text", 4, &error));
    assert_int_equal(error->code, BASE_ERROR_UNSUPPORTED);
    g_clear_error(&error);
    assert_true(service_institution_logo_delete(s->service, &s->fixture->admin, &error));
    assert_int_equal(store_files_n(s), before);
    const struct service_identity student = make_student(s, "painter");
    assert_false(service_institution_logo_set(s->service, &student, wall.data, wall.size, &error));
    assert_int_equal(error->code, BASE_ERROR_FORBIDDEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_job),         cmocka_unit_test(test_cancel_and_limits),
        cmocka_unit_test(test_nodes),       cmocka_unit_test(test_trouble),
        cmocka_unit_test(test_institution), cmocka_unit_test(test_institution_refusals),
        cmocka_unit_test(test_logo),
    };

    return cmocka_run_group_tests_name("jobs", tests, store_setup, store_teardown);
}
