/* What is read from the current row. */
#include "base/error.h"
#include "db/driver.h"

#include <math.h>
#include <string.h>

void db_rows_fail(struct db_rows *rows, const char *what)
{
    if (!rows->problem)
        g_set_error(&rows->problem, BASE_ERROR, BASE_ERROR_CORRUPT,
                    "The database holds a value that is not %s.", what);
}

bool db_rows_first(struct db_rows *rows, bool *found, GError **error)
{
    GError *problem = NULL;

    *found = rows && db_rows_next(rows, &problem);
    if (problem)
        g_propagate_error(error, problem);
    return rows && !problem;
}

bool db_rows_is_null(struct db_rows *rows, guint column)
{
    return db_driver_of(rows->connection->db)->column_is_null(rows, column);
}

bool db_rows_bool(struct db_rows *rows, guint column)
{
    return db_driver_of(rows->connection->db)->column_int(rows, column) != 0;
}

gint64 db_rows_int(struct db_rows *rows, guint column)
{
    return db_driver_of(rows->connection->db)->column_int(rows, column);
}

double db_rows_real(struct db_rows *rows, guint column)
{
    const struct db_driver *driver = db_driver_of(rows->connection->db);

    return driver->column_is_null(rows, column) ? NAN : driver->column_real(rows, column);
}

const char *db_rows_text(struct db_rows *rows, guint column)
{
    return db_driver_of(rows->connection->db)->column_text(rows, column);
}

char *db_rows_dup_text(struct db_rows *rows, guint column)
{
    return g_strdup(db_rows_text(rows, column));
}

const void *db_rows_blob(struct db_rows *rows, guint column, gsize *size)
{
    return db_driver_of(rows->connection->db)->column_blob(rows, column, size);
}

GBytes *db_rows_dup_bytes(struct db_rows *rows, guint column)
{
    gsize size;

    if (db_rows_is_null(rows, column))
        return NULL;
    const void *data = db_rows_blob(rows, column, &size);
    return g_bytes_new(data, size);
}

struct base_uuid db_rows_uuid(struct db_rows *rows, guint column)
{
    struct base_uuid uuid = {0};
    gsize size;

    if (db_rows_is_null(rows, column))
        return uuid;
    const void *data = db_rows_blob(rows, column, &size);
    if (size == sizeof uuid.bytes)
        memcpy(uuid.bytes, data, size);
    else
        db_rows_fail(rows, "an id");
    return uuid;
}

base_time db_rows_time(struct db_rows *rows, guint column)
{
    return db_rows_int(rows, column);
}
