/* The register of one session: printing and closing it. */
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "service/closing.h"
#include "service/session_register.h"

#include <stdio.h>

struct roll_options {
    gboolean all, as_json;
};

static bool read_id(const char *text, struct base_uuid *id, GError **error)
{
    if (base_uuid_parse(text, id))
        return true;
    g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID,
                "\"%s\" is not the id of a session; presente session list shows them.", text);
    return false;
}

static int finish(bool printed)
{
    return cli_print_end() && printed ? CLI_EXIT_OK : CLI_EXIT_UNAVAILABLE;
}

/* "late", or the site's own "online". */
static const char *status_text(const struct core_attendance *mark)
{
    if (!mark)
        return "";
    return mark->status_code ? mark->status_code : core_status_name(mark->status);
}

static json_t *line_json(const struct service_session_line *line)
{
    const struct core_attendance *mark = line->mark;

    return json_pack("{s:o, s:s, s:s*, s:s*, s:o}", "user_id",
                     base_json_uuid(line->person ? &line->person->id : &mark->user_id), "name",
                     line->person ? line->person->name : mark->user_name, "status",
                     mark ? core_status_name(mark->status) : NULL, "status_code",
                     mark ? mark->status_code : NULL, "marked_at",
                     mark ? base_json_time(mark->marked_at) : json_null());
}

static int print_json(const struct service_roll *roll)
{
    json_t *items = json_array();

    for (guint i = 0; i < roll->lines->len; i++)
        json_array_append_new(items, line_json(roll->lines->pdata[i]));
    return finish(cli_print_json(
        json_pack("{s:o, s:s, s:s, s:s, s:o, s:I}", "id", base_json_uuid(&roll->session->id),
                  "course", roll->session->course_name, "day", roll->session->local_day, "window",
                  service_window_name(roll->window), "items", items, "unmarked",
                  (json_int_t)roll->unmarked)));
}

static int print_roll(struct cli_session *session, char **words, gpointer data)
{
    const struct roll_options *given = data;
    struct base_uuid id;
    g_autoptr(GError) error = NULL;
    g_autoptr(service_roll) roll =
        read_id(words[0], &id, &error)
            ? service_session_register(session->app.service, &session->identity, &id, &error)
            : NULL;

    if (!roll)
        return cli_fail(error);
    if (given->as_json)
        return print_json(roll);
    GTimeZone *zone = service_time_zone(session->app.service, &error);
    if (!zone)
        return cli_fail(error);
    printf("%s, %s\n", roll->session->course_name, roll->session->local_day);
    struct cli_table *table = cli_table_create(3);
    for (guint i = 0; i < roll->lines->len; i++) {
        const struct service_session_line *line = roll->lines->pdata[i];
        char when[BASE_TIME_TEXT_SIZE] = "", clock[6] = "";
        if (line->mark && line->mark->method != CORE_METHOD_AUTOMATIC) {
            base_time_format_in(line->mark->marked_at, zone, when);
            g_strlcpy(clock, when + 11, sizeof clock);
        }
        cli_table_add(table, line->person ? line->person->name : line->mark->user_name);
        cli_table_add(table, status_text(line->mark));
        cli_table_add(table, clock);
    }
    cli_table_print(table);
    printf("%" G_GINT64_FORMAT " present, %" G_GINT64_FORMAT " late, %" G_GINT64_FORMAT
           " absent, %" G_GINT64_FORMAT " excused, %" G_GINT64_FORMAT " without a mark.\n",
           roll->counts[CORE_STATUS_PRESENT], roll->counts[CORE_STATUS_LATE],
           roll->counts[CORE_STATUS_ABSENT], roll->counts[CORE_STATUS_EXCUSED], roll->unmarked);
    g_time_zone_unref(zone);
    return finish(true);
}

int cli_roll_register(int argc, char **argv)
{
    struct roll_options given = {0};
    const GOptionEntry options[] = {
        {"json", 0, 0, G_OPTION_ARG_NONE, &given.as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .words = "ID",
        .summary = "Prints a session's roster with everybody's mark.",
        .words_min = 1,
        .words_max = 1,
        .options = options,
    };

    return cli_run_session(&syntax, 0, argc, argv, print_roll, &given);
}

static int close_sessions(struct cli_session *session, char **words, gpointer data)
{
    const struct roll_options *given = data;
    struct service_closed closed = {0};
    struct base_uuid id;
    g_autoptr(GError) error = NULL;

    if (given->all == (words[0] != NULL))
        return cli_fail_input("Name one session, or give --all.");
    const bool ok = given->all ? service_closing_run(session->app.service, &closed, &error)
                               : read_id(words[0], &id, &error) &&
                                     service_session_close(session->app.service, &session->identity,
                                                           &id, &closed, &error);
    if (!ok)
        return cli_fail(error);
    if (given->as_json)
        return finish(
            cli_print_json(json_pack("{s:I, s:I}", "sessions", (json_int_t)closed.sessions, "marks",
                                     (json_int_t)closed.marks)));
    printf("Closed %" G_GINT64_FORMAT " sessions; %" G_GINT64_FORMAT
           " people without a mark were marked.\n",
           closed.sessions, closed.marks);
    return finish(true);
}

int cli_roll_close(int argc, char **argv)
{
    struct roll_options given = {0};
    const GOptionEntry options[] = {
        {"all", 0, 0, G_OPTION_ARG_NONE, &given.all, "Every session that is due", NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &given.as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .words = "[ID]",
        .summary = "Settles who has no mark in sessions that are over.",
        .notes = "A running server does this by itself. A session that is named is settled for "
                 "people who were enrolled later, too, and when it was over before it was entered.",
        .words_max = 1,
        .options = options,
    };

    return cli_run_session(&syntax, 0, argc, argv, close_sessions, &given);
}
