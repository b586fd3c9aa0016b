/* Disputes: students who say that a mark is wrong, and the answers. */
#include "api/routes.h"
#include "service/disputes.h"

static json_t *show(const void *entity, const void *data)
{
    const struct db_dispute *dispute = entity;
    json_t *json = json_object();

    (void)data;
    json_object_set_new(json, "id", base_json_uuid(&dispute->id));
    json_object_set_new(json, "attendance_id", base_json_uuid(&dispute->attendance_id));
    json_object_set_new(json, "user_id", base_json_uuid(&dispute->user_id));
    json_object_set_new(json, "user_name", base_json_text_or_null(dispute->user_name));
    json_object_set_new(json, "course_id", api_json_uuid_or_null(&dispute->course_id));
    json_object_set_new(json, "course_name", base_json_text_or_null(dispute->course_name));
    json_object_set_new(json, "session_id", api_json_uuid_or_null(&dispute->session_id));
    json_object_set_new(json, "day", base_json_text_or_null(dispute->local_day));
    json_object_set_new(json, "status", json_string(core_status_name(dispute->status)));
    json_object_set_new(json, "status_code", base_json_text_or_null(dispute->status_code));
    json_object_set_new(json, "message", base_json_text_or_null(dispute->message));
    json_object_set_new(json, "state", json_string(db_dispute_state_name(dispute->state)));
    json_object_set_new(json, "answer", base_json_text_or_null(dispute->answer));
    json_object_set_new(json, "answered_by_name",
                        base_json_text_or_null(dispute->answered_by_name));
    json_object_set_new(json, "answered_at", api_json_time_or_null(dispute->answered_at));
    json_object_set_new(json, "created_at", base_json_time(dispute->created_at));
    return json;
}

static void respond(struct http_response *response, unsigned status,
                    const struct db_dispute *dispute, const GError *error)
{
    if (dispute)
        api_respond(response, status, show(dispute, NULL));
    else
        api_fail(response, error);
}

static void dispute_mark(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    const char *message = NULL;
    const struct base_json_field FIELDS[] = {
        {"message", BASE_JSON_TEXT, BASE_JSON_REQUIRED, &message, .max = 4096},
    };
    struct base_uuid id;
    g_autoptr(json_t) json = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(db_dispute) dispute = NULL;

    if (!api_path_uuid(request, "id", &id, response))
        return;
    if (api_json_values(request, &json, FIELDS, G_N_ELEMENTS(FIELDS), &error))
        dispute = service_dispute_open(api->service, api_identity(request), &id, message, &error);
    respond(response, 201, dispute, error);
}

static bool read_filter(struct api_form *query, struct db_dispute_filter *filter,
                        struct db_page *page, GError **error)
{
    const char *state_name = NULL;
    enum db_dispute_state state;
    const struct base_json_field FIELDS[] = {
        {"state", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &state_name},
        {"course", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &filter->course_id},
        API_LIMIT_FIELD(*page),
        API_OFFSET_FIELD(*page),
    };

    if (!api_form_values(query, FIELDS, G_N_ELEMENTS(FIELDS), error))
        return false;
    if (!state_name)
        return true;
    if (!db_dispute_state_from_name(state_name, &state)) {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID,
                            "state must be open, accepted, rejected or withdrawn.");
        return false;
    }
    filter->state = (int)state;
    return true;
}

static void list(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct db_dispute_filter filter = DB_DISPUTE_FILTER_ALL;
    struct db_page page = {.limit = API_PAGE_LIMIT};
    gint64 total = 0;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) disputes = NULL;
    g_auto(api_form) query = {0};

    if (api_form_read_query(request, &query, &error) && read_filter(&query, &filter, &page, &error))
        disputes = service_dispute_list(api->service, api_identity(request), &filter, &page, &total,
                                        &error);
    if (disputes)
        api_respond_list(response, disputes, total, &page, show, NULL);
    else
        api_fail(response, error);
}

static void answer(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct service_dispute_answer given = {0};
    const struct base_json_field FIELDS[] = {
        {"accept", BASE_JSON_BOOL, BASE_JSON_REQUIRED, &given.accept},
        {"status", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &given.status},
        {"answer", BASE_JSON_TEXT, BASE_JSON_REQUIRED, &given.answer, .max = 4096},
    };
    struct base_uuid id;
    g_autoptr(json_t) json = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(db_dispute) dispute = NULL;

    if (!api_path_uuid(request, "id", &id, response))
        return;
    if (api_json_values(request, &json, FIELDS, G_N_ELEMENTS(FIELDS), &error))
        dispute = service_dispute_answer(api->service, api_identity(request), &id, &given, &error);
    respond(response, 200, dispute, error);
}

static void withdraw(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct base_uuid id;
    g_autoptr(GError) error = NULL;

    if (!api_path_uuid(request, "id", &id, response))
        return;
    g_autoptr(db_dispute) dispute =
        service_dispute_withdraw(api->service, api_identity(request), &id, &error);
    respond(response, 200, dispute, error);
}

static const struct http_route ROUTES[] = {
    {HTTP_METHOD_POST, "/attendance/marks/{id}/dispute", API_SIGNED_IN, HTTP_LANE_QUICK,
     API_BODY_JSON, API_JSON_TYPES, .handler = dispute_mark},
    {HTTP_METHOD_GET, "/disputes", API_SIGNED_IN, HTTP_LANE_QUICK, .handler = list},
    {HTTP_METHOD_POST, "/disputes/{id}/answer", API_STAFF, HTTP_LANE_QUICK, API_BODY_JSON,
     API_JSON_TYPES, .handler = answer},
    {HTTP_METHOD_POST, "/disputes/{id}/withdraw", API_SIGNED_IN, HTTP_LANE_QUICK,
     .handler = withdraw},
};

const struct api_routes API_DISPUTE_ROUTES = {ROUTES, G_N_ELEMENTS(ROUTES)};
