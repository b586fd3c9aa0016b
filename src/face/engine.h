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
#include "face/detectors.h"
#include "face/image.h"
#include "face/quality.h"
#include "face/types.h"

struct face_engine;
struct face_worker;

struct face_engine_options {
    const char *models_dir;                /* folder of the models */
    int workers_max;                       /* ≥ 1; they are made when first needed */
    struct face_detector_options detector; /* zero: the network */
    const char *int8; /* ranges of face_int8_choose(); NULL: the embedding network in floats */
    bool second;      /* load the second embedding network too, where its file is there */
};

/* Loads the models. Errors of nn_model_load_file, the message names the file, and of
 * face_window_detector_create. */
struct face_engine *face_engine_create(const struct face_engine_options *options, GError **error);
/* No worker may be out. NULL is fine. */
void face_engine_destroy(struct face_engine *engine);

/* SHA-256 of the embedding model's file and the version of the preprocessing: templates are only
 * comparable under the same id. */
const char *face_engine_model_id(const struct face_engine *engine);

/* Is there a second embedding network? */
bool face_engine_has_second(const struct face_engine *engine);

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

/* The same, coarse for faces that fill the picture and at this size for the others; at most
 * `faces_max`: for frames that follow each other, where nothing is lost when a face is seen in the
 * next one. */
bool face_worker_find_at(struct face_worker *worker, const struct face_image *image,
                         enum face_detail detail, guint faces_max, GArray *views, GError **error);

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
                       float values[FACE_EMBEDDING_N], GError **error);

/* The same of the second network; all zeros when the engine has none. */
bool face_worker_embed_second(struct face_worker *worker, const float *aligned, bool mirror,
                              float values[FACE_SECOND_N], GError **error);

/* How much the last embedding with `mirror` and that of its mirror image agree: their cosine. A
 * face that is turned, covered, blurred or lit from one side looks to the network like somebody
 * else in the mirror, so this tells how far the embedding can be trusted. */
float face_worker_embed_agreement(const struct face_worker *worker);

/* Probability that the face is live rather than a print or a screen. Judged on the face and what
 * surrounds it, 2.7 times the box; in doubt also on the mirror image. */
bool face_worker_liveness(struct face_worker *worker, const struct face_image *image,
                          const struct face_box *box, float *live, GError **error);

/* Side of the square that face_worker_liveness() finds about this box in the picture, of the side
 * that it wants: 1 when the picture has it all. */
float face_liveness_coverage(const struct face_image *image, const struct face_box *box);

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
