/* Who is the one person in front of the camera? */
#include "base/error.h"
#include "recognise/internal.h"

#include <string.h>

/* All frames together may have this many times the pixels of the largest picture: a small file can
 * be a large picture, and every pixel costs time. */
#define FRAMES_PIXELS_FACTOR 2

/* Of frames that cannot be used the most informative speaks for all. */
static int usefulness(const struct recognise_frame *frame)
{
    static const int order[RECOGNISE_KIND_N] = {
        [RECOGNISE_NO_FACE] = 0,
        [RECOGNISE_SEVERAL_FACES] = 1,
        [RECOGNISE_POOR_QUALITY] = 2,
        [RECOGNISE_MATCH] = 3,
    };
    return order[frame->kind];
}

static size_t best_frame(const struct recognise_frame *frames, size_t n)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++) {
        int gain = usefulness(&frames[i]) - usefulness(&frames[best]);
        if (gain > 0 || (gain == 0 && frames[i].quality.overall > frames[best].quality.overall)) {
            best = i;
        }
    }
    return best;
}

static void copy_frame(const struct recognise_frame *frame, struct recognise_answer *answer)
{
    answer->kind = frame->kind;
    answer->faces = frame->faces;
    answer->width = frame->width;
    answer->height = frame->height;
    answer->box = frame->box;
    answer->landmarks = frame->landmarks;
    answer->quality = frame->quality;
    answer->live = frame->live;
}

/* The usable frames as one: their template in `fused`, the liveness of those that counted in
 * `lives`, their faces in `cuts`, and the best of those in the answer. Returns how many counted; 0
 * when they show different people.
 */
static size_t gather(const struct recognise_frame *frames, size_t n, float fused[FACE_TEMPLATE_N],
                     struct recognise_liveness_frame *lives, struct recognise_cuts *cuts,
                     struct recognise_answer *answer)
{
    const struct recognise_frame *usable[RECOGNISE_FRAMES_MAX];
    const float *templates[RECOGNISE_FRAMES_MAX];
    float qualities[RECOGNISE_FRAMES_MAX];
    bool used[RECOGNISE_FRAMES_MAX] = {false};
    size_t usable_n = 0;
    for (size_t i = 0; i < n; i++) {
        if (frames[i].kind == RECOGNISE_MATCH) {
            templates[usable_n] = frames[i].values;
            qualities[usable_n] = frames[i].quality.overall;
            usable[usable_n++] = &frames[i];
        }
    }
    if (recognise_frames_fuse(templates, qualities, usable_n, fused, used) == 0) {
        return 0;
    }
    const struct recognise_frame *best = NULL;
    size_t counted = 0;
    for (size_t i = 0; i < usable_n; i++) {
        if (used[i]) {
            lives[counted++] = usable[i]->liveness;
            if (cuts->n < RECOGNISE_CUTS_MAX) {
                cuts->faces[cuts->n++] = usable[i]->cut;
            }
            best = best == NULL || qualities[i] > best->quality.overall ? usable[i] : best;
        }
    }
    copy_frame(best, answer);
    answer->frame = (size_t)(best - frames);
    return counted;
}

static void decide(struct recogniser *recogniser, const struct recognise_options *options,
                   const struct recognise_cuts *cuts, float *fused, struct recognise_answer *answer)
{
    struct recognise_candidate candidates[RECOGNISE_CANDIDATES_MAX];
    struct recognise_candidate wider[RECOGNISE_CANDIDATES_MAX];
    gint64 began = g_get_monotonic_time();
    size_t n = recognise_search_twice(recogniser, NULL, cuts, fused, &options->scope,
                                      RECOGNISE_CANDIDATES_MAX, candidates);
    size_t wider_n = 0;
    if (options->wider != NULL) {
        bool whole = recognise_template_is_whole(fused);
        wider_n = recognise_search_twice(recogniser, NULL, cuts, fused, options->wider,
                                         RECOGNISE_CANDIDATES_MAX, wider);
        /* Scores of the two scopes are compared: then both are by the same networks. */
        if (recognise_template_is_whole(fused) != whole) {
            n = recognise_search(recogniser, fused, &options->scope, RECOGNISE_CANDIDATES_MAX,
                                 candidates);
        }
    }
    answer->twice = recognise_template_is_whole(fused);
    answer->timings.search = (double)(g_get_monotonic_time() - began);
    recognise_answer_conclude(recogniser, options, candidates, n, wider, wider_n, answer);
}

static void answer_frames(struct recogniser *recogniser, const struct recognise_frame *frames,
                          size_t n, const struct recognise_options *options,
                          struct recognise_answer *answer)
{
    answer->frame = best_frame(frames, n);
    copy_frame(&frames[answer->frame], answer);
    if (answer->kind != RECOGNISE_MATCH) {
        return;
    }
    struct recognise_thresholds thresholds = recognise_options_thresholds(recogniser, options);
    struct recognise_liveness_frame lives[RECOGNISE_FRAMES_MAX];
    float fused[FACE_TEMPLATE_N];
    struct recognise_cuts cuts = {0};
    size_t lives_n = gather(frames, n, fused, lives, &cuts, answer);
    if (lives_n == 0) {
        answer->kind = RECOGNISE_SEVERAL_FACES;
        explicit_bzero(fused, sizeof fused);
        return;
    }
    if (!options->skip_liveness) {
        const struct recognise_liveness_rule rule = recognise_liveness_rule(thresholds.live);
        answer->liveness = recognise_liveness_judge(&rule, lives, lives_n, &answer->live);
    }
    if (answer->liveness == RECOGNISE_LIVENESS_ATTACK) {
        answer->kind = RECOGNISE_PRESENTATION_ATTACK;
    } else {
        decide(recogniser, options, &cuts, fused, answer);
    }
    explicit_bzero(fused, sizeof fused);
}

/* By their headers alone, before anything is decoded. */
bool recognise_pictures_check(const struct recogniser *recogniser,
                              const struct recognise_picture *frames, size_t frames_n,
                              GError **error)
{
    const struct face_image_limits *limits = &recogniser->limits;
    uint64_t most = FRAMES_PIXELS_FACTOR *
                    (limits->pixels_max != 0 ? limits->pixels_max : FACE_IMAGE_PIXELS_MAX);
    uint64_t pixels = 0;
    for (size_t i = 0; i < frames_n; i++) {
        int width;
        int height;
        if (!face_image_measure(frames[i].data, frames[i].size, limits, &width, &height, error)) {
            return false;
        }
        pixels += (uint64_t)width * (uint64_t)height;
    }
    if (pixels > most) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_TOO_LARGE,
                    "The pictures have %.1f megapixels together; the limit is %.1f.",
                    (double)pixels / 1e6, (double)most / 1e6);
        return false;
    }
    return true;
}

bool recognise_probe(struct recogniser *recogniser, const struct recognise_picture *frames,
                     size_t frames_n, const struct recognise_options *options,
                     struct recognise_answer *answer, GError **error)
{
    *answer = (struct recognise_answer){
        .score = -1, .runner_up_score = -1, .live = -1, .quality = {.eyes_open = -1}};
    if (frames_n == 0 || frames_n > RECOGNISE_FRAMES_MAX) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID,
                    "Between 1 and %d pictures are needed, not %" G_GSIZE_FORMAT ".",
                    RECOGNISE_FRAMES_MAX, frames_n);
        return false;
    }
    if (!recognise_pictures_check(recogniser, frames, frames_n, error)) {
        return false;
    }
    struct face_worker *worker = recognise_worker_acquire(recogniser, error);
    if (worker == NULL) {
        return false;
    }
    struct recognise_task task = {
        .skip_quality = options->skip_quality,
        .skip_liveness = options->skip_liveness,
    };
    g_autofree struct recognise_frame *analysed = g_new(struct recognise_frame, frames_n);
    bool done = true;
    for (size_t i = 0; done && i < frames_n; i++) {
        done = recognise_frame_analyse(recogniser, worker, &frames[i], &task, &analysed[i], error);
    }
    answer->timings = *face_worker_timings(worker);
    face_engine_release(recogniser->engine, worker);
    if (done) {
        answer_frames(recogniser, analysed, frames_n, options, answer);
    }
    /* Of strangers nothing is to stay, not even in memory that is free again. */
    explicit_bzero(analysed, sizeof *analysed * frames_n);
    return done;
}
