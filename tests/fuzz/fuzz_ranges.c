/* Reads any text as the ranges of a network in 8 bits; what is read survives as text. */
#include <stdlib.h>
#include <string.h>

#include "nn/quantise.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_autoptr(GError) error = NULL;
    struct nn_ranges *ranges = nn_ranges_parse(text, &error);
    if ((ranges == NULL) != (error != NULL)) {
        abort();
    }
    if (ranges == NULL) {
        return 0;
    }
    g_autofree char *first = nn_ranges_text(ranges);
    struct nn_ranges *again = nn_ranges_parse(first, NULL);
    if (again == NULL || nn_ranges_count(again) != nn_ranges_count(ranges)) {
        abort();
    }
    g_autofree char *second = nn_ranges_text(again);
    if (strcmp(first, second) != 0) {
        abort();
    }
    nn_ranges_destroy(again);
    nn_ranges_destroy(ranges);
    return 0;
}
