/* The HTTP server with the API and the page behind it. */
#ifndef APP_SERVER_H
#define APP_SERVER_H

#include "api/api.h"
#include "app/app.h"
#include "app/jobs.h"
#include "app/outgoing.h"
#include "app/upkeep.h"
#include "http/http.h"

struct app_server {
    struct api api;
    struct http_server *http;
    struct app_upkeep *upkeep;
    struct app_outgoing *outgoing;
    struct app_jobs *jobs;
    char **trusted_proxies;
    char **cors_origins;
    char *docs_dir;
    struct http_directory directories[2]; /* the page, the documentation of the API */
};

/* Threads for quick requests: as many connections to the database may be wanted at once. */
unsigned app_server_quick_threads(const struct app_settings *settings);
/* The same for those that work on pictures and videos of classes. */
unsigned app_server_long_threads(void);

/* Binds the port and starts to serve. `settings` and `app` must outlive the server. Fails with
 * BASE_ERROR_IO when the port is taken or the page cannot be read, BASE_ERROR_INVALID for settings
 * that make no sense; nothing is left open then. Without a folder for the page the API is served
 * alone, and the log says so. */
bool app_server_start(struct app_server *server, const struct app_settings *settings,
                      struct app *app, GError **error);

/* Lets requests under way finish, then closes everything. May be called twice. */
void app_server_stop(struct app_server *server);

#endif
