/*
 * What presente-hog.so offers: dlib's detector of frontal faces (histograms of oriented gradients
 * under a linear classifier, five views; N. Dalal and B. Triggs 2005) and its 68 landmarks
 * (regression trees; V. Kazemi and J. Sullivan 2014). Plain C, so that nothing of C++ passes
 * between the two; no exception leaves the module.
 */
#ifndef PRESENTE_HOG_H
#define PRESENTE_HOG_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Counts up with every change of what stands here; a module of another number is not used. */
#define PRESENTE_HOG_VERSION 1
#define PRESENTE_HOG_SYMBOL "presente_hog"
#define PRESENTE_HOG_LANDMARKS 68
/* Smallest face that is found, pixels. */
#define PRESENTE_HOG_SIDE 80

/* 8 bits a pixel, rows packed. */
struct presente_hog_picture {
    const uint8_t *grey;
    int width, height;
};

struct presente_hog_face {
    float x, y, width, height; /* the square from the brows to the chin, pixels */
    float confidence;          /* above 0; what is above 1 is hardly ever wrong */
};

/* Where a function fails it writes a sentence into `fault` (of `fault_size` ≥ 1 bytes). All but
 * create and destroy may be called from several threads at once. */
struct presente_hog {
    int version;
    /* `landmarks`: dlib's file of the 68 points, or NULL to do without. NULL when it fails. */
    void *(*create)(const char *landmarks, char *fault, size_t fault_size);
    void (*destroy)(void *hog);
    /* The number of faces, best first, at most `faces_max` of them written; -1 when it fails. */
    int (*detect)(void *hog, const struct presente_hog_picture *picture,
                  struct presente_hog_face *faces, int faces_max, char *fault, size_t fault_size);
    /* x and y of each point, pixels. 0, or -1 when it fails. */
    int (*landmarks)(void *hog, const struct presente_hog_picture *picture,
                     const struct presente_hog_face *face, float points[PRESENTE_HOG_LANDMARKS * 2],
                     char *fault, size_t fault_size);
};

typedef const struct presente_hog *(*presente_hog_open)(void);

#ifdef __cplusplus
}
#endif

#endif
