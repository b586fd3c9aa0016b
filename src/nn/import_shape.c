/* Operators that move, cut or rename data, and those that compute shapes. */
#include <string.h>

#include "base/error.h"
#include "nn/import.h"

/* A reshape of a constant or of an activation. */
static bool reshape_to(struct nn_import *im, const struct nn_shape *shape, GError **error)
{
    const struct nn_tensor *constant = nn_import_constant(im, 0);
    struct nn_shape data = *nn_import_shape(im, 0);
    if (!nn_shape_valid(shape, constant != NULL) ||
        nn_shape_count(shape) != nn_shape_count(&data)) {
        g_autofree char *from = nn_shape_text(&data);
        g_autofree char *to = nn_shape_text(shape);
        return nn_import_fail(im, BASE_ERROR_INVALID, error, "cannot reshape %s to %s", from, to);
    }
    if (constant != NULL) {
        return nn_import_output_constant(im, nn_fold_reshape(constant, shape, error), error);
    }
    int input = nn_import_input(im, 0);
    return nn_import_node(im, NN_KIND_RESHAPE, &input, 1, shape, 0, error) != NULL;
}

static bool reshape_target(const struct nn_import *im, const int64_t *target, int count,
                           struct nn_shape *shape, GError **error)
{
    struct nn_shape data = *nn_import_shape(im, 0);
    bool zero_is_copy = nn_import_int(im, "allowzero", 0) == 0;
    int64_t known = 1;
    int free_axis = -1;
    shape->rank = count;
    for (int i = 0; i < count; i++) {
        int64_t dim = target[i];
        /* Exported files often spell the batch size in their reshapes. */
        if (i == 0 && dim == im->batch_file && data.rank > 0 && data.dims[0] == im->batch &&
            nn_import_constant(im, 0) == NULL) {
            dim = im->batch;
        }
        if (dim == 0 && zero_is_copy && i < data.rank) {
            dim = data.dims[i];
        }
        if (dim < -1 || dim > NN_COUNT_MAX || (dim == -1 && free_axis >= 0)) {
            return nn_import_fail(im, BASE_ERROR_INVALID, error, "an impossible shape");
        }
        shape->dims[i] = dim;
        free_axis = dim == -1 ? i : free_axis;
        known = dim == -1 ? known : known * MAX(dim, 1);
        if (known > NN_COUNT_MAX) {
            return nn_import_fail(im, BASE_ERROR_INVALID, error, "a shape over the limit");
        }
    }
    if (free_axis >= 0) {
        shape->dims[free_axis] = nn_shape_count(&data) / known;
    }
    return true;
}

bool nn_import_reshape(struct nn_import *im, GError **error)
{
    const struct nn_tensor *target = nn_import_constant(im, 1);
    if (target == NULL || target->type != NN_TYPE_INT64 || target->shape.rank != 1 ||
        target->count > NN_DIMS_MAX) {
        return nn_import_fail(im, BASE_ERROR_UNSUPPORTED, error,
                              "its target is not a known shape of at most %d dimensions",
                              NN_DIMS_MAX);
    }
    struct nn_shape shape = {0};
    return reshape_target(im, target->ints, (int)target->count, &shape, error) &&
           reshape_to(im, &shape, error);
}

bool nn_import_flatten(struct nn_import *im, GError **error)
{
    struct nn_shape data = *nn_import_shape(im, 0);
    int axis = nn_import_axis(im, nn_import_int(im, "axis", 1), data.rank, true, error);
    if (axis < 0) {
        return false;
    }
    /* -1 means the axis before the last, not the end. */
    if (nn_import_int(im, "axis", 1) < 0) {
        axis = axis - 1;
    }
    struct nn_shape shape = {.rank = 2, .dims = {1, 1}};
    for (int i = 0; i < data.rank; i++) {
        shape.dims[i < axis ? 0 : 1] *= data.dims[i];
    }
    return axis >= 0 ? reshape_to(im, &shape, error)
                     : nn_import_fail(im, BASE_ERROR_INVALID, error, "its axis is out of range");
}

bool nn_import_squeeze(struct nn_import *im, GError **error)
{
    struct nn_shape data = *nn_import_shape(im, 0);
    struct nn_shape shape = {0};
    const int64_t *axes;
    int axes_n;
    unsigned mask = 0;
    if (!nn_import_ints(im, "axes", 1, &axes, &axes_n, error)) {
        return false;
    }
    for (int i = 0; i < axes_n; i++) {
        int axis = nn_import_axis(im, axes[i], data.rank, false, error);
        if (axis < 0) {
            return false;
        }
        if (data.dims[axis] != 1) {
            return nn_import_fail(im, BASE_ERROR_INVALID, error, "axis %d is not 1", axis);
        }
        mask |= 1u << axis;
    }
    for (int i = 0; i < data.rank; i++) {
        bool dropped = axes_n < 0 ? data.dims[i] == 1 : (mask >> i & 1) != 0;
        if (!dropped) {
            shape.dims[shape.rank++] = data.dims[i];
        }
    }
    return reshape_to(im, &shape, error);
}

bool nn_import_unsqueeze(struct nn_import *im, GError **error)
{
    struct nn_shape data = *nn_import_shape(im, 0);
    const int64_t *axes;
    int axes_n;
    unsigned mask = 0;
    if (!nn_import_ints(im, "axes", 1, &axes, &axes_n, error)) {
        return false;
    }
    struct nn_shape shape = {.rank = data.rank + axes_n};
    if (axes_n < 0 || shape.rank > NN_DIMS_MAX) {
        return nn_import_fail(im, BASE_ERROR_INVALID, error, "no axes, or too many");
    }
    for (int i = 0; i < axes_n; i++) {
        int axis = nn_import_axis(im, axes[i], shape.rank, false, error);
        if (axis < 0) {
            return false;
        }
        if ((mask >> axis & 1) != 0) {
            return nn_import_fail(im, BASE_ERROR_INVALID, error, "axis %d twice", axis);
        }
        mask |= 1u << axis;
    }
    for (int i = 0, from = 0; i < shape.rank; i++) {
        shape.dims[i] = (mask >> i & 1) != 0 ? 1 : data.dims[from++];
    }
    return reshape_to(im, &shape, error);
}

bool nn_import_identity(struct nn_import *im, GError **error)
{
    const struct nn_tensor *training = nn_import_constant(im, 2);
    if (training != NULL && training->type == NN_TYPE_INT64 && training->ints[0] != 0) {
        return nn_import_fail(im, BASE_ERROR_UNSUPPORTED, error, "training mode");
    }
    struct nn_shape shape = *nn_import_shape(im, 0);
    return reshape_to(im, &shape, error);
}

bool nn_import_transpose(struct nn_import *im, GError **error)
{
    struct nn_shape data = *nn_import_shape(im, 0);
    struct nn_shape shape = {.rank = data.rank};
    const int64_t *ints;
    int count;
    int permutation[NN_DIMS_MAX] = {0};
    int64_t strides[NN_DIMS_MAX];
    int64_t turned[NN_DIMS_MAX];
    unsigned seen = 0;
    if (!nn_import_ints(im, "perm", NN_NONE, &ints, &count, error)) {
        return false;
    }
    nn_shape_strides(&data, strides);
    for (int i = 0; i < data.rank; i++) {
        int64_t from = count == data.rank ? ints[i] : data.rank - 1 - i;
        if ((count >= 0 && count != data.rank) || from < 0 || from >= data.rank ||
            (seen >> from & 1) != 0) {
            return nn_import_fail(im, BASE_ERROR_INVALID, error, "'perm' is not a permutation");
        }
        seen |= 1u << from;
        permutation[i] = (int)from;
        shape.dims[i] = data.dims[from];
        turned[i] = strides[from];
    }
    const struct nn_tensor *constant = nn_import_constant(im, 0);
    if (constant != NULL) {
        return nn_import_output_constant(im, nn_fold_strided(constant, &shape, 0, turned, error),
                                         error);
    }
    int input = nn_import_input(im, 0);
    struct nn_node *node = nn_import_node(im, NN_KIND_TRANSPOSE, &input, 1, &shape, 0, error);
    if (node == NULL) {
        return false;
    }
    memcpy(node->permutation, permutation, sizeof permutation);
    return true;
}

bool nn_import_concat(struct nn_import *im, GError **error)
{
    int count = (int)im->node->n_input;
    struct nn_shape shape = *nn_import_shape(im, 0);
    int axis = nn_import_axis(im, nn_import_int(im, "axis", 1), shape.rank, false, error);
    if (axis < 0) {
        return false;
    }
    g_autofree int *inputs = g_new(int, (gsize)count);
    bool constant = true;
    int64_t total = 0;
    for (int i = 0; i < count; i++) {
        struct nn_shape part = *nn_import_shape(im, i);
        inputs[i] = nn_import_input(im, i);
        constant = constant && nn_import_constant(im, i) != NULL;
        total += axis < part.rank ? part.dims[axis] : 0;
        part.dims[axis] = shape.dims[axis];
        if (!nn_shape_equal(&part, &shape) || total > NN_COUNT_MAX) {
            return nn_import_fail(im, BASE_ERROR_INVALID, error, "input %d has another shape", i);
        }
    }
    shape.dims[axis] = total;
    if (constant) {
        return nn_import_output_constant(im, nn_fold_concat(im, axis, &shape, error), error);
    }
    struct nn_node *node = nn_import_node(im, NN_KIND_CONCAT, inputs, count, &shape, 0, error);
    if (node != NULL) {
        node->axis = axis;
    }
    return node != NULL;
}

bool nn_import_split(struct nn_import *im, GError **error)
{
    struct nn_shape data = *nn_import_shape(im, 0);
    int parts = (int)MIN(im->node->n_output, 4096);
    int axis = nn_import_axis(im, nn_import_int(im, "axis", 0), data.rank, false, error);
    const int64_t *sizes;
    int sizes_n;
    if (axis < 0 || !nn_import_ints(im, "split", 1, &sizes, &sizes_n, error)) {
        return false;
    }
    int64_t side = data.dims[axis];
    if (nn_import_constant(im, 0) != NULL || (sizes_n < 0 && side % parts != 0) ||
        (sizes_n >= 0 && sizes_n != parts)) {
        return nn_import_fail(im, BASE_ERROR_UNSUPPORTED, error, "constant data or unequal parts");
    }
    g_autofree int64_t *lengths = g_new(int64_t, (gsize)parts);
    int64_t begin = 0;
    int input = nn_import_input(im, 0);
    for (int i = 0; i < parts; i++) {
        lengths[i] = sizes_n < 0 ? side / parts : sizes[i];
    }
    for (int i = 0; i < parts; i++) {
        struct nn_shape shape = data;
        shape.dims[axis] = lengths[i];
        if (lengths[i] < 1 || lengths[i] > side - begin) {
            return nn_import_fail(im, BASE_ERROR_INVALID, error, "its parts exceed the data");
        }
        if (im->node->output[i][0] != '\0') {
            struct nn_node *node = nn_import_node(im, NN_KIND_SLICE, &input, 1, &shape, i, error);
            if (node == NULL) {
                return false;
            }
            node->begin[axis] = begin;
            for (int d = 0; d < data.rank; d++) {
                node->step[d] = 1;
            }
        }
        begin += lengths[i];
    }
    return begin == side || nn_import_fail(im, BASE_ERROR_INVALID, error, "its parts miss data");
}

struct cut {
    int64_t begin[NN_DIMS_MAX];
    int64_t step[NN_DIMS_MAX];
    struct nn_shape shape;
};

static void cut_axis(struct cut *cut, int axis, int64_t start, int64_t end, int64_t step)
{
    int64_t side = cut->shape.dims[axis];
    /* Negative positions count from the end; what is outside is clamped. */
    start = start < 0 ? MAX(start, -side) + side : start;
    end = end < 0 ? MAX(end, -side - 1) + side : end;
    start = CLAMP(start, 0, step > 0 ? side : side - 1);
    end = CLAMP(end, step > 0 ? 0 : -1, side);
    int64_t span = step > 0 ? end - start : start - end;
    int64_t stride = step > 0 ? step : -step;
    cut->begin[axis] = start;
    cut->step[axis] = step;
    cut->shape.dims[axis] = span > 0 ? (span - 1) / stride + 1 : 0;
}

static bool read_cut(const struct nn_import *im, struct cut *cut, GError **error)
{
    const int64_t *starts;
    const int64_t *ends;
    const int64_t *axes;
    const int64_t *steps;
    int starts_n;
    int ends_n;
    int axes_n;
    int steps_n;
    unsigned seen = 0;
    if (!nn_import_ints(im, "starts", 1, &starts, &starts_n, error) ||
        !nn_import_ints(im, "ends", 2, &ends, &ends_n, error) ||
        !nn_import_ints(im, "axes", 3, &axes, &axes_n, error) ||
        !nn_import_ints(im, "steps", 4, &steps, &steps_n, error)) {
        return false;
    }
    if (starts_n < 0 || ends_n != starts_n || (axes_n >= 0 && axes_n != starts_n) ||
        (steps_n >= 0 && steps_n != starts_n) || starts_n > cut->shape.rank) {
        return nn_import_fail(im, BASE_ERROR_INVALID, error, "starts, ends and axes do not fit");
    }
    for (int i = 0; i < starts_n; i++) {
        int axis = nn_import_axis(im, axes_n < 0 ? i : axes[i], cut->shape.rank, false, error);
        int64_t step = steps_n < 0 ? 1 : steps[i];
        if (axis < 0) {
            return false;
        }
        if ((seen >> axis & 1) != 0 || step == 0 || step < -NN_COUNT_MAX || step > NN_COUNT_MAX) {
            return nn_import_fail(im, BASE_ERROR_INVALID, error, "an axis twice, or a zero step");
        }
        seen |= 1u << axis;
        cut_axis(cut, axis, starts[i], ends[i], step);
    }
    return true;
}

bool nn_import_slice(struct nn_import *im, GError **error)
{
    struct nn_shape data = *nn_import_shape(im, 0);
    const struct nn_tensor *constant = nn_import_constant(im, 0);
    struct cut cut = {.shape = data};
    int64_t strides[NN_DIMS_MAX];
    for (int i = 0; i < data.rank; i++) {
        cut.step[i] = 1;
    }
    if (!read_cut(im, &cut, error)) {
        return false;
    }
    if (constant != NULL) {
        int64_t offset = 0;
        nn_shape_strides(&data, strides);
        for (int i = 0; i < data.rank; i++) {
            offset += cut.begin[i] * strides[i];
            strides[i] *= cut.step[i];
        }
        return nn_import_output_constant(
            im, nn_fold_strided(constant, &cut.shape, offset, strides, error), error);
    }
    int input = nn_import_input(im, 0);
    struct nn_node *node = nn_import_node(im, NN_KIND_SLICE, &input, 1, &cut.shape, 0, error);
    if (node == NULL) {
        return false;
    }
    for (int i = 0; i < data.rank; i++) {
        if (cut.step[i] < 0) {
            return nn_import_fail(im, BASE_ERROR_UNSUPPORTED, error, "a negative step");
        }
        node->begin[i] = cut.begin[i];
        node->step[i] = cut.step[i];
    }
    return true;
}

/* Of an activation only one constant place along an axis can be taken: a slice, then a reshape. */
static bool gather_one(struct nn_import *im, int axis, const struct nn_tensor *indices,
                       GError **error)
{
    struct nn_shape cut = *nn_import_shape(im, 0);
    struct nn_shape out = {0};
    int input = nn_import_input(im, 0);
    int64_t side = cut.dims[axis];
    int64_t place = indices->count == 1 ? indices->ints[0] : -side - 1;
    if (place < -side || place >= side || indices->shape.rank > 1) {
        return nn_import_fail(im, BASE_ERROR_UNSUPPORTED, error,
                              "more than one place of computed data, or one outside of it");
    }
    cut.dims[axis] = 1;
    for (int i = 0; i < cut.rank; i++) {
        if (i != axis || indices->shape.rank == 1) {
            out.dims[out.rank++] = cut.dims[i];
        }
    }
    int slice = nn_graph_activation_add(im->graph, &cut);
    struct nn_node *node = nn_graph_node_add(im->graph, NN_KIND_SLICE, im->label, &input, 1, slice);
    for (int i = 0; i < cut.rank; i++) {
        node->step[i] = 1;
    }
    node->begin[axis] = place < 0 ? place + side : place;
    return nn_import_node(im, NN_KIND_RESHAPE, &slice, 1, &out, 0, error) != NULL;
}

bool nn_import_gather(struct nn_import *im, GError **error)
{
    const struct nn_tensor *data = nn_import_constant(im, 0);
    const struct nn_tensor *indices = nn_import_constant(im, 1);
    int axis = nn_import_axis(im, nn_import_int(im, "axis", 0), nn_import_shape(im, 0)->rank, false,
                              error);
    if (axis < 0) {
        return false;
    }
    if (indices == NULL || indices->type != NN_TYPE_INT64) {
        return nn_import_fail(im, BASE_ERROR_UNSUPPORTED, error, "its indices are not constant");
    }
    if (data == NULL) {
        return gather_one(im, axis, indices, error);
    }
    return nn_import_output_constant(im, nn_fold_gather(im, data, indices, axis, error), error);
}

bool nn_import_shape_of(struct nn_import *im, GError **error)
{
    struct nn_shape data = *nn_import_shape(im, 0);
    struct nn_shape shape = {.rank = 1, .dims = {data.rank}};
    struct nn_tensor *dims = nn_tensor_create(NN_TYPE_INT64, &shape, error);
    for (int i = 0; dims != NULL && i < data.rank; i++) {
        dims->ints[i] = data.dims[i];
    }
    return nn_import_output_constant(im, dims, error);
}

static struct nn_tensor *constant_list(const Onnx__AttributeProto *attribute, GError **error)
{
    bool single =
        strcmp(attribute->name, "value_int") == 0 || strcmp(attribute->name, "value_float") == 0;
    bool floats = g_str_has_prefix(attribute->name, "value_float");
    size_t count = single ? 1 : floats ? attribute->n_floats : attribute->n_ints;
    struct nn_shape shape = {.rank = single ? 0 : 1, .dims = {(int64_t)MIN(count, G_MAXINT)}};
    struct nn_tensor *tensor =
        nn_tensor_create(floats ? NN_TYPE_FLOAT : NN_TYPE_INT64, &shape, error);
    for (size_t i = 0; tensor != NULL && i < count; i++) {
        if (floats) {
            tensor->floats[i] = single ? attribute->f : attribute->floats[i];
        } else {
            tensor->ints[i] = single ? attribute->i : attribute->ints[i];
        }
    }
    return tensor;
}

bool nn_import_constant_op(struct nn_import *im, GError **error)
{
    const Onnx__AttributeProto *attribute =
        im->node->n_attribute == 1 ? im->node->attribute[0] : NULL;
    if (attribute == NULL) {
        return nn_import_fail(im, BASE_ERROR_INVALID, error, "it does not have one value");
    }
    if (strcmp(attribute->name, "value") != 0) {
        return nn_import_output_constant(im, constant_list(attribute, error), error);
    }
    if (attribute->t == NULL) {
        return nn_import_fail(im, BASE_ERROR_INVALID, error, "its value is not a tensor");
    }
    return nn_import_output_constant(im, nn_import_tensor(attribute->t, error), error);
}

bool nn_import_constant_of_shape(struct nn_import *im, GError **error)
{
    const struct nn_tensor *dims = nn_import_constant(im, 0);
    const Onnx__AttributeProto *attribute = nn_import_attribute(im, "value");
    if (dims == NULL || dims->type != NN_TYPE_INT64 || dims->shape.rank != 1 ||
        dims->count > NN_DIMS_MAX) {
        return nn_import_fail(im, BASE_ERROR_UNSUPPORTED, error, "its shape is not constant");
    }
    struct nn_shape shape = {.rank = (int)dims->count};
    for (int i = 0; i < shape.rank; i++) {
        shape.dims[i] = dims->ints[i];
    }
    struct nn_tensor *filling = NULL;
    if (attribute != NULL && attribute->t != NULL) {
        filling = nn_import_tensor(attribute->t, error);
        if (filling == NULL || filling->count != 1) {
            nn_tensor_destroy(filling);
            g_clear_error(error);
            return nn_import_fail(im, BASE_ERROR_INVALID, error, "its value is not one number");
        }
    }
    enum nn_type type = filling != NULL ? filling->type : NN_TYPE_FLOAT;
    struct nn_tensor *tensor = nn_tensor_create(type, &shape, error);
    for (int64_t i = 0; tensor != NULL && filling != NULL && i < tensor->count; i++) {
        if (type == NN_TYPE_FLOAT) {
            tensor->floats[i] = filling->floats[0];
        } else {
            tensor->ints[i] = filling->ints[0];
        }
    }
    nn_tensor_destroy(filling);
    return nn_import_output_constant(im, tensor, error);
}

bool nn_import_cast(struct nn_import *im, GError **error)
{
    const struct nn_tensor *constant = nn_import_constant(im, 0);
    int64_t to = nn_import_int(im, "to", 0);
    bool to_float = to == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
    bool to_int =
        to == ONNX__TENSOR_PROTO__DATA_TYPE__INT64 || to == ONNX__TENSOR_PROTO__DATA_TYPE__INT32;
    if (constant == NULL && to_float) {
        return nn_import_identity(im, error);
    }
    if (constant == NULL || (!to_float && !to_int)) {
        return nn_import_fail(im, BASE_ERROR_UNSUPPORTED, error, "this conversion");
    }
    struct nn_tensor *tensor =
        nn_tensor_create(to_float ? NN_TYPE_FLOAT : NN_TYPE_INT64, &constant->shape, error);
    for (int64_t i = 0; tensor != NULL && i < constant->count; i++) {
        double number = constant->type == NN_TYPE_FLOAT ? (double)constant->floats[i] : 0.0;
        int64_t whole = constant->type == NN_TYPE_INT64       ? constant->ints[i]
                        : number > -9.0e18 && number < 9.0e18 ? (int64_t)number
                                                              : 0;
        if (to_float) {
            tensor->floats[i] =
                constant->type == NN_TYPE_FLOAT ? constant->floats[i] : (float)whole;
        } else {
            tensor->ints[i] = whole;
        }
    }
    return nn_import_output_constant(im, tensor, error);
}
