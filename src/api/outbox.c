/* What is to leave the house, and what became of it. */
#include "service/outbox.h"
#include "api/routes.h"
#include "service/mail.h"

#include <string.h>

static json_t *show(const void *entity, const void *data)
{
    const struct db_outbox_entry *entry = entity;
    json_t *json = json_object();

    (void)data;
    json_object_set_new(json, "id", base_json_uuid(&entry->id));
    json_object_set_new(json, "channel", json_string(db_outbox_channel_name(entry->channel)));
    json_object_set_new(json, "kind", json_string(entry->kind));
    json_object_set_new(json, "user_id", api_json_uuid_or_null(&entry->user_id));
    json_object_set_new(json, "webhook_id", api_json_uuid_or_null(&entry->webhook_id));
    json_object_set_new(json, "parameters",
                        base_json_parse(entry->parameters, strlen(entry->parameters), NULL));
    json_object_set_new(json, "state", json_string(db_outbox_state_name(entry->state)));
    json_object_set_new(json, "attempts", json_integer((json_int_t)entry->attempts));
    json_object_set_new(json, "due_at", base_json_time(entry->due_at));
    json_object_set_new(json, "last_error", base_json_text_or_null(entry->last_error));
    json_object_set_new(json, "created_at", base_json_time(entry->created_at));
    json_object_set_new(json, "finished_at", api_json_time_or_null(entry->finished_at));
    return json;
}

/* Names of states and channels as the filter has them. */
static bool read_names(const char *state, const char *channel, struct db_outbox_filter *filter,
                       GError **error)
{
    enum db_outbox_state known;

    if (state && !db_outbox_state_from_name(state, &known)) {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID,
                            "state must be waiting, sent, dead or cancelled.");
        return false;
    }
    if (state)
        filter->state = (int)known;
    for (int i = 0; channel && i < DB_OUTBOX_CHANNEL_N; i++)
        if (strcmp(db_outbox_channel_name(i), channel) == 0)
            filter->channel = i;
    if (!channel || filter->channel != DB_ANY)
        return true;
    g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID, "channel must be mail or webhook.");
    return false;
}

static void list(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct db_outbox_filter filter = DB_OUTBOX_FILTER_ALL;
    struct db_page page = {.limit = API_PAGE_LIMIT};
    const char *state = NULL, *channel = NULL;
    const struct base_json_field FIELDS[] = {
        {"state", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &state, .max = 32},
        {"channel", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &channel, .max = 32},
        {"kind", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &filter.kind, .max = 64},
        {"user_id", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &filter.user_id},
        {"webhook_id", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &filter.webhook_id},
        API_LIMIT_FIELD(page),
        API_OFFSET_FIELD(page),
    };
    gint64 total = 0;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) entries = NULL;
    g_auto(api_form) query = {0};

    if (api_form_read_query(request, &query, &error) &&
        api_form_values(&query, FIELDS, G_N_ELEMENTS(FIELDS), &error) &&
        read_names(state, channel, &filter, &error))
        entries = service_outbox_list(api->service, api_identity(request), &filter, &page, &total,
                                      &error);
    if (entries)
        api_respond_list(response, entries, total, &page, show, NULL);
    else
        api_fail(response, error);
}

static void get(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct base_uuid id;
    g_autoptr(GError) error = NULL;
    g_autoptr(db_outbox_entry) entry = NULL;

    if (!api_path_uuid(request, "id", &id, response))
        return;
    entry = service_outbox_find(api->service, api_identity(request), &id, &error);
    if (entry)
        api_respond(response, 200, show(entry, NULL));
    else
        api_fail(response, error);
}

static void preview(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct base_uuid id;
    enum service_mail_kind kind;
    g_autoptr(GError) error = NULL;
    g_autoptr(db_outbox_entry) entry = NULL;
    g_autoptr(service_mail) mail = NULL;

    if (!api_path_uuid(request, "id", &id, response))
        return;
    entry = service_outbox_find(api->service, api_identity(request), &id, &error);
    if (entry && !service_mail_kind_from_name(entry->kind, &kind))
        g_set_error_literal(&error, BASE_ERROR, BASE_ERROR_CONFLICT,
                            "This is not a mail to anybody: there is nothing to show.");
    else if (entry)
        mail =
            service_mail_make(api->service, kind, &entry->user_id, entry->parameters, true, &error);
    if (mail)
        api_respond(response, 200, api_json_mail(mail));
    else
        api_fail(response, error);
}

static void retry(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct base_uuid id;
    g_autoptr(GError) error = NULL;

    if (api_path_uuid(request, "id", &id, response) &&
        !service_outbox_retry(api->service, api_identity(request), &id, &error))
        api_fail(response, error);
}

static void cancel(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct base_uuid id;
    g_autoptr(GError) error = NULL;

    if (api_path_uuid(request, "id", &id, response) &&
        !service_outbox_cancel(api->service, api_identity(request), &id, &error))
        api_fail(response, error);
}

static const struct http_route ROUTES[] = {
    {HTTP_METHOD_GET, "/outbox", API_ADMIN, HTTP_LANE_QUICK, .handler = list},
    {HTTP_METHOD_GET, "/outbox/{id}", API_ADMIN, HTTP_LANE_QUICK, .handler = get},
    {HTTP_METHOD_GET, "/outbox/{id}/preview", API_ADMIN, HTTP_LANE_HEAVY, .handler = preview},
    {HTTP_METHOD_POST, "/outbox/{id}/retry", API_ADMIN, HTTP_LANE_QUICK, .handler = retry},
    {HTTP_METHOD_POST, "/outbox/{id}/cancel", API_ADMIN, HTTP_LANE_QUICK, .handler = cancel},
};

const struct api_routes API_OUTBOX_ROUTES = {ROUTES, G_N_ELEMENTS(ROUTES)};
