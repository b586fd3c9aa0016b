/* What a small file may cost: its size is known early, and its scans are limited by it. */
#include "../unit.h"

#include "encode.h"
#include "face/image.h"

#include <string.h>

#define WIDTH 61
#define HEIGHT 43

/* Each scan is a pass over all coefficients, so a small file could take many seconds. */
static void test_large_pictures_may_have_fewer_scans(void **state)
{
    (void)state;
    struct face_image grey;
    face_image_init(&grey, 5000, 5000);
    /* Six scans of a grey picture, and the last of them again and again. */
    struct encoded jpeg = encode_jpeg(&grey, &(struct encode_jpeg){50, 1, 0, TRUE});
    face_image_finish(&grey);
    size_t scan = 0;
    for (size_t i = 0; i + 1 < jpeg.size; i++) {
        if (jpeg.data[i] == 0xff && jpeg.data[i + 1] == 0xda) {
            scan = i;
        }
    }
    struct face_image_limits limits = {.side_hint = 1000};
    struct face_image image;
    assert_true(face_image_decode(jpeg.data, jpeg.size, &limits, &image, NULL));
    face_image_finish(&image);
    GByteArray *bomb = g_byte_array_new();
    g_byte_array_append(bomb, jpeg.data, (guint)(jpeg.size - 2));
    for (int i = 0; i < 24; i++) {
        g_byte_array_append(bomb, jpeg.data + scan, (guint)(jpeg.size - 2 - scan));
    }
    g_byte_array_append(bomb, jpeg.data + jpeg.size - 2, 2);
    GError *error = NULL;
    assert_false(face_image_decode(bomb->data, bomb->len, &limits, &image, &error));
    assert_base_error(error, BASE_ERROR_INVALID);
    g_byte_array_unref(bomb);
    g_free(jpeg.data);
}

static void test_measuring_reads_the_header_alone(void **state)
{
    (void)state;
    struct face_image pattern;
    encode_pattern(&pattern, WIDTH, HEIGHT);
    struct encoded all[] = {
        encode_jpeg(&pattern, &(struct encode_jpeg){90, 3, 6, TRUE}),
        encode_png(&pattern, &(struct encode_png){3, 8}),
        encode_webp(&pattern, FALSE, FALSE),
    };
    const struct face_image_limits small = {.pixels_max = WIDTH * HEIGHT - 1};
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
        int width = 0;
        int height = 0;
        GError *error = NULL;
        /* What follows the header is damaged. */
        memset(all[i].data + all[i].size - 8, 0, 8);
        assert_true(face_image_measure(all[i].data, all[i].size, NULL, &width, &height, &error));
        assert_int_equal(width, WIDTH);
        assert_int_equal(height, HEIGHT);
        assert_false(face_image_measure(all[i].data, all[i].size, &small, &width, &height, &error));
        assert_base_error(error, BASE_ERROR_TOO_LARGE);
        assert_false(face_image_measure(all[i].data, 12, NULL, &width, &height, NULL));
        g_free(all[i].data);
    }
    assert_false(face_image_measure("GIF89a", 6, NULL, &(int){0}, &(int){0}, NULL));
    face_image_finish(&pattern);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_large_pictures_may_have_fewer_scans),
        cmocka_unit_test(test_measuring_reads_the_header_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
