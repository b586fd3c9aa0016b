#include "archive/archive.h"
#include "base/error.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct archive_writer {
    struct archive *native;
    int fd;
    char *path;       /* NULL: into the caller's file */
    char *unfinished; /* the name until it is whole */
    bool force;
    bool failed; /* nothing is written any more */
    int reason;  /* errno of the write that failed */
};

static bool fail_io(const char *path, int reason, GError **error)
{
    g_set_error(error, BASE_ERROR, BASE_ERROR_IO, "This file cannot be written: %s: %s.",
                path ? path : "a temporary file", g_strerror(reason));
    return false;
}

static bool fail_native(struct archive_writer *writer, GError **error)
{
    writer->failed = true;
    return fail_io(writer->path, writer->reason ? writer->reason : EIO, error);
}

/* An archive that libarchive has seen fail is not freed whole, so it never does: what cannot or
 * need not be written any more is taken and dropped, and we remember it. */
static la_ssize_t write_block(struct archive *native, void *data, const void *block, size_t size)
{
    struct archive_writer *writer = data;
    const char *at = block;

    (void)native;
    for (size_t left = size; left > 0 && !writer->failed;) {
        ssize_t n = write(writer->fd, at, left);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            writer->reason = errno;
            writer->failed = true;
            break;
        }
        at += n;
        left -= (size_t)n;
    }
    return (la_ssize_t)size;
}

static bool fail_exists(const char *path, GError **error)
{
    g_set_error(error, BASE_ERROR, BASE_ERROR_CONFLICT,
                "%s exists already; it is replaced only with --force.", path);
    return false;
}

/* Two programs that write one file would mix their bytes, so the name is taken by a lock, which
 * ends with the program. */
static bool take_name(struct archive_writer *writer, GError **error)
{
    struct stat locked;
    struct stat named;

    writer->fd = g_open(writer->unfinished, O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (writer->fd < 0) {
        int reason = errno;
        g_clear_pointer(&writer->unfinished, g_free);
        return fail_io(writer->path, reason, error);
    }
    if (flock(writer->fd, LOCK_EX | LOCK_NB) != 0 || fstat(writer->fd, &locked) != 0 ||
        g_stat(writer->unfinished, &named) != 0 || locked.st_ino != named.st_ino) {
        g_clear_pointer(&writer->unfinished, g_free); /* it is somebody else's */
        g_set_error(error, BASE_ERROR, BASE_ERROR_CONFLICT,
                    "Another program is writing %s at this moment.", writer->path);
        return false;
    }
    return ftruncate(writer->fd, 0) == 0 || fail_io(writer->path, errno, error);
}

static bool open_native(struct archive_writer *writer, GError **error)
{
    writer->native = archive_write_new();
    if (writer->native && archive_write_set_format_zip(writer->native) == ARCHIVE_OK &&
        archive_write_set_bytes_in_last_block(writer->native, 1) == ARCHIVE_OK &&
        archive_write_open(writer->native, writer, NULL, write_block, NULL) == ARCHIVE_OK)
        return true;
    g_set_error(error, BASE_ERROR, BASE_ERROR_INTERNAL, "No ZIP file can be written.");
    return false;
}

struct archive_writer *archive_writer_create(const char *path, bool force, GError **error)
{
    if (!*path || g_str_has_suffix(path, "/") || g_file_test(path, G_FILE_TEST_IS_DIR)) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID, "\"%s\" is not the name of a file.",
                    path);
        return NULL;
    }
    if (!force && g_file_test(path, G_FILE_TEST_EXISTS)) {
        fail_exists(path, error);
        return NULL;
    }

    g_autoptr(archive_writer) writer = g_new0(struct archive_writer, 1);
    writer->fd = -1;
    writer->force = force;
    writer->path = g_strdup(path);
    writer->unfinished = g_strconcat(path, ".unfinished", NULL);
    if (!take_name(writer, error) || !open_native(writer, error))
        return NULL;
    return g_steal_pointer(&writer);
}

struct archive_writer *archive_writer_create_fd(int fd, GError **error)
{
    g_autoptr(archive_writer) writer = g_new0(struct archive_writer, 1);

    writer->fd = fd;
    return open_native(writer, error) ? g_steal_pointer(&writer) : NULL;
}

bool archive_writer_begin(struct archive_writer *writer, const char *name,
                          enum archive_method method, GError **error)
{
    struct archive_entry *entry = archive_entry_new();

    g_assert(*name && strspn(name, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "._-/") == strlen(name));
    if (method == ARCHIVE_STORED)
        archive_write_zip_set_compression_store(writer->native);
    else
        archive_write_zip_set_compression_deflate(writer->native);
    /* No time: the format keeps one of the local clock, which would differ between machines. */
    archive_entry_set_pathname(entry, name);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    bool begun = !writer->failed && archive_write_header(writer->native, entry) == ARCHIVE_OK;
    archive_entry_free(entry);
    return (begun && !writer->failed) || fail_native(writer, error);
}

bool archive_writer_put(struct archive_writer *writer, const void *data, gsize size, GError **error)
{
    if (size == 0)
        return true;
    const bool put =
        !writer->failed && archive_write_data(writer->native, data, size) == (la_ssize_t)size;
    return (put && !writer->failed) || fail_native(writer, error);
}

bool archive_writer_add(struct archive_writer *writer, const char *name, enum archive_method method,
                        const void *data, gsize size, GError **error)
{
    return archive_writer_begin(writer, name, method, error) &&
           archive_writer_put(writer, data, size, error);
}

static bool rename_new(struct archive_writer *writer, GError **error)
{
    if (renameat2(AT_FDCWD, writer->unfinished, AT_FDCWD, writer->path, RENAME_NOREPLACE) == 0)
        return true;
    if (errno == EEXIST)
        return fail_exists(writer->path, error);
    /* Not every file system has that call. */
    if (errno != EINVAL && errno != ENOSYS)
        return fail_io(writer->path, errno, error);
    if (g_file_test(writer->path, G_FILE_TEST_EXISTS))
        return fail_exists(writer->path, error);
    return g_rename(writer->unfinished, writer->path) == 0 || fail_io(writer->path, errno, error);
}

static bool put_in_place(struct archive_writer *writer, GError **error)
{
    if (fsync(writer->fd) != 0)
        return fail_io(writer->path, errno, error);
    if (writer->force && g_rename(writer->unfinished, writer->path) != 0)
        return fail_io(writer->path, errno, error);
    if (!writer->force && !rename_new(writer, error))
        return false;
    g_clear_pointer(&writer->unfinished, g_free);

    g_autofree char *folder = g_path_get_dirname(writer->path);
    int handle = g_open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    if (handle < 0)
        return fail_io(folder, errno, error);
    /* Some file systems of networks know no syncing of folders. */
    bool synced = fsync(handle) == 0 || errno == EINVAL || errno == ENOTSUP;
    int reason = errno;
    close(handle);
    return synced || fail_io(folder, reason, error);
}

bool archive_writer_finish(struct archive_writer *writer, GError **error)
{
    const bool closed = !writer->failed && archive_write_close(writer->native) == ARCHIVE_OK;
    if (!closed || writer->failed)
        return fail_native(writer, error);
    return !writer->path || put_in_place(writer, error);
}

void archive_writer_destroy(struct archive_writer *writer)
{
    if (!writer)
        return;
    /* Freeing ends the entry and writes the directory, of what is thrown away. */
    writer->failed = true;
    if (writer->native)
        archive_write_free(writer->native);
    if (writer->unfinished)
        g_unlink(writer->unfinished);
    if (writer->path && writer->fd >= 0)
        close(writer->fd);
    g_free(writer->unfinished);
    g_free(writer->path);
    g_free(writer);
}
