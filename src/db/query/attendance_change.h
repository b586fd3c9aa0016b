/* The attendance_changes table: what a mark was before each change. It only grows. Errors are those
 * of db.h. */
#ifndef DB_QUERY_ATTENDANCE_CHANGE_H
#define DB_QUERY_ATTENDANCE_CHANGE_H

#include "core/types.h"
#include "db/db.h"

struct db_attendance_change {
    struct base_uuid id;
    struct base_uuid attendance_id;
    base_time changed_at;
    struct base_uuid changed_by; /* nil: the program itself */
    char *changed_by_name;       /* filled when read; empty once that account is erased */
    enum core_status from_status;
    char *from_code;
    enum core_method from_method;
    enum core_status to_status;
    char *to_code;
    char *reason; /* NULL: none was given, or the person was erased */
};

void db_attendance_change_free(struct db_attendance_change *change);

bool db_attendance_change_insert(struct db_connection *connection,
                                 const struct db_attendance_change *change, GError **error);

/* Those of a mark, oldest first. An array of struct db_attendance_change * that frees them. */
GPtrArray *db_attendance_change_list(struct db_connection *connection,
                                     const struct base_uuid *attendance_id, GError **error);

#endif
