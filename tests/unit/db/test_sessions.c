#include "fixture.h"

#include "../database.h"

#include "core/timetable.h"
#include "db/driver.h"
#include "db/query/calendar_feed.h"
#include "db/query/course.h"
#include "db/query/enrolment.h"
#include "db/query/holiday.h"
#include "db/query/session.h"
#include "db/query/slot.h"
#include "db/query/subject.h"
#include "db/query/term.h"

#include <string.h>

enum { SESSIONS = 70, VALUES_MAX = 700 };

#define HOUR (3600 * BASE_TIME_SECOND)

struct scene {
    struct base_uuid term, course, group, teacher, student, slot;
};

static void store_course(struct fixture *fixture, struct scene *scene)
{
    struct core_term term = {.institution_id = fixture->institution_id,
                             .name = (char *)"T",
                             .first_day = (char *)"2026-01-01",
                             .last_day = (char *)"2026-12-31"};
    struct core_subject subject = {.institution_id = fixture->institution_id,
                                   .name = (char *)"Algebra"};
    struct core_course course = {.institution_id = fixture->institution_id,
                                 .name = (char *)"Algebra"};
    struct core_enrolment enrolment = {.user_id = scene->student,
                                       .group_id = scene->group,
                                       .first_day = (char *)"2026-03-10",
                                       .last_day = (char *)"2026-03-20"};
    struct core_slot slot = {.weekday = 1,
                             .end_second = 3600,
                             .every_weeks = 1,
                             .first_day = term.first_day,
                             .last_day = term.last_day};

    base_uuid_new(&term.id);
    base_uuid_new(&subject.id);
    base_uuid_new(&course.id);
    base_uuid_new(&enrolment.id);
    base_uuid_new(&slot.id);
    course.term_id = scene->term = term.id;
    course.subject_id = subject.id;
    slot.course_id = scene->course = course.id;
    scene->slot = slot.id;
    assert_true(db_term_insert(fixture->connection, &term, NULL));
    assert_true(db_subject_insert(fixture->connection, &subject, NULL));
    assert_true(db_course_insert(fixture->connection, &course, NULL));
    assert_true(db_slot_insert(fixture->connection, &slot, NULL));
    assert_true(db_course_add_group(fixture->connection, &course.id, &scene->group, NULL, NULL));
    assert_true(
        db_course_add_teacher(fixture->connection, &course.id, &scene->teacher, NULL, NULL));
    assert_true(db_enrolment_insert(fixture->connection, &enrolment, NULL));
}

/* One session a day from 1 March on, an hour from NOON's on. */
static void store_sessions(struct fixture *fixture, const struct scene *scene)
{
    g_autoptr(GPtrArray) sessions =
        g_ptr_array_new_with_free_func((GDestroyNotify)core_session_free);
    GError *error = NULL;

    for (gint32 i = 0; i < SESSIONS; i++) {
        struct core_session *session = g_new0(struct core_session, 1);
        char day[CORE_DAY_SIZE];
        core_day_from_number(core_day_number("2026-03-01") + i, day);
        base_uuid_new(&session->id);
        session->course_id = scene->course;
        session->slot_id = scene->slot;
        session->slot_day = g_strdup(day);
        session->local_day = g_strdup(day);
        session->end_second = 3600;
        session->starts_at = NOON + (i - 11) * 24 * HOUR;
        session->ends_at = session->starts_at + HOUR;
        session->created_at = session->updated_at = NOON;
        g_ptr_array_add(sessions, session);
    }
    assert_true(db_session_insert_all(fixture->connection, sessions, &error));
    assert_no_error(error);
}

static void set_scene(struct fixture *fixture, struct scene *scene)
{
    scene->group = fixture_group(fixture, "4B");
    scene->teacher = fixture_user(fixture, "Tere", "t@uni.mx", CORE_ROLE_TEACHER, NULL);
    scene->student = fixture_user(fixture, "Ana", "a@uni.mx", CORE_ROLE_STUDENT, NULL);
    store_course(fixture, scene);
    store_sessions(fixture, scene);
}

static gint64 count_list(struct fixture *fixture, const struct db_session_filter *filter)
{
    const struct db_page page = {.limit = 1};
    gint64 total;
    GError *error = NULL;
    g_autoptr(GPtrArray) sessions =
        db_session_list(fixture->connection, filter, &page, &total, &error);

    assert_no_error(error);
    return total;
}

static void test_sessions_are_found_from_every_side(void **state)
{
    struct fixture *fixture = *state;
    struct scene scene;

    set_scene(fixture, &scene);
    const struct {
        struct db_session_filter filter;
        gint64 n;
    } cases[] = {
        {{.state = DB_ANY}, SESSIONS},
        {{.state = DB_ANY, .descending = true}, SESSIONS},
        {{.state = DB_ANY, .course_id = scene.course}, SESSIONS},
        {{.state = DB_ANY, .group_id = scene.group}, SESSIONS},
        {{.state = DB_ANY, .teacher_id = scene.teacher}, SESSIONS},
        {{.state = DB_ANY, .room_id = scene.course}, 0},
        {{.state = DB_ANY, .student_id = scene.student}, 11},
        {{.state = DB_ANY, .student_id = scene.student, .from_day = "2026-03-20"}, 1},
        {{.state = CORE_SESSION_CANCELLED, .term_id = scene.term}, 0},
        /* Of instants: that which is going on is in it, that which ends then is not. */
        {{.state = DB_ANY, .from = NOON + HOUR - 1, .to = NOON + 24 * HOUR}, 1},
        {{.state = DB_ANY, .from = NOON + HOUR, .to = NOON + 24 * HOUR}, 0},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        if (count_list(fixture, &cases[i].filter) != cases[i].n)
            fail_msg("case %zu", i);
}

static void test_what_is_over_is_closed_page_by_page(void **state)
{
    struct fixture *fixture = *state;
    struct scene scene;
    GError *error = NULL;
    bool changed;

    set_scene(fixture, &scene);
    g_autoptr(GPtrArray) first =
        db_sessions_to_close(fixture->connection, NOON + HOUR, NULL, 8, &error);
    assert_int_equal(first->len, 8);
    g_autoptr(GPtrArray) second =
        db_sessions_to_close(fixture->connection, NOON + HOUR, first->pdata[7], 8, &error);
    assert_int_equal(second->len, 4);
    const struct core_session *last = second->pdata[3];
    assert_string_equal(last->local_day, DAY);
    assert_true(db_session_set_closed(fixture->connection, &last->id, NOON, &changed, &error));
    assert_true(changed);
    assert_true(db_session_set_closed(fixture->connection, &last->id, NOON, &changed, &error));
    assert_false(changed);
    assert_false(db_session_set_closed(fixture->connection, &scene.course, NOON, NULL, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
    g_autoptr(GPtrArray) rest =
        db_sessions_to_close(fixture->connection, NOON + HOUR, NULL, 100, &error);
    assert_int_equal(rest->len, 11);
    g_autoptr(GArray) roster = db_session_roster(fixture->connection, last, &error);
    assert_int_equal(roster->len, 1);
    g_autoptr(GArray) nobody = db_session_roster(fixture->connection, first->pdata[0], &error);
    assert_int_equal(nobody->len, 0);
}

static void run_rest(struct fixture *fixture, const struct scene *scene)
{
    struct db_connection *connection = fixture->connection;
    static const struct base_uuid NONE;
    const guint8 hash[DB_CALENDAR_FEED_HASH_SIZE] = {1};
    gint64 count;
    base_time since;

    g_ptr_array_unref(db_session_list_generated(connection, &scene->course, &NONE, "2026-03-01",
                                                "2026-03-31", NULL));
    g_ptr_array_unref(db_session_list_generated(connection, &NONE, &scene->term, "2026-03-01",
                                                "2026-03-31", NULL));
    g_ptr_array_unref(db_session_list_future(connection, NOON, NULL));
    g_ptr_array_unref(
        db_session_conflicts(connection, NOON, NOON + HOUR, &scene->course, 10, NULL));
    g_ptr_array_unref(db_session_conflicts(connection, NOON, NOON + HOUR, &NONE, 10, NULL));
    g_hash_table_unref(db_session_marked(connection, &scene->course, NULL));
    assert_true(db_session_count_course(connection, &scene->course, &count, NULL));
    assert_int_equal(count, SESSIONS);
    g_ptr_array_unref(db_slot_list_course(connection, &scene->course, NULL));
    g_ptr_array_unref(db_slot_list_term(connection, &scene->term, NULL));
    assert_true(db_slot_follow_term(connection, &scene->term, "2026-01-01", "2026-01-02",
                                    "2026-12-31", "2026-12-30", NOON, NULL));
    g_ptr_array_unref(db_holiday_list(connection, &fixture->institution_id, NULL, NULL, NULL));
    assert_true(db_calendar_feed_set(connection, &scene->student, hash, NOON, NULL));
    assert_true(db_calendar_feed_find(connection, &scene->student, &since, NULL));
    assert_int_equal(since, NOON);
    core_user_free(db_calendar_feed_owner(connection, hash, NULL));
    assert_true(db_slot_delete(connection, &scene->slot, NULL));
    assert_true(db_session_delete_course(connection, &scene->course, NULL));
}

/* A table of any size that would be read from end to end. */
static bool reads_all(struct db_connection *connection, const char *sql)
{
    static const struct db_value NONE[VALUES_MAX];
    g_autofree char *explain = g_strconcat("EXPLAIN QUERY PLAN ", sql, NULL);
    gsize values = 0;
    bool all = false;

    for (const char *c = sql; *c; c++)
        values += *c == '?';
    assert_true(values <= VALUES_MAX);
    struct db_rows *rows = db_query_values(connection, NULL, explain, NONE, values);
    assert_non_null(rows);
    while (db_rows_next(rows, NULL)) {
        const char *step = db_rows_text(rows, 3);
        if (g_str_has_prefix(step, "SCAN ") && !strstr(step, "USING") &&
            !strstr(step, "CONSTANT ROW") &&
            strcmp(step, "SCAN taken") != 0 /* the courses of one student */) {
            print_message("%s\n    %s\n", sql, step);
            all = true;
        }
    }
    db_rows_free(rows);
    g_hash_table_remove(connection->statements, explain); /* its text ends here */
    return all;
}

static void test_every_statement_has_its_index(void **state)
{
    struct fixture *fixture = *state;
    struct scene scene;
    guint looked = 0;

    if (!unit_database_is_file()) {
        unit_database_say_skipped("the plans are SQLite's");
        skip();
    }
    set_scene(fixture, &scene);
    for (int scope = 0; scope < 6; scope++) {
        struct db_session_filter filter = DB_SESSION_FILTER_ALL;
        struct base_uuid *const ids[] = {&filter.term_id,  &filter.course_id,  &filter.room_id,
                                         &filter.group_id, &filter.teacher_id, &filter.student_id};
        *ids[scope] = scene.course;
        filter.to = NOON;
        count_list(fixture, &filter);
    }
    g_ptr_array_unref(db_sessions_to_close(fixture->connection, NOON, NULL, 1, NULL));
    run_rest(fixture, &scene);
    g_autoptr(GList) texts = g_hash_table_get_keys(fixture->connection->statements);
    for (GList *text = texts; text; text = text->next) {
        const char *sql = text->data;
        if (!strstr(sql, "sessions") && !strstr(sql, "slots") && !strstr(sql, "calendar_feeds") &&
            !strstr(sql, "holidays"))
            continue;
        looked++;
        assert_false(reads_all(fixture->connection, sql));
    }
    assert_true(looked >= 20);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_sessions_are_found_from_every_side),
        TEST(test_what_is_over_is_closed_page_by_page),
        TEST(test_every_statement_has_its_index),
    };

    return cmocka_run_group_tests_name("db_sessions", tests, NULL, NULL);
}
