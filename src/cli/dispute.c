#include "cli/command.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "service/disputes.h"

#include <stdio.h>

struct dispute_options {
    char *state, *status;
    gboolean accept, reject, as_json;
};

static json_t *dispute_json(const struct db_dispute *dispute)
{
    return json_pack(
        "{s:o, s:o, s:s*, s:s*, s:s*, s:s, s:s, s:s, s:s*}", "id", base_json_uuid(&dispute->id),
        "attendance_id", base_json_uuid(&dispute->attendance_id), "user", dispute->user_name,
        "course", dispute->course_name, "day", dispute->local_day, "status",
        core_status_name(dispute->status), "state", db_dispute_state_name(dispute->state),
        "message", dispute->message, "answer", dispute->answer);
}

static int finish(bool printed)
{
    return cli_print_end() && printed ? CLI_EXIT_OK : CLI_EXIT_UNAVAILABLE;
}

static int list(struct cli_session *session, char **words, gpointer data)
{
    const struct dispute_options *given = data;
    struct db_dispute_filter filter = DB_DISPUTE_FILTER_ALL;
    enum db_dispute_state state = DB_DISPUTE_OPEN;
    g_autoptr(GError) error = NULL;

    (void)words;
    if (given->state && !db_dispute_state_from_name(given->state, &state))
        return cli_fail_input("There is no state \"%s\": open, accepted, rejected, withdrawn.",
                              given->state);
    filter.state = (int)state;
    g_autoptr(GPtrArray) disputes =
        service_dispute_list(session->app.service, &session->identity, &filter, NULL, NULL, &error);
    if (!disputes)
        return cli_fail(error);
    if (given->as_json) {
        json_t *items = json_array();
        for (guint i = 0; i < disputes->len; i++)
            json_array_append_new(items, dispute_json(disputes->pdata[i]));
        return finish(cli_print_json(json_pack("{s:o}", "items", items)));
    }
    for (guint i = 0; i < disputes->len; i++) {
        const struct db_dispute *dispute = disputes->pdata[i];
        char id[BASE_UUID_TEXT_SIZE];
        printf("%s  %s  %s  %s  %s\n  %s\n", base_uuid_format(&dispute->id, id), dispute->local_day,
               dispute->user_name ? dispute->user_name : "",
               dispute->course_name ? dispute->course_name : "", core_status_name(dispute->status),
               dispute->message);
    }
    return finish(true);
}

int cli_dispute_list(int argc, char **argv)
{
    struct dispute_options given = {0};
    const GOptionEntry options[] = {
        {"state", 0, 0, G_OPTION_ARG_STRING, &given.state,
         "open (the default), accepted, rejected or withdrawn", "STATE"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &given.as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .summary = "Lists what students say is wrong with their marks.",
        .options = options,
    };
    const int status = cli_run_session(&syntax, 0, argc, argv, list, &given);

    g_free(given.state);
    return status;
}

static int answer(struct cli_session *session, char **words, gpointer data)
{
    const struct dispute_options *given = data;
    const struct service_dispute_answer reply = {
        .accept = given->accept,
        .status = given->status,
        .answer = words[1],
    };
    struct base_uuid id;
    g_autoptr(GError) error = NULL;

    if (given->accept == given->reject)
        return cli_fail_input("Give one of --accept and --reject.");
    if (!base_uuid_parse(words[0], &id))
        return cli_fail_input("\"%s\" is not the id of a dispute; presente dispute list shows "
                              "them.",
                              words[0]);
    g_autoptr(db_dispute) dispute =
        service_dispute_answer(session->app.service, &session->identity, &id, &reply, &error);
    if (!dispute)
        return cli_fail(error);
    if (given->as_json)
        return finish(cli_print_json(dispute_json(dispute)));
    printf("The dispute is %s; the mark is %s.\n", db_dispute_state_name(dispute->state),
           core_status_name(dispute->status));
    return finish(true);
}

int cli_dispute_answer(int argc, char **argv)
{
    struct dispute_options given = {0};
    const GOptionEntry options[] = {
        {"accept", 0, 0, G_OPTION_ARG_NONE, &given.accept, "The student is right", NULL},
        {"reject", 0, 0, G_OPTION_ARG_NONE, &given.reject, "The mark stays", NULL},
        {"status", 0, 0, G_OPTION_ARG_STRING, &given.status,
         "With --accept: what the mark becomes; present by default", "STATUS"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &given.as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .words = "ID ANSWER",
        .summary = "Answers a dispute, and corrects the mark when it is accepted.",
        .words_min = 2,
        .words_max = 2,
        .options = options,
    };
    const int status = cli_run_session(&syntax, 0, argc, argv, answer, &given);

    g_free(given.status);
    return status;
}
