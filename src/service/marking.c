#include "service/marking.h"

#include "db/query/attendance.h"
#include "db/query/group.h"
#include "db/query/user.h"
#include "service/gallery.h"
#include "service/internal.h"
#include "service/picture.h"

void service_mark_clear(struct service_mark *mark)
{
    core_attendance_free(mark->attendance);
    g_free(mark->person_name);
    g_free(mark->time_zone);
    *mark = (struct service_mark){0};
}

/* ---- whom to look for ---- */

/* The active people of a group, as an array of struct base_uuid. */
static GArray *scope_group(struct db_connection *connection, const struct base_uuid *group_id,
                           GError **error)
{
    const struct db_user_filter filter = {.role = DB_ANY, .active = 1, .group_id = *group_id};
    g_autoptr(core_group) group = db_group_find(connection, group_id, error);
    g_autoptr(GPtrArray) users =
        group ? db_user_list(connection, &filter, NULL, NULL, error) : NULL;

    if (!users)
        return NULL;
    GArray *people = g_array_sized_new(FALSE, FALSE, sizeof(struct base_uuid), users->len);
    for (guint i = 0; i < users->len; i++)
        g_array_append_val(people, ((const struct core_user *)users->pdata[i])->id);
    return people;
}

/* Brings the gallery up to date and finds the scope. No connection is held afterwards, because
 * the recogniser takes many times longer than the database. */
static bool scope_prepare(struct service *service, const struct base_uuid *group_id,
                          struct recognise_scope *scope, GArray **people, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    if (!connection || !service_gallery_sync_on(service, connection, error))
        return false;
    *people = NULL;
    *scope = (struct recognise_scope){.everybody = true};
    if (base_uuid_is_nil(group_id))
        return true;
    *people = scope_group(connection, group_id, error);
    if (!*people)
        return false;
    *scope = (struct recognise_scope){
        .people = (const struct base_uuid *)(void *)(*people)->data,
        .people_n = (*people)->len,
    };
    return true;
}

/* ---- what the caller may know ---- */

/* Somebody whose faces are in use; NULL without an error when they no longer are. */
static struct core_user *person_enrolled(struct db_connection *connection,
                                         const struct base_uuid *id, GError **error)
{
    GError *problem = NULL;
    struct core_user *user = db_user_find(connection, id, &problem);

    if (problem && !g_error_matches(problem, BASE_ERROR, BASE_ERROR_NOT_FOUND))
        g_propagate_error(error, problem);
    else
        g_clear_error(&problem);
    if (user && (!user->active || user->deleted_at))
        g_clear_pointer(&user, core_user_free);
    return user;
}

static bool may_write(struct db_connection *connection, const struct service_identity *identity,
                      const struct base_uuid *person, bool *may, GError **error)
{
    GError *problem = NULL;

    *may = identity &&
           service_allow(connection, identity, CORE_ACTION_ATTENDANCE_WRITE, person, &problem);
    if (!problem || g_error_matches(problem, BASE_ERROR, BASE_ERROR_FORBIDDEN)) {
        g_clear_error(&problem);
        return true;
    }
    g_propagate_error(error, problem);
    return false;
}

/* Neither a name nor a number that a stranger could climb towards somebody's face. */
static void answer_blank(struct recognise_answer *answer, bool keep_person)
{
    if (!keep_person)
        answer->person = (struct base_uuid){0};
    answer->runner_up = (struct base_uuid){0};
    answer->score = answer->runner_up_score = -1;
}

/* ---- the mark itself ---- */

struct mark_work {
    struct service *service;
    const struct service_identity *identity;
    const struct recognise_answer *answer;
    struct base_uuid person;
    base_time at;
    char day[CORE_DAY_SIZE];
    char occasion[CORE_OCCASION_SIZE];
    enum core_status status;
    struct core_attendance *attendance;
    char *person_name;
    bool gone; /* the person was deactivated or erased in the meantime */
    bool is_new;
};

static bool mark_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct mark_work *work = data;
    GError *problem = NULL;
    g_autoptr(core_user) user = person_enrolled(connection, &work->person, &problem);

    g_clear_pointer(&work->attendance, core_attendance_free);
    if (problem) {
        g_propagate_error(error, problem);
        return false;
    }
    work->gone = user == NULL;
    work->is_new = false;
    if (work->gone)
        return true;
    const base_time now = base_time_now();
    struct core_attendance mark = {
        .user_id = work->person,
        .group_id = user->group_id,
        .occasion = work->occasion,
        .local_day = work->day,
        .marked_at = work->at,
        .status = work->status,
        .method = CORE_METHOD_FACE,
        .score = work->answer->score,
        .created_at = now,
        .updated_at = now,
    };
    base_uuid_new(&mark.id);
    work->attendance = db_attendance_mark(connection, &mark, &work->is_new, error);
    if (!work->attendance || !work->is_new)
        return work->attendance != NULL;
    return service_audit(connection, work->identity, "attendance.mark", &work->person,
                         json_pack("{s:s, s:s}", "occasion", work->occasion, "status",
                                   core_status_name(work->status)),
                         error);
}

/* The mark that is there already, without the cost of a transaction that writes. */
static bool mark_look(struct db_connection *connection, struct mark_work *work, GError **error)
{
    GError *problem = NULL;

    work->attendance =
        db_attendance_find_occasion(connection, &work->person, work->occasion, &problem);
    if (work->attendance || g_error_matches(problem, BASE_ERROR, BASE_ERROR_NOT_FOUND)) {
        g_clear_error(&problem);
        return true;
    }
    g_propagate_error(error, problem);
    return false;
}

static bool mark_time(struct mark_work *work, const struct core_institution *institution,
                      GError **error)
{
    GTimeZone *zone = service_zone_of(work->service, institution, error);

    if (!zone)
        return false;
    const bool ok = core_day_of_time(zone, work->at, work->day, error);
    if (ok) {
        core_occasion_of_day(work->day, work->occasion);
        work->status = core_policy_status(&institution->policy, zone, work->at);
    }
    g_time_zone_unref(zone);
    return ok;
}

static bool mark_matched(struct db_connection *connection, struct mark_work *work,
                         const struct core_institution *institution, struct service_mark *mark,
                         GError **error)
{
    GError *problem = NULL;
    g_autoptr(core_user) user = person_enrolled(connection, &work->person, &problem);

    if (problem) {
        g_propagate_error(error, problem);
        return false;
    }
    work->gone = user == NULL;
    if (!work->gone &&
        (!mark_time(work, institution, error) || !mark_look(connection, work, error)))
        return false;
    /* The unique key decides between two marks of one person at once. */
    if (!work->gone && !work->attendance &&
        !db_transaction_keyed_on(connection, mark_body, work, error))
        return false;
    if (work->gone) {
        mark->answer.kind = RECOGNISE_UNKNOWN;
        answer_blank(&mark->answer, false);
        return true;
    }
    mark->attendance = g_steal_pointer(&work->attendance);
    mark->already = !work->is_new;
    mark->person_name = g_strdup(user->name);
    return true;
}

/* Decides what of the answer goes to the caller; `mark->person_name` for a candidate to review. */
static bool mark_disclose(struct db_connection *connection, const struct service_identity *identity,
                          struct service_mark *mark, GError **error)
{
    struct recognise_answer *answer = &mark->answer;
    bool may = false;

    if (!may_write(connection, identity, &answer->person, &may, error))
        return false;
    if (answer->kind == RECOGNISE_NEEDS_REVIEW && may) {
        GError *problem = NULL;
        g_autoptr(core_user) user = person_enrolled(connection, &answer->person, &problem);
        if (problem) {
            g_propagate_error(error, problem);
            return false;
        }
        mark->person_name = user ? g_strdup(user->name) : NULL;
    }
    if (!may)
        answer_blank(answer, answer->kind == RECOGNISE_MATCH);
    /* Who may correct one person need not know the other. */
    if (!identity || identity->role != CORE_ROLE_ADMIN)
        answer->runner_up = (struct base_uuid){0};
    return true;
}

static bool mark_conclude(struct mark_work *work, struct service_mark *mark, GError **error)
{
    struct service *service = work->service;
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    g_autoptr(core_institution) institution =
        connection ? service_institution_on(service, connection, error) : NULL;

    if (!institution)
        return false;
    mark->time_zone =
        g_strdup(institution->time_zone ? institution->time_zone : CORE_TIME_ZONE_DEFAULT);
    work->person = mark->answer.person;
    work->answer = &mark->answer;
    if (mark->answer.kind == RECOGNISE_MATCH &&
        !mark_matched(connection, work, institution, mark, error))
        return false;
    return mark_disclose(connection, work->identity, mark, error);
}

bool service_mark_by_face(struct service *service, const struct service_identity *identity,
                          const struct service_mark_request *request, struct service_mark *mark,
                          GError **error)
{
    const bool admin = identity && identity->role == CORE_ROLE_ADMIN;
    struct recognise_options options = {
        .skip_liveness = !service->liveness || (request->skip_liveness && admin),
    };
    GArray *people = NULL;

    *mark = (struct service_mark){0};
    if (!service_faces_ready(service, error) ||
        !scope_prepare(service, &request->group_id, &options.scope, &people, error))
        return false;
    struct mark_work work = {
        .service = service,
        .identity = identity,
        .at = admin && request->at ? request->at : base_time_now(),
    };
    const bool ok = recognise_probe(service->recogniser, request->frames, request->frames_n,
                                    &options, &mark->answer, error) &&
                    mark_conclude(&work, mark, error);
    if (ok && work.is_new)
        service_frame_keep(service, mark->attendance, &request->frames[mark->answer.frame],
                           &mark->answer);
    if (people)
        g_array_unref(people);
    core_attendance_free(work.attendance);
    if (!ok)
        service_mark_clear(mark);
    return ok;
}

/* ---- identifying without marking ---- */

static void face_clear(gpointer data)
{
    struct service_face *face = data;

    g_clear_pointer(&face->person_name, g_free);
}

GArray *service_identify(struct service *service, const struct service_identity *identity,
                         const struct recognise_picture *picture, bool group, GError **error)
{
    const struct recognise_options options = {
        .scope = {.everybody = true},
        .skip_liveness = true,
        .group = group,
    };

    if (!service_allow_all(identity, CORE_ACTION_ATTENDANCE_READ, error) ||
        !service_gallery_sync(service, error))
        return NULL;
    g_autoptr(GArray) answers = recognise_faces(service->recogniser, picture, &options, error);
    g_autoptr(db_connection) connection = answers ? db_acquire(service->db, error) : NULL;
    if (!connection)
        return NULL;
    GArray *faces = g_array_new(FALSE, TRUE, sizeof(struct service_face));
    g_array_set_clear_func(faces, face_clear);
    for (guint i = 0; i < answers->len; i++) {
        struct service_face face = {.answer = g_array_index(answers, struct recognise_answer, i)};
        GError *problem = NULL;
        g_autoptr(core_user) user =
            base_uuid_is_nil(&face.answer.person)
                ? NULL
                : person_enrolled(connection, &face.answer.person, &problem);
        if (problem) {
            g_propagate_error(error, problem);
            g_array_unref(faces);
            return NULL;
        }
        face.person_name = user ? g_strdup(user->name) : NULL;
        g_array_append_val(faces, face);
    }
    return faces;
}
