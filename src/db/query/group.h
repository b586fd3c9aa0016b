/* The class_groups and group_teachers tables. Errors are those of db.h. */
#ifndef DB_QUERY_GROUP_H
#define DB_QUERY_GROUP_H

#include "core/types.h"
#include "db/db.h"
#include "db/query/page.h"

/* Stores a new group; name_key is made from the name. BASE_ERROR_CONFLICT ("class_groups.name_key")
 * when the institution has one whose name differs in case and accents only. */
bool db_group_insert(struct db_connection *connection, const struct core_group *group,
                     GError **error);

/* NULL with BASE_ERROR_NOT_FOUND when there is none. */
struct core_group *db_group_find(struct db_connection *connection, const struct base_uuid *id,
                                 GError **error);

/* By name, whatever its case and accents. */
struct core_group *db_group_find_name(struct db_connection *connection,
                                      const struct base_uuid *institution_id, const char *name,
                                      GError **error);

struct db_group_filter {
    struct base_uuid institution_id; /* nil: any */
    struct base_uuid teacher_id;     /* only those this person teaches; nil: any */
    const char *search;              /* part of the name; NULL: any */
};

/* Groups by name, as an array of struct core_group * that frees them. `total` (may be NULL) gets
 * how many match the filter. Filter and page may be NULL: all. */
GPtrArray *db_group_list(struct db_connection *connection, const struct db_group_filter *filter,
                         const struct db_page *page, gint64 *total, GError **error);

/* BASE_ERROR_NOT_FOUND when there is no such group. */
bool db_group_rename(struct db_connection *connection, const struct base_uuid *id, const char *name,
                     base_time now, GError **error);

/* Its students stay without a group, its marks too. BASE_ERROR_NOT_FOUND when there is none. */
bool db_group_delete(struct db_connection *connection, const struct base_uuid *id, GError **error);

/* Adding a teacher twice or removing one who is not there changes nothing. BASE_ERROR_CONFLICT
 * when the group or the user does not exist. */
bool db_group_add_teacher(struct db_connection *connection, const struct base_uuid *group_id,
                          const struct base_uuid *teacher_id, GError **error);
bool db_group_remove_teacher(struct db_connection *connection, const struct base_uuid *group_id,
                             const struct base_uuid *teacher_id, GError **error);

/* Teachers of a group by name, as an array of struct core_user * that frees them. */
GPtrArray *db_group_teachers(struct db_connection *connection, const struct base_uuid *group_id,
                             GError **error);

/* Whether the person teaches the group. */
bool db_group_is_taught_by(struct db_connection *connection, const struct base_uuid *group_id,
                           const struct base_uuid *teacher_id, bool *taught, GError **error);

/* Whether the student is now in a group that the person teaches. */
bool db_group_is_student_of(struct db_connection *connection, const struct base_uuid *student_id,
                            const struct base_uuid *teacher_id, bool *taught, GError **error);

#endif
