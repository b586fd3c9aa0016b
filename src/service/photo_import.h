/*
 * Photos of many people at once. A photo belongs to whom its name says, or the folder it lies in:
 * an e-mail or a student number, then perhaps a hyphen or underscore and a number
 * ("ana.perez@uni.edu-1.jpg", "21000123_2.JPG", "21000123/front.png"). Administrators only.
 *
 * Each photo is judged by itself as in service_enrol(), on as many cores as asked for, and stored
 * in one transaction with the note that it was dealt with. So whatever interrupts an import, the
 * next one goes on where it stopped.
 */
#ifndef SERVICE_PHOTO_IMPORT_H
#define SERVICE_PHOTO_IMPORT_H

#include "service/enrol.h"
#include "service/service.h"

enum service_photo_outcome {
    SERVICE_PHOTO_OUTCOME_ENROLLED,
    SERVICE_PHOTO_OUTCOME_DONE_BEFORE, /* by an earlier import */
    SERVICE_PHOTO_OUTCOME_REFUSED,     /* now or by an earlier import; see kind and message */
    SERVICE_PHOTO_OUTCOME_NOBODY,      /* the name is no e-mail or number of anybody */
    SERVICE_PHOTO_OUTCOME_TRIED,       /* a dry run: the photo belongs to somebody */
    SERVICE_PHOTO_OUTCOME_N,
};

/* "enrolled", "done_before", "refused", "nobody", "tried". Static storage. */
const char *service_photo_outcome_name(enum service_photo_outcome outcome);

struct service_photo_result {
    const char *name; /* as the photo was named */
    enum service_photo_outcome outcome;
    struct base_uuid user_id; /* nil: nobody */
    const char *kind;         /* of a refusal: "no_face", "too_many" …; static; NULL otherwise */
    char message[200];        /* of a refusal: what to do about it */
    struct face_quality quality; /* nothing is measured of what was not judged */
};

struct service_photo_import_options {
    bool apply;           /* otherwise a dry run: only whose they are is looked up */
    bool again;           /* judge once more what an earlier import refused */
    bool liveness;        /* refuse prints and screens */
    bool allow_duplicate; /* accept faces that are enrolled as somebody else */
    unsigned threads;     /* photos judged at once; 0: one a processor */
};

/* Whether a path within a folder or an archive is that of a photo: .jpg, .jpeg, .png or .webp in
 * any case, and nothing hidden. */
bool service_photo_is_named(const char *path);

/* Gives the next photo: its path in the folder or archive, with slashes, and its bytes. Both are
 * taken over. *name stays NULL at the end; *content stays NULL for a photo that cannot be read or
 * is too large, which is refused, so that one of thousands does not end the import. Called by one
 * thread at a time. False with an error stops the import. */
typedef bool (*service_photo_source)(char **name, GBytes **content, gpointer data, GError **error);

/* Is told of each photo when it is dealt with, by one thread at a time, in the order of their end.
 * False stops the import without an error. */
typedef bool (*service_photo_sink)(const struct service_photo_result *result, gpointer data);

/* BASE_ERROR_UNAVAILABLE without models or key. What was stored before an error stays. */
bool service_photo_import(struct service *service, const struct service_identity *identity,
                          const struct service_photo_import_options *options,
                          service_photo_source source, service_photo_sink sink, gpointer data,
                          GError **error);

/* ---- Photos of a ZIP file in memory ---- */

struct archive_reader;
struct service_photo_archive;

/* The bytes of the entry that the reader is at, for a service_photo_source: *content is NULL when
 * they are more than `size_max`. Errors of archive/archive.h otherwise. */
bool service_photo_of_archive(struct archive_reader *reader, gsize size_max, GBytes **content,
                              GError **error);

/* The bytes must outlive it. Errors of archive/archive.h. */
struct service_photo_archive *service_photo_archive_open(const void *data, gsize size,
                                                         GError **error);

/* A service_photo_source, with the archive as its data: the pictures in the order of the file. */
bool service_photo_archive_next(char **name, GBytes **content, gpointer archive, GError **error);

/* NULL is allowed. */
void service_photo_archive_close(struct service_photo_archive *archive);

#endif
