/* What the commands of the timetable share. */
#ifndef CLI_TIMETABLE_H
#define CLI_TIMETABLE_H

#include "cli/command.h"
#include "core/catalogue.h"
#include "service/timetable.h"

#include <glib.h>
#include <stdbool.h>

/* Times "09:00", weekdays by number, English name or its first three letters, ids of `noun`
 * ("slot") as the lists show them. NULL texts leave things alone and `*given` NULL. False with
 * BASE_ERROR_INVALID. */
bool cli_clock_read(const char *text, gint32 *second, const gint32 **given, GError **error);
bool cli_weekday_read(const char *text, gint32 *weekday, const gint32 **given, GError **error);
bool cli_id_read(const char *text, const char *noun, struct base_uuid *id, GError **error);

/* The room of this name; "none" is no room. */
bool cli_room_read(struct cli_session *session, const char *name, struct base_uuid *id,
                   const struct base_uuid **given, GError **error);

/* "12 sessions added, 3 moved …" on a line of its own. */
void cli_counts_print(const struct service_timetable_counts *counts);

/* A line for each double booking of a course between two days, on standard error. */
void cli_conflicts_warn(struct cli_session *session, const struct base_uuid *course_id,
                        const char *from_day, const char *to_day);

/* Prints sessions as a table or, `as_json`, as a list; gives the exit code. */
int cli_sessions_print(const GPtrArray *sessions, bool as_json);

#endif
