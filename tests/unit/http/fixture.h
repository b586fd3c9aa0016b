/*
 * A server of the tests: a few handlers that show what reached them, one that waits at a gate.
 */
#ifndef TESTS_HTTP_FIXTURE_H
#define TESTS_HTTP_FIXTURE_H

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client.h"
#include "http/http.h"

#define HOST "Host: test\r\n"
#define GATE "GET /gate HTTP/1.1\r\n" HOST "\r\n"
#define FIXTURE_BODY_MAX (64 << 10)
#define FIXTURE_LARGE_MAX (8 << 20) /* of "/large" */
#define FIXTURE_FILE_SIZE 3000001   /* of "/file" */

/* What the handlers share with the test. */
struct fixture_app {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool open;          /* "/gate" handlers may go on */
    unsigned entered;   /* ... and how many came in */
    unsigned forgotten; /* identities destroyed */
};

extern struct fixture_app fixture_app;

/* All routes, on a free port, one heavy thread with two places in its queue. */
void fixture_options(struct http_options *options);
/* Fails the test when the server does not start. */
struct http_server *fixture_start(const struct http_options *options);

/* Shuts the gate, waits until so many handlers stand before it, lets everybody through. */
void gate_reset(void);
void gate_wait(unsigned entered);
void gate_open(void);

/* Asks and compares; a NULL body is not compared. */
void expect_body(unsigned port, const char *request, unsigned status, const char *body);
/* A NULL value means that the header is absent. */
void expect_header(const struct answer *answer, const char *name, const char *value);

#endif
