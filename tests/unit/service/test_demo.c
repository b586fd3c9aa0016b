/* A term that never was: all of it fits together, and comes out the same each time. */
#include "fixture.h"

#include "../database.h"

#include "core/audit_chain.h"
#include "db/query/duplicate.h"
#include "db/query/outbox.h"
#include "db/query/review.h"
#include "service/audit_chain.h"
#include "service/closing.h"
#include "service/demo.h"
#include "service/lookalikes.h"
#include "service/reports.h"
#include "service/session_register.h"
#include "service/sessions.h"

#include <string.h>

/* 2026-03-12, 10:20 in Mérida. */
#define A_MORNING ((base_time)1773332400 * BASE_TIME_SECOND)

static const struct service_demo_options SMALL = {
    .seed = 7,
    .students = 12,
    .weeks = 2,
    .password = PASSWORD,
};

static struct service_demo_result filled;

static int set_up(void **state)
{
    GError *error = NULL;

    if (fixture_setup(state) != 0)
        return -1;
    struct fixture *f = *state;
    assert_true(service_demo_fill(f->service, &f->admin, &SMALL, &filled, &error));
    assert_no_error(error);
    return 0;
}

static int tear_down(void **state)
{
    service_demo_result_clear(&filled);
    return fixture_teardown(state);
}

static void assert_code(GError *error, enum base_error code)
{
    assert_non_null(error);
    assert_int_equal(error->code, code);
    g_error_free(error);
}

static struct service_session signed_in(struct fixture *f, enum core_role role)
{
    struct service_session session;
    GError *error = NULL;

    assert_true(service_sign_in(f->service, filled.accounts[role].email, filled.password, NULL,
                                &session, NULL, &error));
    assert_no_error(error);
    assert_int_equal(session.user->role, role);
    return session;
}

static void test_everybody_named_can_sign_in(void **state)
{
    for (unsigned role = 0; role < CORE_ROLE_N; role++) {
        struct service_session session = signed_in(*state, (enum core_role)role);
        assert_string_equal(session.user->name, filled.accounts[role].name);
        assert_true(g_str_has_suffix(session.user->email, ".example"));
        service_session_clear(&session);
    }
}

static void test_it_fits_together(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;
    g_autoptr(GPtrArray) findings = g_ptr_array_new_with_free_func(g_free);
    struct service_audit_report report;

    assert_true(db_check(f->db, findings, &error));
    assert_true(service_audit_verify(f->service, &f->admin, NULL, &report, findings, &error));
    assert_int_equal(findings->len, 0);
    assert_int_equal(report.pending, 0);
    assert_true(report.entries > filled.marks);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM attendance"), filled.marks);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM sessions"), filled.sessions);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM users WHERE role = 'student'"), 12);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM face_templates"), 0);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM images"), 0);
}

/* Whoever has a mark was on the roster that day, and no session that is over lacks one. */
static void test_marks_are_of_the_roster(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(
        fixture_count(
            f, "SELECT COUNT(*) FROM attendance a WHERE NOT EXISTS (SELECT 1 FROM enrolments e "
               "LEFT JOIN course_groups k ON k.group_id = e.group_id WHERE e.user_id = a.user_id "
               "AND (e.course_id = a.course_id OR k.course_id = a.course_id) AND e.first_day <= "
               "a.local_day AND (e.last_day IS NULL OR e.last_day >= a.local_day))"),
        0);
    assert_int_equal(
        fixture_count(f, "SELECT COUNT(*) FROM sessions s WHERE s.closed_at IS NOT NULL AND EXISTS "
                         "(SELECT 1 FROM enrolments e JOIN course_groups k ON k.group_id = "
                         "e.group_id WHERE k.course_id = s.course_id AND e.first_day <= "
                         "s.local_day AND (e.last_day IS NULL OR e.last_day >= s.local_day) AND "
                         "NOT EXISTS (SELECT 1 FROM attendance a WHERE a.session_id = s.id AND "
                         "a.user_id = e.user_id))"),
        0);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM attendance a JOIN sessions s ON s.id = "
                                      "a.session_id WHERE s.state = 'cancelled'"),
                     0);
}

static void test_there_is_something_to_see(void **state)
{
    static const char *const SOME[] = {
        "SELECT COUNT(*) FROM attendance WHERE status = 'late'",
        "SELECT COUNT(*) FROM attendance WHERE status = 'excused'",
        "SELECT COUNT(*) FROM attendance WHERE status = 'absent' AND method = 'automatic'",
        "SELECT COUNT(*) FROM attendance_changes WHERE reason IS NOT NULL",
        "SELECT COUNT(*) FROM disputes WHERE state = 'open'",
        "SELECT COUNT(*) FROM disputes WHERE state <> 'open' AND state <> 'withdrawn'",
        "SELECT COUNT(*) FROM sessions WHERE edited = TRUE",
        "SELECT COUNT(*) FROM outbox WHERE state = 'sent'",
        "SELECT COUNT(*) FROM outbox WHERE state = 'waiting'",
        "SELECT COUNT(*) FROM outbox WHERE state = 'dead'",
        "SELECT COUNT(*) FROM report_schedules",
        "SELECT COUNT(*) FROM webhooks WHERE active = FALSE",
        "SELECT COUNT(*) FROM holidays",
        "SELECT COUNT(*) FROM enrolments WHERE last_day IS NOT NULL",
        "SELECT COUNT(*) FROM enrolments WHERE course_id IS NOT NULL",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(SOME); i++)
        if (fixture_count(*state, SOME[i]) == 0)
            fail_msg("nothing: %s", SOME[i]);
    assert_int_equal(fixture_count(*state, "SELECT COUNT(*) FROM policies"), 2);
    assert_int_equal(fixture_count(*state, "SELECT COUNT(*) FROM devices"), 3);
    assert_int_equal(strlen(filled.kiosk_code), strlen("XXXX-XXXX"));
}

static void test_the_teacher_has_a_class_now(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;
    struct service_session session = signed_in(f, CORE_ROLE_TEACHER);
    const struct service_identity teacher = fixture_identity(f, &session.user->id);
    struct db_session_filter filter = DB_SESSION_FILTER_ALL;

    filter.from = base_time_now();
    filter.to = filter.from + BASE_TIME_SECOND;
    g_autoptr(GPtrArray) sessions =
        service_session_list(f->service, &teacher, &filter, true, NULL, NULL, &error);
    assert_no_error(error);
    assert_int_equal(sessions->len, 1);
    const struct core_session *live = sessions->pdata[0];
    g_autoptr(service_roll) roll =
        service_session_register(f->service, &teacher, &live->id, &error);
    assert_no_error(error);
    assert_int_equal(roll->window, SERVICE_WINDOW_OPEN);
    assert_true(roll->counts[CORE_STATUS_PRESENT] > 0);
    assert_true(roll->unmarked > 0);
    service_session_clear(&session);
}

static bool swallow(const char *data, size_t size, gpointer length, GError **error)
{
    (void)data;
    (void)error;
    *(size_t *)length += size;
    return true;
}

static void run_report(struct fixture *f, const struct service_report_kind *kind,
                       const struct core_session *session, const struct base_uuid *student)
{
    struct service_report_request request = {.name = kind->name, .language = "es"};
    GError *error = NULL;
    size_t length = 0;

    if (kind->required & SERVICE_REPORT_COURSE)
        request.course_id = session->course_id;
    else if (kind->required & SERVICE_REPORT_SESSION)
        request.session_id = session->id;
    else if (kind->required & SERVICE_REPORT_STUDENT)
        request.student_id = *student;
    g_autoptr(service_report) report = service_report_open(f->service, &f->admin, &request, &error);
    assert_no_error(error);
    assert_true(report_write_csv(service_report_table(report), NULL, swallow, &length, &error));
    assert_no_error(error);
    assert_true(length > 0);
}

static void test_every_report_runs(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;
    const struct db_session_filter filter = DB_SESSION_FILTER_ALL;
    const struct db_page page = {.limit = 1};
    gsize n;
    const struct service_report_kind *kinds = service_report_kinds(&n);
    struct service_session student = signed_in(f, CORE_ROLE_STUDENT);
    g_autoptr(GPtrArray) sessions =
        service_session_list(f->service, &f->admin, &filter, false, &page, NULL, &error);

    assert_no_error(error);
    for (gsize i = 0; i < n; i++)
        run_report(f, &kinds[i], sessions->pdata[0], &student.user->id);
    service_session_clear(&student);
}

static void test_what_is_not_empty_stays(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;
    struct service_demo_result result;
    const gint64 entries = fixture_count(f, "SELECT COUNT(*) FROM audit_log");

    assert_false(service_demo_fill(f->service, &f->admin, &SMALL, &result, &error));
    assert_code(error, BASE_ERROR_CONFLICT);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM audit_log"), entries);
    assert_true(ABS(base_time_now() - g_get_real_time()) < BASE_TIME_SECOND);
}

/* One database for all that is refused, because nothing changes in it. */
static void test_what_is_refused(void **state)
{
    struct fixture *f = *state;
    struct service_demo_options options[] = {SMALL, SMALL, SMALL, SMALL};
    struct service_identity teacher = f->admin;
    GError *error = NULL;
    struct service_demo_result result;

    options[0].students = SERVICE_DEMO_STUDENTS_MAX + 1;
    options[1].students = SERVICE_DEMO_STUDENTS_MIN - 1;
    options[2].weeks = 0;
    options[3].password = "short";
    for (gsize i = 0; i < G_N_ELEMENTS(options); i++) {
        assert_false(service_demo_fill(f->service, &f->admin, &options[i], &result, &error));
        assert_code(g_steal_pointer(&error), BASE_ERROR_INVALID);
    }
    teacher.role = CORE_ROLE_TEACHER;
    assert_false(service_demo_fill(f->service, &teacher, &SMALL, &result, &error));
    assert_code(g_steal_pointer(&error), BASE_ERROR_FORBIDDEN);
    (void)fixture_user(f, "Ana", "ana@uni.edu", CORE_ROLE_STUDENT, NULL);
    assert_false(service_demo_fill(f->service, &f->admin, &SMALL, &result, &error));
    assert_code(g_steal_pointer(&error), BASE_ERROR_CONFLICT);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM users"), 2);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM terms"), 0);
}

/* ---- beside a server ---- */

struct closer {
    struct service *service;
    gint stop; /* atomic */
};

static gpointer close_again_and_again(gpointer data)
{
    struct closer *closer = data;
    struct service_closed closed;

    while (!g_atomic_int_get(&closer->stop)) {
        (void)service_closing_run(closer->service, &closed, NULL);
        g_usleep(G_USEC_PER_SEC / 200);
    }
    return NULL;
}

/* What a server settles on the true clock does not disturb what is told on another. */
static void test_sessions_are_closed_meanwhile(void **state)
{
    struct fixture *f = *state;
    struct closer closer = {.service = f->service};
    GError *error = NULL;
    struct service_demo_result result;
    GThread *thread = g_thread_new("closer", close_again_and_again, &closer);
    const bool done = service_demo_fill(f->service, &f->admin, &SMALL, &result, &error);

    g_atomic_int_set(&closer.stop, 1);
    g_thread_join(thread);
    assert_no_error(error);
    assert_true(done);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM attendance"), result.marks);
    assert_true(fixture_count(f, "SELECT COUNT(*) FROM attendance WHERE method = 'face'") >
                result.marks / 2);
    service_demo_result_clear(&result);
}

/* ---- twice the same ---- */

static bool gather(const char *data, size_t size, gpointer text, GError **error)
{
    (void)error;
    g_string_append_len(text, data, (gssize)size);
    return true;
}

/* The register of a fresh institution, without the ids. */
static char *register_of(guint64 seed)
{
    void *state = NULL;
    GError *error = NULL;
    struct service_demo_options options = SMALL;
    struct service_demo_result result;
    g_autoptr(GString) csv = g_string_new(NULL);
    g_autoptr(GRegex) ids = g_regex_new("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
                                        G_REGEX_DEFAULT, G_REGEX_MATCH_DEFAULT, NULL);

    assert_int_equal(fixture_setup(&state), 0);
    struct fixture *f = state;
    options.seed = seed;
    options.now = A_MORNING;
    assert_true(service_demo_fill(f->service, &f->admin, &options, &result, &error));
    service_demo_result_clear(&result);
    const struct db_attendance_filter filter = {.status = DB_ANY, .sort = DB_ATTENDANCE_SORT_NAME};
    assert_true(
        service_register_export_csv(f->service, &f->admin, &filter, false, gather, csv, &error));
    fixture_teardown(&state);
    return g_regex_replace_literal(ids, csv->str, (gssize)csv->len, 0, "id", G_REGEX_MATCH_DEFAULT,
                                   NULL);
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Rows that a database orders by their ids stand in any order. */
static char *sorted(const char *csv)
{
    g_auto(GStrv) lines = g_strsplit(csv, "\r\n", -1);

    qsort(lines, g_strv_length(lines), sizeof *lines, compare_lines);
    return g_strjoinv("\n", lines);
}

static void test_the_same_seed_tells_the_same(void **state)
{
    if (!unit_database_is_file()) {
        unit_database_say_skipped("what is told does not depend on the database");
        skip();
    }
    g_autofree char *one = register_of(7);
    g_autofree char *again = register_of(7);
    g_autofree char *other = register_of(8);
    g_autofree char *one_sorted = sorted(one);
    g_autofree char *again_sorted = sorted(again);
    g_autofree char *other_sorted = sorted(other);

    (void)state;
    assert_non_null(strstr(one, "2026-03-12"));
    assert_null(strstr(one, "2026-03-13"));
    assert_string_equal(one_sorted, again_sorted);
    assert_string_not_equal(one_sorted, other_sorted);
}

/* ---- with photographs ---- */

static GPtrArray *samples(void)
{
    GPtrArray *people = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);

    for (unsigned who = 0; who < SAMPLE_PEOPLE; who++) {
        GPtrArray *person = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
        for (unsigned take = 0; take < 3; take++) {
            const struct recognise_picture photo = sample_photo(who, take);
            g_ptr_array_add(person, g_bytes_new_static(photo.data, photo.size));
        }
        g_ptr_array_add(people, person);
    }
    return people;
}

static int set_up_faces(void **state)
{
    return unit_database_is_file() ? fixture_setup_faces(state) : 0;
}

static int tear_down_faces(void **state)
{
    return unit_database_is_file() ? fixture_teardown(state) : 0;
}

static void test_photographs(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;
    struct service_demo_options options = SMALL;
    struct service_demo_result result;

    if (!unit_database_is_file()) {
        unit_database_say_skipped("what faces leave in each database has tests of its own");
        skip();
    }
    if (!fixture_has_faces(f))
        skip();
    g_autoptr(GPtrArray) people = samples();
    options.photos = people;
    assert_true(service_demo_fill(f->service, &f->admin, &options, &result, &error));
    assert_no_error(error);
    assert_int_equal(result.enrolled, SAMPLE_PEOPLE + 2);
    service_demo_result_clear(&result);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM duplicates WHERE state = 'open'"), 1);
    assert_true(fixture_count(f, "SELECT COUNT(*) FROM lookalikes") > 0);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM reviews WHERE state = 'open'"),
                     SAMPLE_PEOPLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_everybody_named_can_sign_in),
        cmocka_unit_test(test_it_fits_together),
        cmocka_unit_test(test_marks_are_of_the_roster),
        cmocka_unit_test(test_there_is_something_to_see),
        cmocka_unit_test(test_the_teacher_has_a_class_now),
        cmocka_unit_test(test_every_report_runs),
        cmocka_unit_test(test_what_is_not_empty_stays),
        cmocka_unit_test_setup_teardown(test_sessions_are_closed_meanwhile, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_what_is_refused, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_photographs, set_up_faces, tear_down_faces),
        cmocka_unit_test(test_the_same_seed_tells_the_same),
    };

    return cmocka_run_group_tests_name("service_demo", tests, set_up, tear_down);
}
