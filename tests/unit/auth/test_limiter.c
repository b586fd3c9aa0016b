#include "../unit.h"

#include "auth/limiter.h"

#include <glib.h>

static const base_time start = 1770000000 * BASE_TIME_SECOND;

static struct auth_limiter *limiter_of(int burst, int period)
{
    struct auth_limit_rule rules[AUTH_LIMIT_N];

    for (int i = 0; i < AUTH_LIMIT_N; i++)
        rules[i] = (struct auth_limit_rule){"test", burst, period};
    return auth_limiter_create(rules);
}

static void test_burst_then_one_a_step(void **state)
{
    struct auth_limiter *limiter = limiter_of(5, 50);
    int wait = 0;

    (void)state;
    for (int i = 0; i < 5; i++)
        assert_true(auth_limiter_take(limiter, AUTH_LIMIT_REGISTER, "a", start, &wait));
    assert_false(auth_limiter_take(limiter, AUTH_LIMIT_REGISTER, "a", start, &wait));
    assert_int_equal(wait, 10);
    assert_false(auth_limiter_take(limiter, AUTH_LIMIT_REGISTER, "a",
                                   start + 9 * BASE_TIME_SECOND + 500000, &wait));
    assert_int_equal(wait, 1);
    const base_time later = start + 10 * BASE_TIME_SECOND;
    assert_true(auth_limiter_take(limiter, AUTH_LIMIT_REGISTER, "a", later, &wait));
    assert_false(auth_limiter_take(limiter, AUTH_LIMIT_REGISTER, "a", later, &wait));
    /* Other keys and other limits are not touched. */
    assert_true(auth_limiter_take(limiter, AUTH_LIMIT_REGISTER, "b", later, NULL));
    assert_true(auth_limiter_take(limiter, AUTH_LIMIT_EXISTS, "a", later, NULL));
    auth_limiter_destroy(limiter);
}

static void test_reset_forgives(void **state)
{
    struct auth_limiter *limiter = limiter_of(1, 60);

    (void)state;
    assert_true(auth_limiter_take(limiter, AUTH_LIMIT_PASSWORD, "a", start, NULL));
    assert_false(auth_limiter_take(limiter, AUTH_LIMIT_PASSWORD, "a", start, NULL));
    auth_limiter_reset(limiter, AUTH_LIMIT_PASSWORD, "a");
    assert_true(auth_limiter_take(limiter, AUTH_LIMIT_PASSWORD, "a", start, NULL));
    auth_limiter_destroy(limiter);
}

static void test_zero_burst_is_off(void **state)
{
    struct auth_limiter *limiter = limiter_of(0, 60);

    (void)state;
    for (int i = 0; i < 1000; i++)
        assert_true(auth_limiter_take(limiter, AUTH_LIMIT_EXISTS, "a", start, NULL));
    auth_limiter_destroy(limiter);
}

static void test_an_account_from_anywhere_has_ten_bursts(void **state)
{
    struct auth_limiter *limiter = limiter_of(2, 60);
    int taken = 0;

    (void)state;
    while (taken < 100 && auth_limiter_take(limiter, AUTH_LIMIT_SIGN_IN_ANYWHERE, "a", start, NULL))
        taken++;
    assert_int_equal(taken, 20);
    auth_limiter_destroy(limiter);
    limiter = limiter_of(0, 60);
    for (int i = 0; i < 100; i++)
        assert_true(auth_limiter_take(limiter, AUTH_LIMIT_SIGN_IN_ANYWHERE, "a", start, NULL));
    auth_limiter_destroy(limiter);
}

static void test_clock_set_back_is_no_long_ban(void **state)
{
    struct auth_limiter *limiter = limiter_of(1, 60);
    const base_time before = start - 3600 * BASE_TIME_SECOND;
    int wait = 0;

    (void)state;
    assert_true(auth_limiter_take(limiter, AUTH_LIMIT_EXISTS, "a", start, NULL));
    assert_false(auth_limiter_take(limiter, AUTH_LIMIT_EXISTS, "a", before, &wait));
    assert_in_range(wait, 1, 60);
    auth_limiter_destroy(limiter);
}

static void test_a_flood_of_keys_keeps_the_debtor(void **state)
{
    struct auth_limiter *limiter = limiter_of(5, 500);
    char key[32];

    (void)state;
    for (int i = 0; i < 5; i++)
        assert_true(auth_limiter_take(limiter, AUTH_LIMIT_EXISTS, "debtor", start, NULL));
    for (int i = 0; i < 200000; i++) {
        g_snprintf(key, sizeof key, "key %d", i);
        assert_true(auth_limiter_take(limiter, AUTH_LIMIT_EXISTS, key, start, NULL));
    }
    assert_false(auth_limiter_take(limiter, AUTH_LIMIT_EXISTS, "debtor", start, NULL));
    auth_limiter_destroy(limiter);
}

static gpointer take_many(gpointer data)
{
    int taken = 0;

    for (int i = 0; i < 1000; i++)
        taken += auth_limiter_take(data, AUTH_LIMIT_EXISTS, "shared", start, NULL);
    return GINT_TO_POINTER(taken);
}

static void test_threads_share_one_burst(void **state)
{
    struct auth_limiter *limiter = limiter_of(100, 100);
    GThread *threads[8];
    int taken = 0;

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("take", take_many, limiter);
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        taken += GPOINTER_TO_INT(g_thread_join(threads[i]));
    assert_int_equal(taken, 100);
    auth_limiter_destroy(limiter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_burst_then_one_a_step),
        cmocka_unit_test(test_reset_forgives),
        cmocka_unit_test(test_zero_burst_is_off),
        cmocka_unit_test(test_an_account_from_anywhere_has_ten_bursts),
        cmocka_unit_test(test_clock_set_back_is_no_long_ban),
        cmocka_unit_test(test_a_flood_of_keys_keeps_the_debtor),
        cmocka_unit_test(test_threads_share_one_burst),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
