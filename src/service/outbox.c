#include "service/outbox.h"

#include "service/internal.h"

bool service_outbox_add(struct db_connection *connection, const struct service_outbox_entry *entry,
                        bool *added, GError **error)
{
    const base_time now = base_time_now();
    g_autoptr(json_t) parameters = entry->parameters ? entry->parameters : json_object();
    g_autofree char *text = base_json_format(parameters);
    struct db_outbox_entry row = {
        .channel = entry->channel,
        .kind = (char *)entry->kind,
        .dedupe_key = (char *)entry->dedupe_key,
        .user_id = entry->user_id,
        .webhook_id = entry->webhook_id,
        .parameters = text,
        .due_at = entry->due_at ? entry->due_at : now,
        .created_at = now,
    };

    base_uuid_new(&row.id);
    return db_outbox_insert(connection, &row, added, error);
}

static bool allow(const struct service_identity *identity, GError **error)
{
    return identity->role == CORE_ROLE_ADMIN ||
           base_fail(error, BASE_ERROR_FORBIDDEN, "You are not allowed to do this.");
}

GPtrArray *service_outbox_list(struct service *service, const struct service_identity *identity,
                               const struct db_outbox_filter *filter, const struct db_page *page,
                               gint64 *total, GError **error)
{
    if (!allow(identity, error))
        return NULL;
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    return connection ? db_outbox_list(connection, filter, page, total, error) : NULL;
}

struct db_outbox_entry *service_outbox_find(struct service *service,
                                            const struct service_identity *identity,
                                            const struct base_uuid *id, GError **error)
{
    if (!allow(identity, error))
        return NULL;
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    return connection ? db_outbox_find(connection, id, error) : NULL;
}

/* ---- changes ---- */

typedef bool (*outbox_change)(struct db_connection *connection, const struct base_uuid *id,
                              base_time now, gint64 *changed, GError **error);

struct outbox_work {
    const struct service_identity *identity;
    const struct base_uuid *id;
    outbox_change change;
    const char *action;
    const char *conflict;
};

static bool change_body(struct db_connection *connection, gpointer data, GError **error)
{
    const struct outbox_work *work = data;
    gint64 changed = 0;
    g_autoptr(db_outbox_entry) entry = db_outbox_find(connection, work->id, error);

    if (!entry || !work->change(connection, work->id, base_time_now(), &changed, error))
        return false;
    if (changed == 0)
        return base_fail(error, BASE_ERROR_CONFLICT, "%s", work->conflict);
    return service_audit(connection, work->identity, work->action, work->id,
                         json_pack("{s:s}", "kind", entry->kind), error);
}

bool service_outbox_retry(struct service *service, const struct service_identity *identity,
                          const struct base_uuid *id, GError **error)
{
    struct outbox_work work = {identity, id, db_outbox_requeue, "outbox.retry",
                               "Only what was given up or cancelled can be sent again."};

    return allow(identity, error) && db_transaction(service->db, change_body, &work, error);
}

bool service_outbox_cancel(struct service *service, const struct service_identity *identity,
                           const struct base_uuid *id, GError **error)
{
    struct outbox_work work = {identity, id, db_outbox_cancel, "outbox.cancel",
                               "It was sent, is being sent or is cancelled already."};

    return allow(identity, error) && db_transaction(service->db, change_body, &work, error);
}

struct retry_all {
    const struct service_identity *identity;
    enum db_outbox_channel channel;
    gint64 changed;
};

static bool retry_all_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct retry_all *work = data;

    work->changed = 0;
    return db_outbox_requeue_dead(connection, work->channel, base_time_now(), &work->changed,
                                  error) &&
           (work->changed == 0 ||
            service_audit(connection, work->identity, "outbox.retry", NULL,
                          json_pack("{s:s, s:I}", "channel", db_outbox_channel_name(work->channel),
                                    "count", (json_int_t)work->changed),
                          error));
}

bool service_outbox_retry_dead(struct service *service, const struct service_identity *identity,
                               enum db_outbox_channel channel, gint64 *changed, GError **error)
{
    struct retry_all work = {identity, channel, 0};

    if (!allow(identity, error) || !db_transaction(service->db, retry_all_body, &work, error))
        return false;
    if (changed)
        *changed = work.changed;
    return true;
}
