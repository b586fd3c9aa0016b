/* Entries of the audit log as lines of JSON. */
#include "base/error.h"
#include "base/json.h"
#include "service/term_proof.h"

static json_t *uuid_or_null(const struct base_uuid *uuid)
{
    return base_uuid_is_nil(uuid) ? json_null() : base_json_uuid(uuid);
}

/* Details as the text that they are: a parsed document could come out otherwise. */
char *service_audit_line(const struct core_audit *entry)
{
    char previous[CORE_AUDIT_HASH_TEXT_SIZE];
    char hash[CORE_AUDIT_HASH_TEXT_SIZE];
    g_autoptr(json_t) json =
        json_pack("{s:I,s:s,s:s,s:I,s:I,s:o,s:s,s:s,s:o}", "position", (json_int_t)entry->position,
                  "previous_hash", core_audit_hash_format(entry->previous_hash, previous), "hash",
                  core_audit_hash_format(entry->hash, hash), "sequence",
                  (json_int_t)entry->sequence, "happened_at_us", (json_int_t)entry->happened_at,
                  "actor_id", uuid_or_null(&entry->actor_id), "action", entry->action, "subject",
                  entry->subject, "details", base_json_text_or_null(entry->details));

    return json ? base_json_format(json) : NULL;
}

struct core_audit *service_audit_line_parse(const char *line, gsize size, GError **error)
{
    g_autoptr(json_t) json = base_json_parse(line, size, error);
    g_autoptr(core_audit) entry = g_new0(struct core_audit, 1);
    const char *previous = NULL, *hash = NULL, *action = NULL, *subject = NULL, *details = NULL;
    bool no_actor = false, no_details = false;
    const struct base_json_field FIELDS[] = {
        {"position", BASE_JSON_INTEGER, BASE_JSON_REQUIRED, &entry->position, .min = 1,
         .max = G_MAXINT64},
        {"previous_hash", BASE_JSON_TEXT, BASE_JSON_REQUIRED, &previous},
        {"hash", BASE_JSON_TEXT, BASE_JSON_REQUIRED, &hash},
        {"sequence", BASE_JSON_INTEGER, BASE_JSON_REQUIRED, &entry->sequence},
        {"happened_at_us", BASE_JSON_INTEGER, BASE_JSON_REQUIRED, &entry->happened_at},
        {"actor_id", BASE_JSON_UUID, BASE_JSON_REQUIRED, &entry->actor_id, .null = &no_actor},
        {"action", BASE_JSON_TEXT, BASE_JSON_REQUIRED, &action},
        {"subject", BASE_JSON_TEXT, BASE_JSON_REQUIRED, &subject},
        {"details", BASE_JSON_TEXT, BASE_JSON_REQUIRED, &details, .null = &no_details},
    };

    if (!json || !base_json_read(json, FIELDS, G_N_ELEMENTS(FIELDS), error))
        return NULL;
    if (!core_audit_hash_parse(previous, entry->previous_hash) ||
        !core_audit_hash_parse(hash, entry->hash)) {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID,
                            "A hash has 64 hexadecimal digits.");
        return NULL;
    }
    entry->action = g_strdup(action);
    entry->subject = g_strdup(subject);
    entry->details = g_strdup(details);
    return g_steal_pointer(&entry);
}
