/*
 * A real server on a free port, and a client that sends what no good client would.
 */
#include "fixture.h"

#include <string.h>
#include <unistd.h>

#include "base/error.h"

static struct http_server *shared; /* most tests need no options of their own */

static int start_shared(void **state)
{
    (void)state;
    struct http_options options;
    fixture_options(&options);
    shared = fixture_start(&options);
    return 0;
}

static int stop_shared(void **state)
{
    (void)state;
    http_server_destroy(shared);
    return 0;
}

static void test_request_reaches_handler(void **state)
{
    (void)state;
    unsigned port = http_server_port(shared);
    expect_body(port, "GET /show HTTP/1.1\r\n" HOST "\r\n", 200,
                "GET /show id=- q=- token=- x=- body=0 peer=127.0.0.1 secure=0");
    expect_body(port,
                "GET /show/Zo%C3%AB?p=1&q=a+b&q=c HTTP/1.1\r\n" HOST
                "Cookie: a=b; token=t0ken; c=d\r\nX-TEST:   y z  \r\n\r\n",
                200,
                "GET /show/Zo\xc3\xab id=Zo\xc3\xab q=a b token=t0ken x=y z body=0 peer=127.0.0.1 "
                "secure=0");
    expect_body(port, "GET http://test/show/7 HTTP/1.1\r\n" HOST "\r\n", 200, NULL);
    expect_body(port, "GET /show HTTP/1.0\r\n\r\n", 200, NULL);
    /* Forwarded addresses are not believed from just anybody. */
    expect_body(port,
                "GET /show HTTP/1.1\r\n" HOST
                "X-Forwarded-For: 9.9.9.9\r\nX-Forwarded-Proto: https\r\n\r\n",
                200, "GET /show id=- q=- token=- x=- body=0 peer=127.0.0.1 secure=0");
}

struct raw_case {
    const char *request;
    size_t size; /* 0: strlen */
    unsigned status;
};

#define RAW(text, status)                                                                          \
    {                                                                                              \
        text, sizeof(text) - 1, status                                                             \
    }

static const struct raw_case RAW_CASES[] = {
    RAW("GET /show HTTP/1.1\r\n\r\n", 400),
    RAW("GET /show HTTP/1.1\r\n" HOST HOST "\r\n", 400),
    RAW("GET /show HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
    RAW("GET /show HTTP/1.1\r\n" HOST "A: b\r\n folded\r\n\r\n", 400),
    RAW("GET /show HTTP/1.1\r\n" HOST "A: b\r\n\tfolded\r\nC: d\r\n\r\n", 400),
    RAW("GET /show HTTP/1.1\r\n folded: first\r\n" HOST "\r\n", 400),
    RAW("GET /show HTTP/1.1\r\n" HOST "A: b\0c\r\nD: e\r\n\r\n", 400),
    RAW("GET /show HTTP/1.1\r\n" HOST "A: b\0c\r\n\r\n", 400),
    RAW("GET /show HTTP/1.1\r\n" HOST "A\0B: c\r\n\r\n", 400),
    RAW("GET /show HTTP/1.1\r\n" HOST "A: b\rC: d\r\n\r\n", 400),
    RAW("GET /show HTTP/1.1\n" HOST "\n", 400),
    RAW("GET /show HTTP/1.1\r\nHost: test\nA: b\r\n\r\n", 400),
    RAW("GET /show HTTP/1.1\r\n" HOST "no colon\r\n\r\n", 400),
    RAW("GET /show HTTP/1.1\r\n" HOST "A : b\r\n\r\n", 400),
    RAW("GET /show\r\n" HOST "\r\n", 400),
    RAW("GET  /show HTTP/1.1\r\n" HOST "\r\n", 400),
    RAW("GET /show  HTTP/1.1\r\n" HOST "\r\n", 400),
    RAW("GET /sh ow HTTP/1.1\r\n" HOST "\r\n", 400),
    RAW("GET /show\0x HTTP/1.1\r\n" HOST "\r\n", 400),
    RAW("GET\0 /show HTTP/1.1\r\n" HOST "\r\n", 400),
    RAW("G@T /show HTTP/1.1\r\n" HOST "\r\n", 400),
    RAW("GET /show HTTP/1.2\r\n" HOST "\r\n", 505),
    RAW("GET show HTTP/1.1\r\n" HOST "\r\n", 400),
    RAW("GET /show/%zz HTTP/1.1\r\n" HOST "\r\n", 400),
    RAW("GET /show/%00 HTTP/1.1\r\n" HOST "\r\n", 400),
    RAW("GET /show/%ff HTTP/1.1\r\n" HOST "\r\n", 400),
    RAW("GET /show/%2e%2e/x HTTP/1.1\r\n" HOST "\r\n", 400),
    RAW("GET /../etc/passwd HTTP/1.1\r\n" HOST "\r\n", 400),
    RAW("GET /show?q=%1 HTTP/1.1\r\n" HOST "\r\n", 400),
    RAW("GET /show?q=%ff HTTP/1.1\r\n" HOST "\r\n", 400),
    RAW("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n"
        "0\r\n\r\n",
        400),
    RAW("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", 400),
    RAW("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400),
    RAW("POST /echo HTTP/1.1\r\n" HOST "Content-Length: two\r\n\r\n{}", 400),
    RAW("POST /echo HTTP/1.1\r\n" HOST "Content-Length: -2\r\n\r\n{}", 400),
    RAW("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 2x\r\n\r\n{}", 400),
    RAW("POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400),
    RAW("POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400),
    RAW("POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400),
    RAW("POST /echo HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    RAW("POST /echo HTTP/1.1\r\n" HOST "Content-Type: application/json\r\n"
        "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
        415),
    RAW("GET /none HTTP/1.1\r\n" HOST "\r\n", 404),
    RAW("GET /show/ HTTP/1.1\r\n" HOST "\r\n", 404),
    RAW("DELETE /none HTTP/1.1\r\n" HOST "\r\n", 404),
    RAW("POST /show HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n", 405),
    RAW("BREW /show HTTP/1.1\r\n" HOST "\r\n", 405),
    RAW("TRACE /show HTTP/1.1\r\n" HOST "\r\n", 405),
    RAW("POST /echo HTTP/1.1\r\n" HOST "\r\n", 411),
    RAW("POST /echo HTTP/1.1\r\n" HOST "Content-Type: text/xml\r\nContent-Length: 2\r\n\r\n{}",
        415),
    RAW("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n{}", 415),
    RAW("POST /echo HTTP/1.1\r\n" HOST "Content-Type: json\r\nContent-Length: 2\r\n\r\n{}", 415),
    RAW("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 65537\r\n"
        "Content-Type: application/json\r\n\r\n",
        413),
    RAW("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 99999999999\r\n\r\n", 413),
    RAW("GET /show HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n{}", 400),
    RAW("PUT /echo HTTP/1.1\r\n" HOST "\r\n", 201),
    RAW("OPTIONS * HTTP/1.1\r\n" HOST "\r\n", 204),
};

static void test_raw_requests(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(RAW_CASES); i++) {
        int fd = client_connect(http_server_port(shared));
        assert_true(client_send(fd, RAW_CASES[i].request, RAW_CASES[i].size));
        struct answer answer = client_read(fd, false);
        if (answer.status != RAW_CASES[i].status)
            fail_msg("%s: %u, expected %u", RAW_CASES[i].request, answer.status,
                     RAW_CASES[i].status);
        /* Whoever sends what two readers could take differently gets no second word. */
        if (answer.status == 400 && i < 25)
            assert_true(client_sees_close(fd, 5));
        answer_clear(&answer);
        close(fd);
    }
}

static void test_head_arrives_in_pieces(void **state)
{
    (void)state;
    g_autofree char *filler = g_strnfill(6000, 'f');
    g_autofree char *request = g_strdup_printf("GET /show/7?q=%%41&r=%.900s HTTP/1.1\r\n" HOST
                                               "X-Test:  slow \r\nX-Long: %s\r\nEmpty:\r\n"
                                               "Cookie: token=abc\r\n\r\n",
                                               filler, filler);
    static const size_t STEPS[] = {1, 7, 1000, 3000};
    for (size_t s = 0; s < G_N_ELEMENTS(STEPS); s++) {
        int fd = client_connect(http_server_port(shared));
        size_t size = strlen(request);
        for (size_t at = 0; at < size; at += STEPS[s]) {
            assert_true(client_send(fd, request + at, MIN(STEPS[s], size - at)));
            g_usleep(STEPS[s] == 1 ? 20 : 2000);
        }
        struct answer answer = client_read(fd, false);
        assert_int_equal(answer.status, 200);
        assert_string_equal(answer.body, "GET /show/7 id=7 q=A token=abc x=slow body=0 "
                                         "peer=127.0.0.1 secure=0");
        answer_clear(&answer);
        close(fd);
    }
}

static void test_limits_of_the_head(void **state)
{
    (void)state;
    g_autofree char *filler = g_strnfill(100000, 'f');
    const struct {
        int n;
        unsigned target;
        unsigned header;
    } CASES[] = {{4000, 200, 200}, {6000, 414, 200}, {20000, 414, 431}, {60000, 414, 431}};
    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        g_autofree char *target =
            g_strdup_printf("GET /show?q=%.*s HTTP/1.1\r\n" HOST "\r\n", CASES[i].n, filler);
        g_autofree char *header =
            g_strdup_printf("GET /show HTTP/1.1\r\n" HOST "X: %.*s\r\n\r\n", CASES[i].n, filler);
        expect_body(http_server_port(shared), target, CASES[i].target, NULL);
        expect_body(http_server_port(shared), header, CASES[i].header, NULL);
    }
}

static void test_keep_alive_and_pipelining(void **state)
{
    (void)state;
    int fd = client_connect(http_server_port(shared));
    static const char PIPELINE[] =
        "GET /show/1 HTTP/1.1\r\n" HOST "\r\n"
        "POST /echo HTTP/1.1\r\n" HOST
        "Content-Type: application/json\r\nContent-Length: 3\r\n\r\nabc"
        "GET /none HTTP/1.1\r\n" HOST "\r\n"
        "POST /none HTTP/1.1\r\n" HOST "Content-Length: 4\r\n\r\nGET "
        "POST /echo HTTP/1.1\r\n" HOST "Content-Type: multipart/form-data; boundary=x\r\n"
        "Transfer-Encoding: chunked\r\n\r\n2\r\nde\r\n1\r\nf\r\n0\r\n\r\n"
        "HEAD /show/2 HTTP/1.1\r\n" HOST "\r\n"
        "GET /show HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n";
    assert_true(client_send(fd, PIPELINE, sizeof PIPELINE - 1));
    static const struct {
        unsigned status;
        const char *body;
    } EXPECTED[] = {
        {200, NULL}, {201, "abc"}, {404, NULL}, {404, NULL}, {201, "def"}, {200, ""}, {200, NULL},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(EXPECTED); i++) {
        struct answer answer = client_read(fd, i == 5);
        assert_int_equal(answer.status, EXPECTED[i].status);
        if (EXPECTED[i].body)
            assert_string_equal(answer.body, EXPECTED[i].body);
        answer_clear(&answer);
    }
    assert_true(client_sees_close(fd, 5));
    close(fd);
}

static void test_head_and_options(void **state)
{
    (void)state;
    unsigned port = http_server_port(shared);
    struct answer answer = client_ask(port, "HEAD /show HTTP/1.1\r\n" HOST "\r\n");
    g_autofree char *length = answer_header(&answer, "Content-Length");
    assert_int_equal(answer.status, 200);
    assert_string_equal(length, "61");
    answer_clear(&answer);

    answer = client_ask(port, "PATCH /show/7 HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n");
    g_autofree char *allow = answer_header(&answer, "Allow");
    assert_int_equal(answer.status, 405);
    assert_string_equal(allow, "GET, DELETE, HEAD, OPTIONS");
    assert_non_null(strstr(answer.body, "\"code\":\"method_not_allowed\""));
    answer_clear(&answer);

    answer = client_ask(port, "OPTIONS /echo HTTP/1.1\r\n" HOST "Origin: https://a\r\n\r\n");
    g_autofree char *options = answer_header(&answer, "Allow");
    assert_int_equal(answer.status, 204);
    assert_string_equal(options, "POST, PUT, OPTIONS");
    assert_null(answer_header(&answer, "Access-Control-Allow-Origin"));
    answer_clear(&answer);
}

static void test_headers_of_answers(void **state)
{
    (void)state;
    unsigned port = http_server_port(shared);
    struct answer answer = client_ask(port, "GET /show HTTP/1.1\r\n" HOST "\r\n");
    expect_header(&answer, "X-Content-Type-Options", "nosniff");
    expect_header(&answer, "Cache-Control", "no-store");
    expect_header(&answer, "Referrer-Policy", "same-origin");
    expect_header(&answer, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
    expect_header(&answer, "Strict-Transport-Security", NULL);
    expect_header(&answer, "Server", NULL);
    answer_clear(&answer);

    answer = client_ask(port, "GET /page HTTP/1.1\r\n" HOST "\r\n");
    expect_header(&answer, "Content-Security-Policy", "default-src 'self' 'unsafe-inline'");
    expect_header(&answer, "Cache-Control", "max-age=1");
    expect_header(&answer, "X-Bad", NULL);
    expect_header(&answer, "Set-Cookie",
                  "token=abc; Path=/; Max-Age=60; SameSite=Strict; HttpOnly");
    expect_header(&answer, "Content-Disposition",
                  "attachment; filename=\"Zoe _1_.csv\"; filename*=UTF-8''Zo%C3%AB%20%221%22.csv");
    answer_clear(&answer);

    answer = client_ask(port, "GET /nothing HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(answer.status, 204);
    answer_clear(&answer);
    expect_body(port, "GET /fails HTTP/1.1\r\n" HOST "\r\n", 409,
                "{\"error\":{\"code\":\"conflict\",\"message\":"
                "\"\\\"twice\\\"\\u000a\\\\ is too often\"}}");
}

static void test_authorise(void **state)
{
    (void)state;
    unsigned port = http_server_port(shared);
    fixture_app.forgotten = 0;
    expect_body(port, "GET /private HTTP/1.1\r\n" HOST "\r\n", 401,
                "{\"error\":{\"code\":\"unauthenticated\",\"message\":\"sign in first\","
                "\"details\":{\"a\":1}}}");
    assert_int_equal(fixture_app.forgotten, 0);
    expect_body(port, "GET /private HTTP/1.1\r\n" HOST "Authorization: x\r\n\r\n", 200, NULL);
    assert_int_equal(fixture_app.forgotten, 1);
}

static void test_cors_proxies_and_hsts(void **state)
{
    (void)state;
    static const char *const ORIGINS[] = {"https://app.example", NULL};
    static const char *const PROXIES[] = {"127.0.0.0/8", NULL};
    struct http_options options;
    fixture_options(&options);
    options.cors_origins = ORIGINS;
    options.trusted_proxies = PROXIES;
    options.hsts_seconds = 60;
    struct http_server *server = fixture_start(&options);
    unsigned port = http_server_port(server);

    struct answer answer = client_ask(
        port, "GET /show HTTP/1.1\r\n" HOST "Origin: https://app.example\r\n"
              "X-Forwarded-For: 1.1.1.1, 203.0.113.9\r\nX-Forwarded-Proto: https\r\n\r\n");
    assert_string_equal(answer.body,
                        "GET /show id=- q=- token=- x=- body=0 peer=203.0.113.9 secure=1");
    expect_header(&answer, "Access-Control-Allow-Origin", "https://app.example");
    expect_header(&answer, "Vary", "Origin");
    expect_header(&answer, "Strict-Transport-Security", "max-age=60; includeSubDomains");
    answer_clear(&answer);

    answer = client_ask(port, "GET /show HTTP/1.1\r\n" HOST "Origin: https://evil.example\r\n\r\n");
    expect_header(&answer, "Access-Control-Allow-Origin", NULL);
    answer_clear(&answer);

    answer = client_ask(port, "OPTIONS /echo HTTP/1.1\r\n" HOST "Origin: https://app.example\r\n"
                              "Access-Control-Request-Method: POST\r\n\r\n");
    assert_int_equal(answer.status, 204);
    expect_header(&answer, "Access-Control-Allow-Origin", "https://app.example");
    expect_header(&answer, "Access-Control-Allow-Methods", "POST, PUT, OPTIONS");
    expect_header(&answer, "Access-Control-Allow-Headers", "Authorization, Content-Type");
    answer_clear(&answer);
    http_server_destroy(server);
}

static void test_limits_know_a_client_by_its_network(void **state)
{
    (void)state;
    static const char *const PROXIES[] = {"127.0.0.0/8", NULL};
    static const struct {
        const char *forwarded;
        const char *key;
    } CASES[] = {
        {"203.0.113.9", "203.0.113.9"},
        {"::ffff:203.0.113.9", "203.0.113.9"},
        {"2001:db8:1:2::1", "2001:db8:1:2::/64"},
        {"2001:db8:1:2:ffff:eeee:dddd:cccc", "2001:db8:1:2::/64"},
        {"2001:db8:1:3::1", "2001:db8:1:3::/64"},
        {"1111:2222:3333:4444:5555:6666:7777:8888", "1111:2222:3333:4444::/64"},
        {"nobody", "127.0.0.1"},
    };
    struct http_options options;
    fixture_options(&options);
    options.trusted_proxies = PROXIES;
    struct http_server *server = fixture_start(&options);
    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        g_autofree char *request = g_strdup_printf(
            "GET /key HTTP/1.1\r\n" HOST "X-Forwarded-For: %s\r\n\r\n", CASES[i].forwarded);
        expect_body(http_server_port(server), request, 200, CASES[i].key);
    }
    http_server_destroy(server);
    expect_body(http_server_port(shared),
                "GET /key HTTP/1.1\r\n" HOST "X-Forwarded-For: 2001:db8::1\r\n\r\n", 200,
                "127.0.0.1");
}

static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static GString *log_lines; /* what the server logged with a status */

static GLogWriterOutput keep_log(GLogLevelFlags level, const GLogField *fields, gsize fields_n,
                                 gpointer data)
{
    (void)level;
    (void)data;
    const char *message = "";
    bool is_access = false;
    for (gsize i = 0; i < fields_n; i++) {
        is_access = is_access || !strcmp(fields[i].key, "HTTP_STATUS");
        if (!strcmp(fields[i].key, "MESSAGE"))
            message = fields[i].value;
    }
    pthread_mutex_lock(&log_lock);
    if (is_access)
        g_string_append_printf(log_lines, "%s\n", message);
    pthread_mutex_unlock(&log_lock);
    return G_LOG_WRITER_HANDLED;
}

static void test_access_log(void **state)
{
    (void)state;
    struct http_options options;
    fixture_options(&options);
    options.access_log = G_LOG_LEVEL_INFO;
    struct http_server *server = fixture_start(&options);
    expect_body(http_server_port(server), "GET /show/1?q=private HTTP/1.1\r\n" HOST "\r\n", 200,
                NULL);
    expect_body(http_server_port(server), "GET /none HTTP/1.1\r\n" HOST "\r\n", 404, NULL);
    http_server_destroy(server);
    g_auto(GStrv) lines = g_strsplit(log_lines->str, "\n", -1);
    assert_int_equal(g_strv_length(lines), 3);
    assert_true(g_str_has_prefix(lines[0], "GET /show/1 200 "));
    assert_true(g_str_has_suffix(lines[0], " ms 127.0.0.1"));
    assert_true(g_str_has_prefix(lines[1], "GET /none 404 "));
}

static unsigned open_files(void)
{
    unsigned n = 0;
    GDir *folder = g_dir_open("/proc/self/fd", 0, NULL);
    while (g_dir_read_name(folder))
        n++;
    g_dir_close(folder);
    return n;
}

static void test_files_of_any_size(void **state)
{
    (void)state;
    unsigned port = http_server_port(shared);
    struct answer answer = client_ask(port, "GET /file HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(answer.status, 200);
    assert_int_equal(answer.body_size, FIXTURE_FILE_SIZE);
    assert_int_equal(answer.body[0], 'a');
    assert_int_equal(answer.body[FIXTURE_FILE_SIZE - 1], 'z');
    expect_header(&answer, "Content-Type", "application/pdf");
    expect_header(&answer, "Content-Length", "3000001");
    expect_header(&answer, "Cache-Control", "no-store");
    expect_header(&answer, "X-Content-Type-Options", "nosniff");
    answer_clear(&answer);

    int fd = client_connect(port);
    static const char HEAD[] = "HEAD /file HTTP/1.1\r\n" HOST "\r\n";
    assert_true(client_send(fd, HEAD, sizeof HEAD - 1));
    answer = client_read(fd, true);
    assert_int_equal(answer.status, 200);
    expect_header(&answer, "Content-Length", "3000001");
    answer_clear(&answer);
    const unsigned before = open_files();
    static const char REPLACED[] = "GET /file/replaced HTTP/1.1\r\n" HOST "\r\n";
    for (int i = 0; i < 3; i++) {
        assert_true(client_send(fd, REPLACED, sizeof REPLACED - 1));
        answer = client_read(fd, false);
        assert_int_equal(answer.status, 404);
        assert_string_equal(answer.body, "gone");
        answer_clear(&answer);
    }
    // Fewer is right too: the server may have closed an earlier connection meanwhile.
    assert_true(open_files() <= before);
    close(fd);
}

static void test_errors_at_start(void **state)
{
    (void)state;
    struct http_options options;
    fixture_options(&options);
    g_autoptr(GError) error = NULL;
    g_autofree char *taken = g_strdup_printf("127.0.0.1:%u", http_server_port(shared));
    options.listen = taken;
    assert_null(http_server_create(&options, &error));
    assert_true(g_error_matches(error, BASE_ERROR, BASE_ERROR_IO));
    g_clear_error(&error);
    options.listen = "nowhere";
    assert_null(http_server_create(&options, &error));
    assert_true(g_error_matches(error, BASE_ERROR, BASE_ERROR_INVALID));
    g_clear_error(&error);
    fixture_options(&options);
    options.event_threads = 0;
    assert_null(http_server_create(&options, &error));
    assert_true(g_error_matches(error, BASE_ERROR, BASE_ERROR_INVALID));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request_reaches_handler),
        cmocka_unit_test(test_raw_requests),
        cmocka_unit_test(test_head_arrives_in_pieces),
        cmocka_unit_test(test_limits_of_the_head),
        cmocka_unit_test(test_keep_alive_and_pipelining),
        cmocka_unit_test(test_head_and_options),
        cmocka_unit_test(test_headers_of_answers),
        cmocka_unit_test(test_authorise),
        cmocka_unit_test(test_cors_proxies_and_hsts),
        cmocka_unit_test(test_access_log),
        cmocka_unit_test(test_files_of_any_size),
        cmocka_unit_test(test_errors_at_start),
        cmocka_unit_test(test_limits_know_a_client_by_its_network),
    };
    log_lines = g_string_new(NULL);
    g_log_set_writer_func(keep_log, NULL, NULL);
    int failed = cmocka_run_group_tests_name("http server", tests, start_shared, stop_shared);
    g_string_free(log_lines, TRUE);
    return failed;
}
