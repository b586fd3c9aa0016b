#include "base/pool.h"

#include <pthread.h>

#include "base/error.h"

#define THREADS_MAX 256

struct job {
    base_pool_fn fn;
    void *data;
};

/* POSIX locks rather than GLib's: the thread sanitizer understands them. */
struct base_pool {
    pthread_mutex_t lock;
    pthread_cond_t work;
    struct job *ring; /* waiting jobs; capacity ring_n */
    unsigned ring_n;
    unsigned first;
    unsigned waiting;
    unsigned queue_max;
    unsigned idle; /* threads that wait for a job */
    bool closed;
    unsigned threads_n;
    GThread *threads[THREADS_MAX];
};

static gpointer pool_run(gpointer data)
{
    struct base_pool *pool = data;
    pthread_mutex_lock(&pool->lock);
    for (;;) {
        while (!pool->waiting && !pool->closed) {
            pool->idle++;
            pthread_cond_wait(&pool->work, &pool->lock);
            pool->idle--;
        }
        if (!pool->waiting)
            break;
        struct job job = pool->ring[pool->first];
        pool->first = (pool->first + 1) % pool->ring_n;
        pool->waiting--;
        pthread_mutex_unlock(&pool->lock);
        job.fn(job.data);
        pthread_mutex_lock(&pool->lock);
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

struct base_pool *base_pool_create(const char *name, unsigned threads, unsigned queue_max,
                                   GError **error)
{
    if (threads < 1 || threads > THREADS_MAX || queue_max > (1u << 20)) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID,
                    "pool %s: %u threads with a queue of %u is out of range", name, threads,
                    queue_max);
        return NULL;
    }
    struct base_pool *pool = g_new0(struct base_pool, 1);
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->work, NULL);
    pool->queue_max = queue_max;
    pool->ring_n = queue_max + threads;
    pool->ring = g_new(struct job, pool->ring_n);
    for (unsigned i = 0; i < threads; i++) {
        g_autoptr(GError) cause = NULL;
        pool->threads[i] = g_thread_try_new(name, pool_run, pool, &cause);
        if (!pool->threads[i]) {
            g_set_error(error, BASE_ERROR, BASE_ERROR_UNAVAILABLE, "pool %s: %s", name,
                        cause->message);
            base_pool_destroy(pool);
            return NULL;
        }
        pool->threads_n++;
    }
    return pool;
}

bool base_pool_submit(struct base_pool *pool, base_pool_fn fn, void *data)
{
    pthread_mutex_lock(&pool->lock);
    /* An idle thread that has been signalled but has not woken yet still counts as idle, so jobs
     * up to idle + queue_max are those that run at once plus those that may wait. */
    bool taken = !pool->closed && pool->waiting < pool->queue_max + pool->idle;
    if (taken) {
        pool->ring[(pool->first + pool->waiting) % pool->ring_n] = (struct job){fn, data};
        pool->waiting++;
        if (pool->idle)
            pthread_cond_signal(&pool->work);
    }
    pthread_mutex_unlock(&pool->lock);
    return taken;
}

unsigned base_pool_waiting(struct base_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    unsigned waiting = pool->waiting > pool->idle ? pool->waiting - pool->idle : 0;
    pthread_mutex_unlock(&pool->lock);
    return waiting;
}

void base_pool_close(struct base_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    pool->closed = true;
    pthread_cond_broadcast(&pool->work);
    pthread_mutex_unlock(&pool->lock);
    for (unsigned i = 0; i < pool->threads_n; i++)
        g_thread_join(pool->threads[i]);
    pool->threads_n = 0;
}

void base_pool_destroy(struct base_pool *pool)
{
    if (!pool)
        return;
    base_pool_close(pool);
    pthread_mutex_destroy(&pool->lock);
    pthread_cond_destroy(&pool->work);
    g_free(pool->ring);
    g_free(pool);
}
