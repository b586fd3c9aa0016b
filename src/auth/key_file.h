/*
 * Changing the key file: one process at a time, each change atomic (temporary file, fsync, rename,
 * fsync of the folder; mode 0600, the owner kept). A reader finds the file of before or of after.
 */
#ifndef AUTH_KEY_FILE_H
#define AUTH_KEY_FILE_H

#include "auth/key.h"

/* A key file that nobody else may change. The lock ends with the process, however it ends. */
struct auth_key_file;
typedef struct auth_key_file auth_key_file;

/*
 * Reads and locks the file; a symbolic link is followed, so that its target is replaced. Errors of
 * auth_keys_load(), and BASE_ERROR_CONFLICT when another process is changing it. Close with
 * auth_key_file_close().
 */
struct auth_key_file *auth_key_file_open(const char *path, GError **error);

/* Takes NULL. */
void auth_key_file_close(struct auth_key_file *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(auth_key_file, auth_key_file_close)

/* The keys as the file holds them now; lent until the next change. */
struct auth_keys *auth_key_file_keys(const struct auth_key_file *file);

/*
 * Each of these writes the file anew; when one fails the file is as it was. BASE_ERROR_CONFLICT
 * when it holds AUTH_KEYS_MAX keys already, BASE_ERROR_NOT_FOUND when it has no such key,
 * BASE_ERROR_INVALID to drop the current one, BASE_ERROR_IO when it cannot be written.
 */
bool auth_key_file_add(struct auth_key_file *file, bool current, uint32_t *id, GError **error);
bool auth_key_file_make_current(struct auth_key_file *file, uint32_t id, GError **error);
bool auth_key_file_drop(struct auth_key_file *file, uint32_t id, GError **error);

/*
 * Puts a file with one fresh key in the place of one that is lost for good. What stands there is
 * kept beside it under a name that `kept` (may be NULL; g_free()) gets, NULL when there was
 * nothing.
 */
bool auth_key_file_replace(const char *path, char **kept, GError **error);

#endif
