/* Pointwise convolution in 8 bits, and the measuring of the ranges that it needs. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "nn/lower_own.h"
#include "nn/quantise.h"

#define BYTE_MAX 255.0F
#define WEIGHT_MAX 127.0F
/* The narrowest range of a channel, of the layer's mean. */
#define EXTENT_MIN (1 / 64.0F)

/* The number of the pointwise convolution that reads the value, from 0; NN_NONE when none does. */
static int reader_of(const struct nn_lower *lower, int value)
{
    return lower->reader_of == NULL ? NN_NONE : lower->reader_of[value];
}

static const struct nn_range *range_of(const struct nn_lower *lower, int value)
{
    int reader = reader_of(lower, value);
    return reader == NN_NONE ? NULL : nn_ranges_layer(lower->int8, (unsigned)reader);
}

bool nn_lower_is_quantised(const struct nn_lower *lower, int value)
{
    return lower->int8 != NULL && reader_of(lower, value) != NN_NONE &&
           lower->reads_left[value] == lower->byte_reads[value];
}

static float extent(const struct nn_range *range, int64_t c)
{
    return fmaxf(range->high[c], 0) - fminf(range->low[c], 0);
}

/* A channel that hardly moved while it was measured may move more one day, and one that is always
 * zero must not have a step of zero. */
static float extent_min(const struct nn_range *range)
{
    float sum = 0;
    for (int64_t c = 0; c < range->channels; c++) {
        sum += extent(range, c);
    }
    return fmaxf(sum / (float)range->channels * EXTENT_MIN, 1e-6F);
}

/* Zero is always one of the bytes' values, so that what is absent stays absent. */
static void channel_scale(const struct nn_range *range, int64_t c, float least, float *step,
                          float *zero)
{
    *step = fmaxf(extent(range, c), least) / BYTE_MAX;
    *zero = rintf(-fminf(range->low[c], 0) / *step);
}

void nn_scaling_init(struct nn_scaling *scaling, const struct nn_lower *lower, int value)
{
    const struct nn_range *range = range_of(lower, value);
    scaling->factor = nn_table_new(range->channels);
    scaling->offset = nn_table_new(range->channels);
    float least = extent_min(range);
    for (int64_t c = 0; c < range->channels; c++) {
        float step;
        channel_scale(range, c, least, &step, &scaling->offset[c]);
        scaling->factor[c] = 1 / step;
    }
}

void nn_scaling_finish(struct nn_scaling *scaling)
{
    g_aligned_free(scaling->factor);
    g_aligned_free(scaling->offset);
}

int nn_lower_bytes_new(struct nn_lower *lower, int value)
{
    dnnl_memory_desc_t layout =
        nn_layout_channels_last(&nn_graph_value(lower->graph, value)->shape);
    layout.data_type = dnnl_u8;
    lower->bytes_of[value] = nn_lower_memory_new(lower, &layout);
    return lower->bytes_of[value];
}

struct convert_state {
    const struct nn_kernels *kernels;
    struct nn_planes planes;
    struct nn_scaling scaling;
};

static void convert_run(const void *data, void *const *args)
{
    const struct convert_state *state = data;
    state->kernels->quantise(&state->planes, state->scaling.factor, state->scaling.offset, args[0],
                             args[1]);
}

static void convert_free(void *data)
{
    nn_scaling_finish(&((struct convert_state *)data)->scaling);
    g_free(data);
}

/* The value as floats, channels-last. */
static int floats_last(struct nn_lower *lower, int value, GError **error)
{
    int from = nn_lower_input(lower, value, error);
    if (from == NN_NONE) {
        return NN_NONE;
    }
    dnnl_memory_desc_t last = nn_layout_channels_last(&nn_graph_value(lower->graph, value)->shape);
    return nn_lower_reordered(lower, from, &last, error);
}

/* The 8-bit copy of a value, converted here when the one who made it did not. */
static int bytes_of(struct nn_lower *lower, int value, GError **error)
{
    if (lower->bytes_of[value] != NN_NONE) {
        return lower->bytes_of[value];
    }
    int from = floats_last(lower, value, error);
    if (from == NN_NONE) {
        return NN_NONE;
    }
    struct convert_state *state = g_new0(struct convert_state, 1);
    state->kernels = nn_kernels();
    nn_planes_of(nn_lower_layout(lower, from), &state->planes);
    nn_scaling_init(&state->scaling, lower, value);
    struct nn_own own = {"quantise", convert_run, state, convert_free};
    int to = nn_lower_bytes_new(lower, value);
    nn_lower_own_step(lower, &own, (const int[]){from, to}, 2);
    return to;
}

struct observe_state {
    struct nn_range *range; /* of the caller's ranges */
    int64_t pixels;
};

static void observe_run(const void *data, void *const *args)
{
    const struct observe_state *state = data;
    nn_range_widen(state->range, args[0], state->pixels);
}

bool nn_lower_observe(struct nn_lower *lower, const struct nn_node *node, GError **error)
{
    if (lower->observe == NULL || !nn_node_is_pointwise(lower->graph, node)) {
        return true;
    }
    int value = node->inputs[0];
    const struct nn_shape *shape = &nn_graph_value(lower->graph, value)->shape;
    int reader = reader_of(lower, value);
    struct nn_range *range = nn_ranges_layer_add(lower->observe, (unsigned)reader, shape->dims[1]);
    if (range == NULL) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID,
                    "node %s: the ranges are another network's", node->label);
        return false;
    }
    int from = floats_last(lower, value, error);
    if (from == NN_NONE) {
        return false;
    }
    struct observe_state *state = g_new0(struct observe_state, 1);
    state->range = range;
    state->pixels = nn_shape_count(shape) / shape->dims[1];
    struct nn_own own = {"observe", observe_run, state, g_free};
    return nn_lower_own_step(lower, &own, &from, 1);
}

struct pointwise_state {
    struct nn_pointwise layer;
    const struct nn_kernels *kernels;
    float *scale, *bias, *slope; /* what the layer points to */
    int8_t *weights;
    struct nn_scaling scaling;
    bool floats, bytes;
};

static void pointwise_run(const void *data, void *const *args)
{
    const struct pointwise_state *state = data;
    float *out = state->floats ? args[1] : NULL;
    uint8_t *bytes = state->bytes ? args[state->floats ? 2 : 1] : NULL;
    state->kernels->pointwise(&state->layer, args[0], out, bytes);
}

static void pointwise_free(void *data)
{
    struct pointwise_state *state = data;
    g_aligned_free(state->scale);
    g_aligned_free(state->bias);
    g_aligned_free(state->slope);
    g_aligned_free(state->weights);
    nn_scaling_finish(&state->scaling);
    g_free(state);
}

/* One output's weights, which take up the steps of the inputs; their zero points go into the bias.
 */
static void pack_output(struct pointwise_state *state, const struct nn_range *range, int64_t o,
                        const float *weights, float bias)
{
    int64_t inputs = state->layer.inputs;
    g_autofree float *scaled = g_new(float, inputs);
    g_autofree float *zeros = g_new(float, inputs);
    float largest = 0;
    float least = extent_min(range);
    for (int64_t i = 0; i < inputs; i++) {
        float step;
        channel_scale(range, i, least, &step, &zeros[i]);
        scaled[i] = weights[i] * step;
        largest = fmaxf(largest, fabsf(scaled[i]));
    }
    float scale = largest > 0 ? largest / WEIGHT_MAX : 1;
    double shift = 0;
    for (int64_t i = 0; i < inputs; i++) {
        float byte = fminf(fmaxf(rintf(scaled[i] / scale), -WEIGHT_MAX), WEIGHT_MAX);
        int64_t at = ((o / 64 * (inputs / 4) + i / 4) * 64 + o % 64) * 4 + i % 4;
        state->weights[at] = (int8_t)byte;
        shift += (double)byte * (double)zeros[i];
    }
    state->scale[o] = scale;
    state->bias[o] = bias - (float)(shift * (double)scale);
}

static struct pointwise_state *pointwise_state(struct nn_lower *lower, const struct nn_node *node)
{
    const struct nn_range *range = range_of(lower, node->inputs[0]);
    const float *weights = nn_graph_value(lower->graph, node->inputs[1])->constant->floats;
    const struct nn_tensor *bias =
        node->inputs[2] == NN_NONE ? NULL : nn_graph_value(lower->graph, node->inputs[2])->constant;
    const struct nn_shape *out = &nn_graph_value(lower->graph, node->output)->shape;
    struct pointwise_state *state = g_new0(struct pointwise_state, 1);
    struct nn_pointwise *layer = &state->layer;
    layer->inputs = range->channels;
    layer->outputs = out->dims[1];
    layer->pixels = nn_shape_count(out) / layer->outputs;
    layer->add = node->posts_n > 0;
    state->kernels = nn_kernels();
    state->scale = nn_table_new(layer->outputs);
    state->bias = nn_table_new(layer->outputs);
    state->weights = g_aligned_alloc((gsize)layer->outputs, (gsize)layer->inputs, NN_ALIGNMENT);
    for (int64_t o = 0; o < layer->outputs; o++) {
        pack_output(state, range, o, weights + o * layer->inputs,
                    bias != NULL ? bias->floats[o] : 0);
    }
    if (node->slope_after != NN_NONE) {
        state->slope = nn_table_new(layer->outputs);
        memcpy(state->slope, nn_graph_value(lower->graph, node->slope_after)->constant->floats,
               (size_t)layer->outputs * sizeof(float));
    }
    layer->weights = state->weights;
    layer->scale = state->scale;
    layer->bias = state->bias;
    layer->slope = state->slope;
    return state;
}

bool nn_lower_takes_pointwise(const struct nn_lower *lower, const struct nn_node *node)
{
    if (lower->int8 == NULL || !nn_node_is_pointwise(lower->graph, node)) {
        return false;
    }
    const struct nn_range *range = range_of(lower, node->inputs[0]);
    return range != NULL &&
           range->channels == nn_graph_value(lower->graph, node->inputs[0])->shape.dims[1];
}

bool nn_lower_pointwise(struct nn_lower *lower, const struct nn_node *node, GError **error)
{
    dnnl_memory_desc_t last =
        nn_layout_channels_last(&nn_graph_value(lower->graph, node->output)->shape);
    int from = bytes_of(lower, node->inputs[0], error);
    /* A range that does not fit its reader has none. */
    bool bytes = lower->byte_reads[node->output] > 0;
    bool floats = !nn_lower_is_quantised(lower, node->output) || node->posts_n > 0;
    int to = from == NN_NONE || !floats ? NN_NONE : nn_lower_destination(lower, &last, error);
    if (from == NN_NONE || (floats && to == NN_NONE)) {
        return false;
    }
    const struct nn_shape *weights = &nn_graph_value(lower->graph, node->inputs[1])->shape;
    if (!nn_lower_constants_take(lower, (size_t)nn_shape_count(weights), error)) {
        return false;
    }
    struct pointwise_state *state = pointwise_state(lower, node);
    int memories[3] = {from};
    guint n = 1;
    state->floats = floats;
    state->bytes = bytes;
    if (floats) {
        memories[n++] = to;
    }
    if (bytes) {
        nn_scaling_init(&state->scaling, lower, node->output);
        state->layer.factor = state->scaling.factor;
        state->layer.offset = state->scaling.offset;
        memories[n++] = nn_lower_bytes_new(lower, node->output);
    }
    struct nn_own own = {"pointwise 8-bit", pointwise_run, state, pointwise_free};
    return nn_lower_own_step(lower, &own, memories, n) &&
           (!floats || nn_lower_bind(lower, node->output, to));
}
