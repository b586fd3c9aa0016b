/*
 * Input: one JSON document. What is accepted must come out as text that reads back as the same.
 */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_object(json_t *document)
{
    const char *name = NULL;
    gint64 count = 0;
    double ratio = 0;
    bool flag = false;
    bool null = false;
    struct base_uuid id;
    base_time time = 0;
    json_t *list = NULL;
    json_t *object = NULL;
    const struct base_json_field fields[] = {
        {"name", BASE_JSON_TEXT, BASE_JSON_REQUIRED, &name, .min = 1, .max = 20},
        {"count", BASE_JSON_INTEGER, BASE_JSON_OPTIONAL, &count, .min = -5, .max = 5},
        {"ratio", BASE_JSON_REAL, BASE_JSON_OPTIONAL, &ratio},
        {"flag", BASE_JSON_BOOL, BASE_JSON_OPTIONAL, &flag, .null = &null},
        {"id", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &id},
        {"time", BASE_JSON_TIME, BASE_JSON_OPTIONAL, &time},
        {"list", BASE_JSON_ARRAY, BASE_JSON_OPTIONAL, &list},
        {"object", BASE_JSON_OBJECT, BASE_JSON_OPTIONAL, &object},
    };
    g_autoptr(GError) error = NULL;
    bool good = base_json_read(document, fields, G_N_ELEMENTS(fields), &error);
    if (good == (error != NULL) || (good && (!name || count < -5 || count > 5)))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) document = base_json_parse(data, size, &error);
    if (!document == !error)
        abort();
    if (!document)
        return 0;
    if (json_is_object(document))
        read_object(document);
    g_autofree char *text = base_json_format(document);
    if (!text)
        abort();
    g_autoptr(json_t) again = base_json_parse(text, strlen(text), NULL);
    if (!again || !json_equal(document, again))
        abort();
    return 0;
}
