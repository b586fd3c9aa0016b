/*
 * The master key file and the sub-keys derived from it.
 *
 * The master key lives outside the database: whoever copies the database alone can read neither
 * a face template nor sign a token. The file is text, one key a line:
 *
 *     presente-key-v1 <id, 8 hex digits> <key, 64 hex digits>
 *
 * The first line is the current key, with which everything new is sealed and signed. Further lines
 * (at most AUTH_KEYS_MAX in all) are keys that only open: older ones, and ones that were prepared
 * so that every node has them before they become current. The id is a digest of the key, so a
 * damaged line is noticed. Sub-keys come from libsodium's crypto_kdf (BLAKE2b), one a purpose.
 *
 *   key.h       the keys of one reading of the file
 *   key_file.h  changing the file
 *   keyring.h   the keys as they are at each moment, for a program that keeps running
 */
#ifndef AUTH_KEY_H
#define AUTH_KEY_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    AUTH_KEY_BYTES = 32,
    AUTH_KEYS_MAX = 8,
    AUTH_KEY_ID_TEXT_SIZE = 9, /* 8 hex digits and the terminator */
};

enum auth_key_use {
    AUTH_KEY_USE_TOKEN, /* signs JSON web tokens */
    AUTH_KEY_USE_SEAL,  /* seals face templates */
    AUTH_KEY_USE_HASH,  /* keyed hashes: rate limits, addresses in logs */
    AUTH_KEY_USE_SIGN,  /* seed of the key that signs exports */
    AUTH_KEY_USE_BOX,   /* seed of the key pair that browsers seal to */
    AUTH_KEY_USE_CODE,  /* rotating codes of sessions */
    AUTH_KEY_USE_N,
};

/* Immutable after loading, so threads may share it. Counts its references; the keys are in guarded
 * memory that is wiped with the last one. */
struct auth_keys;
typedef struct auth_keys auth_keys;

/*
 * Reads the key file. BASE_ERROR_NOT_FOUND when there is none, BASE_ERROR_FORBIDDEN when its
 * group or others may read or write it, BASE_ERROR_CORRUPT when a line is damaged,
 * BASE_ERROR_IO otherwise. Give back with auth_keys_unref().
 */
struct auth_keys *auth_keys_load(const char *path, GError **error);

/*
 * As auth_keys_load(), but creates the file (mode 0600, random key, its folder with mode 0700)
 * when it is missing. Creation is atomic: of two processes starting at once, both end up with the
 * same key. `created` (may be NULL) tells which case it was.
 */
struct auth_keys *auth_keys_load_or_create(const char *path, bool *created, GError **error);

/* One key that no file has and that ends with the process. */
struct auth_keys *auth_keys_create(GError **error);

struct auth_keys *auth_keys_ref(struct auth_keys *keys);
void auth_keys_unref(struct auth_keys *keys); /* takes NULL */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(auth_keys, auth_keys_unref)

/* The id of the current key. */
uint32_t auth_keys_current(const struct auth_keys *keys);

/* How many keys there are, and the id of each in the order of the file: 0 is the current one. */
int auth_keys_count(const struct auth_keys *keys);
uint32_t auth_keys_id(const struct auth_keys *keys, int index);
bool auth_keys_has(const struct auth_keys *keys, uint32_t id);

/*
 * Writes the sub-key for `use` of the key `id` to `out`. False when no such key is loaded.
 * The caller wipes `out` when it keeps it no longer.
 */
bool auth_keys_sub(const struct auth_keys *keys, uint32_t id, enum auth_key_use use,
                   uint8_t out[AUTH_KEY_BYTES]);

/*
 * Keyed digest of a text (BLAKE2b-128 in hex, 32 characters), for logs and rate limits that must
 * not keep the text itself. Free with g_free().
 */
char *auth_keys_digest(const struct auth_keys *keys, const char *text);

#endif
