/* The lookalikes table: pairs of people whom a camera may take for each other. Errors are those of
 * db.h. */
#ifndef DB_QUERY_LOOKALIKE_H
#define DB_QUERY_LOOKALIKE_H

#include "core/types.h"
#include "db/db.h"
#include "db/query/page.h"

struct db_lookalike {
    struct base_uuid first_id, second_id; /* first_id is the smaller one */
    double score;                         /* of their templates */
    base_time found_at;
    base_time seen_at; /* when somebody looked at the pair; 0: not yet */
    struct base_uuid seen_by;
    /* Filled when read: */
    char *first_name, *second_name, *seen_by_name;
};

void db_lookalike_free(struct db_lookalike *pair);
typedef struct db_lookalike db_lookalike;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(db_lookalike, db_lookalike_free)

/* Puts the ids of a pair in their order. */
void db_lookalike_order(struct base_uuid *first_id, struct base_uuid *second_id);

/* Stores a pair, or the new score of one that is known; who looked at it stays. `is_new` (may be
 * NULL) says which. */
bool db_lookalike_put(struct db_connection *connection, const struct db_lookalike *pair,
                      bool *is_new, GError **error);

/* BASE_ERROR_NOT_FOUND when there is none. */
bool db_lookalike_delete(struct db_connection *connection, const struct base_uuid *first_id,
                         const struct base_uuid *second_id, GError **error);

/* NULL with BASE_ERROR_NOT_FOUND when there is none. */
struct db_lookalike *db_lookalike_find(struct db_connection *connection,
                                       const struct base_uuid *first_id,
                                       const struct base_uuid *second_id, GError **error);

/* Notes that somebody looked at a pair; nil and 0 take it back. */
bool db_lookalike_see(struct db_connection *connection, const struct db_lookalike *pair,
                      GError **error);

struct db_lookalike_filter {
    struct base_uuid user_id;    /* one of the two; nil: any */
    struct base_uuid teacher_id; /* both are taught by this person; nil: any */
    int seen;                    /* 0, 1 or DB_ANY */
};

#define DB_LOOKALIKE_FILTER_ALL ((struct db_lookalike_filter){.seen = DB_ANY})

/* The most alike first, as an array of struct db_lookalike * that frees them. `total` (may be NULL)
 * gets how many match. Filter and page may be NULL: all. */
GPtrArray *db_lookalike_list(struct db_connection *connection,
                             const struct db_lookalike_filter *filter, const struct db_page *page,
                             gint64 *total, GError **error);

#endif
