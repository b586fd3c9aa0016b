#include "service/mail.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/output.h"
#include "service/links.h"
#include "service/outbox.h"
#include "service/schedule.h"
#include "service/sender.h"

#include <stdio.h>

enum { LIST_MAX = 200 };

static int done(bool printed)
{
    return cli_print_end() && printed ? CLI_EXIT_OK : CLI_EXIT_UNAVAILABLE;
}

/* ---- list ---- */

struct list_options {
    char *state;
    gboolean as_json;
};

static json_t *entry_json(const struct db_outbox_entry *entry)
{
    return json_pack("{s:o,s:s,s:s,s:s,s:I,s:o,s:o,s:o}", "id", base_json_uuid(&entry->id),
                     "channel", db_outbox_channel_name(entry->channel), "kind", entry->kind,
                     "state", db_outbox_state_name(entry->state), "attempts",
                     (json_int_t)entry->attempts, "due_at", base_json_time(entry->due_at),
                     "created_at", base_json_time(entry->created_at), "last_error",
                     base_json_text_or_null(entry->last_error));
}

static int print_entries(const GPtrArray *entries, gint64 total, bool as_json)
{
    static const char *const HEAD[] = {"ID", "CHANNEL", "KIND", "STATE", "TRIES", "DUE", "ERROR"};
    char id[BASE_UUID_TEXT_SIZE], due[BASE_TIME_TEXT_SIZE];

    if (as_json) {
        json_t *items = json_array();
        for (guint i = 0; i < entries->len; i++)
            json_array_append_new(items, entry_json(entries->pdata[i]));
        return done(
            cli_print_json(json_pack("{s:o,s:I}", "items", items, "total", (json_int_t)total)));
    }
    struct cli_table *table = cli_table_create(G_N_ELEMENTS(HEAD));
    for (gsize i = 0; i < G_N_ELEMENTS(HEAD); i++)
        cli_table_add(table, HEAD[i]);
    for (guint i = 0; i < entries->len; i++) {
        const struct db_outbox_entry *entry = entries->pdata[i];
        cli_table_add(table, base_uuid_format(&entry->id, id));
        cli_table_add(table, db_outbox_channel_name(entry->channel));
        cli_table_add(table, entry->kind);
        cli_table_add(table, db_outbox_state_name(entry->state));
        cli_table_add_int(table, entry->attempts);
        cli_table_add(table, base_time_format(entry->due_at, due));
        cli_table_add(table, entry->last_error);
    }
    cli_table_print(table);
    if (total > entries->len)
        printf("… and %" G_GINT64_FORMAT " older ones.\n", total - entries->len);
    return done(true);
}

static int list(struct cli_session *session, char **words, gpointer data)
{
    const struct list_options *options = data;
    struct db_outbox_filter filter = DB_OUTBOX_FILTER_ALL;
    const struct db_page page = {.limit = LIST_MAX};
    enum db_outbox_state state;
    gint64 total = 0;
    g_autoptr(GError) error = NULL;

    (void)words;
    if (options->state && !db_outbox_state_from_name(options->state, &state))
        return cli_fail_input("--state must be waiting, sent, dead or cancelled.");
    if (options->state)
        filter.state = (int)state;
    g_autoptr(GPtrArray) entries = service_outbox_list(session->app.service, &session->identity,
                                                       &filter, &page, &total, &error);
    return entries ? print_entries(entries, total, options->as_json) : cli_fail(error);
}

int cli_mail_list(int argc, char **argv)
{
    struct list_options given = {0};
    const GOptionEntry options[] = {
        {"state", 0, 0, G_OPTION_ARG_STRING, &given.state,
         "Only those waiting, sent, dead or cancelled", "STATE"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &given.as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .summary = "Lists what is to leave the house, mail and webhooks, the newest first.",
        .options = options,
    };
    const int status = cli_run_session(&syntax, 0, argc, argv, list, &given);

    g_free(given.state);
    return status;
}

/* ---- one entry ---- */

static bool entry_id(const char *word, struct base_uuid *id, int *status)
{
    if (base_uuid_parse(word, id))
        return true;
    *status = cli_fail_input("%s is not an id as \"presente mail list\" prints them.", word);
    return false;
}

static int print_mail(const struct service_mail *mail, bool html)
{
    if (html)
        printf("%s", mail->html);
    else
        printf("To: %s <%s>\nFrom: %s\nSubject: %s\n%s%s%s\n%s", mail->to_name, mail->to_address,
               mail->from_name, mail->subject, mail->attachment_name ? "Attachment: " : "",
               mail->attachment_name ? mail->attachment_name : "",
               mail->attachment_name ? "\n" : "", mail->text);
    return done(true);
}

static int preview(struct cli_session *session, char **words, gpointer data)
{
    const gboolean *html = data;
    struct base_uuid id;
    enum service_mail_kind kind;
    int status;
    g_autoptr(GError) error = NULL;

    if (!entry_id(words[0], &id, &status))
        return status;
    g_autoptr(db_outbox_entry) entry =
        service_outbox_find(session->app.service, &session->identity, &id, &error);
    if (!entry)
        return cli_fail(error);
    if (!service_mail_kind_from_name(entry->kind, &kind))
        return cli_fail_input("%s is not a mail to anybody: there is nothing to show.", words[0]);
    g_autoptr(service_mail) mail = service_mail_make(session->app.service, kind, &entry->user_id,
                                                     entry->parameters, true, &error);
    return mail ? print_mail(mail, *html) : cli_fail(error);
}

int cli_mail_preview(int argc, char **argv)
{
    gboolean html = FALSE;
    const GOptionEntry options[] = {
        {"html", 0, 0, G_OPTION_ARG_NONE, &html, "As HTML", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .words = "ID",
        .summary = "Shows a mail of the outbox as it would be sent now, without sending it.",
        .words_min = 1,
        .words_max = 1,
        .options = options,
    };
    return cli_run_session(&syntax, 0, argc, argv, preview, &html);
}

static int retry(struct cli_session *session, char **words, gpointer data)
{
    const gboolean *all = data;
    struct base_uuid id;
    gint64 changed = 0;
    int status;
    g_autoptr(GError) error = NULL;

    if (*all == (words[0] != NULL))
        return cli_fail_input("Name one entry, or --all.");
    if (*all) {
        if (!service_outbox_retry_dead(session->app.service, &session->identity, DB_OUTBOX_MAIL,
                                       &changed, &error))
            return cli_fail(error);
    } else {
        if (!entry_id(words[0], &id, &status))
            return status;
        if (!service_outbox_retry(session->app.service, &session->identity, &id, &error))
            return cli_fail(error);
        changed = 1;
    }
    printf("%" G_GINT64_FORMAT " waiting again.\n", changed);
    return done(true);
}

int cli_mail_retry(int argc, char **argv)
{
    gboolean all = FALSE;
    const GOptionEntry options[] = {
        {"all", 0, 0, G_OPTION_ARG_NONE, &all, "Every mail that was given up", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .words = "[ID]",
        .summary = "Has what was given up or cancelled sent again.",
        .words_min = 0,
        .words_max = 1,
        .options = options,
    };
    return cli_run_session(&syntax, 0, argc, argv, retry, &all);
}

static int cancel(struct cli_session *session, char **words, gpointer data)
{
    struct base_uuid id;
    int status;
    g_autoptr(GError) error = NULL;

    (void)data;
    if (!entry_id(words[0], &id, &status))
        return status;
    if (!service_outbox_cancel(session->app.service, &session->identity, &id, &error))
        return cli_fail(error);
    printf("%s: cancelled.\n", words[0]);
    return done(true);
}

int cli_mail_cancel(int argc, char **argv)
{
    const struct cli_syntax syntax = {
        .words = "ID",
        .summary = "Cancels what waits in the outbox.",
        .words_min = 1,
        .words_max = 1,
    };
    return cli_run_session(&syntax, 0, argc, argv, cancel, NULL);
}

/* ---- sending ---- */

static int test(struct cli_session *session, char **words, gpointer data)
{
    g_autoptr(GError) error = NULL;

    (void)data;
    if (!service_mail_test(session->app.service, &session->identity, words[0], &error))
        return cli_fail(error);
    printf("The mail server has taken a message to %s.\n", words[0]);
    return done(true);
}

int cli_mail_test(int argc, char **argv)
{
    const struct cli_syntax syntax = {
        .words = "ADDRESS",
        .summary = "Sends a short mail at once, to try the settings.",
        .words_min = 1,
        .words_max = 1,
    };
    return cli_run_session(&syntax, 0, argc, argv, test, NULL);
}

/* Everything that waits is tried, whatever pause its failures brought. */
static bool send_all(struct cli_session *session, struct service_sent *sent, GError **error)
{
    struct service *service = session->app.service;
    g_autoptr(db_connection) connection = NULL;

    if (!service_schedule_run(service, base_time_now(), NULL, error))
        return false;
    connection = db_acquire(service_db(service), error);
    if (!connection || !db_outbox_hurry(connection, DB_OUTBOX_MAIL, base_time_now(), NULL, error))
        return false;
    g_clear_pointer(&connection, db_release);
    return service_sender_run(service, DB_OUTBOX_MAIL, NULL, sent, error);
}

static int send_now(struct cli_session *session, char **words, gpointer data)
{
    struct service_sent sent = {0};
    g_autoptr(GError) error = NULL;

    (void)words;
    (void)data;
    if (!service_mail_is_on(session->app.service))
        return cli_fail_input("PRESENTE_SMTP_URL is not set: there is no mail server.");
    if (!send_all(session, &sent, &error))
        return cli_fail(error);
    printf("%" G_GINT64_FORMAT " sent, %" G_GINT64_FORMAT " to be tried again, %" G_GINT64_FORMAT
           " given up, %" G_GINT64_FORMAT " not wanted any more.\n",
           sent.sent, sent.failed, sent.dead, sent.unwanted);
    const int status = done(true);
    return status == CLI_EXIT_OK && (sent.failed || sent.dead) ? CLI_EXIT_NO : status;
}

int cli_mail_send_now(int argc, char **argv)
{
    const struct cli_syntax syntax = {
        .summary = "Sends the mail that waits, also what would be tried again only later.",
        .no = "some could not be sent",
    };
    return cli_run_session(&syntax, 0, argc, argv, send_now, NULL);
}

/* ---- invitations ---- */

struct invite_options {
    gboolean all;
    char *role;
};

static int invite_all(struct cli_session *session, const struct invite_options *options)
{
    enum core_role role = CORE_ROLE_N;
    gint64 invited = 0;
    g_autoptr(GError) error = NULL;

    if (options->role && !core_role_from_name(options->role, &role))
        return cli_fail_input("--role must be admin, teacher or student.");
    if (!service_invite_all(session->app.service, &session->identity,
                            options->role ? (int)role : DB_ANY, NULL, &invited, &error))
        return cli_fail(error);
    printf("%" G_GINT64_FORMAT " invited.\n", invited);
    return done(true);
}

static int invite(struct cli_session *session, char **words, gpointer data)
{
    const struct invite_options *options = data;

    if (options->all == (words[0] != NULL))
        return cli_fail_input("Name people by their e-mail, or --all.");
    if (options->all)
        return invite_all(session, options);
    for (char **word = words; *word; word++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(core_user) user = cli_user_find(session, *word, &error);
        if (!user || !service_invite(session->app.service, &session->identity, &user->id, &error))
            return cli_fail(error);
        printf("%s: invited.\n", *word);
    }
    return done(true);
}

int cli_user_invite(int argc, char **argv)
{
    struct invite_options given = {0};
    const GOptionEntry options[] = {
        {"all", 0, 0, G_OPTION_ARG_NONE, &given.all, "Every active account without a password",
         NULL},
        {"role", 0, 0, G_OPTION_ARG_STRING, &given.role, "With --all: only of this role", "ROLE"},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .words = "[EMAIL…]",
        .summary = "Mails people a link to set their password.",
        .words_min = 0,
        .words_max = -1,
        .options = options,
    };
    const int status = cli_run_session(&syntax, 0, argc, argv, invite, &given);

    g_free(given.role);
    return status;
}
