/* What people agree to before their face is stored, and who agreed. */
#include "service/consent.h"
#include "api/routes.h"

static json_t *show_text(const struct service_consent_text *text)
{
    return json_pack("{s:I, s:{s:s, s:s}, s:b, s:o}", "version", (json_int_t)text->version, "text",
                     "en", text->en, "es", text->es, "required", (int)text->required, "created_at",
                     api_json_time_or_null(text->created_at));
}

static json_t *show_receipt(const struct service_consent_receipt *receipt)
{
    return json_pack("{s:I, s:I, s:o}", "erased_faces", (json_int_t)receipt->erased_faces,
                     "erased_images", (json_int_t)receipt->erased_images, "at",
                     base_json_time(receipt->at));
}

static json_t *number_or_null(gint64 number)
{
    return number ? json_integer(number) : json_null();
}

static json_t *show_consent(const struct service_consent *consent)
{
    const bool none = consent->state == SERVICE_CONSENT_NONE;
    const bool withdrawn = consent->state == SERVICE_CONSENT_WITHDRAWN;
    json_t *json = json_object();

    json_object_set_new(json, "state", json_string(service_consent_state_name(consent->state)));
    json_object_set_new(json, "version", number_or_null(consent->version));
    json_object_set_new(json, "given_at", api_json_time_or_null(consent->given_at));
    json_object_set_new(json, "given_by",
                        none || !consent->given_at
                            ? json_null()
                            : json_string(consent->vouched ? "administrator" : "person"));
    json_object_set_new(json, "vouched_by", base_json_text_or_null(consent->voucher_name));
    json_object_set_new(json, "current_version", json_integer(consent->current_version));
    json_object_set_new(json, "required", json_boolean(consent->required));
    json_object_set_new(json, "receipt", withdrawn ? show_receipt(&consent->receipt) : json_null());
    return json;
}

static void respond_text(struct http_response *response, const struct service_consent_text *text,
                         const GError *error)
{
    if (text)
        api_respond(response, 200, show_text(text));
    else
        api_fail(response, error);
}

static void respond_consent(struct http_response *response, const struct service_consent *consent,
                            const GError *error)
{
    if (consent)
        api_respond(response, 200, show_consent(consent));
    else
        api_fail(response, error);
}

/* ---- the text ---- */

static void get(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    gint64 version = 0;
    const struct base_json_field FIELDS[] = {
        {"version", BASE_JSON_INTEGER, BASE_JSON_OPTIONAL, &version, .min = 1, .max = G_MAXINT32},
    };
    g_autoptr(GError) error = NULL;
    g_auto(api_form) query = {0};
    g_autoptr(service_consent_text) text = NULL;

    if (api_form_read_query(request, &query, &error) &&
        api_form_values(&query, FIELDS, G_N_ELEMENTS(FIELDS), &error))
        text = service_consent_text_read(api->service, version, &error);
    respond_text(response, text, error);
}

static bool read_languages(json_t *object, struct service_consent_input *input, GError **error)
{
    const struct base_json_field fields[] = {
        {"en", BASE_JSON_TEXT, BASE_JSON_REQUIRED, &input->en},
        {"es", BASE_JSON_TEXT, BASE_JSON_REQUIRED, &input->es},
    };

    return !object || base_json_read(object, fields, G_N_ELEMENTS(fields), error);
}

static void change(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct service_consent_input input = {0};
    json_t *languages = NULL;
    bool required = false, has_required = false;
    const struct base_json_field fields[] = {
        {"text", BASE_JSON_OBJECT, BASE_JSON_OPTIONAL, &languages},
        {"required", BASE_JSON_BOOL, BASE_JSON_OPTIONAL, &required, &has_required},
    };
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) body = NULL;
    g_autoptr(service_consent_text) text = NULL;

    if (api_json_values(request, &body, fields, G_N_ELEMENTS(fields), &error) &&
        read_languages(languages, &input, &error)) {
        input.required = has_required ? &required : NULL;
        text = service_consent_set(api->service, api_identity(request), &input, &error);
    }
    respond_text(response, text, error);
}

/* ---- somebody's ---- */

static void mine(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    const struct service_identity *me = api_identity(request);
    g_autoptr(GError) error = NULL;
    g_autoptr(service_consent) consent =
        service_consent_find(api->service, me, &me->user_id, &error);

    respond_consent(response, consent, error);
}

static void of_user(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct base_uuid id;

    if (!api_path_uuid(request, "id", &id, response))
        return;
    g_autoptr(GError) error = NULL;
    g_autoptr(service_consent) consent =
        service_consent_find(api->service, api_identity(request), &id, &error);
    respond_consent(response, consent, error);
}

static void give(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    gint64 version = 0;
    const struct base_json_field fields[] = {
        {"version", BASE_JSON_INTEGER, BASE_JSON_REQUIRED, &version, .min = 1, .max = G_MAXINT32},
    };
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) body = NULL;
    g_autoptr(service_consent) consent = NULL;

    if (api_json_values(request, &body, fields, G_N_ELEMENTS(fields), &error))
        consent = service_consent_give(api->service, api_identity(request), version, &error);
    respond_consent(response, consent, error);
}

static void withdraw(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct service_consent_receipt receipt;
    g_autoptr(GError) error = NULL;

    if (service_consent_withdraw(api->service, api_identity(request), &receipt, &error))
        api_respond(response, 200, show_receipt(&receipt));
    else
        api_fail(response, error);
}

static const struct http_route ROUTES[] = {
    {HTTP_METHOD_GET, "/consent", API_ANYONE, HTTP_LANE_QUICK, .handler = get},
    {HTTP_METHOD_PUT, "/consent", API_ADMIN, HTTP_LANE_QUICK, API_BODY_ROLL, API_JSON_TYPES,
     .handler = change},
    {HTTP_METHOD_GET, "/me/consent", API_SIGNED_IN, HTTP_LANE_QUICK, .handler = mine},
    {HTTP_METHOD_POST, "/me/consent", API_SIGNED_IN, HTTP_LANE_QUICK, API_BODY_JSON, API_JSON_TYPES,
     .handler = give},
    {HTTP_METHOD_DELETE, "/me/consent", API_SIGNED_IN, HTTP_LANE_QUICK, .handler = withdraw,
     .waits = true},
    {HTTP_METHOD_GET, "/users/{id}/consent", API_ADMIN, HTTP_LANE_QUICK, .handler = of_user},
};

const struct api_routes API_CONSENT_ROUTES = {ROUTES, G_N_ELEMENTS(ROUTES)};
