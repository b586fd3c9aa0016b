/* Private to this folder: what every transfer shares. */
#ifndef MAIL_CURL_H
#define MAIL_CURL_H

#include <curl/curl.h>
#include <glib.h>

/* Watches over a transfer, so that it ends soon when the program does. */
struct mail_watch {
    const gint *stop; /* may be NULL */
    gint64 grace;     /* microseconds that are left to it then */
    gint64 until;     /* monotonic; 0: nobody wants it to end */
};

/* A handle with what holds for every transfer: no signals, no proxy, no redirects, TLS 1.2 and
 * verified certificates, bounded times. NULL only when there is no memory. `message` of
 * CURL_ERROR_SIZE gets what went wrong. */
CURL *mail_curl_create(const char *url, const char *protocols, const char *ca_file,
                       unsigned seconds, struct mail_watch *watch, char *message);

#endif
