/* What the schema itself cannot enforce, looked for on demand. */
#include "base/error.h"
#include "db/copy.h"
#include "db/driver.h"

static const struct {
    const char *finding;
    const char *sql;
} RULES[] = {
    {"People who were erased and still have a name, an e-mail or a password",
     "SELECT COUNT(*) FROM users WHERE deleted_at IS NOT NULL AND (name <> '' OR email IS NOT NULL "
     "OR password_hash IS NOT NULL OR active = TRUE)"},
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
    {"Entries of the audit log ahead of the counter of their places",
     "SELECT COUNT(*) FROM audit_log WHERE position > "
     "(SELECT MAX(value) FROM counters WHERE name = 'audit_position')"},
    {"Missing counters of the audit log",
     "SELECT CASE WHEN COUNT(*) = 1 THEN 0 ELSE 1 END FROM counters "
     "WHERE name = 'audit_position'"},
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

/* Keys that were switched off while something was repaired or loaded leave such rows. */
static bool find_orphans(struct db_connection *connection, GPtrArray *findings, GError **error)
{
    for (guint i = 0; i < db_schema_references_n; i++) {
        const struct db_schema_reference *reference = &db_schema_references[i];
        gint64 count;

        if (!db_query_int(connection, &count, error, reference->orphans))
            return false;
        if (count > 0)
            g_ptr_array_add(findings,
                            g_strdup_printf("Rows of %s whose %s refers to a row of %s that does "
                                            "not exist: %" G_GINT64_FORMAT ".",
                                            reference->table, reference->column, reference->target,
                                            count));
    }
    return true;
}

/* Every value of every row: what cannot be read is damaged, whatever the engine thinks of it. */
static bool read_everything(struct db_connection *connection, GPtrArray *findings, GError **error)
{
    for (guint i = 0; i < db_schema_tables_n; i++) {
        const struct db_schema_table *table = &db_schema_tables[i];
        char digest[DB_SCHEMA_DIGEST_SIZE];
        g_autoptr(GError) failure = NULL;
        gint64 rows;

        if (db_schema_digest(connection, table, NULL, NULL, &rows, digest, &failure))
            continue;
        if (!g_error_matches(failure, BASE_ERROR, BASE_ERROR_CORRUPT)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return false;
        }
        g_ptr_array_add(findings, g_strdup_printf("The table %s cannot be read whole: %s",
                                                  table->name, failure->message));
    }
    return true;
}

static bool check_tables(struct db_connection *connection, GPtrArray *findings, GError **error)
{
    return read_everything(connection, findings, error) &&
           (findings->len > 0 || (find_orphans(connection, findings, error) &&
                                  apply_rules(connection, findings, error)));
}

/* The rest speaks of the tables of this version. */
static bool is_complete(struct db *db, GPtrArray *findings, bool *complete, GError **error)
{
    gint64 version;
    bool unfinished;

    *complete = false;
    if (!db_schema_version(db, &version, error) || !db_copy_is_unfinished(db, &unfinished, error))
        return false;
    if (version == 0)
        g_ptr_array_add(findings, g_strdup("The database has no tables yet."));
    else if (version < db_schema_latest(db))
        g_ptr_array_add(findings, g_strdup("The database is of an older version: run \"presente db "
                                           "migrate\", then check again."));
    else if (version > db_schema_latest(db))
        g_ptr_array_add(findings, g_strdup("The database was made by a newer version of this "
                                           "program; check it with that one."));
    else if (unfinished)
        g_ptr_array_add(findings, g_strdup("The copy or restore into this database was never "
                                           "finished: run it again."));
    else
        *complete = true;
    return true;
}

static bool check_damage(struct db *db, GPtrArray *findings, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(db, error);

    return connection && db_driver_of(db)->check(connection, findings, error);
}

static bool check_all(struct db *db, GPtrArray *findings, GError **error)
{
    g_autoptr(db_connection) connection = NULL;
    bool complete;

    /* On damaged pages the rules would only stumble over the same again. */
    if (!check_damage(db, findings, error))
        return false;
    if (findings->len > 0)
        return true;
    if (!is_complete(db, findings, &complete, error))
        return false;
    if (!complete)
        return true;
    connection = db_acquire(db, error);
    return connection && check_tables(connection, findings, error);
}

bool db_check(struct db *db, GPtrArray *findings, GError **error)
{
    g_autoptr(GError) failure = NULL;

    if (check_all(db, findings, &failure))
        return true;
    /* Damage is an answer here, not a failure. */
    if (g_error_matches(failure, BASE_ERROR, BASE_ERROR_CORRUPT)) {
        g_ptr_array_add(findings, g_strdup_printf("Damage: %s", failure->message));
        return true;
    }
    g_propagate_error(error, g_steal_pointer(&failure));
    return false;
}
