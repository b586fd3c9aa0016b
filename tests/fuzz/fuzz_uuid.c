/* UUIDs: what is read is written in the one canonical form, which differs in case alone. */
#include "base/uuid.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    struct base_uuid uuid;
    if (base_uuid_parse(text, &uuid)) {
        char written[BASE_UUID_TEXT_SIZE];
        g_assert_true(g_ascii_strcasecmp(base_uuid_format(&uuid, written), text) == 0);
    }
    return 0;
}
