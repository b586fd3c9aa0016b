#include "db/query/group.h"

#include "base/text.h"
#include "db/query/row.h"

#define FILTER                                                                                     \
    "WHERE (? = 0 OR g.institution_id = ?) AND (? = 0 OR g.name_key LIKE ? ESCAPE '!') "           \
    "AND (? = 0 OR g.id IN (SELECT t.group_id FROM group_teachers t WHERE t.teacher_id = ?)) "
#define FILTER_VALUES 6

gpointer db_group_read(struct db_rows *rows)
{
    struct core_group *group = g_new0(struct core_group, 1);

    group->id = db_rows_uuid(rows, 0);
    group->institution_id = db_rows_uuid(rows, 1);
    group->name = db_rows_dup_text(rows, 2);
    group->name_key = db_rows_dup_text(rows, 3);
    group->member_count = db_rows_int(rows, 4);
    group->created_at = db_rows_time(rows, 5);
    group->updated_at = db_rows_time(rows, 6);
    return group;
}

static struct core_group *single(struct db_rows *rows, GError **error)
{
    return db_rows_single(rows, db_group_read, (GDestroyNotify)core_group_free, "group", error);
}

bool db_group_insert(struct db_connection *connection, const struct core_group *group,
                     GError **error)
{
    g_autofree char *key = base_text_key(group->name);

    return db_execute(connection, NULL, error,
                      "INSERT INTO class_groups (id, institution_id, name, name_key, created_at, "
                      "updated_at) VALUES (?, ?, ?, ?, ?, ?)",
                      db_uuid(&group->id), db_uuid(&group->institution_id), db_text(group->name),
                      db_text(key), db_time(group->created_at), db_time(group->updated_at));
}

struct core_group *db_group_find(struct db_connection *connection, const struct base_uuid *id,
                                 GError **error)
{
    return single(db_query(connection, error, DB_GROUP_SELECT "WHERE g.id = ?", db_uuid(id)),
                  error);
}

struct core_group *db_group_find_name(struct db_connection *connection,
                                      const struct base_uuid *institution_id, const char *name,
                                      GError **error)
{
    g_autofree char *key = base_text_key(name);

    return single(db_query(connection, error,
                           DB_GROUP_SELECT "WHERE g.institution_id = ? AND g.name_key = ?",
                           db_uuid(institution_id), db_text(key)),
                  error);
}

GPtrArray *db_group_list(struct db_connection *connection, const struct db_group_filter *filter,
                         const struct db_page *page, gint64 *total, GError **error)
{
    static const struct db_group_filter ALL = {.search = NULL};

    if (!filter)
        filter = &ALL;
    g_autofree char *key = filter->search ? base_text_key(filter->search) : NULL;
    g_autofree char *pattern = db_like_pattern(key);
    const struct db_value values[FILTER_VALUES + 2] = {
        db_asked_uuid(&filter->institution_id),
        db_uuid(&filter->institution_id),
        db_asked_text(key),
        db_text(pattern),
        db_asked_uuid(&filter->teacher_id),
        db_uuid(&filter->teacher_id),
        db_int(db_page_limit(page)),
        db_int(db_page_offset(page)),
    };

    g_autoptr(GPtrArray) groups = db_rows_collect(
        db_query_values(connection, error,
                        DB_GROUP_SELECT FILTER "ORDER BY g.name_key, g.id LIMIT ? OFFSET ?", values,
                        G_N_ELEMENTS(values)),
        db_group_read, (GDestroyNotify)core_group_free, error);
    if (groups && total && !db_page_total(page, groups->len, total) &&
        !db_query_int_values(connection, total, error,
                             "SELECT COUNT(*) FROM class_groups g " FILTER, values, FILTER_VALUES))
        return NULL;
    return g_steal_pointer(&groups);
}

bool db_group_rename(struct db_connection *connection, const struct base_uuid *id, const char *name,
                     base_time now, GError **error)
{
    g_autofree char *key = base_text_key(name);
    gint64 changed;

    return db_execute(connection, &changed, error,
                      "UPDATE class_groups SET name = ?, name_key = ?, updated_at = ? WHERE id = ?",
                      db_text(name), db_text(key), db_time(now), db_uuid(id)) &&
           db_changed_some(changed, "group", error);
}

bool db_group_delete(struct db_connection *connection, const struct base_uuid *id, GError **error)
{
    gint64 changed;

    return db_execute(connection, &changed, error, "DELETE FROM class_groups WHERE id = ?",
                      db_uuid(id)) &&
           db_changed_some(changed, "group", error);
}

bool db_group_add_teacher(struct db_connection *connection, const struct base_uuid *group_id,
                          const struct base_uuid *teacher_id, GError **error)
{
    static const struct db_sql ADD = {
        .common = "INSERT INTO group_teachers (group_id, teacher_id) VALUES (?, ?) "
                  "ON CONFLICT (teacher_id, group_id) DO NOTHING",
        .mariadb = "INSERT INTO group_teachers (group_id, teacher_id) VALUES (?, ?) "
                   "ON DUPLICATE KEY UPDATE group_id = group_id",
    };

    return db_execute(connection, NULL, error, db_sql(connection, &ADD), db_uuid(group_id),
                      db_uuid(teacher_id));
}

bool db_group_remove_teacher(struct db_connection *connection, const struct base_uuid *group_id,
                             const struct base_uuid *teacher_id, GError **error)
{
    return db_execute(connection, NULL, error,
                      "DELETE FROM group_teachers WHERE group_id = ? AND teacher_id = ?",
                      db_uuid(group_id), db_uuid(teacher_id));
}

GPtrArray *db_group_teachers(struct db_connection *connection, const struct base_uuid *group_id,
                             GError **error)
{
    return db_rows_collect(db_query(connection, error,
                                    DB_USER_SELECT "JOIN group_teachers t ON t.teacher_id = u.id "
                                                   "WHERE t.group_id = ? ORDER BY u.name_key, u.id",
                                    db_uuid(group_id)),
                           db_user_read, (GDestroyNotify)core_user_free, error);
}

bool db_group_is_taught_by(struct db_connection *connection, const struct base_uuid *group_id,
                           const struct base_uuid *teacher_id, bool *taught, GError **error)
{
    gint64 count;

    if (!db_query_int(connection, &count, error,
                      "SELECT COUNT(*) FROM group_teachers WHERE group_id = ? AND teacher_id = ?",
                      db_uuid(group_id), db_uuid(teacher_id)))
        return false;
    *taught = count > 0;
    return true;
}

bool db_group_is_student_of(struct db_connection *connection, const struct base_uuid *student_id,
                            const struct base_uuid *teacher_id, bool *taught, GError **error)
{
    gint64 count;

    if (!db_query_int(connection, &count, error,
                      "SELECT COUNT(*) FROM users u JOIN group_teachers t "
                      "ON t.group_id = u.group_id WHERE u.id = ? AND u.role = 'student' "
                      "AND t.teacher_id = ?",
                      db_uuid(student_id), db_uuid(teacher_id)))
        return false;
    *taught = count > 0;
    return true;
}
