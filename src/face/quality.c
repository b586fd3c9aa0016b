#include "face/quality.h"

#include "face/align.h"
#include "face/resample.h"

#include <math.h>

#define SIDE FACE_ALIGN_SIDE
/* The part of the aligned face that is skin and features for everybody: no hair, no background. */
#define LEFT 28
#define RIGHT 84
#define TOP 40
#define BOTTOM 100

/* One column a strictness: probe, enrolment. */
struct limits {
    float eye_distance_min, inside_min, brightness_min, brightness_max, sharpness_min, yaw_max,
        pitch_max, eyes_open_min;
};

static const struct limits limits[2] = {
    {14, 0.75F, 32, 245, 0.010F, 60, 40, 0},
    {24, 0.9F, 40, 235, 0.025F, 45, 30, 0.1F},
};

/* Share of the box around the landmarks that lies in the picture. */
static float share_inside(const struct face_image *image, const struct face_landmarks *landmarks)
{
    struct face_point low;
    struct face_point high;
    face_landmarks_extent(landmarks, &low, &high);
    float width = fminf(high.x, (float)image->width) - fmaxf(low.x, 0);
    float height = fminf(high.y, (float)image->height) - fmaxf(low.y, 0);
    float area = (high.x - low.x) * (high.y - low.y);
    return width > 0 && height > 0 && area > 0 ? width * height / area : 0;
}

static void measure_light(const float *luma, struct face_quality *quality)
{
    double sum = 0;
    double squares = 0;
    double edges = 0;
    int n = 0;
    for (int y = TOP; y < BOTTOM; y++) {
        for (int x = LEFT; x < RIGHT; x++, n++) {
            const float *at = luma + y * SIDE + x;
            double laplacian = 4 * at[0] - at[-1] - at[1] - at[-SIDE] - at[SIDE];
            sum += at[0];
            squares += (double)at[0] * at[0];
            edges += laplacian * laplacian;
        }
    }
    double mean = sum / n;
    double variance = fmax(squares / n - mean * mean, 0);
    quality->brightness = (float)mean;
    quality->contrast = (float)sqrt(variance);
    quality->sharpness = (float)(edges / n / (variance + 1));
}

/* A head is roughly a cylinder with the nose before its axis: turned by the yaw, the nose moves
 * along the line of the eyes by the sine of it. The constants fit the pose network's answers. */
static struct face_pose pose_from(const struct face_landmarks *landmarks)
{
    struct face_point at[FACE_ALIGN_POINTS_N];
    face_align_points(landmarks, at);
    float dx = at[1].x - at[0].x;
    float dy = at[1].y - at[0].y;
    float distance = hypotf(dx, dy);
    if (!(distance > 0)) {
        return (struct face_pose){0};
    }
    float across_x = dx / distance;
    float across_y = dy / distance;
    float eye_x = (at[0].x + at[1].x) / 2;
    float eye_y = (at[0].y + at[1].y) / 2;
    float mouth_x = (at[3].x + at[4].x) / 2 - eye_x;
    float mouth_y = (at[3].y + at[4].y) / 2 - eye_y;
    float nose_x = at[2].x - eye_x;
    float nose_y = at[2].y - eye_y;
    float tall = hypotf(mouth_x, mouth_y);
    float aside = nose_x * across_x + nose_y * across_y;
    float below = nose_y * across_x - nose_x * across_y;
    float size = fmaxf(distance, tall * 0.9F);
    return (struct face_pose){
        .yaw = asinf(CLAMP(aside / size * 1.45F, -1, 1)) * (float)(180 / G_PI),
        .pitch = (0.5F - below / fmaxf(tall, 1e-3F)) * 54,
        .roll = atan2f(dy, dx) * (float)(180 / G_PI),
    };
}

void face_quality_measure(const struct face_image *image, const struct face_landmarks *landmarks,
                          const float *aligned, struct face_quality *quality)
{
    *quality = (struct face_quality){.eyes_open = -1};
    struct face_point points[FACE_ALIGN_POINTS_N];
    face_align_points(landmarks, points);
    quality->eye_distance = hypotf(points[1].x - points[0].x, points[1].y - points[0].y);
    quality->inside = share_inside(image, landmarks);
    quality->pose = pose_from(landmarks);
    g_autofree float *luma = g_new(float, (gsize)SIDE *SIDE);
    face_resample_luma(aligned, (size_t)SIDE * SIDE, luma);
    measure_light(luma, quality);
}

static enum face_quality_reason reason(const struct face_quality *quality,
                                       const struct limits *limit)
{
    const struct {
        bool fails;
        enum face_quality_reason reason;
    } checks[] = {
        {quality->eye_distance < limit->eye_distance_min, FACE_QUALITY_TOO_SMALL},
        {quality->inside < limit->inside_min, FACE_QUALITY_CUT_OFF},
        {quality->brightness < limit->brightness_min, FACE_QUALITY_TOO_DARK},
        {quality->brightness > limit->brightness_max, FACE_QUALITY_TOO_BRIGHT},
        {fabsf(quality->pose.yaw) > limit->yaw_max, FACE_QUALITY_TURNED_AWAY},
        {fabsf(quality->pose.pitch) > limit->pitch_max, FACE_QUALITY_TURNED_AWAY},
        {quality->sharpness < limit->sharpness_min, FACE_QUALITY_BLURRED},
        {quality->eyes_open >= 0 && quality->eyes_open < limit->eyes_open_min,
         FACE_QUALITY_EYES_CLOSED},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(checks); i++) {
        if (checks[i].fails) {
            return checks[i].reason;
        }
    }
    return FACE_QUALITY_GOOD;
}

/* The measured components decide over an enrolment photo: the first, in the order of importance,
 * that is too low. */
static enum face_quality_reason reason_of_components(const struct face_quality *quality)
{
    static const enum face_quality_reason reasons[FACE_COMPONENT_N] = {
        [FACE_COMPONENT_SINGLE_FACE] = FACE_QUALITY_GOOD, /* an answer of its own */
        [FACE_COMPONENT_CROP_LEFT] = FACE_QUALITY_CUT_OFF,
        [FACE_COMPONENT_CROP_RIGHT] = FACE_QUALITY_CUT_OFF,
        [FACE_COMPONENT_MARGIN_ABOVE] = FACE_QUALITY_CUT_OFF,
        [FACE_COMPONENT_MARGIN_BELOW] = FACE_QUALITY_CUT_OFF,
        [FACE_COMPONENT_EYE_DISTANCE] = FACE_QUALITY_TOO_SMALL,
        [FACE_COMPONENT_YAW] = FACE_QUALITY_TURNED_AWAY,
        [FACE_COMPONENT_PITCH] = FACE_QUALITY_TURNED_AWAY,
        [FACE_COMPONENT_ROLL] = FACE_QUALITY_TILTED,
        [FACE_COMPONENT_OVER_EXPOSURE] = FACE_QUALITY_TOO_BRIGHT,
        [FACE_COMPONENT_UNDER_EXPOSURE] = FACE_QUALITY_TOO_DARK,
        [FACE_COMPONENT_UNIFORMITY] = FACE_QUALITY_UNEVEN_LIGHT,
        [FACE_COMPONENT_DYNAMIC_RANGE] = FACE_QUALITY_FLAT,
        [FACE_COMPONENT_SHARPNESS] = FACE_QUALITY_BLURRED,
        [FACE_COMPONENT_EYES_OPEN] = FACE_QUALITY_EYES_CLOSED,
        [FACE_COMPONENT_OCCLUSION] = FACE_QUALITY_COVERED,
    };
    for (int i = 0; i < FACE_COMPONENT_N; i++) {
        const struct face_component_figure *figure = &quality->components[i];
        if (figure->measured && figure->score < FACE_QUALITY_REFUSED_BELOW &&
            reasons[i] != FACE_QUALITY_GOOD) {
            return reasons[i];
        }
    }
    return FACE_QUALITY_GOOD;
}

void face_quality_judge(struct face_quality *quality, bool enrolment)
{
    quality->reason = enrolment ? reason_of_components(quality) : FACE_QUALITY_GOOD;
    if (quality->reason == FACE_QUALITY_GOOD) {
        quality->reason = reason(quality, &limits[enrolment]);
    }
    float size = CLAMP(quality->eye_distance / 40, 0, 1);
    float light = CLAMP(1 - fabsf(quality->brightness - 128) / 128, 0, 1);
    float sharp = CLAMP(quality->sharpness / 0.06F, 0, 1);
    float front =
        expf(-(quality->pose.yaw * quality->pose.yaw + quality->pose.pitch * quality->pose.pitch) /
             (2 * 30 * 30));
    quality->overall = quality->inside * sqrtf(size) * sqrtf(light) * sqrtf(sharp) * front;
    if (quality->unified.measured) {
        quality->overall = (float)quality->unified.score / 100;
        if (quality->reason == FACE_QUALITY_GOOD &&
            quality->unified.score < FACE_QUALITY_REFUSED_BELOW) {
            quality->reason = FACE_QUALITY_UNCLEAR;
        }
    }
}

size_t face_quality_advice(const struct face_quality *quality,
                           enum face_component advice[FACE_COMPONENT_N])
{
    size_t n = 0;
    for (int pass = 0; pass < 2; pass++) {
        int from = pass == 0 ? 0 : FACE_QUALITY_REFUSED_BELOW;
        int below = pass == 0 ? FACE_QUALITY_REFUSED_BELOW : FACE_QUALITY_ADVICE_BELOW;
        for (int i = 0; i < FACE_COMPONENT_N; i++) {
            const struct face_component_figure *figure = &quality->components[i];
            if (figure->measured && figure->score >= from && figure->score < below) {
                advice[n++] = (enum face_component)i;
            }
        }
    }
    return n;
}
