#include "db/query/photo_import.h"

bool db_photo_import_find(struct db_connection *connection, const struct base_uuid *user_id,
                          const guint8 sha256[static DB_PHOTO_DIGEST_SIZE], char **outcome,
                          GError **error)
{
    g_autoptr(db_rows) rows = db_query(
        connection, error, "SELECT outcome FROM photo_imports WHERE user_id = ? AND sha256 = ?",
        db_uuid(user_id), db_blob(sha256, DB_PHOTO_DIGEST_SIZE));
    bool found;

    *outcome = NULL;
    if (!db_rows_first(rows, &found, error))
        return false;
    if (found)
        *outcome = db_rows_dup_text(rows, 0);
    return true;
}

bool db_photo_import_set(struct db_connection *connection, const struct base_uuid *user_id,
                         const guint8 sha256[static DB_PHOTO_DIGEST_SIZE], const char *outcome,
                         base_time now, GError **error)
{
    return db_execute(connection, NULL, error,
                      "DELETE FROM photo_imports WHERE user_id = ? AND sha256 = ?",
                      db_uuid(user_id), db_blob(sha256, DB_PHOTO_DIGEST_SIZE)) &&
           db_execute(connection, NULL, error,
                      "INSERT INTO photo_imports (user_id, sha256, outcome, created_at) "
                      "VALUES (?, ?, ?, ?)",
                      db_uuid(user_id), db_blob(sha256, DB_PHOTO_DIGEST_SIZE), db_text(outcome),
                      db_time(now));
}
