#include "service/kiosk.h"

#include "db/query/session.h"
#include "service/attend.h"
#include "service/kiosk_scene.h"
#include "service/marking.h"
#include "service/picture.h"
#include "service/sessions.h"

#include <math.h>

G_STATIC_ASSERT((int)SERVICE_KIOSK_FRAMES_MAX == (int)KIOSK_FRAMES_MAX);

/* ---- what it needs to know ---- */

void service_kiosk_session_clear(struct service_kiosk_session *session)
{
    core_session_free(session->session);
    *session = (struct service_kiosk_session){0};
}

void service_kiosk_state_clear(struct service_kiosk_state *state)
{
    db_device_free(state->device);
    core_institution_free(state->institution);
    service_kiosk_session_clear(&state->now);
    service_kiosk_session_clear(&state->next);
    *state = (struct service_kiosk_state){0};
}

static struct service_kiosk_session session_steal(struct kiosk_session *session)
{
    if (!session)
        return (struct service_kiosk_session){0};
    return (struct service_kiosk_session){
        .session = g_steal_pointer(&session->session),
        .opens_at = session->opens_at,
        .closes_at = session->closes_at,
    };
}

/* The likeliest of the open sessions. */
static struct service_kiosk_session session_now(struct kiosk_place *place)
{
    return session_steal(place->bound && place->open->len > 0 ? place->open->pdata[0] : NULL);
}

static bool state_read(struct service *service, struct db_connection *connection,
                       const struct service_device *device, struct service_kiosk_state *state,
                       GError **error)
{
    struct kiosk_place place = {0};

    state->device = db_device_find(connection, &device->id, error);
    if (state->device)
        state->institution = service_institution_on(service, connection, error);
    const bool ok = state->institution &&
                    kiosk_place_read(connection, device, base_time_now(), &place, error) &&
                    db_device_entry_next(connection, &device->id, &state->next_counter, error);
    if (ok) {
        state->now = session_now(&place);
        state->next = session_steal(place.next);
    }
    kiosk_place_clear(&place);
    return ok;
}

bool service_kiosk_state(struct service *service, const struct service_device *device,
                         struct service_kiosk_state *state, GError **error)
{
    *state = (struct service_kiosk_state){0};
    state->faces = service_faces_ready(service, NULL);
    state->key.usable = auth_box_public(service->keys, &state->key.id, state->key.point);
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    if (connection && state_read(service, connection, device, state, error))
        return true;
    service_kiosk_state_clear(state);
    return false;
}

/* ---- marks ---- */

void service_kiosk_face_clear(gpointer data)
{
    struct service_kiosk_face *face = data;

    g_clear_pointer(&face->mark, core_attendance_free);
    g_clear_pointer(&face->name, g_free);
    g_clear_pointer(&face->token, g_free);
}

void service_kiosk_marks_clear(struct service_kiosk_marks *marks)
{
    g_free(marks->time_zone);
    service_kiosk_session_clear(&marks->session);
    if (marks->faces)
        g_array_unref(marks->faces);
    *marks = (struct service_kiosk_marks){0};
}

/* The mark and the name of somebody who is known. */
static bool mark_make(struct db_connection *connection, struct service_attend *attend,
                      const struct core_institution *institution, struct service_kiosk_face *face,
                      GError **error)
{
    if (!service_attend(connection, institution, attend, error))
        return false;
    if (attend->proof == CORE_RULES_PROOF_CHALLENGE) {
        face->challenge = true;
        return true;
    }
    if (attend->proof == CORE_RULES_PROOF_REVIEW) {
        face->kind = RECOGNISE_NEEDS_REVIEW;
        return true;
    }
    face->kind = attend->gone ? RECOGNISE_UNKNOWN : RECOGNISE_MATCH;
    if (attend->gone)
        return true;
    face->mark = g_steal_pointer(&attend->attendance);
    face->name = g_steal_pointer(&attend->person_name);
    face->already = !attend->is_new;
    if (attend->is_new)
        face->token = service_mark_token(attend->service, face->mark, error);
    return !attend->is_new || face->token;
}

static bool sight_mark(const struct kiosk_scene *scene, struct kiosk_sight *sight,
                       struct service_kiosk_face *face, GError **error)
{
    const struct recognise_answer *answer = &sight->answer;
    struct service_attend attend = {
        .service = scene->service,
        .identity = scene->identity,
        .person = answer->person,
        .session_id = sight->session_id,
        .at = scene->at,
        .method = CORE_METHOD_FACE,
        .score = answer->score,
        .prove = answer->liveness != RECOGNISE_LIVENESS_UNKNOWN,
        .doubt = answer->liveness == RECOGNISE_LIVENESS_DOUBT,
    };
    if (scene->device)
        attend.device_id = scene->device->id;
    g_autoptr(db_connection) connection = db_acquire(scene->service->db, error);
    const bool ok = connection && mark_make(connection, &attend, scene->institution, face, error);

    if (ok && attend.is_new)
        service_frame_keep(scene->service, face->mark, &scene->frames[answer->frame], answer);
    service_attend_clear(&attend);
    return ok;
}

static bool sight_conclude(const struct kiosk_scene *scene, struct kiosk_sight *sight,
                           struct service_kiosk_face *face, GError **error)
{
    *face = (struct service_kiosk_face){
        .box = sight->answer.box,
        .kind = sight->answer.kind,
        .reason = sight->answer.quality.reason,
    };
    if (face->kind == RECOGNISE_MATCH && !sight_mark(scene, sight, face, error))
        return false;
    if (face->kind != RECOGNISE_NEEDS_REVIEW)
        return true;
    if (sight->answer.kind == RECOGNISE_MATCH)
        sight->answer.doubt = RECOGNISE_DOUBT_LIVENESS;
    return kiosk_scene_review(scene, sight, error);
}

static bool marks_make(struct kiosk_scene *scene, struct service_kiosk_marks *marks, GError **error)
{
    for (guint i = 0; i < scene->sights->len; i++) {
        struct service_kiosk_face face;
        const bool ok = sight_conclude(scene, &g_array_index(scene->sights, struct kiosk_sight, i),
                                       &face, error);
        g_array_append_val(marks->faces, face);
        if (!ok)
            return false;
    }
    return true;
}

static bool mark_scene(struct kiosk_scene *scene, struct service_kiosk_marks *marks, GError **error)
{
    *marks = (struct service_kiosk_marks){
        .faces = g_array_new(FALSE, TRUE, sizeof(struct service_kiosk_face)),
    };
    g_array_set_clear_func(marks->faces, service_kiosk_face_clear);
    const bool ok = kiosk_scene_read(scene, error) && marks_make(scene, marks, error);
    if (ok) {
        const char *zone = scene->institution->time_zone;
        marks->width = scene->width;
        marks->height = scene->height;
        marks->open = scene->open;
        marks->session = session_now(&scene->place);
        marks->time_zone = g_strdup(zone ? zone : CORE_TIME_ZONE_DEFAULT);
    }
    kiosk_scene_clear(scene);
    if (!ok)
        service_kiosk_marks_clear(marks);
    return ok;
}

bool service_kiosk_mark(struct service *service, const struct service_device *device,
                        const struct recognise_picture *frames, size_t frames_n,
                        struct service_kiosk_marks *marks, GError **error)
{
    struct kiosk_scene scene = {
        .service = service,
        .device = device,
        .frames = frames,
        .frames_n = frames_n,
        .at = base_time_now(),
    };

    return mark_scene(&scene, marks, error);
}

static bool session_allow(struct service *service, const struct service_identity *identity,
                          const struct base_uuid *session_id, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    g_autoptr(core_session) session =
        connection ? service_session_to_mark(connection, identity, session_id, error) : NULL;

    return session != NULL;
}

bool service_kiosk_mark_session(struct service *service, const struct service_identity *identity,
                                const struct base_uuid *session_id,
                                const struct recognise_picture *frames, size_t frames_n,
                                struct service_kiosk_marks *marks, GError **error)
{
    struct kiosk_scene scene = {
        .service = service,
        .identity = identity,
        .session_id = *session_id,
        .frames = frames,
        .frames_n = frames_n,
        .at = base_time_now(),
    };

    return session_allow(service, identity, session_id, error) && mark_scene(&scene, marks, error);
}

/* ---- PINs ---- */

static bool pin_mark(struct service *service, const struct service_device *device,
                     struct db_connection *connection, const struct kiosk_place *place,
                     const struct base_uuid *person, base_time at, struct service_kiosk_face *face,
                     GError **error)
{
    const struct kiosk_session *session = kiosk_place_session_of(place, person);
    g_autoptr(core_institution) institution = NULL;
    struct service_attend attend = {
        .service = service,
        .person = *person,
        .at = at,
        .method = CORE_METHOD_CODE,
        .score = NAN,
        .device_id = device->id,
    };

    if (base_uuid_is_nil(person) || (place->bound && !session))
        return true;
    if (session)
        attend.session_id = session->session->id;
    institution = service_institution_on(service, connection, error);
    const bool ok = institution && mark_make(connection, &attend, institution, face, error);
    service_attend_clear(&attend);
    return ok;
}

bool service_kiosk_mark_by_pin(struct service *service, const struct service_device *device,
                               const struct service_kiosk_pin *typed,
                               struct service_kiosk_face *face, int *retry_after, GError **error)
{
    const struct kiosk_typed words = {typed->student_number, typed->email, typed->pin};
    const base_time at = base_time_now();
    struct kiosk_place place = {0};
    char key[BASE_UUID_TEXT_SIZE];
    struct base_uuid person;

    *face = (struct service_kiosk_face){.kind = RECOGNISE_UNKNOWN};
    if (!service_limit(service, AUTH_LIMIT_PIN_DEVICE, base_uuid_format(&device->id, key),
                       retry_after, error))
        return false;
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    bool ok = connection && kiosk_place_read(connection, device, at, &place, error) &&
              kiosk_place_open(&place, error) && kiosk_place_people(connection, &place, error);
    g_clear_pointer(&connection, db_release);
    ok = ok && kiosk_person_by_pin(service, device, &words, &person, retry_after, error);
    if (ok)
        connection = db_acquire(service->db, error);
    ok = connection && pin_mark(service, device, connection, &place, &person, at, face, error);
    kiosk_place_clear(&place);
    if (!ok)
        service_kiosk_face_clear(face);
    return ok;
}
