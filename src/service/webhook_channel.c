/* The outbox's way to webhooks: one signed POST an attempt. */
#include "core/webhook.h"
#include "db/query/webhook.h"
#include "mail/http_post.h"
#include "service/internal.h"
#include "service/sender.h"
#include "service/webhooks.h"

enum {
    ATTEMPT_SECONDS = 15,
    HEADERS_N = 5,
    STATUS_GONE = 410,
};

static bool ready(struct service *service)
{
    (void)service;
    return true;
}

static struct core_webhook *webhook_of(struct service *service, const struct base_uuid *id,
                                       GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    return connection ? db_webhook_find(connection, id, error) : NULL;
}

/* The header lines of one attempt; g_strfreev() them. Each attempt is signed anew, because
 * receivers refuse what is older than some minutes. */
static char **headers_of(const struct core_webhook *webhook, const struct db_outbox_entry *entry,
                         GError **error)
{
    char id[BASE_UUID_TEXT_SIZE];
    const gint64 seconds = base_time_now() / BASE_TIME_SECOND;
    g_autofree char *signature =
        core_webhook_sign(webhook->secret, base_uuid_format(&entry->id, id), seconds,
                          entry->parameters, strlen(entry->parameters), error);

    if (!signature)
        return NULL;
    char **headers = g_new0(char *, HEADERS_N + 1);
    headers[0] = g_strdup("Content-Type: application/json");
    headers[1] = g_strdup("User-Agent: Presente/" PRESENTE_VERSION);
    headers[2] = g_strdup_printf("webhook-id: %s", id);
    headers[3] = g_strdup_printf("webhook-timestamp: %" G_GINT64_FORMAT, seconds);
    headers[4] = g_strdup_printf("webhook-signature: %s", signature);
    return headers;
}

static bool switch_off_body(struct db_connection *connection, gpointer data, GError **error)
{
    g_autoptr(core_webhook) webhook = db_webhook_find(connection, data, error);

    if (!webhook)
        return false;
    webhook->active = false;
    webhook->updated_at = base_time_now();
    return db_webhook_update(connection, webhook, error) &&
           service_audit(connection, NULL, "webhook.gone", &webhook->id, NULL, error);
}

/* 410 is how a receiver says that it wants no more. */
static enum service_delivery gone(struct service *service, struct core_webhook *webhook,
                                  GError **error)
{
    g_autoptr(GError) problem = NULL;

    if (!db_transaction(service->db, switch_off_body, &webhook->id, &problem))
        g_warning("A webhook that is gone was not switched off: %s", problem->message);
    base_fail(error, BASE_ERROR_UNAVAILABLE,
              "The receiver answered 410: it wants no more. The webhook was switched off.");
    return SERVICE_DELIVERY_NEVER;
}

static enum service_delivery post(struct service *service, struct core_webhook *webhook,
                                  const struct db_outbox_entry *entry, const gint *stop,
                                  GError **error)
{
    g_auto(GStrv) headers = headers_of(webhook, entry, error);
    const struct mail_http_post request = {
        .url = webhook->url,
        .headers = (const char *const *)headers,
        .body = entry->parameters,
        .body_n = strlen(entry->parameters),
        .seconds = ATTEMPT_SECONDS,
        .allow_plain = true,
        .allow_private = service->webhooks_private,
        .stop = stop,
    };
    struct mail_http_answer answer = {0};

    if (!headers)
        return SERVICE_DELIVERY_NEVER;
    /* Another webhook may well be reachable, so a failure is this one's alone; and nobody's when it
     * was this program that broke off. */
    if (!mail_http_post(&request, &answer, error))
        return stop && g_atomic_int_get(stop) ? SERVICE_DELIVERY_LATER : SERVICE_DELIVERY_SILENT;
    const long status = answer.status;
    mail_http_answer_clear(&answer);
    if (status >= 200 && status < 300)
        return SERVICE_DELIVERY_DONE;
    if (status == STATUS_GONE)
        return gone(service, webhook, error);
    base_fail(error, BASE_ERROR_UNAVAILABLE, "The receiver answered %ld.", status);
    return SERVICE_DELIVERY_LATER;
}

static enum service_delivery deliver(struct service *service, const struct db_outbox_entry *entry,
                                     const gint *stop, GError **error)
{
    GError *problem = NULL;
    g_autoptr(core_webhook) webhook = webhook_of(service, &entry->webhook_id, &problem);

    if (!webhook) {
        const bool deleted = g_error_matches(problem, BASE_ERROR, BASE_ERROR_NOT_FOUND);
        g_propagate_error(error, problem);
        return deleted ? SERVICE_DELIVERY_UNWANTED : SERVICE_DELIVERY_LATER;
    }
    if (!webhook->active &&
        g_strcmp0(entry->kind, core_webhook_event_name(CORE_WEBHOOK_TEST)) != 0) {
        base_fail(error, BASE_ERROR_CONFLICT, "The webhook was switched off.");
        return SERVICE_DELIVERY_UNWANTED;
    }
    return post(service, webhook, entry, stop, error);
}

const struct service_channel service_webhook_channel = {
    .channel = DB_OUTBOX_WEBHOOK,
    .ready = ready,
    .deliver = deliver,
};
