/* What keeps the gallery clean: copies are refused, and people who look like somebody enrolled are
 * held and settled by an administrator. */
#include "fixture.h"

#include "db/query/lookalike.h"
#include "service/duplicates.h"
#include "service/enrol.h"
#include "service/lookalikes.h"
#include "service/users.h"

#include <string.h>

static struct base_uuid student(struct fixture *f, const char *name)
{
    g_autofree char *email = g_strconcat(name, "@uni.edu", NULL);

    return fixture_user(f, name, email, CORE_ROLE_STUDENT, NULL);
}

/* Enrols photos of a face by the person themselves. */
static struct service_enrolment enrol(struct fixture *f, const struct base_uuid *id, unsigned who,
                                      unsigned take)
{
    GError *error = NULL;
    const struct service_identity self = fixture_identity(f, id);
    const struct recognise_picture photo = sample_photo(who, take);
    struct service_enrolment enrolment;

    fixture_agree(f, &self);
    if (!service_enrol(f->service, &self, id, &photo, 1, NULL, &enrolment, &error))
        fail_msg("%s", error->message);
    assert_true(enrolment.stored);
    return enrolment;
}

/* The only open one. */
static struct base_uuid only(struct fixture *f)
{
    GError *error = NULL;
    gint64 total = 0;
    g_autoptr(GPtrArray) list =
        service_duplicate_list(f->service, &f->admin, DB_DUPLICATE_OPEN, NULL, &total, &error);

    assert_no_error(error);
    assert_int_equal(total, 1);
    return ((const struct db_duplicate *)list->pdata[0])->id;
}

static bool active(struct fixture *f, const struct base_uuid *id)
{
    GError *error = NULL;
    g_autoptr(core_user) user = service_user_find(f->service, &f->admin, id, &error);

    assert_no_error(error);
    return user->active;
}

static gint64 faces_of(struct fixture *f, const struct base_uuid *id)
{
    GError *error = NULL;
    g_autoptr(core_user) user = service_user_find(f->service, &f->admin, id, &error);

    assert_no_error(error);
    return user->face_count + user->faces_held;
}

static void test_two_people_join(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;

    if (!fixture_has_faces(f))
        skip();
    const struct base_uuid ana = student(f, "ana"), twin = student(f, "twin");
    const struct service_identity herself = fixture_identity(f, &twin);
    assert_false(enrol(f, &ana, 0, 0).held);
    assert_true(enrol(f, &twin, 0, 1).held);
    /* While she waits, what she adds waits too, and there is nothing more to decide. */
    assert_true(enrol(f, &twin, 0, 2).held);
    /* A third of them, whose photos were let in on purpose. */
    const struct base_uuid triplet = student(f, "triplet");
    const struct recognise_picture photo = sample_photo(0, 3);
    const struct service_enrol_options let_in = {.allow_duplicate = true};
    struct service_enrolment enrolment;
    assert_true(
        service_enrol(f->service, &f->admin, &triplet, &photo, 1, &let_in, &enrolment, &error));
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM lookalikes"), 1);
    const struct base_uuid id = only(f);
    assert_false(recognise_person_exists(f->recogniser, &twin));
    assert_null(
        service_duplicate_list(f->service, &herself, DB_DUPLICATE_OPEN, NULL, NULL, &error));
    assert_base_error(error, BASE_ERROR_FORBIDDEN);

    g_autoptr(db_duplicate) settled =
        service_duplicate_settle(f->service, &f->admin, &id, SERVICE_DUPLICATE_DIFFERENT, &error);
    assert_no_error(error);
    assert_int_equal(settled->state, DB_DUPLICATE_DIFFERENT);
    assert_int_equal(settled->user_faces, 2);
    assert_true(recognise_person_exists(f->recogniser, &twin));
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM face_templates WHERE held = TRUE"), 0);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM lookalikes"), 3);
    assert_int_equal(
        fixture_count(f, "SELECT COUNT(*) FROM audit_log WHERE action = 'duplicate.settle'"), 1);
    /* Only those who were told apart stay a pair whatever their templates say. */
    const struct recognise_thresholds kept = recogniser_thresholds(f->recogniser);
    struct recognise_thresholds strict = kept;
    struct service_lookalikes_found found;
    strict.match = 1.5F;
    recogniser_thresholds_set(f->recogniser, &strict);
    assert_true(service_lookalikes_find(f->service, &f->admin, &found, &error));
    assert_int_equal(found.removed, 2);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM lookalikes"), 1);
    recogniser_thresholds_set(f->recogniser, &kept);
    assert_true(service_user_delete(f->service, &f->admin, &triplet, &error));
    /* Neither is held against the other again. */
    assert_false(enrol(f, &ana, 0, 1).held);
    assert_false(enrol(f, &twin, 0, 0).held);
    assert_null(
        service_duplicate_settle(f->service, &f->admin, &id, SERVICE_DUPLICATE_SAME, &error));
    assert_base_error(error, BASE_ERROR_CONFLICT);
}

static void test_one_person_keeps_one_account(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;

    if (!fixture_has_faces(f))
        skip();
    const struct base_uuid old = student(f, "old"), new = student(f, "new");
    enrol(f, &old, 0, 0);
    enrol(f, &new, 0, 1);
    struct base_uuid id = only(f);
    g_autoptr(db_duplicate) closed =
        service_duplicate_settle(f->service, &f->admin, &id, SERVICE_DUPLICATE_SAME, &error);
    assert_no_error(error);
    assert_true(base_uuid_equal(&closed->closed_id, &new));
    assert_false(active(f, &new));
    assert_true(active(f, &old));
    assert_int_equal(faces_of(f, &new), 0);
    assert_int_equal(faces_of(f, &old), 1);

    const struct base_uuid third = student(f, "third");
    enrol(f, &third, 0, 2);
    id = only(f);
    g_autoptr(db_duplicate) kept = service_duplicate_settle(
        f->service, &f->admin, &id, SERVICE_DUPLICATE_SAME_KEEP_NEW, &error);
    assert_no_error(error);
    assert_true(base_uuid_equal(&kept->closed_id, &old));
    assert_false(active(f, &old));
    assert_int_equal(faces_of(f, &old), 1);
    assert_false(recognise_person_exists(f->recogniser, &old));
    assert_true(recognise_person_exists(f->recogniser, &third));
    const struct service_user_input on = {.fields = SERVICE_USER_ACTIVE, .active = true};
    core_user_free(service_user_update(f->service, &f->admin, &old, &on, &error));
    assert_true(recognise_person_exists(f->recogniser, &old));
}

static void test_erasing_ends_the_wait(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;

    if (!fixture_has_faces(f))
        skip();
    const struct base_uuid old = student(f, "old"), new = student(f, "new");
    enrol(f, &old, 0, 0);
    enrol(f, &new, 0, 1);
    assert_true(service_user_delete(f->service, &f->admin, &old, &error));
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM duplicates"), 0);
    assert_true(recognise_person_exists(f->recogniser, &new));

    const struct base_uuid third = student(f, "third");
    assert_true(enrol(f, &third, 0, 2).held);
    assert_true(service_user_delete(f->service, &f->admin, &third, &error));
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM duplicates"), 0);
    assert_int_equal(faces_of(f, &new), 1);
}

static void test_copies_are_refused(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;
    struct service_enrolment enrolment;

    if (!fixture_has_faces(f))
        skip();
    const struct base_uuid id = student(f, "ana");
    const struct recognise_picture twice[] = {sample_photo(0, 0), sample_photo(0, 1),
                                              sample_photo(0, 0)};
    assert_true(service_enrol(f->service, &f->admin, &id, twice, 3, NULL, &enrolment, &error));
    assert_false(enrolment.stored);
    assert_int_equal(enrolment.photos[0].kind, SERVICE_PHOTO_ACCEPTED);
    assert_int_equal(enrolment.photos[1].kind, SERVICE_PHOTO_ACCEPTED);
    assert_int_equal(enrolment.photos[2].kind, SERVICE_PHOTO_NEAR_COPY);
    /* Of what is stored there is the template only. */
    assert_true(service_enrol(f->service, &f->admin, &id, twice, 2, NULL, &enrolment, &error));
    assert_true(enrolment.stored);
    assert_true(service_enrol(f->service, &f->admin, &id, twice, 1, NULL, &enrolment, &error));
    assert_false(enrolment.stored);
    assert_int_equal(enrolment.photos[0].kind, SERVICE_PHOTO_NEAR_COPY);
    const struct recognise_picture another = sample_photo(0, 2);
    assert_true(service_enrol(f->service, &f->admin, &id, &another, 1, NULL, &enrolment, &error));
    assert_true(enrolment.stored);
}

static void test_a_photo_is_judged_without_being_kept(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;
    struct service_photo photo;

    if (!fixture_has_faces(f))
        skip();
    const struct recognise_picture good = sample_photo(0, 0), wall = sample_wall();
    assert_true(service_photo_check(f->service, &good, &photo, &error));
    assert_int_equal(photo.kind, SERVICE_PHOTO_ACCEPTED);
    assert_true(photo.quality.unified.measured);
    for (int i = 0; i < FACE_COMPONENT_N; i++) {
        assert_true(photo.quality.components[i].measured);
        assert_in_range(photo.quality.components[i].score, FACE_QUALITY_REFUSED_BELOW, 100);
    }
    assert_true(service_photo_check(f->service, &wall, &photo, &error));
    assert_int_equal(photo.kind, SERVICE_PHOTO_NO_FACE);
    assert_string_equal(service_photo_sentence(&photo, "es"), "No hay ninguna cara en la foto.");
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM face_templates"), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup_faces, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_copies_are_refused),    TEST(test_a_photo_is_judged_without_being_kept),
        TEST(test_two_people_join),       TEST(test_one_person_keeps_one_account),
        TEST(test_erasing_ends_the_wait),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
