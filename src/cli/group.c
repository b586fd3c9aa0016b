#include "cli/command.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/names.h"
#include "cli/output.h"
#include "service/groups.h"

#include <stdio.h>

struct group_options {
    gboolean remove, as_json;
};

static json_t *group_json(const void *entity)
{
    const struct core_group *group = entity;

    return json_pack("{s:o,s:s,s:I}", "id", base_json_uuid(&group->id), "name", group->name,
                     "members", (json_int_t)group->member_count);
}

static int print_group(const struct core_group *group, const char *what, bool as_json)
{
    if (as_json)
        return cli_end_json(group_json(group));
    printf("Group %s: %s.\n", group->name, what);
    return cli_end();
}

static int add(struct cli_session *session, char **words, gpointer data)
{
    const struct group_options *options = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(core_group) group =
        service_group_create(session->app.service, &session->identity, words[0], &error);

    return group ? print_group(group, "added", options->as_json) : cli_fail(error);
}

int cli_group_add(int argc, char **argv)
{
    struct group_options options = {0};
    const GOptionEntry entries[] = {CLI_JSON_ENTRY(options.as_json), {NULL}};
    const struct cli_syntax syntax = {
        .words = "NAME",
        .summary = "Makes a group of students.",
        .words_min = 1,
        .words_max = 1,
        .options = entries,
    };

    return cli_run_session(&syntax, 0, argc, argv, add, &options);
}

static int rename_group(struct cli_session *session, char **words, gpointer data)
{
    const struct group_options *options = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(core_group) before = cli_group_find(session, words[0], &error);
    g_autoptr(core_group) group =
        before ? service_group_rename(session->app.service, &session->identity, &before->id,
                                      words[1], &error)
               : NULL;

    return group ? print_group(group, "renamed", options->as_json) : cli_fail(error);
}

int cli_group_rename(int argc, char **argv)
{
    struct group_options options = {0};
    const GOptionEntry entries[] = {CLI_JSON_ENTRY(options.as_json), {NULL}};
    const struct cli_syntax syntax = {
        .words = "NAME NEW-NAME",
        .summary = "Gives a group another name.",
        .words_min = 2,
        .words_max = 2,
        .options = entries,
    };

    return cli_run_session(&syntax, 0, argc, argv, rename_group, &options);
}

static int list(struct cli_session *session, char **words, gpointer data)
{
    static const char *const HEADINGS[] = {"NAME", "STUDENTS", NULL};
    const struct group_options *options = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) groups = service_group_list(session->app.service, &session->identity,
                                                     false, NULL, NULL, NULL, &error);

    (void)words;
    if (!groups)
        return cli_fail(error);
    if (options->as_json)
        return cli_end_items(groups, group_json);
    struct cli_table *table = cli_table_headed(HEADINGS);
    for (guint i = 0; i < groups->len; i++) {
        const struct core_group *group = groups->pdata[i];
        cli_table_add(table, group->name);
        cli_table_add_int(table, group->member_count);
    }
    cli_table_print(table);
    return cli_end();
}

int cli_group_list(int argc, char **argv)
{
    struct group_options options = {0};
    const GOptionEntry entries[] = {CLI_JSON_ENTRY(options.as_json), {NULL}};
    const struct cli_syntax syntax = {.summary = "Lists the groups by name.", .options = entries};

    return cli_run_session(&syntax, 0, argc, argv, list, &options);
}

static int erase(struct cli_session *session, char **words, gpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(core_group) group = cli_group_find(session, words[0], &error);

    (void)data;
    if (!group ||
        !service_group_delete(session->app.service, &session->identity, &group->id, &error))
        return cli_fail(error);
    return print_group(group, "deleted", false);
}

int cli_group_delete(int argc, char **argv)
{
    const struct cli_syntax syntax = {
        .words = "NAME",
        .summary = "Deletes a group that is taught in no course. Its students and their marks "
                   "stay, without a group.",
        .words_min = 1,
        .words_max = 1,
    };

    return cli_run_session(&syntax, 0, argc, argv, erase, NULL);
}

static int change_teacher(struct cli_session *session, char **words, gpointer data)
{
    const struct group_options *options = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(core_group) group = cli_group_find(session, words[0], &error);
    g_autoptr(core_user) teacher = group ? cli_user_find(session, words[1], &error) : NULL;

    if (!teacher)
        return cli_fail(error);
    bool done = options->remove
                    ? service_group_remove_teacher(session->app.service, &session->identity,
                                                   &group->id, &teacher->id, &error)
                    : service_group_add_teacher(session->app.service, &session->identity,
                                                &group->id, &teacher->id, &error);
    if (!done)
        return cli_fail(error);
    printf("%s %s %s.\n", teacher->name, options->remove ? "no longer teaches" : "teaches",
           group->name);
    return cli_end();
}

int cli_group_teacher(int argc, char **argv)
{
    struct group_options options = {0};
    const GOptionEntry entries[] = {
        {"remove", 0, 0, G_OPTION_ARG_NONE, &options.remove, "No longer", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .words = "GROUP EMAIL",
        .summary = "Lets a teacher see and correct the attendance of a group.",
        .words_min = 2,
        .words_max = 2,
        .options = entries,
    };

    return cli_run_session(&syntax, 0, argc, argv, change_teacher, &options);
}
