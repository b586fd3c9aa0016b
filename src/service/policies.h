/*
 * The rules of courses (core/rules.h) by name. A course names one; the institution's default holds
 * for those that name none; where there is no default the program's own rules do. Administrators
 * write, teachers read.
 */
#ifndef SERVICE_POLICIES_H
#define SERVICE_POLICIES_H

#include "core/rules.h"
#include "db/query/policy.h"
#include "service/service.h"

/* The rules that hold for a course, on a connection that the caller holds. BASE_ERROR_NOT_FOUND
 * when there is no such course. */
bool service_rules_of_course(struct db_connection *connection, const struct base_uuid *course_id,
                             struct core_rules *rules, GError **error);

/* The rules of a text that db/query/policy.h gave. BASE_ERROR_CORRUPT. */
bool service_rules_stored(const char *text, struct core_rules *rules, GError **error);

/* By name. An array of struct db_policy * that frees them. `page` and `total` may be NULL. */
GPtrArray *service_policy_list(struct service *service, const struct service_identity *identity,
                               const struct db_page *page, gint64 *total, GError **error);

struct db_policy *service_policy_find(struct service *service,
                                      const struct service_identity *identity,
                                      const struct base_uuid *id, GError **error);

/* By name, whatever its case and accents. */
struct db_policy *service_policy_find_name(struct service *service,
                                           const struct service_identity *identity,
                                           const char *name, GError **error);

/* What a policy is to be. */
struct service_policy_input {
    const char *name; /* NULL: as it is */
    json_t *rules;    /* the members to change, those of core_rules_read(); NULL: as they are. A
                       * new policy has core_rules_init()'s values for the others */
};

/* Names 1 to 120 characters; BASE_ERROR_CONFLICT when another has it but for case and accents. */
struct db_policy *service_policy_create(struct service *service,
                                        const struct service_identity *identity,
                                        const struct service_policy_input *input, GError **error);

/* A status of the site's own that a mark in a course of this policy has must stay
 * (BASE_ERROR_CONFLICT). */
struct db_policy *service_policy_change(struct service *service,
                                        const struct service_identity *identity,
                                        const struct base_uuid *id,
                                        const struct service_policy_input *input, GError **error);

/* The default from now on; nil: the program's own rules. */
bool service_policy_set_default(struct service *service, const struct service_identity *identity,
                                const struct base_uuid *id, GError **error);

/* Its courses fall back to the default. */
bool service_policy_delete(struct service *service, const struct service_identity *identity,
                           const struct base_uuid *id, GError **error);

#endif
