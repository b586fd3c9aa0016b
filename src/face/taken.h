/* When a photograph was taken, as the camera wrote into it. */
#ifndef FACE_TAKEN_H
#define FACE_TAKEN_H

#include "base/time.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * The moment of a JPEG's EXIF tag DateTimeOriginal (Exif 2.32, CIPA DC-008). Cameras write the time
 * on their wall; OffsetTimeOriginal says how far that is from UTC, and where there is none it is
 * taken for a time in `zone`. A camera's clock may be wrong, and anybody can write the tag.
 *
 * BASE_ERROR_NOT_FOUND when the picture does not say, BASE_ERROR_INVALID when what it says is no
 * time.
 */
bool face_taken_at(const void *data, size_t size, GTimeZone *zone, base_time *taken,
                   GError **error);

#endif
