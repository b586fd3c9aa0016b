/* The pins table: what people without a face type at a kiosk. Errors are those of db.h. */
#ifndef DB_QUERY_PIN_H
#define DB_QUERY_PIN_H

#include "db/db.h"

/* Replaces the one there is. Call it in a transaction. */
bool db_pin_set(struct db_connection *connection, const struct base_uuid *user_id, const char *hash,
                base_time now, GError **error);

/* `removed` (may be NULL): whether there was one. */
bool db_pin_delete(struct db_connection *connection, const struct base_uuid *user_id, bool *removed,
                   GError **error);

/* `hash` (g_free() it; may be NULL) and `changed_at` (may be NULL) get NULL and 0 when there is
 * none: that is no error. */
bool db_pin_find(struct db_connection *connection, const struct base_uuid *user_id, char **hash,
                 base_time *changed_at, GError **error);

#endif
