/* The figures of the benchmarks, on lists whose answers can be worked out by hand. */
#include "../unit.h"

#include "cli/statistics.h"

#include <glib.h>
#include <math.h>
#include <string.h>

static void assert_near(double value, double expected)
{
    if (!(fabs(value - expected) < 1e-9))
        fail_msg("%.12f is not %.12f", value, expected);
}

static void test_times(void **state)
{
    double odd[] = {5, 1, 3};
    double even[] = {4, 1, 3, 2};
    double ten[] = {10, 9, 8, 7, 6, 5, 4, 3, 2, 1};

    (void)state;
    assert_near(cli_statistics_times_of(odd, 3).median, 3);
    assert_near(cli_statistics_times_of(even, 4).median, 2.5);
    struct cli_statistics_times times = cli_statistics_times_of(ten, 10);
    assert_near(times.p90, 9);
    assert_near(times.mean, 5.5);
    assert_int_equal(times.runs, 10);
    assert_true(isnan(cli_statistics_times_of(NULL, 0).median));
    assert_near(cli_statistics_times_of(odd, 1).p90, 1);
}

static void test_threshold_allows_whole_impostors_only(void **state)
{
    double impostors[] = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0};
    double genuine[] = {0.95, 1.0, 0.85};

    (void)state;
    double none = cli_statistics_threshold(impostors, 10, 0.05);
    assert_true(none > 1.0);
    assert_near(cli_statistics_accepted(genuine, 3, none), 0);
    double one = cli_statistics_threshold(impostors, 10, 0.1);
    assert_true(one > 0.9 && one < 0.9 + 1e-9);
    assert_near(cli_statistics_accepted(impostors, 10, one), 0.1);
    assert_near(cli_statistics_accepted(genuine, 3, one), 2.0 / 3);
    double all = cli_statistics_threshold(impostors, 10, 1);
    assert_near(cli_statistics_accepted(impostors, 10, all), 1);
}

/* 0.001 × 3000 is a hair below 3 in binary: three must be allowed all the same. */
static void test_threshold_rounding(void **state)
{
    double impostors[3000];

    (void)state;
    for (int i = 0; i < 3000; i++)
        impostors[i] = i / 3000.0;
    double threshold = cli_statistics_threshold(impostors, 3000, 0.001);
    assert_near(cli_statistics_accepted(impostors, 3000, threshold), 0.001);
}

static void test_no_score_is_never_accepted(void **state)
{
    double scores[] = {CLI_STATISTICS_NO_SCORE, 0.5};

    (void)state;
    assert_near(cli_statistics_accepted(scores, 2, cli_statistics_threshold(NULL, 0, 0.01)), 0.5);
    assert_true(isnan(cli_statistics_accepted(scores, 0, 0)));
}

static void test_threshold_with_ties(void **state)
{
    double impostors[] = {0.5, 0.5, 0.5, 0.1};

    (void)state;
    /* One of four may pass, but three are equal: none does. */
    double threshold = cli_statistics_threshold(impostors, 4, 0.25);
    assert_near(cli_statistics_accepted(impostors, 4, threshold), 0);
}

static void test_auc_and_eer(void **state)
{
    double high[] = {0.8, 0.9}, low[] = {0.1, 0.2};
    double mixed_genuine[] = {0.4, 0.8}, mixed_impostors[] = {0.2, 0.6};
    double equal_a[] = {0.5, 0.5}, equal_b[] = {0.5, 0.5};

    (void)state;
    assert_near(cli_statistics_auc(high, 2, low, 2), 1);
    assert_near(cli_statistics_auc(low, 2, high, 2), 0);
    assert_near(cli_statistics_auc(mixed_genuine, 2, mixed_impostors, 2), 0.75);
    assert_near(cli_statistics_auc(equal_a, 2, equal_b, 2), 0.5);
    assert_near(cli_statistics_eer(high, 2, low, 2), 0);
    assert_near(cli_statistics_eer(mixed_genuine, 2, mixed_impostors, 2), 0.5);
    assert_near(cli_statistics_eer(equal_a, 2, equal_b, 2), 0.5);
    assert_true(isnan(cli_statistics_auc(high, 0, low, 2)));
    assert_true(isnan(cli_statistics_eer(high, 2, low, 0)));
}

static void test_folds_are_even(void **state)
{
    struct cli_statistics_pair pairs[40];
    int counts[10][2];

    (void)state;
    memset(counts, 0, sizeof counts);
    for (int i = 0; i < 40; i++)
        pairs[i] = (struct cli_statistics_pair){.score = i, .same = i < 20};
    cli_statistics_deal_folds(pairs, 40, 10);
    for (int i = 0; i < 40; i++)
        counts[pairs[i].fold][pairs[i].same]++;
    for (int fold = 0; fold < 10; fold++) {
        assert_int_equal(counts[fold][0], 2);
        assert_int_equal(counts[fold][1], 2);
    }
}

static void test_cross_validation(void **state)
{
    struct cli_statistics_pair pairs[20];
    struct cli_statistics_accuracy accuracy;

    (void)state;
    for (int i = 0; i < 20; i++)
        pairs[i] = (struct cli_statistics_pair){i < 10 ? 0.1 : 0.7, i >= 10, i % 10};
    assert_true(cli_statistics_cross_validate(pairs, 20, 10, &accuracy));
    assert_near(accuracy.mean, 1);
    assert_near(accuracy.standard_error, 0);
    assert_near(accuracy.threshold, 0.4);

    /* One pair that no threshold gets right: its fold has one right of two. */
    pairs[0].score = 0.9;
    assert_true(cli_statistics_cross_validate(pairs, 20, 10, &accuracy));
    assert_near(accuracy.mean, 0.95);
    assert_near(accuracy.standard_error, 0.05);
}

static void test_cross_validation_needs_folds(void **state)
{
    struct cli_statistics_pair pair = {0.5, true, 0};
    struct cli_statistics_accuracy accuracy;

    (void)state;
    assert_false(cli_statistics_cross_validate(&pair, 1, 10, &accuracy));
    assert_true(isnan(accuracy.mean));
    assert_false(cli_statistics_cross_validate(NULL, 0, 10, &accuracy));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_threshold_allows_whole_impostors_only),
        cmocka_unit_test(test_threshold_rounding),
        cmocka_unit_test(test_no_score_is_never_accepted),
        cmocka_unit_test(test_threshold_with_ties),
        cmocka_unit_test(test_auc_and_eer),
        cmocka_unit_test(test_folds_are_even),
        cmocka_unit_test(test_cross_validation),
        cmocka_unit_test(test_cross_validation_needs_folds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
