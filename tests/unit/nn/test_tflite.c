/* TensorFlow Lite files: what they compute, and that no file makes the importer misbehave. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "builder.h"
#include "flat_builder.h"

enum { SIDE = 9, HALF = 5, IN = 3, MID = 4, OUT = 6 };

/* Weights, as the file has them: channels last. */
struct weights {
    float *conv, *bias, *slope, *depthwise, *last;
};

static void weights_init(struct weights *w)
{
    w->conv = builder_random(MID * 3 * 3 * IN, 1);
    w->bias = builder_random(MID, 2);
    w->slope = builder_random(MID, 3);
    w->depthwise = builder_random(3 * 3 * MID, 4);
    w->last = builder_random(OUT * HALF * HALF * MID, 5);
}

static void weights_finish(struct weights *w)
{
    g_free(w->conv);
    g_free(w->bias);
    g_free(w->slope);
    g_free(w->depthwise);
    g_free(w->last);
}

enum { X, W1, B1, C, R, A, S, SLOPE, M, P, W2, D, SUM, W3, L, Y, TENSORS };

/* A convolution, a PReLU in five steps, a depthwise convolution, a sum with ReLU, a convolution
 * over all that is left, a reshape. */
static GBytes *whole_model(const struct weights *w)
{
    const struct flat_tensor tensors[TENSORS] = {
        [X] = {{2, SIDE, SIDE, IN}, 4, NULL},
        [W1] = {{MID, 3, 3, IN}, 4, w->conv},
        [B1] = {{MID}, 1, w->bias},
        [C] = {{2, HALF, HALF, MID}, 4, NULL},
        [R] = {{2, HALF, HALF, MID}, 4, NULL},
        [A] = {{2, HALF, HALF, MID}, 4, NULL},
        [S] = {{2, HALF, HALF, MID}, 4, NULL},
        [SLOPE] = {{MID}, 1, w->slope},
        [M] = {{2, HALF, HALF, MID}, 4, NULL},
        [P] = {{2, HALF, HALF, MID}, 4, NULL},
        [W2] = {{1, 3, 3, MID}, 4, w->depthwise},
        [D] = {{2, HALF, HALF, MID}, 4, NULL},
        [SUM] = {{2, HALF, HALF, MID}, 4, NULL},
        [W3] = {{OUT, HALF, HALF, MID}, 4, w->last},
        [L] = {{2, 1, 1, OUT}, 4, NULL},
        [Y] = {{2, OUT}, 2, NULL},
    };
    const struct flat_operator operators[] = {
        {3, {X, W1, B1}, 3, C, {0, 2, 2}, 3},
        {19, {C}, 1, R, {0}, 0},
        {101, {C}, 1, A, {0}, 0},
        {41, {C, A}, 2, S, {0}, 0},
        {18, {SLOPE, S}, 2, M, {0}, 0},
        {0, {R, M}, 2, P, {0}, 0},
        {4, {P, W2}, 2, D, {0, 1, 1, 1}, 4},
        {0, {D, P}, 2, SUM, {1}, 1},
        {3, {SUM, W3}, 2, L, {1, 1, 1}, 3},
        {22, {L}, 1, Y, {0}, 0},
    };
    return flat_model(tensors, TENSORS, operators, G_N_ELEMENTS(operators), Y);
}

/* One element of a convolution over a channels-last picture of `side`, in its plainest form. */
static float at(const float *picture, int side, int channels, int y, int x, int c)
{
    bool inside = y >= 0 && x >= 0 && y < side && x < side;
    return inside ? picture[(y * side + x) * channels + c] : 0;
}

static void expected(const struct weights *w, const float *x, float y[OUT])
{
    float p[HALF * HALF * MID];
    float sum[HALF * HALF * MID];
    for (int i = 0; i < HALF * HALF * MID; i++) {
        int o = i % MID;
        float value = w->bias[o];
        for (int k = 0; k < 9 * IN; k++) {
            /* 9 pixels in 5 steps of 2 with a window of 3: one pixel of padding on either side. */
            int row = i / MID / HALF * 2 + k / IN / 3 - 1;
            int column = i / MID % HALF * 2 + k / IN % 3 - 1;
            value += at(x, SIDE, IN, row, column, k % IN) * w->conv[o * 9 * IN + k];
        }
        p[i] = value > 0 ? value : 2 * w->slope[o] * value;
    }
    for (int i = 0; i < HALF * HALF * MID; i++) {
        float value = p[i];
        for (int k = 0; k < 9; k++) {
            int row = i / MID / HALF + k / 3 - 1;
            int column = i / MID % HALF + k % 3 - 1;
            value += at(p, HALF, MID, row, column, i % MID) * w->depthwise[k * MID + i % MID];
        }
        sum[i] = fmaxf(value, 0);
    }
    for (int o = 0; o < OUT; o++) {
        y[o] = 0;
        for (int i = 0; i < HALF * HALF * MID; i++) {
            y[o] += sum[i] * w->last[o * HALF * HALF * MID + i];
        }
    }
}

static void computes_what_the_file_says(void **state)
{
    struct weights w;
    (void)state;
    weights_init(&w);
    g_autoptr(GBytes) bytes = whole_model(&w);
    g_autofree float *x = builder_random(SIDE * SIDE * IN, 9);
    g_autoptr(GError) error = NULL;
    gsize size;
    const void *data = g_bytes_get_data(bytes, &size);
    /* The file is for two pictures at a time; one is asked for. */
    struct nn_options options = {.input = {4, {1, IN, SIDE, SIDE}}};
    struct nn_model *model = nn_model_load_bytes(data, size, &options, &error);
    assert_null(error);
    assert_int_equal(nn_model_output_shape(model, 0)->rank, 2);
    assert_int_equal(nn_shape_count(nn_model_output_shape(model, 0)), OUT);
    struct nn_context *context = nn_context_create(model, NULL);
    float *input = nn_context_input(context);
    for (int i = 0; i < SIDE * SIDE * IN; i++) {
        input[i % IN * SIDE * SIDE + i / IN] = x[i];
    }
    assert_true(nn_context_run(context, NULL));
    float y[OUT];
    expected(&w, x, y);
    for (int o = 0; o < OUT; o++) {
        assert_float_equal(nn_context_output(context, 0)[o], y[o], 1e-3);
    }
    /* The five steps became one. */
    g_autofree char *text = nn_model_describe(model);
    assert_non_null(strstr(text, "prelu"));
    assert_null(strstr(text, "ABS"));
    assert_null(strstr(text, "SUB"));
    nn_context_destroy(context);
    nn_model_destroy(model);
    weights_finish(&w);
}

/* Loads a copy that ends where the data does, so that a sanitizer sees a read past the end. */
static void try_bytes(const void *data, gsize size)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *copy = g_memdup2(data, MAX(size, 1));
    struct nn_model *model = nn_model_load_bytes(copy, size, NULL, &error);
    assert_true((model == NULL) == (error != NULL));
    nn_model_destroy(model);
}

static void damaged_files(void **state)
{
    struct weights w;
    guint32 random = 1;
    (void)state;
    weights_init(&w);
    g_autoptr(GBytes) bytes = whole_model(&w);
    gsize size;
    const char *data = g_bytes_get_data(bytes, &size);
    for (gsize length = 0; length < size; length += 7) {
        try_bytes(data, length);
    }
    for (int i = 0; i < 400; i++) {
        g_autofree char *copy = g_memdup2(data, size);
        for (int k = 0; k < 3; k++) {
            random = random * 1664525 + 1013904223;
            /* The weights take most of the file; what lies before them is what is read. */
            copy[(random >> 8) % (size / 4)] = (char)(random >> 3);
        }
        try_bytes(copy, size);
    }
    weights_finish(&w);
}

static void refused(const struct flat_operator *op, int code, const char *reason)
{
    static const float numbers[4 * 3] = {1};
    const struct flat_tensor tensors[] = {
        {{1, 2, 2, 3}, 4, NULL}, {{1, 2, 2, 3}, 4, NULL}, {{4, 1, 1, 3}, 4, numbers}};
    g_autoptr(GBytes) bytes = flat_model(tensors, 3, op, 1, 1);
    g_autoptr(GError) error = NULL;
    gsize size;
    const void *data = g_bytes_get_data(bytes, &size);
    assert_null(nn_model_load_bytes(data, size, NULL, &error));
    assert_int_equal(error->code, code);
    assert_non_null(strstr(error->message, reason));
}

static void what_is_not_supported_is_named(void **state)
{
    (void)state;
    refused(&(struct flat_operator){25, {0}, 1, 1, {0}, 0}, BASE_ERROR_UNSUPPORTED,
            "operator 0 of the TensorFlow Lite file has the code 25");
    refused(&(struct flat_operator){3, {0, 1, -1}, 3, 1, {0, 1, 1}, 3}, BASE_ERROR_UNSUPPORTED,
            "operator 0 (CONV_2D): it needs");
    refused(&(struct flat_operator){3, {0, 2, -1}, 3, 1, {0, 0, 1}, 3}, BASE_ERROR_INVALID,
            "do not fit");
    refused(&(struct flat_operator){3, {0, 2, -1}, 3, 1, {0, 1, 1, 3}, 4}, BASE_ERROR_UNSUPPORTED,
            "activation function");
    refused(&(struct flat_operator){22, {0}, 1, 1, {0}, 0}, BASE_ERROR_UNSUPPORTED, "reshaped");
    refused(&(struct flat_operator){19, {0}, 1, 0, {0}, 0}, BASE_ERROR_INVALID,
            "output of its own");
    refused(&(struct flat_operator){19, {1}, 1, 1, {0}, 0}, BASE_ERROR_UNSUPPORTED, "before it");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(computes_what_the_file_says),
        cmocka_unit_test(damaged_files),
        cmocka_unit_test(what_is_not_supported_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
