#include "db/backup.h"

#include "base/error.h"
#include "db/backup_file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

/* SQLite's lock bytes ("File Locking And Concurrency In SQLite Version 3"): a connection that has
 * read a WAL database holds a read lock here until it is closed. */
#define LOCK_FIRST 0x40000000
#define LOCK_LENGTH 512

void db_restore_result_clear(struct db_restore_result *result)
{
    db_copy_result_clear(&result->copied);
    g_clear_pointer(&result->kept, g_free);
}

/* ---- The backup ---- */

/* A copy of an older backup with the tables of this version. `*path` is to be removed. */
static struct db *open_migrated(struct db *backup, char **path, GError **error)
{
    int handle = g_file_open_tmp("presente-restore-XXXXXX", path, error);

    if (handle < 0)
        return NULL;
    close(handle);

    g_autofree char *url = g_strconcat("sqlite:", *path, NULL);
    g_autoptr(db_connection) connection = db_acquire(backup, error);
    if (!connection || !db_execute(connection, NULL, error, "VACUUM INTO ?", db_text(*path)))
        return NULL;
    g_autoptr(db_handle) db = db_copy_open_destination(url, error);
    return db && db_migrate(db, NULL, error) ? g_steal_pointer(&db) : NULL;
}

/* Opens and examines the backup. `*path` gets the name of a copy to be removed, if one was made. */
static struct db *open_backup(const char *file, char **path, GError **error)
{
    const struct db_options options = {.connections = 1, .must_exist = true, .read_only = true};
    g_autofree char *url = g_strconcat("sqlite:", file, NULL);
    g_autoptr(GError) failure = NULL;
    g_autoptr(db_handle) db = db_open(url, &options, &failure);
    gint64 version = 0;

    if (!db || !db_backup_examine(db, "The backup", &failure) ||
        !db_schema_version(db, &version, &failure)) {
        if (g_error_matches(failure, BASE_ERROR, BASE_ERROR_CORRUPT))
            g_set_error(error, BASE_ERROR, BASE_ERROR_CORRUPT,
                        "%s is damaged or is no backup; nothing was changed. (%s)", file,
                        failure->message);
        else
            g_propagate_error(error, g_steal_pointer(&failure));
        return NULL;
    }
    if (version > db_schema_latest(db))
        g_set_error(error, BASE_ERROR, BASE_ERROR_UNSUPPORTED,
                    "The backup was made by a newer version of this program; use that one.");
    else if (version == 0)
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID, "%s holds no tables of this program.",
                    file);
    else if (version < db_schema_latest(db))
        return open_migrated(db, path, error);
    else
        return g_steal_pointer(&db);
    return NULL;
}

/* ---- What is there ---- */

/* Whether somebody would lose something. A database of an unfinished copy belongs to nobody. */
static bool holds_people(struct db *db, bool *people, GError **error)
{
    g_autoptr(db_connection) connection = NULL;
    gint64 version;
    gint64 rows = 0;

    if (!db_schema_version(db, &version, error))
        return false;
    connection = db_acquire(db, error);
    if (!connection ||
        (version > 0 && !db_query_int(connection, &rows, error, "SELECT COUNT(*) FROM users")))
        return false;
    *people = rows > 0;
    return true;
}

static bool set_people(GError **error)
{
    g_set_error(error, BASE_ERROR, BASE_ERROR_CONFLICT,
                "The database holds people already; nothing was changed. With --replace they make "
                "way for the backup.");
    return false;
}

/* ---- Into a server ---- */

static bool restore_server(struct db *backup, const char *url,
                           const struct db_copy_options *options, struct db_copy_result *result,
                           GError **error)
{
    g_autoptr(db_handle) db = db_copy_open_destination(url, error);
    struct db_copy_options own = *options;
    bool unfinished = false;
    bool people = false;

    if (!db || !db_copy_is_unfinished(db, &unfinished, error) ||
        (!unfinished && !holds_people(db, &people, error)))
        return false;
    if (people && !options->replace)
        return set_people(error);
    /* An unfinished copy of the same backup goes on. */
    own.replace = !unfinished || options->replace;
    return db_copy(backup, db, &own, result, error);
}

/* ---- Into a file ---- */

static struct flock whole_lock(short type)
{
    return (struct flock){
        .l_type = type, .l_whence = SEEK_SET, .l_start = LOCK_FIRST, .l_len = LOCK_LENGTH};
}

static bool set_in_use(const char *path, GError **error)
{
    g_set_error(error, BASE_ERROR, BASE_ERROR_CONFLICT,
                "Another program has the database %s open: stop the server first. Nothing was "
                "changed.",
                path);
    return false;
}

static bool set_io_error(const char *path, GError **error)
{
    int reason = errno;

    g_set_error(error, BASE_ERROR, BASE_ERROR_IO, "The database %s cannot be replaced: %s.", path,
                g_strerror(reason));
    return false;
}

/* Looks without taking: a lock of ours would be in the way when we open the database ourselves. */
static bool check_unused(const char *path, GError **error)
{
    struct flock lock = whole_lock(F_WRLCK);
    int file = g_open(path, O_RDWR | O_CLOEXEC, 0);

    if (file < 0)
        return set_io_error(path, error);
    bool looked = fcntl(file, F_OFD_GETLK, &lock) == 0;
    if (!looked)
        set_io_error(path, error);
    close(file);
    if (!looked)
        return false;
    return lock.l_type == F_UNLCK || set_in_use(path, error);
}

/* The old database as far as it matters here. */
struct old_file {
    bool there;
    bool readable;
    bool kept;
};

static bool examine_old(const char *path, bool replace, struct old_file *old, GError **error)
{
    const struct db_options options = {.connections = 1, .busy_seconds = 1};
    g_autoptr(GError) failure = NULL;
    g_autofree char *url = g_strconcat("sqlite:", path, NULL);
    bool people = true;

    *old = (struct old_file){.there = g_file_test(path, G_FILE_TEST_EXISTS)};
    if (!old->there)
        return true;
    if (!check_unused(path, error))
        return false;
    g_autoptr(db_handle) db = db_open(url, &options, &failure);
    old->readable = db && holds_people(db, &people, &failure);
    if (!old->readable && !replace) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_CONFLICT,
                    "There is a database already that cannot be read; with --replace it makes way "
                    "for the backup. (%s)",
                    failure->message);
        return false;
    }
    old->kept = people;
    return !people || replace || set_people(error);
}

/* Folds the WAL into the file, so that it is whole under any name. */
static bool close_old(const char *path, GError **error)
{
    const struct db_options options = {.connections = 1, .busy_seconds = 1};
    g_autofree char *url = g_strconcat("sqlite:", path, NULL);
    g_autoptr(db_handle) db = db_open(url, &options, error);

    return db && db_backup_end_journal(db, error);
}

static bool keep_file(const char *path, const char *kept, GError **error)
{
    /* A second name leaves no moment without a database; not every file system has that. */
    return link(path, kept) == 0 || g_rename(path, kept) == 0 || set_io_error(path, error);
}

static char *name_of_kept(const char *path)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autofree char *when = g_date_time_format(now, "%Y%m%dT%H%M%SZ");

    return g_strconcat(path, ".replaced-", when, NULL);
}

static bool keep_old(const char *path, const struct old_file *old, char **kept, GError **error)
{
    g_autofree char *journal = g_strconcat(path, "-wal", NULL);

    if (!old->kept)
        return true;
    *kept = name_of_kept(path);
    g_autofree char *kept_journal = g_strconcat(*kept, "-wal", NULL);
    if (!old->readable && g_file_test(journal, G_FILE_TEST_EXISTS) &&
        !keep_file(journal, kept_journal, error))
        return false;
    return keep_file(path, *kept, error);
}

/* Under a lock that keeps everybody else from opening the old one. */
static bool swap(struct db_backup_file *made, const struct old_file *old, char **kept,
                 GError **error)
{
    struct flock lock = whole_lock(F_WRLCK);

    if (!old->there)
        return db_backup_file_place(made, error);
    if (old->readable && !close_old(made->path, error))
        return false;
    int file = g_open(made->path, O_RDWR | O_CLOEXEC, 0);
    if (file < 0)
        return set_io_error(made->path, error);
    bool done = fcntl(file, F_OFD_SETLK, &lock) == 0;
    if (!done)
        set_in_use(made->path, error);
    else if ((done = keep_old(made->path, old, kept, error))) {
        db_backup_remove_journals(made->path);
        done = db_backup_file_place(made, error);
        if (!done && *kept)
            g_rename(*kept, made->path);
    }
    close(file);
    return done;
}

static bool restore_file(struct db *backup, const char *path, const struct db_copy_options *options,
                         struct db_restore_result *result, GError **error)
{
    g_auto(db_backup_file) made = DB_BACKUP_FILE_NONE;
    g_autofree char *folder = g_path_get_dirname(path);
    struct db_copy_options own = *options;
    struct old_file old;

    own.again = own.replace = false;
    if (g_mkdir_with_parents(folder, 0700) != 0)
        return set_io_error(path, error);
    return examine_old(path, options->replace, &old, error) &&
           db_backup_file_begin(&made, path, true, error) &&
           db_backup_file_fill(&made, backup, &own, &result->copied, error) &&
           swap(&made, &old, &result->kept, error);
}

bool db_restore(const char *file, const char *url, const struct db_copy_options *options,
                struct db_restore_result *result, GError **error)
{
    static const struct db_copy_options NONE = {.again = false};
    struct db_restore_result own = {.kept = NULL};
    struct db_restore_result *got = result ? result : &own;
    const char *path = db_backup_path_of(url);
    g_autofree char *migrated = NULL;

    *got = (struct db_restore_result){.kept = NULL};
    if (path && db_backup_same_file(path, file)) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID, "%s is the database itself.", file);
        return false;
    }
    struct db *backup = open_backup(file, &migrated, error);
    bool done = false;
    if (backup && path)
        done = restore_file(backup, path, options ? options : &NONE, got, error);
    else if (backup)
        done = restore_server(backup, url, options ? options : &NONE, &got->copied, error);
    db_close(backup);
    if (migrated) {
        db_backup_remove_journals(migrated);
        g_unlink(migrated);
    }
    if (!done)
        db_restore_result_clear(got);
    db_restore_result_clear(&own);
    return done;
}
