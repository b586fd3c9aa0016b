/* Reading whole tables by the list of schema.c. */
#include "base/error.h"
#include "db/schema.h"

#include <string.h>

struct db_value db_schema_value(struct db_rows *rows, guint column, enum db_kind kind)
{
    if (kind == DB_KIND_NULL || db_rows_is_null(rows, column))
        return db_null();
    switch (kind) {
    case DB_KIND_BOOL:
        return db_bool(db_rows_bool(rows, column));
    case DB_KIND_INT:
        return db_int(db_rows_int(rows, column));
    case DB_KIND_REAL:
        return db_real(db_rows_real(rows, column));
    case DB_KIND_TEXT:
        return db_text(db_rows_text(rows, column));
    case DB_KIND_UUID: /* not db_uuid(): the nil UUID of a row is no NULL */
        return (struct db_value){.kind = kind, .uuid = db_rows_uuid(rows, column)};
    case DB_KIND_TIME:
        return db_time(db_rows_time(rows, column));
    case DB_KIND_BLOB:
    case DB_KIND_NULL:
        break;
    }

    gsize size;
    const void *data = db_rows_blob(rows, column, &size);
    return db_blob(data, size);
}

gpointer db_schema_keep(struct db_value *value)
{
    char *bytes = g_malloc0(value->bytes.size + 1); /* an empty value needs an address as well */

    if (value->bytes.size)
        memcpy(bytes, value->bytes.data, value->bytes.size);
    value->bytes.data = bytes;
    return bytes;
}

/* ---- Reading a whole table ---- */

void db_schema_reader_init(struct db_schema_reader *reader, const struct db_schema_table *table)
{
    *reader = (struct db_schema_reader){.table = table};
}

void db_schema_reader_clear(struct db_schema_reader *reader)
{
    for (guint i = 0; i < DB_SCHEMA_KEY_MAX; i++)
        g_clear_pointer(&reader->key_bytes[i], g_free);
}

/* Takes the key from the first columns of a row: every statement has it there. */
void db_schema_reader_pass(struct db_schema_reader *reader, struct db_rows *rows)
{
    db_schema_reader_clear(reader);
    for (guint i = 0; i < reader->table->key_n; i++) {
        struct db_value value = db_schema_value(rows, i, reader->table->columns[i].kind);

        if (value.kind == DB_KIND_TEXT || value.kind == DB_KIND_BLOB) {
            reader->key_bytes[i] = db_schema_keep(&value);
        }
        reader->key[i] = value;
    }
    reader->begun = true;
}

bool db_schema_reader_skip(struct db_schema_reader *reader, struct db_connection *connection,
                           GError **error)
{
    g_autoptr(db_rows) rows = db_query(connection, error, reader->table->last);
    GError *problem = NULL;

    if (!rows)
        return false;
    if (db_rows_next(rows, &problem))
        db_schema_reader_pass(reader, rows);
    if (problem)
        g_propagate_error(error, problem);
    return !problem;
}

struct db_rows *db_schema_reader_page(struct db_schema_reader *reader,
                                      struct db_connection *connection, GError **error)
{
    const struct db_schema_table *table = reader->table;
    struct db_value values[DB_SCHEMA_KEY_MAX + 1];
    guint n = reader->begun ? table->key_n : 0;

    memcpy(values, reader->key, n * sizeof *values);
    values[n] = db_int(DB_SCHEMA_PAGE);
    return db_query_values(connection, error, reader->begun ? table->next : table->first, values,
                           n + 1);
}

static void append_number(GByteArray *bytes, guint64 number)
{
    guint64 ordered = GUINT64_TO_BE(number);

    g_byte_array_append(bytes, (const guint8 *)&ordered, sizeof ordered);
}

static void append_value(GByteArray *bytes, const struct db_value *value)
{
    guint8 small = (guint8)value->kind;
    guint64 bits;
    double real;

    g_byte_array_append(bytes, &small, 1);
    switch (value->kind) {
    case DB_KIND_NULL:
        break;
    case DB_KIND_BOOL:
        small = value->integer != 0;
        g_byte_array_append(bytes, &small, 1);
        break;
    case DB_KIND_INT:
    case DB_KIND_TIME:
        append_number(bytes, (guint64)value->integer);
        break;
    case DB_KIND_REAL:
        real = value->real == 0 ? 0 : value->real; /* SQLite does not keep the sign of zero */
        memcpy(&bits, &real, sizeof bits);
        append_number(bytes, bits);
        break;
    case DB_KIND_TEXT:
    case DB_KIND_BLOB:
        append_number(bytes, value->bytes.size);
        if (value->bytes.size)
            g_byte_array_append(bytes, value->bytes.data, (guint)value->bytes.size);
        break;
    case DB_KIND_UUID:
        g_byte_array_append(bytes, value->uuid.bytes, sizeof value->uuid.bytes);
        break;
    }
}

/* One page into the checksum; `n` gets how many rows it had. */
static bool digest_page(struct db_schema_reader *reader, struct db_connection *connection,
                        GChecksum *checksum, guint *n, GError **error)
{
    const struct db_schema_table *table = reader->table;
    g_autoptr(db_rows) rows = db_schema_reader_page(reader, connection, error);
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    GError *problem = NULL;

    *n = 0;
    if (!rows)
        return false;
    while (db_rows_next(rows, &problem)) {
        g_byte_array_set_size(bytes, 0);
        for (guint i = 0; i < table->columns_n; i++) {
            struct db_value value = db_schema_value(rows, i, table->columns[i].kind);
            append_value(bytes, &value);
        }
        g_checksum_update(checksum, bytes->data, (gssize)bytes->len);
        if (++*n == DB_SCHEMA_PAGE)
            db_schema_reader_pass(reader, rows);
    }
    if (problem)
        g_propagate_error(error, problem);
    return !problem;
}

bool db_schema_digest(struct db_connection *connection, const struct db_schema_table *table,
                      bool (*step)(gint64 rows, gpointer data), gpointer data, gint64 *rows,
                      char digest[static DB_SCHEMA_DIGEST_SIZE], GError **error)
{
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    struct db_schema_reader reader;
    guint n = DB_SCHEMA_PAGE;
    bool done = true;

    db_schema_reader_init(&reader, table);
    *rows = 0;
    while (done && n == DB_SCHEMA_PAGE) {
        done = digest_page(&reader, connection, checksum, &n, error);
        *rows += n;
        if (done && step && !step(*rows, data)) {
            g_set_error(error, BASE_ERROR, BASE_ERROR_UNAVAILABLE,
                        "It was stopped before its end. Run the same command again.");
            done = false;
        }
    }
    db_schema_reader_clear(&reader);
    g_strlcpy(digest, g_checksum_get_string(checksum), DB_SCHEMA_DIGEST_SIZE);
    return done;
}
