/* The images table: one profile picture a person, one photo a template, one frame a mark; and what
 * goes when those go. */
#include "fixture.h"

#include "db/query/image.h"
#include "db/query/review.h"

#include <string.h>

static struct core_image image_of(const struct base_uuid *user_id, enum core_image_kind kind,
                                  const char *key)
{
    struct core_image image = {
        .user_id = *user_id,
        .kind = kind,
        .blob_key = (char *)key,
        .media_type = (char *)"image/jpeg",
        .size = 12345,
        .created_at = NOON + 5,
    };

    base_uuid_new(&image.id);
    for (int i = 0; i < CORE_IMAGE_DIGEST_SIZE; i++)
        image.sha256[i] = (guint8)(i * 9);
    return image;
}

static bool insert(struct fixture *fixture, const struct core_image *image, GError **error)
{
    return db_image_insert(fixture->connection, image, error);
}

static void assert_same(const struct core_image *a, const struct core_image *b)
{
    assert_true(base_uuid_equal(&a->id, &b->id));
    assert_true(base_uuid_equal(&a->user_id, &b->user_id));
    assert_true(base_uuid_equal(&a->template_id, &b->template_id));
    assert_true(base_uuid_equal(&a->attendance_id, &b->attendance_id));
    assert_int_equal(a->kind, b->kind);
    assert_string_equal(a->blob_key, b->blob_key);
    assert_string_equal(a->media_type, b->media_type);
    assert_int_equal(a->size, b->size);
    assert_memory_equal(a->sha256, b->sha256, CORE_IMAGE_DIGEST_SIZE);
    assert_int_equal(a->sealed, b->sealed);
    assert_int_equal(a->key_id, b->key_id);
    assert_true(a->created_at == b->created_at);
}

static void test_rows_come_back_whole(void **state)
{
    struct fixture *fixture = *state;
    GError *error = NULL;
    struct base_uuid user = fixture_user(fixture, "Ana", "a@uni.mx", CORE_ROLE_STUDENT, NULL);
    struct base_uuid other = fixture_user(fixture, "Bea", "b@uni.mx", CORE_ROLE_STUDENT, NULL);
    struct base_uuid face = fixture_template(fixture, &user);
    struct base_uuid mark = fixture_store_mark(fixture, &user, NULL, DAY, NOON, CORE_STATUS_LATE);
    struct core_image profile = image_of(&user, CORE_IMAGE_PROFILE, "profile/a");
    struct core_image photo = image_of(&user, CORE_IMAGE_ENROLMENT, "enrolment/b");
    struct core_image frame = image_of(&user, CORE_IMAGE_MARK, "mark/c");

    photo.template_id = face;
    photo.sealed = true;
    photo.key_id = 0xfedcba98;
    frame.attendance_id = mark;
    assert_true(insert(fixture, &profile, &error));
    assert_true(insert(fixture, &photo, &error));
    assert_true(insert(fixture, &frame, &error));
    g_autoptr(core_image) a = db_image_find_profile(fixture->connection, &user, &error);
    g_autoptr(core_image) b = db_image_find_enrolment(fixture->connection, &user, &face, &error);
    g_autoptr(core_image) c = db_image_find_mark(fixture->connection, &mark, &error);
    g_autoptr(core_image) d = db_image_find(fixture->connection, &photo.id, &error);
    assert_no_error(error);
    assert_same(a, &profile);
    assert_same(b, &photo);
    assert_same(c, &frame);
    assert_same(d, &photo);

    assert_null(db_image_find_profile(fixture->connection, &other, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
    assert_null(db_image_find_enrolment(fixture->connection, &other, &face, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
    assert_null(db_image_find_mark(fixture->connection, &other, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
    g_autoptr(GPtrArray) all = db_image_list_user(fixture->connection, &user, &error);
    assert_int_equal(all->len, 3);
}

static struct base_uuid store_review(struct fixture *fixture)
{
    g_autoptr(db_review) review = db_review_new();

    base_uuid_new(&review->id);
    review->local_day = g_strdup(DAY);
    review->reason = g_strdup("score");
    review->taken_at = review->created_at = review->updated_at = NOON;
    assert_true(db_review_insert(fixture->connection, review, NULL));
    return review->id;
}

static void test_one_of_each(void **state)
{
    struct fixture *fixture = *state;
    GError *error = NULL;
    struct base_uuid user = fixture_user(fixture, "Ana", "a@uni.mx", CORE_ROLE_STUDENT, NULL);
    struct base_uuid face = fixture_template(fixture, &user);
    struct base_uuid mark = fixture_store_mark(fixture, &user, NULL, DAY, NOON, CORE_STATUS_LATE);

    struct base_uuid review = store_review(fixture);

    for (int kind = 0; kind < CORE_IMAGE_N; kind++) {
        struct core_image first = image_of(&user, (enum core_image_kind)kind, "k/first");
        struct core_image second = image_of(&user, (enum core_image_kind)kind, "k/second");
        if (kind == CORE_IMAGE_ENROLMENT)
            first.template_id = second.template_id = face;
        if (kind == CORE_IMAGE_MARK)
            first.attendance_id = second.attendance_id = mark;
        if (kind == CORE_IMAGE_REVIEW) {
            first.review_id = second.review_id = review;
            first.user_id = second.user_id = (struct base_uuid){0};
        }
        assert_true(insert(fixture, &first, &error));
        assert_false(insert(fixture, &second, &error));
        assert_base_error(error, BASE_ERROR_CONFLICT);
        assert_true(db_image_delete(fixture->connection, &first.id, &error));
        assert_true(insert(fixture, &second, &error));
        assert_true(db_image_delete(fixture->connection, &second.id, &error));
        assert_false(db_image_delete(fixture->connection, &second.id, &error));
        assert_base_error(error, BASE_ERROR_NOT_FOUND);
    }
    /* No two rows name one blob. */
    struct core_image first = image_of(&user, CORE_IMAGE_PROFILE, "k/same");
    struct core_image second = image_of(&user, CORE_IMAGE_ENROLMENT, "k/same");
    second.template_id = face;
    assert_true(insert(fixture, &first, &error));
    assert_false(insert(fixture, &second, &error));
    assert_base_error(error, BASE_ERROR_CONFLICT);
}

static void test_what_makes_no_sense_is_refused(void **state)
{
    struct fixture *fixture = *state;
    GError *error = NULL;
    struct base_uuid nobody,
        user = fixture_user(fixture, "Ana", "a@uni.mx", CORE_ROLE_STUDENT, NULL);
    struct base_uuid face = fixture_template(fixture, &user);

    base_uuid_new(&nobody);
    struct core_image image = image_of(&nobody, CORE_IMAGE_PROFILE, "k/1");
    assert_false(insert(fixture, &image, &error));
    assert_base_error(error, BASE_ERROR_CONFLICT);
    image = image_of(&user, CORE_IMAGE_ENROLMENT, "k/2");
    assert_false(insert(fixture, &image, &error));
    assert_base_error(error, BASE_ERROR_INVALID);
    image.template_id = nobody;
    assert_false(insert(fixture, &image, &error));
    assert_base_error(error, BASE_ERROR_CONFLICT);
    image = image_of(&user, CORE_IMAGE_PROFILE, "k/3");
    image.template_id = face;
    assert_false(insert(fixture, &image, &error));
    assert_base_error(error, BASE_ERROR_INVALID);
    image = image_of(&user, CORE_IMAGE_MARK, "k/4");
    assert_false(insert(fixture, &image, &error));
    assert_base_error(error, BASE_ERROR_INVALID);
    image = image_of(&user, CORE_IMAGE_PROFILE, "k/5");
    image.size = 0;
    assert_false(insert(fixture, &image, &error));
    assert_base_error(error, BASE_ERROR_INVALID);
    assert_int_equal(fixture_count(fixture->connection, "SELECT COUNT(*) FROM images"), 0);
}

static void test_rows_go_with_what_they_belong_to(void **state)
{
    struct fixture *fixture = *state;
    GError *error = NULL;
    struct base_uuid user = fixture_user(fixture, "Ana", "a@uni.mx", CORE_ROLE_STUDENT, NULL);
    struct base_uuid one = fixture_template(fixture, &user), two = fixture_template(fixture, &user);
    struct base_uuid mark = fixture_store_mark(fixture, &user, NULL, DAY, NOON, CORE_STATUS_LATE);
    struct core_image profile = image_of(&user, CORE_IMAGE_PROFILE, "profile/a");
    struct core_image first = image_of(&user, CORE_IMAGE_ENROLMENT, "enrolment/a");
    struct core_image second = image_of(&user, CORE_IMAGE_ENROLMENT, "enrolment/b");
    struct core_image frame = image_of(&user, CORE_IMAGE_MARK, "mark/a");

    first.template_id = one;
    second.template_id = two;
    frame.attendance_id = mark;
    assert_true(insert(fixture, &profile, &error) && insert(fixture, &first, &error) &&
                insert(fixture, &second, &error) && insert(fixture, &frame, &error));
    assert_true(db_template_delete(fixture->connection, &user, &one, &error));
    assert_null(db_image_find(fixture->connection, &first.id, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
    g_autoptr(GPtrArray) left = db_image_list_user(fixture->connection, &user, &error);
    assert_int_equal(left->len, 3);
    /* An erased person keeps the marks, and no picture. */
    assert_true(db_user_erase(fixture->connection, &user, DAY, NOON, &error));
    assert_int_equal(fixture_count(fixture->connection, "SELECT COUNT(*) FROM images"), 0);
    assert_int_equal(fixture_count(fixture->connection, "SELECT COUNT(*) FROM attendance"), 1);
}

static void test_pages_and_keys(void **state)
{
    struct fixture *fixture = *state;
    GError *error = NULL;
    enum { N = 25, PAGE = 10 };
    struct base_uuid user = fixture_user(fixture, "Ana", "a@uni.mx", CORE_ROLE_STUDENT, NULL);
    struct base_uuid after = {0};
    guint seen = 0;

    for (int i = 0; i < N; i++) {
        struct base_uuid face = fixture_template(fixture, &user);
        g_autofree char *key = g_strdup_printf("enrolment/%d", i);
        struct core_image image = image_of(&user, CORE_IMAGE_ENROLMENT, key);
        image.template_id = face;
        image.sealed = i % 5 != 0; /* five are not */
        image.key_id = image.sealed ? (i % 2 ? 7 : 8) : 0;
        assert_true(insert(fixture, &image, &error));
    }
    for (guint n = PAGE; n == PAGE;) {
        g_autoptr(GPtrArray) page = db_image_list(fixture->connection, &after, PAGE, &error);
        assert_no_error(error);
        n = page->len;
        seen += n;
        for (guint i = 0; i < n; i++) {
            const struct core_image *image = page->pdata[i];
            assert_true(base_uuid_compare(&after, &image->id) < 0);
            after = image->id;
        }
    }
    assert_int_equal(seen, N);
    after = (struct base_uuid){0};
    g_autoptr(GPtrArray) others =
        db_image_list_sealed_otherwise(fixture->connection, 7, &after, 100, &error);
    assert_int_equal(others->len, 10);
    for (guint i = 0; i < others->len; i++)
        assert_int_equal(((struct core_image *)others->pdata[i])->key_id, 8);

    const struct core_image *first = others->pdata[0];
    assert_false(db_image_replace_blob(fixture->connection, &first->id, "enrolment/none", "new/1",
                                       true, 7, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
    assert_true(db_image_replace_blob(fixture->connection, &first->id, first->blob_key, "new/1",
                                      true, 7, &error));
    g_autoptr(core_image) changed = db_image_find(fixture->connection, &first->id, &error);
    assert_string_equal(changed->blob_key, "new/1");
    assert_int_equal(changed->key_id, 7);
    bool named = false;
    assert_true(db_image_names_blob(fixture->connection, "new/1", &named, &error) && named);
    assert_true(db_image_names_blob(fixture->connection, first->blob_key, &named, &error));
    assert_false(named);
}

static void test_old_frames(void **state)
{
    struct fixture *fixture = *state;
    GError *error = NULL;
    struct base_uuid user = fixture_user(fixture, "Ana", "a@uni.mx", CORE_ROLE_STUDENT, NULL);
    gint64 count = 0;

    for (int i = 0; i < 5; i++) {
        g_autofree char *day = g_strdup_printf("2026-03-%02d", 10 + i);
        g_autofree char *key = g_strdup_printf("mark/%d", i);
        struct base_uuid mark =
            fixture_store_mark(fixture, &user, NULL, day, NOON, CORE_STATUS_PRESENT);
        struct core_image frame = image_of(&user, CORE_IMAGE_MARK, key);
        frame.attendance_id = mark;
        frame.created_at = NOON + i;
        assert_true(insert(fixture, &frame, &error));
    }
    struct core_image profile = image_of(&user, CORE_IMAGE_PROFILE, "profile/a");
    profile.created_at = NOON;
    assert_true(insert(fixture, &profile, &error));
    assert_true(db_image_count_marks_before(fixture->connection, NOON + 3, &count, &error));
    assert_int_equal(count, 3);
    g_autoptr(GPtrArray) old = db_image_list_marks_before(fixture->connection, NOON + 3, 2, &error);
    assert_int_equal(old->len, 2);
    assert_string_equal(((struct core_image *)old->pdata[0])->blob_key, "mark/0");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_rows_come_back_whole),
        TEST(test_one_of_each),
        TEST(test_what_makes_no_sense_is_refused),
        TEST(test_rows_go_with_what_they_belong_to),
        TEST(test_pages_and_keys),
        TEST(test_old_frames),
    };
    return cmocka_run_group_tests_name("db image", tests, NULL, NULL);
}
