/*
 * Inner products of FACE_EMBEDDING_N elements, compiled for several instruction sets and chosen by
 * what the processor can do.
 */
#ifndef FACE_DOT_H
#define FACE_DOT_H

#include "face/types.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An embedding rounded to 8 bits: values[i] ≈ step × bytes[i], bytes from -127 to 127. */
struct face_dot_rounded {
    int8_t bytes[FACE_EMBEDDING_N];
    int32_t sum; /* of the bytes */
    float step;
    float length; /* Euclidean length of step × bytes, rounded up */
    float error;  /* Euclidean length of values − step × bytes, rounded up */
};

void face_dot_round(const float *values, struct face_dot_rounded *rounded);

struct face_dot_kernels {
    const char *name;
    float (*floats)(const float *a, const float *b);
    /* out[i] = Σ rows[i·FACE_EMBEDDING_N + j] · probe.bytes[j], for n rows one after another; sums
     * has each row's sum of bytes. */
    void (*bytes)(const int8_t *rows, const int32_t *sums, size_t n,
                  const struct face_dot_rounded *probe, int32_t *out);
};

/* The best for this processor, within the limit of ONEDNN_MAX_CPU_ISA. Same answers as the others
 * in `bytes`; `floats` may differ in the last bits. */
const struct face_dot_kernels *face_dot_kernels(void);

/* All that this processor can run, the plain one first; returns how many. For tests. */
size_t face_dot_kernels_list(const struct face_dot_kernels *list[], size_t max);

#endif
