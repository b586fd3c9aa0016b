/* The policies table: rules of courses by name. Errors are those of db.h. */
#ifndef DB_QUERY_POLICY_H
#define DB_QUERY_POLICY_H

#include "core/rules.h"
#include "db/db.h"
#include "db/query/page.h"

struct db_policy {
    struct base_uuid id;
    struct base_uuid institution_id;
    bool is_default; /* holds for courses that name none; at most one an institution */
    char *name;
    char *rules;         /* JSON of core_rules_json() */
    gint64 course_count; /* courses that name it; filled when read */
    base_time created_at;
    base_time updated_at;
};

void db_policy_free(struct db_policy *policy);
typedef struct db_policy db_policy;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(db_policy, db_policy_free)

/* Stores a new one, never as the default; BASE_ERROR_CONFLICT ("policies.name_key") when the
 * institution has one whose name differs in case and accents only. */
bool db_policy_insert(struct db_connection *connection, const struct db_policy *policy,
                      GError **error);

/* Changes name and rules. BASE_ERROR_NOT_FOUND when there is none. */
bool db_policy_update(struct db_connection *connection, const struct db_policy *policy,
                      GError **error);

/* NULL with BASE_ERROR_NOT_FOUND when there is none. */
struct db_policy *db_policy_find(struct db_connection *connection, const struct base_uuid *id,
                                 GError **error);
struct db_policy *db_policy_find_name(struct db_connection *connection,
                                      const struct base_uuid *institution_id, const char *name,
                                      GError **error);

/* By name, as an array of struct db_policy * that frees them. `total` may be NULL. */
GPtrArray *db_policy_list(struct db_connection *connection, const struct db_page *page,
                          gint64 *total, GError **error);

/* Makes a policy the institution's default (nil: none is), in place of another. */
bool db_policy_set_default(struct db_connection *connection, const struct base_uuid *institution_id,
                           const struct base_uuid *id, base_time now, GError **error);

/* Its courses fall back to the default. BASE_ERROR_NOT_FOUND when there is none. */
bool db_policy_delete(struct db_connection *connection, const struct base_uuid *id, GError **error);

/* A status of the site's own that marks have, and what they count as. */
struct db_policy_code {
    char *code;
    enum core_status status;
};

/* Those of marks in courses that name this policy, or that it is the default of. An array of struct
 * db_policy_code * that frees them. */
GPtrArray *db_policy_codes_used(struct db_connection *connection, const struct base_uuid *id,
                                GError **error);

/* The rules that hold for a course: those of its policy, else of the institution's default, else
 * `*rules` is NULL; g_free() it. BASE_ERROR_NOT_FOUND when there is no such course. */
bool db_policy_rules_of_course(struct db_connection *connection, const struct base_uuid *course_id,
                               char **rules, GError **error);

#endif
