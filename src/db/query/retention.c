#include "db/query/retention.h"

#include "db/driver.h"
#include "db/query/row.h"

#include <string.h>

#define LEFT "FROM users WHERE active = FALSE AND deleted_at IS NULL AND updated_at < ? "

bool db_retention_audit_end(struct db_connection *connection, base_time before, gint64 *through,
                            GError **error)
{
    gint64 end = 0, first_kept = 0;

    if (!db_query_int(connection, &end, error,
                      "SELECT COALESCE(MAX(position), 0) FROM audit_log") ||
        !db_query_int(connection, &first_kept, error,
                      "SELECT COALESCE(MIN(position), 0) FROM audit_log "
                      "WHERE position IS NOT NULL AND happened_at >= ?",
                      db_time(before)))
        return false;
    const gint64 last = (first_kept > 0 ? MIN(first_kept, end) : end) - 1;
    gint64 there = 0;
    if (!db_query_int(connection, &there, error,
                      "SELECT COUNT(*) FROM audit_log WHERE position = ?", db_int(last)))
        return false;
    *through = there ? last : 0;
    return true;
}

bool db_retention_audit_count(struct db_connection *connection, gint64 through, gint64 *count,
                              GError **error)
{
    return db_query_int(connection, count, error,
                        "SELECT COUNT(*) FROM audit_log WHERE position <= ?", db_int(through));
}

bool db_retention_audit_forget(struct db_connection *connection, struct core_audit_head *through,
                               gint64 *removed, GError **error)
{
    GError *problem = NULL;
    gsize size = 0;
    g_autoptr(db_rows) rows =
        db_query(connection, error, "SELECT hash FROM audit_log WHERE position = ?",
                 db_int(through->position));

    if (!rows)
        return false;
    if (db_rows_next(rows, &problem)) {
        const void *hash = db_rows_blob(rows, 0, &size);
        if (size == sizeof through->hash)
            memcpy(through->hash, hash, size);
    }
    if (problem) {
        g_propagate_error(error, problem);
        return false;
    }
    g_clear_pointer(&rows, db_rows_free);
    return db_execute(connection, removed, error, "DELETE FROM audit_log WHERE position <= ?",
                      db_int(through->position));
}

bool db_retention_review_count(struct db_connection *connection, base_time before, gint64 *count,
                               GError **error)
{
    return db_query_int(connection, count, error,
                        "SELECT COUNT(*) FROM reviews WHERE state = 'open' AND created_at < ?",
                        db_time(before));
}

bool db_retention_left_count(struct db_connection *connection, base_time before, gint64 *count,
                             GError **error)
{
    return db_query_int(connection, count, error, "SELECT COUNT(*) " LEFT, db_time(before));
}

GArray *db_retention_left_list(struct db_connection *connection, base_time before,
                               const struct base_uuid *after, gint64 limit, GError **error)
{
    GError *problem = NULL;
    g_autoptr(db_rows) rows =
        base_uuid_is_nil(after)
            ? db_query(connection, error, "SELECT id " LEFT "ORDER BY id LIMIT ?", db_time(before),
                       db_int(limit))
            : db_query(connection, error, "SELECT id " LEFT "AND id > ? ORDER BY id LIMIT ?",
                       db_time(before), db_uuid(after), db_int(limit));
    g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(struct base_uuid));

    while (rows && db_rows_next(rows, &problem)) {
        const struct base_uuid id = db_rows_uuid(rows, 0);
        g_array_append_val(ids, id);
    }
    if (problem)
        g_propagate_error(error, problem);
    return rows && !problem ? g_steal_pointer(&ids) : NULL;
}
