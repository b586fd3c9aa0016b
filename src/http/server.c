#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "http/internal.h"

#define BACKLOG 1024
#define DRAIN_POLL (2 * 1000) /* µs */

static const char *const LANE_NAMES[HTTP_LANE_EVENT] = {
    [HTTP_LANE_QUICK] = "http-quick",
    [HTTP_LANE_HEAVY] = "http-heavy",
    [HTTP_LANE_LONG] = "http-long",
};

void http_options_init(struct http_options *options)
{
    unsigned cores = g_get_num_processors();
    *options = (struct http_options){
        .listen = "127.0.0.1:8000",
        .event_threads = 2,
        .lanes = {[HTTP_LANE_QUICK] = {.threads = cores, .queue_max = 512},
                  [HTTP_LANE_HEAVY] = {.threads = cores, .queue_max = 16 * cores},
                  [HTTP_LANE_LONG] = {.threads = 2, .queue_max = 8}},
        .reads_inline = true,
        .body_memory_max = 256u << 20,
        .header_seconds = 10,
        .body_seconds = 20,
        .pause_seconds = 5,
        .idle_seconds = 60,
        .send_seconds = 120,
        .drain_seconds = 10,
        .connections_max = 4000,
        .connections_per_address_max = 512,
        .streams_max = 256,
        .streams_per_listener_max = 8,
        .stream_comment_seconds = 15,
        .stream_retry_seconds = 30,
    };
}

static bool open_listener(struct http_server *server, GError **error)
{
    struct sockaddr_storage address;
    socklen_t size = 0;
    if (!http_address_parse(server->options.listen, &address, &size, error))
        return false;
    int on = 1;
    server->listener =
        socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
    bool ready = server->listener >= 0 &&
                 !setsockopt(server->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) &&
                 !bind(server->listener, (struct sockaddr *)&address, size) &&
                 !listen(server->listener, BACKLOG) &&
                 !getsockname(server->listener, (struct sockaddr *)&address, &size);
    if (!ready) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_IO, "cannot listen on %s: %s",
                    server->options.listen, g_strerror(errno));
        return false;
    }
    /* The port is at the same place in both families. */
    struct sockaddr_in in;
    memcpy(&in, &address, sizeof in);
    server->port = ntohs(in.sin_port);
    return true;
}

static bool check_options(const struct http_options *options, GError **error)
{
    if (options->event_threads >= 1 && options->event_threads <= 64 &&
        options->lanes[HTTP_LANE_HEAVY].threads && options->connections_max &&
        options->header_seconds && options->body_seconds && options->pause_seconds &&
        options->idle_seconds && options->send_seconds && options->body_memory_max)
        return true;
    g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID,
                "the server's threads, limits and time-outs must not be zero");
    return false;
}

struct http_server *http_server_create(const struct http_options *options, GError **error)
{
    if (!check_options(options, error))
        return NULL;
    struct http_server *server = g_new0(struct http_server, 1);
    server->options = *options;
    server->listener = -1;
    pthread_mutex_init(&server->lock, NULL);
    pthread_cond_init(&server->wake, NULL);
    pthread_mutex_init(&server->streams_lock, NULL);
    g_queue_init(&server->exchanges);
    server->per_address = g_hash_table_new_full(http_ip_hash, http_ip_equal, g_free, NULL);
    bool ready = (server->trusted = http_networks_create(options->trusted_proxies, error)) &&
                 (server->router = http_router_create(options->routes, options->routes_n, error)) &&
                 (server->files = http_files_load(options, error)) && open_listener(server, error);
    if (ready)
        return server;
    http_server_destroy(server);
    return NULL;
}

static bool start_lanes(struct http_server *server, GError **error)
{
    for (size_t i = 0; i < HTTP_LANE_EVENT; i++) {
        const struct http_lane_options *lane = &server->options.lanes[i];
        if (!lane->threads)
            continue;
        server->lanes[i] = base_pool_create(LANE_NAMES[i], lane->threads, lane->queue_max, error);
        if (!server->lanes[i])
            return false;
    }
    return true;
}

G_GNUC_PRINTF(2, 0)
static void log_library(void *context, const char *format, va_list arguments)
{
    (void)context;
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    g_debug("http: %s", g_strchomp(message));
}

/* We decode addresses ourselves (guard.c); the library must leave them as they came. */
static size_t leave_escaped(void *context, struct MHD_Connection *connection, char *text)
{
    (void)context;
    (void)connection;
    return strlen(text);
}

static bool start_daemon(struct http_server *server)
{
    const struct http_options *options = &server->options;
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    server->daemon = MHD_start_daemon(
        flags, 0, http_connection_admit, server, http_exchange_step, server,
        MHD_OPTION_EXTERNAL_LOGGER, log_library, NULL, MHD_OPTION_LISTEN_SOCKET, server->listener,
        MHD_OPTION_THREAD_POOL_SIZE, options->event_threads, MHD_OPTION_CONNECTION_LIMIT,
        MAX(options->connections_max, options->event_threads), MHD_OPTION_CONNECTION_TIMEOUT, 0u,
        MHD_OPTION_URI_LOG_CALLBACK, http_exchange_line, server, MHD_OPTION_UNESCAPE_CALLBACK,
        leave_escaped, NULL, MHD_OPTION_NOTIFY_COMPLETED, http_exchange_done, server,
        MHD_OPTION_NOTIFY_CONNECTION, http_connection_notice, server, MHD_OPTION_END);
    return server->daemon != NULL;
}

bool http_server_start(struct http_server *server, GError **error)
{
    if (server->daemon || server->listener < 0) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID, "the server was started before");
        return false;
    }
    if (!start_lanes(server, error) || !http_reaper_start(server, error))
        return false;
    if (!start_daemon(server)) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_UNAVAILABLE, "the HTTP server did not start");
        return false;
    }
    return true;
}

static void wait_for_requests(struct http_server *server)
{
    gint64 end = g_get_monotonic_time() + (gint64)server->options.drain_seconds * G_USEC_PER_SEC;
    while (server->active && g_get_monotonic_time() < end)
        g_usleep(DRAIN_POLL);
}

void http_server_stop(struct http_server *server)
{
    server->stopping = true;
    if (server->daemon) {
        MHD_quiesce_daemon(server->daemon);
        http_streams_end(server);
        wait_for_requests(server);
    }
    server->drained = true;
    if (server->active && server->options.hurry)
        server->options.hurry(server->options.app);
    /* A suspended connection must be resumed before the library may stop. */
    for (size_t i = 0; i < HTTP_LANE_EVENT; i++)
        if (server->lanes[i])
            base_pool_close(server->lanes[i]);
    if (server->daemon)
        MHD_stop_daemon(g_steal_pointer(&server->daemon));
    http_reaper_stop(server);
    if (server->listener >= 0)
        close(server->listener);
    server->listener = -1;
}

void http_server_destroy(struct http_server *server)
{
    if (!server)
        return;
    http_server_stop(server);
    for (size_t i = 0; i < HTTP_LANE_EVENT; i++)
        base_pool_destroy(server->lanes[i]);
    http_router_destroy(server->router);
    http_files_destroy(server->files);
    http_networks_destroy(server->trusted);
    g_hash_table_destroy(server->per_address);
    pthread_mutex_destroy(&server->lock);
    pthread_cond_destroy(&server->wake);
    pthread_mutex_destroy(&server->streams_lock);
    g_free(server);
}

unsigned http_server_port(const struct http_server *server)
{
    return server->port;
}
