/* What is to leave the house: once, by one node, when it is due; and who is told of what. */
#include "fixture.h"

#include "db/query/course.h"
#include "db/query/enrolment.h"
#include "db/query/session.h"
#include "db/query/subject.h"
#include "db/query/term.h"
#include "service/closing.h"
#include "service/institution.h"
#include "service/internal.h"
#include "service/links.h"
#include "service/mail.h"
#include "service/outbox.h"
#include "service/schedule.h"
#include "service/sender.h"
#include "service/webhooks.h"

#include <string.h>

#define HOUR (3600 * BASE_TIME_SECOND)

static bool add_body(struct db_connection *connection, gpointer data, GError **error)
{
    return service_outbox_add(connection,
                              &(struct service_outbox_entry){
                                  .channel = DB_OUTBOX_MAIL,
                                  .kind = "invitation",
                                  .dedupe_key = "one",
                                  .parameters = json_pack("{s:s}", "a", "ñ"),
                              },
                              data, error);
}

static GPtrArray *entries_of(struct fixture *f, const char *kind)
{
    GError *error = NULL;
    struct db_outbox_filter filter = DB_OUTBOX_FILTER_ALL;

    filter.kind = kind;
    GPtrArray *entries = service_outbox_list(f->service, &f->admin, &filter, NULL, NULL, &error);
    assert_no_error(error);
    return entries;
}

static struct db_outbox_entry *only_entry(struct fixture *f)
{
    g_autoptr(GPtrArray) entries = entries_of(f, NULL);

    assert_int_equal(entries->len, 1);
    return g_ptr_array_steal_index(entries, 0);
}

static void test_one_entry_of_a_key(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;
    bool added = false;

    assert_true(db_transaction(f->db, add_body, &added, &error));
    assert_true(added);
    assert_true(db_transaction(f->db, add_body, &added, &error));
    assert_false(added);
    g_autoptr(db_outbox_entry) entry = only_entry(f);
    assert_string_equal(entry->parameters, "{\"a\":\"ñ\"}");
    assert_int_equal(entry->state, DB_OUTBOX_WAITING);
    assert_int_equal(entry->attempts, 0);
}

static bool claim(struct db_connection *connection, const struct base_uuid *id, const char *lease,
                  base_time now)
{
    GError *error = NULL;
    bool claimed = false;

    assert_true(db_outbox_claim(connection, id, lease, now, now + HOUR, &claimed, &error));
    return claimed;
}

static void test_one_node_has_an_entry(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;
    bool added = false, held = true;
    gint64 changed = -1;
    const base_time now = base_time_now() + BASE_TIME_SECOND;

    assert_true(db_transaction(f->db, add_body, &added, &error));
    g_autoptr(db_outbox_entry) entry = only_entry(f);
    g_autoptr(db_connection) connection = db_acquire(f->db, &error);
    assert_true(claim(connection, &entry->id, "a", now));
    assert_false(claim(connection, &entry->id, "b", now));
    assert_true(db_outbox_cancel(connection, &entry->id, now, &changed, &error));
    assert_int_equal(changed, 0);
    /* The node died: another one takes over, and what the first has to say counts no more. */
    assert_true(claim(connection, &entry->id, "b", now + 2 * HOUR));
    assert_true(
        db_outbox_finish(connection, &entry->id, "a", DB_OUTBOX_SENT, NULL, now, &held, &error));
    assert_false(held);
    assert_true(
        db_outbox_postpone(connection, &entry->id, "b", "no", now + 9 * HOUR, &held, &error));
    assert_true(held);
    assert_false(claim(connection, &entry->id, "c", now + 3 * HOUR));
    assert_true(db_outbox_hurry(connection, DB_OUTBOX_MAIL, now, &changed, &error));
    assert_int_equal(changed, 1);
    assert_true(claim(connection, &entry->id, "c", now));
    assert_true(
        db_outbox_finish(connection, &entry->id, "c", DB_OUTBOX_DEAD, "550", now, &held, &error));
    assert_true(held);
    assert_true(db_outbox_requeue(connection, &entry->id, now, &changed, &error));
    assert_int_equal(changed, 1);
    assert_true(db_outbox_requeue(connection, &entry->id, now, &changed, &error));
    assert_int_equal(changed, 0);
    g_autoptr(db_outbox_entry) again = db_outbox_find(connection, &entry->id, &error);
    assert_int_equal(again->attempts, 0);
    assert_string_equal(again->last_error, "550");
}

static void test_mail_waits_without_a_mail_server(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;
    bool added = false;
    struct service_sent sent;

    assert_true(db_transaction(f->db, add_body, &added, &error));
    assert_true(service_sender_run(f->service, DB_OUTBOX_MAIL, NULL, &sent, &error));
    assert_int_equal(sent.sent + sent.failed + sent.dead + sent.unwanted, 0);
    g_autoptr(db_outbox_entry) entry = only_entry(f);
    assert_int_equal(entry->attempts, 0);
}

/* ---- receivers that do not answer ---- */

static bool tell_twice(struct db_connection *connection, gpointer data, GError **error)
{
    (void)data;
    for (int i = 0; i < 2; i++)
        if (!service_webhook_event(connection, CORE_WEBHOOK_MARKED, json_object(), error))
            return false;
    return true;
}

static void test_a_silent_receiver_is_asked_once_for_all_that_waits(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;
    struct service_sent sent;
    /* Of a private network, which is refused before anything is sent. */
    const struct service_webhook_input input = {.url = "http://127.0.0.1:9/"};
    g_autoptr(core_webhook) webhook = service_webhook_create(f->service, &f->admin, &input, &error);

    assert_no_error(error);
    assert_true(db_transaction(f->db, tell_twice, NULL, &error));
    assert_true(service_sender_run(f->service, DB_OUTBOX_WEBHOOK, NULL, &sent, &error));
    assert_int_equal(sent.failed, 1);
    g_autoptr(GPtrArray) entries = entries_of(f, "attendance.marked");
    assert_int_equal(entries->len, 2);
    for (guint i = 0; i < entries->len; i++) {
        const struct db_outbox_entry *entry = entries->pdata[i];
        assert_int_equal(entry->attempts, 1);
        assert_non_null(strstr(entry->last_error, "private"));
        assert_true(entry->due_at > base_time_now());
    }
    /* Tried as often as anything is, and nobody wrote down what came of it. */
    g_autoptr(db_connection) connection = db_acquire(f->db, &error);
    assert_true(db_execute(connection, NULL, &error, "UPDATE outbox SET attempts = 16, due_at = ?",
                           db_time(base_time_now())));
    g_clear_pointer(&connection, db_release);
    assert_true(service_sender_run(f->service, DB_OUTBOX_WEBHOOK, NULL, &sent, &error));
    assert_int_equal(sent.dead, 2);
}

/* ---- schedules ---- */

/* The day and hour are of the institution's clock, America/Merida: six hours behind UTC. */
static base_time wall(const char *text)
{
    g_autofree char *whole = g_strconcat(text, ":00-06:00", NULL);
    base_time moment;

    assert_true(base_time_parse(whole, &moment));
    return moment;
}

static gint64 schedule_at(struct service *service, const char *text)
{
    GError *error = NULL;
    gint64 added = -1;

    service_schedule_run(service, wall(text), &added, &error);
    assert_no_error(error);
    return added;
}

static void change_institution(struct fixture *f, const struct service_institution_input *input)
{
    GError *error = NULL;
    g_autoptr(service_institution_settings) changed =
        service_institution_change(f->service, &f->admin, input, &error);

    assert_no_error(error);
}

static void test_reports_are_due_once_a_period(void **state)
{
    struct fixture *f = *state;
    struct service_institution_input input = {0};
    g_autofree char *request = NULL;

    fixture_user(f, "Ana", "ana@uni.edu", CORE_ROLE_STUDENT, NULL);
    fixture_user(f, "Ben", "ben@uni.edu", CORE_ROLE_STUDENT, NULL);
    input.student_report.frequency = "daily";
    input.student_report.at = "18:00";
    change_institution(f, &input);
    assert_int_equal(schedule_at(f->service, "2026-03-10T20:00"), 0);
    assert_int_equal(schedule_at(f->service, "2026-03-11T17:59"), 0);
    assert_int_equal(schedule_at(f->service, "2026-03-11T18:00"), 2);
    assert_int_equal(schedule_at(f->service, "2026-03-11T18:01"), 0);
    /* Nobody looked for four days: the newest alone. */
    assert_int_equal(schedule_at(f->service, "2026-03-15T19:00"), 2);
    /* A clock that was put back tells nobody anything again. */
    assert_int_equal(schedule_at(f->service, "2026-03-14T19:00"), 0);
    g_autoptr(GPtrArray) entries = entries_of(f, "report");
    assert_int_equal(entries->len, 4);
    const struct db_outbox_entry *newest = entries->pdata[0];
    assert_non_null(strstr(newest->parameters, "\"from\":\"2026-03-15\""));
    assert_non_null(strstr(newest->parameters, "\"to\":\"2026-03-15\""));
}

static void test_own_schedules_take_the_institutions_place(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;
    struct service_institution_input input = {0};
    const gint64 monday = 1;
    const struct base_uuid ana = fixture_user(f, "Ana", "ana@uni.edu", CORE_ROLE_STUDENT, NULL);
    const struct base_uuid ben = fixture_user(f, "Ben", "ben@uni.edu", CORE_ROLE_STUDENT, NULL);
    const struct service_identity as_ana = fixture_identity(f, &ana);
    const struct service_identity as_ben = fixture_identity(f, &ben);
    const struct service_schedule_input daily = {
        .fields = SERVICE_SCHEDULE_FREQUENCY | SERVICE_SCHEDULE_AT | SERVICE_SCHEDULE_FORMAT,
        .frequency = "daily",
        .at = "06:30",
        .format = "csv",
    };

    input.student_report.frequency = "weekly";
    input.student_report.weekday = &monday;
    input.student_report.at = "07:00";
    change_institution(f, &input);
    g_autoptr(db_report_schedule) own =
        service_schedule_create(f->service, &as_ana, &daily, &error);
    assert_no_error(error);
    assert_null(service_schedule_find(f->service, &as_ben, &own->id, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
    /* 2026-03-16 is a Monday. */
    assert_int_equal(schedule_at(f->service, "2026-03-15T12:00"), 0);
    assert_int_equal(schedule_at(f->service, "2026-03-16T06:30"), 1);
    assert_int_equal(schedule_at(f->service, "2026-03-16T07:30"), 1);
    assert_int_equal(schedule_at(f->service, "2026-03-17T07:30"), 1);
    g_autoptr(GPtrArray) entries = entries_of(f, "report");
    const struct db_outbox_entry *weekly = entries->pdata[1];
    assert_true(base_uuid_equal(&weekly->user_id, &ben));
    assert_non_null(strstr(weekly->parameters, "\"from\":\"2026-03-09\""));
    assert_non_null(strstr(weekly->parameters, "\"to\":\"2026-03-15\""));
    const struct db_outbox_entry *last = entries->pdata[0];
    assert_true(base_uuid_equal(&last->user_id, &ana));
    assert_non_null(strstr(last->parameters, "\"csv\""));
}

/* ---- absences and warnings ---- */

struct school {
    struct base_uuid group, course, term;
    struct base_uuid ana, ben, teacher;
};

static void enrol(struct db_connection *connection, const struct base_uuid *user,
                  const struct base_uuid *group)
{
    GError *error = NULL;
    struct core_enrolment enrolment = {
        .user_id = *user, .group_id = *group, .first_day = (char *)"2020-01-01"};

    base_uuid_new(&enrolment.id);
    assert_true(db_enrolment_insert(connection, &enrolment, &error));
}

static void school_open(struct fixture *f, struct school *school, const char *last_day)
{
    GError *error = NULL;
    struct core_term term = {.institution_id = f->admin.institution_id,
                             .name = (char *)"All",
                             .first_day = (char *)"2020-01-01",
                             .last_day = (char *)last_day};
    struct core_subject subject = {.institution_id = f->admin.institution_id,
                                   .name = (char *)"Álgebra"};
    struct core_course course = {.institution_id = f->admin.institution_id,
                                 .name = (char *)"Álgebra 1"};

    base_uuid_new(&term.id);
    base_uuid_new(&subject.id);
    base_uuid_new(&course.id);
    course.term_id = term.id;
    course.subject_id = subject.id;
    school->course = course.id;
    school->group = fixture_group(f, "1 A");
    school->teacher = fixture_user(f, "Tea Cher", "t@uni.edu", CORE_ROLE_TEACHER, NULL);
    school->ana = fixture_user(f, "Ana", "ana@uni.edu", CORE_ROLE_STUDENT, NULL);
    school->ben = fixture_user(f, "Ben", "ben@uni.edu", CORE_ROLE_STUDENT, NULL);
    g_autoptr(db_connection) connection = db_acquire(f->db, &error);
    assert_true(db_term_insert(connection, &term, &error) &&
                db_subject_insert(connection, &subject, &error) &&
                db_course_insert(connection, &course, &error) &&
                db_course_add_group(connection, &course.id, &school->group, NULL, &error) &&
                db_course_add_teacher(connection, &course.id, &school->teacher, NULL, &error));
    enrol(connection, &school->ana, &school->group);
    enrol(connection, &school->ben, &school->group);
}

/* A session that began so many hours ago, with Ben present. */
static struct base_uuid hold_session(struct fixture *f, const struct school *school, int hours)
{
    GError *error = NULL;
    char day[CORE_DAY_SIZE];
    const base_time start = base_time_now() - hours * HOUR;
    GTimeZone *zone = service_time_zone(f->service, &error);
    struct service_closed closed;

    assert_true(core_day_of_time(zone, start, day, &error));
    g_time_zone_unref(zone);
    struct core_session session = {
        .course_id = school->course,
        .local_day = day,
        .start_second = 8 * 3600,
        .end_second = 9 * 3600,
        .starts_at = start,
        .ends_at = start + HOUR,
        .created_at = start - 24 * HOUR,
    };
    base_uuid_new(&session.id);
    g_autoptr(db_connection) connection = db_acquire(f->db, &error);
    assert_true(db_session_insert(connection, &session, &error));
    g_clear_pointer(&connection, db_release);
    const struct service_manual_request present = {
        .user_id = school->ben, .session_id = session.id, .status = "present"};
    g_autoptr(core_attendance) mark = service_mark_by_hand(f->service, &f->admin, &present, &error);
    assert_no_error(error);
    service_closing_run(f->service, &closed, &error);
    assert_no_error(error);
    assert_int_equal(closed.marks, 1);
    return session.id;
}

/* Works out who is to be told, as the sender does. */
static void work_out(struct fixture *f)
{
    GError *error = NULL;
    g_autoptr(GPtrArray) notes = entries_of(f, "session_settled");

    assert_int_equal(notes->len, 1);
    assert_int_equal(service_mail_channel.deliver(f->service, notes->pdata[0], NULL, &error),
                     SERVICE_DELIVERY_DONE);
    assert_no_error(error);
    assert_int_equal(service_mail_channel.deliver(f->service, notes->pdata[0], NULL, &error),
                     SERVICE_DELIVERY_DONE);
}

static void test_an_absence_is_told_once_and_only_while_it_stands(void **state)
{
    static const char *const WARNINGS[] = {"absence", "consecutive", "at_risk", NULL};
    struct fixture *f = *state;
    struct school school;
    GError *error = NULL;
    const struct service_institution_input input = {.warnings = WARNINGS, .language = "es"};

    change_institution(f, &input);
    school_open(f, &school, "2099-12-31");
    const struct base_uuid session = hold_session(f, &school, 2);
    work_out(f);
    g_autoptr(GPtrArray) absences = entries_of(f, "absence");
    g_autoptr(GPtrArray) risks = entries_of(f, "at_risk");
    g_autoptr(GPtrArray) digests = entries_of(f, "at_risk_digest");
    assert_int_equal(absences->len, 1);
    assert_int_equal(risks->len, 1);
    assert_int_equal(digests->len, 1);
    const struct db_outbox_entry *absence = absences->pdata[0];
    const struct db_outbox_entry *risk = risks->pdata[0];
    const struct db_outbox_entry *digest = digests->pdata[0];
    assert_true(base_uuid_equal(&absence->user_id, &school.ana));
    assert_true(base_uuid_equal(&risk->user_id, &school.ana));
    assert_true(base_uuid_equal(&digest->user_id, &school.teacher));

    g_autoptr(service_mail) told = service_mail_make(f->service, SERVICE_MAIL_ABSENCE, &school.ana,
                                                     absence->parameters, false, &error);
    assert_no_error(error);
    assert_non_null(strstr(told->subject, "Falta en Álgebra 1"));
    assert_non_null(strstr(told->text, "de 08:00 a 09:00"));
    g_autoptr(service_mail) warned = service_mail_make(
        f->service, SERVICE_MAIL_AT_RISK, &school.ana, risk->parameters, false, &error);
    assert_no_error(error);
    assert_non_null(strstr(warned->text, "La cuenta: "));
    g_autoptr(service_mail) listed = service_mail_make(
        f->service, SERVICE_MAIL_DIGEST, &school.teacher, digest->parameters, false, &error);
    assert_no_error(error);
    assert_non_null(strstr(listed->text, "- Ana: "));
    assert_null(strstr(listed->text, "Ben"));

    const struct service_manual_request excused = {
        .user_id = school.ana, .session_id = session, .status = "excused", .reason = "Doctor"};
    g_autoptr(core_attendance) mark = service_mark_by_hand(f->service, &f->admin, &excused, &error);
    assert_no_error(error);
    assert_null(service_mail_make(f->service, SERVICE_MAIL_ABSENCE, &school.ana,
                                  absence->parameters, false, &error));
    assert_base_error(error, BASE_ERROR_CONFLICT);
    assert_null(service_mail_make(f->service, SERVICE_MAIL_AT_RISK, &school.ana, risk->parameters,
                                  false, &error));
    assert_base_error(error, BASE_ERROR_CONFLICT);
}

static void test_nobody_is_told_of_weeks_ago(void **state)
{
    struct fixture *f = *state;
    struct school school;

    school_open(f, &school, "2099-12-31");
    hold_session(f, &school, 8 * 24);
    g_autoptr(GPtrArray) notes = entries_of(f, "session_settled");
    assert_int_equal(notes->len, 0);
}

/* The token at the end of a link. */
static char *token_for(struct fixture *f, const struct base_uuid *id)
{
    GError *error = NULL;
    g_autoptr(db_connection) connection = db_acquire(f->db, &error);
    g_autoptr(core_user) user = db_user_find(connection, id, &error);
    g_autofree char *link = service_link_password(f->service, user, HOUR, &error);

    assert_no_error(error);
    return g_strdup(strchr(link, '=') + 1);
}

static void test_a_link_is_of_the_address_that_it_went_to(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;
    const struct base_uuid ana = fixture_user(f, "Ana", "ana@uni.edv", CORE_ROLE_STUDENT, NULL);
    const struct service_user_input right = {.fields = SERVICE_USER_EMAIL, .email = "ana@uni.edu"};
    g_autofree char *astray = token_for(f, &ana);
    int pause = 0;

    core_user_free(service_user_update(f->service, &f->admin, &ana, &right, &error));
    assert_no_error(error);
    assert_false(service_password_set_by_link(f->service, astray, PASSWORD, NULL, &pause, &error));
    assert_base_error(error, BASE_ERROR_INVALID);
    g_autofree char *token = token_for(f, &ana);
    assert_true(service_password_set_by_link(f->service, token, PASSWORD, NULL, &pause, &error));
    assert_false(service_password_set_by_link(f->service, token, PASSWORD, NULL, &pause, &error));
    assert_base_error(error, BASE_ERROR_INVALID);
}

static void test_a_refusal_counts_when_it_is_sent(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;
    bool refused = false;
    const char *kind = NULL;
    const struct base_uuid ana = fixture_user(f, "Ana", "ana@uni.edu", CORE_ROLE_STUDENT, NULL);
    const struct service_identity as_ana = fixture_identity(f, &ana);
    static const char REPORT[] = "{\"report\":\"summary\",\"format\":\"csv\",\"request\":{}}";

    assert_true(service_mail_refuse(f->service, &as_ana, "report", true, &error));
    assert_true(service_mail_refused(f->service, &as_ana, "report", &refused, &error));
    assert_true(refused);
    assert_null(service_mail_make(f->service, SERVICE_MAIL_REPORT, &ana, REPORT, false, &error));
    assert_base_error(error, BASE_ERROR_CONFLICT);
    assert_false(service_mail_refuse(f->service, &as_ana, "password", true, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
    assert_false(service_unsubscribe_look(f->service, "a.b.c", &kind, &refused, &error));
    assert_base_error(error, BASE_ERROR_INVALID);
}

static void test_a_report_goes_out_after_the_last_day_of_a_course(void **state)
{
    struct fixture *f = *state;
    struct school school;
    struct service_institution_input input = {0};

    input.student_report.frequency = input.teacher_report.frequency = "course_end";
    input.student_report.at = input.teacher_report.at = "07:00";
    change_institution(f, &input);
    school_open(f, &school, "2026-06-30");
    assert_int_equal(schedule_at(f->service, "2026-06-29T12:00"), 0);
    assert_int_equal(schedule_at(f->service, "2026-06-30T12:00"), 0);
    assert_int_equal(schedule_at(f->service, "2026-07-01T07:00"), 3);
    assert_int_equal(schedule_at(f->service, "2026-07-01T07:30"), 0);
    assert_int_equal(schedule_at(f->service, "2026-07-02T12:00"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_one_entry_of_a_key),
        TEST(test_one_node_has_an_entry),
        TEST(test_mail_waits_without_a_mail_server),
        TEST(test_a_silent_receiver_is_asked_once_for_all_that_waits),
        TEST(test_reports_are_due_once_a_period),
        TEST(test_own_schedules_take_the_institutions_place),
        TEST(test_an_absence_is_told_once_and_only_while_it_stands),
        TEST(test_nobody_is_told_of_weeks_ago),
        TEST(test_a_link_is_of_the_address_that_it_went_to),
        TEST(test_a_refusal_counts_when_it_is_sent),
        TEST(test_a_report_goes_out_after_the_last_day_of_a_course),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
