/* Any bytes: the decoders answer with a picture within the limits or with an error, and so does
 * whoever asks when it was taken. */
#include "face/image.h"
#include "face/taken.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct face_image_limits limits[] = {
        {.pixels_max = 1000000},
        {.pixels_max = 1000000, .side_hint = 16},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(limits); i++) {
        struct face_image image;
        g_autoptr(GError) error = NULL;
        bool decoded = face_image_decode(data, size, &limits[i], &image, &error);
        int width = 0;
        int height = 0;
        bool measured = face_image_measure(data, size, &limits[i], &width, &height, NULL);
        g_assert(!decoded || (measured && width > 0 && height > 0));
        g_assert(decoded == (image.rgb != NULL));
        g_assert(decoded == (error == NULL));
        if (decoded) {
            /* Every pixel is there. */
            g_assert((uint64_t)image.width * (uint64_t)image.height <= limits[i].pixels_max);
            volatile uint8_t last = image.rgb[(size_t)image.width * (size_t)image.height * 3 - 1];
            (void)last;
        }
        face_image_finish(&image);
    }
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    g_autoptr(GError) problem = NULL;
    base_time taken = 0;
    g_assert(face_taken_at(data, size, utc, &taken, &problem) == (problem == NULL));
    return 0;
}
