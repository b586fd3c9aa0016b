/* What a paired kiosk does. */
#include "api/kiosk.h"
#include "api/routes.h"
#include "recognise/recognise.h"
#include "service/kiosk_entries.h"
#include "service/marking.h"

#include <string.h>

json_t *api_json_kiosk_key(const struct service_kiosk_key *key)
{
    char id[AUTH_KEY_ID_TEXT_SIZE];

    if (!key->usable)
        return json_null();
    g_autofree char *point = g_base64_encode(key->point, sizeof key->point);
    g_snprintf(id, sizeof id, "%08x", key->id);
    return json_pack("{s:s, s:s}", "id", id, "key", point);
}

static json_t *show_session(const struct service_kiosk_session *given)
{
    const struct core_session *session = given->session;
    json_t *json = session ? json_object() : json_null();

    if (!session)
        return json;
    json_object_set_new(json, "id", base_json_uuid(&session->id));
    json_object_set_new(json, "course", base_json_text_or_null(session->course_name));
    json_object_set_new(json, "title", base_json_text_or_null(session->title));
    json_object_set_new(json, "room", base_json_text_or_null(session->room_name));
    json_object_set_new(json, "starts_at", base_json_time(session->starts_at));
    json_object_set_new(json, "ends_at", base_json_time(session->ends_at));
    json_object_set_new(json, "opens_at", base_json_time(given->opens_at));
    json_object_set_new(json, "closes_at", base_json_time(given->closes_at));
    return json;
}

static json_t *show_state(const struct service_kiosk_state *state)
{
    const struct core_institution *institution = state->institution;
    json_t *json = json_object();

    json_object_set_new(json, "device", api_json_kiosk_device(state->device));
    json_object_set_new(json, "session", show_session(&state->now));
    json_object_set_new(json, "next", show_session(&state->next));
    json_object_set_new(json, "institution", json_pack("{s:s}", "name", institution->name));
    json_object_set_new(json, "time", base_json_time(base_time_now()));
    json_object_set_new(
        json, "time_zone",
        json_string(institution->time_zone ? institution->time_zone : CORE_TIME_ZONE_DEFAULT));
    json_object_set_new(json, "features",
                        json_pack("{s:b, s:b, s:b}", "faces", state->faces, "pin", true, "code",
                                  state->now.session != NULL));
    json_object_set_new(json, "public_key", api_json_kiosk_key(&state->key));
    json_object_set_new(json, "next_counter", json_integer((json_int_t)state->next_counter));
    return json;
}

static void get(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct service_kiosk_state state;
    g_autoptr(GError) error = NULL;

    if (!service_kiosk_state(api->service, api_device(request), &state, &error)) {
        api_fail(response, error);
        return;
    }
    api_respond_device_cookie(api, request, response,
                              http_request_cookie(request, API_DEVICE_COOKIE));
    api_respond(response, 200, show_state(&state));
    service_kiosk_state_clear(&state);
}

static void seen(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    g_autoptr(GError) error = NULL;

    if (!service_device_seen(api->service, api_device(request), &error))
        api_fail(response, error);
}

/* ---- marks ---- */

/* What is told of a mark; nothing for other kinds. */
static void add_mark(json_t *json, const struct service_kiosk_face *face)
{
    const struct core_attendance *mark = face->mark;

    if (!mark)
        return;
    json_object_set_new(json, "id", base_json_uuid(&mark->id));
    json_object_set_new(json, "name", base_json_text_or_null(face->name));
    json_object_set_new(json, "status", json_string(core_status_name(mark->status)));
    json_object_set_new(json, "status_code", base_json_text_or_null(mark->status_code));
    json_object_set_new(json, "marked_at", base_json_time(mark->marked_at));
    json_object_set_new(json, "already", json_boolean(face->already));
    if (face->token)
        json_object_set_new(json, "token", json_string(face->token));
}

static json_t *show_face(const struct service_kiosk_face *face)
{
    json_t *json = json_object();

    json_object_set_new(json, "box",
                        json_pack("{s:f, s:f, s:f, s:f}", "x", (double)face->box.x, "y",
                                  (double)face->box.y, "width", (double)face->box.width, "height",
                                  (double)face->box.height));
    json_object_set_new(
        json, "result",
        json_string(face->challenge ? "challenge_required" : recognise_kind_name(face->kind)));
    if (face->kind == RECOGNISE_POOR_QUALITY)
        json_object_set_new(json, "reason", json_string(face_quality_name(face->reason)));
    add_mark(json, face);
    return json;
}

static json_t *show_marks(const struct service_kiosk_marks *marks)
{
    json_t *faces = json_array();

    for (guint i = 0; i < marks->faces->len; i++)
        json_array_append_new(
            faces, show_face(&g_array_index(marks->faces, struct service_kiosk_face, i)));
    return json_pack("{s:i, s:i, s:s, s:o, s:b, s:o}", "width", marks->width, "height",
                     marks->height, "time_zone", marks->time_zone, "session",
                     show_session(&marks->session), "open", marks->open, "faces", faces);
}

/* Counted by kiosk or account: all of a campus may come from one address. */
static bool limit_frames(struct api *api, const struct http_request *request,
                         struct http_response *response)
{
    const struct service_device *device = api_device(request);
    char id[BASE_UUID_TEXT_SIZE];

    base_uuid_format(device ? &device->id : &api_identity(request)->user_id, id);
    return api_limit_key(api, AUTH_LIMIT_MARK_ADDRESS, id, response);
}

static void mark(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct service_kiosk_marks marks;
    g_autoptr(GError) error = NULL;
    g_auto(api_form) form = {0};

    if (!limit_frames(api, request, response))
        return;
    if (!api_form_read(request, SERVICE_KIOSK_FRAMES_MAX, &form, &error) ||
        !api_form_values(&form, NULL, 0, &error) ||
        !service_kiosk_mark(api->service, api_device(request), form.pictures, form.pictures_n,
                            &marks, &error)) {
        api_fail(response, error);
        return;
    }
    api_respond(response, 200, show_marks(&marks));
    service_kiosk_marks_clear(&marks);
}

/* The camera of whoever may mark in a session. */
static void mark_session(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct base_uuid id;
    struct service_kiosk_marks marks;
    g_autoptr(GError) error = NULL;
    g_auto(api_form) form = {0};

    if (!api_path_uuid(request, "id", &id, response) || !limit_frames(api, request, response))
        return;
    if (!api_form_read(request, SERVICE_KIOSK_FRAMES_MAX, &form, &error) ||
        !api_form_values(&form, NULL, 0, &error) ||
        !service_kiosk_mark_session(api->service, api_identity(request), &id, form.pictures,
                                    form.pictures_n, &marks, &error)) {
        api_fail(response, error);
        return;
    }
    api_respond(response, 200, show_marks(&marks));
    service_kiosk_marks_clear(&marks);
}

static void wrong_person(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    const char *token = NULL;
    const struct base_json_field FIELDS[] = {
        {"token", BASE_JSON_TEXT, BASE_JSON_REQUIRED, &token, .max = 1024},
    };
    g_autoptr(json_t) json = NULL;
    g_autoptr(GError) error = NULL;

    if (!api_json_values(request, &json, FIELDS, G_N_ELEMENTS(FIELDS), &error) ||
        !service_mark_refuse(api->service, token, &error))
        api_fail(response, error);
}

static void mark_by_pin(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct service_kiosk_pin typed = {0};
    const struct base_json_field FIELDS[] = {
        {"student_number", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &typed.student_number, .min = 1,
         .max = 1024},
        {"email", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &typed.email, .min = 1, .max = 1024},
        {"pin", BASE_JSON_TEXT, BASE_JSON_REQUIRED, &typed.pin, .min = 1, .max = 64},
    };
    struct service_kiosk_face face;
    int retry_after = 0;
    g_autoptr(json_t) json = NULL;
    g_autoptr(GError) error = NULL;

    if (!api_json_values(request, &json, FIELDS, G_N_ELEMENTS(FIELDS), &error) ||
        !service_kiosk_mark_by_pin(api->service, api_device(request), &typed, &face, &retry_after,
                                   &error)) {
        api_fail(response, error);
        if (retry_after > 0)
            http_response_retry_after(response, (unsigned)retry_after);
        return;
    }
    json_t *answer = json_pack("{s:s}", "result", face.mark ? "match" : "refused");
    add_mark(answer, &face);
    api_respond(response, 200, answer);
    service_kiosk_face_clear(&face);
}

/* ---- entries ---- */

struct replay_body {
    struct service_kiosk_entry entries[SERVICE_KIOSK_ENTRIES_MAX];
    void *sealed[SERVICE_KIOSK_ENTRIES_MAX];
    size_t n;
};

static bool read_entry(json_t *json, struct replay_body *body, GError **error)
{
    struct service_kiosk_entry *entry = &body->entries[body->n];
    const char *captured = NULL, *sealed = NULL;
    const struct base_json_field FIELDS[] = {
        {"counter", BASE_JSON_INTEGER, BASE_JSON_REQUIRED, &entry->counter, .min = 1,
         .max = G_GINT64_CONSTANT(9007199254740991)},
        {"captured_at", BASE_JSON_TIME, BASE_JSON_REQUIRED, &entry->captured_at},
        {"sealed", BASE_JSON_TEXT, BASE_JSON_REQUIRED, &sealed, .max = SERVICE_KIOSK_SEALED_MAX},
    };
    gsize size = 0;

    if (!base_json_read(json, FIELDS, G_N_ELEMENTS(FIELDS), error))
        return false;
    captured = json_string_value(json_object_get(json, "captured_at"));
    /* What is no base64 gives bytes that do not open. */
    body->sealed[body->n] = g_base64_decode(sealed, &size);
    entry->captured_text = captured;
    entry->sealed = body->sealed[body->n];
    entry->sealed_n = size;
    body->n++;
    return true;
}

static bool read_entries(json_t *list, struct replay_body *body, GError **error)
{
    size_t i;
    json_t *json;

    if (json_array_size(list) == 0 || json_array_size(list) > SERVICE_KIOSK_ENTRIES_MAX) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID, "entries must be 1 to %d entries.",
                    SERVICE_KIOSK_ENTRIES_MAX);
        return false;
    }
    json_array_foreach(list, i, json)
    {
        if (!read_entry(json, body, error))
            return false;
    }
    return true;
}

static json_t *show_outcome(const struct service_kiosk_outcome *outcome)
{
    json_t *json = json_pack("{s:I, s:s}", "counter", (json_int_t)outcome->counter, "result",
                             service_kiosk_verdict_name(outcome->verdict));

    if (*outcome->reason)
        json_object_set_new(json, "reason", json_string(outcome->reason));
    if (outcome->verdict == SERVICE_KIOSK_ACCEPTED)
        json_object_set_new(json, "marked", json_integer((json_int_t)outcome->marked));
    return json;
}

static void respond_outcomes(struct api *api, const struct http_request *request,
                             struct http_response *response,
                             const struct service_kiosk_outcome *outcomes, size_t n)
{
    json_t *items = json_array();
    gint64 next = 0;
    g_autoptr(GError) error = NULL;

    for (size_t i = 0; i < n; i++)
        json_array_append_new(items, show_outcome(&outcomes[i]));
    if (service_kiosk_counter(api->service, api_device(request), &next, &error)) {
        api_respond(response, 200,
                    json_pack("{s:o, s:I}", "items", items, "next_counter", (json_int_t)next));
    } else {
        json_decref(items);
        api_fail(response, error);
    }
}

static void replay(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct service_kiosk_outcome outcomes[SERVICE_KIOSK_ENTRIES_MAX];
    struct replay_body body = {.n = 0};
    json_t *list = NULL;
    base_time sent_at = 0;
    const struct base_json_field FIELDS[] = {
        {"sent_at", BASE_JSON_TIME, BASE_JSON_REQUIRED, &sent_at},
        {"entries", BASE_JSON_ARRAY, BASE_JSON_REQUIRED, &list},
    };
    g_autoptr(json_t) json = NULL;
    g_autoptr(GError) error = NULL;

    if (!limit_frames(api, request, response))
        return;
    if (api_json_values(request, &json, FIELDS, G_N_ELEMENTS(FIELDS), &error) &&
        read_entries(list, &body, &error) &&
        service_kiosk_replay(api->service, api_device(request), sent_at, body.entries, body.n,
                             outcomes, &error))
        respond_outcomes(api, request, response, outcomes, body.n);
    else
        api_fail(response, error);
    for (size_t i = 0; i < body.n; i++)
        g_free(body.sealed[i]);
}

static const struct http_route ROUTES[] = {
    {HTTP_METHOD_GET, "/kiosk", API_DEVICE, HTTP_LANE_QUICK, .handler = get},
    {HTTP_METHOD_POST, "/kiosk/seen", API_DEVICE, HTTP_LANE_QUICK, API_BODY_JSON, API_JSON_TYPES,
     .body_optional = true, .handler = seen},
    {HTTP_METHOD_POST, "/kiosk/marks", API_DEVICE, HTTP_LANE_HEAVY, API_BODY_PHOTOS, API_FORM_TYPES,
     .handler = mark},
    {HTTP_METHOD_POST, "/sessions/{id}/frames", API_STAFF, HTTP_LANE_HEAVY, API_BODY_PHOTOS,
     API_FORM_TYPES, .handler = mark_session},
    {HTTP_METHOD_POST, "/kiosk/wrong-person", API_DEVICE, HTTP_LANE_QUICK, API_BODY_JSON,
     API_JSON_TYPES, .handler = wrong_person},
    {HTTP_METHOD_POST, "/kiosk/pin", API_DEVICE, HTTP_LANE_HEAVY, API_BODY_JSON, API_JSON_TYPES,
     .handler = mark_by_pin},
    {HTTP_METHOD_POST, "/kiosk/entries", API_DEVICE, HTTP_LANE_HEAVY, API_BODY_PHOTOS,
     API_JSON_TYPES, .handler = replay},
};

const struct api_routes API_KIOSK_ROUTES = {ROUTES, G_N_ELEMENTS(ROUTES)};
