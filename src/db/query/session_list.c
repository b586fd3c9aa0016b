#include "core/timetable.h"
#include "db/query/row.h"
#include "db/query/session.h"
#include "db/query/session_row.h"

/* What the search starts from: each has its index. */
enum scope {
    SCOPE_TIME,
    SCOPE_COURSE,
    SCOPE_ROOM,
    SCOPE_GROUP,
    SCOPE_TEACHER,
    SCOPE_STUDENT,
    SCOPE_N,
};

#define COURSES_OF_GROUP "(SELECT g.course_id FROM course_groups g WHERE g.group_id = ?) "
#define COURSES_OF_TEACHER "(SELECT t.course_id FROM course_teachers t WHERE t.teacher_id = ?) "

/* As a table of its own, because MariaDB would run a UNION inside of IN once for each session. */
#define COURSES_OF_STUDENT                                                                         \
    "(SELECT taken.course_id FROM (SELECT k.course_id FROM enrolments n JOIN course_groups k "     \
    "ON k.group_id = n.group_id WHERE n.user_id = ? UNION SELECT o.course_id FROM enrolments o "   \
    "WHERE o.user_id = ? AND o.course_id IS NOT NULL) taken) "

/* Whether a person is on the roster of the session's day. */
#define ON_ROSTER                                                                                  \
    "EXISTS (SELECT 1 FROM enrolments e WHERE e.user_id = ? AND e.first_day <= s.local_day "       \
    "AND (e.last_day IS NULL OR e.last_day >= s.local_day) AND (e.course_id = s.course_id OR "     \
    "EXISTS (SELECT 1 FROM course_groups h WHERE h.course_id = s.course_id "                       \
    "AND h.group_id = e.group_id))) "

#define CONDITIONS                                                                                 \
    "s.starts_at >= ? AND s.starts_at < ? AND s.ends_at > ? AND s.local_day >= ? "                 \
    "AND s.local_day <= ? AND (? = 0 OR s.state = ?) AND (? = 0 OR s.course_id = ?) "              \
    "AND (? = 0 OR s.room_id = ?) AND (? = 0 OR c.term_id = ?) "                                   \
    "AND (? = 0 OR s.course_id IN " COURSES_OF_GROUP ") "                                          \
    "AND (? = 0 OR s.course_id IN " COURSES_OF_TEACHER ") "                                        \
    "AND (? = 0 OR " ON_ROSTER ") "

#define VALUES_MAX 26

static const char *const COUNTS[SCOPE_N] = {
#define COUNT(where) "SELECT COUNT(*) " DB_SESSION_FROM "WHERE " where CONDITIONS
    [SCOPE_TIME] = COUNT(""),
    [SCOPE_COURSE] = COUNT("s.course_id = ? AND "),
    [SCOPE_ROOM] = COUNT("s.room_id = ? AND "),
    [SCOPE_GROUP] = COUNT("s.course_id IN " COURSES_OF_GROUP "AND "),
    [SCOPE_TEACHER] = COUNT("s.course_id IN " COURSES_OF_TEACHER "AND "),
    [SCOPE_STUDENT] = COUNT("s.course_id IN " COURSES_OF_STUDENT "AND "),
};

static const char *const LISTINGS[SCOPE_N][2] = {
#define LIST(where, order)                                                                         \
    DB_SESSION_SELECT "WHERE " where CONDITIONS "ORDER BY " order " LIMIT ? OFFSET ?"
#define LISTS(where)                                                                               \
    {                                                                                              \
        LIST(where, "s.starts_at, s.id"), LIST(where, "s.starts_at DESC, s.id DESC")               \
    }
    [SCOPE_TIME] = LISTS(""),
    [SCOPE_COURSE] = LISTS("s.course_id = ? AND "),
    [SCOPE_ROOM] = LISTS("s.room_id = ? AND "),
    [SCOPE_GROUP] = LISTS("s.course_id IN " COURSES_OF_GROUP "AND "),
    [SCOPE_TEACHER] = LISTS("s.course_id IN " COURSES_OF_TEACHER "AND "),
    [SCOPE_STUDENT] = LISTS("s.course_id IN " COURSES_OF_STUDENT "AND "),
};

static const struct db_session_filter ALL = {.state = DB_ANY};

static enum scope scope_of(const struct db_session_filter *filter, const struct base_uuid **id)
{
    const struct {
        const struct base_uuid *id;
        enum scope scope;
    } choices[] = {
        {&filter->course_id, SCOPE_COURSE}, {&filter->student_id, SCOPE_STUDENT},
        {&filter->group_id, SCOPE_GROUP},   {&filter->teacher_id, SCOPE_TEACHER},
        {&filter->room_id, SCOPE_ROOM},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(choices); i++) {
        *id = choices[i].id;
        if (!base_uuid_is_nil(*id))
            return choices[i].scope;
    }
    *id = NULL;
    return SCOPE_TIME;
}

/* A session has its day in its zone, which is within a day of UTC, and lasts a day and the change
 * of the clocks at most: with these bounds every search has an interval of starts to look in. */
static void bounds_of(const struct db_session_filter *filter, base_time *from, base_time *to)
{
    const base_time day = CORE_TIMETABLE_DAY_SECONDS * BASE_TIME_SECOND;

    *from = filter->from ? filter->from - 2 * day : DB_SESSION_TIME_MIN;
    *to = filter->to ? filter->to : DB_SESSION_TIME_MAX;
    if (filter->from_day && core_day_is_valid(filter->from_day))
        *from = MAX(*from, (core_day_number(filter->from_day) - 1) * day);
    if (filter->to_day && core_day_is_valid(filter->to_day))
        *to = MIN(*to, (core_day_number(filter->to_day) + 2) * day);
}

static gsize bind_filter(const struct db_session_filter *filter, enum scope scope,
                         const struct base_uuid *id, struct db_value values[VALUES_MAX])
{
    base_time from, to;
    gsize n = 0;

    bounds_of(filter, &from, &to);
    if (id)
        values[n++] = db_uuid(id);
    if (scope == SCOPE_STUDENT)
        values[n++] = db_uuid(id);
    values[n++] = db_time(from);
    values[n++] = db_time(to);
    values[n++] = db_time(filter->from ? filter->from : DB_SESSION_TIME_MIN);
    values[n++] = db_text(filter->from_day ? filter->from_day : "0000-00-00");
    values[n++] = db_text(filter->to_day ? filter->to_day : "9999-99-99");
    values[n++] = db_asked_enum(filter->state);
    values[n++] = db_text(core_session_state_name((enum core_session_state)filter->state));

    const struct base_uuid *const ids[] = {&filter->course_id,  &filter->room_id,
                                           &filter->term_id,    &filter->group_id,
                                           &filter->teacher_id, &filter->student_id};
    for (gsize i = 0; i < G_N_ELEMENTS(ids); i++) {
        values[n++] = db_asked_uuid(ids[i]);
        values[n++] = db_uuid(ids[i]);
    }
    return n;
}

GPtrArray *db_session_list(struct db_connection *connection, const struct db_session_filter *filter,
                           const struct db_page *page, gint64 *total, GError **error)
{
    struct db_value values[VALUES_MAX];
    const struct base_uuid *id;

    if (!filter)
        filter = &ALL;
    enum scope scope = scope_of(filter, &id);
    gsize n = bind_filter(filter, scope, id, values);
    values[n] = db_int(db_page_limit(page));
    values[n + 1] = db_int(db_page_offset(page));
    g_autoptr(GPtrArray) sessions = db_rows_collect(
        db_query_values(connection, error, LISTINGS[scope][filter->descending], values, n + 2),
        db_session_read, (GDestroyNotify)core_session_free, error);
    if (sessions && total && !db_page_total(page, sessions->len, total) &&
        !db_query_int_values(connection, total, error, COUNTS[scope], values, n))
        return NULL;
    return g_steal_pointer(&sessions);
}

/* ---- conflicts ---- */

/* Who or what is used from when to when, by user and start. */
struct booking {
    struct base_uuid resource;
    struct base_uuid session_id;
    struct base_uuid course_id;
    char *name;
    char *course_name;
    base_time starts_at, ends_at;
};

static void booking_free(gpointer data)
{
    struct booking *booking = data;

    g_free(booking->name);
    g_free(booking->course_name);
    g_free(booking);
}

static gpointer read_booking(struct db_rows *rows)
{
    struct booking *booking = g_new0(struct booking, 1);

    booking->resource = db_rows_uuid(rows, 0);
    booking->name = db_rows_dup_text(rows, 1);
    booking->session_id = db_rows_uuid(rows, 2);
    booking->course_id = db_rows_uuid(rows, 3);
    booking->course_name = db_rows_dup_text(rows, 4);
    booking->starts_at = db_rows_time(rows, 5);
    booking->ends_at = db_rows_time(rows, 6);
    return booking;
}

#define TAKES_PLACE                                                                                \
    "s.state = 'planned' AND s.starts_at >= ? AND s.starts_at < ? AND s.ends_at > ? "
#define BOOKINGS(resource, joins, of_course)                                                       \
    {                                                                                              \
        "SELECT x.id, x.name, s.id, s.course_id, c.name, s.starts_at, s.ends_at "                  \
        "FROM sessions s JOIN courses c ON c.id = s.course_id " joins "WHERE " TAKES_PLACE         \
        "ORDER BY x.id, s.starts_at, s.id",                                                        \
            "SELECT x.id, x.name, s.id, s.course_id, c.name, s.starts_at, s.ends_at "              \
            "FROM sessions s JOIN courses c ON c.id = s.course_id " joins "WHERE " TAKES_PLACE     \
            "AND " resource " IN (" of_course ") ORDER BY x.id, s.starts_at, s.id"                 \
    }

/* Of all courses, and of what one course uses: that one starts from the course, because the answer
 * to every change of a timetable has it. */
static const struct {
    const char *kind;
    const char *sql[2];
} KINDS[] = {
    {"room", BOOKINGS("s.room_id", "JOIN rooms x ON x.id = s.room_id ",
                      "SELECT o.room_id FROM sessions o WHERE o.course_id = ?")},
    {"teacher", BOOKINGS("t.teacher_id",
                         "JOIN course_teachers t ON t.course_id = s.course_id "
                         "JOIN users x ON x.id = t.teacher_id ",
                         "SELECT o.teacher_id FROM course_teachers o WHERE o.course_id = ?")},
    {"group", BOOKINGS("g.group_id",
                       "JOIN course_groups g ON g.course_id = s.course_id "
                       "JOIN class_groups x ON x.id = g.group_id ",
                       "SELECT o.group_id FROM course_groups o WHERE o.course_id = ?")},
};

void db_session_conflict_free(struct db_session_conflict *conflict)
{
    if (!conflict)
        return;
    g_free(conflict->shared);
    g_free(conflict->course_name);
    g_free(conflict->other_course_name);
    g_free(conflict);
}

static struct db_session_conflict *conflict_of(const struct booking *a, const struct booking *b,
                                               const char *kind)
{
    struct db_session_conflict *conflict = g_new0(struct db_session_conflict, 1);

    conflict->session_id = a->session_id;
    conflict->other_id = b->session_id;
    conflict->kind = kind;
    conflict->shared = g_strdup(a->name);
    conflict->course_name = g_strdup(a->course_name);
    conflict->other_course_name = g_strdup(b->course_name);
    conflict->starts_at = a->starts_at;
    conflict->ends_at = a->ends_at;
    conflict->other_starts_at = b->starts_at;
    conflict->other_ends_at = b->ends_at;
    return conflict;
}

/* Bookings of one resource stand together by start: those that follow one before it has ended are
 * at the same time. */
static void compare_bookings(const GPtrArray *bookings, const char *kind,
                             const struct base_uuid *course_id, guint limit, GPtrArray *conflicts)
{
    const guint most = conflicts->len + limit;

    for (guint i = 0; i < bookings->len; i++) {
        const struct booking *a = bookings->pdata[i];
        for (guint j = i + 1; j < bookings->len && conflicts->len < most; j++) {
            const struct booking *b = bookings->pdata[j];
            if (!base_uuid_equal(&a->resource, &b->resource) || b->starts_at >= a->ends_at)
                break;
            if (base_uuid_is_nil(course_id) || base_uuid_equal(&a->course_id, course_id) ||
                base_uuid_equal(&b->course_id, course_id))
                g_ptr_array_add(conflicts, conflict_of(a, b, kind));
        }
    }
}

GPtrArray *db_session_conflicts(struct db_connection *connection, base_time from, base_time to,
                                const struct base_uuid *course_id, gint64 limit, GError **error)
{
    const base_time day = CORE_TIMETABLE_DAY_SECONDS * BASE_TIME_SECOND;
    g_autoptr(GPtrArray) conflicts =
        g_ptr_array_new_with_free_func((GDestroyNotify)db_session_conflict_free);

    const bool of_course = !base_uuid_is_nil(course_id);
    const struct db_value values[] = {db_time(from - 2 * day), db_time(to), db_time(from),
                                      db_uuid(course_id)};

    for (gsize i = 0; i < G_N_ELEMENTS(KINDS); i++) {
        g_autoptr(GPtrArray) bookings = db_rows_collect(
            db_query_values(connection, error, KINDS[i].sql[of_course], values, of_course ? 4 : 3),
            read_booking, booking_free, error);
        if (!bookings)
            return NULL;
        compare_bookings(bookings, KINDS[i].kind, course_id, (guint)CLAMP(limit, 0, G_MAXINT32),
                         conflicts);
    }
    return g_steal_pointer(&conflicts);
}
