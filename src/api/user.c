/* People, as administrators and teachers see them. */
#include "api/person.h"
#include "api/routes.h"

#define CHANGEABLE                                                                                 \
    (SERVICE_USER_NAME | SERVICE_USER_EMAIL | SERVICE_USER_PASSWORD | SERVICE_USER_AGE |           \
     SERVICE_USER_DATE_OF_BIRTH | SERVICE_USER_GROUP | SERVICE_USER_ROLE | SERVICE_USER_IMAGE |    \
     SERVICE_USER_ACTIVE | SERVICE_USER_NUMBER | SERVICE_USER_LANGUAGE)

static json_t *show(const void *user, const void *today)
{
    return api_json_user(user, today);
}

static bool read_filter(struct api_form *query, struct db_user_filter *filter, struct db_page *page,
                        GError **error)
{
    const char *role_name = NULL, *sort = NULL;
    bool active = false, faces = false, consent = false;
    bool has_active = false, has_faces = false, has_consent = false;
    enum core_role role;
    const struct base_json_field FIELDS[] = {
        {"role", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &role_name},
        {"active", BASE_JSON_BOOL, BASE_JSON_OPTIONAL, &active, &has_active},
        {"faces", BASE_JSON_BOOL, BASE_JSON_OPTIONAL, &faces, &has_faces},
        {"consent", BASE_JSON_BOOL, BASE_JSON_OPTIONAL, &consent, &has_consent},
        {"group_id", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &filter->group_id},
        {"q", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &filter->search, .max = 254},
        {"sort", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &sort},
        API_LIMIT_FIELD(*page),
        API_OFFSET_FIELD(*page),
    };

    if (!api_form_values(query, FIELDS, G_N_ELEMENTS(FIELDS), error))
        return false;
    if (role_name && !core_role_from_name(role_name, &role)) {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID,
                            "role must be admin, teacher or student.");
        return false;
    }
    if (role_name)
        filter->role = (int)role;
    if (has_active)
        filter->active = active;
    if (has_faces)
        filter->faces = faces;
    if (has_consent)
        filter->consent = consent;
    sort = api_sort_name(sort, &filter->descending);
    if (sort && !db_user_sort_from_name(sort, &filter->sort)) {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID,
                            "sort must be name, email or created_at, with a minus sign in front "
                            "for descending order.");
        return false;
    }
    return true;
}

static void list(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct db_user_filter filter = DB_USER_FILTER_ALL;
    struct db_page page = {.limit = API_PAGE_LIMIT};
    gint64 total = 0;
    char today[CORE_DAY_SIZE];
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) users = NULL;
    g_auto(api_form) query = {0};

    if (api_form_read_query(request, &query, &error) && read_filter(&query, &filter, &page, &error))
        users =
            service_user_list(api->service, api_identity(request), &filter, &page, &total, &error);
    if (!users) {
        api_fail(response, error);
        return;
    }
    api_today(api, today);
    api_respond_list(response, users, total, &page, show, today);
}

static void get(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct base_uuid id;
    g_autoptr(GError) error = NULL;
    g_autoptr(core_user) user = NULL;

    if (!api_path_uuid(request, "id", &id, response))
        return;
    user = service_user_find(api->service, api_identity(request), &id, &error);
    if (user)
        api_respond_user(api, response, 200, user);
    else
        api_fail(response, error);
}

static void change(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct service_user_input input;
    struct base_uuid id;
    g_autoptr(GError) error = NULL;
    g_autoptr(core_user) user = NULL;
    g_auto(api_form) form = {0};

    if (!api_path_uuid(request, "id", &id, response))
        return;
    if (!api_form_read(request, 0, &form, &error) ||
        !api_person_read(&form, CHANGEABLE, 0, &input, NULL, &error)) {
        api_fail(response, error);
        return;
    }
    user = service_user_update(api->service, api_identity(request), &id, &input, &error);
    if (user)
        api_respond_user(api, response, 200, user);
    else
        api_fail(response, error);
}

static void erase(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct base_uuid id;
    g_autoptr(GError) error = NULL;

    if (!api_path_uuid(request, "id", &id, response))
        return;
    if (!service_user_delete(api->service, api_identity(request), &id, &error))
        api_fail(response, error);
}

static const struct http_route ROUTES[] = {
    {HTTP_METHOD_GET, "/users", API_STAFF, HTTP_LANE_QUICK, .handler = list},
    {HTTP_METHOD_GET, "/users/{id}", API_SIGNED_IN, HTTP_LANE_QUICK, .handler = get},
    {HTTP_METHOD_PATCH, "/users/{id}", API_ADMIN, HTTP_LANE_HEAVY, API_BODY_JSON, API_JSON_TYPES,
     .handler = change},
    {HTTP_METHOD_DELETE, "/users/{id}", API_ADMIN, HTTP_LANE_QUICK, .handler = erase},
};

const struct api_routes API_USER_ROUTES = {ROUTES, G_N_ELEMENTS(ROUTES)};
