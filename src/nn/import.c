#include "nn/import.h"

#include <stdarg.h>
#include <string.h>

#include "base/error.h"

#define NODES_MAX 65536
#define LABEL_MAX 80
#define OPSET_MIN 7
#define OPSET_MAX 17

/* Names come from the file: made printable and short before they are shown. */
static char *printable(const char *name)
{
    char *text = g_utf8_make_valid(name != NULL ? name : "", -1);
    for (char *at = text; *at != '\0'; at++) {
        if (g_ascii_iscntrl(*at)) {
            *at = '?';
        }
    }
    if (g_utf8_strlen(text, -1) > LABEL_MAX) {
        *g_utf8_offset_to_pointer(text, LABEL_MAX) = '\0';
    }
    return text;
}

static char *node_label(const Onnx__NodeProto *node)
{
    g_autofree char *type = printable(node->op_type);
    const char *name = node->name;
    if ((name == NULL || *name == '\0') && node->n_output > 0) {
        name = node->output[0];
    }
    g_autofree char *shown = printable(name);
    return g_strdup_printf("%s '%s'", type, shown);
}

bool nn_import_fail(const struct nn_import *im, int code, GError **error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(error, BASE_ERROR, code, "node %s: %s", im->label, text);
    return false;
}

const Onnx__AttributeProto *nn_import_attribute(const struct nn_import *im, const char *name)
{
    for (size_t i = 0; i < im->node->n_attribute; i++) {
        const Onnx__AttributeProto *attribute = im->node->attribute[i];
        if (attribute->name != NULL && strcmp(attribute->name, name) == 0) {
            return attribute;
        }
    }
    return NULL;
}

int64_t nn_import_int(const struct nn_import *im, const char *name, int64_t missing)
{
    const Onnx__AttributeProto *attribute = nn_import_attribute(im, name);
    return attribute != NULL && attribute->has_i ? attribute->i : missing;
}

float nn_import_float(const struct nn_import *im, const char *name, float missing)
{
    const Onnx__AttributeProto *attribute = nn_import_attribute(im, name);
    return attribute != NULL && attribute->has_f ? attribute->f : missing;
}

bool nn_import_ints(const struct nn_import *im, const char *name, int input, const int64_t **ints,
                    int *count, GError **error)
{
    const Onnx__AttributeProto *attribute = nn_import_attribute(im, name);
    if (attribute != NULL) {
        if (attribute->n_ints > NN_DIMS_MAX * 4096) {
            return nn_import_fail(im, BASE_ERROR_INVALID, error, "'%s' is too long", name);
        }
        *ints = attribute->ints;
        *count = (int)attribute->n_ints;
        return true;
    }
    *count = -1;
    if (input == NN_NONE || nn_import_input(im, input) == NN_NONE) {
        return true;
    }
    const struct nn_tensor *constant = nn_import_constant(im, input);
    if (constant == NULL || constant->type != NN_TYPE_INT64 || constant->shape.rank > 1 ||
        constant->count > NN_DIMS_MAX * 4096) {
        return nn_import_fail(im, BASE_ERROR_UNSUPPORTED, error,
                              "'%s' is not a constant list of integers", name);
    }
    *ints = constant->ints;
    *count = (int)constant->count;
    return true;
}

int nn_import_input(const struct nn_import *im, int input)
{
    if (input < 0 || (size_t)input >= im->node->n_input || im->node->input[input][0] == '\0') {
        return NN_NONE;
    }
    return GPOINTER_TO_INT(g_hash_table_lookup(im->names, im->node->input[input])) - 1;
}

const struct nn_shape *nn_import_shape(const struct nn_import *im, int input)
{
    return &nn_graph_value(im->graph, nn_import_input(im, input))->shape;
}

const struct nn_tensor *nn_import_constant(const struct nn_import *im, int input)
{
    int value = nn_import_input(im, input);
    return value == NN_NONE ? NULL : nn_graph_value(im->graph, value)->constant;
}

int nn_import_axis(const struct nn_import *im, int64_t axis, int rank, bool end_ok, GError **error)
{
    int64_t last = end_ok ? rank : rank - 1;
    if (axis < -(last + 1) || axis > last) {
        nn_import_fail(im, BASE_ERROR_INVALID, error, "axis %" G_GINT64_FORMAT " of rank %d", axis,
                       rank);
        return -1;
    }
    return (int)(axis < 0 ? axis + last + 1 : axis);
}

static bool name_output(struct nn_import *im, int output, int value, GError **error)
{
    const char *name = im->node->output[output];
    if (!g_hash_table_insert(im->names, (gpointer)name, GINT_TO_POINTER(value + 1))) {
        return nn_import_fail(im, BASE_ERROR_INVALID, error, "its output exists already");
    }
    return true;
}

bool nn_import_count(struct nn_import *im, int64_t elements, GError **error)
{
    im->folded += elements;
    return im->folded <= NN_COUNT_MAX ||
           nn_import_fail(im, BASE_ERROR_TOO_LARGE, error, "too much is folded");
}

bool nn_import_output_constant(struct nn_import *im, struct nn_tensor *constant, GError **error)
{
    if (constant == NULL) {
        /* Some evaluations have named the node already. */
        if (error != NULL && !g_str_has_prefix((*error)->message, "node ")) {
            g_prefix_error(error, "node %s: ", im->label);
        }
        return false;
    }
    if (!nn_import_count(im, constant->count, error)) {
        nn_tensor_destroy(constant);
        return false;
    }
    return name_output(im, 0, nn_graph_constant_add(im->graph, constant), error);
}

struct nn_node *nn_import_node(struct nn_import *im, enum nn_kind kind, const int *inputs,
                               int inputs_n, const struct nn_shape *shape, int output,
                               GError **error)
{
    for (int i = 0; i < inputs_n; i++) {
        const struct nn_value *value =
            inputs[i] == NN_NONE ? NULL : nn_graph_value(im->graph, inputs[i]);
        if (value != NULL && value->constant != NULL &&
            (value->constant->type != NN_TYPE_FLOAT || value->constant->count == 0)) {
            nn_import_fail(im, BASE_ERROR_UNSUPPORTED, error, "input %d is not a float tensor", i);
            return NULL;
        }
    }
    if (!nn_shape_valid(shape, false)) {
        g_autofree char *text = nn_shape_text(shape);
        nn_import_fail(im, BASE_ERROR_INVALID, error,
                       "its output would have the impossible or too large shape %s", text);
        return NULL;
    }
    int value = nn_graph_activation_add(im->graph, shape);
    if (!name_output(im, output, value, error)) {
        return NULL;
    }
    return nn_graph_node_add(im->graph, kind, im->label, inputs, inputs_n, value);
}

static bool attributes_known(const struct nn_import *im, const struct nn_import_op *op,
                             GError **error)
{
    for (size_t i = 0; i < im->node->n_attribute; i++) {
        const char *name = im->node->attribute[i]->name;
        g_autofree char *word = g_strdup_printf(" %s ", name != NULL ? name : "");
        if (strstr(op->attributes, word) == NULL) {
            g_autofree char *shown = printable(name);
            return nn_import_fail(im, BASE_ERROR_UNSUPPORTED, error,
                                  "attribute '%s' is not supported", shown);
        }
    }
    return true;
}

static bool inputs_known(const struct nn_import *im, const struct nn_import_op *op, GError **error)
{
    int count = (int)MIN(im->node->n_input, (size_t)NODES_MAX);
    if (count < op->inputs_min || count > op->inputs_max) {
        return nn_import_fail(im, BASE_ERROR_INVALID, error, "%d inputs", count);
    }
    for (int i = 0; i < count; i++) {
        const char *name = im->node->input[i];
        bool absent = name[0] == '\0';
        if (absent ? i < op->inputs_min : nn_import_input(im, i) == NN_NONE) {
            g_autofree char *shown = printable(name);
            return nn_import_fail(im, BASE_ERROR_INVALID, error,
                                  "input '%s' is not computed before it", shown);
        }
    }
    return true;
}

static bool import_node(struct nn_import *im, const Onnx__NodeProto *node, GError **error)
{
    g_free(im->label);
    im->label = node_label(node);
    im->node = node;
    bool standard =
        node->domain == NULL || *node->domain == '\0' || strcmp(node->domain, "ai.onnx") == 0;
    const struct nn_import_op *op =
        standard && node->op_type != NULL ? nn_import_op_find(node->op_type) : NULL;
    if (op == NULL) {
        return nn_import_fail(im, BASE_ERROR_UNSUPPORTED, error, "the operator is not supported");
    }
    if (node->n_output < 1 || node->output[0][0] == '\0') {
        return nn_import_fail(im, BASE_ERROR_INVALID, error, "it has no output");
    }
    return attributes_known(im, op, error) && inputs_known(im, op, error) && op->run(im, error);
}

static bool import_initializers(struct nn_import *im, GHashTable *needed, GError **error)
{
    for (size_t i = 0; i < im->proto->n_initializer; i++) {
        const Onnx__TensorProto *proto = im->proto->initializer[i];
        if (proto->name == NULL || !g_hash_table_contains(needed, proto->name)) {
            continue;
        }
        struct nn_tensor *tensor = nn_import_tensor(proto, error);
        if (tensor == NULL) {
            g_autofree char *shown = printable(proto->name);
            g_prefix_error(error, "weights '%s': ", shown);
            return false;
        }
        int value = nn_graph_constant_add(im->graph, tensor);
        if (!g_hash_table_insert(im->names, proto->name, GINT_TO_POINTER(value + 1))) {
            g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID, "two weights have one name");
            return false;
        }
    }
    return true;
}

static const Onnx__ValueInfoProto *find_input(const Onnx__GraphProto *proto)
{
    const Onnx__ValueInfoProto *found = NULL;
    g_autoptr(GHashTable) weights = g_hash_table_new(g_str_hash, g_str_equal);
    for (size_t i = 0; i < proto->n_initializer; i++) {
        if (proto->initializer[i]->name != NULL) {
            g_hash_table_add(weights, proto->initializer[i]->name);
        }
    }
    /* Old files list their weights among the inputs. */
    for (size_t i = 0; i < proto->n_input; i++) {
        const char *name = proto->input[i]->name;
        if (name == NULL || g_hash_table_contains(weights, name)) {
            continue;
        }
        if (found != NULL) {
            return NULL;
        }
        found = proto->input[i];
    }
    return found;
}

static bool input_shape_read(const Onnx__TypeProto__Tensor *type, struct nn_shape *shape)
{
    if (type->shape == NULL || type->shape->n_dim > NN_DIMS_MAX) {
        return false;
    }
    shape->rank = (int)type->shape->n_dim;
    for (int i = 0; i < shape->rank; i++) {
        const Onnx__TensorShapeProto__Dimension *dim = type->shape->dim[i];
        bool fixed = dim->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
        shape->dims[i] = fixed ? dim->dim_value : 0;
    }
    /* A file with a free batch size runs one picture at a time unless told otherwise. */
    if (shape->rank > 0 && shape->dims[0] <= 0) {
        shape->dims[0] = 1;
    }
    return true;
}

static bool import_input(struct nn_import *im, const struct nn_options *options, GError **error)
{
    const Onnx__ValueInfoProto *info = find_input(im->proto);
    if (info == NULL || info->type == NULL ||
        info->type->value_case != ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE ||
        info->type->tensor_type->elem_type != ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_UNSUPPORTED,
                    "the model does not have exactly one float input");
        return false;
    }
    struct nn_shape shape = {0};
    bool known = input_shape_read(info->type->tensor_type, &shape);
    im->batch_file = known && shape.rank > 0 ? shape.dims[0] : 1;
    if (options != NULL && options->input.rank != 0) {
        if (known && shape.rank != options->input.rank) {
            g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID,
                        "the model's input has %d dimensions, not %d", shape.rank,
                        options->input.rank);
            return false;
        }
        shape = options->input;
    }
    if (!nn_shape_valid(&shape, false) || shape.rank == 0) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID,
                    "the model's input has no usable fixed size; one must be chosen");
        return false;
    }
    im->batch = shape.dims[0];
    im->graph->input = nn_graph_activation_add(im->graph, &shape);
    g_hash_table_insert(im->names, info->name, GINT_TO_POINTER(im->graph->input + 1));
    return true;
}

static GPtrArray *wanted_names(const Onnx__GraphProto *proto, const struct nn_options *options)
{
    GPtrArray *names = g_ptr_array_new();
    if (options != NULL && options->outputs != NULL) {
        for (size_t i = 0; i < options->outputs_n; i++) {
            g_ptr_array_add(names, (gpointer)options->outputs[i]);
        }
        return names;
    }
    for (size_t i = 0; i < proto->n_output; i++) {
        g_ptr_array_add(names, proto->output[i]->name != NULL ? proto->output[i]->name : "");
    }
    return names;
}

/* Marks what the wanted names depend on, from the last node to the first. */
static void mark_needed(const Onnx__GraphProto *proto, const GPtrArray *wanted, GHashTable *names,
                        bool *nodes)
{
    for (guint i = 0; i < wanted->len; i++) {
        g_hash_table_add(names, wanted->pdata[i]);
    }
    for (size_t i = proto->n_node; i-- > 0;) {
        const Onnx__NodeProto *node = proto->node[i];
        for (size_t o = 0; o < node->n_output && !nodes[i]; o++) {
            nodes[i] = node->output[o][0] != '\0' && g_hash_table_contains(names, node->output[o]);
        }
        for (size_t n = 0; nodes[i] && n < node->n_input; n++) {
            g_hash_table_add(names, node->input[n]);
        }
    }
}

static bool deliver_outputs(struct nn_import *im, const GPtrArray *wanted, GError **error)
{
    for (guint i = 0; i < wanted->len; i++) {
        int value = GPOINTER_TO_INT(g_hash_table_lookup(im->names, wanted->pdata[i])) - 1;
        const struct nn_tensor *constant =
            value == NN_NONE ? NULL : nn_graph_value(im->graph, value)->constant;
        if (value == NN_NONE || (constant != NULL && constant->type != NN_TYPE_FLOAT) ||
            (constant != NULL && constant->count == 0)) {
            g_autofree char *shown = printable(wanted->pdata[i]);
            g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID, "the model has no float tensor '%s'",
                        shown);
            return false;
        }
        g_array_append_val(im->graph->wanted, value);
    }
    if (wanted->len == 0) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID, "the model has no output");
        return false;
    }
    return true;
}

static bool opset_read(const Onnx__ModelProto *model, int64_t *opset, GError **error)
{
    for (size_t i = 0; i < model->n_opset_import; i++) {
        const Onnx__OperatorSetIdProto *id = model->opset_import[i];
        if (id->domain == NULL || *id->domain == '\0' || strcmp(id->domain, "ai.onnx") == 0) {
            *opset = id->version;
        }
    }
    if (*opset < OPSET_MIN || *opset > OPSET_MAX) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_UNSUPPORTED,
                    "operator set %" G_GINT64_FORMAT " is not supported (%d to %d are)", *opset,
                    OPSET_MIN, OPSET_MAX);
        return false;
    }
    return true;
}

static bool import_graph(struct nn_import *im, const struct nn_options *options, GError **error)
{
    g_autoptr(GPtrArray) wanted = wanted_names(im->proto, options);
    g_autoptr(GHashTable) needed = g_hash_table_new(g_str_hash, g_str_equal);
    g_autofree bool *nodes = g_new0(bool, im->proto->n_node + 1);
    mark_needed(im->proto, wanted, needed, nodes);
    if (!import_initializers(im, needed, error) || !import_input(im, options, error)) {
        return false;
    }
    for (size_t i = 0; i < im->proto->n_node; i++) {
        if (nodes[i] && !import_node(im, im->proto->node[i], error)) {
            return false;
        }
    }
    return deliver_outputs(im, wanted, error);
}

struct nn_graph *nn_import_model(const Onnx__ModelProto *model, const struct nn_options *options,
                                 GError **error)
{
    struct nn_import im = {.proto = model->graph};
    if (model->graph == NULL || model->graph->n_node > NODES_MAX) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_CORRUPT,
                    "the model has no graph, or one of more than %d nodes", NODES_MAX);
        return NULL;
    }
    if (!opset_read(model, &im.opset, error)) {
        return NULL;
    }
    im.graph = nn_graph_create();
    im.names = g_hash_table_new(g_str_hash, g_str_equal);
    bool good = import_graph(&im, options, error);
    g_hash_table_unref(im.names);
    g_free(im.label);
    if (!good) {
        nn_graph_destroy(im.graph);
        return NULL;
    }
    nn_graph_prune(im.graph);
    return im.graph;
}
