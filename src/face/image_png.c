/* PNG through libpng, whose errors come back by longjmp. */
#include "base/error.h"
#include "face/image_codec.h"

#include <string.h>

#include <png.h>

/* Ancillary chunks (profiles, texts) may be compressed; none that we look at is larger. */
#define CHUNK_BYTES_MAX ((png_alloc_size_t)1024 * 1024)
#define CHUNKS_MAX 256

struct png_reader {
    png_structp png;
    png_infop info;
    const uint8_t *data;
    size_t size, at;
    uint8_t *pixels; /* rows as libpng delivers them when there is an alpha channel */
    png_bytep *rows;
    char message[128];
};

static void on_error(png_structp png, png_const_charp message)
{
    struct png_reader *reader = png_get_error_ptr(png);
    g_strlcpy(reader->message, message, sizeof reader->message);
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp message)
{
    (void)png;
    (void)message;
}

static void on_read(png_structp png, png_bytep target, size_t bytes)
{
    struct png_reader *reader = png_get_io_ptr(png);
    if (bytes > reader->size - reader->at) {
        png_error(png, "it ends too early");
    }
    memcpy(target, reader->data + reader->at, bytes);
    reader->at += bytes;
}

/* Palette, grey, 16 bits and low depths all become 8-bit RGB or RGBA. */
static void ask_for_rgb(struct png_reader *reader)
{
    png_set_expand(reader->png);
    png_set_scale_16(reader->png);
    png_set_gray_to_rgb(reader->png);
    png_set_interlace_handling(reader->png);
    png_read_update_info(reader->png, reader->info);
}

static void blend_row(const uint8_t *rgba, uint8_t *rgb, int width)
{
    for (int x = 0; x < width; x++, rgba += 4, rgb += 3) {
        for (int c = 0; c < 3; c++) {
            rgb[c] = face_image_over_white(rgba[c], rgba[3]);
        }
    }
}

static int orientation(struct png_reader *reader)
{
    png_uint_32 bytes = 0;
    png_bytep exif = NULL;
    if (png_get_eXIf_1(reader->png, reader->info, &bytes, &exif) == 0 || exif == NULL) {
        return 1;
    }
    return face_image_exif_orientation(exif, bytes);
}

/* Everything that may longjmp. What it allocates hangs on `reader` and `raw`. */
static bool decode(struct png_reader *reader, const struct face_image_limits *limits,
                   struct face_image_raw *raw, GError **error)
{
    png_set_read_fn(reader->png, reader, on_read);
    png_set_chunk_malloc_max(reader->png, CHUNK_BYTES_MAX);
    png_set_chunk_cache_max(reader->png, CHUNKS_MAX);
    png_read_info(reader->png, reader->info);
    png_uint_32 width = png_get_image_width(reader->png, reader->info);
    png_uint_32 height = png_get_image_height(reader->png, reader->info);
    if (!face_image_check_size(width, height, limits, error)) {
        return false;
    }
    raw->width = (int)width;
    raw->height = (int)height;
    if (raw->header_only) {
        return true;
    }
    ask_for_rgb(reader);
    if (!face_image_allocate(&raw->image, (int)width, (int)height, error)) {
        return false;
    }
    size_t row_bytes = png_get_rowbytes(reader->png, reader->info);
    bool alpha = png_get_channels(reader->png, reader->info) == 4;
    g_assert(row_bytes == (size_t)width * (alpha ? 4 : 3));
    reader->pixels = alpha ? g_try_malloc_n(height, row_bytes) : NULL;
    if (alpha && reader->pixels == NULL) {
        png_error(reader->png, "not enough memory");
    }
    uint8_t *first = alpha ? reader->pixels : raw->image.rgb;
    reader->rows = g_new(png_bytep, height);
    for (png_uint_32 y = 0; y < height; y++) {
        reader->rows[y] = first + y * row_bytes;
    }
    png_read_image(reader->png, reader->rows);
    png_read_end(reader->png, reader->info);
    for (png_uint_32 y = 0; alpha && y < height; y++) {
        blend_row(reader->rows[y], raw->image.rgb + (size_t)y * width * 3, (int)width);
    }
    raw->orientation = orientation(reader);
    return true;
}

bool face_image_decode_png(const uint8_t *data, size_t size, const struct face_image_limits *limits,
                           struct face_image_raw *raw, GError **error)
{
    struct png_reader *reader = g_new0(struct png_reader, 1);
    reader->data = data;
    reader->size = size;
    reader->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, reader, on_error, on_warning);
    reader->info = reader->png != NULL ? png_create_info_struct(reader->png) : NULL;
    bool decoded = false;
    if (reader->info == NULL) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INTERNAL, "The PNG decoder cannot be started.");
    } else if (setjmp(png_jmpbuf(reader->png)) == 0) {
        decoded = decode(reader, limits, raw, error);
    } else {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID, "The PNG picture is damaged: %s.",
                    reader->message);
        decoded = false;
    }
    if (!decoded) {
        face_image_finish(&raw->image);
    }
    png_destroy_read_struct(&reader->png, &reader->info, NULL);
    g_free(reader->pixels);
    g_free(reader->rows);
    g_free(reader);
    return decoded;
}
