/* The catalogue and who belongs where: what may be typed, who may do what, and what the past keeps.
 */
#include "fixture.h"

#include "core/timetable.h"
#include "db/query/attendance.h"
#include "db/query/course.h"
#include "db/query/image.h"
#include "db/query/session.h"
#include "service/courses.h"
#include "service/enrolments.h"
#include "service/groups.h"
#include "service/images.h"

#include <string.h>

static const struct base_uuid NOTHING;

/* A course of a term around today, taught to a group by a teacher, and people of each kind. */
struct school {
    struct fixture *f;
    struct base_uuid term, subject, course, group, other_group;
    struct base_uuid teacher, stranger, student, outsider;
    char today[CORE_DAY_SIZE], yesterday[CORE_DAY_SIZE], tomorrow[CORE_DAY_SIZE];
};

static void days_around(struct school *school)
{
    GError *error = NULL;
    GTimeZone *zone = service_time_zone(school->f->service, &error);

    assert_no_error(error);
    assert_true(core_day_of_time(zone, base_time_now(), school->today, &error));
    g_time_zone_unref(zone);
    core_day_from_number(core_day_number(school->today) - 1, school->yesterday);
    core_day_from_number(core_day_number(school->today) + 1, school->tomorrow);
}

static void school_open(struct school *school, struct fixture *f)
{
    char first[CORE_DAY_SIZE], last[CORE_DAY_SIZE];
    GError *error = NULL;

    *school = (struct school){.f = f};
    days_around(school);
    core_day_from_number(core_day_number(school->today) - 60, first);
    core_day_from_number(core_day_number(school->today) + 60, last);
    g_autoptr(core_term) term = service_term_create(
        f->service, &f->admin, &(struct service_term_input){"Term", first, last}, &error);
    assert_no_error(error);
    g_autoptr(core_subject) subject = service_subject_create(
        f->service, &f->admin, &(struct service_subject_input){"Álgebra", "MAT-1"}, &error);
    assert_no_error(error);
    const struct service_course_input input = {.term_id = term->id, .subject_id = subject->id};
    g_autoptr(core_course) course = service_course_create(f->service, &f->admin, &input, &error);
    assert_no_error(error);
    assert_string_equal(course->name, "Álgebra");
    school->term = term->id;
    school->subject = subject->id;
    school->course = course->id;
    school->group = fixture_group(f, "1A");
    school->other_group = fixture_group(f, "1B");
    school->teacher = fixture_user(f, "Tina", "tina@uni.edu", CORE_ROLE_TEACHER, NULL);
    school->stranger = fixture_user(f, "Tom", "tom@uni.edu", CORE_ROLE_TEACHER, NULL);
    school->student = fixture_user(f, "Ana", "ana@uni.edu", CORE_ROLE_STUDENT, &school->group);
    school->outsider =
        fixture_user(f, "Eva", "eva@uni.edu", CORE_ROLE_STUDENT, &school->other_group);
    assert_true(
        service_course_add_group(f->service, &f->admin, &school->course, &school->group, &error));
    assert_true(service_course_add_teacher(f->service, &f->admin, &school->course, &school->teacher,
                                           &error));
    assert_no_error(error);
}

static enum base_error allow(struct school *school, const struct base_uuid *who,
                             enum core_action action)
{
    const struct service_identity identity =
        who ? fixture_identity(school->f, who) : school->f->admin;
    g_autoptr(GError) error = NULL;
    g_autoptr(db_connection) connection = db_acquire(school->f->db, &error);

    if (service_course_allow(connection, &identity, action, &school->course, &error))
        return BASE_ERROR_N;
    return (enum base_error)error->code;
}

static void test_who_may_do_what_to_a_course(void **state)
{
    struct school s;
    static const struct {
        enum core_action action;
        enum base_error admin, teacher, stranger, student, outsider; /* BASE_ERROR_N: allowed */
    } CASES[] = {
        {CORE_ACTION_COURSE_READ, BASE_ERROR_N, BASE_ERROR_N, BASE_ERROR_NOT_FOUND, BASE_ERROR_N,
         BASE_ERROR_NOT_FOUND},
        {CORE_ACTION_COURSE_WRITE, BASE_ERROR_N, BASE_ERROR_FORBIDDEN, BASE_ERROR_NOT_FOUND,
         BASE_ERROR_FORBIDDEN, BASE_ERROR_NOT_FOUND},
        {CORE_ACTION_ROSTER_READ, BASE_ERROR_N, BASE_ERROR_N, BASE_ERROR_NOT_FOUND,
         BASE_ERROR_FORBIDDEN, BASE_ERROR_NOT_FOUND},
        {CORE_ACTION_SESSION_WRITE, BASE_ERROR_N, BASE_ERROR_N, BASE_ERROR_NOT_FOUND,
         BASE_ERROR_FORBIDDEN, BASE_ERROR_NOT_FOUND},
        {CORE_ACTION_ATTENDANCE_WRITE, BASE_ERROR_N, BASE_ERROR_N, BASE_ERROR_NOT_FOUND,
         BASE_ERROR_FORBIDDEN, BASE_ERROR_NOT_FOUND},
        {CORE_ACTION_REPORT_READ, BASE_ERROR_N, BASE_ERROR_N, BASE_ERROR_NOT_FOUND, BASE_ERROR_N,
         BASE_ERROR_NOT_FOUND},
    };

    school_open(&s, *state);
    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        assert_int_equal(allow(&s, NULL, CASES[i].action), CASES[i].admin);
        assert_int_equal(allow(&s, &s.teacher, CASES[i].action), CASES[i].teacher);
        assert_int_equal(allow(&s, &s.stranger, CASES[i].action), CASES[i].stranger);
        assert_int_equal(allow(&s, &s.student, CASES[i].action), CASES[i].student);
        assert_int_equal(allow(&s, &s.outsider, CASES[i].action), CASES[i].outsider);
    }
}

static guint courses_seen(struct school *s, const struct base_uuid *who, bool mine)
{
    const struct service_identity identity = who ? fixture_identity(s->f, who) : s->f->admin;
    GError *error = NULL;
    gint64 total = 0;
    g_autoptr(GPtrArray) courses =
        service_course_list(s->f->service, &identity, mine, NULL, NULL, &total, &error);

    assert_no_error(error);
    return courses->len;
}

static void test_everybody_lists_their_own_courses(void **state)
{
    struct school s;
    GError *error = NULL;

    school_open(&s, *state);
    assert_int_equal(courses_seen(&s, NULL, false), 1);
    assert_int_equal(courses_seen(&s, NULL, true), 0);
    assert_int_equal(courses_seen(&s, &s.teacher, false), 1);
    assert_int_equal(courses_seen(&s, &s.stranger, false), 0);
    assert_int_equal(courses_seen(&s, &s.student, false), 1);
    assert_int_equal(courses_seen(&s, &s.outsider, false), 0);

    /* Teachers see the accounts of their courses' students, and of nobody else. */
    const struct service_identity teacher = fixture_identity(s.f, &s.teacher);
    g_autoptr(core_user) seen = service_user_find(s.f->service, &teacher, &s.student, &error);
    assert_no_error(error);
    assert_null(service_user_find(s.f->service, &teacher, &s.outsider, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
}

static void test_what_is_in_use_stays(void **state)
{
    struct school s;
    GError *error = NULL;

    school_open(&s, *state);
    assert_false(service_term_delete(s.f->service, &s.f->admin, &s.term, &error));
    assert_string_equal(error->message, "The term has 1 course; it cannot be deleted.");
    assert_base_error(error, BASE_ERROR_CONFLICT);
    assert_false(service_subject_delete(s.f->service, &s.f->admin, &s.subject, &error));
    assert_base_error(error, BASE_ERROR_CONFLICT);
    assert_false(service_group_delete(s.f->service, &s.f->admin, &s.group, &error));
    assert_non_null(strstr(error->message, "Álgebra, Term"));
    assert_base_error(error, BASE_ERROR_CONFLICT);
    assert_true(service_group_delete(s.f->service, &s.f->admin, &s.other_group, &error));

    assert_true(
        service_course_remove_group(s.f->service, &s.f->admin, &s.course, &s.group, &error));
    assert_true(service_course_delete(s.f->service, &s.f->admin, &s.course, &error));
    assert_true(service_term_delete(s.f->service, &s.f->admin, &s.term, &error));
    assert_true(service_subject_delete(s.f->service, &s.f->admin, &s.subject, &error));
    assert_no_error(error);
}

static void test_bad_input_is_named(void **state)
{
    struct fixture *f = *state;
    static const struct {
        struct service_term_input input;
        const char *field;
    } TERMS[] = {
        {{NULL, "2026-01-01", "2026-06-30"}, "name"},
        {{"Term", NULL, "2026-06-30"}, "first_day"},
        {{"Term", "2026-02-30", "2026-06-30"}, "first_day"},
        {{"Term", "2026-01-01", "tomorrow"}, "last_day"},
        {{"Term", "2026-06-30", "2026-01-01"}, "last_day"},
        {{"Term", "2026-01-01", "2029-01-01"}, "last_day"},
    };
    static const struct {
        const char *number, *language, *field;
    } PEOPLE[] = {
        {"", NULL, "student_number"},
        {" 1", NULL, "student_number"},
        {"a\tb", NULL, "student_number"},
        {"123456789012345678901234567890123", NULL, "student_number"},
        {NULL, "fr", "language"},
    };
    GError *error = NULL;

    for (size_t i = 0; i < G_N_ELEMENTS(TERMS); i++) {
        assert_null(service_term_create(f->service, &f->admin, &TERMS[i].input, &error));
        assert_string_equal(service_error_field(error), TERMS[i].field);
        assert_base_error(error, BASE_ERROR_INVALID);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(PEOPLE); i++) {
        const struct service_user_input input = {.fields = PEOPLE[i].number ? SERVICE_USER_NUMBER
                                                                            : SERVICE_USER_LANGUAGE,
                                                 .student_number = PEOPLE[i].number,
                                                 .language = PEOPLE[i].language};
        assert_null(service_user_update(f->service, &f->admin, &f->admin.user_id, &input, &error));
        assert_string_equal(service_error_field(error), PEOPLE[i].field);
        assert_base_error(error, BASE_ERROR_INVALID);
    }
    const gint64 crowd = 100001;
    assert_null(service_room_create(f->service, &f->admin,
                                    &(struct service_room_input){"Aula", &crowd}, &error));
    assert_string_equal(service_error_field(error), "capacity");
    assert_base_error(error, BASE_ERROR_INVALID);
    assert_null(service_course_create(f->service, &f->admin,
                                      &(struct service_course_input){.name = "X"}, &error));
    assert_string_equal(service_error_field(error), "term_id");
    assert_base_error(error, BASE_ERROR_INVALID);
}

/* The current group of somebody's account. */
static struct base_uuid group_of(struct school *s, const struct base_uuid *who)
{
    GError *error = NULL;
    g_autoptr(core_user) user = service_user_find(s->f->service, &s->f->admin, who, &error);

    assert_no_error(error);
    return user->group_id;
}

static bool on_roster(struct school *s, const struct base_uuid *who, const char *day)
{
    GError *error = NULL;
    g_autoptr(GPtrArray) people =
        service_course_roster(s->f->service, &s->f->admin, &s->course, day, &error);

    assert_no_error(error);
    for (guint i = 0; i < people->len; i++)
        if (base_uuid_equal(&((struct db_roster_person *)people->pdata[i])->id, who))
            return true;
    return false;
}

static void test_enrolments_and_accounts_agree(void **state)
{
    struct school s;
    GError *error = NULL;

    school_open(&s, *state);
    struct service_enrolment_input input = {
        .user_id = s.outsider, .group_id = s.group, .first_day = s.yesterday};
    g_autoptr(core_enrolment) second =
        service_enrolment_create(s.f->service, &s.f->admin, &input, &error);
    assert_no_error(error);
    assert_true(on_roster(&s, &s.outsider, s.yesterday));
    assert_false(on_roster(&s, &s.student, s.yesterday)); /* in the group since today */
    assert_true(on_roster(&s, &s.student, NULL));
    struct base_uuid now = group_of(&s, &s.outsider);
    assert_memory_equal(&now, &s.other_group, sizeof now);

    input.first_day = s.tomorrow;
    assert_null(service_enrolment_create(s.f->service, &s.f->admin, &input, &error));
    assert_non_null(strstr(error->message, s.yesterday));
    assert_base_error(error, BASE_ERROR_CONFLICT);
    input.group_id = NOTHING;
    assert_null(service_enrolment_create(s.f->service, &s.f->admin, &input, &error));
    assert_base_error(error, BASE_ERROR_INVALID);
    input.course_id = s.course;
    input.user_id = s.teacher;
    assert_null(service_enrolment_create(s.f->service, &s.f->admin, &input, &error));
    assert_string_equal(service_error_field(error), "user_id");
    assert_base_error(error, BASE_ERROR_INVALID);

    /* Ending the enrolment in the group of the account leaves the account without one. */
    const struct db_enrolment_filter own = {.user_id = s.student, .group_id = s.group};
    g_autoptr(GPtrArray) list =
        service_enrolment_list(s.f->service, &s.f->admin, &own, NULL, NULL, &error);
    const struct core_enrolment *first = list->pdata[0];
    g_autoptr(core_enrolment) moved = service_enrolment_update(
        s.f->service, &s.f->admin, &first->id, "2026-01-01", s.yesterday, &error);
    assert_no_error(error);
    now = group_of(&s, &s.student);
    assert_true(base_uuid_is_nil(&now));
    g_autoptr(core_enrolment) again =
        service_enrolment_update(s.f->service, &s.f->admin, &first->id, NULL, "", &error);
    assert_no_error(error);
    assert_null(again->last_day);
    now = group_of(&s, &s.student);
    assert_memory_equal(&now, &s.group, sizeof now);
    assert_true(service_enrolment_delete(s.f->service, &s.f->admin, &first->id, &error));
    now = group_of(&s, &s.student);
    assert_true(base_uuid_is_nil(&now));
}

/* An enrolment that began, and one that ended, while nobody wrote anything. */
static void test_accounts_follow_the_calendar(void **state)
{
    struct school s;
    GError *error = NULL;
    gint64 changed = -1;

    school_open(&s, *state);
    const struct db_enrolment_filter own = {.user_id = s.student, .group_id = s.group};
    g_autoptr(db_connection) connection = db_acquire(s.f->db, &error);
    g_autoptr(GPtrArray) list = db_enrolment_list(connection, &own, NULL, NULL, &error);
    struct core_enrolment *first = list->pdata[0];
    struct core_enrolment next = {.user_id = s.student,
                                  .group_id = s.other_group,
                                  .first_day = s.today,
                                  .created_at = 1,
                                  .updated_at = 1};
    base_uuid_new(&next.id);
    g_free(first->first_day);
    first->first_day = g_strdup("2026-01-01");
    first->last_day = g_strdup(s.yesterday);
    assert_true(db_enrolment_update(connection, first, &error));
    assert_true(db_enrolment_insert(connection, &next, &error));
    g_clear_pointer(&connection, db_release);

    assert_true(service_enrolments_follow(s.f->service, &changed, &error));
    assert_int_equal(changed, 1);
    struct base_uuid now = group_of(&s, &s.student);
    assert_memory_equal(&now, &s.other_group, sizeof now);
    now = group_of(&s, &s.outsider);
    assert_memory_equal(&now, &s.other_group, sizeof now);
    assert_true(service_enrolments_follow(s.f->service, &changed, &error));
    assert_int_equal(changed, 0);
}

/* A mark of the student's in a session of the course, and the face behind it. */
static struct base_uuid mark_with_face(struct school *s)
{
    GError *error = NULL;
    struct core_session session = {.course_id = s->course,
                                   .local_day = s->today,
                                   .end_second = 3600,
                                   .starts_at = BASE_TIME_SECOND,
                                   .ends_at = 2 * BASE_TIME_SECOND,
                                   .created_at = 1,
                                   .updated_at = 1};
    struct core_attendance mark = {.user_id = s->student,
                                   .course_id = s->course,
                                   .occasion = (char *)"session",
                                   .local_day = s->today,
                                   .marked_at = BASE_TIME_SECOND,
                                   .created_at = 1,
                                   .updated_at = 1};
    struct core_image image = {.user_id = s->student,
                               .kind = CORE_IMAGE_MARK,
                               .blob_key = (char *)"a/b",
                               .media_type = (char *)"image/jpeg",
                               .size = 1,
                               .created_at = 1};
    g_autoptr(db_connection) connection = db_acquire(s->f->db, &error);

    base_uuid_new(&session.id);
    base_uuid_new(&mark.id);
    base_uuid_new(&image.id);
    mark.session_id = session.id;
    image.attendance_id = mark.id;
    assert_true(db_session_insert(connection, &session, &error));
    assert_true(db_attendance_insert(connection, &mark, &error));
    assert_true(db_image_insert(connection, &image, &error));
    return mark.id;
}

static bool sees_face(struct school *s, const struct base_uuid *who, const struct base_uuid *mark)
{
    const struct service_identity identity = fixture_identity(s->f, who);
    g_autoptr(GError) error = NULL;
    g_autoptr(core_image) image = service_image_mark(s->f->service, &identity, mark, &error);

    if (!image)
        assert_int_equal(error->code, BASE_ERROR_NOT_FOUND);
    return image != NULL;
}

static void test_who_corrects_a_mark_sees_the_face_behind_it(void **state)
{
    struct school s;
    GError *error = NULL;

    school_open(&s, *state);
    const struct base_uuid mark = mark_with_face(&s);
    assert_true(
        service_group_add_teacher(s.f->service, &s.f->admin, &s.group, &s.stranger, &error));
    assert_true(sees_face(&s, &s.student, &mark));
    assert_true(sees_face(&s, &s.teacher, &mark));
    assert_false(sees_face(&s, &s.stranger, &mark)); /* the group's tutor corrects days only */
    assert_false(sees_face(&s, &s.outsider, &mark));
}

static void test_who_reads_and_writes_enrolments(void **state)
{
    struct school s;
    GError *error = NULL;

    school_open(&s, *state);
    const struct service_identity teacher = fixture_identity(s.f, &s.teacher);
    const struct service_identity student = fixture_identity(s.f, &s.student);
    const struct service_enrolment_input input = {.user_id = s.outsider, .course_id = s.course};
    const struct db_enrolment_filter of_student = {.user_id = s.student};
    const struct db_enrolment_filter of_outsider = {.user_id = s.outsider};

    assert_null(service_enrolment_create(s.f->service, &teacher, &input, &error));
    assert_base_error(error, BASE_ERROR_FORBIDDEN);
    g_autoptr(core_enrolment) single =
        service_enrolment_create(s.f->service, &s.f->admin, &input, &error);
    assert_no_error(error);
    assert_false(service_enrolment_delete(s.f->service, &student, &single->id, &error));
    assert_base_error(error, BASE_ERROR_FORBIDDEN);
    assert_null(service_enrolment_find(s.f->service, &student, &single->id, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
    g_autoptr(core_enrolment) seen =
        service_enrolment_find(s.f->service, &teacher, &single->id, &error);
    assert_no_error(error);

    g_autoptr(GPtrArray) mine =
        service_enrolment_list(s.f->service, &student, &of_student, NULL, NULL, &error);
    assert_int_equal(mine->len, 1);
    assert_null(service_enrolment_list(s.f->service, &student, &of_outsider, NULL, NULL, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
    /* Of the outsider the teacher sees the course, not the other group. */
    g_autoptr(GPtrArray) taught =
        service_enrolment_list(s.f->service, &teacher, &of_outsider, NULL, NULL, &error);
    assert_int_equal(taught->len, 1);

    /* A student may choose their own language, and nothing that decides on registers. */
    const struct service_user_input language = {.fields = SERVICE_USER_LANGUAGE, .language = "en"};
    const struct service_user_input number = {.fields = SERVICE_USER_NUMBER, .student_number = "1"};
    g_autoptr(core_user) user =
        service_user_update(s.f->service, &student, &s.student, &language, &error);
    assert_string_equal(user->language, "en");
    assert_null(service_user_update(s.f->service, &student, &s.student, &number, &error));
    assert_base_error(error, BASE_ERROR_FORBIDDEN);
}

static void test_changes_are_noted_with_both_values(void **state)
{
    struct school s;
    char id[BASE_UUID_TEXT_SIZE];
    GError *error = NULL;

    school_open(&s, *state);
    const struct service_user_input move = {.fields = SERVICE_USER_GROUP,
                                            .group_id = s.other_group};
    g_autoptr(core_user) moved =
        service_user_update(s.f->service, &s.f->admin, &s.student, &move, &error);
    assert_no_error(error);
    assert_false(on_roster(&s, &s.student, s.yesterday));
    assert_false(on_roster(&s, &s.student, NULL));
    g_autoptr(core_term) renamed = service_term_update(
        s.f->service, &s.f->admin, &s.term, &(struct service_term_input){.name = "Autumn"}, &error);
    assert_no_error(error);

    g_autoptr(GPtrArray) log =
        service_audit_list(s.f->service, &s.f->admin, NULL, NULL, NULL, &error);
    const struct core_audit *term = log->pdata[0], *person = log->pdata[1];
    assert_string_equal(term->action, "term.update");
    assert_string_equal(term->details, "{\"name\":{\"from\":\"Term\",\"to\":\"Autumn\"}}");
    assert_string_equal(person->action, "user.update");
    assert_non_null(strstr(person->details, base_uuid_format(&s.group, id)));
    assert_non_null(strstr(person->details, base_uuid_format(&s.other_group, id)));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_who_may_do_what_to_a_course),
        TEST(test_everybody_lists_their_own_courses),
        TEST(test_what_is_in_use_stays),
        TEST(test_bad_input_is_named),
        TEST(test_enrolments_and_accounts_agree),
        TEST(test_accounts_follow_the_calendar),
        TEST(test_who_corrects_a_mark_sees_the_face_behind_it),
        TEST(test_who_reads_and_writes_enrolments),
        TEST(test_changes_are_noted_with_both_values),
    };
    return cmocka_run_group_tests_name("service_courses", tests, NULL, NULL);
}
