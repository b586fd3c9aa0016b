/*
 * Constant tensors: weights and what is folded from shapes while a model loads.
 *
 * Dense, row-major, float32 or int64 (narrower integers are widened when read). Sizes are checked
 * against limits that keep every byte offset of a tensor inside 31 bits, because the JIT kernels
 * compute offsets with 32-bit registers.
 */
#ifndef NN_TENSOR_H
#define NN_TENSOR_H

#include "nn/nn.h"

/* Elements of one tensor, constant or activation. */
#define NN_COUNT_MAX ((int64_t)1 << 26)

enum nn_type {
    NN_TYPE_FLOAT,
    NN_TYPE_INT64,
};

struct nn_tensor {
    enum nn_type type;
    struct nn_shape shape;
    int64_t count;
    float *floats; /* NN_TYPE_FLOAT, else NULL */
    int64_t *ints; /* NN_TYPE_INT64, else NULL */
};

/* True when every dimension is at least 1 and the product at most NN_COUNT_MAX. Integer constants
 * may be empty (an empty list of axes): `empty_ok` allows zeros. */
bool nn_shape_valid(const struct nn_shape *shape, bool empty_ok);
bool nn_shape_equal(const struct nn_shape *a, const struct nn_shape *b);
/* "1x64x56x56"; free with g_free. */
char *nn_shape_text(const struct nn_shape *shape);
/* Row-major strides in elements. */
void nn_shape_strides(const struct nn_shape *shape, int64_t strides[NN_DIMS_MAX]);
/* The shape with ones put in front until it has `rank` dimensions. */
struct nn_shape nn_shape_extended(const struct nn_shape *shape, int rank);
/* Multidirectional broadcasting of the ONNX specification; false when the shapes do not fit. */
bool nn_shape_broadcast(const struct nn_shape *a, const struct nn_shape *b, struct nn_shape *out);

/* Zero-filled. NULL with BASE_ERROR_TOO_LARGE when the shape breaks the limits. */
struct nn_tensor *nn_tensor_create(enum nn_type type, const struct nn_shape *shape, GError **error);
struct nn_tensor *nn_tensor_copy(const struct nn_tensor *tensor, GError **error);
void nn_tensor_destroy(struct nn_tensor *tensor);

/* Makes denormal floats zero: they slow inference down about ten times. */
void nn_tensor_flush_denormals(struct nn_tensor *tensor);

#endif
