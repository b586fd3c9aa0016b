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
        rows->kept[i] = (stage->kernel[0] - 1) * stage->dilation[0] + 1;
        rows->start[i] = rows->scratch;
        rows->scratch += rows->row[i] * rows->kept[i];
        longest = rows->row[i] > longest ? rows->row[i] : longest;
    }
    rows->nothing = rows->scratch;
    rows->scratch += longest;
}

struct run {
    const struct nn_rows *rows;
    const float *in;
    float *scratch;
    int64_t made[NN_ROWS_STAGES_MAX]; /* rows of what the stage reads */
};

static void make(struct run *run, int index, int64_t y, float *to);

/* The row `y` of what a stage reads, with its padding; those before it were asked for before. */
static const float *row_of(struct run *run, int index, int64_t y)
{
    const struct nn_rows *rows = run->rows;
    const struct nn_rows_stage *stage = &rows->stages[index];
    int64_t floats = stage->in[1] * stage->channels;
    if (y < 0 || y >= stage->in[0]) {
        return run->scratch + rows->nothing;
    }
    if (index == 0 && padded_width(stage) == stage->in[1]) {
        return run->in + y * floats;
    }
    float *kept = run->scratch + rows->start[index];
    for (; run->made[index] <= y; run->made[index]++) {
        int64_t next = run->made[index];
        float *to =
            kept + next % rows->kept[index] * rows->row[index] + stage->pad[1] * stage->channels;
        if (index == 0) {
            memcpy(to, run->in + next * floats, (size_t)floats * sizeof(float));
        } else {
            make(run, index - 1, next, to);
        }
    }
    return kept + y % rows->kept[index] * rows->row[index];
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
    if (stage->depthwise) {
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
