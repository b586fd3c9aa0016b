/* Private to this folder: rows of a table as JSON lines, and what an institution's archive holds.
 */
#ifndef SERVICE_ARCHIVE_ROWS_H
#define SERVICE_ARCHIVE_ROWS_H

#include "base/json.h"
#include "db/schema.h"

#define ARCHIVE_FORMAT "presente-institution"
#define ARCHIVE_VERSION 1
#define ARCHIVE_MANIFEST "manifest.json"
#define ARCHIVE_LOGO "logo.png"
#define ARCHIVE_TABLES "tables/"
#define ARCHIVE_IMAGES "images/"

enum archive_part {
    ARCHIVE_PART_ALWAYS,
    ARCHIVE_PART_PASSWORDS,
    ARCHIVE_PART_FACES,
    ARCHIVE_PART_IMAGES,
    ARCHIVE_PART_NEVER, /* of this installation alone: queues, sessions, places in the store */
};

/* Where a table or a column belongs. */
enum archive_part archive_table_part(const struct db_schema_table *table);
enum archive_part archive_column_part(const struct db_schema_table *table, guint column);

/* The table of an entry "tables/NAME.jsonl"; NULL for another name. */
const struct db_schema_table *archive_table_named(const char *entry);

/*
 * The current row as an object: UUIDs, times (RFC 3339, UTC) and texts as strings, numbers and
 * truth values as such, bytes in base64; members in the order of the columns, none for NULL. With
 * `parts` bits (1 << enum archive_part) of what may be told. A new reference.
 */
json_t *archive_row_json(const struct db_schema_table *table, struct db_rows *rows, unsigned parts);

/* The values of such an object, one a column. What texts and bytes point at is added to `bytes` (an
 * array that frees them). BASE_ERROR_INVALID names the member. */
bool archive_row_values(const struct db_schema_table *table, json_t *object,
                        struct db_value *values, GPtrArray *bytes, GError **error);

#endif
