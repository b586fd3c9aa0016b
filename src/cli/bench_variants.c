#include "cli/bench_variants.h"

#include "cli/output.h"
#include "cli/statistics.h"

#include <math.h>
#include <string.h>

enum rule {
    RULE_MEAN,    /* one template a person: the direction of the sum */
    RULE_QUALITY, /* likewise, each photo weighted with its quality */
    RULE_BEST,    /* the most similar photo */
    RULE_BOTH,    /* half mean, half best */
    RULE_COHORT,  /* mean, less a fifth of what the next ten people score */
};

struct variant {
    const char *name;
    double weight;
    enum rule rule;
};

static const struct variant VARIANTS[] = {
    {"first network, mean", 1, RULE_MEAN},        {"second network, mean", 0, RULE_MEAN},
    {"0.7 + 0.3, mean", 0.7, RULE_MEAN},          {"0.6 + 0.4, mean", 0.6, RULE_MEAN},
    {"0.5 + 0.5, mean", 0.5, RULE_MEAN},          {"0.6 + 0.4, by quality", 0.6, RULE_QUALITY},
    {"0.6 + 0.4, best photo", 0.6, RULE_BEST},    {"0.6 + 0.4, mean and best", 0.6, RULE_BOTH},
    {"0.6 + 0.4, less cohort", 0.6, RULE_COHORT},
};

#define COHORT 10
#define COHORT_SHARE 0.2

static double dot(const float *a, const float *b, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += (double)a[i] * b[i];
    return sum;
}

double cli_bench_similarity(const float *a, const float *b, double weight)
{
    return weight * dot(a, b, FACE_EMBEDDING_N) +
           (1 - weight) * dot(a + FACE_EMBEDDING_N, b + FACE_EMBEDDING_N, FACE_SECOND_N);
}

static void normalise(float *values, size_t n)
{
    const double length = sqrt(dot(values, values, n));

    for (size_t i = 0; length > 0 && i < n; i++)
        values[i] = (float)(values[i] / length);
}

/* One template of a person's photos; all zeros for who has none. */
static void fuse(const struct cli_bench_gallery *gallery, guint person, bool by_quality,
                 float *fused)
{
    memset(fused, 0, FACE_TEMPLATE_N * sizeof *fused);
    for (guint i = 0; i < gallery->enrolled->len; i++) {
        const struct cli_bench_picture *picture =
            &g_array_index(gallery->enrolled, struct cli_bench_picture, i);
        const float weight = by_quality ? picture->quality + 0.05F : 1;
        if (g_array_index(gallery->owners, guint, i) != person || !picture->face)
            continue;
        for (size_t k = 0; k < FACE_TEMPLATE_N; k++)
            fused[k] += weight * picture->values[k];
    }
    normalise(fused, FACE_EMBEDDING_N);
    normalise(fused + FACE_EMBEDDING_N, FACE_SECOND_N);
}

static int descending(const void *a, const void *b)
{
    const double left = *(const double *)a, right = *(const double *)b;

    return (left < right) - (left > right);
}

static double next_ten(const double *scores, guint people)
{
    g_autofree double *sorted = g_memdup2(scores, people * sizeof *scores);
    const guint n = MIN(COHORT, people - 1);
    double sum = 0;

    qsort(sorted, people, sizeof *sorted, descending);
    for (guint i = 1; i <= n; i++)
        sum += sorted[i];
    return n > 0 ? sum / n : 0;
}

/* The scores of one probe against everybody. */
static void score(const struct cli_bench_gallery *gallery, const struct variant *variant,
                  const float *means, const float *probe, double *scores)
{
    const bool best = variant->rule == RULE_BEST || variant->rule == RULE_BOTH;

    for (guint person = 0; person < gallery->people; person++)
        scores[person] = variant->rule == RULE_BEST
                             ? CLI_STATISTICS_NO_SCORE
                             : cli_bench_similarity(probe, means + (size_t)person * FACE_TEMPLATE_N,
                                                    variant->weight);
    g_autofree double *highest = g_new(double, gallery->people);
    for (guint person = 0; person < gallery->people; person++)
        highest[person] = CLI_STATISTICS_NO_SCORE;
    for (guint i = 0; best && i < gallery->enrolled->len; i++) {
        const struct cli_bench_picture *picture =
            &g_array_index(gallery->enrolled, struct cli_bench_picture, i);
        const guint person = g_array_index(gallery->owners, guint, i);
        if (picture->face)
            highest[person] =
                MAX(highest[person], cli_bench_similarity(probe, picture->values, variant->weight));
    }
    for (guint person = 0; best && person < gallery->people; person++)
        scores[person] = variant->rule == RULE_BEST
                             ? highest[person]
                             : (scores[person] + MAX(highest[person], -1)) / 2;
    if (variant->rule == RULE_COHORT) {
        const double less = COHORT_SHARE * next_ten(scores, gallery->people);
        for (guint person = 0; person < gallery->people; person++)
            scores[person] -= less;
    }
}

struct outcome {
    size_t probes, first;
    double fnir[2];
};

static void evaluate(const struct cli_bench_gallery *gallery, const struct variant *variant,
                     struct outcome *outcome)
{
    static const double FPIRS[] = {0.01, 0.001};
    g_autoptr(GArray) hits = g_array_new(FALSE, FALSE, sizeof(double));
    g_autoptr(GArray) strangers = g_array_new(FALSE, FALSE, sizeof(double));
    g_autofree float *means = g_new(float, (size_t)gallery->people *FACE_TEMPLATE_N);
    g_autofree double *scores = g_new(double, gallery->people);

    *outcome = (struct outcome){0};
    for (guint person = 0; person < gallery->people; person++)
        fuse(gallery, person, variant->rule == RULE_QUALITY,
             means + (size_t)person * FACE_TEMPLATE_N);
    for (guint i = 0; i < gallery->probes->len; i++) {
        const struct cli_bench_picture *probe =
            &g_array_index(gallery->probes, struct cli_bench_picture, i);
        const guint owner = g_array_index(gallery->probe_owners, guint, i);
        double best = CLI_STATISTICS_NO_SCORE;
        guint found = G_MAXUINT;
        if (probe->face)
            score(gallery, variant, means, probe->values, scores);
        for (guint person = 0; probe->face && person < gallery->people; person++)
            if (scores[person] > best) {
                best = scores[person];
                found = person;
            }
        if (owner == G_MAXUINT) {
            if (probe->face)
                g_array_append_val(strangers, best);
            continue;
        }
        outcome->probes++;
        outcome->first += found == owner;
        best = found == owner ? best : CLI_STATISTICS_NO_SCORE;
        g_array_append_val(hits, best);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(FPIRS); i++) {
        const double threshold =
            cli_statistics_threshold((double *)(void *)strangers->data, strangers->len, FPIRS[i]);
        outcome->fnir[i] =
            1 - cli_statistics_accepted((const double *)(void *)hits->data, hits->len, threshold);
    }
}

json_t *cli_bench_variants_identify(const struct cli_bench_gallery *gallery, bool as_json)
{
    json_t *results = as_json ? json_array() : NULL;

    for (size_t i = 0; i < G_N_ELEMENTS(VARIANTS); i++) {
        struct outcome outcome;
        evaluate(gallery, &VARIANTS[i], &outcome);
        const double rank1 = (double)outcome.first / (double)outcome.probes;
        if (as_json)
            json_array_append_new(results,
                                  json_pack("{s:s,s:o,s:o,s:o}", "variant", VARIANTS[i].name,
                                            "rank1", cli_json_real(rank1), "fnir_at_fpir_0.01",
                                            cli_json_real(outcome.fnir[0]), "fnir_at_fpir_0.001",
                                            cli_json_real(outcome.fnir[1])));
        else
            cli_bench_line(VARIANTS[i].name, "rank 1 %.2f %%, FNIR %.2f %% and %.2f %%",
                           100 * rank1, 100 * outcome.fnir[0], 100 * outcome.fnir[1]);
    }
    return results;
}
