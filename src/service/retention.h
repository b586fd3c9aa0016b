/*
 * How long things are kept that nobody needs for ever: pictures behind marks, reviews with their
 * pictures, the audit log, people who left. An administrator sets the periods; the server applies
 * them once a day, and says beforehand what would go.
 *
 * Marks are never deleted. Of the audit log only the oldest entries go, those at the beginning of
 * the chain: the last of them is named, with its hash, by a new entry, so that the rest of the
 * chain can be verified still (audit_chain.h).
 */
#ifndef SERVICE_RETENTION_H
#define SERVICE_RETENTION_H

#include "service/service.h"

enum { SERVICE_RETENTION_AUDIT_MONTHS_MIN = 12 };

struct service_retention {
    gint64 mark_picture_days; /* 1 to 3650; as the configuration says unless set */
    gint64 review_days;       /* 1 to 365 */
    gint64 audit_months;      /* 0: for ever; 12 to 240 */
    gint64 left_months;       /* after which a closed account is erased; 0: never; up to 240 */
};

/* What is NULL stays as it is. */
struct service_retention_input {
    const gint64 *mark_picture_days, *review_days, *audit_months, *left_months;
};

bool service_retention_read(struct service *service, struct service_retention *retention,
                            GError **error);

/* The same on a connection that the caller holds. */
bool service_retention_read_on(struct service *service, struct db_connection *connection,
                               struct service_retention *retention, GError **error);

/* Administrators. BASE_ERROR_INVALID names the field ("retention"). */
bool service_retention_change(struct service *service, const struct service_identity *identity,
                              const struct service_retention_input *input, GError **error);

/* The same in the caller's transaction, who has asked whether it is allowed. */
bool service_retention_change_on(struct service *service, struct db_connection *connection,
                                 const struct service_identity *identity,
                                 const struct service_retention_input *input, GError **error);

/* What goes, or would. */
struct service_retention_counts {
    gint64 mark_pictures;
    gint64 reviews; /* that nobody settled: they end, and their pictures go */
    gint64 audit_entries;
    gint64 people;
};

/* What would go if it ran now. */
bool service_retention_plan(struct service *service, struct service_retention_counts *counts,
                            GError **error);

/* Applies the periods now. What was done before an error stays done; `counts` (may be NULL) has it.
 * Several nodes may do it at once. */
bool service_retention_run(struct service *service, struct service_retention_counts *counts,
                           GError **error);

/* When it last ran to its end; 0: never. */
bool service_retention_last_run(struct service *service, base_time *at, GError **error);

#endif
