/*
 * PINs: what people type at a kiosk that cannot recognise them, or before the camera is pointed at
 * them. Everybody sets their own; it is hashed as passwords are, is good for marking oneself at a
 * kiosk and for nothing else, and is erased with its person.
 */
#ifndef SERVICE_PINS_H
#define SERVICE_PINS_H

#include "service/service.h"

enum { SERVICE_PIN_MIN = 6, SERVICE_PIN_MAX = 12 };

/* One's own. Digits, three of them different, no run, not part of the student number or the date of
 * birth: BASE_ERROR_INVALID naming `pin`. Counted as changes of password are
 * (BASE_ERROR_RATE_LIMITED; `retry_after` may be NULL). */
bool service_pin_set(struct service *service, const struct service_identity *identity,
                     const char *pin, int *retry_after, GError **error);

/* None from now on; no error when there was none. */
bool service_pin_delete(struct service *service, const struct service_identity *identity,
                        GError **error);

/* Since when there is one; 0: there is none. */
bool service_pin_since(struct service *service, const struct service_identity *identity,
                       base_time *changed_at, GError **error);

#endif
