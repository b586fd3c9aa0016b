/*
 * Static files: what is served, what never is, and how a browser finds out that nothing changed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

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

static void link_file(const char *target, const char *name)
{
    g_autofree char *path = g_build_filename(root, name, NULL);
    assert_int_equal(symlink(target, path), 0);
}

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
        cmocka_unit_test(test_what_is_served),
        cmocka_unit_test(test_unchanged_files),
        cmocka_unit_test(test_methods_and_headers),
        cmocka_unit_test(test_errors_at_start),
    };
    return cmocka_run_group_tests_name("http files", tests, start, stop);
}
