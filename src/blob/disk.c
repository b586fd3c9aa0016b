/*
 * Objects as files below one folder.
 *
 * The object "face/0198…beed" is the file "face/d/e/0198…beed.blob": two levels of folders named
 * after the last characters of the key's last segment. Those of a version 7 UUID are random, so
 * that each folder stays small; its first ones are the time, which would fill one folder after the
 * other. A key has no dot in it, so that no object is ever in the way of a folder.
 *
 * An object is written to a temporary file in ".new", synced and then renamed without replacing
 * anything. Nothing below the folder is followed when it is a symbolic link; the folder itself may
 * be one, for that is the site's own choice.
 */
#include "base/error.h"
#include "base/uuid.h"
#include "blob/driver.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define SUFFIX ".blob"
#define INCOMING ".new"

enum {
    FOLDER_MODE = 0700,
    FILE_MODE = 0600,
    SHARD = 1, /* characters */
    FILE_SIZE = BLOB_SEGMENT_MAX + sizeof SUFFIX,
};

struct disk {
    char *root;
    gint64 complained; /* monotonic µs of the last warning */
};

/* ---- errors ---- */

/* What the file system said, as a sentence without a path; the log, which only the site reads, gets
 * the path, once a minute. */
static bool fail(struct disk *disk, int number, const char *doing, GError **error)
{
    static const struct {
        int number;
        enum base_error code;
        const char *why;
    } WHY[] = {
        {ENOSPC, BASE_ERROR_UNAVAILABLE, "is full"},
        {EDQUOT, BASE_ERROR_UNAVAILABLE, "is full"},
        {EFBIG, BASE_ERROR_UNAVAILABLE, "is full"},
        {EROFS, BASE_ERROR_UNAVAILABLE, "cannot be written to"},
        {EACCES, BASE_ERROR_UNAVAILABLE, "cannot be used"},
        {EPERM, BASE_ERROR_UNAVAILABLE, "cannot be used"},
        {ENOTDIR, BASE_ERROR_UNAVAILABLE, "cannot be used"},
        {ENOENT, BASE_ERROR_UNAVAILABLE, "cannot be used"},
        {EMFILE, BASE_ERROR_UNAVAILABLE, "is busy"},
        {ENFILE, BASE_ERROR_UNAVAILABLE, "is busy"},
        {ESTALE, BASE_ERROR_UNAVAILABLE, "cannot be reached"},
        {ETIMEDOUT, BASE_ERROR_UNAVAILABLE, "cannot be reached"},
        {ELOOP, BASE_ERROR_CORRUPT, "has a symbolic link where it should have none"},
    };
    const gint64 now = g_get_monotonic_time();
    const char *why = "cannot be read or written";
    enum base_error code = BASE_ERROR_IO;

    for (size_t i = 0; i < G_N_ELEMENTS(WHY); i++) {
        if (WHY[i].number == number) {
            code = WHY[i].code;
            why = WHY[i].why;
        }
    }
    gint64 last = __atomic_load_n(&disk->complained, __ATOMIC_RELAXED);
    if ((last == 0 || now - last >= G_TIME_SPAN_MINUTE) &&
        __atomic_compare_exchange_n(&disk->complained, &last, now, false, __ATOMIC_RELAXED,
                                    __ATOMIC_RELAXED))
        g_warning("The store of pictures %s failed while %s: %s.", disk->root, doing,
                  g_strerror(number));
    g_set_error(error, BASE_ERROR, (int)code, "The store of pictures %s.", why);
    return false;
}

static bool fail_missing(GError **error)
{
    g_set_error_literal(error, BASE_ERROR, BASE_ERROR_NOT_FOUND,
                        "There is no such object in the store of pictures.");
    return false;
}

/* ---- folders ---- */

typedef int descriptor;

static void descriptor_close(const descriptor *fd)
{
    if (*fd >= 0)
        close(*fd);
}
#define AUTO_CLOSE __attribute__((cleanup(descriptor_close)))

static descriptor root_open(const struct disk *disk, bool create)
{
    int fd = open(disk->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0 || errno != ENOENT || !create)
        return fd;
    if (g_mkdir_with_parents(disk->root, FOLDER_MODE) != 0)
        return -1;
    fd = open(disk->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0)
        (void)syncfs(fd); /* several folders may be new, once in an installation's life */
    return fd;
}

/* A folder below another; its entry is durable when it had to be made. */
static descriptor folder_open(int parent, const char *name, bool create)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    int fd = openat(parent, name, flags);

    if (fd >= 0 || errno != ENOENT || !create)
        return fd;
    if (mkdirat(parent, name, FOLDER_MODE) != 0 && errno != EEXIST)
        return -1;
    if (fsync(parent) != 0)
        return -1;
    return openat(parent, name, flags);
}

/* Where an object's file is: its folders' names one after the other, and the file's. */
struct place {
    char folders[BLOB_SEGMENTS_MAX + 1][BLOB_SEGMENT_MAX + 1];
    size_t folders_n;
    char file[FILE_SIZE];
};

/* The two shards of a name, "0" standing in for what a short name lacks. */
static void shards_of(const char *name, size_t n, char outer[SHARD + 1], char inner[SHARD + 1])
{
    for (size_t i = 0; i < 2 * SHARD; i++) {
        const size_t from_end = 2 * SHARD - i;
        const char c = n >= from_end ? name[n - from_end] : '0';
        if (i < SHARD)
            inner[i] = c;
        else
            outer[i - SHARD] = c;
    }
    outer[SHARD] = inner[SHARD] = '\0';
}

static void place_of(const char *key, struct place *place)
{
    const char *name = key;

    place->folders_n = 0;
    for (const char *slash; (slash = strchr(name, '/')); name = slash + 1)
        g_strlcpy(place->folders[place->folders_n++], name, (gsize)(slash - name) + 1);
    shards_of(name, strlen(name), place->folders[place->folders_n],
              place->folders[place->folders_n + 1]);
    place->folders_n += 2;
    g_snprintf(place->file, sizeof place->file, "%s" SUFFIX, name);
}

/* The folder of an object; -1 with errno. */
static descriptor place_open(const struct disk *disk, const struct place *place, bool create)
{
    int fd = root_open(disk, create);

    for (size_t i = 0; fd >= 0 && i < place->folders_n; i++) {
        const int parent = fd;
        fd = folder_open(parent, place->folders[i], create);
        const int number = errno;
        close(parent);
        errno = number;
    }
    return fd;
}

/* ---- opening ---- */

static void *disk_open(const char *address, GError **error)
{
    if (!*address) {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID,
                            "The store of pictures names no folder after \"file:\".");
        return NULL;
    }
    struct disk *disk = g_new0(struct disk, 1);
    /* "file:///var/lib/x" is how URLs say "file:/var/lib/x". */
    const char *path = g_str_has_prefix(address, "///") ? address + 2 : address;
    disk->root = g_canonicalize_filename(path, NULL);
    return disk;
}

static void disk_close(void *native)
{
    struct disk *disk = native;

    g_free(disk->root);
    g_free(disk);
}

/* ---- writing ---- */

static bool write_all(int fd, const void *data, size_t size)
{
    const char *at = data;

    while (size > 0) {
        const ssize_t n = write(fd, at, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            errno = n < 0 ? errno : ENOSPC;
            return false;
        }
        at += n;
        size -= (size_t)n;
    }
    return true;
}

/* Writes and syncs the temporary file; false with errno, and no file is left. */
static bool incoming_write(int incoming, const char *name, const void *data, size_t size)
{
    const int fd =
        openat(incoming, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);

    if (fd < 0)
        return false;
    bool ok = write_all(fd, data, size) && fsync(fd) == 0;
    int number = errno;
    if (close(fd) != 0 && ok) {
        ok = false;
        number = errno;
    }
    if (!ok)
        unlinkat(incoming, name, 0);
    errno = number;
    return ok;
}

/* Gives the temporary file its name unless that is taken: EEXIST then. The temporary name is gone
 * afterwards, whatever happened. */
static bool incoming_publish(int incoming, const char *name, int folder, const char *file)
{
    if (renameat2(incoming, name, folder, file, RENAME_NOREPLACE) == 0)
        return true;
    int number = errno;
    /* Network file systems know links, but not this way of renaming. */
    bool ok =
        (number == EINVAL || number == ENOSYS) && linkat(incoming, name, folder, file, 0) == 0;
    if (!ok && (number == EINVAL || number == ENOSYS))
        number = errno;
    unlinkat(incoming, name, 0);
    errno = number;
    return ok;
}

static bool disk_put(void *native, const char *key, const void *data, size_t size, GError **error)
{
    struct disk *disk = native;
    struct place place;
    struct base_uuid id;
    char name[BASE_UUID_TEXT_SIZE];

    place_of(key, &place);
    AUTO_CLOSE const descriptor folder = place_open(disk, &place, true);
    if (folder < 0)
        return fail(disk, errno, "a folder was made", error);
    AUTO_CLOSE const descriptor root = root_open(disk, false);
    AUTO_CLOSE const descriptor incoming = root < 0 ? -1 : folder_open(root, INCOMING, true);
    if (incoming < 0)
        return fail(disk, errno, "the folder of new files was opened", error);
    base_uuid_new(&id);
    base_uuid_format(&id, name);
    if (!incoming_write(incoming, name, data, size))
        return fail(disk, errno, "a file was written", error);
    if (!incoming_publish(incoming, name, folder, place.file)) {
        if (errno != EEXIST)
            return fail(disk, errno, "a file was renamed", error);
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_CONFLICT,
                            "There is such an object in the store of pictures already.");
        return false;
    }
    return fsync(folder) == 0 || fail(disk, errno, "a folder was synced", error);
}

/* ---- reading ---- */

static bool read_all(int fd, char *data, guint64 offset, size_t size)
{
    while (size > 0) {
        const ssize_t n = pread(fd, data, size, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            errno = n < 0 ? errno : EIO;
            return false;
        }
        data += n;
        offset += (guint64)n;
        size -= (size_t)n;
    }
    return true;
}

static GBytes *file_read(struct disk *disk, int fd, const struct blob_range *range, guint64 *total,
                         GError **error)
{
    struct stat status;

    if (fstat(fd, &status) != 0) {
        fail(disk, errno, "a file was looked at", error);
        return NULL;
    }
    if (!S_ISREG(status.st_mode) || status.st_size < 1 || status.st_size > BLOB_SIZE_MAX) {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_CORRUPT,
                            "What the store of pictures has here is no picture.");
        return NULL;
    }
    *total = (guint64)status.st_size;
    if (range->offset >= *total) {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID,
                            "The object ends before the bytes that were asked for.");
        return NULL;
    }
    guint64 length = *total - range->offset;
    if (range->length > 0)
        length = MIN(length, range->length);
    char *data = g_malloc(length);
    if (!read_all(fd, data, range->offset, length)) {
        fail(disk, errno, "a file was read", error);
        g_free(data);
        return NULL;
    }
    return g_bytes_new_take(data, length);
}

static GBytes *disk_get(void *native, const char *key, const struct blob_range *range,
                        guint64 *total, GError **error)
{
    struct disk *disk = native;
    struct place place;

    place_of(key, &place);
    AUTO_CLOSE const descriptor folder = place_open(disk, &place, false);
    /* Not to be kept waiting by a pipe that somebody put there. */
    AUTO_CLOSE const descriptor fd =
        folder < 0 ? -1
                   : openat(folder, place.file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd >= 0)
        return file_read(disk, fd, range, total, error);
    if (errno == ENOENT)
        fail_missing(error);
    else
        fail(disk, errno, "a file was opened", error);
    return NULL;
}

static bool disk_remove(void *native, const char *key, GError **error)
{
    struct disk *disk = native;
    struct place place;

    place_of(key, &place);
    AUTO_CLOSE const descriptor folder = place_open(disk, &place, false);
    if (folder >= 0 && unlinkat(folder, place.file, 0) == 0)
        return fsync(folder) == 0 || fail(disk, errno, "a folder was synced", error);
    return errno == ENOENT || fail(disk, errno, "a file was deleted", error);
}

/* ---- listing ---- */

static int compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names in a folder in the order of their bytes, those that begin with a dot left out; NULL
 * with errno. */
static GPtrArray *folder_names(int fd, bool hidden)
{
    const int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream = own < 0 ? NULL : fdopendir(own);
    const struct dirent *entry;

    if (!stream) {
        const int number = errno;
        descriptor_close(&own);
        errno = number;
        return NULL;
    }
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    errno = 0;
    while ((entry = readdir(stream)))
        if (entry->d_name[0] != '.' ||
            (hidden && strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0))
            g_ptr_array_add(names, g_strdup(entry->d_name));
    const int number = errno;
    closedir(stream);
    if (number != 0) {
        g_ptr_array_unref(names);
        errno = number;
        return NULL;
    }
    g_ptr_array_sort(names, compare_names);
    return names;
}

struct walk {
    struct disk *disk;
    const char *prefix;
    size_t limit;
    struct blob_page *page;
    GString *path; /* of the folder being read, with a slash at the end */
    GError **error;
};

enum walk_result {
    WALK_ON,
    WALK_FULL,
    WALK_FAILED,
};

/* The key of a file by its path; NULL when no object of ours lies there. */
static char *key_of(const char *path)
{
    g_auto(GStrv) parts = g_strsplit(path, "/", -1);
    const guint n = g_strv_length(parts);

    if (n < 3 || !g_str_has_suffix(path, SUFFIX))
        return NULL;
    parts[n - 1][strlen(parts[n - 1]) - strlen(SUFFIX)] = '\0';
    char outer[SHARD + 1], inner[SHARD + 1];
    shards_of(parts[n - 1], strlen(parts[n - 1]), outer, inner);
    if (strcmp(parts[n - 3], outer) != 0 || strcmp(parts[n - 2], inner) != 0)
        return NULL;
    GString *key = g_string_new(NULL);
    for (guint i = 0; i + 3 < n; i++)
        g_string_append_printf(key, "%s/", parts[i]);
    g_string_append(key, parts[n - 1]);
    if (!blob_key_is_valid(key->str))
        return g_string_free(key, TRUE);
    return g_string_free(key, FALSE);
}

static enum walk_result walk_file(struct walk *walk, int folder, const char *name)
{
    g_autofree char *path = g_strconcat(walk->path->str, name, NULL);
    g_autofree char *key = key_of(path);
    struct stat status;

    if (!key || !g_str_has_prefix(key, walk->prefix) ||
        fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(status.st_mode))
        return WALK_ON;
    const struct blob_entry entry = {
        .key = g_steal_pointer(&key),
        .size = (guint64)status.st_size,
        .modified_at = status.st_mtim.tv_sec * BASE_TIME_SECOND + status.st_mtim.tv_nsec / 1000,
    };
    g_array_append_val(walk->page->entries, entry);
    if (walk->page->entries->len < walk->limit)
        return WALK_ON;
    walk->page->cursor = g_steal_pointer(&path);
    return WALK_FULL;
}

static enum walk_result walk_folder(struct walk *walk, int folder, const char *cursor,
                                    size_t depth);

/* Whatever is neither a folder nor an object of ours is passed over: it is somebody else's. */
static enum walk_result walk_below(struct walk *walk, int folder, const char *name,
                                   const char *cursor, size_t depth)
{
    const char *slash = strchr(walk->prefix, '/');
    const size_t n = strlen(name);

    /* What does not begin like the prefix need not be read. */
    if (depth == 0 && slash &&
        (n != (size_t)(slash - walk->prefix) || strncmp(name, walk->prefix, n) != 0))
        return WALK_ON;
    if (depth > BLOB_SEGMENTS_MAX)
        return WALK_ON;
    AUTO_CLOSE const descriptor below = folder_open(folder, name, false);
    if (below < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
        return WALK_ON;
    if (below < 0) {
        fail(walk->disk, errno, "a folder was opened", walk->error);
        return WALK_FAILED;
    }
    const gsize length = walk->path->len;
    g_string_append_printf(walk->path, "%s/", name);
    const enum walk_result result = walk_folder(walk, below, cursor, depth + 1);
    g_string_truncate(walk->path, length);
    return result;
}

/* `cursor` is the path, relative to this folder, of the last object that was listed before; NULL:
 * none in this folder. */
static enum walk_result walk_folder(struct walk *walk, int folder, const char *cursor, size_t depth)
{
    const size_t skip = cursor ? strcspn(cursor, "/") : 0;
    const char *rest = cursor && cursor[skip] == '/' ? cursor + skip + 1 : NULL;
    g_autofree char *until = cursor ? g_strndup(cursor, skip) : NULL;
    g_autoptr(GPtrArray) names = folder_names(folder, false);
    enum walk_result result = WALK_ON;

    if (!names) {
        fail(walk->disk, errno, "a folder was read", walk->error);
        return WALK_FAILED;
    }
    for (guint i = 0; result == WALK_ON && i < names->len; i++) {
        const char *name = names->pdata[i];
        const int order = until ? strcmp(name, until) : 1;
        if (order < 0 || (order == 0 && !rest))
            continue;
        result = g_str_has_suffix(name, SUFFIX)
                     ? walk_file(walk, folder, name)
                     : walk_below(walk, folder, name, order == 0 ? rest : NULL, depth);
    }
    return result;
}

static bool disk_list(void *native, const char *prefix, const char *cursor, size_t limit,
                      struct blob_page *page, GError **error)
{
    struct disk *disk = native;
    struct walk walk = {disk, prefix, limit, page, NULL, error};
    AUTO_CLOSE const descriptor root = root_open(disk, false);

    if (root < 0)
        return errno == ENOENT || fail(disk, errno, "its folder was opened", error);
    walk.path = g_string_new(NULL);
    const enum walk_result result = walk_folder(&walk, root, cursor, 0);
    g_string_free(walk.path, TRUE);
    return result != WALK_FAILED;
}

/* ---- leftovers ---- */

static bool disk_sweep(void *native, base_time before, bool dry_run, gint64 *removed,
                       GError **error)
{
    struct disk *disk = native;
    AUTO_CLOSE const descriptor root = root_open(disk, false);
    AUTO_CLOSE const descriptor incoming = root < 0 ? -1 : folder_open(root, INCOMING, false);

    if (incoming < 0)
        return errno == ENOENT || fail(disk, errno, "the folder of new files was opened", error);
    g_autoptr(GPtrArray) names = folder_names(incoming, true);
    if (!names)
        return fail(disk, errno, "the folder of new files was read", error);
    for (guint i = 0; i < names->len; i++) {
        struct stat status;
        if (fstatat(incoming, names->pdata[i], &status, AT_SYMLINK_NOFOLLOW) != 0 ||
            S_ISDIR(status.st_mode) || status.st_mtim.tv_sec >= before / BASE_TIME_SECOND)
            continue;
        if (!dry_run && unlinkat(incoming, names->pdata[i], 0) != 0 && errno != ENOENT)
            return fail(disk, errno, "a leftover was deleted", error);
        ++*removed;
    }
    return true;
}

/* A folder that is not made yet will be on the disk of those around it. */
static bool disk_room(void *native, guint64 *bytes, GError **error)
{
    struct disk *disk = native;
    struct statvfs room;
    g_autofree char *folder = g_build_filename(disk->root, ".", NULL); /* a folder, no file */
    int missing = statvfs(folder, &room);

    while (missing != 0 && errno == ENOENT && strcmp(folder, "/") != 0 &&
           strcmp(folder, ".") != 0) {
        char *around = g_path_get_dirname(folder);
        g_free(folder);
        folder = around;
        missing = statvfs(folder, &room);
    }
    if (missing != 0)
        return fail(disk, errno, "its room was measured", error);
    *bytes = (guint64)room.f_bavail * room.f_frsize;
    return true;
}

const struct blob_driver blob_driver_disk = {
    .scheme = "file",
    .open = disk_open,
    .close = disk_close,
    .put = disk_put,
    .get = disk_get,
    .remove = disk_remove,
    .list = disk_list,
    .room = disk_room,
    .sweep = disk_sweep,
};
