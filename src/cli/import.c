#include "cli/import.h"

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/output.h"
#include "service/oneroster.h"
#include "service/roster.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define ARCHIVE_MAX (256u << 20) /* bytes of a ZIP file */

/* ---- Output ---- */

static void print_counts(const struct service_import *import)
{
    struct cli_table *table = cli_table_create(SERVICE_IMPORT_ACTION_N + 1);

    cli_table_add(table, NULL);
    for (unsigned action = 0; action < SERVICE_IMPORT_ACTION_N; action++)
        cli_table_add(table, service_import_action_name((enum service_import_action)action));
    for (unsigned thing = 0; thing < SERVICE_IMPORT_THING_N; thing++) {
        gint64 any = 0;
        for (unsigned action = 0; action < SERVICE_IMPORT_ACTION_N; action++)
            any |= import->counts[thing][action];
        if (!any)
            continue;
        cli_table_add(table, service_import_thing_name((enum service_import_thing)thing));
        for (unsigned action = 0; action < SERVICE_IMPORT_ACTION_N; action++)
            cli_table_add_int(table, import->counts[thing][action]);
    }
    cli_table_print(table);
}

static void print_items(const struct service_import *import)
{
    for (guint i = 0; i < import->items->len; i++) {
        const struct service_import_item *item = import->items->pdata[i];
        printf("%s %s: %s%s%s%s", service_import_action_name(item->action),
               service_import_thing_name(item->thing), item->name, item->detail ? " (" : "",
               item->detail ? item->detail : "", item->detail ? ")" : "");
        if (item->line)
            printf(", line %" G_GINT64_FORMAT, item->line);
        putchar('\n');
    }
}

static void warn_errors(const struct service_import *import, const char *path)
{
    for (guint i = 0; i < import->errors->len; i++) {
        const struct service_import_error *fault = import->errors->pdata[i];
        cli_warn("%s:%" G_GINT64_FORMAT ": %s%s%s", fault->file ? fault->file : path, fault->line,
                 fault->column ? fault->column : "", fault->column ? ": " : "", fault->message);
    }
    if (import->errors_n > import->errors->len)
        cli_warn("… and %" G_GINT64_FORMAT " more.", import->errors_n - import->errors->len);
}

int cli_import_print(const struct service_import *import, const struct cli_import_output *output)
{
    const int status = import->errors_n ? CLI_EXIT_INPUT : CLI_EXIT_OK;

    if (output->as_json)
        return cli_print_json(service_import_json(import, SERVICE_IMPORT_ITEMS_MAX))
                   ? status
                   : CLI_EXIT_UNAVAILABLE;
    for (guint i = 0; i < import->notes->len; i++)
        cli_warn("%s", (const char *)import->notes->pdata[i]);
    warn_errors(import, output->path);
    if (output->verbose)
        print_items(import);
    print_counts(import);
    if (import->errors_n)
        printf("Nothing was stored: %" G_GINT64_FORMAT " problem%s.\n", import->errors_n,
               import->errors_n == 1 ? "" : "s");
    else if (import->applied)
        puts("Stored.");
    else
        puts("This was a dry run: nothing was stored. Run it again with --apply.");
    return cli_print_end() ? status : CLI_EXIT_UNAVAILABLE;
}

/* ---- presente import roster ---- */

struct roster_given {
    char *group, *term, *role, *encoding, *separator, *email_domain;
    gboolean apply, keep_groups, admins, withdraw, as_json, verbose;
};

static gssize read_file(void *buffer, gsize size, gpointer data, GError **error)
{
    FILE *file = data;
    const gsize n = fread(buffer, 1, size, file);

    if (n == 0 && ferror(file)) {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_IO, "The file cannot be read.");
        return -1;
    }
    return (gssize)n;
}

/* 0: found out from the file; '?' for another word. */
static char separator_of(const char *text)
{
    static const struct {
        const char *word;
        char separator;
    } WORDS[] = {{"comma", ','}, {",", ','},    {"semicolon", ';'},
                 {";", ';'},     {"tab", '\t'}, {"\\t", '\t'}};

    for (gsize i = 0; text && i < G_N_ELEMENTS(WORDS); i++)
        if (strcmp(text, WORDS[i].word) == 0)
            return WORDS[i].separator;
    return text ? '?' : 0;
}

static bool roster_options(const struct roster_given *given, struct service_roster_options *options)
{
    *options = SERVICE_ROSTER_OPTIONS;
    options->apply = given->apply;
    options->keep_groups = given->keep_groups;
    options->admins = given->admins;
    options->withdraw_missing = given->withdraw;
    options->email_domain = given->email_domain;
    options->group = given->group;
    options->term = given->term;
    options->file.separator = separator_of(given->separator);
    if (given->role && !core_role_from_name(given->role, &options->role)) {
        cli_fail_input("--role is \"%s\"; it is student or teacher.", given->role);
        return false;
    }
    if (given->encoding && !base_csv_encoding_from_name(given->encoding, &options->file.encoding)) {
        cli_fail_input("--encoding is \"%s\"; it is utf-8, iso-8859-1 or windows-1252.",
                       given->encoding);
        return false;
    }
    if (options->file.separator == '?') {
        cli_fail_input("--separator is \"%s\"; it is comma, semicolon or tab.", given->separator);
        return false;
    }
    return true;
}

static int roster_run(struct cli_session *session, char **words, gpointer data)
{
    const struct roster_given *given = data;
    const bool is_input = strcmp(words[0], "-") == 0;
    struct service_roster_options options;
    g_autoptr(GError) error = NULL;

    if (!roster_options(given, &options))
        return CLI_EXIT_INPUT;
    FILE *file = is_input ? stdin : fopen(words[0], "rb");
    if (!file)
        return cli_fail_input("%s cannot be read: %s.", words[0], g_strerror(errno));
    g_auto(service_import) import;
    service_import_init(&import);
    const bool ok = service_roster_import(session->app.service, &session->identity, read_file, file,
                                          &options, &import, &error);
    if (!is_input)
        fclose(file);
    const struct cli_import_output output = {given->as_json, given->verbose, words[0]};
    return ok ? cli_import_print(&import, &output) : cli_fail(error);
}

int cli_import_roster(int argc, char **argv)
{
    struct roster_given given = {0};
    const GOptionEntry options[] = {
        {"apply", 0, 0, G_OPTION_ARG_NONE, &given.apply, "Store it; otherwise only tell", NULL},
        {"group", 'g', 0, G_OPTION_ARG_STRING, &given.group, "Group of lines that name none",
         "NAME"},
        {"term", 't', 0, G_OPTION_ARG_STRING, &given.term,
         "Term of lines that name none (default: that of today)", "NAME"},
        {"role", 'r', 0, G_OPTION_ARG_STRING, &given.role,
         "Of new people whose line names none: student or teacher", "ROLE"},
        {"keep-groups", 0, 0, G_OPTION_ARG_NONE, &given.keep_groups,
         "Refuse groups that are not there instead of making them", NULL},
        {"admins", 0, 0, G_OPTION_ARG_NONE, &given.admins, "Let the file make administrators",
         NULL},
        {"withdraw-missing", 0, 0, G_OPTION_ARG_NONE, &given.withdraw,
         "Withdraw students of the file's groups who are not in it; their marks stay", NULL},
        {"email-domain", 0, 0, G_OPTION_ARG_STRING, &given.email_domain,
         "New people without an e-mail get NUMBER@DOMAIN", "DOMAIN"},
        {"encoding", 0, 0, G_OPTION_ARG_STRING, &given.encoding,
         "utf-8 (default), iso-8859-1 or windows-1252", "NAME"},
        {"separator", 0, 0, G_OPTION_ARG_STRING, &given.separator,
         "comma, semicolon or tab (default: found out)", "NAME"},
        {"verbose", 'v', 0, G_OPTION_ARG_NONE, &given.verbose, "Name every change", NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &given.as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .words = "FILE",
        .summary = "Imports people, groups and courses from a CSV file (\"-\": standard input).",
        .notes = "The first line names the columns, in any order, in English or Spanish: name or "
                 "first_name and\nlast_name, student_number, email, group, role, date_of_birth, "
                 "language, status, subject, course,\nterm, teacher (an e-mail), first_day, "
                 "last_day. People are known again by student number, else\nby e-mail. Everything "
                 "is stored or, if one line cannot be, nothing.",
        .words_min = 1,
        .words_max = 1,
        .options = options,
    };
    const int status = cli_run_session(&syntax, 0, argc, argv, roster_run, &given);

    g_free(given.group);
    g_free(given.term);
    g_free(given.role);
    g_free(given.encoding);
    g_free(given.separator);
    g_free(given.email_domain);
    return status;
}

/* ---- presente import oneroster ---- */

struct oneroster_given {
    char *email_domain;
    gboolean apply, admins, withdraw, as_json, verbose;
};

static bool oneroster_folder(const char *folder, struct service_oneroster_files *files,
                             GError **error)
{
    for (unsigned i = 0; i < SERVICE_ONEROSTER_FILE_N; i++) {
        g_autofree char *path = g_build_filename(
            folder, service_oneroster_file_name((enum service_oneroster_file)i), NULL);
        if (!g_file_test(path, G_FILE_TEST_EXISTS))
            continue;
        files->contents[i] = cli_file_read(path, ARCHIVE_MAX, error);
        if (!files->contents[i])
            return false;
    }
    return true;
}

static bool oneroster_read(const char *path, struct service_oneroster_files *files, GError **error)
{
    if (g_file_test(path, G_FILE_TEST_IS_DIR))
        return oneroster_folder(path, files, error);
    g_autoptr(GBytes) archive = cli_file_read(path, ARCHIVE_MAX, error);
    return archive && service_oneroster_unzip(g_bytes_get_data(archive, NULL),
                                              g_bytes_get_size(archive), files, error);
}

static int oneroster_run(struct cli_session *session, char **words, gpointer data)
{
    const struct oneroster_given *given = data;
    const struct service_oneroster_options options = {
        .apply = given->apply,
        .admins = given->admins,
        .withdraw_missing = given->withdraw,
        .email_domain = given->email_domain,
    };
    struct service_oneroster_files files = {{NULL}};
    g_autoptr(GError) error = NULL;
    g_auto(service_import) import;

    service_import_init(&import);
    const bool ok = oneroster_read(words[0], &files, &error) &&
                    service_oneroster_import(session->app.service, &session->identity, &files,
                                             &options, &import, &error);
    service_oneroster_files_clear(&files);
    const struct cli_import_output output = {given->as_json, given->verbose, words[0]};
    return ok ? cli_import_print(&import, &output) : cli_fail(error);
}

int cli_import_oneroster(int argc, char **argv)
{
    struct oneroster_given given = {0};
    const GOptionEntry options[] = {
        {"apply", 0, 0, G_OPTION_ARG_NONE, &given.apply, "Store it; otherwise only tell", NULL},
        {"admins", 0, 0, G_OPTION_ARG_NONE, &given.admins,
         "Make administrators of the file administrators here, not teachers", NULL},
        {"withdraw-missing", 0, 0, G_OPTION_ARG_NONE, &given.withdraw,
         "End earlier imported enrolments that bulk files have no more", NULL},
        {"email-domain", 0, 0, G_OPTION_ARG_STRING, &given.email_domain,
         "New people without an e-mail get IDENTIFIER@DOMAIN", "DOMAIN"},
        {"verbose", 'v', 0, G_OPTION_ARG_NONE, &given.verbose, "Name every change", NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &given.as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .words = "PATH",
        .summary = "Imports OneRoster 1.1 CSV files: a folder or a ZIP file of them.",
        .notes = "Records are known again by their sourcedId, so a second import updates. Records "
                 "\"tobedeleted\" end;\nmarks stay. Everything is stored or, if one line cannot "
                 "be, nothing.",
        .words_min = 1,
        .words_max = 1,
        .options = options,
    };
    const int status = cli_run_session(&syntax, 0, argc, argv, oneroster_run, &given);

    g_free(given.email_domain);
    return status;
}
