/* Reports in the background: asking for one, watching it, fetching what came of it. */
#include "api/routes.h"
#include "service/institution.h"
#include "service/jobs.h"

#include <string.h>
#include <unistd.h>

static json_t *show(const void *entity, const void *data)
{
    const struct db_job *job = entity;
    g_autoptr(json_t) parameters = base_json_parse(job->parameters, strlen(job->parameters), NULL);
    json_t *json = json_object();

    (void)data;
    json_object_set_new(json, "id", base_json_uuid(&job->id));
    json_object_set_new(json, "kind", json_string(job->kind));
    for (const char *const *name = (const char *const[]){"report", "format", NULL}; *name; name++)
        json_object_set_new(
            json, *name,
            base_json_text_or_null(json_string_value(json_object_get(parameters, *name))));
    json_object_set_new(json, "state", json_string(db_job_state_name(job->state)));
    json_object_set_new(json, "done", json_integer(job->done));
    json_object_set_new(json, "total", job->total ? json_integer(job->total) : json_null());
    json_object_set_new(json, "error", base_json_text_or_null(job->error));
    json_object_set_new(json, "file_name", base_json_text_or_null(job->file_name));
    json_object_set_new(json, "media_type", base_json_text_or_null(job->media_type));
    json_object_set_new(json, "size",
                        job->state == DB_JOB_DONE ? json_integer(job->size) : json_null());
    json_object_set_new(json, "created_at", base_json_time(job->created_at));
    json_object_set_new(json, "updated_at", base_json_time(job->updated_at));
    json_object_set_new(json, "finished_at",
                        job->finished_at ? base_json_time(job->finished_at) : json_null());
    json_object_set_new(
        json, "expires_at",
        job->finished_at
            ? base_json_time(job->finished_at + SERVICE_JOB_KEEP_SECONDS * BASE_TIME_SECOND)
            : json_null());
    return json;
}

/* ---- asking ---- */

/* Moves the members that say how the report looks out of a body; what is left says what is in it.
 */
static json_t *take_options(json_t *body)
{
    json_t *options = json_object();

    for (const char *const *name =
             (const char *const[]){"format", "paper", "separator", "bom", NULL};
         *name; name++) {
        json_t *value = json_object_get(body, *name);
        if (value)
            json_object_set(options, *name, value);
        json_object_del(body, *name);
    }
    return options;
}

static bool fail(GError **error, const char *sentence)
{
    g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID, sentence);
    return false;
}

static bool read_options(struct api *api, json_t *members, struct service_job_options *options,
                         GError **error)
{
    const char *format = "xlsx", *paper = NULL, *separator = ",";
    const struct base_json_field fields[] = {
        {"format", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &format},
        {"paper", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &paper},
        {"separator", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &separator},
        {"bom", BASE_JSON_BOOL, BASE_JSON_OPTIONAL, &options->report.bom},
    };

    if (!base_json_read(members, fields, G_N_ELEMENTS(fields), error))
        return false;
    if (!report_format_from_name(format, &options->format))
        return fail(error, "format must be json, csv, xlsx or pdf.");
    if (strcmp(separator, ",") != 0 && strcmp(separator, ";") != 0)
        return fail(error, "separator must be , or ;.");
    options->report.separator = *separator;
    if (paper)
        return report_paper_from_name(paper, &options->report.paper) ||
               fail(error, "paper must be a4 or letter.");
    g_autoptr(service_institution_settings) institution =
        service_institution_read(api->service, error);
    if (institution)
        options->report.paper = institution->paper;
    return institution != NULL;
}

static void create(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct service_job_options options = {0};
    struct service_report_request report = {0};
    char id[BASE_UUID_TEXT_SIZE];
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) body = base_json_parse(request->body, request->body_size, &error);
    g_autoptr(json_t) members = body ? take_options(body) : NULL;
    g_autoptr(db_job) job = NULL;

    if (body && read_options(api, members, &options, &error) &&
        service_report_request_read(body, &report, &error)) {
        report.name = http_request_param(request, "name");
        job = service_job_create(api->service, api_identity(request), &report, &options, &error);
    }
    if (!job) {
        api_fail(response, error);
        return;
    }
    g_autofree char *location = g_strconcat("/jobs/", base_uuid_format(&job->id, id), NULL);
    api_respond(response, 202, show(job, NULL));
    http_response_header(response, "Location", location);
}

/* ---- watching ---- */

static void list(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct db_page page = {.limit = API_PAGE_LIMIT};
    gint64 total = 0;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) jobs = NULL;
    g_auto(api_form) query = {0};
    const struct base_json_field fields[] = {API_LIMIT_FIELD(page), API_OFFSET_FIELD(page)};

    if (api_form_read_query(request, &query, &error) &&
        api_form_values(&query, fields, G_N_ELEMENTS(fields), &error))
        jobs = service_job_list(api->service, api_identity(request), &page, &total, &error);
    if (jobs)
        api_respond_list(response, jobs, total, &page, show, NULL);
    else
        api_fail(response, error);
}

static void get(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct base_uuid id;
    g_autoptr(GError) error = NULL;
    g_autoptr(db_job) job = NULL;

    if (!api_path_uuid(request, "id", &id, response))
        return;
    job = service_job_find(api->service, api_identity(request), &id, &error);
    if (job)
        api_respond(response, 200, show(job, NULL));
    else
        api_fail(response, error);
}

static void file(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct base_uuid id;
    g_autoptr(GError) error = NULL;
    g_autoptr(db_job) job = NULL;

    if (!api_path_uuid(request, "id", &id, response))
        return;
    const int fd = service_job_file(api->service, api_identity(request), &id, &job, &error);
    if (fd < 0) {
        api_fail(response, error);
        return;
    }
    http_response_file(response, 200, job->media_type, fd, (uint64_t)job->size);
    http_response_attachment(response, job->file_name);
}

static void erase(void *app, struct http_request *request, struct http_response *response)
{
    api_delete(app, request, response, service_job_delete);
}

static const struct http_route ROUTES[] = {
    {HTTP_METHOD_POST, "/reports/{name}/jobs", API_SIGNED_IN, HTTP_LANE_QUICK, API_BODY_JSON,
     API_JSON_TYPES, .handler = create, .waits = true},
    {HTTP_METHOD_GET, "/jobs", API_SIGNED_IN, HTTP_LANE_QUICK, .handler = list},
    {HTTP_METHOD_GET, "/jobs/{id}", API_SIGNED_IN, HTTP_LANE_QUICK, .handler = get},
    {HTTP_METHOD_DELETE, "/jobs/{id}", API_SIGNED_IN, HTTP_LANE_QUICK, .handler = erase,
     .waits = true},
    {HTTP_METHOD_GET, "/jobs/{id}/file", API_SIGNED_IN, HTTP_LANE_HEAVY, .handler = file},
};

const struct api_routes API_JOB_ROUTES = {ROUTES, G_N_ELEMENTS(ROUTES)};
