/* Courses: a subject taught in a term to groups by teachers. */
#include "service/courses.h"

#include "db/query/enrolment.h"
#include "db/query/group.h"
#include "db/query/policy.h"
#include "db/query/session.h"
#include "db/query/user.h"
#include "service/internal.h"

struct course_work {
    const struct service_identity *identity;
    struct base_uuid id;
    struct base_uuid other_id; /* a group or a teacher */
    const struct service_course_input *input;
    struct core_course *course; /* as it is afterwards */
};

static bool no_course(GError **error)
{
    return base_fail(error, BASE_ERROR_NOT_FOUND, "There is no such course.");
}

/* ---- who may ---- */

static bool may(struct db_connection *connection, const struct service_identity *identity,
                enum core_action action, const struct base_uuid *course_id, bool *allowed,
                GError **error)
{
    const struct core_viewer viewer = {.user_id = identity->user_id, .role = identity->role};
    const enum core_scope scope = core_permission_scope(identity->role, action);
    bool teaches = false, attends = false;

    if (scope == CORE_SCOPE_TAUGHT &&
        !db_course_is_taught_by(connection, course_id, &identity->user_id, &teaches, error))
        return false;
    if (scope == CORE_SCOPE_OWN &&
        !db_course_attends(connection, course_id, &identity->user_id, &attends, error))
        return false;
    *allowed = core_permission_allows_course(&viewer, action, teaches, attends);
    return true;
}

bool service_course_allow(struct db_connection *connection, const struct service_identity *identity,
                          enum core_action action, const struct base_uuid *course_id,
                          GError **error)
{
    bool allowed = false, readable = false;

    if (!may(connection, identity, action, course_id, &allowed, error))
        return false;
    if (allowed)
        return true;
    if (!may(connection, identity, CORE_ACTION_COURSE_READ, course_id, &readable, error))
        return false;
    return readable ? base_fail(error, BASE_ERROR_FORBIDDEN, "You are not allowed to do this.")
                    : no_course(error);
}

/* ---- writing ---- */

/* Whether a lookup found something; NOT_FOUND becomes INVALID with this sentence. */
static bool must_exist(gconstpointer found, GError *problem, const char *sentence, GError **error)
{
    if (found)
        return true;
    if (!g_error_matches(problem, BASE_ERROR, BASE_ERROR_NOT_FOUND)) {
        g_propagate_error(error, problem);
        return false;
    }
    g_error_free(problem);
    return base_fail(error, BASE_ERROR_INVALID, "%s", sentence);
}

static bool apply_subject(struct db_connection *connection, const struct course_work *work,
                          struct core_course *course, GError **error)
{
    GError *problem = NULL;

    if (base_uuid_is_nil(&work->input->subject_id) && !base_uuid_is_nil(&course->subject_id))
        return true;
    g_autoptr(core_subject) subject =
        db_subject_find(connection, &work->input->subject_id, &problem);
    if (!must_exist(subject, problem, "subject_id names a subject that is not there.", error))
        return false;
    course->subject_id = subject->id;
    if (!course->name)
        course->name = g_strdup(subject->name);
    return true;
}

static bool apply_policy(struct db_connection *connection, const struct course_work *work,
                         struct core_course *course, GError **error)
{
    GError *problem = NULL;

    if (!work->input->policy_id)
        return true;
    course->policy_id = *work->input->policy_id;
    if (base_uuid_is_nil(&course->policy_id))
        return true;
    g_autoptr(db_policy) policy = db_policy_find(connection, &course->policy_id, &problem);
    return must_exist(policy, problem, "policy_id names a policy that is not there.", error);
}

static bool apply(struct db_connection *connection, const struct course_work *work,
                  struct core_course *course, GError **error)
{
    if (work->input->name) {
        char *clean = base_text_name(work->input->name, "name", SERVICE_NAME_MAX, error);
        if (!clean)
            return false;
        g_free(course->name);
        course->name = clean;
    }
    return apply_subject(connection, work, course, error) &&
           apply_policy(connection, work, course, error);
}

static bool course_taken(GError **error, GError *problem)
{
    return service_taken(error, problem, "courses.name_key",
                         "name is taken by another course of the term.");
}

static bool finish(struct db_connection *connection, struct course_work *work, GError **error)
{
    work->course = db_course_find(connection, &work->id, error);
    return work->course != NULL;
}

static bool create_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct course_work *work = data;
    g_autoptr(core_course) course = g_new0(struct core_course, 1);
    GError *problem = NULL;

    g_clear_pointer(&work->course, core_course_free);
    course->id = work->id;
    course->institution_id = work->identity->institution_id;
    course->term_id = work->input->term_id;
    course->created_at = course->updated_at = base_time_now();
    g_autoptr(core_term) term = db_term_find(connection, &course->term_id, &problem);
    if (!must_exist(term, problem, "term_id names a term that is not there.", error) ||
        !apply(connection, work, course, error))
        return false;
    problem = NULL;
    if (!db_course_insert(connection, course, &problem))
        return course_taken(error, problem);
    return service_audit(connection, work->identity, "course.create", &work->id,
                         json_pack("{s:s, s:o, s:o}", "name", course->name, "term_id",
                                   base_json_uuid(&course->term_id), "subject_id",
                                   base_json_uuid(&course->subject_id)),
                         error) &&
           finish(connection, work, error);
}

static bool update_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct course_work *work = data;
    GError *problem = NULL;

    g_clear_pointer(&work->course, core_course_free);
    g_autoptr(core_course) before = db_course_find(connection, &work->id, error);
    g_autoptr(core_course) course = before ? db_course_find(connection, &work->id, error) : NULL;
    if (!course || !apply(connection, work, course, error))
        return false;
    course->updated_at = base_time_now();
    if (!db_course_update(connection, course, &problem))
        return course_taken(error, problem);
    json_t *details = json_object();
    service_change_note(details, "name", before->name, course->name);
    service_change_note_id(details, "subject_id", &before->subject_id, &course->subject_id);
    service_change_note_id(details, "policy_id", &before->policy_id, &course->policy_id);
    return service_audit(connection, work->identity, "course.update", &work->id, details, error) &&
           finish(connection, work, error);
}

static struct core_course *run(struct service *service, struct course_work *work,
                               db_transaction_body body, GError **error)
{
    if (service_allow_all(work->identity, CORE_ACTION_COURSE_WRITE, error) &&
        db_transaction(service->db, body, work, error))
        return work->course;
    core_course_free(work->course);
    return NULL;
}

struct core_course *service_course_create(struct service *service,
                                          const struct service_identity *identity,
                                          const struct service_course_input *input, GError **error)
{
    struct course_work work = {.identity = identity, .input = input};

    base_uuid_new(&work.id);
    return run(service, &work, create_body, error);
}

struct core_course *service_course_update(struct service *service,
                                          const struct service_identity *identity,
                                          const struct base_uuid *id,
                                          const struct service_course_input *input, GError **error)
{
    struct course_work work = {.identity = identity, .id = *id, .input = input};

    return run(service, &work, update_body, error);
}

static bool delete_body(struct db_connection *connection, gpointer data, GError **error)
{
    const struct course_work *work = data;
    gint64 marks = 0;
    g_autoptr(core_course) course = db_course_find(connection, &work->id, error);

    if (!course || !db_course_marks(connection, &work->id, &(struct base_uuid){0}, &marks, error))
        return false;
    if (marks > 0)
        return base_fail(error, BASE_ERROR_CONFLICT,
                         "The course has %" G_GINT64_FORMAT " %s; it cannot be deleted.", marks,
                         marks == 1 ? "mark" : "marks");
    return db_session_delete_course(connection, &work->id, error) &&
           db_course_delete(connection, &work->id, error) &&
           service_audit(connection, work->identity, "course.delete", &work->id,
                         json_pack("{s:s, s:o}", "name", course->name, "term_id",
                                   base_json_uuid(&course->term_id)),
                         error);
}

/* A body that leaves no course behind in its work. */
static bool run_on(struct service *service, const struct service_identity *identity,
                   const struct base_uuid *id, const struct base_uuid *other_id,
                   db_transaction_body body, GError **error)
{
    struct course_work work = {.identity = identity, .id = *id};

    if (other_id)
        work.other_id = *other_id;
    return service_allow_all(identity, CORE_ACTION_COURSE_WRITE, error) &&
           db_transaction(service->db, body, &work, error);
}

bool service_course_delete(struct service *service, const struct service_identity *identity,
                           const struct base_uuid *id, GError **error)
{
    return run_on(service, identity, id, NULL, delete_body, error);
}

/* ---- groups and teachers ---- */

static bool note_pair(struct db_connection *connection, const struct course_work *work,
                      bool changed, const char *action, const char *member, GError **error)
{
    return !changed ||
           service_audit(connection, work->identity, action, &work->id,
                         json_pack("{s:o}", member, base_json_uuid(&work->other_id)), error);
}

static bool group_add_body(struct db_connection *connection, gpointer data, GError **error)
{
    const struct course_work *work = data;
    bool changed = false;
    g_autoptr(core_course) course = db_course_find(connection, &work->id, error);
    g_autoptr(core_group) group = course ? db_group_find(connection, &work->other_id, error) : NULL;

    return group && db_course_add_group(connection, &work->id, &work->other_id, &changed, error) &&
           note_pair(connection, work, changed, "course.group.add", "group", error);
}

static bool group_remove_body(struct db_connection *connection, gpointer data, GError **error)
{
    const struct course_work *work = data;
    bool changed = false;
    gint64 marks = 0;
    g_autoptr(core_course) course = db_course_find(connection, &work->id, error);

    if (!course ||
        !db_course_remove_group(connection, &work->id, &work->other_id, &changed, error) ||
        !db_course_marks(connection, &work->id, &work->other_id, &marks, error))
        return false;
    if (changed && marks > 0)
        return base_fail(error, BASE_ERROR_CONFLICT,
                         "People of the group have %" G_GINT64_FORMAT
                         " %s in the course; end their enrolments instead.",
                         marks, marks == 1 ? "mark" : "marks");
    return note_pair(connection, work, changed, "course.group.remove", "group", error);
}

bool service_course_add_group(struct service *service, const struct service_identity *identity,
                              const struct base_uuid *course_id, const struct base_uuid *group_id,
                              GError **error)
{
    return run_on(service, identity, course_id, group_id, group_add_body, error);
}

bool service_course_remove_group(struct service *service, const struct service_identity *identity,
                                 const struct base_uuid *course_id,
                                 const struct base_uuid *group_id, GError **error)
{
    return run_on(service, identity, course_id, group_id, group_remove_body, error);
}

static bool teacher_add_body(struct db_connection *connection, gpointer data, GError **error)
{
    const struct course_work *work = data;
    bool changed = false;
    g_autoptr(core_course) course = db_course_find(connection, &work->id, error);
    g_autoptr(core_user) teacher = course ? db_user_find(connection, &work->other_id, error) : NULL;

    if (!teacher)
        return false;
    if (teacher->deleted_at || teacher->role == CORE_ROLE_STUDENT)
        return base_fail(error, BASE_ERROR_INVALID, "role of this person is not a teacher's.");
    return db_course_add_teacher(connection, &work->id, &work->other_id, &changed, error) &&
           note_pair(connection, work, changed, "course.teacher.add", "teacher", error);
}

static bool teacher_remove_body(struct db_connection *connection, gpointer data, GError **error)
{
    const struct course_work *work = data;
    bool changed = false;
    g_autoptr(core_course) course = db_course_find(connection, &work->id, error);

    return course &&
           db_course_remove_teacher(connection, &work->id, &work->other_id, &changed, error) &&
           note_pair(connection, work, changed, "course.teacher.remove", "teacher", error);
}

bool service_course_add_teacher(struct service *service, const struct service_identity *identity,
                                const struct base_uuid *course_id,
                                const struct base_uuid *teacher_id, GError **error)
{
    return run_on(service, identity, course_id, teacher_id, teacher_add_body, error);
}

bool service_course_remove_teacher(struct service *service, const struct service_identity *identity,
                                   const struct base_uuid *course_id,
                                   const struct base_uuid *teacher_id, GError **error)
{
    return run_on(service, identity, course_id, teacher_id, teacher_remove_body, error);
}

/* ---- reading ---- */

/* A connection to read about a course that the caller may do this to; NULL otherwise. */
static struct db_connection *open_for(struct service *service,
                                      const struct service_identity *identity,
                                      enum core_action action, const struct base_uuid *id,
                                      GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    if (!connection || !service_course_allow(connection, identity, action, id, error))
        return NULL;
    return g_steal_pointer(&connection);
}

struct core_course *service_course_find(struct service *service,
                                        const struct service_identity *identity,
                                        const struct base_uuid *id, GError **error)
{
    g_autoptr(db_connection) connection =
        open_for(service, identity, CORE_ACTION_COURSE_READ, id, error);

    return connection ? db_course_find(connection, id, error) : NULL;
}

struct core_course *service_course_named(struct service *service,
                                         const struct service_identity *identity,
                                         const struct base_uuid *term_id, const char *name,
                                         GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    g_autoptr(core_course) course =
        connection ? db_course_find_name(connection, term_id, name, error) : NULL;

    if (!course ||
        !service_course_allow(connection, identity, CORE_ACTION_COURSE_READ, &course->id, error))
        return NULL;
    return g_steal_pointer(&course);
}

GPtrArray *service_course_list(struct service *service, const struct service_identity *identity,
                               bool mine, const struct db_course_filter *filter,
                               const struct db_page *page, gint64 *total, GError **error)
{
    struct db_course_filter own = filter ? *filter : (struct db_course_filter){.search = NULL};
    const enum core_scope scope = core_permission_scope(identity->role, CORE_ACTION_COURSE_READ);
    struct base_uuid *self = scope == CORE_SCOPE_OWN              ? &own.student_id
                             : scope == CORE_SCOPE_TAUGHT || mine ? &own.teacher_id
                                                                  : NULL;

    own.institution_id = identity->institution_id;
    if (self) {
        if (!base_uuid_is_nil(self) && !base_uuid_equal(self, &identity->user_id)) {
            base_fail(error, BASE_ERROR_FORBIDDEN, "You may list your own courses only.");
            return NULL;
        }
        *self = identity->user_id;
    }
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    return connection ? db_course_list(connection, &own, page, total, error) : NULL;
}

GPtrArray *service_course_groups(struct service *service, const struct service_identity *identity,
                                 const struct base_uuid *course_id, GError **error)
{
    g_autoptr(db_connection) connection =
        open_for(service, identity, CORE_ACTION_COURSE_READ, course_id, error);

    return connection ? db_course_groups(connection, course_id, error) : NULL;
}

GPtrArray *service_course_teachers(struct service *service, const struct service_identity *identity,
                                   const struct base_uuid *course_id, GError **error)
{
    g_autoptr(db_connection) connection =
        open_for(service, identity, CORE_ACTION_COURSE_READ, course_id, error);

    return connection ? db_course_teachers(connection, course_id, error) : NULL;
}

GPtrArray *service_course_roster(struct service *service, const struct service_identity *identity,
                                 const struct base_uuid *course_id, const char *day, GError **error)
{
    char today[CORE_DAY_SIZE];

    if (day && !service_day_check(day, "day", error))
        return NULL;
    g_autoptr(db_connection) connection =
        open_for(service, identity, CORE_ACTION_ROSTER_READ, course_id, error);
    g_autoptr(core_course) course =
        connection ? db_course_find(connection, course_id, error) : NULL;
    if (!course || (!day && !service_today_on(service, connection, today, error)))
        return NULL;
    return db_roster(connection, course_id, day ? day : today, error);
}
