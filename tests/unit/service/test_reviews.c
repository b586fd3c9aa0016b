/* Faces that leave doubt: kept for somebody who knows them, settled, ended; and look-alikes. */
#include "store.h"

#include "db/query/course.h"
#include "db/query/enrolment.h"
#include "db/query/session.h"
#include "db/query/subject.h"
#include "db/query/term.h"
#include "service/courses.h"
#include "service/lookalikes.h"
#include "service/policies.h"
#include "service/reviews.h"

#include <string.h>

#define HOUR (3600 * BASE_TIME_SECOND)

/* Everybody similar goes to review from now on. */
static void doubt_everybody(struct store *s)
{
    struct recognise_thresholds strict = recogniser_thresholds(s->fixture->recogniser);

    strict.match = 1.5F;
    recogniser_thresholds_set(s->fixture->recogniser, &strict);
}

static GPtrArray *reviews_of(struct store *s, const struct service_identity *identity)
{
    GError *error = NULL;
    GPtrArray *reviews = service_review_list(s->service, identity, NULL, NULL, NULL, &error);

    assert_no_error(error);
    return reviews;
}

static void scan(struct store *s, unsigned who, enum recognise_kind kind)
{
    struct service_mark result = store_mark(s, who);

    assert_int_equal(result.answer.kind, kind);
    assert_int_equal(result.answer.candidates_n, 0); /* nobody is signed in */
    service_mark_clear(&result);
}

static void test_a_doubt_waits_and_is_settled(void **state)
{
    struct store *s = *state;
    struct fixture *f = s->fixture;
    GError *error = NULL;

    if (!fixture_has_faces(f))
        skip();
    const struct base_uuid group = fixture_group(f, "1 A");
    const struct base_uuid ana = fixture_user(f, "ana", "ana@uni.edu", CORE_ROLE_STUDENT, &group);
    const struct base_uuid mine = fixture_user(f, "T", "t@uni.edu", CORE_ROLE_TEACHER, NULL);
    const struct base_uuid theirs = fixture_user(f, "U", "u@uni.edu", CORE_ROLE_TEACHER, NULL);
    assert_true(service_group_add_teacher(f->service, &f->admin, &group, &mine, &error));
    const struct service_identity tutor = fixture_identity(f, &mine);
    const struct service_identity other = fixture_identity(f, &theirs);
    const struct service_identity student = fixture_identity(f, &ana);
    store_enrol(s, &ana, 0);
    const guint files = store_files_n(s);
    doubt_everybody(s);
    scan(s, 0, RECOGNISE_NEEDS_REVIEW);
    scan(s, 0, RECOGNISE_NEEDS_REVIEW); /* the same face again is the same review */
    assert_int_equal(store_files_n(s), files + 1);

    assert_null(service_review_list(s->service, &student, NULL, NULL, NULL, &error));
    assert_base_error(error, BASE_ERROR_FORBIDDEN);
    g_clear_error(&error);
    g_autoptr(GPtrArray) none = reviews_of(s, &other), some = reviews_of(s, &tutor);
    assert_int_equal(none->len, 0);
    assert_int_equal(some->len, 1);
    const struct db_review *review = some->pdata[0];
    assert_true(review->has_picture);
    assert_string_equal(review->reason, "score");
    assert_int_equal(review->candidates->len, 1);
    const struct base_uuid id = review->id, nobody = {{0}};
    const base_time taken_at = review->taken_at;
    g_autoptr(core_image) image = service_review_picture(s->service, &tutor, &id, &error);
    assert_no_error(error);
    g_autoptr(GBytes) jpeg = service_image_read(s->service, image, &error);
    assert_no_error(error);
    gsize size;
    const void *data = g_bytes_get_data(jpeg, &size);
    assert_true(store_is_jpeg(data, size));
    assert_null(service_review_find(s->service, &other, &id, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
    g_clear_error(&error);
    assert_null(service_review_settle(s->service, &other, &id, &ana, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
    g_clear_error(&error);
    assert_null(service_review_settle(s->service, &tutor, &id, &theirs, &error));
    assert_base_error(error, BASE_ERROR_FORBIDDEN);
    g_clear_error(&error);
    struct base_uuid unknown;
    base_uuid_new(&unknown);
    assert_null(service_review_settle(s->service, &tutor, &id, &unknown, &error));
    assert_base_error(error, BASE_ERROR_INVALID);
    g_clear_error(&error);

    for (int i = 0; i < 2; i++) { /* twice is once */
        g_autoptr(db_review) settled = service_review_settle(s->service, &tutor, &id, &ana, &error);
        assert_no_error(error);
        assert_int_equal(settled->state, DB_REVIEW_MATCHED);
        assert_string_equal(settled->user_name, "ana");
        assert_false(settled->has_picture);
        g_autoptr(db_connection) connection = db_acquire(f->db, &error);
        g_autoptr(core_attendance) mark =
            db_attendance_find(connection, &settled->attendance_id, &error);
        assert_no_error(error);
        assert_int_equal(mark->marked_at, taken_at);
        assert_int_equal(mark->method, CORE_METHOD_FACE);
    }
    assert_int_equal(store_files_n(s), files);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM attendance"), 1);
    assert_int_equal(
        fixture_count(f, "SELECT COUNT(*) FROM audit_log WHERE action = 'review.settle'"), 1);
    assert_null(service_review_settle(s->service, &tutor, &id, &nobody, &error));
    assert_base_error(error, BASE_ERROR_CONFLICT);
}

static void test_nobody_erased_and_forgotten(void **state)
{
    struct store *s = *state;
    struct fixture *f = s->fixture;
    GError *error = NULL;
    gint64 ended = -1;

    if (!fixture_has_faces(f))
        skip();
    const struct base_uuid ana = store_student(s, "ana"), bea = store_student(s, "bea");
    const struct base_uuid cam = store_student(s, "cam"), nobody = {{0}};
    store_enrol(s, &ana, 0);
    store_enrol(s, &bea, 1);
    store_enrol(s, &cam, 2);
    const guint files = store_files_n(s);
    doubt_everybody(s);
    for (unsigned who = 0; who < 3; who++)
        scan(s, who, RECOGNISE_NEEDS_REVIEW);
    assert_int_equal(store_files_n(s), files + 3);
    g_autoptr(GPtrArray) reviews = reviews_of(s, &f->admin);
    assert_int_equal(reviews->len, 3);
    const struct db_review *last = reviews->pdata[0];
    g_autoptr(db_review) settled =
        service_review_settle(s->service, &f->admin, &last->id, &nobody, &error);
    assert_no_error(error);
    assert_int_equal(settled->state, DB_REVIEW_NOBODY);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM attendance"), 0);

    assert_true(service_user_delete(s->service, &f->admin, &ana, &error));
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM reviews WHERE state = 'ended'"), 1);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM review_candidates"), 2);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM images WHERE kind = 'review'"), 1);

    /* An hour before the 14 days are over, and an hour after. */
    for (int over = 0; over < 2; over++) {
        {
            g_autoptr(db_connection) connection = db_acquire(f->db, &error);
            const base_time old =
                base_time_now() - (SERVICE_REVIEW_DAYS * 24 + (over ? 1 : -1)) * HOUR;
            assert_true(db_execute(connection, NULL, &error, "UPDATE reviews SET created_at = ?",
                                   db_time(old)));
        }
        assert_true(service_reviews_expire(s->service, &ended, &error));
        assert_int_equal(ended, over);
    }
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM images WHERE kind = 'review'"), 0);
    assert_int_equal(store_files_n(s), files - 3); /* ana's photos went as well */
}

/* Of a day each teacher learns of their own students alone, also in the answer that settles. */
static void test_teachers_learn_of_their_students_alone(void **state)
{
    struct store *s = *state;
    struct fixture *f = s->fixture;
    GError *error = NULL;
    struct base_uuid id;

    const struct base_uuid groups[] = {fixture_group(f, "1 A"), fixture_group(f, "1 B")};
    const struct base_uuid ana =
        fixture_user(f, "ana", "ana@uni.edu", CORE_ROLE_STUDENT, &groups[0]);
    const struct base_uuid bea =
        fixture_user(f, "bea", "bea@uni.edu", CORE_ROLE_STUDENT, &groups[1]);
    struct service_identity tutors[2];
    for (unsigned i = 0; i < 2; i++) {
        g_autofree char *email = g_strdup_printf("t%u@uni.edu", i);
        const struct base_uuid teacher = fixture_user(f, "T", email, CORE_ROLE_TEACHER, NULL);
        assert_true(service_group_add_teacher(f->service, &f->admin, &groups[i], &teacher, &error));
        tutors[i] = fixture_identity(f, &teacher);
    }
    const struct recognise_candidate candidates[] = {{ana, 0.5F}, {bea, 0.49F}};
    const struct service_review_input input = {.taken_at = base_time_now(),
                                               .doubt = RECOGNISE_DOUBT_MARGIN,
                                               .candidates = candidates,
                                               .candidates_n = 2};
    assert_true(service_review_add(s->service, &input, &id, &error));
    g_autoptr(db_review) settled = service_review_settle(s->service, &tutors[0], &id, &ana, &error);
    assert_no_error(error);
    assert_int_equal(settled->candidates->len, 1);
    assert_string_equal(settled->user_name, "ana");
    g_autoptr(db_review) again = service_review_settle(s->service, &tutors[0], &id, &ana, &error);
    assert_no_error(error);
    assert_int_equal(again->candidates->len, 1);
    /* The other one sees that it was none of theirs. */
    g_autoptr(db_review) seen = service_review_find(s->service, &tutors[1], &id, &error);
    assert_no_error(error);
    assert_int_equal(seen->state, DB_REVIEW_MATCHED);
    assert_null(seen->user_name);
    assert_true(base_uuid_is_nil(&seen->user_id) && base_uuid_is_nil(&seen->attendance_id));
    assert_int_equal(seen->candidates->len, 1);
}

/* Somebody who is erased between the look and the review leaves neither row nor picture. */
static void test_whoever_was_erased_gets_no_review(void **state)
{
    struct store *s = *state;
    struct fixture *f = s->fixture;
    GError *error = NULL;
    struct base_uuid id;

    const struct base_uuid ana = store_student(s, "ana"), bea = store_student(s, "bea");
    const guint files = store_files_n(s);
    const struct recognise_candidate candidates[] = {{ana, 0.5F}, {bea, 0.49F}};
    g_autoptr(GBytes) crop = g_bytes_new_static("\xff\xd8\xff\xd9", 4);
    const struct service_review_input input = {
        .taken_at = base_time_now(), .crop = crop, .candidates = candidates, .candidates_n = 2};
    assert_true(service_user_delete(s->service, &f->admin, &bea, &error));
    assert_true(service_review_add(s->service, &input, &id, &error));
    assert_true(base_uuid_is_nil(&id));
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM reviews"), 0);
    assert_int_equal(store_files_n(s), files);
}

/* Whoever has all their photos deleted is not to be recognised, in pictures that wait neither. */
static void test_deleted_photos_end_reviews(void **state)
{
    struct store *s = *state;
    struct fixture *f = s->fixture;
    GError *error = NULL;

    if (!fixture_has_faces(f))
        skip();
    const struct base_uuid ana = store_student(s, "ana");
    const struct service_identity herself = fixture_identity(f, &ana);
    store_enrol(s, &ana, 0);
    doubt_everybody(s);
    scan(s, 0, RECOGNISE_NEEDS_REVIEW);
    g_autoptr(GPtrArray) faces = service_faces_list(s->service, &herself, &ana, &error);
    assert_int_equal(faces->len, 3);
    const struct core_template *one = faces->pdata[0];
    assert_true(service_faces_delete(s->service, &herself, &ana, &one->id, NULL, &error));
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM reviews WHERE state = 'open'"), 1);
    assert_int_equal(store_files_n(s), 2 + 1);
    assert_true(service_faces_delete(s->service, &herself, &ana, NULL, NULL, &error));
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM reviews WHERE state = 'ended'"), 1);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM images"), 0);
    assert_int_equal(store_files_n(s), 0);
}

/* ---- sessions ---- */

struct lesson {
    struct base_uuid course, session;
};

/* A session about now, with ana on its roster. */
static struct lesson lesson_open(struct store *s, const struct base_uuid *student)
{
    struct fixture *f = s->fixture;
    GError *error = NULL;
    char day[CORE_DAY_SIZE];
    struct core_term term = {.institution_id = f->admin.institution_id,
                             .name = (char *)"All",
                             .first_day = (char *)"2020-01-01",
                             .last_day = (char *)"2099-12-31"};
    struct core_subject subject = {.institution_id = f->admin.institution_id,
                                   .name = (char *)"Algebra"};
    struct core_course course = {.institution_id = f->admin.institution_id,
                                 .name = (char *)"Algebra"};
    struct core_enrolment enrolment = {.user_id = *student, .first_day = (char *)"2020-01-01"};
    const base_time now = base_time_now();
    GTimeZone *zone = service_time_zone(s->service, &error);
    g_autoptr(db_connection) connection = db_acquire(f->db, &error);

    base_uuid_new(&term.id);
    base_uuid_new(&subject.id);
    base_uuid_new(&course.id);
    base_uuid_new(&enrolment.id);
    course.term_id = term.id;
    course.subject_id = subject.id;
    enrolment.course_id = course.id;
    assert_true(core_day_of_time(zone, now, day, &error));
    g_time_zone_unref(zone);
    struct core_session session = {
        .course_id = course.id,
        .local_day = day,
        .start_second = 1,
        .end_second = 2,
        .starts_at = now,
        .ends_at = now + HOUR,
        .created_at = now,
        .updated_at = now,
    };
    base_uuid_new(&session.id);
    assert_true(db_term_insert(connection, &term, &error) &&
                db_subject_insert(connection, &subject, &error) &&
                db_course_insert(connection, &course, &error) &&
                db_enrolment_insert(connection, &enrolment, &error) &&
                db_session_insert(connection, &session, &error));
    return (struct lesson){course.id, session.id};
}

static void lesson_join(struct store *s, const struct lesson *lesson,
                        const struct base_uuid *student)
{
    GError *error = NULL;
    struct core_enrolment enrolment = {
        .user_id = *student, .course_id = lesson->course, .first_day = (char *)"2020-01-01"};
    g_autoptr(db_connection) connection = db_acquire(s->fixture->db, &error);

    base_uuid_new(&enrolment.id);
    assert_true(db_enrolment_insert(connection, &enrolment, &error));
}

static struct service_mark mark_in(struct store *s, unsigned who, const struct base_uuid *session)
{
    GError *error = NULL;
    struct service_mark result;
    const struct recognise_picture frame = sample_photo(who, 3);
    const struct service_mark_request request = {
        .frames = &frame, .frames_n = 1, .session_id = *session};

    if (!service_mark_by_face(s->service, &s->fixture->admin, &request, &result, &error))
        fail_msg("%s", error->message);
    return result;
}

/* The rules of every course let everybody be searched. */
static void search_institution(struct store *s)
{
    GError *error = NULL;
    g_autoptr(json_t) rules = json_pack("{s:s}", "search", "institution");
    const struct service_policy_input input = {.name = "Open", .rules = rules};
    g_autoptr(db_policy) policy =
        service_policy_create(s->service, &s->fixture->admin, &input, &error);

    assert_no_error(error);
    assert_true(service_policy_set_default(s->service, &s->fixture->admin, &policy->id, &error));
}

static const struct db_review_candidate *first_of(const struct db_review *review)
{
    return review->candidates->pdata[0];
}

/* Of a session the course's teacher learns of whom they teach: the camera at the door, which
 * searched everybody, saw a likeness with somebody of another course. */
static void test_a_teacher_learns_of_their_course_alone(void **state)
{
    struct store *s = *state;
    struct fixture *f = s->fixture;
    GError *error = NULL;
    struct base_uuid id;

    const struct base_uuid ana = store_student(s, "ana"), bea = store_student(s, "bea");
    const struct base_uuid mine = fixture_user(f, "T", "t@uni.edu", CORE_ROLE_TEACHER, NULL);
    const struct service_identity teacher = fixture_identity(f, &mine);
    const struct lesson lesson = lesson_open(s, &ana);
    assert_true(service_course_add_teacher(s->service, &f->admin, &lesson.course, &mine, &error));
    const struct recognise_candidate candidates[] = {{ana, 0.5F}, {bea, 0.49F}};
    const struct service_review_input input = {.session_id = lesson.session,
                                               .taken_at = base_time_now(),
                                               .doubt = RECOGNISE_DOUBT_MARGIN,
                                               .candidates = candidates,
                                               .candidates_n = 2};
    assert_true(service_review_add(s->service, &input, &id, &error));
    g_autoptr(GPtrArray) listed = reviews_of(s, &teacher);
    assert_int_equal(listed->len, 1);
    const struct db_review *review = listed->pdata[0];
    assert_int_equal(review->candidates->len, 1);
    assert_true(base_uuid_equal(&first_of(review)->user_id, &ana));
    g_autoptr(GPtrArray) all = reviews_of(s, &f->admin);
    assert_int_equal(((const struct db_review *)all->pdata[0])->candidates->len, 2);

    search_institution(s);
    g_autoptr(db_review) wide = service_review_find(s->service, &teacher, &id, &error);
    assert_no_error(error);
    assert_int_equal(wide->candidates->len, 2);
    /* Who is taught somewhere is nobody's secret, and not to be marked here all the same. */
    assert_null(service_review_settle(s->service, &teacher, &id, &bea, &error));
    assert_base_error(error, BASE_ERROR_INVALID);
}

static void test_the_institution_is_searched_where_the_rules_say_so(void **state)
{
    struct store *s = *state;
    struct fixture *f = s->fixture;
    GError *error = NULL;

    if (!fixture_has_faces(f))
        skip();
    const struct base_uuid ana = store_student(s, "ana"), bea = store_student(s, "bea");
    store_enrol(s, &ana, 0);
    store_enrol(s, &bea, 1);
    const struct lesson lesson = lesson_open(s, &ana);
    /* By the program's own rules the roster alone is searched. */
    struct service_mark result = mark_in(s, 1, &lesson.session);
    assert_int_equal(result.answer.kind, RECOGNISE_UNKNOWN);
    service_mark_clear(&result);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM reviews"), 0);
    /* Without a session whoever is enrolled is marked: in their session, or for the day. */
    result = store_mark(s, 0);
    assert_int_equal(result.answer.kind, RECOGNISE_MATCH);
    assert_true(base_uuid_equal(&result.session->id, &lesson.session));
    service_mark_clear(&result);
    result = store_mark(s, 1);
    assert_int_equal(result.answer.kind, RECOGNISE_MATCH);
    assert_null(result.session);
    service_mark_clear(&result);

    search_institution(s);
    result = mark_in(s, 1, &lesson.session);
    assert_int_equal(result.answer.kind, RECOGNISE_NEEDS_REVIEW);
    assert_int_equal(result.answer.doubt, RECOGNISE_DOUBT_ELSEWHERE);
    assert_true(base_uuid_equal(&result.answer.person, &bea));
    service_mark_clear(&result);
    g_autoptr(GPtrArray) reviews = reviews_of(s, &f->admin);
    assert_int_equal(reviews->len, 1);
    const struct db_review *review = reviews->pdata[0];
    assert_true(base_uuid_equal(&review->session_id, &lesson.session));
    assert_string_equal(review->reason, "elsewhere");
    /* Who is not on the roster cannot be marked there. */
    assert_null(service_review_settle(s->service, &f->admin, &review->id, &bea, &error));
    assert_base_error(error, BASE_ERROR_INVALID);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM reviews WHERE state = 'open'"), 1);
    result = mark_in(s, 0, &lesson.session);
    assert_int_equal(result.answer.kind, RECOGNISE_MATCH);
    service_mark_clear(&result);
}

/* ---- look-alikes ---- */

static void test_lookalikes_are_found_and_reviewed(void **state)
{
    struct store *s = *state;
    struct fixture *f = s->fixture;
    GError *error = NULL;
    struct service_lookalikes_found found;

    if (!fixture_has_faces(f))
        skip();
    /* With thresholds this low everybody looks like everybody. */
    struct recognise_thresholds loose = recogniser_thresholds(f->recogniser);
    const struct recognise_thresholds kept = loose;
    loose.match = loose.review = -0.9F;
    loose.margin = 0;
    const struct base_uuid ana = store_student(s, "ana"), bea = store_student(s, "bea");
    store_enrol(s, &ana, 0);
    store_enrol(s, &bea, 1);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM lookalikes"), 0);
    recogniser_thresholds_set(f->recogniser, &loose);
    assert_true(service_lookalikes_find(s->service, &f->admin, &found, &error));
    assert_int_equal(found.people, 2);
    assert_int_equal(found.pairs, 1);
    assert_int_equal(found.added, 1);
    scan(s, 0, RECOGNISE_NEEDS_REVIEW);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM reviews WHERE reason = 'lookalike'"),
                     1);
    /* Who teaches one of them has nothing to do with it; who teaches both has. */
    const struct base_uuid mine = fixture_user(f, "T", "t@uni.edu", CORE_ROLE_TEACHER, NULL);
    const struct service_identity teacher = fixture_identity(f, &mine);
    const struct lesson lesson = lesson_open(s, &ana);
    assert_true(service_course_add_teacher(s->service, &f->admin, &lesson.course, &mine, &error));
    g_autoptr(GPtrArray) none =
        service_lookalikes_list(s->service, &teacher, NULL, NULL, NULL, &error);
    assert_int_equal(none->len, 0);
    assert_null(service_lookalike_see(s->service, &teacher, &bea, &ana, true, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
    g_clear_error(&error);
    lesson_join(s, &lesson, &bea);
    g_autoptr(GPtrArray) both =
        service_lookalikes_list(s->service, &teacher, NULL, NULL, NULL, &error);
    assert_int_equal(both->len, 1);
    g_autoptr(db_lookalike) seen =
        service_lookalike_see(s->service, &teacher, &bea, &ana, true, &error);
    assert_no_error(error);
    assert_true(seen->seen_at > 0);
    struct db_lookalike_filter filter = DB_LOOKALIKE_FILTER_ALL;
    filter.seen = 0;
    g_autoptr(GPtrArray) unseen =
        service_lookalikes_list(s->service, &f->admin, &filter, NULL, NULL, &error);
    assert_int_equal(unseen->len, 0);
    /* Found anew it is the same pair, looked at. */
    assert_true(service_lookalikes_find(s->service, &f->admin, &found, &error));
    assert_int_equal(found.added, 0);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM lookalikes WHERE seen_at IS NULL"), 0);
    recogniser_thresholds_set(f->recogniser, &kept);
    assert_true(service_lookalikes_find(s->service, &f->admin, &found, &error));
    assert_int_equal(found.removed, 1);
    scan(s, 0, RECOGNISE_MATCH);
    assert_null(service_lookalike_see(s->service, &f->admin, &ana, &bea, true, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_doubt_waits_and_is_settled, store_setup,
                                        store_teardown),
        cmocka_unit_test_setup_teardown(test_nobody_erased_and_forgotten, store_setup,
                                        store_teardown),
        cmocka_unit_test_setup_teardown(test_teachers_learn_of_their_students_alone, store_setup,
                                        store_teardown),
        cmocka_unit_test_setup_teardown(test_whoever_was_erased_gets_no_review, store_setup,
                                        store_teardown),
        cmocka_unit_test_setup_teardown(test_deleted_photos_end_reviews, store_setup,
                                        store_teardown),
        cmocka_unit_test_setup_teardown(test_a_teacher_learns_of_their_course_alone, store_setup,
                                        store_teardown),
        cmocka_unit_test_setup_teardown(test_the_institution_is_searched_where_the_rules_say_so,
                                        store_setup, store_teardown),
        cmocka_unit_test_setup_teardown(test_lookalikes_are_found_and_reviewed, store_setup,
                                        store_teardown),
    };
    return cmocka_run_group_tests_name("service_reviews", tests, NULL, NULL);
}
