/*
 * dlib's detector of frontal faces and its landmarks, through the module presente-hog.so, which is
 * loaded when it is first asked for. See modules/hog/hog.h.
 */
#ifndef FACE_HOG_H
#define FACE_HOG_H

#include "face/image.h"
#include "face/types.h"

#include <glib.h>
#include <stdbool.h>

struct face_hog;

/* `landmarks`: dlib's file of 68 points, NULL to do without. BASE_ERROR_UNAVAILABLE when the module
 * or the file is not there, naming the packages. */
struct face_hog *face_hog_create(const char *landmarks, GError **error);
void face_hog_destroy(struct face_hog *hog);

/* Appends the faces of at least `side_min` pixels (struct face_box) as dlib draws them, squares
 * from the brows to the chin, best first. What would need a picture of more than a few million
 * pixels is looked for as well as that goes. Thread-safe. */
bool face_hog_run(const struct face_hog *hog, const struct face_image *image, int side_min,
                  GArray *boxes, GError **error);

bool face_hog_has_landmarks(const struct face_hog *hog);
/* The points of a face in a box as face_hog_run gives it. Thread-safe. */
bool face_hog_landmarks(const struct face_hog *hog, const struct face_image *image,
                        const struct face_box *box, struct face_landmarks *landmarks,
                        GError **error);

#endif
