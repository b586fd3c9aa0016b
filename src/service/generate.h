/* Private to this folder: sessions from slots. service/timetable.h says by which rules. */
#ifndef SERVICE_GENERATE_H
#define SERVICE_GENERATE_H

#include "service/timetable.h"

struct service_generation {
    const struct core_term *term;
    const struct base_uuid *course_id;    /* NULL: every course of the term */
    const struct base_uuid *without_slot; /* taken as deleted already; NULL: none */
    const char *from_day, *to_day; /* only the weeks of these days, both included; NULL: all */
};

/* Adds what it did to `counts`. BASE_ERROR_INVALID when the term or a course has too many days or
 * sessions. */
bool service_generate(struct service *service, struct db_connection *connection,
                      const struct service_generation *what,
                      struct service_timetable_counts *counts, GError **error);

/* The zone that sessions live in, after bringing them there if they were of another one. */
GTimeZone *service_timetable_zone(struct service *service, struct db_connection *connection,
                                  GError **error);

/* A room that must exist: BASE_ERROR_INVALID naming `room_id` otherwise. Nil is fine. */
bool service_room_check(struct db_connection *connection, const struct base_uuid *room_id,
                        GError **error);

/* What follows a session's id in the UIDs of our calendars. */
#define SERVICE_CALENDAR_UID_SUFFIX "@presente"

/* Sets local day, times and instants of a session. */
void service_session_place(struct core_session *session, GTimeZone *zone, const char *local_day,
                           gint32 start_second, gint32 end_second);

#endif
