/*
 * The URL of a database server, taken apart (RFC 3986):
 *
 *     scheme://user:password@host:port/database?option=value&…
 *
 * User, password, database and values are percent-decoded. An IPv6 address stands in brackets. An
 * empty host is the server's local socket. Options:
 *
 *     tls=verify      encrypted, the certificate and the name in it verified: the default
 *     tls=require     encrypted, whoever answers
 *     tls=prefer      encrypted when the server can
 *     tls=off         the default for a server on this machine when no ca is given: nothing leaves
 *                     it, and encrypting would cost up to half of the throughput
 *     ca=FILE         certificates of the authorities to believe (PEM); default: the system's
 *     cert=FILE, key=FILE   the client's own certificate
 *     socket=PATH     folder (PostgreSQL) or file (MariaDB) of the local socket
 *     connect_timeout=SECONDS, statement_timeout=SECONDS   instead of those of db_options
 *
 * The names that other programs use are understood as well, because hosts hand out URLs with them:
 * sslmode, ssl-mode, sslrootcert, ssl-ca, sslcert, ssl-cert, sslkey, ssl-key.
 */
#ifndef DB_URL_H
#define DB_URL_H

#include <glib.h>
#include <stdbool.h>

enum db_tls {
    DB_TLS_OFF,
    DB_TLS_PREFER,
    DB_TLS_REQUIRE,
    DB_TLS_VERIFY,
};

/* Texts that the URL does not have are NULL, numbers 0. */
struct db_url {
    char *user;
    char *password;
    char *host; /* without brackets; NULL: the local socket */
    guint port;
    char *database;
    char *socket;
    enum db_tls tls;
    char *ca; /* of the system when tls is verify and none was given */
    char *cert;
    char *key;
    guint connect_seconds;
    guint statement_seconds;
};

/* Reads what stands after "scheme:". BASE_ERROR_UNSUPPORTED, without a word of the URL that could
 * be a password, when it makes no sense. Free with db_url_clear(). */
bool db_url_parse(const char *address, struct db_url *url, GError **error);

void db_url_clear(struct db_url *url);

#endif
