/* Single sessions, weeks, and calendars in and out. */
#include "cli/timetable.h"

#include "cli/commands.h"
#include "cli/input.h"
#include "cli/names.h"
#include "cli/output.h"
#include "core/timetable.h"
#include "service/calendar.h"

#include <stdio.h>
#include <string.h>

enum { CALENDAR_BYTES_MAX = 4 << 20 };

/* Everything that these commands can be told. */
struct given {
    char *term, *course, *group, *room, *user;
    char *from, *to, *day, *start, *end, *title, *note, *week, *output;
    gboolean as_json, apply, holidays;
};

static void given_clear(struct given *given)
{
    char **const texts[] = {&given->term,  &given->course, &given->group, &given->room,
                            &given->user,  &given->from,   &given->to,    &given->day,
                            &given->start, &given->end,    &given->title, &given->note,
                            &given->week,  &given->output};

    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        g_clear_pointer(texts[i], g_free);
}

static int run(const struct cli_syntax *syntax, int argc, char **argv, cli_body body,
               struct given *given)
{
    int status = cli_run_session(syntax, 0, argc, argv, body, given);

    given_clear(given);
    return status;
}

static json_t *session_json(const void *entity)
{
    const struct core_session *session = entity;
    char start[CORE_CLOCK_SIZE], end[CORE_CLOCK_SIZE];

    return json_pack("{s:o, s:s, s:s, s:s, s:s, s:o, s:s, s:s*, s:s*, s:s*}", "id",
                     base_json_uuid(&session->id), "course", session->course_name, "day",
                     session->local_day, "start", core_clock_format(session->start_second, start),
                     "end", core_clock_format(session->end_second, end), "starts_at",
                     base_json_time(session->starts_at), "state",
                     core_session_state_name(session->state), "room", session->room_name, "title",
                     session->title, "note", session->note);
}

int cli_sessions_print(const GPtrArray *sessions, bool as_json)
{
    static const char *const HEADINGS[] = {"ID",   "DAY",   "START", "END", "COURSE",
                                           "ROOM", "STATE", "TITLE", NULL};

    if (as_json)
        return cli_end_items(sessions, session_json);
    struct cli_table *table = cli_table_headed(HEADINGS);
    for (guint i = 0; i < sessions->len; i++) {
        const struct core_session *session = sessions->pdata[i];
        char id[BASE_UUID_TEXT_SIZE], clock[CORE_CLOCK_SIZE];
        cli_table_add(table, base_uuid_format(&session->id, id));
        cli_table_add(table, session->local_day);
        cli_table_add(table, core_clock_format(session->start_second, clock));
        cli_table_add(table, core_clock_format(session->end_second, clock));
        cli_table_add(table, session->course_name);
        cli_table_add(table, session->room_name);
        cli_table_add(table, core_session_state_name(session->state));
        cli_table_add(table, session->title);
    }
    cli_table_print(table);
    return cli_end();
}

/* ---- whose sessions ---- */

/* clang-format off */
#define WHOSE_ENTRIES(given) \
    CLI_TERM_ENTRY((given).term), \
    {"course", 'c', 0, G_OPTION_ARG_STRING, &(given).course, "Of this course", "NAME"}, \
    {"group", 'g', 0, G_OPTION_ARG_STRING, &(given).group, "Of this group", "NAME"}, \
    {"room", 'r', 0, G_OPTION_ARG_STRING, &(given).room, "In this room", "NAME"}, \
    {"user", 'u', 0, G_OPTION_ARG_STRING, &(given).user, \
     "What this person attends or teaches", "EMAIL"}
/* clang-format on */

/* `name` (g_free() it) gets the name of what was asked for last. */
static bool read_whose(struct cli_session *session, const struct given *given,
                       struct db_session_filter *filter, char **name, GError **error)
{
    if (given->course) {
        g_autoptr(core_course) course = cli_course_find(session, given->term, given->course, error);
        if (!course)
            return false;
        filter->course_id = course->id;
        g_free(*name);
        *name = g_strdup(course->name);
    }
    if (given->group) {
        g_autoptr(core_group) group = cli_group_find(session, given->group, error);
        if (!group)
            return false;
        filter->group_id = group->id;
        g_free(*name);
        *name = g_strdup(group->name);
    }
    if (given->room) {
        g_autoptr(core_room) room = cli_room_find(session, given->room, error);
        if (!room)
            return false;
        filter->room_id = room->id;
        g_free(*name);
        *name = g_strdup(room->name);
    }
    if (given->user) {
        g_autoptr(core_user) user = cli_user_find(session, given->user, error);
        if (!user || !service_calendar_of_user(session->app.service, &session->identity, &user->id,
                                               filter, error))
            return false;
        g_free(*name);
        *name = g_strdup(user->name);
    }
    return true;
}

static bool check_days(const struct given *given, GError **error)
{
    const char *const days[] = {given->from, given->to, given->week};

    for (gsize i = 0; i < G_N_ELEMENTS(days); i++)
        if (days[i] && !core_day_is_valid(days[i])) {
            g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID,
                        "\"%s\" is not a day such as 2026-03-02.", days[i]);
            return false;
        }
    return true;
}

static int list(struct cli_session *session, char **words, gpointer data)
{
    const struct given *given = data;
    struct db_session_filter filter = DB_SESSION_FILTER_ALL;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) sessions = NULL;
    g_autofree char *name = NULL;

    (void)words;
    filter.from_day = given->from;
    filter.to_day = given->to;
    if (check_days(given, &error) && read_whose(session, given, &filter, &name, &error))
        sessions = service_session_list(session->app.service, &session->identity, &filter, false,
                                        NULL, NULL, &error);
    return sessions ? cli_sessions_print(sessions, given->as_json) : cli_fail(error);
}

/* clang-format off */
#define DAYS_ENTRIES(given) \
    {"from", 0, 0, G_OPTION_ARG_STRING, &(given).from, "First day", "YYYY-MM-DD"}, \
    {"to", 0, 0, G_OPTION_ARG_STRING, &(given).to, "Last day, included", "YYYY-MM-DD"}
/* clang-format on */

int cli_timetable_session_list(int argc, char **argv)
{
    struct given given = {0};
    const GOptionEntry options[] = {
        WHOSE_ENTRIES(given), DAYS_ENTRIES(given), CLI_JSON_ENTRY(given.as_json), {NULL}};
    const struct cli_syntax syntax = {.summary = "Lists sessions by time.", .options = options};

    return run(&syntax, argc, argv, list, &given);
}

static int show_week(struct cli_session *session, char **words, gpointer data)
{
    struct given *given = data;
    char today[CORE_DAY_SIZE], text[CORE_DAY_SIZE];
    g_autoptr(GError) error = NULL;
    g_autoptr(GTimeZone) zone = service_time_zone(session->app.service, &error);

    if (!zone || !check_days(given, &error) ||
        !core_day_of_time(zone, base_time_now(), today, &error))
        return cli_fail(error);
    const gint32 monday = core_day_monday(core_day_number(given->week ? given->week : today));
    core_day_from_number(monday, text);
    g_free(given->from);
    given->from = g_strdup(text);
    core_day_from_number(monday + 6, text);
    g_free(given->to);
    given->to = g_strdup(text);
    return list(session, words, given);
}

int cli_timetable_show(int argc, char **argv)
{
    struct given given = {0};
    const GOptionEntry options[] = {
        WHOSE_ENTRIES(given),
        {"week", 'w', 0, G_OPTION_ARG_STRING, &given.week,
         "Any day of the week; today unless given", "YYYY-MM-DD"},
        CLI_JSON_ENTRY(given.as_json),
        {NULL},
    };
    const struct cli_syntax syntax = {
        .summary = "Prints a week, of everybody or of a course, group, room or person.",
        .options = options,
    };

    return run(&syntax, argc, argv, show_week, &given);
}

/* ---- one session ---- */

static int done(struct cli_session *session, const struct core_session *changed, bool as_json,
                const GError *error)
{
    char id[BASE_UUID_TEXT_SIZE], start[CORE_CLOCK_SIZE], end[CORE_CLOCK_SIZE];

    if (!changed)
        return cli_fail(error);
    cli_conflicts_warn(session, &changed->course_id, changed->local_day, changed->local_day);
    if (as_json)
        return cli_end_json(session_json(changed));
    printf("Session %s: %s, %s %s to %s, %s.\n", base_uuid_format(&changed->id, id),
           changed->course_name, changed->local_day,
           core_clock_format(changed->start_second, start),
           core_clock_format(changed->end_second, end), core_session_state_name(changed->state));
    return cli_end();
}

/* What is given about a session; `input` points into the rest. */
struct session_values {
    gint32 start, end;
    struct base_uuid room;
    struct service_session_input input;
};

static bool read_values(struct cli_session *session, const struct given *given,
                        struct session_values *values, GError **error)
{
    values->input.local_day = given->day;
    values->input.title = given->title;
    values->input.note = given->note;
    return cli_clock_read(given->start, &values->start, &values->input.start_second, error) &&
           cli_clock_read(given->end, &values->end, &values->input.end_second, error) &&
           cli_room_read(session, given->room, &values->room, &values->input.room_id, error);
}

/* clang-format off */
#define TEXT_ENTRIES(given) \
    {"title", 0, 0, G_OPTION_ARG_STRING, &(given).title, "What it is about", "TEXT"}, \
    {"note", 'n', 0, G_OPTION_ARG_STRING, &(given).note, "Why", "TEXT"}, \
    CLI_JSON_ENTRY((given).as_json)
#define ROOM_ENTRY(given) \
    {"room", 'r', 0, G_OPTION_ARG_STRING, &(given).room, "Its room; none for no room", "NAME"}
/* clang-format on */

static int add(struct cli_session *session, char **words, gpointer data)
{
    struct given *given = data;
    struct session_values values = {0};
    g_autoptr(GError) error = NULL;
    g_autoptr(core_session) made = NULL;
    g_autoptr(core_course) course = cli_course_find(session, given->term, words[0], &error);

    given->day = g_strdup(words[1]);
    given->start = g_strdup(words[2]);
    given->end = g_strdup(words[3]);
    if (course && read_values(session, given, &values, &error))
        made = service_session_create(session->app.service, &session->identity, &course->id,
                                      &values.input, &error);
    return done(session, made, given->as_json, error);
}

int cli_timetable_session_add(int argc, char **argv)
{
    struct given given = {0};
    const GOptionEntry options[] = {
        CLI_TERM_ENTRY(given.term), ROOM_ENTRY(given), TEXT_ENTRIES(given), {NULL}};
    const struct cli_syntax syntax = {
        .words = "COURSE DAY START END",
        .summary = "Adds a single session to a course, such as an extra class.",
        .words_min = 4,
        .words_max = 4,
        .options = options,
    };

    return run(&syntax, argc, argv, add, &given);
}

static int change(struct cli_session *session, char **words, const struct given *given,
                  const enum core_session_state *state)
{
    struct session_values values = {0};
    struct base_uuid id;
    g_autoptr(GError) error = NULL;
    g_autoptr(core_session) changed = NULL;

    values.input.state = state;
    if (cli_id_read(words[0], "session", &id, &error) &&
        read_values(session, given, &values, &error))
        changed = service_session_update(session->app.service, &session->identity, &id,
                                         &values.input, &error);
    return done(session, changed, given->as_json, error);
}

static int edit(struct cli_session *session, char **words, gpointer data)
{
    return change(session, words, data, NULL);
}

static int cancel(struct cli_session *session, char **words, gpointer data)
{
    static const enum core_session_state CANCELLED = CORE_SESSION_CANCELLED;

    return change(session, words, data, &CANCELLED);
}

static int restore(struct cli_session *session, char **words, gpointer data)
{
    static const enum core_session_state PLANNED = CORE_SESSION_PLANNED;

    return change(session, words, data, &PLANNED);
}

static int run_change(int argc, char **argv, const char *summary, cli_body body)
{
    struct given given = {0};
    const GOptionEntry options[] = {TEXT_ENTRIES(given), {NULL}};
    const struct cli_syntax syntax = {
        .words = "ID", .summary = summary, .words_min = 1, .words_max = 1, .options = options};

    return run(&syntax, argc, argv, body, &given);
}

int cli_timetable_session_cancel(int argc, char **argv)
{
    return run_change(argc, argv, "Cancels a session; its marks stay and do not count.", cancel);
}

int cli_timetable_session_restore(int argc, char **argv)
{
    return run_change(argc, argv, "Has a cancelled session take place after all.", restore);
}

int cli_timetable_session_edit(int argc, char **argv)
{
    return run_change(argc, argv, "Changes a session's title or note; \"\" takes it away.", edit);
}

int cli_timetable_session_move(int argc, char **argv)
{
    struct given given = {0};
    const GOptionEntry options[] = {
        {"day", 'd', 0, G_OPTION_ARG_STRING, &given.day, "To another day", "YYYY-MM-DD"},
        {"start", 0, 0, G_OPTION_ARG_STRING, &given.start, "Another beginning", "HH:MM"},
        {"end", 0, 0, G_OPTION_ARG_STRING, &given.end, "Another end", "HH:MM"},
        ROOM_ENTRY(given),
        TEXT_ENTRIES(given),
        {NULL},
    };
    const struct cli_syntax syntax = {
        .words = "ID",
        .summary = "Moves a session to another day, time or room; its marks stay.",
        .words_min = 1,
        .words_max = 1,
        .options = options,
    };

    return run(&syntax, argc, argv, edit, &given);
}

static int erase(struct cli_session *session, char **words, gpointer data)
{
    struct base_uuid id;
    g_autoptr(GError) error = NULL;

    (void)data;
    if (!cli_id_read(words[0], "session", &id, &error) ||
        !service_session_delete(session->app.service, &session->identity, &id, &error))
        return cli_fail(error);
    printf("Session deleted.\n");
    return cli_end();
}

int cli_timetable_session_delete(int argc, char **argv)
{
    const struct cli_syntax syntax = {
        .words = "ID",
        .summary = "Deletes a single session that has no marks.",
        .words_min = 1,
        .words_max = 1,
    };

    return cli_run_session(&syntax, 0, argc, argv, erase, NULL);
}

/* ---- double bookings ---- */

static int conflicts(struct cli_session *session, char **words, gpointer data)
{
    static const char *const HEADINGS[] = {"WHAT", "NAME", "SESSION", "COURSE", "OTHER", NULL};
    const struct given *given = data;
    char today[CORE_DAY_SIZE], last[CORE_DAY_SIZE];
    g_autoptr(GError) error = NULL;
    g_autoptr(GTimeZone) zone = service_time_zone(session->app.service, &error);
    g_autoptr(GPtrArray) found = NULL;

    (void)words;
    if (zone && check_days(given, &error) &&
        core_day_of_time(zone, base_time_now(), today, &error)) {
        const char *from = given->from ? given->from : today;
        core_day_from_number(core_day_number(from) + 6, last);
        found = service_timetable_conflicts(session->app.service, &session->identity, from,
                                            given->to ? given->to : last, NULL, &error);
    }
    if (!found)
        return cli_fail(error);
    struct cli_table *table = cli_table_headed(HEADINGS);
    for (guint i = 0; i < found->len; i++) {
        const struct db_session_conflict *conflict = found->pdata[i];
        char when[BASE_TIME_TEXT_SIZE];
        base_time_format_in(conflict->other_starts_at, zone, when);
        when[16] = '\0';
        cli_table_add(table, conflict->kind);
        cli_table_add(table, conflict->shared);
        cli_table_add(table, when);
        cli_table_add(table, conflict->course_name);
        cli_table_add(table, conflict->other_course_name);
    }
    cli_table_print(table);
    int status = cli_end();
    return status == CLI_EXIT_OK && found->len > 0 ? CLI_EXIT_NO : status;
}

int cli_timetable_conflicts(int argc, char **argv)
{
    struct given given = {0};
    const GOptionEntry options[] = {DAYS_ENTRIES(given), {NULL}};
    const struct cli_syntax syntax = {
        .summary = "Lists rooms, teachers and groups that are booked twice; a week from today "
                   "unless days are given.",
        .no = "something is booked twice",
        .options = options,
    };

    return run(&syntax, argc, argv, conflicts, &given);
}

/* ---- calendars ---- */

static int export(struct cli_session *session, char **words, gpointer data)
{
    const struct given *given = data;
    struct db_session_filter filter = DB_SESSION_FILTER_ALL;
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes = NULL;
    g_autofree char *name = NULL;
    gsize size;

    (void)words;
    filter.from_day = given->from;
    filter.to_day = given->to;
    if (check_days(given, &error) && read_whose(session, given, &filter, &name, &error))
        bytes = service_calendar_export(session->app.service, &session->identity, &filter,
                                        name ? name : "Presente", &error);
    if (!bytes)
        return cli_fail(error);
    const void *text = g_bytes_get_data(bytes, &size);
    if (given->output)
        return cli_file_write(given->output, text, size, &error) ? CLI_EXIT_OK : cli_fail(error);
    fwrite(text, 1, size, stdout);
    return cli_end();
}

int cli_timetable_export(int argc, char **argv)
{
    struct given given = {0};
    const GOptionEntry options[] = {
        WHOSE_ENTRIES(given),
        DAYS_ENTRIES(given),
        {"output", 'o', 0, G_OPTION_ARG_FILENAME, &given.output,
         "Write there instead of to standard output", "FILE"},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .summary = "Writes sessions as an iCalendar file (RFC 5545).",
        .options = options,
    };

    return run(&syntax, argc, argv, export, &given);
}

static void print_plan(const struct service_calendar_plan *plan)
{
    static const char *const HEADINGS[] = {"WHAT", "DAY", "START", "TITLE", "UID", "WHY", NULL};
    struct cli_table *table = cli_table_headed(HEADINGS);

    for (guint i = 0; i < plan->items->len; i++) {
        const struct service_calendar_item *item = plan->items->pdata[i];
        char clock[CORE_CLOCK_SIZE];
        const bool timed = item->start_second != item->end_second;
        if (item->action == SERVICE_CALENDAR_SAME)
            continue;
        cli_table_add(table, service_calendar_action_name(item->action));
        cli_table_add(table, item->local_day);
        cli_table_add(table, timed ? core_clock_format(item->start_second, clock) : NULL);
        cli_table_add(table, item->title);
        cli_table_add(table, item->uid);
        cli_table_add(table, item->reason);
    }
    cli_table_print(table);
    for (int i = 0; i < SERVICE_CALENDAR_ACTION_N; i++)
        if (plan->counts[i])
            printf("%s: %" G_GINT64_FORMAT "\n",
                   service_calendar_action_name((enum service_calendar_action)i), plan->counts[i]);
    if (!plan->applied)
        printf("This was a dry run; --apply stores it.\n");
}

static int import(struct cli_session *session, char **words, gpointer data)
{
    const struct given *given = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(service_calendar_plan) plan = NULL;
    g_autoptr(core_course) course = cli_course_find(session, given->term, words[0], &error);
    g_autoptr(GBytes) bytes = course ? cli_file_read(words[1], CALENDAR_BYTES_MAX, &error) : NULL;
    gsize size;

    if (bytes) {
        const void *text = g_bytes_get_data(bytes, &size);
        plan = service_calendar_import(session->app.service, &session->identity, &course->id, text,
                                       size, given->holidays, given->apply, &error);
    }
    if (!plan)
        return cli_fail(error);
    print_plan(plan);
    int status = cli_end();
    return status == CLI_EXIT_OK && plan->counts[SERVICE_CALENDAR_REFUSE] ? CLI_EXIT_NO : status;
}

int cli_timetable_import(int argc, char **argv)
{
    struct given given = {0};
    const GOptionEntry options[] = {
        CLI_TERM_ENTRY(given.term),
        {"apply", 0, 0, G_OPTION_ARG_NONE, &given.apply, "Store it; without this it is a dry run",
         NULL},
        {"holidays", 0, 0, G_OPTION_ARG_NONE, &given.holidays,
         "Take events of whole days as holidays", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .words = "COURSE FILE",
        .summary = "Reads the sessions of a course from an iCalendar file, again and again without "
                   "duplicates.",
        .notes = "Sessions that have marks, have begun or were changed by hand are left alone.",
        .no = "an event was refused",
        .words_min = 2,
        .words_max = 2,
        .options = options,
    };

    return run(&syntax, argc, argv, import, &given);
}
