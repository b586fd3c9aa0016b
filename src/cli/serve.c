#include "app/log.h"
#include "app/server.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/output.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static void print_first_administrator(const struct service_bootstrap_result *made)
{
    if (made->created)
        printf("First administrator\n  e-mail    %s\n  password  %s\n"
               "The password is shown only now.\n\n",
               made->email, made->password);
}

/* "0.0.0.0" and "[::]" are no addresses to open in a browser. */
static char *url_of(const struct app_settings *settings, unsigned port)
{
    const char *colon = strrchr(settings->listen, ':');
    g_autofree char *host =
        colon ? g_strndup(settings->listen, (gsize)(colon - settings->listen)) : g_strdup("");
    bool local = !*host || strcmp(host, "127.0.0.1") == 0 || strcmp(host, "0.0.0.0") == 0 ||
                 strcmp(host, "[::1]") == 0 || strcmp(host, "[::]") == 0;

    return g_strdup_printf("http://%s:%u", local ? "localhost" : host, port);
}

/* The signals stay blocked in every thread, so that only the one that waits here sees them. */
static void block_signals(sigset_t *signals)
{
    sigemptyset(signals);
    sigaddset(signals, SIGINT);
    sigaddset(signals, SIGTERM);
    sigaddset(signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, signals, NULL);
}

static int serve(const struct app_settings *settings, const sigset_t *signals)
{
    g_autoptr(GError) error = NULL;
    struct app_server server = {0};
    struct app app;
    int number;

    if (!app_open(settings, APP_PART_CREATE | APP_PART_FACES | APP_PART_FACES_OPTIONAL, &app,
                  &error))
        return cli_fail(error);
    print_first_administrator(&app.bootstrap);
    fflush(stdout);
    if (!app_server_start(&server, settings, &app, &error)) {
        app_close(&app);
        return cli_fail(error);
    }
    g_autofree char *url = url_of(settings, http_server_port(server.http));
    printf("Presente is at %s\n", url);
    fflush(stdout);
    sigwait(signals, &number);
    g_message("Stopping: requests under way are finished first.");
    app_server_stop(&server);
    app_close(&app);
    return CLI_EXIT_OK;
}

int cli_serve(int argc, char **argv)
{
    char *listen = NULL;
    const GOptionEntry options[] = {
        {"listen", 'l', 0, G_OPTION_ARG_STRING, &listen, "In place of PRESENTE_LISTEN",
         "ADDRESS:PORT"},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .summary = "Serves the page and the API until SIGINT or SIGTERM. Makes database, key and "
                   "first administrator when there are none.",
        .options = options,
    };
    struct app_settings settings;
    g_auto(GStrv) words = NULL;
    sigset_t signals;
    int status;

    if (cli_parse(&syntax, argc, argv, &words, &status) && cli_settings_load(&settings, &status)) {
        app_log_start(settings.log_level);
        if (listen) {
            g_free(settings.listen);
            settings.listen = g_steal_pointer(&listen);
        }
        block_signals(&signals);
        status = serve(&settings, &signals);
        app_settings_clear(&settings);
    }
    g_free(listen);
    return status;
}
