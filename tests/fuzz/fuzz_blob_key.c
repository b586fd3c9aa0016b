/* Keys of stored pictures: whatever is taken for one is a harmless relative path. */
#include "blob/blob.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);

    if (!blob_key_is_valid(text))
        return 0;
    g_auto(GStrv) segments = g_strsplit(text, "/", -1);
    g_assert_true(strlen(text) <= BLOB_KEY_MAX);
    g_assert_true(g_strv_length(segments) <= BLOB_SEGMENTS_MAX);
    for (char **segment = segments; *segment; segment++) {
        g_assert_true(**segment && strlen(*segment) <= BLOB_SEGMENT_MAX);
        g_assert_true(!strpbrk(*segment, ".\\:%~ \n") && g_str_is_ascii(*segment));
    }
    return 0;
}
