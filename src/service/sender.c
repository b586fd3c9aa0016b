#include "service/sender.h"

#include "service/internal.h"
#include "service/mail.h"

enum {
    ATTEMPTS_MAX = 16,
    FIRST_PAUSE_SECONDS = 60,
    LONGEST_PAUSE = 360, /* times the first one */
    CLAIM_SECONDS = 300, /* more than twice what one delivery may take */
    BATCH = 50,
};

static const struct service_channel *const CHANNELS[] = {
    &service_mail_channel,
    &service_webhook_channel,
};

static const struct service_channel *channel_of(enum db_outbox_channel channel)
{
    for (gsize i = 0; i < G_N_ELEMENTS(CHANNELS); i++)
        if (CHANNELS[i]->channel == channel)
            return CHANNELS[i];
    return NULL;
}

bool service_sender_is_ready(struct service *service, enum db_outbox_channel channel)
{
    const struct service_channel *found = channel_of(channel);

    return found && found->ready(service);
}

/* One pass over what is due. */
struct pass {
    struct service *service;
    const struct service_channel *channel;
    const gint *stop;
    struct service_sent *sent;
    char lease[BASE_UUID_TEXT_SIZE];
    bool unreachable;
};

static bool is_stopping(const struct pass *pass)
{
    return pass->stop && g_atomic_int_get(pass->stop);
}

static bool claim(struct pass *pass, const struct base_uuid *id, bool *claimed, GError **error)
{
    const struct service_mail_options *options = &pass->service->mail;
    const base_time now = base_time_now();
    const int seconds = options->lease_seconds > 0 ? options->lease_seconds : CLAIM_SECONDS;
    g_autoptr(db_connection) connection = db_acquire(pass->service->db, error);

    return connection && db_outbox_claim(connection, id, pass->lease, now,
                                         now + seconds * BASE_TIME_SECOND, claimed, error);
}

/* 1, 2, 4 … times the first pause, up to LONGEST_PAUSE times, each up to a fifth shorter or longer.
 */
static base_time next_attempt(const struct service *service, gint64 attempts)
{
    const gint64 first =
        service->mail.retry_seconds > 0 ? service->mail.retry_seconds : FIRST_PAUSE_SECONDS;
    const gint64 factor = MIN(G_GINT64_CONSTANT(1) << CLAMP(attempts - 1, 0, 20), LONGEST_PAUSE);

    return base_time_now() + (base_time)((double)(first * factor * BASE_TIME_SECOND) *
                                         g_random_double_range(0.8, 1.2));
}

/* Writes down what came of an entry. The claim may have been lost meanwhile; then somebody else
 * writes down what came of theirs. */
static bool record(struct pass *pass, const struct db_outbox_entry *entry,
                   enum service_delivery delivery, const char *problem, GError **error)
{
    static const enum db_outbox_state STATES[] = {
        [SERVICE_DELIVERY_DONE] = DB_OUTBOX_SENT,
        [SERVICE_DELIVERY_UNWANTED] = DB_OUTBOX_CANCELLED,
        [SERVICE_DELIVERY_NEVER] = DB_OUTBOX_DEAD,
    };
    const gint64 attempts = entry->attempts + 1;
    const bool again = delivery == SERVICE_DELIVERY_LATER || delivery == SERVICE_DELIVERY_SILENT ||
                       delivery == SERVICE_DELIVERY_UNREACHABLE;
    const base_time due_at = next_attempt(pass->service, attempts);
    g_autoptr(db_connection) connection = db_acquire(pass->service->db, error);

    if (!connection)
        return false;
    if (again && attempts < ATTEMPTS_MAX) {
        pass->sent->failed++;
        return db_outbox_postpone(connection, &entry->id, pass->lease, problem, due_at, NULL,
                                  error) &&
               (delivery != SERVICE_DELIVERY_SILENT ||
                db_outbox_postpone_webhook(connection, &entry->webhook_id, problem, base_time_now(),
                                           due_at, error));
    }
    const enum db_outbox_state state = again ? DB_OUTBOX_DEAD : STATES[delivery];
    pass->sent->sent += state == DB_OUTBOX_SENT;
    pass->sent->dead += state == DB_OUTBOX_DEAD;
    pass->sent->unwanted += state == DB_OUTBOX_CANCELLED;
    return db_outbox_finish(connection, &entry->id, pass->lease, state, problem, base_time_now(),
                            NULL, error);
}

static enum service_delivery give_up(const struct db_outbox_entry *entry, GError **error)
{
    base_fail(error, BASE_ERROR_UNAVAILABLE, "%s",
              entry->last_error ? entry->last_error : "It never came to an end.");
    return SERVICE_DELIVERY_NEVER;
}

static bool deliver(struct pass *pass, const struct db_outbox_entry *entry, GError **error)
{
    g_autoptr(GError) problem = NULL;
    bool claimed = false;

    if (!claim(pass, &entry->id, &claimed, error))
        return false;
    if (!claimed)
        return true;
    /* One that ended the program each time it was tried, or was tried with others of its webhook.
     */
    const enum service_delivery delivery =
        entry->attempts >= ATTEMPTS_MAX
            ? give_up(entry, &problem)
            : pass->channel->deliver(pass->service, entry, pass->stop, &problem);
    pass->unreachable = pass->sent->unreachable = delivery == SERVICE_DELIVERY_UNREACHABLE;
    if (delivery == SERVICE_DELIVERY_NEVER)
        g_warning("An outgoing %s (%s) was refused for good: %s",
                  db_outbox_channel_name(entry->channel), entry->kind,
                  problem ? problem->message : "");
    return record(pass, entry, delivery, problem ? problem->message : NULL, error);
}

static GPtrArray *due(struct pass *pass, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(pass->service->db, error);

    return connection
               ? db_outbox_due(connection, pass->channel->channel, base_time_now(), BATCH, error)
               : NULL;
}

bool service_sender_run(struct service *service, enum db_outbox_channel channel, const gint *stop,
                        struct service_sent *sent, GError **error)
{
    struct service_sent ignored = {0};
    struct pass pass = {
        .service = service,
        .channel = channel_of(channel),
        .stop = stop,
        .sent = sent ? sent : &ignored,
    };
    struct base_uuid token;

    *pass.sent = (struct service_sent){0};
    if (!pass.channel || !pass.channel->ready(service))
        return true;
    base_uuid_new(&token);
    base_uuid_format(&token, pass.lease);
    for (guint n = BATCH; n == BATCH && !pass.unreachable && !is_stopping(&pass);) {
        g_autoptr(GPtrArray) entries = due(&pass, error);
        if (!entries)
            return false;
        n = entries->len;
        for (guint i = 0; i < n && !pass.unreachable && !is_stopping(&pass); i++)
            if (!deliver(&pass, entries->pdata[i], error))
                return false;
    }
    return true;
}
