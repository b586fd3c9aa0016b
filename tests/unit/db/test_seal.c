/* What is sealed with which key. */
#include "fixture.h"

#include "db/query/image.h"
#include "db/query/seal.h"

#define assert_same_id(a, b) assert_true(base_uuid_equal(&(a), &(b)))

static void test_seals(void **state)
{
    struct fixture *fixture = *state;
    struct db_connection *connection = fixture->connection;
    const struct base_uuid start = {0};
    GError *error = NULL;
    struct base_uuid ana = fixture_user(fixture, "Ana", "a@uni.mx", CORE_ROLE_STUDENT, NULL);
    struct base_uuid first = fixture_template(fixture, &ana);
    struct base_uuid second = fixture_template(fixture, &ana);
    gint64 before, after, left;
    bool done = true;

    g_autoptr(GPtrArray) page = db_seal_templates(connection, &start, 1, &error);
    assert_int_equal(page->len, 1);
    const struct core_template *face = page->pdata[0];
    assert_same_id(face->id, first);
    assert_same_id(face->user_id, ana);
    assert_string_equal(face->model, "model-1");
    g_autoptr(GPtrArray) rest = db_seal_templates(connection, &first, 9, &error);
    assert_int_equal(rest->len, 1);
    assert_same_id(((struct core_template *)rest->pdata[0])->id, second);

    /* Only what still stands is replaced or deleted, and a seal is no change of a face. */
    g_autoptr(GBytes) other = g_bytes_new("other", 5);
    assert_true(db_face_revision(connection, &before, &error));
    assert_true(db_seal_template_replace(connection, &first, other, other, &done, &error));
    assert_false(done);
    assert_true(db_seal_template_replace(connection, &first, face->sealed, other, &done, &error));
    assert_true(done);
    assert_true(db_face_revision(connection, &after, &error));
    assert_int_equal(after, before);
    assert_true(db_seal_template_delete(connection, face, &done, &error));
    assert_false(done);
    assert_true(db_seal_template_delete(connection, rest->pdata[0], &done, &error));
    assert_true(done);
    assert_true(db_face_revision(connection, &after, &error));
    assert_int_equal(after, before + 1);
    assert_true(db_template_count(connection, &left, NULL, &error));
    assert_int_equal(left, 1);
    assert_true(db_seal_fence(connection, &error));
    assert_true(db_face_revision(connection, &after, &error));
    assert_int_equal(after, before + 2);

    g_autoptr(GArray) images = db_seal_images(connection, &error);
    assert_non_null(images);
    assert_int_equal(images->len, 0);
    assert_true(db_seal_images_delete(connection, 1, &left, &error));
    assert_int_equal(left, 0);
}

/* A profile picture of the fixture, and the path to it in the person's row. */
static struct base_uuid person_with_picture(struct fixture *fixture, const char *email,
                                            const char *url, guint32 key_id)
{
    struct db_connection *connection = fixture->connection;
    struct base_uuid id = fixture_user(fixture, "Ana", email, CORE_ROLE_STUDENT, NULL);
    g_autofree char *key = g_strconcat("profile/", email, NULL);
    struct core_image image = {
        .user_id = id,
        .kind = CORE_IMAGE_PROFILE,
        .blob_key = key,
        .media_type = (char *)"image/jpeg",
        .size = 1,
        .sealed = true,
        .key_id = key_id,
        .created_at = NOON,
    };
    g_autoptr(core_user) user = db_user_find(connection, &id, NULL);

    base_uuid_new(&image.id);
    user->profile_image_url = g_strdup(url);
    assert_true(db_user_update(connection, user, DAY, NULL));
    assert_true(db_image_insert(connection, &image, NULL));
    return id;
}

static void test_pictures_of_a_lost_key_go_with_their_paths(void **state)
{
    struct fixture *fixture = *state;
    struct base_uuid here = person_with_picture(fixture, "a@uni.mx", "/users/x/image", 1);
    struct base_uuid elsewhere = person_with_picture(fixture, "b@uni.mx", "https://x.mx/b", 1);
    struct base_uuid other = person_with_picture(fixture, "c@uni.mx", "/users/y/image", 2);
    gint64 deleted;

    assert_true(db_seal_images_delete(fixture->connection, 1, &deleted, NULL));
    assert_int_equal(deleted, 2);
    g_autoptr(core_user) first = db_user_find(fixture->connection, &here, NULL);
    g_autoptr(core_user) second = db_user_find(fixture->connection, &elsewhere, NULL);
    g_autoptr(core_user) third = db_user_find(fixture->connection, &other, NULL);
    assert_null(first->profile_image_url);
    assert_string_equal(second->profile_image_url, "https://x.mx/b");
    assert_string_equal(third->profile_image_url, "/users/y/image");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_seals),
        TEST(test_pictures_of_a_lost_key_go_with_their_paths),
    };

    return cmocka_run_group_tests_name("db_seal", tests, NULL, NULL);
}
