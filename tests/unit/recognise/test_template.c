/* Templates of two parts: scores, fusing, and when the second network is asked. */
#include "../face/pictures.h"
#include "../unit.h"

#include "recognise/internal.h"

#include <math.h>
#include <string.h>

#define SECOND FACE_EMBEDDING_N

static void test_the_score_counts_what_both_templates_have(void **state)
{
    (void)state;
    float a[FACE_TEMPLATE_N] = {[0] = 1};
    float b[FACE_TEMPLATE_N] = {[0] = 0.6F, [1] = 0.8F};
    assert_float_equal(recognise_similarity(a, b), 0.6, 1e-6);
    a[SECOND] = 1;
    /* The other was made before there was a second network. */
    assert_float_equal(recognise_similarity(a, b), 0.6, 1e-6);
    b[SECOND] = 1;
    float both = recognise_similarity(a, b);
    b[SECOND] = 0;
    b[SECOND + 1] = 1;
    float one = recognise_similarity(a, b);
    assert_true(both > 0.6F && one < 0.6F);
    assert_float_equal(recognise_similarity(a, a), 1, 1e-6);
    for (int i = 0; i < FACE_TEMPLATE_N; i++) {
        b[i] = -a[i];
    }
    assert_float_equal(recognise_similarity(a, b), -1, 1e-6);
}

static void test_each_part_is_fused_on_its_own(void **state)
{
    (void)state;
    float templates[3 * FACE_TEMPLATE_N] = {0};
    float fused[FACE_TEMPLATE_N];
    for (int i = 0; i < 3; i++) {
        templates[i * FACE_TEMPLATE_N + i] = 1;
    }
    assert_true(recognise_fuse(templates, 3, fused));
    assert_false(recognise_template_is_whole(fused));
    /* One of the three is known to the second network, and speaks for all. */
    templates[FACE_TEMPLATE_N + SECOND + 5] = 1;
    assert_true(recognise_fuse(templates, 3, fused));
    assert_true(recognise_template_is_whole(fused));
    assert_float_equal(fused[0], sqrt(1.0 / 3), 1e-6);
    assert_float_equal(fused[SECOND + 5], 1, 1e-6);
    templates[FACE_TEMPLATE_N + SECOND + 5] = 0.5F; /* not of length 1 */
    assert_false(recognise_fuse(templates, 3, fused));
    templates[FACE_TEMPLATE_N + SECOND + 5] = NAN;
    assert_false(recognise_fuse(templates, 3, fused));
}

/* Enrols the sample's first face by both networks and looks at it again. */
static bool probe_sample(enum recognise_second second, float match, struct recognise_answer *answer)
{
    g_autofree char *models = models_folder();
    g_autoptr(GBytes) photo = models != NULL ? sample_photo(1) : NULL;
    if (photo == NULL) {
        return false;
    }
    const struct recognise_thresholds thresholds = {.match = match, .review = match - 0.1F};
    const struct recogniser_options options = {
        .models_dir = models, .second = second, .thresholds = &thresholds, .threads_max = 1};
    const struct recognise_options staff = {
        .scope = {.everybody = true}, .skip_liveness = true, .skip_quality = true};
    GError *error = NULL;
    struct recogniser *recogniser = recogniser_create(&options, &error);
    assert_no_error(error);
    if (second != RECOGNISE_SECOND_OFF && !recogniser_has_second(recogniser)) {
        recogniser_destroy(recogniser);
        return false;
    }
    gsize size;
    const void *data = g_bytes_get_data(photo, &size);
    const struct recognise_picture picture = {data, size};
    struct recognise_photo enrolled;
    assert_true(recognise_enrol_photo(recogniser, &picture, &staff, &enrolled, &error));
    assert_int_equal(recognise_template_is_whole(enrolled.values), second != RECOGNISE_SECOND_OFF);
    struct base_uuid id;
    base_uuid_new(&id);
    assert_true(recognise_person_set(recogniser, &id, enrolled.values, 1, &error));
    assert_true(recognise_probe(recogniser, &picture, 1, &staff, answer, &error));
    assert_int_equal(answer->kind, RECOGNISE_MATCH);
    recogniser_destroy(recogniser);
    return true;
}

static void test_the_second_network_is_asked_in_doubt(void **state)
{
    (void)state;
    struct recognise_answer off;
    struct recognise_answer clear;
    struct recognise_answer doubtful;
    struct recognise_answer always;
    if (!probe_sample(RECOGNISE_SECOND_OFF, 0.5F, &off) ||
        !probe_sample(RECOGNISE_SECOND_AUTO, 0.5F, &clear)) {
        print_message("the models, the second one among them, or the samples are not there\n");
        skip();
    }
    assert_false(off.twice);
    assert_false(clear.twice);
    assert_float_equal(off.score, clear.score, 1e-5);
    /* A threshold just below the score makes a doubt of it; the same template is the answer. */
    assert_true(probe_sample(RECOGNISE_SECOND_AUTO, clear.score - 0.02F, &doubtful));
    assert_true(doubtful.twice);
    assert_true(doubtful.score > 0.99F);
    assert_true(probe_sample(RECOGNISE_SECOND_ALWAYS, 0.5F, &always));
    assert_true(always.twice);
    assert_float_equal(always.score, doubtful.score, 1e-5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_score_counts_what_both_templates_have),
        cmocka_unit_test(test_each_part_is_fused_on_its_own),
        cmocka_unit_test(test_the_second_network_is_asked_in_doubt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
