/* What the recogniser's parts share; private to the folder. */
#ifndef RECOGNISE_INTERNAL_H
#define RECOGNISE_INTERNAL_H

#include "face/engine.h"
#include "face/gallery.h"
#include "recognise/liveness.h"
#include "recognise/recognise.h"

struct recogniser {
    struct face_engine *engine;
    struct face_gallery *gallery;
    struct face_image_limits limits;
    enum face_detail detail;
    enum recognise_second second;
    struct recognise_helpers *helpers; /* for pictures of many faces: faces.h */
    gint interrupted;                  /* atomic */
    GMutex lock;                       /* guards what follows */
    struct recognise_thresholds thresholds;
    GHashTable *lookalikes; /* person → array of struct base_uuid; NULL: none */
};

/* What to do with one picture of one person. */
struct recognise_task {
    bool enrolment; /* stricter quality, and the mirror image counts too */
    bool skip_quality, skip_liveness;
};

/* An aligned face, kept until it is known whether it has to be looked at again. */
#define RECOGNISE_CUT_BYTES ((size_t)FACE_ALIGN_SIDE * FACE_ALIGN_SIDE * 3)

/* One picture of one person, analysed. Coordinates are of the stored picture, upright. */
struct recognise_frame {
    /* MATCH when `values` is filled in, else NO_FACE, SEVERAL_FACES or POOR_QUALITY. */
    enum recognise_kind kind;
    size_t faces;
    int width, height;
    struct face_box box;
    struct face_landmarks landmarks;
    struct face_quality quality;
    float live;                               /* -1 when not judged */
    struct recognise_liveness_frame liveness; /* when judged */
    float values[FACE_TEMPLATE_N];
    uint8_t cut[RECOGNISE_CUT_BYTES]; /* filled in with `values`, except for enrolment */
    float print[RECOGNISE_PRINT_N];   /* of a MATCH for enrolment */
};

bool recognise_frame_analyse(struct recogniser *recogniser, struct face_worker *worker,
                             const struct recognise_picture *picture,
                             const struct recognise_task *task, struct recognise_frame *frame,
                             GError **error);

/* ---- enrol.c, copies.c ---- */

/* What is found of an enrolment photo once it is embedded: how recognisable the face is, which may
 * make it one of poor quality, and its print. */
void recognise_enrol_conclude(struct face_worker *worker, const float *aligned,
                              const struct recognise_task *task, struct recognise_frame *frame);

void recognise_print_make(const float *aligned, float print[RECOGNISE_PRINT_N]);

/* Passive liveness of a face in a decoded picture. */
bool recognise_liveness_measure(struct face_worker *worker, const struct face_image *image,
                                const struct face_box *box, struct recognise_liveness_frame *frame,
                                GError **error);

/* BASE_ERROR_TOO_LARGE, before anything is decoded, when all together have more than twice the
 * pixels that one may have; the errors of face_image_measure(). */
bool recognise_pictures_check(const struct recogniser *recogniser,
                              const struct recognise_picture *frames, size_t frames_n,
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

/* ---- decide.c ---- */

/* How many people a search of the scope compares with. */
size_t recognise_scope_size(struct recogniser *recogniser, const struct recognise_scope *scope);
bool recognise_scope_has(const struct recognise_scope *scope, const struct base_uuid *person);

/* The thresholds of a call, those for matching chosen for the number of people of a scope. */
struct recognise_thresholds recognise_scope_thresholds(struct recogniser *recogniser,
                                                       const struct recognise_options *options,
                                                       const struct recognise_scope *scope);
/* The same for options->scope. */
struct recognise_thresholds recognise_options_thresholds(struct recogniser *recogniser,
                                                         const struct recognise_options *options);

/* UNKNOWN, NEEDS_REVIEW or MATCH by the two best scores (-1: nobody). `doubt` may be NULL. */
enum recognise_kind recognise_decide(const struct recognise_thresholds *thresholds, float score,
                                     float runner_up_score, enum recognise_doubt *doubt);

/* Fills in person, scores, kind, doubt and candidates from the best candidates of the scope. The
 * thresholds are those of the scope's size. */
void recognise_answer_decide(struct recognise_answer *answer,
                             const struct recognise_thresholds *thresholds,
                             const struct recognise_candidate *candidates, size_t n);

/* A MATCH of somebody with a look-alike in the scope NEEDS_REVIEW from now on, the look-alike among
 * its candidates. */
void recognise_answer_check(struct recogniser *recogniser, const struct recognise_scope *scope,
                            struct recognise_answer *answer);

/* Puts a person among the candidates of an answer, unless they are there or there is no room: then
 * in the last place. */
void recognise_answer_candidate(struct recognise_answer *answer, const struct base_uuid *person,
                                float score);

/* The answer's face is nobody's: everybody it may be has another. Leaves the score. */
void recognise_answer_take(struct recognise_answer *answer);

/* The answer's face may be `given`: when that is not whom the answer names, only a person can say
 * so. */
void recognise_answer_give(struct recognise_answer *answer,
                           const struct recognise_candidate *given);

/*
 * Decides by the best candidates of the first scope and, where there is one, of the wider scope
 * (wider_n is 0 when it was not searched): options->wider says what that means. Checks for
 * look-alikes.
 */
void recognise_answer_conclude(struct recogniser *recogniser,
                               const struct recognise_options *options,
                               const struct recognise_candidate *candidates, size_t n,
                               const struct recognise_candidate *wider, size_t wider_n,
                               struct recognise_answer *answer);

void recognise_lookalikes_free(GHashTable *lookalikes);

/* ---- frames.c ---- */

/*
 * One template of n templates that were taken within a moment: their sum, weighted by quality (0 to
 * 1). A frame that contradicts the others is left out when they outweigh it clearly; `used`, of n,
 * tells which counted. Returns how many did, or 0 when the frames show different people.
 */
size_t recognise_frames_fuse(const float *const *templates, const float *qualities, size_t n,
                             float fused[FACE_TEMPLATE_N], bool *used);

/* ---- search.c ---- */

/* Rounds an aligned face (RECOGNISE_CUT_BYTES floats) to bytes. */
void recognise_cut_keep(const float *aligned, uint8_t *face);

/* The faces that a template is made of, or the best of them. */
#define RECOGNISE_CUTS_MAX 5
struct recognise_cuts {
    const uint8_t *faces[RECOGNISE_CUTS_MAX];
    size_t n;
};

/*
 * recognise_search() of a template that only the first network has seen. Where that leaves doubt
 * (or always, by the recogniser's options) `values` is replaced by what both networks say of the
 * faces and their mirror images, and searched again. `worker` may be NULL: one is taken for as long
 * as it is needed. The first answer stands, with a warning, when the networks cannot be run.
 */
size_t recognise_search_twice(struct recogniser *recogniser, struct face_worker *worker,
                              const struct recognise_cuts *cuts, float values[FACE_TEMPLATE_N],
                              const struct recognise_scope *scope, size_t k,
                              struct recognise_candidate *candidates);

/* ---- template.c ---- */

/* Has the second network seen this face? */
bool recognise_template_is_whole(const float *values);

/* The direction of the sum of n templates, part by part; the second part is that of the templates
 * that have it. False when a part is not finite or not of length 1, or when they cancel out. */
bool recognise_fuse(const float *templates, size_t n, float fused[FACE_TEMPLATE_N]);

/*
 * Assigns each of `rows` to at most one of `columns`, each column to at most one row, so that the
 * sum of the gains is greatest (Kuhn 1955, in the shortest augmenting path form of Jonker and
 * Volgenant 1987). gains[row * columns + column]; a gain of 0 or less is never taken.
 * assigned[row] is the column, or -1.
 */
void recognise_assign(const float *gains, size_t rows, size_t columns, int *assigned);

#endif
