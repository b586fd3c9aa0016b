#include "base/error.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/names.h"
#include "cli/output.h"
#include "service/courses.h"
#include "service/policies.h"

#include <stdio.h>

struct course_options {
    char *term, *name, *subject, *policy, *group, *teacher, *student, *search, *day;
    char **groups, **teachers;
    gboolean all, remove, as_json;
};

static int run(const struct cli_syntax *syntax, int argc, char **argv, cli_body body,
               struct course_options *options)
{
    const int status = cli_run_session(syntax, 0, argc, argv, body, options);
    char **const texts[] = {&options->term,    &options->name,   &options->subject,
                            &options->policy,  &options->group,  &options->teacher,
                            &options->student, &options->search, &options->day};

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        g_free(*texts[i]);
    g_strfreev(options->groups);
    g_strfreev(options->teachers);
    return status;
}

static json_t *course_json(const void *entity)
{
    const struct core_course *course = entity;

    return json_pack("{s:o,s:s,s:s,s:s,s:s?}", "id", base_json_uuid(&course->id), "name",
                     course->name, "term", course->term_name, "subject", course->subject_name,
                     "subject_code", course->subject_code);
}

static int print_course(const struct core_course *course, const char *what, bool as_json)
{
    if (as_json)
        return cli_end_json(course_json(course));
    printf("Course %s, %s in %s: %s.\n", course->name, course->subject_name, course->term_name,
           what);
    return cli_end();
}

static bool add_group(struct cli_session *session, const struct core_course *course,
                      const char *name, bool remove, GError **error)
{
    g_autoptr(core_group) group = cli_group_find(session, name, error);

    if (!group)
        return false;
    return remove ? service_course_remove_group(session->app.service, &session->identity,
                                                &course->id, &group->id, error)
                  : service_course_add_group(session->app.service, &session->identity, &course->id,
                                             &group->id, error);
}

static bool add_teacher(struct cli_session *session, const struct core_course *course,
                        const char *email, bool remove, GError **error)
{
    g_autoptr(core_user) teacher = cli_user_find(session, email, error);

    if (!teacher)
        return false;
    return remove ? service_course_remove_teacher(session->app.service, &session->identity,
                                                  &course->id, &teacher->id, error)
                  : service_course_add_teacher(session->app.service, &session->identity,
                                               &course->id, &teacher->id, error);
}

static bool take_policy(struct cli_session *session, const char *name, struct base_uuid *id,
                        GError **error)
{
    if (!*name)
        return true;
    g_autoptr(db_policy) policy =
        service_policy_find_name(session->app.service, &session->identity, name, error);
    if (policy)
        *id = policy->id;
    return policy != NULL;
}

/* Whether everything is there that a new course is to have, before it is made. */
static bool look(struct cli_session *session, const struct course_options *options, GError **error)
{
    for (char **name = options->groups; name && *name; name++) {
        g_autoptr(core_group) group = cli_group_find(session, *name, error);
        if (!group)
            return false;
    }
    for (char **email = options->teachers; email && *email; email++) {
        g_autoptr(core_user) teacher = cli_user_find(session, *email, error);
        if (!teacher)
            return false;
    }
    return true;
}

static int add(struct cli_session *session, char **words, gpointer data)
{
    const struct course_options *options = data;
    struct base_uuid policy = {0};
    struct service_course_input input = {.name = words[0], .policy_id = &policy};
    g_autoptr(GError) error = NULL;
    g_autoptr(core_term) term = cli_term_find(session, options->term, &error);
    g_autoptr(core_subject) subject =
        term ? cli_subject_find(session, options->subject ? options->subject : words[0], &error)
             : NULL;

    if (!subject || (options->policy && !take_policy(session, options->policy, &policy, &error)) ||
        !look(session, options, &error))
        return cli_fail(error);
    input.term_id = term->id;
    input.subject_id = subject->id;
    g_autoptr(core_course) course =
        service_course_create(session->app.service, &session->identity, &input, &error);
    if (!course)
        return cli_fail(error);
    for (char **name = options->groups; name && *name; name++)
        if (!add_group(session, course, *name, false, &error))
            return cli_fail(error);
    for (char **email = options->teachers; email && *email; email++)
        if (!add_teacher(session, course, *email, false, &error))
            return cli_fail(error);
    return print_course(course, "added", options->as_json);
}

int cli_course_add(int argc, char **argv)
{
    struct course_options options = {0};
    const GOptionEntry entries[] = {
        CLI_TERM_ENTRY(options.term),
        {"subject", 's', 0, G_OPTION_ARG_STRING, &options.subject,
         "Name or code of the subject; the course's name unless given", "SUBJECT"},
        {"group", 'g', 0, G_OPTION_ARG_STRING_ARRAY, &options.groups,
         "A group that is taught; may be given again", "NAME"},
        {"teacher", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options.teachers,
         "Who teaches it; may be given again", "EMAIL"},
        {"policy", 'p', 0, G_OPTION_ARG_STRING, &options.policy, "The rules that hold", "NAME"},
        CLI_JSON_ENTRY(options.as_json),
        {NULL},
    };
    const struct cli_syntax syntax = {
        .words = "NAME",
        .summary = "Makes a course: a subject taught in a term to groups by teachers.",
        .words_min = 1,
        .words_max = 1,
        .options = entries,
    };

    return run(&syntax, argc, argv, add, &options);
}

static bool take_filter(struct cli_session *session, const struct course_options *options,
                        struct db_course_filter *filter, GError **error)
{
    if (!options->all) {
        g_autoptr(core_term) term = cli_term_find(session, options->term, error);
        if (!term)
            return false;
        filter->term_id = term->id;
    }
    if (options->group) {
        g_autoptr(core_group) group = cli_group_find(session, options->group, error);
        if (!group)
            return false;
        filter->group_id = group->id;
    }
    if (options->teacher) {
        g_autoptr(core_user) teacher = cli_user_find(session, options->teacher, error);
        if (!teacher)
            return false;
        filter->teacher_id = teacher->id;
    }
    if (options->student) {
        g_autoptr(core_user) student = cli_user_find(session, options->student, error);
        if (!student)
            return false;
        filter->student_id = student->id;
    }
    filter->search = options->search;
    return true;
}

static int list(struct cli_session *session, char **words, gpointer data)
{
    static const char *const HEADINGS[] = {"NAME", "SUBJECT", "CODE", "TERM", NULL};
    const struct course_options *options = data;
    struct db_course_filter filter = {.search = NULL};
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) courses = NULL;

    (void)words;
    if (take_filter(session, options, &filter, &error))
        courses = service_course_list(session->app.service, &session->identity, false, &filter,
                                      NULL, NULL, &error);
    if (!courses)
        return cli_fail(error);
    if (options->as_json)
        return cli_end_items(courses, course_json);
    struct cli_table *table = cli_table_headed(HEADINGS);
    for (guint i = 0; i < courses->len; i++) {
        const struct core_course *course = courses->pdata[i];
        cli_table_add(table, course->name);
        cli_table_add(table, course->subject_name);
        cli_table_add(table, course->subject_code);
        cli_table_add(table, course->term_name);
    }
    cli_table_print(table);
    return cli_end();
}

int cli_course_list(int argc, char **argv)
{
    struct course_options options = {0};
    const GOptionEntry entries[] = {
        {"term", 't', 0, G_OPTION_ARG_STRING, &options.term,
         "Of this term; that of today unless "
         "given",
         "NAME"},
        {"all", 'a', 0, G_OPTION_ARG_NONE, &options.all, "Of every term", NULL},
        {"group", 'g', 0, G_OPTION_ARG_STRING, &options.group, "Taught to this group", "NAME"},
        {"teacher", 0, 0, G_OPTION_ARG_STRING, &options.teacher, "Taught by this person", "EMAIL"},
        {"student", 0, 0, G_OPTION_ARG_STRING, &options.student, "Attended by this person",
         "EMAIL"},
        {"search", 's', 0, G_OPTION_ARG_STRING, &options.search, "Part of the name", "TEXT"},
        CLI_JSON_ENTRY(options.as_json),
        {NULL},
    };
    const struct cli_syntax syntax = {.summary = "Lists courses by name.", .options = entries};

    return run(&syntax, argc, argv, list, &options);
}

static json_t *names_of(const GPtrArray *groups, const GPtrArray *teachers)
{
    json_t *names = json_array();

    for (guint i = 0; groups && i < groups->len; i++)
        json_array_append_new(names,
                              json_string(((const struct core_group *)groups->pdata[i])->name));
    for (guint i = 0; teachers && i < teachers->len; i++) {
        const struct core_user *teacher = teachers->pdata[i];
        json_array_append_new(
            names, json_pack("{s:s,s:s?}", "name", teacher->name, "email", teacher->email));
    }
    return names;
}

static int show(struct cli_session *session, char **words, gpointer data)
{
    const struct course_options *options = data;
    struct service *service = session->app.service;
    g_autoptr(GError) error = NULL;
    g_autoptr(core_course) course = cli_course_find(session, options->term, words[0], &error);
    g_autoptr(GPtrArray) groups =
        course ? service_course_groups(service, &session->identity, &course->id, &error) : NULL;
    g_autoptr(GPtrArray) teachers =
        groups ? service_course_teachers(service, &session->identity, &course->id, &error) : NULL;

    if (!teachers)
        return cli_fail(error);
    if (options->as_json) {
        json_t *json = course_json(course);
        json_object_set_new(json, "groups", names_of(groups, NULL));
        json_object_set_new(json, "teachers", names_of(NULL, teachers));
        return cli_end_json(json);
    }
    printf("%s, %s in %s\n", course->name, course->subject_name, course->term_name);
    for (guint i = 0; i < groups->len; i++)
        printf("Group: %s\n", ((const struct core_group *)groups->pdata[i])->name);
    for (guint i = 0; i < teachers->len; i++) {
        const struct core_user *teacher = teachers->pdata[i];
        printf("Teacher: %s <%s>\n", teacher->name, teacher->email ? teacher->email : "");
    }
    return cli_end();
}

int cli_course_show(int argc, char **argv)
{
    struct course_options options = {0};
    const GOptionEntry entries[] = {
        CLI_TERM_ENTRY(options.term), CLI_JSON_ENTRY(options.as_json), {NULL}};
    const struct cli_syntax syntax = {
        .words = "NAME",
        .summary = "Shows a course with its groups and teachers.",
        .words_min = 1,
        .words_max = 1,
        .options = entries,
    };

    return run(&syntax, argc, argv, show, &options);
}

static int edit(struct cli_session *session, char **words, gpointer data)
{
    const struct course_options *options = data;
    struct base_uuid policy = {0};
    struct service_course_input input = {.name = options->name};
    g_autoptr(GError) error = NULL;
    g_autoptr(core_course) before = cli_course_find(session, options->term, words[0], &error);

    if (!before || (options->policy && !take_policy(session, options->policy, &policy, &error)))
        return cli_fail(error);
    if (options->policy)
        input.policy_id = &policy;
    if (options->subject) {
        g_autoptr(core_subject) subject = cli_subject_find(session, options->subject, &error);
        if (!subject)
            return cli_fail(error);
        input.subject_id = subject->id;
    }
    g_autoptr(core_course) course = service_course_update(session->app.service, &session->identity,
                                                          &before->id, &input, &error);
    return course ? print_course(course, "changed", options->as_json) : cli_fail(error);
}

int cli_course_edit(int argc, char **argv)
{
    struct course_options options = {0};
    const GOptionEntry entries[] = {
        CLI_TERM_ENTRY(options.term),
        {"name", 'n', 0, G_OPTION_ARG_STRING, &options.name, "New name", "NAME"},
        {"subject", 's', 0, G_OPTION_ARG_STRING, &options.subject, "Name or code of the subject",
         "SUBJECT"},
        {"policy", 'p', 0, G_OPTION_ARG_STRING, &options.policy,
         "The rules that hold; \"\" for the institution's", "NAME"},
        CLI_JSON_ENTRY(options.as_json),
        {NULL},
    };
    const struct cli_syntax syntax = {
        .words = "NAME",
        .summary = "Changes a course.",
        .words_min = 1,
        .words_max = 1,
        .options = entries,
    };

    return run(&syntax, argc, argv, edit, &options);
}

static int delete_course(struct cli_session *session, char **words, gpointer data)
{
    const struct course_options *options = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(core_course) course = cli_course_find(session, options->term, words[0], &error);

    if (!course ||
        !service_course_delete(session->app.service, &session->identity, &course->id, &error))
        return cli_fail(error);
    printf("Course %s: deleted.\n", course->name);
    return cli_end();
}

int cli_course_delete(int argc, char **argv)
{
    struct course_options options = {0};
    const GOptionEntry entries[] = {CLI_TERM_ENTRY(options.term), {NULL}};
    const struct cli_syntax syntax = {
        .words = "NAME",
        .summary = "Deletes a course of which there are no marks, with its timetable.",
        .words_min = 1,
        .words_max = 1,
        .options = entries,
    };

    return run(&syntax, argc, argv, delete_course, &options);
}

static int change_group(struct cli_session *session, char **words, gpointer data)
{
    const struct course_options *options = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(core_course) course = cli_course_find(session, options->term, words[0], &error);

    if (!course || !add_group(session, course, words[1], options->remove, &error))
        return cli_fail(error);
    printf("%s is %s to %s.\n", course->name, options->remove ? "no longer taught" : "taught",
           words[1]);
    return cli_end();
}

int cli_course_group(int argc, char **argv)
{
    struct course_options options = {0};
    const GOptionEntry entries[] = {
        CLI_TERM_ENTRY(options.term),
        {"remove", 0, 0, G_OPTION_ARG_NONE, &options.remove, "No longer", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .words = "COURSE GROUP",
        .summary = "Has a course taught to a group.",
        .words_min = 2,
        .words_max = 2,
        .options = entries,
    };

    return run(&syntax, argc, argv, change_group, &options);
}

static int change_teacher(struct cli_session *session, char **words, gpointer data)
{
    const struct course_options *options = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(core_course) course = cli_course_find(session, options->term, words[0], &error);

    if (!course || !add_teacher(session, course, words[1], options->remove, &error))
        return cli_fail(error);
    printf("%s %s %s.\n", words[1], options->remove ? "no longer teaches" : "teaches",
           course->name);
    return cli_end();
}

int cli_course_teacher(int argc, char **argv)
{
    struct course_options options = {0};
    const GOptionEntry entries[] = {
        CLI_TERM_ENTRY(options.term),
        {"remove", 0, 0, G_OPTION_ARG_NONE, &options.remove, "No longer", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .words = "COURSE EMAIL",
        .summary = "Has somebody teach a course, see its register and correct it.",
        .words_min = 2,
        .words_max = 2,
        .options = entries,
    };

    return run(&syntax, argc, argv, change_teacher, &options);
}

static json_t *person_json(const void *entity)
{
    const struct db_roster_person *person = entity;

    return json_pack("{s:o,s:s,s:s?,s:s?,s:s?}", "id", base_json_uuid(&person->id), "name",
                     person->name, "email", person->email, "student_number", person->student_number,
                     "group", person->group_name);
}

static int roster(struct cli_session *session, char **words, gpointer data)
{
    static const char *const HEADINGS[] = {"NAME", "E-MAIL", "NUMBER", "GROUP", NULL};
    const struct course_options *options = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(core_course) course = cli_course_find(session, options->term, words[0], &error);
    g_autoptr(GPtrArray) people =
        course ? service_course_roster(session->app.service, &session->identity, &course->id,
                                       options->day, &error)
               : NULL;

    if (!people)
        return cli_fail(error);
    if (options->as_json)
        return cli_end_items(people, person_json);
    struct cli_table *table = cli_table_headed(HEADINGS);
    for (guint i = 0; i < people->len; i++) {
        const struct db_roster_person *person = people->pdata[i];
        cli_table_add(table, person->name);
        cli_table_add(table, person->email);
        cli_table_add(table, person->student_number);
        cli_table_add(table, person->group_name);
    }
    cli_table_print(table);
    return cli_end();
}

int cli_course_roster(int argc, char **argv)
{
    struct course_options options = {0};
    const GOptionEntry entries[] = {
        CLI_TERM_ENTRY(options.term),
        {"day", 'd', 0, G_OPTION_ARG_STRING, &options.day, "On this day; today unless given",
         "YYYY-MM-DD"},
        CLI_JSON_ENTRY(options.as_json),
        {NULL},
    };
    const struct cli_syntax syntax = {
        .words = "NAME",
        .summary = "Lists the people of a course on a day.",
        .words_min = 1,
        .words_max = 1,
        .options = entries,
    };

    return run(&syntax, argc, argv, roster, &options);
}
