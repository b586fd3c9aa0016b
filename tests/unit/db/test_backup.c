/* Backups of the engine under test, and restoring them. */
#include "installation.h"
#include "older.h"

#include "../database.h"
#include "db/backup.h"
#include "db/backup_file.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PEOPLE 150

struct place {
    char *folder;
    char *url;    /* of the engine under test, filled */
    char *target; /* of the engine under test, empty */
    char *file;   /* of the backup */
    char *digest;
};

static struct db *open_database(const char *url)
{
    GError *error = NULL;
    struct db *db = db_open(url, NULL, &error);

    assert_no_error(error);
    return db;
}

static char *digest_of(const char *url)
{
    g_autoptr(db_handle) db = open_database(url);

    return installation_digest(db);
}

static void assert_holds(const char *url, const char *digest)
{
    g_autofree char *found = digest_of(url);

    assert_string_equal(found, digest);
}

static int set_up(void **state)
{
    struct place *place = g_new0(struct place, 1);

    place->folder = installation_folder();
    place->url = installation_database(unit_database_engine(), place->folder, "source");
    place->target = installation_database(unit_database_engine(), place->folder, "target");
    place->file = g_build_filename(place->folder, "backup.db", NULL);
    struct db *db = open_database(place->url);
    installation_fill(db, PEOPLE);
    db_close(db);
    place->digest = digest_of(place->url);
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;

    installation_drop(place->url);
    installation_drop(place->target);
    installation_remove_folder(place->folder);
    g_free(place->file);
    g_free(place->digest);
    g_free(place);
    return 0;
}

static void back_up(const struct place *place)
{
    GError *error = NULL;

    db_backup(place->url, place->file, false, NULL, NULL, &error);
    assert_no_error(error);
}

static bool restore(const struct place *place, bool replace, GError **error)
{
    const struct db_copy_options options = {.replace = replace};

    return db_restore(place->file, place->target, &options, NULL, error);
}

/* Names in the folder that begin so, without those of the source and target themselves. */
static guint files_of(const struct place *place, const char *prefix)
{
    g_autoptr(GDir) dir = g_dir_open(place->folder, 0, NULL);
    const char *name;
    guint n = 0;

    while ((name = g_dir_read_name(dir)))
        n += g_str_has_prefix(name, prefix);
    return n;
}

static void only_files(const char *why)
{
    if (unit_database_is_file())
        return;
    unit_database_say_skipped(why);
    skip();
}

/* ---- Backups ---- */

static void test_a_backup_is_one_private_file(void **state)
{
    struct place *place = *state;
    struct stat about;
    struct db_copy_result result;
    GError *error = NULL;
    g_autofree char *backup_url = g_strconcat("sqlite:", place->file, NULL);
    mode_t before = umask(0);

    assert_true(db_backup(place->url, place->file, false, NULL, &result, &error));
    umask(before);
    assert_true(result.rows > PEOPLE);
    db_copy_result_clear(&result);
    assert_int_equal(files_of(place, "backup"), 1);
    assert_int_equal(g_stat(place->file, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    assert_holds(backup_url, place->digest);
    g_autoptr(db_handle) db = open_database(backup_url);
    g_autofree char *findings = installation_check(db);
    assert_string_equal(findings, "");
}

static void test_a_file_is_replaced_only_by_force(void **state)
{
    struct place *place = *state;
    g_autofree char *content = NULL;
    g_autofree char *backup_url = g_strconcat("sqlite:", place->file, NULL);
    GError *error = NULL;

    assert_true(g_file_set_contents(place->file, "precious", -1, NULL));
    assert_false(db_backup(place->url, place->file, false, NULL, NULL, &error));
    assert_base_error(error, BASE_ERROR_CONFLICT);
    assert_true(g_file_get_contents(place->file, &content, NULL, NULL));
    assert_string_equal(content, "precious");
    assert_int_equal(files_of(place, "backup"), 1);
    assert_true(db_backup(place->url, place->file, true, NULL, NULL, &error));
    assert_holds(backup_url, place->digest);
}

static void test_what_an_interrupted_backup_left_goes(void **state)
{
    struct place *place = *state;
    g_autofree char *left = g_strconcat(place->file, ".unfinished", NULL);
    g_autofree char *journal = g_strconcat(left, "-wal", NULL);

    assert_true(g_file_set_contents(left, "half a database", -1, NULL));
    assert_true(g_file_set_contents(journal, "half a journal", -1, NULL));
    back_up(place);
    assert_int_equal(files_of(place, "backup"), 1);
}

static void test_bad_names(void **state)
{
    struct place *place = *state;
    GError *error = NULL;
    g_autofree char *nowhere = g_build_filename(place->folder, "no", "such", "folder", NULL);

    assert_false(db_backup(place->url, place->folder, true, NULL, NULL, &error));
    assert_base_error(error, BASE_ERROR_INVALID);
    assert_false(db_backup(place->url, nowhere, false, NULL, NULL, &error));
    assert_base_error(error, BASE_ERROR_IO);
    if (!unit_database_is_file())
        return;
    assert_false(db_backup(place->url, strchr(place->url, ':') + 1, true, NULL, NULL, &error));
    assert_base_error(error, BASE_ERROR_INVALID);
    /* A database that somebody has open is no file to be replaced either. */
    g_autofree char *other = g_strconcat("sqlite:", place->file, NULL);
    g_autoptr(db_handle) db = open_database(other);
    assert_true(db_migrate(db, NULL, &error));
    assert_false(db_backup(place->url, place->file, true, NULL, NULL, &error));
    assert_base_error(error, BASE_ERROR_CONFLICT);
    assert_true(db_ping(db, &error));
}

static int back_up_with_little_room(const struct place *place)
{
    const struct rlimit room = {.rlim_cur = 200 * 1024, .rlim_max = 200 * 1024};
    GError *error = NULL;

    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &room);
    if (db_backup(place->url, place->file, false, NULL, NULL, &error))
        return 2;
    return g_error_matches(error, BASE_ERROR, BASE_ERROR_UNAVAILABLE) ? 0 : 3;
}

static void test_a_full_disk_leaves_nothing(void **state)
{
    struct place *place = *state;
    int status = -1;

    pid_t child = fork();
    if (child == 0)
        _exit(back_up_with_little_room(place));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_equal(files_of(place, "backup"), 0);
    assert_holds(place->url, place->digest);
}

static bool stop_at_once(const struct db_copy_progress *progress, gpointer data)
{
    (void)progress;
    (void)data;
    return false;
}

static void test_a_stopped_backup_leaves_nothing(void **state)
{
    struct place *place = *state;
    const struct db_copy_options options = {.progress = stop_at_once};
    GError *error = NULL;

    assert_false(db_backup(place->url, place->file, false, &options, NULL, &error));
    assert_base_error(error, BASE_ERROR_UNAVAILABLE);
    assert_int_equal(files_of(place, "backup"), 0);
}

static bool write_meanwhile(const struct db_copy_progress *progress, gpointer data)
{
    const struct place *place = data;
    g_autoptr(db_handle) db = open_database(place->url);
    g_autoptr(db_connection) connection = db_acquire(db, NULL);

    (void)progress;
    assert_true(db_execute(connection, NULL, NULL, "UPDATE counters SET value = value + 1"));
    return true;
}

static void test_a_server_may_go_on_writing(void **state)
{
    struct place *place = *state;
    const struct db_copy_options options = {.progress = write_meanwhile, .data = place};
    g_autofree char *backup_url = g_strconcat("sqlite:", place->file, NULL);
    GError *error = NULL;

    db_backup(place->url, place->file, false, &options, NULL, &error);
    assert_no_error(error);
    assert_holds(backup_url, place->digest);
}

/* ---- Restoring ---- */

static void test_a_backup_comes_back(void **state)
{
    struct place *place = *state;
    GError *error = NULL;

    back_up(place);
    restore(place, false, &error);
    assert_no_error(error);
    assert_holds(place->target, place->digest);
    g_autoptr(db_handle) db = open_database(place->target);
    g_autofree char *findings = installation_check(db);
    assert_string_equal(findings, "");
    assert_int_equal(files_of(place, "target.db."), 0);
}

static void test_people_are_replaced_only_when_asked(void **state)
{
    struct place *place = *state;
    GError *error = NULL;
    struct db *db = open_database(place->target);

    installation_fill(db, 30);
    db_close(db);
    g_autofree char *before = digest_of(place->target);
    back_up(place);
    assert_false(restore(place, false, &error));
    assert_base_error(error, BASE_ERROR_CONFLICT);
    assert_holds(place->target, before);
    assert_true(restore(place, true, &error));
    assert_holds(place->target, place->digest);
    if (!unit_database_is_file())
        return;

    g_autoptr(GDir) dir = g_dir_open(place->folder, 0, NULL);
    const char *name;
    guint kept = 0;
    while ((name = g_dir_read_name(dir))) {
        if (!strstr(name, ".replaced-"))
            continue;
        kept++;
        g_autofree char *url = g_strconcat("sqlite:", place->folder, "/", name, NULL);
        assert_holds(url, before);
        break;
    }
    assert_int_equal(kept, 1);
}

static void test_a_database_in_use_is_not_replaced(void **state)
{
    struct place *place = *state;
    GError *error = NULL;

    only_files("others notice by the table of an unfinished copy");
    back_up(place);
    g_autoptr(db_handle) server = open_database(place->target);
    installation_fill(server, 30);
    g_autofree char *before = installation_digest(server);
    assert_false(restore(place, true, &error));
    assert_non_null(strstr(error->message, "stop the server"));
    assert_base_error(error, BASE_ERROR_CONFLICT);
    g_autofree char *after = installation_digest(server);
    assert_string_equal(after, before);
    assert_int_equal(files_of(place, "target.db."), 0);
}

static void overwrite(const char *path, off_t from, gsize n)
{
    g_autofree char *junk = g_strnfill(n, 'Z');
    int file = g_open(path, O_WRONLY, 0);

    assert_true(file >= 0);
    assert_int_equal(pwrite(file, junk, n, from), (gssize)n);
    close(file);
}

static void test_an_unreadable_database_makes_way(void **state)
{
    struct place *place = *state;
    GError *error = NULL;

    only_files("files can be overwritten");
    const char *path = strchr(place->target, ':') + 1;
    back_up(place);
    assert_true(g_file_set_contents(path, "this was a database once", -1, NULL));
    assert_false(restore(place, false, &error));
    assert_base_error(error, BASE_ERROR_CONFLICT);
    assert_true(restore(place, true, &error));
    assert_holds(place->target, place->digest);
}

static void test_damaged_backups_are_refused(void **state)
{
    struct place *place = *state;
    GError *error = NULL;
    struct stat about;

    back_up(place);
    g_autofree char *sound = NULL;
    gsize size;
    assert_true(g_file_get_contents(place->file, &sound, &size, NULL));
    assert_int_equal(g_stat(place->file, &about), 0);
    for (int i = 0; i < 4; i++) {
        assert_true(g_file_set_contents(place->file, sound, (gssize)size, NULL));
        if (i == 0)
            overwrite(place->file, about.st_size / 2 / 4096 * 4096, 4096);
        else if (i == 1)
            assert_int_equal(truncate(place->file, about.st_size / 3), 0);
        else if (i == 2)
            overwrite(place->file, 0, 100);
        else
            assert_int_equal(truncate(place->file, 0), 0);
        assert_false(restore(place, false, &error));
        assert_true(error->code == BASE_ERROR_CORRUPT || error->code == BASE_ERROR_INVALID);
        g_clear_error(&error);
    }
    g_unlink(place->file);
    assert_false(restore(place, false, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
    assert_int_equal(files_of(place, "target.db"), 0);
}

static void change_backup(const struct place *place, const char *sql)
{
    g_autofree char *url = g_strconcat("sqlite:", place->file, NULL);
    g_autoptr(db_handle) db = open_database(url);
    g_autoptr(db_connection) connection = db_acquire(db, NULL);
    GError *error = NULL;

    db_execute(connection, NULL, &error, sql);
    assert_no_error(error);
}

/* A backup that the program of some steps ago made. */
static void write_older(const struct place *place)
{
    g_autofree char *url = g_strconcat("sqlite:", place->file, NULL);
    g_autoptr(db_handle) db = open_database(url);
    GError *error = NULL;

    older_migrate(db, OLDER_STEP);
    older_fill(db);
    assert_true(db_backup_end_journal(db, &error));
}

static void test_backups_of_other_versions(void **state)
{
    struct place *place = *state;
    GError *error = NULL;
    g_autofree char *before = NULL;
    g_autofree char *after = NULL;
    gsize size_before;
    gsize size_after;

    write_older(place);
    assert_true(g_file_get_contents(place->file, &before, &size_before, NULL));
    restore(place, false, &error);
    assert_no_error(error);
    assert_true(g_file_get_contents(place->file, &after, &size_after, NULL));
    assert_memory_equal(before, after, MIN(size_before, size_after));
    assert_int_equal(size_before, size_after);

    g_autoptr(db_handle) db = open_database(place->target);
    g_autoptr(db_connection) connection = db_acquire(db, &error);
    assert_int_equal(fixture_count(connection, "SELECT COUNT(*) FROM users"), OLDER_PEOPLE);
    assert_int_equal(fixture_count(connection, "SELECT COUNT(*) FROM attendance"), OLDER_MARKS);
    assert_int_equal(fixture_count(connection, "SELECT COUNT(*) FROM jobs"), 0);

    change_backup(place, "INSERT INTO schema_steps VALUES (99, 'later', 'x', 0)");
    assert_false(restore(place, true, &error));
    assert_base_error(error, BASE_ERROR_UNSUPPORTED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_backup_is_one_private_file),
        TEST(test_a_file_is_replaced_only_by_force),
        TEST(test_what_an_interrupted_backup_left_goes),
        TEST(test_bad_names),
        TEST(test_a_full_disk_leaves_nothing),
        TEST(test_a_stopped_backup_leaves_nothing),
        TEST(test_a_server_may_go_on_writing),
        TEST(test_a_backup_comes_back),
        TEST(test_people_are_replaced_only_when_asked),
        TEST(test_a_database_in_use_is_not_replaced),
        TEST(test_an_unreadable_database_makes_way),
        TEST(test_damaged_backups_are_refused),
        TEST(test_backups_of_other_versions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
