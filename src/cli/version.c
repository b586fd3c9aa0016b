#include "cli/command.h"
#include "cli/commands.h"
#include "cli/output.h"

#include <stdio.h>

int cli_version(int argc, char **argv)
{
    gboolean as_json = FALSE;
    const GOptionEntry options[] = {
        {"json", 0, 0, G_OPTION_ARG_NONE, &as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {.summary = "Prints the version.", .options = options};
    g_auto(GStrv) words = NULL;
    int status;

    if (!cli_parse(&syntax, argc, argv, &words, &status))
        return status;
    if (as_json)
        return cli_print_json(json_pack("{s:s}", "version", PRESENTE_VERSION))
                   ? CLI_EXIT_OK
                   : CLI_EXIT_UNAVAILABLE;
    puts("presente " PRESENTE_VERSION);
    return cli_print_end() ? CLI_EXIT_OK : CLI_EXIT_UNAVAILABLE;
}
