#include "db/query/token.h"

bool db_token_revoke(struct db_connection *connection, const char *jti, base_time expires_at,
                     GError **error)
{
    static const struct db_sql REVOKE = {
        .common = "INSERT INTO revoked_tokens (jti, expires_at) VALUES (?, ?) "
                  "ON CONFLICT (jti) DO NOTHING",
        .mariadb = "INSERT INTO revoked_tokens (jti, expires_at) VALUES (?, ?) "
                   "ON DUPLICATE KEY UPDATE jti = jti",
    };

    return db_execute(connection, NULL, error, db_sql(connection, &REVOKE), db_text(jti),
                      db_time(expires_at));
}

bool db_token_is_revoked(struct db_connection *connection, const char *jti, bool *revoked,
                         GError **error)
{
    gint64 count;

    if (!db_query_int(connection, &count, error,
                      "SELECT COUNT(*) FROM revoked_tokens WHERE jti = ?", db_text(jti)))
        return false;
    *revoked = count > 0;
    return true;
}

bool db_token_purge(struct db_connection *connection, base_time now, gint64 *removed,
                    GError **error)
{
    return db_execute(connection, removed, error, "DELETE FROM revoked_tokens WHERE expires_at < ?",
                      db_time(now));
}
