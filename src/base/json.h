/*
 * JSON (RFC 8259) on the way in and out. The only place that includes jansson, so that everything
 * is parsed with the same strictness: duplicate keys, invalid UTF-8, NUL characters, trailing text
 * and nesting over 32 levels are refused.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/time.h"
#include "base/uuid.h"

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(json_t, json_decref)

#define BASE_JSON_DEPTH_MAX 32

/* Parses one document. NULL with BASE_ERROR_INVALID and the position otherwise. The caller owns the
 * reference. */
json_t *base_json_parse(const void *data, size_t size, GError **error);

/* Compact text of a document; free with g_free. */
char *base_json_format(const json_t *json);

enum base_json_kind {
    BASE_JSON_TEXT,    /* const char *, borrowed from the document */
    BASE_JSON_INTEGER, /* gint64, within min and max */
    BASE_JSON_REAL,    /* double; an integer will do */
    BASE_JSON_BOOL,    /* bool */
    BASE_JSON_UUID,    /* struct base_uuid, not nil */
    BASE_JSON_TIME,    /* base_time, from RFC 3339 */
    BASE_JSON_ARRAY,   /* json_t *, borrowed */
    BASE_JSON_OBJECT,  /* json_t *, borrowed */
};

enum base_json_need {
    BASE_JSON_OPTIONAL,
    BASE_JSON_REQUIRED,
};

/* One member that an object may have, and where its value goes. */
struct base_json_field {
    const char *name;
    enum base_json_kind kind;
    enum base_json_need need;
    void *value;   /* of the kind's type; untouched when the member is missing or null */
    bool *present; /* may be NULL; true when the member is there and not null */
    bool *null;    /* may be NULL, then null is refused; true when the member is there and null */
    gint64 min;    /* integers: the range, checked when min < max; texts: length in bytes */
    gint64 max;
};

/*
 * Reads an object against a table of its members. Unknown members, missing required ones, wrong
 * types and values out of range fail with BASE_ERROR_INVALID, naming the member; nothing is
 * half-read in that case as far as the caller is concerned.
 */
bool base_json_read(json_t *object, const struct base_json_field *fields, size_t fields_n,
                    GError **error);

/* Values the API writes often. New references. */
json_t *base_json_uuid(const struct base_uuid *uuid);
json_t *base_json_time(base_time time);
json_t *base_json_text_or_null(const char *text);

#endif
