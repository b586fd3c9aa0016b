/*
 * The detectors beside the network: a Haar cascade (Viola and Jones 2001; Lienhart and Maydt 2002)
 * read from OpenCV's file, and histograms of oriented gradients (Dalal and Triggs 2005) by dlib, in
 * a module that is loaded at run time. Both slide a window over the picture at many sizes, and both
 * know upright frontal faces only.
 *
 * Their boxes are handed out as the network would have drawn them, from the forehead to the chin:
 * landmarks, liveness and quality take their measure from that.
 */
#ifndef FACE_DETECTORS_H
#define FACE_DETECTORS_H

#include "face/image.h"
#include "face/types.h"

#include <glib.h>
#include <stdbool.h>

enum face_detector_kind {
    FACE_DETECTOR_NETWORK, /* the default; see face/detector.h */
    FACE_DETECTOR_HAAR,
    FACE_DETECTOR_HOG,
    FACE_DETECTOR_KIND_N,
};

/* "network", "haar" or "hog"; static storage. */
const char *face_detector_kind_name(enum face_detector_kind kind);
/* False for another name. */
bool face_detector_kind_parse(const char *name, enum face_detector_kind *kind);

/* Which detector, and where it finds what it needs. All zero: the network. */
struct face_detector_options {
    enum face_detector_kind kind;
    const char *cascade;   /* HAAR: a cascade file; NULL: FACE_DETECTOR_CASCADE_DEFAULT */
    const char *landmarks; /* HOG: dlib's file of 68 points; NULL: the landmark network is used */
};

/* Where Debian's packages opencv-data and libdlib-data put them. */
#define FACE_DETECTOR_CASCADE_DEFAULT                                                              \
    "/usr/share/opencv4/haarcascades/haarcascade_frontalface_alt2.xml"
#define FACE_DETECTOR_LANDMARKS_DEFAULT "/usr/share/dlib/shape_predictor_68_face_landmarks.dat"

/* One detector that is not the network. Immutable; shared by all threads. */
struct face_window_detector;

/* `options->kind` is not the network. Fails with BASE_ERROR_UNAVAILABLE when the package it needs
 * is not there (the message names it), BASE_ERROR_INVALID or BASE_ERROR_UNSUPPORTED for a file that
 * is not what it should be. */
struct face_window_detector *
face_window_detector_create(const struct face_detector_options *options, GError **error);
void face_window_detector_destroy(struct face_window_detector *detector);

/* Appends the faces (struct face_box) in pixels of `image`, best first, one a face; scores are 0 to
 * 1, comparable within one detector only. `group` looks for small faces too; otherwise only for one
 * that stands in front of a camera. Thread-safe. */
bool face_window_detector_run(const struct face_window_detector *detector,
                              const struct face_image *image, bool group, GArray *boxes,
                              GError **error);

/* Whether face_window_detector_landmarks can be asked; NULL (the network) is fine: it cannot. */
bool face_window_detector_has_landmarks(const struct face_window_detector *detector);

/* The 68 points of the face in a box that this detector found. Thread-safe. */
bool face_window_detector_landmarks(const struct face_window_detector *detector,
                                    const struct face_image *image, const struct face_box *box,
                                    struct face_landmarks *landmarks, GError **error);

#endif
