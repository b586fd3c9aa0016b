#include "db/postgresql.h"

#include "base/error.h"

#include <math.h>
#include <string.h>

/* The numbers that PostgreSQL has for its own types (src/include/catalog/pg_type.dat); they are the
 * same in every version. */
enum type {
    TYPE_BOOL = 16,
    TYPE_BYTEA = 17,
    TYPE_CHAR = 18,
    TYPE_NAME = 19,
    TYPE_INT8 = 20,
    TYPE_INT2 = 21,
    TYPE_INT4 = 23,
    TYPE_TEXT = 25,
    TYPE_OID = 26,
    TYPE_FLOAT4 = 700,
    TYPE_FLOAT8 = 701,
    TYPE_UNKNOWN = 705,
    TYPE_BPCHAR = 1042,
    TYPE_VARCHAR = 1043,
    TYPE_TIMESTAMP = 1114,
    TYPE_TIMESTAMPTZ = 1184,
    TYPE_NUMERIC = 1700,
    TYPE_UUID = 2950,
};

/* From 1970-01-01 to 2000-01-01, where PostgreSQL begins to count. */
#define EPOCH_DISTANCE ((gint64)946684800 * BASE_TIME_SECOND)

/* 4714-11-24 BC, counted from there: before it PostgreSQL knows -infinity alone. Its last moment is
 * later than any of ours. */
#define TIME_MIN (-G_GINT64_CONSTANT(211813488000000000))

/* ---- Integers in network order ---- */

static void append_integer(GByteArray *bytes, guint64 value, gsize size)
{
    guint64 big = GUINT64_TO_BE(value);

    g_byte_array_append(bytes, (const guint8 *)&big + sizeof big - size, (guint)size);
}

/* With its sign; sizes 1 to 8. */
static gint64 read_integer(const void *data, gsize size)
{
    const guint8 *byte = data;
    guint64 value = size > 0 && byte[0] & 0x80 ? G_MAXUINT64 : 0;

    for (gsize i = 0; i < size; i++)
        value = value << 8 | byte[i];
    return (gint64)value;
}

/* ---- To the server ---- */

static gint64 time_to_server(base_time time)
{
    if (time < TIME_MIN + EPOCH_DISTANCE)
        return G_MININT64;
    return time == G_MAXINT64 ? G_MAXINT64 : time - EPOCH_DISTANCE;
}

static bool encode_integer(gint64 value, gsize size, GByteArray *bytes, GError **error)
{
    gint64 half = size < 8 ? (gint64)1 << (size * 8 - 1) : 0;

    if (half && (value < -half || value >= half)) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID,
                    "The database refuses a number that is out of range.");
        return false;
    }
    append_integer(bytes, (guint64)value, size);
    return true;
}

static bool encode_number(const struct db_value *value, Oid type, GByteArray *bytes, GError **error)
{
    static const struct {
        Oid type;
        gsize size;
    } SIZES[] = {{TYPE_INT8, 8}, {TYPE_INT4, 4}, {TYPE_INT2, 2}};

    for (gsize i = 0; i < G_N_ELEMENTS(SIZES); i++)
        if (SIZES[i].type == type)
            return encode_integer(value->integer, SIZES[i].size, bytes, error);
    return false;
}

static void encode_real(double value, Oid type, GByteArray *bytes)
{
    guint64 bits = 0;

    if (type == TYPE_FLOAT4) {
        float narrow = (float)value;
        guint32 narrow_bits;
        memcpy(&narrow_bits, &narrow, sizeof narrow_bits);
        append_integer(bytes, narrow_bits, sizeof narrow_bits);
        return;
    }
    memcpy(&bits, &value, sizeof bits);
    append_integer(bytes, bits, sizeof bits);
}

static bool encode_text(const struct db_value *value, GByteArray *bytes, GError **error)
{
    const char *text = value->bytes.data;

    if (!g_utf8_validate(text, (gssize)value->bytes.size, NULL)) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID,
                    "The database refuses a text that is not valid UTF-8.");
        return false;
    }
    g_byte_array_append(bytes, value->bytes.data, (guint)value->bytes.size);
    return true;
}

static bool is_integer(Oid type)
{
    return type == TYPE_INT8 || type == TYPE_INT4 || type == TYPE_INT2;
}

static bool is_real(Oid type)
{
    return type == TYPE_FLOAT8 || type == TYPE_FLOAT4;
}

/* Whether a value of the kind can be given where the server wants the type. */
static bool fits(enum db_kind kind, Oid type)
{
    switch (kind) {
    case DB_KIND_NULL:
        return true;
    case DB_KIND_BOOL:
        return type == TYPE_BOOL || is_integer(type);
    case DB_KIND_INT:
        return is_integer(type) || is_real(type);
    case DB_KIND_REAL:
        return is_real(type);
    case DB_KIND_TEXT:
        return postgresql_is_text(type);
    case DB_KIND_BLOB:
        return type == TYPE_BYTEA;
    case DB_KIND_UUID:
        return type == TYPE_UUID || type == TYPE_BYTEA;
    case DB_KIND_TIME:
        return type == TYPE_TIMESTAMPTZ || type == TYPE_INT8;
    }
    return false;
}

bool postgresql_encode(const struct db_value *value, Oid type, GByteArray *bytes, GError **error)
{
    if (!fits(value->kind, type)) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INTERNAL,
                    "A statement was given a value of kind %d where PostgreSQL wants its type %u.",
                    (int)value->kind, type);
        return false;
    }
    switch (value->kind) {
    case DB_KIND_NULL:
        return true;
    case DB_KIND_BOOL:
    case DB_KIND_INT:
        if (type == TYPE_BOOL)
            append_integer(bytes, value->integer != 0, 1);
        else if (is_real(type))
            encode_real((double)value->integer, type, bytes);
        else
            return encode_number(value, type, bytes, error);
        return true;
    case DB_KIND_REAL:
        encode_real(value->real, type, bytes);
        return true;
    case DB_KIND_TEXT:
        return encode_text(value, bytes, error);
    case DB_KIND_BLOB:
        if (value->bytes.size > 0)
            g_byte_array_append(bytes, value->bytes.data, (guint)value->bytes.size);
        return true;
    case DB_KIND_UUID:
        g_byte_array_append(bytes, value->uuid.bytes, sizeof value->uuid.bytes);
        return true;
    case DB_KIND_TIME:
        append_integer(
            bytes, (guint64)(type == TYPE_INT8 ? value->integer : time_to_server(value->integer)),
            8);
        return true;
    }
    return false;
}

/* ---- From the server ---- */

/* The number of a numeric: a head of four 16-bit numbers (digits, weight, sign, places) and then
 * the digits in base 10000, the first of which counts 10000^weight. */
static bool decode_numeric(const guint8 *data, gsize size, double *value)
{
    if (size < 8)
        return false;

    gint64 digits = read_integer(data, 2);
    gint64 weight = read_integer(data + 2, 2);
    guint16 sign = (guint16)read_integer(data + 4, 2);
    if (digits < 0 || size != 8 + (gsize)digits * 2 || (sign != 0 && sign != 0x4000))
        return false;

    *value = 0;
    for (gint64 i = 0; i < digits; i++) {
        gint64 digit = read_integer(data + 8 + i * 2, 2);
        if (digit < 0 || digit > 9999)
            return false;
        *value += (double)digit * pow(10000, (double)(weight - i));
    }
    if (sign)
        *value = -*value;
    return true;
}

/* What SUM makes of bigints: exact, without the detour over a double. */
static bool decode_numeric_int(const guint8 *data, gsize size, gint64 *value)
{
    double rough;

    if (!decode_numeric(data, size, &rough) || fabs(rough) >= 9.2e18 || rough != floor(rough))
        return false;

    gint64 digits = read_integer(data, 2);
    gint64 weight = read_integer(data + 2, 2);
    gint64 sum = 0;
    for (gint64 i = 0; i <= weight; i++)
        sum = sum * 10000 + (i < digits ? read_integer(data + 8 + i * 2, 2) : 0);
    *value = rough < 0 ? -sum : sum;
    return true;
}

static gint64 time_from_server(gint64 time)
{
    if (time == G_MININT64)
        return G_MININT64;
    return time > G_MAXINT64 - EPOCH_DISTANCE ? G_MAXINT64 : time + EPOCH_DISTANCE;
}

bool postgresql_decode_int(Oid type, const void *data, gsize size, gint64 *value)
{
    switch ((enum type)type) {
    case TYPE_BOOL:
        *value = size == 1 && *(const guint8 *)data != 0;
        return size == 1;
    case TYPE_INT2:
    case TYPE_INT4:
    case TYPE_INT8:
        *value = read_integer(data, size);
        return size <= 8;
    case TYPE_OID:
        *value = (gint64)(guint32)read_integer(data, size);
        return size == 4;
    case TYPE_TIMESTAMPTZ:
    case TYPE_TIMESTAMP:
        *value = time_from_server(read_integer(data, size));
        return size == 8;
    case TYPE_NUMERIC:
        return decode_numeric_int(data, size, value);
    default:
        return false;
    }
}

bool postgresql_decode_real(Oid type, const void *data, gsize size, double *value)
{
    gint64 bits;

    if (type == TYPE_NUMERIC)
        return decode_numeric(data, size, value);
    if (type == TYPE_FLOAT8 && size == sizeof *value) {
        bits = read_integer(data, size);
        memcpy(value, &bits, sizeof *value);
        return true;
    }
    if (type == TYPE_FLOAT4 && size == sizeof(float)) {
        gint32 narrow_bits = (gint32)read_integer(data, size);
        float narrow;
        memcpy(&narrow, &narrow_bits, sizeof narrow);
        *value = (double)narrow;
        return true;
    }
    if (!postgresql_decode_int(type, data, size, &bits))
        return false;
    *value = (double)bits;
    return true;
}

bool postgresql_is_text(Oid type)
{
    return type == TYPE_TEXT || type == TYPE_VARCHAR || type == TYPE_BPCHAR || type == TYPE_NAME ||
           type == TYPE_CHAR || type == TYPE_UNKNOWN;
}

bool postgresql_is_blob(Oid type)
{
    return type == TYPE_BYTEA || type == TYPE_UUID;
}

/* ---- The text of a statement ---- */

/* The end of what starts at `sql` and holds no value: something in quotes, a comment, or NULL when
 * neither starts there. An end that is missing is the end of the text. */
static const char *skip_quiet(const char *sql)
{
    if (*sql == '\'' || *sql == '"') { /* a doubled quote inside starts the next part */
        const char *end = strchr(sql + 1, *sql);
        return end ? end + 1 : sql + strlen(sql);
    }
    if (g_str_has_prefix(sql, "--"))
        return sql + strcspn(sql, "\n");
    if (!g_str_has_prefix(sql, "/*"))
        return NULL;

    guint depth = 0; /* comments of PostgreSQL nest */
    do {
        bool opens = g_str_has_prefix(sql, "/*");
        bool shuts = g_str_has_prefix(sql, "*/");
        depth += opens;
        depth -= shuts;
        sql += opens || shuts ? 2 : 1;
    } while (depth > 0 && *sql);
    return sql;
}

char *postgresql_number_values(const char *sql, guint *n)
{
    GString *text = g_string_new(NULL);
    bool says_something = false;

    *n = 0;
    while (*sql) {
        const char *end = skip_quiet(sql);
        if (end) {
            says_something = says_something || *sql == '\'' || *sql == '"';
            g_string_append_len(text, sql, end - sql);
            sql = end;
            continue;
        }
        if (*sql == '?')
            g_string_append_printf(text, "$%u", ++*n);
        else
            g_string_append_c(text, *sql);
        says_something = says_something || !g_ascii_isspace(*sql);
        sql++;
    }
    return g_string_free(text, !says_something);
}
