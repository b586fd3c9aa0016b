#include "service/demo_internal.h"

#include "core/timetable.h"
#include "db/query/session.h"
#include "db/query/term.h"
#include "service/generate.h"
#include "service/sessions.h"

enum {
    DAYS = 5,
    PERIODS = 6,
    CELLS = DAYS * PERIODS,
};

#define CLOCK(hour, minute) ((hour)*3600 + (minute)*60)

static const struct {
    gint32 start, end;
} HOURS[PERIODS] = {
    {CLOCK(7, 0), CLOCK(8, 30)},    {CLOCK(8, 40), CLOCK(10, 10)}, {CLOCK(10, 30), CLOCK(12, 0)},
    {CLOCK(12, 10), CLOCK(13, 40)}, {CLOCK(16, 0), CLOCK(17, 30)}, {CLOCK(17, 40), CLOCK(19, 10)},
};

/* Who is where: a row of CELLS for each group, teacher and room. */
struct layout {
    struct demo *demo;
    gboolean *groups, *teachers, *rooms;
};

static void layout_init(struct layout *layout, struct demo *demo)
{
    layout->demo = demo;
    layout->groups = g_new0(gboolean, demo->groups->len * CELLS);
    layout->teachers = g_new0(gboolean, demo->teachers->len * CELLS);
    layout->rooms = g_new0(gboolean, demo->rooms->len * CELLS);
}

static void layout_finish(struct layout *layout)
{
    g_free(layout->groups);
    g_free(layout->teachers);
    g_free(layout->rooms);
}

/* The class that is going on now has its people and its room to itself. */
static void keep_live_free(struct layout *layout)
{
    const struct demo *demo = layout->demo;
    const gint32 weekday = core_day_weekday(demo->today);
    const guint teacher = demo_course(demo, 0)->teacher;

    for (guint period = 0; weekday <= DAYS && period < PERIODS; period++) {
        const guint cell = (guint)(weekday - 1) * PERIODS + period;
        if (HOURS[period].end <= demo->live_start || HOURS[period].start >= demo->live_end)
            continue;
        layout->groups[cell] = layout->teachers[teacher * CELLS + cell] = layout->rooms[cell] =
            TRUE;
    }
}

/* A free room of the right kind, best the one where the group always is. */
static guint find_room(const struct layout *layout, const struct demo_course *course, guint cell)
{
    const guint labs = layout->demo->labs_n;
    const guint classrooms = layout->demo->rooms->len - labs;
    const bool lab = course->policy == DEMO_POLICY_LAB;
    const guint n = lab ? labs : classrooms;

    for (guint i = 0; i < n; i++) {
        const guint room = (course->groups[0] + i) % n + (lab ? classrooms : 0);
        if (!layout->rooms[room * CELLS + cell])
            return room;
    }
    return DEMO_NONE;
}

static bool is_free(const struct layout *layout, const struct demo_course *course, guint cell)
{
    const guint other = course->groups[1];

    return !layout->groups[course->groups[0] * CELLS + cell] &&
           (other == DEMO_NONE || !layout->groups[other * CELLS + cell]) &&
           !layout->teachers[course->teacher * CELLS + cell];
}

static void take(struct layout *layout, const struct demo_course *course, guint cell, guint room)
{
    layout->groups[course->groups[0] * CELLS + cell] = TRUE;
    if (course->groups[1] != DEMO_NONE)
        layout->groups[course->groups[1] * CELLS + cell] = TRUE;
    layout->teachers[course->teacher * CELLS + cell] = TRUE;
    layout->rooms[room * CELLS + cell] = TRUE;
}

struct slot_work {
    struct demo *demo;
    const struct core_slot *slot;
};

/* A server on the same database settles sessions that are over and still open: those of the past
 * are closed from the first. */
static bool close_past(struct db_connection *connection, const struct slot_work *work,
                       GError **error)
{
    struct db_session_filter filter = DB_SESSION_FILTER_ALL;

    filter.course_id = work->slot->course_id;
    g_autoptr(GPtrArray) sessions = db_session_list(connection, &filter, NULL, NULL, error);
    for (guint i = 0; sessions && i < sessions->len; i++) {
        const struct core_session *session = sessions->pdata[i];
        if (session->ends_at <= work->demo->now && !session->closed_at &&
            !db_session_set_closed(connection, &session->id, session->ends_at, NULL, error))
            return false;
    }
    return sessions != NULL;
}

static bool slot_body(struct db_connection *connection, gpointer data, GError **error)
{
    const struct slot_work *work = data;
    const struct core_slot *slot = work->slot;
    struct service_timetable_counts counts = {0};
    g_autoptr(core_term) term = db_term_find(connection, &work->demo->term_id, error);
    const struct service_generation what = {.term = term, .course_id = &slot->course_id};

    return term && db_slot_insert(connection, slot, error) &&
           service_generate(work->demo->service, connection, &what, &counts, error) &&
           close_past(connection, work, error) &&
           service_audit(connection, &work->demo->director, "slot.create", &slot->id,
                         json_pack("{s:o, s:i, s:i, s:i, s:{s:I}}", "course",
                                   base_json_uuid(&slot->course_id), "weekday", slot->weekday,
                                   "start", slot->start_second, "end", slot->end_second, "sessions",
                                   "inserted", (json_int_t)counts.inserted),
                         error);
}

static bool store_slot(struct demo *demo, const struct demo_course *course, guint cell, guint room,
                       GError **error)
{
    char first[CORE_DAY_SIZE], last[CORE_DAY_SIZE];

    core_day_from_number(demo->first_day, first);
    core_day_from_number(demo->last_day, last);
    service_demo_tick(demo);
    struct core_slot slot = {
        .course_id = course->id,
        .room_id = *DEMO_AT(demo->rooms, base_uuid, room),
        .weekday = (gint32)(cell / PERIODS) + 1,
        .start_second = HOURS[cell % PERIODS].start,
        .end_second = HOURS[cell % PERIODS].end,
        .first_day = first,
        .last_day = last,
        .every_weeks = course->fortnightly ? 2 : 1,
        .created_at = demo->clock,
        .updated_at = demo->clock,
    };
    base_uuid_new(&slot.id);
    struct slot_work work = {demo, &slot};
    return db_transaction(demo->service->db, slot_body, &work, error);
}

/* The next hour of a course: two days after the one before, near the time of day that the group is
 * used to. A course that finds no room has an hour less. */
static bool place(struct layout *layout, guint index, guint hour, struct demo_dice *dice,
                  GError **error)
{
    const struct demo_course *course = demo_course(layout->demo, index);
    const bool evening = course->groups[0] % 4 == 3;
    const guint first_day = index + hour * 2;
    const guint first_period =
        evening ? 3 + service_demo_roll(dice, 2) : service_demo_roll(dice, 3);

    for (guint period = 0; period < PERIODS; period++) {
        for (guint day = 0; day < DAYS; day++) {
            const guint cell =
                (first_day + day) % DAYS * PERIODS + (first_period + period) % PERIODS;
            const guint room =
                is_free(layout, course, cell) ? find_room(layout, course, cell) : DEMO_NONE;
            if (room == DEMO_NONE)
                continue;
            take(layout, course, cell, room);
            return store_slot(layout->demo, course, cell, room, error);
        }
    }
    return true;
}

static bool store_slots(struct demo *demo, GError **error)
{
    struct demo_dice dice = service_demo_dice(demo, DEMO_TOPIC_TIMETABLE, 0, 0);
    struct layout layout;
    bool ok = true;

    layout_init(&layout, demo);
    keep_live_free(&layout);
    for (guint i = 0; ok && i < demo->courses->len; i++)
        for (guint hour = 0; ok && hour < demo_course(demo, i)->hours; hour++)
            ok = place(&layout, i, hour, &dice, error);
    layout_finish(&layout);
    return ok;
}

/* ---- the class that is going on ---- */

static bool store_live(struct demo *demo, GError **error)
{
    char day[CORE_DAY_SIZE];
    const gint32 end = demo->live_end % CORE_TIMETABLE_DAY_SECONDS;
    const struct service_session_input input = {
        .local_day = day,
        .start_second = &demo->live_start,
        .end_second = &end,
        .room_id = DEMO_AT(demo->rooms, base_uuid, 0),
        .title = "Repaso para el segundo parcial",
    };

    core_day_from_number(demo->today, day);
    service_demo_tick(demo);
    g_autoptr(core_session) session = service_session_create(
        demo->service, &demo->director, &demo_course(demo, 0)->id, &input, error);
    if (session)
        demo->live_id = session->id;
    return session != NULL;
}

static gint compare(gconstpointer a, gconstpointer b)
{
    const struct demo_session *one = a, *other = b;

    if (one->planned_at != other->planned_at)
        return one->planned_at < other->planned_at ? -1 : 1;
    return one->course < other->course ? -1 : one->course > other->course;
}

static bool read_sessions(struct demo *demo, GError **error)
{
    struct db_session_filter filter = DB_SESSION_FILTER_ALL;

    filter.term_id = demo->term_id;
    g_autoptr(GPtrArray) sessions =
        service_session_list(demo->service, &demo->director, &filter, false, NULL, NULL, error);
    if (!sessions)
        return false;
    g_autoptr(GHashTable) courses = g_hash_table_new(base_uuid_hash, base_uuid_equal);
    for (guint i = 0; i < demo->courses->len; i++)
        g_hash_table_insert(courses, &demo_course(demo, i)->id, GUINT_TO_POINTER(i));
    g_ptr_array_set_free_func(sessions, NULL);
    for (guint i = 0; i < sessions->len; i++) {
        struct core_session *session = sessions->pdata[i];
        const struct demo_session one = {
            .session = session,
            .planned_at = session->starts_at,
            .course = GPOINTER_TO_UINT(g_hash_table_lookup(courses, &session->course_id)),
            .day = core_day_number(session->local_day),
        };
        g_array_append_val(demo->sessions, one);
    }
    /* The database orders those of one moment by ids, which differ each time. */
    g_array_sort(demo->sessions, compare);
    return true;
}

bool service_demo_timetable_store(struct demo *demo, GError **error)
{
    return store_slots(demo, error) && store_live(demo, error) && read_sessions(demo, error);
}
