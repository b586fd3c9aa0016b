/*
 * Look-alikes: pairs of people enrolled whose templates are as alike as a match, twins above all. A
 * match of either, while both are searched, goes to review. The pairs are found when somebody is
 * enrolled, and of everybody by service_lookalikes_find(); they are kept so that somebody can look
 * at them, because a pair may also be one person with two accounts.
 */
#ifndef SERVICE_LOOKALIKES_H
#define SERVICE_LOOKALIKES_H

#include "db/query/lookalike.h"
#include "service/service.h"

struct service_lookalikes_found {
    gint64 people; /* compared */
    gint64 pairs;  /* there are now */
    gint64 added;
    gint64 removed; /* no longer alike */
};

/* Compares everybody with everybody. Administrators. */
bool service_lookalikes_find(struct service *service, const struct service_identity *identity,
                             struct service_lookalikes_found *found, GError **error);

/* After a change of a person's faces was committed: finds their pairs anew. A failure is logged,
 * for the change stands; the next service_lookalikes_find() makes up for it. Holds no connection.
 */
void service_lookalikes_update(struct service *service, const struct base_uuid *person);

/* Teachers get the pairs of whom they teach both; administrators all. The filter narrows that. An
 * array of struct db_lookalike * that frees them, most alike first; `total` may be NULL.
 * BASE_ERROR_FORBIDDEN for students. */
GPtrArray *service_lookalikes_list(struct service *service, const struct service_identity *identity,
                                   const struct db_lookalike_filter *filter,
                                   const struct db_page *page, gint64 *total, GError **error);

/* Notes that somebody looked at a pair, or takes that back. It goes to review all the same.
 * Administrators, and who teaches both. BASE_ERROR_NOT_FOUND otherwise, and for no pair. */
struct db_lookalike *service_lookalike_see(struct service *service,
                                           const struct service_identity *identity,
                                           const struct base_uuid *one,
                                           const struct base_uuid *other, bool seen,
                                           GError **error);

/* Gives the recogniser the pairs that are stored. The gallery's sync calls it. */
bool service_lookalikes_load_on(struct service *service, struct db_connection *connection,
                                GError **error);

#endif
