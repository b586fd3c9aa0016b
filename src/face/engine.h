/*
 * The face models and the working memories that run them.
 *
 * An engine is immutable and shared. A worker belongs to one thread from face_engine_acquire until
 * face_engine_release; all face_worker_ functions run on the calling thread alone, add the time
 * they took to the worker's timings, and fail only when the inference itself does.
 */
#ifndef FACE_ENGINE_H
#define FACE_ENGINE_H

#include "face/align.h"
#include "face/detector.h"
#include "face/image.h"
#include "face/quality.h"
#include "face/types.h"

struct face_engine;
struct face_worker;

/* Loads the six models of a folder. At most `workers_max` (≥ 1) workers exist at a time; they are
 * made when first needed. Errors of nn_model_load_file; the message names the file. */
struct face_engine *face_engine_create(const char *models_dir, int workers_max, GError **error);
/* No worker may be out. NULL is fine. */
void face_engine_destroy(struct face_engine *engine);

/* SHA-256 of the embedding model's file and the version of the preprocessing: templates are only
 * comparable under the same id. */
const char *face_engine_model_id(const struct face_engine *engine);

/* Waits while all workers are out. NULL when a new one cannot be made. */
struct face_worker *face_engine_acquire(struct face_engine *engine, GError **error);
void face_engine_release(struct face_engine *engine, struct face_worker *worker);

/* To be cleared by the caller; `decode` and `search` are the caller's to fill in. */
struct face_timings *face_worker_timings(struct face_worker *worker);

/* One face of a picture, before anything is said about who it is. */
struct face_view {
    struct face_box box;
    struct face_landmarks landmarks;
    struct face_similarity to_aligned;
    float misfit;    /* of the landmarks to an upright face, pixels of the aligned face */
    float agreement; /* of the box's size and score with the landmarks: 0 to 1 */
};

/* Faces of a picture (appends struct face_view), most prominent first: the larger and the nearer
 * to the middle the more prominent. Of boxes within each other only the one that agrees best with
 * its landmarks stays. `group` searches coarse and fine, for many small faces; otherwise the search
 * begins at `detail`, and finer sizes are tried only while nothing is found. */
bool face_worker_find(struct face_worker *worker, const struct face_image *image,
                      enum face_detail detail, bool group, GArray *views, GError **error);

/* How prominent a box is: larger and nearer to the middle is more. Comparable within a picture. */
float face_box_prominence(const struct face_box *box, const struct face_image *image);

/* Landmarks and alignment for a box. */
bool face_worker_view(struct face_worker *worker, const struct face_image *image,
                      const struct face_box *box, struct face_view *view, GError **error);

/* Cuts the face out (FACE_ALIGN_SIDE² × 3 floats, RGB, 0 to 255). */
void face_worker_align(struct face_worker *worker, const struct face_image *image,
                       const struct face_view *view, float *aligned);

/* The embedding of an aligned face and, when `mirror`, of its mirror image added; of length 1. */
bool face_worker_embed(struct face_worker *worker, const float *aligned, bool mirror,
                       float values[FACE_TEMPLATE_N], GError **error);

/* Probability that the face is live rather than a print or a screen. Judged on the face and what
 * surrounds it, 2.7 times the box. */
bool face_worker_liveness(struct face_worker *worker, const struct face_image *image,
                          const struct face_box *box, float *live, GError **error);

/* Head pose in degrees by the pose network. */
bool face_worker_pose(struct face_worker *worker, const struct face_image *image,
                      const struct face_box *box, struct face_pose *pose, GError **error);

/* Probability that the more open of the two eyes is open. */
bool face_worker_eyes(struct face_worker *worker, const struct face_image *image,
                      const struct face_landmarks *landmarks, float *open, GError **error);

/* Measures and judges. Enrolment is stricter and runs the pose and eye networks as well. */
bool face_worker_quality(struct face_worker *worker, const struct face_image *image,
                         const struct face_view *view, const float *aligned, bool enrolment,
                         struct face_quality *quality, GError **error);

#endif
