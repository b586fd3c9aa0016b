/*
 * A real server on a free port, and a client that sends what no good client would.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "client.h"
#include "http/http.h"

#define HOST "Host: test\r\n"
#define BODY_MAX (64 << 10)

/* What the handlers share with the test. */
struct app {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool open;        /* "/gate" handlers may go on */
    unsigned entered; /* ... and how many came in */
    unsigned destroyed;
};

static struct app app;

static void show(void *context, struct http_request *request, struct http_response *response)
{
    (void)context;
    const char *id = http_request_param(request, "id");
    const char *q = http_request_query(request, "q");
    const char *token = http_request_cookie(request, "token");
    const char *header = http_request_header(request, "x-test");
    g_autofree char *text =
        g_strdup_printf("%s %s id=%s q=%s token=%s x=%s body=%zu peer=%s secure=%d",
                        http_method_name(request->method), request->path, id ? id : "-",
                        q ? q : "-", token ? token : "-", header ? header : "-", request->body_size,
                        request->peer, http_request_secure(request));
    http_response_text(response, 200, text);
}

static void echo(void *context, struct http_request *request, struct http_response *response)
{
    (void)context;
    g_autoptr(GBytes) bytes = g_bytes_new(request->body, request->body_size);
    http_response_bytes(response, 201, request->content_type ? request->content_type : "none/none",
                        bytes);
}

static void gate(void *context, struct http_request *request, struct http_response *response)
{
    (void)request;
    struct app *shared = context;
    pthread_mutex_lock(&shared->lock);
    shared->entered++;
    pthread_cond_broadcast(&shared->changed);
    while (!shared->open)
        pthread_cond_wait(&shared->changed, &shared->lock);
    pthread_mutex_unlock(&shared->lock);
    http_response_text(response, 200, "through");
}

static void fails(void *context, struct http_request *request, struct http_response *response)
{
    (void)context;
    (void)request;
    g_autoptr(GError) error =
        g_error_new(BASE_ERROR, BASE_ERROR_CONFLICT, "\"twice\"\n\\ is too often");
    http_response_gerror(response, error);
}

static void nothing(void *context, struct http_request *request, struct http_response *response)
{
    (void)context;
    (void)request;
    (void)response;
}

static void page(void *context, struct http_request *request, struct http_response *response)
{
    (void)context;
    (void)request;
    static const struct http_cookie COOKIE = {.name = "token", .value = "abc", .max_age = 60};
    g_autoptr(GBytes) bytes = g_bytes_new_static("<p>", 3);
    http_response_bytes(response, 200, "text/html; charset=utf-8", bytes);
    http_response_cookie(response, &COOKIE);
    http_response_header(response, "Cache-Control", "max-age=1");
    http_response_header(response, "X-Bad", "a\r\nSet-Cookie: b");
    http_response_attachment(response, "Zo\xc3\xab \"1\".csv");
}

static void forget(void *identity)
{
    struct app *shared = identity;
    pthread_mutex_lock(&shared->lock);
    shared->destroyed++;
    pthread_mutex_unlock(&shared->lock);
}

static bool authorise(void *context, struct http_request *request, const struct http_route *route,
                      struct http_response *response)
{
    if (!route->access)
        return true;
    if (!http_request_header(request, "Authorization")) {
        http_response_error(response, 401, "unauthenticated", "sign in first", "{\"a\":1}");
        return false;
    }
    request->identity = context;
    request->identity_destroy = forget;
    return true;
}

static const char *const TYPES[] = {"application/json", "multipart/form-data", NULL};

static const struct http_route ROUTES[] = {
    {.path = "/show", .lane = HTTP_LANE_EVENT, .handler = show},
    {.path = "/show/{id}", .lane = HTTP_LANE_QUICK, .handler = show},
    {.method = HTTP_METHOD_DELETE, .path = "/show/{id}", .handler = show},
    {.method = HTTP_METHOD_POST,
     .path = "/echo",
     .lane = HTTP_LANE_HEAVY,
     .body_max = BODY_MAX,
     .types = TYPES,
     .handler = echo},
    {.method = HTTP_METHOD_PUT,
     .path = "/echo",
     .body_max = BODY_MAX,
     .types = TYPES,
     .body_optional = true,
     .handler = echo},
    {.path = "/gate", .lane = HTTP_LANE_HEAVY, .handler = gate},
    {.method = HTTP_METHOD_DELETE, .path = "/gate", .lane = HTTP_LANE_QUICK, .handler = gate},
    {.path = "/fails", .handler = fails},
    {.path = "/nothing", .handler = nothing},
    {.path = "/page", .csp = "default-src 'self' 'unsafe-inline'", .handler = page},
    {.path = "/private", .access = 1, .handler = show},
};

static void set_options(struct http_options *options)
{
    http_options_init(options);
    options->listen = "127.0.0.1:0";
    options->lanes[HTTP_LANE_QUICK].threads = 2;
    options->lanes[HTTP_LANE_HEAVY] = (struct http_lane_options){.threads = 1, .queue_max = 2};
    options->app = &app;
    options->authorise = authorise;
    options->routes = ROUTES;
    options->routes_n = G_N_ELEMENTS(ROUTES);
}

static struct http_server *start(const struct http_options *options)
{
    g_autoptr(GError) error = NULL;
    struct http_server *server = http_server_create(options, &error);
    if (!server || !http_server_start(server, &error))
        fail_msg("%s", error->message);
    return server;
}

static struct http_server *shared; /* most tests need no options of their own */

static int start_shared(void **state)
{
    (void)state;
    struct http_options options;
    set_options(&options);
    shared = start(&options);
    return 0;
}

static int stop_shared(void **state)
{
    (void)state;
    http_server_destroy(shared);
    return 0;
}

static void expect_body(unsigned port, const char *request, unsigned status, const char *body)
{
    struct answer answer = client_ask(port, request);
    if (answer.status != status || (body && strcmp(answer.body, body)))
        fail_msg("%s: %u %s", request, answer.status, answer.body ? answer.body : "");
    answer_clear(&answer);
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

static void expect_header(const struct answer *answer, const char *name, const char *value)
{
    g_autofree char *found = answer_header(answer, name);
    if (g_strcmp0(found, value))
        fail_msg("%s: %s, expected %s", name, found, value);
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
    app.destroyed = 0;
    expect_body(port, "GET /private HTTP/1.1\r\n" HOST "\r\n", 401,
                "{\"error\":{\"code\":\"unauthenticated\",\"message\":\"sign in first\","
                "\"details\":{\"a\":1}}}");
    assert_int_equal(app.destroyed, 0);
    expect_body(port, "GET /private HTTP/1.1\r\n" HOST "Authorization: x\r\n\r\n", 200, NULL);
    assert_int_equal(app.destroyed, 1);
}

static void test_bodies(void **state)
{
    (void)state;
    unsigned port = http_server_port(shared);
    static const size_t SIZES[] = {1, 1000, 40000, BODY_MAX};
    for (size_t i = 0; i < G_N_ELEMENTS(SIZES); i++) {
        g_autofree char *body = g_strnfill(SIZES[i], 'b');
        g_autofree char *request = g_strdup_printf(
            "POST /echo HTTP/1.1\r\n" HOST "Content-Type: application/json; charset=utf-8\r\n"
            "Content-Length: %zu\r\n\r\n%s",
            SIZES[i], body);
        expect_body(port, request, 201, body);
        g_autofree char *chunked =
            g_strdup_printf("POST /echo HTTP/1.1\r\n" HOST "Content-Type: application/json\r\n"
                            "Transfer-Encoding: chunked\r\n\r\n%zx\r\n%s\r\n0\r\n\r\n",
                            SIZES[i], body);
        expect_body(port, chunked, 201, body);
    }
    /* Without a declared length the limit shows only as the bytes come. */
    g_autofree char *body = g_strnfill(BODY_MAX + 1, 'b');
    g_autofree char *chunked =
        g_strdup_printf("POST /echo HTTP/1.1\r\n" HOST "Content-Type: application/json\r\n"
                        "Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n",
                        BODY_MAX + 1, body);
    expect_body(port, chunked, 413, NULL);
}

static void test_oversized_upload_is_answered(void **state)
{
    (void)state;
    int fd = client_connect(http_server_port(shared));
    static const char HEAD[] = "POST /echo HTTP/1.1\r\n" HOST
                               "Content-Type: application/json\r\nContent-Length: 1000000\r\n\r\n";
    assert_true(client_send(fd, HEAD, sizeof HEAD - 1));
    struct answer answer = client_read(fd, false);
    assert_int_equal(answer.status, 413);
    expect_header(&answer, "Connection", "close");
    answer_clear(&answer);
    close(fd);

    /* An endless chunked body is cut off. */
    fd = client_connect(http_server_port(shared));
    static const char ENDLESS[] =
        "POST /echo HTTP/1.1\r\n" HOST "Content-Type: application/json\r\n"
        "Transfer-Encoding: chunked\r\n\r\n";
    g_autofree char *filler = g_strnfill(0x1000, 'b');
    g_autofree char *chunk = g_strdup_printf("1000\r\n%s\r\n", filler);
    assert_true(client_send(fd, ENDLESS, sizeof ENDLESS - 1));
    unsigned sent = 0;
    while (sent < 4096 && client_send(fd, chunk, strlen(chunk)))
        sent++;
    assert_true(sent < 4096);
    close(fd);
}

static void test_truncated_bodies_leave_nothing(void **state)
{
    (void)state;
    static const char *const CUT[] = {
        "POST /echo HTTP/1.1\r\n" HOST
        "Content-Type: application/json\r\nContent-Length: 10\r\n\r\nabc",
        "POST /echo HTTP/1.1\r\n" HOST
        "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        "POST /echo HTTP/1.1\r\nHo",
        "PO",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(CUT); i++) {
        int fd = client_connect(http_server_port(shared));
        assert_true(client_send(fd, CUT[i], strlen(CUT[i])));
        g_usleep(20000);
        close(fd);
    }
    expect_body(http_server_port(shared), "GET /show HTTP/1.1\r\n" HOST "\r\n", 200, NULL);
}

static void test_expect_continue(void **state)
{
    (void)state;
    int fd = client_connect(http_server_port(shared));
    static const char HEAD[] = "POST /echo HTTP/1.1\r\n" HOST "Expect: 100-continue\r\n"
                               "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n";
    assert_true(client_send(fd, HEAD, sizeof HEAD - 1));
    struct answer answer = client_read(fd, true);
    assert_int_equal(answer.status, 100);
    answer_clear(&answer);
    assert_true(client_send(fd, "{}", 2));
    answer = client_read(fd, false);
    assert_int_equal(answer.status, 201);
    answer_clear(&answer);
    close(fd);
    expect_body(http_server_port(shared),
                "POST /echo HTTP/1.1\r\n" HOST "Expect: 100-continue\r\n"
                "Content-Type: text/xml\r\nContent-Length: 2\r\n\r\n",
                415, NULL);
}

static void gate_reset(void)
{
    pthread_mutex_lock(&app.lock);
    app.open = false;
    app.entered = 0;
    pthread_mutex_unlock(&app.lock);
}

static void gate_wait(unsigned entered)
{
    pthread_mutex_lock(&app.lock);
    while (app.entered < entered)
        pthread_cond_wait(&app.changed, &app.lock);
    pthread_mutex_unlock(&app.lock);
}

static void gate_open(void)
{
    pthread_mutex_lock(&app.lock);
    app.open = true;
    pthread_cond_broadcast(&app.changed);
    pthread_mutex_unlock(&app.lock);
}

#define GATE "GET /gate HTTP/1.1\r\n" HOST "\r\n"

static void test_full_lane_answers_503(void **state)
{
    (void)state;
    unsigned port = http_server_port(shared);
    gate_reset();
    int fds[3];
    for (size_t i = 0; i < 3; i++) {
        fds[i] = client_connect(port);
        assert_true(client_send(fds[i], GATE, strlen(GATE)));
        if (!i)
            gate_wait(1);
    }
    /* One runs; time for the event threads to queue the other two. */
    g_usleep(200000);
    struct answer answer = client_ask(port, GATE);
    assert_int_equal(answer.status, 503);
    expect_header(&answer, "Retry-After", "1");
    answer_clear(&answer);
    /* The other lanes go on. */
    expect_body(port, "GET /show/1 HTTP/1.1\r\n" HOST "\r\n", 200, NULL);
    expect_body(port, "GET /show HTTP/1.1\r\n" HOST "\r\n", 200, NULL);
    gate_open();
    for (size_t i = 0; i < 3; i++) {
        answer = client_read(fds[i], false);
        assert_int_equal(answer.status, 200);
        answer_clear(&answer);
        close(fds[i]);
    }
}

static void test_reads_on_event_threads(void **state)
{
    (void)state;
    static const char WRITE[] = "DELETE /gate HTTP/1.1\r\n" HOST "\r\n";
    static const char READ[] = "GET /show/1 HTTP/1.1\r\n" HOST "\r\n";
    for (int inline_reads = 0; inline_reads < 2; inline_reads++) {
        struct http_options options;
        set_options(&options);
        options.lanes[HTTP_LANE_QUICK] = (struct http_lane_options){.threads = 1, .queue_max = 0};
        options.reads_inline = inline_reads;
        struct http_server *server = start(&options);
        gate_reset();
        g_usleep(50000);
        int fd = client_connect(http_server_port(server));
        assert_true(client_send(fd, WRITE, sizeof WRITE - 1));
        gate_wait(1);
        /* A writer that waits holds up other writers, and readers only when they share its lane. */
        expect_body(http_server_port(server), WRITE, 503, NULL);
        expect_body(http_server_port(server), READ, inline_reads ? 200 : 503, NULL);
        gate_open();
        struct answer answer = client_read(fd, false);
        assert_int_equal(answer.status, 200);
        answer_clear(&answer);
        close(fd);
        http_server_destroy(server);
    }
}

static void test_client_gone_while_handler_runs(void **state)
{
    (void)state;
    gate_reset();
    int fd = client_connect(http_server_port(shared));
    assert_true(client_send(fd, GATE, strlen(GATE)));
    gate_wait(1);
    close(fd);
    gate_open();
    expect_body(http_server_port(shared), "GET /gate HTTP/1.1\r\n" HOST "\r\n", 200, "through");
}

static void test_slow_clients_are_cut(void **state)
{
    (void)state;
    struct http_options options;
    set_options(&options);
    options.header_seconds = 1;
    options.body_seconds = 1;
    options.idle_seconds = 2;
    struct http_server *server = start(&options);
    static const char *const STARTS[] = {
        "", "GET /show HTTP/1.1\r\nHost: te",
        "POST /echo HTTP/1.1\r\n" HOST
        "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n"};
    int fds[G_N_ELEMENTS(STARTS)];
    bool alive[G_N_ELEMENTS(STARTS)];
    for (size_t i = 0; i < G_N_ELEMENTS(STARTS); i++) {
        fds[i] = client_connect(http_server_port(server));
        alive[i] = client_send(fds[i], STARTS[i], strlen(STARTS[i]));
    }
    /* Each sends a byte now and then, as a slow loris does; the first sends nothing at all. */
    for (unsigned tick = 0; tick < 30 && (alive[1] || alive[2]); tick++) {
        g_usleep(100000);
        for (size_t i = 1; i < G_N_ELEMENTS(STARTS); i++)
            alive[i] = alive[i] && client_send(fds[i], "a", 1);
    }
    assert_false(alive[1]);
    assert_false(alive[2]);
    assert_true(client_sees_close(fds[0], 3));

    int idle = client_connect(http_server_port(server));
    static const char ONE[] = "GET /show HTTP/1.1\r\n" HOST "\r\n";
    assert_true(client_send(idle, ONE, sizeof ONE - 1));
    struct answer answer = client_read(idle, false);
    assert_int_equal(answer.status, 200);
    answer_clear(&answer);
    assert_false(client_sees_close(idle, 1));
    assert_true(client_sees_close(idle, 4));
    close(idle);
    for (size_t i = 0; i < G_N_ELEMENTS(STARTS); i++)
        close(fds[i]);
    http_server_destroy(server);
}

static void test_connection_limits(void **state)
{
    (void)state;
    struct http_options options;
    set_options(&options);
    options.connections_per_address_max = 3;
    struct http_server *server = start(&options);
    static const char ONE[] = "GET /show HTTP/1.1\r\n" HOST "\r\n";
    int fds[4];
    for (size_t i = 0; i < 4; i++) {
        fds[i] = client_connect(http_server_port(server));
        client_send(fds[i], ONE, sizeof ONE - 1);
        struct answer answer = client_read(fds[i], false);
        assert_int_equal(answer.status, i < 3 ? 200 : 0);
        answer_clear(&answer);
    }
    close(fds[0]);
    g_usleep(200000);
    expect_body(http_server_port(server), "GET /show HTTP/1.1\r\n" HOST "\r\n", 200, NULL);
    for (size_t i = 1; i < 4; i++)
        close(fds[i]);
    http_server_destroy(server);
}

static void test_body_memory_is_bounded(void **state)
{
    (void)state;
    struct http_options options;
    set_options(&options);
    options.body_memory_max = 40000;
    struct http_server *server = start(&options);
    g_autofree char *body = g_strnfill(30000, 'b');
    g_autofree char *request =
        g_strdup_printf("POST /echo HTTP/1.1\r\n" HOST "Content-Type: application/json\r\n"
                        "Content-Length: 30000\r\n\r\n%s",
                        body);
    int holder = client_connect(http_server_port(server));
    assert_true(client_send(holder, request, strlen(request) - 1));
    g_usleep(200000);
    struct answer answer = client_ask(http_server_port(server), request);
    assert_int_equal(answer.status, 503);
    expect_header(&answer, "Retry-After", "1");
    answer_clear(&answer);
    assert_true(client_send(holder, "b", 1));
    answer = client_read(holder, false);
    assert_int_equal(answer.status, 201);
    answer_clear(&answer);
    close(holder);
    for (int i = 0; i < 3; i++)
        expect_body(http_server_port(server), request, 201, NULL);
    http_server_destroy(server);
}

static void test_cors_proxies_and_hsts(void **state)
{
    (void)state;
    static const char *const ORIGINS[] = {"https://app.example", NULL};
    static const char *const PROXIES[] = {"127.0.0.0/8", NULL};
    struct http_options options;
    set_options(&options);
    options.cors_origins = ORIGINS;
    options.trusted_proxies = PROXIES;
    options.hsts_seconds = 60;
    struct http_server *server = start(&options);
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

static gpointer stop_in_thread(gpointer server)
{
    http_server_stop(server);
    return NULL;
}

static void test_stop_lets_requests_finish(void **state)
{
    (void)state;
    struct http_options options;
    set_options(&options);
    struct http_server *server = start(&options);
    gate_reset();
    int idle = client_connect(http_server_port(server));
    int fd = client_connect(http_server_port(server));
    assert_true(client_send(fd, GATE, strlen(GATE)));
    gate_wait(1);
    GThread *stopper = g_thread_new("stop", stop_in_thread, server);
    g_usleep(100000);
    gate_open();
    struct answer answer = client_read(fd, false);
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.body, "through");
    answer_clear(&answer);
    g_thread_join(stopper);
    assert_true(client_sees_close(fd, 1));
    assert_true(client_sees_close(idle, 1));
    http_server_stop(server);
    http_server_destroy(server);
    close(fd);
    close(idle);
}

static gpointer hammer(gpointer port)
{
    int fd = client_connect(GPOINTER_TO_UINT(port));
    static const char ONE[] = "GET /show/1?q=x HTTP/1.1\r\n" HOST "\r\n";
    for (int i = 0; i < 300; i++) {
        if (!client_send(fd, ONE, sizeof ONE - 1))
            return "send failed";
        struct answer answer = client_read(fd, false);
        bool good = answer.status == 200;
        answer_clear(&answer);
        if (!good)
            return "not 200";
    }
    close(fd);
    return NULL;
}

static void test_many_clients_at_once(void **state)
{
    (void)state;
    GThread *threads[16];
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("client", hammer, GUINT_TO_POINTER(http_server_port(shared)));
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        assert_null(g_thread_join(threads[i]));
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
    set_options(&options);
    options.access_log = G_LOG_LEVEL_INFO;
    struct http_server *server = start(&options);
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

static void test_errors_at_start(void **state)
{
    (void)state;
    struct http_options options;
    set_options(&options);
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
    set_options(&options);
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
        cmocka_unit_test(test_bodies),
        cmocka_unit_test(test_oversized_upload_is_answered),
        cmocka_unit_test(test_truncated_bodies_leave_nothing),
        cmocka_unit_test(test_expect_continue),
        cmocka_unit_test(test_full_lane_answers_503),
        cmocka_unit_test(test_reads_on_event_threads),
        cmocka_unit_test(test_client_gone_while_handler_runs),
        cmocka_unit_test(test_slow_clients_are_cut),
        cmocka_unit_test(test_connection_limits),
        cmocka_unit_test(test_body_memory_is_bounded),
        cmocka_unit_test(test_cors_proxies_and_hsts),
        cmocka_unit_test(test_stop_lets_requests_finish),
        cmocka_unit_test(test_many_clients_at_once),
        cmocka_unit_test(test_access_log),
        cmocka_unit_test(test_errors_at_start),
    };
    log_lines = g_string_new(NULL);
    g_log_set_writer_func(keep_log, NULL, NULL);
    int failed = cmocka_run_group_tests_name("http server", tests, start_shared, stop_shared);
    g_string_free(log_lines, TRUE);
    return failed;
}
