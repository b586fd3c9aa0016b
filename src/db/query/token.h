/* The revoked_tokens table: tokens that were signed out before they expired. */
#ifndef DB_QUERY_TOKEN_H
#define DB_QUERY_TOKEN_H

#include "db/db.h"

/* Revoking twice changes nothing. `jti` is the token's own id, at most 64 characters. */
bool db_token_revoke(struct db_connection *connection, const char *jti, base_time expires_at,
                     GError **error);

bool db_token_is_revoked(struct db_connection *connection, const char *jti, bool *revoked,
                         GError **error);

/* Forgets those that expired before `now`. `removed` may be NULL. */
bool db_token_purge(struct db_connection *connection, base_time now, gint64 *removed,
                    GError **error);

#endif
