/* The table of operators, and the reading of weights. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "nn/import.h"

#define MANY 4096
#define WINDOW_ATTRIBUTES " auto_pad kernel_shape pads strides "

/* Sorted by name. */
static const struct nn_import_op ops[] = {
    {"Abs", 1, 1, " ", nn_import_eltwise},
    {"Add", 2, 2, " ", nn_import_binary},
    {"AveragePool", 1, 1, WINDOW_ATTRIBUTES "count_include_pad ceil_mode dilations ",
     nn_import_pool},
    {"BatchNormalization", 5, 5, " epsilon momentum spatial training_mode ", nn_import_batchnorm},
    {"Cast", 1, 1, " to ", nn_import_cast},
    {"Clip", 1, 3, " min max ", nn_import_clip},
    {"Concat", 1, MANY, " axis ", nn_import_concat},
    {"Constant", 0, 0, " value value_float value_floats value_int value_ints ",
     nn_import_constant_op},
    {"ConstantOfShape", 1, 1, " value ", nn_import_constant_of_shape},
    {"Conv", 2, 3, WINDOW_ATTRIBUTES "dilations group ", nn_import_conv},
    {"Div", 2, 2, " ", nn_import_binary},
    {"Dropout", 1, 3, " ratio seed ", nn_import_identity},
    {"Elu", 1, 1, " alpha ", nn_import_eltwise},
    {"Exp", 1, 1, " ", nn_import_eltwise},
    {"Flatten", 1, 1, " axis ", nn_import_flatten},
    {"Gather", 2, 2, " axis ", nn_import_gather},
    {"Gemm", 2, 3, " alpha beta transA transB ", nn_import_gemm},
    {"GlobalAveragePool", 1, 1, " ", nn_import_global_pool},
    {"GlobalMaxPool", 1, 1, " ", nn_import_global_pool},
    {"HardSwish", 1, 1, " ", nn_import_eltwise},
    {"Identity", 1, 1, " ", nn_import_identity},
    {"LeakyRelu", 1, 1, " alpha ", nn_import_eltwise},
    {"MatMul", 2, 2, " ", nn_import_matmul},
    {"MaxPool", 1, 1, WINDOW_ATTRIBUTES "ceil_mode dilations storage_order ", nn_import_pool},
    {"Mul", 2, 2, " ", nn_import_binary},
    {"PRelu", 2, 2, " ", nn_import_prelu},
    {"ReduceMean", 1, 1, " axes keepdims ", nn_import_reduce_mean},
    {"Relu", 1, 1, " ", nn_import_eltwise},
    {"Reshape", 2, 2, " allowzero ", nn_import_reshape},
    {"Shape", 1, 1, " ", nn_import_shape_of},
    {"Sigmoid", 1, 1, " ", nn_import_eltwise},
    {"Slice", 1, 5, " starts ends axes ", nn_import_slice},
    {"Softmax", 1, 1, " axis ", nn_import_softmax},
    {"Split", 1, 2, " axis split ", nn_import_split},
    {"Sqrt", 1, 1, " ", nn_import_eltwise},
    {"Squeeze", 1, 2, " axes ", nn_import_squeeze},
    {"Sub", 2, 2, " ", nn_import_binary},
    {"Tanh", 1, 1, " ", nn_import_eltwise},
    {"Transpose", 1, 1, " perm ", nn_import_transpose},
    {"Unsqueeze", 1, 2, " axes ", nn_import_unsqueeze},
};

static int compare_name(const void *name, const void *op)
{
    return strcmp(name, ((const struct nn_import_op *)op)->name);
}

const struct nn_import_op *nn_import_op_find(const char *name)
{
    return bsearch(name, ops, G_N_ELEMENTS(ops), sizeof ops[0], compare_name);
}

static bool read_floats(const Onnx__TensorProto *proto, struct nn_tensor *tensor)
{
    size_t count = (size_t)tensor->count;
    if (proto->has_raw_data && proto->raw_data.len == count * sizeof(float)) {
        /* Raw data is little-endian, like the machines that oneDNN's kernels are for. */
        memcpy(tensor->floats, proto->raw_data.data, proto->raw_data.len);
        return true;
    }
    if (proto->has_raw_data || proto->n_float_data != count) {
        return false;
    }
    memcpy(tensor->floats, proto->float_data, count * sizeof(float));
    return true;
}

static bool read_ints(const Onnx__TensorProto *proto, struct nn_tensor *tensor)
{
    size_t count = (size_t)tensor->count;
    bool wide = proto->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__INT64;
    bool bytes = proto->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__BOOL;
    size_t size = wide ? sizeof(int64_t) : bytes ? 1 : sizeof(int32_t);
    if (proto->has_raw_data ? proto->raw_data.len != count * size
                            : (wide ? proto->n_int64_data : proto->n_int32_data) != count) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        int32_t narrow = 0;
        if (!proto->has_raw_data) {
            tensor->ints[i] = wide ? proto->int64_data[i] : proto->int32_data[i];
        } else if (wide) {
            memcpy(&tensor->ints[i], proto->raw_data.data + i * size, size);
        } else {
            memcpy(&narrow, proto->raw_data.data + i * size, size);
            tensor->ints[i] = narrow;
        }
    }
    return true;
}

struct nn_tensor *nn_import_tensor(const Onnx__TensorProto *proto, GError **error)
{
    bool external = proto->has_data_location &&
                    proto->data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL;
    bool floats = proto->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
    bool ints = proto->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__INT64 ||
                proto->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__INT32 ||
                proto->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__BOOL;
    if (external || proto->segment != NULL || (!floats && !ints)) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_UNSUPPORTED,
                    "only float32 and integer tensors kept in the file are supported");
        return NULL;
    }
    struct nn_shape shape = {.rank = (int)MIN(proto->n_dims, (size_t)NN_DIMS_MAX + 1)};
    for (int i = 0; i < MIN(shape.rank, NN_DIMS_MAX); i++) {
        shape.dims[i] = proto->dims[i];
    }
    if (!nn_shape_valid(&shape, true)) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID, "an impossible shape");
        return NULL;
    }
    /* Compared before memory is taken: a few bytes must not ask for much. */
    size_t bytes = MAX(proto->raw_data.len,
                       8 * MAX(proto->n_float_data, MAX(proto->n_int64_data, proto->n_int32_data)));
    if ((size_t)nn_shape_count(&shape) > bytes) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_CORRUPT, "less data than its shape needs");
        return NULL;
    }
    struct nn_tensor *tensor =
        nn_tensor_create(floats ? NN_TYPE_FLOAT : NN_TYPE_INT64, &shape, error);
    if (tensor == NULL || tensor->count == 0) {
        return tensor;
    }
    if (floats ? !read_floats(proto, tensor) : !read_ints(proto, tensor)) {
        nn_tensor_destroy(tensor);
        g_set_error(error, BASE_ERROR, BASE_ERROR_CORRUPT, "its data does not have its shape");
        return NULL;
    }
    nn_tensor_flush_denormals(tensor);
    return tensor;
}
