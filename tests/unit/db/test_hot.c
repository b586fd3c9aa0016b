/*
 * How each engine runs the statements that a busy day repeats, on an institution of a realistic
 * size: 8,000 students in 200 groups, 40 teachers, 200,000 marks. Each statement is explained with
 * the very values it runs with. None may read one of the large tables from end to end, nor ask one
 * subquery anew for each row.
 */
#include "fixture.h"

#include "db/driver.h"
#include "db/query/course.h"
#include "db/query/enrolment.h"
#include "db/query/image.h"
#include "db/query/live.h"
#include "db/query/report.h"
#include "db/query/session.h"
#include "db/query/session_open.h"

#include <string.h>

#define STUDENTS 8000
#define DAYS 25
#define STEP 5 /* days */

/* A step that is the same for all but how a random id is made. */
#define EACH(before, after)                                                                        \
    {                                                                                              \
        .sqlite = before "randomblob(16)" after, .postgresql = before "gen_random_uuid()" after,   \
        .mariadb = before "RANDOM_BYTES(16)" after,                                                \
    }

/* In the chain of the audit log. */
#define PLACE "ROW_NUMBER() OVER (ORDER BY a.created_at) "

/* Each step fills a table from the numbers 1, 2, … */
static const struct db_sql FILL[] = {
    {.sqlite = "INSERT INTO class_groups (id, institution_id, name, name_key, created_at, "
               "updated_at) SELECT randomblob(16), o.id, 'G' || n.i, 'g' || n.i, o.created_at, "
               "o.created_at FROM numbers n CROSS JOIN institutions o WHERE n.i <= 200",
     .postgresql =
         "INSERT INTO class_groups (id, institution_id, name, name_key, created_at, updated_at) "
         "SELECT gen_random_uuid(), o.id, 'G' || n.i, 'g' || n.i, o.created_at, o.created_at "
         "FROM numbers n CROSS JOIN institutions o WHERE n.i <= 200",
     .mariadb =
         "INSERT INTO class_groups (id, institution_id, name, name_key, created_at, updated_at) "
         "SELECT RANDOM_BYTES(16), o.id, CONCAT('G', n.i), CONCAT('g', n.i), o.created_at, "
         "o.created_at FROM numbers n CROSS JOIN institutions o WHERE n.i <= 200"},
    {.sqlite = "INSERT INTO users (id, institution_id, name, name_key, email, group_id, role, "
               "token_generation, active, faces_revision, created_at, updated_at) "
               "SELECT randomblob(16), g.institution_id, 'Name ' || n.i, 'name ' || n.i, "
               "'s' || n.i || '@uni.mx', g.id, 'student', 0, 1, n.i, g.created_at, g.created_at "
               "FROM numbers n JOIN class_groups g ON g.name = 'G' || (n.i % 200 + 1)",
     .postgresql =
         "INSERT INTO users (id, institution_id, name, name_key, email, group_id, role, "
         "token_generation, active, faces_revision, created_at, updated_at) "
         "SELECT gen_random_uuid(), g.institution_id, 'Name ' || n.i, 'name ' || n.i, "
         "'s' || n.i || '@uni.mx', g.id, 'student', 0, true, n.i, g.created_at, g.created_at "
         "FROM numbers n JOIN class_groups g ON g.name = 'G' || (n.i % 200 + 1)",
     .mariadb = "INSERT INTO users (id, institution_id, name, name_key, email, group_id, role, "
                "token_generation, active, faces_revision, created_at, updated_at) "
                "SELECT RANDOM_BYTES(16), g.institution_id, CONCAT('Name ', n.i), "
                "CONCAT('name ', n.i), CONCAT('s', n.i, '@uni.mx'), g.id, 'student', 0, 1, n.i, "
                "g.created_at, g.created_at FROM numbers n JOIN class_groups g "
                "ON g.name = CONCAT('G', n.i % 200 + 1)"},
    {.sqlite = "INSERT INTO users (id, institution_id, name, name_key, email, role, "
               "token_generation, active, faces_revision, created_at, updated_at) "
               "SELECT randomblob(16), o.id, 'Prof ' || n.i, 'prof ' || n.i, "
               "'t' || n.i || '@uni.mx', 'teacher', 0, 1, 0, o.created_at, o.created_at "
               "FROM numbers n CROSS JOIN institutions o WHERE n.i <= 40",
     .postgresql = "INSERT INTO users (id, institution_id, name, name_key, email, role, "
                   "token_generation, active, faces_revision, created_at, updated_at) "
                   "SELECT gen_random_uuid(), o.id, 'Prof ' || n.i, 'prof ' || n.i, "
                   "'t' || n.i || '@uni.mx', 'teacher', 0, true, 0, o.created_at, o.created_at "
                   "FROM numbers n CROSS JOIN institutions o WHERE n.i <= 40",
     .mariadb = "INSERT INTO users (id, institution_id, name, name_key, email, role, "
                "token_generation, active, faces_revision, created_at, updated_at) "
                "SELECT RANDOM_BYTES(16), o.id, CONCAT('Prof ', n.i), CONCAT('prof ', n.i), "
                "CONCAT('t', n.i, '@uni.mx'), 'teacher', 0, 1, 0, o.created_at, o.created_at "
                "FROM numbers n CROSS JOIN institutions o WHERE n.i <= 40"},
    {.sqlite = "INSERT INTO group_teachers (group_id, teacher_id) SELECT g.id, t.id "
               "FROM numbers n JOIN class_groups g ON g.name = 'G' || n.i "
               "JOIN users t ON t.email = 't' || (n.i % 40 + 1) || '@uni.mx' WHERE n.i <= 200",
     .postgresql = "INSERT INTO group_teachers (group_id, teacher_id) SELECT g.id, t.id "
                   "FROM numbers n JOIN class_groups g ON g.name = 'G' || n.i "
                   "JOIN users t ON t.email = 't' || (n.i % 40 + 1) || '@uni.mx' WHERE n.i <= 200",
     .mariadb = "INSERT INTO group_teachers (group_id, teacher_id) SELECT g.id, t.id "
                "FROM numbers n JOIN class_groups g ON g.name = CONCAT('G', n.i) "
                "JOIN users t ON t.email = CONCAT('t', n.i % 40 + 1, '@uni.mx') WHERE n.i <= 200"},
    {.sqlite = "INSERT INTO face_templates (id, user_id, sealed, model, quality, source, "
               "created_at) SELECT randomblob(16), u.id, u.id, 'm', 0.5, 's', u.created_at "
               "FROM users u CROSS JOIN numbers n WHERE n.i <= 3 AND u.role = 'student'",
     .postgresql =
         "INSERT INTO face_templates (id, user_id, sealed, model, quality, source, created_at) "
         "SELECT gen_random_uuid(), u.id, uuid_send(u.id), 'm', 0.5, 's', u.created_at "
         "FROM users u CROSS JOIN numbers n WHERE n.i <= 3 AND u.role = 'student'",
     .mariadb =
         "INSERT INTO face_templates (id, user_id, sealed, model, quality, source, created_at) "
         "SELECT RANDOM_BYTES(16), u.id, u.id, 'm', 0.5, 's', u.created_at "
         "FROM users u CROSS JOIN numbers n WHERE n.i <= 3 AND u.role = 'student'"},
    {.sqlite = "INSERT INTO attendance (id, user_id, group_id, occasion, local_day, marked_at, "
               "status, method, created_at, updated_at) SELECT randomblob(16), u.id, u.group_id, "
               "'day:2026-03-' || (n.i + 9), '2026-03-' || (n.i + 9), u.created_at, "
               "CASE WHEN n.i % 5 = 0 THEN 'late' ELSE 'present' END, 'face', u.created_at, "
               "u.created_at FROM numbers n CROSS JOIN users u "
               "WHERE n.i > ? AND n.i <= ? AND u.role = 'student'",
     .postgresql =
         "INSERT INTO attendance (id, user_id, group_id, occasion, local_day, marked_at, status, "
         "method, created_at, updated_at) SELECT gen_random_uuid(), u.id, u.group_id, "
         "'day:2026-03-' || (n.i + 9), '2026-03-' || (n.i + 9), u.created_at, "
         "CASE WHEN n.i % 5 = 0 THEN 'late' ELSE 'present' END, 'face', u.created_at, "
         "u.created_at FROM numbers n CROSS JOIN users u WHERE n.i > ? AND n.i <= ? AND u.role = "
         "'student'",
     .mariadb =
         "INSERT INTO attendance (id, user_id, group_id, occasion, local_day, marked_at, status, "
         "method, created_at, updated_at) SELECT RANDOM_BYTES(16), u.id, u.group_id, "
         "CONCAT('day:2026-03-', n.i + 9), CONCAT('2026-03-', n.i + 9), u.created_at, "
         "CASE WHEN n.i % 5 = 0 THEN 'late' ELSE 'present' END, 'face', u.created_at, "
         "u.created_at FROM numbers n CROSS JOIN users u WHERE n.i > ? AND n.i <= ? AND u.role = "
         "'student'"},
    {.sqlite = "INSERT INTO audit_log (happened_at, actor_id, action, subject, details, position) "
               "SELECT a.created_at, a.user_id, 'attendance.mark', hex(a.user_id), NULL, " PLACE
               "FROM attendance a WHERE a.local_day <= '2026-03-15'",
     .postgresql =
         "INSERT INTO audit_log (happened_at, actor_id, action, subject, details, position) "
         "SELECT a.created_at, a.user_id, 'attendance.mark', "
         "encode(uuid_send(a.user_id), 'hex'), NULL, " PLACE
         "FROM attendance a WHERE a.local_day <= '2026-03-15'",
     .mariadb = "INSERT INTO audit_log (happened_at, actor_id, action, subject, details, position) "
                "SELECT a.created_at, a.user_id, 'attendance.mark', hex(a.user_id), NULL, " PLACE
                "FROM attendance a WHERE a.local_day <= '2026-03-15'"},
    {.sqlite = "INSERT INTO images (id, user_id, kind, template_id, blob_key, media_type, size, "
               "sha256, sealed, key_id, created_at) SELECT f.id, f.user_id, 'enrolment', f.id, "
               "hex(f.id), 'image/jpeg', 9, randomblob(32), 1, 1, f.created_at "
               "FROM face_templates f",
     .postgresql = "INSERT INTO images (id, user_id, kind, template_id, blob_key, media_type, "
                   "size, sha256, sealed, key_id, created_at) SELECT f.id, f.user_id, "
                   "'enrolment', f.id, f.id::text, 'image/jpeg', 9, "
                   "uuid_send(f.id) || uuid_send(f.id), TRUE, 1, f.created_at "
                   "FROM face_templates f",
     .mariadb = "INSERT INTO images (id, user_id, kind, template_id, blob_key, media_type, size, "
                "sha256, sealed, key_id, created_at) SELECT f.id, f.user_id, 'enrolment', f.id, "
                "hex(f.id), 'image/jpeg', 9, RANDOM_BYTES(32), 1, 1, f.created_at "
                "FROM face_templates f"},
    {.sqlite = "INSERT INTO images (id, user_id, kind, attendance_id, blob_key, media_type, size, "
               "sha256, sealed, created_at) SELECT a.id, a.user_id, 'mark', a.id, "
               "'mark/' || hex(a.id), 'image/jpeg', 9, randomblob(32), 0, a.created_at "
               "FROM attendance a WHERE a.local_day = '2026-03-12'",
     .postgresql = "INSERT INTO images (id, user_id, kind, attendance_id, blob_key, media_type, "
                   "size, sha256, sealed, created_at) SELECT a.id, a.user_id, 'mark', a.id, "
                   "'mark/' || a.id, 'image/jpeg', 9, uuid_send(a.id) || uuid_send(a.id), FALSE, "
                   "a.created_at FROM attendance a WHERE a.local_day = '2026-03-12'",
     .mariadb = "INSERT INTO images (id, user_id, kind, attendance_id, blob_key, media_type, size, "
                "sha256, sealed, created_at) SELECT a.id, a.user_id, 'mark', a.id, "
                "CONCAT('mark/', hex(a.id)), 'image/jpeg', 9, RANDOM_BYTES(32), 0, a.created_at "
                "FROM attendance a WHERE a.local_day = '2026-03-12'"},
    EACH("INSERT INTO terms (id, institution_id, name, name_key, first_day, last_day, created_at, "
         "updated_at) SELECT ",
         ", id, 'T', 't', '2026-01-10', '2026-06-30', created_at, created_at FROM institutions"),
    EACH("INSERT INTO subjects (id, institution_id, name, name_key, created_at, updated_at) "
         "SELECT ",
         ", id, 'S', 's', created_at, created_at FROM institutions"),
    /* Students carry their number as faces_revision: 400 courses, two a group. */
    EACH("INSERT INTO courses (id, institution_id, term_id, subject_id, name, name_key, "
         "created_at, updated_at) SELECT ",
         ", u.institution_id, t.id, b.id, u.name, u.name_key, u.created_at, u.created_at "
         "FROM users u CROSS JOIN terms t CROSS JOIN subjects b "
         "WHERE u.role = 'student' AND u.faces_revision <= 400"),
    {.common = "INSERT INTO course_groups (course_id, group_id) SELECT c.id, u.group_id "
               "FROM courses c JOIN users u ON u.name_key = c.name_key"},
    {.common = "INSERT INTO course_teachers (course_id, teacher_id) SELECT c.id, t.teacher_id "
               "FROM courses c JOIN users u ON u.name_key = c.name_key "
               "JOIN group_teachers t ON t.group_id = u.group_id"},
    EACH("INSERT INTO enrolments (id, user_id, group_id, first_day, last_day, created_at, "
         "updated_at) SELECT ",
         ", id, group_id, '2025-08-01', '2025-12-20', created_at, created_at FROM users "
         "WHERE role = 'student'"),
    EACH("INSERT INTO enrolments (id, user_id, group_id, first_day, created_at, updated_at) "
         "SELECT ",
         ", id, group_id, '2026-01-10', created_at, created_at FROM users "
         "WHERE role = 'student'"),
    {.sqlite = "ANALYZE",
     .postgresql = "ANALYZE",
     .mariadb = "ANALYZE TABLE class_groups, users, group_teachers, face_templates, attendance, "
                "audit_log, images, enrolments, courses, course_groups, course_teachers, "
                "terms, subjects, sessions"},
};

struct world {
    struct fixture *fixture;
    struct base_uuid student;
    struct base_uuid teacher;
    struct base_uuid group;
    guint explained;
    guint complaints;
};

/* A session of one course of each group on one day, with the marks of that day. */
static void fill_sessions(struct db_connection *connection)
{
    static const struct db_sql SESSIONS =
        EACH("INSERT INTO sessions (id, course_id, local_day, start_second, end_second, starts_at, "
             "ends_at, state, edited, created_at, updated_at) SELECT ",
             ", c.id, d.local_day, 28800, 36000, c.created_at, ?, 'planned', FALSE, c.created_at, "
             "c.created_at FROM courses c JOIN users u ON u.name_key = c.name_key "
             "CROSS JOIN (SELECT DISTINCT local_day FROM attendance "
             "WHERE local_day = '2026-03-10') d WHERE u.faces_revision <= 200");
    GError *error = NULL;

    db_execute(connection, NULL, &error, db_sql(connection, &SESSIONS),
               db_time(base_time_now() + BASE_TIME_SECOND));
    assert_no_error(error);
#define OF_GROUP                                                                                   \
    "FROM course_groups k JOIN sessions s ON s.course_id = k.course_id "                           \
    "WHERE k.group_id = attendance.group_id AND s.local_day = attendance.local_day"
    db_execute(connection, NULL, &error,
               "UPDATE attendance SET session_id = (SELECT s.id " OF_GROUP
               "), course_id = (SELECT s.course_id " OF_GROUP ") WHERE local_day = '2026-03-10'");
    assert_no_error(error);
}

static void fill(struct fixture *fixture)
{
    struct db_connection *connection = fixture->connection;
    GError *error = NULL;

    assert_true(db_execute(connection, NULL, NULL, "CREATE TABLE numbers (i INTEGER NOT NULL)"));
    assert_true(db_execute(connection, NULL, NULL, "INSERT INTO numbers (i) VALUES (1)"));
    for (gint64 n = 1; n < STUDENTS; n *= 2)
        assert_true(db_execute(connection, NULL, NULL,
                               "INSERT INTO numbers (i) SELECT i + ? FROM numbers", db_int(n)));
    assert_true(
        db_execute(connection, NULL, NULL, "DELETE FROM numbers WHERE i > ?", db_int(STUDENTS)));
    for (gsize i = 0; i < G_N_ELEMENTS(FILL); i++) {
        const char *sql = db_sql(connection, &FILL[i]);
        /* Marks go in a few days at a time: 200,000 of them with all their keys are more than a
         * busy server manages in the time that a statement has. */
        const int steps = strchr(sql, '?') ? DAYS / STEP : 1;
        for (int step = 0; step < steps; step++) {
            if (steps > 1)
                db_execute(connection, NULL, &error, sql, db_int((gint64)step * STEP),
                           db_int((gint64)(step + 1) * STEP));
            else
                db_execute(connection, NULL, &error, sql);
            assert_no_error(error);
        }
    }
    fill_sessions(connection);
    /* The last step again: the figures that plans are made of. */
    db_execute(connection, NULL, &error, db_sql(connection, &FILL[G_N_ELEMENTS(FILL) - 1]));
    assert_no_error(error);
    assert_int_equal(fixture_count(connection, "SELECT COUNT(*) FROM attendance"), STUDENTS * DAYS);
}

/* ---- Plans ---- */

static const char *const LARGE[] = {"users",     "attendance", "face_templates",
                                    "audit_log", "images",     "enrolments"};

/* The table that a name or an alias of our statements stands for is large. */
static bool is_large(const char *name)
{
    return g_strv_contains((const char *const[]){"u", "s", "o", "m", "a", "f", "users",
                                                 "attendance", "face_templates", "audit_log", "i",
                                                 "images", "e", "x", "enrolments", NULL},
                           name);
}

static bool bad_in_sqlite(struct db_rows *rows, GString *plan)
{
    const char *step = db_rows_text(rows, 3);

    g_string_append_printf(plan, "    %s\n", step);
    if (strstr(step, "CORRELATED"))
        return !strstr(step, "SCALAR"); /* a count beside each row of a page */
    if (!g_str_has_prefix(step, "SCAN ") || strstr(step, "USING"))
        return false;
    /* What a teacher may see is a table that the statement makes. */
    if (strcmp(step, "SCAN a") == 0 &&
        (strstr(plan->str, "CO-ROUTINE a\n") || strstr(plan->str, "MATERIALIZE a\n")))
        return false;
    g_auto(GStrv) words = g_strsplit(step, " ", 3);
    /* The log is read backwards along its key, a page of it. */
    return is_large(words[1]) && strcmp(words[1], "audit_log") != 0;
}

static bool bad_in_postgresql(struct db_rows *rows, GString *plan)
{
    const char *step = db_rows_text(rows, 0);

    g_string_append_printf(plan, "    %s\n", step);
    for (gsize i = 0; i < G_N_ELEMENTS(LARGE); i++) {
        g_autofree char *scan = g_strconcat("Seq Scan on ", LARGE[i], " ", NULL);
        /* Beside thousands of a teacher's marks everybody's names are a small table to hash. */
        const bool hashed = strstr(step, "Seq Scan on users u ") && strstr(plan->str, "Hash Cond");
        if (strstr(step, scan) && !hashed)
            return true;
    }
    return false;
}

/* EXPLAIN's columns: id, select_type, table, type, possible_keys, key, key_len, ref, rows, Extra.
 */
static bool bad_in_mariadb(struct db_rows *rows, GString *plan)
{
    const char *kind = db_rows_text(rows, 1);
    const char *table = db_rows_text(rows, 2);
    const char *access = db_rows_text(rows, 3);

    g_string_append_printf(plan, "    %s %s %s %s %" G_GINT64_FORMAT " %s\n", kind, table, access,
                           db_rows_text(rows, 5), db_rows_int(rows, 8), db_rows_text(rows, 9));
    if (g_strcmp0(access, "ALL") == 0 && table && is_large(table) && strcmp(kind, "INSERT") != 0)
        return true;
    return strstr(kind, "DEPENDENT UNION") != NULL;
}

static const struct {
    const char *dialect;
    const char *explain;
    bool (*is_bad)(struct db_rows *rows, GString *plan);
} ENGINES[] = {
    {"sqlite", "EXPLAIN QUERY PLAN ", bad_in_sqlite},
    {"postgresql", "EXPLAIN ", bad_in_postgresql},
    {"mariadb", "EXPLAIN ", bad_in_mariadb},
};

static void explain(struct db_connection *connection, const char *sql,
                    const struct db_value *values, gsize n, gpointer data)
{
    struct world *world = data;
    g_autoptr(GString) plan = g_string_new(NULL);
    GError *error = NULL;
    gsize engine = 0;
    bool bad = false;

    while (g_strcmp0(ENGINES[engine].dialect, db_dialect_name(world->fixture->db)) != 0)
        engine++;
    connection->observer = NULL; /* not of this one */
    g_autofree char *text = g_strconcat(ENGINES[engine].explain, sql, NULL);
    struct db_rows *rows = db_query_values(connection, &error, text, values, n);
    while (rows && db_rows_next(rows, &error))
        bad |= ENGINES[engine].is_bad(rows, plan);
    assert_no_error(error);
    db_rows_free(rows);
    g_hash_table_remove(connection->statements, text); /* its text ends here */
    connection->observer = explain;
    world->explained++;
    world->complaints += bad;
    if (bad) { /* one after the other: a message has an end */
        print_message("%.900s\n", sql);
        print_message("%.900s\n", plan->str);
    }
}

/* ---- A busy day ---- */

static void sessions_are_marked(struct world *world, struct db_connection *connection)
{
    const struct base_uuid any = {0};
    bool changed;

    g_ptr_array_unref(db_session_open_list(connection, &world->student, &any, NOON, NULL));
    g_autoptr(GPtrArray) due =
        db_sessions_to_close(connection, base_time_now() + BASE_TIME_SECOND * 60, NULL, 10, NULL);
    assert_true(due->len > 0);
    const struct core_session *session = due->pdata[0];
    g_ptr_array_unref(db_session_open_list(connection, &world->student, &session->id, NOON, NULL));
    g_array_unref(db_session_unmarked(connection, session, 500, NULL));
    g_ptr_array_unref(db_attendance_list_session(connection, &session->id, NULL));
    assert_true(db_attendance_see(connection, &session->id, NOON, 60, NOON, &changed, NULL));
}

/* What a node asks once a second, and for each session that somebody listens to. */
static void somebody_listens(struct db_connection *connection)
{
    struct db_live_counts counts;

    g_ptr_array_unref(db_live_news(connection, 70000, 1000, NULL));
    g_hash_table_unref(db_live_reviews(connection, NOON, NULL));
    g_autoptr(GPtrArray) sessions =
        db_sessions_to_close(connection, base_time_now() + BASE_TIME_SECOND * 60, NULL, 1, NULL);
    assert_int_equal(sessions->len, 1);
    assert_true(db_live_counts(connection, sessions->pdata[0], &counts, NULL));
}

static void somebody_marks(struct world *world, struct db_connection *connection)
{
    const struct core_attendance mark = fixture_mark(&world->student, &world->group);
    struct core_audit entry = {.happened_at = NOON, .action = (char *)"attendance.mark"};
    gint64 revision;
    bool is_new;

    core_institution_free(db_institution_first(connection, NULL));
    assert_true(db_face_revision(connection, &revision, NULL));
    g_ptr_array_unref(db_user_list_changed(connection, STUDENTS - 2, NULL));
    core_user_free(db_user_find(connection, &world->student, NULL));
    g_ptr_array_unref(db_template_list_user(connection, &world->student, NULL));
    g_autoptr(core_attendance) stored = db_attendance_mark(connection, &mark, &is_new, NULL);
    assert_non_null(stored);
    assert_true(db_audit_append(connection, &entry, NULL));
    assert_true(db_attendance_correct(connection, &stored->id, CORE_STATUS_EXCUSED, NULL, "n",
                                      &world->teacher, NOON, NULL));
    assert_true(db_face_revision_bump(connection, &world->student, NULL));
    sessions_are_marked(world, connection);
}

static void somebody_signs_in(struct world *world, struct db_connection *connection)
{
    struct db_user_session session;
    bool taught;

    core_user_free(db_user_find_email(connection, "s17@uni.mx", NULL));
    assert_true(db_user_session(connection, &world->student, "jti", &session, NULL));
    assert_true(db_token_revoke(connection, "jti", NOON, NULL));
    assert_true(db_token_purge(connection, NOON, NULL, NULL));
    assert_true(
        db_group_is_student_of(connection, &world->student, &world->teacher, &taught, NULL));
}

static void list_marks(struct db_connection *connection, const struct db_attendance_filter *asked)
{
    const struct db_page page = {.limit = 20};
    struct db_attendance_filter filter = *asked;
    gint64 total;

    for (int way = 0; way < 2; way++) {
        filter.status = DB_ANY;
        filter.descending = way;
        g_autoptr(GPtrArray) marks = db_attendance_list(connection, &filter, &page, &total, NULL);
        assert_non_null(marks);
        assert_true(marks->len > 0);
    }
}

static void somebody_reads_the_register(struct world *world, struct db_connection *connection)
{
    const struct db_attendance_filter student = {.user_id = world->student};
    const struct db_attendance_filter group = {.group_id = world->group};
    const struct db_attendance_filter taught = {.teacher_id = world->teacher};
    const struct db_attendance_filter taught_day = {
        .teacher_id = world->teacher, .from_day = "2026-03-20", .to_day = "2026-03-20"};
    const struct db_attendance_filter day = {.from_day = "2026-03-20", .to_day = "2026-03-20"};

    list_marks(connection, &student);
    list_marks(connection, &group);
    list_marks(connection, &taught);
    list_marks(connection, &taught_day);
    list_marks(connection, &day);
}

static void somebody_looks_for_people(struct world *world, struct db_connection *connection)
{
    const struct db_page page = {.limit = 50};
    struct db_user_filter filter = DB_USER_FILTER_ALL;

    g_ptr_array_unref(db_user_list(connection, &filter, &page, NULL, NULL));
    filter.sort = DB_USER_SORT_EMAIL;
    g_ptr_array_unref(db_user_list(connection, &filter, &page, NULL, NULL));
    filter.sort = DB_USER_SORT_NAME;
    filter.group_id = world->group;
    g_ptr_array_unref(db_user_list(connection, &filter, &page, NULL, NULL));
    filter.group_id = (struct base_uuid){0};
    filter.teacher_id = world->teacher;
    g_ptr_array_unref(db_user_list(connection, &filter, &page, NULL, NULL));
    g_ptr_array_unref(db_group_list(connection, NULL, NULL, NULL, NULL));
    g_ptr_array_unref(db_audit_list(connection, NULL, &page, NULL, NULL));
}

static void somebody_looks_at_pictures(struct world *world, struct db_connection *connection)
{
    g_autoptr(GPtrArray) images = db_image_list_user(connection, &world->student, NULL);
    const struct core_image *image = images->pdata[0];
    const struct base_uuid start = {0};
    bool named;
    gint64 count;

    core_image_free(db_image_find(connection, &image->id, NULL));
    core_image_free(db_image_find_profile(connection, &world->student, NULL));
    core_image_free(
        db_image_find_enrolment(connection, &world->student, &image->template_id, NULL));
    core_image_free(db_image_find_mark(connection, &image->id, NULL));
    assert_true(db_image_names_blob(connection, image->blob_key, &named, NULL) && named);
    g_ptr_array_unref(db_image_list(connection, &start, 100, NULL));
    g_ptr_array_unref(db_image_list_sealed_otherwise(connection, 2, &start, 100, NULL));
    g_ptr_array_unref(db_image_list_marks_before(connection, NOON - 1, 100, NULL));
    assert_true(db_image_count_marks_before(connection, NOON - 1, &count, NULL));
    assert_true(db_image_delete(connection, &image->id, NULL));
}

static void somebody_opens_a_course(struct world *world, struct db_connection *connection)
{
    const struct db_page page = {.limit = 50};
    const struct db_course_filter taught = {.teacher_id = world->teacher};
    const struct db_course_filter attended = {.student_id = world->student, .student_day = DAY};
    const struct db_enrolment_filter group = {.group_id = world->group};
    struct db_enrolment_filter own = {.user_id = world->student, .teacher_id = world->teacher};
    g_autoptr(GPtrArray) courses = db_course_list(connection, &taught, &page, NULL, NULL);
    const struct base_uuid *course = &((const struct core_course *)courses->pdata[0])->id;
    bool yes;

    g_ptr_array_unref(db_course_list(connection, &attended, &page, NULL, NULL));
    core_course_free(db_course_find(connection, course, NULL));
    g_ptr_array_unref(db_course_groups(connection, course, NULL));
    g_ptr_array_unref(db_course_teachers(connection, course, NULL));
    assert_true(db_course_is_taught_by(connection, course, &world->teacher, &yes, NULL) && yes);
    assert_true(db_course_attends(connection, course, &world->student, &yes, NULL));
    assert_true(db_course_is_student_of(connection, &world->student, &world->teacher, &yes, NULL));
    g_autoptr(GPtrArray) people = db_roster(connection, course, DAY, NULL);
    assert_true(people->len > 0);
    assert_true(db_enrolment_is_on_roster(connection, course, &world->student, DAY, &yes, NULL));
    g_autoptr(GPtrArray) list = db_enrolment_list(connection, &own, &page, NULL, NULL);
    assert_non_null(list);
    g_ptr_array_unref(db_enrolment_list(connection, &group, &page, NULL, NULL));
    assert_true(db_enrolment_end(connection, &world->student, &world->group, DAY, NOON, NULL));
    assert_true(db_enrolment_open(connection, &world->student, &world->group, DAY, NOON, NULL));
}

static bool count(const struct db_report_count *one, gpointer data, GError **error)
{
    (void)one, (void)data, (void)error;
    return true;
}

static void somebody_reads_reports(struct world *world, struct db_connection *connection)
{
    const struct db_attendance_filter filters[] = {
        {.user_id = world->student, .status = DB_ANY},
        {.group_id = world->group, .status = DB_ANY},
        {.group_id = world->group, .status = DB_ANY, .method = "face"},
        {.teacher_id = world->teacher, .status = DB_ANY},
        {.teacher_id = world->teacher, .status = DB_ANY, .from_day = "2026-03-20"},
        {.status = DB_ANY, .from_day = "2026-03-20", .to_day = "2026-03-20"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(filters); i++) {
        g_ptr_array_unref(db_report_marks(connection, &filters[i], NULL, 100, NULL));
        g_ptr_array_unref(
            db_report_changes(connection, &filters[i], 0, NOON, true, NULL, 10, NULL));
        for (int by = 0; by < DB_REPORT_BY_N; by++)
            assert_true(db_report_counts(connection, &filters[i], (enum db_report_by)by, count,
                                         NULL, NULL));
    }
    const struct db_course_filter taught = {.teacher_id = world->teacher};
    g_autoptr(GPtrArray) courses = db_course_list(connection, &taught, NULL, NULL, NULL);
    const struct base_uuid *course = &((const struct core_course *)courses->pdata[0])->id;
    g_array_unref(db_report_cells(connection, course, NULL, NULL));
    g_array_unref(db_report_cells(connection, course, &world->student, NULL));
}

static struct base_uuid id_of(struct db_connection *connection, const char *email)
{
    g_autoptr(core_user) user = db_user_find_email(connection, email, NULL);

    assert_non_null(user);
    return user->id;
}

static void test_busy_statements_use_an_index(void **state)
{
    /* Filling takes longer than any statement of a day may. */
    static const struct db_options patient = {.statement_seconds = 200};
    struct fixture *fixture = *state;
    struct world world = {.fixture = fixture};

    fixture_reopen(fixture, &patient);
    struct db_connection *connection = fixture->connection;

    fill(fixture);
    world.student = id_of(connection, "s40@uni.mx");
    world.teacher = id_of(connection, "t1@uni.mx");
    g_autoptr(core_user) student = db_user_find(connection, &world.student, NULL);
    world.group = student->group_id;

    connection->observer = explain;
    connection->observer_data = &world;
    somebody_marks(&world, connection);
    somebody_signs_in(&world, connection);
    somebody_reads_the_register(&world, connection);
    somebody_looks_for_people(&world, connection);
    somebody_looks_at_pictures(&world, connection);
    somebody_opens_a_course(&world, connection);
    somebody_reads_reports(&world, connection);
    somebody_listens(connection);
    connection->observer = NULL;
    print_message("%u statements explained\n", world.explained);
    assert_true(world.explained >= 40);
    assert_int_equal(world.complaints, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_busy_statements_use_an_index, fixture_setup,
                                        fixture_teardown),
    };
    return cmocka_run_group_tests_name("db_hot", tests, NULL, NULL);
}
