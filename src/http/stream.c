#include "http/stream.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "base/error.h"
#include "http/event.h"
#include "http/internal.h"

#define BLOCK_SIZE 4096u
#define SEND_BUFFER (64 << 10)
/* What the stream says when the server stops must be read in this time. */
#define LAST_SECONDS 1

struct http_stream {
    _Atomic unsigned references;
    GList link; /* in the server's list */
    char *listener;
    struct http_server *server;     /* until it is detached */
    pthread_mutex_t lock;           /* of what follows. Taken before the library's own */
    struct http_exchange *exchange; /* NULL once the connection is gone */
    struct http_event_queue queue;
    gint64 sent;   /* when the queue was last found empty; monotonic */
    bool sleeping; /* the connection is suspended */
    bool ended;    /* nothing is added any more */
    bool broken;   /* the connection is to be cut rather than ended */
};

static gint64 seconds_from_now(unsigned seconds)
{
    return g_get_monotonic_time() + (gint64)seconds * G_TIME_SPAN_SECOND;
}

struct http_stream *http_stream_ref(struct http_stream *stream)
{
    stream->references++;
    return stream;
}

static void release(struct http_stream *stream)
{
    if (--stream->references > 0)
        return;
    http_event_queue_clear(&stream->queue);
    pthread_mutex_destroy(&stream->lock);
    g_free(stream->listener);
    g_free(stream);
}

/* With the lock held. From then on the listener has to read. */
static void wake(struct http_stream *stream)
{
    if (!stream->sleeping || !stream->exchange)
        return;
    stream->sleeping = false;
    stream->exchange->deadline = seconds_from_now(HTTP_STREAM_SEND_SECONDS);
    MHD_resume_connection(stream->exchange->connection);
}

enum http_stream_sent http_stream_send(struct http_stream *stream, GBytes *event)
{
    enum http_stream_sent result = HTTP_STREAM_GONE;

    pthread_mutex_lock(&stream->lock);
    if (stream->exchange && !stream->ended)
        result = http_event_queue_add(&stream->queue, event) ? HTTP_STREAM_SENT : HTTP_STREAM_FULL;
    if (result == HTTP_STREAM_SENT)
        wake(stream);
    pthread_mutex_unlock(&stream->lock);
    return result;
}

enum http_stream_state http_stream_state(struct http_stream *stream)
{
    pthread_mutex_lock(&stream->lock);
    const enum http_stream_state state = !stream->exchange || stream->ended ? HTTP_STREAM_CLOSED
                                         : stream->sleeping                 ? HTTP_STREAM_QUIET
                                                                            : HTTP_STREAM_BUSY;
    pthread_mutex_unlock(&stream->lock);
    return state;
}

void http_stream_end(struct http_stream *stream)
{
    pthread_mutex_lock(&stream->lock);
    stream->ended = true;
    wake(stream);
    pthread_mutex_unlock(&stream->lock);
}

void http_stream_unref(struct http_stream *stream)
{
    if (!stream)
        return;
    http_stream_end(stream);
    release(stream);
}

/* ---- the connection's side ---- */

/* The library asks for more. It sleeps when there is nothing: then all before is with the kernel.
 */
static ssize_t read_more(void *context, uint64_t position, char *out, size_t size)
{
    struct http_stream *stream = context;

    (void)position;
    pthread_mutex_lock(&stream->lock);
    const size_t n = stream->broken ? 0 : http_event_queue_take(&stream->queue, out, size);
    ssize_t result = (ssize_t)n;
    if (n) {
        if (stream->exchange && !stream->ended)
            stream->exchange->deadline = seconds_from_now(HTTP_STREAM_SEND_SECONDS);
    } else if (stream->broken || !stream->exchange) {
        result = MHD_CONTENT_READER_END_WITH_ERROR;
    } else if (stream->ended) {
        result = MHD_CONTENT_READER_END_OF_STREAM;
    } else {
        stream->sleeping = true;
        stream->sent = g_get_monotonic_time();
        stream->exchange->deadline = 0;
        MHD_suspend_connection(stream->exchange->connection);
    }
    pthread_mutex_unlock(&stream->lock);
    return result;
}

static void release_reader(void *context)
{
    release(context);
}

struct MHD_Response *http_stream_build(struct http_stream *stream)
{
    struct MHD_Response *built = MHD_create_response_from_callback(
        MHD_SIZE_UNKNOWN, BLOCK_SIZE, read_more, stream, release_reader);

    if (built)
        http_stream_ref(stream);
    return built;
}

void http_stream_detach(struct http_stream *stream)
{
    struct http_server *server = stream->server;

    pthread_mutex_lock(&server->streams_lock);
    g_queue_unlink(&server->streams, &stream->link);
    pthread_mutex_unlock(&server->streams_lock);
    pthread_mutex_lock(&stream->lock);
    stream->exchange = NULL;
    stream->ended = true;
    http_event_queue_clear(&stream->queue);
    pthread_mutex_unlock(&stream->lock);
    release(stream);
}

/* Whoever is cut off from the net says nothing: the kernel gives up on them earlier than it would
 * by itself. And it keeps no more for a slow one than we do. */
static void limit_connection(int fd)
{
    const unsigned milliseconds = 1000 * HTTP_STREAM_SEND_SECONDS;
    const int bytes = SEND_BUFFER;

    (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &milliseconds, sizeof milliseconds);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
}

/* With the lock of the server's streams held. */
static bool has_too_many(const struct http_server *server, const char *listener)
{
    const unsigned most = server->options.streams_per_listener_max;
    unsigned n = 0;

    for (const GList *link = server->streams.head; link; link = link->next)
        n += strcmp(((const struct http_stream *)link->data)->listener, listener) == 0;
    return most > 0 && n >= most;
}

/* Puts the stream among the server's: 200, or why not. */
static unsigned enlist(struct http_server *server, struct http_stream *stream)
{
    unsigned status = 200;

    pthread_mutex_lock(&server->streams_lock);
    if (server->stopping || server->streams.length >= server->options.streams_max)
        status = 503;
    else if (has_too_many(server, stream->listener))
        status = 429;
    else
        g_queue_push_tail_link(&server->streams, &stream->link);
    pthread_mutex_unlock(&server->streams_lock);
    return status;
}

static void refuse(struct http_response *response, const struct http_options *options,
                   unsigned status)
{
    g_autoptr(GError) error =
        status == 429
            ? g_error_new(BASE_ERROR, BASE_ERROR_RATE_LIMITED,
                          "You are listening %u times already; please close a page that you do "
                          "not need.",
                          options->streams_per_listener_max)
            : g_error_new_literal(BASE_ERROR, BASE_ERROR_UNAVAILABLE,
                                  "Too many people are listening just now.");

    http_response_gerror(response, error);
    http_response_retry_after(response, options->stream_retry_seconds);
}

struct http_stream *http_response_stream(struct http_request *request,
                                         struct http_response *response, const char *listener)
{
    struct http_exchange *exchange = (struct http_exchange *)request;
    struct http_server *server = exchange->server;
    struct http_stream *stream = g_new0(struct http_stream, 1);

    stream->references = 1;
    pthread_mutex_init(&stream->lock, NULL);
    stream->link.data = stream;
    stream->listener = g_strdup(listener);
    stream->server = server;
    stream->exchange = exchange;
    stream->sent = g_get_monotonic_time();
    const unsigned status = enlist(server, stream);
    if (status != 200) {
        release(stream);
        refuse(response, &server->options, status);
        return NULL;
    }
    limit_connection(exchange->fd);
    /* The exchange has the first reference, until it is detached. */
    exchange->stream = stream;
    http_response_status_only(response, MHD_HTTP_OK);
    response->stream = stream;
    response->type = "text/event-stream";
    http_response_header(response, "X-Accel-Buffering", "no");
    return http_stream_ref(stream);
}

/* ---- all streams of a server ---- */

/* Whether the listener has closed the connection, or it broke, which nobody notices while it
 * sleeps. */
static bool is_gone(const struct http_stream *stream)
{
    char byte;

    const ssize_t got = recv(stream->exchange->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

static void look_after(struct http_stream *stream, GBytes *comment, gint64 quiet_since)
{
    pthread_mutex_lock(&stream->lock);
    if (stream->exchange && stream->sleeping) {
        if (is_gone(stream)) {
            stream->broken = stream->ended = true;
            wake(stream);
        } else if (stream->sent < quiet_since && http_event_queue_add(&stream->queue, comment)) {
            wake(stream);
        }
    }
    pthread_mutex_unlock(&stream->lock);
}

void http_streams_look_after(struct http_server *server)
{
    const gint64 quiet_since = g_get_monotonic_time() -
                               (gint64)server->options.stream_comment_seconds * G_TIME_SPAN_SECOND;
    g_autoptr(GBytes) comment = http_event_comment("");

    pthread_mutex_lock(&server->streams_lock);
    for (GList *link = server->streams.head; link; link = link->next)
        look_after(link->data, comment, quiet_since);
    pthread_mutex_unlock(&server->streams_lock);
}

void http_streams_end(struct http_server *server)
{
    pthread_mutex_lock(&server->streams_lock);
    for (GList *link = server->streams.head; link; link = link->next) {
        struct http_stream *stream = link->data;
        pthread_mutex_lock(&stream->lock);
        stream->ended = true;
        wake(stream);
        if (stream->exchange)
            stream->exchange->deadline = seconds_from_now(LAST_SECONDS);
        pthread_mutex_unlock(&stream->lock);
    }
    pthread_mutex_unlock(&server->streams_lock);
}
