/*
 * Is one photo a copy of another? Two frames of a living person differ in more than where the face
 * is, how large it is and how bright: this is what is left once these are evened out. The one print
 * is laid over the other by the similarity with the least squared difference (Lucas and Kanade
 * 1981, in Gauss–Newton steps), both at mean 0 and variance 1.
 */
#include "recognise/internal.h"

#include <math.h>
#include <string.h>

#define SIDE RECOGNISE_PRINT_SIDE
/* The part that is compared: the face without hair and background, with room around it to move. */
#define LEFT 10
#define RIGHT 46
#define TOP 17
#define BOTTOM 53
#define PIXELS ((RIGHT - LEFT) * (BOTTOM - TOP))

#define STEPS 6
#define PARAMETERS 4 /* scale, rotation, across, down */
#define TURN_MAX 0.15F
#define SHIFT_MAX 4.0F

/* Measured on re-encoded, resized, cropped, mirrored, brightened and turned copies of photographs,
 * and on frames of videos; see the model card. */
#define LIKENESS_MIN 0.9985F
#define SCORE_MIN 0.94F
/* Where there is nothing but the template. */
#define SCORE_ALONE_MIN 0.992F

struct placement {
    float scale, rotation, across, down; /* 0: as it is */
};

void recognise_print_make(const float *aligned, float print[RECOGNISE_PRINT_N])
{
    g_autofree float *luma = g_new(float, (gsize)FACE_ALIGN_SIDE *FACE_ALIGN_SIDE);
    float halved[RECOGNISE_PRINT_N];
    face_resample_luma(aligned, (size_t)FACE_ALIGN_SIDE * FACE_ALIGN_SIDE, luma);
    for (int y = 0; y < SIDE; y++) {
        for (int x = 0; x < SIDE; x++) {
            const float *at = luma + (ptrdiff_t)2 * y * FACE_ALIGN_SIDE + 2 * x;
            halved[y * SIDE + x] =
                (at[0] + at[1] + at[FACE_ALIGN_SIDE] + at[FACE_ALIGN_SIDE + 1]) / 4;
        }
    }
    /* What compression and sensors add is finer than this. */
    for (int i = 0; i < RECOGNISE_PRINT_N; i++) {
        float sum = 0;
        for (int k = 0; k < 9; k++) {
            int y = CLAMP(i / SIDE + k / 3 - 1, 0, SIDE - 1);
            int x = CLAMP(i % SIDE + k % 3 - 1, 0, SIDE - 1);
            sum += halved[y * SIDE + x];
        }
        print[i] = sum / 9;
    }
}

static float sample(const float *print, float x, float y)
{
    x = CLAMP(x, 0, SIDE - 1.001F);
    y = CLAMP(y, 0, SIDE - 1.001F);
    int left = (int)x;
    int top = (int)y;
    const float *at = print + (ptrdiff_t)top * SIDE + left;
    float right = x - (float)left;
    float down = y - (float)top;
    return (at[0] * (1 - right) + at[1] * right) * (1 - down) +
           (at[SIDE] * (1 - right) + at[SIDE + 1] * right) * down;
}

/* To mean 0 and variance 1; returns what it was divided by. */
static float normalise(float *values, int n)
{
    float mean = 0;
    float square = 0;
    for (int i = 0; i < n; i++) {
        mean += values[i] / (float)n;
    }
    for (int i = 0; i < n; i++) {
        values[i] -= mean;
        square += values[i] * values[i] / (float)n;
    }
    float deviation = sqrtf(square) + 1e-6F;
    for (int i = 0; i < n; i++) {
        values[i] /= deviation;
    }
    return deviation;
}

/* The print at a placement, and how each value changes with each parameter. */
static void place(const float *print, const struct placement *at, float values[PIXELS],
                  float slopes[PARAMETERS][PIXELS])
{
    for (int i = 0; i < PIXELS; i++) {
        float u = (float)(i % (RIGHT - LEFT)) - (RIGHT - LEFT) / 2.0F;
        float v = (float)(i / (RIGHT - LEFT)) - (BOTTOM - TOP) / 2.0F;
        float x = (LEFT + RIGHT) / 2.0F + (1 + at->scale) * u - at->rotation * v + at->across;
        float y = (TOP + BOTTOM) / 2.0F + at->rotation * u + (1 + at->scale) * v + at->down;
        values[i] = sample(print, x, y);
        float dx = sample(print, x + 0.5F, y) - sample(print, x - 0.5F, y);
        float dy = sample(print, x, y + 0.5F) - sample(print, x, y - 0.5F);
        slopes[0][i] = dx * u + dy * v;
        slopes[1][i] = dy * u - dx * v;
        slopes[2][i] = dx;
        slopes[3][i] = dy;
    }
    float deviation = normalise(values, PIXELS);
    for (int p = 0; p < PARAMETERS; p++) {
        float mean = 0;
        for (int i = 0; i < PIXELS; i++) {
            slopes[p][i] /= deviation;
            mean += slopes[p][i] / PIXELS;
        }
        for (int i = 0; i < PIXELS; i++) {
            slopes[p][i] -= mean;
        }
    }
}

/* Solves the normal equations by elimination with pivots; false when there is no one answer. */
static bool solve(double matrix[PARAMETERS][PARAMETERS + 1], double answer[PARAMETERS])
{
    for (int column = 0; column < PARAMETERS; column++) {
        int pivot = column;
        for (int row = column + 1; row < PARAMETERS; row++) {
            pivot = fabs(matrix[row][column]) > fabs(matrix[pivot][column]) ? row : pivot;
        }
        if (!(fabs(matrix[pivot][column]) > 1e-9)) {
            return false;
        }
        for (int k = 0; k <= PARAMETERS; k++) {
            double keep = matrix[column][k];
            matrix[column][k] = matrix[pivot][k];
            matrix[pivot][k] = keep;
        }
        for (int row = 0; row < PARAMETERS; row++) {
            double factor = row == column ? 0 : matrix[row][column] / matrix[column][column];
            for (int k = column; k <= PARAMETERS; k++) {
                matrix[row][k] -= factor * matrix[column][k];
            }
        }
    }
    for (int p = 0; p < PARAMETERS; p++) {
        answer[p] = matrix[p][PARAMETERS] / matrix[p][p];
    }
    return true;
}

/* One Gauss–Newton step from what place() found; false when it leads nowhere. */
static bool step(const float *fixed, const float *values, float slopes[PARAMETERS][PIXELS],
                 struct placement *at)
{
    double matrix[PARAMETERS][PARAMETERS + 1] = {0};
    double move[PARAMETERS];
    for (int p = 0; p < PARAMETERS; p++) {
        for (int i = 0; i < PIXELS; i++) {
            matrix[p][PARAMETERS] += (double)slopes[p][i] * (fixed[i] - values[i]);
        }
        for (int q = 0; q < PARAMETERS; q++) {
            for (int i = 0; i < PIXELS; i++) {
                matrix[p][q] += (double)slopes[p][i] * slopes[q][i];
            }
        }
    }
    if (!solve(matrix, move)) {
        return false;
    }
    at->scale += (float)move[0];
    at->rotation += (float)move[1];
    at->across += (float)move[2];
    at->down += (float)move[3];
    return fabsf(at->scale) <= TURN_MAX && fabsf(at->rotation) <= TURN_MAX &&
           fabsf(at->across) <= SHIFT_MAX && fabsf(at->down) <= SHIFT_MAX;
}

/* The greatest correlation that was met on the way, -1 to 1. */
static float likeness(const float *a, const float *b)
{
    static const struct placement as_it_is;
    struct placement at = as_it_is;
    g_autofree float *memory = g_new(float, (gsize)PIXELS *(2 + 2 * PARAMETERS));
    float *fixed = memory;
    float *values = memory + PIXELS;
    float(*slopes)[PIXELS] = (float(*)[PIXELS])(void *)(memory + (gsize)PIXELS * 2);
    float(*unused)[PIXELS] = slopes + PARAMETERS;
    float best = -1;
    place(a, &as_it_is, fixed, unused);
    for (int i = 0; i < STEPS; i++) {
        float correlation = 0;
        place(b, &at, values, slopes);
        for (int k = 0; k < PIXELS; k++) {
            correlation += fixed[k] * values[k] / PIXELS;
        }
        best = fmaxf(best, correlation);
        if (!step(fixed, values, slopes, &at)) {
            break;
        }
    }
    return best;
}

float recognise_print_likeness(const float *a, const float *b)
{
    float mirrored[RECOGNISE_PRINT_N];
    for (int i = 0; i < RECOGNISE_PRINT_N; i++) {
        mirrored[i] = b[i / SIDE * SIDE + (SIDE - 1 - i % SIDE)];
    }
    return fmaxf(likeness(a, b), likeness(a, mirrored));
}

/* By the first network alone, which every template has: the scale does not depend on the second. */
static float first_score(const float *a, const float *b)
{
    float score = 0;
    for (int i = 0; i < FACE_EMBEDDING_N; i++) {
        score += a[i] * b[i];
    }
    return score;
}

bool recognise_photos_copied(const float *values_a, const float *print_a, const float *values_b,
                             const float *print_b)
{
    float score = first_score(values_a, values_b);
    if (print_a == NULL || print_b == NULL) {
        return score >= SCORE_ALONE_MIN;
    }
    return score >= SCORE_MIN && recognise_print_likeness(print_a, print_b) >= LIKENESS_MIN;
}
