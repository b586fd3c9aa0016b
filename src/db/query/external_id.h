/* The external_ids table: what things are called in the systems that they were imported from.
 * Errors are those of db.h. */
#ifndef DB_QUERY_EXTERNAL_ID_H
#define DB_QUERY_EXTERNAL_ID_H

#include "db/db.h"

/* All of a kind ("oneroster.user"): char * → struct base_uuid *, both the table's own. */
GHashTable *db_external_id_load(struct db_connection *connection, const char *kind, GError **error);

/* Says what the id stands for from now on. Call it in a transaction. */
bool db_external_id_set(struct db_connection *connection, const char *kind, const char *external_id,
                        const struct base_uuid *entity_id, base_time now, GError **error);

bool db_external_id_delete(struct db_connection *connection, const char *kind,
                           const char *external_id, GError **error);

#endif
