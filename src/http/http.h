/*
 * The HTTP/1.1 server: requests in, responses out (RFC 9110, RFC 9112).
 *
 * A server has a table of routes. What reaches a handler has passed the request guard (guard.h):
 * one valid Host, one way to measure the body, a decoded UTF-8 path without traversal, a known
 * content type, a body within the route's limit. Everything else is answered here with the right
 * 4xx, as `{"error":{"code","message"}}`.
 *
 * Handlers run in lanes: bounded pools of threads. When a lane's queue is full the client is told
 * 503 with Retry-After at once. A handler owns its request and response until it returns; nothing
 * of either may be kept after that, unless copied.
 */
#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum http_method {
    HTTP_METHOD_GET, /* HEAD is answered by the route for GET, without the body */
    HTTP_METHOD_POST,
    HTTP_METHOD_PUT,
    HTTP_METHOD_PATCH,
    HTTP_METHOD_DELETE,
    HTTP_METHOD_N,
};

enum http_lane {
    HTTP_LANE_QUICK, /* a few small database statements */
    HTTP_LANE_HEAVY, /* faces, password hashing, long lists: milliseconds of one core and more */
    HTTP_LANE_LONG,  /* seconds, of several cores; of its own, so that no other request waits behind
                      */
    HTTP_LANE_EVENT, /* answers from memory, on the event thread itself; must never wait */
    HTTP_LANE_N,
};

/* "GET", "POST"... */
const char *http_method_name(enum http_method method);

struct http_pair {
    const char *name;
    const char *value;
};

#define HTTP_PARAMS_MAX 4
#define HTTP_QUERY_MAX 32

struct http_route;

/*
 * One request. Strings are NUL-terminated valid UTF-8 without control characters (header values
 * and the body are as they came) and live until the handler returns.
 */
struct http_request {
    enum http_method method;
    bool head;                      /* HEAD: answer as for GET, the body is dropped */
    const struct http_route *route; /* the route that matched */
    const char *path;               /* decoded, without the query: "/users/Zoë" */
    const char *peer;         /* the client's address, such as "203.0.113.9" or "2001:db8::1" */
    const char *content_type; /* media type, lower case, without parameters; NULL: no body */
    const void *body;         /* never NULL; body_size bytes */
    size_t body_size;
    const struct http_pair *query; /* decoded, in the order sent, duplicates kept */
    size_t query_n;
    /* Whoever the authorise hook recognised; destroyed with identity_destroy (may be NULL) after
     * the handler. */
    void *identity;
    GDestroyNotify identity_destroy;
};

/* The value that a path's "{name}" took, decoded and never empty; NULL when the pattern has no
 * such name. */
const char *http_request_param(const struct http_request *request, const char *name);

/* First value of a query parameter; NULL when absent, "" when it has no value. */
const char *http_request_query(const struct http_request *request, const char *name);

/* First header of that name (any case), surrounding blanks removed; NULL when absent. */
const char *http_request_header(const struct http_request *request, const char *name);

/* A cookie's value, copied into the request's own memory; NULL when absent. */
const char *http_request_cookie(struct http_request *request, const char *name);

/* The text by which limits know a client: `peer`, but of an IPv6 address only its /64 network
 * ("2001:db8:1:2::/64"), because one client has all addresses of that. Lives as long as `peer`. */
const char *http_request_client_key(const struct http_request *request);

/* Whether the client came over TLS: X-Forwarded-Proto of a trusted proxy says https. */
bool http_request_secure(const struct http_request *request);

/*
 * The answer. It starts as 204 without a body; each of the setters below replaces status, type
 * and body, and leaves headers as they are. Security headers are added by the server.
 */
struct http_response;

/* Copies `text` (UTF-8) as text/plain. */
void http_response_text(struct http_response *response, unsigned status, const char *text);
/* Copies `size` bytes of JSON. */
void http_response_json(struct http_response *response, unsigned status, const char *json,
                        size_t size);
/* Takes a NUL-terminated JSON text from malloc (what json_dumps returns) or g_malloc. A NULL text
 * answers 500. */
void http_response_json_take(struct http_response *response, unsigned status, char *json);
/* Any content; takes a reference to `bytes`. `type` is copied. */
void http_response_bytes(struct http_response *response, unsigned status, const char *type,
                         GBytes *bytes);
/* A file's first `size` bytes, read while they are sent, so that the answer may be larger than
 * memory. Takes the descriptor, which may be of a file without a name, and closes it; the file must
 * not become shorter. The client has a second more for each 64 KiB to take it. */
void http_response_file(struct http_response *response, unsigned status, const char *type, int fd,
                        uint64_t size);
/* `{"error":{"code","message","details"}}`; `details` is JSON text or NULL. */
void http_response_error(struct http_response *response, unsigned status, const char *code,
                         const char *message, const char *details);
/* The same from a GError: a BASE_ERROR by its code (see http_status_of), anything else 500 with
 * the message logged and not shown, as for BASE_ERROR_INTERNAL, _CORRUPT and _IO. */
void http_response_gerror(struct http_response *response, const GError *error);
void http_response_no_content(struct http_response *response);
/* No body at all: 204, 304. */
void http_response_status_only(struct http_response *response, unsigned status);
/* `location` is a path of this server or a URL; status 301, 302, 303, 307 or 308. */
void http_response_redirect(struct http_response *response, unsigned status, const char *location);

/* Adds a header (both copied). A name or value with characters that a header may not have is a
 * bug of the caller: logged and left out. Replaces one of the same name, except Set-Cookie. A
 * handler's own Cache-Control or Content-Security-Policy replaces the server's. */
void http_response_header(struct http_response *response, const char *name, const char *value);
/* Seconds until the client may try again. */
void http_response_retry_after(struct http_response *response, unsigned seconds);
/* "attachment; filename=..." safe for any UTF-8 name (RFC 6266). */
void http_response_attachment(struct http_response *response, const char *filename);

struct http_cookie {
    const char *name;
    const char *value; /* cookie-octets only (RFC 6265), such as base64url */
    const char *path;  /* NULL: "/" */
    int64_t max_age;   /* seconds; 0 deletes the cookie, -1 keeps it for the session */
    bool secure;
    bool script_may_read; /* default is HttpOnly */
    bool lax;             /* default is SameSite=Strict */
};
void http_response_cookie(struct http_response *response, const struct http_cookie *cookie);

unsigned http_response_status(const struct http_response *response);

/* 400, 401, 403, 404, 409, 413, 415, 429, 503 or 500 for the codes of BASE_ERROR. */
unsigned http_status_of(const GError *error);

typedef void (*http_handler)(void *app, struct http_request *request,
                             struct http_response *response);

/*
 * Runs in the route's lane before its handler. Answers true to go on (it may set
 * request->identity), or fills in the response and answers false.
 */
typedef bool (*http_authorise)(void *app, struct http_request *request,
                               const struct http_route *route, struct http_response *response);

struct http_route {
    enum http_method method;
    const char *path; /* "/users/{id}/faces"; a literal wins over a parameter */
    uint32_t access;  /* means nothing here: for the authorise hook */
    enum http_lane lane;
    size_t body_max;          /* bytes; 0: the route takes no body */
    const char *const *types; /* accepted media types, NULL-terminated; needed with body_max */
    bool body_optional;       /* a request without a body reaches the handler (else 411) */
    const char *csp;          /* replaces the Content-Security-Policy; NULL: the default */
    http_handler handler;
    bool waits; /* QUICK only: may wait for a disk, so never on an event thread */
    /* A request without credentials is answered on the event thread, whatever the lanes are busy
     * with: the handler must not wait for anything then. */
    bool instant;
};

/* Files of a directory served under a prefix, read into memory at start. */
struct http_directory {
    const char *prefix;    /* "/" or "/docs/": begins and ends with a slash */
    const char *directory; /* symbolic links that lead out of it and dot files are left out */
    const char *index;     /* what the prefix itself answers, such as "index.html"; may be NULL */
    const char *csp;       /* as in http_route */
};

struct http_lane_options {
    unsigned threads;   /* QUICK only: 0 runs all its handlers on the event threads */
    unsigned queue_max; /* jobs waiting, beyond those that run */
};

struct http_options {
    const char *listen; /* "127.0.0.1:8000", "[::]:8000"; port 0: any free port */
    unsigned event_threads;
    struct http_lane_options lanes[HTTP_LANE_EVENT]; /* by HTTP_LANE_QUICK, _HEAVY, _LONG */
    /* GET handlers of the QUICK lane run on the event threads, which saves the hop to another
     * thread and back: right as long as reading never waits for a writer. */
    bool reads_inline;
    /* Bytes of request bodies held at once, by all clients: 503 over it, and for a body over 1 MiB
     * also when it needs more than a quarter of what the others left. */
    size_t body_memory_max;
    unsigned header_seconds;  /* a request's head must be complete in this time */
    unsigned body_seconds;    /* ... and its body in this time and a second for each 16 KiB */
    unsigned pause_seconds;   /* no longer pause within a body */
    unsigned idle_seconds;    /* a connection may wait this long for its next request */
    unsigned send_seconds;    /* the client must have read the answer in this time */
    unsigned drain_seconds;   /* http_server_stop waits so long for requests under way; then those
                                 still queued are answered 503, and only running ones finish */
    void (*hurry)(void *app); /* called then, to have the running ones wait no longer; or NULL */
    unsigned connections_max;
    unsigned connections_per_address_max; /* 0: no limit; trusted proxies have none */
    unsigned streams_max;                 /* connections that listen at once (stream.h) */
    unsigned streams_per_listener_max;    /* 0: no limit */
    unsigned stream_comment_seconds;      /* after so long without an event one gets a comment */
    unsigned stream_retry_seconds;        /* what who comes as one too many is told */
    const char *const *trusted_proxies;   /* addresses or networks ("10.0.0.0/8"), NULL-terminated;
                                             NULL: X-Forwarded-For means nothing */
    const char *const *cors_origins; /* "https://app.example.edu", NULL-terminated; NULL: off */
    unsigned hsts_seconds;           /* Strict-Transport-Security; 0: not sent */
    GLogLevelFlags access_log;       /* level of the line a request; 0: none */

    void *app;                       /* handed to the hook and the handlers */
    http_authorise authorise;        /* NULL: every route is open */
    const struct http_route *routes; /* the tables live as long as the server */
    size_t routes_n;
    const struct http_directory *directories;
    size_t directories_n;
};

/* Sensible values for one machine; everything the caller must fill in is zero. */
void http_options_init(struct http_options *options);

struct http_server;

/*
 * Checks the route table, reads the static files and binds the socket: after this the port is
 * ours, and connections wait until http_server_start. Strings in `options` must outlive the
 * server. BASE_ERROR_INVALID: an address or a route that makes no sense, two routes alike;
 * BASE_ERROR_IO: the port is taken, a directory cannot be read.
 */
struct http_server *http_server_create(const struct http_options *options, GError **error);
bool http_server_start(struct http_server *server, GError **error);
/* Stops accepting, lets requests under way finish, closes everything. May be called twice. */
void http_server_stop(struct http_server *server);
/* Stops first when needed; NULL is fine. */
void http_server_destroy(struct http_server *server);

/* The port listened on, also when the options said 0. */
unsigned http_server_port(const struct http_server *server);

#endif
