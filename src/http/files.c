#include "http/files.h"

#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "http/content.h"
#include "http/internal.h"

#define DEPTH_MAX 16

struct http_files {
    GHashTable *by_path; /* path → struct http_file */
    size_t bytes;
};

static const struct {
    const char *suffix;
    const char *type;
} TYPES[] = {
    {".html", "text/html; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".json", "application/json"},
    {".map", "application/json"},
    {".webmanifest", "application/manifest+json"},
    {".yaml", "application/yaml"},
    {".txt", "text/plain; charset=utf-8"},
    {".md", "text/plain; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".jpg", "image/jpeg"},
    {".jpeg", "image/jpeg"},
    {".webp", "image/webp"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
    {".woff", "font/woff"},
    {".wasm", "application/wasm"},
    {".pdf", "application/pdf"},
};

static const char *type_of(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(TYPES); i++)
        if (g_str_has_suffix(name, TYPES[i].suffix))
            return TYPES[i].type;
    return "application/octet-stream";
}

static void file_free(void *data)
{
    struct http_file *file = data;
    g_free(file->etag);
    if (file->content)
        MHD_destroy_response(file->content);
    if (file->not_modified)
        MHD_destroy_response(file->not_modified);
    g_free(file);
}

static void finish_response(struct MHD_Response *response, const char *etag,
                            const struct http_options *options, const char *csp)
{
    MHD_add_response_header(response, MHD_HTTP_HEADER_ETAG, etag);
    /* Always asked again, answered with 304: a new version is seen at once. */
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-cache");
    http_security_headers(response, options, csp);
}

static struct http_file *file_create(char *content, size_t size, const char *name,
                                     const struct http_options *options, const char *csp)
{
    struct http_file *file = g_new0(struct http_file, 1);
    g_autofree char *sum =
        g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)content, size);
    file->etag = g_strdup_printf("\"%.24s\"", sum);
    file->content = MHD_create_response_from_buffer_with_free_callback(size, content, g_free);
    file->not_modified = MHD_create_response_from_buffer(0, (void *)"", MHD_RESPMEM_PERSISTENT);
    MHD_add_response_header(file->content, MHD_HTTP_HEADER_CONTENT_TYPE, type_of(name));
    finish_response(file->content, file->etag, options, csp);
    finish_response(file->not_modified, file->etag, options, csp);
    return file;
}

struct loading {
    struct http_files *files;
    const struct http_options *options;
    const struct http_directory *directory;
    char *root; /* real path */
};

/* Whether the real path of `file` is below the root, wherever symbolic links lead. */
static bool stays_inside(const struct loading *loading, const char *file)
{
    char *real = realpath(file, NULL);
    size_t n = strlen(loading->root);
    bool inside = real && !strncmp(real, loading->root, n) && real[n] == '/';
    free(real);
    return inside;
}

static bool load_file(struct loading *loading, const char *file, const char *path, GError **error)
{
    g_autoptr(GError) cause = NULL;
    char *content = NULL;
    size_t size = 0;
    if (!g_file_get_contents(file, &content, &size, &cause)) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_IO, "cannot read a page file: %s",
                    cause->message);
        return false;
    }
    loading->files->bytes += size;
    if (loading->files->bytes > HTTP_FILES_BYTES_MAX) {
        g_free(content);
        g_set_error(error, BASE_ERROR, BASE_ERROR_TOO_LARGE,
                    "the page files in %s are too large to be served from memory",
                    loading->directory->directory);
        return false;
    }
    g_hash_table_replace(
        loading->files->by_path, g_strdup(path),
        file_create(content, size, file, loading->options, loading->directory->csp));
    return true;
}

static bool load_directory(struct loading *loading, const char *directory, const char *prefix,
                           unsigned depth, GError **error)
{
    g_autoptr(GError) cause = NULL;
    g_autoptr(GDir) dir = g_dir_open(directory, 0, &cause);
    if (!dir) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_IO, "cannot read the pages: %s", cause->message);
        return false;
    }
    const char *name;
    while ((name = g_dir_read_name(dir))) {
        g_autofree char *file = g_build_filename(directory, name, NULL);
        if (*name == '.' || !g_utf8_validate(name, -1, NULL) || !stays_inside(loading, file))
            continue;
        bool is_directory = g_file_test(file, G_FILE_TEST_IS_DIR);
        g_autofree char *path = g_strconcat(prefix, name, is_directory ? "/" : NULL, NULL);
        if (is_directory && depth < DEPTH_MAX) {
            if (!load_directory(loading, file, path, depth + 1, error))
                return false;
        } else if (g_file_test(file, G_FILE_TEST_IS_REGULAR) &&
                   !load_file(loading, file, path, error)) {
            return false;
        }
    }
    return true;
}

/* The index answers to the prefix, and the prefix without its slash redirects there. */
static void add_index(struct loading *loading)
{
    const struct http_directory *directory = loading->directory;
    if (!directory->index)
        return;
    g_autofree char *path = g_strconcat(directory->prefix, directory->index, NULL);
    struct http_file *file = g_hash_table_lookup(loading->files->by_path, path);
    if (!file)
        return;
    gpointer key;
    g_hash_table_steal_extended(loading->files->by_path, path, &key, NULL);
    g_free(key);
    g_hash_table_replace(loading->files->by_path, g_strdup(directory->prefix), file);
    size_t n = strlen(directory->prefix);
    if (n < 2)
        return;
    struct http_file *redirection = g_new0(struct http_file, 1);
    redirection->content = MHD_create_response_from_buffer(0, (void *)"", MHD_RESPMEM_PERSISTENT);
    MHD_add_response_header(redirection->content, MHD_HTTP_HEADER_LOCATION, directory->prefix);
    g_hash_table_replace(loading->files->by_path, g_strndup(directory->prefix, n - 1), redirection);
}

static bool add_directory(struct http_files *files, const struct http_options *options,
                          const struct http_directory *directory, GError **error)
{
    size_t n = strlen(directory->prefix);
    if (!n || *directory->prefix != '/' || directory->prefix[n - 1] != '/') {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID,
                    "the prefix \"%s\" of a directory does not begin and end with a slash",
                    directory->prefix);
        return false;
    }
    char *root = realpath(directory->directory, NULL);
    if (!root) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_IO, "the directory %s cannot be read: %s",
                    directory->directory, g_strerror(errno));
        return false;
    }
    struct loading loading = {files, options, directory, root};
    bool loaded = load_directory(&loading, root, directory->prefix, 0, error);
    if (loaded)
        add_index(&loading);
    free(root);
    return loaded;
}

struct http_files *http_files_load(const struct http_options *options, GError **error)
{
    struct http_files *files = g_new0(struct http_files, 1);
    files->by_path = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, file_free);
    for (size_t i = 0; i < options->directories_n; i++) {
        if (add_directory(files, options, &options->directories[i], error))
            continue;
        http_files_destroy(files);
        return NULL;
    }
    return files;
}

void http_files_destroy(struct http_files *files)
{
    if (!files)
        return;
    g_hash_table_destroy(files->by_path);
    g_free(files);
}

const struct http_file *http_files_find(const struct http_files *files, const char *path)
{
    return g_hash_table_lookup(files->by_path, path);
}

bool http_file_matches(const struct http_file *file, const char *if_none_match)
{
    return file->etag && http_etag_listed(if_none_match, file->etag, true);
}
