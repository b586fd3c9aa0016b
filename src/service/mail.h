/*
 * The mails of Presente: who gets which, and how one looks. They are made when they are sent, from
 * a kind and a few parameters in the outbox, in the reader's language, so that what is told is what
 * is true at that moment.
 */
#ifndef SERVICE_MAIL_H
#define SERVICE_MAIL_H

#include "base/json.h"
#include "core/catalogue.h"
#include "mail/message.h"
#include "mail/smtp.h"
#include "service/service.h"

enum service_mail_kind {
    SERVICE_MAIL_PASSWORD,   /* a link to set a new password */
    SERVICE_MAIL_INVITATION, /* the same for a new account */
    SERVICE_MAIL_ABSENCE,    /* {"session"}: an absence was settled */
    SERVICE_MAIL_AT_RISK,    /* {"course","day"}: a student's warnings in a course */
    SERVICE_MAIL_DIGEST,     /* {"course","day"}: the students of a course who were warned */
    SERVICE_MAIL_REPORT,     /* {"report","request","format"}: a report, attached */
    SERVICE_MAIL_KIND_N,
};

/* "password", "invitation", "absence", "at_risk", "at_risk_digest", "report". */
const char *service_mail_kind_name(enum service_mail_kind kind);
bool service_mail_kind_from_name(const char *name, enum service_mail_kind *kind);

/* What a person may refuse: "absence", "warning", "report"; NULL for what they cannot. */
const char *service_mail_refusal_of(enum service_mail_kind kind);
bool service_mail_is_refusal(const char *name);
/* The same text in static storage; NULL for another. */
const char *service_mail_refusal_name(const char *name);

/* A mail as its reader gets it. */
struct service_mail {
    char *to_name;
    char *to_address;
    char *from_name;
    char *language; /* "es" or "en" */
    char *subject;
    char *text;
    char *html;
    char *unsubscribe_url; /* NULL: cannot be refused */
    struct mail_attachment attachment;
    char *attachment_name; /* NULL: without attachment */
};

void service_mail_free(struct service_mail *mail);
typedef struct service_mail service_mail;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(service_mail, service_mail_free)

/*
 * Makes the mail of a kind for a person. With `preview` links lead nowhere, and nothing but the
 * reading is done. BASE_ERROR_NOT_FOUND when the person, or what it is about, is gone;
 * BASE_ERROR_CONFLICT when there is nothing to tell any more (the absence was corrected, nobody is
 * at risk) or the person refused such mail; BASE_ERROR_INVALID for parameters that make no sense.
 * Holds no connection when it returns; a report may take seconds.
 */
struct service_mail *service_mail_make(struct service *service, enum service_mail_kind kind,
                                       const struct base_uuid *user_id, const char *parameters,
                                       bool preview, GError **error);

/*
 * In the transaction that settled those without a mark in a session: notes down that absences and
 * warnings are to be told. Who hears of it is found out afterwards, from the marks as they are
 * then.
 */
bool service_mail_absences(struct db_connection *connection, const struct core_session *session,
                           GError **error);

/* Administrators: the mail without sending it. */
struct service_mail *service_mail_preview(struct service *service,
                                          const struct service_identity *identity,
                                          enum service_mail_kind kind,
                                          const struct base_uuid *user_id, json_t *parameters,
                                          GError **error);

/* Administrators: sends a short mail to an address at once, to try the settings. Talks to the mail
 * server: not on an event thread. */
bool service_mail_test(struct service *service, const struct service_identity *identity,
                       const char *address, GError **error);

/* The mail that service_mail_test() sends. */
struct service_mail *service_mail_make_test(struct service *service, const char *address,
                                            GError **error);

/* The bits of enum core_percentage_warning that are mailed where enum service_warning asks for
 * these. */
guint service_mail_warnings(unsigned warnings);

/* Whether the text may be a mail server's URL (mail/smtp.h). */
bool service_mail_url_is_valid(const char *url);

/* Whether PRESENTE_SMTP_URL is set. */
bool service_mail_is_on(const struct service *service);

#endif
