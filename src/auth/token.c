#include "auth/token.h"

#include "auth/init.h"
#include "base/error.h"

#include <jwt.h>
#include <stdlib.h>
#include <string.h>

enum {
    TOKEN_SKEW_SECONDS = 60,
    TOKEN_KID_DIGITS = 8,
};

struct auth_tokens {
    struct auth_keyring *keyring;
};

struct auth_tokens *auth_tokens_create(struct auth_keyring *keyring, GError **error)
{
    if (!auth_init(error))
        return NULL;
    struct auth_tokens *tokens = g_new0(struct auth_tokens, 1);
    tokens->keyring = keyring;
    return tokens;
}

void auth_tokens_destroy(struct auth_tokens *tokens)
{
    g_free(tokens);
}

static bool token_fill(jwt_t *jwt, const struct auth_token_claims *claims)
{
    char user[BASE_UUID_TEXT_SIZE], id[BASE_UUID_TEXT_SIZE];

    return jwt_add_grant(jwt, "sub", base_uuid_format(&claims->user, user)) == 0 &&
           jwt_add_grant(jwt, "jti", base_uuid_format(&claims->id, id)) == 0 &&
           jwt_add_grant(jwt, "role", claims->role) == 0 &&
           jwt_add_grant_int(jwt, "gen", claims->generation) == 0 &&
           jwt_add_grant_int(jwt, "iat", claims->issued_at / BASE_TIME_SECOND) == 0 &&
           jwt_add_grant_int(jwt, "exp", claims->expires_at / BASE_TIME_SECOND) == 0;
}

static bool token_sign(jwt_t *jwt, const struct auth_keys *keys)
{
    const uint32_t id = auth_keys_current(keys);
    uint8_t key[AUTH_KEY_BYTES];
    char kid[TOKEN_KID_DIGITS + 1];

    g_snprintf(kid, sizeof kid, "%08x", id);
    (void)auth_keys_sub(keys, id, AUTH_KEY_USE_TOKEN, key);
    const bool ok = jwt_add_header(jwt, "kid", kid) == 0 &&
                    jwt_set_alg(jwt, JWT_ALG_HS256, key, sizeof key) == 0;
    sodium_memzero(key, sizeof key);
    return ok;
}

char *auth_tokens_issue(struct auth_tokens *tokens, const struct auth_token_claims *claims,
                        GError **error)
{
    g_autoptr(auth_keys) keys = auth_keyring_keys(tokens->keyring);
    jwt_t *jwt = NULL;
    char *text = NULL, *copy = NULL;

    if (jwt_new(&jwt) == 0 && token_fill(jwt, claims) && token_sign(jwt, keys))
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

/* The token, if the key `id` signed it. */
static jwt_t *token_open_with(const struct auth_keys *keys, uint32_t id, const char *text)
{
    uint8_t key[AUTH_KEY_BYTES];
    jwt_t *jwt = NULL;

    if (!auth_keys_sub(keys, id, AUTH_KEY_USE_TOKEN, key))
        return NULL;
    if (jwt_decode(&jwt, text, key, sizeof key) != 0)
        jwt = NULL;
    sodium_memzero(key, sizeof key);
    return jwt;
}

/* Which key the token says that it was signed with. Nothing of it is believed before that key has
 * verified it. */
static bool token_key_id(const char *text, bool *named, uint32_t *id)
{
    jwt_t *unverified = NULL;
    uint8_t bytes[TOKEN_KID_DIGITS / 2];
    size_t n = 0;
    bool ok = true;

    if (jwt_decode(&unverified, text, NULL, 0) != 0)
        return false;
    const char *kid = jwt_get_header(unverified, "kid");
    *named = kid != NULL;
    if (kid)
        ok = strlen(kid) == TOKEN_KID_DIGITS &&
             sodium_hex2bin(bytes, sizeof bytes, kid, TOKEN_KID_DIGITS, NULL, &n, NULL) == 0 &&
             n == sizeof bytes;
    if (kid && ok)
        *id = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
              bytes[3];
    jwt_free(unverified);
    return ok;
}

/* Of a token that the current key has not signed: the key that it names, or any when it is of a
 * version of this program that named none. */
static jwt_t *token_open_older(struct auth_tokens *tokens, uint32_t tried, const char *text)
{
    g_autoptr(auth_keys) keys = NULL;
    jwt_t *jwt = NULL;
    uint32_t id = 0;
    bool named = false;

    if (!token_key_id(text, &named, &id) || (named && id == tried))
        return NULL;
    keys = named ? auth_keyring_keys_with(tokens->keyring, id) : auth_keyring_keys(tokens->keyring);
    if (named)
        return token_open_with(keys, id, text);
    for (int i = 0; !jwt && i < auth_keys_count(keys); i++)
        jwt = token_open_with(keys, auth_keys_id(keys, i), text);
    return jwt;
}

static jwt_t *token_open(struct auth_tokens *tokens, const char *text)
{
    g_autoptr(auth_keys) keys = auth_keyring_keys(tokens->keyring);
    const uint32_t current = auth_keys_current(keys);
    jwt_t *jwt = token_open_with(keys, current, text);

    return jwt ? jwt : token_open_older(tokens, current, text);
}

/* The reason why the token does not count, NULL when it does. */
static const char *token_judge(struct auth_tokens *tokens, const char *text, base_time now,
                               struct auth_token_claims *claims)
{
    const char *why = NULL;

    if (!token_form_ok(text))
        return "The session token is malformed.";
    jwt_t *jwt = token_open(tokens, text);
    if (!jwt)
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
