/*
 * The figures that the benchmarks report, from lists of scores and times.
 *
 * A score is a similarity: the higher, the more alike; "accepted at t" means score >= t. Where no
 * comparison was possible the caller gives CLI_STATISTICS_NO_SCORE, which no threshold accepts.
 * Rates are shares, 0 to 1. Nothing is interpolated: every rate is one that a real threshold gives
 * on the data. Definitions follow ISO/IEC 19795-1 and, for folds, the protocol of Labeled Faces in
 * the Wild (Huang et al. 2007).
 */
#ifndef CLI_STATISTICS_H
#define CLI_STATISTICS_H

#include <stdbool.h>
#include <stddef.h>

#define CLI_STATISTICS_NO_SCORE (-10.0)
#define CLI_STATISTICS_FOLDS 10

struct cli_statistics_times {
    size_t runs;
    double median, p90, mean; /* NaN without runs */
};

/* Sorts `values`. The median of an even number of values is the mean of the two in the middle; p90
 * is the smallest value that at least nine tenths do not exceed. */
struct cli_statistics_times cli_statistics_times_of(double *values, size_t n);

/*
 * The lowest threshold at which at most the share `rate` of `impostors` is accepted: just above the
 * largest score that must not be. CLI_STATISTICS_NO_SCORE made finite when all may be accepted.
 * Sorts `impostors` in descending order.
 */
double cli_statistics_threshold(double *impostors, size_t n, double rate);

/* Share of the scores accepted at a threshold; NaN when there are none. */
double cli_statistics_accepted(const double *scores, size_t n, double threshold);

/* Probability that a genuine score exceeds an impostor's, ties counting half: the area under the
 * ROC curve (Mann and Whitney 1947). NaN when a list is empty. Sorts both lists. */
double cli_statistics_auc(double *genuine, size_t genuine_n, double *impostors, size_t impostors_n);

/* Half the sum of false accepts and false rejects at the threshold where they differ least. NaN
 * when a list is empty. Sorts both lists. */
double cli_statistics_eer(double *genuine, size_t genuine_n, double *impostors, size_t impostors_n);

struct cli_statistics_pair {
    double score;
    bool same;
    int fold; /* 0 … folds − 1 */
};

struct cli_statistics_accuracy {
    double mean;           /* of the folds' accuracies */
    double standard_error; /* standard deviation of the folds over the root of their number */
    double threshold;      /* mean of the folds' thresholds */
};

/* Gives every pair a fold, the same ones each time: pairs of a class go round the folds in the
 * order given. */
void cli_statistics_deal_folds(struct cli_statistics_pair *pairs, size_t n, int folds);

/* For each fold, the threshold that is best on all other folds is tried on it. Folds without pairs
 * are passed over. False when fewer than two folds have pairs. */
bool cli_statistics_cross_validate(const struct cli_statistics_pair *pairs, size_t n, int folds,
                                   struct cli_statistics_accuracy *accuracy);

#endif
