#include "service/term_proof.h"

#include "archive/archive.h"
#include "base/error.h"
#include "base/json.h"

#include <string.h>

enum {
    FINDINGS_MAX = 100,
    BLOCK = 65536,
    SMALL_MAX = 65536, /* of the files that are read whole */
    LINE_MAX_BYTES = 8 << 20,
};

enum file {
    FILE_REGISTER,
    FILE_AUDIT,
    FILE_PROOF,
    FILE_SIGNATURE,
    FILE_KEY,
    FILE_N,
};

static const char *const NAMES[FILE_N] = {
    [FILE_REGISTER] = "register.jsonl", [FILE_AUDIT] = "audit.jsonl", [FILE_PROOF] = "proof.json",
    [FILE_SIGNATURE] = "proof.sig",     [FILE_KEY] = "key.pem",
};

/* What was read of the file. */
struct check {
    const struct auth_sign_public *key;
    struct service_term_proof *proof;
    GPtrArray *findings;
    bool seen[FILE_N];
    char *sha256[FILE_N]; /* of the two files of lines */
    gint64 size[FILE_N];
    gint64 lines[FILE_N];
    GBytes *whole[FILE_N];        /* of the others */
    struct core_audit_head start; /* behind which audit.jsonl begins */
    struct core_audit_head head;
};

static void find(struct check *check, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void find(struct check *check, const char *format, ...)
{
    va_list values;

    if (check->findings->len >= FINDINGS_MAX)
        return;
    va_start(values, format);
    g_ptr_array_add(check->findings, g_strdup_vprintf(format, values));
    va_end(values);
}

/* ---- reading ---- */

static void follow_line(struct check *check, const char *line, gsize size)
{
    g_autoptr(core_audit) entry = service_audit_line_parse(line, size, NULL);

    if (!entry) {
        find(check, "Line %" G_GINT64_FORMAT " of audit.jsonl is no entry of an audit log.",
             check->lines[FILE_AUDIT] + 1);
        return;
    }
    /* The oldest entries may be gone, as the proof says then. */
    if (check->lines[FILE_AUDIT] == 0 && entry->position > 1) {
        check->start.position = entry->position - 1;
        memcpy(check->start.hash, entry->previous_hash, sizeof check->start.hash);
        check->head = check->start;
    }
    const gint64 before = check->head.position;
    const enum core_audit_fault fault = core_audit_chain_follow(&check->head, entry);
    g_autofree char *finding = core_audit_fault_describe(fault, before, entry->position);
    if (finding)
        find(check, "%s", finding);
}

/* Takes the whole lines out of the buffer. */
static void take_lines(struct check *check, enum file file, GString *buffer)
{
    gsize start = 0;
    const char *end;

    while ((end = memchr(buffer->str + start, '\n', buffer->len - start))) {
        const gsize size = (gsize)(end - buffer->str) - start;
        if (file == FILE_AUDIT)
            follow_line(check, buffer->str + start, size);
        check->lines[file]++;
        start += size + 1;
    }
    g_string_erase(buffer, 0, (gssize)start);
}

static bool read_lines(struct check *check, enum file file, struct archive_reader *reader,
                       GError **error)
{
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    g_autoptr(GString) buffer = g_string_new(NULL);
    g_autofree char *block = g_malloc(BLOCK);
    gssize got;

    while ((got = archive_reader_read(reader, block, BLOCK, error)) > 0) {
        g_checksum_update(sum, (const guchar *)block, got);
        check->size[file] += got;
        g_string_append_len(buffer, block, got);
        take_lines(check, file, buffer);
        if (buffer->len > LINE_MAX_BYTES) {
            find(check, "%s has a line that is too long.", NAMES[file]);
            g_string_truncate(buffer, 0);
        }
    }
    if (buffer->len > 0)
        find(check, "%s ends within a line.", NAMES[file]);
    check->sha256[file] = g_strdup(g_checksum_get_string(sum));
    return got == 0;
}

static bool read_file(struct check *check, const char *name, struct archive_reader *reader,
                      GError **error)
{
    enum file file = 0;

    while (file < FILE_N && strcmp(NAMES[file], name) != 0)
        file++;
    if (file == FILE_N) {
        find(check, "The file holds something that does not belong to it: \"%.100s\".", name);
        return true;
    }
    check->seen[file] = true;
    if (file == FILE_REGISTER || file == FILE_AUDIT)
        return read_lines(check, file, reader, error);
    check->whole[file] = archive_reader_read_all(reader, SMALL_MAX, error);
    return check->whole[file] != NULL;
}

/* Damage is a finding like others. */
static bool read_files(struct check *check, struct archive_reader *reader, GError **error)
{
    struct archive_item item;
    GError *problem = NULL;

    while (archive_reader_next(reader, &item, &problem))
        if (!read_file(check, item.name, reader, &problem))
            break;
    if (!problem)
        return true;
    if (g_error_matches(problem, BASE_ERROR, BASE_ERROR_UNSUPPORTED) ||
        g_error_matches(problem, BASE_ERROR, BASE_ERROR_IO)) {
        g_propagate_error(error, problem);
        return false;
    }
    find(check, "%s", problem->message);
    g_error_free(problem);
    return true;
}

/* ---- the proof ---- */

static const char *text_of(json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text ? text : "";
}

static void check_file(struct check *check, enum file file, json_t *files)
{
    json_t *entry;
    size_t i;

    json_array_foreach(files, i, entry)
    {
        if (strcmp(text_of(entry, "name"), NAMES[file]) != 0)
            continue;
        if (g_strcmp0(text_of(entry, "sha256"), check->sha256[file]) != 0 ||
            json_integer_value(json_object_get(entry, "size")) != check->size[file] ||
            json_integer_value(json_object_get(entry, "lines")) != check->lines[file])
            find(check, "%s is not the file that was signed.", NAMES[file]);
        return;
    }
    find(check, "The proof does not speak of %s.", NAMES[file]);
}

/* A chain that does not begin with its first entry is one whose proof says so. */
static void check_start(struct check *check, json_t *start)
{
    struct core_audit_head told = {.position =
                                       json_integer_value(json_object_get(start, "position"))};

    if (start && !core_audit_hash_parse(text_of(start, "hash"), told.hash))
        told.position = -1;
    if (told.position != check->start.position ||
        memcmp(told.hash, check->start.hash, sizeof told.hash) != 0)
        find(check, "audit.jsonl does not begin where the proof says.");
}

static void check_chain(struct check *check, json_t *chain)
{
    guint8 hash[CORE_AUDIT_HASH_SIZE];

    check->proof->head.position = json_integer_value(json_object_get(chain, "position"));
    check_start(check, json_object_get(chain, "start"));
    check->proof->pending = json_integer_value(json_object_get(chain, "pending"));
    if (!core_audit_hash_parse(text_of(chain, "hash"), hash)) {
        find(check, "The proof does not say where the chain ends.");
        return;
    }
    memcpy(check->proof->head.hash, hash, sizeof hash);
    if (check->proof->head.position != check->head.position ||
        memcmp(hash, check->head.hash, sizeof hash) != 0)
        find(check, "audit.jsonl does not end where the proof says.");
}

static void read_proof(struct check *check, json_t *json)
{
    struct service_term_proof *proof = check->proof;
    json_t *term = json_object_get(json, "term");
    json_t *files = json_object_get(json, "files");

    if (strcmp(text_of(json, "format"), "presente-term-1") != 0)
        find(check, "The proof is of a format that this program does not know.");
    proof->institution = g_strdup(text_of(json_object_get(json, "institution"), "name"));
    proof->term = g_strdup(text_of(term, "name"));
    proof->first_day = g_strdup(text_of(term, "first_day"));
    proof->last_day = g_strdup(text_of(term, "last_day"));
    proof->created_at = g_strdup(text_of(json, "created_at"));
    proof->key_id = g_strdup(text_of(json_object_get(json, "key"), "id"));
    proof->marks = check->lines[FILE_REGISTER];
    check_file(check, FILE_REGISTER, files);
    check_file(check, FILE_AUDIT, files);
    check_chain(check, json_object_get(json, "chain"));
}

/* Whose signature it should be: the key that the caller has, or the one that the proof names. */
static bool choose_key(struct check *check, json_t *json)
{
    struct auth_sign_public named;
    const char *hex = text_of(json_object_get(json, "key"), "public_key");
    gsize size;
    const char *pem = g_bytes_get_data(check->whole[FILE_KEY], &size);

    if (!auth_sign_public_parse(hex, &named, NULL)) {
        find(check, "The proof names no key.");
        return false;
    }
    check->proof->key = check->key ? *check->key : named;
    check->proof->expected = check->key != NULL;
    if (memcmp(&named, &check->proof->key, sizeof named) != 0)
        find(check, "It was signed with another key than the one that was given.");
    g_autofree char *expected = auth_sign_public_pem(&named);
    if (size != strlen(expected) || memcmp(pem, expected, size) != 0)
        find(check, "key.pem is not the key that the proof names.");
    return true;
}

static void check_proof(struct check *check)
{
    gsize size;
    gsize signature_size;
    const char *data = g_bytes_get_data(check->whole[FILE_PROOF], &size);
    const guint8 *signature = g_bytes_get_data(check->whole[FILE_SIGNATURE], &signature_size);
    g_autoptr(json_t) json = base_json_parse(data ? data : "", size, NULL);

    if (!json) {
        find(check, "proof.json is damaged.");
        return;
    }
    if (choose_key(check, json) && (signature_size != AUTH_SIGN_BYTES ||
                                    !auth_sign_verify(&check->proof->key, data, size, signature)))
        find(check, "The signature is not that of this proof.");
    read_proof(check, json);
}

static bool check_all(struct check *check, struct archive_reader *taken, GError **error)
{
    g_autoptr(archive_reader) reader = taken;
    bool complete = true;
    bool ok = reader && read_files(check, reader, error);

    for (int i = 0; ok && i < FILE_N; i++) {
        if (!check->seen[i])
            find(check, "%s is missing.", NAMES[i]);
        complete &= check->seen[i];
    }
    if (ok && complete && check->whole[FILE_PROOF] && check->whole[FILE_SIGNATURE] &&
        check->whole[FILE_KEY])
        check_proof(check);
    for (int i = 0; i < FILE_N; i++) {
        g_free(check->sha256[i]);
        g_clear_pointer(&check->whole[i], g_bytes_unref);
    }
    return ok;
}

bool service_term_proof_check(const char *path, const struct auth_sign_public *key,
                              struct service_term_proof *proof, GPtrArray *findings, GError **error)
{
    static const struct archive_limits LIMITS = {.entries = 16};
    struct check check = {.key = key, .proof = proof, .findings = findings};

    *proof = (struct service_term_proof){0};
    return check_all(&check, archive_reader_open(path, &LIMITS, error), error);
}

bool service_term_proof_check_bytes(const void *data, gsize size,
                                    const struct auth_sign_public *key,
                                    struct service_term_proof *proof, GPtrArray *findings,
                                    GError **error)
{
    static const struct archive_limits LIMITS = {.entries = 16};
    struct check check = {.key = key, .proof = proof, .findings = findings};

    *proof = (struct service_term_proof){0};
    return check_all(&check, archive_reader_open_bytes(data, size, &LIMITS, error), error);
}

void service_term_proof_clear(struct service_term_proof *proof)
{
    g_free(proof->institution);
    g_free(proof->term);
    g_free(proof->first_day);
    g_free(proof->last_day);
    g_free(proof->created_at);
    g_free(proof->key_id);
    *proof = (struct service_term_proof){0};
}
