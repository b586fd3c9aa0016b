/*
 * Passwords: the rules for new ones, and Argon2id (RFC 9106) for storing them.
 *
 * Parameters: 19 MiB of memory, 2 passes, 1 lane, the first choice of the OWASP password storage
 * cheat sheet. They are part of the stored text ("$argon2id$v=19$m=19456,t=2,p=1$..."), so they
 * can be raised later: auth_password_needs_rehash() tells at the next sign-in.
 * Passwords are normalised to Unicode NFC first, so that the same characters typed on another
 * keyboard give the same password. All functions are thread-safe.
 */
#ifndef AUTH_PASSWORD_H
#define AUTH_PASSWORD_H

#include <glib.h>
#include <stdbool.h>

enum {
    AUTH_PASSWORD_MIN = 8,   /* characters after NFC */
    AUTH_PASSWORD_MAX = 128, /* characters after NFC */
};

/*
 * Whether a new password is acceptable: length, valid UTF-8 without control characters, not among
 * the most common, not one character repeated or a run such as "12345678", and containing neither
 * the e-mail nor its local part (of 4 characters or more). `email` may be NULL.
 * BASE_ERROR_INVALID with the rule that is broken.
 */
bool auth_password_check(const char *password, const char *email, GError **error);

/*
 * The text to store, free with g_free(). Refuses what is not UTF-8 or too long
 * (BASE_ERROR_INVALID); BASE_ERROR_UNAVAILABLE when the memory for hashing cannot be had.
 */
char *auth_password_hash(const char *password, GError **error);

/*
 * Whether `password` gave `stored`. With `stored` NULL (nobody has this e-mail, or the account has
 * no password) a hash of the same cost is computed all the same and the answer is false, so that
 * the time of the answer does not tell who has an account.
 */
bool auth_password_verify(const char *stored, const char *password);

/* Whether `stored` was made with other parameters than today's. */
bool auth_password_needs_rehash(const char *stored);

/* A random password that is easy to type: 4 groups of 5 letters and digits (about 99 bits). */
char *auth_password_generate(void);

#endif
