/* What a caller may see of what a report's request names, and what is said of it. */
#include "db/query/course.h"
#include "db/query/group.h"
#include "db/query/session.h"
#include "db/query/subject.h"
#include "db/query/term.h"
#include "db/query/user.h"
#include "service/register.h"
#include "service/report_data.h"

static bool missing(GError **error, const char *what)
{
    return base_fail(error, BASE_ERROR_NOT_FOUND, "There is no such %s.", what);
}

/* Teachers read what is of theirs, students what is of themselves, unless more is found out. */
static void scope_begin(struct service_report *report)
{
    const struct service_report_request *request = &report->request;
    struct db_attendance_filter *filter = &report->filter;
    enum core_status status;

    *filter = DB_ATTENDANCE_FILTER_ALL;
    filter->user_id = request->student_id;
    filter->group_id = request->group_id;
    filter->course_id = request->course_id;
    filter->session_id = request->session_id;
    filter->subject_id = request->subject_id;
    filter->term_id = request->term_id;
    filter->teacher_id = request->teacher_id;
    filter->from_day = request->from_day;
    filter->to_day = request->to_day;
    filter->method = request->method;
    if (core_status_from_name(request->status, &status))
        filter->status = (int)status;
    else
        filter->status_code = request->status;
    if (report->identity.role == CORE_ROLE_TEACHER)
        filter->teacher_id = report->identity.user_id;
    if (report->identity.role == CORE_ROLE_STUDENT)
        filter->user_id = report->identity.user_id;
    report->scope = (struct service_standing_scope){
        .course_id = request->course_id,
        .term_id = request->term_id,
        .subject_id = request->subject_id,
        .group_id = request->group_id,
        .teacher_id = request->teacher_id,
        .student_id = filter->user_id,
    };
    report->options = (struct service_standing_options){
        .language = report->language ? "en" : "es",
        .user_id = filter->user_id,
        .group_id = request->group_id,
        .from_day = request->from_day,
        .to_day = request->to_day,
    };
}

/* ---- One thing after the other ---- */

static bool scope_course(struct service_report *report, struct db_connection *connection,
                         const struct base_uuid *id, GError **error)
{
    g_autoptr(core_course) course = db_course_find(connection, id, error);
    bool all = false;

    if (!course || !service_standing_sees_on(connection, &report->identity, id, &all, error))
        return false;
    /* All marks of a course are for those who teach it. */
    if (all && report->identity.role == CORE_ROLE_TEACHER)
        report->filter.teacher_id = (struct base_uuid){0};
    service_report_parameter_add(report, "Curso", "Course", course->name);
    service_report_parameter_add(report, "Periodo escolar", "Term", course->term_name);
    return true;
}

static bool scope_session(struct service_report *report, struct db_connection *connection,
                          const struct base_uuid *id, GError **error)
{
    g_autoptr(core_session) session = db_session_find(connection, id, error);
    char text[64];

    if (!session)
        return false;
    if (base_uuid_is_nil(&report->request.course_id) &&
        !scope_course(report, connection, &session->course_id, error))
        return false;
    if (!base_uuid_is_nil(&report->request.course_id) &&
        !base_uuid_equal(&report->request.course_id, &session->course_id))
        return missing(error, "session");
    g_snprintf(text, sizeof text, "%s %02d:%02d", session->local_day, session->start_second / 3600,
               session->start_second / 60 % 60);
    service_report_parameter_add(report, "Sesión", "Session", text);
    return true;
}

/* Teachers: the groups of which they are tutor, and those to which they teach a course. */
static bool sees_group(struct service_report *report, struct db_connection *connection,
                       const struct base_uuid *id, GError **error)
{
    const struct db_course_filter theirs = {.group_id = *id,
                                            .teacher_id = report->identity.user_id};
    const struct db_page one = {.limit = 1};
    bool taught = false;

    if (report->identity.role == CORE_ROLE_ADMIN)
        return true;
    if (report->identity.role != CORE_ROLE_TEACHER)
        return missing(error, "group");
    if (!db_group_is_taught_by(connection, id, &report->identity.user_id, &taught, error))
        return false;
    g_autoptr(GPtrArray) courses =
        taught ? NULL : db_course_list(connection, &theirs, &one, NULL, error);
    if (taught)
        return true;
    return courses && (courses->len > 0 || missing(error, "group"));
}

static bool scope_group(struct service_report *report, struct db_connection *connection,
                        const struct base_uuid *id, GError **error)
{
    g_autoptr(core_group) group = db_group_find(connection, id, error);

    if (!group || !sees_group(report, connection, id, error))
        return false;
    service_report_parameter_add(report, "Grupo", "Group", group->name);
    return true;
}

static bool scope_student(struct service_report *report, struct db_connection *connection,
                          const struct base_uuid *id, GError **error)
{
    GError *problem = NULL;
    g_autoptr(core_user) user = db_user_find(connection, id, error);

    if (!user)
        return false;
    if (!service_allow(connection, &report->identity, CORE_ACTION_ATTENDANCE_READ, id, &problem)) {
        if (!g_error_matches(problem, BASE_ERROR, BASE_ERROR_FORBIDDEN)) {
            g_propagate_error(error, problem);
            return false;
        }
        g_error_free(problem);
        return missing(error, "person");
    }
    service_report_parameter_add(report, "Estudiante", "Student", user->name);
    return true;
}

static bool scope_teacher(struct service_report *report, struct db_connection *connection,
                          const struct base_uuid *id, GError **error)
{
    if (report->identity.role != CORE_ROLE_ADMIN &&
        (report->identity.role != CORE_ROLE_TEACHER ||
         !base_uuid_equal(id, &report->identity.user_id)))
        return missing(error, "person");
    g_autoptr(core_user) user = db_user_find(connection, id, error);
    if (!user)
        return false;
    service_report_parameter_add(report, "Docente", "Teacher", user->name);
    return true;
}

static bool scope_subject(struct service_report *report, struct db_connection *connection,
                          const struct base_uuid *id, GError **error)
{
    g_autoptr(core_subject) subject = db_subject_find(connection, id, error);

    if (!subject)
        return false;
    service_report_parameter_add(report, "Materia", "Subject", subject->name);
    return true;
}

static bool scope_term(struct service_report *report, struct db_connection *connection,
                       const struct base_uuid *id, GError **error)
{
    g_autoptr(core_term) term = db_term_find(connection, id, error);

    if (!term)
        return false;
    service_report_parameter_add(report, "Periodo escolar", "Term", term->name);
    return true;
}

static void scope_words(struct service_report *report)
{
    const struct service_report_request *request = &report->request;
    enum core_status status;
    enum core_method method;

    service_report_parameter_add(report, "Desde", "From", request->from_day);
    service_report_parameter_add(report, "Hasta", "To", request->to_day);
    if (core_status_from_name(request->status, &status))
        service_report_parameter_add(report, "Estado", "Status",
                                     service_report_status_text(report, NULL, status, NULL));
    else
        service_report_parameter_add(report, "Estado", "Status", request->status);
    if (core_method_from_name(request->method, &method))
        service_report_parameter_add(report, "Forma", "Method",
                                     service_report_method_text(report, method));
}

bool service_report_scope(struct service_report *report, GError **error)
{
    const struct service_report_request *request = &report->request;
    const struct {
        const struct base_uuid *id;
        bool (*look)(struct service_report *, struct db_connection *, const struct base_uuid *,
                     GError **);
    } steps[] = {
        {&request->course_id, scope_course},   {&request->session_id, scope_session},
        {&request->group_id, scope_group},     {&request->subject_id, scope_subject},
        {&request->term_id, scope_term},       {&request->teacher_id, scope_teacher},
        {&request->student_id, scope_student},
    };

    scope_begin(report);
    g_autoptr(db_connection) connection = db_acquire(report->service->db, error);
    if (!connection ||
        (report->filter.status_code &&
         !service_register_code_check(connection, report->filter.status_code, error)))
        return false;
    for (gsize i = 0; i < G_N_ELEMENTS(steps); i++)
        if (!base_uuid_is_nil(steps[i].id) &&
            !steps[i].look(report, connection, steps[i].id, error))
            return false;
    scope_words(report);
    return true;
}
