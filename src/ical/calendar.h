/*
 * Calendars as iCalendar (RFC 5545): writing sessions, reading what other programs have written.
 * The only folder that knows libical.
 *
 * Instants are written in UTC, one VEVENT a session and no recurrence rules: then nothing is left
 * for a client to compute, and it shows the right time on its own wall on both sides of a change of
 * the clocks, whatever it knows of the institution's time zone. A timetable that is changed later
 * is read again by the client, so nothing is lost by naming the instant instead of the wall.
 */
#ifndef ICAL_CALENDAR_H
#define ICAL_CALENDAR_H

#include "base/error.h"
#include "base/time.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/* ---- writing ---- */

/* Texts are UTF-8; NULL where there is none. */
struct ical_event {
    char *uid; /* the same for the same event, always */
    char *summary;
    char *location;
    char *description;
    base_time starts_at;
    base_time ends_at;
    base_time updated_at; /* gives LAST-MODIFIED, DTSTAMP and SEQUENCE */
    base_time created_at;
    bool cancelled; /* STATUS:CANCELLED */
};

void ical_event_free(struct ical_event *event);

/* A calendar (METHOD:PUBLISH) of an array of struct ical_event *, with lines folded at 75 bytes and
 * CR LF. The same events give the same bytes. `zone` is the IANA name of the zone that clients
 * should think of, NULL: none. */
GBytes *ical_write(const char *name, const char *zone, const GPtrArray *events, GError **error);

/* ---- reading ---- */

struct ical_limits {
    gsize size_max;        /* bytes; 0: 4 MiB */
    guint events_max;      /* 0: 5,000 */
    guint occurrences_max; /* 0: 20,000 */
};

/* What is read of an event: one for each time that it takes place within the days asked for. */
struct ical_occurrence {
    char *uid;    /* the event's; of a recurring one followed by "#" and the local day that the rule
                   * gave it, so that a changed calendar names the same occurrence again */
    char *series; /* the event's UID; the same as `uid` when it does not recur */
    char *summary;
    char *location;
    bool cancelled;
    bool all_day;                     /* then there are days only */
    char first_day[11], last_day[11]; /* both included; of an event with times: of its start */
    base_time starts_at, ends_at;     /* ends_at > starts_at */
};

/* What could not be taken, and why: a sentence. */
struct ical_refusal {
    char *uid;     /* may be NULL */
    char *summary; /* may be NULL */
    char *reason;
};

struct ical_calendar {
    GPtrArray *occurrences; /* struct ical_occurrence *, by start */
    GPtrArray *refusals;    /* struct ical_refusal * */
};

void ical_calendar_clear(struct ical_calendar *calendar);
typedef struct ical_calendar ical_calendar;
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ical_calendar, ical_calendar_clear)

/*
 * Reads the events that take place between two days (both included), in the institution's `zone`,
 * which floating times are of too. A TZID is resolved as an IANA name, otherwise by the VTIMEZONE
 * of the file. Recurrence: RRULE by days, weeks, months and years with BYDAY, BYMONTHDAY, BYMONTH,
 * WKST, COUNT and UNTIL; RDATE, EXDATE, and RECURRENCE-ID for one occurrence. Other rules, and what
 * is broken, become refusals that name the event.
 *
 * It takes time in proportion to the file, whatever the rules say: BASE_ERROR_TOO_LARGE over a
 * limit, BASE_ERROR_INVALID when it is no calendar. `limits` may be NULL.
 */
bool ical_read(const void *data, gsize size, GTimeZone *zone, const char *first_day,
               const char *last_day, const struct ical_limits *limits,
               struct ical_calendar *calendar, GError **error);

#endif
