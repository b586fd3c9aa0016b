/* The weekly timetable: slots and holidays. */
#include "cli/commands.h"
#include "cli/names.h"
#include "cli/output.h"
#include "cli/timetable.h"
#include "core/timetable.h"
#include "service/sessions.h"

#include <stdio.h>
#include <string.h>

static const char *const WEEKDAYS[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                       "Friday", "Saturday", "Sunday"};

bool cli_clock_read(const char *text, gint32 *second, const gint32 **given, GError **error)
{
    if (!text)
        return true;
    *given = second;
    if (core_clock_parse(text, second))
        return true;
    g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID, "\"%s\" is not a time such as 09:00.", text);
    return false;
}

bool cli_weekday_read(const char *text, gint32 *weekday, const gint32 **given, GError **error)
{
    if (!text)
        return true;
    *given = weekday;
    for (gint32 i = 0; i < (gint32)G_N_ELEMENTS(WEEKDAYS); i++) {
        const char number[] = {(char)('1' + i), '\0'};
        if (strcmp(text, number) == 0 || g_ascii_strcasecmp(text, WEEKDAYS[i]) == 0 ||
            (strlen(text) == 3 && g_ascii_strncasecmp(text, WEEKDAYS[i], 3) == 0)) {
            *weekday = i + 1;
            return true;
        }
    }
    g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID,
                "\"%s\" is not a weekday: monday to sunday, or 1 to 7.", text);
    return false;
}

bool cli_id_read(const char *text, const char *noun, struct base_uuid *id, GError **error)
{
    if (base_uuid_parse(text, id))
        return true;
    g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID,
                "\"%s\" is not the id of a %s; presente %s list shows them.", text, noun, noun);
    return false;
}

bool cli_room_read(struct cli_session *session, const char *name, struct base_uuid *id,
                   const struct base_uuid **given, GError **error)
{
    if (!name)
        return true;
    *given = id;
    *id = (struct base_uuid){0};
    if (strcmp(name, "none") == 0)
        return true;
    g_autoptr(core_room) room = cli_room_find(session, name, error);
    if (room)
        *id = room->id;
    return room != NULL;
}

void cli_counts_print(const struct service_timetable_counts *counts)
{
    printf("Sessions: %" G_GINT64_FORMAT " added, %" G_GINT64_FORMAT " moved, %" G_GINT64_FORMAT
           " deleted, %" G_GINT64_FORMAT " left alone.\n",
           counts->inserted, counts->moved, counts->deleted, counts->kept);
}

void cli_conflicts_warn(struct cli_session *session, const struct base_uuid *course_id,
                        const char *from_day, const char *to_day)
{
    enum { SHOWN = 10 };
    g_autoptr(GTimeZone) zone = service_time_zone(session->app.service, NULL);
    g_autoptr(GPtrArray) conflicts = service_timetable_conflicts(
        session->app.service, &session->identity, from_day, to_day, course_id, NULL);

    for (guint i = 0; zone && conflicts && i < MIN(conflicts->len, SHOWN); i++) {
        const struct db_session_conflict *conflict = conflicts->pdata[i];
        char when[BASE_TIME_TEXT_SIZE];
        base_time_format_in(conflict->starts_at, zone, when);
        cli_warn("%.16s: %s %s is booked for %s and %s.", when, conflict->kind, conflict->shared,
                 conflict->course_name, conflict->other_course_name);
    }
    if (conflicts && conflicts->len > SHOWN)
        cli_warn("and %u more; presente timetable conflicts lists them.", conflicts->len - SHOWN);
}

/* ---- slots ---- */

struct slot_options {
    char *term, *weekday, *start, *end, *room, *from, *to;
    int every;
    gboolean as_json;
};

static json_t *slot_json(const void *entity)
{
    const struct core_slot *slot = entity;
    char start[CORE_CLOCK_SIZE], end[CORE_CLOCK_SIZE];

    return json_pack("{s:o, s:i, s:s, s:s, s:s*, s:s, s:s, s:i}", "id", base_json_uuid(&slot->id),
                     "weekday", slot->weekday, "start",
                     core_clock_format(slot->start_second, start), "end",
                     core_clock_format(slot->end_second, end), "room", slot->room_name, "first_day",
                     slot->first_day, "last_day", slot->last_day, "every_weeks", slot->every_weeks);
}

static bool slot_input(struct cli_session *session, const struct slot_options *given,
                       gint32 values[4], struct base_uuid *room, struct service_slot_input *input,
                       GError **error)
{
    input->first_day = given->from;
    input->last_day = given->to;
    values[3] = given->every;
    input->every_weeks = given->every ? &values[3] : NULL;
    return cli_weekday_read(given->weekday, &values[0], &input->weekday, error) &&
           cli_clock_read(given->start, &values[1], &input->start_second, error) &&
           cli_clock_read(given->end, &values[2], &input->end_second, error) &&
           cli_room_read(session, given->room, room, &input->room_id, error);
}

static int slot_done(struct cli_session *session, const struct core_slot *slot,
                     const struct service_timetable_counts *counts, bool as_json)
{
    char id[BASE_UUID_TEXT_SIZE];

    cli_conflicts_warn(session, &slot->course_id, slot->first_day, slot->last_day);
    if (as_json)
        return cli_end_json(slot_json(slot));
    printf("Slot %s.\n", base_uuid_format(&slot->id, id));
    cli_counts_print(counts);
    return cli_end();
}

static int slot_add(struct cli_session *session, char **words, gpointer data)
{
    struct slot_options *given = data;
    struct service_slot_input input = {0};
    struct service_timetable_counts counts;
    struct base_uuid room;
    gint32 values[4] = {0};
    g_autoptr(GError) error = NULL;
    g_autoptr(core_course) course = cli_course_find(session, given->term, words[0], &error);
    g_autoptr(core_slot) slot = NULL;

    /* The words are the command line's own, and outlive the options that point at them here. */
    struct slot_options whole = *given;
    whole.weekday = words[1];
    whole.start = words[2];
    whole.end = words[3];
    if (course && slot_input(session, &whole, values, &room, &input, &error))
        slot = service_slot_create(session->app.service, &session->identity, &course->id, &input,
                                   &counts, &error);
    return slot ? slot_done(session, slot, &counts, given->as_json) : cli_fail(error);
}

/* clang-format off */
#define SLOT_ENTRIES(given) \
    {"room", 'r', 0, G_OPTION_ARG_STRING, &(given).room, "Its room; none for no room", "NAME"}, \
    {"from", 0, 0, G_OPTION_ARG_STRING, &(given).from, "First day; the term's unless given", \
     "YYYY-MM-DD"}, \
    {"to", 0, 0, G_OPTION_ARG_STRING, &(given).to, "Last day, included", "YYYY-MM-DD"}, \
    {"every", 0, 0, G_OPTION_ARG_INT, &(given).every, "Each second week, or third …", "N"}, \
    CLI_JSON_ENTRY((given).as_json)
/* clang-format on */

static void slot_options_clear(struct slot_options *given)
{
    char **const texts[] = {&given->term, &given->weekday, &given->start, &given->end,
                            &given->room, &given->from,    &given->to};

    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        g_clear_pointer(texts[i], g_free);
}

int cli_slot_add(int argc, char **argv)
{
    struct slot_options given = {0};
    const GOptionEntry options[] = {CLI_TERM_ENTRY(given.term), SLOT_ENTRIES(given), {NULL}};
    const struct cli_syntax syntax = {
        .words = "COURSE WEEKDAY START END",
        .summary = "Adds a weekly hour of a course, and its sessions for the whole term.",
        .words_min = 4,
        .words_max = 4,
        .options = options,
    };
    int status = cli_run_session(&syntax, 0, argc, argv, slot_add, &given);

    slot_options_clear(&given);
    return status;
}

static int slot_edit(struct cli_session *session, char **words, gpointer data)
{
    struct slot_options *given = data;
    struct service_slot_input input = {0};
    struct service_timetable_counts counts;
    struct base_uuid id, room;
    gint32 values[4] = {0};
    g_autoptr(GError) error = NULL;
    g_autoptr(core_slot) slot = NULL;

    if (cli_id_read(words[0], "slot", &id, &error) &&
        slot_input(session, given, values, &room, &input, &error))
        slot = service_slot_update(session->app.service, &session->identity, &id, &input, &counts,
                                   &error);
    return slot ? slot_done(session, slot, &counts, given->as_json) : cli_fail(error);
}

int cli_slot_edit(int argc, char **argv)
{
    struct slot_options given = {0};
    const GOptionEntry options[] = {
        {"weekday", 'w', 0, G_OPTION_ARG_STRING, &given.weekday, "Another weekday", "DAY"},
        {"start", 0, 0, G_OPTION_ARG_STRING, &given.start, "Another beginning", "HH:MM"},
        {"end", 0, 0, G_OPTION_ARG_STRING, &given.end, "Another end", "HH:MM"},
        SLOT_ENTRIES(given),
        {NULL},
    };
    const struct cli_syntax syntax = {
        .words = "ID",
        .summary = "Changes a weekly hour; sessions to come follow it.",
        .words_min = 1,
        .words_max = 1,
        .options = options,
    };
    int status = cli_run_session(&syntax, 0, argc, argv, slot_edit, &given);

    slot_options_clear(&given);
    return status;
}

static int slot_delete(struct cli_session *session, char **words, gpointer data)
{
    struct service_timetable_counts counts;
    struct base_uuid id;
    g_autoptr(GError) error = NULL;

    (void)data;
    if (!cli_id_read(words[0], "slot", &id, &error) ||
        !service_slot_delete(session->app.service, &session->identity, &id, &counts, &error))
        return cli_fail(error);
    printf("Slot deleted.\n");
    cli_counts_print(&counts);
    return cli_end();
}

int cli_slot_delete(int argc, char **argv)
{
    const struct cli_syntax syntax = {
        .words = "ID",
        .summary = "Deletes a weekly hour and its sessions to come; those with marks stay.",
        .words_min = 1,
        .words_max = 1,
    };

    return cli_run_session(&syntax, 0, argc, argv, slot_delete, NULL);
}

static int slot_list(struct cli_session *session, char **words, gpointer data)
{
    static const char *const HEADINGS[] = {"ID",   "WEEKDAY", "START", "END", "EVERY",
                                           "FROM", "TO",      "ROOM",  NULL};
    const struct slot_options *given = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(core_course) course = cli_course_find(session, given->term, words[0], &error);
    g_autoptr(GPtrArray) slots =
        course ? service_slot_list(session->app.service, &session->identity, &course->id, &error)
               : NULL;

    if (!slots)
        return cli_fail(error);
    if (given->as_json)
        return cli_end_items(slots, slot_json);
    struct cli_table *table = cli_table_headed(HEADINGS);
    for (guint i = 0; i < slots->len; i++) {
        const struct core_slot *slot = slots->pdata[i];
        char id[BASE_UUID_TEXT_SIZE], clock[CORE_CLOCK_SIZE];
        cli_table_add(table, base_uuid_format(&slot->id, id));
        cli_table_add(table, WEEKDAYS[CLAMP(slot->weekday, 1, 7) - 1]);
        cli_table_add(table, core_clock_format(slot->start_second, clock));
        cli_table_add(table, core_clock_format(slot->end_second, clock));
        cli_table_add_int(table, slot->every_weeks);
        cli_table_add(table, slot->first_day);
        cli_table_add(table, slot->last_day);
        cli_table_add(table, slot->room_name);
    }
    cli_table_print(table);
    return cli_end();
}

int cli_slot_list(int argc, char **argv)
{
    struct slot_options given = {0};
    const GOptionEntry options[] = {
        CLI_TERM_ENTRY(given.term), CLI_JSON_ENTRY(given.as_json), {NULL}};
    const struct cli_syntax syntax = {
        .words = "COURSE",
        .summary = "Lists the weekly hours of a course.",
        .words_min = 1,
        .words_max = 1,
        .options = options,
    };
    int status = cli_run_session(&syntax, 0, argc, argv, slot_list, &given);

    slot_options_clear(&given);
    return status;
}

/* ---- holidays ---- */

struct holiday_options {
    char *name, *from, *to;
    gboolean as_json;
};

static json_t *holiday_json(const void *entity)
{
    const struct core_holiday *holiday = entity;

    return json_pack("{s:o, s:s, s:s, s:s}", "id", base_json_uuid(&holiday->id), "name",
                     holiday->name, "first_day", holiday->first_day, "last_day", holiday->last_day);
}

static int holiday_add(struct cli_session *session, char **words, gpointer data)
{
    struct service_timetable_counts counts;
    g_autoptr(GError) error = NULL;

    (void)data;
    g_autoptr(core_holiday) holiday = service_holiday_create(
        session->app.service, &session->identity, words[0], words[1], words[2], &counts, &error);
    if (!holiday)
        return cli_fail(error);
    printf("Holiday %s: %s to %s.\n", holiday->name, holiday->first_day, holiday->last_day);
    cli_counts_print(&counts);
    return cli_end();
}

int cli_holiday_add(int argc, char **argv)
{
    const struct cli_syntax syntax = {
        .words = "NAME FIRST_DAY [LAST_DAY]",
        .summary = "Adds days on which nothing is taught.",
        .words_min = 2,
        .words_max = 3,
    };

    return cli_run_session(&syntax, 0, argc, argv, holiday_add, NULL);
}

static int holiday_edit(struct cli_session *session, char **words, gpointer data)
{
    const struct holiday_options *given = data;
    struct service_timetable_counts counts;
    struct base_uuid id;
    g_autoptr(GError) error = NULL;
    g_autoptr(core_holiday) holiday = NULL;

    if (cli_id_read(words[0], "holiday", &id, &error))
        holiday = service_holiday_update(session->app.service, &session->identity, &id, given->name,
                                         given->from, given->to, &counts, &error);
    if (!holiday)
        return cli_fail(error);
    printf("Holiday %s: %s to %s.\n", holiday->name, holiday->first_day, holiday->last_day);
    cli_counts_print(&counts);
    return cli_end();
}

int cli_holiday_edit(int argc, char **argv)
{
    struct holiday_options given = {0};
    const GOptionEntry options[] = {
        {"name", 0, 0, G_OPTION_ARG_STRING, &given.name, "Another name", "NAME"},
        {"from", 0, 0, G_OPTION_ARG_STRING, &given.from, "Another first day", "YYYY-MM-DD"},
        {"to", 0, 0, G_OPTION_ARG_STRING, &given.to, "Another last day", "YYYY-MM-DD"},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .words = "ID",
        .summary = "Changes a holiday; sessions follow.",
        .words_min = 1,
        .words_max = 1,
        .options = options,
    };
    int status = cli_run_session(&syntax, 0, argc, argv, holiday_edit, &given);

    g_free(given.name);
    g_free(given.from);
    g_free(given.to);
    return status;
}

static int holiday_delete(struct cli_session *session, char **words, gpointer data)
{
    struct service_timetable_counts counts;
    struct base_uuid id;
    g_autoptr(GError) error = NULL;

    (void)data;
    if (!cli_id_read(words[0], "holiday", &id, &error) ||
        !service_holiday_delete(session->app.service, &session->identity, &id, &counts, &error))
        return cli_fail(error);
    printf("Holiday deleted.\n");
    cli_counts_print(&counts);
    return cli_end();
}

int cli_holiday_delete(int argc, char **argv)
{
    const struct cli_syntax syntax = {
        .words = "ID",
        .summary = "Deletes a holiday; the sessions of its days come back.",
        .words_min = 1,
        .words_max = 1,
    };

    return cli_run_session(&syntax, 0, argc, argv, holiday_delete, NULL);
}

static int holiday_list(struct cli_session *session, char **words, gpointer data)
{
    static const char *const HEADINGS[] = {"ID", "NAME", "FROM", "TO", NULL};
    const struct holiday_options *given = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) holidays = service_holiday_list(session->app.service, &session->identity,
                                                         given->from, given->to, &error);

    (void)words;
    if (!holidays)
        return cli_fail(error);
    if (given->as_json)
        return cli_end_items(holidays, holiday_json);
    struct cli_table *table = cli_table_headed(HEADINGS);
    for (guint i = 0; i < holidays->len; i++) {
        const struct core_holiday *holiday = holidays->pdata[i];
        char id[BASE_UUID_TEXT_SIZE];
        cli_table_add(table, base_uuid_format(&holiday->id, id));
        cli_table_add(table, holiday->name);
        cli_table_add(table, holiday->first_day);
        cli_table_add(table, holiday->last_day);
    }
    cli_table_print(table);
    return cli_end();
}

int cli_holiday_list(int argc, char **argv)
{
    struct holiday_options given = {0};
    const GOptionEntry options[] = {
        {"from", 0, 0, G_OPTION_ARG_STRING, &given.from, "Only from this day on", "YYYY-MM-DD"},
        {"to", 0, 0, G_OPTION_ARG_STRING, &given.to, "Only up to this day", "YYYY-MM-DD"},
        CLI_JSON_ENTRY(given.as_json),
        {NULL},
    };
    const struct cli_syntax syntax = {.summary = "Lists the holidays.", .options = options};
    int status = cli_run_session(&syntax, 0, argc, argv, holiday_list, &given);

    g_free(given.from);
    g_free(given.to);
    return status;
}
