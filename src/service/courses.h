/*
 * What is taught: terms, subjects, rooms and courses, the groups a course is taught to and who
 * teaches it. Administrators write; teachers read the courses they teach, students those they
 * attend (BASE_ERROR_NOT_FOUND for others). Terms, subjects and rooms everybody signed in may read.
 *
 * Names are 1 to 120 characters and unique but for case and accents, a course's in its term, the
 * others in the institution: BASE_ERROR_CONFLICT otherwise. What is in use cannot be deleted
 * (BASE_ERROR_CONFLICT, in a sentence that says what uses it). In inputs NULL and nil leave things
 * alone when something is changed.
 */
#ifndef SERVICE_COURSES_H
#define SERVICE_COURSES_H

#include "core/permission.h"
#include "db/query/course.h"
#include "db/query/room.h"
#include "db/query/subject.h"
#include "db/query/term.h"
#include "service/service.h"

/* ---- Terms ---- */

struct service_term_input {
    const char *name;
    const char *first_day; /* "YYYY-MM-DD" */
    const char *last_day;  /* included; at most two years after the first */
};

struct core_term *service_term_create(struct service *service,
                                      const struct service_identity *identity,
                                      const struct service_term_input *input, GError **error);
/* Sessions of the term's slots are generated anew for its new days. */
struct core_term *service_term_update(struct service *service,
                                      const struct service_identity *identity,
                                      const struct base_uuid *id,
                                      const struct service_term_input *input, GError **error);
bool service_term_delete(struct service *service, const struct service_identity *identity,
                         const struct base_uuid *id, GError **error);
struct core_term *service_term_find(struct service *service,
                                    const struct service_identity *identity,
                                    const struct base_uuid *id, GError **error);
/* By name, whatever its case and accents; NULL: the term of today, BASE_ERROR_NOT_FOUND when there
 * is none. */
struct core_term *service_term_named(struct service *service,
                                     const struct service_identity *identity, const char *name,
                                     GError **error);
/* The filter's institution is the caller's whatever it says, as in the lists below. */
GPtrArray *service_term_list(struct service *service, const struct service_identity *identity,
                             const struct db_term_filter *filter, const struct db_page *page,
                             gint64 *total, GError **error);

/* ---- Subjects ---- */

struct service_subject_input {
    const char *name;
    const char *code; /* 1 to 32 characters, unique; "": none */
};

struct core_subject *service_subject_create(struct service *service,
                                            const struct service_identity *identity,
                                            const struct service_subject_input *input,
                                            GError **error);
struct core_subject *service_subject_update(struct service *service,
                                            const struct service_identity *identity,
                                            const struct base_uuid *id,
                                            const struct service_subject_input *input,
                                            GError **error);
bool service_subject_delete(struct service *service, const struct service_identity *identity,
                            const struct base_uuid *id, GError **error);
struct core_subject *service_subject_find(struct service *service,
                                          const struct service_identity *identity,
                                          const struct base_uuid *id, GError **error);
/* By name or code. */
struct core_subject *service_subject_named(struct service *service,
                                           const struct service_identity *identity,
                                           const char *name, GError **error);
GPtrArray *service_subject_list(struct service *service, const struct service_identity *identity,
                                const struct db_subject_filter *filter, const struct db_page *page,
                                gint64 *total, GError **error);

/* ---- Rooms ---- */

struct service_room_input {
    const char *name;
    const gint64 *capacity; /* 1 … 100,000; 0: not known */
};

struct core_room *service_room_create(struct service *service,
                                      const struct service_identity *identity,
                                      const struct service_room_input *input, GError **error);
struct core_room *service_room_update(struct service *service,
                                      const struct service_identity *identity,
                                      const struct base_uuid *id,
                                      const struct service_room_input *input, GError **error);
bool service_room_delete(struct service *service, const struct service_identity *identity,
                         const struct base_uuid *id, GError **error);
struct core_room *service_room_find(struct service *service,
                                    const struct service_identity *identity,
                                    const struct base_uuid *id, GError **error);
struct core_room *service_room_named(struct service *service,
                                     const struct service_identity *identity, const char *name,
                                     GError **error);
GPtrArray *service_room_list(struct service *service, const struct service_identity *identity,
                             const struct db_room_filter *filter, const struct db_page *page,
                             gint64 *total, GError **error);

/* ---- Courses ---- */

struct service_course_input {
    const char *name;         /* NULL for a new one: the subject's */
    struct base_uuid term_id; /* of a new one; it stays */
    struct base_uuid subject_id;
    const struct base_uuid *policy_id; /* points at nil: the institution's default */
};

/* BASE_ERROR_INVALID naming term_id, subject_id or policy_id when there is no such thing. */
struct core_course *service_course_create(struct service *service,
                                          const struct service_identity *identity,
                                          const struct service_course_input *input, GError **error);
struct core_course *service_course_update(struct service *service,
                                          const struct service_identity *identity,
                                          const struct base_uuid *id,
                                          const struct service_course_input *input, GError **error);
/* Deletes it with its slots, sessions and own enrolments; BASE_ERROR_CONFLICT once there are marks
 * of it, which are kept. */
bool service_course_delete(struct service *service, const struct service_identity *identity,
                           const struct base_uuid *id, GError **error);
struct core_course *service_course_find(struct service *service,
                                        const struct service_identity *identity,
                                        const struct base_uuid *id, GError **error);
/* By name within a term, whatever its case and accents. */
struct core_course *service_course_named(struct service *service,
                                         const struct service_identity *identity,
                                         const struct base_uuid *term_id, const char *name,
                                         GError **error);
/* Teachers get those they teach and students those they attend. `mine` does that to administrators
 * too. BASE_ERROR_FORBIDDEN when the filter then asks for those of somebody else. */
GPtrArray *service_course_list(struct service *service, const struct service_identity *identity,
                               bool mine, const struct db_course_filter *filter,
                               const struct db_page *page, gint64 *total, GError **error);

/* Adding twice and removing what is not there change nothing. A group whose people have marks in
 * the course stays (BASE_ERROR_CONFLICT): the register of the past needs it; end the enrolments
 * instead. */
bool service_course_add_group(struct service *service, const struct service_identity *identity,
                              const struct base_uuid *course_id, const struct base_uuid *group_id,
                              GError **error);
bool service_course_remove_group(struct service *service, const struct service_identity *identity,
                                 const struct base_uuid *course_id,
                                 const struct base_uuid *group_id, GError **error);
/* Only people with the role of teacher or administrator teach (BASE_ERROR_INVALID). */
bool service_course_add_teacher(struct service *service, const struct service_identity *identity,
                                const struct base_uuid *course_id,
                                const struct base_uuid *teacher_id, GError **error);
bool service_course_remove_teacher(struct service *service, const struct service_identity *identity,
                                   const struct base_uuid *course_id,
                                   const struct base_uuid *teacher_id, GError **error);

/* Of a course that the caller may read: arrays of struct core_group * and struct core_user *. */
GPtrArray *service_course_groups(struct service *service, const struct service_identity *identity,
                                 const struct base_uuid *course_id, GError **error);
GPtrArray *service_course_teachers(struct service *service, const struct service_identity *identity,
                                   const struct base_uuid *course_id, GError **error);

/* The people of a course on a day (NULL: today), for administrators and the course's teachers. An
 * array of struct db_roster_person *. */
GPtrArray *service_course_roster(struct service *service, const struct service_identity *identity,
                                 const struct base_uuid *course_id, const char *day,
                                 GError **error);

/*
 * Whether the caller may do this to this course: by the scope of core/permission.h administrators
 * to all, teachers to those they teach, students to those they attend or attended. Existence is
 * only the business of those who may read it: BASE_ERROR_NOT_FOUND for the others,
 * BASE_ERROR_FORBIDDEN for those who may read but not do this. Nobody looks whether it exists when
 * the scope is "all".
 */
bool service_course_allow(struct db_connection *connection, const struct service_identity *identity,
                          enum core_action action, const struct base_uuid *course_id,
                          GError **error);

#endif
