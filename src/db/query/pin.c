#include "db/query/pin.h"

bool db_pin_set(struct db_connection *connection, const struct base_uuid *user_id, const char *hash,
                base_time now, GError **error)
{
    return db_pin_delete(connection, user_id, NULL, error) &&
           db_execute(connection, NULL, error,
                      "INSERT INTO pins (user_id, hash, changed_at) VALUES (?, ?, ?)",
                      db_uuid(user_id), db_text(hash), db_time(now));
}

bool db_pin_delete(struct db_connection *connection, const struct base_uuid *user_id, bool *removed,
                   GError **error)
{
    gint64 changed = 0;

    if (!db_execute(connection, &changed, error, "DELETE FROM pins WHERE user_id = ?",
                    db_uuid(user_id)))
        return false;
    if (removed)
        *removed = changed > 0;
    return true;
}

bool db_pin_find(struct db_connection *connection, const struct base_uuid *user_id, char **hash,
                 base_time *changed_at, GError **error)
{
    g_autoptr(db_rows) rows =
        db_query(connection, error, "SELECT p.hash, p.changed_at FROM pins p WHERE p.user_id = ?",
                 db_uuid(user_id));
    GError *problem = NULL;

    if (!rows)
        return false;
    const bool found = db_rows_next(rows, &problem);
    if (hash)
        *hash = found ? db_rows_dup_text(rows, 0) : NULL;
    if (changed_at)
        *changed_at = found ? db_rows_time(rows, 1) : 0;
    if (problem)
        g_propagate_error(error, problem);
    return !problem;
}
