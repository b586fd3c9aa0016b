/* iCalendar: private addresses for calendar programs, a course's calendar out and in. */
#include "service/calendar.h"
#include "api/timetable.h"
#include "core/timetable.h"
#include "http/content.h"
#include "service/courses.h"

#include <string.h>

enum { CALENDAR_BYTES_MAX = 4 << 20, ETAG_SIZE = 68 };

static const char TYPE[] = "text/calendar; charset=utf-8";
static const char *const TYPES[] = {"text/calendar", NULL};

/* The calendar as its content: another one has another tag. */
static void send(const struct http_request *request, struct http_response *response, GBytes *bytes)
{
    g_autofree char *digest = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, bytes);
    char etag[ETAG_SIZE];

    g_snprintf(etag, sizeof etag, "\"%s\"", digest);
    const struct http_content content = {.type = TYPE, .etag = etag, .cache = "private, no-cache"};
    if (!http_content_unchanged(response, request, &content))
        http_content_send(response, request, &content, bytes);
}

/* Only who asks for what there is not pays for it: a calendar service asks for the calendars of a
 * whole university from one address. */
static void feed(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    g_autoptr(GError) error = NULL;
    g_autofree char *token = g_strdup(http_request_param(request, "file"));

    if (g_str_has_suffix(token, ".ics"))
        token[strlen(token) - strlen(".ics")] = '\0';
    g_autoptr(GBytes) bytes = service_calendar_feed(api->service, token, &error);
    http_response_header(response, "Referrer-Policy", "no-referrer");
    if (bytes)
        send(request, response, bytes);
    else if (!g_error_matches(error, BASE_ERROR, BASE_ERROR_NOT_FOUND) ||
             api_limit(api, AUTH_LIMIT_EXISTS, request, response))
        api_fail(response, error);
}

static void get_own(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    base_time created_at;
    g_autoptr(GError) error = NULL;

    if (service_calendar_feed_find(api->service, api_identity(request), &created_at, &error))
        api_respond(response, 200,
                    json_pack("{s:o}", "created_at", api_json_time_or_null(created_at)));
    else
        api_fail(response, error);
}

static void create_own(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    char token[SERVICE_CALENDAR_TOKEN_SIZE];
    g_autoptr(GError) error = NULL;

    if (!service_calendar_feed_create(api->service, api_identity(request), token, &error)) {
        api_fail(response, error);
        return;
    }
    g_autofree char *path = g_strconcat("/calendar/", token, ".ics", NULL);
    http_response_header(response, "Cache-Control", "no-store");
    api_respond(response, 201, json_pack("{s:s}", "path", path));
}

static void delete_own(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    g_autoptr(GError) error = NULL;

    if (!service_calendar_feed_delete(api->service, api_identity(request), &error))
        api_fail(response, error);
}

static void export_course(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    const struct service_identity *identity = api_identity(request);
    struct db_session_filter filter = DB_SESSION_FILTER_ALL;
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes = NULL;

    if (!api_path_uuid(request, "id", &filter.course_id, response))
        return;
    g_autoptr(core_course) course =
        service_course_find(api->service, identity, &filter.course_id, &error);
    if (course)
        bytes = service_calendar_export(api->service, identity, &filter, course->name, &error);
    if (!bytes) {
        api_fail(response, error);
        return;
    }
    g_autofree char *file = g_strconcat(course->name, ".ics", NULL);
    send(request, response, bytes);
    http_response_attachment(response, file);
}

static json_t *show_item(const struct service_calendar_item *item)
{
    json_t *json = json_object();
    char clock[CORE_CLOCK_SIZE];

    json_object_set_new(json, "action", json_string(service_calendar_action_name(item->action)));
    json_object_set_new(json, "uid", base_json_text_or_null(item->uid));
    json_object_set_new(json, "title", base_json_text_or_null(item->title));
    json_object_set_new(json, "day", base_json_text_or_null(item->local_day));
    const bool timed = item->start_second != item->end_second;
    json_object_set_new(json, "start_time",
                        timed ? json_string(core_clock_format(item->start_second, clock))
                              : json_null());
    json_object_set_new(json, "end_time",
                        timed ? json_string(core_clock_format(item->end_second, clock))
                              : json_null());
    json_object_set_new(json, "reason", base_json_text_or_null(item->reason));
    return json;
}

static json_t *show_plan(const struct service_calendar_plan *plan)
{
    json_t *items = json_array();
    json_t *counts = json_object();

    for (guint i = 0; i < plan->items->len; i++)
        json_array_append_new(items, show_item(plan->items->pdata[i]));
    for (int i = 0; i < SERVICE_CALENDAR_ACTION_N; i++)
        json_object_set_new(counts, service_calendar_action_name((enum service_calendar_action)i),
                            json_integer(plan->counts[i]));
    return json_pack("{s:b, s:o, s:o}", "applied", plan->applied, "counts", counts, "items", items);
}

static void import_course(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct base_uuid id;
    bool apply = false, holidays = false;
    const struct base_json_field FIELDS[] = {
        {"apply", BASE_JSON_BOOL, BASE_JSON_OPTIONAL, &apply},
        {"holidays", BASE_JSON_BOOL, BASE_JSON_OPTIONAL, &holidays},
    };
    g_autoptr(GError) error = NULL;
    g_autoptr(service_calendar_plan) plan = NULL;
    g_auto(api_form) query = {0};

    if (!api_path_uuid(request, "id", &id, response))
        return;
    if (api_form_read_query(request, &query, &error) &&
        api_form_values(&query, FIELDS, G_N_ELEMENTS(FIELDS), &error))
        plan = service_calendar_import(api->service, api_identity(request), &id, request->body,
                                       request->body_size, holidays, apply, &error);
    if (plan)
        api_respond(response, 200, show_plan(plan));
    else
        api_fail(response, error);
}

static const struct http_route ROUTES[] = {
    {HTTP_METHOD_GET, "/calendar/{file}", API_ANYONE, HTTP_LANE_HEAVY, .handler = feed},
    {HTTP_METHOD_GET, "/me/calendar", API_SIGNED_IN, HTTP_LANE_QUICK, .handler = get_own},
    {HTTP_METHOD_POST, "/me/calendar", API_SIGNED_IN, HTTP_LANE_QUICK, .handler = create_own},
    {HTTP_METHOD_DELETE, "/me/calendar", API_SIGNED_IN, HTTP_LANE_QUICK, .handler = delete_own},
    {HTTP_METHOD_GET, "/courses/{id}/calendar", API_SIGNED_IN, HTTP_LANE_HEAVY,
     .handler = export_course},
    {HTTP_METHOD_POST, "/courses/{id}/calendar", API_ADMIN, HTTP_LANE_HEAVY, CALENDAR_BYTES_MAX,
     TYPES, .handler = import_course},
};

const struct api_routes API_CALENDAR_ROUTES = {ROUTES, G_N_ELEMENTS(ROUTES)};
