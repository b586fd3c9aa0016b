/* What the files that make up one set of kernels share. */
#ifndef NN_KERNELS_SET_H
#define NN_KERNELS_SET_H

#include "nn/kernels.h"

#define NN_KERNEL_HEIGHT_MAX 16

/* NN_DENSE_ROW is the name of one set's nn_kernels.dense_row. */
#if defined(NN_DENSE_ROW)
void NN_DENSE_ROW(const struct nn_dense *layer, const float *const *rows, float *out);
#endif

void nn_vnni_pointwise(const struct nn_pointwise *layer, const uint8_t *in, float *out,
                       uint8_t *bytes);
void nn_vnni_quantise(const struct nn_planes *planes, const float *factor, const float *offset,
                      const float *in, uint8_t *bytes);

#endif
