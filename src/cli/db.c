#include "cli/command.h"
#include "cli/commands.h"
#include "cli/output.h"

#include <stdio.h>

static int print_init(const struct cli_session *session, bool as_json)
{
    const struct service_bootstrap_result *made = &session->app.bootstrap;
    g_autofree char *shown = db_url_display(session->settings.database_url);

    if (as_json)
        return cli_print_json(json_pack("{s:b,s:s?,s:s?}", "created", made->created, "email",
                                        made->email, "password", made->password))
                   ? CLI_EXIT_OK
                   : CLI_EXIT_UNAVAILABLE;
    if (made->created)
        printf(
            "The database %s is ready.\n\nFirst administrator\n  e-mail    %s\n  password  %s\n\n"
            "The password is shown only now.\n",
            shown, made->email, made->password);
    else
        printf("The database %s exists already; nothing was changed.\n", shown);
    return cli_print_end() ? CLI_EXIT_OK : CLI_EXIT_UNAVAILABLE;
}

int cli_db_init(int argc, char **argv)
{
    gboolean as_json = FALSE;
    const GOptionEntry options[] = {
        {"json", 0, 0, G_OPTION_ARG_NONE, &as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .summary = "Makes database, key file and first administrator, and prints the "
                   "administrator's password once.\nWhat exists already is left alone.",
        .options = options,
    };
    g_auto(GStrv) words = NULL;
    struct cli_session session;
    int status;

    if (!cli_parse(&syntax, argc, argv, &words, &status) ||
        !cli_session_open(&session, APP_PART_CREATE, &status))
        return status;
    status = print_init(&session, as_json);
    cli_session_close(&session);
    return status;
}

static int migrate(const struct app_settings *settings, bool as_json)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(db_handle) database = app_open_database(settings, false, &error);
    gint64 version;
    guint applied;

    if (!database || !db_migrate(database, &applied, &error) ||
        !db_schema_version(database, &version, &error))
        return cli_fail(error);
    if (as_json)
        return cli_print_json(json_pack("{s:I,s:I}", "applied", (json_int_t)applied, "version",
                                        (json_int_t)version))
                   ? CLI_EXIT_OK
                   : CLI_EXIT_UNAVAILABLE;
    if (applied)
        printf("%u step%s applied: the database is at version %" G_GINT64_FORMAT ".\n", applied,
               applied == 1 ? "" : "s", version);
    else
        printf("The database is at version %" G_GINT64_FORMAT " already.\n", version);
    return cli_print_end() ? CLI_EXIT_OK : CLI_EXIT_UNAVAILABLE;
}

int cli_db_migrate(int argc, char **argv)
{
    gboolean as_json = FALSE;
    const GOptionEntry options[] = {
        {"json", 0, 0, G_OPTION_ARG_NONE, &as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .summary = "Brings the tables up to this version of the program. Back up first.",
        .options = options,
    };
    g_auto(GStrv) words = NULL;
    struct app_settings settings;
    int status;

    if (!cli_parse(&syntax, argc, argv, &words, &status) || !cli_settings_load(&settings, &status))
        return status;
    status = migrate(&settings, as_json);
    app_settings_clear(&settings);
    return status;
}
