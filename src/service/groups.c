#include "service/groups.h"

#include "db/query/course.h"
#include "db/query/user.h"
#include "service/internal.h"

struct group_work {
    const struct service_identity *identity;
    struct base_uuid id;
    struct base_uuid teacher_id;
    const char *name;
    struct core_group *group; /* as it is afterwards */
};

static bool group_taken(GError **error, GError *problem)
{
    if (!db_conflict_is(problem, "class_groups.name_key")) {
        g_propagate_error(error, problem);
        return false;
    }
    g_error_free(problem);
    return base_fail(error, BASE_ERROR_CONFLICT, "name is taken by another group.");
}

static bool group_create_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct group_work *work = data;
    const base_time now = base_time_now();
    const struct core_group group = {
        .id = work->id,
        .institution_id = work->identity->institution_id,
        .name = (char *)work->name,
        .created_at = now,
        .updated_at = now,
    };
    GError *problem = NULL;

    g_clear_pointer(&work->group, core_group_free);
    if (!db_group_insert(connection, &group, &problem))
        return group_taken(error, problem);
    if (!service_audit(connection, work->identity, "group.create", &work->id,
                       json_pack("{s:s}", "name", work->name), error))
        return false;
    work->group = db_group_find(connection, &work->id, error);
    return work->group != NULL;
}

/* Runs a body that leaves the group in `work`. */
static struct core_group *group_run(struct service *service, db_transaction_body body,
                                    struct group_work *work, GError **error)
{
    if (db_transaction(service->db, body, work, error))
        return work->group;
    core_group_free(work->group);
    return NULL;
}

struct core_group *service_group_create(struct service *service,
                                        const struct service_identity *identity, const char *name,
                                        GError **error)
{
    if (!service_allow_all(identity, CORE_ACTION_GROUP_WRITE, error))
        return NULL;
    g_autofree char *clean = base_text_name(name, "name", SERVICE_NAME_MAX, error);
    if (!clean)
        return NULL;
    struct group_work work = {.identity = identity, .name = clean};
    base_uuid_new(&work.id);
    return group_run(service, group_create_body, &work, error);
}

static bool group_rename_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct group_work *work = data;
    GError *problem = NULL;

    g_clear_pointer(&work->group, core_group_free);
    g_autoptr(core_group) before = db_group_find(connection, &work->id, error);
    if (!before)
        return false;
    if (!db_group_rename(connection, &work->id, work->name, base_time_now(), &problem))
        return group_taken(error, problem);
    if (!service_audit(connection, work->identity, "group.rename", &work->id,
                       json_pack("{s:s, s:s}", "from", before->name, "to", work->name), error))
        return false;
    work->group = db_group_find(connection, &work->id, error);
    return work->group != NULL;
}

struct core_group *service_group_rename(struct service *service,
                                        const struct service_identity *identity,
                                        const struct base_uuid *id, const char *name,
                                        GError **error)
{
    if (!service_allow_all(identity, CORE_ACTION_GROUP_WRITE, error))
        return NULL;
    g_autofree char *clean = base_text_name(name, "name", SERVICE_NAME_MAX, error);
    if (!clean)
        return NULL;
    struct group_work work = {.identity = identity, .id = *id, .name = clean};
    return group_run(service, group_rename_body, &work, error);
}

static bool group_delete_body(struct db_connection *connection, gpointer data, GError **error)
{
    const struct group_work *work = data;
    const struct db_course_filter taught = {.group_id = work->id};
    const struct db_page one = {.limit = 1};
    gint64 courses = 0;
    g_autoptr(core_group) group = db_group_find(connection, &work->id, error);
    g_autoptr(GPtrArray) first =
        group ? db_course_list(connection, &taught, &one, &courses, error) : NULL;

    if (!first)
        return false;
    if (first->len > 0) {
        const struct core_course *course = first->pdata[0];
        return base_fail(error, BASE_ERROR_CONFLICT,
                         "The group is taught in %" G_GINT64_FORMAT " %s (%s, %s); it cannot be "
                         "deleted.",
                         courses, courses == 1 ? "course" : "courses", course->name,
                         course->term_name);
    }
    return db_group_delete(connection, &work->id, error) &&
           service_audit(connection, work->identity, "group.delete", &work->id,
                         json_pack("{s:s}", "name", group->name), error);
}

bool service_group_delete(struct service *service, const struct service_identity *identity,
                          const struct base_uuid *id, GError **error)
{
    struct group_work work = {.identity = identity, .id = *id};

    return service_allow_all(identity, CORE_ACTION_GROUP_WRITE, error) &&
           db_transaction(service->db, group_delete_body, &work, error);
}

/* A student's groups: the one they are in, if it matches. */
static GPtrArray *group_list_own(struct db_connection *connection,
                                 const struct service_identity *identity, gint64 *total,
                                 GError **error)
{
    GPtrArray *groups = g_ptr_array_new_with_free_func((GDestroyNotify)core_group_free);

    if (!base_uuid_is_nil(&identity->group_id)) {
        struct core_group *group = db_group_find(connection, &identity->group_id, error);
        if (!group) {
            g_ptr_array_unref(groups);
            return NULL;
        }
        g_ptr_array_add(groups, group);
    }
    if (total)
        *total = groups->len;
    return groups;
}

GPtrArray *service_group_list(struct service *service, const struct service_identity *identity,
                              bool mine, const char *search, const struct db_page *page,
                              gint64 *total, GError **error)
{
    struct db_group_filter filter = {.search = search};
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    if (!connection)
        return NULL;
    if (identity && mine && identity->role == CORE_ROLE_STUDENT)
        return group_list_own(connection, identity, total, error);
    if (identity && mine)
        filter.teacher_id = identity->user_id;
    GPtrArray *groups = db_group_list(connection, &filter, page, total, error);
    for (guint i = 0; groups && !identity && i < groups->len; i++)
        ((struct core_group *)groups->pdata[i])->member_count = 0;
    return groups;
}

struct core_group *service_group_find(struct service *service,
                                      const struct service_identity *identity,
                                      const struct base_uuid *id, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    struct core_group *group = connection ? db_group_find(connection, id, error) : NULL;

    if (group && !identity)
        group->member_count = 0;
    return group;
}

struct core_group *service_group_ensure(struct service *service,
                                        const struct service_identity *identity, const char *name,
                                        GError **error)
{
    if (!service_allow_all(identity, CORE_ACTION_GROUP_WRITE, error))
        return NULL;
    g_autofree char *clean = base_text_name(name, "name", SERVICE_NAME_MAX, error);
    if (!clean)
        return NULL;
    for (int attempt = 0;; attempt++) {
        GError *problem = NULL;
        g_autoptr(db_connection) connection = db_acquire(service->db, error);
        if (!connection)
            return NULL;
        struct core_group *group =
            db_group_find_name(connection, &identity->institution_id, clean, &problem);
        if (group)
            return group;
        if (!g_error_matches(problem, BASE_ERROR, BASE_ERROR_NOT_FOUND)) {
            g_propagate_error(error, problem);
            return NULL;
        }
        g_clear_error(&problem);
        g_clear_pointer(&connection, db_release);
        group = service_group_create(service, identity, clean, &problem);
        /* Somebody else made it between the two: look again, once. */
        if (group || attempt > 0 || !g_error_matches(problem, BASE_ERROR, BASE_ERROR_CONFLICT)) {
            if (problem)
                g_propagate_error(error, problem);
            return group;
        }
        g_clear_error(&problem);
    }
}

static bool teacher_add_body(struct db_connection *connection, gpointer data, GError **error)
{
    const struct group_work *work = data;
    g_autoptr(core_group) group = db_group_find(connection, &work->id, error);
    g_autoptr(core_user) teacher =
        group ? db_user_find(connection, &work->teacher_id, error) : NULL;

    if (!teacher)
        return false;
    if (teacher->deleted_at || teacher->role == CORE_ROLE_STUDENT)
        return base_fail(error, BASE_ERROR_INVALID, "role of this person is not a teacher's.");
    return db_group_add_teacher(connection, &work->id, &work->teacher_id, error) &&
           service_audit(connection, work->identity, "group.teacher.add", &work->id,
                         json_pack("{s:o}", "teacher", base_json_uuid(&work->teacher_id)), error);
}

bool service_group_add_teacher(struct service *service, const struct service_identity *identity,
                               const struct base_uuid *group_id, const struct base_uuid *teacher_id,
                               GError **error)
{
    struct group_work work = {.identity = identity, .id = *group_id, .teacher_id = *teacher_id};

    return service_allow_all(identity, CORE_ACTION_GROUP_WRITE, error) &&
           db_transaction(service->db, teacher_add_body, &work, error);
}

static bool teacher_remove_body(struct db_connection *connection, gpointer data, GError **error)
{
    const struct group_work *work = data;
    g_autoptr(core_group) group = db_group_find(connection, &work->id, error);

    return group && db_group_remove_teacher(connection, &work->id, &work->teacher_id, error) &&
           service_audit(connection, work->identity, "group.teacher.remove", &work->id,
                         json_pack("{s:o}", "teacher", base_json_uuid(&work->teacher_id)), error);
}

bool service_group_remove_teacher(struct service *service, const struct service_identity *identity,
                                  const struct base_uuid *group_id,
                                  const struct base_uuid *teacher_id, GError **error)
{
    struct group_work work = {.identity = identity, .id = *group_id, .teacher_id = *teacher_id};

    return service_allow_all(identity, CORE_ACTION_GROUP_WRITE, error) &&
           db_transaction(service->db, teacher_remove_body, &work, error);
}

GPtrArray *service_group_teachers(struct service *service, const struct service_identity *identity,
                                  const struct base_uuid *group_id, GError **error)
{
    bool taught = false;
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    g_autoptr(core_group) group = connection ? db_group_find(connection, group_id, error) : NULL;

    if (!group || !db_group_is_taught_by(connection, group_id, &identity->user_id, &taught, error))
        return NULL;
    if (!taught && !service_allow_all(identity, CORE_ACTION_GROUP_READ, error))
        return NULL;
    return db_group_teachers(connection, group_id, error);
}
