/* Marks of sessions: which one, two scans, closing, the roll, disputes, policies. The recogniser is
 * not needed: what it found is given. */
#include "fixture.h"

#include "../database.h"
#include "db/query/attendance_change.h"
#include "db/query/course.h"
#include "db/query/enrolment.h"
#include "db/query/session.h"
#include "db/query/subject.h"
#include "db/query/term.h"
#include "service/attend.h"
#include "service/closing.h"
#include "service/disputes.h"
#include "service/policies.h"
#include "service/session_register.h"
#include "service/webhooks.h"

#include <math.h>
#include <string.h>

#define MINUTE (60 * BASE_TIME_SECOND)
#define HOUR (60 * MINUTE)

struct school {
    struct base_uuid group, course, other_course;
    struct base_uuid ana_id, ben_id, cam_id; /* Ana and Ben are in the group */
    struct service_identity ana, ben, teacher, stranger;
};

static struct base_uuid make_course(struct fixture *f, struct db_connection *connection,
                                    const struct core_term *term,
                                    const struct core_subject *subject, const char *name)
{
    GError *error = NULL;
    struct core_course course = {
        .institution_id = f->admin.institution_id,
        .term_id = term->id,
        .subject_id = subject->id,
        .name = (char *)name,
    };

    base_uuid_new(&course.id);
    assert_true(db_course_insert(connection, &course, &error));
    return course.id;
}

static void enrol_in(struct db_connection *connection, const struct base_uuid *user,
                     const struct base_uuid *group, const struct base_uuid *course)
{
    GError *error = NULL;
    struct core_enrolment enrolment = {.user_id = *user, .first_day = (char *)"2020-01-01"};

    base_uuid_new(&enrolment.id);
    if (group)
        enrolment.group_id = *group;
    if (course)
        enrolment.course_id = *course;
    db_enrolment_insert(connection, &enrolment, &error);
    assert_no_error(error);
}

static void school_open(struct fixture *f, struct school *school)
{
    GError *error = NULL;
    struct core_term term = {.institution_id = f->admin.institution_id,
                             .name = (char *)"All",
                             .first_day = (char *)"2020-01-01",
                             .last_day = (char *)"2099-12-31"};
    struct core_subject subject = {.institution_id = f->admin.institution_id,
                                   .name = (char *)"Algebra"};

    base_uuid_new(&term.id);
    base_uuid_new(&subject.id);
    school->group = fixture_group(f, "1 A");
    const struct base_uuid teacher =
        fixture_user(f, "Tea Cher", "t@uni.edu", CORE_ROLE_TEACHER, NULL);
    const struct base_uuid stranger =
        fixture_user(f, "Other", "o@uni.edu", CORE_ROLE_TEACHER, NULL);
    school->ana_id = fixture_user(f, "Ana", "ana@uni.edu", CORE_ROLE_STUDENT, NULL);
    school->ben_id = fixture_user(f, "Ben", "ben@uni.edu", CORE_ROLE_STUDENT, NULL);
    school->cam_id = fixture_user(f, "Cam", "cam@uni.edu", CORE_ROLE_STUDENT, NULL);
    g_autoptr(db_connection) connection = db_acquire(f->db, &error);
    assert_true(db_term_insert(connection, &term, &error));
    assert_true(db_subject_insert(connection, &subject, &error));
    school->course = make_course(f, connection, &term, &subject, "Algebra");
    school->other_course = make_course(f, connection, &term, &subject, "Logic");
    assert_true(db_course_add_group(connection, &school->course, &school->group, NULL, &error));
    assert_true(db_course_add_teacher(connection, &school->course, &teacher, NULL, &error));
    enrol_in(connection, &school->ana_id, &school->group, NULL);
    enrol_in(connection, &school->ben_id, &school->group, NULL);
    g_clear_pointer(&connection, db_release);
    school->ana = fixture_identity(f, &school->ana_id);
    school->ben = fixture_identity(f, &school->ben_id);
    school->teacher = fixture_identity(f, &teacher);
    school->stranger = fixture_identity(f, &stranger);
}

/* A session that was entered a year ago. */
static struct base_uuid make_session(struct fixture *f, const struct base_uuid *course,
                                     base_time starts_at, base_time ends_at)
{
    GError *error = NULL;
    char day[CORE_DAY_SIZE];
    GTimeZone *zone = service_time_zone(f->service, &error);
    g_autoptr(db_connection) connection = db_acquire(f->db, &error);

    assert_true(core_day_of_time(zone, starts_at, day, &error));
    g_time_zone_unref(zone);
    struct core_session session = {
        .course_id = *course,
        .local_day = day,
        .start_second = 1,
        .end_second = 2,
        .starts_at = starts_at,
        .ends_at = ends_at,
        .created_at = base_time_now() - 8760 * HOUR,
    };
    base_uuid_new(&session.id);
    assert_true(db_session_insert(connection, &session, &error));
    return session.id;
}

static void attend(struct fixture *f, struct service_attend *attend_, const struct base_uuid *who,
                   base_time at, const struct base_uuid *session)
{
    GError *error = NULL;
    g_autoptr(db_connection) connection = db_acquire(f->db, &error);
    g_autoptr(core_institution) institution =
        service_institution_on(f->service, connection, &error);

    *attend_ = (struct service_attend){
        .service = f->service,
        .person = *who,
        .at = at,
        .method = CORE_METHOD_FACE,
        .score = 0.7,
    };
    if (session)
        attend_->session_id = *session;
    service_attend(connection, institution, attend_, &error);
    assert_no_error(error);
}

/* What the roll says of a person, "" without a mark. */
static const char *status_of(struct fixture *f, const struct base_uuid *session,
                             const struct base_uuid *who)
{
    GError *error = NULL;
    g_autoptr(service_roll) roll = service_session_register(f->service, &f->admin, session, &error);

    assert_no_error(error);
    for (guint i = 0; i < roll->lines->len; i++) {
        const struct service_session_line *line = roll->lines->pdata[i];
        if (line->mark && base_uuid_equal(&line->mark->user_id, who))
            return g_intern_string(line->mark->status_code ? line->mark->status_code
                                                           : core_status_name(line->mark->status));
    }
    return "";
}

static void policy(struct fixture *f, const char *name, const char *rules, struct base_uuid *id)
{
    GError *error = NULL;
    g_autoptr(json_t) json = base_json_parse(rules, strlen(rules), &error);
    const struct service_policy_input input = {.name = name, .rules = json};
    g_autoptr(db_policy) made = service_policy_create(f->service, &f->admin, &input, &error);

    assert_no_error(error);
    *id = made->id;
    assert_true(service_policy_set_default(f->service, &f->admin, id, &error));
}

/* ---- which session ---- */

static void test_the_open_session_or_the_day(void **state)
{
    struct fixture *f = *state;
    struct school school;
    struct service_attend mark;

    school_open(f, &school);
    const base_time now = base_time_now();
    const struct base_uuid id =
        make_session(f, &school.course, now - 20 * MINUTE, now + 40 * MINUTE);
    attend(f, &mark, &school.ana_id, now, NULL);
    assert_true(mark.is_new);
    assert_int_equal(mark.attendance->status, CORE_STATUS_LATE);
    assert_true(base_uuid_equal(&mark.attendance->session_id, &id));
    assert_true(base_uuid_equal(&mark.attendance->course_id, &school.course));
    assert_string_equal(mark.attendance->course_name, "Algebra");
    assert_string_equal(mark.session->course_name, "Algebra");
    service_attend_clear(&mark);
    attend(f, &mark, &school.ana_id, now + 2 * MINUTE, NULL);
    assert_false(mark.is_new || mark.seen);
    service_attend_clear(&mark);
    /* Cam is not on the roster: the day. */
    attend(f, &mark, &school.cam_id, now, NULL);
    assert_null(mark.session);
    assert_true(g_str_has_prefix(mark.attendance->occasion, "day:"));
    service_attend_clear(&mark);
    attend(f, &mark, &school.cam_id, now, &id);
    assert_true(mark.gone);
    service_attend_clear(&mark);
    /* Outside the window: the day as well. */
    attend(f, &mark, &school.ben_id, now - 36 * MINUTE, NULL);
    assert_null(mark.session);
    service_attend_clear(&mark);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM attendance"), 3);
}

struct racer {
    struct fixture *f;
    struct base_uuid who;
    base_time at;
    bool is_new;
};

static gpointer race(gpointer data)
{
    struct racer *racer = data;
    struct service_attend mark;

    attend(racer->f, &mark, &racer->who, racer->at, NULL);
    racer->is_new = mark.is_new;
    assert_non_null(mark.attendance);
    service_attend_clear(&mark);
    return NULL;
}

static void test_sixteen_at_once_leave_one_mark(void **state)
{
    struct fixture *f = *state;
    struct school school;
    struct racer racers[16];
    GThread *threads[16];
    int made = 0;

    school_open(f, &school);
    const base_time now = base_time_now();
    make_session(f, &school.course, now, now + HOUR);
    for (int i = 0; i < 16; i++) {
        racers[i] = (struct racer){f, school.ana_id, now, false};
        threads[i] = g_thread_new("race", race, &racers[i]);
    }
    for (int i = 0; i < 16; i++) {
        g_thread_join(threads[i]);
        made += racers[i].is_new;
    }
    assert_int_equal(made, 1);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM attendance"), 1);
    assert_int_equal(
        fixture_count(f, "SELECT COUNT(*) FROM audit_log WHERE action = 'attendance.mark'"), 1);
}

/* ---- the end ---- */

static void close_all(struct fixture *f, gint64 sessions, gint64 marks)
{
    struct service_closed closed;
    GError *error = NULL;

    assert_true(service_closing_run(f->service, &closed, &error));
    assert_int_equal(closed.sessions, sessions);
    assert_int_equal(closed.marks, marks);
}

static void test_closing_marks_who_has_none(void **state)
{
    struct fixture *f = *state;
    struct school school;
    struct service_attend mark;
    GError *error = NULL;

    school_open(f, &school);
    const base_time now = base_time_now();
    const struct base_uuid id = make_session(f, &school.course, now - 3 * HOUR, now - 2 * HOUR);
    const struct base_uuid running = make_session(f, &school.course, now - MINUTE, now + HOUR);
    attend(f, &mark, &school.ana_id, now - 3 * HOUR, NULL);
    service_attend_clear(&mark);
    close_all(f, 1, 1);
    close_all(f, 0, 0);
    assert_string_equal(status_of(f, &id, &school.ana_id), "present");
    assert_string_equal(status_of(f, &id, &school.ben_id), "absent");
    assert_string_equal(status_of(f, &running, &school.ben_id), "");
    /* The kiosk was offline: what it saw comes in late, and the automatic mark gives way. */
    attend(f, &mark, &school.ben_id, now - 3 * HOUR + 15 * MINUTE, NULL);
    assert_true(mark.is_new);
    assert_int_equal(mark.attendance->status, CORE_STATUS_LATE);
    assert_int_equal(mark.attendance->method, CORE_METHOD_FACE);
    g_autoptr(GPtrArray) changes =
        service_mark_changes(f->service, &f->admin, &mark.attendance->id, &error);
    assert_int_equal(changes->len, 1);
    const struct db_attendance_change *change = changes->pdata[0];
    assert_int_equal(change->from_status, CORE_STATUS_ABSENT);
    assert_int_equal(change->from_method, CORE_METHOD_AUTOMATIC);
    service_attend_clear(&mark);
    /* Enrolled back to that day: only whoever asks for it gets the mark. */
    g_autoptr(db_connection) connection = db_acquire(f->db, &error);
    enrol_in(connection, &school.cam_id, NULL, &school.course);
    g_clear_pointer(&connection, db_release);
    close_all(f, 0, 0);
    assert_string_equal(status_of(f, &id, &school.cam_id), "");
    struct service_closed closed;
    assert_true(service_session_close(f->service, &school.teacher, &id, &closed, &error));
    assert_int_equal(closed.marks, 1);
    assert_string_equal(status_of(f, &id, &school.cam_id), "absent");
    assert_false(service_session_close(f->service, &school.teacher, &running, &closed, &error));
    assert_base_error(error, BASE_ERROR_CONFLICT);
    assert_false(service_session_close(f->service, &school.stranger, &id, &closed, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
}

static gpointer close_thread(gpointer data)
{
    struct service_closed closed;
    GError *error = NULL;

    service_closing_run(data, &closed, &error);
    assert_no_error(error);
    return GINT_TO_POINTER((int)closed.sessions);
}

/* After a long downtime, by two nodes at once. */
static void test_closing_catches_up(void **state)
{
    struct fixture *f = *state;
    struct school school;
    struct recogniser *recogniser = NULL;
    struct service *second = fixture_second(f, NULL, &recogniser);
    GError *error = NULL;

    school_open(f, &school);
    const base_time now = base_time_now();
    for (int i = 0; i < 40; i++)
        make_session(f, &school.course, now - (50 + i) * HOUR, now - (49 + i) * HOUR);
    const struct base_uuid unused = make_session(f, &school.course, now - 3 * HOUR, now - 2 * HOUR);
    const struct base_uuid cancelled =
        make_session(f, &school.course, now - 5 * HOUR, now - 4 * HOUR);
    g_autoptr(db_connection) connection = db_acquire(f->db, &error);
    assert_true(db_execute(connection, NULL, &error,
                           "UPDATE sessions SET created_at = ? WHERE id = ?", db_time(now),
                           db_uuid(&unused)));
    assert_true(db_execute(connection, NULL, &error,
                           "UPDATE sessions SET state = 'cancelled' WHERE id = ?",
                           db_uuid(&cancelled)));
    g_clear_pointer(&connection, db_release);
    GThread *one = g_thread_new("one", close_thread, f->service);
    GThread *two = g_thread_new("two", close_thread, second);
    const int sum = GPOINTER_TO_INT(g_thread_join(one)) + GPOINTER_TO_INT(g_thread_join(two));
    assert_int_equal(sum, 41);
    assert_int_equal(
        fixture_count(f, "SELECT COUNT(*) FROM audit_log WHERE action = 'session.close'"), 41);
    assert_int_equal(
        fixture_count(f, "SELECT COUNT(*) FROM audit_log WHERE action = 'session.unmarked'"), 40);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM attendance"), 80);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM attendance WHERE method = 'automatic'"),
                     80);
    assert_string_equal(status_of(f, &unused, &school.ana_id), "");
    assert_string_equal(status_of(f, &cancelled, &school.ana_id), "");
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM sessions WHERE closed_at IS NULL"), 1);
    service_destroy(second);
    recogniser_destroy(recogniser);
}

static void test_two_scans(void **state)
{
    struct fixture *f = *state;
    struct school school;
    struct service_attend mark;
    struct base_uuid rules;

    school_open(f, &school);
    policy(f, "Labs",
           "{\"scans\":2,\"minimum_presence\":0.5,\"left_early\":600,\"left_early_code\":\"left\","
           "\"unmarked\":\"open\",\"statuses\":[{\"code\":\"left\",\"kind\":\"late\"}]}",
           &rules);
    const base_time now = base_time_now(), start = now - 3 * HOUR;
    const struct base_uuid id = make_session(f, &school.course, start, start + HOUR);
    const struct {
        base_time at;
        bool is_new, seen;
    } scans[] = {
        {start, true, false},
        {start + MINUTE - 1, false, false},
        {start + MINUTE, false, true},
        {start + MINUTE + 1, false, false},
        {start + 45 * MINUTE, false, true},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(scans); i++) {
        attend(f, &mark, &school.ana_id, scans[i].at, NULL);
        assert_int_equal(mark.is_new, scans[i].is_new);
        assert_int_equal(mark.seen, scans[i].seen);
        assert_int_equal(mark.attendance->status, CORE_STATUS_PRESENT);
        service_attend_clear(&mark);
    }
    attend(f, &mark, &school.ben_id, start, NULL);
    service_attend_clear(&mark);
    close_all(f, 1, 0);
    assert_string_equal(status_of(f, &id, &school.ana_id), "left");
    assert_string_equal(status_of(f, &id, &school.ben_id), "absent");
    /* A scan that comes in after the closing settles the mark anew. */
    attend(f, &mark, &school.ben_id, start + HOUR, NULL);
    assert_true(mark.seen);
    assert_int_equal(mark.attendance->status, CORE_STATUS_PRESENT);
    service_attend_clear(&mark);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM attendance_changes"), 3);
}

/* ---- the roll ---- */

static void test_roll_by_hand(void **state)
{
    struct fixture *f = *state;
    struct school school;
    struct base_uuid rules;
    GError *error = NULL;
    gint64 written = -1;

    school_open(f, &school);
    policy(f, "Own", "{\"statuses\":[{\"code\":\"online\",\"kind\":\"present\"}]}", &rules);
    const base_time now = base_time_now();
    const struct base_uuid id = make_session(f, &school.course, now, now + HOUR);
    struct service_roll_entry entries[] = {
        {.user_id = school.ana_id, .status = "online"},
        {.user_id = school.cam_id, .status = "present"},
    };
    assert_false(service_mark_roll(f->service, &school.teacher, &id, entries, 2, NULL, &error));
    assert_non_null(strstr(error->message, "Mark 2"));
    assert_non_null(strstr(error->message, "roster"));
    assert_base_error(error, BASE_ERROR_INVALID);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM attendance"), 0);
    entries[1] = (struct service_roll_entry){.user_id = school.ben_id, .status = "late"};
    assert_true(service_mark_roll(f->service, &school.teacher, &id, entries, 2, &written, &error));
    assert_int_equal(written, 2);
    assert_true(service_mark_roll(f->service, &school.teacher, &id, entries, 2, &written, &error));
    assert_int_equal(written, 0);
    entries[1].status = "excused";
    assert_false(service_mark_roll(f->service, &school.teacher, &id, entries, 2, NULL, &error));
    assert_base_error(error, BASE_ERROR_INVALID);
    entries[1].reason = "Doctor";
    assert_true(service_mark_roll(f->service, &school.teacher, &id, entries, 2, &written, &error));
    assert_int_equal(written, 1);
    assert_string_equal(status_of(f, &id, &school.ana_id), "online");
    assert_string_equal(status_of(f, &id, &school.ben_id), "excused");
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM attendance_changes WHERE "
                                      "from_status = 'late' AND to_status = 'excused'"),
                     1);
    assert_false(service_mark_roll(f->service, &school.stranger, &id, entries, 2, NULL, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
    assert_null(service_session_register(f->service, &school.stranger, &id, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
    assert_null(service_session_register(f->service, &school.ana, &id, &error));
    g_clear_error(&error);
    /* The status is in use and must stay in the rules. */
    g_autoptr(json_t) none = json_pack("{s:[]}", "statuses");
    const struct service_policy_input input = {.rules = none};
    assert_null(service_policy_change(f->service, &f->admin, &rules, &input, &error));
    assert_non_null(strstr(error->message, "online"));
    assert_base_error(error, BASE_ERROR_CONFLICT);
}

static void test_one_mark_by_hand(void **state)
{
    struct fixture *f = *state;
    struct school school;
    GError *error = NULL;

    school_open(f, &school);
    const base_time now = base_time_now();
    const struct base_uuid later =
        make_session(f, &school.course, now + 48 * HOUR, now + 49 * HOUR);
    struct service_manual_request request = {
        .user_id = school.ana_id, .session_id = later, .status = "present"};
    assert_null(service_mark_by_hand(f->service, &school.teacher, &request, &error));
    assert_string_equal(service_error_field(error), "status");
    assert_base_error(error, BASE_ERROR_INVALID);
    request.status = "excused";
    g_autoptr(core_attendance) excused =
        service_mark_by_hand(f->service, &school.teacher, &request, &error);
    assert_no_error(error);
    assert_true(base_uuid_equal(&excused->session_id, &later));
    /* By course and day. */
    request = (struct service_manual_request){
        .user_id = school.ben_id, .course_id = school.course, .status = "present"};
    assert_null(service_mark_by_hand(f->service, &school.teacher, &request, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
    make_session(f, &school.course, now, now + HOUR);
    g_autoptr(core_attendance) present =
        service_mark_by_hand(f->service, &school.teacher, &request, &error);
    assert_no_error(error);
    assert_int_equal(present->status, CORE_STATUS_PRESENT);
    /* The tutor of a group has no say in another's course. */
    assert_null(
        service_mark_correct(f->service, &school.stranger, &present->id, "late", "No", &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
    g_autoptr(core_attendance) late =
        service_mark_correct(f->service, &school.teacher, &present->id, "late", "Bus", &error);
    assert_int_equal(late->status, CORE_STATUS_LATE);
    /* Who teaches Ben something else does not see this mark. */
    g_autoptr(db_connection) connection = db_acquire(f->db, &error);
    enrol_in(connection, &school.ben_id, NULL, &school.other_course);
    assert_true(db_course_add_teacher(connection, &school.other_course, &school.stranger.user_id,
                                      NULL, &error));
    g_clear_pointer(&connection, db_release);
    assert_null(service_register_find(f->service, &school.stranger, &late->id, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
    assert_null(service_mark_changes(f->service, &school.stranger, &late->id, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
    g_autoptr(GPtrArray) changes =
        service_mark_changes(f->service, &school.teacher, &late->id, &error);
    assert_int_equal(changes->len, 1);
}

/* ---- taken for somebody else ---- */

static void test_taking_back_a_mark_is_told(void **state)
{
    struct fixture *f = *state;
    struct school school;
    struct service_attend mark;
    GError *error = NULL;
    const guint events = CORE_WEBHOOK_BIT(CORE_WEBHOOK_CORRECTED);
    const struct service_webhook_input input = {.url = "https://uni.edu/hook", .events = &events};
    g_autoptr(core_webhook) webhook = service_webhook_create(f->service, &f->admin, &input, &error);

    assert_no_error(error);
    school_open(f, &school);
    const base_time now = base_time_now();
    const struct base_uuid id = make_session(f, &school.course, now - 3 * HOUR, now - 2 * HOUR);
    close_all(f, 1, 2);
    attend(f, &mark, &school.ana_id, now - 3 * HOUR, NULL);
    assert_string_equal(status_of(f, &id, &school.ana_id), "present");
    g_autofree char *token = service_mark_token(f->service, mark.attendance, &error);
    assert_true(service_mark_not_me(f->service, &mark.attendance->id, token, &error));
    assert_string_equal(status_of(f, &id, &school.ana_id), "absent");
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM outbox WHERE parameters LIKE "
                                      "'%\"status\":null%\"before\":{%present%'"),
                     1);
    assert_false(service_mark_not_me(f->service, &mark.attendance->id, token, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
    service_attend_clear(&mark);
}

/* ---- disputes ---- */

static void test_disputes(void **state)
{
    struct fixture *f = *state;
    struct school school;
    GError *error = NULL;
    gint64 total = 0;

    school_open(f, &school);
    const base_time now = base_time_now();
    const struct base_uuid id = make_session(f, &school.course, now - 2 * HOUR, now - HOUR);
    close_all(f, 1, 2);
    const struct db_attendance_filter own = {.user_id = school.ana_id, .status = DB_ANY};
    g_autoptr(GPtrArray) marks =
        service_register_list(f->service, &school.ana, &own, NULL, NULL, &error);
    const struct base_uuid mark = ((const struct core_attendance *)marks->pdata[0])->id;
    assert_null(service_dispute_open(f->service, &school.ben, &mark, "Mine", &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
    g_autoptr(db_dispute) first =
        service_dispute_open(f->service, &school.ana, &mark, "I was there", &error);
    assert_no_error(error);
    assert_int_equal(first->state, DB_DISPUTE_OPEN);
    assert_string_equal(first->course_name, "Algebra");
    assert_null(service_dispute_open(f->service, &school.ana, &mark, "Again", &error));
    assert_base_error(error, BASE_ERROR_CONFLICT);
    g_autoptr(db_dispute) withdrawn =
        service_dispute_withdraw(f->service, &school.ana, &first->id, &error);
    assert_int_equal(withdrawn->state, DB_DISPUTE_WITHDRAWN);
    g_autoptr(db_dispute) second =
        service_dispute_open(f->service, &school.ana, &mark, "I was there", &error);
    assert_no_error(error);
    const struct {
        const struct service_identity *who;
        gint64 n;
    } viewers[] = {{&school.ana, 2},
                   {&school.ben, 0},
                   {&school.teacher, 2},
                   {&school.stranger, 0},
                   {&f->admin, 2}};
    for (size_t i = 0; i < G_N_ELEMENTS(viewers); i++) {
        g_autoptr(GPtrArray) list =
            service_dispute_list(f->service, viewers[i].who, NULL, NULL, &total, &error);
        assert_int_equal(list->len, viewers[i].n);
    }
    const struct service_dispute_answer yes = {.accept = true, .answer = "You are right"};
    assert_null(service_dispute_answer(f->service, &school.stranger, &second->id, &yes, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
    g_autoptr(db_dispute) accepted =
        service_dispute_answer(f->service, &school.teacher, &second->id, &yes, &error);
    assert_no_error(error);
    assert_int_equal(accepted->state, DB_DISPUTE_ACCEPTED);
    assert_int_equal(accepted->status, CORE_STATUS_PRESENT);
    assert_string_equal(status_of(f, &id, &school.ana_id), "present");
    assert_null(service_dispute_answer(f->service, &school.teacher, &second->id, &yes, &error));
    assert_base_error(error, BASE_ERROR_CONFLICT);
    assert_null(service_dispute_withdraw(f->service, &school.ana, &second->id, &error));
    assert_base_error(error, BASE_ERROR_CONFLICT);
    assert_int_equal(
        fixture_count(f, "SELECT COUNT(*) FROM attendance_changes WHERE reason = 'You are right'"),
        1);
    /* Nothing that was written about her outlives her account. */
    g_autoptr(db_dispute) third =
        service_dispute_open(f->service, &school.ana, &mark, "Once more", &error);
    assert_no_error(error);
    assert_true(service_user_delete(f->service, &f->admin, &school.ana_id, &error));
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM attendance_changes "
                                      "WHERE reason IS NOT NULL"),
                     0);
    assert_int_equal(fixture_count(f,
                                   "SELECT COUNT(*) FROM disputes "
                                   "WHERE message <> '' OR answer IS NOT NULL OR state = 'open'"),
                     0);
}

/* ---- policies ---- */

static void test_policies(void **state)
{
    struct fixture *f = *state;
    struct school school;
    struct core_rules rules;
    struct base_uuid labs;
    GError *error = NULL;

    school_open(f, &school);
    const struct service_policy_input wrong = {.name = " "};
    assert_null(service_policy_create(f->service, &f->admin, &wrong, &error));
    assert_base_error(error, BASE_ERROR_INVALID);
    policy(f, "Labs", "{\"opens_before\":60}", &labs);
    const struct service_policy_input taken = {.name = "LÁBS"};
    assert_null(service_policy_create(f->service, &f->admin, &taken, &error));
    assert_base_error(error, BASE_ERROR_CONFLICT);
    assert_null(service_policy_create(f->service, &school.teacher, &taken, &error));
    assert_base_error(error, BASE_ERROR_FORBIDDEN);
    g_autoptr(json_t) more = json_pack("{s:i}", "late_until", 3600);
    const struct service_policy_input change = {.name = "Labs 2", .rules = more};
    g_autoptr(db_policy) changed =
        service_policy_change(f->service, &f->admin, &labs, &change, &error);
    assert_no_error(error);
    assert_string_equal(changed->name, "Labs 2");
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM audit_log WHERE action = "
                                      "'policy.change' AND details LIKE '%late_until%'"),
                     1);
    assert_true(changed->is_default);
    {
        g_autoptr(db_connection) connection = db_acquire(f->db, &error);
        assert_true(service_rules_of_course(connection, &school.course, &rules, &error));
    }
    assert_int_equal(rules.opens_before, 60);
    assert_int_equal(rules.late_until, 3600);
    struct base_uuid own;
    policy(f, "Own", "{\"opens_before\":7}", &own);
    assert_true(service_policy_set_default(f->service, &f->admin, &labs, &error));
    g_autoptr(db_connection) connection = db_acquire(f->db, &error);
    g_autoptr(core_course) course = db_course_find(connection, &school.course, &error);
    course->policy_id = own;
    assert_true(db_course_update(connection, course, &error));
    assert_true(service_rules_of_course(connection, &school.course, &rules, &error));
    assert_int_equal(rules.opens_before, 7);
    assert_true(service_rules_of_course(connection, &school.other_course, &rules, &error));
    assert_int_equal(rules.opens_before, 60);
    g_clear_pointer(&connection, db_release);
    assert_true(service_policy_delete(f->service, &f->admin, &own, &error));
    assert_true(service_policy_delete(f->service, &f->admin, &labs, &error));
    connection = db_acquire(f->db, &error);
    assert_true(service_rules_of_course(connection, &school.course, &rules, &error));
    assert_int_equal(rules.opens_before, 900);
    assert_false(service_rules_of_course(connection, &school.ana_id, &rules, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_open_session_or_the_day),
        TEST(test_sixteen_at_once_leave_one_mark),
        TEST(test_closing_marks_who_has_none),
        TEST(test_closing_catches_up),
        TEST(test_two_scans),
        TEST(test_roll_by_hand),
        TEST(test_one_mark_by_hand),
        TEST(test_taking_back_a_mark_is_told),
        TEST(test_disputes),
        TEST(test_policies),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
