/* Chains of convolutions that are computed row by row (nn/rows.h). */
#include <string.h>

#include "nn/lower_own.h"
#include "nn/rows.h"

/* Half a first cache: they are read again for every row. oneDNN is better with larger ones, and
 * with a depthwise convolution that nothing before it makes the rows for. */
#define WEIGHTS_MAX (16 * 1024 / (int64_t)sizeof(float))

/* True when the weights of the stage are few enough to be read for every row. */
static bool is_light(const struct nn_lower *lower, const struct nn_node *node)
{
    return nn_graph_value(lower->graph, node->inputs[1])->constant->count <= WEIGHTS_MAX;
}

/* What is passed from row to row is zero-padded by all of its channels, and a picture a time. */
static bool is_stage(const struct nn_lower *lower, const struct nn_node *node)
{
    const struct nn_shape *in = &nn_graph_value(lower->graph, node->inputs[0])->shape;
    if (node->kind != NN_KIND_CONV || node->window.spatial != 2 || in->rank != 4 ||
        in->dims[0] != 1 || node->slope_before != NN_NONE || node->slope_after != NN_NONE ||
        node->window.kernel[0] > NN_ROWS_KERNEL_MAX || node->window.pad_begin[0] < 0 ||
        node->window.pad_begin[1] < 0) {
        return false;
    }
    return node->groups == 1 || nn_node_is_depthwise(lower->graph, node);
}

static bool is_relu(const struct nn_post *post)
{
    return post->sum == NN_NONE && post->eltwise.algorithm == dnnl_eltwise_relu &&
           post->eltwise.alpha == 0;
}

static bool has_only_relu(const struct nn_node *node)
{
    return node->posts_n == 0 || (node->posts_n == 1 && is_relu(&node->posts[0]));
}

/* A sum, and perhaps a ReLU of it. */
static bool has_sum(const struct nn_node *node)
{
    return node->groups == 1 && node->posts_n > 0 && node->posts_n <= 2 &&
           node->posts[0].sum != NN_NONE && (node->posts_n == 1 || is_relu(&node->posts[1]));
}

bool nn_lower_takes_rows(const struct nn_lower *lower, const struct nn_node *node)
{
    const struct nn_kernels *kernels = nn_kernels();
    return kernels != NULL && kernels->dense_row != NULL && lower->int8 == NULL &&
           lower->observe == NULL && node->groups == 1 && is_stage(lower, node) &&
           is_light(lower, node) && (has_only_relu(node) || has_sum(node));
}

bool nn_lower_makes_pixels(const struct nn_lower *lower, const struct nn_node *node)
{
    const struct nn_kernels *kernels = nn_kernels();
    return kernels != NULL && kernels->dense_row != NULL && lower->int8 == NULL &&
           lower->observe == NULL && is_stage(lower, node) && has_only_relu(node);
}

void nn_lower_rows_prepare(struct nn_lower *lower)
{
    const struct nn_graph *graph = lower->graph;
    lower->reader = g_new0(const struct nn_node *, graph->values->len);
    lower->within = g_new0(bool, graph->values->len);
    lower->joint = g_new(int, graph->values->len);
    memset(lower->joint, 0xff, graph->values->len * sizeof(int));
    for (guint i = 0; i < graph->nodes->len; i++) {
        const struct nn_node *node = nn_graph_node(graph, i);
        for (int n = 0; n < node->inputs_n; n++) {
            if (node->inputs[n] != NN_NONE) {
                lower->reader[node->inputs[n]] = node;
            }
        }
    }
}

void nn_lower_rows_finish(struct nn_lower *lower)
{
    g_free(lower->reader);
    g_free(lower->within);
    g_free(lower->joint);
}

/* The node that alone reads the value, or NULL. */
static const struct nn_node *sole_reader(const struct nn_lower *lower, int value)
{
    return lower->reads_left[value] == 1 ? lower->reader[value] : NULL;
}

/* The nodes of the chain that begins with `node`. */
static int find_chain(const struct nn_lower *lower, const struct nn_node *node,
                      const struct nn_node **chain)
{
    int n = 0;
    chain[n++] = node;
    while (n < NN_ROWS_STAGES_MAX && has_only_relu(chain[n - 1])) {
        const struct nn_node *next = sole_reader(lower, chain[n - 1]->output);
        if (next == NULL || next->inputs[0] != chain[n - 1]->output || !is_stage(lower, next) ||
            !is_light(lower, next) || !has_only_relu(next)) {
            break;
        }
        chain[n++] = next;
    }
    return n;
}

static float *table_new(GPtrArray *tables, int64_t count)
{
    float *table = nn_table_new(count);
    g_ptr_array_add(tables, table);
    return table;
}

static float *bias_new(GPtrArray *tables, const struct nn_lower *lower, const struct nn_node *node,
                       int64_t count)
{
    float *bias = table_new(tables, count);
    if (node->inputs[2] != NN_NONE) {
        const struct nn_tensor *from = nn_graph_value(lower->graph, node->inputs[2])->constant;
        memcpy(bias, from->floats, (size_t)from->count * sizeof(float));
    }
    return bias;
}

static void set_depthwise(GPtrArray *tables, const struct nn_lower *lower,
                          const struct nn_node *node, struct nn_rows_stage *stage)
{
    const float *weights = nn_graph_value(lower->graph, node->inputs[1])->constant->floats;
    int64_t taps = stage->kernel[0] * stage->kernel[1];
    float *table = table_new(tables, taps * stage->channels);
    for (int64_t c = 0; c < stage->channels; c++) {
        for (int64_t tap = 0; tap < taps; tap++) {
            table[tap * stage->channels + c] = weights[c * taps + tap];
        }
    }
    stage->light.weights = table;
    stage->light.bias = bias_new(tables, lower, node, stage->channels);
    stage->light.relu = node->posts_n > 0;
}

static void set_dense(GPtrArray *tables, const struct nn_lower *lower, const struct nn_node *node,
                      struct nn_rows_stage *stage)
{
    const float *weights = nn_graph_value(lower->graph, node->inputs[1])->constant->floats;
    int64_t outputs = nn_graph_value(lower->graph, node->output)->shape.dims[1];
    stage->kernels = nn_kernels_dense(stage->kernels, outputs);
    int64_t lanes = stage->kernels->lanes;
    int64_t panels = (outputs + lanes - 1) / lanes;
    int64_t taps = stage->kernel[0] * stage->kernel[1];
    int64_t panel = taps * stage->channels * lanes;
    float *table = table_new(tables, panels * panel);
    for (int64_t o = 0; o < outputs; o++) {
        for (int64_t c = 0; c < stage->channels; c++) {
            for (int64_t tap = 0; tap < taps; tap++) {
                table[o / lanes * panel + (tap * stage->channels + c) * lanes + o % lanes] =
                    weights[(o * stage->channels + c) * taps + tap];
            }
        }
    }
    stage->dense.outputs = outputs;
    stage->dense.weights = table;
    stage->dense.bias = bias_new(tables, lower, node, panels * lanes);
    stage->dense.add = has_sum(node);
    stage->dense.relu = node->posts_n > 0 && is_relu(&node->posts[node->posts_n - 1]);
}

static void set_stage(GPtrArray *tables, const struct nn_lower *lower, const struct nn_node *node,
                      struct nn_rows_stage *stage)
{
    const struct nn_shape *in = &nn_graph_value(lower->graph, node->inputs[0])->shape;
    const struct nn_shape *out = &nn_graph_value(lower->graph, node->output)->shape;
    stage->channels = in->dims[1];
    stage->kernels = nn_kernels();
    stage->depthwise = node->groups > 1;
    for (int i = 0; i < 2; i++) {
        stage->in[i] = in->dims[i + 2];
        stage->out[i] = out->dims[i + 2];
        stage->kernel[i] = node->window.kernel[i];
        stage->stride[i] = node->window.stride[i];
        stage->dilation[i] = node->window.dilation[i];
        stage->pad[i] = node->window.pad_begin[i];
    }
    if (stage->depthwise) {
        set_depthwise(tables, lower, node, stage);
    } else {
        set_dense(tables, lower, node, stage);
    }
}

/* Bytes of the tables of a stage, its bias included. */
static size_t tables_bytes(const struct nn_lower *lower, const struct nn_node *node)
{
    const struct nn_shape *weights =
        &nn_graph_value(lower->graph, node->inputs[1])->constant->shape;
    int64_t lanes = node->groups > 1 ? 1 : nn_kernels()->lanes;
    int64_t outputs = (weights->dims[0] + lanes - 1) / lanes * lanes;
    int64_t each = nn_shape_count(weights) / weights->dims[0];
    return (size_t)outputs * (size_t)(each + 1) * sizeof(float);
}

bool nn_lower_rows_fill(struct nn_lower *lower, const struct nn_node *const *chain, int n,
                        struct nn_rows *rows, GPtrArray *tables, GError **error)
{
    size_t bytes = 0;
    for (int i = 0; i < n; i++) {
        bytes += tables_bytes(lower, chain[i]);
    }
    if (!nn_lower_constants_take(lower, bytes, error)) {
        return false;
    }
    for (int i = 0; i < n; i++) {
        set_stage(tables, lower, chain[i], &rows->stages[i]);
    }
    rows->stages_n = n;
    nn_rows_init(rows);
    return true;
}

GPtrArray *nn_lower_tables_new(void)
{
    return g_ptr_array_new_with_free_func(g_aligned_free);
}

int nn_lower_floats_new(struct nn_lower *lower, int64_t count)
{
    struct nn_shape shape = {.rank = 1, .dims = {count}};
    dnnl_memory_desc_t layout = nn_layout_plain(&shape);
    return nn_lower_memory_new(lower, &layout);
}

struct rows_state {
    struct nn_rows rows;
    GPtrArray *tables; /* what the stages point to */
    int64_t offset;    /* floats of the result's memory before its first */
};

static void rows_run(const void *data, void *const *args)
{
    const struct rows_state *state = data;
    nn_rows_run(&state->rows, args[0], (float *)args[1] + state->offset, args[2]);
}

static void rows_free(void *data)
{
    struct rows_state *state = data;
    g_ptr_array_unref(state->tables);
    g_free(state);
}

/* The concatenation of channels that alone reads the value, or NULL. */
static const struct nn_node *joins(const struct nn_lower *lower, int value)
{
    const struct nn_node *reader = sole_reader(lower, value);
    return reader != NULL && reader->kind == NN_KIND_CONCAT && reader->axis == 1 ? reader : NULL;
}

/* Where the result of the chain goes: to its place in a concatenation, onto what it is added to, or
 * to memory of its own. The value is bound to it. */
static int place(struct nn_lower *lower, const struct nn_node *last, struct rows_state *state,
                 GError **error)
{
    const struct nn_node *concat = has_sum(last) ? NULL : joins(lower, last->output);
    const struct nn_shape *shape = &nn_graph_value(lower->graph, last->output)->shape;
    state->rows.out_pitch = shape->dims[1];
    if (concat == NULL) {
        dnnl_memory_desc_t layout = nn_layout_channels_last(shape);
        int to = has_sum(last) ? nn_lower_destination(lower, &layout, error)
                               : nn_lower_memory_new(lower, &layout);
        return to != NN_NONE && nn_lower_bind(lower, last->output, to) ? to : NN_NONE;
    }
    int *joint = &lower->joint[concat->output];
    const struct nn_shape *whole = &nn_graph_value(lower->graph, concat->output)->shape;
    if (*joint == NN_NONE) {
        dnnl_memory_desc_t layout = nn_layout_channels_last(whole);
        *joint = nn_lower_memory_new(lower, &layout);
    }
    for (int i = 0; concat->inputs[i] != last->output; i++) {
        state->offset += nn_graph_value(lower->graph, concat->inputs[i])->shape.dims[1];
    }
    state->rows.out_pitch = whole->dims[1];
    dnnl_memory_desc_t part =
        nn_layout_part(nn_lower_layout(lower, *joint), shape, 1, state->offset);
    nn_lower_bind(lower, last->output, nn_lower_memory_view(lower, *joint, &part));
    return *joint;
}

/* "rows", and the other nodes when there are some. */
static char *chain_text(const struct nn_node *const *chain, int n)
{
    GString *text = g_string_new("rows");
    for (int i = 1; i < n; i++) {
        g_string_append_printf(text, "%s%s", i == 1 ? " with " : " and ", chain[i]->label);
    }
    return g_string_free(text, FALSE);
}

bool nn_lower_rows(struct nn_lower *lower, const struct nn_node *node, GError **error)
{
    const struct nn_node *chain[NN_ROWS_STAGES_MAX];
    int n = find_chain(lower, node, chain);
    int from = nn_lower_input(lower, node->inputs[0], error);
    if (from == NN_NONE) {
        return false;
    }
    dnnl_memory_desc_t last =
        nn_layout_channels_last(&nn_graph_value(lower->graph, node->inputs[0])->shape);
    from = nn_lower_reordered(lower, from, &last, error);
    if (from == NN_NONE) {
        return false;
    }
    struct rows_state *state = g_new0(struct rows_state, 1);
    state->tables = nn_lower_tables_new();
    int to = place(lower, chain[n - 1], state, error);
    if (to == NN_NONE || !nn_lower_rows_fill(lower, chain, n, &state->rows, state->tables, error)) {
        rows_free(state);
        return false;
    }
    for (int i = 0; i < n; i++) {
        lower->within[chain[i]->output] = true;
    }
    int scratch = nn_lower_floats_new(lower, state->rows.scratch);
    g_autofree char *text = chain_text(chain, n);
    struct nn_own own = {text, rows_run, state, rows_free};
    return nn_lower_own_step(lower, &own, (const int[]){from, to, scratch}, 3);
}
