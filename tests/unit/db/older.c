#include "older.h"

#include "db/driver.h"

#include <string.h>

static void run(struct db_connection *connection, const char *sql, const struct db_value *values,
                gsize n)
{
    GError *error = NULL;

    db_execute_values(connection, NULL, &error, sql, values, n);
    if (error)
        fail_msg("%s: %s", sql, error->message);
}

#define RUN(connection, sql, ...)                                                                  \
    run(connection, sql, DB_VALUES_(__VA_ARGS__) + 1, DB_VALUES_N_(__VA_ARGS__))

struct step {
    const struct db_driver *driver;
    gint64 number;
};

static bool apply(struct db_connection *connection, gpointer data, GError **error)
{
    const struct step *step = data;
    const struct db_migration *migration = &step->driver->migrations[step->number - 1];
    g_autofree char *checksum =
        g_compute_checksum_for_string(G_CHECKSUM_SHA256, migration->sql, -1);

    return db_execute(connection, NULL, error,
                      "CREATE TABLE IF NOT EXISTS schema_steps ("
                      "number INTEGER NOT NULL PRIMARY KEY, name VARCHAR(100) NOT NULL, "
                      "checksum VARCHAR(64) NOT NULL, applied_at BIGINT NOT NULL)") &&
           step->driver->script(connection, migration->sql, error) &&
           db_execute(connection, NULL, error,
                      "INSERT INTO schema_steps (number, name, checksum, applied_at) "
                      "VALUES (?, ?, ?, 0)",
                      db_int(step->number), db_text(migration->name), db_text(checksum));
}

void older_migrate(struct db *db, gint64 step)
{
    struct step state = {.driver = db_driver_of(db)};
    GError *error = NULL;

    while (++state.number <= step)
        if (!db_transaction(db, apply, &state, &error))
            fail_msg("step %d: %s", (int)state.number, error->message);
}

/* One whose bytes are all `last`, or which ends with it. */
static struct base_uuid id_of(guint8 last)
{
    struct base_uuid id = {.bytes = {0x77}};

    id.bytes[BASE_UUID_SIZE - 1] = last;
    return id;
}

static struct db_value value_of(guint8 last)
{
    struct base_uuid id = id_of(last);

    return db_uuid(&id);
}

enum { INSTITUTION = 1, GROUP, TEACHER, ANA, EVA, ERASED, FACE, PHOTO, FRAME, MARK = 20 };

static void fill_people(struct db_connection *connection)
{
    static const struct {
        guint8 id;
        const char *name;
        const char *email;
        const char *role;
        bool in_group;
    } PEOPLE[OLDER_PEOPLE] = {
        {TEACHER, "Tomás", "t@uni.mx", "teacher", true},
        {ANA, "Ana Núñez", "a@uni.mx", "student", true},
        {EVA, "Eva", "e@uni.mx", "student", true},
        {ERASED, "", NULL, "student", false},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(PEOPLE); i++)
        RUN(connection,
            "INSERT INTO users (id, institution_id, name, name_key, email, group_id, role, "
            "token_generation, active, faces_revision, created_at, updated_at, deleted_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, 1, ?, ?, ?)",
            value_of(PEOPLE[i].id), value_of(INSTITUTION), db_text(PEOPLE[i].name),
            db_text(PEOPLE[i].name), db_text(PEOPLE[i].email),
            PEOPLE[i].in_group ? value_of(GROUP) : db_null(), db_text(PEOPLE[i].role),
            db_bool(PEOPLE[i].in_group), db_time(NOON), db_time(NOON),
            PEOPLE[i].in_group ? db_null() : db_time(NOON));
    RUN(connection, "INSERT INTO group_teachers (group_id, teacher_id) VALUES (?, ?)",
        value_of(GROUP), value_of(TEACHER));
}

static void fill_marks(struct db_connection *connection)
{
    static const struct {
        guint8 person;
        const char *day;
        const char *method;
    } MARKS[OLDER_MARKS] = {
        {ANA, "2026-03-12", "face"}, {ANA, "2026-03-13", "manual"}, {EVA, "2026-03-12", "face"}};

    for (guint8 i = 0; i < OLDER_MARKS; i++) {
        g_autofree char *occasion = g_strconcat("day:", MARKS[i].day, NULL);
        const bool manual = strcmp(MARKS[i].method, "manual") == 0;
        RUN(connection,
            "INSERT INTO attendance (id, user_id, group_id, occasion, local_day, marked_at, "
            "status, method, score, marked_by, note, created_at, updated_at) "
            "VALUES (?, ?, ?, ?, ?, ?, 'late', ?, ?, ?, ?, ?, ?)",
            value_of(MARK + i), value_of(MARKS[i].person), value_of(GROUP), db_text(occasion),
            db_text(MARKS[i].day), db_time(NOON + i), db_text(MARKS[i].method), db_real(0.1 + i),
            manual ? value_of(TEACHER) : db_null(), manual ? db_text("justificó ñ") : db_null(),
            db_time(NOON + i), db_time(NOON + 7 * i));
    }
}

static void fill_image(struct db_connection *connection, guint8 id, const char *kind,
                       struct db_value face, struct db_value mark)
{
    static const guint8 DIGEST[32] = {1, 2, 3};
    g_autofree char *key = g_strdup_printf("images/%d", id);

    RUN(connection,
        "INSERT INTO images (id, user_id, kind, template_id, attendance_id, blob_key, media_type, "
        "size, sha256, sealed, created_at) VALUES (?, ?, ?, ?, ?, ?, 'image/jpeg', 9, ?, ?, ?)",
        value_of(id), value_of(ANA), db_text(kind), face, mark, db_text(key),
        db_blob(DIGEST, sizeof DIGEST), db_bool(false), db_time(NOON));
}

static bool fill(struct db_connection *connection, gpointer data, GError **error)
{
    (void)data;
    (void)error;
    RUN(connection, "UPDATE counters SET value = 1");
    RUN(connection,
        "INSERT INTO institutions (id, name, time_zone, late_after, absent_after, created_at, "
        "updated_at) VALUES (?, 'Uni', 'America/Merida', 32400, 41400, ?, ?)",
        value_of(INSTITUTION), db_time(NOON), db_time(NOON));
    RUN(connection,
        "INSERT INTO class_groups (id, institution_id, name, name_key, created_at, updated_at) "
        "VALUES (?, ?, '4B', '4b', ?, ?)",
        value_of(GROUP), value_of(INSTITUTION), db_time(NOON), db_time(NOON));
    fill_people(connection);
    fill_marks(connection);
    RUN(connection,
        "INSERT INTO face_templates (id, user_id, sealed, model, quality, source, created_at) "
        "VALUES (?, ?, ?, 'm', 0.5, 'registration', ?)",
        value_of(FACE), value_of(ANA), db_blob("sealed", 6), db_time(NOON));
    fill_image(connection, PHOTO, "enrolment", value_of(FACE), db_null());
    fill_image(connection, FRAME, "mark", db_null(), value_of(MARK));
    RUN(connection, "INSERT INTO settings (name, value, updated_at) VALUES ('a', 'b', ?)",
        db_time(NOON));
    RUN(connection, "INSERT INTO revoked_tokens (jti, expires_at) VALUES ('t', ?)", db_time(NOON));
    for (int i = 0; i < OLDER_ENTRIES; i++)
        RUN(connection,
            "INSERT INTO audit_log (happened_at, actor_id, action, subject, details) "
            "VALUES (?, ?, 'user.create', 'x', ?)",
            db_time(NOON + i), i % 2 ? value_of(TEACHER) : db_null(),
            i % 3 ? db_text("{\"é\":1}") : db_null());
    return true;
}

void older_fill(struct db *db)
{
    GError *error = NULL;

    if (!db_transaction(db, fill, NULL, &error))
        fail_msg("%s", error->message);
}
