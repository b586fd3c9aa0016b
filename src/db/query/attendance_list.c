#include "db/query/attendance.h"
#include "db/query/row.h"

/* What the search starts from: each has its index. */
enum scope {
    SCOPE_ALL,
    SCOPE_USER,
    SCOPE_GROUP,
    SCOPE_TAUGHT,
    SCOPE_N,
};

#define CONDITIONS "(? = 0 OR a.status = ?) AND a.local_day >= ? AND a.local_day <= ? "

/* As a table of its own, because MariaDB would run a UNION inside of IN once for each mark. */
#define TAUGHT                                                                                     \
    "AND a.user_id IN (SELECT taught.id FROM (SELECT s.id FROM group_teachers t JOIN users s "     \
    "ON s.group_id = t.group_id WHERE t.teacher_id = ? AND s.role = 'student' "                    \
    "UNION SELECT o.id FROM users o WHERE o.id = ?) taught) "

#define WHERE_ALL "WHERE " CONDITIONS
#define WHERE_USER "WHERE a.user_id = ? AND (? = 0 OR a.group_id = ?) AND " CONDITIONS
#define WHERE_GROUP "WHERE a.group_id = ? AND " CONDITIONS
#define WHERE_TAUGHT                                                                               \
    "WHERE (? = 0 OR a.user_id = ?) AND (? = 0 OR a.group_id = ?) AND " CONDITIONS TAUGHT

#define VALUES_MAX 12

#define COUNT(where) "SELECT a.status, COUNT(*) FROM attendance a " where "GROUP BY a.status"
#define LIST(where, order) DB_ATTENDANCE_SELECT where "ORDER BY " order " LIMIT ? OFFSET ?"
#define LISTS(where)                                                                               \
    {                                                                                              \
        [DB_ATTENDANCE_SORT_TIME] = {LIST(where, "a.local_day, a.marked_at, a.id"),                \
                                     LIST(where,                                                   \
                                          "a.local_day DESC, a.marked_at DESC, a.id DESC")},       \
        [DB_ATTENDANCE_SORT_NAME] = {                                                              \
            LIST(where, "u.name_key, a.local_day, a.marked_at, a.id"),                             \
            LIST(where, "u.name_key DESC, a.local_day DESC, a.marked_at DESC, a.id DESC")},        \
    }

static const char *const COUNTS[SCOPE_N] = {
    [SCOPE_ALL] = COUNT(WHERE_ALL),
    [SCOPE_USER] = COUNT(WHERE_USER),
    [SCOPE_GROUP] = COUNT(WHERE_GROUP),
    [SCOPE_TAUGHT] = COUNT(WHERE_TAUGHT),
};

static const char *const LISTINGS[SCOPE_N][DB_ATTENDANCE_SORT_N][2] = {
    [SCOPE_ALL] = LISTS(WHERE_ALL),
    [SCOPE_USER] = LISTS(WHERE_USER),
    [SCOPE_GROUP] = LISTS(WHERE_GROUP),
    [SCOPE_TAUGHT] = LISTS(WHERE_TAUGHT),
};

static const char *const SORT_NAMES[DB_ATTENDANCE_SORT_N] = {
    [DB_ATTENDANCE_SORT_TIME] = "marked_at",
    [DB_ATTENDANCE_SORT_NAME] = "name",
};

static const struct db_attendance_filter ALL = {.status = DB_ANY};

const char *db_attendance_sort_name(enum db_attendance_sort sort)
{
    return (unsigned)sort < DB_ATTENDANCE_SORT_N ? SORT_NAMES[sort] : NULL;
}

bool db_attendance_sort_from_name(const char *name, enum db_attendance_sort *sort)
{
    for (int i = 0; i < DB_ATTENDANCE_SORT_N; i++) {
        if (g_strcmp0(SORT_NAMES[i], name) == 0) {
            *sort = (enum db_attendance_sort)i;
            return true;
        }
    }
    return false;
}

static enum scope scope_of(const struct db_attendance_filter *filter)
{
    if (!base_uuid_is_nil(&filter->teacher_id))
        return SCOPE_TAUGHT;
    if (!base_uuid_is_nil(&filter->user_id))
        return SCOPE_USER;
    return base_uuid_is_nil(&filter->group_id) ? SCOPE_ALL : SCOPE_GROUP;
}

/* Fills in the conditions and returns how many values they take. */
static gsize bind_filter(const struct db_attendance_filter *filter, enum scope scope,
                         struct db_value values[VALUES_MAX])
{
    gsize n = 0;

    if (scope == SCOPE_TAUGHT)
        values[n++] = db_asked_uuid(&filter->user_id);
    if (scope == SCOPE_TAUGHT || scope == SCOPE_USER) {
        values[n++] = db_uuid(&filter->user_id);
        values[n++] = db_asked_uuid(&filter->group_id);
    }
    if (scope != SCOPE_ALL)
        values[n++] = db_uuid(&filter->group_id);
    values[n++] = db_asked_enum(filter->status);
    values[n++] = db_text(core_status_name((enum core_status)filter->status));
    values[n++] = db_text(filter->from_day ? filter->from_day : "0000-00-00");
    values[n++] = db_text(filter->to_day ? filter->to_day : "9999-99-99");
    if (scope == SCOPE_TAUGHT) {
        values[n++] = db_uuid(&filter->teacher_id);
        values[n++] = db_uuid(&filter->teacher_id);
    }
    return n;
}

bool db_attendance_count(struct db_connection *connection,
                         const struct db_attendance_filter *filter,
                         struct core_statistics *statistics, GError **error)
{
    struct db_value values[VALUES_MAX];
    GError *problem = NULL;

    if (!filter)
        filter = &ALL;
    *statistics = (struct core_statistics){0};
    enum scope scope = scope_of(filter);
    gsize n = bind_filter(filter, scope, values);
    g_autoptr(db_rows) rows = db_query_values(connection, error, COUNTS[scope], values, n);

    if (!rows)
        return false;
    while (db_rows_next(rows, &problem))
        core_statistics_add(statistics, db_rows_status(rows, 0), db_rows_int(rows, 1));
    if (problem)
        g_propagate_error(error, problem);
    return !problem;
}

GPtrArray *db_attendance_list(struct db_connection *connection,
                              const struct db_attendance_filter *filter, const struct db_page *page,
                              gint64 *total, GError **error)
{
    struct core_statistics statistics;
    struct db_value values[VALUES_MAX];

    if (!filter)
        filter = &ALL;
    enum scope scope = scope_of(filter);
    enum db_attendance_sort sort = MIN((unsigned)filter->sort, DB_ATTENDANCE_SORT_N - 1);
    gsize n = bind_filter(filter, scope, values);
    values[n++] = db_int(db_page_limit(page));
    values[n++] = db_int(db_page_offset(page));
    g_autoptr(GPtrArray) marks = db_rows_collect(
        db_query_values(connection, error, LISTINGS[scope][sort][filter->descending], values, n),
        db_attendance_read, (GDestroyNotify)core_attendance_free, error);
    if (marks && total && !db_page_total(page, marks->len, total)) {
        if (!db_attendance_count(connection, filter, &statistics, error))
            return NULL;
        *total = statistics.total;
    }
    return g_steal_pointer(&marks);
}
