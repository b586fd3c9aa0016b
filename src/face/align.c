#include "face/align.h"

#include <math.h>

/* Where the five points lie in the training pictures. */
static const struct face_point reference[FACE_ALIGN_POINTS_N] = {
    {38.2946F, 51.6963F}, {73.5318F, 51.5014F}, {56.0252F, 71.7366F},
    {41.5493F, 92.3655F}, {70.7299F, 92.2041F},
};

/* Those count from the first pixel's centre, the program's coordinates from its corner. */
#define HALF_PIXEL 0.5F

static struct face_point mean(const struct face_landmarks *landmarks, const int *indices, int n)
{
    struct face_point sum = {0};
    for (int i = 0; i < n; i++) {
        sum.x += landmarks->points[indices[i]].x / (float)n;
        sum.y += landmarks->points[indices[i]].y / (float)n;
    }
    return sum;
}

void face_landmarks_extent(const struct face_landmarks *landmarks, struct face_point *low,
                           struct face_point *high)
{
    *low = (struct face_point){INFINITY, INFINITY};
    *high = (struct face_point){-INFINITY, -INFINITY};
    for (int i = 0; i < FACE_LANDMARKS_N; i++) {
        const struct face_point *at = &landmarks->points[i];
        *low = (struct face_point){fminf(low->x, at->x), fminf(low->y, at->y)};
        *high = (struct face_point){fmaxf(high->x, at->x), fmaxf(high->y, at->y)};
    }
}

void face_align_points(const struct face_landmarks *landmarks,
                       struct face_point points[FACE_ALIGN_POINTS_N])
{
    /* The lids rather than the corners of the eyes, and both corners of the lips. */
    points[0] = mean(landmarks, (const int[]){37, 38, 40, 41}, 4);
    points[1] = mean(landmarks, (const int[]){43, 44, 46, 47}, 4);
    points[2] = landmarks->points[30];
    points[3] = mean(landmarks, (const int[]){48, 60}, 2);
    points[4] = mean(landmarks, (const int[]){54, 64}, 2);
}

static struct face_point centre(const struct face_point *points)
{
    struct face_point sum = {0};
    for (int i = 0; i < FACE_ALIGN_POINTS_N; i++) {
        sum.x += points[i].x / FACE_ALIGN_POINTS_N;
        sum.y += points[i].y / FACE_ALIGN_POINTS_N;
    }
    return sum;
}

static float misfit(const struct face_similarity *similarity, const struct face_point *points)
{
    float sum = 0;
    for (int i = 0; i < FACE_ALIGN_POINTS_N; i++) {
        struct face_point at = face_similarity_apply(similarity, points[i]);
        float dx = at.x - reference[i].x - HALF_PIXEL;
        float dy = at.y - reference[i].y - HALF_PIXEL;
        sum += dx * dx + dy * dy;
    }
    return sqrtf(sum / FACE_ALIGN_POINTS_N);
}

bool face_align_estimate(const struct face_landmarks *landmarks, struct face_similarity *similarity,
                         float *residual)
{
    struct face_point points[FACE_ALIGN_POINTS_N];
    face_align_points(landmarks, points);
    struct face_point from = centre(points);
    struct face_point to = centre(reference);
    float along = 0;
    float across = 0;
    float spread = 0;
    for (int i = 0; i < FACE_ALIGN_POINTS_N; i++) {
        float x = points[i].x - from.x;
        float y = points[i].y - from.y;
        float u = reference[i].x - to.x;
        float v = reference[i].y - to.y;
        along += x * u + y * v;
        across += x * v - y * u;
        spread += x * x + y * y;
    }
    if (!(spread > 1e-6F) || !isfinite(spread) || along * along + across * across <= 0) {
        return false;
    }
    float a = along / spread;
    float b = across / spread;
    *similarity = (struct face_similarity){
        .a = a,
        .b = b,
        .tx = to.x + HALF_PIXEL - (a * from.x - b * from.y),
        .ty = to.y + HALF_PIXEL - (b * from.x + a * from.y),
    };
    if (residual != NULL) {
        *residual = misfit(similarity, points);
    }
    return true;
}

void face_align_cut(const struct face_image *image, const struct face_similarity *similarity,
                    float *aligned)
{
    struct face_similarity to_picture = face_similarity_invert(similarity);
    face_resample_warp(image, &to_picture, aligned, FACE_ALIGN_SIDE, FACE_ALIGN_SIDE);
}
