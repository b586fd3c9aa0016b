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
    /* By nn_rows_init: floats of a row that a stage reads, of a copy of it with padding, and where
     * the copies begin in the scratch memory. */
    int64_t row[NN_ROWS_STAGES_MAX];
    int64_t kept[NN_ROWS_STAGES_MAX]; /* rows at a time */
    int64_t start[NN_ROWS_STAGES_MAX];
    int64_t nothing; /* where a row of zeros is */
    int64_t scratch; /* floats in all */
};

/* Completes what the other members say. */
void nn_rows_init(struct nn_rows *rows);

/* `scratch` is for rows->scratch floats. */
void nn_rows_run(const struct nn_rows *rows, const float *in, float *out, float *scratch);

#endif
