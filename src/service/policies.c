#include "service/policies.h"

#include "db/query/attendance.h"
#include "service/internal.h"

struct policy_work {
    const struct service_identity *identity;
    const struct service_policy_input *input;
    struct base_uuid id;
    char *name;               /* normalised; NULL: as it is */
    struct db_policy *policy; /* as it is afterwards */
};

bool service_rules_of_course(struct db_connection *connection, const struct base_uuid *course_id,
                             struct core_rules *rules, GError **error)
{
    g_autofree char *text = NULL;

    core_rules_init(rules);
    return db_policy_rules_of_course(connection, course_id, &text, error) &&
           (!text || service_rules_stored(text, rules, error));
}

bool service_rules_stored(const char *text, struct core_rules *rules, GError **error)
{
    g_autoptr(GError) problem = NULL;

    return core_rules_parse(text, rules, &problem) ||
           base_fail(error, BASE_ERROR_CORRUPT, "The rules of a policy cannot be read: %s",
                     problem->message);
}

/* ---- reading ---- */

GPtrArray *service_policy_list(struct service *service, const struct service_identity *identity,
                               const struct db_page *page, gint64 *total, GError **error)
{
    if (!service_allow_staff(identity, error))
        return NULL;
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    return connection ? db_policy_list(connection, page, total, error) : NULL;
}

struct db_policy *service_policy_find(struct service *service,
                                      const struct service_identity *identity,
                                      const struct base_uuid *id, GError **error)
{
    if (!service_allow_staff(identity, error))
        return NULL;
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    return connection ? db_policy_find(connection, id, error) : NULL;
}

struct db_policy *service_policy_find_name(struct service *service,
                                           const struct service_identity *identity,
                                           const char *name, GError **error)
{
    if (!service_allow_staff(identity, error))
        return NULL;
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    return connection ? db_policy_find_name(connection, &identity->institution_id, name, error)
                      : NULL;
}

/* ---- writing ---- */

static bool policy_taken(GError **error, GError *problem)
{
    if (!db_conflict_is(problem, "policies.name_key")) {
        g_propagate_error(error, problem);
        return false;
    }
    g_error_free(problem);
    return base_fail(error, BASE_ERROR_CONFLICT, "name is taken by another policy.");
}

/* The text of the rules that `before` (NULL: the defaults) and the members given make together. */
static char *rules_merge(const char *before, json_t *changes, struct core_rules *rules,
                         GError **error)
{
    core_rules_init(rules);
    if (before && !service_rules_stored(before, rules, error))
        return NULL;
    if (changes && !json_is_object(changes)) {
        base_fail(error, BASE_ERROR_INVALID, "rules must be an object.");
        return NULL;
    }
    g_autoptr(json_t) whole = core_rules_json(rules);
    if (changes)
        json_object_update(whole, changes);
    if (!core_rules_read(whole, rules, error))
        return NULL;
    g_autoptr(json_t) read = core_rules_json(rules);
    return base_json_format(read);
}

static bool create_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct policy_work *work = data;
    const base_time now = base_time_now();
    struct core_rules rules;
    g_autofree char *text = rules_merge(NULL, work->input->rules, &rules, error);
    GError *problem = NULL;

    g_clear_pointer(&work->policy, db_policy_free);
    if (!text)
        return false;
    const struct db_policy policy = {
        .id = work->id,
        .institution_id = work->identity->institution_id,
        .name = work->name,
        .rules = text,
        .created_at = now,
        .updated_at = now,
    };
    if (!db_policy_insert(connection, &policy, &problem))
        return policy_taken(error, problem);
    if (!service_audit(connection, work->identity, "policy.create", &work->id,
                       json_pack("{s:s, s:O?}", "name", work->name, "rules", work->input->rules),
                       error))
        return false;
    work->policy = db_policy_find(connection, &work->id, error);
    return work->policy != NULL;
}

/* Every status that a mark has must still be there, and count as what the mark says. */
static bool statuses_stay(struct db_connection *connection, const struct db_policy *policy,
                          const struct core_rules *rules, GError **error)
{
    g_autoptr(GPtrArray) used = db_policy_codes_used(connection, &policy->id, error);

    for (guint i = 0; used && i < used->len; i++) {
        const struct db_policy_code *code = used->pdata[i];
        const struct core_rules_status *status = core_rules_status_find(rules, code->code);
        if (!status || status->kind != code->status)
            return base_fail(error, BASE_ERROR_CONFLICT,
                             "rules must keep the status \"%s\", which counts as %s: there are "
                             "marks with it.",
                             code->code, core_status_name(code->status));
    }
    return used != NULL;
}

static bool change_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct policy_work *work = data;
    GError *problem = NULL;
    struct core_rules rules;

    g_clear_pointer(&work->policy, db_policy_free);
    g_autoptr(db_policy) policy = db_policy_find(connection, &work->id, error);
    if (!policy)
        return false;
    char *text = rules_merge(policy->rules, work->input->rules, &rules, error);
    if (!text)
        return false;
    g_free(policy->rules);
    policy->rules = text;
    if (work->name) {
        g_free(policy->name);
        policy->name = g_strdup(work->name);
    }
    policy->updated_at = base_time_now();
    if (!statuses_stay(connection, policy, &rules, error))
        return false;
    if (!db_policy_update(connection, policy, &problem))
        return policy_taken(error, problem);
    if (!service_audit(connection, work->identity, "policy.change", &work->id,
                       json_pack("{s:s, s:O?}", "name", policy->name, "rules", work->input->rules),
                       error))
        return false;
    work->policy = db_policy_find(connection, &work->id, error);
    return work->policy != NULL;
}

static struct db_policy *policy_run(struct service *service, db_transaction_body body,
                                    struct policy_work *work, GError **error)
{
    if (db_transaction(service->db, body, work, error))
        return work->policy;
    db_policy_free(work->policy);
    return NULL;
}

struct db_policy *service_policy_create(struct service *service,
                                        const struct service_identity *identity,
                                        const struct service_policy_input *input, GError **error)
{
    struct policy_work work = {.identity = identity, .input = input};

    if (!service_allow_all(identity, CORE_ACTION_POLICY_WRITE, error))
        return NULL;
    g_autofree char *name =
        base_text_name(input->name ? input->name : "", "name", SERVICE_NAME_MAX, error);
    if (!name)
        return NULL;
    work.name = name;
    base_uuid_new(&work.id);
    return policy_run(service, create_body, &work, error);
}

struct db_policy *service_policy_change(struct service *service,
                                        const struct service_identity *identity,
                                        const struct base_uuid *id,
                                        const struct service_policy_input *input, GError **error)
{
    struct policy_work work = {.identity = identity, .input = input, .id = *id};

    if (!service_allow_all(identity, CORE_ACTION_POLICY_WRITE, error))
        return NULL;
    g_autofree char *name = NULL;
    if (input->name) {
        name = base_text_name(input->name, "name", SERVICE_NAME_MAX, error);
        if (!name)
            return NULL;
    }
    work.name = name;
    return policy_run(service, change_body, &work, error);
}

static bool default_body(struct db_connection *connection, gpointer data, GError **error)
{
    const struct policy_work *work = data;
    const bool none = base_uuid_is_nil(&work->id);

    return db_policy_set_default(connection, &work->identity->institution_id, &work->id,
                                 base_time_now(), error) &&
           service_audit(connection, work->identity, "policy.default", none ? NULL : &work->id,
                         NULL, error);
}

bool service_policy_set_default(struct service *service, const struct service_identity *identity,
                                const struct base_uuid *id, GError **error)
{
    struct policy_work work = {.identity = identity, .id = *id};

    return service_allow_all(identity, CORE_ACTION_POLICY_WRITE, error) &&
           db_transaction(service->db, default_body, &work, error);
}

static bool delete_body(struct db_connection *connection, gpointer data, GError **error)
{
    const struct policy_work *work = data;
    g_autoptr(db_policy) policy = db_policy_find(connection, &work->id, error);

    return policy && db_policy_delete(connection, &work->id, error) &&
           service_audit(connection, work->identity, "policy.delete", &work->id,
                         json_pack("{s:s}", "name", policy->name), error);
}

bool service_policy_delete(struct service *service, const struct service_identity *identity,
                           const struct base_uuid *id, GError **error)
{
    struct policy_work work = {.identity = identity, .id = *id};

    return service_allow_all(identity, CORE_ACTION_POLICY_WRITE, error) &&
           db_transaction(service->db, delete_body, &work, error);
}
