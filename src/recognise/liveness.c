#include "recognise/liveness.h"

#include "recognise/internal.h"

#include <glib.h>
#include <math.h>
#include <string.h>

/* One frame is never more certain than this (log-odds): none decides over several alone. */
#define FRAME_LOGIT_MAX 6.0F
/* Where one still, or little of what surrounds the face, is all there is, the odds must be so many
 * times better. */
#define STRICT_ODDS 4.0F
/* Below a ninth of the odds of "live" there is no doubt left. */
#define DOUBT_ODDS 9.0F
/* With less of the surroundings (1.6 of 2.7 box heights) the edges of a print are out of sight. */
#define COVERAGE_MIN 0.59F

static const char *const names[RECOGNISE_LIVENESS_N] = {
    [RECOGNISE_LIVENESS_UNKNOWN] = "unknown",
    [RECOGNISE_LIVENESS_LIVE] = "live",
    [RECOGNISE_LIVENESS_DOUBT] = "doubt",
    [RECOGNISE_LIVENESS_ATTACK] = "attack",
};

const char *recognise_liveness_name(enum recognise_liveness liveness)
{
    return liveness < RECOGNISE_LIVENESS_N ? names[liveness] : names[RECOGNISE_LIVENESS_UNKNOWN];
}

static float logit(float probability)
{
    return logf(probability) - logf(1 - probability);
}

static float probability(float log_odds)
{
    return 1 / (1 + expf(-log_odds));
}

struct recognise_liveness_rule recognise_liveness_rule(float live)
{
    const float at = logit(live);
    return (struct recognise_liveness_rule){
        .live = live,
        .strict_live = probability(at + logf(STRICT_ODDS)),
        .doubt = probability(at - logf(DOUBT_ODDS)),
    };
}

static bool seen_before(const struct recognise_liveness_frame *frames, size_t i)
{
    for (size_t earlier = 0; earlier < i; earlier++) {
        if (frames[earlier].fingerprint == frames[i].fingerprint) {
            return true;
        }
    }
    return false;
}

enum recognise_liveness recognise_liveness_judge(const struct recognise_liveness_rule *rule,
                                                 const struct recognise_liveness_frame *frames,
                                                 size_t n, float *score)
{
    float sum = 0;
    float coverage = 0;
    size_t distinct = 0;
    for (size_t i = 0; i < n; i++) {
        if (seen_before(frames, i)) {
            continue;
        }
        sum += CLAMP(logit(frames[i].live), -FRAME_LOGIT_MAX, FRAME_LOGIT_MAX);
        coverage += frames[i].coverage;
        distinct++;
    }
    const float live = distinct > 0 ? probability(sum / (float)distinct) : -1;
    if (score != NULL) {
        *score = live;
    }
    if (distinct == 0) {
        return RECOGNISE_LIVENESS_UNKNOWN;
    }
    const bool strict = distinct == 1 || coverage / (float)distinct < COVERAGE_MIN;
    if (live >= (strict ? rule->strict_live : rule->live)) {
        return RECOGNISE_LIVENESS_LIVE;
    }
    return live >= rule->doubt ? RECOGNISE_LIVENESS_DOUBT : RECOGNISE_LIVENESS_ATTACK;
}

/* Tells pictures apart, no more: whoever wants two to differ has only to change a pixel. */
static uint64_t fingerprint(const struct face_image *image)
{
    const size_t size = (size_t)image->width * (size_t)image->height * 3;
    uint64_t hash = size;
    uint64_t word;
    for (size_t i = 0; i + sizeof word <= size; i += sizeof word) {
        memcpy(&word, image->rgb + i, sizeof word);
        hash = (hash ^ word) * UINT64_C(0x9E3779B97F4A7C15);
        hash ^= hash >> 32;
    }
    return hash;
}

bool recognise_liveness_measure(struct face_worker *worker, const struct face_image *image,
                                const struct face_box *box, struct recognise_liveness_frame *frame,
                                GError **error)
{
    *frame = (struct recognise_liveness_frame){
        .coverage = face_liveness_coverage(image, box),
        .fingerprint = fingerprint(image),
    };
    return face_worker_liveness(worker, image, box, &frame->live, error);
}

bool recognise_liveness_image(struct recogniser *recogniser, const struct face_image *image,
                              bool *face, struct recognise_liveness_frame *frame, GError **error)
{
    g_autoptr(GArray) views = g_array_new(FALSE, FALSE, sizeof(struct face_view));
    struct face_worker *worker = recognise_worker_acquire(recogniser, error);
    if (worker == NULL) {
        return false;
    }
    bool done = face_worker_find(worker, image, recogniser->detail, false, views, error);
    *face = done && views->len > 0;
    if (*face) {
        done = recognise_liveness_measure(
            worker, image, &g_array_index(views, struct face_view, 0).box, frame, error);
    }
    face_engine_release(recogniser->engine, worker);
    return done;
}
