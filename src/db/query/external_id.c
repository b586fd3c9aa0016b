#include "db/query/external_id.h"

GHashTable *db_external_id_load(struct db_connection *connection, const char *kind, GError **error)
{
    g_autoptr(GHashTable) ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autoptr(db_rows) rows =
        db_query(connection, error,
                 "SELECT external_id, entity_id FROM external_ids WHERE kind = ?", db_text(kind));
    GError *problem = NULL;

    if (!rows)
        return NULL;
    while (db_rows_next(rows, &problem)) {
        const struct base_uuid id = db_rows_uuid(rows, 1);
        g_hash_table_insert(ids, db_rows_dup_text(rows, 0), g_memdup2(&id, sizeof id));
    }
    if (problem) {
        g_propagate_error(error, problem);
        return NULL;
    }
    return g_steal_pointer(&ids);
}

bool db_external_id_delete(struct db_connection *connection, const char *kind,
                           const char *external_id, GError **error)
{
    return db_execute(connection, NULL, error,
                      "DELETE FROM external_ids WHERE kind = ? AND external_id = ?", db_text(kind),
                      db_text(external_id));
}

bool db_external_id_set(struct db_connection *connection, const char *kind, const char *external_id,
                        const struct base_uuid *entity_id, base_time now, GError **error)
{
    return db_external_id_delete(connection, kind, external_id, error) &&
           db_execute(connection, NULL, error,
                      "INSERT INTO external_ids (kind, external_id, entity_id, created_at) "
                      "VALUES (?, ?, ?, ?)",
                      db_text(kind), db_text(external_id), db_uuid(entity_id), db_time(now));
}
