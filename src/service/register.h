/*
 * The register: marks as lists, counts and CSV. Students see their own; teachers their own, those
 * of sessions of courses they teach and those of students in groups they teach; administrators all.
 * A filter can only narrow that: asking for another person's or group's marks is
 * BASE_ERROR_FORBIDDEN, for another course's BASE_ERROR_NOT_FOUND.
 */
#ifndef SERVICE_REGISTER_H
#define SERVICE_REGISTER_H

#include "db/query/attendance.h"
#include "db/query/audit.h"
#include "service/service.h"

/* An array of struct core_attendance * that frees them. `total` may be NULL. */
GPtrArray *service_register_list(struct service *service, const struct service_identity *identity,
                                 const struct db_attendance_filter *filter,
                                 const struct db_page *page, gint64 *total, GError **error);

/* Narrows a filter to what the caller may see, as the functions here do by themselves. */
bool service_register_narrow_on(struct db_connection *connection,
                                const struct service_identity *identity,
                                struct db_attendance_filter *filter, GError **error);

/* Whether a policy has a status of the site's own with this code: BASE_ERROR_INVALID naming
 * `status` otherwise. */
bool service_register_code_check(struct db_connection *connection, const char *code,
                                 GError **error);

/* One mark. BASE_ERROR_NOT_FOUND also when it is not for this caller to see. */
struct core_attendance *service_register_find(struct service *service,
                                              const struct service_identity *identity,
                                              const struct base_uuid *id, GError **error);

bool service_register_count(struct service *service, const struct service_identity *identity,
                            const struct db_attendance_filter *filter,
                            struct core_statistics *statistics, GError **error);

/* Takes a piece of the export; false with an error stops it. */
typedef bool (*service_register_sink)(const char *data, size_t size, gpointer user, GError **error);

/*
 * All marks of the filter as CSV (RFC 4180: CRLF, quotes doubled, UTF-8), all from one moment of
 * the database, with the columns day, time (on the institution's clock), name, group, status,
 * method, note, user_id, marked_at (RFC 3339 UTC), course, status_code. A cell that a spreadsheet
 * could take for a formula starts with an apostrophe. `excel` begins with a byte order mark, which
 * Excel needs to read UTF-8. A connection that is lost after the first marks were handed out ends
 * the export with BASE_ERROR_UNAVAILABLE.
 */
bool service_register_export_csv(struct service *service, const struct service_identity *identity,
                                 const struct db_attendance_filter *filter, bool excel,
                                 service_register_sink sink, gpointer user, GError **error);

/* The audit log, newest first; administrators. An array of struct core_audit *. */
GPtrArray *service_audit_list(struct service *service, const struct service_identity *identity,
                              const struct db_audit_filter *filter, const struct db_page *page,
                              gint64 *total, GError **error);

#endif
