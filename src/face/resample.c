#include "face/resample.h"

#include "face/halve.h"

#include <math.h>
#include <string.h>

/* More samples a pixel than this do not change what a network sees. */
#define SUPERSAMPLE_MAX 4
/* Sums of so many bytes fit 16 bits many times over. */
#define WHOLE_STEP_MAX 16

/* Which source positions make one target position, and how much each counts. */
struct axis {
    int taps;      /* a target position */
    int *first;    /* first source position */
    float *weight; /* taps a target position; weights sum to 1 */
};

static void axis_finish(struct axis *axis)
{
    g_free(axis->first);
    g_free(axis->weight);
}

static void axis_span(struct axis *axis, int i, float from, float to)
{
    float *weight = axis->weight + (size_t)i * (size_t)axis->taps;
    int first = (int)floorf(from);
    axis->first[i] = first;
    for (int tap = 0; tap < axis->taps; tap++) {
        float left = fmaxf(from, (float)(first + tap));
        float right = fminf(to, (float)(first + tap + 1));
        weight[tap] = fmaxf(right - left, 0) / (to - from);
    }
}

/* Target position i covers [start + i·step, start + (i+1)·step) of the source. */
static void axis_init(struct axis *axis, float start, float step, int n, bool area)
{
    bool shrink = area && step > 1;
    axis->taps = shrink ? (int)ceilf(step) + 1 : 2;
    axis->first = g_new(int, n);
    axis->weight = g_new(float, (size_t)n *(size_t)axis->taps);
    for (int i = 0; i < n; i++) {
        float from = start + (float)i * step;
        if (shrink) {
            axis_span(axis, i, from, from + step);
            continue;
        }
        float centre = from + step / 2 - 0.5F;
        float first = floorf(centre);
        axis->first[i] = (int)first;
        axis->weight[i * 2] = 1 - (centre - first);
        axis->weight[i * 2 + 1] = centre - first;
    }
}

static void add_row(float *restrict sum, const uint8_t *restrict row, float weight, int n)
{
    for (int i = 0; i < n; i++) {
        sum[i] += weight * (float)row[i];
    }
}

/* The vertical sum covers only the columns [left, left + columns) that the crop touches. */
static void sum_rows(const struct face_image *image, const struct axis *axis, int y, int left,
                     int columns, float *sum)
{
    memset(sum, 0, (size_t)columns * 3 * sizeof *sum);
    for (int tap = 0; tap < axis->taps; tap++) {
        float weight = axis->weight[y * axis->taps + tap];
        if (weight == 0) {
            continue;
        }
        int row = CLAMP(axis->first[y] + tap, 0, image->height - 1);
        add_row(sum, image->rgb + ((size_t)row * (size_t)image->width + (size_t)left) * 3, weight,
                columns * 3);
    }
}

static void sum_columns(const float *row, const struct axis *axis, int left, int columns,
                        float *target, int n)
{
    for (int x = 0; x < n; x++) {
        float rgb[3] = {0};
        for (int tap = 0; tap < axis->taps; tap++) {
            float weight = axis->weight[x * axis->taps + tap];
            int column = CLAMP(axis->first[x] + tap - left, 0, columns - 1);
            for (int c = 0; c < 3; c++) {
                rgb[c] += weight * row[column * 3 + c];
            }
        }
        memcpy(target + (size_t)x * 3, rgb, sizeof rgb);
    }
}

static void resample(const struct face_image *image, const struct face_crop *crop, float *target,
                     int to_width, int to_height, bool area)
{
    struct axis across;
    struct axis down;
    axis_init(&across, crop->x, crop->width / (float)to_width, to_width, area);
    axis_init(&down, crop->y, crop->height / (float)to_height, to_height, area);
    int left = CLAMP(across.first[0], 0, image->width - 1);
    int right = CLAMP(across.first[to_width - 1] + across.taps, left + 1, image->width);
    int columns = right - left;
    g_autofree float *sum = g_new(float, (size_t)columns * 3);
    for (int y = 0; y < to_height; y++) {
        sum_rows(image, &down, y, left, columns, sum);
        sum_columns(sum, &across, left, columns, target + (size_t)y * (size_t)to_width * 3,
                    to_width);
    }
    axis_finish(&across);
    axis_finish(&down);
}

/* The whole number of pixels, the same across and down, that make one target pixel, when the crop
 * lies on them and inside the picture; otherwise 0. */
static int whole_step(const struct face_image *image, const struct face_crop *crop, int to_width,
                      int to_height)
{
    float ratio = crop->width / (float)to_width;
    int step = ratio >= 2 && ratio <= WHOLE_STEP_MAX ? (int)ratio : 0;
    bool whole = step >= 2 && crop->x >= 0 && crop->y >= 0 && crop->x == truncf(crop->x) &&
                 crop->y == truncf(crop->y) && crop->width == (float)(step * to_width) &&
                 crop->height == (float)(step * to_height) &&
                 crop->x + crop->width <= (float)image->width &&
                 crop->y + crop->height <= (float)image->height;
    return whole ? step : 0;
}

/* Four channels, of which a pixel has three. */
typedef uint16_t whole_pixel __attribute__((vector_size(8)));
typedef float mean_pixel __attribute__((vector_size(16)));

/* The scaled sum of `step` pixels of a row of sums, which is readable for a number more. */
static inline mean_pixel row_mean(const uint16_t *from, int step, const struct face_scale *scale)
{
    whole_pixel sum;
    memcpy(&sum, from, sizeof sum);
    for (int column = 1; column < step; column++) {
        whole_pixel next;
        memcpy(&next, from + (size_t)column * 3, sizeof next);
        sum += next;
    }
    return __builtin_convertvector(sum, mean_pixel) * scale->factor + scale->offset;
}

static void row_means(const uint16_t *from, int step, const struct face_scale *scale, float *target,
                      int n)
{
    size_t each = (size_t)step * 3;
    for (int x = 0; x + 1 < n; x++, from += each, target += 3) {
        /* The fourth number gives way to the next pixel. */
        mean_pixel mean = row_mean(from, step, scale);
        memcpy(target, &mean, sizeof mean);
    }
    mean_pixel mean = row_mean(from, step, scale);
    memcpy(target, &mean, 3 * sizeof *target);
}

/* Means of step × step pixels, in whole numbers until the end. */
static void average(const struct face_image *image, const struct face_crop *crop, int step,
                    const struct face_scale *scale, float *target, int to_width, int to_height)
{
    size_t values = (size_t)to_width * (size_t)step * 3;
    size_t line = (size_t)image->width * 3;
    struct face_scale of_sums = {scale->factor / (float)(step * step), scale->offset};
    g_autofree uint16_t *sum = g_new0(uint16_t, values + 1);
    for (int y = 0; y < to_height; y++, target += (size_t)to_width * 3) {
        const uint8_t *rows =
            image->rgb + ((size_t)crop->y + (size_t)y * (size_t)step) * line + (size_t)crop->x * 3;
        if (step == 2) {
            face_halve_row(rows, rows + line, &of_sums, target, to_width);
            continue;
        }
        for (size_t i = 0; i < values; i++) {
            sum[i] = rows[i];
        }
        for (int row = 1; row < step; row++) {
            for (size_t i = 0; i < values; i++) {
                sum[i] = (uint16_t)(sum[i] + rows[(size_t)row * line + i]);
            }
        }
        row_means(sum, step, &of_sums, target, to_width);
    }
}

void face_resample_area_scaled(const struct face_image *image, const struct face_crop *crop,
                               const struct face_scale *scale, float *target, int to_width,
                               int to_height)
{
    int step = whole_step(image, crop, to_width, to_height);
    if (step > 0) {
        average(image, crop, step, scale, target, to_width, to_height);
        return;
    }
    resample(image, crop, target, to_width, to_height, true);
    for (size_t i = 0; i < (size_t)to_width * (size_t)to_height * 3; i++) {
        target[i] = target[i] * scale->factor + scale->offset;
    }
}

void face_resample_area(const struct face_image *image, const struct face_crop *crop, float *target,
                        int to_width, int to_height)
{
    static const struct face_scale same = {1, 0};
    int step = whole_step(image, crop, to_width, to_height);
    if (step > 0) {
        average(image, crop, step, &same, target, to_width, to_height);
        return;
    }
    resample(image, crop, target, to_width, to_height, true);
}

void face_resample_linear(const struct face_image *image, const struct face_crop *crop,
                          float *target, int to_width, int to_height)
{
    resample(image, crop, target, to_width, to_height, false);
}

struct face_similarity face_similarity_invert(const struct face_similarity *similarity)
{
    float norm = similarity->a * similarity->a + similarity->b * similarity->b;
    float a = similarity->a / norm;
    float b = -similarity->b / norm;
    return (struct face_similarity){
        .a = a,
        .b = b,
        .tx = -(a * similarity->tx - b * similarity->ty),
        .ty = -(b * similarity->tx + a * similarity->ty),
    };
}

static void add_pixel(const struct face_image *image, int x, int y, float weight, float rgb[3])
{
    if (x < 0 || y < 0 || x >= image->width || y >= image->height) {
        return;
    }
    const uint8_t *pixel = image->rgb + ((size_t)y * (size_t)image->width + (size_t)x) * 3;
    for (int c = 0; c < 3; c++) {
        rgb[c] += weight * (float)pixel[c];
    }
}

/* A sample whose four pixels are all in the picture, x and y of the first one's centre: most are,
 * so they are spared the questions. */
static void add_inner_sample(const struct face_image *image, float x, float y, float weight,
                             float rgb[3])
{
    int left = (int)x;
    int top = (int)y;
    float right_share = x - (float)left;
    float bottom_share = y - (float)top;
    const uint8_t *above = image->rgb + ((size_t)top * (size_t)image->width + (size_t)left) * 3;
    const uint8_t *below = above + (size_t)image->width * 3;
    const float weights[4] = {
        weight * (1 - right_share) * (1 - bottom_share),
        weight * right_share * (1 - bottom_share),
        weight * (1 - right_share) * bottom_share,
        weight * right_share * bottom_share,
    };
    for (int c = 0; c < 3; c++) {
        rgb[c] += weights[0] * (float)above[c];
        rgb[c] += weights[1] * (float)above[c + 3];
        rgb[c] += weights[2] * (float)below[c];
        rgb[c] += weights[3] * (float)below[c + 3];
    }
}

static void add_sample(const struct face_image *image, struct face_point at, float weight,
                       float rgb[3])
{
    float x = at.x - 0.5F;
    float y = at.y - 0.5F;
    if (x >= 0 && y >= 0 && x < (float)(image->width - 1) && y < (float)(image->height - 1)) {
        add_inner_sample(image, x, y, weight, rgb);
        return;
    }
    /* Far outside, and the conversion to int stays defined. */
    if (!(x > -2 && y > -2 && x < (float)image->width + 1 && y < (float)image->height + 1)) {
        return;
    }
    int left = (int)floorf(x);
    int top = (int)floorf(y);
    float right_share = x - (float)left;
    float bottom_share = y - (float)top;
    add_pixel(image, left, top, weight * (1 - right_share) * (1 - bottom_share), rgb);
    add_pixel(image, left + 1, top, weight * right_share * (1 - bottom_share), rgb);
    add_pixel(image, left, top + 1, weight * (1 - right_share) * bottom_share, rgb);
    add_pixel(image, left + 1, top + 1, weight * right_share * bottom_share, rgb);
}

static void warp(const struct face_image *image, const struct face_similarity *to_picture,
                 float *target, int to_width, int to_height, int samples)
{
    float step = 1.0F / (float)samples;
    float weight = step * step;
    for (int y = 0; y < to_height; y++) {
        for (int x = 0; x < to_width; x++, target += 3) {
            target[0] = target[1] = target[2] = 0;
            for (int i = 0; i < samples * samples; i++) {
                struct face_point at = {(float)x + step * ((float)(i % samples) + 0.5F),
                                        (float)y + step * ((float)(i / samples) + 0.5F)};
                add_sample(image, face_similarity_apply(to_picture, at), weight, target);
            }
        }
    }
}

/* The upright rectangle of the picture that the warp reads, with a margin of a sample. */
static struct face_crop warp_bounds(const struct face_similarity *to_picture, int width, int height)
{
    float left = INFINITY;
    float top = INFINITY;
    float right = -INFINITY;
    float bottom = -INFINITY;
    for (int corner = 0; corner < 4; corner++) {
        struct face_point at =
            face_similarity_apply(to_picture, (struct face_point){corner & 1 ? (float)width : 0,
                                                                  corner & 2 ? (float)height : 0});
        left = fminf(left, at.x);
        right = fmaxf(right, at.x);
        top = fminf(top, at.y);
        bottom = fmaxf(bottom, at.y);
    }
    return (struct face_crop){left, top, right - left, bottom - top};
}

/* A face of thousands of pixels is first brought near the target's size by the area filter. */
static bool shrink_first(const struct face_image *image, struct face_similarity *to_picture,
                         int to_width, int to_height, struct face_image *small)
{
    float shrink = hypotf(to_picture->a, to_picture->b) / 2;
    struct face_crop bounds = warp_bounds(to_picture, to_width, to_height);
    int width = (int)ceilf(bounds.width / shrink);
    int height = (int)ceilf(bounds.height / shrink);
    if (!(shrink > 1) || width < 1 || height < 1 || width > 1024 || height > 1024) {
        return false;
    }
    bounds.width = (float)width * shrink;
    bounds.height = (float)height * shrink;
    g_autofree float *pixels = g_new(float, (size_t)width *(size_t)height * 3);
    face_resample_area(image, &bounds, pixels, width, height);
    face_image_init(small, width, height);
    for (size_t i = 0; i < (size_t)width * (size_t)height * 3; i++) {
        small->rgb[i] = (uint8_t)(pixels[i] + 0.5F);
    }
    *to_picture = (struct face_similarity){
        .a = to_picture->a / shrink,
        .b = to_picture->b / shrink,
        .tx = (to_picture->tx - bounds.x) / shrink,
        .ty = (to_picture->ty - bounds.y) / shrink,
    };
    return true;
}

void face_resample_warp(const struct face_image *image, const struct face_similarity *to_picture,
                        float *target, int to_width, int to_height)
{
    struct face_similarity map = *to_picture;
    struct face_image small = {0};
    float shrink = hypotf(map.a, map.b);
    const struct face_image *source = image;
    if (shrink > 3 && shrink_first(image, &map, to_width, to_height, &small)) {
        source = &small;
        shrink = hypotf(map.a, map.b);
    }
    int samples = (int)CLAMP(roundf(shrink), 1, SUPERSAMPLE_MAX);
    warp(source, &map, target, to_width, to_height, samples);
    face_image_finish(&small);
}

void face_resample_planes(const float *rgb, size_t pixels, const float mean[3],
                          const float factor[3], bool bgr, float *planes)
{
    for (size_t plane = 0; plane < 3; plane++) {
        size_t channel = bgr ? 2 - plane : plane;
        float offset = -mean[channel] * factor[channel];
        float *restrict out = planes + plane * pixels;
        for (size_t i = 0; i < pixels; i++) {
            out[i] = rgb[i * 3 + channel] * factor[channel] + offset;
        }
    }
}

void face_resample_luma(const float *rgb, size_t pixels, float *luma)
{
    for (size_t i = 0; i < pixels; i++) {
        luma[i] = 0.299F * rgb[i * 3] + 0.587F * rgb[i * 3 + 1] + 0.114F * rgb[i * 3 + 2];
    }
}
