#include "service/enrolments.h"

#include "db/query/course.h"
#include "db/query/group.h"
#include "db/query/user.h"
#include "service/courses.h"
#include "service/internal.h"

#include <string.h>

struct enrolment_work {
    struct service *service;
    const struct service_identity *identity;
    struct base_uuid id;
    const struct service_enrolment_input *input; /* of a new one */
    const char *first_day;                       /* NULL: as it is */
    const char *last_day;                        /* NULL: as it is, "": none */
    bool until_today;                            /* last_day is today, whatever it says */
    struct core_enrolment *enrolment;            /* as it is afterwards */
};

static bool check_days(struct db_connection *connection, const struct core_enrolment *enrolment,
                       GError **error)
{
    g_autoptr(core_enrolment) other = NULL;

    if (!service_day_check(enrolment->first_day, "first_day", error) ||
        (enrolment->last_day && !service_day_check(enrolment->last_day, "last_day", error)))
        return false;
    if (enrolment->last_day && strcmp(enrolment->last_day, enrolment->first_day) < 0)
        return base_fail(error, BASE_ERROR_INVALID, "last_day is before the first one.");
    if (!db_enrolment_overlap(connection, enrolment, &other, error))
        return false;
    if (!other)
        return true;
    return base_fail(
        error, BASE_ERROR_CONFLICT, "first_day: the person is enrolled there already from %s %s%s.",
        other->first_day, other->last_day ? "to " : "on", other->last_day ? other->last_day : "");
}

/* Whether the person is enrolled in the group on a day. */
static bool in_group_on(struct db_connection *connection, const struct base_uuid *user_id,
                        const struct base_uuid *group_id, const char *day, bool *enrolled,
                        GError **error)
{
    struct core_enrolment probe = {.user_id = *user_id,
                                   .group_id = *group_id,
                                   .first_day = (char *)day,
                                   .last_day = (char *)day};
    g_autoptr(core_enrolment) standing = NULL;

    base_uuid_new(&probe.id);
    if (!db_enrolment_overlap(connection, &probe, &standing, error))
        return false;
    *enrolled = standing != NULL;
    return true;
}

/* The group of the account follows: whoever is in no group and is enrolled in one today is in it
 * from now on, and whoever is not enrolled in the group of the account any more is in none. */
static bool account_follow(struct db_connection *connection, const struct enrolment_work *work,
                           const struct core_enrolment *enrolment, GError **error)
{
    char today[CORE_DAY_SIZE];
    bool enrolled = false;
    g_autoptr(core_user) user = db_user_find(connection, &enrolment->user_id, error);

    if (!user || !service_today_on(work->service, connection, today, error) ||
        !in_group_on(connection, &user->id, &enrolment->group_id, today, &enrolled, error))
        return false;
    if (base_uuid_is_nil(&enrolment->group_id) || user->deleted_at ||
        user->role != CORE_ROLE_STUDENT)
        return true;
    const bool enters = enrolled && base_uuid_is_nil(&user->group_id);
    const bool leaves = !enrolled && base_uuid_equal(&user->group_id, &enrolment->group_id);
    if (!enters && !leaves)
        return true;
    const struct base_uuid group = enters ? enrolment->group_id : (struct base_uuid){0};
    json_t *details = json_object();
    service_change_note_id(details, "group_id", &user->group_id, &group);
    return db_user_set_group(connection, &user->id, &group, base_time_now(), error) &&
           service_audit(connection, work->identity, "user.update", &user->id, details, error);
}

static bool finish(struct db_connection *connection, struct enrolment_work *work,
                   const char *action, json_t *details, GError **error)
{
    if (!service_audit(connection, work->identity, action, &work->id, details, error))
        return false;
    work->enrolment = db_enrolment_find(connection, &work->id, error);
    return work->enrolment && account_follow(connection, work, work->enrolment, error);
}

/* ---- creating ---- */

static bool invalid_when_missing(GError **error, GError *problem, const char *sentence)
{
    if (!g_error_matches(problem, BASE_ERROR, BASE_ERROR_NOT_FOUND)) {
        g_propagate_error(error, problem);
        return false;
    }
    g_error_free(problem);
    return base_fail(error, BASE_ERROR_INVALID, "%s", sentence);
}

/* Whether the person and what they are to be enrolled in are there. */
static bool check_ends(struct db_connection *connection,
                       const struct service_enrolment_input *input, GError **error)
{
    GError *problem = NULL;

    if (base_uuid_is_nil(&input->group_id) == base_uuid_is_nil(&input->course_id))
        return base_fail(error, BASE_ERROR_INVALID,
                         "group_id or course_id must be given, and not both.");
    g_autoptr(core_user) user = db_user_find(connection, &input->user_id, &problem);
    if (!user)
        return invalid_when_missing(error, problem, "user_id names a person who is not there.");
    if (user->deleted_at || user->role != CORE_ROLE_STUDENT)
        return base_fail(error, BASE_ERROR_INVALID, "user_id names a person who is no student.");
    if (base_uuid_is_nil(&input->course_id))
        return service_group_check(connection, &input->group_id, error);
    g_autoptr(core_course) course = db_course_find(connection, &input->course_id, &problem);
    return course ||
           invalid_when_missing(error, problem, "course_id names a course that is not there.");
}

static json_t *describe(const struct core_enrolment *enrolment)
{
    json_t *details = json_pack("{s:o, s:s, s:s?}", "user", base_json_uuid(&enrolment->user_id),
                                "first_day", enrolment->first_day, "last_day", enrolment->last_day);
    const bool of_group = !base_uuid_is_nil(&enrolment->group_id);

    json_object_set_new(details, of_group ? "group" : "course",
                        base_json_uuid(of_group ? &enrolment->group_id : &enrolment->course_id));
    return details;
}

static bool create_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct enrolment_work *work = data;
    const struct service_enrolment_input *input = work->input;
    const base_time now = base_time_now();
    char today[CORE_DAY_SIZE];

    g_clear_pointer(&work->enrolment, core_enrolment_free);
    if (!check_ends(connection, input, error) ||
        !service_today_on(work->service, connection, today, error))
        return false;
    const struct core_enrolment enrolment = {
        .id = work->id,
        .user_id = input->user_id,
        .group_id = input->group_id,
        .course_id = input->course_id,
        .first_day = (char *)(input->first_day ? input->first_day : today),
        .last_day = (char *)input->last_day,
        .created_at = now,
        .updated_at = now,
    };
    return check_days(connection, &enrolment, error) &&
           db_enrolment_insert(connection, &enrolment, error) &&
           finish(connection, work, "enrolment.create", describe(&enrolment), error);
}

static struct core_enrolment *run(struct enrolment_work *work, db_transaction_body body,
                                  GError **error)
{
    if (service_allow_all(work->identity, CORE_ACTION_ENROLMENT_WRITE, error) &&
        db_transaction(work->service->db, body, work, error))
        return work->enrolment;
    core_enrolment_free(work->enrolment);
    return NULL;
}

struct core_enrolment *service_enrolment_create(struct service *service,
                                                const struct service_identity *identity,
                                                const struct service_enrolment_input *input,
                                                GError **error)
{
    struct enrolment_work work = {.service = service, .identity = identity, .input = input};

    base_uuid_new(&work.id);
    return run(&work, create_body, error);
}

/* ---- changing ---- */

static bool update_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct enrolment_work *work = data;
    char today[CORE_DAY_SIZE];

    g_clear_pointer(&work->enrolment, core_enrolment_free);
    g_autoptr(core_enrolment) before = db_enrolment_find(connection, &work->id, error);
    if (!before || !service_today_on(work->service, connection, today, error))
        return false;
    const char *last_day = work->last_day ? work->last_day : before->last_day;
    if (work->until_today)
        last_day = today;
    struct core_enrolment after = *before; /* borrows the texts */
    if (work->first_day)
        after.first_day = (char *)work->first_day;
    after.last_day = (char *)(last_day && *last_day ? last_day : NULL);
    after.updated_at = base_time_now();
    if (!check_days(connection, &after, error) || !db_enrolment_update(connection, &after, error))
        return false;
    json_t *details = json_pack("{s:o}", "user", base_json_uuid(&after.user_id));
    service_change_note(details, "first_day", before->first_day, after.first_day);
    service_change_note(details, "last_day", before->last_day, after.last_day);
    return finish(connection, work, "enrolment.update", details, error);
}

struct core_enrolment *service_enrolment_update(struct service *service,
                                                const struct service_identity *identity,
                                                const struct base_uuid *id, const char *first_day,
                                                const char *last_day, GError **error)
{
    struct enrolment_work work = {.service = service,
                                  .identity = identity,
                                  .id = *id,
                                  .first_day = first_day,
                                  .last_day = last_day};

    return run(&work, update_body, error);
}

struct core_enrolment *service_enrolment_withdraw(struct service *service,
                                                  const struct service_identity *identity,
                                                  const struct base_uuid *id, const char *last_day,
                                                  GError **error)
{
    struct enrolment_work work = {.service = service,
                                  .identity = identity,
                                  .id = *id,
                                  .last_day = last_day,
                                  .until_today = !last_day};

    return run(&work, update_body, error);
}

static bool delete_body(struct db_connection *connection, gpointer data, GError **error)
{
    const struct enrolment_work *work = data;
    g_autoptr(core_enrolment) before = db_enrolment_find(connection, &work->id, error);

    return before && db_enrolment_delete(connection, &work->id, error) &&
           service_audit(connection, work->identity, "enrolment.delete", &work->id,
                         describe(before), error) &&
           account_follow(connection, work, before, error);
}

bool service_enrolment_delete(struct service *service, const struct service_identity *identity,
                              const struct base_uuid *id, GError **error)
{
    struct enrolment_work work = {.service = service, .identity = identity, .id = *id};

    return service_allow_all(identity, CORE_ACTION_ENROLMENT_WRITE, error) &&
           db_transaction(service->db, delete_body, &work, error);
}

/* ---- reading ---- */

/* Narrows a filter to what the caller may see. */
static void narrow(const struct service_identity *identity, struct db_enrolment_filter *filter)
{
    filter->institution_id = identity->institution_id;
    if (identity->role == CORE_ROLE_TEACHER)
        filter->teacher_id = identity->user_id;
    else if (identity->role == CORE_ROLE_STUDENT)
        filter->user_id = identity->user_id;
}

/* Whether what the list is of is there, as far as the caller may know. */
static bool check_there(struct db_connection *connection, const struct service_identity *identity,
                        const struct db_enrolment_filter *filter, GError **error)
{
    g_autoptr(core_group) group = NULL;
    g_autoptr(core_course) course = NULL;
    g_autoptr(core_user) user = NULL;

    if (!base_uuid_is_nil(&filter->course_id) &&
        (!service_course_allow(connection, identity, CORE_ACTION_ROSTER_READ, &filter->course_id,
                               error) ||
         !(course = db_course_find(connection, &filter->course_id, error))))
        return false;
    if (!base_uuid_is_nil(&filter->group_id) &&
        !(group = db_group_find(connection, &filter->group_id, error)))
        return false;
    return base_uuid_is_nil(&filter->user_id) || identity->role != CORE_ROLE_ADMIN ||
           (user = db_user_find(connection, &filter->user_id, error));
}

struct core_enrolment *service_enrolment_find(struct service *service,
                                              const struct service_identity *identity,
                                              const struct base_uuid *id, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    g_autoptr(core_enrolment) enrolment =
        connection ? db_enrolment_find(connection, id, error) : NULL;

    if (!enrolment)
        return NULL;
    struct db_enrolment_filter filter = {.user_id = enrolment->user_id,
                                         .group_id = enrolment->group_id,
                                         .course_id = enrolment->course_id};
    const bool own = base_uuid_equal(&identity->user_id, &enrolment->user_id);
    const struct db_page one = {.limit = 1};
    if (own || identity->role == CORE_ROLE_ADMIN)
        return g_steal_pointer(&enrolment);
    narrow(identity, &filter);
    g_autoptr(GPtrArray) seen = identity->role == CORE_ROLE_TEACHER
                                    ? db_enrolment_list(connection, &filter, &one, NULL, error)
                                    : g_ptr_array_new();
    if (!seen)
        return NULL;
    if (seen->len > 0)
        return g_steal_pointer(&enrolment);
    base_fail(error, BASE_ERROR_NOT_FOUND, "There is no such enrolment.");
    return NULL;
}

GPtrArray *service_enrolment_list(struct service *service, const struct service_identity *identity,
                                  const struct db_enrolment_filter *filter,
                                  const struct db_page *page, gint64 *total, GError **error)
{
    struct db_enrolment_filter own =
        filter ? *filter : (struct db_enrolment_filter){.from_day = NULL};

    if ((own.from_day && !service_day_check(own.from_day, "from", error)) ||
        (own.to_day && !service_day_check(own.to_day, "to", error)))
        return NULL;
    const bool others = identity->role == CORE_ROLE_STUDENT && !base_uuid_is_nil(&own.user_id) &&
                        !base_uuid_equal(&own.user_id, &identity->user_id);
    if (others) {
        base_fail(error, BASE_ERROR_NOT_FOUND, "There is no such person.");
        return NULL;
    }
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    if (!connection || !check_there(connection, identity, &own, error))
        return NULL;
    narrow(identity, &own);
    return db_enrolment_list(connection, &own, page, total, error);
}

/* ---- as days go by ---- */

enum { FOLLOW_PAGE = 200 };

struct follow_work {
    const struct base_uuid *id;
    const char *today;
    bool changed;
};

/* The group that a person is enrolled in on the day; nil: none. */
static bool group_today(struct db_connection *connection, const struct follow_work *work,
                        struct base_uuid *group_id, GError **error)
{
    const struct db_enrolment_filter filter = {
        .user_id = *work->id, .from_day = work->today, .to_day = work->today};
    g_autoptr(GPtrArray) standing = db_enrolment_list(connection, &filter, NULL, NULL, error);

    *group_id = (struct base_uuid){0};
    for (guint i = 0; standing && i < standing->len && base_uuid_is_nil(group_id); i++)
        *group_id = ((const struct core_enrolment *)standing->pdata[i])->group_id;
    return standing != NULL;
}

static bool follow_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct follow_work *work = data;
    struct base_uuid group;
    bool enrolled = false;

    work->changed = false;
    g_autoptr(core_user) user = db_user_find(connection, work->id, error);
    if (!user ||
        !in_group_on(connection, &user->id, &user->group_id, work->today, &enrolled, error))
        return false;
    if (enrolled || user->deleted_at || user->role != CORE_ROLE_STUDENT)
        return true; /* somebody else was quicker */
    if (!group_today(connection, work, &group, error))
        return false;
    if (base_uuid_equal(&group, &user->group_id))
        return true;
    json_t *details = json_object();
    service_change_note_id(details, "group_id", &user->group_id, &group);
    work->changed = true;
    return db_user_set_group(connection, &user->id, &group, base_time_now(), error) &&
           service_audit(connection, NULL, "user.update", &user->id, details, error);
}

static GPtrArray *strays(struct service *service, char today[CORE_DAY_SIZE], GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    if (!connection || !service_today_on(service, connection, today, error))
        return NULL;
    return db_enrolment_strays(connection, today, FOLLOW_PAGE, error);
}

bool service_enrolments_follow(struct service *service, gint64 *changed, GError **error)
{
    gint64 count = 0;

    /* A pass that changes nobody is the last: another node is at it. */
    for (guint moved = FOLLOW_PAGE, n = FOLLOW_PAGE; n == FOLLOW_PAGE && moved > 0;) {
        char today[CORE_DAY_SIZE];
        g_autoptr(GPtrArray) people = strays(service, today, error);
        if (!people)
            return false;
        n = people->len;
        moved = 0;
        for (guint i = 0; i < n; i++) {
            struct follow_work work = {.id = people->pdata[i], .today = today};
            if (!db_transaction(service->db, follow_body, &work, error))
                return false;
            moved += work.changed;
        }
        count += moved;
    }
    if (changed)
        *changed = count;
    return true;
}
