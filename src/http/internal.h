/*
 * What the files of this folder share and nobody else sees.
 */
#ifndef HTTP_INTERNAL_H
#define HTTP_INTERNAL_H

#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>

#include "base/pool.h"
#include "http/address.h"
#include "http/files.h"
#include "http/guard.h"
#include "http/http.h"
#include "http/router.h"
#include "http/stream.h"

/*
 * Memory of one request: small things are cut from a block that the connection keeps, large ones
 * come from the heap; all of it is gone at reset.
 */
#define HTTP_ARENA_BLOCK 2048

struct http_arena {
    size_t used;
    GSList *large;
    char block[HTTP_ARENA_BLOCK] __attribute__((aligned(16)));
};

void *http_arena_take(struct http_arena *arena, size_t size);
char *http_arena_copy(struct http_arena *arena, const char *text, size_t size);
void http_arena_reset(struct http_arena *arena);

#define HTTP_RESPONSE_HEADERS_MAX 32

struct http_response {
    struct http_arena *arena;
    unsigned status;
    const char *type; /* NULL: no body */
    const void *body;
    size_t body_size;
    GDestroyNotify body_free; /* called with body_owner */
    void *body_owner;
    int file;                   /* in place of a body; -1: none */
    struct http_stream *stream; /* likewise; NULL: none. The exchange's */
    uint64_t file_size;
    struct http_pair headers[HTTP_RESPONSE_HEADERS_MAX];
    size_t headers_n;
};

void http_response_init(struct http_response *response, struct http_arena *arena);
void http_response_clear(struct http_response *response);
/* A header set by the handler; NULL when it set none of that name. */
const char *http_response_get(const struct http_response *response, const char *name);

/* Moves the body into a library response with every header of ours; NULL when out of memory. */
struct MHD_Response *http_response_build(struct http_response *response,
                                         const struct http_options *options, const char *csp,
                                         const char *origin);

/* The security headers of a file or page; for files.c too. */
void http_security_headers(struct MHD_Response *built, const struct http_options *options,
                           const char *csp);

enum http_phase {
    HTTP_PHASE_IDLE, /* between two requests */
    HTTP_PHASE_HEAD, /* the request line has come */
    HTTP_PHASE_BODY, /* the head is complete; `built` already answers when it is refused */
    HTTP_PHASE_RUN,  /* a lane has it */
    HTTP_PHASE_SENT, /* the answer is in the library's hands */
};

/*
 * A connection and the one request it carries at a time. It belongs to its event thread, except
 * while the phase is RUN: then to the lane. The reaper reads `deadline` and `fd` at any time.
 */
struct http_exchange {
    struct http_request request; /* first: the handlers' pointer is this struct's */
    struct http_response response;
    struct http_server *server;
    struct MHD_Connection *connection;
    enum http_phase phase;
    const char *method_name;
    gint64 started; /* monotonic µs */
    unsigned status;
    struct MHD_Response *built; /* the answer, once there is one */
    bool built_is_shared;       /* a file's: not ours to change or free */
    bool close;                 /* the connection ends with this answer */
    bool discard;               /* what still comes of the body is thrown away */
    struct http_stream *stream; /* the answer is one; NULL: it is none */
    bool secure;

    const char *raw; /* where the target lies in the library's buffer; compared, never read */
    const char *target_text;
    size_t target_size;
    struct http_target target;
    const struct http_field *fields;
    size_t fields_n;
    struct http_framing framing;
    char media_type[80];

    char *body;
    size_t body_capacity; /* counted in the server's body memory */
    size_t body_size;
    size_t discarded;
    gint64 body_deadline;

    int fd;
    bool trusted; /* the peer is a trusted proxy */
    bool has_ip;
    struct http_ip ip;
    char peer[INET6_ADDRSTRLEN];
    char forwarded[INET6_ADDRSTRLEN];
    char client_key[HTTP_CLIENT_KEY_SIZE]; /* of the request's peer */
    _Atomic gint64 deadline;               /* monotonic µs; 0: none */
    GList link;                            /* in the server's list */

    struct http_arena arena;
};

struct http_server {
    struct http_options options;
    struct http_router *router;
    struct http_files *files;
    struct http_networks *trusted;
    struct base_pool *lanes[HTTP_LANE_EVENT]; /* NULL: on the event thread */
    struct MHD_Daemon *daemon;
    int listener; /* -1 when the library or nobody has it */
    unsigned port;
    _Atomic bool stopping;
    _Atomic bool drained; /* the time for requests under way is over */
    _Atomic unsigned
        active; /* requests between the end of their head and the end of their answer */
    _Atomic size_t body_memory;

    /* Of what follows. POSIX locks: the thread sanitizer understands them. */
    pthread_mutex_t lock;
    pthread_cond_t wake;
    GQueue exchanges;
    GHashTable *per_address; /* http_ip_client → number of its connections */
    bool reaping;
    GThread *reaper;

    pthread_mutex_t streams_lock; /* of the streams that somebody listens to; before each one's */
    GQueue streams;
};

/* The library's callbacks for requests (exchange.c). */
void *http_exchange_line(void *server, const char *target, struct MHD_Connection *connection);
enum MHD_Result http_exchange_step(void *server, struct MHD_Connection *connection, const char *url,
                                   const char *method, const char *version, const char *upload,
                                   size_t *upload_size, void **context);
void http_exchange_done(void *server, struct MHD_Connection *connection, void **context,
                        enum MHD_RequestTerminationCode code);
/* Frees what a request holds; the connection is ready for the next one. */
void http_exchange_reset(struct http_exchange *exchange);

/* The head of a request becomes a route with all it needs, or a refusal (head.c): the answer is
 * built and `close` says whether the connection can go on. */
void http_exchange_accept(struct http_exchange *exchange, const char *method, const char *version);
/* Builds an error as the answer. */
void http_exchange_refuse(struct http_exchange *exchange, unsigned status, const char *message);
/* Makes the response the answer. */
void http_exchange_build(struct http_exchange *exchange);

/* The library's callbacks for connections (connection.c). */
enum MHD_Result http_connection_admit(void *server, const struct sockaddr *address, socklen_t size);
void http_connection_notice(void *server, struct MHD_Connection *connection, void **context,
                            enum MHD_ConnectionNotificationCode code);
/* A library response that sends the stream; NULL when out of memory. */
struct MHD_Response *http_stream_build(struct http_stream *stream);
/* The connection is done with it. */
void http_stream_detach(struct http_stream *stream);
/* From time to time: comments for quiet streams, an end for those whose listener is gone. */
void http_streams_look_after(struct http_server *server);
/* Ends all of them; there will be no others once the server is stopping. */
void http_streams_end(struct http_server *server);

/* Starts and ends the thread that closes connections past their deadline and looks after the
 * streams. */
bool http_reaper_start(struct http_server *server, GError **error);
void http_reaper_stop(struct http_server *server);

#endif
