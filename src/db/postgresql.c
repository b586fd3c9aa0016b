/* The PostgreSQL driver: every statement prepared once a connection, values and rows in binary. */
#include "db/postgresql.h"

#include "base/error.h"
#include "db/migrations_postgresql.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

/* How much longer than the server may work on a statement its answer may take to arrive. */
#define ANSWER_SECONDS 5

/* ---- Errors ---- */

bool postgresql_fail(struct db_connection *connection, const PGresult *result, GError **error)
{
    struct postgresql_native *native = connection->native;
    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;

    if (g_strcmp0(state, "25006") == 0 && connection->transaction == DB_TRANSACTION_READ) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INTERNAL, "A snapshot cannot be written.");
        return false;
    }
    struct postgresql_verdict verdict = postgresql_error(result, error);
    native->raced = verdict.lost_race || (verdict.aborted && native->raced);
    connection->lost_race = native->raced;
    if (verdict.gone || postgresql_lost(native))
        connection->broken = true;
    return false;
}

bool postgresql_is_good(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);

    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_SINGLE_TUPLE;
}

/* ---- Waiting for the server ---- */

/* False when the server says nothing for longer than any statement may take. */
static bool wait_for_answer(struct postgresql_native *native)
{
    struct pollfd socket = {.fd = PQsocket(native->handle), .events = POLLIN};
    guint seconds = native->shared->options.statement_seconds + ANSWER_SECONDS;
    int ready;

    do
        ready = poll(&socket, 1, native->waits ? -1 : (int)seconds * 1000);
    while (ready < 0 && errno == EINTR);
    return ready > 0;
}

/* The next result of what was sent; NULL after the last, or when the server does not answer. */
PGresult *postgresql_next_result(struct postgresql_native *native)
{
    while (PQisBusy(native->handle)) {
        if (!wait_for_answer(native)) {
            native->gone = true;
            return NULL;
        }
        if (!PQconsumeInput(native->handle))
            break; /* what there is to say about it is in the result */
    }
    return PQgetResult(native->handle);
}

/* All results of what was sent: the first that failed, or else the last. */
PGresult *postgresql_last_result(struct postgresql_native *native)
{
    PGresult *kept = NULL, *next;

    while ((next = postgresql_next_result(native))) {
        ExecStatusType status = PQresultStatus(next);
        if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH) {
            native->gone = true; /* nobody here would feed or read it */
            PQclear(kept);
            return next;
        }
        if (kept && !postgresql_is_good(kept)) {
            PQclear(next);
        } else {
            PQclear(kept);
            kept = next;
        }
    }
    return kept;
}

/* Asks the server to stop what it does. It opens a connection of its own for that. */
static void cancel(struct postgresql_native *native)
{
    char reason[256];
    PGcancel *request = PQgetCancel(native->handle);

    if (!request || !PQcancel(request, reason, sizeof reason))
        g_debug("postgresql: not cancelled");
    PQfreeCancel(request);
}

/* Reads to the end what an abandoned stream still brings. */
void postgresql_read_off(struct postgresql_native *native, bool stop_it)
{
    if (!native->unread)
        return;
    if (stop_it)
        cancel(native);
    native->unread = false;
    PQclear(postgresql_last_result(native));
    native->waits = false;
}

bool postgresql_lost_before(struct db_connection *connection, GError **error)
{
    struct postgresql_native *native = connection->native;

    if (!postgresql_lost(native))
        return false;
    postgresql_fail(connection, NULL, error);
    return true;
}

/* Runs statements without values; the last result, in text, or NULL with an error. */
static PGresult *ask(struct db_connection *connection, const char *sql, GError **error)
{
    struct postgresql_native *native = connection->native;

    postgresql_read_off(native, false);
    if (postgresql_lost_before(connection, error))
        return NULL;
    PGresult *result = PQsendQuery(native->handle, sql) ? postgresql_last_result(native) : NULL;
    if (postgresql_is_good(result))
        return result;
    postgresql_fail(connection, result, error);
    PQclear(result);
    return NULL;
}

/* Runs statements that give no rows. */
bool postgresql_run(struct db_connection *connection, const char *sql, GError **error)
{
    PGresult *result = ask(connection, sql, error);

    PQclear(result);
    return result != NULL;
}

/* ---- Transactions ---- */

static bool postgresql_begin(struct db_connection *connection, enum db_transaction_kind kind,
                             GError **error)
{
    static const char *const BEGIN[] = {
        [DB_TRANSACTION_NONE] = "BEGIN",
        [DB_TRANSACTION_READ] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        [DB_TRANSACTION_WRITE] = "BEGIN ISOLATION LEVEL SERIALIZABLE",
        [DB_TRANSACTION_KEYED] = "BEGIN ISOLATION LEVEL READ COMMITTED",
    };
    struct postgresql_native *native = connection->native;

    native->raced = false;
    return postgresql_run(connection, BEGIN[kind], error);
}

/* A transaction in which a statement failed is answered with ROLLBACK, as if all were well. */
static bool postgresql_commit(struct db_connection *connection, GError **error)
{
    const struct postgresql_native *native = connection->native;
    PGresult *result = ask(connection, "COMMIT", error);

    if (!result)
        return false;
    bool committed = strcmp(PQcmdStatus(result), "COMMIT") == 0;
    PQclear(result);
    if (committed)
        return true;
    connection->lost_race = native->raced;
    g_set_error(error, BASE_ERROR, native->raced ? BASE_ERROR_UNAVAILABLE : BASE_ERROR_INTERNAL,
                "A statement of the transaction had failed: nothing was stored.");
    return false;
}

static void postgresql_rollback(struct db_connection *connection)
{
    struct postgresql_native *native = connection->native;

    postgresql_read_off(native, true);
    if (postgresql_lost(native)) {
        connection->broken = true;
        return;
    }
    if (PQtransactionStatus(native->handle) != PQTRANS_IDLE &&
        !postgresql_run(connection, "ROLLBACK", NULL))
        connection->broken = true;
}

/* ---- Schema and health ---- */

/* The number of the lock spells "Presente" in ASCII. */
static bool postgresql_lock_schema(struct db_connection *connection, bool lock, GError **error)
{
    struct postgresql_native *native = connection->native;

    if (!lock)
        return postgresql_run(connection, "SELECT pg_advisory_unlock(5796807216676631653)", error);
    native->waits = true;
    bool locked =
        postgresql_run(connection, "SET statement_timeout = 0", error) &&
        postgresql_run(connection, "SET lock_timeout = 0", error) &&
        postgresql_run(connection, "SELECT pg_advisory_lock(5796807216676631653)", error) &&
        postgresql_run(connection, "RESET lock_timeout", error) &&
        postgresql_run(connection, "RESET statement_timeout", error);
    native->waits = false;
    if (!locked)
        connection->broken = true; /* rather than one with unknown settings */
    return locked;
}

static bool postgresql_script(struct db_connection *connection, const char *sql, GError **error)
{
    struct postgresql_native *native = connection->native;

    native->waits = true;
    bool done = postgresql_run(connection, "SET LOCAL statement_timeout = 0", error) &&
                postgresql_run(connection, sql, error);
    native->waits = false;
    return done;
}

static bool postgresql_table_exists(struct db_connection *connection, const char *name,
                                    bool *exists, GError **error)
{
    gint64 count;

    if (!db_query_int(connection, &count, error,
                      "SELECT COUNT(*) FROM pg_catalog.pg_tables "
                      "WHERE schemaname = current_schema() AND tablename = ?",
                      db_text(name)))
        return false;
    *exists = count > 0;
    return true;
}

static bool postgresql_check(struct db_connection *connection, GPtrArray *findings, GError **error)
{
    struct postgresql_native *native = connection->native;

    native->waits = true;
    bool looked = postgresql_run(connection, "SET statement_timeout = 0", error) &&
                  postgresql_examine(connection, findings, error) &&
                  postgresql_run(connection, "RESET statement_timeout", error);
    native->waits = false;
    if (!looked)
        connection->broken = true;
    return looked;
}

const struct db_driver db_driver_postgresql = {
    .schemes = {"postgresql", "postgres"},
    .name = "postgresql",
    .dialect = DB_DIALECT_POSTGRESQL,
    .migrations = DB_MIGRATIONS_POSTGRESQL,
    .migrations_n = G_N_ELEMENTS(DB_MIGRATIONS_POSTGRESQL),
    .open = postgresql_open,
    .close = postgresql_close,
    .connect = postgresql_connect,
    .disconnect = postgresql_disconnect,
    .alive = postgresql_alive,
    .interrupt = postgresql_interrupt,
    .prepare = postgresql_prepare,
    .finalize = postgresql_finalize,
    .bind = postgresql_bind,
    .step = postgresql_step,
    .execute = postgresql_execute,
    .reset = postgresql_reset,
    .column_is_null = postgresql_column_is_null,
    .column_int = postgresql_column_int,
    .column_real = postgresql_column_real,
    .column_text = postgresql_column_text,
    .column_blob = postgresql_column_blob,
    .begin = postgresql_begin,
    .commit = postgresql_commit,
    .rollback = postgresql_rollback,
    .lock_schema = postgresql_lock_schema,
    .script = postgresql_script,
    .table_exists = postgresql_table_exists,
    .check = postgresql_check,
};
