/* Who is on a course's roster, and from when to when. */
#include "core/timetable.h"
#include "db/query/course.h"
#include "db/query/row.h"

#include <string.h>

#define SPAN "x.first_day <= ? AND (x.last_day IS NULL OR x.last_day >= ?) "

/* The two ways onto a roster have an index each; with a group asked for there is one. */
#define ROSTER                                                                                     \
    "SELECT u.id, u.name, u.name_key, u.email, u.student_number, u.language, roster.group_id, "    \
    "g.name, "                                                                                     \
    "roster.first_day, roster.last_day FROM ("                                                     \
    "SELECT x.user_id, x.group_id, x.first_day, x.last_day FROM enrolments x "                     \
    "WHERE ? = 0 AND x.course_id = ? AND " SPAN                                                    \
    "UNION ALL SELECT x.user_id, x.group_id, x.first_day, x.last_day FROM course_groups k "        \
    "JOIN enrolments x ON x.group_id = k.group_id WHERE k.course_id = ? "                          \
    "AND (? = 0 OR k.group_id = ?) AND " SPAN                                                      \
    ") roster JOIN users u ON u.id = roster.user_id LEFT JOIN class_groups g ON g.id = "           \
    "roster.group_id "                                                                             \
    "ORDER BY u.name_key, u.id, roster.first_day, roster.group_id"

void db_roster_person_free(struct db_roster_person *person)
{
    if (!person)
        return;
    g_free(person->name);
    g_free(person->name_key);
    g_free(person->email);
    g_free(person->student_number);
    g_free(person->language);
    g_free(person->group_name);
    g_array_unref(person->intervals);
    g_free(person);
}

bool db_roster_person_on(const struct db_roster_person *person, const char *day)
{
    for (guint i = 0; i < person->intervals->len; i++) {
        const struct db_roster_interval *interval =
            &g_array_index(person->intervals, struct db_roster_interval, i);
        if (strcmp(interval->first_day, day) <= 0 && strcmp(day, interval->last_day) <= 0)
            return true;
    }
    return false;
}

static struct db_roster_person *read_person(struct db_rows *rows)
{
    struct db_roster_person *person = g_new0(struct db_roster_person, 1);

    person->id = db_rows_uuid(rows, 0);
    person->name = db_rows_dup_text(rows, 1);
    person->name_key = db_rows_dup_text(rows, 2);
    person->email = db_rows_dup_text(rows, 3);
    person->student_number = db_rows_dup_text(rows, 4);
    person->language = db_rows_dup_text(rows, 5);
    person->intervals = g_array_new(FALSE, FALSE, sizeof(struct db_roster_interval));
    return person;
}

/* Intervals come in the order of their beginnings: one joins the last when no day lies between. */
static void add_interval(struct db_roster_person *person, const struct db_roster_interval *next)
{
    if (person->intervals->len > 0) {
        struct db_roster_interval *last = &g_array_index(
            person->intervals, struct db_roster_interval, person->intervals->len - 1);
        if (core_day_number(next->first_day) <= core_day_number(last->last_day) + 1) {
            if (strcmp(last->last_day, next->last_day) < 0)
                memcpy(last->last_day, next->last_day, sizeof last->last_day);
            return;
        }
    }
    g_array_append_val(person->intervals, *next);
}

/* The group of the enrolment that lasts longest stands for the person. */
static void read_enrolment(struct db_roster_person *person, struct db_rows *rows)
{
    struct db_roster_interval next = {.last_day = DB_ROSTER_OPEN_DAY};
    const guint n = person->intervals->len;
    const bool longest =
        n == 0 || db_rows_is_null(rows, 9) ||
        strcmp(db_rows_text(rows, 9),
               g_array_index(person->intervals, struct db_roster_interval, n - 1).last_day) > 0;

    g_strlcpy(next.first_day, db_rows_text(rows, 8), sizeof next.first_day);
    if (!db_rows_is_null(rows, 9))
        g_strlcpy(next.last_day, db_rows_text(rows, 9), sizeof next.last_day);
    add_interval(person, &next);
    if (!longest)
        return;
    person->group_id = db_rows_uuid(rows, 6);
    g_free(person->group_name);
    person->group_name = db_rows_dup_text(rows, 7);
}

GPtrArray *db_roster_of_period(struct db_connection *connection, const struct base_uuid *course_id,
                               const struct base_uuid *group_id, const char *from_day,
                               const char *to_day, GError **error)
{
    const struct base_uuid group = group_id ? *group_id : (struct base_uuid){0};
    const struct db_value course = db_uuid(course_id), asked = db_asked_uuid(&group);
    const struct db_value from = db_text(from_day ? from_day : "0001-01-01");
    const struct db_value to = db_text(to_day ? to_day : DB_ROSTER_OPEN_DAY);
    g_autoptr(GPtrArray) people =
        g_ptr_array_new_with_free_func((GDestroyNotify)db_roster_person_free);
    g_autoptr(db_rows) rows = db_query(connection, error, ROSTER, asked, course, to, from, course,
                                       asked, db_uuid(&group), to, from);
    struct db_roster_person *person = NULL;
    GError *problem = NULL;

    if (!rows)
        return NULL;
    while (db_rows_next(rows, &problem)) {
        const struct base_uuid id = db_rows_uuid(rows, 0);
        if (!person || !base_uuid_equal(&person->id, &id)) {
            person = read_person(rows);
            g_ptr_array_add(people, person);
        }
        read_enrolment(person, rows);
    }
    if (problem) {
        g_propagate_error(error, problem);
        return NULL;
    }
    return g_steal_pointer(&people);
}

GPtrArray *db_roster(struct db_connection *connection, const struct base_uuid *course_id,
                     const char *day, GError **error)
{
    return db_roster_of_period(connection, course_id, NULL, day, day, error);
}
