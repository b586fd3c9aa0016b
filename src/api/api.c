#include "api/api.h"

#include "api/routes.h"
#include "core/policy.h"
#include "service/accounts.h"
#include "service/enrol.h"

#include <string.h>

void api_init(struct api *api, const struct api_options *options)
{
    *api = (struct api){.options = *options, .service = options->service};
}

const struct http_route *api_routes(size_t *n)
{
    static const struct api_routes *const RESOURCES[] = {
        &API_SESSION_ROUTES,   &API_CATALOGUE_ROUTES,
        &API_COURSE_ROUTES,    &API_ENROLMENT_ROUTES,
        &API_SLOT_ROUTES,      &API_TIMETABLE_ROUTES,
        &API_CALENDAR_ROUTES,  &API_ACCOUNT_ROUTES,
        &API_USER_ROUTES,      &API_FACE_ROUTES,
        &API_GROUP_ROUTES,     &API_IMAGE_ROUTES,
        &API_IMPORT_ROUTES,    &API_INSTITUTION_ROUTES,
        &API_JOB_ROUTES,       &API_MARK_ROUTES,
        &API_CHALLENGE_ROUTES, &API_CLASS_ROUTES,
        &API_DISPUTE_ROUTES,   &API_LOOKALIKE_ROUTES,
        &API_REVIEW_ROUTES,    &API_DUPLICATE_ROUTES,
        &API_POLICY_ROUTES,    &API_ROLL_ROUTES,
        &API_REGISTER_ROUTES,  &API_AUDIT_ROUTES,
        &API_SYSTEM_ROUTES,    &API_CONSENT_ROUTES,
        &API_STATUS_ROUTES,    &API_WEBHOOK_ROUTES,
        &API_MAIL_ROUTES,      &API_OUTBOX_ROUTES,
        &API_REPORT_ROUTES,    &API_REPORT_SCHEDULE_ROUTES,
        &API_STANDING_ROUTES,  &API_DASHBOARD_ROUTES,
        &API_DEVICE_ROUTES,    &API_KIOSK_ROUTES,
        &API_CODE_ROUTES,      &API_EVENT_ROUTES,
    };
    static gsize once;
    static GArray *all;

    if (g_once_init_enter(&once)) {
        all = g_array_new(FALSE, FALSE, sizeof(struct http_route));
        for (size_t i = 0; i < G_N_ELEMENTS(RESOURCES); i++)
            g_array_append_vals(all, RESOURCES[i]->routes, (guint)RESOURCES[i]->n);
        g_once_init_leave(&once, 1);
    }
    *n = all->len;
    return &g_array_index(all, struct http_route, 0);
}

/* ---- who is asking ---- */

static const char *bearer_token(const struct http_request *request)
{
    static const char SCHEME[] = "Bearer ";
    const char *header = http_request_header(request, "Authorization");

    if (!header || g_ascii_strncasecmp(header, SCHEME, strlen(SCHEME)) != 0)
        return NULL;
    return header + strlen(SCHEME);
}

/* Whether a browser says that one of our own pages sent this. SameSite=Strict keeps the cookie away
 * from other sites already; this also covers sibling subdomains. */
static bool is_same_origin(const struct http_request *request)
{
    const char *site = http_request_header(request, "Sec-Fetch-Site");
    const char *origin = http_request_header(request, "Origin");
    const char *host = http_request_header(request, "Host");

    if (site)
        return strcmp(site, "same-origin") == 0 || strcmp(site, "none") == 0;
    if (!origin)
        return true;
    const char *authority = strstr(origin, "://");
    return authority && host && g_ascii_strcasecmp(authority + 3, host) == 0;
}

const char *api_token(struct http_request *request)
{
    if (api_device(request))
        return http_request_cookie(request, API_DEVICE_COOKIE);
    const char *token = bearer_token(request);
    return token ? token : http_request_cookie(request, API_COOKIE);
}

static bool refuse(struct http_response *response, enum base_error code, const char *message)
{
    g_autoptr(GError) error = g_error_new_literal(BASE_ERROR, (int)code, message);

    if (code == BASE_ERROR_UNAUTHENTICATED)
        http_response_header(response, "WWW-Authenticate", "Bearer");
    return api_fail(response, error);
}

static void let_in(struct http_request *request, const struct api_caller *caller)
{
    request->identity = g_memdup2(caller, sizeof *caller);
    request->identity_destroy = g_free;
}

/* By the cookie of a kiosk. */
static bool authorise_device(struct api *api, struct http_request *request,
                             struct http_response *response)
{
    const char *token = http_request_cookie(request, API_DEVICE_COOKIE);
    struct api_caller caller = {.is_device = true};
    g_autoptr(GError) error = NULL;

    if (!token)
        return refuse(response, BASE_ERROR_UNAUTHENTICATED, "This kiosk is not paired.");
    if (request->method != HTTP_METHOD_GET && !is_same_origin(request))
        return refuse(response, BASE_ERROR_FORBIDDEN,
                      "This request does not come from one of our own pages.");
    if (!service_device_authenticate(api->service, token, &caller.device, &error))
        return api_fail(response, error);
    let_in(request, &caller);
    return true;
}

bool api_authorise(void *app, struct http_request *request, const struct http_route *route,
                   struct http_response *response)
{
    struct api *api = app;
    bool is_open = route->access & API_NOBODY;

    if (route->access == API_DEVICE)
        return authorise_device(api, request, response);
    const char *token = bearer_token(request);
    g_autoptr(GError) error = NULL;
    struct api_caller caller = {0};

    if (!token) {
        token = http_request_cookie(request, API_COOKIE);
        if (token && request->method != HTTP_METHOD_GET && !is_same_origin(request)) {
            if (!is_open)
                return refuse(response, BASE_ERROR_FORBIDDEN,
                              "This request does not come from one of our own pages.");
            token = NULL;
        }
    }
    if (!token && route->access & API_DEVICE && http_request_cookie(request, API_DEVICE_COOKIE))
        return authorise_device(api, request, response);
    if (!token)
        return is_open || refuse(response, BASE_ERROR_UNAUTHENTICATED, "Please sign in.");
    if (!service_authenticate(api->service, token, &caller.identity, &error)) {
        bool is_nobody = g_error_matches(error, BASE_ERROR, BASE_ERROR_UNAUTHENTICATED);
        if (is_nobody && route->access & API_DEVICE)
            return authorise_device(api, request, response);
        if (is_open && is_nobody)
            return true;
        if (is_nobody)
            http_response_header(response, "WWW-Authenticate", "Bearer error=\"invalid_token\"");
        return api_fail(response, error);
    }
    /* Somebody may be signed in at a kiosk. */
    if (!(route->access & API_ROLE(caller.identity.role)))
        return route->access & API_DEVICE && http_request_cookie(request, API_DEVICE_COOKIE)
                   ? authorise_device(api, request, response)
                   : refuse(response, BASE_ERROR_FORBIDDEN, "Your role does not allow this.");
    let_in(request, &caller);
    return true;
}

/* ---- what handlers share ---- */

bool api_fail(struct http_response *response, const GError *error)
{
    const char *field = service_error_field(error);

    if (field) {
        g_autofree char *details = g_strdup_printf("[{\"field\":\"%s\"}]", field);
        http_response_error(response, http_status_of(error),
                            base_error_name((enum base_error)error->code), error->message, details);
    } else {
        http_response_gerror(response, error);
    }
    if (g_error_matches(error, BASE_ERROR, BASE_ERROR_UNAVAILABLE))
        http_response_retry_after(response, 5);
    return false;
}

bool api_path_uuid(const struct http_request *request, const char *name, struct base_uuid *uuid,
                   struct http_response *response)
{
    if (base_uuid_parse(http_request_param(request, name), uuid))
        return true;
    return refuse(response, BASE_ERROR_NOT_FOUND, "There is no such thing.");
}

bool api_limit_key(struct api *api, enum auth_limit limit, const char *key,
                   struct http_response *response)
{
    g_autoptr(GError) error = NULL;
    int retry_after = 0;

    if (service_limit(api->service, limit, key, &retry_after, &error))
        return true;
    api_fail(response, error);
    http_response_retry_after(response, (unsigned)MAX(retry_after, 1));
    return false;
}

bool api_limit(struct api *api, enum auth_limit limit, const struct http_request *request,
               struct http_response *response)
{
    return api_limit_key(api, limit, http_request_client_key(request), response);
}

bool api_limit_faces(struct api *api, const struct http_request *request,
                     struct http_response *response)
{
    const struct service_identity *identity = api_identity(request);
    char id[BASE_UUID_TEXT_SIZE];

    return api_limit(api, AUTH_LIMIT_MARK_ADDRESS, request, response) &&
           (!identity || api_limit_key(api, AUTH_LIMIT_MARK_ADDRESS,
                                       base_uuid_format(&identity->user_id, id), response));
}

const char *api_sort_name(const char *sort, bool *descending)
{
    if (!sort)
        return NULL;
    *descending = *sort == '-';
    return sort + *descending;
}

/* Found anew once a second: the time zone costs a read of the database and of the zone's file, more
 * than all the rest of a small answer. */
void api_today(struct api *api, char day[CORE_DAY_SIZE])
{
    const gint64 now = g_get_monotonic_time();

    g_mutex_lock(&api->today_lock);
    if (now >= api->today_until) {
        g_autoptr(GTimeZone) zone = service_time_zone(api->service, NULL);
        api->today[0] = '\0';
        if (zone && core_day_of_time(zone, base_time_now(), api->today, NULL))
            api->today_until = now + G_TIME_SPAN_SECOND;
    }
    memcpy(day, api->today, CORE_DAY_SIZE);
    g_mutex_unlock(&api->today_lock);
}

void api_respond_user(struct api *api, struct http_response *response, unsigned status,
                      const struct core_user *user)
{
    char today[CORE_DAY_SIZE];

    api_today(api, today);
    api_respond(response, status, api_json_user(user, today));
}

void api_delete(struct api *api, const struct http_request *request, struct http_response *response,
                api_delete_by_id delete_it)
{
    struct base_uuid id;
    g_autoptr(GError) error = NULL;

    if (api_path_uuid(request, "id", &id, response) &&
        !delete_it(api->service, api_identity(request), &id, &error))
        api_fail(response, error);
}

void api_respond_list(struct http_response *response, const GPtrArray *entities, gint64 total,
                      const struct db_page *page, api_show show, const void *data)
{
    json_t *items = json_array();

    for (guint i = 0; i < entities->len; i++)
        json_array_append_new(items, show(entities->pdata[i], data));
    api_respond(response, 200, api_json_list(items, total, page));
}

void api_respond_session(struct api *api, const struct http_request *request,
                         struct http_response *response, unsigned status,
                         const struct core_user *user, const char *token, base_time expires_at,
                         json_t *photos)
{
    char today[CORE_DAY_SIZE];
    json_t *json = json_object();

    api_today(api, today);
    json_object_set_new(json, "token", json_string(token));
    json_object_set_new(json, "expires_at", base_json_time(expires_at));
    json_object_set_new(json, "user", api_json_user(user, today));
    if (photos)
        json_object_set_new(json, "photos", photos);
    http_response_cookie(response,
                         &(struct http_cookie){
                             .name = API_COOKIE,
                             .value = token,
                             .max_age = (expires_at - base_time_now()) / BASE_TIME_SECOND,
                             .secure = api->options.cookie_secure || http_request_secure(request),
                         });
    api_respond(response, status, json);
}
