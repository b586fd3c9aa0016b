/*
 * From 68 landmarks to the upright 112 × 112 face that the embedding network expects: the
 * least-squares similarity (Umeyama 1991, without reflection) that brings the eyes, the nose and
 * the corners of the mouth nearest to their places in the training pictures.
 */
#ifndef FACE_ALIGN_H
#define FACE_ALIGN_H

#include "face/image.h"
#include "face/resample.h"
#include "face/types.h"

#define FACE_ALIGN_SIDE 112
#define FACE_ALIGN_POINTS_N 5

/* The corners of the upright rectangle around all landmarks, in pixels of the picture. */
void face_landmarks_extent(const struct face_landmarks *landmarks, struct face_point *low,
                           struct face_point *high);

/* Left eye (on the picture's left), right eye, nose, left and right corner of the mouth. */
void face_align_points(const struct face_landmarks *landmarks,
                       struct face_point points[FACE_ALIGN_POINTS_N]);

/* Picture → aligned face. False when the points coincide or are not finite. *residual (may be
 * NULL) is the root mean square distance, in pixels of the aligned face, that remains. */
bool face_align_estimate(const struct face_landmarks *landmarks, struct face_similarity *similarity,
                         float *residual);

/* Cuts the face out: FACE_ALIGN_SIDE² × 3 floats, interleaved RGB, 0 to 255. */
void face_align_cut(const struct face_image *image, const struct face_similarity *similarity,
                    float *aligned);

#endif
