/*
 * From a weekly slot to the days on which it takes place, and from the clock on the wall to
 * instants.
 *
 * Days are counted as days since 1970-01-01 in here (core_day_number), which makes weeks and steps
 * plain arithmetic. Weekdays are ISO 8601's, 1 Monday … 7 Sunday, and weeks begin on Monday.
 *
 * The wall clock across daylight saving follows RFC 5545, section 3.3.5: a time that the clocks
 * skip is read with the offset from before the gap, so 02:30 becomes 03:30; a time that they show
 * twice is the first of the two. A session keeps its time on the wall on every day of the term.
 */
#ifndef CORE_TIMETABLE_H
#define CORE_TIMETABLE_H

#include "core/catalogue.h"
#include "core/policy.h"

#include <glib.h>
#include <stdbool.h>

enum {
    CORE_TIMETABLE_TERM_DAYS_MAX = 400,
    CORE_TIMETABLE_SESSIONS_MAX = 5000, /* of a course */
    CORE_TIMETABLE_WEEKS_MAX = 8,       /* between two occurrences */
    CORE_TIMETABLE_DAY_SECONDS = 86400,
};

/* Days since 1970-01-01 of a valid "YYYY-MM-DD"; core_day_is_valid() it first. */
gint32 core_day_number(const char *day);

/* The date of a day number; "0001-01-01" or "9999-12-31" beyond what a date can say. */
void core_day_from_number(gint32 number, char day[CORE_DAY_SIZE]);

/* 1 Monday … 7 Sunday. */
gint32 core_day_weekday(gint32 number);

/* The Monday of the day's week, as a day number. */
gint32 core_day_monday(gint32 number);

/* "09:00" or "09:00:30" as seconds after midnight; false, leaving it alone, for anything else. */
bool core_clock_parse(const char *text, gint32 *second);

#define CORE_CLOCK_SIZE 9

/* "09:00", with seconds where there are any. `second` is 0 … 86399. Returns `text`. */
char *core_clock_format(gint32 second, char text[static CORE_CLOCK_SIZE]);

/* Seconds that a zone is ahead of UTC at an instant (seconds since 1970). */
typedef gint32 (*core_zone_offset)(gpointer zone, gint64 seconds);

/* As core_zone_offset, of a GTimeZone. */
gint32 core_timetable_offset(gpointer zone, gint64 seconds);

/* What a clock on the wall means: `wall` is in seconds since 1970-01-01 00:00:00 as if the wall
 * were in UTC; the result in seconds since 1970 UTC. Skipped and repeated times as said above. */
gint64 core_timetable_wall(core_zone_offset offset_at, gpointer zone, gint64 wall);

/* The instant of a time on a day's wall. `second` is 0 … 86399. */
base_time core_timetable_instant(GTimeZone *zone, gint32 day, gint32 second);

/* The day number and the second of the wall at an instant; fractions of a second are cut off. */
void core_timetable_read_wall(GTimeZone *zone, base_time instant, gint32 *day, gint32 *second);

/*
 * Beginning and end of a session. An end that is not after the start is on the next day. Where the
 * clocks' change would leave nothing between the two (02:15 to 03:00 of a night that skips from
 * 02:00 to 03:00), the end is as long after the start as on the wall.
 */
void core_timetable_span(GTimeZone *zone, gint32 day, gint32 start_second, gint32 end_second,
                         base_time *starts_at, base_time *ends_at);

/* False with BASE_ERROR_INVALID naming the field when a value of the slot is out of range. */
bool core_slot_validate(const struct core_slot *slot, GError **error);

/* Days on which nothing is taught, both included. */
struct core_day_range {
    gint32 first;
    gint32 last;
};

/*
 * Appends to `days` (gint32) the day numbers of a valid slot between `first` and `last`, both
 * included: of its own days, its weekday, each every_weeks-th week counted from the week of its
 * first_day, without the days of the n `holidays`. In order.
 */
void core_slot_expand(const struct core_slot *slot, gint32 first, gint32 last,
                      const struct core_day_range *holidays, gsize holidays_n, GArray *days);

#endif
