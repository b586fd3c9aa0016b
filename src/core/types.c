#include "core/types.h"

#include "base/text.h"

#include <stdio.h>

static const char *const ROLES[CORE_ROLE_N] = {
    [CORE_ROLE_ADMIN] = "admin",
    [CORE_ROLE_TEACHER] = "teacher",
    [CORE_ROLE_STUDENT] = "student",
};

static const char *const STATUSES[CORE_STATUS_N] = {
    [CORE_STATUS_PRESENT] = "present",
    [CORE_STATUS_LATE] = "late",
    [CORE_STATUS_ABSENT] = "absent",
    [CORE_STATUS_EXCUSED] = "excused",
};

static const char *const METHODS[CORE_METHOD_N] = {
    [CORE_METHOD_FACE] = "face",           [CORE_METHOD_MANUAL] = "manual",
    [CORE_METHOD_AUTOMATIC] = "automatic", [CORE_METHOD_PHOTO] = "photo",
    [CORE_METHOD_CODE] = "code",           [CORE_METHOD_IMPORT] = "import",
};

static const char *const IMAGE_KINDS[CORE_IMAGE_N] = {
    [CORE_IMAGE_PROFILE] = "profile",
    [CORE_IMAGE_ENROLMENT] = "enrolment",
    [CORE_IMAGE_MARK] = "mark",
    [CORE_IMAGE_REVIEW] = "review",
};

const char *core_role_name(enum core_role role)
{
    return (unsigned)role < CORE_ROLE_N ? ROLES[role] : NULL;
}

const char *core_status_name(enum core_status status)
{
    return (unsigned)status < CORE_STATUS_N ? STATUSES[status] : NULL;
}

const char *core_method_name(enum core_method method)
{
    return (unsigned)method < CORE_METHOD_N ? METHODS[method] : NULL;
}

const char *core_image_kind_name(enum core_image_kind kind)
{
    return (unsigned)kind < CORE_IMAGE_N ? IMAGE_KINDS[kind] : NULL;
}

bool core_role_from_name(const char *name, enum core_role *role)
{
    int i = base_text_index(ROLES, CORE_ROLE_N, name);

    if (i >= 0)
        *role = (enum core_role)i;
    return i >= 0;
}

bool core_status_from_name(const char *name, enum core_status *status)
{
    int i = base_text_index(STATUSES, CORE_STATUS_N, name);

    if (i >= 0)
        *status = (enum core_status)i;
    return i >= 0;
}

bool core_method_from_name(const char *name, enum core_method *method)
{
    int i = base_text_index(METHODS, CORE_METHOD_N, name);

    if (i >= 0)
        *method = (enum core_method)i;
    return i >= 0;
}

bool core_image_kind_from_name(const char *name, enum core_image_kind *kind)
{
    int i = base_text_index(IMAGE_KINDS, CORE_IMAGE_N, name);

    if (i >= 0)
        *kind = (enum core_image_kind)i;
    return i >= 0;
}

gint32 core_user_age(const struct core_user *user, const char *today)
{
    int year, month, day, this_year, this_month, this_day, age;

    if (!core_day_is_valid(user->date_of_birth) || !core_day_is_valid(today))
        return user->age;
    sscanf(user->date_of_birth, "%d-%d-%d", &year, &month, &day);
    sscanf(today, "%d-%d-%d", &this_year, &this_month, &this_day);

    age = this_year - year;
    if (this_month < month || (this_month == month && this_day < day))
        age--;
    return age < 0 ? CORE_AGE_UNKNOWN : age;
}

void core_institution_clear(struct core_institution *institution)
{
    g_free(institution->name);
    g_free(institution->email_domain);
    g_free(institution->time_zone);
    *institution = (struct core_institution){0};
}

void core_group_clear(struct core_group *group)
{
    g_free(group->name);
    g_free(group->name_key);
    *group = (struct core_group){0};
}

void core_user_clear(struct core_user *user)
{
    g_free(user->name);
    g_free(user->name_key);
    g_free(user->email);
    g_free(user->date_of_birth);
    g_free(user->group_name);
    g_free(user->profile_image_url);
    g_free(user->student_number);
    g_free(user->language);
    g_free(user->password_hash);
    *user = (struct core_user){0};
}

void core_template_clear(struct core_template *face)
{
    if (face->sealed)
        g_bytes_unref(face->sealed);
    g_free(face->model);
    g_free(face->source);
    *face = (struct core_template){0};
}

void core_image_clear(struct core_image *image)
{
    g_free(image->blob_key);
    g_free(image->media_type);
    *image = (struct core_image){0};
}

void core_attendance_clear(struct core_attendance *attendance)
{
    g_free(attendance->user_name);
    g_free(attendance->group_name);
    g_free(attendance->course_name);
    g_free(attendance->occasion);
    g_free(attendance->local_day);
    g_free(attendance->status_code);
    g_free(attendance->note);
    *attendance = (struct core_attendance){0};
}

void core_audit_clear(struct core_audit *entry)
{
    g_free(entry->action);
    g_free(entry->subject);
    g_free(entry->details);
    *entry = (struct core_audit){0};
}

#define DEFINE_FREE(noun)                                                                          \
    void core_##noun##_free(struct core_##noun *noun)                                              \
    {                                                                                              \
        if (!noun)                                                                                 \
            return;                                                                                \
        core_##noun##_clear(noun);                                                                 \
        g_free(noun);                                                                              \
    }

DEFINE_FREE(institution)
DEFINE_FREE(group)
DEFINE_FREE(user)
DEFINE_FREE(template)
DEFINE_FREE(image)
DEFINE_FREE(attendance)
DEFINE_FREE(audit)
