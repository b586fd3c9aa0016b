#include "db/query/device.h"

#include "base/text.h"
#include "db/query/row.h"

#include <string.h>

#define COLUMNS                                                                                    \
    "SELECT d.id, d.institution_id, d.name, d.room_id, r.name, d.course_id, c.name, "              \
    "d.code_expires_at, d.paired_at, d.last_seen_at, d.created_at, d.updated_at, "
#define ENTRIES(state)                                                                             \
    "(SELECT COUNT(*) FROM device_entries e WHERE e.device_id = d.id AND e.state = '" state "')"
#define TABLES                                                                                     \
    "FROM devices d LEFT JOIN rooms r ON r.id = d.room_id "                                        \
    "LEFT JOIN courses c ON c.id = d.course_id "
#define SELECT COLUMNS ENTRIES("accepted") ", " ENTRIES("refused") ", " ENTRIES("open") " " TABLES
/* For every request of a kiosk: nothing is counted. */
#define SELECT_BARE COLUMNS "0, 0, 0 " TABLES

void db_device_free(struct db_device *device)
{
    if (!device)
        return;
    g_free(device->name);
    g_free(device->room_name);
    g_free(device->course_name);
    g_free(device);
}

static gpointer read_device(struct db_rows *rows)
{
    struct db_device *device = g_new(struct db_device, 1);

    *device = (struct db_device){
        .id = db_rows_uuid(rows, 0),
        .institution_id = db_rows_uuid(rows, 1),
        .name = db_rows_dup_text(rows, 2),
        .room_id = db_rows_uuid(rows, 3),
        .room_name = db_rows_dup_text(rows, 4),
        .course_id = db_rows_uuid(rows, 5),
        .course_name = db_rows_dup_text(rows, 6),
        .code_expires_at = db_rows_time(rows, 7),
        .paired_at = db_rows_time(rows, 8),
        .last_seen_at = db_rows_time(rows, 9),
        .created_at = db_rows_time(rows, 10),
        .updated_at = db_rows_time(rows, 11),
        .accepted = db_rows_int(rows, 12),
        .refused = db_rows_int(rows, 13),
        .waiting = db_rows_int(rows, 14),
    };
    return device;
}

static struct db_device *single(struct db_rows *rows, GError **error)
{
    return db_rows_single(rows, read_device, (GDestroyNotify)db_device_free, "kiosk", error);
}

bool db_device_insert(struct db_connection *connection, const struct db_device *device,
                      GError **error)
{
    g_autofree char *key = base_text_key(device->name);

    return db_execute(connection, NULL, error,
                      "INSERT INTO devices (id, institution_id, name, name_key, room_id, "
                      "course_id, code_tries, created_at, updated_at) "
                      "VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?)",
                      db_uuid(&device->id), db_uuid(&device->institution_id), db_text(device->name),
                      db_text(key), db_uuid(&device->room_id), db_uuid(&device->course_id),
                      db_time(device->created_at), db_time(device->updated_at));
}

struct db_device *db_device_find(struct db_connection *connection, const struct base_uuid *id,
                                 GError **error)
{
    return single(db_query(connection, error, SELECT "WHERE d.id = ?", db_uuid(id)), error);
}

struct db_device *db_device_find_name(struct db_connection *connection,
                                      const struct base_uuid *institution_id, const char *name,
                                      GError **error)
{
    g_autofree char *key = base_text_key(name);

    return single(db_query(connection, error,
                           SELECT "WHERE d.institution_id = ? AND d.name_key = ?",
                           db_uuid(institution_id), db_text(key)),
                  error);
}

struct db_device *db_device_find_token(struct db_connection *connection,
                                       const guint8 hash[DB_DEVICE_HASH_SIZE], GError **error)
{
    return single(db_query(connection, error, SELECT_BARE "WHERE d.token_hash = ?",
                           db_blob(hash, DB_DEVICE_HASH_SIZE)),
                  error);
}

GPtrArray *db_device_list(struct db_connection *connection, const struct base_uuid *institution_id,
                          const struct db_page *page, gint64 *total, GError **error)
{
    static const struct db_list LIST = {
        SELECT "WHERE d.institution_id = ? ORDER BY d.name_key, d.id LIMIT ? OFFSET ?",
        "SELECT COUNT(*) FROM devices d WHERE d.institution_id = ?", read_device,
        (GDestroyNotify)db_device_free};
    struct db_value values[1 + 2] = {db_uuid(institution_id)};

    return db_list_read(connection, &LIST, values, 1, page, total, error);
}

bool db_device_update(struct db_connection *connection, const struct db_device *device,
                      GError **error)
{
    g_autofree char *key = base_text_key(device->name);
    gint64 changed;

    return db_execute(connection, &changed, error,
                      "UPDATE devices SET name = ?, name_key = ?, room_id = ?, course_id = ?, "
                      "updated_at = ? WHERE id = ?",
                      db_text(device->name), db_text(key), db_uuid(&device->room_id),
                      db_uuid(&device->course_id), db_time(device->updated_at),
                      db_uuid(&device->id)) &&
           db_changed_some(changed, "kiosk", error);
}

bool db_device_delete(struct db_connection *connection, const struct base_uuid *id, GError **error)
{
    gint64 changed;

    return db_execute(connection, &changed, error, "DELETE FROM devices WHERE id = ?",
                      db_uuid(id)) &&
           db_changed_some(changed, "kiosk", error);
}

bool db_device_seen(struct db_connection *connection, const struct base_uuid *id, base_time now,
                    GError **error)
{
    return db_execute(connection, NULL, error, "UPDATE devices SET last_seen_at = ? WHERE id = ?",
                      db_time(now), db_uuid(id));
}

/* ---- pairing ---- */

bool db_device_code_set(struct db_connection *connection, const struct base_uuid *id,
                        const struct db_device_code *code, GError **error)
{
    gint64 changed;

    return db_execute(connection, &changed, error,
                      "UPDATE devices SET code_name = ?, code_hash = ?, code_tries = 0, "
                      "code_expires_at = ? WHERE id = ?",
                      db_text(code->name), db_text(code->hash), db_time(code->expires_at),
                      db_uuid(id)) &&
           db_changed_some(changed, "kiosk", error);
}

bool db_device_code_try(struct db_connection *connection, const char *name, gint64 tries_max,
                        base_time now, struct base_uuid *id, char **hash, GError **error)
{
    GError *problem = NULL;
    gint64 changed = 0;

    *hash = NULL;
    if (!db_execute(connection, &changed, error,
                    "UPDATE devices SET code_tries = code_tries + 1 WHERE code_name = ? "
                    "AND code_tries < ? AND code_expires_at >= ?",
                    db_text(name), db_int(tries_max), db_time(now)))
        return false;
    if (changed == 0)
        return true;
    g_autoptr(db_rows) rows =
        db_query(connection, error, "SELECT d.id, d.code_hash FROM devices d WHERE d.code_name = ?",
                 db_text(name));
    if (!rows)
        return false;
    if (db_rows_next(rows, &problem)) {
        *id = db_rows_uuid(rows, 0);
        *hash = db_rows_dup_text(rows, 1);
    }
    if (problem)
        g_propagate_error(error, problem);
    return !problem;
}

bool db_device_pair(struct db_connection *connection, const struct base_uuid *id,
                    const char *code_hash, const guint8 token_hash[DB_DEVICE_HASH_SIZE],
                    base_time now, bool *paired, GError **error)
{
    gint64 changed = 0;

    if (!db_execute(connection, &changed, error,
                    "UPDATE devices SET code_name = NULL, code_hash = NULL, code_tries = 0, "
                    "code_expires_at = NULL, token_hash = ?, paired_at = ?, last_seen_at = ? "
                    "WHERE id = ? AND code_hash = ?",
                    db_blob(token_hash, DB_DEVICE_HASH_SIZE), db_time(now), db_time(now),
                    db_uuid(id), db_text(code_hash)))
        return false;
    *paired = changed == 1;
    return true;
}
