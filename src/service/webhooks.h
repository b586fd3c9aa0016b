/*
 * Telling other systems what happens (core/webhook.h), signed and with retries (sender.h): an event
 * is written to the outbox in the transaction of what it tells of, so it is told if and only if
 * that was stored. For administrators.
 *
 * What is sent is the least that is of use: ids, times and statuses, no names and no scores. Who
 * wants more asks the API with the ids.
 */
#ifndef SERVICE_WEBHOOKS_H
#define SERVICE_WEBHOOKS_H

#include "base/json.h"
#include "core/webhook.h"
#include "service/service.h"

struct service_webhook_input {
    const char *url;     /* NULL: stays; required for a new one */
    const guint *events; /* CORE_WEBHOOK_BIT()s; NULL: stays, or all of them */
    const bool *active;  /* NULL: stays, or true */
};

/* A new webhook, with a secret of its own. NULL with BASE_ERROR_INVALID naming the field. */
struct core_webhook *service_webhook_create(struct service *service,
                                            const struct service_identity *identity,
                                            const struct service_webhook_input *input,
                                            GError **error);

/* An array of struct core_webhook * that frees them, the oldest first. */
GPtrArray *service_webhook_list(struct service *service, const struct service_identity *identity,
                                GError **error);
struct core_webhook *service_webhook_find(struct service *service,
                                          const struct service_identity *identity,
                                          const struct base_uuid *id, GError **error);
struct core_webhook *service_webhook_update(struct service *service,
                                            const struct service_identity *identity,
                                            const struct base_uuid *id,
                                            const struct service_webhook_input *input,
                                            GError **error);

/* With what still waits for it. */
bool service_webhook_delete(struct service *service, const struct service_identity *identity,
                            const struct base_uuid *id, GError **error);

/* Puts an event "webhook.test" into the outbox, for this webhook alone, also when it is not active.
 */
bool service_webhook_test(struct service *service, const struct service_identity *identity,
                          const struct base_uuid *id, GError **error);

/* Whether anybody listens to this event: for whoever would have to gather what to tell. */
bool service_webhook_listens(struct db_connection *connection, enum core_webhook_event event,
                             bool *listens, GError **error);

/* Tells every active webhook that listens, in the caller's transaction; takes over `data`, an
 * object. */
bool service_webhook_event(struct db_connection *connection, enum core_webhook_event event,
                           json_t *data, GError **error);

/* The same for a mark: its ids, day, times, status and method; `before` (may be NULL) is what a
 * corrected one was. `mark` is NULL, and its status null, when `before` was taken back. */
bool service_webhook_mark(struct db_connection *connection, enum core_webhook_event event,
                          const struct core_attendance *mark, const struct core_attendance *before,
                          GError **error);

#endif
