/* The weekly timetable: slots and holidays. */
#include "api/timetable.h"
#include "core/timetable.h"

enum { TEXT_MAX = 4096, DAY_TEXT_MAX = 10, CLOCK_TEXT_MAX = 8 };

bool api_read_clock(const char *text, const char *field, gint32 *second, const gint32 **given,
                    GError **error)
{
    if (!text)
        return true;
    *given = second;
    if (core_clock_parse(text, second))
        return true;
    g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID, "%s must be a time of day such as 09:00.",
                field);
    return false;
}

void api_add_counts(json_t *json, const struct service_timetable_counts *counts)
{
    json_object_set_new(json, "sessions",
                        json_pack("{s:I, s:I, s:I, s:I}", "inserted", (json_int_t)counts->inserted,
                                  "moved", (json_int_t)counts->moved, "deleted",
                                  (json_int_t)counts->deleted, "kept", (json_int_t)counts->kept));
}

static json_t *show(const void *entity, const void *data)
{
    const struct core_slot *slot = entity;
    json_t *json = json_object();
    char clock[CORE_CLOCK_SIZE];

    (void)data;
    json_object_set_new(json, "id", base_json_uuid(&slot->id));
    json_object_set_new(json, "course_id", base_json_uuid(&slot->course_id));
    json_object_set_new(json, "room_id", api_json_uuid_or_null(&slot->room_id));
    json_object_set_new(json, "room_name", base_json_text_or_null(slot->room_name));
    json_object_set_new(json, "weekday", json_integer(slot->weekday));
    json_object_set_new(json, "start_time",
                        json_string(core_clock_format(slot->start_second, clock)));
    json_object_set_new(json, "end_time", json_string(core_clock_format(slot->end_second, clock)));
    json_object_set_new(json, "first_day", json_string(slot->first_day));
    json_object_set_new(json, "last_day", json_string(slot->last_day));
    json_object_set_new(json, "every_weeks", json_integer(slot->every_weeks));
    json_object_set_new(json, "created_at", base_json_time(slot->created_at));
    json_object_set_new(json, "updated_at", base_json_time(slot->updated_at));
    return json;
}

/* What a body says of a slot; `input` points into it. */
struct slot_body {
    json_t *json;
    struct service_slot_input input;
    struct base_uuid room;
    gint64 weekday_given, every_given;
    gint32 weekday, every, start, end;
};

static bool read_slot(const struct http_request *request, struct slot_body *body, GError **error)
{
    const char *start = NULL, *end = NULL;
    bool has_room = false, no_room = false, has_weekday = false, has_every = false;
    const struct base_json_field FIELDS[] = {
        {"room_id", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &body->room, &has_room, &no_room},
        {"weekday", BASE_JSON_INTEGER, BASE_JSON_OPTIONAL, &body->weekday_given, &has_weekday,
         .min = 1, .max = 7},
        {"start_time", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &start, .max = CLOCK_TEXT_MAX},
        {"end_time", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &end, .max = CLOCK_TEXT_MAX},
        {"first_day", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &body->input.first_day,
         .max = DAY_TEXT_MAX},
        {"last_day", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &body->input.last_day,
         .max = DAY_TEXT_MAX},
        {"every_weeks", BASE_JSON_INTEGER, BASE_JSON_OPTIONAL, &body->every_given, &has_every,
         .min = 1, .max = CORE_TIMETABLE_WEEKS_MAX},
    };

    if (!api_json_values(request, &body->json, FIELDS, G_N_ELEMENTS(FIELDS), error) ||
        !api_read_clock(start, "start_time", &body->start, &body->input.start_second, error) ||
        !api_read_clock(end, "end_time", &body->end, &body->input.end_second, error))
        return false;
    body->weekday = (gint32)body->weekday_given;
    body->every = (gint32)body->every_given;
    body->input.room_id = has_room || no_room ? &body->room : NULL;
    body->input.weekday = has_weekday ? &body->weekday : NULL;
    body->input.every_weeks = has_every ? &body->every : NULL;
    return true;
}

static void respond_slot(struct api *api, const struct http_request *request,
                         struct http_response *response, unsigned status,
                         const struct core_slot *slot,
                         const struct service_timetable_counts *counts, const GError *error)
{
    if (!slot) {
        api_fail(response, error);
        return;
    }
    json_t *json = show(slot, NULL);
    api_add_counts(json, counts);
    api_add_conflicts(api, api_identity(request), json, &slot->course_id, slot->first_day,
                      slot->last_day);
    api_respond(response, status, json);
}

static void list_slots(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct base_uuid id;
    g_autoptr(GError) error = NULL;

    if (!api_path_uuid(request, "id", &id, response))
        return;
    g_autoptr(GPtrArray) slots =
        service_slot_list(api->service, api_identity(request), &id, &error);
    const struct db_page page = {.limit = slots ? slots->len : 0};
    if (slots)
        api_respond_list(response, slots, slots->len, &page, show, NULL);
    else
        api_fail(response, error);
}

static void create_slot(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct base_uuid id;
    struct slot_body body = {0};
    struct service_timetable_counts counts;
    g_autoptr(GError) error = NULL;
    g_autoptr(core_slot) slot = NULL;

    if (!api_path_uuid(request, "id", &id, response))
        return;
    if (read_slot(request, &body, &error))
        slot = service_slot_create(api->service, api_identity(request), &id, &body.input, &counts,
                                   &error);
    respond_slot(api, request, response, 201, slot, &counts, error);
    json_decref(body.json);
}

static void get_slot(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct base_uuid id;
    g_autoptr(GError) error = NULL;

    if (!api_path_uuid(request, "id", &id, response))
        return;
    g_autoptr(core_slot) slot = service_slot_find(api->service, api_identity(request), &id, &error);
    if (slot)
        api_respond(response, 200, show(slot, NULL));
    else
        api_fail(response, error);
}

static void change_slot(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct base_uuid id;
    struct slot_body body = {0};
    struct service_timetable_counts counts;
    g_autoptr(GError) error = NULL;
    g_autoptr(core_slot) slot = NULL;

    if (!api_path_uuid(request, "id", &id, response))
        return;
    if (read_slot(request, &body, &error))
        slot = service_slot_update(api->service, api_identity(request), &id, &body.input, &counts,
                                   &error);
    respond_slot(api, request, response, 200, slot, &counts, error);
    json_decref(body.json);
}

static void delete_slot(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct base_uuid id;
    g_autoptr(GError) error = NULL;

    if (api_path_uuid(request, "id", &id, response) &&
        !service_slot_delete(api->service, api_identity(request), &id, NULL, &error))
        api_fail(response, error);
}

/* ---- holidays ---- */

static json_t *show_holiday(const void *entity, const void *data)
{
    const struct core_holiday *holiday = entity;
    json_t *json = json_object();

    (void)data;
    json_object_set_new(json, "id", base_json_uuid(&holiday->id));
    json_object_set_new(json, "name", json_string(holiday->name));
    json_object_set_new(json, "first_day", json_string(holiday->first_day));
    json_object_set_new(json, "last_day", json_string(holiday->last_day));
    json_object_set_new(json, "created_at", base_json_time(holiday->created_at));
    json_object_set_new(json, "updated_at", base_json_time(holiday->updated_at));
    return json;
}

struct holiday_body {
    json_t *json;
    const char *name, *first_day, *last_day;
};

static bool read_holiday(const struct http_request *request, struct holiday_body *body,
                         GError **error)
{
    const struct base_json_field FIELDS[] = {
        {"name", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &body->name, .max = TEXT_MAX},
        {"first_day", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &body->first_day, .max = DAY_TEXT_MAX},
        {"last_day", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &body->last_day, .max = DAY_TEXT_MAX},
    };

    return api_json_values(request, &body->json, FIELDS, G_N_ELEMENTS(FIELDS), error);
}

static void respond_holiday(struct http_response *response, unsigned status,
                            const struct core_holiday *holiday,
                            const struct service_timetable_counts *counts, const GError *error)
{
    if (!holiday) {
        api_fail(response, error);
        return;
    }
    json_t *json = show_holiday(holiday, NULL);
    api_add_counts(json, counts);
    api_respond(response, status, json);
}

static void list_holidays(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    const char *from = NULL, *to = NULL;
    const struct base_json_field FIELDS[] = {
        {"from", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &from, .max = DAY_TEXT_MAX},
        {"to", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &to, .max = DAY_TEXT_MAX},
    };
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) holidays = NULL;
    g_auto(api_form) query = {0};

    if (api_form_read_query(request, &query, &error) &&
        api_form_values(&query, FIELDS, G_N_ELEMENTS(FIELDS), &error))
        holidays = service_holiday_list(api->service, api_identity(request), from, to, &error);
    const struct db_page page = {.limit = holidays ? holidays->len : 0};
    if (holidays)
        api_respond_list(response, holidays, holidays->len, &page, show_holiday, NULL);
    else
        api_fail(response, error);
}

static void create_holiday(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct holiday_body body = {0};
    struct service_timetable_counts counts;
    g_autoptr(GError) error = NULL;
    g_autoptr(core_holiday) holiday = NULL;

    if (read_holiday(request, &body, &error))
        holiday = service_holiday_create(api->service, api_identity(request), body.name,
                                         body.first_day, body.last_day, &counts, &error);
    respond_holiday(response, 201, holiday, &counts, error);
    json_decref(body.json);
}

static void change_holiday(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct base_uuid id;
    struct holiday_body body = {0};
    struct service_timetable_counts counts;
    g_autoptr(GError) error = NULL;
    g_autoptr(core_holiday) holiday = NULL;

    if (!api_path_uuid(request, "id", &id, response))
        return;
    if (read_holiday(request, &body, &error))
        holiday = service_holiday_update(api->service, api_identity(request), &id, body.name,
                                         body.first_day, body.last_day, &counts, &error);
    respond_holiday(response, 200, holiday, &counts, error);
    json_decref(body.json);
}

static void delete_holiday(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct base_uuid id;
    g_autoptr(GError) error = NULL;

    if (api_path_uuid(request, "id", &id, response) &&
        !service_holiday_delete(api->service, api_identity(request), &id, NULL, &error))
        api_fail(response, error);
}

static const struct http_route ROUTES[] = {
    {HTTP_METHOD_GET, "/courses/{id}/slots", API_SIGNED_IN, HTTP_LANE_QUICK, .handler = list_slots},
    {HTTP_METHOD_POST, "/courses/{id}/slots", API_ADMIN, HTTP_LANE_HEAVY, API_BODY_JSON,
     API_JSON_TYPES, .handler = create_slot},
    {HTTP_METHOD_GET, "/slots/{id}", API_SIGNED_IN, HTTP_LANE_QUICK, .handler = get_slot},
    {HTTP_METHOD_PATCH, "/slots/{id}", API_ADMIN, HTTP_LANE_HEAVY, API_BODY_JSON, API_JSON_TYPES,
     .handler = change_slot},
    {HTTP_METHOD_DELETE, "/slots/{id}", API_ADMIN, HTTP_LANE_HEAVY, .handler = delete_slot},
    {HTTP_METHOD_GET, "/holidays", API_SIGNED_IN, HTTP_LANE_QUICK, .handler = list_holidays},
    {HTTP_METHOD_POST, "/holidays", API_ADMIN, HTTP_LANE_HEAVY, API_BODY_JSON, API_JSON_TYPES,
     .handler = create_holiday},
    {HTTP_METHOD_PATCH, "/holidays/{id}", API_ADMIN, HTTP_LANE_HEAVY, API_BODY_JSON, API_JSON_TYPES,
     .handler = change_holiday},
    {HTTP_METHOD_DELETE, "/holidays/{id}", API_ADMIN, HTTP_LANE_HEAVY, .handler = delete_holiday},
};

const struct api_routes API_SLOT_ROUTES = {ROUTES, G_N_ELEMENTS(ROUTES)};
