#include "../unit.h"

#include "core/timetable.h"
#include "ical/calendar.h"

#include <glib.h>
#include <string.h>

#define HEAD "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"
#define TAIL "END:VCALENDAR\r\n"
#define EVENT(lines) HEAD "BEGIN:VEVENT\r\nUID:u1\r\n" lines "END:VEVENT\r\n" TAIL

static base_time at(const char *text)
{
    base_time time;

    assert_true(base_time_parse(text, &time));
    return time;
}

/* What is read of a text for 2026, in New York. */
static void read_text(const char *text, struct ical_calendar *calendar)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GTimeZone) zone = core_time_zone_load("America/New_York", &error);

    ical_read(text, strlen(text), zone, "2026-01-01", "2026-12-31", NULL, calendar, &error);
    assert_no_error(error);
}

/* The starts of the occurrences, "2026-03-02T14:00:00Z …"; the days of all-day ones. */
static char *starts_of(const struct ical_calendar *calendar)
{
    GString *list = g_string_new(NULL);

    for (guint i = 0; i < calendar->occurrences->len; i++) {
        const struct ical_occurrence *occurrence = calendar->occurrences->pdata[i];
        char text[BASE_TIME_TEXT_SIZE];
        if (i)
            g_string_append_c(list, ' ');
        if (occurrence->all_day)
            g_string_append_printf(list, "%s/%s", occurrence->first_day, occurrence->last_day);
        else
            g_string_append(list, base_time_format(occurrence->starts_at, text));
    }
    return g_string_free(list, FALSE);
}

static void assert_starts(const char *text, const char *expected)
{
    g_auto(ical_calendar) calendar = {0};

    read_text(text, &calendar);
    g_autofree char *starts = starts_of(&calendar);
    if (calendar.refusals->len)
        fail_msg("%s", ((struct ical_refusal *)calendar.refusals->pdata[0])->reason);
    assert_string_equal(starts, expected);
}

static void assert_refused(const char *text, const char *reason)
{
    g_auto(ical_calendar) calendar = {0};

    read_text(text, &calendar);
    assert_int_equal(calendar.occurrences->len, 0);
    assert_int_equal(calendar.refusals->len, 1);
    const struct ical_refusal *refusal = calendar.refusals->pdata[0];
    if (!strstr(refusal->reason, reason))
        fail_msg("\"%s\" does not say \"%s\"", refusal->reason, reason);
}

static void test_rules_give_the_days_of_the_standard_and_of_the_almanac(void **state)
{
    (void)state;
    /* Nine o'clock on the wall on both sides of 8 March. */
    assert_starts(EVENT("DTSTART;TZID=America/New_York:20260302T090000\r\n"
                        "DTEND;TZID=America/New_York:20260302T100000\r\n"
                        "RRULE:FREQ=WEEKLY;COUNT=3;BYDAY=MO,WE\r\n"),
                  "2026-03-02T14:00:00Z 2026-03-04T14:00:00Z 2026-03-09T13:00:00Z");
    assert_starts(EVENT("DTSTART:20260302T090000\r\nDURATION:PT1H\r\n"
                        "RRULE:FREQ=WEEKLY;INTERVAL=2;UNTIL=20260330T130000Z\r\n"
                        "EXDATE:20260316T090000\r\nRDATE:20260317T180000\r\n"),
                  "2026-03-02T14:00:00Z 2026-03-17T22:00:00Z 2026-03-30T13:00:00Z");
    /* The example of RFC 5545, section 3.3.10: the week's beginning makes the difference. */
    assert_starts(EVENT("DTSTART;VALUE=DATE:20260106\r\n"
                        "RRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO\r\n"),
                  "2026-01-06/2026-01-06 2026-01-11/2026-01-11 2026-01-20/2026-01-20 "
                  "2026-01-25/2026-01-25");
    assert_starts(EVENT("DTSTART;VALUE=DATE:20260106\r\n"
                        "RRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU\r\n"),
                  "2026-01-06/2026-01-06 2026-01-18/2026-01-18 2026-01-20/2026-01-20 "
                  "2026-02-01/2026-02-01");
    assert_starts(EVENT("DTSTART;VALUE=DATE:20260130\r\nRRULE:FREQ=MONTHLY;COUNT=3;BYDAY=-1FR\r\n"),
                  "2026-01-30/2026-01-30 2026-02-27/2026-02-27 2026-03-27/2026-03-27");
    assert_starts(EVENT("DTSTART;VALUE=DATE:20260131\r\n"
                        "RRULE:FREQ=MONTHLY;UNTIL=20260531;BYMONTHDAY=-1,1\r\n"),
                  "2026-01-31/2026-01-31 2026-02-01/2026-02-01 2026-02-28/2026-02-28 "
                  "2026-03-01/2026-03-01 2026-03-31/2026-03-31 2026-04-01/2026-04-01 "
                  "2026-04-30/2026-04-30 2026-05-01/2026-05-01 2026-05-31/2026-05-31");
    assert_starts(EVENT("DTSTART;VALUE=DATE:20200229\r\nRRULE:FREQ=YEARLY\r\n"), "");
    assert_starts(
        EVENT("DTSTART;VALUE=DATE:19971127\r\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH\r\n"),
        "2026-11-26/2026-11-26");
    assert_starts(EVENT("DTSTART;VALUE=DATE:20260101\r\nDTEND;VALUE=DATE:20260108\r\n"),
                  "2026-01-01/2026-01-07");
    /* 366 occurrences of a daily rule, less what lies outside of the year. */
    g_auto(ical_calendar) calendar = {0};
    read_text(EVENT("DTSTART:20251231T120000\r\nDURATION:PT1H\r\nRRULE:FREQ=DAILY;COUNT=400\r\n"),
              &calendar);
    assert_int_equal(calendar.occurrences->len, 365);
}

#define OWN_ZONE                                                                                   \
    "BEGIN:VTIMEZONE\r\nTZID:Campus time\r\n"                                                      \
    "BEGIN:STANDARD\r\nDTSTART:16011104T020000\r\nRRULE:FREQ=YEARLY;BYDAY=1SU;BYMONTH=11\r\n"      \
    "TZOFFSETFROM:-0400\r\nTZOFFSETTO:-0500\r\nEND:STANDARD\r\n"                                   \
    "BEGIN:DAYLIGHT\r\nDTSTART:16010311T020000\r\nRRULE:FREQ=YEARLY;BYDAY=2SU;BYMONTH=3\r\n"       \
    "TZOFFSETFROM:-0500\r\nTZOFFSETTO:-0400\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\n"

/* A VTIMEZONE with New York's rules under another name must agree with the system's New York at
 * every hour of the year. */
static void test_a_calendars_own_time_zone_agrees_with_the_systems(void **state)
{
    (void)state;
    for (int hour = 0; hour < 24; hour++) {
        g_auto(ical_calendar) own = {0}, system = {0};
        g_autofree char *ours = g_strdup_printf(
            HEAD OWN_ZONE "BEGIN:VEVENT\r\nUID:u1\r\nDTSTART;TZID=Campus time:20260101T%02d3000\r\n"
                          "DURATION:PT1H\r\nRRULE:FREQ=DAILY\r\nEND:VEVENT\r\n" TAIL,
            hour);
        g_autofree char *theirs =
            g_strdup_printf(EVENT("DTSTART;TZID=/example.org/America/New_York:20260101T%02d3000\r\n"
                                  "DURATION:PT1H\r\nRRULE:FREQ=DAILY\r\n"),
                            hour);
        read_text(ours, &own);
        read_text(theirs, &system);
        g_autofree char *one = starts_of(&own), *other = starts_of(&system);
        assert_int_equal(own.occurrences->len, 365);
        assert_string_equal(one, other);
    }
    assert_starts(EVENT("DTSTART;TZID=Asia/Kathmandu:20260302T090000\r\nDURATION:PT1H\r\n"),
                  "2026-03-02T03:15:00Z");
}

static void test_one_occurrence_can_have_an_event_of_its_own(void **state)
{
    (void)state;
    g_auto(ical_calendar) calendar = {0};

    read_text(HEAD "BEGIN:VEVENT\r\nUID:u1\r\nDTSTART:20260302T090000\r\nDURATION:PT1H\r\n"
                   "RRULE:FREQ=WEEKLY;COUNT=3\r\nSUMMARY:Algebra\\, one\r\nEND:VEVENT\r\n"
                   "BEGIN:VEVENT\r\nUID:u1\r\nRECURRENCE-ID:20260309T090000\r\n"
                   "DTSTART:20260310T150000\r\nDURATION:PT2H\r\nSTATUS:CANCELLED\r\n"
                   "SUMMARY:Moved\r\nLOCATION:B 2\r\nEND:VEVENT\r\n" TAIL,
              &calendar);
    g_autofree char *starts = starts_of(&calendar);
    assert_string_equal(starts, "2026-03-02T14:00:00Z 2026-03-10T19:00:00Z 2026-03-16T13:00:00Z");
    const struct ical_occurrence *first = calendar.occurrences->pdata[0],
                                 *moved = calendar.occurrences->pdata[1];
    assert_string_equal(first->summary, "Algebra, one");
    assert_string_equal(first->uid, "u1#2026-03-02");
    /* Named as the rule would have it, wherever it went. */
    assert_string_equal(moved->uid, "u1#2026-03-09");
    assert_string_equal(moved->location, "B 2");
    assert_true(moved->cancelled && !first->cancelled);
    assert_int_equal(moved->ends_at - moved->starts_at, 7200 * BASE_TIME_SECOND);
}

static void test_what_cannot_be_taken_is_named(void **state)
{
    (void)state;
    assert_refused(EVENT("SUMMARY:x\r\n"), "no start");
    assert_refused(EVENT("DTSTART:20260302T090000\r\n"), "no end");
    assert_refused(EVENT("DTSTART:20260230T090000\r\nDURATION:PT1H\r\n"), "");
    assert_refused(EVENT("DTSTART:20260302T090000\r\nDTEND:20260304T090000\r\n"), "longer than");
    assert_refused(EVENT("DTSTART;TZID=Mars/Olympus:20260302T090000\r\nDURATION:PT1H\r\n"),
                   "time zone");
    assert_refused(EVENT("DTSTART;TZID=../../../etc/passwd:20260302T090000\r\nDURATION:PT1H\r\n"),
                   "time zone");
    assert_refused(EVENT("DTSTART:20260302T090000\r\nDURATION:PT1H\r\nRRULE:FREQ=SECONDLY\r\n"),
                   "neither by days");
    assert_refused(EVENT("DTSTART:20260302T090000\r\nDURATION:PT1H\r\n"
                         "RRULE:FREQ=MONTHLY;BYDAY=MO;BYSETPOS=2\r\n"),
                   "not understood");
    assert_refused(EVENT("DTSTART:20260302T090000\r\nDURATION:PT1H\r\nRRULE:FREQ=DAILY\r\n"
                         "RRULE:FREQ=WEEKLY\r\n"),
                   "more than one");
    assert_refused(EVENT("DTSTART:20260302T090000\r\nDURATION:PT1H\r\nRRULE:FREQ=SOMETIMES\r\n"),
                   "");
    assert_refused(HEAD "BEGIN:VEVENT\r\nDTSTART:20260302T090000\r\nEND:VEVENT\r\n" TAIL, "UID");
}

static void assert_unreadable(const char *text, gsize size, enum base_error code)
{
    g_autoptr(GTimeZone) zone = core_time_zone_load("UTC", NULL);
    g_auto(ical_calendar) calendar = {0};
    g_autoptr(GError) error = NULL;

    assert_false(ical_read(text, size, zone, "2026-01-01", "2026-12-31", NULL, &calendar, &error));
    assert_int_equal(error->code, code);
}

static void test_hostile_files_cost_no_more_than_their_size(void **state)
{
    (void)state;
    g_autoptr(GString) deep = g_string_new(HEAD), many = g_string_new(HEAD);

    for (int i = 0; i < 100000; i++)
        g_string_append(deep, "BEGIN:VTODO\r\n");
    assert_unreadable(deep->str, deep->len, BASE_ERROR_INVALID);
    for (int i = 0; i < 100000; i++)
        g_string_append(deep, "END:VTODO\r\n");
    g_string_append(deep, TAIL);
    assert_starts(deep->str, "");

    /* A rule that never comes true, a thousand times from 1601 on: the work is counted. */
    for (int i = 0; i < 1000; i++)
        g_string_append_printf(many,
                               "BEGIN:VEVENT\r\nUID:u%d\r\nDTSTART;VALUE=DATE:16010101\r\n"
                               "RRULE:FREQ=DAILY;COUNT=2000000000;BYMONTH=2;BYMONTHDAY=30\r\n"
                               "END:VEVENT\r\n",
                               i);
    g_string_append(many, TAIL);
    g_auto(ical_calendar) calendar = {0};
    read_text(many->str, &calendar);
    assert_int_equal(calendar.occurrences->len, 0);
    assert_true(calendar.refusals->len > 800 && calendar.refusals->len < 1000);

    assert_unreadable("", 0, BASE_ERROR_INVALID);
    assert_unreadable("BEGIN:VCALENDAR\n", 16, BASE_ERROR_INVALID);
    assert_unreadable("END:VCALENDAR\n", 14, BASE_ERROR_INVALID);
    assert_unreadable("\xff\xfe", 2, BASE_ERROR_INVALID);
    g_autofree char *large = g_strnfill(5 << 20, 'x');
    assert_unreadable(large, 5 << 20, BASE_ERROR_TOO_LARGE);
}

static struct ical_event *event_of(int i)
{
    struct ical_event *event = g_new0(struct ical_event, 1);

    event->uid = g_strdup_printf("uid-%d@presente", i);
    event->summary = g_strdup(i % 2 ? "Álgebra, lineal; y \"más\"\\\nsegunda línea "
                                      "日本語日本語日本語日本語日本語日本語日本語日本語"
                                    : "Física");
    event->location = i % 3 ? g_strdup("Edificio B, aula 12") : NULL;
    event->starts_at = at("2026-03-02T14:00:00Z") + i * 86400 * BASE_TIME_SECOND;
    event->ends_at = event->starts_at + 5400 * BASE_TIME_SECOND;
    event->created_at = at("2026-01-01T00:00:00Z");
    event->updated_at = event->created_at + (i % 2) * 3600 * BASE_TIME_SECOND;
    event->cancelled = i % 5 == 4;
    return event;
}

static void test_what_is_written_is_read_again(void **state)
{
    (void)state;
    g_autoptr(GPtrArray) events = g_ptr_array_new_with_free_func((GDestroyNotify)ical_event_free);
    g_autoptr(GError) error = NULL;
    g_auto(ical_calendar) calendar = {0};

    for (int i = 0; i < 40; i++)
        g_ptr_array_add(events, event_of(i));
    g_autoptr(GBytes) bytes = ical_write("Mi horario", "America/Merida", events, &error);
    assert_no_error(error);
    g_autofree char *text = g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
    g_auto(GStrv) lines = g_strsplit(text, "\r\n", -1);
    for (char **line = lines; *line; line++) {
        assert_true(strlen(*line) <= 75);
        assert_null(strchr(*line, '\n'));
    }
    assert_non_null(strstr(text, "\r\nX-WR-TIMEZONE:America/Merida\r\n"));
    read_text(text, &calendar);
    assert_int_equal(calendar.refusals->len, 0);
    assert_int_equal(calendar.occurrences->len, events->len);
    for (guint i = 0; i < events->len; i++) {
        const struct ical_event *event = events->pdata[i];
        const struct ical_occurrence *occurrence = calendar.occurrences->pdata[i];
        assert_string_equal(occurrence->uid, event->uid);
        assert_string_equal(occurrence->summary, event->summary);
        assert_true(g_strcmp0(occurrence->location, event->location) == 0);
        assert_int_equal(occurrence->starts_at, event->starts_at);
        assert_int_equal(occurrence->ends_at, event->ends_at);
        assert_int_equal(occurrence->cancelled, event->cancelled);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules_give_the_days_of_the_standard_and_of_the_almanac),
        cmocka_unit_test(test_a_calendars_own_time_zone_agrees_with_the_systems),
        cmocka_unit_test(test_one_occurrence_can_have_an_event_of_its_own),
        cmocka_unit_test(test_what_cannot_be_taken_is_named),
        cmocka_unit_test(test_hostile_files_cost_no_more_than_their_size),
        cmocka_unit_test(test_what_is_written_is_read_again),
    };

    return cmocka_run_group_tests_name("ical", tests, NULL, NULL);
}
