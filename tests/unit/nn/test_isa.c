/* The embedding network and the detector with the instruction sets of older processors: this
 * program starts itself under ONEDNN_MAX_CPU_ISA, and the answers agree. Skipped where the models
 * are not unpacked. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "nn/nn.h"

static const char *program;

static char *model_path(const char *name)
{
    const char *folder = g_getenv("PRESENTE_MODELS_DIR");
    char *path = g_build_filename(folder != NULL ? folder : "deps/models", name, NULL);
    if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
        g_clear_pointer(&path, g_free);
    }
    return path;
}

/* The kernels' name, whether any is reference code, and the direction of the answer to a pattern,
 * one number a line. */
static int print_answer(const char *path)
{
    struct nn_model *model = nn_model_load_file(path, NULL, NULL);
    struct nn_context *context = model != NULL ? nn_context_create(model, NULL) : NULL;
    if (context == NULL) {
        return 1;
    }
    float *input = nn_context_input(context);
    for (int64_t i = 0; i < nn_shape_count(nn_model_input_shape(model)); i++) {
        input[i] = sinf((float)i * 0.37F) * cosf((float)i * 0.0021F);
    }
    g_autofree char *text = nn_model_describe(model);
    printf("%s\n%s\n", nn_instruction_set(), strstr(text, ", ref") != NULL ? "reference" : "fast");
    if (!nn_context_run(context, NULL)) {
        return 1;
    }
    const float *output = nn_context_output(context, 0);
    int64_t count = nn_shape_count(nn_model_output_shape(model, 0));
    double squares = 0;
    for (int64_t i = 0; i < count; i++) {
        squares += (double)output[i] * output[i];
    }
    for (int64_t i = 0; i < count; i++) {
        printf("%.7f\n", output[i] / sqrt(squares));
    }
    nn_context_destroy(context);
    nn_model_destroy(model);
    return 0;
}

/* What the program prints under a limit; NULL: none. Free with g_strfreev. */
static char **lines_under(const char *limit, const char *path)
{
    char *const words[] = {(char *)program, (char *)path, NULL};
    g_auto(GStrv) environment = g_get_environ();
    g_autofree char *output = NULL;
    int status = 0;
    if (limit != NULL) {
        environment = g_environ_setenv(environment, "ONEDNN_MAX_CPU_ISA", limit, TRUE);
    }
    assert_true(g_spawn_sync(NULL, (char **)words, environment, G_SPAWN_DEFAULT, NULL, NULL,
                             &output, NULL, &status, NULL));
    assert_int_equal(status, 0);
    return g_strsplit(output, "\n", -1);
}

static void answers_agree(const char *model)
{
    static const struct {
        const char *limit;
        const char *kernels;
    } sets[] = {
        {"SSE41", "sse"},
        {"AVX", "sse"},
        {"AVX2", "avx2"},
        {"AVX512_CORE", "avx512"},
    };
    g_autofree char *path = model_path(model);
    if (path == NULL) {
        print_message("the models are not there\n");
        skip();
    }
    g_auto(GStrv) best = lines_under(NULL, path);
    for (size_t i = 0; i < G_N_ELEMENTS(sets); i++) {
        g_auto(GStrv) lines = lines_under(sets[i].limit, path);
        assert_int_equal(g_strv_length(lines), g_strv_length(best));
        /* A processor that has less has the same kernels under a higher limit. */
        bool has = (strcmp(sets[i].kernels, "avx2") != 0 || __builtin_cpu_supports("avx2")) &&
                   (strcmp(sets[i].kernels, "avx512") != 0 || __builtin_cpu_supports("avx512bw"));
        if (has) {
            assert_string_equal(lines[0], sets[i].kernels);
        }
        assert_string_equal(lines[1], "fast");
        for (guint n = 2; lines[n] != NULL && lines[n][0] != '\0'; n++) {
            double difference = g_ascii_strtod(lines[n], NULL) - g_ascii_strtod(best[n], NULL);
            if (fabs(difference) > 1e-4) {
                fail_msg("%s: number %u differs by %g", sets[i].limit, n, difference);
            }
        }
    }
}

static void embeddings_agree(void **state)
{
    (void)state;
    answers_agree("fr_feature.onnx");
}

static void detections_agree(void **state)
{
    (void)state;
    answers_agree("fr_detect.onnx");
}

int main(int argc, char **argv)
{
    if (argc == 2) {
        return print_answer(argv[1]);
    }
    program = argv[0];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(embeddings_agree),
        cmocka_unit_test(detections_agree),
    };
    return cmocka_run_group_tests_name("instruction sets", tests, NULL, NULL);
}
