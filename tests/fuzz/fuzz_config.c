/* The text of a .env file: every line ends up in the table, or an error names the line. */
#include "base/config.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_autoptr(GHashTable) values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autoptr(GError) error = NULL;
    bool parsed = base_config_parse_env(text, values, &error);
    g_assert_true(parsed == (error == NULL));

    GHashTableIter iterator;
    gpointer key;
    gpointer value;
    g_hash_table_iter_init(&iterator, values);
    while (g_hash_table_iter_next(&iterator, &key, &value)) {
        g_assert_true(*(const char *)key != '\0');
        g_assert_nonnull(value);
    }
    return 0;
}
