#include "db/query/policy.h"

#include "base/text.h"
#include "db/query/row.h"

#define SELECT                                                                                     \
    "SELECT p.id, p.institution_id, p.default_of, p.name, p.rules, "                               \
    "(SELECT COUNT(*) FROM courses c WHERE c.policy_id = p.id), p.created_at, p.updated_at "       \
    "FROM policies p "

void db_policy_free(struct db_policy *policy)
{
    if (!policy)
        return;
    g_free(policy->name);
    g_free(policy->rules);
    g_free(policy);
}

static gpointer read_policy(struct db_rows *rows)
{
    struct db_policy *policy = g_new0(struct db_policy, 1);

    policy->id = db_rows_uuid(rows, 0);
    policy->institution_id = db_rows_uuid(rows, 1);
    policy->is_default = !db_rows_is_null(rows, 2);
    policy->name = db_rows_dup_text(rows, 3);
    policy->rules = db_rows_dup_text(rows, 4);
    policy->course_count = db_rows_int(rows, 5);
    policy->created_at = db_rows_time(rows, 6);
    policy->updated_at = db_rows_time(rows, 7);
    return policy;
}

static struct db_policy *single(struct db_rows *rows, GError **error)
{
    return db_rows_single(rows, read_policy, (GDestroyNotify)db_policy_free, "policy", error);
}

bool db_policy_insert(struct db_connection *connection, const struct db_policy *policy,
                      GError **error)
{
    g_autofree char *key = base_text_key(policy->name);

    return db_execute(connection, NULL, error,
                      "INSERT INTO policies (id, institution_id, name, name_key, rules, "
                      "created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
                      db_uuid(&policy->id), db_uuid(&policy->institution_id), db_text(policy->name),
                      db_text(key), db_text(policy->rules), db_time(policy->created_at),
                      db_time(policy->updated_at));
}

bool db_policy_update(struct db_connection *connection, const struct db_policy *policy,
                      GError **error)
{
    g_autofree char *key = base_text_key(policy->name);
    gint64 changed;

    return db_execute(connection, &changed, error,
                      "UPDATE policies SET name = ?, name_key = ?, rules = ?, updated_at = ? "
                      "WHERE id = ?",
                      db_text(policy->name), db_text(key), db_text(policy->rules),
                      db_time(policy->updated_at), db_uuid(&policy->id)) &&
           db_changed_some(changed, "policy", error);
}

struct db_policy *db_policy_find(struct db_connection *connection, const struct base_uuid *id,
                                 GError **error)
{
    return single(db_query(connection, error, SELECT "WHERE p.id = ?", db_uuid(id)), error);
}

struct db_policy *db_policy_find_name(struct db_connection *connection,
                                      const struct base_uuid *institution_id, const char *name,
                                      GError **error)
{
    g_autofree char *key = base_text_key(name);

    return single(db_query(connection, error,
                           SELECT "WHERE p.institution_id = ? AND p.name_key = ?",
                           db_uuid(institution_id), db_text(key)),
                  error);
}

GPtrArray *db_policy_list(struct db_connection *connection, const struct db_page *page,
                          gint64 *total, GError **error)
{
    g_autoptr(GPtrArray) policies = db_rows_collect(
        db_query(connection, error, SELECT "ORDER BY p.name_key, p.id LIMIT ? OFFSET ?",
                 db_int(db_page_limit(page)), db_int(db_page_offset(page))),
        read_policy, (GDestroyNotify)db_policy_free, error);

    if (policies && total && !db_page_total(page, policies->len, total) &&
        !db_query_int(connection, total, error, "SELECT COUNT(*) FROM policies"))
        return NULL;
    return g_steal_pointer(&policies);
}

bool db_policy_set_default(struct db_connection *connection, const struct base_uuid *institution_id,
                           const struct base_uuid *id, base_time now, GError **error)
{
    gint64 changed;

    if (!db_execute(connection, NULL, error,
                    "UPDATE policies SET default_of = NULL, updated_at = ? WHERE default_of = ?",
                    db_time(now), db_uuid(institution_id)))
        return false;
    return base_uuid_is_nil(id) ||
           (db_execute(connection, &changed, error,
                       "UPDATE policies SET default_of = institution_id, updated_at = ? "
                       "WHERE id = ? AND institution_id = ?",
                       db_time(now), db_uuid(id), db_uuid(institution_id)) &&
            db_changed_some(changed, "policy", error));
}

bool db_policy_delete(struct db_connection *connection, const struct base_uuid *id, GError **error)
{
    gint64 changed;

    return db_execute(connection, &changed, error, "DELETE FROM policies WHERE id = ?",
                      db_uuid(id)) &&
           db_changed_some(changed, "policy", error);
}

static void code_free(gpointer data)
{
    struct db_policy_code *code = data;

    g_free(code->code);
    g_free(code);
}

static gpointer read_code(struct db_rows *rows)
{
    struct db_policy_code *code = g_new0(struct db_policy_code, 1);

    code->code = db_rows_dup_text(rows, 0);
    code->status = db_rows_status(rows, 1);
    return code;
}

GPtrArray *db_policy_codes_used(struct db_connection *connection, const struct base_uuid *id,
                                GError **error)
{
    return db_rows_collect(
        db_query(connection, error,
                 "SELECT DISTINCT a.status_code, a.status FROM policies p JOIN courses c "
                 "ON c.policy_id = p.id OR (c.policy_id IS NULL AND p.default_of = "
                 "c.institution_id) JOIN attendance a ON a.course_id = c.id "
                 "WHERE p.id = ? AND a.status_code IS NOT NULL",
                 db_uuid(id)),
        read_code, code_free, error);
}

static gpointer read_rules(struct db_rows *rows)
{
    char *rules = db_rows_dup_text(rows, 0);

    return rules ? rules : g_strdup("");
}

bool db_policy_rules_of_course(struct db_connection *connection, const struct base_uuid *course_id,
                               char **rules, GError **error)
{
    *rules = db_rows_single(db_query(connection, error,
                                     "SELECT COALESCE(p.rules, d.rules) FROM courses c "
                                     "LEFT JOIN policies p ON p.id = c.policy_id "
                                     "LEFT JOIN policies d ON d.default_of = c.institution_id "
                                     "WHERE c.id = ?",
                                     db_uuid(course_id)),
                            read_rules, g_free, "course", error);
    if (!*rules)
        return false;
    if (!**rules)
        g_clear_pointer(rules, g_free);
    return true;
}
