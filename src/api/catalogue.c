/* Terms, subjects and rooms. */
#include "api/routes.h"
#include "service/courses.h"

enum { SEARCH_MAX = 120, TEXT_MAX = 4096 }; /* bytes; the service has the exact rules */

/* What a list of names is asked for. */
static bool read_query(const struct http_request *request, struct api_form *query,
                       const char **search, const char **day, struct db_page *page, GError **error)
{
    const struct base_json_field FIELDS[] = {
        API_LIMIT_FIELD(*page),
        API_OFFSET_FIELD(*page),
        {"q", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, search, .max = SEARCH_MAX},
        {"day", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, day, .max = CORE_DAY_SIZE},
    };

    return api_form_read_query(request, query, error) &&
           api_form_values(query, FIELDS, G_N_ELEMENTS(FIELDS) - (day ? 0 : 1), error);
}

/* ---- terms ---- */

static json_t *show_term(const void *entity, const void *data)
{
    const struct core_term *term = entity;
    json_t *json = json_object();

    (void)data;
    json_object_set_new(json, "id", base_json_uuid(&term->id));
    json_object_set_new(json, "name", json_string(term->name));
    json_object_set_new(json, "first_day", json_string(term->first_day));
    json_object_set_new(json, "last_day", json_string(term->last_day));
    json_object_set_new(json, "created_at", base_json_time(term->created_at));
    json_object_set_new(json, "updated_at", base_json_time(term->updated_at));
    return json;
}

static void list_terms(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct db_term_filter filter = {.search = NULL};
    struct db_page page = {.limit = API_PAGE_LIMIT};
    gint64 total = 0;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) terms = NULL;
    g_auto(api_form) query = {0};

    if (read_query(request, &query, &filter.search, &filter.day, &page, &error))
        terms =
            service_term_list(api->service, api_identity(request), &filter, &page, &total, &error);
    if (terms)
        api_respond_list(response, terms, total, &page, show_term, NULL);
    else
        api_fail(response, error);
}

static bool read_term(const struct http_request *request, json_t **json, enum base_json_need need,
                      struct service_term_input *input, GError **error)
{
    const struct base_json_field FIELDS[] = {
        {"name", BASE_JSON_TEXT, need, &input->name, .max = TEXT_MAX},
        {"first_day", BASE_JSON_TEXT, need, &input->first_day, .max = TEXT_MAX},
        {"last_day", BASE_JSON_TEXT, need, &input->last_day, .max = TEXT_MAX},
    };
    return api_json_values(request, json, FIELDS, G_N_ELEMENTS(FIELDS), error);
}

static void respond_term(struct http_response *response, unsigned status,
                         const struct core_term *term, const GError *error)
{
    if (term)
        api_respond(response, status, show_term(term, NULL));
    else
        api_fail(response, error);
}

static void create_term(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct service_term_input input = {0};
    g_autoptr(json_t) json = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(core_term) term = NULL;

    if (read_term(request, &json, BASE_JSON_REQUIRED, &input, &error))
        term = service_term_create(api->service, api_identity(request), &input, &error);
    respond_term(response, 201, term, error);
}

static void get_term(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct base_uuid id;
    g_autoptr(GError) error = NULL;
    g_autoptr(core_term) term = NULL;

    if (!api_path_uuid(request, "id", &id, response))
        return;
    term = service_term_find(api->service, api_identity(request), &id, &error);
    respond_term(response, 200, term, error);
}

static void change_term(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct service_term_input input = {0};
    struct base_uuid id;
    g_autoptr(json_t) json = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(core_term) term = NULL;

    if (!api_path_uuid(request, "id", &id, response))
        return;
    if (read_term(request, &json, BASE_JSON_OPTIONAL, &input, &error))
        term = service_term_update(api->service, api_identity(request), &id, &input, &error);
    respond_term(response, 200, term, error);
}

static void delete_term(void *app, struct http_request *request, struct http_response *response)
{
    api_delete(app, request, response, service_term_delete);
}

/* ---- subjects ---- */

static json_t *show_subject(const void *entity, const void *data)
{
    const struct core_subject *subject = entity;
    json_t *json = json_object();

    (void)data;
    json_object_set_new(json, "id", base_json_uuid(&subject->id));
    json_object_set_new(json, "code", base_json_text_or_null(subject->code));
    json_object_set_new(json, "name", json_string(subject->name));
    json_object_set_new(json, "created_at", base_json_time(subject->created_at));
    json_object_set_new(json, "updated_at", base_json_time(subject->updated_at));
    return json;
}

static void list_subjects(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct db_subject_filter filter = {.search = NULL};
    struct db_page page = {.limit = API_PAGE_LIMIT};
    gint64 total = 0;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) subjects = NULL;
    g_auto(api_form) query = {0};

    if (read_query(request, &query, &filter.search, NULL, &page, &error))
        subjects = service_subject_list(api->service, api_identity(request), &filter, &page, &total,
                                        &error);
    if (subjects)
        api_respond_list(response, subjects, total, &page, show_subject, NULL);
    else
        api_fail(response, error);
}

static bool read_subject(const struct http_request *request, json_t **json,
                         enum base_json_need need, struct service_subject_input *input,
                         GError **error)
{
    bool no_code = false;
    const struct base_json_field FIELDS[] = {
        {"name", BASE_JSON_TEXT, need, &input->name, .max = TEXT_MAX},
        {"code", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &input->code, NULL, &no_code, .max = TEXT_MAX},
    };

    if (!api_json_values(request, json, FIELDS, G_N_ELEMENTS(FIELDS), error))
        return false;
    if (no_code)
        input->code = "";
    return true;
}

static void respond_subject(struct http_response *response, unsigned status,
                            const struct core_subject *subject, const GError *error)
{
    if (subject)
        api_respond(response, status, show_subject(subject, NULL));
    else
        api_fail(response, error);
}

static void create_subject(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct service_subject_input input = {0};
    g_autoptr(json_t) json = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(core_subject) subject = NULL;

    if (read_subject(request, &json, BASE_JSON_REQUIRED, &input, &error))
        subject = service_subject_create(api->service, api_identity(request), &input, &error);
    respond_subject(response, 201, subject, error);
}

static void get_subject(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct base_uuid id;
    g_autoptr(GError) error = NULL;
    g_autoptr(core_subject) subject = NULL;

    if (!api_path_uuid(request, "id", &id, response))
        return;
    subject = service_subject_find(api->service, api_identity(request), &id, &error);
    respond_subject(response, 200, subject, error);
}

static void change_subject(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct service_subject_input input = {0};
    struct base_uuid id;
    g_autoptr(json_t) json = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(core_subject) subject = NULL;

    if (!api_path_uuid(request, "id", &id, response))
        return;
    if (read_subject(request, &json, BASE_JSON_OPTIONAL, &input, &error))
        subject = service_subject_update(api->service, api_identity(request), &id, &input, &error);
    respond_subject(response, 200, subject, error);
}

static void delete_subject(void *app, struct http_request *request, struct http_response *response)
{
    api_delete(app, request, response, service_subject_delete);
}

/* ---- rooms ---- */

static json_t *show_room(const void *entity, const void *data)
{
    const struct core_room *room = entity;
    json_t *json = json_object();

    (void)data;
    json_object_set_new(json, "id", base_json_uuid(&room->id));
    json_object_set_new(json, "name", json_string(room->name));
    json_object_set_new(json, "capacity",
                        room->capacity > 0 ? json_integer(room->capacity) : json_null());
    json_object_set_new(json, "created_at", base_json_time(room->created_at));
    json_object_set_new(json, "updated_at", base_json_time(room->updated_at));
    return json;
}

static void list_rooms(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct db_room_filter filter = {.search = NULL};
    struct db_page page = {.limit = API_PAGE_LIMIT};
    gint64 total = 0;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) rooms = NULL;
    g_auto(api_form) query = {0};

    if (read_query(request, &query, &filter.search, NULL, &page, &error))
        rooms =
            service_room_list(api->service, api_identity(request), &filter, &page, &total, &error);
    if (rooms)
        api_respond_list(response, rooms, total, &page, show_room, NULL);
    else
        api_fail(response, error);
}

static bool read_room(const struct http_request *request, json_t **json, enum base_json_need need,
                      gint64 *capacity, struct service_room_input *input, GError **error)
{
    bool present = false, none = false;
    const struct base_json_field FIELDS[] = {
        {"name", BASE_JSON_TEXT, need, &input->name, .max = TEXT_MAX},
        {"capacity", BASE_JSON_INTEGER, BASE_JSON_OPTIONAL, capacity, &present, &none, .min = 1,
         .max = 100000},
    };

    if (!api_json_values(request, json, FIELDS, G_N_ELEMENTS(FIELDS), error))
        return false;
    if (present || none)
        input->capacity = capacity; /* 0 when there is none */
    return true;
}

static void respond_room(struct http_response *response, unsigned status,
                         const struct core_room *room, const GError *error)
{
    if (room)
        api_respond(response, status, show_room(room, NULL));
    else
        api_fail(response, error);
}

static void create_room(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct service_room_input input = {0};
    gint64 capacity = 0;
    g_autoptr(json_t) json = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(core_room) room = NULL;

    if (read_room(request, &json, BASE_JSON_REQUIRED, &capacity, &input, &error))
        room = service_room_create(api->service, api_identity(request), &input, &error);
    respond_room(response, 201, room, error);
}

static void get_room(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct base_uuid id;
    g_autoptr(GError) error = NULL;
    g_autoptr(core_room) room = NULL;

    if (!api_path_uuid(request, "id", &id, response))
        return;
    room = service_room_find(api->service, api_identity(request), &id, &error);
    respond_room(response, 200, room, error);
}

static void change_room(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct service_room_input input = {0};
    struct base_uuid id;
    gint64 capacity = 0;
    g_autoptr(json_t) json = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(core_room) room = NULL;

    if (!api_path_uuid(request, "id", &id, response))
        return;
    if (read_room(request, &json, BASE_JSON_OPTIONAL, &capacity, &input, &error))
        room = service_room_update(api->service, api_identity(request), &id, &input, &error);
    respond_room(response, 200, room, error);
}

static void delete_room(void *app, struct http_request *request, struct http_response *response)
{
    api_delete(app, request, response, service_room_delete);
}

static const struct http_route ROUTES[] = {
    {HTTP_METHOD_GET, "/terms", API_SIGNED_IN, HTTP_LANE_QUICK, .handler = list_terms},
    {HTTP_METHOD_POST, "/terms", API_ADMIN, HTTP_LANE_QUICK, API_BODY_JSON, API_JSON_TYPES,
     .handler = create_term},
    {HTTP_METHOD_GET, "/terms/{id}", API_SIGNED_IN, HTTP_LANE_QUICK, .handler = get_term},
    /* Changing the days generates the sessions of all its courses anew. */
    {HTTP_METHOD_PATCH, "/terms/{id}", API_ADMIN, HTTP_LANE_HEAVY, API_BODY_JSON, API_JSON_TYPES,
     .handler = change_term},
    {HTTP_METHOD_DELETE, "/terms/{id}", API_ADMIN, HTTP_LANE_QUICK, .handler = delete_term},
    {HTTP_METHOD_GET, "/subjects", API_SIGNED_IN, HTTP_LANE_QUICK, .handler = list_subjects},
    {HTTP_METHOD_POST, "/subjects", API_ADMIN, HTTP_LANE_QUICK, API_BODY_JSON, API_JSON_TYPES,
     .handler = create_subject},
    {HTTP_METHOD_GET, "/subjects/{id}", API_SIGNED_IN, HTTP_LANE_QUICK, .handler = get_subject},
    {HTTP_METHOD_PATCH, "/subjects/{id}", API_ADMIN, HTTP_LANE_QUICK, API_BODY_JSON, API_JSON_TYPES,
     .handler = change_subject},
    {HTTP_METHOD_DELETE, "/subjects/{id}", API_ADMIN, HTTP_LANE_QUICK, .handler = delete_subject},
    {HTTP_METHOD_GET, "/rooms", API_SIGNED_IN, HTTP_LANE_QUICK, .handler = list_rooms},
    {HTTP_METHOD_POST, "/rooms", API_ADMIN, HTTP_LANE_QUICK, API_BODY_JSON, API_JSON_TYPES,
     .handler = create_room},
    {HTTP_METHOD_GET, "/rooms/{id}", API_SIGNED_IN, HTTP_LANE_QUICK, .handler = get_room},
    {HTTP_METHOD_PATCH, "/rooms/{id}", API_ADMIN, HTTP_LANE_QUICK, API_BODY_JSON, API_JSON_TYPES,
     .handler = change_room},
    {HTTP_METHOD_DELETE, "/rooms/{id}", API_ADMIN, HTTP_LANE_QUICK, .handler = delete_room},
};

const struct api_routes API_CATALOGUE_ROUTES = {ROUTES, G_N_ELEMENTS(ROUTES)};
