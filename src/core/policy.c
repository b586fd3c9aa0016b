#include "core/policy.h"

#include "base/error.h"

#include <stdio.h>
#include <string.h>

#define DAY_SECONDS 86400
/* No zone is further than this from UTC, whatever day it is there. */
#define SEARCH_SECONDS (2 * DAY_SECONDS)

bool core_policy_validate(const struct core_policy *policy, GError **error)
{
    if (policy->late_after < 0 || policy->absent_after < policy->late_after ||
        policy->absent_after >= DAY_SECONDS) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID,
                    "The times of a policy must lie within one day, \"late after\" not later than "
                    "\"absent after\".");
        return false;
    }
    return true;
}

GTimeZone *core_time_zone_load(const char *name, GError **error)
{
    GTimeZone *zone = name && *name ? g_time_zone_new_identifier(name) : NULL;

    if (!zone)
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID,
                    "\"%s\" is not a time zone known here; use a name such as %s.",
                    name ? name : "", CORE_TIME_ZONE_DEFAULT);
    return zone;
}

/* Local clock of an instant; `fraction` gets the microseconds. NULL outside the years 1 … 9999. */
static GDateTime *local_clock(GTimeZone *zone, base_time instant, gint64 *fraction)
{
    gint64 seconds = instant / BASE_TIME_SECOND;
    gint64 rest = instant % BASE_TIME_SECOND;

    if (rest < 0) { /* division must round down before 1970 too */
        seconds--;
        rest += BASE_TIME_SECOND;
    }
    g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(seconds);

    if (fraction)
        *fraction = rest;
    return utc ? g_date_time_to_timezone(utc, zone) : NULL;
}

enum core_status core_policy_status(const struct core_policy *policy, GTimeZone *zone,
                                    base_time arrival)
{
    gint64 fraction;
    g_autoptr(GDateTime) clock = local_clock(zone, arrival, &fraction);

    if (!clock)
        return CORE_STATUS_ABSENT;

    gint64 second = g_date_time_get_hour(clock) * 3600 + g_date_time_get_minute(clock) * 60 +
                    g_date_time_get_second(clock);
    gint64 elapsed = second * BASE_TIME_SECOND + fraction;

    if (elapsed <= policy->late_after * BASE_TIME_SECOND)
        return CORE_STATUS_PRESENT;
    if (elapsed <= policy->absent_after * BASE_TIME_SECOND)
        return CORE_STATUS_LATE;
    return CORE_STATUS_ABSENT;
}

static void write_day(GDateTime *clock, char day[CORE_DAY_SIZE])
{
    /* A local year is 1 … 9999 here; the remainder only proves to the compiler that it fits. */
    g_snprintf(day, CORE_DAY_SIZE, "%04u-%02u-%02u", (unsigned)g_date_time_get_year(clock) % 10000,
               (unsigned)g_date_time_get_month(clock) % 100,
               (unsigned)g_date_time_get_day_of_month(clock) % 100);
}

bool core_day_of_time(GTimeZone *zone, base_time instant, char day[CORE_DAY_SIZE], GError **error)
{
    g_autoptr(GDateTime) clock = local_clock(zone, instant, NULL);

    if (!clock) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID,
                    "A time must lie in the years 1 to 9999.");
        return false;
    }
    write_day(clock, day);
    return true;
}

bool core_day_is_valid(const char *day)
{
    static const char SHAPE[] = "dddd-dd-dd";
    int year, month, date;

    if (!day || strlen(day) != sizeof SHAPE - 1)
        return false;
    for (gsize i = 0; i < sizeof SHAPE - 1; i++)
        if (SHAPE[i] == 'd' ? !g_ascii_isdigit(day[i]) : day[i] != SHAPE[i])
            return false;
    sscanf(day, "%d-%d-%d", &year, &month, &date);
    return g_date_valid_dmy((GDateDay)date, (GDateMonth)month, (GDateYear)year);
}

/* First instant, in whole seconds, at which the local date is `day` or later. Local dates go
 * forward with time except for some minutes where a zone turns its clocks back over midnight; there
 * this finds one of the two beginnings, always the same. */
static gint64 first_second(GTimeZone *zone, const char *day, gint64 midnight_utc)
{
    gint64 before = midnight_utc - SEARCH_SECONDS;
    gint64 from = midnight_utc + SEARCH_SECONDS;

    while (from - before > 1) {
        gint64 middle = before + (from - before) / 2;
        g_autoptr(GDateTime) clock = local_clock(zone, middle * BASE_TIME_SECOND, NULL);
        char there[CORE_DAY_SIZE] = "";

        if (clock)
            write_day(clock, there);
        /* Before the year 1 there is no clock; after 9999 none either, and that is "later". */
        if (clock ? strcmp(there, day) >= 0 : middle > 0)
            from = middle;
        else
            before = middle;
    }
    return from;
}

bool core_day_bounds(GTimeZone *zone, const char *day, base_time *start, base_time *end,
                     GError **error)
{
    int year, month, date;

    if (!core_day_is_valid(day)) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID, "A day is written YYYY-MM-DD.");
        return false;
    }
    sscanf(day, "%d-%d-%d", &year, &month, &date);

    g_autoptr(GDateTime) midnight = g_date_time_new_utc(year, month, date, 0, 0, 0);
    gint64 midnight_utc = g_date_time_to_unix(midnight);

    if (start)
        *start = first_second(zone, day, midnight_utc) * BASE_TIME_SECOND;
    if (end) {
        g_autoptr(GDateTime) tomorrow = g_date_time_add_days(midnight, 1);
        char next[CORE_DAY_SIZE] = "9999-99-99"; /* after the last day there is none */

        if (tomorrow)
            write_day(tomorrow, next);
        *end = first_second(zone, next, midnight_utc + DAY_SECONDS) * BASE_TIME_SECOND;
    }
    return true;
}

void core_occasion_of_day(const char *day, char occasion[CORE_OCCASION_SIZE])
{
    g_return_if_fail(core_day_is_valid(day));
    g_snprintf(occasion, CORE_OCCASION_SIZE, "day:%s", day);
}
