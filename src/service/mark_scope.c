#include "service/mark_scope.h"

#include "db/query/group.h"
#include "db/query/session.h"
#include "db/query/session_open.h"
#include "db/query/user.h"
#include "service/attend.h"
#include "service/gallery.h"
#include "service/policies.h"
#include "service/reviews.h"

/* Who has a session about now is read again after so long. Who is missing from it is found in the
 * wider scope. */
#define OPEN_LIFE (10 * BASE_TIME_SECOND)

void service_mark_scope_clear(struct service_mark_scope *scope)
{
    if (scope->people)
        g_array_unref(scope->people);
    *scope = (struct service_mark_scope){0};
}

static void search_people(struct service_mark_scope *scope, GArray *people)
{
    scope->people = people;
    scope->first = (struct recognise_scope){
        .people = (const struct base_uuid *)(void *)people->data,
        .people_n = people->len,
    };
}

/* The active people of a group. */
static bool scope_group(struct db_connection *connection, const struct base_uuid *group_id,
                        struct service_mark_scope *scope, GError **error)
{
    struct db_user_filter filter = DB_USER_FILTER_ALL;

    filter.active = 1;
    filter.group_id = *group_id;
    g_autoptr(core_group) group = db_group_find(connection, group_id, error);
    g_autoptr(GPtrArray) users =
        group ? db_user_list(connection, &filter, NULL, NULL, error) : NULL;

    if (!users)
        return false;
    GArray *people = g_array_sized_new(FALSE, FALSE, sizeof(struct base_uuid), users->len);
    for (guint i = 0; i < users->len; i++)
        g_array_append_val(people, ((const struct core_user *)users->pdata[i])->id);
    search_people(scope, people);
    return true;
}

/* The roster of a session that takes marks at this moment. */
static bool scope_session(struct service *service, struct db_connection *connection,
                          const struct base_uuid *session_id, base_time at,
                          struct service_mark_scope *scope, GError **error)
{
    struct core_rules rules;
    g_autoptr(core_session) session = db_session_find(connection, session_id, error);
    g_autoptr(core_institution) institution =
        session ? service_institution_on(service, connection, error) : NULL;
    GTimeZone *zone = institution ? service_zone_of(service, institution, error) : NULL;

    if (!zone)
        return false;
    const bool ok = service_rules_of_course(connection, &session->course_id, &rules, error) &&
                    service_session_takes_marks(session, &rules, zone, at, error);
    g_time_zone_unref(zone);
    GArray *people = ok ? db_session_roster(connection, session, error) : NULL;
    if (!people)
        return false;
    search_people(scope, people);
    scope->widens = scope->review = rules.search == CORE_RULES_SEARCH_INSTITUTION;
    return true;
}

/* Those who have a session about now, as they were read a moment ago; NULL: they are to be read. */
static GArray *open_remembered(struct service *service, base_time at)
{
    g_mutex_lock(&service->open_lock);
    const bool fresh = service->open_people && at - service->open_at <= OPEN_LIFE &&
                       service->open_at - at <= OPEN_LIFE;
    GArray *people = fresh ? g_array_ref(service->open_people) : NULL;
    g_mutex_unlock(&service->open_lock);
    return people;
}

static void open_remember(struct service *service, GArray *people, base_time at)
{
    g_mutex_lock(&service->open_lock);
    if (service->open_people)
        g_array_unref(service->open_people);
    service->open_people = g_array_ref(people);
    service->open_at = at;
    g_mutex_unlock(&service->open_lock);
}

static bool scope_open(struct service *service, struct db_connection *connection, base_time at,
                       struct service_mark_scope *scope, GError **error)
{
    GArray *people = open_remembered(service, at);

    if (!people) {
        people = db_session_open_people(connection, at, error);
        if (!people)
            return false;
        open_remember(service, people, at);
    }
    search_people(scope, people);
    scope->widens = people->len > 0;
    if (!scope->widens)
        scope->first = (struct recognise_scope){.everybody = true};
    return true;
}

bool service_mark_scope_find(struct service *service, const struct service_mark_request *request,
                             base_time at, struct service_mark_scope *scope, GError **error)
{
    const bool session = !base_uuid_is_nil(&request->session_id);
    const bool group = !base_uuid_is_nil(&request->group_id);
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    *scope = (struct service_mark_scope){.wider = {.everybody = true}};
    if (!connection || !service_gallery_sync_on(service, connection, error))
        return false;
    if (session && group)
        return base_fail(error, BASE_ERROR_INVALID,
                         "group_id cannot be given together with session_id.");
    if (session)
        return scope_session(service, connection, &request->session_id, at, scope, error);
    return group ? scope_group(connection, &request->group_id, scope, error)
                 : scope_open(service, connection, at, scope, error);
}

/* ---- what leaves doubt ---- */

static bool find_session(struct service *service, const struct base_uuid *person, base_time at,
                         struct base_uuid *session_id, GError **error)
{
    struct service_attend attend = {.service = service, .person = *person, .at = at};
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    const bool ok = connection && service_attend_session(connection, &attend, error);

    if (attend.session)
        *session_id = attend.session->id;
    service_attend_clear(&attend);
    return ok;
}

bool service_mark_review(struct service *service, const struct service_mark_request *request,
                         base_time at, const struct recognise_answer *answer, GError **error)
{
    struct service_review_input input = {
        .session_id = request->session_id,
        .taken_at = at,
        .source = DB_REVIEW_FACE,
        .doubt = answer->doubt,
        .candidates = answer->candidates,
        .candidates_n = answer->candidates_n,
    };
    g_autoptr(GError) problem = NULL;

    if (base_uuid_is_nil(&input.session_id) &&
        !find_session(service, &answer->candidates[0].person, at, &input.session_id, error))
        return false;
    g_autoptr(GBytes) crop =
        service_review_crop(service, &request->frames[answer->frame], &answer->box, answer->width,
                            answer->height, &problem);
    if (!crop)
        g_warning("The picture of a review was not made: %s", problem->message);
    input.crop = crop;
    return service_review_add(service, &input, NULL, error);
}
