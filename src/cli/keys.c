#include "service/keys.h"

#include "auth/key.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/output.h"

#include <stdio.h>
#include <string.h>

typedef char key_text[AUTH_KEY_ID_TEXT_SIZE];

static const char *format_key(guint32 id, key_text text)
{
    g_snprintf(text, sizeof(key_text), "%08x", id);
    return text;
}

/* As it is printed: eight hexadecimal digits. */
static bool parse_key(const char *text, guint32 *id)
{
    char *end = NULL;

    if (strlen(text) != AUTH_KEY_ID_TEXT_SIZE - 1 ||
        strspn(text, "0123456789abcdefABCDEF") != AUTH_KEY_ID_TEXT_SIZE - 1)
        return false;
    *id = (guint32)g_ascii_strtoull(text, &end, 16);
    return true;
}

static int fail_key(const char *text)
{
    return cli_fail_input("\"%s\" is not the id of a key: \"presente keys list\" shows them.",
                          text);
}

static int end(void)
{
    return cli_print_end() ? CLI_EXIT_OK : CLI_EXIT_UNAVAILABLE;
}

/* ---- list ---- */

static json_t *list_json(const struct service_keys_report *report, const char *trouble)
{
    json_t *items = json_array();

    for (guint i = 0; i < report->uses->len; i++) {
        const struct service_key_use *use = &g_array_index(report->uses, struct service_key_use, i);
        key_text id;
        json_array_append_new(
            items, json_pack("{s:s,s:b,s:b,s:I,s:I}", "id", format_key(use->id, id), "current",
                             use->current, "in_file", use->in_file, "templates",
                             (json_int_t)use->templates, "images", (json_int_t)use->images));
    }
    return json_pack("{s:o,s:I,s:I,s:I,s:I,s:s?}", "items", items, "templates",
                     (json_int_t)report->templates, "templates_unreadable",
                     (json_int_t)report->templates_unreadable, "images", (json_int_t)report->images,
                     "images_unreadable", (json_int_t)report->images_unreadable, "trouble",
                     trouble);
}

static void print_list(const struct service_keys_report *report, const char *trouble)
{
    struct cli_table *table = cli_table_create(4);

    cli_table_add(table, "key");
    cli_table_add(table, "");
    cli_table_add(table, "faces");
    cli_table_add(table, "pictures");
    for (guint i = 0; i < report->uses->len; i++) {
        const struct service_key_use *use = &g_array_index(report->uses, struct service_key_use, i);
        key_text id;
        cli_table_add(table, format_key(use->id, id));
        cli_table_add(table, use->current   ? "current"
                             : use->in_file ? "opens only"
                                            : "not in the key file");
        cli_table_add_int(table, use->templates);
        cli_table_add_int(table, use->images);
    }
    cli_table_print(table);
    if (report->templates_unreadable + report->images_unreadable > 0)
        printf("\nNo key opens %" G_GINT64_FORMAT " faces and %" G_GINT64_FORMAT " pictures.\n",
               report->templates_unreadable, report->images_unreadable);
    if (trouble)
        printf("\n%s\n", trouble);
}

static int list(struct service *service, bool as_json)
{
    struct service_keys_report report;
    g_autoptr(GError) error = NULL;
    g_autofree char *trouble = service_keys_trouble(service);
    bool printed = true;

    if (!service_keys_report(service, &report, &error))
        return cli_fail(error);
    const bool sound = !trouble && report.templates_unreadable + report.images_unreadable == 0;
    if (as_json)
        printed = cli_print_json(list_json(&report, trouble));
    else
        print_list(&report, trouble);
    service_keys_report_clear(&report);
    printed = cli_print_end() && printed;
    return !printed ? CLI_EXIT_UNAVAILABLE : sound ? CLI_EXIT_OK : CLI_EXIT_NO;
}

int cli_keys_list(int argc, char **argv)
{
    gboolean as_json = FALSE;
    const GOptionEntry options[] = {
        {"json", 0, 0, G_OPTION_ARG_NONE, &as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .summary = "Lists the keys of the key file and how much each of them seals. Opens every "
                   "stored face.",
        .no = "something does not open with any key",
        .options = options,
    };
    g_auto(GStrv) words = NULL;
    struct cli_session session;
    int status;

    if (!cli_parse(&syntax, argc, argv, &words, &status) || !cli_session_open(&session, 0, &status))
        return status;
    status = list(session.app.service, as_json);
    cli_session_close(&session);
    return status;
}

/* ---- rotate ---- */

struct rotate {
    struct cli_session session;
    struct service_keys_rotation rotation;
    struct cli_progress progress;
    bool counting;
    gint64 shown;
};

static void show_progress(gint64 done, gint64 total, gpointer data)
{
    struct rotate *work = data;

    if (!work->counting)
        cli_progress_init(&work->progress, "Sealing anew", (size_t)total);
    work->counting = true;
    for (; work->shown < done; work->shown++)
        cli_progress_step(&work->progress);
}

static void print_rotation(const struct service_keys_rotation *rotation)
{
    key_text id;

    format_key(rotation->id, id);
    if (rotation->step == SERVICE_KEYS_PREPARE) {
        printf(
            "The key %s was added to the key file; it only opens for now. Copy the file to every "
            "node,\nthen run: presente keys rotate --to %s\n",
            id, id);
        return;
    }
    printf("%s %s: %" G_GINT64_FORMAT " faces and %" G_GINT64_FORMAT
           " pictures were sealed anew.\n",
           rotation->resumed ? "The rotation that was interrupted is finished. The key is"
                             : "The key is now",
           id, rotation->templates, rotation->images);
    if (rotation->unreadable > 0)
        printf("%" G_GINT64_FORMAT " faces and pictures do not open with any key and stay as they "
               "are.\n",
               rotation->unreadable);
}

static void print_what_next(const struct rotate *work)
{
    if (work->rotation.step == SERVICE_KEYS_PREPARE)
        return;
    puts("Back up the key file now. Backups of the database from before today need the older keys: "
         "keep a\ncopy of the older key file with them.");
    if (db_url_is_server(work->session.settings.database_url))
        puts("If other nodes use this database, copy the key file to each of them now.");
}

/* Sessions that an older key signed end with it. */
static int drop_older(struct rotate *work)
{
    struct service *service = work->session.app.service;
    struct service_keys_report report;
    g_autoptr(GError) error = NULL;
    int status = CLI_EXIT_OK;

    if (!service_keys_report(service, &report, &error))
        return cli_fail(error);
    for (guint i = 0; i < report.uses->len && status == CLI_EXIT_OK; i++) {
        const struct service_key_use *use = &g_array_index(report.uses, struct service_key_use, i);
        key_text id;
        if (use->current || !use->in_file)
            continue;
        if (service_keys_drop(service, &work->session.identity, use->id, &error))
            printf("The key %s was dropped; the sessions that it signed have ended.\n",
                   format_key(use->id, id));
        else
            status = cli_fail(error);
    }
    service_keys_report_clear(&report);
    return status;
}

static json_t *rotation_json(const struct service_keys_rotation *rotation)
{
    key_text id;

    return json_pack("{s:s,s:b,s:b,s:I,s:I,s:I}", "key", format_key(rotation->id, id), "prepared",
                     rotation->step == SERVICE_KEYS_PREPARE, "resumed", rotation->resumed,
                     "templates", (json_int_t)rotation->templates, "images",
                     (json_int_t)rotation->images, "unreadable", (json_int_t)rotation->unreadable);
}

static int rotate(struct rotate *work, bool drop_old, bool as_json)
{
    g_autoptr(GError) error = NULL;

    work->rotation.progress = show_progress;
    work->rotation.data = work;
    const bool done = service_keys_rotate(work->session.app.service, &work->session.identity,
                                          &work->rotation, &error);
    if (work->counting)
        cli_progress_finish(&work->progress);
    if (!done)
        return cli_fail(error);
    if (as_json)
        return cli_print_json(rotation_json(&work->rotation)) ? CLI_EXIT_OK : CLI_EXIT_UNAVAILABLE;
    print_rotation(&work->rotation);
    const int dropped = drop_old ? drop_older(work) : CLI_EXIT_OK;
    if (!drop_old && work->rotation.step != SERVICE_KEYS_PREPARE)
        puts("Older keys stay in the key file, so that nobody is signed out: \"presente keys drop "
             "ID\" takes one\nout and ends the sessions that it signed.");
    print_what_next(work);
    return cli_exit_worse(dropped, end());
}

int cli_keys_rotate(int argc, char **argv)
{
    gboolean prepare = FALSE, drop_old = FALSE, as_json = FALSE;
    g_autofree char *to = NULL;
    const GOptionEntry options[] = {
        {"prepare", 0, 0, G_OPTION_ARG_NONE, &prepare,
         "Only add a key, to be copied to every node before it is used", NULL},
        {"to", 0, 0, G_OPTION_ARG_STRING, &to, "Use a key that was prepared", "ID"},
        {"drop-old", 0, 0, G_OPTION_ARG_NONE, &drop_old,
         "Then take all other keys out of the file, which ends the sessions they signed", NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .summary = "Makes a new key and seals every face and picture with it, while the server "
                   "runs.\nWhat was interrupted is finished by running it again.",
        .notes = "Several nodes with one database: --prepare, copy the key file to every node, "
                 "--to ID, copy the\nfile again. docs/keys.md tells more.",
        .options = options,
    };
    g_auto(GStrv) words = NULL;
    struct rotate work = {0};
    int status;

    if (!cli_parse(&syntax, argc, argv, &words, &status))
        return status;
    if ((prepare && (to || drop_old)) || (as_json && drop_old))
        return cli_fail_usage(argv[0],
                              "Use one of --prepare and --to; --drop-old goes with neither "
                              "--prepare nor --json.");
    if (to && !parse_key(to, &work.rotation.id))
        return fail_key(to);
    work.rotation.step = prepare ? SERVICE_KEYS_PREPARE
                         : to    ? SERVICE_KEYS_USE
                                 : SERVICE_KEYS_ROTATE;
    if (!cli_session_open(&work.session, 0, &status))
        return status;
    status = rotate(&work, drop_old, as_json);
    cli_session_close(&work.session);
    return status;
}

/* ---- drop ---- */

int cli_keys_drop(int argc, char **argv)
{
    const struct cli_syntax syntax = {
        .words = "ID",
        .summary = "Takes a key out of the key file. Refused while anything is sealed with it; "
                   "sessions that it signed end.",
        .notes = "Backups of the database from before the rotation can then only be read with a "
                 "copy of the older\nkey file.",
        .words_min = 1,
        .words_max = 1,
    };
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) words = NULL;
    struct cli_session session;
    guint32 id = 0;
    int status;

    if (!cli_parse(&syntax, argc, argv, &words, &status))
        return status;
    if (!parse_key(words[0], &id))
        return fail_key(words[0]);
    if (!cli_session_open(&session, 0, &status))
        return status;
    if (service_keys_drop(session.app.service, &session.identity, id, &error)) {
        printf("The key %s was dropped.\n", words[0]);
        status = end();
    } else {
        status = cli_fail(error);
    }
    cli_session_close(&session);
    return status;
}

/* ---- replace ---- */

static int create_file(const struct app_settings *settings)
{
    bool created = false;
    g_autoptr(GError) error = NULL;
    g_autoptr(auth_keys) keys = auth_keys_load_or_create(settings->key_file, &created, &error);

    if (!keys)
        return cli_fail(error);
    printf(created ? "The key file %s was made.\n" : "The key file %s is there already.\n",
           settings->key_file);
    return end();
}

static bool is_unused(const struct app_settings *settings, bool *unused, GError **error)
{
    g_autoptr(db_handle) database = app_open_database(settings, false, error);

    return database && app_database_is_new(database, unused, error);
}

static bool replace_confirm(struct service *service, const char *trouble, bool *sure,
                            GError **error)
{
    struct service_keys_report report;

    if (!service_keys_report(service, &report, error))
        return false;
    g_autofree char *question = g_strdup_printf(
        "%s\n\nThis makes a new key file and deletes the %" G_GINT64_FORMAT
        " faces and %" G_GINT64_FORMAT " pictures that cannot be opened any more. The people must "
        "enrol again. Go on?",
        trouble, report.templates_unreadable, report.images_unreadable);
    service_keys_report_clear(&report);
    *sure = cli_confirm(question);
    return true;
}

static int replace(struct cli_session *session, bool sure)
{
    struct service *service = session->app.service;
    struct service_keys_replacement replacement;
    g_autoptr(GError) error = NULL;

    const bool in_order = service_keys_ready(service, &error);
    g_autofree char *trouble = in_order ? NULL : service_keys_trouble(service);
    /* That there is nothing to replace, or that it cannot be told, is said without asking. */
    if (!in_order && !trouble)
        return cli_fail(error);
    g_clear_error(&error);
    if (trouble && !sure && !replace_confirm(service, trouble, &sure, &error))
        return cli_fail(error);
    if (trouble && !sure)
        return cli_fail_input("Nothing was replaced: say yes, or use --yes.");
    if (!service_keys_replace(service, &session->identity, &replacement, &error))
        return cli_fail(error);
    key_text id;
    printf("The key is now %s. %" G_GINT64_FORMAT " faces and %" G_GINT64_FORMAT
           " pictures were deleted.\nBack up the key file now, apart from the database.\n",
           format_key(replacement.id, id), replacement.templates, replacement.images);
    if (replacement.kept)
        printf("The file that was there is kept as %s.\n", replacement.kept);
    service_keys_replacement_clear(&replacement);
    return end();
}

int cli_keys_replace(int argc, char **argv)
{
    gboolean sure = FALSE;
    const GOptionEntry options[] = {
        {"yes", 'y', 0, G_OPTION_ARG_NONE, &sure, "Do not ask", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .summary =
            "For a key that is lost for good: makes a new key file and deletes the faces and "
            "pictures that no key opens, so that people can enrol again.",
        .options = options,
    };
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) words = NULL;
    struct app_settings settings;
    struct cli_session session;
    bool looked = false, unused = false;
    int status;

    if (!cli_parse(&syntax, argc, argv, &words, &status) || !cli_settings_load(&settings, &status))
        return status;
    looked = is_unused(&settings, &unused, &error);
    if (!looked)
        status = cli_fail(error);
    else if (unused)
        status = create_file(&settings);
    app_settings_clear(&settings);
    if (!looked || unused || !cli_session_open(&session, 0, &status))
        return status;
    status = replace(&session, sure);
    cli_session_close(&session);
    return status;
}
