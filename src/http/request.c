#include <string.h>

#include "http/internal.h"

/* The request is the first member of its exchange, and never stands alone. */
static const struct http_exchange *exchange_of(const struct http_request *request)
{
    return (const struct http_exchange *)request;
}

const char *http_request_param(const struct http_request *request, const char *name)
{
    int index = http_route_param_index(request->route, name);
    return index < 0 ? NULL : exchange_of(request)->target.segments[index];
}

const char *http_request_query(const struct http_request *request, const char *name)
{
    for (size_t i = 0; i < request->query_n; i++)
        if (!strcmp(request->query[i].name, name))
            return request->query[i].value;
    return NULL;
}

const char *http_request_header(const struct http_request *request, const char *name)
{
    const struct http_exchange *exchange = exchange_of(request);
    for (size_t i = 0; i < exchange->fields_n; i++)
        if (http_field_is(&exchange->fields[i], name))
            return exchange->fields[i].value;
    return NULL;
}

const char *http_request_client_key(const struct http_request *request)
{
    return exchange_of(request)->client_key;
}

bool http_request_secure(const struct http_request *request)
{
    return exchange_of(request)->secure;
}

/* RFC 6265, 4.2.1: pairs separated by a semicolon and a blank. */
static const char *find_cookie(const char *header, const char *name, size_t *size)
{
    size_t name_size = strlen(name);
    while (*header) {
        header += strspn(header, " \t;");
        size_t pair = strcspn(header, ";");
        if (pair > name_size && !strncmp(header, name, name_size) && header[name_size] == '=') {
            *size = pair - name_size - 1;
            return header + name_size + 1;
        }
        header += pair;
    }
    return NULL;
}

const char *http_request_cookie(struct http_request *request, const char *name)
{
    struct http_exchange *exchange = (struct http_exchange *)request;
    const char *header = http_request_header(request, "Cookie");
    size_t size = 0;
    const char *value = header ? find_cookie(header, name, &size) : NULL;
    if (!value)
        return NULL;
    while (size && (value[size - 1] == ' ' || value[size - 1] == '\t'))
        size--;
    return http_arena_copy(&exchange->arena, value, size);
}
