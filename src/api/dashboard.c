/* What somebody sees first. */
#include "service/dashboard.h"
#include "api/routes.h"
#include "db/query/dispute.h"
#include "db/query/report.h"

#include <math.h>

static json_t *show_marks(const struct core_statistics *marks)
{
    const double share = core_statistics_attended(marks);
    json_t *json = json_object();

    for (int i = 0; i < CORE_STATUS_N; i++)
        json_object_set_new(json, core_status_name((enum core_status)i),
                            json_integer(marks->counts[i]));
    json_object_set_new(json, "total", json_integer(marks->total));
    json_object_set_new(json, "share", isnan(share) ? json_null() : json_real(share));
    return json;
}

static json_t *show_session(const struct service_dashboard_session *one)
{
    const struct core_session *session = one->session;
    json_t *json = json_object();

    json_object_set_new(json, "id", base_json_uuid(&session->id));
    json_object_set_new(json, "course_id", base_json_uuid(&session->course_id));
    json_object_set_new(json, "course_name", base_json_text_or_null(session->course_name));
    json_object_set_new(json, "room_name", base_json_text_or_null(session->room_name));
    json_object_set_new(json, "title", base_json_text_or_null(session->title));
    json_object_set_new(json, "starts_at", base_json_time(session->starts_at));
    json_object_set_new(json, "ends_at", base_json_time(session->ends_at));
    json_object_set_new(json, "state", json_string(core_session_state_name(session->state)));
    json_object_set_new(json, "marks", show_marks(&one->marks));
    return json;
}

static json_t *show_change(const struct db_report_change *change)
{
    json_t *json = json_object();

    json_object_set_new(json, "attendance_id", base_json_uuid(&change->attendance_id));
    json_object_set_new(json, "changed_at", base_json_time(change->changed_at));
    json_object_set_new(json, "changed_by_name", base_json_text_or_null(change->changed_by_name));
    json_object_set_new(json, "user_id", base_json_uuid(&change->user_id));
    json_object_set_new(json, "user_name", base_json_text_or_null(change->user_name));
    json_object_set_new(json, "course_name", base_json_text_or_null(change->course_name));
    json_object_set_new(json, "day", base_json_text_or_null(change->local_day));
    json_object_set_new(json, "from_status", json_string(core_status_name(change->from_status)));
    json_object_set_new(json, "from_code", base_json_text_or_null(change->from_code));
    json_object_set_new(json, "to_status", json_string(core_status_name(change->to_status)));
    json_object_set_new(json, "to_code", base_json_text_or_null(change->to_code));
    json_object_set_new(json, "reason", base_json_text_or_null(change->reason));
    return json;
}

static json_t *show_dispute(const struct db_dispute *dispute)
{
    json_t *json = json_object();

    json_object_set_new(json, "id", base_json_uuid(&dispute->id));
    json_object_set_new(json, "attendance_id", base_json_uuid(&dispute->attendance_id));
    json_object_set_new(json, "user_id", base_json_uuid(&dispute->user_id));
    json_object_set_new(json, "user_name", base_json_text_or_null(dispute->user_name));
    json_object_set_new(json, "course_name", base_json_text_or_null(dispute->course_name));
    json_object_set_new(json, "day", base_json_text_or_null(dispute->local_day));
    json_object_set_new(json, "message", base_json_text_or_null(dispute->message));
    json_object_set_new(json, "created_at", base_json_time(dispute->created_at));
    return json;
}

static json_t *show_trend(const GArray *trend)
{
    json_t *items = json_array();

    for (guint i = 0; i < trend->len; i++) {
        const struct service_dashboard_day *day =
            &g_array_index(trend, struct service_dashboard_day, i);
        json_t *item = show_marks(&day->marks);
        json_object_set_new(item, "day", json_string(day->day));
        json_array_append_new(items, item);
    }
    return items;
}

static json_t *show_methods(const gint64 methods[CORE_METHOD_N])
{
    json_t *json = json_object();

    for (int i = 0; i < CORE_METHOD_N; i++)
        json_object_set_new(json, core_method_name((enum core_method)i), json_integer(methods[i]));
    return json;
}

static json_t *show(const struct service_dashboard *dashboard)
{
    json_t *sessions = json_array(), *corrections = json_array(), *disputes = json_array();
    json_t *json = json_object();

    for (guint i = 0; i < dashboard->sessions->len; i++)
        json_array_append_new(sessions, show_session(dashboard->sessions->pdata[i]));
    for (guint i = 0; i < dashboard->corrections->len; i++)
        json_array_append_new(corrections, show_change(dashboard->corrections->pdata[i]));
    for (guint i = 0; i < dashboard->disputes->len; i++)
        json_array_append_new(disputes, show_dispute(dashboard->disputes->pdata[i]));
    json_object_set_new(json, "today", json_string(dashboard->today));
    json_object_set_new(json, "from", json_string(dashboard->from_day));
    json_object_set_new(json, "to", json_string(dashboard->to_day));
    json_object_set_new(json, "sessions", sessions);
    json_object_set_new(json, "marks", show_marks(&dashboard->marks));
    json_object_set_new(json, "trend", show_trend(dashboard->trend));
    json_object_set_new(json, "methods", show_methods(dashboard->methods));
    json_object_set_new(json, "students", json_integer(dashboard->students));
    json_object_set_new(json, "at_risk", json_integer(dashboard->at_risk));
    json_object_set_new(json, "at_risk_at", base_json_time(dashboard->at_risk_at));
    json_object_set_new(json, "corrections", corrections);
    json_object_set_new(json, "disputes", disputes);
    json_object_set_new(json, "disputes_open", json_integer(dashboard->disputes_open));
    return json;
}

static void get(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct service_dashboard_request asked = {0};
    const struct base_json_field FIELDS[] = {
        {"course", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &asked.course_id},
        {"group", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &asked.group_id},
        {"term", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &asked.term_id},
        {"from", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &asked.from_day},
        {"to", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &asked.to_day},
    };
    g_autoptr(GError) error = NULL;
    g_autoptr(service_dashboard) dashboard = NULL;
    g_auto(api_form) query = {0};

    if (api_form_read_query(request, &query, &error) &&
        api_form_values(&query, FIELDS, G_N_ELEMENTS(FIELDS), &error))
        dashboard = service_dashboard_read(api->service, api_identity(request), &asked, &error);
    if (dashboard)
        api_respond(response, 200, show(dashboard));
    else
        api_fail(response, error);
}

static const struct http_route ROUTES[] = {
    {HTTP_METHOD_GET, "/dashboard", API_SIGNED_IN, HTTP_LANE_HEAVY, .handler = get},
};

const struct api_routes API_DASHBOARD_ROUTES = {ROUTES, G_N_ELEMENTS(ROUTES)};
