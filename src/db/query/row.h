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

/* Whether a filter's text or id asks for anything; bound as `(? = 0 OR column = ?)`. */
struct db_value db_asked_text(const char *text);
struct db_value db_asked_uuid(const struct base_uuid *uuid);
struct db_value db_asked_enum(int value);

/* The columns of DB_USER_SELECT make a struct core_user *. */
#define DB_USER_COLUMNS                                                                            \
    "u.id, u.institution_id, u.name, u.name_key, u.email, u.age, u.date_of_birth, u.group_id, "    \
    "g.name, u.role, u.profile_image_url, u.password_hash, u.token_generation, u.active, "         \
    "u.created_at, u.updated_at, u.deleted_at, u.faces_revision, "                                 \
    "(SELECT COUNT(*) FROM face_templates f WHERE f.user_id = u.id) "
#define DB_USER_SELECT                                                                             \
    "SELECT " DB_USER_COLUMNS "FROM users u LEFT JOIN class_groups g ON g.id = u.group_id "

gpointer db_user_read(struct db_rows *rows);

/* The statements of attendance.c and attendance_list.c have the same columns. */
#define DB_ATTENDANCE_SELECT                                                                       \
    "SELECT a.id, a.user_id, u.name, a.group_id, g.name, a.occasion, a.local_day, a.marked_at, "   \
    "a.status, a.method, a.score, a.marked_by, a.note, a.created_at, a.updated_at "                \
    "FROM attendance a LEFT JOIN users u ON u.id = a.user_id "                                     \
    "LEFT JOIN class_groups g ON g.id = a.group_id "

gpointer db_attendance_read(struct db_rows *rows);

/* The columns of DB_TEMPLATE_SELECT make a struct core_template *. */
#define DB_TEMPLATE_SELECT                                                                         \
    "SELECT f.id, f.user_id, f.sealed, f.model, f.quality, f.source, f.created_at "                \
    "FROM face_templates f "

gpointer db_template_read(struct db_rows *rows);

#endif
