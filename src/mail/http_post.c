#include "mail/http_post.h"

#include "base/error.h"
#include "mail/curl.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SECONDS_DEFAULT = 15 };

struct exchange {
    GString *body;
    bool refused; /* the address is not allowed */
};

static size_t take_body(char *data, size_t size, size_t n, void *user)
{
    struct exchange *exchange = user;
    const gsize room = MAIL_HTTP_ANSWER_MAX - exchange->body->len;

    g_string_append_len(exchange->body, data, (gssize)MIN(size * n, room));
    return size * n;
}

/* ---- addresses ---- */

struct network {
    guint32 address; /* host order */
    int prefix;
};

/* Those of the registry of special-purpose addresses (RFC 6890) that are not of the Internet. */
static const struct network PRIVATE[] = {
    {0x00000000, 8},  {0x0a000000, 8},  {0x64400000, 10}, {0x7f000000, 8},  {0xa9fe0000, 16},
    {0xac100000, 12}, {0xc0000000, 24}, {0xc0000200, 24}, {0xc0a80000, 16}, {0xc6120000, 15},
    {0xc6336400, 24}, {0xcb007100, 24}, {0xe0000000, 4},  {0xf0000000, 4},
};

static bool is_private_4(guint32 address)
{
    for (gsize i = 0; i < G_N_ELEMENTS(PRIVATE); i++)
        if ((address ^ PRIVATE[i].address) >> (32 - PRIVATE[i].prefix) == 0)
            return true;
    return false;
}

/* Only 2000::/3 is of the Internet; what carries an IPv4 address is judged by that. */
static bool is_private_6(const guint8 bytes[16])
{
    static const guint8 MAPPED[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    static const guint8 NAT64[12] = {0x00, 0x64, 0xff, 0x9b};
    guint32 inner;

    if (memcmp(bytes, MAPPED, 12) == 0 || memcmp(bytes, NAT64, 12) == 0) {
        memcpy(&inner, bytes + 12, 4);
        return is_private_4(ntohl(inner));
    }
    if (bytes[0] == 0x20 && bytes[1] == 0x02) {
        memcpy(&inner, bytes + 2, 4);
        return is_private_4(ntohl(inner));
    }
    return (bytes[0] & 0xe0) != 0x20 ||
           (bytes[0] == 0x20 && bytes[1] == 0x01 && bytes[2] == 0x0d && bytes[3] == 0xb8);
}

static bool is_private(const struct sockaddr *address)
{
    struct sockaddr_in four;
    struct sockaddr_in6 six;

    if (address->sa_family == AF_INET) {
        memcpy(&four, address, sizeof four);
        return is_private_4(ntohl(four.sin_addr.s_addr));
    }
    if (address->sa_family == AF_INET6) {
        memcpy(&six, address, sizeof six);
        return is_private_6(six.sin6_addr.s6_addr);
    }
    return true;
}

/* Called with the address that is about to be connected to, so that a name cannot first look
 * harmless and then lead inside. */
static curl_socket_t open_public(void *user, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct exchange *exchange = user;

    (void)purpose;
    if (is_private(&address->addr)) {
        exchange->refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* ---- the exchange ---- */

static bool add_header(struct curl_slist **list, const char *header, GError **error)
{
    for (const char *c = header; *c; c++)
        if ((guchar)*c < ' ' || *c == 0x7f) {
            g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID,
                                "A header has a control character.");
            return false;
        }
    struct curl_slist *longer = curl_slist_append(*list, header);
    if (longer)
        *list = longer;
    return longer != NULL;
}

static bool make_headers(const struct mail_http_post *post, struct curl_slist **list,
                         GError **error)
{
    bool ok = add_header(list, "Expect:", error);

    for (const char *const *header = post->headers; ok && header && *header; header++)
        ok = add_header(list, *header, error);
    return ok;
}

static bool perform(CURL *handle, const char *problem, struct exchange *exchange,
                    struct mail_http_answer *answer, GError **error)
{
    curl_off_t retry_after = 0;
    const CURLcode outcome = curl_easy_perform(handle);

    if (exchange->refused) {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_FORBIDDEN,
                            "The address is of a private network, which is not allowed.");
        return false;
    }
    if (outcome != CURLE_OK) {
        const bool bad_url =
            outcome == CURLE_URL_MALFORMAT || outcome == CURLE_UNSUPPORTED_PROTOCOL;
        g_set_error(error, BASE_ERROR, bad_url ? BASE_ERROR_INVALID : BASE_ERROR_UNAVAILABLE,
                    "The server gave no answer: %s.",
                    *problem ? problem : curl_easy_strerror(outcome));
        return false;
    }
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &answer->status);
    curl_easy_getinfo(handle, CURLINFO_RETRY_AFTER, &retry_after);
    answer->retry_after = (long)MIN(retry_after, 86400);
    answer->body_n = exchange->body->len;
    answer->body = g_string_free(g_steal_pointer(&exchange->body), FALSE);
    return true;
}

bool mail_http_post(const struct mail_http_post *post, struct mail_http_answer *answer,
                    GError **error)
{
    struct exchange exchange = {.body = g_string_new(NULL)};
    struct mail_watch watch = {.stop = post->stop, .grace = 3 * G_TIME_SPAN_SECOND};
    struct curl_slist *headers = NULL;
    char problem[CURL_ERROR_SIZE];
    bool ok = false;

    *answer = (struct mail_http_answer){0};
    CURL *handle =
        mail_curl_create(post->url, post->allow_plain ? "https,http" : "https", post->ca_file,
                         post->seconds ? post->seconds : SECONDS_DEFAULT, &watch, problem);
    if (handle && make_headers(post, &headers, error)) {
        curl_easy_setopt(handle, CURLOPT_POST, 1L);
        curl_easy_setopt(handle, CURLOPT_POSTFIELDS, post->body);
        curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)post->body_n);
        curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
        curl_easy_setopt(handle, CURLOPT_USERAGENT, "Presente/" PRESENTE_VERSION);
        curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take_body);
        curl_easy_setopt(handle, CURLOPT_WRITEDATA, &exchange);
        if (!post->allow_private) {
            curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, open_public);
            curl_easy_setopt(handle, CURLOPT_OPENSOCKETDATA, &exchange);
        }
        ok = perform(handle, problem, &exchange, answer, error);
    }
    if (!ok && error && !*error)
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_UNAVAILABLE, "There is no memory.");
    curl_slist_free_all(headers);
    curl_easy_cleanup(handle);
    if (exchange.body)
        g_string_free(exchange.body, TRUE);
    return ok;
}

void mail_http_answer_clear(struct mail_http_answer *answer)
{
    g_free(answer->body);
    *answer = (struct mail_http_answer){0};
}
