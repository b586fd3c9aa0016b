/* What is old enough to go, of the tables that are not kept for ever. Errors are those of db.h. */
#ifndef DB_QUERY_RETENTION_H
#define DB_QUERY_RETENTION_H

#include "core/audit_chain.h"
#include "db/db.h"

/* The last place in the chain up to which every entry of the audit log is older than `before`,
 * never its end; 0: none is. */
bool db_retention_audit_end(struct db_connection *connection, base_time before, gint64 *through,
                            GError **error);

/* How many entries have a place up to there. */
bool db_retention_audit_count(struct db_connection *connection, gint64 through, gint64 *count,
                              GError **error);

/* Deletes those, in the caller's transaction; the hash of the last one is filled in. */
bool db_retention_audit_forget(struct db_connection *connection, struct core_audit_head *through,
                               gint64 *removed, GError **error);

/* Open reviews that were created before an instant. */
bool db_retention_review_count(struct db_connection *connection, base_time before, gint64 *count,
                               GError **error);

/* Accounts that were closed, and not changed since, before an instant: how many, and a page of
 * their ids (an array of struct base_uuid) in the order of ids, behind `after`. */
bool db_retention_left_count(struct db_connection *connection, base_time before, gint64 *count,
                             GError **error);
GArray *db_retention_left_list(struct db_connection *connection, base_time before,
                               const struct base_uuid *after, gint64 limit, GError **error);

#endif
