/*
 * Everybody in one or several pictures of a class, with all processors at work.
 *
 * Pictures are taken one after the other, so that no more than one is held in memory; tiles and
 * faces of a picture are worked on in parallel, by threads that give way to whoever stands at a
 * camera meanwhile. A picture of n megapixels needs 4 n MB beside its encoded bytes (and what its
 * decoder needs while it decodes: for a progressive JPEG up to 6 n MB, until decoding ends).
 *
 * Nothing of a face outlives the call but the answer and, for a review, a small picture of it:
 * templates and pixels are overwritten before they are freed.
 */
#ifndef RECOGNISE_CLASS_H
#define RECOGNISE_CLASS_H

#include "recognise/recognise.h"

struct recognise_class_face {
    size_t picture; /* index */
    struct recognise_answer
        answer;   /* MATCH, NEEDS_REVIEW or UNKNOWN; pixels of the stored picture */
    GBytes *crop; /* NEEDS_REVIEW: JPEG of the face with a little around it; else NULL */
};

struct recognise_class_picture {
    int width, height; /* as stored, upright */
    size_t faces;
};

struct recognise_class {
    GArray *pictures; /* struct recognise_class_picture */
    GArray *faces;    /* struct recognise_class_face, by picture, left to right; frees the crops */
    struct face_timings timings; /* summed over all threads */
};
void recognise_class_clear(struct recognise_class *class);

/*
 * Of the options the scope, thresholds and faces_max (0: 300 a picture) count. `limits` may be
 * NULL: the recogniser's. In one picture a person is given to one face at most, by the assignment
 * with the most evidence; faces too small or too poor to be sure of need more than others to match
 * (recognise_small_face()). Fails when a picture cannot be decoded, with its number in the message,
 * and with BASE_ERROR_INVALID without pictures.
 */
bool recognise_class(struct recogniser *recogniser, const struct recognise_picture *pictures,
                     size_t n, const struct recognise_options *options,
                     const struct face_image_limits *limits, struct recognise_class *class,
                     GError **error);

/*
 * What a face of this height, in pixels of the detector's box, needs to match. Strangers were not
 * measured to score higher with fewer pixels, but pictures of real rooms have noise and motion
 * besides: so a little more is asked. Raises `match`; `review` stays. Below
 * RECOGNISE_SMALL_FACE_MATCH nothing matches, below RECOGNISE_SMALL_FACE_REVIEW nobody is worth a
 * review. docs/class.md has the measurements.
 */
#define RECOGNISE_SMALL_FACE_REVIEW 20.0F
#define RECOGNISE_SMALL_FACE_MATCH 24.0F
void recognise_small_face(float height, struct recognise_thresholds *thresholds);

#endif
