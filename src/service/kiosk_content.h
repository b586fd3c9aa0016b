/* Private to this folder and to fuzzing: what a sealed entry of a kiosk holds. */
#ifndef SERVICE_KIOSK_CONTENT_H
#define SERVICE_KIOSK_CONTENT_H

#include "base/json.h"
#include "service/kiosk_scene.h"

struct kiosk_content {
    struct kiosk_typed typed; /* pin is NULL for frames */
    struct recognise_picture frames[KIOSK_FRAMES_MAX];
    size_t frames_n;

    json_t *json; /* owns the texts */
    void *decoded[KIOSK_FRAMES_MAX];
};

/* {"kind": "faces", "images": [base64, …]} or {"kind": "pin", "student_number" or "email", "pin"}.
 * BASE_ERROR_INVALID. */
bool kiosk_content_read(const void *data, size_t size, struct kiosk_content *content,
                        GError **error);
void kiosk_content_clear(struct kiosk_content *content);

#endif
