/* Look-alikes: pairs of people whom a camera may take for each other. */
#include "api/routes.h"
#include "service/lookalikes.h"

static json_t *person(const struct base_uuid *id, const char *name)
{
    return json_pack("{s:o, s:o}", "id", base_json_uuid(id), "name", base_json_text_or_null(name));
}

static json_t *show(const void *entity, const void *data)
{
    const struct db_lookalike *pair = entity;

    (void)data;
    return json_pack("{s:[o, o], s:f, s:o, s:b, s:o, s:o}", "people",
                     person(&pair->first_id, pair->first_name),
                     person(&pair->second_id, pair->second_name), "score", pair->score, "found_at",
                     base_json_time(pair->found_at), "seen", pair->seen_at != 0, "seen_at",
                     api_json_time_or_null(pair->seen_at), "seen_by_name",
                     base_json_text_or_null(pair->seen_by_name));
}

static void list(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct db_lookalike_filter filter = DB_LOOKALIKE_FILTER_ALL;
    struct db_page page = {.limit = API_PAGE_LIMIT};
    bool seen = false, given = false;
    const struct base_json_field FIELDS[] = {
        {"seen", BASE_JSON_BOOL, BASE_JSON_OPTIONAL, &seen, .present = &given},
        {"user", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &filter.user_id},
        API_LIMIT_FIELD(page),
        API_OFFSET_FIELD(page),
    };
    gint64 total = 0;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) pairs = NULL;
    g_auto(api_form) query = {0};

    if (api_form_read_query(request, &query, &error) &&
        api_form_values(&query, FIELDS, G_N_ELEMENTS(FIELDS), &error)) {
        if (given)
            filter.seen = seen;
        pairs = service_lookalikes_list(api->service, api_identity(request), &filter, &page, &total,
                                        &error);
    }
    if (pairs)
        api_respond_list(response, pairs, total, &page, show, NULL);
    else
        api_fail(response, error);
}

static void see(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct base_uuid id, other;
    bool seen = false;
    const struct base_json_field FIELDS[] = {
        {"seen", BASE_JSON_BOOL, BASE_JSON_REQUIRED, &seen},
    };
    g_autoptr(json_t) json = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(db_lookalike) pair = NULL;

    if (!api_path_uuid(request, "id", &id, response) ||
        !api_path_uuid(request, "other_id", &other, response))
        return;
    if (api_json_values(request, &json, FIELDS, G_N_ELEMENTS(FIELDS), &error))
        pair =
            service_lookalike_see(api->service, api_identity(request), &id, &other, seen, &error);
    if (pair)
        api_respond(response, 200, show(pair, NULL));
    else
        api_fail(response, error);
}

static const struct http_route ROUTES[] = {
    {HTTP_METHOD_GET, "/lookalikes", API_STAFF, HTTP_LANE_QUICK, .handler = list},
    {HTTP_METHOD_POST, "/lookalikes/{id}/{other_id}", API_STAFF, HTTP_LANE_QUICK, API_BODY_JSON,
     API_JSON_TYPES, .handler = see},
};

const struct api_routes API_LOOKALIKE_ROUTES = {ROUTES, G_N_ELEMENTS(ROUTES)};
