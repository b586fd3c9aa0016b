#include "app/upkeep.h"

#include "service/images.h"

#define FIRST_AFTER (60 * G_TIME_SPAN_SECOND)

struct app_upkeep {
    struct service *service;
    GThread *thread;
    GMutex lock; /* of what follows */
    GCond wake;
    bool stopping;
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
    struct app_upkeep *upkeep = data;
    gint64 next = g_get_monotonic_time() + FIRST_AFTER;

    g_mutex_lock(&upkeep->lock);
    while (!upkeep->stopping) {
        if (g_cond_wait_until(&upkeep->wake, &upkeep->lock, next))
            continue;
        g_mutex_unlock(&upkeep->lock);
        collect(upkeep->service);
        next = g_get_monotonic_time() + G_TIME_SPAN_DAY;
        g_mutex_lock(&upkeep->lock);
    }
    g_mutex_unlock(&upkeep->lock);
    return NULL;
}

struct app_upkeep *app_upkeep_start(struct service *service)
{
    struct app_upkeep *upkeep = g_new0(struct app_upkeep, 1);

    upkeep->service = service;
    g_mutex_init(&upkeep->lock);
    g_cond_init(&upkeep->wake);
    upkeep->thread = g_thread_new("upkeep", run, upkeep);
    return upkeep;
}

void app_upkeep_stop(struct app_upkeep *upkeep)
{
    if (!upkeep)
        return;
    g_mutex_lock(&upkeep->lock);
    upkeep->stopping = true;
    g_cond_signal(&upkeep->wake);
    g_mutex_unlock(&upkeep->lock);
    g_thread_join(upkeep->thread);
    g_cond_clear(&upkeep->wake);
    g_mutex_clear(&upkeep->lock);
    g_free(upkeep);
}
