#include "auth/key_file.h"

#include "auth/init.h"
#include "auth/key_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

struct auth_key_file {
    char *path; /* without symbolic links */
    int fd;     /* of the file as it is now, locked */
    struct auth_keys *keys;
};

static bool key_file_fail(GError **error, const char *path, int number)
{
    g_set_error(error, BASE_ERROR, BASE_ERROR_IO, "The key file \"%s\" cannot be written: %s.",
                path, g_strerror(number));
    return false;
}

/* ---- the lock ---- */

static bool same_file(int fd, const char *path)
{
    struct stat open_file, named;

    return fstat(fd, &open_file) == 0 && stat(path, &named) == 0 &&
           open_file.st_dev == named.st_dev && open_file.st_ino == named.st_ino;
}

/* The lock is on the file that the name stands for: whoever replaces it locks the new one before
 * it gets the name, so a lock on what is no longer there only means to look again. */
static int key_file_lock(const char *path, GError **error)
{
    for (;;) {
        const int fd = auth_key_file_descriptor(path, error);
        if (fd < 0)
            return -1;
        if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
            g_set_error(error, BASE_ERROR,
                        errno == EWOULDBLOCK ? BASE_ERROR_CONFLICT : BASE_ERROR_IO,
                        errno == EWOULDBLOCK
                            ? "Another process is changing the key file \"%s\" at the moment."
                            : "The key file \"%s\" cannot be locked.",
                        path);
            close(fd);
            return -1;
        }
        if (same_file(fd, path))
            return fd;
        close(fd);
    }
}

static char *key_file_target(const char *path)
{
    char *found = realpath(path, NULL);
    char *target = g_strdup(found ? found : path);

    free(found);
    return target;
}

struct auth_key_file *auth_key_file_open(const char *path, GError **error)
{
    if (!auth_init(error))
        return NULL;
    g_autofree char *target = key_file_target(path);
    const int fd = key_file_lock(target, error);
    if (fd < 0)
        return NULL;
    struct auth_keys *keys = auth_keys_read(fd, path, error);
    if (!keys) {
        close(fd);
        return NULL;
    }
    struct auth_key_file *file = g_new0(struct auth_key_file, 1);
    file->path = g_steal_pointer(&target);
    file->fd = fd;
    file->keys = keys;
    return file;
}

void auth_key_file_close(struct auth_key_file *file)
{
    if (!file)
        return;
    auth_keys_unref(file->keys);
    close(file->fd);
    g_free(file->path);
    g_free(file);
}

struct auth_keys *auth_key_file_keys(const struct auth_key_file *file)
{
    return file->keys;
}

/* ---- writing ---- */

/* Mode and owner of the file that is replaced, so that a server under its own account can still
 * read what root has written. */
static bool give_to_owner(int fd, int old)
{
    struct stat status;

    if (fchmod(fd, 0600) != 0)
        return false;
    if (geteuid() != 0)
        return true;
    return fstat(old, &status) == 0 && fchown(fd, status.st_uid, status.st_gid) == 0;
}

/* Puts the keys in the place of the file `old`. The new file, locked, or -1. */
static int key_file_put(const char *path, int old, const struct auth_keys *keys, GError **error)
{
    g_autofree char *temporary = g_strconcat(path, ".new", NULL);
    char text[AUTH_KEY_TEXT_MAX];
    int failure = 0;

    (void)unlink(temporary); /* of one that was interrupted */
    const int fd = open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        key_file_fail(error, path, errno);
        return -1;
    }
    auth_keys_format(keys, text);
    if (!give_to_owner(fd, old) || !auth_key_text_put(fd, text) ||
        flock(fd, LOCK_EX | LOCK_NB) != 0 || rename(temporary, path) != 0)
        failure = errno;
    sodium_memzero(text, sizeof text);
    if (failure) {
        (void)unlink(temporary);
        close(fd);
        key_file_fail(error, path, failure);
        return -1;
    }
    auth_folder_sync(path);
    return fd;
}

/* Takes over `keys`. */
static bool key_file_change(struct auth_key_file *file, struct auth_keys *keys, GError **error)
{
    auth_keys_seal(keys);
    const int fd = key_file_put(file->path, file->fd, keys, error);
    if (fd < 0) {
        auth_keys_unref(keys);
        return false;
    }
    close(file->fd);
    auth_keys_unref(file->keys);
    file->fd = fd;
    file->keys = keys;
    return true;
}

static const struct auth_key_entry *key_file_find(const struct auth_key_file *file, uint32_t id,
                                                  GError **error)
{
    for (int i = 0; i < file->keys->n; i++)
        if (file->keys->entries[i].id == id)
            return &file->keys->entries[i];
    g_set_error(error, BASE_ERROR, BASE_ERROR_NOT_FOUND, "The key file has no key %08x.", id);
    return NULL;
}

static void append_others(struct auth_keys *keys, const struct auth_keys *from, uint32_t but)
{
    for (int i = 0; i < from->n; i++)
        if (from->entries[i].id != but)
            auth_keys_append(keys, &from->entries[i]);
}

bool auth_key_file_add(struct auth_key_file *file, bool current, uint32_t *id, GError **error)
{
    struct auth_key_entry entry;

    if (file->keys->n == AUTH_KEYS_MAX) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_CONFLICT,
                    "The key file holds %d keys, as many as it can: \"presente keys list\" shows "
                    "which of them seal nothing any more, \"presente keys drop ID\" takes one out.",
                    AUTH_KEYS_MAX);
        return false;
    }
    struct auth_keys *keys = auth_keys_new(error);
    if (!keys)
        return false;
    auth_key_entry_make(&entry);
    *id = entry.id;
    if (current)
        auth_keys_append(keys, &entry);
    append_others(keys, file->keys, entry.id);
    if (!current)
        auth_keys_append(keys, &entry);
    sodium_memzero(&entry, sizeof entry);
    return key_file_change(file, keys, error);
}

bool auth_key_file_make_current(struct auth_key_file *file, uint32_t id, GError **error)
{
    const struct auth_key_entry *entry = key_file_find(file, id, error);

    if (!entry)
        return false;
    if (entry == file->keys->entries)
        return true;
    struct auth_keys *keys = auth_keys_new(error);
    if (!keys)
        return false;
    auth_keys_append(keys, entry);
    append_others(keys, file->keys, id);
    return key_file_change(file, keys, error);
}

bool auth_key_file_drop(struct auth_key_file *file, uint32_t id, GError **error)
{
    const struct auth_key_entry *entry = key_file_find(file, id, error);

    if (!entry)
        return false;
    if (id == auth_keys_current(file->keys)) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID,
                    "The key %08x is the current one; it can only be dropped after a rotation.",
                    id);
        return false;
    }
    struct auth_keys *keys = auth_keys_new(error);
    if (!keys)
        return false;
    append_others(keys, file->keys, id);
    return key_file_change(file, keys, error);
}

/* ---- replacing one that is lost ---- */

/* A second name for the file, so that one of the two always has its content. */
static char *key_file_keep(const char *path, GError **error)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autofree char *when = g_date_time_format(now, "%Y%m%dT%H%M%SZ");
    g_autofree char *name = g_strconcat(path, ".replaced-", when, NULL);

    if (link(path, name) == 0)
        return g_steal_pointer(&name);
    key_file_fail(error, name, errno);
    return NULL;
}

bool auth_key_file_replace(const char *path, char **kept, GError **error)
{
    g_autofree char *target = key_file_target(path);
    g_autoptr(GError) failure = NULL;
    g_autofree char *name = NULL;

    if (kept)
        *kept = NULL;
    if (!auth_init(error))
        return false;
    const int old = key_file_lock(target, &failure);
    if (old < 0 && g_error_matches(failure, BASE_ERROR, BASE_ERROR_NOT_FOUND)) {
        g_autoptr(auth_keys) made = auth_keys_load_or_create(target, NULL, error);
        return made != NULL;
    }
    if (old < 0) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return false;
    }
    g_autoptr(auth_keys) keys = auth_keys_create(error);
    name = keys ? key_file_keep(target, error) : NULL;
    const int fd = name ? key_file_put(target, old, keys, error) : -1;
    if (fd >= 0)
        close(fd);
    else if (name)
        (void)unlink(name);
    close(old);
    if (kept && fd >= 0)
        *kept = g_steal_pointer(&name);
    return fd >= 0;
}
