/* What listeners of a session are told, by whom and when: of this node's changes and another's,
 * after they were away or slow, at its end, and no longer when they may not hear it. */
#include "ear.h"

#include "db/query/course.h"
#include "db/query/enrolment.h"
#include "db/query/review.h"
#include "db/query/session.h"
#include "db/query/subject.h"
#include "db/query/term.h"
#include "service/audit_chain.h"
#include "service/closing.h"
#include "service/courses.h"
#include "service/live_internal.h"
#include "service/session_now.h"
#include "service/sessions.h"

#include <math.h>
#include <string.h>

#define MINUTE (60 * BASE_TIME_SECOND)

/* A course with three students on its roster, and a session that takes marks now. */
struct lesson {
    struct fixture *f;
    struct base_uuid course, session, people[3];
    struct service_identity teacher, stranger;
};

static struct base_uuid make_session(struct lesson *lesson, base_time starts_at, base_time ends_at)
{
    GError *error = NULL;
    char day[CORE_DAY_SIZE];
    g_autoptr(GTimeZone) zone = service_time_zone(lesson->f->service, &error);
    g_autoptr(db_connection) connection = db_acquire(lesson->f->db, &error);

    assert_true(core_day_of_time(zone, starts_at, day, &error));
    struct core_session session = {
        .course_id = lesson->course,
        .local_day = day,
        .start_second = 1,
        .end_second = 2,
        .starts_at = starts_at,
        .ends_at = ends_at,
        .created_at = starts_at - MINUTE,
    };
    base_uuid_new(&session.id);
    assert_true(db_session_insert(connection, &session, &error));
    return session.id;
}

static void enrol(struct lesson *lesson, struct db_connection *connection,
                  const struct base_uuid *person)
{
    GError *error = NULL;
    struct core_enrolment enrolment = {
        .user_id = *person,
        .course_id = lesson->course,
        .first_day = (char *)"2020-01-01",
    };

    base_uuid_new(&enrolment.id);
    assert_true(db_enrolment_insert(connection, &enrolment, &error));
}

static void make_course(struct lesson *lesson, struct db_connection *connection,
                        const struct base_uuid *teacher)
{
    GError *error = NULL;
    struct core_term term = {.institution_id = lesson->f->admin.institution_id,
                             .name = (char *)"All",
                             .first_day = (char *)"2020-01-01",
                             .last_day = (char *)"2099-12-31"};
    struct core_subject subject = {.institution_id = lesson->f->admin.institution_id,
                                   .name = (char *)"Algebra"};
    struct core_course course = {.institution_id = lesson->f->admin.institution_id,
                                 .name = (char *)"Algebra"};

    base_uuid_new(&term.id);
    base_uuid_new(&subject.id);
    base_uuid_new(&course.id);
    course.term_id = term.id;
    course.subject_id = subject.id;
    lesson->course = course.id;
    assert_true(db_term_insert(connection, &term, &error));
    assert_true(db_subject_insert(connection, &subject, &error));
    assert_true(db_course_insert(connection, &course, &error));
    assert_true(db_course_add_teacher(connection, &course.id, teacher, NULL, &error));
}

static void lesson_open(struct lesson *lesson, void **state)
{
    static const char *const NAMES[] = {"Ana", "Ben", "Zoë"};
    struct fixture *f = *state;
    GError *error = NULL;
    const base_time now = base_time_now();

    *lesson = (struct lesson){.f = f};
    const struct base_uuid teacher = fixture_user(f, "T", "t@uni.edu", CORE_ROLE_TEACHER, NULL);
    const struct base_uuid stranger = fixture_user(f, "S", "s@uni.edu", CORE_ROLE_TEACHER, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(NAMES); i++) {
        g_autofree char *email = g_strdup_printf("p%u@uni.edu", i);
        lesson->people[i] = fixture_user(f, NAMES[i], email, CORE_ROLE_STUDENT, NULL);
    }
    g_autoptr(db_connection) connection = db_acquire(f->db, &error);
    make_course(lesson, connection, &teacher);
    for (guint i = 0; i < G_N_ELEMENTS(NAMES); i++)
        enrol(lesson, connection, &lesson->people[i]);
    g_clear_pointer(&connection, db_release);
    lesson->teacher = fixture_identity(f, &teacher);
    lesson->stranger = fixture_identity(f, &stranger);
    lesson->session = make_session(lesson, now - 5 * MINUTE, now + 55 * MINUTE);
}

/* Marks, or corrects a mark, through a service. */
static void mark_by(struct service *service, struct lesson *lesson, guint person,
                    const char *status)
{
    GError *error = NULL;
    const struct service_manual_request request = {
        .user_id = lesson->people[person],
        .session_id = lesson->session,
        .status = status,
        .reason = "seen",
    };
    g_autoptr(core_attendance) mark =
        service_mark_by_hand(service, &lesson->teacher, &request, &error);

    assert_no_error(error);
}

static void mark(struct lesson *lesson, guint person, const char *status)
{
    mark_by(lesson->f->service, lesson, person, status);
}

/* A node of its own: another pool of connections, so nothing of its commits is told here. */
struct node {
    struct db *db;
    struct service *service;
};

static void node_open(struct node *node, struct fixture *f)
{
    GError *error = NULL;

    node->db = db_open(f->url, NULL, &error);
    assert_no_error(error);
    const struct service_options options = {.db = node->db, .keys = f->keys};
    node->service = service_create(&options, &error);
    assert_no_error(error);
}

static void node_close(struct node *node)
{
    service_destroy(node->service);
    db_close(node->db);
}

/* ---- the tests ---- */

static void test_marks_are_told(void **state)
{
    struct lesson lesson;
    struct ear ear, other;

    lesson_open(&lesson, state);
    ear_init(&ear);
    ear_init(&other);
    mark(&lesson, 0, "present");
    ear_listen(lesson.f->service, &lesson.session, &lesson.teacher, NULL, &ear);
    g_autoptr(json_t) first = ear_next(&ear, "register");
    assert_int_equal(ear_count(first, "present"), 1);
    assert_int_equal(ear_count(first, "unmarked"), 2);
    assert_int_equal(ear_number(first, "total"), 3);
    assert_int_equal(ear_number(first, "reviews"), 0);
    assert_string_equal(ear_text(first, "window"), "open");
    assert_false(json_is_true(json_object_get(ear_data(first), "resumed")));

    mark(&lesson, 1, "late");
    g_autoptr(json_t) told = ear_next(&ear, "mark");
    assert_string_equal(ear_text(told, "name"), "Ben");
    assert_string_equal(ear_text(told, "status"), "late");
    assert_string_equal(ear_text(told, "method"), "manual");
    assert_non_null(ear_text(told, "marked_at"));
    assert_int_equal(ear_count(told, "late"), 1);
    assert_int_equal(ear_count(told, "unmarked"), 1);
    mark(&lesson, 1, "excused");
    ear_expect_mark(&ear, "Ben", "excused", 1);

    /* Who comes later is told of the same from then on. */
    ear_listen(lesson.f->service, &lesson.session, &lesson.f->admin, NULL, &other);
    ear_expect_register(&other, false, 1);
    mark(&lesson, 2, "present");
    ear_expect_mark(&ear, "Zoë", "present", 0);
    ear_expect_mark(&other, "Zoë", "present", 0);
    service_live_stop(lesson.f->service);
    ear_await_close(&ear);
    ear_await_close(&other);
    ear_finish(&ear);
    ear_finish(&other);
}

static void test_marks_of_another_node_are_told(void **state)
{
    struct lesson lesson;
    struct node node;
    struct ear ear;

    lesson_open(&lesson, state);
    node_open(&node, lesson.f);
    ear_init(&ear);
    ear_listen(node.service, &lesson.session, &lesson.teacher, NULL, &ear);
    ear_expect_register(&ear, false, 3);
    mark(&lesson, 0, "present");
    ear_expect_mark(&ear, "Ana", "present", 2);
    /* An entry that gets its place in the chain is no other one. */
    assert_true(service_audit_seal(lesson.f->service, NULL, NULL));
    mark(&lesson, 0, "absent");
    ear_expect_mark(&ear, "Ana", "absent", 2);
    node_close(&node);
    ear_await_close(&ear);
    ear_finish(&ear);
}

/* The lesson, to which its teacher listens. */
static void lesson_begin(struct lesson *lesson, void **state, struct ear *ear)
{
    lesson_open(lesson, state);
    ear_init(ear);
    ear_listen(lesson->f->service, &lesson->session, &lesson->teacher, NULL, ear);
    ear_expect_register(ear, false, 3);
}

static void test_who_comes_back_is_told_what_was_missed(void **state)
{
    static const char *const FOREIGN[] = {"", "end", "1-1", "00000000-0", "-1", "zzzzzzzz-9", "x"};
    struct lesson lesson;
    struct ear ear, again;

    lesson_begin(&lesson, state, &ear);
    mark(&lesson, 0, "present");
    g_autoptr(json_t) seen = ear_next(&ear, "mark");
    g_autofree char *id = ear_id(seen);
    ear_hang_up(&ear);
    mark(&lesson, 1, "present");
    mark(&lesson, 2, "late");

    ear_init(&again);
    ear_listen(lesson.f->service, &lesson.session, &lesson.teacher, id, &again);
    ear_expect_register(&again, true, 0);
    g_autoptr(json_t) missed = ear_next(&again, "mark");
    assert_string_equal(ear_text(missed, "name"), "Ben");
    g_autoptr(json_t) last = ear_next(&again, "mark");
    assert_string_equal(ear_text(last, "name"), "Zoë");
    assert_int_equal(ear_count(last, "unmarked"), 0);
    for (guint i = 0; i < G_N_ELEMENTS(FOREIGN); i++) {
        struct ear stranger;
        ear_init(&stranger);
        ear_listen(lesson.f->service, &lesson.session, &lesson.teacher, FOREIGN[i], &stranger);
        ear_expect_register(&stranger, false, 0);
        ear_hang_up(&stranger);
        service_live_stop(lesson.f->service); /* and begins anew with the next */
        ear_finish(&stranger);
    }
    ear_await_close(&again);
    ear_finish(&ear);
    ear_finish(&again);
}

static void test_who_is_behind_is_told_to_read_anew(void **state)
{
    struct lesson lesson;
    struct ear slow, quick;

    lesson_open(&lesson, state);
    ear_init(&slow);
    ear_init(&quick);
    slow.room = 1;
    ear_listen(lesson.f->service, &lesson.session, &lesson.teacher, NULL, &slow);
    ear_listen(lesson.f->service, &lesson.session, &lesson.teacher, NULL, &quick);
    ear_expect_register(&slow, false, 3);
    ear_expect_register(&quick, false, 3);
    for (guint i = 0; i < 3; i++) {
        mark(&lesson, i, "present");
        g_autoptr(json_t) event = ear_next(&quick, "mark");
    }
    g_mutex_lock(&slow.lock);
    assert_true(g_queue_is_empty(&slow.heard));
    slow.room = 100;
    g_mutex_unlock(&slow.lock);
    ear_expect_register(&slow, false, 0);
    mark(&lesson, 2, "late");
    ear_expect_mark(&slow, "Zoë", "late", 0);
    ear_expect_mark(&quick, "Zoë", "late", 0);
    service_live_stop(lesson.f->service);
    ear_finish(&slow);
    ear_finish(&quick);
}

static void test_doubts_are_told(void **state)
{
    struct lesson lesson;
    struct ear ear;
    GError *error = NULL;

    lesson_begin(&lesson, state, &ear);
    g_autoptr(db_review) review = db_review_new();
    base_uuid_new(&review->id);
    review->session_id = lesson.session;
    review->local_day = g_strdup("2026-03-02");
    review->reason = g_strdup("score");
    review->taken_at = review->created_at = review->updated_at = base_time_now();
    db_review_candidate_add(review, &lesson.people[0], 0.5);
    g_autoptr(db_connection) connection = db_acquire(lesson.f->db, &error);
    assert_true(db_review_insert(connection, review, &error));
    g_autoptr(json_t) one = ear_next(&ear, "review");
    assert_int_equal(ear_number(one, "waiting"), 1);
    bool changed = false;
    review->state = DB_REVIEW_NOBODY;
    review->settled_at = base_time_now();
    assert_true(db_review_end(connection, review, &changed, &error));
    g_clear_pointer(&connection, db_release);
    g_autoptr(json_t) none = ear_next(&ear, "review");
    assert_int_equal(ear_number(none, "waiting"), 0);
    service_live_stop(lesson.f->service);
    ear_finish(&ear);
}

static void test_the_end_is_told_once_and_for_all(void **state)
{
    struct lesson lesson;
    struct ear ear, late;
    GError *error = NULL;
    struct service_closed closed;
    bool over = true;

    lesson_open(&lesson, state);
    const base_time now = base_time_now();
    lesson.session = make_session(&lesson, now - 180 * MINUTE, now - 120 * MINUTE);
    ear_init(&ear);
    ear_init(&late);
    ear_listen(lesson.f->service, &lesson.session, &lesson.teacher, NULL, &ear);
    ear_expect_register(&ear, false, 3);
    assert_true(service_live_is_over(lesson.f->service, &lesson.session, "end", &over, &error));
    assert_false(over);
    assert_true(service_session_close(lesson.f->service, &lesson.teacher, &lesson.session, &closed,
                                      &error));
    for (guint i = 0; i < 3; i++) {
        g_autoptr(json_t) event = ear_next(&ear, "mark");
        assert_string_equal(ear_text(event, "method"), "automatic");
    }
    g_autoptr(json_t) end = ear_next(&ear, "end");
    assert_string_equal(ear_text(end, "reason"), "closed");
    assert_int_equal(ear_count(end, "absent"), 3);
    ear_await_close(&ear);
    /* Who comes later hears how it ended, and who knows it need not come. */
    ear_listen(lesson.f->service, &lesson.session, &lesson.teacher, NULL, &late);
    ear_expect_register(&late, false, 0);
    g_autoptr(json_t) again = ear_next(&late, "end");
    ear_await_close(&late);
    g_autofree char *id = ear_id(again);
    assert_true(service_live_is_over(lesson.f->service, &lesson.session, id, &over, &error));
    assert_true(over);
    assert_true(service_live_is_over(lesson.f->service, &lesson.session, NULL, &over, &error));
    assert_false(over);
    ear_finish(&ear);
    ear_finish(&late);
}

static void test_cancelling_ends_it(void **state)
{
    struct lesson lesson;
    struct ear ear;
    GError *error = NULL;
    const enum core_session_state cancelled = CORE_SESSION_CANCELLED;
    const struct service_session_input input = {.state = &cancelled};

    lesson_begin(&lesson, state, &ear);
    g_autoptr(core_session) changed = service_session_update(lesson.f->service, &lesson.f->admin,
                                                             &lesson.session, &input, &error);
    assert_no_error(error);
    g_autoptr(json_t) window = ear_next(&ear, "register");
    assert_string_equal(ear_text(window, "window"), "cancelled");
    g_autoptr(json_t) end = ear_next(&ear, "end");
    assert_string_equal(ear_text(end, "reason"), "cancelled");
    ear_await_close(&ear);
    ear_finish(&ear);
}

static void test_who_may_not_hear_it_any_more_is_cut_off(void **state)
{
    struct lesson lesson;
    struct ear ear, admin;
    GError *error = NULL;

    lesson_open(&lesson, state);
    assert_false(service_live_allow(lesson.f->service, &lesson.stranger, &lesson.session, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
    const struct base_uuid nothing = lesson.course;
    assert_false(service_live_allow(lesson.f->service, &lesson.f->admin, &nothing, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
    ear_init(&ear);
    ear_init(&admin);
    ear_listen(lesson.f->service, &lesson.session, &lesson.teacher, NULL, &ear);
    ear_listen(lesson.f->service, &lesson.session, &lesson.f->admin, NULL, &admin);
    ear_expect_register(&ear, false, 3);
    ear_expect_register(&admin, false, 3);
    assert_true(service_course_remove_teacher(lesson.f->service, &lesson.f->admin, &lesson.course,
                                              &lesson.teacher.user_id, &error));
    ear_await_close(&ear);
    assert_true(ear_is_open(&admin));
    service_live_stop(lesson.f->service);
    ear_finish(&ear);
    ear_finish(&admin);
}

static void test_a_new_roster_is_read_anew(void **state)
{
    struct lesson lesson;
    struct ear ear;
    GError *error = NULL;

    lesson_begin(&lesson, state, &ear);
    const struct base_uuid person =
        fixture_user(lesson.f, "New", "new@uni.edu", CORE_ROLE_STUDENT, NULL);
    g_autoptr(db_connection) connection = db_acquire(lesson.f->db, &error);
    enrol(&lesson, connection, &person);
    g_clear_pointer(&connection, db_release);
    /* Written past the service: the entry is that of the account. */
    (void)fixture_user(lesson.f, "Newer", "newer@uni.edu", CORE_ROLE_STUDENT, NULL);
    ear_expect_register(&ear, false, 4);
    service_live_stop(lesson.f->service);
    ear_finish(&ear);
}

/* ---- a channel by itself ---- */

static void fill_reading(struct service_live_reading *reading, const struct core_session *session,
                         guint marks)
{
    *reading = (struct service_live_reading){
        .session = g_memdup2(session, sizeof *session),
        .marks = g_ptr_array_new_with_free_func((GDestroyNotify)core_attendance_free),
    };
    for (guint i = 0; i < marks; i++) {
        struct core_attendance *one = g_new0(struct core_attendance, 1);
        one->id.bytes[0] = one->user_id.bytes[0] = (uint8_t)(i >> 8);
        one->id.bytes[1] = one->user_id.bytes[1] = (uint8_t)i;
        one->id.bytes[2] = one->user_id.bytes[2] = 1;
        one->score = NAN;
        g_ptr_array_add(reading->marks, one);
    }
}

static guint update(struct service_live_channel *channel, guint marks, const char **name)
{
    const struct core_session session = {
        .starts_at = 1, .ends_at = 2, .state = CORE_SESSION_PLANNED};
    struct service_live_reading reading;
    g_autoptr(GPtrArray) events = g_ptr_array_new_with_free_func(service_live_event_free);

    fill_reading(&reading, &session, marks);
    service_live_channel_update(channel, &reading, events);
    service_live_reading_clear(&reading);
    *name = events->len ? ((const struct service_live_event *)events->pdata[0])->name : "";
    return events->len;
}

static void test_a_channel_tells_differences(void **state)
{
    (void)state;
    const struct base_uuid id = {{1}};
    const char *name;
    struct service_live_channel *channel = service_live_channel_create(&id);

    assert_int_equal(update(channel, 2, &name), 0);
    assert_int_equal(update(channel, 2, &name), 0);
    assert_int_equal(update(channel, 12, &name), 10);
    assert_string_equal(name, "mark");
    assert_int_equal(update(channel, 10, &name), 2);
    assert_string_equal(name, "mark");
    /* Very many at once are not told one by one. */
    assert_int_equal(update(channel, 11 + SERVICE_LIVE_MARKS_MAX, &name), 1);
    assert_string_equal(name, "register");
    assert_int_equal(channel->counts[0], 11 + SERVICE_LIVE_MARKS_MAX);
    service_live_channel_destroy(channel);
}

static void test_a_channel_keeps_the_last_events(void **state)
{
    (void)state;
    const struct base_uuid id = {{1}};
    struct service_live_channel *channel = service_live_channel_create(&id);
    g_autoptr(GBytes) event = g_bytes_new("x", 1);
    g_autofree char *begin = service_live_channel_id(channel, 0);

    assert_int_equal(service_live_channel_resume(channel, begin), 0);
    for (int i = 0; i < SERVICE_LIVE_KEPT; i++)
        service_live_channel_keep(channel, event);
    assert_int_equal(service_live_channel_resume(channel, begin), 0);
    service_live_channel_keep(channel, event);
    assert_int_equal(service_live_channel_resume(channel, begin), -1);
    assert_int_equal(channel->kept.length, SERVICE_LIVE_KEPT);
    const gint64 ids[] = {1, SERVICE_LIVE_KEPT + 1, SERVICE_LIVE_KEPT + 2, G_MAXINT64};
    const gint64 expected[] = {1, SERVICE_LIVE_KEPT + 1, -1, -1};
    for (size_t i = 0; i < G_N_ELEMENTS(ids); i++) {
        g_autofree char *text = service_live_channel_id(channel, ids[i]);
        assert_int_equal(service_live_channel_resume(channel, text), expected[i]);
    }
    g_autofree char *tail = g_strconcat(begin, "x", NULL);
    g_autofree char *minus = service_live_channel_id(channel, -1);
    assert_int_equal(service_live_channel_resume(channel, tail), -1);
    assert_int_equal(service_live_channel_resume(channel, minus), -1);
    assert_int_equal(service_live_channel_resume(channel, NULL), -1);
    service_live_channel_destroy(channel);
}

/* ---- today ---- */

static void test_today_is_counted(void **state)
{
    struct lesson lesson;
    GError *error = NULL;
    gint64 total = 0;
    const struct db_page page = {.limit = 10};

    lesson_open(&lesson, state);
    mark(&lesson, 0, "present");
    mark(&lesson, 1, "late");
    const base_time now = base_time_now();
    (void)make_session(&lesson, now - 4 * 1440 * MINUTE, now - 4 * 1440 * MINUTE + MINUTE);
    g_autoptr(GPtrArray) found =
        service_session_now_list(lesson.f->service, &lesson.teacher, &page, &total, &error);
    assert_no_error(error);
    assert_int_equal(total, 1);
    const struct service_session_now *one = found->pdata[0];
    assert_true(base_uuid_equal(&one->session->id, &lesson.session));
    assert_int_equal(one->window, SERVICE_WINDOW_OPEN);
    assert_true(one->opens_at < one->on_time_until && one->on_time_until < one->closes_at);
    assert_int_equal(one->counts.total, 3);
    assert_int_equal(one->counts.unmarked, 1);
    assert_int_equal(one->counts.marks[CORE_STATUS_PRESENT], 1);
    assert_int_equal(one->counts.marks[CORE_STATUS_LATE], 1);
    assert_int_equal(one->counts.reviews, 0);
    g_autoptr(GPtrArray) none =
        service_session_now_list(lesson.f->service, &lesson.stranger, &page, &total, &error);
    assert_int_equal(total, 0);
    for (guint i = 0; i < 3; i++) {
        const struct service_identity student = fixture_identity(lesson.f, &lesson.people[i]);
        g_autoptr(GPtrArray) own =
            service_session_now_list(lesson.f->service, &student, &page, &total, &error);
        assert_no_error(error);
        assert_int_equal(total, 1);
        const struct service_session_now *mine = own->pdata[0];
        assert_int_equal(mine->counts.total, 0); /* is not theirs to know */
        assert_int_equal(mine->mark != NULL, i < 2);
        if (i < 2)
            assert_true(base_uuid_equal(&mine->mark->user_id, &student.user_id));
    }
}

int main(void)
{
#define LESSON(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        LESSON(test_marks_are_told),
        LESSON(test_marks_of_another_node_are_told),
        LESSON(test_who_comes_back_is_told_what_was_missed),
        LESSON(test_who_is_behind_is_told_to_read_anew),
        LESSON(test_doubts_are_told),
        LESSON(test_the_end_is_told_once_and_for_all),
        LESSON(test_cancelling_ends_it),
        LESSON(test_who_may_not_hear_it_any_more_is_cut_off),
        LESSON(test_a_new_roster_is_read_anew),
        cmocka_unit_test(test_a_channel_tells_differences),
        cmocka_unit_test(test_a_channel_keeps_the_last_events),
        LESSON(test_today_is_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
