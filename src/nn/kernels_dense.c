/* Compiled several times, like kernels_simd.c: a convolution's row, whose sums stay in registers
 * from the first product to the last. */
#include "nn/kernels.h"

#include "nn/kernels_float.h"
#include "nn/kernels_set.h"

/* Pixels whose sums there are registers for, in one vector of outputs each, and in two. Networks
 * halve pictures of 10·2ⁿ pixels, so that few are left over. */
#define PIXELS 10
#if LANES == 16
#define PIXELS_OF_TWO 10
#else
#define PIXELS_OF_TWO 5
#endif
#define PIXELS_FEW 5

/* The pixels [x, x + pixels) of `vectors` panels of outputs, from `panel` on. */
struct group {
    const struct nn_dense *layer;
    const float *const *rows;
    float *out;
    int64_t panel;
    int64_t panel_floats;
    int64_t spans; /* pieces of a row under the kernel that lie dense, */
    int64_t span;  /* floats of one, */
    int64_t span_step;
};

static inline __attribute__((always_inline)) void begin(const struct group *group, const float *to,
                                                        vector (*sums)[2], int pixels, int vectors)
{
    const float *bias = group->layer->bias + group->panel * LANES;
    int64_t left = group->layer->outputs - group->panel * LANES;
#pragma GCC unroll 10
    for (int p = 0; p < pixels; p++) {
        sums[p][0] = V_LOAD(bias);
        sums[p][1] = vectors == 2 ? V_LOAD(bias + LANES) : V_ZERO();
    }
    if (!group->layer->add) {
        return;
    }
#pragma GCC unroll 10
    for (int p = 0; p < pixels; p++, to += group->layer->out_pitch) {
        sums[p][0] = V_ADD(sums[p][0], v_load_some(to, left));
        if (vectors == 2) {
            sums[p][1] = V_ADD(sums[p][1], v_load_some(to + LANES, left - LANES));
        }
    }
}

static inline __attribute__((always_inline)) void finish(const struct group *group, float *to,
                                                         vector (*sums)[2], int pixels, int vectors)
{
    int64_t pitch = group->layer->out_pitch;
    int64_t left = group->layer->outputs - (group->panel + vectors - 1) * LANES;
    vector least = group->layer->relu ? V_ZERO() : V_ALL(-__builtin_inff());
    if (vectors == 2) {
#pragma GCC unroll 10
        for (int p = 0; p < pixels; p++) {
            V_STORE(to + p * pitch, V_MAX(sums[p][0], least));
        }
        to += LANES;
    }
    if (left >= LANES) {
#pragma GCC unroll 10
        for (int p = 0; p < pixels; p++) {
            V_STORE(to + p * pitch, V_MAX(sums[p][vectors - 1], least));
        }
        return;
    }
#pragma GCC unroll 10
    for (int p = 0; p < pixels; p++) {
        v_store_some(to + p * pitch, V_MAX(sums[p][vectors - 1], least), left);
    }
}

/* What one row under the kernel adds. */
static inline __attribute__((always_inline)) const float *
add_row(const struct group *group, const float *data, const float *weights, vector (*sums)[2],
        int pixels, int vectors)
{
    const struct nn_dense *layer = group->layer;
    int64_t step = layer->stride * layer->in_pitch;
    for (int64_t tap = 0; tap < group->spans; tap++, data += group->span_step) {
        for (int64_t i = 0; i < group->span; i++, weights += LANES) {
            vector first = V_LOAD(weights);
            vector second = vectors == 2 ? V_LOAD(weights + group->panel_floats) : first;
#pragma GCC unroll 10
            for (int p = 0; p < pixels; p++) {
                vector one = V_ALL(data[p * step + i]);
                sums[p][0] = V_FMA(one, first, sums[p][0]);
                if (vectors == 2) {
                    sums[p][1] = V_FMA(one, second, sums[p][1]);
                }
            }
        }
    }
    return weights;
}

static inline __attribute__((always_inline)) void group_run(const struct group *group, int64_t x,
                                                            int pixels, int vectors)
{
    const struct nn_dense *layer = group->layer;
    const float *weights = layer->weights + group->panel * group->panel_floats;
    float *to = group->out + x * layer->out_pitch + group->panel * LANES;
    vector sums[PIXELS][2];
    begin(group, to, sums, pixels, vectors);
    for (int64_t ky = 0; ky < layer->kernel[0]; ky++) {
        weights = add_row(group, group->rows[ky] + x * layer->stride * layer->in_pitch, weights,
                          sums, pixels, vectors);
    }
    finish(group, to, sums, pixels, vectors);
}

static inline __attribute__((always_inline)) void panels_run(const struct group *group, int vectors)
{
    const int pixels = vectors == 2 ? PIXELS_OF_TWO : PIXELS;
    int64_t width = group->layer->width;
    int64_t x = 0;
    for (; x + pixels <= width; x += pixels) {
        group_run(group, x, pixels, vectors);
    }
    for (; pixels > PIXELS_FEW && x + PIXELS_FEW <= width; x += PIXELS_FEW) {
        group_run(group, x, PIXELS_FEW, vectors);
    }
    /* So many at once take hardly longer than two one after the other: some are made again. */
    if (width - x >= 2 && width >= PIXELS_FEW && !group->layer->add) {
        group_run(group, width - PIXELS_FEW, PIXELS_FEW, vectors);
        return;
    }
    for (; x < width; x++) {
        group_run(group, x, 1, vectors);
    }
}

void NN_DENSE_ROW(const struct nn_dense *layer, const float *const *rows, float *out)
{
    int64_t panels = (layer->outputs + LANES - 1) / LANES;
    bool whole = layer->dilation == 1 && layer->in_pitch == layer->inputs;
    struct group group = {
        .layer = layer,
        .rows = rows,
        .out = out,
        .panel_floats = layer->kernel[0] * layer->kernel[1] * layer->inputs * LANES,
        .spans = whole ? 1 : layer->kernel[1],
        .span = whole ? layer->kernel[1] * layer->inputs : layer->inputs,
        .span_step = layer->dilation * layer->in_pitch,
    };
    for (; group.panel + 2 <= panels; group.panel += 2) {
        panels_run(&group, 2);
    }
    if (group.panel < panels) {
        panels_run(&group, 1);
    }
}
