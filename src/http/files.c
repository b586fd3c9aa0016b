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

/* FILE.gz and FILE.br are what the page's assembly made of FILE. */
static const char *const CODED_SUFFIXES[HTTP_CODING_N] = {
    [HTTP_CODING_GZIP] = ".gz",
    [HTTP_CODING_BROTLI] = ".br",
};

static const char *type_of(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(TYPES); i++)
        if (g_str_has_suffix(name, TYPES[i].suffix))
            return TYPES[i].type;
    return "application/octet-stream";
}

struct loading {
    struct http_files *files;
    const struct http_options *options;
    const struct http_directory *directory;
    char *root; /* real path */
};

/* Pictures, fonts and the like are compressed already. */
static bool is_text(const char *type)
{
    return g_str_has_prefix(type, "text/") || strstr(type, "json") || strstr(type, "svg") ||
           strstr(type, "yaml") || strstr(type, "wasm");
}

static void file_free(void *data)
{
    struct http_file *file = data;
    for (int i = 0; i < HTTP_CODING_N; i++) {
        g_free(file->variants[i].etag);
        if (file->variants[i].content)
            MHD_destroy_response(file->variants[i].content);
        if (file->variants[i].not_modified)
            MHD_destroy_response(file->variants[i].not_modified);
    }
    g_free(file);
}

/* What is true of both answers. */
static void finish_response(struct MHD_Response *response, const char *etag, const char *vary,
                            const struct loading *loading)
{
    MHD_add_response_header(response, MHD_HTTP_HEADER_ETAG, etag);
    if (vary)
        MHD_add_response_header(response, MHD_HTTP_HEADER_VARY, vary);
    /* Always asked again, answered with 304: a new version is seen at once. */
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-cache");
    http_security_headers(response, loading->options, loading->directory->csp);
}

static void bytes_free(void *bytes)
{
    g_bytes_unref(bytes);
}

/* Takes over the bytes and the tag. */
static struct http_file_variant variant_create(GBytes *bytes, char *etag, const char *type,
                                               const char *vary, const struct loading *loading)
{
    gsize size;
    const void *data = g_bytes_get_data(bytes, &size);
    struct http_file_variant variant = {.etag = etag};

    variant.content = MHD_create_response_from_buffer_with_free_callback_cls(
        size, (void *)(data ? data : ""), bytes_free, bytes);
    variant.not_modified = MHD_create_response_from_buffer(0, (void *)"", MHD_RESPMEM_PERSISTENT);
    MHD_add_response_header(variant.content, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    finish_response(variant.content, etag, vary, loading);
    finish_response(variant.not_modified, etag, vary, loading);
    return variant;
}

/* Which headers of a request decide on the answer: HTML may share its address with a route. */
static const char *vary_of(bool is_page, bool is_coded)
{
    if (is_page)
        return is_coded ? "Accept, Accept-Encoding" : "Accept";
    return is_coded ? "Accept-Encoding" : NULL;
}

/* A representation in a coding, with a tag of its own. Takes over the bytes. */
static void add_coded(struct http_file *file, enum http_coding coding, GBytes *bytes,
                      const char *sum, const char *type, const struct loading *loading)
{
    const char *name = http_coding_name(coding);
    struct http_file_variant *variant = &file->variants[coding];

    if (!bytes)
        return;
    file->there |= 1u << coding;
    loading->files->bytes += g_bytes_get_size(bytes);
    *variant = variant_create(bytes, g_strdup_printf("\"%.24s-%s\"", sum, name), type,
                              vary_of(file->is_page, true), loading);
    MHD_add_response_header(variant->content, MHD_HTTP_HEADER_CONTENT_ENCODING, name);
}

/* Takes over the content and `coded`: what was made of it before, with NULL where nothing was. */
static struct http_file *file_create(char *content, size_t size, GBytes *coded[HTTP_CODING_N],
                                     const char *name, const struct loading *loading)
{
    const char *type = type_of(name);
    struct http_file *file = g_new0(struct http_file, 1);
    GBytes *plain = g_bytes_new_take(content, size);
    g_autofree char *sum = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, plain);

    if (!coded[HTTP_CODING_GZIP] && is_text(type))
        coded[HTTP_CODING_GZIP] = http_coding_gzip(content, size);
    const bool is_coded = coded[HTTP_CODING_GZIP] || coded[HTTP_CODING_BROTLI];
    file->is_page = g_str_has_prefix(type, "text/html");
    file->there = 1u << HTTP_CODING_IDENTITY;
    file->variants[HTTP_CODING_IDENTITY] = variant_create(
        plain, g_strdup_printf("\"%.24s\"", sum), type, vary_of(file->is_page, is_coded), loading);
    add_coded(file, HTTP_CODING_GZIP, coded[HTTP_CODING_GZIP], sum, type, loading);
    add_coded(file, HTTP_CODING_BROTLI, coded[HTTP_CODING_BROTLI], sum, type, loading);
    return file;
}

/* Whether the real path of `file` is below the root, wherever symbolic links lead. */
static bool stays_inside(const struct loading *loading, const char *file)
{
    char *real = realpath(file, NULL);
    size_t n = strlen(loading->root);
    bool inside = real && !strncmp(real, loading->root, n) && real[n] == '/';
    free(real);
    return inside;
}

/* A page beside the index answers to its name alone. */
static char *address_of(const struct loading *loading, const char *path)
{
    const struct http_directory *directory = loading->directory;
    const char *name = path + strlen(directory->prefix);

    if (!directory->index || strchr(name, '/') || strcmp(name, directory->index) == 0 ||
        !g_str_has_suffix(name, ".html"))
        return g_strdup(path);
    return g_strndup(path, strlen(path) - strlen(".html"));
}

/* What lies beside the file in a coding; NULL: nothing, or what was made of an older file. */
static GBytes *coded_beside(const struct loading *loading, const char *file,
                            enum http_coding coding)
{
    if (!CODED_SUFFIXES[coding])
        return NULL;
    g_autofree char *name = g_strconcat(file, CODED_SUFFIXES[coding], NULL);
    char *content = NULL;
    gsize size = 0;
    GStatBuf plain;
    GStatBuf coded;

    if (g_stat(file, &plain) != 0 || g_stat(name, &coded) != 0 || !S_ISREG(coded.st_mode) ||
        coded.st_mtime < plain.st_mtime || !stays_inside(loading, name) ||
        !g_file_get_contents(name, &content, &size, NULL))
        return NULL;
    return g_bytes_new_take(content, size);
}

/* Whether `file` is another one's content in a coding. */
static bool is_coded_name(const char *file)
{
    for (size_t i = 0; i < HTTP_CODING_N; i++) {
        if (!CODED_SUFFIXES[i] || !g_str_has_suffix(file, CODED_SUFFIXES[i]))
            continue;
        g_autofree char *plain = g_strndup(file, strlen(file) - strlen(CODED_SUFFIXES[i]));
        if (g_file_test(plain, G_FILE_TEST_IS_REGULAR))
            return true;
    }
    return false;
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
    GBytes *coded[HTTP_CODING_N];
    for (size_t i = 0; i < HTTP_CODING_N; i++)
        coded[i] = coded_beside(loading, file, (enum http_coding)i);
    g_hash_table_replace(loading->files->by_path, address_of(loading, path),
                         file_create(content, size, coded, file, loading));
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
        if (*name == '.' || !g_utf8_validate(name, -1, NULL) || !stays_inside(loading, file) ||
            is_coded_name(file))
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
    redirection->variants[HTTP_CODING_IDENTITY].content =
        MHD_create_response_from_buffer(0, (void *)"", MHD_RESPMEM_PERSISTENT);
    MHD_add_response_header(redirection->variants[HTTP_CODING_IDENTITY].content,
                            MHD_HTTP_HEADER_LOCATION, directory->prefix);
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

const struct http_file_variant *http_file_choose(const struct http_file *file,
                                                 const char *accept_encoding)
{
    return &file->variants[http_coding_choose(accept_encoding, file->there)];
}

bool http_file_matches(const struct http_file_variant *variant, const char *if_none_match)
{
    return variant->etag && http_etag_listed(if_none_match, variant->etag, true);
}
