/* Several frames of one moment become one template. */
#include "recognise/internal.h"

#include <math.h>

/* Frames of one moment that are less alike than this do not show the same face, or one of them
 * shows it too badly to be of use. */
#define SAME_PERSON_MIN 0.25F
/* Frames that contradict the others are left out while they weigh at most so much of them: one in
 * three, or a blurred one beside a sharp one. Two faces that are as good as each other are two
 * people. */
#define CONTRADICTION_MAX 0.5F
#define WEIGHT_MIN 0.05F

static float weight_of(float quality)
{
    return quality > WEIGHT_MIN ? quality : WEIGHT_MIN;
}

/* How much all frames together weigh that are like this one, itself among them. */
static float party_weight(const float *const *templates, const float *qualities, size_t n,
                          size_t of)
{
    float sum = 0;
    for (size_t i = 0; i < n; i++) {
        if (i == of || recognise_similarity(templates[i], templates[of]) >= SAME_PERSON_MIN) {
            sum += weight_of(qualities[i]);
        }
    }
    return sum;
}

static bool add_part(const float *const *templates, const float *qualities, const bool *used,
                     size_t n, size_t from, size_t size, float *fused)
{
    double square_sum = 0;
    for (size_t k = from; k < from + size; k++) {
        float sum = 0;
        for (size_t i = 0; i < n; i++) {
            sum += used[i] ? weight_of(qualities[i]) * templates[i][k] : 0;
        }
        fused[k] = sum;
        square_sum += (double)sum * sum;
    }
    if (!(square_sum > 0) || !isfinite(square_sum)) {
        return false;
    }
    for (size_t k = from; k < from + size; k++) {
        fused[k] = (float)(fused[k] / sqrt(square_sum));
    }
    return true;
}

size_t recognise_frames_fuse(const float *const *templates, const float *qualities, size_t n,
                             float fused[FACE_TEMPLATE_N], bool *used)
{
    size_t leader = 0;
    float most = -1;
    float all = 0;
    for (size_t i = 0; i < n; i++) {
        float weight = party_weight(templates, qualities, n, i);
        bool better = weight > most || (weight == most && qualities[i] > qualities[leader]);
        leader = better ? i : leader;
        most = better ? weight : most;
        all += weight_of(qualities[i]);
    }
    if (n == 0 || all - most > CONTRADICTION_MAX * most) {
        return 0;
    }
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        used[i] =
            i == leader || recognise_similarity(templates[i], templates[leader]) >= SAME_PERSON_MIN;
        count += used[i];
    }
    if (!add_part(templates, qualities, used, n, 0, FACE_EMBEDDING_N, fused)) {
        return 0;
    }
    /* All zeros where no frame has the second part. */
    add_part(templates, qualities, used, n, FACE_EMBEDDING_N, FACE_SECOND_N, fused);
    return count;
}
