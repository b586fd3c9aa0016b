#include "db/query/attendance.h"

#include "base/text.h"
#include "db/query/attendance_filter.h"
#include "db/query/row.h"

#define COUNT "a.status, COUNT(*) "
#define COUNT_TAIL "GROUP BY a.status"

#define BY_TIME "a.local_day, a.marked_at, a.id"
#define BY_TIME_DOWN "a.local_day DESC, a.marked_at DESC, a.id DESC"

#define LIST(conditions, order)                                                                    \
    DB_ATTENDANCE_TEXTS(DB_ATTENDANCE_COLUMNS, DB_ATTENDANCE_JOINS, conditions,                    \
                        "ORDER BY " order " LIMIT ? OFFSET ?")
#define LISTS(conditions)                                                                          \
    {                                                                                              \
        [DB_ATTENDANCE_SORT_TIME] = {LIST(conditions, BY_TIME), LIST(conditions, BY_TIME_DOWN)},   \
        [DB_ATTENDANCE_SORT_NAME] = {LIST(conditions, "u.name_key, " BY_TIME),                     \
                                     LIST(conditions, "u.name_key DESC, " BY_TIME_DOWN)},          \
    }

/* The second of each pair is for plain filters. */
static const char *const COUNTS[2][DB_ATTENDANCE_SCOPE_N] = {
    DB_ATTENDANCE_TEXTS(COUNT, "LEFT JOIN courses c ON c.id = a.course_id ", DB_ATTENDANCE_EVERY,
                        COUNT_TAIL),
    DB_ATTENDANCE_TEXTS(COUNT, "", DB_ATTENDANCE_PLAIN, COUNT_TAIL),
};

static const char *const LISTINGS[2][DB_ATTENDANCE_SORT_N][2][DB_ATTENDANCE_SCOPE_N] = {
    LISTS(DB_ATTENDANCE_EVERY),
    LISTS(DB_ATTENDANCE_PLAIN),
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
    const int index = base_text_index(SORT_NAMES, DB_ATTENDANCE_SORT_N, name);

    if (index >= 0)
        *sort = (enum db_attendance_sort)index;
    return index >= 0;
}

bool db_attendance_count(struct db_connection *connection,
                         const struct db_attendance_filter *filter,
                         struct core_statistics *statistics, GError **error)
{
    struct db_value values[DB_ATTENDANCE_VALUES];
    GError *problem = NULL;

    if (!filter)
        filter = &ALL;
    *statistics = (struct core_statistics){0};
    const enum db_attendance_scope scope = db_attendance_scope(filter);
    const bool plain = db_attendance_is_plain(filter, scope);
    const gsize n = db_attendance_bind(filter, scope, plain, values);
    g_autoptr(db_rows) rows = db_query_values(connection, error, COUNTS[plain][scope], values, n);

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
    struct db_value values[DB_ATTENDANCE_VALUES + 2];

    if (!filter)
        filter = &ALL;
    const enum db_attendance_scope scope = db_attendance_scope(filter);
    const enum db_attendance_sort sort = MIN((unsigned)filter->sort, DB_ATTENDANCE_SORT_N - 1);
    const bool plain = db_attendance_is_plain(filter, scope);
    gsize n = db_attendance_bind(filter, scope, plain, values);
    values[n++] = db_int(db_page_limit(page));
    values[n++] = db_int(db_page_offset(page));
    g_autoptr(GPtrArray) marks = db_rows_collect(
        db_query_values(connection, error, LISTINGS[plain][sort][filter->descending][scope], values,
                        n),
        db_attendance_read, (GDestroyNotify)core_attendance_free, error);
    if (marks && total && !db_page_total(page, marks->len, total)) {
        if (!db_attendance_count(connection, filter, &statistics, error))
            return NULL;
        *total = statistics.total;
    }
    return g_steal_pointer(&marks);
}
