/* From a URL to a connection of PostgreSQL. */
#include "db/postgresql.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

void *postgresql_open(const char *address, const struct db_options *options, GError **error)
{
    struct db_url url;

    if (!db_url_parse(address, &url, error))
        return NULL;
    if (!url.database) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_UNSUPPORTED,
                    "The database URL lacks the name of the database.");
        db_url_clear(&url);
        return NULL;
    }

    struct postgresql_shared *shared = g_new0(struct postgresql_shared, 1);
    shared->url = url;
    shared->options = *options;
    if (url.connect_seconds)
        shared->options.connect_seconds = url.connect_seconds;
    if (url.statement_seconds)
        shared->options.statement_seconds = url.statement_seconds;
    /* Counted in milliseconds, in 32 bits, and a few times as much somewhere. */
    shared->options.connect_seconds = MIN(shared->options.connect_seconds, 86400);
    shared->options.statement_seconds = MIN(shared->options.statement_seconds, 86400);
    shared->options.busy_seconds = MIN(shared->options.busy_seconds, 86400);
    return shared;
}

void postgresql_close(void *data)
{
    struct postgresql_shared *shared = data;

    db_url_clear(&shared->url);
    g_free(shared);
}

/* What the session starts with; it costs no round trip of its own. */
static char *session_settings(const struct db_options *options)
{
    return g_strdup_printf(
        "-c timezone=UTC -c standard_conforming_strings=on -c client_min_messages=warning "
        "-c default_transaction_isolation=read\\ committed -c default_transaction_read_only=%s "
        "-c synchronous_commit=on -c jit=off -c random_page_cost=1.1 "
        "-c statement_timeout=%us -c lock_timeout=%us -c idle_in_transaction_session_timeout=%us",
        options->read_only ? "on" : "off", options->statement_seconds, options->busy_seconds,
        options->statement_seconds * 4);
}

/* Keepalives notice a dead network within about twelve seconds. */
static PGconn *start_connecting(const struct postgresql_shared *shared)
{
    static const char *const TLS[] = {
        [DB_TLS_OFF] = "disable",
        [DB_TLS_PREFER] = "prefer",
        [DB_TLS_REQUIRE] = "require",
        [DB_TLS_VERIFY] = "verify-full",
    };
    const struct db_url *url = &shared->url;
    g_autofree char *settings = session_settings(&shared->options);
    g_autofree char *port = url->port ? g_strdup_printf("%u", url->port) : NULL;
    const char *const words[][2] = {
        {"host", url->host ? url->host : url->socket},
        {"port", port},
        {"user", url->user},
        {"password", url->password},
        {"dbname", url->database},
        {"sslmode", TLS[url->tls]},
        /* With a list of authorities "require" would verify as well. */
        {"sslrootcert", url->tls == DB_TLS_VERIFY ? url->ca : NULL},
        {"sslcert", url->cert},
        {"sslkey", url->key},
        {"gssencmode", "disable"},
        {"keepalives", "1"},
        {"keepalives_idle", "5"},
        {"keepalives_interval", "2"},
        {"keepalives_count", "3"},
        {"tcp_user_timeout", "12000"},
        {"target_session_attrs", shared->options.read_only ? "any" : "read-write"},
        {"client_encoding", "UTF8"},
        {"application_name", "presente"},
        {"options", settings},
    };
    const char *keywords[G_N_ELEMENTS(words) + 1] = {NULL};
    const char *values[G_N_ELEMENTS(words) + 1] = {NULL};
    gsize n = 0;

    for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
        if (!words[i][1])
            continue;
        keywords[n] = words[i][0];
        values[n++] = words[i][1];
    }
    return PQconnectStartParams(keywords, values, 0);
}

static bool finish_connecting(PGconn *handle, guint seconds)
{
    gint64 deadline = g_get_monotonic_time() + seconds * G_TIME_SPAN_SECOND;
    PostgresPollingStatusType wanted =
        PQstatus(handle) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;

    while (wanted != PGRES_POLLING_OK && wanted != PGRES_POLLING_FAILED) {
        struct pollfd socket = {
            .fd = PQsocket(handle),
            .events = wanted == PGRES_POLLING_READING ? POLLIN : POLLOUT,
        };
        gint64 left = deadline - g_get_monotonic_time();
        int ready = left > 0 ? poll(&socket, 1, (int)(left / 1000) + 1) : 0;
        if (ready == 0 || (ready < 0 && errno != EINTR))
            return false;
        if (ready > 0)
            wanted = PQconnectPoll(handle);
    }
    return wanted == PGRES_POLLING_OK;
}

void postgresql_disconnect(void *data)
{
    struct postgresql_native *native = data;

    PQfinish(native->handle);
    if (native->wire >= 0)
        close(native->wire);
    g_string_free(native->owed, TRUE);
    g_free(native);
}

/* What the server says without being asked; last of all that it ends the connection. */
static void hear(void *data, const PGresult *notice)
{
    struct postgresql_native *native = data;
    const char *severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
    const char *words = PQresultErrorField(notice, PG_DIAG_MESSAGE_PRIMARY);

    if (g_strcmp0(severity, "FATAL") == 0 || g_strcmp0(severity, "PANIC") == 0)
        native->gone = true;
    g_debug("postgresql: %s", words ? words : "");
}

void *postgresql_connect(void *data, GError **error)
{
    struct postgresql_shared *shared = data;
    struct postgresql_native *native = g_new0(struct postgresql_native, 1);

    native->shared = shared;
    native->owed = g_string_new(NULL);
    native->wire = -1;
    native->handle = start_connecting(shared);
    if (!native->handle)
        g_error("postgresql: out of memory");
    PQsetErrorVerbosity(native->handle, PQERRORS_VERBOSE);
    PQsetNoticeReceiver(native->handle, hear, native);
    if (!finish_connecting(native->handle, shared->options.connect_seconds)) {
        postgresql_connect_error(native->handle, shared->url.database,
                                 !g_atomic_int_get(&shared->connected), error);
        postgresql_disconnect(native);
        return NULL;
    }
    native->wire = fcntl(PQsocket(native->handle), F_DUPFD_CLOEXEC, 0);
    g_atomic_int_set(&shared->connected, 1);
    return native;
}

bool postgresql_lost(const struct postgresql_native *native)
{
    return native->gone || PQstatus(native->handle) != CONNECTION_OK;
}

bool postgresql_alive(void *data)
{
    struct postgresql_native *native = data;
    struct pollfd socket = {.fd = PQsocket(native->handle), .events = POLLIN};

    /* It may have told us of a changed setting, or that it goes: then the end follows at once. */
    while (!postgresql_lost(native) && poll(&socket, 1, 0) > 0) {
        if (!PQconsumeInput(native->handle))
            return false;
        PQisBusy(native->handle); /* lets hear() hear what came */
    }
    return !postgresql_lost(native);
}

void postgresql_interrupt(void *data)
{
    const struct postgresql_native *native = data;

    (void)shutdown(native->wire, SHUT_RDWR);
}
