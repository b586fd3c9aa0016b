/* Attendance written and corrected by hand. */
#include "db/query/attendance.h"
#include "db/query/attendance_change.h"
#include "db/query/session.h"
#include "db/query/user.h"
#include "service/attend.h"
#include "service/courses.h"
#include "service/marking.h"
#include "service/policies.h"
#include "service/register.h"
#include "service/webhooks.h"

#include <math.h>
#include <string.h>

/* What marks are of: a session, or a day. */
struct target {
    struct core_session *session; /* NULL: the day */
    struct core_rules rules;      /* of the session */
    char day[CORE_DAY_SIZE];
    char occasion[CORE_OCCASION_SIZE];
    base_time at; /* to write for a new mark */
    bool early;   /* the session is not open yet */
};

struct hand_work {
    struct service *service;
    const struct service_identity *identity;
    const struct service_manual_request *request;
    const struct service_roll_entry *entries;
    size_t entries_n;
    struct base_uuid id; /* of the mark or the session */
    const char *status;  /* as they were typed; the reason may be NULL */
    const char *reason;
    struct core_attendance *attendance; /* as it is afterwards */
    gint64 written;
};

/* ---- correcting what stands ---- */

/* Sent twice, a correction is one. */
static bool stands_already(const struct core_attendance *mark, enum core_status status,
                           const char *code, const char *reason)
{
    return mark->method == CORE_METHOD_MANUAL && mark->status == status &&
           g_strcmp0(mark->status_code, code) == 0 && g_strcmp0(mark->note, reason) == 0;
}

/* The words of a reason are kept in the mark's note and its history, which erasing the person
 * clears; the audit log, which nothing clears, tells only that there was one. */
struct core_attendance *service_mark_correct_on(struct db_connection *connection,
                                                const struct service_identity *identity,
                                                const struct core_attendance *before,
                                                enum core_status status, const char *code,
                                                const char *reason, GError **error)
{
    g_autofree char *clean = service_reason(reason, "reason", error);
    const char *own = code && *code ? code : NULL;

    if (clean && stands_already(before, status, own, clean))
        return db_attendance_find(connection, &before->id, error);
    if (!clean ||
        !service_mark_record(connection, before, status, own, &identity->user_id, clean, error) ||
        !db_attendance_correct(connection, &before->id, status, own, clean, &identity->user_id,
                               base_time_now(), error) ||
        !service_audit(connection, identity, "attendance.correct", &before->user_id,
                       json_pack("{s:o, s:s, s:s, s:s, s:s*, s:b}", "id",
                                 base_json_uuid(&before->id), "occasion", before->occasion, "from",
                                 core_status_name(before->status), "to", core_status_name(status),
                                 "code", own, "reason", true),
                       error))
        return NULL;
    g_autoptr(core_attendance) after = db_attendance_find(connection, &before->id, error);
    if (!after || !service_webhook_mark(connection, CORE_WEBHOOK_CORRECTED, after, before, error))
        return NULL;
    return g_steal_pointer(&after);
}

static bool correct_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct hand_work *work = data;
    char code[CORE_RULES_CODE_SIZE];
    struct core_rules rules;
    enum core_status status;

    g_clear_pointer(&work->attendance, core_attendance_free);
    g_autoptr(core_attendance) before = db_attendance_find(connection, &work->id, error);
    if (!before || !service_mark_allow(connection, work->identity, &before->user_id,
                                       &before->course_id, error))
        return false;
    const bool session = !base_uuid_is_nil(&before->course_id);
    if ((session && !service_rules_of_course(connection, &before->course_id, &rules, error)) ||
        !service_status_read(work->status, session ? &rules : NULL, &status, code, error))
        return false;
    work->attendance = service_mark_correct_on(connection, work->identity, before, status, code,
                                               work->reason, error);
    return work->attendance != NULL;
}

/* ---- what is meant ---- */

static void target_clear(struct target *target)
{
    core_session_free(target->session);
}

/* The day that is meant, and the instant to write for it: now for today, the start of a day that
 * has passed. */
static bool target_day(struct target *target, GTimeZone *zone, const char *day, GError **error)
{
    char today[CORE_DAY_SIZE];

    target->at = base_time_now();
    if (!core_day_of_time(zone, target->at, today, error))
        return false;
    if (day && !core_day_is_valid(day))
        return base_fail(error, BASE_ERROR_INVALID, "day must be a date such as 2026-03-12.");
    if (day && strcmp(day, today) > 0)
        return base_fail(error, BASE_ERROR_INVALID, "day must not be in the future.");
    g_strlcpy(target->day, day ? day : today, sizeof target->day);
    core_occasion_of_day(target->day, target->occasion);
    return strcmp(target->day, today) == 0 ||
           core_day_bounds(zone, target->day, &target->at, NULL, error);
}

/* The only session of a course on a day. */
static struct core_session *session_on_day(struct db_connection *connection,
                                           const struct base_uuid *course_id, const char *day,
                                           GTimeZone *zone, GError **error)
{
    struct db_session_filter filter = DB_SESSION_FILTER_ALL;
    char today[CORE_DAY_SIZE];

    if (!core_day_of_time(zone, base_time_now(), today, error))
        return NULL;
    if (day && !core_day_is_valid(day)) {
        base_fail(error, BASE_ERROR_INVALID, "day must be a date such as 2026-03-12.");
        return NULL;
    }
    filter.course_id = *course_id;
    filter.state = CORE_SESSION_PLANNED;
    filter.from_day = filter.to_day = day ? day : today;
    g_autoptr(GPtrArray) sessions = db_session_list(connection, &filter, NULL, NULL, error);
    if (!sessions)
        return NULL;
    if (sessions->len == 1)
        return g_ptr_array_steal_index(sessions, 0);
    base_fail(error, sessions->len ? BASE_ERROR_INVALID : BASE_ERROR_NOT_FOUND,
              sessions->len ? "session_id is needed: the course has several sessions that day."
                            : "There is no session of this course on that day.");
    return NULL;
}

/* The rules and times of target->session, which the caller may write. */
static bool target_session(struct db_connection *connection, struct target *target, GError **error)
{
    const struct core_session *session = target->session;
    const base_time now = base_time_now();
    base_time opens_at, closes_at;

    if (session->state != CORE_SESSION_PLANNED)
        return base_fail(error, BASE_ERROR_CONFLICT,
                         "session_id names a session that was cancelled.");
    if (!service_rules_of_course(connection, &session->course_id, &target->rules, error))
        return false;
    core_rules_window(&target->rules, session->starts_at, session->ends_at, &opens_at, &closes_at);
    target->early = now < opens_at;
    target->at = now >= opens_at && now <= closes_at ? now : session->starts_at;
    g_strlcpy(target->day, session->local_day, sizeof target->day);
    service_occasion_of_session(&session->id, target->occasion);
    return true;
}

static bool target_find(struct db_connection *connection, struct hand_work *work,
                        struct target *target, GError **error)
{
    const struct service_manual_request *request = work->request;
    g_autoptr(core_institution) institution =
        service_institution_on(work->service, connection, error);
    GTimeZone *zone = institution ? service_zone_of(work->service, institution, error) : NULL;
    bool ok;

    if (!zone)
        return false;
    if (!base_uuid_is_nil(&request->session_id)) {
        target->session = db_session_find(connection, &request->session_id, error);
        ok = target->session &&
             service_course_allow(connection, work->identity, CORE_ACTION_ATTENDANCE_WRITE,
                                  &target->session->course_id, error) &&
             target_session(connection, target, error);
    } else if (!base_uuid_is_nil(&request->course_id)) {
        ok = service_course_allow(connection, work->identity, CORE_ACTION_ATTENDANCE_WRITE,
                                  &request->course_id, error);
        target->session =
            ok ? session_on_day(connection, &request->course_id, request->day, zone, error) : NULL;
        ok = target->session && target_session(connection, target, error);
    } else {
        ok = service_allow(connection, work->identity, CORE_ACTION_ATTENDANCE_WRITE,
                           &request->user_id, error) &&
             target_day(target, zone, request->day, error);
    }
    g_time_zone_unref(zone);
    return ok;
}

/* ---- writing ---- */

static bool on_roster(struct db_connection *connection, const struct target *target,
                      const struct base_uuid *user_id, GError **error)
{
    bool has = false;

    if (!target->session)
        return true;
    return db_session_has_student(connection, target->session, user_id, &has, error) &&
           (has || base_fail(error, BASE_ERROR_INVALID,
                             "user_id names somebody who is not on the roster of this session."));
}

/* Leaves in `work` the new mark, or the one that stands. */
static bool insert(struct db_connection *connection, struct hand_work *work,
                   const struct target *target, const struct service_roll_entry *entry,
                   struct core_attendance *mark, bool *is_new, GError **error)
{
    g_autofree char *reason = NULL;
    g_autoptr(core_user) user = db_user_find(connection, &entry->user_id, error);

    if (!user)
        return false;
    if (user->deleted_at)
        return base_fail(error, BASE_ERROR_NOT_FOUND, "There is no such person.");
    if (!on_roster(connection, target, &entry->user_id, error))
        return false;
    if (entry->reason) {
        reason = service_reason(entry->reason, "reason", error);
        if (!reason)
            return false;
    }
    base_uuid_new(&mark->id);
    mark->group_id = user->group_id;
    mark->note = reason;
    work->attendance = db_attendance_mark(connection, mark, is_new, error);
    if (!work->attendance || !*is_new)
        return work->attendance != NULL;
    return service_audit(connection, work->identity, "attendance.write", &entry->user_id,
                         json_pack("{s:s, s:s, s:s*, s:b}", "occasion", mark->occasion, "status",
                                   core_status_name(mark->status), "code", mark->status_code,
                                   "reason", reason != NULL),
                         error) &&
           service_webhook_mark(connection, CORE_WEBHOOK_MARKED, work->attendance, NULL, error);
}

/* Leaves the mark in `work`; `same` says that a mark which is this already needs no correction. */
static bool write_one(struct db_connection *connection, struct hand_work *work,
                      const struct target *target, const struct service_roll_entry *entry,
                      bool same, GError **error)
{
    const base_time now = base_time_now();
    char code[CORE_RULES_CODE_SIZE];
    enum core_status status;
    bool is_new = false;

    g_clear_pointer(&work->attendance, core_attendance_free);
    if (!service_status_read(entry->status, target->session ? &target->rules : NULL, &status, code,
                             error))
        return false;
    if (target->early && status != CORE_STATUS_EXCUSED)
        return base_fail(error, BASE_ERROR_INVALID,
                         "status can only be an excuse before a session takes marks.");
    struct core_attendance mark = {
        .user_id = entry->user_id,
        .occasion = (char *)target->occasion,
        .local_day = (char *)target->day,
        .marked_at = target->at,
        .status = status,
        .status_code = *code ? code : NULL,
        .method = CORE_METHOD_MANUAL,
        .score = NAN,
        .marked_by = work->identity->user_id,
        .created_at = now,
        .updated_at = now,
    };
    if (target->session) {
        mark.session_id = target->session->id;
        mark.course_id = target->session->course_id;
        if (!service_mark_allow(connection, work->identity, &entry->user_id, &mark.course_id,
                                error))
            return false;
    }
    if (!insert(connection, work, target, entry, &mark, &is_new, error))
        return false;
    const struct core_attendance *standing = work->attendance;
    if (same && !is_new && standing->status == status &&
        g_strcmp0(standing->status_code, mark.status_code) == 0)
        return true;
    work->written++;
    if (is_new)
        return true;
    g_autoptr(core_attendance) before = g_steal_pointer(&work->attendance);
    work->attendance = service_mark_correct_on(connection, work->identity, before, status, code,
                                               entry->reason, error);
    return work->attendance != NULL;
}

static bool hand_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct hand_work *work = data;
    const struct service_roll_entry entry = {
        .user_id = work->request->user_id,
        .status = work->request->status,
        .reason = work->request->reason,
    };
    struct target target = {0};
    const bool ok = target_find(connection, work, &target, error) &&
                    write_one(connection, work, &target, &entry, false, error);

    target_clear(&target);
    return ok;
}

static bool roll_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct hand_work *work = data;
    struct target target = {.session = db_session_find(connection, &work->id, error)};
    bool ok = target.session &&
              service_course_allow(connection, work->identity, CORE_ACTION_ATTENDANCE_WRITE,
                                   &target.session->course_id, error) &&
              target_session(connection, &target, error);

    work->written = 0;
    for (size_t i = 0; ok && i < work->entries_n; i++) {
        ok = write_one(connection, work, &target, &work->entries[i], true, error);
        if (!ok)
            g_prefix_error(error, "Mark %zu: ", i + 1);
    }
    target_clear(&target);
    return ok;
}

/* ---- the use cases ---- */

static bool hand_allowed(const struct hand_work *work, GError **error)
{
    return core_permission_scope(work->identity->role, CORE_ACTION_ATTENDANCE_WRITE) !=
               CORE_SCOPE_NONE ||
           base_fail(error, BASE_ERROR_FORBIDDEN, "You are not allowed to do this.");
}

static struct core_attendance *hand_run(struct hand_work *work, db_transaction_body body,
                                        GError **error)
{
    if (hand_allowed(work, error) && db_transaction(work->service->db, body, work, error))
        return work->attendance;
    core_attendance_free(work->attendance);
    return NULL;
}

struct core_attendance *service_mark_by_hand(struct service *service,
                                             const struct service_identity *identity,
                                             const struct service_manual_request *request,
                                             GError **error)
{
    struct hand_work work = {.service = service, .identity = identity, .request = request};

    return hand_run(&work, hand_body, error);
}

struct core_attendance *service_mark_correct(struct service *service,
                                             const struct service_identity *identity,
                                             const struct base_uuid *attendance_id,
                                             const char *status, const char *reason, GError **error)
{
    struct hand_work work = {
        .service = service,
        .identity = identity,
        .id = *attendance_id,
        .status = status,
        .reason = reason,
    };

    if (!hand_allowed(&work, error))
        return NULL;
    /* Who may not see a mark learns nothing of it here either. */
    g_autoptr(core_attendance) seen =
        service_register_find(service, identity, attendance_id, error);
    return seen ? hand_run(&work, correct_body, error) : NULL;
}

bool service_mark_roll(struct service *service, const struct service_identity *identity,
                       const struct base_uuid *session_id, const struct service_roll_entry *entries,
                       size_t entries_n, gint64 *written, GError **error)
{
    struct hand_work work = {
        .service = service,
        .identity = identity,
        .id = *session_id,
        .entries = entries,
        .entries_n = entries_n,
    };
    const bool ok =
        hand_allowed(&work, error) && db_transaction(service->db, roll_body, &work, error);

    core_attendance_free(work.attendance);
    if (ok && written)
        *written = work.written;
    return ok;
}

GPtrArray *service_mark_changes(struct service *service, const struct service_identity *identity,
                                const struct base_uuid *attendance_id, GError **error)
{
    g_autoptr(core_attendance) mark =
        service_register_find(service, identity, attendance_id, error);
    g_autoptr(db_connection) connection = mark ? db_acquire(service->db, error) : NULL;

    return connection ? db_attendance_change_list(connection, attendance_id, error) : NULL;
}
