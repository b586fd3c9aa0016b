/*
 * One person, or two who look alike? When new photos of somebody look like another person who is
 * enrolled, they are stored but held: they take no part in recognition until an administrator has
 * said which it is. The person learns that their photos wait for that, and nobody else whom they
 * look like.
 */
#ifndef SERVICE_DUPLICATES_H
#define SERVICE_DUPLICATES_H

#include "db/query/duplicate.h"
#include "service/service.h"

/* Administrators. Oldest first; of a state (enum db_duplicate_state) or DB_ANY. An array of struct
 * db_duplicate * that frees them; `total` may be NULL. */
GPtrArray *service_duplicate_list(struct service *service, const struct service_identity *identity,
                                  int state, const struct db_page *page, gint64 *total,
                                  GError **error);

/* NULL with BASE_ERROR_NOT_FOUND when there is none. */
struct db_duplicate *service_duplicate_find(struct service *service,
                                            const struct service_identity *identity,
                                            const struct base_uuid *id, GError **error);

enum service_duplicate_decision {
    /* Two people: the held photos take part from now on, the two are noted as look-alikes, and are
     * never held against each other again. */
    SERVICE_DUPLICATE_DIFFERENT,
    /* One person: the newer account is closed and its photos are deleted. */
    SERVICE_DUPLICATE_SAME,
    /* One person: the older account is closed, the held photos take part. */
    SERVICE_DUPLICATE_SAME_KEEP_NEW,
};

/*
 * Settles an open one. A closed account is deactivated, no more: its marks and enrolments stay with
 * it, nothing is moved to the other, and an administrator can activate it again. (What was deleted,
 * the photos of a newer account, is then taken anew.) BASE_ERROR_CONFLICT when it is settled
 * already, or when the account is that of the last active administrator. Returns it as it is now.
 */
struct db_duplicate *service_duplicate_settle(struct service *service,
                                              const struct service_identity *identity,
                                              const struct base_uuid *id,
                                              enum service_duplicate_decision decision,
                                              GError **error);

#endif
