#include "database.h"

#include "base/uuid.h"
#include "db/db.h"

#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    const char *url;   /* the variable that names the server; NULL: no server */
    const char *force; /* what ends other sessions when a database is dropped */
} engines[] = {
    {"sqlite", NULL, NULL},
    {"postgresql", "TEST_POSTGRESQL_URL", " WITH (FORCE)"},
    {"mariadb", "TEST_MARIADB_URL", ""},
};

G_GNUC_PRINTF(1, 2) G_NORETURN static void give_up(const char *format, ...)
{
    va_list words;

    va_start(words, format);
    g_autofree char *sentence = g_strdup_vprintf(format, words);
    va_end(words);
    printf("Bail out! %s\n", sentence);
    exit(1);
}

static gsize engine_index(void)
{
    const char *wanted = g_getenv("TEST_ENGINE");

    if (!wanted || !*wanted)
        return 0;
    for (gsize i = 0; i < G_N_ELEMENTS(engines); i++)
        if (strcmp(wanted, engines[i].name) == 0)
            return i;
    give_up("TEST_ENGINE names no engine: %s", wanted);
}

const char *unit_database_engine(void)
{
    return engines[engine_index()].name;
}

bool unit_database_is_file(void)
{
    return !engines[engine_index()].url;
}

void unit_database_say_skipped(const char *reason)
{
    printf("# not on %s: %s\n", unit_database_engine(), reason);
    (void)fflush(stdout); /* cmocka writes past our buffer */
}

int unit_database_skip_program(const char *reason)
{
    printf("1..1\nok 1 - everything # SKIP not on %s: %s\n", unit_database_engine(), reason);
    return 0;
}

static const char *server_url(void)
{
    const char *variable = engines[engine_index()].url;
    const char *url = g_getenv(variable);

    if (!url || !*url)
        give_up("%s is not set: scripts/databases.sh start FOLDER starts a server", variable);
    return url;
}

/* Creating and dropping have no part in the port: texts of their own, on a connection of their
 * own. */
static bool run_on(const char *url, const char *const *texts, GError **error)
{
    const struct db_options options = {.connections = 1, .connect_seconds = 30};
    g_autoptr(db_handle) db = db_open(url, &options, error);
    g_autoptr(db_connection) connection = db ? db_acquire(db, error) : NULL;
    bool ok = connection != NULL;

    for (; ok && *texts; texts++) {
        g_autoptr(db_rows) rows = NULL;
        if (!g_str_has_prefix(*texts, "SELECT"))
            ok = db_execute(connection, NULL, error, *texts);
        else
            ok = (rows = db_query(connection, error, *texts)) != NULL;
        while (rows && db_rows_next(rows, NULL))
            ;
    }
    return ok;
}

static void run_on_server(const char *sql)
{
    GError *error = NULL;

    if (!run_on(server_url(), (const char *const[]){sql, NULL}, &error))
        give_up("The %s server: %s", unit_database_engine(), error->message);
}

/* PostgreSQL takes a quarter of a second to make a database, and a moment to empty one: a program
 * keeps one for its next test. */
static char *spare;

static char *name_of(const char *url)
{
    const char *name = strstr(url, "/presente_");

    g_assert(name);
    return g_strndup(name + 1, strcspn(name + 1, "?"));
}

static char *url_of(const char *name)
{
    const char *server = server_url();
    const char *address = strstr(server, "://") + 3;
    const char *path = address + strcspn(address, "/");
    const char *options = strchr(path, '?');

    return g_strdup_printf("%.*s/%s%s", (int)(path - server), server, name, options ? options : "");
}

static void drop(const char *url)
{
    g_autofree char *name = name_of(url);
    g_autofree char *sql =
        g_strconcat("DROP DATABASE IF EXISTS ", name, engines[engine_index()].force, NULL);

    run_on_server(sql);
}

static void drop_spare(void)
{
    if (spare)
        drop(spare);
    g_clear_pointer(&spare, g_free);
}

static bool keep_as_spare(const char *url)
{
    g_autofree char *name = name_of(url);
    g_autofree char *reset = g_strconcat("ALTER DATABASE ", name, " RESET ALL", NULL);
    const char *const texts[] = {"SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                                 "WHERE datname = current_database() AND pid <> pg_backend_pid()",
                                 "DROP SCHEMA public CASCADE", "CREATE SCHEMA public", reset, NULL};
    static bool registered;

    if (spare || strcmp(unit_database_engine(), "postgresql") != 0 || !run_on(url, texts, NULL))
        return false;
    spare = url_of(name); /* the test may have added options to its own */
    if (!registered)
        (void)atexit(drop_spare);
    registered = true;
    return true;
}

char *unit_database_create(const char *folder)
{
    if (unit_database_is_file())
        return g_strconcat("sqlite:", folder, "/presente.db", NULL);
    if (spare)
        return g_steal_pointer(&spare);

    struct base_uuid id;
    char text[BASE_UUID_TEXT_SIZE];
    base_uuid_new(&id);
    base_uuid_format(&id, text);
    g_strdelimit(text, "-", '_');
    g_autofree char *sql = g_strdup_printf("CREATE DATABASE presente_%s", text);
    run_on_server(sql);
    g_autofree char *name = g_strconcat("presente_", text, NULL);
    return url_of(name);
}

void unit_database_drop(const char *url)
{
    if (url && !unit_database_is_file() && !keep_as_spare(url))
        drop(url);
}

static const struct db_sql OTHERS = {
    .postgresql = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
                  "AND pid <> pg_backend_pid()",
    .mariadb = "SELECT id FROM information_schema.processlist WHERE db = DATABASE() "
               "AND id <> CONNECTION_ID()",
};

static const struct db_sql END = {
    .postgresql = "SELECT pg_terminate_backend(?)",
    .mariadb = "KILL ?",
};

void unit_database_cut(const char *url)
{
    const struct db_options options = {.connections = 1};
    g_autoptr(db_handle) db = db_open(url, &options, NULL);
    g_autoptr(db_connection) connection = db ? db_acquire(db, NULL) : NULL;

    for (bool any = connection != NULL; any; g_usleep(1000)) {
        g_autoptr(db_rows) rows = db_query(connection, NULL, db_sql(connection, &OTHERS));
        any = false;
        while (rows && db_rows_next(rows, NULL)) {
            any = true;
            /* It may have gone by itself. */
            (void)db_execute(connection, NULL, NULL, db_sql(connection, &END),
                             db_int(db_rows_int(rows, 0)));
        }
    }
    if (!connection)
        give_up("The database cannot be opened to end its sessions.");
}
