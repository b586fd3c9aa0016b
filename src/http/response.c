#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "http/internal.h"

#define TYPE_JSON "application/json"
#define CSP_PAGE                                                                                   \
    "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "                     \
    "style-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; "                   \
    "frame-ancestors 'none'"
/* Data is no page: nothing may load or run from it, wherever it is shown. */
#define CSP_DATA "default-src 'none'; frame-ancestors 'none'"

void http_response_init(struct http_response *response, struct http_arena *arena)
{
    response->arena = arena;
    response->status = MHD_HTTP_NO_CONTENT;
    response->type = NULL;
    response->body = "";
    response->body_size = 0;
    response->body_free = NULL;
    response->body_owner = NULL;
    response->file = -1;
    response->file_size = 0;
    response->stream = NULL;
    response->headers_n = 0;
}

void http_response_clear(struct http_response *response)
{
    if (response->body_free)
        response->body_free(response->body_owner);
    if (response->file >= 0)
        close(response->file);
    response->file = -1;
    response->file_size = 0;
    response->stream = NULL;
    response->body_free = NULL;
    response->body = "";
    response->body_size = 0;
    response->type = NULL;
}

static void set_body(struct http_response *response, unsigned status, const char *type,
                     const void *body, size_t size)
{
    response->status = status;
    response->type = type;
    response->body = body;
    response->body_size = size;
}

unsigned http_response_status(const struct http_response *response)
{
    return response->status;
}

void http_response_text(struct http_response *response, unsigned status, const char *text)
{
    http_response_clear(response);
    size_t size = strlen(text);
    set_body(response, status, "text/plain; charset=utf-8",
             http_arena_copy(response->arena, text, size), size);
}

void http_response_json(struct http_response *response, unsigned status, const char *json,
                        size_t size)
{
    http_response_clear(response);
    set_body(response, status, TYPE_JSON, http_arena_copy(response->arena, json, size), size);
}

void http_response_json_take(struct http_response *response, unsigned status, char *json)
{
    if (!json) {
        http_response_error(response, 500, base_error_name(BASE_ERROR_INTERNAL),
                            "something went wrong on the server", NULL);
        return;
    }
    http_response_clear(response);
    set_body(response, status, TYPE_JSON, json, strlen(json));
    response->body_free = free;
    response->body_owner = json;
}

void http_response_bytes(struct http_response *response, unsigned status, const char *type,
                         GBytes *bytes)
{
    GBytes *kept = g_bytes_ref(bytes);
    http_response_clear(response);
    size_t size = 0;
    const void *data = g_bytes_get_data(kept, &size);
    set_body(response, status, http_arena_copy(response->arena, type, strlen(type)),
             data ? data : "", size);
    response->body_free = (GDestroyNotify)g_bytes_unref;
    response->body_owner = kept;
}

void http_response_file(struct http_response *response, unsigned status, const char *type, int fd,
                        uint64_t size)
{
    http_response_clear(response);
    set_body(response, status, http_arena_copy(response->arena, type, strlen(type)), "", 0);
    response->file = fd;
    response->file_size = size;
}

static void append_json_string(GString *out, const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    g_string_append_c(out, '"');
    for (const char *c = valid; *c; c++) {
        if (*c == '"' || *c == '\\')
            g_string_append_printf(out, "\\%c", *c);
        else if ((unsigned char)*c < 0x20)
            g_string_append_printf(out, "\\u%04x", (unsigned)*c);
        else
            g_string_append_c(out, *c);
    }
    g_string_append_c(out, '"');
}

void http_response_error(struct http_response *response, unsigned status, const char *code,
                         const char *message, const char *details)
{
    GString *json = g_string_sized_new(160);
    g_string_append(json, "{\"error\":{\"code\":");
    append_json_string(json, code);
    g_string_append(json, ",\"message\":");
    append_json_string(json, message);
    if (details)
        g_string_append_printf(json, ",\"details\":%s", details);
    g_string_append(json, "}}");
    http_response_json_take(response, status, g_string_free(json, FALSE));
}

static const unsigned STATUS_OF[BASE_ERROR_N] = {
    [BASE_ERROR_INTERNAL] = 500,        [BASE_ERROR_INVALID] = 400,
    [BASE_ERROR_UNAUTHENTICATED] = 401, [BASE_ERROR_FORBIDDEN] = 403,
    [BASE_ERROR_NOT_FOUND] = 404,       [BASE_ERROR_CONFLICT] = 409,
    [BASE_ERROR_TOO_LARGE] = 413,       [BASE_ERROR_UNSUPPORTED] = 415,
    [BASE_ERROR_RATE_LIMITED] = 429,    [BASE_ERROR_UNAVAILABLE] = 503,
    [BASE_ERROR_CORRUPT] = 500,         [BASE_ERROR_IO] = 500,
};

unsigned http_status_of(const GError *error)
{
    if (!error || error->domain != BASE_ERROR || (unsigned)error->code >= BASE_ERROR_N)
        return 500;
    return STATUS_OF[error->code];
}

void http_response_gerror(struct http_response *response, const GError *error)
{
    unsigned status = http_status_of(error);
    if (status == 500) {
        g_warning("a request failed: %s", error ? error->message : "without a reason");
        http_response_error(response, 500, base_error_name(BASE_ERROR_INTERNAL),
                            "something went wrong on the server", NULL);
        return;
    }
    http_response_error(response, status, base_error_name((enum base_error)error->code),
                        error->message, NULL);
    if (status == 503)
        http_response_retry_after(response, 1);
}

void http_response_no_content(struct http_response *response)
{
    http_response_status_only(response, MHD_HTTP_NO_CONTENT);
}

void http_response_status_only(struct http_response *response, unsigned status)
{
    http_response_clear(response);
    response->status = status;
}

void http_response_redirect(struct http_response *response, unsigned status, const char *location)
{
    http_response_clear(response);
    response->status = status;
    http_response_header(response, "Location", location);
}

static bool is_header_text(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return false;
    return true;
}

void http_response_header(struct http_response *response, const char *name, const char *value)
{
    bool valid = *name && is_header_text(name) && is_header_text(value) && !strpbrk(name, " :");
    struct http_pair *slot = NULL;
    for (size_t i = 0; i < response->headers_n && g_ascii_strcasecmp(name, "Set-Cookie"); i++)
        if (!g_ascii_strcasecmp(response->headers[i].name, name))
            slot = &response->headers[i];
    if (!valid || (!slot && response->headers_n == HTTP_RESPONSE_HEADERS_MAX)) {
        g_critical("a response header that cannot be sent was left out");
        return;
    }
    if (!slot)
        slot = &response->headers[response->headers_n++];
    slot->name = http_arena_copy(response->arena, name, strlen(name));
    slot->value = http_arena_copy(response->arena, value, strlen(value));
}

const char *http_response_get(const struct http_response *response, const char *name)
{
    for (size_t i = 0; i < response->headers_n; i++)
        if (!g_ascii_strcasecmp(response->headers[i].name, name))
            return response->headers[i].value;
    return NULL;
}

void http_response_retry_after(struct http_response *response, unsigned seconds)
{
    char text[16];
    g_snprintf(text, sizeof text, "%u", seconds);
    http_response_header(response, "Retry-After", text);
}

void http_response_attachment(struct http_response *response, const char *filename)
{
    g_autofree char *plain = g_str_to_ascii(filename, "C");
    for (char *c = plain; *c; c++)
        if (!g_ascii_isalnum(*c) && !strchr(" ._-()", *c))
            *c = '_';
    g_autofree char *encoded = g_uri_escape_string(filename, NULL, FALSE);
    g_autofree char *value =
        g_strdup_printf("attachment; filename=\"%s\"; filename*=UTF-8''%s", plain, encoded);
    http_response_header(response, "Content-Disposition", value);
}

void http_response_cookie(struct http_response *response, const struct http_cookie *cookie)
{
    g_autofree char *age = cookie->max_age < 0
                               ? g_strdup("")
                               : g_strdup_printf("; Max-Age=%" G_GINT64_FORMAT, cookie->max_age);
    if (strpbrk(cookie->value, " \",;\\")) {
        g_critical("a cookie value that cannot be sent was left out");
        return;
    }
    g_autofree char *value = g_strdup_printf(
        "%s=%s; Path=%s%s; SameSite=%s%s%s", cookie->name, cookie->value,
        cookie->path ? cookie->path : "/", age, cookie->lax ? "Lax" : "Strict",
        cookie->script_may_read ? "" : "; HttpOnly", cookie->secure ? "; Secure" : "");
    http_response_header(response, "Set-Cookie", value);
}

static void add(struct MHD_Response *built, const char *name, const char *value)
{
    if (MHD_add_response_header(built, name, value) != MHD_YES)
        g_critical("the response header %s could not be added", name);
}

void http_security_headers(struct MHD_Response *built, const struct http_options *options,
                           const char *csp)
{
    add(built, "Content-Security-Policy", csp ? csp : CSP_PAGE);
    add(built, "X-Content-Type-Options", "nosniff");
    add(built, "Referrer-Policy", "same-origin");
    add(built, "Permissions-Policy", "camera=(self), microphone=(), geolocation=()");
    if (options->hsts_seconds) {
        char value[64];
        g_snprintf(value, sizeof value, "max-age=%u; includeSubDomains", options->hsts_seconds);
        add(built, "Strict-Transport-Security", value);
    }
}

static bool origin_is_allowed(const struct http_options *options, const char *origin)
{
    return origin && options->cors_origins && g_strv_contains(options->cors_origins, origin);
}

/* The library closes the file together with its response. */
static struct MHD_Response *wrap_file(struct http_response *response)
{
    struct MHD_Response *built = MHD_create_response_from_fd64(response->file_size, response->file);

    if (built)
        response->file = -1;
    return built;
}

static struct MHD_Response *wrap_body(struct http_response *response)
{
    if (response->stream)
        return http_stream_build(response->stream);
    if (response->file >= 0)
        return wrap_file(response);
    if (!response->body_free)
        return MHD_create_response_from_buffer(response->body_size, (void *)response->body,
                                               response->body_size ? MHD_RESPMEM_MUST_COPY
                                                                   : MHD_RESPMEM_PERSISTENT);
    struct MHD_Response *built = MHD_create_response_from_buffer_with_free_callback_cls(
        response->body_size, (void *)response->body, response->body_free, response->body_owner);
    if (built)
        response->body_free = NULL;
    return built;
}

struct MHD_Response *http_response_build(struct http_response *response,
                                         const struct http_options *options, const char *csp,
                                         const char *origin)
{
    struct MHD_Response *built = wrap_body(response);
    if (!built)
        return NULL;
    const char *own_csp = http_response_get(response, "Content-Security-Policy");
    bool page = response->type && g_str_has_prefix(response->type, "text/html");
    if (!own_csp)
        http_security_headers(built, options, csp ? csp : page ? CSP_PAGE : CSP_DATA);
    else
        http_security_headers(built, options, own_csp);
    if (response->type)
        add(built, "Content-Type", response->type);
    if (!http_response_get(response, "Cache-Control"))
        add(built, "Cache-Control", "no-store");
    for (size_t i = 0; i < response->headers_n; i++)
        if (g_ascii_strcasecmp(response->headers[i].name, "Content-Security-Policy") != 0)
            add(built, response->headers[i].name, response->headers[i].value);
    if (options->cors_origins)
        add(built, "Vary", "Origin");
    if (origin_is_allowed(options, origin)) {
        add(built, "Access-Control-Allow-Origin", origin);
        add(built, "Access-Control-Expose-Headers", "Retry-After, Content-Disposition");
    }
    return built;
}
