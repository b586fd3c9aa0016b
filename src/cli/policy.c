#include "cli/command.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/output.h"
#include "service/policies.h"

#include <stdio.h>
#include <string.h>

enum { FILE_BYTES_MAX = 64 * 1024 };

#define KEYS_NOTE                                                                                  \
    "Rules, with their defaults: opens_before=900 present_until=600 late_until=1800\n"             \
    "closes_after=0 (seconds) scans=1 minimum_presence=0 left_early=0 left_early_code=\"\"\n"      \
    "challenge=doubt|never|always unmarked=absent|excused|open excused=out|present|absent\n"       \
    "late_worth=0.5 drop_worst=0\n"                                                                \
    "basis=past|term required_share=0.8 warning_share=0.85 warning_absences=3, and statuses,\n"    \
    "a list: statuses='[{\"code\":\"online\",\"name\":\"Online\",\"kind\":\"present\"}]'."

struct policy_options {
    char *file, *name;
    gboolean as_json;
};

static json_t *policy_json(const struct db_policy *policy)
{
    struct core_rules rules;

    return json_pack(
        "{s:o, s:s, s:b, s:I, s:o}", "id", base_json_uuid(&policy->id), "name", policy->name,
        "default", policy->is_default, "courses", (json_int_t)policy->course_count, "rules",
        service_rules_stored(policy->rules, &rules, NULL) ? core_rules_json(&rules) : json_null());
}

static int finish(bool printed)
{
    return cli_print_end() && printed ? CLI_EXIT_OK : CLI_EXIT_UNAVAILABLE;
}

static int say(const struct db_policy *policy, const char *what, bool as_json)
{
    if (as_json)
        return finish(cli_print_json(policy_json(policy)));
    printf("Policy %s: %s.\n", policy->name, what);
    return finish(true);
}

/* ---- the rules that are given ---- */

static json_t *value_of(const char *text)
{
    g_autoptr(json_t) list = NULL;
    gint64 whole;
    char *end;

    if (*text == '[')
        return base_json_parse(text, strlen(text), NULL);
    if (*text && strspn(text, "0123456789") == strlen(text) && strlen(text) < 10) {
        whole = g_ascii_strtoll(text, NULL, 10);
        return json_integer(whole);
    }
    const double real = g_ascii_strtod(text, &end);
    return end != text && *end == '\0' ? json_real(real) : json_string(text);
}

static bool add_pair(json_t *rules, const char *word, GError **error)
{
    const char *equals = strchr(word, '=');

    if (!equals || equals == word) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID,
                    "\"%s\" is not a rule such as late_until=1800.", word);
        return false;
    }
    g_autofree char *name = g_strndup(word, (gsize)(equals - word));
    json_t *value = value_of(equals + 1);
    if (!value || json_object_set_new(rules, name, value) != 0) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID, "The value of %s cannot be read.", name);
        return false;
    }
    return true;
}

/* Those of the file, then those of the words. NULL with an error. */
static json_t *rules_given(const char *file, char **words, GError **error)
{
    g_autoptr(json_t) rules = NULL;

    if (file) {
        g_autoptr(GBytes) bytes = cli_file_read(file, FILE_BYTES_MAX, error);
        if (!bytes)
            return NULL;
        gsize size;
        const void *data = g_bytes_get_data(bytes, &size);
        rules = base_json_parse(data, size, error);
        if (!rules)
            return NULL;
        if (!json_is_object(rules)) {
            g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID, "%s must hold a JSON object.", file);
            return NULL;
        }
    } else {
        rules = json_object();
    }
    for (; *words; words++)
        if (!add_pair(rules, *words, error))
            return NULL;
    return g_steal_pointer(&rules);
}

/* ---- commands ---- */

static int add(struct cli_session *session, char **words, gpointer data)
{
    const struct policy_options *given = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) rules = rules_given(given->file, words + 1, &error);
    const struct service_policy_input input = {.name = words[0], .rules = rules};
    g_autoptr(db_policy) policy =
        rules ? service_policy_create(session->app.service, &session->identity, &input, &error)
              : NULL;

    return policy ? say(policy, "added", given->as_json) : cli_fail(error);
}

int cli_policy_add(int argc, char **argv)
{
    struct policy_options given = {0};
    const GOptionEntry options[] = {
        {"file", 'f', 0, G_OPTION_ARG_FILENAME, &given.file, "Rules as a JSON object", "FILE"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &given.as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .words = "NAME [RULE=VALUE...]",
        .summary = "Makes rules that courses can name.",
        .notes = KEYS_NOTE,
        .words_min = 1,
        .words_max = -1,
        .options = options,
    };
    const int status = cli_run_session(&syntax, 0, argc, argv, add, &given);

    g_free(given.file);
    return status;
}

static struct db_policy *find(struct cli_session *session, const char *name, GError **error)
{
    return service_policy_find_name(session->app.service, &session->identity, name, error);
}

static int edit(struct cli_session *session, char **words, gpointer data)
{
    const struct policy_options *given = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) rules = rules_given(given->file, words + 1, &error);
    g_autoptr(db_policy) before = rules ? find(session, words[0], &error) : NULL;
    const struct service_policy_input input = {.name = given->name, .rules = rules};
    g_autoptr(db_policy) policy =
        before ? service_policy_change(session->app.service, &session->identity, &before->id,
                                       &input, &error)
               : NULL;

    return policy ? say(policy, "changed", given->as_json) : cli_fail(error);
}

int cli_policy_edit(int argc, char **argv)
{
    struct policy_options given = {0};
    const GOptionEntry options[] = {
        {"file", 'f', 0, G_OPTION_ARG_FILENAME, &given.file, "Rules as a JSON object", "FILE"},
        {"name", 0, 0, G_OPTION_ARG_STRING, &given.name, "A new name", "NAME"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &given.as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .words = "NAME [RULE=VALUE...]",
        .summary = "Changes the rules that are given; the others stay.",
        .notes = KEYS_NOTE,
        .words_min = 1,
        .words_max = -1,
        .options = options,
    };
    const int status = cli_run_session(&syntax, 0, argc, argv, edit, &given);

    g_free(given.file);
    g_free(given.name);
    return status;
}

static int show(struct cli_session *session, char **words, gpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(db_policy) policy = find(session, words[0], &error);

    (void)data;
    return policy ? finish(cli_print_json(policy_json(policy))) : cli_fail(error);
}

int cli_policy_show(int argc, char **argv)
{
    const struct cli_syntax syntax = {
        .words = "NAME",
        .summary = "Prints a policy with all of its rules as JSON.",
        .words_min = 1,
        .words_max = 1,
    };

    return cli_run_session(&syntax, 0, argc, argv, show, NULL);
}

static int list(struct cli_session *session, char **words, gpointer data)
{
    const struct policy_options *given = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) policies =
        service_policy_list(session->app.service, &session->identity, NULL, NULL, &error);

    (void)words;
    if (!policies)
        return cli_fail(error);
    if (given->as_json) {
        json_t *items = json_array();
        for (guint i = 0; i < policies->len; i++)
            json_array_append_new(items, policy_json(policies->pdata[i]));
        return finish(cli_print_json(json_pack("{s:o}", "items", items)));
    }
    struct cli_table *table = cli_table_create(3);
    cli_table_add(table, "NAME");
    cli_table_add(table, "COURSES");
    cli_table_add(table, "DEFAULT");
    for (guint i = 0; i < policies->len; i++) {
        const struct db_policy *policy = policies->pdata[i];
        cli_table_add(table, policy->name);
        cli_table_add_int(table, policy->course_count);
        cli_table_add(table, policy->is_default ? "yes" : "");
    }
    cli_table_print(table);
    return finish(true);
}

int cli_policy_list(int argc, char **argv)
{
    struct policy_options given = {0};
    const GOptionEntry options[] = {
        {"json", 0, 0, G_OPTION_ARG_NONE, &given.as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {.summary = "Lists the policies by name.", .options = options};

    return cli_run_session(&syntax, 0, argc, argv, list, &given);
}

static int make_default(struct cli_session *session, char **words, gpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(db_policy) policy = words[0] ? find(session, words[0], &error) : NULL;
    const struct base_uuid none = {0};

    (void)data;
    if (error || !service_policy_set_default(session->app.service, &session->identity,
                                             policy ? &policy->id : &none, &error))
        return cli_fail(error);
    if (policy)
        printf("Policy %s: holds for courses that name none.\n", policy->name);
    else
        printf("Courses that name no policy have the program's own rules.\n");
    return finish(true);
}

int cli_policy_default(int argc, char **argv)
{
    const struct cli_syntax syntax = {
        .words = "[NAME]",
        .summary = "Chooses the policy of courses that name none; without a name, none.",
        .words_max = 1,
    };

    return cli_run_session(&syntax, 0, argc, argv, make_default, NULL);
}

static int erase(struct cli_session *session, char **words, gpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(db_policy) policy = find(session, words[0], &error);

    (void)data;
    if (!policy ||
        !service_policy_delete(session->app.service, &session->identity, &policy->id, &error))
        return cli_fail(error);
    return say(policy, "deleted", false);
}

int cli_policy_delete(int argc, char **argv)
{
    const struct cli_syntax syntax = {
        .words = "NAME",
        .summary = "Deletes a policy. Its courses fall back to the default.",
        .words_min = 1,
        .words_max = 1,
    };

    return cli_run_session(&syntax, 0, argc, argv, erase, NULL);
}
