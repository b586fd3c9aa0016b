/* What whoever looks after an installation wants to know of it at one look. */
#ifndef SERVICE_STATUS_H
#define SERVICE_STATUS_H

#include "db/query/status.h"
#include "service/retention.h"
#include "service/service.h"

enum { SERVICE_STATUS_UNKNOWN = -1 };

struct service_status {
    base_time at;
    const char *dialect; /* of the database; static storage */
    gint64 schema;       /* number of its last step */
    double answer_ms;    /* that a trivial question took */
    gint64 database_free;
    bool images_kept;      /* there is a store */
    bool images_reachable; /* and it answers */
    gint64 images_free;
    char *faces_trouble; /* why faces are off; NULL: they are not */
    char *model;         /* NULL: none */
    bool mail_configured;
    base_time backup_at; /* of the last one by this program; 0: none is known */
    struct db_status counts;
    struct service_retention retention;
    base_time retention_ran_at; /* 0: never */
    struct service_retention_counts next;
};

void service_status_clear(struct service_status *status);

/* Administrators. Takes milliseconds and more, holds no connection while it asks the store. Bytes
 * that are free and cannot be known are SERVICE_STATUS_UNKNOWN. Clear it also when it fails. */
bool service_status_collect(struct service *service, const struct service_identity *identity,
                            struct service_status *status, GError **error);

/* Notes that a backup of this database was made just now. */
bool service_status_backed_up(struct db *db, GError **error);

#endif
