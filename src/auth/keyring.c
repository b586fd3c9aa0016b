#include "auth/keyring.h"

#include "auth/init.h"
#include "auth/key_internal.h"

#include <unistd.h>

struct auth_keyring {
    GMutex lock;
    char *path; /* NULL: never looks */
    struct auth_keys *keys;
    struct auth_key_stamp stamp; /* of the file as last seen, whether it was taken or refused */
    gint64 looked;               /* monotonic µs */
    enum auth_keyring_state state;
    char *why;        /* when refused */
    bool lost;        /* the keys are of no file */
    uint64_t version; /* written under the lock, read atomically */
};

/* ---- following the file; the lock is held ---- */

static void keyring_set(struct auth_keyring *keyring, enum auth_keyring_state state,
                        const char *why)
{
    g_free(keyring->why);
    keyring->why = g_strdup(why);
    keyring->state = state;
    __atomic_store_n(&keyring->version, keyring->version + 1, __ATOMIC_RELEASE);
}

static bool same_keys(const struct auth_keys *a, const struct auth_keys *b)
{
    if (a->n != b->n)
        return false;
    for (int i = 0; i < a->n; i++)
        if (a->entries[i].id != b->entries[i].id)
            return false;
    return true;
}

/* Takes over `keys`. With the key in it that was current before it is a rotation of the same file;
 * otherwise it may be the file of another database. */
static void keyring_take(struct auth_keyring *keyring, struct auth_keys *keys)
{
    const bool known = keyring->state == AUTH_KEYRING_TRUSTED &&
                       auth_keys_has(keys, auth_keys_current(keyring->keys));

    if (!keyring->lost && same_keys(keys, keyring->keys)) {
        auth_keys_unref(keys);
        return;
    }
    g_message("The key file was replaced: %d keys, current is %08x.", auth_keys_count(keys),
              auth_keys_current(keys));
    auth_keys_unref(keyring->keys);
    keyring->keys = keys;
    keyring->lost = false;
    keyring_set(keyring, known ? AUTH_KEYRING_TRUSTED : AUTH_KEYRING_DOUBTED, NULL);
}

static void stamp_take(const char *path, struct auth_key_stamp *stamp)
{
    struct stat status;

    *stamp = (struct auth_key_stamp){0};
    if (stat(path, &status) == 0)
        auth_key_stamp_of(&status, stamp);
}

/* Reads the file together with the stamp of just what was read. */
static struct auth_keys *load_stamped(const char *path, struct auth_key_stamp *stamp,
                                      GError **error)
{
    struct stat status;

    if (!auth_init(error))
        return NULL;
    const int fd = auth_key_file_descriptor(path, error);
    if (fd < 0)
        return NULL;
    /* Before reading: what is written meanwhile must look like a change the next time. */
    if (fstat(fd, &status) == 0)
        auth_key_stamp_of(&status, stamp);
    struct auth_keys *keys = auth_keys_read(fd, path, error);
    close(fd);
    return keys;
}

static void keyring_look(struct auth_keyring *keyring, bool now)
{
    const gint64 time = g_get_monotonic_time();
    g_autoptr(GError) problem = NULL;
    struct auth_key_stamp stamp;

    if (!keyring->path ||
        (!now && time - keyring->looked < AUTH_KEYRING_LOOK_MS * G_TIME_SPAN_MILLISECOND))
        return;
    keyring->looked = time;
    stamp_take(keyring->path, &stamp);
    if (auth_key_stamp_equal(&stamp, &keyring->stamp))
        return;
    /* What was wrong with a lost file at the start has been said. */
    const bool said = keyring->lost && keyring->stamp.inode == 0;
    struct auth_keys *keys = load_stamped(keyring->path, &stamp, &problem);
    keyring->stamp = stamp;
    if (keys)
        keyring_take(keyring, keys);
    else if (!said)
        g_warning("The key file was replaced by one that cannot be used, and what was read before "
                  "stays in use: %s",
                  problem->message);
}

/* ---- making ---- */

static struct auth_keyring *keyring_new(const char *path, struct auth_keys *keys,
                                        enum auth_keyring_state state, const char *why)
{
    struct auth_keyring *keyring = g_new0(struct auth_keyring, 1);

    g_mutex_init(&keyring->lock);
    keyring->path = g_strdup(path);
    keyring->keys = keys;
    keyring->state = state;
    keyring->why = g_strdup(why);
    keyring->looked = g_get_monotonic_time();
    keyring->version = 1;
    return keyring;
}

struct auth_keyring *auth_keyring_load(const char *path, GError **error)
{
    struct auth_key_stamp stamp = {0};
    struct auth_keys *keys = load_stamped(path, &stamp, error);

    if (!keys)
        return NULL;
    struct auth_keyring *keyring = keyring_new(path, keys, AUTH_KEYRING_DOUBTED, NULL);
    keyring->stamp = stamp;
    return keyring;
}

struct auth_keyring *auth_keyring_create(struct auth_keys *keys, const char *path)
{
    /* Without a stamp the first look reads the file, whatever happened to it since. */
    return keyring_new(path, auth_keys_ref(keys), AUTH_KEYRING_TRUSTED, NULL);
}

struct auth_keyring *auth_keyring_create_lost(const char *path, const char *why, GError **error)
{
    struct auth_keys *keys = auth_keys_create(error);

    if (!keys)
        return NULL;
    struct auth_keyring *keyring = keyring_new(path, keys, AUTH_KEYRING_REFUSED, why);
    keyring->lost = true;
    return keyring;
}

void auth_keyring_destroy(struct auth_keyring *keyring)
{
    if (!keyring)
        return;
    auth_keys_unref(keyring->keys);
    g_mutex_clear(&keyring->lock);
    g_free(keyring->why);
    g_free(keyring->path);
    g_free(keyring);
}

/* ---- using ---- */

const char *auth_keyring_path(const struct auth_keyring *keyring)
{
    return keyring->path;
}

struct auth_keys *auth_keyring_keys(struct auth_keyring *keyring)
{
    g_mutex_lock(&keyring->lock);
    keyring_look(keyring, false);
    struct auth_keys *keys = auth_keys_ref(keyring->keys);
    g_mutex_unlock(&keyring->lock);
    return keys;
}

struct auth_keys *auth_keyring_file_keys(struct auth_keyring *keyring)
{
    g_mutex_lock(&keyring->lock);
    keyring_look(keyring, false);
    struct auth_keys *keys = keyring->lost ? NULL : auth_keys_ref(keyring->keys);
    g_mutex_unlock(&keyring->lock);
    return keys;
}

struct auth_keys *auth_keyring_keys_with(struct auth_keyring *keyring, uint32_t id)
{
    g_mutex_lock(&keyring->lock);
    keyring_look(keyring, !auth_keys_has(keyring->keys, id));
    struct auth_keys *keys = auth_keys_ref(keyring->keys);
    g_mutex_unlock(&keyring->lock);
    return keys;
}

struct auth_keys *auth_keyring_keys_to_seal(struct auth_keyring *keyring, GError **error)
{
    struct auth_keys *keys = NULL;

    g_mutex_lock(&keyring->lock);
    keyring_look(keyring, false);
    if (keyring->state == AUTH_KEYRING_TRUSTED)
        keys = auth_keys_ref(keyring->keys);
    g_mutex_unlock(&keyring->lock);
    if (!keys)
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_UNAVAILABLE,
                            "Nothing can be sealed at the moment, because the key file is missing "
                            "or was replaced.");
    return keys;
}

enum auth_keyring_state auth_keyring_look(struct auth_keyring *keyring, uint64_t *version,
                                          char **why)
{
    g_mutex_lock(&keyring->lock);
    keyring_look(keyring, false);
    const enum auth_keyring_state state = keyring->state;
    if (version)
        *version = keyring->version;
    if (why)
        *why = g_strdup(keyring->why);
    g_mutex_unlock(&keyring->lock);
    return state;
}

uint64_t auth_keyring_version(const struct auth_keyring *keyring)
{
    return __atomic_load_n(&keyring->version, __ATOMIC_ACQUIRE);
}

void auth_keyring_judge(struct auth_keyring *keyring, uint64_t version, const char *why)
{
    g_mutex_lock(&keyring->lock);
    if (keyring->version == version && keyring->state != AUTH_KEYRING_TRUSTED && !keyring->lost)
        keyring_set(keyring, why ? AUTH_KEYRING_REFUSED : AUTH_KEYRING_TRUSTED, why);
    g_mutex_unlock(&keyring->lock);
}
