/*
 * A bounded pool of worker threads: a fixed number of threads and a queue that refuses instead of
 * growing, so that load beyond what the machine can do is answered at once rather than later.
 */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include <glib.h>
#include <stdbool.h>

struct base_pool;

typedef void (*base_pool_fn)(void *job);

/* `threads` (1 to 256) are named `name` (15 characters count). At most `queue_max` jobs wait beyond
 * those that run; 0 means a job is taken only when a thread is idle. BASE_ERROR_INVALID,
 * BASE_ERROR_UNAVAILABLE when a thread cannot be started. */
struct base_pool *base_pool_create(const char *name, unsigned threads, unsigned queue_max,
                                   GError **error);

/* Runs fn(job) on one of the threads, in the order submitted. Never waits; false when the pool is
 * full or closed, and then the job is the caller's still. Any thread may call it. */
bool base_pool_submit(struct base_pool *pool, base_pool_fn fn, void *job);

/* Jobs waiting now; those that run do not count. */
unsigned base_pool_waiting(struct base_pool *pool);

/* Refuses new jobs, runs those already taken, joins the threads. Not from a job. May be called
 * twice, but not from two threads at once. */
void base_pool_close(struct base_pool *pool);

/* Closes and frees; NULL is fine. */
void base_pool_destroy(struct base_pool *pool);

#endif
