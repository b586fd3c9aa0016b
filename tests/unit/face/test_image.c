/* Decoding: every form of picture that people send, and none that does harm. */
#include "../unit.h"

#include "encode.h"
#include "face/image.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH 61
#define HEIGHT 43

/* Mean absolute difference between two pictures of one size. */
static double difference(const struct face_image *a, const struct face_image *b)
{
    assert_int_equal(a->width, b->width);
    assert_int_equal(a->height, b->height);
    double sum = 0;
    size_t n = (size_t)a->width * (size_t)a->height * 3;
    for (size_t i = 0; i < n; i++) {
        sum += abs(a->rgb[i] - b->rgb[i]);
    }
    return sum / (double)n;
}

/* Decodes, compares, frees. */
static void assert_decodes_to(struct encoded encoded, const struct face_image *expected,
                              double most)
{
    struct face_image image;
    GError *error = NULL;
    bool decoded = face_image_decode(encoded.data, encoded.size, NULL, &image, &error);
    assert_no_error(error);
    assert_true(decoded);
    double measured = difference(&image, expected);
    if (measured > most) {
        fail_msg("differs by %.2f, more than %.2f", measured, most);
    }
    face_image_finish(&image);
    g_free(encoded.data);
}

static void to_grey(struct face_image *image)
{
    for (int i = 0; i < image->width * image->height; i++) {
        uint8_t *pixel = image->rgb + (size_t)i * 3;
        memset(pixel, (pixel[0] + pixel[1] + pixel[2]) / 3, 3);
    }
}

static void over_white(struct face_image *image, int alpha)
{
    for (int i = 0; i < image->width * image->height * 3; i++) {
        image->rgb[i] = (uint8_t)((image->rgb[i] * alpha + 255 * (255 - alpha) + 127) / 255);
    }
}

static void test_formats_are_told_by_their_bytes(void **state)
{
    (void)state;
    struct face_image pattern;
    encode_pattern(&pattern, 9, 7);
    struct encoded jpeg = encode_jpeg(&pattern, &(struct encode_jpeg){90, 3, 0, FALSE});
    struct encoded png = encode_png(&pattern, &(struct encode_png){3, 8});
    struct encoded webp = encode_webp(&pattern, TRUE, FALSE);
    assert_int_equal(face_image_format_guess(jpeg.data, jpeg.size), FACE_IMAGE_JPEG);
    assert_int_equal(face_image_format_guess(png.data, png.size), FACE_IMAGE_PNG);
    assert_int_equal(face_image_format_guess(webp.data, webp.size), FACE_IMAGE_WEBP);
    assert_int_equal(face_image_format_guess("", 0), FACE_IMAGE_UNKNOWN);
    assert_int_equal(face_image_format_guess("RIFF....WAVE", 12), FACE_IMAGE_UNKNOWN);
    g_free(jpeg.data);
    g_free(png.data);
    g_free(webp.data);
    face_image_finish(&pattern);
}

static void test_jpeg_in_colour_grey_cmyk_and_progressive(void **state)
{
    (void)state;
    struct face_image pattern;
    encode_pattern(&pattern, WIDTH, HEIGHT);
    assert_decodes_to(encode_jpeg(&pattern, &(struct encode_jpeg){95, 3, 0, FALSE}), &pattern, 3);
    assert_decodes_to(encode_jpeg(&pattern, &(struct encode_jpeg){95, 3, 0, TRUE}), &pattern, 3);
    assert_decodes_to(encode_jpeg(&pattern, &(struct encode_jpeg){95, 4, 0, FALSE}), &pattern, 3);
    to_grey(&pattern);
    assert_decodes_to(encode_jpeg(&pattern, &(struct encode_jpeg){95, 1, 0, FALSE}), &pattern, 3);
    assert_decodes_to(encode_jpeg(&pattern, &(struct encode_jpeg){95, 1, 0, TRUE}), &pattern, 3);
    face_image_finish(&pattern);
}

static void test_png_of_every_kind(void **state)
{
    (void)state;
    struct face_image pattern;
    encode_pattern(&pattern, WIDTH, HEIGHT);
    for (int depth = 8; depth <= 16; depth += 8) {
        for (int interlaced = 0; interlaced < 2; interlaced++) {
            struct encode_png how = {.channels = 3, .depth = depth, .interlaced = interlaced};
            assert_decodes_to(encode_png(&pattern, &how), &pattern, 0);
        }
    }
    struct face_image expected;
    encode_pattern(&expected, WIDTH, HEIGHT);
    over_white(&expected, 100);
    assert_decodes_to(encode_png(&pattern, &(struct encode_png){4, 8, 0, FALSE, FALSE, 100}),
                      &expected, 0);
    face_image_finish(&expected);

    to_grey(&pattern);
    assert_decodes_to(encode_png(&pattern, &(struct encode_png){1, 8}), &pattern, 0);
    assert_decodes_to(encode_png(&pattern, &(struct encode_png){1, 16}), &pattern, 0);
    assert_decodes_to(encode_png(&pattern, &(struct encode_png){.palette = TRUE}), &pattern, 0);
    over_white(&pattern, 200);
    struct face_image source;
    encode_pattern(&source, WIDTH, HEIGHT);
    assert_decodes_to(encode_png(&source, &(struct encode_png){2, 16, 0, TRUE, FALSE, 200}),
                      &pattern, 0.01);
    face_image_finish(&source);
    face_image_finish(&pattern);
}

static void test_webp_lossy_lossless_and_transparent(void **state)
{
    (void)state;
    struct face_image pattern;
    encode_pattern(&pattern, WIDTH, HEIGHT);
    assert_decodes_to(encode_webp(&pattern, TRUE, FALSE), &pattern, 0);
    assert_decodes_to(encode_webp(&pattern, FALSE, FALSE), &pattern, 5);
    struct encoded transparent = encode_webp(&pattern, TRUE, TRUE);
    over_white(&pattern, 128);
    assert_decodes_to(transparent, &pattern, 0);
    face_image_finish(&pattern);
}

/* Where the upright picture's pixel (x, y) is stored, by the definition of each orientation. */
static void stored_place(int orientation, int width, int height, int x, int y, int *column,
                         int *row)
{
    const int places[9][2] = {
        {0, 0},
        {x, y},
        {width - 1 - x, y},
        {width - 1 - x, height - 1 - y},
        {x, height - 1 - y},
        {y, x},
        {y, height - 1 - x},
        {width - 1 - y, height - 1 - x},
        {width - 1 - y, x},
    };
    *column = places[orientation][0];
    *row = places[orientation][1];
}

static void turned(const struct face_image *stored, int orientation, struct face_image *upright)
{
    bool swap = orientation >= 5;
    face_image_init(upright, swap ? stored->height : stored->width,
                    swap ? stored->width : stored->height);
    for (int y = 0; y < upright->height; y++) {
        for (int x = 0; x < upright->width; x++) {
            int column;
            int row;
            stored_place(orientation, stored->width, stored->height, x, y, &column, &row);
            memcpy(upright->rgb + (y * upright->width + x) * 3,
                   stored->rgb + (row * stored->width + column) * 3, 3);
        }
    }
}

static void test_exif_orientations(void **state)
{
    (void)state;
    struct face_image pattern;
    encode_pattern(&pattern, 97, 70);
    for (int orientation = 1; orientation <= 8; orientation++) {
        struct face_image upright;
        turned(&pattern, orientation, &upright);
        assert_decodes_to(encode_png(&pattern, &(struct encode_png){3, 8, orientation}), &upright,
                          0);
        struct encode_jpeg how = {95, 3, orientation, FALSE};
        assert_decodes_to(encode_jpeg(&pattern, &how), &upright, 3);
        face_image_finish(&upright);
    }
    /* A number that means nothing is ignored. */
    assert_decodes_to(encode_png(&pattern, &(struct encode_png){3, 8, 99}), &pattern, 0);
    face_image_finish(&pattern);
}

static void assert_refused(const void *data, size_t size, const struct face_image_limits *limits,
                           enum base_error code)
{
    struct face_image image;
    GError *error = NULL;
    assert_false(face_image_decode(data, size, limits, &image, &error));
    assert_null(image.rgb);
    assert_base_error(error, code);
}

static void test_limits_hold_before_decoding(void **state)
{
    (void)state;
    struct face_image pattern;
    encode_pattern(&pattern, 100, 50);
    struct encoded all[] = {
        encode_jpeg(&pattern, &(struct encode_jpeg){90, 3, 0, FALSE}),
        encode_png(&pattern, &(struct encode_png){3, 8}),
        encode_webp(&pattern, FALSE, FALSE),
    };
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
        struct face_image_limits pixels = {.pixels_max = 4999};
        assert_refused(all[i].data, all[i].size, &pixels, BASE_ERROR_TOO_LARGE);
        struct face_image_limits bytes = {.bytes_max = all[i].size - 1};
        assert_refused(all[i].data, all[i].size, &bytes, BASE_ERROR_TOO_LARGE);
        struct face_image_limits exact = {.pixels_max = 5000, .bytes_max = all[i].size};
        struct face_image image;
        assert_true(face_image_decode(all[i].data, all[i].size, &exact, &image, NULL));
        face_image_finish(&image);
        g_free(all[i].data);
    }
    face_image_finish(&pattern);
}

/* A file of a few bytes that announces a picture of gigabytes. */
static void test_announced_sizes_are_not_believed(void **state)
{
    (void)state;
    struct face_image pattern;
    encode_pattern(&pattern, 16, 16);
    struct encoded jpeg = encode_jpeg(&pattern, &(struct encode_jpeg){90, 3, 0, FALSE});
    for (size_t i = 0; i + 9 < jpeg.size; i++) {
        if (jpeg.data[i] == 0xff && jpeg.data[i + 1] == 0xc0) {
            memset(jpeg.data + i + 5, 0xee, 4);
        }
    }
    assert_refused(jpeg.data, jpeg.size, NULL, BASE_ERROR_TOO_LARGE);
    g_free(jpeg.data);
    struct encoded png = encode_png(&pattern, &(struct encode_png){3, 8});
    memset(png.data + 17, 0xff, 3);
    struct face_image image;
    assert_false(face_image_decode(png.data, png.size, NULL, &image, NULL));
    g_free(png.data);
    face_image_finish(&pattern);
}

static void test_what_is_no_picture(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "GIF89a", "%PDF-1.7 ...", "<svg/>", "\xff\xd8"};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        assert_refused(texts[i], strlen(texts[i]), NULL, BASE_ERROR_UNSUPPORTED);
    }
    assert_refused("\xff\xd8\xff\xd9", 4, NULL, BASE_ERROR_INVALID);
    assert_refused("\x89PNG\r\n\x1a\n", 8, NULL, BASE_ERROR_INVALID);
    assert_refused("RIFF\x04\0\0\0WEBP", 12, NULL, BASE_ERROR_INVALID);
}

static void test_truncation_at_every_offset(void **state)
{
    (void)state;
    struct face_image pattern;
    encode_pattern(&pattern, 40, 30);
    struct encoded all[] = {
        encode_jpeg(&pattern, &(struct encode_jpeg){90, 3, 6, FALSE}),
        encode_jpeg(&pattern, &(struct encode_jpeg){90, 3, 0, TRUE}),
        encode_jpeg(&pattern, &(struct encode_jpeg){90, 4, 0, FALSE}),
        encode_png(&pattern, &(struct encode_png){4, 16, 3, TRUE, FALSE, 9}),
        encode_png(&pattern, &(struct encode_png){.palette = TRUE}),
        encode_webp(&pattern, FALSE, TRUE),
        encode_webp(&pattern, TRUE, FALSE),
    };
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
        for (size_t size = 0; size < all[i].size; size++) {
            /* A copy of the exact size, so that a sanitizer sees a read behind the end. */
            g_autofree guint8 *cut = g_memdup2(all[i].data, MAX(size, 1));
            struct face_image image;
            if (face_image_decode(cut, size, NULL, &image, NULL)) {
                face_image_finish(&image);
                fail_msg("picture %zu decodes when cut at %zu of %zu", i, size, all[i].size);
            }
        }
        g_free(all[i].data);
    }
    face_image_finish(&pattern);
}

static void test_flipped_bytes_never_crash(void **state)
{
    (void)state;
    struct face_image pattern;
    encode_pattern(&pattern, 40, 30);
    struct encoded all[] = {
        encode_jpeg(&pattern, &(struct encode_jpeg){80, 3, 6, TRUE}),
        encode_png(&pattern, &(struct encode_png){3, 8, 3}),
        encode_webp(&pattern, FALSE, FALSE),
    };
    g_autoptr(GRand) random = g_rand_new_with_seed(7);
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
        for (int round = 0; round < 600; round++) {
            g_autofree guint8 *bad = g_memdup2(all[i].data, all[i].size);
            for (int flips = 0; flips < 3; flips++) {
                bad[g_rand_int_range(random, 0, (gint32)all[i].size)] =
                    (guint8)g_rand_int_range(random, 0, 256);
            }
            struct face_image_limits limits = {.pixels_max = 1000000};
            struct face_image image;
            if (face_image_decode(bad, all[i].size, &limits, &image, NULL)) {
                face_image_finish(&image);
            }
        }
        g_free(all[i].data);
    }
    face_image_finish(&pattern);
}

static void test_side_hint_never_goes_below_it(void **state)
{
    (void)state;
    struct face_image pattern;
    encode_pattern(&pattern, 800, 600);
    struct encoded jpeg = encode_jpeg(&pattern, &(struct encode_jpeg){90, 3, 6, FALSE});
    const struct {
        int hint, width, height;
        float scale;
    } cases[] = {{0, 600, 800, 1},   {801, 600, 800, 1}, {401, 600, 800, 1},
                 {400, 300, 400, 2}, {150, 150, 200, 4}, {1, 75, 100, 8}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct face_image_limits limits = {.side_hint = cases[i].hint};
        struct face_image image;
        assert_true(face_image_decode(jpeg.data, jpeg.size, &limits, &image, NULL));
        assert_int_equal(image.width, cases[i].width);
        assert_int_equal(image.height, cases[i].height);
        assert_float_equal(image.scale, cases[i].scale, 0);
        face_image_finish(&image);
    }
    g_free(jpeg.data);
    face_image_finish(&pattern);
}

/* A progressive file may repeat scans for ever: each costs a pass over the whole picture. */
static void test_too_many_scans_are_refused(void **state)
{
    (void)state;
    struct face_image pattern;
    encode_pattern(&pattern, 32, 32);
    struct encoded jpeg = encode_jpeg(&pattern, &(struct encode_jpeg){90, 3, 0, TRUE});
    size_t scan = 0;
    for (size_t i = 0; i + 1 < jpeg.size; i++) {
        if (jpeg.data[i] == 0xff && jpeg.data[i + 1] == 0xda) {
            scan = i;
        }
    }
    GByteArray *bomb = g_byte_array_new();
    g_byte_array_append(bomb, jpeg.data, (guint)(jpeg.size - 2));
    for (int i = 0; i < 200; i++) {
        g_byte_array_append(bomb, jpeg.data + scan, (guint)(jpeg.size - 2 - scan));
    }
    g_byte_array_append(bomb, jpeg.data + jpeg.size - 2, 2);
    assert_refused(bomb->data, bomb->len, NULL, BASE_ERROR_INVALID);
    g_byte_array_unref(bomb);
    g_free(jpeg.data);
    face_image_finish(&pattern);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_formats_are_told_by_their_bytes),
        cmocka_unit_test(test_jpeg_in_colour_grey_cmyk_and_progressive),
        cmocka_unit_test(test_png_of_every_kind),
        cmocka_unit_test(test_webp_lossy_lossless_and_transparent),
        cmocka_unit_test(test_exif_orientations),
        cmocka_unit_test(test_limits_hold_before_decoding),
        cmocka_unit_test(test_announced_sizes_are_not_believed),
        cmocka_unit_test(test_what_is_no_picture),
        cmocka_unit_test(test_truncation_at_every_offset),
        cmocka_unit_test(test_flipped_bytes_never_crash),
        cmocka_unit_test(test_side_hint_never_goes_below_it),
        cmocka_unit_test(test_too_many_scans_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
