/*
 * OneRoster 1.1 CSV files (1EdTech, "OneRoster CSV Tables", 1.1): manifest.csv, orgs.csv,
 * academicSessions.csv, courses.csv, classes.csv, users.csv, enrollments.csv and, if there,
 * demographics.csv. Administrators only.
 *
 *   academicSessions → terms (their endDate is the first day after them)
 *   courses → subjects; classes → courses of that subject in the class's first term, and those of
 *     the type "homeroom" → groups
 *   users → people by sourcedId, identifier (the student number) or e-mail; administrators become
 *     teachers unless `admins` is set; guardians and the like are skipped
 *   enrollments → enrolments in the course from beginDate to the day before endDate (or the term's
 *     days), in a homeroom the person's group; teachers' → who teaches the course or the group
 *
 * The sourcedIds are kept, so that another import of the same source updates what the first one
 * made. A record "tobedeleted" ends: people become inactive, enrolments end; marks stay. A file
 * that the manifest calls delta holds changes only. Of one that it calls bulk the enrolments that
 * an earlier import made and that it has no more end too, when `withdraw_missing` is set.
 */
#ifndef SERVICE_ONEROSTER_H
#define SERVICE_ONEROSTER_H

#include "service/import.h"
#include "service/service.h"

enum service_oneroster_file {
    SERVICE_ONEROSTER_MANIFEST,
    SERVICE_ONEROSTER_ORGS,
    SERVICE_ONEROSTER_SESSIONS,
    SERVICE_ONEROSTER_COURSES,
    SERVICE_ONEROSTER_CLASSES,
    SERVICE_ONEROSTER_USERS,
    SERVICE_ONEROSTER_DEMOGRAPHICS,
    SERVICE_ONEROSTER_ENROLLMENTS,
    SERVICE_ONEROSTER_FILE_N,
};

/* "manifest.csv" … Static storage. */
const char *service_oneroster_file_name(enum service_oneroster_file file);

/* What a folder or an archive held; NULL: no such file. */
struct service_oneroster_files {
    GBytes *contents[SERVICE_ONEROSTER_FILE_N];
};
void service_oneroster_files_clear(struct service_oneroster_files *files);

/* The files of a ZIP archive, in whatever order; those of other names are passed over. Errors of
 * archive/archive.h; BASE_ERROR_INVALID when one is there twice. */
bool service_oneroster_unzip(const void *data, gsize size, struct service_oneroster_files *files,
                             GError **error);

struct service_oneroster_options {
    bool apply;  /* otherwise a dry run */
    bool admins; /* administrators of the file become administrators */
    bool withdraw_missing;
    const char *email_domain; /* who has no e-mail gets IDENTIFIER@…; NULL: that is an error */
};

/* As service_roster_import(). */
bool service_oneroster_import(struct service *service, const struct service_identity *identity,
                              const struct service_oneroster_files *files,
                              const struct service_oneroster_options *options,
                              struct service_import *import, GError **error);

#endif
