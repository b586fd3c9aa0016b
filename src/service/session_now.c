#include "service/session_now.h"

#include "db/query/attendance.h"
#include "db/query/session.h"
#include "service/attend.h"
#include "service/internal.h"
#include "service/policies.h"

static void now_free(gpointer data)
{
    struct service_session_now *one = data;

    core_session_free(one->session);
    core_attendance_free(one->mark);
    g_free(one);
}

struct now_work {
    const struct service_identity *identity;
    struct db_session_filter filter;
    const struct db_page *page;
    gint64 *total;
    base_time now;
    GPtrArray *found;
};

/* The caller's mark in the session, if there is one. */
static bool find_mark(struct db_connection *connection, const struct service_identity *identity,
                      struct service_session_now *one, GError **error)
{
    char occasion[CORE_OCCASION_SIZE];
    GError *problem = NULL;

    service_occasion_of_session(&one->session->id, occasion);
    one->mark = db_attendance_find_occasion(connection, &identity->user_id, occasion, &problem);
    if (!problem || g_error_matches(problem, BASE_ERROR, BASE_ERROR_NOT_FOUND)) {
        g_clear_error(&problem);
        return true;
    }
    g_propagate_error(error, problem);
    return false;
}

/* Takes the session. */
static bool add_session(struct db_connection *connection, struct now_work *work,
                        struct core_session *session, GError **error)
{
    struct service_session_now *one = g_new0(struct service_session_now, 1);
    struct core_rules rules;

    one->session = session;
    g_ptr_array_add(work->found, one);
    if (!service_rules_of_course(connection, &session->course_id, &rules, error))
        return false;
    core_rules_window(&rules, session->starts_at, session->ends_at, &one->opens_at,
                      &one->closes_at);
    one->on_time_until = core_rules_on_time_until(&rules, session->starts_at);
    one->window = session->state != CORE_SESSION_PLANNED ? SERVICE_WINDOW_CANCELLED
                  : work->now < one->opens_at            ? SERVICE_WINDOW_BEFORE
                  : work->now > one->closes_at           ? SERVICE_WINDOW_AFTER
                                                         : SERVICE_WINDOW_OPEN;
    return work->identity->role == CORE_ROLE_STUDENT
               ? find_mark(connection, work->identity, one, error)
               : db_live_counts(connection, session, &one->counts, error);
}

static bool read_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct now_work *work = data;

    g_ptr_array_set_size(work->found, 0);
    g_autoptr(GPtrArray) sessions =
        db_session_list(connection, &work->filter, work->page, work->total, error);
    for (guint i = 0; sessions && i < sessions->len; i++)
        if (!add_session(connection, work, g_steal_pointer(&sessions->pdata[i]), error))
            return false;
    return sessions != NULL;
}

GPtrArray *service_session_now_list(struct service *service,
                                    const struct service_identity *identity,
                                    const struct db_page *page, gint64 *total, GError **error)
{
    struct now_work work = {
        .identity = identity,
        .filter = DB_SESSION_FILTER_ALL,
        .page = page,
        .total = total,
        .now = base_time_now(),
    };
    char today[CORE_DAY_SIZE];

    if (identity->role == CORE_ROLE_STUDENT)
        work.filter.student_id = identity->user_id;
    if (identity->role == CORE_ROLE_TEACHER)
        work.filter.teacher_id = identity->user_id;
    g_autoptr(GTimeZone) zone = service_time_zone(service, error);
    if (!zone || !core_day_of_time(zone, work.now, today, error) ||
        !core_day_bounds(zone, today, &work.filter.from, &work.filter.to, error))
        return NULL;
    g_autoptr(GPtrArray) found = work.found = g_ptr_array_new_with_free_func(now_free);
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    return connection && db_snapshot_on(connection, read_body, &work, error)
               ? g_steal_pointer(&found)
               : NULL;
}
