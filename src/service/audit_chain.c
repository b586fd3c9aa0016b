#include "service/audit_chain.h"

#include "service/internal.h"

#include <string.h>

enum {
    BATCH = 500,
    FINDINGS_MAX = 100,
};

bool service_audit_seal(struct service *service, gint64 *sealed, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    gint64 pending = 0;
    gint64 total = 0;

    if (!connection || !db_audit_pending(connection, &pending, error))
        return false;
    for (gint64 n = BATCH; pending > 0 && n == BATCH; total += n)
        if (!db_audit_seal(connection, BATCH, &n, error))
            return false;
    if (sealed)
        *sealed = total;
    return true;
}

struct verifying {
    struct service_audit_report *report;
    GPtrArray *findings;
    struct core_audit_head head;
    const struct core_audit_head *known;
    bool passed; /* the chain leads through it */
};

static void find(struct verifying *verifying, char *finding)
{
    verifying->report->findings++;
    if (verifying->findings->len < FINDINGS_MAX)
        g_ptr_array_add(verifying->findings, finding);
    else
        g_free(finding);
}

static bool verify_entry(const struct core_audit *entry, gpointer data, GError **error)
{
    struct verifying *verifying = data;
    const gint64 before = verifying->head.position;
    const enum core_audit_fault fault = core_audit_chain_follow(&verifying->head, entry);

    (void)error;
    verifying->report->entries++;
    if (fault != CORE_AUDIT_SOUND)
        find(verifying, core_audit_fault_describe(fault, before, entry->position));
    if (verifying->known && entry->position == verifying->known->position)
        verifying->passed = memcmp(entry->hash, verifying->known->hash, sizeof entry->hash) == 0;
    return true;
}

/* The counter outlives entries that were taken off the end. */
static void verify_end(struct verifying *verifying, gint64 counted)
{
    const gint64 last = verifying->head.position;

    if (counted > last)
        find(verifying, core_audit_fault_describe(CORE_AUDIT_MISSING, last, counted + 1));
    if (counted < last)
        find(verifying, g_strdup_printf("Entries after %" G_GINT64_FORMAT
                                        " were never chained by this program.",
                                        counted));
}

static bool verify_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct verifying *verifying = data;
    struct core_audit_head counted;

    *verifying->report = (struct service_audit_report){0};
    verifying->head = (struct core_audit_head){0};
    verifying->passed = !verifying->known || verifying->known->position == 0;
    g_ptr_array_set_size(verifying->findings, 0);
    if (!db_audit_head(connection, &counted, error) ||
        !db_audit_pending(connection, &verifying->report->pending, error) ||
        !db_audit_each(connection, 0, verify_entry, verifying, error))
        return false;
    verify_end(verifying, counted.position);
    if (!verifying->passed)
        find(verifying, g_strdup_printf("The chain does not hold the entry %" G_GINT64_FORMAT
                                        " that it held at the time of the proof.",
                                        verifying->known->position));
    verifying->report->head = verifying->head;
    return true;
}

bool service_audit_verify(struct service *service, const struct service_identity *identity,
                          const struct core_audit_head *known, struct service_audit_report *report,
                          GPtrArray *findings, GError **error)
{
    struct verifying verifying = {.report = report, .findings = findings, .known = known};

    if (!service_allow_all(identity, CORE_ACTION_AUDIT_READ, error))
        return false;
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    return connection && db_snapshot_on(connection, verify_body, &verifying, error);
}
