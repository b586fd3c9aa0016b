/*
 * What a request says, whether it came as JSON or as multipart/form-data: named values and
 * pictures. Handlers read both the same way.
 *
 * In JSON, pictures are base64 texts (a "data:image/jpeg;base64," prefix is fine) under "image",
 * one text or a list. In a form they are the file parts named "image".
 */
#ifndef API_FORM_H
#define API_FORM_H

#include "base/json.h"
#include "http/http.h"
#include "recognise/recognise.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

struct api_form {
    json_t *values;                     /* an object, without the pictures */
    bool is_text;                       /* every value is a text, as forms have it */
    struct recognise_picture *pictures; /* in the order sent */
    size_t pictures_n;
    GPtrArray *decoded; /* what base64 gave; owns those pictures */
};

/* The media types that routes with such a body accept, for struct http_route. */
extern const char *const API_FORM_TYPES[];
extern const char *const API_JSON_TYPES[];

/*
 * Reads the request's body, which must outlive the form. An empty body gives no values and no
 * pictures. BASE_ERROR_INVALID when it is malformed, BASE_ERROR_TOO_LARGE for more than
 * `pictures_max` pictures.
 */
bool api_form_read(const struct http_request *request, size_t pictures_max, struct api_form *form,
                   GError **error);
void api_form_clear(struct api_form *form);
typedef struct api_form api_form;
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(api_form, api_form_clear)

/* The request's query parameters as such values, for the lists' filters. BASE_ERROR_INVALID when
 * one is given twice. */
bool api_form_read_query(const struct http_request *request, struct api_form *form, GError **error);

/* base_json_read() on the values; numbers and truth values of a form are read from their text. */
bool api_form_values(struct api_form *form, const struct base_json_field *fields, size_t fields_n,
                     GError **error);

/* The whole of it for requests without pictures: reads the JSON body against the table. `*json`
 * owns the texts that the fields point to. */
bool api_json_values(const struct http_request *request, json_t **json,
                     const struct base_json_field *fields, size_t fields_n, GError **error);

#endif
