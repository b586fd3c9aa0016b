#include <string.h>

#include "http/internal.h"

/* A refused body up to this size is read to its end, so that the connection can be kept. */
#define DRAIN_MAX (64u << 10)

static const struct {
    unsigned status;
    const char *code;
} CODES[] = {
    {404, "not_found"}, {405, "method_not_allowed"}, {408, "timeout"},     {411, "length_required"},
    {413, "too_large"}, {414, "too_large"},          {415, "unsupported"}, {431, "too_large"},
    {500, "internal"},  {503, "unavailable"},        {505, "unsupported"},
};

static const char *code_of(unsigned status)
{
    for (size_t i = 0; i < G_N_ELEMENTS(CODES); i++)
        if (CODES[i].status == status)
            return CODES[i].code;
    return "invalid";
}

void http_exchange_build(struct http_exchange *exchange)
{
    const struct http_options *options = &exchange->server->options;
    const struct http_route *route = exchange->request.route;
    const char *origin =
        options->cors_origins ? http_request_header(&exchange->request, "Origin") : NULL;
    exchange->status = exchange->response.status;
    exchange->built =
        http_response_build(&exchange->response, options, route ? route->csp : NULL, origin);
    http_response_clear(&exchange->response);
}

void http_exchange_refuse(struct http_exchange *exchange, unsigned status, const char *message)
{
    http_response_error(&exchange->response, status, code_of(status), message, NULL);
    http_exchange_build(exchange);
}

/* Refuses a request whose head makes sense: the connection lives on when little is left to read. */
static void refuse_politely(struct http_exchange *exchange, unsigned status, const char *message)
{
    const struct http_framing *framing = &exchange->framing;
    exchange->close = status == 413 || framing->chunked || framing->expects_continue ||
                      framing->content_length > DRAIN_MAX;
    exchange->discard = true;
    http_exchange_refuse(exchange, status, message);
}

struct gathering {
    struct http_field fields[HTTP_FIELDS_MAX + 1];
    size_t n;
};

static enum MHD_Result gather(void *context, enum MHD_ValueKind kind, const char *name,
                              size_t name_size, const char *value, size_t value_size)
{
    (void)kind;
    struct gathering *gathering = context;
    gathering->fields[gathering->n++] =
        (struct http_field){name, name_size, value ? value : "", value_size};
    return gathering->n > HTTP_FIELDS_MAX ? MHD_NO : MHD_YES;
}

/*
 * The library cuts lines in place: "NAME: VALUE" CRLF "NAME..." becomes strings in one buffer. It
 * joins folded lines elsewhere, stops at a NUL and takes a bare LF for a line end without a word,
 * so a head in which the pieces do not follow each other byte by byte had one of these.
 */
static bool head_is_contiguous(const struct http_exchange *exchange, const char *method,
                               const char *version, const struct gathering *head)
{
    if (exchange->raw != method + strlen(method) + 1 ||
        version != exchange->raw + exchange->target_size + 1)
        return false;
    const char *at = version + strlen(version) + 2;
    for (size_t i = 0; i < head->n; i++) {
        const struct http_field *field = &head->fields[i];
        if (field->name != at)
            return false;
        at += field->name_size + 1;
        if (field->value_size) {
            if (field->value < at || field->value - at > HTTP_FIELDS_BYTES)
                return false;
            at += strspn(at, " \t");
            if (field->value != at)
                return false;
        } else {
            at += strspn(at, " \t");
        }
        at += field->value_size + 2;
    }
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    return info && at + 2 == method + info->header_size;
}

/* Handlers see values without blanks around them; the library leaves those at the end. */
static void keep_fields(struct http_exchange *exchange, const struct gathering *head)
{
    struct http_field *fields =
        http_arena_take(&exchange->arena, head->n * sizeof *fields + !head->n);
    memcpy(fields, head->fields, head->n * sizeof *fields);
    for (size_t i = 0; i < head->n; i++) {
        size_t size = fields[i].value_size;
        while (size && (fields[i].value[size - 1] == ' ' || fields[i].value[size - 1] == '\t'))
            size--;
        if (size == fields[i].value_size)
            continue;
        fields[i].value = http_arena_copy(&exchange->arena, fields[i].value, size);
        fields[i].value_size = size;
    }
    exchange->fields = fields;
    exchange->fields_n = head->n;
    if (exchange->framing.content_type)
        exchange->framing.content_type = fields + (exchange->framing.content_type - head->fields);
}

static struct http_verdict guard(struct http_exchange *exchange, const char *method,
                                 const char *version)
{
    struct gathering head;
    head.n = 0;
    MHD_get_connection_values_n(exchange->connection, MHD_HEADER_KIND, gather, &head);
    struct http_head view = {method, version, head.fields, head.n};
    struct http_verdict verdict = http_guard_head(&view, &exchange->framing);
    if (verdict.status)
        return verdict;
    if (!head_is_contiguous(exchange, method, version, &head))
        return (struct http_verdict){400, "the head of the request is malformed"};
    keep_fields(exchange, &head);
    if (!exchange->target_text)
        return (struct http_verdict){414, "the address is too long"};
    char *space = http_arena_take(&exchange->arena, HTTP_TARGET_SPACE(exchange->target_size));
    return http_guard_target(exchange->target_text, exchange->target_size, space,
                             &exchange->target);
}

static void learn_client(struct http_exchange *exchange)
{
    exchange->request.peer = exchange->peer;
    exchange->secure = false;
    *exchange->client_key = '\0';
    if (exchange->has_ip)
        http_ip_client_key(&exchange->ip, exchange->client_key);
    if (!exchange->trusted)
        return;
    const char *scheme = http_request_header(&exchange->request, "X-Forwarded-Proto");
    exchange->secure = scheme && !g_ascii_strcasecmp(scheme, "https");
    struct http_ip ip;
    for (size_t i = exchange->fields_n; i-- > 0;) {
        const struct http_field *field = &exchange->fields[i];
        if (!http_field_is(field, "X-Forwarded-For"))
            continue;
        if (http_forwarded_client(exchange->server->trusted, field->value, field->value_size,
                                  &ip)) {
            http_ip_format(&ip, exchange->forwarded);
            exchange->request.peer = exchange->forwarded;
            http_ip_client_key(&ip, exchange->client_key);
        }
        return;
    }
}

static int method_of(const char *name)
{
    if (!strcmp(name, "HEAD"))
        return HTTP_METHOD_GET;
    for (int i = 0; i < HTTP_METHOD_N; i++)
        if (!strcmp(name, http_method_name((enum http_method)i)))
            return i;
    return -1;
}

static void answer_options(struct http_exchange *exchange, const char *allow)
{
    const char *const *origins = exchange->server->options.cors_origins;
    const char *origin = http_request_header(&exchange->request, "Origin");
    struct http_response *response = &exchange->response;
    http_response_no_content(response);
    http_response_header(response, "Allow", allow);
    if (origins && origin && g_strv_contains(origins, origin)) {
        http_response_header(response, "Access-Control-Allow-Methods", allow);
        http_response_header(response, "Access-Control-Allow-Headers",
                             "Authorization, Content-Type");
        http_response_header(response, "Access-Control-Max-Age", "600");
    }
    exchange->discard = true;
    exchange->close = exchange->framing.chunked || exchange->framing.content_length > DRAIN_MAX;
    http_exchange_build(exchange);
}

/* Paths that no route has: files, OPTIONS for everything, or nothing. */
static void answer_without_route(struct http_exchange *exchange)
{
    if (exchange->target.asterisk && !strcmp(exchange->method_name, "OPTIONS")) {
        answer_options(exchange, "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
        return;
    }
    const struct http_file *file = http_files_find(exchange->server->files, exchange->target.path);
    if (!file) {
        refuse_politely(exchange, 404, "there is nothing at this address");
    } else if (method_of(exchange->method_name) != HTTP_METHOD_GET) {
        http_response_header(&exchange->response, "Allow", "GET, HEAD");
        refuse_politely(exchange, 405, "this address does not know this method");
    } else if (exchange->framing.chunked || exchange->framing.content_length > 0) {
        refuse_politely(exchange, 400, "this request takes no body");
    } else {
        const struct http_file_variant *variant =
            http_file_choose(file, http_request_header(&exchange->request, "Accept-Encoding"));
        bool same =
            http_file_matches(variant, http_request_header(&exchange->request, "If-None-Match"));
        exchange->built = same ? variant->not_modified : variant->content;
        exchange->status = same ? 304 : variant->etag ? 200 : 301;
        exchange->built_is_shared = true;
    }
}

/* Whether a browser goes to a page that has the address of a route: then it is not after the data.
 */
static bool goes_to_page(const struct http_exchange *exchange, const char *method)
{
    const struct http_file *file = http_files_find(exchange->server->files, exchange->target.path);

    return file && file->is_page && method_of(method) == HTTP_METHOD_GET &&
           http_accept_names_html(http_request_header(&exchange->request, "Accept"));
}

static bool type_is_accepted(const struct http_route *route, const char *type)
{
    return route->types && g_strv_contains(route->types, type);
}

static void check_body(struct http_exchange *exchange, const struct http_route *route)
{
    const struct http_framing *framing = &exchange->framing;
    bool has_body = framing->chunked || framing->content_length > 0;
    if (!has_body) {
        if (framing->content_length < 0 && route->body_max && !route->body_optional)
            refuse_politely(exchange, 411, "a body with its Content-Length is needed here");
        return;
    }
    if (!route->body_max)
        refuse_politely(exchange, 400, "this request takes no body");
    else if (framing->content_length > (int64_t)route->body_max)
        refuse_politely(exchange, 413, "the body is too large");
    else if (!framing->content_type ||
             !http_media_type(framing->content_type->value, framing->content_type->value_size,
                              exchange->media_type) ||
             !type_is_accepted(route, exchange->media_type))
        refuse_politely(exchange, 415, "this content type is not accepted here");
    else
        exchange->request.content_type = exchange->media_type;
}

static const char *static_method_name(const char *method)
{
    int index = method_of(method);
    if (!strcmp(method, "HEAD"))
        return "HEAD";
    if (index >= 0)
        return http_method_name((enum http_method)index);
    return strcmp(method, "OPTIONS") ? "?" : "OPTIONS";
}

void http_exchange_accept(struct http_exchange *exchange, const char *method, const char *version)
{
    struct http_request *request = &exchange->request;
    exchange->method_name = static_method_name(method);
    struct http_verdict verdict = guard(exchange, method, version);
    learn_client(exchange);
    if (verdict.status) {
        exchange->close = true;
        http_exchange_refuse(exchange, verdict.status, verdict.message);
        return;
    }
    request->path = exchange->target.path;
    request->query = exchange->target.query;
    request->query_n = exchange->target.query_n;
    const struct http_match *match = http_router_find(
        exchange->server->router, exchange->target.segments, exchange->target.segments_n);
    if (!match || goes_to_page(exchange, method)) {
        answer_without_route(exchange);
        return;
    }
    int index = method_of(method);
    if (!strcmp(method, "OPTIONS")) {
        answer_options(exchange, match->allow);
        return;
    }
    if (index < 0 || !match->routes[index]) {
        http_response_header(&exchange->response, "Allow", match->allow);
        refuse_politely(exchange, 405, "this address does not know this method");
        return;
    }
    request->method = (enum http_method)index;
    request->head = !strcmp(method, "HEAD");
    request->route = match->routes[index];
    check_body(exchange, request->route);
}
