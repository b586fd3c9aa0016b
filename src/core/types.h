/*
 * The things the program is about, as plain data: people, their groups, institutions, face
 * templates, pictures and marks of attendance.
 *
 * Strings are UTF-8, owned by the struct and NULL where nothing is known; an id that is all zeros
 * (base_uuid_is_nil()) means "none". `…_clear()` frees what a struct owns and zeroes it, for
 * structs in the caller's memory; `…_free()` also frees the struct and takes NULL.
 */
#ifndef CORE_TYPES_H
#define CORE_TYPES_H

#include "base/time.h"
#include "base/uuid.h"
#include "core/policy.h"

#include <glib.h>
#include <stdbool.h>

enum core_role {
    CORE_ROLE_ADMIN,
    CORE_ROLE_TEACHER,
    CORE_ROLE_STUDENT,
    CORE_ROLE_N,
};

/* How a mark came to be. */
enum core_method {
    CORE_METHOD_FACE,      /* a camera recognised the person */
    CORE_METHOD_MANUAL,    /* a teacher or administrator wrote it */
    CORE_METHOD_AUTOMATIC, /* the program settled it when the session was over */
    CORE_METHOD_PHOTO,     /* seen in a picture of the whole class */
    CORE_METHOD_CODE,      /* a code or PIN instead of a face */
    CORE_METHOD_IMPORT,    /* taken over from elsewhere */
    CORE_METHOD_N,
};

/* Why a picture is kept. */
enum core_image_kind {
    CORE_IMAGE_PROFILE,   /* shown beside the name */
    CORE_IMAGE_ENROLMENT, /* the photo that a template was made of */
    CORE_IMAGE_MARK,      /* the face behind a mark */
    CORE_IMAGE_REVIEW,    /* a face that waits for somebody who knows it */
    CORE_IMAGE_N,
};

/* Lower-case English names, as the API and the database spell them: "admin", "present", "face".
 * Static storage; NULL for a value out of range. */
const char *core_role_name(enum core_role role);
const char *core_status_name(enum core_status status);
const char *core_method_name(enum core_method method);
const char *core_image_kind_name(enum core_image_kind kind);

/* The value of a name, exact spelling. False, leaving the value alone, for NULL or another text. */
bool core_role_from_name(const char *name, enum core_role *role);
bool core_status_from_name(const char *name, enum core_status *status);
bool core_method_from_name(const char *name, enum core_method *method);
bool core_image_kind_from_name(const char *name, enum core_image_kind *kind);

struct core_institution {
    struct base_uuid id;
    char *name;
    char *email_domain; /* people register with addresses of this domain; NULL: any */
    char *time_zone;    /* IANA name */
    struct core_policy policy;
    base_time created_at;
    base_time updated_at;
};

/* A class of students. */
struct core_group {
    struct base_uuid id;
    struct base_uuid institution_id;
    char *name;
    char *name_key;      /* `name` normalised for order and search */
    gint64 member_count; /* students in it who are not deleted; filled when read */
    base_time created_at;
    base_time updated_at;
};

#define CORE_AGE_UNKNOWN (-1)

struct core_user {
    struct base_uuid id;
    struct base_uuid institution_id;
    char *name;          /* empty once the account is erased */
    char *name_key;      /* `name` normalised for order and search */
    char *email;         /* normalised lower case; NULL once the account is erased */
    gint32 age;          /* as given; CORE_AGE_UNKNOWN when not */
    char *date_of_birth; /* "YYYY-MM-DD" or NULL */
    struct base_uuid group_id;
    char *group_name; /* filled when read */
    enum core_role role;
    char *profile_image_url;
    char *student_number;    /* unique in the institution, or NULL */
    char *language;          /* "es", "en" or NULL: the institution's */
    char *password_hash;     /* NULL: cannot sign in with a password */
    gint64 token_generation; /* tokens of an older generation are void */
    bool active;
    base_time created_at;
    base_time updated_at;
    base_time deleted_at;  /* 0: not deleted */
    gint64 faces_revision; /* value of the faces counter at this person's last change; 0: never */
    gint64 face_count;     /* templates that recognise them; filled when read */
    gint64 faces_held;     /* templates that wait for a decision (duplicates); likewise */
};

/* Age in whole years on a local day "YYYY-MM-DD": from the date of birth when there is one, else
 * the age as given, else CORE_AGE_UNKNOWN. */
gint32 core_user_age(const struct core_user *user, const char *today);

/* One enrolled photo, encrypted: `sealed` opens only with the key that lives outside the
 * database. */
struct core_template {
    struct base_uuid id;
    struct base_uuid user_id;
    GBytes *sealed;
    char *model;    /* which embedding network it belongs to */
    double quality; /* 0 … 1 */
    char *source;   /* where the photo came from: "registration", "admin", "command line" … */
    base_time created_at;
    bool held; /* waits for a decision and takes no part in recognition */
};

#define CORE_IMAGE_DIGEST_SIZE 32 /* SHA-256 */

/* A picture that is kept: the row; the blob store has its bytes. */
struct core_image {
    struct base_uuid id;
    struct base_uuid user_id; /* none for a review: whose face it is is not known */
    enum core_image_kind kind;
    struct base_uuid template_id;          /* of an enrolment photo, otherwise none */
    struct base_uuid attendance_id;        /* of the picture behind a mark, otherwise none */
    struct base_uuid review_id;            /* of the face of a review, otherwise none */
    char *blob_key;                        /* where the bytes are */
    char *media_type;                      /* "image/jpeg" */
    gint64 size;                           /* bytes before sealing */
    guint8 sha256[CORE_IMAGE_DIGEST_SIZE]; /* of those bytes */
    bool sealed;
    guint32 key_id; /* of the key that sealed it */
    base_time created_at;
};

/* One person on one occasion. */
struct core_attendance {
    struct base_uuid id;
    struct base_uuid user_id;
    char *user_name;             /* filled when read; empty once that account is erased */
    struct base_uuid group_id;   /* the person's group at that time */
    char *group_name;            /* filled when read */
    struct base_uuid session_id; /* none: a mark of the day */
    struct base_uuid course_id;  /* of the session */
    char *course_name;           /* filled when read */
    char *occasion;              /* "day:YYYY-MM-DD" or "session:<uuid>" */
    char *local_day;             /* "YYYY-MM-DD" in the institution's time zone */
    base_time marked_at;         /* by the server's clock */
    base_time captured_at;       /* by the clock of a device, as it said; 0. Nothing counts by it */
    base_time last_seen_at;      /* of the last scan, where there was another; 0 */
    enum core_status status;
    char *status_code; /* the site's own status, which counts as `status`; NULL: that itself */
    enum core_method method;
    double score;               /* similarity of a face mark; NaN when there was none */
    struct base_uuid marked_by; /* who wrote or last corrected it; none for a face mark */
    char *note;
    base_time created_at;
    base_time updated_at;
};

/* One line of the log of what was done. */
struct core_audit {
    gint64 sequence; /* grows with every entry; filled when read */
    base_time happened_at;
    struct base_uuid actor_id; /* none: nobody signed in, or the program itself */
    char *action;              /* such as "user.create" */
    char *subject;             /* what it was done to: an id or a name */
    char *details;             /* JSON text or NULL; never a secret, a photo or a template */
    gint64 position;           /* in the chain, from 1; 0: not chained yet */
    guint8 previous_hash[32];  /* SHA-256, of core/audit_chain.h */
    guint8 hash[32];
};

void core_institution_clear(struct core_institution *institution);
void core_group_clear(struct core_group *group);
void core_user_clear(struct core_user *user);
void core_template_clear(struct core_template *face);
void core_image_clear(struct core_image *image);
void core_attendance_clear(struct core_attendance *attendance);
void core_audit_clear(struct core_audit *entry);

void core_institution_free(struct core_institution *institution);
void core_group_free(struct core_group *group);
void core_user_free(struct core_user *user);
void core_template_free(struct core_template *face);
void core_image_free(struct core_image *image);
void core_attendance_free(struct core_attendance *attendance);
void core_audit_free(struct core_audit *entry);

/* For g_autoptr(core_user) user = …; */
typedef struct core_institution core_institution;
typedef struct core_group core_group;
typedef struct core_user core_user;
typedef struct core_template core_template;
typedef struct core_image core_image;
typedef struct core_attendance core_attendance;
typedef struct core_audit core_audit;

G_DEFINE_AUTOPTR_CLEANUP_FUNC(core_institution, core_institution_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(core_group, core_group_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(core_user, core_user_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(core_template, core_template_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(core_image, core_image_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(core_attendance, core_attendance_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(core_audit, core_audit_free)

#endif
