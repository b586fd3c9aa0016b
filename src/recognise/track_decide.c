/* Whose track it is. */
#include "recognise/track_internal.h"

#include <string.h>

/* So many embeddings say who somebody is before the track has ended. */
#define EARLY 3
/* More than any score. */
#define GIVEN 1000

static struct track *track_at(const struct recognise_tracker *tracker, guint i)
{
    return tracker->tracks->pdata[i];
}

static bool overlap_in_time(const struct track_claim *a, const struct track_claim *b)
{
    return a->first <= b->last && b->first <= a->last;
}

/* The claims that compete with one, itself first: pointers that hold until a track ends. */
static GPtrArray *competitors(const struct recognise_tracker *tracker, struct track_claim *claim)
{
    GPtrArray *list = g_ptr_array_new();

    g_ptr_array_add(list, claim);
    for (guint i = 0; i < tracker->tracks->len; i++) {
        struct track_claim *other = &track_at(tracker, i)->claim;
        if (other != claim && other->candidates_n > 0 && overlap_in_time(claim, other))
            g_ptr_array_add(list, other);
    }
    for (guint i = 0; i < tracker->claims->len; i++) {
        struct track_claim *other = &g_array_index(tracker->claims, struct track_claim, i);
        if (overlap_in_time(claim, other))
            g_ptr_array_add(list, other);
    }
    return list;
}

/* Every candidate of the claims, once, with a column. */
static GHashTable *number_people(const GPtrArray *claims)
{
    GHashTable *columns = g_hash_table_new(base_uuid_hash, base_uuid_equal);

    for (guint i = 0; i < claims->len; i++) {
        struct track_claim *claim = claims->pdata[i];
        for (size_t j = 0; j < claim->candidates_n; j++)
            if (!g_hash_table_contains(columns, &claim->candidates[j].person))
                g_hash_table_insert(columns, &claim->candidates[j].person,
                                    GUINT_TO_POINTER(g_hash_table_size(columns)));
    }
    return columns;
}

static guint column_of(GHashTable *columns, const struct base_uuid *person)
{
    return GPOINTER_TO_UINT(g_hash_table_lookup(columns, person));
}

/* Which of its candidates the claim may have, seeing who else was there: NULL for none. What a
 * track was given before it keeps. */
static const struct recognise_candidate *assign(const struct recognise_tracker *tracker,
                                                struct track_claim *claim, float review)
{
    g_autoptr(GPtrArray) claims = competitors(tracker, claim);
    g_autoptr(GHashTable) columns = number_people(claims);
    size_t people = g_hash_table_size(columns);
    g_autofree float *gains = g_new0(float, claims->len *people + 1);
    g_autofree int *assigned = g_new(int, claims->len);

    for (guint i = 0; i < claims->len; i++) {
        const struct track_claim *other = claims->pdata[i];
        for (size_t j = 0; j < other->candidates_n; j++) {
            const struct recognise_candidate *candidate = &other->candidates[j];
            bool given = base_uuid_equal(&other->given, &candidate->person);
            bool free = base_uuid_is_nil(&other->given) && candidate->score >= review;
            if (given || free)
                gains[i * people + column_of(columns, &candidate->person)] =
                    given ? GIVEN : candidate->score + 1.001F;
        }
    }
    recognise_assign(gains, claims->len, people, assigned);
    for (size_t j = 0; j < claim->candidates_n; j++)
        if (assigned[0] == (int)column_of(columns, &claim->candidates[j].person))
            return &claim->candidates[j];
    return NULL;
}

static enum recognise_liveness liveness(const struct recognise_tracker *tracker,
                                        const struct track *track, float *live)
{
    *live = -1;
    if (tracker->options.recognise.skip_liveness || track->live_n == 0)
        return RECOGNISE_LIVENESS_UNKNOWN;
    struct recognise_thresholds thresholds =
        recognise_options_thresholds(tracker->recogniser, &tracker->options.recognise);
    struct recognise_liveness_rule rule = recognise_liveness_rule(thresholds.live);
    return recognise_liveness_judge(&rule, track->live, track->live_n, live);
}

/* What the pictures alone say, before the liveness. */
static void decide_person(struct recognise_tracker *tracker, struct face_worker *worker,
                          struct track *track, struct recognise_answer *answer)
{
    const struct recognise_options *options = &tracker->options.recognise;
    struct recognise_candidate wider[RECOGNISE_CANDIDATES_MAX];
    struct recognise_cuts cuts = {.n = MIN(track->kept_n, (size_t)RECOGNISE_CUTS_MAX)};
    struct track_claim *claim = &track->claim;
    float values[FACE_TEMPLATE_N];
    size_t wider_n = 0;

    memcpy(values, track->fused, sizeof values);
    for (size_t i = 0; i < cuts.n; i++)
        cuts.faces[i] = track->kept[i].cut;
    claim->candidates_n =
        recognise_search_twice(tracker->recogniser, worker, &cuts, values, &options->scope,
                               TRACK_CANDIDATES_MAX, claim->candidates);
    if (options->wider)
        wider_n = recognise_search(tracker->recogniser, values, options->wider,
                                   RECOGNISE_CANDIDATES_MAX, wider);
    explicit_bzero(values, sizeof values);
    recognise_answer_conclude(tracker->recogniser, options, claim->candidates, claim->candidates_n,
                              wider, wider_n, answer);
    if (answer->kind == RECOGNISE_UNKNOWN || answer->wider)
        return;
    struct recognise_thresholds thresholds =
        recognise_options_thresholds(tracker->recogniser, options);
    const struct recognise_candidate *given =
        assign(tracker, claim, MIN(thresholds.review, thresholds.match));
    if (given)
        recognise_answer_give(answer, given);
    else
        recognise_answer_take(answer);
}

static void apply_liveness(enum recognise_liveness verdict, struct recognise_answer *answer)
{
    if (verdict == RECOGNISE_LIVENESS_ATTACK && answer->kind >= RECOGNISE_UNKNOWN) {
        recognise_answer_take(answer);
        answer->kind = RECOGNISE_PRESENTATION_ATTACK;
    } else if (verdict == RECOGNISE_LIVENESS_DOUBT && answer->kind == RECOGNISE_MATCH) {
        answer->kind = RECOGNISE_NEEDS_REVIEW;
        answer->doubt = RECOGNISE_DOUBT_LIVENESS;
    }
}

static void report(struct track *track, const struct recognise_answer *answer,
                   enum recognise_liveness verdict, bool ended, GArray *reports)
{
    struct recognise_track entry = {
        .number = track->number,
        .first = track->claim.first,
        .last = track->claim.last,
        .best = track->best,
        .frames = track->frames,
        .embeddings = track->kept_n,
        .ended = ended,
        .liveness = verdict,
        .answer = *answer,
    };

    if (answer->kind == RECOGNISE_NEEDS_REVIEW) {
        entry.crop = track->crop;
        track->crop = (struct face_image){0};
    }
    track->claim.settled = true;
    if (answer->kind == RECOGNISE_MATCH)
        track->claim.given = answer->person;
    else if (answer->kind != RECOGNISE_NEEDS_REVIEW)
        track->claim.candidates_n = 0;
    g_array_append_val(reports, entry);
}

void track_decide(struct recognise_tracker *tracker, struct face_worker *worker,
                  struct track *track, bool ended, GArray *reports)
{
    if (track->claim.settled || (!ended && (!track->news || track->kept_n < EARLY)))
        return;
    track->news = false;

    struct recognise_answer answer = {
        .kind = RECOGNISE_UNKNOWN,
        .score = -1,
        .runner_up_score = -1,
        .faces = 1,
        .width = track->width,
        .height = track->height,
        .box = track->best_box,
        .landmarks = track->best_landmarks,
        .quality = track->quality,
    };
    enum recognise_liveness verdict = liveness(tracker, track, &answer.live);
    if (track->kept_n > 0)
        decide_person(tracker, worker, track, &answer);
    apply_liveness(verdict, &answer);
    if (ended || answer.kind == RECOGNISE_MATCH)
        report(track, &answer, verdict, ended, reports);
}

void recognise_track_clear(gpointer data)
{
    struct recognise_track *track = data;

    face_image_finish(&track->crop);
    explicit_bzero(track, sizeof *track);
}
