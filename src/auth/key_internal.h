/* Private to this folder: what reading and changing the key file share. */
#ifndef AUTH_KEY_INTERNAL_H
#define AUTH_KEY_INTERNAL_H

#include "auth/key.h"

#include <sys/stat.h>

enum {
    AUTH_KEY_ID_DIGITS = 8,
    /* "presente-key-v1", id and key with a blank between each, line feed */
    AUTH_KEY_LINE = 15 + 1 + AUTH_KEY_ID_DIGITS + 1 + 2 * AUTH_KEY_BYTES + 1,
    AUTH_KEY_TEXT_MAX = AUTH_KEYS_MAX * AUTH_KEY_LINE + 1, /* with the terminator */
};

struct auth_key_entry {
    uint32_t id;
    uint8_t master[AUTH_KEY_BYTES];
    uint8_t sub[AUTH_KEY_USE_N][AUTH_KEY_BYTES];
};

struct auth_keys {
    gint references;
    int n;
    struct auth_key_entry *entries; /* AUTH_KEYS_MAX of them in guarded memory */
};

/* A key from the system's random numbers. */
void auth_key_entry_make(struct auth_key_entry *entry);

/* No entries yet. NULL with BASE_ERROR_UNAVAILABLE without guarded memory. */
struct auth_keys *auth_keys_new(GError **error);

/* Appends a copy while the keys are still being put together; auth_keys_seal() ends that. */
void auth_keys_append(struct auth_keys *keys, const struct auth_key_entry *entry);
void auth_keys_seal(struct auth_keys *keys);

/* The text of the file; the caller wipes it. */
void auth_keys_format(const struct auth_keys *keys, char text[AUTH_KEY_TEXT_MAX]);

/* Reads an open file from its beginning. `path` is for messages. */
struct auth_keys *auth_keys_read(int fd, const char *path, GError **error);

/* Opens for reading; errors of auth_keys_load(). */
int auth_key_file_descriptor(const char *path, GError **error);

/* Writes a complete file to `fd` and to the disk; false with errno. */
bool auth_key_text_put(int fd, const char *text);
void auth_folder_sync(const char *path_in_it);

/* What tells that a file was replaced or written. All zero: there is none. */
struct auth_key_stamp {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec modified, changed;
};
void auth_key_stamp_of(const struct stat *status, struct auth_key_stamp *stamp);
bool auth_key_stamp_equal(const struct auth_key_stamp *a, const struct auth_key_stamp *b);

#endif
