/* Boxes over a picture: drawn where they belong, and hidden faces really hidden. */
#include "../unit.h"

#include "report/overlay.h"

#include <string.h>

enum { WIDTH = 200, HEIGHT = 160 };

static uint8_t *noise(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(5);
    uint8_t *rgb = g_malloc(WIDTH * HEIGHT * 3);

    for (int i = 0; i < WIDTH * HEIGHT * 3; i++)
        rgb[i] = (uint8_t)g_rand_int_range(random, 0, 256);
    return rgb;
}

static const uint8_t *pixel(const uint8_t *rgb, int x, int y)
{
    return rgb + (y * WIDTH + x) * 3;
}

static void test_a_frame_and_a_name_are_drawn(void **state)
{
    (void)state;
    g_autofree uint8_t *rgb = noise();
    g_autofree uint8_t *before = g_memdup2(rgb, WIDTH * HEIGHT * 3);
    const struct report_overlay overlay = {
        .x = 60, .y = 60, .width = 60, .height = 70, .green = 1, .text = "Ana محمد 王"};
    GError *error = NULL;

    assert_true(report_overlay_draw(rgb, WIDTH, HEIGHT, &overlay, 1, &error));
    assert_true(pixel(rgb, 60, 100)[1] > 100 && pixel(rgb, 60, 100)[0] < 150);
    /* Inside the box and far from it the picture is as it was; above it stands a label. */
    assert_memory_equal(pixel(rgb, 90, 95), pixel(before, 90, 95), 3);
    assert_memory_equal(pixel(rgb, 10, 150), pixel(before, 10, 150), 3);
    assert_memory_not_equal(pixel(rgb, 62, 52), pixel(before, 62, 52), 3);
}

static void test_a_hidden_face_is_squares(void **state)
{
    (void)state;
    g_autofree uint8_t *rgb = noise();
    const struct report_overlay overlay = {
        .x = 20, .y = 20, .width = 60, .height = 80, .hidden = true};
    GError *error = NULL;
    int same = 0;

    assert_true(report_overlay_draw(rgb, WIDTH, HEIGHT, &overlay, 1, &error));
    for (int y = 40; y < 80; y++)
        for (int x = 30; x < 70; x++)
            same += memcmp(pixel(rgb, x, y), pixel(rgb, x + 1, y), 3) == 0;
    assert_true(same > 40 * 40 * 8 / 10);
}

static void test_boxes_beyond_the_picture_are_harmless(void **state)
{
    (void)state;
    static const struct report_overlay overlays[] = {
        {.x = -50, .y = -50, .width = 70, .height = 70, .text = "A", .hidden = true},
        {.x = 180, .y = 150, .width = 90, .height = 90, .text = "", .hidden = true},
        {.x = 500, .y = 500, .width = 10, .height = 10, .text = "B", .doubtful = true},
        {.x = 10, .y = 10, .width = 0, .height = 0, .text = "C", .hidden = true},
    };
    g_autofree uint8_t *rgb = noise();
    GError *error = NULL;

    assert_true(report_overlay_draw(rgb, WIDTH, HEIGHT, overlays, G_N_ELEMENTS(overlays), &error));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_frame_and_a_name_are_drawn),
        cmocka_unit_test(test_a_hidden_face_is_squares),
        cmocka_unit_test(test_boxes_beyond_the_picture_are_harmless),
    };
    return cmocka_run_group_tests_name("report_overlay", tests, NULL, NULL);
}
