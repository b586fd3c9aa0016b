/*
 * One e-mail as bytes: RFC 5322 with MIME (RFC 2045, 2046, 2047, 2231), plain text and HTML as
 * alternatives, and attachments. Pure: no clock, no network.
 *
 * Lines end with CRLF and have at most 78 characters. Texts may be any UTF-8; control characters in
 * what becomes a header are written as spaces, so that nothing can add a header of its own.
 */
#ifndef MAIL_MESSAGE_H
#define MAIL_MESSAGE_H

#include "base/time.h"

#include <glib.h>
#include <stdbool.h>

struct mail_attachment {
    const char *file_name;  /* UTF-8, without a folder */
    const char *media_type; /* "application/pdf", or "text/csv; charset=utf-8" */
    GBytes *content;
};

struct mail_message {
    const char *from_name; /* may be NULL */
    const char *from_address;
    const char *to_name; /* may be NULL */
    const char *to_address;
    const char *subject;
    const char *message_id; /* "local@domain", without the angle brackets */
    base_time date;
    const char *language; /* "es"; may be NULL */
    const char *text;
    const char *html; /* may be NULL */
    const struct mail_attachment *attachments;
    gsize attachments_n;
    const char *unsubscribe_url; /* of List-Unsubscribe (RFC 2369) with one click (RFC 8058); may be
                                  * NULL */
};

/* The message. BASE_ERROR_INVALID, naming what, when an address, the id or a media type has a form
 * that a header cannot carry, or a text is not UTF-8. */
GBytes *mail_message_format(const struct mail_message *message, GError **error);

/* Whether a text is an address as it may stand in a header and an SMTP command: printable ASCII of
 * at most 254 characters with one "@" and without spaces, quotes, commas and brackets. */
bool mail_address_is_valid(const char *address);

#endif
