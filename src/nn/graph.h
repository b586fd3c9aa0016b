/*
 * The typed graph between ONNX and oneDNN.
 *
 * Every value has a static shape. The many ways in which ONNX writes the same thing end up in few
 * kinds: Flatten, Squeeze, Unsqueeze, Identity and Dropout are reshapes, a Split is several
 * slices, every activation function is an element-wise node, Gemm and MatMul with constant weights
 * are inner products. Nodes are in an order in which they can be computed.
 */
#ifndef NN_GRAPH_H
#define NN_GRAPH_H

#include <dnnl.h>

#include "nn/tensor.h"

#define NN_SPATIAL_MAX 3
#define NN_POSTS_MAX 4
#define NN_NONE (-1)
/* Nodes may share weights in the file, but not once each is fused with what follows it. */
#define NN_REWRITTEN_MAX (2 * NN_COUNT_MAX)

enum nn_kind {
    NN_KIND_CONV,      /* data, weights (constant), bias (constant or none) */
    NN_KIND_INNER,     /* data (N,K), weights (constant O,K), bias (constant O or none) */
    NN_KIND_MATMUL,    /* two activations; transposed operands were transposed before */
    NN_KIND_POOL,      /* data */
    NN_KIND_REDUCE,    /* data; mean over `mask` axes, dimensions kept */
    NN_KIND_SCALE,     /* data, scale (constant C), shift (constant C): a lone BatchNormalization */
    NN_KIND_ELTWISE,   /* data */
    NN_KIND_BINARY,    /* two operands with broadcasting */
    NN_KIND_PRELU,     /* data, slope (broadcastable to data) */
    NN_KIND_SOFTMAX,   /* data; over `axis` */
    NN_KIND_CONCAT,    /* one or more; along `axis` */
    NN_KIND_SLICE,     /* data; `begin` and positive `step` for each axis */
    NN_KIND_TRANSPOSE, /* data; output axis i is input axis permutation[i] */
    NN_KIND_RESHAPE,   /* data */
    NN_KIND_SHUFFLE,   /* data (N,C,...): C seen as `groups` rows is transposed */
    NN_KIND_N,
};

struct nn_window {
    int spatial; /* 1 to NN_SPATIAL_MAX dimensions after batch and channels */
    dnnl_dims_t kernel;
    dnnl_dims_t stride;
    dnnl_dims_t dilation; /* 1 is dense */
    dnnl_dims_t pad_begin;
    dnnl_dims_t pad_end; /* with ceil_mode: what the last window needs */
};

struct nn_eltwise {
    dnnl_alg_kind_t algorithm;
    float alpha;
    float beta;
};

/* What a convolution, inner product or binary does to its result before storing it. */
struct nn_post {
    int sum; /* value to add, or NN_NONE for an element-wise function */
    struct nn_eltwise eltwise;
};

struct nn_node {
    enum nn_kind kind;
    char *label; /* operator and name for messages, printable */
    int *inputs; /* values, NN_NONE where an optional one is absent */
    int inputs_n;
    int output;
    bool removed;

    struct nn_window window; /* CONV, POOL */
    int64_t groups;          /* CONV, SHUFFLE */
    struct nn_eltwise eltwise;
    dnnl_alg_kind_t algorithm; /* POOL, BINARY */
    int axis;                  /* SOFTMAX, CONCAT */
    unsigned mask;             /* REDUCE */
    int permutation[NN_DIMS_MAX];
    dnnl_dims_t begin;
    dnnl_dims_t step;
    struct nn_post posts[NN_POSTS_MAX];
    int posts_n;
    /* CONV: slopes (constants, one a channel) of a PReLU of the data and of one of the result,
     * after the posts; NN_NONE without. */
    int slope_before;
    int slope_after;
};

struct nn_value {
    struct nn_shape shape;
    struct nn_tensor *constant; /* owned; NULL for an activation */
};

struct nn_graph {
    GArray *values;    /* struct nn_value */
    GPtrArray *nodes;  /* struct nn_node *, owned */
    int input;         /* value */
    GArray *wanted;    /* int: values to deliver, in the order asked for */
    int64_t rewritten; /* elements of weights copied for fusing, against NN_REWRITTEN_MAX */
};

struct nn_graph *nn_graph_create(void);
void nn_graph_destroy(struct nn_graph *graph);

/* Valid until a value is added. */
struct nn_value *nn_graph_value(const struct nn_graph *graph, int value);
struct nn_node *nn_graph_node(const struct nn_graph *graph, unsigned node);
int nn_graph_activation_add(struct nn_graph *graph, const struct nn_shape *shape);
/* Takes the tensor. */
int nn_graph_constant_add(struct nn_graph *graph, struct nn_tensor *tensor);
/* Appends a node; `inputs` is copied. Valid as long as the graph. */
struct nn_node *nn_graph_node_add(struct nn_graph *graph, enum nn_kind kind, const char *label,
                                  const int *inputs, int inputs_n, int output);

/* How often each value is read by the nodes that are left, posts and wanted outputs included.
 * One int a value; free with g_free. */
int *nn_graph_uses(const struct nn_graph *graph);

/* Removes what no wanted output depends on. */
void nn_graph_prune(struct nn_graph *graph);

/* Rewrites the graph for speed: batch normalisation into weights, activation functions and
 * residual sums into the primitive before them, channel shuffles recognised. PReLUs beside
 * depthwise convolutions become part of them where this processor has a kernel of ours; with
 * `pointwise` those behind pointwise convolutions become part of these instead. */
bool nn_graph_fuse(struct nn_graph *graph, bool pointwise, GError **error);

/* The last part of nn_graph_fuse: the PReLUs. */
void nn_graph_fuse_slopes(struct nn_graph *graph, bool pointwise);

/* True for a depthwise convolution that our kernels can do. */
bool nn_node_is_depthwise(const struct nn_graph *graph, const struct nn_node *node);
/* True for a pointwise convolution that our 8-bit kernel can do. */
bool nn_node_is_pointwise(const struct nn_graph *graph, const struct nn_node *node);

#endif
