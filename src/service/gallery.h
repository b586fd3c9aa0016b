/* The faces in memory: loaded at start, kept equal to the database. */
#ifndef SERVICE_GALLERY_H
#define SERVICE_GALLERY_H

#include "service/service.h"

/* A stored template that cannot be used. */
struct service_gallery_fault {
    struct base_uuid user_id;
    struct base_uuid template_id;
    char *reason;
};

struct service_gallery_report {
    gint64 people;      /* in the gallery now */
    gint64 templates;   /* read and used */
    gint64 unreadable;  /* sealed with another key, tampered with or damaged */
    gint64 other_model; /* made by another embedding model: enrol these people again */
    GPtrArray *faults;  /* struct service_gallery_fault *, the first 1,000 */
};
void service_gallery_report_clear(struct service_gallery_report *report);

/* Fills the gallery from the database; what is unreadable is left out and logged. `report` may be
 * NULL. BASE_ERROR_UNAVAILABLE without a recogniser. */
bool service_gallery_load(struct service *service, struct service_gallery_report *report,
                          GError **error);

/* Opens every stored template again and reloads the gallery: `faces rebuild`. Administrators. */
bool service_gallery_rebuild(struct service *service, const struct service_identity *identity,
                             struct service_gallery_report *report, GError **error);

/*
 * Takes over changes that were made since, by another thread or another process: one cheap read
 * when there are none. Every search does this first.
 */
bool service_gallery_sync(struct service *service, GError **error);

#endif
