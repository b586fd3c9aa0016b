/* Which pictures are kept, what of them, who sees them, and when they go. */
#include "store.h"

#include "face/image_write.h"

#include <glib/gstdio.h>
#include <string.h>

static gint64 count(struct store *s, const char *sql)
{
    return fixture_count(s->fixture, sql);
}

static gint64 images(struct store *s)
{
    return count(s, "SELECT COUNT(*) FROM images");
}

static gint64 templates(struct store *s)
{
    return count(s, "SELECT COUNT(*) FROM face_templates");
}

static void decode(GBytes *bytes, struct face_image *image)
{
    GError *error = NULL;
    gsize size;
    const void *data = g_bytes_get_data(bytes, &size);

    assert_true(store_is_jpeg(data, size));
    assert_true(face_image_decode(data, size, NULL, image, &error));
}

/* A sample photo with an EXIF segment that turns it and tells a place. */
static GBytes *photo_with_exif(unsigned who, unsigned take, int orientation)
{
    static const char TIFF[] = "MM\0*\0\0\0\x08\0\1\x01\x12\0\3\0\0\0\1\0";
    const struct recognise_picture photo = sample_photo(who, take);
    GByteArray *bytes = g_byte_array_new();
    GByteArray *segment = g_byte_array_new();
    const guint8 rest[] = {(guint8)orientation, 0, 0, 0, 0, 0, 0};

    g_byte_array_append(segment, (const guint8 *)"Exif\0", 6);
    g_byte_array_append(segment, (const guint8 *)TIFF, sizeof TIFF - 1);
    g_byte_array_append(segment, rest, sizeof rest);
    g_byte_array_append(segment, (const guint8 *)"GPS 20.97 N 89.62 W", 19);
    const guint8 head[] = {0xff, 0xd8, 0xff, 0xe1, 0, (guint8)(segment->len + 2)};
    g_byte_array_append(bytes, head, sizeof head);
    g_byte_array_append(bytes, segment->data, segment->len);
    g_byte_array_append(bytes, (const guint8 *)photo.data + 2, (guint)photo.size - 2);
    g_byte_array_unref(segment);
    return g_byte_array_free_to_bytes(bytes);
}

static GBytes *read_face(struct store *s, const struct service_identity *identity,
                         const struct base_uuid *user_id, const struct base_uuid *face_id,
                         GError **error)
{
    g_autoptr(core_image) image = service_image_face(s->service, identity, user_id, face_id, error);

    return image ? service_image_read(s->service, image, error) : NULL;
}

static GBytes *read_profile(struct store *s, const struct service_identity *identity,
                            const struct base_uuid *user_id, GError **error)
{
    g_autoptr(core_image) image = service_image_profile(s->service, identity, user_id, error);

    return image ? service_image_read(s->service, image, error) : NULL;
}

static char *profile_url(struct store *s, const struct base_uuid *user_id)
{
    g_autoptr(core_user) user = service_user_find(s->service, &s->fixture->admin, user_id, NULL);

    return g_strdup(user->profile_image_url);
}

/* ---- enrolment ---- */

static void test_enrolment_photos_are_kept_sealed(void **state)
{
    struct store *s = *state;
    GError *error = NULL;

    if (!fixture_has_faces(s->fixture))
        skip();
    const struct base_uuid ana = store_student(s, "ana"), bea = store_student(s, "bea");
    const struct service_identity self = fixture_identity(s->fixture, &ana);
    const struct service_identity other = fixture_identity(s->fixture, &bea);
    store_enrol(s, &ana, 0);
    assert_int_equal(images(s), 3);
    g_autoptr(GPtrArray) files = store_files(s);
    assert_int_equal(files->len, 3);
    for (guint i = 0; i < files->len; i++) {
        g_autofree char *content = NULL;
        gsize size;
        assert_true(g_file_get_contents(files->pdata[i], &content, &size, NULL));
        assert_false(store_is_jpeg(content, size));
        assert_null(memmem(content, size, "JFIF", 4));
    }
    g_autoptr(GPtrArray) faces = service_faces_list(s->service, &self, &ana, &error);
    for (guint i = 0; i < faces->len; i++) {
        const struct core_template *face = faces->pdata[i];
        struct face_image image;
        g_autoptr(GBytes) bytes = read_face(s, &self, &ana, &face->id, &error);
        assert_no_error(error);
        decode(bytes, &image);
        assert_true(MAX(image.width, image.height) <= 1280);
        face_image_finish(&image);
        assert_null(read_face(s, &other, &ana, &face->id, &error));
        assert_base_error(error, BASE_ERROR_FORBIDDEN);
        assert_null(read_face(s, &self, &ana, &ana, &error));
        assert_base_error(error, BASE_ERROR_NOT_FOUND);
    }
}

static void test_plain_and_not_at_all(void **state)
{
    struct store *s = *state;
    struct service_images_options options = STORE_OPTIONS;

    if (!fixture_has_faces(s->fixture))
        skip();
    const struct base_uuid ana = store_student(s, "ana"), bea = store_student(s, "bea");
    options.sealed = false;
    store_reopen(s, &options);
    store_enrol(s, &ana, 0);
    g_autoptr(GPtrArray) files = store_files(s);
    assert_int_equal(files->len, 3);
    for (guint i = 0; i < files->len; i++) {
        g_autofree char *content = NULL;
        gsize size;
        assert_true(g_file_get_contents(files->pdata[i], &content, &size, NULL));
        assert_true(store_is_jpeg(content, size));
    }
    options.keep_enrolment = false;
    store_reopen(s, &options);
    store_enrol(s, &bea, 1);
    assert_int_equal(store_files_n(s), 3);
    assert_int_equal(templates(s), 6);
}

/* Places and devices stay behind, and the picture is upright without EXIF saying so. */
static void test_exif_is_left_behind(void **state)
{
    struct store *s = *state;
    GError *error = NULL;
    struct face_image plain, turned;

    const struct base_uuid ana = store_student(s, "ana");
    if (!fixture_has_faces(s->fixture))
        skip();
    const struct recognise_picture photo = sample_photo(0, 0);
    assert_true(face_image_decode(photo.data, photo.size, NULL, &plain, &error));
    g_autoptr(GBytes) sent = photo_with_exif(0, 0, 6);
    struct recognise_picture picture;
    picture.data = g_bytes_get_data(sent, &picture.size);
    assert_non_null(memmem(picture.data, picture.size, "GPS 20.97", 9));
    /* Lying on its side no face is found, so the whole picture is kept. */
    assert_true(service_image_profile_set(s->service, &s->fixture->admin, &ana, &picture, &error));
    g_autoptr(GBytes) kept = read_profile(s, &s->fixture->admin, &ana, &error);
    gsize size;
    const void *data = g_bytes_get_data(kept, &size);
    assert_null(memmem(data, size, "GPS", 3));
    assert_null(memmem(data, size, "Exif", 4));
    decode(kept, &turned);
    assert_true((plain.width > plain.height) == (turned.height > turned.width));
    face_image_finish(&plain);
    face_image_finish(&turned);
}

static void test_a_store_that_fails_fails_the_enrolment(void **state)
{
    struct store *s = *state;
    GError *error = NULL;
    struct recognise_picture photos[3];
    struct service_enrolment enrolment;
    struct service_registration made;
    const struct service_user_input input = {
        .fields = SERVICE_USER_NAME | SERVICE_USER_EMAIL,
        .name = "Carla",
        .email = "carla@uni.edu",
        .password = PASSWORD,
        .consent_version = 1,
    };

    if (!fixture_has_faces(s->fixture))
        skip();
    const struct base_uuid ana = store_student(s, "ana");
    const gint64 people = count(s, "SELECT COUNT(*) FROM users");
    sample_photos(0, photos);
    store_break(s);
    assert_false(
        service_enrol(s->service, &s->fixture->admin, &ana, photos, 3, NULL, &enrolment, &error));
    assert_null(strchr(error->message, '/'));
    assert_base_error(error, BASE_ERROR_UNAVAILABLE);
    assert_false(enrolment.stored);
    assert_false(service_user_create(s->service, &s->fixture->admin, &input, photos, 3, NULL, &made,
                                     &error));
    assert_base_error(error, BASE_ERROR_UNAVAILABLE);
    assert_false(service_user_register(s->service, &input, photos, 3, &made, &error));
    assert_base_error(error, BASE_ERROR_UNAVAILABLE);
    assert_int_equal(templates(s), 0);
    assert_int_equal(images(s), 0);
    assert_int_equal(count(s, "SELECT COUNT(*) FROM users"), people);
    assert_false(recognise_person_exists(s->fixture->recogniser, &ana));
    store_mend(s);
    store_enrol(s, &ana, 0);
    assert_int_equal(store_files_n(s), 3);
}

static void test_refused_photos_leave_nothing(void **state)
{
    struct store *s = *state;
    GError *error = NULL;
    struct recognise_picture photos[3];
    struct service_enrolment enrolment;

    if (!fixture_has_faces(s->fixture))
        skip();
    const struct base_uuid ana = store_student(s, "ana"), bea = store_student(s, "bea");
    store_enrol(s, &ana, 0);
    /* The same face once more is held, with its photos. */
    sample_photos(0, photos);
    assert_true(
        service_enrol(s->service, &s->fixture->admin, &bea, photos, 3, NULL, &enrolment, &error));
    assert_true(enrolment.held);
    assert_int_equal(store_files_n(s), 6);
    assert_true(service_faces_delete(s->service, &s->fixture->admin, &bea, NULL, NULL, &error));
    assert_int_equal(store_files_n(s), 3);
    photos[1] = sample_wall();
    assert_true(
        service_enrol(s->service, &s->fixture->admin, &bea, photos, 3, NULL, &enrolment, &error));
    assert_false(enrolment.stored);
    assert_int_equal(store_files_n(s), 3);
    assert_int_equal(images(s), 3);
}

static void test_pictures_go_with_faces_and_people(void **state)
{
    struct store *s = *state;
    GError *error = NULL;

    if (!fixture_has_faces(s->fixture))
        skip();
    const struct base_uuid ana = store_student(s, "ana"), bea = store_student(s, "bea");
    store_enrol(s, &ana, 0);
    store_enrol(s, &bea, 1);
    store_profile(s, &ana, 0);
    assert_int_equal(store_files_n(s), 7);
    g_autoptr(GPtrArray) faces = service_faces_list(s->service, &s->fixture->admin, &ana, &error);
    const struct core_template *face = faces->pdata[0];
    assert_true(
        service_faces_delete(s->service, &s->fixture->admin, &ana, &face->id, NULL, &error));
    assert_int_equal(store_files_n(s), 6);
    assert_true(service_faces_delete(s->service, &s->fixture->admin, &ana, NULL, NULL, &error));
    assert_int_equal(store_files_n(s), 4);
    assert_true(service_user_delete(s->service, &s->fixture->admin, &ana, &error));
    assert_int_equal(store_files_n(s), 3);
    assert_true(service_user_delete(s->service, &s->fixture->admin, &bea, &error));
    assert_int_equal(store_files_n(s), 0);
    assert_int_equal(images(s), 0);
}

/* What cannot be deleted now is no reason to keep somebody's data. */
static void test_erasing_works_without_the_store(void **state)
{
    struct store *s = *state;
    GError *error = NULL;
    const struct base_uuid ana = store_student(s, "ana");

    const struct recognise_picture wall = sample_wall();
    assert_true(service_image_profile_set(s->service, &s->fixture->admin, &ana, &wall, &error));
    store_break(s);
    assert_true(service_user_delete(s->service, &s->fixture->admin, &ana, &error));
    store_mend(s);
    assert_int_equal(images(s), 0);
    assert_int_equal(store_files_n(s), 1);
}

/* ---- profile pictures ---- */

static void test_profile_is_set_replaced_and_deleted(void **state)
{
    struct store *s = *state;
    GError *error = NULL;
    char id[BASE_UUID_TEXT_SIZE];
    const struct base_uuid ana = store_student(s, "ana");
    const struct service_identity self = fixture_identity(s->fixture, &ana);
    const struct recognise_picture wall = sample_wall();
    struct face_image image;

    assert_true(service_image_profile_set(s->service, &self, &ana, &wall, &error));
    g_autofree char *url = profile_url(s, &ana);
    g_autofree char *path = g_strdup_printf("/users/%s/image", base_uuid_format(&ana, id));
    assert_string_equal(url, path);
    g_autoptr(GBytes) first = read_profile(s, &self, &ana, &error);
    decode(first, &image);
    assert_int_equal(image.width, 320); /* never enlarged */
    assert_int_equal(image.height, 240);
    face_image_finish(&image);
    if (fixture_has_faces(s->fixture)) {
        store_profile(s, &ana, 0);
        g_autoptr(GBytes) second = read_profile(s, &self, &ana, &error);
        decode(second, &image);
        assert_int_equal(image.width, image.height);
        assert_true(image.width <= 512);
        face_image_finish(&image);
        assert_false(g_bytes_equal(first, second));
    }
    assert_int_equal(images(s), 1);
    assert_int_equal(store_files_n(s), 1);
    assert_true(service_image_profile_delete(s->service, &self, &ana, &error));
    assert_false(service_image_profile_delete(s->service, &self, &ana, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
    assert_int_equal(store_files_n(s), 0);
    assert_null(profile_url(s, &ana));
}

/* Half a face's room on each side: the face is in the middle of the square. */
static void test_profile_is_cut_around_the_face(void **state)
{
    struct store *s = *state;
    GError *error = NULL;
    struct recognise_photo seen;
    const struct recognise_options options = {.skip_liveness = true, .skip_quality = true};

    if (!fixture_has_faces(s->fixture))
        skip();
    const struct base_uuid ana = store_student(s, "ana");
    store_profile(s, &ana, 2);
    g_autoptr(GBytes) bytes = read_profile(s, &s->fixture->admin, &ana, &error);
    struct recognise_picture picture;
    picture.data = g_bytes_get_data(bytes, &picture.size);
    assert_true(recognise_enrol_photo(s->fixture->recogniser, &picture, &options, &seen, &error));
    assert_int_equal(seen.faces, 1);
    const float side = (float)seen.width;
    assert_true(seen.box.width > side / 5);
    assert_true(seen.box.x + seen.box.width / 2 > side / 4);
    assert_true(seen.box.x + seen.box.width / 2 < side * 3 / 4);
}

static void test_an_address_elsewhere_stays(void **state)
{
    struct store *s = *state;
    GError *error = NULL;
    const struct base_uuid ana = store_student(s, "ana");
    const struct recognise_picture wall = sample_wall();
    const struct service_user_input elsewhere = {.fields = SERVICE_USER_IMAGE,
                                                 .profile_image_url = "https://uni.edu/ana.jpg"};

    assert_true(service_image_profile_set(s->service, &s->fixture->admin, &ana, &wall, &error));
    g_autoptr(core_user) user =
        service_user_update(s->service, &s->fixture->admin, &ana, &elsewhere, &error);
    assert_non_null(user);
    assert_true(service_image_profile_delete(s->service, &s->fixture->admin, &ana, &error));
    g_autofree char *url = profile_url(s, &ana);
    assert_string_equal(url, "https://uni.edu/ana.jpg");
}

static void test_who_sees_and_sets_a_profile(void **state)
{
    struct store *s = *state;
    struct fixture *f = s->fixture;
    const struct base_uuid group = fixture_group(f, "1 A");
    const struct base_uuid ana = fixture_user(f, "Ana", "a@uni.edu", CORE_ROLE_STUDENT, &group);
    const struct base_uuid bea = fixture_user(f, "Bea", "b@uni.edu", CORE_ROLE_STUDENT, &group);
    const struct base_uuid eva = fixture_user(f, "Eva", "e@uni.edu", CORE_ROLE_TEACHER, NULL);
    const struct base_uuid leo = fixture_user(f, "Leo", "l@uni.edu", CORE_ROLE_TEACHER, NULL);
    const struct recognise_picture wall = sample_wall();
    GError *error = NULL;
    const struct {
        struct service_identity who;
        bool sees, sets;
    } cases[] = {
        {f->admin, true, true},
        {fixture_identity(f, &ana), true, true},
        {fixture_identity(f, &bea), false, false},
        {fixture_identity(f, &eva), true, false},
        {fixture_identity(f, &leo), false, false},
    };

    assert_true(service_group_add_teacher(s->service, &f->admin, &group, &eva, &error));
    assert_true(service_image_profile_set(s->service, &f->admin, &ana, &wall, &error));
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(core_image) image =
            service_image_profile(s->service, &cases[i].who, &ana, &error);
        assert_int_equal(image != NULL, cases[i].sees);
        if (!image)
            assert_base_error(error, BASE_ERROR_NOT_FOUND);
        if (service_image_profile_set(s->service, &cases[i].who, &ana, &wall, &error) !=
            cases[i].sets)
            fail_msg("case %zu", i);
        if (!cases[i].sets)
            assert_base_error(error, BASE_ERROR_FORBIDDEN);
    }
    assert_int_equal(images(s), 1);
}

static void test_bad_pictures_are_refused(void **state)
{
    struct store *s = *state;
    GError *error = NULL;
    const struct base_uuid ana = store_student(s, "ana");
    const struct recognise_picture wall = sample_wall();
    const struct recognise_picture text = {"<svg onload=alert(1)>", 21};
    const struct recognise_picture half = {wall.data, wall.size / 2};
    struct base_uuid nobody;

    base_uuid_new(&nobody);
    assert_false(service_image_profile_set(s->service, &s->fixture->admin, &ana, &text, &error));
    assert_base_error(error, BASE_ERROR_UNSUPPORTED);
    assert_false(service_image_profile_set(s->service, &s->fixture->admin, &ana, &half, &error));
    assert_base_error(error, BASE_ERROR_INVALID);
    assert_false(service_image_profile_set(s->service, &s->fixture->admin, &nobody, &wall, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
    store_break(s);
    assert_false(service_image_profile_set(s->service, &s->fixture->admin, &ana, &wall, &error));
    assert_base_error(error, BASE_ERROR_UNAVAILABLE);
    store_mend(s);
    assert_int_equal(images(s), 0);
    assert_int_equal(store_files_n(s), 0);
    assert_null(profile_url(s, &ana));
}

/* ---- frames behind marks ---- */

static void test_the_face_behind_a_mark(void **state)
{
    struct store *s = *state;
    struct fixture *f = s->fixture;
    GError *error = NULL;
    struct face_image image;

    if (!fixture_has_faces(f))
        skip();
    const struct base_uuid ana = store_student(s, "ana"), bea = store_student(s, "bea");
    const struct base_uuid eva = fixture_user(f, "Eva", "e@uni.edu", CORE_ROLE_TEACHER, NULL);
    const struct service_identity self = fixture_identity(f, &ana);
    const struct service_identity other = fixture_identity(f, &bea);
    const struct service_identity teacher = fixture_identity(f, &eva);
    store_enrol(s, &ana, 0);
    struct service_mark first = store_mark(s, 0), second = store_mark(s, 0);
    struct service_mark stranger = store_mark(s, 1);
    assert_true(second.already);
    assert_int_equal(stranger.answer.kind, RECOGNISE_UNKNOWN);
    store_reopen(s, &STORE_OPTIONS); /* what was begun is finished first */
    assert_int_equal(images(s), 4);
    assert_int_equal(store_files_n(s), 4);
    const struct base_uuid mark = first.attendance->id;
    g_autoptr(core_image) mine = service_image_mark(s->service, &self, &mark, &error);
    g_autoptr(GBytes) bytes = service_image_read(s->service, mine, &error);
    assert_no_error(error);
    decode(bytes, &image);
    assert_int_equal(image.width, image.height);
    face_image_finish(&image);
    g_autoptr(core_image) admins = service_image_mark(s->service, &f->admin, &mark, &error);
    assert_non_null(admins);
    assert_null(service_image_mark(s->service, &other, &mark, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
    assert_null(service_image_mark(s->service, &teacher, &mark, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
    assert_null(service_image_mark(s->service, &f->admin, &ana, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
    service_mark_clear(&first);
    service_mark_clear(&second);
    service_mark_clear(&stranger);
}

static void test_a_store_that_fails_never_fails_a_mark(void **state)
{
    struct store *s = *state;
    struct service_images_options options = STORE_OPTIONS;

    if (!fixture_has_faces(s->fixture))
        skip();
    const struct base_uuid ana = store_student(s, "ana"), bea = store_student(s, "bea");
    store_enrol(s, &ana, 0);
    store_enrol(s, &bea, 1);
    store_break(s);
    struct service_mark mark = store_mark(s, 0);
    assert_int_equal(mark.answer.kind, RECOGNISE_MATCH);
    assert_non_null(mark.attendance);
    service_mark_clear(&mark);
    store_reopen(s, &STORE_OPTIONS);
    assert_int_equal(count(s, "SELECT COUNT(*) FROM attendance"), 1);
    assert_int_equal(count(s, "SELECT COUNT(*) FROM images WHERE kind = 'mark'"), 0);
    store_mend(s);
    /* Off is the default. */
    options.keep_mark_frames = false;
    store_reopen(s, &options);
    mark = store_mark(s, 1);
    assert_false(mark.already);
    service_mark_clear(&mark);
    store_reopen(s, &options);
    assert_int_equal(count(s, "SELECT COUNT(*) FROM images WHERE kind = 'mark'"), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_enrolment_photos_are_kept_sealed),
        TEST(test_plain_and_not_at_all),
        TEST(test_exif_is_left_behind),
        TEST(test_a_store_that_fails_fails_the_enrolment),
        TEST(test_refused_photos_leave_nothing),
        TEST(test_pictures_go_with_faces_and_people),
        TEST(test_erasing_works_without_the_store),
        TEST(test_profile_is_set_replaced_and_deleted),
        TEST(test_profile_is_cut_around_the_face),
        TEST(test_an_address_elsewhere_stays),
        TEST(test_who_sees_and_sets_a_profile),
        TEST(test_bad_pictures_are_refused),
        TEST(test_the_face_behind_a_mark),
        TEST(test_a_store_that_fails_never_fails_a_mark),
    };
    return cmocka_run_group_tests_name("service images", tests, NULL, NULL);
}
