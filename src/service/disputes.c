#include "service/disputes.h"

#include "db/query/attendance.h"
#include "service/attend.h"
#include "service/policies.h"
#include "service/webhooks.h"

struct dispute_work {
    const struct service_identity *identity;
    struct base_uuid id; /* of the mark, or of the dispute */
    const char *message;
    const struct service_dispute_answer *answer;
    struct db_dispute *dispute; /* as it is afterwards */
};

static struct db_dispute *dispute_run(struct service *service, db_transaction_body body,
                                      struct dispute_work *work, GError **error)
{
    if (db_transaction(service->db, body, work, error))
        return work->dispute;
    db_dispute_free(work->dispute);
    return NULL;
}

static bool read_again(struct db_connection *connection, struct dispute_work *work,
                       const struct base_uuid *id, GError **error)
{
    work->dispute = db_dispute_find(connection, id, error);
    return work->dispute != NULL;
}

static bool tell(struct db_connection *connection, enum core_webhook_event event,
                 const struct db_dispute *dispute, GError **error)
{
    return service_webhook_event(connection, event,
                                 json_pack("{s:o, s:o, s:o, s:s}", "id",
                                           base_json_uuid(&dispute->id), "attendance_id",
                                           base_json_uuid(&dispute->attendance_id), "user_id",
                                           base_json_uuid(&dispute->user_id), "state",
                                           db_dispute_state_name(dispute->state)),
                                 error);
}

/* ---- the student ---- */

static bool open_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct dispute_work *work = data;
    const base_time now = base_time_now();
    GError *problem = NULL;

    g_clear_pointer(&work->dispute, db_dispute_free);
    g_autofree char *message = service_reason(work->message, "message", error);
    g_autoptr(core_attendance) mark =
        message ? db_attendance_find(connection, &work->id, error) : NULL;
    if (!mark)
        return false;
    if (!base_uuid_equal(&mark->user_id, &work->identity->user_id))
        return base_fail(error, BASE_ERROR_NOT_FOUND, "There is no such mark.");
    struct db_dispute dispute = {
        .attendance_id = mark->id,
        .user_id = mark->user_id,
        .message = message,
        .created_at = now,
        .updated_at = now,
    };
    base_uuid_new(&dispute.id);
    if (!db_dispute_insert(connection, &dispute, &problem)) {
        if (!db_conflict_is(problem, "disputes.open_of")) {
            g_propagate_error(error, problem);
            return false;
        }
        g_error_free(problem);
        return base_fail(error, BASE_ERROR_CONFLICT,
                         "This mark is disputed already; the answer is still to come.");
    }
    return service_audit(connection, work->identity, "attendance.dispute", &mark->user_id,
                         json_pack("{s:o, s:o}", "id", base_json_uuid(&dispute.id), "mark",
                                   base_json_uuid(&mark->id)),
                         error) &&
           read_again(connection, work, &dispute.id, error) &&
           tell(connection, CORE_WEBHOOK_DISPUTE_OPENED, work->dispute, error);
}

struct db_dispute *service_dispute_open(struct service *service,
                                        const struct service_identity *identity,
                                        const struct base_uuid *attendance_id, const char *message,
                                        GError **error)
{
    struct dispute_work work = {.identity = identity, .id = *attendance_id, .message = message};

    return dispute_run(service, open_body, &work, error);
}

static bool not_open(GError **error)
{
    return base_fail(error, BASE_ERROR_CONFLICT, "This dispute was answered or withdrawn.");
}

static bool withdraw_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct dispute_work *work = data;
    bool changed = false;

    g_clear_pointer(&work->dispute, db_dispute_free);
    g_autoptr(db_dispute) before = db_dispute_find(connection, &work->id, error);
    if (!before)
        return false;
    if (!base_uuid_equal(&before->user_id, &work->identity->user_id))
        return base_fail(error, BASE_ERROR_NOT_FOUND, "There is no such dispute.");
    const struct db_dispute after = {
        .id = before->id,
        .state = DB_DISPUTE_WITHDRAWN,
        .updated_at = base_time_now(),
    };
    return db_dispute_end(connection, &after, &changed, error) && (changed || not_open(error)) &&
           service_audit(connection, work->identity, "attendance.dispute.withdraw",
                         &before->user_id, json_pack("{s:o}", "id", base_json_uuid(&before->id)),
                         error) &&
           read_again(connection, work, &work->id, error) &&
           tell(connection, CORE_WEBHOOK_DISPUTE_SETTLED, work->dispute, error);
}

struct db_dispute *service_dispute_withdraw(struct service *service,
                                            const struct service_identity *identity,
                                            const struct base_uuid *id, GError **error)
{
    struct dispute_work work = {.identity = identity, .id = *id};

    return dispute_run(service, withdraw_body, &work, error);
}

/* ---- lists ---- */

GPtrArray *service_dispute_list(struct service *service, const struct service_identity *identity,
                                const struct db_dispute_filter *filter, const struct db_page *page,
                                gint64 *total, GError **error)
{
    struct db_dispute_filter narrow = filter ? *filter : DB_DISPUTE_FILTER_ALL;

    if (identity->role == CORE_ROLE_STUDENT)
        narrow.user_id = identity->user_id;
    else if (identity->role == CORE_ROLE_TEACHER)
        narrow.teacher_id = identity->user_id;
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    return connection ? db_dispute_list(connection, &narrow, page, total, error) : NULL;
}

/* ---- the answer ---- */

/* Whoever may not write the mark does not learn of the dispute either, but for the student. */
static bool may_answer(struct db_connection *connection, const struct dispute_work *work,
                       const struct db_dispute *dispute, GError **error)
{
    GError *problem = NULL;

    if (service_mark_allow(connection, work->identity, &dispute->user_id, &dispute->course_id,
                           &problem))
        return true;
    if (!g_error_matches(problem, BASE_ERROR, BASE_ERROR_FORBIDDEN) ||
        base_uuid_equal(&dispute->user_id, &work->identity->user_id)) {
        g_propagate_error(error, problem);
        return false;
    }
    g_error_free(problem);
    return base_fail(error, BASE_ERROR_NOT_FOUND, "There is no such dispute.");
}

/* The mark becomes what the answer says, unless it is that already. */
static bool accept(struct db_connection *connection, const struct dispute_work *work,
                   const struct db_dispute *dispute, const char *reason, GError **error)
{
    const char *wanted = work->answer->status ? work->answer->status : "present";
    const bool session = !base_uuid_is_nil(&dispute->course_id);
    char code[CORE_RULES_CODE_SIZE];
    struct core_rules rules;
    enum core_status status;

    if ((session && !service_rules_of_course(connection, &dispute->course_id, &rules, error)) ||
        !service_status_read(wanted, session ? &rules : NULL, &status, code, error))
        return false;
    g_autoptr(core_attendance) before =
        db_attendance_find(connection, &dispute->attendance_id, error);
    if (!before)
        return false;
    if (before->status == status &&
        g_strcmp0(before->status_code ? before->status_code : "", code) == 0)
        return true;
    g_autoptr(core_attendance) after =
        service_mark_correct_on(connection, work->identity, before, status, code, reason, error);
    return after != NULL;
}

static bool answer_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct dispute_work *work = data;
    const base_time now = base_time_now();
    bool changed = false;

    g_clear_pointer(&work->dispute, db_dispute_free);
    g_autofree char *text = service_reason(work->answer->answer, "answer", error);
    g_autoptr(db_dispute) before = text ? db_dispute_find(connection, &work->id, error) : NULL;
    if (!before || !may_answer(connection, work, before, error))
        return false;
    const struct db_dispute after = {
        .id = before->id,
        .state = work->answer->accept ? DB_DISPUTE_ACCEPTED : DB_DISPUTE_REJECTED,
        .answer = text,
        .answered_by = work->identity->user_id,
        .answered_at = now,
        .updated_at = now,
    };
    return db_dispute_end(connection, &after, &changed, error) && (changed || not_open(error)) &&
           (!work->answer->accept || accept(connection, work, before, text, error)) &&
           service_audit(connection, work->identity, "attendance.dispute.answer", &before->user_id,
                         json_pack("{s:o, s:b}", "id", base_json_uuid(&before->id), "accepted",
                                   work->answer->accept),
                         error) &&
           read_again(connection, work, &work->id, error) &&
           tell(connection, CORE_WEBHOOK_DISPUTE_SETTLED, work->dispute, error);
}

struct db_dispute *service_dispute_answer(struct service *service,
                                          const struct service_identity *identity,
                                          const struct base_uuid *id,
                                          const struct service_dispute_answer *answer,
                                          GError **error)
{
    struct dispute_work work = {.identity = identity, .id = *id, .answer = answer};

    if (!answer->accept && answer->status) {
        base_fail(error, BASE_ERROR_INVALID, "status belongs to an accepted dispute.");
        return NULL;
    }
    return dispute_run(service, answer_body, &work, error);
}
