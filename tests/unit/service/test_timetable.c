#include "school.h"

#include "../database.h"

#include "db/query/setting.h"
#include "service/courses.h"
#include "service/sessions.h"

#include <string.h>

static void test_a_slot_gives_the_sessions_of_its_term(void **state)
{
    struct school *school = *state;
    struct service_timetable_counts counts;
    const gint32 monday = core_day_monday(school->today);

    const struct base_uuid slot = school_add_slot(school, &school->course, 3, NINE, TEN, &counts);
    assert_counts(&counts, 12, 0, 0, 0);
    g_autoptr(GPtrArray) sessions = school_sessions(school, &school->course);
    assert_int_equal(sessions->len, 12);
    for (guint i = 0; i < sessions->len; i++) {
        const struct core_session *session = sessions->pdata[i];
        assert_string_equal(session->local_day, day_text(monday - 26 + 7 * (gint32)i));
        assert_int_equal(session->ends_at - session->starts_at, 3600 * BASE_TIME_SECOND);
        /* Merida is six hours behind all year. */
        assert_int_equal(session->starts_at / BASE_TIME_SECOND % 86400, 15 * 3600);
        assert_true((session->closed_at != 0) == (session->ends_at <= session->created_at));
        assert_string_equal(session->course_name, "Algebra 4B");
    }
    assert_int_equal(fixture_count(school->fixture,
                                   "SELECT COUNT(*) FROM audit_log WHERE action = 'slot.create'"),
                     1);
    /* Entered after they were over they are no history, so that a slip can be taken back. */
    assert_true(service_slot_delete(school->fixture->service, &school->fixture->admin, &slot,
                                    &counts, NULL));
    assert_counts(&counts, 0, 0, 12, 0);
}

static void test_moving_a_slot_moves_what_nothing_has_happened_to(void **state)
{
    struct school *school = *state;
    struct service_timetable_counts counts;
    GError *error = NULL;
    const gint32 monday = core_day_monday(school->today);
    const gint32 friday = 5;
    const struct base_uuid slot = school_add_slot(school, &school->course, 3, NINE, TEN, NULL);
    const struct base_uuid marked = school_session_on(school, &school->course, monday + 9),
                           edited = school_session_on(school, &school->course, monday + 16),
                           free_one = school_session_on(school, &school->course, monday + 23);
    const enum core_session_state cancelled = CORE_SESSION_CANCELLED;

    school_mark(school, &marked);
    const struct service_session_input cancel = {.state = &cancelled, .note = "Strike"};
    core_session_free(service_session_update(school->fixture->service, &school->as_teacher, &edited,
                                             &cancel, &error));
    assert_no_error(error);
    school_change_slot(school, &slot,
                       &(struct service_slot_input){.weekday = &friday,
                                                    .start_second = &TEN,
                                                    .end_second = &ELEVEN,
                                                    .room_id = &school->room},
                       &counts);
    assert_counts(&counts, 0, 10, 0, 2);
    /* Same week, same session; the marked and the cancelled one stand for theirs. */
    struct base_uuid moved = school_session_on(school, &school->course, monday + 25);
    assert_true(base_uuid_equal(&moved, &free_one));
    moved = school_session_on(school, &school->course, monday + 9);
    assert_true(base_uuid_equal(&moved, &marked));
    g_autoptr(core_session) still =
        service_session_find(school->fixture->service, &school->as_teacher, &edited, &error);
    assert_int_equal(still->state, CORE_SESSION_CANCELLED);
    assert_string_equal(still->note, "Strike");
    assert_int_equal(still->start_second, NINE);
    g_autoptr(GPtrArray) sessions = school_sessions(school, &school->course);
    assert_int_equal(sessions->len, 12);

    /* Without its slot only those two are left. */
    assert_true(service_slot_delete(school->fixture->service, &school->fixture->admin, &slot,
                                    &counts, &error));
    assert_counts(&counts, 0, 0, 10, 2);
    g_autoptr(GPtrArray) left = school_sessions(school, &school->course);
    assert_int_equal(left->len, 2);
}

static void test_what_began_while_it_stood_there_stays(void **state)
{
    struct school *school = *state;
    struct service_timetable_counts counts;
    GError *error = NULL;
    const struct base_uuid slot = school_add_slot(school, &school->course, 3, NINE, TEN, NULL);

    /* As if the timetable had been entered before the term. */
    g_autoptr(db_connection) connection = db_acquire(school->fixture->db, &error);
    assert_true(db_execute(connection, NULL, &error, "UPDATE sessions SET created_at = ?",
                           db_time(base_time_now() - 100 * 86400 * BASE_TIME_SECOND)));
    g_clear_pointer(&connection, db_release);
    assert_true(service_slot_delete(school->fixture->service, &school->fixture->admin, &slot,
                                    &counts, &error));
    assert_true(counts.kept >= 4 && counts.kept <= 5);
    assert_int_equal(counts.kept + counts.deleted, 12);
    g_autoptr(GPtrArray) left = school_sessions(school, &school->course);
    assert_int_equal(left->len, counts.kept);
    const struct core_session *first = left->pdata[0];
    assert_true(base_uuid_is_nil(&first->slot_id));
}

static void test_holidays_take_sessions_out_and_give_them_back(void **state)
{
    struct school *school = *state;
    struct service_timetable_counts counts;
    GError *error = NULL;
    struct service *service = school->fixture->service;
    const struct service_identity *admin = &school->fixture->admin;
    const gint32 monday = core_day_monday(school->today);

    school_add_slot(school, &school->course, 3, NINE, TEN, NULL);
    school_add_slot(school, &school->other, 4, NINE, TEN, NULL);
    g_autoptr(core_holiday) holiday = service_holiday_create(
        service, admin, "Easter", day_text(monday + 9), day_text(monday + 16), &counts, &error);
    assert_no_error(error);
    assert_counts(&counts, 0, 0, 3, 0); /* Wednesday, Thursday, Wednesday */
    core_holiday_free(service_holiday_update(service, admin, &holiday->id, NULL, NULL,
                                             day_text(monday + 9), &counts, &error));
    assert_no_error(error);
    assert_counts(&counts, 2, 0, 0, 0);
    assert_true(service_holiday_delete(service, admin, &holiday->id, &counts, &error));
    assert_counts(&counts, 1, 0, 0, 0);
    assert_null(service_holiday_create(service, admin, "x", "2026-02-30", NULL, NULL, &error));
    assert_problem(&error, BASE_ERROR_INVALID, "first_day");
    assert_null(service_holiday_create(service, &school->as_teacher, "x", "2026-02-03", NULL, NULL,
                                       &error));
    assert_problem(&error, BASE_ERROR_FORBIDDEN, NULL);
}

static void test_slots_that_fill_the_term_follow_it(void **state)
{
    struct school *school = *state;
    GError *error = NULL;
    const gint32 monday = core_day_monday(school->today);

    school_add_slot(school, &school->course, 3, NINE, TEN, NULL);
    const struct service_term_input longer = {.last_day = day_text(monday + 69)};
    core_term_free(service_term_update(school->fixture->service, &school->fixture->admin,
                                       &school->term, &longer, &error));
    assert_no_error(error);
    g_autoptr(GPtrArray) more = school_sessions(school, &school->course);
    assert_int_equal(more->len, 14);
    const struct service_term_input shorter = {.last_day = day_text(monday + 13)};
    core_term_free(service_term_update(school->fixture->service, &school->fixture->admin,
                                       &school->term, &shorter, &error));
    assert_no_error(error);
    g_autoptr(GPtrArray) fewer = school_sessions(school, &school->course);
    assert_int_equal(fewer->len, 6);
}

static void test_another_time_zone_keeps_the_wall(void **state)
{
    struct school *school = *state;
    GError *error = NULL;
    gint64 moved = 0;
    const gint32 monday = core_day_monday(school->today);

    school_add_slot(school, &school->course, 3, NINE, TEN, NULL);
    const struct base_uuid id = school_session_on(school, &school->course, monday + 16);
    /* The sessions were of another zone, so the program says when it starts. */
    g_autoptr(db_connection) connection = db_acquire(school->fixture->db, &error);
    g_autoptr(core_session) before = db_session_find(connection, &id, &error);
    assert_true(db_setting_set(connection, "timetable.time_zone", "Asia/Kathmandu", base_time_now(),
                               &error));
    assert_true(db_session_set_instants(connection, &id, before->starts_at - 8 * 3600000000LL,
                                        before->ends_at - 8 * 3600000000LL, 1, &error));
    assert_true(service_timetable_sync_on(school->fixture->service, connection, &moved, &error));
    assert_int_equal(moved, 1);
    assert_true(service_timetable_sync_on(school->fixture->service, connection, &moved, &error));
    assert_int_equal(moved, 0);
    g_autoptr(core_session) after = db_session_find(connection, &id, &error);
    assert_int_equal(after->starts_at, before->starts_at);
    assert_int_equal(after->start_second, NINE);
}

static void test_single_sessions_are_for_those_who_teach(void **state)
{
    struct school *school = *state;
    struct service *service = school->fixture->service;
    GError *error = NULL;
    const gint32 monday = core_day_monday(school->today);
    const struct service_session_input extra = {.local_day = day_text(monday + 12),
                                                .start_second = &TEN,
                                                .end_second = &ELEVEN,
                                                .title = "Extra class"};

    school_enrol(school);
    g_autoptr(core_session) session =
        service_session_create(service, &school->as_teacher, &school->course, &extra, &error);
    assert_no_error(error);
    assert_true(session->edited);
    assert_null(
        service_session_create(service, &school->as_teacher, &school->other, &extra, &error));
    assert_problem(&error, BASE_ERROR_NOT_FOUND, NULL);
    assert_null(
        service_session_create(service, &school->as_student, &school->course, &extra, &error));
    assert_problem(&error, BASE_ERROR_FORBIDDEN, NULL);
    core_session_free(service_session_find(service, &school->as_student, &session->id, &error));
    assert_no_error(error);

    /* To last month: before the student came, and over. */
    const struct service_session_input back = {.local_day = school->first_day};
    g_autoptr(core_session) moved =
        service_session_update(service, &school->as_teacher, &session->id, &back, &error);
    assert_no_error(error);
    assert_null(service_session_find(service, &school->as_student, &session->id, &error));
    assert_problem(&error, BASE_ERROR_NOT_FOUND, NULL);
    const struct service_session_input wrong = {.local_day = "2091-01-01"};
    assert_null(service_session_update(service, &school->as_teacher, &session->id, &wrong, &error));
    assert_problem(&error, BASE_ERROR_INVALID, "day");

    school_mark(school, &session->id);
    /* The mark goes where its session goes. */
    const struct service_session_input later = {.local_day = day_text(monday + 13)};
    g_autoptr(core_session) again =
        service_session_update(service, &school->as_teacher, &session->id, &later, &error);
    assert_no_error(error);
    const struct db_attendance_filter there = {
        .session_id = session->id, .status = DB_ANY, .from_day = later.local_day};
    g_autoptr(GPtrArray) marks =
        service_register_list(service, &school->fixture->admin, &there, NULL, NULL, &error);
    assert_int_equal(marks->len, 1);
    assert_false(service_session_delete(service, &school->as_teacher, &session->id, &error));
    assert_problem(&error, BASE_ERROR_CONFLICT, NULL);
    school_add_slot(school, &school->course, 3, NINE, TEN, NULL);
    const struct base_uuid regular = school_session_on(school, &school->course, monday + 9);
    assert_false(service_session_delete(service, &school->as_teacher, &regular, &error));
    assert_problem(&error, BASE_ERROR_CONFLICT, NULL);
}

static void test_lists_find_by_everybody_and_everything(void **state)
{
    struct school *school = *state;
    struct service *service = school->fixture->service;
    const struct service_identity *admin = &school->fixture->admin;
    GError *error = NULL;
    const gint32 monday = core_day_monday(school->today);
    const struct base_uuid slot = school_add_slot(school, &school->course, 3, NINE, TEN, NULL);

    g_autoptr(GTimeZone) zone = service_time_zone(service, &error);

    school_enrol(school);
    school_add_slot(school, &school->other, 3, NINE, TEN, NULL);
    school_change_slot(school, &slot, &(struct service_slot_input){.room_id = &school->room}, NULL);
    const struct {
        struct db_session_filter filter;
        const struct service_identity *identity;
        bool mine;
        gint64 total;
    } cases[] = {
        {{.state = CORE_SESSION_CANCELLED, .term_id = school->term}, admin, false, 0},
        {{.state = DB_ANY, .course_id = school->course}, admin, false, 12},
        {{.state = DB_ANY, .group_id = school->group}, admin, false, 12},
        {{.state = DB_ANY, .teacher_id = school->teacher}, admin, false, 12},
        {{.state = DB_ANY, .room_id = school->room}, admin, false, 12},
        {{.state = DB_ANY, .term_id = school->term}, admin, false, 24},
        {{.state = DB_ANY}, &school->as_teacher, true, 12},
        {{.state = DB_ANY,
          .term_id = school->term,
          .from_day = day_text(monday + 7),
          .to_day = day_text(monday + 13)},
         admin,
         false,
         2},
        {{.state = DB_ANY,
          .term_id = school->term,
          .from = core_timetable_instant(zone, monday + 7, 0)},
         admin,
         false,
         14},
        {{.state = DB_ANY,
          .room_id = school->room,
          .group_id = school->group,
          .course_id = school->other},
         admin,
         false,
         0},
        {{.state = DB_ANY, .from_day = day_text(monday + 7)}, &school->as_student, false, 7},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const struct db_page page = {.limit = 1};
        gint64 total = -1;
        g_autoptr(GPtrArray) sessions = service_session_list(
            service, cases[i].identity, &cases[i].filter, cases[i].mine, &page, &total, &error);
        assert_no_error(error);
        if (total != cases[i].total)
            fail_msg("case %zu: %" G_GINT64_FORMAT, i, total);
    }
    const struct db_session_filter no_day = {.state = DB_ANY, .from_day = "2026-02-30"};
    assert_null(service_session_list(service, admin, &no_day, false, NULL, NULL, &error));
    assert_problem(&error, BASE_ERROR_INVALID, "from");
    const struct db_session_filter others = {.state = DB_ANY, .student_id = school->teacher};
    assert_null(
        service_session_list(service, &school->as_student, &others, false, NULL, NULL, &error));
    assert_problem(&error, BASE_ERROR_FORBIDDEN, NULL);
}

static void test_double_bookings_are_told(void **state)
{
    struct school *school = *state;
    struct service *service = school->fixture->service;
    GError *error = NULL;
    const gint32 monday = core_day_monday(school->today);
    const gint32 half_past_nine = NINE + 1800;
    const struct base_uuid one = school_add_slot(school, &school->course, 3, NINE, TEN, NULL),
                           two = school_add_slot(school, &school->other, 3, half_past_nine, ELEVEN,
                                                 NULL);

    g_autoptr(GPtrArray) none =
        service_timetable_conflicts(service, &school->fixture->admin, day_text(monday + 7),
                                    day_text(monday + 20), NULL, &error);
    assert_int_equal(none->len, 0);
    school_change_slot(school, &one, &(struct service_slot_input){.room_id = &school->room}, NULL);
    school_change_slot(school, &two, &(struct service_slot_input){.room_id = &school->room}, NULL);
    assert_true(service_course_add_teacher(service, &school->fixture->admin, &school->other,
                                           &school->teacher, &error));
    g_autoptr(GPtrArray) both =
        service_timetable_conflicts(service, &school->as_teacher, day_text(monday + 7),
                                    day_text(monday + 20), &school->other, &error);
    assert_int_equal(both->len, 4);
    const struct db_session_conflict *conflict = both->pdata[0];
    assert_string_equal(conflict->kind, "room");
    assert_true(g_str_has_prefix(conflict->shared, "A "));
    assert_string_equal(((struct db_session_conflict *)both->pdata[3])->kind, "teacher");
    /* One after the other is none. */
    school_change_slot(school, &two, &(struct service_slot_input){.start_second = &TEN}, NULL);
    g_autoptr(GPtrArray) apart = service_timetable_conflicts(
        service, &school->as_teacher, day_text(monday + 7), day_text(monday + 20), NULL, &error);
    assert_int_equal(apart->len, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, school_setup, school_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_slot_gives_the_sessions_of_its_term),
        TEST(test_moving_a_slot_moves_what_nothing_has_happened_to),
        TEST(test_what_began_while_it_stood_there_stays),
        TEST(test_holidays_take_sessions_out_and_give_them_back),
        TEST(test_slots_that_fill_the_term_follow_it),
        TEST(test_another_time_zone_keeps_the_wall),
        TEST(test_single_sessions_are_for_those_who_teach),
        TEST(test_lists_find_by_everybody_and_everything),
        TEST(test_double_bookings_are_told),
    };

    return cmocka_run_group_tests_name("service_timetable", tests, school_open, school_close);
}
