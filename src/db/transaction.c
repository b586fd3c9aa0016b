/* Transactions: begun, carried out, and run again where that may help. */
#include "base/error.h"
#include "db/driver.h"

#define TRANSACTION_ATTEMPTS 20

/* `in_doubt`: whether it was committed cannot be told. */
static bool run_once(struct db_connection *connection, enum db_transaction_kind kind,
                     db_transaction_body body, gpointer data, bool *in_doubt, GError **error)
{
    const struct db_driver *driver = db_driver_of(connection->db);

    connection->lost_race = false;
    if (!driver->begin(connection, kind, error))
        return false;
    connection->transaction = kind;

    /* A body that fails without saying why would look like success further up. */
    GError *problem = NULL;
    bool done = body(connection, data, &problem);
    if (!done && !problem)
        g_set_error(&problem, BASE_ERROR, BASE_ERROR_INTERNAL, "A transaction gave up.");
    while (connection->running->len > 0)
        db_rows_free(g_ptr_array_index(connection->running, 0));
    if (done) {
        done = driver->commit(connection, &problem);
        *in_doubt = !done && connection->broken;
    }
    db_connection_end_transaction(connection, !done);
    if (problem)
        g_propagate_error(error, problem);
    return done;
}

/* Whether running it again may help, with a connection on which it can. Each attempt may have
 * waited for a lock, or for a server that hangs: not many times over. */
static bool can_run_again(struct db_connection *connection, bool in_doubt, guint attempt,
                          gint64 started)
{
    const gint64 most = (gint64)db_statement_seconds(connection->db) * G_TIME_SPAN_SECOND;

    if (in_doubt || attempt >= TRANSACTION_ATTEMPTS || g_get_monotonic_time() - started >= most)
        return false;
    if (connection->broken)
        return !connection->pinned && db_connection_reopen(connection);
    if (!connection->lost_race)
        return false;
    /* Different waits, so that the same two do not meet again. */
    g_usleep((gulong)g_random_int_range(500, 4000 * (gint32)MIN(attempt, 10)));
    return true;
}

static bool run(struct db_connection *connection, enum db_transaction_kind kind,
                db_transaction_body body, gpointer data, GError **error)
{
    if (connection->transaction != DB_TRANSACTION_NONE) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INTERNAL,
                    "A transaction was started inside another one.");
        return false;
    }
    const gint64 started = g_get_monotonic_time();
    for (guint attempt = 1;; attempt++) {
        g_autoptr(GError) problem = NULL;
        bool in_doubt = false;

        if (run_once(connection, kind, body, data, &in_doubt, &problem)) {
            if (kind != DB_TRANSACTION_READ)
                db_tell_committed(connection->db);
            return true;
        }
        if (!can_run_again(connection, in_doubt, attempt, started)) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return false;
        }
    }
}

bool db_transaction_on(struct db_connection *connection, db_transaction_body body, gpointer data,
                       GError **error)
{
    return run(connection, DB_TRANSACTION_WRITE, body, data, error);
}

bool db_transaction_keyed_on(struct db_connection *connection, db_transaction_body body,
                             gpointer data, GError **error)
{
    return run(connection, DB_TRANSACTION_KEYED, body, data, error);
}

bool db_snapshot_on(struct db_connection *connection, db_transaction_body body, gpointer data,
                    GError **error)
{
    return run(connection, DB_TRANSACTION_READ, body, data, error);
}

bool db_transaction(struct db *db, db_transaction_body body, gpointer data, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(db, error);

    return connection && db_transaction_on(connection, body, data, error);
}
