/*
 * Reads the bytes of an ONNX file (protocol buffers) with bounds that protobuf-c lacks: nesting
 * depth, and memory in proportion to the file's size.
 */
#ifndef NN_PROTO_H
#define NN_PROTO_H

#include <glib.h>

#include "onnx.pb-c.h"

/* NULL with BASE_ERROR_CORRUPT when the bytes are not a model. */
Onnx__ModelProto *nn_proto_parse(const void *data, size_t size, GError **error);
void nn_proto_free(Onnx__ModelProto *model);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Onnx__ModelProto, nn_proto_free)

#endif
