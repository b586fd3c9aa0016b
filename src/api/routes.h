/* Private to this folder: each resource's routes, which api.c puts together, and what their
 * handlers share. */
#ifndef API_ROUTES_H
#define API_ROUTES_H

#include "api/api.h"
#include "api/form.h"
#include "api/output.h"
#include "service/devices.h"

#include <glib.h>

enum {
    API_BODY_JSON = 64 * 1024,          /* bytes */
    API_BODY_ROLL = 1024 * 1024,        /* bytes: the marks of a whole roll */
    API_BODY_PHOTOS = 64 * 1024 * 1024, /* bytes: some full-size photos, or many frames */
    API_PAGE_LIMIT = 50,                /* rows, unless asked otherwise */
    API_PAGE_LIMIT_MAX = 1000,
};

struct api_routes {
    const struct http_route *routes;
    size_t n;
};

extern const struct api_routes API_SESSION_ROUTES;
extern const struct api_routes API_ACCOUNT_ROUTES;
extern const struct api_routes API_USER_ROUTES;
extern const struct api_routes API_CATALOGUE_ROUTES;
extern const struct api_routes API_COURSE_ROUTES;
extern const struct api_routes API_ENROLMENT_ROUTES;
extern const struct api_routes API_SLOT_ROUTES;
extern const struct api_routes API_TIMETABLE_ROUTES;
extern const struct api_routes API_CALENDAR_ROUTES;
extern const struct api_routes API_EVENT_ROUTES;
extern const struct api_routes API_FACE_ROUTES;
extern const struct api_routes API_GROUP_ROUTES;
extern const struct api_routes API_IMAGE_ROUTES;
extern const struct api_routes API_IMPORT_ROUTES;
extern const struct api_routes API_INSTITUTION_ROUTES;
extern const struct api_routes API_JOB_ROUTES;
extern const struct api_routes API_MARK_ROUTES;
extern const struct api_routes API_CHALLENGE_ROUTES;
extern const struct api_routes API_DEVICE_ROUTES;
extern const struct api_routes API_KIOSK_ROUTES;
extern const struct api_routes API_CODE_ROUTES;
extern const struct api_routes API_CLASS_ROUTES;
extern const struct api_routes API_DISPUTE_ROUTES;
extern const struct api_routes API_LOOKALIKE_ROUTES;
extern const struct api_routes API_REVIEW_ROUTES;
extern const struct api_routes API_DUPLICATE_ROUTES;
extern const struct api_routes API_POLICY_ROUTES;
extern const struct api_routes API_ROLL_ROUTES;
extern const struct api_routes API_REGISTER_ROUTES;
extern const struct api_routes API_AUDIT_ROUTES;
extern const struct api_routes API_SYSTEM_ROUTES;
extern const struct api_routes API_CONSENT_ROUTES;
extern const struct api_routes API_STATUS_ROUTES;
extern const struct api_routes API_WEBHOOK_ROUTES;
extern const struct api_routes API_MAIL_ROUTES;
extern const struct api_routes API_OUTBOX_ROUTES;
extern const struct api_routes API_REPORT_ROUTES;
extern const struct api_routes API_REPORT_SCHEDULE_ROUTES;
extern const struct api_routes API_STANDING_ROUTES;
extern const struct api_routes API_DASHBOARD_ROUTES;

/* Who sent a request: somebody who is signed in, or a kiosk. */
struct api_caller {
    bool is_device;
    struct service_identity identity; /* of who is signed in */
    struct service_device device;     /* of a kiosk */
};

/* The caller, or NULL when nobody is signed in. */
static inline const struct service_identity *api_identity(const struct http_request *request)
{
    const struct api_caller *caller = request->identity;

    return caller && !caller->is_device ? &caller->identity : NULL;
}

/* The kiosk that sent it, or NULL. */
static inline const struct service_device *api_device(const struct http_request *request)
{
    const struct api_caller *caller = request->identity;

    return caller && caller->is_device ? &caller->device : NULL;
}

/* The token that the request came with, of whatever kind; NULL: none. Lives as long as the request.
 */
const char *api_token(struct http_request *request);

/* Answers with an error; returns false for use in an expression. */
bool api_fail(struct http_response *response, const GError *error);

/* The UUID of a path's "{name}"; answers 404 and returns false when it is none: there is no such
 * thing. */
bool api_path_uuid(const struct http_request *request, const char *name, struct base_uuid *uuid,
                   struct http_response *response);

/* Counts an attempt of this key; answers 429 with Retry-After and returns false when there were too
 * many. */
bool api_limit_key(struct api *api, enum auth_limit limit, const char *key,
                   struct http_response *response);

/* Counts an attempt of the caller's address; answers 429 with Retry-After and returns false when
 * there were too many. */
bool api_limit(struct api *api, enum auth_limit limit, const struct http_request *request,
               struct http_response *response);

/* The same for what makes the program look for faces: counts the caller's address and, signed in,
 * the account, which can come from many addresses. */
bool api_limit_faces(struct api *api, const struct http_request *request,
                     struct http_response *response);

/* The members of a list's query that every list has, for struct base_json_field tables. */
/* clang-format off */
#define API_LIMIT_FIELD(page) \
    {"limit", BASE_JSON_INTEGER, BASE_JSON_OPTIONAL, &(page).limit, .min = 1, \
     .max = API_PAGE_LIMIT_MAX}
#define API_OFFSET_FIELD(page) \
    {"offset", BASE_JSON_INTEGER, BASE_JSON_OPTIONAL, &(page).offset, .min = 0, .max = G_MAXINT32}
/* clang-format on */

/* Splits "-name" into "name" and descending; NULL stays NULL. */
const char *api_sort_name(const char *sort, bool *descending);

/* The institution's local day "YYYY-MM-DD" now, "" when its zone cannot be had. */
void api_today(struct api *api, char day[CORE_DAY_SIZE]);

/* One account as the caller sees it. */
void api_respond_user(struct api *api, struct http_response *response, unsigned status,
                      const struct core_user *user);

/* A list of entities through `show`. */
typedef json_t *(*api_show)(const void *entity, const void *data);
void api_respond_list(struct http_response *response, const GPtrArray *entities, gint64 total,
                      const struct db_page *page, api_show show, const void *data);

/* Deletes what the path's "{id}" names: the whole of such a handler. */
typedef bool (*api_delete_by_id)(struct service *service, const struct service_identity *identity,
                                 const struct base_uuid *id, GError **error);
void api_delete(struct api *api, const struct http_request *request, struct http_response *response,
                api_delete_by_id delete_it);

/* A new session: the body, and the cookie. `photos` (taken over; NULL: none) says what was seen in
 * those of a registration. */
void api_respond_session(struct api *api, const struct http_request *request,
                         struct http_response *response, unsigned status,
                         const struct core_user *user, const char *token, base_time expires_at,
                         json_t *photos);

/* What is told of the session of a mark, to whom the mark is told. New reference. */
struct core_session;
json_t *api_json_mark_session(const struct core_session *session);

/* A mail as it would be sent. New reference. */
struct service_mail;
json_t *api_json_mail(const struct service_mail *mail);

/* A report, as JSON or as a file to download. Not in the lane of quick reads: it takes its time. */
struct service_report_request;
struct service_job_options;
void api_respond_report(struct api *api, const struct service_identity *identity,
                        const struct service_report_request *asked,
                        const struct service_job_options *options, struct http_response *response);

#endif
