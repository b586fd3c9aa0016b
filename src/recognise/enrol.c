/* Photos for enrolment: one by one, among each other, and against everybody else. */
#include "recognise/internal.h"

#include <string.h>

bool recognise_enrol_photo(struct recogniser *recogniser, const struct recognise_picture *picture,
                           const struct recognise_options *options, struct recognise_photo *photo,
                           GError **error)
{
    *photo = (struct recognise_photo){.live = -1, .quality = {.eyes_open = -1}};
    struct face_worker *worker = recognise_worker_acquire(recogniser, error);
    if (worker == NULL) {
        return false;
    }
    struct recognise_task task = {
        .enrolment = true,
        .skip_quality = options->skip_quality,
        .skip_liveness = options->skip_liveness,
    };
    struct recognise_frame frame;
    bool analysed = recognise_frame_analyse(recogniser, worker, picture, &task, &frame, error);
    photo->timings = *face_worker_timings(worker);
    face_engine_release(recogniser->engine, worker);
    if (!analysed) {
        return false;
    }
    photo->kind = frame.kind;
    photo->faces = frame.faces;
    photo->width = frame.width;
    photo->height = frame.height;
    photo->box = frame.box;
    photo->landmarks = frame.landmarks;
    photo->quality = frame.quality;
    photo->live = frame.live;
    if (frame.kind != RECOGNISE_MATCH) {
        return true;
    }
    if (!options->skip_liveness &&
        frame.live < recognise_options_thresholds(recogniser, options).live) {
        photo->kind = RECOGNISE_PRESENTATION_ATTACK;
        return true;
    }
    memcpy(photo->values, frame.values, sizeof photo->values);
    return true;
}

bool recognise_photos_agree(struct recogniser *recogniser, const float *templates, size_t n,
                            float *lowest, size_t *odd)
{
    float lowest_pair = 1;
    float lowest_sum = (float)n;
    size_t oddest = 0;
    for (size_t i = 0; i < n; i++) {
        float sum = 0;
        for (size_t j = 0; j < n; j++) {
            float score = i == j ? 1
                                 : recognise_similarity(templates + i * FACE_TEMPLATE_N,
                                                        templates + j * FACE_TEMPLATE_N);
            lowest_pair = MIN(lowest_pair, score);
            sum += score;
        }
        if (sum < lowest_sum) {
            lowest_sum = sum;
            oddest = i;
        }
    }
    if (lowest != NULL) {
        *lowest = lowest_pair;
    }
    if (odd != NULL) {
        *odd = oddest;
    }
    return lowest_pair >= recogniser_thresholds(recogniser).agree;
}

bool recognise_duplicate(struct recogniser *recogniser, const float *templates, size_t n,
                         const struct base_uuid *person, struct base_uuid *other, float *score)
{
    float fused[FACE_TEMPLATE_N];
    if (n == 0 || !recognise_fuse(templates, n, fused)) {
        return false;
    }
    struct recognise_scope everybody = {.everybody = true};
    struct recognise_candidate candidates[2];
    size_t found = recognise_search(recogniser, fused, &everybody, 2, candidates);
    size_t at = 0;
    if (found > 0 && person != NULL && base_uuid_equal(&candidates[0].person, person)) {
        at = 1;
    }
    if (at >= found || candidates[at].score < recogniser_thresholds(recogniser).duplicate) {
        return false;
    }
    if (other != NULL) {
        *other = candidates[at].person;
    }
    if (score != NULL) {
        *score = candidates[at].score;
    }
    return true;
}
