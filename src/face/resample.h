/*
 * Cutting a piece out of a picture at another size. Samples outside the picture repeat its edge,
 * or are black where said so. Results are float RGB, interleaved, 0 to 255.
 */
#ifndef FACE_RESAMPLE_H
#define FACE_RESAMPLE_H

#include "face/image.h"
#include "face/types.h"

/* An axis-aligned piece in pixels of the picture; it may reach beyond the edges. */
struct face_crop {
    float x, y, width, height;
};

/* Area filter when shrinking (every source pixel counts by the share of it that is covered),
 * linear interpolation when enlarging. `target` holds to_width × to_height × 3 floats. */
void face_resample_area(const struct face_image *image, const struct face_crop *crop, float *target,
                        int to_width, int to_height);

/* What becomes of a value on its way into a network: value × factor + offset. */
struct face_scale {
    float factor, offset;
};

/* face_resample_area, and each result through the scale. */
void face_resample_area_scaled(const struct face_image *image, const struct face_crop *crop,
                               const struct face_scale *scale, float *target, int to_width,
                               int to_height);

/* Linear interpolation between the four nearest pixels whatever the scale: what networks that
 * were trained on such crops expect. */
void face_resample_linear(const struct face_image *image, const struct face_crop *crop,
                          float *target, int to_width, int to_height);

/* A similarity: (x, y) ↦ (a x − b y + tx, b x + a y + ty). */
struct face_similarity {
    float a, b, tx, ty;
};

struct face_similarity face_similarity_invert(const struct face_similarity *similarity);

static inline struct face_point face_similarity_apply(const struct face_similarity *similarity,
                                                      struct face_point point)
{
    return (struct face_point){
        similarity->a * point.x - similarity->b * point.y + similarity->tx,
        similarity->b * point.x + similarity->a * point.y + similarity->ty,
    };
}

/* `to_picture` maps a target pixel's centre into the picture. When it shrinks, several samples a
 * target pixel are averaged. Outside the picture is black. */
void face_resample_warp(const struct face_image *image, const struct face_similarity *to_picture,
                        float *target, int to_width, int to_height);

/* Interleaved RGB → planes of (value − mean[c]) × factor[c] in the order R, G, B, or B, G, R. */
void face_resample_planes(const float *rgb, size_t pixels, const float mean[3],
                          const float factor[3], bool bgr, float *planes);

/* Interleaved RGB → luma (ITU-R BT.601), 0 to 255. */
void face_resample_luma(const float *rgb, size_t pixels, float *luma);

#endif
