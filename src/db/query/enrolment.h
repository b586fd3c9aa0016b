/*
 * The enrolments table: who belongs to a group, or to one course alone, from when to when. Days are
 * "YYYY-MM-DD" and both included; an enrolment without a last day goes on. Errors are those of
 * db.h.
 *
 * The group that stands in users.group_id has its enrolment too, and query/user.c keeps the two
 * together: whoever stores a person gives the local day on which it happens.
 */
#ifndef DB_QUERY_ENROLMENT_H
#define DB_QUERY_ENROLMENT_H

#include "core/catalogue.h"
#include "db/db.h"
#include "db/query/page.h"

/* BASE_ERROR_CONFLICT when this person has one in this group or course that begins on that day;
 * look with db_enrolment_overlap() first. */
bool db_enrolment_insert(struct db_connection *connection, const struct core_enrolment *enrolment,
                         GError **error);

/* NULL with BASE_ERROR_NOT_FOUND when there is none. */
struct core_enrolment *db_enrolment_find(struct db_connection *connection,
                                         const struct base_uuid *id, GError **error);

struct db_enrolment_filter {
    struct base_uuid institution_id; /* nil: any */
    struct base_uuid user_id;        /* nil: any */
    struct base_uuid group_id;       /* nil: any */
    struct base_uuid course_id;      /* those in the course itself; nil: any */
    struct base_uuid teacher_id;     /* only in groups and courses this person teaches; nil: any */
    const char *from_day;            /* only those that last until this day or longer; NULL: any */
    const char *to_day;              /* only those that begin on this day or before; NULL: any */
};

/* Newest first for one person, otherwise by the people's names. An array of struct core_enrolment *
 * that frees them; `total` (may be NULL) gets how many match. Filter and page may be NULL: all. */
GPtrArray *db_enrolment_list(struct db_connection *connection,
                             const struct db_enrolment_filter *filter, const struct db_page *page,
                             gint64 *total, GError **error);

/* Writes first_day, last_day and updated_at. BASE_ERROR_NOT_FOUND when there is none. */
bool db_enrolment_update(struct db_connection *connection, const struct core_enrolment *enrolment,
                         GError **error);

bool db_enrolment_delete(struct db_connection *connection, const struct base_uuid *id,
                         GError **error);

/* One of the same person in the same group or course that has a day in common with this one (but is
 * not it, by its id); NULL without an error when there is none. */
bool db_enrolment_overlap(struct db_connection *connection, const struct core_enrolment *enrolment,
                          struct core_enrolment **other, GError **error);

/* Whether the person is on the course's roster on a day. */
bool db_enrolment_is_on_roster(struct db_connection *connection, const struct base_uuid *course_id,
                               const struct base_uuid *user_id, const char *day, bool *on_roster,
                               GError **error);

/* Ends on the day before `today` what the person has open in the group (nil: in every group and
 * course); what began on this day or later is deleted, as if it had never been. */
bool db_enrolment_end(struct db_connection *connection, const struct base_uuid *user_id,
                      const struct base_uuid *group_id, const char *today, base_time now,
                      GError **error);

/* Enrols the person in the group from today on, unless they are already: then without an end. */
bool db_enrolment_open(struct db_connection *connection, const struct base_uuid *user_id,
                       const struct base_uuid *group_id, const char *today, base_time now,
                       GError **error);

/* Students whose account names a group in which they are not enrolled on this day, or none though
 * they are enrolled in one: `limit` ids at most, an array of struct base_uuid * that frees them. */
GPtrArray *db_enrolment_strays(struct db_connection *connection, const char *today, gint64 limit,
                               GError **error);

#endif
