/* RFC 3339: a time that is read is written as text that reads back as the same. */
#include "base/time.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    base_time time = 0;
    if (!base_time_parse(text, &time)) {
        return 0;
    }
    /* An offset may lead out of the years that can be written. */
    const base_time first = -62135596800 * BASE_TIME_SECOND;
    const base_time last = 253402300800 * BASE_TIME_SECOND;
    if (time < first || time >= last) {
        return 0;
    }
    char written[BASE_TIME_TEXT_SIZE];
    base_time again = 0;
    g_assert_true(base_time_parse(base_time_format(time, written), &again));
    g_assert_true(again == time);
    return 0;
}
