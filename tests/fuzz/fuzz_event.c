/*
 * Events as text: whatever is in id, name and data, a reader of the standard finds one event with
 * that data, and blocks of any size put together are the whole. The first byte chooses the size of
 * the blocks; the rest is id, name and data with NULs between.
 */
#include <stdint.h>
#include <string.h>

#include "http/event.h"

/* The lines that a reader puts together again: CR, LF and CRLF are one line feed to it. */
static char *as_read(const char *data)
{
    GString *out = g_string_new(NULL);

    for (; *data; data++) {
        if (*data == '\r' && data[1] == '\n')
            continue;
        g_string_append_c(out, *data == '\r' ? '\n' : *data);
    }
    return g_string_free(out, FALSE);
}

/* Data of the only event in a text, by section 9.2.6 of the standard. */
static char *read_event(const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    GString *data = g_string_new(NULL);
    size_t ends = 0, fields = 0;

    for (size_t i = 0; lines[i + 1]; i++) {
        g_assert(!strchr(lines[i], '\r'));
        ends += !*lines[i];
        if (g_str_has_prefix(lines[i], "data: "))
            g_string_append_printf(data, "%s%s", fields++ ? "\n" : "", lines[i] + strlen("data: "));
        else
            g_assert(!*lines[i] || g_str_has_prefix(lines[i], "id: ") ||
                     g_str_has_prefix(lines[i], "event: "));
    }
    g_assert(ends == 1 && fields);
    return g_string_free(data, FALSE);
}

static void check_queue(GBytes *event, size_t block)
{
    struct http_event_queue queue = {0};
    g_autoptr(GString) out = g_string_new(NULL);
    char bytes[256];
    size_t size;
    const char *text = g_bytes_get_data(event, &size);

    g_assert(http_event_queue_add(&queue, event));
    for (size_t n; (n = http_event_queue_take(&queue, bytes, block + 1)) > 0;)
        g_string_append_len(out, bytes, (gssize)n);
    g_assert(out->len == size && memcmp(out->str, text, size) == 0);
    http_event_queue_clear(&queue);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size < 1)
        return 0;
    g_autofree char *text = g_malloc0(size + 3);
    memcpy(text, bytes + 1, size - 1);
    const char *id = text, *name = id + strlen(id) + 1;
    const char *data = name <= text + size ? name + strlen(name) + 1 : name;
    if (data > text + size)
        data = "";
    g_autoptr(GBytes) event = http_event_format(id, name, data, 0);
    g_autofree char *sent = g_strndup(g_bytes_get_data(event, NULL), g_bytes_get_size(event));
    g_autofree char *expected = as_read(data);
    g_autofree char *got = read_event(sent);
    g_assert(strcmp(got, expected) == 0);
    check_queue(event, bytes[0]);
    return 0;
}
