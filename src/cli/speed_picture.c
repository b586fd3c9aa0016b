#include "cli/speed_picture.h"

#include "cli/finder.h"
#include "face/image_write.h"
#include "face/resample.h"

#include <math.h>
#include <string.h>

#define FACE_SHARE 0.4f /* of the picture's height */
#define JPEG_QUALITY 90
#define SAMPLE_NAME "sample1.jpg"

static void fill_synthetic(struct face_image *image)
{
    face_image_init(image, CLI_SPEED_WIDTH, CLI_SPEED_HEIGHT);
    for (int y = 0; y < image->height; y++) {
        for (int x = 0; x < image->width; x++) {
            uint8_t *pixel = image->rgb + ((size_t)y * (size_t)image->width + (size_t)x) * 3;
            pixel[0] = (uint8_t)(x * 255 / image->width);
            pixel[1] = (uint8_t)(y * 255 / image->height);
            pixel[2] = (uint8_t)((x * 7 + y * 13) & 0xff);
        }
    }
}

static void cut(const struct face_image *photo, const struct face_box *box,
                struct face_image *image)
{
    float height = box->height / FACE_SHARE;
    float width = height * CLI_SPEED_WIDTH / CLI_SPEED_HEIGHT;
    const struct face_crop crop = {
        .x = box->x + (box->width - width) / 2,
        .y = box->y + (box->height - height) / 2,
        .width = width,
        .height = height,
    };
    size_t values = (size_t)CLI_SPEED_WIDTH * CLI_SPEED_HEIGHT * 3;
    g_autofree float *pixels = g_new(float, values);

    face_image_init(image, CLI_SPEED_WIDTH, CLI_SPEED_HEIGHT);
    face_resample_area(photo, &crop, pixels, CLI_SPEED_WIDTH, CLI_SPEED_HEIGHT);
    for (size_t i = 0; i < values; i++)
        image->rgb[i] = (uint8_t)lrintf(CLAMP(pixels[i], 0.0f, 255.0f));
}

/* The most prominent face; false when there is none. */
static bool find(struct face_worker *worker, const struct face_image *image, struct face_view *view,
                 bool *found, GError **error)
{
    g_autoptr(GArray) views = g_array_new(FALSE, FALSE, sizeof(struct face_view));

    if (!face_worker_find(worker, image, FACE_DETAIL_320, false, views, error))
        return false;
    *found = views->len > 0;
    if (*found)
        *view = g_array_index(views, struct face_view, 0);
    return true;
}

static bool cut_from(const char *path, struct face_worker *worker,
                     struct cli_speed_picture *picture, GError **error)
{
    const struct face_image_limits limits = {0};
    struct face_image photo = {0};
    struct face_view view;
    bool found = false;

    bool done = cli_finder_decode(path, &limits, &photo, error) &&
                find(worker, &photo, &view, &found, error);
    if (done && found)
        cut(&photo, &view.box, &picture->image);
    face_image_finish(&photo);
    return done;
}

bool cli_speed_picture_make(struct cli_speed_picture *picture, const char *path,
                            const char *samples_dir, struct face_worker *worker, GError **error)
{
    g_autofree char *sample = g_build_filename(samples_dir, SAMPLE_NAME, NULL);
    const char *source = path;

    *picture = (struct cli_speed_picture){0};
    if (!source && g_file_test(sample, G_FILE_TEST_IS_REGULAR))
        source = sample;
    if (source && !cut_from(source, worker, picture, error))
        return false;
    bool synthetic = !picture->image.rgb;
    if (synthetic)
        fill_synthetic(&picture->image);
    picture->source = g_strdup(synthetic ? "synthetic" : source);
    picture->jpeg = face_image_encode_jpeg(&picture->image, JPEG_QUALITY, error);
    if (!picture->jpeg ||
        !find(worker, &picture->image, &picture->view, &picture->has_face, error)) {
        cli_speed_picture_finish(picture);
        return false;
    }
    if (picture->has_face)
        return true;
    const struct face_box middle = {.x = 240, .y = 140, .width = 160, .height = 200, .score = 1};
    return face_worker_view(worker, &picture->image, &middle, &picture->view, error);
}

void cli_speed_picture_finish(struct cli_speed_picture *picture)
{
    g_clear_pointer(&picture->jpeg, g_bytes_unref);
    face_image_finish(&picture->image);
    g_clear_pointer(&picture->source, g_free);
}
