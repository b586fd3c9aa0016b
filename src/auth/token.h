/*
 * Session tokens: JSON web tokens (RFC 7519) signed with HMAC-SHA-256 and with nothing else.
 *
 * Claims: sub (user id), role, gen (the user's token generation: raising it in the database ends
 * every session), jti (id of this token, for sign-out), iat and exp in seconds. The header's kid is
 * the id of the key (8 hex digits): tokens are signed with the current one, and those that an older
 * one signed hold as long as the key file has it. A valid token only says what was true when it was
 * issued; the service compares it with the database.
 */
#ifndef AUTH_TOKEN_H
#define AUTH_TOKEN_H

#include "auth/keyring.h"
#include "base/time.h"
#include "base/uuid.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    AUTH_TOKEN_TEXT_MAX = 1024, /* bytes; longer input is refused unread */
    AUTH_TOKEN_ROLE_MAX = 16,   /* bytes with the terminator */
};

struct auth_token_claims {
    struct base_uuid user;
    struct base_uuid id;
    char role[AUTH_TOKEN_ROLE_MAX];
    int64_t generation;
    base_time issued_at;  /* whole seconds */
    base_time expires_at; /* whole seconds; not valid at or after it */
};

/* Signs and verifies; thread-safe. */
struct auth_tokens;

/* `keyring` must outlive the result. Destroy with auth_tokens_destroy(). */
struct auth_tokens *auth_tokens_create(struct auth_keyring *keyring, GError **error);

/* Takes NULL. */
void auth_tokens_destroy(struct auth_tokens *tokens);

/* The signed text, free with g_free(). Times are cut to whole seconds. */
char *auth_tokens_issue(struct auth_tokens *tokens, const struct auth_token_claims *claims,
                        GError **error);

/*
 * Checks form, algorithm, signature and times at `now` (a minute of clock difference is forgiven
 * for iat, none for exp) and fills `claims`. Everything wrong gives BASE_ERROR_UNAUTHENTICATED.
 */
bool auth_tokens_verify(struct auth_tokens *tokens, const char *text, base_time now,
                        struct auth_token_claims *claims, GError **error);

#endif
