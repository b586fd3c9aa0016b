/*
 * What the files of the PostgreSQL driver share; nobody else includes this. Values travel in
 * PostgreSQL's binary formats (big endian), which are chosen by the type that the server names.
 */
#ifndef DB_POSTGRESQL_H
#define DB_POSTGRESQL_H

#include "db/driver.h"
#include "db/url.h"

#include <libpq-fe.h>

/* ---- Connections (postgresql_connect.c) ---- */

struct postgresql_shared {
    struct db_url url;
    struct db_options options; /* with those of the URL filled in */
    gint connected;            /* whether it ever worked: from then on errors are for strangers */
};

struct postgresql_native {
    PGconn *handle;
    int wire; /* the socket once more: the library closes its own whenever it likes */
    struct postgresql_shared *shared;
    guint64 prepared; /* statements so far: their names are numbers */
    GString *owed;    /* DEALLOCATE for those that are gone */
    bool waits;       /* for as long as it takes */
    bool unread;      /* rows of a stream that nobody wants are on their way */
    bool gone;        /* the server said that it ends this connection, or says nothing more */
    bool raced;       /* the transaction lost against another */
};

/* The functions of struct db_driver. */
void *postgresql_open(const char *address, const struct db_options *options, GError **error);
void postgresql_close(void *shared);
void *postgresql_connect(void *shared, GError **error);
void postgresql_disconnect(void *native);
bool postgresql_alive(void *native);
void postgresql_interrupt(void *native);

/* Whether the connection cannot be used any more. */
bool postgresql_lost(const struct postgresql_native *native);

/* ---- Talking to the server (postgresql.c) ---- */

/* Reports what a result says and notes on the connection what follows from it; NULL: the server
 * does not answer. Gives false. */
bool postgresql_fail(struct db_connection *connection, const PGresult *result, GError **error);

bool postgresql_is_good(const PGresult *result);

/* The next result of what was sent; NULL after the last, or when the server does not answer. */
PGresult *postgresql_next_result(struct postgresql_native *native);

/* All results of what was sent: the first that failed, or else the last. PQclear() it. */
PGresult *postgresql_last_result(struct postgresql_native *native);

/* Reads to the end what an abandoned stream still brings, or has the server stop it. */
void postgresql_read_off(struct postgresql_native *native, bool stop_it);

/* True, with an error, when the connection is lost already. */
bool postgresql_lost_before(struct db_connection *connection, GError **error);

/* Runs statements that take no values and give no rows. */
bool postgresql_run(struct db_connection *connection, const char *sql, GError **error);

/* ---- Statements (postgresql_statement.c) ---- */

/* The functions of struct db_driver. */
void *postgresql_prepare(struct db_connection *connection, const char *sql, GError **error);
void postgresql_finalize(void *statement);
bool postgresql_bind(struct db_rows *rows, const struct db_value *values, gsize n, GError **error);
enum db_step postgresql_step(struct db_rows *rows, GError **error);
bool postgresql_execute(struct db_rows *rows, gint64 *changed, GError **error);
void postgresql_reset(struct db_rows *rows);
bool postgresql_column_is_null(struct db_rows *rows, guint column);
gint64 postgresql_column_int(struct db_rows *rows, guint column);
double postgresql_column_real(struct db_rows *rows, guint column);
const char *postgresql_column_text(struct db_rows *rows, guint column);
const void *postgresql_column_blob(struct db_rows *rows, guint column, gsize *size);

/* ---- Health (postgresql_check.c) ---- */

/* The `check` of struct db_driver, without a limit of time. */
bool postgresql_examine(struct db_connection *connection, GPtrArray *findings, GError **error);

/* ---- Values (postgresql_value.c) ---- */

/* A value cannot be longer than this (1 GiB less a little); the server refuses it. */
#define POSTGRESQL_VALUE_MAX ((gsize)1 << 30)

/*
 * Appends a value as the server's type `type` wants it: integers and truth values to the integer
 * types, times to timestamptz (or, as microseconds, to bigint), UUIDs to uuid or bytea, texts to
 * text and its relatives. BASE_ERROR_INTERNAL when the kind does not fit the type,
 * BASE_ERROR_INVALID when the number does not fit into it or the text is not UTF-8. Nothing is
 * appended for DB_KIND_NULL.
 */
bool postgresql_encode(const struct db_value *value, Oid type, GByteArray *bytes, GError **error);

/* Read a value of `size` bytes; false when the type is not one that can be read so. A time is read
 * as an integer: microseconds since 1970, with G_MININT64 and G_MAXINT64 for -infinity and
 * infinity. */
bool postgresql_decode_int(Oid type, const void *data, gsize size, gint64 *value);
bool postgresql_decode_real(Oid type, const void *data, gsize size, double *value);
bool postgresql_is_text(Oid type);
bool postgresql_is_blob(Oid type); /* uuid too, which is 16 bytes */

/*
 * The statement with $1, $2, … for each `?` that stands outside of quotes and comments; `n` gets
 * how many. NULL when there is nothing but white space and comments. g_free() it.
 */
char *postgresql_number_values(const char *sql, guint *n);

/* ---- Errors (postgresql_error.c) ---- */

struct postgresql_verdict {
    bool lost_race; /* of struct db_connection */
    bool gone;      /* the server ends this connection, or what it remembers of it is outdated */
    bool aborted;   /* an earlier statement of this transaction failed: the reason lies there */
};

/* Puts what the server answered into the port's terms. NULL result: it does not answer any more. */
struct postgresql_verdict postgresql_error(const PGresult *result, GError **error);

/* The same for a connection that could not be made; `details` adds what only the operator should
 * read (host, reason of the network). Needs PQERRORS_VERBOSE. */
void postgresql_connect_error(PGconn *handle, const char *database, bool details, GError **error);

#endif
