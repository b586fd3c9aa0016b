#include "db/query/device.h"

#include "base/text.h"
#include "db/query/row.h"

static const char *const STATES[DB_DEVICE_ENTRY_STATE_N] = {"open", "accepted", "refused"};

void db_device_entry_clear(struct db_device_entry *entry)
{
    g_free(entry->reason);
    *entry = (struct db_device_entry){0};
}

static enum db_device_entry_state state_of(const char *name)
{
    const int index = base_text_index(STATES, DB_DEVICE_ENTRY_STATE_N, name);

    return index >= 0 ? (enum db_device_entry_state)index : DB_DEVICE_ENTRY_STATE_N;
}

static bool entry_read(struct db_connection *connection, const struct db_device_entry *entry,
                       struct db_device_entry *standing, GError **error)
{
    g_autoptr(db_rows) rows =
        db_query(connection, error,
                 "SELECT e.state, e.reason, e.marked, e.lease_id, e.captured_at "
                 "FROM device_entries e WHERE e.device_id = ? AND e.counter = ?",
                 db_uuid(&entry->device_id), db_int(entry->counter));
    GError *problem = NULL;

    *standing = (struct db_device_entry){
        .device_id = entry->device_id,
        .counter = entry->counter,
    };
    if (!rows)
        return false;
    if (db_rows_next(rows, &problem)) {
        standing->state = state_of(db_rows_text(rows, 0));
        standing->reason = db_rows_dup_text(rows, 1);
        standing->marked = db_rows_int(rows, 2);
        standing->lease_id = db_rows_uuid(rows, 3);
        standing->captured_at = db_rows_time(rows, 4);
    }
    if (problem)
        g_propagate_error(error, problem);
    return !problem;
}

bool db_device_entry_take(struct db_connection *connection, const struct db_device_entry *entry,
                          base_time now, base_time until, struct db_device_entry *standing,
                          GError **error)
{
#define ADD                                                                                        \
    "INSERT INTO device_entries (device_id, counter, state, marked, lease_id, lease_until, "       \
    "captured_at, received_at) VALUES (?, ?, 'open', 0, ?, ?, ?, ?) "
    static const struct db_sql TAKE = {
        .common = ADD "ON CONFLICT (device_id, counter) DO NOTHING",
        .mariadb = ADD "ON DUPLICATE KEY UPDATE counter = counter",
    };

    return db_execute(connection, NULL, error, db_sql(connection, &TAKE),
                      db_uuid(&entry->device_id), db_int(entry->counter), db_uuid(&entry->lease_id),
                      db_time(until), db_time(entry->captured_at), db_time(now)) &&
           db_execute(connection, NULL, error,
                      "UPDATE device_entries SET lease_id = ?, lease_until = ? "
                      "WHERE device_id = ? AND counter = ? AND state = 'open' AND lease_until < ?",
                      db_uuid(&entry->lease_id), db_time(until), db_uuid(&entry->device_id),
                      db_int(entry->counter), db_time(now)) &&
           entry_read(connection, entry, standing, error);
}

bool db_device_entry_settle(struct db_connection *connection, const struct db_device_entry *entry,
                            bool *settled, GError **error)
{
    gint64 changed = 0;

    if (!db_execute(connection, &changed, error,
                    "UPDATE device_entries SET state = ?, reason = ?, marked = ?, "
                    "lease_id = NULL, lease_until = NULL WHERE device_id = ? AND counter = ? "
                    "AND lease_id = ?",
                    db_text(STATES[entry->state]), db_text(entry->reason), db_int(entry->marked),
                    db_uuid(&entry->device_id), db_int(entry->counter), db_uuid(&entry->lease_id)))
        return false;
    *settled = changed == 1;
    return true;
}

bool db_device_entry_release(struct db_connection *connection, const struct db_device_entry *entry,
                             base_time now, GError **error)
{
    return db_execute(connection, NULL, error,
                      "UPDATE device_entries SET lease_until = ? WHERE device_id = ? "
                      "AND counter = ? AND lease_id = ?",
                      db_time(now - BASE_TIME_SECOND), db_uuid(&entry->device_id),
                      db_int(entry->counter), db_uuid(&entry->lease_id));
}

bool db_device_entry_next(struct db_connection *connection, const struct base_uuid *device_id,
                          gint64 *next, GError **error)
{
    return db_query_int(connection, next, error,
                        "SELECT COALESCE(MAX(e.counter), 0) + 1 FROM device_entries e "
                        "WHERE e.device_id = ?",
                        db_uuid(device_id));
}
