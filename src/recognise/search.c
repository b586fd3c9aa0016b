/* The gallery, searched by what the first network says and, in doubt, by what both say. */
#include "recognise/internal.h"

#include "base/error.h"

#include <string.h>

/* The first network leaves doubt where the best score lies no further than this below the threshold
 * of a review or above that of a match... */
#define DOUBT_BELOW 0.05F
#define DOUBT_ABOVE 0.10F
/* ...or leads by less than this beyond the margin that a match needs. Outside, the second network
 * changed no answer in the measurements of docs/model-card.md. */
#define DOUBT_MARGIN 0.06F
/* So many of the most similar by the first network are compared again by both. */
#define RESCORED 16

static gint compare_candidates(gconstpointer a, gconstpointer b)
{
    const struct recognise_candidate *left = a;
    const struct recognise_candidate *right = b;
    if (left->score != right->score) {
        return left->score < right->score ? 1 : -1;
    }
    return base_uuid_compare(&left->person, &right->person);
}

/* Who was removed meanwhile keeps the score of the first network. */
static void rescore(struct recogniser *recogniser, const float *values,
                    struct recognise_candidate *candidates, size_t n)
{
    float stored[FACE_TEMPLATE_N];
    for (size_t i = 0; i < n; i++) {
        if (face_gallery_get(recogniser->gallery, &candidates[i].person, stored)) {
            candidates[i].score = recognise_similarity(values, stored);
        }
    }
    explicit_bzero(stored, sizeof stored);
    qsort(candidates, n, sizeof *candidates, compare_candidates);
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
    size_t wide = MAX(k, RESCORED);
    g_autofree struct face_gallery_match *matches = g_new(struct face_gallery_match, wide);
    g_autofree struct recognise_candidate *found = g_new(struct recognise_candidate, wide);
    size_t n = face_gallery_search(recogniser->gallery, values, &rows, wide, FACE_GALLERY_FASTEST,
                                   matches);
    for (size_t i = 0; i < n; i++) {
        found[i] = (struct recognise_candidate){matches[i].id, matches[i].score};
    }
    if (recognise_template_is_whole(values)) {
        rescore(recogniser, values, found, n);
    }
    n = MIN(n, k);
    memcpy(candidates, found, n * sizeof *candidates);
    return n;
}

/* By the recogniser's own thresholds: those of a call may be open ones, as benchmarks use. */
static bool leaves_doubt(struct recogniser *recogniser, const struct recognise_scope *scope,
                         const struct recognise_candidate *candidates, size_t n)
{
    const struct recognise_options own = {.thresholds = NULL};
    struct recognise_thresholds thresholds = recognise_scope_thresholds(recogniser, &own, scope);
    float low = MIN(thresholds.review, thresholds.match) - DOUBT_BELOW;
    float high = MAX(thresholds.review, thresholds.match) + DOUBT_ABOVE;
    if (n == 0 || candidates[0].score < low) {
        return false;
    }
    float lead = n > 1 ? candidates[0].score - candidates[1].score : 2;
    return candidates[0].score < high || lead < thresholds.margin + DOUBT_MARGIN;
}

/* The template of one aligned face and its mirror image, by both networks. */
static bool embed_whole(struct face_worker *worker, const uint8_t *face, float *aligned,
                        float values[FACE_TEMPLATE_N], GError **error)
{
    for (size_t i = 0; i < RECOGNISE_CUT_BYTES; i++) {
        aligned[i] = face[i];
    }
    return face_worker_embed(worker, aligned, true, values, error) &&
           face_worker_embed_second(worker, aligned, true, values + FACE_EMBEDDING_N, error);
}

static bool complete(struct face_worker *worker, const struct recognise_cuts *cuts,
                     float values[FACE_TEMPLATE_N], GError **error)
{
    g_autofree float *aligned = g_new(float, RECOGNISE_CUT_BYTES);
    g_autofree float *templates = g_new(float, cuts->n *FACE_TEMPLATE_N);
    bool done = true;
    for (size_t i = 0; done && i < cuts->n; i++) {
        done = embed_whole(worker, cuts->faces[i], aligned, templates + i * FACE_TEMPLATE_N, error);
    }
    float fused[FACE_TEMPLATE_N];
    if (done && recognise_fuse(templates, cuts->n, fused)) {
        memcpy(values, fused, sizeof fused);
    }
    explicit_bzero(aligned, sizeof(float) * RECOGNISE_CUT_BYTES);
    explicit_bzero(templates, sizeof(float) * cuts->n * FACE_TEMPLATE_N);
    explicit_bzero(fused, sizeof fused);
    return done;
}

void recognise_cut_keep(const float *aligned, uint8_t *face)
{
    for (size_t i = 0; i < RECOGNISE_CUT_BYTES; i++) {
        face[i] = (uint8_t)CLAMP(aligned[i] + 0.5F, 0, 255);
    }
}

size_t recognise_search_twice(struct recogniser *recogniser, struct face_worker *worker,
                              const struct recognise_cuts *cuts, float values[FACE_TEMPLATE_N],
                              const struct recognise_scope *scope, size_t k,
                              struct recognise_candidate *candidates)
{
    size_t n = recognise_search(recogniser, values, scope, k, candidates);
    if (cuts->n == 0 || recognise_template_is_whole(values) ||
        recogniser->second == RECOGNISE_SECOND_OFF || !face_engine_has_second(recogniser->engine) ||
        (recogniser->second == RECOGNISE_SECOND_AUTO &&
         !leaves_doubt(recogniser, scope, candidates, n))) {
        return n;
    }
    g_autoptr(GError) error = NULL;
    struct face_worker *own =
        worker == NULL ? face_engine_acquire(recogniser->engine, &error) : NULL;
    struct face_worker *used = worker != NULL ? worker : own;
    bool done = used != NULL && complete(used, cuts, values, &error);
    if (own != NULL) {
        face_engine_release(recogniser->engine, own);
    }
    if (!done) {
        g_warning("The second network could not be asked: %s", error->message);
        return n;
    }
    return recognise_search(recogniser, values, scope, k, candidates);
}
