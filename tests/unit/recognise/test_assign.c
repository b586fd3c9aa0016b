/* One person once: the assignment is the best of all, checked against trying all. */
#include "../unit.h"

#include "recognise/internal.h"

#define SIDE_MAX 5

static float best_of_all(const float *gains, size_t rows, size_t columns, size_t row, unsigned used)
{
    if (row == rows) {
        return 0;
    }
    float best = best_of_all(gains, rows, columns, row + 1, used);
    for (size_t column = 0; column < columns; column++) {
        float gain = gains[row * columns + column];
        if (gain > 0 && !(used & 1U << column)) {
            float sum = gain + best_of_all(gains, rows, columns, row + 1, used | 1U << column);
            best = MAX(best, sum);
        }
    }
    return best;
}

static void test_equals_trying_all(void **state)
{
    (void)state;
    g_autoptr(GRand) random = g_rand_new_with_seed(3);
    for (int round = 0; round < 2000; round++) {
        size_t rows = (size_t)g_rand_int_range(random, 1, SIDE_MAX + 1);
        size_t columns = (size_t)g_rand_int_range(random, 1, SIDE_MAX + 1);
        float gains[SIDE_MAX * SIDE_MAX];
        for (size_t i = 0; i < rows * columns; i++) {
            gains[i] = (float)g_rand_double_range(random, -0.5, 1);
        }
        int assigned[SIDE_MAX];
        recognise_assign(gains, rows, columns, assigned);
        float sum = 0;
        unsigned used = 0;
        for (size_t row = 0; row < rows; row++) {
            if (assigned[row] < 0) {
                continue;
            }
            assert_false(used & 1U << assigned[row]);
            used |= 1U << assigned[row];
            assert_true(gains[row * columns + (size_t)assigned[row]] > 0);
            sum += gains[row * columns + (size_t)assigned[row]];
        }
        assert_float_equal(sum, best_of_all(gains, rows, columns, 0, 0), 1e-4);
    }
}

static void test_nothing_to_assign(void **state)
{
    (void)state;
    const float gains[2] = {0, -1};
    int assigned[2];
    recognise_assign(gains, 2, 1, assigned);
    assert_int_equal(assigned[0], -1);
    assert_int_equal(assigned[1], -1);
    recognise_assign(gains, 0, 2, assigned);
}

static void test_decision_by_thresholds_and_margin(void **state)
{
    (void)state;
    const struct recognise_thresholds thresholds = {.match = 0.5F, .review = 0.4F, .margin = 0.05F};
    assert_int_equal(recognise_decide(&thresholds, 0.6F, 0.3F, NULL), RECOGNISE_MATCH);
    assert_int_equal(recognise_decide(&thresholds, 0.6F, -1, NULL), RECOGNISE_MATCH);
    assert_int_equal(recognise_decide(&thresholds, 0.6F, 0.58F, NULL), RECOGNISE_NEEDS_REVIEW);
    assert_int_equal(recognise_decide(&thresholds, 0.45F, 0.1F, NULL), RECOGNISE_NEEDS_REVIEW);
    assert_int_equal(recognise_decide(&thresholds, 0.39F, 0.1F, NULL), RECOGNISE_UNKNOWN);
    assert_int_equal(recognise_decide(&thresholds, -1, -1, NULL), RECOGNISE_UNKNOWN);
}

static void test_fusing_templates(void **state)
{
    (void)state;
    float templates[2 * FACE_TEMPLATE_N] = {0};
    float fused[FACE_TEMPLATE_N];
    templates[0] = 1;
    templates[FACE_TEMPLATE_N + 1] = 1;
    assert_true(recognise_fuse(templates, 2, fused));
    assert_float_equal(fused[0], 0.70710678, 1e-6);
    assert_float_equal(fused[1], 0.70710678, 1e-6);
    templates[FACE_TEMPLATE_N] = -1;
    templates[FACE_TEMPLATE_N + 1] = 0;
    assert_false(recognise_fuse(templates, 2, fused)); /* they cancel out */
    templates[0] = 2;
    assert_false(recognise_fuse(templates, 1, fused)); /* not of length 1 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equals_trying_all),
        cmocka_unit_test(test_nothing_to_assign),
        cmocka_unit_test(test_decision_by_thresholds_and_margin),
        cmocka_unit_test(test_fusing_templates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
