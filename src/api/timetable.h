/* Private to this folder: what the files of the timetable share. */
#ifndef API_TIMETABLE_H
#define API_TIMETABLE_H

#include "api/routes.h"
#include "service/sessions.h"
#include "service/timetable.h"

/* A session as the API shows it; new reference. `data` is not used. */
json_t *api_show_session(const void *session, const void *data);

/* A time of day "09:00" of a body; `text` NULL leaves things alone. False with BASE_ERROR_INVALID
 * naming the field. */
bool api_read_clock(const char *text, const char *field, gint32 *second, const gint32 **given,
                    GError **error);

/* Adds "conflicts" to an answer: the double bookings of a course around these days. An answer
 * without them is no failure: what was asked for has been done. */
void api_add_conflicts(struct api *api, const struct service_identity *identity, json_t *json,
                       const struct base_uuid *course_id, const char *from_day, const char *to_day);

/* One double booking; new reference. */
json_t *api_show_conflict(const struct db_session_conflict *conflict);

/* `json` with "sessions": how many generating has added, moved and deleted. */
void api_add_counts(json_t *json, const struct service_timetable_counts *counts);

#endif
