/* The roster as plain data: adding to it, and what is wrong with a place of it. */
#include "service/roster_plan.h"

static const char *const own_labels[ROSTER_COLUMN_N] = {
    [ROSTER_NAME] = "name",           [ROSTER_STUDENT_NUMBER] = "student_number",
    [ROSTER_EMAIL] = "email",         [ROSTER_GROUP] = "group",
    [ROSTER_ROLE] = "role",           [ROSTER_DATE_OF_BIRTH] = "date_of_birth",
    [ROSTER_LANGUAGE] = "language",   [ROSTER_STATUS] = "status",
    [ROSTER_SUBJECT] = "subject",     [ROSTER_COURSE] = "course",
    [ROSTER_TERM] = "term",           [ROSTER_TEACHER] = "teacher",
    [ROSTER_FIRST_DAY] = "first_day", [ROSTER_LAST_DAY] = "last_day",
};

static void course_free(gpointer data)
{
    struct roster_course *course = data;

    g_ptr_array_unref(course->groups);
    g_clear_pointer(&course->members, g_hash_table_unref);
    g_clear_pointer(&course->enrolments, g_ptr_array_unref);
    g_free(course);
}

static void person_free(gpointer data)
{
    struct roster_person *person = data;

    g_ptr_array_unref(person->changed);
    json_decref(person->details);
    g_free(person);
}

void roster_init(struct roster *roster, struct service_import *import)
{
    *roster = (struct roster){
        .texts = g_string_chunk_new(64 * 1024),
        .terms = g_ptr_array_new_with_free_func(g_free),
        .subjects = g_ptr_array_new_with_free_func(g_free),
        .groups = g_ptr_array_new_with_free_func(g_free),
        .courses = g_ptr_array_new_with_free_func(course_free),
        .people = g_ptr_array_new_with_free_func(person_free),
        .enrolments = g_ptr_array_new_with_free_func(g_free),
        .import = import,
    };
}

void roster_clear(struct roster *roster)
{
    g_ptr_array_unref(roster->terms);
    g_ptr_array_unref(roster->subjects);
    g_ptr_array_unref(roster->groups);
    g_ptr_array_unref(roster->courses);
    g_ptr_array_unref(roster->people);
    g_ptr_array_unref(roster->enrolments);
    g_string_chunk_free(roster->texts);
}

const char *roster_text(struct roster *roster, const char *text)
{
    return text && *text ? g_string_chunk_insert(roster->texts, text) : NULL;
}

struct roster_term *roster_add_term(struct roster *roster, const struct roster_place *place)
{
    struct roster_term *term = g_new0(struct roster_term, 1);

    term->place = *place;
    g_ptr_array_add(roster->terms, term);
    return term;
}

struct roster_subject *roster_add_subject(struct roster *roster, const struct roster_place *place)
{
    struct roster_subject *subject = g_new0(struct roster_subject, 1);

    subject->place = *place;
    g_ptr_array_add(roster->subjects, subject);
    return subject;
}

struct roster_group *roster_add_group(struct roster *roster, const struct roster_place *place)
{
    struct roster_group *group = g_new0(struct roster_group, 1);

    group->place = *place;
    g_ptr_array_add(roster->groups, group);
    return group;
}

struct roster_course *roster_add_course(struct roster *roster, const struct roster_place *place)
{
    struct roster_course *course = g_new0(struct roster_course, 1);

    course->place = *place;
    course->groups = g_ptr_array_new();
    g_ptr_array_add(roster->courses, course);
    return course;
}

struct roster_person *roster_add_person(struct roster *roster, const struct roster_place *place)
{
    struct roster_person *person = g_new0(struct roster_person, 1);

    person->place = *place;
    person->role = -1;
    person->active = -1;
    person->role_if_new = CORE_ROLE_STUDENT;
    person->changed = g_ptr_array_new();
    g_ptr_array_add(roster->people, person);
    return person;
}

struct roster_enrolment *roster_add_enrolment(struct roster *roster,
                                              const struct roster_place *place)
{
    struct roster_enrolment *enrolment = g_new0(struct roster_enrolment, 1);

    enrolment->place = *place;
    g_ptr_array_add(roster->enrolments, enrolment);
    return enrolment;
}

bool roster_refuse(struct roster *roster, const struct roster_place *place,
                   enum roster_column column, const char *format, ...)
{
    const char *label = place->labels ? place->labels[column] : NULL;
    va_list arguments;

    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    return service_import_refuse(roster->import, place->file, place->line,
                                 label ? label : own_labels[column], "%s", message);
}
