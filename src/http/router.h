/*
 * Finds the route of a path. Patterns become a tree of segments; a literal segment wins over a
 * parameter, and a parameter is tried when the literal leads nowhere.
 */
#ifndef HTTP_ROUTER_H
#define HTTP_ROUTER_H

#include "http/http.h"

struct http_router;

struct http_match {
    const struct http_route *routes[HTTP_METHOD_N]; /* what the path answers to; NULL: not that */
    const char *allow;                              /* "GET, HEAD, OPTIONS": for the Allow header */
};

/* BASE_ERROR_INVALID names the route: a malformed pattern, no handler, two alike. */
struct http_router *http_router_create(const struct http_route *routes, size_t routes_n,
                                       GError **error);
void http_router_destroy(struct http_router *router);

/* `segments` are decoded and without slashes; the root is one empty segment. NULL: unknown path. */
const struct http_match *http_router_find(const struct http_router *router,
                                          const char *const *segments, size_t segments_n);

/* Which segment of a route's pattern is "{name}"; -1 when none is. */
int http_route_param_index(const struct http_route *route, const char *name);

#endif
