/* People whose photos look like somebody else's: one person or two? */
#include "api/routes.h"
#include "base/error.h"
#include "service/duplicates.h"

static json_t *show_person(const struct base_uuid *id, const char *name, const char *email,
                           gint64 faces)
{
    json_t *json = json_object();

    json_object_set_new(json, "id", base_json_uuid(id));
    json_object_set_new(json, "name", base_json_text_or_null(name));
    json_object_set_new(json, "email", base_json_text_or_null(email));
    json_object_set_new(json, "faces", json_integer(faces));
    return json;
}

static json_t *show(const void *entity, const void *data)
{
    const struct db_duplicate *duplicate = entity;
    json_t *json = json_object();

    (void)data;
    json_object_set_new(json, "id", base_json_uuid(&duplicate->id));
    json_object_set_new(json, "state", json_string(db_duplicate_state_name(duplicate->state)));
    json_object_set_new(json, "score", json_real(duplicate->score));
    json_object_set_new(json, "user",
                        show_person(&duplicate->user_id, duplicate->user_name,
                                    duplicate->user_email, duplicate->user_faces));
    json_object_set_new(json, "other",
                        show_person(&duplicate->other_id, duplicate->other_name,
                                    duplicate->other_email, duplicate->other_faces));
    json_object_set_new(json, "closed_id", api_json_uuid_or_null(&duplicate->closed_id));
    json_object_set_new(json, "settled_by", api_json_uuid_or_null(&duplicate->settled_by));
    json_object_set_new(json, "settled_by_name",
                        base_json_text_or_null(duplicate->settled_by_name));
    json_object_set_new(json, "settled_at", api_json_time_or_null(duplicate->settled_at));
    json_object_set_new(json, "created_at", base_json_time(duplicate->created_at));
    return json;
}

static bool read_filter(struct api_form *query, int *state, struct db_page *page, GError **error)
{
    const char *name = NULL;
    enum db_duplicate_state known;
    const struct base_json_field FIELDS[] = {
        {"state", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &name},
        API_LIMIT_FIELD(*page),
        API_OFFSET_FIELD(*page),
    };

    if (!api_form_values(query, FIELDS, G_N_ELEMENTS(FIELDS), error))
        return false;
    if (!name)
        return true;
    if (!db_duplicate_state_from_name(name, &known)) {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID,
                            "state must be open, different or same.");
        return false;
    }
    *state = (int)known;
    return true;
}

static void list(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct db_page page = {.limit = API_PAGE_LIMIT};
    int state = DB_ANY;
    gint64 total = 0;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) duplicates = NULL;
    g_auto(api_form) query = {0};

    if (api_form_read_query(request, &query, &error) && read_filter(&query, &state, &page, &error))
        duplicates = service_duplicate_list(api->service, api_identity(request), state, &page,
                                            &total, &error);
    if (duplicates)
        api_respond_list(response, duplicates, total, &page, show, NULL);
    else
        api_fail(response, error);
}

static void get(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct base_uuid id;
    g_autoptr(GError) error = NULL;
    g_autoptr(db_duplicate) duplicate = NULL;

    if (!api_path_uuid(request, "id", &id, response))
        return;
    duplicate = service_duplicate_find(api->service, api_identity(request), &id, &error);
    if (duplicate)
        api_respond(response, 200, show(duplicate, NULL));
    else
        api_fail(response, error);
}

static bool read_decision(const struct http_request *request,
                          enum service_duplicate_decision *decision, GError **error)
{
    const char *name = NULL;
    bool keep_new = false;
    const struct base_json_field FIELDS[] = {
        {"decision", BASE_JSON_TEXT, BASE_JSON_REQUIRED, &name},
        {"keep_new", BASE_JSON_BOOL, BASE_JSON_OPTIONAL, &keep_new},
    };
    g_autoptr(json_t) json = NULL;

    if (!api_json_values(request, &json, FIELDS, G_N_ELEMENTS(FIELDS), error))
        return false;
    if (g_str_equal(name, "different") && !keep_new) {
        *decision = SERVICE_DUPLICATE_DIFFERENT;
        return true;
    }
    if (g_str_equal(name, "same")) {
        *decision = keep_new ? SERVICE_DUPLICATE_SAME_KEEP_NEW : SERVICE_DUPLICATE_SAME;
        return true;
    }
    g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID,
                        "decision must be different or same; keep_new belongs to same.");
    return false;
}

static void settle(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    enum service_duplicate_decision decision;
    struct base_uuid id;
    g_autoptr(GError) error = NULL;
    g_autoptr(db_duplicate) duplicate = NULL;

    if (!api_path_uuid(request, "id", &id, response))
        return;
    if (read_decision(request, &decision, &error))
        duplicate =
            service_duplicate_settle(api->service, api_identity(request), &id, decision, &error);
    if (duplicate)
        api_respond(response, 200, show(duplicate, NULL));
    else
        api_fail(response, error);
}

static const struct http_route ROUTES[] = {
    {HTTP_METHOD_GET, "/duplicates", API_ADMIN, HTTP_LANE_QUICK, .handler = list},
    {HTTP_METHOD_GET, "/duplicates/{id}", API_ADMIN, HTTP_LANE_QUICK, .handler = get},
    {HTTP_METHOD_POST, "/duplicates/{id}", API_ADMIN, HTTP_LANE_QUICK, API_BODY_JSON,
     API_JSON_TYPES, .handler = settle},
};

const struct api_routes API_DUPLICATE_ROUTES = {ROUTES, G_N_ELEMENTS(ROUTES)};
