/*
 * The outbox: mail and webhooks are written down in the transaction of what they tell of, and sent
 * afterwards by whichever node comes first (sender.h).
 *
 * What is promised. An entry that was committed is sent at least once or ends as dead, where people
 * see it. It is sent twice only when a node dies, or loses the database, between the receiver's
 * acceptance and the note of it; then both have the same Message-ID (mail) or webhook-id
 * (webhook), made from the entry's id, by which the receiver can tell and most mail servers drop
 * the second.
 */
#ifndef SERVICE_OUTBOX_H
#define SERVICE_OUTBOX_H

#include "base/json.h"
#include "db/query/outbox.h"
#include "service/service.h"

struct service_outbox_entry {
    enum db_outbox_channel channel;
    const char *kind;
    const char *dedupe_key; /* what makes it the same entry; at most 190 bytes */
    struct base_uuid user_id;
    struct base_uuid webhook_id;
    json_t *parameters; /* an object, taken over; NULL: {} */
    base_time due_at;   /* 0: now */
};

/* Adds an entry in the caller's transaction. One with the same dedupe_key that is there already, in
 * whatever state, stays as it is, and `added` (may be NULL) is false. */
bool service_outbox_add(struct db_connection *connection, const struct service_outbox_entry *entry,
                        bool *added, GError **error);

/* For administrators, all of them: BASE_ERROR_FORBIDDEN for others. Arrays free their entries. */
GPtrArray *service_outbox_list(struct service *service, const struct service_identity *identity,
                               const struct db_outbox_filter *filter, const struct db_page *page,
                               gint64 *total, GError **error);
struct db_outbox_entry *service_outbox_find(struct service *service,
                                            const struct service_identity *identity,
                                            const struct base_uuid *id, GError **error);

/* BASE_ERROR_CONFLICT when it is not dead or cancelled (retry), or was sent or is being sent
 * (cancel). */
bool service_outbox_retry(struct service *service, const struct service_identity *identity,
                          const struct base_uuid *id, GError **error);
bool service_outbox_cancel(struct service *service, const struct service_identity *identity,
                           const struct base_uuid *id, GError **error);

/* Every dead entry of a channel waits again. */
bool service_outbox_retry_dead(struct service *service, const struct service_identity *identity,
                               enum db_outbox_channel channel, gint64 *changed, GError **error);

#endif
