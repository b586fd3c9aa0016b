#include "face/image_write.h"

#include "base/error.h"

#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

GBytes *face_image_encode_png(const struct face_image *image, GError **error)
{
    png_image png = {
        .version = PNG_IMAGE_VERSION,
        .width = (png_uint_32)image->width,
        .height = (png_uint_32)image->height,
        .format = PNG_FORMAT_RGB,
    };
    png_alloc_size_t size = 0;

    if (png_image_write_to_memory(&png, NULL, &size, 0, image->rgb, 0, NULL)) {
        g_autofree guint8 *data = g_malloc(size);
        if (png_image_write_to_memory(&png, data, &size, 0, image->rgb, 0, NULL))
            return g_bytes_new_take(g_steal_pointer(&data), size);
    }
    g_set_error(error, BASE_ERROR, BASE_ERROR_INTERNAL, "The picture cannot be written as PNG: %s.",
                png.message);
    png_image_free(&png);
    return NULL;
}

struct jpeg_failure {
    struct jpeg_error_mgr manager;
    jmp_buf back;
};

/* libjpeg's own handler ends the program. */
static void leave(j_common_ptr jpeg)
{
    struct jpeg_failure *failure = (struct jpeg_failure *)jpeg->err;
    longjmp(failure->back, 1);
}

GBytes *face_image_encode_jpeg(const struct face_image *image, int quality, GError **error)
{
    struct jpeg_compress_struct jpeg;
    struct jpeg_failure failure;
    unsigned char *volatile data = NULL;
    unsigned long size = 0;

    jpeg.err = jpeg_std_error(&failure.manager);
    failure.manager.error_exit = leave;
    jpeg_create_compress(&jpeg);
    if (setjmp(failure.back)) {
        jpeg_destroy_compress(&jpeg);
        free(data);
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INTERNAL,
                            "The picture cannot be written as JPEG.");
        return NULL;
    }
    jpeg_mem_dest(&jpeg, (unsigned char **)&data, &size);
    jpeg.image_width = (JDIMENSION)image->width;
    jpeg.image_height = (JDIMENSION)image->height;
    jpeg.input_components = 3;
    jpeg.in_color_space = JCS_RGB;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, quality, TRUE);
    jpeg_start_compress(&jpeg, TRUE);
    while (jpeg.next_scanline < jpeg.image_height) {
        JSAMPROW row = image->rgb + (size_t)jpeg.next_scanline * (size_t)image->width * 3;
        jpeg_write_scanlines(&jpeg, &row, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    GBytes *bytes = g_bytes_new(data, size);
    free(data);
    return bytes;
}

bool face_image_cut(const struct face_image *image, int x, int y, int width, int height,
                    struct face_image *piece)
{
    int left = CLAMP(x, 0, image->width), top = CLAMP(y, 0, image->height);
    int right = CLAMP(x + width, left, image->width);
    int bottom = CLAMP(y + height, top, image->height);

    *piece = (struct face_image){0};
    if (right == left || bottom == top)
        return false;
    face_image_init(piece, right - left, bottom - top);
    for (int row = 0; row < piece->height; row++)
        memcpy(piece->rgb + (size_t)row * (size_t)piece->width * 3,
               image->rgb + ((size_t)(top + row) * (size_t)image->width + (size_t)left) * 3,
               (size_t)piece->width * 3);
    return true;
}
