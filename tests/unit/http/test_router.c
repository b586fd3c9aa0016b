/*
 * Paths and routes, addresses and proxies.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "http/address.h"
#include "http/router.h"

static void handle(void *app, struct http_request *request, struct http_response *response)
{
    (void)app;
    (void)request;
    (void)response;
}

#define GET(pattern)                                                                               \
    {                                                                                              \
        .method = HTTP_METHOD_GET, .path = pattern, .handler = handle                              \
    }

static const struct http_route ROUTES[] = {
    GET("/"),
    GET("/users"),
    {.method = HTTP_METHOD_DELETE, .path = "/users/{id}", .handler = handle},
    GET("/users/{id}"),
    GET("/users/exists"),
    GET("/users/{id}/faces/{face_id}"),
    GET("/attendance/all"),
    GET("/attendance/{class_id}"),
    GET("/attendance/student/{student_id}"),
};

static const char *find(const struct http_router *router, const char *path)
{
    g_auto(GStrv) segments = g_strsplit(path + 1, "/", -1);
    static const char *const ROOT[] = {""};
    size_t n = g_strv_length(segments);
    const struct http_match *match =
        http_router_find(router, n ? (const char *const *)segments : ROOT, n ? n : 1);
    if (!match)
        return NULL;
    assert_non_null(match->allow);
    return match->routes[HTTP_METHOD_GET] ? match->routes[HTTP_METHOD_GET]->path : "none";
}

static void test_finds_routes(void **state)
{
    (void)state;
    struct http_router *router = http_router_create(ROUTES, G_N_ELEMENTS(ROUTES), NULL);
    assert_non_null(router);
    assert_string_equal(find(router, "/"), "/");
    assert_string_equal(find(router, "/users"), "/users");
    assert_string_equal(find(router, "/users/7"), "/users/{id}");
    assert_string_equal(find(router, "/users/exists"), "/users/exists");
    assert_string_equal(find(router, "/users/exists/faces/2"), "/users/{id}/faces/{face_id}");
    assert_string_equal(find(router, "/attendance/all"), "/attendance/all");
    assert_string_equal(find(router, "/attendance/x"), "/attendance/{class_id}");
    assert_string_equal(find(router, "/attendance/student"), "/attendance/{class_id}");
    assert_string_equal(find(router, "/attendance/student/9"), "/attendance/student/{student_id}");
    assert_null(find(router, "/users/"));
    assert_null(find(router, "/users/7/faces"));
    assert_null(find(router, "/users/7/faces/"));
    assert_null(find(router, "/attendance"));
    assert_null(find(router, "/nothing"));
    http_router_destroy(router);
}

static void test_allow_and_params(void **state)
{
    (void)state;
    struct http_router *router = http_router_create(ROUTES, G_N_ELEMENTS(ROUTES), NULL);
    const char *const path[] = {"users", "7"};
    const struct http_match *match = http_router_find(router, path, 2);
    assert_string_equal(match->allow, "GET, DELETE, HEAD, OPTIONS");
    assert_int_equal(http_route_param_index(&ROUTES[5], "id"), 1);
    assert_int_equal(http_route_param_index(&ROUTES[5], "face_id"), 3);
    assert_int_equal(http_route_param_index(&ROUTES[5], "face"), -1);
    assert_int_equal(http_route_param_index(&ROUTES[5], "users"), -1);
    http_router_destroy(router);
}

static void test_refuses_bad_tables(void **state)
{
    (void)state;
    static const char *const TYPES[] = {"a/b", NULL};
    static const struct http_route BAD[][2] = {
        {GET("/a"), GET("/a")},
        {GET("/a/{x}"), GET("/a/{y}")},
        {GET("a"), GET("/b")},
        {GET("/{}"), GET("/b")},
        {GET("/{a"), GET("/b")},
        {GET("/a}"), GET("/b")},
        {GET("/a{b}"), GET("/b")},
        {GET("/a?b"), GET("/b")},
        {{.path = "/a"}, GET("/b")},
        {{.method = HTTP_METHOD_POST, .path = "/a", .handler = handle, .body_max = 1}, GET("/b")},
        {{.path = "/a", .handler = handle, .body_max = 1, .types = TYPES}, GET("/b")},
        {GET("/{a}/{b}/{c}/{d}/{e}"), GET("/b")},
        {{.path = "/a", .handler = handle, .lane = HTTP_LANE_N}, GET("/b")},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(BAD); i++) {
        g_autoptr(GError) error = NULL;
        assert_null(http_router_create(BAD[i], 2, &error));
        assert_true(g_error_matches(error, BASE_ERROR, BASE_ERROR_INVALID));
    }
}

static void test_listen_addresses(void **state)
{
    (void)state;
    struct sockaddr_storage address;
    socklen_t size;
    static const char *const GOOD[] = {"127.0.0.1:0", "localhost:80", "[::]:8000", "[::1]:1"};
    for (size_t i = 0; i < G_N_ELEMENTS(GOOD); i++)
        assert_true(http_address_parse(GOOD[i], &address, &size, NULL));
    static const char *const BAD[] = {"",         "8000",      ":8000",     "::1:80",
                                      "[::1]",    "[::1:80",   "1.2.3:80",  "1.2.3.4:65536",
                                      "1.2.3.4:", "a.host:80", "1.2.3.4:-1"};
    for (size_t i = 0; i < G_N_ELEMENTS(BAD); i++) {
        g_autoptr(GError) error = NULL;
        assert_false(http_address_parse(BAD[i], &address, &size, &error));
        assert_true(g_error_matches(error, BASE_ERROR, BASE_ERROR_INVALID));
    }
}

static void test_forwarded_client(void **state)
{
    (void)state;
    static const char *const PROXIES[] = {"127.0.0.1", "10.0.0.0/8", "fd00::/9", NULL};
    struct http_networks *trusted = http_networks_create(PROXIES, NULL);
    static const struct {
        const char *value;
        const char *client;
    } CASES[] = {
        {"203.0.113.9", "203.0.113.9"},
        {"1.1.1.1, 203.0.113.9", "203.0.113.9"},
        {"203.0.113.9, 10.1.2.3 ,127.0.0.1", "203.0.113.9"},
        {"2001:db8::1, fd00::2", "2001:db8::1"},
        {"::ffff:203.0.113.9", "203.0.113.9"},
        {"10.1.2.3", "10.1.2.3"},
        {"nonsense, 10.1.2.3", "10.1.2.3"},
        {"nonsense", NULL},
        {"", NULL},
        {"1.2.3.4,", NULL},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        struct http_ip ip;
        char text[INET6_ADDRSTRLEN];
        bool found = http_forwarded_client(trusted, CASES[i].value, strlen(CASES[i].value), &ip);
        assert_int_equal(found, CASES[i].client != NULL);
        if (!found)
            continue;
        http_ip_format(&ip, text);
        assert_string_equal(text, CASES[i].client);
    }
    struct http_ip ip;
    assert_true(http_ip_parse("fd7f::1", &ip) && http_networks_contain(trusted, &ip));
    assert_true(http_ip_parse("fd80::1", &ip) && !http_networks_contain(trusted, &ip));
    assert_true(http_ip_parse("11.0.0.1", &ip) && !http_networks_contain(trusted, &ip));
    http_networks_destroy(trusted);

    static const char *const BAD[] = {"10.0.0.0/33", NULL};
    g_autoptr(GError) error = NULL;
    assert_null(http_networks_create(BAD, &error));
    assert_true(g_error_matches(error, BASE_ERROR, BASE_ERROR_INVALID));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finds_routes),       cmocka_unit_test(test_allow_and_params),
        cmocka_unit_test(test_refuses_bad_tables), cmocka_unit_test(test_listen_addresses),
        cmocka_unit_test(test_forwarded_client),
    };
    return cmocka_run_group_tests_name("http router", tests, NULL, NULL);
}
