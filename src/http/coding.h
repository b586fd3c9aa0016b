/* What a client gets of what is there in several forms (RFC 9110, sections 8.4 and 12.5). */
#ifndef HTTP_CODING_H
#define HTTP_CODING_H

#include <glib.h>
#include <stdbool.h>

/* In the order of what they make of text: the last is the shortest. */
enum http_coding {
    HTTP_CODING_IDENTITY,
    HTTP_CODING_GZIP,
    HTTP_CODING_BROTLI,
    HTTP_CODING_N,
};

/* As Content-Encoding and Accept-Encoding have it: "gzip". NULL for HTTP_CODING_IDENTITY. */
const char *http_coding_name(enum http_coding coding);

/* Which of the codings that are there (bits 1 << enum http_coding; HTTP_CODING_IDENTITY always is)
 * the value of Accept-Encoding (NULL: there is none) prefers, by its weights; of equals the
 * shorter. Where it refuses all of them it is answered as it is. */
enum http_coding http_coding_choose(const char *accept, unsigned there);

/* The bytes in gzip (RFC 1952), the same for the same bytes. NULL when that is not worth it: it
 * saves less than a tenth. */
GBytes *http_coding_gzip(const void *data, gsize size);

/* Whether the value of Accept names HTML, as browsers do that go somewhere. NULL does not. */
bool http_accept_names_html(const char *accept);

#endif
