/* Reads any bytes as a cascade; one that is read is run over a small picture. */
#include <stdlib.h>

#include "face/haar.h"

#define SIDE 72

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run_once(const struct face_cascade *cascade)
{
    struct face_image image;
    g_autoptr(GArray) hits = g_array_new(FALSE, FALSE, sizeof(struct face_cascade_hit));
    g_autoptr(GArray) boxes = g_array_new(FALSE, FALSE, sizeof(struct face_box));
    face_image_init(&image, SIDE, SIDE);
    for (size_t i = 0; i < (size_t)SIDE * SIDE * 3; i++) {
        image.rgb[i] = (uint8_t)(i * i >> 5);
    }
    face_cascade_scan(cascade, &image, 1, hits);
    face_cascade_group(hits, 1, boxes);
    for (guint i = 0; i < boxes->len; i++) {
        const struct face_box *box = &g_array_index(boxes, struct face_box, i);
        if (!(box->x >= 0 && box->y >= 0 && box->width >= FACE_CASCADE_SIDE_MIN &&
              box->x + box->width <= SIDE + 1 && box->score > 0 && box->score <= 1)) {
            abort();
        }
    }
    face_image_finish(&image);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GError) error = NULL;
    struct face_cascade *cascade = face_cascade_parse((const char *)data, size, &error);
    if ((cascade == NULL) != (error != NULL)) {
        abort();
    }
    if (cascade != NULL && cascade->nodes->len < 1000) {
        run_once(cascade);
    }
    face_cascade_destroy(cascade);
    return 0;
}
