/*
 * One error domain for the whole program.
 *
 * Every fallible function takes a `GError **` and reports here. The code says what the caller can
 * do about it (the HTTP layer turns it into a status, the command line into an exit code); the
 * message is one sentence that a person can act on, in English, without secrets or paths of the
 * server in anything that a stranger could provoke.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <glib.h>
#include <stdbool.h>

enum base_error {
    BASE_ERROR_INTERNAL,        /* a bug, or a library failed for no reason we know */
    BASE_ERROR_INVALID,         /* the input breaks a rule; the message says which */
    BASE_ERROR_UNAUTHENTICATED, /* nobody is signed in, or the credentials are wrong */
    BASE_ERROR_FORBIDDEN,       /* signed in, but not allowed */
    BASE_ERROR_NOT_FOUND,       /* no such thing, or not visible to the caller */
    BASE_ERROR_CONFLICT,        /* exists already, or changed in the meantime */
    BASE_ERROR_TOO_LARGE,       /* over a size limit */
    BASE_ERROR_UNSUPPORTED,     /* a format, operator or option that we do not implement */
    BASE_ERROR_RATE_LIMITED,    /* too many attempts; try again later */
    BASE_ERROR_UNAVAILABLE,     /* a dependency (database, disk, queue) is out for now; retry */
    BASE_ERROR_CORRUPT,         /* something we stored or shipped is damaged */
    BASE_ERROR_IO,              /* a file or a socket could not be read or written */
    BASE_ERROR_N,
};

#define BASE_ERROR (base_error_quark())
GQuark base_error_quark(void);

/* Lower-case name of a code as the API prints it, such as "not_found". Static storage. */
const char *base_error_name(enum base_error code);

/* Sets the error, unless one is set already, and returns false, for use in a return statement. */
bool base_fail(GError **error, enum base_error code, const char *format, ...) G_GNUC_PRINTF(3, 4);

#endif
