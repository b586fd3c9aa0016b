#include "core/timetable.h"
#include "ical/calendar.h"
#include "service/calendar.h"
#include "service/courses.h"
#include "service/generate.h"
#include "service/internal.h"

#include <string.h>

enum {
    UID_BYTES_MAX = 200, /* of those that are stored as they are */
    TITLE_CHARACTERS_MAX = 120,
};

struct import_work {
    struct service *service;
    const struct service_identity *identity;
    struct base_uuid course_id;
    const void *data;
    gsize size;
    bool holidays;
    bool apply;

    /* What the file says for these days of this zone: read before the transaction, which would hold
     * up others for as long. */
    struct ical_calendar calendar;
    char first_day[CORE_DAY_SIZE], last_day[CORE_DAY_SIZE];
    char *zone_name;

    struct db_connection *connection;
    struct core_course *course;
    struct core_term *term;
    GTimeZone *zone;
    base_time now;
    gint64 sessions_n;
    GHashTable *stored;  /* key → struct core_session *, of the course */
    GHashTable *marked;  /* ids of those with marks: struct base_uuid * */
    GHashTable *series;  /* UIDs that the file has */
    GPtrArray *sessions; /* owns what `stored` has */
    struct service_calendar_plan *plan;
};

static const char *const ACTIONS[SERVICE_CALENDAR_ACTION_N] = {
    [SERVICE_CALENDAR_ADD] = "add",       [SERVICE_CALENDAR_CHANGE] = "change",
    [SERVICE_CALENDAR_REMOVE] = "remove", [SERVICE_CALENDAR_SAME] = "same",
    [SERVICE_CALENDAR_KEEP] = "keep",     [SERVICE_CALENDAR_HOLIDAY] = "holiday",
    [SERVICE_CALENDAR_REFUSE] = "refuse",
};

const char *service_calendar_action_name(enum service_calendar_action action)
{
    return (unsigned)action < SERVICE_CALENDAR_ACTION_N ? ACTIONS[action] : NULL;
}

static void item_free(gpointer data)
{
    struct service_calendar_item *item = data;

    g_free(item->uid);
    g_free(item->title);
    g_free(item->local_day);
    g_free(item->reason);
    g_free(item);
}

void service_calendar_plan_free(struct service_calendar_plan *plan)
{
    if (!plan)
        return;
    g_ptr_array_unref(plan->items);
    g_free(plan);
}

static struct service_calendar_item *plan_add(struct import_work *work,
                                              enum service_calendar_action action, const char *uid,
                                              const char *title, const char *reason)
{
    struct service_calendar_item *item = g_new0(struct service_calendar_item, 1);

    item->action = action;
    item->uid = g_strdup(uid);
    item->title = g_strdup(title);
    item->reason = g_strdup(reason);
    g_ptr_array_add(work->plan->items, item);
    work->plan->counts[action]++;
    return item;
}

static void plan_session(struct import_work *work, enum service_calendar_action action,
                         const char *uid, const struct core_session *session, const char *reason)
{
    struct service_calendar_item *item =
        plan_add(work, action, uid, session->title ? session->title : work->course->name, reason);

    item->local_day = g_strdup(session->local_day);
    item->start_second = session->start_second;
    item->end_second = session->end_second;
}

/* A UID as it is stored: those that are too long for the column by their digest. */
static char *stored_uid(const char *uid)
{
    if (strlen(uid) <= UID_BYTES_MAX)
        return g_strdup(uid);
    g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, uid, -1);
    return g_strconcat("sha256:", digest, NULL);
}

/* ---- what is there ---- */

static void index_session(struct import_work *work, struct core_session *session)
{
    char id[BASE_UUID_TEXT_SIZE];

    if (session->external_uid)
        g_hash_table_replace(work->stored, g_strdup(session->external_uid), session);
    g_hash_table_replace(
        work->stored,
        g_strconcat(base_uuid_format(&session->id, id), SERVICE_CALENDAR_UID_SUFFIX, NULL),
        session);
}

static bool read_stored(struct import_work *work, GError **error)
{
    struct db_session_filter filter = DB_SESSION_FILTER_ALL;

    filter.course_id = work->course_id;
    work->sessions = db_session_list(work->connection, &filter, NULL, NULL, error);
    if (!work->sessions)
        return false;
    work->sessions_n = work->sessions->len;
    for (guint i = 0; i < work->sessions->len; i++)
        index_session(work, work->sessions->pdata[i]);
    work->marked = db_session_marked(work->connection, &work->course_id, error);
    return work->marked != NULL;
}

/* ---- one event ---- */

/* The part of an event's summary that the course's name does not say already. */
static char *title_of(const struct import_work *work, const char *summary)
{
    const gsize length = strlen(work->course->name);

    if (!summary || strcmp(summary, work->course->name) == 0)
        return NULL;
    if (strncmp(summary, work->course->name, length) == 0 &&
        g_str_has_prefix(summary + length, ": "))
        summary += length + 2;
    g_autofree char *valid = g_utf8_make_valid(summary, -1);
    for (char *c = valid; *c; c++)
        if (g_ascii_iscntrl(*c))
            *c = ' ';
    g_autofree char *cut =
        g_utf8_substring(valid, 0, MIN(g_utf8_strlen(valid, -1), TITLE_CHARACTERS_MAX));
    return base_text_name(cut, "title", TITLE_CHARACTERS_MAX, NULL);
}

/* The room of an event's location; *reason says so when there is none of this name. */
static bool find_room(struct import_work *work, const char *location, struct base_uuid *room_id,
                      char **reason, GError **error)
{
    GError *problem = NULL;

    *room_id = (struct base_uuid){0};
    if (!location)
        return true;
    g_autoptr(core_room) room =
        db_room_find_name(work->connection, &work->identity->institution_id, location, &problem);
    if (room) {
        *room_id = room->id;
        return true;
    }
    if (!g_error_matches(problem, BASE_ERROR, BASE_ERROR_NOT_FOUND)) {
        g_propagate_error(error, problem);
        return false;
    }
    g_clear_error(&problem);
    *reason = g_strdup_printf("There is no room called \"%.80s\".", location);
    return true;
}

/* As the event would have it. */
static struct core_session *session_of(struct import_work *work,
                                       const struct ical_occurrence *occurrence)
{
    struct core_session *session = g_new0(struct core_session, 1);
    gint32 day, last_day, start, end;
    char text[CORE_DAY_SIZE];

    core_timetable_read_wall(work->zone, occurrence->starts_at, &day, &start);
    core_timetable_read_wall(work->zone, occurrence->ends_at, &last_day, &end);
    core_day_from_number(day, text);
    service_session_place(session, work->zone, text, start, end);
    session->title = title_of(work, occurrence->summary);
    session->state = occurrence->cancelled ? CORE_SESSION_CANCELLED : CORE_SESSION_PLANNED;
    return session;
}

static bool is_same(const struct core_session *a, const struct core_session *b)
{
    return strcmp(a->local_day, b->local_day) == 0 && a->start_second == b->start_second &&
           a->end_second == b->end_second && a->state == b->state &&
           g_strcmp0(a->title, b->title) == 0 && base_uuid_equal(&a->room_id, &b->room_id);
}

/* NULL, or why a session that is there is left alone. */
static const char *reason_to_keep(const struct import_work *work,
                                  const struct core_session *session)
{
    if (g_hash_table_contains(work->marked, &session->id))
        return "It has marks.";
    if (session->starts_at <= work->now && session->created_at < session->ends_at)
        return "It has begun.";
    if (session->edited && session->external_uid)
        return "It was changed by hand.";
    return NULL;
}

static bool import_new(struct import_work *work, const struct ical_occurrence *occurrence,
                       struct core_session *session, const char *reason, GError **error)
{
    if (work->sessions_n >= CORE_TIMETABLE_SESSIONS_MAX) {
        plan_add(work, SERVICE_CALENDAR_REFUSE, occurrence->uid, occurrence->summary,
                 "The course has as many sessions as it may have.");
        return true;
    }
    work->sessions_n++;
    plan_session(work, SERVICE_CALENDAR_ADD, occurrence->uid, session, reason);
    base_uuid_new(&session->id);
    session->course_id = work->course_id;
    session->external_uid = stored_uid(occurrence->uid);
    session->created_at = session->updated_at = work->now;
    session->closed_at = session->ends_at <= work->now ? work->now : 0;
    return !work->apply || db_session_insert(work->connection, session, error);
}

static bool import_known(struct import_work *work, const struct ical_occurrence *occurrence,
                         const struct core_session *session, struct core_session *stored,
                         const char *reason, GError **error)
{
    if (is_same(stored, session)) {
        plan_session(work, SERVICE_CALENDAR_SAME, occurrence->uid, stored, reason);
        return true;
    }
    const char *keep = reason_to_keep(work, stored);
    if (keep) {
        plan_session(work, SERVICE_CALENDAR_KEEP, occurrence->uid, stored, keep);
        return true;
    }
    plan_session(work, SERVICE_CALENDAR_CHANGE, occurrence->uid, session, reason);
    service_session_place(stored, work->zone, session->local_day, session->start_second,
                          session->end_second);
    g_free(stored->title);
    stored->title = g_strdup(session->title);
    stored->room_id = session->room_id;
    stored->state = session->state;
    /* Our own, come back: as if it had been changed here. */
    stored->edited = stored->edited || !stored->external_uid;
    stored->updated_at = work->now;
    const base_time closed_at = stored->ends_at <= work->now ? work->now : 0;
    return !work->apply ||
           (db_session_update(work->connection, stored, error) &&
            ((stored->closed_at != 0) == (closed_at != 0) ||
             db_session_set_closed(work->connection, &stored->id, closed_at, NULL, error)));
}

static bool import_session(struct import_work *work, const struct ical_occurrence *occurrence,
                           GError **error)
{
    g_autofree char *uid = stored_uid(occurrence->uid);
    g_autofree char *reason = NULL;
    g_autoptr(core_session) session = session_of(work, occurrence);
    struct core_session *stored = g_hash_table_lookup(work->stored, uid);

    g_hash_table_add(work->series, stored_uid(occurrence->series));
    if (!find_room(work, occurrence->location, &session->room_id, &reason, error))
        return false;
    if (!stored)
        return import_new(work, occurrence, session, reason, error);
    /* What is left in the table at the end has vanished from the file. */
    g_hash_table_remove(work->stored, uid);
    return import_known(work, occurrence, session, stored, reason, error);
}

/* ---- whole days ---- */

static bool has_holiday(const GPtrArray *holidays, const struct ical_occurrence *occurrence)
{
    for (guint i = 0; i < holidays->len; i++) {
        const struct core_holiday *holiday = holidays->pdata[i];
        if (strcmp(holiday->first_day, occurrence->first_day) == 0 &&
            strcmp(holiday->last_day, occurrence->last_day) == 0)
            return true;
    }
    return false;
}

static bool import_holiday(struct import_work *work, const struct ical_occurrence *occurrence,
                           GError **error)
{
    g_autofree char *title = title_of(work, occurrence->summary);
    enum service_calendar_action action = SERVICE_CALENDAR_HOLIDAY;

    if (!work->holidays || occurrence->cancelled) {
        plan_add(work, SERVICE_CALENDAR_REFUSE, occurrence->uid, occurrence->summary,
                 occurrence->cancelled ? "A cancelled event of whole days is nothing."
                                       : "An event of whole days is no session; it can be taken "
                                         "as a holiday when asked.");
        return true;
    }
    g_autoptr(GPtrArray) holidays =
        db_holiday_list(work->connection, &work->identity->institution_id, occurrence->first_day,
                        occurrence->last_day, error);
    if (!holidays)
        return false;
    if (has_holiday(holidays, occurrence))
        action = SERVICE_CALENDAR_SAME;
    struct service_calendar_item *item =
        plan_add(work, action, occurrence->uid, occurrence->summary, NULL);
    item->local_day = g_strdup(occurrence->first_day);
    if (!work->apply || action == SERVICE_CALENDAR_SAME)
        return true;
    struct core_holiday holiday = {
        .institution_id = work->identity->institution_id,
        .name = title ? title : (char *)"—",
        .first_day = (char *)occurrence->first_day,
        .last_day = (char *)occurrence->last_day,
        .created_at = work->now,
        .updated_at = work->now,
    };
    base_uuid_new(&holiday.id);
    return db_holiday_insert(work->connection, &holiday, error);
}

/* New holidays change the weeks of every course of the terms that they are in. */
static bool generate_all(struct import_work *work, GError **error)
{
    const struct db_term_filter filter = {.institution_id = work->identity->institution_id};
    struct service_timetable_counts counts = {0};

    if (!work->apply || work->plan->counts[SERVICE_CALENDAR_HOLIDAY] == 0)
        return true;
    g_autoptr(GPtrArray) terms = db_term_list(work->connection, &filter, NULL, NULL, error);
    for (guint i = 0; terms && i < terms->len; i++) {
        const struct core_term *term = terms->pdata[i];
        const struct service_generation what = {.term = term};
        if (strcmp(term->last_day, work->term->first_day) >= 0 &&
            strcmp(term->first_day, work->term->last_day) <= 0 &&
            !service_generate(work->service, work->connection, &what, &counts, error))
            return false;
    }
    return terms != NULL;
}

/* ---- what vanished ---- */

/* Occurrences of events that the file still has, but without them. */
static bool import_vanished(struct import_work *work, GError **error)
{
    for (guint i = 0; i < work->sessions->len; i++) {
        const struct core_session *session = work->sessions->pdata[i];
        if (!session->external_uid || !g_hash_table_contains(work->stored, session->external_uid) ||
            strcmp(session->local_day, work->term->first_day) < 0 ||
            strcmp(session->local_day, work->term->last_day) > 0)
            continue;
        const char *mark = strrchr(session->external_uid, '#');
        g_autofree char *series =
            mark ? g_strndup(session->external_uid, (gsize)(mark - session->external_uid)) : NULL;
        if (!series || !g_hash_table_contains(work->series, series))
            continue;
        const char *keep = reason_to_keep(work, session);
        plan_session(work, keep ? SERVICE_CALENDAR_KEEP : SERVICE_CALENDAR_REMOVE,
                     session->external_uid, session, keep);
        if (!keep && work->apply && !db_session_delete(work->connection, &session->id, error))
            return false;
    }
    return true;
}

/* ---- the whole ---- */

static void work_clear(struct import_work *work)
{
    g_clear_pointer(&work->course, core_course_free);
    g_clear_pointer(&work->term, core_term_free);
    g_clear_pointer(&work->zone, g_time_zone_unref);
    g_clear_pointer(&work->stored, g_hash_table_destroy);
    g_clear_pointer(&work->marked, g_hash_table_destroy);
    g_clear_pointer(&work->series, g_hash_table_destroy);
    g_clear_pointer(&work->sessions, g_ptr_array_unref);
}

static void work_reset(struct import_work *work, struct db_connection *connection)
{
    work_clear(work);
    g_clear_pointer(&work->plan, service_calendar_plan_free);
    work->plan = g_new0(struct service_calendar_plan, 1);
    work->plan->applied = work->apply;
    work->plan->items = g_ptr_array_new_with_free_func(item_free);
    work->stored = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    work->series = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    work->connection = connection;
    work->now = base_time_now();
}

static bool take_calendar(struct import_work *work, GError **error)
{
    const struct ical_calendar *calendar = &work->calendar;

    for (guint i = 0; i < calendar->refusals->len; i++) {
        const struct ical_refusal *refusal = calendar->refusals->pdata[i];
        plan_add(work, SERVICE_CALENDAR_REFUSE, refusal->uid, refusal->summary, refusal->reason);
    }
    for (guint i = 0; i < calendar->occurrences->len; i++) {
        const struct ical_occurrence *occurrence = calendar->occurrences->pdata[i];
        if (!(occurrence->all_day ? import_holiday(work, occurrence, error)
                                  : import_session(work, occurrence, error)))
            return false;
    }
    return import_vanished(work, error) && generate_all(work, error);
}

static json_t *counts_json(const struct service_calendar_plan *plan)
{
    json_t *json = json_object();

    for (int i = 0; i < SERVICE_CALENDAR_ACTION_N; i++)
        json_object_set_new(json, ACTIONS[i], json_integer(plan->counts[i]));
    return json;
}

/* The course and what its days depend on. */
static bool read_place(struct import_work *work, struct db_connection *connection, GError **error)
{
    work->course = db_course_find(connection, &work->course_id, error);
    work->term = work->course ? db_term_find(connection, &work->course->term_id, error) : NULL;
    g_autoptr(core_institution) institution =
        work->term ? service_institution_on(work->service, connection, error) : NULL;
    work->zone = institution ? service_zone_of(work->service, institution, error) : NULL;
    if (!work->zone)
        return false;
    return core_day_number(work->term->last_day) - core_day_number(work->term->first_day) <
               CORE_TIMETABLE_TERM_DAYS_MAX ||
           base_fail(error, BASE_ERROR_INVALID,
                     "last_day: a term with a timetable lasts %d days at most.",
                     CORE_TIMETABLE_TERM_DAYS_MAX);
}

static bool read_file(struct import_work *work, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(work->service->db, error);
    const bool placed = connection && read_place(work, connection, error);

    g_clear_pointer(&connection, db_release);
    if (!placed)
        return false;
    g_strlcpy(work->first_day, work->term->first_day, sizeof work->first_day);
    g_strlcpy(work->last_day, work->term->last_day, sizeof work->last_day);
    work->zone_name = g_strdup(g_time_zone_get_identifier(work->zone));
    return ical_read(work->data, work->size, work->zone, work->first_day, work->last_day, NULL,
                     &work->calendar, error);
}

static bool is_still_there(const struct import_work *work, GError **error)
{
    return (strcmp(work->term->first_day, work->first_day) == 0 &&
            strcmp(work->term->last_day, work->last_day) == 0 &&
            strcmp(g_time_zone_get_identifier(work->zone), work->zone_name) == 0) ||
           base_fail(error, BASE_ERROR_CONFLICT,
                     "The term or the time zone was changed meanwhile. Please try again.");
}

static bool import_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct import_work *work = data;

    work_reset(work, connection);
    if (!read_place(work, connection, error) || !is_still_there(work, error) ||
        !read_stored(work, error) || !take_calendar(work, error))
        return false;
    return !work->apply || service_audit(connection, work->identity, "timetable.import",
                                         &work->course_id, counts_json(work->plan), error);
}

struct service_calendar_plan *service_calendar_import(struct service *service,
                                                      const struct service_identity *identity,
                                                      const struct base_uuid *course_id,
                                                      const void *data, gsize size, bool holidays,
                                                      bool apply, GError **error)
{
    struct import_work work = {
        .service = service,
        .identity = identity,
        .course_id = *course_id,
        .data = data,
        .size = size,
        .holidays = holidays,
        .apply = apply,
    };

    if (!service_allow_all(identity, CORE_ACTION_TIMETABLE_WRITE, error))
        return NULL;
    if (!read_file(&work, error) || !db_transaction(service->db, import_body, &work, error))
        g_clear_pointer(&work.plan, service_calendar_plan_free);
    work_clear(&work);
    ical_calendar_clear(&work.calendar);
    g_free(work.zone_name);
    return work.plan;
}
