#include "db/query/setting.h"

#define INSERT "INSERT INTO settings (name, value, updated_at) VALUES (?, ?, ?) "

static const struct db_sql PUT = {
    .common = INSERT "ON CONFLICT (name) DO UPDATE SET value = excluded.value, "
                     "updated_at = excluded.updated_at",
    .mariadb = INSERT "ON DUPLICATE KEY UPDATE value = VALUES(value), "
                      "updated_at = VALUES(updated_at)",
};

static const struct db_sql PUT_IF_ABSENT = {
    .common = INSERT "ON CONFLICT (name) DO NOTHING",
    .mariadb = INSERT "ON DUPLICATE KEY UPDATE name = name",
};

bool db_setting_get(struct db_connection *connection, const char *name, char **value,
                    GError **error)
{
    bool found;
    g_autoptr(db_rows) rows =
        db_query(connection, error, "SELECT value FROM settings WHERE name = ?", db_text(name));

    *value = NULL;
    if (!db_rows_first(rows, &found, error))
        return false;
    if (found)
        *value = db_rows_dup_text(rows, 0);
    return true;
}

bool db_setting_set(struct db_connection *connection, const char *name, const char *value,
                    base_time now, GError **error)
{
    if (!value)
        return db_execute(connection, NULL, error, "DELETE FROM settings WHERE name = ?",
                          db_text(name));
    return db_execute(connection, NULL, error, db_sql(connection, &PUT), db_text(name),
                      db_text(value), db_time(now));
}

bool db_setting_set_once(struct db_connection *connection, const char *name, const char *value,
                         base_time now, char **standing, GError **error)
{
    return db_execute(connection, NULL, error, db_sql(connection, &PUT_IF_ABSENT), db_text(name),
                      db_text(value), db_time(now)) &&
           db_setting_get(connection, name, standing, error);
}
