#include "fixture.h"

#include <string.h>

static struct base_uuid user_with_password(struct fixture *f, const char *name, const char *email,
                                           enum core_role role)
{
    GError *error = NULL;
    const struct base_uuid id = fixture_user(f, name, email, role, NULL);

    assert_true(service_password_set(f->service, &f->admin, &id, PASSWORD, NULL, &error));
    return id;
}

static char *sign_in(struct fixture *f, const char *email, const char *password)
{
    GError *error = NULL;
    struct service_session session;

    assert_true(service_sign_in(f->service, email, password, NULL, &session, NULL, &error));
    assert_no_error(error);
    char *token = g_strdup(session.token);
    service_session_clear(&session);
    return token;
}

static bool is_signed_in(struct fixture *f, const char *token)
{
    GError *error = NULL;
    struct service_identity identity;

    if (service_authenticate(f->service, token, &identity, &error))
        return true;
    assert_base_error(error, BASE_ERROR_UNAUTHENTICATED);
    return false;
}

static void test_bootstrap_happens_once(void **state)
{
    struct fixture *f = *state;
    struct service_bootstrap_result again;
    GError *error = NULL;

    assert_true(service_bootstrap(f->service, NULL, &again, &error));
    assert_false(again.created);
    assert_null(again.password);
    assert_true(base_uuid_equal(&again.institution_id, &f->admin.institution_id));
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM users"), 1);
    assert_int_equal(
        fixture_count(f, "SELECT COUNT(*) FROM audit_log WHERE action = 'institution.create'"), 1);
    service_bootstrap_result_clear(&again);
}

static void test_generated_password_signs_in(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;
    g_autofree char *generated = NULL;
    const struct base_uuid id = fixture_user(f, "Eva Chi", "eva@uni.edu", CORE_ROLE_TEACHER, NULL);

    assert_true(service_password_set(f->service, &f->admin, &id, NULL, &generated, &error));
    g_autofree char *token = sign_in(f, " EVA@uni.edu ", generated);
    struct service_identity identity;
    assert_true(service_authenticate(f->service, token, &identity, &error));
    assert_true(base_uuid_equal(&identity.user_id, &id));
    assert_int_equal(identity.role, CORE_ROLE_TEACHER);
}

static void test_wrong_credentials(void **state)
{
    struct fixture *f = *state;
    static const char *const cases[][2] = {
        {ADMIN_EMAIL, "wrong password"},
        {"nobody@uni.edu", ADMIN_PASSWORD},
        {"rubbish", "x"},
        {ADMIN_EMAIL, ""},
        {NULL, NULL},
    };

    fixture_user(f, "No Password", "none@uni.edu", CORE_ROLE_STUDENT, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        GError *error = NULL;
        struct service_session session;
        assert_false(
            service_sign_in(f->service, cases[i][0], cases[i][1], NULL, &session, NULL, &error));
        assert_null(session.token);
        assert_base_error(error, BASE_ERROR_UNAUTHENTICATED);
    }
    GError *error = NULL;
    struct service_session session;
    assert_false(service_sign_in(f->service, "none@uni.edu", "", NULL, &session, NULL, &error));
    assert_base_error(error, BASE_ERROR_UNAUTHENTICATED);
}

/* Another service on the fixture's database that allows `burst` guesses of an account at once. */
static struct service *service_with_burst(struct fixture *f, int burst)
{
    GError *error = NULL;
    struct auth_limit_rule rates[AUTH_LIMIT_N];

    memcpy(rates, auth_limit_defaults, sizeof rates);
    rates[AUTH_LIMIT_SIGN_IN_ACCOUNT].burst = burst;
    const struct service_options options = {.db = f->db, .keys = f->keys, .rates = rates};
    struct service *service = service_create(&options, &error);
    assert_no_error(error);
    return service;
}

static enum base_error sign_in_from(struct service *service, const char *address,
                                    const char *password, int *wait)
{
    g_autoptr(GError) error = NULL;
    struct service_session session;

    if (service_sign_in(service, ADMIN_EMAIL, password, address, &session, wait, &error)) {
        service_session_clear(&session);
        return 0;
    }
    return (enum base_error)error->code;
}

static void test_guessing_is_limited_by_account_and_address(void **state)
{
    struct fixture *f = *state;
    struct service *service = service_with_burst(f, 2);
    int wait = 0;

    for (int i = 0; i < 2; i++)
        assert_int_equal(sign_in_from(service, "203.0.113.1", "wrong", &wait),
                         BASE_ERROR_UNAUTHENTICATED);
    /* The right password has to wait as well, or the limit would say which one it is. */
    assert_int_equal(sign_in_from(service, "203.0.113.1", ADMIN_PASSWORD, &wait),
                     BASE_ERROR_RATE_LIMITED);
    assert_in_range(wait, 1, 600);
    /* The owner is somewhere else. */
    struct service_session session;
    assert_true(
        service_sign_in(service, ADMIN_EMAIL, ADMIN_PASSWORD, "203.0.113.2", &session, NULL, NULL));
    service_session_clear(&session);
    service_destroy(service);
}

static void test_guessing_from_many_addresses_is_limited(void **state)
{
    struct fixture *f = *state;
    struct service *service = service_with_burst(f, 1);
    int tried = 0, wait = 0;

    for (; tried < 30; tried++) {
        g_autofree char *address = g_strdup_printf("203.0.113.%d", tried);
        if (sign_in_from(service, address, "wrong", &wait) == BASE_ERROR_RATE_LIMITED)
            break;
    }
    assert_int_equal(tried, 10);
    assert_int_equal(sign_in_from(service, "203.0.113.99", ADMIN_PASSWORD, &wait),
                     BASE_ERROR_RATE_LIMITED);
    service_destroy(service);
}

static void test_sign_out_ends_one_session(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;
    struct service_identity identity;
    g_autofree char *first = sign_in(f, ADMIN_EMAIL, ADMIN_PASSWORD);
    g_autofree char *second = sign_in(f, ADMIN_EMAIL, ADMIN_PASSWORD);

    assert_true(service_authenticate(f->service, first, &identity, &error));
    assert_true(service_sign_out(f->service, &identity, &error));
    assert_true(service_sign_out(f->service, &identity, &error));
    assert_false(is_signed_in(f, first));
    assert_true(is_signed_in(f, second));
}

static void test_new_password_ends_every_session(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;
    struct service_session session;
    const struct base_uuid id = user_with_password(f, "Luz Pech", "luz@uni.edu", CORE_ROLE_STUDENT);
    const struct service_identity luz = fixture_identity(f, &id);
    g_autofree char *old = sign_in(f, "luz@uni.edu", PASSWORD);

    struct service_user_input input = {.fields = SERVICE_USER_PASSWORD,
                                       .password = "otra clave larga"};
    assert_false(
        service_password_change(f->service, &luz, "not it", &input, &session, NULL, &error));
    assert_base_error(error, BASE_ERROR_FORBIDDEN);
    input.password = "luz@uni.edu";
    assert_false(
        service_password_change(f->service, &luz, PASSWORD, &input, &session, NULL, &error));
    assert_string_equal(service_error_field(error), "password");
    assert_base_error(error, BASE_ERROR_INVALID);
    assert_true(is_signed_in(f, old));
    input.password = "otra clave larga";
    assert_true(
        service_password_change(f->service, &luz, PASSWORD, &input, &session, NULL, &error));
    assert_false(is_signed_in(f, old));
    assert_true(is_signed_in(f, session.token));
    service_session_clear(&session);
    g_autofree char *again = sign_in(f, "luz@uni.edu", "otra clave larga");
    assert_true(is_signed_in(f, again));
}

static void change(struct fixture *f, const struct base_uuid *id, struct service_user_input input)
{
    GError *error = NULL;
    g_autoptr(core_user) user = service_user_update(f->service, &f->admin, id, &input, &error);

    assert_no_error(error);
    assert_non_null(user);
}

static void test_a_refused_password_changes_nothing(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;
    const struct base_uuid id = user_with_password(f, "Luz Pech", "luz@uni.edu", CORE_ROLE_STUDENT);
    const struct service_identity luz = fixture_identity(f, &id);
    struct service_user_input input = {
        .fields = SERVICE_USER_NAME | SERVICE_USER_PASSWORD, .name = "Other", .password = "short"};

    assert_null(service_user_update(f->service, &f->admin, &id, &input, &error));
    assert_string_equal(service_error_field(error), "password");
    assert_base_error(error, BASE_ERROR_INVALID);
    /* The address that it becomes counts, not the one that it was. */
    input.fields |= SERVICE_USER_EMAIL;
    input.password = input.email = "luz.pech.uc@uni.edu";
    assert_null(service_user_update(f->service, &f->admin, &id, &input, &error));
    assert_base_error(error, BASE_ERROR_INVALID);
    /* And the other way round. */
    input.password = "otra clave larga";
    input.email = ADMIN_EMAIL;
    assert_null(service_user_update(f->service, &f->admin, &id, &input, &error));
    assert_base_error(error, BASE_ERROR_CONFLICT);
    input.fields = SERVICE_USER_NAME | SERVICE_USER_PASSWORD;
    input.name = "";
    assert_false(service_password_change(f->service, &luz, PASSWORD, &input, NULL, NULL, &error));
    assert_base_error(error, BASE_ERROR_INVALID);
    /* Nobody's own password without the current one. */
    assert_null(service_user_update(f->service, &luz, &id, &input, &error));
    assert_base_error(error, BASE_ERROR_FORBIDDEN);
    g_autofree char *token = sign_in(f, "luz@uni.edu", PASSWORD);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM users WHERE name = 'Luz Pech'"), 1);
    assert_int_equal(
        fixture_count(f, "SELECT COUNT(*) FROM audit_log WHERE action = 'user.update'"), 0);

    input.name = "Luz Pech Uc";
    assert_true(service_password_change(f->service, &luz, PASSWORD, &input, NULL, NULL, &error));
    assert_false(is_signed_in(f, token));
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM users WHERE name = 'Luz Pech Uc'"), 1);
}

static void test_deactivation_role_and_erasure_count_at_once(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;
    struct service_session session;
    const struct base_uuid id = user_with_password(f, "Leo Uc", "leo@uni.edu", CORE_ROLE_TEACHER);

    g_autofree char *first = sign_in(f, "leo@uni.edu", PASSWORD);
    change(f, &id, (struct service_user_input){.fields = SERVICE_USER_ACTIVE, .active = false});
    assert_false(is_signed_in(f, first));
    assert_false(
        service_sign_in(f->service, "leo@uni.edu", PASSWORD, NULL, &session, NULL, &error));
    assert_base_error(error, BASE_ERROR_FORBIDDEN);
    change(f, &id, (struct service_user_input){.fields = SERVICE_USER_ACTIVE, .active = true});

    g_autofree char *second = sign_in(f, "leo@uni.edu", PASSWORD);
    change(f, &id,
           (struct service_user_input){.fields = SERVICE_USER_ROLE, .role = CORE_ROLE_STUDENT});
    assert_false(is_signed_in(f, second));

    g_autofree char *third = sign_in(f, "leo@uni.edu", PASSWORD);
    assert_true(is_signed_in(f, third));
    assert_true(service_user_delete(f->service, &f->admin, &id, &error));
    assert_false(is_signed_in(f, third));
    assert_false(
        service_sign_in(f->service, "leo@uni.edu", PASSWORD, NULL, &session, NULL, &error));
    assert_base_error(error, BASE_ERROR_UNAUTHENTICATED);
    assert_false(service_user_delete(f->service, &f->admin, &id, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
    assert_int_equal(
        fixture_count(f, "SELECT COUNT(*) FROM users WHERE email IS NULL AND name = ''"), 1);
}

static void test_tampered_token(void **state)
{
    struct fixture *f = *state;
    g_autofree char *token = sign_in(f, ADMIN_EMAIL, ADMIN_PASSWORD);
    char *at = strrchr(token, '.') + 3;

    *at = *at == 'x' ? 'y' : 'x';
    assert_false(is_signed_in(f, token));
    assert_false(is_signed_in(f, NULL));
    assert_false(is_signed_in(f, ""));
}

static void test_the_command_line_is_an_administrator(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;
    struct service_identity local;

    assert_true(service_identity_local(f->service, &local, &error));
    assert_int_equal(local.role, CORE_ROLE_ADMIN);
    g_autoptr(core_group) group = service_group_create(f->service, &local, "1 A", &error);
    assert_no_error(error);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM audit_log WHERE actor_id IS NULL AND "
                                      "action = 'group.create'"),
                     1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_bootstrap_happens_once),
        TEST(test_generated_password_signs_in),
        TEST(test_wrong_credentials),
        TEST(test_guessing_is_limited_by_account_and_address),
        TEST(test_guessing_from_many_addresses_is_limited),
        TEST(test_a_refused_password_changes_nothing),
        TEST(test_sign_out_ends_one_session),
        TEST(test_new_password_ends_every_session),
        TEST(test_deactivation_role_and_erasure_count_at_once),
        TEST(test_tampered_token),
        TEST(test_the_command_line_is_an_administrator),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
