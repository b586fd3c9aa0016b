/* What goes wrong on MariaDB, in the terms of db.h. */
#include "base/error.h"
#include "db/mariadb.h"

#include <errmsg.h>
#include <string.h>

enum consequence {
    STANDS,    /* the connection can be used on */
    LOST_RACE, /* the same transaction may succeed when it is run again */
    BROKEN,    /* the connection is gone */
};

#define BUSY "The database is busy. Try again in a moment."
#define GONE "The connection to the database server was lost. Try again in a moment."
#define SLOW "The database took too long for an answer, and was interrupted."
#define DAMAGED "The database is damaged. Stop the program and restore it from a backup."
#define RIGHTS "The account in the database URL lacks a right in the database."
#define FULL "The disk of the database server is full: nothing was stored."
#define READ_ONLY "The database cannot be written: it is read-only."
#define LARGE "A value is too large for the database."
#define CLOSING "The database server is shutting down. Try again in a moment."
#define MEMORY "The database server has not enough memory."
#define STATEMENTS                                                                                 \
    "The database server keeps too many prepared statements (max_prepared_stmt_count)."
#define REFERENCE "Something that this refers to does not exist, or is still in use (foreign key)."

/* Numbers rather than names: the headers of MariaDB lack those of MySQL. */
static const struct {
    unsigned code;
    enum base_error error;
    enum consequence consequence;
    const char *message;
} ERRORS[] = {
    {1205, BASE_ERROR_UNAVAILABLE, LOST_RACE, BUSY}, /* lock wait timeout */
    {1213, BASE_ERROR_UNAVAILABLE, LOST_RACE, BUSY}, /* deadlock */
    {1020, BASE_ERROR_UNAVAILABLE, LOST_RACE, BUSY}, /* record changed since the snapshot */
    {1180, BASE_ERROR_UNAVAILABLE, LOST_RACE, BUSY}, /* error during commit */
    {1402, BASE_ERROR_UNAVAILABLE, LOST_RACE, BUSY}, /* rolled back */
    {3101, BASE_ERROR_UNAVAILABLE, LOST_RACE, BUSY}, /* rolled back by group replication */

    {1216, BASE_ERROR_CONFLICT, STANDS, REFERENCE},
    {1217, BASE_ERROR_CONFLICT, STANDS, REFERENCE},
    {1451, BASE_ERROR_CONFLICT, STANDS, REFERENCE},
    {1452, BASE_ERROR_CONFLICT, STANDS, REFERENCE},

    {1028, BASE_ERROR_UNAVAILABLE, STANDS, SLOW}, /* sort aborted */
    {1317, BASE_ERROR_UNAVAILABLE, STANDS, SLOW}, /* KILL QUERY */
    {1969, BASE_ERROR_UNAVAILABLE, STANDS, SLOW}, /* max_statement_time */
    {3024, BASE_ERROR_UNAVAILABLE, STANDS, SLOW}, /* max_execution_time */

    {1290, BASE_ERROR_UNAVAILABLE, STANDS, READ_ONLY},
    {1792, BASE_ERROR_UNAVAILABLE, STANDS, READ_ONLY},
    {1836, BASE_ERROR_UNAVAILABLE, STANDS, READ_ONLY},
    {1021, BASE_ERROR_UNAVAILABLE, STANDS, FULL},
    {1114, BASE_ERROR_UNAVAILABLE, STANDS, FULL},
    {1037, BASE_ERROR_UNAVAILABLE, STANDS, MEMORY},
    {1038, BASE_ERROR_UNAVAILABLE, STANDS, MEMORY},
    {1041, BASE_ERROR_UNAVAILABLE, STANDS, MEMORY},
    {1461, BASE_ERROR_UNAVAILABLE, STANDS, STATEMENTS},
    {1044, BASE_ERROR_UNAVAILABLE, STANDS, RIGHTS},
    {1142, BASE_ERROR_UNAVAILABLE, STANDS, RIGHTS},
    {1143, BASE_ERROR_UNAVAILABLE, STANDS, RIGHTS},
    {1227, BASE_ERROR_UNAVAILABLE, STANDS, RIGHTS},
    {1370, BASE_ERROR_UNAVAILABLE, STANDS, RIGHTS},
    {1046, BASE_ERROR_UNAVAILABLE, STANDS, "The database was removed from the server."},
    {1146, BASE_ERROR_UNAVAILABLE, STANDS, "A table of the database is missing."},
    {1049, BASE_ERROR_UNAVAILABLE, STANDS, "The database was removed from the server."},
    {1118, BASE_ERROR_TOO_LARGE, STANDS, LARGE},
    {1153, BASE_ERROR_TOO_LARGE, BROKEN, LARGE}, /* the server hangs up after it */
    {CR_NET_PACKET_TOO_LARGE, BASE_ERROR_TOO_LARGE, BROKEN, LARGE},

    {126, BASE_ERROR_CORRUPT, STANDS, DAMAGED},
    {127, BASE_ERROR_CORRUPT, STANDS, DAMAGED},
    {134, BASE_ERROR_CORRUPT, STANDS, DAMAGED},
    {144, BASE_ERROR_CORRUPT, STANDS, DAMAGED},
    {145, BASE_ERROR_CORRUPT, STANDS, DAMAGED},
    {1033, BASE_ERROR_CORRUPT, STANDS, DAMAGED},
    {1034, BASE_ERROR_CORRUPT, STANDS, DAMAGED},
    {1035, BASE_ERROR_CORRUPT, STANDS, DAMAGED},
    {1194, BASE_ERROR_CORRUPT, STANDS, DAMAGED},
    {1195, BASE_ERROR_CORRUPT, STANDS, DAMAGED},
    {1712, BASE_ERROR_CORRUPT, STANDS, DAMAGED},
    {1812, BASE_ERROR_CORRUPT, STANDS, DAMAGED},
    {1814, BASE_ERROR_CORRUPT, STANDS, DAMAGED},
    {1817, BASE_ERROR_CORRUPT, STANDS, DAMAGED},
    {1877, BASE_ERROR_CORRUPT, STANDS, DAMAGED},
    {1932, BASE_ERROR_CORRUPT, STANDS, DAMAGED},

    {1047, BASE_ERROR_UNAVAILABLE, BROKEN, CLOSING}, /* a node of a cluster that lags behind */
    {1053, BASE_ERROR_UNAVAILABLE, BROKEN, CLOSING},
    {1077, BASE_ERROR_UNAVAILABLE, BROKEN, CLOSING},
    {1079, BASE_ERROR_UNAVAILABLE, BROKEN, CLOSING},
    {1152, BASE_ERROR_UNAVAILABLE, BROKEN, GONE},
    {1158, BASE_ERROR_UNAVAILABLE, BROKEN, GONE},
    {1159, BASE_ERROR_UNAVAILABLE, BROKEN, GONE},
    {1160, BASE_ERROR_UNAVAILABLE, BROKEN, GONE},
    {1161, BASE_ERROR_UNAVAILABLE, BROKEN, GONE},
    {1184, BASE_ERROR_UNAVAILABLE, BROKEN, GONE},
    {1927, BASE_ERROR_UNAVAILABLE, BROKEN, GONE}, /* KILL CONNECTION */
    {4031, BASE_ERROR_UNAVAILABLE, BROKEN, GONE}, /* lay idle for too long */
    {CR_CONNECTION_ERROR, BASE_ERROR_UNAVAILABLE, BROKEN, GONE},
    {CR_CONN_HOST_ERROR, BASE_ERROR_UNAVAILABLE, BROKEN, GONE},
    {CR_SERVER_GONE_ERROR, BASE_ERROR_UNAVAILABLE, BROKEN, GONE},
    {CR_SERVER_LOST, BASE_ERROR_UNAVAILABLE, BROKEN, GONE},
    {CR_SERVER_LOST_EXTENDED, BASE_ERROR_UNAVAILABLE, BROKEN, GONE},
    {CR_SSL_CONNECTION_ERROR, BASE_ERROR_UNAVAILABLE, BROKEN, GONE},
    {CR_MALFORMED_PACKET, BASE_ERROR_UNAVAILABLE, BROKEN, GONE},
    {CR_ERR_NET_READ, BASE_ERROR_UNAVAILABLE, BROKEN, GONE},
    {CR_ERR_NET_WRITE, BASE_ERROR_UNAVAILABLE, BROKEN, GONE},
    {CR_OUT_OF_MEMORY, BASE_ERROR_UNAVAILABLE, BROKEN, "There is not enough memory."},
};

/* Values that a table's rules forbid: where the name in the message stands between these quotes. */
static const struct {
    unsigned code;
    char quote; /* 0: the message quotes the value, which is nobody's business */
} REFUSALS[] = {
    {1048, '\''}, /* not null */
    {1264, '\''}, /* out of range */
    {1265, '\''}, /* would be cut */
    {1364, '\''}, /* no default */
    {1406, '\''}, /* too long */
    {1292, 0},    /* not a date, not a number */
    {1366, 0},    /* not text */
    {1411, 0},    /* not a date */
    {3140, 0},    /* not JSON */
    {3819, '\''}, /* check, MySQL */
    {4025, '`'},  /* check, MariaDB */
};

static const struct {
    unsigned code;
    const char *message;
} CONNECT_ERRORS[] = {
    {1040, "The database server has too many connections. Try again in a moment."},
    {1203, "The database server has too many connections. Try again in a moment."},
    {1226, "The account in the database URL has too many connections. Try again in a moment."},
    {1044, "The database server has no such database, or the account may not use it."},
    {1049, "The database server has no such database, or the account may not use it."},
    {1045, "The database server does not accept this user and password."},
    {1698, "The database server does not accept this user and password."},
    {1251, "The database server asks for a way of signing in that is not supported."},
    {CR_AUTH_PLUGIN_CANNOT_LOAD,
     "The database server asks for a way of signing in that is not supported."},
    {CR_PLUGIN_NOT_ALLOWED, "The database server asks for the password in a way that is not safe "
                            "unless its certificate is verified (tls=verify)."},
    {1129, "The database server does not accept connections from this machine."},
    {1130, "The database server does not accept connections from this machine."},
    {1053, "The database server is starting or stopping. Try again in a moment."},
    {CR_CONNECTION_ERROR, "The database server cannot be reached."},
    {CR_CONN_HOST_ERROR, "The database server cannot be reached."},
    {CR_UNKNOWN_HOST, "The name of the database server is not known."},
    {CR_SERVER_GONE_ERROR, "The database server does not answer."},
    {CR_SERVER_LOST, "The database server does not answer."},
    {CR_SERVER_LOST_EXTENDED, "The database server does not answer."},
};

/* The table that a statement writes. g_free() it. */
static char *table_of(const char *sql)
{
    static const char *const STARTS[] = {"INSERT INTO ", "UPDATE ", "DELETE FROM "};

    for (gsize i = 0; i < G_N_ELEMENTS(STARTS); i++)
        if (g_str_has_prefix(sql, STARTS[i])) {
            const char *name = sql + strlen(STARTS[i]);
            return g_strndup(name, strcspn(name, " (,;\n"));
        }
    return g_strdup("");
}

/* What stands between the first pair of quotes, or the last. g_free() it; NULL without any. */
static char *quoted(const char *detail, char quote, bool last)
{
    const char *end = last ? strrchr(detail, quote) : NULL;
    const char *start = last ? end : strchr(detail, quote);

    if (last)
        while (start && start > detail && *--start != quote)
            ;
    else if (start)
        end = strchr(start + 1, quote);
    if (!start || !end || end == start || *start != quote)
        return NULL;
    return g_strndup(start + 1, (gsize)(end - start - 1));
}

/* The columns of a key, "table.column, table.column". The server tells no more than the name of the
 * key, and of a primary key not even that. */
static char *columns_of_key(struct db_connection *connection, const char *table, const char *key)
{
    GString *columns = g_string_new(NULL);
    g_autoptr(db_rows) rows =
        db_query(connection, NULL,
                 "SELECT column_name FROM information_schema.statistics WHERE table_schema = "
                 "DATABASE() AND table_name = ? AND index_name = ? ORDER BY seq_in_index",
                 db_text(table), db_text(key));

    while (rows && db_rows_next(rows, NULL))
        g_string_append_printf(columns, "%s%s.%s", columns->len > 0 ? ", " : "", table,
                               db_rows_text(rows, 0));
    if (columns->len == 0)
        g_string_append_printf(columns, "%s.%s", table, key);
    return g_string_free(columns, FALSE);
}

static void set_duplicate_error(struct db_connection *connection, const char *detail,
                                const char *sql, GError **error)
{
    g_autofree char *table = table_of(sql);
    g_autofree char *name = quoted(detail, '\'', true);
    const char *dot = name ? strrchr(name, '.') : NULL; /* MySQL says "table.key" */
    g_autofree char *columns = columns_of_key(connection, table, dot ? dot + 1 : name ? name : "");

    db_conflict_set(error, columns);
}

static bool set_refusal(unsigned code, const char *detail, const char *sql, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(REFUSALS); i++) {
        if (REFUSALS[i].code != code)
            continue;
        g_autofree char *table = table_of(sql);
        g_autofree char *name = REFUSALS[i].quote ? quoted(detail, REFUSALS[i].quote, false) : NULL;
        bool whole = name && strchr(name, '.'); /* checks are named after table and column */
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID,
                    "The database refuses a value that breaks its rules (%s%s%s).",
                    whole ? "" : table, whole || !name ? "" : ".", name ? name : "");
        return true;
    }
    return false;
}

static bool set_listed_error(struct db_connection *connection, unsigned code, const char *detail,
                             GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(ERRORS); i++) {
        if (ERRORS[i].code != code)
            continue;
        g_debug("mariadb: %s (%u)", detail, code);
        connection->lost_race = ERRORS[i].consequence == LOST_RACE;
        connection->broken |= ERRORS[i].consequence == BROKEN;
        g_set_error_literal(error, BASE_ERROR, ERRORS[i].error, ERRORS[i].message);
        return true;
    }
    return false;
}

/* "Got error 1877 … from storage engine InnoDB" (1030): the number within is what matters. */
static unsigned engine_code(unsigned code, const char *detail)
{
    static const struct {
        unsigned engine;
        unsigned code;
    } SAME[] = {{28, 1021}, {126, 1034}, {127, 1034}, {134, 1034}, {180, 1712}, {1877, 1877}};
    const char *digits = code == 1030 ? strpbrk(detail, "0123456789") : NULL;
    guint64 engine = digits ? g_ascii_strtoull(digits, NULL, 10) : 0;

    for (gsize i = 0; digits && i < G_N_ELEMENTS(SAME); i++)
        if (SAME[i].engine == engine)
            return SAME[i].code;
    return code;
}

bool db_mariadb_fail(struct db_connection *connection, unsigned code, const char *detail,
                     const char *sql, GError **error)
{
    code = engine_code(code, detail);
    connection->lost_race = false;
    if (code == 1062 || code == 1586) {
        set_duplicate_error(connection, detail, sql, error);
        return false;
    }
    if (code == 1792 && connection->transaction == DB_TRANSACTION_READ) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INTERNAL, "A snapshot cannot be written.");
        return false;
    }
    if (set_listed_error(connection, code, detail, error) || set_refusal(code, detail, sql, error))
        return false;
    /* After an error of the library nobody knows what the next answer belongs to. */
    connection->broken |= (code >= CR_MIN_ERROR && code <= CR_MAX_ERROR) || code >= 5000;
    g_set_error(error, BASE_ERROR, BASE_ERROR_INTERNAL, "The database failed: %s (%u).", detail,
                code);
    return false;
}

void db_mariadb_set_connect_error(unsigned code, const char *detail, const char *where,
                                  GError **error)
{
    const char *message = NULL;

    g_debug("mariadb: %s (%u)", detail, code);
    for (gsize i = 0; i < G_N_ELEMENTS(CONNECT_ERRORS) && !message; i++)
        if (CONNECT_ERRORS[i].code == code)
            message = CONNECT_ERRORS[i].message;
    if (!message && code == CR_SSL_CONNECTION_ERROR)
        message = "The database server cannot be reached safely: its certificate must be for its "
                  "name and of an authority that is believed (ca).";
    else if (!message)
        message = "The database server cannot be used.";
    else
        detail = NULL;

    bool crowded = code == 1040 || code == 1203 || code == 1226;
    if (where && detail)
        g_set_error(error, BASE_ERROR, BASE_ERROR_UNAVAILABLE, "%s: %s %s (%u).", where, message,
                    detail, code);
    else
        g_set_error(error, BASE_ERROR, crowded ? BASE_ERROR_RATE_LIMITED : BASE_ERROR_UNAVAILABLE,
                    "%s%s%s", where ? where : "", where ? ": " : "", message);
}
