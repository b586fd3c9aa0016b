/*
 * The duplicates table: people whose new photos look like somebody else, for an administrator to
 * say whether they are one or two. Errors are those of db.h.
 */
#ifndef DB_QUERY_DUPLICATE_H
#define DB_QUERY_DUPLICATE_H

#include "db/db.h"
#include "db/query/page.h"

enum db_duplicate_state {
    DB_DUPLICATE_OPEN,
    DB_DUPLICATE_DIFFERENT, /* two people */
    DB_DUPLICATE_SAME,      /* one person with two accounts, one of which was closed */
    DB_DUPLICATE_STATE_N,
};

/* "open", "different", "same". Static storage; NULL for a value out of range. */
const char *db_duplicate_state_name(enum db_duplicate_state state);
bool db_duplicate_state_from_name(const char *name, enum db_duplicate_state *state);

struct db_duplicate {
    struct base_uuid id;
    struct base_uuid user_id;  /* whose photos are held while it is open */
    struct base_uuid other_id; /* who was enrolled already */
    double score;
    enum db_duplicate_state state;
    struct base_uuid closed_id; /* of SAME: the account that was closed */
    struct base_uuid settled_by;
    base_time settled_at; /* 0: not yet */
    base_time created_at;
    base_time updated_at;
    /* Filled when read: */
    char *user_name, *user_email, *other_name, *other_email;
    char *settled_by_name;          /* NULL: nobody yet */
    gint64 user_faces, other_faces; /* photos, those held too */
};

void db_duplicate_free(struct db_duplicate *duplicate);
typedef struct db_duplicate db_duplicate;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(db_duplicate, db_duplicate_free)

/* Stores an open one. BASE_ERROR_CONFLICT ("duplicates.open_of") when the person has one. */
bool db_duplicate_insert(struct db_connection *connection, const struct db_duplicate *duplicate,
                         GError **error);

/* NULL with BASE_ERROR_NOT_FOUND when there is none. */
struct db_duplicate *db_duplicate_find(struct db_connection *connection, const struct base_uuid *id,
                                       GError **error);

/* Whether this person has an open one. */
bool db_duplicate_is_open(struct db_connection *connection, const struct base_uuid *user_id,
                          bool *open, GError **error);

/* Settles an open one: state, closed_id, settled_by, settled_at and updated_at. `changed` says
 * whether it was open still. */
bool db_duplicate_settle(struct db_connection *connection, const struct db_duplicate *duplicate,
                         bool *changed, GError **error);

/* Forgets a person's open one, when the photos that it is about are gone. */
bool db_duplicate_withdraw(struct db_connection *connection, const struct base_uuid *user_id,
                           GError **error);

/* Who was found to be another person than this one: an array of struct base_uuid. */
GArray *db_duplicate_apart(struct db_connection *connection, const struct base_uuid *user_id,
                           GError **error);

/* Who waits because they look like this person: an array of struct base_uuid. */
GArray *db_duplicate_waiting(struct db_connection *connection, const struct base_uuid *other_id,
                             GError **error);

/* Oldest first, as an array of struct db_duplicate * that frees them; of a state (enum
 * db_duplicate_state) or DB_ANY. `total` may be NULL. */
GPtrArray *db_duplicate_list(struct db_connection *connection, int state,
                             const struct db_page *page, gint64 *total, GError **error);

#endif
