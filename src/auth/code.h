/*
 * Short secrets: codes that people read and type, and tokens that only programs see.
 *
 * The rotating code of a session is an HMAC-SHA-256 over the session's id and the number of the
 * step of 30 seconds since 1970, cut to six digits as in RFC 4226, section 5.3, with its own
 * sub-key of the key file: every node shows and takes the same ones, and nothing is stored.
 */
#ifndef AUTH_CODE_H
#define AUTH_CODE_H

#include "auth/keyring.h"
#include "base/time.h"
#include "base/uuid.h"

enum {
    AUTH_CODE_STEP_SECONDS = 30,
    AUTH_CODE_SIZE = 7,         /* six digits and the terminator */
    AUTH_CODE_PAIRING_SIZE = 9, /* eight letters and digits, likewise */
    AUTH_CODE_PAIRING_NAME = 4, /* of them that may be known */
    AUTH_CODE_TOKEN_SIZE = 44,  /* 32 random bytes in base64url, likewise */
    AUTH_CODE_DIGEST_BYTES = 32,
};

/* The code that is shown at `now`, and when the next one is. */
void auth_code_now(struct auth_keyring *keyring, const struct base_uuid *session, base_time now,
                   char code[AUTH_CODE_SIZE], base_time *changes_at);

/* Whether `text` is the code of this step or of the one before. Takes the same time for all. */
bool auth_code_matches(struct auth_keyring *keyring, const struct base_uuid *session, base_time now,
                       const char *text);

/* A code for pairing, of letters and digits that no two of look alike. */
void auth_code_pairing(char code[AUTH_CODE_PAIRING_SIZE]);

/* Reads what somebody typed: in capitals, without spaces and hyphens. False when that is no such
 * code. */
bool auth_code_pairing_read(const char *text, char code[AUTH_CODE_PAIRING_SIZE]);

void auth_code_token(char token[AUTH_CODE_TOKEN_SIZE]);

/* What is stored of a token: nobody guesses 256 random bits, so SHA-256 is enough. */
void auth_code_digest(const char *token, uint8_t digest[AUTH_CODE_DIGEST_BYTES]);

#endif
