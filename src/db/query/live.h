/* What a node reads to notice what others changed, and what is shown of a session while it takes
 * place. Errors are those of db.h. */
#ifndef DB_QUERY_LIVE_H
#define DB_QUERY_LIVE_H

#include "core/catalogue.h"
#include "core/types.h"
#include "db/db.h"

/*
 * Entries of the audit log that were committed since: those without a place in the chain yet, then
 * those whose place is behind `after`; at most `limit` of each. Places are given after the commit
 * and in order, which sequences are not, so none is passed over; an entry may come twice, once of
 * either kind. Sequence, action, subject, details and position are filled. An array of struct
 * core_audit * that frees them.
 */
GPtrArray *db_live_news(struct db_connection *connection, gint64 after, gint64 limit,
                        GError **error);

/* How many reviews of pictures taken at `since` or later are open, a session: struct base_uuid * →
 * gint64 *, a table that frees both. */
GHashTable *db_live_reviews(struct db_connection *connection, base_time since, GError **error);

/* How many reviews of one session are open. */
bool db_live_reviews_of(struct db_connection *connection, const struct base_uuid *session_id,
                        gint64 *count, GError **error);

struct db_live_counts {
    gint64 marks[CORE_STATUS_N]; /* of everybody, on the roster or not */
    gint64 total;                /* people on the roster */
    gint64 unmarked;             /* of them */
    gint64 reviews;              /* that are open */
};

/* Counts alone, without reading who it is. */
bool db_live_counts(struct db_connection *connection, const struct core_session *session,
                    struct db_live_counts *counts, GError **error);

#endif
