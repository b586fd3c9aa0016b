#include "db/db.h"

#include "base/error.h"
#include "db/driver.h"

#include <string.h>

#define CONNECTIONS_DEFAULT 16
#define WAIT_SECONDS_DEFAULT 10
#define CONNECT_SECONDS_DEFAULT 5
#define STATEMENT_SECONDS_DEFAULT 15

/* A server that lets a ping wait for so long is not asked anything else until it has answered. */
#define SILENCE_US (5 * G_TIME_SPAN_SECOND)

/* How long a server that has no room for another connection is not asked for one. */
#define CROWDED_US G_TIME_SPAN_SECOND

/* Between attempts to connect to a server that is away, doubled from the first to the last. */
#define AWAY_FIRST_US (50 * G_TIME_SPAN_MILLISECOND)
#define AWAY_LAST_US (2 * G_TIME_SPAN_SECOND)
#define AWAY_DOUBLINGS_MAX 6

struct db {
    const struct db_driver *driver;
    struct db_options options;
    void *shared;

    GMutex mutex;      /* guards what follows */
    GCond released;    /* a connection came back, or may be opened */
    GPtrArray *idle;   /* struct db_connection *, the last used one last */
    guint connections; /* idle and lent */
    GPtrArray *open;   /* those of them that are open, in no order */
    bool interrupted;  /* nothing is to wait for the database any more */

    /* While the server is away one caller now and then tries to connect; the others fail at once,
     * rather than each waiting for the time-out. */
    guint failures;  /* of connecting, in a row */
    gint64 next_try; /* monotonic time */
    bool trying;

    /* The server has no room for more connections than there are: until then (monotonic time) those
     * are waited for. */
    gint64 crowded_until;

    gint64 asked; /* monotonic time of a ping that was not answered yet, or 0; atomic */

    struct db_watchers watchers;
};

static const struct db_driver *const DRIVERS[] = {&db_driver_sqlite, &db_driver_postgresql,
                                                  &db_driver_mariadb};

const struct db_driver *db_driver_of(const struct db *db)
{
    return db->driver;
}

struct db_watchers *db_watchers_of(struct db *db)
{
    return &db->watchers;
}

guint db_statement_seconds(const struct db *db)
{
    return db->options.statement_seconds;
}

/* ---- Opening ---- */

static bool has_scheme(const struct db_driver *driver, const char *url, gsize length)
{
    for (gsize i = 0; i < G_N_ELEMENTS(driver->schemes) && driver->schemes[i]; i++)
        if (strlen(driver->schemes[i]) == length &&
            g_ascii_strncasecmp(url, driver->schemes[i], length) == 0)
            return true;
    return false;
}

static const struct db_driver *driver_of_url(const char *url, const char **address, GError **error)
{
    const char *colon = url ? strchr(url, ':') : NULL;

    for (gsize i = 0; colon && i < G_N_ELEMENTS(DRIVERS); i++) {
        if (has_scheme(DRIVERS[i], url, (gsize)(colon - url))) {
            *address = colon + 1;
            return DRIVERS[i];
        }
    }
    /* What follows the colon may hold a password: it is not repeated. */
    g_set_error(error, BASE_ERROR, BASE_ERROR_UNSUPPORTED,
                "Databases of the kind \"%.*s\" are not supported; the database URL must look like "
                "sqlite:data/presente.db, postgresql://user:password@host/name or "
                "mariadb://user:password@host/name.",
                colon ? (int)MIN(colon - url, 20) : 0, url ? url : "");
    return NULL;
}

bool db_url_is_server(const char *url)
{
    const char *address;
    const struct db_driver *driver = driver_of_url(url, &address, NULL);

    return driver && driver->alive;
}

static void close_connection(struct db_connection *connection)
{
    struct db *db = connection->db;

    /* Before anything of it goes: it may be interrupted by another thread while it is listed. */
    g_mutex_lock(&db->mutex);
    g_ptr_array_remove_fast(db->open, connection);
    g_mutex_unlock(&db->mutex);
    g_hash_table_destroy(connection->statements);
    g_ptr_array_free(connection->running, TRUE);
    db->driver->disconnect(connection->native);
    g_free(connection);
}

static void destroy_rows(gpointer data)
{
    struct db_rows *rows = data;

    rows->connection->db->driver->finalize(rows->native);
    g_clear_error(&rows->problem);
    g_free(rows);
}

/* Whether this caller may try to connect. */
static bool may_connect(struct db *db)
{
    g_mutex_lock(&db->mutex);
    bool may = db->failures == 0 || (!db->trying && g_get_monotonic_time() >= db->next_try);
    if (may && db->failures > 0)
        db->trying = true;
    g_mutex_unlock(&db->mutex);
    return may;
}

static void note_connect(struct db *db, bool connected)
{
    g_mutex_lock(&db->mutex);
    db->trying = false;
    if (connected) {
        if (db->failures > 0)
            g_message("The database is back.");
        db->failures = 0;
    } else {
        gint64 wait = AWAY_FIRST_US << MIN(db->failures, AWAY_DOUBLINGS_MAX);
        /* Not all nodes at the same moment. */
        wait = (gint64)((double)MIN(wait, AWAY_LAST_US) * g_random_double_range(0.5, 1.0));
        db->next_try = g_get_monotonic_time() + wait;
        db->failures++;
    }
    g_mutex_unlock(&db->mutex);
}

static bool is_interrupted(struct db *db)
{
    g_mutex_lock(&db->mutex);
    bool interrupted = db->interrupted;
    g_mutex_unlock(&db->mutex);
    return interrupted;
}

/* The driver's own connection; NULL at once while the server is known to be away. */
static void *connect_native(struct db *db, GError **error)
{
    if (is_interrupted(db) || !may_connect(db)) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_UNAVAILABLE,
                    "The database cannot be reached at the moment. Try again in a moment.");
        return NULL;
    }
    g_autoptr(GError) problem = NULL;
    void *native = db->driver->connect(db->shared, &problem);
    bool crowded = g_error_matches(problem, BASE_ERROR, BASE_ERROR_RATE_LIMITED);
    note_connect(db, native || crowded);
    if (problem)
        g_propagate_error(error, g_steal_pointer(&problem));
    return native;
}

static struct db_connection *open_connection(struct db *db, GError **error)
{
    void *native = connect_native(db, error);

    if (!native)
        return NULL;

    struct db_connection *connection = g_new0(struct db_connection, 1);
    connection->db = db;
    connection->native = native;
    connection->statements = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, destroy_rows);
    connection->running = g_ptr_array_new();
    g_mutex_lock(&db->mutex);
    g_ptr_array_add(db->open, connection);
    if (db->interrupted)
        db->driver->interrupt(native);
    g_mutex_unlock(&db->mutex);
    return connection;
}

bool db_connection_reopen(struct db_connection *connection)
{
    struct db *db = connection->db;
    void *native = connect_native(db, NULL);

    if (!native)
        return false;
    g_hash_table_remove_all(connection->statements);
    g_mutex_lock(&db->mutex);
    void *old = connection->native;
    connection->native = native;
    if (db->interrupted)
        db->driver->interrupt(native);
    g_mutex_unlock(&db->mutex);
    db->driver->disconnect(old);
    connection->broken = false;
    return true;
}

struct db *db_open(const char *url, const struct db_options *options, GError **error)
{
    const char *address;
    const struct db_driver *driver = driver_of_url(url, &address, error);

    if (!driver)
        return NULL;

    struct db *db = g_new0(struct db, 1);
    db->driver = driver;
    if (options)
        db->options = *options;
    if (db->options.connections == 0)
        db->options.connections = CONNECTIONS_DEFAULT;
    if (db->options.acquire_seconds == 0)
        db->options.acquire_seconds = WAIT_SECONDS_DEFAULT;
    if (db->options.busy_seconds == 0)
        db->options.busy_seconds = WAIT_SECONDS_DEFAULT;
    if (db->options.connect_seconds == 0)
        db->options.connect_seconds = CONNECT_SECONDS_DEFAULT;
    if (db->options.statement_seconds == 0)
        db->options.statement_seconds = STATEMENT_SECONDS_DEFAULT;
    g_mutex_init(&db->mutex);
    g_cond_init(&db->released);
    db_watchers_init(&db->watchers);
    db->idle = g_ptr_array_new();
    db->open = g_ptr_array_new();

    db->shared = driver->open(address, &db->options, error);
    /* The first connection shows at once whether the database can be used. */
    g_autoptr(db_connection) first = db->shared ? db_acquire(db, error) : NULL;
    if (!first) {
        db_close(db);
        return NULL;
    }
    return db;
}

void db_close(struct db *db)
{
    if (!db)
        return;
    if (db->idle->len != db->connections)
        g_critical("A database is closed while connections of it are in use");
    for (guint i = 0; i < db->idle->len; i++)
        close_connection(g_ptr_array_index(db->idle, i));
    g_ptr_array_free(db->idle, TRUE);
    g_ptr_array_free(db->open, TRUE);
    if (db->shared)
        db->driver->close(db->shared);
    db_watchers_finish(&db->watchers);
    g_cond_clear(&db->released);
    g_mutex_clear(&db->mutex);
    g_free(db);
}

const char *db_dialect_name(const struct db *db)
{
    return db->driver->name;
}

/* ---- Connections ---- */

/* The mutex is held. Where there is no connection nobody could be waited for. */
static bool has_room(const struct db *db)
{
    return db->connections == 0 || (db->connections < db->options.connections &&
                                    g_get_monotonic_time() >= db->crowded_until);
}

/* True with an idle connection, or NULL when a new one may be opened and is counted already. */
static bool take_place(struct db *db, gint64 deadline, struct db_connection **idle)
{
    *idle = NULL;
    g_mutex_lock(&db->mutex);
    while (!db->interrupted && db->idle->len == 0 && !has_room(db) &&
           g_get_monotonic_time() < deadline) {
        const gint64 now = g_get_monotonic_time();
        const bool crowded = db->crowded_until > now;
        g_cond_wait_until(&db->released, &db->mutex,
                          crowded ? MIN(deadline, db->crowded_until) : deadline);
    }
    bool taken = !db->interrupted && (db->idle->len > 0 || has_room(db));
    if (taken && db->idle->len > 0)
        *idle = g_ptr_array_steal_index_fast(db->idle, db->idle->len - 1);
    else if (taken)
        db->connections++;
    g_mutex_unlock(&db->mutex);
    return taken;
}

/* How many are left. */
static guint give_up_place(struct db *db)
{
    g_mutex_lock(&db->mutex);
    const guint left = --db->connections;
    g_cond_signal(&db->released);
    g_mutex_unlock(&db->mutex);
    return left;
}

static void note_crowd(struct db *db)
{
    g_mutex_lock(&db->mutex);
    db->crowded_until = g_get_monotonic_time() + CROWDED_US;
    g_mutex_unlock(&db->mutex);
}

static bool is_silent(const struct db *db)
{
    const gint64 asked = __atomic_load_n(&db->asked, __ATOMIC_ACQUIRE);

    return asked && g_get_monotonic_time() - asked >= SILENCE_US;
}

static void close_idle(struct db *db)
{
    g_mutex_lock(&db->mutex);
    GPtrArray *idle = db->idle;
    db->idle = g_ptr_array_new();
    g_mutex_unlock(&db->mutex);
    for (guint i = 0; i < idle->len; i++) {
        close_connection(g_ptr_array_index(idle, i));
        give_up_place(db);
    }
    g_ptr_array_free(idle, TRUE);
}

/* An idle connection or a new one. `crowded`: there is none, and waiting for others may help. */
static struct db_connection *acquire_once(struct db *db, gint64 deadline, bool *crowded,
                                          GError **error)
{
    struct db_connection *connection;
    g_autoptr(GError) problem = NULL;

    *crowded = false;
    if (!take_place(db, deadline, &connection)) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_UNAVAILABLE,
                    "All connections to the database are in use. Try again in a moment.");
        return NULL;
    }
    if (connection && db->driver->alive && !db->driver->alive(connection->native)) {
        close_connection(connection);
        connection = NULL;
    }
    if (!connection)
        connection = open_connection(db, &problem);
    if (connection)
        return connection;
    if (!g_error_matches(problem, BASE_ERROR, BASE_ERROR_RATE_LIMITED)) {
        give_up_place(db);
        g_propagate_error(error, g_steal_pointer(&problem));
        return NULL;
    }
    note_crowd(db);
    *crowded = give_up_place(db) > 0;
    g_set_error_literal(error, BASE_ERROR, BASE_ERROR_UNAVAILABLE, problem->message);
    return NULL;
}

struct db_connection *db_acquire(struct db *db, GError **error)
{
    gint64 deadline = g_get_monotonic_time() + db->options.acquire_seconds * G_TIME_SPAN_SECOND;

    if (is_silent(db)) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_UNAVAILABLE,
                    "The database does not answer at the moment. Try again in a moment.");
        return NULL;
    }
    for (;;) {
        g_autoptr(GError) problem = NULL;
        bool crowded;
        struct db_connection *connection = acquire_once(db, deadline, &crowded, &problem);

        if (connection)
            return connection;
        if (!crowded || g_get_monotonic_time() >= deadline) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return NULL;
        }
    }
}

void db_connection_end_transaction(struct db_connection *connection, bool roll_back)
{
    while (connection->running->len > 0)
        db_rows_free(g_ptr_array_index(connection->running, 0));
    if (roll_back && connection->transaction != DB_TRANSACTION_NONE)
        connection->db->driver->rollback(connection);
    connection->transaction = DB_TRANSACTION_NONE;
}

void db_release(struct db_connection *connection)
{
    if (!connection)
        return;

    struct db *db = connection->db;
    db_connection_end_transaction(connection, true);
    if (connection->broken) {
        close_connection(connection);
        give_up_place(db);
        return;
    }
    g_mutex_lock(&db->mutex);
    g_ptr_array_add(db->idle, connection);
    g_cond_signal(&db->released);
    g_mutex_unlock(&db->mutex);
}

/* ---- Statements ---- */

const char *db_sql(const struct db_connection *connection, const struct db_sql *sql)
{
    const char *texts[] = {
        [DB_DIALECT_SQLITE] = sql->sqlite,
        [DB_DIALECT_POSTGRESQL] = sql->postgresql,
        [DB_DIALECT_MARIADB] = sql->mariadb,
    };
    const char *own = texts[connection->db->driver->dialect];

    return own ? own : sql->common;
}

/* The prepared statement of a text, ready to be bound. While one is being read, a second use of the
 * same text gets a statement of its own. */
static struct db_rows *prepare(struct db_connection *connection, const char *sql, GError **error)
{
    struct db_rows *known = g_hash_table_lookup(connection->statements, sql);

    if (known && !known->in_use)
        return known;

    void *native = connection->db->driver->prepare(connection, sql, error);
    if (!native)
        return NULL;

    struct db_rows *rows = g_new0(struct db_rows, 1);
    rows->connection = connection;
    rows->native = native;
    rows->cached = !known;
    if (rows->cached) /* the text is a constant of the program: it outlives the connection */
        g_hash_table_insert(connection->statements, (gpointer)sql, rows);
    return rows;
}

static struct db_rows *start(struct db_connection *connection, bool streaming, const char *sql,
                             const struct db_value *values, gsize n, GError **error)
{
    connection->lost_race = false;
    if (connection->broken) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_UNAVAILABLE,
                    "The connection to the database was lost. Try again in a moment.");
        return NULL;
    }
    if (connection->observer)
        connection->observer(connection, sql, values, n, connection->observer_data);

    struct db_rows *rows = prepare(connection, sql, error);
    if (!rows)
        return NULL;
    rows->in_use = true;
    rows->streaming = streaming;
    g_ptr_array_add(connection->running, rows);
    if (!connection->db->driver->bind(rows, values, n, error)) {
        db_rows_free(rows);
        return NULL;
    }
    return rows;
}

bool db_execute_values(struct db_connection *connection, gint64 *changed, GError **error,
                       const char *sql, const struct db_value *values, gsize n)
{
    g_autoptr(db_rows) rows = start(connection, false, sql, values, n, error);
    gint64 count = 0;

    if (!rows || !connection->db->driver->execute(rows, &count, error))
        return false;
    if (changed)
        *changed = count;
    return true;
}

struct db_rows *db_query_values(struct db_connection *connection, GError **error, const char *sql,
                                const struct db_value *values, gsize n)
{
    return start(connection, false, sql, values, n, error);
}

struct db_rows *db_query_stream_values(struct db_connection *connection, GError **error,
                                       const char *sql, const struct db_value *values, gsize n)
{
    return start(connection, true, sql, values, n, error);
}

bool db_query_int_values(struct db_connection *connection, gint64 *value, GError **error,
                         const char *sql, const struct db_value *values, gsize n)
{
    g_autoptr(db_rows) rows = start(connection, false, sql, values, n, error);
    GError *problem = NULL;

    if (!rows)
        return false;
    bool found = db_rows_next(rows, &problem);
    if (found) {
        *value = db_rows_int(rows, 0);
        problem = g_steal_pointer(&rows->problem); /* what is no integer */
    }
    if (found && !problem)
        return true;
    if (problem)
        g_propagate_error(error, problem);
    else
        g_set_error(error, BASE_ERROR, BASE_ERROR_NOT_FOUND, "There is no such row.");
    return false;
}

bool db_rows_next(struct db_rows *rows, GError **error)
{
    if (rows->problem) {
        g_propagate_error(error, g_steal_pointer(&rows->problem));
        return false;
    }
    return rows->connection->db->driver->step(rows, error) == DB_STEP_ROW;
}

void db_rows_free(struct db_rows *rows)
{
    if (!rows)
        return;

    g_ptr_array_remove_fast(rows->connection->running, rows);
    g_clear_error(&rows->problem);
    rows->in_use = false;
    rows->connection->db->driver->reset(rows);
    if (!rows->cached)
        destroy_rows(rows);
}

/* ---- Health ---- */

bool db_ping(struct db *db, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(db, error);
    const gint64 asked = g_get_monotonic_time();
    gint64 nobody = 0, one;

    if (!connection)
        return false;
    const bool first = __atomic_compare_exchange_n(&db->asked, &nobody, asked, false,
                                                   __ATOMIC_RELEASE, __ATOMIC_RELAXED);
    const bool answered = db_query_int(connection, &one, error, "SELECT 1");
    if (first)
        __atomic_store_n(&db->asked, 0, __ATOMIC_RELEASE);
    /* Those that lie idle would each be waited for in vain. */
    if (!answered && g_get_monotonic_time() - asked >= SILENCE_US)
        close_idle(db);
    return answered;
}

void db_interrupt(struct db *db)
{
    if (!db->driver->interrupt)
        return;
    g_mutex_lock(&db->mutex);
    db->interrupted = true;
    for (guint i = 0; i < db->open->len; i++)
        db->driver->interrupt(((struct db_connection *)g_ptr_array_index(db->open, i))->native);
    g_cond_broadcast(&db->released);
    g_mutex_unlock(&db->mutex);
}
