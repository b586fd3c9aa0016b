/* The calendar_feeds table: the secret address of a person's calendar, of which only the SHA-256 is
 * kept. Errors are those of db.h. */
#ifndef DB_QUERY_CALENDAR_FEED_H
#define DB_QUERY_CALENDAR_FEED_H

#include "core/types.h"
#include "db/db.h"

#define DB_CALENDAR_FEED_HASH_SIZE 32

/* Gives the person this address in place of the one before. */
bool db_calendar_feed_set(struct db_connection *connection, const struct base_uuid *user_id,
                          const guint8 hash[DB_CALENDAR_FEED_HASH_SIZE], base_time now,
                          GError **error);

/* Whether and since when there is one; `created_at` gets 0 when there is none. */
bool db_calendar_feed_find(struct db_connection *connection, const struct base_uuid *user_id,
                           base_time *created_at, GError **error);

/* Taking away what is not there changes nothing. */
bool db_calendar_feed_delete(struct db_connection *connection, const struct base_uuid *user_id,
                             GError **error);

/* The person with this address, active and not erased; BASE_ERROR_NOT_FOUND otherwise. */
struct core_user *db_calendar_feed_owner(struct db_connection *connection,
                                         const guint8 hash[DB_CALENDAR_FEED_HASH_SIZE],
                                         GError **error);

#endif
