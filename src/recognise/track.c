/* Which face of a frame belongs to which track. */
#include "recognise/faces.h"
#include "recognise/track_internal.h"

#include <math.h>
#include <string.h>

#define GAP_DEFAULT (2 * G_GINT64_CONSTANT(1000000))
/* Boxes are compared this much larger: people take steps between two frames. */
#define REACH 1.5F
#define OVERLAP_MIN 0.1F
/* Beyond this nothing is foretold of how a face moves. */
#define FORETOLD_MAX 0.6F
#define SPEED_FRESH 0.5F

static struct face_box enlarged(const struct face_box *box, float dx, float dy)
{
    return (struct face_box){
        .x = box->x + dx - box->width * (REACH - 1) / 2,
        .y = box->y + dy - box->height * (REACH - 1) / 2,
        .width = box->width * REACH,
        .height = box->height * REACH,
    };
}

static float seconds(gint64 microseconds)
{
    return (float)microseconds / 1e6F;
}

/* What speaks for a face being the next of a track, by place alone. */
static float place_gain(const struct track *track, const struct track_sight *sight)
{
    float ahead = fminf(seconds(sight->time - track->claim.last), FORETOLD_MAX);
    struct face_box expected =
        enlarged(&track->box, track->speed_x * ahead, track->speed_y * ahead);
    struct face_box seen = enlarged(&sight->view->box, 0, 0);
    float overlap = face_box_overlap(&expected, &seen);

    return overlap >= OVERLAP_MIN ? overlap : 0;
}

static struct track *track_at(const struct recognise_tracker *tracker, guint i)
{
    return tracker->tracks->pdata[i];
}

/* taken[i]: the track of sight i or NULL; used[j]: track j has a sight. */
struct matching {
    struct track_sight *sights;
    guint sights_n, tracks_n;
    struct track **taken;
    bool *used;
};

static void take_best(struct recognise_tracker *tracker, struct matching *matching,
                      const float *gains)
{
    g_autofree int *assigned = g_new(int, matching->sights_n);

    recognise_assign(gains, matching->sights_n, matching->tracks_n, assigned);
    for (guint i = 0; i < matching->sights_n; i++) {
        if (assigned[i] >= 0) {
            matching->taken[i] = track_at(tracker, (guint)assigned[i]);
            matching->used[assigned[i]] = true;
        }
    }
}

static void match_places(struct recognise_tracker *tracker, struct matching *matching)
{
    g_autofree float *gains = g_new0(float, (gsize)matching->sights_n * matching->tracks_n);

    for (guint i = 0; i < matching->sights_n; i++)
        for (guint j = 0; j < matching->tracks_n; j++)
            gains[i * matching->tracks_n + j] =
                place_gain(track_at(tracker, j), &matching->sights[i]);
    take_best(tracker, matching, gains);
}

/* Faces that lie nowhere near a track: perhaps somebody comes out from behind somebody else. */
static bool match_faces(struct recognise_tracker *tracker, struct matching *matching,
                        GError **error)
{
    float agree = recogniser_thresholds(tracker->recogniser).agree;
    g_autofree float *gains = g_new0(float, (gsize)matching->sights_n * matching->tracks_n + 1);

    for (guint i = 0; i < matching->sights_n; i++) {
        struct track_sight *sight = &matching->sights[i];
        if (matching->taken[i])
            continue;
        if (!track_sight_embed(sight, error))
            return false;
        for (guint j = 0; sight->embedded && j < matching->tracks_n; j++) {
            const struct track *track = track_at(tracker, j);
            float similar = track->kept_n > 0 && !matching->used[j]
                                ? recognise_similarity(track->fused, sight->values)
                                : 0;
            gains[i * matching->tracks_n + j] = similar >= agree ? similar : 0;
        }
    }
    take_best(tracker, matching, gains);
    return true;
}

static void move(struct track *track, const struct track_sight *sight)
{
    const struct face_box *from = &track->box;
    const struct face_box *to = &sight->view->box;
    float passed = seconds(sight->time - track->claim.last);

    if (track->frames > 0 && passed > 0 && passed <= FORETOLD_MAX) {
        float x = (to->x - from->x + (to->width - from->width) / 2) / passed;
        float y = (to->y - from->y + (to->height - from->height) / 2) / passed;
        track->speed_x += SPEED_FRESH * (x - track->speed_x);
        track->speed_y += SPEED_FRESH * (y - track->speed_y);
    } else {
        track->speed_x = 0;
        track->speed_y = 0;
    }
}

/* A face whose embedding says that the track is somebody else's begins its own. */
static bool split(struct recognise_tracker *tracker, struct track *track, struct track_sight *sight,
                  GError **error)
{
    if (tracker->tracks->len >= TRACK_LIVE_MAX)
        return true;
    struct track *other = track_create(tracker, sight);
    track->speed_x = 0;
    track->speed_y = 0;
    return track_learn(tracker, other, sight, error);
}

static bool advance(struct recognise_tracker *tracker, struct track *track,
                    struct track_sight *sight, GError **error)
{
    bool wants = false;

    if (!track_wants(track, sight, &wants, error) || (wants && !track_sight_embed(sight, error)))
        return false;
    if (sight->embedded && track_contradicts(track, sight))
        return split(tracker, track, sight, error);
    move(track, sight);
    track_follow(track, sight);
    return !sight->embedded || track_learn(tracker, track, sight, error);
}

static bool begin(struct recognise_tracker *tracker, struct track_sight *sight, GError **error)
{
    if (tracker->tracks->len >= TRACK_LIVE_MAX)
        return true;
    struct track *track = track_create(tracker, sight);
    return !sight->embedded || track_learn(tracker, track, sight, error);
}

static bool follow(struct recognise_tracker *tracker, struct track_sight *sights, guint n,
                   GError **error)
{
    guint tracks_n = tracker->tracks->len;
    g_autofree struct track **taken = g_new0(struct track *, n + 1);
    g_autofree bool *used = g_new0(bool, tracks_n + 1);
    struct matching matching = {sights, n, tracks_n, taken, used};

    match_places(tracker, &matching);
    /* This replaces none of the first: their tracks are used. */
    g_autofree struct track **placed = g_memdup2(taken, sizeof *taken * (n + 1));
    if (!match_faces(tracker, &matching, error))
        return false;
    for (guint i = 0; i < n; i++) {
        struct track *track = placed[i] ? placed[i] : taken[i];
        if (!(track ? advance(tracker, track, &sights[i], error)
                    : begin(tracker, &sights[i], error)))
            return false;
    }
    return true;
}

/* Once no track followed now was there with it, a claim has nothing to say. */
static void drop_claims(struct recognise_tracker *tracker)
{
    gint64 oldest = G_MAXINT64;

    for (guint i = 0; i < tracker->tracks->len; i++)
        oldest = MIN(oldest, track_at(tracker, i)->claim.first);
    for (guint i = tracker->claims->len; i > 0; i--) {
        const struct track_claim *claim =
            &g_array_index(tracker->claims, struct track_claim, i - 1);
        if (claim->last < oldest)
            g_array_remove_index_fast(tracker->claims, i - 1);
    }
    if (tracker->claims->len > TRACK_CLAIMS_MAX)
        g_array_remove_range(tracker->claims, 0, tracker->claims->len - TRACK_CLAIMS_MAX);
}

/* Ends those whose face was last seen before `time`, decides on the others. */
static void conclude(struct recognise_tracker *tracker, struct face_worker *worker, gint64 time,
                     GArray *reports)
{
    for (guint i = tracker->tracks->len; i > 0; i--) {
        struct track *track = track_at(tracker, i - 1);
        bool ended = track->claim.last < time;
        track_decide(tracker, worker, track, ended, reports);
        if (!ended)
            continue;
        if (track->claim.candidates_n > 0)
            g_array_append_val(tracker->claims, track->claim);
        g_ptr_array_remove_index_fast(tracker->tracks, i - 1);
    }
    drop_claims(tracker);
}

/* Reducing a frame a little costs no face that could be recognised, and saves most of the time. */
static enum face_detail frame_detail(const struct recognise_tracker *tracker,
                                     const struct face_image *image)
{
    if (tracker->options.detail != FACE_DETAIL_320)
        return tracker->options.detail;
    int detail = FACE_DETAIL_320;
    while (detail < FACE_DETAIL_1280 &&
           face_detector_detail_side((enum face_detail)detail) * 3 / 2 <
               MAX(image->width, image->height))
        detail++;
    return (enum face_detail)detail;
}

static bool add(struct recognise_tracker *tracker, struct face_worker *worker,
                const struct face_image *image, gint64 time, GArray *reports, GError **error)
{
    g_autoptr(GArray) views = g_array_new(FALSE, FALSE, sizeof(struct face_view));
    if (!face_worker_find_at(worker, image, frame_detail(tracker, image), TRACK_FACES_MAX, views,
                             error))
        return false;
    tracker->faces = views->len;
    g_autofree struct track_sight *sights = g_new0(struct track_sight, views->len + 1);
    for (guint i = 0; i < views->len; i++) {
        sights[i].image = image;
        sights[i].worker = worker;
        sights[i].view = &g_array_index(views, struct face_view, i);
        sights[i].time = time;
    }
    /* Who was away for too long is not who stands there now. */
    conclude(tracker, worker, time - tracker->options.gap, reports);
    bool followed = follow(tracker, sights, views->len, error);
    for (guint i = 0; i < views->len; i++) {
        if (sights[i].aligned)
            explicit_bzero(sights[i].aligned, RECOGNISE_CUT_BYTES * sizeof(float));
        g_free(sights[i].aligned);
    }
    explicit_bzero(sights, sizeof *sights * views->len);
    if (followed)
        conclude(tracker, worker, time - tracker->options.gap, reports);
    return followed;
}

struct frame {
    struct recognise_tracker *tracker;
    const struct face_image *image;
    gint64 time;
    GArray *tracks;
};

/* Behind whoever stands at a camera, as pictures of classes are. */
static bool add_frame(struct face_worker *worker, size_t index, gpointer data, GError **error)
{
    const struct frame *frame = data;

    (void)index;
    return add(frame->tracker, worker, frame->image, frame->time, frame->tracks, error);
}

bool recognise_tracker_add(struct recognise_tracker *tracker, const struct face_image *image,
                           gint64 time, GArray *tracks, GError **error)
{
    struct frame frame = {tracker, image, time, tracks};
    struct face_timings timings = {0};

    if (tracker->options.prompt) {
        struct face_worker *worker = recognise_worker_acquire(tracker->recogniser, error);
        const bool ok = worker && add(tracker, worker, image, time, tracks, error);
        if (worker)
            face_engine_release(tracker->recogniser->engine, worker);
        return ok;
    }
    return recognise_parallel(tracker->recogniser, 1, add_frame, &frame, &timings, error);
}

bool recognise_tracker_end(struct recognise_tracker *tracker, GArray *tracks, GError **error)
{
    struct face_worker *worker = recognise_worker_acquire(tracker->recogniser, error);
    if (!worker)
        return false;
    conclude(tracker, worker, G_MAXINT64, tracks);
    face_engine_release(tracker->recogniser->engine, worker);
    return true;
}

struct recognise_tracker *recognise_tracker_create(struct recogniser *recogniser,
                                                   const struct recognise_tracker_options *options)
{
    struct recognise_tracker *tracker = g_new0(struct recognise_tracker, 1);

    tracker->recogniser = recogniser;
    tracker->options = *options;
    if (tracker->options.gap <= 0)
        tracker->options.gap = GAP_DEFAULT;
    tracker->tracks = g_ptr_array_new_with_free_func(track_free);
    tracker->claims = g_array_new(FALSE, FALSE, sizeof(struct track_claim));
    return tracker;
}

void recognise_tracker_destroy(struct recognise_tracker *tracker)
{
    if (!tracker)
        return;
    g_ptr_array_unref(tracker->tracks);
    g_array_unref(tracker->claims);
    g_free(tracker);
}

void recognise_tracker_scope_set(struct recognise_tracker *tracker,
                                 const struct recognise_options *options)
{
    tracker->options.recognise = *options;
}

size_t recognise_tracker_faces(const struct recognise_tracker *tracker)
{
    return tracker->faces;
}

size_t recognise_tracker_following(const struct recognise_tracker *tracker)
{
    return tracker->tracks->len;
}
