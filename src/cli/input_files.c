#include "base/error.h"
#include "cli/input.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#define FOLDER_DEPTH_MAX 32

GBytes *cli_file_read(const char *path, size_t size_max, GError **error)
{
    g_autoptr(GError) failure = NULL;
    struct stat status;
    char *data;
    gsize size;

    if (stat(path, &status) != 0) {
        bool missing = errno == ENOENT || errno == ENOTDIR;
        g_set_error(error, BASE_ERROR, missing ? BASE_ERROR_NOT_FOUND : BASE_ERROR_IO,
                    "%s cannot be read: %s.", path, g_strerror(errno));
        return NULL;
    }
    if (!S_ISREG(status.st_mode)) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID, "%s is not a file.", path);
        return NULL;
    }
    if ((guint64)status.st_size > size_max) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_TOO_LARGE, "%s has more than %zu bytes.", path,
                    size_max);
        return NULL;
    }
    if (!g_file_get_contents(path, &data, &size, &failure)) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_IO, "%s cannot be read: %s.", path,
                    failure->message);
        return NULL;
    }
    return g_bytes_new_take(data, size);
}

bool cli_file_write(const char *path, const void *data, size_t size, GError **error)
{
    g_autoptr(GError) failure = NULL;

    if (g_file_set_contents_full(path, data, (gssize)size,
                                 G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0644,
                                 &failure))
        return true;
    g_set_error(error, BASE_ERROR, BASE_ERROR_IO, "%s cannot be written: %s.", path,
                failure->message);
    return false;
}

bool cli_picture_has_name(const char *name)
{
    static const char *const ENDINGS[] = {".jpg", ".jpeg", ".png", ".webp"};
    g_autofree char *lower = g_ascii_strdown(name, -1);

    for (size_t i = 0; i < G_N_ELEMENTS(ENDINGS); i++)
        if (g_str_has_suffix(lower, ENDINGS[i]))
            return true;
    return false;
}

static int compare_texts(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names of a folder by their bytes, so that every run and every machine has the same order. */
static GPtrArray *names_in(const char *folder, GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_autoptr(GDir) directory = g_dir_open(folder, 0, &failure);
    const char *name;

    if (!directory) {
        bool missing = g_error_matches(failure, G_FILE_ERROR, G_FILE_ERROR_NOENT) ||
                       g_error_matches(failure, G_FILE_ERROR, G_FILE_ERROR_NOTDIR);
        g_set_error(error, BASE_ERROR, missing ? BASE_ERROR_NOT_FOUND : BASE_ERROR_IO,
                    "%s is not a folder that can be read.", folder);
        return NULL;
    }
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    while ((name = g_dir_read_name(directory)))
        if (name[0] != '.')
            g_ptr_array_add(names, g_strdup(name));
    g_ptr_array_sort(names, compare_texts);
    return names;
}

static bool is_folder(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static bool collect(const char *folder, int depth, GPtrArray *pictures, GError **error)
{
    g_autoptr(GPtrArray) names = names_in(folder, error);

    if (!names)
        return false;
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *path = g_build_filename(folder, names->pdata[i], NULL);
        if (is_folder(path)) {
            if (depth > 0 && !collect(path, depth - 1, pictures, error))
                return false;
        } else if (cli_picture_has_name(path)) {
            g_ptr_array_add(pictures, g_steal_pointer(&path));
        }
    }
    return true;
}

GPtrArray *cli_pictures_in(const char *folder, bool deep, GError **error)
{
    g_autoptr(GPtrArray) pictures = g_ptr_array_new_with_free_func(g_free);

    if (!collect(folder, deep ? FOLDER_DEPTH_MAX : 0, pictures, error))
        return NULL;
    return g_steal_pointer(&pictures);
}

GPtrArray *cli_folders_in(const char *folder, GError **error)
{
    g_autoptr(GPtrArray) names = names_in(folder, error);

    if (!names)
        return NULL;
    GPtrArray *folders = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *path = g_build_filename(folder, names->pdata[i], NULL);
        if (is_folder(path))
            g_ptr_array_add(folders, g_steal_pointer(&path));
    }
    return folders;
}
