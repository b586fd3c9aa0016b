#include "auth/code.h"

#include "auth/init.h"

#include <string.h>

/* Without 0 O D Q, 1 I L J, 2 Z, 5 S, 6 G, 8 B, U V and their like. */
static const char LETTERS[] = "34679ACEFHKMNPRTWXY";

static base_time step_of(base_time now)
{
    return now / (AUTH_CODE_STEP_SECONDS * BASE_TIME_SECOND);
}

static void code_at(const uint8_t key[AUTH_KEY_BYTES], const struct base_uuid *session,
                    base_time step, char code[AUTH_CODE_SIZE])
{
    uint8_t message[sizeof session->bytes + 8], mac[crypto_auth_hmacsha256_BYTES];

    memcpy(message, session->bytes, sizeof session->bytes);
    for (size_t i = 0; i < 8; i++)
        message[sizeof session->bytes + i] = (uint8_t)((uint64_t)step >> (56 - 8 * i));
    crypto_auth_hmacsha256(mac, message, sizeof message, key);
    const uint8_t *cut = mac + (mac[sizeof mac - 1] & 0x0f);
    const uint32_t number = (uint32_t)(cut[0] & 0x7f) << 24 | (uint32_t)cut[1] << 16 |
                            (uint32_t)cut[2] << 8 | (uint32_t)cut[3];
    g_snprintf(code, AUTH_CODE_SIZE, "%06u", number % 1000000);
}

void auth_code_now(struct auth_keyring *keyring, const struct base_uuid *session, base_time now,
                   char code[AUTH_CODE_SIZE], base_time *changes_at)
{
    g_autoptr(auth_keys) keys = auth_keyring_keys(keyring);
    uint8_t key[AUTH_KEY_BYTES];

    (void)auth_keys_sub(keys, auth_keys_current(keys), AUTH_KEY_USE_CODE, key);
    code_at(key, session, step_of(now), code);
    sodium_memzero(key, sizeof key);
    *changes_at = (step_of(now) + 1) * AUTH_CODE_STEP_SECONDS * BASE_TIME_SECOND;
}

bool auth_code_matches(struct auth_keyring *keyring, const struct base_uuid *session, base_time now,
                       const char *text)
{
    g_autoptr(auth_keys) keys = auth_keyring_keys(keyring);
    char typed[AUTH_CODE_SIZE] = {0}, code[AUTH_CODE_SIZE];
    uint8_t key[AUTH_KEY_BYTES];
    bool matches = false;

    if (strnlen(text, AUTH_CODE_SIZE) != AUTH_CODE_SIZE - 1)
        return false;
    memcpy(typed, text, AUTH_CODE_SIZE - 1);
    /* Another node may show the code of a key that is current there already, or still. */
    for (int i = 0; i < auth_keys_count(keys); i++) {
        (void)auth_keys_sub(keys, auth_keys_id(keys, i), AUTH_KEY_USE_CODE, key);
        for (base_time step = step_of(now) - 1; step <= step_of(now); step++) {
            code_at(key, session, step, code);
            matches |= sodium_memcmp(code, typed, sizeof code) == 0;
        }
    }
    sodium_memzero(key, sizeof key);
    return matches;
}

void auth_code_pairing(char code[AUTH_CODE_PAIRING_SIZE])
{
    (void)auth_init(NULL);
    for (int i = 0; i < AUTH_CODE_PAIRING_SIZE - 1; i++)
        code[i] = LETTERS[randombytes_uniform(sizeof LETTERS - 1)];
    code[AUTH_CODE_PAIRING_SIZE - 1] = '\0';
}

bool auth_code_pairing_read(const char *text, char code[AUTH_CODE_PAIRING_SIZE])
{
    size_t n = 0;

    for (; *text; text++) {
        const char c = g_ascii_toupper(*text);
        if (c == ' ' || c == '-')
            continue;
        if (n == AUTH_CODE_PAIRING_SIZE - 1 || !strchr(LETTERS, c))
            return false;
        code[n++] = c;
    }
    code[n] = '\0';
    return n == AUTH_CODE_PAIRING_SIZE - 1;
}

void auth_code_token(char token[AUTH_CODE_TOKEN_SIZE])
{
    uint8_t bytes[32];

    G_STATIC_ASSERT(
        (int)AUTH_CODE_TOKEN_SIZE ==
        (int)sodium_base64_ENCODED_LEN(sizeof bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING));
    (void)auth_init(NULL);
    randombytes_buf(bytes, sizeof bytes);
    sodium_bin2base64(token, AUTH_CODE_TOKEN_SIZE, bytes, sizeof bytes,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_memzero(bytes, sizeof bytes);
}

void auth_code_digest(const char *token, uint8_t digest[AUTH_CODE_DIGEST_BYTES])
{
    crypto_hash_sha256(digest, (const uint8_t *)token, strlen(token));
}
