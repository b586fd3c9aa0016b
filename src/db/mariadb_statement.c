/* The MariaDB driver: prepared statements, their values and their rows. */
#include "base/error.h"
#include "db/mariadb.h"

#include <string.h>

/* A buffer larger than this is not kept for the statement's next use. */
#define BUFFER_KEPT 65536
#define BUFFER_FIRST 128

/* A stream does not tell how long its values will be. What is not written to takes no memory. */
#define BUFFER_STREAM ((gsize)2 << 20)

/* What the values of a statement may take: as much as the server's largest packet. */
#define VALUES_SIZE_MAX ((gsize)1 << 30)

/* Days from 0001-01-01 to 1970-01-01, counted as GDate does. */
#define EPOCH_JULIAN 719163
#define DAY (86400 * BASE_TIME_SECOND)
#define TIME_FIRST (-(EPOCH_JULIAN - 1) * DAY)             /* 0001-01-01T00:00:00 */
#define TIME_LAST ((3652059 - EPOCH_JULIAN + 1) * DAY - 1) /* 9999-12-31T23:59:59.999999 */

/* Room for what a value is sent from or a column received in. */
struct cell {
    union {
        gint64 integer;
        double real;
        MYSQL_TIME time;
    };
    enum enum_field_types type; /* LONGLONG, DOUBLE, DATETIME or, with `bytes`, STRING */
    char *bytes;                /* of a column; always followed by a NUL */
    gsize capacity;             /* without the NUL */
    unsigned long length;
    my_bool is_null;
    my_bool truncated;
};

struct statement {
    MYSQL_STMT *handle; /* NULL: to be prepared anew */
    const char *sql;
    MYSQL_BIND *values;
    struct cell *value_cells;
    guint values_n;
    GByteArray *sent; /* copies of the texts and blobs among the values */
    MYSQL_BIND *columns;
    struct cell *column_cells;
    guint columns_n;
    bool executed;
    bool spoilt;  /* an error left the handle in a state of its own */
    bool patient; /* a stream for which the limit of time was lifted */
};

/* ---- Instants ---- */

static MYSQL_TIME to_server_time(base_time time)
{
    time = CLAMP(time, TIME_FIRST, TIME_LAST);

    gint64 day = time / DAY - (time % DAY < 0);
    gint64 rest = time - day * DAY;
    GDate date;

    g_date_clear(&date, 1);
    g_date_set_julian(&date, (guint32)(day + EPOCH_JULIAN));
    return (MYSQL_TIME){
        .year = g_date_get_year(&date),
        .month = g_date_get_month(&date),
        .day = g_date_get_day(&date),
        .hour = (unsigned)(rest / (3600 * BASE_TIME_SECOND)),
        .minute = (unsigned)(rest / (60 * BASE_TIME_SECOND) % 60),
        .second = (unsigned)(rest / BASE_TIME_SECOND % 60),
        .second_part = (unsigned long)(rest % BASE_TIME_SECOND),
        .time_type = MYSQL_TIMESTAMP_DATETIME,
    };
}

static base_time from_server_time(const MYSQL_TIME *time)
{
    if (!g_date_valid_dmy((GDateDay)time->day, (GDateMonth)time->month, (GDateYear)time->year))
        return 0;

    GDate date;
    g_date_clear(&date, 1);
    g_date_set_dmy(&date, (GDateDay)time->day, (GDateMonth)time->month, (GDateYear)time->year);
    gint64 seconds = ((gint64)g_date_get_julian(&date) - EPOCH_JULIAN) * 86400 + time->hour * 3600 +
                     time->minute * 60 + time->second;
    return seconds * BASE_TIME_SECOND + (gint64)time->second_part;
}

/* ---- Preparing ---- */

/* What ends a stream in its middle is told of the connection and not of the statement. */
static bool fail(struct db_rows *rows, GError **error)
{
    struct statement *statement = rows->native;
    const struct db_mariadb *native = rows->connection->native;
    const unsigned code = mysql_stmt_errno(statement->handle);

    statement->spoilt = true;
    return db_mariadb_fail(rows->connection, code ? code : mysql_errno(native->handle),
                           code ? mysql_stmt_error(statement->handle) : mysql_error(native->handle),
                           statement->sql, error);
}

static MYSQL_STMT *prepare_handle(struct db_connection *connection, const char *sql, GError **error)
{
    struct db_mariadb *native = connection->native;
    MYSQL_STMT *handle = mysql_stmt_init(native->handle);

    if (!handle)
        g_error("out of memory");
    if (mysql_stmt_prepare(handle, sql, strlen(sql)) != 0) {
        db_mariadb_fail(connection, mysql_stmt_errno(handle), mysql_stmt_error(handle), sql, error);
        mysql_stmt_close(handle);
        return NULL;
    }
    return handle;
}

void *db_mariadb_prepare(struct db_connection *connection, const char *sql, GError **error)
{
    MYSQL_STMT *handle = prepare_handle(connection, sql, error);

    if (!handle)
        return NULL;

    struct statement *statement = g_new0(struct statement, 1);
    statement->handle = handle;
    statement->sql = sql;
    statement->values_n = (guint)mysql_stmt_param_count(handle);
    statement->values = g_new0(MYSQL_BIND, statement->values_n);
    statement->value_cells = g_new0(struct cell, statement->values_n);
    statement->sent = g_byte_array_new();
    return statement;
}

static void forget_columns(struct statement *statement)
{
    for (guint i = 0; i < statement->columns_n; i++)
        g_free(statement->column_cells[i].bytes);
    g_clear_pointer(&statement->columns, g_free);
    g_clear_pointer(&statement->column_cells, g_free);
    statement->columns_n = 0;
}

void db_mariadb_finalize(void *data)
{
    struct statement *statement = data;

    if (statement->handle)
        mysql_stmt_close(statement->handle);
    forget_columns(statement);
    g_free(statement->values);
    g_free(statement->value_cells);
    g_byte_array_unref(statement->sent);
    g_free(statement);
}

/* ---- Values ---- */

static void set_value(struct cell *cell, const struct db_value *value)
{
    cell->is_null = FALSE;
    switch (value->kind) {
    case DB_KIND_NULL:
        cell->type = MYSQL_TYPE_NULL;
        cell->is_null = TRUE;
        break;
    case DB_KIND_BOOL:
    case DB_KIND_INT:
        cell->type = MYSQL_TYPE_LONGLONG;
        cell->integer = value->integer;
        break;
    case DB_KIND_REAL:
        cell->type = MYSQL_TYPE_DOUBLE;
        cell->real = value->real;
        break;
    case DB_KIND_TIME:
        cell->type = MYSQL_TYPE_DATETIME;
        cell->time = to_server_time(value->integer);
        break;
    case DB_KIND_TEXT:
        cell->type = MYSQL_TYPE_STRING;
        cell->length = value->bytes.size;
        break;
    case DB_KIND_BLOB:
        cell->type = MYSQL_TYPE_BLOB;
        cell->length = value->bytes.size;
        break;
    case DB_KIND_UUID:
        cell->type = MYSQL_TYPE_BLOB;
        cell->length = sizeof value->uuid.bytes;
        break;
    }
}

static bool has_bytes(const struct cell *cell)
{
    return cell->type == MYSQL_TYPE_STRING || cell->type == MYSQL_TYPE_BLOB;
}

static const void *bytes_of(const struct db_value *value)
{
    return value->kind == DB_KIND_UUID ? value->uuid.bytes : value->bytes.data;
}

bool db_mariadb_bind(struct db_rows *rows, const struct db_value *values, gsize n, GError **error)
{
    struct statement *statement = rows->native;

    if (statement->values_n != n) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INTERNAL,
                    "A statement takes %u values and was given %zu.", statement->values_n, n);
        return false;
    }
    gsize size = 0, at = 0;
    for (gsize i = 0; i < n; i++) {
        struct cell *cell = &statement->value_cells[i];
        set_value(cell, &values[i]);
        size += has_bytes(cell) ? cell->length : 0;
    }
    if (size > VALUES_SIZE_MAX) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_TOO_LARGE,
                    "A value is too large for the database.");
        return false;
    }
    /* In one piece: what grows would leave copies behind that reset() does not wipe. */
    g_byte_array_set_size(statement->sent, (guint)size);
    g_byte_array_set_size(statement->sent, 0);
    for (gsize i = 0; i < n; i++)
        if (has_bytes(&statement->value_cells[i]) && statement->value_cells[i].length > 0)
            g_byte_array_append(statement->sent, bytes_of(&values[i]),
                                (guint)statement->value_cells[i].length);
    for (gsize i = 0; i < n; i++) {
        struct cell *cell = &statement->value_cells[i];
        statement->values[i] = (MYSQL_BIND){
            .buffer_type = cell->type,
            .buffer = has_bytes(cell) ? (void *)(statement->sent->data + at) : &cell->integer,
            .buffer_length = has_bytes(cell) ? cell->length : 0,
            .length = &cell->length,
            .is_null = &cell->is_null,
        };
        if (has_bytes(cell))
            at += cell->length;
    }
    return true;
}

/* ---- Running ---- */

/* A server prepares again by itself what a change of the tables made stale, but gives up when they
 * keep changing (1615), and forgets statements where a proxy moved us to another (1243). */
static bool run_handle(struct db_rows *rows, GError **error)
{
    struct statement *statement = rows->native;

    if (!statement->handle)
        statement->handle = prepare_handle(rows->connection, statement->sql, error);
    if (!statement->handle)
        return false;
    for (bool again = false;; again = true) {
        if (statement->values_n > 0 && mysql_stmt_bind_param(statement->handle, statement->values))
            return fail(rows, error);
        if (mysql_stmt_execute(statement->handle) == 0)
            return true;
        unsigned code = mysql_stmt_errno(statement->handle);
        if (again || (code != 1615 && code != 1243))
            return fail(rows, error);
        MYSQL_STMT *fresh = prepare_handle(rows->connection, statement->sql, error);
        if (!fresh)
            return false;
        mysql_stmt_close(statement->handle);
        statement->handle = fresh;
    }
}

static enum enum_field_types type_of(const MYSQL_FIELD *field)
{
    switch (field->type) {
    case MYSQL_TYPE_TINY:
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_LONGLONG:
    case MYSQL_TYPE_YEAR:
        return MYSQL_TYPE_LONGLONG;
    case MYSQL_TYPE_FLOAT:
    case MYSQL_TYPE_DOUBLE:
        return MYSQL_TYPE_DOUBLE;
    case MYSQL_TYPE_DATE:
    case MYSQL_TYPE_DATETIME:
    case MYSQL_TYPE_TIMESTAMP:
        return MYSQL_TYPE_DATETIME;
    default: /* decimals as well: sums are */
        return MYSQL_TYPE_STRING;
    }
}

static void point_at(MYSQL_BIND *bind, struct cell *cell)
{
    bool bytes = cell->type == MYSQL_TYPE_STRING;

    *bind = (MYSQL_BIND){
        .buffer_type = cell->type,
        .buffer = bytes ? cell->bytes : (void *)&cell->integer,
        .buffer_length = bytes ? cell->capacity : sizeof cell->time,
        .length = &cell->length,
        .is_null = &cell->is_null,
        .error = &cell->truncated,
    };
}

/* The types may differ from one execution to the next, because they can depend on the values. */
static bool bind_columns(struct db_rows *rows, GError **error)
{
    struct statement *statement = rows->native;
    guint n = mysql_stmt_field_count(statement->handle);
    MYSQL_RES *metadata = mysql_stmt_result_metadata(statement->handle);

    if (!metadata)
        return fail(rows, error);
    if (n != statement->columns_n) {
        forget_columns(statement);
        statement->columns_n = n;
        statement->columns = g_new0(MYSQL_BIND, n);
        statement->column_cells = g_new0(struct cell, n);
    }
    for (guint i = 0; i < n; i++) {
        struct cell *cell = &statement->column_cells[i];
        cell->type = type_of(mysql_fetch_field_direct(metadata, i));
        if (cell->type == MYSQL_TYPE_STRING &&
            (!cell->bytes || (rows->streaming && cell->capacity < BUFFER_STREAM))) {
            g_free(cell->bytes);
            cell->capacity = rows->streaming ? BUFFER_STREAM : BUFFER_FIRST;
            cell->bytes = g_malloc(cell->capacity + 1);
        }
        point_at(&statement->columns[i], cell);
    }
    mysql_free_result(metadata);
    return mysql_stmt_bind_result(statement->handle, statement->columns) == 0 || fail(rows, error);
}

static bool set_time_limit(struct db_connection *connection, guint seconds, GError **error)
{
    const struct db_mariadb *native = connection->native;
    g_autofree char *limit = db_mariadb_time_limit(native->handle, seconds);
    g_autofree char *sql = g_strconcat("SET ", limit, NULL);

    return db_mariadb_run(connection, sql, error);
}

/* Takes all rows, into buffers in which the longest value of each column has room. */
static bool store_rows(struct db_rows *rows, GError **error)
{
    struct statement *statement = rows->native;
    const my_bool yes = TRUE;

    mysql_stmt_attr_set(statement->handle, STMT_ATTR_UPDATE_MAX_LENGTH, &yes);
    if (mysql_stmt_store_result(statement->handle) != 0)
        return fail(rows, error);
    MYSQL_RES *metadata = mysql_stmt_result_metadata(statement->handle);
    if (!metadata)
        return fail(rows, error);
    for (guint i = 0; i < statement->columns_n; i++) {
        struct cell *cell = &statement->column_cells[i];
        gsize longest = mysql_fetch_field_direct(metadata, i)->max_length;
        if (cell->type != MYSQL_TYPE_STRING || longest <= cell->capacity)
            continue;
        cell->capacity = longest;
        g_free(cell->bytes);
        cell->bytes = g_malloc(cell->capacity + 1);
        point_at(&statement->columns[i], cell);
    }
    mysql_free_result(metadata);
    return mysql_stmt_bind_result(statement->handle, statement->columns) == 0 || fail(rows, error);
}

static bool start(struct db_rows *rows, GError **error)
{
    struct statement *statement = rows->native;

    /* The reader of a stream may be slow, and the server counts that as its own time. */
    statement->patient = rows->streaming;
    if (rows->streaming && !set_time_limit(rows->connection, 0, error))
        return false;
    if (!run_handle(rows, error))
        return false;
    statement->executed = true;
    if (mysql_stmt_field_count(statement->handle) == 0)
        return true;
    return bind_columns(rows, error) && (rows->streaming || store_rows(rows, error));
}

/* Fetches what did not fit once more, into buffers that are large enough from now on. */
static bool widen(struct db_rows *rows, GError **error)
{
    struct statement *statement = rows->native;
    bool moved = false;

    for (guint i = 0; i < statement->columns_n; i++) {
        struct cell *cell = &statement->column_cells[i];
        if (cell->type != MYSQL_TYPE_STRING || cell->is_null || cell->length <= cell->capacity)
            continue;
        cell->capacity = MAX(cell->length, cell->capacity * 2);
        g_free(cell->bytes);
        cell->bytes = g_malloc(cell->capacity + 1);
        point_at(&statement->columns[i], cell);
        const unsigned long wanted = cell->length;
        if (mysql_stmt_fetch_column(statement->handle, &statement->columns[i], i, 0) != 0)
            return fail(rows, error);
        if (cell->length != wanted) { /* Connector/C of MariaDB 10.11.18 gives nothing then */
            g_set_error(error, BASE_ERROR, BASE_ERROR_TOO_LARGE,
                        "A value is too large for this version of MariaDB's library.");
            return false;
        }
        moved = true;
    }
    return !moved || mysql_stmt_bind_result(statement->handle, statement->columns) == 0 ||
           fail(rows, error);
}

enum db_step db_mariadb_step(struct db_rows *rows, GError **error)
{
    struct statement *statement = rows->native;

    if (!statement->executed && !start(rows, error))
        return DB_STEP_FAILED;
    if (mysql_stmt_field_count(statement->handle) == 0)
        return DB_STEP_DONE;

    int code = mysql_stmt_fetch(statement->handle);
    if (code == MYSQL_NO_DATA)
        return DB_STEP_DONE;
    if (code != 0 && code != MYSQL_DATA_TRUNCATED) {
        fail(rows, error);
        return DB_STEP_FAILED;
    }
    if (code == MYSQL_DATA_TRUNCATED && !widen(rows, error))
        return DB_STEP_FAILED;
    for (guint i = 0; i < statement->columns_n; i++) {
        struct cell *cell = &statement->column_cells[i];
        if (cell->type == MYSQL_TYPE_STRING && !cell->is_null)
            cell->bytes[cell->length] = '\0';
    }
    return DB_STEP_ROW;
}

bool db_mariadb_execute(struct db_rows *rows, gint64 *changed, GError **error)
{
    struct statement *statement = rows->native;

    if (!start(rows, error))
        return false;
    *changed = mysql_stmt_field_count(statement->handle) == 0
                   ? (gint64)mysql_stmt_affected_rows(statement->handle)
                   : 0;
    return true;
}

void db_mariadb_reset(struct db_rows *rows)
{
    struct statement *statement = rows->native;

    /* After an error among the rows (a deadlock, say) the library would wait at the next execution
     * for rows that never come. */
    if (statement->spoilt)
        mysql_stmt_close(g_steal_pointer(&statement->handle));
    else if (statement->executed)
        mysql_stmt_free_result(statement->handle); /* reads what is left of a stream */
    statement->executed = statement->spoilt = false;
    const struct db_mariadb *native = rows->connection->native;
    if (statement->patient && !rows->connection->broken &&
        !set_time_limit(rows->connection, native->shared->options.statement_seconds, NULL))
        rows->connection->broken = true;
    statement->patient = false;
    /* No password hash or template lingers in memory. */
    if (statement->sent->len > 0)
        explicit_bzero(statement->sent->data, statement->sent->len);
    if (statement->sent->len > BUFFER_KEPT) {
        g_byte_array_unref(statement->sent);
        statement->sent = g_byte_array_new();
    }
    for (guint i = 0; i < statement->columns_n; i++) {
        struct cell *cell = &statement->column_cells[i];
        if (cell->capacity > BUFFER_KEPT) {
            g_clear_pointer(&cell->bytes, g_free);
            cell->capacity = 0;
        }
    }
}

/* ---- Columns ---- */

static struct cell *cell_of(struct db_rows *rows, guint column)
{
    struct statement *statement = rows->native;

    g_assert(column < statement->columns_n);
    return &statement->column_cells[column];
}

bool db_mariadb_column_is_null(struct db_rows *rows, guint column)
{
    return cell_of(rows, column)->is_null;
}

gint64 db_mariadb_column_int(struct db_rows *rows, guint column)
{
    const struct cell *cell = cell_of(rows, column);

    if (cell->is_null)
        return 0;
    switch (cell->type) {
    case MYSQL_TYPE_LONGLONG:
        return cell->integer;
    case MYSQL_TYPE_DOUBLE:
        return (gint64)CLAMP(cell->real, -9e18, 9e18);
    case MYSQL_TYPE_DATETIME:
        return from_server_time(&cell->time);
    default:
        return g_ascii_strtoll(cell->bytes, NULL, 10);
    }
}

double db_mariadb_column_real(struct db_rows *rows, guint column)
{
    const struct cell *cell = cell_of(rows, column);

    if (cell->is_null)
        return 0;
    if (cell->type == MYSQL_TYPE_DOUBLE)
        return cell->real;
    if (cell->type == MYSQL_TYPE_STRING)
        return g_ascii_strtod(cell->bytes, NULL);
    return (double)db_mariadb_column_int(rows, column);
}

/* Numbers as text as well, as SQLite has it. */
static void write_number(struct cell *cell, gint64 integer)
{
    if (!cell->bytes) {
        cell->capacity = BUFFER_FIRST;
        cell->bytes = g_malloc(cell->capacity + 1);
    }
    if (cell->type == MYSQL_TYPE_DOUBLE)
        g_ascii_dtostr(cell->bytes, (int)cell->capacity, cell->real);
    else
        g_snprintf(cell->bytes, cell->capacity, "%" G_GINT64_FORMAT, integer);
    cell->length = strlen(cell->bytes);
}

const char *db_mariadb_column_text(struct db_rows *rows, guint column)
{
    struct cell *cell = cell_of(rows, column);

    if (cell->is_null)
        return NULL;
    if (cell->type != MYSQL_TYPE_STRING)
        write_number(cell, db_mariadb_column_int(rows, column));
    return cell->bytes;
}

const void *db_mariadb_column_blob(struct db_rows *rows, guint column, gsize *size)
{
    const char *text = db_mariadb_column_text(rows, column);

    *size = text ? cell_of(rows, column)->length : 0;
    return text;
}
