#include "school.h"

#include "../database.h"

#include "service/calendar.h"
#include "service/courses.h"
#include "service/sessions.h"

#include <string.h>

static service_calendar_plan *import_text(struct school *school, const struct base_uuid *course,
                                          const char *text, bool apply)
{
    GError *error = NULL;
    service_calendar_plan *plan =
        service_calendar_import(school->fixture->service, &school->fixture->admin, course, text,
                                strlen(text), true, apply, &error);

    assert_no_error(error);
    return plan;
}

static void assert_plan(struct school *school, const struct base_uuid *course, const char *text,
                        bool apply, const char *expected)
{
    g_autoptr(service_calendar_plan) plan = import_text(school, course, text, apply);
    g_autoptr(GString) counts = g_string_new(NULL);

    for (int i = 0; i < SERVICE_CALENDAR_ACTION_N; i++)
        if (plan->counts[i])
            g_string_append_printf(counts, "%s%s %" G_GINT64_FORMAT, counts->len ? ", " : "",
                                   service_calendar_action_name((enum service_calendar_action)i),
                                   plan->counts[i]);
    assert_string_equal(counts->str, expected);
}

static void test_an_export_gives_the_same_sessions_elsewhere(void **state)
{
    struct school *school = *state;
    GError *error = NULL;
    struct db_session_filter filter = DB_SESSION_FILTER_ALL;
    const gint32 monday = core_day_monday(school->today);
    const gint32 one = 3600, end = 22 * 3600;
    const struct base_uuid slot = school_add_slot(school, &school->course, 3, end, one, NULL);
    const enum core_session_state cancelled = CORE_SESSION_CANCELLED;
    const struct service_session_input cancel = {.state = &cancelled, .title = "Álgebra, ñ; x"};

    school_change_slot(school, &slot, &(struct service_slot_input){.room_id = &school->room}, NULL);
    const struct base_uuid id = school_session_on(school, &school->course, monday + 16);
    core_session_free(service_session_update(school->fixture->service, &school->as_teacher, &id,
                                             &cancel, &error));
    filter.course_id = school->course;
    g_autoptr(GBytes) bytes = service_calendar_export(school->fixture->service, &school->as_teacher,
                                                      &filter, "Algebra 4B", &error);
    assert_no_error(error);
    g_autofree char *text = g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));

    /* To where it came from it brings nothing new; elsewhere a dry run stores nothing. */
    assert_plan(school, &school->course, text, true, "same 12");
    assert_plan(school, &school->other, text, false, "add 12");
    assert_plan(school, &school->other, text, true, "add 12");
    assert_plan(school, &school->other, text, true, "same 12");
    g_autoptr(GPtrArray) ours = school_sessions(school, &school->course),
                         theirs = school_sessions(school, &school->other);
    assert_int_equal(ours->len, theirs->len);
    for (guint i = 0; i < ours->len; i++) {
        const struct core_session *a = ours->pdata[i], *b = theirs->pdata[i];
        assert_int_equal(a->starts_at, b->starts_at);
        assert_int_equal(a->ends_at, b->ends_at);
        assert_string_equal(a->local_day, b->local_day);
        assert_int_equal(a->start_second, b->start_second);
        assert_int_equal(a->end_second, b->end_second);
        assert_int_equal(a->state, b->state);
        assert_true(base_uuid_equal(&a->room_id, &b->room_id));
        /* The course's own name is not taken for a title there, but for the other course's it is.
         */
        assert_true(b->title && strstr(b->title, a->title ? a->title : "Algebra 4B"));
    }
}

static char *weekly(gint32 first, const char *time, const char *rest)
{
    g_autofree char *day = g_strdup(day_text(first));
    g_auto(GStrv) parts = g_strsplit(day, "-", 3);

    return g_strdup_printf("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:w1\r\n"
                           "DTSTART;TZID=America/Merida:%s%s%sT%s\r\nDURATION:PT1H\r\n%s"
                           "END:VEVENT\r\nBEGIN:VEVENT\r\nUID:h1\r\nSUMMARY:Feast\r\n"
                           "DTSTART;VALUE=DATE:%s%s%s\r\nEND:VEVENT\r\n"
                           "BEGIN:VEVENT\r\nUID:bad\r\nSUMMARY:Bad\r\nEND:VEVENT\r\n"
                           "END:VCALENDAR\r\n",
                           parts[0], parts[1], parts[2], time, rest, parts[0], parts[1], parts[2]);
}

static void test_imports_can_be_repeated_and_leave_marks_alone(void **state)
{
    struct school *school = *state;
    const gint32 next_monday = core_day_monday(school->today) + 7;
    g_autofree char *five =
        g_strdup_printf("RRULE:FREQ=WEEKLY;COUNT=5\r\nLOCATION:a %u\r\n", schools_n);
    g_autofree char *three =
        g_strdup_printf("RRULE:FREQ=WEEKLY;COUNT=3\r\nLOCATION:a %u\r\n", schools_n);
    g_autofree char *first = weekly(next_monday, "100000", five);
    g_autofree char *later = weekly(next_monday, "110000", three);

    assert_plan(school, &school->course, first, false, "add 5, holiday 1, refuse 1");
    assert_plan(school, &school->course, first, true, "add 5, holiday 1, refuse 1");
    assert_plan(school, &school->course, first, true, "same 6, refuse 1");
    const struct base_uuid marked = school_session_on(school, &school->course, next_monday + 7);
    const struct base_uuid room = school->room;
    school_mark(school, &marked);
    assert_plan(school, &school->course, later, true,
                "change 2, remove 2, same 1, keep 1, refuse 1");
    g_autoptr(GPtrArray) sessions = school_sessions(school, &school->course);
    assert_int_equal(sessions->len, 3);
    const struct core_session *one = sessions->pdata[0], *two = sessions->pdata[1];
    assert_int_equal(one->start_second, ELEVEN);
    assert_int_equal(two->start_second, TEN);
    assert_true(base_uuid_equal(&one->room_id, &room));
}

static void test_a_private_address_shows_its_owners_sessions(void **state)
{
    struct school *school = *state;
    struct service *service = school->fixture->service;
    GError *error = NULL;
    char first[SERVICE_CALENDAR_TOKEN_SIZE], second[SERVICE_CALENDAR_TOKEN_SIZE];

    school_enrol(school);
    school_add_slot(school, &school->course, 3, NINE, TEN, NULL);
    assert_true(service_calendar_feed_create(service, &school->as_student, first, &error));
    g_autoptr(GBytes) bytes = service_calendar_feed(service, first, &error);
    assert_no_error(error);
    g_autofree char *text = g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
    g_auto(GStrv) events = g_strsplit(text, "BEGIN:VEVENT", -1);
    /* From today on: the student was not there before. */
    assert_in_range(g_strv_length(events) - 1, 7, 8);
    assert_true(service_calendar_feed_create(service, &school->as_student, second, &error));
    assert_string_not_equal(first, second);
    assert_null(service_calendar_feed(service, first, &error));
    assert_problem(&error, BASE_ERROR_NOT_FOUND, NULL);
    assert_int_equal(fixture_count(school->fixture, "SELECT COUNT(*) FROM calendar_feeds"), 1);

    assert_true(service_user_delete(service, &school->fixture->admin, &school->student, &error));
    assert_null(service_calendar_feed(service, second, &error));
    assert_problem(&error, BASE_ERROR_NOT_FOUND, NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, school_setup, school_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_an_export_gives_the_same_sessions_elsewhere),
        TEST(test_imports_can_be_repeated_and_leave_marks_alone),
        TEST(test_a_private_address_shows_its_owners_sessions),
    };

    return cmocka_run_group_tests_name("service_calendar", tests, school_open, school_close);
}
