/* People and groups: what may be typed, and who may do what to whom. */
#include "fixture.h"

#include <string.h>

static bool create(struct fixture *f, const struct service_user_input *input, GError **error)
{
    struct service_registration made;

    if (!service_user_create(f->service, &f->admin, input, NULL, 0, NULL, &made, error))
        return false;
    service_registration_clear(&made);
    return true;
}

static void test_bad_fields_are_named(void **state)
{
    struct fixture *f = *state;
    static const struct {
        struct service_user_input input;
        const char *field;
    } cases[] = {
        {{.name = "", .email = "a@uni.edu"}, "name"},
        {{.name = NULL, .email = "a@uni.edu"}, "name"},
        {{.name = "bell\a", .email = "a@uni.edu"}, "name"},
        {{.name = "bad \xC3", .email = "a@uni.edu"}, "name"},
        {{.name = "Ana", .email = "no address"}, "email"},
        {{.name = "Ana", .email = NULL}, "email"},
        {{.fields = SERVICE_USER_AGE, .name = "Ana", .email = "a@uni.edu", .age = 4}, "age"},
        {{.fields = SERVICE_USER_AGE, .name = "Ana", .email = "a@uni.edu", .age = 121}, "age"},
        {{.fields = SERVICE_USER_DATE_OF_BIRTH,
          .name = "Ana",
          .email = "a@uni.edu",
          .date_of_birth = "2001-02-30"},
         "date_of_birth"},
        {{.fields = SERVICE_USER_DATE_OF_BIRTH,
          .name = "Ana",
          .email = "a@uni.edu",
          .date_of_birth = "1850-01-01"},
         "date_of_birth"},
        {{.fields = SERVICE_USER_ROLE, .name = "Ana", .email = "a@uni.edu", .role = 77}, "role"},
        {{.fields = SERVICE_USER_GROUP,
          .name = "Ana",
          .email = "a@uni.edu",
          .group_id = {.bytes = {1}}},
         "group_id"},
        {{.fields = SERVICE_USER_IMAGE,
          .name = "Ana",
          .email = "a@uni.edu",
          .profile_image_url = "javascript:alert(1)"},
         "profile_image_url"},
        {{.fields = SERVICE_USER_IMAGE,
          .name = "Ana",
          .email = "a@uni.edu",
          .profile_image_url = "//elsewhere.example/x"},
         "profile_image_url"},
        {{.name = "Ana", .email = "a@uni.edu", .password = "short"}, "password"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        GError *error = NULL;
        assert_false(create(f, &cases[i].input, &error));
        const char *field = service_error_field(error);
        if (g_strcmp0(field, cases[i].field) != 0)
            fail_msg("case %zu: %s", i, error->message);
        assert_base_error(error, BASE_ERROR_INVALID);
    }
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM users"), 1);
}

static void test_names_are_normalised_and_emails_unique(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;
    const struct base_uuid id = fixture_user(f,
                                             "  Jose\xCC\x81   N\xC3\xBA\xC3\xB1"
                                             "ez ",
                                             "Jose@Uni.Edu", CORE_ROLE_STUDENT, NULL);
    g_autoptr(core_user) user = service_user_find(f->service, &f->admin, &id, &error);

    assert_string_equal(user->name, "Jos\xC3\xA9 N\xC3\xBA\xC3\xB1"
                                    "ez");
    assert_string_equal(user->email, "jose@uni.edu");
    const struct service_user_input twin = {.name = "Twin", .email = "JOSE@uni.edu"};
    assert_false(create(f, &twin, &error));
    assert_string_equal(service_error_field(error), "email");
    assert_base_error(error, BASE_ERROR_CONFLICT);
}

static void test_only_administrators_create_change_and_delete(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;
    struct service_registration made;
    const struct base_uuid teacher_id =
        fixture_user(f, "Teacher", "t@uni.edu", CORE_ROLE_TEACHER, NULL);
    const struct base_uuid student_id =
        fixture_user(f, "Student", "s@uni.edu", CORE_ROLE_STUDENT, NULL);
    const struct service_identity who[] = {fixture_identity(f, &teacher_id),
                                           fixture_identity(f, &student_id)};
    const struct service_user_input input = {.name = "Ana", .email = "a@uni.edu"};
    const struct service_user_input rise = {.fields = SERVICE_USER_ROLE, .role = CORE_ROLE_ADMIN};
    const struct service_user_input name = {.fields = SERVICE_USER_NAME, .name = "New"};

    for (size_t i = 0; i < G_N_ELEMENTS(who); i++) {
        assert_false(
            service_user_create(f->service, &who[i], &input, NULL, 0, NULL, &made, &error));
        assert_base_error(error, BASE_ERROR_FORBIDDEN);
        assert_null(service_user_update(f->service, &who[i], &who[i].user_id, &rise, &error));
        assert_base_error(error, BASE_ERROR_FORBIDDEN);
        assert_null(service_user_update(f->service, &who[i], &who[1 - i].user_id, &name, &error));
        assert_base_error(error, BASE_ERROR_FORBIDDEN);
        assert_false(service_user_delete(f->service, &who[i], &who[i].user_id, &error));
        assert_base_error(error, BASE_ERROR_FORBIDDEN);
        assert_false(
            service_password_set(f->service, &who[i], &who[i].user_id, PASSWORD, NULL, &error));
        assert_base_error(error, BASE_ERROR_FORBIDDEN);
        assert_null(service_group_create(f->service, &who[i], "X", &error));
        assert_base_error(error, BASE_ERROR_FORBIDDEN);
        assert_null(service_audit_list(f->service, &who[i], NULL, NULL, NULL, &error));
        assert_base_error(error, BASE_ERROR_FORBIDDEN);
        g_autoptr(core_user) own =
            service_user_update(f->service, &who[i], &who[i].user_id, &name, &error);
        assert_no_error(error);
        assert_string_equal(own->name, "New");
    }
}

static void test_the_last_administrator_stays(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;
    const struct service_user_input fall = {.fields = SERVICE_USER_ROLE, .role = CORE_ROLE_STUDENT};
    const struct service_user_input off = {.fields = SERVICE_USER_ACTIVE, .active = false};

    assert_null(service_user_update(f->service, &f->admin, &f->admin.user_id, &fall, &error));
    assert_base_error(error, BASE_ERROR_CONFLICT);
    assert_null(service_user_update(f->service, &f->admin, &f->admin.user_id, &off, &error));
    assert_base_error(error, BASE_ERROR_CONFLICT);
    assert_false(service_user_delete(f->service, &f->admin, &f->admin.user_id, &error));
    assert_base_error(error, BASE_ERROR_CONFLICT);
    fixture_user(f, "Second", "second@uni.edu", CORE_ROLE_ADMIN, NULL);
    assert_true(service_user_delete(f->service, &f->admin, &f->admin.user_id, &error));
    assert_no_error(error);
}

/* Two groups, a teacher of the first, a student in each. */
struct school {
    struct base_uuid mine, other;
    struct base_uuid teacher_id, near_id, far_id;
    struct service_identity teacher, near, far;
};

static void school_open(struct fixture *f, struct school *school)
{
    GError *error = NULL;

    school->mine = fixture_group(f, "1 A");
    school->other = fixture_group(f, "1 B");
    school->teacher_id = fixture_user(f, "Tea Cher", "t@uni.edu", CORE_ROLE_TEACHER, NULL);
    school->near_id = fixture_user(f, "Near", "near@uni.edu", CORE_ROLE_STUDENT, &school->mine);
    school->far_id = fixture_user(f, "Far", "far@uni.edu", CORE_ROLE_STUDENT, &school->other);
    assert_true(service_group_add_teacher(f->service, &f->admin, &school->mine, &school->teacher_id,
                                          &error));
    school->teacher = fixture_identity(f, &school->teacher_id);
    school->near = fixture_identity(f, &school->near_id);
    school->far = fixture_identity(f, &school->far_id);
}

static bool may_find(struct fixture *f, const struct service_identity *who,
                     const struct base_uuid *id)
{
    GError *error = NULL;
    g_autoptr(core_user) user = service_user_find(f->service, who, id, &error);

    if (!user)
        assert_base_error(error, BASE_ERROR_NOT_FOUND);
    return user != NULL;
}

static gint64 visible(struct fixture *f, const struct service_identity *who)
{
    GError *error = NULL;
    gint64 total = -1;
    g_autoptr(GPtrArray) users = service_user_list(f->service, who, NULL, NULL, &total, &error);

    assert_no_error(error);
    assert_int_equal(users->len, total);
    return total;
}

static void test_who_sees_whom(void **state)
{
    struct fixture *f = *state;
    struct school school;

    school_open(f, &school);
    assert_true(may_find(f, &school.teacher, &school.near_id));
    assert_true(may_find(f, &school.teacher, &school.teacher_id));
    assert_false(may_find(f, &school.teacher, &school.far_id));
    assert_false(may_find(f, &school.near, &school.far_id));
    assert_false(may_find(f, &school.near, &school.teacher_id));
    assert_true(may_find(f, &school.near, &school.near_id));
    assert_true(may_find(f, &f->admin, &school.far_id));
    assert_int_equal(visible(f, &f->admin), 4);
    assert_int_equal(visible(f, &school.teacher), 2);
    assert_int_equal(visible(f, &school.near), 1);
}

static void test_groups(void **state)
{
    struct fixture *f = *state;
    struct school school;
    GError *error = NULL;
    gint64 total = 0;

    school_open(f, &school);
    g_autoptr(GPtrArray) open =
        service_group_list(f->service, NULL, false, NULL, NULL, &total, &error);
    assert_int_equal(total, 2);
    assert_int_equal(((struct core_group *)open->pdata[0])->member_count, 0);
    g_autoptr(GPtrArray) all =
        service_group_list(f->service, &f->admin, false, NULL, NULL, &total, &error);
    assert_int_equal(((struct core_group *)all->pdata[0])->member_count, 1);
    g_autoptr(GPtrArray) taught =
        service_group_list(f->service, &school.teacher, true, NULL, NULL, &total, &error);
    assert_int_equal(total, 1);
    g_autoptr(GPtrArray) own =
        service_group_list(f->service, &school.far, true, NULL, NULL, &total, &error);
    assert_int_equal(total, 1);
    assert_string_equal(((struct core_group *)own->pdata[0])->name, "1 B");

    assert_null(service_group_create(f->service, &f->admin, "1 a", &error));
    assert_string_equal(service_error_field(error), "name");
    assert_base_error(error, BASE_ERROR_CONFLICT);
    assert_null(service_group_rename(f->service, &f->admin, &school.other, "1 A", &error));
    assert_base_error(error, BASE_ERROR_CONFLICT);
    g_autoptr(core_group) same = service_group_ensure(f->service, &f->admin, "1 A", &error);
    assert_true(base_uuid_equal(&same->id, &school.mine));
    assert_false(
        service_group_add_teacher(f->service, &f->admin, &school.mine, &school.far_id, &error));
    assert_base_error(error, BASE_ERROR_INVALID);
    assert_null(service_group_teachers(f->service, &school.near, &school.mine, &error));
    assert_base_error(error, BASE_ERROR_FORBIDDEN);
    g_autoptr(GPtrArray) teachers =
        service_group_teachers(f->service, &school.teacher, &school.mine, &error);
    assert_int_equal(teachers->len, 1);
    assert_true(service_group_delete(f->service, &f->admin, &school.mine, &error));
    assert_false(may_find(f, &school.teacher, &school.near_id));
}

static void test_exists_stays_within_the_domain(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;
    bool exists = false;
    enum core_role role;

    fixture_user(f, "Ana", "ana@uni.edu", CORE_ROLE_TEACHER, NULL);
    fixture_user(f, "Out", "out@elsewhere.org", CORE_ROLE_STUDENT, NULL);
    assert_true(service_user_exists(f->service, NULL, "Ana@uni.edu", &exists, &role, &error));
    assert_true(exists);
    assert_int_equal(role, CORE_ROLE_N); /* strangers learn no role */
    assert_true(service_user_exists(f->service, NULL, "nobody@uni.edu", &exists, &role, &error));
    assert_false(exists);
    assert_false(
        service_user_exists(f->service, NULL, "out@elsewhere.org", &exists, &role, &error));
    assert_base_error(error, BASE_ERROR_FORBIDDEN);
    assert_true(
        service_user_exists(f->service, &f->admin, "out@elsewhere.org", &exists, &role, &error));
    assert_int_equal(role, CORE_ROLE_STUDENT);
    assert_false(service_user_exists(f->service, NULL, "rubbish", &exists, &role, &error));
    assert_base_error(error, BASE_ERROR_INVALID);
}

static void test_registration_checks_before_it_looks_at_photos(void **state)
{
    struct fixture *f = *state;
    struct service_registration result;
    struct recognise_picture photos[3] = {{"x", 1}, {"x", 1}, {"x", 1}};
    GError *error = NULL;
    struct service_user_input input = {
        .name = "Ana", .email = "ana@elsewhere.org", .password = PASSWORD, .consent_version = 1};

    assert_false(service_user_register(f->service, &input, photos, 3, &result, &error));
    assert_base_error(error, BASE_ERROR_FORBIDDEN);
    input.email = "ana@uni.edu";
    assert_false(service_user_register(f->service, &input, photos, 2, &result, &error));
    assert_string_equal(service_error_field(error), "image");
    assert_base_error(error, BASE_ERROR_INVALID);
    /* Without models nothing with faces works, and says so: the same for an address that is taken,
     * which a stranger is not told. */
    const char *const addresses[] = {"ana@uni.edu", ADMIN_EMAIL};
    for (size_t i = 0; i < G_N_ELEMENTS(addresses); i++) {
        input.email = addresses[i];
        assert_false(service_user_register(f->service, &input, photos, 3, &result, &error));
        assert_base_error(error, BASE_ERROR_UNAVAILABLE);
    }
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM users"), 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_bad_fields_are_named),
        TEST(test_names_are_normalised_and_emails_unique),
        TEST(test_only_administrators_create_change_and_delete),
        TEST(test_the_last_administrator_stays),
        TEST(test_who_sees_whom),
        TEST(test_groups),
        TEST(test_exists_stays_within_the_domain),
        TEST(test_registration_checks_before_it_looks_at_photos),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
