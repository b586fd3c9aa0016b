/* Reports: what there is, and each as JSON or as a file. */
#include "api/routes.h"
#include "service/jobs.h"
#include "service/reports.h"

#include <unistd.h>

/* ---- The list ---- */

static json_t *show_parameters(guint parameters)
{
    json_t *names = json_array();

    for (guint i = 0; i < SERVICE_REPORT_PARAMETERS_N; i++)
        if (parameters & 1u << i)
            json_array_append_new(names, json_string(service_report_parameter_name(
                                             (enum service_report_parameter)(1u << i))));
    return names;
}

static json_t *show_texts(const char *const texts[2])
{
    return json_pack("{s:s,s:s}", "es", texts[0], "en", texts[1]);
}

static void list(void *app, struct http_request *request, struct http_response *response)
{
    const enum core_role role = api_identity(request)->role;
    json_t *items = json_array();
    gsize n;
    const struct service_report_kind *kinds = service_report_kinds(&n);

    (void)app;
    for (gsize i = 0; i < n; i++) {
        if (!(kinds[i].roles & 1u << role))
            continue;
        json_array_append_new(items, json_pack("{s:s,s:o,s:o,s:o,s:o}", "name", kinds[i].name,
                                               "title", show_texts(kinds[i].title), "description",
                                               show_texts(kinds[i].description), "parameters",
                                               show_parameters(kinds[i].allowed), "one_of",
                                               show_parameters(kinds[i].required)));
    }
    api_respond(
        response, 200,
        json_pack("{s:o,s:I}", "items", items, "total", (json_int_t)json_array_size(items)));
}

/* ---- One report ---- */

/* A long one would hold the connection, and nobody could say how far it is. */
static void refuse_long(const struct service_report *report, struct http_response *response)
{
    const struct report *table = service_report_table(report);
    g_autofree char *message =
        g_strdup_printf("The report has %" G_GINT64_FORMAT " rows. Please narrow it, or ask for it "
                        "with POST /reports/%s/jobs.",
                        table->rows_total, table->name);
    g_autofree char *details = g_strdup_printf("{\"rows\":%" G_GINT64_FORMAT ",\"limit\":%d}",
                                               table->rows_total, SERVICE_JOB_ROWS);

    http_response_error(response, 413, "too_large", message, details);
}

static bool write_file(const struct service_report *report,
                       const struct service_job_options *options, int fd, GError **error)
{
    return report_write(options->format, service_report_table(report), &options->report,
                        report_sink_fd, &fd, error);
}

void api_respond_report(struct api *api, const struct service_identity *identity,
                        const struct service_report_request *asked,
                        const struct service_job_options *options, struct http_response *response)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(service_report) report = service_report_open(api->service, identity, asked, &error);

    if (!report) {
        api_fail(response, error);
        return;
    }
    if (service_report_table(report)->rows_total > SERVICE_JOB_ROWS) {
        refuse_long(report, response);
        return;
    }
    const int fd = report_temporary_file(&error);
    if (fd < 0 || !write_file(report, options, fd, &error)) {
        if (fd >= 0)
            close(fd);
        api_fail(response, error);
        return;
    }
    const off_t size = lseek(fd, 0, SEEK_END);
    http_response_file(response, 200, report_format_type(options->format), fd,
                       size > 0 ? (uint64_t)size : 0);
    if (options->format == REPORT_FORMAT_JSON)
        return;
    g_autofree char *base = service_report_file_name(report);
    g_autofree char *name = g_strconcat(base, ".", report_format_name(options->format), NULL);
    http_response_attachment(response, name);
}

static bool read_options(const char *format, const char *paper, const char *separator,
                         struct service_job_options *options, GError **error)
{
    const char *problem = NULL;

    if (format && !report_format_from_name(format, &options->format))
        problem = "format must be json, csv, xlsx or pdf.";
    else if (paper && !report_paper_from_name(paper, &options->report.paper))
        problem = "paper must be a4 or letter.";
    else if (separator && !g_str_equal(separator, ",") && !g_str_equal(separator, ";"))
        problem = "separator must be a comma or a semicolon.";
    if (problem) {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID, problem);
        return false;
    }
    options->report.separator = separator ? separator[0] : '\0';
    return true;
}

static bool read_query(struct api_form *query, struct service_report_request *asked,
                       struct service_job_options *options, GError **error)
{
    const char *format = NULL, *paper = NULL, *separator = NULL;
    const struct base_json_field FIELDS[] = {
        {"course", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &asked->course_id},
        {"group", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &asked->group_id},
        {"student", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &asked->student_id},
        {"teacher", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &asked->teacher_id},
        {"subject", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &asked->subject_id},
        {"term", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &asked->term_id},
        {"session", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &asked->session_id},
        {"from", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &asked->from_day},
        {"to", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &asked->to_day},
        {"status", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &asked->status},
        {"method", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &asked->method},
        {"language", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &asked->language},
        {"format", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &format},
        {"paper", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &paper},
        {"separator", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &separator},
        {"bom", BASE_JSON_BOOL, BASE_JSON_OPTIONAL, &options->report.bom},
    };

    return api_form_values(query, FIELDS, G_N_ELEMENTS(FIELDS), error) &&
           read_options(format, paper, separator, options, error);
}

static void get(void *app, struct http_request *request, struct http_response *response)
{
    struct service_report_request asked = {.name = http_request_param(request, "name")};
    struct service_job_options options = {.format = REPORT_FORMAT_JSON};
    g_autoptr(GError) error = NULL;
    g_auto(api_form) query = {0};

    if (api_form_read_query(request, &query, &error) &&
        read_query(&query, &asked, &options, &error))
        api_respond_report(app, api_identity(request), &asked, &options, response);
    else
        api_fail(response, error);
}

static const struct http_route ROUTES[] = {
    {HTTP_METHOD_GET, "/reports", API_SIGNED_IN, HTTP_LANE_QUICK, .handler = list},
    {HTTP_METHOD_GET, "/reports/{name}", API_SIGNED_IN, HTTP_LANE_HEAVY, .handler = get},
};

const struct api_routes API_REPORT_ROUTES = {ROUTES, G_N_ELEMENTS(ROUTES)};
