#include "service/archive_rows.h"

#include "base/error.h"

#include <string.h>

static const struct {
    const char *table;
    const char *column; /* NULL: the whole table */
    enum archive_part part;
} exceptions[] = {
    {"users", "password_hash", ARCHIVE_PART_PASSWORDS},
    {"calendar_feeds", NULL, ARCHIVE_PART_PASSWORDS},
    {"pins", NULL, ARCHIVE_PART_PASSWORDS},
    {"devices", NULL, ARCHIVE_PART_NEVER},
    {"device_entries", NULL, ARCHIVE_PART_NEVER},
    {"webhooks", NULL, ARCHIVE_PART_PASSWORDS},
    {"face_templates", NULL, ARCHIVE_PART_FACES},
    {"photo_imports", NULL, ARCHIVE_PART_FACES},
    {"duplicates", NULL, ARCHIVE_PART_FACES},
    {"lookalikes", NULL, ARCHIVE_PART_FACES},
    {"review_candidates", NULL, ARCHIVE_PART_FACES},
    {"images", NULL, ARCHIVE_PART_IMAGES},
    {"images", "blob_key", ARCHIVE_PART_NEVER},
    {"images", "sealed", ARCHIVE_PART_NEVER},
    {"images", "key_id", ARCHIVE_PART_NEVER},
    {"outbox", NULL, ARCHIVE_PART_NEVER},
    {"challenges", NULL, ARCHIVE_PART_NEVER},
    {"challenge_frames", NULL, ARCHIVE_PART_NEVER},
    {"jobs", NULL, ARCHIVE_PART_NEVER},
    {"revoked_tokens", NULL, ARCHIVE_PART_NEVER},
};

static enum archive_part part_of(const char *table, const char *column)
{
    for (gsize i = 0; i < G_N_ELEMENTS(exceptions); i++)
        if (strcmp(exceptions[i].table, table) == 0 && g_strcmp0(exceptions[i].column, column) == 0)
            return exceptions[i].part;
    return ARCHIVE_PART_ALWAYS;
}

enum archive_part archive_table_part(const struct db_schema_table *table)
{
    return part_of(table->name, NULL);
}

enum archive_part archive_column_part(const struct db_schema_table *table, guint column)
{
    return part_of(table->name, table->columns[column].name);
}

const struct db_schema_table *archive_table_named(const char *entry)
{
    for (guint i = 0; i < db_schema_tables_n; i++) {
        g_autofree char *name =
            g_strconcat(ARCHIVE_TABLES, db_schema_tables[i].name, ".jsonl", NULL);
        if (strcmp(name, entry) == 0)
            return &db_schema_tables[i];
    }
    return NULL;
}

/* ---- Writing ---- */

static json_t *value_json(const struct db_value *value)
{
    switch (value->kind) {
    case DB_KIND_BOOL:
        return json_boolean(value->integer != 0);
    case DB_KIND_INT:
        return json_integer(value->integer);
    case DB_KIND_REAL:
        return json_real(value->real);
    case DB_KIND_TEXT:
        return json_stringn(value->bytes.data, value->bytes.size);
    case DB_KIND_UUID:
        return base_json_uuid(&value->uuid);
    case DB_KIND_TIME:
        return base_json_time(value->integer);
    case DB_KIND_BLOB:
    case DB_KIND_NULL:
        break;
    }
    g_autofree char *text = g_base64_encode(value->bytes.data, value->bytes.size);
    return json_string(text);
}

json_t *archive_row_json(const struct db_schema_table *table, struct db_rows *rows, unsigned parts)
{
    json_t *object = json_object();

    for (guint i = 0; i < table->columns_n; i++) {
        const struct db_value value = db_schema_value(rows, i, table->columns[i].kind);
        if (value.kind != DB_KIND_NULL && (parts & (1u << archive_column_part(table, i))))
            json_object_set_new(object, table->columns[i].name, value_json(&value));
    }
    return object;
}

/* ---- Reading ---- */

static bool text_value(const json_t *json, enum db_kind kind, struct db_value *value,
                       GPtrArray *bytes)
{
    const char *text = json_string_value(json);
    struct base_uuid uuid;
    base_time time;
    gsize size;

    if (!text)
        return false;
    if (kind == DB_KIND_UUID) {
        if (!base_uuid_parse(text, &uuid))
            return false;
        *value = (struct db_value){.kind = kind, .uuid = uuid};
        return true;
    }
    if (kind == DB_KIND_TIME) {
        if (!base_time_parse(text, &time))
            return false;
        *value = db_time(time);
        return true;
    }
    if (kind == DB_KIND_BLOB) {
        guchar *decoded = g_base64_decode(text, &size);
        g_ptr_array_add(bytes, decoded);
        *value = db_blob(decoded, size);
        return true;
    }
    char *copy = g_strdup(text);
    g_ptr_array_add(bytes, copy);
    *value = db_text(copy);
    return true;
}

static bool json_value(const json_t *json, enum db_kind kind, struct db_value *value,
                       GPtrArray *bytes)
{
    switch (kind) {
    case DB_KIND_BOOL:
        *value = db_bool(json_is_true(json));
        return json_is_boolean(json);
    case DB_KIND_INT:
        *value = db_int(json_integer_value(json));
        return json_is_integer(json);
    case DB_KIND_REAL:
        *value = db_real(json_number_value(json));
        return json_is_number(json);
    case DB_KIND_TEXT:
    case DB_KIND_UUID:
    case DB_KIND_TIME:
    case DB_KIND_BLOB:
        return text_value(json, kind, value, bytes);
    case DB_KIND_NULL:
        break;
    }
    return false;
}

bool archive_row_values(const struct db_schema_table *table, json_t *object,
                        struct db_value *values, GPtrArray *bytes, GError **error)
{
    size_t known = 0;

    for (guint i = 0; i < table->columns_n; i++) {
        const struct db_schema_column *column = &table->columns[i];
        const json_t *member = json_object_get(object, column->name);
        /* A truth value that an older program did not know of is false. */
        values[i] = column->kind == DB_KIND_BOOL ? db_bool(false) : db_null();
        known += member != NULL;
        if (member && !json_value(member, column->kind, &values[i], bytes)) {
            g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID, "%s is not of the right type.",
                        column->name);
            return false;
        }
    }
    if (json_is_object(object) && known == json_object_size(object))
        return true;
    g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID,
                        "There is a member that is none of the table's.");
    return false;
}
