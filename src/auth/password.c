#include "auth/password.h"

#include "auth/init.h"
#include "base/error.h"

#include <string.h>

enum {
    PASSWORD_OPS = 2,               /* passes */
    PASSWORD_MEMORY = 19456 * 1024, /* bytes */
    PASSWORD_LOCAL_MIN = 4,         /* shorter local parts would forbid too much */
    PASSWORD_TAIL_MAX = 4,          /* "password2026" is as common as "password" */
    PASSWORD_GROUPS = 4,
    PASSWORD_GROUP = 5,
};

/* Stems that head every list of leaked passwords, in English and Spanish; sorted. */
static const char *const common_stems[] = {
    "abcdef",      "abcdefg",    "abcdefgh",   "access",     "administrador", "administrator",
    "admin",       "alejandra",  "alejandro",  "alumno",     "amorcito",      "asdfgh",
    "asdfghjk",    "asdfghjkl",  "asistencia", "attendance", "bailando",      "barcelona",
    "baseball",    "basketball", "bienvenido", "bonita",     "butterfly",     "carolina",
    "changeme",    "charlie",    "chocolate",  "clave",      "computadora",   "computer",
    "contrasena",  "contraseña", "corazon",    "cristina",   "default",       "docente",
    "dragon",      "escuela",    "estrella",   "estudiante", "estudiantes",   "facebook",
    "familia",     "fernando",   "football",   "freedom",    "futbol",        "google",
    "guadalupe",   "hello",      "holahola",   "iloveyou",   "internet",      "jessica",
    "jesucristo",  "letmein",    "liverpool",  "login",      "maestro",       "maria",
    "mariposa",    "master",     "mexico",     "michelle",   "minecraft",     "monkey",
    "naruto",      "p@ssw0rd",   "p@ssword",   "passw0rd",   "password",      "pokemon",
    "presente",    "princesa",   "princess",   "profesor",   "qazwsx",        "qazwsxedc",
    "qwerty",      "qwertyui",   "qwertyuio",  "qwertyuiop", "realmadrid",    "root",
    "secret",      "secreto",    "sebastian",  "shadow",     "starwars",      "student",
    "sunshine",    "superman",   "teacher",    "tequiero",   "teamo",         "trustno",
    "universidad", "university", "usuario",    "welcome",    "whatever",      "zxcvbnm",
    "1q2w3e4r",    "1q2w3e4r5t", "1qaz2wsx",   "q1w2e3r4",   "zaq12wsx",      "abc123",
};

static bool invalid(GError **error, const char *message)
{
    g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID, message);
    return false;
}

/* NFC, or NULL for what is no text or absurdly long. */
static char *password_normalise(const char *password)
{
    if (!password || strnlen(password, 4 * AUTH_PASSWORD_MAX + 1) > 4 * AUTH_PASSWORD_MAX)
        return NULL;
    return g_utf8_validate(password, -1, NULL)
               ? g_utf8_normalize(password, -1, G_NORMALIZE_DEFAULT_COMPOSE)
               : NULL;
}

static void password_free(char *text)
{
    if (text)
        sodium_memzero(text, strlen(text));
    g_free(text);
}

static bool has_control(const char *text)
{
    for (const char *at = text; *at; at = g_utf8_next_char(at))
        if (g_unichar_iscntrl(g_utf8_get_char(at)))
            return true;
    return false;
}

/* "aaaaaaaa", "12345678", "87654321", "abcdefgh", "1234567890": every step from one character to
 * the next is the same and at most one. */
static bool is_run(const char *text)
{
    gunichar last = g_utf8_get_char(text);
    bool first = true;
    int step = 0;

    for (const char *at = g_utf8_next_char(text); *at; at = g_utf8_next_char(at)) {
        const gunichar next = g_utf8_get_char(at);
        const bool wraps = last == '9' && next == '0';
        const int move = wraps ? 1 : (int)next - (int)last;
        if (move < -1 || move > 1 || (!first && move != step))
            return false;
        step = move;
        first = false;
        last = next;
    }
    return true;
}

static bool is_common(const char *folded)
{
    size_t n = strlen(folded);
    size_t stem = n;

    while (stem > 0 && n - stem < PASSWORD_TAIL_MAX && !g_ascii_isalpha(folded[stem - 1]) &&
           (folded[stem - 1] & 0x80) == 0)
        stem--;
    for (size_t i = 0; i < G_N_ELEMENTS(common_stems); i++) {
        const size_t length = strlen(common_stems[i]);
        if (length >= stem && length <= n && strncmp(folded, common_stems[i], length) == 0)
            return true;
    }
    return false;
}

static bool contains_email(const char *folded, const char *email)
{
    g_autofree char *address = g_utf8_casefold(email, -1);
    const char *at = strchr(address, '@');

    if (strstr(folded, address))
        return true;
    if (!at || at - address < PASSWORD_LOCAL_MIN)
        return false;
    g_autofree char *local = g_strndup(address, (gsize)(at - address));
    return strstr(folded, local) != NULL;
}

static bool password_judge(const char *password, const char *email, GError **error)
{
    g_autofree char *folded = NULL;
    const glong n = g_utf8_strlen(password, -1);

    if (n < AUTH_PASSWORD_MIN)
        return invalid(error, "password must have at least 8 characters.");
    if (n > AUTH_PASSWORD_MAX)
        return invalid(error, "password must have at most 128 characters.");
    if (has_control(password))
        return invalid(error, "password must not contain control characters.");
    folded = g_utf8_casefold(password, -1);
    if (is_run(folded) || is_common(folded))
        return invalid(error, "password is among the first that anybody would try.");
    if (email && *email && g_utf8_validate(email, -1, NULL) && contains_email(folded, email))
        return invalid(error, "password must not contain the e-mail address.");
    return true;
}

bool auth_password_check(const char *password, const char *email, GError **error)
{
    char *normal = password_normalise(password);

    if (!normal)
        return invalid(error, "password must be UTF-8 text of 8 to 128 characters.");
    const bool ok = password_judge(normal, email, error);
    password_free(normal);
    return ok;
}

char *auth_password_hash(const char *password, GError **error)
{
    char stored[crypto_pwhash_STRBYTES];
    char *normal = NULL;

    if (!auth_init(error))
        return NULL;
    normal = password_normalise(password);
    if (!normal) {
        invalid(error, "password must be UTF-8 text of 8 to 128 characters.");
        return NULL;
    }
    const int failed =
        crypto_pwhash_argon2id_str(stored, normal, strlen(normal), PASSWORD_OPS, PASSWORD_MEMORY);
    password_free(normal);
    if (failed) {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_UNAVAILABLE,
                            "There is not enough memory to hash a password; try again later.");
        return NULL;
    }
    return g_strdup(stored);
}

/* A hash of a password that nobody knows, made once. */
static const char *password_dummy(void)
{
    static gsize once;
    static char *dummy;

    if (g_once_init_enter(&once)) {
        char *nobody = auth_password_generate();
        dummy = auth_password_hash(nobody, NULL);
        password_free(nobody);
        g_once_init_leave(&once, 1);
    }
    return dummy;
}

bool auth_password_verify(const char *stored, const char *password)
{
    if (!auth_init(NULL))
        return false;
    char *normal = password_normalise(password);
    const bool real = stored && normal && strlen(stored) < crypto_pwhash_STRBYTES &&
                      g_str_has_prefix(stored, crypto_pwhash_argon2id_STRPREFIX);
    const char *against = real ? stored : password_dummy();
    const char *tried = normal ? normal : "";
    const bool same =
        against && crypto_pwhash_argon2id_str_verify(against, tried, strlen(tried)) == 0;

    password_free(normal);
    return real && same;
}

bool auth_password_needs_rehash(const char *stored)
{
    return !stored || strlen(stored) >= crypto_pwhash_STRBYTES ||
           crypto_pwhash_argon2id_str_needs_rehash(stored, PASSWORD_OPS, PASSWORD_MEMORY) != 0;
}

char *auth_password_generate(void)
{
    /* Without 0 o 1 l i, which look alike on paper. */
    static const char letters[] = "abcdefghjkmnpqrstuvwxyz23456789";
    char *text = g_malloc(PASSWORD_GROUPS * (PASSWORD_GROUP + 1));
    char *at = text;

    if (!auth_init(NULL))
        g_error("libsodium could not be initialised");
    for (int group = 0; group < PASSWORD_GROUPS; group++) {
        for (int i = 0; i < PASSWORD_GROUP; i++)
            *at++ = letters[randombytes_uniform(sizeof letters - 1)];
        *at++ = group < PASSWORD_GROUPS - 1 ? '-' : '\0';
    }
    return text;
}
