/* The register of one session: its roster with each person's mark, for administrators and the
 * teachers of the course. */
#ifndef SERVICE_SESSION_REGISTER_H
#define SERVICE_SESSION_REGISTER_H

#include "core/catalogue.h"
#include "core/rules.h"
#include "db/query/course.h"
#include "service/service.h"

/* Whether marks are taken now. */
enum service_window {
    SERVICE_WINDOW_BEFORE,
    SERVICE_WINDOW_OPEN,
    SERVICE_WINDOW_AFTER,
    SERVICE_WINDOW_CANCELLED,
    SERVICE_WINDOW_N,
};

/* "before", "open", "after", "cancelled". Static storage. */
const char *service_window_name(enum service_window window);

struct service_session_line {
    struct db_roster_person *person; /* NULL: marked, but not on the roster any more */
    struct core_attendance *mark;    /* NULL: none */
};

struct service_roll {
    struct core_session *session;
    struct core_rules rules; /* with the statuses to choose from */
    base_time opens_at, closes_at;
    enum service_window window;
    GPtrArray *lines; /* struct service_session_line *: the roster by name, then the others */
    gint64 counts[CORE_STATUS_N];
    gint64 unmarked; /* of the roster */
};

void service_roll_free(struct service_roll *all);
typedef struct service_roll service_roll;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(service_roll, service_roll_free)

/* BASE_ERROR_NOT_FOUND also when the session is not the caller's business. */
struct service_roll *service_session_register(struct service *service,
                                              const struct service_identity *identity,
                                              const struct base_uuid *id, GError **error);

#endif
