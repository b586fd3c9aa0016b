/*
 * multipart/form-data (RFC 7578, syntax of RFC 2046) over a body that is complete in memory.
 *
 * Strict: the delimiter must be exactly CRLF "--" boundary (blanks after it are allowed), every
 * part needs Content-Disposition: form-data with a name, and the closing delimiter must be there.
 * Nothing is copied: parts point into the body and live as long as it does.
 */
#ifndef HTTP_MULTIPART_H
#define HTTP_MULTIPART_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http_slice {
    const char *bytes; /* not NUL-terminated; NULL when absent */
    size_t size;
};

struct http_part {
    struct http_slice name;     /* valid UTF-8, never empty, without quotes */
    struct http_slice filename; /* as sent: for display only, never a path; absent: bytes NULL.
                                   filename* is forbidden in forms (RFC 7578, 4.2) and ignored */
    struct http_slice type;     /* the Content-Type header; absent means text/plain */
    struct http_slice data;
};

#define HTTP_MULTIPART_PARTS_MAX 64
#define HTTP_MULTIPART_PART_HEAD_MAX 4096 /* bytes of all headers of one part */

struct http_multipart {
    size_t parts_n;
    struct http_part parts[HTTP_MULTIPART_PARTS_MAX]; /* in the order sent, names may repeat */
};

/*
 * `content_type` is the whole header, with its boundary parameter. `parts_max` counts at most
 * HTTP_MULTIPART_PARTS_MAX. Fails with BASE_ERROR_INVALID (malformed or truncated: the message says
 * where) or BASE_ERROR_TOO_LARGE (too many parts, too long a part head).
 */
bool http_multipart_parse(const char *content_type, const void *body, size_t size, size_t parts_max,
                          struct http_multipart *form, GError **error);

/* The first part of that name; NULL when there is none. */
const struct http_part *http_multipart_find(const struct http_multipart *form, const char *name);

bool http_slice_equal(struct http_slice slice, const char *text);
/* A NUL-terminated copy; g_free it. */
char *http_slice_dup(struct http_slice slice);

#endif
