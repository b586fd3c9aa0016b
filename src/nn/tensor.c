#include "nn/tensor.h"

#include <math.h>
#include <string.h>

#include "base/error.h"

int64_t nn_shape_count(const struct nn_shape *shape)
{
    int64_t count = 1;
    for (int i = 0; i < shape->rank; i++) {
        count *= shape->dims[i];
    }
    return count;
}

bool nn_shape_valid(const struct nn_shape *shape, bool empty_ok)
{
    int64_t count = 1;
    if (shape->rank < 0 || shape->rank > NN_DIMS_MAX) {
        return false;
    }
    for (int i = 0; i < shape->rank; i++) {
        int64_t dim = shape->dims[i];
        if (dim < (empty_ok ? 0 : 1) || dim > NN_COUNT_MAX) {
            return false;
        }
        count *= MAX(dim, 1);
        if (count > NN_COUNT_MAX) {
            return false;
        }
    }
    return true;
}

bool nn_shape_equal(const struct nn_shape *a, const struct nn_shape *b)
{
    if (a->rank != b->rank) {
        return false;
    }
    for (int i = 0; i < a->rank; i++) {
        if (a->dims[i] != b->dims[i]) {
            return false;
        }
    }
    return true;
}

char *nn_shape_text(const struct nn_shape *shape)
{
    GString *text = g_string_new(shape->rank == 0 ? "scalar" : NULL);
    for (int i = 0; i < shape->rank; i++) {
        g_string_append_printf(text, "%s%" G_GINT64_FORMAT, i > 0 ? "x" : "", shape->dims[i]);
    }
    return g_string_free(text, FALSE);
}

void nn_shape_strides(const struct nn_shape *shape, int64_t strides[NN_DIMS_MAX])
{
    int64_t stride = 1;
    for (int i = shape->rank - 1; i >= 0; i--) {
        strides[i] = stride;
        stride *= shape->dims[i];
    }
}

struct nn_shape nn_shape_extended(const struct nn_shape *shape, int rank)
{
    struct nn_shape extended = {.rank = MAX(rank, shape->rank)};
    int missing = extended.rank - shape->rank;
    for (int i = 0; i < extended.rank; i++) {
        extended.dims[i] = i < missing ? 1 : shape->dims[i - missing];
    }
    return extended;
}

bool nn_shape_broadcast(const struct nn_shape *a, const struct nn_shape *b, struct nn_shape *out)
{
    int rank = MAX(a->rank, b->rank);
    struct nn_shape left = nn_shape_extended(a, rank);
    struct nn_shape right = nn_shape_extended(b, rank);
    out->rank = rank;
    for (int i = 0; i < rank; i++) {
        if (left.dims[i] != right.dims[i] && left.dims[i] != 1 && right.dims[i] != 1) {
            return false;
        }
        out->dims[i] = left.dims[i] == 1 ? right.dims[i] : left.dims[i];
    }
    return true;
}

struct nn_tensor *nn_tensor_create(enum nn_type type, const struct nn_shape *shape, GError **error)
{
    if (!nn_shape_valid(shape, true)) {
        g_autofree char *text = nn_shape_text(shape);
        g_set_error(error, BASE_ERROR, BASE_ERROR_TOO_LARGE,
                    "a constant of shape %s is impossible or over the limit", text);
        return NULL;
    }
    struct nn_tensor *tensor = g_new0(struct nn_tensor, 1);
    tensor->type = type;
    tensor->shape = *shape;
    tensor->count = nn_shape_count(shape);
    gsize elements = (gsize)MAX(tensor->count, 1);
    if (type == NN_TYPE_FLOAT) {
        tensor->floats = g_try_new0(float, elements);
    } else {
        tensor->ints = g_try_new0(int64_t, elements);
    }
    if (tensor->floats == NULL && tensor->ints == NULL) {
        g_free(tensor);
        g_set_error(error, BASE_ERROR, BASE_ERROR_TOO_LARGE, "no memory for a constant");
        return NULL;
    }
    return tensor;
}

struct nn_tensor *nn_tensor_copy(const struct nn_tensor *tensor, GError **error)
{
    struct nn_tensor *copy = nn_tensor_create(tensor->type, &tensor->shape, error);
    if (copy == NULL) {
        return NULL;
    }
    if (tensor->type == NN_TYPE_FLOAT) {
        memcpy(copy->floats, tensor->floats, (size_t)tensor->count * sizeof(float));
    } else {
        memcpy(copy->ints, tensor->ints, (size_t)tensor->count * sizeof(int64_t));
    }
    return copy;
}

void nn_tensor_destroy(struct nn_tensor *tensor)
{
    if (tensor == NULL) {
        return;
    }
    g_free(tensor->floats);
    g_free(tensor->ints);
    g_free(tensor);
}

void nn_tensor_flush_denormals(struct nn_tensor *tensor)
{
    for (int64_t i = 0; tensor->floats != NULL && i < tensor->count; i++) {
        if (fpclassify(tensor->floats[i]) == FP_SUBNORMAL) {
            tensor->floats[i] = 0.0f;
        }
    }
}
