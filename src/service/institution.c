#include "service/institution.h"

#include "base/text.h"
#include "db/query/institution.h"
#include "db/query/setting.h"
#include "service/branding.h"
#include "service/internal.h"
#include "service/retention.h"
#include "service/timetable.h"

#include <string.h>

/* One setting holds what the institution's row does not, as a JSON object. */
#define SETTING "institution.settings"
#define LOGO_SETTING "institution.logo"

#define LANGUAGE_DEFAULT "es"

enum { SHORT_NAME_MAX = 24 /* characters */ };

static const char *const FREQUENCIES[SERVICE_FREQUENCY_N] = {"off", "daily", "weekly",
                                                             "course_end"};
static const char *const WARNINGS[] = {"absence", "consecutive", "at_risk"};
static const char *const LANGUAGES[] = {"es", "en"};

const char *service_frequency_name(enum service_frequency frequency)
{
    return (unsigned)frequency < SERVICE_FREQUENCY_N ? FREQUENCIES[frequency] : NULL;
}

bool service_frequency_from_name(const char *name, enum service_frequency *frequency)
{
    const int index = base_text_index(FREQUENCIES, SERVICE_FREQUENCY_N, name);

    if (index >= 0)
        *frequency = (enum service_frequency)index;
    return index >= 0;
}

char **service_warning_names(unsigned warnings)
{
    g_autoptr(GStrvBuilder) names = g_strv_builder_new();

    for (guint i = 0; i < G_N_ELEMENTS(WARNINGS); i++)
        if (warnings & 1u << i)
            g_strv_builder_add(names, WARNINGS[i]);
    return g_strv_builder_end(names);
}

void service_institution_settings_free(struct service_institution_settings *institution)
{
    if (!institution)
        return;
    g_free(institution->name);
    g_free(institution->email_domain);
    g_free(institution->time_zone);
    g_free(institution->language);
    g_free(institution->mail_sender);
    g_free(institution->logo_key);
    g_free(institution->short_name);
    g_free(institution->accent);
    g_free(institution);
}

/* ---- reading what is stored ---- */

static void read_mailing(json_t *object, struct service_mailing *mailing)
{
    const char *frequency = NULL, *format = NULL;
    gint64 weekday = mailing->weekday, at = mailing->at_second;
    const struct base_json_field fields[] = {
        {"frequency", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &frequency},
        {"weekday", BASE_JSON_INTEGER, BASE_JSON_OPTIONAL, &weekday, .min = 1, .max = 7},
        {"at_second", BASE_JSON_INTEGER, BASE_JSON_OPTIONAL, &at, .min = 0, .max = 86399},
        {"format", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &format},
    };

    if (!object || !base_json_read(object, fields, G_N_ELEMENTS(fields), NULL))
        return;
    (void)service_frequency_from_name(frequency, &mailing->frequency);
    (void)report_format_from_name(format, &mailing->format);
    mailing->weekday = (gint32)weekday;
    mailing->at_second = (gint32)at;
}

static bool warnings_of(json_t *names, unsigned *warnings)
{
    unsigned found = 0;
    size_t i;
    json_t *name;

    json_array_foreach(names, i, name)
    {
        const int index =
            base_text_index(WARNINGS, G_N_ELEMENTS(WARNINGS), json_string_value(name));
        if (index < 0)
            return false;
        found |= 1u << index;
    }
    *warnings = found;
    return true;
}

/* A setting that somebody has damaged by hand counts as not set. */
static void read_settings(const char *text, struct service_institution_settings *institution)
{
    const char *language = NULL, *paper = NULL, *sender = NULL, *challenge = NULL;
    const char *short_name = NULL, *accent = NULL;
    json_t *student = NULL, *teacher = NULL, *warnings = NULL;
    const struct base_json_field fields[] = {
        {"language", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &language},
        {"paper", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &paper},
        {"mail_sender", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &sender},
        {"student_report", BASE_JSON_OBJECT, BASE_JSON_OPTIONAL, &student},
        {"teacher_report", BASE_JSON_OBJECT, BASE_JSON_OPTIONAL, &teacher},
        {"warnings", BASE_JSON_ARRAY, BASE_JSON_OPTIONAL, &warnings},
        {"challenge", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &challenge},
        {"short_name", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &short_name},
        {"accent", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &accent},
    };
    g_autoptr(json_t) object = text ? base_json_parse(text, strlen(text), NULL) : NULL;

    if (object && !base_json_read(object, fields, G_N_ELEMENTS(fields), NULL))
        g_warning("The setting %s is damaged; the defaults count.", SETTING);
    const int index = base_text_index(LANGUAGES, G_N_ELEMENTS(LANGUAGES), language);
    institution->language = g_strdup(LANGUAGES[MAX(index, 0)]);
    (void)report_paper_from_name(paper, &institution->paper);
    (void)core_rules_challenge_from_name(challenge, &institution->challenge);
    institution->mail_sender = g_strdup(sender && *sender ? sender : institution->name);
    institution->short_name = short_name && *short_name ? g_strdup(short_name) : NULL;
    institution->accent = accent && *accent ? g_strdup(accent) : NULL;
    read_mailing(student, &institution->student_report);
    read_mailing(teacher, &institution->teacher_report);
    if (warnings)
        (void)warnings_of(warnings, &institution->warnings);
}

struct service_institution_settings *service_institution_read_on(struct service *service,
                                                                 struct db_connection *connection,
                                                                 GError **error)
{
    static const struct service_mailing OFF = {
        .weekday = 1, .at_second = 7 * 3600, .format = REPORT_FORMAT_PDF};
    g_autofree char *text = NULL, *logo = NULL;
    g_autoptr(core_institution) row = service_institution_on(service, connection, error);

    if (!row || !db_setting_get(connection, SETTING, &text, error) ||
        !db_setting_get(connection, LOGO_SETTING, &logo, error))
        return NULL;
    struct service_institution_settings *institution =
        g_new0(struct service_institution_settings, 1);
    *institution = (struct service_institution_settings){
        .id = row->id,
        .name = g_steal_pointer(&row->name),
        .email_domain = g_steal_pointer(&row->email_domain),
        .time_zone =
            row->time_zone ? g_steal_pointer(&row->time_zone) : g_strdup(CORE_TIME_ZONE_DEFAULT),
        .email_domain_is_fixed = service->email_domain != NULL,
        .time_zone_is_fixed = service->time_zone != NULL,
        .policy = row->policy,
        .student_report = OFF,
        .teacher_report = OFF,
        .logo_key = g_steal_pointer(&logo),
        .updated_at = row->updated_at,
    };
    read_settings(text, institution);
    return institution;
}

bool service_institution_challenge_on(struct db_connection *connection,
                                      enum core_rules_challenge *challenge, GError **error)
{
    g_autofree char *text = NULL;

    *challenge = CORE_RULES_CHALLENGE_DOUBT;
    if (!db_setting_get(connection, SETTING, &text, error))
        return false;
    g_autoptr(json_t) object = text ? base_json_parse(text, strlen(text), NULL) : NULL;
    (void)core_rules_challenge_from_name(json_string_value(json_object_get(object, "challenge")),
                                         challenge);
    return true;
}

struct service_institution_settings *service_institution_read(struct service *service,
                                                              GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    return connection ? service_institution_read_on(service, connection, error) : NULL;
}

/* ---- a change ---- */

/* "9:00", "09:00" or "09:00:00". */
static bool read_clock(const char *text, const char *field, gint32 *second, GError **error)
{
    g_auto(GStrv) parts = g_strsplit(text, ":", 4);
    const guint n = g_strv_length(parts);
    static const guint64 MAX[3] = {23, 59, 59};
    guint64 value[3] = {0};
    bool ok = n == 2 || n == 3;

    for (guint i = 0; ok && i < n; i++)
        ok = strlen(parts[i]) <= 2 &&
             g_ascii_string_to_unsigned(parts[i], 10, 0, MAX[i], &value[i], NULL);
    if (!ok)
        return base_fail(error, BASE_ERROR_INVALID, "%s must be a time such as 09:00.", field);
    *second = (gint32)(value[0] * 3600 + value[1] * 60 + value[2]);
    return true;
}

static void replace(char **text, char *by)
{
    g_free(*text);
    *text = by;
}

static bool apply_email_domain(const struct service_institution_input *input,
                               struct service_institution_settings *institution, GError **error)
{
    if (!input->email_domain)
        return true;
    g_autofree char *domain = g_ascii_strdown(input->email_domain, -1);
    g_strstrip(domain);
    if (g_strcmp0(domain, institution->email_domain ? institution->email_domain : "") == 0)
        return true;
    if (institution->email_domain_is_fixed)
        return base_fail(error, BASE_ERROR_CONFLICT,
                         "email_domain is set by the configuration (PRESENTE_EMAIL_DOMAIN).");
    if (*domain) {
        g_autofree char *address = g_strdup_printf("a@%s%s", *domain == '.' ? "a" : "", domain);
        g_autofree char *valid = base_text_email(address, NULL);
        if (!valid)
            return base_fail(error, BASE_ERROR_INVALID,
                             "email_domain must be a domain such as uni.edu.");
    }
    replace(&institution->email_domain, *domain ? g_steal_pointer(&domain) : NULL);
    return true;
}

static bool apply_time_zone(const struct service_institution_input *input,
                            struct service_institution_settings *institution, GError **error)
{
    if (!input->time_zone || strcmp(input->time_zone, institution->time_zone) == 0)
        return true;
    if (institution->time_zone_is_fixed)
        return base_fail(error, BASE_ERROR_CONFLICT,
                         "time_zone is set by the configuration (PRESENTE_TIME_ZONE).");
    GTimeZone *zone = core_time_zone_load(input->time_zone, NULL);
    if (!zone)
        return base_fail(error, BASE_ERROR_INVALID, "time_zone must be a name such as %s.",
                         CORE_TIME_ZONE_DEFAULT);
    g_time_zone_unref(zone);
    replace(&institution->time_zone, g_strdup(input->time_zone));
    return true;
}

static bool apply_names(const struct service_institution_input *input,
                        struct service_institution_settings *institution, GError **error)
{
    const bool own_sender = strcmp(institution->mail_sender, institution->name) != 0;

    if (input->name) {
        char *name = base_text_name(input->name, "name", SERVICE_NAME_MAX, error);
        if (!name)
            return false;
        replace(&institution->name, name);
        if (!own_sender)
            replace(&institution->mail_sender, g_strdup(name));
    }
    if (input->mail_sender) {
        char *sender = *input->mail_sender ? base_text_name(input->mail_sender, "mail_sender",
                                                            SERVICE_NAME_MAX, error)
                                           : g_strdup(institution->name);
        if (!sender)
            return false;
        replace(&institution->mail_sender, sender);
    }
    if (input->language) {
        const int index = base_text_index(LANGUAGES, G_N_ELEMENTS(LANGUAGES), input->language);
        if (index < 0)
            return base_fail(error, BASE_ERROR_INVALID, "language must be es or en.");
        replace(&institution->language, g_strdup(LANGUAGES[index]));
    }
    return !input->paper || report_paper_from_name(input->paper, &institution->paper) ||
           base_fail(error, BASE_ERROR_INVALID, "paper must be a4 or letter.");
}

static bool apply_policy(const struct service_institution_input *input,
                         struct service_institution_settings *institution, GError **error)
{
    struct core_policy *policy = &institution->policy;

    if ((input->late_after &&
         !read_clock(input->late_after, "late_after", &policy->late_after, error)) ||
        (input->absent_after &&
         !read_clock(input->absent_after, "absent_after", &policy->absent_after, error)))
        return false;
    if (input->challenge &&
        !core_rules_challenge_from_name(input->challenge, &institution->challenge))
        return base_fail(error, BASE_ERROR_INVALID, "challenge must be doubt, never or always.");
    return core_policy_validate(policy, NULL) ||
           base_fail(error, BASE_ERROR_INVALID,
                     "absent_after must not be earlier than late_after.");
}

static bool apply_mailing(const char *field, const struct service_mailing_input *input,
                          struct service_mailing *mailing, GError **error)
{
    if (input->frequency && !service_frequency_from_name(input->frequency, &mailing->frequency))
        return base_fail(error, BASE_ERROR_INVALID,
                         "%s: frequency must be off, daily, weekly or course_end.", field);
    if (input->weekday && (*input->weekday < 1 || *input->weekday > 7))
        return base_fail(error, BASE_ERROR_INVALID,
                         "%s: weekday must be between 1 (Monday) and 7 (Sunday).", field);
    if (input->weekday)
        mailing->weekday = (gint32)*input->weekday;
    if (input->at && !read_clock(input->at, field, &mailing->at_second, error))
        return false;
    enum report_format format = mailing->format;
    if (input->format &&
        (!report_format_from_name(input->format, &format) || format == REPORT_FORMAT_JSON))
        return base_fail(error, BASE_ERROR_INVALID, "%s: format must be pdf, xlsx or csv.", field);
    mailing->format = format;
    return true;
}

static bool apply_warnings(const struct service_institution_input *input,
                           struct service_institution_settings *institution, GError **error)
{
    unsigned warnings = 0;

    for (const char *const *name = input->warnings; name && *name; name++) {
        const int index = base_text_index(WARNINGS, G_N_ELEMENTS(WARNINGS), *name);
        if (index < 0)
            return base_fail(error, BASE_ERROR_INVALID,
                             "warnings may hold absence, consecutive and at_risk.");
        warnings |= 1u << index;
    }
    if (input->warnings)
        institution->warnings = warnings;
    return true;
}

/* What the pages' colour and the short name become. */
static bool apply_branding(const struct service_institution_input *input,
                           struct service_institution_settings *institution, GError **error)
{
    if (input->short_name) {
        char *name = *input->short_name
                         ? base_text_name(input->short_name, "short_name", SHORT_NAME_MAX, error)
                         : NULL;
        if (*input->short_name && !name)
            return false;
        replace(&institution->short_name, name);
    }
    if (input->accent) {
        char *accent = *input->accent ? service_branding_accent(input->accent, error) : NULL;
        if (*input->accent && !accent)
            return false;
        replace(&institution->accent, accent);
    }
    return true;
}

static json_t *mailing_json(const struct service_mailing *mailing)
{
    return json_pack("{s:s, s:i, s:i, s:s}", "frequency", FREQUENCIES[mailing->frequency],
                     "weekday", mailing->weekday, "at_second", mailing->at_second, "format",
                     report_format_name(mailing->format));
}

static char *settings_text(const struct service_institution_settings *institution)
{
    g_auto(GStrv) names = service_warning_names(institution->warnings);
    json_t *warnings = json_array();
    const bool own_sender = strcmp(institution->mail_sender, institution->name) != 0;

    for (char **name = names; *name; name++)
        json_array_append_new(warnings, json_string(*name));
    g_autoptr(json_t) object =
        json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:s, s:s}", "challenge",
                  core_rules_challenge_name(institution->challenge), "language",
                  institution->language, "paper", report_paper_name(institution->paper),
                  "mail_sender", own_sender ? institution->mail_sender : "", "student_report",
                  mailing_json(&institution->student_report), "teacher_report",
                  mailing_json(&institution->teacher_report), "warnings", warnings, "short_name",
                  institution->short_name ? institution->short_name : "", "accent",
                  institution->accent ? institution->accent : "");
    return base_json_format(object);
}

static char *clock_text(gint32 second)
{
    return g_strdup_printf("%02d:%02d:%02d", second / 3600, second / 60 % 60, second % 60);
}

static char *mailing_text(const struct service_mailing *mailing)
{
    g_autofree char *at = clock_text(mailing->at_second);

    return g_strdup_printf("%s %d %s %s", FREQUENCIES[mailing->frequency], mailing->weekday, at,
                           report_format_name(mailing->format));
}

static void note_and_free(json_t *details, const char *field, char *from, char *to)
{
    service_change_note(details, field, from, to);
    g_free(from);
    g_free(to);
}

static json_t *changes(const struct service_institution_settings *from,
                       const struct service_institution_settings *to)
{
    json_t *details = json_object();
    g_auto(GStrv) warned = service_warning_names(from->warnings);
    g_auto(GStrv) warns = service_warning_names(to->warnings);

    service_change_note(details, "name", from->name, to->name);
    service_change_note(details, "email_domain", from->email_domain, to->email_domain);
    service_change_note(details, "time_zone", from->time_zone, to->time_zone);
    service_change_note(details, "language", from->language, to->language);
    service_change_note(details, "mail_sender", from->mail_sender, to->mail_sender);
    service_change_note(details, "paper", report_paper_name(from->paper),
                        report_paper_name(to->paper));
    service_change_note(details, "challenge", core_rules_challenge_name(from->challenge),
                        core_rules_challenge_name(to->challenge));
    note_and_free(details, "late_after", clock_text(from->policy.late_after),
                  clock_text(to->policy.late_after));
    note_and_free(details, "absent_after", clock_text(from->policy.absent_after),
                  clock_text(to->policy.absent_after));
    note_and_free(details, "student_report", mailing_text(&from->student_report),
                  mailing_text(&to->student_report));
    note_and_free(details, "teacher_report", mailing_text(&from->teacher_report),
                  mailing_text(&to->teacher_report));
    service_change_note(details, "short_name", from->short_name, to->short_name);
    service_change_note(details, "accent", from->accent, to->accent);
    note_and_free(details, "warnings", g_strjoinv(" ", warned), g_strjoinv(" ", warns));
    return details;
}

struct change_work {
    struct service *service;
    const struct service_identity *identity;
    const struct service_institution_input *input;
    struct service_institution_settings *institution; /* as it is afterwards */
};

/* What the configuration says is not written into the row: it stands in its place. */
static bool store_row(struct db_connection *connection,
                      const struct service_institution_settings *to, GError **error)
{
    g_autoptr(core_institution) row = db_institution_find(connection, &to->id, error);

    if (!row)
        return false;
    replace(&row->name, g_strdup(to->name));
    if (!to->email_domain_is_fixed)
        replace(&row->email_domain, g_strdup(to->email_domain));
    if (!to->time_zone_is_fixed)
        replace(&row->time_zone, g_strdup(to->time_zone));
    row->policy = to->policy;
    row->updated_at = to->updated_at;
    return db_institution_update(connection, row, error);
}

static bool store(struct db_connection *connection, struct change_work *work,
                  const struct service_institution_settings *from, GError **error)
{
    struct service_institution_settings *to = work->institution;
    g_autofree char *text = settings_text(to);
    json_t *details = changes(from, to);

    if (json_object_size(details) == 0) {
        json_decref(details);
        return true;
    }
    to->updated_at = base_time_now();
    if (!service_audit(connection, work->identity, "institution.update", &to->id, details, error) ||
        !store_row(connection, to, error) ||
        !db_setting_set(connection, SETTING, text, to->updated_at, error))
        return false;
    return strcmp(from->time_zone, to->time_zone) == 0 ||
           service_timetable_sync_on(work->service, connection, NULL, error);
}

static bool change_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct change_work *work = data;
    const struct service_institution_input *input = work->input;

    g_clear_pointer(&work->institution, service_institution_settings_free);
    g_autoptr(service_institution_settings) from =
        service_institution_read_on(work->service, connection, error);
    struct service_institution_settings *to =
        from ? service_institution_read_on(work->service, connection, error) : NULL;
    work->institution = to;
    return to && apply_names(input, to, error) && apply_email_domain(input, to, error) &&
           apply_time_zone(input, to, error) && apply_policy(input, to, error) &&
           apply_mailing("student_report", &input->student_report, &to->student_report, error) &&
           apply_mailing("teacher_report", &input->teacher_report, &to->teacher_report, error) &&
           apply_warnings(input, to, error) && apply_branding(input, to, error) &&
           store(connection, work, from, error) &&
           (!input->retention ||
            service_retention_change_on(work->service, connection, work->identity, input->retention,
                                        error));
}

struct service_institution_settings *
service_institution_change(struct service *service, const struct service_identity *identity,
                           const struct service_institution_input *input, GError **error)
{
    struct change_work work = {service, identity, input, NULL};

    if (!service_allow_all(identity, CORE_ACTION_SETTING_WRITE, error))
        return NULL;
    if (db_transaction(service->db, change_body, &work, error))
        return work.institution;
    service_institution_settings_free(work.institution);
    return NULL;
}
