#include "http/guard.h"

#include <string.h>

static const struct http_verdict PASS = {0, NULL};

static struct http_verdict refuse(unsigned status, const char *message)
{
    return (struct http_verdict){status, message};
}

/* RFC 9110, 5.6.2 */
static bool is_token_char(unsigned char c)
{
    return g_ascii_isalnum(c) || (c && strchr("!#$%&'*+-.^_`|~", c));
}

static bool is_token(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (!is_token_char((unsigned char)text[i]))
            return false;
    return size > 0;
}

bool http_field_is(const struct http_field *field, const char *name)
{
    size_t size = strlen(name);
    return field->name_size == size && !g_ascii_strncasecmp(field->name, name, size);
}

static struct http_slice_view {
    const char *bytes;
    size_t size;
} trimmed(const struct http_field *field)
{
    const char *value = field->value;
    size_t size = field->value_size;
    while (size && (value[size - 1] == ' ' || value[size - 1] == '\t'))
        size--;
    while (size && (*value == ' ' || *value == '\t')) {
        value++;
        size--;
    }
    return (struct http_slice_view){value, size};
}

static bool view_is(struct http_slice_view view, const char *text)
{
    return view.size == strlen(text) && !g_ascii_strncasecmp(view.bytes, text, view.size);
}

static bool is_field_value(const char *value, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)value[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

struct head_state {
    struct http_framing *framing;
    bool http10;
    unsigned hosts;
    unsigned lengths;
    unsigned codings;
};

typedef struct http_verdict (*field_check)(struct head_state *state,
                                           const struct http_field *field);

static struct http_verdict check_host(struct head_state *state, const struct http_field *field)
{
    struct http_slice_view host = trimmed(field);
    if (state->hosts++)
        return refuse(400, "more than one Host header");
    for (size_t i = 0; i < host.size; i++) {
        unsigned char c = (unsigned char)host.bytes[i];
        if (!g_ascii_isalnum(c) && !strchr(".-_~:[]%", c))
            return refuse(400, "the Host header is malformed");
    }
    return host.size && host.size <= 255 ? PASS : refuse(400, "the Host header is malformed");
}

static struct http_verdict check_length(struct head_state *state, const struct http_field *field)
{
    struct http_slice_view digits = trimmed(field);
    if (state->lengths++)
        return refuse(400, "more than one Content-Length header");
    if (!digits.size)
        return refuse(400, "Content-Length is not a number");
    int64_t length = 0;
    for (size_t i = 0; i < digits.size; i++) {
        if (!g_ascii_isdigit(digits.bytes[i]))
            return refuse(400, "Content-Length is not a number");
        if (length > (G_MAXINT64 - 9) / 10)
            return refuse(413, "the body is too large");
        length = length * 10 + (digits.bytes[i] - '0');
    }
    state->framing->content_length = length;
    return PASS;
}

static struct http_verdict check_coding(struct head_state *state, const struct http_field *field)
{
    if (state->codings++ || state->http10 || !view_is(trimmed(field), "chunked"))
        return refuse(400, "Transfer-Encoding may only be \"chunked\", once, in HTTP/1.1");
    state->framing->chunked = true;
    return PASS;
}

static struct http_verdict check_type(struct head_state *state, const struct http_field *field)
{
    if (state->framing->content_type)
        return refuse(400, "more than one Content-Type header");
    state->framing->content_type = field;
    return PASS;
}

static struct http_verdict check_compression(struct head_state *state,
                                             const struct http_field *field)
{
    (void)state;
    if (!view_is(trimmed(field), "identity"))
        return refuse(415, "compressed request bodies are not supported");
    return PASS;
}

static struct http_verdict check_expect(struct head_state *state, const struct http_field *field)
{
    if (!view_is(trimmed(field), "100-continue"))
        return refuse(417, "only \"Expect: 100-continue\" is known here");
    state->framing->expects_continue = true;
    return PASS;
}

static const struct {
    const char *name;
    field_check check;
} FIELD_CHECKS[] = {
    {"Host", check_host},
    {"Content-Length", check_length},
    {"Transfer-Encoding", check_coding},
    {"Content-Type", check_type},
    {"Content-Encoding", check_compression},
    {"Expect", check_expect},
};

static struct http_verdict check_field(struct head_state *state, const struct http_field *field)
{
    if (!is_token(field->name, field->name_size))
        return refuse(400, "a header name has a character that it may not have");
    if (!is_field_value(field->value, field->value_size))
        return refuse(400, "a header value has a control character");
    for (size_t i = 0; i < G_N_ELEMENTS(FIELD_CHECKS); i++)
        if (http_field_is(field, FIELD_CHECKS[i].name))
            return FIELD_CHECKS[i].check(state, field);
    return PASS;
}

struct http_verdict http_guard_head(const struct http_head *head, struct http_framing *framing)
{
    *framing = (struct http_framing){.content_length = -1};
    struct head_state state = {.framing = framing};
    if (!is_token(head->method, strlen(head->method)) || strlen(head->method) > 32)
        return refuse(400, "the request method is malformed");
    state.http10 = !strcmp(head->version, "HTTP/1.0");
    if (!state.http10 && strcmp(head->version, "HTTP/1.1") != 0)
        return g_str_has_prefix(head->version, "HTTP/")
                   ? refuse(505, "only HTTP/1.1 and HTTP/1.0 are spoken here")
                   : refuse(400, "the request line is malformed");
    if (head->fields_n > HTTP_FIELDS_MAX)
        return refuse(431, "too many headers");
    size_t bytes = 0;
    for (size_t i = 0; i < head->fields_n; i++) {
        bytes += head->fields[i].name_size + head->fields[i].value_size;
        if (bytes > HTTP_FIELDS_BYTES)
            return refuse(431, "the headers are too large");
        struct http_verdict verdict = check_field(&state, &head->fields[i]);
        if (verdict.status)
            return verdict;
    }
    if (!state.hosts && !state.http10)
        return refuse(400, "the Host header is missing");
    if (framing->chunked && state.lengths)
        return refuse(400, "Content-Length and Transfer-Encoding together");
    return PASS;
}

/* Decodes %XX, and '+' as a blank when asked; the number of bytes, or -1. */
static gssize unescape(const char *raw, size_t size, bool plus, char *out)
{
    size_t n = 0;
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)raw[i];
        if (c == '%') {
            if (size - i < 3 || !g_ascii_isxdigit(raw[i + 1]) || !g_ascii_isxdigit(raw[i + 2]))
                return -1;
            c = (unsigned char)(g_ascii_xdigit_value(raw[i + 1]) * 16 +
                                g_ascii_xdigit_value(raw[i + 2]));
            i += 2;
        } else if (plus && c == '+') {
            c = ' ';
        }
        out[n++] = (char)c;
    }
    out[n] = '\0';
    return (gssize)n;
}

static bool is_clean(const char *text, size_t size)
{
    bool ascii = true;
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < 0x20 || c == 0x7f)
            return false;
        ascii = ascii && c < 0x80;
    }
    return ascii || g_utf8_validate(text, (gssize)size, NULL);
}

static struct http_verdict decode_path(const char *raw, size_t size, char **space,
                                       struct http_target *target)
{
    gssize n = unescape(raw, size, false, *space);
    if (n < 0)
        return refuse(400, "the path has a bad percent escape");
    if (!is_clean(*space, (size_t)n))
        return refuse(400, "the path has control characters or is not UTF-8");
    target->path = *space;
    *space += n + 1;

    size_t at = 1;
    for (;;) {
        const char *slash = memchr(raw + at, '/', size - at);
        size_t length = slash ? (size_t)(slash - raw) - at : size - at;
        char *segment = *space;
        gssize decoded = unescape(raw + at, length, false, segment);
        if (strpbrk(segment, "/\\") || !strcmp(segment, ".") || !strcmp(segment, ".."))
            return refuse(400, "the path has a segment that is not allowed");
        if (target->segments_n == HTTP_SEGMENTS_MAX)
            return refuse(404, "there is nothing here");
        target->segments[target->segments_n++] = segment;
        *space += decoded + 1;
        if (!slash)
            return PASS;
        at += length + 1;
    }
}

static struct http_verdict decode_pair(const char *raw, size_t size, char **space,
                                       struct http_target *target)
{
    if (target->query_n == HTTP_QUERY_MAX)
        return refuse(400, "the query has too many parameters");
    const char *equals = memchr(raw, '=', size);
    size_t name_size = equals ? (size_t)(equals - raw) : size;
    size_t value_size = equals ? size - name_size - 1 : 0;
    char *name = *space;
    gssize name_n = unescape(raw, name_size, true, name);
    char *value = name + (name_n < 0 ? 0 : name_n + 1);
    gssize value_n = equals ? unescape(equals + 1, value_size, true, value) : 0;
    if (name_n < 0 || value_n < 0)
        return refuse(400, "the query has a bad percent escape");
    value[value_n] = '\0';
    if (!is_clean(name, (size_t)name_n) || !is_clean(value, (size_t)value_n))
        return refuse(400, "the query has control characters or is not UTF-8");
    *space = value + value_n + 1;
    target->query[target->query_n++] = (struct http_pair){name, value};
    return PASS;
}

static struct http_verdict decode_query(const char *raw, size_t size, char **space,
                                        struct http_target *target)
{
    while (size) {
        const char *amp = memchr(raw, '&', size);
        size_t length = amp ? (size_t)(amp - raw) : size;
        if (length) {
            struct http_verdict verdict = decode_pair(raw, length, space, target);
            if (verdict.status)
                return verdict;
        }
        raw += length + (amp ? 1 : 0);
        size -= length + (amp ? 1 : 0);
    }
    return PASS;
}

/* Skips "http://authority" of the absolute form. */
static bool to_origin_form(const char **raw, size_t *size)
{
    static const char *const SCHEMES[] = {"http://", "https://"};
    for (size_t i = 0; i < G_N_ELEMENTS(SCHEMES); i++) {
        size_t n = strlen(SCHEMES[i]);
        if (*size < n || g_ascii_strncasecmp(*raw, SCHEMES[i], n))
            continue;
        const char *slash = memchr(*raw + n, '/', *size - n);
        if (!slash || slash == *raw + n)
            return false;
        *size -= (size_t)(slash - *raw);
        *raw = slash;
        return true;
    }
    return false;
}

struct http_verdict http_guard_target(const char *raw, size_t size, char *space,
                                      struct http_target *target)
{
    target->path = "*";
    target->segments_n = 0;
    target->query_n = 0;
    target->asterisk = size == 1 && *raw == '*';
    if (target->asterisk)
        return PASS;
    if (size > HTTP_TARGET_MAX)
        return refuse(414, "the address is too long");
    if (!size || (*raw != '/' && !to_origin_form(&raw, &size)))
        return refuse(400, "the request target is malformed");
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)raw[i] <= 0x20 || raw[i] == 0x7f || raw[i] == '#')
            return refuse(400, "the request target has a character that it may not have");

    const char *mark = memchr(raw, '?', size);
    size_t path_size = mark ? (size_t)(mark - raw) : size;
    struct http_verdict verdict = decode_path(raw, path_size, &space, target);
    if (verdict.status || !mark)
        return verdict;
    return decode_query(mark + 1, size - path_size - 1, &space, target);
}

bool http_media_type(const char *value, size_t size, char type[80])
{
    while (size && (*value == ' ' || *value == '\t')) {
        value++;
        size--;
    }
    const char *end = memchr(value, ';', size);
    size_t n = end ? (size_t)(end - value) : size;
    while (n && (value[n - 1] == ' ' || value[n - 1] == '\t'))
        n--;
    const char *slash = memchr(value, '/', n);
    if (n >= 80 || !slash || !is_token(value, (size_t)(slash - value)) ||
        !is_token(slash + 1, (size_t)(value + n - slash - 1)))
        return false;
    for (size_t i = 0; i < n; i++)
        type[i] = g_ascii_tolower(value[i]);
    type[n] = '\0';
    return true;
}
