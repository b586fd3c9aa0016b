/* Lifecycle, thresholds and the gallery of people. */
#include "recognise/recognise.h"

#include "base/error.h"
#include "recognise/faces.h"

#include <math.h>
#include <string.h>

const struct recognise_thresholds RECOGNISE_THRESHOLDS_DEFAULT = {
    .false_match = 0.001,
    .margin = 0.04F,
    .live = 0.5F,
    .agree = 0.30F,
    .duplicate = 0.55F,
};

static const char *const kind_names[RECOGNISE_KIND_N] = {
    [RECOGNISE_NO_FACE] = "no_face",
    [RECOGNISE_SEVERAL_FACES] = "several_faces",
    [RECOGNISE_POOR_QUALITY] = "poor_quality",
    [RECOGNISE_PRESENTATION_ATTACK] = "presentation_attack",
    [RECOGNISE_UNKNOWN] = "unknown",
    [RECOGNISE_NEEDS_REVIEW] = "needs_review",
    [RECOGNISE_MATCH] = "match",
};

const char *recognise_kind_name(enum recognise_kind kind)
{
    return kind < RECOGNISE_KIND_N ? kind_names[kind] : "unknown";
}

static const char *const doubt_names[RECOGNISE_DOUBT_N] = {
    [RECOGNISE_DOUBT_NONE] = "none",           [RECOGNISE_DOUBT_SCORE] = "score",
    [RECOGNISE_DOUBT_MARGIN] = "margin",       [RECOGNISE_DOUBT_LOOKALIKE] = "lookalike",
    [RECOGNISE_DOUBT_ELSEWHERE] = "elsewhere", [RECOGNISE_DOUBT_ASSIGNED] = "assigned",
    [RECOGNISE_DOUBT_LIVENESS] = "liveness",
};

const char *recognise_doubt_name(enum recognise_doubt doubt)
{
    return doubt < RECOGNISE_DOUBT_N ? doubt_names[doubt] : "none";
}

struct recogniser *recogniser_create(const struct recogniser_options *options, GError **error)
{
    int threads = options->threads_max > 0 ? options->threads_max : (int)g_get_num_processors();
    const struct face_engine_options engine_options = {
        .models_dir = options->models_dir,
        /* Those who help with large pictures, who wait for such help, and a video have their own,
         * or marks would wait for them. */
        .workers_max = threads * 2 + (int)g_get_num_processors() / 2 + 2,
        .detector = options->detector,
        .int8 = options->int8,
        .second = options->second != RECOGNISE_SECOND_OFF,
    };
    struct face_engine *engine = face_engine_create(&engine_options, error);
    if (engine == NULL) {
        return NULL;
    }
    struct recogniser *recogniser = g_new0(struct recogniser, 1);
    recogniser->engine = engine;
    recogniser->gallery = face_gallery_create();
    recogniser->limits = options->limits;
    recogniser->detail = options->detail;
    recogniser->second = options->second;
    recogniser->helpers = recognise_helpers_create(threads);
    recogniser->thresholds =
        options->thresholds != NULL ? *options->thresholds : RECOGNISE_THRESHOLDS_DEFAULT;
    g_mutex_init(&recogniser->lock);
    return recogniser;
}

void recogniser_destroy(struct recogniser *recogniser)
{
    if (recogniser == NULL) {
        return;
    }
    recognise_helpers_destroy(recogniser->helpers);
    recognise_lookalikes_free(recogniser->lookalikes);
    face_gallery_destroy(recogniser->gallery);
    face_engine_destroy(recogniser->engine);
    g_mutex_clear(&recogniser->lock);
    g_free(recogniser);
}

void recogniser_interrupt(struct recogniser *recogniser)
{
    g_atomic_int_set(&recogniser->interrupted, 1);
}

bool recogniser_has_second(const struct recogniser *recogniser)
{
    return face_engine_has_second(recogniser->engine);
}

const char *recogniser_model_id(const struct recogniser *recogniser)
{
    return face_engine_model_id(recogniser->engine);
}

struct recognise_thresholds recogniser_thresholds(struct recogniser *recogniser)
{
    g_mutex_lock(&recogniser->lock);
    struct recognise_thresholds thresholds = recogniser->thresholds;
    g_mutex_unlock(&recogniser->lock);
    return thresholds;
}

void recogniser_thresholds_set(struct recogniser *recogniser,
                               const struct recognise_thresholds *thresholds)
{
    g_mutex_lock(&recogniser->lock);
    recogniser->thresholds = *thresholds;
    g_mutex_unlock(&recogniser->lock);
}

bool recognise_person_set(struct recogniser *recogniser, const struct base_uuid *person,
                          const float *templates, size_t n, GError **error)
{
    float fused[FACE_TEMPLATE_N];
    if (n == 0 || !recognise_fuse(templates, n, fused)) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID,
                    "A face template is not a vector of length 1.");
        return false;
    }
    bool set = face_gallery_set(recogniser->gallery, person, fused);
    g_assert(set);
    return true;
}

bool recognise_person_remove(struct recogniser *recogniser, const struct base_uuid *person)
{
    return face_gallery_remove(recogniser->gallery, person);
}

bool recognise_person_exists(struct recogniser *recogniser, const struct base_uuid *person)
{
    return face_gallery_exists(recogniser->gallery, person);
}

size_t recognise_people_count(struct recogniser *recogniser)
{
    return face_gallery_count(recogniser->gallery);
}

void recognise_people_clear(struct recogniser *recogniser)
{
    face_gallery_clear(recogniser->gallery);
}

void recognise_people_reserve(struct recogniser *recogniser, size_t people)
{
    face_gallery_reserve(recogniser->gallery, people);
}

struct face_worker *recognise_worker_acquire(struct recogniser *recogniser, GError **error)
{
    struct face_worker *worker = face_engine_acquire(recogniser->engine, error);
    if (worker != NULL) {
        *face_worker_timings(worker) = (struct face_timings){0};
    }
    return worker;
}
