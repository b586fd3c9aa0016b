/* The courses, course_groups and course_teachers tables, and who is on a course's roster. Errors
 * are those of db.h. */
#ifndef DB_QUERY_COURSE_H
#define DB_QUERY_COURSE_H

#include "core/catalogue.h"
#include "core/types.h"
#include "db/db.h"
#include "db/query/page.h"

/* Stores a new course; name_key is made from the name. BASE_ERROR_CONFLICT ("courses.name_key")
 * when the term has one of that name but for case and accents. */
bool db_course_insert(struct db_connection *connection, const struct core_course *course,
                      GError **error);

/* NULL with BASE_ERROR_NOT_FOUND when there is none. */
struct core_course *db_course_find(struct db_connection *connection, const struct base_uuid *id,
                                   GError **error);
struct core_course *db_course_find_name(struct db_connection *connection,
                                        const struct base_uuid *term_id, const char *name,
                                        GError **error);

struct db_course_filter {
    struct base_uuid institution_id; /* nil: any */
    struct base_uuid term_id;        /* nil: any */
    struct base_uuid subject_id;     /* nil: any */
    struct base_uuid group_id;       /* only those taught to this group; nil: any */
    struct base_uuid teacher_id;     /* only those this person teaches; nil: any */
    struct base_uuid student_id;     /* only those on whose roster this person is … ; nil: any */
    const char *student_day;         /* … on this day; NULL: on any day of the course's term */
    const char *search;              /* part of the course's or the subject's name; NULL: any */
};

/* Courses by name, as an array of struct core_course * that frees them. `total` (may be NULL) gets
 * how many match the filter. Filter and page may be NULL: all. */
GPtrArray *db_course_list(struct db_connection *connection, const struct db_course_filter *filter,
                          const struct db_page *page, gint64 *total, GError **error);

/* Writes name, subject, policy and updated_at; a course stays in its term. BASE_ERROR_NOT_FOUND
 * when there is no such course. */
bool db_course_update(struct db_connection *connection, const struct core_course *course,
                      GError **error);

/* Deletes a course with its slots and its own enrolments. BASE_ERROR_CONFLICT while it has sessions
 * or marks: db_session_delete_course() first. */
bool db_course_delete(struct db_connection *connection, const struct base_uuid *id, GError **error);

/* How many marks there are of the course; with a group, of people who were ever enrolled in it
 * (nil: of anybody). */
bool db_course_marks(struct db_connection *connection, const struct base_uuid *id,
                     const struct base_uuid *group_id, gint64 *marks, GError **error);

/* ---- Groups and teachers ---- */

/* Adding one twice or removing one who is not there changes nothing: `changed` (may be NULL) says
 * so. BASE_ERROR_CONFLICT when one of the two does not exist. */
bool db_course_add_group(struct db_connection *connection, const struct base_uuid *course_id,
                         const struct base_uuid *group_id, bool *changed, GError **error);
bool db_course_remove_group(struct db_connection *connection, const struct base_uuid *course_id,
                            const struct base_uuid *group_id, bool *changed, GError **error);
bool db_course_add_teacher(struct db_connection *connection, const struct base_uuid *course_id,
                           const struct base_uuid *teacher_id, bool *changed, GError **error);
bool db_course_remove_teacher(struct db_connection *connection, const struct base_uuid *course_id,
                              const struct base_uuid *teacher_id, bool *changed, GError **error);

/* By name: arrays of struct core_group * and of struct core_user * that free them. */
GPtrArray *db_course_groups(struct db_connection *connection, const struct base_uuid *course_id,
                            GError **error);
GPtrArray *db_course_teachers(struct db_connection *connection, const struct base_uuid *course_id,
                              GError **error);

/* Whether the person teaches the course. */
bool db_course_is_taught_by(struct db_connection *connection, const struct base_uuid *course_id,
                            const struct base_uuid *teacher_id, bool *teaches, GError **error);

/* Whether the person was on the course's roster on any day of its term. */
bool db_course_attends(struct db_connection *connection, const struct base_uuid *course_id,
                       const struct base_uuid *student_id, bool *attends, GError **error);

/* Whether the student was, on any day of the term, on the roster of a course that the person
 * teaches. */
bool db_course_is_student_of(struct db_connection *connection, const struct base_uuid *student_id,
                             const struct base_uuid *teacher_id, bool *taught, GError **error);

/* ---- Rosters ---- */

#define DB_ROSTER_OPEN_DAY "9999-12-31" /* last_day of an enrolment that goes on */

struct db_roster_interval {
    char first_day[11];
    char last_day[11]; /* included */
};

/* Somebody on a roster. */
struct db_roster_person {
    struct base_uuid id;
    char *name; /* empty once the account is erased */
    char *name_key;
    char *email; /* NULL once the account is erased */
    char *student_number;
    char *language;
    struct base_uuid group_id; /* through which they are in the course; nil: by themselves */
    char *group_name;
    GArray *intervals; /* struct db_roster_interval, in order, apart from one another */
};

void db_roster_person_free(struct db_roster_person *person);

/* Whether one of the intervals has this day: what lies outside of them does not count for this
 * person. */
bool db_roster_person_on(const struct db_roster_person *person, const char *day);

/* The people of a course on a day, by name: those with an enrolment of that day in one of its
 * groups or in the course itself, each once. An array of struct db_roster_person * that frees them.
 */
GPtrArray *db_roster(struct db_connection *connection, const struct base_uuid *course_id,
                     const char *day, GError **error);

/* Everybody who was on the roster on one of these days (both included; NULL: open), with all the
 * intervals of theirs that touch the period; with a group (NULL and nil: any) those that came of
 * it alone. */
GPtrArray *db_roster_of_period(struct db_connection *connection, const struct base_uuid *course_id,
                               const struct base_uuid *group_id, const char *from_day,
                               const char *to_day, GError **error);

#endif
