#include "db/query/calendar_feed.h"

#include "db/query/row.h"

bool db_calendar_feed_set(struct db_connection *connection, const struct base_uuid *user_id,
                          const guint8 hash[DB_CALENDAR_FEED_HASH_SIZE], base_time now,
                          GError **error)
{
    return db_calendar_feed_delete(connection, user_id, error) &&
           db_execute(connection, NULL, error,
                      "INSERT INTO calendar_feeds (user_id, token_hash, created_at) "
                      "VALUES (?, ?, ?)",
                      db_uuid(user_id), db_blob(hash, DB_CALENDAR_FEED_HASH_SIZE), db_time(now));
}

bool db_calendar_feed_find(struct db_connection *connection, const struct base_uuid *user_id,
                           base_time *created_at, GError **error)
{
    bool found;
    g_autoptr(db_rows) rows =
        db_query(connection, error, "SELECT f.created_at FROM calendar_feeds f WHERE f.user_id = ?",
                 db_uuid(user_id));

    *created_at = 0;
    if (!db_rows_first(rows, &found, error))
        return false;
    if (found)
        *created_at = db_rows_time(rows, 0);
    return true;
}

bool db_calendar_feed_delete(struct db_connection *connection, const struct base_uuid *user_id,
                             GError **error)
{
    return db_execute(connection, NULL, error, "DELETE FROM calendar_feeds WHERE user_id = ?",
                      db_uuid(user_id));
}

struct core_user *db_calendar_feed_owner(struct db_connection *connection,
                                         const guint8 hash[DB_CALENDAR_FEED_HASH_SIZE],
                                         GError **error)
{
    return db_rows_single(db_query(connection, error,
                                   DB_USER_SELECT "JOIN calendar_feeds f ON f.user_id = u.id "
                                                  "WHERE f.token_hash = ? AND u.active = TRUE "
                                                  "AND u.deleted_at IS NULL",
                                   db_blob(hash, DB_CALENDAR_FEED_HASH_SIZE)),
                          db_user_read, (GDestroyNotify)core_user_free, "calendar", error);
}
