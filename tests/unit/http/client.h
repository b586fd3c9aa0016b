/*
 * A raw socket to a server of the test: what is sent is exactly what the test says.
 */
#ifndef TESTS_HTTP_CLIENT_H
#define TESTS_HTTP_CLIENT_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

struct answer {
    unsigned status; /* 0: the connection was closed without an answer */
    char *head;      /* from the status line to the empty line */
    char *body;
    size_t body_size;
};

int client_connect(unsigned port);
/* False when the server has closed the connection. */
bool client_send(int fd, const char *bytes, size_t size);
/* One answer, by its Content-Length; `head_only` for answers to HEAD. 408 in `status` of our own
 * making never happens: after 10 s without a byte the test fails. */
struct answer client_read(int fd, bool head_only);
void answer_clear(struct answer *answer);
/* Value of a header of an answer, NULL when absent; g_free it. */
char *answer_header(const struct answer *answer, const char *name);
/* Whether the server closes the connection within so many seconds. */
bool client_sees_close(int fd, unsigned seconds);

/* Connects, sends a text, reads one answer, closes. */
struct answer client_ask(unsigned port, const char *text);

#endif
