#include "db/schema.h"

#include "base/error.h"

#include <string.h>

/* Each table lists its columns once: FIRST(name, kind) NEXT(name, kind) …; the statements and the
 * array of columns are made of that list by the compiler. */
#define INSTITUTIONS_(FIRST, NEXT)                                                                 \
    FIRST(id, UUID)                                                                                \
    NEXT(name, TEXT)                                                                               \
    NEXT(email_domain, TEXT)                                                                       \
    NEXT(time_zone, TEXT)                                                                          \
    NEXT(late_after, INT)                                                                          \
    NEXT(absent_after, INT)                                                                        \
    NEXT(created_at, TIME)                                                                         \
    NEXT(updated_at, TIME)

#define CLASS_GROUPS_(FIRST, NEXT)                                                                 \
    FIRST(id, UUID)                                                                                \
    NEXT(institution_id, UUID)                                                                     \
    NEXT(name, TEXT)                                                                               \
    NEXT(name_key, TEXT)                                                                           \
    NEXT(created_at, TIME)                                                                         \
    NEXT(updated_at, TIME)

#define USERS_(FIRST, NEXT)                                                                        \
    FIRST(id, UUID)                                                                                \
    NEXT(institution_id, UUID)                                                                     \
    NEXT(name, TEXT)                                                                               \
    NEXT(name_key, TEXT)                                                                           \
    NEXT(email, TEXT)                                                                              \
    NEXT(age, INT)                                                                                 \
    NEXT(date_of_birth, TEXT)                                                                      \
    NEXT(group_id, UUID)                                                                           \
    NEXT(role, TEXT)                                                                               \
    NEXT(profile_image_url, TEXT)                                                                  \
    NEXT(password_hash, TEXT)                                                                      \
    NEXT(token_generation, INT)                                                                    \
    NEXT(active, BOOL)                                                                             \
    NEXT(faces_revision, INT)                                                                      \
    NEXT(created_at, TIME)                                                                         \
    NEXT(updated_at, TIME)                                                                         \
    NEXT(deleted_at, TIME)

#define GROUP_TEACHERS_(FIRST, NEXT)                                                               \
    FIRST(teacher_id, UUID)                                                                        \
    NEXT(group_id, UUID)

#define FACE_TEMPLATES_(FIRST, NEXT)                                                               \
    FIRST(id, UUID)                                                                                \
    NEXT(user_id, UUID)                                                                            \
    NEXT(sealed, BLOB)                                                                             \
    NEXT(model, TEXT)                                                                              \
    NEXT(quality, REAL)                                                                            \
    NEXT(source, TEXT)                                                                             \
    NEXT(created_at, TIME)

#define ATTENDANCE_(FIRST, NEXT)                                                                   \
    FIRST(id, UUID)                                                                                \
    NEXT(user_id, UUID)                                                                            \
    NEXT(group_id, UUID)                                                                           \
    NEXT(occasion, TEXT)                                                                           \
    NEXT(local_day, TEXT)                                                                          \
    NEXT(marked_at, TIME)                                                                          \
    NEXT(status, TEXT)                                                                             \
    NEXT(method, TEXT)                                                                             \
    NEXT(score, REAL)                                                                              \
    NEXT(marked_by, UUID)                                                                          \
    NEXT(note, TEXT)                                                                               \
    NEXT(created_at, TIME)                                                                         \
    NEXT(updated_at, TIME)

#define IMAGES_(FIRST, NEXT)                                                                       \
    FIRST(id, UUID)                                                                                \
    NEXT(user_id, UUID)                                                                            \
    NEXT(kind, TEXT)                                                                               \
    NEXT(profile_of, UUID)                                                                         \
    NEXT(template_id, UUID)                                                                        \
    NEXT(attendance_id, UUID)                                                                      \
    NEXT(blob_key, TEXT)                                                                           \
    NEXT(media_type, TEXT)                                                                         \
    NEXT(size, INT)                                                                                \
    NEXT(sha256, BLOB)                                                                             \
    NEXT(sealed, BOOL)                                                                             \
    NEXT(key_id, INT)                                                                              \
    NEXT(created_at, TIME)

#define SETTINGS_(FIRST, NEXT)                                                                     \
    FIRST(name, TEXT)                                                                              \
    NEXT(value, TEXT)                                                                              \
    NEXT(updated_at, TIME)

#define COUNTERS_(FIRST, NEXT)                                                                     \
    FIRST(name, TEXT)                                                                              \
    NEXT(value, INT)

#define AUDIT_LOG_(FIRST, NEXT)                                                                    \
    FIRST(sequence, INT)                                                                           \
    NEXT(happened_at, TIME)                                                                        \
    NEXT(actor_id, UUID)                                                                           \
    NEXT(action, TEXT)                                                                             \
    NEXT(subject, TEXT)                                                                            \
    NEXT(details, TEXT)

#define REVOKED_TOKENS_(FIRST, NEXT)                                                               \
    FIRST(jti, TEXT)                                                                               \
    NEXT(expires_at, TIME)

#define COLUMN_(name, kind) {#name, DB_KIND_##kind},
#define FIRST_NAME_(name, kind) #name
#define NEXT_NAME_(name, kind) ", " #name
#define FIRST_MARK_(name, kind) "?"
#define NEXT_MARK_(name, kind) ", ?"
#define ROW_(LIST) "(" LIST(FIRST_MARK_, NEXT_MARK_) ")"
#define FOUR_(text) text ", " text ", " text ", " text
#define SELECT_(table, LIST) "SELECT " LIST(FIRST_NAME_, NEXT_NAME_) " FROM " table " "
#define INSERT_(table, LIST)                                                                       \
    "INSERT INTO " table " (" LIST(FIRST_NAME_, NEXT_NAME_) ") VALUES " ROW_(LIST)

#define TABLE_(table, LIST, keys, key, descending, after)                                          \
    {                                                                                              \
        .name = table, .columns = (const struct db_schema_column[]){LIST(COLUMN_, COLUMN_)},       \
        .columns_n = G_N_ELEMENTS(((const struct db_schema_column[]){LIST(COLUMN_, COLUMN_)})),    \
        .key_n = (keys), .first = SELECT_(table, LIST) "ORDER BY " key " LIMIT ?",                 \
        .next = SELECT_(table, LIST) "WHERE " after " ORDER BY " key " LIMIT ?",                   \
        .last = "SELECT " key " FROM " table " ORDER BY " descending " LIMIT 1",                   \
        .insert = INSERT_(table, LIST),                                                            \
        .insert_many =                                                                             \
            "INSERT INTO " table                                                                   \
            " (" LIST(FIRST_NAME_, NEXT_NAME_) ") VALUES " FOUR_(FOUR_(FOUR_(ROW_(LIST)))),        \
        .count = "SELECT COUNT(*) FROM " table, .erase = "DELETE FROM " table,                     \
    }
#define TABLE_BY_(table, LIST, key) TABLE_(table, LIST, 1, key, key " DESC", key " > ?")
#define TABLE_BY_TWO_(table, LIST, one, two)                                                       \
    TABLE_(table, LIST, 2, one ", " two, one " DESC, " two " DESC", "(" one ", " two ") > (?, ?)")

const struct db_schema_table db_schema_tables[] = {
    TABLE_BY_("institutions", INSTITUTIONS_, "id"),
    TABLE_BY_("class_groups", CLASS_GROUPS_, "id"),
    TABLE_BY_("users", USERS_, "id"),
    TABLE_BY_TWO_("group_teachers", GROUP_TEACHERS_, "teacher_id", "group_id"),
    TABLE_BY_("face_templates", FACE_TEMPLATES_, "id"),
    TABLE_BY_("attendance", ATTENDANCE_, "id"),
    TABLE_BY_("images", IMAGES_, "id"),
    TABLE_BY_("settings", SETTINGS_, "name"),
    TABLE_BY_("counters", COUNTERS_, "name"),
    TABLE_BY_("audit_log", AUDIT_LOG_, "sequence"),
    TABLE_BY_("revoked_tokens", REVOKED_TOKENS_, "jti"),
};
const guint db_schema_tables_n = G_N_ELEMENTS(db_schema_tables);

#define REFERENCE_(from, name, to)                                                                 \
    {                                                                                              \
        .table = from, .column = name, .target = to,                                               \
        .orphans = "SELECT COUNT(*) FROM " from " c LEFT JOIN " to " p ON p.id = c." name          \
                   " WHERE c." name " IS NOT NULL AND p.id IS NULL",                               \
    }

const struct db_schema_reference db_schema_references[] = {
    REFERENCE_("class_groups", "institution_id", "institutions"),
    REFERENCE_("users", "institution_id", "institutions"),
    REFERENCE_("users", "group_id", "class_groups"),
    REFERENCE_("group_teachers", "group_id", "class_groups"),
    REFERENCE_("group_teachers", "teacher_id", "users"),
    REFERENCE_("face_templates", "user_id", "users"),
    REFERENCE_("attendance", "user_id", "users"),
    REFERENCE_("attendance", "group_id", "class_groups"),
    REFERENCE_("attendance", "marked_by", "users"),
    REFERENCE_("images", "user_id", "users"),
    REFERENCE_("images", "template_id", "face_templates"),
    REFERENCE_("images", "attendance_id", "attendance"),
};
const guint db_schema_references_n = G_N_ELEMENTS(db_schema_references);

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
