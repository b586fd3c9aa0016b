/* From scores to answers: thresholds for a target, frames of one moment, candidates. */
#include "../unit.h"

#include "recognise/calibration.h"
#include "recognise/internal.h"

#include <math.h>
#include <string.h>

static const struct recognise_tail tail = {
    .from = 0.4, .share = 1e-4, .scale = 0.03, .shape = -0.1};

static void test_the_threshold_keeps_the_target(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 30, 120, 8000, 250000};
    static const double targets[] = {0.01, 0.001, 0.0001};
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        for (size_t j = 0; j < G_N_ELEMENTS(targets); j++) {
            float threshold =
                recognise_tail_threshold(&RECOGNISE_TAIL_DEFAULT, targets[j], sizes[i]);
            assert_true(threshold >= RECOGNISE_THRESHOLD_LOWEST &&
                        threshold <= RECOGNISE_THRESHOLD_HIGHEST);
            double named =
                recognise_tail_strangers(&RECOGNISE_TAIL_DEFAULT, sizes[i], (double)threshold);
            assert_true(named <= targets[j] * 1.001);
            /* More people and fewer errors both ask for more. */
            assert_true(i == 0 || threshold >= recognise_tail_threshold(&RECOGNISE_TAIL_DEFAULT,
                                                                        targets[j], sizes[i - 1]));
            assert_true(j == 0 || threshold >= recognise_tail_threshold(&RECOGNISE_TAIL_DEFAULT,
                                                                        targets[j - 1], sizes[i]));
        }
    }
}

static void test_the_tail_is_inverted(void **state)
{
    (void)state;
    const struct recognise_tail tails[] = {tail, {0.4, 1e-4, 0.03, 0}, {0.4, 1e-4, 0.03, 0.1}};
    for (size_t i = 0; i < G_N_ELEMENTS(tails); i++) {
        assert_float_equal(recognise_tail_rate(&tails[i], 0.4), 1e-4, 1e-9);
        for (double rate = 1e-3; rate > 1e-9; rate /= 10) {
            double score = recognise_tail_score(&tails[i], rate);
            assert_true(fabs(recognise_tail_rate(&tails[i], score) / rate - 1) < 1e-6);
        }
    }
    assert_true(recognise_tail_rate(&tail, 0.71) <= 0); /* beyond its end */
    assert_float_equal(recognise_tail_rate(&tail, -1), 1, 0);
}

static void test_a_tail_is_fitted(void **state)
{
    (void)state;
    enum { N = 2000 };
    float highest[N];
    struct recognise_tail fitted;
    /* The scores that the tail itself expects. */
    for (int i = 0; i < N; i++) {
        highest[i] = (float)recognise_tail_score(&tail, tail.share * (i + 0.5) / N);
    }
    assert_true(recognise_tail_fit(highest, N, N / tail.share, &fitted));
    assert_float_equal(fitted.from, 0.4, 1e-3);
    assert_float_equal(fitted.share, tail.share, 1e-9);
    assert_float_equal(fitted.scale, tail.scale, 1e-3);
    assert_float_equal(fitted.shape, tail.shape, 0.02);
    assert_false(recognise_tail_fit(highest, 19, 1e6, &fitted));
    for (int i = 0; i < N; i++) {
        highest[i] = 0.5F;
    }
    assert_false(recognise_tail_fit(highest, N, 1e6, &fitted));
}

static void test_why_a_face_is_reviewed(void **state)
{
    (void)state;
    const struct recognise_thresholds thresholds = {.match = 0.5F, .review = 0.4F, .margin = 0.05F};
    enum recognise_doubt doubt;
    recognise_decide(&thresholds, 0.6F, 0.3F, &doubt);
    assert_int_equal(doubt, RECOGNISE_DOUBT_NONE);
    recognise_decide(&thresholds, 0.6F, 0.58F, &doubt);
    assert_int_equal(doubt, RECOGNISE_DOUBT_MARGIN);
    recognise_decide(&thresholds, 0.45F, 0.1F, &doubt);
    assert_int_equal(doubt, RECOGNISE_DOUBT_SCORE);
    /* What is not a number names nobody. */
    assert_int_equal(recognise_decide(&thresholds, NAN, -1, &doubt), RECOGNISE_UNKNOWN);
    assert_int_equal(recognise_decide(&thresholds, NAN, NAN, &doubt), RECOGNISE_UNKNOWN);
    recognise_decide(&thresholds, 0.6F, NAN, &doubt);
    assert_int_equal(doubt, RECOGNISE_DOUBT_MARGIN);
    recognise_decide(&thresholds, 0.45F, 0.1F, &doubt);
    assert_string_equal(recognise_doubt_name(doubt), "score");
}

/* What lies exactly on a threshold has reached it. */
static void test_thresholds_are_the_lowest_that_do(void **state)
{
    (void)state;
    const struct recognise_thresholds thresholds = {
        .match = 0.5F, .review = 0.25F, .margin = 0.125F};
    assert_int_equal(recognise_decide(&thresholds, 0.5F, -1, NULL), RECOGNISE_MATCH);
    assert_int_equal(recognise_decide(&thresholds, nextafterf(0.5F, 0), -1, NULL),
                     RECOGNISE_NEEDS_REVIEW);
    assert_int_equal(recognise_decide(&thresholds, 0.25F, -1, NULL), RECOGNISE_NEEDS_REVIEW);
    assert_int_equal(recognise_decide(&thresholds, nextafterf(0.25F, 0), -1, NULL),
                     RECOGNISE_UNKNOWN);
    assert_int_equal(recognise_decide(&thresholds, 0.625F, 0.5F, NULL), RECOGNISE_MATCH);
    assert_int_equal(recognise_decide(&thresholds, 0.625F, 0.5625F, NULL), RECOGNISE_NEEDS_REVIEW);
}

static void test_candidates_are_those_worth_a_look(void **state)
{
    (void)state;
    const struct recognise_thresholds thresholds = {.match = 0.5F, .review = 0.4F, .margin = 0.05F};
    const struct recognise_candidate found[] = {
        {{{1}}, 0.47F}, {{{2}}, 0.45F}, {{{3}}, 0.39F}, {{{4}}, 0.1F}};
    struct recognise_answer answer = {0};
    recognise_answer_decide(&answer, &thresholds, found, G_N_ELEMENTS(found));
    assert_int_equal(answer.kind, RECOGNISE_NEEDS_REVIEW);
    assert_int_equal(answer.candidates_n, 2);
    assert_int_equal(answer.candidates[1].person.bytes[0], 2);
    for (uint8_t i = 2; i < 12; i++) {
        const struct base_uuid person = {{i}};
        recognise_answer_candidate(&answer, &person, 0.3F);
    }
    assert_int_equal(answer.candidates_n, RECOGNISE_CANDIDATES_MAX);
    assert_int_equal(answer.candidates[0].person.bytes[0], 1);
    /* Of a stranger nothing is left. */
    recognise_answer_decide(&answer, &thresholds, found + 2, 2);
    assert_int_equal(answer.kind, RECOGNISE_UNKNOWN);
    assert_int_equal(answer.candidates_n, 0);
    assert_true(base_uuid_is_nil(&answer.person));
}

/* ---- frames ---- */

/* A unit vector near axis `who`, more or less. */
static void face_of(GRand *random, int who, double noise, float values[FACE_TEMPLATE_N])
{
    double square_sum = 0;
    memset(values, 0, sizeof(float) * FACE_TEMPLATE_N);
    for (int i = 0; i < FACE_EMBEDDING_N; i++) {
        values[i] = (float)(g_rand_double_range(random, -1, 1) * noise) + (i == who ? 1.0F : 0.0F);
        square_sum += (double)values[i] * values[i];
    }
    for (int i = 0; i < FACE_EMBEDDING_N; i++) {
        values[i] = (float)(values[i] / sqrt(square_sum));
    }
}

static void test_one_bad_frame_does_not_spoil_the_others(void **state)
{
    (void)state;
    g_autoptr(GRand) random = g_rand_new_with_seed(5);
    float values[4][FACE_TEMPLATE_N];
    float fused[FACE_TEMPLATE_N];
    float truth[FACE_TEMPLATE_N];
    bool used[4];
    const float *frames[4] = {values[0], values[1], values[2], values[3]};
    const float alike[4] = {0.8F, 0.8F, 0.8F, 0.8F};
    face_of(random, 3, 0, truth);
    for (int i = 0; i < 4; i++) {
        face_of(random, i == 1 ? 9 : 3, 0.05, values[i]);
    }
    assert_int_equal(recognise_frames_fuse(frames, alike, 4, fused, used), 3);
    assert_false(used[1]);
    /* Better than each of the frames alone. */
    for (int i = 0; i < 4; i++) {
        assert_true(recognise_similarity(fused, truth) > recognise_similarity(values[i], truth));
    }
    /* Two people who are equally well seen are two people. */
    assert_int_equal(recognise_frames_fuse(frames, alike, 2, fused, used), 0);
    /* Beside a sharp frame a blurred one does not count. */
    const float blurred[2] = {0.9F, 0.3F};
    assert_int_equal(recognise_frames_fuse(frames, blurred, 2, fused, used), 1);
    assert_true(used[0] && !used[1]);
    assert_int_equal(recognise_frames_fuse(frames, alike, 1, fused, used), 1);
    assert_int_equal(recognise_frames_fuse(frames, alike, 0, fused, used), 0);
    assert_false(recognise_template_is_whole(fused));
}

static void test_the_better_frame_weighs_more(void **state)
{
    (void)state;
    g_autoptr(GRand) random = g_rand_new_with_seed(6);
    float values[2][FACE_TEMPLATE_N];
    float fused[FACE_TEMPLATE_N];
    bool used[2];
    const float *frames[2] = {values[0], values[1]};
    const float qualities[2] = {0.9F, 0.3F};
    face_of(random, 3, 0.03, values[0]);
    face_of(random, 3, 0.03, values[1]);
    assert_int_equal(recognise_frames_fuse(frames, qualities, 2, fused, used), 2);
    assert_true(recognise_similarity(fused, values[0]) > recognise_similarity(fused, values[1]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_threshold_keeps_the_target),
        cmocka_unit_test(test_the_tail_is_inverted),
        cmocka_unit_test(test_a_tail_is_fitted),
        cmocka_unit_test(test_why_a_face_is_reviewed),
        cmocka_unit_test(test_thresholds_are_the_lowest_that_do),
        cmocka_unit_test(test_candidates_are_those_worth_a_look),
        cmocka_unit_test(test_one_bad_frame_does_not_spoil_the_others),
        cmocka_unit_test(test_the_better_frame_weighs_more),
    };
    return cmocka_run_group_tests_name("recognise_decide", tests, NULL, NULL);
}
