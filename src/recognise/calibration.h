/*
 * From a stated share of strangers that may be named to the threshold that keeps it.
 *
 * A score of two different people (an impostor's) exceeds a high value rarely, and how rarely falls
 * off in a way that extreme value theory knows: above `from` the excess follows a generalised
 * Pareto distribution (Pickands 1975; Coles 2001, section 4.2). The constants were fitted to
 * millions of scores of different people by `presente bench calibrate`, which anybody may repeat on
 * their own pictures; docs/thresholds.md says how.
 *
 * A stranger is compared with everybody searched, so that with N people
 * FPIR(N, t) = 1 − (1 − FMR(t))^N (Grother and Phillips 2004; ISO/IEC 19795-1): the threshold grows
 * with the number of people. Pure functions.
 */
#ifndef RECOGNISE_CALIBRATION_H
#define RECOGNISE_CALIBRATION_H

#include <stdbool.h>
#include <stddef.h>

/* The upper tail of the scores of different people. */
struct recognise_tail {
    double from;  /* scores above it are the tail */
    double share; /* of all scores that are above it, 0 to 1 */
    double scale; /* of the generalised Pareto distribution of what they exceed it by, > 0 */
    double shape; /* of the same; below 0 the tail ends at from − scale / shape */
};

/* The tail that the program's thresholds come from. */
extern const struct recognise_tail RECOGNISE_TAIL_DEFAULT;

/* Thresholds stay within these, however few or many people there are. */
#define RECOGNISE_THRESHOLD_LOWEST 0.36F
#define RECOGNISE_THRESHOLD_HIGHEST 0.75F

/* FMR: share of the scores of different people that are at least `score`, 0 to 1. Below the tail it
 * goes on in the same way and is then too high rather than too low, because the logarithm of the
 * true share bends downwards. */
double recognise_tail_rate(const struct recognise_tail *tail, double score);

/* The score that this share of different people reaches; the inverse of recognise_tail_rate(). */
double recognise_tail_score(const struct recognise_tail *tail, double rate);

/* FPIR: share of strangers who reach `score` with at least one of `people`. */
double recognise_tail_strangers(const struct recognise_tail *tail, size_t people, double score);

/* The lowest threshold that names at most `target` (0 < target < 1) of the strangers when `people`
 * are searched, within RECOGNISE_THRESHOLD_LOWEST and _HIGHEST. */
float recognise_tail_threshold(const struct recognise_tail *tail, double target, size_t people);

/*
 * Fits the tail to scores of different people: `highest` are the n highest of `total`, in falling
 * order, and the least of them is `from`. By the method of probability-weighted moments (Hosking
 * and Wallis 1987), which is steady with few points. False with fewer than 20 scores or ones that
 * are all the same.
 */
bool recognise_tail_fit(const float *highest, size_t n, double total, struct recognise_tail *tail);

#endif
