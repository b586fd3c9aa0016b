#include "recognise/class.h"

#include "base/error.h"
#include "face/crowd.h"
#include "face/image_write.h"
#include "recognise/faces.h"

#include <math.h>
#include <string.h>

#define FACES_MAX_DEFAULT 300
/* Of the picture of a face in doubt: what surrounds it, in its heights, and its longest side. */
#define CROP_ROOM 0.35F
#define CROP_SIDE_MAX 256
#define CROP_QUALITY 88
/* From this height on a face has the pixels that the thresholds were chosen with. */
#define FULL_HEIGHT 56.0F
/* What the lowest face that may match needs beyond that. */
#define SMALL_EXTRA 0.05F
/* Blurred, dark or turned away: as much again as a small face. */
#define POOR_EXTRA 0.04F

/* One picture while it is worked on. */
struct scene {
    struct recogniser *recogniser;
    const struct recognise_options *options;
    struct recognise_thresholds thresholds;
    struct face_image image;
    struct face_crowd *crowd;
    GArray *views;                /* struct face_view */
    struct recognise_face *faces; /* one a view */
    GBytes **crops;               /* likewise */
};

void recognise_small_face(float height, struct recognise_thresholds *thresholds)
{
    float missing =
        CLAMP((FULL_HEIGHT - height) / (FULL_HEIGHT - RECOGNISE_SMALL_FACE_MATCH), 0, 1);
    thresholds->match += SMALL_EXTRA * missing;
    if (height < RECOGNISE_SMALL_FACE_MATCH) {
        thresholds->match = 2; /* no cosine */
    }
    if (height < RECOGNISE_SMALL_FACE_REVIEW) {
        thresholds->review = 2;
    }
}

static void face_clear(gpointer data)
{
    g_clear_pointer(&((struct recognise_class_face *)data)->crop, g_bytes_unref);
}

void recognise_class_clear(struct recognise_class *class)
{
    g_clear_pointer(&class->pictures, g_array_unref);
    g_clear_pointer(&class->faces, g_array_unref);
}

/* ---- the steps ---- */

static bool search_tile(struct face_worker *worker, size_t index, gpointer data, GError **error)
{
    return face_crowd_search(((struct scene *)data)->crowd, worker, index, error);
}

static bool examine(struct face_worker *worker, size_t index, gpointer data, GError **error)
{
    return face_crowd_examine(((struct scene *)data)->crowd, worker, index, error);
}

/* The face alone, small: for whoever has to say who it is. */
static GBytes *cut_crop(const struct face_image *image, const struct face_box *box, GError **error)
{
    float side = box->height * (1 + 2 * CROP_ROOM);
    struct face_crop crop = {box->x + (box->width - side) / 2, box->y + (box->height - side) / 2,
                             side, side};
    int pixels = CLAMP((int)lrintf(side), 48, CROP_SIDE_MAX);
    size_t values = (size_t)pixels * (size_t)pixels * 3;
    g_autofree float *area = g_new(float, values);
    struct face_image small;
    face_image_init(&small, pixels, pixels);
    face_resample_area(image, &crop, area, pixels, pixels);
    for (size_t i = 0; i < values; i++) {
        small.rgb[i] = (uint8_t)(area[i] + 0.5F);
    }
    GBytes *jpeg = face_image_encode_jpeg(&small, CROP_QUALITY, error);
    explicit_bzero(area, values * sizeof *area);
    face_image_finish(&small);
    return jpeg;
}

static bool decide(const struct scene *scene, struct recognise_face *face)
{
    struct recognise_thresholds thresholds = scene->thresholds;
    struct recognise_answer *answer = &face->answer;
    enum face_quality_reason reason = answer->quality.reason;
    recognise_small_face(answer->box.height, &thresholds);
    /* What a small face lacks is counted already. */
    if (reason != FACE_QUALITY_GOOD && reason != FACE_QUALITY_TOO_SMALL) {
        thresholds.match += POOR_EXTRA;
    }
    recognise_answer_decide(answer, &thresholds, face->candidates, face->candidates_n);
    return answer->kind == RECOGNISE_NEEDS_REVIEW || answer->kind == RECOGNISE_MATCH;
}

static bool describe(struct face_worker *worker, size_t index, gpointer data, GError **error)
{
    enum { ALIGNED_N = FACE_ALIGN_SIDE * FACE_ALIGN_SIDE * 3 };
    struct scene *scene = data;
    struct recognise_face *face = &scene->faces[index];
    const struct face_view *view = &g_array_index(scene->views, struct face_view, index);
    float values[FACE_TEMPLATE_N] = {0};
    g_autofree float *aligned = g_new(float, ALIGNED_N);
    g_autofree uint8_t *cut = g_new(uint8_t, RECOGNISE_CUT_BYTES);
    recognise_face_init(face, &scene->image, view, scene->views->len);
    face_worker_align(worker, &scene->image, view, aligned);
    bool ran = face_worker_quality(worker, &scene->image, view, aligned, false,
                                   &face->answer.quality, error) &&
               face_worker_embed(worker, aligned, false, values, error);
    if (ran) {
        struct recognise_cuts cuts = {.faces = {cut}, .n = 1};
        gint64 began = g_get_monotonic_time();
        recognise_cut_keep(aligned, cut);
        face->candidates_n =
            recognise_search_twice(scene->recogniser, worker, &cuts, values, &scene->options->scope,
                                   RECOGNISE_FACE_CANDIDATES, face->candidates);
        explicit_bzero(cut, RECOGNISE_CUT_BYTES);
        face_worker_timings(worker)->search += (double)(g_get_monotonic_time() - began);
    }
    explicit_bzero(aligned, ALIGNED_N * sizeof *aligned);
    explicit_bzero(values, sizeof values);
    if (ran && decide(scene, face)) {
        scene->crops[index] = cut_crop(&scene->image, &view->box, error);
        ran = scene->crops[index] != NULL;
    }
    return ran;
}

/* ---- one picture ---- */

static bool find(struct scene *scene, struct face_timings *timings, GError **error)
{
    struct recogniser *recogniser = scene->recogniser;
    struct face_worker *worker = recognise_worker_acquire(recogniser, error);
    if (worker == NULL) {
        return false;
    }
    gint64 began = g_get_monotonic_time();
    scene->crowd = face_crowd_create(&scene->image, worker);
    face_engine_release(recogniser->engine, worker);
    timings->detect += (double)(g_get_monotonic_time() - began);
    if (!recognise_parallel(recogniser, face_crowd_tiles(scene->crowd), search_tile, scene, timings,
                            error) ||
        !recognise_parallel(recogniser, face_crowd_merge(scene->crowd), examine, scene, timings,
                            error)) {
        return false;
    }
    face_crowd_settle(scene->crowd, scene->views);
    int most = scene->options->faces_max > 0 ? scene->options->faces_max : FACES_MAX_DEFAULT;
    g_array_set_size(scene->views, MIN(scene->views->len, (guint)most));
    return true;
}

static bool answer(struct scene *scene, struct face_timings *timings, GError **error)
{
    guint n = scene->views->len;
    scene->faces = g_new0(struct recognise_face, n + 1);
    scene->crops = g_new0(GBytes *, n + 1);
    if (!recognise_parallel(scene->recogniser, n, describe, scene, timings, error)) {
        return false;
    }
    recognise_faces_assign(scene->faces, n, &scene->thresholds);
    for (guint i = 0; i < n; i++) {
        recognise_answer_check(scene->recogniser, &scene->options->scope, &scene->faces[i].answer);
    }
    return true;
}

static gint compare_places(gconstpointer a, gconstpointer b)
{
    const struct recognise_class_face *left = a;
    const struct recognise_class_face *right = b;
    if (left->picture != right->picture) {
        return left->picture < right->picture ? -1 : 1;
    }
    return (left->answer.box.x > right->answer.box.x) - (left->answer.box.x < right->answer.box.x);
}

static void collect(struct scene *scene, size_t index, struct recognise_class *class)
{
    const struct face_image *image = &scene->image;
    struct recognise_class_picture picture = {
        .width = (int)lrintf((float)image->width * image->scale),
        .height = (int)lrintf((float)image->height * image->scale),
        .faces = scene->views->len,
    };
    g_array_append_val(class->pictures, picture);
    for (guint i = 0; i < scene->views->len; i++) {
        struct recognise_class_face face = {.picture = index, .answer = scene->faces[i].answer};
        if (face.answer.kind == RECOGNISE_NEEDS_REVIEW) {
            face.crop = g_steal_pointer(&scene->crops[i]);
        }
        g_array_append_val(class->faces, face);
    }
}

static void scene_finish(struct scene *scene)
{
    for (guint i = 0; scene->crops != NULL && i < scene->views->len; i++) {
        g_clear_pointer(&scene->crops[i], g_bytes_unref);
    }
    g_free(scene->crops);
    g_free(scene->faces);
    g_array_unref(scene->views);
    face_crowd_destroy(scene->crowd);
    face_image_finish(&scene->image);
}

static bool picture_answer(struct recogniser *recogniser, const struct recognise_picture *picture,
                           size_t index, const struct recognise_options *options,
                           const struct face_image_limits *limits, struct recognise_class *class,
                           GError **error)
{
    struct scene scene = {
        .recogniser = recogniser,
        .options = options,
        .thresholds = recognise_options_thresholds(recogniser, options),
        .views = g_array_new(FALSE, FALSE, sizeof(struct face_view)),
    };
    gint64 began = g_get_monotonic_time();
    bool ran = face_image_decode(picture->data, picture->size, limits, &scene.image, error);
    class->timings.decode += (double)(g_get_monotonic_time() - began);
    ran = ran && find(&scene, &class->timings, error) && answer(&scene, &class->timings, error);
    if (ran) {
        collect(&scene, index, class);
    }
    scene_finish(&scene);
    return ran;
}

bool recognise_class(struct recogniser *recogniser, const struct recognise_picture *pictures,
                     size_t n, const struct recognise_options *options,
                     const struct face_image_limits *limits, struct recognise_class *class,
                     GError **error)
{
    *class = (struct recognise_class){
        .pictures = g_array_new(FALSE, FALSE, sizeof(struct recognise_class_picture)),
        .faces = g_array_new(FALSE, FALSE, sizeof(struct recognise_class_face)),
    };
    g_array_set_clear_func(class->faces, face_clear);
    bool ran = n > 0;
    if (!ran) {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID, "There is no picture.");
    }
    for (size_t i = 0; ran && i < n; i++) {
        ran = picture_answer(recogniser, &pictures[i], i, options,
                             limits != NULL ? limits : &recogniser->limits, class, error);
        if (!ran && n > 1) {
            g_prefix_error(error, "Picture %zu: ", i + 1);
        }
    }
    g_array_sort(class->faces, compare_places);
    if (!ran) {
        recognise_class_clear(class);
    }
    return ran;
}
