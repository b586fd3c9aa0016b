/* Private to the files of query/session.h. The columns of DB_SESSION_SELECT make a struct
 * core_session *. */
#ifndef DB_QUERY_SESSION_ROW_H
#define DB_QUERY_SESSION_ROW_H

#include "db/db.h"

#define DB_SESSION_COLUMNS                                                                         \
    "s.id, s.course_id, s.slot_id, s.slot_day, s.external_uid, s.room_id, s.title, s.local_day, "  \
    "s.start_second, s.end_second, s.starts_at, s.ends_at, s.state, s.edited, s.note, "            \
    "s.closed_at, s.created_at, s.updated_at, c.name, r.name"
#define DB_SESSION_COLUMNS_N 20
#define DB_SESSION_FROM                                                                            \
    "FROM sessions s JOIN courses c ON c.id = s.course_id LEFT JOIN rooms r ON r.id = s.room_id "
#define DB_SESSION_SELECT "SELECT " DB_SESSION_COLUMNS " " DB_SESSION_FROM

/* Bounds that every engine can hold. */
#define DB_SESSION_TIME_MIN (G_GINT64_CONSTANT(-2208988800) * BASE_TIME_SECOND) /* 1900 */
#define DB_SESSION_TIME_MAX (G_GINT64_CONSTANT(32503680000) * BASE_TIME_SECOND) /* 3000 */

gpointer db_session_read(struct db_rows *rows);

#endif
