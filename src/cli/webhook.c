#include "cli/command.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/output.h"
#include "service/webhooks.h"

#include <stdio.h>

struct webhook_options {
    char **events;
    gboolean on, off;
    gboolean as_json;
};

static bool read_events(char **names, guint *events, GError **error)
{
    enum core_webhook_event event;

    *events = 0;
    for (char **name = names; *name; name++) {
        if (!core_webhook_event_from_name(*name, &event) || event == CORE_WEBHOOK_TEST) {
            g_autofree char *all = core_webhook_events_format(CORE_WEBHOOK_EVENTS_ALL);
            g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID,
                        "There is no event \"%s\". There are: %s.", *name, all);
            return false;
        }
        *events |= CORE_WEBHOOK_BIT(event);
    }
    return true;
}

static json_t *webhook_json(const struct core_webhook *webhook)
{
    g_autofree char *events = core_webhook_events_format(webhook->events);

    return json_pack("{s:o, s:s, s:s, s:b}", "id", base_json_uuid(&webhook->id), "url",
                     webhook->url, "events", events, "active", webhook->active);
}

static int add(struct cli_session *session, char **words, gpointer data)
{
    const struct webhook_options *given = data;
    struct service_webhook_input input = {.url = words[0]};
    guint events;
    g_autoptr(GError) error = NULL;
    g_autoptr(core_webhook) webhook = NULL;

    if (given->events) {
        if (!read_events(given->events, &events, &error))
            return cli_fail(error);
        input.events = &events;
    }
    webhook = service_webhook_create(session->app.service, &session->identity, &input, &error);
    if (!webhook)
        return cli_fail(error);
    if (given->as_json) {
        json_t *json = webhook_json(webhook);
        json_object_set_new(json, "secret", json_string(webhook->secret));
        return cli_print_json(json) ? CLI_EXIT_OK : CLI_EXIT_UNAVAILABLE;
    }
    char id[BASE_UUID_TEXT_SIZE];
    printf("Webhook %s: added.\nIts secret, which is not shown again: %s\n",
           base_uuid_format(&webhook->id, id), webhook->secret);
    return cli_print_end() ? CLI_EXIT_OK : CLI_EXIT_UNAVAILABLE;
}

int cli_webhook_add(int argc, char **argv)
{
    struct webhook_options given = {0};
    const GOptionEntry options[] = {
        {"event", 'e', 0, G_OPTION_ARG_STRING_ARRAY, &given.events,
         "Only this event; may be given several times", "EVENT"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &given.as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .words = "URL",
        .summary = "Tells another system what happens, by signed HTTP POSTs.",
        .notes = "Events: attendance.marked, attendance.corrected, session.closed,\n"
                 "dispute.opened, dispute.settled. The server sends them.",
        .words_min = 1,
        .words_max = 1,
        .options = options,
    };
    const int status = cli_run_session(&syntax, 0, argc, argv, add, &given);

    g_strfreev(given.events);
    return status;
}

static void print_list(const GPtrArray *webhooks)
{
    char id[BASE_UUID_TEXT_SIZE];
    struct cli_table *table = cli_table_create(4);

    cli_table_add(table, "ID");
    cli_table_add(table, "ACTIVE");
    cli_table_add(table, "URL");
    cli_table_add(table, "EVENTS");
    for (guint i = 0; i < webhooks->len; i++) {
        const struct core_webhook *webhook = webhooks->pdata[i];
        g_autofree char *events = core_webhook_events_format(webhook->events);
        cli_table_add(table, base_uuid_format(&webhook->id, id));
        cli_table_add(table, webhook->active ? "yes" : "no");
        cli_table_add(table, webhook->url);
        cli_table_add(table, events);
    }
    cli_table_print(table);
}

static int list(struct cli_session *session, char **words, gpointer data)
{
    const struct webhook_options *given = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) webhooks =
        service_webhook_list(session->app.service, &session->identity, &error);

    (void)words;
    if (!webhooks)
        return cli_fail(error);
    if (given->as_json) {
        json_t *items = json_array();
        for (guint i = 0; i < webhooks->len; i++)
            json_array_append_new(items, webhook_json(webhooks->pdata[i]));
        return cli_print_json(
                   json_pack("{s:o,s:I}", "items", items, "total", (json_int_t)webhooks->len))
                   ? CLI_EXIT_OK
                   : CLI_EXIT_UNAVAILABLE;
    }
    print_list(webhooks);
    return cli_print_end() ? CLI_EXIT_OK : CLI_EXIT_UNAVAILABLE;
}

int cli_webhook_list(int argc, char **argv)
{
    struct webhook_options given = {0};
    const GOptionEntry options[] = {
        {"json", 0, 0, G_OPTION_ARG_NONE, &given.as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .summary = "Lists the webhooks.",
        .options = options,
    };

    return cli_run_session(&syntax, 0, argc, argv, list, &given);
}

static int set(struct cli_session *session, char **words, gpointer data)
{
    const struct webhook_options *given = data;
    const bool active = given->on;
    struct service_webhook_input input = {0};
    struct base_uuid id;
    guint events;
    g_autoptr(GError) error = NULL;

    if (!base_uuid_parse(words[0], &id))
        return cli_fail_input("\"%s\" is not the id of a webhook.", words[0]);
    if (given->on == given->off && !given->events)
        return cli_fail_input("Nothing is to be changed: use --on, --off or --event.");
    if (given->events) {
        if (!read_events(given->events, &events, &error))
            return cli_fail(error);
        input.events = &events;
    }
    if (given->on != given->off)
        input.active = &active;
    g_autoptr(core_webhook) webhook =
        service_webhook_update(session->app.service, &session->identity, &id, &input, &error);
    if (!webhook)
        return cli_fail(error);
    printf("Webhook %s: changed.\n", words[0]);
    return cli_print_end() ? CLI_EXIT_OK : CLI_EXIT_UNAVAILABLE;
}

int cli_webhook_set(int argc, char **argv)
{
    struct webhook_options given = {0};
    const GOptionEntry options[] = {
        {"event", 'e', 0, G_OPTION_ARG_STRING_ARRAY, &given.events,
         "Only this event from now on; may be given several times", "EVENT"},
        {"on", 0, 0, G_OPTION_ARG_NONE, &given.on, "Switch it on", NULL},
        {"off", 0, 0, G_OPTION_ARG_NONE, &given.off, "Switch it off", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .words = "ID",
        .summary = "Changes what a webhook is told, or switches it on or off.",
        .words_min = 1,
        .words_max = 1,
        .options = options,
    };
    const int status = cli_run_session(&syntax, 0, argc, argv, set, &given);

    g_strfreev(given.events);
    return status;
}

/* "delete" and "test": something done with one webhook. */
struct webhook_deed {
    bool (*run)(struct service *service, const struct service_identity *identity,
                const struct base_uuid *id, GError **error);
    const char *said;
};

static int do_deed(struct cli_session *session, char **words, gpointer data)
{
    const struct webhook_deed *deed = data;
    struct base_uuid id;
    g_autoptr(GError) error = NULL;

    if (!base_uuid_parse(words[0], &id))
        return cli_fail_input("\"%s\" is not the id of a webhook.", words[0]);
    if (!deed->run(session->app.service, &session->identity, &id, &error))
        return cli_fail(error);
    printf("Webhook %s: %s\n", words[0], deed->said);
    return cli_print_end() ? CLI_EXIT_OK : CLI_EXIT_UNAVAILABLE;
}

int cli_webhook_delete(int argc, char **argv)
{
    struct webhook_deed deed = {service_webhook_delete, "deleted."};
    const struct cli_syntax syntax = {
        .words = "ID",
        .summary = "Deletes a webhook, with what still waits for it.",
        .words_min = 1,
        .words_max = 1,
    };

    return cli_run_session(&syntax, 0, argc, argv, do_deed, &deed);
}

int cli_webhook_test(int argc, char **argv)
{
    struct webhook_deed deed = {service_webhook_test, "the server will send a test event."};
    const struct cli_syntax syntax = {
        .words = "ID",
        .summary = "Has a test event sent to a webhook.",
        .words_min = 1,
        .words_max = 1,
    };

    return cli_run_session(&syntax, 0, argc, argv, do_deed, &deed);
}
