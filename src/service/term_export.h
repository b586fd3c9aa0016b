/*
 * A term as a file that proves itself: a ZIP of
 *
 *   register.jsonl  every mark of the term's sessions, and of days within the term, one a line, by
 *                   day, time and id, each with its changes and their reasons
 *   audit.jsonl     the whole chain of the audit log up to now, one entry a line
 *   proof.json      what this is: SHA-256 and size of the two files, term, institution, where the
 *                   chain ends, when it was made, the public key
 *   proof.sig       the Ed25519 signature of the bytes of proof.json, 64 bytes
 *   key.pem         the public key as openssl reads it
 *
 * Whoever has the public key from elsewhere (`presente audit key`) can verify it without us;
 * docs/audit.md tells how. The same register at the same time gives the same bytes.
 */
#ifndef SERVICE_TERM_EXPORT_H
#define SERVICE_TERM_EXPORT_H

#include "core/audit_chain.h"
#include "service/service.h"

struct service_term_exported {
    gint64 marks;
    struct core_audit_head head;
    uint32_t key_id;
};

/* Writes the file whole or not at all; what is there is replaced only with `force`. Memory does not
 * grow with the rows. Administrators. BASE_ERROR_NOT_FOUND for an unknown term,
 * BASE_ERROR_UNAVAILABLE while the key file is lost; errors of archive_writer_create().
 * `exported` may be NULL. */
bool service_term_export(struct service *service, const struct service_identity *identity,
                         const struct base_uuid *term_id, const char *path, bool force,
                         struct service_term_exported *exported, GError **error);

/* The same, but without changing anything: what was committed a moment ago may have no place in the
 * chain yet, and the proof says how much. Into an unlinked temporary file: its descriptor,
 * positioned at the start, which is the caller's to close(); -1 on an error. `name` (may be NULL)
 * gets a name for it; g_free() it. */
int service_term_export_temporary(struct service *service, const struct service_identity *identity,
                                  const struct base_uuid *term_id, char **name, GError **error);

#endif
