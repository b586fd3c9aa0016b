/* Faces of one picture: a person once, and what a small face needs. */
#include "../unit.h"

#include "encode.h"
#include "face/resample.h"
#include "pictures.h"
#include "recognise/class.h"
#include "recognise/faces.h"

static const struct recognise_thresholds thresholds = {
    .match = 0.5F, .review = 0.4F, .margin = 0.04F};

static struct base_uuid person(uint8_t number)
{
    return (struct base_uuid){{number}};
}

static void know(struct recognise_face *face, const struct recognise_candidate *candidates,
                 size_t n)
{
    *face = (struct recognise_face){.candidates_n = n};
    for (size_t i = 0; i < n; i++) {
        face->candidates[i] = candidates[i];
    }
    recognise_answer_decide(&face->answer, &thresholds, candidates, n);
}

static void assert_person(const struct recognise_face *face, enum recognise_kind kind,
                          uint8_t number)
{
    const struct base_uuid id = number > 0 ? person(number) : (struct base_uuid){0};
    assert_int_equal(face->answer.kind, kind);
    assert_true(base_uuid_equal(&face->answer.person, &id));
}

static void test_a_stranger_takes_nobody_from_their_own_face(void **state)
{
    (void)state;
    struct recognise_face faces[2];
    know(&faces[0], (struct recognise_candidate[]){{person(1), 0.8F}, {person(2), 0.45F}}, 2);
    know(&faces[1], (struct recognise_candidate[]){{person(1), 0.55F}}, 1);
    recognise_faces_assign(faces, 2, &thresholds);
    assert_person(&faces[0], RECOGNISE_MATCH, 1);
    assert_person(&faces[1], RECOGNISE_UNKNOWN, 0);
    assert_int_equal(faces[1].answer.candidates_n, 0);
}

static void test_the_second_best_is_for_somebody_to_say(void **state)
{
    (void)state;
    struct recognise_face faces[2];
    know(&faces[0], (struct recognise_candidate[]){{person(1), 0.8F}}, 1);
    know(&faces[1], (struct recognise_candidate[]){{person(1), 0.6F}, {person(2), 0.55F}}, 2);
    recognise_faces_assign(faces, 2, &thresholds);
    assert_person(&faces[0], RECOGNISE_MATCH, 1);
    assert_person(&faces[1], RECOGNISE_NEEDS_REVIEW, 2);
    assert_int_equal(faces[1].answer.doubt, RECOGNISE_DOUBT_ASSIGNED);
    const struct base_uuid second = person(2);
    assert_true(base_uuid_equal(&faces[1].answer.candidates[0].person, &second));
}

/* What was unknown by itself, a face too small for example, takes no part. */
static void test_unknown_faces_stay_unknown(void **state)
{
    (void)state;
    struct recognise_face faces[2];
    know(&faces[0], (struct recognise_candidate[]){{person(1), 0.9F}}, 1);
    faces[0].answer.kind = RECOGNISE_UNKNOWN;
    faces[0].answer.person = (struct base_uuid){0};
    know(&faces[1], (struct recognise_candidate[]){{person(1), 0.6F}}, 1);
    recognise_faces_assign(faces, 2, &thresholds);
    assert_person(&faces[0], RECOGNISE_UNKNOWN, 0);
    assert_person(&faces[1], RECOGNISE_MATCH, 1);
}

static void test_small_faces_need_more(void **state)
{
    (void)state;
    struct recognise_thresholds large = thresholds;
    recognise_small_face(200, &large);
    assert_float_equal(large.match, thresholds.match, 1e-6F);
    float last = 10;
    for (float height = 12; height < 120; height += 4) {
        struct recognise_thresholds small = thresholds;
        recognise_small_face(height, &small);
        assert_true(small.match <= last && small.match >= thresholds.match);
        assert_true(height >= RECOGNISE_SMALL_FACE_MATCH || small.match > 1);
        assert_true((height < RECOGNISE_SMALL_FACE_REVIEW) == (small.review > 1));
        last = small.match;
    }
}

/* ---- a picture that was taken with the camera on its side ---- */

#define SIDE_WIDTH 960
#define SIDE_HEIGHT 675
#define PEOPLE 3

/* The third sample at half its size. */
static bool sample_read(struct face_image *image)
{
    g_autoptr(GBytes) photo = sample_photo(3);
    struct face_image whole;
    gsize size = 0;
    if (photo == NULL) {
        return false;
    }
    const void *data = g_bytes_get_data(photo, &size);
    assert_true(face_image_decode(data, size, NULL, &whole, NULL));
    const struct face_crop all = {0, 0, (float)whole.width, (float)whole.height};
    g_autofree float *rgb = g_new(float, SIDE_WIDTH *SIDE_HEIGHT * 3);
    face_resample_area(&whole, &all, rgb, SIDE_WIDTH, SIDE_HEIGHT);
    face_image_finish(&whole);
    *image = (struct face_image){.width = SIDE_WIDTH, .height = SIDE_HEIGHT, .scale = 1};
    image->rgb = g_malloc(SIDE_WIDTH * SIDE_HEIGHT * 3);
    for (size_t i = 0; i < SIDE_WIDTH * SIDE_HEIGHT * 3; i++) {
        image->rgb[i] = (uint8_t)(rgb[i] + 0.5F);
    }
    return true;
}

/* As a camera held on its side stores it (EXIF orientation 6). */
static struct encoded on_its_side(const struct face_image *upright)
{
    struct face_image stored = {.width = upright->height, .height = upright->width, .scale = 1};
    g_autofree uint8_t *pixels = g_malloc((size_t)stored.width * (size_t)stored.height * 3);
    stored.rgb = pixels;
    for (int y = 0; y < upright->height; y++) {
        for (int x = 0; x < upright->width; x++) {
            int row = stored.height - 1 - x;
            memcpy(&pixels[(row * stored.width + y) * 3],
                   &upright->rgb[(y * upright->width + x) * 3], 3);
        }
    }
    return encode_png(&stored, &(struct encode_png){3, 8, 6});
}

static void find_faces(struct recogniser *recogniser, const struct encoded *picture,
                       struct recognise_class *class)
{
    static const struct recognise_options options = {.scope = {.everybody = true},
                                                     .skip_liveness = true};
    const struct recognise_picture one = {picture->data, picture->size};
    GError *error = NULL;
    recognise_class(recogniser, &one, 1, &options, NULL, class, &error);
    assert_no_error(error);
    assert_int_equal(class->faces->len, PEOPLE);
    const struct recognise_class_picture *seen =
        &g_array_index(class->pictures, struct recognise_class_picture, 0);
    assert_int_equal(seen->width, SIDE_WIDTH);
    assert_int_equal(seen->height, SIDE_HEIGHT);
}

/* A program that ends does not wait for a class. */
static void ends_when_interrupted(struct recogniser *recogniser, const struct encoded *picture)
{
    const struct recognise_options options = {.scope = {.everybody = true}, .skip_liveness = true};
    const struct recognise_picture one = {picture->data, picture->size};
    struct recognise_class class;
    g_autoptr(GError) error = NULL;
    recogniser_interrupt(recogniser);
    assert_false(recognise_class(recogniser, &one, 1, &options, NULL, &class, &error));
    assert_true(g_error_matches(error, BASE_ERROR, BASE_ERROR_UNAVAILABLE));
}

static void test_a_picture_on_its_side_is_the_same(void **state)
{
    (void)state;
    g_autofree char *models = models_folder();
    struct face_image upright = {0};
    if (models == NULL || !sample_read(&upright)) {
        skip();
    }
    const struct recogniser_options options = {.models_dir = models};
    struct recognise_class classes[2];
    GError *error = NULL;
    struct recogniser *recogniser = recogniser_create(&options, &error);
    assert_no_error(error);
    struct encoded pictures[] = {encode_png(&upright, &(struct encode_png){3, 8, 0}),
                                 on_its_side(&upright)};
    for (int i = 0; i < 2; i++) {
        find_faces(recogniser, &pictures[i], &classes[i]);
    }
    for (guint i = 0; i < PEOPLE; i++) {
        const struct face_box *a =
            &g_array_index(classes[0].faces, struct recognise_class_face, i).answer.box;
        const struct face_box *b =
            &g_array_index(classes[1].faces, struct recognise_class_face, i).answer.box;
        assert_float_equal(a->x, b->x, 1);
        assert_float_equal(a->y, b->y, 1);
        assert_float_equal(a->height, b->height, 1);
    }
    recognise_class_clear(&classes[0]);
    recognise_class_clear(&classes[1]);
    ends_when_interrupted(recogniser, &pictures[0]);
    for (int i = 0; i < 2; i++) {
        g_free(pictures[i].data);
    }
    recogniser_destroy(recogniser);
    face_image_finish(&upright);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_stranger_takes_nobody_from_their_own_face),
        cmocka_unit_test(test_the_second_best_is_for_somebody_to_say),
        cmocka_unit_test(test_unknown_faces_stay_unknown),
        cmocka_unit_test(test_small_faces_need_more),
        cmocka_unit_test(test_a_picture_on_its_side_is_the_same),
    };
    return cmocka_run_group_tests_name("recognise_class", tests, NULL, NULL);
}
