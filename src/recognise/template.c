/* Templates: how alike two are, and one template of several. */
#include "recognise/internal.h"

#include <math.h>
#include <string.h>

#define UNIT_TOLERANCE 1e-3
/* What the first network says counts this much of a score, the second the rest... */
#define FIRST_WEIGHT 0.5
/* ...and the distance to 1 is stretched so that strangers score as high as by the first network
 * alone: one threshold serves both, and templates that have no second part. docs/model-card.md. */
#define STRETCH 1.09

static double dot(const float *a, const float *b, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++) {
        sum += (double)a[i] * b[i];
    }
    return sum;
}

bool recognise_template_is_whole(const float *values)
{
    return dot(values + FACE_EMBEDDING_N, values + FACE_EMBEDDING_N, FACE_SECOND_N) > 0;
}

float recognise_similarity(const float *a, const float *b)
{
    double first = dot(a, b, FACE_EMBEDDING_N);
    if (!recognise_template_is_whole(a) || !recognise_template_is_whole(b)) {
        return (float)first;
    }
    double second = dot(a + FACE_EMBEDDING_N, b + FACE_EMBEDDING_N, FACE_SECOND_N);
    double both = FIRST_WEIGHT * first + (1 - FIRST_WEIGHT) * second;
    return (float)fmax(1 - STRETCH * (1 - both), -1);
}

/* Brings a part to length 1. False when it is next to nothing or not finite. */
static bool normalise(float *values, int n)
{
    double length = sqrt(dot(values, values, n));
    if (!(length > UNIT_TOLERANCE) || !isfinite(length)) {
        return false;
    }
    for (int i = 0; i < n; i++) {
        values[i] = (float)(values[i] / length);
    }
    return true;
}

static bool is_unit(const float *values, int n)
{
    return fabs(sqrt(dot(values, values, n)) - 1) < UNIT_TOLERANCE;
}

bool recognise_fuse(const float *templates, size_t n, float fused[FACE_TEMPLATE_N])
{
    size_t whole = 0;
    memset(fused, 0, sizeof(float) * FACE_TEMPLATE_N);
    for (size_t photo = 0; photo < n; photo++) {
        const float *values = templates + photo * FACE_TEMPLATE_N;
        const float *second = values + FACE_EMBEDDING_N;
        bool known = dot(second, second, FACE_SECOND_N) != 0; /* also when it is not a number */
        if (!is_unit(values, FACE_EMBEDDING_N) || (known && !is_unit(second, FACE_SECOND_N))) {
            return false;
        }
        whole += known;
        for (int i = 0; i < FACE_TEMPLATE_N; i++) {
            fused[i] += values[i];
        }
    }
    /* The sum of those photos whose second part is known speaks for all. */
    return normalise(fused, FACE_EMBEDDING_N) &&
           (whole == 0 || normalise(fused + FACE_EMBEDDING_N, FACE_SECOND_N));
}
