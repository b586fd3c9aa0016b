/* Courses: their groups, teachers and rosters. */
#include "api/routes.h"
#include "service/courses.h"

enum { SEARCH_MAX = 120, TEXT_MAX = 4096 }; /* bytes; the service has the exact rules */

static json_t *show(const void *entity, const void *data)
{
    const struct core_course *course = entity;
    json_t *json = json_object();

    (void)data;
    json_object_set_new(json, "id", base_json_uuid(&course->id));
    json_object_set_new(json, "name", json_string(course->name));
    json_object_set_new(json, "term_id", base_json_uuid(&course->term_id));
    json_object_set_new(json, "term_name", base_json_text_or_null(course->term_name));
    json_object_set_new(json, "subject_id", base_json_uuid(&course->subject_id));
    json_object_set_new(json, "subject_name", base_json_text_or_null(course->subject_name));
    json_object_set_new(json, "subject_code", base_json_text_or_null(course->subject_code));
    json_object_set_new(json, "policy_id", api_json_uuid_or_null(&course->policy_id));
    json_object_set_new(json, "created_at", base_json_time(course->created_at));
    json_object_set_new(json, "updated_at", base_json_time(course->updated_at));
    return json;
}

static void list(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct db_course_filter filter = {.search = NULL};
    struct db_page page = {.limit = API_PAGE_LIMIT};
    bool mine = false;
    const struct base_json_field FIELDS[] = {
        {"q", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &filter.search, .max = SEARCH_MAX},
        {"term_id", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &filter.term_id},
        {"subject_id", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &filter.subject_id},
        {"group_id", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &filter.group_id},
        {"teacher_id", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &filter.teacher_id},
        {"student_id", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &filter.student_id},
        {"day", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &filter.student_day, .max = CORE_DAY_SIZE},
        {"mine", BASE_JSON_BOOL, BASE_JSON_OPTIONAL, &mine},
        API_LIMIT_FIELD(page),
        API_OFFSET_FIELD(page),
    };
    gint64 total = 0;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) courses = NULL;
    g_auto(api_form) query = {0};

    if (api_form_read_query(request, &query, &error) &&
        api_form_values(&query, FIELDS, G_N_ELEMENTS(FIELDS), &error))
        courses = service_course_list(api->service, api_identity(request), mine, &filter, &page,
                                      &total, &error);
    if (courses)
        api_respond_list(response, courses, total, &page, show, NULL);
    else
        api_fail(response, error);
}

static void respond(struct http_response *response, unsigned status,
                    const struct core_course *course, const GError *error)
{
    if (course)
        api_respond(response, status, show(course, NULL));
    else
        api_fail(response, error);
}

static void create(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct service_course_input input = {0};
    struct base_uuid policy = {0};
    const struct base_json_field FIELDS[] = {
        {"term_id", BASE_JSON_UUID, BASE_JSON_REQUIRED, &input.term_id},
        {"subject_id", BASE_JSON_UUID, BASE_JSON_REQUIRED, &input.subject_id},
        {"policy_id", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &policy},
        {"name", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &input.name, .max = TEXT_MAX},
    };
    g_autoptr(json_t) json = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(core_course) course = NULL;

    input.policy_id = &policy;
    if (api_json_values(request, &json, FIELDS, G_N_ELEMENTS(FIELDS), &error))
        course = service_course_create(api->service, api_identity(request), &input, &error);
    respond(response, 201, course, error);
}

static void change(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct service_course_input input = {0};
    struct base_uuid id, policy = {0};
    bool has_policy = false, no_policy = false;
    const struct base_json_field FIELDS[] = {
        {"name", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &input.name, .max = TEXT_MAX},
        {"subject_id", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &input.subject_id},
        {"policy_id", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &policy, &has_policy, &no_policy},
    };
    g_autoptr(json_t) json = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(core_course) course = NULL;

    if (!api_path_uuid(request, "id", &id, response))
        return;
    if (api_json_values(request, &json, FIELDS, G_N_ELEMENTS(FIELDS), &error)) {
        input.policy_id = has_policy || no_policy ? &policy : NULL;
        course = service_course_update(api->service, api_identity(request), &id, &input, &error);
    }
    respond(response, 200, course, error);
}

static void delete_course(void *app, struct http_request *request, struct http_response *response)
{
    api_delete(app, request, response, service_course_delete);
}

static json_t *name_item(const struct base_uuid *id, const char *name)
{
    json_t *item = json_object();

    json_object_set_new(item, "id", base_json_uuid(id));
    json_object_set_new(item, "name", json_string(name));
    return item;
}

static void get(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    const struct service_identity *identity = api_identity(request);
    struct base_uuid id;
    g_autoptr(GError) error = NULL;
    g_autoptr(core_course) course = NULL;
    g_autoptr(GPtrArray) groups = NULL;
    g_autoptr(GPtrArray) teachers = NULL;

    if (!api_path_uuid(request, "id", &id, response))
        return;
    course = service_course_find(api->service, identity, &id, &error);
    if (course)
        groups = service_course_groups(api->service, identity, &id, &error);
    if (groups)
        teachers = service_course_teachers(api->service, identity, &id, &error);
    if (!teachers) {
        api_fail(response, error);
        return;
    }
    json_t *json = show(course, NULL);
    json_t *group_items = json_array();
    json_t *teacher_items = json_array();
    for (guint i = 0; i < groups->len; i++) {
        const struct core_group *group = groups->pdata[i];
        json_array_append_new(group_items, name_item(&group->id, group->name));
    }
    for (guint i = 0; i < teachers->len; i++) {
        const struct core_user *teacher = teachers->pdata[i];
        json_array_append_new(teacher_items, name_item(&teacher->id, teacher->name));
    }
    json_object_set_new(json, "groups", group_items);
    json_object_set_new(json, "teachers", teacher_items);
    api_respond(response, 200, json);
}

/* ---- roster ---- */

static json_t *show_person(const struct db_roster_person *person)
{
    const struct db_roster_interval *last =
        &g_array_index(person->intervals, struct db_roster_interval, person->intervals->len - 1);
    const bool open = g_strcmp0(last->last_day, DB_ROSTER_OPEN_DAY) == 0;
    json_t *json = name_item(&person->id, person->name);

    json_object_set_new(json, "email", base_json_text_or_null(person->email));
    json_object_set_new(json, "student_number", base_json_text_or_null(person->student_number));
    json_object_set_new(json, "group_id", api_json_uuid_or_null(&person->group_id));
    json_object_set_new(json, "group_name", base_json_text_or_null(person->group_name));
    json_object_set_new(json, "first_day", json_string(last->first_day));
    json_object_set_new(json, "last_day", open ? json_null() : json_string(last->last_day));
    return json;
}

static void roster(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    const char *day = NULL;
    const struct base_json_field FIELDS[] = {
        {"day", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &day, .max = 64},
    };
    struct base_uuid id;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) people = NULL;
    g_auto(api_form) query = {0};

    if (!api_path_uuid(request, "id", &id, response))
        return;
    if (api_form_read_query(request, &query, &error) &&
        api_form_values(&query, FIELDS, G_N_ELEMENTS(FIELDS), &error))
        people = service_course_roster(api->service, api_identity(request), &id, day, &error);
    if (!people) {
        api_fail(response, error);
        return;
    }
    json_t *items = json_array();
    for (guint i = 0; i < people->len; i++)
        json_array_append_new(items, show_person(people->pdata[i]));
    json_t *json = json_object();
    json_object_set_new(json, "items", items);
    json_object_set_new(json, "total", json_integer(people->len));
    api_respond(response, 200, json);
}

/* ---- groups and teachers ---- */

typedef bool (*change_pair)(struct service *service, const struct service_identity *identity,
                            const struct base_uuid *course_id, const struct base_uuid *other_id,
                            GError **error);

static void pair(struct api *api, struct http_request *request, struct http_response *response,
                 const char *other_name, change_pair change_it)
{
    struct base_uuid id, other;
    g_autoptr(GError) error = NULL;

    if (api_path_uuid(request, "id", &id, response) &&
        api_path_uuid(request, other_name, &other, response) &&
        !change_it(api->service, api_identity(request), &id, &other, &error))
        api_fail(response, error);
}

static void add_group(void *app, struct http_request *request, struct http_response *response)
{
    pair(app, request, response, "group_id", service_course_add_group);
}

static void remove_group(void *app, struct http_request *request, struct http_response *response)
{
    pair(app, request, response, "group_id", service_course_remove_group);
}

static void add_teacher(void *app, struct http_request *request, struct http_response *response)
{
    pair(app, request, response, "user_id", service_course_add_teacher);
}

static void remove_teacher(void *app, struct http_request *request, struct http_response *response)
{
    pair(app, request, response, "user_id", service_course_remove_teacher);
}

static const struct http_route ROUTES[] = {
    {HTTP_METHOD_GET, "/courses", API_SIGNED_IN, HTTP_LANE_QUICK, .handler = list},
    {HTTP_METHOD_POST, "/courses", API_ADMIN, HTTP_LANE_QUICK, API_BODY_JSON, API_JSON_TYPES,
     .handler = create},
    {HTTP_METHOD_GET, "/courses/{id}", API_SIGNED_IN, HTTP_LANE_QUICK, .handler = get},
    {HTTP_METHOD_PATCH, "/courses/{id}", API_ADMIN, HTTP_LANE_QUICK, API_BODY_JSON, API_JSON_TYPES,
     .handler = change},
    {HTTP_METHOD_DELETE, "/courses/{id}", API_ADMIN, HTTP_LANE_QUICK, .handler = delete_course},
    {HTTP_METHOD_GET, "/courses/{id}/roster", API_STAFF, HTTP_LANE_QUICK, .handler = roster},
    {HTTP_METHOD_PUT, "/courses/{id}/groups/{group_id}", API_ADMIN, HTTP_LANE_QUICK,
     .handler = add_group},
    {HTTP_METHOD_DELETE, "/courses/{id}/groups/{group_id}", API_ADMIN, HTTP_LANE_QUICK,
     .handler = remove_group},
    {HTTP_METHOD_PUT, "/courses/{id}/teachers/{user_id}", API_ADMIN, HTTP_LANE_QUICK,
     .handler = add_teacher},
    {HTTP_METHOD_DELETE, "/courses/{id}/teachers/{user_id}", API_ADMIN, HTTP_LANE_QUICK,
     .handler = remove_teacher},
};

const struct api_routes API_COURSE_ROUTES = {ROUTES, G_N_ELEMENTS(ROUTES)};
