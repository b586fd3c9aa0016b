/* Attendance by face with real models and real photographs. */
#include "fixture.h"

#include <string.h>

static struct base_uuid enrolled(struct fixture *f, const char *name, unsigned who,
                                 const struct base_uuid *group_id)
{
    g_autofree char *email = g_strdup_printf("%s@uni.edu", name);
    const struct base_uuid id = fixture_user(f, name, email, CORE_ROLE_STUDENT, group_id);

    fixture_enrol(f, &id, who);
    return id;
}

static struct service_mark mark(struct fixture *f, const struct service_identity *identity,
                                unsigned who, base_time at, const struct base_uuid *group_id)
{
    GError *error = NULL;
    struct service_mark result;
    const struct recognise_picture frame = sample_photo(who, 3);
    struct service_mark_request request = {.frames = &frame, .frames_n = 1, .at = at};

    if (group_id)
        request.group_id = *group_id;
    assert_true(service_mark_by_face(f->service, identity, &request, &result, &error));
    assert_no_error(error);
    return result;
}

static void test_marked_once_by_name(void **state)
{
    struct fixture *f = *state;

    if (!fixture_has_faces(f))
        skip();
    const struct base_uuid group = fixture_group(f, "1 A");
    const struct base_uuid ana = enrolled(f, "ana", 0, &group);
    enrolled(f, "bea", 1, NULL);
    struct service_mark first = mark(f, NULL, 0, 0, NULL);
    assert_int_equal(first.answer.kind, RECOGNISE_MATCH);
    assert_string_equal(first.person_name, "ana");
    assert_string_equal(first.time_zone, "America/Merida");
    assert_false(first.already);
    assert_int_equal(first.attendance->method, CORE_METHOD_FACE);
    assert_true(base_uuid_equal(&first.attendance->group_id, &group));
    /* Nothing that helps to climb towards a face. */
    assert_true(base_uuid_is_nil(&first.answer.runner_up));
    assert_true(first.answer.score <= -1);
    struct service_mark second = mark(f, NULL, 0, 0, NULL);
    assert_true(second.already);
    assert_true(base_uuid_equal(&second.attendance->id, &first.attendance->id));
    assert_true(base_uuid_equal(&second.answer.person, &ana));
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM attendance"), 1);
    assert_int_equal(
        fixture_count(f, "SELECT COUNT(*) FROM audit_log WHERE action = 'attendance.mark'"), 1);
    service_mark_clear(&first);
    service_mark_clear(&second);
}

static void test_strangers_have_no_name(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;
    struct service_mark result;
    const struct recognise_picture wall = sample_wall();
    struct service_mark_request request = {.frames = &wall, .frames_n = 1};

    if (!fixture_has_faces(f))
        skip();
    enrolled(f, "ana", 0, NULL);
    result = mark(f, NULL, 3, 0, NULL);
    assert_int_equal(result.answer.kind, RECOGNISE_UNKNOWN);
    assert_null(result.person_name);
    assert_null(result.attendance);
    assert_true(base_uuid_is_nil(&result.answer.person));
    assert_true(result.answer.score <= -1);
    service_mark_clear(&result);
    assert_true(service_mark_by_face(f->service, NULL, &request, &result, &error));
    assert_int_equal(result.answer.kind, RECOGNISE_NO_FACE);
    service_mark_clear(&result);
    request.frames_n = 0;
    assert_false(service_mark_by_face(f->service, NULL, &request, &result, &error));
    assert_base_error(error, BASE_ERROR_INVALID);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM attendance"), 0);
}

static void test_review_names_the_candidate_only_to_who_may_correct(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;
    struct recognise_thresholds strict = {0};

    if (!fixture_has_faces(f))
        skip();
    const struct base_uuid group = fixture_group(f, "1 A");
    const struct base_uuid ana = enrolled(f, "ana", 0, &group);
    const struct base_uuid mine = fixture_user(f, "T", "t@uni.edu", CORE_ROLE_TEACHER, NULL);
    const struct base_uuid theirs = fixture_user(f, "U", "u@uni.edu", CORE_ROLE_TEACHER, NULL);
    assert_true(service_group_add_teacher(f->service, &f->admin, &group, &mine, &error));
    const struct service_identity teacher = fixture_identity(f, &mine);
    const struct service_identity other = fixture_identity(f, &theirs);
    const struct service_identity herself = fixture_identity(f, &ana);
    strict = recogniser_thresholds(f->recogniser);
    strict.match = 1.5F;
    recogniser_thresholds_set(f->recogniser, &strict);
    const struct {
        const struct service_identity *who;
        bool named;
    } cases[] = {
        {NULL, false}, {&herself, false}, {&other, false}, {&teacher, true}, {&f->admin, true}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct service_mark result = mark(f, cases[i].who, 0, 0, NULL);
        assert_int_equal(result.answer.kind, RECOGNISE_NEEDS_REVIEW);
        assert_null(result.attendance);
        assert_int_equal(result.person_name != NULL, cases[i].named);
        assert_int_equal(base_uuid_equal(&result.answer.person, &ana), cases[i].named);
        assert_int_equal(result.answer.score > -1, cases[i].named);
        service_mark_clear(&result);
    }
}

static void test_only_the_group_is_searched(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;
    struct service_mark result;
    const struct recognise_picture frame = sample_photo(0, 3);
    const struct service_mark_request request = {
        .frames = &frame, .frames_n = 1, .group_id = {.bytes = {7}}};

    if (!fixture_has_faces(f))
        skip();
    const struct base_uuid a = fixture_group(f, "1 A"), b = fixture_group(f, "1 B");
    enrolled(f, "ana", 0, &a);
    enrolled(f, "bea", 1, &b);
    result = mark(f, NULL, 0, 0, &b);
    assert_int_equal(result.answer.kind, RECOGNISE_UNKNOWN);
    service_mark_clear(&result);
    result = mark(f, NULL, 0, 0, &a);
    assert_int_equal(result.answer.kind, RECOGNISE_MATCH);
    service_mark_clear(&result);
    assert_false(service_mark_by_face(f->service, NULL, &request, &result, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
}

/* Mérida is six hours behind UTC all year: 09:00 there is 15:00 UTC. */
static void test_status_by_the_institutions_clock(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *at;
        const char *day;
        enum core_status status;
    } cases[] = {
        {"2026-03-09T14:00:00Z", "2026-03-09", CORE_STATUS_PRESENT},
        {"2026-03-10T15:00:00Z", "2026-03-10", CORE_STATUS_PRESENT},
        {"2026-03-11T15:00:01Z", "2026-03-11", CORE_STATUS_LATE},
        {"2026-03-12T17:30:00Z", "2026-03-12", CORE_STATUS_LATE},
        {"2026-03-13T17:30:01Z", "2026-03-13", CORE_STATUS_ABSENT},
        {"2026-03-15T05:59:59Z", "2026-03-14", CORE_STATUS_ABSENT},
        {"2026-03-15T06:00:00Z", "2026-03-15", CORE_STATUS_PRESENT},
    };

    if (!fixture_has_faces(f))
        skip();
    enrolled(f, "ana", 0, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        base_time at = 0;
        assert_true(base_time_parse(cases[i].at, &at));
        struct service_mark result = mark(f, &f->admin, 0, at, NULL);
        assert_false(result.already);
        assert_string_equal(result.attendance->local_day, cases[i].day);
        assert_int_equal(result.attendance->status, cases[i].status);
        assert_true(result.attendance->marked_at == at);
        service_mark_clear(&result);
    }
    /* Nobody but an administrator chooses the time. */
    base_time long_ago = 0;
    assert_true(base_time_parse("2020-01-01T14:00:00Z", &long_ago));
    struct service_mark result = mark(f, NULL, 0, long_ago, NULL);
    assert_true(result.attendance->marked_at > long_ago + 3600 * BASE_TIME_SECOND);
    service_mark_clear(&result);
}

struct marker {
    struct fixture *fixture;
    struct base_uuid attendance_id;
    bool matched;
    bool already;
};

static gpointer mark_in_thread(gpointer data)
{
    struct marker *self = data;
    struct service_mark result;
    const struct recognise_picture frame = sample_photo(0, 3);
    const struct service_mark_request request = {.frames = &frame, .frames_n = 1};

    if (service_mark_by_face(self->fixture->service, NULL, &request, &result, NULL) &&
        result.attendance) {
        self->matched = true;
        self->already = result.already;
        self->attendance_id = result.attendance->id;
    }
    service_mark_clear(&result);
    return NULL;
}

static void test_fifty_at_once_leave_one_row(void **state)
{
    enum { MARKERS = 50 };
    struct fixture *f = *state;
    struct marker markers[MARKERS];
    GThread *threads[MARKERS];
    int fresh = 0;

    if (!fixture_has_faces(f))
        skip();
    enrolled(f, "ana", 0, NULL);
    (void)sample_photo(0, 3); /* cut before the threads need it */
    for (int i = 0; i < MARKERS; i++) {
        markers[i] = (struct marker){.fixture = f};
        threads[i] = g_thread_new("mark", mark_in_thread, &markers[i]);
    }
    for (int i = 0; i < MARKERS; i++)
        g_thread_join(threads[i]);
    for (int i = 0; i < MARKERS; i++) {
        assert_true(markers[i].matched);
        assert_true(base_uuid_equal(&markers[i].attendance_id, &markers[0].attendance_id));
        fresh += !markers[i].already;
    }
    assert_int_equal(fresh, 1);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM attendance"), 1);
    assert_int_equal(
        fixture_count(f, "SELECT COUNT(*) FROM audit_log WHERE action = 'attendance.mark'"), 1);
}

static void test_enrolled_elsewhere_is_found_here(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;
    struct recogniser *recogniser = NULL;
    struct service_mark result;
    const struct recognise_picture frame = sample_photo(0, 3);
    const struct service_mark_request request = {.frames = &frame, .frames_n = 1};

    if (!fixture_has_faces(f))
        skip();
    struct service *second = fixture_second(f, NULL, &recogniser);
    assert_true(service_gallery_load(second, NULL, &error));
    const struct base_uuid id = enrolled(f, "ana", 0, NULL);
    assert_true(service_mark_by_face(second, NULL, &request, &result, &error));
    assert_int_equal(result.answer.kind, RECOGNISE_MATCH);
    service_mark_clear(&result);
    assert_true(service_faces_delete(f->service, &f->admin, &id, NULL, NULL, &error));
    assert_true(service_mark_by_face(second, NULL, &request, &result, &error));
    assert_int_equal(result.answer.kind, RECOGNISE_UNKNOWN);
    service_mark_clear(&result);
    service_destroy(second);
    recogniser_destroy(recogniser);
}

static void test_identify_is_for_administrators(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;
    const struct recognise_picture picture = sample_photo(0, 3);

    if (!fixture_has_faces(f))
        skip();
    const struct base_uuid id = enrolled(f, "ana", 0, NULL);
    const struct service_identity ana = fixture_identity(f, &id);
    assert_null(service_identify(f->service, &ana, &picture, false, &error));
    assert_base_error(error, BASE_ERROR_FORBIDDEN);
    g_autoptr(GArray) faces = service_identify(f->service, &f->admin, &picture, false, &error);
    assert_no_error(error);
    assert_true(faces->len >= 1);
    bool named = false;
    for (guint i = 0; i < faces->len; i++)
        named |= g_strcmp0(g_array_index(faces, struct service_face, i).person_name, "ana") == 0;
    assert_true(named);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM attendance"), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup_faces, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_marked_once_by_name),
        TEST(test_strangers_have_no_name),
        TEST(test_review_names_the_candidate_only_to_who_may_correct),
        TEST(test_only_the_group_is_searched),
        TEST(test_status_by_the_institutions_clock),
        TEST(test_fifty_at_once_leave_one_row),
        TEST(test_enrolled_elsewhere_is_found_here),
        TEST(test_identify_is_for_administrators),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
