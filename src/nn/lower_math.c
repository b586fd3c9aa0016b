/* Element-wise functions, arithmetic, scales, PRelu, Softmax and means. */
#include <string.h>

#include "base/error.h"
#include "nn/lower_own.h"

/* Where a one-input primitive writes: over its input when it may. */
static int in_place(struct nn_lower *lower, int from, int value)
{
    dnnl_memory_desc_t layout = *nn_lower_layout(lower, from);
    return nn_lower_may_overwrite(lower, from, value) ? from : nn_lower_memory_new(lower, &layout);
}

bool nn_lower_eltwise(struct nn_lower *lower, const struct nn_node *node, GError **error)
{
    dnnl_eltwise_desc_t operation;
    int from = nn_lower_input(lower, node->inputs[0], error);
    if (from == NN_NONE) {
        return false;
    }
    dnnl_status_t status = dnnl_eltwise_forward_desc_init(
        &operation, dnnl_forward_inference, node->eltwise.algorithm, nn_lower_layout(lower, from),
        node->eltwise.alpha, node->eltwise.beta);
    if (status != dnnl_success) {
        return nn_lower_fail(lower, status, error);
    }
    dnnl_primitive_desc_t descriptor = nn_lower_descriptor(lower, &operation, NULL, error);
    if (descriptor == NULL) {
        return false;
    }
    int to = in_place(lower, from, node->inputs[0]);
    struct nn_arg args[] = {{DNNL_ARG_SRC, from}, {DNNL_ARG_DST, to}};
    return nn_lower_step(lower, descriptor, args, 2, error) &&
           nn_lower_bind(lower, node->output, to);
}

/* An operand of lower rank or of lower extent: seen with the output's rank, in the layout of the
 * other operand. */
static int operand(struct nn_lower *lower, int value, const struct nn_shape *shape,
                   const dnnl_memory_desc_t *like, GError **error)
{
    struct nn_shape own = nn_graph_value(lower->graph, value)->shape;
    struct nn_shape vector = nn_shape_extended(shape, 1);
    struct nn_shape seen = nn_shape_extended(&own, vector.rank);
    dnnl_memory_desc_t layout = nn_layout_like(like, &seen);
    if (nn_graph_value(lower->graph, value)->constant != NULL) {
        return nn_lower_constant(lower, value, &seen, &layout, error);
    }
    int memory = nn_lower_input(lower, value, error);
    if (memory != NN_NONE && own.rank != vector.rank) {
        dnnl_memory_desc_t plain = nn_layout_plain(&seen);
        memory = nn_lower_plain(lower, memory, &own, error);
        memory = memory == NN_NONE ? NN_NONE : nn_lower_memory_view(lower, memory, &plain);
    }
    return memory == NN_NONE ? NN_NONE : nn_lower_reordered(lower, memory, &layout, error);
}

/* out = zeros + operand gives an operand that broadcasts the output's whole shape. */
static int expanded(struct nn_lower *lower, int value, const struct nn_shape *shape, GError **error)
{
    dnnl_memory_desc_t layout = nn_layout_plain(shape);
    dnnl_memory_t zeros = NULL;
    int from = operand(lower, value, shape, &layout, error);
    if (from == NN_NONE) {
        return NN_NONE;
    }
    dnnl_status_t status = dnnl_memory_create(&zeros, &layout, nn_engine(), DNNL_MEMORY_ALLOCATE);
    void *bytes = NULL;
    if (status != dnnl_success) {
        nn_lower_fail(lower, status, error);
        return NN_NONE;
    }
    dnnl_memory_get_data_handle(zeros, &bytes);
    memset(bytes, 0, dnnl_memory_desc_get_size(&layout));
    struct nn_memory memory = {.layout = layout, .buffer = NN_NONE, .constant = zeros};
    g_array_append_val(lower->plan->memories, memory);
    int zero = (int)lower->plan->memories->len - 1;
    dnnl_binary_desc_t operation;
    status = dnnl_binary_desc_init(&operation, dnnl_binary_add, &layout,
                                   nn_lower_layout(lower, from), &layout);
    if (status != dnnl_success) {
        nn_lower_fail(lower, status, error);
        return NN_NONE;
    }
    dnnl_primitive_desc_t descriptor = nn_lower_descriptor(lower, &operation, NULL, error);
    if (descriptor == NULL) {
        return NN_NONE;
    }
    int to = nn_lower_memory_new(lower, &layout);
    struct nn_arg args[] = {{DNNL_ARG_SRC_0, zero}, {DNNL_ARG_SRC_1, from}, {DNNL_ARG_DST, to}};
    return nn_lower_step(lower, descriptor, args, 3, error) ? to : NN_NONE;
}

/* oneDNN broadcasts its second operand only. Finds the value that can be first: one with the
 * output's shape, swapping the operands of a commutative operation. */
static int full_operand(const struct nn_lower *lower, const struct nn_node *node,
                        const struct nn_shape *shape)
{
    bool commutes = node->algorithm == dnnl_binary_add || node->algorithm == dnnl_binary_mul;
    for (int i = 0; i < (commutes ? 2 : 1); i++) {
        const struct nn_value *value = nn_graph_value(lower->graph, node->inputs[i]);
        if (value->constant == NULL && nn_shape_equal(&value->shape, shape)) {
            return i;
        }
    }
    for (int i = 0; i < (commutes ? 2 : 1); i++) {
        if (nn_shape_equal(&nn_graph_value(lower->graph, node->inputs[i])->shape, shape)) {
            return i;
        }
    }
    return NN_NONE;
}

bool nn_lower_binary(struct nn_lower *lower, const struct nn_node *node, GError **error)
{
    struct nn_shape shape = nn_graph_value(lower->graph, node->output)->shape;
    struct nn_shape vector = nn_shape_extended(&shape, 1);
    int full = full_operand(lower, node, &shape);
    int first = full == NN_NONE ? expanded(lower, node->inputs[0], &vector, error)
                                : nn_lower_input(lower, node->inputs[full], error);
    if (first == NN_NONE) {
        return false;
    }
    int value = node->inputs[full == NN_NONE ? 0 : full];
    dnnl_memory_desc_t layout = *nn_lower_layout(lower, first);
    int second = operand(lower, node->inputs[full == 1 ? 0 : 1], &shape, &layout, error);
    if (second == NN_NONE) {
        return false;
    }
    dnnl_binary_desc_t operation;
    dnnl_status_t status = dnnl_binary_desc_init(&operation, node->algorithm, &layout,
                                                 nn_lower_layout(lower, second), &layout);
    if (status != dnnl_success) {
        return nn_lower_fail(lower, status, error);
    }
    dnnl_post_ops_t posts = nn_lower_posts(node);
    dnnl_primitive_desc_t descriptor = nn_lower_descriptor(lower, &operation, posts, error);
    if (posts != NULL) {
        dnnl_post_ops_destroy(posts);
    }
    if (descriptor == NULL) {
        return false;
    }
    bool sum = node->posts_n > 0 && node->posts[0].sum != NN_NONE;
    int to = sum ? nn_lower_destination(lower, &layout, error) : in_place(lower, first, value);
    if (to == NN_NONE) {
        dnnl_primitive_desc_destroy(descriptor);
        return false;
    }
    struct nn_arg args[] = {{DNNL_ARG_SRC_0, first}, {DNNL_ARG_SRC_1, second}, {DNNL_ARG_DST, to}};
    return nn_lower_step(lower, descriptor, args, 3, error) &&
           nn_lower_bind(lower, node->output, to);
}

/* scale·x + shift: a product whose post-operation adds the shift. */
bool nn_lower_scale(struct nn_lower *lower, const struct nn_node *node, GError **error)
{
    int from = nn_lower_input(lower, node->inputs[0], error);
    if (from == NN_NONE) {
        return false;
    }
    dnnl_memory_desc_t layout = *nn_lower_layout(lower, from);
    struct nn_shape shape = {.rank = layout.ndims, .dims = {1, layout.dims[1]}};
    for (int i = 2; i < shape.rank; i++) {
        shape.dims[i] = 1;
    }
    dnnl_memory_desc_t channels = nn_layout_like(&layout, &shape);
    int scale = nn_lower_constant(lower, node->inputs[1], &shape, &channels, error);
    int shift = scale == NN_NONE
                    ? NN_NONE
                    : nn_lower_constant(lower, node->inputs[2], &shape, &channels, error);
    if (shift == NN_NONE) {
        return false;
    }
    dnnl_binary_desc_t operation;
    dnnl_post_ops_t posts = NULL;
    dnnl_post_ops_create(&posts);
    dnnl_post_ops_append_binary(posts, dnnl_binary_add, &channels);
    for (int i = 0; i < node->posts_n; i++) {
        const struct nn_eltwise *eltwise = &node->posts[i].eltwise;
        dnnl_post_ops_append_eltwise(posts, 1.0f, eltwise->algorithm, eltwise->alpha,
                                     eltwise->beta);
    }
    dnnl_status_t status =
        dnnl_binary_desc_init(&operation, dnnl_binary_mul, &layout, &channels, &layout);
    dnnl_primitive_desc_t descriptor = NULL;
    if (status == dnnl_success) {
        descriptor = nn_lower_descriptor(lower, &operation, posts, error);
    } else {
        nn_lower_fail(lower, status, error);
    }
    dnnl_post_ops_destroy(posts);
    if (descriptor == NULL) {
        return false;
    }
    int to = in_place(lower, from, node->inputs[0]);
    struct nn_arg args[] = {{DNNL_ARG_SRC_0, from},
                            {DNNL_ARG_SRC_1, scale},
                            {DNNL_ARG_ATTR_MULTIPLE_POST_OP(0) | DNNL_ARG_SRC_1, shift},
                            {DNNL_ARG_DST, to}};
    return nn_lower_step(lower, descriptor, args, 4, error) &&
           nn_lower_bind(lower, node->output, to);
}

/* A primitive of its own, in place: as a post-operation of a convolution this version of oneDNN
 * falls back to reference code, a thousand times slower. */
/* oneDNN has reference code alone where there is no AVX2. */
static bool takes_own_prelu(const struct nn_lower *lower, const struct nn_node *node, int memory)
{
    struct nn_planes planes;
    const struct nn_tensor *slope = nn_graph_value(lower->graph, node->inputs[1])->constant;
    if (nn_kernels() == NULL || slope == NULL ||
        !nn_planes_of(nn_lower_layout(lower, memory), &planes)) {
        return false;
    }
    int64_t channels = nn_lower_layout(lower, memory)->dims[1];
    struct nn_shape shape = nn_shape_extended(&slope->shape, 4);
    return shape.rank == 4 && shape.dims[1] == channels && slope->count == channels;
}

bool nn_lower_prelu(struct nn_lower *lower, const struct nn_node *node, GError **error)
{
    struct nn_shape data = nn_graph_value(lower->graph, node->inputs[0])->shape;
    struct nn_shape slope = nn_graph_value(lower->graph, node->inputs[1])->shape;
    dnnl_prelu_desc_t operation;
    int from = nn_lower_input(lower, node->inputs[0], error);
    if (from == NN_NONE) {
        return false;
    }
    if (takes_own_prelu(lower, node, from)) {
        from = nn_lower_overwritable(lower, from, node->inputs[0], error);
        return from != NN_NONE && nn_lower_own_prelu(lower, from, node->inputs[1]) &&
               nn_lower_bind(lower, node->output, from);
    }
    struct nn_shape vector = nn_shape_extended(&data, 1);
    slope = nn_shape_extended(&slope, vector.rank);
    dnnl_memory_desc_t weights = nn_layout_any(&slope);
    dnnl_status_t status = dnnl_prelu_forward_desc_init(&operation, dnnl_forward_inference,
                                                        nn_lower_layout(lower, from), &weights);
    if (status != dnnl_success) {
        return nn_lower_fail(lower, status, error);
    }
    dnnl_primitive_desc_t descriptor = nn_lower_descriptor(lower, &operation, NULL, error);
    if (descriptor == NULL) {
        return false;
    }
    int slopes = nn_lower_constant(lower, node->inputs[1], &slope,
                                   nn_lower_query(descriptor, dnnl_query_weights_md, 0), error);
    if (slopes == NN_NONE) {
        dnnl_primitive_desc_destroy(descriptor);
        return false;
    }
    int to = in_place(lower, from, node->inputs[0]);
    struct nn_arg args[] = {{DNNL_ARG_SRC, from}, {DNNL_ARG_WEIGHTS, slopes}, {DNNL_ARG_DST, to}};
    return nn_lower_step(lower, descriptor, args, 3, error) &&
           nn_lower_bind(lower, node->output, to);
}

bool nn_lower_softmax(struct nn_lower *lower, const struct nn_node *node, GError **error)
{
    struct nn_shape shape = nn_graph_value(lower->graph, node->inputs[0])->shape;
    dnnl_softmax_v2_desc_t operation;
    int from = nn_lower_input(lower, node->inputs[0], error);
    from = from == NN_NONE ? NN_NONE : nn_lower_plain(lower, from, &shape, error);
    if (from == NN_NONE) {
        return false;
    }
    dnnl_memory_desc_t layout = *nn_lower_layout(lower, from);
    dnnl_status_t status = dnnl_softmax_v2_forward_desc_init(
        &operation, dnnl_forward_inference, dnnl_softmax_accurate, &layout, &layout, node->axis);
    if (status != dnnl_success) {
        return nn_lower_fail(lower, status, error);
    }
    dnnl_primitive_desc_t descriptor = nn_lower_descriptor(lower, &operation, NULL, error);
    if (descriptor == NULL) {
        return false;
    }
    int to = nn_lower_memory_new(lower, &layout);
    struct nn_arg args[] = {{DNNL_ARG_SRC, from}, {DNNL_ARG_DST, to}};
    return nn_lower_step(lower, descriptor, args, 2, error) &&
           nn_lower_bind(lower, node->output, to);
}

bool nn_lower_reduce(struct nn_lower *lower, const struct nn_node *node, GError **error)
{
    struct nn_shape shape = nn_graph_value(lower->graph, node->output)->shape;
    dnnl_reduction_desc_t operation;
    int from = nn_lower_input(lower, node->inputs[0], error);
    if (from == NN_NONE) {
        return false;
    }
    dnnl_memory_desc_t out = nn_layout_plain(&shape);
    if (nn_shape_equal(&shape, &nn_graph_value(lower->graph, node->inputs[0])->shape)) {
        /* Every reduced axis has one element: nothing to do. */
        return nn_lower_bind(lower, node->output, from);
    }
    dnnl_status_t status = dnnl_reduction_desc_init(&operation, dnnl_reduction_mean,
                                                    nn_lower_layout(lower, from), &out, 0.0f, 0.0f);
    if (status != dnnl_success) {
        return nn_lower_fail(lower, status, error);
    }
    dnnl_primitive_desc_t descriptor = nn_lower_descriptor(lower, &operation, NULL, error);
    if (descriptor == NULL) {
        return false;
    }
    int to = nn_lower_memory_new(lower, &out);
    struct nn_arg args[] = {{DNNL_ARG_SRC, from}, {DNNL_ARG_DST, to}};
    return nn_lower_step(lower, descriptor, args, 2, error) &&
           nn_lower_bind(lower, node->output, to);
}
