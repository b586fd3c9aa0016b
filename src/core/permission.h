/*
 * What each role may do, and to whom, as one table. Administrators everything; teachers themselves,
 * the courses they teach and the students of their groups and courses; students themselves and the
 * courses they attend.
 */
#ifndef CORE_PERMISSION_H
#define CORE_PERMISSION_H

#include "core/types.h"

/* On whom an action may be done. Ordered: each includes the ones before it. */
enum core_scope {
    CORE_SCOPE_NONE,
    CORE_SCOPE_OWN,    /* oneself */
    CORE_SCOPE_TAUGHT, /* oneself, the students of the groups and courses one teaches, the courses
                        */
    CORE_SCOPE_ALL,
};

enum core_action {
    CORE_ACTION_USER_READ,
    CORE_ACTION_USER_WRITE, /* create, change role or group, deactivate, delete */
    CORE_ACTION_FACE_WRITE, /* enrol and delete faces, see their photos; the profile picture */
    CORE_ACTION_ATTENDANCE_READ,
    CORE_ACTION_ATTENDANCE_WRITE, /* mark by hand and correct */
    CORE_ACTION_GROUP_READ,
    CORE_ACTION_GROUP_WRITE,
    CORE_ACTION_SETTING_WRITE,
    CORE_ACTION_AUDIT_READ,
    CORE_ACTION_COURSE_READ,     /* a course, its timetable and policy */
    CORE_ACTION_COURSE_WRITE,    /* terms, subjects, rooms, courses, their groups and teachers */
    CORE_ACTION_ROSTER_READ,     /* who is in a course */
    CORE_ACTION_ENROLMENT_WRITE, /* who belongs where, from when to when */
    CORE_ACTION_TIMETABLE_WRITE, /* weekly slots, holidays, imported calendars */
    CORE_ACTION_SESSION_WRITE,   /* cancel, move and add single sessions */
    CORE_ACTION_POLICY_WRITE,
    CORE_ACTION_REPORT_READ, /* reports on a course */
    CORE_ACTION_N,
};

/* Who is asking. */
struct core_viewer {
    struct base_uuid user_id;
    enum core_role role;
};

/* The widest scope in which a role may do something. CORE_SCOPE_NONE for values out of range. */
enum core_scope core_permission_scope(enum core_role role, enum core_action action);

/* Whether the viewer may do this to a course that they teach or attend (as a student, also in the
 * past), or to one that is neither. */
bool core_permission_allows_course(const struct core_viewer *viewer, enum core_action action,
                                   bool teaches, bool attends);

/* Whether the viewer may do this to this person. `taught` says that the person is a student of a
 * group (or, where that is enough, of a course) which the viewer teaches; the caller looks it up
 * when the scope is CORE_SCOPE_TAUGHT. */
bool core_permission_allows(const struct core_viewer *viewer, enum core_action action,
                            const struct base_uuid *subject_id, bool taught);

#endif
