/* Evaluation of constants while a model loads. */
#include <string.h>

#include "base/error.h"
#include "nn/import.h"

static int64_t divide_ints(int64_t a, int64_t b, bool *good)
{
    *good = *good && b != 0 && !(a == G_MININT64 && b == -1);
    return *good ? a / b : 0;
}

static int64_t fold_ints(dnnl_alg_kind_t algorithm, int64_t a, int64_t b, bool *good)
{
    int64_t result = 0;
    if (algorithm == dnnl_binary_div) {
        return divide_ints(a, b, good);
    }
    bool overflow = algorithm == dnnl_binary_add   ? __builtin_add_overflow(a, b, &result)
                    : algorithm == dnnl_binary_sub ? __builtin_sub_overflow(a, b, &result)
                                                   : __builtin_mul_overflow(a, b, &result);
    *good = *good && !overflow;
    return result;
}

static float fold_floats(dnnl_alg_kind_t algorithm, float a, float b)
{
    return algorithm == dnnl_binary_add   ? a + b
           : algorithm == dnnl_binary_sub ? a - b
           : algorithm == dnnl_binary_mul ? a * b
                                          : a / b;
}

/* Strides of `from` seen as `to`: 0 along broadcast axes. */
static void broadcast_strides(const struct nn_shape *from, const struct nn_shape *to,
                              int64_t strides[NN_DIMS_MAX])
{
    struct nn_shape extended = nn_shape_extended(from, to->rank);
    nn_shape_strides(&extended, strides);
    for (int i = 0; i < to->rank; i++) {
        strides[i] = extended.dims[i] == 1 ? 0 : strides[i];
    }
}

static int64_t strided_index(const struct nn_shape *shape, int64_t index, const int64_t *strides)
{
    int64_t at = 0;
    for (int i = shape->rank - 1; i >= 0; i--) {
        at += index % shape->dims[i] * strides[i];
        index /= shape->dims[i];
    }
    return at;
}

struct nn_tensor *nn_fold_binary(const struct nn_import *im, dnnl_alg_kind_t algorithm,
                                 const struct nn_tensor *a, const struct nn_tensor *b,
                                 GError **error)
{
    struct nn_shape shape;
    int64_t a_strides[NN_DIMS_MAX];
    int64_t b_strides[NN_DIMS_MAX];
    if (a->type != b->type || !nn_shape_broadcast(&a->shape, &b->shape, &shape)) {
        nn_import_fail(im, BASE_ERROR_INVALID, error, "constants of other types or shapes");
        return NULL;
    }
    struct nn_tensor *result = nn_tensor_create(a->type, &shape, error);
    if (result == NULL) {
        return NULL;
    }
    bool good = true;
    broadcast_strides(&a->shape, &shape, a_strides);
    broadcast_strides(&b->shape, &shape, b_strides);
    for (int64_t i = 0; i < result->count; i++) {
        int64_t from_a = strided_index(&shape, i, a_strides);
        int64_t from_b = strided_index(&shape, i, b_strides);
        if (a->type == NN_TYPE_FLOAT) {
            result->floats[i] = fold_floats(algorithm, a->floats[from_a], b->floats[from_b]);
        } else {
            result->ints[i] = fold_ints(algorithm, a->ints[from_a], b->ints[from_b], &good);
        }
    }
    if (!good) {
        nn_tensor_destroy(result);
        nn_import_fail(im, BASE_ERROR_INVALID, error, "integers overflow");
        return NULL;
    }
    return result;
}

struct nn_tensor *nn_fold_reshape(const struct nn_tensor *data, const struct nn_shape *shape,
                                  GError **error)
{
    struct nn_tensor *result = nn_tensor_copy(data, error);
    if (result != NULL) {
        g_assert(nn_shape_count(shape) == data->count);
        result->shape = *shape;
    }
    return result;
}

static void copy_element(struct nn_tensor *to, int64_t to_at, const struct nn_tensor *from,
                         int64_t from_at)
{
    if (to->type == NN_TYPE_FLOAT) {
        to->floats[to_at] = from->floats[from_at];
    } else {
        to->ints[to_at] = from->ints[from_at];
    }
}

struct nn_tensor *nn_fold_strided(const struct nn_tensor *data, const struct nn_shape *shape,
                                  int64_t offset, const int64_t *strides, GError **error)
{
    struct nn_tensor *result = nn_tensor_create(data->type, shape, error);
    for (int64_t i = 0; result != NULL && i < result->count; i++) {
        copy_element(result, i, data, offset + strided_index(shape, i, strides));
    }
    return result;
}

struct nn_tensor *nn_fold_concat(const struct nn_import *im, int axis, const struct nn_shape *shape,
                                 GError **error)
{
    const struct nn_tensor *first = nn_import_constant(im, 0);
    struct nn_tensor *result = nn_tensor_create(first->type, shape, error);
    int64_t strides[NN_DIMS_MAX];
    int64_t begin = 0;
    if (result == NULL) {
        return NULL;
    }
    nn_shape_strides(shape, strides);
    for (int n = 0; n < (int)im->node->n_input; n++) {
        const struct nn_tensor *part = nn_import_constant(im, n);
        if (part->type != first->type) {
            nn_tensor_destroy(result);
            nn_import_fail(im, BASE_ERROR_INVALID, error, "its inputs have two types");
            return NULL;
        }
        for (int64_t i = 0; i < part->count; i++) {
            int64_t to = begin * strides[axis] + strided_index(&part->shape, i, strides);
            copy_element(result, to, part, i);
        }
        begin += part->shape.dims[axis];
    }
    return result;
}

struct nn_tensor *nn_fold_gather(const struct nn_import *im, const struct nn_tensor *data,
                                 const struct nn_tensor *indices, int axis, GError **error)
{
    struct nn_shape shape = {.rank = data->shape.rank - 1 + indices->shape.rank};
    int64_t side = data->shape.dims[axis];
    int64_t inner = 1;
    if (shape.rank > NN_DIMS_MAX) {
        nn_import_fail(im, BASE_ERROR_UNSUPPORTED, error, "too many dimensions");
        return NULL;
    }
    int at = 0;
    for (int i = 0; i < axis; i++) {
        shape.dims[at++] = data->shape.dims[i];
    }
    for (int i = 0; i < indices->shape.rank; i++) {
        shape.dims[at++] = indices->shape.dims[i];
    }
    for (int i = axis + 1; i < data->shape.rank; i++) {
        shape.dims[at++] = data->shape.dims[i];
        inner *= data->shape.dims[i];
    }
    struct nn_tensor *result = nn_tensor_create(data->type, &shape, error);
    for (int64_t i = 0; result != NULL && i < result->count; i++) {
        int64_t place = indices->ints[i / inner % indices->count];
        if (place < -side || place >= side) {
            nn_tensor_destroy(result);
            nn_import_fail(im, BASE_ERROR_INVALID, error, "an index is outside of the data");
            return NULL;
        }
        place = place < 0 ? place + side : place;
        copy_element(result, i, data,
                     (i / inner / indices->count * side + place) * inner + i % inner);
    }
    return result;
}
