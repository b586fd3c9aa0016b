#include "base/json.h"

#include "base/error.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* jansson's own limit is 2048 levels, more than the stack of a small thread is good for when such a
 * document is walked; scanning brackets first costs next to nothing. */
static bool is_nested_too_deep(const char *text, size_t size)
{
    int depth = 0;
    bool in_string = false;

    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > BASE_JSON_DEPTH_MAX)
                return true;
        } else if (c == '}' || c == ']') {
            depth--;
        }
    }
    return false;
}

json_t *base_json_parse(const void *data, size_t size, GError **error)
{
    json_error_t failure;

    if (is_nested_too_deep(data, size)) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID,
                    "The JSON is nested more than %d levels deep.", BASE_JSON_DEPTH_MAX);
        return NULL;
    }
    json_t *json = json_loadb(data, size, JSON_REJECT_DUPLICATES, &failure);
    if (!json)
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID,
                    "The JSON cannot be read (line %d, column %d).", failure.line, failure.column);
    return json;
}

char *base_json_format(const json_t *json)
{
    size_t size = json_dumpb(json, NULL, 0, JSON_COMPACT | JSON_ENCODE_ANY);
    char *text = g_malloc(size + 1);

    size = json_dumpb(json, text, size, JSON_COMPACT | JSON_ENCODE_ANY);
    text[size] = '\0';
    return text;
}

static bool is_in_range(const struct base_json_field *field, gint64 number)
{
    return field->min >= field->max || (number >= field->min && number <= field->max);
}

/* Each reader stores the value and returns NULL, or returns what was expected instead. */
typedef const char *(*reader)(const struct base_json_field *field, json_t *json);

static const char *read_text(const struct base_json_field *field, json_t *json)
{
    if (!json_is_string(json))
        return "a text";
    if (!is_in_range(field, (gint64)json_string_length(json)))
        return "a text of allowed length";
    *(const char **)field->value = json_string_value(json);
    return NULL;
}

static const char *read_integer(const struct base_json_field *field, json_t *json)
{
    if (!json_is_integer(json))
        return "a whole number";
    if (!is_in_range(field, json_integer_value(json)))
        return "a number in its range";
    *(gint64 *)field->value = json_integer_value(json);
    return NULL;
}

static const char *read_real(const struct base_json_field *field, json_t *json)
{
    if (!json_is_number(json) || !isfinite(json_number_value(json)))
        return "a number";
    *(double *)field->value = json_number_value(json);
    return NULL;
}

static const char *read_bool(const struct base_json_field *field, json_t *json)
{
    if (!json_is_boolean(json))
        return "true or false";
    *(bool *)field->value = json_is_true(json);
    return NULL;
}

static const char *read_uuid(const struct base_json_field *field, json_t *json)
{
    struct base_uuid *uuid = field->value;

    /* The one of zeros stands for none, which a text that is given does not say. */
    return base_uuid_parse(json_string_value(json), uuid) && !base_uuid_is_nil(uuid) ? NULL
                                                                                     : "a UUID";
}

static const char *read_time(const struct base_json_field *field, json_t *json)
{
    return base_time_parse(json_string_value(json), field->value)
               ? NULL
               : "a time such as 2026-03-12T08:58:00-06:00";
}

static const char *read_array(const struct base_json_field *field, json_t *json)
{
    if (!json_is_array(json))
        return "a list";
    *(json_t **)field->value = json;
    return NULL;
}

static const char *read_object(const struct base_json_field *field, json_t *json)
{
    if (!json_is_object(json))
        return "an object";
    *(json_t **)field->value = json;
    return NULL;
}

static const reader READERS[] = {
    [BASE_JSON_TEXT] = read_text,   [BASE_JSON_INTEGER] = read_integer,
    [BASE_JSON_REAL] = read_real,   [BASE_JSON_BOOL] = read_bool,
    [BASE_JSON_UUID] = read_uuid,   [BASE_JSON_TIME] = read_time,
    [BASE_JSON_ARRAY] = read_array, [BASE_JSON_OBJECT] = read_object,
};

static bool read_field(const struct base_json_field *field, json_t *json, GError **error)
{
    if (json_is_null(json) && field->null) {
        *field->null = true;
        return true;
    }
    const char *expected = READERS[field->kind](field, json);
    if (expected) {
        if (field->kind != BASE_JSON_REAL && field->min < field->max)
            g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID,
                        "%s must be %s (%" G_GINT64_FORMAT " to %" G_GINT64_FORMAT ").",
                        field->name, expected, field->min, field->max);
        else
            g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID, "%s must be %s.", field->name,
                        expected);
        return false;
    }
    if (field->present)
        *field->present = true;
    return true;
}

static const struct base_json_field *find_field(const struct base_json_field *fields,
                                                size_t fields_n, const char *name)
{
    for (size_t i = 0; i < fields_n; i++)
        if (strcmp(fields[i].name, name) == 0)
            return &fields[i];
    return NULL;
}

bool base_json_read(json_t *object, const struct base_json_field *fields, size_t fields_n,
                    GError **error)
{
    const char *name;
    json_t *value;

    if (!json_is_object(object)) {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID, "A JSON object is expected.");
        return false;
    }
    json_object_foreach(object, name, value)
    {
        const struct base_json_field *field = find_field(fields, fields_n, name);
        if (!field) {
            g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID, "Unknown field: %.64s.", name);
            return false;
        }
        if (!read_field(field, value, error))
            return false;
    }
    for (size_t i = 0; i < fields_n; i++) {
        if (fields[i].need == BASE_JSON_REQUIRED && !json_object_get(object, fields[i].name)) {
            g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID, "%s is missing.", fields[i].name);
            return false;
        }
    }
    return true;
}

json_t *base_json_uuid(const struct base_uuid *uuid)
{
    char text[BASE_UUID_TEXT_SIZE];
    return json_string_nocheck(base_uuid_format(uuid, text));
}

json_t *base_json_time(base_time time)
{
    char text[BASE_TIME_TEXT_SIZE];
    return json_string_nocheck(base_time_format(time, text));
}

json_t *base_json_text_or_null(const char *text)
{
    return text ? json_string(text) : json_null();
}
