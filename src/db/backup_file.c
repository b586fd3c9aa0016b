#include "db/backup_file.h"

#include "base/error.h"
#include "db/driver.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const JOURNALS[] = {"-wal", "-shm", "-journal"};

static bool set_io_error(const char *what, const char *path, int reason, GError **error)
{
    g_set_error(error, BASE_ERROR, BASE_ERROR_IO, "%s %s: %s.", what, path, g_strerror(reason));
    return false;
}

void db_backup_remove_journals(const char *path)
{
    for (gsize i = 0; i < G_N_ELEMENTS(JOURNALS); i++) {
        g_autofree char *journal = g_strconcat(path, JOURNALS[i], NULL);
        g_unlink(journal);
    }
}

/* The lock is of another kind than those SQLite takes on the same file. */
static bool take_name(struct db_backup_file *file, GError **error)
{
    struct stat locked;
    struct stat named;

    file->lock = g_open(file->unfinished, O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file->lock < 0)
        return set_io_error("This file cannot be written:", file->unfinished, errno, error);
    /* Whoever held the lock may have renamed the file meanwhile. */
    if (flock(file->lock, LOCK_EX | LOCK_NB) != 0 || fstat(file->lock, &locked) != 0 ||
        g_stat(file->unfinished, &named) != 0 || locked.st_ino != named.st_ino) {
        close(file->lock);
        file->lock = -1;
        g_set_error(error, BASE_ERROR, BASE_ERROR_CONFLICT,
                    "Another program is writing %s at this moment.", file->path);
        return false;
    }
    return true;
}

static bool set_exists(const char *path, GError **error)
{
    g_set_error(error, BASE_ERROR, BASE_ERROR_CONFLICT,
                "%s exists already; it is replaced only with --force.", path);
    return false;
}

bool db_backup_file_begin(struct db_backup_file *file, const char *path, bool force, GError **error)
{
    *file = (struct db_backup_file)DB_BACKUP_FILE_NONE;
    if (!*path || g_str_has_suffix(path, "/") || g_file_test(path, G_FILE_TEST_IS_DIR)) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID, "\"%s\" is not the name of a file.",
                    path);
        return false;
    }
    if (!force && g_file_test(path, G_FILE_TEST_EXISTS))
        return set_exists(path, error);
    file->force = force;
    file->path = g_strdup(path);
    file->unfinished = g_strconcat(path, ".unfinished", NULL);
    if (!take_name(file, error)) {
        g_clear_pointer(&file->unfinished, g_free); /* it is somebody else's */
        return false;
    }
    db_backup_remove_journals(file->unfinished);
    if (ftruncate(file->lock, 0) != 0)
        return set_io_error("This file cannot be written:", file->unfinished, errno, error);
    return true;
}

bool db_backup_examine(struct db *db, const char *what, GError **error)
{
    g_autoptr(GPtrArray) findings = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(db_connection) connection = db_acquire(db, error);

    if (!connection || !db_driver_of(db)->check(connection, findings, error))
        return false;
    if (findings->len == 0)
        return true;
    g_set_error(error, BASE_ERROR, BASE_ERROR_CORRUPT, "%s is damaged: %s", what,
                (const char *)findings->pdata[0]);
    return false;
}

/* Without its journal a single file can be carried away and opened from where nobody may write. */
bool db_backup_end_journal(struct db *db, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(db, error);
    g_autoptr(db_rows) rows =
        connection ? db_query(connection, error, "PRAGMA journal_mode = DELETE") : NULL;
    GError *problem = NULL;

    if (!rows)
        return false;
    bool ended = db_rows_next(rows, &problem) && g_strcmp0(db_rows_text(rows, 0), "delete") == 0;
    if (problem)
        g_propagate_error(error, problem);
    else if (!ended)
        g_set_error(error, BASE_ERROR, BASE_ERROR_UNAVAILABLE,
                    "The database file is in use by another program.");
    return ended;
}

bool db_backup_file_fill(struct db_backup_file *file, struct db *source,
                         const struct db_copy_options *options, struct db_copy_result *result,
                         GError **error)
{
    g_autofree char *url = g_strconcat("sqlite:", file->unfinished, NULL);
    g_autoptr(db_handle) destination = db_copy_open_destination(url, error);

    return destination && db_copy(source, destination, options, result, error) &&
           db_backup_examine(destination, "What was written", error) &&
           db_backup_end_journal(destination, error);
}

static bool sync_folder(const char *path, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(path);
    int handle = g_open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);

    if (handle < 0)
        return set_io_error("This folder cannot be opened:", folder, errno, error);
    /* Some file systems of networks know no syncing of folders. */
    bool synced = fsync(handle) == 0 || errno == EINVAL || errno == ENOTSUP;
    int reason = errno;
    close(handle);
    return synced || set_io_error("This folder cannot be written:", folder, reason, error);
}

static bool rename_new(struct db_backup_file *file, GError **error)
{
    if (renameat2(AT_FDCWD, file->unfinished, AT_FDCWD, file->path, RENAME_NOREPLACE) == 0)
        return true;
    if (errno == EEXIST)
        return set_exists(file->path, error);
    /* Not every file system has that call. */
    if (errno != EINVAL && errno != ENOSYS)
        return set_io_error("This file cannot be written:", file->path, errno, error);
    if (g_file_test(file->path, G_FILE_TEST_EXISTS))
        return set_exists(file->path, error);
    return g_rename(file->unfinished, file->path) == 0 ||
           set_io_error("This file cannot be written:", file->path, errno, error);
}

/* The journal of another database would be taken for that of the new one. */
static bool check_journals(const char *path, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(JOURNALS); i++) {
        g_autofree char *journal = g_strconcat(path, JOURNALS[i], NULL);
        if (!g_file_test(journal, G_FILE_TEST_EXISTS))
            continue;
        g_set_error(error, BASE_ERROR, BASE_ERROR_CONFLICT,
                    "%s exists: %s is a database in use and cannot be replaced.", journal, path);
        return false;
    }
    return true;
}

bool db_backup_file_place(struct db_backup_file *file, GError **error)
{
    if (!check_journals(file->path, error))
        return false;
    if (fsync(file->lock) != 0)
        return set_io_error("This file cannot be written:", file->path, errno, error);
    if (file->force && g_rename(file->unfinished, file->path) != 0)
        return set_io_error("This file cannot be written:", file->path, errno, error);
    if (!file->force && !rename_new(file, error))
        return false;
    g_clear_pointer(&file->unfinished, g_free);
    return sync_folder(file->path, error);
}

void db_backup_file_clear(struct db_backup_file *file)
{
    if (file->unfinished) {
        db_backup_remove_journals(file->unfinished);
        g_unlink(file->unfinished);
    }
    if (file->lock >= 0)
        close(file->lock);
    g_free(file->unfinished);
    g_free(file->path);
    *file = (struct db_backup_file)DB_BACKUP_FILE_NONE;
}

const char *db_backup_path_of(const char *url)
{
    static const char SCHEME[] = "sqlite:";

    if (g_ascii_strncasecmp(url, SCHEME, sizeof SCHEME - 1) != 0)
        return NULL;
    return url + sizeof SCHEME - 1;
}

bool db_backup_same_file(const char *a, const char *b)
{
    struct stat first;
    struct stat second;

    return g_stat(a, &first) == 0 && g_stat(b, &second) == 0 && first.st_ino == second.st_ino &&
           first.st_dev == second.st_dev;
}
