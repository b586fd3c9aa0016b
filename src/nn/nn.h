/*
 * Neural network inference: an ONNX file, or a TensorFlow Lite file of the few kinds of layers that
 * nn/tflite.h names, becomes a list of oneDNN primitives.
 *
 * A model is immutable once loaded and may be shared by any number of threads. A context holds the
 * activations of one run; it belongs to one thread at a time. Tensors go in and come out as dense
 * row-major float32 (NCHW for pictures, unless nn_options asks for NHWC of the input); between the
 * first and the last primitive they stay in the layouts that oneDNN prefers.
 *
 * Semantics follow the ONNX operator specification (operator sets 7 to 17).
 * Denormal weights are flushed to zero at load, and every thread that runs a context has
 * flush-to-zero and denormals-are-zero set and runs its primitives on itself alone.
 */
#ifndef NN_NN_H
#define NN_NN_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NN_DIMS_MAX 6

struct nn_ranges;

struct nn_shape {
    int rank; /* 0 (a scalar) to NN_DIMS_MAX */
    int64_t dims[NN_DIMS_MAX];
};

/* Number of elements; 1 for a scalar. */
int64_t nn_shape_count(const struct nn_shape *shape);

struct nn_options {
    /* Replaces the shape of the graph's (only) input; rank 0 keeps what the file says. A graph
     * that is not fully convolutional refuses a size that its weights do not fit. */
    struct nn_shape input;
    /* The context's input has its channels last, as pictures have (NHWC): saves a pass where the
     * first layer wants it so. Of four dimensions; `input` and nn_model_input_shape stay NCHW. */
    bool channels_last;
    /* Names of the tensors wanted, intermediate ones included; NULL means the graph's outputs.
     * What no wanted tensor depends on is never built nor computed. */
    const char *const *outputs;
    size_t outputs_n;
    /* The last so many of `outputs` are not computed by a run, but pixel by pixel where
     * nn_context_output_pixel asks for them: for what is wanted of few pixels. They have four
     * dimensions and a batch of one. */
    size_t on_demand_n;
    /* The file's maximum size in bytes; 0 means 512 MiB. */
    size_t size_max;
    /* Pointwise convolutions in 8 bits, with these ranges of what they read (nn/quantise.h): for
     * processors where nn_int8_possible(). Only needed while the model loads. */
    const struct nn_ranges *int8;
    /* Every run of the model widens these ranges instead, computing in floats: one thread alone. */
    struct nn_ranges *observe;
};

/* True when the processor has AVX-512 VNNI; elsewhere the ranges change nothing. */
bool nn_int8_possible(void);

/* The instruction set that the kernels are for, such as "avx512-vnni"; "none" when only oneDNN's
 * are used. */
const char *nn_instruction_set(void);

struct nn_model;
struct nn_context;

/*
 * Loads a model. `options` may be NULL. Fails with BASE_ERROR_IO (cannot be read),
 * BASE_ERROR_CORRUPT (truncated, or not a model), BASE_ERROR_UNSUPPORTED (operator, type or
 * attribute; the message names the node) or BASE_ERROR_INVALID (a shape that does not fit, an
 * unknown output name). No input makes it crash or read outside the buffer.
 */
struct nn_model *nn_model_load_file(const char *path, const struct nn_options *options,
                                    GError **error);
struct nn_model *nn_model_load_bytes(const void *data, size_t size,
                                     const struct nn_options *options, GError **error);

/* Frees a model when its last context is gone too; NULL is fine. */
void nn_model_destroy(struct nn_model *model);

size_t nn_model_outputs(const struct nn_model *model);
const struct nn_shape *nn_model_input_shape(const struct nn_model *model);
const struct nn_shape *nn_model_output_shape(const struct nn_model *model, size_t output);

/* One line a primitive: operator, shapes, the implementation that oneDNN chose. For debugging and
 * for the test that no reference kernel is on the hot path. Free with g_free. */
char *nn_model_describe(const struct nn_model *model);

struct nn_context *nn_context_create(struct nn_model *model, GError **error);
void nn_context_destroy(struct nn_context *context);

/* The context's input: nn_model_input_shape() floats, dense, to be filled before a run; row-major
 * or, if nn_options said so, channels last. */
float *nn_context_input(struct nn_context *context);

/* Runs the model on the input. On the calling thread alone. */
bool nn_context_run(struct nn_context *context, GError **error);

/* One line a step: the median of its processor time in microseconds over so many runs on what the
 * input holds, and what nn_model_describe says of it. Free with g_free. */
char *nn_context_profile(struct nn_context *context, guint runs);

/* Result of the last run: nn_model_output_shape() floats, dense; valid until the next run. Not of
 * the outputs that are computed on demand. */
const float *nn_context_output(const struct nn_context *context, size_t output);

/* The channels of one pixel of such an output [1, C, H, W], 0 ≤ y < H, 0 ≤ x < W: writes C floats.
 * The input of the last run must not have been changed. */
void nn_context_output_pixel(struct nn_context *context, size_t output, int64_t y, int64_t x,
                             float *values);

#endif
