/*
 * Is this face good enough to be recognised, and if not, what should the person change?
 *
 * Two strictnesses: a probe is refused only when recognition would be a guess, an enrolment photo
 * when it would make a weak template for the years to come. A probe is judged by what costs next to
 * nothing; of an enrolment photo every component is measured.
 *
 * The components are those of ISO/IEC 29794-5 that can be told without further networks, under
 * its names. Each has the native figure that was measured and a score from 0 to 100. The scores
 * share one scale: below FACE_QUALITY_REFUSED_BELOW a photo is refused for enrolment, below
 * FACE_QUALITY_ADVICE_BELOW it could be better and there is something to say; at 100 more does not
 * help. `presente bench quality` measures what they are worth.
 */
#ifndef FACE_QUALITY_H
#define FACE_QUALITY_H

#include "face/image.h"
#include "face/types.h"

#include <stdbool.h>
#include <stddef.h>

enum face_quality_reason {
    FACE_QUALITY_GOOD,
    FACE_QUALITY_TOO_SMALL,   /* the face has too few pixels: come closer */
    FACE_QUALITY_CUT_OFF,     /* part of the face is outside the picture */
    FACE_QUALITY_TOO_DARK,    /* more light on the face */
    FACE_QUALITY_TOO_BRIGHT,  /* less light, or no lamp behind the camera */
    FACE_QUALITY_BLURRED,     /* hold still, clean the lens */
    FACE_QUALITY_TURNED_AWAY, /* look at the camera */
    /* Enrolment only. */
    FACE_QUALITY_EYES_CLOSED,
    FACE_QUALITY_TILTED,       /* the head leans to a shoulder */
    FACE_QUALITY_FLAT,         /* hardly any contrast: fog, a lamp behind the person */
    FACE_QUALITY_UNEVEN_LIGHT, /* light from one side */
    FACE_QUALITY_COVERED,      /* hair, a hand, a mask or dark glasses */
    FACE_QUALITY_UNCLEAR,      /* nothing of this stands out, and yet it would not be recognised */
    FACE_QUALITY_N,
};

/* The components, what the person should mend first coming first. */
enum face_component {
    FACE_COMPONENT_SINGLE_FACE,   /* native: faces in the picture */
    FACE_COMPONENT_CROP_LEFT,     /* native: from the face to this edge of the picture, in distances
                                   * between the eyes; below 0 it reaches beyond */
    FACE_COMPONENT_CROP_RIGHT,    /* likewise */
    FACE_COMPONENT_MARGIN_ABOVE,  /* likewise */
    FACE_COMPONENT_MARGIN_BELOW,  /* likewise */
    FACE_COMPONENT_EYE_DISTANCE,  /* native: pixels between the eyes' centres */
    FACE_COMPONENT_YAW,           /* native: degrees */
    FACE_COMPONENT_PITCH,         /* native: degrees */
    FACE_COMPONENT_ROLL,          /* native: degrees */
    FACE_COMPONENT_OVER_EXPOSURE, /* native: share of the face's pixels that are white */
    FACE_COMPONENT_UNDER_EXPOSURE, /* native: share of the face's pixels that are black */
    FACE_COMPONENT_UNIFORMITY,     /* native: what the brightness of both halves has in common, 0
                                    * to 1 */
    FACE_COMPONENT_DYNAMIC_RANGE,  /* native: entropy of the face's brightness, bits */
    FACE_COMPONENT_SHARPNESS,      /* native: variance of the Laplacian over the variance */
    FACE_COMPONENT_EYES_OPEN,      /* native: probability for the eye that is more open */
    FACE_COMPONENT_OCCLUSION,      /* native: contrast of the eyes and the mouth, the
                                    * least, for one of the whole face */
    FACE_COMPONENT_N,
};

#define FACE_QUALITY_REFUSED_BELOW 40
#define FACE_QUALITY_ADVICE_BELOW 60

struct face_component_figure {
    bool measured; /* else the rest is zero */
    int score;     /* 0 to 100 */
    float native;
};

/* What was measured; every figure is filled in whatever the verdict. */
struct face_quality {
    enum face_quality_reason reason;
    float eye_distance;    /* pixels between the eyes' centres */
    float brightness;      /* mean luma of the aligned face, 0 to 255 */
    float contrast;        /* standard deviation of that luma */
    float sharpness;       /* variance of the Laplacian of the aligned face, noise-normalised */
    float inside;          /* share of the landmarks' area inside the picture, 0 to 1 */
    struct face_pose pose; /* degrees */
    float eyes_open;       /* probability for the eye that is more open; -1 when not judged */
    float overall;         /* 0 to 1: to order photos of one person, best first */
    /* Of enrolment photos; of a probe none is measured. */
    struct face_component_figure components[FACE_COMPONENT_N];
    /* The unified quality score: how recognisable the face is. Native: the agreement of the
     * embedding with that of the mirror image, which predicts errors better than any component. */
    struct face_component_figure unified;
};

/* Lower-case word as the API prints it, such as "too_small". Static storage. */
const char *face_quality_name(enum face_quality_reason reason);

/* The component's name after ISO/IEC 29794-5, such as "inter_eye_distance". Static storage. */
const char *face_component_name(enum face_component component);

/* What somebody should change whose figure is low, one sentence in "es" or "en" (anything else
 * counts as "en"). Static storage. */
const char *face_component_advice(enum face_component component, const char *language);

/* Why a photo is refused and what to change, one sentence; static storage. */
const char *face_quality_sentence(const struct face_quality *quality, const char *language);

/* The components with something to say, those that refuse the photo before those that do not, and
 * among these the more important first. Returns how many were written. */
size_t face_quality_advice(const struct face_quality *quality,
                           enum face_component advice[FACE_COMPONENT_N]);

/* Measures what needs no network: everything but eyes_open (left at -1), the components and the
 * verdict. The pose is estimated from the landmarks. `aligned` is the face cut out by
 * face_align_cut. */
void face_quality_measure(const struct face_image *image, const struct face_landmarks *landmarks,
                          const float *aligned, struct face_quality *quality);

/* Measures the components, all but the number of faces, from the same and from what
 * face_quality_measure() and the networks have found. `scale`: pixels of the stored picture for one
 * of `image`. */
void face_quality_assess(const struct face_image *image, const struct face_landmarks *landmarks,
                         const float *aligned, struct face_quality *quality);

/* What is known once the picture's other faces and its scale are: the number of faces, and
 * `eye_distance` in pixels of the picture as it is stored. */
void face_quality_complete(struct face_quality *quality, size_t faces);

/* Tells the unified score by how much the embeddings of the face and of its mirror image agree
 * (face_worker_embed_agreement). */
void face_quality_recognisable(struct face_quality *quality, float agreement);

/* The verdict on those figures, and `overall`. Of an enrolment photo whose components were
 * measured, by these. */
void face_quality_judge(struct face_quality *quality, bool enrolment);

#endif
