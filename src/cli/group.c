#include "cli/command.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/output.h"
#include "service/groups.h"

#include <stdio.h>

static json_t *group_json(const struct core_group *group)
{
    return json_pack("{s:o,s:s,s:I}", "id", base_json_uuid(&group->id), "name", group->name,
                     "members", (json_int_t)group->member_count);
}

static int add(struct cli_session *session, const char *name, bool as_json)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(core_group) group =
        service_group_create(session->app.service, &session->identity, name, &error);

    if (!group)
        return cli_fail(error);
    bool printed = true;
    if (as_json)
        printed = cli_print_json(group_json(group));
    else
        printf("Group %s: added.\n", group->name);
    return cli_print_end() && printed ? CLI_EXIT_OK : CLI_EXIT_UNAVAILABLE;
}

int cli_group_add(int argc, char **argv)
{
    gboolean as_json = FALSE;
    const GOptionEntry options[] = {
        {"json", 0, 0, G_OPTION_ARG_NONE, &as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .words = "NAME",
        .summary = "Makes a group of students.",
        .words_min = 1,
        .words_max = 1,
        .options = options,
    };
    g_auto(GStrv) words = NULL;
    struct cli_session session;
    int status;

    if (!cli_parse(&syntax, argc, argv, &words, &status) || !cli_session_open(&session, 0, &status))
        return status;
    status = add(&session, words[0], as_json);
    cli_session_close(&session);
    return status;
}

static int list(struct cli_session *session, bool as_json)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) groups = service_group_list(session->app.service, &session->identity,
                                                     false, NULL, NULL, NULL, &error);

    if (!groups)
        return cli_fail(error);
    if (as_json) {
        json_t *items = json_array();
        for (guint i = 0; i < groups->len; i++)
            json_array_append_new(items, group_json(groups->pdata[i]));
        return cli_print_json(
                   json_pack("{s:o,s:I}", "items", items, "total", (json_int_t)groups->len))
                   ? CLI_EXIT_OK
                   : CLI_EXIT_UNAVAILABLE;
    }
    struct cli_table *table = cli_table_create(2);
    cli_table_add(table, "NAME");
    cli_table_add(table, "STUDENTS");
    for (guint i = 0; i < groups->len; i++) {
        const struct core_group *group = groups->pdata[i];
        cli_table_add(table, group->name);
        cli_table_add_int(table, group->member_count);
    }
    cli_table_print(table);
    return cli_print_end() ? CLI_EXIT_OK : CLI_EXIT_UNAVAILABLE;
}

int cli_group_list(int argc, char **argv)
{
    gboolean as_json = FALSE;
    const GOptionEntry options[] = {
        {"json", 0, 0, G_OPTION_ARG_NONE, &as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {.summary = "Lists the groups by name.", .options = options};
    g_auto(GStrv) words = NULL;
    struct cli_session session;
    int status;

    if (!cli_parse(&syntax, argc, argv, &words, &status) || !cli_session_open(&session, 0, &status))
        return status;
    status = list(&session, as_json);
    cli_session_close(&session);
    return status;
}

static int erase(struct cli_session *session, const char *name)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(core_group) group = cli_group_find(session, name, &error);

    if (!group ||
        !service_group_delete(session->app.service, &session->identity, &group->id, &error))
        return cli_fail(error);
    printf("Group %s: deleted.\n", group->name);
    return cli_print_end() ? CLI_EXIT_OK : CLI_EXIT_UNAVAILABLE;
}

int cli_group_delete(int argc, char **argv)
{
    const struct cli_syntax syntax = {
        .words = "NAME",
        .summary = "Deletes a group. Its students and their marks stay, without a group.",
        .words_min = 1,
        .words_max = 1,
    };
    g_auto(GStrv) words = NULL;
    struct cli_session session;
    int status;

    if (!cli_parse(&syntax, argc, argv, &words, &status) || !cli_session_open(&session, 0, &status))
        return status;
    status = erase(&session, words[0]);
    cli_session_close(&session);
    return status;
}

static int change_teacher(struct cli_session *session, const char *name, const char *email,
                          bool remove)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(core_group) group = cli_group_find(session, name, &error);
    g_autoptr(core_user) teacher = group ? cli_user_find(session, email, &error) : NULL;

    if (!teacher)
        return cli_fail(error);
    bool done = remove ? service_group_remove_teacher(session->app.service, &session->identity,
                                                      &group->id, &teacher->id, &error)
                       : service_group_add_teacher(session->app.service, &session->identity,
                                                   &group->id, &teacher->id, &error);
    if (!done)
        return cli_fail(error);
    printf("%s %s %s.\n", teacher->name, remove ? "no longer teaches" : "teaches", group->name);
    return cli_print_end() ? CLI_EXIT_OK : CLI_EXIT_UNAVAILABLE;
}

int cli_group_teacher(int argc, char **argv)
{
    gboolean remove = FALSE;
    const GOptionEntry options[] = {
        {"remove", 0, 0, G_OPTION_ARG_NONE, &remove, "No longer", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .words = "GROUP EMAIL",
        .summary = "Lets a teacher see and correct the attendance of a group.",
        .words_min = 2,
        .words_max = 2,
        .options = options,
    };
    g_auto(GStrv) words = NULL;
    struct cli_session session;
    int status;

    if (!cli_parse(&syntax, argc, argv, &words, &status) || !cli_session_open(&session, 0, &status))
        return status;
    status = change_teacher(&session, words[0], words[1], remove);
    cli_session_close(&session);
    return status;
}
