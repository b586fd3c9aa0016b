#include "db/query/enrolment.h"

#include "core/timetable.h"
#include "db/query/row.h"

#define FROM                                                                                       \
    "FROM enrolments e JOIN users u ON u.id = e.user_id "                                          \
    "LEFT JOIN class_groups g ON g.id = e.group_id LEFT JOIN courses c ON c.id = e.course_id "
#define SELECT                                                                                     \
    "SELECT e.id, e.user_id, e.group_id, e.course_id, u.name, g.name, c.name, e.first_day, "       \
    "e.last_day, e.created_at, e.updated_at " FROM

/* What the search starts from: each has its index. */
enum scope {
    SCOPE_ALL,
    SCOPE_USER,
    SCOPE_GROUP,
    SCOPE_COURSE,
    SCOPE_N,
};

#define CONDITIONS                                                                                 \
    "AND (? = 0 OR u.institution_id = ?) AND (? = 0 OR e.group_id = ?) "                           \
    "AND (? = 0 OR e.course_id = ?) AND (? = 0 OR e.last_day IS NULL OR e.last_day >= ?) "         \
    "AND (? = 0 OR e.first_day <= ?) AND (? = 0 "                                                  \
    "OR e.group_id IN (SELECT h.group_id FROM group_teachers h WHERE h.teacher_id = ?) "           \
    "OR e.course_id IN (SELECT h.course_id FROM course_teachers h WHERE h.teacher_id = ?) "        \
    "OR e.group_id IN (SELECT k.group_id FROM course_teachers h JOIN course_groups k "             \
    "ON k.course_id = h.course_id WHERE h.teacher_id = ?)) "
#define VALUES_MAX 17

#define BY_PERSON "ORDER BY e.first_day DESC, g.name_key, c.name_key, e.id "
#define BY_NAME "ORDER BY u.name_key, u.id, e.first_day, e.id "
#define LIST(start, order)                                                                         \
    {                                                                                              \
        SELECT start CONDITIONS order "LIMIT ? OFFSET ?",                                          \
            "SELECT COUNT(*) " FROM start CONDITIONS, read_enrolment,                              \
            (GDestroyNotify)core_enrolment_free                                                    \
    }

static gpointer read_enrolment(struct db_rows *rows)
{
    struct core_enrolment *enrolment = g_new0(struct core_enrolment, 1);

    enrolment->id = db_rows_uuid(rows, 0);
    enrolment->user_id = db_rows_uuid(rows, 1);
    enrolment->group_id = db_rows_uuid(rows, 2);
    enrolment->course_id = db_rows_uuid(rows, 3);
    enrolment->user_name = db_rows_dup_text(rows, 4);
    enrolment->group_name = db_rows_dup_text(rows, 5);
    enrolment->course_name = db_rows_dup_text(rows, 6);
    enrolment->first_day = db_rows_dup_text(rows, 7);
    enrolment->last_day = db_rows_dup_text(rows, 8);
    enrolment->created_at = db_rows_time(rows, 9);
    enrolment->updated_at = db_rows_time(rows, 10);
    return enrolment;
}

static const struct db_list LISTS[SCOPE_N] = {
    [SCOPE_ALL] = LIST("WHERE 1 = 1 ", BY_NAME),
    [SCOPE_USER] = LIST("WHERE e.user_id = ? ", BY_PERSON),
    [SCOPE_GROUP] = LIST("WHERE e.group_id = ? ", BY_NAME),
    [SCOPE_COURSE] = LIST("WHERE e.course_id = ? ", BY_NAME),
};

bool db_enrolment_insert(struct db_connection *connection, const struct core_enrolment *enrolment,
                         GError **error)
{
    return db_execute(connection, NULL, error,
                      "INSERT INTO enrolments (id, user_id, group_id, course_id, first_day, "
                      "last_day, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                      db_uuid(&enrolment->id), db_uuid(&enrolment->user_id),
                      db_uuid(&enrolment->group_id), db_uuid(&enrolment->course_id),
                      db_text(enrolment->first_day), db_text(enrolment->last_day),
                      db_time(enrolment->created_at), db_time(enrolment->updated_at));
}

struct core_enrolment *db_enrolment_find(struct db_connection *connection,
                                         const struct base_uuid *id, GError **error)
{
    return db_rows_single(db_query(connection, error, SELECT "WHERE e.id = ?", db_uuid(id)),
                          read_enrolment, (GDestroyNotify)core_enrolment_free, "enrolment", error);
}

GPtrArray *db_enrolment_list(struct db_connection *connection,
                             const struct db_enrolment_filter *filter, const struct db_page *page,
                             gint64 *total, GError **error)
{
    static const struct db_enrolment_filter ALL = {.from_day = NULL};
    struct db_value values[VALUES_MAX + 2];
    enum scope scope = SCOPE_ALL;
    gsize n = 0;

    if (!filter)
        filter = &ALL;
    if (!base_uuid_is_nil(&filter->user_id)) {
        scope = SCOPE_USER;
        values[n++] = db_uuid(&filter->user_id);
    } else if (!base_uuid_is_nil(&filter->group_id)) {
        scope = SCOPE_GROUP;
        values[n++] = db_uuid(&filter->group_id);
    } else if (!base_uuid_is_nil(&filter->course_id)) {
        scope = SCOPE_COURSE;
        values[n++] = db_uuid(&filter->course_id);
    }
    const struct db_value conditions[] = {
        db_asked_uuid(&filter->institution_id), db_uuid(&filter->institution_id),
        db_asked_uuid(&filter->group_id),       db_uuid(&filter->group_id),
        db_asked_uuid(&filter->course_id),      db_uuid(&filter->course_id),
        db_asked_text(filter->from_day),        db_text(filter->from_day),
        db_asked_text(filter->to_day),          db_text(filter->to_day),
        db_asked_uuid(&filter->teacher_id),     db_uuid(&filter->teacher_id),
        db_uuid(&filter->teacher_id),           db_uuid(&filter->teacher_id),
    };
    for (gsize i = 0; i < G_N_ELEMENTS(conditions); i++)
        values[n++] = conditions[i];
    return db_list_read(connection, &LISTS[scope], values, n, page, total, error);
}

bool db_enrolment_update(struct db_connection *connection, const struct core_enrolment *enrolment,
                         GError **error)
{
    gint64 changed;

    return db_execute(connection, &changed, error,
                      "UPDATE enrolments SET first_day = ?, last_day = ?, updated_at = ? "
                      "WHERE id = ?",
                      db_text(enrolment->first_day), db_text(enrolment->last_day),
                      db_time(enrolment->updated_at), db_uuid(&enrolment->id)) &&
           db_changed_some(changed, "enrolment", error);
}

bool db_enrolment_delete(struct db_connection *connection, const struct base_uuid *id,
                         GError **error)
{
    gint64 changed;

    return db_execute(connection, &changed, error, "DELETE FROM enrolments WHERE id = ?",
                      db_uuid(id)) &&
           db_changed_some(changed, "enrolment", error);
}

bool db_enrolment_overlap(struct db_connection *connection, const struct core_enrolment *enrolment,
                          struct core_enrolment **other, GError **error)
{
    g_autoptr(GPtrArray) found = db_rows_collect(
        db_query(connection, error,
                 SELECT "WHERE e.user_id = ? AND (e.group_id = ? OR e.course_id = ?) "
                        "AND e.id <> ? AND e.first_day <= ? "
                        "AND (e.last_day IS NULL OR e.last_day >= ?) ORDER BY e.first_day LIMIT 1",
                 db_uuid(&enrolment->user_id), db_uuid(&enrolment->group_id),
                 db_uuid(&enrolment->course_id), db_uuid(&enrolment->id),
                 db_text(enrolment->last_day ? enrolment->last_day : "9999-12-31"),
                 db_text(enrolment->first_day)),
        read_enrolment, (GDestroyNotify)core_enrolment_free, error);

    if (!found)
        return false;
    *other = found->len > 0 ? g_ptr_array_steal_index(found, 0) : NULL;
    return true;
}

bool db_enrolment_is_on_roster(struct db_connection *connection, const struct base_uuid *course_id,
                               const struct base_uuid *user_id, const char *day, bool *on_roster,
                               GError **error)
{
    gint64 count;

    if (!db_query_int(connection, &count, error,
                      "SELECT COUNT(*) FROM enrolments e WHERE e.user_id = ? "
                      "AND e.first_day <= ? AND (e.last_day IS NULL OR e.last_day >= ?) "
                      "AND (e.course_id = ? OR e.group_id IN "
                      "(SELECT k.group_id FROM course_groups k WHERE k.course_id = ?))",
                      db_uuid(user_id), db_text(day), db_text(day), db_uuid(course_id),
                      db_uuid(course_id)))
        return false;
    *on_roster = count > 0;
    return true;
}

bool db_enrolment_end(struct db_connection *connection, const struct base_uuid *user_id,
                      const struct base_uuid *group_id, const char *today, base_time now,
                      GError **error)
{
    char yesterday[CORE_DAY_SIZE];
    const struct db_value user = db_uuid(user_id);
    const struct db_value asked = db_asked_uuid(group_id);
    const struct db_value group = db_uuid(group_id);

    core_day_from_number(core_day_number(today) - 1, yesterday);
    return db_execute(connection, NULL, error,
                      "DELETE FROM enrolments WHERE user_id = ? AND (? = 0 OR group_id = ?) "
                      "AND first_day >= ?",
                      user, asked, group, db_text(today)) &&
           db_execute(connection, NULL, error,
                      "UPDATE enrolments SET last_day = ?, updated_at = ? WHERE user_id = ? "
                      "AND (? = 0 OR group_id = ?) AND (last_day IS NULL OR last_day >= ?)",
                      db_text(yesterday), db_time(now), user, asked, group, db_text(today));
}

bool db_enrolment_open(struct db_connection *connection, const struct base_uuid *user_id,
                       const struct base_uuid *group_id, const char *today, base_time now,
                       GError **error)
{
    struct core_enrolment fresh = {.user_id = *user_id,
                                   .group_id = *group_id,
                                   .first_day = (char *)today,
                                   .created_at = now,
                                   .updated_at = now};
    gint64 standing = 0;

    /* What was planned for later would overlap with one that has no end. */
    if (!db_execute(connection, NULL, error,
                    "DELETE FROM enrolments WHERE user_id = ? AND group_id = ? AND first_day > ?",
                    db_uuid(user_id), db_uuid(group_id), db_text(today)) ||
        !db_query_int(connection, &standing, error,
                      "SELECT COUNT(*) FROM enrolments WHERE user_id = ? AND group_id = ? "
                      "AND (last_day IS NULL OR last_day >= ?)",
                      db_uuid(user_id), db_uuid(group_id), db_text(today)))
        return false;
    if (standing > 0)
        return db_execute(connection, NULL, error,
                          "UPDATE enrolments SET last_day = NULL, updated_at = ? "
                          "WHERE user_id = ? AND group_id = ? AND last_day >= ?",
                          db_time(now), db_uuid(user_id), db_uuid(group_id), db_text(today));
    base_uuid_new(&fresh.id);
    return db_enrolment_insert(connection, &fresh, error);
}

static gpointer read_id(struct db_rows *rows)
{
    const struct base_uuid id = db_rows_uuid(rows, 0);

    return g_memdup2(&id, sizeof id);
}

GPtrArray *db_enrolment_strays(struct db_connection *connection, const char *today, gint64 limit,
                               GError **error)
{
    const struct db_value day = db_text(today);

    return db_rows_collect(
        db_query(connection, error,
                 "SELECT u.id FROM users u WHERE u.role = 'student' AND u.deleted_at IS NULL "
                 "AND ((u.group_id IS NULL AND EXISTS (SELECT 1 FROM enrolments e "
                 "WHERE e.user_id = u.id AND e.group_id IS NOT NULL AND e.first_day <= ? "
                 "AND (e.last_day IS NULL OR e.last_day >= ?))) "
                 "OR (u.group_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM enrolments e "
                 "WHERE e.user_id = u.id AND e.group_id = u.group_id AND e.first_day <= ? "
                 "AND (e.last_day IS NULL OR e.last_day >= ?)))) ORDER BY u.id LIMIT ?",
                 day, day, day, day, db_int(limit)),
        read_id, g_free, error);
}
