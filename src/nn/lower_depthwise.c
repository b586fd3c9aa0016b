/* Depthwise convolution and PReLU by our own kernels. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "nn/lower.h"
#include "nn/lower_own.h"

float *nn_table_new(int64_t count)
{
    size_t bytes = ((size_t)count * sizeof(float) + NN_ALIGNMENT - 1) / NN_ALIGNMENT * NN_ALIGNMENT;
    float *table = g_aligned_alloc0(1, MAX(bytes, NN_ALIGNMENT), NN_ALIGNMENT);
    return table;
}

bool nn_planes_of(const dnnl_memory_desc_t *layout, struct nn_planes *planes)
{
    const dnnl_blocking_desc_t *blocking = &layout->format_desc.blocking;
    if (layout->format_kind != dnnl_blocked || layout->ndims != 4 || layout->offset0 != 0 ||
        layout->data_type != dnnl_f32) {
        return false;
    }
    int64_t block = blocking->inner_nblks == 0 ? layout->dims[1] : blocking->inner_blks[0];
    *planes = (struct nn_planes){
        .images = layout->dims[0],
        .blocks = layout->padded_dims[1] / block,
        .channels = block,
        .height = layout->dims[2],
        .width = layout->dims[3],
    };
    struct nn_shape shape = {.rank = 4};
    memcpy(shape.dims, layout->dims, sizeof(int64_t) * 4);
    if (blocking->inner_nblks == 0) {
        dnnl_memory_desc_t last = nn_layout_channels_last(&shape);
        return dnnl_memory_desc_equal(layout, &last);
    }
    const dnnl_dim_t *strides = blocking->strides;
    return blocking->inner_nblks == 1 && blocking->inner_idxs[0] == 1 && strides[3] == block &&
           strides[2] == block * planes->width && strides[1] == strides[2] * planes->height &&
           (strides[0] == strides[1] * planes->blocks || planes->images == 1);
}

bool nn_lower_own_step(struct nn_lower *lower, const struct nn_own *own, const int *memories,
                       guint memories_n)
{
    int index = (int)lower->plan->steps->len;
    struct nn_step step = {
        .args = g_array_new(FALSE, FALSE, sizeof(struct nn_arg)),
        .run = own->run,
        .state = own->state,
        .state_free = own->state_free,
    };
    g_autofree char *layout = nn_layout_text(nn_lower_layout(lower, memories[0]));
    step.text = g_strdup_printf("%s: %s, own:%s, %s", lower->node->label, own->what,
                                nn_kernels()->name, layout);
    for (guint i = 0; i < memories_n; i++) {
        struct nn_arg arg = {0, memories[i]};
        g_array_append_val(step.args, arg);
        nn_lower_touch(lower, memories[i], index);
    }
    g_array_append_val(lower->plan->steps, step);
    return true;
}

int nn_lower_overwritable(struct nn_lower *lower, int memory, int value, GError **error)
{
    if (memory == NN_NONE || nn_lower_may_overwrite(lower, memory, value)) {
        return memory;
    }
    dnnl_memory_desc_t layout = *nn_lower_layout(lower, memory);
    int copy = nn_lower_memory_new(lower, &layout);
    return nn_lower_copy(lower, memory, copy, error) ? copy : NN_NONE;
}

/* A table of `count` from the `real` numbers of a constant, zero behind them. */
static float *table_of(const struct nn_lower *lower, int value, int64_t count, int64_t real)
{
    float *table = nn_table_new(count);
    if (value != NN_NONE) {
        memcpy(table, nn_graph_value(lower->graph, value)->constant->floats,
               (size_t)real * sizeof(float));
    }
    return table;
}

struct prelu_state {
    struct nn_planes planes;
    const struct nn_kernels *kernels;
    float *slopes;
};

static void prelu_run(const void *state, void *const *args)
{
    const struct prelu_state *prelu = state;
    prelu->kernels->prelu(&prelu->planes, prelu->slopes, args[0]);
}

static void prelu_free(void *state)
{
    g_aligned_free(((struct prelu_state *)state)->slopes);
    g_free(state);
}

bool nn_lower_own_prelu(struct nn_lower *lower, int memory, int slope)
{
    struct prelu_state *state = g_new0(struct prelu_state, 1);
    bool fits = nn_planes_of(nn_lower_layout(lower, memory), &state->planes);
    g_assert(fits);
    state->kernels = nn_kernels();
    state->slopes = table_of(lower, slope, state->planes.blocks * state->planes.channels,
                             nn_graph_value(lower->graph, slope)->constant->count);
    struct nn_own own = {"prelu", prelu_run, state, prelu_free};
    return nn_lower_own_step(lower, &own, &memory, 1);
}

struct depthwise_state {
    struct nn_depthwise layer;
    const struct nn_kernels *kernels;
    float *weights, *bias, *before, *after; /* what the layer points to */
    struct nn_scaling scaling;
};

static void depthwise_run(const void *state, void *const *args)
{
    const struct depthwise_state *depthwise = state;
    depthwise->kernels->depthwise(&depthwise->layer, args[0], args[1], args[2]);
}

static void depthwise_free(void *data)
{
    struct depthwise_state *state = data;
    g_aligned_free(state->weights);
    g_aligned_free(state->bias);
    g_aligned_free(state->before);
    g_aligned_free(state->after);
    nn_scaling_finish(&state->scaling);
    g_free(state);
}

/* The slopes of what follows: a PReLU, or a ReLU as post. */
static float *after_table(const struct nn_lower *lower, const struct nn_node *node, int64_t count,
                          int64_t real)
{
    if (node->slope_after != NN_NONE) {
        return table_of(lower, node->slope_after, count, real);
    }
    if (node->posts_n == 0) {
        return NULL;
    }
    float *table = nn_table_new(count);
    for (int64_t i = 0; i < real; i++) {
        table[i] = node->posts[0].eltwise.alpha;
    }
    return table;
}

static struct depthwise_state *depthwise_state(struct nn_lower *lower, const struct nn_node *node,
                                               const struct nn_planes *planes)
{
    const struct nn_shape *out = &nn_graph_value(lower->graph, node->output)->shape;
    const float *weights = nn_graph_value(lower->graph, node->inputs[1])->constant->floats;
    struct depthwise_state *state = g_new0(struct depthwise_state, 1);
    struct nn_depthwise *layer = &state->layer;
    int64_t count = planes->blocks * planes->channels;
    int64_t real = out->dims[1];
    layer->in = *planes;
    layer->out = *planes;
    layer->out.height = out->dims[2];
    layer->out.width = out->dims[3];
    for (int i = 0; i < 2; i++) {
        layer->kernel[i] = node->window.kernel[i];
        layer->stride[i] = node->window.stride[i];
        layer->pad[i] = node->window.pad_begin[i];
    }
    int64_t taps = layer->kernel[0] * layer->kernel[1];
    state->kernels = nn_kernels();
    state->weights = nn_table_new(taps * count);
    for (int64_t c = 0; c < real; c++) {
        for (int64_t tap = 0; tap < taps; tap++) {
            state->weights[tap * count + c] = weights[c * taps + tap];
        }
    }
    state->bias = table_of(lower, node->inputs[2], count, real);
    state->before =
        node->slope_before == NN_NONE ? NULL : table_of(lower, node->slope_before, count, real);
    state->after = after_table(lower, node, count, real);
    layer->weights = state->weights;
    layer->bias = state->bias;
    layer->before = state->before;
    layer->after = state->after;
    return state;
}

bool nn_lower_takes_depthwise(const struct nn_lower *lower, const struct nn_node *node)
{
    bool posts_fit = node->posts_n == 0 || (node->posts_n == 1 && node->posts[0].sum == NN_NONE &&
                                            node->posts[0].eltwise.algorithm == dnnl_eltwise_relu &&
                                            node->slope_after == NN_NONE);
    /* Without anything to save a pass for, oneDNN's kernels are as good. */
    bool pays = node->slope_before != NN_NONE || node->slope_after != NN_NONE ||
                nn_lower_is_quantised(lower, node->output);
    return pays && posts_fit && nn_node_is_depthwise(lower->graph, node);
}

bool nn_lower_depthwise(struct nn_lower *lower, const struct nn_node *node, GError **error)
{
    struct nn_shape shape = nn_graph_value(lower->graph, node->inputs[0])->shape;
    struct nn_planes planes;
    int from = nn_lower_input(lower, node->inputs[0], error);
    if (from != NN_NONE && (!nn_planes_of(nn_lower_layout(lower, from), &planes) ||
                            planes.channels < nn_kernels()->lanes ||
                            (planes.blocks > 1 && nn_lower_is_quantised(lower, node->output)))) {
        dnnl_memory_desc_t last = nn_layout_channels_last(&shape);
        from = nn_lower_reordered(lower, from, &last, error);
        nn_planes_of(&last, &planes);
    }
    if (from == NN_NONE) {
        return false;
    }
    size_t table = (size_t)(planes.blocks * planes.channels) * sizeof(float);
    size_t taps = (size_t)(node->window.kernel[0] * node->window.kernel[1]);
    if (!nn_lower_constants_take(lower, taps * table, error)) {
        return false;
    }
    struct depthwise_state *state = depthwise_state(lower, node, &planes);
    struct nn_own own = {"depthwise", depthwise_run, state, depthwise_free};
    struct nn_shape scratch_shape = {.rank = 1, .dims = {nn_depthwise_scratch(&state->layer)}};
    dnnl_memory_desc_t scratch_layout = nn_layout_plain(&scratch_shape);
    int scratch = nn_lower_memory_new(lower, &scratch_layout);
    if (nn_lower_is_quantised(lower, node->output)) {
        nn_scaling_init(&state->scaling, lower, node->output);
        state->layer.factor = state->scaling.factor;
        state->layer.offset = state->scaling.offset;
        int bytes = nn_lower_bytes_new(lower, node->output);
        return nn_lower_own_step(lower, &own, (const int[]){from, bytes, scratch}, 3);
    }
    dnnl_memory_desc_t layout = nn_layout_like(nn_lower_layout(lower, from),
                                               &nn_graph_value(lower->graph, node->output)->shape);
    int to = nn_lower_memory_new(lower, &layout);
    return nn_lower_own_step(lower, &own, (const int[]){from, to, scratch}, 3) &&
           nn_lower_bind(lower, node->output, to);
}
