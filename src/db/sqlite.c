/* The SQLite driver. WAL with synchronous=FULL: what was acknowledged survives a power cut. */
#include "base/error.h"
#include "db/driver.h"
#include "db/migrations_sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

struct shared {
    char *path;
    struct db_options options;

    /* SQLite lets one connection write at a time and makes the others poll. Within this process
     * they queue here instead, which is faster and fairer; the polling remains for other processes.
     */
    GMutex mutex;
    GCond freed;
    bool writing;
};

struct native {
    sqlite3 *handle;
    struct shared *shared;
    bool holds_writer;
};

static const char *const SET_UP[] = {
    "PRAGMA foreign_keys = ON",
    "PRAGMA synchronous = FULL",
    "PRAGMA secure_delete = ON", /* erased people must not linger in free pages */
    "PRAGMA temp_store = MEMORY",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA cell_size_check = ON",
    "PRAGMA cache_size = -4096",
    "PRAGMA journal_size_limit = 67108864",
};

/* ---- Errors ---- */

static const struct {
    int code; /* primary result code */
    enum base_error error;
    const char *message;
} ERRORS[] = {
    {SQLITE_BUSY, BASE_ERROR_UNAVAILABLE, "The database is busy. Try again in a moment."},
    {SQLITE_LOCKED, BASE_ERROR_UNAVAILABLE, "The database is busy. Try again in a moment."},
    {SQLITE_FULL, BASE_ERROR_UNAVAILABLE, "The disk is full: nothing was stored."},
    {SQLITE_IOERR, BASE_ERROR_UNAVAILABLE,
     "The disk of the database cannot be read or written: nothing was stored."},
    {SQLITE_READONLY, BASE_ERROR_UNAVAILABLE, "The database cannot be written: it is read-only."},
    {SQLITE_CANTOPEN, BASE_ERROR_UNAVAILABLE, "The database file cannot be opened."},
    {SQLITE_PERM, BASE_ERROR_UNAVAILABLE, "The database file may not be used."},
    {SQLITE_AUTH, BASE_ERROR_UNAVAILABLE, "The database file may not be used."},
    {SQLITE_NOMEM, BASE_ERROR_UNAVAILABLE, "There is not enough memory for the database."},
    {SQLITE_PROTOCOL, BASE_ERROR_UNAVAILABLE, "The database is busy. Try again in a moment."},
    {SQLITE_INTERRUPT, BASE_ERROR_UNAVAILABLE, "The database was interrupted."},
    {SQLITE_CORRUPT, BASE_ERROR_CORRUPT,
     "The database file is damaged. Stop the program and restore it from a backup."},
    {SQLITE_NOTADB, BASE_ERROR_CORRUPT, "The database file is not a database of SQLite."},
    {SQLITE_TOOBIG, BASE_ERROR_TOO_LARGE, "A value is too large for the database."},
};

/* SQLite's own words name the columns after a colon: "UNIQUE constraint failed: users.email". */
static void set_constraint_error(int code, const char *detail, GError **error)
{
    const char *colon = strchr(detail, ':');
    const char *columns = colon ? colon + 2 : "";

    switch (code) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
        db_conflict_set(error, columns);
        break;
    case SQLITE_CONSTRAINT_FOREIGNKEY:
        g_set_error(error, BASE_ERROR, BASE_ERROR_CONFLICT,
                    "Something that this refers to does not exist, or is still in use "
                    "(foreign key).");
        break;
    default:
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID,
                    "The database refuses a value that breaks its rules (%s).", columns);
    }
}

static void set_error(sqlite3 *handle, int code, GError **error)
{
    const char *detail = handle ? sqlite3_errmsg(handle) : sqlite3_errstr(code);
    int primary = code & 0xff;

    if (primary == SQLITE_CONSTRAINT) {
        set_constraint_error(code, detail, error);
        return;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(ERRORS); i++) {
        if (ERRORS[i].code == primary) {
            g_debug("sqlite: %s (%d)", detail, code);
            g_set_error_literal(error, BASE_ERROR, ERRORS[i].error, ERRORS[i].message);
            return;
        }
    }
    g_set_error(error, BASE_ERROR, BASE_ERROR_INTERNAL, "The database failed: %s (%d).", detail,
                code);
}

static bool fail(struct db_connection *connection, int code, GError **error)
{
    struct native *native = connection->native;

    connection->lost_race = code == SQLITE_BUSY_SNAPSHOT || code == SQLITE_BUSY_RECOVERY;
    set_error(native->handle, code, error);
    return false;
}

/* ---- The queue of writers ---- */

static bool take_writer(struct native *native, GError **error)
{
    struct shared *shared = native->shared;
    gint64 deadline = g_get_monotonic_time() + shared->options.busy_seconds * G_TIME_SPAN_SECOND;
    bool taken = true;

    g_mutex_lock(&shared->mutex);
    while (shared->writing && taken)
        taken = g_cond_wait_until(&shared->freed, &shared->mutex, deadline);
    taken = !shared->writing;
    if (taken)
        shared->writing = true;
    g_mutex_unlock(&shared->mutex);

    native->holds_writer = taken;
    if (!taken)
        set_error(NULL, SQLITE_BUSY, error);
    return taken;
}

static void give_writer(struct native *native)
{
    if (!native->holds_writer)
        return;
    native->holds_writer = false;
    g_mutex_lock(&native->shared->mutex);
    native->shared->writing = false;
    g_cond_signal(&native->shared->freed);
    g_mutex_unlock(&native->shared->mutex);
}

/* ---- Opening ---- */

static bool run_script(sqlite3 *handle, const char *sql, GError **error)
{
    int code = sqlite3_exec(handle, sql, NULL, NULL, NULL);

    if (code != SQLITE_OK)
        set_error(handle, code, error);
    return code == SQLITE_OK;
}

/* Creates the file ourselves: SQLite would let the umask decide who may read it. */
static bool create_file(const char *path, const struct db_options *options, GError **error)
{
    if (g_file_test(path, G_FILE_TEST_EXISTS))
        return true;
    if (options->must_exist || options->read_only) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_NOT_FOUND, "There is no database at %s.", path);
        return false;
    }

    g_autofree char *folder = g_path_get_dirname(path);
    int file = -1;
    if (g_mkdir_with_parents(folder, 0700) == 0)
        file = g_open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
    if (file < 0 && errno != EEXIST) { /* another process may have been quicker */
        int reason = errno;
        g_set_error(error, BASE_ERROR, BASE_ERROR_UNAVAILABLE,
                    "The database %s cannot be created: %s.", path, g_strerror(reason));
        return false;
    }
    if (file >= 0)
        close(file);
    return true;
}

static void *sqlite_open(const char *address, const struct db_options *options, GError **error)
{
    if (!*address || *address == ':') {
        g_set_error(error, BASE_ERROR, BASE_ERROR_UNSUPPORTED,
                    "A sqlite: URL needs the path of a file; databases in memory cannot be shared "
                    "by several connections.");
        return NULL;
    }
    if (!create_file(address, options, error))
        return NULL;

    struct shared *shared = g_new0(struct shared, 1);
    shared->path = g_strdup(address);
    shared->options = *options;
    g_mutex_init(&shared->mutex);
    g_cond_init(&shared->freed);
    return shared;
}

static void sqlite_close(void *data)
{
    struct shared *shared = data;

    g_cond_clear(&shared->freed);
    g_mutex_clear(&shared->mutex);
    g_free(shared->path);
    g_free(shared);
}

/* The switch of a new file asks for it alone and does not wait by itself: several programs that
 * start at once must. */
static bool switch_to_wal(struct native *native, GError **error)
{
    gint64 deadline =
        g_get_monotonic_time() + native->shared->options.busy_seconds * G_TIME_SPAN_SECOND;
    int code;

    while ((code = sqlite3_exec(native->handle, "PRAGMA journal_mode = WAL", NULL, NULL, NULL)) &&
           (code & 0xff) == SQLITE_BUSY && g_get_monotonic_time() < deadline)
        g_usleep(2000);
    if (code != SQLITE_OK)
        set_error(native->handle, code, error);
    return code == SQLITE_OK;
}

static bool set_up(struct native *native, GError **error)
{
    const struct db_options *options = &native->shared->options;

    sqlite3_extended_result_codes(native->handle, 1);
    sqlite3_busy_timeout(native->handle, (int)MIN(options->busy_seconds, 3600) * 1000);
    sqlite3_db_config(native->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(SET_UP); i++)
        if (!run_script(native->handle, SET_UP[i], error))
            return false;
    if (options->read_only)
        return run_script(native->handle, "SELECT count(*) FROM sqlite_master", error);
    if (sqlite3_db_readonly(native->handle, "main")) {
        set_error(NULL, SQLITE_READONLY, error);
        return false;
    }
    return switch_to_wal(native, error);
}

static void sqlite_disconnect(void *data)
{
    struct native *native = data;

    give_writer(native);
    sqlite3_close_v2(native->handle);
    g_free(native);
}

static void *sqlite_connect(void *data, GError **error)
{
    struct native *native = g_new0(struct native, 1);
    native->shared = data;

    bool read_only = native->shared->options.read_only;
    int flags = read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    int code = sqlite3_open_v2(native->shared->path, &native->handle,
                               flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE, NULL);
    if (code != SQLITE_OK)
        set_error(native->handle, code, error);
    if (code != SQLITE_OK || !set_up(native, error)) {
        sqlite_disconnect(native);
        return NULL;
    }
    return native;
}

/* ---- Statements ---- */

static void *sqlite_prepare(struct db_connection *connection, const char *sql, GError **error)
{
    struct native *native = connection->native;
    sqlite3_stmt *statement = NULL;
    const char *rest = NULL;
    int code =
        sqlite3_prepare_v3(native->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, &rest);

    if (code != SQLITE_OK) {
        fail(connection, code, error);
        return NULL;
    }
    if (!statement || *rest != '\0') {
        sqlite3_finalize(statement);
        g_set_error(error, BASE_ERROR, BASE_ERROR_INTERNAL,
                    "A text must hold exactly one statement.");
        return NULL;
    }
    return statement;
}

static void sqlite_finalize(void *statement)
{
    sqlite3_finalize(statement);
}

static int bind_value(sqlite3_stmt *statement, int i, const struct db_value *value)
{
    switch (value->kind) {
    case DB_KIND_NULL:
        return sqlite3_bind_null(statement, i);
    case DB_KIND_BOOL:
    case DB_KIND_INT:
    case DB_KIND_TIME:
        return sqlite3_bind_int64(statement, i, value->integer);
    case DB_KIND_REAL:
        return sqlite3_bind_double(statement, i, value->real);
    case DB_KIND_TEXT:
        return sqlite3_bind_text64(statement, i, value->bytes.data, value->bytes.size,
                                   SQLITE_TRANSIENT, SQLITE_UTF8);
    case DB_KIND_BLOB: /* a NULL pointer would bind NULL, and an empty blob is not that */
        return sqlite3_bind_blob64(statement, i, value->bytes.data ? value->bytes.data : "",
                                   value->bytes.size, SQLITE_TRANSIENT);
    case DB_KIND_UUID:
        return sqlite3_bind_blob(statement, i, value->uuid.bytes, sizeof value->uuid.bytes,
                                 SQLITE_TRANSIENT);
    }
    return SQLITE_MISUSE;
}

static bool sqlite_bind(struct db_rows *rows, const struct db_value *values, gsize n,
                        GError **error)
{
    sqlite3_stmt *statement = rows->native;
    int wanted = sqlite3_bind_parameter_count(statement);

    if ((gsize)wanted != n) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INTERNAL,
                    "A statement takes %d values and was given %zu.", wanted, n);
        return false;
    }
    for (gsize i = 0; i < n; i++) {
        int code = bind_value(statement, (int)i + 1, &values[i]);
        if (code != SQLITE_OK)
            return fail(rows->connection, code, error);
    }
    return true;
}

static enum db_step sqlite_step(struct db_rows *rows, GError **error)
{
    int code = sqlite3_step(rows->native);

    if (code == SQLITE_ROW)
        return DB_STEP_ROW;
    if (code == SQLITE_DONE)
        return DB_STEP_DONE;
    fail(rows->connection, code, error);
    return DB_STEP_FAILED;
}

static bool sqlite_execute(struct db_rows *rows, gint64 *changed, GError **error)
{
    struct db_connection *connection = rows->connection;
    struct native *native = connection->native;
    bool writes = !sqlite3_stmt_readonly(rows->native);
    enum db_step step;

    if (writes && connection->transaction == DB_TRANSACTION_READ) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INTERNAL, "A snapshot cannot be written.");
        return false;
    }
    bool alone = writes && connection->transaction == DB_TRANSACTION_NONE;
    if (alone && !take_writer(native, error))
        return false;

    gint64 before = sqlite3_total_changes64(native->handle);
    do
        step = sqlite_step(rows, error);
    while (step == DB_STEP_ROW);
    /* The total counts what triggers and cascades did as well; changes() does not. */
    if (step == DB_STEP_DONE && sqlite3_total_changes64(native->handle) != before)
        *changed = sqlite3_changes64(native->handle);
    sqlite3_reset(rows->native);
    if (alone)
        give_writer(native);
    return step == DB_STEP_DONE;
}

static void sqlite_reset(struct db_rows *rows)
{
    sqlite3_reset(rows->native);
    sqlite3_clear_bindings(rows->native); /* no password hash or template lingers in memory */
}

/* ---- Columns ---- */

static bool sqlite_column_is_null(struct db_rows *rows, guint column)
{
    return sqlite3_column_type(rows->native, (int)column) == SQLITE_NULL;
}

static gint64 sqlite_column_int(struct db_rows *rows, guint column)
{
    return sqlite3_column_int64(rows->native, (int)column);
}

static double sqlite_column_real(struct db_rows *rows, guint column)
{
    return sqlite3_column_double(rows->native, (int)column);
}

static const char *sqlite_column_text(struct db_rows *rows, guint column)
{
    return (const char *)sqlite3_column_text(rows->native, (int)column);
}

static const void *sqlite_column_blob(struct db_rows *rows, guint column, gsize *size)
{
    const void *data = sqlite3_column_blob(rows->native, (int)column);

    *size = (gsize)sqlite3_column_bytes(rows->native, (int)column);
    return data;
}

/* ---- Transactions ---- */

static bool sqlite_begin(struct db_connection *connection, enum db_transaction_kind kind,
                         GError **error)
{
    struct native *native = connection->native;
    bool write = kind != DB_TRANSACTION_READ;

    if (write && !take_writer(native, error))
        return false;
    int code = sqlite3_exec(native->handle, write ? "BEGIN IMMEDIATE" : "BEGIN", NULL, NULL, NULL);
    if (code != SQLITE_OK) {
        give_writer(native);
        return fail(connection, code, error);
    }
    return true;
}

static bool sqlite_commit(struct db_connection *connection, GError **error)
{
    struct native *native = connection->native;
    int code = sqlite3_exec(native->handle, "COMMIT", NULL, NULL, NULL);

    if (code != SQLITE_OK)
        return fail(connection, code, error);
    give_writer(native);
    return true;
}

static void sqlite_rollback(struct db_connection *connection)
{
    struct native *native = connection->native;

    /* SQLite has rolled back by itself after a full disk, for example. */
    if (!sqlite3_get_autocommit(native->handle) &&
        sqlite3_exec(native->handle, "ROLLBACK", NULL, NULL, NULL) != SQLITE_OK)
        connection->broken = true;
    give_writer(native);
}

/* ---- Schema and health ---- */

/* Making a table anew drops the old one, which deletes its rows, which would delete what refers to
 * them: so keys are not enforced while a step runs, and looked at before they are again. Programs
 * that migrate at once take turns by their transactions. */
static bool sqlite_lock_schema(struct db_connection *connection, bool lock, GError **error)
{
    struct native *native = connection->native;
    gint64 broken = 0;

    if (lock)
        return run_script(native->handle, "PRAGMA foreign_keys = OFF", error);
    if (!db_query_int(connection, &broken, error, "SELECT COUNT(*) FROM pragma_foreign_key_check"))
        return false;
    if (broken > 0)
        g_warning("%" G_GINT64_FORMAT " rows of the database refer to rows that are not there; "
                  "presente db check names them.",
                  broken);
    return run_script(native->handle, "PRAGMA foreign_keys = ON", error);
}

static bool sqlite_script(struct db_connection *connection, const char *sql, GError **error)
{
    struct native *native = connection->native;

    return run_script(native->handle, sql, error);
}

static bool sqlite_table_exists(struct db_connection *connection, const char *name, bool *exists,
                                GError **error)
{
    gint64 count;

    if (!db_query_int(connection, &count, error,
                      "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = ?",
                      db_text(name)))
        return false;
    *exists = count > 0;
    return true;
}

static bool sqlite_check(struct db_connection *connection, GPtrArray *findings, GError **error)
{
    GError *problem = NULL;
    g_autoptr(db_rows) damage = db_query(connection, error, "PRAGMA integrity_check(100)");

    if (!damage)
        return false;
    while (db_rows_next(damage, &problem)) {
        const char *line = db_rows_text(damage, 0);
        if (g_strcmp0(line, "ok") != 0)
            g_ptr_array_add(findings, g_strdup_printf("Damage: %s", line ? line : "unknown"));
    }
    if (problem)
        g_propagate_error(error, problem);
    return !problem;
}

const struct db_driver db_driver_sqlite = {
    .schemes = {"sqlite"},
    .name = "sqlite",
    .dialect = DB_DIALECT_SQLITE,
    .migrations = DB_MIGRATIONS_SQLITE,
    .migrations_n = G_N_ELEMENTS(DB_MIGRATIONS_SQLITE),
    .open = sqlite_open,
    .close = sqlite_close,
    .connect = sqlite_connect,
    .disconnect = sqlite_disconnect,
    .prepare = sqlite_prepare,
    .finalize = sqlite_finalize,
    .bind = sqlite_bind,
    .step = sqlite_step,
    .execute = sqlite_execute,
    .reset = sqlite_reset,
    .column_is_null = sqlite_column_is_null,
    .column_int = sqlite_column_int,
    .column_real = sqlite_column_real,
    .column_text = sqlite_column_text,
    .column_blob = sqlite_column_blob,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .lock_schema = sqlite_lock_schema,
    .script = sqlite_script,
    .table_exists = sqlite_table_exists,
    .check = sqlite_check,
};
