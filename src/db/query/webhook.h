/* The webhooks table. Errors are those of db.h. */
#ifndef DB_QUERY_WEBHOOK_H
#define DB_QUERY_WEBHOOK_H

#include "core/webhook.h"
#include "db/db.h"

bool db_webhook_insert(struct db_connection *connection, const struct core_webhook *webhook,
                       GError **error);

/* NULL with BASE_ERROR_NOT_FOUND when there is none. */
struct core_webhook *db_webhook_find(struct db_connection *connection, const struct base_uuid *id,
                                     GError **error);

/* All of them, the oldest first, or only the active ones: an array of struct core_webhook * that
 * frees them. They are few. */
GPtrArray *db_webhook_list(struct db_connection *connection, bool active_only, GError **error);

/* Writes URL, events, active and updated_at. BASE_ERROR_NOT_FOUND when there is none. */
bool db_webhook_update(struct db_connection *connection, const struct core_webhook *webhook,
                       GError **error);

/* With what waits for it. BASE_ERROR_NOT_FOUND when there is none. */
bool db_webhook_delete(struct db_connection *connection, const struct base_uuid *id,
                       GError **error);

#endif
