/* Memory layouts: plain, blocked like another, and what counts as plain. */
#include <string.h>

#include "nn/lower.h"

void nn_layout_dims(const struct nn_shape *shape, dnnl_dims_t dims)
{
    memcpy(dims, shape->dims, sizeof shape->dims);
}

dnnl_memory_desc_t nn_layout_plain(const struct nn_shape *shape)
{
    dnnl_memory_desc_t layout;
    dnnl_dims_t dims = {0};
    dnnl_dims_t strides = {0};
    struct nn_shape vector = nn_shape_extended(shape, 1); /* a scalar has one dimension here */
    nn_layout_dims(&vector, dims);
    nn_shape_strides(&vector, strides);
    dnnl_status_t status =
        dnnl_memory_desc_init_by_strides(&layout, vector.rank, dims, dnnl_f32, strides);
    g_assert(status == dnnl_success);
    return layout;
}

dnnl_memory_desc_t nn_layout_any(const struct nn_shape *shape)
{
    dnnl_memory_desc_t layout;
    dnnl_dims_t dims = {0};
    struct nn_shape vector = nn_shape_extended(shape, 1);
    nn_layout_dims(&vector, dims);
    dnnl_status_t status =
        dnnl_memory_desc_init_by_tag(&layout, vector.rank, dims, dnnl_f32, dnnl_format_tag_any);
    g_assert(status == dnnl_success);
    return layout;
}

static int64_t block_of(const dnnl_blocking_desc_t *blocking, int axis)
{
    int64_t block = 1;
    for (int i = 0; i < blocking->inner_nblks; i++) {
        block *= blocking->inner_idxs[i] == axis ? blocking->inner_blks[i] : 1;
    }
    return block;
}

/* Axes from the innermost on; the later of two equal strides is the inner one. */
static void axes_from_innermost(const dnnl_memory_desc_t *layout, int order[DNNL_MAX_NDIMS])
{
    const dnnl_dim_t *strides = layout->format_desc.blocking.strides;
    for (int i = 0; i < layout->ndims; i++) {
        int at = i;
        while (at > 0 && strides[order[at - 1]] >= strides[i]) {
            order[at] = order[at - 1];
            at--;
        }
        order[at] = i;
    }
}

dnnl_memory_desc_t nn_layout_like(const dnnl_memory_desc_t *like, const struct nn_shape *shape)
{
    const dnnl_blocking_desc_t *blocking = &like->format_desc.blocking;
    if (like->format_kind != dnnl_blocked || like->ndims != shape->rank) {
        return nn_layout_plain(shape);
    }
    dnnl_memory_desc_t layout = nn_layout_plain(shape);
    dnnl_blocking_desc_t *mine = &layout.format_desc.blocking;
    int order[DNNL_MAX_NDIMS];
    int64_t stride = 1;
    mine->inner_nblks = blocking->inner_nblks;
    memcpy(mine->inner_blks, blocking->inner_blks, sizeof mine->inner_blks);
    memcpy(mine->inner_idxs, blocking->inner_idxs, sizeof mine->inner_idxs);
    for (int i = 0; i < blocking->inner_nblks; i++) {
        stride *= blocking->inner_blks[i];
    }
    axes_from_innermost(like, order);
    for (int i = 0; i < shape->rank; i++) {
        int axis = order[i];
        int64_t block = block_of(blocking, axis);
        int64_t blocks = (shape->dims[axis] + block - 1) / block;
        layout.padded_dims[axis] = blocks * block;
        mine->strides[axis] = stride;
        stride *= blocks;
    }
    return layout;
}

dnnl_memory_desc_t nn_layout_channels_last(const struct nn_shape *shape)
{
    dnnl_memory_desc_t layout = nn_layout_plain(shape);
    dnnl_dim_t *strides = layout.format_desc.blocking.strides;
    int64_t stride = layout.ndims > 1 ? layout.dims[1] : 1;
    for (int i = layout.ndims - 1; i >= 0; i--) {
        if (i != 1) {
            strides[i] = stride;
            stride *= layout.dims[i];
        }
    }
    if (layout.ndims > 1) {
        strides[1] = 1;
    }
    return layout;
}

bool nn_layout_is_plain(const dnnl_memory_desc_t *layout)
{
    const dnnl_blocking_desc_t *blocking = &layout->format_desc.blocking;
    if (layout->format_kind != dnnl_blocked || layout->offset0 != 0 || blocking->inner_nblks > 1) {
        return false;
    }
    int blocked = blocking->inner_nblks == 1 ? (int)blocking->inner_idxs[0] : NN_NONE;
    int64_t block = blocked == NN_NONE ? 1 : blocking->inner_blks[0];
    int64_t stride = 1;
    for (int i = layout->ndims - 1; i >= 0; i--) {
        if (layout->padded_dims[i] != layout->dims[i]) {
            return false;
        }
        /* What varies inside the block must be the innermost axis that varies at all. */
        if (i == blocked && stride != 1) {
            return false;
        }
        int64_t expected = i == blocked ? block : stride;
        int64_t steps = i == blocked ? layout->dims[i] / block : layout->dims[i];
        if (steps > 1 && blocking->strides[i] != expected) {
            return false;
        }
        stride *= layout->dims[i];
    }
    return true;
}

char *nn_layout_text(const dnnl_memory_desc_t *layout)
{
    const dnnl_blocking_desc_t *blocking = &layout->format_desc.blocking;
    int order[DNNL_MAX_NDIMS];
    if (layout->format_kind != dnnl_blocked) {
        return g_strdup("opaque");
    }
    axes_from_innermost(layout, order);
    GString *text = g_string_new(NULL);
    for (int i = layout->ndims - 1; i >= 0; i--) {
        g_string_append_c(text, (char)('a' + order[i]));
    }
    for (int i = 0; i < blocking->inner_nblks; i++) {
        g_string_append_printf(text, "%d%c", (int)blocking->inner_blks[i],
                               (char)('a' + blocking->inner_idxs[i]));
    }
    return g_string_free(text, FALSE);
}

dnnl_memory_desc_t nn_layout_part(const dnnl_memory_desc_t *layout, const struct nn_shape *part,
                                  int axis, int64_t begin)
{
    dnnl_memory_desc_t result;
    dnnl_dims_t dims = {0};
    dnnl_dims_t offsets = {0};
    nn_layout_dims(part, dims);
    offsets[axis] = begin;
    dnnl_status_t status = dnnl_memory_desc_init_submemory(&result, layout, dims, offsets);
    g_assert(status == dnnl_success);
    return result;
}
