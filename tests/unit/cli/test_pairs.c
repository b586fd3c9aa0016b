#include "../unit.h"

#include "cli/pairs.h"

static void test_without_folds(void **state)
{
    struct cli_pairs pairs;
    GError *error = NULL;

    (void)state;
    assert_true(cli_pairs_parse("same\timage_a\timage_b\r\n1\ta b.jpg\tc.jpg\r\n\n0\td\te\n",
                                &pairs, &error));
    assert_int_equal(pairs.pairs->len, 2);
    assert_int_equal(pairs.folds, 0);
    const struct cli_pair *first = &g_array_index(pairs.pairs, struct cli_pair, 0);
    assert_true(first->same);
    assert_string_equal(first->a, "a b.jpg");
    assert_string_equal(first->b, "c.jpg");
    assert_false(g_array_index(pairs.pairs, struct cli_pair, 1).same);
    cli_pairs_finish(&pairs);
    cli_pairs_finish(&pairs);
}

static void test_with_folds(void **state)
{
    struct cli_pairs pairs;
    GError *error = NULL;

    (void)state;
    assert_true(cli_pairs_parse("fold\tsame\timage_a\timage_b\n7\t1\ta\tb\nx\t0\tc\td\n7\t0\te\tf",
                                &pairs, &error));
    assert_int_equal(pairs.folds, 2);
    assert_int_equal(g_array_index(pairs.pairs, struct cli_pair, 0).fold, 0);
    assert_int_equal(g_array_index(pairs.pairs, struct cli_pair, 1).fold, 1);
    assert_int_equal(g_array_index(pairs.pairs, struct cli_pair, 2).fold, 0);
    cli_pairs_finish(&pairs);
}

static void test_what_is_no_list(void **state)
{
    static const char *const BAD[] = {
        "",
        "\n",
        "same image_a image_b\n1 a b\n",
        "same\timage_a\timage_b\n2\ta\tb\n",
        "same\timage_a\timage_b\n1\ta\n",
        "same\timage_a\timage_b\n1\ta\tb\tc\n",
        "same\timage_a\timage_b\n1\t\tb\n",
        "fold\tsame\timage_a\timage_b\n1\ta\tb\n",
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(BAD); i++) {
        struct cli_pairs pairs;
        GError *error = NULL;
        assert_false(cli_pairs_parse(BAD[i], &pairs, &error));
        assert_base_error(error, BASE_ERROR_INVALID);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_folds),
        cmocka_unit_test(test_with_folds),
        cmocka_unit_test(test_what_is_no_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
