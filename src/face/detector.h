/*
 * Face detection with the Ultra-Light RFB network ("Ultra-Light-Fast-Generic-Face-Detector-1MB",
 * slim SSD with receptive field blocks), whose eight head convolutions are decoded here, so that
 * it runs at any input size.
 *
 * The picture is fitted into the network's input with its aspect ratio kept (letterbox), area
 * filtered when it shrinks. The smallest prior is 10 pixels of the network's input, so smaller
 * faces need a larger input: 320 x 240 is enough for one person in front of a camera, a group
 * photograph is searched at several sizes.
 */
#ifndef FACE_DETECTOR_H
#define FACE_DETECTOR_H

#include "face/image.h"
#include "face/types.h"

enum face_detail {
    FACE_DETAIL_320, /* longer side of the network's input, the other is three quarters of it */
    FACE_DETAIL_640,
    FACE_DETAIL_1280,
    FACE_DETAIL_1920,
    FACE_DETAIL_N,
};

/* Immutable but for the sizes, which are built when first used; shared by all threads. */
struct face_detector;
/* Working memory; one thread at a time. */
struct face_detector_memory;

/* Loads fr_detect.onnx at its smallest size; errors of nn_model_load_file. */
struct face_detector *face_detector_create(const char *path, GError **error);
void face_detector_destroy(struct face_detector *detector);

struct face_detector_memory *face_detector_memory_create(struct face_detector *detector);
void face_detector_memory_destroy(struct face_detector_memory *memory);

/* Appends the faces (struct face_box) found with at least this score, in pixels of `image`, without
 * duplicates among themselves (non-maximum suppression), best first. */
bool face_detector_run(struct face_detector_memory *memory, const struct face_image *image,
                       enum face_detail detail, float score_min, GArray *boxes, GError **error);

/* Faces in a piece of `image`, which is taken `zoom` times as large: the network's input of
 * `detail` (lying, 4 to 3) begins at (x, y) of the enlarged picture, and what lies beyond the
 * picture is blank. Boxes are pixels of `image`; those at an edge of the piece where the picture
 * goes on are parts of faces and left out. Otherwise as face_detector_run. */
bool face_detector_run_piece(struct face_detector_memory *memory, const struct face_image *image,
                             float zoom, int x, int y, enum face_detail detail, float score_min,
                             GArray *boxes, GError **error);

/* The coarsest detail at which a picture is not reduced, FACE_DETAIL_1920 when none. */
enum face_detail face_detector_full_detail(const struct face_image *image);

/* The longer side of the network's input, in pixels. */
int face_detector_detail_side(enum face_detail detail);

/* Sorts by score and drops every box that overlaps a better one by more than `overlap_max`
 * (intersection over union), or whose area lies in a better one by more than `inside_max`. */
void face_detector_suppress(GArray *boxes, float overlap_max, float inside_max);

/* Intersection over union, and over the smaller area. 0 to 1. */
float face_box_overlap(const struct face_box *a, const struct face_box *b);
float face_box_inside(const struct face_box *a, const struct face_box *b);

#endif
