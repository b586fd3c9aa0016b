/*
 * How SQLite would run the statements: each one that the query files prepared is asked for its
 * plan. None may read a table from end to end, but for the few where that is the job; and the lists
 * that are read page by page come out of an index in order, without sorting.
 */
#include "fixture.h"

#include "../database.h"

#include "db/driver.h"
#include "db/query/course.h"
#include "db/query/enrolment.h"
#include "db/query/report.h"
#include "db/query/room.h"
#include "db/query/seal.h"
#include "db/query/subject.h"
#include "db/query/term.h"

#include <string.h>

/* Not the last page, as far as can be told from its rows: the count is asked for as well. */
static const struct db_page BEYOND = {.limit = 1, .offset = 1};

static bool look(const struct core_template *face, gpointer data, GError **error)
{
    (void)face, (void)data, (void)error;
    return true;
}

static void list_all_users(struct fixture *fixture, const struct base_uuid *id)
{
    for (int scope = 0; scope < 3; scope++)
        for (int sort = 0; sort < DB_USER_SORT_N * 2; sort++) {
            struct db_user_filter filter = DB_USER_FILTER_ALL;
            gint64 total;
            filter.sort = (enum db_user_sort)(sort / 2);
            filter.descending = sort % 2;
            if (scope == 1)
                filter.group_id = *id;
            if (scope == 2)
                filter.teacher_id = *id;
            g_autoptr(GPtrArray) users =
                db_user_list(fixture->connection, &filter, &BEYOND, &total, NULL);
            assert_non_null(users);
        }
}

/* One filter for each place to start from: all, group, teacher, person, course, session. */
static struct db_attendance_filter mark_filter(int scope, const struct base_uuid *id)
{
    struct db_attendance_filter filter = DB_ATTENDANCE_FILTER_ALL;
    struct base_uuid *const ids[] = {&filter.group_id, &filter.teacher_id, &filter.user_id,
                                     &filter.course_id, &filter.session_id};

    if (scope > 0)
        *ids[scope - 1] = *id;
    return filter;
}

static void list_all_marks(struct fixture *fixture, const struct base_uuid *id)
{
    for (int scope = 0; scope < 6; scope++)
        for (int way = 0; way < DB_ATTENDANCE_SORT_N * 4; way++) {
            struct db_attendance_filter filter = mark_filter(scope, id);
            gint64 total;
            filter.sort = (enum db_attendance_sort)(way / 4);
            filter.descending = way % 2;
            filter.method = way / 2 % 2 ? "face" : NULL;
            g_autoptr(GPtrArray) marks =
                db_attendance_list(fixture->connection, &filter, &BEYOND, &total, NULL);
            assert_non_null(marks);
        }
}

static bool count(const struct db_report_count *one, gpointer data, GError **error)
{
    (void)one, (void)data, (void)error;
    return true;
}

static void run_reports(struct fixture *fixture, const struct base_uuid *id)
{
    struct db_connection *connection = fixture->connection;

    for (int scope = 0; scope < 6; scope++) {
        const struct db_attendance_filter filter = mark_filter(scope, id);
        g_ptr_array_unref(db_report_marks(connection, &filter, NULL, 1, NULL));
        g_ptr_array_unref(db_report_changes(connection, &filter, 0, NOON, false, NULL, 1, NULL));
        g_ptr_array_unref(db_report_changes(connection, &filter, 0, NOON, true, NULL, 1, NULL));
        for (int by = 0; by < DB_REPORT_BY_N; by++)
            assert_true(
                db_report_counts(connection, &filter, (enum db_report_by)by, count, NULL, NULL));
    }
    g_array_unref(db_report_cells(connection, id, NULL, NULL));
    g_array_unref(db_report_cells(connection, id, id, NULL));
}

static void run_people(struct fixture *fixture, const struct base_uuid *group,
                       const struct base_uuid *user)
{
    struct db_connection *connection = fixture->connection;
    struct db_user_session session;
    gint64 number;
    bool flag;

    g_autoptr(core_institution) institution = db_institution_first(connection, NULL);
    assert_true(db_institution_update(connection, institution, NULL));
    core_institution_free(db_institution_find(connection, &institution->id, NULL));
    core_group_free(db_group_find_name(connection, &institution->id, "1A", NULL));
    core_group_free(db_group_find(connection, group, NULL));
    g_ptr_array_unref(db_group_list(connection, NULL, &BEYOND, &number, NULL));
    assert_true(db_group_rename(connection, group, "1B", NOON, NULL));
    assert_true(db_group_add_teacher(connection, group, user, NULL));
    assert_true(db_group_is_taught_by(connection, group, user, &flag, NULL));
    assert_true(db_group_is_student_of(connection, user, user, &flag, NULL));
    g_ptr_array_unref(db_group_teachers(connection, group, NULL));
    assert_true(db_group_remove_teacher(connection, group, user, NULL));

    g_autoptr(core_user) person = db_user_find(connection, user, NULL);
    core_user_free(db_user_find_email(connection, person->email, NULL));
    assert_true(db_user_update(connection, person, DAY, NULL));
    assert_true(db_user_set_password(connection, user, "x", NOON, NULL));
    assert_true(db_user_rehash_password(connection, user, "x", NULL));
    assert_true(db_user_void_tokens(connection, user, NOON, NULL));
    assert_true(db_user_count_active(connection, DB_ANY, &number, NULL));
    assert_true(db_user_session(connection, user, "t", &session, NULL));
    assert_true(db_token_revoke(connection, "t", NOON, NULL));
    assert_true(db_token_is_revoked(connection, "t", &flag, NULL));
    assert_true(db_token_purge(connection, NOON, NULL, NULL));
}

static void run_faces(struct fixture *fixture, const struct base_uuid *user)
{
    struct db_connection *connection = fixture->connection;
    struct base_uuid face = fixture_template(fixture, user);
    g_autoptr(GBytes) sealed = g_bytes_new("x", 1);
    gint64 number;

    g_ptr_array_unref(db_template_list_user(connection, user, NULL));
    assert_true(db_template_each(connection, NULL, look, NULL, NULL));
    assert_true(db_seal_template_replace(connection, &face, sealed, sealed, NULL, NULL));
    g_ptr_array_unref(db_seal_templates(connection, &face, 1, NULL));
    assert_true(db_template_count(connection, &number, &number, NULL));
    assert_true(db_template_delete(connection, user, &face, NULL));
    assert_true(db_template_delete_user(connection, user, NULL, NULL));
    assert_true(db_face_revision(connection, &number, NULL));
    assert_true(db_face_revision_bump(connection, user, NULL));
    g_ptr_array_unref(db_user_list_changed(connection, 0, NULL));
}

static void run_rest(struct fixture *fixture)
{
    struct db_connection *connection = fixture->connection;
    const struct core_audit entry = {.happened_at = NOON, .action = (char *)"x"};
    g_autofree char *first = NULL, *second = NULL;
    gint64 number;

    assert_true(db_setting_set(connection, "a", "b", NOON, NULL));
    assert_true(db_setting_set(connection, "a", NULL, NOON, NULL));
    assert_true(db_setting_get(connection, "a", &first, NULL));
    assert_true(db_setting_set_once(connection, "a", "b", NOON, &second, NULL));
    assert_true(db_audit_append(connection, &entry, NULL));
    g_ptr_array_unref(db_audit_list(connection, NULL, &BEYOND, &number, NULL));
}

static void run_catalogue(struct fixture *fixture, const struct base_uuid *group,
                          const struct base_uuid *user)
{
    struct db_connection *connection = fixture->connection;
    const struct base_uuid *institution = &fixture->institution_id;
    const struct db_enrolment_filter starts[] = {
        {.from_day = NULL}, {.user_id = *user}, {.group_id = *group}, {.course_id = *user}};
    gint64 number;
    bool flag;

    core_term_free(db_term_find_name(connection, institution, "T", NULL));
    core_term_free(db_term_find_day(connection, institution, DAY, NULL));
    g_ptr_array_unref(db_term_list(connection, NULL, &BEYOND, &number, NULL));
    core_subject_free(db_subject_find_name(connection, institution, "S", NULL));
    g_ptr_array_unref(db_subject_list(connection, NULL, &BEYOND, &number, NULL));
    core_room_free(db_room_find_name(connection, institution, "R", NULL));
    g_ptr_array_unref(db_room_list(connection, NULL, &BEYOND, &number, NULL));
    assert_true(db_room_uses(connection, user, &number, &number, NULL));
    core_course_free(db_course_find_name(connection, user, "C", NULL));
    g_ptr_array_unref(db_course_list(connection, NULL, &BEYOND, &number, NULL));
    g_ptr_array_unref(db_course_groups(connection, user, NULL));
    g_ptr_array_unref(db_course_teachers(connection, user, NULL));
    assert_true(db_course_is_taught_by(connection, user, user, &flag, NULL));
    assert_true(db_course_is_student_of(connection, user, user, &flag, NULL));
    assert_true(db_course_attends(connection, user, user, &flag, NULL));
    assert_true(db_course_marks(connection, user, group, &number, NULL));
    g_ptr_array_unref(db_roster(connection, user, DAY, NULL));
    assert_true(db_enrolment_is_on_roster(connection, user, user, DAY, &flag, NULL));
    for (gsize i = 0; i < G_N_ELEMENTS(starts); i++)
        g_ptr_array_unref(db_enrolment_list(connection, &starts[i], &BEYOND, &number, NULL));
    core_user_free(db_user_find_number(connection, institution, "1", NULL));
}

/* Prepares every statement of the query files on the fixture's connection. */
static void run_every_query(struct fixture *fixture)
{
    struct base_uuid group = fixture_group(fixture, "1A");
    struct base_uuid user = fixture_user(fixture, "Ana", "a@uni.mx", CORE_ROLE_STUDENT, &group);
    struct base_uuid mark = fixture_store_mark(fixture, &user, &group, DAY, NOON, CORE_STATUS_LATE);

    run_people(fixture, &group, &user);
    run_faces(fixture, &user);
    run_catalogue(fixture, &group, &user);
    run_rest(fixture);
    list_all_users(fixture, &group);
    list_all_marks(fixture, &group);
    run_reports(fixture, &group);
    core_attendance_free(db_attendance_find(fixture->connection, &mark, NULL));
    assert_true(db_attendance_correct(fixture->connection, &mark, CORE_STATUS_LATE, NULL, "n",
                                      &user, NOON, NULL));
    assert_true(db_user_erase(fixture->connection, &user, DAY, NOON, NULL));
    assert_true(db_group_delete(fixture->connection, &group, NULL));
}

/* What may be read whole: tables of a handful of rows, and counts of everything. */
static const char *const WHOLE[] = {
    "FROM institutions ORDER BY created_at",
    "SELECT COUNT(*) FROM face_templates",
    "SELECT COUNT(DISTINCT user_id) FROM face_templates",
    "SELECT COUNT(*) FROM users",
    "SELECT COUNT(*) FROM class_groups",
    "SELECT COUNT(*) FROM audit_log",
    "FROM face_templates f JOIN users", /* the gallery at start */
    "FROM audit_log WHERE",             /* backwards along its key */
    "(SELECT COUNT(*) FROM users m",    /* groups in the order of their names */
    "sqlite_master",
    "institutions (id", /* inserts that verify nothing */
    "FROM terms t",     /* some dozens */
    "FROM subjects s",  /* some hundreds, as the rooms and a term's courses */
    "FROM rooms r",
    "FROM courses c",
    "WHERE 1 = 1 AND",                            /* all enrolments, on the command line */
    "SELECT (SELECT COUNT(*) FROM enrolments e ", /* a constant row of two counts */
};

/* Lists that nobody pages through a million of: few rows, sorted when read. */
static const char *const SORTED[] = {
    "FROM terms t",
    "FROM subjects s",
    "FROM rooms r",
    "FROM courses c",
    "JOIN course_groups k ON k.group_id = g.id", /* the groups of one course */
    "JOIN course_teachers t",
    "roster ",                        /* the people of one course */
    "FROM enrolments e JOIN users u", /* of one person, group or course */
    "FROM institutions ORDER BY created_at",
    "t.teacher_id = ?",        /* the students of one teacher */
    "JOIN group_teachers t",   /* the teachers of one group */
    "ORDER BY u.name_key, a.", /* a register by name */
    "ORDER BY u.name_key DESC, a.",
    "GROUP BY a.status",
    "a.session_id = ? AND (",              /* the marks of one session */
    "JOIN attendance_changes h",           /* of somebody, of a group …: few */
    "u.group_id = ? AND (? = 0 OR u.role", /* one group by e-mail or age of the account */
    "FROM face_templates f JOIN users",
    "FROM users u LEFT JOIN class_groups g ON g.id = u.group_id WHERE u.faces_revision",
    "COUNT(DISTINCT user_id)",
};

static bool is_listed(const char *const *list, gsize n, const char *sql)
{
    for (gsize i = 0; i < n; i++)
        if (strstr(sql, list[i]))
            return true;
    return false;
}

static guint count_values(const char *sql)
{
    guint n = 0;

    for (; *sql; sql++)
        n += *sql == '?';
    return n;
}

/* Complains about the plan of one statement; returns how often. */
static guint examine(struct db_connection *connection, const char *sql)
{
    const struct db_value none[64] = {{.kind = DB_KIND_NULL}};
    g_autofree char *explain = g_strconcat("EXPLAIN QUERY PLAN ", sql, NULL);
    struct db_rows *rows = db_query_values(connection, NULL, explain, none, count_values(sql));
    guint complaints = 0;
    bool is_made = false; /* "a" is a table that the statement makes: what a teacher may see */

    assert_non_null(rows);
    while (db_rows_next(rows, NULL)) {
        const char *step = db_rows_text(rows, 3);
        is_made = is_made || !strcmp(step, "CO-ROUTINE a") || !strcmp(step, "MATERIALIZE a");
        bool whole = g_str_has_prefix(step, "SCAN ") && !strstr(step, "USING") &&
                     strcmp(step, "SCAN taught") != 0 &&
                     !(is_made && !strcmp(step, "SCAN a")) && /* the students of one teacher */
                     !is_listed(WHOLE, G_N_ELEMENTS(WHOLE), sql);
        bool sorts = strstr(step, "USE TEMP B-TREE FOR ORDER BY") &&
                     !is_listed(SORTED, G_N_ELEMENTS(SORTED), sql);
        if (whole || sorts) {
            print_message("%.900s\n    %s\n", sql, step);
            complaints++;
        }
    }
    db_rows_free(rows);
    g_hash_table_remove(connection->statements, explain); /* its text ends here */
    return complaints;
}

static void test_every_statement_has_its_index(void **state)
{
    struct fixture *fixture = *state;
    guint complaints = 0;

    run_every_query(fixture);
    g_autoptr(GList) texts = g_hash_table_get_keys(fixture->connection->statements);
    assert_true(g_list_length(texts) > 90);
    for (GList *text = texts; text; text = text->next)
        if (!g_str_has_prefix(text->data, "PRAGMA"))
            complaints += examine(fixture->connection, text->data);
    assert_int_equal(complaints, 0);
}

static char *plan_of(struct db_connection *connection, const char *sql)
{
    const struct db_value none[64] = {{.kind = DB_KIND_NULL}};
    g_autofree char *explain = g_strconcat("EXPLAIN QUERY PLAN ", sql, NULL);
    struct db_rows *rows = db_query_values(connection, NULL, explain, none, count_values(sql));
    GString *plan = g_string_new(NULL);

    assert_non_null(rows);
    while (db_rows_next(rows, NULL))
        g_string_append_printf(plan, "%s; ", db_rows_text(rows, 3));
    db_rows_free(rows);
    g_hash_table_remove(connection->statements, explain);
    return g_string_free(plan, FALSE);
}

static void assert_plan(struct fixture *fixture, const char *part_a, const char *part_b,
                        const char *index)
{
    g_autoptr(GList) texts = g_hash_table_get_keys(fixture->connection->statements);
    guint found = 0;

    for (GList *text = texts; text; text = text->next) {
        if (!strstr(text->data, part_a) || !strstr(text->data, part_b))
            continue;
        g_autofree char *plan = plan_of(fixture->connection, text->data);
        found++;
        if (!strstr(plan, index))
            fail_msg("%s\n    %s", (const char *)text->data, plan);
    }
    assert_true(found > 0);
}

static void test_hot_queries_use_the_index_meant_for_them(void **state)
{
    struct fixture *fixture = *state;

    run_every_query(fixture);
    assert_plan(fixture, "u.email = ?", "", "(email=?)");
    assert_plan(fixture, "FROM revoked_tokens r WHERE", "", "PRIMARY KEY (jti=?)");
    assert_plan(fixture, "a.user_id = ? AND a.occasion", "", "(user_id=? AND occasion=?)");
    assert_plan(fixture, "WHERE a.user_id = ? AND (", "ORDER BY a.local_day",
                "attendance_by_user (user_id=? AND local_day>? AND local_day<?)");
    assert_plan(fixture, "WHERE a.group_id = ? AND", "ORDER BY a.local_day",
                "attendance_by_group (group_id=? AND local_day>? AND local_day<?)");
    assert_plan(fixture, "a.status_code FROM attendance a LEFT JOIN users u",
                "a.course_id WHERE (? = 0 OR a.status = ?) AND a.local_day >= ? "
                "AND a.local_day <= ? ORDER BY a.local_day",
                "attendance_by_day (local_day>? AND local_day<?)");
    assert_plan(fixture, "SELECT a.status", "FROM attendance a WHERE (? = 0 OR a.status",
                "COVERING INDEX attendance_by_day");
    assert_plan(fixture, "SELECT a.status", "WHERE a.group_id = ? AND (? = 0 OR a.status",
                "COVERING INDEX attendance_by_group");
    assert_plan(fixture, "? <> 0 AND u.group_id = ?", "ORDER BY u.name_key",
                "users_by_group (group_id=?)");
    assert_plan(fixture, "(? = 0 OR u.group_id = ?)",
                "c.standing_of = u.id) = ?) ORDER BY u.name_key", "users_by_name");
    assert_plan(fixture, "u.faces_revision > ?", "", "users_by_faces (faces_revision>?)");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_every_statement_has_its_index),
        TEST(test_hot_queries_use_the_index_meant_for_them),
    };

    if (!unit_database_is_file())
        return unit_database_skip_program("the plans are SQLite's; test_hot looks at the others");
    return cmocka_run_group_tests_name("db_plan", tests, NULL, NULL);
}
