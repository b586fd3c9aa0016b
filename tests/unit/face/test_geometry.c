/* Resampling, alignment, box arithmetic and the quality verdict, on pictures of known content. */
#include "../unit.h"

#include "encode.h"
#include "face/align.h"
#include "face/detector.h"
#include "face/halve.h"
#include "face/quality.h"

#include <math.h>
#include <string.h>

/* The processor's instructions against plain C, with nothing readable behind the rows. */
static void test_halved_rows_are_the_same_everywhere(void **state)
{
    const struct face_scale scale = {1.0F / 512, -127.0F / 128};
    (void)state;
    for (int n = 1; n <= 23; n++) {
        g_autofree uint8_t *rows = g_malloc((gsize)n * 12);
        g_autofree float *found = g_new(float, n * 3);
        g_autofree float *expected = g_new(float, n * 3);
        for (int i = 0; i < n * 12; i++) {
            rows[i] = (uint8_t)(i * i * 37 + i * 11 + 255);
        }
        face_halve_row(rows, rows + n * 6, &scale, found, n);
        face_halve_row_plain(rows, rows + n * 6, &scale, expected, n);
        assert_memory_equal(found, expected, (size_t)n * 3 * sizeof *found);
    }
}

static void test_area_filter_keeps_the_mean(void **state)
{
    (void)state;
    struct face_image image;
    face_image_init(&image, 90, 60);
    double mean = 0;
    for (int i = 0; i < 90 * 60 * 3; i++) {
        image.rgb[i] = (uint8_t)((i * 7919) % 251);
        mean += image.rgb[i] / (90.0 * 60 * 3);
    }
    static const int sizes[][2] = {{1, 1}, {7, 5}, {45, 30}, {89, 59}, {90, 60}};
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        int n = sizes[i][0] * sizes[i][1] * 3;
        g_autofree float *small = g_new(float, n);
        face_resample_area(&image, &(struct face_crop){0, 0, 90, 60}, small, sizes[i][0],
                           sizes[i][1]);
        double sum = 0;
        for (int j = 0; j < n; j++) {
            sum += (double)small[j] / n;
        }
        assert_float_equal(sum, mean, 0.5);
    }
    face_image_finish(&image);
}

static void test_crop_of_the_same_size_is_a_copy(void **state)
{
    (void)state;
    struct face_image image;
    encode_pattern(&image, 40, 30);
    float cut[10 * 8 * 3];
    face_resample_linear(&image, &(struct face_crop){12, 9, 10, 8}, cut, 10, 8);
    for (int y = 0; y < 8; y++) {
        for (int x = 0; x < 10; x++) {
            const uint8_t *pixel = image.rgb + ((y + 9) * 40 + x + 12) * 3;
            assert_float_equal(cut[(y * 10 + x) * 3], pixel[0], 1e-3);
            assert_float_equal(cut[(y * 10 + x) * 3 + 2], pixel[2], 1e-3);
        }
    }
    face_image_finish(&image);
}

/* Crops anywhere, far outside included, stay within memory and within the picture's values. */
static void test_crops_outside_the_picture(void **state)
{
    (void)state;
    struct face_image image;
    encode_pattern(&image, 20, 10);
    static const struct face_crop crops[] = {
        {-30, -30, 10, 10}, {50, 50, 10, 10},     {-5, -5, 40, 40},
        {19, 9, 1, 1},      {-1e6F, 2, 2e6F, 10}, {3, 3, 0.01F, 0.01F},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(crops); i++) {
        float cut[6 * 6 * 3];
        face_resample_area(&image, &crops[i], cut, 6, 6);
        for (size_t j = 0; j < G_N_ELEMENTS(cut); j++) {
            assert_true(cut[j] >= -1e-2F && cut[j] <= 255.01F);
        }
        face_resample_linear(&image, &crops[i], cut, 6, 6);
    }
    face_image_finish(&image);
}

static struct face_landmarks landmarks_at(float scale, float turn, float x, float y)
{
    /* The reference points themselves, turned, scaled and moved; the others at the nose. */
    static const float places[5][2] = {{38.7946F, 52.1963F},
                                       {74.0318F, 52.0014F},
                                       {56.5252F, 72.2366F},
                                       {42.0493F, 92.8655F},
                                       {71.2299F, 92.7041F}};
    static const int members[5][4] = {
        {37, 38, 40, 41}, {43, 44, 46, 47}, {30, 30, 30, 30}, {48, 60, 48, 60}, {54, 64, 54, 64}};
    struct face_landmarks landmarks;
    for (int i = 0; i < FACE_LANDMARKS_N; i++) {
        landmarks.points[i] = (struct face_point){x, y};
    }
    for (int i = 0; i < 5; i++) {
        struct face_similarity map = {scale * cosf(turn), scale * sinf(turn), x, y};
        struct face_point at =
            face_similarity_apply(&map, (struct face_point){places[i][0], places[i][1]});
        for (int j = 0; j < 4; j++) {
            landmarks.points[members[i][j]] = at;
        }
    }
    return landmarks;
}

static void test_alignment_undoes_a_similarity(void **state)
{
    (void)state;
    for (float turn = -3; turn < 3; turn += 0.5F) {
        struct face_landmarks landmarks = landmarks_at(2.5F, turn, 300, 200);
        struct face_similarity similarity;
        float residual = -1;
        assert_true(face_align_estimate(&landmarks, &similarity, &residual));
        assert_float_equal(residual, 0, 1e-3);
        assert_float_equal(hypotf(similarity.a, similarity.b), 1 / 2.5F, 1e-4);
        struct face_similarity back = face_similarity_invert(&similarity);
        struct face_point there = face_similarity_apply(&similarity, (struct face_point){17, 4});
        struct face_point again = face_similarity_apply(&back, there);
        assert_float_equal(again.x, 17, 1e-2);
        assert_float_equal(again.y, 4, 1e-2);
    }
}

static void test_alignment_refuses_what_is_no_face(void **state)
{
    (void)state;
    struct face_landmarks landmarks = {0};
    struct face_similarity similarity;
    assert_false(face_align_estimate(&landmarks, &similarity, NULL));
    landmarks.points[37].x = NAN;
    assert_false(face_align_estimate(&landmarks, &similarity, NULL));
    landmarks.points[37].x = INFINITY;
    assert_false(face_align_estimate(&landmarks, &similarity, NULL));
}

/* A face of any size and angle comes out upright: a gradient along its eyes, the same at every
 * size. */
static void test_aligned_face_is_independent_of_size(void **state)
{
    (void)state;
    static const float scales[] = {0.5F, 1, 3, 9};
    enum { VALUES = FACE_ALIGN_SIDE * FACE_ALIGN_SIDE * 3 };
    g_autofree float *aligned = g_new(float, VALUES);
    for (size_t i = 0; i < G_N_ELEMENTS(scales); i++) {
        int side = (int)(FACE_ALIGN_SIDE * scales[i]);
        struct face_image image;
        encode_pattern(&image, side, side);
        struct face_landmarks landmarks = landmarks_at(scales[i], 0, 0, 0);
        struct face_similarity similarity;
        assert_true(face_align_estimate(&landmarks, &similarity, NULL));
        face_align_cut(&image, &similarity, aligned);
        for (int at = 20; at < 90; at += 10) {
            const float *pixel = aligned + (at * FACE_ALIGN_SIDE + at) * 3;
            assert_float_equal(pixel[0], (float)at * 255 / 111, 4);
            assert_float_equal(pixel[1], (float)at * 255 / 111, 4);
        }
        face_image_finish(&image);
    }
}

static void test_suppression_keeps_the_best_box(void **state)
{
    (void)state;
    g_autoptr(GArray) boxes = g_array_new(FALSE, FALSE, sizeof(struct face_box));
    const struct face_box all[] = {
        {0, 0, 100, 100, 0.8F},   {5, 5, 100, 100, 0.9F},  {300, 0, 50, 50, 0.7F},
        {310, 10, 20, 20, 0.95F}, {305, 0, 50, 50, 0.65F},
    };
    g_array_append_vals(boxes, all, G_N_ELEMENTS(all));
    face_detector_suppress(boxes, 0.35F, 1);
    assert_int_equal(boxes->len, 3);
    assert_float_equal(g_array_index(boxes, struct face_box, 0).score, 0.95, 1e-6);
    assert_float_equal(g_array_index(boxes, struct face_box, 1).score, 0.9, 1e-6);
    face_detector_suppress(boxes, 0.35F, 0.6F);
    assert_int_equal(boxes->len, 2);
    assert_float_equal(face_box_overlap(&all[0], &all[0]), 1, 1e-6);
    assert_float_equal(face_box_overlap(&all[0], &all[2]), 0, 1e-6);
    assert_float_equal(face_box_inside(&all[2], &all[3]), 1, 1e-6);
}

/* The verdict names the first thing to change, and enrolment asks for more than a probe. */
/* A face in the middle of a grey picture, as landmarks on a circle. */
static struct face_quality assessed(float x, float light)
{
    struct face_image image;
    struct face_landmarks landmarks;
    struct face_quality quality = {.eye_distance = 60, .eyes_open = 0.9F, .sharpness = 0.2F};
    float *aligned = g_new(float, (gsize)FACE_ALIGN_SIDE *FACE_ALIGN_SIDE * 3);

    face_image_init(&image, 300, 300);
    for (int i = 0; i < FACE_LANDMARKS_N; i++)
        landmarks.points[i] =
            (struct face_point){x + 60 * cosf((float)i), 150 + 60 * sinf((float)i)};
    for (int i = 0; i < FACE_ALIGN_SIDE * FACE_ALIGN_SIDE * 3; i++)
        aligned[i] = CLAMP(light + (float)(i / 3 * 37 % 100), 0, 255);
    face_quality_assess(&image, &landmarks, aligned, &quality);
    face_quality_complete(&quality, 1);
    g_free(aligned);
    face_image_finish(&image);
    return quality;
}

static void test_quality_components(void **state)
{
    (void)state;
    enum face_component advice[FACE_COMPONENT_N];
    struct face_quality quality = assessed(150, 80);
    for (int i = 0; i < FACE_COMPONENT_N; i++) {
        assert_true(quality.components[i].measured);
        assert_true(quality.components[i].score >= FACE_QUALITY_ADVICE_BELOW);
        assert_true(strlen(face_component_advice((enum face_component)i, "es")) > 10);
    }
    assert_int_equal(face_quality_advice(&quality, advice), 0);

    /* What refuses comes first, and of this what matters most. */
    quality = assessed(10, -80);
    quality.pose.yaw = 35;
    const size_t n = face_quality_advice(&quality, advice);
    assert_true(n >= 2);
    assert_int_equal(advice[0], FACE_COMPONENT_CROP_LEFT);
    assert_int_equal(advice[1], FACE_COMPONENT_UNDER_EXPOSURE);
    face_quality_recognisable(&quality, 0.98F);
    face_quality_judge(&quality, true);
    assert_int_equal(quality.reason, FACE_QUALITY_CUT_OFF);
    assert_string_equal(face_quality_sentence(&quality, "es"),
                        "Una parte de la cara queda fuera de la foto.");

    quality = assessed(150, 80);
    quality.inside = 1;
    quality.brightness = 120;
    face_quality_recognisable(&quality, 0.98F);
    face_quality_judge(&quality, true);
    assert_int_equal(quality.reason, FACE_QUALITY_GOOD);
    face_quality_recognisable(&quality, 0.9F);
    face_quality_judge(&quality, true);
    assert_int_equal(quality.reason, FACE_QUALITY_UNCLEAR);
}

static void test_quality_verdicts(void **state)
{
    (void)state;
    const struct face_quality good = {.eye_distance = 60,
                                      .brightness = 120,
                                      .contrast = 35,
                                      .sharpness = 0.15F,
                                      .inside = 1,
                                      .eyes_open = 0.9F};
    struct face_quality quality = good;
    face_quality_judge(&quality, true);
    assert_int_equal(quality.reason, FACE_QUALITY_GOOD);
    assert_true(quality.overall > 0.8F);

    const struct {
        struct face_quality quality;
        enum face_quality_reason probe, enrolment;
    } cases[] = {
        {{.eye_distance = 5}, FACE_QUALITY_TOO_SMALL, FACE_QUALITY_TOO_SMALL},
        {{.inside = 0.5F}, FACE_QUALITY_CUT_OFF, FACE_QUALITY_CUT_OFF},
        {{.brightness = 10}, FACE_QUALITY_TOO_DARK, FACE_QUALITY_TOO_DARK},
        {{.brightness = 250}, FACE_QUALITY_TOO_BRIGHT, FACE_QUALITY_TOO_BRIGHT},
        {{.sharpness = 0.001F}, FACE_QUALITY_BLURRED, FACE_QUALITY_BLURRED},
        {{.pose.yaw = -80}, FACE_QUALITY_TURNED_AWAY, FACE_QUALITY_TURNED_AWAY},
        {{.pose.yaw = 50}, FACE_QUALITY_GOOD, FACE_QUALITY_TURNED_AWAY},
        {{.eyes_open = 0.01F}, FACE_QUALITY_GOOD, FACE_QUALITY_EYES_CLOSED},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        const struct face_quality *change = &cases[i].quality;
        quality = good;
        quality.eye_distance = change->eye_distance != 0 ? change->eye_distance : 60;
        quality.inside = change->inside != 0 ? change->inside : 1;
        quality.brightness = change->brightness != 0 ? change->brightness : 120;
        quality.sharpness = change->sharpness != 0 ? change->sharpness : 0.15F;
        quality.eyes_open = change->eyes_open != 0 ? change->eyes_open : 0.9F;
        quality.pose = change->pose;
        face_quality_judge(&quality, false);
        assert_int_equal(quality.reason, cases[i].probe);
        face_quality_judge(&quality, true);
        assert_int_equal(quality.reason, cases[i].enrolment);
    }
    for (int reason = 0; reason < FACE_QUALITY_N; reason++) {
        assert_non_null(face_quality_name((enum face_quality_reason)reason));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_halved_rows_are_the_same_everywhere),
        cmocka_unit_test(test_area_filter_keeps_the_mean),
        cmocka_unit_test(test_crop_of_the_same_size_is_a_copy),
        cmocka_unit_test(test_crops_outside_the_picture),
        cmocka_unit_test(test_alignment_undoes_a_similarity),
        cmocka_unit_test(test_alignment_refuses_what_is_no_face),
        cmocka_unit_test(test_aligned_face_is_independent_of_size),
        cmocka_unit_test(test_suppression_keeps_the_best_box),
        cmocka_unit_test(test_quality_components),
        cmocka_unit_test(test_quality_verdicts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
