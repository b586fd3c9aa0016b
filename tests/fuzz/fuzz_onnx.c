/* Loads any bytes as a model; a small one that loads is run once. */
#include <stdlib.h>

#include "nn/nn.h"

#define INPUT_MAX 4096
#define OUTPUT_MAX 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run_once(struct nn_model *model)
{
    struct nn_context *context = nn_context_create(model, NULL);
    int64_t count = nn_shape_count(nn_model_input_shape(model));
    if (context == NULL) {
        return;
    }
    for (int64_t i = 0; i < count; i++) {
        nn_context_input(context)[i] = (float)(i % 17) / 8.0f - 1.0f;
    }
    if (!nn_context_run(context, NULL)) {
        abort();
    }
    nn_context_destroy(context);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GError) error = NULL;
    struct nn_model *model = nn_model_load_bytes(data, size, NULL, &error);
    if ((model == NULL) != (error != NULL)) {
        abort();
    }
    bool small = model != NULL && nn_shape_count(nn_model_input_shape(model)) <= INPUT_MAX;
    for (size_t i = 0; small && i < nn_model_outputs(model); i++) {
        small = nn_shape_count(nn_model_output_shape(model, i)) <= OUTPUT_MAX;
    }
    if (small) {
        run_once(model);
    }
    nn_model_destroy(model);
    return 0;
}
