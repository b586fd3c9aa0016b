/* Lists of pairs for `bench verify`: whatever the text, a list or an error. */
#include "cli/pairs.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_autoptr(GError) error = NULL;
    struct cli_pairs pairs;

    if (cli_pairs_parse(text, &pairs, &error))
        cli_pairs_finish(&pairs);
    else
        g_assert_nonnull(error);
    return 0;
}
