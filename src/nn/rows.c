#include "nn/rows.h"

#include <string.h>

/* Floats of a cache line. */
#define LINE 16

/* Pixels of a padded row that the stage reads. */
static int64_t padded_width(const struct nn_rows_stage *stage)
{
    int64_t read =
        (stage->out[1] - 1) * stage->stride[1] + (stage->kernel[1] - 1) * stage->dilation[1] + 1;
    int64_t filled = stage->pad[1] + stage->in[1];
    return read > filled ? read : filled;
}

/* Floats under the first kernel, in whole cache lines. */
static int64_t window_floats(const struct nn_rows_stage *stage)
{
    int64_t floats = stage->kernel[0] * stage->kernel[1] * stage->channels;
    return (floats + LINE - 1) / LINE * LINE;
}

static void init_stage(struct nn_rows_stage *stage, int64_t pitch)
{
    if (stage->depthwise) {
        stage->light.in.channels = stage->channels;
        stage->light.in.blocks = 1;
        stage->light.out.channels = pitch;
        stage->light.out.width = stage->out[1];
        memcpy(stage->light.kernel, stage->kernel, sizeof stage->kernel);
        memcpy(stage->light.stride, stage->stride, sizeof stage->stride);
        return;
    }
    stage->dense.inputs = stage->channels;
    stage->dense.in_pitch = stage->channels;
    stage->dense.out_pitch = pitch;
    stage->dense.width = stage->out[1];
    stage->dense.stride = stage->stride[1];
    stage->dense.dilation = stage->dilation[1];
    memcpy(stage->dense.kernel, stage->kernel, sizeof stage->kernel);
}

void nn_rows_init(struct nn_rows *rows)
{
    int64_t longest = 0;
    rows->scratch = 0;
    for (int i = 0; i < rows->stages_n; i++) {
        struct nn_rows_stage *stage = &rows->stages[i];
        bool last = i + 1 == rows->stages_n;
        init_stage(stage, last ? rows->out_pitch : rows->stages[i + 1].channels);
        /* Whole cache lines, so that no vector lies across two. */
        rows->row[i] = (padded_width(stage) * stage->channels + LINE - 1) / LINE * LINE;
        /* Those outside the picture are no rows of their own, however far the kernel reaches. */
        rows->kept[i] = (stage->kernel[0] - 1) * stage->dilation[0] + 1;
        rows->kept[i] = rows->kept[i] < stage->in[0] ? rows->kept[i] : stage->in[0];
        /* What the first stage reads is there already; only windows at its edges are copied. */
        rows->kept[i] = i == 0 ? 0 : rows->kept[i];
        rows->start[i] = rows->scratch;
        rows->scratch += i == 0 ? window_floats(stage) : rows->row[i] * rows->kept[i];
        longest = rows->row[i] > longest ? rows->row[i] : longest;
    }
    rows->nothing = rows->scratch;
    rows->scratch += longest;
}

/* Copies what lies under the kernel at a pixel of the result, with zeros outside the picture. */
static void copy_window(const struct nn_rows_stage *stage, const float *in, int64_t y, int64_t x,
                        float *to)
{
    size_t bytes = (size_t)stage->channels * sizeof *to;
    for (int64_t tap = 0; tap < stage->kernel[0] * stage->kernel[1]; tap++) {
        int64_t row =
            y * stage->stride[0] - stage->pad[0] + tap / stage->kernel[1] * stage->dilation[0];
        int64_t column =
            x * stage->stride[1] - stage->pad[1] + tap % stage->kernel[1] * stage->dilation[1];
        if (row < 0 || row >= stage->in[0] || column < 0 || column >= stage->in[1]) {
            memset(to, 0, bytes);
        } else {
            memcpy(to, in + (row * stage->in[1] + column) * stage->channels, bytes);
        }
        to += stage->channels;
    }
}

/* So many pixels of a row of the result; `under` points to what lies under the first one. */
static void make_part(const struct nn_rows_stage *stage, const float *const *under, int64_t width,
                      int64_t dilation, float *to)
{
    if (stage->depthwise) {
        struct nn_depthwise layer = stage->light;
        layer.out.width = width;
        stage->kernels->depthwise_row(&layer, under, to);
    } else {
        struct nn_dense layer = stage->dense;
        layer.width = width;
        layer.dilation = dilation;
        stage->kernels->dense_row(&layer, under, to);
    }
}

/* One pixel, from the dense window under its kernel. */
static void make_pixel(const struct nn_rows_stage *stage, const float *window, float *to)
{
    const float *under[NN_ROWS_KERNEL_MAX];
    for (int64_t ky = 0; ky < stage->kernel[0]; ky++) {
        under[ky] = window + ky * stage->kernel[1] * stage->channels;
    }
    make_part(stage, under, 1, 1, to);
}

struct run {
    const struct nn_rows *rows;
    const float *in;
    float *scratch;
    int64_t made[NN_ROWS_STAGES_MAX]; /* rows of what the stage reads */
};

static void make(struct run *run, int index, int64_t y, float *to);

/* The row `y` of what a stage reads, but for the first one with its padding; the rows before it
 * were asked for before. */
static const float *row_of(struct run *run, int index, int64_t y)
{
    const struct nn_rows *rows = run->rows;
    const struct nn_rows_stage *stage = &rows->stages[index];
    if (y < 0 || y >= stage->in[0]) {
        return run->scratch + rows->nothing;
    }
    if (index == 0) {
        return run->in + y * stage->in[1] * stage->channels;
    }
    float *kept = run->scratch + rows->start[index];
    for (; run->made[index] <= y; run->made[index]++) {
        int64_t next = run->made[index];
        float *to =
            kept + next % rows->kept[index] * rows->row[index] + stage->pad[1] * stage->channels;
        make(run, index - 1, next, to);
    }
    return kept + y % rows->kept[index] * rows->row[index];
}

/* The pixels [first, end) of the row `y` of the first stage's result, one by one. */
static void make_edge(const struct run *run, int64_t y, int64_t first, int64_t end, float *to)
{
    const struct nn_rows_stage *stage = &run->rows->stages[0];
    int64_t pitch = stage->depthwise ? stage->light.out.channels : stage->dense.out_pitch;
    float *window = run->scratch + run->rows->start[0];
    for (int64_t x = first; x < end; x++) {
        copy_window(stage, run->in, y, x, window);
        make_pixel(stage, window, to + x * pitch);
    }
}

/* The row `y` of the first stage's result. What it reads has no padding, so the pixels whose kernel
 * reaches over an edge are made apart; `under` is what lies under the kernel at the left edge of
 * the picture. */
static void make_first(const struct run *run, int64_t y, const float **under, float *to)
{
    const struct nn_rows_stage *stage = &run->rows->stages[0];
    int64_t pitch = stage->depthwise ? stage->light.out.channels : stage->dense.out_pitch;
    int64_t reach = (stage->kernel[1] - 1) * stage->dilation[1] + 1;
    int64_t room = stage->in[1] + stage->pad[1] - reach;
    int64_t first = (stage->pad[1] + stage->stride[1] - 1) / stage->stride[1];
    int64_t end = room < 0 ? 0 : room / stage->stride[1] + 1;
    end = end < stage->out[1] ? end : stage->out[1];
    if (first >= end) {
        make_edge(run, y, 0, stage->out[1], to);
        return;
    }
    make_edge(run, y, 0, first, to);
    for (int64_t ky = 0; ky < stage->kernel[0]; ky++) {
        under[ky] += (first * stage->stride[1] - stage->pad[1]) * stage->channels;
    }
    make_part(stage, under, end - first, stage->dilation[1], to + first * pitch);
    make_edge(run, y, end, stage->out[1], to);
}

/* The row `y` of a stage's result. */
static void make(struct run *run, int index, int64_t y, float *to)
{
    const struct nn_rows_stage *stage = &run->rows->stages[index];
    const float *under[NN_ROWS_KERNEL_MAX];
    for (int64_t ky = 0; ky < stage->kernel[0]; ky++) {
        under[ky] =
            row_of(run, index, y * stage->stride[0] - stage->pad[0] + ky * stage->dilation[0]);
    }
    if (index == 0) {
        make_first(run, y, under, to);
    } else if (stage->depthwise) {
        stage->kernels->depthwise_row(&stage->light, under, to);
    } else {
        stage->kernels->dense_row(&stage->dense, under, to);
    }
}

/* What no row overwrites. */
static void clear_padding(const struct nn_rows *rows, float *scratch)
{
    for (int i = 0; i < rows->stages_n; i++) {
        const struct nn_rows_stage *stage = &rows->stages[i];
        size_t before = (size_t)(stage->pad[1] * stage->channels);
        size_t until = before + (size_t)(stage->in[1] * stage->channels);
        float *row = scratch + rows->start[i];
        for (int64_t n = 0; n < rows->kept[i]; n++, row += rows->row[i]) {
            memset(row, 0, before * sizeof(float));
            memset(row + until, 0, ((size_t)rows->row[i] - until) * sizeof(float));
        }
    }
    memset(scratch + rows->nothing, 0, (size_t)(rows->scratch - rows->nothing) * sizeof(float));
}

void nn_rows_run(const struct nn_rows *rows, const float *in, float *out, float *scratch)
{
    const struct nn_rows_stage *last = &rows->stages[rows->stages_n - 1];
    struct run run = {.rows = rows, .in = in, .scratch = scratch};
    clear_padding(rows, scratch);
    for (int64_t y = 0; y < last->out[0]; y++) {
        make(&run, rows->stages_n - 1, y, out + y * last->out[1] * rows->out_pitch);
    }
}

/* Floats of the longest pixel between two stages, in whole cache lines. */
static int64_t longest_pixel(const struct nn_rows *rows)
{
    int64_t longest = 0;
    for (int i = 1; i < rows->stages_n; i++) {
        int64_t channels = rows->stages[i].channels;
        longest = channels > longest ? channels : longest;
    }
    return (longest + LINE - 1) / LINE * LINE;
}

int64_t nn_rows_pixel_scratch(const struct nn_rows *rows)
{
    return window_floats(&rows->stages[0]) + 2 * longest_pixel(rows);
}

void nn_rows_pixel(const struct nn_rows *rows, const float *in, int64_t y, int64_t x, float *out,
                   float *scratch)
{
    const float *from = scratch;
    float *between = scratch + window_floats(&rows->stages[0]);
    int64_t longest = longest_pixel(rows);
    copy_window(&rows->stages[0], in, y, x, scratch);
    for (int i = 0; i < rows->stages_n; i++) {
        float *to = i + 1 == rows->stages_n ? out : between + i % 2 * longest;
        make_pixel(&rows->stages[i], from, to);
        from = to;
    }
}
