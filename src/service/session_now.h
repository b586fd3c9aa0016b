/* Today's sessions: what people look at through the day. Teachers see how many came, students their
 * own mark. */
#ifndef SERVICE_SESSION_NOW_H
#define SERVICE_SESSION_NOW_H

#include "core/catalogue.h"
#include "db/query/live.h"
#include "db/query/page.h"
#include "service/service.h"
#include "service/session_register.h"

struct service_session_now {
    struct core_session *session;
    base_time opens_at, on_time_until, closes_at;
    enum service_window window;
    struct db_live_counts counts; /* for staff */
    struct core_attendance *mark; /* for students: their own, or NULL */
};

/* Sessions that take place between the midnights of today, those that began before too: of what the
 * caller teaches or is on the roster of, for administrators all. By start. An array of struct
 * service_session_now * that frees them. */
GPtrArray *service_session_now_list(struct service *service,
                                    const struct service_identity *identity,
                                    const struct db_page *page, gint64 *total, GError **error);

#endif
