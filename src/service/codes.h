/*
 * The code that a session shows in its room, which changes every 30 seconds (auth/code.h): whoever
 * is on the roster, signed in and in the room can mark themselves with it where no camera will do.
 * It proves that somebody who sees the screen told it to them less than a minute ago, and no more.
 */
#ifndef SERVICE_CODES_H
#define SERVICE_CODES_H

#include "auth/code.h"
#include "service/devices.h"

struct service_session_code {
    char text[AUTH_CODE_SIZE];
    base_time now, changes_at;
};

/* For administrators, the teachers of the course, and (with `identity` NULL) a kiosk of the
 * session's room or course. BASE_ERROR_NOT_FOUND when the session is not the caller's business,
 * BASE_ERROR_CONFLICT when it takes no marks now. */
bool service_code_show(struct service *service, const struct service_identity *identity,
                       const struct service_device *device, const struct base_uuid *session_id,
                       struct service_session_code *code, GError **error);

struct service_code_mark {
    struct core_attendance *attendance; /* the mark that stands */
    struct core_session *session;
    bool already;
    char *not_me; /* for service_mark_not_me(); NULL unless the mark is new */
    char *time_zone;
};
void service_code_mark_clear(struct service_code_mark *mark);

/*
 * The caller's own mark by the code that a session of theirs shows; the method is "code". Only
 * `session_id`, unless it is nil. BASE_ERROR_INVALID naming `code` for another code,
 * BASE_ERROR_CONFLICT when no session of theirs takes marks now, BASE_ERROR_RATE_LIMITED.
 */
bool service_code_use(struct service *service, const struct service_identity *identity,
                      const struct base_uuid *session_id, const char *code,
                      struct service_code_mark *mark, int *retry_after, GError **error);

#endif
