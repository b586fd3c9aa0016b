#include "service/kiosk_content.h"

#include <string.h>

enum { TEXT_MAX = 1024, PIN_TEXT_MAX = 64 };

void kiosk_content_clear(struct kiosk_content *content)
{
    for (size_t i = 0; i < content->frames_n; i++)
        g_free(content->decoded[i]);
    json_decref(content->json);
    *content = (struct kiosk_content){0};
}

static bool images_read(json_t *images, struct kiosk_content *content, GError **error)
{
    const size_t n = json_array_size(images);

    if (n == 0 || n > KIOSK_FRAMES_MAX)
        return base_fail(error, BASE_ERROR_INVALID, "images must be 1 to %d pictures.",
                         KIOSK_FRAMES_MAX);
    for (size_t i = 0; i < n; i++) {
        const char *text = json_string_value(json_array_get(images, i));
        gsize size = 0;
        if (!text || !*text)
            return base_fail(error, BASE_ERROR_INVALID, "images must be texts in base64.");
        content->decoded[i] = g_base64_decode(text, &size);
        content->frames[i] = (struct recognise_picture){content->decoded[i], size};
        content->frames_n++;
    }
    return true;
}

bool kiosk_content_read(const void *data, size_t size, struct kiosk_content *content,
                        GError **error)
{
    const char *kind = NULL;
    json_t *images = NULL;
    const struct base_json_field FIELDS[] = {
        {"kind", BASE_JSON_TEXT, BASE_JSON_REQUIRED, &kind, .max = 16},
        {"images", BASE_JSON_ARRAY, BASE_JSON_OPTIONAL, &images},
        {"student_number", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &content->typed.student_number,
         .min = 1, .max = TEXT_MAX},
        {"email", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &content->typed.email, .min = 1,
         .max = TEXT_MAX},
        {"pin", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &content->typed.pin, .min = 1,
         .max = PIN_TEXT_MAX},
    };

    *content = (struct kiosk_content){.json = base_json_parse(data, size, error)};
    bool ok = content->json && base_json_read(content->json, FIELDS, G_N_ELEMENTS(FIELDS), error);
    if (ok && strcmp(kind, "faces") == 0)
        ok = content->typed.pin ? base_fail(error, BASE_ERROR_INVALID, "pin is not for faces.")
                                : images_read(images, content, error);
    else if (ok && (strcmp(kind, "pin") != 0 || !content->typed.pin || images))
        ok = base_fail(error, BASE_ERROR_INVALID, "kind must be \"faces\" or \"pin\".");
    if (!ok)
        kiosk_content_clear(content);
    return ok;
}
