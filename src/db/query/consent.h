/* The tables consent_texts and consents: what people agree to before their face is stored, and who
 * agreed. Errors are those of db.h. */
#ifndef DB_QUERY_CONSENT_H
#define DB_QUERY_CONSENT_H

#include "core/types.h"
#include "db/db.h"

struct db_consent_text {
    gint64 version;
    char *en, *es;
    base_time created_at;
    struct base_uuid created_by; /* nil: the program's own text, or the command line */
};

void db_consent_text_free(struct db_consent_text *text);
typedef struct db_consent_text db_consent_text;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(db_consent_text, db_consent_text_free)

/* The newest one (version 0) or one of a version. NULL with BASE_ERROR_NOT_FOUND when there is
 * none. */
struct db_consent_text *db_consent_text_find(struct db_connection *connection, gint64 version,
                                             GError **error);

/* BASE_ERROR_CONFLICT when there is one of this version. */
bool db_consent_text_insert(struct db_connection *connection, const struct db_consent_text *text,
                            GError **error);

enum db_consent_state {
    DB_CONSENT_STANDING,
    DB_CONSENT_REPLACED, /* the person agreed to a newer text */
    DB_CONSENT_WITHDRAWN,
    DB_CONSENT_STATE_N,
};

struct db_consent {
    struct base_uuid id; /* in the order of time */
    struct base_uuid user_id;
    gint64 version; /* 0: faces were there before any was recorded */
    enum db_consent_state state;
    bool vouched;                       /* an administrator says that they agreed */
    struct base_uuid vouched_by;        /* nil: the command line, or nobody */
    base_time given_at;                 /* 0: not recorded */
    base_time ended_at;                 /* 0: it stands */
    gint64 erased_faces, erased_images; /* of WITHDRAWN */
    char *voucher_name;                 /* filled when read; NULL: none */
};

void db_consent_free(struct db_consent *consent);
typedef struct db_consent db_consent;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(db_consent, db_consent_free)

/* A person's latest one. NULL with BASE_ERROR_NOT_FOUND when there is none. */
struct db_consent *db_consent_find(struct db_connection *connection,
                                   const struct base_uuid *user_id, GError **error);

/* Stores one as it is given. BASE_ERROR_CONFLICT when it stands and another one does. */
bool db_consent_insert(struct db_connection *connection, const struct db_consent *consent,
                       GError **error);

/* Ends the one that stands: `state`, `ended_at` and the numbers. `changed` says whether there was
 * one. */
bool db_consent_end(struct db_connection *connection, const struct db_consent *consent,
                    bool *changed, GError **error);

/* Deletes what is stored of a person's face: templates, pictures with the address of the own one in
 * the account, digests of imported photos, pairs of look-alikes, the checks whether they are two.
 * What else names them (open reviews, photos held because of theirs) is the caller's.
 * `faces` and `images` get how many there were. */
bool db_consent_erase_face(struct db_connection *connection, const struct base_uuid *user_id,
                           const char *image_path, gint64 *faces, gint64 *images, GError **error);

#endif
