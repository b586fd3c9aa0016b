#include <sys/socket.h>
#include <time.h>

#include "base/error.h"
#include "http/internal.h"

#define NSEC_PER_SEC 1000000000L
#define REAP_EVERY_NSEC (NSEC_PER_SEC / 4)

enum MHD_Result http_connection_admit(void *context, const struct sockaddr *address, socklen_t size)
{
    (void)size;
    struct http_server *server = context;
    unsigned limit = server->options.connections_per_address_max;
    struct http_ip ip;
    if (!limit || !http_ip_of(address, &ip) || http_networks_contain(server->trusted, &ip))
        return MHD_YES;
    ip = http_ip_client(&ip);
    pthread_mutex_lock(&server->lock);
    unsigned count = GPOINTER_TO_UINT(g_hash_table_lookup(server->per_address, &ip));
    pthread_mutex_unlock(&server->lock);
    return count < limit ? MHD_YES : MHD_NO;
}

/* With the lock held. */
static void count_address(struct http_server *server, const struct http_ip *ip, int change)
{
    struct http_ip client = http_ip_client(ip);
    guint count = GPOINTER_TO_UINT(g_hash_table_lookup(server->per_address, &client));
    count += (guint)change;
    if (count)
        g_hash_table_insert(server->per_address, g_memdup2(&client, sizeof client),
                            GUINT_TO_POINTER(count));
    else
        g_hash_table_remove(server->per_address, &client);
}

static struct http_exchange *open_exchange(struct http_server *server,
                                           struct MHD_Connection *connection)
{
    struct http_exchange *exchange = g_new0(struct http_exchange, 1);
    exchange->server = server;
    exchange->connection = connection;
    exchange->fd =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    const struct sockaddr *address =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr;
    exchange->has_ip = address && http_ip_of(address, &exchange->ip);
    if (exchange->has_ip) {
        http_ip_format(&exchange->ip, exchange->peer);
        exchange->trusted = http_networks_contain(server->trusted, &exchange->ip);
    }
    exchange->deadline =
        g_get_monotonic_time() + (gint64)server->options.header_seconds * G_USEC_PER_SEC;
    exchange->link.data = exchange;
    http_response_init(&exchange->response, &exchange->arena);
    http_exchange_reset(exchange);

    pthread_mutex_lock(&server->lock);
    g_queue_push_tail_link(&server->exchanges, &exchange->link);
    if (exchange->has_ip)
        count_address(server, &exchange->ip, 1);
    pthread_mutex_unlock(&server->lock);
    return exchange;
}

static void close_exchange(struct http_server *server, struct http_exchange *exchange)
{
    pthread_mutex_lock(&server->lock);
    g_queue_unlink(&server->exchanges, &exchange->link);
    if (exchange->has_ip)
        count_address(server, &exchange->ip, -1);
    pthread_mutex_unlock(&server->lock);
    http_exchange_reset(exchange);
    g_free(exchange);
}

void http_connection_notice(void *context, struct MHD_Connection *connection, void **slot,
                            enum MHD_ConnectionNotificationCode code)
{
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        *slot = open_exchange(context, connection);
    } else if (*slot) {
        close_exchange(context, *slot);
        *slot = NULL;
    }
}

/* With the lock held: a connection leaves the list before its socket is closed, so `fd` is its. */
static void reap(struct http_server *server)
{
    gint64 now = g_get_monotonic_time();
    for (GList *link = server->exchanges.head; link; link = link->next) {
        struct http_exchange *exchange = link->data;
        gint64 deadline = exchange->deadline;
        if (deadline && deadline < now)
            shutdown(exchange->fd, SHUT_RDWR);
    }
}

static gpointer reaper_run(gpointer context)
{
    struct http_server *server = context;
    pthread_mutex_lock(&server->lock);
    while (server->reaping) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += REAP_EVERY_NSEC;
        until.tv_sec += until.tv_nsec / NSEC_PER_SEC;
        until.tv_nsec %= NSEC_PER_SEC;
        pthread_cond_timedwait(&server->wake, &server->lock, &until);
        reap(server);
        pthread_mutex_unlock(&server->lock);
        http_streams_look_after(server);
        pthread_mutex_lock(&server->lock);
    }
    pthread_mutex_unlock(&server->lock);
    return NULL;
}

bool http_reaper_start(struct http_server *server, GError **error)
{
    g_autoptr(GError) cause = NULL;
    server->reaping = true;
    server->reaper = g_thread_try_new("http-reaper", reaper_run, server, &cause);
    if (!server->reaper)
        g_set_error(error, BASE_ERROR, BASE_ERROR_UNAVAILABLE, "cannot start a thread: %s",
                    cause->message);
    return server->reaper != NULL;
}

void http_reaper_stop(struct http_server *server)
{
    if (!server->reaper)
        return;
    pthread_mutex_lock(&server->lock);
    server->reaping = false;
    pthread_cond_signal(&server->wake);
    pthread_mutex_unlock(&server->lock);
    g_thread_join(server->reaper);
    server->reaper = NULL;
}
