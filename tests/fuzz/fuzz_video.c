/* Any bytes as a video somebody sent: frames within the limits, or an error. FFmpeg's libraries are
 * not instrumented; what is looked for is what they let through. */
#include "video/video.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct video_limits limits = {.pixels_max = 640 * 480,
                                               .duration_max = 5 * G_USEC_PER_SEC,
                                               .frames_max = 50,
                                               .side_max = 64};
    g_autoptr(GError) error = NULL;
    struct face_image image;
    gint64 before = 0;
    gint64 time = 0;
    enum video_step step = VIDEO_FRAME;

    (void)video_recognised(data, size);
    g_autoptr(video_source) video = video_open_memory(data, size, &limits, &error);
    g_assert((video == NULL) == (error != NULL));
    for (guint n = 0; video && step == VIDEO_FRAME; n++) {
        step = video_next(video, &image, &time, &error);
        g_assert((step == VIDEO_FAILED) == (error != NULL));
        if (step != VIDEO_FRAME)
            break;
        g_assert(n < limits.frames_max && time >= before && time <= limits.duration_max);
        g_assert(image.width >= 1 && image.width <= 64 && image.height >= 1 && image.height <= 64);
        before = time;
        face_image_finish(&image);
    }
    g_autofree char *text = g_strndup((const char *)data, size);
    g_autofree char *public = video_address_public(text);
    g_assert(strlen(public) <= strlen(text));
    return 0;
}
