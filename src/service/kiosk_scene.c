#include "service/kiosk_scene.h"

#include "recognise/track.h"
#include "service/gallery.h"
#include "service/reviews.h"

#include <math.h>

/* Larger frames are reduced while they are decoded: nobody at a kiosk is that far away. */
#define FRAME_SIDE 1280
#define FRAME_PIXELS_MAX (12 * 1000 * 1000)
/* Between two frames, as far as the tracker is concerned: it looks at places, hardly at time. */
#define FRAME_STEP (100 * G_GINT64_CONSTANT(1000))

void kiosk_scene_clear(struct kiosk_scene *scene)
{
    kiosk_place_clear(&scene->place);
    g_clear_pointer(&scene->institution, core_institution_free);
    g_clear_pointer(&scene->sights, g_array_unref);
}

/* ---- whom to look for ---- */

static void add_person(gpointer key, gpointer value, gpointer people)
{
    (void)value;
    g_array_append_vals(people, key, 1);
}

/* The rosters of the open sessions; everybody else for review where a policy says so. */
static void scope_of_place(const struct kiosk_place *place, struct service_mark_scope *scope)
{
    GArray *people = g_array_new(FALSE, FALSE, sizeof(struct base_uuid));

    *scope = (struct service_mark_scope){.wider = {.everybody = true}, .people = people};
    for (guint i = 0; i < place->open->len; i++) {
        const struct kiosk_session *session = place->open->pdata[i];
        g_hash_table_foreach(session->people, add_person, people);
        scope->widens |= session->rules.search == CORE_RULES_SEARCH_INSTITUTION;
    }
    scope->review = scope->widens;
    scope->first = (struct recognise_scope){
        .people = (const struct base_uuid *)(const void *)people->data,
        .people_n = people->len,
    };
}

static bool place_find(struct kiosk_scene *scene, GError **error)
{
    struct service *service = scene->service;
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    if (connection)
        scene->institution = service_institution_on(service, connection, error);
    return scene->institution &&
           (scene->device
                ? kiosk_place_read(connection, scene->device, scene->at, &scene->place, error)
                : kiosk_place_session(connection, &scene->session_id, scene->at, &scene->place,
                                      error)) &&
           kiosk_place_people(connection, &scene->place, error) &&
           service_gallery_sync_on(service, connection, error);
}

static bool scope_find(struct kiosk_scene *scene, struct service_mark_scope *scope, GError **error)
{
    const struct service_mark_request anywhere = {0};

    if (!scene->place.bound)
        return service_mark_scope_find(scene->service, &anywhere, scene->at, scope, error);
    scope_of_place(&scene->place, scope);
    return true;
}

/* ---- looking ---- */

static bool measure(struct kiosk_scene *scene, struct face_image_limits *limits, GError **error)
{
    *limits = scene->service->images.limits;
    limits->side_hint = FRAME_SIDE;
    if (limits->pixels_max == 0 || limits->pixels_max > FRAME_PIXELS_MAX)
        limits->pixels_max = FRAME_PIXELS_MAX;
    if (scene->frames_n == 0 || scene->frames_n > KIOSK_FRAMES_MAX)
        return base_fail(error, BASE_ERROR_INVALID, "image must be 1 to %d pictures.",
                         KIOSK_FRAMES_MAX);
    for (size_t i = 0; i < scene->frames_n; i++) {
        int width, height;
        if (!face_image_measure(scene->frames[i].data, scene->frames[i].size, limits, &width,
                                &height, error))
            return false;
        if (i > 0 && (width != scene->width || height != scene->height))
            return base_fail(error, BASE_ERROR_INVALID,
                             "image must be frames of one size, of one moment.");
        scene->width = width;
        scene->height = height;
    }
    return true;
}

static bool follow(const struct kiosk_scene *scene, const struct face_image_limits *limits,
                   struct recognise_tracker *tracker, GArray *tracks, float *scale, GError **error)
{
    bool ok = true;

    for (size_t i = 0; ok && i < scene->frames_n; i++) {
        struct face_image image;
        if (!face_image_decode(scene->frames[i].data, scene->frames[i].size, limits, &image, error))
            return false;
        *scale = image.scale;
        ok = recognise_tracker_add(tracker, &image, (gint64)i * FRAME_STEP, tracks, error);
        face_image_finish(&image);
    }
    return ok && recognise_tracker_end(tracker, tracks, error);
}

/* What the tracker says as a kiosk needs it. */
static struct kiosk_sight sight_of(const struct kiosk_scene *scene,
                                   const struct recognise_track *track,
                                   const struct service_mark_scope *scope, float scale)
{
    struct kiosk_sight sight = {.answer = track->answer};
    struct recognise_answer *answer = &sight.answer;

    answer->frame = MIN((size_t)(track->best / FRAME_STEP), scene->frames_n - 1);
    answer->liveness = track->liveness;
    answer->box.x *= scale;
    answer->box.y *= scale;
    answer->box.width *= scale;
    answer->box.height *= scale;
    answer->width = (int)lrintf((float)answer->width * scale);
    answer->height = (int)lrintf((float)answer->height * scale);
    if (track->embeddings == 0)
        answer->kind = RECOGNISE_POOR_QUALITY;
    if (answer->kind == RECOGNISE_NEEDS_REVIEW && answer->doubt == RECOGNISE_DOUBT_LIVENESS)
        answer->kind = RECOGNISE_MATCH; /* what becomes of it is for the rules to say */
    if (answer->kind == RECOGNISE_MATCH && answer->wider && scope->review) {
        answer->kind = RECOGNISE_NEEDS_REVIEW;
        answer->doubt = RECOGNISE_DOUBT_ELSEWHERE;
    }
    return sight;
}

static void sight_place(const struct kiosk_scene *scene, struct kiosk_sight *sight)
{
    struct recognise_answer *answer = &sight->answer;
    const struct kiosk_session *session = kiosk_place_session_of(&scene->place, &answer->person);

    if (answer->kind != RECOGNISE_MATCH)
        return;
    if (session)
        sight->session_id = session->session->id;
    if (kiosk_doubt_has(scene->service, &answer->person)) {
        answer->kind = RECOGNISE_NEEDS_REVIEW;
        answer->doubt = RECOGNISE_DOUBT_LOOKALIKE;
    }
}

static gint compare_places(gconstpointer a, gconstpointer b)
{
    const float left = ((const struct kiosk_sight *)a)->answer.box.x;
    const float right = ((const struct kiosk_sight *)b)->answer.box.x;

    return (left > right) - (left < right);
}

static bool look(struct kiosk_scene *scene, const struct service_mark_scope *scope,
                 const struct face_image_limits *limits, GError **error)
{
    const struct recognise_tracker_options options = {
        .recognise = {.scope = scope->first,
                      .wider = scope->widens ? &scope->wider : NULL,
                      .skip_liveness = !scene->service->liveness},
        .prompt = true,
    };
    g_autoptr(recognise_tracker) tracker =
        recognise_tracker_create(scene->service->recogniser, &options);
    g_autoptr(GArray) tracks = g_array_new(FALSE, FALSE, sizeof(struct recognise_track));
    float scale = 1;

    g_array_set_clear_func(tracks, recognise_track_clear);
    if (!follow(scene, limits, tracker, tracks, &scale, error))
        return false;
    for (guint i = 0; i < tracks->len; i++) {
        struct kiosk_sight sight =
            sight_of(scene, &g_array_index(tracks, struct recognise_track, i), scope, scale);
        scene->width = sight.answer.width;
        scene->height = sight.answer.height;
        sight_place(scene, &sight);
        g_array_append_val(scene->sights, sight);
    }
    g_array_sort(scene->sights, compare_places);
    return true;
}

bool kiosk_scene_read(struct kiosk_scene *scene, GError **error)
{
    struct service_mark_scope scope = {0};
    struct face_image_limits limits;

    scene->sights = g_array_new(FALSE, TRUE, sizeof(struct kiosk_sight));
    if (!service_faces_ready(scene->service, error) || !measure(scene, &limits, error) ||
        !place_find(scene, error))
        return false;
    scene->open = kiosk_place_open(&scene->place, NULL);
    if (!scene->open)
        return true;
    const bool ok = scope_find(scene, &scope, error) && look(scene, &scope, &limits, error);
    service_mark_scope_clear(&scope);
    return ok;
}

bool kiosk_scene_review(const struct kiosk_scene *scene, const struct kiosk_sight *sight,
                        GError **error)
{
    struct service_mark_request request = {.frames = scene->frames, .frames_n = scene->frames_n};

    request.session_id = sight->session_id;
    if (base_uuid_is_nil(&request.session_id) && scene->place.bound)
        request.session_id = ((struct kiosk_session *)scene->place.open->pdata[0])->session->id;
    return service_mark_review(scene->service, &request, scene->at, &sight->answer, error);
}
