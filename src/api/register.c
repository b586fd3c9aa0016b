/* The register: lists of marks, as JSON and as files. */
#include "service/register.h"
#include "api/routes.h"
#include "core/policy.h"
#include "service/courses.h"
#include "service/groups.h"
#include "service/jobs.h"
#include "service/users.h"

static json_t *show(const void *attendance, const void *identity)
{
    const struct service_identity *viewer = identity;
    return api_json_attendance(attendance, viewer->role != CORE_ROLE_STUDENT);
}

/* What is asked of a list beside its filter. */
struct look {
    enum report_format usual; /* what the path gives unless `format` says otherwise */
    bool quick;               /* the path's lane is that of quick reads */
    const char *format;
    const char *paper;
    const char *language;
    struct db_page page;
};

static bool check_day(const char *name, const char *day, GError **error)
{
    if (!day || core_day_is_valid(day))
        return true;
    g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID, "%s must be a day such as 2026-03-12.",
                name);
    return false;
}

/* One of the four, or the code of a status of the site's own. */
static bool read_status(const char *name, struct db_attendance_filter *filter, GError **error)
{
    enum core_status status;

    if (!name)
        return true;
    if (core_status_from_name(name, &status)) {
        filter->status = (int)status;
        return true;
    }
    filter->status_code = name;
    if (service_report_code_is_valid(name))
        return true;
    g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID,
                        "status must be present, late, absent, excused or a code of the site's "
                        "own.");
    return false;
}

static bool read_order(const char *sort, struct db_attendance_filter *filter, GError **error)
{
    enum core_method method;

    filter->descending = true;
    sort = api_sort_name(sort, &filter->descending);
    if (sort && !db_attendance_sort_from_name(sort, &filter->sort)) {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID,
                            "sort must be marked_at or name, with a minus sign in front for "
                            "descending order.");
        return false;
    }
    if (filter->method && !core_method_from_name(filter->method, &method)) {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID,
                            "method must be face, manual, automatic, photo, code or import.");
        return false;
    }
    return true;
}

/* What narrows a list, from the query. */
static bool read_filter(struct api_form *query, struct db_attendance_filter *filter,
                        struct look *look, GError **error)
{
    const char *status = NULL, *sort = NULL;
    bool has_course = false, has_group = false;
    struct base_uuid course, group;
    const struct base_json_field FIELDS[] = {
        {"from", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &filter->from_day},
        {"to", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &filter->to_day},
        {"course", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &course, &has_course},
        {"group", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &group, &has_group},
        {"group_id", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &filter->group_id},
        {"session", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &filter->session_id},
        {"status", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &status},
        {"method", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &filter->method},
        {"sort", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &sort},
        {"format", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &look->format},
        {"paper", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &look->paper},
        {"language", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &look->language},
        API_LIMIT_FIELD(look->page),
        API_OFFSET_FIELD(look->page),
    };
    const struct base_uuid path_course = filter->course_id, path_group = filter->group_id;

    if (!api_form_values(query, FIELDS, G_N_ELEMENTS(FIELDS), error) ||
        !check_day("from", filter->from_day, error) || !check_day("to", filter->to_day, error) ||
        !read_status(status, filter, error) || !read_order(sort, filter, error))
        return false;
    if (has_course)
        filter->course_id = course;
    if (has_group)
        filter->group_id = group;
    /* What the path names stays named. */
    if (!base_uuid_is_nil(&path_course))
        filter->course_id = path_course;
    if (!base_uuid_is_nil(&path_group))
        filter->group_id = path_group;
    return true;
}

static bool append(const char *data, size_t size, gpointer csv, GError **error)
{
    (void)error;
    g_byte_array_append(csv, (const guint8 *)data, (guint)size);
    return true;
}

static void respond_json(struct api *api, const struct service_identity *identity,
                         const struct db_attendance_filter *filter, const struct db_page *page,
                         struct http_response *response)
{
    gint64 total = 0;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) marks =
        service_register_list(api->service, identity, filter, page, &total, &error);

    if (marks)
        api_respond_list(response, marks, total, page, show, identity);
    else
        api_fail(response, error);
}

static void respond_csv(struct api *api, const struct service_identity *identity,
                        const struct db_attendance_filter *filter, struct http_response *response)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GByteArray) csv = g_byte_array_new();

    if (!service_register_export_csv(api->service, identity, filter, true, append, csv, &error)) {
        api_fail(response, error);
        return;
    }
    g_autoptr(GBytes) bytes = g_byte_array_free_to_bytes(g_steal_pointer(&csv));
    http_response_bytes(response, 200, "text/csv; charset=utf-8", bytes);
    http_response_attachment(response, "attendance.csv");
}

static void append_id(GString *text, const char *name, const struct base_uuid *id)
{
    char value[BASE_UUID_TEXT_SIZE];

    if (!base_uuid_is_nil(id))
        g_string_append_printf(text, "&%s=%s", name, base_uuid_format(id, value));
}

static void append_text(GString *text, const char *name, const char *value)
{
    if (value)
        g_string_append_printf(text, "&%s=%s", name, value);
}

/* Making a file takes too long for the lane of quick reads: the report of marks has another. Every
 * value has been checked to be of letters, digits and hyphens. */
static void redirect_to_report(const struct service_report_request *asked, const struct look *look,
                               enum report_format format, struct http_response *response)
{
    g_autoptr(GString) location = g_string_new(
        format == REPORT_FORMAT_PDF ? "/reports/marks?format=pdf" : "/reports/marks?format=xlsx");

    append_id(location, "course", &asked->course_id);
    append_id(location, "group", &asked->group_id);
    append_id(location, "student", &asked->student_id);
    append_id(location, "session", &asked->session_id);
    append_text(location, "from", asked->from_day);
    append_text(location, "to", asked->to_day);
    append_text(location, "status", asked->status);
    append_text(location, "method", asked->method);
    append_text(location, "language", asked->language);
    append_text(location, "paper", look->paper);
    http_response_redirect(response, 303, location->str);
}

/* How the caller wants a file to look. */
static bool read_look(const struct look *look, struct service_job_options *options, GError **error)
{
    if (look->paper && !report_paper_from_name(look->paper, &options->report.paper)) {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID, "paper must be a4 or letter.");
        return false;
    }
    if (look->language && !g_str_equal(look->language, "es") &&
        !g_str_equal(look->language, "en")) {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID, "language must be es or en.");
        return false;
    }
    return true;
}

/* The other files are the report of marks. */
static void respond_file(struct api *api, const struct http_request *request,
                         const struct db_attendance_filter *filter, const struct look *look,
                         enum report_format format, struct http_response *response)
{
    const struct service_report_request asked = {
        .name = "marks",
        .course_id = filter->course_id,
        .group_id = filter->group_id,
        .student_id = filter->user_id,
        .session_id = filter->session_id,
        .from_day = filter->from_day,
        .to_day = filter->to_day,
        .status = filter->status_code ? filter->status_code
                                      : core_status_name((enum core_status)filter->status),
        .method = filter->method,
        .language = look->language,
    };
    struct service_job_options options = {.format = format};
    g_autoptr(GError) error = NULL;

    if (!read_look(look, &options, &error))
        api_fail(response, error);
    else if (look->quick)
        redirect_to_report(&asked, look, format, response);
    else
        api_respond_report(api, api_identity(request), &asked, &options, response);
}

static void respond_register(struct api *api, const struct http_request *request,
                             struct db_attendance_filter *filter, struct look *look,
                             struct http_response *response)
{
    const struct service_identity *identity = api_identity(request);
    enum report_format format = look->usual;
    g_autoptr(GError) error = NULL;
    g_auto(api_form) query = {0};

    look->page.limit = API_PAGE_LIMIT;
    if (!api_form_read_query(request, &query, &error) ||
        !read_filter(&query, filter, look, &error)) {
        api_fail(response, error);
        return;
    }
    if (look->format && !report_format_from_name(look->format, &format)) {
        g_set_error_literal(&error, BASE_ERROR, BASE_ERROR_INVALID,
                            "format must be json, csv, xlsx or pdf.");
        api_fail(response, error);
    } else if (format == REPORT_FORMAT_JSON) {
        respond_json(api, identity, filter, &look->page, response);
    } else if (format == REPORT_FORMAT_CSV) {
        respond_csv(api, identity, filter, response);
    } else {
        respond_file(api, request, filter, look, format, response);
    }
}

static void list_own(void *app, struct http_request *request, struct http_response *response)
{
    struct db_attendance_filter filter = DB_ATTENDANCE_FILTER_ALL;
    struct look look = {.usual = REPORT_FORMAT_JSON, .quick = true};

    filter.user_id = api_identity(request)->user_id;
    respond_register(app, request, &filter, &look, response);
}

static void list_all(void *app, struct http_request *request, struct http_response *response)
{
    struct db_attendance_filter filter = DB_ATTENDANCE_FILTER_ALL;
    struct look look = {.usual = REPORT_FORMAT_JSON};

    respond_register(app, request, &filter, &look, response);
}

static void export_all(void *app, struct http_request *request, struct http_response *response)
{
    struct db_attendance_filter filter = DB_ATTENDANCE_FILTER_ALL;
    struct look look = {.usual = REPORT_FORMAT_CSV};

    respond_register(app, request, &filter, &look, response);
}

/* Of a group, or of a course: an id is of one of the two. */
static void list_class(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    const struct service_identity *identity = api_identity(request);
    struct db_attendance_filter filter = DB_ATTENDANCE_FILTER_ALL;
    struct look look = {.usual = REPORT_FORMAT_JSON};
    struct base_uuid id;
    g_autoptr(GError) error = NULL;
    g_autoptr(core_group) group = NULL;
    g_autoptr(core_course) course = NULL;

    if (!api_path_uuid(request, "class_id", &id, response))
        return;
    group = service_group_find(api->service, identity, &id, &error);
    if (g_error_matches(error, BASE_ERROR, BASE_ERROR_NOT_FOUND)) {
        g_clear_error(&error);
        course = service_course_find(api->service, identity, &id, &error);
    }
    if (error) {
        api_fail(response, error);
        return;
    }
    if (course)
        filter.course_id = id;
    else
        filter.group_id = id;
    respond_register(api, request, &filter, &look, response);
}

static void list_student(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct db_attendance_filter filter = DB_ATTENDANCE_FILTER_ALL;
    struct look look = {.usual = REPORT_FORMAT_JSON, .quick = true};
    g_autoptr(GError) error = NULL;
    g_autoptr(core_user) user = NULL;

    if (!api_path_uuid(request, "student_id", &filter.user_id, response))
        return;
    user = service_user_find(api->service, api_identity(request), &filter.user_id, &error);
    if (user)
        respond_register(api, request, &filter, &look, response);
    else
        api_fail(response, error);
}

static const struct http_route ROUTES[] = {
    {HTTP_METHOD_GET, "/attendance", API_SIGNED_IN, HTTP_LANE_QUICK, .handler = list_own},
    {HTTP_METHOD_GET, "/attendance/all", API_STAFF, HTTP_LANE_HEAVY, .handler = list_all},
    {HTTP_METHOD_GET, "/attendance/export", API_STAFF, HTTP_LANE_HEAVY, .handler = export_all},
    {HTTP_METHOD_GET, "/attendance/{class_id}", API_STAFF, HTTP_LANE_HEAVY, .handler = list_class},
    {HTTP_METHOD_GET, "/attendance/student/{student_id}", API_SIGNED_IN, HTTP_LANE_QUICK,
     .handler = list_student},
};

const struct api_routes API_REGISTER_ROUTES = {ROUTES, G_N_ELEMENTS(ROUTES)};
