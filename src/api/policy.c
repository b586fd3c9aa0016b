/* Policies: the rules of courses by name. */
#include "api/routes.h"
#include "service/policies.h"

static json_t *show(const void *entity, const void *data)
{
    const struct db_policy *policy = entity;
    struct core_rules rules;
    json_t *json = json_object();

    (void)data;
    json_object_set_new(json, "id", base_json_uuid(&policy->id));
    json_object_set_new(json, "name", json_string(policy->name));
    json_object_set_new(json, "default", json_boolean(policy->is_default));
    json_object_set_new(json, "course_count", json_integer(policy->course_count));
    json_object_set_new(json, "rules",
                        service_rules_stored(policy->rules, &rules, NULL) ? core_rules_json(&rules)
                                                                          : json_null());
    json_object_set_new(json, "created_at", base_json_time(policy->created_at));
    json_object_set_new(json, "updated_at", base_json_time(policy->updated_at));
    return json;
}

static void respond(struct http_response *response, unsigned status, const struct db_policy *policy,
                    const GError *error)
{
    if (policy)
        api_respond(response, status, show(policy, NULL));
    else
        api_fail(response, error);
}

static void list(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct db_page page = {.limit = API_PAGE_LIMIT};
    const struct base_json_field FIELDS[] = {
        API_LIMIT_FIELD(page),
        API_OFFSET_FIELD(page),
    };
    gint64 total = 0;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) policies = NULL;
    g_auto(api_form) query = {0};

    if (api_form_read_query(request, &query, &error) &&
        api_form_values(&query, FIELDS, G_N_ELEMENTS(FIELDS), &error))
        policies = service_policy_list(api->service, api_identity(request), &page, &total, &error);
    if (policies)
        api_respond_list(response, policies, total, &page, show, NULL);
    else
        api_fail(response, error);
}

static bool read_body(const struct http_request *request, json_t **json,
                      struct service_policy_input *input, GError **error)
{
    const struct base_json_field FIELDS[] = {
        {"name", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &input->name, .max = 4096},
        {"rules", BASE_JSON_OBJECT, BASE_JSON_OPTIONAL, &input->rules},
    };

    return api_json_values(request, json, FIELDS, G_N_ELEMENTS(FIELDS), error);
}

static void create(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct service_policy_input input = {0};
    g_autoptr(json_t) json = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(db_policy) policy = NULL;

    if (read_body(request, &json, &input, &error))
        policy = service_policy_create(api->service, api_identity(request), &input, &error);
    respond(response, 201, policy, error);
}

static void get(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct base_uuid id;
    g_autoptr(GError) error = NULL;

    if (!api_path_uuid(request, "id", &id, response))
        return;
    g_autoptr(db_policy) policy =
        service_policy_find(api->service, api_identity(request), &id, &error);
    respond(response, 200, policy, error);
}

static void change(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct service_policy_input input = {0};
    struct base_uuid id;
    g_autoptr(json_t) json = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(db_policy) policy = NULL;

    if (!api_path_uuid(request, "id", &id, response))
        return;
    if (read_body(request, &json, &input, &error))
        policy = service_policy_change(api->service, api_identity(request), &id, &input, &error);
    respond(response, 200, policy, error);
}

static void erase(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct base_uuid id;
    g_autoptr(GError) error = NULL;

    if (api_path_uuid(request, "id", &id, response) &&
        !service_policy_delete(api->service, api_identity(request), &id, &error))
        api_fail(response, error);
}

static void set_default(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct base_uuid id;
    g_autoptr(GError) error = NULL;

    if (api_path_uuid(request, "id", &id, response) &&
        !service_policy_set_default(api->service, api_identity(request), &id, &error))
        api_fail(response, error);
}

static void unset_default(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    g_autoptr(GError) error = NULL;

    if (!service_policy_set_default(api->service, api_identity(request), &(struct base_uuid){0},
                                    &error))
        api_fail(response, error);
}

static const struct http_route ROUTES[] = {
    {HTTP_METHOD_GET, "/policies", API_STAFF, HTTP_LANE_QUICK, .handler = list},
    {HTTP_METHOD_POST, "/policies", API_ADMIN, HTTP_LANE_QUICK, API_BODY_JSON, API_JSON_TYPES,
     .handler = create},
    {HTTP_METHOD_DELETE, "/policies/default", API_ADMIN, HTTP_LANE_QUICK, .handler = unset_default},
    {HTTP_METHOD_GET, "/policies/{id}", API_STAFF, HTTP_LANE_QUICK, .handler = get},
    {HTTP_METHOD_PATCH, "/policies/{id}", API_ADMIN, HTTP_LANE_QUICK, API_BODY_JSON, API_JSON_TYPES,
     .handler = change},
    {HTTP_METHOD_DELETE, "/policies/{id}", API_ADMIN, HTTP_LANE_QUICK, .handler = erase},
    {HTTP_METHOD_PUT, "/policies/{id}/default", API_ADMIN, HTTP_LANE_QUICK, .handler = set_default},
};

const struct api_routes API_POLICY_ROUTES = {ROUTES, G_N_ELEMENTS(ROUTES)};
