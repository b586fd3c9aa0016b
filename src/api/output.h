/* Entities as the API shows them. Every function gives a new reference. The shapes are those of
 * docs/openapi.json. */
#ifndef API_OUTPUT_H
#define API_OUTPUT_H

#include "base/json.h"
#include "core/types.h"
#include "db/query/page.h"
#include "http/http.h"

#include <glib.h>

/* The whole account, without the password hash. `today` is the institution's local day, for the
 * age. */
json_t *api_json_user(const struct core_user *user, const char *today);
json_t *api_json_group(const struct core_group *group);
/* With the score and the note only for `staff`. */
json_t *api_json_attendance(const struct core_attendance *attendance, bool staff);
/* Without the template itself, which never leaves the server. */
json_t *api_json_face(const struct core_template *face);

/* A nil UUID is written as null, and so is the time 0. */
json_t *api_json_uuid_or_null(const struct base_uuid *uuid);
json_t *api_json_time_or_null(base_time time);

/* `{"items":[...],"total","limit","offset"}`; takes the reference to `items`. */
json_t *api_json_list(json_t *items, gint64 total, const struct db_page *page);

/* Sends a document and drops its reference. */
void api_respond(struct http_response *response, unsigned status, json_t *json);

#endif
