/* The operators of TensorFlow Lite that are implemented. */
#include <string.h>

#include "base/error.h"
#include "nn/tflite_internal.h"

#define WINDOW_MAX 4096
/* Multiplications of one layer, against what a few bytes of a hostile file could ask for. */
#define WORK_MAX ((double)((int64_t)1 << 38))

/* Weights (a,y,x,b) become (a,b,y,x), or (b,a,y,x). Takes the weights. */
static struct nn_tensor *weights_turn(struct nn_tensor *weights, bool last_first)
{
    const int64_t *from = weights->shape.dims;
    int64_t pixels = from[1] * from[2];
    struct nn_shape shape = {.rank = 4, .dims = {from[0], from[3], from[1], from[2]}};
    if (last_first) {
        shape.dims[0] = from[3];
        shape.dims[1] = from[0];
    }
    struct nn_tensor *turned = nn_tensor_create(NN_TYPE_FLOAT, &shape, NULL);
    for (int64_t a = 0; turned != NULL && a < from[0]; a++) {
        for (int64_t i = 0; i < pixels * from[3]; i++) {
            int64_t pixel = i / from[3];
            int64_t b = i % from[3];
            int64_t plane = last_first ? b * from[0] + a : a * from[3] + b;
            turned->floats[plane * pixels + pixel] =
                weights->floats[a * pixels * from[3] + pixel * from[3] + b];
        }
    }
    nn_tensor_destroy(weights);
    return turned;
}
/* ---- what operators read and give ---- */

/* The value of an operator's input that was computed before it, or NN_NONE. */
static int activation(struct nn_tflite *file, uint32_t input)
{
    int tensor = nn_tflite_tensor(file, &file->inputs, input);
    return tensor != NN_NONE ? file->values[tensor] : NN_NONE;
}

static char *label_of(const struct nn_tflite *file)
{
    return g_strdup_printf("%s %u", file->kind->name, file->number);
}

static struct nn_node *add_node(struct nn_tflite *file, enum nn_kind kind, const int *inputs,
                                int inputs_n, const struct nn_shape *shape, GError **error)
{
    g_autofree char *label = label_of(file);
    if (!nn_shape_valid(shape, false)) {
        nn_tflite_fail(file, BASE_ERROR_INVALID, error, "its output would be empty or too large");
        return NULL;
    }
    int value = nn_graph_activation_add(file->graph, shape);
    return nn_graph_node_add(file->graph, kind, label, inputs, inputs_n, value);
}

/* Puts the activation function after the node, and makes it the operator's output. */
static bool deliver(struct nn_tflite *file, const struct nn_node *node, int function,
                    GError **error)
{
    int tensor = nn_tflite_tensor(file, &file->outputs, 0);
    if (node == NULL) {
        return false;
    }
    if (tensor == NN_NONE || file->values[tensor] != NN_NONE) {
        return nn_tflite_fail(file, BASE_ERROR_INVALID, error, "it has no output of its own");
    }
    int value = node->output;
    if (function == ACTIVATION_RELU) {
        struct nn_shape shape = nn_graph_value(file->graph, value)->shape;
        struct nn_node *relu = add_node(file, NN_KIND_ELTWISE, &value, 1, &shape, error);
        if (relu == NULL) {
            return false;
        }
        relu->eltwise.algorithm = dnnl_eltwise_relu;
        value = relu->output;
    } else if (function != ACTIVATION_NONE) {
        return nn_tflite_fail(file, BASE_ERROR_UNSUPPORTED, error,
                              "its activation function is not known");
    }
    file->values[tensor] = value;
    return !file->flat.broken || nn_tflite_fail(file, BASE_ERROR_CORRUPT, error, "");
}

/* ---- operators ---- */

/* Output = ceil(input / stride), the odd pixel of padding after; or no padding at all. */
static bool window_size(struct nn_window *window, int axis, int64_t in, bool same, int64_t *out)
{
    int64_t extent = (window->kernel[axis] - 1) * window->dilation[axis] + 1;
    int64_t stride = window->stride[axis];
    if (stride < 1 || stride > WINDOW_MAX || window->dilation[axis] < 1 || extent > WINDOW_MAX) {
        return false;
    }
    *out = same ? (in + stride - 1) / stride : (in - extent) / stride + 1;
    int64_t padding = same ? MAX((*out - 1) * stride + extent - in, 0) : 0;
    window->pad_begin[axis] = padding / 2;
    window->pad_end[axis] = padding - padding / 2;
    return in + padding >= extent;
}

/* Kernel, strides and padding; the spatial part of `out`. */
static bool read_window(struct nn_tflite *file, const struct nn_shape *data,
                        unsigned dilation_field, struct nn_window *window, struct nn_shape *out)
{
    struct nn_flat *flat = &file->flat;
    int8_t padding = nn_flat_byte(flat, file->options, CONV_PADDING, PADDING_SAME);
    window->spatial = 2;
    window->stride[1] = nn_flat_int(flat, file->options, CONV_STRIDE_X, 0);
    window->stride[0] = nn_flat_int(flat, file->options, CONV_STRIDE_Y, 0);
    window->dilation[1] = nn_flat_int(flat, file->options, dilation_field, 1);
    window->dilation[0] = nn_flat_int(flat, file->options, dilation_field + 1, 1);
    bool same = padding == PADDING_SAME;
    return (same || padding == PADDING_VALID) &&
           window_size(window, 0, data->dims[2], same, &out->dims[2]) &&
           window_size(window, 1, data->dims[3], same, &out->dims[3]);
}

static bool add_convolution(struct nn_tflite *file, int data, struct nn_tensor *weights,
                            const struct nn_window *window, const struct nn_shape *out,
                            int64_t groups, int function, GError **error)
{
    int inputs[] = {data, nn_graph_constant_add(file->graph, weights), NN_NONE};
    int bias = nn_tflite_tensor(file, &file->inputs, 2);
    if (bias != NN_NONE) {
        struct nn_tensor *constant = nn_tflite_constant(file, bias);
        if (constant == NULL || constant->count != out->dims[1]) {
            nn_tensor_destroy(constant);
            return nn_tflite_fail(file, BASE_ERROR_INVALID, error,
                                  "its bias does not fit its weights");
        }
        constant->shape = (struct nn_shape){.rank = 1, .dims = {constant->count}};
        inputs[2] = nn_graph_constant_add(file->graph, constant);
    }
    struct nn_node *node = add_node(file, NN_KIND_CONV, inputs, 3, out, error);
    if (node == NULL) {
        return false;
    }
    node->window = *window;
    node->groups = groups;
    return deliver(file, node, function, error);
}

static bool import_convolution(struct nn_tflite *file, bool depthwise, GError **error)
{
    int data = activation(file, 0);
    struct nn_tensor *weights = nn_tflite_constant(file, nn_tflite_tensor(file, &file->inputs, 1));
    if (data == NN_NONE || weights == NULL || weights->shape.rank != 4 ||
        nn_graph_value(file->graph, data)->shape.rank != 4) {
        nn_tensor_destroy(weights);
        return nn_tflite_fail(file, BASE_ERROR_UNSUPPORTED, error,
                              "it needs a computed picture and constant weights, both in floats");
    }
    struct nn_shape shape = nn_graph_value(file->graph, data)->shape;
    weights = weights_turn(weights, depthwise);
    if (weights == NULL) {
        return nn_tflite_fail(file, BASE_ERROR_TOO_LARGE, error, "its weights are too large");
    }
    int64_t channels = shape.dims[1];
    const int64_t *dims = weights->shape.dims;
    struct nn_shape out = {.rank = 4, .dims = {shape.dims[0], dims[0]}};
    struct nn_window window = {.kernel = {dims[2], dims[3]}};
    bool fits = depthwise ? dims[1] == 1 && dims[0] % channels == 0 : dims[1] == channels;
    double each = (double)weights->count / (double)dims[0];
    if (!fits ||
        !read_window(file, &shape, depthwise ? DEPTHWISE_DILATION_X : CONV_DILATION_X, &window,
                     &out) ||
        each * (double)nn_shape_count(&out) > WORK_MAX) {
        nn_tensor_destroy(weights);
        return nn_tflite_fail(file, BASE_ERROR_INVALID, error,
                              "its window, its weights and its data do not fit each other");
    }
    int8_t function = nn_flat_byte(&file->flat, file->options,
                                   depthwise ? DEPTHWISE_ACTIVATION : CONV_ACTIVATION, 0);
    return add_convolution(file, data, weights, &window, &out, depthwise ? channels : 1, function,
                           error);
}

static bool import_conv(struct nn_tflite *file, GError **error)
{
    return import_convolution(file, false, error);
}

static bool import_depthwise(struct nn_tflite *file, GError **error)
{
    return import_convolution(file, true, error);
}

static bool import_function(struct nn_tflite *file, dnnl_alg_kind_t algorithm, GError **error)
{
    int data = activation(file, 0);
    if (data == NN_NONE) {
        return nn_tflite_fail(file, BASE_ERROR_UNSUPPORTED, error,
                              "its data is not computed before it");
    }
    struct nn_shape shape = nn_graph_value(file->graph, data)->shape;
    struct nn_node *node = add_node(file, NN_KIND_ELTWISE, &data, 1, &shape, error);
    if (node != NULL) {
        node->eltwise.algorithm = algorithm;
    }
    return deliver(file, node, ACTIVATION_NONE, error);
}

static bool import_relu(struct nn_tflite *file, GError **error)
{
    return import_function(file, dnnl_eltwise_relu, error);
}

static bool import_abs(struct nn_tflite *file, GError **error)
{
    return import_function(file, dnnl_eltwise_abs, error);
}

/* One number, or one a channel, as an operand for a value of this shape. NN_NONE when it is
 * neither. */
static int channel_constant(struct nn_tflite *file, int tensor, const struct nn_shape *data)
{
    struct nn_tensor *constant = nn_tflite_constant(file, tensor);
    int64_t channels = data->rank >= 2 ? data->dims[1] : 0;
    if (constant == NULL || (constant->count != 1 && constant->count != channels) ||
        (constant->count != 1 && constant->shape.dims[constant->shape.rank - 1] != channels)) {
        nn_tensor_destroy(constant);
        return NN_NONE;
    }
    int64_t count = constant->count;
    constant->shape = (struct nn_shape){.rank = data->rank};
    for (int i = 0; i < data->rank; i++) {
        constant->shape.dims[i] = i == 1 ? count : 1;
    }
    return nn_graph_constant_add(file->graph, constant);
}

static bool import_binary(struct nn_tflite *file, dnnl_alg_kind_t algorithm, GError **error)
{
    int inputs[] = {activation(file, 0), activation(file, 1)};
    int given = inputs[0] != NN_NONE ? inputs[0] : inputs[1];
    if (given == NN_NONE) {
        return nn_tflite_fail(file, BASE_ERROR_UNSUPPORTED, error,
                              "neither operand is computed before it");
    }
    struct nn_shape shape = nn_graph_value(file->graph, given)->shape;
    for (int i = 0; i < 2; i++) {
        if (inputs[i] == NN_NONE) {
            inputs[i] =
                channel_constant(file, nn_tflite_tensor(file, &file->inputs, (uint32_t)i), &shape);
        } else if (!nn_shape_equal(&nn_graph_value(file->graph, inputs[i])->shape, &shape)) {
            inputs[i] = NN_NONE;
        }
        if (inputs[i] == NN_NONE) {
            return nn_tflite_fail(
                file, BASE_ERROR_UNSUPPORTED, error,
                "its operands are neither of one shape nor one constant a channel");
        }
    }
    struct nn_node *node = add_node(file, NN_KIND_BINARY, inputs, 2, &shape, error);
    if (node != NULL) {
        node->algorithm = algorithm;
    }
    return deliver(file, node, nn_flat_byte(&file->flat, file->options, BINARY_ACTIVATION, 0),
                   error);
}

/* relu(x) + a·(x − |x|): the tensor x and the constant a. */
static bool find_prelu(struct nn_tflite *file, int *data, int *slope)
{
    int sum[2] = {nn_tflite_tensor(file, &file->inputs, 0),
                  nn_tflite_tensor(file, &file->inputs, 1)};
    for (int i = 0; i < 2; i++) {
        int relu[2];
        int product[2];
        int difference[2];
        int magnitude[2];
        if (!nn_tflite_made_by(file, sum[i], "RELU", relu) ||
            !nn_tflite_made_by(file, sum[1 - i], "MUL", product)) {
            continue;
        }
        int side = nn_tflite_made_by(file, product[0], "SUB", difference) ? 0 : 1;
        if ((side == 1 && !nn_tflite_made_by(file, product[1], "SUB", difference)) ||
            !nn_tflite_made_by(file, difference[1], "ABS", magnitude)) {
            continue;
        }
        *data = relu[0];
        *slope = product[1 - side];
        return difference[0] == relu[0] && magnitude[0] == relu[0];
    }
    return false;
}

/* The steps that it was spelled out in are computed by nobody afterwards and pruned. */
static bool import_prelu(struct nn_tflite *file, int data, int slope, GError **error)
{
    struct nn_shape shape = nn_graph_value(file->graph, data)->shape;
    struct nn_tensor *constant = nn_graph_value(file->graph, slope)->constant;
    for (int64_t i = 0; i < constant->count; i++) {
        constant->floats[i] *= 2; /* x − |x| is twice x where x is below zero */
    }
    int inputs[] = {data, slope};
    return deliver(file, add_node(file, NN_KIND_PRELU, inputs, 2, &shape, error), ACTIVATION_NONE,
                   error);
}

static bool import_add(struct nn_tflite *file, GError **error)
{
    int data;
    int slope;
    if (nn_flat_byte(&file->flat, file->options, BINARY_ACTIVATION, 0) == ACTIVATION_NONE &&
        find_prelu(file, &data, &slope) && data != NN_NONE && file->values[data] != NN_NONE) {
        struct nn_shape shape = nn_graph_value(file->graph, file->values[data])->shape;
        int constant = channel_constant(file, slope, &shape);
        if (constant != NN_NONE) {
            return import_prelu(file, file->values[data], constant, error);
        }
    }
    return import_binary(file, dnnl_binary_add, error);
}

static bool import_sub(struct nn_tflite *file, GError **error)
{
    return import_binary(file, dnnl_binary_sub, error);
}

static bool import_mul(struct nn_tflite *file, GError **error)
{
    return import_binary(file, dnnl_binary_mul, error);
}

/* Only where the order of the elements is the same in both orders of the axes. */
static bool import_reshape(struct nn_tflite *file, GError **error)
{
    int data = activation(file, 0);
    int tensor = nn_tflite_tensor(file, &file->outputs, 0);
    struct nn_shape shape;
    if (data == NN_NONE || tensor == NN_NONE || !nn_tflite_shape(file, tensor, &shape) ||
        shape.rank < 1) {
        return nn_tflite_fail(file, BASE_ERROR_UNSUPPORTED, error,
                              "its data or its shape is not known");
    }
    if (shape.dims[0] == file->batch[0]) {
        shape.dims[0] = file->batch[1];
    }
    const struct nn_shape *from = &nn_graph_value(file->graph, data)->shape;
    bool plain = from->rank != 4 || from->dims[1] == 1 || from->dims[2] * from->dims[3] == 1;
    if (!plain || shape.rank == 4 || !nn_shape_valid(&shape, false) ||
        nn_shape_count(&shape) != nn_shape_count(from)) {
        return nn_tflite_fail(file, BASE_ERROR_UNSUPPORTED, error,
                              "a picture can only be reshaped once it is one pixel or one channel");
    }
    return deliver(file, add_node(file, NN_KIND_RESHAPE, &data, 1, &shape, error), ACTIVATION_NONE,
                   error);
}

static const struct nn_tflite_kind kinds[] = {
    {0, "ADD", import_add},
    {3, "CONV_2D", import_conv},
    {4, "DEPTHWISE_CONV_2D", import_depthwise},
    {18, "MUL", import_mul},
    {19, "RELU", import_relu},
    {22, "RESHAPE", import_reshape},
    {41, "SUB", import_sub},
    {101, "ABS", import_abs},
};

const struct nn_tflite_kind *nn_tflite_kind_of(int code)
{
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (kinds[i].code == code) {
            return &kinds[i];
        }
    }
    return NULL;
}
