#include "builder.h"

#include <string.h>

static void *keep(struct builder *builder, void *memory)
{
    g_ptr_array_add(builder->memory, memory);
    return memory;
}

static char *keep_text(struct builder *builder, const char *text)
{
    return keep(builder, g_strdup(text));
}

void builder_init(struct builder *builder, int64_t opset)
{
    memset(builder, 0, sizeof *builder);
    onnx__model_proto__init(&builder->model);
    onnx__operator_set_id_proto__init(&builder->opset);
    onnx__graph_proto__init(&builder->graph);
    builder->nodes = g_ptr_array_new();
    builder->weights = g_ptr_array_new();
    builder->inputs = g_ptr_array_new();
    builder->outputs = g_ptr_array_new();
    builder->memory = g_ptr_array_new_with_free_func(g_free);
    builder->model.has_ir_version = 1;
    builder->model.ir_version = 7;
    builder->opset.has_version = 1;
    builder->opset.version = opset;
    builder->opsets[0] = &builder->opset;
    builder->model.n_opset_import = 1;
    builder->model.opset_import = builder->opsets;
    builder->model.graph = &builder->graph;
    builder->graph.name = keep_text(builder, "test");
}

void builder_finish(struct builder *builder)
{
    g_ptr_array_unref(builder->nodes);
    g_ptr_array_unref(builder->weights);
    g_ptr_array_unref(builder->inputs);
    g_ptr_array_unref(builder->outputs);
    g_ptr_array_unref(builder->memory);
}

struct nn_shape builder_shape(const char *text)
{
    struct nn_shape shape = {0};
    g_auto(GStrv) sides = g_strsplit(text, "x", -1);
    for (int i = 0; sides[i] != NULL && sides[i][0] != '\0'; i++) {
        shape.dims[shape.rank++] = g_ascii_strtoll(sides[i], NULL, 10);
    }
    return shape;
}

static Onnx__ValueInfoProto *value_info(struct builder *builder, const char *name,
                                        const struct nn_shape *shape)
{
    Onnx__ValueInfoProto *info = keep(builder, g_new(Onnx__ValueInfoProto, 1));
    Onnx__TypeProto *type = keep(builder, g_new(Onnx__TypeProto, 1));
    Onnx__TypeProto__Tensor *tensor = keep(builder, g_new(Onnx__TypeProto__Tensor, 1));
    Onnx__TensorShapeProto *dims = keep(builder, g_new(Onnx__TensorShapeProto, 1));
    onnx__value_info_proto__init(info);
    onnx__type_proto__init(type);
    onnx__type_proto__tensor__init(tensor);
    onnx__tensor_shape_proto__init(dims);
    info->name = keep_text(builder, name);
    info->type = type;
    type->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    type->tensor_type = tensor;
    tensor->has_elem_type = 1;
    tensor->elem_type = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
    tensor->shape = dims;
    dims->n_dim = (size_t)shape->rank;
    dims->dim = keep(builder, g_new(Onnx__TensorShapeProto__Dimension *, NN_DIMS_MAX));
    for (int i = 0; i < shape->rank; i++) {
        dims->dim[i] = keep(builder, g_new(Onnx__TensorShapeProto__Dimension, 1));
        onnx__tensor_shape_proto__dimension__init(dims->dim[i]);
        dims->dim[i]->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
        dims->dim[i]->dim_value = shape->dims[i];
    }
    return info;
}

void builder_input(struct builder *builder, const char *name, const char *shape)
{
    struct nn_shape dims = builder_shape(shape);
    g_ptr_array_add(builder->inputs, value_info(builder, name, &dims));
}

void builder_output(struct builder *builder, const char *name)
{
    struct nn_shape unknown = {0};
    g_ptr_array_add(builder->outputs, value_info(builder, name, &unknown));
}

static Onnx__TensorProto *tensor_new(struct builder *builder, const char *name, int type)
{
    Onnx__TensorProto *tensor = keep(builder, g_new(Onnx__TensorProto, 1));
    onnx__tensor_proto__init(tensor);
    tensor->name = keep_text(builder, name);
    tensor->has_data_type = 1;
    tensor->data_type = type;
    return tensor;
}

void builder_floats(struct builder *builder, const char *name, const char *shape, const float *data)
{
    struct nn_shape dims = builder_shape(shape);
    gsize count = (gsize)nn_shape_count(&dims);
    Onnx__TensorProto *tensor = tensor_new(builder, name, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT);
    tensor->n_dims = (size_t)dims.rank;
    tensor->dims = keep(builder, g_memdup2(dims.dims, sizeof dims.dims));
    tensor->n_float_data = count;
    tensor->float_data = keep(builder, g_memdup2(data, count * sizeof(float)));
    g_ptr_array_add(builder->weights, tensor);
}

static Onnx__TensorProto *int_tensor(struct builder *builder, const char *name, int count,
                                     const int64_t *data)
{
    Onnx__TensorProto *tensor = tensor_new(builder, name, ONNX__TENSOR_PROTO__DATA_TYPE__INT64);
    int64_t length = ABS(count);
    tensor->n_dims = count < 0 ? 0 : 1;
    tensor->dims = keep(builder, g_memdup2(&length, sizeof length));
    /* As raw bytes, the way exporters write them. */
    tensor->has_raw_data = 1;
    tensor->raw_data.len = (size_t)length * sizeof(int64_t);
    tensor->raw_data.data = keep(builder, g_memdup2(data, (gsize)length * sizeof(int64_t)));
    return tensor;
}

void builder_ints(struct builder *builder, const char *name, int count, const int64_t *data)
{
    g_ptr_array_add(builder->weights, int_tensor(builder, name, count, data));
}

static char **keep_words(struct builder *builder, const char *text, size_t *count)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    *count = text[0] == '\0' ? 0 : g_strv_length(words);
    char **kept = keep(builder, g_new0(char *, *count + 1));
    for (size_t i = 0; i < *count; i++) {
        kept[i] = keep_text(builder, strcmp(words[i], "-") == 0 ? "" : words[i]);
    }
    return kept;
}

Onnx__NodeProto *builder_node(struct builder *builder, const char *op, const char *inputs,
                              const char *outputs)
{
    Onnx__NodeProto *node = keep(builder, g_new(Onnx__NodeProto, 1));
    g_autofree char *lower = g_ascii_strdown(op, -1);
    onnx__node_proto__init(node);
    node->op_type = keep_text(builder, op);
    node->name = keep(builder, g_strdup_printf("%s_%u", lower, builder->nodes->len));
    node->input = keep_words(builder, inputs, &node->n_input);
    node->output = keep_words(builder, outputs, &node->n_output);
    node->attribute = keep(builder, g_new0(Onnx__AttributeProto *, 16));
    g_ptr_array_add(builder->nodes, node);
    return node;
}

static Onnx__AttributeProto *attribute_new(struct builder *builder, Onnx__NodeProto *node,
                                           const char *name, int type)
{
    Onnx__AttributeProto *attribute = keep(builder, g_new(Onnx__AttributeProto, 1));
    onnx__attribute_proto__init(attribute);
    attribute->name = keep_text(builder, name);
    attribute->has_type = 1;
    attribute->type = type;
    g_assert(node->n_attribute < 16);
    node->attribute[node->n_attribute++] = attribute;
    return attribute;
}

void builder_attr_int(struct builder *builder, Onnx__NodeProto *node, const char *name,
                      int64_t value)
{
    Onnx__AttributeProto *attribute =
        attribute_new(builder, node, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT);
    attribute->has_i = 1;
    attribute->i = value;
}

void builder_attr_float(struct builder *builder, Onnx__NodeProto *node, const char *name,
                        float value)
{
    Onnx__AttributeProto *attribute =
        attribute_new(builder, node, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT);
    attribute->has_f = 1;
    attribute->f = value;
}

void builder_attr_ints(struct builder *builder, Onnx__NodeProto *node, const char *name, int count,
                       const int64_t *values)
{
    Onnx__AttributeProto *attribute =
        attribute_new(builder, node, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS);
    attribute->n_ints = (size_t)count;
    attribute->ints = keep(builder, g_memdup2(values, (gsize)count * sizeof(int64_t)));
}

void builder_attr_text(struct builder *builder, Onnx__NodeProto *node, const char *name,
                       const char *value)
{
    Onnx__AttributeProto *attribute =
        attribute_new(builder, node, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING);
    attribute->has_s = 1;
    attribute->s.len = strlen(value);
    attribute->s.data = (uint8_t *)keep_text(builder, value);
}

void builder_attr_tensor_ints(struct builder *builder, Onnx__NodeProto *node, const char *name,
                              int count, const int64_t *values)
{
    Onnx__AttributeProto *attribute =
        attribute_new(builder, node, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR);
    attribute->t = int_tensor(builder, "", count, values);
}

GBytes *builder_pack(const struct builder *builder)
{
    Onnx__GraphProto graph = builder->graph;
    Onnx__ModelProto model = builder->model;
    graph.n_node = builder->nodes->len;
    graph.node = (Onnx__NodeProto **)builder->nodes->pdata;
    graph.n_initializer = builder->weights->len;
    graph.initializer = (Onnx__TensorProto **)builder->weights->pdata;
    graph.n_input = builder->inputs->len;
    graph.input = (Onnx__ValueInfoProto **)builder->inputs->pdata;
    graph.n_output = builder->outputs->len;
    graph.output = (Onnx__ValueInfoProto **)builder->outputs->pdata;
    model.graph = &graph;
    size_t size = onnx__model_proto__get_packed_size(&model);
    uint8_t *bytes = g_malloc(size);
    onnx__model_proto__pack(&model, bytes);
    return g_bytes_new_take(bytes, size);
}

struct nn_model *builder_load(const struct builder *builder, const struct nn_options *options,
                              GError **error)
{
    g_autoptr(GBytes) bytes = builder_pack(builder);
    gsize size;
    gconstpointer data = g_bytes_get_data(bytes, &size);
    return nn_model_load_bytes(data, size, options, error);
}

float *builder_random(int64_t count, unsigned seed)
{
    float *numbers = g_new(float, (gsize)count);
    guint32 state = seed * 2654435761u + 1;
    for (int64_t i = 0; i < count; i++) {
        state = state * 1664525u + 1013904223u;
        numbers[i] = (float)(state >> 8) / (float)(1 << 23) - 1.0f;
    }
    return numbers;
}
