#include "service/calendar.h"

#include "core/timetable.h"
#include "db/query/calendar_feed.h"
#include "ical/calendar.h"
#include "service/generate.h"
#include "service/internal.h"

#include <string.h>
#include <sys/random.h>

enum {
    TOKEN_BYTES = 24,
    FEED_DAYS_BACK = 183,
    FEED_DAYS_AHEAD = 400,
};

/* ---- export ---- */

bool service_calendar_of_user(struct service *service, const struct service_identity *identity,
                              const struct base_uuid *user_id, struct db_session_filter *filter,
                              GError **error)
{
    const bool own = base_uuid_equal(user_id, &identity->user_id);
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    if (!connection)
        return false;
    g_autoptr(core_user) user = db_user_find(connection, user_id, error);
    if (!user)
        return false;
    /* Colleagues see when each other teach; who a student is, only those who teach them. */
    if (user->role == CORE_ROLE_STUDENT || identity->role == CORE_ROLE_STUDENT) {
        g_autoptr(GError) problem = NULL;
        if (!own && !service_allow(connection, identity, CORE_ACTION_USER_READ, user_id, &problem))
            return base_fail(error, BASE_ERROR_NOT_FOUND, "There is no such person.");
    }
    if (user->role == CORE_ROLE_STUDENT)
        filter->student_id = *user_id;
    else
        filter->teacher_id = *user_id;
    return true;
}

static struct ical_event *event_of(const struct core_session *session)
{
    struct ical_event *event = g_new0(struct ical_event, 1);
    char id[BASE_UUID_TEXT_SIZE];

    event->uid = g_strconcat(base_uuid_format(&session->id, id), SERVICE_CALENDAR_UID_SUFFIX, NULL);
    event->summary = session->title ? g_strconcat(session->course_name, ": ", session->title, NULL)
                                    : g_strdup(session->course_name);
    event->location = g_strdup(session->room_name);
    event->description = g_strdup(session->note);
    event->starts_at = session->starts_at;
    event->ends_at = session->ends_at;
    event->created_at = session->created_at;
    event->updated_at = session->updated_at;
    event->cancelled = session->state == CORE_SESSION_CANCELLED;
    return event;
}

static GBytes *write_sessions(const GPtrArray *sessions, const char *name, const char *zone,
                              GError **error)
{
    g_autoptr(GPtrArray) events = g_ptr_array_new_with_free_func((GDestroyNotify)ical_event_free);

    for (guint i = 0; i < sessions->len; i++)
        g_ptr_array_add(events, event_of(sessions->pdata[i]));
    return ical_write(name, zone, events, error);
}

GBytes *service_calendar_export(struct service *service, const struct service_identity *identity,
                                const struct db_session_filter *filter, const char *name,
                                GError **error)
{
    g_autoptr(GTimeZone) zone = service_time_zone(service, error);
    g_autoptr(GPtrArray) sessions =
        zone ? service_session_list(service, identity, filter, false, NULL, NULL, error) : NULL;

    return sessions ? write_sessions(sessions, name, g_time_zone_get_identifier(zone), error)
                    : NULL;
}

/* ---- private addresses ---- */

static void hash_token(const char *token, guint8 hash[DB_CALENDAR_FEED_HASH_SIZE])
{
    GChecksum *checksum = g_checksum_new(G_CHECKSUM_SHA256);
    gsize size = DB_CALENDAR_FEED_HASH_SIZE;

    g_checksum_update(checksum, (const guchar *)token, (gssize)strlen(token));
    g_checksum_get_digest(checksum, hash, &size);
    g_checksum_free(checksum);
}

struct feed_work {
    const struct service_identity *identity;
    const guint8 *hash; /* NULL: away with it */
};

static bool feed_body(struct db_connection *connection, gpointer data, GError **error)
{
    const struct feed_work *work = data;
    const struct base_uuid *user_id = &work->identity->user_id;

    return (work->hash
                ? db_calendar_feed_set(connection, user_id, work->hash, base_time_now(), error)
                : db_calendar_feed_delete(connection, user_id, error)) &&
           service_audit(connection, work->identity,
                         work->hash ? "calendar.create" : "calendar.delete", user_id, NULL, error);
}

bool service_calendar_feed_create(struct service *service, const struct service_identity *identity,
                                  char token[SERVICE_CALENDAR_TOKEN_SIZE], GError **error)
{
    guint8 bytes[TOKEN_BYTES], hash[DB_CALENDAR_FEED_HASH_SIZE];
    struct feed_work work = {.identity = identity, .hash = hash};

    if (base_uuid_is_nil(&identity->user_id))
        return base_fail(error, BASE_ERROR_FORBIDDEN, "The command line has no calendar.");
    if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
        return base_fail(error, BASE_ERROR_INTERNAL, "The system gives no random numbers.");
    for (gsize i = 0; i < sizeof bytes; i++)
        g_snprintf(token + 2 * i, 3, "%02x", bytes[i]);
    hash_token(token, hash);
    return db_transaction(service->db, feed_body, &work, error);
}

bool service_calendar_feed_delete(struct service *service, const struct service_identity *identity,
                                  GError **error)
{
    struct feed_work work = {.identity = identity};

    return db_transaction(service->db, feed_body, &work, error);
}

bool service_calendar_feed_find(struct service *service, const struct service_identity *identity,
                                base_time *created_at, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    return connection && db_calendar_feed_find(connection, &identity->user_id, created_at, error);
}

static GPtrArray *feed_sessions(struct service *service, const char *token, GTimeZone *zone,
                                char **name, GError **error)
{
    guint8 hash[DB_CALENDAR_FEED_HASH_SIZE];
    char from_day[CORE_DAY_SIZE], to_day[CORE_DAY_SIZE];
    struct db_session_filter filter = DB_SESSION_FILTER_ALL;
    gint32 today, second;
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    if (!connection)
        return NULL;
    hash_token(token, hash);
    g_autoptr(core_user) owner = db_calendar_feed_owner(connection, hash, error);
    if (!owner)
        return NULL;
    core_timetable_read_wall(zone, base_time_now(), &today, &second);
    core_day_from_number(today - FEED_DAYS_BACK, from_day);
    core_day_from_number(today + FEED_DAYS_AHEAD, to_day);
    filter.from_day = from_day;
    filter.to_day = to_day;
    *(owner->role == CORE_ROLE_STUDENT ? &filter.student_id : &filter.teacher_id) = owner->id;
    g_autoptr(core_institution) institution = service_institution_on(service, connection, error);
    if (!institution)
        return NULL;
    *name = g_strdup(institution->name);
    return db_session_list(connection, &filter, NULL, NULL, error);
}

GBytes *service_calendar_feed(struct service *service, const char *token, GError **error)
{
    g_autofree char *name = NULL;
    g_autoptr(GTimeZone) zone = service_time_zone(service, error);
    g_autoptr(GPtrArray) sessions = zone ? feed_sessions(service, token, zone, &name, error) : NULL;

    return sessions ? write_sessions(sessions, name, g_time_zone_get_identifier(zone), error)
                    : NULL;
}
