/*
 * The chain of the audit log: what makes it noticeable that an entry was changed, taken out, put in
 * or moved. Pure functions.
 *
 * Entries have positions from 1 without gaps. The hash of an entry is the SHA-256 of
 *
 *     "presente-audit-1", position, previous hash, sequence, happened_at, actor, action, subject,
 *     details
 *
 * each written as its length in 8 bytes, big endian, and its bytes: numbers as 8 bytes, big endian
 * (happened_at in microseconds since 1970 UTC, two's complement), the previous hash as 32 bytes
 * (zeros for position 1), the actor as 16 bytes or none, texts as UTF-8. Details that are not there
 * have the length 2^64 - 1. So no two entries have one encoding.
 */
#ifndef CORE_AUDIT_CHAIN_H
#define CORE_AUDIT_CHAIN_H

#include "core/types.h"

enum {
    CORE_AUDIT_HASH_SIZE = 32,
    CORE_AUDIT_HASH_TEXT_SIZE = 65, /* lower-case hexadecimal and the terminator */
};

/* The hash of an entry with its position and previous_hash; its own `hash` is not read. */
void core_audit_chain_hash(const struct core_audit *entry, guint8 hash[CORE_AUDIT_HASH_SIZE]);

/* Writes a hash in hexadecimal to `text` and gives it back. */
char *core_audit_hash_format(const guint8 hash[CORE_AUDIT_HASH_SIZE],
                             char text[static CORE_AUDIT_HASH_TEXT_SIZE]);
bool core_audit_hash_parse(const char *text, guint8 hash[CORE_AUDIT_HASH_SIZE]);

/* Where a chain ends; all zeros before its first entry. */
struct core_audit_head {
    gint64 position;
    guint8 hash[CORE_AUDIT_HASH_SIZE];
};

enum core_audit_fault {
    CORE_AUDIT_SOUND,
    CORE_AUDIT_MISSING,  /* entries between the head and this one are not there */
    CORE_AUDIT_REPEATED, /* its position is not after the head's */
    CORE_AUDIT_UNLINKED, /* its previous hash is not the head's hash */
    CORE_AUDIT_CHANGED,  /* its hash is not that of what it says */
    CORE_AUDIT_FAULT_N,
};

/* Gives an entry the place after the head, and makes it the head. */
void core_audit_chain_append(struct core_audit_head *head, struct core_audit *entry);

/* What is wrong with an entry that is read as the next after the head, the first that applies of
 * the list above. The entry is the head then, so that each fault is told once. */
enum core_audit_fault core_audit_chain_follow(struct core_audit_head *head,
                                              const struct core_audit *entry);

/* A sentence for people: what is wrong at `position` when the chain was at `before`; g_free() it.
 * NULL for CORE_AUDIT_SOUND. */
char *core_audit_fault_describe(enum core_audit_fault fault, gint64 before, gint64 position);

#endif
