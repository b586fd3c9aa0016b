/*
 * Answers with stored content that a client may have already, or want a part of: conditions
 * (RFC 9110, section 13) and a single range of bytes (section 14). Several ranges at once are
 * answered with everything, as the RFC allows.
 */
#ifndef HTTP_CONTENT_H
#define HTTP_CONTENT_H

#include "base/time.h"
#include "http/http.h"

struct http_content {
    const char *type;
    const char *etag;   /* strong and quoted: other bytes have another one */
    base_time modified; /* 0: not known; shown in whole seconds */
    const char *cache;  /* Cache-Control */
};

/* Whether the request's conditions need no content: then the answer is 304 or 412, complete. Ask
 * before the content is fetched. */
bool http_content_unchanged(struct http_response *response, const struct http_request *request,
                            const struct http_content *content);

/* 200 with all of the bytes, 206 with the part that Range asks for, or 416. Takes a reference to
 * `bytes`. */
void http_content_send(struct http_response *response, const struct http_request *request,
                       const struct http_content *content, GBytes *bytes);

/* ---- the parts, for whoever has other answers ---- */

enum http_range_kind {
    HTTP_RANGE_NONE,          /* not a single valid range of bytes: to be ignored */
    HTTP_RANGE_SATISFIABLE,   /* first ≤ last < size */
    HTTP_RANGE_UNSATISFIABLE, /* valid, but nothing of it is there */
};

struct http_range {
    guint64 first, last; /* both included */
};

/* Reads the value of a Range header for content of `size` bytes. NULL is HTTP_RANGE_NONE. */
enum http_range_kind http_range_parse(const char *value, guint64 size, struct http_range *range);

/* Whether a list of entity tags, as in If-Match and If-None-Match, names this one or is "*". The
 * strong comparison never takes a tag of the list that begins with W/. NULL names nothing. */
bool http_etag_listed(const char *list, const char *etag, bool weak);

#define HTTP_DATE_SIZE 32

/* A date of HTTP in any of the three forms of RFC 9110, section 5.6.7, as seconds since 1970. False
 * for anything else, NULL included. */
bool http_date_parse(const char *text, gint64 *seconds);

/* The preferred form, "Sun, 06 Nov 1994 08:49:37 GMT"; returns `text`. */
char *http_date_format(gint64 seconds, char text[static HTTP_DATE_SIZE]);

#endif
