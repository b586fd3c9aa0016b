/*
 * Static files: what is served, what never is, and how a browser finds out that nothing changed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <utime.h>

#include <cmocka.h>
#include <glib/gstdio.h>

#include "../folder.h"
#include "base/error.h"
#include "client.h"
#include "http/http.h"

#define HOST "Host: test\r\n"

static char *root;
static struct http_server *server;

static void write_file(const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(root, name, NULL);
    g_autofree char *directory = g_path_get_dirname(path);
    assert_int_equal(g_mkdir_with_parents(directory, 0700), 0);
    assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void make_older(const char *name, int seconds)
{
    g_autofree char *path = g_build_filename(root, name, NULL);
    const time_t then = time(NULL) - seconds;
    assert_int_equal(g_utime(path, &(struct utimbuf){then, then}), 0);
}

static void link_file(const char *target, const char *name)
{
    g_autofree char *path = g_build_filename(root, name, NULL);
    assert_int_equal(symlink(target, path), 0);
}

static void data_of_kiosk(void *app, struct http_request *request, struct http_response *response)
{
    (void)app;
    (void)request;
    http_response_json(response, 200, "{}", 2);
}

static const struct http_route ROUTES[] = {
    {HTTP_METHOD_GET, "/kiosk", 0, HTTP_LANE_QUICK, .handler = data_of_kiosk},
    {HTTP_METHOD_DELETE, "/kiosk", 0, HTTP_LANE_QUICK, .handler = data_of_kiosk},
};

static int start(void **state)
{
    (void)state;
    root = g_dir_make_tmp("presente-files-XXXXXX", NULL);
    write_file("secret.txt", "secret");
    write_file("web/index.html", "<p>page");
    write_file("web/app.js", "1");
    write_file("web/css/a.css", "a{}");
    write_file("web/empty.txt", "");
    write_file("web/.hidden", "no");
    write_file("web/odd.bin", "x");
    write_file("docs/index.html", "<p>docs");
    g_autofree char *large = g_strnfill(4000, 'x');
    write_file("web/large.js", large);
    write_file("web/large.js.br", "made before");
    write_file("web/ready.css", "a { color: red }");
    write_file("web/ready.css.gz", "gzip made before");
    write_file("web/ready.css.br", "brotli of an older file");
    make_older("web/ready.css.br", 60);
    write_file("web/list.csv.gz", "of no other file");
    write_file("web/kiosk.html", "<p>kiosk");
    write_file("web/css/page.html", "<p>deep");
    link_file("../secret.txt", "web/escape.txt");
    link_file("../../", "web/css/up");
    link_file("app.js", "web/same.js");
    link_file("nowhere", "web/dangling.js");

    struct http_options options;
    http_options_init(&options);
    g_autofree char *web = g_build_filename(root, "web", NULL);
    g_autofree char *docs = g_build_filename(root, "docs", NULL);
    const struct http_directory directories[] = {
        {.prefix = "/", .directory = web, .index = "index.html"},
        {.prefix = "/docs/", .directory = docs, .index = "index.html", .csp = "default-src data:"},
    };
    options.listen = "127.0.0.1:0";
    options.routes = ROUTES;
    options.routes_n = G_N_ELEMENTS(ROUTES);
    options.directories = directories;
    options.directories_n = G_N_ELEMENTS(directories);
    server = http_server_create(&options, NULL);
    return server && http_server_start(server, NULL) ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    http_server_destroy(server);
    unit_folder_remove(root);
    g_free(root);
    return 0;
}

static struct answer get(const char *path, const char *headers)
{
    g_autofree char *request = g_strdup_printf("GET %s HTTP/1.1\r\n" HOST "%s\r\n", path, headers);
    return client_ask(http_server_port(server), request);
}

static void test_what_is_served(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        unsigned status;
        const char *type;
        const char *body;
    } CASES[] = {
        {"/", 200, "text/html; charset=utf-8", "<p>page"},
        {"/app.js", 200, "text/javascript; charset=utf-8", "1"},
        {"/same.js", 200, "text/javascript; charset=utf-8", "1"},
        {"/css/a.css?v=1", 200, "text/css; charset=utf-8", "a{}"},
        {"/odd.bin", 200, "application/octet-stream", "x"},
        {"/empty.txt", 200, "text/plain; charset=utf-8", ""},
        {"/docs/", 200, "text/html; charset=utf-8", "<p>docs"},
        {"/docs", 301, NULL, ""},
        {"/index.html", 404, NULL, NULL},
        {"/kiosk.html", 404, NULL, NULL},
        {"/large.js.br", 404, NULL, NULL},
        {"/ready.css.gz", 404, NULL, NULL},
        {"/list.csv.gz", 200, "application/octet-stream", "of no other file"},
        {"/css/page.html", 200, "text/html; charset=utf-8", "<p>deep"},
        {"/.hidden", 404, NULL, NULL},
        {"/escape.txt", 404, NULL, NULL},
        {"/css/up/secret.txt", 404, NULL, NULL},
        {"/dangling.js", 404, NULL, NULL},
        {"/css", 404, NULL, NULL},
        {"/css/", 404, NULL, NULL},
        {"/../secret.txt", 400, NULL, NULL},
        {"/%2e%2e/secret.txt", 400, NULL, NULL},
        {"/..%2fsecret.txt", 400, NULL, NULL},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        struct answer answer = get(CASES[i].path, "");
        g_autofree char *type = answer_header(&answer, "Content-Type");
        if (answer.status != CASES[i].status)
            fail_msg("%s: %u", CASES[i].path, answer.status);
        if (CASES[i].type)
            assert_string_equal(type, CASES[i].type);
        if (CASES[i].body)
            assert_string_equal(answer.body, CASES[i].body);
        answer_clear(&answer);
    }
}

static void test_unchanged_files(void **state)
{
    (void)state;
    struct answer answer = get("/app.js", "");
    g_autofree char *etag = answer_header(&answer, "ETag");
    assert_non_null(etag);
    answer_clear(&answer);

    g_autofree char *same = g_strdup_printf("If-None-Match: \"x\", %s\r\n", etag);
    answer = get("/app.js", same);
    g_autofree char *again = answer_header(&answer, "ETag");
    assert_int_equal(answer.status, 304);
    assert_string_equal(again, etag);
    answer_clear(&answer);

    answer = get("/app.js", "If-None-Match: \"other\"\r\n");
    assert_int_equal(answer.status, 200);
    answer_clear(&answer);
}

static void assert_header(const struct answer *answer, const char *name, const char *value)
{
    g_autofree char *found = answer_header(answer, name);

    if (g_strcmp0(found, value) != 0)
        fail_msg("%s: %s", name, found ? found : "(none)");
}

/* Each coding is a representation with a tag of its own. */
static void test_compressed_files(void **state)
{
    (void)state;
    struct answer plain = get("/large.js", "");
    struct answer packed = get("/large.js", "Accept-Encoding: gzip\r\n");
    g_autofree char *plain_tag = answer_header(&plain, "ETag");
    g_autofree char *packed_tag = answer_header(&packed, "ETag");
    g_autofree char *length = answer_header(&packed, "Content-Length");

    assert_header(&plain, "Content-Encoding", NULL);
    assert_header(&plain, "Vary", "Accept-Encoding");
    assert_header(&plain, "Content-Length", "4000");
    assert_header(&packed, "Content-Encoding", "gzip");
    assert_header(&packed, "Vary", "Accept-Encoding");
    assert_header(&packed, "Content-Type", "text/javascript; charset=utf-8");
    assert_true(g_ascii_strtoull(length, NULL, 10) < 100);
    assert_string_not_equal(plain_tag, packed_tag);
    assert_false(g_str_has_prefix(packed_tag, "W/"));
    answer_clear(&plain);
    answer_clear(&packed);

    const struct {
        const char *accept;
        const char *tag;
        unsigned status;
    } CASES[] = {
        {"gzip", packed_tag, 304},    {"gzip", plain_tag, 200},
        {"gzip;q=0", plain_tag, 304}, {"gzip;q=0", packed_tag, 200},
        {"identity", plain_tag, 304}, {"br;q=0.4, gzip", packed_tag, 304},
        {"br", packed_tag, 200},      {"gzip;q=0.3, identity;q=0.2", packed_tag, 304},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        g_autofree char *headers = g_strdup_printf("Accept-Encoding: %s\r\nIf-None-Match: %s\r\n",
                                                   CASES[i].accept, CASES[i].tag);
        struct answer answer = get("/large.js", headers);
        if (answer.status != CASES[i].status)
            fail_msg("%s: %u", headers, answer.status);
        assert_header(&answer, "Vary", "Accept-Encoding");
        answer_clear(&answer);
    }
    struct answer brotli = get("/large.js", "Accept-Encoding: gzip, br\r\n");
    g_autofree char *brotli_tag = answer_header(&brotli, "ETag");
    assert_header(&brotli, "Content-Encoding", "br");
    assert_string_equal(brotli.body, "made before");
    assert_string_not_equal(brotli_tag, packed_tag);
    assert_string_not_equal(brotli_tag, plain_tag);
    answer_clear(&brotli);
    /* What was made before is taken, unless the file was changed since. */
    struct answer ready = get("/ready.css", "Accept-Encoding: gzip, br\r\n");
    assert_header(&ready, "Content-Encoding", "gzip");
    assert_string_equal(ready.body, "gzip made before");
    answer_clear(&ready);
    /* Too small to gain anything. */
    struct answer small = get("/app.js", "Accept-Encoding: gzip\r\n");
    assert_header(&small, "Content-Encoding", NULL);
    assert_header(&small, "Vary", NULL);
    assert_string_equal(small.body, "1");
    answer_clear(&small);
}

/* A page may have the address of a route: who goes there gets the page, who asks for data gets
 * that. */
static void test_pages_beside_routes(void **state)
{
    (void)state;
    static const struct {
        const char *headers;
        const char *body;
    } CASES[] = {
        {"Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n", "<p>kiosk"},
        {"Accept: application/json, Text/HTML;q=0.1\r\n", "<p>kiosk"},
        {"Accept: */*\r\n", "{}"},
        {"Accept: application/json\r\n", "{}"},
        {"Accept: text/htmlx\r\n", "{}"},
        {"", "{}"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        struct answer answer = get("/kiosk", CASES[i].headers);
        assert_int_equal(answer.status, 200);
        assert_string_equal(answer.body, CASES[i].body);
        if (*answer.body == '<')
            assert_header(&answer, "Vary", "Accept");
        answer_clear(&answer);
    }
    struct answer answer = client_ask(http_server_port(server), "DELETE /kiosk HTTP/1.1\r\n" HOST
                                                                "Accept: text/html\r\n\r\n");
    assert_string_equal(answer.body, "{}");
    answer_clear(&answer);
}

static void test_methods_and_headers(void **state)
{
    (void)state;
    struct answer answer = client_ask(http_server_port(server),
                                      "POST / HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n");
    g_autofree char *allow = answer_header(&answer, "Allow");
    assert_int_equal(answer.status, 405);
    assert_string_equal(allow, "GET, HEAD");
    answer_clear(&answer);

    answer = client_ask(http_server_port(server), "HEAD / HTTP/1.1\r\n" HOST "\r\n");
    g_autofree char *length = answer_header(&answer, "Content-Length");
    g_autofree char *policy = answer_header(&answer, "Content-Security-Policy");
    assert_int_equal(answer.status, 200);
    assert_string_equal(length, "7");
    assert_true(g_str_has_prefix(policy, "default-src 'self'; img-src 'self' data: blob:"));
    answer_clear(&answer);

    answer = get("/docs/", "");
    g_autofree char *own = answer_header(&answer, "Content-Security-Policy");
    assert_string_equal(own, "default-src data:");
    answer_clear(&answer);
}

static void test_errors_at_start(void **state)
{
    (void)state;
    static const struct http_directory BAD[] = {
        {.prefix = "/", .directory = "/nonexistent/presente"},
        {.prefix = "docs/", .directory = "/"},
        {.prefix = "/docs", .directory = "/"},
        {.prefix = "", .directory = "/"},
    };
    static const int CODES[] = {BASE_ERROR_IO, BASE_ERROR_INVALID, BASE_ERROR_INVALID,
                                BASE_ERROR_INVALID};
    for (size_t i = 0; i < G_N_ELEMENTS(BAD); i++) {
        struct http_options options;
        http_options_init(&options);
        options.listen = "127.0.0.1:0";
        options.directories = &BAD[i];
        options.directories_n = 1;
        g_autoptr(GError) error = NULL;
        assert_null(http_server_create(&options, &error));
        assert_true(g_error_matches(error, BASE_ERROR, CODES[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_served),      cmocka_unit_test(test_unchanged_files),
        cmocka_unit_test(test_compressed_files),    cmocka_unit_test(test_pages_beside_routes),
        cmocka_unit_test(test_methods_and_headers), cmocka_unit_test(test_errors_at_start),
    };
    return cmocka_run_group_tests_name("http files", tests, start, stop);
}
