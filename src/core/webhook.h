/*
 * Webhooks: other systems that are told what happens, after the Standard Webhooks specification
 * (standardwebhooks.com, version 1.0.0): a POST of {"type","timestamp","data"} with the headers
 * webhook-id, webhook-timestamp and webhook-signature.
 */
#ifndef CORE_WEBHOOK_H
#define CORE_WEBHOOK_H

#include "base/time.h"
#include "base/uuid.h"

#include <glib.h>
#include <stdbool.h>

enum core_webhook_event {
    CORE_WEBHOOK_MARKED,          /* somebody has a mark who had none */
    CORE_WEBHOOK_CORRECTED,       /* a mark was changed or withdrawn */
    CORE_WEBHOOK_SESSION_CLOSED,  /* those without a mark were settled */
    CORE_WEBHOOK_DISPUTE_OPENED,  /* a student says that a mark is wrong */
    CORE_WEBHOOK_DISPUTE_SETTLED, /* ... and was answered, or took it back */
    CORE_WEBHOOK_TEST,            /* on demand, whatever the webhook listens to */
    CORE_WEBHOOK_EVENT_N,
};

/* "attendance.marked", "attendance.corrected", "session.closed", "dispute.opened",
 * "dispute.settled", "webhook.test". Static storage; NULL for a value out of range. */
const char *core_webhook_event_name(enum core_webhook_event event);
bool core_webhook_event_from_name(const char *name, enum core_webhook_event *event);

#define CORE_WEBHOOK_BIT(event) (1u << (event))
/* What a webhook may listen to. */
#define CORE_WEBHOOK_EVENTS_ALL (CORE_WEBHOOK_BIT(CORE_WEBHOOK_TEST) - 1)

struct core_webhook {
    struct base_uuid id;
    struct base_uuid institution_id;
    char *url;
    guint events; /* CORE_WEBHOOK_BIT()s */
    char *secret; /* "whsec_" and the base64 of the key */
    bool active;
    base_time created_at;
    base_time updated_at;
};

void core_webhook_clear(struct core_webhook *webhook);
void core_webhook_free(struct core_webhook *webhook); /* takes NULL */
typedef struct core_webhook core_webhook;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(core_webhook, core_webhook_free)

/* Names separated by commas, as the database keeps them. Free with g_free(). */
char *core_webhook_events_format(guint events);
/* The same backwards; names that this program does not know are left out. */
guint core_webhook_events_parse(const char *names);

/* A new secret of 32 random bytes; free with g_free(). NULL with BASE_ERROR_INTERNAL when the
 * system gives no random bytes. */
char *core_webhook_secret_new(GError **error);

/*
 * The value of webhook-signature: "v1," and the base64 of HMAC-SHA-256 over
 * "<id>.<seconds>.<body>" with the secret's key. `id` and `seconds` are what webhook-id and
 * webhook-timestamp say. Free with g_free(). NULL with BASE_ERROR_CORRUPT when the secret is none.
 */
char *core_webhook_sign(const char *secret, const char *id, gint64 seconds, const void *body,
                        gsize body_n, GError **error);

/* Whether the text can be the address of a webhook: https://, or http:// for what is only tried
 * out, with a host, without a user name, password or fragment; at most 2000 bytes.
 * BASE_ERROR_INVALID, naming `url`. */
bool core_webhook_url_check(const char *url, GError **error);

#endif
