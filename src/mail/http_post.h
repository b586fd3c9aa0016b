/*
 * One HTTP POST of a small document to somebody else's server: for webhooks.
 *
 * Certificates are verified, redirects are not followed, the answer is bounded, and nothing of the
 * environment (proxies, .netrc) is used.
 */
#ifndef MAIL_HTTP_POST_H
#define MAIL_HTTP_POST_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

enum { MAIL_HTTP_ANSWER_MAX = 64 * 1024 }; /* bytes of the answer's body that are kept */

struct mail_http_post {
    const char *url;            /* https://…; http:// when allow_plain */
    const char *const *headers; /* "Name: value", NULL at the end; may be NULL */
    const void *body;
    size_t body_n;
    unsigned seconds;    /* for all of it; 0: 15 */
    const char *ca_file; /* PEM in place of the system's authorities; NULL: those */
    bool allow_plain;    /* http:// too */
    bool allow_private;  /* addresses of loopback, private and link-local networks too; otherwise
                          * the address is judged after the name was resolved */
    const gint *stop;    /* gives up soon when it is not 0 any more; may be NULL */
};

struct mail_http_answer {
    long status; /* 200 … */
    char *body;  /* the first MAIL_HTTP_ANSWER_MAX bytes, with a NUL behind; g_free() it */
    size_t body_n;
    long retry_after; /* seconds, of Retry-After; 0: not said */
};

/*
 * True when there was an answer, whatever its status. BASE_ERROR_INVALID for a URL or header that
 * cannot be used, BASE_ERROR_FORBIDDEN for an address that is not allowed, BASE_ERROR_UNAVAILABLE
 * when the server could not be reached, is not who it should be, or took too long.
 */
bool mail_http_post(const struct mail_http_post *post, struct mail_http_answer *answer,
                    GError **error);
void mail_http_answer_clear(struct mail_http_answer *answer);

#endif
