/* The route table itself: roles, and that docs/openapi.json says the same. */
#include "../unit.h"

#include "api/api.h"
#include "base/json.h"

#include <string.h>

static json_t *load_contract(void)
{
    const char *source = g_getenv("PRESENTE_SOURCE_DIR");
    g_autofree char *path = g_build_filename(source ? source : ".", "docs", "openapi.json", NULL);
    g_autofree char *text = NULL;
    gsize size;
    GError *error = NULL;

    if (!g_file_get_contents(path, &text, &size, NULL))
        fail_msg("docs/openapi.json is missing");
    json_t *contract = base_json_parse(text, size, &error);
    assert_no_error(error);
    return contract;
}

static unsigned access_of(json_t *operation)
{
    json_t *roles = json_object_get(operation, "x-roles");
    unsigned access = 0;
    size_t i;
    json_t *role;

    json_array_foreach(roles, i, role)
    {
        enum core_role known;
        if (strcmp(json_string_value(role), "anyone") == 0)
            access |= API_ANYONE;
        else if (strcmp(json_string_value(role), "device") == 0)
            access |= API_DEVICE;
        else if (core_role_from_name(json_string_value(role), &known))
            access |= API_ROLE(known);
        else
            fail_msg("unknown role in the contract: %s", json_string_value(role));
    }
    return access;
}

static const struct http_route *find_route(const char *method, const char *path)
{
    size_t n;
    const struct http_route *routes = api_routes(&n);

    for (size_t i = 0; i < n; i++)
        if (g_ascii_strcasecmp(http_method_name(routes[i].method), method) == 0 &&
            strcmp(routes[i].path, path) == 0)
            return &routes[i];
    return NULL;
}

static void contract_lists_exactly_our_routes_and_roles(void **state)
{
    (void)state;
    g_autoptr(json_t) contract = load_contract();
    json_t *paths = json_object_get(contract, "paths"), *operations, *operation;
    const char *path, *method;
    size_t documented = 0, n;

    json_object_foreach(paths, path, operations)
    {
        json_object_foreach(operations, method, operation)
        {
            const struct http_route *route = find_route(method, path);
            if (!route)
                fail_msg("%s %s is in the contract, but not a route", method, path);
            if (route->access != access_of(operation))
                fail_msg("%s %s: roles differ from the contract", method, path);
            documented++;
        }
    }
    api_routes(&n);
    assert_int_equal(documented, n);
}

static void contract_and_routes_accept_the_same_bodies(void **state)
{
    (void)state;
    g_autoptr(json_t) contract = load_contract();
    json_t *paths = json_object_get(contract, "paths");
    size_t n;
    const struct http_route *routes = api_routes(&n);

    for (size_t i = 0; i < n; i++) {
        g_autofree char *method = g_ascii_strdown(http_method_name(routes[i].method), -1);
        json_t *operation = json_object_get(json_object_get(paths, routes[i].path), method);
        json_t *body = json_object_get(operation, "requestBody");
        json_t *content = json_object_get(body, "content");
        if (routes[i].body_max == 0 || routes[i].body_optional) {
            assert_null(body);
            continue;
        }
        size_t types = 0;
        for (; routes[i].types[types]; types++)
            if (!json_object_get(content, routes[i].types[types]))
                fail_msg("%s %s: %s is not in the contract", method, routes[i].path,
                         routes[i].types[types]);
        assert_int_equal(types, json_object_size(content));
    }
}

/* What changes something is never open to everybody, but for these. */
static void only_marking_and_signing_in_are_open_writes(void **state)
{
    (void)state;
    static const char *const OPEN[] = {
        "/login",           "/register",     "/attendance/mark", "/attendance/marks/{id}/not-me",
        "/password/forgot", "/password/set", "/unsubscribe",     "/faces/check",
        "/challenges",      "/devices/pair"};
    size_t n;
    const struct http_route *routes = api_routes(&n);

    for (size_t i = 0; i < n; i++) {
        bool is_listed = false;
        for (size_t j = 0; j < G_N_ELEMENTS(OPEN); j++)
            is_listed |= strcmp(routes[i].path, OPEN[j]) == 0;
        if (routes[i].method != HTTP_METHOD_GET && routes[i].access & API_NOBODY && !is_listed)
            fail_msg("%s is open to everybody", routes[i].path);
    }
}

static void every_route_lets_administrators_or_kiosks_in(void **state)
{
    (void)state;
    size_t n;
    const struct http_route *routes = api_routes(&n);

    for (size_t i = 0; i < n; i++) {
        assert_true(routes[i].access & (API_ADMIN | API_DEVICE));
        assert_non_null(routes[i].handler);
        assert_int_equal(routes[i].body_max > 0, routes[i].types != NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(contract_lists_exactly_our_routes_and_roles),
        cmocka_unit_test(contract_and_routes_accept_the_same_bodies),
        cmocka_unit_test(only_marking_and_signing_in_are_open_writes),
        cmocka_unit_test(every_route_lets_administrators_or_kiosks_in),
    };
    return cmocka_run_group_tests_name("api routes", tests, NULL, NULL);
}
