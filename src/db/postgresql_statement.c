/* Statements of PostgreSQL and their rows. */
#include "db/postgresql.h"

#include "base/error.h"

#include <string.h>

/*
 * Filters that may be absent are written "(? = 0 OR …)". A plan for all values alike would take
 * them for strict ones and expect a handful of rows where there are all of them (seconds instead of
 * milliseconds on a large register): such statements are planned anew for the values of each call.
 * The others, which look something up by a key, keep their plan.
 */
#define FILTER_MARK "(? = 0 OR "

struct statement {
    struct postgresql_native *native;
    char name[24];
    char *searches; /* the text, if it is to be planned anew each time */
    guint values_n;
    Oid *types;
    GByteArray *bytes; /* the values, one after the other */
    const char **pointers;
    int *lengths;
    int *formats;

    PGresult *result; /* of the rows that are being read */
    int row;
    bool started;
    bool streams; /* the server has more of it */
    bool patient; /* a stream for which statement_timeout was lifted */
};

static void free_statement(void *data)
{
    struct statement *statement = data;

    PQclear(statement->result);
    g_byte_array_free(statement->bytes, TRUE);
    g_free(statement->searches);
    g_free(statement->types);
    g_free(statement->pointers);
    g_free(statement->lengths);
    g_free(statement->formats);
    g_free(statement);
}

/* The server forgets the statement when the next one is prepared: there is none any more when the
 * connection itself is about to end. */
void postgresql_finalize(void *data)
{
    struct statement *statement = data;

    if (statement->streams)
        statement->native->unread = true;
    g_string_append_printf(statement->native->owed, "DEALLOCATE %s;", statement->name);
    free_statement(statement);
}

static bool pay_owed(struct db_connection *connection, GError **error)
{
    struct postgresql_native *native = connection->native;

    if (native->owed->len == 0 || PQtransactionStatus(native->handle) == PQTRANS_INERROR)
        return true;
    if (!postgresql_run(connection, native->owed->str, error))
        return false;
    g_string_truncate(native->owed, 0);
    return true;
}

static struct statement *new_statement(struct postgresql_native *native, guint n)
{
    struct statement *statement = g_new0(struct statement, 1);

    statement->native = native;
    g_snprintf(statement->name, sizeof statement->name, "s%" G_GUINT64_FORMAT, ++native->prepared);
    statement->values_n = n;
    statement->types = g_new0(Oid, n);
    statement->bytes = g_byte_array_new();
    statement->pointers = g_new0(const char *, n);
    statement->lengths = g_new0(int, n);
    statement->formats = g_new(int, n);
    for (guint i = 0; i < n; i++)
        statement->formats[i] = 1;
    return statement;
}

static bool prepare_there(struct db_connection *connection, struct statement *statement,
                          const char *sql, GError **error)
{
    PGconn *handle = statement->native->handle;
    PGresult *result = PQsendPrepare(handle, statement->name, sql, 0, NULL)
                           ? postgresql_last_result(statement->native)
                           : NULL;

    if (postgresql_is_good(result) && statement->values_n > 0) {
        PQclear(result);
        result = PQsendDescribePrepared(handle, statement->name)
                     ? postgresql_last_result(statement->native)
                     : NULL;
    }
    bool done = postgresql_is_good(result) || postgresql_fail(connection, result, error);
    for (guint i = 0; done && i < statement->values_n; i++)
        statement->types[i] = PQparamtype(result, (int)i);
    PQclear(result);
    return done;
}

void *postgresql_prepare(struct db_connection *connection, const char *sql, GError **error)
{
    struct postgresql_native *native = connection->native;
    guint n;
    g_autofree char *numbered = postgresql_number_values(sql, &n);

    if (!numbered) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INTERNAL,
                    "A text must hold exactly one statement.");
        return NULL;
    }
    postgresql_read_off(native, false);
    if (postgresql_lost_before(connection, error) || !pay_owed(connection, error))
        return NULL;

    struct statement *statement = new_statement(native, n);
    if (strstr(sql, FILTER_MARK))
        statement->searches = g_strdup(numbered);
    if (prepare_there(connection, statement, numbered, error))
        return statement;
    free_statement(statement);
    return NULL;
}

bool postgresql_bind(struct db_rows *rows, const struct db_value *values, gsize n, GError **error)
{
    struct statement *statement = rows->native;
    gsize offset = 0, room = n * sizeof(struct db_value);

    if (statement->values_n != n) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INTERNAL,
                    "A statement takes %u values and was given %zu.", statement->values_n, n);
        return false;
    }
    for (gsize i = 0; i < n; i++)
        if (values[i].kind == DB_KIND_TEXT || values[i].kind == DB_KIND_BLOB)
            room += values[i].bytes.size;
    if (room > POSTGRESQL_VALUE_MAX) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_TOO_LARGE,
                    "A value is too large for the database.");
        return false;
    }
    /* In one piece: what grows would leave copies behind that reset() does not wipe. */
    g_byte_array_set_size(statement->bytes, (guint)MAX(room, 1));
    g_byte_array_set_size(statement->bytes, 0);
    for (gsize i = 0; i < n; i++) {
        guint before = statement->bytes->len;
        if (!postgresql_encode(&values[i], statement->types[i], statement->bytes, error))
            return false;
        statement->lengths[i] = (int)(statement->bytes->len - before);
    }
    for (gsize i = 0; i < n; i++) {
        bool null = values[i].kind == DB_KIND_NULL;
        statement->pointers[i] = null ? NULL : (const char *)statement->bytes->data + offset;
        offset += (gsize)statement->lengths[i];
    }
    return true;
}

static bool send_statement(struct db_rows *rows, GError **error)
{
    struct statement *statement = rows->native;
    struct postgresql_native *native = statement->native;

    postgresql_read_off(native, false);
    if (postgresql_lost_before(rows->connection, error))
        return false;
    int n = (int)statement->values_n;
    int sent =
        statement->searches
            ? PQsendQueryParams(native->handle, statement->searches, n, statement->types,
                                statement->pointers, statement->lengths, statement->formats, 1)
            : PQsendQueryPrepared(native->handle, statement->name, n, statement->pointers,
                                  statement->lengths, statement->formats, 1);
    return sent || postgresql_fail(rows->connection, NULL, error);
}

/* The reader of a stream may be slow, and the server counts that as its own time. */
static bool start_stream(struct db_rows *rows, GError **error)
{
    struct statement *statement = rows->native;
    bool inside = rows->connection->transaction != DB_TRANSACTION_NONE;

    if (!postgresql_run(rows->connection,
                        inside ? "SET LOCAL statement_timeout = 0" : "SET statement_timeout = 0",
                        error))
        return false;
    statement->patient = !inside;
    if (!send_statement(rows, error))
        return false;
    statement->native->waits = true;
    statement->streams = true;
    PQsetSingleRowMode(statement->native->handle);
    return true;
}

/* A result of one row, or the last one, which has none. */
static enum db_step step_stream(struct db_rows *rows, GError **error)
{
    struct statement *statement = rows->native;
    struct postgresql_native *native = statement->native;

    PQclear(statement->result);
    statement->result = postgresql_next_result(native);
    statement->row = 0;
    if (PQresultStatus(statement->result) == PGRES_SINGLE_TUPLE)
        return DB_STEP_ROW;
    statement->streams = false;
    native->waits = false;
    if (!postgresql_is_good(statement->result))
        postgresql_fail(rows->connection, statement->result, error);
    PQclear(postgresql_last_result(native));
    return postgresql_is_good(statement->result) ? DB_STEP_DONE : DB_STEP_FAILED;
}

enum db_step postgresql_step(struct db_rows *rows, GError **error)
{
    struct statement *statement = rows->native;

    if (!statement->started) {
        statement->started = true;
        statement->row = -1;
        if (!(rows->streaming ? start_stream(rows, error) : send_statement(rows, error)))
            return DB_STEP_FAILED;
        if (!rows->streaming)
            statement->result = postgresql_last_result(statement->native);
    }
    if (statement->streams)
        return step_stream(rows, error);
    if (!postgresql_is_good(statement->result)) {
        postgresql_fail(rows->connection, statement->result, error);
        return DB_STEP_FAILED;
    }
    if (statement->row < PQntuples(statement->result))
        statement->row++;
    return statement->row < PQntuples(statement->result) ? DB_STEP_ROW : DB_STEP_DONE;
}

bool postgresql_execute(struct db_rows *rows, gint64 *changed, GError **error)
{
    struct statement *statement = rows->native;

    if (!send_statement(rows, error))
        return false;
    PGresult *result = postgresql_last_result(statement->native);
    bool done = postgresql_is_good(result) || postgresql_fail(rows->connection, result, error);
    if (done && PQresultStatus(result) == PGRES_COMMAND_OK)
        *changed = g_ascii_strtoll(PQcmdTuples(result), NULL, 10);
    PQclear(result);
    return done;
}

void postgresql_reset(struct db_rows *rows)
{
    struct statement *statement = rows->native;
    struct postgresql_native *native = statement->native;

    /* Inside a transaction it may be about to be rolled back, which is when to cancel. */
    if (statement->streams)
        native->unread = true;
    statement->streams = false;
    if (statement->patient) {
        postgresql_read_off(native, true);
        if (!postgresql_run(rows->connection, "RESET statement_timeout", NULL))
            rows->connection->broken = true;
    }
    statement->patient = false;
    PQclear(g_steal_pointer(&statement->result));
    statement->started = false;
    if (statement->bytes->len > 0) /* no password hash or template lingers in memory */
        explicit_bzero(statement->bytes->data, statement->bytes->len);
    g_byte_array_set_size(statement->bytes, 0);
}

/* ---- Columns ---- */

bool postgresql_column_is_null(struct db_rows *rows, guint column)
{
    const struct statement *statement = rows->native;

    return PQgetisnull(statement->result, statement->row, (int)column);
}

/* The bytes of a column; NULL for NULL. */
static const void *column_of(struct db_rows *rows, guint column, Oid *type, gsize *size)
{
    const struct statement *statement = rows->native;

    *type = PQftype(statement->result, (int)column);
    *size = 0;
    if (postgresql_column_is_null(rows, column))
        return NULL;
    *size = (gsize)PQgetlength(statement->result, statement->row, (int)column);
    return PQgetvalue(statement->result, statement->row, (int)column);
}

gint64 postgresql_column_int(struct db_rows *rows, guint column)
{
    Oid type;
    gsize size;
    const void *data = column_of(rows, column, &type, &size);
    gint64 value = 0;

    if (data && !postgresql_decode_int(type, data, size, &value))
        db_rows_fail(rows, "an integer");
    return value;
}

double postgresql_column_real(struct db_rows *rows, guint column)
{
    Oid type;
    gsize size;
    const void *data = column_of(rows, column, &type, &size);
    double value = 0;

    if (data && !postgresql_decode_real(type, data, size, &value))
        db_rows_fail(rows, "a number");
    return value;
}

const char *postgresql_column_text(struct db_rows *rows, guint column)
{
    Oid type;
    gsize size;
    const char *data = column_of(rows, column, &type, &size);

    if (data && !postgresql_is_text(type)) {
        db_rows_fail(rows, "a text");
        return NULL;
    }
    return data; /* libpq ends it with a NUL */
}

const void *postgresql_column_blob(struct db_rows *rows, guint column, gsize *size)
{
    Oid type;
    const void *data = column_of(rows, column, &type, size);

    if (data && !postgresql_is_blob(type) && !postgresql_is_text(type)) {
        db_rows_fail(rows, "binary");
        *size = 0;
    }
    return data;
}
