/*
 * Input: the Content-Type header, a line feed, the body. Whatever is accepted must lie in the body.
 */
#include <stdlib.h>
#include <string.h>

#include "http/multipart.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct http_slice slice, const char *body, size_t size)
{
    if (slice.bytes &&
        (slice.bytes < body || slice.size > size || slice.bytes + slice.size > body + size))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *newline = memchr(data, '\n', size);
    if (!newline)
        return 0;
    g_autofree char *type = g_strndup((const char *)data, (size_t)(newline - data));
    const char *body = (const char *)newline + 1;
    size_t body_size = size - (size_t)(newline - data) - 1;
    struct http_multipart form;
    g_autoptr(GError) error = NULL;
    bool good =
        http_multipart_parse(type, body, body_size, HTTP_MULTIPART_PARTS_MAX, &form, &error);
    if (good == (error != NULL))
        abort();
    for (size_t i = 0; good && i < form.parts_n; i++) {
        check(form.parts[i].name, body, body_size);
        check(form.parts[i].filename, body, body_size);
        check(form.parts[i].type, body, body_size);
        check(form.parts[i].data, body, body_size);
        if (!form.parts[i].name.size)
            abort();
    }
    return 0;
}
