/* Compiled several times, with the options of one instruction set each; NN_KERNELS names the table
 * and NN_KERNELS_NAME what it is called. */
#include "nn/kernels.h"

#include "nn/kernels_float.h"
#include "nn/kernels_set.h"

#include <stddef.h>
#include <string.h>

/* Channels that are worked on at a time: their rows stay in the first cache. What is left at the
 * end joins the last ones, so that it fills a vector. */
#define CHUNK NN_DEPTHWISE_CHUNK

/* Pixels worked on at a time, which share what they load; as many as there are registers for. */
#if LANES == 16
#define GROUP 4
#else
#define GROUP 2
#endif

/* One output row of one chunk of channels. */
struct row {
    const struct nn_depthwise *layer;
    const float *rows[NN_KERNEL_HEIGHT_MAX]; /* the input rows, padded, of this chunk alone */
    int64_t channels;                        /* of the chunk */
    int64_t first;                           /* channel in the tables */
    int64_t table;                           /* entries of a table */
    void *out;
    int64_t start; /* of the row's first pixel in `out` */
};

static inline void store(const struct row *row, int64_t x, int64_t c, vector sum)
{
    const struct nn_depthwise *layer = row->layer;
    int64_t at = row->start + x * layer->out.channels + c;
    if (layer->after != NULL) {
        sum = v_prelu(sum, V_LOAD(layer->after + row->first + c));
    } else if (layer->relu) {
        sum = V_MAX(sum, V_ZERO());
    }
#if defined(__AVX512VNNI__)
    if (layer->factor != NULL) {
        v_store_bytes((uint8_t *)row->out + at, sum, layer->factor + row->first + c,
                      layer->offset + row->first + c);
        return;
    }
#endif
    V_STORE((float *)row->out + at, sum);
}

/* One pixel with any kernel. */
static void pixel(const struct row *row, int64_t x, int64_t c)
{
    const struct nn_depthwise *layer = row->layer;
    const float *weights = layer->weights + row->first + c;
    vector sum = V_LOAD(layer->bias + row->first + c);
    for (int64_t ky = 0; ky < layer->kernel[0]; ky++) {
        const float *data = row->rows[ky] + x * layer->stride[1] * row->channels + c;
        for (int64_t kx = 0; kx < layer->kernel[1]; kx++, weights += row->table) {
            sum = V_FMA(V_LOAD(data + kx * row->channels), V_LOAD(weights), sum);
        }
    }
    store(row, x, c, sum);
}

/* As many whole groups of pixels as there are, with a kernel of 3×3 and a stride known when
 * compiling; `plain` when nothing but a ReLU follows. Returns the first pixel that is left. */
static inline __attribute__((always_inline)) int64_t groups_3x3(const struct row *row, int64_t c,
                                                                int stride, bool plain)
{
    const struct nn_depthwise *layer = row->layer;
    const float *weights = layer->weights + row->first + c;
    const float *data[3] = {row->rows[0] + c, row->rows[1] + c, row->rows[2] + c};
    const int64_t step = row->channels;
    const int64_t pitch = layer->out.channels;
    const int64_t width = layer->out.width;
    float *to = plain ? (float *)row->out + row->start + c : NULL;
    vector bias = V_LOAD(layer->bias + row->first + c);
    vector least = layer->relu ? V_ZERO() : V_ALL(-__builtin_inff());
    vector w[9];
    for (int i = 0; i < 9; i++) {
        w[i] = V_LOAD(weights + i * row->table);
    }
    int64_t x = 0;
    for (; x + GROUP <= width; x += GROUP) {
        vector sums[GROUP];
#pragma GCC unroll 4
        for (int i = 0; i < GROUP; i++) {
            sums[i] = bias;
        }
#pragma GCC unroll 3
        for (int ky = 0; ky < 3; ky++) {
            const float *from = data[ky];
#pragma GCC unroll 9
            for (int at = 0; at < (GROUP - 1) * stride + 3; at++, from += step) {
                vector one = V_LOAD(from);
#pragma GCC unroll 4
                for (int i = 0; i < GROUP; i++) {
                    int kx = at - i * stride;
                    if (kx >= 0 && kx < 3) {
                        sums[i] = V_FMA(one, w[ky * 3 + kx], sums[i]);
                    }
                }
            }
            data[ky] += GROUP * stride * step;
        }
#pragma GCC unroll 4
        for (int i = 0; i < GROUP; i++) {
            if (plain) {
                V_STORE(to, V_MAX(sums[i], least));
                to += pitch;
            } else {
                store(row, x + i, c, sums[i]);
            }
        }
    }
    return x;
}

static inline __attribute__((always_inline)) int64_t strided_3x3(const struct row *row, int64_t c,
                                                                 int stride)
{
    bool plain = row->layer->after == NULL && row->layer->factor == NULL;
    return plain ? groups_3x3(row, c, stride, true) : groups_3x3(row, c, stride, false);
}

static void output_row(const struct row *row)
{
    const struct nn_depthwise *layer = row->layer;
    bool three = layer->kernel[0] == 3 && layer->kernel[1] == 3;
    for (int64_t i = 0; i < row->channels; i += LANES) {
        /* The last vector may overlap the one before it. */
        int64_t c = i + LANES <= row->channels ? i : row->channels - LANES;
        int64_t x = 0;
        if (three && layer->stride[1] == 1) {
            x = strided_3x3(row, c, 1);
        } else if (three && layer->stride[1] == 2) {
            x = strided_3x3(row, c, 2);
        }
        for (; x < layer->out.width; x++) {
            pixel(row, x, c);
        }
    }
}

static void depthwise_row(const struct nn_depthwise *layer, const float *const *rows, float *out)
{
    struct row row = {
        .layer = layer,
        .channels = layer->in.channels,
        .table = layer->in.channels,
        .out = out,
    };
    memcpy(row.rows, rows, (size_t)layer->kernel[0] * sizeof *rows);
    output_row(&row);
}

/* Copies `count` pixels, which lie `from_step` and `to_step` floats apart, through a PReLU. */
static void activate(const float *from, int64_t from_step, float *to, int64_t to_step,
                     int64_t count, int64_t channels, const float *slopes)
{
    int64_t whole = channels / LANES * LANES;
    for (int64_t i = 0; i < count; i++, from += from_step, to += to_step) {
        for (int64_t c = 0; c < whole; c += LANES) {
            V_STORE(to + c, v_prelu(V_LOAD(from + c), V_LOAD(slopes + c)));
        }
        for (int64_t c = whole; c < channels; c++) {
            to[c] = from[c] > 0 ? from[c] : from[c] * slopes[c];
        }
    }
}

static void copy(const float *from, int64_t from_step, float *to, int64_t count, int64_t channels)
{
    for (int64_t i = 0; i < count; i++, from += from_step, to += channels) {
        for (int64_t c = 0; c < channels; c += LANES) {
            int64_t at = c + LANES <= channels ? c : channels - LANES;
            V_STORE(to + at, V_LOAD(from + at));
        }
    }
}

/* One input row of a chunk, with its zeros at both sides. `in` NULL: a row outside. */
static void fill(const struct nn_depthwise *layer, const float *in, const struct row *row,
                 float *to)
{
    int64_t width = nn_depthwise_row(layer);
    size_t pixel_bytes = (size_t)row->channels * sizeof(float);
    if (in == NULL) {
        memset(to, 0, (size_t)width * pixel_bytes);
        return;
    }
    memset(to, 0, (size_t)layer->pad[1] * pixel_bytes);
    to += layer->pad[1] * row->channels;
    if (layer->before != NULL) {
        activate(in, layer->in.channels, to, row->channels, layer->in.width, row->channels,
                 layer->before + row->first);
    } else {
        copy(in, layer->in.channels, to, layer->in.width, row->channels);
    }
    to += layer->in.width * row->channels;
    memset(to, 0, (size_t)(width - layer->pad[1] - layer->in.width) * pixel_bytes);
}

/* One chunk of channels of one image. */
static void depthwise_chunk(const struct nn_depthwise *layer, const float *in, struct row *row,
                            float *scratch)
{
    int64_t row_floats = nn_depthwise_row(layer) * row->channels;
    int64_t in_step = layer->in.width * layer->in.channels;
    int64_t filled = -layer->pad[0];
    for (int64_t y = 0; y < layer->out.height; y++) {
        int64_t top = y * layer->stride[0] - layer->pad[0];
        filled = filled < top ? top : filled;
        for (; filled < top + layer->kernel[0]; filled++) {
            bool inside = filled >= 0 && filled < layer->in.height;
            fill(layer, inside ? in + filled * in_step : NULL, row,
                 scratch + (filled + layer->pad[0]) % layer->kernel[0] * row_floats);
        }
        for (int64_t ky = 0; ky < layer->kernel[0]; ky++) {
            row->rows[ky] = scratch + (top + ky + layer->pad[0]) % layer->kernel[0] * row_floats;
        }
        output_row(row);
        row->start += layer->out.width * layer->out.channels;
    }
}

static void depthwise(const struct nn_depthwise *layer, const float *in, void *out, float *scratch)
{
    int64_t channels = layer->in.channels;
    int64_t in_block = layer->in.height * layer->in.width * channels;
    int64_t out_block = layer->out.height * layer->out.width * channels;
    for (int64_t block = 0; block < layer->in.images * layer->in.blocks; block++) {
        for (int64_t c = 0; c < channels;) {
            int64_t left = channels - c;
            struct row row = {
                .layer = layer,
                .channels = left >= CHUNK + LANES || left == CHUNK ? CHUNK : left,
                .first = block % layer->in.blocks * channels + c,
                .table = layer->in.blocks * channels,
                .out = out,
                .start = block * out_block + c,
            };
            depthwise_chunk(layer, in + block * in_block + c, &row, scratch);
            c += row.channels;
        }
    }
}

static void prelu(const struct nn_planes *planes, const float *slopes, float *data)
{
    int64_t pixels = planes->height * planes->width;
    for (int64_t block = 0; block < planes->images * planes->blocks; block++) {
        float *from = data + block * pixels * planes->channels;
        activate(from, planes->channels, from, planes->channels, pixels, planes->channels,
                 slopes + block % planes->blocks * planes->channels);
    }
}

const struct nn_kernels NN_KERNELS = {
    .name = NN_KERNELS_NAME,
    .lanes = LANES,
    .depthwise = depthwise,
    .depthwise_row = depthwise_row,
    .dense_row = NN_DENSE_ROW,
    .prelu = prelu,
#if defined(__AVX512VNNI__)
    .pointwise = nn_vnni_pointwise,
    .quantise = nn_vnni_quantise,
#endif
};
