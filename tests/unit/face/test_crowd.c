/* Many faces in one picture: tiles, sizes, and that no face is seen twice where tiles meet. */
#include "../unit.h"

#include "face/crowd.h"
#include "face/resample.h"
#include "pictures.h"

#include <string.h>

#define SMALL_WIDTH 480
#define SMALL_HEIGHT 320

struct fixture {
    struct face_engine *engine;
    struct face_worker *worker;
    struct face_image small; /* a sample photograph of three people, reduced */
};

static int set_up(void **state)
{
    struct fixture *fixture = g_new0(struct fixture, 1);
    *state = fixture;
    g_autofree char *models = models_folder();
    g_autoptr(GBytes) photo = models != NULL ? sample_photo(1) : NULL;
    if (photo == NULL) {
        return 0;
    }
    GError *error = NULL;
    fixture->engine = face_engine_create(
        &(struct face_engine_options){.models_dir = models, .workers_max = 1}, &error);
    assert_no_error(error);
    fixture->worker = face_engine_acquire(fixture->engine, &error);
    struct face_image image;
    gsize size = 0;
    const void *data = g_bytes_get_data(photo, &size);
    assert_true(face_image_decode(data, size, NULL, &image, &error));
    const struct face_crop whole = {0, 0, (float)image.width, (float)image.height};
    g_autofree float *pixels = g_new(float, (gsize)SMALL_WIDTH *SMALL_HEIGHT * 3);
    face_resample_area(&image, &whole, pixels, SMALL_WIDTH, SMALL_HEIGHT);
    face_image_finish(&image);
    face_image_init(&fixture->small, SMALL_WIDTH, SMALL_HEIGHT);
    for (size_t i = 0; i < (size_t)SMALL_WIDTH * SMALL_HEIGHT * 3; i++) {
        fixture->small.rgb[i] = (uint8_t)(pixels[i] + 0.5F);
    }
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    if (fixture->engine != NULL) {
        face_image_finish(&fixture->small);
        face_engine_release(fixture->engine, fixture->worker);
        face_engine_destroy(fixture->engine);
    }
    g_free(fixture);
    return 0;
}

static void paste(const struct face_image *piece, struct face_image *canvas, int x, int y)
{
    for (int row = 0; row < piece->height; row++) {
        memcpy(canvas->rgb + ((size_t)(y + row) * (size_t)canvas->width + (size_t)x) * 3,
               piece->rgb + (size_t)row * (size_t)piece->width * 3, (size_t)piece->width * 3);
    }
}

static GArray *find(const struct fixture *fixture, const struct face_image *image)
{
    GArray *views = g_array_new(FALSE, FALSE, sizeof(struct face_view));
    GError *error = NULL;
    assert_true(face_worker_find(fixture->worker, image, FACE_DETAIL_320, true, views, &error));
    assert_no_error(error);
    return views;
}

static guint count_at(const GArray *views, const struct face_box *box, float x, float y)
{
    const struct face_box expected = {box->x + x, box->y + y, box->width, box->height, 1};
    guint n = 0;
    for (guint i = 0; i < views->len; i++) {
        const struct face_view *view = &g_array_index(views, struct face_view, i);
        n += face_box_overlap(&view->box, &expected) > 0.4F;
    }
    return n;
}

/* Wherever the borders of the tiles run, which is different for each of the copies. */
static void test_each_face_is_found_once(void **state)
{
    static const int places[][2] = {{0, 0},     {1043, 17}, {370, 331},
                                    {901, 403}, {207, 777}, {1120, 780}};
    const struct fixture *fixture = *state;
    if (fixture->engine == NULL) {
        skip();
    }
    g_autoptr(GArray) alone = find(fixture, &fixture->small);
    assert_int_equal(alone->len, 3);
    struct face_image canvas;
    face_image_init(&canvas, 1600, 1100);
    memset(canvas.rgb, 127, (size_t)canvas.width * (size_t)canvas.height * 3);
    for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
        paste(&fixture->small, &canvas, places[i][0], places[i][1]);
    }
    g_autoptr(GArray) all = find(fixture, &canvas);
    for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
        for (guint face = 0; face < alone->len; face++) {
            const struct face_box *box = &g_array_index(alone, struct face_view, face).box;
            assert_int_equal(count_at(all, box, (float)places[i][0], (float)places[i][1]), 1);
        }
    }
    assert_int_equal(all->len, 3 * G_N_ELEMENTS(places));
    face_image_finish(&canvas);
}

/* Pictures of any shape, down to one pixel. */
static void test_odd_shapes_have_no_faces(void **state)
{
    static const int shapes[][2] = {{1, 1}, {3000, 2}, {2, 1500}, {641, 481}, {7, 300}};
    const struct fixture *fixture = *state;
    if (fixture->engine == NULL) {
        skip();
    }
    for (size_t i = 0; i < G_N_ELEMENTS(shapes); i++) {
        struct face_image image;
        face_image_init(&image, shapes[i][0], shapes[i][1]);
        g_autoptr(GArray) views = find(fixture, &image);
        assert_int_equal(views->len, 0);
        face_image_finish(&image);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_face_is_found_once),
        cmocka_unit_test(test_odd_shapes_have_no_faces),
    };
    return cmocka_run_group_tests_name("face_crowd", tests, set_up, tear_down);
}
