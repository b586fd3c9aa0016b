/* Courses of a roster, who is in them and who teaches them. */
#include "core/timetable.h"
#include "db/query/course.h"
#include "db/query/enrolment.h"
#include "db/query/group.h"
#include "db/query/term.h"
#include "service/roster_plan.h"

#include <string.h>

static void tell(const struct roster_work *work, enum service_import_thing thing,
                 enum service_import_action action, const char *name, const char *detail,
                 const struct roster_place *place)
{
    service_import_add(work->roster->import, thing, action, name, detail, place->file, place->line);
}

/* ---- Courses ---- */

/* The term that a course is in: its days, and its id; nil when there is none. */
static bool course_term(struct roster_work *work, struct roster_course *course,
                        struct base_uuid *term_id, GError **error)
{
    GError *problem = NULL;
    g_autoptr(core_term) stored = NULL;

    *term_id = (struct base_uuid){0};
    if (course->term && base_uuid_is_nil(&course->term->id))
        return true;
    stored = course->term ? db_term_find(work->connection, &course->term->id, &problem)
                          : db_term_find_day(work->connection, &work->identity->institution_id,
                                             work->today, &problem);
    if (problem && !roster_is_absent(problem, error))
        return false;
    if (!stored && !course->term && work->no_term)
        return true;
    if (!stored && !course->term) {
        work->no_term = true; /* once is enough */
        roster_refuse(work->roster, &course->place, ROSTER_TERM,
                      "No term is under way today; say which one is meant.");
        return true;
    }
    const char *first = stored ? stored->first_day : course->term->first_day;
    g_strlcpy(course->first_day, first, sizeof course->first_day);
    *term_id = stored ? stored->id : course->term->id;
    return true;
}

static bool course_look(struct roster_work *work, const struct roster_course *course,
                        const struct base_uuid *term_id, struct core_course **found, GError **error)
{
    const struct base_uuid *id = roster_external(work, ROSTER_KIND_COURSE, course->external);
    GError *problem = NULL;

    *found = id ? db_course_find(work->connection, id, &problem) : NULL;
    if (*found || (problem && !roster_is_absent(g_steal_pointer(&problem), error)))
        return *found != NULL;
    *found = db_course_find_name(work->connection, term_id, course->name, &problem);
    return *found || roster_is_absent(problem, error);
}

static bool course_create(struct roster_work *work, struct roster_course *course,
                          const struct base_uuid *term_id, GError **error)
{
    const struct core_course made = {
        .id = course->id,
        .institution_id = work->identity->institution_id,
        .term_id = *term_id,
        .subject_id = course->subject->id,
        .name = (char *)course->name,
        .created_at = work->now,
        .updated_at = work->now,
    };

    tell(work, SERVICE_IMPORT_COURSE, SERVICE_IMPORT_CREATE, course->name, NULL, &course->place);
    return !roster_writes(work) ||
           (db_course_insert(work->connection, &made, error) &&
            service_audit(work->connection, work->identity, "course.create", &made.id,
                          json_pack("{s:s, s:s}", "name", course->name, "source", "import"),
                          error));
}

/* Of a course that is there its name stays: somebody may have chosen a better one. */
static bool course_update(struct roster_work *work, struct roster_course *course,
                          const struct core_course *stored, GError **error)
{
    struct core_course changed = *stored;

    if (base_uuid_equal(&stored->subject_id, &course->subject->id)) {
        tell(work, SERVICE_IMPORT_COURSE, SERVICE_IMPORT_UNCHANGED, stored->name, NULL,
             &course->place);
        return true;
    }
    if (!course->external) {
        roster_refuse(work->roster, &course->place, ROSTER_COURSE,
                      "The course \"%s\" is there already and teaches another subject.",
                      stored->name);
        return true;
    }
    tell(work, SERVICE_IMPORT_COURSE, SERVICE_IMPORT_UPDATE, stored->name, "subject",
         &course->place);
    changed.subject_id = course->subject->id;
    changed.updated_at = work->now;
    return !roster_writes(work) ||
           (db_course_update(work->connection, &changed, error) &&
            service_audit(work->connection, work->identity, "course.update", &stored->id,
                          json_pack("{s:s}", "source", "import"), error));
}

static bool has_group(const GPtrArray *groups, const struct base_uuid *id)
{
    for (guint i = 0; i < groups->len; i++)
        if (base_uuid_equal(&((struct core_group *)groups->pdata[i])->id, id))
            return true;
    return false;
}

static bool course_add_groups(struct roster_work *work, struct roster_course *course,
                              GError **error)
{
    g_autoptr(GPtrArray) stored = db_course_groups(work->connection, &course->id, error);

    for (guint i = 0; stored && i < course->groups->len; i++) {
        const struct roster_group *group = course->groups->pdata[i];
        if (base_uuid_is_nil(&group->id) || has_group(stored, &group->id))
            continue;
        g_autofree char *detail = g_strdup_printf("group: %s", group->name);
        tell(work, SERVICE_IMPORT_COURSE, SERVICE_IMPORT_UPDATE, course->name, detail,
             &course->place);
        if (roster_writes(work) &&
            (!db_course_add_group(work->connection, &course->id, &group->id, NULL, error) ||
             !service_audit(
                 work->connection, work->identity, "course.group.add", &course->id,
                 json_pack("{s:o, s:s}", "group", base_json_uuid(&group->id), "source", "import"),
                 error)))
            return false;
    }
    return stored != NULL;
}

/* Who is enrolled in the course itself. */
static bool course_load_members(struct roster_work *work, struct roster_course *course,
                                GError **error)
{
    const struct db_enrolment_filter filter = {.course_id = course->id};

    g_clear_pointer(&course->members, g_hash_table_unref);
    g_clear_pointer(&course->enrolments, g_ptr_array_unref);
    course->enrolments = db_enrolment_list(work->connection, &filter, NULL, NULL, error);
    if (!course->enrolments)
        return false;
    course->members = g_hash_table_new_full(base_uuid_hash, base_uuid_equal, NULL,
                                            (GDestroyNotify)g_ptr_array_unref);
    for (guint i = 0; i < course->enrolments->len; i++) {
        struct core_enrolment *enrolment = course->enrolments->pdata[i];
        GPtrArray *of_person = g_hash_table_lookup(course->members, &enrolment->user_id);
        if (!of_person) {
            of_person = g_ptr_array_new();
            g_hash_table_insert(course->members, &enrolment->user_id, of_person);
        }
        g_ptr_array_add(of_person, enrolment);
    }
    return true;
}

/* One that must be there, or that is to be no more: who is in it can be told in either case. */
static bool course_refer(struct roster_work *work, struct roster_course *course, GError **error)
{
    const struct base_uuid *id = roster_external(work, ROSTER_KIND_COURSE, course->external);
    GError *problem = NULL;
    g_autoptr(core_course) stored = id ? db_course_find(work->connection, id, &problem) : NULL;

    if (!stored)
        return !problem || roster_is_absent(problem, error);
    course->id = stored->id;
    course->name = roster_text(work->roster, stored->name);
    GError *term_problem = NULL;
    g_autoptr(core_term) term = db_term_find(work->connection, &stored->term_id, &term_problem);
    if (!term) {
        g_propagate_error(error, term_problem);
        return false;
    }
    g_strlcpy(course->first_day, term->first_day, sizeof course->first_day);
    return course_load_members(work, course, error);
}

static bool course_settle(struct roster_work *work, struct roster_course *course, GError **error)
{
    struct base_uuid term_id;
    g_autoptr(core_course) stored = NULL;

    course->id = (struct base_uuid){0};
    if (course->ends || !course->subject)
        return course_refer(work, course, error);
    if (!course_term(work, course, &term_id, error))
        return false;
    if (base_uuid_is_nil(&term_id) || base_uuid_is_nil(&course->subject->id))
        return true;
    if (!course_look(work, course, &term_id, &stored, error))
        return false;
    if (stored)
        course->id = stored->id;
    else
        base_uuid_new(&course->id);
    return (stored ? course_update(work, course, stored, error)
                   : course_create(work, course, &term_id, error)) &&
           roster_external_set(work, ROSTER_KIND_COURSE, course->external, &course->id, error) &&
           course_add_groups(work, course, error) && course_load_members(work, course, error);
}

bool roster_settle_courses(struct roster_work *work, GError **error)
{
    for (guint i = 0; i < work->roster->courses->len; i++)
        if (!course_settle(work, work->roster->courses->pdata[i], error))
            return false;
    return true;
}

/* ---- Who teaches ---- */

static const char *person_name(const struct roster_work *work, const struct roster_person *person)
{
    const struct core_user *user = g_hash_table_lookup(work->by_id, &person->id);

    return user ? user->name : "";
}

static bool has_person(const GPtrArray *people, const struct base_uuid *id)
{
    for (guint i = 0; i < people->len; i++)
        if (base_uuid_equal(&((struct core_user *)people->pdata[i])->id, id))
            return true;
    return false;
}

static bool teaching_store(struct roster_work *work, const struct roster_enrolment *enrolment,
                           GError **error)
{
    struct db_connection *connection = work->connection;
    const struct base_uuid *who = &enrolment->person->id;
    const struct base_uuid *what =
        enrolment->in_course ? &enrolment->course->id : &enrolment->group->id;
    static const char *const ACTIONS[2][2] = {
        {"group.teacher.add", "group.teacher.remove"},
        {"course.teacher.add", "course.teacher.remove"},
    };
    bool ok;

    if (enrolment->in_course)
        ok = enrolment->ends ? db_course_remove_teacher(connection, what, who, NULL, error)
                             : db_course_add_teacher(connection, what, who, NULL, error);
    else
        ok = enrolment->ends ? db_group_remove_teacher(connection, what, who, error)
                             : db_group_add_teacher(connection, what, who, error);
    return ok &&
           service_audit(
               connection, work->identity, ACTIONS[enrolment->in_course][enrolment->ends], what,
               json_pack("{s:o, s:s}", "teacher", base_json_uuid(who), "source", "import"), error);
}

static bool teaching_settle(struct roster_work *work, struct roster_enrolment *enrolment,
                            GError **error)
{
    const char *what = enrolment->in_course ? enrolment->course->name : enrolment->group->name;

    if (enrolment->person->role_now == CORE_ROLE_STUDENT) {
        roster_refuse(work->roster, &enrolment->place, ROSTER_TEACHER,
                      "%s is a student: only teachers teach.",
                      person_name(work, enrolment->person));
        return true;
    }
    g_autoptr(GPtrArray) stored =
        enrolment->in_course ? db_course_teachers(work->connection, &enrolment->course->id, error)
                             : db_group_teachers(work->connection, &enrolment->group->id, error);
    if (!stored)
        return false;
    const bool teaches = has_person(stored, &enrolment->person->id);
    g_autofree char *name = g_strdup_printf("%s: %s", what, person_name(work, enrolment->person));
    if (teaches != enrolment->ends) {
        tell(work, SERVICE_IMPORT_TEACHING, SERVICE_IMPORT_UNCHANGED, name, NULL,
             &enrolment->place);
        return true;
    }
    tell(work, SERVICE_IMPORT_TEACHING,
         enrolment->ends ? SERVICE_IMPORT_WITHDRAW : SERVICE_IMPORT_CREATE, name, NULL,
         &enrolment->place);
    return !roster_writes(work) || teaching_store(work, enrolment, error);
}

/* ---- Who attends ---- */

/* The stored enrolment that this one is about: by the id of the other system, else one that has a
 * day in common with it. NULL: it is new. */
static struct core_enrolment *enrolment_find(const struct roster_work *work,
                                             const struct roster_enrolment *enrolment,
                                             const char *first_day)
{
    const struct base_uuid *id = roster_external(work, ROSTER_KIND_ENROLMENT, enrolment->external);
    const GPtrArray *own = g_hash_table_lookup(enrolment->course->members, &enrolment->person->id);
    struct core_enrolment *found = NULL;

    for (guint i = 0; own && i < own->len; i++) {
        struct core_enrolment *stored = own->pdata[i];
        if (id && base_uuid_equal(&stored->id, id))
            return stored;
        if ((!enrolment->last_day || strcmp(stored->first_day, enrolment->last_day) <= 0) &&
            (!stored->last_day || strcmp(stored->last_day, first_day) >= 0))
            found = stored;
    }
    return found;
}

static bool enrolment_create(struct roster_work *work, struct roster_enrolment *enrolment,
                             const char *first_day, const char *name, GError **error)
{
    struct core_enrolment *made = g_new0(struct core_enrolment, 1);

    *made = (struct core_enrolment){
        .user_id = enrolment->person->id,
        .course_id = enrolment->course->id,
        .first_day = g_strdup(first_day),
        .last_day = g_strdup(enrolment->last_day),
        .created_at = work->now,
        .updated_at = work->now,
    };
    base_uuid_new(&made->id);
    tell(work, SERVICE_IMPORT_ENROLMENT, SERVICE_IMPORT_CREATE, name, NULL, &enrolment->place);
    roster_note_enrolment(enrolment->person, made, false);
    /* The same once more in the file is no second enrolment. */
    g_ptr_array_add(enrolment->course->enrolments, made);
    GPtrArray *own = g_hash_table_lookup(enrolment->course->members, &made->user_id);
    if (!own) {
        own = g_ptr_array_new();
        g_hash_table_insert(enrolment->course->members, &made->user_id, own);
    }
    g_ptr_array_add(own, made);
    return !roster_writes(work) || (db_enrolment_insert(work->connection, made, error) &&
                                    roster_external_set(work, ROSTER_KIND_ENROLMENT,
                                                        enrolment->external, &made->id, error));
}

static void replace_day(char **day, const char *with)
{
    if (!with)
        return;
    g_free(*day);
    *day = g_strdup(with);
}

/* Ends a stored enrolment on the day before today; what began later has never been. */
static bool enrolment_end(struct roster_work *work, struct core_enrolment *stored, bool *changed,
                          GError **error)
{
    char yesterday[CORE_DAY_SIZE];

    core_day_from_number(core_day_number(work->today) - 1, yesterday);
    *changed = !stored->last_day || strcmp(stored->last_day, yesterday) > 0;
    if (!*changed)
        return true;
    replace_day(&stored->last_day, yesterday);
    stored->updated_at = work->now;
    if (!roster_writes(work))
        return true;
    return strcmp(stored->first_day, yesterday) > 0
               ? db_enrolment_delete(work->connection, &stored->id, error)
               : db_enrolment_update(work->connection, stored, error);
}

static bool enrolment_withdraw(struct roster_work *work, struct roster_enrolment *enrolment,
                               struct core_enrolment *stored, const char *name, GError **error)
{
    bool changed = false;

    if (stored && !enrolment_end(work, stored, &changed, error))
        return false;
    tell(work, SERVICE_IMPORT_ENROLMENT,
         changed ? SERVICE_IMPORT_WITHDRAW : SERVICE_IMPORT_UNCHANGED, name, NULL,
         &enrolment->place);
    if (changed)
        roster_note_enrolment(enrolment->person, stored,
                              strcmp(stored->first_day, stored->last_day) > 0);
    return true;
}

static bool enrolment_update(struct roster_work *work, struct roster_enrolment *enrolment,
                             struct core_enrolment *stored, const char *name, GError **error)
{
    const bool moved =
        (enrolment->first_day && strcmp(enrolment->first_day, stored->first_day) != 0) ||
        (enrolment->last_day && g_strcmp0(enrolment->last_day, stored->last_day) != 0);

    tell(work, SERVICE_IMPORT_ENROLMENT, moved ? SERVICE_IMPORT_UPDATE : SERVICE_IMPORT_UNCHANGED,
         name, moved ? "days" : NULL, &enrolment->place);
    if (moved) {
        replace_day(&stored->first_day, enrolment->first_day);
        replace_day(&stored->last_day, enrolment->last_day);
        stored->updated_at = work->now;
        roster_note_enrolment(enrolment->person, stored, false);
    }
    return !roster_writes(work) ||
           ((!moved || db_enrolment_update(work->connection, stored, error)) &&
            roster_external_set(work, ROSTER_KIND_ENROLMENT, enrolment->external, &stored->id,
                                error));
}

static bool attending_settle(struct roster_work *work, struct roster_enrolment *enrolment,
                             GError **error)
{
    const char *first_day = enrolment->first_day         ? enrolment->first_day
                            : enrolment->from_term_start ? enrolment->course->first_day
                                                         : work->today;
    g_autofree char *name =
        g_strdup_printf("%s: %s", enrolment->course->name, person_name(work, enrolment->person));

    if (enrolment->last_day && strcmp(enrolment->last_day, first_day) < 0) {
        roster_refuse(work->roster, &enrolment->place, ROSTER_LAST_DAY,
                      "The last day, %s, is before the first, %s.", enrolment->last_day, first_day);
        return true;
    }
    struct core_enrolment *stored = enrolment_find(work, enrolment, first_day);
    if (enrolment->ends)
        return enrolment_withdraw(work, enrolment, stored, name, error);
    if (enrolment->person->role_now != CORE_ROLE_STUDENT) {
        roster_refuse(work->roster, &enrolment->place, ROSTER_ROLE,
                      "%s is no student: only students are enrolled.",
                      person_name(work, enrolment->person));
        return true;
    }
    if (!stored)
        return enrolment_create(work, enrolment, first_day, name, error);
    g_hash_table_add(work->kept, &stored->id);
    return enrolment_update(work, enrolment, stored, name, error);
}

/* Whether there is somebody, and something to be in. Of a course and a group that go by the same
 * external id the one that is not there is dropped. */
static bool enrolment_is_usable(struct roster_work *work, struct roster_enrolment *enrolment)
{
    const bool course = enrolment->course && !base_uuid_is_nil(&enrolment->course->id);
    const bool group = enrolment->group && !base_uuid_is_nil(&enrolment->group->id);

    if (!enrolment->person || base_uuid_is_nil(&enrolment->person->id))
        return false;
    enrolment->in_course = course;
    if (!course && !group && enrolment->course && enrolment->group)
        roster_refuse(work->roster, &enrolment->place, ROSTER_COURSE, "There is no class \"%s\".",
                      enrolment->course->external);
    return course || group;
}

bool roster_settle_enrolments(struct roster_work *work, GError **error)
{
    for (guint i = 0; i < work->roster->enrolments->len; i++) {
        struct roster_enrolment *enrolment = work->roster->enrolments->pdata[i];
        const bool teaches = enrolment->by_role ? enrolment->person->role_now != CORE_ROLE_STUDENT
                                                : enrolment->teaches;
        if (!enrolment_is_usable(work, enrolment))
            continue;
        if (!teaches && enrolment->only_teaching)
            continue;
        if (teaches ? !teaching_settle(work, enrolment, error)
                    : enrolment->in_course && !attending_settle(work, enrolment, error))
            return false;
    }
    return true;
}

static bool ended_audit(struct roster_work *work, const struct core_enrolment *stored,
                        GError **error)
{
    return service_audit(work->connection, work->identity, "user.update", &stored->user_id,
                         json_pack("{s:[s], s:s, s:[{s:o, s:s, s:s}]}", "fields", "enrolments",
                                   "source", "import", "enrolments", "course_id",
                                   base_json_uuid(&stored->course_id), "first_day",
                                   stored->first_day, "last_day", stored->last_day),
                         error);
}

/* Enrolments that an earlier import made, in courses of this roster, and that it has no more. */
static bool course_end_others(struct roster_work *work, const struct roster_course *course,
                              const GHashTable *imported, GError **error)
{
    for (guint i = 0; course->enrolments && i < course->enrolments->len; i++) {
        struct core_enrolment *stored = course->enrolments->pdata[i];
        bool changed = false;

        if ((!course->ends && !g_hash_table_contains((GHashTable *)imported, &stored->id)) ||
            g_hash_table_contains(work->kept, &stored->id))
            continue;
        if (!enrolment_end(work, stored, &changed, error))
            return false;
        if (!changed)
            continue;
        const struct roster_place nowhere = {0};
        g_autofree char *name = g_strdup_printf("%s: %s", course->name, stored->user_name);
        tell(work, SERVICE_IMPORT_ENROLMENT, SERVICE_IMPORT_WITHDRAW, name, NULL, &nowhere);
        if (roster_writes(work) && !ended_audit(work, stored, error))
            return false;
    }
    return true;
}

bool roster_settle_ended(struct roster_work *work, GError **error)
{
    g_autoptr(GHashTable) imported = g_hash_table_new(base_uuid_hash, base_uuid_equal);
    GHashTable *externals = work->externals[ROSTER_KIND_ENROLMENT];
    GHashTableIter iterator;
    gpointer id;

    if (externals && work->options->withdraw_external) {
        g_hash_table_iter_init(&iterator, externals);
        while (g_hash_table_iter_next(&iterator, NULL, &id))
            g_hash_table_add(imported, id);
    }
    for (guint i = 0; i < work->roster->courses->len; i++)
        if (!course_end_others(work, work->roster->courses->pdata[i], imported, error))
            return false;
    return true;
}
