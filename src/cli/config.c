#include "cli/command.h"
#include "cli/commands.h"
#include "cli/output.h"

#include <stdio.h>

static char *value_text(const struct base_config_key *key, const struct app_settings *settings)
{
    const void *place = (const char *)settings + key->offset;
    char number[G_ASCII_DTOSTR_BUF_SIZE];

    switch (key->kind) {
    case BASE_CONFIG_INTEGER:
        return g_strdup_printf("%" G_GINT64_FORMAT, *(const gint64 *)place);
    case BASE_CONFIG_REAL:
        return g_strdup(g_ascii_formatd(number, sizeof number, "%g", *(const double *)place));
    case BASE_CONFIG_BOOL:
        return g_strdup(*(const bool *)place ? "on" : "off");
    case BASE_CONFIG_TEXT:
    case BASE_CONFIG_CHOICE:
        break;
    }
    const char *text = *(char *const *)place;
    if (g_str_has_suffix(key->name, "_PASSWORD"))
        return g_strdup(*text ? "********" : "");
    /* No password of a URL ends up in somebody's terminal or mail. */
    return g_str_has_suffix(key->name, "_URL") ? db_url_display(text) : g_strdup(text);
}

static json_t *keys_json(const struct app_settings *settings)
{
    json_t *items = json_array();

    for (size_t i = 0; i < app_settings_table.keys_n; i++) {
        const struct base_config_key *key = &app_settings_table.keys[i];
        g_autofree char *value = value_text(key, settings);
        json_array_append_new(items, json_pack("{s:s,s:s,s:s,s:s}", "key", key->name, "value",
                                               value, "default", key->fallback, "help", key->help));
    }
    return json_pack("{s:o}", "items", items);
}

/* Values as they are set; or, without settings, the defaults, commented out, as .env.example. */
static void print_env(const struct app_settings *settings)
{
    if (!settings)
        puts("# Settings of Presente. Copy this file to .env and change what should differ;\n"
             "# the environment wins over the file. Lines that begin with # are the defaults.\n");
    for (size_t i = 0; i < app_settings_table.keys_n; i++) {
        const struct base_config_key *key = &app_settings_table.keys[i];
        printf("# %s\n", key->help);
        if (key->choices)
            printf("# One of: %s\n", key->choices);
        g_autofree char *value = settings ? value_text(key, settings) : g_strdup(key->fallback);
        printf("%s%s=%s\n", settings ? "" : "#", key->name, value);
        if (i + 1 < app_settings_table.keys_n)
            putchar('\n');
    }
}

int cli_config(int argc, char **argv)
{
    gboolean as_json = FALSE, defaults = FALSE;
    const GOptionEntry options[] = {
        {"defaults", 0, 0, G_OPTION_ARG_NONE, &defaults, "The defaults, not what is set now", NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &as_json, "Print JSON, with both", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .summary = "Prints every setting as a .env file.",
        .notes = "Settings come from the environment, then from the file .env of the working "
                 "directory,\nthen from the defaults.",
        .options = options,
    };
    g_auto(GStrv) words = NULL;
    struct app_settings settings = {0};
    int status;

    if (!cli_parse(&syntax, argc, argv, &words, &status))
        return status;
    if (!defaults && !cli_settings_load(&settings, &status))
        return status;
    if (as_json && defaults)
        return cli_fail_usage(argv[0], "--json prints the defaults too: leave out --defaults.");
    bool printed = true;
    if (as_json) {
        printed = cli_print_json(keys_json(&settings));
    } else {
        print_env(defaults ? NULL : &settings);
        printed = cli_print_end();
    }
    app_settings_clear(&settings);
    return printed ? CLI_EXIT_OK : CLI_EXIT_UNAVAILABLE;
}
