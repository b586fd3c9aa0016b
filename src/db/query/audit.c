#include "db/query/audit.h"

#include "db/query/row.h"

#include <string.h>

#define FILTER                                                                                     \
    "WHERE (? = 0 OR actor_id = ?) AND (? = 0 OR action = ?) AND (? = 0 OR subject = ?) "          \
    "AND happened_at >= ? AND happened_at < ? "
#define FILTER_VALUES 8

#define COLUMNS                                                                                    \
    "sequence, happened_at, actor_id, action, subject, details, position, previous_hash, hash "

static void read_hash(struct db_rows *rows, guint column, guint8 hash[CORE_AUDIT_HASH_SIZE])
{
    gsize size;
    const void *data = db_rows_blob(rows, column, &size);

    /* One of another length fits nothing, as zeros do. */
    if (size == CORE_AUDIT_HASH_SIZE)
        memcpy(hash, data, size);
}

static gpointer read_entry(struct db_rows *rows)
{
    struct core_audit *entry = g_new0(struct core_audit, 1);

    entry->sequence = db_rows_int(rows, 0);
    entry->happened_at = db_rows_time(rows, 1);
    entry->actor_id = db_rows_uuid(rows, 2);
    entry->action = db_rows_dup_text(rows, 3);
    entry->subject = db_rows_dup_text(rows, 4);
    entry->details = db_rows_dup_text(rows, 5);
    entry->position = db_rows_int(rows, 6);
    read_hash(rows, 7, entry->previous_hash);
    read_hash(rows, 8, entry->hash);
    return entry;
}

bool db_audit_append(struct db_connection *connection, const struct core_audit *entry,
                     GError **error)
{
    return db_execute(connection, NULL, error,
                      "INSERT INTO audit_log (happened_at, actor_id, action, subject, details) "
                      "VALUES (?, ?, ?, ?, ?)",
                      db_time(entry->happened_at), db_uuid(&entry->actor_id),
                      db_text(entry->action), db_text(entry->subject ? entry->subject : ""),
                      db_text(entry->details));
}

GPtrArray *db_audit_list(struct db_connection *connection, const struct db_audit_filter *filter,
                         const struct db_page *page, gint64 *total, GError **error)
{
    static const struct db_audit_filter ALL = {.action = NULL};

    if (!filter)
        filter = &ALL;
    const struct db_value values[FILTER_VALUES + 2] = {
        db_asked_uuid(&filter->actor_id),
        db_uuid(&filter->actor_id),
        db_asked_text(filter->action),
        db_text(filter->action),
        db_asked_text(filter->subject),
        db_text(filter->subject),
        db_time(filter->from ? filter->from : G_MININT64),
        db_time(filter->before ? filter->before : G_MAXINT64),
        db_int(db_page_limit(page)),
        db_int(db_page_offset(page)),
    };

    g_autoptr(GPtrArray) entries =
        db_rows_collect(db_query_values(connection, error,
                                        "SELECT " COLUMNS "FROM audit_log " FILTER
                                        "ORDER BY sequence DESC LIMIT ? OFFSET ?",
                                        values, G_N_ELEMENTS(values)),
                        read_entry, (GDestroyNotify)core_audit_free, error);
    if (entries && total && !db_page_total(page, entries->len, total) &&
        !db_query_int_values(connection, total, error, "SELECT COUNT(*) FROM audit_log " FILTER,
                             values, FILTER_VALUES))
        return NULL;
    return g_steal_pointer(&entries);
}

/* ---- The chain ---- */

bool db_audit_pending(struct db_connection *connection, gint64 *pending, GError **error)
{
    return db_query_int(connection, pending, error,
                        "SELECT COUNT(*) FROM audit_log WHERE position IS NULL");
}

/* The hash at a position, zeros when there is none. */
static bool read_head(struct db_connection *connection, struct core_audit_head *head,
                      GError **error)
{
    bool found;
    g_autoptr(db_rows) rows = db_query(
        connection, error, "SELECT hash FROM audit_log WHERE position = ?", db_int(head->position));

    memset(head->hash, 0, sizeof head->hash);
    if (!db_rows_first(rows, &found, error))
        return false;
    if (found)
        read_hash(rows, 0, head->hash);
    return true;
}

static bool read_position(struct db_connection *connection, gint64 *position, GError **error)
{
    return db_query_int(connection, position, error,
                        "SELECT value FROM counters WHERE name = 'audit_position'");
}

bool db_audit_head(struct db_connection *connection, struct core_audit_head *head, GError **error)
{
    return read_position(connection, &head->position, error) && read_head(connection, head, error);
}

struct sealing {
    guint limit;
    gint64 sealed;
};

static bool seal_entry(struct db_connection *connection, const struct core_audit *entry,
                       GError **error)
{
    return db_execute(connection, NULL, error,
                      "UPDATE audit_log SET position = ?, previous_hash = ?, hash = ? "
                      "WHERE sequence = ?",
                      db_int(entry->position),
                      db_blob(entry->previous_hash, sizeof entry->previous_hash),
                      db_blob(entry->hash, sizeof entry->hash), db_int(entry->sequence));
}

/* Whoever writes the counter first goes first; the others wait for its row, and then see what was
 * sealed. */
static bool seal_batch(struct db_connection *connection, gpointer data, GError **error)
{
    struct sealing *sealing = data;
    struct core_audit_head head;

    sealing->sealed = 0;
    if (!db_execute(connection, NULL, error,
                    "UPDATE counters SET value = value + 1 WHERE name = 'audit_position'") ||
        !read_position(connection, &head.position, error))
        return false;
    head.position--; /* it was counted up only to take the row */
    if (!read_head(connection, &head, error))
        return false;

    g_autoptr(GPtrArray) entries =
        db_rows_collect(db_query(connection, error,
                                 "SELECT " COLUMNS
                                 "FROM audit_log WHERE position IS NULL ORDER BY sequence LIMIT ?",
                                 db_int(sealing->limit)),
                        read_entry, (GDestroyNotify)core_audit_free, error);
    if (!entries)
        return false;
    for (guint i = 0; i < entries->len; i++) {
        core_audit_chain_append(&head, entries->pdata[i]);
        if (!seal_entry(connection, entries->pdata[i], error))
            return false;
    }
    sealing->sealed = entries->len;
    return db_execute(connection, NULL, error,
                      "UPDATE counters SET value = ? WHERE name = 'audit_position'",
                      db_int(head.position));
}

bool db_audit_seal(struct db_connection *connection, guint limit, gint64 *sealed, GError **error)
{
    struct sealing sealing = {.limit = limit};

    if (!db_transaction_keyed_on(connection, seal_batch, &sealing, error))
        return false;
    *sealed = sealing.sealed;
    return true;
}

bool db_audit_each(struct db_connection *connection, gint64 after, db_audit_visitor visit,
                   gpointer data, GError **error)
{
    GError *problem = NULL;
    bool going = true;
    g_autoptr(db_rows) rows = db_query_stream(
        connection, error, "SELECT " COLUMNS "FROM audit_log WHERE position > ? ORDER BY position",
        db_int(after));

    if (!rows)
        return false;
    while (going && db_rows_next(rows, &problem)) {
        g_autoptr(core_audit) entry = read_entry(rows);
        going = visit(entry, data, error);
    }
    if (problem)
        g_propagate_error(error, problem);
    return going && !problem;
}
