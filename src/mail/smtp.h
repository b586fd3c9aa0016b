/*
 * Handing one message to a mail server: SMTP (RFC 5321) over libcurl, with STARTTLS (RFC 3207),
 * implicit TLS (RFC 8314) and authentication (RFC 4954).
 */
#ifndef MAIL_SMTP_H
#define MAIL_SMTP_H

#include <glib.h>
#include <stdbool.h>

enum mail_smtp_tls {
    MAIL_SMTP_TLS_REQUIRED, /* nothing is said before the connection is encrypted */
    MAIL_SMTP_TLS_OFFERED,  /* encrypted when the server offers it */
    MAIL_SMTP_TLS_OFF,
};

struct mail_smtp {
    const char *url;        /* "smtp://host:587" or "smtps://host:465"; a path names us in EHLO */
    const char *user;       /* NULL: without authentication */
    const char *password;   /* NULL: without */
    enum mail_smtp_tls tls; /* of smtp://; smtps:// is always encrypted */
    const char *ca_file;    /* PEM in place of the system's authorities; NULL: those */
    unsigned seconds;       /* for all of it; 0: 60 */
    const gint *stop;       /* gives up three seconds after it is not 0 any more; may be NULL */
};

enum mail_smtp_result {
    MAIL_SMTP_ACCEPTED,    /* the server has taken responsibility for it */
    MAIL_SMTP_TEMPORARY,   /* not this one now: 4xx, a break, too slow */
    MAIL_SMTP_PERMANENT,   /* never this one: 5xx for the message or its recipient */
    MAIL_SMTP_UNREACHABLE, /* none now: no connection, no encryption as asked, sign-in refused */
};

/* Sends `message` (as mail_message_format() makes it) from one address to another. `error` is set
 * unless it was accepted: a sentence with what the server said. */
enum mail_smtp_result mail_smtp_send(const struct mail_smtp *smtp, const char *from, const char *to,
                                     GBytes *message, GError **error);

/* Whether the text is an smtp:// or smtps:// URL with a host and without a password in it. */
bool mail_smtp_url_is_valid(const char *url);

#endif
