/*
 * Builds small ONNX files in memory for tests, with the schema's own structures. Everything is
 * freed by builder_finish.
 */
#ifndef TEST_NN_BUILDER_H
#define TEST_NN_BUILDER_H

#include <glib.h>

#include "nn/nn.h"
#include "onnx.pb-c.h"

struct builder {
    Onnx__ModelProto model;
    Onnx__OperatorSetIdProto opset;
    Onnx__OperatorSetIdProto *opsets[1];
    Onnx__GraphProto graph;
    GPtrArray *nodes;
    GPtrArray *weights;
    GPtrArray *inputs;
    GPtrArray *outputs;
    GPtrArray *memory; /* all that is to be freed */
};

void builder_init(struct builder *builder, int64_t opset);
void builder_finish(struct builder *builder);

/* Dimensions are given as text, "1x3x8x8"; "" is a scalar. */
struct nn_shape builder_shape(const char *text);
void builder_input(struct builder *builder, const char *name, const char *shape);
void builder_output(struct builder *builder, const char *name);
void builder_floats(struct builder *builder, const char *name, const char *shape,
                    const float *data);
/* A vector; pass count -1 for a scalar. */
void builder_ints(struct builder *builder, const char *name, int count, const int64_t *data);
/* `inputs` and `outputs` are lists between spaces; "-" is an absent optional input. The node's name
 * is its operator in lower case and a number. */
Onnx__NodeProto *builder_node(struct builder *builder, const char *op, const char *inputs,
                              const char *outputs);
void builder_attr_int(struct builder *builder, Onnx__NodeProto *node, const char *name,
                      int64_t value);
void builder_attr_float(struct builder *builder, Onnx__NodeProto *node, const char *name,
                        float value);
void builder_attr_ints(struct builder *builder, Onnx__NodeProto *node, const char *name, int count,
                       const int64_t *values);
void builder_attr_text(struct builder *builder, Onnx__NodeProto *node, const char *name,
                       const char *value);
void builder_attr_tensor_ints(struct builder *builder, Onnx__NodeProto *node, const char *name,
                              int count, const int64_t *values);

GBytes *builder_pack(const struct builder *builder);
struct nn_model *builder_load(const struct builder *builder, const struct nn_options *options,
                              GError **error);

/* Numbers between -1 and 1, the same for the same seed. Free with g_free. */
float *builder_random(int64_t count, unsigned seed);

#endif
