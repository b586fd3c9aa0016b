/* Points in time: microseconds since 1970-01-01T00:00:00 UTC, without leap seconds (POSIX). */
#ifndef BASE_TIME_H
#define BASE_TIME_H

#include <glib.h>
#include <stdbool.h>

typedef gint64 base_time;

#define BASE_TIME_SECOND ((base_time)1000000)
#define BASE_TIME_TEXT_SIZE 40

base_time base_time_now(void);

/* From now on base_time_now() gives this instant on the calling thread, and 0 ends that: for
 * whoever tells a past that never was (service/demo.h). Other threads keep the true time. */
void base_time_pretend(base_time instant);

/*
 * Writes RFC 3339 in UTC, "2026-03-12T14:58:03.120000Z", and returns `text`. Microseconds are left
 * out when they are zero. Times outside the years 1 to 9999 are written as the nearest one inside.
 */
char *base_time_format(base_time time, char text[static BASE_TIME_TEXT_SIZE]);

/* The same in a time zone: "2026-03-12T08:58:03-06:00". */
char *base_time_format_in(base_time time, GTimeZone *zone, char text[static BASE_TIME_TEXT_SIZE]);

/* Reads RFC 3339 with an offset or Z; false for anything else, a time without an offset included,
 * because it would mean another moment on another machine. */
bool base_time_parse(const char *text, base_time *time);

#endif
