/* The key file as it changes: who may change it, and who follows. */
#include "keys.h"

#include "auth/key_file.h"
#include "auth/seal.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOOK_US (2 * AUTH_KEYRING_LOOK_MS * G_TIME_SPAN_MILLISECOND)

static const struct auth_seal_context CONTEXT = {.model = "model"};

static void put(const char *path, const char *text)
{
    g_autofree char *temporary = g_strconcat(path, ".test", NULL);
    GError *error = NULL;

    g_file_set_contents_full(temporary, text, -1, G_FILE_SET_CONTENTS_NONE, 0600, &error);
    assert_no_error(error);
    assert_int_equal(g_rename(temporary, path), 0);
}

static char *get(const char *path)
{
    char *text = NULL;

    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    return text;
}

static uint32_t rotate(const char *path, bool current)
{
    GError *error = NULL;
    g_autoptr(auth_key_file) file = auth_key_file_open(path, &error);
    uint32_t id = 0;

    assert_no_error(error);
    assert_true(auth_key_file_add(file, current, &id, &error));
    return id;
}

static GBytes *seal(struct auth_keyring *keyring)
{
    GError *error = NULL;
    GBytes *sealed = auth_seal_close(keyring, &CONTEXT, "face", 4, &error);

    assert_no_error(error);
    return sealed;
}

static bool opens(struct auth_keyring *keyring, GBytes *sealed)
{
    gsize n = 0;
    const void *bytes = g_bytes_get_data(sealed, &n);
    g_autoptr(GBytes) plain = auth_seal_open(keyring, &CONTEXT, bytes, n, NULL);

    return plain && g_bytes_get_size(plain) == 4;
}

static uint32_t key_of(GBytes *sealed)
{
    gsize n = 0;
    const void *bytes = g_bytes_get_data(sealed, &n);
    uint32_t id = 0;

    assert_true(auth_seal_key_id(bytes, n, &id));
    return id;
}

static uint32_t current_of(struct auth_keyring *keyring)
{
    g_autoptr(auth_keys) keys = auth_keyring_keys(keyring);

    return auth_keys_current(keys);
}

/* ---- changing the file ---- */

static void test_keys_are_added_chosen_and_dropped(void **state)
{
    struct test_keys test;
    struct stat status;
    GError *error = NULL;
    uint32_t prepared = 0, fresh = 0;

    (void)state;
    test_keys_open(&test);
    const uint32_t first = auth_keys_current(test.keys);
    g_autoptr(auth_key_file) file = auth_key_file_open(test.path, &error);
    assert_no_error(error);
    assert_true(auth_key_file_add(file, false, &prepared, &error));
    assert_int_equal(auth_keys_current(auth_key_file_keys(file)), first);
    assert_true(auth_key_file_add(file, true, &fresh, &error));
    assert_int_equal(auth_keys_current(auth_key_file_keys(file)), fresh);
    assert_true(auth_key_file_make_current(file, prepared, &error));
    assert_false(auth_key_file_drop(file, prepared, &error));
    assert_base_error(error, BASE_ERROR_INVALID);
    assert_false(auth_key_file_drop(file, 1, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
    assert_true(auth_key_file_drop(file, first, &error));

    g_autoptr(auth_keys) read = auth_keys_load(test.path, &error);
    assert_no_error(error);
    assert_int_equal(auth_keys_count(read), 2);
    assert_int_equal(auth_keys_id(read, 0), prepared);
    assert_int_equal(auth_keys_id(read, 1), fresh);
    assert_false(auth_keys_has(read, first));
    assert_int_equal(stat(test.path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    test_keys_close(&test);
}

static void test_a_full_file_says_what_to_do(void **state)
{
    struct test_keys test;
    GError *error = NULL;
    uint32_t id = 0;

    (void)state;
    test_keys_open(&test);
    for (int i = 1; i < AUTH_KEYS_MAX; i++)
        rotate(test.path, true);
    g_autofree char *before = get(test.path);
    g_autoptr(auth_key_file) file = auth_key_file_open(test.path, &error);
    assert_false(auth_key_file_add(file, true, &id, &error));
    assert_non_null(strstr(error->message, "keys drop"));
    assert_base_error(error, BASE_ERROR_CONFLICT);
    g_autofree char *after = get(test.path);
    assert_string_equal(after, before);
    test_keys_close(&test);
}

static void test_one_at_a_time(void **state)
{
    struct test_keys test;
    GError *error = NULL;
    uint32_t id = 0;

    (void)state;
    test_keys_open(&test);
    struct auth_key_file *first = auth_key_file_open(test.path, &error);
    assert_non_null(first);
    assert_null(auth_key_file_open(test.path, &error));
    assert_base_error(error, BASE_ERROR_CONFLICT);
    /* The file that took its place is locked as well. */
    assert_true(auth_key_file_add(first, true, &id, &error));
    assert_null(auth_key_file_open(test.path, &error));
    assert_base_error(error, BASE_ERROR_CONFLICT);
    auth_key_file_close(first);
    struct auth_key_file *second = auth_key_file_open(test.path, &error);
    assert_no_error(error);
    auth_key_file_close(second);
    test_keys_close(&test);
}

static void test_a_link_keeps_pointing_to_the_file(void **state)
{
    struct test_keys test;
    GError *error = NULL;

    (void)state;
    test_keys_open(&test);
    g_autofree char *link = g_strconcat(test.path, ".link", NULL);
    assert_int_equal(symlink(test.path, link), 0);
    const uint32_t id = rotate(link, true);
    assert_true(g_file_test(link, G_FILE_TEST_IS_SYMLINK));
    g_autoptr(auth_keys) read = auth_keys_load(test.path, &error);
    assert_int_equal(auth_keys_current(read), id);
    assert_int_equal(g_unlink(link), 0);
    test_keys_close(&test);
}

static void test_what_was_interrupted_is_in_nobodys_way(void **state)
{
    struct test_keys test;

    (void)state;
    test_keys_open(&test);
    g_autofree char *rest = g_strconcat(test.path, ".new", NULL);
    put(rest, "half a key");
    rotate(test.path, true);
    assert_false(g_file_test(rest, G_FILE_TEST_EXISTS));
    test_keys_close(&test);
}

static void test_a_file_that_cannot_be_written_stays(void **state)
{
    struct test_keys test;
    GError *error = NULL;
    uint32_t id = 0;

    (void)state;
    test_keys_open(&test);
    /* A folder under the temporary name is in the way even of root. */
    g_autofree char *temporary = g_strconcat(test.path, ".new", NULL);
    g_autofree char *before = get(test.path);
    assert_int_equal(g_mkdir(temporary, 0700), 0);
    struct auth_key_file *file = auth_key_file_open(test.path, &error);
    assert_false(auth_key_file_add(file, true, &id, &error));
    assert_base_error(error, BASE_ERROR_IO);
    assert_int_equal(auth_keys_count(auth_key_file_keys(file)), 1);
    auth_key_file_close(file);
    g_autofree char *after = get(test.path);
    assert_string_equal(after, before);
    assert_int_equal(g_rmdir(temporary), 0);
    test_keys_close(&test);
}

static void test_the_owner_stays_when_root_rotates(void **state)
{
    struct test_keys test;
    struct stat status;

    (void)state;
    if (geteuid() != 0) {
        print_message("# skipped: only root writes somebody else's file\n");
        skip();
    }
    test_keys_open(&test);
    assert_int_equal(chown(test.path, 65534, 65534), 0);
    rotate(test.path, true);
    assert_int_equal(stat(test.path, &status), 0);
    assert_int_equal(status.st_uid, 65534);
    assert_int_equal(status.st_gid, 65534);
    assert_int_equal(status.st_mode & 07777, 0600);
    test_keys_close(&test);
}

static void test_replacing_keeps_what_was_there(void **state)
{
    struct test_keys test;
    GError *error = NULL;
    g_autofree char *kept = NULL;

    (void)state;
    test_keys_open(&test);
    put(test.path, "rubbish\n");
    assert_true(auth_key_file_replace(test.path, &kept, &error));
    assert_no_error(error);
    g_autofree char *old = get(kept);
    assert_string_equal(old, "rubbish\n");
    g_autoptr(auth_keys) made = auth_keys_load(test.path, &error);
    assert_no_error(error);
    assert_int_equal(auth_keys_count(made), 1);
    assert_int_not_equal(auth_keys_current(made), auth_keys_current(test.keys));
    assert_int_equal(g_unlink(kept), 0);

    g_clear_pointer(&kept, g_free);
    assert_int_equal(g_unlink(test.path), 0);
    assert_true(auth_key_file_replace(test.path, &kept, &error));
    assert_null(kept);
    test_keys_close(&test);
}

/* ---- following it ---- */

static void test_a_rotation_is_noticed(void **state)
{
    struct test_keys test;
    uint64_t before = 0, after = 0;

    (void)state;
    test_keys_open(&test);
    g_autoptr(GBytes) old = seal(test.keyring);
    assert_int_equal(key_of(old), auth_keys_current(test.keys));
    auth_keyring_look(test.keyring, &before, NULL);
    const uint32_t id = rotate(test.path, true);
    g_usleep(LOOK_US);
    g_autoptr(GBytes) fresh = seal(test.keyring);
    assert_int_equal(key_of(fresh), id);
    assert_true(opens(test.keyring, old));
    assert_true(opens(test.keyring, fresh));
    assert_int_equal(auth_keyring_look(test.keyring, &after, NULL), AUTH_KEYRING_TRUSTED);
    assert_true(after > before);
    test_keys_close(&test);
}

static void test_an_unknown_key_is_looked_for_at_once(void **state)
{
    struct test_keys test;
    GError *error = NULL;

    (void)state;
    test_keys_open(&test);
    current_of(test.keyring);
    const uint32_t id = rotate(test.path, true);
    g_autoptr(auth_keys) keys = auth_keys_load(test.path, &error);
    g_autoptr(auth_keyring) other = auth_keyring_create(keys, NULL);
    g_autoptr(GBytes) fresh = seal(other);
    assert_int_equal(key_of(fresh), id);
    assert_true(opens(test.keyring, fresh)); /* no time has passed */
    test_keys_close(&test);
}

static void test_bad_files_are_refused(void **state)
{
    static const char *const bad[] = {"", "rubbish\n", "presente-key-v1 00000000 00\n"};
    struct test_keys test;
    g_autofree char *good = NULL;

    (void)state;
    test_keys_open(&test);
    good = get(test.path);
    const uint32_t id = auth_keys_current(test.keys);
    g_autoptr(GBytes) sealed = seal(test.keyring);
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        put(test.path, bad[i]);
        g_usleep(LOOK_US);
        assert_int_equal(current_of(test.keyring), id);
        assert_true(opens(test.keyring, sealed));
        assert_int_equal(auth_keyring_look(test.keyring, NULL, NULL), AUTH_KEYRING_TRUSTED);
    }
    assert_int_equal(g_unlink(test.path), 0);
    g_usleep(LOOK_US);
    assert_int_equal(current_of(test.keyring), id);
    put(test.path, good);
    assert_int_equal(g_chmod(test.path, 0644), 0);
    g_usleep(LOOK_US);
    assert_int_equal(current_of(test.keyring), id);
    /* Mended by the mode alone, and followed again from then on. */
    assert_int_equal(g_chmod(test.path, 0600), 0);
    const uint32_t fresh = rotate(test.path, true);
    g_usleep(LOOK_US);
    assert_int_equal(current_of(test.keyring), fresh);
    test_keys_close(&test);
}

static void test_other_keys_are_doubted_until_judged(void **state)
{
    struct test_keys test, other;
    GError *error = NULL;
    uint64_t version = 0;
    g_autofree char *text = NULL, *own = NULL, *why = NULL;

    (void)state;
    test_keys_open(&test);
    test_keys_open(&other);
    own = get(test.path);
    text = get(other.path);
    put(test.path, text);
    g_usleep(LOOK_US);
    assert_int_equal(auth_keyring_look(test.keyring, &version, NULL), AUTH_KEYRING_DOUBTED);
    assert_null(auth_seal_close(test.keyring, &CONTEXT, "face", 4, &error));
    assert_base_error(error, BASE_ERROR_UNAVAILABLE);
    auth_keyring_judge(test.keyring, version - 1, NULL); /* about what is no longer there */
    assert_int_equal(auth_keyring_look(test.keyring, NULL, NULL), AUTH_KEYRING_DOUBTED);
    auth_keyring_judge(test.keyring, version, "Wrong.");
    assert_int_equal(auth_keyring_look(test.keyring, &version, &why), AUTH_KEYRING_REFUSED);
    assert_string_equal(why, "Wrong.");
    assert_null(auth_seal_close(test.keyring, &CONTEXT, "face", 4, &error));
    assert_base_error(error, BASE_ERROR_UNAVAILABLE);

    put(test.path, own);
    g_usleep(LOOK_US);
    assert_int_equal(auth_keyring_look(test.keyring, &version, NULL), AUTH_KEYRING_DOUBTED);
    auth_keyring_judge(test.keyring, version, NULL);
    g_autoptr(GBytes) sealed = seal(test.keyring);
    assert_int_equal(key_of(sealed), auth_keys_current(test.keys));
    test_keys_close(&test);
    test_keys_close(&other);
}

static void test_a_lost_file_is_taken_over_when_it_is_back(void **state)
{
    struct test_keys test;
    GError *error = NULL;
    uint64_t version = 0;
    g_autofree char *text = NULL, *why = NULL;

    (void)state;
    test_keys_open(&test);
    text = get(test.path);
    g_autoptr(GBytes) sealed = seal(test.keyring);
    assert_int_equal(g_unlink(test.path), 0);
    g_autoptr(auth_keyring) lost = auth_keyring_create_lost(test.path, "Lost.", &error);
    assert_no_error(error);
    assert_int_equal(auth_keyring_look(lost, &version, &why), AUTH_KEYRING_REFUSED);
    assert_string_equal(why, "Lost.");
    assert_null(auth_keyring_file_keys(lost));
    auth_keyring_judge(lost, version, NULL); /* nobody can make it good */
    assert_int_equal(auth_keyring_look(lost, NULL, NULL), AUTH_KEYRING_REFUSED);
    assert_false(opens(lost, sealed));
    assert_null(auth_seal_close(lost, &CONTEXT, "face", 4, &error));
    assert_base_error(error, BASE_ERROR_UNAVAILABLE);
    assert_false(g_file_test(test.path, G_FILE_TEST_EXISTS));

    put(test.path, text);
    g_usleep(LOOK_US);
    assert_int_equal(auth_keyring_look(lost, &version, NULL), AUTH_KEYRING_DOUBTED);
    assert_true(opens(lost, sealed));
    auth_keyring_judge(lost, version, NULL);
    g_autoptr(GBytes) fresh = seal(lost);
    assert_true(opens(test.keyring, fresh));
    test_keys_close(&test);
}

static void test_keys_outlive_the_keyring(void **state)
{
    struct test_keys test;
    uint8_t sub[AUTH_KEY_BYTES];

    (void)state;
    test_keys_open(&test);
    struct auth_keyring *keyring = auth_keyring_create(test.keys, test.path);
    struct auth_keys *keys = auth_keyring_keys(keyring);
    rotate(test.path, true);
    auth_keyring_destroy(keyring);
    assert_true(auth_keys_sub(keys, auth_keys_current(keys), AUTH_KEY_USE_SEAL, sub));
    auth_keys_unref(keys);
    auth_keys_unref(NULL);
    auth_keyring_destroy(NULL);
    auth_key_file_close(NULL);
    test_keys_close(&test);
}

struct crowd {
    struct auth_keyring *keyring;
    gint stop;
    gint failed;
};

static gpointer seal_and_open(gpointer data)
{
    struct crowd *crowd = data;

    while (!g_atomic_int_get(&crowd->stop)) {
        GBytes *sealed = auth_seal_close(crowd->keyring, &CONTEXT, "face", 4, NULL);
        if (!sealed || !opens(crowd->keyring, sealed))
            g_atomic_int_inc(&crowd->failed);
        g_clear_pointer(&sealed, g_bytes_unref);
    }
    return NULL;
}

static void test_threads_go_on_while_keys_rotate(void **state)
{
    struct test_keys test;
    GThread *threads[4];

    (void)state;
    test_keys_open(&test);
    struct crowd crowd = {.keyring = test.keyring};
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("seal", seal_and_open, &crowd);
    uint32_t id = 0;
    for (int i = 1; i < 4; i++) {
        id = rotate(test.path, true);
        g_usleep(LOOK_US);
        assert_int_equal(current_of(test.keyring), id);
    }
    g_atomic_int_set(&crowd.stop, 1);
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        g_thread_join(threads[i]);
    assert_int_equal(g_atomic_int_get(&crowd.failed), 0);
    test_keys_close(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys_are_added_chosen_and_dropped),
        cmocka_unit_test(test_a_full_file_says_what_to_do),
        cmocka_unit_test(test_one_at_a_time),
        cmocka_unit_test(test_a_link_keeps_pointing_to_the_file),
        cmocka_unit_test(test_what_was_interrupted_is_in_nobodys_way),
        cmocka_unit_test(test_a_file_that_cannot_be_written_stays),
        cmocka_unit_test(test_the_owner_stays_when_root_rotates),
        cmocka_unit_test(test_replacing_keeps_what_was_there),
        cmocka_unit_test(test_a_rotation_is_noticed),
        cmocka_unit_test(test_an_unknown_key_is_looked_for_at_once),
        cmocka_unit_test(test_bad_files_are_refused),
        cmocka_unit_test(test_other_keys_are_doubted_until_judged),
        cmocka_unit_test(test_a_lost_file_is_taken_over_when_it_is_back),
        cmocka_unit_test(test_keys_outlive_the_keyring),
        cmocka_unit_test(test_threads_go_on_while_keys_rotate),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
