/*
 * Input: a line of audit.jsonl, or a public key. A line that is taken must come out again as a line
 * that says the same; a key as well.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "service/term_proof.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_line(const char *text, size_t size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(core_audit) entry = service_audit_line_parse(text, size, &error);

    if ((entry == NULL) != (error != NULL))
        abort();
    if (!entry)
        return;
    g_autofree char *line = service_audit_line(entry);
    if (!line)
        abort();
    g_autoptr(core_audit) again = service_audit_line_parse(line, strlen(line), NULL);
    guint8 hash[CORE_AUDIT_HASH_SIZE];
    guint8 other[CORE_AUDIT_HASH_SIZE];
    if (!again)
        abort();
    core_audit_chain_hash(entry, hash);
    core_audit_chain_hash(again, other);
    if (memcmp(hash, other, sizeof hash) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    struct auth_sign_public key;
    struct auth_sign_public again;

    check_line((const char *)data, size);
    if (auth_sign_public_parse(text, &key, NULL)) {
        g_autofree char *pem = auth_sign_public_pem(&key);
        if (!auth_sign_public_parse(pem, &again, NULL) ||
            memcmp(key.bytes, again.bytes, sizeof key.bytes) != 0)
            abort();
    }
    return 0;
}
