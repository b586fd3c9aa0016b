/* Groups of students, and who teaches them. */
#include "api/routes.h"
#include "service/groups.h"

/* Strangers get what the registration form needs: id and name. */
static json_t *show(const void *group, const void *identity)
{
    const struct core_group *entity = group;

    if (identity)
        return api_json_group(entity);
    json_t *json = json_object();
    json_object_set_new(json, "id", base_json_uuid(&entity->id));
    json_object_set_new(json, "name", json_string(entity->name));
    return json;
}

static void list(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    const char *search = NULL;
    bool mine = false;
    struct db_page page = {.limit = API_PAGE_LIMIT};
    const struct base_json_field FIELDS[] = {
        {"q", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &search, .max = 120},
        {"mine", BASE_JSON_BOOL, BASE_JSON_OPTIONAL, &mine},
        API_LIMIT_FIELD(page),
        API_OFFSET_FIELD(page),
    };
    gint64 total = 0;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) groups = NULL;
    g_auto(api_form) query = {0};

    if (api_form_read_query(request, &query, &error) &&
        api_form_values(&query, FIELDS, G_N_ELEMENTS(FIELDS), &error))
        groups = service_group_list(api->service, api_identity(request), mine, search, &page,
                                    &total, &error);
    if (groups)
        api_respond_list(response, groups, total, &page, show, api_identity(request));
    else
        api_fail(response, error);
}

static bool read_name(const struct http_request *request, json_t **json, const char **name,
                      GError **error)
{
    const struct base_json_field FIELDS[] = {
        {"name", BASE_JSON_TEXT, BASE_JSON_REQUIRED, name, .max = 4096},
    };
    return api_json_values(request, json, FIELDS, G_N_ELEMENTS(FIELDS), error);
}

static void create(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    const char *name = NULL;
    g_autoptr(json_t) json = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(core_group) group = NULL;

    if (read_name(request, &json, &name, &error))
        group = service_group_create(api->service, api_identity(request), name, &error);
    if (group)
        api_respond(response, 201, api_json_group(group));
    else
        api_fail(response, error);
}

static void get(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    const struct service_identity *identity = api_identity(request);
    struct base_uuid id;
    g_autoptr(GError) error = NULL;
    g_autoptr(core_group) group = NULL;
    g_autoptr(GPtrArray) teachers = NULL;

    if (!api_path_uuid(request, "id", &id, response))
        return;
    group = service_group_find(api->service, identity, &id, &error);
    if (group)
        teachers = service_group_teachers(api->service, identity, &id, &error);
    if (!teachers) {
        api_fail(response, error);
        return;
    }
    json_t *list_of_teachers = json_array();
    for (guint i = 0; i < teachers->len; i++) {
        const struct core_user *teacher = teachers->pdata[i];
        json_t *item = json_object();
        json_object_set_new(item, "id", base_json_uuid(&teacher->id));
        json_object_set_new(item, "name", json_string(teacher->name));
        json_array_append_new(list_of_teachers, item);
    }
    json_t *json = api_json_group(group);
    json_object_set_new(json, "teachers", list_of_teachers);
    api_respond(response, 200, json);
}

static void rename_group(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    const char *name = NULL;
    struct base_uuid id;
    g_autoptr(json_t) json = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(core_group) group = NULL;

    if (!api_path_uuid(request, "id", &id, response))
        return;
    if (read_name(request, &json, &name, &error))
        group = service_group_rename(api->service, api_identity(request), &id, name, &error);
    if (group)
        api_respond(response, 200, api_json_group(group));
    else
        api_fail(response, error);
}

static void delete_group(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct base_uuid id;
    g_autoptr(GError) error = NULL;

    if (api_path_uuid(request, "id", &id, response) &&
        !service_group_delete(api->service, api_identity(request), &id, &error))
        api_fail(response, error);
}

static void add_teacher(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct base_uuid id, teacher;
    g_autoptr(GError) error = NULL;

    if (api_path_uuid(request, "id", &id, response) &&
        api_path_uuid(request, "user_id", &teacher, response) &&
        !service_group_add_teacher(api->service, api_identity(request), &id, &teacher, &error))
        api_fail(response, error);
}

static void remove_teacher(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct base_uuid id, teacher;
    g_autoptr(GError) error = NULL;

    if (api_path_uuid(request, "id", &id, response) &&
        api_path_uuid(request, "user_id", &teacher, response) &&
        !service_group_remove_teacher(api->service, api_identity(request), &id, &teacher, &error))
        api_fail(response, error);
}

static const struct http_route ROUTES[] = {
    {HTTP_METHOD_GET, "/groups", API_ANYONE, HTTP_LANE_QUICK, .handler = list},
    {HTTP_METHOD_POST, "/groups", API_ADMIN, HTTP_LANE_QUICK, API_BODY_JSON, API_JSON_TYPES,
     .handler = create},
    {HTTP_METHOD_GET, "/groups/{id}", API_STAFF, HTTP_LANE_QUICK, .handler = get},
    {HTTP_METHOD_PATCH, "/groups/{id}", API_ADMIN, HTTP_LANE_QUICK, API_BODY_JSON, API_JSON_TYPES,
     .handler = rename_group},
    {HTTP_METHOD_DELETE, "/groups/{id}", API_ADMIN, HTTP_LANE_QUICK, .handler = delete_group},
    {HTTP_METHOD_PUT, "/groups/{id}/teachers/{user_id}", API_ADMIN, HTTP_LANE_QUICK,
     .handler = add_teacher},
    {HTTP_METHOD_DELETE, "/groups/{id}/teachers/{user_id}", API_ADMIN, HTTP_LANE_QUICK,
     .handler = remove_teacher},
};

const struct api_routes API_GROUP_ROUTES = {ROUTES, G_N_ELEMENTS(ROUTES)};
