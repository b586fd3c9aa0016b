/*
 * Disputes: a student says that a mark of theirs is wrong, and a teacher of the course (of a mark
 * of the day: of the student's group) or an administrator answers. A mark has one open dispute at
 * most; the student may withdraw it until it is answered.
 */
#ifndef SERVICE_DISPUTES_H
#define SERVICE_DISPUTES_H

#include "db/query/dispute.h"
#include "service/service.h"

/* `message` has 1 to 500 characters. BASE_ERROR_NOT_FOUND for a mark that is not the caller's own,
 * BASE_ERROR_CONFLICT when it is disputed already. */
struct db_dispute *service_dispute_open(struct service *service,
                                        const struct service_identity *identity,
                                        const struct base_uuid *attendance_id, const char *message,
                                        GError **error);

/* Students get their own; teachers those they may answer; administrators all. The filter narrows
 * that. An array of struct db_dispute * that frees them; `total` may be NULL. */
GPtrArray *service_dispute_list(struct service *service, const struct service_identity *identity,
                                const struct db_dispute_filter *filter, const struct db_page *page,
                                gint64 *total, GError **error);

struct service_dispute_answer {
    bool accept;
    const char *status; /* what the mark becomes when it is accepted; NULL: "present" */
    const char *answer; /* 1 to 500 characters; the reason of the correction */
};

/* BASE_ERROR_CONFLICT when it is not open any more, BASE_ERROR_NOT_FOUND when it is not the
 * caller's to answer. */
struct db_dispute *service_dispute_answer(struct service *service,
                                          const struct service_identity *identity,
                                          const struct base_uuid *id,
                                          const struct service_dispute_answer *answer,
                                          GError **error);

/* The student's own. BASE_ERROR_CONFLICT when it is not open any more. */
struct db_dispute *service_dispute_withdraw(struct service *service,
                                            const struct service_identity *identity,
                                            const struct base_uuid *id, GError **error);

#endif
