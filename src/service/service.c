#include "service/service.h"

#include "db/query/audit.h"
#include "db/query/course.h"
#include "db/query/group.h"
#include "db/query/institution.h"
#include "service/internal.h"
#include "service/keys.h"
#include "service/live.h"
#include "service/picture.h"

#include <string.h>

enum {
    SESSION_SECONDS_DEFAULT = 12 * 3600,
    FACES_MAX_DEFAULT = 12,
    FRAME_DAYS_DEFAULT = 30,
};

static char *text_or_null(const char *text)
{
    return text && *text ? g_strdup(text) : NULL;
}

struct service *service_create(const struct service_options *options, GError **error)
{
    struct service *service = g_new0(struct service, 1);

    g_mutex_init(&service->enrol_lock);
    g_mutex_init(&service->gallery_lock);
    g_mutex_init(&service->images_lock);
    g_mutex_init(&service->open_lock);
    g_mutex_init(&service->doubts_lock);
    g_mutex_init(&service->live_lock);
    g_mutex_init(&service->dashboard_lock);
    g_mutex_init(&service->jobs_lock);
    g_cond_init(&service->jobs_wake);
    service->gallery_people = g_hash_table_new_full(base_uuid_hash, base_uuid_equal, g_free, NULL);
    service->db = options->db;
    service->keys = options->keys;
    service->recogniser = options->recogniser;
    service->email_domain = text_or_null(options->email_domain);
    service->time_zone = text_or_null(options->time_zone);
    service->session = BASE_TIME_SECOND * (options->session_seconds > 0 ? options->session_seconds
                                                                        : SESSION_SECONDS_DEFAULT);
    service->faces_max = options->faces_max > 0 ? options->faces_max : FACES_MAX_DEFAULT;
    service->self_registration = !options->no_self_registration;
    service->liveness = !options->no_liveness;
    service->webhooks_private = options->webhooks_private;
    service->images = options->images;
    service_mail_options_init(&service->mail, &options->mail);
    if (service->images.mark_frame_days <= 0)
        service->images.mark_frame_days = FRAME_DAYS_DEFAULT;
    if (service->time_zone)
        service->zone = core_time_zone_load(service->time_zone, error);
    if (!service->time_zone || service->zone)
        service->tokens = auth_tokens_create(options->keys, error);
    if (!service->tokens) {
        service_destroy(service);
        return NULL;
    }
    service->limiter = auth_limiter_create(options->rates);
    if (service->images.store && service->images.keep_mark_frames) {
        service->frames = service_frames_create(service, error);
        if (!service->frames) {
            service_destroy(service);
            return NULL;
        }
    }
    return service;
}

void service_destroy(struct service *service)
{
    if (!service)
        return;
    service_live_stop(service);
    service_frames_destroy(service->frames);
    auth_limiter_destroy(service->limiter);
    auth_tokens_destroy(service->tokens);
    g_hash_table_destroy(service->gallery_people);
    if (service->zone)
        g_time_zone_unref(service->zone);
    g_free(service->time_zone);
    g_free(service->email_domain);
    g_free(service->images_prefix);
    service_mail_options_finish(&service->mail);
    g_cond_clear(&service->jobs_wake);
    g_mutex_clear(&service->jobs_lock);
    g_mutex_clear(&service->images_lock);
    g_mutex_clear(&service->open_lock);
    g_mutex_clear(&service->live_lock);
    g_clear_pointer(&service->open_people, g_array_unref);
    g_mutex_clear(&service->doubts_lock);
    g_clear_pointer(&service->doubts, g_hash_table_unref);
    g_mutex_clear(&service->dashboard_lock);
    g_clear_pointer(&service->dashboard, g_hash_table_unref);
    g_mutex_clear(&service->gallery_lock);
    g_mutex_clear(&service->enrol_lock);
    g_free(service);
}

struct db *service_db(struct service *service)
{
    return service->db;
}

struct recogniser *service_recogniser(struct service *service)
{
    return service->recogniser;
}

bool service_identity_local(struct service *service, struct service_identity *identity,
                            GError **error)
{
    g_autoptr(core_institution) institution = service_institution(service, error);

    if (!institution)
        return false;
    *identity = (struct service_identity){
        .institution_id = institution->id,
        .role = CORE_ROLE_ADMIN,
    };
    return true;
}

struct core_institution *service_institution_on(struct service *service,
                                                struct db_connection *connection, GError **error)
{
    struct core_institution *institution = db_institution_first(connection, error);

    if (!institution)
        return NULL;
    if (service->email_domain) {
        g_free(institution->email_domain);
        institution->email_domain = g_strdup(service->email_domain);
    }
    if (service->time_zone) {
        g_free(institution->time_zone);
        institution->time_zone = g_strdup(service->time_zone);
    }
    return institution;
}

struct core_institution *service_institution(struct service *service, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    return connection ? service_institution_on(service, connection, error) : NULL;
}

GTimeZone *service_zone_of(struct service *service, const struct core_institution *institution,
                           GError **error)
{
    if (service->zone)
        return g_time_zone_ref(service->zone);
    return core_time_zone_load(
        institution->time_zone ? institution->time_zone : CORE_TIME_ZONE_DEFAULT, error);
}

GTimeZone *service_time_zone(struct service *service, GError **error)
{
    if (service->zone)
        return g_time_zone_ref(service->zone);
    g_autoptr(core_institution) institution = service_institution(service, error);
    return institution ? service_zone_of(service, institution, error) : NULL;
}

bool service_today_on(struct service *service, struct db_connection *connection,
                      char today[CORE_DAY_SIZE], GError **error)
{
    g_autoptr(core_institution) institution = service_institution_on(service, connection, error);
    GTimeZone *zone = institution ? service_zone_of(service, institution, error) : NULL;
    const bool ok = zone && core_day_of_time(zone, base_time_now(), today, error);

    if (zone)
        g_time_zone_unref(zone);
    return ok;
}

bool service_day_check(const char *day, const char *field, GError **error)
{
    return (day && core_day_is_valid(day)) ||
           base_fail(error, BASE_ERROR_INVALID, "%s must be a date such as 2026-03-01.", field);
}

bool service_taken(GError **error, GError *problem, const char *column, const char *sentence)
{
    if (!db_conflict_is(problem, column)) {
        g_propagate_error(error, problem);
        return false;
    }
    g_error_free(problem);
    return base_fail(error, BASE_ERROR_CONFLICT, "%s", sentence);
}

void service_change_note(json_t *details, const char *field, const char *from, const char *to)
{
    if (g_strcmp0(from, to) == 0)
        return;
    json_t *change = json_object();
    json_object_set_new(change, "from", base_json_text_or_null(from));
    json_object_set_new(change, "to", base_json_text_or_null(to));
    json_object_set_new(details, field, change);
}

void service_change_note_id(json_t *details, const char *field, const struct base_uuid *from,
                            const struct base_uuid *to)
{
    char from_text[BASE_UUID_TEXT_SIZE], to_text[BASE_UUID_TEXT_SIZE];

    service_change_note(details, field,
                        base_uuid_is_nil(from) ? NULL : base_uuid_format(from, from_text),
                        base_uuid_is_nil(to) ? NULL : base_uuid_format(to, to_text));
}

bool service_limit(struct service *service, enum auth_limit limit, const char *key,
                   int *retry_after, GError **error)
{
    int seconds = 0;

    if (!key || auth_limiter_take(service->limiter, limit, key, base_time_now(), &seconds))
        return true;
    if (retry_after)
        *retry_after = seconds;
    return base_fail(error, BASE_ERROR_RATE_LIMITED, "Too many attempts; please try again in %d s.",
                     seconds);
}

const char *service_error_field(const GError *error)
{
    static const char *const fields[] = {
        "name",
        "email",
        "password",
        "age",
        "date_of_birth",
        "group_id",
        "role",
        "image",
        "reason",
        "status",
        "day",
        "source",
        "profile_image_url",
        "active",
        "first_day",
        "last_day",
        "code",
        "capacity",
        "term_id",
        "subject_id",
        "policy_id",
        "user_id",
        "course_id",
        "student_number",
        "language",
        "consent_version",
        "text",
        "short_name",
        "accent",
        "retention",
        "mark_picture_days",
        "review_days",
        "audit_months",
        "left_months",
        "counter",
        "from",
        "to",
        "state",
        "rules",
        "answer",
        "decision",
        "message",
        "session_id",
        "entries",
        "sent_at",
        "pin",
        "email_domain",
        "time_zone",
        "late_after",
        "challenge",
        "challenge_id",
        "times",
        "absent_after",
        "paper",
        "mail_sender",
        "student_report",
        "teacher_report",
        "warnings",
        "kind",
        "frequency",
        "weekday",
        "at",
        "format",
        "course",
        "parameters",
        "token",
        "session",
        "user_ids",
        "start_time",
        "end_time",
        "every_weeks",
        "room_id",
        "title",
        "note",
    };

    if (!g_error_matches(error, BASE_ERROR, BASE_ERROR_INVALID) &&
        !g_error_matches(error, BASE_ERROR, BASE_ERROR_CONFLICT))
        return NULL;
    const size_t n = strcspn(error->message, " :");
    for (size_t i = 0; i < G_N_ELEMENTS(fields); i++)
        if (strlen(fields[i]) == n && strncmp(error->message, fields[i], n) == 0)
            return fields[i];
    return NULL;
}

bool service_audit(struct db_connection *connection, const struct service_identity *identity,
                   const char *action, const struct base_uuid *subject, json_t *details,
                   GError **error)
{
    char id[BASE_UUID_TEXT_SIZE];
    g_autofree char *text = details ? base_json_format(details) : NULL;
    struct core_audit entry = {
        .happened_at = base_time_now(),
        .action = (char *)action,
        .subject = subject ? base_uuid_format(subject, id) : NULL,
        .details = text,
    };

    if (identity)
        entry.actor_id = identity->user_id;
    json_decref(details);
    return db_audit_append(connection, &entry, error);
}

/* Whether the person is a student of the caller's: of a group, or of a course. What a course's
 * teacher writes is its own marks, which service_course_allow() lets them. */
static bool is_taught(struct db_connection *connection, const struct service_identity *identity,
                      enum core_action action, const struct base_uuid *subject, bool *taught,
                      GError **error)
{
    if (!db_group_is_student_of(connection, subject, &identity->user_id, taught, error))
        return false;
    return *taught || action == CORE_ACTION_ATTENDANCE_WRITE ||
           db_course_is_student_of(connection, subject, &identity->user_id, taught, error);
}

bool service_allow(struct db_connection *connection, const struct service_identity *identity,
                   enum core_action action, const struct base_uuid *subject, GError **error)
{
    const struct core_viewer viewer = {.user_id = identity->user_id, .role = identity->role};
    bool taught = false;

    if (core_permission_allows(&viewer, action, subject, false))
        return true;
    if (core_permission_scope(identity->role, action) == CORE_SCOPE_TAUGHT &&
        !is_taught(connection, identity, action, subject, &taught, error))
        return false;
    return core_permission_allows(&viewer, action, subject, taught) ||
           base_fail(error, BASE_ERROR_FORBIDDEN, "You are not allowed to do this.");
}

bool service_allow_all(const struct service_identity *identity, enum core_action action,
                       GError **error)
{
    return core_permission_scope(identity->role, action) == CORE_SCOPE_ALL ||
           base_fail(error, BASE_ERROR_FORBIDDEN, "You are not allowed to do this.");
}

bool service_allow_staff(const struct service_identity *identity, GError **error)
{
    return identity->role != CORE_ROLE_STUDENT ||
           base_fail(error, BASE_ERROR_FORBIDDEN, "You are not allowed to do this.");
}

bool service_group_check(struct db_connection *connection, const struct base_uuid *group_id,
                         GError **error)
{
    GError *problem = NULL;

    if (base_uuid_is_nil(group_id))
        return true;
    g_autoptr(core_group) group = db_group_find(connection, group_id, &problem);
    if (group)
        return true;
    if (g_error_matches(problem, BASE_ERROR, BASE_ERROR_NOT_FOUND)) {
        g_clear_error(&problem);
        return base_fail(error, BASE_ERROR_INVALID, "group_id names a group that is not there.");
    }
    g_propagate_error(error, problem);
    return false;
}

bool service_faces_ready(struct service *service, GError **error)
{
    if (!service->recogniser)
        return base_fail(
            error, BASE_ERROR_UNAVAILABLE,
            "Face recognition is not available: it could not be loaded, and the server's "
            "log says why.");
    return service_keys_ready(service, error);
}

char *service_reason(const char *text, const char *field, GError **error)
{
    if (!text) {
        base_fail(error, BASE_ERROR_INVALID, "%s is required.", field);
        return NULL;
    }
    return base_text_name(text, field, SERVICE_REASON_MAX, error);
}
