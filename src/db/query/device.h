/* The devices and device_entries tables: kiosks, and what they handed in after they had been
 * without the server. Errors are those of db.h. */
#ifndef DB_QUERY_DEVICE_H
#define DB_QUERY_DEVICE_H

#include "db/db.h"
#include "db/query/page.h"

#define DB_DEVICE_HASH_SIZE 32

struct db_device {
    struct base_uuid id;
    struct base_uuid institution_id;
    char *name;
    struct base_uuid room_id, course_id; /* nil: none */
    char *room_name, *course_name;       /* filled when read */
    base_time code_expires_at;           /* 0: no code waits; likewise below */
    base_time paired_at, last_seen_at;
    gint64 accepted, refused; /* entries; filled when read, but not by db_device_find_token() */
    gint64 waiting;           /* likewise: those that came and could not be settled yet */
    base_time created_at, updated_at;
};
void db_device_free(struct db_device *device);
typedef struct db_device db_device;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(db_device, db_device_free)

/* A code that waits to be used. */
struct db_device_code {
    const char *name; /* the half that may be known: unique */
    const char *hash; /* of the whole */
    base_time expires_at;
};

/* Name, room, course and times, without a code. BASE_ERROR_CONFLICT ("devices.name_key") when the
 * institution has one of that name but for case and accents. */
bool db_device_insert(struct db_connection *connection, const struct db_device *device,
                      GError **error);

/* NULL with BASE_ERROR_NOT_FOUND when there is none. */
struct db_device *db_device_find(struct db_connection *connection, const struct base_uuid *id,
                                 GError **error);
struct db_device *db_device_find_name(struct db_connection *connection,
                                      const struct base_uuid *institution_id, const char *name,
                                      GError **error);
struct db_device *db_device_find_token(struct db_connection *connection,
                                       const guint8 hash[DB_DEVICE_HASH_SIZE], GError **error);

/* By name: an array of struct db_device * that frees them. `total` may be NULL. */
GPtrArray *db_device_list(struct db_connection *connection, const struct base_uuid *institution_id,
                          const struct db_page *page, gint64 *total, GError **error);

/* Writes name, room, course and updated_at. BASE_ERROR_NOT_FOUND, BASE_ERROR_CONFLICT. */
bool db_device_update(struct db_connection *connection, const struct db_device *device,
                      GError **error);
/* With its entries. */
bool db_device_delete(struct db_connection *connection, const struct base_uuid *id, GError **error);
bool db_device_seen(struct db_connection *connection, const struct base_uuid *id, base_time now,
                    GError **error);

/* ---- pairing ---- */

/* Replaces the code that waits, if any. BASE_ERROR_CONFLICT ("devices.code_name") when another
 * device's code has that name. */
bool db_device_code_set(struct db_connection *connection, const struct base_uuid *id,
                        const struct db_device_code *code, GError **error);

/* Counts one try at the code of this name, and gives its hash (g_free() it) and whose it is. NULL,
 * without an error, when none waits or `tries_max` were made. */
bool db_device_code_try(struct db_connection *connection, const char *name, gint64 tries_max,
                        base_time now, struct base_uuid *id, char **hash, GError **error);

/* Of any number of calls at once with one code *paired is true for one. */
bool db_device_pair(struct db_connection *connection, const struct base_uuid *id,
                    const char *code_hash, const guint8 token_hash[DB_DEVICE_HASH_SIZE],
                    base_time now, bool *paired, GError **error);

/* ---- entries ---- */

enum db_device_entry_state {
    DB_DEVICE_ENTRY_OPEN, /* somebody works on it, until the lease ends */
    DB_DEVICE_ENTRY_ACCEPTED,
    DB_DEVICE_ENTRY_REFUSED,
    DB_DEVICE_ENTRY_STATE_N,
};

struct db_device_entry {
    struct base_uuid device_id;
    gint64 counter;
    enum db_device_entry_state state;
    char *reason; /* NULL: none */
    gint64 marked;
    struct base_uuid lease_id;
    base_time captured_at;
};
void db_device_entry_clear(struct db_device_entry *entry);

/*
 * Takes the entry for `lease` until `until`, unless somebody else has it at `now` or it is settled,
 * and reads it as it is then: it is the caller's when its lease_id is `lease`.
 * BASE_ERROR_CONFLICT when there is no such device. Call it outside a transaction.
 */
bool db_device_entry_take(struct db_connection *connection, const struct db_device_entry *entry,
                          base_time now, base_time until, struct db_device_entry *standing,
                          GError **error);

/* Writes state, reason and marked of an entry whose lease the caller has; *settled is false when it
 * has it no longer. */
bool db_device_entry_settle(struct db_connection *connection, const struct db_device_entry *entry,
                            bool *settled, GError **error);

/* Anybody may take it at once. */
bool db_device_entry_release(struct db_connection *connection, const struct db_device_entry *entry,
                             base_time now, GError **error);

/* One more than the greatest counter that came; 1 when none did. */
bool db_device_entry_next(struct db_connection *connection, const struct base_uuid *device_id,
                          gint64 *next, GError **error);

#endif
