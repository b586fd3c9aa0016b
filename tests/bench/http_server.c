/*
 * A server with nothing behind it, to measure what the HTTP layer alone costs:
 *
 *     bench_http_server [PORT [QUICK_THREADS [EVENT_THREADS]]]
 *
 * GET /event answers on the event thread, GET /quick in the quick lane, GET /heavy in the heavy
 * one.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "http/http.h"

static void handle(void *app, struct http_request *request, struct http_response *response)
{
    (void)app;
    (void)request;
    static const char JSON[] = "{\"status\":\"ok\"}";
    http_response_json(response, 200, JSON, sizeof JSON - 1);
}

static const struct http_route ROUTES[] = {
    {.path = "/event", .lane = HTTP_LANE_EVENT, .handler = handle},
    {.path = "/quick", .lane = HTTP_LANE_QUICK, .handler = handle},
    {.path = "/heavy", .lane = HTTP_LANE_HEAVY, .handler = handle},
};

int main(int argc, char **argv)
{
    struct http_options options;
    http_options_init(&options);
    g_autofree char *listen = g_strdup_printf("127.0.0.1:%s", argc > 1 ? argv[1] : "8099");
    options.listen = listen;
    options.lanes[HTTP_LANE_QUICK].threads =
        argc > 2 ? (unsigned)g_ascii_strtoull(argv[2], NULL, 10) : 0;
    options.event_threads = argc > 3 ? (unsigned)g_ascii_strtoull(argv[3], NULL, 10) : 2;
    options.reads_inline = false;
    options.routes = ROUTES;
    options.routes_n = G_N_ELEMENTS(ROUTES);
    g_autoptr(GError) error = NULL;
    struct http_server *server = http_server_create(&options, &error);
    if (!server || !http_server_start(server, &error)) {
        fprintf(stderr, "%s\n", error->message);
        return 1;
    }
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    int signal = 0;
    sigwait(&signals, &signal);
    http_server_destroy(server);
    return 0;
}
