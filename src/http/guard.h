/*
 * The request guard: decides whether the head of a request means one thing only (RFC 9112,
 * RFC 3986). What two programs could read differently (two lengths, a folded header, an encoded
 * slash) is refused, so that nothing can be smuggled past a proxy in front of us.
 *
 * Its limit: the lines within a chunked body are read by the library, at every level of its
 * strictness, and it takes a bare LF for their end. A proxy in front of us must not pass such
 * bodies on as they came: it refuses them, or measures them anew.
 *
 * Pure functions over bytes: they know nothing of sockets.
 */
#ifndef HTTP_GUARD_H
#define HTTP_GUARD_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/http.h"

#define HTTP_TARGET_MAX 4096    /* bytes of path and query as sent */
#define HTTP_FIELDS_MAX 64      /* header fields */
#define HTTP_FIELDS_BYTES 16384 /* names and values together */
#define HTTP_SEGMENTS_MAX 12

struct http_field {
    const char *name; /* neither needs to be NUL-terminated */
    size_t name_size;
    const char *value;
    size_t value_size;
};

struct http_head {
    const char *method;
    const char *version;
    const struct http_field *fields;
    size_t fields_n;
};

struct http_framing {
    int64_t content_length; /* -1: not given */
    bool chunked;
    bool expects_continue;
    const struct http_field *content_type; /* NULL: not given */
};

/* Why a request is refused. Messages are static. */
struct http_verdict {
    unsigned status; /* 0: nothing wrong */
    const char *message;
};

/* Checks method, version and every field; fills `framing`. */
struct http_verdict http_guard_head(const struct http_head *head, struct http_framing *framing);

struct http_target {
    const char *path;                        /* decoded as a whole */
    const char *segments[HTTP_SEGMENTS_MAX]; /* decoded, without the slashes; "/" is one: "" */
    size_t segments_n;
    struct http_pair query[HTTP_QUERY_MAX];
    size_t query_n;
    bool asterisk; /* "OPTIONS *" */
};

/* Bytes that http_guard_target needs for a target of `size` bytes. */
#define HTTP_TARGET_SPACE(size) (3 * (size) + 8)

/*
 * Splits and decodes a request target in origin, absolute or asterisk form. Strings are written
 * into `space`. Refuses control characters, bad percent escapes, what is not UTF-8, "." and ".."
 * segments, encoded slashes and backslashes.
 */
struct http_verdict http_guard_target(const char *raw, size_t size, char *space,
                                      struct http_target *target);

/*
 * The media type of a Content-Type value, lower case, into `type` (at least 80 bytes); false when
 * it is malformed.
 */
bool http_media_type(const char *value, size_t size, char type[80]);

bool http_field_is(const struct http_field *field, const char *name);

#endif
