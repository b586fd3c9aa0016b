/* Test pictures, encoded with the very libraries that decode them. Free `data` with g_free. */
#ifndef ENCODE_H
#define ENCODE_H

#include "face/image.h"

#include <glib.h>

struct encoded {
    guint8 *data;
    gsize size;
};

/* A picture whose every corner and gradient is different, so that no orientation looks like
 * another. */
void encode_pattern(struct face_image *image, int width, int height);

struct encode_jpeg {
    int quality;     /* 1 to 100 */
    int channels;    /* 1 grey, 3 colour, 4 CMYK as Adobe writes it */
    int orientation; /* EXIF; 0: no EXIF segment */
    gboolean progressive;
};

struct encoded encode_jpeg(const struct face_image *image, const struct encode_jpeg *how);

struct encode_png {
    int channels;    /* 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha */
    int depth;       /* 8 or 16 */
    int orientation; /* EXIF; 0: no eXIf chunk */
    gboolean interlaced;
    gboolean palette; /* 8-bit palette of grey levels instead of the channels */
    guint8 alpha;     /* of every pixel where there is a channel for it */
};

struct encoded encode_png(const struct face_image *image, const struct encode_png *how);

struct encoded encode_webp(const struct face_image *image, gboolean lossless, gboolean alpha);

#endif
