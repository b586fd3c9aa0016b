#include "service/schedule.h"

#include "core/timetable.h"
#include "db/query/course.h"
#include "db/query/setting.h"
#include "db/query/term.h"
#include "db/query/user.h"
#include "service/institution.h"
#include "service/internal.h"
#include "service/mail.h"
#include "service/outbox.h"

#include <string.h>

#define UNTIL_SETTING "mail.scheduled_until"

enum {
    PAGE = 500, /* people in one transaction */
    NOON = 12 * 3600,
    WEEK = 7,
    FORGET_DAYS = 30,
    FORGET_DEAD_DAYS = 90,
};

/* When a report goes out; a person's own schedule or the institution's. */
struct plan {
    enum db_schedule_kind kind;
    enum db_schedule_frequency frequency;
    gint32 weekday;
    gint32 at_second;
    const char *format;
};

/* One run. */
struct run {
    struct service *service;
    struct service_institution_settings *institution;
    GTimeZone *zone;
    base_time since, now; /* due after the first, up to the second */
    GHashTable *chosen;   /* "<user>:<kind>" of people with a schedule of their own */
    gint64 added;
};

/* A report that is due. */
struct due {
    gint32 first_day, last_day; /* that it tells of; 0 and 0: the whole course */
    char day[CORE_DAY_SIZE];    /* on which it is due */
};

static bool is_due(const struct run *run, gint32 day, gint32 second)
{
    const base_time at = core_timetable_instant(run->zone, day, second);

    return at > run->since && at <= run->now;
}

/* The newest time at which a daily or weekly plan was due; false when that was before. */
static bool plan_due(const struct run *run, const struct plan *plan, struct due *due)
{
    gint32 day, second;
    gint32 days = 1;

    core_timetable_read_wall(run->zone, run->now, &day, &second);
    if (core_timetable_instant(run->zone, day, plan->at_second) > run->now)
        day--;
    if (plan->frequency == DB_SCHEDULE_WEEKLY) {
        day -= (core_day_weekday(day) - plan->weekday + WEEK) % WEEK;
        days = WEEK;
    }
    if (!is_due(run, day, plan->at_second))
        return false;
    due->last_day = plan->at_second < NOON ? day - 1 : day;
    due->first_day = due->last_day - days + 1;
    core_day_from_number(day, due->day);
    return true;
}

/* ---- adding reports ---- */

static json_t *report_parameters(const struct plan *plan, const struct due *due,
                                 const struct base_uuid *user_id, const struct base_uuid *course_id)
{
    char first[CORE_DAY_SIZE], last[CORE_DAY_SIZE];
    json_t *request = json_object();

    json_object_set_new(request, plan->kind == DB_SCHEDULE_STUDENT ? "student" : "teacher",
                        base_json_uuid(user_id));
    if (!base_uuid_is_nil(course_id))
        json_object_set_new(request, "course", base_json_uuid(course_id));
    if (due->first_day || due->last_day) {
        core_day_from_number(due->first_day, first);
        core_day_from_number(due->last_day, last);
        json_object_set_new(request, "from", json_string(first));
        json_object_set_new(request, "to", json_string(last));
    }
    return json_pack("{s:s, s:o, s:s, s:b}", "report", "summary", "request", request, "format",
                     plan->format, "scheduled", true);
}

static bool add_report(struct db_connection *connection, const struct plan *plan,
                       const struct due *due, const struct base_uuid *user_id,
                       const struct base_uuid *course_id, gint64 *added, GError **error)
{
    char user[BASE_UUID_TEXT_SIZE], course[BASE_UUID_TEXT_SIZE];
    bool is_new = false;
    g_autofree char *key = g_strjoin(
        ":", "report", db_schedule_kind_name(plan->kind),
        db_schedule_frequency_name(plan->frequency), base_uuid_format(user_id, user),
        base_uuid_is_nil(course_id) ? "all" : base_uuid_format(course_id, course), due->day, NULL);

    if (!service_outbox_add(connection,
                            &(struct service_outbox_entry){
                                .channel = DB_OUTBOX_MAIL,
                                .kind = service_mail_kind_name(SERVICE_MAIL_REPORT),
                                .dedupe_key = key,
                                .user_id = *user_id,
                                .parameters = report_parameters(plan, due, user_id, course_id),
                            },
                            &is_new, error))
        return false;
    *added += is_new;
    return true;
}

/* Reports of one plan for many people, in one transaction. */
struct batch {
    struct run *run;
    const struct plan *plan;
    const struct due *due;
    const GArray *people;       /* struct base_uuid */
    struct base_uuid course_id; /* nil: all courses */
    gint64 added;
};

static bool batch_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct batch *batch = data;

    batch->added = 0;
    for (guint i = 0; i < batch->people->len; i++)
        if (!add_report(connection, batch->plan, batch->due,
                        &g_array_index(batch->people, struct base_uuid, i), &batch->course_id,
                        &batch->added, error))
            return false;
    return true;
}

static bool batch_add(struct run *run, const struct plan *plan, const struct due *due,
                      const GArray *people, const struct base_uuid *course_id, GError **error)
{
    struct batch batch = {run, plan, due, people};

    if (people->len == 0)
        return true;
    if (course_id)
        batch.course_id = *course_id;
    if (!db_transaction(run->service->db, batch_body, &batch, error))
        return false;
    run->added += batch.added;
    return true;
}

/* ---- people's own schedules ---- */

static char *chosen_key(const struct base_uuid *user_id, enum db_schedule_kind kind)
{
    char id[BASE_UUID_TEXT_SIZE];

    return g_strconcat(base_uuid_format(user_id, id), ":", db_schedule_kind_name(kind), NULL);
}

static bool has_chosen(const struct run *run, const struct base_uuid *user_id,
                       enum db_schedule_kind kind)
{
    g_autofree char *key = chosen_key(user_id, kind);

    return g_hash_table_contains(run->chosen, key);
}

static GPtrArray *schedules_all(struct run *run, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(run->service->db, error);

    return connection ? db_report_schedule_list_active(connection, error) : NULL;
}

static struct plan plan_of(const struct db_report_schedule *schedule)
{
    return (struct plan){
        .kind = schedule->kind,
        .frequency = schedule->frequency,
        .weekday = (gint32)schedule->weekday,
        .at_second = (gint32)schedule->at_second,
        .format = schedule->format,
    };
}

static bool run_own(struct run *run, const GPtrArray *schedules, GError **error)
{
    for (guint i = 0; i < schedules->len; i++) {
        const struct db_report_schedule *schedule = schedules->pdata[i];
        const struct plan plan = plan_of(schedule);
        struct due due;
        g_hash_table_add(run->chosen, chosen_key(&schedule->user_id, schedule->kind));
        if (!schedule->active || plan.frequency == DB_SCHEDULE_COURSE_END ||
            !plan_due(run, &plan, &due))
            continue;
        g_autoptr(GArray) one = g_array_new(FALSE, FALSE, sizeof(struct base_uuid));
        g_array_append_val(one, schedule->user_id);
        if (!batch_add(run, &plan, &due, one, &schedule->course_id, error))
            return false;
    }
    return true;
}

/* ---- the institution's schedules ---- */

static const struct service_mailing *mailing_of(const struct run *run, enum db_schedule_kind kind)
{
    return kind == DB_SCHEDULE_STUDENT ? &run->institution->student_report
                                       : &run->institution->teacher_report;
}

/* False when the institution sends none by itself. */
static bool plan_default(const struct run *run, enum db_schedule_kind kind, struct plan *plan)
{
    static const enum db_schedule_frequency FREQUENCIES[SERVICE_FREQUENCY_N] = {
        [SERVICE_FREQUENCY_DAILY] = DB_SCHEDULE_DAILY,
        [SERVICE_FREQUENCY_WEEKLY] = DB_SCHEDULE_WEEKLY,
        [SERVICE_FREQUENCY_COURSE_END] = DB_SCHEDULE_COURSE_END,
    };
    const struct service_mailing *mailing = mailing_of(run, kind);

    *plan = (struct plan){
        .kind = kind,
        .frequency = FREQUENCIES[mailing->frequency],
        .weekday = mailing->weekday,
        .at_second = mailing->at_second,
        .format = report_format_name(mailing->format),
    };
    return mailing->frequency != SERVICE_FREQUENCY_OFF;
}

/* A page of the active people of a role without a schedule of their own; `more` says whether it was
 * a full one. */
static GArray *people_page(struct run *run, enum db_schedule_kind kind, gint64 offset, bool *more,
                           GError **error)
{
    struct db_user_filter filter = DB_USER_FILTER_ALL;
    const struct db_page page = {.limit = PAGE, .offset = offset};
    g_autoptr(db_connection) connection = db_acquire(run->service->db, error);

    filter.role = kind == DB_SCHEDULE_STUDENT ? CORE_ROLE_STUDENT : CORE_ROLE_TEACHER;
    filter.active = 1;
    filter.sort = DB_USER_SORT_CREATED;
    g_autoptr(GPtrArray) users =
        connection ? db_user_list(connection, &filter, &page, NULL, error) : NULL;
    if (!users)
        return NULL;
    GArray *ids = g_array_new(FALSE, FALSE, sizeof(struct base_uuid));
    for (guint i = 0; i < users->len; i++) {
        const struct core_user *user = users->pdata[i];
        if (user->email && !has_chosen(run, &user->id, kind))
            g_array_append_val(ids, user->id);
    }
    *more = users->len == PAGE;
    return ids;
}

static bool run_default(struct run *run, enum db_schedule_kind kind, GError **error)
{
    struct plan plan;
    struct due due;
    bool more = true;

    if (!plan_default(run, kind, &plan) || plan.frequency == DB_SCHEDULE_COURSE_END ||
        !plan_due(run, &plan, &due))
        return true;
    for (gint64 offset = 0; more; offset += PAGE) {
        g_autoptr(GArray) people = people_page(run, kind, offset, &more, error);
        if (!people || !batch_add(run, &plan, &due, people, NULL, error))
            return false;
    }
    return true;
}

/* ---- the end of courses ---- */

/* Everybody who attended (students) or teaches (teachers) a course. */
static GArray *course_people(struct db_connection *connection, const struct base_uuid *course_id,
                             enum db_schedule_kind kind, GError **error)
{
    const bool students = kind == DB_SCHEDULE_STUDENT;
    g_autoptr(GPtrArray) people =
        students ? db_roster_of_period(connection, course_id, NULL, NULL, NULL, error)
                 : db_course_teachers(connection, course_id, error);

    if (!people)
        return NULL;
    GArray *ids = g_array_new(FALSE, FALSE, sizeof(struct base_uuid));
    for (guint i = 0; i < people->len; i++) {
        const struct db_roster_person *student = people->pdata[i];
        const struct core_user *teacher = people->pdata[i];
        if (students ? student->email != NULL : teacher->email != NULL)
            g_array_append_val(ids, *(students ? &student->id : &teacher->id));
    }
    return ids;
}

/* A plan of the institution, or of one person, for one course that ended. */
static bool end_plan(struct run *run, const struct core_course *course, const struct plan *plan,
                     const struct due *due, const struct base_uuid *only, GError **error)
{
    g_autoptr(GArray) picked = g_array_new(FALSE, FALSE, sizeof(struct base_uuid));
    g_autoptr(db_connection) connection = db_acquire(run->service->db, error);
    g_autoptr(GArray) people =
        connection ? course_people(connection, &course->id, plan->kind, error) : NULL;

    g_clear_pointer(&connection, db_release);
    if (!people)
        return false;
    for (guint i = 0; i < people->len; i++) {
        const struct base_uuid *id = &g_array_index(people, struct base_uuid, i);
        if (only ? base_uuid_equal(only, id) : !has_chosen(run, id, plan->kind))
            g_array_append_val(picked, *id);
    }
    return batch_add(run, plan, due, picked, &course->id, error);
}

static bool end_course(struct run *run, const struct core_course *course, gint32 day,
                       const GPtrArray *schedules, GError **error)
{
    struct due due = {0};
    struct plan plan;

    core_day_from_number(day, due.day);
    for (guint kind = 0; kind < DB_SCHEDULE_KIND_N; kind++)
        if (plan_default(run, kind, &plan) && plan.frequency == DB_SCHEDULE_COURSE_END &&
            is_due(run, day, plan.at_second) && !end_plan(run, course, &plan, &due, NULL, error))
            return false;
    for (guint i = 0; i < schedules->len; i++) {
        const struct db_report_schedule *schedule = schedules->pdata[i];
        plan = plan_of(schedule);
        if (!schedule->active || plan.frequency != DB_SCHEDULE_COURSE_END ||
            !is_due(run, day, plan.at_second) ||
            (!base_uuid_is_nil(&schedule->course_id) &&
             !base_uuid_equal(&schedule->course_id, &course->id)))
            continue;
        if (!end_plan(run, course, &plan, &due, &schedule->user_id, error))
            return false;
    }
    return true;
}

/* Terms whose last day was before a moment of the run. */
static GPtrArray *terms_all(struct run *run, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(run->service->db, error);

    return connection ? db_term_list(connection, NULL, NULL, NULL, error) : NULL;
}

static GPtrArray *courses_of(struct run *run, const struct base_uuid *term_id, GError **error)
{
    const struct db_course_filter filter = {.term_id = *term_id};
    g_autoptr(db_connection) connection = db_acquire(run->service->db, error);

    return connection ? db_course_list(connection, &filter, NULL, NULL, error) : NULL;
}

static bool run_ends(struct run *run, const GPtrArray *schedules, GError **error)
{
    g_autoptr(GPtrArray) terms = terms_all(run, error);

    for (guint i = 0; terms && i < terms->len; i++) {
        const struct core_term *term = terms->pdata[i];
        const gint32 day = core_day_number(term->last_day) + 1;
        if (core_timetable_instant(run->zone, day, 0) > run->now ||
            core_timetable_instant(run->zone, day + 1, 0) <= run->since)
            continue;
        g_autoptr(GPtrArray) courses = courses_of(run, &term->id, error);
        for (guint j = 0; courses && j < courses->len; j++)
            if (!end_course(run, courses->pdata[j], day, schedules, error))
                return false;
        if (!courses)
            return false;
    }
    return terms != NULL;
}

/* ---- one run ---- */

static bool read_until(struct service *service, base_time now, base_time *until, GError **error)
{
    g_autofree char *standing = NULL;
    g_autofree char *fresh = g_strdup_printf("%" G_GINT64_FORMAT, now);
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    if (!connection || !db_setting_get(connection, UNTIL_SETTING, &standing, error))
        return false;
    if (!standing && !db_setting_set_once(connection, UNTIL_SETTING, fresh, now, &standing, error))
        return false;
    *until = g_ascii_strtoll(standing, NULL, 10);
    return true;
}

static bool write_until(struct service *service, base_time until, GError **error)
{
    g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, until);
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    return connection && db_setting_set(connection, UNTIL_SETTING, text, until, error);
}

/* Once an hour what was sent, cancelled or given up long ago is forgotten. */
static bool forget(struct run *run, GError **error)
{
    const base_time hour = 3600 * BASE_TIME_SECOND;

    if (run->since / hour == run->now / hour)
        return true;
    g_autoptr(db_connection) connection = db_acquire(run->service->db, error);
    return connection && db_outbox_purge(connection, run->now - FORGET_DAYS * 24 * hour,
                                         run->now - FORGET_DEAD_DAYS * 24 * hour, NULL, error);
}

static bool run_all(struct run *run, GError **error)
{
    g_autoptr(GPtrArray) schedules = schedules_all(run, error);

    return schedules && run_own(run, schedules, error) &&
           run_default(run, DB_SCHEDULE_STUDENT, error) &&
           run_default(run, DB_SCHEDULE_TEACHER, error) && run_ends(run, schedules, error) &&
           forget(run, error) && write_until(run->service, run->now, error);
}

bool service_schedule_run(struct service *service, base_time now, gint64 *added, GError **error)
{
    struct run run = {.service = service, .now = now};

    if (added)
        *added = 0;
    if (!read_until(service, now, &run.since, error))
        return false;
    if (run.since >= now)
        return true;
    run.institution = service_institution_read(service, error);
    run.zone = run.institution ? service_time_zone(service, error) : NULL;
    run.chosen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    const bool ok = run.zone && run_all(&run, error);
    g_hash_table_destroy(run.chosen);
    if (run.zone)
        g_time_zone_unref(run.zone);
    service_institution_settings_free(run.institution);
    if (added)
        *added = run.added;
    return ok;
}
