#include "base/error.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/names.h"
#include "cli/output.h"
#include "service/reports.h"

#include <stdio.h>
#include <string.h>

struct given {
    char *course, *group, *student, *teacher, *subject, *term, *from, *to, *status, *method;
    char *format, *paper, *language, *output;
    gboolean bom;
};

/* ---- list ---- */

static json_t *kind_json(const struct service_report_kind *kind)
{
    json_t *parameters = json_array();

    for (guint i = 0; i < SERVICE_REPORT_PARAMETERS_N; i++)
        if (kind->allowed & 1u << i)
            json_array_append_new(parameters, json_string(service_report_parameter_name(
                                                  (enum service_report_parameter)(1u << i))));
    return json_pack("{s:s,s:s,s:s,s:o}", "name", kind->name, "title", kind->title[1],
                     "description", kind->description[1], "parameters", parameters);
}

static int list(bool as_json)
{
    static const char *const HEADINGS[] = {"NAME", "WHAT", NULL};
    gsize n;
    const struct service_report_kind *kinds = service_report_kinds(&n);

    if (as_json) {
        json_t *items = json_array();
        for (gsize i = 0; i < n; i++)
            json_array_append_new(items, kind_json(&kinds[i]));
        return cli_end_json(json_pack("{s:o,s:I}", "items", items, "total", (json_int_t)n));
    }
    struct cli_table *table = cli_table_headed(HEADINGS);
    for (gsize i = 0; i < n; i++) {
        cli_table_add(table, kinds[i].name);
        cli_table_add(table, kinds[i].description[1]);
    }
    cli_table_print(table);
    return cli_end();
}

static int list_command(int argc, char **argv)
{
    char name[] = "presente report list";
    gboolean as_json = FALSE;
    const GOptionEntry options[] = {CLI_JSON_ENTRY(as_json), {NULL}};
    const struct cli_syntax syntax = {.summary = "Lists the reports that there are.",
                                      .options = options};
    g_auto(GStrv) words = NULL;
    int status;

    argv[0] = name;
    return cli_parse(&syntax, argc, argv, &words, &status) ? list(as_json) : status;
}

/* ---- show ---- */

static bool find_group(struct cli_session *session, const char *name, struct base_uuid *id,
                       GError **error)
{
    g_autoptr(core_group) group = name ? cli_group_find(session, name, error) : NULL;

    if (group)
        *id = group->id;
    return !name || group;
}

static bool find_user(struct cli_session *session, const char *name, struct base_uuid *id,
                      GError **error)
{
    g_autoptr(core_user) user = name ? cli_user_find(session, name, error) : NULL;

    if (user)
        *id = user->id;
    return !name || user;
}

static bool find_course(struct cli_session *session, const struct given *given,
                        struct service_report_request *request, GError **error)
{
    g_autoptr(core_course) course =
        given->course ? cli_course_find(session, given->term, given->course, error) : NULL;
    g_autoptr(core_subject) subject = NULL;
    g_autoptr(core_term) term = NULL;

    if (given->course && !course)
        return false;
    if (course) {
        request->course_id = course->id;
    } else if (given->term) {
        term = cli_term_find(session, given->term, error);
        if (!term)
            return false;
        request->term_id = term->id;
    }
    if (given->subject)
        subject = cli_subject_find(session, given->subject, error);
    if (subject)
        request->subject_id = subject->id;
    return !given->subject || subject;
}

static bool read_request(struct cli_session *session, const struct given *given,
                         struct service_report_request *request, GError **error)
{
    request->from_day = given->from;
    request->to_day = given->to;
    request->status = given->status;
    request->method = given->method;
    request->language = given->language;
    return find_course(session, given, request, error) &&
           find_group(session, given->group, &request->group_id, error) &&
           find_user(session, given->student, &request->student_id, error) &&
           find_user(session, given->teacher, &request->teacher_id, error);
}

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

/* What the words say, or the name of the file, or CSV. */
static bool read_look(const struct given *given, enum report_format *format,
                      struct report_options *look, GError **error)
{
    const char *ending = given->output ? strrchr(given->output, '.') : NULL;

    *format = REPORT_FORMAT_CSV;
    if (given->format ? !report_format_from_name(given->format, format)
                      : ending && !report_format_from_name(ending + 1, format)) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID,
                    "There is no format \"%s\": json, csv, xlsx or pdf.",
                    given->format ? given->format : ending + 1);
        return false;
    }
    if (given->paper && !report_paper_from_name(given->paper, &look->paper)) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID,
                    "There is no paper \"%s\": a4 or letter.", given->paper);
        return false;
    }
    look->bom = given->bom;
    return true;
}

/* A file is written whole or not at all, so it is put together in memory first. */
static bool write_report(const struct service_report *report, const struct given *given,
                         GError **error)
{
    const struct report *table = service_report_table(report);
    enum report_format format;
    struct report_options look = {0};
    g_autoptr(GByteArray) content = g_byte_array_new();

    if (!read_look(given, &format, &look, error))
        return false;
    if (!given->output)
        return report_write(format, table, &look, write_to_stdout, NULL, error);
    return report_write(format, table, &look, write_to_memory, content, error) &&
           cli_file_write(given->output, content->data, content->len, error);
}

static int show(struct cli_session *session, char **words, gpointer data)
{
    const struct given *given = data;
    struct service_report_request request = {.name = words[0]};
    g_autoptr(GError) error = NULL;
    g_autoptr(service_report) report = NULL;

    if (read_request(session, given, &request, &error))
        report = service_report_open(session->app.service, &session->identity, &request, &error);
    if (!report || !write_report(report, given, &error))
        return cli_fail(error);
    return cli_end();
}

static void options_clear(struct given *given)
{
    char **const texts[] = {&given->course,   &given->group,  &given->student, &given->teacher,
                            &given->subject,  &given->term,   &given->from,    &given->to,
                            &given->status,   &given->method, &given->format,  &given->paper,
                            &given->language, &given->output};

    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        g_free(*texts[i]);
}

int cli_report(int argc, char **argv)
{
    struct given given = {0};
    const GOptionEntry options[] = {
        {"course", 'c', 0, G_OPTION_ARG_STRING, &given.course, "Of this course", "NAME"},
        {"group", 'g', 0, G_OPTION_ARG_STRING, &given.group, "Of this group", "NAME"},
        {"student", 0, 0, G_OPTION_ARG_STRING, &given.student, "Of this student", "EMAIL"},
        {"teacher", 0, 0, G_OPTION_ARG_STRING, &given.teacher, "Of this teacher", "EMAIL"},
        {"subject", 's', 0, G_OPTION_ARG_STRING, &given.subject, "Of this subject", "NAME"},
        {"term", 't', 0, G_OPTION_ARG_STRING, &given.term, "Of this term", "NAME"},
        {"from", 0, 0, G_OPTION_ARG_STRING, &given.from, "First day", "YYYY-MM-DD"},
        {"to", 0, 0, G_OPTION_ARG_STRING, &given.to, "Last day, included", "YYYY-MM-DD"},
        {"status", 0, 0, G_OPTION_ARG_STRING, &given.status, "Only marks of this status", "NAME"},
        {"method", 0, 0, G_OPTION_ARG_STRING, &given.method, "Only marks made like this", "NAME"},
        {"format", 'f', 0, G_OPTION_ARG_STRING, &given.format,
         "json, csv, xlsx or pdf; that of the file's name, otherwise csv", "FORMAT"},
        {"paper", 0, 0, G_OPTION_ARG_STRING, &given.paper, "Of PDF: a4 or letter", "PAPER"},
        {"language", 'l', 0, G_OPTION_ARG_STRING, &given.language, "es or en", "LANGUAGE"},
        {"excel", 0, 0, G_OPTION_ARG_NONE, &given.bom, "Begin CSV with the mark that Excel needs",
         NULL},
        {"output", 'o', 0, G_OPTION_ARG_FILENAME, &given.output, "Write to a file", "FILE"},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .words = "NAME",
        .summary = "Writes a report; \"presente report list\" says which there are.",
        .words_min = 1,
        .words_max = 1,
        .options = options,
    };
    const bool is_list = argc >= 2 && g_str_equal(argv[1], "list");
    const int status = is_list ? list_command(argc - 1, argv + 1)
                               : cli_run_session(&syntax, 0, argc, argv, show, &given);

    options_clear(&given);
    return status;
}
