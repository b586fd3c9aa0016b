/* What the statements over marks share: how a struct db_attendance_filter becomes conditions.
 * Private to this folder. */
#ifndef DB_QUERY_ATTENDANCE_FILTER_H
#define DB_QUERY_ATTENDANCE_FILTER_H

#include "db/query/attendance.h"

/* What the search starts from: each has its index. */
enum db_attendance_scope {
    DB_ATTENDANCE_SCOPE_ALL,
    DB_ATTENDANCE_SCOPE_USER,
    DB_ATTENDANCE_SCOPE_GROUP,
    DB_ATTENDANCE_SCOPE_COURSE,
    DB_ATTENDANCE_SCOPE_SESSION,
    DB_ATTENDANCE_SCOPE_TAUGHT,
    DB_ATTENDANCE_SCOPE_N,
};

/* Most values of the conditions; statements have some of their own after them. */
#define DB_ATTENDANCE_VALUES 40

/* What nearly every list asks for, alone: these are read most. */
#define DB_ATTENDANCE_PLAIN "(? = 0 OR a.status = ?) AND a.local_day >= ? AND a.local_day <= ? "

/* All there is, over the aliases a of the mark and c of its course. */
#define DB_ATTENDANCE_EVERY                                                                        \
    "(? = 0 OR a.user_id = ?) AND (? = 0 OR a.group_id = ?) AND (? = 0 OR a.course_id = ?) "       \
    "AND (? = 0 OR a.session_id = ?) AND (? = 0 OR c.subject_id = ?) "                             \
    "AND (? = 0 OR c.term_id = ?) AND (? = 0 OR a.status_code = ?) AND (? = 0 OR a.method = ?) "   \
    "AND " DB_ATTENDANCE_PLAIN

/* The marks that a teacher may see, in three parts that have nothing in common: those of courses
 * that they teach, the others of students in groups of theirs, and the others of their own. As a
 * table of its own, because no engine finds three indexes for an OR of subqueries. */
#define DB_ATTENDANCE_NOT_TAUGHT                                                                   \
    "AND NOT EXISTS (SELECT 1 FROM course_teachers o WHERE o.teacher_id = ? "                      \
    "AND o.course_id = m.course_id) "
#define DB_ATTENDANCE_TAUGHT                                                                       \
    "(SELECT m.* FROM course_teachers t JOIN attendance m ON m.course_id = t.course_id "           \
    "WHERE t.teacher_id = ? AND m.local_day >= ? AND m.local_day <= ? "                            \
    "UNION ALL SELECT m.* FROM group_teachers t JOIN users s ON s.group_id = t.group_id "          \
    "JOIN attendance m ON m.user_id = s.id WHERE t.teacher_id = ? AND s.role = 'student' "         \
    "AND m.local_day >= ? AND m.local_day <= ? " DB_ATTENDANCE_NOT_TAUGHT                          \
    "UNION ALL SELECT m.* FROM attendance m WHERE m.user_id = ? AND m.local_day >= ? "             \
    "AND m.local_day <= ? " DB_ATTENDANCE_NOT_TAUGHT ") a "

/* One text for each scope: `columns` go between SELECT and FROM, `joins` begin after the marks,
 * which are called a, and `tail` after the conditions. */
#define DB_ATTENDANCE_TEXTS(columns, joins, conditions, tail)                                      \
    {                                                                                              \
        [DB_ATTENDANCE_SCOPE_ALL] =                                                                \
            "SELECT " columns "FROM attendance a " joins "WHERE " conditions tail,                 \
        [DB_ATTENDANCE_SCOPE_USER] = "SELECT " columns "FROM attendance a " joins                  \
                                     "WHERE a.user_id = ? AND " conditions tail,                   \
        [DB_ATTENDANCE_SCOPE_GROUP] = "SELECT " columns "FROM attendance a " joins                 \
                                      "WHERE a.group_id = ? AND " conditions tail,                 \
        [DB_ATTENDANCE_SCOPE_COURSE] = "SELECT " columns "FROM attendance a " joins                \
                                       "WHERE a.course_id = ? AND " conditions tail,               \
        [DB_ATTENDANCE_SCOPE_SESSION] = "SELECT " columns "FROM attendance a " joins               \
                                        "WHERE a.session_id = ? AND " conditions tail,             \
        [DB_ATTENDANCE_SCOPE_TAUGHT] =                                                             \
            "SELECT " columns "FROM " DB_ATTENDANCE_TAUGHT joins "WHERE " conditions tail,         \
    }

/* Where to start. */
enum db_attendance_scope db_attendance_scope(const struct db_attendance_filter *filter);

/* Whether the filter asks for no more than its scope and DB_ATTENDANCE_PLAIN. */
bool db_attendance_is_plain(const struct db_attendance_filter *filter,
                            enum db_attendance_scope scope);

/* Fills in the values of such a text and returns how many. */
gsize db_attendance_bind(const struct db_attendance_filter *filter, enum db_attendance_scope scope,
                         bool plain, struct db_value values[static DB_ATTENDANCE_VALUES]);

#endif
