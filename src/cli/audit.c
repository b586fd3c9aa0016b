/* The audit log and its chain, and files that prove themselves. */
#include "auth/sign.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/output.h"
#include "service/audit_chain.h"
#include "service/register.h"
#include "service/term_proof.h"

#include <stdio.h>
#include <string.h>

enum { LIST_MAX = 1000, KEY_FILE_MAX = 4096 };

/* ---- list ---- */

struct list_options {
    gint limit;
    char *action;
    gboolean json;
};

static json_t *entry_json(const void *data)
{
    const struct core_audit *entry = data;
    char actor[BASE_UUID_TEXT_SIZE];
    char hash[CORE_AUDIT_HASH_TEXT_SIZE];
    const bool acted = !base_uuid_is_nil(&entry->actor_id);
    const bool chained = entry->position > 0;

    return json_pack("{s:I,s:o,s:s?,s:s,s:s,s:s?,s:o,s:s?}", "sequence",
                     (json_int_t)entry->sequence, "happened_at", base_json_time(entry->happened_at),
                     "actor_id", acted ? base_uuid_format(&entry->actor_id, actor) : NULL, "action",
                     entry->action, "subject", entry->subject, "details", entry->details,
                     "position", chained ? json_integer(entry->position) : json_null(), "hash",
                     chained ? core_audit_hash_format(entry->hash, hash) : NULL);
}

static void print_entries(const GPtrArray *entries)
{
    static const char *const HEADINGS[] = {"PLACE", "TIME", "ACTION", "SUBJECT", "DETAILS", NULL};
    struct cli_table *table = cli_table_headed(HEADINGS);

    for (guint i = 0; i < entries->len; i++) {
        const struct core_audit *entry = entries->pdata[i];
        char time[BASE_TIME_TEXT_SIZE];
        if (entry->position)
            cli_table_add_int(table, entry->position);
        else
            cli_table_add(table, "");
        cli_table_add(table, base_time_format(entry->happened_at, time));
        cli_table_add(table, entry->action);
        cli_table_add(table, entry->subject);
        cli_table_add(table, entry->details);
    }
    cli_table_print(table);
}

static int list(struct cli_session *session, char **words, gpointer data)
{
    const struct list_options *options = data;
    const struct db_audit_filter filter = {.action = options->action};
    const struct db_page page = {.limit = options->limit};
    g_autoptr(GError) error = NULL;

    (void)words;
    g_autoptr(GPtrArray) entries =
        service_audit_list(session->app.service, &session->identity, &filter, &page, NULL, &error);
    if (!entries)
        return cli_fail(error);
    if (options->json)
        return cli_end_items(entries, entry_json);
    print_entries(entries);
    return cli_end();
}

int cli_audit_list(int argc, char **argv)
{
    struct list_options options = {.limit = 50};
    const GOptionEntry entries[] = {
        {"limit", 'n', 0, G_OPTION_ARG_INT, &options.limit, "At most so many (50)", "N"},
        {"action", 'a', 0, G_OPTION_ARG_STRING, &options.action, "Only these, such as user.update",
         "ACTION"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &options.json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {.summary = "Lists who changed what, newest first.",
                                      .options = entries};
    const int status = cli_run_session(&syntax, 0, argc, argv, list, &options);

    g_free(options.action);
    return status;
}

/* ---- verify ---- */

struct verify_options {
    char *proof;
    gboolean json;
};

/* Where the chain stood when a term was exported. */
static bool read_known(const char *path, struct core_audit_head *head, GPtrArray *findings,
                       GError **error)
{
    struct service_term_proof proof;
    const bool read = service_term_proof_check(path, NULL, &proof, findings, error);

    *head = proof.head;
    service_term_proof_clear(&proof);
    return read;
}

static int verify(struct cli_session *session, char **words, gpointer data)
{
    const struct verify_options *options = data;
    struct service_audit_report report;
    struct core_audit_head known;
    char hash[CORE_AUDIT_HASH_TEXT_SIZE];
    g_autoptr(GPtrArray) findings = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) forged = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;

    (void)words;
    if ((options->proof && !read_known(options->proof, &known, forged, &error)) ||
        !service_audit_verify(session->app.service, &session->identity,
                              options->proof ? &known : NULL, &report, findings, &error))
        return cli_fail(error);
    if (forged->len > 0)
        return cli_fail_input("%s proves nothing: %s", options->proof, (char *)forged->pdata[0]);
    core_audit_hash_format(report.head.hash, hash);
    g_autofree char *sound = g_strdup_printf(
        "All %" G_GINT64_FORMAT " entries are as they were written; %" G_GINT64_FORMAT
        " wait for their place.\nThe chain ends at %" G_GINT64_FORMAT " with %s.",
        report.entries, report.pending, report.head.position, hash);
    return cli_print_findings(
        findings, sound,
        options->json ? json_pack("{s:I,s:I,s:I,s:s}", "entries", (json_int_t)report.entries,
                                  "pending", (json_int_t)report.pending, "position",
                                  (json_int_t)report.head.position, "hash", hash)
                      : NULL);
}

int cli_audit_verify(int argc, char **argv)
{
    struct verify_options options = {0};
    const GOptionEntry entries[] = {
        {"proof", 'p', 0, G_OPTION_ARG_FILENAME, &options.proof,
         "An exported term: whether the chain still holds what it held then", "FILE.zip"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &options.json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .summary = "Verifies the chain of the audit log: that no entry was changed, taken out, put "
                   "in or moved.",
        .no = "something is wrong; it was printed",
        .options = entries,
    };
    const int status = cli_run_session(&syntax, 0, argc, argv, verify, &options);

    g_free(options.proof);
    return status;
}

/* ---- key ---- */

static json_t *key_json(uint32_t id, bool current, const struct auth_sign_public *key)
{
    g_autofree char *name = g_strdup_printf("%08x", id);
    g_autofree char *hex = auth_sign_public_hex(key);
    g_autofree char *fingerprint = auth_sign_public_fingerprint(key);
    g_autofree char *pem = auth_sign_public_pem(key);

    return json_pack("{s:s,s:b,s:s,s:s,s:s}", "id", name, "current", current, "public_key", hex,
                     "fingerprint", fingerprint, "pem", pem);
}

static void print_key(const json_t *key, bool current)
{
    printf("Key %s%s\npublic key  %s\nfingerprint %s\n%s\n",
           json_string_value(json_object_get(key, "id")), current ? ", which signs now" : "",
           json_string_value(json_object_get(key, "public_key")),
           json_string_value(json_object_get(key, "fingerprint")),
           json_string_value(json_object_get(key, "pem")));
}

static int show_keys(const struct app_settings *settings, bool as_json)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(auth_keys) keys = auth_keys_load(settings->key_file, &error);

    if (!keys)
        return cli_fail(error);
    g_autoptr(json_t) items = json_array();
    for (int i = 0; i < auth_keys_count(keys); i++) {
        const uint32_t id = auth_keys_id(keys, i);
        struct auth_sign_public key;
        if (!auth_sign_public_of(keys, id, &key))
            continue;
        json_array_append_new(items, key_json(id, i == 0, &key));
        if (!as_json)
            print_key(json_array_get(items, (size_t)i), i == 0);
    }
    return as_json ? cli_end_json(json_pack("{s:O}", "items", items)) : cli_end();
}

int cli_audit_key(int argc, char **argv)
{
    gboolean as_json = FALSE;
    const GOptionEntry options[] = {
        {"json", 0, 0, G_OPTION_ARG_NONE, &as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .summary = "Prints the public keys with which exported terms are verified.",
        .notes = "Give them to whoever verifies, another way than with the export, and keep them: "
                 "a key that was\ndropped from the key file is printed no more.",
        .options = options,
    };
    g_auto(GStrv) words = NULL;
    struct app_settings settings;
    int status;

    if (!cli_parse(&syntax, argc, argv, &words, &status) || !cli_settings_load(&settings, &status))
        return status;
    status = show_keys(&settings, as_json);
    app_settings_clear(&settings);
    return status;
}

/* ---- check ---- */

/* The key itself, or a file that holds it. */
static bool read_key(const char *given, struct auth_sign_public *key, GError **error)
{
    if (auth_sign_public_parse(given, key, NULL))
        return true;
    g_autoptr(GBytes) file = cli_file_read(given, KEY_FILE_MAX, error);
    if (!file)
        return false;
    gsize size;
    const char *data = g_bytes_get_data(file, &size);
    g_autofree char *text = g_strndup(data ? data : "", size);
    return auth_sign_public_parse(text, key, error);
}

static json_t *proof_json(const struct service_term_proof *proof)
{
    char hash[CORE_AUDIT_HASH_TEXT_SIZE];
    g_autofree char *hex = auth_sign_public_hex(&proof->key);

    return json_pack(
        "{s:s?,s:s?,s:s?,s:s?,s:I,s:I,s:s,s:I,s:s?,s:s,s:b}", "institution", proof->institution,
        "term", proof->term, "created_at", proof->created_at, "first_day", proof->first_day,
        "marks", (json_int_t)proof->marks, "position", (json_int_t)proof->head.position, "hash",
        core_audit_hash_format(proof->head.hash, hash), "pending", (json_int_t)proof->pending,
        "key_id", proof->key_id, "public_key", hex, "key_compared", proof->expected);
}

static char *describe(const struct service_term_proof *proof)
{
    g_autofree char *hex = auth_sign_public_hex(&proof->key);

    return g_strdup_printf(
        "%s, %s (%s to %s), made at %s: %" G_GINT64_FORMAT " marks, and %" G_GINT64_FORMAT
        " entries of the audit log.\nEverything is as it was signed with the key %s\n%s.%s",
        proof->institution, proof->term, proof->first_day, proof->last_day, proof->created_at,
        proof->marks, proof->head.position, proof->key_id, hex,
        proof->expected ? ""
                        : "\nNo key was given to compare with: the file fits itself, and anybody "
                          "can make one that does.\nCompare the key above with the one that the "
                          "institution has published, or give that with --key.");
}

static int check(const char *path, const char *given, bool as_json)
{
    struct auth_sign_public key;
    struct service_term_proof proof;
    g_autoptr(GPtrArray) findings = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;

    if (given && !read_key(given, &key, &error))
        return cli_fail(error);
    if (!service_term_proof_check(path, given ? &key : NULL, &proof, findings, &error)) {
        service_term_proof_clear(&proof);
        return cli_fail_input("%s: %s", path, error->message);
    }
    g_autofree char *sound = findings->len == 0 ? describe(&proof) : NULL;
    const int status = cli_print_findings(findings, sound, as_json ? proof_json(&proof) : NULL);
    service_term_proof_clear(&proof);
    return status;
}

int cli_audit_check(int argc, char **argv)
{
    g_autofree char *key = NULL;
    gboolean as_json = FALSE;
    const GOptionEntry options[] = {
        {"key", 'k', 0, G_OPTION_ARG_STRING, &key,
         "The public key that must have signed it: 64 digits, or a PEM file", "KEY"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .words = "FILE.zip",
        .summary = "Verifies an exported term: signature, files and chain. Needs neither database "
                   "nor key file.",
        .no = "something is wrong; it was printed",
        .words_min = 1,
        .words_max = 1,
        .options = options,
    };
    g_auto(GStrv) words = NULL;
    int status;

    if (!cli_parse(&syntax, argc, argv, &words, &status))
        return status;
    return check(words[0], key, as_json);
}
