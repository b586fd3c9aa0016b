/* What the query files share; nobody else includes this. */
#ifndef DB_QUERY_ROW_H
#define DB_QUERY_ROW_H

#include "core/types.h"
#include "db/db.h"
#include "db/query/page.h"

/* Columns that hold the name of an enum's value; another text is BASE_ERROR_CORRUPT at the next
 * step. */
enum core_role db_rows_role(struct db_rows *rows, guint column);
enum core_status db_rows_status(struct db_rows *rows, guint column);
enum core_method db_rows_method(struct db_rows *rows, guint column);
enum core_image_kind db_rows_image_kind(struct db_rows *rows, guint column);

/* Makes an entity of the current row. */
typedef gpointer (*db_row_reader)(struct db_rows *rows);

/* All rows, or NULL with an error. Takes the rows; NULL rows (the query failed) give NULL. */
GPtrArray *db_rows_collect(struct db_rows *rows, db_row_reader read, GDestroyNotify destroy,
                           GError **error);

/* The only row; without one BASE_ERROR_NOT_FOUND saying "There is no such <noun>." Takes the
 * rows. */
gpointer db_rows_single(struct db_rows *rows, db_row_reader read, GDestroyNotify destroy,
                        const char *noun, GError **error);

/* False with BASE_ERROR_NOT_FOUND when a statement changed nothing. */
bool db_changed_some(gint64 changed, const char *noun, GError **error);

/* "%text%" with the wildcards in it escaped by "!". g_free() it; NULL gives NULL. */
char *db_like_pattern(const char *text);

gint64 db_page_limit(const struct db_page *page);
gint64 db_page_offset(const struct db_page *page);

/* How many rows there are in all, where the page of `n` rows that was read tells it by itself, as
 * the last page does: it saves the count. False: they must be counted. */
bool db_page_total(const struct db_page *page, guint n, gint64 *total);

/* A list that is read page by page. */
struct db_list {
    const char *select; /* with LIMIT ? OFFSET ? at its end */
    const char *count;  /* how many there are, by the same values without those two */
    db_row_reader read;
    GDestroyNotify destroy;
};

/* Reads a page. `values` holds `n` values and has room for two more; `total` may be NULL. */
GPtrArray *db_list_read(struct db_connection *connection, const struct db_list *list,
                        struct db_value *values, gsize n, const struct db_page *page, gint64 *total,
                        GError **error);

/* Whether a filter's text or id asks for anything; bound as `(? = 0 OR column = ?)`. */
struct db_value db_asked_text(const char *text);
struct db_value db_asked_uuid(const struct base_uuid *uuid);
struct db_value db_asked_enum(int value);

/* The columns of DB_USER_SELECT make a struct core_user *. */
#define DB_USER_COLUMNS                                                                            \
    "u.id, u.institution_id, u.name, u.name_key, u.email, u.age, u.date_of_birth, u.group_id, "    \
    "g.name, u.role, u.profile_image_url, u.password_hash, u.token_generation, u.active, "         \
    "u.created_at, u.updated_at, u.deleted_at, u.faces_revision, u.student_number, u.language, "   \
    "(SELECT COUNT(*) FROM face_templates f WHERE f.user_id = u.id AND f.held = FALSE), "          \
    "(SELECT COUNT(*) FROM face_templates f WHERE f.user_id = u.id AND f.held = TRUE) "
#define DB_USER_SELECT                                                                             \
    "SELECT " DB_USER_COLUMNS "FROM users u LEFT JOIN class_groups g ON g.id = u.group_id "

gpointer db_user_read(struct db_rows *rows);

/* The columns of DB_GROUP_SELECT make a struct core_group *. */
#define DB_GROUP_SELECT                                                                            \
    "SELECT g.id, g.institution_id, g.name, g.name_key, (SELECT COUNT(*) FROM users m "            \
    "WHERE m.group_id = g.id AND m.role = 'student' AND m.deleted_at IS NULL), g.created_at, "     \
    "g.updated_at FROM class_groups g "

gpointer db_group_read(struct db_rows *rows);

/*
 * A teacher and everybody they teach: the students who are in a group of theirs, and those who on
 * any day of its term were on the roster of a course of theirs. For `… IN (DB_TAUGHT_PEOPLE)`; as a
 * table of its own, because MariaDB would run a UNION inside of IN once for each row. The teacher's
 * id is bound DB_TAUGHT_PEOPLE_VALUES times.
 */
#define DB_TAUGHT_PEOPLE                                                                           \
    "SELECT taught.id FROM (SELECT s.id FROM group_teachers t JOIN users s "                       \
    "ON s.group_id = t.group_id WHERE t.teacher_id = ? AND s.role = 'student' "                    \
    "UNION SELECT e.user_id FROM course_teachers t JOIN enrolments e ON e.course_id = "            \
    "t.course_id "                                                                                 \
    "WHERE t.teacher_id = ? "                                                                      \
    "UNION SELECT e.user_id FROM course_teachers t JOIN courses c ON c.id = t.course_id "          \
    "JOIN terms y ON y.id = c.term_id JOIN course_groups k ON k.course_id = c.id "                 \
    "JOIN enrolments e ON e.group_id = k.group_id "                                                \
    "WHERE t.teacher_id = ? AND e.first_day <= y.last_day "                                        \
    "AND (e.last_day IS NULL OR e.last_day >= y.first_day) "                                       \
    "UNION SELECT o.id FROM users o WHERE o.id = ?) taught"
#define DB_TAUGHT_PEOPLE_VALUES 4

/* The same of their groups alone, with the teacher's id DB_TUTORED_PEOPLE_VALUES times: whose marks
 * they see whatever course these are of. */
#define DB_TUTORED_PEOPLE                                                                          \
    "SELECT taught.id FROM (SELECT s.id FROM group_teachers t JOIN users s "                       \
    "ON s.group_id = t.group_id WHERE t.teacher_id = ? AND s.role = 'student' "                    \
    "UNION SELECT o.id FROM users o WHERE o.id = ?) taught"
#define DB_TUTORED_PEOPLE_VALUES 2

/* The statements of attendance.c and attendance_list.c have the same columns. */
#define DB_ATTENDANCE_COLUMNS                                                                      \
    "a.id, a.user_id, u.name, a.group_id, g.name, a.occasion, a.local_day, a.marked_at, "          \
    "a.status, a.method, a.score, a.marked_by, a.note, a.created_at, a.updated_at, "               \
    "a.session_id, a.course_id, c.name, a.captured_at, a.last_seen_at, a.status_code "
#define DB_ATTENDANCE_JOINS                                                                        \
    "LEFT JOIN users u ON u.id = a.user_id LEFT JOIN class_groups g ON g.id = a.group_id "         \
    "LEFT JOIN courses c ON c.id = a.course_id "
#define DB_ATTENDANCE_SELECT                                                                       \
    "SELECT " DB_ATTENDANCE_COLUMNS "FROM attendance a " DB_ATTENDANCE_JOINS

gpointer db_attendance_read(struct db_rows *rows);

/* The columns of DB_TEMPLATE_SELECT make a struct core_template *. */
#define DB_TEMPLATE_SELECT                                                                         \
    "SELECT f.id, f.user_id, f.sealed, f.model, f.quality, f.source, f.created_at, f.held "        \
    "FROM face_templates f "

gpointer db_template_read(struct db_rows *rows);

#endif
