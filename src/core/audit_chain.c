#include "core/audit_chain.h"

#include <string.h>

static const char VERSION[] = "presente-audit-1";

static void add_number(GChecksum *sum, guint64 value)
{
    const guint64 bytes = GUINT64_TO_BE(value);

    g_checksum_update(sum, (const guchar *)&bytes, sizeof bytes);
}

static void add_bytes(GChecksum *sum, const void *data, gsize size)
{
    add_number(sum, size);
    g_checksum_update(sum, data, (gssize)size);
}

static void add_integer(GChecksum *sum, gint64 value)
{
    add_number(sum, sizeof value);
    add_number(sum, (guint64)value);
}

static void add_text(GChecksum *sum, const char *text)
{
    if (text)
        add_bytes(sum, text, strlen(text));
    else
        add_number(sum, G_MAXUINT64);
}

void core_audit_chain_hash(const struct core_audit *entry, guint8 hash[CORE_AUDIT_HASH_SIZE])
{
    GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);
    gsize size = CORE_AUDIT_HASH_SIZE;

    add_text(sum, VERSION);
    add_integer(sum, entry->position);
    add_bytes(sum, entry->previous_hash, sizeof entry->previous_hash);
    add_integer(sum, entry->sequence);
    add_integer(sum, entry->happened_at);
    add_bytes(sum, entry->actor_id.bytes, base_uuid_is_nil(&entry->actor_id) ? 0 : BASE_UUID_SIZE);
    add_text(sum, entry->action ? entry->action : "");
    add_text(sum, entry->subject ? entry->subject : "");
    add_text(sum, entry->details);
    g_checksum_get_digest(sum, hash, &size);
    g_checksum_free(sum);
}

char *core_audit_hash_format(const guint8 hash[CORE_AUDIT_HASH_SIZE],
                             char text[static CORE_AUDIT_HASH_TEXT_SIZE])
{
    static const char DIGITS[] = "0123456789abcdef";

    for (int i = 0; i < CORE_AUDIT_HASH_SIZE; i++) {
        text[2 * i] = DIGITS[hash[i] >> 4];
        text[2 * i + 1] = DIGITS[hash[i] & 15];
    }
    text[2 * CORE_AUDIT_HASH_SIZE] = '\0';
    return text;
}

bool core_audit_hash_parse(const char *text, guint8 hash[CORE_AUDIT_HASH_SIZE])
{
    if (!text || strlen(text) != 2 * CORE_AUDIT_HASH_SIZE)
        return false;
    for (int i = 0; i < CORE_AUDIT_HASH_SIZE; i++) {
        if (strspn(text + 2 * i, "0123456789abcdef") < 2)
            return false;
        hash[i] = (guint8)(g_ascii_xdigit_value(text[2 * i]) << 4 |
                           g_ascii_xdigit_value(text[2 * i + 1]));
    }
    return true;
}

void core_audit_chain_append(struct core_audit_head *head, struct core_audit *entry)
{
    entry->position = head->position + 1;
    memcpy(entry->previous_hash, head->hash, sizeof head->hash);
    core_audit_chain_hash(entry, entry->hash);
    head->position = entry->position;
    memcpy(head->hash, entry->hash, sizeof head->hash);
}

enum core_audit_fault core_audit_chain_follow(struct core_audit_head *head,
                                              const struct core_audit *entry)
{
    const struct core_audit_head before = *head;
    guint8 hash[CORE_AUDIT_HASH_SIZE];

    head->position = entry->position;
    memcpy(head->hash, entry->hash, sizeof head->hash);
    if (entry->position <= before.position)
        return CORE_AUDIT_REPEATED;
    if (entry->position > before.position + 1)
        return CORE_AUDIT_MISSING;
    if (memcmp(entry->previous_hash, before.hash, sizeof before.hash) != 0)
        return CORE_AUDIT_UNLINKED;
    core_audit_chain_hash(entry, hash);
    return memcmp(hash, entry->hash, sizeof hash) == 0 ? CORE_AUDIT_SOUND : CORE_AUDIT_CHANGED;
}

char *core_audit_fault_describe(enum core_audit_fault fault, gint64 before, gint64 position)
{
    if (fault == CORE_AUDIT_MISSING && position - before == 2)
        return g_strdup_printf("Entry %" G_GINT64_FORMAT " is missing.", before + 1);
    if (fault == CORE_AUDIT_MISSING)
        return g_strdup_printf("Entries %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT " are missing.",
                               before + 1, position - 1);
    if (fault == CORE_AUDIT_REPEATED)
        return g_strdup_printf("Entry %" G_GINT64_FORMAT " stands after entry %" G_GINT64_FORMAT
                               ".",
                               position, before);
    if (fault == CORE_AUDIT_UNLINKED)
        return g_strdup_printf(
            "Entry %" G_GINT64_FORMAT " does not carry the hash of the entry before it.", position);
    if (fault == CORE_AUDIT_CHANGED)
        return g_strdup_printf("Entry %" G_GINT64_FORMAT
                               " was changed: its hash is not that of what it says.",
                               position);
    return NULL;
}
