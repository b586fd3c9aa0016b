/* Accounts that come into being, and one's own. */
#include "api/person.h"
#include "api/photo.h"
#include "api/routes.h"
#include "service/accounts.h"

#define MINE                                                                                       \
    (SERVICE_USER_NAME | SERVICE_USER_AGE | SERVICE_USER_DATE_OF_BIRTH | SERVICE_USER_IMAGE |      \
     SERVICE_USER_LANGUAGE)
#define BY_ADMIN                                                                                   \
    (MINE | SERVICE_USER_EMAIL | SERVICE_USER_PASSWORD | SERVICE_USER_GROUP | SERVICE_USER_ROLE |  \
     SERVICE_USER_NUMBER)
#define BY_STUDENT                                                                                 \
    (SERVICE_USER_NAME | SERVICE_USER_EMAIL | SERVICE_USER_PASSWORD | SERVICE_USER_AGE |           \
     SERVICE_USER_DATE_OF_BIRTH | SERVICE_USER_GROUP)

static void create(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    const struct service_enrol_options options = {.skip_liveness = true, .source = "admin"};
    struct service_user_input input;
    struct service_registration result = {0};
    g_autoptr(GError) error = NULL;
    g_auto(api_form) form = {0};

    if (!api_form_read(request, SERVICE_PHOTOS_MAX, &form, &error) ||
        !api_person_read(&form, BY_ADMIN,
                         SERVICE_USER_NAME | SERVICE_USER_EMAIL | SERVICE_USER_ROLE, &input, NULL,
                         &error) ||
        !service_user_create(api->service, api_identity(request), &input, form.pictures,
                             form.pictures_n, &options, &result, &error)) {
        api_fail(response, error);
        return;
    }
    if (result.user)
        api_respond_user(api, response, 201, result.user);
    else
        api_refuse_photos(response, &result.photos);
    service_registration_clear(&result);
}

static void sign_in_registered(struct api *api, const struct http_request *request,
                               const struct service_user_input *input,
                               const struct service_enrolment *photos,
                               struct http_response *response)
{
    struct service_session session = {0};
    g_autoptr(GError) error = NULL;

    /* Without an address: whoever has just registered has not been guessing passwords. */
    if (!service_sign_in(api->service, input->email, input->password, NULL, &session, NULL,
                         &error)) {
        api_fail(response, error);
        return;
    }
    api_respond_session(api, request, response, 201, session.user, session.token,
                        session.expires_at, api_json_photos(photos));
    service_session_clear(&session);
}

static void register_student(void *app, struct http_request *request,
                             struct http_response *response)
{
    struct api *api = app;
    struct service_user_input input;
    struct service_registration result = {0};
    g_autoptr(GError) error = NULL;
    g_auto(api_form) form = {0};

    if (!api_limit(api, AUTH_LIMIT_REGISTER, request, response))
        return;
    if (!api_form_read(request, SERVICE_REGISTRATION_PHOTOS, &form, &error) ||
        !api_person_read(&form, BY_STUDENT | API_PERSON_CONSENT,
                         SERVICE_USER_NAME | SERVICE_USER_EMAIL | SERVICE_USER_PASSWORD, &input,
                         NULL, &error) ||
        !service_user_register(api->service, &input, form.pictures, form.pictures_n, &result,
                               &error)) {
        api_fail(response, error);
        return;
    }
    if (result.user)
        sign_in_registered(api, request, &input, &result.photos, response);
    else
        api_refuse_photos(response, &result.photos);
    service_registration_clear(&result);
}

static void exists(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    const char *email = NULL;
    const struct base_json_field FIELDS[] = {
        {"email", BASE_JSON_TEXT, BASE_JSON_REQUIRED, &email, .max = 1024},
    };
    bool found = false;
    enum core_role role = CORE_ROLE_N;
    g_autoptr(GError) error = NULL;
    g_auto(api_form) query = {0};

    if (!api_limit(api, AUTH_LIMIT_EXISTS, request, response))
        return;
    if (!api_form_read_query(request, &query, &error) ||
        !api_form_values(&query, FIELDS, G_N_ELEMENTS(FIELDS), &error) ||
        !service_user_exists(api->service, api_identity(request), email, &found, &role, &error)) {
        api_fail(response, error);
        return;
    }
    json_t *json = json_object();
    json_object_set_new(json, "exists", json_boolean(found));
    if (role != CORE_ROLE_N)
        json_object_set_new(json, "role", json_string(core_role_name(role)));
    api_respond(response, 200, json);
}

static void get_me(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    const struct service_identity *me = api_identity(request);
    g_autoptr(GError) error = NULL;
    g_autoptr(core_user) user = service_user_find(api->service, me, &me->user_id, &error);

    if (user)
        api_respond_user(api, response, 200, user);
    else
        api_fail(response, error);
}

/* Changing the password voids the cookie that this request came with, so the answer brings another
 * one. NULL when the answer is an error. */
static struct core_user *change_password(struct api *api, struct http_request *request,
                                         const char *current,
                                         const struct service_user_input *input,
                                         struct http_response *response)
{
    struct service_session session = {0};
    struct core_user *user = NULL;
    g_autoptr(GError) error = NULL;
    int retry_after = 0;

    if (!current)
        error = g_error_new_literal(BASE_ERROR, BASE_ERROR_INVALID,
                                    "current_password is missing; a new password needs it.");
    else if (service_password_change(api->service, api_identity(request), current, input, &session,
                                     &retry_after, &error)) {
        api_respond_session(api, request, response, 200, session.user, session.token,
                            session.expires_at, NULL);
        user = g_steal_pointer(&session.user);
    }
    service_session_clear(&session);
    if (!user)
        api_fail(response, error);
    if (retry_after > 0)
        http_response_retry_after(response, (unsigned)retry_after);
    return user;
}

static void change_me(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    const struct service_identity *me = api_identity(request);
    const char *current_password = NULL;
    struct service_user_input input;
    g_autoptr(GError) error = NULL;
    g_autoptr(core_user) user = NULL;
    g_auto(api_form) form = {0};

    if (!api_form_read(request, 0, &form, &error) ||
        !api_person_read(&form, MINE | SERVICE_USER_PASSWORD, 0, &input, &current_password,
                         &error)) {
        api_fail(response, error);
        return;
    }
    const bool has_password = input.fields & SERVICE_USER_PASSWORD;
    if (has_password)
        user = change_password(api, request, current_password, &input, response);
    else
        user = input.fields ? service_user_update(api->service, me, &me->user_id, &input, &error)
                            : service_user_find(api->service, me, &me->user_id, &error);
    if (user)
        api_respond_user(api, response, 200, user);
    else if (!has_password)
        api_fail(response, error);
}

static const struct http_route ROUTES[] = {
    {HTTP_METHOD_POST, "/signup", API_ADMIN, HTTP_LANE_HEAVY, API_BODY_PHOTOS, API_FORM_TYPES,
     .handler = create},
    {HTTP_METHOD_POST, "/user/create", API_ADMIN, HTTP_LANE_HEAVY, API_BODY_PHOTOS, API_FORM_TYPES,
     .handler = create},
    {HTTP_METHOD_POST, "/register", API_ANYONE, HTTP_LANE_HEAVY, API_BODY_PHOTOS, API_FORM_TYPES,
     .handler = register_student},
    {HTTP_METHOD_GET, "/users/exists", API_ANYONE, HTTP_LANE_QUICK, .handler = exists},
    {HTTP_METHOD_GET, "/me", API_SIGNED_IN, HTTP_LANE_QUICK, .handler = get_me},
    {HTTP_METHOD_PATCH, "/me", API_SIGNED_IN, HTTP_LANE_HEAVY, API_BODY_JSON, API_JSON_TYPES,
     .handler = change_me},
};

const struct api_routes API_ACCOUNT_ROUTES = {ROUTES, G_N_ELEMENTS(ROUTES)};
