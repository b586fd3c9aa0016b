/* Whose standings, and in which courses, a caller may see. */
#include "db/query/course.h"
#include "db/query/group.h"
#include "db/query/term.h"
#include "service/internal.h"
#include "service/standing.h"

#include <string.h>

/* ---- Who may see it ---- */

static bool hidden(GError **error, const char *what)
{
    return base_fail(error, BASE_ERROR_NOT_FOUND, "There is no such %s.", what);
}

/* What of a course a caller sees. */
struct view {
    struct service_standing_options options;
    GHashTable
        *groups; /* struct base_uuid: only who is in the course through one of them; NULL: all */
};

static void view_clear(struct view *view)
{
    g_clear_pointer(&view->groups, g_hash_table_unref);
}

/* The groups of which the teacher is the tutor. */
static GHashTable *tutored_groups(struct db_connection *connection,
                                  const struct base_uuid *teacher_id, GError **error)
{
    const struct db_group_filter filter = {.teacher_id = *teacher_id};
    g_autoptr(GPtrArray) groups = db_group_list(connection, &filter, NULL, NULL, error);

    if (!groups)
        return NULL;
    GHashTable *ids = g_hash_table_new_full(base_uuid_hash, base_uuid_equal, g_free, NULL);
    for (guint i = 0; i < groups->len; i++) {
        const struct core_group *group = groups->pdata[i];
        g_hash_table_add(ids, g_memdup2(&group->id, sizeof group->id));
    }
    return ids;
}

static bool view_of_teacher(struct db_connection *connection, const struct base_uuid *teacher_id,
                            const struct base_uuid *course_id, struct view *view, GError **error)
{
    bool teaches = false, any = false;

    if (!db_course_is_taught_by(connection, course_id, teacher_id, &teaches, error))
        return false;
    if (teaches)
        return true;
    view->groups = tutored_groups(connection, teacher_id, error);
    g_autoptr(GPtrArray) groups =
        view->groups ? db_course_groups(connection, course_id, error) : NULL;
    for (guint i = 0; groups && i < groups->len; i++) {
        const struct core_group *group = groups->pdata[i];
        any |= g_hash_table_contains(view->groups, &group->id);
    }
    return groups && (any || hidden(error, "course"));
}

static bool view_of_student(struct db_connection *connection, const struct base_uuid *student_id,
                            const struct base_uuid *course_id, struct view *view, GError **error)
{
    bool attends = false;

    if (!base_uuid_is_nil(&view->options.user_id) &&
        !base_uuid_equal(&view->options.user_id, student_id))
        return hidden(error, "person");
    view->options.user_id = *student_id;
    return db_course_attends(connection, course_id, student_id, &attends, error) &&
           (attends || hidden(error, "course"));
}

static bool view_init(struct db_connection *connection, const struct service_identity *identity,
                      const struct base_uuid *course_id,
                      const struct service_standing_options *options, struct view *view,
                      GError **error)
{
    *view = (struct view){.options = options ? *options : (struct service_standing_options){0}};
    switch (core_permission_scope(identity->role, CORE_ACTION_ATTENDANCE_READ)) {
    case CORE_SCOPE_ALL:
        return true;
    case CORE_SCOPE_TAUGHT:
        return view_of_teacher(connection, &identity->user_id, course_id, view, error);
    case CORE_SCOPE_OWN:
        return view_of_student(connection, &identity->user_id, course_id, view, error);
    default:
        return hidden(error, "course");
    }
}

static void view_narrow(const struct view *view, GPtrArray *standings)
{
    for (guint i = standings->len; view->groups && i-- > 0;) {
        const struct service_standing *standing = standings->pdata[i];
        if (!g_hash_table_contains(view->groups, &standing->group_id))
            g_ptr_array_remove_index(standings, i);
    }
}

static struct service_course_standing *course_for(struct db_connection *connection,
                                                  const struct service_identity *identity,
                                                  const struct base_uuid *course_id,
                                                  const struct service_standing_options *options,
                                                  GError **error)
{
    struct service_course_standing *standing = NULL;
    struct view view = {0};

    if (view_init(connection, identity, course_id, options, &view, error))
        standing = service_standing_course_on(connection, course_id, &view.options, error);
    if (standing)
        view_narrow(&view, standing->standings);
    view_clear(&view);
    return standing;
}

struct service_course_standing *
service_standing_course(struct service *service, const struct service_identity *identity,
                        const struct base_uuid *course_id,
                        const struct service_standing_options *options, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    return connection ? course_for(connection, identity, course_id, options, error) : NULL;
}

bool service_standing_sees_on(struct db_connection *connection,
                              const struct service_identity *identity,
                              const struct base_uuid *course_id, bool *all, GError **error)
{
    struct view view = {0};
    const bool sees = view_init(connection, identity, course_id, NULL, &view, error);

    *all = sees && !view.groups && base_uuid_is_nil(&view.options.user_id);
    view_clear(&view);
    return sees;
}

/* ---- Many courses ---- */

/* Appends the courses of the filter that are not there yet. */
static bool add_courses(struct db_connection *connection, const struct db_course_filter *filter,
                        GHashTable *known, GPtrArray *courses, GError **error)
{
    g_autoptr(GPtrArray) found = db_course_list(connection, filter, NULL, NULL, error);

    for (guint i = 0; found && i < found->len; i++) {
        struct core_course *course = found->pdata[i];
        if (!g_hash_table_add(known, &course->id))
            continue;
        found->pdata[i] = NULL;
        g_ptr_array_add(courses, course);
    }
    return found != NULL;
}

static void course_free(gpointer course)
{
    core_course_free(course);
}

/* A teacher sees the courses that they teach, and those of the groups of which they are tutor. */
static bool add_taught(struct db_connection *connection, const struct base_uuid *teacher_id,
                       const struct db_course_filter *filter, GHashTable *known, GPtrArray *courses,
                       GError **error)
{
    struct db_course_filter taught = *filter;
    GHashTableIter groups;
    gpointer group;

    if (base_uuid_is_nil(&taught.teacher_id)) {
        taught.teacher_id = *teacher_id;
        if (!add_courses(connection, &taught, known, courses, error))
            return false;
    }
    g_autoptr(GHashTable) tutored = tutored_groups(connection, teacher_id, error);
    if (!tutored)
        return false;
    g_hash_table_iter_init(&groups, tutored);
    while (g_hash_table_iter_next(&groups, &group, NULL)) {
        if (!base_uuid_is_nil(&filter->group_id) && !base_uuid_equal(&filter->group_id, group))
            continue;
        taught = *filter;
        taught.group_id = *(const struct base_uuid *)group;
        if (!add_courses(connection, &taught, known, courses, error))
            return false;
    }
    return true;
}

static bool keep_terms(struct db_connection *connection, const char *day, GPtrArray *courses,
                       GError **error)
{
    const struct db_term_filter filter = {.day = day};

    if (!day)
        return true;
    g_autoptr(GPtrArray) terms = db_term_list(connection, &filter, NULL, NULL, error);
    if (!terms)
        return false;
    for (guint i = courses->len; i-- > 0;) {
        const struct core_course *course = courses->pdata[i];
        bool found = false;
        for (guint t = 0; t < terms->len; t++)
            found |= base_uuid_equal(&((struct core_term *)terms->pdata[t])->id, &course->term_id);
        if (!found)
            g_ptr_array_remove_index(courses, i);
    }
    return true;
}

static int compare_courses(gconstpointer a, gconstpointer b)
{
    const struct core_course *first = *(struct core_course *const *)a;
    const struct core_course *second = *(struct core_course *const *)b;
    const int order = g_strcmp0(first->name_key, second->name_key);

    return order ? order : memcmp(&first->id, &second->id, sizeof first->id);
}

GPtrArray *service_standing_courses_on(struct db_connection *connection,
                                       const struct service_identity *identity,
                                       const struct service_standing_scope *scope, GError **error)
{
    g_autoptr(GPtrArray) courses = g_ptr_array_new_with_free_func(course_free);
    g_autoptr(GHashTable) known = g_hash_table_new(base_uuid_hash, base_uuid_equal);
    struct db_course_filter filter = {
        .term_id = scope->term_id,
        .subject_id = scope->subject_id,
        .group_id = scope->group_id,
        .teacher_id = scope->teacher_id,
        .student_id = scope->student_id,
    };
    bool ok;

    if (!base_uuid_is_nil(&scope->course_id)) {
        struct core_course *course = db_course_find(connection, &scope->course_id, error);
        if (course)
            g_ptr_array_add(courses, course);
        return course ? g_steal_pointer(&courses) : NULL;
    }
    if (identity->role == CORE_ROLE_STUDENT)
        filter.student_id = identity->user_id;
    if (identity->role != CORE_ROLE_TEACHER)
        ok = add_courses(connection, &filter, known, courses, error);
    else if (base_uuid_equal(&scope->teacher_id, &identity->user_id))
        ok = add_courses(connection, &filter, known, courses, error);
    else
        ok = add_taught(connection, &identity->user_id, &filter, known, courses, error);
    if (!ok || !keep_terms(connection, scope->day, courses, error))
        return NULL;
    g_ptr_array_sort(courses, compare_courses);
    return g_steal_pointer(&courses);
}

bool service_standing_each(struct service *service, const struct service_identity *identity,
                           const struct service_standing_scope *scope,
                           const struct service_standing_options *options,
                           service_standing_visit visit, gpointer data, GError **error)
{
    struct service_standing_options narrow =
        options ? *options : (struct service_standing_options){0};
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    g_autoptr(GPtrArray) courses =
        connection ? service_standing_courses_on(connection, identity, scope, error) : NULL;

    if (!courses)
        return false;
    if (!base_uuid_is_nil(&scope->student_id))
        narrow.user_id = scope->student_id;
    if (!base_uuid_is_nil(&scope->group_id))
        narrow.group_id = scope->group_id;
    for (guint i = 0; i < courses->len; i++) {
        const struct core_course *course = courses->pdata[i];
        if (!connection)
            connection = db_acquire(service->db, error);
        struct service_course_standing *standing =
            connection ? course_for(connection, identity, &course->id, &narrow, error) : NULL;
        g_clear_pointer(&connection, db_release);
        if (!standing || !visit(standing, data, error))
            return false;
    }
    return true;
}

static bool collect(struct service_course_standing *standing, gpointer data, GError **error)
{
    (void)error;
    g_ptr_array_add(data, standing);
    return true;
}

static void course_standing_free(gpointer standing)
{
    service_course_standing_free(standing);
}

GPtrArray *service_standing_student(struct service *service,
                                    const struct service_identity *identity,
                                    const struct base_uuid *student_id,
                                    const struct service_standing_options *options, GError **error)
{
    const struct service_standing_scope scope = {.student_id = *student_id};
    g_autoptr(GPtrArray) standings = g_ptr_array_new_with_free_func(course_standing_free);

    if (!service_standing_each(service, identity, &scope, options, collect, standings, error))
        return NULL;
    return g_steal_pointer(&standings);
}
