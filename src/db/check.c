/* What the schema itself cannot enforce, looked for on demand. */
#include "base/error.h"
#include "db/driver.h"

static const struct {
    const char *finding;
    const char *sql;
} RULES[] = {
    {"People who were erased and still have a name, an e-mail or a password",
     "SELECT COUNT(*) FROM users WHERE deleted_at IS NOT NULL AND (name <> '' OR email IS NOT NULL "
     "OR password_hash IS NOT NULL OR active <> 0)"},
    {"Face templates of people who were erased",
     "SELECT COUNT(*) FROM face_templates f JOIN users u ON u.id = f.user_id "
     "WHERE u.deleted_at IS NOT NULL"},
    {"Face templates whose person was never counted as changed",
     "SELECT COUNT(*) FROM face_templates f JOIN users u ON u.id = f.user_id "
     "WHERE u.faces_revision = 0"},
    {"People without an e-mail who were not erased",
     "SELECT COUNT(*) FROM users WHERE deleted_at IS NULL AND email IS NULL"},
    {"People in a group of another institution",
     "SELECT COUNT(*) FROM users u JOIN class_groups g ON g.id = u.group_id "
     "WHERE g.institution_id <> u.institution_id"},
    {"Teachers of a group of another institution",
     "SELECT COUNT(*) FROM group_teachers t JOIN users u ON u.id = t.teacher_id "
     "JOIN class_groups g ON g.id = t.group_id WHERE g.institution_id <> u.institution_id"},
    {"Students listed as the teacher of a group",
     "SELECT COUNT(*) FROM group_teachers t JOIN users u ON u.id = t.teacher_id "
     "WHERE u.role = 'student'"},
    {"Marks whose day and occasion disagree",
     "SELECT COUNT(*) FROM attendance WHERE occasion LIKE 'day:%' "
     "AND SUBSTR(occasion, 5) <> local_day"},
    {"People whose faces are ahead of the counter of changes",
     "SELECT COUNT(*) FROM users WHERE faces_revision > "
     "(SELECT MAX(value) FROM counters WHERE name = 'faces_revision')"},
    {"Missing counters of face changes",
     "SELECT CASE WHEN COUNT(*) = 1 THEN 0 ELSE 1 END FROM counters "
     "WHERE name = 'faces_revision'"},
};

static bool apply_rules(struct db_connection *connection, GPtrArray *findings, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(RULES); i++) {
        gint64 count;

        if (!db_query_int(connection, &count, error, RULES[i].sql))
            return false;
        if (count > 0)
            g_ptr_array_add(findings,
                            g_strdup_printf("%s: %" G_GINT64_FORMAT ".", RULES[i].finding, count));
    }
    return true;
}

bool db_check(struct db *db, GPtrArray *findings, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(db, error);
    const struct db_driver *driver = db_driver_of(db);
    bool exists;

    if (!connection || !driver->check(connection, findings, error) ||
        !driver->table_exists(connection, "schema_steps", &exists, error))
        return false;
    if (!exists) {
        g_ptr_array_add(findings, g_strdup("The database has no tables yet."));
        return true;
    }
    /* On damaged pages the rules would only stumble over the same again. */
    return findings->len > 0 || apply_rules(connection, findings, error);
}
