/* Sessions as they take place: events for those who listen, today's sessions. */
#include "api/routes.h"
#include "http/event.h"
#include "http/stream.h"
#include "service/accounts.h"
#include "service/live.h"
#include "service/session_now.h"

#include <string.h>

enum { NOW_LIMIT_MAX = 200 /* each has its counts */ };

/* ---- events ---- */

static GBytes *encode(const char *id, const char *name, const char *data)
{
    return http_event_format(id, name, data,
                             strcmp(name, "register") == 0 ? HTTP_STREAM_RETRY_MS : 0);
}

static enum service_live_sent send(gpointer stream, GBytes *event)
{
    static const enum service_live_sent RESULTS[] = {
        [HTTP_STREAM_SENT] = SERVICE_LIVE_SENT,
        [HTTP_STREAM_FULL] = SERVICE_LIVE_FULL,
        [HTTP_STREAM_GONE] = SERVICE_LIVE_GONE,
    };

    return RESULTS[http_stream_send(stream, event)];
}

static bool is_open(gpointer stream)
{
    return http_stream_state(stream) != HTTP_STREAM_CLOSED;
}

static bool is_quiet(gpointer stream)
{
    return http_stream_state(stream) == HTTP_STREAM_QUIET;
}

static void end(gpointer stream)
{
    http_stream_unref(stream);
}

static const struct service_live_port PORT = {
    .encode = encode,
    .send = send,
    .is_open = is_open,
    .is_quiet = is_quiet,
    .close = end,
};

/* `who` is the token that the listener came with. */
static bool admit_person(struct service *service, gconstpointer who,
                         const struct base_uuid *session_id, GError **error)
{
    struct service_identity identity;

    return service_authenticate(service, who, &identity, error) &&
           service_live_allow(service, &identity, session_id, error);
}

/* The same of a kiosk's. */
static bool admit_device(struct service *service, gconstpointer who,
                         const struct base_uuid *session_id, GError **error)
{
    struct service_device device;

    return service_device_authenticate(service, who, &device, error) &&
           service_device_allow_session(service, &device, session_id, error);
}

static bool admit_caller(struct api *api, const struct http_request *request,
                         const struct base_uuid *session_id, GError **error)
{
    const struct service_device *device = api_device(request);

    return device ? service_device_allow_session(api->service, device, session_id, error)
                  : service_live_allow(api->service, api_identity(request), session_id, error);
}

static void free_token(gpointer token)
{
    explicit_bzero(token, strlen(token));
    g_free(token);
}

static void get_events(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct service_live_listener listener = {
        .last_id = http_request_header(request, "Last-Event-ID"),
        .admit = api_device(request) ? admit_device : admit_person,
        .free_who = free_token,
    };
    const struct service_device *device = api_device(request);
    const struct base_uuid *caller = device ? &device->id : &api_identity(request)->user_id;
    char who[BASE_UUID_TEXT_SIZE];
    g_autoptr(GError) error = NULL;
    bool over = false;

    if (!api_path_uuid(request, "id", &listener.session_id, response))
        return;
    if (!admit_caller(api, request, &listener.session_id, &error) ||
        !service_live_is_over(api->service, &listener.session_id, listener.last_id, &over,
                              &error)) {
        api_fail(response, error);
        return;
    }
    /* A browser that is answered with this does not come back. */
    if (over)
        return;
    if (request->head) {
        g_autoptr(GBytes) nothing = g_bytes_new(NULL, 0);
        http_response_bytes(response, 200, "text/event-stream", nothing);
        return;
    }
    listener.stream = http_response_stream(request, response, base_uuid_format(caller, who));
    if (!listener.stream)
        return;
    listener.who = g_strdup(api_token(request));
    service_live_listen(api->service, &PORT, &listener);
}

/* ---- today ---- */

static json_t *show_counts(const struct db_live_counts *counts)
{
    json_t *json = json_object();

    for (int i = 0; i < CORE_STATUS_N; i++)
        json_object_set_new(json, core_status_name((enum core_status)i),
                            json_integer(counts->marks[i]));
    json_object_set_new(json, "unmarked", json_integer(counts->unmarked));
    return json;
}

static json_t *show_now(const void *entity, const void *data)
{
    const struct service_session_now *one = entity;
    const struct core_session *session = one->session;
    const bool *staff = data;
    json_t *json = json_object();

    json_object_set_new(json, "id", base_json_uuid(&session->id));
    json_object_set_new(json, "course_id", base_json_uuid(&session->course_id));
    json_object_set_new(json, "course_name", base_json_text_or_null(session->course_name));
    json_object_set_new(json, "title", base_json_text_or_null(session->title));
    json_object_set_new(json, "room_id", api_json_uuid_or_null(&session->room_id));
    json_object_set_new(json, "room_name", base_json_text_or_null(session->room_name));
    json_object_set_new(json, "note", base_json_text_or_null(session->note));
    json_object_set_new(json, "day", base_json_text_or_null(session->local_day));
    json_object_set_new(json, "starts_at", base_json_time(session->starts_at));
    json_object_set_new(json, "ends_at", base_json_time(session->ends_at));
    json_object_set_new(json, "opens_at", base_json_time(one->opens_at));
    json_object_set_new(json, "on_time_until", base_json_time(one->on_time_until));
    json_object_set_new(json, "closes_at", base_json_time(one->closes_at));
    json_object_set_new(json, "closed_at", api_json_time_or_null(session->closed_at));
    json_object_set_new(json, "window", json_string(service_window_name(one->window)));
    if (*staff) {
        json_object_set_new(json, "counts", show_counts(&one->counts));
        json_object_set_new(json, "total", json_integer(one->counts.total));
        json_object_set_new(json, "reviews", json_integer(one->counts.reviews));
    } else {
        json_object_set_new(json, "attendance",
                            one->mark ? api_json_attendance(one->mark, false) : json_null());
    }
    return json;
}

static void get_now(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct db_page page = {.limit = API_PAGE_LIMIT};
    const struct base_json_field FIELDS[] = {
        {"limit", BASE_JSON_INTEGER, BASE_JSON_OPTIONAL, &page.limit, .min = 1,
         .max = NOW_LIMIT_MAX},
        API_OFFSET_FIELD(page),
    };
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) sessions = NULL;
    g_auto(api_form) query = {0};
    const bool staff = api_identity(request)->role != CORE_ROLE_STUDENT;
    gint64 total = 0;

    if (api_form_read_query(request, &query, &error) &&
        api_form_values(&query, FIELDS, G_N_ELEMENTS(FIELDS), &error))
        sessions =
            service_session_now_list(api->service, api_identity(request), &page, &total, &error);
    if (sessions)
        api_respond_list(response, sessions, total, &page, show_now, &staff);
    else
        api_fail(response, error);
}

static const struct http_route ROUTES[] = {
    {HTTP_METHOD_GET, "/sessions/now", API_SIGNED_IN, HTTP_LANE_HEAVY, .handler = get_now},
    {HTTP_METHOD_GET, "/sessions/{id}/events", API_STAFF | API_DEVICE, HTTP_LANE_QUICK,
     .handler = get_events},
};

const struct api_routes API_EVENT_ROUTES = {ROUTES, G_N_ELEMENTS(ROUTES)};
