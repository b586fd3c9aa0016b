#include <string.h>

#include "base/error.h"
#include "nn/graph.h"

/* What a pass needs to know about each value. */
struct usage {
    int *uses;     /* reads that are left, wanted outputs included */
    int *consumer; /* index of a node that reads it, NN_NONE when none does */
    int *producer; /* index of the node that computes it, or NN_NONE */
    int *last;     /* index of the last node that reads it; INT_MAX when wanted */
};

static void usage_read(struct usage *usage, int value, int index)
{
    if (value != NN_NONE) {
        usage->consumer[value] = index;
        usage->last[value] = MAX(usage->last[value], index);
    }
}

static void usage_init(struct usage *usage, const struct nn_graph *graph)
{
    guint count = graph->values->len;
    usage->uses = nn_graph_uses(graph);
    usage->consumer = g_new(int, count);
    usage->producer = g_new(int, count);
    usage->last = g_new(int, count);
    for (guint i = 0; i < count; i++) {
        usage->consumer[i] = NN_NONE;
        usage->producer[i] = NN_NONE;
        usage->last[i] = NN_NONE;
    }
    for (guint i = 0; i < graph->nodes->len; i++) {
        const struct nn_node *node = nn_graph_node(graph, i);
        usage->producer[node->output] = (int)i;
        for (int n = 0; n < node->inputs_n; n++) {
            usage_read(usage, node->inputs[n], (int)i);
        }
        for (int n = 0; n < node->posts_n; n++) {
            usage_read(usage, node->posts[n].sum, (int)i);
        }
    }
    for (guint i = 0; i < graph->wanted->len; i++) {
        usage->last[g_array_index(graph->wanted, int, i)] = G_MAXINT;
    }
}

static void usage_finish(struct usage *usage)
{
    g_free(usage->uses);
    g_free(usage->consumer);
    g_free(usage->producer);
    g_free(usage->last);
}

/* The node that computes the value when nothing else reads it, else NULL. */
static struct nn_node *sole_producer(const struct nn_graph *graph, const struct usage *usage,
                                     int value)
{
    int producer = value == NN_NONE ? NN_NONE : usage->producer[value];
    if (producer == NN_NONE || usage->uses[value] != 1) {
        return NULL;
    }
    struct nn_node *node = nn_graph_node(graph, (unsigned)producer);
    return node->removed ? NULL : node;
}

/* A mean over all spatial axes is a pooling, for which there are better kernels. */
static void mean_to_pool(const struct nn_graph *graph, struct nn_node *node)
{
    struct nn_shape shape = nn_graph_value(graph, node->inputs[0])->shape;
    unsigned spatial = ((1u << shape.rank) - 1) & ~3u;
    if (shape.rank < 3 || shape.rank > 2 + NN_SPATIAL_MAX || node->mask != spatial) {
        return;
    }
    node->kind = NN_KIND_POOL;
    node->algorithm = dnnl_pooling_avg_exclude_padding;
    node->window.spatial = shape.rank - 2;
    for (int i = 0; i < node->window.spatial; i++) {
        node->window.kernel[i] = shape.dims[i + 2];
        node->window.stride[i] = 1;
        node->window.dilation[i] = 1;
    }
}

static int resolved(const int *alias, int value)
{
    while (value != NN_NONE && alias[value] != value) {
        value = alias[value];
    }
    return value;
}

/* Reshapes to the same shape disappear, reshapes of reshapes read the first one's data. */
static void drop_reshapes(struct nn_graph *graph)
{
    g_autofree int *alias = g_new(int, graph->values->len);
    g_autofree struct nn_node **made_by = g_new0(struct nn_node *, graph->values->len);
    for (guint i = 0; i < graph->values->len; i++) {
        alias[i] = (int)i;
    }
    for (guint i = 0; i < graph->nodes->len; i++) {
        struct nn_node *node = nn_graph_node(graph, i);
        for (int n = 0; n < node->inputs_n; n++) {
            node->inputs[n] = resolved(alias, node->inputs[n]);
        }
        made_by[node->output] = node;
        if (node->kind != NN_KIND_RESHAPE) {
            continue;
        }
        const struct nn_node *before = made_by[node->inputs[0]];
        if (before != NULL && before->kind == NN_KIND_RESHAPE) {
            node->inputs[0] = before->inputs[0];
        }
        const struct nn_value *from = nn_graph_value(graph, node->inputs[0]);
        if (nn_shape_equal(&from->shape, &nn_graph_value(graph, node->output)->shape)) {
            alias[node->output] = node->inputs[0];
        }
    }
    for (guint i = 0; i < graph->wanted->len; i++) {
        int *wanted = &g_array_index(graph->wanted, int, i);
        *wanted = resolved(alias, *wanted);
    }
}

static bool is_channel_constant(const struct nn_tensor *constant, const struct nn_shape *data)
{
    struct nn_shape shape = nn_shape_extended(&constant->shape, data->rank);
    return data->rank >= 2 && shape.rank == data->rank &&
           (constant->count == 1 || constant->count == shape.dims[1]);
}

/* Arithmetic with one constant a channel, right after a layer with weights, becomes a SCALE so
 * that it can be folded into them. */
static bool binary_to_scale(struct nn_graph *graph, const struct usage *usage, struct nn_node *node,
                            GError **error)
{
    int side = nn_graph_value(graph, node->inputs[1])->constant != NULL ? 1 : 0;
    const struct nn_tensor *constant = nn_graph_value(graph, node->inputs[side])->constant;
    int data = node->inputs[1 - side];
    const struct nn_node *before = sole_producer(graph, usage, data);
    struct nn_shape shape = nn_graph_value(graph, data)->shape;
    bool divided = node->algorithm == dnnl_binary_div;
    if (constant == NULL || before == NULL ||
        (before->kind != NN_KIND_CONV && before->kind != NN_KIND_INNER) ||
        !is_channel_constant(constant, &shape) || (divided && side == 0) ||
        !nn_shape_equal(&shape, &nn_graph_value(graph, node->output)->shape)) {
        return true;
    }
    struct nn_shape channels = {.rank = 1, .dims = {shape.dims[1]}};
    struct nn_tensor *scale = nn_tensor_create(NN_TYPE_FLOAT, &channels, error);
    struct nn_tensor *shift = nn_tensor_create(NN_TYPE_FLOAT, &channels, error);
    if (scale == NULL || shift == NULL) {
        nn_tensor_destroy(scale);
        nn_tensor_destroy(shift);
        return false;
    }
    bool difference = node->algorithm == dnnl_binary_sub;
    for (int64_t i = 0; i < channels.dims[0]; i++) {
        float number = constant->floats[constant->count == 1 ? 0 : i];
        bool factor = node->algorithm == dnnl_binary_mul || divided;
        scale->floats[i] = divided                   ? 1.0f / number
                           : factor                  ? number
                           : difference && side == 0 ? -1.0f
                                                     : 1.0f;
        shift->floats[i] = factor ? 0.0f : difference && side == 1 ? -number : number;
    }
    node->kind = NN_KIND_SCALE;
    int inputs[] = {data, nn_graph_constant_add(graph, scale), nn_graph_constant_add(graph, shift)};
    g_free(node->inputs);
    node->inputs = g_memdup2(inputs, sizeof inputs);
    node->inputs_n = 3;
    return true;
}

/* y = scale·(w·x + b) + shift has weights scale·w and bias scale·b + shift. */
static bool fold_scale(struct nn_graph *graph, struct nn_node *layer, const struct nn_node *node,
                       GError **error)
{
    const struct nn_tensor *scale = nn_graph_value(graph, node->inputs[1])->constant;
    const struct nn_tensor *shift = nn_graph_value(graph, node->inputs[2])->constant;
    const struct nn_tensor *old =
        layer->inputs[2] == NN_NONE ? NULL : nn_graph_value(graph, layer->inputs[2])->constant;
    const struct nn_tensor *shared = nn_graph_value(graph, layer->inputs[1])->constant;
    graph->rewritten += shared->count;
    if (graph->rewritten > NN_REWRITTEN_MAX) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_TOO_LARGE, "node %s: too many weights",
                    layer->label);
        return false;
    }
    struct nn_tensor *weights = nn_tensor_copy(shared, error);
    struct nn_tensor *bias = nn_tensor_create(NN_TYPE_FLOAT, &scale->shape, error);
    if (weights == NULL || bias == NULL) {
        nn_tensor_destroy(weights);
        nn_tensor_destroy(bias);
        return false;
    }
    int64_t each = weights->count / scale->count;
    for (int64_t o = 0; o < scale->count; o++) {
        for (int64_t i = 0; i < each; i++) {
            weights->floats[o * each + i] *= scale->floats[o];
        }
        float before = old != NULL ? old->floats[o] : 0.0f;
        bias->floats[o] = before * scale->floats[o] + shift->floats[o];
    }
    nn_tensor_flush_denormals(weights);
    layer->inputs[1] = nn_graph_constant_add(graph, weights);
    layer->inputs[2] = nn_graph_constant_add(graph, bias);
    layer->output = node->output;
    return true;
}

static bool fold_scales(struct nn_graph *graph, GError **error)
{
    struct usage usage;
    bool good = true;
    usage_init(&usage, graph);
    for (guint i = 0; good && i < graph->nodes->len; i++) {
        struct nn_node *node = nn_graph_node(graph, i);
        if (node->kind == NN_KIND_BINARY) {
            good = binary_to_scale(graph, &usage, node, error);
        }
        if (!good || node->kind != NN_KIND_SCALE) {
            continue;
        }
        struct nn_node *layer = sole_producer(graph, &usage, node->inputs[0]);
        if (layer != NULL && (layer->kind == NN_KIND_CONV || layer->kind == NN_KIND_INNER)) {
            int made_at = usage.producer[node->inputs[0]];
            good = fold_scale(graph, layer, node, error);
            node->removed = true;
            usage.producer[node->output] = made_at;
        }
    }
    usage_finish(&usage);
    return good;
}

/* (N,C,…) → (N,g,C/g,…) → axes 1 and 2 swapped → (N,C,…). */
static void find_shuffle(struct nn_graph *graph, const struct usage *usage, struct nn_node *node)
{
    const struct nn_node *turn = sole_producer(graph, usage, node->inputs[0]);
    if (turn == NULL || turn->kind != NN_KIND_TRANSPOSE) {
        return;
    }
    const struct nn_node *split = sole_producer(graph, usage, turn->inputs[0]);
    if (split == NULL || split->kind != NN_KIND_RESHAPE) {
        return;
    }
    struct nn_shape from = nn_graph_value(graph, split->inputs[0])->shape;
    struct nn_shape parts = nn_graph_value(graph, split->output)->shape;
    struct nn_shape to = nn_graph_value(graph, node->output)->shape;
    if (from.rank < 3 || parts.rank != from.rank + 1 || !nn_shape_equal(&from, &to) ||
        parts.dims[0] != from.dims[0] || parts.dims[1] * parts.dims[2] != from.dims[1]) {
        return;
    }
    for (int i = 0; i < parts.rank; i++) {
        int expected = i == 1 ? 2 : i == 2 ? 1 : i;
        if (turn->permutation[i] != expected || (i > 2 && parts.dims[i] != from.dims[i - 1])) {
            return;
        }
    }
    node->kind = NN_KIND_SHUFFLE;
    node->groups = parts.dims[1];
    node->inputs[0] = split->inputs[0];
}

static bool can_sum(const struct nn_graph *graph, const struct usage *usage,
                    const struct nn_node *host, const struct nn_node *add, int other)
{
    bool hosts = host->kind == NN_KIND_CONV || host->kind == NN_KIND_INNER ||
                 (host->kind == NN_KIND_BINARY && host->algorithm == dnnl_binary_mul);
    if (!hosts || host->posts_n != 0 || add->kind != NN_KIND_BINARY || add->posts_n != 0 ||
        add->algorithm != dnnl_binary_add || other == host->output || other == graph->input) {
        return false;
    }
    const struct nn_value *value = nn_graph_value(graph, other);
    /* The sum is made where the other operand lies, so nothing may read that afterwards. */
    return value->constant == NULL && usage->last[other] == usage->consumer[host->output] &&
           nn_shape_equal(&value->shape, &nn_graph_value(graph, add->output)->shape) &&
           nn_shape_equal(&value->shape, &nn_graph_value(graph, host->output)->shape);
}

static bool can_apply(const struct nn_node *host, const struct nn_node *next)
{
    return next->kind == NN_KIND_ELTWISE && host->posts_n < NN_POSTS_MAX &&
           (host->kind == NN_KIND_CONV || host->kind == NN_KIND_INNER ||
            host->kind == NN_KIND_BINARY || host->kind == NN_KIND_SCALE);
}

/* Takes the next node into the one at `index`; true when there may be more to take. */
static bool fuse_next(struct nn_graph *graph, struct usage *usage, guint index)
{
    struct nn_node *host = nn_graph_node(graph, index);
    int at = usage->consumer[host->output];
    if (host->removed || at == NN_NONE || usage->uses[host->output] != 1 ||
        usage->last[host->output] == G_MAXINT) {
        return false;
    }
    struct nn_node *next = nn_graph_node(graph, (unsigned)at);
    if (can_apply(host, next)) {
        host->posts[host->posts_n++] = (struct nn_post){.sum = NN_NONE, .eltwise = next->eltwise};
        host->output = next->output;
        next->removed = true;
        return true;
    }
    if (next->kind != NN_KIND_BINARY) {
        return false;
    }
    int other = next->inputs[next->inputs[0] == host->output ? 1 : 0];
    if (!can_sum(graph, usage, host, next, other)) {
        return false;
    }
    host->posts[host->posts_n++] = (struct nn_post){.sum = other};
    host->output = next->output;
    next->removed = true;
    /* The host moves to where the sum was: only there both operands exist. */
    graph->nodes->pdata[index] = next;
    graph->nodes->pdata[at] = host;
    for (int i = 0; i < host->inputs_n; i++) {
        usage_read(usage, host->inputs[i], at);
    }
    usage_read(usage, other, at);
    return false;
}

bool nn_graph_fuse(struct nn_graph *graph, bool pointwise, GError **error)
{
    for (guint i = 0; i < graph->nodes->len; i++) {
        struct nn_node *node = nn_graph_node(graph, i);
        if (node->kind == NN_KIND_REDUCE) {
            mean_to_pool(graph, node);
        }
    }
    drop_reshapes(graph);
    nn_graph_prune(graph);
    if (!fold_scales(graph, error)) {
        return false;
    }
    nn_graph_prune(graph);

    struct usage usage;
    usage_init(&usage, graph);
    for (guint i = 0; i < graph->nodes->len; i++) {
        if (nn_graph_node(graph, i)->kind == NN_KIND_RESHAPE) {
            find_shuffle(graph, &usage, nn_graph_node(graph, i));
        }
    }
    usage_finish(&usage);
    nn_graph_prune(graph);

    usage_init(&usage, graph);
    for (guint i = 0; i < graph->nodes->len; i++) {
        while (fuse_next(graph, &usage, i)) {
        }
    }
    usage_finish(&usage);
    nn_graph_prune(graph);
    nn_graph_fuse_slopes(graph, pointwise);
    return true;
}
