/*
 * What a database driver fills in, and what the port keeps about a connection. Only db.c, copy.c,
 * transaction.c, migrate.c, check.c, backup_file.c, query/row.c and the drivers include this.
 *
 * A driver reports errors in the terms of db.h. It sets `lost_race` on the connection when the
 * failure means no more than that another transaction was quicker, so that running this one again
 * may succeed, and `broken` when the connection cannot be used any more (BASE_ERROR_UNAVAILABLE);
 * the port runs transactions again and opens connections anew, in one place.
 */
#ifndef DB_DRIVER_H
#define DB_DRIVER_H

#include "db/db.h"

enum db_dialect {
    DB_DIALECT_SQLITE,
    DB_DIALECT_POSTGRESQL,
    DB_DIALECT_MARIADB,
};

enum db_transaction_kind {
    DB_TRANSACTION_NONE,
    DB_TRANSACTION_READ,  /* one snapshot, read-only (REPEATABLE READ) */
    DB_TRANSACTION_WRITE, /* SERIALIZABLE */
    DB_TRANSACTION_KEYED, /* READ COMMITTED */
};

enum db_step {
    DB_STEP_ROW,
    DB_STEP_DONE,
    DB_STEP_FAILED,
};

struct db_migration {
    gint64 number;
    const char *name;
    const char *sql; /* statements separated by semicolons */
};

/* A prepared statement; as struct db_rows it is also the cursor over its result. */
struct db_rows {
    struct db_connection *connection;
    void *native;
    bool cached;     /* stays in the connection's table */
    bool in_use;     /* somebody reads its rows */
    bool streaming;  /* take rows from the server one by one; else the first step takes all */
    GError *problem; /* a column that could not be read; reported by the next step */
};

/* Sees each statement right before it runs. */
typedef void (*db_observer)(struct db_connection *connection, const char *sql,
                            const struct db_value *values, gsize n, gpointer data);

struct db_connection {
    struct db *db;
    void *native;
    GHashTable *statements; /* SQL text → struct db_rows * */
    GPtrArray *running;     /* struct db_rows * in use, cached or not */
    enum db_transaction_kind transaction;
    bool lost_race;
    bool broken;          /* to be closed rather than pooled */
    bool pinned;          /* holds what a new connection would not have, a lock for example */
    db_observer observer; /* NULL: nobody looks on; for tests that ask how a statement is run */
    gpointer observer_data;
};

struct db_driver {
    const char *schemes[2]; /* of the URL, without the colon; the second may be NULL */
    const char *name;
    enum db_dialect dialect;
    const struct db_migration *migrations; /* in order of number, which starts at 1, no gaps */
    guint migrations_n;

    /* What all connections of a database share. */
    void *(*open)(const char *address, const struct db_options *options, GError **error);
    void (*close)(void *shared);

    /* BASE_ERROR_RATE_LIMITED when the server has no room for another connection; the port waits
     * for one of its own then, and never hands this code out. */
    void *(*connect)(void *shared, GError **error);
    void (*disconnect)(void *native);
    /* Whether a connection that lay idle still has its server, told without asking it. NULL: there
     * is no server. */
    bool (*alive)(void *native);
    /* Makes whoever waits for the server on this connection fail at once. Called by another thread
     * than the one that uses the connection, which cannot be used afterwards. NULL: there is no
     * server. */
    void (*interrupt)(void *native);

    void *(*prepare)(struct db_connection *connection, const char *sql, GError **error);
    void (*finalize)(void *statement);
    /* Binds all values anew; the driver copies what it needs after the call. */
    bool (*bind)(struct db_rows *rows, const struct db_value *values, gsize n, GError **error);
    enum db_step (*step)(struct db_rows *rows, GError **error);
    /* Steps to the end and counts the changed rows. */
    bool (*execute)(struct db_rows *rows, gint64 *changed, GError **error);
    void (*reset)(struct db_rows *rows);

    bool (*column_is_null)(struct db_rows *rows, guint column);
    gint64 (*column_int)(struct db_rows *rows, guint column);
    double (*column_real)(struct db_rows *rows, guint column);
    const char *(*column_text)(struct db_rows *rows, guint column);
    const void *(*column_blob)(struct db_rows *rows, guint column, gsize *size);

    bool (*begin)(struct db_connection *connection, enum db_transaction_kind kind, GError **error);
    bool (*commit)(struct db_connection *connection, GError **error);
    void (*rollback)(struct db_connection *connection);

    /* Around the steps of a migration, outside any transaction: keeps other programs from changing
     * the schema until the lock is given back or the connection ends, waiting for them without a
     * limit of its own, and readies the connection for tables that are made anew. NULL: neither is
     * needed. */
    bool (*lock_schema)(struct db_connection *connection, bool lock, GError **error);
    /* Runs several statements, inside the caller's transaction. Where the database commits each by
     * itself, what an interrupted run has done before is passed over. */
    bool (*script)(struct db_connection *connection, const char *sql, GError **error);
    bool (*table_exists)(struct db_connection *connection, const char *name, bool *exists,
                         GError **error);
    /* Damage and broken references, as sentences. */
    bool (*check)(struct db_connection *connection, GPtrArray *findings, GError **error);
};

extern const struct db_driver db_driver_sqlite;
extern const struct db_driver db_driver_postgresql;
extern const struct db_driver db_driver_mariadb;

const struct db_driver *db_driver_of(const struct db *db);

/* What db_options.statement_seconds came to. */
guint db_statement_seconds(const struct db *db);

/* Who is told of commits (watch.c). */
struct db_watchers {
    GMutex lock;
    GSList *all;
};
void db_watchers_init(struct db_watchers *watchers);
void db_watchers_finish(struct db_watchers *watchers);
struct db_watchers *db_watchers_of(struct db *db);
void db_tell_committed(struct db *db);

/* Puts a new connection in the place of a broken one that somebody holds. */
bool db_connection_reopen(struct db_connection *connection);

/* Frees the rows that are being read, and rolls back where a transaction is open and this is
 * wanted. */
void db_connection_end_transaction(struct db_connection *connection, bool roll_back);

/* Reports that a unique key forbids it; `columns` of the key as "table.column, table.column", which
 * db_conflict_is() looks for. */
void db_conflict_set(GError **error, const char *columns);

/* Notes that a column of the current row does not hold what it should. */
void db_rows_fail(struct db_rows *rows, const char *what);

#endif
