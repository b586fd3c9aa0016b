#include "cli/command.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "service/gallery.h"

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

/* What the database itself cannot tell: whether the key opens what it holds. */
static bool check_faces(const struct app_settings *settings, GPtrArray *findings, GError **error)
{
    struct service_gallery_report report = {0};
    g_autoptr(GError) failure = NULL;
    struct service_identity identity;
    struct app app;

    if (!app_open(settings, APP_PART_FACES | APP_PART_FACES_OPTIONAL, &app, &failure) ||
        !service_identity_local(app.service, &identity, &failure)) {
        g_ptr_array_add(findings, g_strdup(failure->message));
        app_close(&app);
        return true;
    }
    bool done = !app.recogniser || service_gallery_rebuild(app.service, &identity, &report, error);
    if (report.unreadable > 0)
        g_ptr_array_add(findings, g_strdup_printf("%" G_GINT64_FORMAT
                                                  " stored faces do not open with this key file.",
                                                  report.unreadable));
    service_gallery_report_clear(&report);
    app_close(&app);
    return done;
}

static int print_findings(const GPtrArray *findings, bool as_json)
{
    int status = findings->len ? CLI_EXIT_NO : CLI_EXIT_OK;

    if (as_json) {
        json_t *items = json_array();
        for (guint i = 0; i < findings->len; i++)
            json_array_append_new(items, json_string(findings->pdata[i]));
        bool printed =
            cli_print_json(json_pack("{s:b,s:o}", "sound", findings->len == 0, "findings", items));
        return printed ? status : CLI_EXIT_UNAVAILABLE;
    }
    for (guint i = 0; i < findings->len; i++)
        puts(findings->pdata[i]);
    if (findings->len == 0)
        puts("The database is sound.");
    return cli_print_end() ? status : CLI_EXIT_UNAVAILABLE;
}

static int check(const struct app_settings *settings, bool as_json)
{
    g_autoptr(GPtrArray) findings = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;
    g_autoptr(db_handle) database = app_open_database(settings, false, &error);

    if (!database || !db_check(database, findings, &error))
        return cli_fail(error);
    /* In a damaged database nothing further can be trusted. */
    if (findings->len == 0 && !check_faces(settings, findings, &error))
        return cli_fail(error);
    return print_findings(findings, as_json);
}

int cli_db_check(int argc, char **argv)
{
    gboolean as_json = FALSE;
    const GOptionEntry options[] = {
        {"json", 0, 0, G_OPTION_ARG_NONE, &as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .summary = "Examines the whole database and whether the key opens every stored face.",
        .no = "something is wrong; it was printed",
        .options = options,
    };
    g_auto(GStrv) words = NULL;
    struct app_settings settings;
    int status;

    if (!cli_parse(&syntax, argc, argv, &words, &status) || !cli_settings_load(&settings, &status))
        return status;
    status = check(&settings, as_json);
    app_settings_clear(&settings);
    return status;
}
