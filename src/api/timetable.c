/* Sessions one by one, people's weeks, double bookings. */
#include "api/timetable.h"

#include "core/timetable.h"
#include "service/calendar.h"

#include <string.h>

enum { TEXT_MAX = 4096, DAY_TEXT_MAX = 10, CLOCK_TEXT_MAX = 8, WEEK_LIMIT = 1000 };

json_t *api_show_session(const void *entity, const void *data)
{
    const struct core_session *session = entity;
    json_t *json = json_object();
    char clock[CORE_CLOCK_SIZE];

    (void)data;
    json_object_set_new(json, "id", base_json_uuid(&session->id));
    json_object_set_new(json, "course_id", base_json_uuid(&session->course_id));
    json_object_set_new(json, "course_name", base_json_text_or_null(session->course_name));
    json_object_set_new(json, "slot_id", api_json_uuid_or_null(&session->slot_id));
    json_object_set_new(json, "room_id", api_json_uuid_or_null(&session->room_id));
    json_object_set_new(json, "room_name", base_json_text_or_null(session->room_name));
    json_object_set_new(json, "title", base_json_text_or_null(session->title));
    json_object_set_new(json, "day", json_string(session->local_day));
    json_object_set_new(json, "start_time",
                        json_string(core_clock_format(session->start_second, clock)));
    json_object_set_new(json, "end_time",
                        json_string(core_clock_format(session->end_second, clock)));
    json_object_set_new(json, "starts_at", base_json_time(session->starts_at));
    json_object_set_new(json, "ends_at", base_json_time(session->ends_at));
    json_object_set_new(json, "state", json_string(core_session_state_name(session->state)));
    json_object_set_new(json, "edited", json_boolean(session->edited));
    json_object_set_new(json, "note", base_json_text_or_null(session->note));
    json_object_set_new(json, "closed_at", api_json_time_or_null(session->closed_at));
    json_object_set_new(json, "created_at", base_json_time(session->created_at));
    json_object_set_new(json, "updated_at", base_json_time(session->updated_at));
    return json;
}

json_t *api_show_conflict(const struct db_session_conflict *conflict)
{
    json_t *json = json_object();

    json_object_set_new(json, "kind", json_string(conflict->kind));
    json_object_set_new(json, "name", json_string(conflict->shared));
    json_object_set_new(json, "session_id", base_json_uuid(&conflict->session_id));
    json_object_set_new(json, "course_name", json_string(conflict->course_name));
    json_object_set_new(json, "starts_at", base_json_time(conflict->starts_at));
    json_object_set_new(json, "ends_at", base_json_time(conflict->ends_at));
    json_object_set_new(json, "other_session_id", base_json_uuid(&conflict->other_id));
    json_object_set_new(json, "other_course_name", json_string(conflict->other_course_name));
    json_object_set_new(json, "other_starts_at", base_json_time(conflict->other_starts_at));
    json_object_set_new(json, "other_ends_at", base_json_time(conflict->other_ends_at));
    return json;
}

static json_t *conflicts_json(const GPtrArray *conflicts)
{
    json_t *items = json_array();

    for (guint i = 0; conflicts && i < conflicts->len; i++)
        json_array_append_new(items, api_show_conflict(conflicts->pdata[i]));
    return items;
}

void api_add_conflicts(struct api *api, const struct service_identity *identity, json_t *json,
                       const struct base_uuid *course_id, const char *from_day, const char *to_day)
{
    g_autoptr(GError) error = NULL;
    char last[CORE_DAY_SIZE];
    const gint32 most = core_day_number(from_day) + CORE_TIMETABLE_TERM_DAYS_MAX - 1;

    core_day_from_number(MIN(core_day_number(to_day), most), last);
    g_autoptr(GPtrArray) conflicts =
        service_timetable_conflicts(api->service, identity, from_day, last, course_id, &error);
    json_object_set_new(json, "conflicts", conflicts_json(conflicts));
}

/* ---- lists ---- */

static void list(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct db_session_filter filter = DB_SESSION_FILTER_ALL;
    struct db_page page = {.limit = API_PAGE_LIMIT};
    const char *state = NULL, *sort = NULL;
    bool mine = false;
    const struct base_json_field FIELDS[] = {
        {"from", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &filter.from_day, .max = DAY_TEXT_MAX},
        {"to", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &filter.to_day, .max = DAY_TEXT_MAX},
        {"course", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &filter.course_id},
        {"group", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &filter.group_id},
        {"teacher", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &filter.teacher_id},
        {"student", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &filter.student_id},
        {"room", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &filter.room_id},
        {"term", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &filter.term_id},
        {"state", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &state, .max = 16},
        {"mine", BASE_JSON_BOOL, BASE_JSON_OPTIONAL, &mine},
        {"sort", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &sort, .max = 16},
        API_LIMIT_FIELD(page),
        API_OFFSET_FIELD(page),
    };
    gint64 total = 0;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) sessions = NULL;
    g_auto(api_form) query = {0};

    bool read = api_form_read_query(request, &query, &error) &&
                api_form_values(&query, FIELDS, G_N_ELEMENTS(FIELDS), &error);
    enum core_session_state wanted = CORE_SESSION_PLANNED;
    if (read && state && !core_session_state_from_name(state, &wanted)) {
        g_set_error_literal(&error, BASE_ERROR, BASE_ERROR_INVALID,
                            "state must be planned or cancelled.");
        read = false;
    }
    if (read && sort && strcmp(sort, "starts_at") != 0 && strcmp(sort, "-starts_at") != 0) {
        g_set_error_literal(&error, BASE_ERROR, BASE_ERROR_INVALID,
                            "sort must be starts_at or -starts_at.");
        read = false;
    }
    filter.state = state ? (int)wanted : DB_ANY;
    filter.descending = sort && *sort == '-';
    if (read)
        sessions = service_session_list(api->service, api_identity(request), &filter, mine, &page,
                                        &total, &error);
    if (sessions)
        api_respond_list(response, sessions, total, &page, api_show_session, NULL);
    else
        api_fail(response, error);
}

/* Monday to Sunday of the week that a day is in; NULL: this week. */
static bool read_week(struct api *api, const char *day, char from[CORE_DAY_SIZE],
                      char to[CORE_DAY_SIZE], GError **error)
{
    char today[CORE_DAY_SIZE];

    if (!day) {
        api_today(api, today);
        day = today;
    }
    if (!core_day_is_valid(day)) {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID,
                            "week must be a day of the week, written YYYY-MM-DD.");
        return false;
    }
    const gint32 monday = core_day_monday(core_day_number(day));
    core_day_from_number(monday, from);
    core_day_from_number(monday + 6, to);
    return true;
}

static void week(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct db_session_filter filter = DB_SESSION_FILTER_ALL;
    const struct db_page page = {.limit = WEEK_LIMIT};
    const struct service_identity *identity = api_identity(request);
    struct base_uuid user = {0};
    const char *day = NULL;
    char from[CORE_DAY_SIZE], to[CORE_DAY_SIZE];
    const struct base_json_field FIELDS[] = {
        {"week", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &day, .max = DAY_TEXT_MAX},
        {"user", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &user},
        {"group", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &filter.group_id},
        {"room", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &filter.room_id},
        {"course", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &filter.course_id},
    };
    gint64 total = 0;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) sessions = NULL;
    g_auto(api_form) query = {0};

    if (api_form_read_query(request, &query, &error) &&
        api_form_values(&query, FIELDS, G_N_ELEMENTS(FIELDS), &error) &&
        read_week(api, day, from, to, &error)) {
        const bool asked = !base_uuid_is_nil(&filter.group_id) ||
                           !base_uuid_is_nil(&filter.room_id) ||
                           !base_uuid_is_nil(&filter.course_id);
        if (base_uuid_is_nil(&user) && !asked)
            user = identity->user_id;
        filter.from_day = from;
        filter.to_day = to;
        if (base_uuid_is_nil(&user) ||
            service_calendar_of_user(api->service, identity, &user, &filter, &error))
            sessions =
                service_session_list(api->service, identity, &filter, false, &page, &total, &error);
    }
    if (!sessions) {
        api_fail(response, error);
        return;
    }
    json_t *items = json_array();
    for (guint i = 0; i < sessions->len; i++)
        json_array_append_new(items, api_show_session(sessions->pdata[i], NULL));
    api_respond(response, 200,
                json_pack("{s:s, s:s, s:o, s:I}", "from", from, "to", to, "items", items, "total",
                          (json_int_t)total));
}

static void conflicts(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct base_uuid course = {0};
    const char *from = NULL, *to = NULL;
    const struct base_json_field FIELDS[] = {
        {"from", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &from, .max = DAY_TEXT_MAX},
        {"to", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &to, .max = DAY_TEXT_MAX},
        {"course", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &course},
    };
    char week_from[CORE_DAY_SIZE], week_to[CORE_DAY_SIZE];
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) found = NULL;
    g_auto(api_form) query = {0};

    if (api_form_read_query(request, &query, &error) &&
        api_form_values(&query, FIELDS, G_N_ELEMENTS(FIELDS), &error) &&
        read_week(api, from, week_from, week_to, &error))
        found = service_timetable_conflicts(api->service, api_identity(request),
                                            from ? from : week_from, to ? to : week_to,
                                            base_uuid_is_nil(&course) ? NULL : &course, &error);
    if (found)
        api_respond(response, 200,
                    json_pack("{s:o, s:I}", "items", conflicts_json(found), "total",
                              (json_int_t)found->len));
    else
        api_fail(response, error);
}

/* ---- one session ---- */

/* What a body says of a session; `input` points into it. */
struct body {
    json_t *json;
    struct service_session_input input;
    struct base_uuid course, room;
    gint32 start, end;
    enum core_session_state state;
};

static bool read_body(const struct http_request *request, bool is_new, struct body *body,
                      GError **error)
{
    const char *start = NULL, *end = NULL, *state = NULL;
    bool has_room = false, no_room = false, no_title = false, no_note = false;
    const struct base_json_field FIELDS[] = {
        {"day", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &body->input.local_day, .max = DAY_TEXT_MAX},
        {"start_time", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &start, .max = CLOCK_TEXT_MAX},
        {"end_time", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &end, .max = CLOCK_TEXT_MAX},
        {"room_id", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &body->room, &has_room, &no_room},
        {"title", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &body->input.title, NULL, &no_title,
         .max = TEXT_MAX},
        {"note", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &body->input.note, NULL, &no_note,
         .max = TEXT_MAX},
        {"state", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &state, .max = 16},
        {"course_id", BASE_JSON_UUID, BASE_JSON_REQUIRED, &body->course},
    };

    if (!api_json_values(request, &body->json, FIELDS, G_N_ELEMENTS(FIELDS) - !is_new, error) ||
        !api_read_clock(start, "start_time", &body->start, &body->input.start_second, error) ||
        !api_read_clock(end, "end_time", &body->end, &body->input.end_second, error))
        return false;
    if (state && !core_session_state_from_name(state, &body->state)) {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID,
                            "state must be planned or cancelled.");
        return false;
    }
    body->input.state = state ? &body->state : NULL;
    body->input.room_id = has_room || no_room ? &body->room : NULL;
    if (no_title)
        body->input.title = "";
    if (no_note)
        body->input.note = "";
    return true;
}

static void respond(struct api *api, const struct http_request *request,
                    struct http_response *response, unsigned status,
                    const struct core_session *session, const GError *error)
{
    if (!session) {
        api_fail(response, error);
        return;
    }
    json_t *json = api_show_session(session, NULL);
    api_add_conflicts(api, api_identity(request), json, &session->course_id, session->local_day,
                      session->local_day);
    api_respond(response, status, json);
}

static void create(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct body body = {0};
    g_autoptr(GError) error = NULL;
    g_autoptr(core_session) session = NULL;

    if (read_body(request, true, &body, &error))
        session = service_session_create(api->service, api_identity(request), &body.course,
                                         &body.input, &error);
    respond(api, request, response, 201, session, error);
    json_decref(body.json);
}

static void get(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct base_uuid id;
    g_autoptr(GError) error = NULL;

    if (!api_path_uuid(request, "id", &id, response))
        return;
    g_autoptr(core_session) session =
        service_session_find(api->service, api_identity(request), &id, &error);
    if (session)
        api_respond(response, 200, api_show_session(session, NULL));
    else
        api_fail(response, error);
}

static void change(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct base_uuid id;
    struct body body = {0};
    g_autoptr(GError) error = NULL;
    g_autoptr(core_session) session = NULL;

    if (!api_path_uuid(request, "id", &id, response))
        return;
    if (read_body(request, false, &body, &error))
        session =
            service_session_update(api->service, api_identity(request), &id, &body.input, &error);
    respond(api, request, response, 200, session, error);
    json_decref(body.json);
}

static void delete_session(void *app, struct http_request *request, struct http_response *response)
{
    api_delete(app, request, response, service_session_delete);
}

static const struct http_route ROUTES[] = {
    {HTTP_METHOD_GET, "/sessions", API_SIGNED_IN, HTTP_LANE_HEAVY, .handler = list},
    {HTTP_METHOD_POST, "/sessions", API_STAFF, HTTP_LANE_QUICK, API_BODY_JSON, API_JSON_TYPES,
     .handler = create},
    {HTTP_METHOD_GET, "/sessions/{id}", API_SIGNED_IN, HTTP_LANE_QUICK, .handler = get},
    {HTTP_METHOD_PATCH, "/sessions/{id}", API_STAFF, HTTP_LANE_QUICK, API_BODY_JSON, API_JSON_TYPES,
     .handler = change},
    {HTTP_METHOD_DELETE, "/sessions/{id}", API_STAFF, HTTP_LANE_QUICK, .handler = delete_session},
    {HTTP_METHOD_GET, "/timetable", API_SIGNED_IN, HTTP_LANE_QUICK, .handler = week},
    {HTTP_METHOD_GET, "/timetable/conflicts", API_STAFF, HTTP_LANE_HEAVY, .handler = conflicts},
};

const struct api_routes API_TIMETABLE_ROUTES = {ROUTES, G_N_ELEMENTS(ROUTES)};
