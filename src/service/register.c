#include "service/register.h"

#include "db/query/course.h"
#include "db/query/group.h"
#include "db/query/policy.h"
#include "db/query/user.h"
#include "service/internal.h"
#include "service/standing.h"

#include <string.h>

enum { EXPORT_PAGE = 2000 /* rows */ };

/* ---- what the caller may see ---- */

static bool forbidden(GError **error)
{
    return base_fail(error, BASE_ERROR_FORBIDDEN, "You are not allowed to see this.");
}

/* Whoever sees all learns that a person, group or course is not there; the others that they may
 * not. */
static bool narrow_check_all(struct db_connection *connection,
                             const struct db_attendance_filter *filter, GError **error)
{
    if (!base_uuid_is_nil(&filter->user_id)) {
        g_autoptr(core_user) user = db_user_find(connection, &filter->user_id, error);
        if (!user)
            return false;
    }
    if (!base_uuid_is_nil(&filter->group_id)) {
        g_autoptr(core_group) group = db_group_find(connection, &filter->group_id, error);
        if (!group)
            return false;
    }
    if (!base_uuid_is_nil(&filter->course_id)) {
        g_autoptr(core_course) course = db_course_find(connection, &filter->course_id, error);
        if (!course)
            return false;
    }
    return true;
}

/* A group of which the teacher is tutor, or which attends a course of theirs. */
static bool narrow_check_group(struct db_connection *connection, const struct base_uuid *teacher_id,
                               const struct base_uuid *group_id, GError **error)
{
    const struct db_course_filter theirs = {.group_id = *group_id, .teacher_id = *teacher_id};
    const struct db_page one = {.limit = 1};
    bool taught = false;

    if (!db_group_is_taught_by(connection, group_id, teacher_id, &taught, error))
        return false;
    if (taught)
        return true;
    g_autoptr(GPtrArray) courses = db_course_list(connection, &theirs, &one, NULL, error);
    return courses && (courses->len > 0 || forbidden(error));
}

static bool narrow_taught(struct db_connection *connection, const struct service_identity *identity,
                          struct db_attendance_filter *narrow, GError **error)
{
    bool all = false;

    if (!base_uuid_is_nil(&narrow->user_id) &&
        !service_allow(connection, identity, CORE_ACTION_ATTENDANCE_READ, &narrow->user_id, error))
        return false;
    if (!base_uuid_is_nil(&narrow->group_id) &&
        !narrow_check_group(connection, &identity->user_id, &narrow->group_id, error))
        return false;
    if (!base_uuid_is_nil(&narrow->course_id) &&
        !service_standing_sees_on(connection, identity, &narrow->course_id, &all, error))
        return false;
    /* Whoever teaches a course sees all of it: then its index is the shorter way. */
    if (!all)
        narrow->teacher_id = identity->user_id;
    return true;
}

static bool narrow_own(struct db_connection *connection, const struct service_identity *identity,
                       struct db_attendance_filter *narrow, GError **error)
{
    bool all;

    if (!base_uuid_is_nil(&narrow->user_id) &&
        !base_uuid_equal(&narrow->user_id, &identity->user_id))
        return forbidden(error);
    narrow->user_id = identity->user_id;
    return base_uuid_is_nil(&narrow->course_id) ||
           service_standing_sees_on(connection, identity, &narrow->course_id, &all, error);
}

bool service_register_code_check(struct db_connection *connection, const char *code, GError **error)
{
    g_autoptr(GPtrArray) policies = db_policy_list(connection, NULL, NULL, error);
    struct core_rules rules;

    for (guint i = 0; policies && i < policies->len; i++) {
        const struct db_policy *policy = policies->pdata[i];
        if (core_rules_parse(policy->rules, &rules, NULL) && core_rules_status_find(&rules, code))
            return true;
    }
    return policies &&
           base_fail(error, BASE_ERROR_INVALID,
                     "status must be present, late, absent, excused or the code of a status "
                     "that a policy has.");
}

/* Writes into `narrow` what is left of the filter for this caller. */
static bool narrow_filter(struct db_connection *connection, const struct service_identity *identity,
                          const struct db_attendance_filter *filter,
                          struct db_attendance_filter *narrow, GError **error)
{
    *narrow = filter ? *filter : DB_ATTENDANCE_FILTER_ALL;
    if ((narrow->from_day && !core_day_is_valid(narrow->from_day)) ||
        (narrow->to_day && !core_day_is_valid(narrow->to_day)))
        return base_fail(error, BASE_ERROR_INVALID, "day must be a date such as 2026-03-12.");
    if (narrow->status_code && !service_register_code_check(connection, narrow->status_code, error))
        return false;
    switch (core_permission_scope(identity->role, CORE_ACTION_ATTENDANCE_READ)) {
    case CORE_SCOPE_ALL:
        return narrow_check_all(connection, narrow, error);
    case CORE_SCOPE_TAUGHT:
        return narrow_taught(connection, identity, narrow, error);
    case CORE_SCOPE_OWN:
        return narrow_own(connection, identity, narrow, error);
    default:
        return forbidden(error);
    }
}

bool service_register_narrow_on(struct db_connection *connection,
                                const struct service_identity *identity,
                                struct db_attendance_filter *filter, GError **error)
{
    const struct db_attendance_filter asked = *filter;

    return narrow_filter(connection, identity, &asked, filter, error);
}

GPtrArray *service_register_list(struct service *service, const struct service_identity *identity,
                                 const struct db_attendance_filter *filter,
                                 const struct db_page *page, gint64 *total, GError **error)
{
    struct db_attendance_filter narrow;
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    if (!connection || !narrow_filter(connection, identity, filter, &narrow, error))
        return NULL;
    return db_attendance_list(connection, &narrow, page, total, error);
}

/* Teachers see the marks of courses that they teach, and all of students in groups of theirs. */
static bool may_see(struct db_connection *connection, const struct service_identity *identity,
                    const struct core_attendance *mark, bool *may, GError **error)
{
    *may = base_uuid_equal(&mark->user_id, &identity->user_id) || identity->role == CORE_ROLE_ADMIN;
    if (*may || identity->role != CORE_ROLE_TEACHER)
        return true;
    if (!db_group_is_student_of(connection, &mark->user_id, &identity->user_id, may, error))
        return false;
    return *may || base_uuid_is_nil(&mark->course_id) ||
           db_course_is_taught_by(connection, &mark->course_id, &identity->user_id, may, error);
}

struct core_attendance *service_register_find(struct service *service,
                                              const struct service_identity *identity,
                                              const struct base_uuid *id, GError **error)
{
    bool may = false;
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    g_autoptr(core_attendance) mark = connection ? db_attendance_find(connection, id, error) : NULL;

    if (!mark || !may_see(connection, identity, mark, &may, error))
        return NULL;
    if (may)
        return g_steal_pointer(&mark);
    base_fail(error, BASE_ERROR_NOT_FOUND, "There is no such mark.");
    return NULL;
}

bool service_register_count(struct service *service, const struct service_identity *identity,
                            const struct db_attendance_filter *filter,
                            struct core_statistics *statistics, GError **error)
{
    struct db_attendance_filter narrow;
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    return connection && narrow_filter(connection, identity, filter, &narrow, error) &&
           db_attendance_count(connection, &narrow, statistics, error);
}

/* ---- CSV ---- */

struct export_work {
    const struct service_identity *identity;
    const struct db_attendance_filter *filter;
    GTimeZone *zone;
    service_register_sink sink;
    gpointer user;
    bool begun; /* something was handed out, which cannot be taken back */
};

/* RFC 4180 quoting. Spreadsheets run a cell that begins with one of = + - @ or a control character;
 * an apostrophe in front makes it text. */
static void csv_cell(GString *line, const char *text)
{
    if (line->len > 0 && line->str[line->len - 1] != '\n')
        g_string_append_c(line, ',');
    if (!text)
        return;
    const char *first = text + strspn(text, " ");
    const bool formula = *first && strchr("=+-@\t\r\n|", *first);
    const bool quoted = strpbrk(text, ",\"\r\n") != NULL;
    if (quoted)
        g_string_append_c(line, '"');
    if (formula)
        g_string_append_c(line, '\'');
    for (const char *at = text; *at; at++) {
        if (*at == '"')
            g_string_append_c(line, '"');
        g_string_append_c(line, *at);
    }
    if (quoted)
        g_string_append_c(line, '"');
}

static void csv_mark(GString *text, const struct core_attendance *mark, GTimeZone *zone, bool staff)
{
    char utc[BASE_TIME_TEXT_SIZE], local[BASE_TIME_TEXT_SIZE], id[BASE_UUID_TEXT_SIZE];
    char clock[sizeof "00:00:00"];

    base_time_format_in(mark->marked_at, zone, local);
    g_strlcpy(clock, strchr(local, 'T') + 1, sizeof clock);
    const char *cells[] = {
        mark->local_day,
        clock,
        mark->user_name,
        mark->group_name,
        core_status_name(mark->status),
        core_method_name(mark->method),
        staff ? mark->note : NULL, /* between those who may correct */
        base_uuid_format(&mark->user_id, id),
        base_time_format(mark->marked_at, utc),
        mark->course_name,
        mark->status_code,
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cells); i++)
        csv_cell(text, cells[i]);
    g_string_append(text, "\r\n");
}

static bool export_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct export_work *work = data;
    struct db_attendance_filter narrow;
    struct db_page page = {.limit = EXPORT_PAGE};

    if (work->begun)
        return base_fail(error, BASE_ERROR_UNAVAILABLE,
                         "The connection to the database was lost in the middle of the "
                         "export. Please export again.");
    if (!narrow_filter(connection, work->identity, work->filter, &narrow, error))
        return false;
    for (;; page.offset += EXPORT_PAGE) {
        g_autoptr(GPtrArray) marks = db_attendance_list(connection, &narrow, &page, NULL, error);
        if (!marks)
            return false;
        g_autoptr(GString) text = g_string_new(NULL);
        for (guint i = 0; i < marks->len; i++)
            csv_mark(text, marks->pdata[i], work->zone, work->identity->role != CORE_ROLE_STUDENT);
        work->begun = work->begun || text->len > 0;
        if (text->len > 0 && !work->sink(text->str, text->len, work->user, error))
            return false;
        if (marks->len < EXPORT_PAGE)
            return true;
    }
}

bool service_register_export_csv(struct service *service, const struct service_identity *identity,
                                 const struct db_attendance_filter *filter, bool excel,
                                 service_register_sink sink, gpointer user, GError **error)
{
    static const char mark[] = "\xEF\xBB\xBF";
    static const char head[] = "day,time,name,group,status,method,note,user_id,marked_at,"
                               "course,status_code\r\n";
    struct export_work work = {identity, filter, NULL, sink, user, false};

    work.zone = service_time_zone(service, error);
    g_autoptr(db_connection) connection = work.zone ? db_acquire(service->db, error) : NULL;
    const bool ok = connection && (!excel || sink(mark, sizeof mark - 1, user, error)) &&
                    sink(head, sizeof head - 1, user, error) &&
                    db_snapshot_on(connection, export_body, &work, error);
    if (work.zone)
        g_time_zone_unref(work.zone);
    return ok;
}

/* ---- the audit log ---- */

GPtrArray *service_audit_list(struct service *service, const struct service_identity *identity,
                              const struct db_audit_filter *filter, const struct db_page *page,
                              gint64 *total, GError **error)
{
    if (!service_allow_all(identity, CORE_ACTION_AUDIT_READ, error))
        return NULL;
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    return connection ? db_audit_list(connection, filter, page, total, error) : NULL;
}
