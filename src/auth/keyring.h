/*
 * The keys of a program that keeps running: follows the key file, so that a rotated key, or a lost
 * one that was put back, counts without a restart.
 *
 * The file is looked at (device, inode, times, size) when keys are asked for, at most every
 * AUTH_KEYRING_LOOK_MS, and at once when something was sealed or signed with a key that is not
 * known. A new file that is missing, damaged or open to others is refused with one warning, and the
 * keys that were read before stay in use.
 *
 * A keyring is in one of three states. Only in the first does it seal; signing works in each.
 *   trusted  the keys are those of the stored data, as far as anybody knows
 *   doubted  the file was replaced by one without the key that was current, or was never compared:
 *            whoever knows the stored data compares and calls auth_keyring_judge()
 *   refused  there is no key file, or it belongs to other data; a sentence says so
 */
#ifndef AUTH_KEYRING_H
#define AUTH_KEYRING_H

#include "auth/key.h"

enum { AUTH_KEYRING_LOOK_MS = 200 };

enum auth_keyring_state {
    AUTH_KEYRING_TRUSTED,
    AUTH_KEYRING_DOUBTED,
    AUTH_KEYRING_REFUSED,
};

/* Thread-safe. */
struct auth_keyring;
typedef struct auth_keyring auth_keyring;

/* Reads the file; errors of auth_keys_load(). Doubted, because nothing was compared yet. */
struct auth_keyring *auth_keyring_load(const char *path, GError **error);

/* Of keys at hand; takes a reference of its own. With a path the file is followed from now on, NULL
 * never looks. Trusted. */
struct auth_keyring *auth_keyring_create(struct auth_keys *keys, const char *path);

/* For a file that cannot be read now: signs with a key that ends with the process, neither opens
 * nor seals, and takes the file over once it can be read. `why` is the sentence for it. */
struct auth_keyring *auth_keyring_create_lost(const char *path, const char *why, GError **error);

/* Takes NULL. */
void auth_keyring_destroy(struct auth_keyring *keyring);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(auth_keyring, auth_keyring_destroy)

/* The file that is followed, NULL when none is. */
const char *auth_keyring_path(const struct auth_keyring *keyring);

/* The keys of this moment, the file looked at first when it is time. Give back with
 * auth_keys_unref(). */
struct auth_keys *auth_keyring_keys(struct auth_keyring *keyring);

/* As auth_keyring_keys(), but NULL when they are of no file. */
struct auth_keys *auth_keyring_file_keys(struct auth_keyring *keyring);

/* As auth_keyring_keys(), but looks at the file now unless it is known to hold the key `id`. */
struct auth_keys *auth_keyring_keys_with(struct auth_keyring *keyring, uint32_t id);

/* As auth_keyring_keys(), for sealing: NULL with BASE_ERROR_UNAVAILABLE unless trusted. */
struct auth_keys *auth_keyring_keys_to_seal(struct auth_keyring *keyring, GError **error);

/* The state after a look at the file. `version` (may be NULL) gets a number that grows with every
 * change of the keys or the state; `why` (may be NULL) the sentence when refused, else NULL, for
 * g_free(). */
enum auth_keyring_state auth_keyring_look(struct auth_keyring *keyring, uint64_t *version,
                                          char **why);

/* The number of auth_keyring_look() without looking: one atomic read. */
uint64_t auth_keyring_version(const struct auth_keyring *keyring);

/* Judges keys of a file that are not trusted yet: trusted from now on when `why` is NULL, otherwise
 * refused. Without effect when keys or state are no longer those of `version`. */
void auth_keyring_judge(struct auth_keyring *keyring, uint64_t version, const char *why);

#endif
