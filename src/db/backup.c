#include "db/backup.h"

#include "base/error.h"
#include "db/backup_file.h"

bool db_backup(const char *url, const char *file, bool force, const struct db_copy_options *options,
               struct db_copy_result *result, GError **error)
{
    g_auto(db_backup_file) target = DB_BACKUP_FILE_NONE;
    const char *path = db_backup_path_of(url);

    if (path && db_backup_same_file(path, file)) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID, "%s is the database itself.", file);
        return false;
    }
    if (!db_backup_file_begin(&target, file, force, error))
        return false;

    struct db_copy_options own = options ? *options : (struct db_copy_options){.again = false};
    own.again = own.replace = false;
    g_autoptr(db_handle) source = db_copy_open_source(url, error);
    return source && db_backup_file_fill(&target, source, &own, result, error) &&
           db_backup_file_place(&target, error);
}
