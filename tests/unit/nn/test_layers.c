/* Convolution, pooling, normalisation, Gemm and MatMul against plain loops. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "check.h"

struct conv_case {
    int64_t batch, in, side_h, side_w, out, groups, kernel, stride, dilation;
    int64_t pads[4]; /* top, left, bottom, right */
    bool bias;
};

static float padded(const float *plane, int64_t h, int64_t w, int64_t y, int64_t x)
{
    return y < 0 || x < 0 || y >= h || x >= w ? 0.0f : plane[y * w + x];
}

static int64_t conv_side(int64_t side, int64_t before, int64_t after, const struct conv_case *c)
{
    return (side + before + after - ((c->kernel - 1) * c->dilation + 1)) / c->stride + 1;
}

static float conv_at(const struct conv_case *c, const float *data, const float *weights, int64_t n,
                     int64_t o, int64_t y, int64_t x)
{
    int64_t in_each = c->in / c->groups;
    int64_t first = o / (c->out / c->groups) * in_each;
    double sum = 0.0;
    for (int64_t i = 0; i < in_each; i++) {
        const float *plane = data + (n * c->in + first + i) * c->side_h * c->side_w;
        const float *kernel = weights + (o * in_each + i) * c->kernel * c->kernel;
        for (int64_t k = 0; k < c->kernel * c->kernel; k++) {
            int64_t at_y = y * c->stride - c->pads[0] + k / c->kernel * c->dilation;
            int64_t at_x = x * c->stride - c->pads[1] + k % c->kernel * c->dilation;
            sum += (double)kernel[k] * padded(plane, c->side_h, c->side_w, at_y, at_x);
        }
    }
    return (float)sum;
}

static float *conv_reference(const struct conv_case *c, const float *data, const float *weights,
                             const float *bias)
{
    int64_t h = conv_side(c->side_h, c->pads[0], c->pads[2], c);
    int64_t w = conv_side(c->side_w, c->pads[1], c->pads[3], c);
    float *out = g_new(float, (gsize)(c->batch * c->out * h * w));
    for (int64_t i = 0; i < c->batch * c->out * h * w; i++) {
        int64_t o = i / (h * w) % c->out;
        out[i] = conv_at(c, data, weights, i / (h * w) / c->out, o, i / w % h, i % w) +
                 (bias != NULL ? bias[o] : 0.0f);
    }
    return out;
}

static Onnx__NodeProto *add_conv(struct builder *b, const struct conv_case *c, const char *from,
                                 const char *to, const float *weights, const float *bias)
{
    g_autofree char *name = g_strdup_printf("w_%s", to);
    g_autofree char *bias_name = g_strdup_printf("b_%s", to);
    g_autofree char *shape = g_strdup_printf("%dx%dx%dx%d", (int)c->out, (int)(c->in / c->groups),
                                             (int)c->kernel, (int)c->kernel);
    g_autofree char *bias_shape = g_strdup_printf("%d", (int)c->out);
    g_autofree char *inputs =
        g_strdup_printf(bias != NULL ? "%s %s %s" : "%s %s", from, name, bias_name);
    int64_t both[] = {c->stride, c->stride};
    int64_t dilations[] = {c->dilation, c->dilation};
    builder_floats(b, name, shape, weights);
    if (bias != NULL) {
        builder_floats(b, bias_name, bias_shape, bias);
    }
    Onnx__NodeProto *node = builder_node(b, "Conv", inputs, to);
    builder_attr_ints(b, node, "strides", 2, both);
    builder_attr_ints(b, node, "dilations", 2, dilations);
    builder_attr_ints(b, node, "pads", 4, c->pads);
    builder_attr_int(b, node, "group", c->groups);
    return node;
}

static void run_conv(const struct conv_case *c)
{
    struct builder b;
    g_autofree float *data = builder_random(c->batch * c->in * c->side_h * c->side_w, 1);
    g_autofree float *weights =
        builder_random(c->out * (c->in / c->groups) * c->kernel * c->kernel, 2);
    g_autofree float *bias = builder_random(c->out, 3);
    g_autofree float *expected = conv_reference(c, data, weights, c->bias ? bias : NULL);
    g_autofree char *from =
        g_strdup_printf("%dx%dx%dx%d", (int)c->batch, (int)c->in, (int)c->side_h, (int)c->side_w);
    g_autofree char *to = g_strdup_printf("%dx%dx%dx%d", (int)c->batch, (int)c->out,
                                          (int)conv_side(c->side_h, c->pads[0], c->pads[2], c),
                                          (int)conv_side(c->side_w, c->pads[1], c->pads[3], c));
    builder_init(&b, 11);
    builder_input(&b, "x", from);
    builder_output(&b, "y");
    add_conv(&b, c, "x", "y", weights, c->bias ? bias : NULL);
    check_model(&b, data, to, expected);
    builder_finish(&b);
}

static void conv_shapes(void **state)
{
    static const struct conv_case cases[] = {
        {1, 3, 9, 8, 16, 1, 3, 1, 1, {1, 1, 1, 1}, true},
        {1, 3, 12, 10, 8, 1, 3, 2, 1, {0, 0, 1, 1}, true},
        {2, 16, 7, 7, 24, 1, 1, 1, 1, {0, 0, 0, 0}, false},
        {1, 13, 6, 5, 13, 13, 3, 1, 1, {1, 1, 1, 1}, true},
        {1, 32, 8, 8, 32, 32, 3, 2, 1, {1, 1, 1, 1}, false},
        {1, 12, 8, 8, 8, 4, 3, 1, 1, {1, 1, 1, 1}, true},
        {1, 16, 11, 11, 16, 1, 3, 1, 2, {2, 2, 2, 2}, true},
        {1, 5, 8, 8, 7, 1, 5, 1, 1, {2, 2, 2, 2}, true},
        {1, 64, 8, 8, 64, 64, 8, 1, 1, {0, 0, 0, 0}, true},
        {1, 1, 6, 6, 4, 1, 3, 1, 1, {1, 0, 0, 1}, true},
    };
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        run_conv(&cases[i]);
    }
}

static void conv_same_padding(void **state)
{
    const struct conv_case c = {1, 2, 7, 6, 3, 1, 3, 2, 1, {1, 0, 1, 1}, false};
    struct builder b;
    int64_t strides[] = {2, 2};
    g_autofree float *data = builder_random(2 * 7 * 6, 1);
    g_autofree float *weights = builder_random(3 * 2 * 9, 2);
    g_autofree float *expected = conv_reference(&c, data, weights, NULL);
    (void)state;
    builder_init(&b, 9);
    builder_input(&b, "x", "1x2x7x6");
    builder_output(&b, "y");
    builder_floats(&b, "w", "3x2x3x3", weights);
    Onnx__NodeProto *node = builder_node(&b, "Conv", "x w", "y");
    builder_attr_text(&b, node, "auto_pad", "SAME_UPPER");
    builder_attr_ints(&b, node, "strides", 2, strides);
    check_model(&b, data, "1x3x4x3", expected);
    builder_finish(&b);
}

/* Conv, BatchNormalization, Relu: one primitive; then a residual Add and a PRelu. */
static void conv_fusions(void **state)
{
    const struct conv_case c = {1, 8, 6, 6, 8, 1, 3, 1, 1, {1, 1, 1, 1}, true};
    struct builder b;
    g_autofree float *data = builder_random(8 * 36, 1);
    g_autofree float *weights = builder_random(8 * 8 * 9, 2);
    g_autofree float *bias = builder_random(8, 3);
    g_autofree float *scale = builder_random(8, 4);
    g_autofree float *shift = builder_random(8, 5);
    g_autofree float *mean = builder_random(8, 6);
    g_autofree float *variance = builder_random(8, 7);
    (void)state;
    for (int i = 0; i < 8; i++) {
        variance[i] += 1.5f;
    }
    builder_init(&b, 9);
    builder_input(&b, "x", "1x8x6x6");
    builder_output(&b, "y");
    builder_floats(&b, "scale", "8", scale);
    builder_floats(&b, "shift", "8", shift);
    builder_floats(&b, "mean", "8", mean);
    builder_floats(&b, "variance", "8", variance);
    builder_floats(&b, "slope", "8x1x1", scale);
    add_conv(&b, &c, "x", "c", weights, bias);
    Onnx__NodeProto *norm =
        builder_node(&b, "BatchNormalization", "c scale shift mean variance", "n");
    builder_attr_float(&b, norm, "epsilon", 1e-3f);
    builder_node(&b, "Relu", "n", "r");
    add_conv(&b, &c, "r", "d", weights, NULL);
    builder_node(&b, "Add", "d r", "s");
    builder_node(&b, "PRelu", "s slope", "y");

    g_autofree float *first = conv_reference(&c, data, weights, bias);
    for (int i = 0; i < 8 * 36; i++) {
        int o = i / 36;
        float n = scale[o] * (first[i] - mean[o]) / sqrtf(variance[o] + 1e-3f) + shift[o];
        first[i] = fmaxf(n, 0.0f);
    }
    g_autofree float *expected = conv_reference(&c, first, weights, NULL);
    for (int i = 0; i < 8 * 36; i++) {
        float sum = expected[i] + first[i];
        expected[i] = sum < 0.0f ? sum * scale[i / 36] : sum;
    }
    check_model(&b, data, "1x8x6x6", expected);

    g_autoptr(GError) error = NULL;
    struct nn_model *model = builder_load(&b, NULL, &error);
    g_autofree char *text = nn_model_describe(model);
    assert_null(strstr(text, "BatchNormalization"));
    assert_null(strstr(text, "Relu 'relu"));
    assert_non_null(strstr(text, "PRelu 'prelu_5': prelu"));
    nn_model_destroy(model);
    builder_finish(&b);
}

/* A normalisation that follows nothing with weights stays, as a scale and a shift. */
static void batchnorm_alone(void **state)
{
    static const char *const shapes[] = {"1x20x3x5", "2x6"};
    (void)state;
    for (size_t s = 0; s < G_N_ELEMENTS(shapes); s++) {
        struct builder b;
        struct nn_shape shape = builder_shape(shapes[s]);
        int64_t count = nn_shape_count(&shape);
        int64_t channels = shape.dims[1];
        int64_t inner = count / shape.dims[0] / channels;
        g_autofree char *vector = g_strdup_printf("%d", (int)channels);
        g_autofree float *data = builder_random(count, 1);
        float *parts[4];
        builder_init(&b, 15);
        builder_input(&b, "x", shapes[s]);
        builder_output(&b, "y");
        for (int i = 0; i < 4; i++) {
            g_autofree char *name = g_strdup_printf("p%d", i);
            parts[i] = builder_random(channels, 10 + (unsigned)i);
            for (int64_t k = 0; i == 3 && k < channels; k++) {
                parts[i][k] = fabsf(parts[i][k]);
            }
            builder_floats(&b, name, vector, parts[i]);
        }
        builder_node(&b, "BatchNormalization", "x p0 p1 p2 p3", "n");
        builder_node(&b, "Relu", "n", "y");
        g_autofree float *expected = g_new(float, (gsize)count);
        for (int64_t i = 0; i < count; i++) {
            int64_t c = i / inner % channels;
            float n =
                parts[0][c] * (data[i] - parts[2][c]) / sqrtf(parts[3][c] + 1e-5f) + parts[1][c];
            expected[i] = fmaxf(n, 0.0f);
        }
        check_model(&b, data, shapes[s], expected);
        builder_finish(&b);
        for (int i = 0; i < 4; i++) {
            g_free(parts[i]);
        }
    }
}

static float pool_at(const float *plane, int64_t h, int64_t w, int64_t y, int64_t x, int kernel,
                     int kind)
{
    float best = -INFINITY;
    float sum = 0.0f;
    int inside = 0;
    for (int k = 0; k < kernel * kernel; k++) {
        int64_t at_y = y + k / kernel;
        int64_t at_x = x + k % kernel;
        if (at_y >= 0 && at_x >= 0 && at_y < h && at_x < w) {
            best = fmaxf(best, plane[at_y * w + at_x]);
            sum += plane[at_y * w + at_x];
            inside++;
        }
    }
    return kind == 0 ? best : sum / (float)(kind == 1 ? inside : kernel * kernel);
}

/* Kinds: 0 maximum, 1 average without the padding, 2 with it. */
static void pools(void **state)
{
    static const struct {
        int kind, ceil, h, w, out_h, out_w;
    } cases[] = {{0, 0, 8, 8, 4, 4},
                 {1, 0, 8, 7, 4, 4},
                 {2, 0, 8, 8, 4, 4},
                 {0, 1, 10, 9, 6, 5},
                 {1, 1, 10, 9, 6, 5}};
    int64_t kernel[] = {3, 3};
    int64_t strides[] = {2, 2};
    int64_t pads[] = {1, 1, 1, 1};
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct builder b;
        int h = cases[i].h;
        int w = cases[i].w;
        g_autofree char *from = g_strdup_printf("1x20x%dx%d", h, w);
        g_autofree char *to = g_strdup_printf("1x20x%dx%d", cases[i].out_h, cases[i].out_w);
        g_autofree float *data = builder_random(20 * h * w, 4);
        int each = cases[i].out_h * cases[i].out_w;
        g_autofree float *expected = g_new(float, (gsize)(20 * each));
        builder_init(&b, 11);
        builder_input(&b, "x", from);
        builder_output(&b, "y");
        Onnx__NodeProto *node =
            builder_node(&b, cases[i].kind == 0 ? "MaxPool" : "AveragePool", "x", "y");
        builder_attr_ints(&b, node, "kernel_shape", 2, kernel);
        builder_attr_ints(&b, node, "strides", 2, strides);
        builder_attr_ints(&b, node, "pads", 4, pads);
        builder_attr_int(&b, node, "ceil_mode", cases[i].ceil);
        if (cases[i].kind == 2) {
            builder_attr_int(&b, node, "count_include_pad", 1);
        }
        for (int k = 0; k < 20 * each; k++) {
            expected[k] = pool_at(data + k / each * h * w, h, w, k % each / cases[i].out_w * 2 - 1,
                                  k % cases[i].out_w * 2 - 1, 3, cases[i].kind);
        }
        check_model(&b, data, to, expected);
        builder_finish(&b);
    }
}

static void global_pools(void **state)
{
    static const char *const ops[] = {"GlobalAveragePool", "GlobalMaxPool"};
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        struct builder b;
        g_autofree float *data = builder_random(2 * 5 * 12, 4);
        float expected[10];
        builder_init(&b, 9);
        builder_input(&b, "x", "2x5x3x4");
        builder_output(&b, "y");
        builder_node(&b, ops[kind], "x", "y");
        for (int i = 0; i < 10; i++) {
            float sum = 0.0f;
            float best = -INFINITY;
            for (int k = 0; k < 12; k++) {
                sum += data[i * 12 + k] / 12.0f;
                best = fmaxf(best, data[i * 12 + k]);
            }
            expected[i] = kind == 0 ? sum : best;
        }
        check_model(&b, data, "2x5x1x1", expected);
        builder_finish(&b);
    }
}

static void gemm(void **state)
{
    (void)state;
    for (int variant = 0; variant < 8; variant++) {
        bool turn_a = (variant & 1) != 0;
        bool turn_b = (variant & 2) != 0;
        bool scalar = (variant & 4) != 0;
        struct builder b;
        g_autofree float *a = builder_random(3 * 5, 1);
        g_autofree float *w = builder_random(5 * 4, 2);
        g_autofree float *c = builder_random(4, 3);
        float expected[12];
        builder_init(&b, 9);
        builder_input(&b, "x", turn_a ? "5x3" : "3x5");
        builder_output(&b, "y");
        builder_floats(&b, "w", turn_b ? "4x5" : "5x4", w);
        builder_floats(&b, "c", scalar ? "1" : "4", c);
        Onnx__NodeProto *node = builder_node(&b, "Gemm", "x w c", "y");
        builder_attr_int(&b, node, "transA", turn_a);
        builder_attr_int(&b, node, "transB", turn_b);
        builder_attr_float(&b, node, "alpha", 0.5f);
        builder_attr_float(&b, node, "beta", 2.0f);
        for (int i = 0; i < 12; i++) {
            float sum = 0.0f;
            for (int k = 0; k < 5; k++) {
                sum += a[turn_a ? k * 3 + i / 4 : i / 4 * 5 + k] *
                       w[turn_b ? i % 4 * 5 + k : k * 4 + i % 4];
            }
            expected[i] = 0.5f * sum + 2.0f * c[scalar ? 0 : i % 4];
        }
        check_model(&b, a, "3x4", expected);
        builder_finish(&b);
    }
}

static void matmul(void **state)
{
    struct builder b;
    g_autofree float *a = builder_random(2 * 3 * 4, 1);
    g_autofree float *w = builder_random(4 * 5, 2);
    float expected[30];
    float square[18];
    int64_t permutation[] = {0, 2, 1};
    (void)state;
    for (int i = 0; i < 30; i++) {
        expected[i] = 0.0f;
        for (int k = 0; k < 4; k++) {
            expected[i] += a[i / 5 * 4 + k] * w[k * 5 + i % 5];
        }
    }
    builder_init(&b, 9);
    builder_input(&b, "x", "2x3x4");
    builder_output(&b, "y");
    builder_floats(&b, "w", "4x5", w);
    builder_node(&b, "MatMul", "x w", "y");
    check_model(&b, a, "2x3x5", expected);
    builder_finish(&b);

    /* Two activations: x times its transpose. */
    for (int i = 0; i < 18; i++) {
        square[i] = 0.0f;
        for (int k = 0; k < 4; k++) {
            square[i] += a[i / 3 * 4 + k] * a[(i / 9 * 3 + i % 3) * 4 + k];
        }
    }
    builder_init(&b, 9);
    builder_input(&b, "x", "2x3x4");
    builder_output(&b, "y");
    builder_attr_ints(&b, builder_node(&b, "Transpose", "x", "t"), "perm", 3, permutation);
    builder_node(&b, "MatMul", "x t", "y");
    check_model(&b, a, "2x3x3", square);
    builder_finish(&b);
}

static void wrong_shapes_name_the_node(void **state)
{
    struct builder b;
    g_autofree float *weights = builder_random(8 * 4 * 9, 1);
    int64_t zero[] = {0, 0};
    (void)state;
    builder_init(&b, 9);
    builder_input(&b, "x", "1x3x8x8");
    builder_output(&b, "y");
    builder_floats(&b, "w", "8x4x3x3", weights);
    builder_node(&b, "Conv", "x w", "y");
    check_refused(&b, NULL, BASE_ERROR_INVALID, "Conv 'conv_0'");
    builder_finish(&b);

    builder_init(&b, 9);
    builder_input(&b, "x", "1x4x8x8");
    builder_output(&b, "y");
    builder_floats(&b, "w", "8x4x3x3", weights);
    builder_attr_ints(&b, builder_node(&b, "Conv", "x w", "y"), "strides", 2, zero);
    check_refused(&b, NULL, BASE_ERROR_INVALID, "Conv 'conv_0': 'strides'");
    builder_finish(&b);

    builder_init(&b, 9);
    builder_input(&b, "x", "1x4x2x2");
    builder_output(&b, "y");
    builder_floats(&b, "w", "8x4x3x3", weights);
    builder_node(&b, "Conv", "x w", "y");
    check_refused(&b, NULL, BASE_ERROR_INVALID, "does not fit");
    builder_finish(&b);

    builder_init(&b, 9);
    builder_input(&b, "x", "2x3");
    builder_output(&b, "y");
    builder_floats(&b, "w", "4x2", weights);
    builder_node(&b, "Gemm", "x w", "y");
    check_refused(&b, NULL, BASE_ERROR_INVALID, "Gemm 'gemm_0'");
    builder_finish(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conv_shapes),
        cmocka_unit_test(conv_same_padding),
        cmocka_unit_test(conv_fusions),
        cmocka_unit_test(batchnorm_alone),
        cmocka_unit_test(pools),
        cmocka_unit_test(global_pools),
        cmocka_unit_test(gemm),
        cmocka_unit_test(matmul),
        cmocka_unit_test(wrong_shapes_name_the_node),
    };
    return cmocka_run_group_tests_name("nn_layers", tests, NULL, NULL);
}
