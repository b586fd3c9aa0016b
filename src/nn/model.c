#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "nn/import.h"
#include "nn/lower.h"
#include "nn/model.h"
#include "nn/tflite.h"

#define SIZE_MAX_DEFAULT ((size_t)512 << 20)

void nn_model_ref(struct nn_model *model)
{
    g_atomic_int_inc(&model->references);
}

void nn_model_destroy(struct nn_model *model)
{
    if (model == NULL || !g_atomic_int_dec_and_test(&model->references)) {
        return;
    }
    nn_plan_destroy(model->plan);
    g_array_unref(model->output_shapes);
    g_free(model);
}

static struct nn_model *model_new(const struct nn_graph *graph, struct nn_plan *plan)
{
    struct nn_model *model = g_new0(struct nn_model, 1);
    model->references = 1;
    model->plan = plan;
    model->input_shape = nn_graph_value(graph, graph->input)->shape;
    model->output_shapes = g_array_new(FALSE, FALSE, sizeof(struct nn_shape));
    for (guint i = 0; i < graph->wanted->len; i++) {
        int value = g_array_index(graph->wanted, int, i);
        g_array_append_val(model->output_shapes, nn_graph_value(graph, value)->shape);
    }
    return model;
}

static struct nn_graph *import(const void *data, size_t size, const struct nn_options *options,
                               GError **error)
{
    if (nn_tflite_recognise(data, size)) {
        return nn_tflite_import(data, size, options, error);
    }
    g_autoptr(Onnx__ModelProto) proto = nn_proto_parse(data, size, error);
    return proto != NULL ? nn_import_model(proto, options, error) : NULL;
}

struct nn_model *nn_model_load_bytes(const void *data, size_t size,
                                     const struct nn_options *options, GError **error)
{
    size_t limit = options != NULL && options->size_max != 0 ? options->size_max : SIZE_MAX_DEFAULT;
    if (size > limit) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_TOO_LARGE,
                    "the model has %zu bytes; the limit is %zu", size, limit);
        return NULL;
    }
    nn_thread_prepare();
    struct nn_graph *graph = import(data, size, options, error);
    struct nn_plan *plan = NULL;
    const struct nn_options usual = {0};
    options = options != NULL ? options : &usual;
    bool ranges = options->int8 != NULL || options->observe != NULL;
    if (graph != NULL && nn_graph_fuse(graph, ranges, error)) {
        plan = nn_lower_graph(graph, options, error);
    }
    struct nn_model *model = plan != NULL ? model_new(graph, plan) : NULL;
    nn_graph_destroy(graph);
    return model;
}

/* The whole file, or NULL. Not mapped: a file that shrinks while it is read must not kill us. */
static char *read_file(FILE *file, size_t limit, size_t *size, GError **error)
{
    struct stat status;
    if (fstat(fileno(file), &status) != 0 || !S_ISREG(status.st_mode)) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_IO, "not a regular file");
        return NULL;
    }
    if ((guint64)status.st_size > limit) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_TOO_LARGE, "the file has more than %zu bytes",
                    limit);
        return NULL;
    }
    char *bytes = g_try_malloc((gsize)status.st_size + 1);
    *size = bytes != NULL ? fread(bytes, 1, (size_t)status.st_size, file) : 0;
    if (bytes == NULL || *size != (size_t)status.st_size) {
        g_free(bytes);
        g_set_error(error, BASE_ERROR, BASE_ERROR_IO, "the file cannot be read to its end");
        return NULL;
    }
    return bytes;
}

struct nn_model *nn_model_load_file(const char *path, const struct nn_options *options,
                                    GError **error)
{
    size_t limit = options != NULL && options->size_max != 0 ? options->size_max : SIZE_MAX_DEFAULT;
    size_t size = 0;
    g_autofree char *name = g_path_get_basename(path);
    FILE *file = fopen(path, "rbe");
    if (file == NULL) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_IO, "model %s: %s", name, g_strerror(errno));
        return NULL;
    }
    g_autofree char *bytes = read_file(file, limit, &size, error);
    fclose(file);
    struct nn_model *model =
        bytes != NULL ? nn_model_load_bytes(bytes, size, options, error) : NULL;
    if (model == NULL) {
        g_prefix_error(error, "model %s: ", name);
    }
    return model;
}

size_t nn_model_outputs(const struct nn_model *model)
{
    return model->output_shapes->len;
}

const struct nn_shape *nn_model_input_shape(const struct nn_model *model)
{
    return &model->input_shape;
}

const struct nn_shape *nn_model_output_shape(const struct nn_model *model, size_t output)
{
    g_assert(output < model->output_shapes->len);
    return &g_array_index(model->output_shapes, struct nn_shape, output);
}

char *nn_model_describe(const struct nn_model *model)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < model->plan->steps->len; i++) {
        g_string_append(text, nn_plan_step(model->plan, i)->text);
        g_string_append_c(text, '\n');
    }
    return g_string_free(text, FALSE);
}
