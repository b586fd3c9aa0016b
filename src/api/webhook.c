/* Webhooks: who is told what happens, and what became of it. */
#include "api/routes.h"
#include "service/outbox.h"
#include "service/webhooks.h"

enum { URL_BYTES_MAX = 4096 };

/* The secret is shown once, to whoever made the webhook. */
static json_t *show(const struct core_webhook *webhook, bool with_secret)
{
    json_t *json = json_object();
    json_t *events = json_array();

    for (int i = 0; i < CORE_WEBHOOK_EVENT_N; i++)
        if (webhook->events & CORE_WEBHOOK_BIT(i))
            json_array_append_new(events, json_string(core_webhook_event_name(i)));
    json_object_set_new(json, "id", base_json_uuid(&webhook->id));
    json_object_set_new(json, "url", json_string(webhook->url));
    json_object_set_new(json, "events", events);
    json_object_set_new(json, "active", json_boolean(webhook->active));
    json_object_set_new(json, "created_at", base_json_time(webhook->created_at));
    json_object_set_new(json, "updated_at", base_json_time(webhook->updated_at));
    if (with_secret)
        json_object_set_new(json, "secret", json_string(webhook->secret));
    return json;
}

static bool read_events(json_t *names, guint *events, GError **error)
{
    enum core_webhook_event event;
    size_t i;
    json_t *name;

    *events = 0;
    json_array_foreach(names, i, name)
    {
        if (!core_webhook_event_from_name(json_string_value(name), &event) ||
            event == CORE_WEBHOOK_TEST) {
            g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID,
                                "events must be of attendance.marked, attendance.corrected, "
                                "session.closed, dispute.opened and dispute.settled.");
            return false;
        }
        *events |= CORE_WEBHOOK_BIT(event);
    }
    return true;
}

/* What a body says of a webhook; `input` points into it. */
struct body {
    json_t *json;
    const char *url;
    json_t *names;
    guint events;
    bool active;
    bool has_active;
    struct service_webhook_input input;
};

static bool read_body(const struct http_request *request, struct body *body, GError **error)
{
    const struct base_json_field FIELDS[] = {
        {"url", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &body->url, .max = URL_BYTES_MAX},
        {"events", BASE_JSON_ARRAY, BASE_JSON_OPTIONAL, &body->names},
        {"active", BASE_JSON_BOOL, BASE_JSON_OPTIONAL, &body->active, &body->has_active},
    };

    if (!api_json_values(request, &body->json, FIELDS, G_N_ELEMENTS(FIELDS), error) ||
        (body->names && !read_events(body->names, &body->events, error)))
        return false;
    body->input.url = body->url;
    body->input.events = body->names ? &body->events : NULL;
    body->input.active = body->has_active ? &body->active : NULL;
    return true;
}

static void list(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) webhooks =
        service_webhook_list(api->service, api_identity(request), &error);

    if (!webhooks) {
        api_fail(response, error);
        return;
    }
    json_t *items = json_array();
    for (guint i = 0; i < webhooks->len; i++)
        json_array_append_new(items, show(webhooks->pdata[i], false));
    api_respond(response, 200,
                json_pack("{s:o, s:I}", "items", items, "total", (json_int_t)webhooks->len));
}

static void create(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct body body = {0};
    g_autoptr(GError) error = NULL;
    g_autoptr(core_webhook) webhook = NULL;

    if (read_body(request, &body, &error))
        webhook = service_webhook_create(api->service, api_identity(request), &body.input, &error);
    if (webhook)
        api_respond(response, 201, show(webhook, true));
    else
        api_fail(response, error);
    json_decref(body.json);
}

static void get(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct base_uuid id;
    g_autoptr(GError) error = NULL;
    g_autoptr(core_webhook) webhook = NULL;

    if (!api_path_uuid(request, "id", &id, response))
        return;
    webhook = service_webhook_find(api->service, api_identity(request), &id, &error);
    if (webhook)
        api_respond(response, 200, show(webhook, false));
    else
        api_fail(response, error);
}

static void update(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct base_uuid id;
    struct body body = {0};
    g_autoptr(GError) error = NULL;
    g_autoptr(core_webhook) webhook = NULL;

    if (!api_path_uuid(request, "id", &id, response))
        return;
    if (read_body(request, &body, &error))
        webhook =
            service_webhook_update(api->service, api_identity(request), &id, &body.input, &error);
    if (webhook)
        api_respond(response, 200, show(webhook, false));
    else
        api_fail(response, error);
    json_decref(body.json);
}

static void remove_webhook(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct base_uuid id;
    g_autoptr(GError) error = NULL;

    if (api_path_uuid(request, "id", &id, response) &&
        !service_webhook_delete(api->service, api_identity(request), &id, &error))
        api_fail(response, error);
}

static void test(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct base_uuid id;
    g_autoptr(GError) error = NULL;

    if (!api_path_uuid(request, "id", &id, response))
        return;
    if (service_webhook_test(api->service, api_identity(request), &id, &error))
        http_response_status_only(response, 202);
    else
        api_fail(response, error);
}

static json_t *show_delivery(const void *data, const void *unused)
{
    const struct db_outbox_entry *entry = data;
    json_t *json = json_object();

    (void)unused;
    json_object_set_new(json, "id", base_json_uuid(&entry->id));
    json_object_set_new(json, "type", json_string(entry->kind));
    json_object_set_new(json, "state", json_string(db_outbox_state_name(entry->state)));
    json_object_set_new(json, "attempts", json_integer(entry->attempts));
    json_object_set_new(json, "due_at", base_json_time(entry->due_at));
    json_object_set_new(json, "error", base_json_text_or_null(entry->last_error));
    json_object_set_new(json, "created_at", base_json_time(entry->created_at));
    json_object_set_new(json, "finished_at",
                        entry->finished_at ? base_json_time(entry->finished_at) : json_null());
    return json;
}

static void deliveries(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct db_outbox_filter filter = DB_OUTBOX_FILTER_ALL;
    struct db_page page = {.limit = API_PAGE_LIMIT};
    const struct base_json_field FIELDS[] = {API_LIMIT_FIELD(page), API_OFFSET_FIELD(page)};
    gint64 total = 0;
    g_autoptr(GError) error = NULL;
    g_autoptr(core_webhook) webhook = NULL;
    g_autoptr(GPtrArray) entries = NULL;
    g_auto(api_form) query = {0};

    if (!api_path_uuid(request, "id", &filter.webhook_id, response))
        return;
    if (api_form_read_query(request, &query, &error) &&
        api_form_values(&query, FIELDS, G_N_ELEMENTS(FIELDS), &error))
        webhook =
            service_webhook_find(api->service, api_identity(request), &filter.webhook_id, &error);
    if (webhook)
        entries = service_outbox_list(api->service, api_identity(request), &filter, &page, &total,
                                      &error);
    if (entries)
        api_respond_list(response, entries, total, &page, show_delivery, NULL);
    else
        api_fail(response, error);
}

static const struct http_route ROUTES[] = {
    {HTTP_METHOD_GET, "/webhooks", API_ADMIN, HTTP_LANE_QUICK, .handler = list},
    {HTTP_METHOD_POST, "/webhooks", API_ADMIN, HTTP_LANE_QUICK, API_BODY_JSON, API_JSON_TYPES,
     .handler = create},
    {HTTP_METHOD_GET, "/webhooks/{id}", API_ADMIN, HTTP_LANE_QUICK, .handler = get},
    {HTTP_METHOD_PATCH, "/webhooks/{id}", API_ADMIN, HTTP_LANE_QUICK, API_BODY_JSON, API_JSON_TYPES,
     .handler = update},
    {HTTP_METHOD_DELETE, "/webhooks/{id}", API_ADMIN, HTTP_LANE_QUICK, .handler = remove_webhook},
    {HTTP_METHOD_POST, "/webhooks/{id}/test", API_ADMIN, HTTP_LANE_QUICK, .handler = test},
    {HTTP_METHOD_GET, "/webhooks/{id}/deliveries", API_ADMIN, HTTP_LANE_QUICK,
     .handler = deliveries},
};

const struct api_routes API_WEBHOOK_ROUTES = {ROUTES, G_N_ELEMENTS(ROUTES)};
