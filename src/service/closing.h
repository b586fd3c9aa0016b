/*
 * The end of a session: when its window is over, everybody on its roster who has no mark gets what
 * the course's rules say (core/rules.h, `unmarked`), the results of two scans are worked out, and
 * closed_at is set.
 *
 * It catches up after any time that nobody did it. It works in transactions of at most
 * SERVICE_CLOSING_ROWS marks; whatever is interrupted, or done by several nodes at once, ends the
 * same, because unique keys keep a person to one mark of a session.
 *
 * Nobody is marked absent by surprise: cancelled sessions are left alone; a session that was over
 * before it was entered (a timetable imported in mid term) is closed without marks; so is, for them
 * alone, a session that was closed before a person was enrolled back to its day. A session that is
 * moved into the future is open again (closed_at is cleared) and closed anew; marks that the first
 * closing made give way to real ones. service_session_close() makes up for what was left out.
 */
#ifndef SERVICE_CLOSING_H
#define SERVICE_CLOSING_H

#include "service/service.h"

enum { SERVICE_CLOSING_ROWS = 500 };

struct service_closed {
    gint64 sessions; /* closed by this call */
    gint64 marks;    /* written for people without one */
};

/* Closes every session that is due. What cannot be closed is logged and stops none of the others.
 */
bool service_closing_run(struct service *service, struct service_closed *closed, GError **error);

/* Closes one session now, also one that is closed already or was over before it was entered: for
 * those who are on its roster without a mark. Administrators and the course's teachers.
 * BASE_ERROR_CONFLICT while marks are still taken, or when it was cancelled. */
bool service_session_close(struct service *service, const struct service_identity *identity,
                           const struct base_uuid *id, struct service_closed *closed,
                           GError **error);

#endif
