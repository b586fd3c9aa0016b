/*
 * What each role may do, and to whom, as one table. Administrators everything; teachers themselves
 * and the students of the groups they teach; students themselves.
 */
#ifndef CORE_PERMISSION_H
#define CORE_PERMISSION_H

#include "core/types.h"

/* On whom an action may be done. Ordered: each includes the ones before it. */
enum core_scope {
    CORE_SCOPE_NONE,
    CORE_SCOPE_OWN,    /* oneself */
    CORE_SCOPE_TAUGHT, /* oneself and the students of the groups one teaches */
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
    CORE_ACTION_N,
};

/* Who is asking. */
struct core_viewer {
    struct base_uuid user_id;
    enum core_role role;
};

/* The widest scope in which a role may do something. CORE_SCOPE_NONE for values out of range. */
enum core_scope core_permission_scope(enum core_role role, enum core_action action);

/* Whether the viewer may do this to this person. `taught` says that the person is a student of a
 * group which the viewer teaches; the caller looks it up when the scope is CORE_SCOPE_TAUGHT. */
bool core_permission_allows(const struct core_viewer *viewer, enum core_action action,
                            const struct base_uuid *subject_id, bool taught);

#endif
