/*
 * Server-sent events (WHATWG HTML, section 9.2): their text, and what waits to be sent of them.
 * Pure functions over bytes: they know nothing of sockets.
 */
#ifndef HTTP_EVENT_H
#define HTTP_EVENT_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * One event. `id` and `name` may be NULL; they must have no line end (an id neither a NUL, which it
 * cannot have as a text). Each line of `data` becomes a line "data:". `retry` is how many
 * milliseconds a browser waits before it comes back after the stream broke; 0: not said.
 */
GBytes *http_event_format(const char *id, const char *name, const char *data, unsigned retry);

/* A comment, which listeners pass over: it shows that the connection lives. */
GBytes *http_event_comment(const char *text);

#define HTTP_EVENT_QUEUE_MAX 512                /* events */
#define HTTP_EVENT_QUEUE_BYTES_MAX (256u << 10) /* of them together, but one always fits */

/* Events of one listener in the order they came. Zeroed memory is an empty queue. Events are shared
 * between queues, not copied. */
struct http_event_queue {
    GQueue events; /* GBytes * */
    size_t bytes;
    size_t taken; /* of the first event */
};

void http_event_queue_clear(struct http_event_queue *queue);

/* Takes a reference. False, and nothing is changed, when the queue is full. */
bool http_event_queue_add(struct http_event_queue *queue, GBytes *event);

/* Copies what comes next, as much as there is or fits, and returns how much that was. */
size_t http_event_queue_take(struct http_event_queue *queue, void *out, size_t size);

#endif
