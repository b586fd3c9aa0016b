/*
 * What an administrator sets for the whole institution: its name, clock and language, the policy of
 * the day, what is printed and what is mailed. Part of it lies in the institution's row, the rest
 * in the settings table; nobody else needs to know which.
 */
#ifndef SERVICE_INSTITUTION_H
#define SERVICE_INSTITUTION_H

#include "core/rules.h"
#include "report/report.h"
#include "service/service.h"

struct service_retention_input;

/* How often a report is mailed to who has not chosen otherwise. */
enum service_frequency {
    SERVICE_FREQUENCY_OFF,
    SERVICE_FREQUENCY_DAILY,
    SERVICE_FREQUENCY_WEEKLY,
    SERVICE_FREQUENCY_COURSE_END,
    SERVICE_FREQUENCY_N,
};

/* "off", "daily", "weekly", "course_end". */
const char *service_frequency_name(enum service_frequency frequency);
bool service_frequency_from_name(const char *name, enum service_frequency *frequency);

/* Which warnings are mailed: bits of service_institution_settings.warnings. */
enum service_warning {
    SERVICE_WARNING_ABSENCE = 1 << 0,     /* of each absence, to the student */
    SERVICE_WARNING_CONSECUTIVE = 1 << 1, /* of absences in a row, to student and teachers */
    SERVICE_WARNING_AT_RISK = 1 << 2,     /* below the share that warns, to student and teachers */
    SERVICE_WARNING_ALL = (1 << 3) - 1,
};

/* The schedule of a kind of report where a person has none of their own. */
struct service_mailing {
    enum service_frequency frequency;
    gint32 weekday;            /* 1 Monday … 7 Sunday, of the weekly one */
    gint32 at_second;          /* of the institution's day */
    enum report_format format; /* of the attachment: PDF, XLSX or CSV */
};

struct service_institution_settings {
    struct base_uuid id;
    char *name;
    char *email_domain;                             /* NULL: any */
    char *time_zone;                                /* IANA name */
    bool email_domain_is_fixed, time_zone_is_fixed; /* by the configuration: not to be changed */
    struct core_policy policy;                      /* of the day, where no session is open */
    enum core_rules_challenge challenge;            /* likewise */
    char *language; /* "es" or "en": of reports and mails to who has chosen none */
    enum report_paper paper;
    char *mail_sender; /* the name beside the address that mail comes from; never NULL */
    struct service_mailing student_report, teacher_report;
    unsigned warnings; /* of enum service_warning */
    char *logo_key;    /* changes with every logo; NULL: there is none */
    char *short_name;  /* for narrow places; NULL: none, the name */
    char *accent;      /* "#rrggbb", which can be read (core/accent.h); NULL: the program's */
    base_time updated_at;
};

typedef struct service_institution_settings service_institution_settings;
void service_institution_settings_free(struct service_institution_settings *institution);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(service_institution_settings, service_institution_settings_free)

/* For whoever asks; no permission is needed. service_institution() (service.h) gives the row alone.
 */
struct service_institution_settings *service_institution_read(struct service *service,
                                                              GError **error);

/* The same on a connection that the caller holds. */
struct service_institution_settings *service_institution_read_on(struct service *service,
                                                                 struct db_connection *connection,
                                                                 GError **error);

/* When marks of the day ask for a challenge, on a connection that the caller holds. */
bool service_institution_challenge_on(struct db_connection *connection,
                                      enum core_rules_challenge *challenge, GError **error);

/* A change: what is NULL stays as it is. */
struct service_mailing_input {
    const char *frequency;
    const gint64 *weekday;
    const char *at; /* "07:30" */
    const char *format;
};

struct service_institution_input {
    const char *name;
    const char *email_domain; /* "": any */
    const char *time_zone;
    const char *late_after; /* "09:00" or "09:00:00" */
    const char *absent_after;
    const char *challenge; /* "doubt", "never", "always" */
    const char *language;
    const char *paper;
    const char *mail_sender; /* "": the name */
    struct service_mailing_input student_report, teacher_report;
    const char *const *warnings; /* "absence", "consecutive", "at_risk"; NULL-terminated */
    const char *short_name;      /* "": the name */
    const char *accent;          /* "#rrggbb"; "": the program's */
    const struct service_retention_input *retention; /* retention.h */
};

/* The names of enum service_warning that are set, in a new array; g_strfreev() it. */
char **service_warning_names(unsigned warnings);

/*
 * Administrators. What changes is logged from → to, in the same transaction. BASE_ERROR_INVALID
 * names the field ("name", "email_domain", "time_zone", "late_after", "absent_after", "challenge",
 * "language", "paper", "mail_sender", "student_report", "teacher_report", "warnings", "short_name",
 * "accent", with advice when it cannot be read, "retention");
 * BASE_ERROR_CONFLICT for an e-mail domain or a time zone that the configuration says.
 */
struct service_institution_settings *
service_institution_change(struct service *service, const struct service_identity *identity,
                           const struct service_institution_input *input, GError **error);

/* The logo as PNG, at most 512 pixels wide and high. NULL with BASE_ERROR_NOT_FOUND when there is
 * none. Reads the store: not with a connection, nor on an event thread. */
GBytes *service_institution_logo(struct service *service, GError **error);

/* Administrators. A JPEG, PNG or WebP picture, which is written anew. Errors of
 * face_image_decode(). */
bool service_institution_logo_set(struct service *service, const struct service_identity *identity,
                                  const void *data, size_t size, GError **error);
bool service_institution_logo_delete(struct service *service,
                                     const struct service_identity *identity, GError **error);

/* Deletes what replaced logos left in the store when the program ended at that moment. */
bool service_institution_logo_collect(struct service *service, GError **error);

#endif
