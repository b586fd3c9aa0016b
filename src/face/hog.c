#include "face/hog.h"

#include "base/error.h"
#include "base/module.h"
#include "face/resample.h"
#include "hog/hog.h"

#include <math.h>
#include <string.h>

#define FACES_MAX 500
#define FAULT_SIZE 256
/* dlib takes about 100 ms for a million pixels. */
#define PIXELS_MAX (8.0 * 1000 * 1000)
/* Beyond this an enlarged picture shows nothing that a detector could know. */
#define ENLARGED_MAX 4.0F
/* Confidence that gives a score of a half. */
#define CONFIDENCE_HALF 0.5F
/* Side of the piece around a face that the landmarks are looked for in, in sides of the box; the
 * points may lie beyond the box, never far. */
#define LANDMARKS_CROP 2.0F
#define LANDMARKS_SIDE 300

struct face_hog {
    const struct presente_hog *module;
    void *own;
    bool landmarks;
};

static const struct presente_hog *open_module(GError **error)
{
    g_autoptr(GError) reason = NULL;
    presente_hog_open open = (presente_hog_open)base_module_symbol(
        "hog", PRESENTE_HOG_SYMBOL, "The detector hog", "detectors", &reason);
    const struct presente_hog *module = open != NULL ? open() : NULL;
    if (module == NULL) {
        g_set_error(
            error, BASE_ERROR, BASE_ERROR_UNAVAILABLE,
            "The detector hog needs the module presente-hog.so and dlib. Install libdlib-dev "
            "and g++, or run ./dev deps detectors, then ./dev build. (%s)",
            reason != NULL ? reason->message : "it offers nothing");
        return NULL;
    }
    if (module->version != PRESENTE_HOG_VERSION) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_UNAVAILABLE,
                    "The module presente-hog.so is of version %d, not %d: run ./dev build.",
                    module->version, PRESENTE_HOG_VERSION);
        return NULL;
    }
    return module;
}

struct face_hog *face_hog_create(const char *landmarks, GError **error)
{
    const struct presente_hog *module = open_module(error);
    if (module == NULL) {
        return NULL;
    }
    if (landmarks != NULL && !g_file_test(landmarks, G_FILE_TEST_IS_REGULAR)) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_UNAVAILABLE,
                    "There is no file %s with dlib's landmarks. Install libdlib-data, or run ./dev "
                    "deps detectors, or leave PRESENTE_HOG_LANDMARKS empty.",
                    landmarks);
        return NULL;
    }
    char fault[FAULT_SIZE] = "";
    void *own = module->create(landmarks, fault, sizeof fault);
    if (own == NULL) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID, "The detector hog cannot be used: %s.",
                    fault);
        return NULL;
    }
    struct face_hog *hog = g_new0(struct face_hog, 1);
    *hog = (struct face_hog){module, own, landmarks != NULL};
    return hog;
}

void face_hog_destroy(struct face_hog *hog)
{
    if (hog == NULL) {
        return;
    }
    hog->module->destroy(hog->own);
    g_free(hog);
}

bool face_hog_has_landmarks(const struct face_hog *hog)
{
    return hog->landmarks;
}

/* A piece of the picture as grey values, `scale` times as large. */
static uint8_t *cut_grey(const struct face_image *image, const struct face_crop *crop, int width,
                         int height)
{
    size_t pixels = (size_t)width * (size_t)height;
    g_autofree float *colours = g_new(float, pixels * 3);
    g_autofree float *luma = g_new(float, pixels);
    uint8_t *grey = g_malloc(pixels);
    face_resample_area(image, crop, colours, width, height);
    face_resample_luma(colours, pixels, luma);
    for (size_t i = 0; i < pixels; i++) {
        grey[i] = (uint8_t)CLAMP(lrintf(luma[i]), 0, 255);
    }
    return grey;
}

static bool failed(const char *fault, GError **error)
{
    g_set_error(error, BASE_ERROR, BASE_ERROR_INTERNAL, "dlib failed: %s.", fault);
    return false;
}

bool face_hog_run(const struct face_hog *hog, const struct face_image *image, int side_min,
                  GArray *boxes, GError **error)
{
    float pixels = (float)image->width * (float)image->height;
    float scale = fminf(PRESENTE_HOG_SIDE / (float)side_min, ENLARGED_MAX);
    scale = fminf(scale, (float)sqrt(PIXELS_MAX / (double)pixels));
    int width = MAX((int)lrintf((float)image->width * scale), 1);
    int height = MAX((int)lrintf((float)image->height * scale), 1);
    const struct face_crop whole = {0, 0, (float)image->width, (float)image->height};
    g_autofree uint8_t *grey = cut_grey(image, &whole, width, height);
    const struct presente_hog_picture picture = {grey, width, height};
    g_autofree struct presente_hog_face *faces = g_new(struct presente_hog_face, FACES_MAX);
    char fault[FAULT_SIZE] = "";
    int n = hog->module->detect(hog->own, &picture, faces, FACES_MAX, fault, sizeof fault);
    float x_scale = (float)image->width / (float)width;
    float y_scale = (float)image->height / (float)height;
    for (int i = 0; i < n; i++) {
        float confidence = fmaxf(faces[i].confidence, 0);
        struct face_box box = {faces[i].x * x_scale, faces[i].y * y_scale, faces[i].width * x_scale,
                               faces[i].height * y_scale,
                               confidence / (confidence + CONFIDENCE_HALF)};
        g_array_append_val(boxes, box);
    }
    return n >= 0 || failed(fault, error);
}

bool face_hog_landmarks(const struct face_hog *hog, const struct face_image *image,
                        const struct face_box *box, struct face_landmarks *landmarks,
                        GError **error)
{
    float side = fmaxf(box->width, box->height) * LANDMARKS_CROP;
    float scale = LANDMARKS_SIDE / side;
    const struct face_crop crop = {box->x + (box->width - side) / 2,
                                   box->y + (box->height - side) / 2, side, side};
    g_autofree uint8_t *grey = cut_grey(image, &crop, LANDMARKS_SIDE, LANDMARKS_SIDE);
    const struct presente_hog_picture picture = {grey, LANDMARKS_SIDE, LANDMARKS_SIDE};
    const struct presente_hog_face face = {(box->x - crop.x) * scale, (box->y - crop.y) * scale,
                                           box->width * scale, box->height * scale, 0};
    float points[PRESENTE_HOG_LANDMARKS * 2];
    char fault[FAULT_SIZE] = "";
    if (hog->module->landmarks(hog->own, &picture, &face, points, fault, sizeof fault) != 0) {
        return failed(fault, error);
    }
    for (int i = 0; i < FACE_LANDMARKS_N; i++) {
        landmarks->points[i].x = crop.x + points[i * 2] / scale;
        landmarks->points[i].y = crop.y + points[i * 2 + 1] / scale;
    }
    return true;
}
