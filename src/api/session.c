/* Signing in and out. */
#include "api/routes.h"
#include "service/accounts.h"

static void login(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    const char *email = NULL, *password = NULL;
    const struct base_json_field FIELDS[] = {
        {"email", BASE_JSON_TEXT, BASE_JSON_REQUIRED, &email, .min = 1, .max = 1024},
        {"password", BASE_JSON_TEXT, BASE_JSON_REQUIRED, &password, .min = 1, .max = 1024},
    };
    g_autoptr(json_t) json = NULL;
    g_autoptr(GError) error = NULL;
    struct service_session session = {0};
    int retry_after = 0;

    if (!api_json_values(request, &json, FIELDS, G_N_ELEMENTS(FIELDS), &error) ||
        !service_sign_in(api->service, email, password, http_request_client_key(request), &session,
                         &retry_after, &error)) {
        api_fail(response, error);
        if (retry_after > 0)
            http_response_retry_after(response, (unsigned)retry_after);
        return;
    }
    api_respond_session(api, request, response, 200, session.user, session.token,
                        session.expires_at, NULL);
    service_session_clear(&session);
}

static void logout(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    g_autoptr(GError) error = NULL;

    if (!service_sign_out(api->service, api_identity(request), &error)) {
        api_fail(response, error);
        return;
    }
    http_response_cookie(response, &(struct http_cookie){.name = API_COOKIE, .value = ""});
    http_response_no_content(response);
}

static const struct http_route ROUTES[] = {
    {HTTP_METHOD_POST, "/login", API_ANYONE, HTTP_LANE_HEAVY, API_BODY_JSON, API_JSON_TYPES,
     .handler = login},
    {HTTP_METHOD_POST, "/logout", API_SIGNED_IN, HTTP_LANE_QUICK, API_BODY_JSON, API_JSON_TYPES,
     .body_optional = true, .handler = logout},
};

const struct api_routes API_SESSION_ROUTES = {ROUTES, G_N_ELEMENTS(ROUTES)};
