/*
 * Where students stand: core/percentage.h over the sessions and marks of their courses.
 *
 * Administrators see everybody; teachers the students of courses that they teach, and in every
 * course those of groups they teach; students themselves. What one may not see is
 * BASE_ERROR_NOT_FOUND.
 */
#ifndef SERVICE_STANDING_H
#define SERVICE_STANDING_H

#include "core/catalogue.h"
#include "core/percentage.h"
#include "db/db.h"
#include "db/query/page.h"
#include "service/service.h"

/* One student in one course. */
struct service_standing {
    struct base_uuid user_id;
    char *name;
    char *name_key;
    char *email; /* NULL: none */
    char *student_number;
    char *language;
    struct base_uuid group_id; /* through which they are in the course; nil: by themselves */
    char *group_name;
    struct base_uuid course_id;
    char *course_name;
    char *subject_name;
    char *term_name;
    struct core_percentage percentage;
    char *arithmetic;               /* core_percentage_sentence() */
    char *outlook;                  /* core_percentage_outlook() */
    const struct core_rules *rules; /* of the course; of the struct service_course_standing */
    /* With options->sessions, otherwise NULL: what the share was reckoned from, one after the other
     * as struct core_percentage_session, and as guint the place of each in the course's sessions.
     */
    GArray *sessions;
    GArray *places;
};

/* All students of one course. */
struct service_course_standing {
    struct core_course *course;
    struct core_rules rules;
    guint sessions_n;     /* not cancelled, of the whole course */
    GPtrArray *standings; /* struct service_standing *, by name; owned */
    GPtrArray *sessions;  /* with options->sessions: struct core_session *, by start */
    GArray *marks;        /* likewise: texts of theirs */
};

void service_course_standing_free(struct service_course_standing *standing);
typedef struct service_course_standing service_course_standing;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(service_course_standing, service_course_standing_free)

struct service_standing_options {
    const char *language;     /* of the sentences: "es" or "en"; NULL: "es" */
    base_time now;            /* 0: by the clock */
    struct base_uuid user_id; /* only this student; nil: all */
    struct base_uuid
        group_id;         /* only who was in the course through it, and for as long; nil: all */
    const char *from_day; /* only sessions from this local day on; NULL: from the first */
    const char *to_day;   /* included; NULL: to the last */
    bool sessions;        /* the sessions too */
};

/* `options` may be NULL. */
struct service_course_standing *
service_standing_course(struct service *service, const struct service_identity *identity,
                        const struct base_uuid *course_id,
                        const struct service_standing_options *options, GError **error);

/* The same on a connection, without asking who may see it: for mail and other jobs. A few
 * statements whatever the number of students. */
struct service_course_standing *
service_standing_course_on(struct db_connection *connection, const struct base_uuid *course_id,
                           const struct service_standing_options *options, GError **error);

/* One student in all courses that they attend or attended (of those that the caller may see): an
 * array of struct service_course_standing *, by name, each with that one standing. */
GPtrArray *service_standing_student(struct service *service,
                                    const struct service_identity *identity,
                                    const struct base_uuid *student_id,
                                    const struct service_standing_options *options, GError **error);

/* Which courses a pass goes through. Nil and NULL: any. */
struct service_standing_scope {
    struct base_uuid course_id;
    struct base_uuid term_id;
    struct base_uuid subject_id;
    struct base_uuid group_id;   /* courses taught to it, and in them only its students */
    struct base_uuid teacher_id; /* courses taught by this person */
    struct base_uuid student_id; /* courses of this student, and in them only that one */
    const char *day;             /* courses whose term has this day */
};

/* Called with one course after the other, by name, which it takes over; false with an error stops.
 * No connection is held meanwhile. */
typedef bool (*service_standing_visit)(struct service_course_standing *standing, gpointer data,
                                       GError **error);

/* The courses of the scope that the caller may see, by name: an array of struct core_course *. A
 * single course of the scope is not looked at that closely: its standing is. */
GPtrArray *service_standing_courses_on(struct db_connection *connection,
                                       const struct service_identity *identity,
                                       const struct service_standing_scope *scope, GError **error);

/* All courses of the scope that the caller may see; one course at a time is in memory. */
bool service_standing_each(struct service *service, const struct service_identity *identity,
                           const struct service_standing_scope *scope,
                           const struct service_standing_options *options,
                           service_standing_visit visit, gpointer data, GError **error);

/* Whether the caller sees a course, BASE_ERROR_NOT_FOUND otherwise; `all`: all of its students, and
 * not only some. */
bool service_standing_sees_on(struct db_connection *connection,
                              const struct service_identity *identity,
                              const struct base_uuid *course_id, bool *all, GError **error);

enum service_standing_sort {
    SERVICE_STANDING_SORT_NAME,
    SERVICE_STANDING_SORT_SHARE,
    SERVICE_STANDING_SORT_CAN_MISS,
    SERVICE_STANDING_SORT_N,
};

/* "name", "share", "can_miss". */
bool service_standing_sort_from_name(const char *name, enum service_standing_sort *sort);

/* Orders the standings of a course; equal ones by name, unknown shares last. */
void service_standing_sort(GPtrArray *standings, enum service_standing_sort sort, bool descending);

#endif
