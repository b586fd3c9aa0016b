#include "service/generate.h"

#include "core/timetable.h"
#include "db/query/setting.h"
#include "service/internal.h"

#include <string.h>

/* The zone for which the instants of sessions were computed last. */
#define ZONE_SETTING "timetable.time_zone"

/* An occurrence of a slot is known again by its week. */
struct week_key {
    struct base_uuid slot_id;
    gint32 monday;
};

struct run {
    struct db_connection *connection;
    const struct service_generation *what;
    struct service_timetable_counts *counts;
    GTimeZone *zone;
    base_time now;
    gint32 first, last; /* days on which there may be sessions */
    GArray *holidays;   /* struct core_day_range */
    GPtrArray *stored;  /* struct db_session_generated * */
    GHashTable *weeks;  /* struct week_key * → struct db_session_generated *, not claimed yet */
    GPtrArray *missing; /* struct core_session * */
};

static guint week_hash(gconstpointer data)
{
    const struct week_key *key = data;

    return base_uuid_hash(&key->slot_id) * 31 + (guint)key->monday;
}

static gboolean week_equal(gconstpointer a, gconstpointer b)
{
    const struct week_key *one = a, *other = b;

    return one->monday == other->monday && base_uuid_equal(&one->slot_id, &other->slot_id);
}

static struct week_key *week_key_new(const struct base_uuid *slot_id, gint32 day)
{
    struct week_key *key = g_new0(struct week_key, 1);

    key->slot_id = *slot_id;
    key->monday = core_day_monday(day);
    return key;
}

void service_session_place(struct core_session *session, GTimeZone *zone, const char *local_day,
                           gint32 start_second, gint32 end_second)
{
    char *day = g_strdup(local_day);

    g_free(session->local_day);
    session->local_day = day;
    session->start_second = start_second;
    session->end_second = end_second;
    core_timetable_span(zone, core_day_number(day), start_second, end_second, &session->starts_at,
                        &session->ends_at);
}

/* Nothing has happened to it: see service/timetable.h. */
static bool is_untouched(const struct db_session_generated *stored, base_time now)
{
    const struct core_session *session = stored->session;

    return !session->edited && !stored->marked &&
           (session->starts_at > now || session->created_at >= session->ends_at);
}

static void run_finish(struct run *run)
{
    if (run->zone)
        g_time_zone_unref(run->zone);
    g_clear_pointer(&run->holidays, g_array_unref);
    g_clear_pointer(&run->weeks, g_hash_table_destroy);
    g_clear_pointer(&run->stored, g_ptr_array_unref);
    g_clear_pointer(&run->missing, g_ptr_array_unref);
}

/* The days to look at, in whole weeks where only some are asked for. False: none. */
static bool run_bounds(struct run *run, char from_day[CORE_DAY_SIZE], char to_day[CORE_DAY_SIZE])
{
    const struct service_generation *what = run->what;

    g_strlcpy(from_day, "0000-00-00", CORE_DAY_SIZE);
    g_strlcpy(to_day, "9999-99-99", CORE_DAY_SIZE);
    run->first = core_day_number(what->term->first_day);
    run->last = core_day_number(what->term->last_day);
    if (what->from_day) {
        const gint32 monday = core_day_monday(core_day_number(what->from_day));
        core_day_from_number(monday, from_day);
        run->first = MAX(run->first, monday);
    }
    if (what->to_day) {
        const gint32 sunday = core_day_monday(core_day_number(what->to_day)) + 6;
        core_day_from_number(sunday, to_day);
        run->last = MIN(run->last, sunday);
    }
    return run->first <= run->last || !what->from_day;
}

static bool run_read_holidays(struct run *run, GError **error)
{
    char first[CORE_DAY_SIZE], last[CORE_DAY_SIZE];

    core_day_from_number(run->first, first);
    core_day_from_number(run->last, last);
    g_autoptr(GPtrArray) holidays =
        db_holiday_list(run->connection, &run->what->term->institution_id, first, last, error);
    if (!holidays)
        return false;
    for (guint i = 0; i < holidays->len; i++) {
        const struct core_holiday *holiday = holidays->pdata[i];
        const struct core_day_range range = {core_day_number(holiday->first_day),
                                             core_day_number(holiday->last_day)};
        g_array_append_val(run->holidays, range);
    }
    return true;
}

static bool run_read(struct run *run, GError **error)
{
    static const struct base_uuid NONE;
    const struct service_generation *what = run->what;
    char from_day[CORE_DAY_SIZE], to_day[CORE_DAY_SIZE];

    run->holidays = g_array_new(FALSE, FALSE, sizeof(struct core_day_range));
    run->missing = g_ptr_array_new_with_free_func((GDestroyNotify)core_session_free);
    run->weeks = g_hash_table_new_full(week_hash, week_equal, g_free, NULL);
    if (!run_bounds(run, from_day, to_day)) {
        run->stored = g_ptr_array_new();
        return true;
    }
    run->stored =
        db_session_list_generated(run->connection, what->course_id ? what->course_id : &NONE,
                                  &what->term->id, from_day, to_day, error);
    if (!run->stored)
        return false;
    for (guint i = 0; i < run->stored->len; i++) {
        struct db_session_generated *stored = run->stored->pdata[i];
        const struct core_session *session = stored->session;
        g_hash_table_replace(run->weeks,
                             week_key_new(&session->slot_id, core_day_number(session->slot_day)),
                             stored);
    }
    return run_read_holidays(run, error);
}

static struct core_session *session_of_slot(const struct run *run, const struct core_slot *slot,
                                            const char *day)
{
    struct core_session *session = g_new0(struct core_session, 1);

    base_uuid_new(&session->id);
    session->course_id = slot->course_id;
    session->slot_id = slot->id;
    session->slot_day = g_strdup(day);
    session->room_id = slot->room_id;
    service_session_place(session, run->zone, day, slot->start_second, slot->end_second);
    session->closed_at = session->ends_at <= run->now ? run->now : 0;
    session->created_at = session->updated_at = run->now;
    return session;
}

static bool is_as_slot(const struct core_session *session, const struct core_slot *slot,
                       const char *day)
{
    return strcmp(session->slot_day, day) == 0 && strcmp(session->local_day, day) == 0 &&
           session->start_second == slot->start_second && session->end_second == slot->end_second &&
           base_uuid_equal(&session->room_id, &slot->room_id);
}

/* A stored session whose week the slot still has. */
static bool run_follow(struct run *run, const struct core_slot *slot,
                       const struct db_session_generated *stored, const char *day, GError **error)
{
    struct core_session *session = stored->session;

    if (is_as_slot(session, slot, day))
        return true;
    if (!is_untouched(stored, run->now)) {
        run->counts->kept++;
        return true;
    }
    const bool was_over = session->closed_at != 0;
    g_free(session->slot_day);
    session->slot_day = g_strdup(day);
    session->room_id = slot->room_id;
    service_session_place(session, run->zone, day, slot->start_second, slot->end_second);
    session->updated_at = run->now;
    run->counts->moved++;
    const bool is_over = session->ends_at <= run->now;
    return db_session_update(run->connection, session, error) &&
           (was_over == is_over || db_session_set_closed(run->connection, &session->id,
                                                         is_over ? run->now : 0, NULL, error));
}

/* Adds how many sessions the slot has to `n`. */
static bool run_slot(struct run *run, const struct core_slot *slot, guint *n, GError **error)
{
    g_autoptr(GArray) days = g_array_new(FALSE, FALSE, sizeof(gint32));

    core_slot_expand(slot, run->first, run->last,
                     &g_array_index(run->holidays, struct core_day_range, 0), run->holidays->len,
                     days);
    *n += days->len;
    for (guint i = 0; i < days->len; i++) {
        const gint32 number = g_array_index(days, gint32, i);
        const struct week_key key = {.slot_id = slot->id, .monday = core_day_monday(number)};
        const struct db_session_generated *stored = g_hash_table_lookup(run->weeks, &key);
        char day[CORE_DAY_SIZE];
        core_day_from_number(number, day);
        if (!stored)
            g_ptr_array_add(run->missing, session_of_slot(run, slot, day));
        else if (!run_follow(run, slot, stored, day, error))
            return false;
        g_hash_table_remove(run->weeks, &key);
    }
    return true;
}

static bool run_slots(struct run *run, GError **error)
{
    const struct service_generation *what = run->what;
    const struct base_uuid *course = NULL;
    guint n = 0;
    g_autoptr(GPtrArray) slots = what->course_id
                                     ? db_slot_list_course(run->connection, what->course_id, error)
                                     : db_slot_list_term(run->connection, &what->term->id, error);

    if (!slots)
        return false;
    for (guint i = 0; i < slots->len; i++) {
        const struct core_slot *slot = slots->pdata[i];
        if (what->without_slot && base_uuid_equal(what->without_slot, &slot->id))
            continue;
        if (!course || !base_uuid_equal(course, &slot->course_id))
            n = 0;
        course = &slot->course_id;
        if (!run_slot(run, slot, &n, error))
            return false;
        if (n > CORE_TIMETABLE_SESSIONS_MAX)
            return base_fail(error, BASE_ERROR_INVALID,
                             "weekday: a course may have at most %d sessions.",
                             CORE_TIMETABLE_SESSIONS_MAX);
    }
    return true;
}

/* Those whose week no slot has any more. */
static bool run_vanished(struct run *run, GError **error)
{
    GHashTableIter iterator;
    gpointer value;

    g_hash_table_iter_init(&iterator, run->weeks);
    while (g_hash_table_iter_next(&iterator, NULL, &value)) {
        const struct db_session_generated *stored = value;
        if (!is_untouched(stored, run->now)) {
            run->counts->kept++;
            continue;
        }
        if (!db_session_delete(run->connection, &stored->session->id, error))
            return false;
        run->counts->deleted++;
    }
    return true;
}

bool service_generate(struct service *service, struct db_connection *connection,
                      const struct service_generation *what,
                      struct service_timetable_counts *counts, GError **error)
{
    struct run run = {
        .connection = connection,
        .what = what,
        .counts = counts,
        .now = base_time_now(),
    };

    if (core_day_number(what->term->last_day) - core_day_number(what->term->first_day) >=
        CORE_TIMETABLE_TERM_DAYS_MAX)
        return base_fail(error, BASE_ERROR_INVALID,
                         "last_day: a term with a timetable lasts %d days at most.",
                         CORE_TIMETABLE_TERM_DAYS_MAX);
    run.zone = service_timetable_zone(service, connection, error);
    bool done = run.zone && run_read(&run, error) && run_slots(&run, error) &&
                run_vanished(&run, error) && db_session_insert_all(connection, run.missing, error);
    if (done)
        counts->inserted += run.missing->len;
    run_finish(&run);
    return done;
}

/* ---- the time zone ---- */

static bool move_to_zone(struct db_connection *connection, GTimeZone *zone, gint64 *moved,
                         GError **error)
{
    const base_time now = base_time_now();
    g_autoptr(GPtrArray) sessions = db_session_list_future(connection, now, error);

    if (!sessions)
        return false;
    for (guint i = 0; i < sessions->len; i++) {
        const struct core_session *session = sessions->pdata[i];
        base_time starts_at, ends_at;
        core_timetable_span(zone, core_day_number(session->local_day), session->start_second,
                            session->end_second, &starts_at, &ends_at);
        if (starts_at == session->starts_at && ends_at == session->ends_at)
            continue;
        if (!db_session_set_instants(connection, &session->id, starts_at, ends_at, now, error))
            return false;
        ++*moved;
    }
    return true;
}

static GTimeZone *sync_zone(struct service *service, struct db_connection *connection,
                            gint64 *moved, GError **error)
{
    g_autoptr(core_institution) institution = service_institution_on(service, connection, error);
    g_autoptr(GTimeZone) zone = institution ? service_zone_of(service, institution, error) : NULL;
    g_autofree char *before = NULL;

    if (!zone || !db_setting_get(connection, ZONE_SETTING, &before, error))
        return NULL;
    const char *name = g_time_zone_get_identifier(zone);
    if (g_strcmp0(before, name) == 0)
        return g_steal_pointer(&zone);
    if (before && !move_to_zone(connection, zone, moved, error))
        return NULL;
    if (*moved > 0 && !service_audit(connection, NULL, "timetable.zone", NULL,
                                     json_pack("{s:s, s:s, s:I}", "from", before, "to", name,
                                               "sessions", (json_int_t)*moved),
                                     error))
        return NULL;
    return db_setting_set(connection, ZONE_SETTING, name, base_time_now(), error)
               ? g_steal_pointer(&zone)
               : NULL;
}

GTimeZone *service_timetable_zone(struct service *service, struct db_connection *connection,
                                  GError **error)
{
    gint64 moved = 0;

    return sync_zone(service, connection, &moved, error);
}

bool service_timetable_sync_on(struct service *service, struct db_connection *connection,
                               gint64 *moved, GError **error)
{
    gint64 n = 0;
    g_autoptr(GTimeZone) zone = sync_zone(service, connection, &n, error);

    if (zone && moved)
        *moved = n;
    return zone != NULL;
}

struct sync_work {
    struct service *service;
};

static bool sync_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct sync_work *work = data;

    return service_timetable_sync_on(work->service, connection, NULL, error);
}

bool service_timetable_sync(struct service *service, GError **error)
{
    struct sync_work work = {.service = service};

    return db_transaction(service->db, sync_body, &work, error);
}
