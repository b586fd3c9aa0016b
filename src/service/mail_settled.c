#include "service/mail_settled.h"

#include "core/percentage.h"
#include "db/query/attendance.h"
#include "db/query/course.h"
#include "db/query/session.h"
#include "service/institution.h"
#include "service/internal.h"
#include "service/mail.h"
#include "service/outbox.h"
#include "service/standing.h"

#include <string.h>

#define KIND "session_settled"

/* Nobody wants to be told of an absence of weeks ago, which a closing after a long downtime makes.
 */
#define NEWS (7 * 24 * 3600 * BASE_TIME_SECOND)

bool service_mail_is_settled_kind(const char *kind)
{
    return g_strcmp0(kind, KIND) == 0;
}

bool service_mail_absences(struct db_connection *connection, const struct core_session *session,
                           GError **error)
{
    char id[BASE_UUID_TEXT_SIZE];
    /* One that was moved and takes place again is told of again. */
    g_autofree char *key = g_strdup_printf(KIND ":%s:%" G_GINT64_FORMAT,
                                           base_uuid_format(&session->id, id), session->ends_at);

    if (base_time_now() - session->ends_at > NEWS)
        return true;
    return service_outbox_add(connection,
                              &(struct service_outbox_entry){
                                  .channel = DB_OUTBOX_MAIL,
                                  .kind = KIND,
                                  .dedupe_key = key,
                                  .parameters = json_pack("{s:s}", "session", id),
                              },
                              NULL, error);
}

struct settled {
    struct service *service;
    struct base_uuid session_id;
    unsigned warnings; /* enum service_warning: which are mailed */
    bool gone;         /* there is nothing to tell */
};

static bool add(struct db_connection *connection, enum service_mail_kind kind, const char *about,
                const struct base_uuid *user_id, const char *day, json_t *parameters,
                GError **error)
{
    char user[BASE_UUID_TEXT_SIZE];
    const char *name = service_mail_kind_name(kind);
    g_autofree char *key = g_strjoin(":", name, about, base_uuid_format(user_id, user), day, NULL);

    return service_outbox_add(connection,
                              &(struct service_outbox_entry){
                                  .channel = DB_OUTBOX_MAIL,
                                  .kind = name,
                                  .dedupe_key = key,
                                  .user_id = *user_id,
                                  .parameters = parameters,
                              },
                              NULL, error);
}

static bool add_absences(struct db_connection *connection, const struct core_session *session,
                         const GPtrArray *marks, GError **error)
{
    char id[BASE_UUID_TEXT_SIZE];
    g_autofree char *about = g_strdup_printf("%s:%" G_GINT64_FORMAT,
                                             base_uuid_format(&session->id, id), session->ends_at);

    for (guint i = 0; i < marks->len; i++) {
        const struct core_attendance *mark = marks->pdata[i];
        if (mark->status != CORE_STATUS_ABSENT)
            continue;
        if (!add(connection, SERVICE_MAIL_ABSENCE, about, &mark->user_id, NULL,
                 json_pack("{s:s}", "session", id), error))
            return false;
    }
    return true;
}

/* Whether this session made it worse for a person: who attended is not warned again. */
static bool is_worse(const GPtrArray *marks, const struct base_uuid *user_id)
{
    for (guint i = 0; i < marks->len; i++) {
        const struct core_attendance *mark = marks->pdata[i];
        if (base_uuid_equal(&mark->user_id, user_id))
            return mark->status == CORE_STATUS_ABSENT || mark->status == CORE_STATUS_LATE;
    }
    return false;
}

static bool add_digests(struct db_connection *connection, const struct core_session *session,
                        const char *course, GError **error)
{
    g_autoptr(GPtrArray) teachers = db_course_teachers(connection, &session->course_id, error);

    for (guint i = 0; teachers && i < teachers->len; i++) {
        const struct core_user *teacher = teachers->pdata[i];
        if (!add(connection, SERVICE_MAIL_DIGEST, course, &teacher->id, session->local_day,
                 json_pack("{s:s, s:s}", "course", course, "day", session->local_day), error))
            return false;
    }
    return teachers != NULL;
}

static bool add_warnings(struct db_connection *connection, const struct settled *work,
                         const struct core_session *session, const GPtrArray *marks, GError **error)
{
    char course[BASE_UUID_TEXT_SIZE];
    const guint wanted = service_mail_warnings(work->warnings);
    bool any = false;
    g_autoptr(service_course_standing) standing =
        service_standing_course_on(connection, &session->course_id, NULL, error);

    if (!standing)
        return false;
    base_uuid_format(&session->course_id, course);
    for (guint i = 0; i < standing->standings->len; i++) {
        const struct service_standing *one = standing->standings->pdata[i];
        if (!(one->percentage.warnings & wanted) || !is_worse(marks, &one->user_id))
            continue;
        any = true;
        if (!add(connection, SERVICE_MAIL_AT_RISK, course, &one->user_id, session->local_day,
                 json_pack("{s:s, s:s}", "course", course, "day", session->local_day), error))
            return false;
    }
    return !any || add_digests(connection, session, course, error);
}

static bool settled_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct settled *work = data;
    g_autoptr(core_session) session = db_session_find(connection, &work->session_id, error);

    if (!session)
        return false;
    work->gone = session->state != CORE_SESSION_PLANNED || session->closed_at == 0;
    if (work->gone)
        return true;
    g_autoptr(GPtrArray) marks = db_attendance_list_session(connection, &session->id, error);
    return marks &&
           (!(work->warnings & SERVICE_WARNING_ABSENCE) ||
            add_absences(connection, session, marks, error)) &&
           (service_mail_warnings(work->warnings) == 0 ||
            add_warnings(connection, work, session, marks, error));
}

static bool read_session_id(const char *parameters, struct base_uuid *id, GError **error)
{
    const struct base_json_field FIELDS[] = {
        {"session", BASE_JSON_UUID, BASE_JSON_REQUIRED, id},
    };
    g_autoptr(json_t) json = base_json_parse(parameters, strlen(parameters), error);

    return json && base_json_read(json, FIELDS, G_N_ELEMENTS(FIELDS), error);
}

enum service_delivery service_mail_settled(struct service *service,
                                           const struct db_outbox_entry *entry, GError **error)
{
    struct settled work = {.service = service};
    GError *problem = NULL;

    if (!read_session_id(entry->parameters, &work.session_id, error))
        return SERVICE_DELIVERY_NEVER;
    g_autoptr(service_institution_settings) institution = service_institution_read(service, error);
    if (!institution)
        return SERVICE_DELIVERY_LATER;
    work.warnings = institution->warnings;
    if (!db_transaction(service->db, settled_body, &work, &problem)) {
        const bool gone = g_error_matches(problem, BASE_ERROR, BASE_ERROR_NOT_FOUND);
        g_propagate_error(error, problem);
        return gone ? SERVICE_DELIVERY_UNWANTED : SERVICE_DELIVERY_LATER;
    }
    if (!work.gone)
        return SERVICE_DELIVERY_DONE;
    base_fail(error, BASE_ERROR_CONFLICT, "The session was cancelled or opened again.");
    return SERVICE_DELIVERY_UNWANTED;
}
