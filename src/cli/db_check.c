#include "base/error.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "service/images.h"
#include "service/keys.h"

#include <stdio.h>

/* What the database itself cannot tell: whether the keys open the faces, whether the pictures are
 * there. */
static bool check_around(const struct app_settings *settings, GPtrArray *findings, GError **error)
{
    g_autoptr(GError) failure = NULL;
    struct app app;

    if (!app_open(settings, 0, &app, &failure)) {
        if (findings->len == 0)
            g_ptr_array_add(findings, g_strdup(failure->message));
        return true;
    }
    bool done = service_seals_check(app.service, findings, error) &&
                service_images_check(app.service, findings, NULL, error);
    app_close(&app);
    return done;
}

/* Damage that keeps the database from being opened is a finding like any other. */
static bool check_tables(const struct app_settings *settings, GPtrArray *findings, GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_autoptr(db_handle) database = app_open_database(settings, false, &failure);

    if (database)
        return db_check(database, findings, error);
    if (!g_error_matches(failure, BASE_ERROR, BASE_ERROR_CORRUPT)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return false;
    }
    g_ptr_array_add(findings, g_strdup(failure->message));
    return true;
}

static int check(const struct app_settings *settings, bool as_json)
{
    g_autoptr(GPtrArray) findings = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;

    if (!check_tables(settings, findings, &error))
        return cli_fail(error);
    if (!check_around(settings, findings, &error)) {
        if (findings->len == 0)
            return cli_fail(error);
        g_ptr_array_add(findings, g_strdup(error->message));
    }
    return cli_print_findings(findings, "The database is sound.", as_json ? json_object() : NULL);
}

int cli_db_check(int argc, char **argv)
{
    gboolean as_json = FALSE;
    const GOptionEntry options[] = {
        {"json", 0, 0, G_OPTION_ARG_NONE, &as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .summary = "Examines the whole database, whether the key opens every stored face, and "
                   "whether every\npicture is there.",
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
