#include "../unit.h"

#include "base/error.h"
#include "core/timetable.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { QUARTER = 900, DAYS = 366 };

/* 2026-01-01T00:00:00Z. */
#define YEAR_START G_GINT64_CONSTANT(1767225600)

static GTimeZone *zone_of(const char *name)
{
    g_autoptr(GError) error = NULL;
    GTimeZone *zone = core_time_zone_load(name, &error);

    assert_no_error(error);
    return zone;
}

static base_time at(const char *text)
{
    base_time time;

    assert_true(base_time_parse(text, &time));
    return time;
}

/* The C library's reckoning: which wall clock it shows at each quarter of an hour of the year, and
 * so which instant was the first to show a time. 0: none did. */
static gint64 *first_instants(const char *zone, gint64 from, gsize n)
{
    gint64 *instants = g_new0(gint64, n);

    g_setenv("TZ", zone, TRUE);
    tzset();
    for (gint64 seconds = from - 86400; seconds < from + (gint64)n * QUARTER + 86400;
         seconds += QUARTER) {
        const time_t moment = (time_t)seconds;
        struct tm shown;
        localtime_r(&moment, &shown);
        const gint64 index = (timegm(&shown) - from) / QUARTER;
        if (timegm(&shown) >= from && index < (gint64)n && instants[index] == 0)
            instants[index] = seconds;
    }
    return instants;
}

/* How many times of the year the zone's clocks skip. */
static guint compare_year(const char *name)
{
    const gsize n = (gsize)DAYS * 86400 / QUARTER;
    g_autofree gint64 *expected = first_instants(name, YEAR_START, n);
    g_autoptr(GTimeZone) zone = zone_of(name);
    guint skipped = 0;

    for (gsize i = 0; i < n; i++) {
        const gint64 wall = YEAR_START + (gint64)i * QUARTER;
        const gint32 day = (gint32)(wall / 86400), second = (gint32)(wall % 86400);
        const base_time instant = core_timetable_instant(zone, day, second);
        gint32 day_back, second_back;
        core_timetable_read_wall(zone, instant, &day_back, &second_back);
        if (expected[i]) {
            assert_int_equal(instant, expected[i] * BASE_TIME_SECOND);
            assert_int_equal(day_back, day);
            assert_int_equal(second_back, second);
        } else {
            /* As if the offset from before the gap went on. */
            skipped++;
            assert_int_equal(instant,
                             (expected[i - skipped] + skipped * QUARTER) * BASE_TIME_SECOND);
        }
    }
    return skipped;
}

static void test_every_quarter_of_a_year_is_what_the_c_library_says(void **state)
{
    (void)state;
    /* A gap is counted in quarters; each of these zones has one a year at most. */
    assert_int_equal(compare_year("America/Merida"), 0);
    assert_int_equal(compare_year("America/New_York"), 4);
    assert_int_equal(compare_year("Europe/Madrid"), 4);
    assert_int_equal(compare_year("Australia/Lord_Howe"), 2);
    assert_int_equal(compare_year("Asia/Kathmandu"), 0);
    assert_int_equal(compare_year("America/St_Johns"), 4);
    assert_int_equal(compare_year("Pacific/Kiritimati"), 0);
}

static void assert_instant(const char *zone_name, const char *day, gint32 second,
                           const char *expected)
{
    g_autoptr(GTimeZone) zone = zone_of(zone_name);

    assert_int_equal(core_timetable_instant(zone, core_day_number(day), second), at(expected));
}

static void test_skipped_and_repeated_times_follow_rfc_5545(void **state)
{
    (void)state;
    const gint32 half_past_one = 90 * 60, half_past_two = 150 * 60;

    assert_instant("America/New_York", "2026-03-08", half_past_two, "2026-03-08T03:30:00-04:00");
    assert_instant("America/New_York", "2026-11-01", half_past_one, "2026-11-01T01:30:00-04:00");
    assert_instant("Europe/Madrid", "2026-03-29", half_past_two, "2026-03-29T03:30:00+02:00");
    assert_instant("Europe/Madrid", "2026-10-25", half_past_two, "2026-10-25T02:30:00+02:00");
    /* Half an hour: 02:00 becomes 02:30 in October, 02:00 becomes 01:30 in April. */
    assert_instant("Australia/Lord_Howe", "2026-10-04", 2 * 3600 + 900,
                   "2026-10-04T02:45:00+11:00");
    assert_instant("Australia/Lord_Howe", "2026-04-05", 105 * 60, "2026-04-05T01:45:00+11:00");
    assert_instant("Asia/Kathmandu", "2026-04-05", 9 * 3600, "2026-04-05T03:15:00Z");
    assert_instant("America/Merida", "2026-04-05", 7 * 3600, "2026-04-05T13:00:00Z");
    assert_instant("America/Merida", "2022-05-05", 7 * 3600, "2022-05-05T12:00:00Z");
    /* A whole day was skipped here. */
    assert_instant("Pacific/Apia", "2011-12-30", 9 * 3600, "2011-12-31T09:00:00+14:00");
}

static void assert_span(const char *day, gint32 start, gint32 end, const char *starts,
                        const char *ends)
{
    g_autoptr(GTimeZone) zone = zone_of("America/New_York");
    base_time starts_at, ends_at;

    core_timetable_span(zone, core_day_number(day), start, end, &starts_at, &ends_at);
    assert_int_equal(starts_at, at(starts));
    assert_int_equal(ends_at, at(ends));
}

static void test_a_session_keeps_the_wall_and_always_lasts(void **state)
{
    (void)state;
    assert_span("2026-03-02", 9 * 3600, 11 * 3600, "2026-03-02T14:00:00Z", "2026-03-02T16:00:00Z");
    assert_span("2026-03-09", 9 * 3600, 11 * 3600, "2026-03-09T13:00:00Z", "2026-03-09T15:00:00Z");
    /* After midnight, and over a night that is an hour shorter. */
    assert_span("2026-03-02", 22 * 3600, 3600, "2026-03-03T03:00:00Z", "2026-03-03T06:00:00Z");
    assert_span("2026-03-07", 22 * 3600, 4 * 3600, "2026-03-08T03:00:00Z", "2026-03-08T08:00:00Z");
    /* 02:15 is read as 03:15, after its own end. */
    assert_span("2026-03-08", 135 * 60, 3 * 3600, "2026-03-08T07:15:00Z", "2026-03-08T08:00:00Z");
}

static void test_days_are_numbered_as_the_c_library_does(void **state)
{
    (void)state;
    for (gint32 number = -80000; number < 80000; number += 7) {
        const time_t moment = (time_t)number * 86400;
        char day[CORE_DAY_SIZE], expected[CORE_DAY_SIZE + 8];
        struct tm date;
        gmtime_r(&moment, &date);
        strftime(expected, sizeof expected, "%Y-%m-%d", &date);
        core_day_from_number(number, day);
        assert_string_equal(day, expected);
        assert_int_equal(core_day_number(day), number);
        assert_int_equal(core_day_weekday(number), date.tm_wday ? date.tm_wday : 7);
        assert_int_equal(core_day_weekday(core_day_monday(number)), 1);
        assert_in_range(number - core_day_monday(number), 0, 6);
    }
    char day[CORE_DAY_SIZE];
    core_day_from_number(G_MININT32, day);
    assert_string_equal(day, "0001-01-01");
    core_day_from_number(G_MAXINT32, day);
    assert_string_equal(day, "9999-12-31");
}

/* Day by day, by the C library's weekdays and weeks counted from Mondays. */
static bool takes_place(const struct core_slot *slot, const char *day, time_t monday_of_first)
{
    struct tm date = {0};
    int year, month, date_of_month;

    assert_int_equal(sscanf(day, "%d-%d-%d", &year, &month, &date_of_month), 3);
    date.tm_year = year - 1900;
    date.tm_mon = month - 1;
    date.tm_mday = date_of_month;
    const time_t moment = timegm(&date);
    const long weeks = (long)((moment - monday_of_first) / (7 * 86400));
    return strcmp(day, slot->first_day) >= 0 && strcmp(day, slot->last_day) <= 0 &&
           (date.tm_wday ? date.tm_wday : 7) == slot->weekday && weeks % slot->every_weeks == 0;
}

static void test_slots_give_the_days_of_an_independent_reckoning(void **state)
{
    (void)state;
    const gint32 term_first = core_day_number("2026-01-12"),
                 term_last = core_day_number("2026-06-19");
    const struct core_day_range holidays[] = {
        {core_day_number("2026-03-30"), core_day_number("2026-04-10")},
        {core_day_number("2026-05-01"), core_day_number("2026-05-01")},
    };
    guint seen = 0;

    for (gint32 weekday = 1; weekday <= 7; weekday++)
        for (gint32 every = 1; every <= CORE_TIMETABLE_WEEKS_MAX; every++)
            for (gint32 shift = -10; shift <= 40; shift += 5) {
                char first[CORE_DAY_SIZE], last[CORE_DAY_SIZE];
                core_day_from_number(term_first + shift, first);
                core_day_from_number(term_last - shift, last);
                const struct core_slot slot = {
                    .weekday = weekday, .every_weeks = every, .first_day = first, .last_day = last};
                const time_t monday = (time_t)core_day_monday(term_first + shift) * 86400;
                g_autoptr(GArray) days = g_array_new(FALSE, FALSE, sizeof(gint32));
                guint next = 0;
                core_slot_expand(&slot, term_first, term_last, holidays, 2, days);
                for (gint32 number = term_first; number <= term_last; number++) {
                    char day[CORE_DAY_SIZE];
                    core_day_from_number(number, day);
                    const bool off =
                        (strcmp(day, "2026-03-30") >= 0 && strcmp(day, "2026-04-10") <= 0) ||
                        strcmp(day, "2026-05-01") == 0;
                    if (off || !takes_place(&slot, day, monday))
                        continue;
                    assert_true(next < days->len);
                    assert_int_equal(g_array_index(days, gint32, next++), number);
                }
                assert_int_equal(next, days->len);
                seen += next;
            }
    assert_true(seen > 3000);
}

static void test_bad_slots_are_named(void **state)
{
    (void)state;
    const struct core_slot good = {.weekday = 3,
                                   .start_second = 0,
                                   .end_second = 86399,
                                   .every_weeks = 8,
                                   .first_day = (char *)"2026-01-01",
                                   .last_day = (char *)"2026-01-01"};
    const struct {
        struct core_slot slot;
        const char *field;
    } bad[] = {
        {{.weekday = 0}, "weekday"},
        {{.weekday = 8}, "weekday"},
        {{.weekday = 1, .start_second = -1}, "start_time"},
        {{.weekday = 1, .start_second = 86400}, "start_time"},
        {{.weekday = 1, .end_second = 86400}, "end_time"},
        {{.weekday = 1, .start_second = 60, .end_second = 60}, "end_time"},
        {{.weekday = 1, .end_second = 1}, "first_day"},
        {{.weekday = 1, .end_second = 1, .first_day = (char *)"2026-02-29"}, "first_day"},
        {{.weekday = 1, .end_second = 1, .first_day = (char *)"2026-02-28"}, "last_day"},
        {{.weekday = 1,
          .end_second = 1,
          .first_day = (char *)"2026-02-28",
          .last_day = (char *)"2026-02-27"},
         "last_day"},
        {{.weekday = 1,
          .end_second = 1,
          .first_day = (char *)"2026-02-28",
          .last_day = (char *)"2026-02-28",
          .every_weeks = 9},
         "every_weeks"},
    };

    assert_true(core_slot_validate(&good, NULL));
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        assert_false(core_slot_validate(&bad[i].slot, &error));
        assert_true(g_error_matches(error, BASE_ERROR, BASE_ERROR_INVALID));
        assert_true(g_str_has_prefix(error->message, bad[i].field));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_quarter_of_a_year_is_what_the_c_library_says),
        cmocka_unit_test(test_skipped_and_repeated_times_follow_rfc_5545),
        cmocka_unit_test(test_a_session_keeps_the_wall_and_always_lasts),
        cmocka_unit_test(test_days_are_numbered_as_the_c_library_does),
        cmocka_unit_test(test_slots_give_the_days_of_an_independent_reckoning),
        cmocka_unit_test(test_bad_slots_are_named),
    };

    return cmocka_run_group_tests_name("core_timetable", tests, NULL, NULL);
}
