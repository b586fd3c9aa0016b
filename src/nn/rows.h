/*
 * Convolutions one after the other, computed row by row: each takes the rows of the one before it
 * as soon as they are there, so that only a few rows of what lies between exist at a time, in the
 * caches. All is channels-last, and one picture.
 */
#ifndef NN_ROWS_H
#define NN_ROWS_H

#include "nn/kernels.h"

#include <stddef.h>

#define NN_ROWS_STAGES_MAX 16
#define NN_ROWS_KERNEL_MAX 16

struct nn_rows_stage {
    int64_t in[2]; /* height, width, as below */
    int64_t out[2];
    int64_t channels; /* of what it reads */
    int64_t kernel[2];
    int64_t stride[2];
    int64_t dilation[2];
    int64_t pad[2];
    const struct nn_kernels *kernels;
    bool depthwise; /* which of these two it is; their rows lie as `nn_rows_init` says */
    struct nn_depthwise light;
    struct nn_dense dense;
};

/* The tables that the stages point to are the caller's. */
struct nn_rows {
    int stages_n;
    struct nn_rows_stage stages[NN_ROWS_STAGES_MAX];
    int64_t out_pitch; /* floats from a pixel of the result to the next */
    /* By nn_rows_init, of the rows that each stage reads, which lie with their padding in the
     * scratch memory: */
    int64_t row[NN_ROWS_STAGES_MAX];   /* floats of one */
    int64_t kept[NN_ROWS_STAGES_MAX];  /* how many there are at a time */
    int64_t start[NN_ROWS_STAGES_MAX]; /* where they begin */
    int64_t nothing;                   /* where a row of zeros is */
    int64_t scratch;                   /* floats in all */
};

/* Completes what the other members say. */
void nn_rows_init(struct nn_rows *rows);

/* `scratch` is for rows->scratch floats. */
void nn_rows_run(const struct nn_rows *rows, const float *in, float *out, float *scratch);

/* The channels of one pixel of the result. All stages but the first must be pointwise: kernels of
 * 1 × 1, stride 1, no padding. `scratch` is for nn_rows_pixel_scratch() floats. */
void nn_rows_pixel(const struct nn_rows *rows, const float *in, int64_t y, int64_t x, float *out,
                   float *scratch);
int64_t nn_rows_pixel_scratch(const struct nn_rows *rows);

#endif
