#include "app/server.h"

#include "base/error.h"
#include "service/class_marks.h"
#include "service/live.h"
#include "service/timetable.h"
#include "service/watch.h"

#include <string.h>

/* So many bodies of the largest size must fit into memory at once. */
#define BODIES_MIN 4

/* Threads that wait for a server are many, because waiting costs nothing and commits that arrive
 * together become durable together. */
#define QUICK_THREADS_SERVER 16

unsigned app_server_quick_threads(const struct app_settings *settings)
{
    struct http_options options;

    http_options_init(&options);
    return db_url_is_server(settings->database_url) ? QUICK_THREADS_SERVER
                                                    : options.lanes[HTTP_LANE_QUICK].threads;
}

/* One more than may work at once, which answers the others that they may not. */
unsigned app_server_long_threads(void)
{
    return service_class_places() + 1;
}

/* Threads that wait for a database that hangs, or that look at a long video, would keep the program
 * from ending. */
static void hurry(void *app)
{
    const struct api *api = app;
    struct recogniser *recogniser = service_recogniser(api->service);

    if (recogniser)
        recogniser_interrupt(recogniser);
    db_interrupt(service_db(api->service));
}

static bool fill_options(struct app_server *server, const struct app_settings *settings,
                         struct http_options *options)
{
    size_t routes_n;

    http_options_init(options);
    options->listen = settings->listen;
    options->lanes[HTTP_LANE_QUICK].threads = app_server_quick_threads(settings);
    /* An event thread must not wait for a server. */
    options->reads_inline = !db_url_is_server(settings->database_url);
    options->lanes[HTTP_LANE_HEAVY].threads = app_settings_workers(settings);
    options->lanes[HTTP_LANE_HEAVY].queue_max = (unsigned)settings->queue;
    options->lanes[HTTP_LANE_LONG].threads = app_server_long_threads();
    options->streams_per_listener_max = (unsigned)settings->limit_listeners;
    options->body_memory_max =
        MAX(options->body_memory_max, BODIES_MIN * (size_t)settings->max_image_bytes);
    options->app = &server->api;
    options->hurry = hurry;
    options->authorise = api_authorise;
    options->routes = api_routes(&routes_n);
    options->routes_n = routes_n;
    /* Not even put together when nobody reads it. */
    options->access_log = strcmp(settings->log_level, "debug") ? 0 : G_LOG_LEVEL_DEBUG;
    if (*server->trusted_proxies)
        options->trusted_proxies = (const char *const *)server->trusted_proxies;
    if (*server->cors_origins)
        options->cors_origins = (const char *const *)server->cors_origins;
    if (!g_file_test(settings->web_dir, G_FILE_TEST_IS_DIR))
        return false;
    server->directories[0] = (struct http_directory){
        .prefix = "/", .directory = settings->web_dir, .index = "index.html"};
    server->docs_dir = g_build_filename(settings->web_dir, "docs", NULL);
    server->directories[1] = (struct http_directory){
        .prefix = "/docs/", .directory = server->docs_dir, .index = "index.html"};
    options->directories = server->directories;
    options->directories_n = g_file_test(server->docs_dir, G_FILE_TEST_IS_DIR) ? 2 : 1;
    return true;
}

bool app_server_start(struct app_server *server, const struct app_settings *settings,
                      struct app *app, GError **error)
{
    struct http_options options;
    struct api_options api = {
        .service = app->service,
        .cookie_secure = settings->cookie_secure,
        .self_registration = settings->self_registration,
        .email_domain = settings->email_domain,
    };

    *server = (struct app_server){
        .trusted_proxies = app_settings_list(settings->trusted_proxies),
        .cors_origins = app_settings_list(settings->cors_origins),
    };
    api_init(&server->api, &api);
    /* The configuration may name another time zone than that of the sessions. */
    g_autoptr(GError) problem = NULL;
    if (!service_timetable_sync(app->service, &problem))
        g_warning("The timetable is not of this time zone: %s", problem->message);
    if (!fill_options(server, settings, &options))
        g_warning("There is no page at %s: only the API is served.", settings->web_dir);
    server->http = http_server_create(&options, error);
    if (server->http) {
        server->upkeep = app_upkeep_start(app->service, db_url_is_server(settings->database_url));
        if (http_server_start(server->http, error)) {
            server->outgoing = app_outgoing_start(app->service);
            server->jobs = app_jobs_start(app->service);
            return true;
        }
    }
    app_server_stop(server);
    return false;
}

/* Threads that wait for a database that is known to hang need not be waited for one by one. */
static void wake_threads(const struct app_server *server)
{
    struct service *service = server->api.service;

    if (service && service_watch_state(service) == SERVICE_WATCH_SILENT)
        db_interrupt(service_db(service));
}

void app_server_stop(struct app_server *server)
{
    if (server->http)
        http_server_stop(server->http);
    wake_threads(server);
    app_jobs_stop(server->jobs);
    app_outgoing_stop(server->outgoing);
    app_upkeep_stop(server->upkeep);
    if (server->api.service)
        service_live_stop(server->api.service);
    http_server_destroy(server->http);
    g_strfreev(server->trusted_proxies);
    g_strfreev(server->cors_origins);
    g_free(server->docs_dir);
    *server = (struct app_server){0};
}
