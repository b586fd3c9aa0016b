/* A camera before a class, for as long as the session lasts. */
#include "base/error.h"
#include "db/query/session.h"
#include "service/class_tracks.h"
#include "service/internal.h"
#include "service/policies.h"
#include "service/sessions.h"
#include "video/camera.h"

/* The roster and the faces enrolled are read again so often. */
#define REFRESH (20 * (gint64)G_USEC_PER_SEC)
/* Whether a session takes marks yet is asked so often. */
#define OPENING (10 * (gint64)G_USEC_PER_SEC)
/* So long a wait looks neither at the clock nor at whether to stop. */
#define NAP (G_USEC_PER_SEC / 2)
/* Faces end when no frames come any more. */
#define SILENCE (3 * (gint64)G_USEC_PER_SEC)
/* What could not be written is tried again after this... */
#define AGAIN (2 * (gint64)G_USEC_PER_SEC)
/* ...for so long after the end, ... */
#define LAST (60 * (gint64)G_USEC_PER_SEC)
/* ...and the oldest of more than these is given up. */
#define TRACKS_MAX 512

struct watch {
    struct service *service;
    const struct service_identity *identity;
    const struct service_watching *given;
    struct service_class_request request;
    struct service_class_search search;
    core_session *session;
    struct recognise_tracker *tracker;
    GArray *tracks;
    GHashTable *told; /* struct base_uuid *: persons and reviews that were told of */
    gint64 refreshed, last_frame, failed;
    guint64 losses; /* of the camera, that were told of */
    bool sending, quiet;
    struct service_sight sum;
};

const char *service_sight_kind_name(enum service_sight_kind kind)
{
    static const char *const names[SERVICE_SIGHT_N] = {
        "waiting", "begun", "sending", "lost", "marked", "already", "review", "trouble", "ended",
    };

    return (unsigned)kind < SERVICE_SIGHT_N ? names[kind] : NULL;
}

static bool stopped(const struct watch *watch)
{
    return watch->given->stop && g_atomic_int_get(watch->given->stop) != 0;
}

static void tell(struct watch *watch, struct service_sight *sight)
{
    sight->at = base_time_now();
    sight->session = watch->session;
    watch->given->tell(sight, watch->given->user);
}

static void tell_kind(struct watch *watch, enum service_sight_kind kind, const char *reason,
                      gint64 pause)
{
    struct service_sight sight = {.kind = kind, .reason = reason, .pause = pause};

    tell(watch, &sight);
}

/* ---- what was seen ---- */

/* Once a person, and once a review. */
static bool first_time(struct watch *watch, const struct base_uuid *id)
{
    return g_hash_table_add(watch->told, g_memdup2(id, sizeof *id));
}

static void tell_face(struct watch *watch, const struct service_class_face *face)
{
    static const enum service_sight_kind kinds[SERVICE_CLASS_OUTCOME_N] = {
        [SERVICE_CLASS_REVIEW] = SERVICE_SIGHT_REVIEW,
        [SERVICE_CLASS_ALREADY] = SERVICE_SIGHT_ALREADY,
        [SERVICE_CLASS_MARKED] = SERVICE_SIGHT_MARKED,
    };
    bool review = face->outcome == SERVICE_CLASS_REVIEW;

    watch->sum.marked += face->outcome == SERVICE_CLASS_MARKED;
    if (face->outcome == SERVICE_CLASS_UNKNOWN ||
        !first_time(watch, review ? &face->review : &face->person))
        return;
    struct service_sight sight = {.kind = kinds[face->outcome]};
    if (!review) {
        sight.person_id = face->person;
        sight.person_name = face->person_name;
    }
    tell(watch, &sight);
}

/* When each began, on the wall's clock: their moments are those of the monotonic one. A file that
 * is read faster than it was filmed has moments to come. Returns the first: the session took marks
 * then, whenever the database lets them be written. */
static base_time faces_date(GArray *faces)
{
    const base_time now = base_time_now(), began = now - g_get_monotonic_time();
    base_time first = now;

    for (guint i = 0; i < faces->len; i++) {
        struct service_class_face *face = &g_array_index(faces, struct service_class_face, i);
        face->at = MIN(face->at + began, now);
        first = MIN(first, face->at);
    }
    return first;
}

/* Turns what is decided into marks. What fails stays for the next time, up to a limit. */
static bool conclude(struct watch *watch, GError **error)
{
    if (watch->tracks->len == 0)
        return true;
    if (watch->tracks->len > TRACKS_MAX)
        g_array_remove_range(watch->tracks, 0, watch->tracks->len - TRACKS_MAX);
    GArray *faces = service_class_faces_of(watch->tracks, error);
    if (!faces)
        return false;
    struct service_class_request seen = watch->request;
    seen.arrived = faces_date(faces);
    g_autoptr(service_class_result) result =
        service_class_conclude(watch->service, watch->identity, &seen, faces, error);
    if (!result)
        return false;
    watch->quiet = false;
    watch->sum.tracks += watch->tracks->len;
    watch->sum.unknown += result->unknown;
    g_array_set_size(watch->tracks, 0);
    for (guint i = 0; i < result->faces->len; i++)
        tell_face(watch, &g_array_index(result->faces, struct service_class_face, i));
    return true;
}

/* Says what went wrong, unless it is what was said last. False where going on has no sense. */
static bool bear(struct watch *watch, GError *error)
{
    bool passing = g_error_matches(error, BASE_ERROR, BASE_ERROR_UNAVAILABLE) ||
                   g_error_matches(error, BASE_ERROR, BASE_ERROR_IO);

    if (passing && !watch->quiet)
        tell_kind(watch, SERVICE_SIGHT_TROUBLE, error->message, 0);
    watch->quiet = passing;
    return passing;
}

/* What cannot be written now is tried again later. */
static bool conclude_or_wait(struct watch *watch, GError **error)
{
    g_autoptr(GError) problem = NULL;

    if (g_get_monotonic_time() - watch->failed < AGAIN || conclude(watch, &problem))
        return true;
    watch->failed = g_get_monotonic_time();
    if (bear(watch, problem))
        return true;
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

/* ---- the session ---- */

static bool over(const struct watch *watch)
{
    return base_time_now() >= watch->session->ends_at;
}

static bool session_read(struct watch *watch, GError **error)
{
    core_session *session =
        service_session_find(watch->service, watch->identity, &watch->given->session_id, error);

    if (!session)
        return false;
    core_session_free(watch->session);
    watch->session = session;
    return true;
}

static void rest(const struct watch *watch, gint64 pause)
{
    for (gint64 until = g_get_monotonic_time() + pause;
         !stopped(watch) && g_get_monotonic_time() < until;)
        g_usleep((gulong)MIN(NAP, MAX(until - g_get_monotonic_time(), 1)));
}

/* A course that always wants people to move wants no pictures of them here either. */
static bool liveness_read(struct watch *watch, bool *liveness, GError **error)
{
    struct core_rules rules;
    g_autoptr(db_connection) connection = db_acquire(watch->service->db, error);

    if (!connection ||
        !service_rules_of_course(connection, &watch->session->course_id, &rules, error))
        return false;
    *liveness = watch->given->liveness || rules.challenge == CORE_RULES_CHALLENGE_ALWAYS;
    return true;
}

/* Session, roster and faces as they are now. */
static bool refresh(struct watch *watch, GError **error)
{
    bool liveness = false;

    if (!session_read(watch, error) || !liveness_read(watch, &liveness, error) ||
        !service_class_search_read(watch->service, watch->identity, &watch->request, liveness,
                                   &watch->search, error))
        return false;
    if (watch->tracker)
        recognise_tracker_scope_set(watch->tracker, &watch->search.options);
    watch->refreshed = g_get_monotonic_time();
    return true;
}

/* Until the session takes marks. *go is false when it will not any more, or on a stop. */
static bool wait_for_session(struct watch *watch, bool *go, GError **error)
{
    bool told = false;

    *go = false;
    while (!stopped(watch)) {
        g_autoptr(GError) problem = NULL;
        if (refresh(watch, &problem)) {
            *go = true;
            return true;
        }
        bool early = watch->session && watch->session->state == CORE_SESSION_PLANNED &&
                     base_time_now() < watch->session->starts_at &&
                     g_error_matches(problem, BASE_ERROR, BASE_ERROR_CONFLICT);
        if (!early && !(watch->session && bear(watch, problem))) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return false;
        }
        if (early && !told)
            tell_kind(watch, SERVICE_SIGHT_WAITING, problem->message, OPENING);
        told |= early;
        rest(watch,
             early ? MIN(OPENING, MAX(watch->session->starts_at - base_time_now(), NAP)) : AGAIN);
    }
    return true;
}

/* Reads again what may have changed; what is away for the moment stays as it was. */
static bool keep_current(struct watch *watch, GError **error)
{
    g_autoptr(GError) problem = NULL;

    if (g_get_monotonic_time() - watch->refreshed < REFRESH)
        return true;
    if (refresh(watch, &problem) || bear(watch, problem)) {
        watch->quiet = watch->quiet && problem;
        watch->refreshed = g_get_monotonic_time();
        return true;
    }
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

/* ---- frames ---- */

/* `time` in microseconds of the monotonic clock. Takes over the picture. */
static bool look(struct watch *watch, struct face_image *image, gint64 time, GError **error)
{
    watch->sum.frames++;
    watch->last_frame = time;
    bool ok = recognise_tracker_add(watch->tracker, image, time, watch->tracks, error);
    face_image_finish(image);
    return ok && conclude_or_wait(watch, error);
}

static bool end_tracks(struct watch *watch, GError **error)
{
    watch->last_frame = 0;
    return recognise_tracker_end(watch->tracker, watch->tracks, error);
}

/* All that was seen is written; a database that is away is waited for, for a while. */
static bool finish(struct watch *watch, GError **error)
{
    const gint64 until = g_get_monotonic_time() + LAST;
    g_autoptr(GError) problem = NULL;

    if (!end_tracks(watch, error))
        return false;
    while (!conclude(watch, &problem)) {
        if (!bear(watch, problem) || stopped(watch) || g_get_monotonic_time() > until) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return false;
        }
        g_clear_error(&problem);
        rest(watch, AGAIN);
    }
    return true;
}

/* What happened since the last look, which may be a loss that is mended already. */
static void tell_camera(struct watch *watch, struct video_camera *camera)
{
    struct video_camera_status status;

    video_camera_status(camera, &status);
    watch->sum.dropped = status.dropped;
    if (status.losses != watch->losses) {
        tell_kind(watch, SERVICE_SIGHT_LOST, status.reason, status.pause);
        watch->sending = false;
    }
    if (status.sending && !watch->sending)
        tell_kind(watch, SERVICE_SIGHT_SENDING, NULL, 0);
    watch->losses = status.losses;
    watch->sending = status.sending;
    g_free(status.reason);
}

static bool watch_camera(struct watch *watch, const struct video_limits *limits, GError **error)
{
    g_autoptr(video_camera) camera = video_camera_start(watch->given->source, limits, error);

    while (camera && !stopped(watch) && !over(watch)) {
        struct face_image image;
        gint64 taken = 0;
        bool fresh = video_camera_take(camera, NAP, &image, &taken);
        tell_camera(watch, camera);
        if (fresh && !look(watch, &image, taken, error))
            return false;
        bool silent = watch->last_frame && g_get_monotonic_time() - watch->last_frame > SILENCE;
        if (!fresh && ((silent && !end_tracks(watch, error)) || !conclude_or_wait(watch, error)))
            return false;
        if (!keep_current(watch, error))
            return false;
    }
    return camera && finish(watch, error);
}

/* Every frame wanted of a file, as fast as they can be looked at. */
static bool watch_file(struct watch *watch, const struct video_limits *limits, GError **error)
{
    g_autoptr(video_source) video = video_open_file(watch->given->source, limits, error);
    gint64 began = g_get_monotonic_time();
    struct face_image image;
    gint64 time = 0;
    enum video_step step = VIDEO_FRAME;

    if (!video)
        return false;
    while (!stopped(watch) && !over(watch) &&
           (step = video_next(video, &image, &time, error)) == VIDEO_FRAME) {
        if (!look(watch, &image, began + time, error) || !keep_current(watch, error))
            return false;
    }
    return step != VIDEO_FAILED && finish(watch, error);
}

static bool run(struct watch *watch, GError **error)
{
    const struct service_watching *given = watch->given;
    int rate = given->frames_a_second > 0 ? given->frames_a_second : SERVICE_VIDEO_FRAMES_A_SECOND;
    struct video_limits limits = {.interval = G_USEC_PER_SEC / rate, .patience = given->patience};
    const struct recognise_tracker_options options = {.recognise = watch->search.options};

    watch->tracker = recognise_tracker_create(watch->service->recogniser, &options);
    tell_kind(watch, SERVICE_SIGHT_BEGUN, NULL, 0);
    if (video_is_camera(given->source))
        return watch_camera(watch, &limits, error);
    limits.duration_max = 24 * 3600 * (gint64)G_USEC_PER_SEC;
    return watch_file(watch, &limits, error);
}

bool service_class_watch(struct service *service, const struct service_identity *identity,
                         const struct service_watching *watching, GError **error)
{
    struct watch watch = {
        .service = service,
        .identity = identity,
        .given = watching,
        .request = {.session_id = watching->session_id, .source = DB_REVIEW_WATCH},
        .tracks = g_array_new(FALSE, FALSE, sizeof(struct recognise_track)),
        .told = g_hash_table_new_full(base_uuid_hash, base_uuid_equal, g_free, NULL),
        .failed = G_MININT64 / 2,
        .sum = {.kind = SERVICE_SIGHT_ENDED},
    };
    bool go = false;

    g_array_set_clear_func(watch.tracks, recognise_track_clear);
    g_autoptr(GError) problem = NULL;
    bool ok = wait_for_session(&watch, &go, &problem) && (!go || run(&watch, &problem));
    /* Cancelled, moved, or its marks are closed before its end. */
    bool shut = go && g_error_matches(problem, BASE_ERROR, BASE_ERROR_CONFLICT);
    if (shut && watch.tracker)
        (void)finish(&watch, NULL); /* those who came before that */
    if (ok || shut) {
        watch.sum.reason = shut ? problem->message : NULL;
        tell(&watch, &watch.sum);
    } else {
        g_propagate_error(error, g_steal_pointer(&problem));
    }
    ok = ok || shut;
    recognise_tracker_destroy(watch.tracker);
    g_array_unref(watch.tracks);
    g_hash_table_unref(watch.told);
    service_class_search_clear(&watch.search);
    core_session_free(watch.session);
    return ok;
}
