/*
 * Who belongs to which group or course, from when to when. Administrators write; teachers read
 * those of groups and courses they teach, students their own.
 *
 * The past is kept: a student who changes group (users.h) has the old enrolment until the day
 * before and the new one from the day on. What is written here comes on top of that: further
 * groups, single courses, other days. Only a mistake is deleted.
 */
#ifndef SERVICE_ENROLMENTS_H
#define SERVICE_ENROLMENTS_H

#include "db/query/enrolment.h"
#include "service/service.h"

struct service_enrolment_input {
    struct base_uuid user_id; /* a student */
    struct base_uuid group_id;
    struct base_uuid course_id; /* exactly one of the two */
    const char *first_day;      /* NULL: today */
    const char *last_day;       /* included; NULL: it goes on */
};

/* Days may lie in the past. BASE_ERROR_INVALID naming the field, also for people who are no
 * students; BASE_ERROR_CONFLICT when the person is enrolled there on one of these days already. */
struct core_enrolment *service_enrolment_create(struct service *service,
                                                const struct service_identity *identity,
                                                const struct service_enrolment_input *input,
                                                GError **error);

/* What changes; NULL leaves a day alone, "" as last_day lets it go on. The group of the person's
 * account follows: it is none once the enrolment in it is over, and one that holds today becomes
 * the group of whoever has none. */
struct core_enrolment *service_enrolment_update(struct service *service,
                                                const struct service_identity *identity,
                                                const struct base_uuid *id, const char *first_day,
                                                const char *last_day, GError **error);

/* Last day of an enrolment that goes on (NULL: today). */
struct core_enrolment *service_enrolment_withdraw(struct service *service,
                                                  const struct service_identity *identity,
                                                  const struct base_uuid *id, const char *last_day,
                                                  GError **error);

/* As if it had never been. */
bool service_enrolment_delete(struct service *service, const struct service_identity *identity,
                              const struct base_uuid *id, GError **error);

struct core_enrolment *service_enrolment_find(struct service *service,
                                              const struct service_identity *identity,
                                              const struct base_uuid *id, GError **error);

/* Those that the caller may see; an array of struct core_enrolment * that frees them. */
GPtrArray *service_enrolment_list(struct service *service, const struct service_identity *identity,
                                  const struct db_enrolment_filter *filter,
                                  const struct db_page *page, gint64 *total, GError **error);

/* Makes the accounts follow enrolments that have begun or ended since by the calendar alone: the
 * group of an account is the one that its person is enrolled in today, the latest when there are
 * several. Any number of nodes may do it at once. `changed` (may be NULL) gets how many accounts.
 */
bool service_enrolments_follow(struct service *service, gint64 *changed, GError **error);

#endif
