#include "base/error.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/names.h"
#include "cli/output.h"
#include "service/register.h"
#include "service/reports.h"

#include <stdio.h>

struct export_options {
    char *from, *to, *group, *course, *term, *status, *output;
    gboolean excel;
};

static bool write_to_stdout(const char *data, size_t size, gpointer user, GError **error)
{
    (void)user;
    if (fwrite(data, 1, size, stdout) == size)
        return true;
    g_set_error_literal(error, BASE_ERROR, BASE_ERROR_IO, "The output could not be written.");
    return false;
}

static bool write_to_memory(const char *data, size_t size, gpointer user, GError **error)
{
    (void)error;
    g_byte_array_append(user, (const guint8 *)data, (guint)size);
    return true;
}

static bool check_day(const char *option, const char *day, GError **error)
{
    if (!day || core_day_is_valid(day))
        return true;
    g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID,
                "%s is \"%s\", which is not a day such as 2026-03-12.", option, day);
    return false;
}

/* One of the four, or the code of a status of the site's own. */
static bool read_status(const char *name, struct db_attendance_filter *filter, GError **error)
{
    enum core_status status;

    if (!name)
        return true;
    if (core_status_from_name(name, &status)) {
        filter->status = (int)status;
        return true;
    }
    filter->status_code = name;
    if (service_report_code_is_valid(name))
        return true;
    g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID, "\"%s\" is no status.", name);
    return false;
}

/* A file is written whole or not at all, so it is put together in memory first. */
static bool export_file(struct cli_session *session, const struct db_attendance_filter *filter,
                        const struct export_options *given, GError **error)
{
    g_autoptr(GByteArray) content = g_byte_array_new();

    return service_register_export_csv(session->app.service, &session->identity, filter,
                                       given->excel, write_to_memory, content, error) &&
           cli_file_write(given->output, content->data, content->len, error);
}

static int export(struct cli_session *session, const struct export_options *given)
{
    struct db_attendance_filter filter = DB_ATTENDANCE_FILTER_ALL;
    g_autoptr(GError) error = NULL;

    if (!check_day("--from", given->from, &error) || !check_day("--to", given->to, &error))
        return cli_fail(error);
    filter.from_day = given->from;
    filter.to_day = given->to;
    if (given->group) {
        g_autoptr(core_group) group = cli_group_find(session, given->group, &error);
        if (!group)
            return cli_fail(error);
        filter.group_id = group->id;
    }
    if (given->course) {
        g_autoptr(core_course) course =
            cli_course_find(session, given->term, given->course, &error);
        if (!course)
            return cli_fail(error);
        filter.course_id = course->id;
    }
    if (!read_status(given->status, &filter, &error))
        return cli_fail(error);
    bool done = given->output
                    ? export_file(session, &filter, given, &error)
                    : service_register_export_csv(session->app.service, &session->identity, &filter,
                                                  given->excel, write_to_stdout, NULL, &error);
    if (!done)
        return cli_fail(error);
    return cli_print_end() ? CLI_EXIT_OK : CLI_EXIT_UNAVAILABLE;
}

int cli_export(int argc, char **argv)
{
    struct export_options given = {0};
    const GOptionEntry options[] = {
        {"from", 0, 0, G_OPTION_ARG_STRING, &given.from, "First day", "YYYY-MM-DD"},
        {"to", 0, 0, G_OPTION_ARG_STRING, &given.to, "Last day, included", "YYYY-MM-DD"},
        {"group", 'g', 0, G_OPTION_ARG_STRING, &given.group, "Only this group", "NAME"},
        {"course", 'c', 0, G_OPTION_ARG_STRING, &given.course, "Only this course", "NAME"},
        CLI_TERM_ENTRY(given.term),
        {"status", 's', 0, G_OPTION_ARG_STRING, &given.status, "Only this status", "NAME"},
        {"output", 'o', 0, G_OPTION_ARG_FILENAME, &given.output, "Write to a file", "FILE"},
        {"excel", 0, 0, G_OPTION_ARG_NONE, &given.excel, "Begin with the mark that Excel needs",
         NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .summary = "Prints the register as CSV (RFC 4180, UTF-8).",
        .options = options,
    };
    g_auto(GStrv) words = NULL;
    struct cli_session session;
    int status;

    if (cli_parse(&syntax, argc, argv, &words, &status) && cli_session_open(&session, 0, &status)) {
        status = export(&session, &given);
        cli_session_close(&session);
    }
    g_free(given.from);
    g_free(given.to);
    g_free(given.group);
    g_free(given.course);
    g_free(given.term);
    g_free(given.status);
    g_free(given.output);
    return status;
}
