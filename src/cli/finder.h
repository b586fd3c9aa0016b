/* Detection alone, without anything about who it is: for `detect` and `bench detect`. */
#ifndef CLI_FINDER_H
#define CLI_FINDER_H

#include "app/settings.h"
#include "face/image.h"
#include "face/types.h"

#include <glib.h>
#include <stdbool.h>

#define CLI_FINDER_SIZE_HELP                                                                       \
    "Longer side of the detector's input: 320, 640, 1280 or 1920; auto, the default, looks "       \
    "coarse and fine as in a classroom"

struct cli_finder;

/* `size` as in the help; NULL: auto. Up to `threads` threads may use the finder at once. Fails with
 * BASE_ERROR_INVALID for another size, or as the models' loading does. */
struct cli_finder *cli_finder_create(const struct app_settings *settings, const char *size,
                                     int threads, GError **error);
void cli_finder_destroy(struct cli_finder *finder);

/* Reads and decodes a picture; the error names the file. */
bool cli_finder_decode(const char *path, const struct face_image_limits *limits,
                       struct face_image *image, GError **error);

/* Appends the faces (struct face_box), from left to right. Thread-safe. */
bool cli_finder_run(struct cli_finder *finder, const struct face_image *image, GArray *boxes,
                    GError **error);

#endif
