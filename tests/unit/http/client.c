#include "client.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE_MS 10000

int client_connect(unsigned port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address))
        g_error("cannot connect: %s", g_strerror(errno));
    return fd;
}

bool client_send(int fd, const char *bytes, size_t size)
{
    while (size) {
        ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes += sent;
        size -= (size_t)sent;
    }
    return true;
}

/* 0 at the end of the connection. */
static size_t receive(int fd, char *bytes, size_t size)
{
    struct pollfd waiting = {.fd = fd, .events = POLLIN};
    if (poll(&waiting, 1, PATIENCE_MS) != 1)
        g_error("the server said nothing for ten seconds");
    ssize_t got = recv(fd, bytes, size, 0);
    return got < 0 ? 0 : (size_t)got;
}

char *answer_header(const struct answer *answer, const char *name)
{
    g_auto(GStrv) lines = g_strsplit(answer->head ? answer->head : "", "\r\n", -1);
    size_t size = strlen(name);
    for (size_t i = 0; lines[i]; i++)
        if (!g_ascii_strncasecmp(lines[i], name, size) && lines[i][size] == ':')
            return g_strstrip(g_strdup(lines[i] + size + 1));
    return NULL;
}

struct answer client_read(int fd, bool head_only)
{
    struct answer answer = {0};
    g_autoptr(GString) head = g_string_new(NULL);
    /* Byte by byte, so that nothing of a following answer is taken. */
    while (!g_str_has_suffix(head->str, "\r\n\r\n")) {
        char byte;
        if (!receive(fd, &byte, 1))
            return answer;
        g_string_append_c(head, byte);
    }
    answer.head = g_strdup(head->str);
    answer.status = (unsigned)g_ascii_strtoull(answer.head + strlen("HTTP/1.1 "), NULL, 10);
    g_autofree char *length = answer_header(&answer, "Content-Length");
    size_t expected = length && !head_only ? (size_t)g_ascii_strtoull(length, NULL, 10) : 0;
    answer.body = g_malloc0(expected + 1);
    while (answer.body_size < expected) {
        size_t n = receive(fd, answer.body + answer.body_size, expected - answer.body_size);
        if (!n)
            break;
        answer.body_size += n;
    }
    return answer;
}

void answer_clear(struct answer *answer)
{
    g_free(answer->head);
    g_free(answer->body);
    *answer = (struct answer){0};
}

bool client_sees_close(int fd, unsigned seconds)
{
    gint64 end = g_get_monotonic_time() + (gint64)seconds * G_USEC_PER_SEC;
    while (g_get_monotonic_time() < end) {
        char bytes[256];
        struct pollfd waiting = {.fd = fd, .events = POLLIN};
        if (poll(&waiting, 1, 50) == 1 && recv(fd, bytes, sizeof bytes, 0) <= 0)
            return true;
    }
    return false;
}

struct answer client_ask(unsigned port, const char *text)
{
    int fd = client_connect(port);
    client_send(fd, text, strlen(text));
    struct answer answer = client_read(fd, g_str_has_prefix(text, "HEAD "));
    close(fd);
    return answer;
}
