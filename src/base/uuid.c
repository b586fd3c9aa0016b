#include "base/uuid.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#define SEQUENCE_BITS 12

static void random_fill(void *data, size_t size)
{
    uint8_t *at = data;
    while (size > 0) {
        ssize_t got = getrandom(at, size, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            g_error("The kernel gives no random numbers: %s", g_strerror(errno));
        at += got;
        size -= (size_t)got;
    }
}

/* Milliseconds and sequence as one number that only grows, even when the clock is set back. */
static uint64_t next_stamp(void)
{
    static uint64_t last;
    uint64_t now = (uint64_t)(g_get_real_time() / 1000) << SEQUENCE_BITS;
    uint64_t seen = __atomic_load_n(&last, __ATOMIC_RELAXED);
    uint64_t next;

    do {
        next = now > seen ? now : seen + 1;
    } while (!__atomic_compare_exchange_n(&last, &seen, next, false, __ATOMIC_RELAXED,
                                          __ATOMIC_RELAXED));
    return next;
}

void base_uuid_new(struct base_uuid *uuid)
{
    uint64_t stamp = next_stamp();
    uint64_t milliseconds = stamp >> SEQUENCE_BITS;
    unsigned sequence = stamp & ((1u << SEQUENCE_BITS) - 1);

    for (int i = 0; i < 6; i++)
        uuid->bytes[i] = (uint8_t)(milliseconds >> (40 - 8 * i));
    uuid->bytes[6] = (uint8_t)(0x70 | sequence >> 8);
    uuid->bytes[7] = (uint8_t)sequence;
    random_fill(uuid->bytes + 8, 8);
    uuid->bytes[8] = (uint8_t)((uuid->bytes[8] & 0x3f) | 0x80);
}

bool base_uuid_parse(const char *text, struct base_uuid *uuid)
{
    struct base_uuid parsed = {0};
    int digits = 0;

    if (!text || strnlen(text, BASE_UUID_TEXT_SIZE) != BASE_UUID_TEXT_SIZE - 1)
        return false;
    for (int i = 0; i < BASE_UUID_TEXT_SIZE - 1; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash != (text[i] == '-') || (!dash && !g_ascii_isxdigit(text[i])))
            return false;
        if (dash)
            continue;
        uint8_t *byte = &parsed.bytes[digits / 2];
        *byte = (uint8_t)(*byte << 4 | g_ascii_xdigit_value(text[i]));
        digits++;
    }
    *uuid = parsed;
    return true;
}

char *base_uuid_format(const struct base_uuid *uuid, char text[static BASE_UUID_TEXT_SIZE])
{
    static const char HEX[] = "0123456789abcdef";
    char *at = text;

    for (int i = 0; i < BASE_UUID_SIZE; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *at++ = '-';
        *at++ = HEX[uuid->bytes[i] >> 4];
        *at++ = HEX[uuid->bytes[i] & 15];
    }
    *at = '\0';
    return text;
}

bool base_uuid_is_nil(const struct base_uuid *uuid)
{
    static const struct base_uuid NIL;
    return memcmp(uuid, &NIL, sizeof NIL) == 0;
}

guint base_uuid_hash(gconstpointer uuid)
{
    guint64 halves[2];

    /* Of all bytes: ids that another system made may differ in a few of them only. */
    memcpy(halves, uuid, sizeof halves);
    guint64 mixed = (halves[0] ^ (halves[1] << 31 | halves[1] >> 33)) * 0x9e3779b97f4a7c15U;
    return (guint)(mixed >> 32);
}

gboolean base_uuid_equal(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, BASE_UUID_SIZE) == 0;
}

int base_uuid_compare(const struct base_uuid *a, const struct base_uuid *b)
{
    return memcmp(a->bytes, b->bytes, BASE_UUID_SIZE);
}
