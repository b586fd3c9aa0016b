/* Private to this folder: what each kind of mail says. */
#ifndef SERVICE_MAIL_RENDER_H
#define SERVICE_MAIL_RENDER_H

#include "service/institution.h"
#include "service/internal.h"
#include "service/mail.h"
#include "service/mail_text.h"

/* A mail that is being made. */
struct mail_making {
    struct service *service;
    struct service_institution_settings *institution;
    struct core_user *user; /* the reader */
    json_t *parameters;
    bool preview;
    const char *language;
    struct service_mail *mail;

    /* What the kind fills in. */
    GStrv paragraphs, lines; /* owned */
    char *button, *link, *note;
};

/* Fills in subject and parts. Errors are those of service_mail_make(). */
bool service_mail_fill_password(struct mail_making *making, GError **error);
bool service_mail_fill_invitation(struct mail_making *making, GError **error);
bool service_mail_fill_absence(struct mail_making *making, GError **error);
bool service_mail_fill_at_risk(struct mail_making *making, GError **error);
bool service_mail_fill_digest(struct mail_making *making, GError **error);
bool service_mail_fill_report(struct mail_making *making, GError **error);

/* Reads what the parameters must have; NULL for texts that are missing. */
const char *service_mail_parameter(const struct mail_making *making, const char *name);
bool service_mail_parameter_uuid(const struct mail_making *making, const char *name,
                                 struct base_uuid *id, GError **error);

/* A list of one text; takes it over. */
GStrv service_mail_list(char *first, ...) G_GNUC_NULL_TERMINATED;

#endif
