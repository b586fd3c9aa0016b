/*
 * What the server does when there is too much of something: bytes, time, connections, requests.
 */
#include "fixture.h"

#include <string.h>
#include <unistd.h>

#include "http/internal.h"

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

static void test_bodies(void **state)
{
    (void)state;
    unsigned port = http_server_port(shared);
    static const size_t SIZES[] = {1, 1000, 40000, FIXTURE_BODY_MAX};
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
    g_autofree char *body = g_strnfill(FIXTURE_BODY_MAX + 1, 'b');
    g_autofree char *chunked =
        g_strdup_printf("POST /echo HTTP/1.1\r\n" HOST "Content-Type: application/json\r\n"
                        "Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n",
                        FIXTURE_BODY_MAX + 1, body);
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
        fixture_options(&options);
        options.lanes[HTTP_LANE_QUICK] = (struct http_lane_options){.threads = 1, .queue_max = 0};
        options.reads_inline = inline_reads;
        struct http_server *server = fixture_start(&options);
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
    fixture_options(&options);
    options.header_seconds = 1;
    options.body_seconds = 1;
    options.idle_seconds = 2;
    struct http_server *server = fixture_start(&options);
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
    fixture_options(&options);
    options.connections_per_address_max = 3;
    struct http_server *server = fixture_start(&options);
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

static enum MHD_Result admit(struct http_server *server, const char *host)
{
    g_autofree char *text = g_strdup_printf("[%s]:1", host);
    struct sockaddr_storage address;
    socklen_t size;
    assert_true(http_address_parse(text, &address, &size, NULL));
    return http_connection_admit(server, (struct sockaddr *)&address, size);
}

static void test_connections_of_one_ipv6_network(void **state)
{
    (void)state;
    g_autoptr(GError) error = NULL;
    struct http_options options;
    fixture_options(&options);
    options.listen = "[::1]:0";
    options.connections_per_address_max = 1;
    struct http_server *server = http_server_create(&options, &error);
    if (!server) {
        print_message("no IPv6 here: %s\n", error->message);
        skip();
    }
    assert_true(http_server_start(server, NULL));
    assert_int_equal(admit(server, "::1"), MHD_YES);
    struct sockaddr_in6 address = {.sin6_family = AF_INET6,
                                   .sin6_port = htons((uint16_t)http_server_port(server)),
                                   .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    static const char KEY[] = "GET /key HTTP/1.1\r\n" HOST "\r\n";
    assert_true(client_send(fd, KEY, sizeof KEY - 1));
    struct answer answer = client_read(fd, false);
    assert_string_equal(answer.body, "::/64");
    answer_clear(&answer);
    /* Neighbours count as the same client, other networks do not. */
    assert_int_equal(admit(server, "::2"), MHD_NO);
    assert_int_equal(admit(server, "::ffff:ffff:ffff:ffff"), MHD_NO);
    assert_int_equal(admit(server, "0:0:0:1::1"), MHD_YES);
    assert_int_equal(admit(server, "::ffff:203.0.113.9"), MHD_YES);
    close(fd);
    http_server_destroy(server);
}

static void test_body_memory_is_bounded(void **state)
{
    (void)state;
    struct http_options options;
    fixture_options(&options);
    options.body_memory_max = 40000;
    struct http_server *server = fixture_start(&options);
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

/* Sends the head of a large body and its first `size` bytes. */
static int begin_large(unsigned port, size_t size)
{
    g_autofree char *body = g_strnfill(size, 'b');
    g_autofree char *request =
        g_strdup_printf("PUT /large HTTP/1.1\r\n" HOST "Content-Type: application/json\r\n"
                        "Content-Length: %d\r\n\r\n%s",
                        FIXTURE_LARGE_MAX, body);
    int fd = client_connect(port);
    assert_true(client_send(fd, request, strlen(request)));
    return fd;
}

static void test_large_bodies_leave_room_for_small_ones(void **state)
{
    (void)state;
    struct http_options options;
    fixture_options(&options);
    options.body_memory_max = 16 << 20;
    struct http_server *server = fixture_start(&options);
    unsigned port = http_server_port(server);
    int holders[6];
    for (size_t i = 0; i < G_N_ELEMENTS(holders); i++)
        holders[i] = begin_large(port, 3 << 20);
    g_usleep(300000);
    g_autofree char *body = g_strnfill(900 << 10, 'b');
    g_autofree char *request =
        g_strdup_printf("PUT /large HTTP/1.1\r\n" HOST "Content-Type: application/json\r\n"
                        "Content-Length: %d\r\n\r\n%s",
                        900 << 10, body);
    expect_body(port, request, 200, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(holders); i++)
        close(holders[i]);
    http_server_destroy(server);
}

static void test_stalled_bodies_are_cut(void **state)
{
    (void)state;
    struct http_options options;
    fixture_options(&options);
    options.pause_seconds = 1;
    struct http_server *server = fixture_start(&options);
    int paused = begin_large(http_server_port(server), 1 << 20);
    assert_true(client_sees_close(paused, 3));
    close(paused);
    http_server_destroy(server);

    /* What came fast at first is no credit for a trickle afterwards. */
    options.pause_seconds = 5;
    options.body_seconds = 1;
    server = fixture_start(&options);
    int slow = begin_large(http_server_port(server), 1 << 20);
    bool alive = true;
    for (unsigned tick = 0; tick < 30 && alive; tick++) {
        g_usleep(100000);
        alive = client_send(slow, "b", 1);
    }
    assert_false(alive);
    close(slow);
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
    fixture_options(&options);
    struct http_server *server = fixture_start(&options);
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

static void test_stop_leaves_out_what_is_queued(void **state)
{
    (void)state;
    struct http_options options;
    fixture_options(&options);
    options.drain_seconds = 0;
    struct http_server *server = fixture_start(&options);
    gate_reset();
    int fds[3];
    for (size_t i = 0; i < G_N_ELEMENTS(fds); i++) {
        fds[i] = client_connect(http_server_port(server));
        assert_true(client_send(fds[i], GATE, strlen(GATE)));
        if (!i)
            gate_wait(1);
    }
    g_usleep(200000);
    GThread *stopper = g_thread_new("stop", stop_in_thread, server);
    g_usleep(200000);
    gate_open();
    g_thread_join(stopper);
    assert_int_equal(fixture_app.entered, 1);
    http_server_destroy(server);
    for (size_t i = 0; i < G_N_ELEMENTS(fds); i++)
        close(fds[i]);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bodies),
        cmocka_unit_test(test_oversized_upload_is_answered),
        cmocka_unit_test(test_truncated_bodies_leave_nothing),
        cmocka_unit_test(test_expect_continue),
        cmocka_unit_test(test_full_lane_answers_503),
        cmocka_unit_test(test_reads_on_event_threads),
        cmocka_unit_test(test_client_gone_while_handler_runs),
        cmocka_unit_test(test_slow_clients_are_cut),
        cmocka_unit_test(test_connection_limits),
        cmocka_unit_test(test_connections_of_one_ipv6_network),
        cmocka_unit_test(test_body_memory_is_bounded),
        cmocka_unit_test(test_large_bodies_leave_room_for_small_ones),
        cmocka_unit_test(test_stalled_bodies_are_cut),
        cmocka_unit_test(test_stop_lets_requests_finish),
        cmocka_unit_test(test_stop_leaves_out_what_is_queued),
        cmocka_unit_test(test_many_clients_at_once),
    };
    return cmocka_run_group_tests_name("http limits", tests, start_shared, stop_shared);
}
