/*
 * From the typed graph to oneDNN primitives.
 *
 * Convolutions choose their layouts and the other primitives take what they are given, so that data
 * stays blocked from the first convolution to the last. Reorders appear only where two layouts
 * meet. A buffer is overwritten in place when nothing reads it afterwards.
 */
#ifndef NN_LOWER_H
#define NN_LOWER_H

#include "nn/graph.h"
#include "nn/nn.h"
#include "nn/plan.h"
#include "nn/quantise.h"

#define NN_ARGS_MAX 8
/* Bytes of all constants in the layouts of their nodes: nodes may share them in the file, but each
 * has its own copy here. */
#define NN_CONSTANTS_MAX ((size_t)768 << 20)

struct nn_pixels;

struct nn_lower {
    const struct nn_graph *graph;
    struct nn_plan *plan;
    dnnl_stream_t stream;       /* for reorders of weights while loading */
    int *memory_of;             /* value → memory, NN_NONE before it is computed */
    int *reads_left;            /* value → reads by nodes not lowered yet, and by the caller */
    GArray *pending;            /* int per buffer: sum of reads_left of the values in it */
    size_t constants;           /* bytes, against NN_CONSTANTS_MAX */
    const struct nn_node *node; /* for messages */

    /* Of nn_lower_rows; one of each a value: */
    const struct nn_node **reader; /* a node that reads it, or NULL */
    bool *within;                  /* the node that makes it has been lowered with one before it */
    int *joint; /* of a concatenation: memory into which its parts are written, or NN_NONE */

    struct nn_pixels **pixels; /* one a wanted value: how it is computed on demand, or NULL */

    const struct nn_ranges *int8; /* as in nn_options */
    struct nn_ranges *observe;
    int *reader_of; /* value → number of its range, NN_NONE unless a pointwise convolution reads it;
                     * this and those below are NULL without ranges */
    int *byte_reads; /* value → reads of its 8-bit copy */
    int *bytes_of;   /* value → memory of that, NN_NONE before it is made */
};

/* The plan of a fused graph; NULL with an error that names the node. The graph was fused with
 * `pointwise` when the options have ranges. */
struct nn_plan *nn_lower_graph(const struct nn_graph *graph, const struct nn_options *options,
                               GError **error);

/* Layouts. */
void nn_layout_dims(const struct nn_shape *shape, dnnl_dims_t dims);
dnnl_memory_desc_t nn_layout_plain(const struct nn_shape *shape);
dnnl_memory_desc_t nn_layout_any(const struct nn_shape *shape);
/* The blocks and the order of axes of `like`, for another shape of the same rank; dense. */
dnnl_memory_desc_t nn_layout_like(const dnnl_memory_desc_t *like, const struct nn_shape *shape);
/* Dense with axis 1 innermost, as in NHWC. */
dnnl_memory_desc_t nn_layout_channels_last(const struct nn_shape *shape);
/* The part of a dense layout that begins at `begin` along the axis; no block may be cut. */
dnnl_memory_desc_t nn_layout_part(const dnnl_memory_desc_t *layout, const struct nn_shape *part,
                                  int axis, int64_t begin);
/* True when the bytes lie dense and row-major, whatever the layout is called. */
bool nn_layout_is_plain(const dnnl_memory_desc_t *layout);
/* The axes as letters from the outermost to the innermost, blocks at the end, such as "abcd16b".
 * Free with g_free. */
char *nn_layout_text(const dnnl_memory_desc_t *layout);

/* Errors. */
bool nn_lower_fail(const struct nn_lower *lower, dnnl_status_t status, GError **error);

/* Memories. All return an index into the plan's memories, NN_NONE after an error. */
int nn_lower_memory_new(struct nn_lower *lower, const dnnl_memory_desc_t *layout);
int nn_lower_memory_view(struct nn_lower *lower, int memory, const dnnl_memory_desc_t *layout);
/* A constant of the graph, seen as `shape`, in the given layout. */
int nn_lower_constant(struct nn_lower *lower, int value, const struct nn_shape *shape,
                      const dnnl_memory_desc_t *layout, GError **error);
/* Where a value lies; a constant is put into plain memory. */
int nn_lower_input(struct nn_lower *lower, int value, GError **error);
/* The memory itself when it has this layout already, else a reordered copy. */
int nn_lower_reordered(struct nn_lower *lower, int memory, const dnnl_memory_desc_t *layout,
                       GError **error);
int nn_lower_plain(struct nn_lower *lower, int memory, const struct nn_shape *shape,
                   GError **error);
bool nn_lower_copy(struct nn_lower *lower, int from, int to, GError **error);
const dnnl_memory_desc_t *nn_lower_layout(const struct nn_lower *lower, int memory);
/* True when the node at work, which reads `memory` for `value`, is its buffer's last reader. */
bool nn_lower_may_overwrite(const struct nn_lower *lower, int memory, int value);
/* The memory is the node's output. */
bool nn_lower_bind(struct nn_lower *lower, int value, int memory);

/* Steps. Creates the descriptor, lets `operation` be any dnnl_…_desc_t. */
dnnl_primitive_desc_t nn_lower_descriptor(struct nn_lower *lower, const void *operation,
                                          const dnnl_post_ops_t post_ops, GError **error);
const dnnl_memory_desc_t *nn_lower_query(const dnnl_primitive_desc_t descriptor, dnnl_query_t what,
                                         int index);
/* Counts bytes of constants; false with an error over NN_CONSTANTS_MAX. */
bool nn_lower_constants_take(struct nn_lower *lower, size_t bytes, GError **error);
/* Makes the primitive, adds scratch memory and the step. Takes the descriptor. */
bool nn_lower_step(struct nn_lower *lower, dnnl_primitive_desc_t descriptor,
                   const struct nn_arg *args, guint args_n, GError **error);
/* A step reads or writes the memory: its buffer lives until then. */
void nn_lower_touch(struct nn_lower *lower, int memory, int step);
/* Sum and element-wise posts of the node; NULL when it has none. Free with
 * dnnl_post_ops_destroy. */
dnnl_post_ops_t nn_lower_posts(const struct nn_node *node);
/* The output's memory: where the summed operand lies if it can be overwritten, else a new one
 * that holds a copy of it; a new one without a sum. */
int nn_lower_destination(struct nn_lower *lower, const dnnl_memory_desc_t *layout, GError **error);

/* One function a kind. */
bool nn_lower_conv(struct nn_lower *lower, const struct nn_node *node, GError **error);
bool nn_lower_inner(struct nn_lower *lower, const struct nn_node *node, GError **error);
bool nn_lower_matmul(struct nn_lower *lower, const struct nn_node *node, GError **error);
bool nn_lower_pool(struct nn_lower *lower, const struct nn_node *node, GError **error);
bool nn_lower_reduce(struct nn_lower *lower, const struct nn_node *node, GError **error);
bool nn_lower_scale(struct nn_lower *lower, const struct nn_node *node, GError **error);
bool nn_lower_eltwise(struct nn_lower *lower, const struct nn_node *node, GError **error);
bool nn_lower_binary(struct nn_lower *lower, const struct nn_node *node, GError **error);
bool nn_lower_prelu(struct nn_lower *lower, const struct nn_node *node, GError **error);
bool nn_lower_softmax(struct nn_lower *lower, const struct nn_node *node, GError **error);
bool nn_lower_concat(struct nn_lower *lower, const struct nn_node *node, GError **error);
bool nn_lower_slice(struct nn_lower *lower, const struct nn_node *node, GError **error);
bool nn_lower_transpose(struct nn_lower *lower, const struct nn_node *node, GError **error);
bool nn_lower_reshape(struct nn_lower *lower, const struct nn_node *node, GError **error);
bool nn_lower_shuffle(struct nn_lower *lower, const struct nn_node *node, GError **error);

#endif
