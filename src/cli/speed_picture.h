/* The picture that the speed benchmark works on. */
#ifndef CLI_SPEED_PICTURE_H
#define CLI_SPEED_PICTURE_H

#include "face/engine.h"
#include "face/image.h"

#include <glib.h>
#include <stdbool.h>

#define CLI_SPEED_WIDTH 640
#define CLI_SPEED_HEIGHT 480

/* What a camera would send: 640 × 480, one face in the middle, about two fifths of its height. */
struct cli_speed_picture {
    GBytes *jpeg;
    struct face_image image;
    bool has_face;
    struct face_view view; /* without a face, a made-up one in the middle */
    char *source;          /* the photograph it was cut from, or "synthetic" */
};

/* Cuts the picture from the most prominent face of a photograph (`path`, or the first sample
 * photograph when NULL); without one, or without a face in it, a synthetic picture. Fails when a
 * named photograph cannot be read. */
bool cli_speed_picture_make(struct cli_speed_picture *picture, const char *path,
                            const char *samples_dir, struct face_worker *worker, GError **error);
void cli_speed_picture_finish(struct cli_speed_picture *picture);

#endif
