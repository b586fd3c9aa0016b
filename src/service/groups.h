/* Classes of students and who teaches them. Administrators write. */
#ifndef SERVICE_GROUPS_H
#define SERVICE_GROUPS_H

#include "db/query/group.h"
#include "service/service.h"

/* Names 1 to 120 characters; BASE_ERROR_CONFLICT when another group has it but for case and
 * accents. */
struct core_group *service_group_create(struct service *service,
                                        const struct service_identity *identity, const char *name,
                                        GError **error);
struct core_group *service_group_rename(struct service *service,
                                        const struct service_identity *identity,
                                        const struct base_uuid *id, const char *name,
                                        GError **error);
/* Marks stay, without a group, and who was in it when is forgotten with it; therefore a group that
 * is or was taught in a course stays, because the registers of its sessions need to know
 * (BASE_ERROR_CONFLICT, naming a course). */
bool service_group_delete(struct service *service, const struct service_identity *identity,
                          const struct base_uuid *id, GError **error);

/* Every group of the institution for anybody, signed in or not (`identity` may be NULL), because
 * the registration form needs them: strangers must be shown ids and names only, so member_count is
 * 0 for them. `mine` keeps those that the caller teaches or is in. An array of struct core_group *
 * that frees them. */
GPtrArray *service_group_list(struct service *service, const struct service_identity *identity,
                              bool mine, const char *search, const struct db_page *page,
                              gint64 *total, GError **error);
struct core_group *service_group_find(struct service *service,
                                      const struct service_identity *identity,
                                      const struct base_uuid *id, GError **error);

/* The group of this name, or a new one: for imports and the command line. */
struct core_group *service_group_ensure(struct service *service,
                                        const struct service_identity *identity, const char *name,
                                        GError **error);

/* Only people with the role of teacher or administrator teach (BASE_ERROR_INVALID). */
bool service_group_add_teacher(struct service *service, const struct service_identity *identity,
                               const struct base_uuid *group_id, const struct base_uuid *teacher_id,
                               GError **error);
bool service_group_remove_teacher(struct service *service, const struct service_identity *identity,
                                  const struct base_uuid *group_id,
                                  const struct base_uuid *teacher_id, GError **error);

/* Administrators and the group's own teachers see them. An array of struct core_user *. */
GPtrArray *service_group_teachers(struct service *service, const struct service_identity *identity,
                                  const struct base_uuid *group_id, GError **error);

#endif
