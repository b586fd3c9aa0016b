#include "../unit.h"

#include "core/permission.h"
#include "core/statistics.h"
#include "core/types.h"

#include <math.h>

static void test_names_and_values(void **state)
{
    (void)state;
    for (int i = 0; i < CORE_ROLE_N; i++) {
        enum core_role role = CORE_ROLE_N;
        assert_true(core_role_from_name(core_role_name((enum core_role)i), &role));
        assert_int_equal(role, i);
    }
    for (int i = 0; i < CORE_STATUS_N; i++) {
        enum core_status status = CORE_STATUS_N;
        assert_true(core_status_from_name(core_status_name((enum core_status)i), &status));
        assert_int_equal(status, i);
    }
    for (int i = 0; i < CORE_METHOD_N; i++) {
        enum core_method method = CORE_METHOD_N;
        assert_true(core_method_from_name(core_method_name((enum core_method)i), &method));
        assert_int_equal(method, i);
    }

    enum core_role role = CORE_ROLE_TEACHER;
    static const char *const BAD[] = {NULL, "", "Admin", "admin ", "root"};
    for (gsize i = 0; i < G_N_ELEMENTS(BAD); i++)
        assert_false(core_role_from_name(BAD[i], &role));
    assert_int_equal(role, CORE_ROLE_TEACHER);
    assert_null(core_role_name((enum core_role)99));
    assert_null(core_status_name((enum core_status) - 1));
    assert_null(core_method_name(CORE_METHOD_N));
}

static void test_age(void **state)
{
    (void)state;
    struct core_user user = {.age = 30, .date_of_birth = (char *)"2004-02-29"};

    assert_int_equal(core_user_age(&user, "2026-02-28"), 21);
    assert_int_equal(core_user_age(&user, "2026-03-01"), 22);
    assert_int_equal(core_user_age(&user, "2024-02-29"), 20);
    assert_int_equal(core_user_age(&user, "2004-02-29"), 0);
    assert_int_equal(core_user_age(&user, "2004-02-28"), CORE_AGE_UNKNOWN);
    assert_int_equal(core_user_age(&user, "nonsense"), 30);
    user.date_of_birth = NULL;
    assert_int_equal(core_user_age(&user, "2026-03-12"), 30);
    user.age = CORE_AGE_UNKNOWN;
    assert_int_equal(core_user_age(&user, "2026-03-12"), CORE_AGE_UNKNOWN);
}

static void test_who_may_do_what(void **state)
{
    (void)state;
    const struct base_uuid me = {{1}}, other = {{2}}, nobody = {{0}};

    for (int role = 0; role < CORE_ROLE_N; role++) {
        const struct core_viewer viewer = {me, (enum core_role)role};
        bool admin = role == CORE_ROLE_ADMIN, teacher = role == CORE_ROLE_TEACHER;

        assert_true(core_permission_allows(&viewer, CORE_ACTION_USER_READ, &me, false));
        assert_true(core_permission_allows(&viewer, CORE_ACTION_ATTENDANCE_READ, &me, false));
        assert_int_equal(core_permission_allows(&viewer, CORE_ACTION_USER_READ, &other, false),
                         admin);
        assert_int_equal(core_permission_allows(&viewer, CORE_ACTION_USER_READ, &other, true),
                         admin || teacher);
        assert_int_equal(core_permission_allows(&viewer, CORE_ACTION_ATTENDANCE_READ, &other, true),
                         admin || teacher);
        assert_int_equal(
            core_permission_allows(&viewer, CORE_ACTION_ATTENDANCE_WRITE, &other, true),
            admin || teacher);
        assert_int_equal(core_permission_allows(&viewer, CORE_ACTION_ATTENDANCE_WRITE, &me, true),
                         admin);
        assert_int_equal(core_permission_allows(&viewer, CORE_ACTION_USER_WRITE, &me, true), admin);
        assert_int_equal(core_permission_allows(&viewer, CORE_ACTION_AUDIT_READ, &nobody, false),
                         admin);
    }
    for (enum core_role role = 0; role < CORE_ROLE_N; role++) {
        const struct core_viewer viewer = {.user_id = me, .role = role};
        const bool admin = role == CORE_ROLE_ADMIN, teacher = role == CORE_ROLE_TEACHER;
        static const enum core_action READ[] = {CORE_ACTION_COURSE_READ, CORE_ACTION_REPORT_READ};
        static const enum core_action STAFF[] = {CORE_ACTION_ROSTER_READ,
                                                 CORE_ACTION_SESSION_WRITE};
        static const enum core_action ADMIN[] = {
            CORE_ACTION_COURSE_WRITE, CORE_ACTION_ENROLMENT_WRITE, CORE_ACTION_TIMETABLE_WRITE,
            CORE_ACTION_POLICY_WRITE};
        for (gsize i = 0; i < G_N_ELEMENTS(READ); i++) {
            assert_int_equal(core_permission_allows_course(&viewer, READ[i], true, false),
                             admin || teacher);
            assert_int_equal(core_permission_allows_course(&viewer, READ[i], false, true),
                             admin || !teacher);
            assert_int_equal(core_permission_allows_course(&viewer, READ[i], false, false), admin);
        }
        for (gsize i = 0; i < G_N_ELEMENTS(STAFF); i++)
            assert_int_equal(core_permission_allows_course(&viewer, STAFF[i], true, true),
                             admin || teacher);
        for (gsize i = 0; i < G_N_ELEMENTS(ADMIN); i++)
            assert_int_equal(core_permission_allows_course(&viewer, ADMIN[i], true, true), admin);
    }
    assert_int_equal(core_permission_scope((enum core_role)7, CORE_ACTION_USER_READ),
                     CORE_SCOPE_NONE);
    assert_int_equal(core_permission_scope(CORE_ROLE_ADMIN, (enum core_action)77), CORE_SCOPE_NONE);

    /* Somebody without an id is not "oneself" to another one without an id. */
    const struct core_viewer unknown = {nobody, CORE_ROLE_STUDENT};
    assert_false(core_permission_allows(&unknown, CORE_ACTION_USER_READ, &nobody, false));
}

static void test_statistics(void **state)
{
    (void)state;
    struct core_attendance marks[] = {
        {.status = CORE_STATUS_PRESENT}, {.status = CORE_STATUS_LATE},
        {.status = CORE_STATUS_ABSENT},  {.status = CORE_STATUS_EXCUSED},
        {.status = CORE_STATUS_PRESENT}, {.status = (enum core_status)42},
    };
    g_autoptr(GPtrArray) list = g_ptr_array_new();
    struct core_statistics statistics;

    core_statistics_of(list, &statistics);
    assert_int_equal(statistics.total, 0);
    assert_true(isnan(core_statistics_attended(&statistics)));

    for (gsize i = 0; i < G_N_ELEMENTS(marks); i++)
        g_ptr_array_add(list, &marks[i]);
    core_statistics_of(list, &statistics);
    assert_int_equal(statistics.total, 5);
    assert_int_equal(statistics.counts[CORE_STATUS_PRESENT], 2);
    assert_int_equal(statistics.counts[CORE_STATUS_EXCUSED], 1);
    assert_true(fabs(core_statistics_attended(&statistics) - 0.75) < 1e-12);

    core_statistics_add(&statistics, CORE_STATUS_ABSENT, 4);
    assert_int_equal(statistics.total, 9);
}

static void test_clear_and_free(void **state)
{
    (void)state;
    struct core_user user = {.name = g_strdup("Núñez"), .email = g_strdup("a@b.mx")};
    struct core_template face = {.sealed = g_bytes_new("x", 1), .model = g_strdup("m")};

    core_user_clear(&user);
    assert_null(user.name);
    core_template_clear(&face);
    assert_null(face.sealed);
    core_user_free(NULL);
    core_group_free(NULL);
    core_institution_free(NULL);
    core_template_free(NULL);
    core_attendance_free(NULL);
    core_audit_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_and_values), cmocka_unit_test(test_age),
        cmocka_unit_test(test_who_may_do_what),  cmocka_unit_test(test_statistics),
        cmocka_unit_test(test_clear_and_free),
    };
    return cmocka_run_group_tests_name("core_rules", tests, NULL, NULL);
}
