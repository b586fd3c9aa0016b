#include "nn/tflite.h"

#include <string.h>

#include "base/error.h"
#include "nn/tflite_internal.h"

#define VERSION 3
#define IDENTIFIER_AT 4
#define OPERATORS_MAX 16384
#define TENSORS_MAX 65536

bool nn_tflite_fail(const struct nn_tflite *file, int code, GError **error, const char *reason)
{
    g_set_error(error, BASE_ERROR, file->flat.broken ? BASE_ERROR_CORRUPT : code,
                "operator %u (%s): %s", file->number, file->kind->name,
                file->flat.broken ? "the file is damaged" : reason);
    return false;
}
/* ---- tensors ---- */

/* Tensor of an operator's input or output, or NN_NONE. */
int nn_tflite_tensor(struct nn_tflite *file, const struct nn_flat_vector *list, uint32_t index)
{
    int32_t tensor = index < list->count ? nn_flat_int_at(&file->flat, list, index) : NN_NONE;
    return tensor >= 0 && (uint32_t)tensor < file->tensors.count ? tensor : NN_NONE;
}

bool nn_tflite_shape(struct nn_tflite *file, int tensor, struct nn_shape *shape)
{
    size_t table = nn_flat_table_at(&file->flat, &file->tensors, (uint32_t)tensor);
    struct nn_flat_vector dims = nn_flat_vector(&file->flat, table, TENSOR_SHAPE, sizeof(int32_t));
    if (table == 0 || dims.count > NN_DIMS_MAX) {
        return false;
    }
    *shape = (struct nn_shape){.rank = (int)dims.count};
    for (uint32_t i = 0; i < dims.count; i++) {
        shape->dims[i] = nn_flat_int_at(&file->flat, &dims, i);
    }
    return nn_flat_byte(&file->flat, table, TENSOR_TYPE, TYPE_FLOAT) == TYPE_FLOAT;
}

/* A constant of the file as it lies there. NULL, without an error, when it is none or not whole. */
struct nn_tensor *nn_tflite_constant(struct nn_tflite *file, int tensor)
{
    struct nn_shape shape;
    if (tensor == NN_NONE || !nn_tflite_shape(file, tensor, &shape) ||
        !nn_shape_valid(&shape, false)) {
        return NULL;
    }
    size_t table = nn_flat_table_at(&file->flat, &file->tensors, (uint32_t)tensor);
    uint32_t number = (uint32_t)nn_flat_int(&file->flat, table, TENSOR_BUFFER, 0);
    size_t buffer = nn_flat_table_at(&file->flat, &file->buffers, number);
    struct nn_flat_vector data = nn_flat_vector(&file->flat, buffer, BUFFER_DATA, 1);
    int64_t count = nn_shape_count(&shape);
    file->copied += count;
    if (data.at == 0 || data.count != (uint64_t)count * sizeof(float) ||
        file->copied > NN_COUNT_MAX) {
        return NULL;
    }
    struct nn_tensor *constant = nn_tensor_create(NN_TYPE_FLOAT, &shape, NULL);
    if (constant != NULL) {
        memcpy(constant->floats, file->flat.bytes + data.at, data.count);
        nn_tensor_flush_denormals(constant);
    }
    return constant;
}
/* ---- the file ---- */

/* The operator's code; it was moved when there came to be too many for one byte. */
static int code_of(struct nn_tflite *file, size_t op)
{
    uint32_t number = (uint32_t)nn_flat_int(&file->flat, op, OPERATOR_CODE, 0);
    size_t code = nn_flat_table_at(&file->flat, &file->codes, number);
    int old = nn_flat_byte(&file->flat, code, CODE_OLD, 0);
    return code == 0 ? NN_NONE : MAX(old, nn_flat_int(&file->flat, code, CODE_NEW, 0));
}

bool nn_tflite_made_by(struct nn_tflite *file, int tensor, const char *name, int inputs[2])
{
    int producer = tensor != NN_NONE ? file->producers[tensor] : NN_NONE;
    if (producer == NN_NONE) {
        return false;
    }
    size_t op = nn_flat_table_at(&file->flat, &file->operators, (uint32_t)producer);
    const struct nn_tflite_kind *kind = nn_tflite_kind_of(code_of(file, op));
    size_t options = nn_flat_table(&file->flat, op, OPERATOR_OPTIONS);
    struct nn_flat_vector list = nn_flat_vector(&file->flat, op, OPERATOR_INPUTS, sizeof(int32_t));
    inputs[0] = nn_tflite_tensor(file, &list, 0);
    inputs[1] = nn_tflite_tensor(file, &list, 1);
    /* The steps in question have no option but their activation function. */
    return kind != NULL && strcmp(kind->name, name) == 0 &&
           nn_flat_byte(&file->flat, options, BINARY_ACTIVATION, 0) == ACTIVATION_NONE;
}

static bool import_operator(struct nn_tflite *file, uint32_t number, GError **error)
{
    size_t op = nn_flat_table_at(&file->flat, &file->operators, number);
    int code = code_of(file, op);
    file->number = number;
    file->kind = nn_tflite_kind_of(code);
    if (file->kind == NULL) {
        g_set_error(error, BASE_ERROR,
                    file->flat.broken ? BASE_ERROR_CORRUPT : BASE_ERROR_UNSUPPORTED,
                    "operator %u of the TensorFlow Lite file has the code %d, which is not "
                    "supported",
                    number, code);
        return false;
    }
    file->inputs = nn_flat_vector(&file->flat, op, OPERATOR_INPUTS, sizeof(int32_t));
    file->outputs = nn_flat_vector(&file->flat, op, OPERATOR_OUTPUTS, sizeof(int32_t));
    file->options = nn_flat_table(&file->flat, op, OPERATOR_OPTIONS);
    if (!file->kind->import(file, error)) {
        return false;
    }
    file->producers[nn_tflite_tensor(file, &file->outputs, 0)] = (int)number;
    return true;
}

static bool import_input(struct nn_tflite *file, size_t graph, const struct nn_options *options,
                         GError **error)
{
    struct nn_flat_vector list = nn_flat_vector(&file->flat, graph, GRAPH_INPUTS, sizeof(int32_t));
    struct nn_shape shape;
    int tensor = list.count == 1 ? nn_tflite_tensor(file, &list, 0) : NN_NONE;
    if (tensor == NN_NONE || !nn_tflite_shape(file, tensor, &shape) || shape.rank != 4) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_UNSUPPORTED,
                    "the model does not have exactly one picture of floats as its input");
        return false;
    }
    struct nn_shape chosen = {.rank = 4,
                              .dims = {shape.dims[0], shape.dims[3], shape.dims[1], shape.dims[2]}};
    if (options != NULL && options->input.rank != 0) {
        chosen = options->input;
    }
    if (chosen.rank != 4 || !nn_shape_valid(&chosen, false)) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID, "the model's input is a picture");
        return false;
    }
    file->batch[0] = shape.dims[0];
    file->batch[1] = chosen.dims[0];
    file->graph->input = nn_graph_activation_add(file->graph, &chosen);
    file->values[tensor] = file->graph->input;
    return true;
}

static bool deliver_outputs(struct nn_tflite *file, size_t graph, GError **error)
{
    struct nn_flat_vector list = nn_flat_vector(&file->flat, graph, GRAPH_OUTPUTS, sizeof(int32_t));
    for (uint32_t i = 0; i < list.count; i++) {
        int tensor = nn_tflite_tensor(file, &list, i);
        int value = tensor != NN_NONE ? file->values[tensor] : NN_NONE;
        if (value == NN_NONE || list.count > file->tensors.count) {
            g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID,
                        "an output of the model is computed nowhere");
            return false;
        }
        g_array_append_val(file->graph->wanted, value);
    }
    if (file->graph->wanted->len == 0) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID, "the model has no output");
        return false;
    }
    return true;
}

static bool import_graph(struct nn_tflite *file, size_t graph, const struct nn_options *options,
                         GError **error)
{
    if (!import_input(file, graph, options, error)) {
        return false;
    }
    for (uint32_t i = 0; i < file->operators.count; i++) {
        if (!import_operator(file, i, error)) {
            return false;
        }
    }
    return deliver_outputs(file, graph, error);
}

/* The model's lists; the only graph, or 0. */
static size_t open_file(struct nn_tflite *file, GError **error)
{
    struct nn_flat *flat = &file->flat;
    size_t root = nn_flat_root(flat);
    int32_t version = nn_flat_int(flat, root, MODEL_VERSION, 0);
    struct nn_flat_vector graphs = nn_flat_vector(flat, root, MODEL_GRAPHS, sizeof(uint32_t));
    file->codes = nn_flat_vector(flat, root, MODEL_CODES, sizeof(uint32_t));
    file->buffers = nn_flat_vector(flat, root, MODEL_BUFFERS, sizeof(uint32_t));
    size_t graph = nn_flat_table_at(flat, &graphs, 0);
    file->tensors = nn_flat_vector(flat, graph, GRAPH_TENSORS, sizeof(uint32_t));
    file->operators = nn_flat_vector(flat, graph, GRAPH_OPERATORS, sizeof(uint32_t));
    if (flat->broken || graph == 0) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_CORRUPT, "the TensorFlow Lite file is damaged");
        return 0;
    }
    if (version != VERSION || graphs.count != 1 || file->tensors.count > TENSORS_MAX ||
        file->operators.count > OPERATORS_MAX) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_UNSUPPORTED,
                    "the TensorFlow Lite file has version %d, %u graphs, %u tensors and %u "
                    "operators; version 3, one graph, %d and %d at most are supported",
                    version, graphs.count, file->tensors.count, file->operators.count, TENSORS_MAX,
                    OPERATORS_MAX);
        return 0;
    }
    return graph;
}

bool nn_tflite_recognise(const void *data, size_t size)
{
    return size >= IDENTIFIER_AT + 4 && memcmp((const char *)data + IDENTIFIER_AT, "TFL3", 4) == 0;
}

struct nn_graph *nn_tflite_import(const void *data, size_t size, const struct nn_options *options,
                                  GError **error)
{
    struct nn_tflite file = {.flat = {.bytes = data, .size = size}};
    size_t graph = open_file(&file, error);
    if (graph == 0) {
        return NULL;
    }
    if (options != NULL && options->outputs != NULL) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_UNSUPPORTED,
                    "a TensorFlow Lite file gives its own outputs, no others");
        return NULL;
    }
    file.graph = nn_graph_create();
    file.values = g_new(int, file.tensors.count + 1);
    file.producers = g_new(int, file.tensors.count + 1);
    for (uint32_t i = 0; i < file.tensors.count; i++) {
        file.values[i] = NN_NONE;
        file.producers[i] = NN_NONE;
    }
    bool good = import_graph(&file, graph, options, error);
    g_free(file.values);
    g_free(file.producers);
    if (!good) {
        nn_graph_destroy(file.graph);
        return NULL;
    }
    nn_graph_prune(file.graph);
    return file.graph;
}
