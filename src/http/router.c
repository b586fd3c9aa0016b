#include "http/router.h"

#include <string.h>

#include "base/error.h"
#include "http/guard.h"

struct node {
    struct http_match match;
    bool answers;         /* a route ends here */
    GHashTable *literals; /* segment → struct node; NULL: none */
    struct node *param;
};

struct http_router {
    struct node root;
};

static const char *const METHOD_NAMES[HTTP_METHOD_N] = {
    [HTTP_METHOD_GET] = "GET",     [HTTP_METHOD_POST] = "POST",     [HTTP_METHOD_PUT] = "PUT",
    [HTTP_METHOD_PATCH] = "PATCH", [HTTP_METHOD_DELETE] = "DELETE",
};

const char *http_method_name(enum http_method method)
{
    return (unsigned)method < HTTP_METHOD_N ? METHOD_NAMES[method] : "?";
}

static void node_clear(struct node *node);

static void node_destroy(void *data)
{
    if (!data)
        return;
    node_clear(data);
    g_free(data);
}

static void node_clear(struct node *node)
{
    if (node->literals)
        g_hash_table_destroy(node->literals);
    node_destroy(node->param);
    g_free((char *)node->match.allow);
}

static struct node *node_child(struct node *node, const char *segment)
{
    if (*segment == '{') {
        if (!node->param)
            node->param = g_new0(struct node, 1);
        return node->param;
    }
    if (!node->literals)
        node->literals = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, node_destroy);
    struct node *child = g_hash_table_lookup(node->literals, segment);
    if (!child) {
        child = g_new0(struct node, 1);
        g_hash_table_insert(node->literals, g_strdup(segment), child);
    }
    return child;
}

static bool segment_is_valid(const char *segment)
{
    size_t size = strlen(segment);
    if (*segment == '{')
        return size > 2 && segment[size - 1] == '}' && !strpbrk(segment + 1, "{/") &&
               strchr(segment, '}') == segment + size - 1;
    return !strpbrk(segment, "{}?#% ");
}

static const char *route_fault(const struct http_route *route)
{
    if (!route->path || *route->path != '/')
        return "its path does not begin with a slash";
    if (!route->handler)
        return "it has no handler";
    if ((unsigned)route->method >= HTTP_METHOD_N || (unsigned)route->lane >= HTTP_LANE_N)
        return "its method or lane is out of range";
    if (route->body_max && !route->types)
        return "it takes a body but names no content type";
    if (route->body_max && route->method == HTTP_METHOD_GET)
        return "GET takes no body";
    return NULL;
}

static const char *router_add(struct http_router *router, const struct http_route *route)
{
    const char *fault = route_fault(route);
    if (fault)
        return fault;
    g_auto(GStrv) segments = g_strsplit(route->path + 1, "/", -1);
    if (g_strv_length(segments) > HTTP_SEGMENTS_MAX)
        return "its path has too many segments";
    struct node *node = &router->root;
    unsigned params = 0;
    /* g_strsplit gives no segment at all for "" */
    if (!segments[0])
        node = node_child(node, "");
    for (size_t i = 0; segments[i]; i++) {
        if (!segment_is_valid(segments[i]))
            return "its path is malformed";
        params += *segments[i] == '{';
        node = node_child(node, segments[i]);
    }
    if (params > HTTP_PARAMS_MAX)
        return "its path has too many parameters";
    if (node->match.routes[route->method])
        return "another route has the same method and path";
    node->match.routes[route->method] = route;
    node->answers = true;
    return NULL;
}

static void node_seal(struct node *node)
{
    if (node->answers) {
        GString *allow = g_string_new(NULL);
        for (unsigned i = 0; i < HTTP_METHOD_N; i++)
            if (node->match.routes[i])
                g_string_append_printf(allow, "%s, ", METHOD_NAMES[i]);
        if (node->match.routes[HTTP_METHOD_GET])
            g_string_append(allow, "HEAD, ");
        g_string_append(allow, "OPTIONS");
        node->match.allow = g_string_free(allow, FALSE);
    }
    if (node->literals) {
        GHashTableIter iter;
        gpointer child;
        g_hash_table_iter_init(&iter, node->literals);
        while (g_hash_table_iter_next(&iter, NULL, &child))
            node_seal(child);
    }
    if (node->param)
        node_seal(node->param);
}

struct http_router *http_router_create(const struct http_route *routes, size_t routes_n,
                                       GError **error)
{
    struct http_router *router = g_new0(struct http_router, 1);
    for (size_t i = 0; i < routes_n; i++) {
        const char *fault = router_add(router, &routes[i]);
        if (!fault)
            continue;
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID, "route %s %s: %s",
                    http_method_name(routes[i].method), routes[i].path ? routes[i].path : "",
                    fault);
        http_router_destroy(router);
        return NULL;
    }
    node_seal(&router->root);
    return router;
}

void http_router_destroy(struct http_router *router)
{
    if (!router)
        return;
    node_clear(&router->root);
    g_free(router);
}

static const struct node *node_find(const struct node *node, const char *const *segments, size_t n)
{
    if (!n)
        return node->answers ? node : NULL;
    const struct node *literal =
        node->literals ? g_hash_table_lookup(node->literals, segments[0]) : NULL;
    const struct node *found = literal ? node_find(literal, segments + 1, n - 1) : NULL;
    if (!found && node->param && *segments[0])
        found = node_find(node->param, segments + 1, n - 1);
    return found;
}

const struct http_match *http_router_find(const struct http_router *router,
                                          const char *const *segments, size_t segments_n)
{
    const struct node *node = node_find(&router->root, segments, segments_n);
    return node ? &node->match : NULL;
}

int http_route_param_index(const struct http_route *route, const char *name)
{
    size_t size = strlen(name);
    const char *segment = route->path;
    for (int index = 0; segment; index++) {
        segment++;
        if (*segment == '{' && !strncmp(segment + 1, name, size) && segment[size + 1] == '}')
            return index;
        segment = strchr(segment, '/');
    }
    return -1;
}
