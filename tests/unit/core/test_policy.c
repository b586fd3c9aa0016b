#include "../unit.h"

#include "base/error.h"
#include "base/time.h"
#include "core/policy.h"

#include <glib.h>

static base_time at(const char *text)
{
    base_time time;

    assert_true(base_time_parse(text, &time));
    return time;
}

static GTimeZone *zone_of(const char *name)
{
    g_autoptr(GError) error = NULL;
    GTimeZone *zone = core_time_zone_load(name, &error);

    assert_non_null(zone);
    return zone;
}

static void assert_status(const char *zone_name, const char *time, enum core_status expected)
{
    g_autoptr(GTimeZone) zone = zone_of(zone_name);

    assert_int_equal(core_policy_status(&CORE_POLICY_DEFAULT, zone, at(time)), expected);
}

static void test_thresholds_belong_to_the_better_status(void **state)
{
    (void)state;
    static const char ZONE[] = "America/Merida"; /* UTC-6 all year since 2023 */

    assert_status(ZONE, "2026-03-12T00:00:00-06:00", CORE_STATUS_PRESENT);
    assert_status(ZONE, "2026-03-12T08:59:59.999999-06:00", CORE_STATUS_PRESENT);
    assert_status(ZONE, "2026-03-12T09:00:00-06:00", CORE_STATUS_PRESENT);
    assert_status(ZONE, "2026-03-12T09:00:00.000001-06:00", CORE_STATUS_LATE);
    assert_status(ZONE, "2026-03-12T11:30:00-06:00", CORE_STATUS_LATE);
    assert_status(ZONE, "2026-03-12T11:30:00.000001-06:00", CORE_STATUS_ABSENT);
    assert_status(ZONE, "2026-03-12T23:59:59.999999-06:00", CORE_STATUS_ABSENT);
    /* Written in another zone it is the same moment. */
    assert_status(ZONE, "2026-03-12T15:00:00Z", CORE_STATUS_PRESENT);
    assert_status(ZONE, "2026-03-12T16:00:00.000001+01:00", CORE_STATUS_LATE);
}

static void test_fractions_before_1970_round_down(void **state)
{
    (void)state;
    g_autoptr(GTimeZone) utc = zone_of("UTC");
    base_time nine = at("1969-12-31T09:00:00Z");

    assert_int_equal(core_policy_status(&CORE_POLICY_DEFAULT, utc, nine), CORE_STATUS_PRESENT);
    assert_int_equal(core_policy_status(&CORE_POLICY_DEFAULT, utc, nine + 1), CORE_STATUS_LATE);
    assert_int_equal(core_policy_status(&CORE_POLICY_DEFAULT, utc, nine - 1), CORE_STATUS_PRESENT);
}

static void test_wall_clock_across_daylight_saving(void **state)
{
    (void)state;
    /* The same wall clock, before and after each change of the clocks, and on its very day. */
    assert_status("Europe/Madrid", "2026-03-28T08:00:00Z", CORE_STATUS_PRESENT); /* 09:00 CET */
    assert_status("Europe/Madrid", "2026-03-29T07:00:00Z", CORE_STATUS_PRESENT); /* 09:00 CEST */
    assert_status("Europe/Madrid", "2026-03-29T07:00:00.000001Z", CORE_STATUS_LATE);
    assert_status("Europe/Madrid", "2026-10-25T08:00:00Z", CORE_STATUS_PRESENT); /* CET again */
    assert_status("Europe/Madrid", "2026-10-25T10:30:00.000001Z", CORE_STATUS_ABSENT);
    assert_status("America/New_York", "2026-03-08T13:00:00Z", CORE_STATUS_PRESENT);
    assert_status("America/New_York", "2026-03-08T13:00:01Z", CORE_STATUS_LATE);
    assert_status("America/New_York", "2026-03-07T14:00:00Z", CORE_STATUS_PRESENT);
    assert_status("America/New_York", "2026-11-01T14:00:00Z", CORE_STATUS_PRESENT);
    /* Mexico had summer time until 2022 and none since. */
    assert_status("America/Merida", "2022-05-02T14:00:00Z", CORE_STATUS_PRESENT); /* UTC-5 */
    assert_status("America/Merida", "2022-05-02T14:00:01Z", CORE_STATUS_LATE);
    assert_status("America/Merida", "2023-05-02T15:00:00Z", CORE_STATUS_PRESENT); /* UTC-6 */
    assert_status("America/Merida", "2023-05-02T15:00:01Z", CORE_STATUS_LATE);
}

static void test_ambiguous_and_missing_hours(void **state)
{
    (void)state;
    /* A policy whose threshold, 02:30, comes twice on 2026-10-25 in Madrid and not at all on
     * 2026-03-29: the clock on the wall decides each time. */
    const struct core_policy early = {.late_after = 2 * 3600 + 1800, .absent_after = 4 * 3600};
    g_autoptr(GTimeZone) madrid = zone_of("Europe/Madrid");

    static const struct {
        const char *time;
        enum core_status expected;
    } CASES[] = {
        {"2026-10-25T00:30:00Z", CORE_STATUS_PRESENT}, /* first 02:30 */
        {"2026-10-25T00:45:00Z", CORE_STATUS_LATE},    /* first 02:45 */
        {"2026-10-25T01:15:00Z", CORE_STATUS_PRESENT}, /* second 02:15 */
        {"2026-10-25T01:30:00.000001Z", CORE_STATUS_LATE},
        {"2026-10-25T03:00:00.000001Z", CORE_STATUS_ABSENT},
        {"2026-03-29T00:59:59.999999Z", CORE_STATUS_PRESENT}, /* 01:59:59.999999 */
        {"2026-03-29T01:00:00Z", CORE_STATUS_LATE},           /* 03:00, one microsecond later */
    };

    for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++)
        assert_int_equal(core_policy_status(&early, madrid, at(CASES[i].time)), CASES[i].expected);
}

static void test_policy_rules(void **state)
{
    (void)state;
    static const struct core_policy BAD[] = {
        {.late_after = -1, .absent_after = 10},
        {.late_after = 10, .absent_after = 9},
        {.late_after = 10, .absent_after = 86400},
        {.late_after = G_MAXINT32, .absent_after = G_MININT32},
    };

    assert_true(core_policy_validate(&CORE_POLICY_DEFAULT, NULL));
    assert_true(core_policy_validate(&(struct core_policy){0, 0}, NULL));
    assert_true(core_policy_validate(&(struct core_policy){0, 86399}, NULL));
    for (gsize i = 0; i < G_N_ELEMENTS(BAD); i++) {
        g_autoptr(GError) error = NULL;
        assert_false(core_policy_validate(&BAD[i], &error));
        assert_true(g_error_matches(error, BASE_ERROR, BASE_ERROR_INVALID));
    }
}

static void test_unknown_time_zones(void **state)
{
    (void)state;
    static const char *const BAD[] = {NULL, "", "Mars/Olympus", "../../etc/passwd", "America"};

    for (gsize i = 0; i < G_N_ELEMENTS(BAD); i++) {
        g_autoptr(GError) error = NULL;
        assert_null(core_time_zone_load(BAD[i], &error));
        assert_true(g_error_matches(error, BASE_ERROR, BASE_ERROR_INVALID));
    }
}

static void test_days(void **state)
{
    (void)state;
    g_autoptr(GTimeZone) merida = zone_of("America/Merida");
    g_autoptr(GTimeZone) auckland = zone_of("Pacific/Auckland");
    char day[CORE_DAY_SIZE];
    char occasion[CORE_OCCASION_SIZE];

    assert_true(core_day_of_time(merida, at("2026-03-12T05:59:59.999999Z"), day, NULL));
    assert_string_equal(day, "2026-03-11");
    assert_true(core_day_of_time(merida, at("2026-03-12T06:00:00Z"), day, NULL));
    assert_string_equal(day, "2026-03-12");
    assert_true(core_day_of_time(auckland, at("2026-03-12T11:00:00Z"), day, NULL));
    assert_string_equal(day, "2026-03-13");
    core_occasion_of_day(day, occasion);
    assert_string_equal(occasion, "day:2026-03-13");

    static const base_time OUTSIDE[] = {G_MAXINT64, G_MININT64};
    for (gsize i = 0; i < G_N_ELEMENTS(OUTSIDE); i++) {
        g_autoptr(GError) error = NULL;
        assert_false(core_day_of_time(merida, OUTSIDE[i], day, &error));
        assert_true(g_error_matches(error, BASE_ERROR, BASE_ERROR_INVALID));
        assert_int_equal(core_policy_status(&CORE_POLICY_DEFAULT, merida, OUTSIDE[i]),
                         CORE_STATUS_ABSENT);
    }
}

static void test_dates_are_exact(void **state)
{
    (void)state;
    static const char *const GOOD[] = {"2026-03-12", "2024-02-29", "0001-01-01", "9999-12-31"};
    static const char *const BAD[] = {NULL,         "",           "2026-3-12",  "2026-02-29",
                                      "2026-13-01", "2026-00-10", "0000-01-01", "2026-03-12 ",
                                      "2026/03/12", "+026-03-12", "２026-03-1", "20260312"};

    for (gsize i = 0; i < G_N_ELEMENTS(GOOD); i++)
        assert_true(core_day_is_valid(GOOD[i]));
    for (gsize i = 0; i < G_N_ELEMENTS(BAD); i++)
        assert_false(core_day_is_valid(BAD[i]));
}

static void test_bounds_of_days(void **state)
{
    (void)state;
    static const struct {
        const char *zone, *day, *start, *end;
    } CASES[] = {
        {"UTC", "1970-01-01", "1970-01-01T00:00:00Z", "1970-01-02T00:00:00Z"},
        {"America/Merida", "2026-03-12", "2026-03-12T06:00:00Z", "2026-03-13T06:00:00Z"},
        /* 23 and 25 hours */
        {"Europe/Madrid", "2026-03-29", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"},
        {"Europe/Madrid", "2026-10-25", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"},
        {"America/New_York", "2026-11-01", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"},
        {"America/Merida", "2022-04-03", "2022-04-03T06:00:00Z", "2022-04-04T05:00:00Z"},
        {"America/Merida", "2022-10-30", "2022-10-30T05:00:00Z", "2022-10-31T06:00:00Z"},
        /* Midnight itself did not exist: the day began at 01:00. */
        {"America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z"},
        /* 23:00 came twice the evening before. */
        {"America/Sao_Paulo", "2018-02-17", "2018-02-17T02:00:00Z", "2018-02-18T03:00:00Z"},
        /* Samoa had no 30th of December 2011. */
        {"Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z", "2011-12-30T10:00:00Z"},
        {"Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00Z", "2011-12-31T10:00:00Z"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
        g_autoptr(GTimeZone) zone = zone_of(CASES[i].zone);
        base_time start, end;
        char text[BASE_TIME_TEXT_SIZE];

        assert_true(core_day_bounds(zone, CASES[i].day, &start, &end, NULL));
        assert_string_equal(base_time_format(start, text), CASES[i].start);
        assert_string_equal(base_time_format(end, text), CASES[i].end);
    }
}

static void test_bounds_agree_with_days(void **state)
{
    (void)state;
    static const char *const ZONES[] = {"America/Merida",    "Europe/Madrid", "America/New_York",
                                        "America/Sao_Paulo", "Asia/Beirut",   "Asia/Kathmandu",
                                        "Pacific/Apia",      "America/Havana"};

    for (gsize z = 0; z < G_N_ELEMENTS(ZONES); z++) {
        g_autoptr(GTimeZone) zone = zone_of(ZONES[z]);
        base_time previous = 0;

        for (gint64 n = 0; n < 366 * 2; n++) {
            char day[CORE_DAY_SIZE], there[CORE_DAY_SIZE];
            base_time start, end;
            g_autoptr(GDateTime) date = g_date_time_new_from_unix_utc(1577836800 + n * 86400);
            g_autofree char *text = g_date_time_format(date, "%Y-%m-%d");

            assert_true(core_day_bounds(zone, text, &start, &end, NULL));
            if (previous)
                assert_int_equal(start, previous); /* no gap between days, no overlap */
            previous = end;
            assert_true(core_day_of_time(zone, start, day, NULL));
            assert_string_equal(day, text);
            assert_true(core_day_of_time(zone, end - 1, there, NULL));
            assert_string_equal(there, text);
        }
    }
}

static void test_bounds_of_bad_and_last_days(void **state)
{
    (void)state;
    g_autoptr(GTimeZone) utc = zone_of("UTC");
    g_autoptr(GError) error = NULL;
    base_time start, end;

    assert_false(core_day_bounds(utc, "2026-02-30", &start, &end, &error));
    assert_true(g_error_matches(error, BASE_ERROR, BASE_ERROR_INVALID));
    assert_true(core_day_bounds(utc, "9999-12-31", &start, &end, NULL));
    assert_int_equal(end - start, 86400 * BASE_TIME_SECOND);
    assert_true(core_day_bounds(utc, "0001-01-01", &start, &end, NULL));
    assert_int_equal(end - start, 86400 * BASE_TIME_SECOND);
    assert_true(core_day_bounds(utc, "2026-03-12", NULL, NULL, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_thresholds_belong_to_the_better_status),
        cmocka_unit_test(test_fractions_before_1970_round_down),
        cmocka_unit_test(test_wall_clock_across_daylight_saving),
        cmocka_unit_test(test_ambiguous_and_missing_hours),
        cmocka_unit_test(test_policy_rules),
        cmocka_unit_test(test_unknown_time_zones),
        cmocka_unit_test(test_days),
        cmocka_unit_test(test_dates_are_exact),
        cmocka_unit_test(test_bounds_of_days),
        cmocka_unit_test(test_bounds_agree_with_days),
        cmocka_unit_test(test_bounds_of_bad_and_last_days),
    };
    return cmocka_run_group_tests_name("core_policy", tests, NULL, NULL);
}
