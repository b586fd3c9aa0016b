/* Symbolic links and other traps in the store, disks that fail, and many at once. */
#include "place.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- attacks ---- */

static void test_symbolic_links_are_not_followed(void **state)
{
    struct place *place = *state;
    GError *error = NULL;
    g_autofree char *outside = g_build_filename(place->base, "outside", NULL);
    g_autofree char *secret = g_build_filename(outside, "f", "e", NULL);
    g_autofree char *target =
        g_build_filename(secret, "0198a1b2-c3d4-7000-8000-00000000beef.blob", NULL);
    g_autofree char *face = path_in(place, "face");
    g_autofree char *file = path_in(place, FILE_OF_KEY);

    g_mkdir_with_parents(secret, 0700);
    assert_true(g_file_set_contents(target, "secret", -1, NULL));

    /* A folder that leads out. */
    put(place, "other/one", "x");
    assert_int_equal(symlink(outside, face), 0);
    assert_null(blob_get(place->store, KEY, NULL, NULL, &error));
    assert_non_null(error);
    assert_null(strstr(error->message, place->root));
    g_clear_error(&error);
    assert_false(
        blob_put(place->store, "face/0198a1b2-c3d4-7000-8000-00000000cafe", "x", 1, &error));
    g_clear_error(&error);
    assert_false(blob_delete(place->store, KEY, &error));
    g_clear_error(&error);
    g_autofree char *keys = listed(place, "", 10);
    assert_string_equal(keys, "other/one");
    assert_true(g_file_test(target, G_FILE_TEST_EXISTS));
    g_unlink(face);

    /* A file that leads out: not read, not written through, and deleted alone. */
    put(place, KEY, "mine");
    g_unlink(file);
    assert_int_equal(symlink(target, file), 0);
    assert_null(blob_get(place->store, KEY, NULL, NULL, &error));
    assert_base_error(error, BASE_ERROR_CORRUPT);
    assert_false(blob_put(place->store, KEY, "new", 3, &error));
    assert_base_error(error, BASE_ERROR_CONFLICT);
    assert_true(blob_delete(place->store, KEY, &error));
    g_autofree char *content = NULL;
    assert_true(g_file_get_contents(target, &content, NULL, NULL));
    assert_string_equal(content, "secret");
}

/* A pipe would keep the reader waiting for ever, a folder cannot be read. */
static void test_other_things_at_a_key(void **state)
{
    struct place *place = *state;
    GError *error = NULL;
    g_autofree char *file = path_in(place, FILE_OF_KEY);

    put(place, KEY, "x");
    g_unlink(file);
    assert_int_equal(mkfifo(file, 0600), 0);
    assert_null(blob_get(place->store, KEY, NULL, NULL, &error));
    assert_base_error(error, BASE_ERROR_CORRUPT);
    g_unlink(file);
    assert_int_equal(g_mkdir(file, 0700), 0);
    assert_null(blob_get(place->store, KEY, NULL, NULL, &error));
    assert_base_error(error, BASE_ERROR_CORRUPT);
    g_autofree char *keys = listed(place, "", 10);
    assert_string_equal(keys, "");
    g_rmdir(file);
    assert_true(g_file_set_contents(file, "", 0, NULL));
    assert_null(blob_get(place->store, KEY, NULL, NULL, &error));
    assert_base_error(error, BASE_ERROR_CORRUPT);
}

/* ---- a disk that fails ---- */

/* Runs `body` in a child that is no administrator, whom permissions would not stop. */
static void run_as_nobody(struct place *place, int (*body)(struct place *))
{
    int status = -1;
    const pid_t child = fork();

    if (child == 0) {
        if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
            _exit(100);
        _exit(body(place));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) != 0)
        fail_msg("the child ended with %d", WEXITSTATUS(status));
}

static int expect_unavailable(struct place *place, const char *key, size_t size)
{
    g_autofree char *data = g_malloc0(size);
    g_autoptr(GError) error = NULL;

    if (blob_put(place->store, key, data, size, &error))
        return 1;
    if (!g_error_matches(error, BASE_ERROR, BASE_ERROR_UNAVAILABLE))
        return 2;
    return strchr(error->message, '/') ? 3 : 0;
}

static int body_read_only(struct place *place)
{
    return expect_unavailable(place, "face/other", 10);
}

static void test_folder_without_permission(void **state)
{
    struct place *place = *state;

    put(place, KEY, "x");
    g_autofree char *face = path_in(place, "face");
    assert_int_equal(g_chmod(place->base, 0755), 0);
    assert_int_equal(g_chmod(place->root, 0555), 0);
    assert_int_equal(g_chmod(face, 0555), 0);
    run_as_nobody(place, body_read_only);
    assert_int_equal(g_chmod(place->root, 0700), 0);
    assert_int_equal(g_chmod(face, 0700), 0);
    assert_content(place, KEY, "x");
}

/* A limit of the size of files stands in for a full disk, which only an administrator can make: the
 * write ends in the middle all the same. */
static int body_full(struct place *place)
{
    const struct rlimit limit = {4096, 4096};
    struct blob_page page = {0};
    gint64 leftovers = 0;

    signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
        return 10;
    const int failed = expect_unavailable(place, "face/full", 100000);
    if (failed)
        return failed;
    if (!blob_list(place->store, "", NULL, 10, &page, NULL) || page.entries->len != 0)
        return 11;
    blob_page_clear(&page);
    if (!blob_sweep(place->store, base_time_now() + 10 * BASE_TIME_SECOND, true, &leftovers,
                    NULL) ||
        leftovers != 0)
        return 12;
    return blob_put(place->store, "face/full", "small", 5, NULL) ? 0 : 13;
}

static void test_full_disk(void **state)
{
    struct place *place = *state;

    assert_int_equal(g_chmod(place->base, 0777), 0);
    run_as_nobody(place, body_full);
}

/* What a file system that is full says, and one whose folder cannot be made. */
static void test_folder_that_cannot_be(void **state)
{
    struct place *place = *state;
    g_autofree char *file = g_build_filename(place->base, "file", NULL);
    g_autofree char *url = g_strconcat("file:", file, "/store", NULL);
    g_autoptr(blob_store) store = blob_open(url, NULL);
    GError *error = NULL;

    assert_true(g_file_set_contents(file, "x", -1, NULL));
    assert_false(blob_put(store, KEY, "x", 1, &error));
    assert_null(strstr(error->message, "/"));
    assert_base_error(error, BASE_ERROR_UNAVAILABLE);
    assert_null(blob_get(store, KEY, NULL, NULL, &error));
    assert_base_error(error, BASE_ERROR_UNAVAILABLE);
}

/* ---- several at once ---- */

enum { THREADS = 8, ROUNDS = 40 };

struct race {
    struct place *place;
    int number;
    int won;
};

static gpointer race_run(gpointer data)
{
    struct race *race = data;

    for (int i = 0; i < ROUNDS; i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *key = g_strdup_printf("race/%d", i);
        g_autofree char *content = g_strdup_printf("%d of %d", race->number, i);
        if (blob_put(race->place->store, key, content, strlen(content), &error))
            race->won++;
        else if (!g_error_matches(error, BASE_ERROR, BASE_ERROR_CONFLICT))
            return g_strdup(error->message);
        g_autoptr(GBytes) bytes = blob_get(race->place->store, key, NULL, NULL, NULL);
        if (!bytes)
            return g_strdup("an object that is there was not found");
    }
    return NULL;
}

static void test_puts_at_once(void **state)
{
    struct race races[THREADS];
    GThread *threads[THREADS];
    int won = 0;

    for (int i = 0; i < THREADS; i++) {
        races[i] = (struct race){*state, i, 0};
        threads[i] = g_thread_new("race", race_run, &races[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        g_autofree char *problem = g_thread_join(threads[i]);
        if (problem)
            fail_msg("%s", problem);
        won += races[i].won;
    }
    assert_int_equal(won, ROUNDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLACE_TEST(test_symbolic_links_are_not_followed), PLACE_TEST(test_other_things_at_a_key),
        PLACE_TEST(test_folder_without_permission),       PLACE_TEST(test_full_disk),
        PLACE_TEST(test_folder_that_cannot_be),           PLACE_TEST(test_puts_at_once),
    };
    return cmocka_run_group_tests_name("blob disk trouble", tests, NULL, NULL);
}
