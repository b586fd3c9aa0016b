#include "db/query/outbox.h"

#include "base/error.h"
#include "base/text.h"
#include "db/query/row.h"

#define SELECT                                                                                     \
    "SELECT o.id, o.channel, o.kind, o.dedupe_key, o.user_id, o.webhook_id, o.parameters, "        \
    "o.state, o.attempts, o.due_at, o.leased_until, o.lease, o.last_error, o.created_at, "         \
    "o.finished_at FROM outbox o "

#define INSERT                                                                                     \
    "INSERT INTO outbox (id, channel, kind, dedupe_key, user_id, webhook_id, parameters, state, "  \
    "attempts, due_at, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, 'waiting', 0, ?, ?) "

#define FILTER                                                                                     \
    "WHERE (? = 0 OR o.state = ?) AND (? = 0 OR o.channel = ?) AND (? = 0 OR o.kind = ?) "         \
    "AND (? = 0 OR o.user_id = ?) AND (? = 0 OR o.webhook_id = ?) "
#define FILTER_VALUES 10

static const char *const CHANNELS[DB_OUTBOX_CHANNEL_N] = {
    [DB_OUTBOX_MAIL] = "mail",
    [DB_OUTBOX_WEBHOOK] = "webhook",
};

static const char *const STATES[DB_OUTBOX_STATE_N] = {
    [DB_OUTBOX_WAITING] = "waiting",
    [DB_OUTBOX_SENT] = "sent",
    [DB_OUTBOX_DEAD] = "dead",
    [DB_OUTBOX_CANCELLED] = "cancelled",
};

const char *db_outbox_channel_name(enum db_outbox_channel channel)
{
    return (unsigned)channel < DB_OUTBOX_CHANNEL_N ? CHANNELS[channel] : NULL;
}

const char *db_outbox_state_name(enum db_outbox_state state)
{
    return (unsigned)state < DB_OUTBOX_STATE_N ? STATES[state] : NULL;
}

bool db_outbox_state_from_name(const char *name, enum db_outbox_state *state)
{
    const int index = base_text_index(STATES, DB_OUTBOX_STATE_N, name);

    if (index >= 0)
        *state = (enum db_outbox_state)index;
    return index >= 0;
}

void db_outbox_entry_free(struct db_outbox_entry *entry)
{
    if (!entry)
        return;
    g_free(entry->kind);
    g_free(entry->dedupe_key);
    g_free(entry->parameters);
    g_free(entry->lease);
    g_free(entry->last_error);
    g_free(entry);
}

static gpointer read_entry(struct db_rows *rows)
{
    struct db_outbox_entry *entry = g_new0(struct db_outbox_entry, 1);

    entry->id = db_rows_uuid(rows, 0);
    entry->channel =
        g_strcmp0(db_rows_text(rows, 1), "webhook") == 0 ? DB_OUTBOX_WEBHOOK : DB_OUTBOX_MAIL;
    entry->kind = db_rows_dup_text(rows, 2);
    entry->dedupe_key = db_rows_dup_text(rows, 3);
    entry->user_id = db_rows_uuid(rows, 4);
    entry->webhook_id = db_rows_uuid(rows, 5);
    entry->parameters = db_rows_dup_text(rows, 6);
    /* The table's own rule allows no other name. */
    (void)db_outbox_state_from_name(db_rows_text(rows, 7), &entry->state);
    entry->attempts = db_rows_int(rows, 8);
    entry->due_at = db_rows_time(rows, 9);
    entry->leased_until = db_rows_time(rows, 10);
    entry->lease = db_rows_dup_text(rows, 11);
    entry->last_error = db_rows_dup_text(rows, 12);
    entry->created_at = db_rows_time(rows, 13);
    entry->finished_at = db_rows_time(rows, 14);
    return entry;
}

static GPtrArray *collect(struct db_rows *rows, GError **error)
{
    return db_rows_collect(rows, read_entry, (GDestroyNotify)db_outbox_entry_free, error);
}

bool db_outbox_insert(struct db_connection *connection, const struct db_outbox_entry *entry,
                      bool *added, GError **error)
{
    static const struct db_sql INSERT_IF_ABSENT = {
        .common = INSERT "ON CONFLICT (dedupe_key) DO NOTHING",
        .mariadb = INSERT "ON DUPLICATE KEY UPDATE id = id",
    };
    gint64 ours = 0;

    if (!db_execute(connection, NULL, error, db_sql(connection, &INSERT_IF_ABSENT),
                    db_uuid(&entry->id), db_text(db_outbox_channel_name(entry->channel)),
                    db_text(entry->kind), db_text(entry->dedupe_key), db_uuid(&entry->user_id),
                    db_uuid(&entry->webhook_id), db_text(entry->parameters), db_time(entry->due_at),
                    db_time(entry->created_at)))
        return false;
    if (!added)
        return true;
    /* What the servers count as changed differs when the key was there. */
    if (!db_query_int(connection, &ours, error, "SELECT COUNT(*) FROM outbox WHERE id = ?",
                      db_uuid(&entry->id)))
        return false;
    *added = ours > 0;
    return true;
}

struct db_outbox_entry *db_outbox_find(struct db_connection *connection, const struct base_uuid *id,
                                       GError **error)
{
    return db_rows_single(db_query(connection, error, SELECT "WHERE o.id = ?", db_uuid(id)),
                          read_entry, (GDestroyNotify)db_outbox_entry_free, "message", error);
}

GPtrArray *db_outbox_due(struct db_connection *connection, enum db_outbox_channel channel,
                         base_time now, gint64 limit, GError **error)
{
    return collect(db_query(connection, error,
                            SELECT "WHERE o.state = 'waiting' AND o.channel = ? AND o.due_at <= ? "
                                   "AND (o.leased_until IS NULL OR o.leased_until < ?) "
                                   "ORDER BY o.due_at, o.id LIMIT ?",
                            db_text(db_outbox_channel_name(channel)), db_time(now), db_time(now),
                            db_int(limit)),
                   error);
}

bool db_outbox_claim(struct db_connection *connection, const struct base_uuid *id,
                     const char *lease, base_time now, base_time until, bool *claimed,
                     GError **error)
{
    gint64 changed = 0;

    if (!db_execute(connection, &changed, error,
                    "UPDATE outbox SET lease = ?, leased_until = ?, attempts = attempts + 1 "
                    "WHERE id = ? AND state = 'waiting' AND due_at <= ? "
                    "AND (leased_until IS NULL OR leased_until < ?)",
                    db_text(lease), db_time(until), db_uuid(id), db_time(now), db_time(now)))
        return false;
    *claimed = changed == 1;
    return true;
}

bool db_outbox_finish(struct db_connection *connection, const struct base_uuid *id,
                      const char *lease, enum db_outbox_state state, const char *problem,
                      base_time now, bool *held, GError **error)
{
    gint64 changed = 0;
    const bool ok = db_execute(connection, &changed, error,
                               "UPDATE outbox SET state = ?, last_error = ?, finished_at = ?, "
                               "lease = NULL, leased_until = NULL WHERE id = ? AND lease = ? "
                               "AND state = 'waiting'",
                               db_text(db_outbox_state_name(state)), db_text(problem), db_time(now),
                               db_uuid(id), db_text(lease));

    if (held)
        *held = changed == 1;
    return ok;
}

bool db_outbox_postpone(struct db_connection *connection, const struct base_uuid *id,
                        const char *lease, const char *problem, base_time due_at, bool *held,
                        GError **error)
{
    gint64 changed = 0;
    const bool ok = db_execute(connection, &changed, error,
                               "UPDATE outbox SET last_error = ?, due_at = ?, lease = NULL, "
                               "leased_until = NULL WHERE id = ? AND lease = ? "
                               "AND state = 'waiting'",
                               db_text(problem), db_time(due_at), db_uuid(id), db_text(lease));

    if (held)
        *held = changed == 1;
    return ok;
}

bool db_outbox_postpone_webhook(struct db_connection *connection,
                                const struct base_uuid *webhook_id, const char *problem,
                                base_time now, base_time due_at, GError **error)
{
    return db_execute(connection, NULL, error,
                      "UPDATE outbox SET last_error = ?, due_at = ?, attempts = attempts + 1 "
                      "WHERE webhook_id = ? AND state = 'waiting' AND due_at <= ? "
                      "AND (leased_until IS NULL OR leased_until < ?)",
                      db_text(problem), db_time(due_at), db_uuid(webhook_id), db_time(now),
                      db_time(now));
}

bool db_outbox_cancel(struct db_connection *connection, const struct base_uuid *id, base_time now,
                      gint64 *changed, GError **error)
{
    return db_execute(connection, changed, error,
                      "UPDATE outbox SET state = 'cancelled', finished_at = ? WHERE id = ? "
                      "AND (state = 'dead' OR (state = 'waiting' "
                      "AND (leased_until IS NULL OR leased_until < ?)))",
                      db_time(now), db_uuid(id), db_time(now));
}

bool db_outbox_requeue(struct db_connection *connection, const struct base_uuid *id, base_time now,
                       gint64 *changed, GError **error)
{
    return db_execute(connection, changed, error,
                      "UPDATE outbox SET state = 'waiting', attempts = 0, due_at = ?, "
                      "lease = NULL, leased_until = NULL, finished_at = NULL WHERE id = ? "
                      "AND state IN ('dead', 'cancelled')",
                      db_time(now), db_uuid(id));
}

bool db_outbox_requeue_dead(struct db_connection *connection, enum db_outbox_channel channel,
                            base_time now, gint64 *changed, GError **error)
{
    return db_execute(connection, changed, error,
                      "UPDATE outbox SET state = 'waiting', attempts = 0, due_at = ?, "
                      "lease = NULL, leased_until = NULL, finished_at = NULL "
                      "WHERE state = 'dead' AND channel = ?",
                      db_time(now), db_text(db_outbox_channel_name(channel)));
}

bool db_outbox_hurry(struct db_connection *connection, enum db_outbox_channel channel,
                     base_time now, gint64 *changed, GError **error)
{
    return db_execute(connection, changed, error,
                      "UPDATE outbox SET due_at = ? WHERE state = 'waiting' AND channel = ? "
                      "AND due_at > ? AND attempts > 0",
                      db_time(now), db_text(db_outbox_channel_name(channel)), db_time(now));
}

bool db_outbox_purge(struct db_connection *connection, base_time before, base_time dead_before,
                     gint64 *removed, GError **error)
{
    return db_execute(connection, removed, error,
                      "DELETE FROM outbox WHERE (state IN ('sent', 'cancelled') "
                      "AND finished_at < ?) OR (state = 'dead' AND finished_at < ?)",
                      db_time(before), db_time(dead_before));
}

GPtrArray *db_outbox_list(struct db_connection *connection, const struct db_outbox_filter *filter,
                          const struct db_page *page, gint64 *total, GError **error)
{
    static const struct db_outbox_filter ALL = {.state = DB_ANY, .channel = DB_ANY};

    if (!filter)
        filter = &ALL;
    const struct db_value values[FILTER_VALUES + 2] = {
        db_asked_enum(filter->state),
        db_text(filter->state < 0 ? NULL : db_outbox_state_name(filter->state)),
        db_asked_enum(filter->channel),
        db_text(filter->channel < 0 ? NULL : db_outbox_channel_name(filter->channel)),
        db_asked_text(filter->kind),
        db_text(filter->kind),
        db_asked_uuid(&filter->user_id),
        db_uuid(&filter->user_id),
        db_asked_uuid(&filter->webhook_id),
        db_uuid(&filter->webhook_id),
        db_int(db_page_limit(page)),
        db_int(db_page_offset(page)),
    };

    g_autoptr(GPtrArray) entries = collect(
        db_query_values(connection, error,
                        SELECT FILTER "ORDER BY o.created_at DESC, o.id DESC LIMIT ? OFFSET ?",
                        values, G_N_ELEMENTS(values)),
        error);
    if (entries && total && !db_page_total(page, entries->len, total) &&
        !db_query_int_values(connection, total, error, "SELECT COUNT(*) FROM outbox o " FILTER,
                             values, FILTER_VALUES))
        return NULL;
    return g_steal_pointer(&entries);
}
