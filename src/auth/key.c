#include "auth/key.h"

#include "auth/init.h"
#include "auth/key_internal.h"
#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define KEY_MARK "presente-key-v1"

enum { KEY_FILE_MAX = 4096 /* bytes */ };

G_STATIC_ASSERT(sizeof(KEY_MARK) - 1 + 1 + AUTH_KEY_ID_DIGITS + 1 + 2 * AUTH_KEY_BYTES + 1 ==
                AUTH_KEY_LINE);

/* crypto_kdf separates purposes by number and context; both are part of the stored data's format.
 */
static const char kdf_context[crypto_kdf_CONTEXTBYTES + 1] = "presente";

static uint32_t key_id(const uint8_t master[AUTH_KEY_BYTES])
{
    static const uint8_t label[] = "presente key id 1";
    uint8_t digest[crypto_generichash_BYTES];

    crypto_generichash(digest, sizeof digest, master, AUTH_KEY_BYTES, label, sizeof label - 1);
    return (uint32_t)digest[0] << 24 | (uint32_t)digest[1] << 16 | (uint32_t)digest[2] << 8 |
           digest[3];
}

static void key_entry_derive(struct auth_key_entry *entry)
{
    entry->id = key_id(entry->master);
    for (int use = 0; use < AUTH_KEY_USE_N; use++)
        crypto_kdf_derive_from_key(entry->sub[use], AUTH_KEY_BYTES, (uint64_t)use + 1, kdf_context,
                                   entry->master);
}

void auth_key_entry_make(struct auth_key_entry *entry)
{
    crypto_kdf_keygen(entry->master);
    key_entry_derive(entry);
}

struct auth_keys *auth_keys_new(GError **error)
{
    struct auth_key_entry *entries = sodium_allocarray(AUTH_KEYS_MAX, sizeof *entries);

    if (!entries) {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_UNAVAILABLE,
                            "There is no protected memory for the key.");
        return NULL;
    }
    sodium_memzero(entries, AUTH_KEYS_MAX * sizeof *entries);
    struct auth_keys *keys = g_new0(struct auth_keys, 1);
    keys->references = 1;
    keys->entries = entries;
    return keys;
}

void auth_keys_append(struct auth_keys *keys, const struct auth_key_entry *entry)
{
    g_assert(keys->n < AUTH_KEYS_MAX);
    keys->entries[keys->n++] = *entry;
}

void auth_keys_seal(struct auth_keys *keys)
{
    sodium_mprotect_readonly(keys->entries);
}

/* Reads one line into `entry`; false when anything but the exact form is found. */
static bool key_line_parse(const char *line, struct auth_key_entry *entry)
{
    const size_t mark = sizeof(KEY_MARK) - 1;
    const size_t id_at = mark + 1, key_at = id_at + AUTH_KEY_ID_DIGITS + 1;
    uint8_t id[AUTH_KEY_ID_DIGITS / 2];
    size_t got = 0;

    if (strlen(line) != key_at + 2 * AUTH_KEY_BYTES || strncmp(line, KEY_MARK " ", mark + 1) != 0 ||
        line[key_at - 1] != ' ')
        return false;
    if (sodium_hex2bin(id, sizeof id, line + id_at, AUTH_KEY_ID_DIGITS, NULL, &got, NULL) != 0 ||
        got != sizeof id)
        return false;
    if (sodium_hex2bin(entry->master, AUTH_KEY_BYTES, line + key_at, 2 * AUTH_KEY_BYTES, NULL, &got,
                       NULL) != 0 ||
        got != AUTH_KEY_BYTES)
        return false;
    key_entry_derive(entry);
    return entry->id ==
           ((uint32_t)id[0] << 24 | (uint32_t)id[1] << 16 | (uint32_t)id[2] << 8 | id[3]);
}

/* Splits `text` in place. */
static bool key_text_parse(char *text, struct auth_keys *keys, GError **error)
{
    char *rest = NULL;
    int number = 0;

    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        number++;
        if (keys->n == AUTH_KEYS_MAX || !key_line_parse(line, &keys->entries[keys->n])) {
            g_set_error(error, BASE_ERROR, BASE_ERROR_CORRUPT,
                        keys->n == AUTH_KEYS_MAX ? "The key file holds too many keys (line %d)."
                                                 : "The key file is damaged in line %d.",
                        number);
            return false;
        }
        keys->n++;
    }
    if (keys->n == 0)
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_CORRUPT, "The key file is empty.");
    return keys->n > 0;
}

/* Checks owner-only permissions on the open file, so that nothing can change in between. */
static bool key_file_check(int fd, const char *path, GError **error)
{
    struct stat status;

    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_IO, "The key file \"%s\" is not a plain file.",
                    path);
        return false;
    }
    if (status.st_mode & (S_IRWXG | S_IRWXO)) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_FORBIDDEN,
                    "The key file \"%s\" is open to other users of this machine (mode %04o). "
                    "Run: chmod 600 \"%s\"",
                    path, (unsigned)(status.st_mode & 07777), path);
        return false;
    }
    return true;
}

static ssize_t key_file_read(int fd, char *text, size_t size)
{
    size_t n = 0;

    while (n < size) {
        const ssize_t got = read(fd, text + n, size - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        n += (size_t)got;
    }
    return (ssize_t)n;
}

struct auth_keys *auth_keys_read(int fd, const char *path, GError **error)
{
    char text[KEY_FILE_MAX + 1];
    bool ok = false;

    if (!key_file_check(fd, path, error))
        return NULL;
    const ssize_t n = key_file_read(fd, text, KEY_FILE_MAX);
    if (n < 0) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_IO, "The key file \"%s\" cannot be read: %s.",
                    path, g_strerror(errno));
        return NULL;
    }
    text[n] = '\0';

    struct auth_keys *keys = auth_keys_new(error);
    if (keys && strlen(text) != (size_t)n)
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_CORRUPT,
                            "The key file is damaged: it holds binary data.");
    else if (keys)
        ok = key_text_parse(text, keys, error);
    sodium_memzero(text, sizeof text);
    if (!ok) {
        auth_keys_unref(keys);
        return NULL;
    }
    auth_keys_seal(keys);
    return keys;
}

int auth_key_file_descriptor(const char *path, GError **error)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    if (fd < 0)
        g_set_error(error, BASE_ERROR, errno == ENOENT ? BASE_ERROR_NOT_FOUND : BASE_ERROR_IO,
                    "The key file \"%s\" cannot be opened: %s.", path, g_strerror(errno));
    return fd;
}

struct auth_keys *auth_keys_load(const char *path, GError **error)
{
    if (!auth_init(error))
        return NULL;
    const int fd = auth_key_file_descriptor(path, error);
    if (fd < 0)
        return NULL;
    struct auth_keys *keys = auth_keys_read(fd, path, error);
    close(fd);
    return keys;
}

struct auth_keys *auth_keys_create(GError **error)
{
    struct auth_key_entry entry;

    if (!auth_init(error))
        return NULL;
    struct auth_keys *keys = auth_keys_new(error);
    if (!keys)
        return NULL;
    auth_key_entry_make(&entry);
    auth_keys_append(keys, &entry);
    auth_keys_seal(keys);
    sodium_memzero(&entry, sizeof entry);
    return keys;
}

void auth_keys_format(const struct auth_keys *keys, char text[AUTH_KEY_TEXT_MAX])
{
    char hex[2 * AUTH_KEY_BYTES + 1];

    text[0] = '\0';
    for (int i = 0; i < keys->n; i++) {
        sodium_bin2hex(hex, sizeof hex, keys->entries[i].master, AUTH_KEY_BYTES);
        g_snprintf(text + (size_t)i * AUTH_KEY_LINE, AUTH_KEY_LINE + 1, KEY_MARK " %08x %s\n",
                   keys->entries[i].id, hex);
    }
    sodium_memzero(hex, sizeof hex);
}

bool auth_key_text_put(int fd, const char *text)
{
    size_t left = strlen(text);

    while (left > 0) {
        const ssize_t put = write(fd, text, left);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return false;
        text += put;
        left -= (size_t)put;
    }
    return fsync(fd) == 0;
}

void auth_folder_sync(const char *path_in_it)
{
    g_autofree char *folder = g_path_get_dirname(path_in_it);
    const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
}

/* Writes a complete temporary file and links it to its name: link() never replaces, so the first
 * of several processes wins and nobody ever reads half a key. */
static bool key_file_create(const char *path, bool *won, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(path);
    g_autofree char *temporary = g_strconcat(path, ".XXXXXX", NULL);
    char text[AUTH_KEY_TEXT_MAX];

    if (g_mkdir_with_parents(folder, 0700) != 0) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_IO, "The folder \"%s\" cannot be created: %s.",
                    folder, g_strerror(errno));
        return false;
    }
    g_autoptr(auth_keys) keys = auth_keys_create(error);
    if (!keys)
        return false;
    const int fd = g_mkstemp_full(temporary, O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_IO, "The key file \"%s\" cannot be created: %s.",
                    path, g_strerror(errno));
        return false;
    }
    auth_keys_format(keys, text);
    const bool written = fchmod(fd, 0600) == 0 && auth_key_text_put(fd, text);
    int failure = written ? 0 : errno;
    sodium_memzero(text, sizeof text);
    close(fd);
    if (written && link(temporary, path) != 0)
        failure = errno;
    g_unlink(temporary);
    auth_folder_sync(path);
    *won = failure == 0;
    if (failure != 0 && failure != EEXIST) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_IO, "The key file \"%s\" cannot be written: %s.",
                    path, g_strerror(failure));
        return false;
    }
    return true;
}

struct auth_keys *auth_keys_load_or_create(const char *path, bool *created, GError **error)
{
    bool won = false;
    GError *problem = NULL;
    struct auth_keys *keys = auth_keys_load(path, &problem);

    if (created)
        *created = false;
    if (keys)
        return keys;
    if (!g_error_matches(problem, BASE_ERROR, BASE_ERROR_NOT_FOUND)) {
        g_propagate_error(error, problem);
        return NULL;
    }
    g_clear_error(&problem);
    if (!key_file_create(path, &won, error))
        return NULL;
    if (created)
        *created = won;
    return auth_keys_load(path, error);
}

struct auth_keys *auth_keys_ref(struct auth_keys *keys)
{
    g_atomic_int_inc(&keys->references);
    return keys;
}

void auth_keys_unref(struct auth_keys *keys)
{
    if (!keys || !g_atomic_int_dec_and_test(&keys->references))
        return;
    sodium_free(keys->entries); /* wipes */
    g_free(keys);
}

uint32_t auth_keys_current(const struct auth_keys *keys)
{
    return keys->entries[0].id;
}

int auth_keys_count(const struct auth_keys *keys)
{
    return keys->n;
}

uint32_t auth_keys_id(const struct auth_keys *keys, int index)
{
    g_assert(index >= 0 && index < keys->n);
    return keys->entries[index].id;
}

bool auth_keys_has(const struct auth_keys *keys, uint32_t id)
{
    for (int i = 0; i < keys->n; i++)
        if (keys->entries[i].id == id)
            return true;
    return false;
}

void auth_key_stamp_of(const struct stat *status, struct auth_key_stamp *stamp)
{
    *stamp = (struct auth_key_stamp){
        .device = status->st_dev,
        .inode = status->st_ino,
        .size = status->st_size,
        .modified = status->st_mtim,
        .changed = status->st_ctim,
    };
}

bool auth_key_stamp_equal(const struct auth_key_stamp *a, const struct auth_key_stamp *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           a->modified.tv_sec == b->modified.tv_sec && a->modified.tv_nsec == b->modified.tv_nsec &&
           a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

bool auth_keys_sub(const struct auth_keys *keys, uint32_t id, enum auth_key_use use,
                   uint8_t out[AUTH_KEY_BYTES])
{
    for (int i = 0; i < keys->n; i++) {
        if (keys->entries[i].id != id)
            continue;
        memcpy(out, keys->entries[i].sub[use], AUTH_KEY_BYTES);
        return true;
    }
    return false;
}

char *auth_keys_digest(const struct auth_keys *keys, const char *text)
{
    uint8_t digest[16];
    char *hex = g_malloc(2 * sizeof digest + 1);

    crypto_generichash(digest, sizeof digest, (const uint8_t *)text, strlen(text),
                       keys->entries[0].sub[AUTH_KEY_USE_HASH], AUTH_KEY_BYTES);
    return sodium_bin2hex(hex, 2 * sizeof digest + 1, digest, sizeof digest);
}
