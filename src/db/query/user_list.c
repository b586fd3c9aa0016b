#include "base/text.h"
#include "db/query/row.h"
#include "db/query/user.h"

/* What the search starts from: each has its index. */
enum scope {
    SCOPE_ALL,
    SCOPE_GROUP,
    SCOPE_TAUGHT,
    SCOPE_N,
};

#define GROUP_OPTIONAL "WHERE (? = 0 OR u.group_id = ?) "
#define GROUP_ALWAYS "WHERE ? <> 0 AND u.group_id = ? "

#define CONDITIONS                                                                                 \
    "AND (? = 0 OR u.role = ?) AND (? = 0 OR u.active = ?) AND (? = 0 OR u.deleted_at IS NULL) "   \
    "AND (? = 0 OR u.name_key LIKE ? ESCAPE '!' OR u.email LIKE ? ESCAPE '!' "                     \
    "OR UPPER(u.student_number) LIKE ? ESCAPE '!') "                                               \
    "AND (? = 0 OR EXISTS (SELECT 1 FROM face_templates f WHERE f.user_id = u.id) = ?) "           \
    "AND (? = 0 OR EXISTS (SELECT 1 FROM consents c WHERE c.standing_of = u.id) = ?) "

#define TAUGHT "AND u.id IN (" DB_TAUGHT_PEOPLE ") "

#define WHERE_ALL GROUP_OPTIONAL CONDITIONS
#define WHERE_GROUP GROUP_ALWAYS CONDITIONS
#define WHERE_TAUGHT GROUP_OPTIONAL CONDITIONS TAUGHT

#define VALUES_MAX (17 + DB_TAUGHT_PEOPLE_VALUES)

#define COUNT(where) "SELECT COUNT(*) FROM users u " where
#define LIST(where, order) DB_USER_SELECT where "ORDER BY " order " LIMIT ? OFFSET ?"
#define LISTS(where)                                                                               \
    {                                                                                              \
        [DB_USER_SORT_NAME] = {LIST(where, "u.name_key, u.id"),                                    \
                               LIST(where, "u.name_key DESC, u.id DESC")},                         \
        [DB_USER_SORT_EMAIL] = {LIST(where, "u.email, u.id"),                                      \
                                LIST(where, "u.email DESC, u.id DESC")},                           \
        [DB_USER_SORT_CREATED] = {LIST(where, "u.created_at, u.id"),                               \
                                  LIST(where, "u.created_at DESC, u.id DESC")},                    \
    }

static const char *const COUNTS[SCOPE_N] = {
    [SCOPE_ALL] = COUNT(WHERE_ALL),
    [SCOPE_GROUP] = COUNT(WHERE_GROUP),
    [SCOPE_TAUGHT] = COUNT(WHERE_TAUGHT),
};

static const char *const LISTINGS[SCOPE_N][DB_USER_SORT_N][2] = {
    [SCOPE_ALL] = LISTS(WHERE_ALL),
    [SCOPE_GROUP] = LISTS(WHERE_GROUP),
    [SCOPE_TAUGHT] = LISTS(WHERE_TAUGHT),
};

static const char *const SORT_NAMES[DB_USER_SORT_N] = {
    [DB_USER_SORT_NAME] = "name",
    [DB_USER_SORT_EMAIL] = "email",
    [DB_USER_SORT_CREATED] = "created_at",
};

const char *db_user_sort_name(enum db_user_sort sort)
{
    return (unsigned)sort < DB_USER_SORT_N ? SORT_NAMES[sort] : NULL;
}

bool db_user_sort_from_name(const char *name, enum db_user_sort *sort)
{
    const int index = base_text_index(SORT_NAMES, DB_USER_SORT_N, name);

    if (index >= 0)
        *sort = (enum db_user_sort)index;
    return index >= 0;
}

static enum scope scope_of(const struct db_user_filter *filter)
{
    if (!base_uuid_is_nil(&filter->teacher_id))
        return SCOPE_TAUGHT;
    return base_uuid_is_nil(&filter->group_id) ? SCOPE_ALL : SCOPE_GROUP;
}

GPtrArray *db_user_list(struct db_connection *connection, const struct db_user_filter *filter,
                        const struct db_page *page, gint64 *total, GError **error)
{
    const struct db_user_filter all = DB_USER_FILTER_ALL;

    if (!filter)
        filter = &all;
    enum scope scope = scope_of(filter);
    enum db_user_sort sort = MIN((unsigned)filter->sort, DB_USER_SORT_N - 1);
    g_autofree char *key = filter->search ? base_text_key(filter->search) : NULL;
    g_autofree char *small = filter->search ? g_utf8_strdown(filter->search, -1) : NULL;
    g_autofree char *key_pattern = db_like_pattern(key);
    g_autofree char *email_pattern = db_like_pattern(small);
    g_autofree char *upper = filter->search ? g_ascii_strup(filter->search, -1) : NULL;
    g_autofree char *number_pattern = db_like_pattern(upper);

    gsize n = 0;
    struct db_value values[VALUES_MAX];
    values[n++] = db_asked_uuid(&filter->group_id);
    values[n++] = db_uuid(&filter->group_id);
    values[n++] = db_asked_enum(filter->role);
    values[n++] = db_text(core_role_name((enum core_role)filter->role));
    values[n++] = db_asked_enum(filter->active);
    values[n++] = db_bool(filter->active == 1);
    values[n++] = db_int(!filter->with_deleted);
    values[n++] = db_asked_text(filter->search);
    values[n++] = db_text(key_pattern);
    values[n++] = db_text(email_pattern);
    values[n++] = db_text(number_pattern);
    values[n++] = db_asked_enum(filter->faces);
    values[n++] = db_bool(filter->faces == 1);
    values[n++] = db_asked_enum(filter->consent);
    values[n++] = db_bool(filter->consent == 1);
    for (int i = 0; scope == SCOPE_TAUGHT && i < DB_TAUGHT_PEOPLE_VALUES; i++)
        values[n++] = db_uuid(&filter->teacher_id);
    values[n] = db_int(db_page_limit(page));
    values[n + 1] = db_int(db_page_offset(page));
    g_autoptr(GPtrArray) users =
        db_rows_collect(db_query_values(connection, error,
                                        LISTINGS[scope][sort][filter->descending], values, n + 2),
                        db_user_read, (GDestroyNotify)core_user_free, error);
    if (users && total && !db_page_total(page, users->len, total) &&
        !db_query_int_values(connection, total, error, COUNTS[scope], values, n))
        return NULL;
    return g_steal_pointer(&users);
}
