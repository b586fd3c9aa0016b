#include "cli/command.h"
#include "cli/commands.h"
#include "cli/db.h"
#include "cli/output.h"
#include "db/backup.h"
#include "service/status.h"

#include <stdio.h>

static int print_backup(const struct app_settings *settings, const char *file,
                        const struct db_copy_result *result, double seconds, bool as_json)
{
    g_autofree char *rows = cli_db_number(result->rows);

    if (as_json) {
        json_t *json = cli_db_copy_json(result, seconds);
        json_object_set_new(json, "file", json_string(file));
        json_object_set_new(json, "key_file", json_string(settings->key_file));
        json_object_set_new(json, "images", json_string(settings->images_url));
        return cli_print_json(json) ? CLI_EXIT_OK : CLI_EXIT_UNAVAILABLE;
    }
    printf("%s holds the database: %s rows of %u tables, read back and compared (%.1f s).\n\n"
           "Not in it, and needed as well:\n"
           "  %s  the key: keep it apart from this file, because together they open the faces\n"
           "  %s  the images\n",
           file, rows, result->tables->len, seconds, settings->key_file, settings->images_url);
    return cli_print_end() ? CLI_EXIT_OK : CLI_EXIT_UNAVAILABLE;
}

/* For the status that administrators see; the backup is good without it. */
static void note_backup(const struct app_settings *settings)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(db_handle) db = app_open_database(settings, false, &error);

    if (!db || !service_status_backed_up(db, &error))
        cli_warn("That there is a backup could not be noted in the database: %s", error->message);
}

static int backup(const struct app_settings *settings, const char *file, bool force, bool as_json)
{
    struct cli_db_progress progress;
    struct db_copy_result result;
    g_autoptr(GError) error = NULL;

    cli_db_progress_init(&progress, as_json);
    const struct db_copy_options options = cli_db_progress_options(&progress);
    bool done = db_backup(settings->database_url, file, force, &options, &result, &error);
    double seconds = cli_db_progress_finish(&progress);
    if (!done)
        return cli_fail(error);
    note_backup(settings);
    int status = print_backup(settings, file, &result, seconds, as_json);
    db_copy_result_clear(&result);
    return status;
}

int cli_db_backup(int argc, char **argv)
{
    gboolean as_json = FALSE;
    gboolean force = FALSE;
    const GOptionEntry options[] = {
        {"force", 0, 0, G_OPTION_ARG_NONE, &force, "Replace a file that exists", NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .words = "FILE",
        .words_min = 1,
        .words_max = 1,
        .summary = "Writes the database into one file while the server runs, whatever engine it is "
                   "on, and verifies it.\n\"presente db restore\" loads it into any.",
        .options = options,
    };
    g_auto(GStrv) words = NULL;
    struct app_settings settings;
    int status;

    if (!cli_parse(&syntax, argc, argv, &words, &status) || !cli_settings_load(&settings, &status))
        return status;
    status = backup(&settings, words[0], force, as_json);
    app_settings_clear(&settings);
    return status;
}

static int print_restored(const struct app_settings *settings, const char *file,
                          const struct db_restore_result *result, double seconds, bool as_json)
{
    g_autofree char *url = db_url_display(settings->database_url);
    g_autofree char *rows = cli_db_number(result->copied.rows);

    if (as_json) {
        json_t *json = cli_db_copy_json(&result->copied, seconds);
        json_object_set_new(json, "file", json_string(file));
        json_object_set_new(json, "database", json_string(url));
        json_object_set_new(json, "kept", result->kept ? json_string(result->kept) : json_null());
        return cli_print_json(json) ? CLI_EXIT_OK : CLI_EXIT_UNAVAILABLE;
    }
    printf("The database %s holds the backup now: %s rows of %u tables, read back and compared "
           "(%.1f s).\n",
           url, rows, result->copied.tables->len, seconds);
    if (result->kept)
        printf("The one before was kept as %s.\n", result->kept);
    puts("\"presente db check\" tells whether the key file and the images belong to it.");
    return cli_print_end() ? CLI_EXIT_OK : CLI_EXIT_UNAVAILABLE;
}

static int restore(const struct app_settings *settings, const char *file, bool replace,
                   bool as_json)
{
    struct cli_db_progress progress;
    struct db_restore_result result;
    g_autoptr(GError) error = NULL;

    cli_db_progress_init(&progress, as_json);
    struct db_copy_options options = cli_db_progress_options(&progress);
    options.replace = replace;
    bool done = db_restore(file, settings->database_url, &options, &result, &error);
    double seconds = cli_db_progress_finish(&progress);
    if (!done)
        return cli_fail(error);
    int status = print_restored(settings, file, &result, seconds, as_json);
    db_restore_result_clear(&result);
    return status;
}

int cli_db_restore(int argc, char **argv)
{
    gboolean as_json = FALSE;
    gboolean replace = FALSE;
    const GOptionEntry options[] = {
        {"replace", 0, 0, G_OPTION_ARG_NONE, &replace,
         "Also when the database holds people: a file is kept beside the new one, a server's "
         "database is emptied",
         NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .words = "FILE",
        .words_min = 1,
        .words_max = 1,
        .summary = "Loads a backup into the configured database, whatever engine it is on, and "
                   "verifies it.\nThe backup is examined first and stays as it is. Stop the server "
                   "before.",
        .options = options,
    };
    g_auto(GStrv) words = NULL;
    struct app_settings settings;
    int status;

    if (!cli_parse(&syntax, argc, argv, &words, &status) || !cli_settings_load(&settings, &status))
        return status;
    status = restore(&settings, words[0], replace, as_json);
    app_settings_clear(&settings);
    return status;
}
