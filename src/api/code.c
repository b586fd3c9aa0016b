/* Marks without a face: the code that a session shows, and one's PIN. */
#include "api/routes.h"
#include "service/codes.h"
#include "service/pins.h"

static void show_code(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct base_uuid id;
    struct service_session_code code;
    g_autoptr(GError) error = NULL;

    if (!api_path_uuid(request, "id", &id, response))
        return;
    if (service_code_show(api->service, api_identity(request), api_device(request), &id, &code,
                          &error))
        api_respond(response, 200,
                    json_pack("{s:o, s:s, s:i, s:o, s:o}", "session_id", base_json_uuid(&id),
                              "code", code.text, "seconds", AUTH_CODE_STEP_SECONDS, "changes_at",
                              base_json_time(code.changes_at), "time", base_json_time(code.now)));
    else
        api_fail(response, error);
}

static json_t *show_mark(const struct service_code_mark *mark)
{
    json_t *json = json_object();

    json_object_set_new(json, "attendance", api_json_attendance(mark->attendance, false));
    json_object_set_new(json, "session",
                        mark->session ? api_json_mark_session(mark->session) : json_null());
    json_object_set_new(json, "already", json_boolean(mark->already));
    json_object_set_new(json, "time_zone", json_string(mark->time_zone));
    if (mark->not_me)
        json_object_set_new(json, "not_me", json_string(mark->not_me));
    return json;
}

static void fail_later(struct http_response *response, const GError *error, int retry_after)
{
    api_fail(response, error);
    if (retry_after > 0)
        http_response_retry_after(response, (unsigned)retry_after);
}

static void use_code(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    const char *code = NULL;
    struct base_uuid session_id = {0};
    const struct base_json_field FIELDS[] = {
        {"code", BASE_JSON_TEXT, BASE_JSON_REQUIRED, &code, .max = 64},
        {"session_id", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &session_id},
    };
    struct service_code_mark mark;
    int retry_after = 0;
    g_autoptr(json_t) json = NULL;
    g_autoptr(GError) error = NULL;

    if (!api_json_values(request, &json, FIELDS, G_N_ELEMENTS(FIELDS), &error) ||
        !service_code_use(api->service, api_identity(request), &session_id, code, &mark,
                          &retry_after, &error)) {
        fail_later(response, error, retry_after);
        return;
    }
    api_respond(response, 200, show_mark(&mark));
    service_code_mark_clear(&mark);
}

/* ---- PINs ---- */

static void get_pin(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    base_time changed_at = 0;
    g_autoptr(GError) error = NULL;

    if (service_pin_since(api->service, api_identity(request), &changed_at, &error))
        api_respond(response, 200,
                    json_pack("{s:b, s:o}", "set", changed_at != 0, "changed_at",
                              api_json_time_or_null(changed_at)));
    else
        api_fail(response, error);
}

static void set_pin(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    const char *pin = NULL;
    const struct base_json_field FIELDS[] = {
        {"pin", BASE_JSON_TEXT, BASE_JSON_REQUIRED, &pin, .max = 64},
    };
    int retry_after = 0;
    g_autoptr(json_t) json = NULL;
    g_autoptr(GError) error = NULL;

    if (!api_json_values(request, &json, FIELDS, G_N_ELEMENTS(FIELDS), &error) ||
        !service_pin_set(api->service, api_identity(request), pin, &retry_after, &error))
        fail_later(response, error, retry_after);
}

static void delete_pin(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    g_autoptr(GError) error = NULL;

    if (!service_pin_delete(api->service, api_identity(request), &error))
        api_fail(response, error);
}

static const struct http_route ROUTES[] = {
    {HTTP_METHOD_GET, "/sessions/{id}/code", API_STAFF | API_DEVICE, HTTP_LANE_QUICK,
     .handler = show_code},
    {HTTP_METHOD_POST, "/attendance/mark/code", API_SIGNED_IN, HTTP_LANE_QUICK, API_BODY_JSON,
     API_JSON_TYPES, .handler = use_code},
    {HTTP_METHOD_GET, "/me/pin", API_SIGNED_IN, HTTP_LANE_QUICK, .handler = get_pin},
    {HTTP_METHOD_PUT, "/me/pin", API_SIGNED_IN, HTTP_LANE_HEAVY, API_BODY_JSON, API_JSON_TYPES,
     .handler = set_pin},
    {HTTP_METHOD_DELETE, "/me/pin", API_SIGNED_IN, HTTP_LANE_QUICK, .handler = delete_pin},
};

const struct api_routes API_CODE_ROUTES = {ROUTES, G_N_ELEMENTS(ROUTES)};
