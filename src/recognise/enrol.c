/* Photos for enrolment: one by one, among each other, and against everybody else. */
#include "recognise/internal.h"

#include <string.h>

void recognise_enrol_conclude(struct face_worker *worker, const float *aligned,
                              const struct recognise_task *task, struct recognise_frame *frame)
{
    face_quality_recognisable(&frame->quality, face_worker_embed_agreement(worker));
    face_quality_judge(&frame->quality, true);
    if (frame->quality.reason != FACE_QUALITY_GOOD && !task->skip_quality) {
        frame->kind = RECOGNISE_POOR_QUALITY;
        return;
    }
    recognise_print_make(aligned, frame->print);
}

static void tell(struct recogniser *recogniser, const struct recognise_options *options,
                 const struct recognise_frame *frame, struct recognise_photo *photo)
{
    photo->kind = frame->kind;
    photo->faces = frame->faces;
    photo->width = frame->width;
    photo->height = frame->height;
    photo->box = frame->box;
    photo->landmarks = frame->landmarks;
    photo->quality = frame->quality;
    photo->live = frame->live;
    if (frame->kind != RECOGNISE_MATCH) {
        return;
    }
    if (!options->skip_liveness &&
        frame->live < recognise_options_thresholds(recogniser, options).live) {
        photo->kind = RECOGNISE_PRESENTATION_ATTACK;
        return;
    }
    memcpy(photo->values, frame->values, sizeof photo->values);
    memcpy(photo->print, frame->print, sizeof photo->print);
}

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
    if (analysed) {
        face_quality_complete(&frame.quality, frame.faces);
        tell(recogniser, options, &frame, photo);
    }
    explicit_bzero(&frame, sizeof frame);
    return analysed;
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

/* More than this many known look-alikes of one person would hide another: nobody has so many. */
#define APART_MAX 30

static bool is_apart(const struct recognise_candidate *candidate, const struct base_uuid *person,
                     const struct base_uuid *apart, size_t apart_n)
{
    if (person != NULL && base_uuid_equal(&candidate->person, person)) {
        return true;
    }
    for (size_t i = 0; i < apart_n; i++) {
        if (base_uuid_equal(&candidate->person, &apart[i])) {
            return true;
        }
    }
    return false;
}

bool recognise_duplicate(struct recogniser *recogniser, const float *templates, size_t n,
                         const struct base_uuid *person, const struct base_uuid *apart,
                         size_t apart_n, struct base_uuid *other, float *score)
{
    float fused[FACE_TEMPLATE_N];
    if (n == 0 || !recognise_fuse(templates, n, fused)) {
        return false;
    }
    struct recognise_scope everybody = {.everybody = true};
    struct recognise_candidate candidates[APART_MAX + 2];
    size_t wanted = MIN(apart_n, APART_MAX) + 2;
    size_t found = recognise_search(recogniser, fused, &everybody, wanted, candidates);
    size_t at = 0;
    while (at < found && is_apart(&candidates[at], person, apart, apart_n)) {
        at++;
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
