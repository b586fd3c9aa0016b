#include "service/webhooks.h"

#include "db/query/webhook.h"
#include "service/internal.h"
#include "service/outbox.h"

enum { DEDUPE_SIZE = 2 * BASE_UUID_TEXT_SIZE };

/* ---- the list of them ---- */

static bool apply(const struct service_webhook_input *input, struct core_webhook *webhook,
                  GError **error)
{
    if (input->url) {
        if (!core_webhook_url_check(input->url, error))
            return false;
        g_free(webhook->url);
        webhook->url = g_strdup(input->url);
    }
    if (input->events)
        webhook->events = *input->events;
    if (!webhook->events || (webhook->events & ~CORE_WEBHOOK_EVENTS_ALL))
        return base_fail(error, BASE_ERROR_INVALID,
                         "events must name at least one event, and only those there are.");
    if (input->active)
        webhook->active = *input->active;
    webhook->updated_at = base_time_now();
    return true;
}

/* For the log. Path and query of many services' addresses are as good as a password, so it has the
 * host and a digest by which a change is seen. */
static json_t *facts(const struct core_webhook *webhook)
{
    g_autoptr(GUri) uri = g_uri_parse(webhook->url, G_URI_FLAGS_NONE, NULL);
    g_autofree char *events = core_webhook_events_format(webhook->events);
    g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, webhook->url, -1);

    return json_pack("{s:s, s:s, s:s, s:b}", "host", uri ? g_uri_get_host(uri) : "", "url_sha256",
                     digest, "events", events, "active", (int)webhook->active);
}

struct change_work {
    const struct service_identity *identity;
    const struct service_webhook_input *input;
    struct base_uuid id;
    struct core_webhook *webhook; /* as it is afterwards */
};

static bool create_body(struct db_connection *connection, gpointer data, GError **error)
{
    const struct change_work *work = data;

    return db_webhook_insert(connection, work->webhook, error) &&
           service_audit(connection, work->identity, "webhook.create", &work->webhook->id,
                         facts(work->webhook), error);
}

struct core_webhook *service_webhook_create(struct service *service,
                                            const struct service_identity *identity,
                                            const struct service_webhook_input *input,
                                            GError **error)
{
    if (!service_allow_all(identity, CORE_ACTION_SETTING_WRITE, error))
        return NULL;
    if (!input->url) {
        base_fail(error, BASE_ERROR_INVALID, "url is required.");
        return NULL;
    }

    g_autoptr(core_webhook) webhook = g_new0(core_webhook, 1);
    struct change_work work = {.identity = identity, .webhook = webhook};

    base_uuid_new(&webhook->id);
    webhook->institution_id = identity->institution_id;
    webhook->events = CORE_WEBHOOK_EVENTS_ALL;
    webhook->active = true;
    webhook->created_at = base_time_now();
    webhook->secret = core_webhook_secret_new(error);
    if (!webhook->secret || !apply(input, webhook, error) ||
        !db_transaction(service->db, create_body, &work, error))
        return NULL;
    return g_steal_pointer(&webhook);
}

GPtrArray *service_webhook_list(struct service *service, const struct service_identity *identity,
                                GError **error)
{
    if (!service_allow_all(identity, CORE_ACTION_SETTING_WRITE, error))
        return NULL;
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    return connection ? db_webhook_list(connection, false, error) : NULL;
}

struct core_webhook *service_webhook_find(struct service *service,
                                          const struct service_identity *identity,
                                          const struct base_uuid *id, GError **error)
{
    if (!service_allow_all(identity, CORE_ACTION_SETTING_WRITE, error))
        return NULL;
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    return connection ? db_webhook_find(connection, id, error) : NULL;
}

static bool update_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct change_work *work = data;

    g_clear_pointer(&work->webhook, core_webhook_free);
    work->webhook = db_webhook_find(connection, &work->id, error);
    if (!work->webhook)
        return false;
    json_t *details = json_object();
    json_object_set_new(details, "from", facts(work->webhook));
    if (!apply(work->input, work->webhook, error) ||
        !db_webhook_update(connection, work->webhook, error)) {
        json_decref(details);
        return false;
    }
    json_object_set_new(details, "to", facts(work->webhook));
    return service_audit(connection, work->identity, "webhook.update", &work->id, details, error);
}

struct core_webhook *service_webhook_update(struct service *service,
                                            const struct service_identity *identity,
                                            const struct base_uuid *id,
                                            const struct service_webhook_input *input,
                                            GError **error)
{
    struct change_work work = {.identity = identity, .input = input, .id = *id};

    if (!service_allow_all(identity, CORE_ACTION_SETTING_WRITE, error))
        return NULL;
    if (!db_transaction(service->db, update_body, &work, error))
        g_clear_pointer(&work.webhook, core_webhook_free);
    return work.webhook;
}

static bool delete_body(struct db_connection *connection, gpointer data, GError **error)
{
    const struct change_work *work = data;
    g_autoptr(core_webhook) webhook = db_webhook_find(connection, &work->id, error);

    return webhook && db_webhook_delete(connection, &work->id, error) &&
           service_audit(connection, work->identity, "webhook.delete", &work->id, facts(webhook),
                         error);
}

bool service_webhook_delete(struct service *service, const struct service_identity *identity,
                            const struct base_uuid *id, GError **error)
{
    struct change_work work = {.identity = identity, .id = *id};

    return service_allow_all(identity, CORE_ACTION_SETTING_WRITE, error) &&
           db_transaction(service->db, delete_body, &work, error);
}

/* ---- what happens ---- */

/* {"type", "timestamp", "data"}, the same for everybody who is told. Takes over `data`. */
static json_t *message_of(enum core_webhook_event event, json_t *data)
{
    return json_pack("{s:s, s:o, s:o}", "type", core_webhook_event_name(event), "timestamp",
                     base_json_time(base_time_now()), "data", data);
}

static bool tell(struct db_connection *connection, const struct core_webhook *webhook,
                 enum core_webhook_event event, json_t *message, GError **error)
{
    char dedupe[DEDUPE_SIZE], id[BASE_UUID_TEXT_SIZE];
    struct base_uuid unique;

    base_uuid_new(&unique);
    g_snprintf(dedupe, sizeof dedupe, "webhook:%s", base_uuid_format(&unique, id));
    const struct service_outbox_entry entry = {
        .channel = DB_OUTBOX_WEBHOOK,
        .kind = core_webhook_event_name(event),
        .dedupe_key = dedupe,
        .webhook_id = webhook->id,
        .parameters = json_incref(message),
    };
    return service_outbox_add(connection, &entry, NULL, error);
}

static bool test_body(struct db_connection *connection, gpointer data, GError **error)
{
    const struct change_work *work = data;
    g_autoptr(core_webhook) webhook = db_webhook_find(connection, &work->id, error);

    if (!webhook)
        return false;
    g_autoptr(json_t) message =
        message_of(CORE_WEBHOOK_TEST, json_pack("{s:o}", "webhook_id", base_json_uuid(&work->id)));
    return tell(connection, webhook, CORE_WEBHOOK_TEST, message, error);
}

bool service_webhook_test(struct service *service, const struct service_identity *identity,
                          const struct base_uuid *id, GError **error)
{
    struct change_work work = {.identity = identity, .id = *id};

    return service_allow_all(identity, CORE_ACTION_SETTING_WRITE, error) &&
           db_transaction(service->db, test_body, &work, error);
}

static bool listens(const struct core_webhook *webhook, enum core_webhook_event event)
{
    return webhook->events & CORE_WEBHOOK_BIT(event);
}

bool service_webhook_listens(struct db_connection *connection, enum core_webhook_event event,
                             bool *anybody, GError **error)
{
    g_autoptr(GPtrArray) webhooks = db_webhook_list(connection, true, error);

    *anybody = false;
    for (guint i = 0; webhooks && i < webhooks->len; i++)
        *anybody = *anybody || listens(webhooks->pdata[i], event);
    return webhooks != NULL;
}

bool service_webhook_event(struct db_connection *connection, enum core_webhook_event event,
                           json_t *data, GError **error)
{
    g_autoptr(json_t) message = message_of(event, data);
    g_autoptr(GPtrArray) webhooks = db_webhook_list(connection, true, error);

    for (guint i = 0; webhooks && i < webhooks->len; i++)
        if (listens(webhooks->pdata[i], event) &&
            !tell(connection, webhooks->pdata[i], event, message, error))
            return false;
    return webhooks != NULL;
}

static json_t *uuid_or_null(const struct base_uuid *id)
{
    return base_uuid_is_nil(id) ? json_null() : base_json_uuid(id);
}

static json_t *status_of(const struct core_attendance *mark)
{
    return json_pack("{s:s, s:o}", "status", core_status_name(mark->status), "status_code",
                     base_json_text_or_null(mark->status_code));
}

bool service_webhook_mark(struct db_connection *connection, enum core_webhook_event event,
                          const struct core_attendance *mark, const struct core_attendance *before,
                          GError **error)
{
    json_t *data = mark ? status_of(mark) : json_pack("{s:n, s:n}", "status", "status_code");

    if (!mark)
        mark = before;
    json_object_set_new(data, "id", base_json_uuid(&mark->id));
    json_object_set_new(data, "user_id", base_json_uuid(&mark->user_id));
    json_object_set_new(data, "session_id", uuid_or_null(&mark->session_id));
    json_object_set_new(data, "course_id", uuid_or_null(&mark->course_id));
    json_object_set_new(data, "day", json_string(mark->local_day));
    json_object_set_new(data, "marked_at", base_json_time(mark->marked_at));
    json_object_set_new(data, "method", json_string(core_method_name(mark->method)));
    if (before)
        json_object_set_new(data, "before", status_of(before));
    return service_webhook_event(connection, event, data, error);
}
