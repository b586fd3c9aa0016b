/*
 * Sessions by hand: extra classes, moved and cancelled ones; lists, conflicts.
 *
 * Administrators change every session, teachers those of courses that they teach. Students read
 * those on whose roster they are, teachers those of their own courses (and of any room, group or
 * colleague, because they arrange their hours with them).
 */
#ifndef SERVICE_SESSIONS_H
#define SERVICE_SESSIONS_H

#include "db/query/session.h"
#include "service/service.h"

/* NULL: as it is. Day and both times are required of a new one. */
struct service_session_input {
    const char *local_day;
    const gint32 *start_second;
    const gint32 *end_second;        /* not after the start: on the next day */
    const struct base_uuid *room_id; /* nil: none */
    const char *title;               /* "": none */
    const char *note;                /* "": none */
    const enum core_session_state *state;
};

struct core_session *service_session_create(struct service *service,
                                            const struct service_identity *identity,
                                            const struct base_uuid *course_id,
                                            const struct service_session_input *input,
                                            GError **error);

/* Moves, cancels, restores, or changes title and note. Marks stay with the session whatever becomes
 * of it; those of a cancelled one do not count. */
struct core_session *service_session_update(struct service *service,
                                            const struct service_identity *identity,
                                            const struct base_uuid *id,
                                            const struct service_session_input *input,
                                            GError **error);

/* Only without marks (BASE_ERROR_CONFLICT). One that comes of a slot would be generated again: it
 * is refused too, cancel it. */
bool service_session_delete(struct service *service, const struct service_identity *identity,
                            const struct base_uuid *id, GError **error);

/* BASE_ERROR_NOT_FOUND also when the caller may not see it. */
struct core_session *service_session_find(struct service *service,
                                          const struct service_identity *identity,
                                          const struct base_uuid *id, GError **error);

/* `mine` keeps what the caller teaches or is on the roster of; students get nothing else. An array
 * of struct core_session *. */
GPtrArray *service_session_list(struct service *service, const struct service_identity *identity,
                                const struct db_session_filter *filter, bool mine,
                                const struct db_page *page, gint64 *total, GError **error);

/* The session, when the caller may mark in it: BASE_ERROR_NOT_FOUND or BASE_ERROR_FORBIDDEN, as
 * service_course_allow() of courses.h. */
struct core_session *service_session_to_mark(struct db_connection *connection,
                                             const struct service_identity *identity,
                                             const struct base_uuid *id, GError **error);

/* Whether the caller may change sessions of a course: BASE_ERROR_FORBIDDEN, or BASE_ERROR_NOT_FOUND
 * where even its existence is not their business. */
bool service_session_allow(struct db_connection *connection,
                           const struct service_identity *identity,
                           const struct base_uuid *course_id, GError **error);

/* Double bookings of rooms, teachers and groups between two days (both included; at most 400 days),
 * for staff; of one course (NULL: of all) for who may read it. An array of struct
 * db_session_conflict *. */
GPtrArray *service_timetable_conflicts(struct service *service,
                                       const struct service_identity *identity,
                                       const char *from_day, const char *to_day,
                                       const struct base_uuid *course_id, GError **error);

#endif
