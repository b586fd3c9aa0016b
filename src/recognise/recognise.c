/* Lifecycle, thresholds and the gallery of people. */
#include "recognise/recognise.h"

#include "base/error.h"
#include "recognise/internal.h"

#include <math.h>
#include <string.h>

#define UNIT_TOLERANCE 1e-3

const struct recognise_thresholds RECOGNISE_THRESHOLDS_DEFAULT = {
    .match = 0.49F,
    .review = 0.40F,
    .margin = 0.04F,
    .live = 0.6F,
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

struct recogniser *recogniser_create(const struct recogniser_options *options, GError **error)
{
    int threads = options->threads_max > 0 ? options->threads_max : (int)g_get_num_processors();
    struct face_engine *engine = face_engine_create(options->models_dir, threads, error);
    if (engine == NULL) {
        return NULL;
    }
    struct recogniser *recogniser = g_new0(struct recogniser, 1);
    recogniser->engine = engine;
    recogniser->gallery = face_gallery_create();
    recogniser->limits = options->limits;
    recogniser->detail = options->detail;
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
    face_gallery_destroy(recogniser->gallery);
    face_engine_destroy(recogniser->engine);
    g_mutex_clear(&recogniser->lock);
    g_free(recogniser);
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

static double length_of(const float *values)
{
    double sum = 0;
    for (int i = 0; i < FACE_TEMPLATE_N; i++) {
        sum += (double)values[i] * values[i];
    }
    return sqrt(sum);
}

bool recognise_fuse(const float *templates, size_t n, float fused[FACE_TEMPLATE_N])
{
    memset(fused, 0, sizeof(float) * FACE_TEMPLATE_N);
    for (size_t photo = 0; photo < n; photo++) {
        const float *values = templates + photo * FACE_TEMPLATE_N;
        if (!(fabs(length_of(values) - 1) < UNIT_TOLERANCE)) {
            return false;
        }
        for (int i = 0; i < FACE_TEMPLATE_N; i++) {
            fused[i] += values[i];
        }
    }
    double length = length_of(fused);
    if (!(length > UNIT_TOLERANCE)) {
        return false;
    }
    for (int i = 0; i < FACE_TEMPLATE_N; i++) {
        fused[i] = (float)(fused[i] / length);
    }
    return true;
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

size_t recognise_search(struct recogniser *recogniser, const float *values,
                        const struct recognise_scope *scope, size_t k,
                        struct recognise_candidate *candidates)
{
    if (!scope->everybody && scope->people_n == 0) {
        return 0;
    }
    struct face_gallery_scope rows = {0};
    if (!scope->everybody) {
        rows.ids = scope->people;
        rows.ids_n = scope->people_n;
    }
    g_autofree struct face_gallery_match *matches = g_new(struct face_gallery_match, k + 1);
    size_t n =
        face_gallery_search(recogniser->gallery, values, &rows, k, FACE_GALLERY_FASTEST, matches);
    for (size_t i = 0; i < n; i++) {
        candidates[i] = (struct recognise_candidate){matches[i].id, matches[i].score};
    }
    return n;
}

float recognise_similarity(const float *a, const float *b)
{
    double sum = 0;
    for (int i = 0; i < FACE_TEMPLATE_N; i++) {
        sum += (double)a[i] * b[i];
    }
    return (float)sum;
}

struct recognise_thresholds recognise_options_thresholds(struct recogniser *recogniser,
                                                         const struct recognise_options *options)
{
    return options->thresholds != NULL ? *options->thresholds : recogniser_thresholds(recogniser);
}

enum recognise_kind recognise_decide(const struct recognise_thresholds *thresholds, float score,
                                     float runner_up_score)
{
    if (score < thresholds->review && score < thresholds->match) {
        return RECOGNISE_UNKNOWN;
    }
    bool clear = runner_up_score <= -1 || score - runner_up_score >= thresholds->margin;
    return score >= thresholds->match && clear ? RECOGNISE_MATCH : RECOGNISE_NEEDS_REVIEW;
}

void recognise_answer_decide(struct recognise_answer *answer,
                             const struct recognise_thresholds *thresholds,
                             const struct recognise_candidate *candidates, size_t n)
{
    answer->score = n > 0 ? candidates[0].score : -1;
    answer->runner_up_score = n > 1 ? candidates[1].score : -1;
    answer->kind = n > 0 ? recognise_decide(thresholds, answer->score, answer->runner_up_score)
                         : RECOGNISE_UNKNOWN;
    if (answer->kind != RECOGNISE_UNKNOWN) {
        answer->person = candidates[0].person;
        answer->runner_up = n > 1 ? candidates[1].person : (struct base_uuid){0};
    }
}

struct face_worker *recognise_worker_acquire(struct recogniser *recogniser, GError **error)
{
    struct face_worker *worker = face_engine_acquire(recogniser->engine, error);
    if (worker != NULL) {
        *face_worker_timings(worker) = (struct face_timings){0};
    }
    return worker;
}
