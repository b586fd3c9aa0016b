#include "encode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <png.h>
#include <webp/encode.h>

#define EXIF_SIZE 26

void encode_pattern(struct face_image *image, int width, int height)
{
    face_image_init(image, width, height);
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            guint8 *pixel = image->rgb + ((gsize)y * (gsize)width + (gsize)x) * 3;
            pixel[0] = (guint8)(x * 255 / MAX(width - 1, 1));
            pixel[1] = (guint8)(y * 255 / MAX(height - 1, 1));
            pixel[2] = (guint8)((x + y) * 127 / MAX(width + height - 2, 1));
        }
    }
}

/* A little-endian TIFF structure with the orientation as its only entry. */
static void exif(guint8 tiff[EXIF_SIZE], int orientation)
{
    static const guint8 head[EXIF_SIZE] = {'I', 'I',  42,   0, 8, 0, 0, 0, 1,
                                           0,   0x12, 0x01, 3, 0, 1, 0, 0, 0};
    memcpy(tiff, head, EXIF_SIZE);
    tiff[18] = (guint8)orientation;
}

static guint8 grey(const guint8 *rgb)
{
    return (guint8)((rgb[0] + rgb[1] + rgb[2]) / 3);
}

/* One row in the channels asked for; Adobe's CMYK is stored inverted. */
static void jpeg_row(const guint8 *rgb, guint8 *row, int width, int channels)
{
    for (int x = 0; x < width; x++, rgb += 3, row += channels) {
        if (channels == 1) {
            row[0] = grey(rgb);
            continue;
        }
        memcpy(row, rgb, 3);
        if (channels == 4) {
            row[3] = 255;
        }
    }
}

struct encoded encode_jpeg(const struct face_image *image, const struct encode_jpeg *how)
{
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    unsigned char *buffer = NULL;
    unsigned long size = 0;
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, &buffer, &size);
    jpeg.image_width = (JDIMENSION)image->width;
    jpeg.image_height = (JDIMENSION)image->height;
    jpeg.input_components = how->channels;
    jpeg.in_color_space = how->channels == 1   ? JCS_GRAYSCALE
                          : how->channels == 4 ? JCS_CMYK
                                               : JCS_RGB;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, how->quality, TRUE);
    if (how->channels == 4) {
        jpeg.write_Adobe_marker = TRUE;
    }
    if (how->progressive) {
        jpeg_simple_progression(&jpeg);
    }
    jpeg_start_compress(&jpeg, TRUE);
    if (how->orientation != 0) {
        guint8 segment[6 + EXIF_SIZE] = "Exif";
        exif(segment + 6, how->orientation);
        jpeg_write_marker(&jpeg, JPEG_APP0 + 1, segment, sizeof segment);
    }
    guint8 *row = g_malloc((gsize)image->width * 4);
    while (jpeg.next_scanline < jpeg.image_height) {
        const guint8 *rgb = image->rgb + (gsize)jpeg.next_scanline * (gsize)image->width * 3;
        jpeg_row(rgb, row, image->width, how->channels);
        jpeg_write_scanlines(&jpeg, &row, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    g_free(row);
    struct encoded encoded = {g_memdup2(buffer, size), size};
    free(buffer);
    return encoded;
}

static void png_append(png_structp png, png_bytep data, png_size_t size)
{
    g_byte_array_append(png_get_io_ptr(png), data, (guint)size);
}

static void png_done(png_structp png)
{
    (void)png;
}

static void png_row(const guint8 *rgb, guint8 *row, int width, const struct encode_png *how)
{
    int bytes = how->depth / 8;
    for (int x = 0; x < width; x++, rgb += 3) {
        for (int c = 0; c < how->channels; c++, row += bytes) {
            gboolean alpha = how->channels % 2 == 0 && c == how->channels - 1;
            guint8 value = how->channels < 3 ? grey(rgb) : rgb[MIN(c, 2)];
            memset(row, alpha ? how->alpha : value, (gsize)bytes);
        }
    }
}

struct encoded encode_png(const struct face_image *image, const struct encode_png *how)
{
    static const int colours[5] = {0, PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA,
                                   PNG_COLOR_TYPE_RGB, PNG_COLOR_TYPE_RGB_ALPHA};
    struct encode_png used = *how;
    if (how->palette) {
        used.channels = 1;
        used.depth = 8;
    }
    GByteArray *bytes = g_byte_array_new();
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    png_set_write_fn(png, bytes, png_append, png_done);
    png_set_IHDR(png, info, (png_uint_32)image->width, (png_uint_32)image->height, used.depth,
                 how->palette ? PNG_COLOR_TYPE_PALETTE : colours[used.channels],
                 how->interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_color palette[256];
    for (int i = 0; i < 256; i++) {
        palette[i] = (png_color){(png_byte)i, (png_byte)i, (png_byte)i};
    }
    if (how->palette) {
        png_set_PLTE(png, info, palette, 256);
    }
    guint8 tiff[EXIF_SIZE];
    if (how->orientation != 0) {
        exif(tiff, how->orientation);
        png_set_eXIf_1(png, info, EXIF_SIZE, tiff);
    }
    gsize stride = (gsize)image->width * 8;
    guint8 *pixels = g_malloc0(stride * (gsize)image->height);
    png_bytep *rows = g_new(png_bytep, image->height);
    for (int y = 0; y < image->height; y++) {
        rows[y] = pixels + stride * (gsize)y;
        png_row(image->rgb + (gsize)y * (gsize)image->width * 3, rows[y], image->width, &used);
    }
    png_set_rows(png, info, rows);
    png_write_png(png, info, PNG_TRANSFORM_IDENTITY, NULL);
    png_destroy_write_struct(&png, &info);
    g_free(pixels);
    g_free(rows);
    gsize size = bytes->len;
    return (struct encoded){g_byte_array_free(bytes, FALSE), size};
}

struct encoded encode_webp(const struct face_image *image, gboolean lossless, gboolean alpha)
{
    gsize pixels = (gsize)image->width * (gsize)image->height;
    guint8 *rgba = g_malloc(pixels * 4);
    for (gsize i = 0; i < pixels; i++) {
        memcpy(rgba + i * 4, image->rgb + i * 3, 3);
        rgba[i * 4 + 3] = alpha ? 128 : 255;
    }
    guint8 *buffer = NULL;
    gsize size =
        lossless
            ? WebPEncodeLosslessRGBA(rgba, image->width, image->height, image->width * 4, &buffer)
            : WebPEncodeRGBA(rgba, image->width, image->height, image->width * 4, 90, &buffer);
    struct encoded encoded = {g_memdup2(buffer, size), size};
    WebPFree(buffer);
    g_free(rgba);
    return encoded;
}
