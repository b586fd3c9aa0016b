/* What the pictures of one question may cost together. */
#include "../unit.h"

#include "face/image_write.h"
#include "pictures.h"
#include "recognise/recognise.h"

#define WIDTH 320
#define HEIGHT 240

static void test_frames_have_a_limit_together(void **state)
{
    (void)state;
    g_autofree char *models = models_folder();
    if (models == NULL) {
        skip();
    }
    GError *error = NULL;
    struct recogniser_options options = {
        .models_dir = models,
        .limits = {.pixels_max = WIDTH * HEIGHT},
    };
    struct recogniser *recogniser = recogniser_create(&options, &error);
    assert_no_error(error);
    struct face_image black;
    face_image_init(&black, WIDTH, HEIGHT);
    g_autoptr(GBytes) bytes = face_image_encode_png(&black, NULL);
    face_image_finish(&black);
    gsize size = 0;
    const void *data = g_bytes_get_data(bytes, &size);
    const struct recognise_picture frames[] = {{data, size}, {data, size}, {data, size}};
    const struct recognise_options everybody = {.scope = {.everybody = true}};
    struct recognise_answer answer;
    assert_true(recognise_probe(recogniser, frames, 2, &everybody, &answer, &error));
    assert_int_equal(answer.kind, RECOGNISE_NO_FACE);
    assert_false(recognise_probe(recogniser, frames, 3, &everybody, &answer, &error));
    assert_base_error(error, BASE_ERROR_TOO_LARGE);
    recogniser_destroy(recogniser);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames_have_a_limit_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
