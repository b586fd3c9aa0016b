#include "installation.h"

#include "../database.h"
#include "base/text.h"

#include <glib/gstdio.h>
#include <string.h>

#define GROUPS 12
#define MARKS_EACH 3
#define CHAINED 60 /* entries of the log that have a place in the chain */

static const char *const NAMES[] = {
    "Ana Núñez",
    "Zoë 🎓 Ångström",
    "李小龍",
    "O'Brien; DROP TABLE users",
    "ñandú",
    "Ñandú",
    "ana nunez",
    "Łukasz Żółć",
    "\xE2\x80\xAEright to left",
    "Kamehameha ʻŌlelo",
    "a\\b%c_d\"e",
    "𝕌nicode 👩🏽‍🏫",
};

/* The first instants that every engine can store, one before the epoch, odd microseconds, the last.
 */
static const base_time TIMES[] = {
    -G_GINT64_CONSTANT(30610224000000000), -1, 0, 1, NOON + 123457,
    G_GINT64_CONSTANT(253402300799999999),
};

static const double SCORES[] = {0.1,  1.0 / 3.0,         0.625, 1e-300, 4.9406564584124654e-324,
                                -0.0, 0.7000000000000001};

static base_time time_of(guint i)
{
    return TIMES[i % G_N_ELEMENTS(TIMES)];
}

static void insert(struct db_connection *connection, const char *name,
                   const struct db_value *values, gsize n)
{
    GError *error = NULL;

    for (guint i = 0; i < db_schema_tables_n; i++) {
        if (strcmp(db_schema_tables[i].name, name) != 0)
            continue;
        db_execute_values(connection, NULL, &error, db_schema_tables[i].insert, values, n);
        if (error)
            fail_msg("%s: %s", name, error->message);
        return;
    }
    fail_msg("no table %s", name);
}

#define INSERT(connection, table, ...)                                                             \
    insert(connection, table, DB_VALUES_(__VA_ARGS__) + 1, DB_VALUES_N_(__VA_ARGS__))

struct filling {
    guint people;
    struct base_uuid institution;
    struct base_uuid groups[GROUPS];
    struct base_uuid person; /* the last one */
    struct base_uuid course;
};

static void fill_person_faces(struct db_connection *connection, guint i,
                              const struct base_uuid *user)
{
    guint8 sealed[300];
    guint8 digest[32];
    struct base_uuid face;
    struct base_uuid image;
    char key[BASE_UUID_TEXT_SIZE];

    base_uuid_new(&face);
    base_uuid_new(&image);
    for (guint k = 0; k < sizeof sealed; k++)
        sealed[k] = (guint8)(k * 7 + i);
    memset(digest, (int)i & 255, sizeof digest);
    INSERT(connection, "face_templates", db_uuid(&face), db_uuid(user),
           i % 9 == 0 ? db_blob(NULL, 0) : db_blob(sealed, sizeof sealed), db_text("model-1"),
           db_real(SCORES[i % G_N_ELEMENTS(SCORES)]), db_text("registration"), db_time(time_of(i)),
           db_bool(i % 7 == 0));
    INSERT(connection, "images", db_uuid(&image), db_uuid(user), db_text("enrolment"), db_null(),
           db_uuid(&face), db_null(), db_text(base_uuid_format(&image, key)), db_text("image/jpeg"),
           db_int(1 + i), db_blob(digest, sizeof digest), db_bool(i % 2),
           i % 2 ? db_int(G_MAXUINT32 - i) : db_null(), db_time(time_of(i + 1)), db_null());
}

static void fill_marks(struct db_connection *connection, guint i, const struct base_uuid *user,
                       const struct base_uuid *group)
{
    for (guint k = 0; k < MARKS_EACH; k++) {
        g_autofree char *day = g_strdup_printf("2026-03-%02u", k + 1);
        g_autofree char *occasion = g_strconcat("day:", day, NULL);
        struct base_uuid id;

        base_uuid_new(&id);
        INSERT(connection, "attendance", db_uuid(&id), db_uuid(user),
               k ? db_uuid(group) : db_null(), db_text(occasion), db_text(day),
               db_time(NOON + i * 1000003 + k), db_text(k ? "late" : "present"),
               db_text(k ? "manual" : "face"),
               k == 2 ? db_null() : db_real(SCORES[(i + k) % G_N_ELEMENTS(SCORES)]),
               k ? db_uuid(user) : db_null(),
               k == 0 ? db_null() : db_text(i % 2 ? "" : "line\nfeed\ttab 'quote' 🙂"),
               db_time(time_of(i)), db_time(time_of(i + k)), db_null(), db_null(),
               i % 3 ? db_null() : db_time(time_of(i)), i % 4 ? db_null() : db_time(time_of(k)),
               k ? db_null() : db_text("bus"));
    }
}

static void fill_person(struct db_connection *connection, struct filling *filling, guint i)
{
    const struct base_uuid *group = &filling->groups[i % GROUPS];
    bool erased = i % 50 == 49;
    bool teacher = i % 40 == 1;
    struct base_uuid id;

    base_uuid_new(&id);
    g_autofree char *name =
        erased ? g_strdup("")
               : g_strdup_printf("%s %u", NAMES[i % G_N_ELEMENTS(NAMES)], i / 12 * 7919 % 997);
    g_autofree char *key = erased ? g_strdup("") : base_text_key(name);
    g_autofree char *email = erased ? NULL : g_strdup_printf("p%u@uni.mx", i);
    INSERT(connection, "users", db_uuid(&id), db_uuid(&filling->institution), db_text(name),
           db_text(key), db_text(email), i % 3 ? db_int(i % 151) : db_null(),
           i % 4 ? db_text("2004-02-29") : db_null(), i % 5 ? db_uuid(group) : db_null(),
           db_text(teacher ? "teacher" : "student"), i % 6 ? db_null() : db_text(""),
           erased ? db_null() : db_text("$argon2id$v=19$"), db_int(i), db_bool(!erased && i % 7),
           db_int(!erased && i % 2 ? 1 + i : 0), db_time(time_of(i)), db_time(time_of(i + 3)),
           erased ? db_time(NOON) : db_null(), i % 3 ? db_text(email) : db_null(),
           i % 4 ? db_null() : db_text("es"));
    if (teacher && !erased)
        for (guint k = 0; k < 3; k++)
            INSERT(connection, "group_teachers", db_uuid(&id),
                   db_uuid(&filling->groups[(i + k) % GROUPS]));
    if (!erased && i % 2)
        fill_person_faces(connection, i, &id);
    fill_marks(connection, i, &id, group);
    filling->person = id;
}

/* Not of a real chain: these are only carried about. */
static struct db_value chained(guint i)
{
    static guint8 hash[32];

    memset(hash, (int)i, sizeof hash);
    return i < CHAINED ? db_blob(hash, sizeof hash) : db_null();
}

static void fill_rest(struct db_connection *connection, guint people)
{
    struct base_uuid actor;
    GError *error = NULL;

    base_uuid_new(&actor);
    for (guint i = 0; i < 100; i++) {
        g_autofree char *jti = g_strdup_printf("%c-token-%u", "zZaA_-"[i % 6], i);
        /* Numbers with gaps, as erased entries leave them. */
        INSERT(connection, "audit_log", db_int(7 + i * 3), db_time(time_of(i)),
               i % 2 ? db_uuid(&actor) : db_null(), db_text("user.change"),
               db_text(i % 3 ? "x" : ""), i % 5 ? db_null() : db_text("{\"a\":\"\\u00e9 é\"}"),
               i < CHAINED ? db_int(1 + i) : db_null(), chained(i), chained(i + 1));
        INSERT(connection, "revoked_tokens", db_text(jti), db_time(time_of(i)));
    }
    INSERT(connection, "settings", db_text("branding.name"), db_text(""), db_time(NOON));
    INSERT(connection, "settings", db_text("branding.Name"), db_text("Größe\r\n"), db_time(NOON));
    assert_true(db_execute(connection, NULL, &error,
                           "UPDATE counters SET value = ? WHERE name = 'faces_revision'",
                           db_int(people + 1)));
    assert_true(db_execute(connection, NULL, &error,
                           "UPDATE counters SET value = ? WHERE name = 'audit_position'",
                           db_int(CHAINED)));
}

/* A row or two in each table of the timetable, and what hangs on a mark of a session. */
static void fill_timetable(struct db_connection *connection, struct filling *filling)
{
    const struct db_value institution = db_uuid(&filling->institution);
    const struct db_value group = db_uuid(&filling->groups[0]);
    const struct db_value person = db_uuid(&filling->person);
    const struct db_value now = db_time(NOON);
    struct base_uuid id[9];

    for (gsize i = 0; i < G_N_ELEMENTS(id); i++)
        base_uuid_new(&id[i]);
    filling->course = id[4];
    const struct db_value course = db_uuid(&id[4]);
    INSERT(connection, "terms", db_uuid(&id[0]), institution, db_text("2026 Ñ"), db_text("2026 n"),
           db_text("2026-01-12"), db_text("2026-06-30"), now, now);
    INSERT(connection, "subjects", db_uuid(&id[1]), institution, db_text("MAT-1"),
           db_text("Álgebra"), db_text("algebra"), now, now);
    INSERT(connection, "rooms", db_uuid(&id[2]), institution, db_text("A 1"), db_text("a 1"),
           db_int(40), now, now);
    INSERT(connection, "policies", db_uuid(&id[3]), institution, institution, db_text("Default"),
           db_text("default"), db_text("{\"é\":[]}"), now, now);
    INSERT(connection, "courses", course, institution, db_uuid(&id[0]), db_uuid(&id[1]),
           db_uuid(&id[3]), db_text("Álgebra A"), db_text("algebra a"), now, now);
    INSERT(connection, "course_groups", course, group);
    INSERT(connection, "course_teachers", person, course);
    INSERT(connection, "enrolments", db_uuid(&id[5]), person, group, db_null(),
           db_text("2026-01-12"), db_null(), now, now);
    INSERT(connection, "holidays", db_uuid(&id[5]), institution, db_text("Carnaval"),
           db_text("2026-02-16"), db_text("2026-02-17"), now, now);
    INSERT(connection, "slots", db_uuid(&id[6]), course, db_uuid(&id[2]), db_int(4), db_int(28800),
           db_int(36000), db_text("2026-01-12"), db_text("2026-06-30"), db_int(1), now, now);
    INSERT(connection, "sessions", db_uuid(&id[7]), course, db_uuid(&id[6]), db_text(DAY),
           db_text("uid@x"), db_uuid(&id[2]), db_text("Repaso"), db_text(DAY), db_int(28800),
           db_int(36000), now, db_time(NOON + 1), db_text("planned"), db_bool(true), db_text("n"),
           db_null(), now, now);
    INSERT(connection, "attendance", db_uuid(&id[8]), person, group, db_text("session:x"),
           db_text(DAY), now, db_text("absent"), db_text("automatic"), db_null(), db_null(),
           db_null(), now, now, db_uuid(&id[7]), course, db_null(), db_null(), db_null());
    INSERT(connection, "attendance_changes", db_uuid(&id[0]), db_uuid(&id[8]), now, person,
           db_text("absent"), db_null(), db_text("automatic"), db_text("late"), db_text("bus"),
           db_text("¿por qué?"));
    INSERT(connection, "disputes", db_uuid(&id[0]), db_uuid(&id[8]), db_uuid(&id[8]), person,
           db_text("Sí estuve"), db_text("open"), db_null(), db_null(), db_null(), now, now);
}

static void fill_outgoing(struct db_connection *connection, const struct filling *filling)
{
    const struct db_value institution = db_uuid(&filling->institution);
    const struct db_value person = db_uuid(&filling->person);
    const struct db_value now = db_time(NOON);
    guint8 digest[32] = {1, 0, 255};
    struct base_uuid id;

    base_uuid_new(&id);
    INSERT(connection, "external_ids", db_text("user"), db_text("src-ñ-1"), person, now);
    INSERT(connection, "photo_imports", person, db_blob(digest, sizeof digest), db_text("stored"),
           now);
    INSERT(connection, "calendar_feeds", person, db_blob(digest, sizeof digest), now);
    INSERT(connection, "webhooks", db_uuid(&id), institution, db_text("https://a.example/x"),
           db_text("[\"mark\"]"), db_text("secret"), db_bool(true), now, now);
    INSERT(connection, "outbox", db_uuid(&id), db_text("webhook"), db_text("mark"), db_text("k 1"),
           db_null(), db_uuid(&id), db_text("{}"), db_text("dead"), db_int(9), now, db_null(),
           db_text("node"), db_text("é"), now, now);
    INSERT(connection, "report_schedules", db_uuid(&id), person, db_uuid(&filling->course),
           db_text("teacher"), db_text("weekly"), db_int(5), db_int(61200), db_text("xlsx"),
           db_bool(false), now, now);
    INSERT(connection, "mail_refusals", person, db_text("warning"), now);
    INSERT(connection, "jobs", db_uuid(&id), person, db_text("summary"), db_text("{}"),
           db_text("done"), db_int(9), db_int(9), db_null(), db_null(), db_text("report/x"),
           db_text("text/csv"), db_text("ñ.csv"), db_int(1234), db_null(), now, now, now);
}

static bool fill(struct db_connection *connection, gpointer data, GError **error)
{
    struct filling *filling = data;

    (void)error;
    base_uuid_new(&filling->institution);
    INSERT(connection, "institutions", db_uuid(&filling->institution), db_text("Universidad 🏫"),
           db_null(), db_text("America/Merida"), db_int(0), db_int(86399), db_time(1),
           db_time(NOON));
    for (guint i = 0; i < GROUPS; i++) {
        g_autofree char *name = g_strdup_printf("%s %u", NAMES[i], i);
        g_autofree char *key = base_text_key(name);

        base_uuid_new(&filling->groups[i]);
        INSERT(connection, "class_groups", db_uuid(&filling->groups[i]),
               db_uuid(&filling->institution), db_text(name), db_text(key), db_time(time_of(i)),
               db_time(time_of(i)));
    }
    for (guint i = 0; i < filling->people; i++)
        fill_person(connection, filling, i);
    fill_rest(connection, filling->people);
    fill_timetable(connection, filling);
    fill_outgoing(connection, filling);
    return true;
}

void installation_fill(struct db *db, guint people)
{
    struct filling filling = {.people = people};
    g_autoptr(GError) error = NULL;

    if (!db_migrate(db, NULL, &error) || !db_transaction(db, fill, &filling, &error))
        fail_msg("%s", error->message);
}

char *installation_digest(struct db *db)
{
    g_autoptr(db_connection) connection = db_acquire(db, NULL);
    GString *text = g_string_new(NULL);
    GError *error = NULL;

    assert_non_null(connection);
    for (guint i = 0; i < db_schema_tables_n; i++) {
        char digest[DB_SCHEMA_DIGEST_SIZE];
        gint64 rows;

        db_schema_digest(connection, &db_schema_tables[i], NULL, NULL, &rows, digest, &error);
        assert_no_error(error);
        g_string_append_printf(text, "%s %" G_GINT64_FORMAT " %s\n", db_schema_tables[i].name, rows,
                               digest);
    }
    return g_string_free(text, FALSE);
}

char *installation_order_of_names(struct db *db)
{
    g_autoptr(db_connection) connection = db_acquire(db, NULL);
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    GError *error = NULL;
    g_autoptr(db_rows) rows =
        db_query(connection, &error, "SELECT id FROM users ORDER BY name_key, id");

    assert_no_error(error);
    while (db_rows_next(rows, &error)) {
        struct base_uuid id = db_rows_uuid(rows, 0);
        g_checksum_update(checksum, id.bytes, sizeof id.bytes);
    }
    assert_no_error(error);
    return g_strdup(g_checksum_get_string(checksum));
}

char *installation_check(struct db *db)
{
    g_autoptr(GPtrArray) findings = g_ptr_array_new_with_free_func(g_free);
    GError *error = NULL;

    db_check(db, findings, &error);
    assert_no_error(error);
    g_ptr_array_add(findings, NULL);
    return g_strjoinv("\n", (char **)findings->pdata);
}

/* ---- Databases ---- */

/* database.h speaks of the engine under test alone; these are the others'. */
#define OTHERS_PREFIX "presente_other_"

static const struct {
    const char *engine;
    const char *variable; /* names the server */
    const char *drop;
} SERVERS[] = {
    {"postgresql", "TEST_POSTGRESQL_URL", "DROP DATABASE %s WITH (FORCE)"},
    {"mariadb", "TEST_MARIADB_URL", "DROP DATABASE %s"},
};

static gsize server_of(const char *engine)
{
    gsize i = 0;

    while (i < G_N_ELEMENTS(SERVERS) && strcmp(SERVERS[i].engine, engine) != 0)
        i++;
    return i;
}

bool installation_engine_is_there(const char *engine)
{
    gsize i = server_of(engine);
    const char *url = i < G_N_ELEMENTS(SERVERS) ? g_getenv(SERVERS[i].variable) : "sqlite:";

    return url && *url;
}

static void run_on_server(const char *url, const char *sql)
{
    GError *error = NULL;
    const struct db_options options = {.connections = 1};
    g_autoptr(db_handle) db = db_open(url, &options, &error);
    g_autoptr(db_connection) connection = db ? db_acquire(db, &error) : NULL;

    if (connection)
        db_execute(connection, NULL, &error, sql);
    assert_no_error(error);
}

static char *create_on(const char *server)
{
    struct base_uuid id;
    char text[BASE_UUID_TEXT_SIZE];
    const char *path = strrchr(server, '/');
    const char *options = strchr(path, '?');

    base_uuid_new(&id);
    g_strdelimit(base_uuid_format(&id, text), "-", '_');
    g_autofree char *sql = g_strconcat("CREATE DATABASE " OTHERS_PREFIX, text, NULL);
    run_on_server(server, sql);
    return g_strdup_printf("%.*s/" OTHERS_PREFIX "%s%s", (int)(path - server), server, text,
                           options ? options : "");
}

char *installation_database(const char *engine, const char *folder, const char *name)
{
    if (strcmp(engine, "sqlite") == 0)
        return g_strconcat("sqlite:", folder, "/", name, ".db", NULL);
    if (strcmp(engine, unit_database_engine()) == 0)
        return unit_database_create(folder);
    return create_on(g_getenv(SERVERS[server_of(engine)].variable));
}

void installation_drop(char *url)
{
    const char *name = url ? strstr(url, "/" OTHERS_PREFIX) : NULL;

    if (!name) {
        if (url && !g_str_has_prefix(url, "sqlite:"))
            unit_database_drop(url);
        g_free(url);
        return;
    }
    g_autofree char *engine = g_uri_parse_scheme(url);
    gsize server = server_of(engine);
    g_autofree char *database = g_strndup(name + 1, strcspn(name + 1, "?"));
    g_auto(GStrv) words = g_strsplit(SERVERS[server].drop, "%s", 2);
    g_autofree char *sql = g_strjoinv(database, words);
    run_on_server(g_getenv(SERVERS[server].variable), sql);
    g_free(url);
}

char *installation_folder(void)
{
    char *folder = g_dir_make_tmp("presente-db-XXXXXX", NULL);

    assert_non_null(folder);
    return folder;
}

void installation_remove_folder(char *folder)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_unlink(path);
    }
    g_rmdir(folder);
    g_free(folder);
}
