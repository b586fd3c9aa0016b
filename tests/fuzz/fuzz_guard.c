/*
 * Input: "METHOD TARGET VERSION", a line feed, "Name:value" lines. What the guard lets through
 * must hold what the rest of the server relies on.
 */
#include <stdlib.h>
#include <string.h>

#include "http/address.h"
#include "http/guard.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool condition)
{
    if (!condition)
        abort();
}

static void check_text(const char *text)
{
    demand(g_utf8_validate(text, -1, NULL));
    for (; *text; text++)
        demand((unsigned char)*text >= 0x20 && *text != 0x7f);
}

static void try_target(const char *raw, size_t size)
{
    g_autofree char *space = g_malloc(HTTP_TARGET_SPACE(size));
    struct http_target target;
    struct http_verdict verdict = http_guard_target(raw, size, space, &target);
    demand(!verdict.status == !verdict.message);
    if (verdict.status)
        return;
    check_text(target.path);
    for (size_t i = 0; i < target.segments_n; i++) {
        check_text(target.segments[i]);
        demand(!strpbrk(target.segments[i], "/\\"));
        demand(strcmp(target.segments[i], "..") && strcmp(target.segments[i], "."));
    }
    for (size_t i = 0; i < target.query_n; i++) {
        check_text(target.query[i].name);
        check_text(target.query[i].value);
    }
}

/* Takes what stands before `mark` off the input. */
static size_t take(const char **at, size_t *left, char mark)
{
    const char *end = *left ? memchr(*at, mark, *left) : NULL;
    size_t size = end ? (size_t)(end - *at) : *left;
    *at += size + (end ? 1 : 0);
    *left -= size + (end ? 1 : 0);
    return size;
}

static void try_forwarded(const struct http_field *field)
{
    static const char *const PROXIES[] = {"127.0.0.1", "10.0.0.0/8", "fd00::/7", NULL};
    struct http_networks *trusted = http_networks_create(PROXIES, NULL);
    struct http_ip ip;
    char text[INET6_ADDRSTRLEN];
    if (http_forwarded_client(trusted, field->value, field->value_size, &ip))
        http_ip_format(&ip, text);
    http_networks_destroy(trusted);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *at = (const char *)data;
    const char *line = at;
    g_autofree char *method = g_strndup(line, take(&at, &size, ' '));
    const char *raw = at;
    try_target(raw, take(&at, &size, ' '));
    line = at;
    g_autofree char *version = g_strndup(line, take(&at, &size, '\n'));

    struct http_field fields[HTTP_FIELDS_MAX + 2];
    size_t n = 0;
    while (size && n < G_N_ELEMENTS(fields)) {
        const char *name = at;
        size_t line_size = take(&at, &size, '\n');
        const char *colon = line_size ? memchr(name, ':', line_size) : NULL;
        size_t name_size = colon ? (size_t)(colon - name) : line_size;
        const char *value = colon ? colon + 1 : "";
        fields[n++] =
            (struct http_field){name, name_size, value, colon ? line_size - name_size - 1 : 0};
    }
    struct http_head head = {method, version, fields, n};
    struct http_framing framing;
    struct http_verdict verdict = http_guard_head(&head, &framing);
    demand(!verdict.status == !verdict.message);
    demand(verdict.status || !(framing.chunked && framing.content_length >= 0));
    char type[80];
    for (size_t i = 0; i < n; i++) {
        if (http_media_type(fields[i].value, fields[i].value_size, type))
            demand(strlen(type) >= 3 && strchr(type, '/'));
        if (i == 0)
            try_forwarded(&fields[i]);
    }
    return 0;
}
