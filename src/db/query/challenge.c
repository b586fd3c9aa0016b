#include "db/query/challenge.h"

#include "db/query/row.h"

void db_challenge_free(struct db_challenge *challenge)
{
    if (!challenge)
        return;
    g_free(challenge->steps);
    g_free(challenge);
}

bool db_challenge_insert(struct db_connection *connection, const struct db_challenge *challenge,
                         GError **error)
{
    return db_execute(connection, NULL, error,
                      "INSERT INTO challenges (id, steps, session_id, group_id, created_at, "
                      "expires_at) VALUES (?, ?, ?, ?, ?, ?)",
                      db_uuid(&challenge->id), db_text(challenge->steps),
                      db_uuid(&challenge->session_id), db_uuid(&challenge->group_id),
                      db_time(challenge->created_at), db_time(challenge->expires_at));
}

bool db_challenge_take(struct db_connection *connection, const struct base_uuid *id, base_time now,
                       bool *taken, GError **error)
{
    gint64 changed = 0;

    if (!db_execute(connection, &changed, error,
                    "UPDATE challenges SET answered_at = ? WHERE id = ? AND answered_at IS NULL "
                    "AND expires_at >= ?",
                    db_time(now), db_uuid(id), db_time(now)))
        return false;
    *taken = changed == 1;
    return true;
}

static gpointer read_challenge(struct db_rows *rows)
{
    struct db_challenge *challenge = g_new(struct db_challenge, 1);

    *challenge = (struct db_challenge){
        .id = db_rows_uuid(rows, 0),
        .steps = db_rows_dup_text(rows, 1),
        .session_id = db_rows_uuid(rows, 2),
        .group_id = db_rows_uuid(rows, 3),
        .created_at = db_rows_time(rows, 4),
        .expires_at = db_rows_time(rows, 5),
    };
    return challenge;
}

struct db_challenge *db_challenge_find(struct db_connection *connection, const struct base_uuid *id,
                                       GError **error)
{
    return db_rows_single(db_query(connection, error,
                                   "SELECT id, steps, session_id, group_id, created_at, expires_at "
                                   "FROM challenges WHERE id = ?",
                                   db_uuid(id)),
                          read_challenge, (GDestroyNotify)db_challenge_free, "challenge", error);
}

bool db_challenge_frame_add(struct db_connection *connection, const struct base_uuid *id,
                            const guint8 fingerprint[DB_CHALLENGE_FINGERPRINT_SIZE], GError **error)
{
    static const struct db_sql ADD = {
        .common = "INSERT INTO challenge_frames (fingerprint, challenge_id) VALUES (?, ?) "
                  "ON CONFLICT (fingerprint) DO NOTHING",
        .mariadb = "INSERT INTO challenge_frames (fingerprint, challenge_id) VALUES (?, ?) "
                   "ON DUPLICATE KEY UPDATE challenge_id = challenge_id",
    };

    return db_execute(connection, NULL, error, db_sql(connection, &ADD),
                      db_blob(fingerprint, DB_CHALLENGE_FINGERPRINT_SIZE), db_uuid(id));
}

bool db_challenge_frame_count(struct db_connection *connection, const struct base_uuid *id,
                              gint64 *count, GError **error)
{
    return db_query_int(connection, count, error,
                        "SELECT COUNT(*) FROM challenge_frames WHERE challenge_id = ?",
                        db_uuid(id));
}

bool db_challenge_delete_before(struct db_connection *connection, base_time before, gint64 *removed,
                                GError **error)
{
    return db_execute(connection, removed, error, "DELETE FROM challenges WHERE created_at < ?",
                      db_time(before));
}
