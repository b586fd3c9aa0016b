/* What a track learns of a face from one frame. */
#include "face/image_write.h"
#include "recognise/track_internal.h"

#include <math.h>
#include <string.h>

/* Frames of one person are more alike than this even when one of them is poor; strangers are not
 * (their scores lie about 0, with a deviation of less than a tenth). */
#define CONTRADICTION 0.15F
/* One embedding in this time at least, to notice that somebody else took the place. */
#define CHECK_INTERVAL (2 * G_GINT64_CONSTANT(1000000))
/* A frame that is better by less than this teaches nothing. */
#define BETTER 0.02F
#define WEIGHT_MIN 0.05F
/* Around the face of a crop, in its box's sides. */
#define CROP_ROOM 0.4F

struct track *track_create(struct recognise_tracker *tracker, const struct track_sight *sight)
{
    struct track *track = g_new0(struct track, 1);

    track->number = ++tracker->number;
    track->claim.first = sight->time;
    track->embedded = G_MININT64;
    track->quality = (struct face_quality){.eyes_open = -1};
    track_follow(track, sight);
    g_ptr_array_add(tracker->tracks, track);
    return track;
}

void track_free(gpointer data)
{
    struct track *track = data;

    for (size_t i = 0; i < track->kept_n; i++) {
        explicit_bzero(track->kept[i].cut, RECOGNISE_CUT_BYTES);
        g_free(track->kept[i].cut);
    }
    face_image_finish(&track->crop);
    explicit_bzero(track, sizeof *track);
    g_free(track);
}

bool track_sight_look(struct track_sight *sight, GError **error)
{
    if (sight->looked)
        return true;
    sight->looked = true;
    sight->aligned = g_new(float, (gsize)FACE_ALIGN_SIDE *FACE_ALIGN_SIDE * 3);
    face_worker_align(sight->worker, sight->image, sight->view, sight->aligned);
    return face_worker_quality(sight->worker, sight->image, sight->view, sight->aligned, false,
                               &sight->quality, error);
}

bool track_sight_embed(struct track_sight *sight, GError **error)
{
    if (sight->embedded)
        return true;
    if (!track_sight_look(sight, error))
        return false;
    if (sight->quality.reason != FACE_QUALITY_GOOD)
        return true;
    /* The second part stays unknown; a decision in doubt asks for it. */
    sight->embedded = face_worker_embed(sight->worker, sight->aligned, false, sight->values, error);
    return sight->embedded;
}

static size_t worst_kept(const struct track *track)
{
    size_t worst = 0;

    for (size_t i = 1; i < track->kept_n; i++)
        if (track->kept[i].weight < track->kept[worst].weight)
            worst = i;
    return worst;
}

bool track_wants(const struct track *track, struct track_sight *sight, bool *wants, GError **error)
{
    *wants = false;
    bool check = track->embedded == G_MININT64 || sight->time - track->embedded >= CHECK_INTERVAL;
    if (track->claim.settled && !check)
        return true;
    if (!track_sight_look(sight, error))
        return false;
    bool better = track->kept_n < TRACK_KEPT_MAX ||
                  sight->quality.overall > track->kept[worst_kept(track)].weight + BETTER;
    *wants = check || better;
    return true;
}

bool track_contradicts(const struct track *track, const struct track_sight *sight)
{
    return track->kept_n > 0 && recognise_similarity(track->fused, sight->values) < CONTRADICTION;
}

/* The direction of the weighted sum of the first parts. */
static void fuse(struct track *track)
{
    double length = 0;

    memset(track->fused, 0, sizeof track->fused);
    for (size_t i = 0; i < track->kept_n; i++)
        for (int j = 0; j < FACE_EMBEDDING_N; j++)
            track->fused[j] += track->kept[i].weight * track->kept[i].values[j];
    for (int j = 0; j < FACE_EMBEDDING_N; j++)
        length += (double)track->fused[j] * track->fused[j];
    /* They agree with each other, so this is far from 0. */
    float scale = (float)(1 / fmax(sqrt(length), 1e-6));
    for (int j = 0; j < FACE_EMBEDDING_N; j++)
        track->fused[j] *= scale;
}

static void keep_embedding(struct track *track, const struct track_sight *sight)
{
    float weight = fmaxf(sight->quality.overall, WEIGHT_MIN);
    size_t at = track->kept_n;

    if (at == TRACK_KEPT_MAX) {
        at = worst_kept(track);
        if (weight <= track->kept[at].weight)
            return;
    } else {
        track->kept[at].cut = g_malloc(RECOGNISE_CUT_BYTES);
        track->kept_n++;
    }
    recognise_cut_keep(sight->aligned, track->kept[at].cut);
    memcpy(track->kept[at].values, sight->values, sizeof sight->values);
    track->kept[at].weight = weight;
    track->news = true;
    fuse(track);
}

/* The picture by which people recognise the face, should they have to. */
static void keep_picture(struct track *track, const struct track_sight *sight)
{
    const struct face_box *box = &sight->view->box;

    track->best = sight->time;
    track->best_box = *box;
    track->best_landmarks = sight->view->landmarks;
    track->quality = sight->quality;
    track->width = sight->image->width;
    track->height = sight->image->height;
    face_image_finish(&track->crop);
    (void)face_image_cut(sight->image, (int)floorf(box->x - box->width * CROP_ROOM),
                         (int)floorf(box->y - box->height * CROP_ROOM),
                         (int)ceilf(box->width * (1 + 2 * CROP_ROOM)),
                         (int)ceilf(box->height * (1 + 2 * CROP_ROOM)), &track->crop);
}

void track_follow(struct track *track, const struct track_sight *sight)
{
    track->frames++;
    track->claim.last = sight->time;
    track->box = sight->view->box;
    if (track->kept_n == 0 && !sight->embedded &&
        (track->width == 0 || sight->quality.overall > track->quality.overall))
        keep_picture(track, sight);
}

static bool judge_liveness(struct track *track, const struct track_sight *sight, GError **error)
{
    if (track->live_n == TRACK_LIVENESS_MAX)
        return true;
    if (!recognise_liveness_measure(sight->worker, sight->image, &sight->view->box,
                                    &track->live[track->live_n], error))
        return false;
    track->live_n++;
    return true;
}

bool track_learn(struct recognise_tracker *tracker, struct track *track,
                 const struct track_sight *sight, GError **error)
{
    bool best = track->kept_n == 0 || sight->quality.overall > track->quality.overall;

    track->embedded = sight->time;
    if (!tracker->options.recognise.skip_liveness && !judge_liveness(track, sight, error))
        return false;
    keep_embedding(track, sight);
    if (best)
        keep_picture(track, sight);
    return true;
}
