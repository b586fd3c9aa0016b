#include "fixture.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

struct fixture_app fixture_app = {.lock = PTHREAD_MUTEX_INITIALIZER,
                                  .changed = PTHREAD_COND_INITIALIZER};

static void show(void *context, struct http_request *request, struct http_response *response)
{
    (void)context;
    const char *id = http_request_param(request, "id");
    const char *q = http_request_query(request, "q");
    const char *token = http_request_cookie(request, "token");
    const char *header = http_request_header(request, "x-test");
    g_autofree char *text =
        g_strdup_printf("%s %s id=%s q=%s token=%s x=%s body=%zu peer=%s secure=%d",
                        http_method_name(request->method), request->path, id ? id : "-",
                        q ? q : "-", token ? token : "-", header ? header : "-", request->body_size,
                        request->peer, http_request_secure(request));
    http_response_text(response, 200, text);
}

static void echo(void *context, struct http_request *request, struct http_response *response)
{
    (void)context;
    g_autoptr(GBytes) bytes = g_bytes_new(request->body, request->body_size);
    http_response_bytes(response, 201, request->content_type ? request->content_type : "none/none",
                        bytes);
}

static void key(void *context, struct http_request *request, struct http_response *response)
{
    (void)context;
    http_response_text(response, 200, http_request_client_key(request));
}

static void gate(void *context, struct http_request *request, struct http_response *response)
{
    (void)request;
    struct fixture_app *shared = context;
    pthread_mutex_lock(&shared->lock);
    shared->entered++;
    pthread_cond_broadcast(&shared->changed);
    while (!shared->open)
        pthread_cond_wait(&shared->changed, &shared->lock);
    pthread_mutex_unlock(&shared->lock);
    http_response_text(response, 200, "through");
}

static void fails(void *context, struct http_request *request, struct http_response *response)
{
    (void)context;
    (void)request;
    g_autoptr(GError) error =
        g_error_new(BASE_ERROR, BASE_ERROR_CONFLICT, "\"twice\"\n\\ is too often");
    http_response_gerror(response, error);
}

static void nothing(void *context, struct http_request *request, struct http_response *response)
{
    (void)context;
    (void)request;
    (void)response;
}

static void page(void *context, struct http_request *request, struct http_response *response)
{
    (void)context;
    (void)request;
    static const struct http_cookie COOKIE = {.name = "token", .value = "abc", .max_age = 60};
    g_autoptr(GBytes) bytes = g_bytes_new_static("<p>", 3);
    http_response_bytes(response, 200, "text/html; charset=utf-8", bytes);
    http_response_cookie(response, &COOKIE);
    http_response_header(response, "Cache-Control", "max-age=1");
    http_response_header(response, "X-Bad", "a\r\nSet-Cookie: b");
    http_response_attachment(response, "Zo\xc3\xab \"1\".csv");
}

/* A file without a name that ends with its size's last digit. */
static void file(void *context, struct http_request *request, struct http_response *response)
{
    (void)context;
    (void)request;
    g_autofree char *piece = g_strnfill(FIXTURE_FILE_SIZE, 'a');
    const int fd = open(g_get_tmp_dir(), O_TMPFILE | O_RDWR, 0600);
    assert_true(fd >= 0);
    piece[FIXTURE_FILE_SIZE - 1] = 'z';
    assert_int_equal(write(fd, piece, FIXTURE_FILE_SIZE), FIXTURE_FILE_SIZE);
    http_response_file(response, 200, "application/pdf", fd, FIXTURE_FILE_SIZE);
    http_response_attachment(response, "report.pdf");
}

/* One that another answer takes the place of: the descriptor must not stay open. */
static void file_replaced(void *context, struct http_request *request,
                          struct http_response *response)
{
    file(context, request, response);
    http_response_text(response, 404, "gone");
}

static void forget(void *identity)
{
    struct fixture_app *shared = identity;
    pthread_mutex_lock(&shared->lock);
    shared->forgotten++;
    pthread_mutex_unlock(&shared->lock);
}

static bool authorise(void *context, struct http_request *request, const struct http_route *route,
                      struct http_response *response)
{
    if (!route->access)
        return true;
    if (!http_request_header(request, "Authorization")) {
        http_response_error(response, 401, "unauthenticated", "sign in first", "{\"a\":1}");
        return false;
    }
    request->identity = context;
    request->identity_destroy = forget;
    return true;
}

static const char *const TYPES[] = {"application/json", "multipart/form-data", NULL};

static const struct http_route ROUTES[] = {
    {.path = "/show", .lane = HTTP_LANE_EVENT, .handler = show},
    {.path = "/show/{id}", .lane = HTTP_LANE_QUICK, .handler = show},
    {.method = HTTP_METHOD_DELETE, .path = "/show/{id}", .handler = show},
    {.method = HTTP_METHOD_POST,
     .path = "/echo",
     .lane = HTTP_LANE_HEAVY,
     .body_max = FIXTURE_BODY_MAX,
     .types = TYPES,
     .handler = echo},
    {.method = HTTP_METHOD_PUT,
     .path = "/echo",
     .body_max = FIXTURE_BODY_MAX,
     .types = TYPES,
     .body_optional = true,
     .handler = echo},
    {.method = HTTP_METHOD_PUT,
     .path = "/large",
     .body_max = FIXTURE_LARGE_MAX,
     .types = TYPES,
     .handler = show},
    {.path = "/key", .handler = key},
    {.path = "/gate", .lane = HTTP_LANE_HEAVY, .handler = gate},
    {.method = HTTP_METHOD_DELETE, .path = "/gate", .lane = HTTP_LANE_QUICK, .handler = gate},
    {.path = "/fails", .handler = fails},
    {.path = "/nothing", .handler = nothing},
    {.path = "/page", .csp = "default-src 'self' 'unsafe-inline'", .handler = page},
    {.path = "/file", .lane = HTTP_LANE_HEAVY, .handler = file},
    {.path = "/file/replaced", .lane = HTTP_LANE_HEAVY, .handler = file_replaced},
    {.path = "/private", .access = 1, .handler = show},
};

void fixture_options(struct http_options *options)
{
    http_options_init(options);
    options->listen = "127.0.0.1:0";
    options->lanes[HTTP_LANE_QUICK].threads = 2;
    options->lanes[HTTP_LANE_HEAVY] = (struct http_lane_options){.threads = 1, .queue_max = 2};
    options->app = &fixture_app;
    options->authorise = authorise;
    options->routes = ROUTES;
    options->routes_n = G_N_ELEMENTS(ROUTES);
}

struct http_server *fixture_start(const struct http_options *options)
{
    g_autoptr(GError) error = NULL;
    struct http_server *server = http_server_create(options, &error);
    if (!server || !http_server_start(server, &error))
        fail_msg("%s", error->message);
    return server;
}

void gate_reset(void)
{
    pthread_mutex_lock(&fixture_app.lock);
    fixture_app.open = false;
    fixture_app.entered = 0;
    pthread_mutex_unlock(&fixture_app.lock);
}

void gate_wait(unsigned entered)
{
    pthread_mutex_lock(&fixture_app.lock);
    while (fixture_app.entered < entered)
        pthread_cond_wait(&fixture_app.changed, &fixture_app.lock);
    pthread_mutex_unlock(&fixture_app.lock);
}

void gate_open(void)
{
    pthread_mutex_lock(&fixture_app.lock);
    fixture_app.open = true;
    pthread_cond_broadcast(&fixture_app.changed);
    pthread_mutex_unlock(&fixture_app.lock);
}

void expect_body(unsigned port, const char *request, unsigned status, const char *body)
{
    struct answer answer = client_ask(port, request);
    if (answer.status != status || (body && strcmp(answer.body, body)))
        fail_msg("%s: %u %s", request, answer.status, answer.body ? answer.body : "");
    answer_clear(&answer);
}

void expect_header(const struct answer *answer, const char *name, const char *value)
{
    g_autofree char *found = answer_header(answer, name);
    if (g_strcmp0(found, value))
        fail_msg("%s: %s, expected %s", name, found, value);
}
