/*
 * Input: a ZIP file. Whatever is told of it must have a name that stays inside a folder, and no
 * more must come out than the limits allow.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "archive/archive.h"

enum { ENTRIES = 20, TOTAL = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_name(const char *name)
{
    if (*name == '/' || !g_utf8_validate(name, -1, NULL) || strstr(name, "//") ||
        strpbrk(name, "\\:\n") || g_str_has_prefix(name, "../") || strstr(name, "/../") ||
        g_str_has_suffix(name, "/..") || g_str_equal(name, ".."))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct archive_limits LIMITS = {
        .entries = ENTRIES, .entry_size = TOTAL / 2, .total_size = TOTAL};
    struct archive_item item;
    g_autoptr(GError) error = NULL;
    static char block[4096];
    gssize got = 0;
    gint64 total = 0;
    guint entries = 0;
    g_autoptr(archive_reader) reader = archive_reader_open_bytes(data, size, &LIMITS, &error);

    while (reader && got >= 0 && archive_reader_next(reader, &item, &error)) {
        check_name(item.name);
        if (++entries > ENTRIES)
            abort();
        while ((got = archive_reader_read(reader, block, sizeof block, &error)) > 0)
            total += got;
        if (total > TOTAL)
            abort();
    }
    if (got < 0 && !error)
        abort();
    return 0;
}
