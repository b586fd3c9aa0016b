#include "service/live_internal.h"

#include "db/query/attendance.h"
#include "db/query/audit.h"
#include "db/query/course.h"
#include "db/query/live.h"
#include "db/query/session.h"
#include "service/policies.h"

#include <string.h>

/* Entries of the log that one look takes; more mean that anything may have changed. */
#define NEWS_MAX 1000
/* Entries that never get their place are forgotten in the end. */
#define UNPLACED_MAX 20000
/* Older pictures are looked at when a session is read for another reason. */
#define REVIEWS_SINCE (24 * 3600 * BASE_TIME_SECOND)

/* ---- a session ---- */

void service_live_reading_clear(struct service_live_reading *reading)
{
    g_clear_pointer(&reading->session, core_session_free);
    g_clear_pointer(&reading->marks, g_ptr_array_unref);
    g_clear_pointer(&reading->roster, g_hash_table_unref);
}

static GHashTable *read_roster(struct db_connection *connection, const struct core_session *session,
                               GError **error)
{
    g_autoptr(GPtrArray) people =
        db_roster(connection, &session->course_id, session->local_day, error);

    if (!people)
        return NULL;
    GHashTable *roster = g_hash_table_new_full(base_uuid_hash, base_uuid_equal, g_free, NULL);
    for (guint i = 0; i < people->len; i++) {
        const struct db_roster_person *person = people->pdata[i];
        g_hash_table_add(roster, g_memdup2(&person->id, sizeof person->id));
    }
    return roster;
}

struct read_work {
    const struct base_uuid *session_id;
    bool whole;
    struct service_live_reading *reading;
};

static bool read_body(struct db_connection *connection, gpointer data, GError **error)
{
    const struct read_work *work = data;
    struct service_live_reading *reading = work->reading;
    struct core_rules rules;
    GError *problem = NULL;

    service_live_reading_clear(reading);
    reading->session = db_session_find(connection, work->session_id, &problem);
    if (!reading->session) {
        const bool gone = g_error_matches(problem, BASE_ERROR, BASE_ERROR_NOT_FOUND);
        if (gone)
            g_error_free(problem);
        else
            g_propagate_error(error, problem);
        return gone;
    }
    if (!service_rules_of_course(connection, &reading->session->course_id, &rules, error))
        return false;
    core_rules_window(&rules, reading->session->starts_at, reading->session->ends_at,
                      &reading->opens_at, &reading->closes_at);
    if (work->whole && !(reading->roster = read_roster(connection, reading->session, error)))
        return false;
    reading->marks = db_attendance_list_session(connection, work->session_id, error);
    return reading->marks &&
           db_live_reviews_of(connection, work->session_id, &reading->reviews, error);
}

bool service_live_read(struct db_connection *connection, const struct base_uuid *session_id,
                       bool whole, struct service_live_reading *reading, GError **error)
{
    struct read_work work = {session_id, whole, reading};

    *reading = (struct service_live_reading){0};
    if (db_snapshot_on(connection, read_body, &work, error))
        return true;
    service_live_reading_clear(reading);
    return false;
}

/* ---- the log ---- */

enum news_kind {
    NEWS_OCCASION = 1 << 0,   /* details have the occasion, "session:<uuid>" */
    NEWS_SUBJECT = 1 << 1,    /* the subject is the session */
    NEWS_EVERYTHING = 1 << 2, /* rosters, times, rules: any session */
    NEWS_ACCESS = 1 << 3,     /* who somebody is, or what they teach */
};

/* What the beginning of an action means; the first that fits. Others mean nothing here. */
static const struct {
    const char *prefix;
    guint kinds;
} ACTIONS[] = {
    {"attendance.", NEWS_OCCASION},  {"session.end", NEWS_ACCESS},
    {"session.", NEWS_SUBJECT},      {"course.", NEWS_EVERYTHING | NEWS_ACCESS},
    {"enrolment.", NEWS_EVERYTHING}, {"group.", NEWS_EVERYTHING},
    {"policy.", NEWS_EVERYTHING},    {"slot.", NEWS_EVERYTHING},
    {"term.", NEWS_EVERYTHING},      {"timetable.", NEWS_EVERYTHING},
    {"import.", NEWS_EVERYTHING},    {"user.", NEWS_EVERYTHING | NEWS_ACCESS},
    {"password.", NEWS_ACCESS},      {"device.", NEWS_ACCESS},
};

void service_live_news_init(struct service_live_news *news)
{
    *news = (struct service_live_news){
        .position = -1,
        .unplaced = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL),
        .sessions = g_hash_table_new_full(base_uuid_hash, base_uuid_equal, g_free, NULL),
    };
}

void service_live_news_finish(struct service_live_news *news)
{
    g_hash_table_unref(news->unplaced);
    g_hash_table_unref(news->sessions);
    g_clear_pointer(&news->reviews, g_hash_table_unref);
}

static void add_session(struct service_live_news *news, const char *text)
{
    struct base_uuid id;

    if (base_uuid_parse(text, &id))
        g_hash_table_add(news->sessions, g_memdup2(&id, sizeof id));
}

static void add_occasion(struct service_live_news *news, const char *details)
{
    static const char SESSION[] = "session:";
    g_autoptr(json_t) json = details ? base_json_parse(details, strlen(details), NULL) : NULL;
    const char *occasion = json_string_value(json_object_get(json, "occasion"));

    if (occasion && g_str_has_prefix(occasion, SESSION))
        add_session(news, occasion + strlen(SESSION));
}

static void take_entry(struct service_live_news *news, const struct core_audit *entry)
{
    guint kinds = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(ACTIONS) && !kinds; i++)
        if (g_str_has_prefix(entry->action, ACTIONS[i].prefix))
            kinds = ACTIONS[i].kinds;
    if (kinds & NEWS_OCCASION)
        add_occasion(news, entry->details);
    if (kinds & NEWS_SUBJECT)
        add_session(news, entry->subject);
    news->everything |= (kinds & NEWS_EVERYTHING) != 0;
    news->access |= (kinds & NEWS_ACCESS) != 0;
}

/* An entry that was told of before it had a place is not told of again when it has one. */
static void take_entries(struct service_live_news *news, const GPtrArray *entries)
{
    for (guint i = 0; i < entries->len; i++) {
        const struct core_audit *entry = entries->pdata[i];
        const bool known = g_hash_table_contains(news->unplaced, &entry->sequence);
        if (!known)
            take_entry(news, entry);
        news->position = MAX(news->position, entry->position);
        if (entry->position)
            g_hash_table_remove(news->unplaced, &entry->sequence);
        else if (!known)
            g_hash_table_add(news->unplaced, g_memdup2(&entry->sequence, sizeof entry->sequence));
    }
    news->everything |= entries->len >= NEWS_MAX;
    if (g_hash_table_size(news->unplaced) > UNPLACED_MAX)
        g_hash_table_remove_all(news->unplaced);
}

static gint64 count_of(GHashTable *reviews, gpointer session)
{
    const gint64 *count = g_hash_table_lookup(reviews, session);

    return count ? *count : 0;
}

/* Sessions whose number of open reviews is not what it was. The log does not tell of new ones. */
static bool look_at_reviews(struct service_live_news *news, struct db_connection *connection,
                            GError **error)
{
    GHashTable *now = db_live_reviews(connection, base_time_now() - REVIEWS_SINCE, error);
    g_autoptr(GHashTable) before = now ? news->reviews : NULL;
    GHashTableIter iterator;
    gpointer session;

    if (!now)
        return false;
    news->reviews = now;
    if (!before)
        return true;
    GHashTable *const both[] = {before, now};
    for (size_t i = 0; i < G_N_ELEMENTS(both); i++) {
        g_hash_table_iter_init(&iterator, both[i]);
        while (g_hash_table_iter_next(&iterator, &session, NULL))
            if (count_of(before, session) != count_of(now, session))
                g_hash_table_add(news->sessions, g_memdup2(session, sizeof(struct base_uuid)));
    }
    return true;
}

bool service_live_news_look(struct service_live_news *news, struct db_connection *connection,
                            GError **error)
{
    g_hash_table_remove_all(news->sessions);
    news->everything = news->access = false;
    if (news->position < 0) {
        struct core_audit_head head;
        if (!db_audit_head(connection, &head, error))
            return false;
        news->position = head.position;
        return look_at_reviews(news, connection, error);
    }
    g_autoptr(GPtrArray) entries = db_live_news(connection, news->position, NEWS_MAX, error);
    if (!entries)
        return false;
    take_entries(news, entries);
    return look_at_reviews(news, connection, error);
}
