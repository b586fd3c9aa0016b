/*
 * Verifying an exported term (term_export.h) without database and key file.
 */
#ifndef SERVICE_TERM_PROOF_H
#define SERVICE_TERM_PROOF_H

#include "auth/sign.h"
#include "core/audit_chain.h"

/* What the file says of itself; true only when there are no findings. */
struct service_term_proof {
    char *institution;
    char *term;
    char *first_day;
    char *last_day;
    char *created_at; /* RFC 3339 */
    char *key_id;
    struct auth_sign_public key;
    bool expected;  /* it was compared with a key from elsewhere */
    gint64 marks;   /* lines of register.jsonl */
    gint64 pending; /* entries that had no place in the chain yet */
    struct core_audit_head head;
};
void service_term_proof_clear(struct service_term_proof *proof);

/*
 * Verifies the file: the signature, the digests, the chain. `key` is the public key that it should
 * be signed with, got another way than with the file; NULL: only that the file fits the key that
 * lies in it, which whoever forges one can bring about. Each finding is a sentence appended to
 * `findings` (an array of char * with g_free as free function), 100 at most; none means sound.
 * False with an error only when it could not look: errors of archive_reader_open().
 */
bool service_term_proof_check(const char *path, const struct auth_sign_public *key,
                              struct service_term_proof *proof, GPtrArray *findings,
                              GError **error);

/* The same over bytes in memory. */
bool service_term_proof_check_bytes(const void *data, gsize size,
                                    const struct auth_sign_public *key,
                                    struct service_term_proof *proof, GPtrArray *findings,
                                    GError **error);

/* One line of audit.jsonl, both ways; g_free() and core_audit_free() what they give. NULL with
 * BASE_ERROR_INVALID for a line that is none. */
char *service_audit_line(const struct core_audit *entry);
struct core_audit *service_audit_line_parse(const char *line, gsize size, GError **error);

#endif
