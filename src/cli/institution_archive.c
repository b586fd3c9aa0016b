#include "service/institution_archive.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/output.h"

#include <stdio.h>

struct export_given {
    char *output;
    gboolean force, passwords, faces, images, as_json;
};

struct import_given {
    char *source_key;
    gboolean as_json;
};

static int print_counts(const struct service_archive_counts *counts, const char *sentence,
                        const char *path, bool as_json)
{
    if (as_json)
        return cli_print_json(json_pack(
                   "{s:s, s:I, s:I, s:I}", "file", path, "rows", (json_int_t)counts->rows, "images",
                   (json_int_t)counts->images, "images_lost", (json_int_t)counts->images_lost))
                   ? CLI_EXIT_OK
                   : CLI_EXIT_UNAVAILABLE;
    printf("%s %s: %" G_GINT64_FORMAT " rows, %" G_GINT64_FORMAT " pictures.\n", path, sentence,
           counts->rows, counts->images);
    if (counts->images_lost)
        cli_warn("%" G_GINT64_FORMAT " pictures are not in the store and were left out.",
                 counts->images_lost);
    return cli_print_end() ? CLI_EXIT_OK : CLI_EXIT_UNAVAILABLE;
}

/* ---- Export ---- */

static int export_run(struct cli_session *session, char **words, gpointer data)
{
    const struct export_given *given = data;
    const struct service_export_options options = {
        .force = given->force,
        .with_passwords = given->passwords,
        .with_faces = given->faces,
        .with_images = given->images,
    };
    struct service_archive_counts counts = {0};
    g_autoptr(GError) error = NULL;

    (void)words;
    if (!given->output)
        return cli_fail_usage("presente institution export", "--output is missing.");
    if (!service_institution_export(session->app.service, &session->identity, given->output,
                                    &options, &counts, &error))
        return cli_fail(error);
    return print_counts(&counts, "holds the institution", given->output, given->as_json);
}

int cli_institution_export(int argc, char **argv)
{
    struct export_given given = {0};
    const GOptionEntry options[] = {
        {"output", 'o', 0, G_OPTION_ARG_FILENAME, &given.output, "The ZIP file to write", "FILE"},
        {"force", 0, 0, G_OPTION_ARG_NONE, &given.force, "Replace a file that exists", NULL},
        {"with-passwords", 0, 0, G_OPTION_ARG_NONE, &given.passwords,
         "Also password hashes, webhooks and calendar addresses", NULL},
        {"with-faces", 0, 0, G_OPTION_ARG_NONE, &given.faces,
         "Also the face templates, sealed with this installation's key", NULL},
        {"with-images", 0, 0, G_OPTION_ARG_NONE, &given.images,
         "Also the pictures, which anybody with the file can look at", NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &given.as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .summary = "Writes everything that is stored of the institution into one ZIP file of JSON "
                   "lines.\nThe server may run. docs/export.md describes the format.",
        .notes = "Faces and pictures are biometric data: leave them out unless the file is to move "
                 "the institution,\nand delete it afterwards.",
        .options = options,
    };
    const int status = cli_run_session(&syntax, 0, argc, argv, export_run, &given);

    g_free(given.output);
    return status;
}

/* ---- Import ---- */

static int import_run(const struct app_settings *settings, const char *path,
                      const struct import_given *given)
{
    struct app app;
    struct service_archive_counts counts = {0};
    g_autoptr(GError) error = NULL;
    g_autoptr(auth_keys) keys = NULL;
    g_autoptr(auth_keyring) source = NULL;

    if (given->source_key) {
        keys = auth_keys_load(given->source_key, &error);
        source = keys ? auth_keyring_create(keys, NULL) : NULL;
        if (!source)
            return cli_fail(error);
    }
    if (!app_open(settings, APP_PART_CREATE | APP_PART_EMPTY, &app, &error))
        return cli_fail(error);
    const bool ok = service_institution_import(app.service, path, source, &counts, &error);
    app_close(&app);
    return ok ? print_counts(&counts, "was read in", path, given->as_json) : cli_fail(error);
}

int cli_institution_import(int argc, char **argv)
{
    struct import_given given = {0};
    const GOptionEntry options[] = {
        {"source-key", 0, 0, G_OPTION_ARG_FILENAME, &given.source_key,
         "Key file of the installation that wrote the file, for its faces", "FILE"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &given.as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .words = "FILE",
        .words_min = 1,
        .words_max = 1,
        .summary = "Reads what \"presente institution export\" wrote into the configured database, "
                   "which must be empty.\nAll of it is stored, or nothing.",
        .notes = "Ids stay the same, so that links and the audit log hold. Set new passwords with "
                 "\"presente user passwd\"\nunless the file has them.",
        .options = options,
    };
    g_auto(GStrv) words = NULL;
    struct app_settings settings;
    int status;

    if (cli_parse(&syntax, argc, argv, &words, &status) && cli_settings_load(&settings, &status)) {
        status = import_run(&settings, words[0], &given);
        app_settings_clear(&settings);
    }
    g_free(given.source_key);
    return status;
}
