/* The register: marks by hand, who sees which, CSV. */
#include "fixture.h"

#include "../database.h"

#include <string.h>

#define MONDAY "2026-03-09"
#define TUESDAY "2026-03-10"

struct school {
    struct base_uuid mine, other;
    struct base_uuid near_id, far_id;
    struct service_identity teacher, near, far;
};

static void school_open(struct fixture *f, struct school *school)
{
    GError *error = NULL;

    school->mine = fixture_group(f, "1 A");
    school->other = fixture_group(f, "1 B");
    const struct base_uuid teacher =
        fixture_user(f, "Tea Cher", "t@uni.edu", CORE_ROLE_TEACHER, NULL);
    school->near_id = fixture_user(f, "Near", "near@uni.edu", CORE_ROLE_STUDENT, &school->mine);
    school->far_id =
        fixture_user(f, "=Far, \"F\"", "far@uni.edu", CORE_ROLE_STUDENT, &school->other);
    assert_true(service_group_add_teacher(f->service, &f->admin, &school->mine, &teacher, &error));
    school->teacher = fixture_identity(f, &teacher);
    school->near = fixture_identity(f, &school->near_id);
    school->far = fixture_identity(f, &school->far_id);
}

/* Number of marks seen, -1 when it is forbidden. */
static gint64 seen(struct fixture *f, const struct service_identity *who,
                   const struct db_attendance_filter *filter)
{
    GError *error = NULL;
    gint64 total = -1;
    g_autoptr(GPtrArray) marks =
        service_register_list(f->service, who, filter, NULL, &total, &error);

    if (!marks) {
        assert_base_error(error, BASE_ERROR_FORBIDDEN);
        return -1;
    }
    assert_int_equal(marks->len, total);
    return total;
}

static void test_each_role_sees_its_marks(void **state)
{
    struct fixture *f = *state;
    struct school school;

    school_open(f, &school);
    const struct base_uuid near_mark =
        fixture_mark(f, &school.near_id, MONDAY, CORE_STATUS_PRESENT);
    const struct base_uuid far_mark = fixture_mark(f, &school.far_id, MONDAY, CORE_STATUS_LATE);
    fixture_mark(f, &school.near_id, TUESDAY, CORE_STATUS_ABSENT);
    struct db_attendance_filter far = DB_ATTENDANCE_FILTER_ALL, other = far, late = far;
    far.user_id = school.far_id;
    other.group_id = school.other;
    late.status = CORE_STATUS_LATE;

    assert_int_equal(seen(f, &f->admin, NULL), 3);
    assert_int_equal(seen(f, &f->admin, &late), 1);
    assert_int_equal(seen(f, &school.teacher, NULL), 2);
    assert_int_equal(seen(f, &school.teacher, &late), 0);
    assert_int_equal(seen(f, &school.teacher, &far), -1);
    assert_int_equal(seen(f, &school.teacher, &other), -1);
    assert_int_equal(seen(f, &school.near, NULL), 2);
    assert_int_equal(seen(f, &school.near, &far), -1);
    assert_int_equal(seen(f, &school.far, &far), 1);

    GError *error = NULL;
    g_autoptr(core_attendance) own =
        service_register_find(f->service, &school.near, &near_mark, &error);
    assert_non_null(own);
    assert_null(service_register_find(f->service, &school.near, &far_mark, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
    struct core_statistics statistics = {0};
    assert_true(service_register_count(f->service, &school.near, NULL, &statistics, &error));
    assert_int_equal(statistics.total, 2);
    assert_int_equal(statistics.counts[CORE_STATUS_ABSENT], 1);
}

static void test_who_may_write_by_hand(void **state)
{
    struct fixture *f = *state;
    struct school school;
    GError *error = NULL;

    school_open(f, &school);
    const struct {
        const struct service_identity *who;
        const struct base_uuid *whom;
        bool may;
    } cases[] = {
        {&school.teacher, &school.near_id, true},
        {&school.teacher, &school.far_id, false},
        {&school.teacher, &school.teacher.user_id, false},
        {&school.near, &school.near_id, false},
        {&f->admin, &school.far_id, true},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        const struct service_manual_request request = {
            .user_id = *cases[i].whom, .day = MONDAY, .status = "excused"};
        g_autoptr(core_attendance) mark =
            service_mark_by_hand(f->service, cases[i].who, &request, &error);
        assert_int_equal(mark != NULL, cases[i].may);
        if (!mark) {
            assert_base_error(error, BASE_ERROR_FORBIDDEN);
            continue;
        }
        assert_int_equal(mark->method, CORE_METHOD_MANUAL);
        assert_true(base_uuid_equal(&mark->marked_by, &cases[i].who->user_id));
    }
}

static void test_correction_needs_a_reason_and_is_logged(void **state)
{
    struct fixture *f = *state;
    struct school school;
    GError *error = NULL;

    school_open(f, &school);
    const struct base_uuid id = fixture_mark(f, &school.near_id, MONDAY, CORE_STATUS_ABSENT);
    struct service_manual_request request = {
        .user_id = school.near_id, .day = MONDAY, .status = "excused"};
    assert_null(service_mark_by_hand(f->service, &school.teacher, &request, &error));
    assert_string_equal(service_error_field(error), "reason");
    assert_base_error(error, BASE_ERROR_INVALID);
    request.reason = "Medical note";
    g_autoptr(core_attendance) mark =
        service_mark_by_hand(f->service, &school.teacher, &request, &error);
    assert_no_error(error);
    assert_true(base_uuid_equal(&mark->id, &id));
    assert_int_equal(mark->status, CORE_STATUS_EXCUSED);
    assert_string_equal(mark->note, "Medical note");

    assert_null(service_mark_correct(f->service, &school.far, &id, "present", "please", &error));
    assert_base_error(error, BASE_ERROR_FORBIDDEN);
    g_autoptr(core_attendance) again =
        service_mark_correct(f->service, &f->admin, &id, "late", "Bus", &error);
    assert_int_equal(again->status, CORE_STATUS_LATE);
    const struct db_audit_filter filter = {.action = "attendance.correct"};
    gint64 total = 0;
    g_autoptr(GPtrArray) entries =
        service_audit_list(f->service, &f->admin, &filter, NULL, &total, &error);
    assert_int_equal(total, 2);
    const struct core_audit *last = entries->pdata[0];
    assert_non_null(strstr(last->details, "\"reason\":true"));
    assert_non_null(strstr(last->details, "\"from\":\"excused\""));
}

static void test_erasure_leaves_no_reason_behind(void **state)
{
    struct fixture *f = *state;
    struct school school;
    GError *error = NULL;

    school_open(f, &school);
    const struct service_manual_request request = {.user_id = school.near_id,
                                                   .day = MONDAY,
                                                   .status = "excused",
                                                   .reason = "Near has the flu"};
    g_autoptr(core_attendance) mark =
        service_mark_by_hand(f->service, &school.teacher, &request, &error);
    assert_no_error(error);
    g_autoptr(core_attendance) again =
        service_mark_correct(f->service, &f->admin, &mark->id, "late", "no flu after all", &error);
    assert_no_error(error);
    assert_true(service_user_delete(f->service, &f->admin, &school.near_id, &error));
    assert_int_equal(
        fixture_count(f, "SELECT COUNT(*) FROM audit_log WHERE action LIKE 'attendance.%' "
                         "AND details LIKE '%\"reason\":true%'"),
        2);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM audit_log WHERE details LIKE '%flu%'"),
                     0);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM attendance WHERE note LIKE '%flu%'"),
                     0);
}

static void test_days_that_cannot_be(void **state)
{
    struct fixture *f = *state;
    struct school school;
    static const char *const days[] = {"2026-02-30", "rubbish", "", "9999-12-31"};

    school_open(f, &school);
    for (size_t i = 0; i < G_N_ELEMENTS(days); i++) {
        GError *error = NULL;
        const struct service_manual_request request = {
            .user_id = school.near_id, .day = days[i], .status = "present"};
        assert_null(service_mark_by_hand(f->service, &f->admin, &request, &error));
        assert_string_equal(service_error_field(error), "day");
        assert_base_error(error, BASE_ERROR_INVALID);
    }
    struct service_manual_request request = {.user_id = school.near_id, .status = "maybe"};
    GError *error = NULL;
    assert_null(service_mark_by_hand(f->service, &f->admin, &request, &error));
    assert_base_error(error, BASE_ERROR_INVALID);
    request = (struct service_manual_request){.user_id = {.bytes = {9}}, .status = "late"};
    assert_null(service_mark_by_hand(f->service, &f->admin, &request, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
}

static bool gather(const char *data, size_t size, gpointer user, GError **error)
{
    (void)error;
    g_string_append_len(user, data, (gssize)size);
    return true;
}

static void test_csv(void **state)
{
    struct fixture *f = *state;
    struct school school;
    GError *error = NULL;
    char id[BASE_UUID_TEXT_SIZE];
    const struct db_attendance_filter late = {.status = CORE_STATUS_LATE};

    school_open(f, &school);
    fixture_mark(f, &school.near_id, MONDAY, CORE_STATUS_PRESENT);
    fixture_mark(f, &school.far_id, MONDAY, CORE_STATUS_LATE);
    g_autoptr(GString) text = g_string_new(NULL);
    assert_true(
        service_register_export_csv(f->service, &f->admin, &late, false, gather, text, &error));
    g_autofree char *expected = g_strdup_printf(
        "day,time,name,group,status,method,note,user_id,marked_at,course,status_code\r\n" MONDAY
        ",00:00:00,\"'=Far, \"\"F\"\"\",1 B,late,manual,,%s,2026-03-09T06:00:00Z,,\r\n",
        base_uuid_format(&school.far_id, id));
    assert_string_equal(text->str, expected);

    /* Notes are for those who may correct. */
    g_autoptr(db_connection) connection = db_acquire(f->db, &error);
    assert_true(db_execute(connection, NULL, &error, "UPDATE attendance SET note = 'Flu'"));
    g_clear_pointer(&connection, db_release);
    g_autoptr(GString) own = g_string_new(NULL);
    assert_true(
        service_register_export_csv(f->service, &school.near, NULL, true, gather, own, &error));
    assert_true(g_str_has_prefix(own->str, "\xEF\xBB\xBF"
                                           "day,"));
    assert_non_null(strstr(own->str, "Near"));
    assert_null(strstr(own->str, "Far"));
    assert_null(strstr(own->str, "Flu"));
}

enum { MANY_MARKS = 4001 };

/* More than two pages of one student. */
static void mark_many(struct fixture *f)
{
    GError *error = NULL;
    const struct base_uuid id = fixture_user(f, "Many", "m@uni.edu", CORE_ROLE_STUDENT, NULL);
    g_autoptr(db_connection) connection = db_acquire(f->db, &error);

    assert_true(db_execute(connection, NULL, &error, "BEGIN"));
    for (int i = 0; i < MANY_MARKS; i++) {
        char occasion[CORE_OCCASION_SIZE];
        bool is_new = false;
        g_snprintf(occasion, sizeof occasion, "session:%d", i);
        struct core_attendance mark = {
            .user_id = id,
            .occasion = occasion,
            .local_day = (char *)MONDAY,
            .marked_at = base_time_now() + i,
            .method = CORE_METHOD_MANUAL,
        };
        base_uuid_new(&mark.id);
        g_autoptr(core_attendance) stored = db_attendance_mark(connection, &mark, &is_new, &error);
        assert_no_error(error);
        assert_true(is_new);
    }
    assert_true(db_execute(connection, NULL, &error, "COMMIT"));
}

static int lines_of(const char *text)
{
    int lines = 0;

    for (const char *at = text; (at = strstr(at, "\r\n")); at += 2)
        lines++;
    return lines;
}

static void test_csv_of_many_pages(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;
    g_autoptr(GString) text = g_string_new(NULL);

    mark_many(f);
    assert_true(
        service_register_export_csv(f->service, &f->admin, NULL, false, gather, text, &error));
    assert_int_equal(lines_of(text->str), MANY_MARKS + 1);
}

struct cut {
    const char *url;
    GString *text;
    int pieces;
};

/* The head arrives, and one page; then the server ends the connection. */
static bool gather_and_cut(const char *text, size_t n, gpointer user, GError **error)
{
    struct cut *cut = user;

    if (++cut->pieces == 2)
        unit_database_cut(cut->url);
    return gather(text, n, cut->text, error);
}

static void test_csv_never_repeats_a_page(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    struct cut cut = {f->url, text, 0};

    if (unit_database_is_file()) {
        unit_database_say_skipped("there is no connection to lose");
        skip();
    }
    mark_many(f);
    assert_false(service_register_export_csv(f->service, &f->admin, NULL, false, gather_and_cut,
                                             &cut, &error));
    assert_base_error(error, BASE_ERROR_UNAVAILABLE);
    assert_int_equal(cut.pieces, 2);
    assert_true(lines_of(text->str) < MANY_MARKS);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_each_role_sees_its_marks),
        TEST(test_who_may_write_by_hand),
        TEST(test_correction_needs_a_reason_and_is_logged),
        TEST(test_erasure_leaves_no_reason_behind),
        TEST(test_days_that_cannot_be),
        TEST(test_csv),
        TEST(test_csv_of_many_pages),
        TEST(test_csv_never_repeats_a_page),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
