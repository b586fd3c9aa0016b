/* Arithmetic, functions and what moves data, against plain loops. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "check.h"

static float relu(float x)
{
    return fmaxf(x, 0.0f);
}

static float leaky(float x)
{
    return x < 0.0f ? 0.1f * x : x;
}

static float sigmoid(float x)
{
    return 1.0f / (1.0f + expf(-x));
}

static float clipped(float x)
{
    return fminf(fmaxf(x, -0.25f), 0.5f);
}

static float same(float x)
{
    return x;
}

/* Every function on blocked data (after a convolution that only copies) and on plain data. */
static void functions(void **state)
{
    static const struct {
        const char *op;
        const char *attribute;
        float value;
        float (*function)(float);
    } cases[] = {
        {"Relu", NULL, 0.0f, relu},       {"LeakyRelu", "alpha", 0.1f, leaky},
        {"Sigmoid", NULL, 0.0f, sigmoid}, {"Exp", NULL, 0.0f, expf},
        {"Tanh", NULL, 0.0f, tanhf},      {"Abs", NULL, 0.0f, fabsf},
        {"Identity", NULL, 0.0f, same},   {"Dropout", "ratio", 0.4f, same},
    };
    float copy[400] = {0};
    (void)state;
    for (int i = 0; i < 20; i++) {
        copy[i * 20 + i] = 1.0f;
    }
    for (size_t i = 0; i < 2 * G_N_ELEMENTS(cases); i++) {
        struct builder b;
        bool plain = i % 2 == 0;
        g_autofree float *data = builder_random(20 * 12, 1);
        g_autofree float *expected = g_new(float, 20 * 12);
        builder_init(&b, 11);
        builder_input(&b, "x", "1x20x3x4");
        builder_output(&b, "y");
        builder_floats(&b, "w", "20x20x1x1", copy);
        builder_node(&b, "Conv", "x w", "c");
        builder_node(&b, "Relu", "c", "unused");
        Onnx__NodeProto *node = builder_node(&b, cases[i / 2].op, plain ? "x" : "c", "y");
        if (cases[i / 2].attribute != NULL) {
            builder_attr_float(&b, node, cases[i / 2].attribute, cases[i / 2].value);
        }
        for (int k = 0; k < 20 * 12; k++) {
            expected[k] = cases[i / 2].function(data[k]);
        }
        check_model(&b, data, "1x20x3x4", expected);
        builder_finish(&b);
    }
}

static void clip(void **state)
{
    float low = -0.25f;
    float high = 0.5f;
    (void)state;
    for (int inputs = 0; inputs < 2; inputs++) {
        struct builder b;
        g_autofree float *data = builder_random(30, 1);
        float expected[30];
        builder_init(&b, inputs ? 13 : 9);
        builder_input(&b, "x", "5x6");
        builder_output(&b, "y");
        builder_floats(&b, "low", "", &low);
        builder_floats(&b, "high", "", &high);
        Onnx__NodeProto *node = builder_node(&b, "Clip", inputs ? "x low high" : "x", "y");
        if (!inputs) {
            builder_attr_float(&b, node, "min", low);
            builder_attr_float(&b, node, "max", high);
        }
        for (int i = 0; i < 30; i++) {
            expected[i] = clipped(data[i]);
        }
        check_model(&b, data, "5x6", expected);
        builder_finish(&b);
    }
}

static float arithmetic(const char *op, float a, float b)
{
    return strcmp(op, "Add") == 0   ? a + b
           : strcmp(op, "Sub") == 0 ? a - b
           : strcmp(op, "Mul") == 0 ? a * b
                                    : a / b;
}

static int64_t broadcast_index(const struct nn_shape *out, const struct nn_shape *shape, int64_t at)
{
    int64_t index = 0;
    int64_t stride = 1;
    for (int i = out->rank - 1; i >= 0; i--) {
        int axis = i - (out->rank - shape->rank);
        int64_t place = at % out->dims[i];
        at /= out->dims[i];
        if (axis >= 0) {
            index += shape->dims[axis] == 1 ? 0 : place * stride;
            stride *= shape->dims[axis];
        }
    }
    return index;
}

static void check_binary(const char *op, const char *left, const char *right, const char *to,
                         bool swapped, bool constant)
{
    struct builder b;
    struct nn_shape out = builder_shape(to);
    struct nn_shape shapes[] = {builder_shape(left), builder_shape(right)};
    int64_t count = nn_shape_count(&shapes[1]);
    int64_t axes[] = {nn_shape_count(&shapes[0])};
    g_autofree float *data = builder_random(axes[0], 1);
    g_autofree float *other = builder_random(count, 2);
    g_autofree float *expected = g_new(float, (gsize)nn_shape_count(&out));
    builder_init(&b, 13);
    builder_input(&b, "x", left);
    builder_output(&b, "y");
    for (int64_t i = 0; i < count; i++) {
        other[i] = constant ? other[i] + 2.0f : data[i % axes[0]] + 2.0f;
    }
    builder_floats(&b, "c", right, other);
    if (!constant) {
        /* The second operand computed: the input's first elements plus two. */
        int64_t zero[] = {0};
        float two = 2.0f;
        builder_floats(&b, "two", "1", &two);
        builder_ints(&b, "begin", 1, zero);
        builder_ints(&b, "end", 1, &count);
        builder_ints(&b, "flat", 1, (int64_t[]){-1});
        builder_ints(&b, "shape", shapes[1].rank, shapes[1].dims);
        builder_node(&b, "Reshape", "x flat", "f");
        builder_node(&b, "Slice", "f begin end", "s");
        builder_node(&b, "Add", "s two", "t");
        builder_node(&b, "Reshape", "t shape", "c2");
    }
    const char *second = constant ? "c" : "c2";
    g_autofree char *inputs =
        swapped ? g_strdup_printf("%s x", second) : g_strdup_printf("x %s", second);
    builder_node(&b, op, inputs, "y");
    for (int64_t i = 0; i < nn_shape_count(&out); i++) {
        float one = data[broadcast_index(&out, &shapes[0], i)];
        float two = other[broadcast_index(&out, &shapes[1], i)];
        if (swapped && strcmp(op, "Div") == 0) {
            one = fabsf(one) < 1e-3f ? 1e-3f : one;
        }
        expected[i] = swapped ? arithmetic(op, two, one) : arithmetic(op, one, two);
    }
    check_model(&b, data, to, expected);
    builder_finish(&b);
}

static void binaries(void **state)
{
    static const char *const ops[] = {"Add", "Sub", "Mul", "Div"};
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(ops); i++) {
        for (int constant = 0; constant < 2; constant++) {
            check_binary(ops[i], "1x20x3x4", "1x20x3x4", "1x20x3x4", false, constant);
            check_binary(ops[i], "2x20x3x4", "2x20x1x1", "2x20x3x4", false, constant);
            check_binary(ops[i], "1x20x3x4", "20x1x1", "1x20x3x4", false, constant);
            check_binary(ops[i], "1x20x3x4", "1", "1x20x3x4", false, constant);
            check_binary(ops[i], "5x7", "7", "5x7", false, constant);
            check_binary(ops[i], "1x20x1x1", "1x20x3x1", "1x20x3x1", false, 1);
            check_binary(ops[i], "3x1", "1x3", "3x3", false, constant);
            check_binary(ops[i], "1x6x3x4", "6x1x1", "1x6x3x4", true, constant);
        }
    }
}

static void prelu(void **state)
{
    static const char *const slopes[] = {"20x1x1", "1", "1x20x1x1", "20x3x4"};
    (void)state;
    for (size_t s = 0; s < G_N_ELEMENTS(slopes); s++) {
        struct builder b;
        struct nn_shape out = builder_shape("2x20x3x4");
        struct nn_shape shape = builder_shape(slopes[s]);
        g_autofree float *data = builder_random(480, 1);
        g_autofree float *slope = builder_random(nn_shape_count(&shape), 2);
        g_autofree float *expected = g_new(float, 480);
        builder_init(&b, 9);
        builder_input(&b, "x", "2x20x3x4");
        builder_output(&b, "y");
        builder_floats(&b, "slope", slopes[s], slope);
        builder_node(&b, "PRelu", "x slope", "y");
        for (int i = 0; i < 480; i++) {
            expected[i] =
                data[i] < 0.0f ? data[i] * slope[broadcast_index(&out, &shape, i)] : data[i];
        }
        check_model(&b, data, "2x20x3x4", expected);
        builder_finish(&b);
    }
}

/* Before opset 13 everything from the axis on is one row; from 13 on only the axis. */
static void softmax(void **state)
{
    static const struct {
        int opset, axis, rows, columns, stride;
    } cases[] = {{9, 1, 2, 12, 1}, {9, 2, 6, 4, 1}, {13, -1, 6, 4, 1}, {13, 1, 8, 3, 4}};
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct builder b;
        int stride = cases[i].stride;
        g_autofree float *data = builder_random(24, 1);
        float expected[24];
        builder_init(&b, cases[i].opset);
        builder_input(&b, "x", "2x3x4");
        builder_output(&b, "y");
        builder_attr_int(&b, builder_node(&b, "Softmax", "x", "y"), "axis", cases[i].axis);
        for (int row = 0; row < cases[i].rows; row++) {
            int first = row / stride * stride * cases[i].columns + row % stride;
            float sum = 0.0f;
            for (int k = 0; k < cases[i].columns; k++) {
                sum += expf(data[first + k * stride]);
            }
            for (int k = 0; k < cases[i].columns; k++) {
                expected[first + k * stride] = expf(data[first + k * stride]) / sum;
            }
        }
        check_model(&b, data, "2x3x4", expected);
        builder_finish(&b);
    }
}

static void reduce_mean(void **state)
{
    int64_t spatial[] = {2, 3};
    int64_t channels[] = {1};
    struct builder b;
    g_autofree float *data = builder_random(2 * 6 * 12, 1);
    float means[12];
    float over_channels[24];
    (void)state;
    for (int i = 0; i < 12; i++) {
        means[i] = 0.0f;
        for (int k = 0; k < 12; k++) {
            means[i] += data[i * 12 + k] / 12.0f;
        }
    }
    for (int i = 0; i < 24; i++) {
        over_channels[i] = 0.0f;
        for (int k = 0; k < 6; k++) {
            over_channels[i] += data[i / 12 * 72 + k * 12 + i % 12] / 6.0f;
        }
    }
    builder_init(&b, 9);
    builder_input(&b, "x", "2x6x3x4");
    builder_output(&b, "y");
    Onnx__NodeProto *node = builder_node(&b, "ReduceMean", "x", "y");
    builder_attr_ints(&b, node, "axes", 2, spatial);
    builder_attr_int(&b, node, "keepdims", 0);
    check_model(&b, data, "2x6", means);
    builder_finish(&b);

    builder_init(&b, 13);
    builder_input(&b, "x", "2x6x3x4");
    builder_output(&b, "y");
    builder_attr_ints(&b, builder_node(&b, "ReduceMean", "x", "y"), "axes", 1, channels);
    check_model(&b, data, "2x1x3x4", over_channels);
    builder_finish(&b);
}

/* Split with odd sizes, exchanged by Concat: both forms of the attribute. */
static void split_and_concat(void **state)
{
    int64_t sizes[] = {7, 13};
    (void)state;
    for (int inputs = 0; inputs < 2; inputs++) {
        struct builder b;
        g_autofree float *data = builder_random(20 * 6, 1);
        float expected[120];
        builder_init(&b, inputs ? 13 : 11);
        builder_input(&b, "x", "1x20x2x3");
        builder_output(&b, "y");
        builder_ints(&b, "sizes", 2, sizes);
        Onnx__NodeProto *node = builder_node(&b, "Split", inputs ? "x sizes" : "x", "a b");
        builder_attr_int(&b, node, "axis", 1);
        if (!inputs) {
            builder_attr_ints(&b, node, "split", 2, sizes);
        }
        builder_attr_int(&b, builder_node(&b, "Concat", "b a", "y"), "axis", -3);
        memcpy(expected, data + 42, 78 * sizeof(float));
        memcpy(expected + 78, data, 42 * sizeof(float));
        check_model(&b, data, "1x20x2x3", expected);
        builder_finish(&b);
    }
}

/* Slices of opset 9 (attributes) and 13 (inputs, with steps) and ends past the data. */
static void slices(void **state)
{
    struct builder b;
    int64_t starts[] = {1, -3};
    int64_t ends[] = {G_MAXINT64, -1};
    int64_t axes[] = {1, 2};
    int64_t steps[] = {2, 1};
    g_autofree float *data = builder_random(5 * 4, 1);
    float expected[8];
    (void)state;
    for (int i = 0; i < 8; i++) {
        expected[i] = data[(1 + i / 2) * 4 + 1 + i % 2];
    }
    builder_init(&b, 9);
    builder_input(&b, "x", "1x5x4");
    builder_output(&b, "y");
    Onnx__NodeProto *node = builder_node(&b, "Slice", "x", "y");
    builder_attr_ints(&b, node, "starts", 2, starts);
    builder_attr_ints(&b, node, "ends", 2, ends);
    builder_attr_ints(&b, node, "axes", 2, axes);
    check_model(&b, data, "1x4x2", expected);
    builder_finish(&b);

    for (int i = 0; i < 4; i++) {
        expected[i] = data[(1 + i / 2 * 2) * 4 + 1 + i % 2];
    }
    builder_init(&b, 13);
    builder_input(&b, "x", "1x5x4");
    builder_output(&b, "y");
    builder_ints(&b, "starts", 2, starts);
    builder_ints(&b, "ends", 2, ends);
    builder_ints(&b, "axes", 2, axes);
    builder_ints(&b, "steps", 2, steps);
    builder_node(&b, "Slice", "x starts ends axes steps", "y");
    check_model(&b, data, "1x2x2", expected);
    builder_finish(&b);
}

static void transposes(void **state)
{
    int64_t permutation[] = {0, 2, 3, 1};
    struct builder b;
    g_autofree float *data = builder_random(2 * 3 * 20, 1);
    float expected[120];
    (void)state;
    for (int i = 0; i < 120; i++) {
        expected[i] = data[i / 60 * 60 + i % 3 * 20 + i / 3 % 20];
    }
    builder_init(&b, 9);
    builder_input(&b, "x", "2x3x4x5");
    builder_output(&b, "y");
    builder_attr_ints(&b, builder_node(&b, "Transpose", "x", "y"), "perm", 4, permutation);
    check_model(&b, data, "2x4x5x3", expected);
    builder_finish(&b);

    for (int i = 0; i < 24; i++) {
        expected[i] = data[i % 2 * 12 + i / 2 % 3 * 4 + i / 6];
    }
    builder_init(&b, 9);
    builder_input(&b, "x", "2x3x4");
    builder_output(&b, "y");
    builder_node(&b, "Transpose", "x", "y");
    check_model(&b, data, "4x3x2", expected);
    builder_finish(&b);
}

/* Reshape, Flatten, Squeeze and Unsqueeze of both forms; the numbers stay as they are. */
static void reshapes(void **state)
{
    struct builder b;
    int64_t target[] = {0, -1, 2};
    int64_t axes[] = {0, 3};
    g_autofree float *data = builder_random(2 * 3 * 4, 1);
    (void)state;
    builder_init(&b, 13);
    builder_input(&b, "x", "2x3x4");
    builder_output(&b, "y");
    builder_ints(&b, "target", 3, target);
    builder_ints(&b, "axes", 2, axes);
    builder_node(&b, "Reshape", "x target", "r");
    builder_node(&b, "Unsqueeze", "r axes", "u");
    builder_node(&b, "Abs", "u", "a");
    builder_node(&b, "Squeeze", "a axes", "s");
    builder_attr_int(&b, builder_node(&b, "Flatten", "s", "y"), "axis", -1);
    for (int i = 0; i < 24; i++) {
        data[i] = fabsf(data[i]);
    }
    check_model(&b, data, "12x2", data);
    builder_finish(&b);

    builder_init(&b, 9);
    builder_input(&b, "x", "2x3x4");
    builder_output(&b, "y");
    builder_attr_ints(&b, builder_node(&b, "Unsqueeze", "x", "u"), "axes", 2, axes);
    builder_attr_ints(&b, builder_node(&b, "Squeeze", "u", "y"), "axes", 1, axes);
    check_model(&b, data, "2x3x1x4", data);
    builder_finish(&b);
}

/* The chain that exporters write for x.view(x.size(0), -1), folded at load. */
static void shape_arithmetic(void **state)
{
    struct builder b;
    int64_t zero = 0;
    int64_t rest = -1;
    int64_t axes[] = {0};
    g_autofree float *data = builder_random(2 * 3 * 4, 1);
    (void)state;
    builder_init(&b, 11);
    builder_input(&b, "x", "2x3x4");
    builder_output(&b, "y");
    builder_ints(&b, "rest", 1, &rest);
    builder_node(&b, "Shape", "x", "shape");
    builder_attr_tensor_ints(&b, builder_node(&b, "Constant", "", "zero"), "value", -1, &zero);
    builder_node(&b, "Gather", "shape zero", "n");
    builder_attr_ints(&b, builder_node(&b, "Unsqueeze", "n", "n1"), "axes", 1, axes);
    builder_attr_int(&b, builder_node(&b, "Concat", "n1 rest", "to"), "axis", 0);
    builder_node(&b, "Reshape", "x to", "y");
    check_model(&b, data, "2x12", data);
    g_autoptr(GError) error = NULL;
    struct nn_options options = {.input = builder_shape("4x3x2")};
    struct nn_shape shape;
    g_autofree float *result = check_run(&b, &options, data, &shape);
    assert_int_equal(shape.dims[0], 4);
    assert_int_equal(shape.dims[1], 6);
    builder_finish(&b);
}

static void channel_shuffle(void **state)
{
    int64_t rows[] = {1, 2, 10, 3, 4};
    int64_t back[] = {1, -1, 3, 4};
    int64_t permutation[] = {0, 2, 1, 3, 4};
    (void)state;
    for (int batch = 1; batch <= 2; batch++) {
        struct builder b;
        int count = batch * 20 * 12;
        struct nn_options options = {.input = builder_shape(batch == 1 ? "1x20x3x4" : "2x20x3x4")};
        g_autofree float *data = builder_random(count, 1);
        g_autofree float *expected = g_new(float, (gsize)count);
        builder_init(&b, 9);
        builder_input(&b, "x", "1x20x3x4");
        builder_output(&b, "y");
        builder_ints(&b, "rows", 5, rows);
        builder_ints(&b, "back", 4, back);
        builder_node(&b, "Reshape", "x rows", "a");
        builder_attr_ints(&b, builder_node(&b, "Transpose", "a", "t"), "perm", 5, permutation);
        builder_node(&b, "Reshape", "t back", "y");
        for (int i = 0; i < count; i++) {
            int c = i / 12 % 20;
            expected[i] = data[i / 240 * 240 + (c % 2 * 10 + c / 2) * 12 + i % 12];
        }
        g_autofree float *found = check_run(&b, &options, data, NULL);
        check_close(found, expected, count);
        builder_finish(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions),        cmocka_unit_test(clip),
        cmocka_unit_test(binaries),         cmocka_unit_test(prelu),
        cmocka_unit_test(softmax),          cmocka_unit_test(reduce_mean),
        cmocka_unit_test(split_and_concat), cmocka_unit_test(slices),
        cmocka_unit_test(transposes),       cmocka_unit_test(reshapes),
        cmocka_unit_test(shape_arithmetic), cmocka_unit_test(channel_shuffle),
    };
    return cmocka_run_group_tests_name("nn_operators", tests, NULL, NULL);
}
