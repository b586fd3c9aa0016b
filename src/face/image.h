/*
 * Pictures from memory: JPEG, PNG and WebP become upright packed RGB, 8 bits a channel.
 *
 * The format is told by the first bytes, never by a name or a header that the sender chose. The
 * dimensions are compared with the limits before a single row is decoded, and the EXIF orientation
 * (CIPA DC-008, tag 0x0112) is applied, so that all coordinates elsewhere in the program are
 * pixels of the upright picture. Transparent pixels are shown over white.
 */
#ifndef FACE_IMAGE_H
#define FACE_IMAGE_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct face_image {
    int width, height; /* pixels, upright; both at least 1 */
    uint8_t *rgb;      /* width × height × 3, rows packed without padding */
    /* How many pixels of the stored picture one pixel here stands for: 1, or more when a side
     * hint let the decoder scale down. */
    float scale;
};

/* width × height that are accepted when the limits name no other number. */
#define FACE_IMAGE_PIXELS_MAX ((uint64_t)50 * 1000 * 1000)

struct face_image_limits {
    size_t bytes_max;    /* encoded size; 0 means 20 MiB */
    uint64_t pixels_max; /* width × height as stored; 0 means FACE_IMAGE_PIXELS_MAX */
    /* When above 0: a JPEG may be decoded at a half, a quarter or an eighth of its size as long
     * as its longer side stays at this many pixels or more. Other formats ignore it. */
    int side_hint;
};

enum face_image_format {
    FACE_IMAGE_UNKNOWN,
    FACE_IMAGE_JPEG,
    FACE_IMAGE_PNG,
    FACE_IMAGE_WEBP,
};

/* By the first bytes alone. */
enum face_image_format face_image_format_guess(const void *data, size_t size);

/*
 * Decodes a picture. `limits` may be NULL. On success *image holds memory for face_image_finish;
 * on failure *image is empty. Fails with BASE_ERROR_UNSUPPORTED (not a picture that we read),
 * BASE_ERROR_TOO_LARGE (over a limit) or BASE_ERROR_INVALID (damaged or truncated).
 */
bool face_image_decode(const void *data, size_t size, const struct face_image_limits *limits,
                       struct face_image *image, GError **error);

/*
 * Reads the width and height as stored from the header, and decodes nothing. `limits` and errors as
 * for face_image_decode.
 */
bool face_image_measure(const void *data, size_t size, const struct face_image_limits *limits,
                        int *width, int *height, GError **error);

/* Allocates a black picture. Both sides must be between 1 and 65,535. */
void face_image_init(struct face_image *image, int width, int height);

/* Overwrites the pixels, for they may show people who are nobody's business, frees them and empties
 * the struct; an empty struct is fine. */
void face_image_finish(struct face_image *image);

#endif
