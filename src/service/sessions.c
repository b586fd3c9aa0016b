#include "service/sessions.h"

#include "core/timetable.h"
#include "db/query/attendance.h"
#include "service/courses.h"
#include "service/generate.h"
#include "service/internal.h"

#include <string.h>

enum {
    TITLE_MAX = 120,
    CONFLICTS_MAX = 500, /* of a kind */
};

struct session_work {
    struct service *service;
    const struct service_identity *identity;
    struct base_uuid id;
    struct base_uuid course_id;
    const struct service_session_input *input;
    struct core_session *session; /* as it is afterwards */
};

bool service_session_allow(struct db_connection *connection,
                           const struct service_identity *identity,
                           const struct base_uuid *course_id, GError **error)
{
    return service_course_allow(connection, identity, CORE_ACTION_SESSION_WRITE, course_id, error);
}

struct core_session *service_session_to_mark(struct db_connection *connection,
                                             const struct service_identity *identity,
                                             const struct base_uuid *id, GError **error)
{
    g_autoptr(core_session) session = db_session_find(connection, id, error);

    return session && service_course_allow(connection, identity, CORE_ACTION_ATTENDANCE_WRITE,
                                           &session->course_id, error)
               ? g_steal_pointer(&session)
               : NULL;
}

/* A text that may be taken away again: "" for none. */
static bool apply_text(const char *text, const char *field, int max, char **value, GError **error)
{
    if (!text)
        return true;
    char *clean = *text ? base_text_name(text, field, max, error) : NULL;
    if (*text && !clean)
        return false;
    g_free(*value);
    *value = clean;
    return true;
}

static bool apply_times(struct core_session *session, const struct service_session_input *input,
                        GTimeZone *zone, GError **error)
{
    const char *day = input->local_day ? input->local_day : session->local_day;
    const gint32 start = input->start_second ? *input->start_second : session->start_second;
    const gint32 end = input->end_second ? *input->end_second : session->end_second;

    if (!core_day_is_valid(day))
        return base_fail(error, BASE_ERROR_INVALID, "day must be written YYYY-MM-DD.");
    if (start < 0 || start >= CORE_TIMETABLE_DAY_SECONDS)
        return base_fail(error, BASE_ERROR_INVALID, "start_time must be a time of day.");
    if (end < 0 || end >= CORE_TIMETABLE_DAY_SECONDS || end == start)
        return base_fail(error, BASE_ERROR_INVALID,
                         "end_time must be a time of day other than the start.");
    service_session_place(session, zone, day, start, end);
    return true;
}

/* Whether something of it is changed that its slot would say otherwise. */
static bool is_edit(const struct service_session_input *input)
{
    return input->local_day || input->start_second || input->end_second || input->room_id ||
           input->title || input->note || input->state;
}

static bool session_apply(struct session_work *work, struct db_connection *connection,
                          struct core_session *session, GError **error)
{
    const struct service_session_input *input = work->input;
    g_autoptr(GTimeZone) zone = service_timetable_zone(work->service, connection, error);

    if (!zone || !apply_times(session, input, zone, error) ||
        !apply_text(input->title, "title", TITLE_MAX, &session->title, error) ||
        !apply_text(input->note, "note", SERVICE_REASON_MAX, &session->note, error))
        return false;
    if (input->room_id)
        session->room_id = *input->room_id;
    if (input->state)
        session->state = *input->state;
    session->updated_at = base_time_now();
    return service_room_check(connection, &session->room_id, error);
}

/* Near the term: a class in another century is a slip of the keyboard. */
static bool check_day(struct db_connection *connection, const struct core_session *session,
                      GError **error)
{
    g_autoptr(core_course) course = db_course_find(connection, &session->course_id, error);
    g_autoptr(core_term) term = course ? db_term_find(connection, &course->term_id, error) : NULL;

    if (!term)
        return false;
    const gint32 day = core_day_number(session->local_day);
    if (day < core_day_number(term->first_day) - CORE_TIMETABLE_TERM_DAYS_MAX ||
        day > core_day_number(term->last_day) + CORE_TIMETABLE_TERM_DAYS_MAX)
        return base_fail(error, BASE_ERROR_INVALID, "day is too far from the course's term.");
    return true;
}

static json_t *session_json(const struct core_session *session)
{
    return json_pack("{s:o, s:s, s:i, s:i, s:s}", "course", base_json_uuid(&session->course_id),
                     "day", session->local_day, "start", session->start_second, "end",
                     session->end_second, "state", core_session_state_name(session->state));
}

static bool session_create_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct session_work *work = data;
    g_autoptr(core_session) session = g_new0(struct core_session, 1);
    gint64 count;

    g_clear_pointer(&work->session, core_session_free);
    if (!service_session_allow(connection, work->identity, &work->course_id, error))
        return false;
    session->id = work->id;
    session->course_id = work->course_id;
    session->edited = true;
    if (!session_apply(work, connection, session, error) ||
        !check_day(connection, session, error) ||
        !db_session_count_course(connection, &work->course_id, &count, error))
        return false;
    if (count >= CORE_TIMETABLE_SESSIONS_MAX)
        return base_fail(error, BASE_ERROR_CONFLICT, "The course has %d sessions already.",
                         CORE_TIMETABLE_SESSIONS_MAX);
    session->created_at = session->updated_at;
    if (session->ends_at <= session->created_at)
        session->closed_at = session->created_at;
    if (!db_session_insert(connection, session, error) ||
        !service_audit(connection, work->identity, "session.create", &work->id,
                       session_json(session), error))
        return false;
    work->session = db_session_find(connection, &work->id, error);
    return work->session != NULL;
}

static struct core_session *session_run(db_transaction_body body, struct session_work *work,
                                        GError **error)
{
    if (db_transaction(work->service->db, body, work, error))
        return work->session;
    core_session_free(work->session);
    return NULL;
}

struct core_session *service_session_create(struct service *service,
                                            const struct service_identity *identity,
                                            const struct base_uuid *course_id,
                                            const struct service_session_input *input,
                                            GError **error)
{
    struct session_work work = {
        .service = service, .identity = identity, .course_id = *course_id, .input = input};

    if (!input->local_day || !input->start_second || !input->end_second) {
        base_fail(error, BASE_ERROR_INVALID, "%s is required.",
                  !input->local_day      ? "day"
                  : !input->start_second ? "start_time"
                                         : "end_time");
        return NULL;
    }
    base_uuid_new(&work.id);
    return session_run(session_create_body, &work, error);
}

static const char *action_of(const struct core_session *before, const struct core_session *after)
{
    if (before->state != after->state)
        return after->state == CORE_SESSION_CANCELLED ? "session.cancel" : "session.restore";
    if (before->starts_at != after->starts_at || before->ends_at != after->ends_at ||
        !base_uuid_equal(&before->room_id, &after->room_id))
        return "session.move";
    return "session.update";
}

/* One that was over and is to come again is open for marks again. */
static bool reopen(struct db_connection *connection, const struct core_session *before,
                   const struct core_session *after, GError **error)
{
    if (!before->closed_at || after->ends_at <= after->updated_at)
        return true;
    return db_session_set_closed(connection, &after->id, 0, NULL, error);
}

/* An excuse that was entered before a session was moved is of the day that it is on now. */
static bool take_marks(struct db_connection *connection, const struct core_session *before,
                       const struct core_session *after, GError **error)
{
    return strcmp(before->local_day, after->local_day) == 0 ||
           db_attendance_move(connection, &after->id, after->local_day, after->updated_at, error);
}

static bool session_update_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct session_work *work = data;

    g_clear_pointer(&work->session, core_session_free);
    g_autoptr(core_session) before = db_session_find(connection, &work->id, error);
    if (!before || !service_session_allow(connection, work->identity, &before->course_id, error))
        return false;
    g_autoptr(core_session) session = db_session_find(connection, &work->id, error);
    if (!session || !session_apply(work, connection, session, error) ||
        !check_day(connection, session, error))
        return false;
    session->edited = before->edited || is_edit(work->input);
    json_t *details = session_json(session);
    json_object_set_new(details, "from", session_json(before));
    if (!db_session_update(connection, session, error) ||
        !reopen(connection, before, session, error) ||
        !take_marks(connection, before, session, error)) {
        json_decref(details);
        return false;
    }
    if (!service_audit(connection, work->identity, action_of(before, session), &work->id, details,
                       error))
        return false;
    work->session = db_session_find(connection, &work->id, error);
    return work->session != NULL;
}

/* Who may not even see it is told that there is none. */
static bool hide(GError **error, GError *problem)
{
    if (g_error_matches(problem, BASE_ERROR, BASE_ERROR_NOT_FOUND)) {
        g_error_free(problem);
        return base_fail(error, BASE_ERROR_NOT_FOUND, "There is no such session.");
    }
    g_propagate_error(error, problem);
    return false;
}

struct core_session *service_session_update(struct service *service,
                                            const struct service_identity *identity,
                                            const struct base_uuid *id,
                                            const struct service_session_input *input,
                                            GError **error)
{
    struct session_work work = {
        .service = service, .identity = identity, .id = *id, .input = input};
    GError *problem = NULL;
    struct core_session *session = session_run(session_update_body, &work, &problem);

    if (!session)
        hide(error, problem);
    return session;
}

static bool session_delete_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct session_work *work = data;
    gint64 marks;

    g_autoptr(core_session) session = db_session_find(connection, &work->id, error);
    if (!session ||
        !service_session_allow(connection, work->identity, &session->course_id, error) ||
        !db_session_count_marks(connection, &work->id, &marks, error))
        return false;
    if (marks > 0)
        return base_fail(error, BASE_ERROR_CONFLICT, "This session has marks; cancel it instead.");
    if (!base_uuid_is_nil(&session->slot_id))
        return base_fail(error, BASE_ERROR_CONFLICT,
                         "This session comes from the weekly timetable; cancel it instead.");
    return db_session_delete(connection, &work->id, error) &&
           service_audit(connection, work->identity, "session.delete", &work->id,
                         session_json(session), error);
}

bool service_session_delete(struct service *service, const struct service_identity *identity,
                            const struct base_uuid *id, GError **error)
{
    struct session_work work = {.service = service, .identity = identity, .id = *id};
    GError *problem = NULL;

    return db_transaction(service->db, session_delete_body, &work, &problem) ||
           hide(error, problem);
}

/* ---- reading ---- */

/* Students are shown the days on which they are on the roster, and nothing else of the course. */
static bool may_read(struct db_connection *connection, const struct service_identity *identity,
                     const struct core_session *session, GError **error)
{
    bool has;

    if (identity->role != CORE_ROLE_STUDENT)
        return true;
    return db_session_has_student(connection, session, &identity->user_id, &has, error) &&
           (has || base_fail(error, BASE_ERROR_NOT_FOUND, "There is no such session."));
}

struct core_session *service_session_find(struct service *service,
                                          const struct service_identity *identity,
                                          const struct base_uuid *id, GError **error)
{
    GError *problem = NULL;
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    if (!connection)
        return NULL;
    g_autoptr(core_session) session = db_session_find(connection, id, &problem);
    if (session && may_read(connection, identity, session, &problem))
        return g_steal_pointer(&session);
    hide(error, problem);
    return NULL;
}

GPtrArray *service_session_list(struct service *service, const struct service_identity *identity,
                                const struct db_session_filter *asked, bool mine,
                                const struct db_page *page, gint64 *total, GError **error)
{
    struct db_session_filter filter = *asked;

    if ((filter.from_day && !core_day_is_valid(filter.from_day)) ||
        (filter.to_day && !core_day_is_valid(filter.to_day))) {
        base_fail(error, BASE_ERROR_INVALID, "%s must be written YYYY-MM-DD.",
                  filter.from_day && !core_day_is_valid(filter.from_day) ? "from" : "to");
        return NULL;
    }
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    if (!connection)
        return NULL;
    if (identity->role == CORE_ROLE_STUDENT) {
        if (!base_uuid_is_nil(&filter.student_id) &&
            !base_uuid_equal(&filter.student_id, &identity->user_id)) {
            base_fail(error, BASE_ERROR_FORBIDDEN, "You are not allowed to do this.");
            return NULL;
        }
        filter.student_id = identity->user_id;
    } else if (mine) {
        filter.teacher_id = identity->user_id;
    }
    if (!base_uuid_is_nil(&filter.student_id) &&
        !service_allow(connection, identity, CORE_ACTION_ATTENDANCE_READ, &filter.student_id,
                       error))
        return NULL;
    return db_session_list(connection, &filter, page, total, error);
}

GPtrArray *service_timetable_conflicts(struct service *service,
                                       const struct service_identity *identity,
                                       const char *from_day, const char *to_day,
                                       const struct base_uuid *course_id, GError **error)
{
    static const struct base_uuid NONE;
    base_time from, to;

    if (!core_day_is_valid(from_day)) {
        base_fail(error, BASE_ERROR_INVALID, "from must be written YYYY-MM-DD.");
        return NULL;
    }
    if (!core_day_is_valid(to_day) || strcmp(to_day, from_day) < 0 ||
        core_day_number(to_day) - core_day_number(from_day) >= CORE_TIMETABLE_TERM_DAYS_MAX) {
        base_fail(error, BASE_ERROR_INVALID, "to must be the same day or at most %d later.",
                  CORE_TIMETABLE_TERM_DAYS_MAX - 1);
        return NULL;
    }
    g_autoptr(GTimeZone) zone = service_time_zone(service, error);
    g_autoptr(db_connection) connection = zone ? db_acquire(service->db, error) : NULL;
    if (!connection || !core_day_bounds(zone, from_day, &from, NULL, error) ||
        !core_day_bounds(zone, to_day, NULL, &to, error))
        return NULL;
    if (course_id &&
        !service_course_allow(connection, identity, CORE_ACTION_COURSE_READ, course_id, error))
        return NULL;
    return db_session_conflicts(connection, from, to, course_id ? course_id : &NONE, CONFLICTS_MAX,
                                error);
}
