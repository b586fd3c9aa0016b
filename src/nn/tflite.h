/*
 * From a TensorFlow Lite file (schema version 3) to the typed graph that an ONNX file becomes as
 * well: float32 convolutions, depthwise convolutions, additions, subtractions, products, ReLU,
 * absolute values and reshapes. Pictures are channels-last in the file and channels-first in the
 * graph. A PReLU that is spelled out as relu(x) + a·(x − |x|) becomes one with the slope 2a.
 */
#ifndef NN_TFLITE_H
#define NN_TFLITE_H

#include "nn/graph.h"

/* Do the bytes say that they are such a file? */
bool nn_tflite_recognise(const void *data, size_t size);

/* The graph, pruned to the file's outputs; others cannot be asked for. NULL with
 * BASE_ERROR_CORRUPT, BASE_ERROR_UNSUPPORTED or BASE_ERROR_INVALID; the message names the
 * operator and its place. */
struct nn_graph *nn_tflite_import(const void *data, size_t size, const struct nn_options *options,
                                  GError **error);

#endif
