/* What the recogniser's parts share; private to the folder. */
#ifndef RECOGNISE_INTERNAL_H
#define RECOGNISE_INTERNAL_H

#include "face/engine.h"
#include "face/gallery.h"
#include "recognise/recognise.h"

struct recogniser {
    struct face_engine *engine;
    struct face_gallery *gallery;
    struct face_image_limits limits;
    enum face_detail detail;
    GMutex lock; /* guards thresholds */
    struct recognise_thresholds thresholds;
};

/* What to do with one picture of one person. */
struct recognise_task {
    bool enrolment; /* stricter quality, and the mirror image counts too */
    bool skip_quality, skip_liveness;
};

/* One picture of one person, analysed. Coordinates are of the stored picture, upright. */
struct recognise_frame {
    /* MATCH when `values` is filled in, else NO_FACE, SEVERAL_FACES or POOR_QUALITY. */
    enum recognise_kind kind;
    size_t faces;
    int width, height;
    struct face_box box;
    struct face_landmarks landmarks;
    struct face_quality quality;
    float live; /* -1 when not judged */
    float values[FACE_TEMPLATE_N];
};

bool recognise_frame_analyse(struct recogniser *recogniser, struct face_worker *worker,
                             const struct recognise_picture *picture,
                             const struct recognise_task *task, struct recognise_frame *frame,
                             GError **error);

/* Decodes, and counts the time. `side_hint` as in struct face_image_limits. */
bool recognise_picture_decode(struct recogniser *recogniser, struct face_worker *worker,
                              const struct recognise_picture *picture, int side_hint,
                              struct face_image *image, GError **error);

/* Pixels of the decoded picture → pixels of the stored one. */
void recognise_view_scale(const struct face_view *view, float scale, struct face_box *box,
                          struct face_landmarks *landmarks);

/* A worker with its timings cleared. */
struct face_worker *recognise_worker_acquire(struct recogniser *recogniser, GError **error);

/* The thresholds of a call. */
struct recognise_thresholds recognise_options_thresholds(struct recogniser *recogniser,
                                                         const struct recognise_options *options);

/* UNKNOWN, NEEDS_REVIEW or MATCH by the two best scores (-1: nobody). */
enum recognise_kind recognise_decide(const struct recognise_thresholds *thresholds, float score,
                                     float runner_up_score);

/* Fills in person, scores and kind from the best candidates of the scope. */
void recognise_answer_decide(struct recognise_answer *answer,
                             const struct recognise_thresholds *thresholds,
                             const struct recognise_candidate *candidates, size_t n);

/* The direction of the sum of n templates. False when one is not finite or not of length 1, or
 * when they cancel out. */
bool recognise_fuse(const float *templates, size_t n, float fused[FACE_TEMPLATE_N]);

/*
 * Assigns each of `rows` to at most one of `columns`, each column to at most one row, so that the
 * sum of the gains is greatest (Kuhn 1955, in the shortest augmenting path form of Jonker and
 * Volgenant 1987). gains[row * columns + column]; a gain of 0 or less is never taken.
 * assigned[row] is the column, or -1.
 */
void recognise_assign(const float *gains, size_t rows, size_t columns, int *assigned);

#endif
