#include "db/query/session_place.h"

#include "db/query/row.h"
#include "db/query/session_row.h"

/* A session lasts a day at most, and an hour more when the clocks are turned back. */
#define LONGEST (25 * 3600 * BASE_TIME_SECOND)

#define SELECT                                                                                     \
    "SELECT " DB_SESSION_COLUMNS ", COALESCE(p.rules, d.rules) " DB_SESSION_FROM                   \
    "LEFT JOIN policies p ON p.id = c.policy_id "                                                  \
    "LEFT JOIN policies d ON d.default_of = c.institution_id "
#define TIMES                                                                                      \
    "AND s.state = 'planned' AND s.starts_at >= ? AND s.starts_at < ? AND s.ends_at > ? "          \
    "ORDER BY s.starts_at, s.id LIMIT ?"

static void place_free(gpointer data)
{
    struct db_session_place *place = data;

    core_session_free(place->session);
    g_free(place->rules);
    g_free(place);
}

static gpointer read_place(struct db_rows *rows)
{
    struct db_session_place *place = g_new0(struct db_session_place, 1);

    place->session = db_session_read(rows);
    place->rules = db_rows_dup_text(rows, DB_SESSION_COLUMNS_N);
    return place;
}

GPtrArray *db_session_place_list(struct db_connection *connection, const struct base_uuid *room_id,
                                 const struct base_uuid *course_id, base_time from, base_time to,
                                 gint64 limit, GError **error)
{
    const bool room = !base_uuid_is_nil(room_id);
    const char *sql =
        room ? SELECT "WHERE s.room_id = ? " TIMES : SELECT "WHERE s.course_id = ? " TIMES;

    return db_rows_collect(db_query(connection, error, sql, db_uuid(room ? room_id : course_id),
                                    db_time(from - LONGEST), db_time(to), db_time(from),
                                    db_int(limit)),
                           read_place, place_free, error);
}
