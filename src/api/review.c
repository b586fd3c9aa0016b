/* Reviews: faces that wait for somebody who knows them. Their picture is in image.c. */
#include "api/routes.h"
#include "core/policy.h"
#include "service/reviews.h"

static json_t *show_candidates(const struct db_review *review)
{
    json_t *candidates = json_array();

    for (guint i = 0; i < review->candidates->len; i++) {
        const struct db_review_candidate *candidate = review->candidates->pdata[i];
        json_array_append_new(
            candidates,
            json_pack("{s:o, s:o, s:o, s:f}", "user_id", base_json_uuid(&candidate->user_id),
                      "user_name", base_json_text_or_null(candidate->user_name),
                      "profile_image_url", base_json_text_or_null(candidate->profile_image_url),
                      "score", candidate->score));
    }
    return candidates;
}

static json_t *show(const void *entity, const void *data)
{
    const struct db_review *review = entity;
    json_t *json = json_object();

    (void)data;
    json_object_set_new(json, "id", base_json_uuid(&review->id));
    json_object_set_new(json, "session_id", api_json_uuid_or_null(&review->session_id));
    json_object_set_new(json, "course_id", api_json_uuid_or_null(&review->course_id));
    json_object_set_new(json, "course_name", base_json_text_or_null(review->course_name));
    json_object_set_new(json, "day", base_json_text_or_null(review->local_day));
    json_object_set_new(json, "taken_at", base_json_time(review->taken_at));
    json_object_set_new(json, "source", json_string(db_review_source_name(review->source)));
    json_object_set_new(json, "reason", base_json_text_or_null(review->reason));
    json_object_set_new(json, "state", json_string(db_review_state_name(review->state)));
    json_object_set_new(json, "has_picture", json_boolean(review->has_picture));
    json_object_set_new(json, "candidates", show_candidates(review));
    json_object_set_new(json, "user_id", api_json_uuid_or_null(&review->user_id));
    json_object_set_new(json, "user_name", base_json_text_or_null(review->user_name));
    json_object_set_new(json, "attendance_id", api_json_uuid_or_null(&review->attendance_id));
    json_object_set_new(json, "settled_by_name", base_json_text_or_null(review->settled_by_name));
    json_object_set_new(json, "settled_at", api_json_time_or_null(review->settled_at));
    json_object_set_new(json, "created_at", base_json_time(review->created_at));
    return json;
}

static void respond(struct http_response *response, const struct db_review *review,
                    const GError *error)
{
    if (review)
        api_respond(response, 200, show(review, NULL));
    else
        api_fail(response, error);
}

static bool read_filter(struct api_form *query, struct db_review_filter *filter,
                        struct db_page *page, GError **error)
{
    const char *state_name = NULL;
    enum db_review_state state;
    const struct base_json_field FIELDS[] = {
        {"state", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &state_name},
        {"session", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &filter->session_id},
        {"course", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &filter->course_id},
        {"day", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &filter->day},
        API_LIMIT_FIELD(*page),
        API_OFFSET_FIELD(*page),
    };

    if (!api_form_values(query, FIELDS, G_N_ELEMENTS(FIELDS), error))
        return false;
    if (filter->day && !core_day_is_valid(filter->day)) {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID,
                            "day must be a day such as 2026-03-12.");
        return false;
    }
    if (!state_name)
        return true;
    if (!db_review_state_from_name(state_name, &state)) {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID,
                            "state must be open, matched, nobody or ended.");
        return false;
    }
    filter->state = (int)state;
    return true;
}

static void list(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct db_review_filter filter = DB_REVIEW_FILTER_ALL;
    struct db_page page = {.limit = API_PAGE_LIMIT};
    gint64 total = 0;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) reviews = NULL;
    g_auto(api_form) query = {0};

    if (api_form_read_query(request, &query, &error) && read_filter(&query, &filter, &page, &error))
        reviews = service_review_list(api->service, api_identity(request), &filter, &page, &total,
                                      &error);
    if (reviews)
        api_respond_list(response, reviews, total, &page, show, NULL);
    else
        api_fail(response, error);
}

static void one(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct base_uuid id;
    g_autoptr(GError) error = NULL;

    if (!api_path_uuid(request, "id", &id, response))
        return;
    g_autoptr(db_review) review =
        service_review_find(api->service, api_identity(request), &id, &error);
    respond(response, review, error);
}

static void settle(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct base_uuid id, user_id = {0};
    bool given = false, nobody = false;
    const struct base_json_field FIELDS[] = {
        {"user_id", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &user_id, .present = &given},
        {"nobody", BASE_JSON_BOOL, BASE_JSON_OPTIONAL, &nobody},
    };
    g_autoptr(json_t) json = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(db_review) review = NULL;

    if (!api_path_uuid(request, "id", &id, response))
        return;
    if (api_json_values(request, &json, FIELDS, G_N_ELEMENTS(FIELDS), &error)) {
        if (given == nobody)
            g_set_error_literal(&error, BASE_ERROR, BASE_ERROR_INVALID,
                                "Either user_id or \"nobody\": true is needed.");
        else
            review =
                service_review_settle(api->service, api_identity(request), &id, &user_id, &error);
    }
    respond(response, review, error);
}

static const struct http_route ROUTES[] = {
    {HTTP_METHOD_GET, "/reviews", API_STAFF, HTTP_LANE_QUICK, .handler = list},
    {HTTP_METHOD_GET, "/reviews/{id}", API_STAFF, HTTP_LANE_QUICK, .handler = one},
    {HTTP_METHOD_POST, "/reviews/{id}", API_STAFF, HTTP_LANE_QUICK, API_BODY_JSON, API_JSON_TYPES,
     .handler = settle, .waits = true},
};

const struct api_routes API_REVIEW_ROUTES = {ROUTES, G_N_ELEMENTS(ROUTES)};
