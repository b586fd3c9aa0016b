/* Who is the one person in front of the camera? */
#include "base/error.h"
#include "recognise/internal.h"

#include <string.h>

/* Frames of one moment that are less alike than this show two people. */
#define SAME_PERSON_MIN 0.2F
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

/* Gathers the usable frames' embeddings one after another, and the mean liveness. False when they
 * are not all like the best one. */
static bool gather(const struct recognise_frame *frames, size_t n, size_t best, float *templates,
                   size_t *usable, float *live)
{
    double live_sum = 0;
    *usable = 0;
    for (size_t i = 0; i < n; i++) {
        if (frames[i].kind != RECOGNISE_MATCH) {
            continue;
        }
        if (recognise_similarity(frames[i].values, frames[best].values) < SAME_PERSON_MIN) {
            return false;
        }
        memcpy(templates + *usable * FACE_TEMPLATE_N, frames[i].values, sizeof frames[i].values);
        live_sum += frames[i].live;
        (*usable)++;
    }
    *live = (float)(live_sum / (double)*usable);
    return true;
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
    g_autofree float *templates = g_new(float, n *FACE_TEMPLATE_N);
    size_t usable = 0;
    float fused[FACE_TEMPLATE_N];
    if (!gather(frames, n, answer->frame, templates, &usable, &answer->live) ||
        !recognise_fuse(templates, usable, fused)) {
        answer->kind = RECOGNISE_SEVERAL_FACES;
        return;
    }
    if (!options->skip_liveness && answer->live < thresholds.live) {
        answer->kind = RECOGNISE_PRESENTATION_ATTACK;
        return;
    }
    struct recognise_candidate candidates[2];
    gint64 began = g_get_monotonic_time();
    size_t found = recognise_search(recogniser, fused, &options->scope, 2, candidates);
    answer->timings.search = (double)(g_get_monotonic_time() - began);
    recognise_answer_decide(answer, &thresholds, candidates, found);
}

/* By their headers alone, before anything is decoded. */
static bool check_pixels(const struct recogniser *recogniser,
                         const struct recognise_picture *frames, size_t frames_n, GError **error)
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
    if (!check_pixels(recogniser, frames, frames_n, error)) {
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
    return done;
}
