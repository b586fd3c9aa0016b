/*
 * An answer without end: a stream of events (event.h) to somebody who listens. No thread waits for
 * it: the connection sleeps until there is something to send.
 *
 * What is to be sent waits in a bounded queue, so a listener that reads slowly costs a bounded
 * amount of memory; one that reads nothing for HTTP_STREAM_SEND_SECONDS is disconnected, as is one
 * that is found to be gone. The server sends the comments that keep a quiet connection alive.
 */
#ifndef HTTP_STREAM_H
#define HTTP_STREAM_H

#include "http/http.h"

/* So long may a listener leave unread what was sent. */
#define HTTP_STREAM_SEND_SECONDS 30
/* Who breaks off is asked to come back after so long. */
#define HTTP_STREAM_RETRY_MS 3000

struct http_stream;

/*
 * For handlers: makes a stream of events the answer, which is 200. It begins when the handler
 * returns. The caller's reference; with the last one the stream ends. `listener` names who it is
 * for. NULL when the answer is another, with Retry-After: 429 when this listener has too many
 * streams, 503 when all of them have, or the server stops. Not for HEAD.
 */
struct http_stream *http_response_stream(struct http_request *request,
                                         struct http_response *response, const char *listener);

struct http_stream *http_stream_ref(struct http_stream *stream);
void http_stream_unref(struct http_stream *stream);

enum http_stream_sent {
    HTTP_STREAM_SENT, /* or will be */
    HTTP_STREAM_FULL, /* the listener is behind: the event was left out */
    HTTP_STREAM_GONE, /* nobody listens any more, or the stream has ended */
};

/* Thread-safe, as all of these; never waits. Takes a reference to the event. */
enum http_stream_sent http_stream_send(struct http_stream *stream, GBytes *event);

enum http_stream_state {
    HTTP_STREAM_QUIET, /* the listener's machine has everything */
    HTTP_STREAM_BUSY,
    HTTP_STREAM_CLOSED,
};
enum http_stream_state http_stream_state(struct http_stream *stream);

/* Ends it after what was sent before. */
void http_stream_end(struct http_stream *stream);

#endif
