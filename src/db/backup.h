/*
 * A backup is one SQLite file that holds a whole installation, whatever engine it came from, and
 * can be restored into any. The key file and the folder of images are not in it.
 */
#ifndef DB_BACKUP_H
#define DB_BACKUP_H

#include "db/copy.h"

/*
 * Writes a backup of the database that `url` names into `file`, while others go on using the
 * database: one snapshot, copied and verified as db_copy() does, examined and synced under another
 * name and renamed in the end, mode 0600. A file that exists is replaced only if `force`
 * (BASE_ERROR_CONFLICT otherwise). After a failure no file is left; after a kill an unfinished one
 * may be, which the next backup to the same file removes. `again` and `replace` of the options mean
 * nothing here.
 */
bool db_backup(const char *url, const char *file, bool force, const struct db_copy_options *options,
               struct db_copy_result *result, GError **error);

struct db_restore_result {
    struct db_copy_result copied;
    char *kept; /* file in which the replaced SQLite database was kept; NULL: there was none */
};
void db_restore_result_clear(struct db_restore_result *result);

/*
 * Loads a backup into the database that `url` names. The backup is examined first and never
 * changed; one of an older version of the program is brought up to date in a copy of its own.
 * `replace` of the options allows a database that holds people already: of SQLite it is kept beside
 * the new one; on a server it is emptied as part of the copy, so until that is finished nobody else
 * uses it. An SQLite database is made under another name and takes its place in one step.
 *
 *   BASE_ERROR_CONFLICT     the database holds people, or another program has it open
 *   BASE_ERROR_NOT_FOUND    there is no such backup
 *   BASE_ERROR_CORRUPT      the backup is damaged; nothing was changed
 *   BASE_ERROR_UNSUPPORTED  the backup is newer than this program
 */
bool db_restore(const char *file, const char *url, const struct db_copy_options *options,
                struct db_restore_result *result, GError **error);

#endif
