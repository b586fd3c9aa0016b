/* Health, version and the log of what was done. */
#include "api/routes.h"
#include "service/keys.h"
#include "service/register.h"
#include "service/watch.h"

static bool database_answers(struct api *api)
{
    const enum service_watch_state state = service_watch_state(api->service);
    g_autoptr(GError) error = NULL;

    if (state != SERVICE_WATCH_NONE)
        return state == SERVICE_WATCH_WELL;
    g_autoptr(core_institution) institution = service_institution(api->service, &error);
    if (!institution)
        g_warning("The database does not answer: %s", error->message);
    return institution != NULL;
}

/* Strangers are answered on an event thread: nothing here may wait for a database server then. */
static void health(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    const struct service_identity *identity = api_identity(request);

    if (!database_answers(api)) {
        http_response_error(response, 503, base_error_name(BASE_ERROR_UNAVAILABLE),
                            "The database does not answer.", NULL);
        http_response_retry_after(response, 5);
        return;
    }
    const bool watched = service_watch_state(api->service) != SERVICE_WATCH_NONE;
    g_autofree char *trouble = identity || !watched ? service_keys_trouble(api->service)
                                                    : service_keys_trouble_known(api->service);
    const char *why = service_recogniser(api->service) ? trouble : "The face models are missing.";
    json_t *json = json_object();
    json_object_set_new(json, "status", json_string("ok"));
    json_object_set_new(json, "faces", json_string(why ? "off" : "ok"));
    if (why && identity && identity->role == CORE_ROLE_ADMIN)
        json_object_set_new(json, "faces_reason", json_string(why));
    api_respond(response, 200, json);
}

static void version(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    g_autoptr(GError) error = NULL;
    g_autoptr(core_institution) institution = service_institution(api->service, &error);

    (void)request;
    if (!institution) {
        api_fail(response, error);
        return;
    }
    json_t *json = json_object();
    json_object_set_new(json, "name", json_string("presente"));
    json_object_set_new(json, "version", json_string(PRESENTE_VERSION));
    json_object_set_new(json, "institution", base_json_text_or_null(institution->name));
    json_object_set_new(json, "time_zone", base_json_text_or_null(institution->time_zone));
    json_object_set_new(json, "email_domain", base_json_text_or_null(institution->email_domain));
    json_object_set_new(json, "self_registration", json_boolean(api->options.self_registration));
    api_respond(response, 200, json);
}

static const struct http_route ROUTES[] = {
    {HTTP_METHOD_GET, "/health", API_ANYONE, HTTP_LANE_QUICK, .handler = health, .instant = true},
    {HTTP_METHOD_GET, "/version", API_ANYONE, HTTP_LANE_QUICK, .handler = version},
};

const struct api_routes API_SYSTEM_ROUTES = {ROUTES, G_N_ELEMENTS(ROUTES)};
