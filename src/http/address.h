/*
 * Internet addresses: where to listen, whom to trust, who the client is behind a proxy.
 */
#ifndef HTTP_ADDRESS_H
#define HTTP_ADDRESS_H

#include <glib.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* An IPv6 address; IPv4 is kept mapped (::ffff:a.b.c.d), so that both compare alike. */
struct http_ip {
    uint8_t bytes[16];
};

/* "127.0.0.1:8000", "[::1]:8000", "localhost:8000"; BASE_ERROR_INVALID. */
bool http_address_parse(const char *text, struct sockaddr_storage *address, socklen_t *size,
                        GError **error);

/* False for anything but IPv4 and IPv6. */
bool http_ip_of(const struct sockaddr *address, struct http_ip *ip);
bool http_ip_parse(const char *text, struct http_ip *ip);
void http_ip_format(const struct http_ip *ip, char out[INET6_ADDRSTRLEN]);

/* Whom limits count: an IPv4 address as it is, IPv6 cut to its /64 network. */
struct http_ip http_ip_client(const struct http_ip *ip);
#define HTTP_CLIENT_KEY_SIZE (INET6_ADDRSTRLEN + 4)
/* The same as text: "203.0.113.9" or "2001:db8:1:2::/64". */
void http_ip_client_key(const struct http_ip *ip, char out[HTTP_CLIENT_KEY_SIZE]);

/* For GHashTable. */
guint http_ip_hash(gconstpointer ip);
gboolean http_ip_equal(gconstpointer a, gconstpointer b);

struct http_networks;

/* "10.0.0.0/8", "::1", ...; NULL-terminated list, NULL is empty. BASE_ERROR_INVALID. */
struct http_networks *http_networks_create(const char *const *texts, GError **error);
void http_networks_destroy(struct http_networks *networks);
bool http_networks_contain(const struct http_networks *networks, const struct http_ip *ip);

/*
 * The client according to X-Forwarded-For (`value`, `size`), read from its right end: the first
 * address that is not a trusted proxy's. False, and `ip` unchanged, when there is none.
 */
bool http_forwarded_client(const struct http_networks *trusted, const char *value, size_t size,
                           struct http_ip *ip);

#endif
