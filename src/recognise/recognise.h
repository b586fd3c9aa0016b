/*
 * The recogniser: who is in this picture, among the people enrolled here?
 *
 * One recogniser holds the models (immutable, shared), a pool of working memories (one a thread at
 * a time) and the gallery of people in memory. Every function here may be called from any thread.
 * A picture that cannot be decoded is an error (GError); what is seen in a picture that can be
 * decoded is an answer. No face, no match and an error are never confused.
 *
 * Templates are FACE_TEMPLATE_N floats of Euclidean length 1, one a photo, and only comparable
 * when they come from the same model: keep recogniser_model_id() beside every stored template.
 * Scores are cosine similarities, -1 to 1.
 */
#ifndef RECOGNISE_RECOGNISE_H
#define RECOGNISE_RECOGNISE_H

#include "base/uuid.h"
#include "face/detector.h"
#include "face/image.h"
#include "face/quality.h"
#include "face/types.h"

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

struct recognise_thresholds {
    float match;     /* lowest score of a MATCH */
    float review;    /* lowest score of a NEEDS_REVIEW; below it UNKNOWN */
    float margin;    /* a MATCH must lead the runner-up by this much, else NEEDS_REVIEW */
    float live;      /* lowest mean probability of a live face, 0 to 1 */
    float agree;     /* photos of one person are at least this similar to each other */
    float duplicate; /* an enrolled person this similar is taken to be the same one */
};

/* The calibrated defaults; see the model card for the error rates they stand for. */
extern const struct recognise_thresholds RECOGNISE_THRESHOLDS_DEFAULT;

struct recogniser_options {
    const char *models_dir;                        /* folder of the six .onnx files */
    const struct recognise_thresholds *thresholds; /* NULL: the defaults */
    struct face_image_limits limits;               /* zero: the defaults */
    int threads_max; /* pictures analysed at the same time, others wait; 0: one a processor */
    /* Where the search for one person's face begins; finer sizes follow while none is found. */
    enum face_detail detail;
};

struct recogniser;

/* Loads the models (about a second). Fails as nn_model_load_file does; the message names the file.
 */
struct recogniser *recogniser_create(const struct recogniser_options *options, GError **error);
void recogniser_destroy(struct recogniser *recogniser);

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
    bool skip_liveness; /* for files uploaded by staff: neither computed nor asked for */
    bool skip_quality;  /* answer whatever the quality, and for the most prominent of several
                         * faces; the quality is still measured */
    bool group;         /* recognise_faces: small faces matter, search at a larger size */
    int faces_max;      /* recognise_faces: at most so many, largest first; 0 means 200 */
    const struct recognise_thresholds *thresholds; /* NULL: the recogniser's */
};

struct recognise_answer {
    enum recognise_kind kind;
    struct base_uuid person; /* for MATCH and NEEDS_REVIEW, otherwise zero: strangers get no name */
    float score; /* of the most similar person, also when UNKNOWN; -1: nobody to compare */
    struct base_uuid runner_up; /* for MATCH and NEEDS_REVIEW, and only when score is above -1 */
    float runner_up_score;      /* -1 when the scope has fewer than two people */
    float live;                 /* mean probability of a live face, 0 to 1; -1 when not judged */
    size_t faces;               /* seen in the frame that box belongs to */
    size_t frame;               /* index of that frame: the best one */
    int width, height;          /* of that frame, upright, as stored */
    struct face_box box;        /* in pixels of that frame; zero for NO_FACE */
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
    float live; /* -1 when not judged */
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

/* Is the person of these templates enrolled already, under another id than `person` (NULL: under
 * any)? *other and *score (may be NULL) tell who and how similar. */
bool recognise_duplicate(struct recogniser *recogniser, const float *templates, size_t n,
                         const struct base_uuid *person, struct base_uuid *other, float *score);

/* Cosine of two templates. */
float recognise_similarity(const float *a, const float *b);

/* The `k` most similar people of the scope for a template, best first; returns how many. For
 * benchmarks and for tools that show candidates; answers come from recognise_probe. */
struct recognise_candidate {
    struct base_uuid person;
    float score;
};
size_t recognise_search(struct recogniser *recogniser, const float *values,
                        const struct recognise_scope *scope, size_t k,
                        struct recognise_candidate *candidates);

#endif
