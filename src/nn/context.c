#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "nn/model.h"

struct nn_context {
    struct nn_model *model;
    dnnl_stream_t stream;
    char *arena;
    dnnl_memory_t *memories; /* one a memory of the plan; constants belong to the plan */
    dnnl_exec_arg_t **args;  /* one array a step that is a primitive, */
    void ***data;            /* and one a step of our own */
};

static char *memory_bytes(const struct nn_context *context, int memory)
{
    const struct nn_plan *plan = context->model->plan;
    return context->arena + nn_plan_buffer(plan, nn_plan_memory(plan, memory)->buffer)->offset;
}

static bool bind_memories(struct nn_context *context)
{
    const struct nn_plan *plan = context->model->plan;
    context->memories = g_new0(dnnl_memory_t, plan->memories->len);
    for (guint i = 0; i < plan->memories->len; i++) {
        const struct nn_memory *memory = nn_plan_memory(plan, (int)i);
        if (memory->buffer < 0) {
            context->memories[i] = memory->constant;
        } else if (dnnl_memory_create(&context->memories[i], &memory->layout, nn_engine(),
                                      memory_bytes(context, (int)i)) != dnnl_success) {
            return false;
        }
    }
    return true;
}

static void bind_args(struct nn_context *context)
{
    const struct nn_plan *plan = context->model->plan;
    context->args = g_new0(dnnl_exec_arg_t *, plan->steps->len);
    context->data = g_new0(void **, plan->steps->len);
    for (guint i = 0; i < plan->steps->len; i++) {
        const GArray *args = nn_plan_step(plan, i)->args;
        context->args[i] = g_new(dnnl_exec_arg_t, args->len);
        context->data[i] = g_new(void *, args->len);
        for (guint n = 0; n < args->len; n++) {
            const struct nn_arg *arg = &g_array_index(args, struct nn_arg, n);
            context->args[i][n] = (dnnl_exec_arg_t){arg->name, context->memories[arg->memory]};
            dnnl_memory_get_data_handle(context->memories[arg->memory], &context->data[i][n]);
        }
    }
}

struct nn_context *nn_context_create(struct nn_model *model, GError **error)
{
    struct nn_context *context = g_new0(struct nn_context, 1);
    size_t size = MAX(model->plan->arena, NN_ALIGNMENT);
    nn_thread_prepare();
    nn_model_ref(model);
    context->model = model;
    context->arena = aligned_alloc(NN_ALIGNMENT, size);
    if (context->arena != NULL) {
        memset(context->arena, 0, size);
    }
    if (context->arena == NULL ||
        dnnl_stream_create(&context->stream, nn_engine(), dnnl_stream_in_order) != dnnl_success ||
        !bind_memories(context)) {
        nn_context_destroy(context);
        g_set_error(error, BASE_ERROR, BASE_ERROR_UNAVAILABLE,
                    "no memory for the activations of a model (%zu bytes)", size);
        return NULL;
    }
    bind_args(context);
    return context;
}

void nn_context_destroy(struct nn_context *context)
{
    if (context == NULL) {
        return;
    }
    const struct nn_plan *plan = context->model->plan;
    for (guint i = 0; context->memories != NULL && i < plan->memories->len; i++) {
        if (nn_plan_memory(plan, (int)i)->buffer >= 0 && context->memories[i] != NULL) {
            dnnl_memory_destroy(context->memories[i]);
        }
    }
    for (guint i = 0; context->args != NULL && i < plan->steps->len; i++) {
        g_free(context->args[i]);
        g_free(context->data[i]);
    }
    if (context->stream != NULL) {
        dnnl_stream_destroy(context->stream);
    }
    g_free(context->memories);
    g_free(context->args);
    g_free(context->data);
    free(context->arena);
    nn_model_destroy(context->model);
    g_free(context);
}

float *nn_context_input(struct nn_context *context)
{
    return (float *)(void *)memory_bytes(context, context->model->plan->input);
}

static dnnl_status_t run_step(struct nn_context *context, guint index)
{
    const struct nn_step *step = nn_plan_step(context->model->plan, index);
    if (step->primitive == NULL) {
        step->run(step->state, context->data[index]);
        return dnnl_success;
    }
    return dnnl_primitive_execute(step->primitive, context->stream, (int)step->args->len,
                                  context->args[index]);
}

bool nn_context_run(struct nn_context *context, GError **error)
{
    const struct nn_plan *plan = context->model->plan;
    nn_thread_prepare();
    for (guint i = 0; i < plan->steps->len; i++) {
        dnnl_status_t status = run_step(context, i);
        if (status != dnnl_success) {
            g_set_error(error, BASE_ERROR, BASE_ERROR_INTERNAL, "%s: oneDNN fails with status %d",
                        nn_plan_step(plan, i)->text, (int)status);
            return false;
        }
    }
    return true;
}

static double thread_microseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static gint compare_doubles(gconstpointer a, gconstpointer b, gpointer data)
{
    double left = *(const double *)a;
    double right = *(const double *)b;
    (void)data;
    return (left > right) - (left < right);
}

char *nn_context_profile(struct nn_context *context, guint runs)
{
    guint steps = context->model->plan->steps->len;
    g_autofree double *times = g_new0(double, (gsize)steps *runs + 1);
    nn_thread_prepare();
    for (guint run = 0; run < runs; run++) {
        for (guint i = 0; i < steps; i++) {
            double began = thread_microseconds();
            run_step(context, i);
            times[(gsize)i * runs + run] = thread_microseconds() - began;
        }
    }
    GString *text = g_string_new(NULL);
    for (guint i = 0; runs > 0 && i < steps; i++) {
        double *own = times + (gsize)i * runs;
        g_qsort_with_data(own, (gint)runs, sizeof *own, compare_doubles, NULL);
        g_string_append_printf(text, "%9.1f  %s\n", own[runs / 2],
                               nn_plan_step(context->model->plan, i)->text);
    }
    return g_string_free(text, FALSE);
}

static const struct nn_output *output_at(const struct nn_context *context, size_t index)
{
    const GArray *outputs = context->model->plan->outputs;
    g_assert(index < outputs->len);
    return &g_array_index(outputs, struct nn_output, index);
}

static float *memory_floats(const struct nn_context *context, int memory)
{
    void *data = NULL;
    dnnl_memory_get_data_handle(context->memories[memory], &data);
    return data;
}

const float *nn_context_output(const struct nn_context *context, size_t output)
{
    const struct nn_output *from = output_at(context, output);
    g_assert(from->rows == NULL);
    return memory_floats(context, from->memory);
}

void nn_context_output_pixel(struct nn_context *context, size_t output, int64_t y, int64_t x,
                             float *values)
{
    const struct nn_output *from = output_at(context, output);
    const struct nn_shape *shape = nn_model_output_shape(context->model, output);
    const float *data = memory_floats(context, from->memory);
    g_assert(shape->rank == 4 && y >= 0 && y < shape->dims[2] && x >= 0 && x < shape->dims[3]);
    if (from->rows != NULL) {
        nn_rows_pixel(from->rows, data, y, x, values, memory_floats(context, from->scratch));
        return;
    }
    int64_t plane = shape->dims[2] * shape->dims[3];
    for (int64_t c = 0; c < shape->dims[1]; c++) {
        values[c] = data[c * plane + y * shape->dims[3] + x];
    }
}
