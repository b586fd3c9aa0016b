/*
 * What an import would do, or has done: the one answer of every import for the API, the command
 * line and the page. A dry run and the import itself give the same answer but for `applied`.
 *
 * An import is all or nothing: with a single error nothing is stored.
 */
#ifndef SERVICE_IMPORT_H
#define SERVICE_IMPORT_H

#include "base/json.h"

#include <glib.h>
#include <stdbool.h>

/* What is counted and listed. */
enum service_import_thing {
    SERVICE_IMPORT_PERSON,
    SERVICE_IMPORT_GROUP,
    SERVICE_IMPORT_TERM,
    SERVICE_IMPORT_SUBJECT,
    SERVICE_IMPORT_COURSE,
    SERVICE_IMPORT_ENROLMENT, /* in a single course */
    SERVICE_IMPORT_TEACHING,  /* who teaches a course or a group */
    SERVICE_IMPORT_THING_N,
};

enum service_import_action {
    SERVICE_IMPORT_CREATE,
    SERVICE_IMPORT_UPDATE,
    SERVICE_IMPORT_MOVE,     /* a person to another group, with whatever else changes */
    SERVICE_IMPORT_WITHDRAW, /* a person leaves, an enrolment ends; marks stay */
    SERVICE_IMPORT_UNCHANGED,
    SERVICE_IMPORT_SKIP, /* the file has it, and it is not for this program */
    SERVICE_IMPORT_ACTION_N,
};

/* "person", "group" …; "create", "move" …: static storage. */
const char *service_import_thing_name(enum service_import_thing thing);
const char *service_import_action_name(enum service_import_action action);

struct service_import_item {
    enum service_import_thing thing;
    enum service_import_action action;
    char *name;   /* for people: who or what it is */
    char *detail; /* such as "group: 4A → 4B"; NULL: nothing to add */
    char *file;   /* NULL: there is only one */
    gint64 line;  /* 0: of no line, of those whom the file does not name */
};

/* What is wrong with a line. */
struct service_import_error {
    char *file; /* NULL: there is only one */
    gint64 line;
    char *column; /* as the file calls it; NULL: the line as a whole */
    char *message;
};

enum {
    SERVICE_IMPORT_ITEMS_MAX = 20000, /* listed; all are counted */
    SERVICE_IMPORT_ERRORS_MAX = 200,  /* likewise */
};

struct service_import {
    bool applied;
    gint64 lines; /* of data that were read */
    gint64 counts[SERVICE_IMPORT_THING_N][SERVICE_IMPORT_ACTION_N];
    GPtrArray *items;  /* struct service_import_item *, without those that are unchanged */
    GPtrArray *errors; /* struct service_import_error * */
    gint64 errors_n;
    GPtrArray *notes; /* char *: sentences about the whole */
};

void service_import_init(struct service_import *import);
void service_import_clear(struct service_import *import);
typedef struct service_import service_import;
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(service_import, service_import_clear)

/* Counts one thing, and lists it unless it is unchanged. Texts are copied, all but `name` may be
 * NULL. */
void service_import_add(struct service_import *import, enum service_import_thing thing,
                        enum service_import_action action, const char *name, const char *detail,
                        const char *file, gint64 line);

/* Notes that a line cannot be used. Returns false, for use in a return statement. */
bool service_import_refuse(struct service_import *import, const char *file, gint64 line,
                           const char *column, const char *format, ...) G_GNUC_PRINTF(5, 6);

void service_import_note(struct service_import *import, const char *format, ...)
    G_GNUC_PRINTF(2, 3);

/* Where an import stands, to return to before a transaction runs again. */
struct service_import_mark {
    gint64 counts[SERVICE_IMPORT_THING_N][SERVICE_IMPORT_ACTION_N];
    guint items_len, errors_len;
    gint64 errors_n;
};
void service_import_mark(const struct service_import *import, struct service_import_mark *mark);
void service_import_return(struct service_import *import, const struct service_import_mark *mark);

/*
 * {"applied","lines","counts":{"person":{"create":…}},"items":[{"thing","action","name","detail",
 *  "file","line"}],"items_total","errors":[{"file","line","column","message"}],"errors_total",
 *  "notes":[…]}
 * Things and actions that were counted zero times are left out. At most `items_max` items. A new
 * reference.
 */
json_t *service_import_json(const struct service_import *import, guint items_max);

#endif
