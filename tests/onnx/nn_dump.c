/*
 * Runs a model on numbers from a file, for the comparison with ONNX Runtime.
 *
 *   nn_dump MODEL INPUT OUTPUT SHAPE [NAME…]
 *
 * INPUT and OUTPUT hold raw little-endian floats; all outputs follow each other. SHAPE is written
 * like 1x3x240x320; NAMEs are the tensors wanted, the model's outputs when there are none.
 */
#include <stdio.h>
#include <stdlib.h>

#include "nn/nn.h"

static bool parse_shape(const char *text, struct nn_shape *shape)
{
    g_auto(GStrv) sides = g_strsplit(text, "x", NN_DIMS_MAX + 1);
    for (int i = 0; sides[i] != NULL; i++) {
        if (i == NN_DIMS_MAX ||
            !g_ascii_string_to_signed(sides[i], 10, 1, 65536, &shape->dims[i], NULL)) {
            return false;
        }
        shape->rank = i + 1;
    }
    return shape->rank > 0;
}

static bool read_input(const char *path, struct nn_context *context, int64_t count)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return false;
    }
    size_t found = fread(nn_context_input(context), sizeof(float), (size_t)count, file);
    fclose(file);
    return found == (size_t)count;
}

static bool write_outputs(const char *path, const struct nn_model *model,
                          const struct nn_context *context)
{
    FILE *file = fopen(path, "wb");
    bool good = file != NULL;
    for (size_t i = 0; good && i < nn_model_outputs(model); i++) {
        size_t count = (size_t)nn_shape_count(nn_model_output_shape(model, i));
        good = fwrite(nn_context_output(context, i), sizeof(float), count, file) == count;
    }
    return file != NULL && fclose(file) == 0 && good;
}

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    struct nn_options options = {0};
    if (argc < 5 || !parse_shape(argv[4], &options.input)) {
        fprintf(stderr, "usage: nn_dump MODEL INPUT OUTPUT SHAPE [NAME...]\n");
        return 2;
    }
    if (argc > 5) {
        options.outputs = (const char *const *)argv + 5;
        options.outputs_n = (size_t)argc - 5;
    }
    struct nn_model *model = nn_model_load_file(argv[1], &options, &error);
    struct nn_context *context = model != NULL ? nn_context_create(model, &error) : NULL;
    bool good = context != NULL;
    if (good && !read_input(argv[2], context, nn_shape_count(&options.input))) {
        fprintf(stderr, "nn_dump: the input does not have the shape's size\n");
        good = false;
    }
    good = good && nn_context_run(context, &error) && write_outputs(argv[3], model, context);
    if (error != NULL) {
        fprintf(stderr, "nn_dump: %s\n", error->message);
    }
    nn_context_destroy(context);
    nn_model_destroy(model);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
