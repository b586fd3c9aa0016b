/*
 * Answers without end over real sockets: what is sent arrives, whoever does not read or is gone
 * costs nothing for long, and the server stops with listeners.
 */
#include "fixture.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/event.h"
#include "http/stream.h"

#define LISTEN "GET /listen HTTP/1.1\r\n" HOST "\r\n"
#define LISTEN_AS_OTHER "GET /listen HTTP/1.1\r\nX-Listener: other\r\n" HOST "\r\n"
#define STREAMS_MAX 3

/* What handlers leave for the test. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    GQueue streams; /* struct http_stream *, in the order they came */
} came = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, G_QUEUE_INIT};

static void listen_to(void *context, struct http_request *request, struct http_response *response)
{
    (void)context;
    const char *listener = http_request_header(request, "X-Listener");
    struct http_stream *stream =
        http_response_stream(request, response, listener ? listener : "somebody");

    if (!stream)
        return;
    pthread_mutex_lock(&came.lock);
    g_queue_push_tail(&came.streams, stream);
    pthread_cond_broadcast(&came.changed);
    pthread_mutex_unlock(&came.lock);
}

/* A handler that thinks better of it. */
static void change_mind(void *context, struct http_request *request, struct http_response *response)
{
    (void)context;
    http_stream_unref(http_response_stream(request, response, "somebody"));
    http_response_text(response, 200, "no stream");
}

static const struct http_route ROUTES[] = {
    {HTTP_METHOD_GET, "/listen", 0, HTTP_LANE_QUICK, .handler = listen_to},
    {HTTP_METHOD_GET, "/lane", 0, HTTP_LANE_HEAVY, .handler = listen_to},
    {HTTP_METHOD_GET, "/mind", 0, HTTP_LANE_QUICK, .handler = change_mind},
};

static struct http_server *start_limited(unsigned comment_seconds, unsigned per_listener_max)
{
    struct http_options options;

    fixture_options(&options);
    options.authorise = NULL;
    options.routes = ROUTES;
    options.routes_n = G_N_ELEMENTS(ROUTES);
    options.streams_max = STREAMS_MAX;
    options.streams_per_listener_max = per_listener_max;
    options.stream_comment_seconds = comment_seconds;
    options.drain_seconds = 600; /* nobody here is waited for so long */
    return fixture_start(&options);
}

static struct http_server *start(unsigned comment_seconds)
{
    return start_limited(comment_seconds, 0);
}

static struct http_stream *next_stream(void)
{
    pthread_mutex_lock(&came.lock);
    while (g_queue_is_empty(&came.streams))
        pthread_cond_wait(&came.changed, &came.lock);
    struct http_stream *stream = g_queue_pop_head(&came.streams);
    pthread_mutex_unlock(&came.lock);
    return stream;
}

/* Asks for a stream and reads the head of the answer; the socket. */
static int open_stream(struct http_server *server, const char *request, struct http_stream **stream)
{
    int fd = client_connect(http_server_port(server));

    assert_true(client_send(fd, request, strlen(request)));
    *stream = next_stream();
    struct answer answer = client_read(fd, true);
    assert_int_equal(answer.status, 200);
    expect_header(&answer, "Content-Type", "text/event-stream");
    expect_header(&answer, "Cache-Control", "no-store");
    expect_header(&answer, "X-Accel-Buffering", "no");
    expect_header(&answer, "Transfer-Encoding", "chunked");
    answer_clear(&answer);
    return fd;
}

/* What comes next, without the framing of chunks: exactly so many bytes. */
static void expect_text(int fd, const char *text)
{
    g_autoptr(GString) got = g_string_new(NULL);

    while (got->len < strlen(text)) {
        g_autoptr(GString) head = g_string_new(NULL);
        char byte;
        while (!g_str_has_suffix(head->str, "\r\n")) {
            assert_int_equal(recv(fd, &byte, 1, 0), 1);
            g_string_append_c(head, byte);
        }
        for (guint64 left = g_ascii_strtoull(head->str, NULL, 16) + 2; left > 0; left--) {
            assert_int_equal(recv(fd, &byte, 1, 0), 1);
            if (left > 2)
                g_string_append_c(got, byte);
        }
    }
    assert_string_equal(got->str, text);
}

/* Reads on until so many of a letter have come. */
static void read_letters(int fd, char letter, size_t n)
{
    char block[4096];

    for (size_t seen = 0; seen < n;) {
        const ssize_t got = recv(fd, block, sizeof block, 0);
        assert_true(got > 0);
        for (ssize_t i = 0; i < got; i++)
            seen += block[i] == letter;
        assert_true(seen <= n);
    }
}

static enum http_stream_sent say(struct http_stream *stream, const char *text)
{
    g_autoptr(GBytes) event = g_bytes_new(text, strlen(text));

    return http_stream_send(stream, event);
}

/* Until the stream is of this state: it comes to be so by what other threads do. */
static void await_state(struct http_stream *stream, enum http_stream_state state)
{
    const gint64 until = g_get_monotonic_time() + 20 * G_TIME_SPAN_SECOND;

    while (http_stream_state(stream) != state) {
        assert_true(g_get_monotonic_time() < until);
        g_usleep(1000);
    }
}

static void test_events_arrive(void **state)
{
    (void)state;
    static const char *const WAYS[] = {LISTEN, "GET /lane HTTP/1.1\r\n" HOST "\r\n"};
    struct http_server *server = start(1000);

    for (size_t i = 0; i < G_N_ELEMENTS(WAYS); i++) {
        struct http_stream *stream;
        int fd = open_stream(server, WAYS[i], &stream);
        for (int n = 0; n < 100; n++) {
            g_autofree char *text = g_strdup_printf("data: %d\n\n", n);
            assert_int_equal(say(stream, text), HTTP_STREAM_SENT);
            expect_text(fd, text);
        }
        await_state(stream, HTTP_STREAM_QUIET);
        assert_int_equal(say(stream, "data: last\n\n"), HTTP_STREAM_SENT);
        http_stream_end(stream);
        assert_int_equal(say(stream, "data: late\n\n"), HTTP_STREAM_GONE);
        expect_text(fd, "data: last\n\n");
        char end[5];
        assert_int_equal(recv(fd, end, sizeof end, MSG_WAITALL), sizeof end);
        assert_memory_equal(end, "0\r\n\r\n", sizeof end);
        /* The connection can go on. */
        assert_true(client_send(fd, "GET /mind HTTP/1.1\r\n" HOST "\r\n",
                                strlen("GET /mind HTTP/1.1\r\n" HOST "\r\n")));
        struct answer answer = client_read(fd, false);
        assert_string_equal(answer.body, "no stream");
        answer_clear(&answer);
        http_stream_unref(stream);
        close(fd);
    }
    http_server_destroy(server);
}

static void test_there_are_so_many(void **state)
{
    (void)state;
    struct http_server *server = start(1000);
    struct http_stream *streams[STREAMS_MAX];
    int fds[STREAMS_MAX];

    for (size_t i = 0; i < STREAMS_MAX; i++)
        fds[i] = open_stream(server, LISTEN, &streams[i]);
    struct answer answer = client_ask(http_server_port(server), LISTEN);
    assert_int_equal(answer.status, 503);
    expect_header(&answer, "Retry-After", "30");
    answer_clear(&answer);
    /* Without their reference the place is free again. */
    http_stream_unref(streams[0]);
    close(fds[0]);
    for (unsigned status = 503; status != 200;) {
        int fd = client_connect(http_server_port(server));
        assert_true(client_send(fd, LISTEN, strlen(LISTEN)));
        answer = client_read(fd, true);
        status = answer.status;
        answer_clear(&answer);
        if (status == 200) {
            fds[0] = fd;
            streams[0] = next_stream();
        } else {
            close(fd);
        }
    }
    for (size_t i = 0; i < STREAMS_MAX; i++) {
        http_stream_unref(streams[i]);
        close(fds[i]);
    }
    http_server_destroy(server);
}

/* Whoever opens one page after the other leaves room for others. */
static void test_a_listener_has_so_many(void **state)
{
    (void)state;
    struct http_server *server = start_limited(1000, 2);
    struct http_stream *streams[STREAMS_MAX];
    int fds[STREAMS_MAX];

    fds[0] = open_stream(server, LISTEN, &streams[0]);
    fds[1] = open_stream(server, LISTEN, &streams[1]);
    struct answer answer = client_ask(http_server_port(server), LISTEN);
    assert_int_equal(answer.status, 429);
    expect_header(&answer, "Retry-After", "30");
    assert_non_null(strstr(answer.body, "rate_limited"));
    assert_non_null(strstr(answer.body, "You are listening 2 times already"));
    answer_clear(&answer);
    fds[2] = open_stream(server, LISTEN_AS_OTHER, &streams[2]);
    for (size_t i = 0; i < STREAMS_MAX; i++) {
        http_stream_unref(streams[i]);
        close(fds[i]);
    }
    http_server_destroy(server);
}

static void test_quiet_streams_get_comments(void **state)
{
    (void)state;
    struct http_server *server = start(0);
    struct http_stream *stream;
    int fd = open_stream(server, LISTEN, &stream);

    expect_text(fd, ":\n\n");
    expect_text(fd, ":\n\n");
    assert_int_equal(say(stream, "data: x\n\n"), HTTP_STREAM_SENT);
    http_stream_unref(stream);
    close(fd);
    http_server_destroy(server);
}

static void test_who_is_gone_is_noticed(void **state)
{
    (void)state;
    struct http_server *server = start(1000);
    struct http_stream *stream;
    int fd = open_stream(server, LISTEN, &stream);

    await_state(stream, HTTP_STREAM_QUIET);
    close(fd);
    await_state(stream, HTTP_STREAM_CLOSED);
    assert_int_equal(say(stream, "data: x\n\n"), HTTP_STREAM_GONE);
    http_stream_unref(stream);
    /* Also when they left something unread, which resets the connection. */
    fd = open_stream(server, LISTEN, &stream);
    say(stream, "data: x\n\n");
    await_state(stream, HTTP_STREAM_QUIET);
    close(fd);
    await_state(stream, HTTP_STREAM_CLOSED);
    http_stream_unref(stream);
    /* And in the middle of what is sent to them. */
    fd = open_stream(server, LISTEN, &stream);
    for (int i = 0; i < 10; i++)
        say(stream, "data: x\n\n");
    close(fd);
    await_state(stream, HTTP_STREAM_CLOSED);
    http_stream_unref(stream);
    http_server_destroy(server);
}

/* Fills all buffers between the stream and a listener that does not read; returns how many events
 * it took. */
static unsigned fill(struct http_stream *stream, GBytes *event)
{
    unsigned sent = 0;

    for (unsigned full = 0; full < 50;) {
        if (http_stream_send(stream, event) == HTTP_STREAM_SENT) {
            sent++;
            full = 0;
        } else {
            full++;
            g_usleep(1000);
        }
    }
    return sent;
}

static void test_slow_listeners_cost_little(void **state)
{
    (void)state;
    struct http_server *server = start(1000);
    struct http_stream *slow, *other;
    int fd = open_stream(server, LISTEN, &slow);
    int other_fd = open_stream(server, LISTEN, &other);
    g_autofree char *text = g_strnfill(4000, 'x');
    g_autoptr(GBytes) event = g_bytes_new(text, 4000);

    unsigned sent = fill(slow, event);
    while (http_stream_send(slow, event) == HTTP_STREAM_SENT)
        sent++;
    assert_int_equal(http_stream_state(slow), HTTP_STREAM_BUSY);
    /* Nobody else waits for them. */
    assert_int_equal(say(other, "data: quick\n\n"), HTTP_STREAM_SENT);
    expect_text(other_fd, "data: quick\n\n");
    /* Who reads on gets all that was taken, and then there is room. */
    read_letters(fd, 'x', (size_t)sent * 4000);
    await_state(slow, HTTP_STREAM_QUIET);
    assert_int_equal(say(slow, "data: again\n\n"), HTTP_STREAM_SENT);
    expect_text(fd, "data: again\n\n");
    http_stream_unref(slow);
    http_stream_unref(other);
    close(fd);
    close(other_fd);
    http_server_destroy(server);
}

static void test_the_server_stops_with_listeners(void **state)
{
    (void)state;
    struct http_server *server = start(1000);
    struct http_stream *quiet, *stuck;
    int fd = open_stream(server, LISTEN, &quiet);
    int stuck_fd = open_stream(server, LISTEN, &stuck);
    g_autofree char *text = g_strnfill(4000, 'x');
    g_autoptr(GBytes) event = g_bytes_new(text, 4000);

    fill(stuck, event);
    http_server_stop(server);
    assert_int_equal(say(quiet, "data: x\n\n"), HTTP_STREAM_GONE);
    char end[5];
    assert_int_equal(recv(fd, end, sizeof end, MSG_WAITALL), sizeof end);
    assert_memory_equal(end, "0\r\n\r\n", sizeof end);
    http_server_destroy(server);
    /* References outlive the server. */
    assert_int_equal(http_stream_state(stuck), HTTP_STREAM_CLOSED);
    http_stream_unref(quiet);
    http_stream_unref(stuck);
    close(fd);
    close(stuck_fd);
}

struct sender {
    struct http_stream *stream;
    unsigned n;
};

static gpointer send_many(gpointer data)
{
    const struct sender *sender = data;

    for (unsigned i = 0; i < sender->n;) {
        if (say(sender->stream, "data: 1\n\n") == HTTP_STREAM_FULL)
            g_thread_yield();
        else
            i++;
    }
    return NULL;
}

/* Threads that send while the event thread puts the connection to sleep and wakes it. */
static void test_many_senders_at_once(void **state)
{
    (void)state;
    struct http_server *server = start(0);
    struct sender sender = {.n = 2000};
    GThread *threads[4];
    int fd = open_stream(server, LISTEN, &sender.stream);

    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("sender", send_many, &sender);
    /* Each event has one; comments and the framing of chunks have none. */
    read_letters(fd, 't', G_N_ELEMENTS(threads) * sender.n);
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        g_thread_join(threads[i]);
    http_stream_unref(sender.stream);
    close(fd);
    http_server_destroy(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_events_arrive),
        cmocka_unit_test(test_there_are_so_many),
        cmocka_unit_test(test_a_listener_has_so_many),
        cmocka_unit_test(test_quiet_streams_get_comments),
        cmocka_unit_test(test_who_is_gone_is_noticed),
        cmocka_unit_test(test_slow_listeners_cost_little),
        cmocka_unit_test(test_the_server_stops_with_listeners),
        cmocka_unit_test(test_many_senders_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
