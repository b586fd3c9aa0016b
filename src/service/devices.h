/*
 * Kiosks: screens with a camera that an administrator pairs once, with a code, and that mark
 * whoever stands before them (kiosk.h) without anybody signing in.
 *
 * A code has eight letters and digits that do not look alike, holds for ten minutes, pairs one
 * browser, and is void after five tries. Its first half names it, so that tries are counted for one
 * kiosk; at rest the whole is hashed as passwords are. What the browser gets for it is 256 random
 * bits, of which the digest is kept. Deleting a kiosk ends its access at once, and a new code ends
 * that of the browser before when it is used.
 */
#ifndef SERVICE_DEVICES_H
#define SERVICE_DEVICES_H

#include "auth/code.h"
#include "db/query/device.h"
#include "service/service.h"

enum {
    SERVICE_DEVICE_CODE_MINUTES = 10,
    SERVICE_DEVICE_CODE_TRIES = 5,
    SERVICE_DEVICE_CODE_SIZE = AUTH_CODE_PAIRING_SIZE + 1, /* with a hyphen in its middle */
};

/* Whose request this is, when it is a kiosk's. */
struct service_device {
    struct base_uuid id;
    struct base_uuid institution_id;
    struct base_uuid room_id, course_id; /* whose sessions it marks in; both nil: any */
};

/* ---- administrators ---- */

/* What a kiosk is to be; NULL: as it is. A room or a course, or neither: nil is none. */
struct service_device_input {
    const char *name; /* required of a new one */
    const struct base_uuid *room_id;
    const struct base_uuid *course_id;
};

/* A new code of a kiosk, shown this once. */
struct service_device_code {
    char text[SERVICE_DEVICE_CODE_SIZE]; /* "XXXX-XXXX" */
    base_time expires_at;
};

/* BASE_ERROR_INVALID naming the field, BASE_ERROR_CONFLICT when the name is taken but for case and
 * accents. */
struct db_device *service_device_create(struct service *service,
                                        const struct service_identity *identity,
                                        const struct service_device_input *input,
                                        struct service_device_code *code, GError **error);
struct db_device *service_device_change(struct service *service,
                                        const struct service_identity *identity,
                                        const struct base_uuid *id,
                                        const struct service_device_input *input, GError **error);

/* Replaces the code that waits, if any; a browser that is paired stays so until it is used. */
struct db_device *service_device_code(struct service *service,
                                      const struct service_identity *identity,
                                      const struct base_uuid *id, struct service_device_code *code,
                                      GError **error);

bool service_device_delete(struct service *service, const struct service_identity *identity,
                           const struct base_uuid *id, GError **error);

/* By name: an array of struct db_device * that frees them. `total` may be NULL. */
GPtrArray *service_device_list(struct service *service, const struct service_identity *identity,
                               const struct db_page *page, gint64 *total, GError **error);
struct db_device *service_device_named(struct service *service,
                                       const struct service_identity *identity, const char *name,
                                       GError **error);

/* ---- the kiosk ---- */

/* Whoever knows the code. The caller counts AUTH_LIMIT_DEVICE_PAIR first. BASE_ERROR_NOT_FOUND for
 * a code that is wrong, was used or is over, in the same time for all. */
bool service_device_pair(struct service *service, const char *code, struct service_device *device,
                         char token[AUTH_CODE_TOKEN_SIZE], GError **error);

/* BASE_ERROR_UNAUTHENTICATED when no kiosk has this token (any more). */
bool service_device_authenticate(struct service *service, const char *token,
                                 struct service_device *device, GError **error);

/* Remembers when it was seen; a write a minute at most is the caller's business. */
bool service_device_seen(struct service *service, const struct service_device *device,
                         GError **error);

/* Whether the session is one of its room or course: BASE_ERROR_NOT_FOUND otherwise. Kiosks of
 * neither have no session of their own. */
bool service_device_allow_session(struct service *service, const struct service_device *device,
                                  const struct base_uuid *session_id, GError **error);

#endif
