/*
 * The worker pool: every job it takes runs once, it refuses beyond its bound, and closing it
 * finishes what was taken.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/pool.h"

struct gate {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool open;
    unsigned entered;
    unsigned done;
};

static void pass_gate(void *job)
{
    struct gate *gate = job;
    pthread_mutex_lock(&gate->lock);
    gate->entered++;
    pthread_cond_broadcast(&gate->changed);
    while (!gate->open)
        pthread_cond_wait(&gate->changed, &gate->lock);
    gate->done++;
    pthread_mutex_unlock(&gate->lock);
}

static void gate_wait_entered(struct gate *gate, unsigned n)
{
    pthread_mutex_lock(&gate->lock);
    while (gate->entered < n)
        pthread_cond_wait(&gate->changed, &gate->lock);
    pthread_mutex_unlock(&gate->lock);
}

static void gate_open(struct gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    gate->open = true;
    pthread_cond_broadcast(&gate->changed);
    pthread_mutex_unlock(&gate->lock);
}

static void test_refuses_beyond_bound(void **state)
{
    (void)state;
    struct gate gate = {0};
    struct base_pool *pool = base_pool_create("test", 2, 3, NULL);
    assert_non_null(pool);
    assert_true(base_pool_submit(pool, pass_gate, &gate));
    assert_true(base_pool_submit(pool, pass_gate, &gate));
    gate_wait_entered(&gate, 2);
    for (int i = 0; i < 3; i++)
        assert_true(base_pool_submit(pool, pass_gate, &gate));
    assert_int_equal(base_pool_waiting(pool), 3);
    assert_false(base_pool_submit(pool, pass_gate, &gate));
    gate_open(&gate);
    base_pool_destroy(pool);
    assert_int_equal(gate.done, 5);
}

static void test_closed_pool_refuses(void **state)
{
    (void)state;
    struct gate gate = {.open = true};
    struct base_pool *pool = base_pool_create("test", 1, 4, NULL);
    for (int i = 0; i < 3; i++)
        assert_true(base_pool_submit(pool, pass_gate, &gate));
    base_pool_close(pool);
    assert_int_equal(gate.done, 3);
    assert_false(base_pool_submit(pool, pass_gate, &gate));
    base_pool_close(pool);
    base_pool_destroy(pool);
}

static void count(void *job)
{
    g_atomic_int_inc((int *)job);
}

struct submitter {
    struct base_pool *pool;
    int *counter;
    unsigned taken;
};

static gpointer submit_many(gpointer data)
{
    struct submitter *submitter = data;
    for (int i = 0; i < 20000; i++)
        submitter->taken += base_pool_submit(submitter->pool, count, submitter->counter);
    return NULL;
}

static void test_every_job_taken_runs_once(void **state)
{
    (void)state;
    int counter = 0;
    struct base_pool *pool = base_pool_create("test", 3, 16, NULL);
    struct submitter submitters[4];
    GThread *threads[4];
    for (size_t i = 0; i < 4; i++) {
        submitters[i] = (struct submitter){pool, &counter, 0};
        threads[i] = g_thread_new("submitter", submit_many, &submitters[i]);
    }
    unsigned taken = 0;
    for (size_t i = 0; i < 4; i++) {
        g_thread_join(threads[i]);
        taken += submitters[i].taken;
    }
    base_pool_destroy(pool);
    assert_int_equal(counter, taken);
    assert_true(taken > 0);
}

static void test_without_queue_takes_when_idle(void **state)
{
    (void)state;
    struct gate gate = {0};
    struct base_pool *pool = base_pool_create("test", 1, 0, NULL);
    while (!base_pool_submit(pool, pass_gate, &gate))
        g_thread_yield();
    gate_wait_entered(&gate, 1);
    assert_false(base_pool_submit(pool, pass_gate, &gate));
    gate_open(&gate);
    base_pool_destroy(pool);
}

static void test_bad_sizes(void **state)
{
    (void)state;
    g_autoptr(GError) error = NULL;
    assert_null(base_pool_create("test", 0, 1, &error));
    assert_true(g_error_matches(error, BASE_ERROR, BASE_ERROR_INVALID));
    g_clear_error(&error);
    assert_null(base_pool_create("test", 257, 1, &error));
    assert_true(g_error_matches(error, BASE_ERROR, BASE_ERROR_INVALID));
    base_pool_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refuses_beyond_bound),
        cmocka_unit_test(test_closed_pool_refuses),
        cmocka_unit_test(test_every_job_taken_runs_once),
        cmocka_unit_test(test_without_queue_takes_when_idle),
        cmocka_unit_test(test_bad_sizes),
    };
    return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
