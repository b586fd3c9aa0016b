/*
 * The database port: what the rest of the program knows about databases.
 *
 * SQLite, PostgreSQL and MariaDB (or MySQL) stand behind it: pooled connections, prepared
 * statements with typed values and transactions that may have to run again, and nothing that only
 * one of them can do. SQL is written once, in the common subset, with `?` for each value; where the
 * dialects differ a statement has one text for each (struct db_sql). SQL texts are constants: no
 * statement is ever put together at run time.
 *
 * A server that goes away costs the calls that are under way a BASE_ERROR_UNAVAILABLE. Until it is
 * back db_acquire() fails at once, except for one attempt to connect now and then; after that
 * everything works again without being told.
 *
 * Errors of every function here and in query/:
 *   BASE_ERROR_CONFLICT     a unique or foreign key forbids it; db_conflict_is() tells which
 *   BASE_ERROR_INVALID      a check or not-null rule of a table forbids it
 *   BASE_ERROR_UNAVAILABLE  busy, disk full, read-only or unreachable; nothing was stored
 *   BASE_ERROR_CORRUPT      the stored data is damaged, or is not ours
 *   BASE_ERROR_UNSUPPORTED  unknown URL scheme, or the database is newer than this program
 *   BASE_ERROR_INTERNAL     anything else, a faulty statement for example
 */
#ifndef DB_DB_H
#define DB_DB_H

#include "base/time.h"
#include "base/uuid.h"

#include <glib.h>
#include <stdbool.h>

/* A database: thread-safe, shared by the whole program. */
struct db;

/* One connection: used by one thread at a time. */
struct db_connection;

/* The rows of a query, read one after the other. */
struct db_rows;

typedef struct db db_handle;
typedef struct db_connection db_connection;
typedef struct db_rows db_rows;

/* ---- Opening ---- */

struct db_options {
    guint connections;       /* most connections open at once; 0: 16 */
    guint acquire_seconds;   /* how long db_acquire() waits for a free one; 0: 10 */
    guint busy_seconds;      /* how long a statement waits for another's lock; 0: 10 */
    guint connect_seconds;   /* how long opening a connection to a server may take; 0: 5 */
    guint statement_seconds; /* how long a server may work on one statement; 0: 15 */
    bool must_exist;         /* do not create a database where there is none */
    bool read_only;
};

/*
 * Opens the database that a URL names. `options` may be NULL for the defaults. Close with
 * db_close().
 *
 * "sqlite:data/presente.db" is a path relative to the working directory,
 * "sqlite:/var/lib/presente.db" an absolute one. The file is created (mode 0600, without tables:
 * db_migrate() makes those) where there is none, and missing folders with mode 0700.
 *
 * "postgresql://user:password@host:5432/database" and "mariadb://user:password@host:3306/database"
 * (or "postgres:", "mysql:") name a database that exists on a server; db/url.h tells which options
 * may follow after "?". The connection is encrypted and the server's certificate and name are
 * verified unless the server is on this machine or the URL says otherwise.
 */
struct db *db_open(const char *url, const struct db_options *options, GError **error);

/* Whether the URL names a server, which statements have to travel to, rather than a file. */
bool db_url_is_server(const char *url);

/* The URL as it may be shown to people and logs: without the password. g_free() it. */
char *db_url_display(const char *url);

/* Closes every connection. All must have been released. NULL is allowed. */
void db_close(struct db *db);

/* "sqlite", "postgresql" or "mariadb". Static storage. */
const char *db_dialect_name(const struct db *db);

/* ---- Connections ---- */

/* A connection of the pool, opened when none is free and waited for when the pool is at its limit
 * (BASE_ERROR_UNAVAILABLE after acquire_seconds). Give it back with db_release(). A thread that
 * holds one must not ask for another. */
struct db_connection *db_acquire(struct db *db, GError **error);

/* NULL is allowed. Statements that were not finished and an open transaction are rolled back. */
void db_release(struct db_connection *connection);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(db_handle, db_close)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(db_connection, db_release)

/* ---- Values ---- */

enum db_kind {
    DB_KIND_NULL,
    DB_KIND_BOOL,
    DB_KIND_INT,
    DB_KIND_REAL,
    DB_KIND_TEXT,
    DB_KIND_BLOB,
    DB_KIND_UUID,
    DB_KIND_TIME,
};

/* Text and blobs are borrowed: they must live until the call that takes the value returns. */
struct db_value {
    enum db_kind kind;
    union {
        gint64 integer;
        double real;
        struct {
            const void *data;
            gsize size;
        } bytes;
        struct base_uuid uuid;
    };
};

struct db_value db_null(void);
struct db_value db_bool(bool value);
struct db_value db_int(gint64 value);
struct db_value db_real(double value);     /* NaN is stored as NULL */
struct db_value db_text(const char *text); /* NULL is stored as NULL */
struct db_value db_blob(const void *data, gsize size);
struct db_value db_bytes(GBytes *bytes);               /* NULL is stored as NULL */
struct db_value db_uuid(const struct base_uuid *uuid); /* NULL and the nil UUID: NULL */
struct db_value db_time(base_time time);
struct db_value db_time_or_null(base_time time); /* 0 is stored as NULL */

/* ---- Statements ---- */

/* A statement for all dialects, or the one text for each that differs from `common`. */
struct db_sql {
    const char *common;
    const char *sqlite;
    const char *postgresql;
    const char *mariadb;
};

/* The text for this connection. */
const char *db_sql(const struct db_connection *connection, const struct db_sql *sql);

#define DB_VALUES_(...) ((const struct db_value[]){{.kind = DB_KIND_NULL}, ##__VA_ARGS__})
#define DB_VALUES_N_(...) (sizeof(DB_VALUES_(__VA_ARGS__)) / sizeof(struct db_value) - 1)

/*
 * Runs a statement that gives no rows:
 *
 *     db_execute(connection, &changed, error, "UPDATE class_groups SET name = ? WHERE id = ?",
 *                db_text(name), db_uuid(&id))
 *
 * `changed` (may be NULL) gets the number of rows that the statement inserted, updated or deleted.
 * Outside a transaction the change is durable when the call returns. The statement is prepared once
 * a connection and kept.
 */
#define db_execute(connection, changed, error, sql, ...)                                           \
    db_execute_values((connection), (changed), (error), (sql), DB_VALUES_(__VA_ARGS__) + 1,        \
                      DB_VALUES_N_(__VA_ARGS__))

/* Runs a statement that gives rows; NULL on error. Free with db_rows_free() (g_autoptr) before the
 * connection is released or its transaction ends. */
#define db_query(connection, error, sql, ...)                                                      \
    db_query_values((connection), (error), (sql), DB_VALUES_(__VA_ARGS__) + 1,                     \
                    DB_VALUES_N_(__VA_ARGS__))

/*
 * As db_query(), for results too large for memory: the rows are taken from the server as they are
 * read. Until the rows are freed nothing else may run on this connection.
 */
#define db_query_stream(connection, error, sql, ...)                                               \
    db_query_stream_values((connection), (error), (sql), DB_VALUES_(__VA_ARGS__) + 1,              \
                           DB_VALUES_N_(__VA_ARGS__))

bool db_execute_values(struct db_connection *connection, gint64 *changed, GError **error,
                       const char *sql, const struct db_value *values, gsize n);
struct db_rows *db_query_values(struct db_connection *connection, GError **error, const char *sql,
                                const struct db_value *values, gsize n);
struct db_rows *db_query_stream_values(struct db_connection *connection, GError **error,
                                       const char *sql, const struct db_value *values, gsize n);

/* The first column of the first row as an integer. BASE_ERROR_NOT_FOUND when there is no row. */
#define db_query_int(connection, value, error, sql, ...)                                           \
    db_query_int_values((connection), (value), (error), (sql), DB_VALUES_(__VA_ARGS__) + 1,        \
                        DB_VALUES_N_(__VA_ARGS__))
bool db_query_int_values(struct db_connection *connection, gint64 *value, GError **error,
                         const char *sql, const struct db_value *values, gsize n);

/*
 * Steps to the next row, the first one at first. False at the end and on an error: keep a GError
 * and look at it after the loop.
 *
 *     while (db_rows_next(rows, &problem))
 *         …
 */
bool db_rows_next(struct db_rows *rows, GError **error);
/* Steps to the first row of a query that may have none: `found` says whether there is one. False
 * with an error; NULL rows (the query failed, and has set it) give false too. */
bool db_rows_first(struct db_rows *rows, bool *found, GError **error);
void db_rows_free(struct db_rows *rows);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(db_rows, db_rows_free)

/* Columns of the current row, counted from 0. NULL reads as false, 0, NaN, NULL, an empty blob and
 * the nil UUID. Text and blobs belong to the row and live until the next step. A value that cannot
 * be of the asked type (a UUID of another length, say) makes the next db_rows_next() fail with
 * BASE_ERROR_CORRUPT. */
bool db_rows_is_null(struct db_rows *rows, guint column);
bool db_rows_bool(struct db_rows *rows, guint column);
gint64 db_rows_int(struct db_rows *rows, guint column);
double db_rows_real(struct db_rows *rows, guint column);
const char *db_rows_text(struct db_rows *rows, guint column);
char *db_rows_dup_text(struct db_rows *rows, guint column); /* g_free() it */
const void *db_rows_blob(struct db_rows *rows, guint column, gsize *size);
GBytes *db_rows_dup_bytes(struct db_rows *rows, guint column); /* NULL for NULL */
struct base_uuid db_rows_uuid(struct db_rows *rows, guint column);
base_time db_rows_time(struct db_rows *rows, guint column);

/* ---- Transactions ---- */

/* The body of a transaction: false with an error rolls back. It may be run more than once, each
 * time from the beginning on a database where it has done nothing yet; what it hands out through
 * `data` must allow that. */
typedef bool (*db_transaction_body)(struct db_connection *connection, gpointer data,
                                    GError **error);

/*
 * Runs the body in a transaction that may write; when it returns true and so does this, everything
 * is durable. Transactions have the effect of running one after the other (SERIALIZABLE). One that
 * lost against another (busy, serialisation failure, deadlock), or whose connection broke before it
 * was committed, is run again, a few times, before BASE_ERROR_UNAVAILABLE.
 *
 * When the connection breaks during the commit itself nobody knows whether it was carried out: the
 * answer is BASE_ERROR_UNAVAILABLE and the body is not run again. Whoever tries again must find out
 * by a unique key, as marks do.
 */
bool db_transaction(struct db *db, db_transaction_body body, gpointer data, GError **error);

/* The same on a connection that the caller holds, outside a transaction. */
bool db_transaction_on(struct db_connection *connection, db_transaction_body body, gpointer data,
                       GError **error);

/*
 * The same for a body whose correctness rests on unique keys, foreign keys and single statements
 * alone (READ COMMITTED): what it has read may have changed by the time it writes. For the hottest
 * writes, which would otherwise stop one another.
 */
bool db_transaction_keyed_on(struct db_connection *connection, db_transaction_body body,
                             gpointer data, GError **error);

/* The same for several reads that must agree with one another; writers are not held up. Writing in
 * it is an error. */
bool db_snapshot_on(struct db_connection *connection, db_transaction_body body, gpointer data,
                    GError **error);

/* ---- Being told ---- */

/* Called by whoever committed a transaction that may have written, right after it: it must be quick
 * and must not use the database. What is written outside of transactions is not told. */
typedef void (*db_committed)(gpointer data);

/* From now on; until db_unwatch() with the same two. No call is under way once that returns. */
void db_watch(struct db *db, db_committed committed, gpointer data);
void db_unwatch(struct db *db, db_committed committed, gpointer data);

/* Whether the error is a CONFLICT over this table's column, "users.email" say. */
bool db_conflict_is(const GError *error, const char *column);

/* ---- Schema and health ---- */

/* Brings the tables up to this program's version, each numbered step in a transaction of its own;
 * nothing happens when they are there already. Several programs may do it at once: one works, the
 * others wait. MariaDB cannot undo half a step: one that was interrupted there is finished by the
 * next call. `applied` (may be NULL) gets the number of steps.
 * BASE_ERROR_UNSUPPORTED when the database is newer than the program, BASE_ERROR_CORRUPT when a
 * step that was applied once differs from the program's. */
bool db_migrate(struct db *db, guint *applied, GError **error);

/* Number of the newest step that the database has (0: none) and that the program knows. */
bool db_schema_version(struct db *db, gint64 *version, GError **error);
gint64 db_schema_latest(const struct db *db);

/* Examines the whole database: damage, broken references, rows that belong to nothing. Each finding
 * is a sentence appended to `findings` (an array of char * with g_free as free function); none
 * means sound. False with an error only when it could not look. */
bool db_check(struct db *db, GPtrArray *findings, GError **error);

/* One trivial read, for health checks. While one has waited for five seconds the server is taken
 * to hang: db_acquire() fails at once for everybody, until the answer comes or is given up, and
 * then connections that lie idle are closed. */
bool db_ping(struct db *db, GError **error);

/* Before the program ends: whoever waits for a server, now or later, fails at once with
 * BASE_ERROR_UNAVAILABLE. What runs on a file is finished. */
void db_interrupt(struct db *db);

#endif
