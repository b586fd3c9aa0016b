#include "service/marking.h"

#include "db/query/user.h"
#include "service/attend.h"
#include "service/challenges.h"
#include "service/gallery.h"
#include "service/mark_scope.h"
#include "service/picture.h"

#include <string.h>

void service_mark_clear(struct service_mark *mark)
{
    core_attendance_free(mark->attendance);
    core_session_free(mark->session);
    g_free(mark->person_name);
    g_free(mark->not_me);
    g_free(mark->time_zone);
    *mark = (struct service_mark){0};
}

/* ---- what the caller may know ---- */

/* Somebody whose faces are in use; NULL without an error when they no longer are. */
static struct core_user *person_enrolled(struct db_connection *connection,
                                         const struct base_uuid *id, GError **error)
{
    GError *problem = NULL;
    struct core_user *user = db_user_find(connection, id, &problem);

    return service_user_active(user, problem, error);
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
    memset(answer->candidates, 0, sizeof answer->candidates);
    answer->candidates_n = 0;
    answer->doubt = RECOGNISE_DOUBT_NONE;
    answer->wider = false;
}

/* ---- the mark ---- */

/* Recognised, but perhaps from a picture. */
static void mark_unproven(const struct service_attend *attend, struct service_mark *mark)
{
    if (attend->proof == CORE_RULES_PROOF_REVIEW) {
        mark->answer.kind = RECOGNISE_NEEDS_REVIEW;
        mark->answer.doubt = RECOGNISE_DOUBT_LIVENESS;
        return;
    }
    mark->challenge = SERVICE_MARK_CHALLENGE_REQUIRED;
    answer_blank(&mark->answer, false);
}

static bool mark_matched(struct db_connection *connection, struct service_attend *attend,
                         const struct core_institution *institution, struct service_mark *mark,
                         GError **error)
{
    attend->person = mark->answer.person;
    attend->score = mark->answer.score;
    attend->prove = mark->answer.liveness != RECOGNISE_LIVENESS_UNKNOWN;
    attend->doubt = mark->answer.liveness == RECOGNISE_LIVENESS_DOUBT;
    if (!service_attend(connection, institution, attend, error))
        return false;
    if (attend->proof != CORE_RULES_PROOF_ENOUGH) {
        mark_unproven(attend, mark);
        return true;
    }
    if (attend->gone) {
        mark->answer.kind = RECOGNISE_UNKNOWN;
        answer_blank(&mark->answer, false);
        return true;
    }
    mark->attendance = g_steal_pointer(&attend->attendance);
    mark->session = g_steal_pointer(&attend->session);
    mark->person_name = g_steal_pointer(&attend->person_name);
    mark->already = !attend->is_new;
    mark->seen = attend->seen;
    if (attend->is_new)
        mark->not_me = service_mark_token(attend->service, mark->attendance, error);
    return !attend->is_new || mark->not_me;
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
    if (!identity || identity->role != CORE_ROLE_ADMIN) {
        answer->runner_up = (struct base_uuid){0};
        answer->candidates_n = MIN(answer->candidates_n, 1);
    }
    return true;
}

static bool mark_conclude(struct service_attend *attend, const struct service_mark_request *request,
                          struct service_mark *mark, GError **error)
{
    struct service *service = attend->service;
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    g_autoptr(core_institution) institution =
        connection ? service_institution_on(service, connection, error) : NULL;

    if (!institution)
        return false;
    mark->time_zone =
        g_strdup(institution->time_zone ? institution->time_zone : CORE_TIME_ZONE_DEFAULT);
    if (mark->challenge != SERVICE_MARK_CHALLENGE_NONE)
        return true;
    if (mark->answer.kind == RECOGNISE_MATCH &&
        !mark_matched(connection, attend, institution, mark, error))
        return false;
    if (mark->challenge != SERVICE_MARK_CHALLENGE_NONE)
        return true;
    if (mark->answer.kind == RECOGNISE_NEEDS_REVIEW) {
        g_clear_pointer(&connection, db_release);
        if (!service_mark_review(service, request, attend->at, &mark->answer, error))
            return false;
        connection = db_acquire(service->db, error);
    }
    return connection && mark_disclose(connection, attend->identity, mark, error);
}

/* The moment that counts. */
static base_time mark_instant(const struct service_identity *identity,
                              const struct service_mark_request *request,
                              enum core_time_source *source)
{
    const base_time arrival = base_time_now();
    const bool staff = identity && identity->role != CORE_ROLE_STUDENT;

    if (identity && identity->role == CORE_ROLE_ADMIN && request->at) {
        *source = CORE_TIME_SOURCE_GIVEN;
        return request->at;
    }
    return core_capture_instant(arrival, request->captured_at, request->sent_at,
                                staff ? CORE_CAPTURE_STAFF : CORE_CAPTURE_ANYBODY, source);
}

/* ---- challenges ---- */

/* Follows the steps, and says which frames the person is to be recognised from. */
static bool challenge_follow(struct service *service, const struct service_mark_request *request,
                             struct service_mark *mark, struct service_challenge_verdict *verdict,
                             GError **error)
{
    const struct service_challenge_reply reply = {
        .id = request->challenge_id,
        .session_id = request->session_id,
        .group_id = request->group_id,
        .frames = request->frames,
        .times = request->times,
        .frames_n = request->frames_n,
    };

    if (!service_challenge_answer(service, &reply, verdict, error))
        return false;
    if (verdict->result != RECOGNISE_CHALLENGE_PASSED)
        mark->challenge = verdict->result == RECOGNISE_CHALLENGE_LOST
                              ? SERVICE_MARK_CHALLENGE_LOST
                              : SERVICE_MARK_CHALLENGE_FAILED;
    return true;
}

/* The person of the frames; after a challenge, of those in which they look straight. */
static bool frames_probe(struct service *service, const struct service_mark_request *request,
                         const struct recognise_options *options, struct service_attend *attend,
                         struct service_mark *mark, GError **error)
{
    struct recognise_picture straight[SERVICE_CHALLENGE_STRAIGHT];
    struct service_challenge_verdict verdict;

    if (base_uuid_is_nil(&request->challenge_id))
        return recognise_probe(service->recogniser, request->frames, request->frames_n, options,
                               &mark->answer, error);
    if (!challenge_follow(service, request, mark, &verdict, error))
        return false;
    if (mark->challenge != SERVICE_MARK_CHALLENGE_NONE)
        return true;
    attend->challenge_passed = true;
    for (size_t i = 0; i < verdict.straight_n; i++)
        straight[i] = request->frames[verdict.straight[i]];
    if (!recognise_probe(service->recogniser, straight, verdict.straight_n, options, &mark->answer,
                         error))
        return false;
    mark->answer.frame = verdict.straight[mark->answer.frame];
    return true;
}

static bool mark_probe(struct service *service, const struct service_mark_request *request,
                       const struct service_mark_scope *scope, struct recognise_options *options,
                       struct service_attend *attend, struct service_mark *mark, GError **error)
{
    options->scope = scope->first;
    options->wider = scope->widens ? &scope->wider : NULL;
    if (!frames_probe(service, request, options, attend, mark, error))
        return false;
    if (mark->answer.kind == RECOGNISE_MATCH && mark->answer.wider && scope->review) {
        mark->answer.kind = RECOGNISE_NEEDS_REVIEW;
        mark->answer.doubt = RECOGNISE_DOUBT_ELSEWHERE;
    }
    return true;
}

bool service_mark_by_face(struct service *service, const struct service_identity *identity,
                          const struct service_mark_request *request, struct service_mark *mark,
                          GError **error)
{
    const bool admin = identity && identity->role == CORE_ROLE_ADMIN;
    struct recognise_options options = {
        .skip_liveness = !service->liveness || (request->skip_liveness && admin),
    };
    struct service_mark_scope scope = {0};

    *mark = (struct service_mark){0};
    const base_time at = mark_instant(identity, request, &mark->time_source);
    struct service_attend attend = {
        .service = service,
        .identity = identity,
        .session_id = request->session_id,
        .at = at,
        .captured_at = request->captured_at,
        .method = CORE_METHOD_FACE,
        .alternative = request->alternative,
    };
    const bool ok = service_faces_ready(service, error) &&
                    service_mark_scope_find(service, request, at, &scope, error) &&
                    mark_probe(service, request, &scope, &options, &attend, mark, error) &&
                    mark_conclude(&attend, request, mark, error);
    if (ok && attend.is_new)
        service_frame_keep(service, mark->attendance, &request->frames[mark->answer.frame],
                           &mark->answer);
    service_mark_scope_clear(&scope);
    service_attend_clear(&attend);
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
