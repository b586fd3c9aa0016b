/* What is in the reports of the small university, for whom. */
#include "university.h"

#include "service/dashboard.h"
#include "service/reports.h"

#include <string.h>

static struct university u;

/* The rows as JSON, as anybody would get them. */
static bool gather(const char *data, size_t size, gpointer text, GError **error)
{
    (void)error;
    g_string_append_len(text, data, (gssize)size);
    return true;
}

static json_t *read_report(struct fixture *f, const struct service_identity *who,
                           const struct service_report_request *request, GError **error)
{
    struct service_report_request english = *request;
    g_autoptr(GString) text = g_string_new(NULL);

    english.language = "en";
    g_autoptr(service_report) report = service_report_open(f->service, who, &english, error);
    if (!report || !report_write_json(service_report_table(report), NULL, gather, text, error))
        return NULL;
    return base_json_parse(text->str, text->len, error);
}

static json_t *report_of(struct fixture *f, const struct service_identity *who,
                         const struct service_report_request *request)
{
    GError *error = NULL;
    json_t *json = read_report(f, who, request, &error);

    assert_no_error(error);
    return json;
}

static size_t rows_of(struct fixture *f, const struct service_identity *who,
                      const struct service_report_request *request)
{
    g_autoptr(json_t) json = report_of(f, who, request);

    return json_array_size(json_object_get(json, "rows"));
}

static void assert_refused(struct fixture *f, const struct service_identity *who,
                           const struct service_report_request *request, enum base_error code)
{
    GError *error = NULL;

    assert_null(read_report(f, who, request, &error));
    assert_base_error(error, code);
}

/* Rows of totals come after the others. */
static json_t *row(json_t *report, size_t i)
{
    json_t *rows = json_object_get(report, "rows");
    const size_t n = json_array_size(rows);

    return i < n ? json_array_get(rows, i)
                 : json_array_get(json_object_get(report, "summary"), i - n);
}

static const char *text_at(json_t *report, size_t i, const char *key)
{
    return json_string_value(json_object_get(row(report, i), key));
}

static json_int_t integer_at(json_t *report, size_t i, const char *key)
{
    return json_integer_value(json_object_get(row(report, i), key));
}

static double real_at(json_t *report, size_t i, const char *key)
{
    return json_number_value(json_object_get(row(report, i), key));
}

static json_t *series(json_t *report, const char *key)
{
    json_t *all = json_object_get(report, "series");

    for (size_t i = 0; i < json_array_size(all); i++) {
        json_t *one = json_array_get(all, i);
        if (g_strcmp0(json_string_value(json_object_get(one, "key")), key) == 0)
            return one;
    }
    fail_msg("no series %s", key);
    return NULL;
}

/* Value of a row in the column that begins like this. */
static const char *cell(json_t *report, size_t i, const char *prefix)
{
    void *member = json_object_iter(row(report, i));

    for (; member; member = json_object_iter_next(row(report, i), member))
        if (g_str_has_prefix(json_object_iter_key(member), prefix))
            return json_string_value(json_object_iter_value(member));
    fail_msg("no column %s", prefix);
    return NULL;
}

static void test_register_sheet(void **state)
{
    struct fixture *f = *state;

    /* Mission, row 5: the teacher names group, subject and period. */
    const struct service_report_request request = {.name = "register",
                                                   .group_id = u.group_a,
                                                   .subject_id = u.algebra_subject,
                                                   .from_day = "2026-03-01",
                                                   .to_day = "2026-03-31"};
    g_autoptr(json_t) sheet = report_of(f, &u.tere, &request);
    /* Three students, two rows of totals; three columns before the sessions, five after. */
    assert_int_equal(json_array_size(json_object_get(sheet, "rows")), 3);
    assert_int_equal(json_array_size(json_object_get(sheet, "summary")), 2);
    assert_int_equal(json_array_size(json_object_get(sheet, "columns")), 3 + 5 + 5);
    assert_string_equal(text_at(sheet, 0, "name"), "Ana");
    assert_string_equal(cell(sheet, 0, "2026-03-02"), "present");
    assert_string_equal(cell(sheet, 0, "2026-03-16"), "late");
    assert_string_equal(cell(sheet, 0, "2026-03-23"), "absent");
    assert_null(cell(sheet, 1, "2026-03-09")); /* Bruno was not there yet */
    assert_string_equal(cell(sheet, 1, "2026-03-23"), "excused");
    assert_null(cell(sheet, 2, "2026-03-16")); /* Dora had gone */
    assert_int_equal(integer_at(sheet, 0, "present"), 3);
    assert_true(real_at(sheet, 0, "share") == 0.7);
    assert_string_equal(cell(sheet, 3, "2026-03-02"), "1"); /* of Ana and Dora */
    assert_string_equal(cell(sheet, 4, "2026-03-02"), "50 %");
    json_t *plot = series(sheet, "by_session");
    assert_int_equal(json_array_size(json_object_get(plot, "labels")), 5);
}

static void test_summary(void **state)
{
    struct fixture *f = *state;
    const struct service_report_request request = {.name = "summary"};

    g_autoptr(json_t) all = report_of(f, &f->admin, &request);
    /* Three of Algebra, four of Physics. */
    assert_int_equal(json_array_size(json_object_get(all, "rows")), 7);
    assert_string_equal(text_at(all, 0, "course"), "Algebra 1A");
    assert_string_equal(text_at(all, 0, "arithmetic"), "(3 + 1 × 0.5) of 5 = 70.0 %");
    assert_string_equal(text_at(all, 7, "name"), "Total");
    /* 5 + 3 + 2 sessions of Algebra, 3 + 2 + 3 of Physics */
    assert_int_equal(integer_at(all, 7, "sessions"), 18);
    assert_int_equal(integer_at(all, 7, "unmarked"), 1);
    /* (3.5 + 2 + 1 + 1.5 + 2 + 1) of (5 + 2 + 2 + 3 + 2 + 2) */
    assert_true(real_at(all, 7, "share") == 11.0 / 16);
    assert_int_equal(rows_of(f, &u.ana_self, &request), 2);
    assert_int_equal(rows_of(f, &u.beto, &request), 4);
    assert_int_equal(rows_of(f, &u.uma, &request), 3);
    const struct service_report_request nobody = {
        .name = "summary", .student_id = u.bruno, .course_id = u.physics};
    assert_int_equal(rows_of(f, &f->admin, &nobody), 0);
}

static void test_at_risk(void **state)
{
    struct fixture *f = *state;
    const struct service_report_request request = {.name = "at-risk"};

    g_autoptr(json_t) risk = report_of(f, &f->admin, &request);
    /* Ana and Dora in Algebra, Ana and Carla in Physics. */
    assert_int_equal(json_array_size(json_object_get(risk, "rows")), 4);
    assert_string_equal(text_at(risk, 0, "name"), "Ana");
    assert_string_equal(text_at(risk, 0, "warnings"),
                        "70.0 % is below the 80 % required; can no longer reach 80 %");
    assert_refused(f, &u.ana_self, &request, BASE_ERROR_NOT_FOUND);
}

static void test_late(void **state)
{
    struct fixture *f = *state;
    const struct service_report_request request = {.name = "late"};
    GError *error = NULL;
    g_autoptr(db_connection) connection = db_acquire(f->db, &error);

    /* What a device says of its clock counts for nothing. */
    assert_true(db_execute(connection, NULL, &error, "UPDATE attendance SET captured_at = ?",
                           db_time(university_time("2026-03-05", 7 * 3600))));
    g_clear_pointer(&connection, db_release);
    g_autoptr(json_t) late = report_of(f, &f->admin, &request);
    assert_int_equal(json_array_size(json_object_get(late, "rows")), 3);
    /* 20 minutes after the day's 09:00; 12 and 20 after the start of a session. */
    assert_string_equal(text_at(late, 0, "day"), "2026-03-05");
    assert_int_equal(integer_at(late, 0, "minutes"), 20);
    assert_string_equal(text_at(late, 1, "name"), "Ana");
    assert_int_equal(integer_at(late, 1, "minutes"), 12);
    assert_int_equal(integer_at(late, 2, "minutes"), 20);
    assert_int_equal(rows_of(f, &u.tere, &request), 1);
    assert_int_equal(rows_of(f, &u.beto, &request), 1);
    assert_int_equal(rows_of(f, &u.uma, &request), 2);
    assert_int_equal(rows_of(f, &u.carla_self, &request), 2);
}

/* How many rows tell what a teacher wrote about a mark. */
static size_t notes_of(struct fixture *f, const struct service_identity *who,
                       const struct service_report_request *request)
{
    g_autoptr(json_t) json = report_of(f, who, request);
    const size_t rows = json_array_size(json_object_get(json, "rows"));
    size_t n = 0;

    for (size_t i = 0; i < rows; i++)
        n += text_at(json, i, "note") != NULL;
    return n;
}

static void test_marks(void **state)
{
    struct fixture *f = *state;
    struct service_report_request request = {.name = "marks"};
    GError *error = NULL;
    g_autoptr(db_connection) connection = db_acquire(f->db, &error);

    /* Notes are for those who may correct. */
    assert_true(db_execute(connection, NULL, &error, "UPDATE attendance SET note = 'Flu'"));
    g_clear_pointer(&connection, db_release);
    assert_int_equal(notes_of(f, &u.tere, &request), 10);
    assert_int_equal(notes_of(f, &u.ana_self, &request), 0);
    /* 10 of Algebra without the cancelled one's, 7 of Physics, one of a day. */
    assert_int_equal(rows_of(f, &f->admin, &request), 18);
    assert_int_equal(rows_of(f, &u.tere, &request), 10);
    assert_int_equal(rows_of(f, &u.beto, &request), 7);
    /* Carla's and Dora's, whatever the course. */
    assert_int_equal(rows_of(f, &u.uma, &request), 8);
    assert_int_equal(rows_of(f, &u.ana_self, &request), 7);
    request.status = "absent";
    assert_int_equal(rows_of(f, &f->admin, &request), 3);
    request = (struct service_report_request){
        .name = "marks", .subject_id = u.physics_subject, .method = "face"};
    assert_int_equal(rows_of(f, &f->admin, &request), 5);
    request = (struct service_report_request){.name = "marks", .session_id = u.algebra_sessions[0]};
    assert_int_equal(rows_of(f, &u.tere, &request), 2);
    assert_refused(f, &u.beto, &request, BASE_ERROR_NOT_FOUND);
    request = (struct service_report_request){
        .name = "marks", .from_day = "2026-03-23", .to_day = "2026-03-24", .term_id = u.term};
    assert_int_equal(rows_of(f, &f->admin, &request), 4);
}

static void test_corrections(void **state)
{
    struct fixture *f = *state;
    struct service_report_request request = {.name = "corrections"};

    g_autoptr(json_t) changes = report_of(f, &u.tere, &request);
    assert_int_equal(json_array_size(json_object_get(changes, "rows")), 1);
    assert_string_equal(text_at(changes, 0, "changed_by"), "Tere");
    assert_string_equal(text_at(changes, 0, "from"), "present");
    assert_string_equal(text_at(changes, 0, "to"), "absent");
    assert_string_equal(text_at(changes, 0, "reason"), "Somebody else's photo");
    assert_int_equal(rows_of(f, &u.beto, &request), 0);
    request.from_day = request.to_day = "2026-03-24"; /* when it was corrected */
    assert_int_equal(rows_of(f, &f->admin, &request), 1);
    request.from_day = request.to_day = "2026-03-23"; /* the mark's own day */
    assert_int_equal(rows_of(f, &f->admin, &request), 0);
}

static void test_trends(void **state)
{
    struct fixture *f = *state;

    const struct service_report_request algebra = {.name = "trends", .course_id = u.algebra};
    g_autoptr(json_t) trends = report_of(f, &u.tere, &algebra);
    /* Five weeks, Mondays, at eight. */
    assert_int_equal(json_array_size(json_object_get(trends, "rows")), 7);
    assert_string_equal(text_at(trends, 0, "label"), "2026-W10");
    assert_int_equal(integer_at(trends, 0, "absent"), 1);
    assert_string_equal(text_at(trends, 5, "label"), "Monday");
    assert_int_equal(integer_at(trends, 5, "total"), 10);
    assert_true(real_at(trends, 5, "share") == 7.0 / 9);
    assert_string_equal(text_at(trends, 6, "label"), "08:00");
    assert_int_equal(json_array_size(json_object_get(series(trends, "by_week"), "labels")), 5);
    /* The mark of the day counts by its hour on the wall. */
    const struct service_report_request days = {.name = "trends", .student_id = u.carla};
    g_autoptr(json_t) carla = report_of(f, &u.uma, &days);
    json_t *hours = json_object_get(series(carla, "by_hour"), "labels");
    assert_int_equal(json_array_size(hours), 2);
    assert_string_equal(json_string_value(json_array_get(hours, 0)), "09:00");
}

static void test_methods_and_sessions(void **state)
{
    struct fixture *f = *state;
    struct service_report_request request = {.name = "methods"};

    g_autoptr(json_t) methods = report_of(f, &f->admin, &request);
    /* Weeks 10 to 14, and totals: 13 by face, 5 by hand. */
    assert_int_equal(json_array_size(json_object_get(methods, "rows")), 5);
    assert_int_equal(integer_at(methods, 5, "face"), 13);
    assert_int_equal(integer_at(methods, 5, "manual"), 5);
    assert_int_equal(integer_at(methods, 5, "total"), 18);

    request = (struct service_report_request){.name = "sessions", .course_id = u.algebra};
    g_autoptr(json_t) sessions = report_of(f, &u.tere, &request);
    assert_int_equal(json_array_size(json_object_get(sessions, "rows")), 6);
    assert_int_equal(integer_at(sessions, 2, "late"), 1);
    assert_string_equal(text_at(sessions, 5, "state"), "cancelled");
    assert_int_equal(integer_at(sessions, 5, "total"), 0);
    assert_int_equal(json_array_size(json_object_get(series(sessions, "by_session"), "labels")), 5);
}

static void test_what_is_refused(void **state)
{
    struct fixture *f = *state;

    const struct base_uuid nowhere = {.bytes = {9}};
    const struct {
        const struct service_identity *who;
        struct service_report_request request;
        enum base_error code;
    } cases[] = {
        {&f->admin, {.name = "weather"}, BASE_ERROR_NOT_FOUND},
        {&f->admin, {.name = "register"}, BASE_ERROR_INVALID},
        {&f->admin,
         {.name = "register", .course_id = u.algebra, .status = "late"},
         BASE_ERROR_INVALID},
        {&f->admin, {.name = "marks", .from_day = "yesterday"}, BASE_ERROR_INVALID},
        {&f->admin, {.name = "marks", .to_day = "2026-02-30"}, BASE_ERROR_INVALID},
        {&f->admin, {.name = "marks", .status = "Zu spät"}, BASE_ERROR_INVALID},
        {&f->admin, {.name = "marks", .status = "nobodys"}, BASE_ERROR_INVALID},
        {&f->admin, {.name = "marks", .method = "telepathy"}, BASE_ERROR_INVALID},
        {&f->admin, {.name = "summary", .course_id = nowhere}, BASE_ERROR_NOT_FOUND},
        {&f->admin, {.name = "summary", .group_id = nowhere}, BASE_ERROR_NOT_FOUND},
        {&u.tere, {.name = "summary", .course_id = u.physics}, BASE_ERROR_NOT_FOUND},
        {&u.tere, {.name = "summary", .group_id = u.group_b}, BASE_ERROR_NOT_FOUND},
        {&u.tere, {.name = "marks", .student_id = u.carla}, BASE_ERROR_NOT_FOUND},
        {&u.tere, {.name = "marks", .teacher_id = u.beto.user_id}, BASE_ERROR_NOT_FOUND},
        {&u.ana_self, {.name = "register", .course_id = u.algebra}, BASE_ERROR_NOT_FOUND},
        {&u.ana_self, {.name = "marks", .student_id = u.carla}, BASE_ERROR_NOT_FOUND},
        {&u.ana_self, {.name = "summary", .group_id = u.group_a}, BASE_ERROR_NOT_FOUND},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        assert_refused(f, cases[i].who, &cases[i].request, cases[i].code);
}

static void test_request_as_json_and_file_name(void **state)
{
    struct fixture *f = *state;
    struct service_report_request again = {.name = "register"};

    const struct service_report_request request = {
        .name = "register", .course_id = u.algebra, .from_day = "2026-03-01", .language = "en"};
    g_autoptr(json_t) json = service_report_request_json(&request);
    assert_int_equal(json_object_size(json), 3);
    assert_true(service_report_request_read(json, &again, NULL));
    assert_true(base_uuid_equal(&again.course_id, &u.algebra));
    assert_string_equal(again.from_day, "2026-03-01");
    g_autoptr(service_report) report = service_report_open(f->service, &u.tere, &again, NULL);
    g_autofree char *name = service_report_file_name(report);
    assert_string_equal(name, "register-algebra-1a-2026-a-2026-03-01");
    json_object_set_new(json, "weather", json_true());
    GError *error = NULL;
    assert_false(service_report_request_read(json, &again, &error));
    assert_base_error(error, BASE_ERROR_INVALID);
}

static void test_dashboard(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;

    const struct service_dashboard_request request = {
        .term_id = u.term, .from_day = "2026-03-01", .to_day = "2026-03-31"};
    g_autoptr(service_dashboard) all =
        service_dashboard_read(f->service, &f->admin, &request, &error);
    assert_no_error(error);
    assert_int_equal(all->trend->len, 8);
    assert_int_equal(all->methods[CORE_METHOD_FACE], 12); /* without the mark of the day */
    assert_int_equal(all->students, 7);
    assert_int_equal(all->at_risk, 4);
    assert_int_equal(all->corrections->len, 1);
    assert_int_equal(all->sessions->len, 0);
    g_autoptr(service_dashboard) beto =
        service_dashboard_read(f->service, &u.beto, &request, &error);
    assert_int_equal(beto->trend->len, 3);
    assert_int_equal(beto->at_risk, 2);
    assert_int_equal(beto->corrections->len, 0);
    g_autoptr(service_dashboard) ana =
        service_dashboard_read(f->service, &u.ana_self, &request, &error);
    assert_int_equal(ana->students, 2);
    assert_int_equal(ana->at_risk, 2);
    const struct service_dashboard_request bad = {.from_day = "x"};
    assert_null(service_dashboard_read(f->service, &f->admin, &bad, &error));
    assert_base_error(error, BASE_ERROR_INVALID);
}

/* Nothing here changes anything: one university will do. */
static int set_up(void **state)
{
    fixture_setup(state);
    university_create(*state, &u);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_register_sheet),
        cmocka_unit_test(test_summary),
        cmocka_unit_test(test_at_risk),
        cmocka_unit_test(test_late),
        cmocka_unit_test(test_marks),
        cmocka_unit_test(test_corrections),
        cmocka_unit_test(test_trends),
        cmocka_unit_test(test_methods_and_sessions),
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_request_as_json_and_file_name),
        cmocka_unit_test(test_dashboard),
    };

    return cmocka_run_group_tests_name("service_reports", tests, set_up, fixture_teardown);
}
