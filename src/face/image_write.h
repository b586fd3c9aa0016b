/* A picture as a file: for tools that cut pieces out of photos. */
#ifndef FACE_IMAGE_WRITE_H
#define FACE_IMAGE_WRITE_H

#include "face/image.h"

/* PNG, 8 bits a channel, without loss. NULL with BASE_ERROR_INTERNAL when it cannot be made. */
GBytes *face_image_encode_png(const struct face_image *image, GError **error);

/* JPEG (ITU-T T.81) of a quality from 1 to 100, chroma at half the resolution. Errors as above. */
GBytes *face_image_encode_jpeg(const struct face_image *image, int quality, GError **error);

/* Copies a piece; what lies outside the picture is left out. False, and `piece` empty, when nothing
 * lies inside. */
bool face_image_cut(const struct face_image *image, int x, int y, int width, int height,
                    struct face_image *piece);

#endif
