/* How much there is of everything, for whoever looks after an installation. Errors are those of
 * db.h. */
#ifndef DB_QUERY_STATUS_H
#define DB_QUERY_STATUS_H

#include "db/db.h"

struct db_status {
    gint64 people, active; /* accounts, and those that are not closed */
    gint64 groups, courses, marks;
    gint64 reviews_open, duplicates_open, disputes_open;
    gint64 photos, held, enrolled; /* templates, those that wait for a decision, people with any */
    gint64 images, image_bytes;
    gint64 mail_waiting, mail_failed; /* of every channel of the outbox */
    base_time mail_oldest;            /* of those that wait; 0: none does */
    gint64 audit_entries, audit_pending;
};

bool db_status_read(struct db_connection *connection, struct db_status *status, GError **error);

/* The file that the database lies in; NULL for a server's. g_free() it. False only on error. */
bool db_status_file(struct db_connection *connection, char **path, GError **error);

#endif
