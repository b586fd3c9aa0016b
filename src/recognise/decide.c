/* From scores to an answer: match, review or unknown. */
#include "recognise/calibration.h"
#include "recognise/internal.h"

#include <string.h>

/* So many times the share of strangers that may be named may come to a review... */
#define REVIEW_FACTOR 30
/* ...but never more than this share. */
#define REVIEW_SHARE_MAX 0.1

size_t recognise_scope_size(struct recogniser *recogniser, const struct recognise_scope *scope)
{
    size_t enrolled = face_gallery_count(recogniser->gallery);
    return scope->everybody ? enrolled : MIN(scope->people_n, enrolled);
}

bool recognise_scope_has(const struct recognise_scope *scope, const struct base_uuid *person)
{
    for (size_t i = 0; !scope->everybody && i < scope->people_n; i++) {
        if (base_uuid_equal(&scope->people[i], person)) {
            return true;
        }
    }
    return scope->everybody;
}

static struct recognise_thresholds choose(struct recognise_thresholds thresholds, size_t people)
{
    if (thresholds.false_match <= 0) {
        return thresholds;
    }
    const struct recognise_tail *tail = &RECOGNISE_TAIL_DEFAULT;
    double reviewed =
        MAX(MIN(thresholds.false_match * REVIEW_FACTOR, REVIEW_SHARE_MAX), thresholds.false_match);
    people = MAX(people, 1);
    if (thresholds.match == 0) {
        thresholds.match = recognise_tail_threshold(tail, thresholds.false_match, people);
    }
    if (thresholds.review == 0) {
        thresholds.review = recognise_tail_threshold(tail, reviewed, people);
    }
    thresholds.review = MIN(thresholds.review, thresholds.match);
    return thresholds;
}

struct recognise_thresholds recognise_thresholds_among(struct recogniser *recogniser, size_t people)
{
    return choose(recogniser_thresholds(recogniser), people);
}

struct recognise_thresholds recognise_scope_thresholds(struct recogniser *recogniser,
                                                       const struct recognise_options *options,
                                                       const struct recognise_scope *scope)
{
    return choose(options->thresholds != NULL ? *options->thresholds
                                              : recogniser_thresholds(recogniser),
                  recognise_scope_size(recogniser, scope));
}

struct recognise_thresholds recognise_options_thresholds(struct recogniser *recogniser,
                                                         const struct recognise_options *options)
{
    return recognise_scope_thresholds(recogniser, options, &options->scope);
}

enum recognise_kind recognise_decide(const struct recognise_thresholds *thresholds, float score,
                                     float runner_up_score, enum recognise_doubt *doubt)
{
    enum recognise_doubt reason = RECOGNISE_DOUBT_NONE;
    enum recognise_kind kind = RECOGNISE_MATCH;
    /* Put so that what is not a number is nobody. */
    if (!(score >= thresholds->review || score >= thresholds->match)) {
        kind = RECOGNISE_UNKNOWN;
    } else if (!(score >= thresholds->match)) {
        reason = RECOGNISE_DOUBT_SCORE;
    } else if (!(runner_up_score <= -1 || score - runner_up_score >= thresholds->margin)) {
        reason = RECOGNISE_DOUBT_MARGIN;
    }
    if (doubt != NULL) {
        *doubt = reason;
    }
    return reason == RECOGNISE_DOUBT_NONE ? kind : RECOGNISE_NEEDS_REVIEW;
}

void recognise_answer_candidate(struct recognise_answer *answer, const struct base_uuid *person,
                                float score)
{
    for (size_t i = 0; i < answer->candidates_n; i++) {
        if (base_uuid_equal(&answer->candidates[i].person, person)) {
            return;
        }
    }
    size_t place = MIN(answer->candidates_n, RECOGNISE_CANDIDATES_MAX - 1);
    answer->candidates[place] = (struct recognise_candidate){*person, score};
    answer->candidates_n = place + 1;
}

void recognise_answer_decide(struct recognise_answer *answer,
                             const struct recognise_thresholds *thresholds,
                             const struct recognise_candidate *candidates, size_t n)
{
    answer->score = n > 0 ? candidates[0].score : -1;
    answer->runner_up_score = n > 1 ? candidates[1].score : -1;
    answer->kind = RECOGNISE_UNKNOWN;
    answer->doubt = RECOGNISE_DOUBT_NONE;
    answer->person = answer->runner_up = (struct base_uuid){0};
    answer->candidates_n = 0;
    if (n > 0) {
        answer->kind =
            recognise_decide(thresholds, answer->score, answer->runner_up_score, &answer->doubt);
    }
    if (answer->kind == RECOGNISE_UNKNOWN) {
        return;
    }
    answer->person = candidates[0].person;
    answer->runner_up = n > 1 ? candidates[1].person : (struct base_uuid){0};
    float review = MIN(thresholds->review, thresholds->match);
    for (size_t i = 0; i < MIN(n, RECOGNISE_CANDIDATES_MAX); i++) {
        if (i == 0 || candidates[i].score >= review) {
            recognise_answer_candidate(answer, &candidates[i].person, candidates[i].score);
        }
    }
}

/* ---- one of several faces ---- */

void recognise_answer_take(struct recognise_answer *answer)
{
    answer->kind = RECOGNISE_UNKNOWN;
    answer->doubt = RECOGNISE_DOUBT_NONE;
    answer->person = answer->runner_up = (struct base_uuid){0};
    answer->candidates_n = 0;
}

void recognise_answer_give(struct recognise_answer *answer, const struct recognise_candidate *given)
{
    const struct recognise_answer before = *answer;
    if (base_uuid_equal(&given->person, &before.person)) {
        return;
    }
    answer->kind = RECOGNISE_NEEDS_REVIEW;
    answer->doubt = RECOGNISE_DOUBT_ASSIGNED;
    answer->person = given->person;
    answer->score = given->score;
    answer->runner_up = before.person;
    answer->runner_up_score = before.score;
    answer->candidates_n = 0;
    recognise_answer_candidate(answer, &given->person, given->score);
    for (size_t i = 0; i < before.candidates_n; i++) {
        recognise_answer_candidate(answer, &before.candidates[i].person,
                                   before.candidates[i].score);
    }
}

/* ---- two scopes ---- */

/* The first scope has an answer; does the wider one speak against it? */
static void contradict(struct recognise_answer *answer, const struct recognise_answer *wider)
{
    bool better = wider->kind != RECOGNISE_UNKNOWN && wider->score > answer->score &&
                  !base_uuid_equal(&wider->person, &answer->person);
    if (!better) {
        return;
    }
    answer->kind = RECOGNISE_NEEDS_REVIEW;
    answer->doubt = RECOGNISE_DOUBT_ELSEWHERE;
    recognise_answer_candidate(answer, &wider->person, wider->score);
}

void recognise_answer_conclude(struct recogniser *recogniser,
                               const struct recognise_options *options,
                               const struct recognise_candidate *candidates, size_t n,
                               const struct recognise_candidate *wider, size_t wider_n,
                               struct recognise_answer *answer)
{
    struct recognise_thresholds thresholds = recognise_options_thresholds(recogniser, options);
    recognise_answer_decide(answer, &thresholds, candidates, n);
    answer->wider = false;
    if (options->wider == NULL || wider_n == 0) {
        recognise_answer_check(recogniser, &options->scope, answer);
        return;
    }
    struct recognise_answer other = *answer;
    thresholds = recognise_scope_thresholds(recogniser, options, options->wider);
    recognise_answer_decide(&other, &thresholds, wider, wider_n);
    /* UNKNOWN, NEEDS_REVIEW and MATCH come in this order. */
    if (other.kind > answer->kind && !recognise_scope_has(&options->scope, &other.person)) {
        *answer = other;
        answer->wider = true;
        recognise_answer_check(recogniser, options->wider, answer);
        return;
    }
    if (answer->kind == RECOGNISE_MATCH) {
        contradict(answer, &other);
    }
    recognise_answer_check(recogniser, &options->scope, answer);
    /* Whoever may come from the wider scope may be the look-alike. */
    recognise_answer_check(recogniser, options->wider, answer);
}

/* ---- look-alikes ---- */

/* A class is hardly smaller than this. */
#define CLASS_SMALLEST 10
/* Somebody and their score. */
struct other {
    struct base_uuid person;
    float score;
};

float recognise_lookalikes_least(struct recogniser *recogniser)
{
    return recognise_thresholds_among(recogniser, CLASS_SMALLEST).match;
}

bool recognise_person_template(const float *templates, size_t n, float fused[FACE_TEMPLATE_N])
{
    return n > 0 && recognise_fuse(templates, n, fused);
}

size_t recognise_lookalikes_find(struct recogniser *recogniser, const struct base_uuid *person,
                                 float least, size_t k, struct recognise_candidate *candidates)
{
    static const struct recognise_scope everybody = {.everybody = true};
    float values[FACE_TEMPLATE_N];
    g_autofree struct recognise_candidate *found = g_new(struct recognise_candidate, k + 1);
    size_t n = 0;
    if (!face_gallery_get(recogniser->gallery, person, values)) {
        return 0;
    }
    size_t found_n = recognise_search(recogniser, values, &everybody, k + 1, found);
    explicit_bzero(values, sizeof values);
    for (size_t i = 0; i < found_n && n < k; i++) {
        if (found[i].score >= least && !base_uuid_equal(&found[i].person, person)) {
            candidates[n++] = found[i];
        }
    }
    return n;
}

void recognise_lookalikes_free(GHashTable *lookalikes)
{
    if (lookalikes != NULL) {
        g_hash_table_unref(lookalikes);
    }
}

static void note(GHashTable *lookalikes, const struct base_uuid *person,
                 const struct base_uuid *other, float score)
{
    const struct other one = {*other, score};
    GArray *others = g_hash_table_lookup(lookalikes, person);
    if (others == NULL) {
        others = g_array_new(FALSE, FALSE, sizeof(struct other));
        g_hash_table_insert(lookalikes, g_memdup2(person, sizeof *person), others);
    }
    g_array_append_val(others, one);
}

void recognise_lookalikes_set(struct recogniser *recogniser,
                              const struct recognise_lookalike *pairs, size_t n)
{
    GHashTable *lookalikes = g_hash_table_new_full(base_uuid_hash, base_uuid_equal, g_free,
                                                   (GDestroyNotify)g_array_unref);
    for (size_t i = 0; i < n; i++) {
        note(lookalikes, &pairs[i].first, &pairs[i].second, pairs[i].score);
        note(lookalikes, &pairs[i].second, &pairs[i].first, pairs[i].score);
    }
    g_mutex_lock(&recogniser->lock);
    GHashTable *before = recogniser->lookalikes;
    recogniser->lookalikes = lookalikes;
    g_mutex_unlock(&recogniser->lock);
    recognise_lookalikes_free(before);
}

/* The look-alikes of a person; NULL: none. g_array_unref() it. */
static GArray *lookalikes_of(struct recogniser *recogniser, const struct base_uuid *person)
{
    g_mutex_lock(&recogniser->lock);
    GArray *others =
        recogniser->lookalikes != NULL ? g_hash_table_lookup(recogniser->lookalikes, person) : NULL;
    if (others != NULL) {
        g_array_ref(others);
    }
    g_mutex_unlock(&recogniser->lock);
    return others;
}

/* What the other one scored in this very answer; for want of it, their score against the person. */
static float score_in(const struct recognise_answer *answer, const struct other *other)
{
    return base_uuid_equal(&other->person, &answer->runner_up) ? answer->runner_up_score
                                                               : other->score;
}

void recognise_answer_check(struct recogniser *recogniser, const struct recognise_scope *scope,
                            struct recognise_answer *answer)
{
    if (answer->kind != RECOGNISE_MATCH) {
        return;
    }
    g_autoptr(GArray) others = lookalikes_of(recogniser, &answer->person);
    if (others == NULL) {
        return;
    }
    const struct recognise_options options = {.scope = *scope};
    const float match = recognise_options_thresholds(recogniser, &options).match;
    for (guint i = 0; i < others->len; i++) {
        const struct other *other = &g_array_index(others, struct other, i);
        if (other->score < match || !recognise_scope_has(scope, &other->person) ||
            !face_gallery_exists(recogniser->gallery, &other->person)) {
            continue;
        }
        answer->kind = RECOGNISE_NEEDS_REVIEW;
        answer->doubt = RECOGNISE_DOUBT_LOOKALIKE;
        recognise_answer_candidate(answer, &other->person, score_in(answer, other));
    }
}
