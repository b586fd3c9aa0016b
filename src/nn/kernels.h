/*
 * Kernels of our own for what oneDNN does in several passes: depthwise convolution with the
 * activation functions before and after it, PReLU alone, and pointwise convolution in 8 bits.
 *
 * Compiled once for each instruction set and chosen by what the processor has, within the limit
 * that ONEDNN_MAX_CPU_ISA sets. Activations lie channels-last, or in blocks of channels.
 */
#ifndef NN_KERNELS_H
#define NN_KERNELS_H

#include <stdbool.h>
#include <stdint.h>

/* Where the channels of an activation lie: `images` × `blocks` × `pixels` × `channels`, dense.
 * Channels-last is one block of all of them. */
struct nn_planes {
    int64_t images;
    int64_t blocks;
    int64_t channels; /* of a block */
    int64_t height;
    int64_t width;
};

/* Tables have blocks × channels entries, zero where the last block is padded. */
struct nn_depthwise {
    struct nn_planes in;
    struct nn_planes out;
    int64_t kernel[2]; /* height, width, as below */
    int64_t stride[2];
    int64_t pad[2];
    const float *weights; /* kernel height × width tables */
    const float *bias;
    const float *before; /* slopes of a PReLU of the input; NULL: none */
    const float *after;  /* slopes of a PReLU of the result; NULL: none */
    bool relu;           /* instead of `after`: a ReLU of the result */
    const float *factor; /* with `offset`: the result in 8 bits is round(x · factor + offset), from
                          * 0 to 255; NULL: floats */
    const float *offset;
};

#define NN_DEPTHWISE_CHUNK 32
#define NN_DEPTHWISE_LANES_MAX 16

/* Pixels of a padded input row. */
static inline int64_t nn_depthwise_row(const struct nn_depthwise *layer)
{
    int64_t read = (layer->out.width - 1) * layer->stride[1] + layer->kernel[1];
    int64_t filled = layer->pad[1] + layer->in.width;
    return read > filled ? read : filled;
}

static inline int64_t nn_depthwise_scratch(const struct nn_depthwise *layer)
{
    return layer->kernel[0] * nn_depthwise_row(layer) *
           (NN_DEPTHWISE_CHUNK + NN_DEPTHWISE_LANES_MAX);
}

/* out = PReLU(scale · (in · weights) + bias), and out's old content added before the PReLU. */
struct nn_pointwise {
    int64_t pixels;
    int64_t inputs;        /* a multiple of 4 */
    int64_t outputs;       /* a multiple of 64 */
    const int8_t *weights; /* outputs/64 × inputs/4 × 64 × 4 */
    const float *scale;    /* one an output, as below */
    const float *bias;
    const float *slope; /* NULL: no PReLU */
    bool add;
    const float *factor; /* for the 8-bit copy of the result, as in nn_depthwise */
    const float *offset;
};

/* One row of a convolution of one group in floats, channels-last. */
struct nn_dense {
    int64_t inputs;
    int64_t outputs;
    int64_t width;  /* of the row that is made */
    int64_t stride; /* across, as below */
    int64_t dilation;
    int64_t kernel[2];    /* height, width */
    int64_t in_pitch;     /* floats from a pixel to the next */
    int64_t out_pitch;    /* as well */
    const float *weights; /* panels of `lanes` outputs: panels × kernel height × kernel width ×
                           * inputs × lanes, zero behind the last output */
    const float *bias;    /* panels × lanes */
    bool add;             /* the row's old content is added */
    bool relu;            /* at the end */
};

struct nn_kernels {
    const char *name;
    int64_t lanes; /* a block has at least so many channels */
    /* `out` is float, or uint8_t with `factor`, which only a set with `pointwise` can. `scratch` is
     * for nn_depthwise_scratch() floats. */
    void (*depthwise)(const struct nn_depthwise *layer, const float *in, void *out, float *scratch);
    /* One row of a layer of one block. `rows` are those under the kernel, with their padding; the
     * layer's heights and padding are not looked at. */
    void (*depthwise_row)(const struct nn_depthwise *layer, const float *const *rows, float *out);
    void (*dense_row)(const struct nn_dense *layer, const float *const *rows, float *out);
    /* In place; `slopes` as the tables above. */
    void (*prelu)(const struct nn_planes *planes, const float *slopes, float *data);
    /* NULL where the processor has no VNNI. `out` or `bytes` may be NULL. */
    void (*pointwise)(const struct nn_pointwise *layer, const uint8_t *in, float *out,
                      uint8_t *bytes);
    /* bytes = round(x · factor + offset), channels-last; NULL like `pointwise`. */
    void (*quantise)(const struct nn_planes *planes, const float *factor, const float *offset,
                     const float *in, uint8_t *bytes);
};

/* The best set, or NULL where oneDNN's primitives must do. */
const struct nn_kernels *nn_kernels(void);

/* The set whose dense_row wastes the fewest lanes on a layer of so many outputs; `kernels` is that
 * of nn_kernels(). */
const struct nn_kernels *nn_kernels_dense(const struct nn_kernels *kernels, int64_t outputs);

/* The sets that were compiled. */
extern const struct nn_kernels nn_kernels_sse, nn_kernels_avx2, nn_kernels_avx512, nn_kernels_vnni;

#endif
