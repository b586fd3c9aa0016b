/* Private to this folder. */
#ifndef ICAL_INTERNAL_H
#define ICAL_INTERNAL_H

#include "ical/calendar.h"

#include <libical/ical.h>

/* libical must report errors instead of ending the program. */
void ical_prepare(void);

/* Empty lists that free what is in them. */
void ical_calendar_init(struct ical_calendar *calendar);

/* ---- scan.c ---- */

/*
 * What of a calendar is worth parsing: VCALENDAR, VEVENT, VTIMEZONE with its parts, and those of
 * their properties that are understood here; alarms, attachments and the like are left out. The
 * result nests three levels at most and has no endless lines, whatever the data was. NULL with an
 * error.
 */
char *ical_scan(const void *data, gsize size, const struct ical_limits *limits, GError **error);

/* ---- rule.c ---- */

/* A recurrence as far as it is understood. */
struct ical_rule {
    icalrecurrencetype_frequency freq; /* ICAL_DAILY_RECURRENCE to ICAL_YEARLY_RECURRENCE */
    gint32 interval;
    gint32 count;              /* 0: no limit */
    gint32 week_start;         /* 1 Monday … 7 Sunday */
    struct icaltimetype until; /* null time: none */
    struct {
        gint8 weekday; /* 1 … 7 */
        gint8 nth;     /* 0: each; negative: from the end */
    } days[64];
    gsize days_n;
    guint32 month_days_first, month_days_last; /* bit n: day n of the month, from either end */
    guint16 months;                            /* bit n: month n */
};

/* NULL, or a sentence that says why the rule cannot be taken. */
const char *ical_rule_read(const struct icalrecurrencetype *recur, struct ical_rule *rule);

/* One more day of the rule; false: enough. */
typedef bool (*ical_rule_visit)(gint32 day, gpointer data);

/*
 * Visits `start` and the days of the rule after it, up to `last`, in order; without those before
 * `first` when nothing is counted. Every day looked at takes one of `steps`; false when they are
 * used up.
 */
bool ical_rule_days(const struct ical_rule *rule, gint32 start, gint32 first, gint32 last,
                    gint64 *steps, ical_rule_visit visit, gpointer data);

/* Days since 1970 and seconds of the wall of a time that libical has read. False: no such date. */
bool ical_time_read(struct icaltimetype time, gint32 *day, gint32 *second);

/* ---- zone.c ---- */

/* A time zone of a calendar. */
struct ical_zone {
    GTimeZone *system;   /* NULL: by the changes */
    GArray *changes;     /* by instant */
    gint32 first_offset; /* before the first change */
};

struct ical_zone_change {
    gint64 seconds; /* since 1970 UTC */
    gint32 offset;  /* from then on */
};

void ical_zone_free(struct ical_zone *zone);

/* The zone of a TZID: an IANA name, also behind a prefix as in "/example.org/Europe/Madrid", or the
 * VTIMEZONE of the calendar. NULL when it is neither. */
struct ical_zone *ical_zone_resolve(icalcomponent *calendar, const char *tzid, gint32 last_day,
                                    gint64 *steps);

/* Of a GTimeZone; takes no reference of the caller's. */
struct ical_zone *ical_zone_of(GTimeZone *zone);

/* The instant, in seconds, of a wall clock. */
gint64 ical_zone_wall(struct ical_zone *zone, gint32 day, gint32 second);

#endif
