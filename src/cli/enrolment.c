#include "base/error.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/names.h"
#include "cli/output.h"
#include "service/enrolments.h"

#include <stdio.h>

struct enrolment_options {
    char *person, *group, *course, *term, *from, *to, *day;
    gboolean as_json;
};

static int run(const struct cli_syntax *syntax, int argc, char **argv, cli_body body,
               struct enrolment_options *options)
{
    const int status = cli_run_session(syntax, 0, argc, argv, body, options);

    g_free(options->person);
    g_free(options->group);
    g_free(options->course);
    g_free(options->term);
    g_free(options->from);
    g_free(options->to);
    g_free(options->day);
    return status;
}

static json_t *enrolment_json(const void *entity)
{
    const struct core_enrolment *enrolment = entity;

    return json_pack("{s:o,s:o,s:s?,s:s?,s:s?,s:s,s:s?}", "id", base_json_uuid(&enrolment->id),
                     "user_id", base_json_uuid(&enrolment->user_id), "person", enrolment->user_name,
                     "group", enrolment->group_name, "course", enrolment->course_name, "first_day",
                     enrolment->first_day, "last_day", enrolment->last_day);
}

static int print_enrolment(const struct core_enrolment *enrolment, bool as_json)
{
    if (as_json)
        return cli_end_json(enrolment_json(enrolment));
    printf("%s: in %s from %s", enrolment->user_name,
           enrolment->group_name ? enrolment->group_name : enrolment->course_name,
           enrolment->first_day);
    if (enrolment->last_day)
        printf(" to %s.\n", enrolment->last_day);
    else
        printf(" on.\n");
    return cli_end();
}

/* The ids of the group or the course that the options name. */
static bool take_place(struct cli_session *session, const struct enrolment_options *options,
                       struct base_uuid *group_id, struct base_uuid *course_id, GError **error)
{
    if (options->group) {
        g_autoptr(core_group) group = cli_group_find(session, options->group, error);
        if (!group)
            return false;
        *group_id = group->id;
    }
    if (options->course) {
        g_autoptr(core_course) course =
            cli_course_find(session, options->term, options->course, error);
        if (!course)
            return false;
        *course_id = course->id;
    }
    return true;
}

static int add(struct cli_session *session, char **words, gpointer data)
{
    const struct enrolment_options *options = data;
    struct service_enrolment_input input = {.first_day = options->from, .last_day = options->to};
    g_autoptr(GError) error = NULL;
    g_autoptr(core_user) person = cli_user_find(session, words[0], &error);

    if (!person || !take_place(session, options, &input.group_id, &input.course_id, &error))
        return cli_fail(error);
    input.user_id = person->id;
    g_autoptr(core_enrolment) enrolment =
        service_enrolment_create(session->app.service, &session->identity, &input, &error);
    return enrolment ? print_enrolment(enrolment, options->as_json) : cli_fail(error);
}

int cli_enrolment_add(int argc, char **argv)
{
    struct enrolment_options options = {0};
    const GOptionEntry entries[] = {
        {"group", 'g', 0, G_OPTION_ARG_STRING, &options.group, "In this group", "NAME"},
        {"course", 'c', 0, G_OPTION_ARG_STRING, &options.course, "In this course alone", "NAME"},
        CLI_TERM_ENTRY(options.term),
        {"from", 0, 0, G_OPTION_ARG_STRING, &options.from, "First day; today unless given",
         "YYYY-MM-DD"},
        {"to", 0, 0, G_OPTION_ARG_STRING, &options.to, "Last day, included; none unless given",
         "YYYY-MM-DD"},
        CLI_JSON_ENTRY(options.as_json),
        {NULL},
    };
    const struct cli_syntax syntax = {
        .words = "EMAIL|NUMBER",
        .summary = "Enrols a student in a group or in a single course, also for days past.",
        .notes = "A student's own group is changed by \"presente user set\".",
        .words_min = 1,
        .words_max = 1,
        .options = entries,
    };

    return run(&syntax, argc, argv, add, &options);
}

static int list(struct cli_session *session, char **words, gpointer data)
{
    static const char *const HEADINGS[] = {"NAME",     "GROUP", "COURSE", "FIRST DAY",
                                           "LAST DAY", "ID",    NULL};
    const struct enrolment_options *options = data;
    struct db_enrolment_filter filter = {.from_day = options->day, .to_day = options->day};
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) enrolments = NULL;

    (void)words;
    if (options->person) {
        g_autoptr(core_user) person = cli_user_find(session, options->person, &error);
        if (!person)
            return cli_fail(error);
        filter.user_id = person->id;
    }
    if (take_place(session, options, &filter.group_id, &filter.course_id, &error))
        enrolments = service_enrolment_list(session->app.service, &session->identity, &filter, NULL,
                                            NULL, &error);
    if (!enrolments)
        return cli_fail(error);
    if (options->as_json)
        return cli_end_items(enrolments, enrolment_json);
    struct cli_table *table = cli_table_headed(HEADINGS);
    for (guint i = 0; i < enrolments->len; i++) {
        const struct core_enrolment *enrolment = enrolments->pdata[i];
        char id[BASE_UUID_TEXT_SIZE];
        cli_table_add(table, enrolment->user_name);
        cli_table_add(table, enrolment->group_name);
        cli_table_add(table, enrolment->course_name);
        cli_table_add(table, enrolment->first_day);
        cli_table_add(table, enrolment->last_day);
        cli_table_add(table, base_uuid_format(&enrolment->id, id));
    }
    cli_table_print(table);
    return cli_end();
}

int cli_enrolment_list(int argc, char **argv)
{
    struct enrolment_options options = {0};
    const GOptionEntry entries[] = {
        {"person", 'p', 0, G_OPTION_ARG_STRING, &options.person, "Of this person", "EMAIL|NUMBER"},
        {"group", 'g', 0, G_OPTION_ARG_STRING, &options.group, "In this group", "NAME"},
        {"course", 'c', 0, G_OPTION_ARG_STRING, &options.course, "In this course alone", "NAME"},
        CLI_TERM_ENTRY(options.term),
        {"day", 'd', 0, G_OPTION_ARG_STRING, &options.day, "Those that hold on this day",
         "YYYY-MM-DD"},
        CLI_JSON_ENTRY(options.as_json),
        {NULL},
    };
    const struct cli_syntax syntax = {
        .summary = "Lists who is and was enrolled where.",
        .notes = "The whole roster of a course is listed by \"presente course roster\".",
        .options = entries,
    };

    return run(&syntax, argc, argv, list, &options);
}

/* The enrolment of an id; NULL with an error. */
static struct core_enrolment *find(struct cli_session *session, const char *text, GError **error)
{
    struct base_uuid id;

    if (!base_uuid_parse(text, &id)) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID,
                    "\"%s\" is not the id of an enrolment; \"presente enrolment list\" shows them.",
                    text);
        return NULL;
    }
    return service_enrolment_find(session->app.service, &session->identity, &id, error);
}

static int show(struct cli_session *session, char **words, gpointer data)
{
    const struct enrolment_options *options = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(core_enrolment) enrolment = find(session, words[0], &error);

    return enrolment ? print_enrolment(enrolment, options->as_json) : cli_fail(error);
}

int cli_enrolment_show(int argc, char **argv)
{
    struct enrolment_options options = {0};
    const GOptionEntry entries[] = {CLI_JSON_ENTRY(options.as_json), {NULL}};
    const struct cli_syntax syntax = {
        .words = "ID",
        .summary = "Shows an enrolment.",
        .words_min = 1,
        .words_max = 1,
        .options = entries,
    };

    return run(&syntax, argc, argv, show, &options);
}

static int edit(struct cli_session *session, char **words, gpointer data)
{
    const struct enrolment_options *options = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(core_enrolment) before = find(session, words[0], &error);
    g_autoptr(core_enrolment) enrolment =
        before ? service_enrolment_update(session->app.service, &session->identity, &before->id,
                                          options->from, options->to, &error)
               : NULL;

    return enrolment ? print_enrolment(enrolment, options->as_json) : cli_fail(error);
}

int cli_enrolment_edit(int argc, char **argv)
{
    struct enrolment_options options = {0};
    const GOptionEntry entries[] = {
        {"from", 0, 0, G_OPTION_ARG_STRING, &options.from, "First day", "YYYY-MM-DD"},
        {"to", 0, 0, G_OPTION_ARG_STRING, &options.to, "Last day, included; \"\" for none",
         "YYYY-MM-DD"},
        CLI_JSON_ENTRY(options.as_json),
        {NULL},
    };
    const struct cli_syntax syntax = {
        .words = "ID",
        .summary = "Changes the days of an enrolment.",
        .words_min = 1,
        .words_max = 1,
        .options = entries,
    };

    return run(&syntax, argc, argv, edit, &options);
}

static int end(struct cli_session *session, char **words, gpointer data)
{
    const struct enrolment_options *options = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(core_enrolment) before = find(session, words[0], &error);
    g_autoptr(core_enrolment) enrolment =
        before ? service_enrolment_withdraw(session->app.service, &session->identity, &before->id,
                                            options->day, &error)
               : NULL;

    return enrolment ? print_enrolment(enrolment, options->as_json) : cli_fail(error);
}

int cli_enrolment_end(int argc, char **argv)
{
    struct enrolment_options options = {0};
    const GOptionEntry entries[] = {
        {"day", 'd', 0, G_OPTION_ARG_STRING, &options.day, "Last day; today unless given",
         "YYYY-MM-DD"},
        CLI_JSON_ENTRY(options.as_json),
        {NULL},
    };
    const struct cli_syntax syntax = {
        .words = "ID",
        .summary = "Ends an enrolment; the past stays.",
        .words_min = 1,
        .words_max = 1,
        .options = entries,
    };

    return run(&syntax, argc, argv, end, &options);
}

static int delete_enrolment(struct cli_session *session, char **words, gpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(core_enrolment) enrolment = find(session, words[0], &error);

    (void)data;
    if (!enrolment ||
        !service_enrolment_delete(session->app.service, &session->identity, &enrolment->id, &error))
        return cli_fail(error);
    printf("The enrolment of %s in %s was deleted.\n", enrolment->user_name,
           enrolment->group_name ? enrolment->group_name : enrolment->course_name);
    return cli_end();
}

int cli_enrolment_delete(int argc, char **argv)
{
    struct enrolment_options options = {0};
    const struct cli_syntax syntax = {
        .words = "ID",
        .summary = "Deletes an enrolment that was a mistake, as if it had never been.",
        .words_min = 1,
        .words_max = 1,
    };

    return run(&syntax, argc, argv, delete_enrolment, &options);
}
