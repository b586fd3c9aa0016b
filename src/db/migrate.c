#include "base/error.h"
#include "db/driver.h"

struct step_state {
    const struct db_driver *driver;
    bool applied; /* this transaction applied a step */
};

static char *checksum_of(const struct db_migration *step)
{
    return g_compute_checksum_for_string(G_CHECKSUM_SHA256, step->sql, -1);
}

/* Compares one recorded step with the program's. */
static bool verify_step(const struct db_driver *driver, gint64 number, const char *checksum,
                        GError **error)
{
    if (number < 1 || number > driver->migrations_n) {
        g_set_error(
            error, BASE_ERROR, BASE_ERROR_UNSUPPORTED,
            "The database was made by a newer version of this program (step %" G_GINT64_FORMAT
            "; this one knows %u). Use that version or a newer one.",
            number, driver->migrations_n);
        return false;
    }
    const struct db_migration *step = &driver->migrations[number - 1];
    g_autofree char *expected = checksum_of(step);
    if (g_strcmp0(checksum, expected) != 0) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_CORRUPT,
                    "Step %" G_GINT64_FORMAT " (%s) of the database is not the one that this "
                    "program knows: one of the two was altered.",
                    number, step->name);
        return false;
    }
    return true;
}

/* The newest step recorded; 0 for an empty database. `verified` also compares every step. */
static bool read_version(struct db_connection *connection, const struct db_driver *driver,
                         bool verified, gint64 *version, GError **error)
{
    bool exists;
    GError *problem = NULL;

    *version = 0;
    if (!driver->table_exists(connection, "schema_steps", &exists, error))
        return false;
    if (!exists)
        return true;

    g_autoptr(db_rows) rows =
        db_query(connection, error, "SELECT number, checksum FROM schema_steps ORDER BY number");
    if (!rows)
        return false;
    while (db_rows_next(rows, &problem)) {
        gint64 number = db_rows_int(rows, 0);
        if (verified && !verify_step(driver, number, db_rows_text(rows, 1), error))
            return false;
        if (verified && number != *version + 1) {
            g_set_error(error, BASE_ERROR, BASE_ERROR_CORRUPT,
                        "The database lacks step %" G_GINT64_FORMAT " of its tables.",
                        *version + 1);
            return false;
        }
        *version = number;
    }
    if (problem)
        g_propagate_error(error, problem);
    return !problem;
}

static bool record_step(struct db_connection *connection, const struct db_migration *step,
                        GError **error)
{
    g_autofree char *checksum = checksum_of(step);

    return db_execute(connection, NULL, error,
                      "INSERT INTO schema_steps (number, name, checksum, applied_at) "
                      "VALUES (?, ?, ?, ?)",
                      db_int(step->number), db_text(step->name), db_text(checksum),
                      db_int(base_time_now()));
}

/* Applies the next step, if there is one: what is next is decided inside the transaction, because
 * another process may be doing the same. */
static bool apply_next(struct db_connection *connection, gpointer data, GError **error)
{
    struct step_state *state = data;
    gint64 version;

    state->applied = false;
    if (!db_execute(connection, NULL, error,
                    "CREATE TABLE IF NOT EXISTS schema_steps ("
                    "number INTEGER NOT NULL PRIMARY KEY, name VARCHAR(100) NOT NULL, "
                    "checksum VARCHAR(64) NOT NULL, applied_at BIGINT NOT NULL)") ||
        !read_version(connection, state->driver, true, &version, error))
        return false;
    if (version >= state->driver->migrations_n)
        return true;

    const struct db_migration *step = &state->driver->migrations[version];
    if (!state->driver->script(connection, step->sql, error)) {
        g_prefix_error(error, "Step %" G_GINT64_FORMAT " (%s) of the database failed. ",
                       step->number, step->name);
        return false;
    }
    state->applied = true;
    return record_step(connection, step, error);
}

static bool apply_steps(struct db_connection *connection, struct step_state *state, guint *steps,
                        GError **error)
{
    do {
        if (!db_transaction_on(connection, apply_next, state, error))
            return false;
        *steps += state->applied;
    } while (state->applied);
    return true;
}

bool db_migrate(struct db *db, guint *applied, GError **error)
{
    struct step_state state = {.driver = db_driver_of(db)};
    g_autoptr(db_connection) connection = db_acquire(db, error);
    gint64 version;
    guint steps = 0;

    if (!connection || !read_version(connection, state.driver, true, &version, error))
        return false;
    if (version < state.driver->migrations_n) {
        if (state.driver->lock_schema && !state.driver->lock_schema(connection, true, error))
            return false;
        connection->pinned = true;
        bool done = apply_steps(connection, &state, &steps, error);
        connection->pinned = false;
        /* A connection that was lost has lost the lock with it. */
        if (state.driver->lock_schema && !connection->broken &&
            !state.driver->lock_schema(connection, false, done ? error : NULL))
            return false;
        if (!done)
            return false;
    }
    if (applied)
        *applied = steps;
    return true;
}

bool db_schema_version(struct db *db, gint64 *version, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(db, error);

    return connection && read_version(connection, db_driver_of(db), false, version, error);
}

gint64 db_schema_latest(const struct db *db)
{
    return db_driver_of(db)->migrations_n;
}
