/*
 * What the files of the MariaDB driver share; nobody else includes this.
 *
 * MariaDB 10.4 or newer and MySQL 8 by Connector/C. A connection speaks utf8mb4 and UTC, is strict
 * about values, and is READ COMMITTED by default, so that a keyed transaction begins in one round
 * trip.
 */
#ifndef DB_MARIADB_H
#define DB_MARIADB_H

#include "db/driver.h"
#include "db/url.h"

#include <mysql.h>

struct db_mariadb_shared {
    struct db_url url;
    struct db_options options; /* the seconds are those that the URL decides on, if it does */
    gint reached;              /* there was a connection; atomic */
};

/* The native part of a connection. */
struct db_mariadb {
    MYSQL *handle;
    int wire; /* the socket once more: the library closes its own whenever it likes */
    const struct db_mariadb_shared *shared;
};

/* ---- mariadb.c ---- */

/* A new session; NULL with BASE_ERROR_UNAVAILABLE. One without limits may work on a statement for
 * hours, as a change of the schema may have to. */
MYSQL *db_mariadb_connect(const struct db_mariadb_shared *shared, bool limited, GError **error);

/* How SET spells the longest time that a statement may take; 0: no limit. g_free() it. */
char *db_mariadb_time_limit(MYSQL *handle, guint seconds);

/* Runs a text that gives no rows. */
bool db_mariadb_run(struct db_connection *connection, const char *sql, GError **error);

/* ---- mariadb_error.c ---- */

/* Reports an error of the server or the library in the terms of db.h, and sets `lost_race` and
 * `broken`. `sql` is the statement that failed. False. */
bool db_mariadb_fail(struct db_connection *connection, unsigned code, const char *detail,
                     const char *sql, GError **error);

/* The same for one that came while connecting, in the server's own words where there are no better
 * ones. Later, strangers may be told: `where` is the server to name, or NULL for neither. */
void db_mariadb_set_connect_error(unsigned code, const char *detail, const char *where,
                                  GError **error);

/* ---- mariadb_statement.c: functions of struct db_driver ---- */

void *db_mariadb_prepare(struct db_connection *connection, const char *sql, GError **error);
void db_mariadb_finalize(void *statement);
bool db_mariadb_bind(struct db_rows *rows, const struct db_value *values, gsize n, GError **error);
enum db_step db_mariadb_step(struct db_rows *rows, GError **error);
bool db_mariadb_execute(struct db_rows *rows, gint64 *changed, GError **error);
void db_mariadb_reset(struct db_rows *rows);
bool db_mariadb_column_is_null(struct db_rows *rows, guint column);
gint64 db_mariadb_column_int(struct db_rows *rows, guint column);
double db_mariadb_column_real(struct db_rows *rows, guint column);
const char *db_mariadb_column_text(struct db_rows *rows, guint column);
const void *db_mariadb_column_blob(struct db_rows *rows, guint column, gsize *size);

/* ---- mariadb_schema.c: functions of struct db_driver ---- */

bool db_mariadb_lock_schema(struct db_connection *connection, bool lock, GError **error);
bool db_mariadb_script(struct db_connection *connection, const char *sql, GError **error);
bool db_mariadb_table_exists(struct db_connection *connection, const char *name, bool *exists,
                             GError **error);
bool db_mariadb_check(struct db_connection *connection, GPtrArray *findings, GError **error);

#endif
