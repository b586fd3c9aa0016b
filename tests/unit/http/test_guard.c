/*
 * The request guard: what a head may and may not say, and how an address becomes a path.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "http/guard.h"

#define HOST "Host: a.example\n"

struct head_case {
    const char *method;
    const char *version;
    const char *lines; /* "Name: value\n"... */
    unsigned status;
};

static const struct head_case HEADS[] = {
    {"GET", "HTTP/1.1", HOST, 0},
    {"GET", "HTTP/1.1", "host:a.example:8000\n", 0},
    {"GET", "HTTP/1.1", "Host: [::1]:80\n", 0},
    {"GET", "HTTP/1.0", "", 0},
    {"POST", "HTTP/1.1", HOST "Content-Length: 12\n", 0},
    {"POST", "HTTP/1.1", HOST "Transfer-Encoding: Chunked\n", 0},
    {"M-SEARCH", "HTTP/1.1", HOST, 0},
    {"GET", "HTTP/1.1", HOST "X: caf\xc3\xa9\tx\n", 0},
    {"GET", "HTTP/1.1", "", 400},
    {"GET", "HTTP/1.1", "Host:\n", 400},
    {"GET", "HTTP/1.1", "Host: a b\n", 400},
    {"GET", "HTTP/1.1", "Host: a/b\n", 400},
    {"GET", "HTTP/1.1", "Host: user@a\n", 400},
    {"GET", "HTTP/1.1", HOST HOST, 400},
    {"GET", "HTTP/1.0", HOST HOST, 400},
    {"POST", "HTTP/1.1", HOST "Content-Length: 1\nTransfer-Encoding: chunked\n", 400},
    {"POST", "HTTP/1.1", HOST "Transfer-Encoding: chunked\nContent-Length: 1\n", 400},
    {"POST", "HTTP/1.1", HOST "Content-Length: 1\nContent-Length: 1\n", 400},
    {"POST", "HTTP/1.1", HOST "Content-Length: 1, 1\n", 400},
    {"POST", "HTTP/1.1", HOST "Content-Length: -1\n", 400},
    {"POST", "HTTP/1.1", HOST "Content-Length: +1\n", 400},
    {"POST", "HTTP/1.1", HOST "Content-Length: 0x1\n", 400},
    {"POST", "HTTP/1.1", HOST "Content-Length: 1 2\n", 400},
    {"POST", "HTTP/1.1", HOST "Content-Length:\n", 400},
    {"POST", "HTTP/1.1", HOST "Content-Length: 99999999999999999999\n", 413},
    {"POST", "HTTP/1.1", HOST "Transfer-Encoding : chunked\n", 400},
    {"POST", "HTTP/1.1", HOST "Transfer-Encoding: gzip, chunked\n", 400},
    {"POST", "HTTP/1.1", HOST "Transfer-Encoding: identity\n", 400},
    {"POST", "HTTP/1.1", HOST "Transfer-Encoding: chunked\nTransfer-Encoding: chunked\n", 400},
    {"POST", "HTTP/1.0", "Transfer-Encoding: chunked\n", 400},
    {"POST", "HTTP/1.1", HOST "Content-Type: a/b\nContent-Type: a/b\n", 400},
    {"POST", "HTTP/1.1", HOST "Content-Encoding: gzip\n", 415},
    {"POST", "HTTP/1.1", HOST "Expect: 100-continue\n", 0},
    {"POST", "HTTP/1.1", HOST "Expect: a pony\n", 417},
    {"GET", "HTTP/1.1", HOST "X\x01: y\n", 400},
    {"GET", "HTTP/1.1", HOST "X: \x01\n", 400},
    {"GET", "HTTP/1.1", HOST "X: a\rb\n", 400},
    {"GET", "HTTP/1.1", HOST "X: \x7f\n", 400},
    {"GET", "HTTP/1.1", HOST " X: folded\n", 400},
    {"GET", "HTTP/1.1", HOST ": nameless\n", 400},
    {"GET", "HTTP/1.1", HOST "X(y): z\n", 400},
    {"G T", "HTTP/1.1", HOST, 400},
    {"G\x7f", "HTTP/1.1", HOST, 400},
    {"", "HTTP/1.1", HOST, 400},
    {"ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJ", "HTTP/1.1", HOST, 400},
    {"GET", "HTTP/2.0", HOST, 505},
    {"GET", "HTTP/0.9", HOST, 505},
    {"GET", "http/1.1", HOST, 400},
    {"GET", "", HOST, 400},
};

static size_t split_fields(const char *lines, struct http_field *fields, size_t max)
{
    size_t n = 0;
    while (*lines && n < max) {
        size_t line = strcspn(lines, "\n");
        size_t name = strcspn(lines, ":");
        size_t value = name + 1 + strspn(lines + name + 1, " ");
        fields[n++] = (struct http_field){lines, name, lines + value, line - value};
        lines += line + 1;
    }
    return n;
}

static void test_heads(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(HEADS); i++) {
        struct http_field fields[8];
        struct http_framing framing;
        struct http_head head = {HEADS[i].method, HEADS[i].version, fields,
                                 split_fields(HEADS[i].lines, fields, 8)};
        struct http_verdict verdict = http_guard_head(&head, &framing);
        if (verdict.status != HEADS[i].status)
            fail_msg("case %zu (%s %s): %u, expected %u", i, HEADS[i].method, HEADS[i].lines,
                     verdict.status, HEADS[i].status);
        assert_true(!verdict.status == !verdict.message);
    }
}

static void test_framing(void **state)
{
    (void)state;
    struct http_field fields[8];
    struct http_framing framing;
    struct http_head head = {
        "POST", "HTTP/1.1", fields,
        split_fields(HOST "Content-Length: 0042\nContent-Type: a/b\nExpect: 100-Continue\n", fields,
                     8)};
    assert_int_equal(http_guard_head(&head, &framing).status, 0);
    assert_int_equal(framing.content_length, 42);
    assert_false(framing.chunked);
    assert_true(framing.expects_continue);
    assert_ptr_equal(framing.content_type, &fields[2]);
}

static void test_too_many_headers(void **state)
{
    (void)state;
    struct http_field fields[HTTP_FIELDS_MAX + 1];
    struct http_framing framing;
    fields[0] = (struct http_field){"Host", 4, "a", 1};
    for (size_t i = 1; i < G_N_ELEMENTS(fields); i++)
        fields[i] = (struct http_field){"X", 1, "y", 1};
    struct http_head head = {"GET", "HTTP/1.1", fields, HTTP_FIELDS_MAX};
    assert_int_equal(http_guard_head(&head, &framing).status, 0);
    head.fields_n++;
    assert_int_equal(http_guard_head(&head, &framing).status, 431);

    g_autofree char *large = g_strnfill(HTTP_FIELDS_BYTES, 'x');
    fields[1] = (struct http_field){"X", 1, large, HTTP_FIELDS_BYTES};
    head.fields_n = 2;
    assert_int_equal(http_guard_head(&head, &framing).status, 431);
}

struct target_case {
    const char *raw;
    unsigned status;
    const char *path;     /* when accepted */
    const char *segments; /* joined by | */
    const char *query;    /* name=value joined by | */
};

static const struct target_case TARGETS[] = {
    {"/", 0, "/", "", ""},
    {"/a", 0, "/a", "a", ""},
    {"/a/", 0, "/a/", "a|", ""},
    {"//a", 0, "//a", "|a", ""},
    {"/a/b?x=1&y=2", 0, "/a/b", "a|b", "x=1|y=2"},
    {"/Zo%C3%AB", 0, "/Zo\xc3\xab", "Zo\xc3\xab", ""},
    {"/Zo\xc3\xab", 0, "/Zo\xc3\xab", "Zo\xc3\xab", ""},
    {"/a+b?c=d+e%2Bf", 0, "/a+b", "a+b", "c=d e+f"},
    {"/?a&b=&=c&&d=e=f", 0, "/", "", "a=|b=|=c|d=e=f"},
    {"/?", 0, "/", "", ""},
    {"/a%3Fb", 0, "/a?b", "a?b", ""},
    {"/...", 0, "/...", "...", ""},
    {"http://host/a?b=c", 0, "/a", "a", "b=c"},
    {"HTTPS://host:1/a", 0, "/a", "a", ""},
    {"", 400, NULL, NULL, NULL},
    {"a", 400, NULL, NULL, NULL},
    {"*a", 400, NULL, NULL, NULL},
    {"http:///a", 400, NULL, NULL, NULL},
    {"http://host", 400, NULL, NULL, NULL},
    {"ftp://host/a", 400, NULL, NULL, NULL},
    {"/..", 400, NULL, NULL, NULL},
    {"/a/../b", 400, NULL, NULL, NULL},
    {"/a/%2e%2E/b", 400, NULL, NULL, NULL},
    {"/a/.%2e", 400, NULL, NULL, NULL},
    {"/./a", 400, NULL, NULL, NULL},
    {"/a%2Fb", 400, NULL, NULL, NULL},
    {"/a\\b", 400, NULL, NULL, NULL},
    {"/a%5cb", 400, NULL, NULL, NULL},
    {"/a%00b", 400, NULL, NULL, NULL},
    {"/a%0a", 400, NULL, NULL, NULL},
    {"/a%7f", 400, NULL, NULL, NULL},
    {"/a%", 400, NULL, NULL, NULL},
    {"/a%4", 400, NULL, NULL, NULL},
    {"/a%zz", 400, NULL, NULL, NULL},
    {"/a b", 400, NULL, NULL, NULL},
    {"/a#b", 400, NULL, NULL, NULL},
    {"/a\tb", 400, NULL, NULL, NULL},
    {"/%ff", 400, NULL, NULL, NULL},
    {"/%c0%af", 400, NULL, NULL, NULL},
    {"/%ed%a0%80", 400, NULL, NULL, NULL},
    {"/a?b=%ff", 400, NULL, NULL, NULL},
    {"/a?b=%00", 400, NULL, NULL, NULL},
    {"/a?%0d=b", 400, NULL, NULL, NULL},
    {"/a?b=%", 400, NULL, NULL, NULL},
    {"/a?%=b", 400, NULL, NULL, NULL},
    {"/a?b=c#d", 400, NULL, NULL, NULL},
    {"/1/2/3/4/5/6/7/8/9/10/11/12", 0, "/1/2/3/4/5/6/7/8/9/10/11/12", "1|2|3|4|5|6|7|8|9|10|11|12",
     ""},
    {"/1/2/3/4/5/6/7/8/9/10/11/12/13", 404, NULL, NULL, NULL},
};

static void check_target(const struct target_case *expected)
{
    size_t size = strlen(expected->raw);
    /* Exactly the space that is promised to be enough, for the sanitizer to watch. */
    g_autofree char *space = g_malloc(HTTP_TARGET_SPACE(size));
    struct http_target target;
    struct http_verdict verdict = http_guard_target(expected->raw, size, space, &target);
    if (verdict.status != expected->status)
        fail_msg("%s: %u, expected %u", expected->raw, verdict.status, expected->status);
    if (verdict.status)
        return;
    g_autoptr(GString) segments = g_string_new(NULL);
    g_autoptr(GString) query = g_string_new(NULL);
    for (size_t i = 0; i < target.segments_n; i++)
        g_string_append_printf(segments, "%s%s", i ? "|" : "", target.segments[i]);
    for (size_t i = 0; i < target.query_n; i++)
        g_string_append_printf(query, "%s%s=%s", i ? "|" : "", target.query[i].name,
                               target.query[i].value);
    assert_string_equal(target.path, expected->path);
    assert_string_equal(segments->str, expected->segments);
    assert_string_equal(query->str, expected->query);
}

static void test_targets(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(TARGETS); i++)
        check_target(&TARGETS[i]);
}

static void test_target_limits(void **state)
{
    (void)state;
    struct http_target target;
    g_autofree char *raw = g_strnfill(HTTP_TARGET_MAX + 1, 'a');
    g_autofree char *space = g_malloc(HTTP_TARGET_SPACE(HTTP_TARGET_MAX + 1));
    raw[0] = '/';
    assert_int_equal(http_guard_target(raw, HTTP_TARGET_MAX, space, &target).status, 0);
    assert_int_equal(http_guard_target(raw, HTTP_TARGET_MAX + 1, space, &target).status, 414);

    g_autoptr(GString) query = g_string_new("/?");
    for (unsigned i = 0; i < HTTP_QUERY_MAX; i++)
        g_string_append(query, i ? "&a" : "a");
    assert_int_equal(http_guard_target(query->str, query->len, space, &target).status, 0);
    assert_int_equal(target.query_n, HTTP_QUERY_MAX);
    g_string_append(query, "&a");
    assert_int_equal(http_guard_target(query->str, query->len, space, &target).status, 400);

    assert_int_equal(http_guard_target("*", 1, space, &target).status, 0);
    assert_true(target.asterisk);
    /* A NUL that the caller's buffer holds is refused like any control character. */
    assert_int_equal(http_guard_target("/a\0b", 4, space, &target).status, 400);
}

static void test_media_types(void **state)
{
    (void)state;
    char type[80];
    assert_true(http_media_type("Application/JSON; charset=utf-8", 31, type));
    assert_string_equal(type, "application/json");
    assert_true(http_media_type(" a/b ;c", 7, type));
    assert_string_equal(type, "a/b");
    static const char *const BAD[] = {"", "a", "a/", "/b", "a/b c", "a b/c", "a/b/c", ";a/b"};
    for (size_t i = 0; i < G_N_ELEMENTS(BAD); i++)
        assert_false(http_media_type(BAD[i], strlen(BAD[i]), type));
    g_autofree char *large = g_strnfill(100, 'a');
    large[50] = '/';
    assert_false(http_media_type(large, 100, type));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_heads),
        cmocka_unit_test(test_framing),
        cmocka_unit_test(test_too_many_headers),
        cmocka_unit_test(test_targets),
        cmocka_unit_test(test_target_limits),
        cmocka_unit_test(test_media_types),
    };
    return cmocka_run_group_tests_name("http guard", tests, NULL, NULL);
}
