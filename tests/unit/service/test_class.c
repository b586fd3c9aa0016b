/* The whole class, concluded from faces that were recognised elsewhere: the recogniser is not
 * needed. */
#include "school.h"

#include "db/query/enrolment.h"
#include "service/class_marks.h"
#include "service/reviews.h"
#include "service/session_register.h"

#include <string.h>

struct class
{
    struct school *school;
    struct base_uuid session, ben;
    struct service_class_request request;
};

static void class_open(struct class *class, struct school *school)
{
    GError *error = NULL;
    struct fixture *fixture = school->fixture;
    g_autofree char *address = g_strdup_printf("ben%u@uni.edu", schools_n);
    gint64 weekday = school->today - core_day_monday(school->today);

    school_enrol(school);
    class->school = school;
    class->ben = fixture_user(fixture, "Ben", address, CORE_ROLE_STUDENT, NULL);
    {
        g_autoptr(db_connection) connection = db_acquire(fixture->db, &error);
        struct core_enrolment enrolment = {.user_id = class->ben,
                                           .course_id = school->course,
                                           .first_day = day_text(school->today)};
        base_uuid_new(&enrolment.id);
        assert_true(db_enrolment_insert(connection, &enrolment, &error));
    }
    school_add_slot(school, &school->course, (gint32)weekday + 1, NINE, TEN, NULL);
    class->session = school_session_on(school, &school->course, school->today);
    g_autoptr(service_roll) roll =
        service_session_register(fixture->service, &fixture->admin, &class->session, &error);
    assert_no_error(error);
    class->request = (struct service_class_request){.session_id = class->session,
                                                    .at = roll->session->starts_at};
}

static GArray *faces_new(void)
{
    return g_array_new(FALSE, TRUE, sizeof(struct service_class_face));
}

static void add_match(GArray *faces, const struct base_uuid *person, base_time at)
{
    const struct service_class_face face = {
        .kind = RECOGNISE_MATCH, .person = *person, .score = 0.7F, .at = at};
    g_array_append_val(faces, face);
}

static void add_doubt(GArray *faces, const struct base_uuid *first, const struct base_uuid *second)
{
    struct service_class_face face = {
        .kind = RECOGNISE_NEEDS_REVIEW,
        .person = *first,
        .score = 0.45F,
        .doubt = RECOGNISE_DOUBT_SCORE,
        .candidates = {{*first, 0.45F}},
        .candidates_n = 1,
        .crop = g_bytes_new_static("\xff\xd8\xff\xd9", 4),
    };
    if (second)
        face.candidates[face.candidates_n++] = (struct recognise_candidate){*second, 0.42F};
    g_array_append_val(faces, face);
}

static void add_unknown(GArray *faces)
{
    const struct service_class_face face = {.kind = RECOGNISE_UNKNOWN, .score = 0.2F};
    g_array_append_val(faces, face);
}

static struct service_class_result *conclude(const struct class *class, GArray *faces)
{
    GError *error = NULL;
    struct service_class_result *result =
        service_class_conclude(class->school->fixture->service, &class->school->fixture->admin,
                               &class->request, faces, &error);
    assert_no_error(error);
    return result;
}

static const struct service_class_face *face_at(const struct service_class_result *result, guint i)
{
    return &g_array_index(result->faces, struct service_class_face, i);
}

static void test_marks_reviews_and_who_is_missing(void **state)
{
    struct class class;
    class_open(&class, *state);
    const struct base_uuid ana = class.school->student, ben = class.ben;
    GArray *faces = faces_new();

    /* Seen twice, the second time earlier. */
    add_match(faces, &ana, class.request.at + BASE_TIME_SECOND);
    add_match(faces, &ana, class.request.at);
    add_doubt(faces, &ben, &ana);
    add_unknown(faces);
    class.request.dry_run = true;
    g_autoptr(service_class_result) dry = conclude(&class, faces);
    assert_int_equal(face_at(dry, 0)->outcome, SERVICE_CLASS_MARKED);
    assert_int_equal(face_at(dry, 2)->outcome, SERVICE_CLASS_REVIEW);
    assert_true(base_uuid_is_nil(&face_at(dry, 2)->review));
    assert_null(((struct service_class_person *)dry->marked->pdata[0])->mark);

    class.request.dry_run = false;
    faces = faces_new();
    add_match(faces, &ana, class.request.at + BASE_TIME_SECOND);
    add_match(faces, &ana, class.request.at);
    add_doubt(faces, &ben, &ana);
    add_unknown(faces);
    g_autoptr(service_class_result) result = conclude(&class, faces);
    assert_int_equal(result->marked->len, 1);
    const struct service_class_person *marked = result->marked->pdata[0];
    assert_string_equal(marked->name, "Ana");
    assert_int_equal(marked->mark->method, CORE_METHOD_PHOTO);
    assert_true(marked->mark->marked_at == class.request.at);
    assert_int_equal(face_at(result, 1)->outcome, SERVICE_CLASS_MARKED);
    /* Ana is marked, and no candidate any more. */
    assert_int_equal(face_at(result, 2)->candidates_n, 1);
    assert_string_equal(face_at(result, 2)->person_name, "Ben");
    assert_false(base_uuid_is_nil(&face_at(result, 2)->review));
    assert_int_equal(result->review->len, 1);
    assert_int_equal(result->unseen->len, 0);
    assert_int_equal(result->unknown, 1);
    assert_null(face_at(result, 3)->person_name);
}

static void test_a_second_time_changes_nothing(void **state)
{
    struct class class;
    class_open(&class, *state);
    const struct base_uuid ana = class.school->student, ben = class.ben;
    struct base_uuid review = {0};

    for (int round = 0; round < 2; round++) {
        GArray *faces = faces_new();
        add_match(faces, &ana, 0);
        add_doubt(faces, &ben, NULL);
        add_doubt(faces, &ana, NULL);
        g_autoptr(service_class_result) result = conclude(&class, faces);
        assert_int_equal(face_at(result, 0)->outcome,
                         round == 0 ? SERVICE_CLASS_MARKED : SERVICE_CLASS_ALREADY);
        assert_int_equal(round == 0 ? result->marked->len : result->already->len, 1);
        if (round == 1)
            assert_true(base_uuid_equal(&review, &face_at(result, 1)->review));
        review = face_at(result, 1)->review;
        /* Like somebody who is here already: nobody to ask about, and no name for a stranger. */
        assert_int_equal(face_at(result, 2)->outcome, SERVICE_CLASS_UNKNOWN);
        assert_null(face_at(result, 2)->person_name);
        assert_null(face_at(result, 2)->crop);
    }
    /* Nor in a picture that does not show her again. */
    GArray *faces = faces_new();
    add_doubt(faces, &ana, NULL);
    g_autoptr(service_class_result) alone = conclude(&class, faces);
    assert_int_equal(face_at(alone, 0)->outcome, SERVICE_CLASS_UNKNOWN);
    assert_float_equal(face_at(alone, 0)->score, -1, 0);
    assert_int_equal(alone->unseen->len, 1);
}

static void test_nobody_outside_the_roster_is_marked(void **state)
{
    struct class class;
    class_open(&class, *state);
    GArray *faces = faces_new();

    add_match(faces, &class.school->teacher, 0);
    add_doubt(faces, &class.school->teacher, NULL);
    g_autoptr(service_class_result) result = conclude(&class, faces);
    assert_int_equal(result->unknown, 2);
    assert_int_equal(result->unseen->len, 2);
}

static void test_only_who_teaches_may(void **state)
{
    struct class class;
    struct school *school = *state;
    GError *error = NULL;
    class_open(&class, school);
    g_autofree char *address = g_strdup_printf("other%u@uni.edu", schools_n);
    const struct base_uuid other =
        fixture_user(school->fixture, "Other", address, CORE_ROLE_TEACHER, NULL);
    const struct service_identity as_other = fixture_identity(school->fixture, &other);

    assert_null(service_class_conclude(school->fixture->service, &as_other, &class.request,
                                       faces_new(), &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
    assert_null(service_class_conclude(school->fixture->service, &school->as_student,
                                       &class.request, faces_new(), &error));
    assert_base_error(error, BASE_ERROR_FORBIDDEN);
    /* A moment when the session takes no marks. */
    class.request.at -= BASE_TIME_SECOND * 60 * 60 * 24;
    assert_null(service_class_conclude(school->fixture->service, &school->fixture->admin,
                                       &class.request, faces_new(), &error));
    assert_base_error(error, BASE_ERROR_CONFLICT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, school_setup, school_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_marks_reviews_and_who_is_missing),
        TEST(test_a_second_time_changes_nothing),
        TEST(test_nobody_outside_the_roster_is_marked),
        TEST(test_only_who_teaches_may),
    };

    return cmocka_run_group_tests_name("service_class", tests, school_open, school_close);
}
