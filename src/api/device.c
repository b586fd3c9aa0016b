/* Kiosks, as administrators see them, and pairing one. */
#include "api/kiosk.h"
#include "api/routes.h"

/* Browsers keep no cookie for longer. */
#define COOKIE_SECONDS (400 * 24 * 3600)

void api_respond_device_cookie(struct api *api, const struct http_request *request,
                               struct http_response *response, const char *token)
{
    http_response_cookie(response,
                         &(struct http_cookie){
                             .name = API_DEVICE_COOKIE,
                             .value = token,
                             .max_age = COOKIE_SECONDS,
                             .secure = api->options.cookie_secure || http_request_secure(request),
                         });
}

static json_t *show_named(const struct base_uuid *id, const char *name)
{
    if (base_uuid_is_nil(id))
        return json_null();
    return json_pack("{s:o, s:o}", "id", base_json_uuid(id), "name", base_json_text_or_null(name));
}

json_t *api_json_kiosk_device(const struct db_device *device)
{
    return json_pack("{s:o, s:s, s:o, s:o}", "id", base_json_uuid(&device->id), "name",
                     device->name, "room", show_named(&device->room_id, device->room_name),
                     "course", show_named(&device->course_id, device->course_name));
}

static json_t *show(const void *entity, const void *data)
{
    const struct db_device *device = entity;
    json_t *json = api_json_kiosk_device(device);

    (void)data;
    json_object_set_new(json, "paired", json_boolean(device->paired_at != 0));
    json_object_set_new(json, "code_expires_at", api_json_time_or_null(device->code_expires_at));
    json_object_set_new(json, "paired_at", api_json_time_or_null(device->paired_at));
    json_object_set_new(json, "last_seen_at", api_json_time_or_null(device->last_seen_at));
    json_object_set_new(json, "entries",
                        json_pack("{s:I, s:I, s:I}", "accepted", (json_int_t)device->accepted,
                                  "refused", (json_int_t)device->refused, "waiting",
                                  (json_int_t)device->waiting));
    json_object_set_new(json, "created_at", base_json_time(device->created_at));
    json_object_set_new(json, "updated_at", base_json_time(device->updated_at));
    return json;
}

static void respond_code(struct http_response *response, unsigned status,
                         const struct db_device *device, const struct service_device_code *code)
{
    api_respond(response, status,
                json_pack("{s:o, s:s, s:o, s:o}", "id", base_json_uuid(&device->id), "code",
                          code->text, "code_expires_at", base_json_time(code->expires_at), "device",
                          show(device, NULL)));
}

static void list(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct db_page page = {.limit = API_PAGE_LIMIT};
    const struct base_json_field FIELDS[] = {API_LIMIT_FIELD(page), API_OFFSET_FIELD(page)};
    gint64 total = 0;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) devices = NULL;
    g_auto(api_form) query = {0};

    if (api_form_read_query(request, &query, &error) &&
        api_form_values(&query, FIELDS, G_N_ELEMENTS(FIELDS), &error))
        devices = service_device_list(api->service, api_identity(request), &page, &total, &error);
    if (devices)
        api_respond_list(response, devices, total, &page, show, NULL);
    else
        api_fail(response, error);
}

struct device_body {
    struct service_device_input input;
    struct base_uuid room, course;
    json_t *json;
};

/* What is null is none; what is missing stays. */
static bool read_device(const struct http_request *request, enum base_json_need name_need,
                        struct device_body *body, GError **error)
{
    bool has_room = false, no_room = false, has_course = false, no_course = false;
    const struct base_json_field FIELDS[] = {
        {"name", BASE_JSON_TEXT, name_need, &body->input.name, .max = 4096},
        {"room_id", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &body->room, &has_room, &no_room},
        {"course_id", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &body->course, &has_course, &no_course},
    };

    if (!api_json_values(request, &body->json, FIELDS, G_N_ELEMENTS(FIELDS), error))
        return false;
    body->input.room_id = has_room || no_room ? &body->room : NULL;
    body->input.course_id = has_course || no_course ? &body->course : NULL;
    return true;
}

static void create(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct device_body body = {0};
    struct service_device_code code;
    g_autoptr(GError) error = NULL;
    g_autoptr(db_device) device = NULL;

    if (read_device(request, BASE_JSON_REQUIRED, &body, &error))
        device =
            service_device_create(api->service, api_identity(request), &body.input, &code, &error);
    if (device)
        respond_code(response, 201, device, &code);
    else
        api_fail(response, error);
    json_decref(body.json);
}

static void change(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct device_body body = {0};
    struct base_uuid id;
    g_autoptr(GError) error = NULL;
    g_autoptr(db_device) device = NULL;

    if (!api_path_uuid(request, "id", &id, response))
        return;
    if (read_device(request, BASE_JSON_OPTIONAL, &body, &error))
        device =
            service_device_change(api->service, api_identity(request), &id, &body.input, &error);
    if (device)
        api_respond(response, 200, show(device, NULL));
    else
        api_fail(response, error);
    json_decref(body.json);
}

static void new_code(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct base_uuid id;
    struct service_device_code code;
    g_autoptr(GError) error = NULL;

    if (!api_path_uuid(request, "id", &id, response))
        return;
    g_autoptr(db_device) device =
        service_device_code(api->service, api_identity(request), &id, &code, &error);
    if (device)
        respond_code(response, 200, device, &code);
    else
        api_fail(response, error);
}

static void delete_device(void *app, struct http_request *request, struct http_response *response)
{
    api_delete(app, request, response, service_device_delete);
}

static void pair(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    const char *code = NULL;
    const struct base_json_field FIELDS[] = {
        {"code", BASE_JSON_TEXT, BASE_JSON_REQUIRED, &code, .max = 64},
    };
    char token[AUTH_CODE_TOKEN_SIZE];
    struct service_device device;
    struct service_kiosk_state state = {0};
    g_autoptr(json_t) json = NULL;
    g_autoptr(GError) error = NULL;

    if (!api_limit(api, AUTH_LIMIT_DEVICE_PAIR, request, response))
        return;
    if (!api_json_values(request, &json, FIELDS, G_N_ELEMENTS(FIELDS), &error) ||
        !service_device_pair(api->service, code, &device, token, &error) ||
        !service_kiosk_state(api->service, &device, &state, &error)) {
        api_fail(response, error);
        return;
    }
    api_respond_device_cookie(api, request, response, token);
    api_respond(response, 200,
                json_pack("{s:o, s:o, s:I}", "device", api_json_kiosk_device(state.device),
                          "public_key", api_json_kiosk_key(&state.key), "next_counter",
                          (json_int_t)state.next_counter));
    service_kiosk_state_clear(&state);
}

static const struct http_route ROUTES[] = {
    {HTTP_METHOD_GET, "/devices", API_ADMIN, HTTP_LANE_QUICK, .handler = list},
    {HTTP_METHOD_POST, "/devices", API_ADMIN, HTTP_LANE_HEAVY, API_BODY_JSON, API_JSON_TYPES,
     .handler = create},
    {HTTP_METHOD_POST, "/devices/pair", API_ANYONE, HTTP_LANE_HEAVY, API_BODY_JSON, API_JSON_TYPES,
     .handler = pair},
    {HTTP_METHOD_PATCH, "/devices/{id}", API_ADMIN, HTTP_LANE_QUICK, API_BODY_JSON, API_JSON_TYPES,
     .handler = change},
    {HTTP_METHOD_DELETE, "/devices/{id}", API_ADMIN, HTTP_LANE_QUICK, .handler = delete_device},
    {HTTP_METHOD_POST, "/devices/{id}/code", API_ADMIN, HTTP_LANE_HEAVY, API_BODY_JSON,
     API_JSON_TYPES, .body_optional = true, .handler = new_code},
};

const struct api_routes API_DEVICE_ROUTES = {ROUTES, G_N_ELEMENTS(ROUTES)};
