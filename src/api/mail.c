/* Links in mails (passwords, mail that is not wanted), invitations, previews, reports by mail. */
#include "service/mail.h"
#include "api/routes.h"
#include "service/links.h"
#include "service/schedule.h"

#include <string.h>

enum { TOKEN_MAX = 1024 };

static void fail_later(struct http_response *response, const GError *error, int retry_after)
{
    api_fail(response, error);
    if (retry_after > 0)
        http_response_retry_after(response, (unsigned)retry_after);
}

/* ---- passwords ---- */

static void forgot(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    const char *email = NULL;
    const struct base_json_field FIELDS[] = {
        {"email", BASE_JSON_TEXT, BASE_JSON_REQUIRED, &email, .min = 1, .max = 1024},
    };
    g_autoptr(json_t) json = NULL;
    g_autoptr(GError) error = NULL;
    int retry_after = 0;

    if (api_json_values(request, &json, FIELDS, G_N_ELEMENTS(FIELDS), &error) &&
        service_password_forgot(api->service, email, http_request_client_key(request), &retry_after,
                                &error))
        api_respond(response, 202, json_object());
    else
        fail_later(response, error, retry_after);
}

static void set_password(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    const char *token = NULL, *password = NULL;
    const struct base_json_field FIELDS[] = {
        {"token", BASE_JSON_TEXT, BASE_JSON_REQUIRED, &token, .min = 1, .max = TOKEN_MAX},
        {"password", BASE_JSON_TEXT, BASE_JSON_REQUIRED, &password, .min = 1, .max = 1024},
    };
    g_autoptr(json_t) json = NULL;
    g_autoptr(GError) error = NULL;
    int retry_after = 0;

    if (!api_json_values(request, &json, FIELDS, G_N_ELEMENTS(FIELDS), &error) ||
        !service_password_set_by_link(api->service, token, password,
                                      http_request_client_key(request), &retry_after, &error))
        fail_later(response, error, retry_after);
}

/* ---- invitations ---- */

static void invite(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct base_uuid id;
    g_autoptr(GError) error = NULL;

    if (!api_path_uuid(request, "id", &id, response))
        return;
    if (service_invite(api->service, api_identity(request), &id, &error))
        api_respond(response, 202, json_object());
    else
        api_fail(response, error);
}

static GArray *read_ids(const json_t *list, GError **error)
{
    g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(struct base_uuid));
    struct base_uuid id;

    for (size_t i = 0; i < json_array_size(list); i++) {
        if (!base_uuid_parse(json_string_value(json_array_get(list, i)), &id)) {
            g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID,
                                "user_ids must be a list of ids.");
            return NULL;
        }
        g_array_append_val(ids, id);
    }
    return g_steal_pointer(&ids);
}

static bool read_role(const char *name, int *role, GError **error)
{
    enum core_role known;

    *role = DB_ANY;
    if (!name)
        return true;
    if (!core_role_from_name(name, &known)) {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID,
                            "role must be admin, teacher or student.");
        return false;
    }
    *role = (int)known;
    return true;
}

static void invite_all(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    const char *role_name = NULL;
    json_t *list = NULL;
    int role = DB_ANY;
    gint64 invited = 0;
    const struct base_json_field FIELDS[] = {
        {"role", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &role_name, .max = 32},
        {"user_ids", BASE_JSON_ARRAY, BASE_JSON_OPTIONAL, &list},
    };
    g_autoptr(json_t) json = NULL;
    g_autoptr(GArray) ids = NULL;
    g_autoptr(GError) error = NULL;

    if (!api_json_values(request, &json, FIELDS, G_N_ELEMENTS(FIELDS), &error) ||
        !read_role(role_name, &role, &error) || (list && !(ids = read_ids(list, &error))) ||
        !service_invite_all(api->service, api_identity(request), role, ids, &invited, &error))
        api_fail(response, error);
    else
        api_respond(response, 202, json_pack("{s:I}", "invited", (json_int_t)invited));
}

/* ---- mail that is not wanted ---- */

static const char *query_token(struct api_form *query)
{
    return json_string_value(json_object_get(query->values, "token"));
}

static json_t *refusal_json(const char *kind, bool refused)
{
    return json_pack("{s:s, s:b}", "kind", kind, "refused", refused);
}

/* For who follows the link of a mail program into a browser; it changes nothing. */
static bool send_to_page(const struct http_request *request, const char *token,
                         struct http_response *response)
{
    const char *accept = http_request_header(request, "Accept");

    if (!accept || !strstr(accept, "text/html"))
        return false;
    g_autofree char *escaped = g_uri_escape_string(token, NULL, FALSE);
    g_autofree char *page = g_strconcat("/#/unsubscribe?token=", escaped, NULL);
    http_response_redirect(response, 303, page);
    return true;
}

static void look(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    const char *kind = NULL;
    bool refused = false;
    g_autoptr(GError) error = NULL;
    g_auto(api_form) query = {0};

    if (!api_form_read_query(request, &query, &error)) {
        api_fail(response, error);
        return;
    }
    const char *token = query_token(&query);
    if (send_to_page(request, token ? token : "", response))
        return;
    if (service_unsubscribe_look(api->service, token, &kind, &refused, &error))
        api_respond(response, 200, refusal_json(kind, refused));
    else
        api_fail(response, error);
}

/* With the token in the address and the form of RFC 8058, or as JSON. */
static void unsubscribe(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    const char *token = NULL, *kind = NULL;
    bool refused = true;
    const struct base_json_field FIELDS[] = {
        {"token", BASE_JSON_TEXT, BASE_JSON_REQUIRED, &token, .min = 1, .max = TOKEN_MAX},
        {"refused", BASE_JSON_BOOL, BASE_JSON_OPTIONAL, &refused},
    };
    g_autoptr(json_t) json = NULL;
    g_autoptr(GError) error = NULL;
    g_auto(api_form) query = {0};

    if (!api_form_read_query(request, &query, &error)) {
        api_fail(response, error);
        return;
    }
    token = query_token(&query);
    if (!token && !api_json_values(request, &json, FIELDS, G_N_ELEMENTS(FIELDS), &error)) {
        api_fail(response, error);
        return;
    }
    if (service_unsubscribe(api->service, token, refused, &error) &&
        service_unsubscribe_look(api->service, token, &kind, &refused, &error))
        api_respond(response, 200, refusal_json(kind, refused));
    else
        api_fail(response, error);
}

static const char *const REFUSALS[] = {"absence", "warning", "report"};

static void respond_wishes(struct api *api, const struct http_request *request,
                           struct http_response *response)
{
    json_t *json = json_object();
    g_autoptr(GError) error = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS(REFUSALS); i++) {
        bool refused = false;
        if (!service_mail_refused(api->service, api_identity(request), REFUSALS[i], &refused,
                                  &error)) {
            json_decref(json);
            api_fail(response, error);
            return;
        }
        json_object_set_new(json, REFUSALS[i], json_boolean(!refused));
    }
    api_respond(response, 200, json);
}

static void wishes(void *app, struct http_request *request, struct http_response *response)
{
    respond_wishes(app, request, response);
}

static void change_wishes(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    bool wanted[G_N_ELEMENTS(REFUSALS)] = {false}, given[G_N_ELEMENTS(REFUSALS)] = {false};
    struct base_json_field fields[G_N_ELEMENTS(REFUSALS)];
    g_autoptr(json_t) json = NULL;
    g_autoptr(GError) error = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS(REFUSALS); i++)
        fields[i] = (struct base_json_field){REFUSALS[i], BASE_JSON_BOOL, BASE_JSON_OPTIONAL,
                                             &wanted[i], &given[i]};
    bool ok = api_json_values(request, &json, fields, G_N_ELEMENTS(fields), &error);
    for (gsize i = 0; ok && i < G_N_ELEMENTS(REFUSALS); i++)
        if (given[i])
            ok = service_mail_refuse(api->service, api_identity(request), REFUSALS[i], !wanted[i],
                                     &error);
    if (ok)
        respond_wishes(api, request, response);
    else
        api_fail(response, error);
}

/* ---- previews, tests, reports ---- */

json_t *api_json_mail(const struct service_mail *mail)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o}", "to", mail->to_address,
                     "to_name", mail->to_name, "from_name", mail->from_name, "language",
                     mail->language, "subject", mail->subject, "text", mail->text, "html",
                     mail->html, "attachment", base_json_text_or_null(mail->attachment_name),
                     "unsubscribe_url", base_json_text_or_null(mail->unsubscribe_url));
}

static void preview(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    const char *name = NULL;
    struct base_uuid user_id = {0};
    json_t *parameters = NULL;
    enum service_mail_kind kind;
    const struct base_json_field FIELDS[] = {
        {"kind", BASE_JSON_TEXT, BASE_JSON_REQUIRED, &name, .max = 64},
        {"user_id", BASE_JSON_UUID, BASE_JSON_REQUIRED, &user_id},
        {"parameters", BASE_JSON_OBJECT, BASE_JSON_OPTIONAL, &parameters},
    };
    g_autoptr(json_t) json = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(service_mail) mail = NULL;

    if (!api_json_values(request, &json, FIELDS, G_N_ELEMENTS(FIELDS), &error)) {
        api_fail(response, error);
        return;
    }
    if (!service_mail_kind_from_name(name, &kind))
        g_set_error_literal(&error, BASE_ERROR, BASE_ERROR_INVALID,
                            "kind must be password, invitation, absence, at_risk, at_risk_digest "
                            "or report.");
    else
        mail = service_mail_preview(api->service, api_identity(request), kind, &user_id, parameters,
                                    &error);
    if (mail)
        api_respond(response, 200, api_json_mail(mail));
    else
        api_fail(response, error);
}

static void test(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    const char *address = NULL;
    const struct base_json_field FIELDS[] = {
        {"address", BASE_JSON_TEXT, BASE_JSON_REQUIRED, &address, .min = 1, .max = 1024},
    };
    g_autoptr(json_t) json = NULL;
    g_autoptr(GError) error = NULL;

    if (!api_json_values(request, &json, FIELDS, G_N_ELEMENTS(FIELDS), &error) ||
        !service_mail_test(api->service, api_identity(request), address, &error))
        api_fail(response, error);
}

/* The body's "format", and the rest as the request of the report. */
static void mail_report(struct api *api, const struct http_request *request, const char *name,
                        bool own, struct http_response *response)
{
    const struct service_identity *identity = api_identity(request);
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) json = base_json_parse(request->body, request->body_size, &error);

    if (json && !json_is_object(json))
        g_set_error_literal(&error, BASE_ERROR, BASE_ERROR_INVALID, "The body must be an object.");
    if (error) {
        api_fail(response, error);
        return;
    }
    const char *given = json_string_value(json_object_get(json, "format"));
    g_autofree char *format = g_strdup(given ? given : "pdf");
    json_object_del(json, "format");
    if (own)
        json_object_set_new(json, "student", base_json_uuid(&identity->user_id));
    if (service_report_mail(api->service, identity, name, json, format, &error))
        api_respond(response, 202, json_object());
    else
        api_fail(response, error);
}

static void mail_any(void *app, struct http_request *request, struct http_response *response)
{
    mail_report(app, request, http_request_param(request, "name"), false, response);
}

static void mail_own(void *app, struct http_request *request, struct http_response *response)
{
    mail_report(app, request, "summary", true, response);
}

/* What a mail program sends to refuse (RFC 8058), and JSON. */
static const char *const REFUSAL_TYPES[] = {"application/x-www-form-urlencoded",
                                            "multipart/form-data", "application/json", NULL};

static const struct http_route ROUTES[] = {
    {HTTP_METHOD_POST, "/password/forgot", API_ANYONE, HTTP_LANE_QUICK, API_BODY_JSON,
     API_JSON_TYPES, .handler = forgot},
    {HTTP_METHOD_POST, "/password/set", API_ANYONE, HTTP_LANE_HEAVY, API_BODY_JSON, API_JSON_TYPES,
     .handler = set_password},
    {HTTP_METHOD_POST, "/users/{id}/invitation", API_ADMIN, HTTP_LANE_QUICK, .handler = invite},
    {HTTP_METHOD_POST, "/invitations", API_ADMIN, HTTP_LANE_HEAVY, 1024 * 1024, API_JSON_TYPES,
     .handler = invite_all},
    {HTTP_METHOD_GET, "/unsubscribe", API_ANYONE, HTTP_LANE_QUICK, .handler = look},
    {HTTP_METHOD_POST, "/unsubscribe", API_ANYONE, HTTP_LANE_QUICK, API_BODY_JSON, REFUSAL_TYPES,
     .body_optional = true, .handler = unsubscribe},
    {HTTP_METHOD_GET, "/me/mail", API_SIGNED_IN, HTTP_LANE_QUICK, .handler = wishes},
    {HTTP_METHOD_PATCH, "/me/mail", API_SIGNED_IN, HTTP_LANE_QUICK, API_BODY_JSON, API_JSON_TYPES,
     .handler = change_wishes},
    {HTTP_METHOD_POST, "/mail/preview", API_ADMIN, HTTP_LANE_HEAVY, API_BODY_JSON, API_JSON_TYPES,
     .handler = preview},
    {HTTP_METHOD_POST, "/mail/test", API_ADMIN, HTTP_LANE_HEAVY, API_BODY_JSON, API_JSON_TYPES,
     .handler = test},
    {HTTP_METHOD_POST, "/reports/{name}/mail", API_STAFF, HTTP_LANE_HEAVY, API_BODY_JSON,
     API_JSON_TYPES, .handler = mail_any},
    {HTTP_METHOD_POST, "/me/report/mail", API_SIGNED_IN, HTTP_LANE_HEAVY, API_BODY_JSON,
     API_JSON_TYPES, .handler = mail_own},
};

const struct api_routes API_MAIL_ROUTES = {ROUTES, G_N_ELEMENTS(ROUTES)};
