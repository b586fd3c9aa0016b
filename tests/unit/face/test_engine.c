/* The pipeline from a photograph to an embedding, on the sample group photographs. */
#include "../unit.h"

#include "face/engine.h"
#include "pictures.h"

#include <math.h>
#include <string.h>

struct fixture {
    struct face_engine *engine;
    struct face_worker *worker;
    struct face_image photo;
    GArray *views;
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
        &(struct face_engine_options){.models_dir = models, .workers_max = 2}, &error);
    assert_no_error(error);
    fixture->worker = face_engine_acquire(fixture->engine, &error);
    assert_no_error(error);
    gsize size = 0;
    const void *data = g_bytes_get_data(photo, &size);
    assert_true(face_image_decode(data, size, NULL, &fixture->photo, &error));
    fixture->views = g_array_new(FALSE, FALSE, sizeof(struct face_view));
    assert_true(face_worker_find(fixture->worker, &fixture->photo, FACE_DETAIL_320, true,
                                 fixture->views, &error));
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    if (fixture->engine != NULL) {
        g_array_unref(fixture->views);
        face_image_finish(&fixture->photo);
        face_engine_release(fixture->engine, fixture->worker);
        face_engine_destroy(fixture->engine);
    }
    g_free(fixture);
    return 0;
}

#define NEEDS(fixture)                                                                             \
    do {                                                                                           \
        if ((fixture)->engine == NULL)                                                             \
            skip();                                                                                \
    } while (0)

static const struct face_view *view_at(const struct fixture *fixture, guint i)
{
    return &g_array_index(fixture->views, struct face_view, i);
}

static void test_finds_the_people_of_a_group(void **state)
{
    struct fixture *fixture = *state;
    NEEDS(fixture);
    assert_int_equal(fixture->views->len, 3);
    for (guint i = 0; i < fixture->views->len; i++) {
        const struct face_view *view = view_at(fixture, i);
        assert_true(view->box.score > 0.9F);
        assert_true(view->misfit < 10);
        struct face_point points[FACE_ALIGN_POINTS_N];
        face_align_points(&view->landmarks, points);
        assert_true(points[0].x < points[1].x); /* eyes, left to right */
        assert_true(points[0].y < points[3].y); /* above the mouth */
        for (int j = 0; j < FACE_ALIGN_POINTS_N; j++) {
            assert_true(points[j].x > view->box.x && points[j].x < view->box.x + view->box.width);
        }
        assert_true(i == 0 ||
                    face_box_prominence(&view->box, &fixture->photo) <=
                        face_box_prominence(&view_at(fixture, i - 1)->box, &fixture->photo));
    }
}

static void test_a_picture_without_faces(void **state)
{
    struct fixture *fixture = *state;
    NEEDS(fixture);
    g_autoptr(GArray) views = g_array_new(FALSE, FALSE, sizeof(struct face_view));
    struct face_image image;
    face_image_init(&image, 300, 200);
    assert_true(face_worker_find(fixture->worker, &image, FACE_DETAIL_320, false, views, NULL));
    assert_true(face_worker_find(fixture->worker, &image, FACE_DETAIL_320, true, views, NULL));
    assert_int_equal(views->len, 0);
    face_image_finish(&image);
    /* The smallest picture there is, and the most stretched one. */
    face_image_init(&image, 1, 1);
    assert_true(face_worker_find(fixture->worker, &image, FACE_DETAIL_320, true, views, NULL));
    face_image_finish(&image);
    face_image_init(&image, 9000, 1);
    assert_true(face_worker_find(fixture->worker, &image, FACE_DETAIL_320, true, views, NULL));
    assert_int_equal(views->len, 0);
    face_image_finish(&image);
}

static float embed_similarity(struct fixture *fixture, const float *a, const float *b, bool mirror)
{
    float left[FACE_EMBEDDING_N];
    float right[FACE_EMBEDDING_N];
    assert_true(face_worker_embed(fixture->worker, a, mirror, left, NULL));
    assert_true(face_worker_embed(fixture->worker, b, mirror, right, NULL));
    float sum = 0;
    float length = 0;
    for (int i = 0; i < FACE_EMBEDDING_N; i++) {
        sum += left[i] * right[i];
        length += left[i] * left[i];
    }
    assert_float_equal(length, 1, 1e-4);
    return sum;
}

static void test_embeddings_tell_people_apart(void **state)
{
    struct fixture *fixture = *state;
    NEEDS(fixture);
    enum { VALUES = FACE_ALIGN_SIDE * FACE_ALIGN_SIDE * 3 };
    g_autofree float *a = g_new(float, VALUES);
    g_autofree float *b = g_new(float, VALUES);
    g_autofree float *mirrored = g_new(float, VALUES);
    face_worker_align(fixture->worker, &fixture->photo, view_at(fixture, 0), a);
    face_worker_align(fixture->worker, &fixture->photo, view_at(fixture, 1), b);
    assert_true(embed_similarity(fixture, a, b, false) < 0.35F);
    assert_float_equal(embed_similarity(fixture, a, a, false), 1, 1e-4);
    for (int i = 0; i < FACE_ALIGN_SIDE * FACE_ALIGN_SIDE; i++) {
        int x = i % FACE_ALIGN_SIDE;
        memcpy(mirrored + i * 3, a + (i - x + FACE_ALIGN_SIDE - 1 - x) * 3, 3 * sizeof *a);
    }
    assert_true(embed_similarity(fixture, a, mirrored, false) < 0.999F);
    assert_float_equal(embed_similarity(fixture, a, mirrored, true), 1, 1e-3);
}

/* The face cut out of a picture of half the size gives nearly the same embedding. */
static void test_resolution_hardly_matters(void **state)
{
    struct fixture *fixture = *state;
    NEEDS(fixture);
    enum { VALUES = FACE_ALIGN_SIDE * FACE_ALIGN_SIDE * 3 };
    g_autoptr(GBytes) bytes = sample_photo(1);
    gsize size = 0;
    const void *data = g_bytes_get_data(bytes, &size);
    struct face_image half;
    struct face_image_limits limits = {.side_hint = 900};
    assert_true(face_image_decode(data, size, &limits, &half, NULL));
    assert_float_equal(half.scale, 2, 0);
    g_autoptr(GArray) views = g_array_new(FALSE, FALSE, sizeof(struct face_view));
    assert_true(face_worker_find(fixture->worker, &half, FACE_DETAIL_320, true, views, NULL));
    assert_int_equal(views->len, 3);
    g_autofree float *a = g_new(float, VALUES);
    g_autofree float *b = g_new(float, VALUES);
    face_worker_align(fixture->worker, &fixture->photo, view_at(fixture, 0), a);
    face_worker_align(fixture->worker, &half, &g_array_index(views, struct face_view, 0), b);
    assert_true(embed_similarity(fixture, a, b, true) > 0.85F);
    face_image_finish(&half);
}

static void test_pose_turns_round_in_the_mirror(void **state)
{
    struct fixture *fixture = *state;
    NEEDS(fixture);
    const struct face_image *photo = &fixture->photo;
    struct face_image mirror;
    face_image_init(&mirror, photo->width, photo->height);
    for (int i = 0; i < photo->width * photo->height; i++) {
        int x = i % photo->width;
        memcpy(mirror.rgb + (size_t)i * 3, photo->rgb + (size_t)(i - x + photo->width - 1 - x) * 3,
               3);
    }
    for (guint i = 0; i < fixture->views->len; i++) {
        struct face_box box = view_at(fixture, i)->box;
        struct face_pose pose;
        struct face_pose turned;
        assert_true(face_worker_pose(fixture->worker, photo, &box, &pose, NULL));
        box.x = (float)photo->width - box.x - box.width;
        assert_true(face_worker_pose(fixture->worker, &mirror, &box, &turned, NULL));
        assert_float_equal(pose.yaw, -turned.yaw, 12);
        assert_float_equal(pose.pitch, turned.pitch, 8);
        /* How far a head leans that leans far depends on where the crop ends. */
        if (fabsf(pose.roll) < 30 && fabsf(turned.roll) < 30) {
            assert_float_equal(pose.roll, -turned.roll, 12);
        }
    }
    face_image_finish(&mirror);
}

/* The woman in the middle looks down, the two beside her do not. */
static void test_eyes_open_and_closed(void **state)
{
    struct fixture *fixture = *state;
    NEEDS(fixture);
    for (guint i = 0; i < fixture->views->len; i++) {
        const struct face_view *view = view_at(fixture, i);
        float open = -1;
        assert_true(
            face_worker_eyes(fixture->worker, &fixture->photo, &view->landmarks, &open, NULL));
        bool looks_down = view->box.x > 600 && view->box.x < 1100;
        assert_true(looks_down ? open < 0.1F : open > 0.3F);
    }
}

struct contender {
    struct face_engine *engine;
    const struct face_image *photo;
    gint faces;
};

static gpointer contend(gpointer data)
{
    struct contender *contender = data;
    for (int round = 0; round < 3; round++) {
        struct face_worker *worker = face_engine_acquire(contender->engine, NULL);
        g_autoptr(GArray) views = g_array_new(FALSE, FALSE, sizeof(struct face_view));
        face_worker_find(worker, contender->photo, FACE_DETAIL_640, false, views, NULL);
        g_atomic_int_add(&contender->faces, (gint)views->len);
        face_engine_release(contender->engine, worker);
    }
    return NULL;
}

static void test_more_threads_than_workers(void **state)
{
    struct fixture *fixture = *state;
    NEEDS(fixture);
    struct contender contender = {fixture->engine, &fixture->photo, 0};
    GThread *threads[4];
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++) {
        threads[i] = g_thread_new("contender", contend, &contender);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++) {
        g_thread_join(threads[i]);
    }
    assert_int_equal(contender.faces, 3 * 3 * 4);
}

static void test_missing_models_are_named(void **state)
{
    (void)state;
    GError *error = NULL;
    assert_null(face_engine_create(
        &(struct face_engine_options){.models_dir = "/nonexistent", .workers_max = 1}, &error));
    assert_base_error(error, BASE_ERROR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finds_the_people_of_a_group),
        cmocka_unit_test(test_a_picture_without_faces),
        cmocka_unit_test(test_embeddings_tell_people_apart),
        cmocka_unit_test(test_resolution_hardly_matters),
        cmocka_unit_test(test_pose_turns_round_in_the_mirror),
        cmocka_unit_test(test_eyes_open_and_closed),
        cmocka_unit_test(test_more_threads_than_workers),
        cmocka_unit_test(test_missing_models_are_named),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
