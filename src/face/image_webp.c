/* WebP through libwebp; the EXIF chunk is found by walking the RIFF container. */
#include "base/error.h"
#include "face/image_codec.h"

#include <string.h>

#include <webp/decode.h>

#define RIFF_HEADER 12
#define CHUNK_HEADER 8

static size_t little_endian(const uint8_t *at)
{
    return (size_t)at[0] | (size_t)at[1] << 8 | (size_t)at[2] << 16 | (size_t)at[3] << 24;
}

static int orientation(const uint8_t *data, size_t size)
{
    size_t at = RIFF_HEADER;
    while (at + CHUNK_HEADER <= size) {
        size_t bytes = little_endian(data + at + 4);
        if (bytes > size - at - CHUNK_HEADER) {
            return 1;
        }
        const uint8_t *content = data + at + CHUNK_HEADER;
        if (memcmp(data + at, "EXIF", 4) == 0) {
            /* Some writers keep the prefix of JPEG's segment. */
            bool prefixed = bytes > 6 && memcmp(content, "Exif\0\0", 6) == 0;
            size_t skip = prefixed ? 6 : 0;
            return face_image_exif_orientation(content + skip, bytes - skip);
        }
        at += CHUNK_HEADER + bytes + (bytes & 1);
    }
    return 1;
}

static bool decode_alpha(const uint8_t *data, size_t size, struct face_image *image)
{
    int width = 0;
    int height = 0;
    uint8_t *rgba = WebPDecodeRGBA(data, size, &width, &height);
    if (rgba == NULL || width != image->width || height != image->height) {
        WebPFree(rgba);
        return false;
    }
    size_t pixels = (size_t)width * (size_t)height;
    for (size_t i = 0; i < pixels; i++) {
        for (size_t c = 0; c < 3; c++) {
            image->rgb[i * 3 + c] = face_image_over_white(rgba[i * 4 + c], rgba[i * 4 + 3]);
        }
    }
    WebPFree(rgba);
    return true;
}

static bool decode_opaque(const uint8_t *data, size_t size, struct face_image *image)
{
    size_t row = (size_t)image->width * 3;
    return WebPDecodeRGBInto(data, size, image->rgb, row * (size_t)image->height, (int)row) != NULL;
}

bool face_image_decode_webp(const uint8_t *data, size_t size,
                            const struct face_image_limits *limits, struct face_image_raw *raw,
                            GError **error)
{
    WebPBitstreamFeatures features;
    if (WebPGetFeatures(data, size, &features) != VP8_STATUS_OK) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID, "The WebP picture is damaged.");
        return false;
    }
    if (features.has_animation) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_UNSUPPORTED,
                    "Animated WebP pictures are not supported.");
        return false;
    }
    if (!face_image_check_size((uint64_t)features.width, (uint64_t)features.height, limits,
                               error)) {
        return false;
    }
    raw->width = features.width;
    raw->height = features.height;
    if (raw->header_only) {
        return true;
    }
    if (!face_image_allocate(&raw->image, features.width, features.height, error)) {
        return false;
    }
    bool decoded = features.has_alpha ? decode_alpha(data, size, &raw->image)
                                      : decode_opaque(data, size, &raw->image);
    if (!decoded) {
        face_image_finish(&raw->image);
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID,
                    "The WebP picture is damaged or truncated.");
        return false;
    }
    raw->orientation = orientation(data, size);
    return true;
}
