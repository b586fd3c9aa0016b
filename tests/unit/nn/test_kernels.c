/* Our own kernels against the plain definition, in every instruction set that this processor has;
 * the ranges that 8-bit convolutions need, as text. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "builder.h"
#include "check.h"
#include "nn/kernels.h"
#include "nn/quantise.h"

static float *numbers(GRand *rand, int64_t n, float reach)
{
    float *list = g_new(float, n);
    for (int64_t i = 0; i < n; i++) {
        list[i] = (float)g_rand_double_range(rand, (double)-reach, (double)reach);
    }
    return list;
}

static float prelu(float x, float slope)
{
    return x > 0 ? x : x * slope;
}

/* Where a channel's pixel lies. */
static int64_t at(const struct nn_planes *planes, int64_t c, int64_t y, int64_t x)
{
    int64_t block = c / planes->channels;
    return ((block * planes->height + y) * planes->width + x) * planes->channels +
           c % planes->channels;
}

static float plain_depthwise(const struct nn_depthwise *layer, const float *in, int64_t c,
                             int64_t y, int64_t x)
{
    int64_t table = layer->in.blocks * layer->in.channels;
    double sum = (double)layer->bias[c];
    for (int64_t ky = 0; ky < layer->kernel[0]; ky++) {
        for (int64_t kx = 0; kx < layer->kernel[1]; kx++) {
            int64_t from_y = y * layer->stride[0] - layer->pad[0] + ky;
            int64_t from_x = x * layer->stride[1] - layer->pad[1] + kx;
            if (from_y < 0 || from_y >= layer->in.height || from_x < 0 ||
                from_x >= layer->in.width) {
                continue;
            }
            float value = in[at(&layer->in, c, from_y, from_x)];
            value = layer->before != NULL ? prelu(value, layer->before[c]) : value;
            sum += (double)value * (double)layer->weights[(ky * layer->kernel[1] + kx) * table + c];
        }
    }
    return layer->after != NULL ? prelu((float)sum, layer->after[c]) : (float)sum;
}

static void check_depthwise(const struct nn_kernels *kernels, struct nn_depthwise *layer,
                            GRand *rand)
{
    int64_t table = layer->in.blocks * layer->in.channels;
    for (int i = 0; i < 2; i++) {
        int64_t side = i == 0 ? layer->in.height : layer->in.width;
        int64_t out = (side + 2 * layer->pad[i] - layer->kernel[i]) / layer->stride[i] + 1;
        *(i == 0 ? &layer->out.height : &layer->out.width) = out;
    }
    layer->out.images = layer->in.images;
    layer->out.blocks = layer->in.blocks;
    layer->out.channels = layer->in.channels;
    g_autofree float *in = numbers(rand, table * layer->in.height * layer->in.width, 2);
    g_autofree float *weights = numbers(rand, table * layer->kernel[0] * layer->kernel[1], 1);
    g_autofree float *bias = numbers(rand, table, 1);
    g_autofree float *before = numbers(rand, table, 1);
    g_autofree float *after = numbers(rand, table, 1);
    g_autofree float *out = g_new0(float, table * layer->out.height * layer->out.width);
    g_autofree float *scratch = g_new0(float, nn_depthwise_scratch(layer));
    layer->weights = weights;
    layer->bias = bias;
    layer->before = g_rand_boolean(rand) ? before : NULL;
    layer->after = g_rand_boolean(rand) ? after : NULL;
    kernels->depthwise(layer, in, out, scratch);
    for (int64_t c = 0; c < table; c++) {
        for (int64_t y = 0; y < layer->out.height; y++) {
            for (int64_t x = 0; x < layer->out.width; x++) {
                float expected = plain_depthwise(layer, in, c, y, x);
                assert_float_equal(out[at(&layer->out, c, y, x)], expected, 1e-4F);
            }
        }
    }
}

static void depthwise_is_what_it_says(void **state)
{
    const struct nn_kernels *list[CHECK_KERNEL_SETS];
    g_autoptr(GRand) rand = g_rand_new_with_seed(5);
    (void)state;
    for (guint i = 0, n = check_kernel_sets(list); i < n; i++) {
        for (int round = 0; round < 200; round++) {
            int64_t blocks = g_rand_int_range(rand, 1, 3);
            struct nn_depthwise layer = {
                .in = {1, blocks, blocks > 1 ? 16 : g_rand_int_range(rand, 16, 90),
                       g_rand_int_range(rand, 3, 12), g_rand_int_range(rand, 3, 14)},
            };
            for (int side = 0; side < 2; side++) {
                layer.kernel[side] = g_rand_int_range(rand, 0, 2) == 0 ? 3 : 2;
                layer.stride[side] = g_rand_int_range(rand, 1, 4);
                layer.pad[side] = g_rand_int_range(rand, 0, (int)layer.kernel[side]);
            }
            check_depthwise(list[i], &layer, rand);
        }
    }
}

static void prelu_is_what_it_says(void **state)
{
    const struct nn_kernels *list[CHECK_KERNEL_SETS];
    g_autoptr(GRand) rand = g_rand_new_with_seed(6);
    const struct nn_planes planes = {1, 2, 19, 3, 5};
    int64_t count = planes.blocks * planes.channels * planes.height * planes.width;
    (void)state;
    for (guint i = 0, n = check_kernel_sets(list); i < n; i++) {
        g_autofree float *data = numbers(rand, count, 3);
        g_autofree float *slopes = numbers(rand, planes.blocks * planes.channels, 2);
        g_autofree float *before = g_memdup2(data, (gsize)count * sizeof *data);
        list[i]->prelu(&planes, slopes, data);
        for (int64_t c = 0; c < planes.blocks * planes.channels; c++) {
            for (int64_t p = 0; p < planes.height * planes.width; p++) {
                int64_t place = at(&planes, c, p / planes.width, p % planes.width);
                assert_float_equal(data[place], prelu(before[place], slopes[c]), 1e-6F);
            }
        }
    }
}

#define INPUTS 32
#define OUTPUTS 128

/* The weight of input i for output o, in the kernel's order. */
static int8_t weight_of(const int8_t *weights, int64_t o, int64_t i)
{
    return weights[((o / 64 * (INPUTS / 4) + i / 4) * 64 + o % 64) * 4 + i % 4];
}

static void check_pointwise(const struct nn_kernels *kernels, int64_t pixels, GRand *rand)
{
    g_autofree uint8_t *in = g_new(uint8_t, pixels * INPUTS);
    g_autofree int8_t *weights = g_new(int8_t, INPUTS * OUTPUTS);
    g_autofree float *scale = numbers(rand, OUTPUTS, 0.01F);
    g_autofree float *bias = numbers(rand, OUTPUTS, 1);
    g_autofree float *slope = numbers(rand, OUTPUTS, 1);
    g_autofree float *factor = numbers(rand, OUTPUTS, 20);
    g_autofree float *offset = numbers(rand, OUTPUTS, 200);
    g_autofree float *out = numbers(rand, pixels * OUTPUTS, 2);
    g_autofree float *before = g_memdup2(out, (gsize)(pixels * OUTPUTS) * sizeof *out);
    g_autofree uint8_t *bytes = g_new0(uint8_t, pixels * OUTPUTS);
    struct nn_pointwise layer = {pixels,
                                 INPUTS,
                                 OUTPUTS,
                                 weights,
                                 scale,
                                 bias,
                                 g_rand_boolean(rand) ? slope : NULL,
                                 g_rand_boolean(rand),
                                 factor,
                                 offset};
    for (int64_t i = 0; i < pixels * INPUTS; i++) {
        in[i] = (uint8_t)g_rand_int_range(rand, 0, 256);
    }
    for (int64_t i = 0; i < INPUTS * OUTPUTS; i++) {
        weights[i] = (int8_t)g_rand_int_range(rand, -127, 128);
    }
    kernels->pointwise(&layer, in, out, bytes);
    for (int64_t p = 0; p < pixels; p++) {
        for (int64_t o = 0; o < OUTPUTS; o++) {
            int32_t sum = 0;
            for (int64_t i = 0; i < INPUTS; i++) {
                sum += in[p * INPUTS + i] * weight_of(weights, o, i);
            }
            float x = (float)sum * scale[o] + bias[o] + (layer.add ? before[p * OUTPUTS + o] : 0);
            x = layer.slope != NULL ? prelu(x, slope[o]) : x;
            assert_float_equal(out[p * OUTPUTS + o], x, 1e-3F * (1 + fabsf(x)));
            float byte = rintf(out[p * OUTPUTS + o] * factor[o] + offset[o]);
            float kept = fminf(fmaxf(byte, 0), 255);
            assert_true(fabsf((float)bytes[p * OUTPUTS + o] - kept) <= 1);
        }
    }
}

static void pointwise_is_what_it_says(void **state)
{
    const struct nn_kernels *list[CHECK_KERNEL_SETS];
    g_autoptr(GRand) rand = g_rand_new_with_seed(7);
    bool checked = false;
    (void)state;
    for (guint i = 0, n = check_kernel_sets(list); i < n; i++) {
        for (int64_t pixels = 1; list[i]->pointwise != NULL && pixels < 20; pixels++) {
            check_pointwise(list[i], pixels, rand);
            checked = true;
        }
    }
    if (!checked) {
        print_message("this processor has no VNNI\n");
        skip();
    }
}

static void ranges_survive_as_text(void **state)
{
    g_autoptr(GError) error = NULL;
    const float values[] = {1.5F, -2, 0.25F, 3};
    (void)state;
    struct nn_ranges *ranges = nn_ranges_create();
    nn_range_widen(nn_ranges_layer_add(ranges, 0, 2), values, 2);
    nn_range_widen(nn_ranges_layer_add(ranges, 1, 1), values, 4);
    assert_null(nn_ranges_layer_add(ranges, 1, 2));
    g_autofree char *text = nn_ranges_text(ranges);
    assert_string_equal(text, "0.25 1.5 -2 3\n-2 3\n");
    struct nn_ranges *back = nn_ranges_parse(text, &error);
    assert_non_null(back);
    assert_int_equal(nn_ranges_count(back), 2);
    assert_float_equal(nn_ranges_layer(back, 0)->low[1], -2, 0);
    assert_null(nn_ranges_layer(back, 2));
    nn_ranges_destroy(back);
    nn_ranges_destroy(ranges);
}

static void damaged_ranges_are_refused(void **state)
{
    static const char *const bad[] = {"1",     "2 1",   "a b",  "1 2 3",
                                      "nan 1", "0 inf", "1  2", "1 2\nx"};
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        assert_null(nn_ranges_parse(bad[i], &error));
        assert_true(g_error_matches(error, BASE_ERROR, BASE_ERROR_CORRUPT));
    }
}

/* Two pointwise convolutions; the ranges of the second one's data are another network's. */
static void ranges_of_another_network_change_nothing(void **state)
{
    enum { CHANNELS = 64, PIXELS = 16 };
    struct builder b;
    g_autofree float *data = builder_random(CHANNELS * PIXELS, 1);
    g_autofree float *first = builder_random((int64_t)CHANNELS * CHANNELS, 2);
    g_autofree float *second = builder_random((int64_t)CHANNELS * CHANNELS, 3);
    struct nn_ranges *ranges = nn_ranges_create();
    struct nn_options options = {.int8 = ranges};
    (void)state;
    nn_range_widen(nn_ranges_layer_add(ranges, 0, CHANNELS), data, PIXELS);
    nn_range_widen(nn_ranges_layer_add(ranges, 1, 2), data, PIXELS);
    builder_init(&b, 9);
    builder_input(&b, "x", "1x64x4x4");
    builder_output(&b, "y");
    builder_floats(&b, "v", "64x64x1x1", first);
    builder_floats(&b, "w", "64x64x1x1", second);
    builder_node(&b, "Conv", "x v", "z");
    builder_node(&b, "Conv", "z w", "y");
    GError *error = NULL;
    struct nn_model *model = builder_load(&b, &options, &error);
    struct nn_context *context = model != NULL ? nn_context_create(model, &error) : NULL;
    assert_non_null(context);
    g_autofree char *text = nn_model_describe(model);
    const char *eight_bits = strstr(text, "pointwise 8-bit");
    assert_int_equal(eight_bits != NULL, nn_int8_possible());
    assert_true(eight_bits == NULL || strstr(eight_bits + 1, "pointwise 8-bit") == NULL);
    memcpy(nn_context_input(context), data, CHANNELS * PIXELS * sizeof *data);
    assert_true(nn_context_run(context, &error));
    assert_true(isfinite(nn_context_output(context, 0)[0]));
    nn_context_destroy(context);
    nn_model_destroy(model);
    nn_ranges_destroy(ranges);
    builder_finish(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges_of_another_network_change_nothing),
        cmocka_unit_test(depthwise_is_what_it_says),
        cmocka_unit_test(prelu_is_what_it_says),
        cmocka_unit_test(pointwise_is_what_it_says),
        cmocka_unit_test(ranges_survive_as_text),
        cmocka_unit_test(damaged_ranges_are_refused),
    };
    return cmocka_run_group_tests_name("kernels", tests, NULL, NULL);
}
