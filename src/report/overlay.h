/*
 * Boxes and names drawn over a picture, with cairo and pango: names in any script that the
 * machine's fonts have.
 */
#ifndef REPORT_OVERLAY_H
#define REPORT_OVERLAY_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct report_overlay {
    double x, y, width, height; /* pixels; may reach beyond the picture */
    double red, green, blue;    /* of the frame and the label, 0 to 1 */
    const char *text;           /* UTF-8; NULL: no label */
    bool doubtful;              /* a broken frame, and a question mark behind the text */
    bool hidden;                /* what lies in the box is made unrecognisable first */
};

/* Draws into width × height pixels of packed RGB. Labels lie above their box, or below it where
 * there is no room, and are cut off at the width of three boxes. BASE_ERROR_INTERNAL when there is
 * no memory. */
bool report_overlay_draw(uint8_t *rgb, int width, int height, const struct report_overlay *overlays,
                         size_t n, GError **error);

#endif
