/* Attendance written and corrected by hand. */
#include "db/query/attendance.h"
#include "db/query/user.h"
#include "service/internal.h"
#include "service/marking.h"

#include <math.h>

struct hand_work {
    struct service *service;
    const struct service_identity *identity;
    struct base_uuid user_id;
    struct base_uuid attendance_id; /* nil: by person and day */
    const char *day;                /* NULL: today */
    enum core_status status;
    const char *reason;                 /* as it was typed; may be NULL */
    struct core_attendance *attendance; /* as it is afterwards */
};

/* The words of a reason are kept in the mark's note alone, which erasing the person clears; the
 * audit log, which nothing clears, tells only that there was one. */
static bool correct(struct db_connection *connection, struct hand_work *work,
                    const struct core_attendance *before, GError **error)
{
    g_autofree char *reason = service_reason(work->reason, "reason", error);

    if (!reason || !db_attendance_correct(connection, &before->id, work->status, reason,
                                          &work->identity->user_id, base_time_now(), error))
        return false;
    if (!service_audit(connection, work->identity, "attendance.correct", &before->user_id,
                       json_pack("{s:o, s:s, s:s, s:s, s:b}", "id", base_json_uuid(&before->id),
                                 "occasion", before->occasion, "from",
                                 core_status_name(before->status), "to",
                                 core_status_name(work->status), "reason", true),
                       error))
        return false;
    work->attendance = db_attendance_find(connection, &before->id, error);
    return work->attendance != NULL;
}

/* The day that is meant, and the instant to write for it: now for today, the start of a day that
 * has passed. */
static bool hand_day(struct hand_work *work, struct db_connection *connection,
                     char day[CORE_DAY_SIZE], base_time *at, GError **error)
{
    char today[CORE_DAY_SIZE];
    g_autoptr(core_institution) institution =
        service_institution_on(work->service, connection, error);
    GTimeZone *zone = institution ? service_zone_of(work->service, institution, error) : NULL;

    if (!zone)
        return false;
    *at = base_time_now();
    bool ok = core_day_of_time(zone, *at, today, error);
    if (ok && work->day && !core_day_is_valid(work->day))
        ok = service_fail(error, BASE_ERROR_INVALID, "day must be a date such as 2026-03-12.");
    if (ok && work->day && g_strcmp0(work->day, today) > 0)
        ok = service_fail(error, BASE_ERROR_INVALID, "day must not be in the future.");
    if (ok)
        g_strlcpy(day, work->day ? work->day : today, CORE_DAY_SIZE);
    if (ok && g_strcmp0(day, today) != 0)
        ok = core_day_bounds(zone, day, at, NULL, error);
    g_time_zone_unref(zone);
    return ok;
}

static bool hand_insert(struct db_connection *connection, struct hand_work *work,
                        struct core_attendance *mark, GError **error)
{
    bool is_new = false;
    g_autofree char *reason = NULL;
    g_autoptr(core_user) user = db_user_find(connection, &work->user_id, error);

    if (!user)
        return false;
    if (user->deleted_at)
        return service_fail(error, BASE_ERROR_NOT_FOUND, "There is no such person.");
    if (work->reason) {
        reason = service_reason(work->reason, "reason", error);
        if (!reason)
            return false;
    }
    base_uuid_new(&mark->id);
    mark->group_id = user->group_id;
    mark->note = reason;
    g_autoptr(core_attendance) standing = db_attendance_mark(connection, mark, &is_new, error);
    if (!standing)
        return false;
    if (!is_new)
        return correct(connection, work, standing, error);
    if (!service_audit(connection, work->identity, "attendance.write", &work->user_id,
                       json_pack("{s:s, s:s, s:b}", "occasion", mark->occasion, "status",
                                 core_status_name(work->status), "reason", reason != NULL),
                       error))
        return false;
    work->attendance = g_steal_pointer(&standing);
    return true;
}

static bool hand_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct hand_work *work = data;
    char day[CORE_DAY_SIZE], occasion[CORE_OCCASION_SIZE];
    base_time at = 0;

    g_clear_pointer(&work->attendance, core_attendance_free);
    if (!service_allow(connection, work->identity, CORE_ACTION_ATTENDANCE_WRITE, &work->user_id,
                       error) ||
        !hand_day(work, connection, day, &at, error))
        return false;
    core_occasion_of_day(day, occasion);
    const base_time now = base_time_now();
    struct core_attendance mark = {
        .user_id = work->user_id,
        .occasion = occasion,
        .local_day = day,
        .marked_at = at,
        .status = work->status,
        .method = CORE_METHOD_MANUAL,
        .score = NAN,
        .marked_by = work->identity->user_id,
        .created_at = now,
        .updated_at = now,
    };
    return hand_insert(connection, work, &mark, error);
}

static bool correct_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct hand_work *work = data;
    g_autoptr(core_attendance) before = db_attendance_find(connection, &work->attendance_id, error);

    g_clear_pointer(&work->attendance, core_attendance_free);
    return before &&
           service_allow(connection, work->identity, CORE_ACTION_ATTENDANCE_WRITE, &before->user_id,
                         error) &&
           correct(connection, work, before, error);
}

static struct core_attendance *hand_run(struct hand_work *work, db_transaction_body body,
                                        GError **error)
{
    if (core_permission_scope(work->identity->role, CORE_ACTION_ATTENDANCE_WRITE) ==
        CORE_SCOPE_NONE) {
        service_fail(error, BASE_ERROR_FORBIDDEN, "You are not allowed to do this.");
        return NULL;
    }
    if (!core_status_name(work->status)) {
        service_fail(error, BASE_ERROR_INVALID,
                     "status must be \"present\", \"late\", \"absent\" or \"excused\".");
        return NULL;
    }
    if (db_transaction(work->service->db, body, work, error))
        return work->attendance;
    core_attendance_free(work->attendance);
    return NULL;
}

struct core_attendance *service_mark_by_hand(struct service *service,
                                             const struct service_identity *identity,
                                             const struct service_manual_request *request,
                                             GError **error)
{
    struct hand_work work = {
        .service = service,
        .identity = identity,
        .user_id = request->user_id,
        .day = request->day,
        .status = request->status,
        .reason = request->reason,
    };

    return hand_run(&work, hand_body, error);
}

struct core_attendance *service_mark_correct(struct service *service,
                                             const struct service_identity *identity,
                                             const struct base_uuid *attendance_id,
                                             enum core_status status, const char *reason,
                                             GError **error)
{
    struct hand_work work = {
        .service = service,
        .identity = identity,
        .attendance_id = *attendance_id,
        .status = status,
        .reason = reason,
    };

    return hand_run(&work, correct_body, error);
}
