/* The MariaDB driver: sessions and transactions. */
#include "db/mariadb.h"

#include "base/error.h"
#include "db/migrations_mariadb.h"

#include <errmsg.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

/* How much longer the client waits for an answer than the server may take for it: without an answer
 * by then the server hangs. */
#define PATIENCE_SECONDS 10
#define SECONDS_MAX (7 * 24 * 3600) /* keeps milliseconds within 32 bits */
#define PORT_DEFAULT 3306

/* What the server makes of statements must not depend on how it is configured. */
#define SESSION                                                                                    \
    "SET SESSION autocommit = 1, SESSION foreign_key_checks = 1, SESSION unique_checks = 1, "      \
    "SESSION time_zone = '+00:00', collation_connection = utf8mb4_bin, "                           \
    "SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,"                          \
    "ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,PIPES_AS_CONCAT', "                         \
    "SESSION wait_timeout = 86400, SESSION net_write_timeout = 600"

/* ---- Opening ---- */

static gpointer start_library(gpointer data)
{
    (void)data;
    return GINT_TO_POINTER(mysql_library_init(0, NULL, NULL) == 0);
}

static void mariadb_close(void *data)
{
    struct db_mariadb_shared *shared = data;

    db_url_clear(&shared->url);
    g_free(shared);
}

static void *mariadb_open(const char *address, const struct db_options *options, GError **error)
{
    static GOnce once = G_ONCE_INIT;

    if (!g_once(&once, start_library, NULL)) {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INTERNAL,
                            "The library for MariaDB cannot be used.");
        return NULL;
    }

    struct db_mariadb_shared *shared = g_new0(struct db_mariadb_shared, 1);
    if (!db_url_parse(address, &shared->url, error)) {
        g_free(shared);
        return NULL;
    }
    shared->options = *options;
    if (shared->url.connect_seconds)
        shared->options.connect_seconds = shared->url.connect_seconds;
    if (shared->url.statement_seconds)
        shared->options.statement_seconds = shared->url.statement_seconds;
    shared->options.busy_seconds = CLAMP(shared->options.busy_seconds, 1, SECONDS_MAX);
    shared->options.connect_seconds = CLAMP(shared->options.connect_seconds, 1, SECONDS_MAX);
    shared->options.statement_seconds = CLAMP(shared->options.statement_seconds, 1, SECONDS_MAX);
    return shared;
}

/* ---- Connecting ---- */

static void set_number(MYSQL *handle, enum mysql_option option, unsigned value)
{
    mysql_optionsv(handle, option, &value);
}

static void set_flag(MYSQL *handle, enum mysql_option option, bool value)
{
    my_bool flag = value;

    mysql_optionsv(handle, option, &flag);
}

static void set_tls(MYSQL *handle, const struct db_url *url, enum db_tls tls)
{
    if (tls == DB_TLS_OFF)
        return;
    set_flag(handle, MYSQL_OPT_SSL_ENFORCE, true);
    set_flag(handle, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, tls == DB_TLS_VERIFY);
    mysql_optionsv(handle, MARIADB_OPT_TLS_VERSION, "TLSv1.2,TLSv1.3");
    if (tls == DB_TLS_VERIFY)
        mysql_optionsv(handle, MYSQL_OPT_SSL_CA, url->ca);
    if (url->cert)
        mysql_optionsv(handle, MYSQL_OPT_SSL_CERT, url->cert);
    if (url->key)
        mysql_optionsv(handle, MYSQL_OPT_SSL_KEY, url->key);
}

static void set_options(MYSQL *handle, const struct db_mariadb_shared *shared, enum db_tls tls,
                        bool limited)
{
    const struct db_options *options = &shared->options;
    unsigned answer = options->statement_seconds + options->busy_seconds + PATIENCE_SECONDS;
    unsigned protocol = shared->url.host ? MYSQL_PROTOCOL_TCP : MYSQL_PROTOCOL_SOCKET;

    set_number(handle, MYSQL_OPT_PROTOCOL, protocol); /* else "localhost" would mean the socket */
    set_number(handle, MYSQL_OPT_CONNECT_TIMEOUT, options->connect_seconds);
    if (limited) {
        set_number(handle, MYSQL_OPT_READ_TIMEOUT, answer);
        set_number(handle, MYSQL_OPT_WRITE_TIMEOUT, answer);
    }
    set_number(handle, MYSQL_OPT_LOCAL_INFILE, 0);
    set_flag(handle, MYSQL_OPT_RECONNECT, false); /* a new session would lack the transaction */
    set_flag(handle, MYSQL_REPORT_DATA_TRUNCATION, true);
    mysql_optionsv(handle, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    /* A server that was not verified must not be able to ask for the password itself. */
    if (shared->url.host && tls != DB_TLS_VERIFY)
        mysql_optionsv(handle, MARIADB_OPT_RESTRICTED_AUTH,
                       "mysql_native_password,client_ed25519,caching_sha2_password,"
                       "sha256_password,mysql_old_password");
    set_tls(handle, &shared->url, tls);
}

/* The server as it is named to whoever starts the program. g_free() it; NULL once it was reached.
 */
static char *name_server(const struct db_mariadb_shared *shared)
{
    const struct db_url *url = &shared->url;

    if (g_atomic_int_get(&shared->reached))
        return NULL;
    if (!url->host)
        return g_strdup(url->socket ? url->socket : "The local socket");
    return g_strdup_printf("%s:%u", url->host, url->port ? url->port : PORT_DEFAULT);
}

/* One attempt; `code` gets the library's error when the server cannot be had this way. */
static MYSQL *dial(const struct db_mariadb_shared *shared, enum db_tls tls, bool limited,
                   unsigned *code, GError **error)
{
    const struct db_url *url = &shared->url;
    MYSQL *handle = mysql_init(NULL);

    if (!handle)
        g_error("out of memory");
    set_options(handle, shared, tls, limited);
    *code = 0;
    if (!mysql_real_connect(handle, url->host, url->user, url->password, url->database,
                            url->host && !url->port ? PORT_DEFAULT : url->port, url->socket,
                            CLIENT_FOUND_ROWS)) {
        g_autofree char *where = name_server(shared);
        *code = mysql_errno(handle);
        db_mariadb_set_connect_error(*code, mysql_error(handle), where, error);
        mysql_close(handle);
        return NULL;
    }
    if (tls >= DB_TLS_REQUIRE && !mysql_get_ssl_cipher(handle)) {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_UNAVAILABLE,
                            "The database server does not encrypt connections, and the database "
                            "URL asks for that (tls).");
        mysql_close(handle);
        return NULL;
    }
    return handle;
}

char *db_mariadb_time_limit(MYSQL *handle, guint seconds)
{
    return mariadb_connection(handle)
               ? g_strdup_printf("SESSION max_statement_time = %u", seconds)
               : g_strdup_printf("SESSION max_execution_time = %u", seconds * 1000);
}

static bool set_up(MYSQL *handle, const struct db_mariadb_shared *shared, bool limited,
                   GError **error)
{
    const struct db_options *options = &shared->options;
    g_autofree char *limit = db_mariadb_time_limit(handle, options->statement_seconds);
    g_autofree char *limits = g_strdup_printf(
        "SET SESSION innodb_lock_wait_timeout = %u, SESSION lock_wait_timeout = %u, %s",
        options->busy_seconds, options->busy_seconds, limit);
    const char *const texts[] = {
        SESSION,
        limited ? limits : NULL,
        "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
        options->read_only ? "SET SESSION TRANSACTION READ ONLY" : NULL,
    };

    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        if (texts[i] && mysql_query(handle, texts[i])) {
            g_autofree char *where = name_server(shared);
            db_mariadb_set_connect_error(mysql_errno(handle), mysql_error(handle), where, error);
            return false;
        }
    }
    return true;
}

MYSQL *db_mariadb_connect(const struct db_mariadb_shared *shared, bool limited, GError **error)
{
    enum db_tls tls = shared->url.host ? shared->url.tls : DB_TLS_OFF;
    g_autoptr(GError) problem = NULL;
    unsigned code;

    MYSQL *handle = dial(shared, tls, limited, &code, &problem);
    if (!handle && tls == DB_TLS_PREFER && code == CR_SSL_CONNECTION_ERROR) {
        g_clear_error(&problem);
        handle = dial(shared, DB_TLS_OFF, limited, &code, &problem);
    }
    if (handle && !set_up(handle, shared, limited, &problem)) {
        mysql_close(handle);
        handle = NULL;
    }
    if (!handle)
        g_propagate_error(error, g_steal_pointer(&problem));
    return handle;
}

static void *open_session(void *data, GError **error)
{
    struct db_mariadb_shared *shared = data;
    MYSQL *handle = db_mariadb_connect(shared, true, error);

    if (!handle)
        return NULL;

    g_atomic_int_set(&shared->reached, 1);
    struct db_mariadb *native = g_new0(struct db_mariadb, 1);
    native->handle = handle;
    native->wire = fcntl(mysql_get_socket(handle), F_DUPFD_CLOEXEC, 0);
    native->shared = shared;
    return native;
}

static void close_session(void *data)
{
    struct db_mariadb *native = data;

    mysql_close(native->handle);
    if (native->wire >= 0)
        close(native->wire);
    g_free(native);
}

/* A server says nothing unasked, unless it says good-bye. */
static bool mariadb_alive(void *data)
{
    struct db_mariadb *native = data;
    struct pollfd socket = {
        .fd = mysql_get_socket(native->handle),
        .events = POLLIN | POLLRDHUP,
    };

    return socket.fd >= 0 && poll(&socket, 1, 0) == 0;
}

static void mariadb_interrupt(void *data)
{
    const struct db_mariadb *native = data;

    (void)shutdown(native->wire, SHUT_RDWR);
}

/* ---- Transactions ---- */

bool db_mariadb_run(struct db_connection *connection, const char *sql, GError **error)
{
    struct db_mariadb *native = connection->native;

    return mysql_query(native->handle, sql) == 0 ||
           db_mariadb_fail(connection, mysql_errno(native->handle), mysql_error(native->handle),
                           sql, error);
}

static bool mariadb_begin(struct db_connection *connection, enum db_transaction_kind kind,
                          GError **error)
{
    static const struct {
        const char *level; /* NULL: that of the session */
        const char *start;
    } TEXTS[] = {
        [DB_TRANSACTION_READ] = {"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
                                 "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"},
        [DB_TRANSACTION_WRITE] = {"SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
                                  "START TRANSACTION"},
        [DB_TRANSACTION_KEYED] = {NULL, "START TRANSACTION"},
    };

    return (!TEXTS[kind].level || db_mariadb_run(connection, TEXTS[kind].level, error)) &&
           db_mariadb_run(connection, TEXTS[kind].start, error);
}

static bool mariadb_commit(struct db_connection *connection, GError **error)
{
    return db_mariadb_run(connection, "COMMIT", error);
}

static void mariadb_rollback(struct db_connection *connection)
{
    struct db_mariadb *native = connection->native;

    if (!connection->broken && mysql_query(native->handle, "ROLLBACK") != 0)
        connection->broken = true;
}

const struct db_driver db_driver_mariadb = {
    .schemes = {"mariadb", "mysql"},
    .name = "mariadb",
    .dialect = DB_DIALECT_MARIADB,
    .migrations = DB_MIGRATIONS_MARIADB,
    .migrations_n = G_N_ELEMENTS(DB_MIGRATIONS_MARIADB),
    .open = mariadb_open,
    .close = mariadb_close,
    .connect = open_session,
    .disconnect = close_session,
    .alive = mariadb_alive,
    .interrupt = mariadb_interrupt,
    .prepare = db_mariadb_prepare,
    .finalize = db_mariadb_finalize,
    .bind = db_mariadb_bind,
    .step = db_mariadb_step,
    .execute = db_mariadb_execute,
    .reset = db_mariadb_reset,
    .column_is_null = db_mariadb_column_is_null,
    .column_int = db_mariadb_column_int,
    .column_real = db_mariadb_column_real,
    .column_text = db_mariadb_column_text,
    .column_blob = db_mariadb_column_blob,
    .begin = mariadb_begin,
    .commit = mariadb_commit,
    .rollback = mariadb_rollback,
    .lock_schema = db_mariadb_lock_schema,
    .script = db_mariadb_script,
    .table_exists = db_mariadb_table_exists,
    .check = db_mariadb_check,
};
