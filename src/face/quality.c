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

static const char *const names[FACE_QUALITY_N] = {
    [FACE_QUALITY_GOOD] = "good",
    [FACE_QUALITY_TOO_SMALL] = "too_small",
    [FACE_QUALITY_CUT_OFF] = "cut_off",
    [FACE_QUALITY_TOO_DARK] = "too_dark",
    [FACE_QUALITY_TOO_BRIGHT] = "too_bright",
    [FACE_QUALITY_BLURRED] = "blurred",
    [FACE_QUALITY_TURNED_AWAY] = "turned_away",
    [FACE_QUALITY_EYES_CLOSED] = "eyes_closed",
};

/* One column a strictness: probe, enrolment. */
struct limits {
    float eye_distance_min, inside_min, brightness_min, brightness_max, sharpness_min, yaw_max,
        pitch_max, eyes_open_min;
};

static const struct limits limits[2] = {
    {14, 0.75F, 32, 245, 0.010F, 60, 40, 0},
    {24, 0.9F, 40, 235, 0.025F, 45, 30, 0.1F},
};

const char *face_quality_name(enum face_quality_reason reason)
{
    return reason < FACE_QUALITY_N ? names[reason] : "unknown";
}

/* Share of the box around the landmarks that lies in the picture. */
static float share_inside(const struct face_image *image, const struct face_landmarks *landmarks)
{
    float left = INFINITY;
    float top = INFINITY;
    float right = -INFINITY;
    float bottom = -INFINITY;
    for (int i = 0; i < FACE_LANDMARKS_N; i++) {
        left = fminf(left, landmarks->points[i].x);
        right = fmaxf(right, landmarks->points[i].x);
        top = fminf(top, landmarks->points[i].y);
        bottom = fmaxf(bottom, landmarks->points[i].y);
    }
    float width = fminf(right, (float)image->width) - fmaxf(left, 0);
    float height = fminf(bottom, (float)image->height) - fmaxf(top, 0);
    float area = (right - left) * (bottom - top);
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

void face_quality_judge(struct face_quality *quality, bool enrolment)
{
    quality->reason = reason(quality, &limits[enrolment]);
    float size = CLAMP(quality->eye_distance / 40, 0, 1);
    float light = CLAMP(1 - fabsf(quality->brightness - 128) / 128, 0, 1);
    float sharp = CLAMP(quality->sharpness / 0.06F, 0, 1);
    float front =
        expf(-(quality->pose.yaw * quality->pose.yaw + quality->pose.pitch * quality->pose.pitch) /
             (2 * 30 * 30));
    quality->overall = quality->inside * sqrtf(size) * sqrtf(light) * sqrtf(sharp) * front;
}
