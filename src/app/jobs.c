#include "app/jobs.h"

#include "service/institution.h"
#include "service/jobs.h"

enum { THREADS_N = 2 };

/* Jobs of other nodes that died, and of this one when the database was away. */
#define LOOK_US (5 * G_TIME_SPAN_SECOND)
#define COLLECT_FIRST_US G_TIME_SPAN_MINUTE
#define COLLECT_US G_TIME_SPAN_HOUR

struct app_jobs {
    struct service *service;
    GThread *threads[THREADS_N];
    gint stopping; /* atomic */
    gint collecting;
};

static void collect(struct service *service)
{
    g_autoptr(GError) error = NULL;
    gint64 removed = 0;

    if (!service_jobs_collect(service, &removed, &error) ||
        !service_institution_logo_collect(service, &error))
        g_warning("Old reports were not removed: %s", error->message);
    else if (removed > 0)
        g_message("Removed %" G_GINT64_FORMAT " reports that were past their day.", removed);
}

static gpointer run(gpointer data)
{
    struct app_jobs *jobs = data;
    /* One of the threads collects as well. */
    const bool collects = g_atomic_int_add(&jobs->collecting, 1) == 0;
    gint64 next = g_get_monotonic_time() + COLLECT_FIRST_US;
    guint seen = 0;

    while (!g_atomic_int_get(&jobs->stopping)) {
        g_autoptr(GError) error = NULL;
        bool ran = false;
        if (!service_job_run(jobs->service, &jobs->stopping, &ran, &error))
            g_warning("A report that was asked for was not begun or not ended: %s", error->message);
        if (collects && g_get_monotonic_time() >= next) {
            collect(jobs->service);
            next = g_get_monotonic_time() + COLLECT_US;
        }
        if ((!ran || error) && !g_atomic_int_get(&jobs->stopping))
            service_jobs_wait(jobs->service, &seen, LOOK_US);
    }
    return NULL;
}

struct app_jobs *app_jobs_start(struct service *service)
{
    struct app_jobs *jobs = g_new0(struct app_jobs, 1);

    jobs->service = service;
    for (int i = 0; i < THREADS_N; i++)
        jobs->threads[i] = g_thread_new("reports", run, jobs);
    return jobs;
}

void app_jobs_stop(struct app_jobs *jobs)
{
    if (!jobs)
        return;
    g_atomic_int_set(&jobs->stopping, 1);
    service_jobs_wake(jobs->service);
    for (int i = 0; i < THREADS_N; i++)
        g_thread_join(jobs->threads[i]);
    g_free(jobs);
}
