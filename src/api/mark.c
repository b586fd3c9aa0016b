/* Marking attendance: by face, by hand, and correcting it. */
#include "api/routes.h"
#include "service/marking.h"

static json_t *show_face(const struct recognise_answer *answer)
{
    json_t *box = json_object();
    json_object_set_new(box, "x", json_real((double)answer->box.x));
    json_object_set_new(box, "y", json_real((double)answer->box.y));
    json_object_set_new(box, "width", json_real((double)answer->box.width));
    json_object_set_new(box, "height", json_real((double)answer->box.height));

    json_t *face = json_object();
    json_object_set_new(face, "box", box);
    json_object_set_new(face, "frame", json_integer((json_int_t)answer->frame));
    json_object_set_new(face, "width", json_integer(answer->width));
    json_object_set_new(face, "height", json_integer(answer->height));
    return face;
}

/* Whoever stands in front of the camera is told their own name and mark, and nothing else. */
static json_t *show_match(const struct service_mark *mark)
{
    json_t *attendance = json_object();
    json_object_set_new(attendance, "status",
                        json_string(core_status_name(mark->attendance->status)));
    json_object_set_new(attendance, "marked_at", base_json_time(mark->attendance->marked_at));
    json_object_set_new(attendance, "day", json_string(mark->attendance->local_day));
    return attendance;
}

static json_t *show_mark(const struct service_mark *mark)
{
    const struct recognise_answer *answer = &mark->answer;
    json_t *json = json_object();

    json_object_set_new(json, "result", json_string(recognise_kind_name(answer->kind)));
    json_object_set_new(json, "time_zone", base_json_text_or_null(mark->time_zone));
    if (answer->kind == RECOGNISE_POOR_QUALITY)
        json_object_set_new(json, "reason", json_string(face_quality_name(answer->quality.reason)));
    if (answer->kind != RECOGNISE_NO_FACE)
        json_object_set_new(json, "face", show_face(answer));
    if (mark->person_name) {
        json_t *user = json_object();
        json_object_set_new(user, "name", json_string(mark->person_name));
        json_object_set_new(json, "user", user);
    }
    if (mark->attendance) {
        json_object_set_new(json, "attendance", show_match(mark));
        json_object_set_new(json, "already", json_boolean(mark->already));
    }
    return json;
}

static void mark_by_face(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct service_mark_request wanted = {0};
    const struct base_json_field FIELDS[] = {
        {"group_id", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &wanted.group_id},
    };
    struct service_mark mark = {0};
    g_autoptr(GError) error = NULL;
    g_auto(api_form) form = {0};

    if (!api_limit_faces(api, request, response))
        return;
    if (!api_form_read(request, RECOGNISE_FRAMES_MAX, &form, &error) ||
        !api_form_values(&form, FIELDS, G_N_ELEMENTS(FIELDS), &error)) {
        api_fail(response, error);
        return;
    }
    wanted.frames = form.pictures;
    wanted.frames_n = form.pictures_n;
    if (!service_mark_by_face(api->service, api_identity(request), &wanted, &mark, &error)) {
        api_fail(response, error);
        return;
    }
    api_respond(response, 200, show_mark(&mark));
    service_mark_clear(&mark);
}

static bool read_status(const char *name, enum core_status *status, GError **error)
{
    if (core_status_from_name(name, status))
        return true;
    g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID,
                        "status must be present, late, absent or excused.");
    return false;
}

static void mark_by_hand(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    const char *status = NULL;
    struct service_manual_request wanted = {0};
    const struct base_json_field FIELDS[] = {
        {"user_id", BASE_JSON_UUID, BASE_JSON_REQUIRED, &wanted.user_id},
        {"status", BASE_JSON_TEXT, BASE_JSON_REQUIRED, &status},
        {"reason", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &wanted.reason, .max = 4096},
        {"day", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &wanted.day, .max = 10},
    };
    g_autoptr(json_t) json = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(core_attendance) attendance = NULL;

    if (api_json_values(request, &json, FIELDS, G_N_ELEMENTS(FIELDS), &error) &&
        read_status(status, &wanted.status, &error))
        attendance = service_mark_by_hand(api->service, api_identity(request), &wanted, &error);
    if (attendance)
        api_respond(response, 200, api_json_attendance(attendance, true));
    else
        api_fail(response, error);
}

static void correct(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    const char *status_name = NULL, *reason = NULL;
    const struct base_json_field FIELDS[] = {
        {"status", BASE_JSON_TEXT, BASE_JSON_REQUIRED, &status_name},
        {"reason", BASE_JSON_TEXT, BASE_JSON_REQUIRED, &reason, .max = 4096},
    };
    enum core_status status;
    struct base_uuid id;
    g_autoptr(json_t) json = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(core_attendance) attendance = NULL;

    if (!api_path_uuid(request, "id", &id, response))
        return;
    if (api_json_values(request, &json, FIELDS, G_N_ELEMENTS(FIELDS), &error) &&
        read_status(status_name, &status, &error))
        attendance =
            service_mark_correct(api->service, api_identity(request), &id, status, reason, &error);
    if (attendance)
        api_respond(response, 200, api_json_attendance(attendance, true));
    else
        api_fail(response, error);
}

static const struct http_route ROUTES[] = {
    {HTTP_METHOD_POST, "/attendance/mark", API_ANYONE, HTTP_LANE_HEAVY, API_BODY_PHOTOS,
     API_FORM_TYPES, .handler = mark_by_face},
    {HTTP_METHOD_POST, "/attendance", API_STAFF, HTTP_LANE_QUICK, API_BODY_JSON, API_JSON_TYPES,
     .handler = mark_by_hand},
    {HTTP_METHOD_PATCH, "/attendance/marks/{id}", API_STAFF, HTTP_LANE_QUICK, API_BODY_JSON,
     API_JSON_TYPES, .handler = correct},
};

const struct api_routes API_MARK_ROUTES = {ROUTES, G_N_ELEMENTS(ROUTES)};
