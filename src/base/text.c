#include "base/text.h"

#include "base/error.h"

#include <string.h>

#define EMAIL_MAX 254
#define LOCAL_PART_MAX 64
#define LABEL_MAX 63
#define DISTANCE_MAX 64

static char *fold_white_space(const char *text)
{
    GString *folded = g_string_new(NULL);
    bool pending = false;

    for (const char *at = text; *at; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);
        if (g_unichar_isspace(c)) {
            pending = folded->len > 0;
            continue;
        }
        if (pending)
            g_string_append_c(folded, ' ');
        pending = false;
        g_string_append_unichar(folded, c);
    }
    return g_string_free(folded, FALSE);
}

/* Control, format-direction and unassigned characters: nothing a name needs, and a way to make one
 * name look like another. The zero-width joiners do belong to some scripts. */
static bool is_forbidden(gunichar c)
{
    switch (g_unichar_type(c)) {
    case G_UNICODE_CONTROL:
    case G_UNICODE_SURROGATE:
    case G_UNICODE_PRIVATE_USE:
    case G_UNICODE_UNASSIGNED:
    case G_UNICODE_LINE_SEPARATOR:
    case G_UNICODE_PARAGRAPH_SEPARATOR:
        return !g_unichar_isspace(c);
    case G_UNICODE_FORMAT:
        return c != 0x200C && c != 0x200D;
    default:
        return false;
    }
}

char *base_text_name(const char *text, const char *field, int max, GError **error)
{
    if (!text || !g_utf8_validate(text, -1, NULL)) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID, "%s is not valid text (UTF-8).", field);
        return NULL;
    }
    for (const char *at = text; *at; at = g_utf8_next_char(at)) {
        if (is_forbidden(g_utf8_get_char(at))) {
            g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID,
                        "%s contains a character that cannot be shown.", field);
            return NULL;
        }
    }
    g_autofree char *composed = g_utf8_normalize(text, -1, G_NORMALIZE_NFC);
    g_autofree char *folded = fold_white_space(composed);
    glong length = g_utf8_strlen(folded, -1);
    if (length < 1) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID, "%s is empty.", field);
        return NULL;
    }
    if (length > max) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID, "%s is longer than %d characters.",
                    field, max);
        return NULL;
    }
    return g_steal_pointer(&folded);
}

char *base_text_key(const char *name)
{
    g_autofree char *apart = g_utf8_normalize(name, -1, G_NORMALIZE_ALL);
    GString *bare = g_string_new(NULL);

    for (const char *at = apart ? apart : ""; *at; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);
        if (!g_unichar_ismark(c))
            g_string_append_unichar(bare, c);
    }
    char *key = g_utf8_casefold(bare->str, -1);
    g_string_free(bare, TRUE);
    return key;
}

static bool is_local_part(const char *text, size_t length)
{
    static const char SPECIALS[] = "!#$%&'*+/=?^_`{|}~-";

    if (length < 1 || length > LOCAL_PART_MAX || text[0] == '.' || text[length - 1] == '.')
        return false;
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '.' && text[i - 1] == '.')
            return false;
        if (text[i] != '.' && !g_ascii_isalnum(text[i]) && !strchr(SPECIALS, text[i]))
            return false;
    }
    return true;
}

static bool is_domain(const char *text)
{
    g_auto(GStrv) labels = g_strsplit(text, ".", -1);

    if (g_strv_length(labels) < 2)
        return false;
    for (char **label = labels; *label; label++) {
        size_t length = strlen(*label);
        if (length < 1 || length > LABEL_MAX || (*label)[0] == '-' || (*label)[length - 1] == '-')
            return false;
        for (const char *at = *label; *at; at++)
            if (!g_ascii_isalnum(*at) && *at != '-')
                return false;
    }
    return true;
}

char *base_text_email(const char *text, GError **error)
{
    if (text) {
        g_autofree char *email = g_strstrip(g_ascii_strdown(text, -1));
        const char *at = strrchr(email, '@');
        if (at && strlen(email) <= EMAIL_MAX && is_local_part(email, (size_t)(at - email)) &&
            is_domain(at + 1))
            return g_steal_pointer(&email);
    }
    g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID,
                        "email is not an e-mail address such as ana@example.edu.");
    return NULL;
}

bool base_text_email_in_domain(const char *email, const char *domain)
{
    if (!domain || !*domain)
        return true;
    const char *host = strrchr(email, '@');
    if (!host)
        return false;
    host++;
    if (domain[0] != '.')
        return g_ascii_strcasecmp(host, domain) == 0;
    size_t host_length = strlen(host);
    size_t domain_length = strlen(domain);
    return host_length > domain_length &&
           g_ascii_strcasecmp(host + host_length - domain_length, domain) == 0;
}

int base_text_index(const char *const *texts, int n, const char *wanted)
{
    for (int i = 0; wanted && i < n; i++)
        if (g_strcmp0(texts[i], wanted) == 0)
            return i;
    return -1;
}

int base_text_distance(const char *a, const char *b)
{
    size_t a_length = strnlen(a, DISTANCE_MAX + 1);
    size_t b_length = strnlen(b, DISTANCE_MAX + 1);
    int row[DISTANCE_MAX + 1];

    if (a_length > DISTANCE_MAX || b_length > DISTANCE_MAX)
        return DISTANCE_MAX;
    for (size_t j = 0; j <= b_length; j++)
        row[j] = (int)j;
    for (size_t i = 1; i <= a_length; i++) {
        int diagonal = row[0];
        row[0] = (int)i;
        for (size_t j = 1; j <= b_length; j++) {
            int substitution = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            row[j] = MIN(substitution, MIN(row[j], row[j - 1]) + 1);
        }
    }
    return row[b_length];
}
