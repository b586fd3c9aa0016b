/* Loads any bytes as a TensorFlow Lite model; what loads describes itself. */
#include <stdlib.h>
#include <string.h>

#include "nn/nn.h"

#define IDENTIFIER_AT 4
#define IDENTIFIER "TFL3"
#define IDENTIFIER_SIZE 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GError) error = NULL;
    if (size < IDENTIFIER_AT + IDENTIFIER_SIZE) {
        return 0;
    }
    /* So that none of them is taken for another format. */
    g_autofree uint8_t *copy = g_memdup2(data, size);
    memcpy(copy + IDENTIFIER_AT, IDENTIFIER, IDENTIFIER_SIZE);
    struct nn_model *model = nn_model_load_bytes(copy, size, NULL, &error);
    if ((model == NULL) != (error != NULL)) {
        abort();
    }
    if (model != NULL) {
        g_free(nn_model_describe(model));
    }
    nn_model_destroy(model);
    return 0;
}
