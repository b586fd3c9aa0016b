/*
 * Moving a whole installation from one database to another of any kind.
 *
 * The source is read in one snapshot and may be in use. Rows travel in order of their primary keys
 * in batches, each of which is one transaction of the destination together with its progress, kept
 * in a table `copy_progress` that exists only during a copy. A copy that was interrupted (killed,
 * connection lost, disk full) therefore goes on where it stopped, and a database with that table is
 * not used for anything else. At the end every table is read back on both sides and compared by
 * number of rows and SHA-256 (db_schema_digest()); only then the table goes away.
 */
#ifndef DB_COPY_H
#define DB_COPY_H

#include "db/schema.h"

enum db_copy_phase {
    DB_COPY_ROWS,
    DB_COPY_VERIFY,
};

struct db_copy_progress {
    enum db_copy_phase phase;
    const char *table;
    gint64 done; /* rows of this phase, all tables */
    gint64 total;
};

struct db_copy_options {
    bool again;       /* start an unfinished copy over */
    bool replace;     /* empty the destination first, whatever it holds */
    guint batch_rows; /* that a transaction stores, about; 0: 32,768 */
    /* Called after every batch, false stops the copy. May be NULL. */
    bool (*progress)(const struct db_copy_progress *progress, gpointer data);
    gpointer data;
};

struct db_copy_table {
    const char *name;
    gint64 rows;
    char digest[DB_SCHEMA_DIGEST_SIZE];
};

struct db_copy_result {
    gint64 rows;       /* in all tables */
    gint64 rows_found; /* of these, by an earlier run */
    GArray *tables;    /* struct db_copy_table */
};
void db_copy_result_clear(struct db_copy_result *result);

/* Opens a database as db_copy() wants it: one connection, statements without a time-out that
 * matters. A source must exist, is never written, and must have the tables of this very version of
 * the program; a destination is made where that is possible. */
struct db *db_copy_open_source(const char *url, GError **error);
struct db *db_copy_open_destination(const char *url, GError **error);

/*
 * Copies and verifies. `options` and `result` may be NULL; clear the result with
 * db_copy_result_clear(). Besides the errors of db.h:
 *   BASE_ERROR_CONFLICT     the destination holds something else; nothing was changed
 *   BASE_ERROR_UNAVAILABLE  also when `progress` stopped it; call again to go on
 *   BASE_ERROR_CORRUPT      the two sides differ in the table that the message names, the source
 *                           changed since the interrupted run for example; stays unfinished
 *   BASE_ERROR_INVALID      the source has no institution yet, or is an unfinished copy itself
 */
bool db_copy(struct db *source, struct db *destination, const struct db_copy_options *options,
             struct db_copy_result *result, GError **error);

/* Whether this database is the destination of a copy that was not finished. */
bool db_copy_is_unfinished(struct db *db, bool *unfinished, GError **error);

#endif
