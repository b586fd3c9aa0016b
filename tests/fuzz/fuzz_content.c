/* Ranges, entity tags, dates, codings and media types of HTTP: what is accepted lies within the
 * content and can be written again. */
#include "http/coding.h"
#include "http/content.h"

#include <stdint.h>
#include <string.h>

#define ETAG "\"0123\""

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_range(const char *text, guint64 size)
{
    struct http_range range;

    if (http_range_parse(text, size, &range) == HTTP_RANGE_SATISFIABLE)
        g_assert_true(range.first <= range.last && range.last < size);
}

static void check_date(const char *text)
{
    char written[HTTP_DATE_SIZE];
    gint64 seconds, again;

    if (!http_date_parse(text, &seconds))
        return;
    http_date_format(seconds, written);
    if (*written && strlen(written) == strlen("Sun, 06 Nov 1994 08:49:37 GMT"))
        g_assert_true(http_date_parse(written, &again) && again == seconds);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);

    check_range(text, 0);
    check_range(text, 1);
    check_range(text, 1000);
    check_range(text, G_MAXUINT64);
    if (http_etag_listed(text, ETAG, false))
        g_assert_true(http_etag_listed(text, ETAG, true));
    check_date(text);
    if (http_coding_choose(text, 1u << HTTP_CODING_GZIP) == HTTP_CODING_GZIP)
        g_assert_true(strchr(text, '*') || strpbrk(text, "gG"));
    g_assert_true(http_coding_choose(text, 0) == HTTP_CODING_IDENTITY);
    if (http_accept_names_html(text))
        g_assert_true(strchr(text, '/') != NULL);
    return 0;
}
