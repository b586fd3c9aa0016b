#include "service/audit_chain.h"

#include "db/query/setting.h"
#include "service/internal.h"

#include <string.h>

#define START_SETTING "audit.start"

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

/* ---- where it begins ---- */

static json_t *start_json(const struct core_audit_head *start)
{
    char hash[CORE_AUDIT_HASH_TEXT_SIZE];

    return json_pack("{s:I, s:s}", "through", (json_int_t)start->position, "hash",
                     core_audit_hash_format(start->hash, hash));
}

/* Zeros for what is no such text. */
static void start_parse(const char *text, struct core_audit_head *start)
{
    g_autoptr(json_t) object = text ? base_json_parse(text, strlen(text), NULL) : NULL;
    const gint64 position = json_integer_value(json_object_get(object, "through"));
    const char *hash = json_string_value(json_object_get(object, "hash"));

    *start = (struct core_audit_head){0};
    if (position > 0 && hash && core_audit_hash_parse(hash, start->hash))
        start->position = position;
}

bool service_audit_start_on(struct db_connection *connection, struct core_audit_head *start,
                            GError **error)
{
    g_autofree char *text = NULL;

    if (!db_setting_get(connection, START_SETTING, &text, error))
        return false;
    start_parse(text, start);
    return true;
}

bool service_audit_start_set_on(struct db_connection *connection,
                                const struct core_audit_head *start, GError **error)
{
    g_autoptr(json_t) object = start_json(start);
    g_autofree char *text = base_json_format(object);

    return db_setting_set(connection, START_SETTING, text, base_time_now(), error);
}

/* Whether the newest entry of a deletion names this place. */
static bool start_is_told(struct db_connection *connection, const struct core_audit_head *start,
                          bool *told, GError **error)
{
    const struct db_audit_filter filter = {.action = SERVICE_AUDIT_FORGET};
    const struct db_page page = {.limit = 1};
    struct core_audit_head named;
    g_autoptr(GPtrArray) entries = db_audit_list(connection, &filter, &page, NULL, error);

    if (!entries)
        return false;
    const struct core_audit *entry = entries->len > 0 ? entries->pdata[0] : NULL;
    start_parse(entry ? entry->details : NULL, &named);
    *told = start->position == 0 || (named.position == start->position &&
                                     memcmp(named.hash, start->hash, sizeof named.hash) == 0);
    return true;
}

/* ---- verifying ---- */

struct verifying {
    struct service_audit_report *report;
    GPtrArray *findings;
    struct core_audit_head start, head;
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

/* The chain goes on where entries were deleted by their period, when it says so itself. */
static bool verify_start(struct db_connection *connection, struct verifying *verifying,
                         GError **error)
{
    const struct core_audit_head *known = verifying->known;
    struct core_audit_head *start = &verifying->start;
    bool told = true;

    if (!service_audit_start_on(connection, start, error) ||
        !start_is_told(connection, start, &told, error))
        return false;
    if (!told)
        find(verifying, g_strdup_printf("Entries up to %" G_GINT64_FORMAT
                                        " are not there, and no entry says that their period was "
                                        "over.",
                                        start->position));
    verifying->head = *start;
    verifying->passed = !known || known->position == 0 ||
                        (known->position == start->position &&
                         memcmp(known->hash, start->hash, sizeof start->hash) == 0);
    return true;
}

static void verify_known(struct verifying *verifying)
{
    if (verifying->passed)
        return;
    const gint64 position = verifying->known->position;
    find(verifying, position < verifying->start.position
                        ? g_strdup_printf("The entry %" G_GINT64_FORMAT
                                          " of the proof was deleted when its period was over: "
                                          "nothing can be compared with it.",
                                          position)
                        : g_strdup_printf("The chain does not hold the entry %" G_GINT64_FORMAT
                                          " that it held at the time of the proof.",
                                          position));
}

static bool verify_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct verifying *verifying = data;
    struct core_audit_head counted;

    *verifying->report = (struct service_audit_report){0};
    g_ptr_array_set_size(verifying->findings, 0);
    if (!verify_start(connection, verifying, error) ||
        !db_audit_head(connection, &counted, error) ||
        !db_audit_pending(connection, &verifying->report->pending, error) ||
        !db_audit_each(connection, 0, verify_entry, verifying, error))
        return false;
    verify_end(verifying, counted.position);
    verify_known(verifying);
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
