/* The outbox's way to mail: an entry becomes a message and goes to the mail server. */
#include "base/error.h"
#include "service/internal.h"
#include "service/mail.h"
#include "service/mail_settled.h"
#include "service/sender.h"

#include <string.h>

void service_mail_options_init(struct service_mail_options *options,
                               const struct service_mail_options *given)
{
    *options = *given;
    options->smtp_url = g_strdup(given->smtp_url);
    options->user = g_strdup(given->user);
    options->password = g_strdup(given->password);
    options->ca_file = g_strdup(given->ca_file);
    options->from = g_strdup(given->from);
    options->public_url = g_strdup(given->public_url);
}

static void free_secret(const char *text)
{
    char *own = (char *)text;

    if (own)
        explicit_bzero(own, strlen(own));
    g_free(own);
}

void service_mail_options_finish(struct service_mail_options *options)
{
    free_secret(options->password);
    g_free((char *)options->smtp_url);
    g_free((char *)options->user);
    g_free((char *)options->ca_file);
    g_free((char *)options->from);
    g_free((char *)options->public_url);
    *options = (struct service_mail_options){0};
}

bool service_mail_is_on(const struct service *service)
{
    return service->mail.smtp_url && *service->mail.smtp_url;
}

bool service_mail_url_is_valid(const char *url)
{
    return mail_smtp_url_is_valid(url);
}

static bool ready(struct service *service)
{
    return service_mail_is_on(service);
}

/* ---- what is too old ---- */

#define HOUR (BASE_TIME_SECOND * 3600)

/* What a kind tells is not worth telling later than this. */
static const base_time LIVES[SERVICE_MAIL_KIND_N] = {
    [SERVICE_MAIL_PASSWORD] = 24 * HOUR,    [SERVICE_MAIL_INVITATION] = 90 * 24 * HOUR,
    [SERVICE_MAIL_ABSENCE] = 7 * 24 * HOUR, [SERVICE_MAIL_AT_RISK] = 7 * 24 * HOUR,
    [SERVICE_MAIL_DIGEST] = 7 * 24 * HOUR,  [SERVICE_MAIL_REPORT] = 14 * 24 * HOUR,
};

static bool is_stale(const struct db_outbox_entry *entry, base_time life)
{
    return base_time_now() - entry->created_at > life;
}

/* ---- sending ---- */

/* What is to become of an entry whose mail could not be made. */
static enum service_delivery unmade(const GError *problem)
{
    switch ((enum base_error)problem->code) {
    case BASE_ERROR_NOT_FOUND:
    case BASE_ERROR_CONFLICT:
        return SERVICE_DELIVERY_UNWANTED;
    case BASE_ERROR_INVALID:
    case BASE_ERROR_TOO_LARGE:
    case BASE_ERROR_UNSUPPORTED:
    case BASE_ERROR_FORBIDDEN:
        return SERVICE_DELIVERY_NEVER;
    default:
        return SERVICE_DELIVERY_LATER;
    }
}

/* One id for an entry however often it is sent, by which receivers drop the second. */
static char *message_id(const struct service *service, const struct base_uuid *id)
{
    char text[BASE_UUID_TEXT_SIZE];
    const char *at = strrchr(service->mail.from, '@');

    return g_strdup_printf("%s@%s", base_uuid_format(id, text), at ? at + 1 : "presente.invalid");
}

static enum mail_smtp_result send_mail(struct service *service, const struct service_mail *mail,
                                       const struct base_uuid *id, const gint *stop, GError **error)
{
    const struct service_mail_options *options = &service->mail;
    g_autofree char *own_id = message_id(service, id);
    const struct mail_message message = {
        .from_name = mail->from_name,
        .from_address = options->from,
        .to_name = mail->to_name,
        .to_address = mail->to_address,
        .subject = mail->subject,
        .message_id = own_id,
        .date = base_time_now(),
        .language = mail->language,
        .text = mail->text,
        .html = mail->html,
        .attachments = &mail->attachment,
        .attachments_n = mail->attachment.content ? 1 : 0,
        .unsubscribe_url = mail->unsubscribe_url,
    };
    const struct mail_smtp smtp = {
        .url = options->smtp_url,
        .user = options->user,
        .password = options->password,
        .tls = options->tls,
        .ca_file = options->ca_file,
        .seconds = (unsigned)MAX(options->seconds, 0),
        .stop = stop,
    };
    g_autoptr(GBytes) bytes = mail_message_format(&message, error);

    return bytes ? mail_smtp_send(&smtp, options->from, mail->to_address, bytes, error)
                 : MAIL_SMTP_PERMANENT;
}

static enum service_delivery deliver(struct service *service, const struct db_outbox_entry *entry,
                                     const gint *stop, GError **error)
{
    static const enum service_delivery OUTCOMES[] = {
        [MAIL_SMTP_ACCEPTED] = SERVICE_DELIVERY_DONE,
        [MAIL_SMTP_TEMPORARY] = SERVICE_DELIVERY_LATER,
        [MAIL_SMTP_PERMANENT] = SERVICE_DELIVERY_NEVER,
        [MAIL_SMTP_UNREACHABLE] = SERVICE_DELIVERY_UNREACHABLE,
    };
    enum service_mail_kind kind = SERVICE_MAIL_KIND_N;
    g_autoptr(GError) problem = NULL;

    const bool is_note = service_mail_is_settled_kind(entry->kind);
    if (!is_note && !service_mail_kind_from_name(entry->kind, &kind)) {
        base_fail(error, BASE_ERROR_UNSUPPORTED, "This program knows no such mail.");
        return SERVICE_DELIVERY_NEVER;
    }
    if (is_stale(entry, LIVES[is_note ? SERVICE_MAIL_ABSENCE : kind])) {
        base_fail(error, BASE_ERROR_CONFLICT, "It was too old to be sent.");
        return SERVICE_DELIVERY_UNWANTED;
    }
    if (is_note)
        return service_mail_settled(service, entry, error);
    g_autoptr(service_mail) mail =
        service_mail_make(service, kind, &entry->user_id, entry->parameters, false, &problem);
    if (!mail) {
        const enum service_delivery delivery = unmade(problem);
        g_propagate_error(error, g_steal_pointer(&problem));
        return delivery;
    }
    return OUTCOMES[send_mail(service, mail, &entry->id, stop, error)];
}

const struct service_channel service_mail_channel = {
    .channel = DB_OUTBOX_MAIL,
    .ready = ready,
    .deliver = deliver,
};

bool service_mail_test(struct service *service, const struct service_identity *identity,
                       const char *address, GError **error)
{
    struct base_uuid id;

    if (!service_allow_all(identity, CORE_ACTION_USER_WRITE, error))
        return false;
    if (!service_mail_is_on(service))
        return base_fail(error, BASE_ERROR_UNAVAILABLE,
                         "PRESENTE_SMTP_URL is not set: there is no mail server to try.");
    g_autofree char *clean = base_text_email(address, error);
    g_autoptr(service_mail) mail = clean ? service_mail_make_test(service, clean, error) : NULL;
    base_uuid_new(&id);
    return mail && send_mail(service, mail, &id, NULL, error) == MAIL_SMTP_ACCEPTED;
}
