/* Who belongs to which group or course, from when to when. */
#include "api/routes.h"
#include "service/enrolments.h"

enum { TEXT_MAX = 4096 }; /* bytes; the service has the exact rules */

static json_t *show(const void *entity, const void *data)
{
    const struct core_enrolment *enrolment = entity;
    json_t *json = json_object();

    (void)data;
    json_object_set_new(json, "id", base_json_uuid(&enrolment->id));
    json_object_set_new(json, "user_id", base_json_uuid(&enrolment->user_id));
    json_object_set_new(json, "user_name", base_json_text_or_null(enrolment->user_name));
    json_object_set_new(json, "group_id", api_json_uuid_or_null(&enrolment->group_id));
    json_object_set_new(json, "group_name", base_json_text_or_null(enrolment->group_name));
    json_object_set_new(json, "course_id", api_json_uuid_or_null(&enrolment->course_id));
    json_object_set_new(json, "course_name", base_json_text_or_null(enrolment->course_name));
    json_object_set_new(json, "first_day", json_string(enrolment->first_day));
    json_object_set_new(json, "last_day", base_json_text_or_null(enrolment->last_day));
    json_object_set_new(json, "created_at", base_json_time(enrolment->created_at));
    json_object_set_new(json, "updated_at", base_json_time(enrolment->updated_at));
    return json;
}

static void respond(struct http_response *response, unsigned status,
                    const struct core_enrolment *enrolment, const GError *error)
{
    if (enrolment)
        api_respond(response, status, show(enrolment, NULL));
    else
        api_fail(response, error);
}

/* A list of what the path names: `of` is the member of the filter for its id. */
static void list(struct api *api, struct http_request *request, struct http_response *response,
                 struct db_enrolment_filter *filter, struct base_uuid *of)
{
    struct db_page page = {.limit = API_PAGE_LIMIT};
    const char *day = NULL;
    const struct base_json_field FIELDS[] = {
        {"from", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &filter->from_day, .max = TEXT_MAX},
        {"to", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &filter->to_day, .max = TEXT_MAX},
        {"day", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &day, .max = TEXT_MAX},
        API_LIMIT_FIELD(page),
        API_OFFSET_FIELD(page),
    };
    gint64 total = 0;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) enrolments = NULL;
    g_auto(api_form) query = {0};

    if (!api_path_uuid(request, "id", of, response))
        return;
    if (api_form_read_query(request, &query, &error) &&
        api_form_values(&query, FIELDS, G_N_ELEMENTS(FIELDS), &error)) {
        if (day)
            filter->from_day = filter->to_day = day;
        enrolments = service_enrolment_list(api->service, api_identity(request), filter, &page,
                                            &total, &error);
    }
    if (enrolments)
        api_respond_list(response, enrolments, total, &page, show, NULL);
    else
        api_fail(response, error);
}

static void list_of_user(void *app, struct http_request *request, struct http_response *response)
{
    struct db_enrolment_filter filter = {.from_day = NULL};

    list(app, request, response, &filter, &filter.user_id);
}

static void list_of_group(void *app, struct http_request *request, struct http_response *response)
{
    struct db_enrolment_filter filter = {.from_day = NULL};

    list(app, request, response, &filter, &filter.group_id);
}

static void list_of_course(void *app, struct http_request *request, struct http_response *response)
{
    struct db_enrolment_filter filter = {.from_day = NULL};

    list(app, request, response, &filter, &filter.course_id);
}

static void create(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct service_enrolment_input input = {0};
    const struct base_json_field FIELDS[] = {
        {"user_id", BASE_JSON_UUID, BASE_JSON_REQUIRED, &input.user_id},
        {"group_id", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &input.group_id},
        {"course_id", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &input.course_id},
        {"first_day", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &input.first_day, .max = TEXT_MAX},
        {"last_day", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &input.last_day, .max = TEXT_MAX},
    };
    g_autoptr(json_t) json = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(core_enrolment) enrolment = NULL;

    if (api_json_values(request, &json, FIELDS, G_N_ELEMENTS(FIELDS), &error))
        enrolment = service_enrolment_create(api->service, api_identity(request), &input, &error);
    respond(response, 201, enrolment, error);
}

static void get(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct base_uuid id;
    g_autoptr(GError) error = NULL;
    g_autoptr(core_enrolment) enrolment = NULL;

    if (!api_path_uuid(request, "id", &id, response))
        return;
    enrolment = service_enrolment_find(api->service, api_identity(request), &id, &error);
    respond(response, 200, enrolment, error);
}

static void change(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    const char *first_day = NULL, *last_day = NULL;
    bool open = false;
    const struct base_json_field FIELDS[] = {
        {"first_day", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &first_day, .max = TEXT_MAX},
        {"last_day", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &last_day, NULL, &open, .max = TEXT_MAX},
    };
    struct base_uuid id;
    g_autoptr(json_t) json = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(core_enrolment) enrolment = NULL;

    if (!api_path_uuid(request, "id", &id, response))
        return;
    if (api_json_values(request, &json, FIELDS, G_N_ELEMENTS(FIELDS), &error))
        enrolment = service_enrolment_update(api->service, api_identity(request), &id, first_day,
                                             open ? "" : last_day, &error);
    respond(response, 200, enrolment, error);
}

static void delete_enrolment(void *app, struct http_request *request,
                             struct http_response *response)
{
    api_delete(app, request, response, service_enrolment_delete);
}

static const struct http_route ROUTES[] = {
    {HTTP_METHOD_POST, "/enrolments", API_ADMIN, HTTP_LANE_QUICK, API_BODY_JSON, API_JSON_TYPES,
     .handler = create},
    {HTTP_METHOD_GET, "/enrolments/{id}", API_SIGNED_IN, HTTP_LANE_QUICK, .handler = get},
    {HTTP_METHOD_PATCH, "/enrolments/{id}", API_ADMIN, HTTP_LANE_QUICK, API_BODY_JSON,
     API_JSON_TYPES, .handler = change},
    {HTTP_METHOD_DELETE, "/enrolments/{id}", API_ADMIN, HTTP_LANE_QUICK,
     .handler = delete_enrolment},
    {HTTP_METHOD_GET, "/users/{id}/enrolments", API_SIGNED_IN, HTTP_LANE_QUICK,
     .handler = list_of_user},
    {HTTP_METHOD_GET, "/groups/{id}/enrolments", API_STAFF, HTTP_LANE_QUICK,
     .handler = list_of_group},
    {HTTP_METHOD_GET, "/courses/{id}/enrolments", API_STAFF, HTTP_LANE_QUICK,
     .handler = list_of_course},
};

const struct api_routes API_ENROLMENT_ROUTES = {ROUTES, G_N_ELEMENTS(ROUTES)};
