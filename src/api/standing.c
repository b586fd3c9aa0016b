/* Where students stand, with the arithmetic. */
#include "service/standing.h"
#include "api/routes.h"
#include "service/users.h"

#include <math.h>

static json_t *number(double value)
{
    return isnan(value) ? json_null() : json_real(value);
}

static json_t *show_warnings(const struct service_standing *standing, const char *language)
{
    json_t *items = json_array();

    for (guint bit = 0; bit < CORE_PERCENTAGE_WARNINGS_N; bit++) {
        const enum core_percentage_warning warning = (enum core_percentage_warning)(1u << bit);
        if (!(standing->percentage.warnings & warning))
            continue;
        g_autofree char *text =
            core_percentage_warning_text(standing->rules, &standing->percentage, warning, language);
        json_array_append_new(
            items,
            json_pack("{s:s,s:s}", "warning", core_percentage_warning_name(warning), "text", text));
    }
    return items;
}

static void add_percentage(json_t *json, const struct core_percentage *percentage)
{
    const struct {
        const char *name;
        gint32 value;
    } counts[] = {
        {"sessions", percentage->sessions},
        {"ended", percentage->ended},
        {"to_come", percentage->to_come},
        {"present", percentage->counts[CORE_STATUS_PRESENT]},
        {"late", percentage->counts[CORE_STATUS_LATE]},
        {"absent", percentage->counts[CORE_STATUS_ABSENT]},
        {"excused", percentage->counts[CORE_STATUS_EXCUSED]},
        {"unmarked", percentage->unmarked},
        {"left_out", percentage->left_out},
        {"open", percentage->open},
        {"dropped", percentage->dropped},
        {"in_a_row", percentage->in_a_row},
        {"remaining", percentage->remaining},
        {"can_miss", percentage->can_miss},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(counts); i++)
        json_object_set_new(json, counts[i].name, json_integer(counts[i].value));
    json_object_set_new(json, "earned", json_real(percentage->earned));
    json_object_set_new(json, "possible", json_real(percentage->possible));
    json_object_set_new(json, "share", number(percentage->share));
    json_object_set_new(json, "share_past", number(percentage->share_past));
    json_object_set_new(json, "passes", json_boolean(percentage->passes));
    json_object_set_new(json, "cannot_pass", json_boolean(percentage->cannot_pass));
}

/* Every session and what it is worth in the reckoning. */
static json_t *show_sessions(const struct service_course_standing *course,
                             const struct service_standing *standing)
{
    json_t *items = json_array();

    for (guint i = 0; i < standing->sessions->len; i++) {
        const struct core_percentage_session *one =
            &g_array_index(standing->sessions, struct core_percentage_session, i);
        const struct core_session *session =
            course->sessions->pdata[g_array_index(standing->places, guint, i)];
        json_t *item = json_object();
        json_object_set_new(item, "session_id", base_json_uuid(&session->id));
        json_object_set_new(item, "day", json_string(session->local_day));
        json_object_set_new(item, "starts_at", base_json_time(session->starts_at));
        json_object_set_new(item, "status",
                            one->marked ? json_string(core_status_name(one->status)) : json_null());
        json_object_set_new(item, "status_code", base_json_text_or_null(one->code));
        json_object_set_new(item, "use", json_string(core_percentage_use_name(one->use)));
        json_object_set_new(item, "points", number(one->points));
        json_array_append_new(items, item);
    }
    return items;
}

static json_t *show(const struct service_course_standing *course,
                    const struct service_standing *standing, const char *language)
{
    json_t *json = json_object();

    json_object_set_new(json, "user_id", base_json_uuid(&standing->user_id));
    json_object_set_new(json, "user_name", base_json_text_or_null(standing->name));
    json_object_set_new(json, "student_number", base_json_text_or_null(standing->student_number));
    json_object_set_new(json, "group_id", api_json_uuid_or_null(&standing->group_id));
    json_object_set_new(json, "group_name", base_json_text_or_null(standing->group_name));
    json_object_set_new(json, "course_id", base_json_uuid(&standing->course_id));
    json_object_set_new(json, "course_name", base_json_text_or_null(standing->course_name));
    json_object_set_new(json, "term_name", base_json_text_or_null(standing->term_name));
    add_percentage(json, &standing->percentage);
    json_object_set_new(json, "required_share", json_real(standing->rules->required_share));
    json_object_set_new(json, "warning_share", json_real(standing->rules->warning_share));
    json_object_set_new(json, "arithmetic", json_string(standing->arithmetic));
    json_object_set_new(json, "outlook", json_string(standing->outlook));
    json_object_set_new(json, "warnings", show_warnings(standing, language));
    if (standing->sessions)
        json_object_set_new(json, "detail", show_sessions(course, standing));
    return json;
}

/* ---- A course ---- */

struct asked {
    struct service_standing_options options;
    enum service_standing_sort sort;
    bool descending;
    bool at_risk;
    struct db_page page;
};

static bool check_asked(const struct asked *asked, GError **error)
{
    const char *language = asked->options.language;
    const char *const days[] = {asked->options.from_day, asked->options.to_day};

    for (gsize i = 0; i < G_N_ELEMENTS(days); i++) {
        if (days[i] && !core_day_is_valid(days[i])) {
            g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID,
                        "%s must be a day such as 2026-03-12.", i ? "to" : "from");
            return false;
        }
    }
    if (language && !g_str_equal(language, "es") && !g_str_equal(language, "en")) {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID, "language must be es or en.");
        return false;
    }
    return true;
}

static bool read_query(const struct http_request *request, struct api_form *query,
                       struct asked *asked, GError **error)
{
    const char *sort = NULL;
    const struct base_json_field FIELDS[] = {
        {"from", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &asked->options.from_day},
        {"to", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &asked->options.to_day},
        {"group", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &asked->options.group_id},
        {"language", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &asked->options.language},
        {"detail", BASE_JSON_BOOL, BASE_JSON_OPTIONAL, &asked->options.sessions},
        {"at_risk", BASE_JSON_BOOL, BASE_JSON_OPTIONAL, &asked->at_risk},
        {"sort", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &sort},
        API_LIMIT_FIELD(asked->page),
        API_OFFSET_FIELD(asked->page),
    };

    asked->page.limit = API_PAGE_LIMIT;
    asked->options.language = "es";
    if (!api_form_read_query(request, query, error) ||
        !api_form_values(query, FIELDS, G_N_ELEMENTS(FIELDS), error) || !check_asked(asked, error))
        return false;
    sort = api_sort_name(sort, &asked->descending);
    if (sort && !service_standing_sort_from_name(sort, &asked->sort)) {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID,
                            "sort must be name, share or can_miss, with a minus sign in front for "
                            "descending order.");
        return false;
    }
    return true;
}

static void respond_course(const struct service_course_standing *course, const struct asked *asked,
                           struct http_response *response)
{
    json_t *items = json_array();
    gint64 total = 0;

    for (guint i = 0; i < course->standings->len; i++) {
        const struct service_standing *standing = course->standings->pdata[i];
        if (asked->at_risk && !standing->percentage.warnings)
            continue;
        if (total >= asked->page.offset && total - asked->page.offset < asked->page.limit)
            json_array_append_new(items, show(course, standing, asked->options.language));
        total++;
    }
    api_respond(response, 200, api_json_list(items, total, &asked->page));
}

static void get_course(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct asked asked = {0};
    struct base_uuid id;
    g_autoptr(GError) error = NULL;
    g_autoptr(service_course_standing) course = NULL;
    g_auto(api_form) query = {0};

    if (!api_path_uuid(request, "id", &id, response))
        return;
    if (read_query(request, &query, &asked, &error))
        course = service_standing_course(api->service, api_identity(request), &id, &asked.options,
                                         &error);
    if (!course) {
        api_fail(response, error);
        return;
    }
    service_standing_sort(course->standings, asked.sort, asked.descending);
    respond_course(course, &asked, response);
}

/* ---- A student ---- */

static void respond_student(struct api *api, struct http_request *request,
                            const struct base_uuid *id, struct http_response *response)
{
    struct asked asked = {0};
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) courses = NULL;
    g_auto(api_form) query = {0};

    if (read_query(request, &query, &asked, &error))
        courses = service_standing_student(api->service, api_identity(request), id, &asked.options,
                                           &error);
    if (!courses) {
        api_fail(response, error);
        return;
    }
    json_t *items = json_array();
    for (guint i = 0; i < courses->len; i++) {
        const struct service_course_standing *course = courses->pdata[i];
        for (guint s = 0; s < course->standings->len; s++)
            json_array_append_new(
                items, show(course, course->standings->pdata[s], asked.options.language));
    }
    api_respond(
        response, 200,
        json_pack("{s:o,s:I}", "items", items, "total", (json_int_t)json_array_size(items)));
}

static void get_student(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct base_uuid id;
    g_autoptr(GError) error = NULL;
    g_autoptr(core_user) user = NULL;

    if (!api_path_uuid(request, "id", &id, response))
        return;
    user = service_user_find(api->service, api_identity(request), &id, &error);
    if (user)
        respond_student(api, request, &id, response);
    else
        api_fail(response, error);
}

static void get_own(void *app, struct http_request *request, struct http_response *response)
{
    const struct base_uuid id = api_identity(request)->user_id;

    respond_student(app, request, &id, response);
}

static const struct http_route ROUTES[] = {
    {HTTP_METHOD_GET, "/courses/{id}/standing", API_STAFF, HTTP_LANE_HEAVY, .handler = get_course},
    {HTTP_METHOD_GET, "/students/{id}/standing", API_SIGNED_IN, HTTP_LANE_HEAVY,
     .handler = get_student},
    {HTTP_METHOD_GET, "/me/standing", API_SIGNED_IN, HTTP_LANE_HEAVY, .handler = get_own},
};

const struct api_routes API_STANDING_ROUTES = {ROUTES, G_N_ELEMENTS(ROUTES)};
