/*
 * Static files, read into memory when the server is created: no disk, no path of the client's
 * near the file system, while it runs.
 */
#ifndef HTTP_FILES_H
#define HTTP_FILES_H

#include <microhttpd.h>

#include "http/http.h"

#define HTTP_FILES_BYTES_MAX (256u << 20) /* of all directories together */

struct http_files;

struct http_file {
    char *etag;                   /* quoted; NULL: a redirection */
    struct MHD_Response *content; /* 200, or 301 */
    struct MHD_Response *not_modified;
};

/* BASE_ERROR_IO or BASE_ERROR_TOO_LARGE name the directory. */
struct http_files *http_files_load(const struct http_options *options, GError **error);
void http_files_destroy(struct http_files *files);

/* `path` is decoded. NULL: no such file. */
const struct http_file *http_files_find(const struct http_files *files, const char *path);

/* Whether an If-None-Match value names the file as it is (RFC 9110, 13.1.2). */
bool http_file_matches(const struct http_file *file, const char *if_none_match);

#endif
