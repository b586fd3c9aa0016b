/* Element-wise functions, arithmetic, PRelu, Softmax and means. */
#include <float.h>
#include <string.h>

#include "base/error.h"
#include "nn/import.h"

struct eltwise_op {
    const char *name;
    dnnl_alg_kind_t algorithm;
    const char *alpha; /* the attribute that is alpha, or NULL */
    float alpha_missing;
};

static const struct eltwise_op eltwise_ops[] = {
    {"Relu", dnnl_eltwise_relu, NULL, 0.0f},
    {"LeakyRelu", dnnl_eltwise_relu, "alpha", 0.01f},
    {"Sigmoid", dnnl_eltwise_logistic, NULL, 0.0f},
    {"Exp", dnnl_eltwise_exp, NULL, 0.0f},
    {"Tanh", dnnl_eltwise_tanh, NULL, 0.0f},
    {"Abs", dnnl_eltwise_abs, NULL, 0.0f},
    {"Sqrt", dnnl_eltwise_sqrt, NULL, 0.0f},
    {"Elu", dnnl_eltwise_elu, "alpha", 1.0f},
    {"HardSwish", dnnl_eltwise_hardswish, NULL, 0.0f},
};

static bool add_eltwise(struct nn_import *im, const struct nn_eltwise *eltwise, GError **error)
{
    int inputs[] = {nn_import_input(im, 0)};
    struct nn_shape shape = *nn_import_shape(im, 0);
    struct nn_node *node = nn_import_node(im, NN_KIND_ELTWISE, inputs, 1, &shape, 0, error);
    if (node == NULL) {
        return false;
    }
    node->eltwise = *eltwise;
    return true;
}

bool nn_import_eltwise(struct nn_import *im, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(eltwise_ops); i++) {
        const struct eltwise_op *op = &eltwise_ops[i];
        if (strcmp(op->name, im->node->op_type) != 0) {
            continue;
        }
        struct nn_eltwise eltwise = {.algorithm = op->algorithm, .alpha = op->alpha_missing};
        if (op->alpha != NULL) {
            eltwise.alpha = nn_import_float(im, op->alpha, op->alpha_missing);
        }
        return add_eltwise(im, &eltwise, error);
    }
    return nn_import_fail(im, BASE_ERROR_INTERNAL, error, "no such function");
}

static bool clip_bound(const struct nn_import *im, const char *name, int input, float missing,
                       float *bound, GError **error)
{
    *bound = nn_import_float(im, name, missing);
    if (nn_import_input(im, input) == NN_NONE) {
        return true;
    }
    const struct nn_tensor *constant = nn_import_constant(im, input);
    if (constant == NULL || constant->type != NN_TYPE_FLOAT || constant->count != 1) {
        return nn_import_fail(im, BASE_ERROR_UNSUPPORTED, error, "'%s' is not a constant number",
                              name);
    }
    *bound = constant->floats[0];
    return true;
}

bool nn_import_clip(struct nn_import *im, GError **error)
{
    struct nn_eltwise eltwise = {.algorithm = dnnl_eltwise_clip};
    return clip_bound(im, "min", 1, -FLT_MAX, &eltwise.alpha, error) &&
           clip_bound(im, "max", 2, FLT_MAX, &eltwise.beta, error) &&
           add_eltwise(im, &eltwise, error);
}

static const struct {
    const char *name;
    dnnl_alg_kind_t algorithm;
} binary_ops[] = {
    {"Add", dnnl_binary_add},
    {"Sub", dnnl_binary_sub},
    {"Mul", dnnl_binary_mul},
    {"Div", dnnl_binary_div},
};

bool nn_import_binary(struct nn_import *im, GError **error)
{
    dnnl_alg_kind_t algorithm = dnnl_alg_kind_undef;
    for (size_t i = 0; i < G_N_ELEMENTS(binary_ops); i++) {
        if (strcmp(binary_ops[i].name, im->node->op_type) == 0) {
            algorithm = binary_ops[i].algorithm;
        }
    }
    const struct nn_tensor *a = nn_import_constant(im, 0);
    const struct nn_tensor *b = nn_import_constant(im, 1);
    if (a != NULL && b != NULL) {
        return nn_import_output_constant(im, nn_fold_binary(im, algorithm, a, b, error), error);
    }
    struct nn_shape out;
    if (!nn_shape_broadcast(nn_import_shape(im, 0), nn_import_shape(im, 1), &out)) {
        g_autofree char *left = nn_shape_text(nn_import_shape(im, 0));
        g_autofree char *right = nn_shape_text(nn_import_shape(im, 1));
        return nn_import_fail(im, BASE_ERROR_INVALID, error, "shapes %s and %s do not fit", left,
                              right);
    }
    int inputs[] = {nn_import_input(im, 0), nn_import_input(im, 1)};
    struct nn_node *node = nn_import_node(im, NN_KIND_BINARY, inputs, 2, &out, 0, error);
    if (node == NULL) {
        return false;
    }
    node->algorithm = algorithm;
    return true;
}

bool nn_import_prelu(struct nn_import *im, GError **error)
{
    struct nn_shape data = *nn_import_shape(im, 0);
    struct nn_shape slope = *nn_import_shape(im, 1);
    struct nn_shape out;
    bool fits = nn_shape_broadcast(&data, &slope, &out) && nn_shape_equal(&data, &out);
    if (nn_import_constant(im, 1) == NULL) {
        return nn_import_fail(im, BASE_ERROR_UNSUPPORTED, error, "its slope is not constant");
    }
    if (!fits || slope.rank > data.rank) {
        g_autofree char *text = nn_shape_text(&slope);
        return nn_import_fail(im, BASE_ERROR_INVALID, error, "a slope of shape %s does not fit",
                              text);
    }
    int inputs[] = {nn_import_input(im, 0), nn_import_input(im, 1)};
    return nn_import_node(im, NN_KIND_PRELU, inputs, 2, &data, 0, error) != NULL;
}

/* Before opset 13 the axes from `axis` on are one: reshape, softmax over rows, reshape back. */
static bool softmax_rows(struct nn_import *im, int axis, GError **error)
{
    struct nn_shape shape = *nn_import_shape(im, 0);
    struct nn_shape flat = {.rank = 2, .dims = {1, 1}};
    for (int i = 0; i < shape.rank; i++) {
        flat.dims[i < axis ? 0 : 1] *= shape.dims[i];
    }
    int data = nn_import_input(im, 0);
    int rows = nn_graph_activation_add(im->graph, &flat);
    nn_graph_node_add(im->graph, NN_KIND_RESHAPE, im->label, &data, 1, rows);
    int result = nn_graph_activation_add(im->graph, &flat);
    nn_graph_node_add(im->graph, NN_KIND_SOFTMAX, im->label, &rows, 1, result)->axis = 1;
    return nn_import_node(im, NN_KIND_RESHAPE, &result, 1, &shape, 0, error) != NULL;
}

bool nn_import_softmax(struct nn_import *im, GError **error)
{
    struct nn_shape shape = *nn_import_shape(im, 0);
    bool rows = im->opset < 13;
    int axis =
        nn_import_axis(im, nn_import_int(im, "axis", rows ? 1 : -1), shape.rank, false, error);
    if (axis < 0 || nn_import_constant(im, 0) != NULL) {
        return axis >= 0 && nn_import_fail(im, BASE_ERROR_UNSUPPORTED, error, "constant data");
    }
    if (rows && axis != shape.rank - 1) {
        return softmax_rows(im, axis, error);
    }
    int inputs[] = {nn_import_input(im, 0)};
    struct nn_node *node = nn_import_node(im, NN_KIND_SOFTMAX, inputs, 1, &shape, 0, error);
    if (node == NULL) {
        return false;
    }
    node->axis = axis;
    return true;
}

bool nn_import_reduce_mean(struct nn_import *im, GError **error)
{
    struct nn_shape data = *nn_import_shape(im, 0);
    struct nn_shape kept = data;
    const int64_t *axes;
    int axes_n;
    unsigned mask = 0;
    if (data.rank == 0 || !nn_import_ints(im, "axes", NN_NONE, &axes, &axes_n, error)) {
        return data.rank == 0 ? nn_import_fail(im, BASE_ERROR_INVALID, error, "a scalar") : false;
    }
    for (int i = 0; i < axes_n; i++) {
        int axis = nn_import_axis(im, axes[i], data.rank, false, error);
        if (axis < 0) {
            return false;
        }
        mask |= 1u << axis;
    }
    mask = axes_n <= 0 ? (1u << data.rank) - 1 : mask;
    struct nn_shape out = {0};
    bool keep = nn_import_int(im, "keepdims", 1) != 0;
    for (int i = 0; i < data.rank; i++) {
        bool reduced = (mask >> i & 1) != 0;
        kept.dims[i] = reduced ? 1 : data.dims[i];
        if (keep || !reduced) {
            out.dims[out.rank++] = kept.dims[i];
        }
    }
    int input = nn_import_input(im, 0);
    if (keep) {
        struct nn_node *node = nn_import_node(im, NN_KIND_REDUCE, &input, 1, &kept, 0, error);
        if (node != NULL) {
            node->mask = mask;
        }
        return node != NULL;
    }
    int mean = nn_graph_activation_add(im->graph, &kept);
    nn_graph_node_add(im->graph, NN_KIND_REDUCE, im->label, &input, 1, mean)->mask = mask;
    return nn_import_node(im, NN_KIND_RESHAPE, &mean, 1, &out, 0, error) != NULL;
}
