/* The components of ISO/IEC 29794-5 of an enrolment photo. */
#include "face/align.h"
#include "face/quality.h"
#include "face/resample.h"

#include <math.h>

#define SIDE FACE_ALIGN_SIDE
/* The part of the aligned face that is skin and features for everybody: no hair, no background. */
#define LEFT 28
#define RIGHT 84
#define TOP 40
#define BOTTOM 100
#define PIXELS ((RIGHT - LEFT) * (BOTTOM - TOP))

#define LEVELS 256
#define BLACK 25
#define WHITE 247
/* Brightness is compared between the halves in steps of this many levels: a half has too few pixels
 * for one level each. */
#define STEP 8

/* Native figures with the score that they stand for: `refused` is FACE_QUALITY_REFUSED_BELOW, 100
 * is `best`, 0 is `worst`; straight in between. Of angles the size counts. `presente bench quality`
 * shows what the scores are worth. */
static const struct {
    float worst, refused, best;
} anchors[FACE_COMPONENT_N] = {
    [FACE_COMPONENT_CROP_LEFT] = {-0.8F, -0.3F, 0.2F},
    [FACE_COMPONENT_CROP_RIGHT] = {-0.8F, -0.3F, 0.2F},
    [FACE_COMPONENT_MARGIN_ABOVE] = {-0.8F, -0.3F, 0.4F},
    [FACE_COMPONENT_MARGIN_BELOW] = {-0.8F, -0.3F, 0.2F},
    [FACE_COMPONENT_EYE_DISTANCE] = {8, 24, 60},
    [FACE_COMPONENT_YAW] = {75, 45, 10},
    [FACE_COMPONENT_PITCH] = {55, 30, 8},
    [FACE_COMPONENT_ROLL] = {75, 45, 10},
    [FACE_COMPONENT_OVER_EXPOSURE] = {0.6F, 0.3F, 0.02F},
    [FACE_COMPONENT_UNDER_EXPOSURE] = {0.9F, 0.6F, 0.05F},
    [FACE_COMPONENT_UNIFORMITY] = {0, 0.15F, 0.6F},
    [FACE_COMPONENT_DYNAMIC_RANGE] = {3, 5, 6.8F},
    [FACE_COMPONENT_SHARPNESS] = {0, 0.025F, 0.08F},
    [FACE_COMPONENT_EYES_OPEN] = {0, 0.1F, 0.8F},
    [FACE_COMPONENT_OCCLUSION] = {0, 0.15F, 0.5F},
};

/* Of the agreement of face and mirror image, likewise. Few photos are refused by it: what it is for
 * a good photo differs between people, whose faces are not to blame. */
#define AGREEMENT_WORST 0.86F
#define AGREEMENT_REFUSED 0.93F
#define AGREEMENT_BEST 0.985F

static float share(float at, float from, float to)
{
    return CLAMP((at - from) / (to - from), 0, 1);
}

static struct face_component_figure figure(float native, float worst, float refused, float best)
{
    float low = share(native, worst, refused);
    float high = share(native, refused, best);
    float score = FACE_QUALITY_REFUSED_BELOW * low + (100 - FACE_QUALITY_REFUSED_BELOW) * high;
    return (struct face_component_figure){
        .measured = true,
        .native = native,
        .score = (int)floorf(score),
    };
}

static void set(struct face_quality *quality, enum face_component component, float native)
{
    quality->components[component] = figure(native, anchors[component].worst,
                                            anchors[component].refused, anchors[component].best);
}

static void set_angle(struct face_quality *quality, enum face_component component, float degrees)
{
    set(quality, component, fabsf(degrees));
    quality->components[component].native = degrees;
}

/* From the landmarks' extent to the picture's edges. */
static void assess_margins(const struct face_image *image, const struct face_landmarks *landmarks,
                           struct face_quality *quality)
{
    struct face_point low;
    struct face_point high;
    face_landmarks_extent(landmarks, &low, &high);
    float unit = fmaxf(quality->eye_distance, 1);
    set(quality, FACE_COMPONENT_CROP_LEFT, low.x / unit);
    set(quality, FACE_COMPONENT_CROP_RIGHT, ((float)image->width - high.x) / unit);
    set(quality, FACE_COMPONENT_MARGIN_ABOVE, low.y / unit);
    set(quality, FACE_COMPONENT_MARGIN_BELOW, ((float)image->height - high.y) / unit);
}

static void assess_light(const float *luma, struct face_quality *quality)
{
    int levels[LEVELS] = {0};
    int halves[2][LEVELS / STEP] = {0};
    for (int y = TOP; y < BOTTOM; y++) {
        for (int x = LEFT; x < RIGHT; x++) {
            int level = CLAMP((int)lrintf(luma[y * SIDE + x]), 0, LEVELS - 1);
            levels[level]++;
            halves[x >= SIDE / 2][level / STEP]++;
        }
    }
    float black = 0;
    float white = 0;
    float entropy = 0;
    float common = 0;
    for (int level = 0; level < LEVELS; level++) {
        float portion = (float)levels[level] / PIXELS;
        entropy -= portion > 0 ? portion * log2f(portion) : 0;
        black += level <= BLACK ? portion : 0;
        white += level >= WHITE ? portion : 0;
    }
    for (int step = 0; step < LEVELS / STEP; step++) {
        common += (float)MIN(halves[0][step], halves[1][step]) / (PIXELS / 2);
    }
    set(quality, FACE_COMPONENT_UNDER_EXPOSURE, black);
    set(quality, FACE_COMPONENT_OVER_EXPOSURE, white);
    set(quality, FACE_COMPONENT_DYNAMIC_RANGE, entropy);
    set(quality, FACE_COMPONENT_UNIFORMITY, common);
}

/* Standard deviation of a part of the aligned face. */
static float contrast(const float *luma, int left, int right, int top, int bottom)
{
    double sum = 0;
    double squares = 0;
    int n = (right - left) * (bottom - top);
    for (int y = top; y < bottom; y++) {
        for (int x = left; x < right; x++) {
            double at = luma[y * SIDE + x];
            sum += at;
            squares += at * at;
        }
    }
    return (float)sqrt(fmax(squares / n - sum / n * (sum / n), 0));
}

/* Eyes and mouths have more contrast than what covers them: dark glasses, a mask, a hand, hair. */
static void assess_cover(const float *luma, struct face_quality *quality)
{
    float face = contrast(luma, LEFT, RIGHT, TOP, BOTTOM) + 4;
    float left = contrast(luma, 28, 48, 44, 60);
    float right = contrast(luma, 64, 84, 44, 60);
    float mouth = contrast(luma, 40, 72, 82, 102);
    set(quality, FACE_COMPONENT_OCCLUSION, fminf(fminf(left, right), mouth) / face);
}

void face_quality_assess(const struct face_image *image, const struct face_landmarks *landmarks,
                         const float *aligned, struct face_quality *quality)
{
    g_autofree float *luma = g_new(float, (gsize)SIDE *SIDE);
    face_resample_luma(aligned, (size_t)SIDE * SIDE, luma);
    assess_margins(image, landmarks, quality);
    assess_light(luma, quality);
    assess_cover(luma, quality);
    set(quality, FACE_COMPONENT_EYE_DISTANCE, quality->eye_distance);
    set_angle(quality, FACE_COMPONENT_YAW, quality->pose.yaw);
    set_angle(quality, FACE_COMPONENT_PITCH, quality->pose.pitch);
    set_angle(quality, FACE_COMPONENT_ROLL, quality->pose.roll);
    set(quality, FACE_COMPONENT_SHARPNESS, quality->sharpness);
    if (quality->eyes_open >= 0) {
        set(quality, FACE_COMPONENT_EYES_OPEN, quality->eyes_open);
    }
}

void face_quality_recognisable(struct face_quality *quality, float agreement)
{
    quality->unified = figure(agreement, AGREEMENT_WORST, AGREEMENT_REFUSED, AGREEMENT_BEST);
}

void face_quality_complete(struct face_quality *quality, size_t faces)
{
    quality->components[FACE_COMPONENT_SINGLE_FACE] = (struct face_component_figure){
        .measured = true,
        .native = (float)faces,
        .score = faces == 1 ? 100 : 0,
    };
    if (quality->components[FACE_COMPONENT_EYE_DISTANCE].measured) {
        set(quality, FACE_COMPONENT_EYE_DISTANCE, quality->eye_distance);
    }
}
