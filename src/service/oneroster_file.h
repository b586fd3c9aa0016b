/* Private to this folder: OneRoster's files as rows of named values. */
#ifndef SERVICE_ONEROSTER_FILE_H
#define SERVICE_ONEROSTER_FILE_H

#include "base/csv.h"
#include "service/oneroster.h"
#include "service/roster_plan.h"

struct oneroster {
    struct roster *roster;
    const struct service_oneroster_files *files;
    const struct service_oneroster_options *options;
    bool delta[SERVICE_ONEROSTER_FILE_N];  /* holds changes only */
    bool absent[SERVICE_ONEROSTER_FILE_N]; /* says the manifest */

    /* By sourcedId. Terms and subjects belong to the roster once something refers to them. */
    GHashTable *terms, *subjects, *groups, *courses, *people, *skipped;
    /* Names that are given, by key: a second one needs another. */
    GHashTable *terms_taken, *subjects_taken, *groups_taken, *courses_taken;

    /* Of the row that is read. */
    struct base_csv *csv;
    GHashTable *columns; /* lower-case name → index + 1 */
    struct roster_place place;
    const char *id; /* its sourcedId */
    bool deleted;   /* "tobedeleted" */
    bool faulty;    /* something was refused */
};

void oneroster_init(struct oneroster *reader);
void oneroster_clear(struct oneroster *reader);

/* Reads what the manifest says of the other files. */
bool oneroster_manifest(struct oneroster *reader, GError **error);

/* Calls `take` for each row of a file that the manifest does not call absent. False with an error
 * only when reading cannot go on at all. */
bool oneroster_each(struct oneroster *reader, enum service_oneroster_file file,
                    void (*take)(struct oneroster *reader), GError **error);

/* A value of the row, trimmed; NULL when it is empty. The second notes that when it is. */
const char *oneroster_value(struct oneroster *reader, const char *column);
const char *oneroster_required(struct oneroster *reader, const char *column);

/* A day "YYYY-MM-DD", so many days later; NULL when it is empty, or is none and was refused. */
const char *oneroster_day(struct oneroster *reader, const char *column, int later);

/* The name as it can be stored; with the sourcedId behind it when its key is in `taken` (may be
 * NULL) already. */
const char *oneroster_name(struct oneroster *reader, const char *column, const char *name,
                           GHashTable *taken);

/* Notes what is wrong with the row. */
void oneroster_refuse(struct oneroster *reader, const char *column, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

#endif
