/* The six models of the product: they load, no reference kernel is on their path, sizes and
 * batches can be chosen. Skipped where the models are not unpacked. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "builder.h"

static const char *const heads[] = {"319", "333", "365", "379", "405", "419", "437", "449"};

static char *model_path(const char *name)
{
    const char *folder = g_getenv("PRESENTE_MODELS_DIR");
    char *path = g_build_filename(folder != NULL ? folder : "deps/models", name, NULL);
    if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
        print_message("the model %s is not there\n", name);
        g_free(path);
        return NULL;
    }
    return path;
}

static struct nn_model *load(const char *path, const struct nn_options *options)
{
    g_autoptr(GError) error = NULL;
    struct nn_model *model = nn_model_load_file(path, options, &error);
    if (model == NULL) {
        fail_msg("%s", error->message);
    }
    return model;
}

static void no_reference_kernels(void **state)
{
    static const char *const names[] = {
        "fr_detect.onnx", "fr_landmark.onnx", "fr_feature.onnx",     "fr_liveness.onnx",
        "fr_pose.onnx",   "fr_eye.onnx",      "MobileFaceNet.tflite"};
    (void)state;
    if (!__builtin_cpu_supports("avx2")) {
        print_message("this processor has other kernels than the ones that are looked at\n");
        skip();
    }
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = model_path(names[i]);
        if (path == NULL) {
            skip();
        }
        struct nn_model *model = load(path, NULL);
        g_autofree char *text = nn_model_describe(model);
        const char *found = strstr(text, ", ref");
        if (found != NULL) {
            fail_msg("%s: %.80s", names[i], found);
        }
        nn_model_destroy(model);
    }
}

static float *run(struct nn_model *model, const float *data, size_t output)
{
    g_autoptr(GError) error = NULL;
    struct nn_context *context = nn_context_create(model, &error);
    assert_non_null(context);
    memcpy(nn_context_input(context), data,
           (size_t)nn_shape_count(nn_model_input_shape(model)) * sizeof(float));
    assert_true(nn_context_run(context, &error));
    float *result =
        g_memdup2(nn_context_output(context, output),
                  (gsize)nn_shape_count(nn_model_output_shape(model, output)) * sizeof(float));
    nn_context_destroy(context);
    return result;
}

static void detector_at_other_sizes(void **state)
{
    static const int sides[][2] = {{128, 192}, {256, 320}, {512, 640}};
    g_autofree char *path = model_path("fr_detect.onnx");
    (void)state;
    if (path == NULL) {
        skip();
    }
    for (size_t i = 0; i < G_N_ELEMENTS(sides); i++) {
        struct nn_options options = {
            .input = {4, {1, 3, sides[i][0], sides[i][1]}}, .outputs = heads, .outputs_n = 8};
        struct nn_model *model = load(path, &options);
        for (size_t k = 0; k < 8; k++) {
            const struct nn_shape *shape = nn_model_output_shape(model, k);
            assert_int_equal(shape->dims[2], sides[i][0] >> (3 + k / 2));
            assert_int_equal(shape->dims[3], sides[i][1] >> (3 + k / 2));
        }
        nn_model_destroy(model);
    }
    /* Its decoded outputs have the boxes of one size inside. */
    g_autoptr(GError) error = NULL;
    struct nn_options whole = {.input = {4, {1, 3, 256, 320}}};
    assert_null(nn_model_load_file(path, &whole, &error));
    assert_int_equal(error->code, BASE_ERROR_INVALID);
    assert_non_null(strstr(error->message, "node "));
}

static void batches_equal_single_pictures(void **state)
{
    static const struct {
        const char *name;
        struct nn_shape shape;
    } cases[] = {
        {"fr_feature.onnx", {4, {2, 3, 112, 112}}}, {"fr_liveness.onnx", {4, {2, 3, 128, 128}}},
        {"fr_landmark.onnx", {4, {2, 1, 64, 64}}},  {"fr_pose.onnx", {4, {2, 3, 224, 224}}},
        {"fr_eye.onnx", {4, {2, 1, 24, 24}}},
    };
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = model_path(cases[i].name);
        if (path == NULL) {
            skip();
        }
        struct nn_options options = {.input = cases[i].shape};
        struct nn_model *pair = load(path, &options);
        struct nn_model *single = load(path, NULL);
        int64_t count = nn_shape_count(&cases[i].shape) / 2;
        int64_t outputs = nn_shape_count(nn_model_output_shape(single, 0));
        assert_int_equal(nn_shape_count(nn_model_output_shape(pair, 0)), 2 * outputs);
        g_autofree float *data = builder_random(2 * count, 7);
        g_autofree float *both = run(pair, data, 0);
        for (int64_t half = 0; half < 2; half++) {
            g_autofree float *alone = run(single, data + half * count, 0);
            for (int64_t k = 0; k < outputs; k++) {
                assert_true(fabsf(both[half * outputs + k] - alone[k]) < 1e-4f);
            }
        }
        nn_model_destroy(pair);
        nn_model_destroy(single);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_reference_kernels),
        cmocka_unit_test(detector_at_other_sizes),
        cmocka_unit_test(batches_equal_single_pictures),
    };
    return cmocka_run_group_tests_name("nn_face_models", tests, NULL, NULL);
}
