#include "cli/command.h"
#include "cli/commands.h"
#include "cli/db.h"
#include "cli/output.h"

#include <stdio.h>

struct copy_words {
    char *from;
    char *to;
    gboolean again;
    gboolean as_json;
};

static int print_copied(const struct copy_words *words, const char *from,
                        const struct db_copy_result *result, double seconds)
{
    g_autofree char *source = db_url_display(from);
    g_autofree char *destination = db_url_display(words->to);
    g_autofree char *rows = cli_db_number(result->rows);
    g_autofree char *found = cli_db_number(result->rows_found);

    if (words->as_json) {
        json_t *json = cli_db_copy_json(result, seconds);
        json_object_set_new(json, "from", json_string(source));
        json_object_set_new(json, "to", json_string(destination));
        return cli_print_json(json) ? CLI_EXIT_OK : CLI_EXIT_UNAVAILABLE;
    }
    printf("Copied %s rows of %u tables in %.1f s from %s to %s", rows, result->tables->len,
           seconds, source, destination);
    if (result->rows_found)
        printf(" (%s of them by an earlier run)", found);
    puts(".\nEvery table was read back on both sides: the counts and SHA-256 sums are equal.\n\n"
         "To use the new database, set PRESENTE_DATABASE_URL to it; the key file and the folder of "
         "images stay\nwhere they are.");
    return cli_print_end() ? CLI_EXIT_OK : CLI_EXIT_UNAVAILABLE;
}

static int copy(const struct copy_words *words, const char *from)
{
    struct cli_db_progress progress;
    struct db_copy_result result;
    g_autoptr(GError) error = NULL;

    cli_db_progress_init(&progress, words->as_json);
    struct db_copy_options options = cli_db_progress_options(&progress);
    options.again = words->again;
    g_autoptr(db_handle) source = db_copy_open_source(from, &error);
    g_autoptr(db_handle) destination = source ? db_copy_open_destination(words->to, &error) : NULL;
    bool done = destination && db_copy(source, destination, &options, &result, &error);
    double seconds = cli_db_progress_finish(&progress);
    if (!done)
        return cli_fail(error);
    int status = print_copied(words, from, &result, seconds);
    db_copy_result_clear(&result);
    return status;
}

static int run(const struct copy_words *words, const char *program)
{
    struct app_settings settings;
    int status;

    if (!words->to)
        return cli_fail_usage(program, "--to is missing.");
    if (words->from)
        return copy(words, words->from);
    if (!cli_settings_load(&settings, &status))
        return status;
    status = copy(words, settings.database_url);
    app_settings_clear(&settings);
    return status;
}

int cli_db_copy(int argc, char **argv)
{
    struct copy_words given = {.from = NULL};
    const GOptionEntry options[] = {
        {"from", 0, 0, G_OPTION_ARG_STRING, &given.from,
         "The database to read (default: the configured one)", "URL"},
        {"to", 0, 0, G_OPTION_ARG_STRING, &given.to, "The empty database to fill", "URL"},
        {"again", 0, 0, G_OPTION_ARG_NONE, &given.again,
         "Start an unfinished copy over instead of going on with it", NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &given.as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .summary = "Copies a whole installation into an empty database of any kind and compares "
                   "both sides.\nThe source is only read and may be in use, but what is written "
                   "to it meanwhile is not copied:\nto move, stop the server first.",
        .notes = "A copy that was interrupted goes on where it stopped when it is run again. Until "
                 "it is\nfinished the new database is not used for anything else.\n\n"
                 "  presente db copy --from sqlite:data/presente.db \\\n"
                 "    --to postgresql://presente:PASSWORD@db.uni.edu/presente",
        .options = options,
    };
    g_auto(GStrv) words = NULL;
    int status;

    if (cli_parse(&syntax, argc, argv, &words, &status))
        status = run(&given, argv[0]);
    g_free(given.from);
    g_free(given.to);
    return status;
}
