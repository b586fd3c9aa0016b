#include "http/content.h"

#include <string.h>
#include <time.h>

/* ---- ranges ---- */

static const char *skip_blanks(const char *text)
{
    return text + strspn(text, " \t");
}

/* Digits as a number that stops at the largest one; false when there are none. */
static bool read_number(const char **text, guint64 *number)
{
    const char *at = *text;

    for (*number = 0; g_ascii_isdigit(*at); at++) {
        const guint64 digit = (guint64)(*at - '0');
        *number = *number > (G_MAXUINT64 - digit) / 10 ? G_MAXUINT64 : *number * 10 + digit;
    }
    const bool any = at != *text;
    *text = at;
    return any;
}

enum http_range_kind http_range_parse(const char *value, guint64 size, struct http_range *range)
{
    static const char UNIT[] = "bytes";
    guint64 first, last;

    if (!value || g_ascii_strncasecmp(value, UNIT, strlen(UNIT)) != 0)
        return HTTP_RANGE_NONE;
    const char *at = value + strlen(UNIT);
    if (*at++ != '=')
        return HTTP_RANGE_NONE;
    at = skip_blanks(at);
    const bool has_first = read_number(&at, &first);
    if (*at++ != '-')
        return HTTP_RANGE_NONE;
    const bool has_last = read_number(&at, &last);
    if (*skip_blanks(at) || (!has_first && !has_last) || (has_first && has_last && last < first))
        return HTTP_RANGE_NONE;
    if (!has_first) { /* the last so many */
        if (last == 0 || size == 0)
            return HTTP_RANGE_UNSATISFIABLE;
        *range = (struct http_range){size - MIN(last, size), size - 1};
        return HTTP_RANGE_SATISFIABLE;
    }
    if (first >= size)
        return HTTP_RANGE_UNSATISFIABLE;
    *range = (struct http_range){first, has_last ? MIN(last, size - 1) : size - 1};
    return HTTP_RANGE_SATISFIABLE;
}

/* ---- entity tags ---- */

bool http_etag_listed(const char *list, const char *etag, bool weak)
{
    const char *at = list ? skip_blanks(list) : "";
    const size_t n = strlen(etag);

    if (*at == '*' && !*skip_blanks(at + 1))
        return true;
    while (*at) {
        const bool is_weak = at[0] == 'W' && at[1] == '/';
        at += is_weak ? 2 : 0;
        const char *end = *at == '"' ? strchr(at + 1, '"') : NULL;
        if (!end)
            return false;
        end++;
        if ((weak || !is_weak) && (size_t)(end - at) == n && memcmp(at, etag, n) == 0)
            return true;
        at = skip_blanks(end);
        if (*at && *at != ',')
            return false;
        at += strspn(at, ", \t");
    }
    return false;
}

/* ---- dates ---- */

bool http_date_parse(const char *text, gint64 *seconds)
{
    static const char *const FORMS[] = {
        "%a, %d %b %Y %H:%M:%S GMT",
        "%A, %d-%b-%y %H:%M:%S GMT",
        "%a %b %e %H:%M:%S %Y",
    };

    for (size_t i = 0; text && i < G_N_ELEMENTS(FORMS); i++) {
        struct tm parts = {0};
        const char *end = strptime(text, FORMS[i], &parts);
        if (!end || *end)
            continue;
        const time_t value = timegm(&parts);
        *seconds = (gint64)value;
        return true;
    }
    return false;
}

char *http_date_format(gint64 seconds, char text[static HTTP_DATE_SIZE])
{
    const time_t value = (time_t)seconds;
    struct tm parts;

    if (!gmtime_r(&value, &parts) ||
        strftime(text, HTTP_DATE_SIZE, "%a, %d %b %Y %H:%M:%S GMT", &parts) == 0)
        *text = '\0';
    return text;
}

static gint64 modified_seconds(const struct http_content *content)
{
    return content->modified / BASE_TIME_SECOND;
}

/* Whether a date header says that the content is not newer; false when it says nothing. */
static bool is_unmodified_since(const struct http_content *content, const char *date)
{
    gint64 seconds;

    return content->modified && http_date_parse(date, &seconds) &&
           modified_seconds(content) <= seconds;
}

/* ---- answers ---- */

/* What a 304 repeats of the 200 that it stands for. */
static void add_validators(struct http_response *response, const struct http_content *content)
{
    char date[HTTP_DATE_SIZE];

    http_response_header(response, "ETag", content->etag);
    http_response_header(response, "Cache-Control", content->cache);
    if (content->modified && *http_date_format(modified_seconds(content), date))
        http_response_header(response, "Last-Modified", date);
}

/* RFC 9110, 13.2.2, steps 1 and 2. */
static bool precondition_holds(const struct http_request *request,
                               const struct http_content *content)
{
    const char *match = http_request_header(request, "If-Match");
    const char *since = http_request_header(request, "If-Unmodified-Since");
    gint64 seconds;

    if (match)
        return http_etag_listed(match, content->etag, false);
    return !content->modified || !http_date_parse(since, &seconds) ||
           modified_seconds(content) <= seconds;
}

/* Steps 3 and 4. */
static bool client_has_it(const struct http_request *request, const struct http_content *content)
{
    const char *match = http_request_header(request, "If-None-Match");

    if (match)
        return http_etag_listed(match, content->etag, true);
    return is_unmodified_since(content, http_request_header(request, "If-Modified-Since"));
}

bool http_content_unchanged(struct http_response *response, const struct http_request *request,
                            const struct http_content *content)
{
    if (!precondition_holds(request, content)) {
        http_response_error(response, 412, "conflict",
                            "The content is not the one that the request is about.", NULL);
        return true;
    }
    if (!client_has_it(request, content))
        return false;
    http_response_status_only(response, 304);
    add_validators(response, content);
    return true;
}

/* Step 5: a part is of use only to who has the rest of the same content. */
static bool range_applies(const struct http_request *request, const struct http_content *content)
{
    const char *condition = http_request_header(request, "If-Range");
    gint64 seconds;

    if (request->head)
        return false; /* Range is defined for GET alone */
    if (!condition)
        return true;
    if (*condition == '"' || g_str_has_prefix(condition, "W/"))
        return strcmp(condition, content->etag) == 0;
    return content->modified && http_date_parse(condition, &seconds) &&
           seconds == modified_seconds(content);
}

void http_content_send(struct http_response *response, const struct http_request *request,
                       const struct http_content *content, GBytes *bytes)
{
    const guint64 size = g_bytes_get_size(bytes);
    enum http_range_kind kind = HTTP_RANGE_NONE;
    struct http_range range = {0};
    char text[80];

    if (range_applies(request, content))
        kind = http_range_parse(http_request_header(request, "Range"), size, &range);
    if (kind == HTTP_RANGE_UNSATISFIABLE) {
        http_response_error(response, 416, "invalid", "Range is outside the content.", NULL);
        g_snprintf(text, sizeof text, "bytes */%" G_GUINT64_FORMAT, size);
        http_response_header(response, "Content-Range", text);
        return;
    }
    if (kind == HTTP_RANGE_SATISFIABLE) {
        g_autoptr(GBytes) part =
            g_bytes_new_from_bytes(bytes, range.first, range.last - range.first + 1);
        http_response_bytes(response, 206, content->type, part);
        g_snprintf(text, sizeof text,
                   "bytes %" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT,
                   range.first, range.last, size);
        http_response_header(response, "Content-Range", text);
    } else {
        http_response_bytes(response, 200, content->type, bytes);
    }
    http_response_header(response, "Accept-Ranges", "bytes");
    add_validators(response, content);
}
