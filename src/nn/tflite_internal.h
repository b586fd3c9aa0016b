/* What the TensorFlow Lite importer's parts share; private to the folder. */
#ifndef NN_TFLITE_INTERNAL_H
#define NN_TFLITE_INTERNAL_H

#include "nn/flat.h"
#include "nn/graph.h"

/* Numbers of fields, by table of the schema. */
enum { MODEL_VERSION, MODEL_CODES, MODEL_GRAPHS, MODEL_BUFFERS = 4 };
enum { CODE_OLD, CODE_CUSTOM, CODE_VERSION, CODE_NEW };
enum { GRAPH_TENSORS, GRAPH_INPUTS, GRAPH_OUTPUTS, GRAPH_OPERATORS };
enum { TENSOR_SHAPE, TENSOR_TYPE, TENSOR_BUFFER };
enum { OPERATOR_CODE, OPERATOR_INPUTS, OPERATOR_OUTPUTS, OPERATOR_OPTIONS = 4 };
enum { BUFFER_DATA };
enum { CONV_PADDING, CONV_STRIDE_X, CONV_STRIDE_Y, CONV_ACTIVATION, CONV_DILATION_X };
enum { DEPTHWISE_MULTIPLIER = 3, DEPTHWISE_ACTIVATION, DEPTHWISE_DILATION_X };
enum { BINARY_ACTIVATION };
enum { PADDING_SAME, PADDING_VALID };
enum { ACTIVATION_NONE, ACTIVATION_RELU };
enum { TYPE_FLOAT };
struct nn_tflite;

struct nn_tflite_kind {
    int code; /* of the schema's BuiltinOperator */
    const char *name;
    bool (*import)(struct nn_tflite *file, GError **error);
};

struct nn_tflite {
    struct nn_flat flat;
    struct nn_graph *graph;
    struct nn_flat_vector codes, buffers, tensors, operators;
    int *values;      /* of each tensor, NN_NONE until it is computed */
    int *producers;   /* operator that computes each tensor, or NN_NONE */
    int64_t batch[2]; /* of the file, and the one chosen */
    int64_t copied;   /* elements of all constants, against NN_COUNT_MAX */
    /* The operator at work. */
    const struct nn_tflite_kind *kind;
    uint32_t number;
    struct nn_flat_vector inputs, outputs;
    size_t options;
};

/* False with the operator's name and place. */
bool nn_tflite_fail(const struct nn_tflite *file, int code, GError **error, const char *reason);

/* Tensor of an operator's input or output, or NN_NONE. */
int nn_tflite_tensor(struct nn_tflite *file, const struct nn_flat_vector *list, uint32_t index);
/* As the file says, channels last; false when the tensor is not of floats. */
bool nn_tflite_shape(struct nn_tflite *file, int tensor, struct nn_shape *shape);
/* A constant as it lies in the file. NULL, without an error, when it is none or not whole. */
struct nn_tensor *nn_tflite_constant(struct nn_tflite *file, int tensor);
/* Inputs of the operator that computes a tensor, when it is of this name. */
bool nn_tflite_made_by(struct nn_tflite *file, int tensor, const char *name, int inputs[2]);

/* NULL when the operator is not implemented. */
const struct nn_tflite_kind *nn_tflite_kind_of(int code);

#endif
