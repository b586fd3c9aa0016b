#include "check.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"

float *check_run(const struct builder *builder, const struct nn_options *options,
                 const float *input, struct nn_shape *shape)
{
    g_autoptr(GError) error = NULL;
    struct nn_model *model = builder_load(builder, options, &error);
    if (model == NULL) {
        fail_msg("%s", error->message);
    }
    struct nn_context *context = nn_context_create(model, &error);
    assert_non_null(context);
    size_t size = (size_t)nn_shape_count(nn_model_input_shape(model)) * sizeof(float);
    memcpy(nn_context_input(context), input, size);
    /* Twice: the second run must not see what the first left behind. */
    assert_true(nn_context_run(context, &error));
    assert_true(nn_context_run(context, &error));
    assert_memory_equal(nn_context_input(context), input, size);
    const struct nn_shape *out = nn_model_output_shape(model, 0);
    float *result =
        g_memdup2(nn_context_output(context, 0), (gsize)nn_shape_count(out) * sizeof(float));
    if (shape != NULL) {
        *shape = *out;
    }
    nn_model_destroy(model);
    nn_context_destroy(context);
    return result;
}

void check_close(const float *found, const float *expected, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        float limit = 1e-4f * fmaxf(1.0f, fabsf(expected[i]));
        if (!(fabsf(found[i] - expected[i]) <= limit)) {
            fail_msg("number %ld is %g instead of %g", (long)i, (double)found[i],
                     (double)expected[i]);
        }
    }
}

void check_model(const struct builder *builder, const float *input, const char *shape,
                 const float *expected)
{
    struct nn_shape wanted = builder_shape(shape);
    struct nn_shape found;
    g_autofree float *result = check_run(builder, NULL, input, &found);
    assert_int_equal(found.rank, wanted.rank);
    for (int i = 0; i < wanted.rank; i++) {
        assert_int_equal(found.dims[i], wanted.dims[i]);
    }
    check_close(result, expected, nn_shape_count(&wanted));
}

void check_refused(const struct builder *builder, const struct nn_options *options, int code,
                   const char *part)
{
    g_autoptr(GError) error = NULL;
    struct nn_model *model = builder_load(builder, options, &error);
    assert_null(model);
    assert_non_null(error);
    assert_int_equal(error->domain, BASE_ERROR);
    if (error->code != code || strstr(error->message, part) == NULL) {
        fail_msg("code %d, message: %s", error->code, error->message);
    }
}

guint check_kernel_sets(const struct nn_kernels *list[CHECK_KERNEL_SETS])
{
    guint n = 0;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("sse4.1")) {
        list[n++] = &nn_kernels_sse;
    }
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        list[n++] = &nn_kernels_avx2;
    }
    if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl")) {
        list[n++] = &nn_kernels_avx512;
        if (__builtin_cpu_supports("avx512vnni")) {
            list[n++] = &nn_kernels_vnni;
        }
    }
#endif
    return n;
}
