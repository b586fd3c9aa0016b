/* PReLUs become part of the convolutions beside them. */
#include "nn/graph.h"
#include "nn/kernels.h"
#include "nn/kernels_set.h"

static bool is_dense_picture(const struct nn_graph *graph, const struct nn_node *node)
{
    return node->kind == NN_KIND_CONV && node->window.spatial == 2 &&
           node->window.dilation[0] == 1 && node->window.dilation[1] == 1 &&
           nn_graph_value(graph, node->inputs[0])->shape.rank == 4;
}

bool nn_node_is_depthwise(const struct nn_graph *graph, const struct nn_node *node)
{
    const struct nn_kernels *kernels = nn_kernels();
    if (kernels == NULL || !is_dense_picture(graph, node)) {
        return false;
    }
    int64_t channels = nn_graph_value(graph, node->inputs[0])->shape.dims[1];
    return node->groups == channels &&
           nn_graph_value(graph, node->output)->shape.dims[1] == channels &&
           channels >= kernels->lanes && node->window.kernel[0] <= NN_KERNEL_HEIGHT_MAX;
}

bool nn_node_is_pointwise(const struct nn_graph *graph, const struct nn_node *node)
{
    const struct nn_kernels *kernels = nn_kernels();
    if (kernels == NULL || kernels->pointwise == NULL || !is_dense_picture(graph, node)) {
        return false;
    }
    const struct nn_window *window = &node->window;
    const struct nn_shape *in = &nn_graph_value(graph, node->inputs[0])->shape;
    const struct nn_shape *out = &nn_graph_value(graph, node->output)->shape;
    for (int i = 0; i < 2; i++) {
        if (window->kernel[i] != 1 || window->stride[i] != 1 || window->pad_begin[i] != 0 ||
            window->pad_end[i] != 0) {
            return false;
        }
    }
    bool posts_fit = node->posts_n == 0 || (node->posts_n == 1 && node->posts[0].sum != NN_NONE);
    /* A single pixel is read as fast as it is computed: nothing to gain. */
    return posts_fit && node->groups == 1 && in->dims[1] % 16 == 0 && out->dims[1] % 64 == 0 &&
           out->dims[2] * out->dims[3] > 1;
}

/* The PReLU's slopes, one a channel of its data; NN_NONE when they are something else. */
static int channel_slopes(const struct nn_graph *graph, const struct nn_node *node)
{
    const struct nn_tensor *slope = nn_graph_value(graph, node->inputs[1])->constant;
    const struct nn_shape *data = &nn_graph_value(graph, node->inputs[0])->shape;
    if (slope == NULL || data->rank != 4) {
        return NN_NONE;
    }
    struct nn_shape shape = nn_shape_extended(&slope->shape, 4);
    bool fits = shape.rank == 4 && shape.dims[1] == data->dims[1] && slope->count == shape.dims[1];
    return fits ? node->inputs[1] : NN_NONE;
}

/* What nn_graph_uses counts, and who makes each value. */
struct slopes {
    struct nn_graph *graph;
    int *uses;
    struct nn_node **maker;
};

static struct nn_node *sole_maker(const struct slopes *slopes, int value)
{
    return slopes->uses[value] == 1 ? slopes->maker[value] : NULL;
}

/* The PReLU goes into the convolution that makes its data. */
static void fuse_after(struct slopes *slopes, struct nn_node *prelu, bool pointwise)
{
    const struct nn_graph *graph = slopes->graph;
    struct nn_node *host = sole_maker(slopes, prelu->inputs[0]);
    int slope = channel_slopes(graph, prelu);
    if (host == NULL || slope == NN_NONE || host->slope_after != NN_NONE) {
        return;
    }
    bool depthwise = nn_node_is_depthwise(graph, host) && host->posts_n == 0;
    if (depthwise || (pointwise && nn_node_is_pointwise(graph, host))) {
        host->slope_after = slope;
        host->output = prelu->output;
        slopes->maker[prelu->output] = host;
        prelu->removed = true;
    }
}

/* The PReLU that makes a depthwise convolution's data goes into that. */
static void fuse_before(struct slopes *slopes, struct nn_node *node)
{
    struct nn_node *prelu = sole_maker(slopes, node->inputs[0]);
    if (prelu == NULL || prelu->kind != NN_KIND_PRELU || prelu->removed ||
        slopes->maker[prelu->inputs[0]] == NULL) {
        return;
    }
    int slope = channel_slopes(slopes->graph, prelu);
    if (slope != NN_NONE && node->posts_n == 0) {
        node->slope_before = slope;
        node->inputs[0] = prelu->inputs[0];
        prelu->removed = true;
    }
}

void nn_graph_fuse_slopes(struct nn_graph *graph, bool pointwise)
{
    struct slopes slopes = {
        .graph = graph,
        .uses = nn_graph_uses(graph),
        .maker = g_new0(struct nn_node *, graph->values->len),
    };
    for (guint i = 0; i < graph->nodes->len; i++) {
        struct nn_node *node = nn_graph_node(graph, i);
        slopes.maker[node->output] = node;
        if (node->kind == NN_KIND_PRELU) {
            fuse_after(&slopes, node, pointwise);
        } else if (nn_node_is_depthwise(graph, node)) {
            fuse_before(&slopes, node);
        }
    }
    g_free(slopes.uses);
    g_free(slopes.maker);
    nn_graph_prune(graph);
}
