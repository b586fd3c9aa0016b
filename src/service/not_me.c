/* "That is not me": taking back a mark that somebody else got by mistake. */
#include "db/query/attendance.h"
#include "db/query/attendance_change.h"
#include "db/query/session.h"
#include "service/attend.h"
#include "service/kiosk_scene.h"
#include "service/marking.h"
#include "service/webhooks.h"

#include <math.h>

/* Stands where a session's token has its role, so that neither passes for the other. */
#define PURPOSE "mark:not-me"
#define LIFE (2 * 60 * BASE_TIME_SECOND)

char *service_mark_token(struct service *service, const struct core_attendance *mark,
                         GError **error)
{
    struct auth_token_claims claims = {
        .user = mark->user_id,
        .id = mark->id,
        .role = PURPOSE,
        .issued_at = base_time_now(),
    };

    claims.expires_at = claims.issued_at + LIFE;
    return auth_tokens_issue(service->tokens, &claims, error);
}

/* What the session's closing had made of the person before the mark, if anything, is so again. */
static bool restore_automatic(struct db_connection *connection, const struct core_attendance *mark,
                              const GPtrArray *changes, GError **error)
{
    const struct db_attendance_change *automatic = NULL;

    for (guint i = 0; i < changes->len && !automatic; i++) {
        const struct db_attendance_change *change = changes->pdata[i];
        if (change->from_method == CORE_METHOD_AUTOMATIC)
            automatic = change;
    }
    if (!automatic)
        return true;
    g_autoptr(core_session) session = db_session_find(connection, &mark->session_id, error);
    if (!session)
        return false;
    struct core_attendance again = *mark;
    base_uuid_new(&again.id);
    again.marked_at = session->ends_at;
    again.captured_at = again.last_seen_at = 0;
    again.status = automatic->from_status;
    again.status_code = automatic->from_code;
    again.method = CORE_METHOD_AUTOMATIC;
    again.score = NAN;
    again.updated_at = base_time_now();
    return db_attendance_insert(connection, &again, error) &&
           service_webhook_mark(connection, CORE_WEBHOOK_MARKED, &again, NULL, error);
}

struct refusal {
    struct base_uuid mark;
    struct base_uuid person;
    enum core_method method; /* of the mark; set */
};

static bool refuse_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct refusal *refusal = data;
    g_autoptr(core_attendance) mark = db_attendance_find(connection, &refusal->mark, error);
    g_autoptr(GPtrArray) changes =
        mark ? db_attendance_change_list(connection, &mark->id, error) : NULL;

    if (!changes)
        return false;
    refusal->method = mark->method;
    if ((mark->method != CORE_METHOD_FACE && mark->method != CORE_METHOD_CODE) ||
        !base_uuid_equal(&mark->user_id, &refusal->person))
        return base_fail(error, BASE_ERROR_CONFLICT,
                         "This mark was changed by hand; please ask your teacher.");
    return db_attendance_delete(connection, &mark->id, error) &&
           service_webhook_mark(connection, CORE_WEBHOOK_CORRECTED, NULL, mark, error) &&
           restore_automatic(connection, mark, changes, error) &&
           service_audit(connection, NULL, "attendance.not_me", &mark->user_id,
                         json_pack("{s:o, s:s, s:s}", "id", base_json_uuid(&mark->id), "occasion",
                                   mark->occasion, "status", core_status_name(mark->status)),
                         error);
}

/* NULL `id`: whichever mark the token is of. */
static bool refuse(struct service *service, const struct base_uuid *id, const char *token,
                   GError **error)
{
    struct auth_token_claims claims;

    if (!auth_tokens_verify(service->tokens, token, base_time_now(), &claims, NULL) ||
        g_strcmp0(claims.role, PURPOSE) != 0 || (id && !base_uuid_equal(&claims.id, id)))
        return base_fail(error, BASE_ERROR_INVALID,
                         "token does not take this mark back, or no longer; please ask your "
                         "teacher.");
    struct refusal refusal = {.mark = claims.id, .person = claims.user};
    if (!db_transaction(service->db, refuse_body, &refusal, error))
        return false;
    if (refusal.method == CORE_METHOD_FACE)
        kiosk_doubt_add(service, &claims.user);
    return true;
}

bool service_mark_not_me(struct service *service, const struct base_uuid *id, const char *token,
                         GError **error)
{
    return refuse(service, id, token, error);
}

bool service_mark_refuse(struct service *service, const char *token, GError **error)
{
    return refuse(service, NULL, token, error);
}
