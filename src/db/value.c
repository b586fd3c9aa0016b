#include "db/db.h"

#include <math.h>
#include <string.h>

struct db_value db_null(void)
{
    return (struct db_value){.kind = DB_KIND_NULL};
}

struct db_value db_bool(bool value)
{
    return (struct db_value){.kind = DB_KIND_BOOL, .integer = value};
}

struct db_value db_int(gint64 value)
{
    return (struct db_value){.kind = DB_KIND_INT, .integer = value};
}

struct db_value db_real(double value)
{
    return isnan(value) ? db_null() : (struct db_value){.kind = DB_KIND_REAL, .real = value};
}

struct db_value db_text(const char *text)
{
    if (!text)
        return db_null();
    return (struct db_value){.kind = DB_KIND_TEXT, .bytes = {text, strlen(text)}};
}

struct db_value db_blob(const void *data, gsize size)
{
    return (struct db_value){.kind = DB_KIND_BLOB, .bytes = {data, size}};
}

struct db_value db_bytes(GBytes *bytes)
{
    gsize size;

    if (!bytes)
        return db_null();
    const void *data = g_bytes_get_data(bytes, &size);
    return db_blob(data, size);
}

struct db_value db_uuid(const struct base_uuid *uuid)
{
    if (!uuid || base_uuid_is_nil(uuid))
        return db_null();
    return (struct db_value){.kind = DB_KIND_UUID, .uuid = *uuid};
}

struct db_value db_time(base_time time)
{
    return (struct db_value){.kind = DB_KIND_TIME, .integer = time};
}

struct db_value db_time_or_null(base_time time)
{
    return time == 0 ? db_null() : db_time(time);
}
