/* What db_check() says of databases that were damaged in known ways. */
#include "installation.h"

#include "../database.h"
#include "db/copy.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PEOPLE 12
#define PAGE 4096

struct place {
    char *folder;
    char *url;
};

static struct db *open_database(const struct place *place)
{
    GError *error = NULL;
    struct db *db = db_open(place->url, NULL, &error);

    assert_no_error(error);
    return db;
}

static int set_up(void **state)
{
    struct place *place = g_new0(struct place, 1);

    place->folder = installation_folder();
    place->url = installation_database(unit_database_engine(), place->folder, "presente");
    struct db *db = open_database(place);
    installation_fill(db, PEOPLE);
    db_close(db);
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;

    installation_drop(place->url);
    installation_remove_folder(place->folder);
    g_free(place);
    return 0;
}

/* What a damaged file says when it is opened counts as well. */
static char *check(const struct place *place)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(db_handle) db = db_open(place->url, NULL, &error);

    if (g_error_matches(error, BASE_ERROR, BASE_ERROR_CORRUPT))
        return g_strdup(error->message);
    assert_no_error(error);
    return installation_check(db);
}

/* Runs statements with foreign keys off, up to a NULL. */
static void break_rules(const struct place *place, const char *first, ...)
{
    static const struct db_sql WITHOUT_KEYS = {
        .sqlite = "PRAGMA foreign_keys = OFF",
        .postgresql = "SET session_replication_role = replica",
        .mariadb = "SET foreign_key_checks = 0",
    };
    g_autoptr(db_handle) db = open_database(place);
    g_autoptr(db_connection) connection = db_acquire(db, NULL);
    GError *error = NULL;
    va_list statements;

    va_start(statements, first);
    assert_true(db_execute(connection, NULL, &error, fixture_sql_pick(&WITHOUT_KEYS)));
    for (const char *sql = first; sql; sql = va_arg(statements, const char *)) {
        gint64 changed = 0;

        db_execute(connection, &changed, &error, sql);
        assert_no_error(error);
        assert_true(changed > 0);
    }
    va_end(statements);
}

static void assert_says(const char *findings, const char *words)
{
    if (!strstr(findings, words))
        fail_msg("\"%s\" is not said in: %s", words, findings);
}

static void test_a_sound_database(void **state)
{
    g_autofree char *findings = check(*state);

    assert_string_equal(findings, "");
}

static void test_every_kind_of_orphan(void **state)
{
    break_rules(*state, "DELETE FROM users", "DELETE FROM class_groups", "DELETE FROM institutions",
                NULL);
    g_autofree char *findings = check(*state);
    g_auto(GStrv) lines = g_strsplit(findings, "\n", -1);

    assert_says(findings, "attendance whose user_id refers to a row of users");
    assert_says(findings, "attendance whose group_id refers to a row of class_groups");
    assert_says(findings, "attendance whose marked_by refers to a row of users");
    assert_says(findings, "face_templates whose user_id");
    assert_says(findings, "group_teachers whose teacher_id");
    assert_says(findings, "group_teachers whose group_id");
    assert_says(findings, "images whose user_id");
    assert_true(g_strv_length(lines) >= 7);
}

static void test_orphans_of_what_remains(void **state)
{
    break_rules(*state, "DELETE FROM face_templates", "DELETE FROM class_groups", NULL);
    g_autofree char *findings = check(*state);

    assert_says(findings, "images whose template_id refers to a row of face_templates");
    assert_says(findings, "users whose group_id refers to a row of class_groups");
}

static void test_rules_of_the_register(void **state)
{
    break_rules(*state, "UPDATE counters SET value = 0",
                "UPDATE attendance SET local_day = '2026-03-31' WHERE local_day = '2026-03-02'",
                "UPDATE users SET email = NULL WHERE email = 'p1@uni.mx'",
                "UPDATE users SET role = 'student' WHERE role = 'teacher'", NULL);
    g_autofree char *findings = check(*state);

    assert_says(findings, "Marks whose day and occasion disagree: 12.");
    assert_says(findings, "ahead of the counter");
    assert_says(findings, "People without an e-mail who were not erased: 1.");
    assert_says(findings, "Students listed as the teacher of a group: 3.");
}

static void test_an_older_and_a_newer_database(void **state)
{
    break_rules(*state, "DELETE FROM schema_steps WHERE number > 1", NULL);
    g_autofree char *older = check(*state);
    assert_says(older, "presente db migrate");
    break_rules(*state, "UPDATE schema_steps SET number = 99", NULL);
    g_autofree char *newer = check(*state);
    assert_says(newer, "newer version");
}

/* ---- Files ---- */

static void only_files(void)
{
    if (unit_database_is_file())
        return;
    unit_database_say_skipped("it keeps its own files");
    skip();
}

/* The first page of a table or index of SQLite, as its place in the file. */
static off_t place_of(const struct place *place, const char *name)
{
    g_autoptr(db_handle) db = open_database(place);
    g_autoptr(db_connection) connection = db_acquire(db, NULL);
    GError *error = NULL;
    gint64 page = 0;

    assert_true(db_query_int(connection, &page, &error,
                             "SELECT rootpage FROM sqlite_master WHERE name = ?", db_text(name)));
    return (page - 1) * PAGE;
}

static void flip(const struct place *place, off_t at, gsize n)
{
    int file = g_open(strchr(place->url, ':') + 1, O_RDWR, 0);
    g_autofree guint8 *bytes = g_malloc(n);

    assert_true(file >= 0);
    assert_int_equal(pread(file, bytes, n, at), (gssize)n);
    for (gsize i = 0; i < n; i++)
        bytes[i] ^= 0xff;
    assert_int_equal(pwrite(file, bytes, n, at), (gssize)n);
    close(file);
}

static void assert_damaged(const struct place *place, const char *about)
{
    g_autofree char *findings = check(place);

    if (!*findings)
        fail_msg("the damage of %s was not found", about);
    assert_says(findings, "amage");
}

static void test_a_damaged_page_of_a_table(void **state)
{
    struct place *place = *state;

    only_files();
    flip(place, place_of(place, "users"), 8);
    assert_damaged(place, "a table");

    g_autofree char *target = g_strconcat("sqlite:", place->folder, "/copy.db", NULL);
    GError *error = NULL;
    g_autoptr(db_handle) source = db_copy_open_source(place->url, &error);
    g_autoptr(db_handle) destination = db_copy_open_destination(target, &error);
    assert_no_error(error);
    assert_false(db_copy(source, destination, NULL, NULL, &error));
    assert_base_error(error, BASE_ERROR_CORRUPT);
}

static void test_a_damaged_page_of_an_index(void **state)
{
    struct place *place = *state;

    only_files();
    flip(place, place_of(place, "users_by_name") + PAGE - 12, 4);
    assert_damaged(place, "an index");
}

static void test_a_truncated_file(void **state)
{
    struct place *place = *state;
    const char *path = strchr(place->url, ':') + 1;
    struct stat about;

    only_files();
    assert_int_equal(g_stat(path, &about), 0);
    assert_int_equal(truncate(path, about.st_size / 2 / PAGE * PAGE), 0);
    assert_damaged(place, "the file");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_sound_database),
        TEST(test_every_kind_of_orphan),
        TEST(test_orphans_of_what_remains),
        TEST(test_rules_of_the_register),
        TEST(test_an_older_and_a_newer_database),
        TEST(test_a_damaged_page_of_a_table),
        TEST(test_a_damaged_page_of_an_index),
        TEST(test_a_truncated_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
