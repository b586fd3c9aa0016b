#include "service/term_export.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/names.h"
#include "cli/output.h"

#include <stdio.h>

struct export_options {
    char *output;
    gboolean force;
};

static int export_term(struct cli_session *session, char **words, gpointer data)
{
    const struct export_options *options = data;
    struct service_term_exported exported;
    g_autoptr(GError) error = NULL;
    g_autoptr(core_term) term = cli_term_find(session, words[0], &error);

    if (!term || !service_term_export(session->app.service, &session->identity, &term->id,
                                      options->output, options->force, &exported, &error))
        return cli_fail(error);
    printf("%s: %" G_GINT64_FORMAT " marks, and the audit log up to entry %" G_GINT64_FORMAT
           ", signed with the key %08x.\n",
           options->output, exported.marks, exported.head.position, exported.key_id);
    return cli_end();
}

int cli_term_export(int argc, char **argv)
{
    struct export_options options = {0};
    const GOptionEntry entries[] = {
        {"output", 'o', 0, G_OPTION_ARG_FILENAME, &options.output, "The file to write", "FILE.zip"},
        {"force", 'f', 0, G_OPTION_ARG_NONE, &options.force, "Replace a file that exists", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .words = "TERM",
        .summary = "Writes a term's register, with the audit log and a signed proof, as a ZIP "
                   "file.",
        .notes = "\"presente audit check\" verifies it anywhere; docs/audit.md tells how others "
                 "can.",
        .words_min = 1,
        .words_max = 1,
        .options = entries,
    };
    g_auto(GStrv) words = NULL;
    struct cli_session session;
    int status;

    if (!cli_parse(&syntax, argc, argv, &words, &status))
        return status;
    if (!options.output)
        status = cli_fail_usage(argv[0], "Say with --output which file to write.");
    else if (cli_session_open(&session, 0, &status)) {
        status = export_term(&session, words, &options);
        cli_session_close(&session);
    }
    g_free(options.output);
    return status;
}
