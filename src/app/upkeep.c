#include "app/upkeep.h"

#include "db/db.h"
#include "service/images.h"
#include "service/watch.h"

#define STOP_AFTER (2 * G_TIME_SPAN_SECOND)

struct app_upkeep {
    struct service *service;
    GThread *threads[2];
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
    static const struct task WATCH = {"watch", G_TIME_SPAN_SECOND, G_TIME_SPAN_SECOND,
                                      service_watch_look};
    struct app_upkeep *upkeep = g_new0(struct app_upkeep, 1);

    upkeep->service = service;
    g_mutex_init(&upkeep->lock);
    g_cond_init(&upkeep->wake);
    g_cond_init(&upkeep->ended);
    g_mutex_lock(&upkeep->lock);
    begin(upkeep, &COLLECT);
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
