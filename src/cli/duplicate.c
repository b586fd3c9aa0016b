#include "cli/command.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "service/duplicates.h"

#include <stdio.h>

struct duplicate_options {
    char *state;
    gboolean different, same, keep_new, as_json;
};

static json_t *person_json(const struct base_uuid *id, const char *name, const char *email,
                           gint64 faces)
{
    return json_pack("{s:o, s:s*, s:s*, s:I}", "id", base_json_uuid(id), "name", name, "email",
                     email, "faces", (json_int_t)faces);
}

static json_t *duplicate_json(const void *entity)
{
    const struct db_duplicate *duplicate = entity;
    json_t *json =
        json_pack("{s:o, s:s, s:f, s:o, s:o, s:s*}", "id", base_json_uuid(&duplicate->id), "state",
                  db_duplicate_state_name(duplicate->state), "score", duplicate->score, "user",
                  person_json(&duplicate->user_id, duplicate->user_name, duplicate->user_email,
                              duplicate->user_faces),
                  "other",
                  person_json(&duplicate->other_id, duplicate->other_name, duplicate->other_email,
                              duplicate->other_faces),
                  "settled_by", duplicate->settled_by_name);

    if (!base_uuid_is_nil(&duplicate->closed_id))
        json_object_set_new(json, "closed_id", base_json_uuid(&duplicate->closed_id));
    return json;
}

static void duplicate_print(const struct db_duplicate *duplicate)
{
    char id[BASE_UUID_TEXT_SIZE];

    printf("%s  %s  similarity %.2f\n  new:   %s <%s>, %" G_GINT64_FORMAT " photos\n"
           "  older: %s <%s>, %" G_GINT64_FORMAT " photos\n",
           base_uuid_format(&duplicate->id, id), db_duplicate_state_name(duplicate->state),
           duplicate->score, duplicate->user_name, duplicate->user_email, duplicate->user_faces,
           duplicate->other_name, duplicate->other_email, duplicate->other_faces);
}

static int list(struct cli_session *session, char **words, gpointer data)
{
    const struct duplicate_options *given = data;
    enum db_duplicate_state state = DB_DUPLICATE_OPEN;
    g_autoptr(GError) error = NULL;

    (void)words;
    if (given->state && !db_duplicate_state_from_name(given->state, &state))
        return cli_fail_input("There is no state \"%s\": open, different, same.", given->state);
    g_autoptr(GPtrArray) duplicates = service_duplicate_list(
        session->app.service, &session->identity, (int)state, NULL, NULL, &error);
    if (!duplicates)
        return cli_fail(error);
    if (given->as_json)
        return cli_end_items(duplicates, duplicate_json);
    for (guint i = 0; i < duplicates->len; i++)
        duplicate_print(duplicates->pdata[i]);
    return cli_end();
}

int cli_duplicate_list(int argc, char **argv)
{
    struct duplicate_options given = {0};
    const GOptionEntry options[] = {
        {"state", 0, 0, G_OPTION_ARG_STRING, &given.state, "open (the default), different or same",
         "STATE"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &given.as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .summary = "Lists people whose photos are held because they look like somebody who is "
                   "enrolled.",
        .options = options,
    };
    const int status = cli_run_session(&syntax, 0, argc, argv, list, &given);

    g_free(given.state);
    return status;
}

/* The id of the first word; false with what to do about it. */
static bool read_id(char **words, struct base_uuid *id)
{
    return base_uuid_parse(words[0], id);
}

static int no_id(const char *word)
{
    return cli_fail_input("\"%s\" is not the id of a duplicate; presente duplicate list shows "
                          "them.",
                          word);
}

static int show(struct cli_session *session, char **words, gpointer data)
{
    const struct duplicate_options *given = data;
    struct base_uuid id;
    g_autoptr(GError) error = NULL;

    if (!read_id(words, &id))
        return no_id(words[0]);
    g_autoptr(db_duplicate) duplicate =
        service_duplicate_find(session->app.service, &session->identity, &id, &error);
    if (!duplicate)
        return cli_fail(error);
    if (given->as_json)
        return cli_end_json(duplicate_json(duplicate));
    duplicate_print(duplicate);
    return cli_end();
}

int cli_duplicate_show(int argc, char **argv)
{
    struct duplicate_options given = {0};
    const GOptionEntry options[] = {
        {"json", 0, 0, G_OPTION_ARG_NONE, &given.as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .words = "ID",
        .summary = "Shows who looks like whom.",
        .words_min = 1,
        .words_max = 1,
        .options = options,
    };

    return cli_run_session(&syntax, 0, argc, argv, show, &given);
}

static int settle(struct cli_session *session, char **words, gpointer data)
{
    const struct duplicate_options *given = data;
    enum service_duplicate_decision decision = SERVICE_DUPLICATE_DIFFERENT;
    struct base_uuid id;
    g_autoptr(GError) error = NULL;

    if (given->different == given->same || (given->keep_new && !given->same))
        return cli_fail_input("Give one of --different and --same; --keep-new belongs to --same.");
    if (!read_id(words, &id))
        return no_id(words[0]);
    if (given->same)
        decision = given->keep_new ? SERVICE_DUPLICATE_SAME_KEEP_NEW : SERVICE_DUPLICATE_SAME;
    g_autoptr(db_duplicate) duplicate =
        service_duplicate_settle(session->app.service, &session->identity, &id, decision, &error);
    if (!duplicate)
        return cli_fail(error);
    if (given->as_json)
        return cli_end_json(duplicate_json(duplicate));
    if (decision == SERVICE_DUPLICATE_DIFFERENT)
        printf("%s and %s are two people; the photos of %s take part from now on.\n",
               duplicate->user_name, duplicate->other_name, duplicate->user_name);
    else
        printf("They are one person; the account %s is not active any more.\n",
               given->keep_new ? duplicate->other_email : duplicate->user_email);
    return cli_end();
}

int cli_duplicate_settle(int argc, char **argv)
{
    struct duplicate_options given = {0};
    const GOptionEntry options[] = {
        {"different", 0, 0, G_OPTION_ARG_NONE, &given.different,
         "They are two people: the photos take part from now on", NULL},
        {"same", 0, 0, G_OPTION_ARG_NONE, &given.same,
         "They are one person: the newer account is closed, its photos are deleted", NULL},
        {"keep-new", 0, 0, G_OPTION_ARG_NONE, &given.keep_new,
         "With --same: the older account is closed instead", NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &given.as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .words = "ID",
        .summary = "Says whether two people who look alike are one.",
        .notes = "A closed account is deactivated: its marks and enrolments stay with it, nothing "
                 "is merged,\nand presente user set --active yes opens it again.",
        .words_min = 1,
        .words_max = 1,
        .options = options,
    };

    return cli_run_session(&syntax, APP_PART_FACES, argc, argv, settle, &given);
}
