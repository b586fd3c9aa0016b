/* Sessions and marks together: what somebody could be marked in at one moment, with all that the
 * choice needs, and who has no mark in a session. Errors are those of db.h. */
#ifndef DB_QUERY_SESSION_OPEN_H
#define DB_QUERY_SESSION_OPEN_H

#include "core/catalogue.h"
#include "core/types.h"
#include "db/db.h"

struct db_session_open {
    struct core_session *session;
    char *rules;             /* JSON of the policy that holds; NULL: the program's own rules */
    struct base_uuid mark;   /* this person's; nil: none */
    enum core_method method; /* of that mark */
};

/*
 * The sessions, by start, that take place, have this person on their roster, and start at most
 * CORE_RULES_OPENS_BEFORE_MAX after the instant and ended at most CORE_RULES_CLOSES_AFTER_MAX
 * before it; one statement over a handful of rows. `session_id` (nil: any) asks for one alone, in
 * which the times do not matter. An array of struct db_session_open * that frees them.
 */
GPtrArray *db_session_open_list(struct db_connection *connection, const struct base_uuid *user_id,
                                const struct base_uuid *session_id, base_time instant,
                                GError **error);

/* Everybody on the roster of a session that takes place within an hour of the instant: whoever is
 * likely to be marked now. An array of struct base_uuid, each once. */
GArray *db_session_open_people(struct db_connection *connection, base_time instant, GError **error);

/* Keeps others who call this from the session until the transaction ends, so that what is read of
 * it afterwards stands. */
bool db_session_lock(struct db_connection *connection, const struct base_uuid *id, GError **error);

/* Somebody on the roster of a session. */
struct db_session_person {
    struct base_uuid id;
    struct base_uuid group_id; /* nil: none */
};

/* The students on the roster of a session who have no mark in it and whose accounts are active, by
 * id, at most `limit`. An array of struct db_session_person. */
GArray *db_session_unmarked(struct db_connection *connection, const struct core_session *session,
                            gint64 limit, GError **error);

#endif
