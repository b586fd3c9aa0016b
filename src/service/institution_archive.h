/*
 * A whole institution in one ZIP file, and back: for moving to another program, and for whoever
 * wants all of their data. docs/export.md is the format's description.
 *
 * Facts are JSON lines, a file a table; an id is the same on both sides, so that links and the
 * audit chain hold. What is secret leaves only when asked for: password hashes, calendar addresses
 * and webhooks (with_passwords), face templates, which stay sealed with the key of this
 * installation (with_faces), and pictures, which are opened (with_images).
 */
#ifndef SERVICE_INSTITUTION_ARCHIVE_H
#define SERVICE_INSTITUTION_ARCHIVE_H

#include "service/service.h"

struct service_export_options {
    bool force; /* replace a file of that name */
    bool with_passwords;
    bool with_faces;
    bool with_images;
};

struct service_archive_counts {
    gint64 rows;
    gint64 images;
    gint64 images_lost; /* rows whose picture the store does not have: left out */
};

/*
 * Writes the file, mode 0600, from one snapshot of the database; the server may run. Administrators
 * only; it is logged. `counts` may be NULL. Errors of archive/archive.h for the file.
 */
bool service_institution_export(struct service *service, const struct service_identity *identity,
                                const char *path, const struct service_export_options *options,
                                struct service_archive_counts *counts, GError **error);

/*
 * Reads such a file into the service's database, which must have its tables and nobody in them
 * (BASE_ERROR_CONFLICT). Everything is compared with the manifest first; the rows are stored in one
 * transaction or not at all. Sealed faces are opened with `source_keys` (NULL: the service's own)
 * and sealed anew. BASE_ERROR_INVALID names file and line of what cannot be read,
 * BASE_ERROR_CORRUPT is a file that differs from the manifest, BASE_ERROR_UNSUPPORTED a newer
 * format.
 */
bool service_institution_import(struct service *service, const char *path,
                                struct auth_keyring *source_keys,
                                struct service_archive_counts *counts, GError **error);

#endif
