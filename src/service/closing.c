#include "service/closing.h"

#include "db/query/attendance.h"
#include "db/query/session.h"
#include "db/query/session_open.h"
#include "service/attend.h"
#include "service/courses.h"
#include "service/mail.h"
#include "service/policies.h"
#include "service/webhooks.h"

#include <math.h>

enum { PAGE_SESSIONS = 200 };

struct close_work {
    const struct service_identity *identity; /* NULL: the program itself */
    struct base_uuid id;
    bool asked; /* by hand: what was left out is made up for */
    base_time now;
    gint64 marks;     /* of this transaction */
    gint64 marks_all; /* of all transactions */
    bool more;        /* there may be people left */
    bool closed;      /* by this transaction */
};

static enum core_status status_of_unmarked(const struct core_rules *rules)
{
    return rules->unmarked == CORE_RULES_UNMARKED_EXCUSED ? CORE_STATUS_EXCUSED
                                                          : CORE_STATUS_ABSENT;
}

static json_t *ids_json(const GArray *people)
{
    json_t *ids = json_array();

    for (guint i = 0; i < people->len; i++)
        json_array_append_new(
            ids, base_json_uuid(&g_array_index(people, struct db_session_person, i).id));
    return ids;
}

static bool mark_unmarked(struct db_connection *connection, struct close_work *work,
                          const struct core_session *session, const struct core_rules *rules,
                          GError **error)
{
    char occasion[CORE_OCCASION_SIZE];
    bool told = false;
    g_autoptr(GArray) people =
        db_session_unmarked(connection, session, SERVICE_CLOSING_ROWS, error);

    if (!people || !service_webhook_listens(connection, CORE_WEBHOOK_MARKED, &told, error))
        return false;
    service_occasion_of_session(&session->id, occasion);
    for (guint i = 0; i < people->len; i++) {
        const struct db_session_person *person =
            &g_array_index(people, struct db_session_person, i);
        struct core_attendance mark = {
            .user_id = person->id,
            .group_id = person->group_id,
            .session_id = session->id,
            .course_id = session->course_id,
            .occasion = occasion,
            .local_day = session->local_day,
            .marked_at = session->ends_at,
            .status = status_of_unmarked(rules),
            .method = CORE_METHOD_AUTOMATIC,
            .score = NAN,
            .created_at = work->now,
            .updated_at = work->now,
        };
        base_uuid_new(&mark.id);
        if (!db_attendance_insert(connection, &mark, error) ||
            (told && !service_webhook_mark(connection, CORE_WEBHOOK_MARKED, &mark, NULL, error)))
            return false;
    }
    work->marks = people->len;
    work->more = people->len == SERVICE_CLOSING_ROWS;
    return people->len == 0 ||
           service_audit(connection, work->identity, "session.unmarked", &session->id,
                         json_pack("{s:s, s:o}", "status",
                                   core_status_name(status_of_unmarked(rules)), "people",
                                   ids_json(people)),
                         error);
}

static bool settle_scans(struct db_connection *connection, const struct core_session *session,
                         const struct core_rules *rules, GError **error)
{
    if (rules->scans < 2)
        return true;
    g_autoptr(GPtrArray) marks = db_attendance_list_session(connection, &session->id, error);
    for (guint i = 0; marks && i < marks->len; i++)
        if (!service_mark_settle(connection, session, rules, marks->pdata[i], error))
            return false;
    return marks != NULL;
}

static json_t *session_facts(const struct core_session *session, json_int_t marks)
{
    return json_pack("{s:o, s:o, s:s, s:o, s:o, s:I}", "session_id", base_json_uuid(&session->id),
                     "course_id", base_json_uuid(&session->course_id), "day", session->local_day,
                     "starts_at", base_json_time(session->starts_at), "ends_at",
                     base_json_time(session->ends_at), "marks", marks);
}

static bool set_closed(struct db_connection *connection, struct close_work *work,
                       const struct core_session *session, bool unused, GError **error)
{
    if (!db_session_set_closed(connection, &session->id, work->now, &work->closed, error))
        return false;
    if (!work->closed && work->marks_all + work->marks == 0)
        return true;
    const json_int_t marks = work->marks_all + work->marks;
    return (unused || service_mail_absences(connection, session, error)) &&
           service_webhook_event(connection, CORE_WEBHOOK_SESSION_CLOSED,
                                 session_facts(session, marks), error) &&
           service_audit(connection, work->identity, "session.close", &session->id,
                         json_pack("{s:I}", "marks", marks), error);
}

/* The session as it is now, when it is to be closed; NULL without an error when it is not, for a
 * session that closes by itself. */
static struct core_session *session_due(struct db_connection *connection, struct close_work *work,
                                        struct core_rules *rules, GError **error)
{
    base_time opens_at, closes_at;
    g_autoptr(core_session) session = db_session_find(connection, &work->id, error);

    if (!session ||
        (work->asked &&
         !service_course_allow(connection, work->identity, CORE_ACTION_ATTENDANCE_WRITE,
                               &session->course_id, error)) ||
        !service_rules_of_course(connection, &session->course_id, rules, error))
        return NULL;
    core_rules_window(rules, session->starts_at, session->ends_at, &opens_at, &closes_at);
    const bool planned = session->state == CORE_SESSION_PLANNED;
    if (planned && closes_at < work->now && (work->asked || !session->closed_at))
        return g_steal_pointer(&session);
    if (work->asked)
        base_fail(error, BASE_ERROR_CONFLICT,
                  planned ? "The session still takes marks." : "The session was cancelled.");
    return NULL;
}

static bool close_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct close_work *work = data;
    GError *problem = NULL;
    struct core_rules rules;

    work->marks = 0;
    work->more = work->closed = false;
    /* Of several nodes one works on a session; the others wait, and find it closed. */
    if (!db_session_lock(connection, &work->id, error))
        return false;
    g_autoptr(core_session) session = session_due(connection, work, &rules, &problem);
    if (!session) {
        if (problem)
            g_propagate_error(error, problem);
        return !problem;
    }
    const bool unused = !work->asked && session->ends_at <= session->created_at;
    if (rules.unmarked != CORE_RULES_UNMARKED_OPEN && !unused &&
        !mark_unmarked(connection, work, session, &rules, error))
        return false;
    return work->more || (settle_scans(connection, session, &rules, error) &&
                          set_closed(connection, work, session, unused, error));
}

/* In as many transactions as it takes. */
static bool close_session(struct db_connection *connection, struct close_work *work,
                          struct service_closed *closed, GError **error)
{
    do {
        if (!db_transaction_keyed_on(connection, close_body, work, error))
            return false;
        work->marks_all += work->marks;
    } while (work->more);
    closed->sessions += work->closed;
    closed->marks += work->marks_all;
    return true;
}

bool service_session_close(struct service *service, const struct service_identity *identity,
                           const struct base_uuid *id, struct service_closed *closed,
                           GError **error)
{
    struct close_work work = {
        .identity = identity,
        .id = *id,
        .asked = true,
        .now = base_time_now(),
    };
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    *closed = (struct service_closed){0};
    return connection && close_session(connection, &work, closed, error);
}

/* Whether the window of a session, which has ended, is over too. */
static bool is_due(struct db_connection *connection, const struct core_session *session,
                   base_time now, bool *due, GError **error)
{
    struct core_rules rules;
    base_time opens_at, closes_at;

    if (!service_rules_of_course(connection, &session->course_id, &rules, error))
        return false;
    core_rules_window(&rules, session->starts_at, session->ends_at, &opens_at, &closes_at);
    *due = closes_at < now;
    return true;
}

/* The connection is given back between the sessions, so that others get on. */
static bool close_due(struct service *service, const struct core_session *session, base_time now,
                      struct service_closed *closed, GError **error)
{
    struct close_work work = {.id = session->id, .now = now};
    bool due = false;
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    return connection && is_due(connection, session, now, &due, error) &&
           (!due || close_session(connection, &work, closed, error));
}

bool service_closing_run(struct service *service, struct service_closed *closed, GError **error)
{
    const base_time now = base_time_now();
    g_autoptr(core_session) last = NULL;

    *closed = (struct service_closed){0};
    for (guint n = PAGE_SESSIONS; n == PAGE_SESSIONS;) {
        g_autoptr(db_connection) connection = db_acquire(service->db, error);
        g_autoptr(GPtrArray) sessions =
            connection ? db_sessions_to_close(connection, now, last, PAGE_SESSIONS, error) : NULL;
        g_clear_pointer(&connection, db_release);
        if (!sessions)
            return false;
        n = sessions->len;
        for (guint i = 0; i < n; i++) {
            GError *problem = NULL;
            if (close_due(service, sessions->pdata[i], now, closed, &problem))
                continue;
            if (g_error_matches(problem, BASE_ERROR, BASE_ERROR_UNAVAILABLE)) {
                g_propagate_error(error, problem);
                return false;
            }
            g_warning("A session was not closed: %s", problem->message);
            g_error_free(problem);
        }
        core_session_free(last);
        last = n ? g_ptr_array_steal_index(sessions, n - 1) : NULL;
    }
    return true;
}
