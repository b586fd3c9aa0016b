#include "service/mail.h"

#include "core/percentage.h"
#include "db/query/report_schedule.h"
#include "db/query/user.h"
#include "service/mail_render.h"

#include <stdarg.h>
#include <string.h>

struct kind {
    const char *name;
    const char *refusal; /* NULL: it cannot be refused */
    bool (*fill)(struct mail_making *making, GError **error);
};

static const struct kind KINDS[SERVICE_MAIL_KIND_N] = {
    [SERVICE_MAIL_PASSWORD] = {"password", NULL, service_mail_fill_password},
    [SERVICE_MAIL_INVITATION] = {"invitation", NULL, service_mail_fill_invitation},
    [SERVICE_MAIL_ABSENCE] = {"absence", "absence", service_mail_fill_absence},
    [SERVICE_MAIL_AT_RISK] = {"at_risk", "warning", service_mail_fill_at_risk},
    [SERVICE_MAIL_DIGEST] = {"at_risk_digest", "warning", service_mail_fill_digest},
    [SERVICE_MAIL_REPORT] = {"report", "report", service_mail_fill_report},
};

const char *service_mail_kind_name(enum service_mail_kind kind)
{
    return (unsigned)kind < SERVICE_MAIL_KIND_N ? KINDS[kind].name : NULL;
}

bool service_mail_kind_from_name(const char *name, enum service_mail_kind *kind)
{
    for (guint i = 0; name && i < SERVICE_MAIL_KIND_N; i++)
        if (strcmp(KINDS[i].name, name) == 0) {
            *kind = i;
            return true;
        }
    return false;
}

const char *service_mail_refusal_of(enum service_mail_kind kind)
{
    return (unsigned)kind < SERVICE_MAIL_KIND_N ? KINDS[kind].refusal : NULL;
}

const char *service_mail_refusal_name(const char *name)
{
    for (guint i = 0; name && i < SERVICE_MAIL_KIND_N; i++)
        if (g_strcmp0(KINDS[i].refusal, name) == 0)
            return KINDS[i].refusal;
    return NULL;
}

bool service_mail_is_refusal(const char *name)
{
    return service_mail_refusal_name(name) != NULL;
}

guint service_mail_warnings(unsigned warnings)
{
    guint wanted = 0;

    if (warnings & SERVICE_WARNING_CONSECUTIVE)
        wanted |= CORE_PERCENTAGE_IN_A_ROW;
    if (warnings & SERVICE_WARNING_AT_RISK)
        wanted |= CORE_PERCENTAGE_BELOW_WARNING | CORE_PERCENTAGE_BELOW_REQUIRED |
                  CORE_PERCENTAGE_CANNOT_PASS;
    return wanted;
}

void service_mail_free(struct service_mail *mail)
{
    if (!mail)
        return;
    g_free(mail->to_name);
    g_free(mail->to_address);
    g_free(mail->from_name);
    g_free(mail->language);
    g_free(mail->subject);
    g_free(mail->text);
    g_free(mail->html);
    g_free(mail->unsubscribe_url);
    g_free(mail->attachment_name);
    g_bytes_unref(mail->attachment.content);
    g_free(mail);
}

GStrv service_mail_list(char *first, ...)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    va_list more;

    va_start(more, first);
    for (char *text = first; text; text = va_arg(more, char *)) {
        g_strv_builder_add(builder, text);
        g_free(text);
    }
    va_end(more);
    return g_strv_builder_end(builder);
}

const char *service_mail_parameter(const struct mail_making *making, const char *name)
{
    return json_string_value(json_object_get(making->parameters, name));
}

bool service_mail_parameter_uuid(const struct mail_making *making, const char *name,
                                 struct base_uuid *id, GError **error)
{
    return base_uuid_parse(service_mail_parameter(making, name), id) ||
           base_fail(error, BASE_ERROR_INVALID, "%s is required and must be an id.", name);
}

/* ---- making one ---- */

/* Whom it is for: by id, or for a forgotten password by the address that was typed. */
static struct core_user *find_reader(struct mail_making *making, struct db_connection *connection,
                                     const struct base_uuid *user_id, GError **error)
{
    const char *email = service_mail_parameter(making, "email");
    g_autoptr(core_user) user = base_uuid_is_nil(user_id) && email
                                    ? db_user_find_email(connection, email, error)
                                    : db_user_find(connection, user_id, error);

    if (!user)
        return NULL;
    if (user->deleted_at || !user->email || !user->active) {
        base_fail(error, BASE_ERROR_NOT_FOUND,
                  "This person has no account any more, or no address.");
        return NULL;
    }
    return g_steal_pointer(&user);
}

static bool check_refusal(struct mail_making *making, struct db_connection *connection,
                          const char *refusal, GError **error)
{
    bool refused = false;

    if (!refusal || making->preview)
        return true;
    return db_mail_refusal_get(connection, &making->user->id, refusal, &refused, error) &&
           (!refused ||
            base_fail(error, BASE_ERROR_CONFLICT, "This person does not want such mail."));
}

static bool begin(struct mail_making *making, const struct kind *kind,
                  const struct base_uuid *user_id, const char *parameters, GError **error)
{
    making->parameters = base_json_parse(parameters, strlen(parameters), error);
    if (!making->parameters)
        return false;
    g_autoptr(db_connection) connection = db_acquire(making->service->db, error);
    if (!connection)
        return false;
    making->institution = service_institution_read_on(making->service, connection, error);
    making->user = making->institution ? find_reader(making, connection, user_id, error) : NULL;
    if (!making->user)
        return false;
    making->language =
        making->user->language ? making->user->language : making->institution->language;
    return check_refusal(making, connection, kind->refusal, error);
}

/* The two addresses of refusing: a page for people, and what mail programs post to. */
static bool add_unsubscribe(struct mail_making *making, const char *refusal, char **page,
                            GError **error)
{
    const char *base = making->service->mail.public_url ? making->service->mail.public_url : "";

    if (!refusal)
        return true;
    g_autofree char *token =
        making->preview ? g_strdup("preview")
                        : service_link_unsubscribe(making->service, making->user, refusal, error);
    if (!token)
        return false;
    *page = g_strconcat(base, "/#/unsubscribe?token=", token, NULL);
    making->mail->unsubscribe_url = g_strconcat(base, "/unsubscribe?token=", token, NULL);
    return true;
}

static bool lay_out(struct mail_making *making, const char *refusal, GError **error)
{
    static const char *const NOTHING[] = {NULL};
    const char *const names[] = {making->user->name, NULL};
    g_autofree char *page = NULL;
    g_autofree char *greeting =
        service_mail_words(*making->user->name ? MAIL_TEXT_GREETING : MAIL_TEXT_GREETING_NOBODY,
                           making->language, names);

    if (!add_unsubscribe(making, refusal, &page, error))
        return false;
    const struct mail_layout layout = {
        .language = making->language,
        .institution = making->institution->name,
        .subject = making->mail->subject,
        .greeting = greeting,
        .paragraphs = making->paragraphs ? (const char *const *)making->paragraphs : NOTHING,
        .lines = (const char *const *)making->lines,
        .button = making->button,
        .link = making->link,
        .note = making->note,
        .unsubscribe_url = page,
    };
    making->mail->text = service_mail_layout_text(&layout);
    making->mail->html = service_mail_layout_html(&layout);
    making->mail->to_name = g_strdup(making->user->name);
    making->mail->to_address = g_strdup(making->user->email);
    making->mail->from_name = g_strdup(making->institution->mail_sender);
    making->mail->language = g_strdup(making->language);
    return true;
}

static void making_finish(struct mail_making *making)
{
    service_institution_settings_free(making->institution);
    core_user_free(making->user);
    json_decref(making->parameters);
    g_strfreev(making->paragraphs);
    g_strfreev(making->lines);
    g_free(making->button);
    g_free(making->link);
    g_free(making->note);
    service_mail_free(making->mail);
}

struct service_mail *service_mail_make(struct service *service, enum service_mail_kind kind,
                                       const struct base_uuid *user_id, const char *parameters,
                                       bool preview, GError **error)
{
    struct mail_making making = {
        .service = service,
        .preview = preview,
        .mail = g_new0(struct service_mail, 1),
    };
    struct service_mail *made = NULL;

    if (begin(&making, &KINDS[kind], user_id, parameters, error) &&
        KINDS[kind].fill(&making, error) && lay_out(&making, KINDS[kind].refusal, error))
        made = g_steal_pointer(&making.mail);
    making_finish(&making);
    return made;
}

struct service_mail *service_mail_preview(struct service *service,
                                          const struct service_identity *identity,
                                          enum service_mail_kind kind,
                                          const struct base_uuid *user_id, json_t *parameters,
                                          GError **error)
{
    g_autofree char *text = parameters ? base_json_format(parameters) : g_strdup("{}");

    return service_allow_all(identity, CORE_ACTION_USER_WRITE, error)
               ? service_mail_make(service, kind, user_id, text, true, error)
               : NULL;
}

struct service_mail *service_mail_make_test(struct service *service, const char *address,
                                            GError **error)
{
    struct core_user reader = {.name = (char *)"", .email = (char *)address};
    struct mail_making making = {
        .service = service,
        .user = &reader,
        .mail = g_new0(struct service_mail, 1),
    };
    struct service_mail *made = NULL;

    making.institution = service_institution_read(service, error);
    if (making.institution) {
        const char *const values[] = {making.institution->name, NULL};
        making.language = making.institution->language;
        making.mail->subject = service_mail_words(MAIL_TEXT_TEST_SUBJECT, making.language, values);
        making.paragraphs = service_mail_list(
            g_strdup(service_mail_word(MAIL_TEXT_TEST_BODY, making.language)), NULL);
        if (lay_out(&making, NULL, error))
            made = g_steal_pointer(&making.mail);
    }
    making.user = NULL;
    making_finish(&making);
    return made;
}
