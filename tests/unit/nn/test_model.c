/* Loading, options, errors, sharing between threads. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "check.h"

/* Conv, PRelu, Conv, Add: small enough to try every truncation. */
static void small_model(struct builder *b)
{
    g_autofree float *first = builder_random(4 * 3 * 9, 1);
    g_autofree float *second = builder_random(4 * 4 * 9, 2);
    g_autofree float *slope = builder_random(4, 3);
    int64_t pads[] = {1, 1, 1, 1};
    builder_init(b, 9);
    builder_input(b, "x", "1x3x8x8");
    builder_output(b, "y");
    builder_floats(b, "w1", "4x3x3x3", first);
    builder_floats(b, "w2", "4x4x3x3", second);
    builder_floats(b, "slope", "4x1x1", slope);
    builder_attr_ints(b, builder_node(b, "Conv", "x w1", "a"), "pads", 4, pads);
    builder_node(b, "PRelu", "a slope", "p");
    builder_attr_ints(b, builder_node(b, "Conv", "p w2", "c"), "pads", 4, pads);
    builder_node(b, "Add", "c p", "y");
}

static void truncations(void **state)
{
    struct builder b;
    (void)state;
    small_model(&b);
    g_autoptr(GBytes) bytes = builder_pack(&b);
    gsize size;
    const char *data = g_bytes_get_data(bytes, &size);
    for (gsize length = 0; length < size; length++) {
        g_autoptr(GError) error = NULL;
        /* Its own allocation, so that a sanitizer sees a read past the end. */
        g_autofree char *part = g_memdup2(data, MAX(length, 1));
        struct nn_model *model = nn_model_load_bytes(part, length, NULL, &error);
        assert_true((model == NULL) == (error != NULL));
        nn_model_destroy(model);
    }
    builder_finish(&b);
}

static void damaged_bytes(void **state)
{
    struct builder b;
    guint32 random = 1;
    (void)state;
    small_model(&b);
    g_autoptr(GBytes) bytes = builder_pack(&b);
    gsize size;
    const char *data = g_bytes_get_data(bytes, &size);
    for (int i = 0; i < 2000; i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *copy = g_memdup2(data, size);
        for (int k = 0; k < 3; k++) {
            random = random * 1664525u + 1013904223u;
            copy[(random >> 8) % size] = (char)(random >> 24);
        }
        struct nn_model *model = nn_model_load_bytes(copy, size, NULL, &error);
        assert_true((model == NULL) == (error != NULL));
        nn_model_destroy(model);
    }
    builder_finish(&b);
}

static void input_size_and_batch(void **state)
{
    struct builder b;
    struct nn_options one = {.input = builder_shape("1x3x12x10")};
    struct nn_options two = {.input = builder_shape("2x3x12x10")};
    struct nn_shape shape;
    g_autofree float *data = builder_random(2 * 360, 5);
    (void)state;
    small_model(&b);
    g_autofree float *first = check_run(&b, &one, data, &shape);
    assert_int_equal(shape.dims[2], 12);
    g_autofree float *second = check_run(&b, &one, data + 360, NULL);
    g_autofree float *both = check_run(&b, &two, data, &shape);
    assert_int_equal(shape.dims[0], 2);
    check_close(both, first, 4 * 120);
    check_close(both + 4 * 120, second, 4 * 120);

    struct nn_options channels = {.input = builder_shape("1x4x8x8")};
    struct nn_options rank = {.input = builder_shape("3x8x8")};
    struct nn_options nothing = {.input = builder_shape("1x3x0x8")};
    struct nn_options huge = {.input = builder_shape("1x3x100000x100000")};
    check_refused(&b, &channels, BASE_ERROR_INVALID, "Conv 'conv_0'");
    check_refused(&b, &rank, BASE_ERROR_INVALID, "4 dimensions");
    check_refused(&b, &nothing, BASE_ERROR_INVALID, "size");
    check_refused(&b, &huge, BASE_ERROR_INVALID, "size");
    builder_finish(&b);
}

/* An intermediate tensor is not overwritten by what follows, and what is not needed is not run. */
static void intermediate_outputs(void **state)
{
    static const char *const names[] = {"p", "y", "a", "x"};
    static const char *const missing[] = {"nowhere"};
    struct builder b;
    g_autoptr(GError) error = NULL;
    g_autofree float *data = builder_random(192, 5);
    (void)state;
    small_model(&b);
    builder_node(&b, "Mystery", "y", "never");
    struct nn_options options = {.outputs = names, .outputs_n = 4};
    struct nn_model *model = builder_load(&b, &options, &error);
    assert_non_null(model);
    assert_int_equal(nn_model_outputs(model), 4);
    struct nn_context *context = nn_context_create(model, &error);
    memcpy(nn_context_input(context), data, 192 * sizeof(float));
    assert_true(nn_context_run(context, &error));
    for (int i = 0; i < 3; i++) {
        struct nn_options single = {.outputs = names + i, .outputs_n = 1};
        g_autofree float *alone = check_run(&b, &single, data, NULL);
        check_close(nn_context_output(context, (size_t)i), alone, 256);
    }
    assert_memory_equal(nn_context_output(context, 3), data, 192 * sizeof(float));
    nn_context_destroy(context);
    nn_model_destroy(model);

    struct nn_options wrong = {.outputs = missing, .outputs_n = 1};
    check_refused(&b, &wrong, BASE_ERROR_INVALID, "'nowhere'");
    builder_finish(&b);
}

static void unknown_operator_and_attribute(void **state)
{
    struct builder b;
    (void)state;
    builder_init(&b, 9);
    builder_input(&b, "x", "1x3");
    builder_output(&b, "y");
    builder_node(&b, "Relu", "x", "r");
    builder_node(&b, "Mystery", "r", "y");
    check_refused(&b, NULL, BASE_ERROR_UNSUPPORTED, "node Mystery 'mystery_1'");
    builder_finish(&b);

    builder_init(&b, 9);
    builder_input(&b, "x", "1x3");
    builder_output(&b, "y");
    builder_attr_int(&b, builder_node(&b, "Relu", "x", "y"), "sharpness", 3);
    check_refused(&b, NULL, BASE_ERROR_UNSUPPORTED, "Relu 'relu_0': attribute 'sharpness'");
    builder_finish(&b);
}

static void broken_graphs(void **state)
{
    struct builder b;
    (void)state;
    /* A cycle: each reads what the other has not computed yet. */
    builder_init(&b, 9);
    builder_input(&b, "x", "1x3");
    builder_output(&b, "y");
    builder_node(&b, "Add", "x z", "y");
    builder_node(&b, "Relu", "y", "z");
    check_refused(&b, NULL, BASE_ERROR_INVALID, "'z' is not computed before it");
    builder_finish(&b);

    builder_init(&b, 9);
    builder_input(&b, "x", "1x3");
    builder_output(&b, "y");
    builder_node(&b, "Relu", "x", "y");
    builder_node(&b, "Exp", "x", "y");
    check_refused(&b, NULL, BASE_ERROR_INVALID, "exists already");
    builder_finish(&b);

    builder_init(&b, 99);
    builder_input(&b, "x", "1x3");
    builder_output(&b, "y");
    builder_node(&b, "Relu", "x", "y");
    check_refused(&b, NULL, BASE_ERROR_UNSUPPORTED, "operator set 99");
    builder_finish(&b);

    builder_init(&b, 9);
    builder_input(&b, "x", "1x3");
    builder_input(&b, "z", "1x3");
    builder_output(&b, "y");
    builder_node(&b, "Add", "x z", "y");
    check_refused(&b, NULL, BASE_ERROR_UNSUPPORTED, "one float input");
    builder_finish(&b);
}

/* Sizes that would ask for far more memory than the file has bytes. */
static void greedy_files(void **state)
{
    struct builder b;
    int64_t huge[] = {65536, 65536};
    float zero = 0.0f;
    (void)state;
    builder_init(&b, 9);
    builder_input(&b, "x", "1x3");
    builder_output(&b, "y");
    builder_ints(&b, "huge", 2, huge);
    builder_node(&b, "ConstantOfShape", "huge", "c");
    builder_node(&b, "Add", "x c", "y");
    check_refused(&b, NULL, BASE_ERROR_TOO_LARGE, "ConstantOfShape");
    builder_finish(&b);

    builder_init(&b, 9);
    builder_input(&b, "x", "1x3");
    builder_output(&b, "y");
    builder_floats(&b, "w", "1", &zero);
    ((Onnx__TensorProto *)b.weights->pdata[0])->dims[0] = 1 << 25;
    builder_node(&b, "Add", "x w", "y");
    check_refused(&b, NULL, BASE_ERROR_CORRUPT, "weights 'w'");
    builder_finish(&b);
}

/* A matrix of 64 million elements from a few bytes, and many nodes that each want a copy of it. */
static void shared_matrix(struct builder *b, bool transposed, bool scaled, int nodes)
{
    const int64_t dims[] = {8000, 8000};
    const char *data = "x";
    static const char *const names[] = {"a", "b", "c", "d", "e", "f"};
    builder_init(b, 9);
    builder_input(b, "x", "1x8000");
    builder_output(b, names[nodes - 1]);
    builder_ints(b, "dims", 2, dims);
    builder_node(b, "ConstantOfShape", "dims", "w");
    for (int i = 0; i < nodes; i++) {
        g_autofree char *inputs = g_strdup_printf("%s w", data);
        Onnx__NodeProto *node = builder_node(b, "Gemm", inputs, names[i]);
        builder_attr_int(b, node, "transB", transposed ? 1 : 0);
        builder_attr_float(b, node, "alpha", scaled ? 2.0f : 1.0f);
        data = names[i];
    }
}

static void copies_of_constants_are_counted(void **state)
{
    struct builder b;
    (void)state;
    shared_matrix(&b, false, false, 1);
    check_refused(&b, NULL, BASE_ERROR_TOO_LARGE, "Gemm");
    builder_finish(&b);
    shared_matrix(&b, true, true, 1);
    check_refused(&b, NULL, BASE_ERROR_TOO_LARGE, "Gemm");
    builder_finish(&b);
    /* Not changed, but each node keeps its own in the layout of its kernel. */
    shared_matrix(&b, true, false, 6);
    check_refused(&b, NULL, BASE_ERROR_TOO_LARGE, "Gemm");
    builder_finish(&b);
}

/* A bias of one number spread over many outputs, and the scale and shift of a normalisation. */
static void spread_constants_are_counted(void **state)
{
    struct builder b;
    const int64_t dims[] = {1, 1 << 25};
    const int64_t channels[] = {1 << 25};
    float one = 1.0f;
    (void)state;
    builder_init(&b, 9);
    builder_input(&b, "x", "1x1");
    builder_output(&b, "y");
    builder_ints(&b, "dims", 2, dims);
    builder_floats(&b, "c", "", &one);
    builder_node(&b, "ConstantOfShape", "dims", "w");
    builder_node(&b, "Transpose", "w", "t");
    Onnx__NodeProto *node = builder_node(&b, "Gemm", "x t c", "y");
    builder_attr_int(&b, node, "transB", 1);
    check_refused(&b, NULL, BASE_ERROR_TOO_LARGE, "Gemm");
    builder_finish(&b);

    builder_init(&b, 9);
    builder_input(&b, "x", "1x33554432");
    builder_output(&b, "y");
    builder_ints(&b, "channels", 1, channels);
    builder_node(&b, "ConstantOfShape", "channels", "w");
    builder_node(&b, "BatchNormalization", "x w w w w", "y");
    check_refused(&b, NULL, BASE_ERROR_TOO_LARGE, "BatchNormalization");
    builder_finish(&b);
}

/* Convolutions that share their weights, each with its own factor to be folded in. */
static void rewritten_weights_are_counted(void **state)
{
    struct builder b;
    const int64_t dims[] = {8000, 8000, 1, 1};
    float factor = 2.0f;
    (void)state;
    builder_init(&b, 9);
    builder_input(&b, "x", "1x8000x1x1");
    builder_output(&b, "y");
    builder_ints(&b, "dims", 4, dims);
    builder_floats(&b, "f", "1", &factor);
    builder_node(&b, "ConstantOfShape", "dims", "w");
    builder_node(&b, "Conv", "x w", "a");
    builder_node(&b, "Mul", "a f", "b");
    builder_node(&b, "Conv", "b w", "c");
    builder_node(&b, "Mul", "c f", "d");
    builder_node(&b, "Conv", "d w", "e");
    builder_node(&b, "Mul", "e f", "y");
    check_refused(&b, NULL, BASE_ERROR_TOO_LARGE, "too many weights");
    builder_finish(&b);
}

/* An empty list of floats is read as one, but nothing computes with it. */
static void empty_weights(void **state)
{
    struct builder b;
    float unused = 0.0f;
    (void)state;
    builder_init(&b, 9);
    builder_input(&b, "x", "1x3");
    builder_output(&b, "y");
    builder_floats(&b, "w", "0", &unused);
    builder_node(&b, "Mul", "x w", "y");
    check_refused(&b, NULL, BASE_ERROR_INVALID, "Mul 'mul_0'");
    builder_finish(&b);
}

/* Messages inside messages, a million deep. */
static void deep_nesting(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    (void)state;
    /* graph (7) → node (1) → attribute (5) → graph (6) → …, lengths written from the inside out:
     * the deepest message is at the end, so the array is built reversed. */
    static const guint8 tags[] = {5 << 3 | 2, 1 << 3 | 2, 6 << 3 | 2};
    for (guint i = 0; i < 60000; i++) {
        guint length = bytes->len;
        guint8 reversed[6];
        guint n = 0;
        do {
            reversed[n++] = (guint8)((length & 0x7f) | (length >= 0x80 ? 0x80 : 0));
            length >>= 7;
        } while (length != 0);
        for (guint k = n; k-- > 0;) {
            g_byte_array_append(bytes, &reversed[k], 1);
        }
        g_byte_array_append(bytes, &tags[i % 3], 1);
    }
    for (guint i = 0; i < bytes->len / 2; i++) {
        guint8 swap = bytes->data[i];
        bytes->data[i] = bytes->data[bytes->len - 1 - i];
        bytes->data[bytes->len - 1 - i] = swap;
    }
    bytes->data[0] = 7 << 3 | 2;
    assert_null(nn_model_load_bytes(bytes->data, bytes->len, NULL, &error));
    assert_int_equal(error->code, BASE_ERROR_CORRUPT);
}

static void files(void **state)
{
    g_autoptr(GError) error = NULL;
    struct nn_options tiny = {.size_max = 16};
    struct builder b;
    (void)state;
    assert_null(nn_model_load_file("/nonexistent/model.onnx", NULL, &error));
    assert_int_equal(error->code, BASE_ERROR_IO);
    assert_non_null(strstr(error->message, "model.onnx"));
    assert_null(strstr(error->message, "/nonexistent"));
    g_clear_error(&error);
    assert_null(nn_model_load_file("/", NULL, &error));
    assert_int_equal(error->code, BASE_ERROR_IO);
    small_model(&b);
    check_refused(&b, &tiny, BASE_ERROR_TOO_LARGE, "16");
    builder_finish(&b);
}

/* Weights below the smallest normal float become zero, and so do intermediate results. */
static void denormals(void **state)
{
    struct builder b;
    float weight = 1e-40f;
    float one = 1e30f;
    float expected = 0.0f;
    (void)state;
    builder_init(&b, 9);
    builder_input(&b, "x", "1x1x1x1");
    builder_output(&b, "y");
    builder_floats(&b, "w", "1x1x1x1", &weight);
    builder_node(&b, "Conv", "x w", "y");
    g_autofree float *found = check_run(&b, NULL, &one, NULL);
    assert_memory_equal(found, &expected, sizeof expected);
    builder_finish(&b);
}

struct shared {
    struct nn_model *model;
    const float *data;
    const float *expected;
};

static gpointer run_many(gpointer data)
{
    const struct shared *shared = data;
    g_autoptr(GError) error = NULL;
    struct nn_context *context = nn_context_create(shared->model, &error);
    bool good = context != NULL;
    for (int i = 0; good && i < 200; i++) {
        memcpy(nn_context_input(context), shared->data, 192 * sizeof(float));
        good = nn_context_run(context, &error) &&
               memcmp(nn_context_output(context, 0), shared->expected, 256 * sizeof(float)) == 0;
    }
    nn_context_destroy(context);
    return GINT_TO_POINTER(good);
}

static void two_threads_share_a_model(void **state)
{
    struct builder b;
    g_autoptr(GError) error = NULL;
    g_autofree float *data = builder_random(192, 5);
    (void)state;
    small_model(&b);
    g_autofree float *expected = check_run(&b, NULL, data, NULL);
    struct shared shared = {builder_load(&b, NULL, &error), data, expected};
    GThread *threads[2];
    for (int i = 0; i < 2; i++) {
        threads[i] = g_thread_new("run", run_many, &shared);
    }
    for (int i = 0; i < 2; i++) {
        assert_true(GPOINTER_TO_INT(g_thread_join(threads[i])));
    }
    nn_model_destroy(shared.model);
    nn_model_destroy(NULL);
    nn_context_destroy(NULL);
    builder_finish(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(truncations),
        cmocka_unit_test(damaged_bytes),
        cmocka_unit_test(input_size_and_batch),
        cmocka_unit_test(intermediate_outputs),
        cmocka_unit_test(unknown_operator_and_attribute),
        cmocka_unit_test(broken_graphs),
        cmocka_unit_test(greedy_files),
        cmocka_unit_test(copies_of_constants_are_counted),
        cmocka_unit_test(spread_constants_are_counted),
        cmocka_unit_test(rewritten_weights_are_counted),
        cmocka_unit_test(empty_weights),
        cmocka_unit_test(deep_nesting),
        cmocka_unit_test(files),
        cmocka_unit_test(denormals),
        cmocka_unit_test(two_threads_share_a_model),
    };
    return cmocka_run_group_tests_name("nn_model", tests, NULL, NULL);
}
