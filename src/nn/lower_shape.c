/* What moves data: concatenation, slices, transposition, reshape and channel shuffle. */
#include "base/error.h"
#include "nn/lower.h"

/* The layout in which all parts can be joined without cutting a block: the first part's, or
 * channels last when its blocks are not full along the axis. */
static dnnl_memory_desc_t joint_layout(const struct nn_lower *lower, const struct nn_node *node,
                                       const dnnl_memory_desc_t *first,
                                       const struct nn_shape *shape)
{
    bool cut = false;
    for (int i = 0; i < node->inputs_n; i++) {
        const struct nn_shape *part = &nn_graph_value(lower->graph, node->inputs[i])->shape;
        dnnl_memory_desc_t layout = nn_layout_like(first, part);
        cut = cut || layout.padded_dims[node->axis] != layout.dims[node->axis];
    }
    return cut ? nn_layout_channels_last(shape) : nn_layout_like(first, shape);
}

/* Some parts were written into their place already; the others are copied there. */
static bool concat_joint(struct nn_lower *lower, const struct nn_node *node, int joint,
                         GError **error)
{
    int64_t begin = 0;
    for (int i = 0; i < node->inputs_n; i++) {
        const struct nn_shape *shape = &nn_graph_value(lower->graph, node->inputs[i])->shape;
        int memory = nn_lower_input(lower, node->inputs[i], error);
        if (memory == NN_NONE) {
            return false;
        }
        bool there = nn_plan_memory(lower->plan, memory)->buffer ==
                     nn_plan_memory(lower->plan, joint)->buffer;
        dnnl_memory_desc_t part =
            nn_layout_part(nn_lower_layout(lower, joint), shape, node->axis, begin);
        if (!there &&
            !nn_lower_copy(lower, memory, nn_lower_memory_view(lower, joint, &part), error)) {
            return false;
        }
        begin += shape->dims[node->axis];
    }
    return nn_lower_bind(lower, node->output, joint);
}

bool nn_lower_concat(struct nn_lower *lower, const struct nn_node *node, GError **error)
{
    guint count = (guint)node->inputs_n;
    g_autofree struct nn_arg *args = g_new(struct nn_arg, count + 1);
    g_autofree dnnl_memory_desc_t *layouts = g_new(dnnl_memory_desc_t, count);
    dnnl_primitive_desc_t descriptor = NULL;
    dnnl_primitive_attr_t attributes = NULL;
    dnnl_memory_desc_t out = {0};
    if (lower->joint[node->output] != NN_NONE) {
        return concat_joint(lower, node, lower->joint[node->output], error);
    }
    for (guint i = 0; i < count; i++) {
        int value = node->inputs[i];
        int memory = nn_lower_input(lower, value, error);
        if (memory == NN_NONE) {
            return false;
        }
        if (i == 0) {
            dnnl_memory_desc_t first = *nn_lower_layout(lower, memory);
            out = joint_layout(lower, node, &first,
                               &nn_graph_value(lower->graph, node->output)->shape);
        }
        layouts[i] = nn_layout_like(&out, &nn_graph_value(lower->graph, value)->shape);
        memory = nn_lower_reordered(lower, memory, &layouts[i], error);
        if (memory == NN_NONE) {
            return false;
        }
        args[i] = (struct nn_arg){DNNL_ARG_MULTIPLE_SRC + (int)i, memory};
    }
    dnnl_status_t status = dnnl_primitive_attr_create(&attributes);
    if (status == dnnl_success) {
        dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user);
        status = dnnl_concat_primitive_desc_create(&descriptor, &out, (int)count, node->axis,
                                                   layouts, attributes, nn_engine());
        dnnl_primitive_attr_destroy(attributes);
    }
    if (status != dnnl_success) {
        return nn_lower_fail(lower, status, error);
    }
    int to = nn_lower_memory_new(lower, &out);
    args[count] = (struct nn_arg){DNNL_ARG_DST, to};
    return nn_lower_step(lower, descriptor, args, count + 1, error) &&
           nn_lower_bind(lower, node->output, to);
}

/* A part of a memory as a layout; false when a block would be cut. */
static bool part_layout(const dnnl_memory_desc_t *layout, const struct nn_node *node,
                        const struct nn_shape *shape, dnnl_memory_desc_t *part)
{
    bool strided = false;
    dnnl_dims_t dims = {0};
    dnnl_dims_t strides = {0};
    nn_layout_dims(shape, dims);
    for (int i = 0; i < shape->rank; i++) {
        strided = strided || node->step[i] != 1;
    }
    if (!strided) {
        return dnnl_memory_desc_init_submemory(part, layout, dims, node->begin) == dnnl_success;
    }
    if (layout->format_desc.blocking.inner_nblks != 0) {
        return false;
    }
    int64_t offset = layout->offset0;
    for (int i = 0; i < shape->rank; i++) {
        strides[i] = layout->format_desc.blocking.strides[i] * node->step[i];
        offset += layout->format_desc.blocking.strides[i] * node->begin[i];
    }
    dnnl_status_t status =
        dnnl_memory_desc_init_by_strides(part, shape->rank, dims, dnnl_f32, strides);
    part->offset0 = offset;
    return status == dnnl_success;
}

bool nn_lower_slice(struct nn_lower *lower, const struct nn_node *node, GError **error)
{
    struct nn_shape from_shape = nn_graph_value(lower->graph, node->inputs[0])->shape;
    struct nn_shape shape = nn_graph_value(lower->graph, node->output)->shape;
    dnnl_memory_desc_t part;
    int from = nn_lower_input(lower, node->inputs[0], error);
    if (from == NN_NONE) {
        return false;
    }
    dnnl_memory_desc_t layout = *nn_lower_layout(lower, from);
    dnnl_memory_desc_t out = nn_layout_like(&layout, &shape);
    if (nn_plan_memory(lower->plan, from)->buffer == NN_NONE ||
        !part_layout(&layout, node, &shape, &part)) {
        /* A constant cannot be seen through a view; a block cannot be cut. */
        dnnl_memory_desc_t plain = nn_layout_plain(&from_shape);
        from = nn_lower_memory_new(lower, &plain);
        if (!nn_lower_copy(lower, lower->memory_of[node->inputs[0]], from, error) ||
            !part_layout(&plain, node, &shape, &part)) {
            return nn_lower_fail(lower, dnnl_unimplemented, error);
        }
    }
    int view = nn_lower_memory_view(lower, from, &part);
    int to = nn_lower_memory_new(lower, &out);
    return nn_lower_copy(lower, view, to, error) && nn_lower_bind(lower, node->output, to);
}

bool nn_lower_transpose(struct nn_lower *lower, const struct nn_node *node, GError **error)
{
    struct nn_shape shape = nn_graph_value(lower->graph, node->output)->shape;
    dnnl_memory_desc_t turned;
    int inverse[NN_DIMS_MAX];
    int from = nn_lower_input(lower, node->inputs[0], error);
    if (from == NN_NONE) {
        return false;
    }
    for (int i = 0; i < shape.rank; i++) {
        inverse[node->permutation[i]] = i;
    }
    dnnl_memory_desc_t layout = *nn_lower_layout(lower, from);
    dnnl_status_t status = dnnl_memory_desc_permute_axes(&turned, &layout, inverse);
    if (status != dnnl_success) {
        return nn_lower_fail(lower, status, error);
    }
    dnnl_memory_desc_t plain = nn_layout_plain(&shape);
    bool constant = nn_plan_memory(lower->plan, from)->buffer == NN_NONE;
    if (!constant && nn_layout_is_plain(&turned)) {
        /* Channels lie last already: only the names of the axes change. */
        return nn_lower_bind(lower, node->output, nn_lower_memory_view(lower, from, &plain));
    }
    if (constant) {
        int copy = nn_lower_memory_new(lower, &layout);
        if (!nn_lower_copy(lower, from, copy, error)) {
            return false;
        }
        from = copy;
    }
    int view = nn_lower_memory_view(lower, from, &turned);
    int to = nn_lower_memory_new(lower, &plain);
    return nn_lower_copy(lower, view, to, error) && nn_lower_bind(lower, node->output, to);
}

bool nn_lower_reshape(struct nn_lower *lower, const struct nn_node *node, GError **error)
{
    struct nn_shape from_shape = nn_graph_value(lower->graph, node->inputs[0])->shape;
    dnnl_memory_desc_t plain = nn_layout_plain(&nn_graph_value(lower->graph, node->output)->shape);
    int from = nn_lower_input(lower, node->inputs[0], error);
    if (from == NN_NONE) {
        return false;
    }
    if (nn_graph_value(lower->graph, node->inputs[0])->constant != NULL) {
        struct nn_shape shape = nn_graph_value(lower->graph, node->output)->shape;
        int constant = nn_lower_constant(lower, node->inputs[0], &shape, &plain, error);
        return constant != NN_NONE && nn_lower_bind(lower, node->output, constant);
    }
    from = nn_lower_plain(lower, from, &from_shape, error);
    return from != NN_NONE &&
           nn_lower_bind(lower, node->output, nn_lower_memory_view(lower, from, &plain));
}

/* The channel axis of an unblocked layout split in two, as (N,first,C/first,...). */
static dnnl_memory_desc_t channels_split(const dnnl_memory_desc_t *layout, int64_t first)
{
    dnnl_memory_desc_t split;
    dnnl_dims_t dims = {0};
    dnnl_dims_t strides = {0};
    const dnnl_dim_t *old = layout->format_desc.blocking.strides;
    for (int i = 0; i <= layout->ndims; i++) {
        dims[i] = layout->dims[i > 1 ? i - 1 : i];
        strides[i] = old[i > 1 ? i - 1 : i];
    }
    dims[1] = first;
    dims[2] = layout->dims[1] / first;
    strides[1] = old[1] * dims[2];
    strides[2] = old[1];
    dnnl_status_t status =
        dnnl_memory_desc_init_by_strides(&split, layout->ndims + 1, dims, dnnl_f32, strides);
    g_assert(status == dnnl_success);
    return split;
}

/* Without channel blocks a shuffle is a reorder between two views, and there oneDNN has only
 * reference code for the primitive of that name. */
static bool shuffle_by_reorder(struct nn_lower *lower, const struct nn_node *node, int from,
                               GError **error)
{
    dnnl_memory_desc_t layout = *nn_lower_layout(lower, from);
    dnnl_memory_desc_t rows = channels_split(&layout, node->groups);
    dnnl_memory_desc_t columns = channels_split(&layout, layout.dims[1] / node->groups);
    dnnl_memory_desc_t turned;
    int permutation[DNNL_MAX_NDIMS];
    for (int i = 0; i <= layout.ndims; i++) {
        permutation[i] = i == 1 ? 2 : i == 2 ? 1 : i;
    }
    dnnl_status_t status = dnnl_memory_desc_permute_axes(&turned, &columns, permutation);
    if (status != dnnl_success) {
        return nn_lower_fail(lower, status, error);
    }
    int to = nn_lower_memory_new(lower, &layout);
    int from_view = nn_lower_memory_view(lower, from, &rows);
    int to_view = nn_lower_memory_view(lower, to, &turned);
    return nn_lower_copy(lower, from_view, to_view, error) &&
           nn_lower_bind(lower, node->output, to);
}

bool nn_lower_shuffle(struct nn_lower *lower, const struct nn_node *node, GError **error)
{
    dnnl_shuffle_desc_t operation;
    int from = nn_lower_input(lower, node->inputs[0], error);
    if (from == NN_NONE) {
        return false;
    }
    dnnl_memory_desc_t layout = *nn_lower_layout(lower, from);
    if (layout.format_kind == dnnl_blocked && layout.format_desc.blocking.inner_nblks == 0 &&
        nn_plan_memory(lower->plan, from)->buffer != NN_NONE && layout.ndims < NN_DIMS_MAX) {
        return shuffle_by_reorder(lower, node, from, error);
    }
    int64_t columns = layout.dims[1] / node->groups;
    dnnl_status_t status =
        dnnl_shuffle_forward_desc_init(&operation, dnnl_forward_inference, &layout, 1, columns);
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
