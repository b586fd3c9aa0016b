/*
 * A boosted cascade of Haar-like features: P. Viola and M. Jones, "Rapid object detection using a
 * boosted cascade of simple features" (2001), with trees instead of stumps and the third rectangle
 * of R. Lienhart and J. Maydt, "An extended set of Haar-like features" (2002).
 */
#ifndef FACE_HAAR_H
#define FACE_HAAR_H

#include "face/image.h"
#include "face/types.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FACE_CASCADE_RECTS 3

/* A feature is the weighted sum of the grey values in up to three rectangles of the window. */
struct face_cascade_feature {
    struct {
        int x, y, width, height;
        float weight; /* 0 for a rectangle that is not there */
    } rects[FACE_CASCADE_RECTS];
};

/* Below the threshold `below` is next, otherwise `above`: a later node of the same tree when it is
 * positive, else the leaf of the negated number. */
struct face_cascade_node {
    uint32_t feature;
    float threshold;
    int32_t below, above;
};

struct face_cascade_tree {
    uint32_t node;
    uint32_t nodes_n; /* leaves are one more */
    uint32_t leaf;
};

struct face_cascade_stage {
    uint32_t tree;
    uint32_t trees_n;
    float threshold; /* a window whose leaves sum up to less is no face */
};

struct face_cascade {
    int width, height; /* of the window, pixels */
    GArray *stages;    /* struct face_cascade_stage */
    GArray *trees;     /* struct face_cascade_tree */
    GArray *nodes;     /* struct face_cascade_node */
    GArray *leaves;    /* float */
    GArray *features;  /* struct face_cascade_feature */
};

/* The window's sides and the numbers of a file that are read; published cascades stay far below. */
#define FACE_CASCADE_SIDE_MIN 8
#define FACE_CASCADE_SIDE_MAX 64
#define FACE_CASCADE_BYTES_MAX ((size_t)8 << 20)

/*
 * Reads a cascade in OpenCV's XML format of version 2.4 and later. Everything is checked here, so
 * that a cascade can be run without looking. BASE_ERROR_INVALID for what is damaged,
 * BASE_ERROR_UNSUPPORTED for the older format, for features other than Haar's and for tilted ones.
 */
struct face_cascade *face_cascade_parse(const char *text, size_t size, GError **error);
/* BASE_ERROR_IO when it cannot be read; messages name the file. */
struct face_cascade *face_cascade_load(const char *path, GError **error);
void face_cascade_destroy(struct face_cascade *cascade);

/* A rectangle in which the cascade saw a face; before grouping there are many a face. */
struct face_cascade_hit {
    int x, y, width, height;
};

/* Appends the windows that pass (struct face_cascade_hit, pixels of `image`), from `side_min`
 * pixels of width up, every size 1.1 times the one before. */
void face_cascade_scan(const struct face_cascade *cascade, const struct face_image *image,
                       int side_min, GArray *hits);

/*
 * Groups hits that lie on one face and appends the mean of every group that has more than
 * `neighbours_min` members (struct face_box, score from the number of members: 0 to 1), best first.
 * Groups within a stronger one are dropped. Reorders `hits`.
 */
void face_cascade_group(GArray *hits, int neighbours_min, GArray *boxes);

#endif
