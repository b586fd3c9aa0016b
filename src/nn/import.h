/*
 * From the ONNX message to the typed graph: order, names, attributes of opsets 7 to 17, shapes,
 * and folding of everything that is known without the input.
 */
#ifndef NN_IMPORT_H
#define NN_IMPORT_H

#include "nn/graph.h"
#include "nn/proto.h"

struct nn_import {
    struct nn_graph *graph;
    const Onnx__GraphProto *proto;
    GHashTable *names; /* char * → value + 1 */
    int64_t opset;
    /* The batch size of the file and the one chosen: reshapes that spell the first are adapted. */
    int64_t batch_file;
    int64_t batch;
    /* The node at work, for messages. */
    const Onnx__NodeProto *node;
    char *label;
    int64_t folded; /* elements of all constants made from others, against NN_COUNT_MAX */
};

/* The graph, pruned to what the options want. The message names the node that failed. */
struct nn_graph *nn_import_model(const Onnx__ModelProto *model, const struct nn_options *options,
                                 GError **error);

/* Weights of the file; NULL with an error when their size or type is wrong. */
struct nn_tensor *nn_import_tensor(const Onnx__TensorProto *proto, GError **error);

/* An operator's importer: reads attributes, checks shapes, adds nodes or constants. */
typedef bool (*nn_import_fn)(struct nn_import *im, GError **error);

struct nn_import_op {
    const char *name;
    int inputs_min;
    int inputs_max;
    const char *attributes; /* known names between spaces, such as " axis keepdims " */
    nn_import_fn run;
};

/* NULL when the operator is not implemented. */
const struct nn_import_op *nn_import_op_find(const char *name);

/* Helpers for importers. All errors name the node. */
bool nn_import_fail(const struct nn_import *im, int code, GError **error, const char *format, ...)
    G_GNUC_PRINTF(4, 5);
const Onnx__AttributeProto *nn_import_attribute(const struct nn_import *im, const char *name);
int64_t nn_import_int(const struct nn_import *im, const char *name, int64_t missing);
float nn_import_float(const struct nn_import *im, const char *name, float missing);
/* Integers of an attribute, or of the constant input `input` (pass NN_NONE for never); a count of
 * -1 when there is neither. An input that is not a constant list of integers is an error. */
bool nn_import_ints(const struct nn_import *im, const char *name, int input, const int64_t **ints,
                    int *count, GError **error);
/* The value of an input, or NN_NONE when it is absent. */
int nn_import_input(const struct nn_import *im, int input);
/* An input's shape or constant; the input must be there (importers declare how many they need). */
const struct nn_shape *nn_import_shape(const struct nn_import *im, int input);
const struct nn_tensor *nn_import_constant(const struct nn_import *im, int input);
/* Turns a possibly negative axis into 0..rank-1 (0..rank when `end_ok`); -1 after an error. */
int nn_import_axis(const struct nn_import *im, int64_t axis, int rank, bool end_ok, GError **error);
/* Counts the elements of a constant about to be made; false with BASE_ERROR_TOO_LARGE when all of
 * them together are too many. A few bytes of nodes could ask for gigabytes otherwise. */
bool nn_import_count(struct nn_import *im, int64_t elements, GError **error);
/* Gives the node's output a name. Takes the constant. */
bool nn_import_output_constant(struct nn_import *im, struct nn_tensor *constant, GError **error);
/* Adds a node with an activation of this shape as the ONNX node's output number `output`. */
struct nn_node *nn_import_node(struct nn_import *im, enum nn_kind kind, const int *inputs,
                               int inputs_n, const struct nn_shape *shape, int output,
                               GError **error);

/* Importers, one file a family; nn_import_op_find has the table. */
bool nn_import_conv(struct nn_import *im, GError **error);
bool nn_import_pool(struct nn_import *im, GError **error);
bool nn_import_global_pool(struct nn_import *im, GError **error);
bool nn_import_batchnorm(struct nn_import *im, GError **error);
bool nn_import_gemm(struct nn_import *im, GError **error);
bool nn_import_matmul(struct nn_import *im, GError **error);
bool nn_import_eltwise(struct nn_import *im, GError **error);
bool nn_import_clip(struct nn_import *im, GError **error);
bool nn_import_binary(struct nn_import *im, GError **error);
bool nn_import_prelu(struct nn_import *im, GError **error);
bool nn_import_softmax(struct nn_import *im, GError **error);
bool nn_import_reduce_mean(struct nn_import *im, GError **error);
bool nn_import_concat(struct nn_import *im, GError **error);
bool nn_import_split(struct nn_import *im, GError **error);
bool nn_import_slice(struct nn_import *im, GError **error);
bool nn_import_gather(struct nn_import *im, GError **error);
bool nn_import_transpose(struct nn_import *im, GError **error);
bool nn_import_reshape(struct nn_import *im, GError **error);
bool nn_import_flatten(struct nn_import *im, GError **error);
bool nn_import_squeeze(struct nn_import *im, GError **error);
bool nn_import_unsqueeze(struct nn_import *im, GError **error);
bool nn_import_identity(struct nn_import *im, GError **error);
bool nn_import_shape_of(struct nn_import *im, GError **error);
bool nn_import_constant_op(struct nn_import *im, GError **error);
bool nn_import_constant_of_shape(struct nn_import *im, GError **error);
bool nn_import_cast(struct nn_import *im, GError **error);

/* Constant evaluation. NULL with an error that names the node. */
struct nn_tensor *nn_fold_binary(const struct nn_import *im, dnnl_alg_kind_t algorithm,
                                 const struct nn_tensor *a, const struct nn_tensor *b,
                                 GError **error);
struct nn_tensor *nn_fold_reshape(const struct nn_tensor *data, const struct nn_shape *shape,
                                  GError **error);
/* Element (i0, i1, …) of the result is the data's element at offset + Σ i·strides. */
struct nn_tensor *nn_fold_strided(const struct nn_tensor *data, const struct nn_shape *shape,
                                  int64_t offset, const int64_t *strides, GError **error);
struct nn_tensor *nn_fold_concat(const struct nn_import *im, int axis, const struct nn_shape *shape,
                                 GError **error);
struct nn_tensor *nn_fold_gather(const struct nn_import *im, const struct nn_tensor *data,
                                 const struct nn_tensor *indices, int axis, GError **error);

#endif
