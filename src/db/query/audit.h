/* The audit_log table: it only grows, and what is committed gets a place in the chain
 * (core/audit_chain.h). Errors are those of db.h. */
#ifndef DB_QUERY_AUDIT_H
#define DB_QUERY_AUDIT_H

#include "core/audit_chain.h"
#include "core/types.h"
#include "db/db.h"
#include "db/query/page.h"

/* Appends an entry, in the caller's transaction if there is one; `sequence` and what belongs to
 * the chain are not read. */
bool db_audit_append(struct db_connection *connection, const struct core_audit *entry,
                     GError **error);

struct db_audit_filter {
    struct base_uuid actor_id; /* nil: any */
    const char *action;        /* exact; NULL: any */
    const char *subject;       /* exact; NULL: any */
    base_time from;            /* first instant; 0: any */
    base_time before;          /* first instant no longer wanted; 0: any */
};

/* Newest first, as an array of struct core_audit * that frees them. `total` (may be NULL) gets how
 * many match. Filter and page may be NULL: all. */
GPtrArray *db_audit_list(struct db_connection *connection, const struct db_audit_filter *filter,
                         const struct db_page *page, gint64 *total, GError **error);

/* ---- The chain ---- */

/* How many entries have no place in the chain yet. */
bool db_audit_pending(struct db_connection *connection, gint64 *pending, GError **error);

/* Where the chain ends by the counter; the hash is zeros when the entry there is gone. */
bool db_audit_head(struct db_connection *connection, struct core_audit_head *head, GError **error);

/* Gives the next entries, `limit` at most, their places, in a transaction of its own. Of several
 * nodes that do it at once one goes after the other, so that there is one chain; entries that were
 * committed later than others of higher sequence come behind them. */
bool db_audit_seal(struct db_connection *connection, guint limit, gint64 *sealed, GError **error);

/* False with an error ends the walk. Nothing else may run on the connection meanwhile. */
typedef bool (*db_audit_visitor)(const struct core_audit *entry, gpointer data, GError **error);

/* Every entry that has a place after `after`, in the order of places; memory does not grow. */
bool db_audit_each(struct db_connection *connection, gint64 after, db_audit_visitor visit,
                   gpointer data, GError **error);

#endif
