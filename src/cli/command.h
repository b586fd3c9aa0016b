/* What every command shares: its place in the table, its options, how it ends. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "app/app.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/* Exit codes; every --help lists them. */
enum cli_exit {
    CLI_EXIT_OK,
    CLI_EXIT_NO,          /* it worked, and the answer is no: unknown, not sound, nothing found */
    CLI_EXIT_USAGE,       /* an unknown command or option, a word missing or too many */
    CLI_EXIT_INPUT,       /* what was given cannot be used: no such file, person or date */
    CLI_EXIT_UNAVAILABLE, /* database, key, models, port or disk cannot be used now */
    CLI_EXIT_DAMAGED,     /* stored data is damaged, or a bug */
};

/* `argv[0]` is the whole name, "presente user add". */
typedef int (*cli_run)(int argc, char **argv);

/* An entry of a table of commands, which is in alphabetical order and ends with an empty entry. */
struct cli_command {
    const char *name;
    const char *summary;
    cli_run run;                        /* NULL: a group of commands */
    const struct cli_command *commands; /* of a group */
};

struct cli_syntax {
    const char *words;   /* as in the usage line, "EMAIL PHOTO…"; NULL: none */
    const char *summary; /* what it does, one sentence */
    const char *notes;   /* after the options; may be NULL */
    const char *no;      /* what exit code 1 means here; NULL: it does not occur */
    int words_min;
    int words_max; /* -1: any number */
    const GOptionEntry *options;
};

/*
 * Reads the options into what their entries point at. On success `words` (free with g_strfreev)
 * holds the rest. False when the command ends here, with *status as its exit code: --help was
 * printed, or what is wrong was said.
 */
bool cli_parse(const struct cli_syntax *syntax, int argc, char **argv, char ***words, int *status);

/* Runs the command that argv[1] names. */
int cli_dispatch(const struct cli_command *commands, const char *summary, int argc, char **argv);

/* Says on standard error what went wrong, and gives the exit code. */
int cli_fail(const GError *error);
int cli_fail_usage(const char *program, const char *format, ...) G_GNUC_PRINTF(2, 3);
int cli_fail_input(const char *format, ...) G_GNUC_PRINTF(1, 2);
void cli_warn(const char *format, ...) G_GNUC_PRINTF(1, 2);

/* The exit code that stands for an error. */
enum cli_exit cli_exit_of(const GError *error);

/* Of the outcomes of several things the one that a script must hear of. */
static inline int cli_exit_worse(int a, int b)
{
    return a > b ? a : b;
}

/* Reads the settings, naming unknown keys on standard error; otherwise *status is the exit code. */
bool cli_settings_load(struct app_settings *settings, int *status);

/* Settings, database, service and the command line's identity, for one command. */
struct cli_session {
    struct app_settings settings;
    struct app app;
    struct service_identity identity;
};

/* `parts` as for app_open. False with *status when it cannot be; nothing is open then. */
bool cli_session_open(struct cli_session *session, unsigned parts, int *status);
void cli_session_close(struct cli_session *session);

/* What a command does with its words once the session is open; gives the exit code. `options` is
 * what the entries of its syntax point into. */
typedef int (*cli_body)(struct cli_session *session, char **words, gpointer options);

/* The whole of a command that needs a session with these `parts`: reads its words, opens, runs the
 * body, closes. Gives the exit code. */
int cli_run_session(const struct cli_syntax *syntax, unsigned parts, int argc, char **argv,
                    cli_body body, gpointer options);

#endif
