#include "recognise/calibration.h"

#include <math.h>

#define FIT_MIN 20
/* A shape this close to 0 is the exponential distribution. */
#define SHAPE_ZERO 1e-6

/* Measured: from 0.3900, share 0.0002, scale 0.0306, shape −0.05; here scale and shape are one
 * standard error higher, so that the target is kept by the next pictures too. */
const struct recognise_tail RECOGNISE_TAIL_DEFAULT = {
    .from = 0.39,
    .share = 2e-4,
    .scale = 0.032,
    .shape = -0.03,
};

double recognise_tail_rate(const struct recognise_tail *tail, double score)
{
    const double excess = (score - tail->from) / tail->scale;

    if (fabs(tail->shape) < SHAPE_ZERO)
        return fmin(tail->share * exp(-excess), 1);
    const double base = 1 + tail->shape * excess;
    if (base <= 0)
        return tail->shape < 0 ? 0 : 1;
    return fmin(tail->share * pow(base, -1 / tail->shape), 1);
}

double recognise_tail_score(const struct recognise_tail *tail, double rate)
{
    if (rate <= 0)
        return tail->shape < 0 ? tail->from - tail->scale / tail->shape : INFINITY;
    const double part = fmin(rate, 1) / tail->share;
    if (fabs(tail->shape) < SHAPE_ZERO)
        return tail->from - tail->scale * log(part);
    return tail->from + tail->scale / tail->shape * (pow(part, -tail->shape) - 1);
}

double recognise_tail_strangers(const struct recognise_tail *tail, size_t people, double score)
{
    return -expm1((double)people * log1p(-recognise_tail_rate(tail, score)));
}

float recognise_tail_threshold(const struct recognise_tail *tail, double target, size_t people)
{
    /* The FMR at which 1 − (1 − FMR)^N is the target. */
    const double rate = people == 0 ? 1 : -expm1(log1p(-target) / (double)people);
    const double score = recognise_tail_score(tail, rate);

    return (float)fmin(fmax(score, RECOGNISE_THRESHOLD_LOWEST), RECOGNISE_THRESHOLD_HIGHEST);
}

bool recognise_tail_fit(const float *highest, size_t n, double total, struct recognise_tail *tail)
{
    double mean = 0, weighted = 0;

    if (n < FIT_MIN)
        return false;
    const double from = highest[n - 1];
    /* The share of the others that a score exceeds grows from the last to the first. */
    for (size_t i = 0; i < n; i++) {
        const double excess = highest[i] - from;
        mean += excess / (double)n;
        weighted += excess * ((double)i + 0.35) / (double)n / (double)n;
    }
    const double difference = mean - 2 * weighted;
    if (!(mean > 0) || !(difference > 0))
        return false;
    *tail = (struct recognise_tail){
        .from = from,
        .share = (double)n / total,
        .scale = 2 * mean * weighted / difference,
        .shape = 2 - mean / difference,
    };
    return tail->scale > 0 && isfinite(tail->scale) && isfinite(tail->shape);
}
