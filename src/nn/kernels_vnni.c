/* Pointwise convolution in 8 bits: unsigned activations times signed weights, summed in 32 bits by
 * VNNI without saturation, and everything that follows done while the sums are in registers. */
#include "nn/kernels_set.h"

#include "nn/kernels_float.h"

#include <stddef.h>
#include <string.h>

#define TILE_PIXELS 6
#define TILE_OUTPUTS 64

static inline __attribute__((always_inline)) void finish(const struct nn_pointwise *layer,
                                                         __m512i sum, int64_t pixel, int64_t output,
                                                         float *out, uint8_t *bytes)
{
    int64_t at = pixel * layer->outputs + output;
    vector x =
        V_FMA(_mm512_cvtepi32_ps(sum), V_LOAD(layer->scale + output), V_LOAD(layer->bias + output));
    if (layer->add) {
        x = _mm512_add_ps(x, V_LOAD(out + at));
    }
    if (layer->slope != NULL) {
        x = v_prelu(x, V_LOAD(layer->slope + output));
    }
    if (out != NULL) {
        V_STORE(out + at, x);
    }
    if (bytes != NULL) {
        v_store_bytes(bytes + at, x, layer->factor + output, layer->offset + output);
    }
}

/* Every sum is a variable of its own: compilers keep arrays of this size in memory. */
#define ROWS(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5)
#define ROW_BEGIN(p)                                                                               \
    const uint8_t *data_##p = in + (pixel + (p < n ? p : 0)) * layer->inputs;                      \
    __m512i a_##p = _mm512_setzero_si512();                                                        \
    __m512i b_##p = _mm512_setzero_si512();                                                        \
    __m512i c_##p = _mm512_setzero_si512();                                                        \
    __m512i d_##p = _mm512_setzero_si512();
#define ROW_ADD(p)                                                                                 \
    x = four_bytes(data_##p + k);                                                                  \
    a_##p = _mm512_dpbusd_epi32(a_##p, x, a_weights);                                              \
    b_##p = _mm512_dpbusd_epi32(b_##p, x, b_weights);                                              \
    c_##p = _mm512_dpbusd_epi32(c_##p, x, c_weights);                                              \
    d_##p = _mm512_dpbusd_epi32(d_##p, x, d_weights);
#define ROW_END(p)                                                                                 \
    _mm512_store_si512(sums + 64 * p, a_##p);                                                      \
    _mm512_store_si512(sums + 64 * p + 16, b_##p);                                                 \
    _mm512_store_si512(sums + 64 * p + 32, c_##p);                                                 \
    _mm512_store_si512(sums + 64 * p + 48, d_##p);

static inline __m512i four_bytes(const uint8_t *data)
{
    int32_t four;
    memcpy(&four, data, sizeof four);
    return _mm512_set1_epi32(four);
}

/* `n` pixels, at most TILE_PIXELS, times TILE_OUTPUTS outputs; with fewer, the first pixel is
 * computed more than once. */
static void tile(const struct nn_pointwise *layer, const uint8_t *in, int64_t pixel, int64_t output,
                 int64_t n, float *out, uint8_t *bytes)
{
    const int8_t *weights = layer->weights + output * layer->inputs;
    int64_t inputs = layer->inputs;
    ROWS(ROW_BEGIN)
    for (int64_t k = 0; k < inputs; k += 4, weights += 4 * (int64_t)TILE_OUTPUTS) {
        __m512i a_weights = _mm512_loadu_si512(weights);
        __m512i b_weights = _mm512_loadu_si512(weights + 64);
        __m512i c_weights = _mm512_loadu_si512(weights + 128);
        __m512i d_weights = _mm512_loadu_si512(weights + 192);
        __m512i x;
        ROWS(ROW_ADD)
    }
    _Alignas(64) int32_t sums[TILE_PIXELS * TILE_OUTPUTS];
    ROWS(ROW_END)
    for (int64_t p = 0; p < n; p++) {
        for (int64_t o = 0; o < TILE_OUTPUTS; o += LANES) {
            finish(layer, _mm512_load_si512(sums + p * TILE_OUTPUTS + o), pixel + p, output + o,
                   out, bytes);
        }
    }
}

void nn_vnni_pointwise(const struct nn_pointwise *layer, const uint8_t *in, float *out,
                       uint8_t *bytes)
{
    for (int64_t output = 0; output < layer->outputs; output += TILE_OUTPUTS) {
        for (int64_t pixel = 0; pixel < layer->pixels; pixel += TILE_PIXELS) {
            int64_t left = layer->pixels - pixel;
            tile(layer, in, pixel, output, left < TILE_PIXELS ? left : TILE_PIXELS, out, bytes);
        }
    }
}

void nn_vnni_quantise(const struct nn_planes *planes, const float *factor, const float *offset,
                      const float *in, uint8_t *bytes)
{
    int64_t pixels = planes->images * planes->height * planes->width;
    for (int64_t pixel = 0; pixel < pixels; pixel++) {
        for (int64_t c = 0; c < planes->channels; c += LANES) {
            int64_t at = pixel * planes->channels + c;
            v_store_bytes(bytes + at, V_LOAD(in + at), factor + c, offset + c);
        }
    }
}
