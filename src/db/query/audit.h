/* The audit_log table: it only grows. Errors are those of db.h. */
#ifndef DB_QUERY_AUDIT_H
#define DB_QUERY_AUDIT_H

#include "core/types.h"
#include "db/db.h"
#include "db/query/page.h"

/* Appends an entry, in the caller's transaction if there is one; `sequence` is not read. */
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

#endif
