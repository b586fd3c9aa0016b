/* Conditions, ranges, entity tags and dates (RFC 9110, sections 8.8, 13 and 14). */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fixture.h"
#include "http/content.h"

#define ETAG "\"abc\""
#define MODIFIED ((base_time)784111777 * BASE_TIME_SECOND + 500000) /* and half a second */
#define DATE "Sun, 06 Nov 1994 08:49:37 GMT"

static void test_ranges(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        enum http_range_kind kind;
        guint64 first, last;
    } CASES[] = {
        {NULL, HTTP_RANGE_NONE},
        {"", HTTP_RANGE_NONE},
        {"bytes", HTTP_RANGE_NONE},
        {"bytes=", HTTP_RANGE_NONE},
        {"bytes=-", HTTP_RANGE_NONE},
        {"bytes=a-b", HTTP_RANGE_NONE},
        {"bytes=5-2", HTTP_RANGE_NONE},
        {"bytes=0-1,3-4", HTTP_RANGE_NONE},
        {"bytes=0-1,", HTTP_RANGE_NONE},
        {"bytes=0--1", HTTP_RANGE_NONE},
        {"bytes=+1-2", HTTP_RANGE_NONE},
        {"bytes=1-2x", HTTP_RANGE_NONE},
        {"bytes 0-1", HTTP_RANGE_NONE},
        {"lines=0-1", HTTP_RANGE_NONE},
        {"bytes=0-0", HTTP_RANGE_SATISFIABLE, 0, 0},
        {"bytes=0-9", HTTP_RANGE_SATISFIABLE, 0, 9},
        {"Bytes= 2-4 ", HTTP_RANGE_SATISFIABLE, 2, 4},
        {"bytes=4-", HTTP_RANGE_SATISFIABLE, 4, 9},
        {"bytes=9-", HTTP_RANGE_SATISFIABLE, 9, 9},
        {"bytes=8-99999999999999999999999999", HTTP_RANGE_SATISFIABLE, 8, 9},
        {"bytes=-1", HTTP_RANGE_SATISFIABLE, 9, 9},
        {"bytes=-10", HTTP_RANGE_SATISFIABLE, 0, 9},
        {"bytes=-99999999999999999999999999", HTTP_RANGE_SATISFIABLE, 0, 9},
        {"bytes=-0", HTTP_RANGE_UNSATISFIABLE},
        {"bytes=10-", HTTP_RANGE_UNSATISFIABLE},
        {"bytes=10-20", HTTP_RANGE_UNSATISFIABLE},
        {"bytes=99999999999999999999999999-", HTTP_RANGE_UNSATISFIABLE},
    };
    struct http_range range;

    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        range = (struct http_range){0};
        if (http_range_parse(CASES[i].value, 10, &range) != CASES[i].kind ||
            range.first != CASES[i].first || range.last != CASES[i].last)
            fail_msg("%s", CASES[i].value);
    }
    assert_int_equal(http_range_parse("bytes=0-", 0, &range), HTTP_RANGE_UNSATISFIABLE);
    assert_int_equal(http_range_parse("bytes=-5", 0, &range), HTTP_RANGE_UNSATISFIABLE);
}

static void test_entity_tags(void **state)
{
    (void)state;
    static const struct {
        const char *list;
        bool strong, weak;
    } CASES[] = {
        {NULL, false, false},
        {"", false, false},
        {"*", true, true},
        {" * ", true, true},
        {ETAG, true, true},
        {"W/" ETAG, false, true},
        {"\"x\", " ETAG, true, true},
        {"\"x\",,\t" ETAG " ,", true, true},
        {"\"x\", W/" ETAG, false, true},
        {"\"a,b\", " ETAG, true, true},
        {"\"x, " ETAG, false, false},
        {"abc", false, false},
        {"\"ab\"", false, false},
        {"\"abcd\"", false, false},
        {"\"x\" " ETAG, false, false},
        {"w/" ETAG, false, false},
        {ETAG "garbage", true, true},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++)
        if (http_etag_listed(CASES[i].list, ETAG, false) != CASES[i].strong ||
            http_etag_listed(CASES[i].list, ETAG, true) != CASES[i].weak)
            fail_msg("%s", CASES[i].list);
}

static void test_dates(void **state)
{
    (void)state;
    static const char *const SAME[] = {DATE, "Sunday, 06-Nov-94 08:49:37 GMT",
                                       "Sun Nov  6 08:49:37 1994"};
    static const char *const BAD[] = {
        "",
        "yesterday",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 GMT+1",
        "Sun, 36 Nov 1994 08:49:37 GMT",
        "1994-11-06T08:49:37Z",
    };
    char text[HTTP_DATE_SIZE];
    gint64 seconds;

    for (size_t i = 0; i < G_N_ELEMENTS(SAME); i++) {
        assert_true(http_date_parse(SAME[i], &seconds));
        assert_int_equal(seconds, 784111777);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(BAD); i++)
        if (http_date_parse(BAD[i], &seconds))
            fail_msg("%s", BAD[i]);
    assert_false(http_date_parse(NULL, &seconds));
    assert_string_equal(http_date_format(784111777, text), DATE);
    assert_string_equal(http_date_format(0, text), "Thu, 01 Jan 1970 00:00:00 GMT");
}

/* ---- through a server ---- */

static void give(void *context, struct http_request *request, struct http_response *response)
{
    static const struct http_content CONTENT = {
        .type = "image/jpeg", .etag = ETAG, .modified = MODIFIED, .cache = "private, no-cache"};
    g_autoptr(GBytes) bytes = g_bytes_new_static("0123456789", 10);

    (void)context;
    if (!http_content_unchanged(response, request, &CONTENT))
        http_content_send(response, request, &CONTENT, bytes);
}

static const struct http_route ROUTES[] = {
    {.path = "/inline", .lane = HTTP_LANE_QUICK, .handler = give},
    {.path = "/pool", .lane = HTTP_LANE_QUICK, .handler = give, .waits = true},
};

static struct http_server *server;

static int start(void **state)
{
    struct http_options options;

    (void)state;
    fixture_options(&options);
    options.routes = ROUTES;
    options.routes_n = G_N_ELEMENTS(ROUTES);
    server = fixture_start(&options);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    http_server_destroy(server);
    return 0;
}

static struct answer ask(const char *method, const char *path, const char *headers)
{
    g_autofree char *text =
        g_strdup_printf("%s %s HTTP/1.1\r\n" HOST "%s\r\n", method, path, headers);
    const int fd = client_connect(http_server_port(server));

    assert_true(client_send(fd, text, strlen(text)));
    struct answer answer = client_read(fd, strcmp(method, "HEAD") == 0);
    close(fd);
    return answer;
}

static void test_answers(void **state)
{
    (void)state;
    static const struct {
        const char *headers;
        unsigned status;
        const char *body;
        const char *range; /* Content-Range */
    } CASES[] = {
        {"", 200, "0123456789", NULL},
        {"Range: bytes=2-4\r\n", 206, "234", "bytes 2-4/10"},
        {"Range: bytes=-3\r\n", 206, "789", "bytes 7-9/10"},
        {"Range: bytes=7-100\r\n", 206, "789", "bytes 7-9/10"},
        {"Range: bytes=0-1,4-5\r\n", 200, "0123456789", NULL},
        {"Range: nonsense\r\n", 200, "0123456789", NULL},
        {"Range: bytes=10-\r\n", 416, NULL, "bytes */10"},
        {"Range: bytes=2-4\r\nIf-Range: " ETAG "\r\n", 206, "234", "bytes 2-4/10"},
        {"Range: bytes=2-4\r\nIf-Range: W/" ETAG "\r\n", 200, "0123456789", NULL},
        {"Range: bytes=2-4\r\nIf-Range: \"old\"\r\n", 200, "0123456789", NULL},
        {"Range: bytes=2-4\r\nIf-Range: " DATE "\r\n", 206, "234", "bytes 2-4/10"},
        {"Range: bytes=2-4\r\nIf-Range: Sun, 06 Nov 1994 08:49:38 GMT\r\n", 200, "0123456789",
         NULL},
        {"If-None-Match: " ETAG "\r\n", 304, "", NULL},
        {"If-None-Match: W/" ETAG "\r\n", 304, "", NULL},
        {"If-None-Match: \"x\", " ETAG "\r\nRange: bytes=0-1\r\n", 304, "", NULL},
        {"If-None-Match: *\r\n", 304, "", NULL},
        {"If-None-Match: \"old\"\r\n", 200, "0123456789", NULL},
        {"If-None-Match: \"old\"\r\nIf-Modified-Since: " DATE "\r\n", 200, "0123456789", NULL},
        {"If-Modified-Since: " DATE "\r\n", 304, "", NULL},
        {"If-Modified-Since: Sun, 06 Nov 1994 08:49:36 GMT\r\n", 200, "0123456789", NULL},
        {"If-Modified-Since: soon\r\n", 200, "0123456789", NULL},
        {"If-Match: " ETAG "\r\n", 200, "0123456789", NULL},
        {"If-Match: \"old\"\r\n", 412, NULL, NULL},
        {"If-Match: W/" ETAG "\r\n", 412, NULL, NULL},
        {"If-Unmodified-Since: Sun, 06 Nov 1994 08:49:36 GMT\r\n", 412, NULL, NULL},
        {"If-Unmodified-Since: " DATE "\r\n", 200, "0123456789", NULL},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        struct answer answer = ask("GET", i % 2 ? "/pool" : "/inline", CASES[i].headers);
        if (answer.status != CASES[i].status ||
            (CASES[i].body && strcmp(answer.body, CASES[i].body) != 0))
            fail_msg("%s: %u %s", CASES[i].headers, answer.status, answer.body);
        expect_header(&answer, "Content-Range", CASES[i].range);
        if (answer.status < 400) {
            expect_header(&answer, "ETag", ETAG);
            expect_header(&answer, "Last-Modified", DATE);
            expect_header(&answer, "Cache-Control", "private, no-cache");
        }
        if (answer.status == 200 || answer.status == 206) {
            expect_header(&answer, "Accept-Ranges", "bytes");
            expect_header(&answer, "Content-Type", "image/jpeg");
            expect_header(&answer, "X-Content-Type-Options", "nosniff");
        }
        answer_clear(&answer);
    }
}

/* Range means nothing to HEAD, whose answer tells the size of the whole. */
static void test_head(void **state)
{
    (void)state;
    struct answer answer = ask("HEAD", "/pool", "Range: bytes=0-1\r\n");

    assert_int_equal(answer.status, 200);
    expect_header(&answer, "Content-Length", "10");
    expect_header(&answer, "ETag", ETAG);
    answer_clear(&answer);
    answer = ask("HEAD", "/pool", "If-None-Match: " ETAG "\r\n");
    assert_int_equal(answer.status, 304);
    answer_clear(&answer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ranges), cmocka_unit_test(test_entity_tags),
        cmocka_unit_test(test_dates),  cmocka_unit_test(test_answers),
        cmocka_unit_test(test_head),
    };
    return cmocka_run_group_tests_name("http content", tests, start, stop);
}
