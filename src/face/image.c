#include "face/image.h"

#include "base/error.h"
#include "face/image_codec.h"

#include <string.h>

#define BYTES_MAX_DEFAULT ((size_t)20 * 1024 * 1024)
#define SIDE_MAX 65535
#define TILE 32

enum face_image_format face_image_format_guess(const void *data, size_t size)
{
    const uint8_t *bytes = data;
    if (size >= 3 && memcmp(bytes, "\xff\xd8\xff", 3) == 0) {
        return FACE_IMAGE_JPEG;
    }
    if (size >= 8 && memcmp(bytes, "\x89PNG\r\n\x1a\n", 8) == 0) {
        return FACE_IMAGE_PNG;
    }
    if (size >= 12 && memcmp(bytes, "RIFF", 4) == 0 && memcmp(bytes + 8, "WEBP", 4) == 0) {
        return FACE_IMAGE_WEBP;
    }
    return FACE_IMAGE_UNKNOWN;
}

bool face_image_check_size(uint64_t width, uint64_t height, const struct face_image_limits *limits,
                           GError **error)
{
    if (width == 0 || height == 0) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID, "The picture has no pixels.");
        return false;
    }
    if (width > SIDE_MAX || height > SIDE_MAX || width * height > limits->pixels_max) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_TOO_LARGE,
                    "The picture has %" G_GUINT64_FORMAT " x %" G_GUINT64_FORMAT
                    " pixels; the limit is %" G_GUINT64_FORMAT " million.",
                    width, height, limits->pixels_max / 1000000);
        return false;
    }
    return true;
}

bool face_image_allocate(struct face_image *image, int width, int height, GError **error)
{
    *image = (struct face_image){.width = width, .height = height, .scale = 1};
    image->rgb = g_try_malloc_n((size_t)width * (size_t)height, 3);
    if (image->rgb == NULL) {
        *image = (struct face_image){0};
        g_set_error(error, BASE_ERROR, BASE_ERROR_TOO_LARGE,
                    "There is not enough memory for a picture of %d x %d pixels.", width, height);
        return false;
    }
    return true;
}

void face_image_init(struct face_image *image, int width, int height)
{
    g_assert(width >= 1 && width <= SIDE_MAX && height >= 1 && height <= SIDE_MAX);
    *image = (struct face_image){.width = width, .height = height, .scale = 1};
    image->rgb = g_malloc0_n((size_t)width * (size_t)height, 3);
}

void face_image_finish(struct face_image *image)
{
    if (image->rgb != NULL) {
        explicit_bzero(image->rgb, (size_t)image->width * (size_t)image->height * 3);
    }
    g_free(image->rgb);
    *image = (struct face_image){0};
}

static uint32_t tiff_number(const uint8_t *at, int bytes, bool big_endian)
{
    uint32_t value = 0;
    for (int i = 0; i < bytes; i++) {
        value = value << 8 | at[big_endian ? i : bytes - 1 - i];
    }
    return value;
}

int face_image_exif_orientation(const uint8_t *tiff, size_t size)
{
    enum { ENTRY = 12, TAG_ORIENTATION = 0x0112, TYPE_SHORT = 3 };
    if (size < 8 || (memcmp(tiff, "II*\0", 4) != 0 && memcmp(tiff, "MM\0*", 4) != 0)) {
        return 1;
    }
    bool big = tiff[0] == 'M';
    size_t directory = tiff_number(tiff + 4, 4, big);
    if (directory > size - 2) {
        return 1;
    }
    size_t entries = tiff_number(tiff + directory, 2, big);
    for (size_t i = 0; i < entries; i++) {
        size_t at = directory + 2 + i * ENTRY;
        if (at + ENTRY > size) {
            return 1;
        }
        if (tiff_number(tiff + at, 2, big) == TAG_ORIENTATION &&
            tiff_number(tiff + at + 2, 2, big) == TYPE_SHORT) {
            uint32_t value = tiff_number(tiff + at + 8, 2, big);
            return value >= 1 && value <= 8 ? (int)value : 1;
        }
    }
    return 1;
}

/* Where the upright picture's pixels come from: the stored index of its first pixel, and how the
 * index moves along an upright row and column. */
struct orientation {
    bool from_right, from_bottom; /* the upright origin is at this side of the stored picture */
    bool swap;                    /* an upright row is a stored column */
};

static const struct orientation orientations[9] = {
    [1] = {false, false, false}, [2] = {true, false, false}, [3] = {true, true, false},
    [4] = {false, true, false},  [5] = {false, false, true}, [6] = {false, true, true},
    [7] = {true, true, true},    [8] = {true, false, true},
};

/* Tiles, because a rotation walks one of the two pictures across its rows. */
static void copy_tile(const struct face_image *to, int tile_x, int tile_y, const uint8_t *from,
                      ptrdiff_t step_x, ptrdiff_t step_y)
{
    int end_x = MIN(tile_x + TILE, to->width);
    int end_y = MIN(tile_y + TILE, to->height);
    for (int y = tile_y; y < end_y; y++) {
        const uint8_t *source = from + tile_x * step_x + y * step_y;
        uint8_t *target = to->rgb + ((size_t)y * (size_t)to->width + (size_t)tile_x) * 3;
        for (int x = tile_x; x < end_x; x++, source += step_x, target += 3) {
            target[0] = source[0];
            target[1] = source[1];
            target[2] = source[2];
        }
    }
}

static bool turn_upright(struct face_image_raw *raw, struct face_image *image, GError **error)
{
    struct face_image stored = raw->image;
    raw->image = (struct face_image){0};
    if (raw->orientation <= 1 || raw->orientation > 8) {
        *image = stored;
        return true;
    }
    const struct orientation *how = &orientations[raw->orientation];
    int width = how->swap ? stored.height : stored.width;
    int height = how->swap ? stored.width : stored.height;
    if (!face_image_allocate(image, width, height, error)) {
        face_image_finish(&stored);
        return false;
    }
    image->scale = stored.scale;

    ptrdiff_t row = (ptrdiff_t)stored.width * 3;
    ptrdiff_t along = how->from_right ? -3 : 3;
    ptrdiff_t down = how->from_bottom ? -row : row;
    const uint8_t *origin = stored.rgb + (how->from_right ? row - 3 : 0) +
                            (how->from_bottom ? row * (stored.height - 1) : 0);
    for (int y = 0; y < height; y += TILE) {
        for (int x = 0; x < width; x += TILE) {
            copy_tile(image, x, y, origin, how->swap ? down : along, how->swap ? along : down);
        }
    }
    face_image_finish(&stored);
    return true;
}

static bool read_picture(const void *data, size_t size, const struct face_image_limits *limits,
                         struct face_image_raw *raw, GError **error)
{
    static bool (*const decoders[])(const uint8_t *, size_t, const struct face_image_limits *,
                                    struct face_image_raw *, GError **) = {
        [FACE_IMAGE_JPEG] = face_image_decode_jpeg,
        [FACE_IMAGE_PNG] = face_image_decode_png,
        [FACE_IMAGE_WEBP] = face_image_decode_webp,
    };
    struct face_image_limits used = limits != NULL ? *limits : (struct face_image_limits){0};
    used.bytes_max = used.bytes_max != 0 ? used.bytes_max : BYTES_MAX_DEFAULT;
    used.pixels_max = used.pixels_max != 0 ? used.pixels_max : FACE_IMAGE_PIXELS_MAX;

    if (size > used.bytes_max) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_TOO_LARGE,
                    "The picture has %.1f MB; the limit is %.1f MB.", (double)size / 1e6,
                    (double)used.bytes_max / 1e6);
        return false;
    }
    enum face_image_format format = face_image_format_guess(data, size);
    if (format == FACE_IMAGE_UNKNOWN) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_UNSUPPORTED,
                    "This is not a JPEG, PNG or WebP picture.");
        return false;
    }
    return decoders[format](data, size, &used, raw, error);
}

bool face_image_decode(const void *data, size_t size, const struct face_image_limits *limits,
                       struct face_image *image, GError **error)
{
    struct face_image_raw raw = {.orientation = 1};
    *image = (struct face_image){0};
    return read_picture(data, size, limits, &raw, error) && turn_upright(&raw, image, error);
}

bool face_image_measure(const void *data, size_t size, const struct face_image_limits *limits,
                        int *width, int *height, GError **error)
{
    struct face_image_raw raw = {.orientation = 1, .header_only = true};
    bool measured = read_picture(data, size, limits, &raw, error);
    *width = raw.width;
    *height = raw.height;
    return measured;
}
