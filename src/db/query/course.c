#include "db/query/course.h"

#include "base/text.h"
#include "db/query/row.h"

#define SELECT                                                                                     \
    "SELECT c.id, c.institution_id, c.term_id, c.subject_id, c.policy_id, c.name, c.name_key, "    \
    "t.name, b.name, b.code, c.created_at, c.updated_at FROM courses c "                           \
    "JOIN terms t ON t.id = c.term_id JOIN subjects b ON b.id = c.subject_id "

/* As a table of its own, because MariaDB would run a UNION inside of IN once for each course. */
#define ATTENDED                                                                                   \
    "SELECT attended.id FROM (SELECT k.id FROM enrolments e JOIN courses k ON k.id = e.course_id " \
    "JOIN terms y ON y.id = k.term_id WHERE e.user_id = ? "                                        \
    "AND e.first_day <= COALESCE(?, y.last_day) "                                                  \
    "AND (e.last_day IS NULL OR e.last_day >= COALESCE(?, y.first_day)) "                          \
    "UNION SELECT k.id FROM enrolments e JOIN course_groups w ON w.group_id = e.group_id "         \
    "JOIN courses k ON k.id = w.course_id JOIN terms y ON y.id = k.term_id WHERE e.user_id = ? "   \
    "AND e.first_day <= COALESCE(?, y.last_day) "                                                  \
    "AND (e.last_day IS NULL OR e.last_day >= COALESCE(?, y.first_day))) attended"

#define FILTER                                                                                     \
    "WHERE (? = 0 OR c.institution_id = ?) AND (? = 0 OR c.term_id = ?) "                          \
    "AND (? = 0 OR c.subject_id = ?) AND (? = 0 OR c.name_key LIKE ? ESCAPE '!' "                  \
    "OR b.name_key LIKE ? ESCAPE '!') "                                                            \
    "AND (? = 0 OR c.id IN (SELECT w.course_id FROM course_groups w WHERE w.group_id = ?)) "       \
    "AND (? = 0 OR c.id IN (SELECT h.course_id FROM course_teachers h WHERE h.teacher_id = ?)) "   \
    "AND (? = 0 OR c.id IN (" ATTENDED ")) "
#define FILTER_VALUES 20

static gpointer read_course(struct db_rows *rows)
{
    struct core_course *course = g_new0(struct core_course, 1);

    course->id = db_rows_uuid(rows, 0);
    course->institution_id = db_rows_uuid(rows, 1);
    course->term_id = db_rows_uuid(rows, 2);
    course->subject_id = db_rows_uuid(rows, 3);
    course->policy_id = db_rows_uuid(rows, 4);
    course->name = db_rows_dup_text(rows, 5);
    course->name_key = db_rows_dup_text(rows, 6);
    course->term_name = db_rows_dup_text(rows, 7);
    course->subject_name = db_rows_dup_text(rows, 8);
    course->subject_code = db_rows_dup_text(rows, 9);
    course->created_at = db_rows_time(rows, 10);
    course->updated_at = db_rows_time(rows, 11);
    return course;
}

static struct core_course *single(struct db_rows *rows, GError **error)
{
    return db_rows_single(rows, read_course, (GDestroyNotify)core_course_free, "course", error);
}

bool db_course_insert(struct db_connection *connection, const struct core_course *course,
                      GError **error)
{
    g_autofree char *key = base_text_key(course->name);

    return db_execute(connection, NULL, error,
                      "INSERT INTO courses (id, institution_id, term_id, subject_id, policy_id, "
                      "name, name_key, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                      db_uuid(&course->id), db_uuid(&course->institution_id),
                      db_uuid(&course->term_id), db_uuid(&course->subject_id),
                      db_uuid(&course->policy_id), db_text(course->name), db_text(key),
                      db_time(course->created_at), db_time(course->updated_at));
}

struct core_course *db_course_find(struct db_connection *connection, const struct base_uuid *id,
                                   GError **error)
{
    return single(db_query(connection, error, SELECT "WHERE c.id = ?", db_uuid(id)), error);
}

struct core_course *db_course_find_name(struct db_connection *connection,
                                        const struct base_uuid *term_id, const char *name,
                                        GError **error)
{
    g_autofree char *key = base_text_key(name);

    return single(db_query(connection, error, SELECT "WHERE c.term_id = ? AND c.name_key = ?",
                           db_uuid(term_id), db_text(key)),
                  error);
}

GPtrArray *db_course_list(struct db_connection *connection, const struct db_course_filter *filter,
                          const struct db_page *page, gint64 *total, GError **error)
{
    static const struct db_course_filter ALL = {.search = NULL};
    static const struct db_list LIST = {SELECT FILTER "ORDER BY c.name_key, c.id LIMIT ? OFFSET ?",
                                        "SELECT COUNT(*) FROM courses c JOIN subjects b "
                                        "ON b.id = c.subject_id " FILTER,
                                        read_course, (GDestroyNotify)core_course_free};

    if (!filter)
        filter = &ALL;
    g_autofree char *key = filter->search ? base_text_key(filter->search) : NULL;
    g_autofree char *pattern = db_like_pattern(key);
    const struct db_value student = db_uuid(&filter->student_id);
    const struct db_value day = db_text(filter->student_day);
    struct db_value values[FILTER_VALUES + 2] = {
        db_asked_uuid(&filter->institution_id),
        db_uuid(&filter->institution_id),
        db_asked_uuid(&filter->term_id),
        db_uuid(&filter->term_id),
        db_asked_uuid(&filter->subject_id),
        db_uuid(&filter->subject_id),
        db_asked_text(key),
        db_text(pattern),
        db_text(pattern),
        db_asked_uuid(&filter->group_id),
        db_uuid(&filter->group_id),
        db_asked_uuid(&filter->teacher_id),
        db_uuid(&filter->teacher_id),
        db_asked_uuid(&filter->student_id),
        student,
        day,
        day,
        student,
        day,
        day,
    };
    return db_list_read(connection, &LIST, values, FILTER_VALUES, page, total, error);
}

bool db_course_update(struct db_connection *connection, const struct core_course *course,
                      GError **error)
{
    g_autofree char *key = base_text_key(course->name);
    gint64 changed;

    return db_execute(connection, &changed, error,
                      "UPDATE courses SET name = ?, name_key = ?, subject_id = ?, policy_id = ?, "
                      "updated_at = ? WHERE id = ?",
                      db_text(course->name), db_text(key), db_uuid(&course->subject_id),
                      db_uuid(&course->policy_id), db_time(course->updated_at),
                      db_uuid(&course->id)) &&
           db_changed_some(changed, "course", error);
}

bool db_course_delete(struct db_connection *connection, const struct base_uuid *id, GError **error)
{
    gint64 changed;

    return db_execute(connection, &changed, error, "DELETE FROM courses WHERE id = ?",
                      db_uuid(id)) &&
           db_changed_some(changed, "course", error);
}

bool db_course_marks(struct db_connection *connection, const struct base_uuid *id,
                     const struct base_uuid *group_id, gint64 *marks, GError **error)
{
    return db_query_int(connection, marks, error,
                        "SELECT COUNT(*) FROM attendance a WHERE a.course_id = ? AND (? = 0 OR "
                        "a.user_id IN (SELECT e.user_id FROM enrolments e WHERE e.group_id = ?))",
                        db_uuid(id), db_asked_uuid(group_id), db_uuid(group_id));
}

/* ---- Groups and teachers ---- */

struct pair {
    const char *count;
    struct db_sql add;
    const char *remove;
};

static const struct pair GROUP = {
    "SELECT COUNT(*) FROM course_groups WHERE course_id = ? AND group_id = ?",
    {
        .common = "INSERT INTO course_groups (course_id, group_id) VALUES (?, ?) "
                  "ON CONFLICT (course_id, group_id) DO NOTHING",
        .mariadb = "INSERT INTO course_groups (course_id, group_id) VALUES (?, ?) "
                   "ON DUPLICATE KEY UPDATE group_id = group_id",
    },
    "DELETE FROM course_groups WHERE course_id = ? AND group_id = ?",
};

static const struct pair TEACHER = {
    "SELECT COUNT(*) FROM course_teachers WHERE course_id = ? AND teacher_id = ?",
    {
        .common = "INSERT INTO course_teachers (course_id, teacher_id) VALUES (?, ?) "
                  "ON CONFLICT (teacher_id, course_id) DO NOTHING",
        .mariadb = "INSERT INTO course_teachers (course_id, teacher_id) VALUES (?, ?) "
                   "ON DUPLICATE KEY UPDATE course_id = course_id",
    },
    "DELETE FROM course_teachers WHERE course_id = ? AND teacher_id = ?",
};

static bool pair_stands(struct db_connection *connection, const struct pair *pair,
                        const struct base_uuid *course_id, const struct base_uuid *other_id,
                        bool *stands, GError **error)
{
    gint64 count;

    if (!db_query_int(connection, &count, error, pair->count, db_uuid(course_id),
                      db_uuid(other_id)))
        return false;
    *stands = count > 0;
    return true;
}

/* Looks first, because the engines disagree about how many rows an upsert changes. */
static bool pair_add(struct db_connection *connection, const struct pair *pair,
                     const struct base_uuid *course_id, const struct base_uuid *other_id,
                     bool *changed, GError **error)
{
    bool stands = false;

    if (!pair_stands(connection, pair, course_id, other_id, &stands, error))
        return false;
    if (changed)
        *changed = !stands;
    return stands || db_execute(connection, NULL, error, db_sql(connection, &pair->add),
                                db_uuid(course_id), db_uuid(other_id));
}

static bool pair_remove(struct db_connection *connection, const struct pair *pair,
                        const struct base_uuid *course_id, const struct base_uuid *other_id,
                        bool *changed, GError **error)
{
    gint64 rows = 0;

    if (!db_execute(connection, &rows, error, pair->remove, db_uuid(course_id), db_uuid(other_id)))
        return false;
    if (changed)
        *changed = rows > 0;
    return true;
}

bool db_course_add_group(struct db_connection *connection, const struct base_uuid *course_id,
                         const struct base_uuid *group_id, bool *changed, GError **error)
{
    return pair_add(connection, &GROUP, course_id, group_id, changed, error);
}

bool db_course_remove_group(struct db_connection *connection, const struct base_uuid *course_id,
                            const struct base_uuid *group_id, bool *changed, GError **error)
{
    return pair_remove(connection, &GROUP, course_id, group_id, changed, error);
}

bool db_course_add_teacher(struct db_connection *connection, const struct base_uuid *course_id,
                           const struct base_uuid *teacher_id, bool *changed, GError **error)
{
    return pair_add(connection, &TEACHER, course_id, teacher_id, changed, error);
}

bool db_course_remove_teacher(struct db_connection *connection, const struct base_uuid *course_id,
                              const struct base_uuid *teacher_id, bool *changed, GError **error)
{
    return pair_remove(connection, &TEACHER, course_id, teacher_id, changed, error);
}

GPtrArray *db_course_groups(struct db_connection *connection, const struct base_uuid *course_id,
                            GError **error)
{
    return db_rows_collect(db_query(connection, error,
                                    DB_GROUP_SELECT "JOIN course_groups k ON k.group_id = g.id "
                                                    "WHERE k.course_id = ? "
                                                    "ORDER BY g.name_key, g.id",
                                    db_uuid(course_id)),
                           db_group_read, (GDestroyNotify)core_group_free, error);
}

GPtrArray *db_course_teachers(struct db_connection *connection, const struct base_uuid *course_id,
                              GError **error)
{
    return db_rows_collect(db_query(connection, error,
                                    DB_USER_SELECT
                                    "JOIN course_teachers t ON t.teacher_id = u.id "
                                    "WHERE t.course_id = ? ORDER BY u.name_key, u.id",
                                    db_uuid(course_id)),
                           db_user_read, (GDestroyNotify)core_user_free, error);
}

bool db_course_is_taught_by(struct db_connection *connection, const struct base_uuid *course_id,
                            const struct base_uuid *teacher_id, bool *taught, GError **error)
{
    return pair_stands(connection, &TEACHER, course_id, teacher_id, taught, error);
}

bool db_course_attends(struct db_connection *connection, const struct base_uuid *course_id,
                       const struct base_uuid *student_id, bool *attends, GError **error)
{
    gint64 count;

    if (!db_query_int(connection, &count, error,
                      "SELECT COUNT(*) FROM courses c JOIN terms t ON t.id = c.term_id "
                      "JOIN enrolments e ON e.first_day <= t.last_day "
                      "AND (e.last_day IS NULL OR e.last_day >= t.first_day) "
                      "WHERE c.id = ? AND e.user_id = ? AND (e.course_id = c.id OR e.group_id IN "
                      "(SELECT k.group_id FROM course_groups k WHERE k.course_id = ?))",
                      db_uuid(course_id), db_uuid(student_id), db_uuid(course_id)))
        return false;
    *attends = count > 0;
    return true;
}

bool db_course_is_student_of(struct db_connection *connection, const struct base_uuid *student_id,
                             const struct base_uuid *teacher_id, bool *taught, GError **error)
{
    gint64 count;

    if (!db_query_int(
            connection, &count, error,
            "SELECT (SELECT COUNT(*) FROM enrolments e JOIN course_teachers t "
            "ON t.course_id = e.course_id WHERE e.user_id = ? AND t.teacher_id = ?) + "
            "(SELECT COUNT(*) FROM enrolments e JOIN course_groups k ON k.group_id = e.group_id "
            "JOIN course_teachers t ON t.course_id = k.course_id "
            "JOIN courses c ON c.id = k.course_id JOIN terms y ON y.id = c.term_id "
            "WHERE e.user_id = ? AND t.teacher_id = ? AND e.first_day <= y.last_day "
            "AND (e.last_day IS NULL OR e.last_day >= y.first_day))",
            db_uuid(student_id), db_uuid(teacher_id), db_uuid(student_id), db_uuid(teacher_id)))
        return false;
    *taught = count > 0;
    return true;
}
