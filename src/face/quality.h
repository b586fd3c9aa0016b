/*
 * Is this face good enough to be recognised, and if not, what should the person change?
 *
 * Two strictnesses: a probe is refused only when recognition would be a guess, an enrolment photo
 * when it would make a weak template for the years to come.
 */
#ifndef FACE_QUALITY_H
#define FACE_QUALITY_H

#include "face/image.h"
#include "face/types.h"

enum face_quality_reason {
    FACE_QUALITY_GOOD,
    FACE_QUALITY_TOO_SMALL,   /* the face has too few pixels: come closer */
    FACE_QUALITY_CUT_OFF,     /* part of the face is outside the picture */
    FACE_QUALITY_TOO_DARK,    /* more light on the face */
    FACE_QUALITY_TOO_BRIGHT,  /* less light, or no lamp behind the camera */
    FACE_QUALITY_BLURRED,     /* hold still, clean the lens */
    FACE_QUALITY_TURNED_AWAY, /* look at the camera */
    FACE_QUALITY_EYES_CLOSED, /* enrolment only */
    FACE_QUALITY_N,
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
};

/* Lower-case word as the API prints it, such as "too_small". Static storage. */
const char *face_quality_name(enum face_quality_reason reason);

/* Measures what needs no network: everything but eyes_open (left at -1) and the verdict. The pose
 * is estimated from the landmarks. `aligned` is the face cut out by face_align_cut. */
void face_quality_measure(const struct face_image *image, const struct face_landmarks *landmarks,
                          const float *aligned, struct face_quality *quality);

/* The verdict on those figures, and `overall`. */
void face_quality_judge(struct face_quality *quality, bool enrolment);

#endif
