/* Marking attendance: by face, by hand, and correcting it. */
#include "api/routes.h"
#include "db/query/attendance_change.h"
#include "recognise/challenge.h"
#include "service/images.h"
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
    const struct core_attendance *attendance = mark->attendance;
    json_t *json = json_object();

    json_object_set_new(json, "id", base_json_uuid(&attendance->id));
    json_object_set_new(json, "status", json_string(core_status_name(attendance->status)));
    json_object_set_new(json, "status_code", base_json_text_or_null(attendance->status_code));
    json_object_set_new(json, "marked_at", base_json_time(attendance->marked_at));
    json_object_set_new(json, "last_seen_at", api_json_time_or_null(attendance->last_seen_at));
    json_object_set_new(json, "day", json_string(attendance->local_day));
    return json;
}

json_t *api_json_mark_session(const struct core_session *session)
{
    json_t *json = json_object();

    json_object_set_new(json, "id", base_json_uuid(&session->id));
    json_object_set_new(json, "course_id", base_json_uuid(&session->course_id));
    json_object_set_new(json, "course", base_json_text_or_null(session->course_name));
    json_object_set_new(json, "title", base_json_text_or_null(session->title));
    json_object_set_new(json, "room", base_json_text_or_null(session->room_name));
    json_object_set_new(json, "starts_at", base_json_time(session->starts_at));
    json_object_set_new(json, "ends_at", base_json_time(session->ends_at));
    return json;
}

static const char *result_of(const struct service_mark *mark)
{
    if (mark->challenge == SERVICE_MARK_CHALLENGE_NONE)
        return recognise_kind_name(mark->answer.kind);
    return mark->challenge == SERVICE_MARK_CHALLENGE_REQUIRED ? "challenge_required"
                                                              : "challenge_failed";
}

static json_t *show_mark(const struct service_mark *mark)
{
    const struct recognise_answer *answer = &mark->answer;
    json_t *json = json_object();

    json_object_set_new(json, "result", json_string(result_of(mark)));
    json_object_set_new(json, "time_zone", base_json_text_or_null(mark->time_zone));
    if (mark->challenge == SERVICE_MARK_CHALLENGE_FAILED ||
        mark->challenge == SERVICE_MARK_CHALLENGE_LOST) {
        json_object_set_new(
            json, "reason",
            json_string(mark->challenge == SERVICE_MARK_CHALLENGE_LOST ? "lost" : "not_followed"));
        return json;
    }
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
        json_object_set_new(json, "session",
                            mark->session ? api_json_mark_session(mark->session) : json_null());
        json_object_set_new(json, "already", json_boolean(mark->already));
        json_object_set_new(json, "scan_noted", json_boolean(mark->seen));
        json_object_set_new(json, "time_source",
                            json_string(core_time_source_name(mark->time_source)));
        if (mark->not_me)
            json_object_set_new(json, "not_me", json_string(mark->not_me));
    }
    return json;
}

/* As many numbers as frames, in no particular relation to a clock. NULL with *error unset: not
 * given. */
static gint64 *read_times(json_t *list, size_t frames_n, GError **error)
{
    if (!list)
        return NULL;
    bool fits = json_array_size(list) == frames_n;
    g_autofree gint64 *times = g_new0(gint64, MAX(frames_n, 1));
    for (size_t i = 0; fits && i < frames_n; i++) {
        json_t *time = json_array_get(list, i);
        times[i] = json_integer_value(time);
        fits = json_is_integer(time) && times[i] >= 0 && times[i] < G_MAXINT64 / 10000;
    }
    if (fits)
        return g_steal_pointer(&times);
    g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID,
                        "times must be a list of milliseconds, one for each picture.");
    return NULL;
}

/* Only the answer to a challenge may have many frames. */
static bool check_frames(const struct service_mark_request *wanted, GError **error)
{
    if (wanted->frames_n <= RECOGNISE_FRAMES_MAX || !base_uuid_is_nil(&wanted->challenge_id))
        return true;
    g_set_error(error, BASE_ERROR, BASE_ERROR_TOO_LARGE, "At most %d pictures can be sent at once.",
                RECOGNISE_FRAMES_MAX);
    return false;
}

static void mark_by_face(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct service_mark_request wanted = {0};
    json_t *times = NULL;
    const struct base_json_field FIELDS[] = {
        {"group_id", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &wanted.group_id},
        {"session_id", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &wanted.session_id},
        {"captured_at", BASE_JSON_TIME, BASE_JSON_OPTIONAL, &wanted.captured_at},
        {"sent_at", BASE_JSON_TIME, BASE_JSON_OPTIONAL, &wanted.sent_at},
        {"challenge_id", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &wanted.challenge_id},
        {"times", BASE_JSON_ARRAY, BASE_JSON_OPTIONAL, &times},
        {"alternative", BASE_JSON_BOOL, BASE_JSON_OPTIONAL, &wanted.alternative},
    };
    struct service_mark mark = {0};
    g_autoptr(GError) error = NULL;
    g_auto(api_form) form = {0};

    if (!api_limit_faces(api, request, response))
        return;
    if (!api_form_read(request, RECOGNISE_CHALLENGE_FRAMES_MAX, &form, &error) ||
        !api_form_values(&form, FIELDS, G_N_ELEMENTS(FIELDS), &error)) {
        api_fail(response, error);
        return;
    }
    wanted.frames = form.pictures;
    wanted.frames_n = form.pictures_n;
    g_autofree gint64 *milliseconds = read_times(times, form.pictures_n, &error);
    wanted.times = milliseconds;
    if (error || !check_frames(&wanted, &error)) {
        api_fail(response, error);
        return;
    }
    if (!service_mark_by_face(api->service, api_identity(request), &wanted, &mark, &error)) {
        api_fail(response, error);
        return;
    }
    api_respond(response, 200, show_mark(&mark));
    service_mark_clear(&mark);
}

static void not_me(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    const char *token = NULL;
    const struct base_json_field FIELDS[] = {
        {"token", BASE_JSON_TEXT, BASE_JSON_REQUIRED, &token, .max = 1024},
    };
    struct base_uuid id;
    g_autoptr(json_t) json = NULL;
    g_autoptr(GError) error = NULL;

    if (!api_path_uuid(request, "id", &id, response) ||
        !api_limit(api, AUTH_LIMIT_MARK_ADDRESS, request, response))
        return;
    if (!api_json_values(request, &json, FIELDS, G_N_ELEMENTS(FIELDS), &error) ||
        !service_mark_not_me(api->service, &id, token, &error))
        api_fail(response, error);
}

static void mark_by_hand(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct service_manual_request wanted = {0};
    const struct base_json_field FIELDS[] = {
        {"user_id", BASE_JSON_UUID, BASE_JSON_REQUIRED, &wanted.user_id},
        {"status", BASE_JSON_TEXT, BASE_JSON_REQUIRED, &wanted.status},
        {"reason", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &wanted.reason, .max = 4096},
        {"day", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &wanted.day, .max = 10},
        {"session_id", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &wanted.session_id},
        {"course_id", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &wanted.course_id},
    };
    g_autoptr(json_t) json = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(core_attendance) attendance = NULL;

    if (api_json_values(request, &json, FIELDS, G_N_ELEMENTS(FIELDS), &error))
        attendance = service_mark_by_hand(api->service, api_identity(request), &wanted, &error);
    if (attendance)
        api_respond(response, 200, api_json_attendance(attendance, true));
    else
        api_fail(response, error);
}

static void correct(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    const char *status = NULL, *reason = NULL;
    const struct base_json_field FIELDS[] = {
        {"status", BASE_JSON_TEXT, BASE_JSON_REQUIRED, &status},
        {"reason", BASE_JSON_TEXT, BASE_JSON_REQUIRED, &reason, .max = 4096},
    };
    struct base_uuid id;
    g_autoptr(json_t) json = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(core_attendance) attendance = NULL;

    if (!api_path_uuid(request, "id", &id, response))
        return;
    if (api_json_values(request, &json, FIELDS, G_N_ELEMENTS(FIELDS), &error))
        attendance =
            service_mark_correct(api->service, api_identity(request), &id, status, reason, &error);
    if (attendance)
        api_respond(response, 200, api_json_attendance(attendance, true));
    else
        api_fail(response, error);
}

/* Reasons and names are between those who may correct. */
static json_t *show_change(const struct db_attendance_change *change, bool staff)
{
    json_t *json = json_object();

    json_object_set_new(json, "changed_at", base_json_time(change->changed_at));
    json_object_set_new(json, "from_status", json_string(core_status_name(change->from_status)));
    json_object_set_new(json, "from_code", base_json_text_or_null(change->from_code));
    json_object_set_new(json, "from_method", json_string(core_method_name(change->from_method)));
    json_object_set_new(json, "to_status", json_string(core_status_name(change->to_status)));
    json_object_set_new(json, "to_code", base_json_text_or_null(change->to_code));
    json_object_set_new(json, "automatic", json_boolean(base_uuid_is_nil(&change->changed_by)));
    if (!staff)
        return json;
    json_object_set_new(json, "changed_by", api_json_uuid_or_null(&change->changed_by));
    json_object_set_new(json, "changed_by_name", base_json_text_or_null(change->changed_by_name));
    json_object_set_new(json, "reason", base_json_text_or_null(change->reason));
    return json;
}

static void list_changes(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    const struct service_identity *identity = api_identity(request);
    struct base_uuid id;
    g_autoptr(GError) error = NULL;

    if (!api_path_uuid(request, "id", &id, response))
        return;
    g_autoptr(GPtrArray) changes = service_mark_changes(api->service, identity, &id, &error);
    if (!changes) {
        api_fail(response, error);
        return;
    }
    /* One that cannot be looked for now is one that cannot be shown now. */
    g_autoptr(core_image) picture = service_image_mark(api->service, identity, &id, NULL);
    json_t *items = json_array();
    for (guint i = 0; i < changes->len; i++)
        json_array_append_new(items,
                              show_change(changes->pdata[i], identity->role != CORE_ROLE_STUDENT));
    api_respond(response, 200,
                json_pack("{s:o, s:b}", "items", items, "has_picture", picture != NULL));
}

static const struct http_route ROUTES[] = {
    {HTTP_METHOD_POST, "/attendance/mark", API_ANYONE, HTTP_LANE_HEAVY, API_BODY_PHOTOS,
     API_FORM_TYPES, .handler = mark_by_face},
    {HTTP_METHOD_POST, "/attendance", API_STAFF, HTTP_LANE_QUICK, API_BODY_JSON, API_JSON_TYPES,
     .handler = mark_by_hand},
    {HTTP_METHOD_PATCH, "/attendance/marks/{id}", API_STAFF, HTTP_LANE_QUICK, API_BODY_JSON,
     API_JSON_TYPES, .handler = correct},
    {HTTP_METHOD_POST, "/attendance/marks/{id}/not-me", API_ANYONE, HTTP_LANE_QUICK, API_BODY_JSON,
     API_JSON_TYPES, .handler = not_me},
    {HTTP_METHOD_GET, "/attendance/marks/{id}/changes", API_SIGNED_IN, HTTP_LANE_QUICK,
     .handler = list_changes},
};

const struct api_routes API_MARK_ROUTES = {ROUTES, G_N_ELEMENTS(ROUTES)};
