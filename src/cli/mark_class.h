/* `mark --class`: everybody in pictures of a class. Private to mark.c. */
#ifndef CLI_MARK_CLASS_H
#define CLI_MARK_CLASS_H

#include "cli/command.h"
#include "service/class_marks.h"

#include <glib.h>

struct cli_mark_class {
    struct service_class_request request;
    const char *output; /* where the pictures with names go; NULL: nowhere */
    bool as_json;
};

/* Marks from the pictures of these files (char *); an exit code. */
int cli_mark_class(struct cli_session *session, const struct cli_mark_class *asked,
                   GPtrArray *paths);

#endif
