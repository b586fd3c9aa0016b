/* The challenges and challenge_frames tables. Errors are those of db.h. */
#ifndef DB_QUERY_CHALLENGE_H
#define DB_QUERY_CHALLENGE_H

#include "base/uuid.h"
#include "db/db.h"

#define DB_CHALLENGE_FINGERPRINT_SIZE 32

struct db_challenge {
    struct base_uuid id;
    char *steps;                 /* names, one space between them */
    struct base_uuid session_id; /* nil: none; likewise below */
    struct base_uuid group_id;
    base_time created_at, expires_at;
};
void db_challenge_free(struct db_challenge *challenge);
typedef struct db_challenge db_challenge;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(db_challenge, db_challenge_free)

/* BASE_ERROR_CONFLICT when there is no such session or group. */
bool db_challenge_insert(struct db_connection *connection, const struct db_challenge *challenge,
                         GError **error);

/* Of any number of calls at once for one challenge *taken is true for one, and for none once it has
 * ended or when there is no such one. */
bool db_challenge_take(struct db_connection *connection, const struct base_uuid *id, base_time now,
                       bool *taken, GError **error);

/* NULL with BASE_ERROR_NOT_FOUND when there is none. */
struct db_challenge *db_challenge_find(struct db_connection *connection, const struct base_uuid *id,
                                       GError **error);

/* Remembers a frame's fingerprint unless that of another answer, or this one, is the same. */
bool db_challenge_frame_add(struct db_connection *connection, const struct base_uuid *id,
                            const guint8 fingerprint[DB_CHALLENGE_FINGERPRINT_SIZE],
                            GError **error);

/* How many are remembered of this challenge: fewer than were added when some came before. */
bool db_challenge_frame_count(struct db_connection *connection, const struct base_uuid *id,
                              gint64 *count, GError **error);

/* Removes challenges made before, with their frames. */
bool db_challenge_delete_before(struct db_connection *connection, base_time before, gint64 *removed,
                                GError **error);

#endif
