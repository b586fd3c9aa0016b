#include "http/address.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/error.h"

struct network {
    struct http_ip ip;
    unsigned bits;
};

struct http_networks {
    size_t n;
    struct network list[];
};

static const uint8_t MAPPED[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static bool is_mapped(const struct http_ip *ip)
{
    return !memcmp(ip->bytes, MAPPED, sizeof MAPPED);
}

bool http_ip_of(const struct sockaddr *address, struct http_ip *ip)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof in);
        memcpy(ip->bytes, MAPPED, sizeof MAPPED);
        memcpy(ip->bytes + 12, &in.sin_addr, 4);
        return true;
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, address, sizeof in6);
        memcpy(ip->bytes, &in6.sin6_addr, 16);
        return true;
    }
    return false;
}

bool http_ip_parse(const char *text, struct http_ip *ip)
{
    struct http_ip parsed;
    memcpy(parsed.bytes, MAPPED, sizeof MAPPED);
    if (inet_pton(AF_INET, text, parsed.bytes + 12) != 1 &&
        inet_pton(AF_INET6, text, parsed.bytes) != 1)
        return false;
    *ip = parsed;
    return true;
}

void http_ip_format(const struct http_ip *ip, char out[INET6_ADDRSTRLEN])
{
    if (is_mapped(ip))
        inet_ntop(AF_INET, ip->bytes + 12, out, INET6_ADDRSTRLEN);
    else
        inet_ntop(AF_INET6, ip->bytes, out, INET6_ADDRSTRLEN);
}

struct http_ip http_ip_client(const struct http_ip *ip)
{
    struct http_ip client = *ip;
    if (!is_mapped(ip))
        memset(client.bytes + 8, 0, 8);
    return client;
}

void http_ip_client_key(const struct http_ip *ip, char out[HTTP_CLIENT_KEY_SIZE])
{
    struct http_ip client = http_ip_client(ip);
    http_ip_format(&client, out);
    if (!is_mapped(ip))
        g_strlcat(out, "/64", HTTP_CLIENT_KEY_SIZE);
}

guint http_ip_hash(gconstpointer ip)
{
    const struct http_ip *address = ip;
    guint hash = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < sizeof address->bytes; i++)
        hash = (hash ^ address->bytes[i]) * 16777619u;
    return hash;
}

gboolean http_ip_equal(gconstpointer a, gconstpointer b)
{
    return !memcmp(a, b, sizeof(struct http_ip));
}

bool http_address_parse(const char *text, struct sockaddr_storage *address, socklen_t *size,
                        GError **error)
{
    const char *colon = text ? strrchr(text, ':') : NULL;
    guint64 port = 0;
    if (!colon || !g_ascii_string_to_unsigned(colon + 1, 10, 0, 65535, &port, NULL)) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID,
                    "\"%s\" is not an address to listen on, such as 127.0.0.1:8000",
                    text ? text : "");
        return false;
    }
    size_t host_size = (size_t)(colon - text);
    bool bracketed = host_size >= 2 && *text == '[' && text[host_size - 1] == ']';
    g_autofree char *host =
        bracketed ? g_strndup(text + 1, host_size - 2) : g_strndup(text, host_size);
    const char *number = strcmp(host, "localhost") ? host : "127.0.0.1";

    memset(address, 0, sizeof *address);
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
    if (!bracketed && inet_pton(AF_INET, number, &in.sin_addr) == 1) {
        memcpy(address, &in, sizeof in);
        *size = sizeof in;
        return true;
    }
    if (bracketed && inet_pton(AF_INET6, host, &in6.sin6_addr) == 1) {
        memcpy(address, &in6, sizeof in6);
        *size = sizeof in6;
        return true;
    }
    g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID,
                "\"%s\" is not an address to listen on, such as 127.0.0.1:8000 or [::]:8000", text);
    return false;
}

static bool network_parse(const char *text, struct network *network)
{
    g_autofree char *copy = g_strdup(text);
    char *slash = strchr(copy, '/');
    if (slash)
        *slash++ = '\0';
    if (!http_ip_parse(copy, &network->ip))
        return false;
    bool v4 = is_mapped(&network->ip) && !strchr(copy, ':');
    guint64 bits = v4 ? 32 : 128;
    if (slash && !g_ascii_string_to_unsigned(slash, 10, 0, bits, &bits, NULL))
        return false;
    network->bits = (unsigned)bits + (v4 ? 96 : 0);
    return true;
}

struct http_networks *http_networks_create(const char *const *texts, GError **error)
{
    size_t n = texts ? g_strv_length((GStrv)texts) : 0;
    struct http_networks *networks = g_malloc0(sizeof *networks + n * sizeof networks->list[0]);
    for (size_t i = 0; i < n; i++) {
        if (network_parse(texts[i], &networks->list[i]))
            continue;
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID,
                    "\"%s\" is not an address or a network of a trusted proxy", texts[i]);
        g_free(networks);
        return NULL;
    }
    networks->n = n;
    return networks;
}

void http_networks_destroy(struct http_networks *networks)
{
    g_free(networks);
}

static bool network_contains(const struct network *network, const struct http_ip *ip)
{
    size_t whole = network->bits / 8;
    unsigned rest = network->bits % 8;
    if (memcmp(network->ip.bytes, ip->bytes, whole) != 0)
        return false;
    return !rest || !((network->ip.bytes[whole] ^ ip->bytes[whole]) >> (8 - rest));
}

bool http_networks_contain(const struct http_networks *networks, const struct http_ip *ip)
{
    for (size_t i = 0; i < networks->n; i++)
        if (network_contains(&networks->list[i], ip))
            return true;
    return false;
}

bool http_forwarded_client(const struct http_networks *trusted, const char *value, size_t size,
                           struct http_ip *ip)
{
    bool found = false;
    while (size) {
        size_t start = size;
        while (start && value[start - 1] != ',')
            start--;
        g_autofree char *item = g_strstrip(g_strndup(value + start, size - start));
        /* What a proxy of ours could not have written ends the chain that we believe. */
        if (!http_ip_parse(item, ip))
            return found;
        found = true;
        if (!http_networks_contain(trusted, ip))
            return true;
        size = start ? start - 1 : 0;
    }
    return found;
}
