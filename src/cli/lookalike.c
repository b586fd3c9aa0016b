/* Pairs of people whom a camera may take for each other. */
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/output.h"
#include "service/lookalikes.h"

#include <stdio.h>

struct lookalike_options {
    gboolean unseen, as_json, undo;
};

static json_t *show(const void *entity)
{
    const struct db_lookalike *pair = entity;

    return json_pack("{s:o, s:s*, s:o, s:s*, s:f, s:b}", "first_id",
                     base_json_uuid(&pair->first_id), "first_name", pair->first_name, "second_id",
                     base_json_uuid(&pair->second_id), "second_name", pair->second_name, "score",
                     pair->score, "seen", pair->seen_at != 0);
}

static int find(struct cli_session *session, char **words, gpointer data)
{
    const struct lookalike_options *given = data;
    struct service_lookalikes_found found;
    g_autoptr(GError) error = NULL;

    (void)words;
    if (!service_lookalikes_find(session->app.service, &session->identity, &found, &error))
        return cli_fail(error);
    if (given->as_json)
        return cli_end_json(json_pack("{s:I, s:I, s:I, s:I}", "people", (json_int_t)found.people,
                                      "pairs", (json_int_t)found.pairs, "added",
                                      (json_int_t)found.added, "removed",
                                      (json_int_t)found.removed));
    printf("%" G_GINT64_FORMAT " people compared: %" G_GINT64_FORMAT
           " pairs of look-alikes, %" G_GINT64_FORMAT " of them new; %" G_GINT64_FORMAT
           " are alike no longer.\n",
           found.people, found.pairs, found.added, found.removed);
    return cli_end();
}

static int list(struct cli_session *session, char **words, gpointer data)
{
    const struct lookalike_options *given = data;
    struct db_lookalike_filter filter = DB_LOOKALIKE_FILTER_ALL;
    g_autoptr(GError) error = NULL;

    (void)words;
    if (given->unseen)
        filter.seen = 0;
    g_autoptr(GPtrArray) pairs = service_lookalikes_list(session->app.service, &session->identity,
                                                         &filter, NULL, NULL, &error);
    if (!pairs)
        return cli_fail(error);
    if (given->as_json)
        return cli_end_items(pairs, show);
    for (guint i = 0; i < pairs->len; i++) {
        const struct db_lookalike *pair = pairs->pdata[i];
        printf("%.2f  %s  %s%s\n", pair->score, pair->first_name, pair->second_name,
               pair->seen_at ? "  (looked at)" : "");
    }
    return cli_end();
}

static int see(struct cli_session *session, char **words, gpointer data)
{
    const struct lookalike_options *given = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(core_user) one = cli_user_find(session, words[0], &error);
    g_autoptr(core_user) other = one ? cli_user_find(session, words[1], &error) : NULL;
    g_autoptr(db_lookalike) pair =
        other ? service_lookalike_see(session->app.service, &session->identity, &one->id,
                                      &other->id, !given->undo, &error)
              : NULL;

    if (!pair)
        return cli_fail(error);
    if (given->as_json)
        return cli_end_json(show(pair));
    printf("%s and %s: %s.\n", pair->first_name, pair->second_name,
           pair->seen_at ? "looked at" : "to be looked at");
    return cli_end();
}

int cli_lookalike_find(int argc, char **argv)
{
    struct lookalike_options given = {0};
    const GOptionEntry options[] = {
        {"json", 0, 0, G_OPTION_ARG_NONE, &given.as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .summary = "Compares everybody with everybody and notes who is as alike as a match.",
        .options = options,
    };

    return cli_run_session(&syntax, APP_PART_FACES, argc, argv, find, &given);
}

int cli_lookalike_list(int argc, char **argv)
{
    struct lookalike_options given = {0};
    const GOptionEntry options[] = {
        {"unseen", 0, 0, G_OPTION_ARG_NONE, &given.unseen, "Only those nobody looked at", NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &given.as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .summary = "Lists people whom a camera may take for each other; their marks go to review.",
        .options = options,
    };

    return cli_run_session(&syntax, 0, argc, argv, list, &given);
}

int cli_lookalike_see(int argc, char **argv)
{
    struct lookalike_options given = {0};
    const GOptionEntry options[] = {
        {"undo", 0, 0, G_OPTION_ARG_NONE, &given.undo, "Nobody has looked at them", NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &given.as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .words = "PERSON PERSON",
        .summary = "Notes that somebody looked at a pair: two people, not one with two accounts.",
        .words_min = 2,
        .words_max = 2,
        .options = options,
    };

    return cli_run_session(&syntax, 0, argc, argv, see, &given);
}
