#include "api/form.h"

#include "base/error.h"
#include "http/multipart.h"

#include <string.h>

#define PICTURE_NAME "image"
#define VALUE_SIZE_MAX 4096

const char *const API_FORM_TYPES[] = {"application/json", "multipart/form-data", NULL};
const char *const API_JSON_TYPES[] = {"application/json", NULL};

static bool too_many(size_t pictures_max, GError **error)
{
    if (pictures_max == 0)
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID, "No pictures are expected.");
    else
        g_set_error(error, BASE_ERROR, BASE_ERROR_TOO_LARGE,
                    "At most %zu pictures can be sent at once.", pictures_max);
    return false;
}

static void add_picture(struct api_form *form, const void *data, size_t size)
{
    form->pictures = g_renew(struct recognise_picture, form->pictures, form->pictures_n + 1);
    form->pictures[form->pictures_n++] = (struct recognise_picture){data, size};
}

/* ---- multipart/form-data ---- */

static bool add_text(struct api_form *form, const char *name, const char *value, GError **error)
{
    if (json_object_get(form->values, name)) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID, "%.64s is given twice.", name);
        return false;
    }
    json_object_set_new(form->values, name, json_string(value));
    return true;
}

static bool read_value_part(struct api_form *form, const struct http_part *part, GError **error)
{
    g_autofree char *name = http_slice_dup(part->name);
    g_autofree char *value = http_slice_dup(part->data);

    if (part->data.size > VALUE_SIZE_MAX || !g_utf8_validate_len(value, part->data.size, NULL)) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID,
                    "%.64s must be a text (UTF-8) of at most %d bytes.", name, VALUE_SIZE_MAX);
        return false;
    }
    return add_text(form, name, value, error);
}

static bool read_multipart(const struct http_request *request, size_t pictures_max,
                           struct api_form *form, GError **error)
{
    g_autofree struct http_multipart *parts = g_new(struct http_multipart, 1);

    if (!http_multipart_parse(http_request_header(request, "Content-Type"), request->body,
                              request->body_size, HTTP_MULTIPART_PARTS_MAX, parts, error))
        return false;
    form->is_text = true;
    for (size_t i = 0; i < parts->parts_n; i++) {
        const struct http_part *part = &parts->parts[i];
        if (!http_slice_equal(part->name, PICTURE_NAME)) {
            if (!read_value_part(form, part, error))
                return false;
            continue;
        }
        if (form->pictures_n == pictures_max)
            return too_many(pictures_max, error);
        add_picture(form, part->data.bytes, part->data.size);
    }
    return true;
}

/* ---- JSON ---- */

/* GLib's decoder passes over what is not base64; a picture with a hole in it would only be called
 * damaged, so that is said here. Stray line breaks, which some encoders write, are fine. */
static bool is_base64(const char *text, size_t size)
{
    size_t symbols = 0, padding = 0;

    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        if (c == '\r' || c == '\n')
            continue;
        if (c == '=')
            padding++;
        else if (padding > 0 || !(g_ascii_isalnum(c) || c == '+' || c == '/'))
            return false;
        symbols++;
    }
    return symbols > 0 && symbols % 4 == 0 && padding <= 2;
}

static bool read_base64(struct api_form *form, json_t *text, GError **error)
{
    const char *start = json_string_value(text);
    size_t size = json_string_length(text);

    if (start && g_str_has_prefix(start, "data:")) {
        const char *comma = memchr(start, ',', MIN(size, 128));
        const char *kind = comma ? g_strrstr_len(start, comma - start, ";base64") : NULL;
        if (kind) {
            size -= (size_t)(comma + 1 - start);
            start = comma + 1;
        }
    }
    if (!start || !is_base64(start, size)) {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID,
                            PICTURE_NAME " must be a picture in base64, or a list of them.");
        return false;
    }
    gsize decoded_size;
    guchar *decoded = g_base64_decode(start, &decoded_size);
    g_ptr_array_add(form->decoded, decoded);
    add_picture(form, decoded, decoded_size);
    return true;
}

static bool read_json(const struct http_request *request, size_t pictures_max,
                      struct api_form *form, GError **error)
{
    g_autoptr(json_t) values = base_json_parse(request->body, request->body_size, error);

    if (!values)
        return false;
    if (!json_is_object(values)) {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID, "A JSON object is expected.");
        return false;
    }
    json_t *pictures = json_object_get(values, PICTURE_NAME);
    size_t pictures_n = json_is_array(pictures) ? json_array_size(pictures) : pictures != NULL;
    if (pictures_n > pictures_max)
        return too_many(pictures_max, error);
    for (size_t i = 0; i < pictures_n; i++) {
        json_t *picture = json_is_array(pictures) ? json_array_get(pictures, i) : pictures;
        if (!read_base64(form, picture, error))
            return false;
    }
    json_object_del(values, PICTURE_NAME);
    json_object_update(form->values, values);
    return true;
}

/* ---- both ---- */

static void form_init(struct api_form *form)
{
    *form = (struct api_form){
        .values = json_object(),
        .decoded = g_ptr_array_new_with_free_func(g_free),
    };
}

bool api_form_read_query(const struct http_request *request, struct api_form *form, GError **error)
{
    form_init(form);
    form->is_text = true;
    for (size_t i = 0; i < request->query_n; i++) {
        if (!add_text(form, request->query[i].name, request->query[i].value, error)) {
            api_form_clear(form);
            return false;
        }
    }
    return true;
}

bool api_form_read(const struct http_request *request, size_t pictures_max, struct api_form *form,
                   GError **error)
{
    form_init(form);
    if (request->body_size == 0)
        return true;
    bool is_multipart = g_strcmp0(request->content_type, "multipart/form-data") == 0;
    bool read = is_multipart ? read_multipart(request, pictures_max, form, error)
                             : read_json(request, pictures_max, form, error);
    if (!read)
        api_form_clear(form);
    return read;
}

void api_form_clear(struct api_form *form)
{
    g_clear_pointer(&form->values, json_decref);
    g_clear_pointer(&form->pictures, g_free);
    g_clear_pointer(&form->decoded, g_ptr_array_unref);
    form->pictures_n = 0;
}

/* The JSON value that a form's text stands for; the text itself when it is no such value, so that
 * base_json_read() complains in its own words. */
static json_t *value_of_text(enum base_json_kind kind, const char *text)
{
    char *end;

    if (kind == BASE_JSON_INTEGER) {
        gint64 number = g_ascii_strtoll(text, &end, 10);
        if (*text && *end == '\0')
            return json_integer(number);
    } else if (kind == BASE_JSON_REAL) {
        double number = g_ascii_strtod(text, &end);
        if (*text && *end == '\0')
            return json_real(number);
    } else if (kind == BASE_JSON_ARRAY) {
        json_t *list = base_json_parse(text, strlen(text), NULL);
        if (json_is_array(list))
            return list;
        json_decref(list);
    } else if (kind == BASE_JSON_BOOL) {
        if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
            return json_boolean(*text == 't');
    }
    return json_string(text);
}

bool api_form_values(struct api_form *form, const struct base_json_field *fields, size_t fields_n,
                     GError **error)
{
    for (size_t i = 0; form->is_text && i < fields_n; i++) {
        json_t *text = json_object_get(form->values, fields[i].name);
        if (!text)
            continue;
        /* An input that was left empty arrives as an empty text: the same as leaving it out. */
        if (json_string_length(text) == 0 && fields[i].need == BASE_JSON_OPTIONAL)
            json_object_del(form->values, fields[i].name);
        else
            json_object_set_new(form->values, fields[i].name,
                                value_of_text(fields[i].kind, json_string_value(text)));
    }
    return base_json_read(form->values, fields, fields_n, error);
}

bool api_json_values(const struct http_request *request, json_t **json,
                     const struct base_json_field *fields, size_t fields_n, GError **error)
{
    *json = base_json_parse(request->body, request->body_size, error);
    return *json && base_json_read(*json, fields, fields_n, error);
}
