#include "db/query/attendance_filter.h"

#include "db/query/row.h"

static const struct base_uuid *anchor_of(const struct db_attendance_filter *filter,
                                         enum db_attendance_scope scope)
{
    switch (scope) {
    case DB_ATTENDANCE_SCOPE_USER:
        return &filter->user_id;
    case DB_ATTENDANCE_SCOPE_GROUP:
        return &filter->group_id;
    case DB_ATTENDANCE_SCOPE_COURSE:
        return &filter->course_id;
    case DB_ATTENDANCE_SCOPE_SESSION:
        return &filter->session_id;
    default:
        return NULL;
    }
}

enum db_attendance_scope db_attendance_scope(const struct db_attendance_filter *filter)
{
    /* The fewest marks first. */
    static const enum db_attendance_scope ORDER[] = {
        DB_ATTENDANCE_SCOPE_SESSION,
        DB_ATTENDANCE_SCOPE_USER,
        DB_ATTENDANCE_SCOPE_COURSE,
        DB_ATTENDANCE_SCOPE_GROUP,
    };

    if (!base_uuid_is_nil(&filter->teacher_id))
        return DB_ATTENDANCE_SCOPE_TAUGHT;
    for (gsize i = 0; i < G_N_ELEMENTS(ORDER); i++)
        if (!base_uuid_is_nil(anchor_of(filter, ORDER[i])))
            return ORDER[i];
    return DB_ATTENDANCE_SCOPE_ALL;
}

bool db_attendance_is_plain(const struct db_attendance_filter *filter,
                            enum db_attendance_scope scope)
{
    const struct base_uuid *anchor = anchor_of(filter, scope);
    const struct base_uuid *const ids[] = {&filter->user_id,    &filter->group_id,
                                           &filter->course_id,  &filter->session_id,
                                           &filter->subject_id, &filter->term_id};

    for (gsize i = 0; i < G_N_ELEMENTS(ids); i++)
        if (ids[i] != anchor && !base_uuid_is_nil(ids[i]))
            return false;
    return !filter->status_code && !filter->method;
}

static gsize bind_every(const struct db_attendance_filter *filter, struct db_value *values)
{
    const struct base_uuid *const ids[] = {&filter->user_id,    &filter->group_id,
                                           &filter->course_id,  &filter->session_id,
                                           &filter->subject_id, &filter->term_id};
    gsize n = 0;

    for (gsize i = 0; i < G_N_ELEMENTS(ids); i++) {
        values[n++] = db_asked_uuid(ids[i]);
        values[n++] = db_uuid(ids[i]);
    }
    values[n++] = db_asked_text(filter->status_code);
    values[n++] = db_text(filter->status_code);
    values[n++] = db_asked_text(filter->method);
    values[n++] = db_text(filter->method);
    return n;
}

gsize db_attendance_bind(const struct db_attendance_filter *filter, enum db_attendance_scope scope,
                         bool plain, struct db_value values[static DB_ATTENDANCE_VALUES])
{
    const struct base_uuid *anchor = anchor_of(filter, scope);
    const char *from = filter->from_day ? filter->from_day : "0000-00-00";
    const char *to = filter->to_day ? filter->to_day : "9999-99-99";
    gsize n = 0;

    for (int part = 0; part < 3 && scope == DB_ATTENDANCE_SCOPE_TAUGHT; part++) {
        values[n++] = db_uuid(&filter->teacher_id);
        values[n++] = db_text(from);
        values[n++] = db_text(to);
        if (part > 0)
            values[n++] = db_uuid(&filter->teacher_id);
    }
    if (anchor)
        values[n++] = db_uuid(anchor);
    if (!plain)
        n += bind_every(filter, values + n);
    values[n++] = db_asked_enum(filter->status);
    values[n++] = db_text(core_status_name((enum core_status)filter->status));
    values[n++] = db_text(from);
    values[n++] = db_text(to);
    return n;
}
