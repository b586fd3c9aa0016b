/* Convolution, inner product, matrix product and pooling. */
#include <string.h>

#include "base/error.h"
#include "nn/lower_own.h"

/* (O,I,…) for one group, (G,O/G,I/G,…) for several. */
static struct nn_shape grouped_weights(const struct nn_shape *weights, int64_t groups)
{
    struct nn_shape shape = *weights;
    if (groups > 1) {
        shape.rank = weights->rank + 1;
        memmove(shape.dims + 1, weights->dims, (size_t)weights->rank * sizeof(int64_t));
        shape.dims[0] = groups;
        shape.dims[1] = weights->dims[0] / groups;
    }
    return shape;
}

static dnnl_primitive_desc_t conv_descriptor(struct nn_lower *lower, const struct nn_node *node,
                                             const struct nn_shape *weights_shape, GError **error)
{
    const struct nn_window *window = &node->window;
    dnnl_convolution_desc_t operation;
    dnnl_dims_t dilation = {0};
    dnnl_memory_desc_t data = nn_layout_any(&nn_graph_value(lower->graph, node->inputs[0])->shape);
    dnnl_memory_desc_t weights = nn_layout_any(weights_shape);
    dnnl_memory_desc_t out = nn_layout_any(&nn_graph_value(lower->graph, node->output)->shape);
    dnnl_memory_desc_t bias = {0};
    if (node->inputs[2] != NN_NONE) {
        bias = nn_layout_plain(&nn_graph_value(lower->graph, node->inputs[2])->shape);
    }
    for (int i = 0; i < window->spatial; i++) {
        dilation[i] = window->dilation[i] - 1;
    }
    dnnl_status_t status = dnnl_dilated_convolution_forward_desc_init(
        &operation, dnnl_forward_inference, dnnl_convolution_direct, &data, &weights,
        node->inputs[2] != NN_NONE ? &bias : NULL, &out, window->stride, dilation,
        window->pad_begin, window->pad_end);
    if (status != dnnl_success) {
        nn_lower_fail(lower, status, error);
        return NULL;
    }
    dnnl_post_ops_t posts = nn_lower_posts(node);
    dnnl_primitive_desc_t descriptor = nn_lower_descriptor(lower, &operation, posts, error);
    if (posts != NULL) {
        dnnl_post_ops_destroy(posts);
    }
    return descriptor;
}

/* What convolution and inner product have in common once their descriptor is there. */
static bool layer_step(struct nn_lower *lower, const struct nn_node *node,
                       const struct nn_shape *weights_shape, dnnl_primitive_desc_t descriptor,
                       GError **error)
{
    struct nn_arg args[4];
    guint args_n = 3;
    int data = nn_lower_input(lower, node->inputs[0], error);
    if (data != NN_NONE) {
        data = nn_lower_reordered(lower, data, nn_lower_query(descriptor, dnnl_query_src_md, 0),
                                  error);
    }
    int weights =
        data == NN_NONE
            ? NN_NONE
            : nn_lower_constant(lower, node->inputs[1], weights_shape,
                                nn_lower_query(descriptor, dnnl_query_weights_md, 0), error);
    int out =
        weights == NN_NONE
            ? NN_NONE
            : nn_lower_destination(lower, nn_lower_query(descriptor, dnnl_query_dst_md, 0), error);
    args[0] = (struct nn_arg){DNNL_ARG_SRC, data};
    args[1] = (struct nn_arg){DNNL_ARG_WEIGHTS, weights};
    args[2] = (struct nn_arg){DNNL_ARG_DST, out};
    if (out != NN_NONE && node->inputs[2] != NN_NONE) {
        const struct nn_shape shape = nn_graph_value(lower->graph, node->inputs[2])->shape;
        dnnl_memory_desc_t plain = nn_layout_plain(&shape);
        args[args_n] = (struct nn_arg){
            DNNL_ARG_BIAS, nn_lower_constant(lower, node->inputs[2], &shape, &plain, error)};
        out = args[args_n].memory == NN_NONE ? NN_NONE : out;
        args_n++;
    }
    if (out == NN_NONE) {
        dnnl_primitive_desc_destroy(descriptor);
        return false;
    }
    return nn_lower_step(lower, descriptor, args, args_n, error) &&
           nn_lower_bind(lower, node->output, out);
}

/* The PReLU of a pointwise convolution that is done in floats after all. */
static bool slope_step(struct nn_lower *lower, const struct nn_node *node, GError **error)
{
    struct nn_planes planes;
    int memory = lower->memory_of[node->output];
    if (!nn_planes_of(nn_lower_layout(lower, memory), &planes)) {
        dnnl_memory_desc_t last =
            nn_layout_channels_last(&nn_graph_value(lower->graph, node->output)->shape);
        memory = nn_lower_reordered(lower, memory, &last, error);
        if (memory == NN_NONE) {
            return false;
        }
        nn_lower_bind(lower, node->output, memory);
    }
    return nn_lower_own_prelu(lower, memory, node->slope_after);
}

bool nn_lower_conv(struct nn_lower *lower, const struct nn_node *node, GError **error)
{
    struct nn_shape weights =
        grouped_weights(&nn_graph_value(lower->graph, node->inputs[1])->shape, node->groups);
    if (!nn_lower_observe(lower, node, error)) {
        return false;
    }
    if (nn_lower_takes_pointwise(lower, node)) {
        return nn_lower_pointwise(lower, node, error);
    }
    if (nn_lower_takes_rows(lower, node)) {
        return nn_lower_rows(lower, node, error);
    }
    if (nn_lower_takes_depthwise(lower, node)) {
        return nn_lower_depthwise(lower, node, error);
    }
    dnnl_primitive_desc_t descriptor = conv_descriptor(lower, node, &weights, error);
    return descriptor != NULL && layer_step(lower, node, &weights, descriptor, error) &&
           (node->slope_after == NN_NONE || slope_step(lower, node, error));
}

bool nn_lower_inner(struct nn_lower *lower, const struct nn_node *node, GError **error)
{
    struct nn_shape weights = nn_graph_value(lower->graph, node->inputs[1])->shape;
    dnnl_inner_product_desc_t operation;
    dnnl_memory_desc_t data_layout =
        nn_layout_any(&nn_graph_value(lower->graph, node->inputs[0])->shape);
    dnnl_memory_desc_t weights_layout = nn_layout_any(&weights);
    dnnl_memory_desc_t out = nn_layout_any(&nn_graph_value(lower->graph, node->output)->shape);
    dnnl_memory_desc_t bias = {0};
    if (node->inputs[2] != NN_NONE) {
        bias = nn_layout_plain(&nn_graph_value(lower->graph, node->inputs[2])->shape);
    }
    dnnl_status_t status = dnnl_inner_product_forward_desc_init(
        &operation, dnnl_forward_inference, &data_layout, &weights_layout,
        node->inputs[2] != NN_NONE ? &bias : NULL, &out);
    if (status != dnnl_success) {
        return nn_lower_fail(lower, status, error);
    }
    dnnl_post_ops_t posts = nn_lower_posts(node);
    dnnl_primitive_desc_t descriptor = nn_lower_descriptor(lower, &operation, posts, error);
    if (posts != NULL) {
        dnnl_post_ops_destroy(posts);
    }
    return descriptor != NULL && layer_step(lower, node, &weights, descriptor, error);
}

bool nn_lower_matmul(struct nn_lower *lower, const struct nn_node *node, GError **error)
{
    struct nn_shape out = nn_graph_value(lower->graph, node->output)->shape;
    dnnl_memory_desc_t layouts[2];
    int memories[2];
    for (int i = 0; i < 2; i++) {
        struct nn_shape shape = nn_graph_value(lower->graph, node->inputs[i])->shape;
        int memory = nn_lower_input(lower, node->inputs[i], error);
        memory = memory == NN_NONE ? NN_NONE : nn_lower_plain(lower, memory, &shape, error);
        if (memory == NN_NONE) {
            return false;
        }
        struct nn_shape extended = nn_shape_extended(&shape, out.rank);
        layouts[i] = nn_layout_plain(&extended);
        memories[i] = nn_plan_memory(lower->plan, memory)->buffer == NN_NONE
                          ? nn_lower_constant(lower, node->inputs[i], &extended, &layouts[i], error)
                          : nn_lower_memory_view(lower, memory, &layouts[i]);
        if (memories[i] == NN_NONE) {
            return false;
        }
    }
    dnnl_matmul_desc_t operation;
    dnnl_memory_desc_t out_layout = nn_layout_plain(&out);
    dnnl_status_t status =
        dnnl_matmul_desc_init(&operation, &layouts[0], &layouts[1], NULL, &out_layout);
    if (status != dnnl_success) {
        return nn_lower_fail(lower, status, error);
    }
    dnnl_primitive_desc_t descriptor = nn_lower_descriptor(lower, &operation, NULL, error);
    if (descriptor == NULL) {
        return false;
    }
    int to = nn_lower_memory_new(lower, &out_layout);
    struct nn_arg args[] = {
        {DNNL_ARG_SRC, memories[0]}, {DNNL_ARG_WEIGHTS, memories[1]}, {DNNL_ARG_DST, to}};
    return nn_lower_step(lower, descriptor, args, 3, error) &&
           nn_lower_bind(lower, node->output, to);
}

bool nn_lower_pool(struct nn_lower *lower, const struct nn_node *node, GError **error)
{
    const struct nn_window *window = &node->window;
    dnnl_pooling_v2_desc_t operation;
    dnnl_dims_t dilation = {0};
    int from = nn_lower_input(lower, node->inputs[0], error);
    if (from == NN_NONE) {
        return false;
    }
    dnnl_memory_desc_t data = *nn_lower_layout(lower, from);
    dnnl_memory_desc_t out = nn_layout_any(&nn_graph_value(lower->graph, node->output)->shape);
    for (int i = 0; i < window->spatial; i++) {
        dilation[i] = window->dilation[i] - 1;
    }
    dnnl_status_t status = dnnl_pooling_v2_forward_desc_init(
        &operation, dnnl_forward_inference, node->algorithm, &data, &out, window->stride,
        window->kernel, dilation, window->pad_begin, window->pad_end);
    if (status != dnnl_success) {
        return nn_lower_fail(lower, status, error);
    }
    dnnl_primitive_desc_t descriptor = nn_lower_descriptor(lower, &operation, NULL, error);
    if (descriptor == NULL) {
        return false;
    }
    int to = nn_lower_memory_new(lower, nn_lower_query(descriptor, dnnl_query_dst_md, 0));
    struct nn_arg args[] = {{DNNL_ARG_SRC, from}, {DNNL_ARG_DST, to}};
    return nn_lower_step(lower, descriptor, args, 2, error) &&
           nn_lower_bind(lower, node->output, to);
}
