#include "cli/statistics.h"

#include <glib.h>
#include <math.h>
#include <stdlib.h>

static int compare_ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int compare_descending(const void *a, const void *b)
{
    return compare_ascending(b, a);
}

static void sort(double *values, size_t n, int (*compare)(const void *, const void *))
{
    if (n > 1)
        qsort(values, n, sizeof *values, compare);
}

struct cli_statistics_times cli_statistics_times_of(double *values, size_t n)
{
    struct cli_statistics_times times = {.runs = n, .median = NAN, .p90 = NAN, .mean = NAN};

    if (n == 0)
        return times;
    sort(values, n, compare_ascending);
    times.median = n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
    times.p90 = values[(9 * n + 9) / 10 - 1];
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += values[i];
    times.mean = sum / (double)n;
    return times;
}

double cli_statistics_threshold(double *impostors, size_t n, double rate)
{
    sort(impostors, n, compare_descending);
    /* Rates such as 0.001 of 3000 come out a hair below the whole number that is meant. */
    double allowed = floor(rate * (double)n + 1e-9);
    if (n == 0 || allowed >= (double)n)
        return nextafter(CLI_STATISTICS_NO_SCORE, 0);
    return nextafter(impostors[(size_t)allowed], INFINITY);
}

double cli_statistics_accepted(const double *scores, size_t n, double threshold)
{
    size_t accepted = 0;

    for (size_t i = 0; i < n; i++)
        accepted += scores[i] >= threshold;
    return n ? (double)accepted / (double)n : NAN;
}

double cli_statistics_auc(double *genuine, size_t genuine_n, double *impostors, size_t impostors_n)
{
    if (genuine_n == 0 || impostors_n == 0)
        return NAN;
    sort(genuine, genuine_n, compare_ascending);
    sort(impostors, impostors_n, compare_ascending);
    size_t below = 0, upto = 0;
    double wins = 0;
    for (size_t i = 0; i < genuine_n; i++) {
        while (below < impostors_n && impostors[below] < genuine[i])
            below++;
        while (upto < impostors_n && impostors[upto] <= genuine[i])
            upto++;
        wins += (double)below + (double)(upto - below) / 2;
    }
    return wins / ((double)genuine_n * (double)impostors_n);
}

double cli_statistics_eer(double *genuine, size_t genuine_n, double *impostors, size_t impostors_n)
{
    if (genuine_n == 0 || impostors_n == 0)
        return NAN;
    sort(genuine, genuine_n, compare_ascending);
    sort(impostors, impostors_n, compare_ascending);
    size_t rejected = 0, refused = 0; /* genuine and impostor scores below the threshold */
    double eer = 0.5, least = 1;      /* a threshold below all scores: every one accepted */
    while (rejected < genuine_n || refused < impostors_n) {
        double lowest = MIN(rejected < genuine_n ? genuine[rejected] : INFINITY,
                            refused < impostors_n ? impostors[refused] : INFINITY);
        while (rejected < genuine_n && genuine[rejected] <= lowest)
            rejected++;
        while (refused < impostors_n && impostors[refused] <= lowest)
            refused++;
        double frr = (double)rejected / (double)genuine_n;
        double far = (double)(impostors_n - refused) / (double)impostors_n;
        if (fabs(far - frr) < least) {
            least = fabs(far - frr);
            eer = (far + frr) / 2;
        }
    }
    return eer;
}

void cli_statistics_deal_folds(struct cli_statistics_pair *pairs, size_t n, int folds)
{
    int next[2] = {0, 0};

    for (size_t i = 0; i < n; i++) {
        int *fold = &next[pairs[i].same];
        pairs[i].fold = *fold;
        *fold = (*fold + 1) % folds;
    }
}

static int compare_pairs(const void *a, const void *b)
{
    const struct cli_statistics_pair *x = a, *y = b;
    return (x->score > y->score) - (x->score < y->score);
}

/* The threshold with the most right answers on all folds but one, in the middle between two
 * scores; of several equally good ones the middle one. `sorted` ascends by score. */
static double best_threshold(const struct cli_statistics_pair *sorted, size_t n, int left_out)
{
    long right = 0, best;
    double previous = NAN;
    g_autoptr(GArray) candidates = g_array_new(FALSE, FALSE, sizeof(double));

    for (size_t i = 0; i < n; i++)
        right += sorted[i].fold != left_out && sorted[i].same;
    best = right - 1;
    for (size_t i = 0; i <= n; i++) {
        if (i < n && sorted[i].fold == left_out)
            continue;
        double score = i < n ? sorted[i].score : (isnan(previous) ? 0 : previous + 1);
        if (isnan(previous) || score > previous) {
            double middle = isnan(previous) ? score : (previous + score) / 2;
            if (right > best)
                g_array_set_size(candidates, 0);
            if (right >= best)
                g_array_append_val(candidates, middle);
            best = MAX(best, right);
        }
        if (i < n)
            right += sorted[i].same ? -1 : 1;
        previous = score;
    }
    return g_array_index(candidates, double, candidates->len / 2);
}

/* Accuracy of a threshold on one fold; NaN when the fold is empty. */
static double fold_accuracy(const struct cli_statistics_pair *pairs, size_t n, int fold,
                            double threshold)
{
    size_t right = 0, total = 0;

    for (size_t i = 0; i < n; i++) {
        if (pairs[i].fold != fold)
            continue;
        total++;
        right += (pairs[i].score >= threshold) == pairs[i].same;
    }
    return total ? (double)right / (double)total : NAN;
}

bool cli_statistics_cross_validate(const struct cli_statistics_pair *pairs, size_t n, int folds,
                                   struct cli_statistics_accuracy *accuracy)
{
    g_autofree struct cli_statistics_pair *sorted = g_memdup2(pairs, n * sizeof *pairs);
    g_autofree double *accuracies = g_new0(double, folds);
    double sum = 0, thresholds = 0, squares = 0;
    int used = 0;

    *accuracy = (struct cli_statistics_accuracy){NAN, NAN, NAN};
    if (n == 0)
        return false;
    qsort(sorted, n, sizeof *sorted, compare_pairs);
    for (int fold = 0; fold < folds; fold++) {
        double threshold = best_threshold(sorted, n, fold);
        double share = fold_accuracy(sorted, n, fold, threshold);
        if (isnan(share))
            continue;
        accuracies[used++] = share;
        sum += share;
        thresholds += threshold;
    }
    if (used < 2)
        return false;
    accuracy->mean = sum / used;
    accuracy->threshold = thresholds / used;
    for (int i = 0; i < used; i++)
        squares += (accuracies[i] - accuracy->mean) * (accuracies[i] - accuracy->mean);
    accuracy->standard_error = sqrt(squares / (used - 1) / used);
    return true;
}
