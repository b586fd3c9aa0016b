/*
 * Static files, read into memory when the server is created: no disk, no path of the client's near
 * the file system, while it runs. FILE.gz and FILE.br beside FILE are its content in those codings,
 * unless they are older than it; without FILE.gz a text is compressed then. A page NAME.html beside
 * the index answers to NAME.
 */
#ifndef HTTP_FILES_H
#define HTTP_FILES_H

#include <microhttpd.h>

#include "http/coding.h"
#include "http/http.h"

#define HTTP_FILES_BYTES_MAX (256u << 20) /* of all directories together */

struct http_files;

/* The file in one content coding, which is another representation with a tag of its own. */
struct http_file_variant {
    char *etag;                   /* quoted and strong; NULL: there is none, or a redirection */
    struct MHD_Response *content; /* 200, or 301 */
    struct MHD_Response *not_modified;
};

struct http_file {
    /* HTTP_CODING_IDENTITY is always there; others where they are worth it. */
    struct http_file_variant variants[HTTP_CODING_N];
    unsigned there; /* which: bits 1 << enum http_coding */
    bool is_page;   /* HTML: what a browser goes to */
};

/* BASE_ERROR_IO or BASE_ERROR_TOO_LARGE name the directory. */
struct http_files *http_files_load(const struct http_options *options, GError **error);
void http_files_destroy(struct http_files *files);

/* `path` is decoded. NULL: no such file. */
const struct http_file *http_files_find(const struct http_files *files, const char *path);

/* What a client with this Accept-Encoding (may be NULL) gets. */
const struct http_file_variant *http_file_choose(const struct http_file *file,
                                                 const char *accept_encoding);

/* Whether an If-None-Match value names it as it is (RFC 9110, 13.1.2). */
bool http_file_matches(const struct http_file_variant *variant, const char *if_none_match);

#endif
