/* Where the students of the small university stand, and who may know. */
#include "university.h"

#include "service/courses.h"
#include "service/standing.h"

#include <math.h>
#include <string.h>

static struct university u;

static const struct service_standing *standing_of(const struct service_course_standing *course,
                                                  const struct base_uuid *id)
{
    for (guint i = 0; i < course->standings->len; i++) {
        const struct service_standing *standing = course->standings->pdata[i];
        if (base_uuid_equal(&standing->user_id, id))
            return standing;
    }
    fail_msg("nobody of this id");
    return NULL;
}

static void assert_standing(const struct service_course_standing *course,
                            const struct base_uuid *id, double earned, double possible,
                            const char *arithmetic)
{
    const struct service_standing *standing = standing_of(course, id);

    assert_true(fabs(standing->percentage.earned - earned) < 1e-9);
    assert_true(standing->percentage.possible == possible);
    assert_string_equal(standing->arithmetic, arithmetic);
}

static void test_a_course(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;
    const struct service_standing_options options = {.language = "en"};

    g_autoptr(service_course_standing) algebra =
        service_standing_course(f->service, &u.tere, &u.algebra, &options, &error);
    assert_no_error(error);
    assert_int_equal(algebra->sessions_n, 5);
    assert_int_equal(algebra->standings->len, 3);
    assert_standing(algebra, &u.ana, 3.5, 5, "(3 + 1 × 0.5) of 5 = 70.0 %");
    assert_standing(algebra, &u.bruno, 2, 2, "2 of 2 = 100.0 %, excused 1 left out");
    assert_standing(algebra, &u.dora, 1, 2, "1 of 2 = 50.0 %");
    const struct service_standing *ana = standing_of(algebra, &u.ana);
    assert_string_equal(ana->name, "Ana");
    assert_string_equal(ana->course_name, "Algebra 1A");
    assert_string_equal(ana->outlook, "can no longer reach 80 %");

    g_autoptr(service_course_standing) physics =
        service_standing_course(f->service, &f->admin, &u.physics, &options, &error);
    assert_int_equal(physics->standings->len, 4);
    assert_standing(physics, &u.carla, 1.5, 3, "(1 + 1 × 0.5) of 3 = 50.0 %");
    assert_standing(physics, &u.dora, 2, 2, "2 of 2 = 100.0 %");
    assert_standing(physics, &u.ana, 1, 2, "1 of 2 = 50.0 %, excused 1 left out");
    assert_standing(physics, &u.paco, 0, 0, "nothing to count");
}

/* Dora's sessions of Algebra that count when this group is asked for. */
static guint sessions_of_dora(struct fixture *f, const struct base_uuid *group_id, guint people)
{
    GError *error = NULL;
    const struct service_standing_options options = {.group_id = *group_id, .sessions = true};
    g_autoptr(service_course_standing) algebra =
        service_standing_course(f->service, &f->admin, &u.algebra, &options, &error);

    assert_no_error(error);
    assert_int_equal(algebra->standings->len, people);
    return standing_of(algebra, &u.dora)->sessions->len;
}

static void test_who_changed_group_counts_in_each(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;

    assert_int_equal(sessions_of_dora(f, &u.group_a, 3), 2);
    assert_true(service_course_add_group(f->service, &f->admin, &u.algebra, &u.group_b, &error));
    assert_int_equal(sessions_of_dora(f, &u.group_a, 3), 2);
    assert_int_equal(sessions_of_dora(f, &u.group_b, 3), 3);
    assert_int_equal(sessions_of_dora(f, &(struct base_uuid){0}, 5), 5);
    assert_no_error(error);
}

static void test_in_the_middle_of_the_term_and_of_a_period(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;
    /* After the third Algebra, two to come: 2.5 of 3 now; 4.5 of 5 at best, 3.5 when one is missed
     */
    const struct service_standing_options middle = {
        .language = "en", .now = university_time("2026-03-17", 0), .sessions = true};
    const struct service_standing_options period = {
        .language = "en", .from_day = "2026-03-09", .to_day = "2026-03-16"};

    g_autoptr(service_course_standing) now =
        service_standing_course(f->service, &f->admin, &u.algebra, &middle, &error);
    const struct service_standing *ana = standing_of(now, &u.ana);
    assert_int_equal(ana->percentage.ended, 3);
    assert_int_equal(ana->percentage.to_come, 2);
    assert_true(ana->percentage.earned == 2.5);
    assert_int_equal(ana->sessions->len, 5);
    assert_int_equal(now->sessions->len, 5);
    assert_int_equal(standing_of(now, &u.dora)->sessions->len, 2);

    g_autoptr(service_course_standing) part =
        service_standing_course(f->service, &f->admin, &u.algebra, &period, &error);
    assert_standing(part, &u.ana, 1.5, 2, "(1 + 1 × 0.5) of 2 = 75.0 %");
    assert_standing(part, &u.dora, 1, 1, "1 of 1 = 100.0 %");
    g_autoptr(service_course_standing) whole =
        service_standing_course(f->service, &f->admin, &u.algebra, NULL, &error);
    const struct core_percentage *of_part = &standing_of(part, &u.ana)->percentage;
    assert_true(of_part->cannot_pass); /* of the whole term, as is what the warnings compare */
    assert_true(of_part->share != of_part->share_past);
    assert_true(of_part->share_past == standing_of(whole, &u.ana)->percentage.share_past);
}

static void test_who_may_see_a_course(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;

    assert_null(service_standing_course(f->service, &u.beto, &u.algebra, NULL, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
    assert_null(service_standing_course(f->service, &u.carla_self, &u.algebra, NULL, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
    /* The tutor of 1B sees those who are in Physics through it, not Ana. */
    g_autoptr(service_course_standing) tutored =
        service_standing_course(f->service, &u.uma, &u.physics, NULL, &error);
    assert_no_error(error);
    assert_int_equal(tutored->standings->len, 3);
    g_autoptr(service_course_standing) own =
        service_standing_course(f->service, &u.carla_self, &u.physics, NULL, &error);
    assert_int_equal(own->standings->len, 1);
    assert_standing(own, &u.carla, 1.5, 3, "(1 + 1 × 0.5) de 3 = 50.0 %");
}

static guint courses_of(struct fixture *f, const struct service_identity *who,
                        const struct base_uuid *student)
{
    GError *error = NULL;
    guint n = 0;
    g_autoptr(GPtrArray) courses = service_standing_student(f->service, who, student, NULL, &error);

    assert_no_error(error);
    for (guint i = 0; i < courses->len; i++)
        n += ((struct service_course_standing *)courses->pdata[i])->standings->len;
    return n;
}

static void test_a_student_in_all_courses(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(courses_of(f, &u.ana_self, &u.ana), 2);
    assert_int_equal(courses_of(f, &f->admin, &u.dora), 2);
    assert_int_equal(courses_of(f, &u.tere, &u.dora), 1);
    assert_int_equal(courses_of(f, &u.beto, &u.bruno), 0);
    assert_int_equal(courses_of(f, &u.uma, &u.dora), 1);
}

static bool count(struct service_course_standing *course, gpointer data, GError **error)
{
    guint *counts = data;

    (void)error;
    counts[0]++;
    counts[1] += course->standings->len;
    service_course_standing_free(course);
    return true;
}

static void test_a_pass_over_courses(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;
    guint counts[2] = {0};
    struct service_standing_scope scope = {.day = "2026-05-01"};

    assert_true(service_standing_each(f->service, &f->admin, &scope, NULL, count, counts, &error));
    assert_int_equal(counts[0], 2);
    assert_int_equal(counts[1], 7);
    scope.day = "2027-05-01";
    assert_true(service_standing_each(f->service, &f->admin, &scope, NULL, count, counts, &error));
    assert_int_equal(counts[0], 2);
    scope = (struct service_standing_scope){.group_id = u.group_b};
    memset(counts, 0, sizeof counts);
    assert_true(service_standing_each(f->service, &u.beto, &scope, NULL, count, counts, &error));
    assert_int_equal(counts[0], 1);
    assert_int_equal(counts[1], 3); /* not Ana, who is there by herself */
}

static void test_order(void **state)
{
    struct fixture *f = *state;
    enum service_standing_sort sort;

    g_autoptr(service_course_standing) physics =
        service_standing_course(f->service, &f->admin, &u.physics, NULL, NULL);
    assert_true(service_standing_sort_from_name("share", &sort));
    service_standing_sort(physics->standings, sort, true);
    const struct service_standing *first = physics->standings->pdata[0];
    const struct service_standing *last = physics->standings->pdata[3];
    assert_string_equal(first->name, "Dora");
    assert_string_equal(last->name, "Paco"); /* unknown, whatever the order */
    assert_false(service_standing_sort_from_name("age", &sort));
}

/* Nothing here changes anything: one university will do. */
static int set_up(void **state)
{
    fixture_setup(state);
    university_create(*state, &u);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_course),
        cmocka_unit_test(test_in_the_middle_of_the_term_and_of_a_period),
        cmocka_unit_test(test_who_may_see_a_course),
        cmocka_unit_test(test_a_student_in_all_courses),
        cmocka_unit_test(test_a_pass_over_courses),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_who_changed_group_counts_in_each), /* it changes the university */
    };

    return cmocka_run_group_tests_name("service_standing", tests, set_up, fixture_teardown);
}
