#include "db/copy.h"

#include "base/error.h"
#include "db/driver.h"
#include "db/load.h"

#include <string.h>

/* Not the time-out of requests: emptying a table of years is one statement. */
#define STATEMENT_SECONDS 86400

/* Of one transaction, about. */
#define BATCH_ROWS 32768
#define BATCH_BYTES (32 << 20)

#define PROGRESS_TABLE "copy_progress"

struct copy {
    struct db *source;
    struct db *destination;
    struct db_connection *to;
    const struct db_copy_options *options;
    struct db_copy_result *result;
    char *origin;     /* tells one source from another */
    gint64 rows;      /* of the source, all tables */
    gint64 rows_done; /* of these, in the destination by now */
};

/* What one transaction stores: rows of one table, their values one after the other. */
struct batch {
    const struct db_schema_table *table;
    GArray *values;   /* struct db_value */
    GPtrArray *bytes; /* what they point at */
    gsize size;       /* of the bytes */
    guint rows_wanted;
    gint64 before; /* rows of the table that were there already */
};

/* ---- Opening ---- */

struct db *db_copy_open_source(const char *url, GError **error)
{
    const struct db_options options = {
        .connections = 1,
        .statement_seconds = STATEMENT_SECONDS,
        .must_exist = true,
        .read_only = true,
    };
    g_autoptr(db_handle) db = db_open(url, &options, error);
    gint64 version;

    if (!db || !db_schema_version(db, &version, error))
        return NULL;
    if (version == db_schema_latest(db))
        return g_steal_pointer(&db);

    g_autofree char *shown = db_url_display(url);
    if (version > db_schema_latest(db))
        g_set_error(error, BASE_ERROR, BASE_ERROR_UNSUPPORTED,
                    "%s was made by a newer version of this program; use that one.", shown);
    else if (version == 0)
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID, "%s holds no tables of this program.",
                    shown);
    else
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID,
                    "%s is of an older version: run \"presente db migrate\" on it first.", shown);
    return NULL;
}

struct db *db_copy_open_destination(const char *url, GError **error)
{
    const struct db_options options = {.connections = 1, .statement_seconds = STATEMENT_SECONDS};

    return db_open(url, &options, error);
}

void db_copy_result_clear(struct db_copy_result *result)
{
    g_clear_pointer(&result->tables, g_array_unref);
    *result = (struct db_copy_result){0};
}

static bool progress_exists(struct db *db, struct db_connection *connection, bool *exists,
                            GError **error)
{
    return db_driver_of(db)->table_exists(connection, PROGRESS_TABLE, exists, error);
}

bool db_copy_is_unfinished(struct db *db, bool *unfinished, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(db, error);

    return connection && progress_exists(db, connection, unfinished, error);
}

/* ---- What is to be copied ---- */

/* The first institution names an installation, its birth distinguishes it from a restored one. */
static bool read_origin(struct copy *copy, struct db_connection *from, GError **error)
{
    g_autoptr(db_rows) rows = db_query(
        from, error, "SELECT id, created_at FROM institutions ORDER BY created_at, id LIMIT 1");
    GError *problem = NULL;
    char id[BASE_UUID_TEXT_SIZE];

    if (!rows)
        return false;
    if (db_rows_next(rows, &problem)) {
        struct base_uuid uuid = db_rows_uuid(rows, 0);
        g_free(copy->origin);
        copy->origin = g_strdup_printf("%s %" G_GINT64_FORMAT " %" G_GINT64_FORMAT,
                                       base_uuid_format(&uuid, id), db_rows_time(rows, 1),
                                       db_schema_latest(copy->source));
        return true;
    }
    if (problem)
        g_propagate_error(error, problem);
    else
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID,
                    "There is nothing to copy: the source has no institution yet.");
    return false;
}

static bool read_sizes(struct copy *copy, struct db_connection *from, GError **error)
{
    copy->rows = 0;
    for (guint i = 0; i < db_schema_tables_n; i++) {
        gint64 rows;

        if (!db_query_int(from, &rows, error, db_schema_tables[i].count))
            return false;
        copy->rows += rows;
    }
    return true;
}

static bool examine_source(struct copy *copy, struct db_connection *from, GError **error)
{
    bool unfinished;

    if (!progress_exists(copy->source, from, &unfinished, error))
        return false;
    if (unfinished) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID,
                    "The source is itself a copy that was never finished.");
        return false;
    }
    return read_origin(copy, from, error) && read_sizes(copy, from, error);
}

static bool report(struct copy *copy, enum db_copy_phase phase, const char *table, gint64 done)
{
    const struct db_copy_progress progress = {
        .phase = phase,
        .table = table,
        .done = done,
        /* Both sides are read back. */
        .total = phase == DB_COPY_VERIFY ? 2 * copy->rows : copy->rows,
    };

    return !copy->options->progress || copy->options->progress(&progress, copy->options->data);
}

static bool set_stopped(GError **error)
{
    g_set_error(error, BASE_ERROR, BASE_ERROR_UNAVAILABLE,
                "It was stopped before its end. Run the same command again.");
    return false;
}

/* ---- The destination's state ---- */

static bool erase_all(struct db_connection *to, GError **error)
{
    for (guint i = db_schema_tables_n; i > 0; i--)
        if (!db_execute(to, NULL, error, db_schema_tables[i - 1].erase))
            return false;
    return true;
}

/* Empties everything (of a new database the counters alone) and takes note of the source. */
static bool begin_anew(struct db_connection *to, gpointer data, GError **error)
{
    struct copy *copy = data;

    if (!db_execute(to, NULL, error, "DELETE FROM " PROGRESS_TABLE) || !erase_all(to, error))
        return false;
    for (guint i = 0; i < db_schema_tables_n; i++)
        if (!db_execute(to, NULL, error,
                        "INSERT INTO " PROGRESS_TABLE " (name, origin, done) VALUES (?, ?, 0)",
                        db_text(db_schema_tables[i].name), db_text(copy->origin)))
            return false;
    return true;
}

/* Whether it was only migrated: the counters' first rows come with the tables. */
static bool is_new(struct copy *copy, bool *fresh, GError **error)
{
    *fresh = true;
    for (guint i = 0; i < db_schema_tables_n && *fresh; i++) {
        gint64 rows;

        if (strcmp(db_schema_tables[i].name, "counters") == 0)
            continue;
        if (!db_query_int(copy->to, &rows, error, db_schema_tables[i].count))
            return false;
        *fresh = rows == 0;
    }
    return true;
}

static bool set_in_use(GError **error)
{
    g_set_error(error, BASE_ERROR, BASE_ERROR_CONFLICT,
                "The destination holds an installation already; nothing was changed. Copy into an "
                "empty database: a new file, or one that was dropped and created again.");
    return false;
}

/* The origin that an earlier run noted; NULL without error when it did not come that far. */
static bool read_noted_origin(struct copy *copy, char **origin, GError **error)
{
    g_autoptr(db_rows) rows =
        db_query(copy->to, error, "SELECT origin FROM " PROGRESS_TABLE " ORDER BY name LIMIT 1");
    bool found;

    *origin = NULL;
    if (!db_rows_first(rows, &found, error))
        return false;
    if (found)
        *origin = db_rows_dup_text(rows, 0);
    return true;
}

static bool set_other_origin(GError **error)
{
    g_set_error(error, BASE_ERROR, BASE_ERROR_CONFLICT,
                "The destination holds an unfinished copy of another installation or of another "
                "version; nothing was changed. To have it removed, start over with --again (of a "
                "restore: --replace).");
    return false;
}

static bool start_over(struct copy *copy, GError **error)
{
    return db_transaction_keyed_on(copy->to, begin_anew, copy, error);
}

static bool prepare_destination(struct copy *copy, GError **error)
{
    g_autofree char *origin = NULL;
    bool exists;
    bool fresh;

    if (!progress_exists(copy->destination, copy->to, &exists, error) ||
        (exists && !read_noted_origin(copy, &origin, error)))
        return false;
    if (origin && (copy->options->again || copy->options->replace))
        return start_over(copy, error);
    if (origin)
        return strcmp(origin, copy->origin) == 0 || set_other_origin(error);

    if (!is_new(copy, &fresh, error))
        return false;
    if (!fresh && !copy->options->replace)
        return set_in_use(error);
    if (!exists &&
        !db_execute(copy->to, NULL, error,
                    "CREATE TABLE " PROGRESS_TABLE " (name VARCHAR(64) NOT NULL PRIMARY KEY, "
                    "origin VARCHAR(120) NOT NULL, done BIGINT NOT NULL)"))
        return false;
    return start_over(copy, error);
}

/* ---- Rows ---- */

static bool store_batch(struct db_connection *to, gpointer data, GError **error)
{
    const struct batch *batch = data;
    const struct db_schema_table *table = batch->table;
    const struct db_value *values = (const struct db_value *)(gpointer)batch->values->data;
    guint left = batch->values->len / table->columns_n;
    gint64 changed = 0;

    /* The condition keeps out a second copy that is at work on the same destination. */
    if (!db_execute(to, &changed, error,
                    "UPDATE " PROGRESS_TABLE " SET done = ? WHERE name = ? AND done = ?",
                    db_int(batch->before + left), db_text(table->name), db_int(batch->before)))
        return false;
    if (changed != 1) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_CONFLICT,
                    "Another copy into this destination is at work.");
        return false;
    }
    while (left > 0) {
        guint n = left >= DB_SCHEMA_ROWS ? DB_SCHEMA_ROWS : 1;

        if (!db_execute_values(to, NULL, error, n > 1 ? table->insert_many : table->insert, values,
                               (gsize)n * table->columns_n)) {
            g_prefix_error(error, "The rows of %s cannot be stored in the destination. ",
                           table->name);
            return false;
        }
        values += n * table->columns_n;
        left -= n;
    }
    return true;
}

/* Adds the next page of the source; `*last` when there is none behind it. */
static bool add_page(struct batch *batch, struct db_schema_reader *reader,
                     struct db_connection *from, bool *last, GError **error)
{
    const struct db_schema_table *table = batch->table;
    g_autoptr(db_rows) rows = db_schema_reader_page(reader, from, error);
    GError *problem = NULL;
    guint n = 0;

    if (!rows)
        return false;
    for (; db_rows_next(rows, &problem); n++) {
        for (guint i = 0; i < table->columns_n; i++) {
            struct db_value value = db_schema_value(rows, i, table->columns[i].kind);

            if (value.kind == DB_KIND_TEXT || value.kind == DB_KIND_BLOB) {
                g_ptr_array_add(batch->bytes, db_schema_keep(&value));
                batch->size += value.bytes.size;
            }
            g_array_append_val(batch->values, value);
        }
        db_schema_reader_pass(reader, rows);
    }
    *last = n < DB_SCHEMA_PAGE;
    if (problem)
        g_propagate_prefixed_error(error, problem, "Table %s of the source: ", table->name);
    return !problem;
}

/* Rows with random keys touch nearly every page of the indexes: the fewer transactions the fewer
 * times each page is written. An empty batch when the table ends. */
static bool fill_batch(struct batch *batch, struct db_schema_reader *reader,
                       struct db_connection *from, GError **error)
{
    bool last = false;

    g_array_set_size(batch->values, 0);
    g_ptr_array_set_size(batch->bytes, 0);
    batch->size = 0;
    while (!last && batch->size < BATCH_BYTES &&
           batch->values->len / batch->table->columns_n < batch->rows_wanted)
        if (!add_page(batch, reader, from, &last, error))
            return false;
    return true;
}

static bool copy_pages(struct copy *copy, struct db_connection *from, struct batch *batch,
                       struct db_schema_reader *reader, GError **error)
{
    const struct db_schema_table *table = batch->table;

    for (;;) {
        if (!fill_batch(batch, reader, from, error))
            return false;
        guint n = batch->values->len / table->columns_n;
        if (n == 0)
            return true;
        if (!db_transaction_keyed_on(copy->to, store_batch, batch, error))
            return false;
        batch->before += n;
        copy->rows_done += n;
        if (!report(copy, DB_COPY_ROWS, table->name, copy->rows_done))
            return set_stopped(error);
    }
}

static bool copy_table(struct copy *copy, struct db_connection *from,
                       const struct db_schema_table *table, GError **error)
{
    struct batch batch = {
        .table = table,
        .rows_wanted = copy->options->batch_rows ? copy->options->batch_rows : BATCH_ROWS,
    };
    struct db_schema_reader reader;

    if (!db_query_int(copy->to, &batch.before, error,
                      "SELECT done FROM " PROGRESS_TABLE " WHERE name = ?", db_text(table->name)))
        return false;
    db_schema_reader_init(&reader, table);
    batch.values = g_array_new(FALSE, FALSE, sizeof(struct db_value));
    batch.bytes = g_ptr_array_new_with_free_func(g_free);
    copy->rows_done += batch.before;
    copy->result->rows_found += batch.before;
    bool done = (batch.before == 0 || db_schema_reader_skip(&reader, copy->to, error)) &&
                copy_pages(copy, from, &batch, &reader, error);
    g_ptr_array_unref(batch.bytes);
    g_array_unref(batch.values);
    db_schema_reader_clear(&reader);
    return done;
}

/* ---- Verification ---- */

struct verification {
    struct copy *copy;
    struct db_connection *from;
    const char *table;
    gint64 before; /* rows read for the tables before */
};

static bool verify_step(gint64 rows, gpointer data)
{
    const struct verification *verification = data;

    return report(verification->copy, DB_COPY_VERIFY, verification->table,
                  verification->before + rows);
}

static bool digest(struct verification *verification, struct db_connection *connection,
                   const struct db_schema_table *table, struct db_copy_table *read, GError **error)
{
    verification->table = table->name;
    read->name = table->name;
    if (!db_schema_digest(connection, table, verify_step, verification, &read->rows, read->digest,
                          error))
        return false;
    verification->before += read->rows;
    return true;
}

static bool verify_table(struct verification *verification, struct db_connection *to,
                         const struct db_schema_table *table, GError **error)
{
    struct db_copy_table there;
    struct db_copy_table here;

    if (!digest(verification, verification->from, table, &there, error) ||
        !digest(verification, to, table, &here, error))
        return false;
    if (there.rows != here.rows || strcmp(there.digest, here.digest) != 0) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_CORRUPT,
                    "The table %s differs: %" G_GINT64_FORMAT
                    " rows in the source, %" G_GINT64_FORMAT
                    " in the destination%s. The copy is not finished; when the "
                    "source was changed since the copy was interrupted, start over with --again.",
                    table->name, there.rows, here.rows,
                    there.rows == here.rows ? " with other values" : "");
        return false;
    }
    g_array_append_val(verification->copy->result->tables, here);
    verification->copy->result->rows += here.rows;
    return true;
}

static bool verify(struct db_connection *to, gpointer data, GError **error)
{
    struct verification *verification = data;
    struct db_copy_result *result = verification->copy->result;

    g_array_set_size(result->tables, 0);
    result->rows = 0;
    verification->before = 0;
    for (guint i = 0; i < db_schema_tables_n; i++)
        if (!verify_table(verification, to, &db_schema_tables[i], error))
            return false;
    return true;
}

/* ---- The whole ---- */

static bool renumber(struct db_connection *to, gpointer data, GError **error)
{
    (void)data;
    return db_load_end(to, error);
}

/* Until the end a power cut may cost the last batches, which the next run copies again: they need
 * not wait for the disk one by one. The last statement of all makes everything before it durable.
 * Rows with random keys want a cache that holds the indexes. */
static const struct db_sql HURRY[] = {
    {.sqlite = "PRAGMA synchronous = NORMAL", .postgresql = "SET synchronous_commit = off"},
    {.sqlite = "PRAGMA cache_size = -131072"},
    {.sqlite = "PRAGMA wal_autocheckpoint = 16384"},
};
static const struct db_sql CARE[] = {
    {.sqlite = "PRAGMA synchronous = FULL", .postgresql = "SET synchronous_commit = on"},
    {.common = "DROP TABLE " PROGRESS_TABLE},
};

/* Runs those that this engine has a text for. */
static bool run_all(struct db_connection *to, const struct db_sql *list, gsize n, GError **error)
{
    for (gsize i = 0; i < n; i++) {
        const char *sql = db_sql(to, &list[i]);
        if (sql && !db_execute(to, NULL, error, sql))
            return false;
    }
    return true;
}

static bool copy_everything(struct db_connection *from, gpointer data, GError **error)
{
    struct copy *copy = data;
    struct verification verification = {.copy = copy, .from = from};

    copy->rows_done = 0;
    copy->result->rows_found = 0;
    if (!examine_source(copy, from, error) || !prepare_destination(copy, error) ||
        !run_all(copy->to, HURRY, G_N_ELEMENTS(HURRY), error))
        return false;
    for (guint i = 0; i < db_schema_tables_n; i++)
        if (!copy_table(copy, from, &db_schema_tables[i], error))
            return false;
    return db_transaction_keyed_on(copy->to, renumber, NULL, error) &&
           db_snapshot_on(copy->to, verify, &verification, error) &&
           run_all(copy->to, CARE, G_N_ELEMENTS(CARE), error);
}

/* The tables of an installation in use are somebody else's to bring up to date. */
static bool make_tables(struct copy *copy, GError **error)
{
    gint64 version;
    gint64 rows = 0;

    if (!db_schema_version(copy->destination, &version, error))
        return false;
    if (version > 0 && version < db_schema_latest(copy->destination)) {
        g_autoptr(db_connection) to = db_acquire(copy->destination, error);
        if (!to || !db_query_int(to, &rows, error, "SELECT COUNT(*) FROM institutions"))
            return false;
    }
    if (rows > 0 && !copy->options->replace)
        return set_in_use(error);
    return db_migrate(copy->destination, NULL, error);
}

bool db_copy(struct db *source, struct db *destination, const struct db_copy_options *options,
             struct db_copy_result *result, GError **error)
{
    static const struct db_copy_options NONE = {.again = false};
    struct db_copy_result own = {0};
    struct copy copy = {
        .source = source,
        .destination = destination,
        .options = options ? options : &NONE,
        .result = result ? result : &own,
    };

    *copy.result =
        (struct db_copy_result){.tables = g_array_new(FALSE, FALSE, sizeof(struct db_copy_table))};
    g_autoptr(db_connection) from = NULL;
    bool done = make_tables(&copy, error);
    if (done) {
        from = db_acquire(source, error);
        copy.to = from ? db_acquire(destination, error) : NULL;
        done = copy.to && db_snapshot_on(from, copy_everything, &copy, error);
    }
    db_release(copy.to);
    g_free(copy.origin);
    db_copy_result_clear(&own);
    if (!done)
        db_copy_result_clear(copy.result);
    return done;
}
