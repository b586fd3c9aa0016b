#include "app/outgoing.h"

#include "db/db.h"
#include "service/schedule.h"
#include "service/sender.h"

#define LOOK_US G_TIME_SPAN_SECOND
#define SCHEDULE_US G_TIME_SPAN_MINUTE
#define UNREACHABLE_US G_TIME_SPAN_MINUTE

/* Longer than a transfer's last three seconds: whatever still waits then waits for a database. */
#define STOP_AFTER (5 * G_TIME_SPAN_SECOND)

enum { THREADS_N = DB_OUTBOX_CHANNEL_N + 1 };

struct app_outgoing {
    struct service *service;
    GThread *threads[THREADS_N];
    gint stop;   /* atomic */
    GMutex lock; /* of what follows */
    GCond wake;
    GCond ended;
    bool stopping;
    guint running;
};

struct assignment {
    struct app_outgoing *outgoing;
    enum db_outbox_channel channel; /* DB_OUTBOX_CHANNEL_N: the schedules */
    bool failing;                   /* the last time it did */
};

/* `pause` gets how long to wait before it is looked again. */
static bool send_due(struct app_outgoing *outgoing, enum db_outbox_channel channel, gint64 *pause,
                     GError **error)
{
    struct service_sent sent;

    if (!service_sender_run(outgoing->service, channel, &outgoing->stop, &sent, error))
        return false;
    /* A server that refuses to talk is not asked again for each entry. */
    if (sent.unreachable)
        *pause = UNREACHABLE_US;
    if (sent.failed || sent.dead)
        g_message("Outbox (%s): %" G_GINT64_FORMAT " sent, %" G_GINT64_FORMAT
                  " to be tried again, %" G_GINT64_FORMAT " given up.",
                  db_outbox_channel_name(channel), sent.sent, sent.failed, sent.dead);
    return true;
}

/* What fails, as everything does while the database is away, is said once. Gives the time until the
 * next look. */
static gint64 work(struct assignment *assignment)
{
    struct app_outgoing *outgoing = assignment->outgoing;
    const enum db_outbox_channel channel = assignment->channel;
    gint64 pause = channel == DB_OUTBOX_CHANNEL_N ? SCHEDULE_US : LOOK_US;
    g_autoptr(GError) error = NULL;
    const bool ok = channel == DB_OUTBOX_CHANNEL_N
                        ? service_schedule_run(outgoing->service, base_time_now(), NULL, &error)
                        : send_due(outgoing, channel, &pause, &error);

    if (!ok && !assignment->failing)
        g_warning("%s: %s",
                  channel == DB_OUTBOX_CHANNEL_N ? "Reports that are due were not looked for"
                                                 : "What waits in the outbox was not sent",
                  error->message);
    assignment->failing = !ok;
    return pause;
}

static gpointer run(gpointer data)
{
    g_autofree struct assignment *assignment = data;
    struct app_outgoing *outgoing = assignment->outgoing;
    gint64 next = g_get_monotonic_time() + LOOK_US;

    g_mutex_lock(&outgoing->lock);
    while (!outgoing->stopping) {
        if (g_cond_wait_until(&outgoing->wake, &outgoing->lock, next))
            continue;
        g_mutex_unlock(&outgoing->lock);
        const gint64 pause = work(assignment);
        next = g_get_monotonic_time() + pause;
        g_mutex_lock(&outgoing->lock);
    }
    outgoing->running--;
    g_cond_signal(&outgoing->ended);
    g_mutex_unlock(&outgoing->lock);
    return NULL;
}

struct app_outgoing *app_outgoing_start(struct service *service)
{
    static const char *const NAMES[THREADS_N] = {"mail", "webhooks", "schedules"};
    struct app_outgoing *outgoing = g_new0(struct app_outgoing, 1);

    outgoing->service = service;
    g_mutex_init(&outgoing->lock);
    g_cond_init(&outgoing->wake);
    g_cond_init(&outgoing->ended);
    g_mutex_lock(&outgoing->lock);
    for (guint i = 0; i < THREADS_N; i++) {
        struct assignment *assignment = g_new(struct assignment, 1);
        *assignment = (struct assignment){outgoing, i, false};
        outgoing->running++;
        outgoing->threads[i] = g_thread_new(NAMES[i], run, assignment);
    }
    g_mutex_unlock(&outgoing->lock);
    return outgoing;
}

void app_outgoing_stop(struct app_outgoing *outgoing)
{
    if (!outgoing)
        return;
    const gint64 deadline = g_get_monotonic_time() + STOP_AFTER;
    bool in_time = true;
    g_atomic_int_set(&outgoing->stop, 1);
    g_mutex_lock(&outgoing->lock);
    outgoing->stopping = true;
    g_cond_broadcast(&outgoing->wake);
    while (in_time && outgoing->running > 0)
        in_time = g_cond_wait_until(&outgoing->ended, &outgoing->lock, deadline);
    g_mutex_unlock(&outgoing->lock);
    if (!in_time)
        db_interrupt(service_db(outgoing->service));
    for (guint i = 0; i < THREADS_N; i++)
        g_thread_join(outgoing->threads[i]);
    g_cond_clear(&outgoing->ended);
    g_cond_clear(&outgoing->wake);
    g_mutex_clear(&outgoing->lock);
    g_free(outgoing);
}
