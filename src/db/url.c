#include "db/url.h"

#include "base/error.h"
#include "db/db.h"

#include <string.h>

/* Where Debian keeps the authorities that the system believes. */
#define CA_OF_SYSTEM "/etc/ssl/certs/ca-certificates.crt"

#define SECONDS_MAX 86400

static const struct {
    const char *name;
    enum db_tls tls;
} TLS_WORDS[] = {
    {"off", DB_TLS_OFF},
    {"disable", DB_TLS_OFF},
    {"disabled", DB_TLS_OFF},
    {"allow", DB_TLS_PREFER},
    {"prefer", DB_TLS_PREFER},
    {"preferred", DB_TLS_PREFER},
    {"require", DB_TLS_REQUIRE},
    {"required", DB_TLS_REQUIRE},
    {"verify", DB_TLS_VERIFY},
    {"verify-full", DB_TLS_VERIFY},
    /* Others verify the authority alone under these two; the name as well is stricter. */
    {"verify-ca", DB_TLS_VERIFY},
    {"verify_ca", DB_TLS_VERIFY},
    {"verify_identity", DB_TLS_VERIFY},
};

enum option {
    OPTION_TLS,
    OPTION_CA,
    OPTION_CERT,
    OPTION_KEY,
    OPTION_SOCKET,
    OPTION_CONNECT,
    OPTION_STATEMENT,
};

static const struct {
    const char *name;
    enum option option;
} OPTIONS[] = {
    {"tls", OPTION_TLS},
    {"sslmode", OPTION_TLS},
    {"ssl-mode", OPTION_TLS},
    {"ca", OPTION_CA},
    {"sslrootcert", OPTION_CA},
    {"ssl-ca", OPTION_CA},
    {"cert", OPTION_CERT},
    {"sslcert", OPTION_CERT},
    {"ssl-cert", OPTION_CERT},
    {"key", OPTION_KEY},
    {"sslkey", OPTION_KEY},
    {"ssl-key", OPTION_KEY},
    {"socket", OPTION_SOCKET},
    {"connect_timeout", OPTION_CONNECT},
    {"statement_timeout", OPTION_STATEMENT},
};

static bool refuse(GError **error, const char *what)
{
    g_set_error(error, BASE_ERROR, BASE_ERROR_UNSUPPORTED,
                "The database URL %s; it must look like postgresql://user:password@host:5432/name.",
                what);
    return false;
}

/* A piece of the URL in plain text: NULL when it is empty, an error for a bad %-sequence or what is
 * not UTF-8. */
static bool decode(const char *piece, gsize n, char **text, GError **error)
{
    g_autofree char *encoded = g_strndup(piece, n);
    g_autofree char *plain = g_uri_unescape_string(encoded, NULL);

    if (!plain || !g_utf8_validate(plain, -1, NULL))
        return refuse(error, "holds a % that is not followed by two hexadecimal digits, or bytes "
                             "that are no text");
    g_free(*text);
    *text = *plain ? g_steal_pointer(&plain) : NULL;
    return true;
}

static bool read_seconds(const char *value, guint *seconds, GError **error)
{
    guint64 number;

    if (!value || !g_ascii_string_to_unsigned(value, 10, 1, SECONDS_MAX, &number, NULL))
        return refuse(error, "gives a time-out that is no number of seconds");
    *seconds = (guint)number;
    return true;
}

static bool read_tls(const char *value, enum db_tls *tls, GError **error)
{
    for (gsize i = 0; value && i < G_N_ELEMENTS(TLS_WORDS); i++) {
        if (g_ascii_strcasecmp(TLS_WORDS[i].name, value) == 0) {
            *tls = TLS_WORDS[i].tls;
            return true;
        }
    }
    return refuse(error, "must give tls as verify, require, prefer or off");
}

static bool apply_option(struct db_url *url, enum option option, char *value, bool *tls_given,
                         GError **error)
{
    char **const texts[] = {
        [OPTION_CA] = &url->ca,
        [OPTION_CERT] = &url->cert,
        [OPTION_KEY] = &url->key,
        [OPTION_SOCKET] = &url->socket,
    };
    g_autofree char *taken = value;

    switch (option) {
    case OPTION_TLS:
        *tls_given = true;
        return read_tls(taken, &url->tls, error);
    case OPTION_CONNECT:
        return read_seconds(taken, &url->connect_seconds, error);
    case OPTION_STATEMENT:
        return read_seconds(taken, &url->statement_seconds, error);
    default:
        g_free(*texts[option]);
        *texts[option] = g_steal_pointer(&taken);
        return true;
    }
}

/* "name=value" */
static bool read_option(struct db_url *url, const char *text, bool *tls_given, GError **error)
{
    const char *equals = strchr(text, '=');
    gsize n = equals ? (gsize)(equals - text) : 0;

    for (gsize i = 0; equals && i < G_N_ELEMENTS(OPTIONS); i++) {
        char *value = NULL;

        if (strlen(OPTIONS[i].name) != n || g_ascii_strncasecmp(OPTIONS[i].name, text, n) != 0)
            continue;
        return decode(equals + 1, strlen(equals + 1), &value, error) &&
               apply_option(url, OPTIONS[i].option, value, tls_given, error);
    }
    g_set_error(error, BASE_ERROR, BASE_ERROR_UNSUPPORTED,
                "The database URL has an option that is not known: \"%.*s\".", (int)MIN(n, 40),
                text);
    return false;
}

static bool read_options(struct db_url *url, const char *text, bool *tls_given, GError **error)
{
    g_auto(GStrv) options = g_strsplit(text, "&", -1);

    for (guint i = 0; options[i]; i++)
        if (*options[i] && !read_option(url, options[i], tls_given, error))
            return false;
    return true;
}

/* "user:password", either part may be missing */
static bool read_user(struct db_url *url, const char *text, gsize n, GError **error)
{
    const char *colon = memchr(text, ':', n);
    gsize user_n = colon ? (gsize)(colon - text) : n;

    return decode(text, user_n, &url->user, error) &&
           (!colon || decode(colon + 1, n - user_n - 1, &url->password, error));
}

/* "host:port", "[::1]:port" or nothing */
static bool read_host(struct db_url *url, const char *text, gsize n, GError **error)
{
    bool bracketed = n > 0 && *text == '[';
    const char *shut = bracketed ? memchr(text, ']', n) : NULL;
    guint64 port;

    if (bracketed && !shut)
        return refuse(error, "holds an address without its closing bracket");
    const char *host = bracketed ? text + 1 : text;
    const char *end = text + n;
    const char *rest = bracketed ? shut + 1 : memchr(text, ':', n);
    const char *host_end = bracketed ? shut : rest ? rest : end;
    if (!decode(host, (gsize)(host_end - host), &url->host, error))
        return false;
    if (!rest || rest == end)
        return true;
    g_autofree char *digits = *rest == ':' ? g_strndup(rest + 1, (gsize)(end - rest - 1)) : NULL;
    if (!digits || !g_ascii_string_to_unsigned(digits, 10, 1, G_MAXUINT16, &port, NULL))
        return refuse(error, "has a port that is no number from 1 to 65535");
    url->port = (guint)port;
    return true;
}

static bool is_local(const struct db_url *url)
{
    if (!url->host || g_ascii_strcasecmp(url->host, "localhost") == 0)
        return true;
    /* An address, not a name that begins like one. */
    return g_hostname_is_ip_address(url->host) &&
           (g_str_has_prefix(url->host, "127.") || strcmp(url->host, "::1") == 0);
}

static bool read_all(const char *address, struct db_url *url, GError **error)
{
    bool tls_given = false;

    if (!g_str_has_prefix(address, "//"))
        return refuse(error, "does not go on with // after the colon");
    address += 2;

    const char *question = strchr(address, '?');
    const char *end = question ? question : address + strlen(address);
    const char *slash = memchr(address, '/', (gsize)(end - address));
    if (!slash || slash + 1 == end || memchr(slash + 1, '/', (gsize)(end - slash - 1)))
        return refuse(error, "must name one database behind the host and a slash");

    /* The last @: a password may hold one that nobody has encoded. */
    const char *at = g_strrstr_len(address, slash - address, "@");
    const char *host = at ? at + 1 : address;
    if ((at && !read_user(url, address, (gsize)(at - address), error)) ||
        !read_host(url, host, (gsize)(slash - host), error) ||
        !decode(slash + 1, (gsize)(end - slash - 1), &url->database, error) ||
        (question && !read_options(url, question + 1, &tls_given, error)))
        return false;
    if (!tls_given)
        url->tls = is_local(url) && !url->ca ? DB_TLS_OFF : DB_TLS_VERIFY;
    if (url->tls == DB_TLS_VERIFY && !url->ca)
        url->ca = g_strdup(CA_OF_SYSTEM);
    return true;
}

bool db_url_parse(const char *address, struct db_url *url, GError **error)
{
    *url = (struct db_url){0};
    if (read_all(address, url, error))
        return true;
    db_url_clear(url);
    return false;
}

void db_url_clear(struct db_url *url)
{
    g_free(url->user);
    g_free(url->password);
    g_free(url->host);
    g_free(url->database);
    g_free(url->socket);
    g_free(url->ca);
    g_free(url->cert);
    g_free(url->key);
    *url = (struct db_url){0};
}

/* Everything between the first colon after "//" and the last @ is the password, whatever it holds;
 * a path or query with an @ hides more than it must, which harms nobody. What was meant as such a
 * URL and lacks the "//" is treated alike. */
char *db_url_display(const char *url)
{
    static const char *const OPTIONS_SECRET[] = {"?password=", "&password="};
    const bool is_file = g_ascii_strncasecmp(url, "sqlite:", strlen("sqlite:")) == 0 ||
                         g_ascii_strncasecmp(url, "file:", strlen("file:")) == 0;
    const char *slashes = strstr(url, "://");
    const char *start = slashes ? slashes + 3 : url;
    const char *at = is_file ? NULL : strrchr(start, '@');
    const char *colon = at ? memchr(start, ':', (gsize)(at - start)) : NULL;

    GString *shown = g_string_new(url);
    if (colon)
        g_string_printf(shown, "%.*s:***%s", (int)(colon - url), url, at);
    /* No option of ours, but other programs know it. */
    for (gsize i = 0; !is_file && i < G_N_ELEMENTS(OPTIONS_SECRET); i++) {
        const char *found = strstr(shown->str, OPTIONS_SECRET[i]);
        const char *value = found ? found + strlen(OPTIONS_SECRET[i]) : NULL;
        if (!value)
            continue;
        gssize from = value - shown->str;
        g_string_erase(shown, from, (gssize)strcspn(value, "&"));
        g_string_insert(shown, from, "***");
    }
    return g_string_free(shown, FALSE);
}
