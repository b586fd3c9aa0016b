#include "core/webhook.h"

#include "base/error.h"
#include "base/text.h"

#include <string.h>
#include <sys/random.h>

#define SECRET_PREFIX "whsec_"

enum { SECRET_BYTES = 32, URL_MAX = 2000 };

static const char *const EVENTS[CORE_WEBHOOK_EVENT_N] = {
    [CORE_WEBHOOK_MARKED] = "attendance.marked",
    [CORE_WEBHOOK_CORRECTED] = "attendance.corrected",
    [CORE_WEBHOOK_SESSION_CLOSED] = "session.closed",
    [CORE_WEBHOOK_DISPUTE_OPENED] = "dispute.opened",
    [CORE_WEBHOOK_DISPUTE_SETTLED] = "dispute.settled",
    [CORE_WEBHOOK_TEST] = "webhook.test",
};

const char *core_webhook_event_name(enum core_webhook_event event)
{
    return (unsigned)event < CORE_WEBHOOK_EVENT_N ? EVENTS[event] : NULL;
}

bool core_webhook_event_from_name(const char *name, enum core_webhook_event *event)
{
    const int index = base_text_index(EVENTS, CORE_WEBHOOK_EVENT_N, name);

    if (index >= 0)
        *event = (enum core_webhook_event)index;
    return index >= 0;
}

void core_webhook_clear(struct core_webhook *webhook)
{
    g_free(webhook->url);
    g_free(webhook->secret);
    *webhook = (struct core_webhook){0};
}

void core_webhook_free(struct core_webhook *webhook)
{
    if (!webhook)
        return;
    core_webhook_clear(webhook);
    g_free(webhook);
}

char *core_webhook_events_format(guint events)
{
    GString *names = g_string_new(NULL);

    for (int i = 0; i < CORE_WEBHOOK_EVENT_N; i++)
        if (events & CORE_WEBHOOK_BIT(i))
            g_string_append_printf(names, "%s%s", names->len ? "," : "", EVENTS[i]);
    return g_string_free(names, FALSE);
}

guint core_webhook_events_parse(const char *names)
{
    g_auto(GStrv) each = g_strsplit(names ? names : "", ",", -1);
    enum core_webhook_event event;
    guint events = 0;

    for (char **name = each; *name; name++)
        if (core_webhook_event_from_name(*name, &event))
            events |= CORE_WEBHOOK_BIT(event);
    return events;
}

char *core_webhook_secret_new(GError **error)
{
    guint8 key[SECRET_BYTES];

    if (getrandom(key, sizeof key, 0) != (gssize)sizeof key) {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INTERNAL,
                            "The system gives no random bytes.");
        return NULL;
    }
    g_autofree char *text = g_base64_encode(key, sizeof key);
    explicit_bzero(key, sizeof key);
    return g_strconcat(SECRET_PREFIX, text, NULL);
}

char *core_webhook_sign(const char *secret, const char *id, gint64 seconds, const void *body,
                        gsize body_n, GError **error)
{
    gsize key_n = 0;
    g_autofree guchar *key = g_str_has_prefix(secret, SECRET_PREFIX)
                                 ? g_base64_decode(secret + strlen(SECRET_PREFIX), &key_n)
                                 : NULL;

    if (key_n == 0) {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_CORRUPT,
                            "The secret of a webhook is damaged.");
        return NULL;
    }
    g_autofree char *head = g_strdup_printf("%s.%" G_GINT64_FORMAT ".", id, seconds);
    GHmac *hmac = g_hmac_new(G_CHECKSUM_SHA256, key, key_n);
    guint8 digest[32];
    gsize digest_n = sizeof digest;

    g_hmac_update(hmac, (const guchar *)head, (gssize)strlen(head));
    g_hmac_update(hmac, body, (gssize)body_n);
    g_hmac_get_digest(hmac, digest, &digest_n);
    g_hmac_unref(hmac);
    g_autofree char *text = g_base64_encode(digest, digest_n);
    return g_strconcat("v1,", text, NULL);
}

static bool refuse(const char *why, GError **error)
{
    g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID, "url %s.", why);
    return false;
}

bool core_webhook_url_check(const char *url, GError **error)
{
    g_autoptr(GUri) uri = NULL;

    if (!url || strlen(url) > URL_MAX)
        return refuse("must have 1 to 2000 characters", error);
    for (const char *at = url; *at; at++)
        if (!g_ascii_isgraph(*at))
            return refuse("must be of printable ASCII characters, without blanks", error);
    uri = g_uri_parse(url, G_URI_FLAGS_HAS_PASSWORD, NULL);
    if (!uri || (g_strcmp0(g_uri_get_scheme(uri), "https") != 0 &&
                 g_strcmp0(g_uri_get_scheme(uri), "http") != 0))
        return refuse("must begin with https:// or http://", error);
    if (!g_uri_get_host(uri) || !*g_uri_get_host(uri))
        return refuse("must name a host", error);
    if (g_uri_get_user(uri) || g_uri_get_password(uri))
        return refuse("must not hold a user name or password", error);
    if (g_uri_get_fragment(uri))
        return refuse("must not have a fragment", error);
    return true;
}
