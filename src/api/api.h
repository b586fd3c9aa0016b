/*
 * The HTTP API: routes, who may use them, and the translation between HTTP and the use cases of
 * service/. docs/openapi.json is its contract.
 */
#ifndef API_API_H
#define API_API_H

#include "http/http.h"
#include "service/service.h"

#include <stdbool.h>
#include <stddef.h>

#define API_COOKIE "presente_session"

/* Bits of struct http_route.access: one a role, and one for people who are not signed in. */
#define API_ROLE(role) (1u << (role))
#define API_ADMIN API_ROLE(CORE_ROLE_ADMIN)
#define API_STAFF (API_ADMIN | API_ROLE(CORE_ROLE_TEACHER))
#define API_SIGNED_IN (API_STAFF | API_ROLE(CORE_ROLE_STUDENT))
#define API_NOBODY (1u << CORE_ROLE_N)
#define API_ANYONE (API_SIGNED_IN | API_NOBODY)
#define API_DEVICE (1u << (CORE_ROLE_N + 1)) /* a paired kiosk */
#define API_DEVICE_COOKIE "presente_device"

struct api_options {
    struct service *service;  /* must outlive the API */
    bool cookie_secure;       /* the session cookie travels over TLS only */
    bool self_registration;   /* only told to pages; the service decides */
    const char *email_domain; /* likewise; NULL or empty: any */
};

/* What handlers get as `app`. */
struct api {
    struct api_options options;
    struct service *service;
    GMutex today_lock; /* of the two below: api_today's memory */
    char today[CORE_DAY_SIZE];
    gint64 today_until; /* monotonic µs */
};

/* Keeps the options; nothing to free. */
void api_init(struct api *api, const struct api_options *options);

/* All routes, for http_options. Static storage. */
const struct http_route *api_routes(size_t *n);

/*
 * The hook for http_options: recognises the caller by `Authorization: Bearer` or the session
 * cookie, a kiosk by its own cookie where the route is for kiosks, and puts a struct api_caller *
 * into request->identity; answers 401 or 403 when the route is not for them. Requests that change
 * something by cookie must come from our own pages.
 */
bool api_authorise(void *app, struct http_request *request, const struct http_route *route,
                   struct http_response *response);

#endif
