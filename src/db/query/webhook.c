#include "db/query/webhook.h"

#include "db/query/row.h"

#define SELECT                                                                                     \
    "SELECT id, institution_id, url, events, secret, active, created_at, updated_at FROM "         \
    "webhooks "

static gpointer read_webhook(struct db_rows *rows)
{
    struct core_webhook *webhook = g_new0(struct core_webhook, 1);

    webhook->id = db_rows_uuid(rows, 0);
    webhook->institution_id = db_rows_uuid(rows, 1);
    webhook->url = db_rows_dup_text(rows, 2);
    webhook->events = core_webhook_events_parse(db_rows_text(rows, 3));
    webhook->secret = db_rows_dup_text(rows, 4);
    webhook->active = db_rows_bool(rows, 5);
    webhook->created_at = db_rows_time(rows, 6);
    webhook->updated_at = db_rows_time(rows, 7);
    return webhook;
}

bool db_webhook_insert(struct db_connection *connection, const struct core_webhook *webhook,
                       GError **error)
{
    g_autofree char *events = core_webhook_events_format(webhook->events);

    return db_execute(connection, NULL, error,
                      "INSERT INTO webhooks (id, institution_id, url, events, secret, active, "
                      "created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                      db_uuid(&webhook->id), db_uuid(&webhook->institution_id),
                      db_text(webhook->url), db_text(events), db_text(webhook->secret),
                      db_bool(webhook->active), db_time(webhook->created_at),
                      db_time(webhook->updated_at));
}

struct core_webhook *db_webhook_find(struct db_connection *connection, const struct base_uuid *id,
                                     GError **error)
{
    return db_rows_single(db_query(connection, error, SELECT "WHERE id = ?", db_uuid(id)),
                          read_webhook, (GDestroyNotify)core_webhook_free, "webhook", error);
}

GPtrArray *db_webhook_list(struct db_connection *connection, bool active_only, GError **error)
{
    return db_rows_collect(db_query(connection, error,
                                    SELECT "WHERE (? = 0 OR active = TRUE) ORDER BY created_at, id",
                                    db_int(active_only)),
                           read_webhook, (GDestroyNotify)core_webhook_free, error);
}

bool db_webhook_update(struct db_connection *connection, const struct core_webhook *webhook,
                       GError **error)
{
    g_autofree char *events = core_webhook_events_format(webhook->events);
    gint64 changed;

    return db_execute(connection, &changed, error,
                      "UPDATE webhooks SET url = ?, events = ?, active = ?, updated_at = ? "
                      "WHERE id = ?",
                      db_text(webhook->url), db_text(events), db_bool(webhook->active),
                      db_time(webhook->updated_at), db_uuid(&webhook->id)) &&
           db_changed_some(changed, "webhook", error);
}

bool db_webhook_delete(struct db_connection *connection, const struct base_uuid *id, GError **error)
{
    gint64 changed;

    return db_execute(connection, &changed, error, "DELETE FROM webhooks WHERE id = ?",
                      db_uuid(id)) &&
           db_changed_some(changed, "webhook", error);
}
