/* Chains of convolutions, row by row, against the plain definition, in every instruction set that
 * this processor has; an input with its channels last. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "builder.h"
#include "check.h"
#include "nn/rows.h"

/* Outputs of the stage, without what fills a vector. */
static int64_t outputs_of(const struct nn_rows_stage *stage)
{
    return stage->depthwise ? stage->channels : stage->dense.outputs;
}

static float weight_of(const struct nn_rows_stage *stage, int64_t o, int64_t c, int64_t tap)
{
    if (stage->depthwise) {
        return stage->light.weights[tap * stage->channels + o];
    }
    int64_t lanes = stage->kernels->lanes;
    int64_t taps = stage->kernel[0] * stage->kernel[1];
    int64_t panel = o / lanes * taps * stage->channels * lanes;
    return stage->dense.weights[panel + (tap * stage->channels + c) * lanes + o % lanes];
}

static double plain_pixel(const struct nn_rows_stage *stage, const float *in, int64_t y, int64_t x,
                          int64_t o)
{
    double sum = (double)(stage->depthwise ? stage->light.bias : stage->dense.bias)[o];
    for (int64_t tap = 0; tap < stage->kernel[0] * stage->kernel[1]; tap++) {
        int64_t from_y =
            y * stage->stride[0] - stage->pad[0] + tap / stage->kernel[1] * stage->dilation[0];
        int64_t from_x =
            x * stage->stride[1] - stage->pad[1] + tap % stage->kernel[1] * stage->dilation[1];
        if (from_y < 0 || from_y >= stage->in[0] || from_x < 0 || from_x >= stage->in[1]) {
            continue;
        }
        const float *pixel = in + (from_y * stage->in[1] + from_x) * stage->channels;
        int64_t first = stage->depthwise ? o : 0;
        int64_t end = stage->depthwise ? o + 1 : stage->channels;
        for (int64_t c = first; c < end; c++) {
            sum += (double)pixel[c] * (double)weight_of(stage, o, c, tap);
        }
    }
    return sum;
}

static float *plain_stage(const struct nn_rows_stage *stage, const float *in, const float *added)
{
    int64_t outputs = outputs_of(stage);
    float *out = g_new(float, stage->out[0] * stage->out[1] * outputs);
    for (int64_t i = 0; i < stage->out[0] * stage->out[1]; i++) {
        for (int64_t o = 0; o < outputs; o++) {
            double sum = plain_pixel(stage, in, i / stage->out[1], i % stage->out[1], o);
            sum += added != NULL ? (double)added[i * outputs + o] : 0;
            bool relu = stage->depthwise ? stage->light.relu : stage->dense.relu;
            out[i * outputs + o] = relu && sum < 0 ? 0 : (float)sum;
        }
    }
    return out;
}

/* A stage on so many channels; its tables go into `tables`. */
static void random_stage(GRand *rand, const struct nn_kernels *kernels, const int64_t in[2],
                         int64_t channels, struct nn_rows_stage *stage, GPtrArray *tables)
{
    bool depthwise = channels >= kernels->lanes && g_rand_boolean(rand);
    *stage =
        (struct nn_rows_stage){.kernels = kernels, .depthwise = depthwise, .channels = channels};
    for (int i = 0; i < 2; i++) {
        stage->kernel[i] = g_rand_boolean(rand) ? 3 : 1;
        stage->stride[i] = g_rand_int_range(rand, 1, 3);
        stage->dilation[i] = depthwise ? 1 : g_rand_int_range(rand, 1, 3);
        stage->pad[i] = stage->kernel[i] / 2 * stage->dilation[i];
        stage->in[i] = in[i];
        stage->out[i] = (in[i] - 1) / stage->stride[i] + 1;
    }
    stage->dense.outputs = g_rand_int_range(rand, 1, 40);
    int64_t rounded = (outputs_of(stage) + kernels->lanes - 1) / kernels->lanes * kernels->lanes;
    int64_t each = stage->kernel[0] * stage->kernel[1] * (depthwise ? 1 : channels);
    float *weights = builder_random(rounded * each, g_rand_int(rand));
    float *bias = builder_random(rounded, g_rand_int(rand));
    g_ptr_array_add(tables, weights);
    g_ptr_array_add(tables, bias);
    stage->light.weights = stage->dense.weights = weights;
    stage->light.bias = stage->dense.bias = bias;
    stage->light.relu = stage->dense.relu = g_rand_boolean(rand);
}

/* The result lies between other channels, which stay as they are. */
static void check_chain(struct nn_rows *rows, const float *in, const float *expected,
                        int64_t before)
{
    const struct nn_rows_stage *last = &rows->stages[rows->stages_n - 1];
    int64_t outputs = outputs_of(last);
    int64_t pixels = last->out[0] * last->out[1];
    rows->out_pitch = before + outputs + 3;
    nn_rows_init(rows);
    g_autofree float *out = g_new(float, pixels * rows->out_pitch + before);
    g_autofree float *scratch = g_new(float, rows->scratch);
    memset(scratch, 0xff, (size_t)rows->scratch * sizeof(float)); /* not numbers */
    for (int64_t i = 0; i < pixels * rows->out_pitch; i++) {
        out[i] = 7;
    }
    nn_rows_run(rows, in, out + before, scratch);
    for (int64_t i = 0; i < pixels; i++) {
        float *found = out + i * rows->out_pitch;
        check_close(found + before, expected + i * outputs, outputs);
        for (int64_t c = 0; c < rows->out_pitch; c++) {
            assert_true((c >= before && c < before + outputs) || found[c] == 7);
        }
    }
}

static void check_random_chain(GRand *rand, const struct nn_kernels *kernels)
{
    struct nn_rows rows = {.stages_n = g_rand_int_range(rand, 1, 5)};
    g_autoptr(GPtrArray) tables = g_ptr_array_new_with_free_func(g_free);
    int64_t side[2] = {g_rand_int_range(rand, 1, 30), g_rand_int_range(rand, 1, 30)};
    int64_t channels = g_rand_int_range(rand, 1, 40);
    g_autofree float *in = builder_random(side[0] * side[1] * channels, g_rand_int(rand));
    float *data = in;
    for (int i = 0; i < rows.stages_n; i++) {
        struct nn_rows_stage *stage = &rows.stages[i];
        random_stage(rand, kernels, side, channels, stage, tables);
        data = plain_stage(stage, data, NULL);
        g_ptr_array_add(tables, data);
        memcpy(side, stage->out, sizeof side);
        channels = outputs_of(stage);
    }
    check_chain(&rows, in, data, g_rand_int_range(rand, 0, 3));
}

static void chains_are_what_they_say(void **state)
{
    const struct nn_kernels *list[CHECK_KERNEL_SETS];
    g_autoptr(GRand) rand = g_rand_new_with_seed(8);
    (void)state;
    for (guint i = 0, n = check_kernel_sets(list); i < n; i++) {
        for (int round = 0; round < 60; round++) {
            check_random_chain(rand, list[i]);
        }
    }
}

static void a_sum_is_added_before_the_relu(void **state)
{
    const struct nn_kernels *list[CHECK_KERNEL_SETS];
    g_autoptr(GRand) rand = g_rand_new_with_seed(9);
    (void)state;
    for (guint i = 0, n = check_kernel_sets(list); i < n; i++) {
        g_autoptr(GPtrArray) tables = g_ptr_array_new_with_free_func(g_free);
        struct nn_rows rows = {.stages_n = 1};
        const int64_t side[2] = {5, 18};
        /* Too few channels for a depthwise one. */
        random_stage(rand, list[i], side, 3, &rows.stages[0], tables);
        struct nn_rows_stage *stage = &rows.stages[0];
        int64_t count = stage->out[0] * stage->out[1] * outputs_of(stage);
        g_autofree float *in = builder_random(side[0] * side[1] * 3, 1);
        g_autofree float *out = builder_random(count, 2);
        g_autofree float *expected = plain_stage(stage, in, out);
        stage->dense.add = true;
        rows.out_pitch = outputs_of(stage);
        nn_rows_init(&rows);
        g_autofree float *scratch = g_new(float, rows.scratch);
        nn_rows_run(&rows, in, out, scratch);
        check_close(out, expected, count);
    }
}

/* Two chains that end in a concatenation, with another operator's result between. */
static void build_joined(struct builder *builder)
{
    g_autofree float *weights = builder_random(20 * 3 * 9, 1);
    g_autofree float *more = builder_random(5 * 20, 2);
    const int64_t pads[] = {1, 1, 1, 1};
    builder_init(builder, 11);
    builder_input(builder, "x", "1x3x7x9");
    builder_floats(builder, "w", "20x3x3x3", weights);
    builder_floats(builder, "v", "5x20x1x1", more);
    Onnx__NodeProto *conv = builder_node(builder, "Conv", "x w", "a");
    builder_attr_ints(builder, conv, "pads", 4, pads);
    builder_node(builder, "Relu", "a", "b");
    builder_node(builder, "Conv", "b v", "c");
    builder_node(builder, "Sigmoid", "x", "d");
    Onnx__NodeProto *other = builder_node(builder, "Conv", "d w", "e");
    builder_attr_ints(builder, other, "pads", 4, pads);
    Onnx__NodeProto *concat = builder_node(builder, "Concat", "c d e", "y");
    builder_attr_int(builder, concat, "axis", 1);
}

static void parts_are_written_into_their_place(void **state)
{
    struct builder joined;
    struct nn_shape shape;
    g_autofree float *input = builder_random(3 * 7 * 9, 3);
    static const char *const parts[] = {"c", "d", "e"};
    int64_t begin = 0;
    (void)state;
    build_joined(&joined);
    builder_output(&joined, "y");
    g_autofree float *whole = check_run(&joined, NULL, input, &shape);
    assert_int_equal(shape.dims[1], 28);
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
        const struct nn_options options = {.outputs = &parts[i], .outputs_n = 1};
        g_autofree float *part = check_run(&joined, &options, input, &shape);
        check_close(whole + begin, part, nn_shape_count(&shape));
        begin += nn_shape_count(&shape);
    }
    builder_finish(&joined);
}

static void the_input_may_have_its_channels_last(void **state)
{
    struct builder joined;
    struct nn_shape shape;
    const struct nn_options last = {.channels_last = true};
    g_autofree float *planes = builder_random(3 * 7 * 9, 3);
    g_autofree float *pixels = g_new(float, 3 * 7 * 9);
    (void)state;
    for (size_t i = 0; i < 7 * 9; i++) {
        for (size_t c = 0; c < 3; c++) {
            pixels[i * 3 + c] = planes[c * 7 * 9 + i];
        }
    }
    build_joined(&joined);
    builder_output(&joined, "y");
    g_autofree float *expected = check_run(&joined, NULL, planes, &shape);
    g_autofree float *found = check_run(&joined, &last, pixels, &shape);
    check_close(found, expected, nn_shape_count(&shape));
    builder_finish(&joined);
}

/* Outputs computed on demand are what a run computes of them, up to the edges: "c" by a chain of
 * its own, "e" because the rest of the model needs it anyway. */
static void pixels_are_computed_on_demand(void **state)
{
    struct builder joined;
    struct nn_shape shape;
    static const char *const names[] = {"y", "e", "c"};
    const struct nn_options whole = {.outputs = &names[2], .outputs_n = 1};
    const struct nn_options some = {.outputs = names, .outputs_n = 3, .on_demand_n = 2};
    const struct nn_options alone = {.outputs = &names[2], .outputs_n = 1, .on_demand_n = 1};
    g_autofree float *input = builder_random(3 * 7 * 9, 3);
    (void)state;
    build_joined(&joined);
    builder_output(&joined, "y");
    g_autofree float *expected = check_run(&joined, &whole, input, &shape);
    const struct nn_options *const cases[] = {&some, &alone};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct nn_model *model = builder_load(&joined, cases[i], NULL);
        struct nn_context *context = nn_context_create(model, NULL);
        nn_model_destroy(model);
        memcpy(nn_context_input(context), input, sizeof(float) * 3 * 7 * 9);
        assert_true(nn_context_run(context, NULL));
        for (int64_t at = 0; at < 7 * 9; at++) {
            float found[5];
            nn_context_output_pixel(context, cases[i]->outputs_n - 1, at / 9, at % 9, found);
            for (int64_t c = 0; c < 5; c++) {
                check_close(&found[c], &expected[c * 7 * 9 + at], 1);
            }
        }
        nn_context_destroy(context);
    }
    builder_finish(&joined);
}

static void a_vector_has_no_channels_to_be_last(void **state)
{
    struct builder builder;
    const struct nn_options last = {.channels_last = true};
    (void)state;
    builder_init(&builder, 11);
    builder_input(&builder, "x", "1x3");
    builder_node(&builder, "Relu", "x", "y");
    builder_output(&builder, "y");
    check_refused(&builder, &last, BASE_ERROR_INVALID, "channels last");
    builder_finish(&builder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chains_are_what_they_say),
        cmocka_unit_test(a_sum_is_added_before_the_relu),
        cmocka_unit_test(parts_are_written_into_their_place),
        cmocka_unit_test(the_input_may_have_its_channels_last),
        cmocka_unit_test(pixels_are_computed_on_demand),
        cmocka_unit_test(a_vector_has_no_channels_to_be_last),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
