#include "service/codes.h"

#include "db/query/session.h"
#include "db/query/session_open.h"
#include "service/attend.h"
#include "service/policies.h"
#include "service/sessions.h"

#include <math.h>
#include <string.h>

/* ---- showing ---- */

static struct core_session *session_of(struct service *service,
                                       const struct service_identity *identity,
                                       const struct service_device *device,
                                       const struct base_uuid *id, GError **error)
{
    if (!identity && !service_device_allow_session(service, device, id, error))
        return NULL;
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    if (!connection)
        return NULL;
    return identity ? service_session_to_mark(connection, identity, id, error)
                    : db_session_find(connection, id, error);
}

static bool takes_marks(struct service *service, const struct core_session *session, base_time now,
                        GError **error)
{
    struct core_rules rules;
    GTimeZone *zone = service_time_zone(service, error);
    g_autoptr(db_connection) connection = zone ? db_acquire(service->db, error) : NULL;
    const bool ok = connection &&
                    service_rules_of_course(connection, &session->course_id, &rules, error) &&
                    service_session_takes_marks(session, &rules, zone, now, error);

    if (zone)
        g_time_zone_unref(zone);
    return ok;
}

bool service_code_show(struct service *service, const struct service_identity *identity,
                       const struct service_device *device, const struct base_uuid *session_id,
                       struct service_session_code *code, GError **error)
{
    g_autoptr(core_session) session = session_of(service, identity, device, session_id, error);

    code->now = base_time_now();
    if (!session || !takes_marks(service, session, code->now, error))
        return false;
    auth_code_now(service->keys, session_id, code->now, code->text, &code->changes_at);
    return true;
}

/* ---- using ---- */

void service_code_mark_clear(struct service_code_mark *mark)
{
    core_attendance_free(mark->attendance);
    core_session_free(mark->session);
    g_free(mark->not_me);
    g_free(mark->time_zone);
    *mark = (struct service_code_mark){0};
}

/* The session of this person that takes marks now and shows the code; nil: none does. */
static bool session_find(struct service *service, struct db_connection *connection,
                         const struct service_attend *attend, const char *code,
                         struct base_uuid *found, GError **error)
{
    g_autoptr(GPtrArray) open =
        db_session_open_list(connection, &attend->person, &attend->session_id, attend->at, error);
    bool any = false;

    *found = (struct base_uuid){0};
    for (guint i = 0; open && i < open->len; i++) {
        const struct db_session_open *one = open->pdata[i];
        struct core_rules rules;
        base_time opens_at, closes_at;
        core_rules_init(&rules);
        if (one->rules && !service_rules_stored(one->rules, &rules, error))
            return false;
        core_rules_window(&rules, one->session->starts_at, one->session->ends_at, &opens_at,
                          &closes_at);
        if (attend->at < opens_at || attend->at > closes_at)
            continue;
        any = true;
        if (auth_code_matches(service->keys, &one->session->id, attend->at, code))
            *found = one->session->id;
    }
    return open && (any || base_fail(error, BASE_ERROR_CONFLICT,
                                     "You have no session that takes marks now."));
}

static bool mark_make(struct service *service, struct service_attend *attend,
                      struct service_code_mark *mark, const char *code, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    g_autoptr(core_institution) institution =
        connection ? service_institution_on(service, connection, error) : NULL;
    struct base_uuid found;

    if (!institution || !session_find(service, connection, attend, code, &found, error))
        return false;
    if (base_uuid_is_nil(&found))
        return base_fail(error, BASE_ERROR_INVALID,
                         "code is not the one that is shown now; it changes every %d seconds.",
                         AUTH_CODE_STEP_SECONDS);
    attend->session_id = found;
    if (!service_attend(connection, institution, attend, error))
        return false;
    if (attend->gone)
        return base_fail(error, BASE_ERROR_CONFLICT, "You are not on the roster of this session.");
    mark->attendance = g_steal_pointer(&attend->attendance);
    mark->session = g_steal_pointer(&attend->session);
    mark->already = !attend->is_new;
    mark->time_zone =
        g_strdup(institution->time_zone ? institution->time_zone : CORE_TIME_ZONE_DEFAULT);
    if (attend->is_new)
        mark->not_me = service_mark_token(service, mark->attendance, error);
    return !attend->is_new || mark->not_me;
}

bool service_code_use(struct service *service, const struct service_identity *identity,
                      const struct base_uuid *session_id, const char *code,
                      struct service_code_mark *mark, int *retry_after, GError **error)
{
    char key[BASE_UUID_TEXT_SIZE];
    struct service_attend attend = {
        .service = service,
        .identity = identity,
        .person = identity->user_id,
        .session_id = *session_id,
        .at = base_time_now(),
        .method = CORE_METHOD_CODE,
        .score = NAN,
    };

    *mark = (struct service_code_mark){0};
    if (!service_limit(service, AUTH_LIMIT_SESSION_CODE, base_uuid_format(&identity->user_id, key),
                       retry_after, error))
        return false;
    const bool ok = mark_make(service, &attend, mark, code, error);
    /* A code that is known, of a session where the mark stands, must not buy tries at another's. */
    if (ok && !mark->already)
        auth_limiter_reset(service->limiter, AUTH_LIMIT_SESSION_CODE, key);
    else if (!ok)
        service_code_mark_clear(mark);
    service_attend_clear(&attend);
    return ok;
}
