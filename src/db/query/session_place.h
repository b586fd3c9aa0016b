/* The sessions of a room or a course with the rules that hold in them: what a kiosk needs to know.
 * Errors are those of db.h. */
#ifndef DB_QUERY_SESSION_PLACE_H
#define DB_QUERY_SESSION_PLACE_H

#include "core/catalogue.h"
#include "db/db.h"

struct db_session_place {
    struct core_session *session;
    char *rules; /* JSON of the policy that holds; NULL: the program's own rules */
};

/* The sessions, by start, that take place in the room or belong to the course (one of the two is
 * nil), start before `to` and end after `from`, at most `limit`. An array of struct
 * db_session_place * that frees them. */
GPtrArray *db_session_place_list(struct db_connection *connection, const struct base_uuid *room_id,
                                 const struct base_uuid *course_id, base_time from, base_time to,
                                 gint64 limit, GError **error);

#endif
