#include <stdatomic.h>
#include <string.h>

#include "http/internal.h"

#define BODY_FIRST (16u << 10)
#define DISCARD_MAX (1u << 20)
/* A body up to this size needs no more than that there is room at all; a larger one gets a
 * quarter of what the others left, so that a few of them never leave nothing for small ones. */
#define BODY_SMALL (1u << 20)
#define BODY_SHARE 4
/* Each byte received buys so much time (16 KiB a second), to at most body_seconds ahead: whoever
 * sent much at once cannot hold its memory on that credit. */
#define BODY_USEC_PER_BYTE (G_USEC_PER_SEC / (16 << 10))

/* Time to take a file besides send_seconds, to at most an hour. */
#define FILE_BYTES_PER_SECOND (64u << 10)
#define FILE_SECONDS_MAX 3600u

static gint64 seconds_from(gint64 now, unsigned seconds)
{
    return now + (gint64)seconds * G_USEC_PER_SEC;
}

void *http_exchange_line(void *server, const char *target, struct MHD_Connection *connection)
{
    (void)server;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct http_exchange *exchange = info->socket_context;
    http_exchange_reset(exchange);
    exchange->connection = connection;
    exchange->phase = HTTP_PHASE_HEAD;
    exchange->started = g_get_monotonic_time();
    exchange->deadline = seconds_from(exchange->started, exchange->server->options.header_seconds);
    exchange->raw = target;
    exchange->target_size = strlen(target);
    if (exchange->target_size <= HTTP_TARGET_MAX)
        exchange->target_text = http_arena_copy(&exchange->arena, target, exchange->target_size);
    return exchange;
}

static void release_body(struct http_exchange *exchange)
{
    if (!exchange->body)
        return;
    exchange->server->body_memory -= exchange->body_capacity;
    g_free(exchange->body);
    exchange->body = NULL;
    exchange->body_capacity = 0;
}

void http_exchange_reset(struct http_exchange *exchange)
{
    if (exchange->stream)
        http_stream_detach(g_steal_pointer(&exchange->stream));
    release_body(exchange);
    if (exchange->built && !exchange->built_is_shared)
        MHD_destroy_response(exchange->built);
    http_response_clear(&exchange->response);
    http_arena_reset(&exchange->arena);
    http_response_init(&exchange->response, &exchange->arena);
    exchange->request = (struct http_request){.path = "", .peer = exchange->peer, .body = ""};
    exchange->phase = HTTP_PHASE_IDLE;
    exchange->method_name = "?";
    exchange->status = 0;
    exchange->built = NULL;
    exchange->built_is_shared = false;
    exchange->close = false;
    exchange->discard = false;
    exchange->secure = false;
    exchange->raw = NULL;
    exchange->target_text = NULL;
    exchange->target_size = 0;
    exchange->target.segments_n = 0;
    exchange->target.query_n = 0;
    exchange->fields = NULL;
    exchange->fields_n = 0;
    exchange->framing = (struct http_framing){.content_length = -1};
    exchange->body_size = 0;
    exchange->discarded = 0;
}

static enum MHD_Result send_answer(struct http_exchange *exchange)
{
    if (!exchange->built)
        return MHD_NO;
    if (!exchange->built_is_shared && (exchange->close || exchange->server->stopping))
        MHD_add_response_header(exchange->built, "Connection", "close");
    exchange->phase = HTTP_PHASE_SENT;
    const uint64_t more = exchange->response.file_size / FILE_BYTES_PER_SECOND;
    exchange->deadline =
        seconds_from(g_get_monotonic_time(), exchange->server->options.send_seconds +
                                                 (unsigned)MIN(more, FILE_SECONDS_MAX));
    enum MHD_Result queued =
        MHD_queue_response(exchange->connection, exchange->status, exchange->built);
    if (!exchange->built_is_shared)
        MHD_destroy_response(exchange->built);
    exchange->built = NULL;
    return queued;
}

static enum MHD_Result begin(struct http_exchange *exchange, const char *method,
                             const char *version)
{
    exchange->server->active++;
    exchange->phase = HTTP_PHASE_BODY;
    http_exchange_accept(exchange, method, version);
    if (exchange->close)
        return send_answer(exchange);
    exchange->body_deadline =
        seconds_from(exchange->started, exchange->server->options.body_seconds);
    exchange->deadline = exchange->body_deadline;
    return MHD_YES;
}

/* Whether a body may hold `wanted` bytes while all others hold `others`. */
static bool fits_in_memory(const struct http_options *options, size_t wanted, size_t others)
{
    if (others >= options->body_memory_max)
        return false;
    size_t left = options->body_memory_max - others;
    return wanted <= (wanted > BODY_SMALL ? left / BODY_SHARE : left);
}

/* Room for `size` bytes within the server's memory for bodies. */
static bool reserve_body(struct http_exchange *exchange, size_t size, size_t limit)
{
    struct http_server *server = exchange->server;
    if (size <= exchange->body_capacity)
        return true;
    size_t held = exchange->body_capacity;
    /* Large ones grow close to what has arrived. */
    size_t wanted = MAX(MAX(size, BODY_FIRST), held + (held < BODY_SMALL ? held : held / 4));
    wanted = MIN(wanted, MAX(limit, size));
    size_t more = wanted - held;
    size_t before = atomic_fetch_add(&server->body_memory, more);
    char *grown = fits_in_memory(&server->options, wanted, before - held)
                      ? g_try_realloc(exchange->body, wanted)
                      : NULL;
    if (!grown) {
        server->body_memory -= more;
        return false;
    }
    exchange->body = grown;
    exchange->body_capacity = wanted;
    return true;
}

/* A body that turns out not to be wanted while it comes: the answer must wait for its end. */
static void refuse_body(struct http_exchange *exchange, unsigned status, const char *message)
{
    release_body(exchange);
    exchange->discard = true;
    if (status == 503)
        http_response_retry_after(&exchange->response, 1);
    http_exchange_refuse(exchange, status, message);
}

/* `n` bytes more have come: moves the time by which the next ones must. */
static void extend_deadline(struct http_exchange *exchange, size_t n)
{
    const struct http_options *options = &exchange->server->options;
    gint64 now = g_get_monotonic_time();
    exchange->body_deadline = MIN(exchange->body_deadline + (gint64)n * BODY_USEC_PER_BYTE,
                                  seconds_from(now, options->body_seconds));
    exchange->deadline = MIN(exchange->body_deadline, seconds_from(now, options->pause_seconds));
}

static enum MHD_Result receive(struct http_exchange *exchange, const char *bytes, size_t *size)
{
    size_t n = *size;
    *size = 0;
    extend_deadline(exchange, n);
    if (!exchange->discard) {
        int64_t declared = exchange->framing.content_length;
        size_t limit = declared >= 0 ? (size_t)declared : exchange->request.route->body_max;
        if (n > limit - exchange->body_size)
            refuse_body(exchange, 413, "the body is too large");
        else if (!reserve_body(exchange, exchange->body_size + n, limit))
            refuse_body(exchange, 503, "too much is being uploaded just now; try again");
    }
    if (exchange->discard) {
        exchange->discarded += n;
        bool endless = exchange->framing.chunked && exchange->discarded > DISCARD_MAX;
        return endless ? MHD_NO : MHD_YES;
    }
    memcpy(exchange->body + exchange->body_size, bytes, n);
    exchange->body_size += n;
    return MHD_YES;
}

static void work(struct http_exchange *exchange)
{
    const struct http_options *options = &exchange->server->options;
    struct http_request *request = &exchange->request;
    if (!options->authorise ||
        options->authorise(options->app, request, request->route, &exchange->response))
        request->route->handler(options->app, request, &exchange->response);
    if (request->identity && request->identity_destroy)
        request->identity_destroy(request->identity);
    request->identity = NULL;
    release_body(exchange);
    http_exchange_build(exchange);
}

static void refuse_busy(struct http_exchange *exchange, const char *message)
{
    release_body(exchange);
    http_response_retry_after(&exchange->response, 1);
    http_exchange_refuse(exchange, 503, message);
}

static void work_in_lane(void *job)
{
    struct http_exchange *exchange = job;
    if (exchange->server->drained)
        refuse_busy(exchange, "the server is stopping");
    else
        work(exchange);
    /* From here on the exchange is the event thread's again. */
    MHD_resume_connection(exchange->connection);
}

static bool is_anonymous(const struct http_request *request)
{
    return !http_request_header(request, "Authorization") &&
           !http_request_header(request, "Cookie");
}

/* NULL: on the event thread itself. */
static struct base_pool *lane_of(const struct http_exchange *exchange)
{
    const struct http_server *server = exchange->server;
    const struct http_route *route = exchange->request.route;
    bool is_quick_read = route->lane == HTTP_LANE_QUICK && route->method == HTTP_METHOD_GET;
    bool is_inline = is_quick_read && !route->waits && server->options.reads_inline;
    bool is_instant = route->instant && is_anonymous(&exchange->request);
    if (route->lane == HTTP_LANE_EVENT || is_inline || is_instant)
        return NULL;
    return server->lanes[route->lane];
}

static enum MHD_Result run(struct http_exchange *exchange)
{
    struct http_request *request = &exchange->request;
    request->body = exchange->body ? exchange->body : "";
    request->body_size = exchange->body_size;
    exchange->deadline = 0;
    exchange->phase = HTTP_PHASE_RUN;
    struct base_pool *lane = lane_of(exchange);
    if (!lane) {
        work(exchange);
        return send_answer(exchange);
    }
    struct MHD_Connection *connection = exchange->connection;
    MHD_suspend_connection(connection);
    if (base_pool_submit(lane, work_in_lane, exchange))
        return MHD_YES;
    refuse_busy(exchange, "the server is busy; try again");
    MHD_resume_connection(connection);
    return MHD_YES;
}

enum MHD_Result http_exchange_step(void *server, struct MHD_Connection *connection, const char *url,
                                   const char *method, const char *version, const char *upload,
                                   size_t *upload_size, void **context)
{
    (void)server;
    (void)connection;
    (void)url;
    struct http_exchange *exchange = *context;
    if (exchange->phase == HTTP_PHASE_HEAD)
        return begin(exchange, method, version);
    if (*upload_size)
        return receive(exchange, upload, upload_size);
    if (exchange->built || exchange->phase == HTTP_PHASE_RUN)
        return send_answer(exchange);
    return run(exchange);
}

static void log_access(const struct http_exchange *exchange)
{
    GLogLevelFlags level = exchange->server->options.access_log;
    if (!level)
        return;
    gint64 elapsed = g_get_monotonic_time() - exchange->started;
    char status[16];
    char micros[24];
    g_snprintf(status, sizeof status, "%u", exchange->status);
    g_snprintf(micros, sizeof micros, "%" G_GINT64_FORMAT, elapsed);
    g_log_structured(G_LOG_DOMAIN, level, "HTTP_METHOD", exchange->method_name, "HTTP_PATH",
                     exchange->request.path, "HTTP_STATUS", status, "HTTP_MICROSECONDS", micros,
                     "MESSAGE", "%s %s %s %.1f ms %s", exchange->method_name,
                     exchange->request.path, status, (double)elapsed / 1e3, exchange->request.peer);
}

void http_exchange_done(void *server, struct MHD_Connection *connection, void **context,
                        enum MHD_RequestTerminationCode code)
{
    (void)server;
    (void)connection;
    (void)code;
    struct http_exchange *exchange = *context;
    if (!exchange)
        return;
    if (exchange->phase > HTTP_PHASE_HEAD) {
        log_access(exchange);
        exchange->server->active--;
    }
    unsigned idle = exchange->server->options.idle_seconds;
    exchange->deadline = seconds_from(g_get_monotonic_time(), idle);
    http_exchange_reset(exchange);
    *context = NULL;
}
