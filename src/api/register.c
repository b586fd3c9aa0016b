/* The register: lists of marks, and its export. */
#include "service/register.h"
#include "api/routes.h"
#include "core/policy.h"
#include "service/groups.h"
#include "service/users.h"

static json_t *show(const void *attendance, const void *identity)
{
    const struct service_identity *viewer = identity;
    return api_json_attendance(attendance, viewer->role != CORE_ROLE_STUDENT);
}

static bool check_day(const char *name, const char *day, GError **error)
{
    if (!day || core_day_is_valid(day))
        return true;
    g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID, "%s must be a day such as 2026-03-12.",
                name);
    return false;
}

/* What narrows a list, from the query. `page` is NULL for exports, which have none; those may name
 * a group instead. */
static bool read_filter(struct api_form *query, struct db_attendance_filter *filter,
                        struct db_page *page, GError **error)
{
    const char *status_name = NULL, *sort = NULL;
    struct db_page no_page;
    enum core_status status;
    const struct base_json_field LIST[] = {
        {"from", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &filter->from_day},
        {"to", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &filter->to_day},
        {"status", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &status_name},
        {"sort", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &sort},
        API_LIMIT_FIELD(*(page ? page : &no_page)),
        API_OFFSET_FIELD(*(page ? page : &no_page)),
    };
    const struct base_json_field EXPORT[] = {
        LIST[0],
        LIST[1],
        LIST[2],
        {"group_id", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &filter->group_id},
    };

    if (!api_form_values(query, page ? LIST : EXPORT,
                         page ? G_N_ELEMENTS(LIST) : G_N_ELEMENTS(EXPORT), error) ||
        !check_day("from", filter->from_day, error) || !check_day("to", filter->to_day, error))
        return false;
    if (status_name && !core_status_from_name(status_name, &status)) {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID,
                            "status must be present, late, absent or excused.");
        return false;
    }
    if (status_name)
        filter->status = (int)status;
    filter->descending = true;
    sort = api_sort_name(sort, &filter->descending);
    if (sort && !db_attendance_sort_from_name(sort, &filter->sort)) {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID,
                            "sort must be marked_at or name, with a minus sign in front for "
                            "descending order.");
        return false;
    }
    return true;
}

static void respond_register(struct api *api, const struct http_request *request,
                             struct db_attendance_filter *filter, struct http_response *response)
{
    const struct service_identity *identity = api_identity(request);
    struct db_page page = {.limit = API_PAGE_LIMIT};
    gint64 total = 0;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) marks = NULL;
    g_auto(api_form) query = {0};

    if (api_form_read_query(request, &query, &error) && read_filter(&query, filter, &page, &error))
        marks = service_register_list(api->service, identity, filter, &page, &total, &error);
    if (marks)
        api_respond_list(response, marks, total, &page, show, identity);
    else
        api_fail(response, error);
}

static void list_own(void *app, struct http_request *request, struct http_response *response)
{
    struct db_attendance_filter filter = DB_ATTENDANCE_FILTER_ALL;

    filter.user_id = api_identity(request)->user_id;
    respond_register(app, request, &filter, response);
}

static void list_all(void *app, struct http_request *request, struct http_response *response)
{
    struct db_attendance_filter filter = DB_ATTENDANCE_FILTER_ALL;

    respond_register(app, request, &filter, response);
}

static void list_group(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct db_attendance_filter filter = DB_ATTENDANCE_FILTER_ALL;
    g_autoptr(GError) error = NULL;
    g_autoptr(core_group) group = NULL;

    if (!api_path_uuid(request, "class_id", &filter.group_id, response))
        return;
    group = service_group_find(api->service, api_identity(request), &filter.group_id, &error);
    if (group)
        respond_register(api, request, &filter, response);
    else
        api_fail(response, error);
}

static void list_student(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct db_attendance_filter filter = DB_ATTENDANCE_FILTER_ALL;
    g_autoptr(GError) error = NULL;
    g_autoptr(core_user) user = NULL;

    if (!api_path_uuid(request, "student_id", &filter.user_id, response))
        return;
    user = service_user_find(api->service, api_identity(request), &filter.user_id, &error);
    if (user)
        respond_register(api, request, &filter, response);
    else
        api_fail(response, error);
}

static bool append(const char *data, size_t size, gpointer csv, GError **error)
{
    (void)error;
    g_byte_array_append(csv, (const guint8 *)data, (guint)size);
    return true;
}

static void export_csv(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct db_attendance_filter filter = DB_ATTENDANCE_FILTER_ALL;
    g_autoptr(GError) error = NULL;
    g_autoptr(GByteArray) csv = g_byte_array_new();
    g_auto(api_form) query = {0};

    if (!api_form_read_query(request, &query, &error) ||
        !read_filter(&query, &filter, NULL, &error) ||
        !service_register_export_csv(api->service, api_identity(request), &filter, true, append,
                                     csv, &error)) {
        api_fail(response, error);
        return;
    }
    g_autoptr(GBytes) bytes = g_byte_array_free_to_bytes(g_steal_pointer(&csv));
    http_response_bytes(response, 200, "text/csv; charset=utf-8", bytes);
    http_response_attachment(response, "attendance.csv");
}

static const struct http_route ROUTES[] = {
    {HTTP_METHOD_GET, "/attendance", API_SIGNED_IN, HTTP_LANE_QUICK, .handler = list_own},
    {HTTP_METHOD_GET, "/attendance/all", API_STAFF, HTTP_LANE_HEAVY, .handler = list_all},
    {HTTP_METHOD_GET, "/attendance/export", API_STAFF, HTTP_LANE_HEAVY, .handler = export_csv},
    {HTTP_METHOD_GET, "/attendance/{class_id}", API_STAFF, HTTP_LANE_HEAVY, .handler = list_group},
    {HTTP_METHOD_GET, "/attendance/student/{student_id}", API_SIGNED_IN, HTTP_LANE_QUICK,
     .handler = list_student},
};

const struct api_routes API_REGISTER_ROUTES = {ROUTES, G_N_ELEMENTS(ROUTES)};
