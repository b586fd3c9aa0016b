/* Reports that are mailed regularly. */
#include "api/routes.h"
#include "service/schedule.h"

static json_t *show(const void *entity, const void *data)
{
    const struct db_report_schedule *schedule = entity;
    json_t *json = json_object();
    g_autofree char *at = g_strdup_printf("%02d:%02d", (int)(schedule->at_second / 3600),
                                          (int)(schedule->at_second / 60 % 60));

    (void)data;
    json_object_set_new(json, "id", base_json_uuid(&schedule->id));
    json_object_set_new(json, "user_id", base_json_uuid(&schedule->user_id));
    json_object_set_new(json, "user_name", base_json_text_or_null(schedule->user_name));
    json_object_set_new(json, "course_id", api_json_uuid_or_null(&schedule->course_id));
    json_object_set_new(json, "kind", json_string(db_schedule_kind_name(schedule->kind)));
    json_object_set_new(json, "frequency",
                        json_string(db_schedule_frequency_name(schedule->frequency)));
    json_object_set_new(json, "weekday", json_integer((json_int_t)schedule->weekday));
    json_object_set_new(json, "at", json_string(at));
    json_object_set_new(json, "format", json_string(schedule->format));
    json_object_set_new(json, "active", json_boolean(schedule->active));
    json_object_set_new(json, "created_at", base_json_time(schedule->created_at));
    json_object_set_new(json, "updated_at", base_json_time(schedule->updated_at));
    return json;
}

static void list(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct base_uuid user_id = {0};
    struct db_page page = {.limit = API_PAGE_LIMIT};
    const struct base_json_field FIELDS[] = {
        {"user_id", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &user_id},
        API_LIMIT_FIELD(page),
        API_OFFSET_FIELD(page),
    };
    gint64 total = 0;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) schedules = NULL;
    g_auto(api_form) query = {0};

    if (api_form_read_query(request, &query, &error) &&
        api_form_values(&query, FIELDS, G_N_ELEMENTS(FIELDS), &error))
        schedules = service_schedule_list(api->service, api_identity(request), &user_id, &page,
                                          &total, &error);
    if (schedules)
        api_respond_list(response, schedules, total, &page, show, NULL);
    else
        api_fail(response, error);
}

static void get(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct base_uuid id;
    g_autoptr(GError) error = NULL;
    g_autoptr(db_report_schedule) schedule = NULL;

    if (!api_path_uuid(request, "id", &id, response))
        return;
    schedule = service_schedule_find(api->service, api_identity(request), &id, &error);
    if (schedule)
        api_respond(response, 200, show(schedule, NULL));
    else
        api_fail(response, error);
}

/* `json` owns the texts. */
static bool read_body(const struct http_request *request, bool is_new, json_t **json,
                      struct service_schedule_input *input, GError **error)
{
    bool given[7] = {false}, no_course = false;
    const struct base_json_field FIELDS[] = {
        {"course_id", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &input->course_id, &given[0], &no_course},
        {"kind", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &input->kind, &given[1], .max = 32},
        {"frequency", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &input->frequency, &given[2], .max = 32},
        {"weekday", BASE_JSON_INTEGER, BASE_JSON_OPTIONAL, &input->weekday, &given[3], .min = 1,
         .max = 7},
        {"at", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &input->at, &given[4], .max = 32},
        {"format", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &input->format, &given[5], .max = 32},
        {"active", BASE_JSON_BOOL, BASE_JSON_OPTIONAL, &input->active, &given[6]},
        {"user_id", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &input->user_id},
    };
    const size_t fields_n = G_N_ELEMENTS(FIELDS) - (is_new ? 0 : 1);

    if (!api_json_values(request, json, FIELDS, fields_n, error))
        return false;
    given[0] = given[0] || no_course;
    for (unsigned i = 0; i < G_N_ELEMENTS(given); i++)
        input->fields |= given[i] ? 1U << i : 0;
    return true;
}

static void create(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct service_schedule_input input = {0};
    g_autoptr(json_t) json = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(db_report_schedule) schedule = NULL;

    if (read_body(request, true, &json, &input, &error))
        schedule = service_schedule_create(api->service, api_identity(request), &input, &error);
    if (schedule)
        api_respond(response, 201, show(schedule, NULL));
    else
        api_fail(response, error);
}

static void change(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct base_uuid id;
    struct service_schedule_input input = {0};
    g_autoptr(json_t) json = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(db_report_schedule) schedule = NULL;

    if (!api_path_uuid(request, "id", &id, response))
        return;
    if (read_body(request, false, &json, &input, &error))
        schedule =
            service_schedule_change(api->service, api_identity(request), &id, &input, &error);
    if (schedule)
        api_respond(response, 200, show(schedule, NULL));
    else
        api_fail(response, error);
}

static void delete_schedule(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct base_uuid id;
    g_autoptr(GError) error = NULL;

    if (api_path_uuid(request, "id", &id, response) &&
        !service_schedule_delete(api->service, api_identity(request), &id, &error))
        api_fail(response, error);
}

static const struct http_route ROUTES[] = {
    {HTTP_METHOD_GET, "/report-schedules", API_SIGNED_IN, HTTP_LANE_QUICK, .handler = list},
    {HTTP_METHOD_POST, "/report-schedules", API_SIGNED_IN, HTTP_LANE_QUICK, API_BODY_JSON,
     API_JSON_TYPES, .handler = create},
    {HTTP_METHOD_GET, "/report-schedules/{id}", API_SIGNED_IN, HTTP_LANE_QUICK, .handler = get},
    {HTTP_METHOD_PATCH, "/report-schedules/{id}", API_SIGNED_IN, HTTP_LANE_QUICK, API_BODY_JSON,
     API_JSON_TYPES, .handler = change},
    {HTTP_METHOD_DELETE, "/report-schedules/{id}", API_SIGNED_IN, HTTP_LANE_QUICK,
     .handler = delete_schedule},
};

const struct api_routes API_REPORT_SCHEDULE_ROUTES = {ROUTES, G_N_ELEMENTS(ROUTES)};
