#include "core/session_choice.h"
#include "db/query/session.h"
#include "db/query/session_place.h"
#include "service/kiosk_scene.h"
#include "service/policies.h"

#define SECOND BASE_TIME_SECOND
#define AHEAD (36 * 3600 * SECOND)
#define SESSIONS_MAX 100

static void session_free(gpointer data)
{
    struct kiosk_session *session = data;

    if (!session)
        return;
    core_session_free(session->session);
    g_clear_pointer(&session->people, g_hash_table_unref);
    g_free(session);
}

void kiosk_place_clear(struct kiosk_place *place)
{
    g_clear_pointer(&place->open, g_ptr_array_unref);
    g_clear_pointer(&place->next, session_free);
    *place = (struct kiosk_place){0};
}

static struct kiosk_session *session_take(struct db_session_place *row, GError **error)
{
    struct kiosk_session *session = g_new0(struct kiosk_session, 1);

    core_rules_init(&session->rules);
    if (row->rules && !service_rules_stored(row->rules, &session->rules, error)) {
        g_free(session);
        return NULL;
    }
    session->session = g_steal_pointer(&row->session);
    core_rules_window(&session->rules, session->session->starts_at, session->session->ends_at,
                      &session->opens_at, &session->closes_at);
    return session;
}

/* The open ones in the order in which somebody would be marked in them. */
static void sort_open(struct kiosk_place *place, base_time at)
{
    GPtrArray *sorted = g_ptr_array_new_with_free_func(session_free);
    g_autofree struct core_session_candidate *left =
        g_new0(struct core_session_candidate, place->open->len + 1);

    for (guint i = 0; i < place->open->len; i++) {
        const struct kiosk_session *session = place->open->pdata[i];
        left[i] = (struct core_session_candidate){
            .starts_at = session->session->starts_at,
            .ends_at = session->session->ends_at,
            .opens_at = session->opens_at,
            .closes_at = session->closes_at,
        };
    }
    while (sorted->len < place->open->len) {
        const size_t best = core_session_choose(left, place->open->len, at);
        left[best].opens_at = at + 1; /* is taken */
        g_ptr_array_add(sorted, place->open->pdata[best]);
    }
    g_ptr_array_set_free_func(place->open, NULL);
    g_ptr_array_unref(place->open);
    place->open = sorted;
}

static void sort_in(struct kiosk_place *place, struct kiosk_session *session, base_time at)
{
    if (at >= session->opens_at && at <= session->closes_at) {
        g_ptr_array_add(place->open, session);
    } else if (session->opens_at > at &&
               (!place->next || session->opens_at < place->next->opens_at)) {
        session_free(place->next);
        place->next = session;
    } else {
        session_free(session);
    }
}

bool kiosk_place_read(struct db_connection *connection, const struct service_device *device,
                      base_time at, struct kiosk_place *place, GError **error)
{
    *place = (struct kiosk_place){
        .bound = !base_uuid_is_nil(&device->room_id) || !base_uuid_is_nil(&device->course_id),
    };
    if (!place->bound)
        return true;
    place->open = g_ptr_array_new_with_free_func(session_free);
    g_autoptr(GPtrArray) rows = db_session_place_list(
        connection, &device->room_id, &device->course_id, at - CORE_RULES_CLOSES_AFTER_MAX * SECOND,
        at + AHEAD, SESSIONS_MAX, error);
    for (guint i = 0; rows && i < rows->len; i++) {
        struct kiosk_session *session = session_take(rows->pdata[i], error);
        if (!session)
            return false;
        sort_in(place, session, at);
    }
    if (rows)
        sort_open(place, at);
    return rows != NULL;
}

bool kiosk_place_session(struct db_connection *connection, const struct base_uuid *session_id,
                         base_time at, struct kiosk_place *place, GError **error)
{
    struct kiosk_session *session = g_new0(struct kiosk_session, 1);

    *place = (struct kiosk_place){.bound = true};
    place->open = g_ptr_array_new_with_free_func(session_free);
    session->session = db_session_find(connection, session_id, error);
    if (!session->session || !service_rules_of_course(connection, &session->session->course_id,
                                                      &session->rules, error)) {
        session_free(session);
        return false;
    }
    core_rules_window(&session->rules, session->session->starts_at, session->session->ends_at,
                      &session->opens_at, &session->closes_at);
    if (session->session->state == CORE_SESSION_PLANNED)
        sort_in(place, session, at);
    else
        session_free(session);
    return true;
}

bool kiosk_place_people(struct db_connection *connection, struct kiosk_place *place, GError **error)
{
    for (guint i = 0; place->bound && i < place->open->len; i++) {
        struct kiosk_session *session = place->open->pdata[i];
        g_autoptr(GArray) roster = db_session_roster(connection, session->session, error);
        if (!roster)
            return false;
        session->people = g_hash_table_new_full(base_uuid_hash, base_uuid_equal, g_free, NULL);
        for (guint j = 0; j < roster->len; j++)
            g_hash_table_add(session->people, g_memdup2(&g_array_index(roster, struct base_uuid, j),
                                                        sizeof(struct base_uuid)));
    }
    return true;
}

const struct kiosk_session *kiosk_place_session_of(const struct kiosk_place *place,
                                                   const struct base_uuid *person)
{
    for (guint i = 0; place->open && i < place->open->len; i++) {
        const struct kiosk_session *session = place->open->pdata[i];
        if (g_hash_table_contains(session->people, person))
            return session;
    }
    return NULL;
}

bool kiosk_place_open(const struct kiosk_place *place, GError **error)
{
    return !place->bound || place->open->len > 0 ||
           base_fail(error, BASE_ERROR_CONFLICT, "No session takes marks here now.");
}
