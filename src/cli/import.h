/* What the import commands share: telling what an import would do or has done. */
#ifndef CLI_IMPORT_H
#define CLI_IMPORT_H

#include "service/import.h"

#include <stdbool.h>

struct cli_import_output {
    bool as_json;
    bool verbose;     /* name every change */
    const char *path; /* of the file or folder, for messages */
};

/* Prints it and gives the exit code: CLI_EXIT_INPUT when a line was refused. */
int cli_import_print(const struct service_import *import, const struct cli_import_output *output);

#endif
