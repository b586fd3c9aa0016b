/* Convolution, pooling, batch normalisation, Gemm and MatMul. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "nn/import.h"

#define WINDOW_MAX 4096
/* Multiplications of one layer: a hundred times what the largest common layer needs. */
#define WORK_MAX ((double)((int64_t)1 << 38))

static bool read_list(const struct nn_import *im, const char *name, int count, int64_t missing,
                      int64_t least, int64_t *list, GError **error)
{
    const int64_t *ints;
    int found;
    if (!nn_import_ints(im, name, NN_NONE, &ints, &found, error)) {
        return false;
    }
    if (found >= 0 && found != count) {
        return nn_import_fail(im, BASE_ERROR_INVALID, error, "'%s' has %d entries, not %d", name,
                              found, count);
    }
    for (int i = 0; i < count; i++) {
        list[i] = found < 0 ? missing : ints[i];
        if (list[i] < least || list[i] > WINDOW_MAX) {
            return nn_import_fail(im, BASE_ERROR_INVALID, error, "'%s' is out of range", name);
        }
    }
    return true;
}

static int64_t window_extent(const struct nn_window *window, int axis)
{
    return (window->kernel[axis] - 1) * window->dilation[axis] + 1;
}

/* SAME_UPPER and SAME_LOWER: output = ceil(input / stride), the odd pixel after or before. */
static void pad_same(struct nn_window *window, const struct nn_shape *data, bool upper)
{
    for (int i = 0; i < window->spatial; i++) {
        int64_t in = data->dims[i + 2];
        int64_t out = (in + window->stride[i] - 1) / window->stride[i];
        int64_t total = (out - 1) * window->stride[i] + window_extent(window, i) - in;
        int64_t half = MAX(total, 0) / 2;
        int64_t rest = MAX(total, 0) - half;
        window->pad_begin[i] = upper ? half : rest;
        window->pad_end[i] = upper ? rest : half;
    }
}

static bool read_padding(const struct nn_import *im, const struct nn_shape *data,
                         struct nn_window *window, GError **error)
{
    const Onnx__AttributeProto *attribute = nn_import_attribute(im, "auto_pad");
    g_autofree char *mode =
        attribute != NULL && attribute->has_s
            ? g_strndup((const char *)attribute->s.data, MIN(attribute->s.len, 32))
            : g_strdup("NOTSET");
    if (strcmp(mode, "SAME_UPPER") == 0 || strcmp(mode, "SAME_LOWER") == 0) {
        pad_same(window, data, strcmp(mode, "SAME_UPPER") == 0);
        return true;
    }
    if (strcmp(mode, "NOTSET") != 0 && strcmp(mode, "VALID") != 0) {
        return nn_import_fail(im, BASE_ERROR_UNSUPPORTED, error, "unknown auto_pad");
    }
    int64_t pads[2 * NN_SPATIAL_MAX] = {0};
    if (strcmp(mode, "NOTSET") == 0 &&
        !read_list(im, "pads", 2 * window->spatial, 0, 0, pads, error)) {
        return false;
    }
    memcpy(window->pad_begin, pads, (size_t)window->spatial * sizeof(int64_t));
    memcpy(window->pad_end, pads + window->spatial, (size_t)window->spatial * sizeof(int64_t));
    return true;
}

/* Reads the window's attributes and computes the spatial part of `out`. */
static bool read_window(const struct nn_import *im, const struct nn_shape *data,
                        const int64_t *kernel, struct nn_window *window, struct nn_shape *out,
                        GError **error)
{
    if (data->rank < 3 || data->rank > 2 + NN_SPATIAL_MAX) {
        return nn_import_fail(im, BASE_ERROR_INVALID, error, "its data has %d dimensions",
                              data->rank);
    }
    window->spatial = data->rank - 2;
    if (!read_list(im, "kernel_shape", window->spatial, 0, kernel != NULL ? 0 : 1, window->kernel,
                   error) ||
        !read_list(im, "strides", window->spatial, 1, 1, window->stride, error) ||
        !read_list(im, "dilations", window->spatial, 1, 1, window->dilation, error)) {
        return false;
    }
    for (int i = 0; kernel != NULL && i < window->spatial; i++) {
        if ((window->kernel[i] != 0 && window->kernel[i] != kernel[i]) || kernel[i] > WINDOW_MAX) {
            return nn_import_fail(im, BASE_ERROR_INVALID, error,
                                  "its weights do not have the kernel's shape");
        }
        window->kernel[i] = kernel[i];
    }
    if (!read_padding(im, data, window, error)) {
        return false;
    }
    bool ceil_mode = nn_import_int(im, "ceil_mode", 0) != 0;
    out->rank = data->rank;
    for (int i = 0; i < window->spatial; i++) {
        int64_t extent = window_extent(window, i);
        int64_t free_space = data->dims[i + 2] + window->pad_begin[i] + window->pad_end[i] - extent;
        if (free_space < 0 || window->pad_begin[i] > extent || window->pad_end[i] > extent) {
            return nn_import_fail(im, BASE_ERROR_INVALID, error,
                                  "its window of %" G_GINT64_FORMAT " does not fit a side of "
                                  "%" G_GINT64_FORMAT,
                                  extent, data->dims[i + 2]);
        }
        int64_t stride = window->stride[i];
        int64_t steps = ceil_mode ? (free_space + stride - 1) / stride : free_space / stride;
        /* The last window must start inside the data or the padding before it. */
        if (ceil_mode && steps * stride >= data->dims[i + 2] + window->pad_begin[i]) {
            steps--;
        }
        out->dims[i + 2] = steps + 1;
        window->pad_end[i] += MAX(steps * stride - free_space, 0);
    }
    return true;
}

/* Bounds what a few bytes of a hostile file can make a run cost. */
static bool work_fits(const struct nn_import *im, const struct nn_shape *out, double each,
                      GError **error)
{
    double work = each;
    for (int i = 0; i < out->rank; i++) {
        work *= (double)out->dims[i];
    }
    return work <= WORK_MAX ||
           nn_import_fail(im, BASE_ERROR_TOO_LARGE, error, "%.3g multiplications", work);
}

bool nn_import_conv(struct nn_import *im, GError **error)
{
    struct nn_shape data = *nn_import_shape(im, 0);
    const struct nn_tensor *weights = nn_import_constant(im, 1);
    int64_t groups = nn_import_int(im, "group", 1);
    if (weights == NULL || weights->type != NN_TYPE_FLOAT) {
        return nn_import_fail(im, BASE_ERROR_UNSUPPORTED, error, "its weights are not constant");
    }
    if (data.rank < 3 || data.rank > 2 + NN_SPATIAL_MAX || weights->shape.rank != data.rank ||
        !nn_shape_valid(&weights->shape, false) || groups < 1 || groups > weights->shape.dims[0] ||
        weights->shape.dims[0] % groups != 0 || weights->shape.dims[1] * groups != data.dims[1]) {
        g_autofree char *data_text = nn_shape_text(&data);
        g_autofree char *weights_text = nn_shape_text(&weights->shape);
        return nn_import_fail(im, BASE_ERROR_INVALID, error,
                              "data %s does not fit weights %s in %" G_GINT64_FORMAT " groups",
                              data_text, weights_text, groups);
    }
    const struct nn_tensor *bias = nn_import_constant(im, 2);
    if (nn_import_input(im, 2) != NN_NONE &&
        (bias == NULL || bias->shape.rank != 1 || bias->count != weights->shape.dims[0])) {
        return nn_import_fail(im, BASE_ERROR_INVALID, error, "its bias does not fit its weights");
    }
    struct nn_window window = {0};
    struct nn_shape out = {.dims = {data.dims[0], weights->shape.dims[0]}};
    if (!read_window(im, &data, weights->shape.dims + 2, &window, &out, error) ||
        !work_fits(im, &out, (double)weights->count / (double)weights->shape.dims[0], error)) {
        return false;
    }
    int inputs[] = {nn_import_input(im, 0), nn_import_input(im, 1), nn_import_input(im, 2)};
    struct nn_node *node = nn_import_node(im, NN_KIND_CONV, inputs, 3, &out, 0, error);
    if (node == NULL) {
        return false;
    }
    node->window = window;
    node->groups = groups;
    return true;
}

bool nn_import_pool(struct nn_import *im, GError **error)
{
    struct nn_shape data = *nn_import_shape(im, 0);
    struct nn_window window = {0};
    struct nn_shape out = {.dims = {data.dims[0], data.dims[1]}};
    bool average = strcmp(im->node->op_type, "AveragePool") == 0;
    bool include_pad = nn_import_int(im, "count_include_pad", 0) != 0;
    if (!read_window(im, &data, NULL, &window, &out, error)) {
        return false;
    }
    for (int i = 0; i < window.spatial; i++) {
        int64_t extent = window_extent(&window, i);
        if (window.pad_begin[i] >= extent || window.pad_end[i] >= extent) {
            return nn_import_fail(im, BASE_ERROR_INVALID, error, "padding as large as its window");
        }
        if (average && window.dilation[i] != 1) {
            return nn_import_fail(im, BASE_ERROR_UNSUPPORTED, error, "dilated average");
        }
    }
    if (nn_import_int(im, "storage_order", 0) != 0 || im->node->n_output > 1 ||
        (average && include_pad && nn_import_int(im, "ceil_mode", 0) != 0)) {
        return nn_import_fail(im, BASE_ERROR_UNSUPPORTED, error,
                              "indices, column order, or padding counted with ceil_mode");
    }
    double each = 1.0;
    for (int i = 0; i < window.spatial; i++) {
        each *= (double)window.kernel[i];
    }
    if (!work_fits(im, &out, each, error)) {
        return false;
    }
    int inputs[] = {nn_import_input(im, 0)};
    struct nn_node *node = nn_import_node(im, NN_KIND_POOL, inputs, 1, &out, 0, error);
    if (node == NULL) {
        return false;
    }
    node->window = window;
    node->algorithm = !average      ? dnnl_pooling_max
                      : include_pad ? dnnl_pooling_avg_include_padding
                                    : dnnl_pooling_avg_exclude_padding;
    return true;
}

bool nn_import_global_pool(struct nn_import *im, GError **error)
{
    struct nn_shape data = *nn_import_shape(im, 0);
    if (data.rank < 3 || data.rank > 2 + NN_SPATIAL_MAX) {
        return nn_import_fail(im, BASE_ERROR_INVALID, error, "its data has %d dimensions",
                              data.rank);
    }
    struct nn_window window = {.spatial = data.rank - 2};
    struct nn_shape out = {.rank = data.rank, .dims = {data.dims[0], data.dims[1]}};
    for (int i = 0; i < window.spatial; i++) {
        window.kernel[i] = data.dims[i + 2];
        window.stride[i] = 1;
        window.dilation[i] = 1;
        out.dims[i + 2] = 1;
    }
    int inputs[] = {nn_import_input(im, 0)};
    struct nn_node *node = nn_import_node(im, NN_KIND_POOL, inputs, 1, &out, 0, error);
    if (node == NULL) {
        return false;
    }
    node->window = window;
    node->algorithm = strcmp(im->node->op_type, "GlobalMaxPool") == 0
                          ? dnnl_pooling_max
                          : dnnl_pooling_avg_exclude_padding;
    return true;
}

bool nn_import_batchnorm(struct nn_import *im, GError **error)
{
    struct nn_shape data = *nn_import_shape(im, 0);
    const struct nn_tensor *parts[4];
    int64_t channels = data.rank >= 2 ? data.dims[1] : -1;
    if (nn_import_int(im, "training_mode", 0) != 0 || nn_import_int(im, "spatial", 1) != 1) {
        return nn_import_fail(im, BASE_ERROR_UNSUPPORTED, error, "training mode");
    }
    for (int i = 0; i < 4; i++) {
        parts[i] = nn_import_constant(im, i + 1);
        if (parts[i] == NULL || parts[i]->type != NN_TYPE_FLOAT || parts[i]->shape.rank != 1 ||
            parts[i]->count != channels) {
            return nn_import_fail(im, BASE_ERROR_INVALID, error,
                                  "its parameters are not constants of one number a channel");
        }
    }
    if (!nn_import_count(im, 2 * channels, error)) {
        return false;
    }
    struct nn_shape shape = {.rank = 1, .dims = {channels}};
    struct nn_tensor *scale = nn_tensor_create(NN_TYPE_FLOAT, &shape, error);
    struct nn_tensor *shift = nn_tensor_create(NN_TYPE_FLOAT, &shape, error);
    if (scale == NULL || shift == NULL) {
        nn_tensor_destroy(scale);
        nn_tensor_destroy(shift);
        return false;
    }
    double epsilon = nn_import_float(im, "epsilon", 1e-5f);
    for (int64_t i = 0; i < channels; i++) {
        double factor = parts[0]->floats[i] / sqrt((double)parts[3]->floats[i] + epsilon);
        scale->floats[i] = (float)factor;
        shift->floats[i] = (float)((double)parts[1]->floats[i] - factor * parts[2]->floats[i]);
    }
    int inputs[] = {nn_import_input(im, 0), nn_graph_constant_add(im->graph, scale),
                    nn_graph_constant_add(im->graph, shift)};
    return nn_import_node(im, NN_KIND_SCALE, inputs, 3, &data, 0, error) != NULL;
}

/* Transposes a matrix: constants at once, activations through a node. Returns the value. */
static int transposed(struct nn_import *im, int value, GError **error)
{
    struct nn_shape shape = nn_graph_value(im->graph, value)->shape;
    const struct nn_tensor *constant = nn_graph_value(im->graph, value)->constant;
    struct nn_shape swapped = {.rank = 2, .dims = {shape.dims[1], shape.dims[0]}};
    if (constant != NULL) {
        int64_t strides[] = {1, shape.dims[1]};
        if (!nn_import_count(im, constant->count, error)) {
            return NN_NONE;
        }
        struct nn_tensor *turned = nn_fold_strided(constant, &swapped, 0, strides, error);
        return turned == NULL ? NN_NONE : nn_graph_constant_add(im->graph, turned);
    }
    int out = nn_graph_activation_add(im->graph, &swapped);
    struct nn_node *node =
        nn_graph_node_add(im->graph, NN_KIND_TRANSPOSE, im->label, &value, 1, out);
    node->permutation[0] = 1;
    return out;
}

static int scaled_constant(struct nn_import *im, int value, float factor, GError **error)
{
    const struct nn_tensor *constant = nn_graph_value(im->graph, value)->constant;
    struct nn_tensor *copy =
        nn_import_count(im, constant->count, error) ? nn_tensor_copy(constant, error) : NULL;
    if (copy == NULL) {
        return NN_NONE;
    }
    for (int64_t i = 0; i < copy->count; i++) {
        copy->floats[i] *= factor;
    }
    return nn_graph_constant_add(im->graph, copy);
}

static bool is_float_constant(const struct nn_import *im, int value)
{
    const struct nn_tensor *constant = nn_graph_value(im->graph, value)->constant;
    return constant != NULL && constant->type == NN_TYPE_FLOAT;
}

/* The bias as one number an output: C may be a scalar, (N) or (1,N). */
static int gemm_bias(struct nn_import *im, int64_t outputs, float beta, GError **error)
{
    const struct nn_tensor *bias = nn_import_constant(im, 2);
    int64_t last = bias->shape.rank > 0 ? bias->shape.dims[bias->shape.rank - 1] : 1;
    if (bias->type != NN_TYPE_FLOAT || bias->count != last || (last != outputs && last != 1)) {
        nn_import_fail(im, BASE_ERROR_UNSUPPORTED, error, "a C of this shape");
        return NN_NONE;
    }
    struct nn_shape shape = {.rank = 1, .dims = {outputs}};
    int64_t strides[] = {last == 1 ? 0 : 1};
    struct nn_tensor *row = nn_import_count(im, outputs, error)
                                ? nn_fold_strided(bias, &shape, 0, strides, error)
                                : NULL;
    if (row == NULL) {
        return NN_NONE;
    }
    for (int64_t i = 0; i < outputs; i++) {
        row->floats[i] *= beta;
    }
    return nn_graph_constant_add(im->graph, row);
}

bool nn_import_gemm(struct nn_import *im, GError **error)
{
    int a = nn_import_input(im, 0);
    int b = nn_import_input(im, 1);
    if (nn_import_shape(im, 0)->rank != 2 || nn_import_shape(im, 1)->rank != 2) {
        return nn_import_fail(im, BASE_ERROR_INVALID, error, "its operands are not matrices");
    }
    if (!is_float_constant(im, b) ||
        (nn_import_input(im, 2) != NN_NONE && nn_import_constant(im, 2) == NULL)) {
        return nn_import_fail(im, BASE_ERROR_UNSUPPORTED, error, "its B or C is not constant");
    }
    if (nn_import_int(im, "transA", 0) != 0) {
        a = transposed(im, a, error);
    }
    /* Inner products keep their weights as (outputs, inputs). */
    if (a != NN_NONE && nn_import_int(im, "transB", 0) == 0) {
        b = transposed(im, b, error);
    }
    float alpha = nn_import_float(im, "alpha", 1.0f);
    if (a != NN_NONE && b != NN_NONE && fabsf(alpha - 1.0f) > 0.0f) {
        b = scaled_constant(im, b, alpha, error);
    }
    if (a == NN_NONE || b == NN_NONE) {
        return false;
    }
    struct nn_shape data = nn_graph_value(im->graph, a)->shape;
    struct nn_shape weights = nn_graph_value(im->graph, b)->shape;
    if (data.dims[1] != weights.dims[1]) {
        return nn_import_fail(im, BASE_ERROR_INVALID, error,
                              "%" G_GINT64_FORMAT " columns against %" G_GINT64_FORMAT " rows",
                              data.dims[1], weights.dims[1]);
    }
    int bias = NN_NONE;
    if (nn_import_input(im, 2) != NN_NONE) {
        bias = gemm_bias(im, weights.dims[0], nn_import_float(im, "beta", 1.0f), error);
        if (bias == NN_NONE) {
            return false;
        }
    }
    int inputs[] = {a, b, bias};
    struct nn_shape out = {.rank = 2, .dims = {data.dims[0], weights.dims[0]}};
    return work_fits(im, &out, (double)data.dims[1], error) &&
           nn_import_node(im, NN_KIND_INNER, inputs, 3, &out, 0, error) != NULL;
}

/* Any data times a constant matrix is an inner product over the last axis. */
static bool matmul_inner(struct nn_import *im, const struct nn_shape *data, GError **error)
{
    int weights = transposed(im, nn_import_input(im, 1), error);
    if (weights == NN_NONE) {
        return false;
    }
    int64_t columns = data->dims[data->rank - 1];
    int64_t outputs = nn_import_shape(im, 1)->dims[1];
    int64_t rows = nn_shape_count(data) / columns;
    struct nn_shape out = *data;
    out.dims[out.rank - 1] = outputs;
    if (!work_fits(im, &out, (double)columns, error)) {
        return false;
    }
    int value = nn_import_input(im, 0);
    if (data->rank == 2) {
        int inputs[] = {value, weights, NN_NONE};
        return nn_import_node(im, NN_KIND_INNER, inputs, 3, &out, 0, error) != NULL;
    }
    struct nn_shape flat = {.rank = 2, .dims = {rows, columns}};
    struct nn_shape flat_out = {.rank = 2, .dims = {rows, outputs}};
    if (!nn_shape_valid(&flat_out, false)) {
        return nn_import_fail(im, BASE_ERROR_TOO_LARGE, error, "its output is too large");
    }
    int rows_value = nn_graph_activation_add(im->graph, &flat);
    nn_graph_node_add(im->graph, NN_KIND_RESHAPE, im->label, &value, 1, rows_value);
    int product = nn_graph_activation_add(im->graph, &flat_out);
    int inputs[] = {rows_value, weights, NN_NONE};
    nn_graph_node_add(im->graph, NN_KIND_INNER, im->label, inputs, 3, product);
    return nn_import_node(im, NN_KIND_RESHAPE, &product, 1, &out, 0, error) != NULL;
}

bool nn_import_matmul(struct nn_import *im, GError **error)
{
    struct nn_shape a = *nn_import_shape(im, 0);
    struct nn_shape b = *nn_import_shape(im, 1);
    if (a.rank < 2 || b.rank < 2) {
        return nn_import_fail(im, BASE_ERROR_UNSUPPORTED, error, "a vector operand");
    }
    if (a.dims[a.rank - 1] != b.dims[b.rank - 2]) {
        return nn_import_fail(im, BASE_ERROR_INVALID, error,
                              "%" G_GINT64_FORMAT " columns against %" G_GINT64_FORMAT " rows",
                              a.dims[a.rank - 1], b.dims[b.rank - 2]);
    }
    if (b.rank == 2 && is_float_constant(im, nn_import_input(im, 1))) {
        return matmul_inner(im, &a, error);
    }
    struct nn_shape out;
    struct nn_shape left = a;
    struct nn_shape right = b;
    /* Only the batch axes broadcast. */
    left.rank -= 2;
    right.rank -= 2;
    if (!nn_shape_broadcast(&left, &right, &out)) {
        return nn_import_fail(im, BASE_ERROR_INVALID, error, "its batches do not fit");
    }
    out.dims[out.rank] = a.dims[a.rank - 2];
    out.dims[out.rank + 1] = b.dims[b.rank - 1];
    out.rank += 2;
    if (!work_fits(im, &out, (double)a.dims[a.rank - 1], error)) {
        return false;
    }
    int inputs[] = {nn_import_input(im, 0), nn_import_input(im, 1)};
    return nn_import_node(im, NN_KIND_MATMUL, inputs, 2, &out, 0, error) != NULL;
}
