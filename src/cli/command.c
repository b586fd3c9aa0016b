#include "cli/command.h"

#include "app/log.h"
#include "base/error.h"
#include "base/text.h"
#include "service/audit_chain.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SUGGESTION_DISTANCE_MAX 3

static const char *const EXIT_TEXTS[] = {
    [CLI_EXIT_OK] = "done",
    [CLI_EXIT_NO] = NULL,
    [CLI_EXIT_USAGE] = "wrong usage",
    [CLI_EXIT_INPUT] = "what was given cannot be used",
    [CLI_EXIT_UNAVAILABLE] = "database, key, models, port or disk cannot be used now",
    [CLI_EXIT_DAMAGED] = "stored data is damaged, or a bug",
};

/* What errors mean to a script; the codes not listed are the caller's input. */
static const enum cli_exit EXITS[BASE_ERROR_N] = {
    [BASE_ERROR_INTERNAL] = CLI_EXIT_DAMAGED,
    [BASE_ERROR_INVALID] = CLI_EXIT_INPUT,
    [BASE_ERROR_UNAUTHENTICATED] = CLI_EXIT_INPUT,
    [BASE_ERROR_FORBIDDEN] = CLI_EXIT_UNAVAILABLE,
    [BASE_ERROR_NOT_FOUND] = CLI_EXIT_INPUT,
    [BASE_ERROR_CONFLICT] = CLI_EXIT_INPUT,
    [BASE_ERROR_TOO_LARGE] = CLI_EXIT_INPUT,
    [BASE_ERROR_UNSUPPORTED] = CLI_EXIT_INPUT,
    [BASE_ERROR_RATE_LIMITED] = CLI_EXIT_UNAVAILABLE,
    [BASE_ERROR_UNAVAILABLE] = CLI_EXIT_UNAVAILABLE,
    [BASE_ERROR_CORRUPT] = CLI_EXIT_DAMAGED,
    [BASE_ERROR_IO] = CLI_EXIT_UNAVAILABLE,
};

enum cli_exit cli_exit_of(const GError *error)
{
    if (error->domain != BASE_ERROR || (unsigned)error->code >= BASE_ERROR_N)
        return CLI_EXIT_DAMAGED;
    return EXITS[error->code];
}

static void say(const char *message)
{
    fprintf(stderr, "presente: %s\n", message);
}

int cli_fail(const GError *error)
{
    say(error->message);
    return cli_exit_of(error);
}

static G_GNUC_PRINTF(1, 0) void say_format(const char *format, va_list arguments)
{
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    say(message);
}

int cli_fail_usage(const char *program, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    say_format(format, arguments);
    va_end(arguments);
    fprintf(stderr, "Try: %s --help\n", program);
    return CLI_EXIT_USAGE;
}

int cli_fail_input(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    say_format(format, arguments);
    va_end(arguments);
    return CLI_EXIT_INPUT;
}

void cli_warn(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    say_format(format, arguments);
    va_end(arguments);
}

static char *describe_exits(const struct cli_syntax *syntax)
{
    GString *text = g_string_new("Exit codes:\n");

    for (size_t i = 0; i < G_N_ELEMENTS(EXIT_TEXTS); i++) {
        const char *meaning = i == CLI_EXIT_NO ? syntax->no : EXIT_TEXTS[i];
        if (meaning)
            g_string_append_printf(text, "  %zu  %s\n", i, meaning);
    }
    if (syntax->notes)
        g_string_append_printf(text, "\n%s\n", syntax->notes);
    return g_string_free(text, FALSE);
}

static bool check_words(const struct cli_syntax *syntax, const char *program, char **words,
                        int *status)
{
    int n = (int)g_strv_length(words);

    if (n < syntax->words_min) {
        *status = cli_fail_usage(program, "%s is missing.", syntax->words);
        return false;
    }
    if (syntax->words_max >= 0 && n > syntax->words_max) {
        *status = cli_fail_usage(program, "\"%s\" is one word too many.", words[syntax->words_max]);
        return false;
    }
    return true;
}

/* GOption leaves the "--" that ends the options among the words. */
static char **take_words(char **arguments)
{
    g_autoptr(GStrvBuilder) words = g_strv_builder_new();
    bool ended = false;

    for (char **word = arguments + 1; arguments[0] && *word; word++) {
        if (!ended && strcmp(*word, "--") == 0)
            ended = true;
        else
            g_strv_builder_add(words, *word);
    }
    return g_strv_builder_end(words);
}

bool cli_parse(const struct cli_syntax *syntax, int argc, char **argv, char ***words, int *status)
{
    gboolean help = FALSE;
    const GOptionEntry help_entry[] = {
        {"help", 'h', 0, G_OPTION_ARG_NONE, &help, "Show this", NULL},
        {NULL},
    };
    g_autoptr(GOptionContext) context = g_option_context_new(syntax->words);
    g_autofree char *exits = describe_exits(syntax);
    g_autoptr(GError) problem = NULL;
    g_auto(GStrv) arguments = g_new0(char *, argc + 1);

    for (int i = 0; i < argc; i++)
        arguments[i] = g_strdup(argv[i]);
    /* The help line is ours, so that it ends like every other way out. */
    g_option_context_set_help_enabled(context, FALSE);
    g_option_context_set_summary(context, syntax->summary);
    g_option_context_set_description(context, exits);
    if (syntax->options)
        g_option_context_add_main_entries(context, syntax->options, NULL);
    g_option_context_add_main_entries(context, help_entry, NULL);
    g_set_prgname(argv[0]);
    if (!g_option_context_parse_strv(context, &arguments, &problem)) {
        *status = cli_fail_usage(argv[0], "%s.", problem->message);
        return false;
    }
    if (help) {
        g_autofree char *text = g_option_context_get_help(context, TRUE, NULL);
        fputs(text, stdout);
        *status = CLI_EXIT_OK;
        return false;
    }
    *words = take_words(arguments);
    if (check_words(syntax, argv[0], *words, status))
        return true;
    g_clear_pointer(words, g_strfreev);
    return false;
}

static void print_commands(const struct cli_command *commands, const char *program,
                           const char *summary)
{
    size_t width = 0;

    for (const struct cli_command *command = commands; command->name; command++)
        width = MAX(width, strlen(command->name));
    printf("Usage:\n  %s COMMAND\n\n%s\n\nCommands:\n", program, summary);
    for (const struct cli_command *command = commands; command->name; command++)
        printf("  %-*s  %s\n", (int)width, command->name, command->summary);
    printf("\n\"%s COMMAND --help\" tells more about each.\n", program);
}

static const struct cli_command *find_command(const struct cli_command *commands, const char *name)
{
    for (; commands->name; commands++)
        if (strcmp(commands->name, name) == 0)
            return commands;
    return NULL;
}

static int fail_unknown(const struct cli_command *commands, const char *program, const char *name)
{
    const char *nearest = NULL;
    int nearest_distance = SUGGESTION_DISTANCE_MAX;

    for (const struct cli_command *command = commands; command->name; command++) {
        int distance = base_text_distance(name, command->name);
        if (distance < nearest_distance) {
            nearest = command->name;
            nearest_distance = distance;
        }
    }
    if (nearest)
        return cli_fail_usage(program, "There is no command \"%s %s\". Did you mean \"%s %s\"?",
                              program, name, program, nearest);
    return cli_fail_usage(program, "There is no command \"%s %s\".", program, name);
}

int cli_dispatch(const struct cli_command *commands, const char *summary, int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : NULL;

    if (!name) {
        print_commands(commands, argv[0], summary);
        return CLI_EXIT_USAGE;
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        print_commands(commands, argv[0], summary);
        return CLI_EXIT_OK;
    }
    const struct cli_command *command = find_command(commands, name);
    if (!command)
        return fail_unknown(commands, argv[0], name);
    g_autofree char *program = g_strdup_printf("%s %s", argv[0], name);
    g_autofree char **rest = g_memdup2(argv + 1, (size_t)argc * sizeof *argv);
    rest[0] = program;
    if (command->commands)
        return cli_dispatch(command->commands, command->summary, argc - 1, rest);
    return command->run(argc - 1, rest);
}

bool cli_settings_load(struct app_settings *settings, int *status)
{
    g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;

    if (!app_settings_load(NULL, settings, warnings, &error)) {
        *status = cli_fail(error);
        return false;
    }
    for (guint i = 0; i < warnings->len; i++)
        say(warnings->pdata[i]);
    /* Commands speak for themselves; the server puts its own level back. */
    app_log_start(strcmp(settings->log_level, "info") == 0 ? "warning" : settings->log_level);
    return true;
}

bool cli_session_open(struct cli_session *session, unsigned parts, int *status)
{
    g_autoptr(GError) error = NULL;

    *session = (struct cli_session){0};
    if (!cli_settings_load(&session->settings, status))
        return false;
    if (app_open(&session->settings, parts, &session->app, &error) &&
        service_identity_local(session->app.service, &session->identity, &error))
        return true;
    *status = cli_fail(error);
    cli_session_close(session);
    return false;
}

void cli_session_close(struct cli_session *session)
{
    /* What the command has written gets its place in the chain; where that fails the next program
     * does it. */
    if (session->app.service)
        service_audit_seal(session->app.service, NULL, NULL);
    app_close(&session->app);
    app_settings_clear(&session->settings);
}

int cli_run_session(const struct cli_syntax *syntax, unsigned parts, int argc, char **argv,
                    cli_body body, gpointer options)
{
    g_auto(GStrv) words = NULL;
    struct cli_session session;
    int status;

    if (!cli_parse(syntax, argc, argv, &words, &status) ||
        !cli_session_open(&session, parts, &status))
        return status;
    status = body(&session, words, options);
    cli_session_close(&session);
    return status;
}
