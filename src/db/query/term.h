/* The terms table. Errors are those of db.h. */
#ifndef DB_QUERY_TERM_H
#define DB_QUERY_TERM_H

#include "core/catalogue.h"
#include "db/db.h"
#include "db/query/page.h"

/* Stores a new term; name_key is made from the name. BASE_ERROR_CONFLICT ("terms.name_key") when
 * the institution has one of that name but for case and accents. */
bool db_term_insert(struct db_connection *connection, const struct core_term *term, GError **error);

/* NULL with BASE_ERROR_NOT_FOUND when there is none. */
struct core_term *db_term_find(struct db_connection *connection, const struct base_uuid *id,
                               GError **error);
struct core_term *db_term_find_name(struct db_connection *connection,
                                    const struct base_uuid *institution_id, const char *name,
                                    GError **error);
/* The term of a day; of several that overlap the one that began last. */
struct core_term *db_term_find_day(struct db_connection *connection,
                                   const struct base_uuid *institution_id, const char *day,
                                   GError **error);

struct db_term_filter {
    struct base_uuid institution_id; /* nil: any */
    const char *day;                 /* only those that this day is in; NULL: any */
    const char *search;              /* part of the name; NULL: any */
};

/* Terms, newest first, as an array of struct core_term * that frees them. `total` (may be NULL)
 * gets how many match the filter. Filter and page may be NULL: all. */
GPtrArray *db_term_list(struct db_connection *connection, const struct db_term_filter *filter,
                        const struct db_page *page, gint64 *total, GError **error);

/* Writes name, days and updated_at. BASE_ERROR_NOT_FOUND when there is no such term. */
bool db_term_update(struct db_connection *connection, const struct core_term *term, GError **error);

/* BASE_ERROR_CONFLICT while it has courses. */
bool db_term_delete(struct db_connection *connection, const struct base_uuid *id, GError **error);

/* How many courses are in it. */
bool db_term_courses(struct db_connection *connection, const struct base_uuid *id, gint64 *courses,
                     GError **error);

#endif
