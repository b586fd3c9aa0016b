#include "auth/token.h"

#include "auth/init.h"
#include "base/error.h"

#include <jwt.h>
#include <stdlib.h>
#include <string.h>

enum { TOKEN_SKEW_SECONDS = 60 };

struct auth_tokens {
    uint8_t key[AUTH_KEY_BYTES];
};

struct auth_tokens *auth_tokens_create(const struct auth_keys *keys, GError **error)
{
    if (!auth_init(error))
        return NULL;
    struct auth_tokens *tokens = sodium_malloc(sizeof *tokens);
    if (!tokens) {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_UNAVAILABLE,
                            "There is no protected memory for the key.");
        return NULL;
    }
    (void)auth_keys_sub(keys, auth_keys_current(keys), AUTH_KEY_USE_TOKEN, tokens->key);
    return tokens;
}

void auth_tokens_destroy(struct auth_tokens *tokens)
{
    sodium_free(tokens);
}

static bool token_fill(jwt_t *jwt, const struct auth_tokens *tokens,
                       const struct auth_token_claims *claims)
{
    char user[BASE_UUID_TEXT_SIZE], id[BASE_UUID_TEXT_SIZE];

    return jwt_add_grant(jwt, "sub", base_uuid_format(&claims->user, user)) == 0 &&
           jwt_add_grant(jwt, "jti", base_uuid_format(&claims->id, id)) == 0 &&
           jwt_add_grant(jwt, "role", claims->role) == 0 &&
           jwt_add_grant_int(jwt, "gen", claims->generation) == 0 &&
           jwt_add_grant_int(jwt, "iat", claims->issued_at / BASE_TIME_SECOND) == 0 &&
           jwt_add_grant_int(jwt, "exp", claims->expires_at / BASE_TIME_SECOND) == 0 &&
           jwt_set_alg(jwt, JWT_ALG_HS256, tokens->key, sizeof tokens->key) == 0;
}

char *auth_tokens_issue(struct auth_tokens *tokens, const struct auth_token_claims *claims,
                        GError **error)
{
    jwt_t *jwt = NULL;
    char *text = NULL, *copy = NULL;

    if (jwt_new(&jwt) == 0 && token_fill(jwt, tokens, claims))
        text = jwt_encode_str(jwt);
    if (text)
        copy = g_strdup(text);
    else
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INTERNAL,
                            "The session token could not be made.");
    free(text);
    jwt_free(jwt);
    return copy;
}

/* Three parts of base64url and nothing else, before a parser sees it. */
static bool token_form_ok(const char *text)
{
    int dots = 0;

    if (!text)
        return false;
    const size_t n = strnlen(text, AUTH_TOKEN_TEXT_MAX + 1);
    if (n == 0 || n > AUTH_TOKEN_TEXT_MAX)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (text[i] == '.')
            dots++;
        else if (!g_ascii_isalnum(text[i]) && text[i] != '-' && text[i] != '_')
            return false;
    }
    return dots == 2 && text[0] != '.' && text[n - 1] != '.';
}

static bool token_read(jwt_t *jwt, struct auth_token_claims *claims)
{
    const char *role = jwt_get_grant(jwt, "role");

    if (!base_uuid_parse(jwt_get_grant(jwt, "sub"), &claims->user) ||
        !base_uuid_parse(jwt_get_grant(jwt, "jti"), &claims->id) || !role ||
        g_strlcpy(claims->role, role, sizeof claims->role) >= sizeof claims->role)
        return false;
    const int64_t issued = jwt_get_grant_int(jwt, "iat");
    const int64_t expires = jwt_get_grant_int(jwt, "exp");
    const int64_t farthest = G_MAXINT64 / BASE_TIME_SECOND;
    claims->generation = jwt_get_grant_int(jwt, "gen");
    if (issued <= 0 || expires <= issued || expires > farthest)
        return false;
    claims->issued_at = issued * BASE_TIME_SECOND;
    claims->expires_at = expires * BASE_TIME_SECOND;
    return true;
}

/* The reason why the token does not count, NULL when it does. */
static const char *token_judge(struct auth_tokens *tokens, const char *text, base_time now,
                               struct auth_token_claims *claims)
{
    jwt_t *jwt = NULL;
    const char *why = NULL;

    if (!token_form_ok(text))
        return "The session token is malformed.";
    if (jwt_decode(&jwt, text, tokens->key, sizeof tokens->key) != 0)
        return "The session token is not valid.";
    if (jwt_get_alg(jwt) != JWT_ALG_HS256 || !token_read(jwt, claims))
        why = "The session token is not valid.";
    else if (claims->issued_at > now + TOKEN_SKEW_SECONDS * BASE_TIME_SECOND)
        why = "The session token is from the future.";
    else if (claims->expires_at <= now)
        why = "The session has ended; please sign in again.";
    jwt_free(jwt);
    return why;
}

bool auth_tokens_verify(struct auth_tokens *tokens, const char *text, base_time now,
                        struct auth_token_claims *claims, GError **error)
{
    const char *why = token_judge(tokens, text, now, claims);

    if (why)
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_UNAUTHENTICATED, why);
    return !why;
}
