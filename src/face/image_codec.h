/* What the three decoders share; private to the folder. */
#ifndef FACE_IMAGE_CODEC_H
#define FACE_IMAGE_CODEC_H

#include "face/image.h"

/* A decoder's result before it is turned upright. */
struct face_image_raw {
    struct face_image image;
    int orientation;   /* EXIF: 1 to 8 */
    int width, height; /* as stored */
    bool header_only;  /* asked for: nothing but the width and height */
};

/* Each decodes the whole of `data`, with every limit filled in; only as far as the size when
 * raw->header_only is set. On failure raw->image is empty. */
bool face_image_decode_jpeg(const uint8_t *data, size_t size,
                            const struct face_image_limits *limits, struct face_image_raw *raw,
                            GError **error);
bool face_image_decode_png(const uint8_t *data, size_t size, const struct face_image_limits *limits,
                           struct face_image_raw *raw, GError **error);
bool face_image_decode_webp(const uint8_t *data, size_t size,
                            const struct face_image_limits *limits, struct face_image_raw *raw,
                            GError **error);

/* False, with BASE_ERROR_TOO_LARGE, when a picture of this size is over the limit. */
bool face_image_check_size(uint64_t width, uint64_t height, const struct face_image_limits *limits,
                           GError **error);

/* Allocates the pixels, uncleared; false with BASE_ERROR_TOO_LARGE when there is no memory. */
bool face_image_allocate(struct face_image *image, int width, int height, GError **error);

/* The orientation in a TIFF structure (what an EXIF segment holds), 1 when there is none or it
 * makes no sense. */
int face_image_exif_orientation(const uint8_t *tiff, size_t size);

/* Blends a channel over white. */
static inline uint8_t face_image_over_white(uint8_t value, uint8_t alpha)
{
    return (uint8_t)((value * alpha + 255 * (255 - alpha) + 127) / 255);
}

#endif
