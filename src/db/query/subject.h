/* The subjects table. Errors are those of db.h. */
#ifndef DB_QUERY_SUBJECT_H
#define DB_QUERY_SUBJECT_H

#include "core/catalogue.h"
#include "db/db.h"
#include "db/query/page.h"

/* Stores a new subject; name_key is made from the name. BASE_ERROR_CONFLICT ("subjects.name_key",
 * "subjects.code") when the institution has one of that name or code. */
bool db_subject_insert(struct db_connection *connection, const struct core_subject *subject,
                       GError **error);

/* NULL with BASE_ERROR_NOT_FOUND when there is none. */
struct core_subject *db_subject_find(struct db_connection *connection, const struct base_uuid *id,
                                     GError **error);
/* By name, whatever its case and accents, or else by its code, whatever its case. */
struct core_subject *db_subject_find_name(struct db_connection *connection,
                                          const struct base_uuid *institution_id, const char *name,
                                          GError **error);

struct db_subject_filter {
    struct base_uuid institution_id; /* nil: any */
    const char *search;              /* part of the name or of the code; NULL: any */
};

/* Subjects by name, as an array of struct core_subject * that frees them. `total` (may be NULL)
 * gets how many match the filter. Filter and page may be NULL: all. */
GPtrArray *db_subject_list(struct db_connection *connection, const struct db_subject_filter *filter,
                           const struct db_page *page, gint64 *total, GError **error);

/* Writes name, code and updated_at. BASE_ERROR_NOT_FOUND when there is no such subject. */
bool db_subject_update(struct db_connection *connection, const struct core_subject *subject,
                       GError **error);

/* BASE_ERROR_CONFLICT while it has courses. */
bool db_subject_delete(struct db_connection *connection, const struct base_uuid *id,
                       GError **error);

/* How many courses teach it. */
bool db_subject_courses(struct db_connection *connection, const struct base_uuid *id,
                        gint64 *courses, GError **error);

#endif
