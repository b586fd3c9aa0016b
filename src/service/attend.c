#include "service/attend.h"

#include "core/session_choice.h"
#include "db/query/attendance.h"
#include "db/query/attendance_change.h"
#include "db/query/course.h"
#include "db/query/session_open.h"
#include "db/query/user.h"
#include "service/institution.h"
#include "service/policies.h"
#include "service/webhooks.h"

#include <string.h>

void service_attend_clear(struct service_attend *attend)
{
    g_clear_pointer(&attend->attendance, core_attendance_free);
    g_clear_pointer(&attend->session, core_session_free);
    g_clear_pointer(&attend->person_name, g_free);
}

void service_occasion_of_session(const struct base_uuid *id, char occasion[CORE_OCCASION_SIZE])
{
    char text[BASE_UUID_TEXT_SIZE];

    g_snprintf(occasion, CORE_OCCASION_SIZE, "session:%s", base_uuid_format(id, text));
}

/* ---- what every change writes ---- */

bool service_mark_record(struct db_connection *connection, const struct core_attendance *before,
                         enum core_status status, const char *code, const struct base_uuid *by,
                         const char *reason, GError **error)
{
    struct db_attendance_change change = {
        .attendance_id = before->id,
        .changed_at = base_time_now(),
        .from_status = before->status,
        .from_code = before->status_code,
        .from_method = before->method,
        .to_status = status,
        .to_code = (char *)(code && *code ? code : NULL),
        .reason = (char *)reason,
    };

    base_uuid_new(&change.id);
    if (by)
        change.changed_by = *by;
    return db_attendance_change_insert(connection, &change, error);
}

bool service_mark_settle(struct db_connection *connection, const struct core_session *session,
                         const struct core_rules *rules, const struct core_attendance *mark,
                         GError **error)
{
    char code[CORE_RULES_CODE_SIZE];

    if (rules->scans < 2 || mark->method == CORE_METHOD_MANUAL ||
        mark->method == CORE_METHOD_AUTOMATIC || mark->method == CORE_METHOD_IMPORT)
        return true;
    const enum core_status status =
        core_rules_presence(rules, session->starts_at, session->ends_at, mark->marked_at,
                            mark->last_seen_at ? mark->last_seen_at : mark->marked_at, code);
    if (status == mark->status && g_strcmp0(mark->status_code ? mark->status_code : "", code) == 0)
        return true;
    struct core_attendance after = *mark;
    after.status = status;
    after.status_code = *code ? code : NULL;
    return service_mark_record(connection, mark, status, code, NULL, NULL, error) &&
           db_attendance_settle(connection, &mark->id, status, after.status_code, base_time_now(),
                                error) &&
           service_webhook_mark(connection, CORE_WEBHOOK_CORRECTED, &after, mark, error);
}

bool service_mark_allow(struct db_connection *connection, const struct service_identity *identity,
                        const struct base_uuid *person, const struct base_uuid *course_id,
                        GError **error)
{
    const struct core_viewer viewer = {.user_id = identity->user_id, .role = identity->role};
    bool taught = false;

    if (base_uuid_is_nil(course_id))
        return service_allow(connection, identity, CORE_ACTION_ATTENDANCE_WRITE, person, error);
    if (core_permission_scope(identity->role, CORE_ACTION_ATTENDANCE_WRITE) == CORE_SCOPE_TAUGHT &&
        !db_course_is_taught_by(connection, course_id, &identity->user_id, &taught, error))
        return false;
    return core_permission_allows(&viewer, CORE_ACTION_ATTENDANCE_WRITE, person, taught) ||
           base_fail(error, BASE_ERROR_FORBIDDEN, "You are not allowed to do this.");
}

bool service_status_read(const char *text, const struct core_rules *rules, enum core_status *status,
                         char code[CORE_RULES_CODE_SIZE], GError **error)
{
    const struct core_rules_status *own = rules ? core_rules_status_find(rules, text) : NULL;

    *code = '\0';
    if (core_status_from_name(text, status))
        return true;
    if (!own)
        return base_fail(error, BASE_ERROR_INVALID,
                         "status must be \"present\", \"late\", \"absent\" or \"excused\"%s.",
                         rules ? ", or one that the course's policy has" : "");
    *status = own->kind;
    g_strlcpy(code, own->code, CORE_RULES_CODE_SIZE);
    return true;
}

bool service_session_takes_marks(const struct core_session *session, const struct core_rules *rules,
                                 GTimeZone *zone, base_time at, GError **error)
{
    char from[BASE_TIME_TEXT_SIZE], to[BASE_TIME_TEXT_SIZE];
    base_time opens_at, closes_at;

    if (session->state != CORE_SESSION_PLANNED)
        return base_fail(error, BASE_ERROR_CONFLICT,
                         "session_id names a session that was cancelled.");
    core_rules_window(rules, session->starts_at, session->ends_at, &opens_at, &closes_at);
    if (at >= opens_at && at <= closes_at)
        return true;
    base_time_format_in(opens_at, zone, from);
    base_time_format_in(closes_at, zone, to);
    return base_fail(error, BASE_ERROR_CONFLICT,
                     "session_id names a session that takes marks from %.10s %.5s to "
                     "%.10s %.5s.",
                     from, from + 11, to, to + 11);
}

/* ---- which session ---- */

static struct core_session_candidate candidate_of(const struct db_session_open *open,
                                                  const struct core_rules *rules)
{
    struct core_session_candidate candidate = {
        .starts_at = open->session->starts_at,
        .ends_at = open->session->ends_at,
        .marked = !base_uuid_is_nil(&open->mark) && open->method != CORE_METHOD_AUTOMATIC,
    };

    core_rules_window(rules, candidate.starts_at, candidate.ends_at, &candidate.opens_at,
                      &candidate.closes_at);
    return candidate;
}

/* Leaves the session and its rules in `attend`; no session when none takes marks now. */
static bool session_find(struct db_connection *connection, struct service_attend *attend,
                         GError **error)
{
    g_autoptr(GPtrArray) open =
        db_session_open_list(connection, &attend->person, &attend->session_id, attend->at, error);
    if (!open)
        return false;
    g_autofree struct core_session_candidate *candidates =
        g_new(struct core_session_candidate, open->len);
    g_autofree struct core_rules *rules = g_new(struct core_rules, open->len);

    for (guint i = 0; i < open->len; i++) {
        const struct db_session_open *one = open->pdata[i];
        core_rules_init(&rules[i]);
        if (one->rules && !service_rules_stored(one->rules, &rules[i], error))
            return false;
        candidates[i] = candidate_of(one, &rules[i]);
    }
    const size_t chosen = core_session_choose(candidates, open->len, attend->at);
    if (chosen == open->len)
        return true;
    struct db_session_open *best = open->pdata[chosen];
    attend->session = g_steal_pointer(&best->session);
    attend->rules = rules[chosen];
    return true;
}

/* ---- the mark ---- */

/* Somebody whose faces are in use; NULL without an error when they no longer are. */
static bool person_find(struct db_connection *connection, const struct base_uuid *id,
                        struct core_user **user, GError **error)
{
    GError *problem = NULL, *trouble = NULL;
    struct core_user *found = db_user_find(connection, id, &problem);

    *user = service_user_active(found, problem, &trouble);
    if (trouble)
        g_propagate_error(error, trouble);
    return !trouble;
}

static bool audit(struct db_connection *connection, const struct service_attend *attend,
                  const char *action, GError **error)
{
    json_t *details = json_pack("{s:s, s:s}", "occasion", attend->occasion, "status",
                                core_status_name(attend->attendance->status));

    if (!base_uuid_is_nil(&attend->device_id))
        json_object_set_new(details, "device", base_json_uuid(&attend->device_id));
    return service_audit(connection, attend->identity, action, &attend->person, details, error);
}

static bool is_told(struct db_connection *connection, const struct service_attend *attend,
                    GError **error)
{
    return audit(connection, attend, "attendance.mark", error) &&
           service_webhook_mark(connection, CORE_WEBHOOK_MARKED, attend->attendance, NULL, error);
}

static bool read_again(struct db_connection *connection, struct service_attend *attend,
                       GError **error)
{
    const struct base_uuid id = attend->attendance->id;

    core_attendance_free(attend->attendance);
    attend->attendance = db_attendance_find(connection, &id, error);
    return attend->attendance != NULL;
}

/* In a session that was closed before this mark reached us its result is due at once. */
static bool settle_late(struct db_connection *connection, struct service_attend *attend,
                        GError **error)
{
    if (!attend->session || !attend->session->closed_at || attend->rules.scans < 2)
        return true;
    return service_mark_settle(connection, attend->session, &attend->rules, attend->attendance,
                               error) &&
           read_again(connection, attend, error);
}

/* The person was taken for absent when the session was closed, and here they are. */
static bool replace_automatic(struct db_connection *connection, struct service_attend *attend,
                              const struct core_attendance *mark, GError **error)
{
    struct core_attendance real = *mark;

    real.id = attend->attendance->id;
    if (!db_attendance_replace_automatic(connection, &real, &attend->is_new, error))
        return false;
    if (!attend->is_new)
        return read_again(connection, attend, error);
    return service_mark_record(connection, attend->attendance, mark->status, NULL, NULL, NULL,
                               error) &&
           read_again(connection, attend, error) && is_told(connection, attend, error) &&
           settle_late(connection, attend, error);
}

static bool see(struct db_connection *connection, struct service_attend *attend, GError **error)
{
    if (!db_attendance_see(connection, &attend->attendance->id, attend->at, SERVICE_SCANS_APART,
                           base_time_now(), &attend->seen, error))
        return false;
    return !attend->seen || (read_again(connection, attend, error) &&
                             audit(connection, attend, "attendance.scan", error) &&
                             settle_late(connection, attend, error));
}

/* Whether another scan of the mark that stands is worth a transaction. */
static bool is_another_scan(const struct service_attend *attend)
{
    const struct core_attendance *mark = attend->attendance;

    return attend->session && attend->rules.scans > 1 &&
           attend->at - MAX(mark->marked_at, mark->last_seen_at) >= SERVICE_SCANS_APART;
}

static bool mark_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct service_attend *attend = data;
    g_autoptr(core_user) user = NULL;

    g_clear_pointer(&attend->attendance, core_attendance_free);
    attend->is_new = attend->seen = false;
    if (!person_find(connection, &attend->person, &user, error))
        return false;
    attend->gone = user == NULL;
    if (attend->gone)
        return true;
    const base_time now = base_time_now();
    struct core_attendance mark = {
        .user_id = attend->person,
        .group_id = user->group_id,
        .occasion = (char *)attend->occasion,
        .local_day = (char *)attend->day,
        .marked_at = attend->at,
        .captured_at = attend->captured_at,
        .status = attend->status,
        .method = attend->method,
        .score = attend->score,
        .created_at = now,
        .updated_at = now,
    };
    base_uuid_new(&mark.id);
    if (attend->session) {
        mark.session_id = attend->session->id;
        mark.course_id = attend->session->course_id;
    }
    attend->attendance = db_attendance_mark(connection, &mark, &attend->is_new, error);
    if (!attend->attendance)
        return false;
    if (attend->is_new)
        return is_told(connection, attend, error) && settle_late(connection, attend, error);
    if (attend->attendance->method == CORE_METHOD_AUTOMATIC)
        return replace_automatic(connection, attend, &mark, error);
    return !is_another_scan(attend) || see(connection, attend, error);
}

/* The mark that is there already, without the cost of a transaction that writes. */
static bool mark_look(struct db_connection *connection, struct service_attend *attend,
                      GError **error)
{
    GError *problem = NULL;

    attend->attendance =
        db_attendance_find_occasion(connection, &attend->person, attend->occasion, &problem);
    if (attend->attendance || g_error_matches(problem, BASE_ERROR, BASE_ERROR_NOT_FOUND)) {
        g_clear_error(&problem);
        return true;
    }
    g_propagate_error(error, problem);
    return false;
}

/* Occasion, day and status of the instant: of the session that was found, else of the day. */
static bool mark_time(struct service_attend *attend, const struct core_institution *institution,
                      char day[CORE_DAY_SIZE], char occasion[CORE_OCCASION_SIZE], GError **error)
{
    attend->occasion = occasion;
    if (attend->session) {
        service_occasion_of_session(&attend->session->id, occasion);
        attend->day = attend->session->local_day;
        attend->status = core_rules_arrival(&attend->rules, attend->session->starts_at, attend->at);
        return true;
    }
    GTimeZone *zone = service_zone_of(attend->service, institution, error);
    if (!zone)
        return false;
    const bool ok = core_day_of_time(zone, attend->at, day, error);
    if (ok) {
        core_occasion_of_day(day, occasion);
        attend->day = day;
        attend->status = core_policy_status(&institution->policy, zone, attend->at);
    }
    g_time_zone_unref(zone);
    return ok;
}

bool service_attend_session(struct db_connection *connection, struct service_attend *attend,
                            GError **error)
{
    return session_find(connection, attend, error);
}

/* Who, in which session, when: all that a mark needs. `attend->gone` when there is none to make. */
static bool prepare(struct db_connection *connection, const struct core_institution *institution,
                    struct service_attend *attend, char day[CORE_DAY_SIZE],
                    char occasion[CORE_OCCASION_SIZE], GError **error)
{
    g_autoptr(core_user) user = NULL;

    if (!person_find(connection, &attend->person, &user, error))
        return false;
    attend->gone = user == NULL;
    if (attend->gone)
        return true;
    attend->person_name = g_strdup(user->name);
    if (!session_find(connection, attend, error))
        return false;
    attend->gone = !attend->session && !base_uuid_is_nil(&attend->session_id);
    return attend->gone || mark_time(attend, institution, day, occasion, error);
}

bool service_attend_within(struct db_connection *connection,
                           const struct core_institution *institution,
                           struct service_attend *attend, GError **error)
{
    char day[CORE_DAY_SIZE], occasion[CORE_OCCASION_SIZE];

    return prepare(connection, institution, attend, day, occasion, error) &&
           (attend->gone || mark_body(connection, attend, error));
}

static bool find_proof(struct db_connection *connection, struct service_attend *attend,
                       GError **error)
{
    enum core_rules_challenge challenge = attend->rules.challenge;

    if (!attend->session && !service_institution_challenge_on(connection, &challenge, error))
        return false;
    attend->proof =
        core_rules_proof(challenge, attend->doubt, attend->challenge_passed, attend->alternative);
    return true;
}

bool service_attend(struct db_connection *connection, const struct core_institution *institution,
                    struct service_attend *attend, GError **error)
{
    char day[CORE_DAY_SIZE], occasion[CORE_OCCASION_SIZE];

    if (!prepare(connection, institution, attend, day, occasion, error))
        return false;
    if (attend->gone)
        return true;
    if (attend->prove && !find_proof(connection, attend, error))
        return false;
    if (attend->proof != CORE_RULES_PROOF_ENOUGH)
        return true;
    if (!mark_look(connection, attend, error))
        return false;
    if (attend->attendance && attend->attendance->method != CORE_METHOD_AUTOMATIC &&
        !is_another_scan(attend))
        return true;
    /* The unique key decides between two marks of one person at once. */
    return db_transaction_keyed_on(connection, mark_body, attend, error);
}
