/* Terms, subjects and rooms: each is added, listed, shown, edited and deleted by its name. */
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/names.h"
#include "cli/output.h"
#include "service/courses.h"

#include <stdio.h>

struct catalogue_options {
    char *name, *from, *to, *code, *search;
    gint64 capacity;
    gboolean as_json;
};

#define CAPACITY_UNCHANGED (-1)

static int finish(struct catalogue_options *options, int status)
{
    g_free(options->name);
    g_free(options->from);
    g_free(options->to);
    g_free(options->code);
    g_free(options->search);
    return status;
}

static int deleted(const char *noun, const char *name)
{
    printf("%s %s: deleted.\n", noun, name);
    return cli_end();
}

/* A command that takes one name and prints what it has done. */
static int run_named(int argc, char **argv, const char *summary, const GOptionEntry *entries,
                     cli_body body, struct catalogue_options *options)
{
    const struct cli_syntax syntax = {
        .words = "NAME", .summary = summary, .words_min = 1, .words_max = 1, .options = entries};

    return finish(options, cli_run_session(&syntax, 0, argc, argv, body, options));
}

static int run_list(int argc, char **argv, const char *summary, cli_body body)
{
    struct catalogue_options options = {0};
    const GOptionEntry entries[] = {
        {"search", 's', 0, G_OPTION_ARG_STRING, &options.search, "Part of the name", "TEXT"},
        CLI_JSON_ENTRY(options.as_json),
        {NULL},
    };
    const struct cli_syntax syntax = {.summary = summary, .options = entries};

    return finish(&options, cli_run_session(&syntax, 0, argc, argv, body, &options));
}

static int run_show(int argc, char **argv, const char *summary, cli_body body)
{
    struct catalogue_options options = {0};
    const GOptionEntry entries[] = {CLI_JSON_ENTRY(options.as_json), {NULL}};

    return run_named(argc, argv, summary, entries, body, &options);
}

static int run_delete(int argc, char **argv, const char *summary, cli_body body)
{
    struct catalogue_options options = {0};

    return run_named(argc, argv, summary, NULL, body, &options);
}

/* ---- terms ---- */

static json_t *term_json(const void *entity)
{
    const struct core_term *term = entity;

    return json_pack("{s:o,s:s,s:s,s:s}", "id", base_json_uuid(&term->id), "name", term->name,
                     "first_day", term->first_day, "last_day", term->last_day);
}

static int print_term(const struct core_term *term, const char *what, bool as_json)
{
    if (as_json)
        return cli_end_json(term_json(term));
    printf("Term %s, %s to %s%s.\n", term->name, term->first_day, term->last_day, what);
    return cli_end();
}

static int term_add(struct cli_session *session, char **words, gpointer data)
{
    const struct catalogue_options *options = data;
    const struct service_term_input input = {words[0], options->from, options->to};
    g_autoptr(GError) error = NULL;
    g_autoptr(core_term) term =
        service_term_create(session->app.service, &session->identity, &input, &error);

    return term ? print_term(term, ": added", options->as_json) : cli_fail(error);
}

int cli_term_add(int argc, char **argv)
{
    struct catalogue_options options = {0};
    const GOptionEntry entries[] = {
        {"from", 0, 0, G_OPTION_ARG_STRING, &options.from, "First day (required)", "YYYY-MM-DD"},
        {"to", 0, 0, G_OPTION_ARG_STRING, &options.to, "Last day, included (required)",
         "YYYY-MM-DD"},
        CLI_JSON_ENTRY(options.as_json),
        {NULL},
    };

    return run_named(argc, argv, "Makes a term.", entries, term_add, &options);
}

static int term_list(struct cli_session *session, char **words, gpointer data)
{
    static const char *const HEADINGS[] = {"NAME", "FIRST DAY", "LAST DAY", NULL};
    const struct catalogue_options *options = data;
    const struct db_term_filter filter = {.search = options->search};
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) terms =
        service_term_list(session->app.service, &session->identity, &filter, NULL, NULL, &error);

    (void)words;
    if (!terms)
        return cli_fail(error);
    if (options->as_json)
        return cli_end_items(terms, term_json);
    struct cli_table *table = cli_table_headed(HEADINGS);
    for (guint i = 0; i < terms->len; i++) {
        const struct core_term *term = terms->pdata[i];
        cli_table_add(table, term->name);
        cli_table_add(table, term->first_day);
        cli_table_add(table, term->last_day);
    }
    cli_table_print(table);
    return cli_end();
}

int cli_term_list(int argc, char **argv)
{
    return run_list(argc, argv, "Lists the terms, the newest first.", term_list);
}

static int term_show(struct cli_session *session, char **words, gpointer data)
{
    const struct catalogue_options *options = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(core_term) term = cli_term_find(session, words[0], &error);

    return term ? print_term(term, "", options->as_json) : cli_fail(error);
}

int cli_term_show(int argc, char **argv)
{
    return run_show(argc, argv, "Shows a term.", term_show);
}

static int term_edit(struct cli_session *session, char **words, gpointer data)
{
    const struct catalogue_options *options = data;
    const struct service_term_input input = {options->name, options->from, options->to};
    g_autoptr(GError) error = NULL;
    g_autoptr(core_term) before = cli_term_find(session, words[0], &error);
    g_autoptr(core_term) term = before
                                    ? service_term_update(session->app.service, &session->identity,
                                                          &before->id, &input, &error)
                                    : NULL;

    return term ? print_term(term, ": changed", options->as_json) : cli_fail(error);
}

int cli_term_edit(int argc, char **argv)
{
    struct catalogue_options options = {0};
    const GOptionEntry entries[] = {
        {"name", 'n', 0, G_OPTION_ARG_STRING, &options.name, "New name", "NAME"},
        {"from", 0, 0, G_OPTION_ARG_STRING, &options.from, "First day", "YYYY-MM-DD"},
        {"to", 0, 0, G_OPTION_ARG_STRING, &options.to, "Last day, included", "YYYY-MM-DD"},
        CLI_JSON_ENTRY(options.as_json),
        {NULL},
    };

    return run_named(argc, argv,
                     "Changes a term. Its courses' sessions are generated anew for other days.",
                     entries, term_edit, &options);
}

static int term_delete(struct cli_session *session, char **words, gpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(core_term) term = cli_term_find(session, words[0], &error);

    (void)data;
    if (!term || !service_term_delete(session->app.service, &session->identity, &term->id, &error))
        return cli_fail(error);
    return deleted("Term", term->name);
}

int cli_term_delete(int argc, char **argv)
{
    return run_delete(argc, argv, "Deletes a term that has no courses.", term_delete);
}

/* ---- subjects ---- */

static json_t *subject_json(const void *entity)
{
    const struct core_subject *subject = entity;

    return json_pack("{s:o,s:s?,s:s}", "id", base_json_uuid(&subject->id), "code", subject->code,
                     "name", subject->name);
}

static int print_subject(const struct core_subject *subject, const char *what, bool as_json)
{
    if (as_json)
        return cli_end_json(subject_json(subject));
    printf("Subject %s%s%s%s.\n", subject->name, subject->code ? ", code " : "",
           subject->code ? subject->code : "", what);
    return cli_end();
}

static int subject_add(struct cli_session *session, char **words, gpointer data)
{
    const struct catalogue_options *options = data;
    const struct service_subject_input input = {words[0], options->code};
    g_autoptr(GError) error = NULL;
    g_autoptr(core_subject) subject =
        service_subject_create(session->app.service, &session->identity, &input, &error);

    return subject ? print_subject(subject, ": added", options->as_json) : cli_fail(error);
}

int cli_subject_add(int argc, char **argv)
{
    struct catalogue_options options = {0};
    const GOptionEntry entries[] = {
        {"code", 'c', 0, G_OPTION_ARG_STRING, &options.code, "A short code", "CODE"},
        CLI_JSON_ENTRY(options.as_json),
        {NULL},
    };

    return run_named(argc, argv, "Makes a subject.", entries, subject_add, &options);
}

static int subject_list(struct cli_session *session, char **words, gpointer data)
{
    static const char *const HEADINGS[] = {"CODE", "NAME", NULL};
    const struct catalogue_options *options = data;
    const struct db_subject_filter filter = {.search = options->search};
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) subjects =
        service_subject_list(session->app.service, &session->identity, &filter, NULL, NULL, &error);

    (void)words;
    if (!subjects)
        return cli_fail(error);
    if (options->as_json)
        return cli_end_items(subjects, subject_json);
    struct cli_table *table = cli_table_headed(HEADINGS);
    for (guint i = 0; i < subjects->len; i++) {
        const struct core_subject *subject = subjects->pdata[i];
        cli_table_add(table, subject->code);
        cli_table_add(table, subject->name);
    }
    cli_table_print(table);
    return cli_end();
}

int cli_subject_list(int argc, char **argv)
{
    return run_list(argc, argv, "Lists the subjects by name.", subject_list);
}

static int subject_show(struct cli_session *session, char **words, gpointer data)
{
    const struct catalogue_options *options = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(core_subject) subject = cli_subject_find(session, words[0], &error);

    return subject ? print_subject(subject, "", options->as_json) : cli_fail(error);
}

int cli_subject_show(int argc, char **argv)
{
    return run_show(argc, argv, "Shows a subject, by its name or code.", subject_show);
}

static int subject_edit(struct cli_session *session, char **words, gpointer data)
{
    const struct catalogue_options *options = data;
    const struct service_subject_input input = {options->name, options->code};
    g_autoptr(GError) error = NULL;
    g_autoptr(core_subject) before = cli_subject_find(session, words[0], &error);
    g_autoptr(core_subject) subject =
        before ? service_subject_update(session->app.service, &session->identity, &before->id,
                                        &input, &error)
               : NULL;

    return subject ? print_subject(subject, ": changed", options->as_json) : cli_fail(error);
}

int cli_subject_edit(int argc, char **argv)
{
    struct catalogue_options options = {0};
    const GOptionEntry entries[] = {
        {"name", 'n', 0, G_OPTION_ARG_STRING, &options.name, "New name", "NAME"},
        {"code", 'c', 0, G_OPTION_ARG_STRING, &options.code, "Code; \"\" for none", "CODE"},
        CLI_JSON_ENTRY(options.as_json),
        {NULL},
    };

    return run_named(argc, argv, "Changes a subject.", entries, subject_edit, &options);
}

static int subject_delete(struct cli_session *session, char **words, gpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(core_subject) subject = cli_subject_find(session, words[0], &error);

    (void)data;
    if (!subject ||
        !service_subject_delete(session->app.service, &session->identity, &subject->id, &error))
        return cli_fail(error);
    return deleted("Subject", subject->name);
}

int cli_subject_delete(int argc, char **argv)
{
    return run_delete(argc, argv, "Deletes a subject that no course teaches.", subject_delete);
}

/* ---- rooms ---- */

static json_t *room_json(const void *entity)
{
    const struct core_room *room = entity;

    return json_pack("{s:o,s:s,s:o}", "id", base_json_uuid(&room->id), "name", room->name,
                     "capacity", room->capacity > 0 ? json_integer(room->capacity) : json_null());
}

static int print_room(const struct core_room *room, const char *what, bool as_json)
{
    if (as_json)
        return cli_end_json(room_json(room));
    if (room->capacity > 0)
        printf("Room %s for %" G_GINT64_FORMAT "%s.\n", room->name, room->capacity, what);
    else
        printf("Room %s%s.\n", room->name, what);
    return cli_end();
}

static int room_add(struct cli_session *session, char **words, gpointer data)
{
    const struct catalogue_options *options = data;
    const struct service_room_input input = {words[0], &options->capacity};
    g_autoptr(GError) error = NULL;
    g_autoptr(core_room) room =
        service_room_create(session->app.service, &session->identity, &input, &error);

    return room ? print_room(room, ": added", options->as_json) : cli_fail(error);
}

int cli_room_add(int argc, char **argv)
{
    struct catalogue_options options = {0};
    const GOptionEntry entries[] = {
        {"capacity", 'c', 0, G_OPTION_ARG_INT64, &options.capacity, "How many people it holds",
         "N"},
        CLI_JSON_ENTRY(options.as_json),
        {NULL},
    };

    return run_named(argc, argv, "Makes a room.", entries, room_add, &options);
}

static int room_list(struct cli_session *session, char **words, gpointer data)
{
    static const char *const HEADINGS[] = {"NAME", "CAPACITY", NULL};
    const struct catalogue_options *options = data;
    const struct db_room_filter filter = {.search = options->search};
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) rooms =
        service_room_list(session->app.service, &session->identity, &filter, NULL, NULL, &error);

    (void)words;
    if (!rooms)
        return cli_fail(error);
    if (options->as_json)
        return cli_end_items(rooms, room_json);
    struct cli_table *table = cli_table_headed(HEADINGS);
    for (guint i = 0; i < rooms->len; i++) {
        const struct core_room *room = rooms->pdata[i];
        cli_table_add(table, room->name);
        if (room->capacity > 0)
            cli_table_add_int(table, room->capacity);
        else
            cli_table_add(table, NULL);
    }
    cli_table_print(table);
    return cli_end();
}

int cli_room_list(int argc, char **argv)
{
    return run_list(argc, argv, "Lists the rooms by name.", room_list);
}

static int room_show(struct cli_session *session, char **words, gpointer data)
{
    const struct catalogue_options *options = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(core_room) room = cli_room_find(session, words[0], &error);

    return room ? print_room(room, "", options->as_json) : cli_fail(error);
}

int cli_room_show(int argc, char **argv)
{
    return run_show(argc, argv, "Shows a room.", room_show);
}

static int room_edit(struct cli_session *session, char **words, gpointer data)
{
    const struct catalogue_options *options = data;
    const struct service_room_input input = {
        options->name, options->capacity == CAPACITY_UNCHANGED ? NULL : &options->capacity};
    g_autoptr(GError) error = NULL;
    g_autoptr(core_room) before = cli_room_find(session, words[0], &error);
    g_autoptr(core_room) room = before
                                    ? service_room_update(session->app.service, &session->identity,
                                                          &before->id, &input, &error)
                                    : NULL;

    return room ? print_room(room, ": changed", options->as_json) : cli_fail(error);
}

int cli_room_edit(int argc, char **argv)
{
    struct catalogue_options options = {.capacity = CAPACITY_UNCHANGED};
    const GOptionEntry entries[] = {
        {"name", 'n', 0, G_OPTION_ARG_STRING, &options.name, "New name", "NAME"},
        {"capacity", 'c', 0, G_OPTION_ARG_INT64, &options.capacity,
         "How many people it holds; 0: not known", "N"},
        CLI_JSON_ENTRY(options.as_json),
        {NULL},
    };

    return run_named(argc, argv, "Changes a room.", entries, room_edit, &options);
}

static int room_delete(struct cli_session *session, char **words, gpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(core_room) room = cli_room_find(session, words[0], &error);

    (void)data;
    if (!room || !service_room_delete(session->app.service, &session->identity, &room->id, &error))
        return cli_fail(error);
    return deleted("Room", room->name);
}

int cli_room_delete(int argc, char **argv)
{
    return run_delete(argc, argv, "Deletes a room in which no course meets.", room_delete);
}
