/* Large pictures, on all processors but behind whoever stands at a camera. */
#include "base/error.h"
#include "base/pool.h"
#include "recognise/faces.h"

#include <stdatomic.h>
#include <sys/resource.h>
#include <unistd.h>

/* A helper gets a quarter of a processor that somebody else wants. */
#define NICENESS 5

struct recognise_helpers {
    int threads;
    GMutex lock;            /* guards `pool` */
    struct base_pool *pool; /* NULL: not asked for yet */
};

/* One call. */
struct batch {
    struct recogniser *recogniser;
    recognise_step step;
    gpointer data;
    size_t n;
    atomic_size_t next;

    GMutex lock; /* guards what follows */
    GCond ended;
    int running;
    struct face_timings timings;
    GError *error;
};

struct recognise_helpers *recognise_helpers_create(int threads)
{
    struct recognise_helpers *helpers = g_new0(struct recognise_helpers, 1);
    helpers->threads = threads;
    g_mutex_init(&helpers->lock);
    return helpers;
}

void recognise_helpers_destroy(struct recognise_helpers *helpers)
{
    if (helpers == NULL) {
        return;
    }
    base_pool_destroy(helpers->pool);
    g_mutex_clear(&helpers->lock);
    g_free(helpers);
}

/* NULL when the threads cannot be started: then the work is done without them. */
static struct base_pool *pool_of(struct recognise_helpers *helpers)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&helpers->lock);
    if (helpers->pool == NULL) {
        helpers->pool = base_pool_create("class", (unsigned)helpers->threads, 0, NULL);
    }
    return helpers->pool;
}

static void timings_add(struct face_timings *sum, const struct face_timings *more)
{
    sum->decode += more->decode;
    sum->detect += more->detect;
    sum->landmarks += more->landmarks;
    sum->quality += more->quality;
    sum->align += more->align;
    sum->embed += more->embed;
    sum->liveness += more->liveness;
    sum->search += more->search;
}

static bool go_on(const struct batch *batch, GError **error)
{
    if (g_atomic_int_get(&batch->recogniser->interrupted) == 0) {
        return true;
    }
    g_set_error_literal(error, BASE_ERROR, BASE_ERROR_UNAVAILABLE,
                        "Presente is being stopped. Please try again in a minute.");
    return false;
}

static void work(struct batch *batch)
{
    GError *error = NULL;
    struct face_timings timings = {0};
    struct face_worker *worker = recognise_worker_acquire(batch->recogniser, &error);
    bool ran = worker != NULL;
    for (size_t i = 0; ran && (i = atomic_fetch_add(&batch->next, 1)) < batch->n;) {
        ran = go_on(batch, &error) && batch->step(worker, i, batch->data, &error);
    }
    if (worker != NULL) {
        timings = *face_worker_timings(worker);
        face_engine_release(batch->recogniser->engine, worker);
    }
    if (!ran) {
        atomic_store(&batch->next, batch->n);
    }
    g_mutex_lock(&batch->lock);
    timings_add(&batch->timings, &timings);
    if (error != NULL && batch->error == NULL) {
        batch->error = g_steal_pointer(&error);
    }
    batch->running--;
    g_cond_signal(&batch->ended);
    g_mutex_unlock(&batch->lock);
    g_clear_error(&error);
}

static void help(void *job)
{
    static _Thread_local bool nice;
    if (!nice) {
        /* Where it is not allowed the helpers are as eager as everybody else. */
        (void)setpriority(PRIO_PROCESS, (id_t)gettid(), NICENESS);
        nice = true;
    }
    work(job);
}

bool recognise_parallel(struct recogniser *recogniser, size_t n, recognise_step step, gpointer data,
                        struct face_timings *timings, GError **error)
{
    struct base_pool *pool = pool_of(recogniser->helpers);
    struct batch batch = {.recogniser = recogniser, .step = step, .data = data, .n = n};
    size_t wanted = MIN(n, (size_t)recogniser->helpers->threads);
    size_t helping = 0;
    g_mutex_init(&batch.lock);
    g_cond_init(&batch.ended);
    batch.running = (int)wanted;
    while (helping < wanted && pool != NULL && base_pool_submit(pool, help, &batch)) {
        helping++;
    }
    g_mutex_lock(&batch.lock);
    batch.running -= (int)(wanted - helping) - (helping == 0 && n > 0);
    g_mutex_unlock(&batch.lock);
    if (helping == 0 && n > 0) {
        work(&batch);
    }
    g_mutex_lock(&batch.lock);
    while (batch.running > 0) {
        g_cond_wait(&batch.ended, &batch.lock);
    }
    g_mutex_unlock(&batch.lock);
    timings_add(timings, &batch.timings);
    g_cond_clear(&batch.ended);
    g_mutex_clear(&batch.lock);
    if (batch.error != NULL) {
        g_propagate_error(error, batch.error);
        return false;
    }
    return true;
}
