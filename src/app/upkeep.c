#include "app/upkeep.h"

#include "db/db.h"
#include "service/audit_chain.h"
#include "service/challenges.h"
#include "service/closing.h"
#include "service/enrolments.h"
#include "service/images.h"
#include "service/retention.h"
#include "service/reviews.h"
#include "service/watch.h"

#define STOP_AFTER (2 * G_TIME_SPAN_SECOND)

struct app_upkeep {
    struct service *service;
    GThread *threads[12];
    guint threads_n;
    GMutex lock; /* of what follows */
    GCond wake;
    GCond ended;
    bool stopping;
    guint running;
};

struct task {
    const char *name;
    gint64 first;
    gint64 period;
    void (*work)(struct service *service);
    bool at_end; /* once more when the server stops */
};

struct assignment {
    struct app_upkeep *upkeep;
    const struct task *task;
};

static void collect(struct service *service)
{
    struct service_images_swept swept;
    g_autoptr(GError) error = NULL;

    if (!service_images_gc(service, false, &swept, &error))
        g_warning("Pictures that nothing names were not collected: %s", error->message);
    else if (swept.blobs || swept.uploads || swept.frames)
        g_message("Deleted %" G_GINT64_FORMAT " pictures that nothing named, %" G_GINT64_FORMAT
                  " unfinished ones and %" G_GINT64_FORMAT " behind marks, past their days.",
                  swept.blobs, swept.uploads, swept.frames);
}

static void apply_periods(struct service *service)
{
    struct service_retention_counts counts;
    g_autoptr(GError) error = NULL;

    if (!service_retention_run(service, &counts, &error))
        g_warning("What is past its period was not all deleted: %s", error->message);
    if (counts.mark_pictures || counts.reviews || counts.audit_entries || counts.people)
        g_message("Past their period and gone: %" G_GINT64_FORMAT
                  " pictures behind marks, %" G_GINT64_FORMAT " reviews, %" G_GINT64_FORMAT
                  " entries of the audit log, %" G_GINT64_FORMAT " closed accounts.",
                  counts.mark_pictures, counts.reviews, counts.audit_entries, counts.people);
}

static void end_reviews(struct service *service)
{
    g_autoptr(GError) error = NULL;
    gint64 ended = 0;

    if (!service_reviews_expire(service, &ended, &error))
        g_warning("Reviews that nobody settled were not ended: %s", error->message);
    else if (ended > 0)
        g_message("Ended %" G_GINT64_FORMAT " reviews that nobody settled.", ended);
}

static void forget_challenges(struct service *service)
{
    g_autoptr(GError) error = NULL;

    if (!service_challenges_expire(service, NULL, &error))
        g_warning("Challenges of the day before were not removed: %s", error->message);
}

static void close_sessions(struct service *service)
{
    struct service_closed closed;
    g_autoptr(GError) error = NULL;

    if (!service_closing_run(service, &closed, &error))
        g_warning("Sessions that are over were not closed: %s", error->message);
    else if (closed.sessions)
        g_message("Closed %" G_GINT64_FORMAT " sessions and marked %" G_GINT64_FORMAT
                  " people in them who had no mark.",
                  closed.sessions, closed.marks);
}

static void follow_enrolments(struct service *service)
{
    g_autoptr(GError) error = NULL;
    gint64 changed = 0;

    if (!service_enrolments_follow(service, &changed, &error))
        g_warning("Groups did not follow enrolments that began or ended: %s", error->message);
    else if (changed > 0)
        g_message("The group of %" G_GINT64_FORMAT " accounts follows their enrolments.", changed);
}

static void seal(struct service *service)
{
    static gint failing; /* one warning, however long the database is away */
    g_autoptr(GError) error = NULL;

    if (service_audit_seal(service, NULL, &error))
        g_atomic_int_set(&failing, 0);
    else if (g_atomic_int_compare_and_exchange(&failing, 0, 1))
        g_warning("Entries of the audit log wait for their place in the chain: %s", error->message);
}

static gpointer run(gpointer data)
{
    g_autofree struct assignment *assignment = data;
    struct app_upkeep *upkeep = assignment->upkeep;
    const struct task *task = assignment->task;
    gint64 next = g_get_monotonic_time() + task->first;

    g_mutex_lock(&upkeep->lock);
    while (!upkeep->stopping) {
        if (g_cond_wait_until(&upkeep->wake, &upkeep->lock, next))
            continue;
        g_mutex_unlock(&upkeep->lock);
        task->work(upkeep->service);
        next = g_get_monotonic_time() + task->period;
        g_mutex_lock(&upkeep->lock);
    }
    if (task->at_end) {
        g_mutex_unlock(&upkeep->lock);
        task->work(upkeep->service);
        g_mutex_lock(&upkeep->lock);
    }
    upkeep->running--;
    g_cond_signal(&upkeep->ended);
    g_mutex_unlock(&upkeep->lock);
    return NULL;
}

static void begin(struct app_upkeep *upkeep, const struct task *task)
{
    struct assignment *assignment = g_new(struct assignment, 1);

    *assignment = (struct assignment){upkeep, task};
    upkeep->running++;
    upkeep->threads[upkeep->threads_n++] = g_thread_new(task->name, run, assignment);
}

struct app_upkeep *app_upkeep_start(struct service *service, bool watch)
{
    static const struct task COLLECT = {"upkeep", G_TIME_SPAN_MINUTE, G_TIME_SPAN_DAY, collect};
    static const struct task FORGET = {"challenges", G_TIME_SPAN_MINUTE, G_TIME_SPAN_HOUR,
                                       forget_challenges};
    static const struct task WATCH = {"watch", G_TIME_SPAN_SECOND, G_TIME_SPAN_SECOND,
                                      service_watch_look};
    static const struct task CLOSE = {"closing", 2 * G_TIME_SPAN_SECOND, 20 * G_TIME_SPAN_SECOND,
                                      close_sessions};
    static const struct task REVIEWS = {"reviews", G_TIME_SPAN_MINUTE, G_TIME_SPAN_HOUR,
                                        end_reviews};
    static const struct task PERIODS = {"retention", 2 * G_TIME_SPAN_MINUTE, G_TIME_SPAN_DAY,
                                        apply_periods};
    static const struct task FOLLOW = {"enrolments", G_TIME_SPAN_MINUTE, G_TIME_SPAN_HOUR,
                                       follow_enrolments};
    static const struct task SEAL = {"sealing", 0, G_TIME_SPAN_SECOND, seal, .at_end = true};
    struct app_upkeep *upkeep = g_new0(struct app_upkeep, 1);

    upkeep->service = service;
    g_mutex_init(&upkeep->lock);
    g_cond_init(&upkeep->wake);
    g_cond_init(&upkeep->ended);
    g_mutex_lock(&upkeep->lock);
    begin(upkeep, &COLLECT);
    begin(upkeep, &FORGET);
    begin(upkeep, &SEAL);
    begin(upkeep, &CLOSE);
    begin(upkeep, &FOLLOW);
    begin(upkeep, &REVIEWS);
    begin(upkeep, &PERIODS);
    if (watch) {
        service_watch_look(service);
        begin(upkeep, &WATCH);
    }
    g_mutex_unlock(&upkeep->lock);
    return upkeep;
}

void app_upkeep_stop(struct app_upkeep *upkeep)
{
    if (!upkeep)
        return;
    const gint64 deadline = g_get_monotonic_time() + STOP_AFTER;
    bool in_time = true;
    g_mutex_lock(&upkeep->lock);
    upkeep->stopping = true;
    g_cond_broadcast(&upkeep->wake);
    while (in_time && upkeep->running > 0)
        in_time = g_cond_wait_until(&upkeep->ended, &upkeep->lock, deadline);
    g_mutex_unlock(&upkeep->lock);
    if (!in_time)
        db_interrupt(service_db(upkeep->service));
    for (guint i = 0; i < upkeep->threads_n; i++)
        g_thread_join(upkeep->threads[i]);
    g_cond_clear(&upkeep->ended);
    g_cond_clear(&upkeep->wake);
    g_mutex_clear(&upkeep->lock);
    g_free(upkeep);
}
