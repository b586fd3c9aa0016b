/* JPEG through libjpeg, whose errors come back by longjmp. */
#include "base/error.h"
#include "face/image_codec.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jerror.h>
#include <jpeglib.h>

/* A progressive file may ask for a pass over all coefficients a scan; real ones have about ten. */
#define SCANS_MAX 64
/* The same for large pictures: pixels times scans. Fifty megapixels may have twelve. */
#define PIXEL_SCANS_MAX ((uint64_t)600 * 1000 * 1000)
#define EXIF_PREFIX 6

struct jpeg_reader {
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    jmp_buf failed;
    uint8_t *row; /* CMYK only */
    char message[JMSG_LENGTH_MAX];
};

static void on_error(j_common_ptr common)
{
    struct jpeg_reader *reader = common->client_data;
    reader->errors.format_message(common, reader->message);
    longjmp(reader->failed, 1);
}

/* libjpeg only warns of missing or senseless entropy-coded data and invents grey pixels. Warnings
 * about harmless oddities (stray bytes between segments, marker versions) pass. */
static void on_message(j_common_ptr common, int level)
{
    static const int damage[] = {JWRN_JPEG_EOF, JWRN_HIT_MARKER, JWRN_HUFF_BAD_CODE,
                                 JWRN_MUST_RESYNC};
    if (level >= 0) {
        return;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(damage); i++) {
        if (common->err->msg_code == damage[i]) {
            on_error(common);
        }
    }
}

static void on_progress(j_common_ptr common)
{
    const struct jpeg_decompress_struct *jpeg = (const struct jpeg_decompress_struct *)common;
    uint64_t pixels = (uint64_t)jpeg->image_width * jpeg->image_height;
    if (jpeg->input_scan_number > SCANS_MAX ||
        pixels * (uint64_t)MAX(jpeg->input_scan_number, 0) > PIXEL_SCANS_MAX) {
        ERREXIT(common, JERR_BAD_PROGRESSION);
    }
}

static int orientation(const struct jpeg_decompress_struct *jpeg)
{
    for (jpeg_saved_marker_ptr marker = jpeg->marker_list; marker != NULL; marker = marker->next) {
        if (marker->marker == JPEG_APP0 + 1 && marker->data_length > EXIF_PREFIX &&
            memcmp(marker->data, "Exif\0\0", EXIF_PREFIX) == 0) {
            return face_image_exif_orientation(marker->data + EXIF_PREFIX,
                                               marker->data_length - EXIF_PREFIX);
        }
    }
    return 1;
}

/* The inverse DCT can deliver 4, 2 or 1 pixels instead of 8 a block side, which is an exact area
 * filter in the frequency domain and saves most of the time of a large photograph. */
static void choose_scale(struct jpeg_decompress_struct *jpeg, int side_hint)
{
    unsigned side = MAX(jpeg->image_width, jpeg->image_height);
    jpeg->scale_num = 1;
    jpeg->scale_denom = 1;
    while (side_hint > 0 && jpeg->scale_denom < 8 &&
           side / (jpeg->scale_denom * 2) >= (unsigned)side_hint) {
        jpeg->scale_denom *= 2;
    }
}

/* Adobe's programs store CMYK inverted, and say so with their marker. */
static void cmyk_to_rgb(const uint8_t *cmyk, uint8_t *rgb, int width, bool inverted)
{
    uint8_t flip = inverted ? 0 : 255;
    for (int x = 0; x < width; x++, cmyk += 4, rgb += 3) {
        int light = cmyk[3] ^ flip;
        for (int c = 0; c < 3; c++) {
            rgb[c] = (uint8_t)(((cmyk[c] ^ flip) * light + 127) / 255);
        }
    }
}

static void read_rows(struct jpeg_reader *reader, struct face_image *image)
{
    struct jpeg_decompress_struct *jpeg = &reader->jpeg;
    bool cmyk = jpeg->out_color_space == JCS_CMYK;
    while (jpeg->output_scanline < jpeg->output_height) {
        uint8_t *row = image->rgb + (size_t)jpeg->output_scanline * (size_t)image->width * 3;
        JSAMPROW target = cmyk ? reader->row : row;
        jpeg_read_scanlines(jpeg, &target, 1);
        if (cmyk) {
            cmyk_to_rgb(reader->row, row, image->width, jpeg->saw_Adobe_marker);
        }
    }
}

/* Everything that may longjmp. What it allocates hangs on `reader` and `raw`. */
static bool decode(struct jpeg_reader *reader, const uint8_t *data, size_t size,
                   const struct face_image_limits *limits, struct face_image_raw *raw,
                   GError **error)
{
    struct jpeg_decompress_struct *jpeg = &reader->jpeg;
    jpeg_create_decompress(jpeg);
    jpeg->progress = &reader->progress;
    jpeg_save_markers(jpeg, JPEG_APP0 + 1, 0xffff);
    jpeg_mem_src(jpeg, data, size);
    jpeg_read_header(jpeg, TRUE);
    if (!face_image_check_size(jpeg->image_width, jpeg->image_height, limits, error)) {
        return false;
    }
    raw->width = (int)jpeg->image_width;
    raw->height = (int)jpeg->image_height;
    if (raw->header_only) {
        return true;
    }
    raw->orientation = orientation(jpeg);
    choose_scale(jpeg, limits->side_hint);
    bool cmyk = jpeg->jpeg_color_space == JCS_CMYK || jpeg->jpeg_color_space == JCS_YCCK;
    jpeg->out_color_space = cmyk ? JCS_CMYK : JCS_RGB;
    jpeg_start_decompress(jpeg);
    if (!face_image_allocate(&raw->image, (int)jpeg->output_width, (int)jpeg->output_height,
                             error)) {
        return false;
    }
    raw->image.scale = (float)jpeg->scale_denom;
    reader->row = cmyk ? g_malloc((size_t)jpeg->output_width * 4) : NULL;
    read_rows(reader, &raw->image);
    jpeg_finish_decompress(jpeg);
    return true;
}

bool face_image_decode_jpeg(const uint8_t *data, size_t size,
                            const struct face_image_limits *limits, struct face_image_raw *raw,
                            GError **error)
{
    struct jpeg_reader *reader = g_new0(struct jpeg_reader, 1);
    reader->jpeg.err = jpeg_std_error(&reader->errors);
    reader->jpeg.client_data = reader;
    reader->errors.error_exit = on_error;
    reader->errors.emit_message = on_message;
    reader->progress.progress_monitor = on_progress;
    bool decoded = false;
    if (setjmp(reader->failed) == 0) {
        decoded = decode(reader, data, size, limits, raw, error);
    } else {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID, "The JPEG picture is damaged: %s.",
                    reader->message);
        decoded = false;
    }
    if (!decoded) {
        face_image_finish(&raw->image);
    }
    jpeg_destroy_decompress(&reader->jpeg);
    g_free(reader->row);
    g_free(reader);
    return decoded;
}
