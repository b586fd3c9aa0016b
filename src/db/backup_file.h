/*
 * An SQLite file in the making: written under another name beside the final one and put in place
 * when it is whole. For backup.c and restore.c.
 */
#ifndef DB_BACKUP_FILE_H
#define DB_BACKUP_FILE_H

#include "db/copy.h"

struct db_backup_file {
    char *path;       /* the final one */
    char *unfinished; /* the name until then */
    int lock;         /* keeps a second one from the same name; -1: none */
    bool force;       /* may take the place of another file */
};
typedef struct db_backup_file db_backup_file;

#define DB_BACKUP_FILE_NONE                                                                        \
    {                                                                                              \
        .lock = -1                                                                                 \
    }

/* Takes the name and removes what an interrupted run has left under it. BASE_ERROR_CONFLICT when
 * the final one exists and not `force`, or when another program is writing it. */
bool db_backup_file_begin(struct db_backup_file *file, const char *path, bool force,
                          GError **error);

/* Copies a database into it, verifies and examines it, and leaves one plain file without journal.
 */
bool db_backup_file_fill(struct db_backup_file *file, struct db *source,
                         const struct db_copy_options *options, struct db_copy_result *result,
                         GError **error);

/* Syncs it and renames it, in this order. */
bool db_backup_file_place(struct db_backup_file *file, GError **error);

/* Removes what was not placed. */
void db_backup_file_clear(struct db_backup_file *file);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(db_backup_file, db_backup_file_clear)

/* Examines a database as db_check() does for damage; the first finding becomes an error:
 * BASE_ERROR_CORRUPT "<what> is damaged: …". */
bool db_backup_examine(struct db *db, const char *what, GError **error);

/* Makes one plain file of an SQLite database, without WAL; only this `db` may have it open
 * (BASE_ERROR_UNAVAILABLE otherwise). */
bool db_backup_end_journal(struct db *db, GError **error);

/* Removes the files that SQLite keeps beside a database. */
void db_backup_remove_journals(const char *path);

/* The path of a "sqlite:" URL, inside it; NULL for another. */
const char *db_backup_path_of(const char *url);

/* Whether both names are there and mean one file. */
bool db_backup_same_file(const char *a, const char *b);

#endif
