/*
 * The chain of the audit log, kept and verified (core/audit_chain.h says what it is).
 *
 * Entries are chained right after they were committed, not in the transaction that writes them: a
 * chain there would make everybody who writes wait for one another. docs/audit.md says what that
 * means for what can be proved.
 */
#ifndef SERVICE_AUDIT_CHAIN_H
#define SERVICE_AUDIT_CHAIN_H

#include "core/audit_chain.h"
#include "db/query/audit.h"
#include "service/service.h"

/* The action of the entry that says that the oldest ones were deleted (retention.h): its details
 * are {"through": position, "hash"} of the last of them. */
#define SERVICE_AUDIT_FORGET "audit.forget"

/* The last entry that is no longer there because of that, on a connection that the caller holds:
 * the chain begins behind it. Zeros: it begins with its first entry. */
bool service_audit_start_on(struct db_connection *connection, struct core_audit_head *start,
                            GError **error);
bool service_audit_start_set_on(struct db_connection *connection,
                                const struct core_audit_head *start, GError **error);

/* Gives every entry that is committed its place. Any number of programs may do it at once. One
 * short read when nothing is pending. `sealed` (may be NULL) gets how many there were. */
bool service_audit_seal(struct service *service, gint64 *sealed, GError **error);

struct service_audit_report {
    struct core_audit_head head; /* where the chain ends */
    gint64 entries;              /* that were verified */
    gint64 pending;              /* not chained yet: they were committed a moment ago */
    gint64 findings;             /* also those that are not in the list any more */
};

/*
 * Reads the whole chain: entries that were changed, taken out, put in or moved, an end that is
 * lost. Where the oldest entries were deleted by their period, the chain begins behind them, and an
 * entry must say so. `known` (may be NULL) is where the chain was at an earlier time, by an
 * exported proof say: it must lead through there, which finds a chain that was made anew from
 * somewhere on. Each finding is a sentence appended to `findings` (an array of char * with g_free
 * as free function), 100 at most; none means sound. False with an error only when it could not
 * look; BASE_ERROR_FORBIDDEN unless the caller is an administrator.
 */
bool service_audit_verify(struct service *service, const struct service_identity *identity,
                          const struct core_audit_head *known, struct service_audit_report *report,
                          GPtrArray *findings, GError **error);

#endif
