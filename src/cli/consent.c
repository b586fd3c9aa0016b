/* What people agree to before their face is stored. */
#include "service/consent.h"
#include "base/json.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/names.h"
#include "cli/output.h"

#include <stdio.h>

enum { FILE_BYTES_MAX = 256 * 1024 };

struct consent_options {
    char *en, *es, *required;
    gint version;
    gboolean as_json;
};

static int print(const struct service_consent_text *text, bool as_json)
{
    char time[BASE_TIME_TEXT_SIZE];

    if (as_json)
        return cli_end_json(
            json_pack("{s:I, s:{s:s, s:s}, s:b, s:o}", "version", (json_int_t)text->version, "text",
                      "en", text->en, "es", text->es, "required", (int)text->required, "created_at",
                      text->created_at ? base_json_time(text->created_at) : json_null()));
    printf("Version %" G_GINT64_FORMAT ", %s; %s.\n\nEnglish\n\n%s\n\nEspañol\n\n%s\n",
           text->version,
           text->created_at ? base_time_format(text->created_at, time)
                            : "the text that comes with the program",
           text->required ? "required" : "not required", text->en, text->es);
    return cli_end();
}

static int show(struct cli_session *session, char **words, gpointer data)
{
    const struct consent_options *options = data;
    g_autoptr(GError) error = NULL;

    (void)words;
    if (options->version < 0)
        return cli_fail_input("%d is no version.", options->version);
    g_autoptr(service_consent_text) text =
        service_consent_text_read(session->app.service, options->version, &error);
    return text ? print(text, options->as_json) : cli_fail(error);
}

int cli_consent_show(int argc, char **argv)
{
    struct consent_options options = {0};
    const GOptionEntry entries[] = {
        {"version", 0, 0, G_OPTION_ARG_INT, &options.version, "An earlier one", "N"},
        CLI_JSON_ENTRY(options.as_json),
        {NULL},
    };
    const struct cli_syntax syntax = {
        .summary = "Prints the text that people agree to before their face is stored.",
        .options = entries,
    };

    return cli_run_session(&syntax, 0, argc, argv, show, &options);
}

/* A file's text; NULL without an error when there is no file. */
static char *text_of(const char *file, GError **error)
{
    g_autoptr(GBytes) bytes = file ? cli_file_read(file, FILE_BYTES_MAX, error) : NULL;
    gsize size = 0;
    const char *data = bytes ? g_bytes_get_data(bytes, &size) : NULL;

    return bytes ? g_strndup(data ? data : "", size) : NULL;
}

static bool read_required(const char *word, bool *required)
{
    *required = g_strcmp0(word, "yes") == 0;
    return *required || g_strcmp0(word, "no") == 0;
}

static int set(struct cli_session *session, char **words, gpointer data)
{
    const struct consent_options *options = data;
    bool required = false;
    g_autoptr(GError) error = NULL;
    g_autofree char *en = text_of(options->en, &error);
    g_autofree char *es = error ? NULL : text_of(options->es, &error);

    (void)words;
    if (error)
        return cli_fail(error);
    if (!en != !es)
        return cli_fail_usage("presente consent set", "give both files, --en and --es.");
    if (options->required && !read_required(options->required, &required))
        return cli_fail_usage("presente consent set", "--required is yes or no.");
    const struct service_consent_input input = {
        .en = en, .es = es, .required = options->required ? &required : NULL};
    g_autoptr(service_consent_text) text =
        service_consent_set(session->app.service, &session->identity, &input, &error);
    return text ? print(text, options->as_json) : cli_fail(error);
}

int cli_consent_set(int argc, char **argv)
{
    struct consent_options options = {0};
    const GOptionEntry entries[] = {
        {"en", 0, 0, G_OPTION_ARG_FILENAME, &options.en, "The text in English", "FILE"},
        {"es", 0, 0, G_OPTION_ARG_FILENAME, &options.es, "The text in Spanish", "FILE"},
        {"required", 0, 0, G_OPTION_ARG_STRING, &options.required,
         "Whether nobody registers without it", "yes|no"},
        CLI_JSON_ENTRY(options.as_json),
        {NULL},
    };
    const struct cli_syntax syntax = {
        .summary = "Changes the text that people agree to, and prints it.",
        .notes = "Another text is a new version. Those that people agreed to stay readable.",
        .options = entries,
    };
    const int status = cli_run_session(&syntax, 0, argc, argv, set, &options);

    g_free(options.en);
    g_free(options.es);
    g_free(options.required);
    return status;
}
