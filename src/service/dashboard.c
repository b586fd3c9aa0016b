#include "service/dashboard.h"

#include "db/query/dispute.h"
#include "db/query/report.h"
#include "db/query/session.h"
#include "service/internal.h"
#include "service/register.h"
#include "service/standing.h"

#include <string.h>

enum {
    PERIOD_DAYS = 55,   /* before the last one */
    NEWEST = 10,        /* corrections and disputes */
    SESSIONS_MAX = 500, /* of today */
};

static void session_free(gpointer data)
{
    struct service_dashboard_session *session = data;

    core_session_free(session->session);
    g_free(session);
}

void service_dashboard_free(struct service_dashboard *dashboard)
{
    if (!dashboard)
        return;
    g_clear_pointer(&dashboard->sessions, g_ptr_array_unref);
    g_clear_pointer(&dashboard->trend, g_array_unref);
    g_clear_pointer(&dashboard->corrections, g_ptr_array_unref);
    g_clear_pointer(&dashboard->disputes, g_ptr_array_unref);
    g_free(dashboard);
}

/* ---- The period ---- */

static void day_before(const char *day, guint days, char text[CORE_DAY_SIZE])
{
    GDate date;

    g_date_clear(&date, 1);
    g_date_set_dmy(&date, (GDateDay)g_ascii_strtoull(day + 8, NULL, 10),
                   (GDateMonth)g_ascii_strtoull(day + 5, NULL, 10),
                   (GDateYear)g_ascii_strtoull(day, NULL, 10));
    if (g_date_get_julian(&date) > days)
        g_date_subtract_days(&date, days);
    g_snprintf(text, CORE_DAY_SIZE, "%04u-%02u-%02u", g_date_get_year(&date) % 10000u,
               (guint)g_date_get_month(&date) % 100u, (guint)g_date_get_day(&date) % 100u);
}

static bool read_period(const struct service_dashboard_request *request,
                        struct service_dashboard *dashboard, GError **error)
{
    if ((request->from_day && !core_day_is_valid(request->from_day)) ||
        (request->to_day && !core_day_is_valid(request->to_day)))
        return base_fail(error, BASE_ERROR_INVALID, "%s must be a day such as 2026-03-12.",
                         request->to_day && !core_day_is_valid(request->to_day) ? "to" : "from");
    g_strlcpy(dashboard->to_day, request->to_day ? request->to_day : dashboard->today,
              sizeof dashboard->to_day);
    if (request->from_day)
        g_strlcpy(dashboard->from_day, request->from_day, sizeof dashboard->from_day);
    else
        day_before(dashboard->to_day, PERIOD_DAYS, dashboard->from_day);
    return true;
}

/* ---- Marks ---- */

struct tally {
    GHashTable *days; /* char * → struct service_dashboard_day * */
    gint64 *methods;
};

static bool count_day(const struct db_report_count *count, gpointer data, GError **error)
{
    const struct tally *tally = data;
    struct service_dashboard_day *day = g_hash_table_lookup(tally->days, count->day);

    (void)error;
    if (!day) {
        day = g_new0(struct service_dashboard_day, 1);
        g_strlcpy(day->day, count->day, sizeof day->day);
        g_hash_table_insert(tally->days, day->day, day);
    }
    core_statistics_add(&day->marks, count->status, count->n);
    tally->methods[count->method] += count->n;
    return true;
}

static int compare_days(gconstpointer a, gconstpointer b)
{
    return strcmp(((const struct service_dashboard_day *)a)->day,
                  ((const struct service_dashboard_day *)b)->day);
}

static bool read_trend(struct db_connection *connection, const struct db_attendance_filter *filter,
                       struct service_dashboard *dashboard, GError **error)
{
    g_autoptr(GHashTable) days = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
    struct tally tally = {days, dashboard->methods};
    GHashTableIter iterator;
    gpointer day;

    if (!db_report_counts(connection, filter, DB_REPORT_BY_DAY, count_day, &tally, error))
        return false;
    dashboard->trend = g_array_new(FALSE, FALSE, sizeof(struct service_dashboard_day));
    g_hash_table_iter_init(&iterator, days);
    while (g_hash_table_iter_next(&iterator, NULL, &day))
        g_array_append_vals(dashboard->trend, day, 1);
    g_array_sort(dashboard->trend, compare_days);
    return true;
}

static bool count_session(const struct db_report_count *count, gpointer data, GError **error)
{
    const GPtrArray *sessions = data;

    (void)error;
    for (guint i = 0; i < sessions->len; i++) {
        struct service_dashboard_session *one = sessions->pdata[i];
        if (base_uuid_equal(&one->session->id, &count->session_id))
            core_statistics_add(&one->marks, count->status, count->n);
    }
    return true;
}

static bool add_today(const struct db_report_count *count, gpointer data, GError **error)
{
    struct service_dashboard *dashboard = data;

    (void)error;
    core_statistics_add(&dashboard->marks, count->status, count->n);
    return true;
}

static bool read_today(struct db_connection *connection, const struct service_identity *identity,
                       const struct service_dashboard_request *request,
                       const struct db_attendance_filter *filter,
                       struct service_dashboard *dashboard, GError **error)
{
    const struct db_session_filter sessions = {
        .course_id = request->course_id,
        .group_id = request->group_id,
        .term_id = request->term_id,
        .teacher_id =
            identity->role == CORE_ROLE_TEACHER ? identity->user_id : (struct base_uuid){{0}},
        .student_id =
            identity->role == CORE_ROLE_STUDENT ? identity->user_id : (struct base_uuid){{0}},
        .state = DB_ANY,
        .from_day = dashboard->today,
        .to_day = dashboard->today,
    };
    const struct db_page page = {.limit = SESSIONS_MAX};
    struct db_attendance_filter today = *filter;

    g_autoptr(GPtrArray) found = db_session_list(connection, &sessions, &page, NULL, error);
    if (!found)
        return false;
    dashboard->sessions = g_ptr_array_new_with_free_func(session_free);
    for (guint i = 0; i < found->len; i++) {
        struct service_dashboard_session *one = g_new0(struct service_dashboard_session, 1);
        one->session = g_steal_pointer(&found->pdata[i]);
        g_ptr_array_add(dashboard->sessions, one);
    }
    today.from_day = today.to_day = dashboard->today;
    return db_report_counts(connection, &today, DB_REPORT_BY_SESSION, count_session,
                            dashboard->sessions, error) &&
           db_report_counts(connection, &today, DB_REPORT_BY_DAY, add_today, dashboard, error);
}

/* ---- What people say ---- */

static bool read_changes(struct db_connection *connection, const struct service_identity *identity,
                         const struct db_attendance_filter *filter,
                         struct service_dashboard *dashboard, GError **error)
{
    const base_time end = base_time_now() + 60 * BASE_TIME_SECOND;
    const struct db_page page = {.limit = NEWEST};
    struct db_attendance_filter all = *filter;
    struct db_dispute_filter disputes = {.course_id = filter->course_id, .state = DB_DISPUTE_OPEN};

    if (identity->role == CORE_ROLE_TEACHER)
        disputes.teacher_id = identity->user_id;
    if (identity->role == CORE_ROLE_STUDENT)
        disputes.user_id = identity->user_id;
    dashboard->disputes =
        db_dispute_list(connection, &disputes, &page, &dashboard->disputes_open, error);
    if (!dashboard->disputes)
        return false;
    if (identity->role == CORE_ROLE_STUDENT) {
        dashboard->corrections = g_ptr_array_new();
        return true;
    }
    all.from_day = all.to_day = NULL;
    dashboard->corrections = db_report_changes(connection, &all, 0, end, true, NULL, NEWEST, error);
    return dashboard->corrections != NULL;
}

/* ---- Who is at risk ---- */

static bool count_standings(struct service_course_standing *course, gpointer data, GError **error)
{
    struct service_dashboard *dashboard = data;

    (void)error;
    for (guint i = 0; i < course->standings->len; i++) {
        const struct service_standing *standing = course->standings->pdata[i];
        dashboard->students++;
        dashboard->at_risk += standing->percentage.warnings != 0;
    }
    service_course_standing_free(course);
    return true;
}

/* The result of a pass over many courses, by who asked for what. */
struct remembered {
    gint64 students;
    gint64 at_risk;
    base_time at;
};

static char *memory_key(const struct service_identity *identity,
                        const struct service_dashboard_request *request)
{
    const struct base_uuid *const ids[] = {&identity->user_id, &request->course_id,
                                           &request->group_id, &request->term_id};
    GString *key = g_string_new(NULL);

    for (gsize i = 0; i < G_N_ELEMENTS(ids); i++) {
        char text[BASE_UUID_TEXT_SIZE];
        /* All administrators see the same. */
        const bool is_own = i > 0 || identity->role != CORE_ROLE_ADMIN;
        g_string_append(key, is_own ? base_uuid_format(ids[i], text) : "-");
    }
    return g_string_free(key, FALSE);
}

static bool recall(struct service *service, const char *key, struct service_dashboard *dashboard)
{
    const base_time now = base_time_now();
    bool found = false;

    g_mutex_lock(&service->dashboard_lock);
    const struct remembered *one =
        service->dashboard ? g_hash_table_lookup(service->dashboard, key) : NULL;
    if (one && now - one->at < SERVICE_DASHBOARD_SECONDS * BASE_TIME_SECOND && one->at <= now) {
        dashboard->students = one->students;
        dashboard->at_risk = one->at_risk;
        dashboard->at_risk_at = one->at;
        found = true;
    }
    g_mutex_unlock(&service->dashboard_lock);
    return found;
}

static gboolean is_old(gpointer key, gpointer value, gpointer data)
{
    const base_time *now = data;

    (void)key;
    return *now - ((struct remembered *)value)->at > SERVICE_DASHBOARD_SECONDS * BASE_TIME_SECOND;
}

static void remember(struct service *service, const char *key,
                     const struct service_dashboard *dashboard)
{
    struct remembered *one = g_new(struct remembered, 1);
    base_time now = dashboard->at_risk_at;

    *one = (struct remembered){dashboard->students, dashboard->at_risk, now};
    g_mutex_lock(&service->dashboard_lock);
    if (!service->dashboard)
        service->dashboard = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_hash_table_foreach_remove(service->dashboard, is_old, &now);
    g_hash_table_replace(service->dashboard, g_strdup(key), one);
    g_mutex_unlock(&service->dashboard_lock);
}

static bool read_at_risk(struct service *service, const struct service_identity *identity,
                         const struct service_dashboard_request *request,
                         struct service_dashboard *dashboard, GError **error)
{
    const struct service_standing_scope scope = {
        .course_id = request->course_id,
        .group_id = request->group_id,
        .term_id = request->term_id,
        .day = base_uuid_is_nil(&request->term_id) ? dashboard->today : NULL,
        .student_id =
            identity->role == CORE_ROLE_STUDENT ? identity->user_id : (struct base_uuid){{0}},
    };
    g_autofree char *key = memory_key(identity, request);

    if (recall(service, key, dashboard))
        return true;
    if (!service_standing_each(service, identity, &scope, NULL, count_standings, dashboard, error))
        return false;
    dashboard->at_risk_at = base_time_now();
    remember(service, key, dashboard);
    return true;
}

/* ---- All of it ---- */

struct dashboard_work {
    const struct service_identity *identity;
    const struct service_dashboard_request *request;
    struct service_dashboard *dashboard;
    struct db_attendance_filter filter;
};

static bool read_marks(struct db_connection *connection, struct dashboard_work *work,
                       GError **error)
{
    struct service_dashboard *dashboard = work->dashboard;
    struct db_attendance_filter *filter = &work->filter;

    *filter = DB_ATTENDANCE_FILTER_ALL;
    filter->course_id = work->request->course_id;
    filter->group_id = work->request->group_id;
    filter->term_id = work->request->term_id;
    filter->from_day = dashboard->from_day;
    filter->to_day = dashboard->to_day;
    if (!service_register_narrow_on(connection, work->identity, filter, error))
        return false;
    return read_trend(connection, filter, dashboard, error) &&
           read_today(connection, work->identity, work->request, filter, dashboard, error) &&
           read_changes(connection, work->identity, filter, dashboard, error);
}

struct service_dashboard *service_dashboard_read(struct service *service,
                                                 const struct service_identity *identity,
                                                 const struct service_dashboard_request *request,
                                                 GError **error)
{
    g_autoptr(service_dashboard) dashboard = g_new0(struct service_dashboard, 1);
    struct dashboard_work work = {identity, request, dashboard, {.status = DB_ANY}};
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    if (!connection || !service_today_on(service, connection, dashboard->today, error) ||
        !read_period(request, dashboard, error) || !read_marks(connection, &work, error))
        return NULL;
    g_clear_pointer(&connection, db_release);
    if (!read_at_risk(service, identity, request, dashboard, error))
        return NULL;
    return g_steal_pointer(&dashboard);
}
