#include "base/config.h"

#include "base/error.h"
#include "base/text.h"

#include <math.h>
#include <string.h>

#define SUGGESTION_DISTANCE_MAX 4

static bool is_key(const char *text)
{
    if (!g_ascii_isalpha(*text) && *text != '_')
        return false;
    for (; *text; text++)
        if (!g_ascii_isalnum(*text) && *text != '_')
            return false;
    return true;
}

/* Reads a quoted value from its opening quote on. NULL when the quote is never closed or something
 * but a comment follows it. */
static char *unquote(const char *text)
{
    char quote = *text++;
    GString *value = g_string_new(NULL);

    for (; *text && *text != quote; text++) {
        if (quote == '"' && *text == '\\' && text[1] && strchr("n\"\\$", text[1])) {
            text++;
            g_string_append_c(value, *text == 'n' ? '\n' : *text);
        } else {
            g_string_append_c(value, *text);
        }
    }
    bool closed = *text == quote;
    const char *rest = closed ? text + 1 : text;
    rest += strspn(rest, " \t");
    if (closed && (*rest == '\0' || *rest == '#'))
        return g_string_free(value, FALSE);
    g_string_free(value, TRUE);
    return NULL;
}

static char *parse_value(char *text)
{
    if (*text == '"' || *text == '\'')
        return unquote(text);
    /* A # begins a comment only behind white space, so that passwords in URLs may hold one. */
    for (char *at = text; *at; at++) {
        if (*at == '#' && (at == text || g_ascii_isspace(at[-1]))) {
            *at = '\0';
            break;
        }
    }
    return g_strdup(g_strstrip(text));
}

static bool parse_line(char *line, int number, GHashTable *values, GError **error)
{
    g_strstrip(line);
    if (g_str_has_prefix(line, "export "))
        line = g_strchug(line + strlen("export "));
    if (*line == '\0' || *line == '#')
        return true;

    char *equals = strchr(line, '=');
    if (equals) {
        *equals = '\0';
        g_strchomp(line);
        char *value = is_key(line) ? parse_value(g_strchug(equals + 1)) : NULL;
        if (value) {
            g_hash_table_insert(values, g_strdup(line), value);
            return true;
        }
    }
    g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID,
                "Line %d of the .env file is not of the form KEY=VALUE.", number);
    return false;
}

bool base_config_parse_env(const char *text, GHashTable *values, GError **error)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (int i = 0; lines[i]; i++)
        if (!parse_line(lines[i], i + 1, values, error))
            return false;
    return true;
}

static bool parse_number(const struct base_config_key *key, const char *text, double *number)
{
    char *end;

    if (*text == '\0')
        return false;
    if (key->kind == BASE_CONFIG_INTEGER)
        *number = (double)g_ascii_strtoll(text, &end, 10);
    else
        *number = g_ascii_strtod(text, &end);
    return *end == '\0' && isfinite(*number) &&
           (key->min >= key->max || (*number >= key->min && *number <= key->max));
}

static bool parse_bool(const char *text, bool *value)
{
    static const char *const WORDS[] = {"off", "on", "false", "true", "no", "yes", "0", "1"};

    for (size_t i = 0; i < G_N_ELEMENTS(WORDS); i++) {
        if (g_ascii_strcasecmp(text, WORDS[i]) == 0) {
            *value = i % 2;
            return true;
        }
    }
    return false;
}

static bool is_choice(const char *choices, const char *text)
{
    g_auto(GStrv) all = g_strsplit(choices, "|", -1);
    return g_strv_contains((const char *const *)all, text);
}

static char *describe_expectation(const struct base_config_key *key)
{
    switch (key->kind) {
    case BASE_CONFIG_BOOL:
        return g_strdup("on or off");
    case BASE_CONFIG_CHOICE:
        return g_strdup_printf("one of %s", key->choices);
    case BASE_CONFIG_INTEGER:
    case BASE_CONFIG_REAL:
        if (key->min < key->max)
            return g_strdup_printf("a number from %g to %g", key->min, key->max);
        return g_strdup("a number");
    case BASE_CONFIG_TEXT:
        break;
    }
    return g_strdup("valid text");
}

static bool store(const struct base_config_key *key, const char *text, void *settings,
                  GError **error)
{
    void *place = (char *)settings + key->offset;
    double number;

    switch (key->kind) {
    case BASE_CONFIG_TEXT:
        if (!g_utf8_validate(text, -1, NULL))
            break;
        *(char **)place = g_strdup(text);
        return true;
    case BASE_CONFIG_CHOICE:
        if (!is_choice(key->choices, text))
            break;
        *(char **)place = g_strdup(text);
        return true;
    case BASE_CONFIG_BOOL:
        if (!parse_bool(text, place))
            break;
        return true;
    case BASE_CONFIG_INTEGER:
        if (!parse_number(key, text, &number))
            break;
        *(gint64 *)place = (gint64)number;
        return true;
    case BASE_CONFIG_REAL:
        if (!parse_number(key, text, &number))
            break;
        *(double *)place = number;
        return true;
    }
    g_autofree char *expected = describe_expectation(key);
    g_autofree char *shown = g_utf8_make_valid(text, -1);
    g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID, "%s is \"%s\", but must be %s.", key->name,
                shown, expected);
    return false;
}

static const struct base_config_key *find_key(const struct base_config_table *table,
                                              const char *name)
{
    for (size_t i = 0; i < table->keys_n; i++)
        if (strcmp(table->keys[i].name, name) == 0)
            return &table->keys[i];
    return NULL;
}

static char *warn_unknown(const struct base_config_table *table, const char *name)
{
    const struct base_config_key *nearest = NULL;
    int nearest_distance = SUGGESTION_DISTANCE_MAX + 1;

    for (size_t i = 0; i < table->keys_n; i++) {
        int distance = base_text_distance(name, table->keys[i].name);
        if (distance < nearest_distance) {
            nearest = &table->keys[i];
            nearest_distance = distance;
        }
    }
    if (nearest)
        return g_strdup_printf("Unknown setting %s is ignored. Did you mean %s?", name,
                               nearest->name);
    return g_strdup_printf("Unknown setting %s is ignored.", name);
}

static void collect_warnings(const struct base_config_table *table, GHashTable *file_values,
                             GPtrArray *warnings)
{
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
    g_auto(GStrv) environment = g_listenv();
    GHashTableIter iterator;
    gpointer name;

    g_hash_table_iter_init(&iterator, file_values);
    while (g_hash_table_iter_next(&iterator, &name, NULL))
        g_hash_table_add(names, name);
    for (char **variable = environment; *variable; variable++)
        g_hash_table_add(names, *variable);

    g_hash_table_iter_init(&iterator, names);
    while (g_hash_table_iter_next(&iterator, &name, NULL))
        if (g_str_has_prefix(name, table->prefix) && !find_key(table, name))
            g_ptr_array_add(warnings, warn_unknown(table, name));
}

static bool read_file(const char *file, GHashTable *values, GError **error)
{
    g_autofree char *text = NULL;
    g_autoptr(GError) failure = NULL;

    if (g_file_get_contents(file, &text, NULL, &failure))
        return base_config_parse_env(text, values, error);
    if (g_error_matches(failure, G_FILE_ERROR, G_FILE_ERROR_NOENT))
        return true;
    g_set_error(error, BASE_ERROR, BASE_ERROR_IO, "The settings file cannot be read: %s",
                failure->message);
    return false;
}

bool base_config_load(const struct base_config_table *table, const char *file, void *settings,
                      GPtrArray *warnings, GError **error)
{
    g_autoptr(GHashTable) values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);

    if (file && !read_file(file, values, error))
        return false;
    for (size_t i = 0; i < table->keys_n; i++) {
        const struct base_config_key *key = &table->keys[i];
        const char *text = g_getenv(key->name);
        if (!text)
            text = g_hash_table_lookup(values, key->name);
        if (!store(key, text ? text : key->fallback, settings, error)) {
            base_config_clear(table, settings);
            return false;
        }
    }
    if (warnings)
        collect_warnings(table, values, warnings);
    return true;
}

void base_config_clear(const struct base_config_table *table, void *settings)
{
    for (size_t i = 0; i < table->keys_n; i++) {
        const struct base_config_key *key = &table->keys[i];
        if (key->kind == BASE_CONFIG_TEXT || key->kind == BASE_CONFIG_CHOICE)
            g_clear_pointer((char **)(void *)((char *)settings + key->offset), g_free);
    }
}
