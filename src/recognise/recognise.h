/*
 * The recogniser: who is in this picture, among the people enrolled here?
 *
 * One recogniser holds the models (immutable, shared), a pool of working memories (one a thread at
 * a time) and the gallery of people in memory. Every function here may be called from any thread.
 * A picture that cannot be decoded is an error (GError); what is seen in a picture that can be
 * decoded is an answer. No face, no match and an error are never confused.
 *
 * Templates are FACE_TEMPLATE_N floats, one a photo: two parts of Euclidean length 1, or the second
 * all zeros where only the first network has seen the face (face/types.h). They are only comparable
 * when they come from the same model: keep recogniser_model_id() beside every stored template.
 * Scores are cosine similarities, -1 to 1: of both parts, weighted, where both templates have both.
 */
#ifndef RECOGNISE_RECOGNISE_H
#define RECOGNISE_RECOGNISE_H

#include "base/uuid.h"
#include "face/detector.h"
#include "face/detectors.h"
#include "face/image.h"
#include "face/quality.h"
#include "face/types.h"
#include "recognise/liveness.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

enum recognise_kind {
    RECOGNISE_NO_FACE,
    RECOGNISE_SEVERAL_FACES,       /* one was asked for, and none of them is clearly in front */
    RECOGNISE_POOR_QUALITY,        /* see the answer's quality.reason */
    RECOGNISE_PRESENTATION_ATTACK, /* a print or a screen */
    RECOGNISE_UNKNOWN,             /* nobody of the scope */
    RECOGNISE_NEEDS_REVIEW,        /* perhaps `person`; somebody must look */
    RECOGNISE_MATCH,
    RECOGNISE_KIND_N,
};

/* Lower-case word as the API prints it, such as "needs_review". Static storage. */
const char *recognise_kind_name(enum recognise_kind kind);

/* Why a face NEEDS_REVIEW. */
enum recognise_doubt {
    RECOGNISE_DOUBT_NONE,
    RECOGNISE_DOUBT_SCORE,     /* similar, but not enough */
    RECOGNISE_DOUBT_MARGIN,    /* the runner-up is nearly as similar */
    RECOGNISE_DOUBT_LOOKALIKE, /* somebody of the scope is known to look like this person */
    RECOGNISE_DOUBT_ELSEWHERE, /* not on the roster: found in the wider scope, or more similar to
                                * somebody there */
    RECOGNISE_DOUBT_ASSIGNED,  /* more similar to somebody whom another face was given to */
    RECOGNISE_DOUBT_LIVENESS,  /* perhaps not a living face */
    RECOGNISE_DOUBT_N,
};

/* Lower-case word, such as "lookalike"; "none". Static storage. */
const char *recognise_doubt_name(enum recognise_doubt doubt);

struct recognise_thresholds {
    /* Share of strangers that may be named, such as 0.001; 0 with `match` and `review` as given. */
    double false_match;
    /* 0: chosen by false_match and the number of people searched (docs/thresholds.md). */
    float match;     /* lowest score of a MATCH */
    float review;    /* lowest score of a NEEDS_REVIEW; below it UNKNOWN */
    float margin;    /* a MATCH must lead the runner-up by this much, else NEEDS_REVIEW */
    float live;      /* lowest probability of a live face, 0 to 1; liveness.h */
    float agree;     /* photos of one person are at least this similar to each other */
    float duplicate; /* an enrolled person this similar is taken to be the same one */
};

/* The calibrated defaults; see the model card for the error rates they stand for. */
extern const struct recognise_thresholds RECOGNISE_THRESHOLDS_DEFAULT;

/* When a second embedding network is asked about a face besides the first. Enrolment asks it always
 * but for OFF. Where its file is absent, never. */
enum recognise_second {
    RECOGNISE_SECOND_AUTO, /* when the first leaves doubt */
    RECOGNISE_SECOND_ALWAYS,
    RECOGNISE_SECOND_OFF,
};

struct recogniser_options {
    const char *models_dir;                /* folder of the models */
    struct face_detector_options detector; /* zero: the network */
    const char *int8;                      /* as in struct face_engine_options; NULL: floats */
    const struct recognise_thresholds *thresholds; /* NULL: the defaults */
    struct face_image_limits limits;               /* zero: the defaults */
    int threads_max; /* pictures analysed at the same time, others wait; 0: one a processor */
    /* Where the search for one person's face begins; finer sizes follow while none is found. */
    enum face_detail detail;
    enum recognise_second second;
};

struct recogniser;

/* Loads the models (about a second). Fails as nn_model_load_file does; the message names the file.
 */
struct recogniser *recogniser_create(const struct recogniser_options *options, GError **error);
void recogniser_destroy(struct recogniser *recogniser);

/* Before the program ends: what takes seconds (pictures of a class, videos) fails soon, now or
 * later, with BASE_ERROR_UNAVAILABLE. One person's faces are finished. */
void recogniser_interrupt(struct recogniser *recogniser);

/* Is there a second embedding network that may be asked? */
bool recogniser_has_second(const struct recogniser *recogniser);

/* Lower-case hexadecimal SHA-256 of the embedding model's file with the version of our
 * preprocessing, such as "87aacdfe…-1". Owned by the recogniser. */
const char *recogniser_model_id(const struct recogniser *recogniser);

/* Thread-safe: calls that began before keep the thresholds they began with. */
struct recognise_thresholds recogniser_thresholds(struct recogniser *recogniser);
void recogniser_thresholds_set(struct recogniser *recogniser,
                               const struct recognise_thresholds *thresholds);

/* Replaces what is known of a person by the fusion of `n` ≥ 1 photo templates (n × FACE_TEMPLATE_N
 * floats). Searches that began earlier end with the earlier gallery; later ones see the change. A
 * template that is not finite or not of length 1 fails with BASE_ERROR_INVALID. */
bool recognise_person_set(struct recogniser *recogniser, const struct base_uuid *person,
                          const float *templates, size_t n, GError **error);

/* False when the person was not there. */
bool recognise_person_remove(struct recogniser *recogniser, const struct base_uuid *person);
bool recognise_person_exists(struct recogniser *recogniser, const struct base_uuid *person);
size_t recognise_people_count(struct recogniser *recogniser);
void recognise_people_clear(struct recogniser *recogniser);

/* Makes room for this many people at once, so that loading a database does not grow step by step.
 */
void recognise_people_reserve(struct recogniser *recogniser, size_t people);

/* An encoded JPEG, PNG or WebP. */
struct recognise_picture {
    const void *data;
    size_t size;
};

/* Whom to look for: these people only, or everybody enrolled when `everybody`. People of the list
 * who are not enrolled are passed over; an empty list finds nobody. */
struct recognise_scope {
    bool everybody;
    const struct base_uuid *people;
    size_t people_n;
};

struct recognise_options {
    struct recognise_scope scope;
    /* Searched only when nobody of `scope` matches, with the thresholds of its own size; NULL:
     * nowhere. A match in `scope` of somebody less similar than a person of the wider scope who
     * would match NEEDS_REVIEW as well. */
    const struct recognise_scope *wider;
    bool skip_liveness; /* for files uploaded by staff: neither computed nor asked for */
    bool skip_quality;  /* answer whatever the quality, and for the most prominent of several
                         * faces; the quality is still measured */
    bool group;         /* recognise_faces: small faces matter, search at a larger size */
    int faces_max;      /* recognise_faces: at most so many, largest first; 0 means 200 */
    const struct recognise_thresholds *thresholds; /* NULL: the recogniser's */
};

struct recognise_candidate {
    struct base_uuid person;
    float score;
};

/* Those who may be asked about in a review. */
#define RECOGNISE_CANDIDATES_MAX 5

struct recognise_answer {
    enum recognise_kind kind;
    enum recognise_doubt doubt; /* for NEEDS_REVIEW */
    bool twice;                 /* the second network was asked */
    bool wider;                 /* `person` is of the wider scope, not of the first */
    /* For MATCH and NEEDS_REVIEW: `person` first, then whoever else scores enough for a review. */
    struct recognise_candidate candidates[RECOGNISE_CANDIDATES_MAX];
    size_t candidates_n;
    struct base_uuid person; /* for MATCH and NEEDS_REVIEW, otherwise zero: strangers get no name */
    float score; /* of the most similar person, also when UNKNOWN; -1: nobody to compare */
    struct base_uuid runner_up; /* for MATCH and NEEDS_REVIEW, and only when score is above -1 */
    float runner_up_score;      /* -1 when the scope has fewer than two people */
    float live;                 /* probability of a live face, 0 to 1; -1 when not judged */
    /* The verdict on it (recognise_probe). ATTACK is the kind PRESENTATION_ATTACK; a MATCH in DOUBT
     * is for a challenge or a person to confirm. */
    enum recognise_liveness liveness;
    size_t faces;                    /* seen in the frame that box belongs to */
    size_t frame;                    /* index of that frame: the best one */
    int width, height;               /* of that frame, upright, as stored */
    struct face_box box;             /* in pixels of that frame; zero for NO_FACE */
    struct face_landmarks landmarks; /* likewise */
    struct face_quality quality;
    struct face_timings timings; /* of the whole call */
};

/*
 * One person, one or several frames (up to RECOGNISE_FRAMES_MAX) taken within a moment. Frames
 * without a usable face are passed over as long as one has it; embeddings and liveness are judged
 * over all usable frames together. Frames that show different people answer SEVERAL_FACES.
 * Fails when a frame cannot be decoded (face_image_decode), with BASE_ERROR_INVALID for no frames
 * or too many, with BASE_ERROR_TOO_LARGE when all together have more than twice the pixels that one
 * may have.
 */
#define RECOGNISE_FRAMES_MAX 16
bool recognise_probe(struct recogniser *recogniser, const struct recognise_picture *frames,
                     size_t frames_n, const struct recognise_options *options,
                     struct recognise_answer *answer, GError **error);

/*
 * Everybody in one picture; each enrolled person is given to at most one face (the assignment with
 * the greatest sum of scores). Returns an array of struct recognise_answer, from left to right, to
 * be freed with g_array_unref; empty when there is no face. Liveness is judged only when
 * skip_liveness is false and group is false. NULL on a picture that cannot be decoded.
 */
GArray *recognise_faces(struct recogniser *recogniser, const struct recognise_picture *picture,
                        const struct recognise_options *options, GError **error);

/* The aligned face in grey, small and smoothed: what tells a copy from another photo. */
#define RECOGNISE_PRINT_SIDE 56
#define RECOGNISE_PRINT_N (RECOGNISE_PRINT_SIDE * RECOGNISE_PRINT_SIDE)

/* One photo for enrolment. */
struct recognise_photo {
    /* MATCH when `values` is filled in, otherwise NO_FACE, SEVERAL_FACES, POOR_QUALITY or
     * PRESENTATION_ATTACK (only when liveness is judged). */
    enum recognise_kind kind;
    float values[FACE_TEMPLATE_N]; /* the template */
    size_t faces;
    int width, height;
    struct face_box box;
    struct face_landmarks landmarks;
    struct face_quality quality;
    float live;                     /* -1 when not judged */
    float print[RECOGNISE_PRINT_N]; /* for recognise_photos_copied(); of a MATCH */
    struct face_timings timings;
};

/* Only skip_liveness, skip_quality and thresholds of the options count. skip_quality gives a
 * template of any face found; with several, of the most prominent one. */
bool recognise_enrol_photo(struct recogniser *recogniser, const struct recognise_picture *picture,
                           const struct recognise_options *options, struct recognise_photo *photo,
                           GError **error);

/* Are these n × FACE_TEMPLATE_N templates of one person? *lowest (may be NULL) is the lowest cosine
 * of any pair, 1 for a single photo; *odd (may be NULL) the photo least like the others. */
bool recognise_photos_agree(struct recogniser *recogniser, const float *templates, size_t n,
                            float *lowest, size_t *odd);

/* Is one photo a copy of the other: encoded anew, resized, cropped a little, turned, mirrored,
 * brightened? Two frames of a person who moves are none. Without the prints (NULL: one is not kept)
 * by the templates alone, which tells less. */
bool recognise_photos_copied(const float *values_a, const float *print_a, const float *values_b,
                             const float *print_b);

/* How alike two prints are at their best placement, either of them mirrored or not: -1 to 1. */
float recognise_print_likeness(const float *a, const float *b);

/* Is the person of these templates enrolled already, under another id than `person` (NULL: under
 * any) and than the `apart_n` ids of `apart`, which are known to be other people? *other and *score
 * (may be NULL) tell who and how similar. */
bool recognise_duplicate(struct recogniser *recogniser, const float *templates, size_t n,
                         const struct base_uuid *person, const struct base_uuid *apart,
                         size_t apart_n, struct base_uuid *other, float *score);

/* The score of two templates. */
float recognise_similarity(const float *a, const float *b);

/* The template of a person of n photo templates, as the gallery keeps it. False when one is not a
 * template. */
bool recognise_person_template(const float *templates, size_t n, float fused[FACE_TEMPLATE_N]);

/* The thresholds for a search among so many people. */
struct recognise_thresholds recognise_thresholds_among(struct recogniser *recogniser,
                                                       size_t people);

/* Two people whose templates are as alike as a match. */
struct recognise_lookalike {
    struct base_uuid first, second;
    float score; /* of the two templates */
};

/* The score from which on two people may be look-alikes: that of a match among few people. */
float recognise_lookalikes_least(struct recogniser *recogniser);

/* The people most similar to an enrolled person, best first, whose score is `least` or more; at
 * most `k`. As recognise_search(). */
size_t recognise_lookalikes_find(struct recogniser *recogniser, const struct base_uuid *person,
                                 float least, size_t k, struct recognise_candidate *candidates);

/* Replaces what is known of look-alikes: from now on a match of either NEEDS_REVIEW while both are
 * in its scope, or in the wider one where that is searched, and as alike as a match in a scope of
 * that size. Thread-safe; copies the pairs. */
void recognise_lookalikes_set(struct recogniser *recogniser,
                              const struct recognise_lookalike *pairs, size_t n);

/* The `k` most similar people of the scope for a template, best first; returns how many. They are
 * those of an exhaustive search by the first part; a template that has the second too puts them,
 * or the best 16 where `k` is less, in the order of both parts. For benchmarks and for tools that
 * show candidates; answers come from recognise_probe. */
size_t recognise_search(struct recogniser *recogniser, const float *values,
                        const struct recognise_scope *scope, size_t k,
                        struct recognise_candidate *candidates);

#endif
