/* Collecting what nothing names, checking what is stored, sealing it with a new key. */
#include "store.h"

#include "auth/key_file.h"
#include "db/driver.h"
#include "db/query/image.h"

#include <glib/gstdio.h>
#include <string.h>

enum { HOURS_2 = 7200 };

static void set_profiles(struct store *s, struct base_uuid *people, size_t n)
{
    GError *error = NULL;
    const struct recognise_picture wall = sample_wall();

    for (size_t i = 0; i < n; i++) {
        g_autofree char *name = g_strdup_printf("person%zu", i);
        people[i] = store_student(s, name);
        assert_true(
            service_image_profile_set(s->service, &s->fixture->admin, &people[i], &wall, &error));
    }
}

static struct service_images_swept gc(struct store *s, bool dry_run)
{
    GError *error = NULL;
    struct service_images_swept swept;

    if (!service_images_gc(s->service, dry_run, &swept, &error))
        fail_msg("%s", error->message);
    return swept;
}

static void age_all(struct store *s)
{
    g_autoptr(GPtrArray) files = store_files(s);

    for (guint i = 0; i < files->len; i++)
        store_age(files->pdata[i], HOURS_2);
}

/* The key of this installation; every other one is somebody else's. */
static char *own_key(struct store *s, const char *name)
{
    char id[BASE_UUID_TEXT_SIZE];

    base_uuid_format(&s->fixture->admin.institution_id, id);
    return g_strconcat(id, "/", name, NULL);
}

/* As a program leaves it that ends between putting a picture and committing its row. */
static void put_orphan(struct store *s, const char *name)
{
    GError *error = NULL;
    g_autofree char *key = own_key(s, name);

    if (!blob_put(s->blobs, key, "orphan", 6, &error))
        fail_msg("%s", error->message);
}

static void test_orphans_are_collected_after_an_hour(void **state)
{
    struct store *s = *state;
    struct base_uuid people[3];
    GError *error = NULL;

    assert_int_equal(gc(s, false).blobs, 0); /* there is no folder yet */
    set_profiles(s, people, 3);
    put_orphan(s, "enrolment/crashed");
    put_orphan(s, "profile/crashed");
    assert_int_equal(gc(s, false).blobs, 0);
    age_all(s);
    put_orphan(s, "enrolment/under-way");
    g_autofree char *leftover = g_build_filename(s->root, ".new", "leftover", NULL);
    assert_true(g_file_set_contents(leftover, "half", -1, NULL));
    store_age(leftover, HOURS_2);
    struct service_images_swept swept = gc(s, true);
    assert_int_equal(swept.blobs, 2);
    assert_int_equal(swept.uploads, 1);
    assert_int_equal(store_files_n(s), 6);
    swept = gc(s, false);
    assert_int_equal(swept.blobs, 2);
    assert_int_equal(swept.uploads, 1);
    assert_int_equal(store_files_n(s), 4);
    assert_false(g_file_test(leftover, G_FILE_TEST_EXISTS));
    g_autofree char *under_way = own_key(s, "enrolment/under-way");
    g_autoptr(GBytes) young = blob_get(s->blobs, under_way, NULL, NULL, &error);
    assert_non_null(young);
    g_autoptr(GPtrArray) findings = g_ptr_array_new_with_free_func(g_free);
    gint64 checked = 0;
    assert_true(service_images_check(s->service, findings, &checked, &error));
    assert_int_equal(checked, 3);
    assert_int_equal(findings->len, 0);
}

/* A new database in the place of another finds the other's pictures, and has no row for any. */
static void test_pictures_of_another_installation_stay(void **state)
{
    struct store *s = *state;
    struct base_uuid people[1];
    GError *error = NULL;

    assert_true(
        blob_put(s->blobs, "0198a1b2-c3d4-7000-8000-00000000beef/profile/x", "theirs", 6, &error));
    assert_true(blob_put(s->blobs, "stray", "theirs", 6, &error));
    set_profiles(s, people, 1);
    age_all(s);
    assert_int_equal(gc(s, false).blobs, 0);
    assert_int_equal(store_files_n(s), 3);
}

static void test_frames_go_after_their_days(void **state)
{
    struct store *s = *state;
    struct fixture *f = s->fixture;
    struct service_images_options options = STORE_OPTIONS;
    GError *error = NULL;
    const struct base_uuid ana = store_student(s, "ana");

    options.mark_frame_days = 10;
    store_reopen(s, &options);
    g_autoptr(db_connection) connection = db_acquire(f->db, &error);
    for (int age = 8; age < 13; age++) {
        g_autofree char *day = g_strdup_printf("2026-03-%02d", age);
        g_autofree char *name = g_strdup_printf("mark/%d", age);
        g_autofree char *key = own_key(s, name);
        struct core_image frame = {
            .user_id = ana,
            .kind = CORE_IMAGE_MARK,
            .attendance_id = fixture_mark(f, &ana, day, CORE_STATUS_PRESENT),
            .blob_key = key,
            .media_type = (char *)"image/jpeg",
            .size = 6,
            .created_at = base_time_now() - age * 86400 * BASE_TIME_SECOND - 60 * BASE_TIME_SECOND,
        };
        base_uuid_new(&frame.id);
        put_orphan(s, name);
        assert_true(db_image_insert(connection, &frame, &error));
    }
    g_clear_pointer(&connection, db_release);
    assert_int_equal(gc(s, true).frames, 3);
    assert_int_equal(store_files_n(s), 5);
    assert_int_equal(gc(s, false).frames, 3);
    assert_int_equal(store_files_n(s), 2);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM images"), 2);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM attendance"), 5);
}

static void test_check_finds_what_is_wrong(void **state)
{
    struct store *s = *state;
    struct base_uuid people[4];
    GError *error = NULL;
    g_autoptr(GPtrArray) findings = g_ptr_array_new_with_free_func(g_free);

    set_profiles(s, people, 4);
    g_autoptr(GPtrArray) files = store_files(s);
    g_autofree char *one = NULL;
    gsize size;
    assert_true(g_file_get_contents(files->pdata[0], &one, &size, NULL));
    /* One is gone, one was changed, and one is somebody else's. */
    assert_int_equal(g_unlink(files->pdata[1]), 0);
    assert_true(g_file_set_contents(files->pdata[2], one, (gssize)size, NULL));
    one[size / 2] ^= 1;
    assert_true(g_file_set_contents(files->pdata[0], one, (gssize)size, NULL));
    assert_true(service_images_check(s->service, findings, NULL, &error));
    assert_int_equal(findings->len, 3);
    guint missing = 0;
    for (guint i = 0; i < findings->len; i++) {
        missing += strstr(findings->pdata[i], "missing") != NULL;
        assert_null(strchr(findings->pdata[i], '/'));
    }
    assert_int_equal(missing, 1);
    store_break(s);
    assert_false(service_images_check(s->service, findings, NULL, &error));
    assert_base_error(error, BASE_ERROR_UNAVAILABLE);
    store_mend(s);
}

/* Unsealed pictures are checked by their digest. */
static void test_check_of_plain_pictures(void **state)
{
    struct store *s = *state;
    struct base_uuid people[2];
    struct service_images_options options = STORE_OPTIONS;
    GError *error = NULL;
    g_autoptr(GPtrArray) findings = g_ptr_array_new_with_free_func(g_free);

    options.sealed = false;
    store_reopen(s, &options);
    set_profiles(s, people, 2);
    assert_true(service_images_check(s->service, findings, NULL, &error));
    assert_int_equal(findings->len, 0);
    g_autoptr(GPtrArray) files = store_files(s);
    g_autofree char *content = NULL;
    gsize size;
    assert_true(g_file_get_contents(files->pdata[0], &content, &size, NULL));
    content[size / 2] ^= 1;
    assert_true(g_file_set_contents(files->pdata[0], content, (gssize)size, NULL));
    assert_true(service_images_check(s->service, findings, NULL, &error));
    assert_int_equal(findings->len, 1);
}

static uint32_t rotate_key(struct store *s)
{
    GError *error = NULL;
    uint32_t id = 0;
    g_autoptr(auth_key_file) file = auth_key_file_open(s->fixture->key_path, &error);

    assert_true(auth_key_file_add(file, true, &id, &error));
    g_usleep((AUTH_KEYRING_LOOK_MS + 50) * 1000);
    return id;
}

static void test_resealing_with_a_new_key(void **state)
{
    struct store *s = *state;
    struct base_uuid people[5];
    struct service_images_options plain = STORE_OPTIONS;
    GError *error = NULL;
    gint64 resealed = 0, failed = 0;

    set_profiles(s, people, 3);
    plain.sealed = false;
    store_reopen(s, &plain);
    const struct recognise_picture wall = sample_wall();
    people[3] = store_student(s, "plain");
    assert_true(
        service_image_profile_set(s->service, &s->fixture->admin, &people[3], &wall, &error));
    store_reopen(s, &STORE_OPTIONS);
    assert_true(service_images_reseal(s->service, &resealed, &failed, &error));
    assert_int_equal(resealed, 0);

    const uint32_t id = rotate_key(s);
    g_autoptr(GPtrArray) before = store_files(s);
    assert_true(service_images_reseal(s->service, &resealed, &failed, &error));
    assert_int_equal(resealed, 3);
    assert_int_equal(failed, 0);
    assert_int_equal(store_files_n(s), 4);
    guint gone = 0;
    for (guint i = 0; i < before->len; i++)
        gone += !g_file_test(before->pdata[i], G_FILE_TEST_EXISTS);
    assert_int_equal(gone, 3);
    for (int i = 0; i < 4; i++) {
        g_autoptr(core_image) image =
            service_image_profile(s->service, &s->fixture->admin, &people[i], &error);
        assert_int_equal(image->sealed, i < 3);
        assert_int_equal(image->key_id, i < 3 ? id : 0);
        g_autoptr(GBytes) bytes = service_image_read(s->service, image, &error);
        assert_non_null(bytes);
    }
    assert_true(service_images_reseal(s->service, &resealed, &failed, &error));
    assert_int_equal(resealed, 0);
}

struct meanwhile {
    struct store *store;
    uint32_t id; /* of the new key, once the rotation has happened */
};

/* Rotates in the middle of the transaction that names the picture. */
static void rotate_meanwhile(struct db_connection *connection, const char *sql,
                             const struct db_value *values, gsize n, gpointer data)
{
    struct meanwhile *meanwhile = data;

    (void)connection, (void)values, (void)n;
    if (meanwhile->id == 0 && strstr(sql, "WHERE i.profile_of = ?"))
        meanwhile->id = rotate_key(meanwhile->store);
}

/* Or it would turn up after the older key was found to seal nothing and was dropped. */
static void test_no_picture_is_stored_with_an_older_key(void **state)
{
    struct store *s = *state;
    struct meanwhile meanwhile = {.store = s};
    struct base_uuid id;
    GError *error = NULL;

    struct db_connection *connection = db_acquire(s->fixture->db, &error);
    connection->observer = rotate_meanwhile;
    connection->observer_data = &meanwhile;
    db_release(connection);
    set_profiles(s, &id, 1);
    assert_int_not_equal(meanwhile.id, 0);
    g_autoptr(core_image) image =
        service_image_profile(s->service, &s->fixture->admin, &id, &error);
    assert_int_equal(image->key_id, meanwhile.id);
    assert_int_equal(store_files_n(s), 1);
}

/* Without the key nothing is shown or sealed, and nothing is taken for damaged; deleting works. */
static void test_a_lost_key(void **state)
{
    struct store *s = *state;
    struct base_uuid people[1];
    GError *error = NULL;
    const struct recognise_picture wall = sample_wall();
    struct auth_keyring *good = s->fixture->keys;
    g_autofree char *nowhere = g_strconcat(s->fixture->key_path, ".gone", NULL);

    set_profiles(s, people, 1);
    s->fixture->keys = auth_keyring_create_lost(nowhere, "The key file is gone.", &error);
    store_reopen(s, &STORE_OPTIONS);
    g_autoptr(core_image) image =
        service_image_profile(s->service, &s->fixture->admin, &people[0], &error);
    assert_null(service_image_read(s->service, image, &error));
    assert_base_error(error, BASE_ERROR_UNAVAILABLE);
    assert_false(
        service_image_profile_set(s->service, &s->fixture->admin, &people[0], &wall, &error));
    assert_base_error(error, BASE_ERROR_UNAVAILABLE);
    assert_int_equal(store_files_n(s), 1);
    assert_true(service_image_profile_delete(s->service, &s->fixture->admin, &people[0], &error));
    assert_int_equal(store_files_n(s), 0);
    service_destroy(g_steal_pointer(&s->service));
    auth_keyring_destroy(s->fixture->keys);
    s->fixture->keys = good;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_orphans_are_collected_after_an_hour),
        TEST(test_pictures_of_another_installation_stay),
        TEST(test_frames_go_after_their_days),
        TEST(test_check_finds_what_is_wrong),
        TEST(test_check_of_plain_pictures),
        TEST(test_resealing_with_a_new_key),
        TEST(test_no_picture_is_stored_with_an_older_key),
        TEST(test_a_lost_key),
    };
    return cmocka_run_group_tests_name("service upkeep", tests, NULL, NULL);
}
