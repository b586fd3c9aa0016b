#include "api/output.h"

#include <math.h>

json_t *api_json_uuid_or_null(const struct base_uuid *uuid)
{
    return base_uuid_is_nil(uuid) ? json_null() : base_json_uuid(uuid);
}

json_t *api_json_time_or_null(base_time time)
{
    return time ? base_json_time(time) : json_null();
}

json_t *api_json_user(const struct core_user *user, const char *today)
{
    gint32 age = core_user_age(user, today);
    json_t *json = json_object();

    json_object_set_new(json, "id", base_json_uuid(&user->id));
    json_object_set_new(json, "name", base_json_text_or_null(user->name));
    json_object_set_new(json, "email", base_json_text_or_null(user->email));
    json_object_set_new(json, "age", age == CORE_AGE_UNKNOWN ? json_null() : json_integer(age));
    json_object_set_new(json, "date_of_birth", base_json_text_or_null(user->date_of_birth));
    json_object_set_new(json, "group_id", api_json_uuid_or_null(&user->group_id));
    json_object_set_new(json, "group_name", base_json_text_or_null(user->group_name));
    json_object_set_new(json, "role", json_string(core_role_name(user->role)));
    json_object_set_new(json, "profile_image_url", base_json_text_or_null(user->profile_image_url));
    json_object_set_new(json, "student_number", base_json_text_or_null(user->student_number));
    json_object_set_new(json, "language", base_json_text_or_null(user->language));
    json_object_set_new(json, "active", json_boolean(user->active));
    json_object_set_new(json, "face_count", json_integer(user->face_count));
    json_object_set_new(json, "faces_held", json_integer(user->faces_held));
    json_object_set_new(json, "created_at", base_json_time(user->created_at));
    json_object_set_new(json, "updated_at", base_json_time(user->updated_at));
    return json;
}

json_t *api_json_group(const struct core_group *group)
{
    json_t *json = json_object();

    json_object_set_new(json, "id", base_json_uuid(&group->id));
    json_object_set_new(json, "name", base_json_text_or_null(group->name));
    json_object_set_new(json, "member_count", json_integer(group->member_count));
    json_object_set_new(json, "created_at", base_json_time(group->created_at));
    json_object_set_new(json, "updated_at", base_json_time(group->updated_at));
    return json;
}

json_t *api_json_attendance(const struct core_attendance *attendance, bool staff)
{
    json_t *json = json_object();

    json_object_set_new(json, "id", base_json_uuid(&attendance->id));
    json_object_set_new(json, "user_id", base_json_uuid(&attendance->user_id));
    json_object_set_new(json, "user_name", base_json_text_or_null(attendance->user_name));
    json_object_set_new(json, "group_id", api_json_uuid_or_null(&attendance->group_id));
    json_object_set_new(json, "group_name", base_json_text_or_null(attendance->group_name));
    json_object_set_new(json, "session_id", api_json_uuid_or_null(&attendance->session_id));
    json_object_set_new(json, "course_id", api_json_uuid_or_null(&attendance->course_id));
    json_object_set_new(json, "course_name", base_json_text_or_null(attendance->course_name));
    json_object_set_new(json, "day", base_json_text_or_null(attendance->local_day));
    json_object_set_new(json, "marked_at", base_json_time(attendance->marked_at));
    json_object_set_new(json, "last_seen_at", api_json_time_or_null(attendance->last_seen_at));
    json_object_set_new(json, "status", json_string(core_status_name(attendance->status)));
    json_object_set_new(json, "status_code", base_json_text_or_null(attendance->status_code));
    json_object_set_new(json, "method", json_string(core_method_name(attendance->method)));
    if (!staff)
        return json;
    json_object_set_new(json, "score",
                        isnan(attendance->score) ? json_null() : json_real(attendance->score));
    json_object_set_new(json, "captured_at", api_json_time_or_null(attendance->captured_at));
    json_object_set_new(json, "marked_by", api_json_uuid_or_null(&attendance->marked_by));
    json_object_set_new(json, "note", base_json_text_or_null(attendance->note));
    return json;
}

json_t *api_json_face(const struct core_template *face)
{
    json_t *json = json_object();

    json_object_set_new(json, "id", base_json_uuid(&face->id));
    json_object_set_new(json, "quality", json_real(face->quality));
    json_object_set_new(json, "source", base_json_text_or_null(face->source));
    json_object_set_new(json, "held", json_boolean(face->held));
    json_object_set_new(json, "created_at", base_json_time(face->created_at));
    return json;
}

json_t *api_json_list(json_t *items, gint64 total, const struct db_page *page)
{
    json_t *json = json_object();

    json_object_set_new(json, "items", items);
    json_object_set_new(json, "total", json_integer(total));
    json_object_set_new(json, "limit", json_integer(page->limit));
    json_object_set_new(json, "offset", json_integer(page->offset));
    return json;
}

void api_respond(struct http_response *response, unsigned status, json_t *json)
{
    http_response_json_take(response, status, json_dumps(json, JSON_COMPACT));
    json_decref(json);
}
