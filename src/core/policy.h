/*
 * When an arrival counts as present, late or absent, and which local day it belongs to.
 *
 * Everything here reads the clock on the institution's wall: a threshold of 09:00 is 09:00 as the
 * students see it, on the days the clocks change too. Time zones are IANA names, resolved by
 * GTimeZone; instants are microseconds since 1970-01-01T00:00:00Z.
 */
#ifndef CORE_POLICY_H
#define CORE_POLICY_H

#include "base/time.h"

#include <glib.h>
#include <stdbool.h>

enum core_status {
    CORE_STATUS_PRESENT,
    CORE_STATUS_LATE,
    CORE_STATUS_ABSENT,
    CORE_STATUS_EXCUSED,
    CORE_STATUS_N,
};

/* Both in seconds of wall-clock time after 00:00:00, 0 … 86399. An arrival exactly on a threshold
 * still has the better status. */
struct core_policy {
    gint32 late_after;   /* later than this: late */
    gint32 absent_after; /* later than this: absent */
};

#define CORE_POLICY_DEFAULT                                                                        \
    ((struct core_policy){.late_after = 9 * 3600, .absent_after = 11 * 3600 + 30 * 60})

#define CORE_TIME_ZONE_DEFAULT "America/Merida"

#define CORE_DAY_SIZE 11      /* "YYYY-MM-DD" and the NUL */
#define CORE_OCCASION_SIZE 48 /* longest: "session:" and a UUID */

/* False with BASE_ERROR_INVALID when a threshold is outside the day or they are out of order. */
bool core_policy_validate(const struct core_policy *policy, GError **error);

/* The time zone of an IANA name such as "America/Merida"; g_time_zone_unref() it. NULL with
 * BASE_ERROR_INVALID when the system does not know the name. */
GTimeZone *core_time_zone_load(const char *name, GError **error);

/* Present, late or absent for somebody who arrived at this instant. The fraction of a second
 * counts: one microsecond after a threshold is after it. An instant outside the years 1 … 9999
 * cannot be an arrival and gives absent. */
enum core_status core_policy_status(const struct core_policy *policy, GTimeZone *zone,
                                    base_time arrival);

/* The local date of an instant as "YYYY-MM-DD". False with BASE_ERROR_INVALID outside the years
 * 1 … 9999. */
bool core_day_of_time(GTimeZone *zone, base_time instant, char day[CORE_DAY_SIZE], GError **error);

/* Whether the text is a date of the Gregorian calendar written as exactly "YYYY-MM-DD". */
bool core_day_is_valid(const char *day);

/* The instants [start, end) of a local day: start is the first one whose local date is that day or
 * a later one. Days of 23 or 25 hours come out so; a day that the zone skipped is empty
 * (start == end). False with BASE_ERROR_INVALID when the day is not a date. Either pointer may be
 * NULL. */
bool core_day_bounds(GTimeZone *zone, const char *day, base_time *start, base_time *end,
                     GError **error);

/* The key of "once a day" marks: "day:YYYY-MM-DD". The day must be valid. */
void core_occasion_of_day(const char *day, char occasion[CORE_OCCASION_SIZE]);

#endif
