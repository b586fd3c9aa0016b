#include "core/permission.h"

static const enum core_scope SCOPES[CORE_ACTION_N][CORE_ROLE_N] = {
    /* administrators, teachers, students */
    [CORE_ACTION_USER_READ] = {CORE_SCOPE_ALL, CORE_SCOPE_TAUGHT, CORE_SCOPE_OWN},
    [CORE_ACTION_USER_WRITE] = {CORE_SCOPE_ALL, CORE_SCOPE_NONE, CORE_SCOPE_NONE},
    [CORE_ACTION_FACE_WRITE] = {CORE_SCOPE_ALL, CORE_SCOPE_OWN, CORE_SCOPE_OWN},
    [CORE_ACTION_ATTENDANCE_READ] = {CORE_SCOPE_ALL, CORE_SCOPE_TAUGHT, CORE_SCOPE_OWN},
    /* TAUGHT would include the teacher's own marks; core_permission_allows() takes them out. */
    [CORE_ACTION_ATTENDANCE_WRITE] = {CORE_SCOPE_ALL, CORE_SCOPE_TAUGHT, CORE_SCOPE_NONE},
    [CORE_ACTION_GROUP_READ] = {CORE_SCOPE_ALL, CORE_SCOPE_TAUGHT, CORE_SCOPE_OWN},
    [CORE_ACTION_GROUP_WRITE] = {CORE_SCOPE_ALL, CORE_SCOPE_NONE, CORE_SCOPE_NONE},
    [CORE_ACTION_SETTING_WRITE] = {CORE_SCOPE_ALL, CORE_SCOPE_NONE, CORE_SCOPE_NONE},
    [CORE_ACTION_AUDIT_READ] = {CORE_SCOPE_ALL, CORE_SCOPE_NONE, CORE_SCOPE_NONE},
    [CORE_ACTION_COURSE_READ] = {CORE_SCOPE_ALL, CORE_SCOPE_TAUGHT, CORE_SCOPE_OWN},
    [CORE_ACTION_COURSE_WRITE] = {CORE_SCOPE_ALL, CORE_SCOPE_NONE, CORE_SCOPE_NONE},
    [CORE_ACTION_ROSTER_READ] = {CORE_SCOPE_ALL, CORE_SCOPE_TAUGHT, CORE_SCOPE_NONE},
    [CORE_ACTION_ENROLMENT_WRITE] = {CORE_SCOPE_ALL, CORE_SCOPE_NONE, CORE_SCOPE_NONE},
    [CORE_ACTION_TIMETABLE_WRITE] = {CORE_SCOPE_ALL, CORE_SCOPE_NONE, CORE_SCOPE_NONE},
    [CORE_ACTION_SESSION_WRITE] = {CORE_SCOPE_ALL, CORE_SCOPE_TAUGHT, CORE_SCOPE_NONE},
    [CORE_ACTION_POLICY_WRITE] = {CORE_SCOPE_ALL, CORE_SCOPE_NONE, CORE_SCOPE_NONE},
    [CORE_ACTION_REPORT_READ] = {CORE_SCOPE_ALL, CORE_SCOPE_TAUGHT, CORE_SCOPE_OWN},
};

enum core_scope core_permission_scope(enum core_role role, enum core_action action)
{
    if ((unsigned)role >= CORE_ROLE_N || (unsigned)action >= CORE_ACTION_N)
        return CORE_SCOPE_NONE;
    return SCOPES[action][role];
}

bool core_permission_allows_course(const struct core_viewer *viewer, enum core_action action,
                                   bool teaches, bool attends)
{
    switch (core_permission_scope(viewer->role, action)) {
    case CORE_SCOPE_ALL:
        return true;
    case CORE_SCOPE_TAUGHT:
        return teaches;
    case CORE_SCOPE_OWN:
        return attends;
    case CORE_SCOPE_NONE:
        break;
    }
    return false;
}

bool core_permission_allows(const struct core_viewer *viewer, enum core_action action,
                            const struct base_uuid *subject_id, bool taught)
{
    enum core_scope scope = core_permission_scope(viewer->role, action);
    bool own = !base_uuid_is_nil(subject_id) && base_uuid_equal(&viewer->user_id, subject_id);

    if (scope == CORE_SCOPE_ALL)
        return true;
    /* Nobody but an administrator corrects a mark of their own. */
    if (own)
        return scope >= CORE_SCOPE_OWN && action != CORE_ACTION_ATTENDANCE_WRITE;
    return scope == CORE_SCOPE_TAUGHT && taught;
}
